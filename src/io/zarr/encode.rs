//! Chunks on their way into files: encoded by all threads of the pool, at most so many at a time.

use crate::error::{Error, Result};
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};

type Work = Box<dyn FnOnce() -> Result<()> + Send>;

#[derive(Default)]
struct State {
    waiting: VecDeque<(usize, Work)>,
    running: usize,
    given: usize,
    /// The error of the earliest piece of work that had one.
    failed: Option<(usize, Error)>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

/// Work that threads of the current pool do in the background. Who gives it never waits for a thread that has not begun: it does
/// the work itself, so that a pool of one thread, which may be its own, is enough.
#[derive(Default)]
pub(super) struct Encoders {
    shared: Arc<Shared>,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(|e| e.into_inner())
    }

    /// Does the first piece of work that waits; false where none does.
    fn run_one(&self) -> bool {
        let (number, work) = {
            let mut state = self.lock();
            let Some(next) = state.waiting.pop_front() else { return false };
            state.running += 1;
            next
        };
        let done =
            catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| Err(Error::internal("a thread that encodes a chunk has stopped")));
        let mut state = self.lock();
        state.running -= 1;
        if let Err(e) = done
            && state.failed.as_ref().is_none_or(|f| number < f.0)
        {
            state.failed = Some((number, e));
        }
        drop(state);
        self.changed.notify_all();
        true
    }
}

impl Encoders {
    /// Gives work; at most `most` pieces are then unfinished.
    ///
    /// # Errors
    /// What work given before has come to.
    pub fn give(&self, most: usize, work: impl FnOnce() -> Result<()> + Send + 'static) -> Result<()> {
        {
            let mut state = self.shared.lock();
            if state.failed.is_some() {
                drop(state);
                return self.finish();
            }
            let number = state.given;
            state.given += 1;
            state.waiting.push_back((number, Box::new(work)));
        }
        let shared = self.shared.clone();
        rayon::spawn(move || {
            shared.run_one();
        });
        self.settle(most)
    }

    /// Helps and waits until at most `most` pieces are unfinished.
    fn settle(&self, most: usize) -> Result<()> {
        loop {
            let state = self.shared.lock();
            if state.waiting.len() + state.running <= most {
                return Ok(());
            }
            if state.waiting.is_empty() {
                // Somebody is at work, and waits for nobody.
                drop(self.shared.changed.wait(state).unwrap_or_else(|e| e.into_inner()));
                continue;
            }
            drop(state);
            self.shared.run_one();
        }
    }

    /// Completes all work.
    ///
    /// # Errors
    /// That of the earliest piece of work that had one.
    pub fn finish(&self) -> Result<()> {
        self.settle(0)?;
        match self.shared.lock().failed.take() {
            Some((_, e)) => Err(e),
            None => Ok(()),
        }
    }
}

impl Drop for Encoders {
    /// Nothing is begun any more, and what is running is waited for: it writes to a folder that is about to go.
    fn drop(&mut self) {
        self.shared.lock().waiting.clear();
        let _ = self.settle(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

    #[test]
    fn all_work_is_done_also_on_the_only_thread_and_the_first_error_told() {
        for threads in [1, 3] {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| {
                let (encoders, done) = (Encoders::default(), Arc::new(AtomicUsize::new(0)));
                for _ in 0..50 {
                    let done = done.clone();
                    let one = move || {
                        done.fetch_add(1, Relaxed);
                        Ok(())
                    };
                    encoders.give(2, one).unwrap();
                }
                encoders.finish().unwrap();
                assert_eq!(done.load(Relaxed), 50);
                let failing = Encoders::default();
                let results: Vec<_> =
                    (0..9).map(|i| failing.give(20, move || if i > 2 { Err(Error::invalid(format!("{i}"))) } else { Ok(()) })).collect();
                let first = results.into_iter().find_map(Result::err).or_else(|| failing.finish().err()).unwrap();
                assert!(first.message().parse::<usize>().unwrap() >= 3);
            });
        }
    }
}
