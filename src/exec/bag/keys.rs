//! Items that are the same, or have the same key.

use super::{Bag, put_together};
use crate::error::Result;
use crate::exec::ExecOptions;
use indexmap::map::Entry;
use std::hash::Hash;
use std::sync::Arc;

/// By key, in the order of first appearance.
type Table<K, V> = indexmap::IndexMap<K, V, foldhash::fast::RandomState>;

/// The tables of all parts as one bag.
fn together<K, A>(
    parts: impl Iterator<Item = Result<Table<K, Option<A>>>>,
    merge: impl Fn(A, A) -> A,
    options: &ExecOptions,
) -> Result<Bag<(K, A)>>
where
    K: Hash + Eq + Clone + Send + Sync + 'static,
    A: Clone + Send + Sync + 'static,
{
    let mut all: Table<K, Option<A>> = Table::default();
    for part in parts {
        for (k, a) in part? {
            match all.entry(k) {
                Entry::Vacant(place) => drop(place.insert(a)),
                Entry::Occupied(mut place) => {
                    let both = place.get_mut().take().zip(a);
                    *place.get_mut() = both.map(|(a, b)| put_together(|| merge(a, b))).transpose()?;
                }
            }
        }
    }
    let found: Vec<(K, A)> = all.into_iter().filter_map(|(k, a)| Some((k, a?))).collect();
    let parts = options.workers().min(found.len().div_ceil(1024)).max(1);
    Ok(Bag::from_items(found, parts).with_options(options))
}

impl<T: Hash + Eq + Clone + Send + Sync + 'static> Bag<T> {
    /// Each different item with how often it is there, in the order of first appearance. Runs the plan; holds the different items. dask:
    /// `b.frequencies()`.
    ///
    /// # Errors
    /// What the functions and the source say.
    ///
    /// # Examples
    /// ```
    /// let letters = hpda_data::exec::Bag::from_items("banana".chars(), 2).frequencies()?;
    /// assert_eq!(letters.collect()?, [('b', 1), ('a', 3), ('n', 2)]);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn frequencies(&self) -> Result<Bag<(T, u64)>> {
        self.map(|x| (x, 1)).reduce_by_key(|a, b| a + b)
    }

    /// Each different item once, in the order of first appearance. Runs the plan. dask: `b.distinct()`.
    ///
    /// # Errors
    /// What the functions and the source say.
    ///
    /// # Examples
    /// ```
    /// assert_eq!(hpda_data::exec::Bag::from_items([3, 1, 3, 2, 1], 3).distinct()?.collect()?, [3, 1, 2]);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn distinct(&self) -> Result<Bag<T>> {
        Ok(self.map(|x| (x, ())).reduce_by_key(|_, _| ())?.map(|(x, _)| x))
    }
}

impl<T: Send + 'static> Bag<T> {
    /// For each key of an item, in the order of first appearance, its items put together: from what `init` gives, `step` takes those of a
    /// part one by one, and `merge` puts the results of parts together, in their order. Runs the plan; holds one value for each key. dask:
    /// `b.foldby(key, step, initial, merge)`.
    ///
    /// # Errors
    /// What the functions and the source say.
    ///
    /// # Examples
    /// ```
    /// let words = hpda_data::exec::Bag::from_items(["an", "apple", "bee", "day"], 2);
    /// let letters = words.fold_by(|w| w.chars().next(), || 0, |n, w| n + w.len(), |a, b| a + b)?;
    /// assert_eq!(letters.collect()?, [(Some('a'), 7), (Some('b'), 3), (Some('d'), 3)]);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn fold_by<K, A>(
        &self,
        key: impl Fn(&T) -> K + Send + Sync + 'static,
        init: impl Fn() -> A + Send + Sync + 'static,
        step: impl Fn(A, T) -> A + Send + Sync + 'static,
        merge: impl Fn(A, A) -> A,
    ) -> Result<Bag<(K, A)>>
    where
        K: Hash + Eq + Clone + Send + Sync + 'static,
        A: Clone + Send + Sync + 'static,
    {
        let parts = self.by_parts(Table::<K, Option<A>>::default, move |table, x| {
            let state = table.entry(key(&x)).or_insert_with(|| Some(init()));
            *state = state.take().map(|s| step(s, x));
            Ok(())
        });
        together(parts, merge, &self.options)
    }
}

impl<K, V> Bag<(K, V)>
where
    K: Hash + Eq + Clone + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    /// The values of each key put together two by two, in their order; keys in the order of first appearance. Runs the plan; holds one
    /// value for each key. Spark: `rdd.reduceByKey(f)`; dask: `b.foldby(key, f)`.
    ///
    /// # Errors
    /// What the functions and the source say.
    ///
    /// # Examples
    /// ```
    /// let sales = hpda_data::exec::Bag::from_items([("tea", 2), ("milk", 1), ("tea", 5)], 2);
    /// assert_eq!(sales.reduce_by_key(|a, b| a + b)?.collect()?, [("tea", 7), ("milk", 1)]);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn reduce_by_key(&self, f: impl Fn(V, V) -> V + Send + Sync + 'static) -> Result<Bag<(K, V)>> {
        let f = Arc::new(f);
        let both = {
            let f = f.clone();
            move |a: Option<V>, b: Option<V>| match (a, b) {
                (Some(a), Some(b)) => Some(f(a, b)),
                (a, b) => a.or(b),
            }
        };
        // The key goes into the table once for each key, not for each item.
        let parts = self.by_parts(Table::<K, Option<V>>::default, move |table, (k, v)| {
            match table.entry(k) {
                Entry::Vacant(place) => drop(place.insert(Some(v))),
                Entry::Occupied(mut place) => {
                    let old = place.get_mut().take();
                    *place.get_mut() = both(old, Some(v));
                }
            }
            Ok(())
        });
        together(parts, |a, b| f(a, b), &self.options)
    }
}
