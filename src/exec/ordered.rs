//! Items made in parallel, handed over in order.
//!
//! The engine under every stream here. Work comes in parts, each an iterator of items; part `i` stands before part `i + 1`.
//! Tasks on the current rayon pool advance the parts one item at a time, the earliest part first. A task never waits: when
//! enough items lie ready it ends, and the consumer starts it again when it has taken some. The consumer waits only for a part
//! that a task is advancing at this moment; a part that nobody advances it advances itself. So there is always somebody at
//! work, also when the consumer sits on the only thread of the pool.

use super::ExecOptions;
use crate::error::{Error, Result, panic_text};
use crate::store::{Budget, Reservation};
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};

/// Work that can be cut into parts.
pub trait Parts: Send + Sync + 'static {
    /// What a part is made of.
    type Item: Send + 'static;
    /// How many parts.
    fn parts(&self) -> usize;
    /// Begins a part.
    ///
    /// # Errors
    /// What the maker of the items says.
    fn open(&self, part: usize) -> Result<Box<dyn Iterator<Item = Result<Self::Item>> + Send>>;
    /// Bytes that an item holds while it waits.
    fn weight(&self, item: &Self::Item) -> usize;
    /// Bytes of input that a finished part stands for.
    fn progress(&self, _part: usize) -> u64 {
        0
    }
}

type Items<T> = Box<dyn Iterator<Item = Result<T>> + Send>;

struct Part<T> {
    index: usize,
    /// `None` while not begun, or while somebody advances it.
    items: Option<Items<T>>,
    begun: bool,
    busy: bool,
    done: bool,
    ready: VecDeque<(Result<T>, Waiting)>,
}

/// What an item that waits is counted as.
struct Waiting {
    bytes: usize,
    _booked: Option<Reservation>,
}

struct State<T> {
    /// Parts not yet used up, the current one first.
    parts: VecDeque<Part<T>>,
    next_part: usize,
    tasks: usize,
    waiting_items: usize,
    waiting_bytes: usize,
    cancelled: bool,
}

struct Shared<P: Parts> {
    work: P,
    workers: usize,
    most_bytes: usize,
    budget: Budget,
    options: ExecOptions,
    state: Mutex<State<P::Item>>,
    changed: Condvar,
}

/// The items of all parts in order, made in parallel ahead of the consumer. Ends after the first error.
pub struct Ordered<P: Parts> {
    shared: Arc<Shared<P>>,
    ended: bool,
}

impl<P: Parts> Ordered<P> {
    /// Begins. Items that wait for the consumer take at most a quarter of the budget, but for one per worker.
    pub fn new(work: P, options: &ExecOptions) -> Ordered<P> {
        let workers = options.workers();
        if let Some(progress) = &options.progress {
            progress.total((0..work.parts()).map(|p| work.progress(p)).sum());
        }
        let state = State { parts: VecDeque::new(), next_part: 0, tasks: 0, waiting_items: 0, waiting_bytes: 0, cancelled: false };
        let shared = Arc::new(Shared {
            work,
            workers,
            most_bytes: (options.budget.limit() / 4).min(256 << 20),
            budget: options.budget.clone(),
            options: options.clone(),
            state: Mutex::new(state),
            changed: Condvar::new(),
        });
        Ordered { shared, ended: false }
    }
}

