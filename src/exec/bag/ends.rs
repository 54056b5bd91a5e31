//! What runs a bag and ends in a value.

use super::{Bag, BagSource, put_together};
use crate::error::Result;
use crate::exec::ordered::{Ordered, Parts};
use std::cmp::Reverse;
use std::ops::ControlFlow;
use std::sync::Arc;

/// Each part folded to one value.
struct Folded<T, I, F> {
    items: Arc<dyn BagSource<T>>,
    init: I,
    step: F,
}

impl<T, A, I, F> Parts for Folded<T, I, F>
where
    T: Send + 'static,
    A: Send + 'static,
    I: Fn() -> A + Send + Sync + 'static,
    F: Fn(&mut A, T) -> Result<()> + Send + Sync + 'static,
{
    type Item = A;
    fn parts(&self) -> usize {
        self.items.parts()
    }
    fn open(&self, part: usize) -> Result<Box<dyn Iterator<Item = Result<A>> + Send>> {
        let mut state = (self.init)();
        let _ = self.items.each(part, &mut |x| {
            (self.step)(&mut state, x)?;
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(Box::new(std::iter::once(Ok(state))))
    }
    fn weight(&self, _item: &A) -> usize {
        size_of::<A>()
    }
    fn progress(&self, part: usize) -> u64 {
        self.items.part_bytes(part)
    }
}

impl<T: Send + 'static> Bag<T> {
    /// One state for each part, in their order; parts are worked on in parallel.
    pub(super) fn by_parts<A: Send + 'static>(
        &self,
        init: impl Fn() -> A + Send + Sync + 'static,
        step: impl Fn(&mut A, T) -> Result<()> + Send + Sync + 'static,
    ) -> impl Iterator<Item = Result<A>> {
        Ordered::new(Folded { items: self.items.clone(), init, step }, &self.options)
    }

    /// All items, in order. dask: `b.compute()`.
    ///
    /// # Errors
    /// What the functions and the source say.
    ///
    /// # Examples
    /// ```
    /// assert_eq!(hpda_data::exec::Bag::from_items(["b", "a"], 2).collect()?, ["b", "a"]);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn collect(&self) -> Result<Vec<T>> {
        let mut out = Vec::new();
        for part in self.by_parts(Vec::new, |all, x| {
            all.push(x);
            Ok(())
        }) {
            out.append(&mut part?);
        }
        Ok(out)
    }

    /// The first `n` items, for which no more is worked on than is needed. dask: `b.take(n, npartitions=-1)`.
    ///
    /// # Errors
    /// What the functions and the source say of these.
    ///
    /// # Examples
    /// ```
    /// assert_eq!(hpda_data::exec::Bag::from_items(0..1_000_000, 10).map(|x| 2 * x).take(3)?, [0, 2, 4]);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn take(&self, n: usize) -> Result<Vec<T>> {
        let mut out = Vec::new();
        for part in 0..self.items.parts() {
            if out.len() >= n {
                break;
            }
            let _ = self.items.each(part, &mut |x| {
                out.push(x);
                Ok(if out.len() < n { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
            })?;
        }
        Ok(out)
    }

    /// How many items. dask: `b.count()`.
    ///
    /// # Errors
    /// What the functions and the source say.
    ///
    /// # Examples
    /// ```
    /// assert_eq!(hpda_data::open::read_text(["data/passengers.csv"])?.count()?, 1317);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn count(&self) -> Result<u64> {
        self.fold(|| 0, |n, _| n + 1, |a, b| a + b)
    }

    /// All items put together: from what `init` gives, `step` takes the items of a part one by one, and `merge` puts the results of parts
    /// together, in their order. dask: `b.fold(step, merge, initial)`.
    ///
    /// # Errors
    /// What the functions and the source say.
    ///
    /// # Examples
    /// ```
    /// let longest = hpda_data::exec::Bag::from_items(["an", "apple", "a", "day"], 2).fold(|| 0, |n, word| n.max(word.len()), |a, b| a.max(b))?;
    /// assert_eq!(longest, 5);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn fold<A: Send + 'static>(
        &self,
        init: impl Fn() -> A + Send + Sync + 'static,
        step: impl Fn(A, T) -> A + Send + Sync + 'static,
        merge: impl Fn(A, A) -> A,
    ) -> Result<A> {
        let init = Arc::new(init);
        let first = init.clone();
        let parts = self.by_parts(
            move || Some(init()),
            move |state: &mut Option<A>, x| {
                *state = state.take().map(|s| step(s, x));
                Ok(())
            },
        );
        let mut all: Option<A> = None;
        for part in parts {
            all = match (all, part?) {
                (Some(a), Some(b)) => Some(put_together(|| merge(a, b))?),
                (a, b) => a.or(b),
            };
        }
        Ok(all.unwrap_or_else(|| first()))
    }

    /// All items put together two by two, neighbours with neighbours; `None` of no items. dask: `b.fold(f)`; Spark: `rdd.reduce(f)`.
    ///
    /// # Errors
    /// What the functions and the source say.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::exec::Bag;
    /// assert_eq!(Bag::from_items(1..=20u64, 4).reduce(|a, b| a * b)?, Some(2432902008176640000));
    /// assert_eq!(Bag::from_items(Vec::<u64>::new(), 4).reduce(|a, b| a * b)?, None);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn reduce(&self, f: impl Fn(T, T) -> T + Send + Sync + 'static) -> Result<Option<T>> {
        let f = Arc::new(f);
        let both = {
            let f = f.clone();
            move |a: Option<T>, b: Option<T>| match (a, b) {
                (Some(a), Some(b)) => Some(f(a, b)),
                (a, b) => a.or(b),
            }
        };
        self.fold(
            || None,
            move |all: Option<T>, x| match all {
                Some(all) => Some(f(all, x)),
                None => Some(x),
            },
            both,
        )
    }

    /// The `k` items with the largest keys, the largest first; of equal keys the earlier items first. dask: `b.topk(k, key)`.
    ///
    /// # Errors
    /// What the functions and the source say.
    ///
    /// # Examples
    /// ```
    /// let words = hpda_data::exec::Bag::from_items(["an", "apple", "a", "day", "plum"], 2);
    /// assert_eq!(words.top_k(2, |w| w.len())?, ["apple", "plum"]);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn top_k<K: Ord + Send + 'static>(&self, k: usize, key: impl Fn(&T) -> K + Send + Sync + 'static) -> Result<Vec<T>> {
        // Twice as many as wanted are held before the smaller half goes: each item is sorted a few times at most.
        let keep = move |all: &mut Vec<(K, T)>| {
            all.sort_by(|a, b| Reverse(&a.0).cmp(&Reverse(&b.0)));
            all.truncate(k);
        };
        let most = k.saturating_mul(2).max(64);
        let parts = self.by_parts(Vec::new, move |all: &mut Vec<(K, T)>, x| {
            all.push((key(&x), x));
            if all.len() >= most {
                keep(all);
            }
            Ok(())
        });
        let mut all: Vec<(K, T)> = Vec::new();
        for part in parts {
            all.append(&mut part?);
            keep(&mut all);
        }
        Ok(all.into_iter().map(|(_, x)| x).collect())
    }
}
