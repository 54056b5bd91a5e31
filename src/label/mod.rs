//! Labels of rows, columns and dimensions, and where they are. One engine serves tables and cubes.

mod locate;
mod multi;

pub use locate::Method;
pub use multi::MultiIndex;

use crate::dtype::{DType, Scalar};
use crate::error::{Error, Result};
use crate::store::{Column, ColumnLabels};
use arrow::array::UInt64Array;
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

/// One typed column of labels, with what has been found out about it.
#[derive(Clone, Debug)]
pub struct FlatIndex {
    /// Its name.
    pub name: Option<String>,
    values: Column,
    lookup: Arc<OnceLock<locate::Lookup>>,
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

    fn lookup(&self) -> &locate::Lookup {
        self.lookup.get_or_init(|| locate::Lookup::new(&self.values))
    }
}

impl Index {
    /// `0, 1, ..`
    pub fn range(len: usize) -> Index {
        Index::Range { start: 0, step: 1, len, name: None }
    }

    /// One column of labels.
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

    /// Labels `offset .. offset + length`.
    pub fn slice(&self, offset: usize, length: usize) -> Index {
        match self {
            Index::Range { start, step, name, .. } => {
                Index::Range { start: start + step * offset as i64, step: *step, len: length, name: name.clone() }
            }
            Index::Flat(f) => Index::Flat(FlatIndex::new(f.name.clone(), f.values.slice(offset, length))),
            Index::Multi(m) => Index::Multi(m.slice(offset, length)),
        }
    }

    /// The labels of these positions, in this order; a missing position gives a missing label.
    ///
    /// # Errors
    /// Shape, for a position outside.
    pub fn take(&self, rows: &UInt64Array) -> Result<Index> {
        Ok(match self {
            Index::Range { name, .. } => Index::Flat(FlatIndex::new(name.clone(), self.columns()[0].take(rows)?)),
            Index::Flat(f) => Index::Flat(FlatIndex::new(f.name.clone(), f.values.take(rows)?)),
            Index::Multi(m) => Index::Multi(m.take(rows)?),
        })
    }

    /// The type of the labels of a level.
    pub fn dtype(&self, level: usize) -> DType {
        match self {
            Index::Range { .. } => DType::I64,
            Index::Flat(f) => f.values.dtype().clone(),
            Index::Multi(m) => m.levels()[level].dtype().clone(),
        }
    }
}

/// The names of columns: plain text nearly always, but numbers, dates and tuples are allowed, and names may repeat.
#[derive(Clone, Debug, PartialEq)]
pub struct Labels {
    names: Vec<String>,
    full: Option<ColumnLabels>,
}

impl Labels {
    /// Plain names.
    pub fn new<S: Into<String>>(names: impl IntoIterator<Item = S>) -> Labels {
        Labels { names: names.into_iter().map(Into::into).collect(), full: None }
    }

    /// Names as text beside the full labels.
    ///
    /// # Errors
    /// Shape, where the counts differ.
    pub fn with_full(names: Vec<String>, full: Option<ColumnLabels>) -> Result<Labels> {
        if let Some(f) = full.as_ref().filter(|f| f.labels.len() != names.len()) {
            return Err(Error::shape(format!("{} labels for {} columns", f.labels.len(), names.len())));
        }
        Ok(Labels { names, full })
    }

    /// The names as text.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The full labels, where they are more than text.
    pub fn full(&self) -> Option<&ColumnLabels> {
        self.full.as_ref()
    }

    /// The position of the first column of this name.
    ///
    /// # Errors
    /// Not found, with the nearest name.
    pub fn position(&self, name: &str) -> Result<usize> {
        self.names.iter().position(|n| n == name).ok_or_else(|| Error::not_found("column", name, self.names.iter().map(String::as_str)))
    }
}