impl<P: Parts> Shared<P> {
    fn lock(&self) -> MutexGuard<'_, State<P::Item>> {
        self.state.lock().unwrap_or_else(|e| e.into_inner())
    }

    /// Starts as many tasks as there is room for.
    fn start_tasks(self: &Arc<Self>, state: &mut State<P::Item>) {
        while !state.cancelled && state.tasks < self.workers && self.has_room(state) && self.pick(state).is_some() {
            // Reserve the work by counting the task; which part it takes is decided when it runs.
            state.tasks += 1;
            let shared = self.clone();
            rayon::spawn(move || shared.work_on());
            if state.tasks + state.waiting_items > 2 * self.workers {
                break;
            }
        }
    }

    fn has_room(&self, state: &State<P::Item>) -> bool {
        state.waiting_items < self.workers || state.waiting_items < 2 * self.workers + 2 && state.waiting_bytes < self.most_bytes
    }

    /// The position of the first part that can be advanced, opened if need be.
    fn pick(&self, state: &mut State<P::Item>) -> Option<usize> {
        if let Some(i) = state.parts.iter().position(|p| !p.busy && !p.done) {
            return Some(i);
        }
        if state.next_part >= self.work.parts() || state.parts.len() > 2 * self.workers {
            return None;
        }
        let index = state.next_part;
        state.next_part += 1;
        state.parts.push_back(Part { index, items: None, begun: false, busy: false, done: false, ready: VecDeque::new() });
        Some(state.parts.len() - 1)
    }

    /// A task: advances parts until enough lies ready.
    fn work_on(self: Arc<Self>) {
        let mut state = self.lock();
        while !state.cancelled && self.has_room(&state) {
            let Some(at) = self.pick(&mut state) else { break };
            state = self.advance(state, at);
        }
        state.tasks -= 1;
        drop(state);
        self.changed.notify_all();
    }

    /// Makes the next item of a part that is not busy.
    fn advance<'a>(&'a self, mut state: MutexGuard<'a, State<P::Item>>, at: usize) -> MutexGuard<'a, State<P::Item>> {
        let part = &mut state.parts[at];
        part.busy = true;
        let (index, begun) = (part.index, std::mem::replace(&mut part.begun, true));
        let items = part.items.take();
        drop(state);

        // A panic in a reader must end as an error of ours, not as an abort of the pool.
        let made = catch_unwind(AssertUnwindSafe(|| {
            let mut items = match items {
                Some(items) => items,
                None if begun => Box::new(std::iter::empty()) as Items<P::Item>,
                None => self.work.open(index)?,
            };
            let next = items.next().transpose()?;
            Ok((next, items))
        }));
        let made = made.unwrap_or_else(|cause| Err(panic_error(cause)));
        let ready = match made {
            Ok((Some(item), items)) => {
                let bytes = self.work.weight(&item);
                Some((Ok(item), Waiting { bytes, _booked: self.budget.try_reserve(bytes) }, Some(items)))
            }
            Ok((None, _)) => None,
            Err(e) => Some((Err(e), Waiting { bytes: 0, _booked: None }, None)),
        };

        let mut state = self.lock();
        // Parts only leave from the front, and never while busy, so the part is still there, perhaps further forward.
        if let Some(part) = state.parts.iter_mut().find(|p| p.index == index) {
            part.busy = false;
            match ready {
                Some((result, waiting, items)) => {
                    let bytes = waiting.bytes;
                    part.done = items.is_none();
                    part.items = items;
                    part.ready.push_back((result, waiting));
                    state.waiting_items += 1;
                    state.waiting_bytes += bytes;
                }
                None => part.done = true,
            }
        }
        self.changed.notify_all();
        state
    }
}

/// A panic of a reader as an error.
pub(super) fn panic_error(cause: Box<dyn std::any::Any + Send>) -> Error {
    Error::internal(format!("a fault of this program: {}", panic_text(&*cause).unwrap_or("no message")))
        .help("please report it with the command and the file")
}

impl<P: Parts> Iterator for Ordered<P> {
    type Item = Result<P::Item>;

    fn next(&mut self) -> Option<Result<P::Item>> {
        if self.ended {
            return None;
        }
        let shared = self.shared.clone();
        let mut state = shared.lock();
        loop {
            if state.parts.is_empty() && shared.pick(&mut state).is_none() {
                self.ended = true;
                return None;
            }
            let part = &mut state.parts[0];
            if let Some((result, waiting)) = part.ready.pop_front() {
                state.waiting_items -= 1;
                state.waiting_bytes -= waiting.bytes;
                if result.is_err() {
                    self.ended = true;
                    state.cancelled = true;
                } else {
                    shared.start_tasks(&mut state);
                }
                return Some(result);
            }
            if part.done {
                let bytes = shared.work.progress(part.index);
                state.parts.pop_front();
                if let Some(progress) = &shared.options.progress {
                    progress.advance(bytes);
                }
                continue;
            }
            if part.busy {
                state = shared.changed.wait(state).unwrap_or_else(|e| e.into_inner());
                continue;
            }
            // Nobody is at the part that is wanted now: take it before others are asked to run ahead.
            state.parts[0].busy = true;
            if shared.workers > 1 {
                shared.start_tasks(&mut state);
            }
            state.parts[0].busy = false;
            state = shared.advance(state, 0);
        }
    }
}

impl<P: Parts> Drop for Ordered<P> {
    fn drop(&mut self) {
        let mut state = self.shared.lock();
        state.cancelled = true;
        // Items that nobody will take give their memory back now, not when the last task ends.
        for part in &mut state.parts {
            part.ready.clear();
        }
    }
}
