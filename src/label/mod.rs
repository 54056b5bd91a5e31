//! Labels of rows, columns and dimensions, and where they are. One engine serves tables and cubes.

mod align;
mod key;
mod labels;
mod level;
mod locate;
mod lookup;
mod multi;
mod period;

pub use align::Join;
pub use key::{Key, Loc, Positions, step};
pub use labels::Labels;
pub use level::Level;
pub use locate::{Hits, Method};
pub use multi::MultiIndex;

use crate::dtype::{DType, Scalar};
use crate::error::{Error, Result};
use crate::store::Column;
use arrow::array::{Array, UInt64Array};
use std::sync::{Arc, OnceLock};

/// The labels of rows or of a dimension: a range that is not stored, one typed column, or several levels.
#[derive(Clone, Debug)]
pub enum Index {
    /// `start, start + step, ..`
    Range {
        /// The first label.
        start: i64,
        /// The difference of neighbours.
        step: i64,
        /// How many.
        len: usize,
        /// Its name.
        name: Option<String>,
    },
    /// One column of labels.
    Flat(FlatIndex),
    /// Several levels.
    Multi(MultiIndex),
}

/// What has been found out about labels, once for all handles of them.
type Cached = Arc<OnceLock<lookup::Lookup>>;

/// One typed column of labels, with what has been found out about it.
#[derive(Clone, Debug)]
pub struct FlatIndex {
    /// Its name.
    pub name: Option<String>,
    values: Column,
    lookup: Cached,
}

impl FlatIndex {
    /// Labels under a name.
    pub fn new(name: Option<String>, values: Column) -> FlatIndex {
        FlatIndex { name, values, lookup: Arc::default() }
    }

    /// The labels.
    pub fn values(&self) -> &Column {
        &self.values
    }
}

