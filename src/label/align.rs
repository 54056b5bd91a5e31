//! Two indexes made one: union, intersection, join; and one brought to the labels of another.

use super::{Index, lookup};
use crate::dtype::promote;
use crate::error::{Error, Result};
use crate::store::Column;
use arrow::array::{Array, UInt64Array};

/// Which labels of two stay.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Join {
    /// Those of both, in the order of the left.
    Inner,
    /// Those of either; where they differ, in ascending order.
    Outer,
    /// Those of the left.
    Left,
    /// Those of the right.
    Right,
}

impl Join {
    /// Every one, with its name.
    pub const ALL: [(Join, &'static str); 4] =
        [(Join::Inner, "inner"), (Join::Outer, "outer"), (Join::Left, "left"), (Join::Right, "right")];
}

impl Index {
    /// For each label of `target` the position where it stands here, or missing.
    ///
    /// # Errors
    /// Invalid, where a label stands twice here; type, where labels of both do not compare; shape, for another number of levels.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, Index};
    /// let index = Index::flat(None, Column::from(vec!["a", "b"]));
    /// let rows = index.indexer(&Column::from(vec!["b", "c"]).into())?;
    /// assert_eq!(rows.iter().collect::<Vec<_>>(), [Some(1), None]);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn indexer(&self, target: &Index) -> Result<UInt64Array> {
        if !self.is_unique() {
            let twice = self.duplicated()?;
            let first = (0..self.len()).find(|&i| twice.scalar(i) == true.into()).unwrap_or(0);
            let label = super::Key(self.label(first)).text();
            return Err(Error::invalid(format!("the label {label:?} stands twice, so rows cannot be found by it"))
                .help("drop_duplicates, groupby, or reset_index first"));
        }
        if let (Index::Range { start, step, len, .. }, Index::Range { start: s, step: t, len: n, .. }) = (self, target) {
            let here = |x: i64| {
                let i = (x - start).checked_div(*step)?;
                (i >= 0 && (i as usize) < *len && start + step * i == x).then_some(i as u64)
            };
            return Ok((0..*n as i64).map(|i| here(s + t * i)).collect());
        }
        let (own, wanted) = self.same_types(target)?;
        let made;
        let found = if matches!(self, Index::Range { .. }) || own != self.columns() {
            made = lookup::Lookup::new(&own)?;
            &made
        } else {
            self.lookup()?
        };
        let keys = found.keys_of(&wanted)?;
        Ok((0..target.len()).map(|i| found.first(&keys, i).map(|r| r as u64)).collect())
    }

    /// For each label of `target` the position where it stands here first, or missing.
    ///
    /// # Errors
    /// Type, where labels of both do not compare; shape, for another number of levels.
    pub(crate) fn first_of(&self, target: &Index) -> Result<UInt64Array> {
        let (own, wanted) = self.same_types(target)?;
        let found = lookup::Lookup::new(&own)?;
        let keys = found.keys_of(&wanted)?;
        Ok((0..target.len()).map(|i| found.first(&keys, i).map(|r| r as u64)).collect())
    }

    /// The labels of both, level by level in common types.
    fn same_types(&self, other: &Index) -> Result<(Vec<Column>, Vec<Column>)> {
        let (a, b) = (self.columns(), other.columns());
        if a.len() != b.len() {
            return Err(Error::shape(format!("an index of {} levels beside one of {}", a.len(), b.len())));
        }
        let pairs = a.into_iter().zip(b).map(|(a, b)| {
            let dtype = promote(a.dtype(), b.dtype())
                .map_err(|_| Error::wrong_type(format!("labels of {} and of {} do not meet", a.dtype(), b.dtype())))?;
            Ok((a.cast(&dtype)?, b.cast(&dtype)?))
        });
        Ok(pairs.collect::<Result<Vec<_>>>()?.into_iter().unzip())
    }

    /// Names that both agree on.
    fn common_names(&self, other: &Index) -> Vec<Option<String>> {
        self.names().iter().zip(other.names()).map(|(a, b)| if *a == b { a.map(Into::into) } else { None }).collect()
    }

    /// The labels of either, each once, in ascending order; equal indexes stay as they are.
    ///
    /// # Errors
    /// As [`Index::join`].
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, Index};
    /// let index = Index::flat(None, Column::from(vec!["c", "a"]));
    /// assert_eq!(index.union(&Column::from(vec!["b"]).into())?, Column::from(vec!["a", "b", "c"]).into());
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn union(&self, other: &Index) -> Result<Index> {
        Ok(self.unique()?.join(&other.unique()?, Join::Outer)?.0)
    }

