//! Bags: lists of items of any type, worked on by functions of the caller, in parts that run in parallel.
//!
//! A bag is a plan: `map`, `filter` and the like only say what becomes of each item. What ends in a value (`count`, `fold`,
//! `frequencies`) runs it, part by part on all threads; results of parts are put together in their order, so the answer is the same for
//! any number of threads.

mod ends;
mod keys;
mod records;
mod source;

pub use records::Record;
pub use source::BagSource;

use super::ExecOptions;
use super::apply::guarded;
use crate::error::{Error, Place, Result};
use source::{Filter, FlatMap, Map, Parted, Several};
use std::fmt;
use std::sync::Arc;

/// A list of items in parts: lines of files, records, anything. dask: `dask.bag.Bag`; Spark: an RDD.
///
/// Functions are called from all threads. An error or a panic in one ends the work with an error that names the item; of several, the
/// first in the order of items is told.
///
/// # Examples
/// ```
/// use hpda_data::open::read_text;
/// let lines = read_text(["LICENSE-MIT"])?;
/// let words = lines.flat_map(|line| line.split_whitespace().map(str::to_lowercase).collect::<Vec<_>>());
/// let top = words.frequencies()?.top_k(2, |(_, n)| *n)?;
/// assert_eq!(top, [("the".to_string(), 14), ("of".to_string(), 8)]);
/// # Ok::<(), hpda_data::Error>(())
/// ```
pub struct Bag<T> {
    items: Arc<dyn BagSource<T>>,
    options: ExecOptions,
}

impl<T> Clone for Bag<T> {
    fn clone(&self) -> Bag<T> {
        Bag { items: self.items.clone(), options: self.options.clone() }
    }
}

impl<T> fmt::Debug for Bag<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bag").field("parts", &self.items.parts()).finish_non_exhaustive()
    }
}

