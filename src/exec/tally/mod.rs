//! How often each value occurs, exactly, whatever the size: a hash table while few values differ, then sorted runs in memory, then
//! sorted runs in a temporary file, merged at the end.

mod number;
mod text;

pub use number::{Key, Tally};
pub use text::TextTally;

use crate::store::{Budget, Reservation};

/// The memory that one tally may hold: a part of its own, and what it can get of a common pool.
#[derive(Debug)]
pub struct Share {
    own: usize,
    pool: Budget,
    extra: Option<Reservation>,
}

impl Share {
    /// `own` bytes that nobody else takes, and more from the pool while it lasts.
    pub fn new(own: usize, pool: &Budget) -> Share {
        Share { own: own.max(LEAST), pool: pool.clone(), extra: None }
    }

    /// Whether it may hold so many bytes in all; if so they are its own until it asks again.
    pub fn hold(&mut self, bytes: usize) -> bool {
        let more = bytes.saturating_sub(self.own);
        let extra = match &mut self.extra {
            Some(extra) => extra,
            None if more == 0 => return true,
            none => match self.pool.try_reserve(0) {
                Some(empty) => none.insert(empty),
                None => return false,
            },
        };
        if more <= extra.bytes() {
            extra.shrink(extra.bytes() - more);
            return true;
        }
        extra.try_grow(more - extra.bytes())
    }
}

/// A tally that may not even hold this cannot work; so much is taken whatever the budget.
const LEAST: usize = 32 * 1024;

/// Spilled runs are merged into one when there are so many, so that the last merge has few readers.
const MOST_RUNS: usize = 32;
