//! Where the items of a bag come from, and what is done to each.

use crate::error::{Place, Result};
use crate::exec::guarded;
use std::ops::ControlFlow;
use std::sync::Arc;

/// Items in parts, of which each can be gone through from any thread. The items of part `i` stand before those of part `i + 1`.
pub trait BagSource<T>: Send + Sync {
    /// How many parts.
    fn parts(&self) -> usize;
    /// Hands over the items of one part in order, until there are no more or `take` has enough, which the answer says.
    ///
    /// # Errors
    /// What `take` says, and what the source itself says.
    fn each(&self, part: usize, take: &mut dyn FnMut(T) -> Result<ControlFlow<()>>) -> Result<ControlFlow<()>>;
    /// About how many bytes a part is, for progress.
    fn part_bytes(&self, _part: usize) -> u64 {
        1
    }
}

type Inner<T> = Arc<dyn BagSource<T>>;

/// Items in memory.
pub(super) struct Items<T> {
    pub items: Arc<[T]>,
    pub parts: usize,
}

impl<T: Clone + Send + Sync> BagSource<T> for Items<T> {
    fn parts(&self) -> usize {
        self.parts
    }

    fn each(&self, part: usize, take: &mut dyn FnMut(T) -> Result<ControlFlow<()>>) -> Result<ControlFlow<()>> {
        let (each, more) = (self.items.len() / self.parts, self.items.len() % self.parts);
        let start = part * each + part.min(more);
        for (i, item) in self.items[start..start + each + usize::from(part < more)].iter().enumerate() {
            let place = || Place { op: Some(format!("item {} of a bag", start + i)), ..Place::default() };
            if guarded(place, || take(item.clone()))?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(ControlFlow::Continue(()))
    }
}

pub(super) struct Map<T, F> {
    pub items: Inner<T>,
    pub f: F,
}

impl<T, U, F: Fn(T) -> Result<U> + Send + Sync> BagSource<U> for Map<T, F> {
    fn parts(&self) -> usize {
        self.items.parts()
    }
    fn each(&self, part: usize, take: &mut dyn FnMut(U) -> Result<ControlFlow<()>>) -> Result<ControlFlow<()>> {
        self.items.each(part, &mut |x| take((self.f)(x)?))
    }
    fn part_bytes(&self, part: usize) -> u64 {
        self.items.part_bytes(part)
    }
}

pub(super) struct Filter<T, F> {
    pub items: Inner<T>,
    pub f: F,
}

impl<T, F: Fn(&T) -> bool + Send + Sync> BagSource<T> for Filter<T, F> {
    fn parts(&self) -> usize {
        self.items.parts()
    }
    fn each(&self, part: usize, take: &mut dyn FnMut(T) -> Result<ControlFlow<()>>) -> Result<ControlFlow<()>> {
        self.items.each(part, &mut |x| if (self.f)(&x) { take(x) } else { Ok(ControlFlow::Continue(())) })
    }
    fn part_bytes(&self, part: usize) -> u64 {
        self.items.part_bytes(part)
    }
}

pub(super) struct FlatMap<T, F> {
    pub items: Inner<T>,
    pub f: F,
}

/// Hands over all of a list.
fn all_of<U>(items: impl IntoIterator<Item = U>, take: &mut dyn FnMut(U) -> Result<ControlFlow<()>>) -> Result<ControlFlow<()>> {
    for item in items {
        if take(item)?.is_break() {
            return Ok(ControlFlow::Break(()));
        }
    }
    Ok(ControlFlow::Continue(()))
}

impl<T, I: IntoIterator, F: Fn(T) -> I + Send + Sync> BagSource<I::Item> for FlatMap<T, F> {
    fn parts(&self) -> usize {
        self.items.parts()
    }
    fn each(&self, part: usize, take: &mut dyn FnMut(I::Item) -> Result<ControlFlow<()>>) -> Result<ControlFlow<()>> {
        self.items.each(part, &mut |x| all_of((self.f)(x), take))
    }
    fn part_bytes(&self, part: usize) -> u64 {
        self.items.part_bytes(part)
    }
}

/// All items of a part at once.
pub(super) struct Parted<T, F> {
    pub items: Inner<T>,
    pub f: F,
}

impl<T, I: IntoIterator, F: Fn(Vec<T>) -> I + Send + Sync> BagSource<I::Item> for Parted<T, F> {
    fn parts(&self) -> usize {
        self.items.parts()
    }
    fn each(&self, part: usize, take: &mut dyn FnMut(I::Item) -> Result<ControlFlow<()>>) -> Result<ControlFlow<()>> {
        let mut all = Vec::new();
        let _ = self.items.each(part, &mut |x| {
            all.push(x);
            Ok(ControlFlow::Continue(()))
        })?;
        let place = || Place { op: Some(format!("part {part} of a bag")), ..Place::default() };
        guarded(place, || all_of((self.f)(all), take))
    }
    fn part_bytes(&self, part: usize) -> u64 {
        self.items.part_bytes(part)
    }
}

/// The parts of several bags, one after the other.
pub(super) struct Several<T> {
    pub bags: Vec<Inner<T>>,
}

impl<T> Several<T> {
    /// The bag that a part is of, and its number there.
    fn find(&self, mut part: usize) -> Option<(&Inner<T>, usize)> {
        for bag in &self.bags {
            if part < bag.parts() {
                return Some((bag, part));
            }
            part -= bag.parts();
        }
        None
    }
}

impl<T> BagSource<T> for Several<T> {
    fn parts(&self) -> usize {
        self.bags.iter().map(|b| b.parts()).sum()
    }
    fn each(&self, part: usize, take: &mut dyn FnMut(T) -> Result<ControlFlow<()>>) -> Result<ControlFlow<()>> {
        self.find(part).map_or(Ok(ControlFlow::Continue(())), |(bag, part)| bag.each(part, take))
    }
    fn part_bytes(&self, part: usize) -> u64 {
        self.find(part).map_or(0, |(bag, part)| bag.part_bytes(part))
    }
}