    /// The labels of both, each once, in the order of this one.
    ///
    /// # Errors
    /// As [`Index::join`].
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, Index};
    /// let index = Index::flat(None, Column::from(vec!["c", "a", "b"]));
    /// assert_eq!(index.intersection(&Column::from(vec!["a", "c"]).into())?, Column::from(vec!["c", "a"]).into());
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn intersection(&self, other: &Index) -> Result<Index> {
        Ok(self.unique()?.join(&other.unique()?, Join::Inner)?.0)
    }

    /// The labels of this that the other lacks, each once. In the order of this one (pandas sorts them).
    ///
    /// # Errors
    /// As [`Index::indexer`].
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, Index};
    /// let index = Index::flat(None, Column::from(vec!["c", "a", "b"]));
    /// assert_eq!(index.difference(&Column::from(vec!["a"]).into())?, Column::from(vec!["c", "b"]).into());
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn difference(&self, other: &Index) -> Result<Index> {
        let own = self.unique()?;
        let there = other.unique()?.indexer(&own)?;
        let rows: Vec<u64> = (0..own.len()).filter(|&i| there.is_null(i)).map(|i| i as u64).collect();
        own.take(&rows.into())?.with_names(self.common_names(other))
    }

    /// Each label once, where it stands first.
    ///
    /// # Errors
    /// Unsupported, for labels that do not compare.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, Index};
    /// let index = Index::flat(None, Column::from(vec![Some("b"), None, Some("b"), None]));
    /// assert_eq!(index.unique()?, Column::from(vec![Some("b"), None]).into());
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn unique(&self) -> Result<Index> {
        if self.is_unique() {
            return Ok(self.clone());
        }
        let twice = self.lookup()?.repeated();
        let rows: Vec<u64> = (0..self.len() as u64).filter(|&i| !twice[i as usize]).collect();
        self.take(&rows.into())
    }

    /// The labels of a join, and for each the row of this and of the other (missing where it has none). Labels that are the same in
    /// the same order meet row by row; else a label that stands twice on both sides gives every pair.
    ///
    /// # Errors
    /// Type, where labels of both do not compare; shape, for another number of levels.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, Index, label::Join};
    /// let index = Index::flat(None, Column::from(vec!["c", "a"]));
    /// let (labels, own, other) = index.join(&Column::from(vec!["a", "b"]).into(), Join::Outer)?;
    /// assert_eq!(labels, Column::from(vec!["a", "b", "c"]).into());
    /// assert_eq!(own.iter().collect::<Vec<_>>(), [Some(1), None, Some(0)]);
    /// assert_eq!(other.iter().collect::<Vec<_>>(), [Some(0), Some(1), None]);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn join(&self, other: &Index, how: Join) -> Result<(Index, UInt64Array, UInt64Array)> {
        let names = self.common_names(other);
        // The same labels in the same order meet row by row, even where one stands twice.
        if self.same_labels(other) {
            let rows: UInt64Array = (0..self.len() as u64).collect::<Vec<_>>().into();
            return Ok((self.with_names(names)?, rows.clone(), rows));
        }
        if how == Join::Right {
            let (index, b, a) = other.join(self, Join::Left)?;
            return Ok((index, a, b));
        }
        let (own, theirs) = self.same_types(other)?;
        let right = lookup::Lookup::new(&theirs)?;
        let keys = right.keys_of(&own)?;
        let (mut a, mut b): (Vec<Option<u64>>, Vec<Option<u64>>) = (Vec::new(), Vec::new());
        let mut met = vec![false; other.len()];
        for i in 0..self.len() {
            let hits = right.all(&keys, i);
            for &j in &hits {
                met[j] = true;
                a.push(Some(i as u64));
                b.push(Some(j as u64));
            }
            if hits.is_empty() && how != Join::Inner {
                a.push(Some(i as u64));
                b.push(None);
            }
        }
        if how == Join::Outer {
            for j in (0..other.len()).filter(|&j| !met[j]) {
                a.push(None);
                b.push(Some(j as u64));
            }
        }
        let (mut a, mut b) = (UInt64Array::from(a), UInt64Array::from(b));
        // Labels come from the left, else from the right.
        let from = |a: &UInt64Array, b: &UInt64Array| -> Result<Vec<Column>> {
            let both: Vec<Column> = own.iter().zip(&theirs).map(|(x, y)| Column::concat(&[x.clone(), y.clone()])).collect::<Result<_>>()?;
            let n = self.len() as u64;
            let rows: UInt64Array = a.iter().zip(b).map(|(a, b)| a.or(b.map(|b| b + n))).collect();
            both.iter().map(|c| c.take(&rows)).collect()
        };
        let mut columns = from(&a, &b)?;
        if how == Join::Outer {
            let order = UInt64Array::from(lookup::order(&columns, &[])?);
            let again =
                |rows: &UInt64Array| order.values().iter().map(|&o| rows.is_valid(o as usize).then(|| rows.value(o as usize))).collect();
            (a, b) = (again(&a), again(&b));
            columns = from(&a, &b)?;
        }
        Ok((Index::from_columns(names, &columns)?, a, b))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(a: &UInt64Array) -> Vec<i64> {
        a.iter().map(|r| r.map_or(-1, |r| r as i64)).collect()
    }

    #[test]
    fn outer_join_sorts_and_pairs_duplicates() {
        let a = Index::flat(Some("k"), Column::from(vec!["c", "a", "a"]));
        let b = Index::flat(Some("k"), Column::from(vec!["a", "b", "a"]));
        let (index, left, right) = a.join(&b, Join::Outer).unwrap();
        assert_eq!(index.columns()[0], Column::from(vec!["a", "a", "a", "a", "b", "c"]));
        assert_eq!((rows(&left), rows(&right)), (vec![1, 1, 2, 2, -1, 0], vec![0, 2, 0, 2, 1, -1]));
        assert!(a.indexer(&b).is_err());
    }

    #[test]
    fn ranges_meet_without_a_table() {
        let (a, b) = (Index::range(3), Index::Range { start: 2, step: -1, len: 4, name: None });
        assert_eq!(rows(&a.indexer(&b).unwrap()), [2, 1, 0, -1]);
        assert_eq!(a.union(&b).unwrap().columns()[0], Column::from(vec![-1i64, 0, 1, 2]));
        assert_eq!(a.difference(&Index::flat(None, Column::from(vec![1.0]))).unwrap().len(), 2);
    }
}