impl<T: Send + 'static> Bag<T> {
    /// The items of a source.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Result, exec::{Bag, BagSource}};
    /// use std::ops::ControlFlow;
    /// /// Part 0 holds 0 to 9, part 1 holds 10 to 19, and so on.
    /// struct Tens(usize);
    /// impl BagSource<usize> for Tens {
    ///     fn parts(&self) -> usize {
    ///         self.0
    ///     }
    ///     fn each(&self, part: usize, take: &mut dyn FnMut(usize) -> Result<ControlFlow<()>>) -> Result<ControlFlow<()>> {
    ///         for i in 10 * part..10 * part + 10 {
    ///             if take(i)?.is_break() {
    ///                 return Ok(ControlFlow::Break(()));
    ///             }
    ///         }
    ///         Ok(ControlFlow::Continue(()))
    ///     }
    /// }
    /// assert_eq!(Bag::new(Tens(3)).fold(|| 0, |sum, x| sum + x, |a, b| a + b)?, 435);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn new(items: impl BagSource<T> + 'static) -> Bag<T> {
        Bag { items: Arc::new(items), options: ExecOptions::default() }
    }

    /// The same, run with these threads and told to this progress.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::exec::{Bag, ExecOptions};
    /// let one = ExecOptions { threads: Some(1), ..ExecOptions::default() };
    /// assert_eq!(Bag::from_items(0..10, 4).with_options(&one).count()?, 10);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn with_options(mut self, options: &ExecOptions) -> Bag<T> {
        self.options = options.clone();
        self
    }

    /// In how many parts the items stand. dask: `b.npartitions`.
    ///
    /// # Examples
    /// ```
    /// assert_eq!(hpda_data::exec::Bag::from_items(0..10, 4).npartitions(), 4);
    /// ```
    pub fn npartitions(&self) -> usize {
        self.items.parts()
    }

    fn over<U>(&self, items: impl BagSource<U> + 'static) -> Bag<U> {
        Bag { items: Arc::new(items), options: self.options.clone() }
    }

    /// Each item as a function makes it. dask: `b.map(f)`.
    ///
    /// # Examples
    /// ```
    /// let squares = hpda_data::exec::Bag::from_items(1..5, 2).map(|x| x * x);
    /// assert_eq!(squares.collect()?, [1, 4, 9, 16]);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn map<U: Send + 'static>(&self, f: impl Fn(T) -> U + Send + Sync + 'static) -> Bag<U> {
        self.try_map(move |x| Ok(f(x)))
    }

    /// Each item as a function makes it that may refuse one: its error ends the work and names the item.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Error, exec::Bag};
    /// let numbers = |texts: [&'static str; 2]| {
    ///     Bag::from_items(texts, 1).try_map(|t| t.parse::<i64>().map_err(|_| Error::parse(format!("{t:?} is no number")))).collect()
    /// };
    /// assert_eq!(numbers(["4", "2"])?, [4, 2]);
    /// assert_eq!(numbers(["4", "x"]).unwrap_err().message(), "\"x\" is no number");
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn try_map<U: Send + 'static>(&self, f: impl Fn(T) -> Result<U> + Send + Sync + 'static) -> Bag<U> {
        self.over(Map { items: self.items.clone(), f })
    }

    /// The items for which a function says yes. dask: `b.filter(f)`.
    ///
    /// # Examples
    /// ```
    /// assert_eq!(hpda_data::exec::Bag::from_items(0..10, 3).filter(|x| x % 4 == 1).collect()?, [1, 5, 9]);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn filter(&self, f: impl Fn(&T) -> bool + Send + Sync + 'static) -> Bag<T> {
        self.over(Filter { items: self.items.clone(), f })
    }

    /// All that a function makes of each item, one after the other. dask: `b.map(f).flatten()`.
    ///
    /// # Examples
    /// ```
    /// let words = hpda_data::exec::Bag::from_items(["a b", "c"], 2).flat_map(|line| line.split(' '));
    /// assert_eq!(words.collect()?, ["a", "b", "c"]);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn flat_map<I>(&self, f: impl Fn(T) -> I + Send + Sync + 'static) -> Bag<I::Item>
    where
        I: IntoIterator + 'static,
        I::Item: Send + 'static,
    {
        self.over(FlatMap { items: self.items.clone(), f })
    }

    /// What a function makes of all items of each part. dask: `b.map_partitions(f)`.
    ///
    /// # Examples
    /// ```
    /// let sums = hpda_data::exec::Bag::from_items(1..=10, 2).map_partitions(|part| [part.into_iter().sum::<i32>()]);
    /// assert_eq!(sums.collect()?, [15, 40]);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn map_partitions<I>(&self, f: impl Fn(Vec<T>) -> I + Send + Sync + 'static) -> Bag<I::Item>
    where
        I: IntoIterator + 'static,
        I::Item: Send + 'static,
    {
        self.over(Parted { items: self.items.clone(), f })
    }

    /// The items of this bag, then those of others. dask: `db.concat([a, b])`.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::exec::Bag;
    /// let both = Bag::from_items(0..3, 2).concat([&Bag::from_items(7..9, 1)]);
    /// assert_eq!((both.collect()?, both.npartitions()), (vec![0, 1, 2, 7, 8], 3));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn concat<'a>(&self, others: impl IntoIterator<Item = &'a Bag<T>>) -> Bag<T> {
        let others = others.into_iter().map(|b| b.items.clone());
        let all = std::iter::once(self.items.clone()).chain(others).collect();
        self.over(Several { bags: all })
    }
}

impl<T: Clone + Send + Sync + 'static> Bag<T> {
    /// Items that are in memory, in this many parts of nearly one length. dask: `db.from_sequence(items, npartitions=n)`.
    ///
    /// # Examples
    /// ```
    /// let bag = hpda_data::exec::Bag::from_items(["x", "y", "z"], 2);
    /// assert_eq!((bag.count()?, bag.npartitions()), (3, 2));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn from_items(items: impl IntoIterator<Item = T>, npartitions: usize) -> Bag<T> {
        let items: Arc<[T]> = items.into_iter().collect();
        Bag::new(source::Items { parts: npartitions.clamp(1, items.len().max(1)), items })
    }

    /// The same items in this many parts of nearly one length. Runs the plan and holds all items. dask: `b.repartition(n)`.
    ///
    /// # Errors
    /// What the functions and the source say.
    ///
    /// # Examples
    /// ```
    /// let bag = hpda_data::exec::Bag::from_items(0..100, 10).filter(|x| x % 3 == 0).repartition(4)?;
    /// assert_eq!((bag.count()?, bag.npartitions()), (34, 4));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn repartition(&self, npartitions: usize) -> Result<Bag<T>> {
        if npartitions == 0 {
            return Err(Error::invalid("a bag cut into no parts"));
        }
        Ok(Bag::from_items(self.collect()?, npartitions).with_options(&self.options))
    }
}

/// Two results of the caller's put together by a function of the caller.
fn put_together<A>(merge: impl FnOnce() -> A) -> Result<A> {
    guarded(|| Place { op: Some("the results of two parts of a bag".into()), ..Place::default() }, || Ok(merge()))
}