impl Index {
    /// `0, 1, ..`
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, Index};
    /// assert_eq!(Index::range(2).columns(), [Column::from(vec![0i64, 1])]);
    /// ```
    pub fn range(len: usize) -> Index {
        Index::Range { start: 0, step: 1, len, name: None }
    }

    /// One column of labels.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, Index};
    /// let index = Index::flat(Some("k"), Column::from(vec!["a", "b"]));
    /// assert_eq!((index.names(), index.label(1)), (vec![Some("k")], vec!["b".into()]));
    /// ```
    pub fn flat(name: Option<&str>, values: Column) -> Index {
        Index::Flat(FlatIndex::new(name.map(Into::into), values))
    }

    /// How many labels.
    pub fn len(&self) -> usize {
        match self {
            Index::Range { len, .. } => *len,
            Index::Flat(f) => f.values.len(),
            Index::Multi(m) => m.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Names of the levels.
    pub fn names(&self) -> Vec<Option<&str>> {
        match self {
            Index::Range { name, .. } => vec![name.as_deref()],
            Index::Flat(f) => vec![f.name.as_deref()],
            Index::Multi(m) => m.names().iter().map(Option::as_deref).collect(),
        }
    }

    /// The label of a position, one value per level.
    pub fn label(&self, position: usize) -> Vec<Scalar> {
        match self {
            Index::Range { start, step, .. } => vec![Scalar::I64(start + step * position as i64)],
            Index::Flat(f) => vec![f.values.scalar(position)],
            Index::Multi(m) => m.label(position),
        }
    }

    /// The levels as columns of full length.
    pub fn columns(&self) -> Vec<Column> {
        match self {
            Index::Range { start, step, len, .. } => vec![(0..*len as i64).map(|i| start + step * i).collect::<Vec<i64>>().into()],
            Index::Flat(f) => vec![f.values.clone()],
            Index::Multi(m) => m.columns(),
        }
    }

    /// Labels `offset .. offset + length`. A view.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::Index;
    /// assert_eq!(Index::range(5).slice(2, 2).label(1), [3.into()]);
    /// ```
    pub fn slice(&self, offset: usize, length: usize) -> Index {
        match self {
            Index::Range { start, step, name, .. } => {
                Index::Range { start: start + step * offset as i64, step: *step, len: length, name: name.clone() }
            }
            Index::Flat(f) => Index::Flat(FlatIndex::new(f.name.clone(), f.values.slice(offset, length))),
            Index::Multi(m) => Index::Multi(m.slice(offset, length)),
        }
    }

    /// The type of the labels of a level.
    pub fn dtype(&self, level: usize) -> DType {
        match self {
            Index::Range { .. } => DType::I64,
            Index::Flat(f) => f.values.dtype().clone(),
            Index::Multi(m) => m.levels()[level].dtype().clone(),
        }
    }

    /// Labels in one column or several levels.
    ///
    /// # Errors
    /// Shape, where lengths or counts differ; invalid, for no levels.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, Index};
    /// let index = Index::from_columns(vec![Some("k".into()), None], &[vec!["a", "b"].into(), Column::from(vec![Some(1i64), None])])?;
    /// assert_eq!((index.nlevels(), index.label(0)), (2, vec!["a".into(), 1.into()]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn from_columns(names: Vec<Option<String>>, columns: &[Column]) -> Result<Index> {
        match columns {
            [] => Err(Error::invalid("an index needs a level")),
            [one] => Ok(Index::Flat(FlatIndex::new(names.into_iter().next().flatten(), one.clone()))),
            many => Ok(Index::Multi(MultiIndex::from_columns(names, many)?)),
        }
    }

    /// How many levels.
    pub fn nlevels(&self) -> usize {
        match self {
            Index::Multi(m) => m.levels().len(),
            _ => 1,
        }
    }

    /// The position of a level by its name.
    ///
    /// # Errors
    /// Not found, with the names.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, Index};
    /// assert_eq!(Index::flat(Some("k"), Column::from(vec!["a"])).level("k")?, 0);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn level(&self, name: &str) -> Result<usize> {
        let names = self.names();
        names.iter().position(|n| *n == Some(name)).ok_or_else(|| Error::not_found("level", name, names.iter().flatten().copied()))
    }

    /// The same labels under other names, one per level.
    ///
    /// # Errors
    /// Shape, for another number of names.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::Index;
    /// assert_eq!(Index::range(2).with_names(vec![Some("row".into())])?.names(), [Some("row")]);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn with_names(&self, names: Vec<Option<String>>) -> Result<Index> {
        if names.len() != self.nlevels() {
            return Err(Error::shape(format!("{} names for {} levels", names.len(), self.nlevels())));
        }
        Ok(match self {
            Index::Range { start, step, len, .. } => {
                Index::Range { start: *start, step: *step, len: *len, name: names.into_iter().next().flatten() }
            }
            Index::Flat(f) => Index::Flat(FlatIndex { name: names.into_iter().next().flatten(), ..f.clone() }),
            Index::Multi(m) => Index::Multi(m.with_names(names)),
        })
    }

    /// The labels of these positions; a missing position gives a missing label. A range stays one where they are evenly spaced.
    ///
    /// # Errors
    /// Shape, for a position outside.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, Index};
    /// let index = Index::flat(None, Column::from(vec!["a", "b"]));
    /// assert_eq!(index.take(&vec![Some(1), None].into())?, Column::from(vec![Some("b"), None]).into());
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn take(&self, rows: &UInt64Array) -> Result<Index> {
        Ok(match self {
            Index::Range { start, step, name, len } => {
                if let Some(worst) = arrow::compute::max(rows).filter(|&w| w >= *len as u64) {
                    return Err(Error::shape(format!("row {worst} of {len}")));
                }
                let at = |i: usize| rows.value(i) as i64;
                let apart = if rows.len() > 1 { at(1).wrapping_sub(at(0)) } else { 1 };
                let even = rows.len() > 1
                    && apart != 0
                    && rows.null_count() == 0
                    && rows.values().windows(2).all(|w| (w[1] as i64).wrapping_sub(w[0] as i64) == apart);
                if even {
                    return Ok(Index::Range { start: start + step * at(0), step: step * apart, len: rows.len(), name: name.clone() });
                }
                let labels: Vec<Option<i64>> = rows.iter().map(|r| r.map(|r| start + step * r as i64)).collect();
                let column = if rows.null_count() > 0 { labels.into() } else { labels.into_iter().flatten().collect::<Vec<i64>>().into() };
                Index::flat(name.as_deref(), column)
            }
            Index::Flat(f) => Index::Flat(FlatIndex::new(f.name.clone(), f.values.take(rows)?)),
            Index::Multi(m) => Index::Multi(m.take(rows)?),
        })
    }

    /// Positions of the labels in ascending order (descending where told, level by level), stable, missing last.
    ///
    /// # Errors
    /// Unsupported, for labels that do not compare.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, Index};
    /// let index = Index::flat(None, Column::from(vec![Some("b"), None, Some("a")]));
    /// assert_eq!(index.order(&[])?.values().to_vec(), [2, 0, 1]);
    /// assert_eq!(index.order(&[true])?.values().to_vec(), [0, 2, 1]);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn order(&self, descending: &[bool]) -> Result<UInt64Array> {
        Ok(lookup::order(&self.columns(), descending)?.into())
    }

    /// Whether both have the same labels in the same order; names are not compared.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, Index};
    /// let index = Index::flat(Some("k"), Column::from(vec![0i64, 1]));
    /// assert!(index.same_labels(&Index::range(2)) && index != Index::range(2));
    /// ```
    pub fn same_labels(&self, other: &Index) -> bool {
        if let (Index::Range { start: a, step: s, len: n, .. }, Index::Range { start: b, step: t, len: m, .. }) = (self, other) {
            return n == m && (*n == 0 || a == b && (*n == 1 || s == t));
        }
        self.len() == other.len() && self.nlevels() == other.nlevels() && self.columns() == other.columns()
    }

    fn lookup(&self) -> Result<&lookup::Lookup> {
        let cached = match self {
            Index::Flat(f) => &f.lookup,
            Index::Multi(m) => m.cached(),
            Index::Range { .. } => return Err(Error::internal("a table of labels for a range")),
        };
        if let Some(found) = cached.get() {
            return Ok(found);
        }
        let made = lookup::Lookup::new(&self.columns())?;
        Ok(cached.get_or_init(|| made))
    }
}

impl From<Column> for Index {
    fn from(labels: Column) -> Index {
        Index::flat(None, labels)
    }
}

impl PartialEq for Index {
    /// Same names and labels, however they are held.
    fn eq(&self, other: &Index) -> bool {
        self.names() == other.names() && self.same_labels(other)
    }
}
