//! The one accountant. Every buffer whose size grows with the data is booked here before it is filled.
//!
//! It lives below the readers, although the executor owns it, because readers and writers hold buffers too.

use crate::error::{Error, Result};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// A bound on memory, shared by all that works on one task. Clones are handles on the same account.
#[derive(Clone, Debug)]
pub struct Budget(Arc<Account>);

#[derive(Debug)]
struct Account {
    limit: usize,
    used: AtomicUsize,
    peak: AtomicUsize,
}

impl Budget {
    /// At most this many bytes.
    pub fn new(limit: usize) -> Budget {
        Budget(Arc::new(Account { limit, used: AtomicUsize::new(0), peak: AtomicUsize::new(0) }))
    }

    /// No bound; bookings are counted all the same.
    pub fn unlimited() -> Budget {
        Budget::new(usize::MAX)
    }

    /// The bound in bytes.
    pub fn limit(&self) -> usize {
        self.0.limit
    }

    /// Bytes booked now.
    pub fn used(&self) -> usize {
        self.0.used.load(Relaxed)
    }

    /// The most that was ever booked.
    pub fn peak(&self) -> usize {
        self.0.peak.load(Relaxed)
    }

    /// Blocks of no more bytes than these are never refused.
    pub const LITTLE: usize = 4 << 20;

    /// Bytes that can still be booked.
    pub fn free(&self) -> usize {
        self.limit().saturating_sub(self.used())
    }

    /// Books bytes if there is room. The booking ends when the [`Reservation`] is dropped.
    pub fn try_reserve(&self, bytes: usize) -> Option<Reservation> {
        let mut empty = Reservation { budget: self.clone(), bytes: 0 };
        empty.try_grow(bytes).then_some(empty)
    }

    /// Books bytes for what is named.
    ///
    /// # Errors
    /// Budget, with both sides in bytes.
    pub fn reserve(&self, bytes: usize, what: &str) -> Result<Reservation> {
        self.try_reserve(bytes).ok_or_else(|| {
            Error::budget(format!("{what} needs {bytes} bytes; {} of {} are free", self.free(), self.limit()))
                .help("give more with --memory SIZE, or ask for less at a time")
        })
    }

    /// Books bytes of a block for what is named; so little as a process takes anyway is never refused.
    ///
    /// # Errors
    /// As [`Budget::reserve`].
    pub fn reserve_block(&self, bytes: usize, what: &str) -> Result<Option<Reservation>> {
        match self.try_reserve(bytes) {
            None if bytes > Budget::LITTLE => self.reserve(bytes, what).map(Some),
            booked => Ok(booked),
        }
    }
}

/// Bytes that are booked; dropped, they are free again.
#[derive(Debug)]
pub struct Reservation {
    budget: Budget,
    bytes: usize,
}

impl Reservation {
    /// Bytes of this booking.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Books more; false, and nothing changed, if there is no room.
    pub fn try_grow(&mut self, more: usize) -> bool {
        let account = &self.budget.0;
        let booked = account.used.fetch_update(Relaxed, Relaxed, |used| used.checked_add(more).filter(|&sum| sum <= account.limit));
        match booked {
            Ok(before) => {
                account.peak.fetch_max(before + more, Relaxed);
                self.bytes += more;
                true
            }
            Err(_) => false,
        }
    }

    /// Gives back some.
    pub fn shrink(&mut self, less: usize) {
        let less = less.min(self.bytes);
        self.budget.0.used.fetch_sub(less, Relaxed);
        self.bytes -= less;
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.shrink(self.bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reservation_dropped_is_free_again() {
        let budget = Budget::new(100);
        let a = budget.reserve(60, "a").unwrap();
        assert!(budget.try_reserve(50).is_none());
        drop(a);
        assert_eq!((budget.used(), budget.peak()), (0, 60));
        assert!(budget.reserve(101, "b").is_err());
    }
}
