use crate::dtype::Scalar;
use crate::error::{Error, Result};
use crate::store::Column;
use arrow::array::UInt64Array;
use std::sync::Arc;

/// Several levels of labels: each level holds its distinct labels once, rows hold codes into them (-1: missing).
#[derive(Clone, Debug)]
pub struct MultiIndex {
    names: Vec<Option<String>>,
    levels: Vec<Column>,
    codes: Vec<Arc<[i32]>>,
    offset: usize,
    len: usize,
}

impl MultiIndex {
    /// Levels and codes.
    ///
    /// # Errors
    /// Shape, where counts differ or a code has no label.
    pub fn new(names: Vec<Option<String>>, levels: Vec<Column>, codes: Vec<Vec<i32>>) -> Result<MultiIndex> {
        let len = codes.first().map_or(0, Vec::len);
        if names.len() != levels.len() || levels.len() != codes.len() || codes.iter().any(|c| c.len() != len) {
            return Err(Error::shape("levels, names and codes of an index differ in number or length"));
        }
        if levels.iter().zip(&codes).any(|(l, c)| c.iter().any(|&c| c < -1 || c >= l.len() as i32)) {
            return Err(Error::shape("a code of an index has no label in its level"));
        }
        Ok(MultiIndex { names, levels, codes: codes.into_iter().map(Into::into).collect(), offset: 0, len })
    }

    /// Finds the distinct labels of each column, in order of first appearance.
    ///
    /// # Errors
    /// Shape, where lengths differ.
    pub fn from_columns(names: Vec<Option<String>>, columns: &[Column]) -> Result<MultiIndex> {
        let (mut levels, mut codes) = (Vec::new(), Vec::new());
        for column in columns {
            let (level, code) = super::locate::factorize(column)?;
            levels.push(level);
            codes.push(code);
        }
        MultiIndex::new(names, levels, codes)
    }

    /// How many rows.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Names of the levels.
    pub fn names(&self) -> &[Option<String>] {
        &self.names
    }

    /// The distinct labels of each level.
    pub fn levels(&self) -> &[Column] {
        &self.levels
    }

    /// The codes of a level.
    pub fn codes(&self, level: usize) -> &[i32] {
        &self.codes[level][self.offset..self.offset + self.len]
    }

    /// The label of a row.
    pub fn label(&self, row: usize) -> Vec<Scalar> {
        (0..self.levels.len())
            .map(|l| match self.codes(l)[row] {
                -1 => Scalar::Null,
                code => self.levels[l].scalar(code as usize),
            })
            .collect()
    }

    /// The levels as columns of full length.
    pub fn columns(&self) -> Vec<Column> {
        (0..self.levels.len())
            .map(|l| {
                let rows = self.codes(l).iter().map(|&c| (c >= 0).then_some(c as u32));
                let positions = arrow::array::UInt32Array::from_iter(rows);
                let values = arrow::compute::take(self.levels[l].values(), &positions, None).expect("codes were checked");
                Column::new(self.levels[l].dtype().clone(), values).expect("take keeps the type")
            })
            .collect()
    }

    /// The labels of these rows, in this order; a missing row gives missing labels.
    ///
    /// # Errors
    /// Shape, for a row outside.
    pub fn take(&self, rows: &UInt64Array) -> Result<MultiIndex> {
        if let Some(row) = rows.iter().flatten().find(|&r| r as usize >= self.len) {
            return Err(Error::shape(format!("row {row} of {}", self.len)));
        }
        let codes = |l: usize| rows.iter().map(|r| r.map_or(-1, |r| self.codes(l)[r as usize])).collect();
        Ok(MultiIndex { codes: (0..self.levels.len()).map(codes).collect(), offset: 0, len: rows.len(), ..self.clone() })
    }

    /// Rows `offset .. offset + length`, without a copy.
    pub fn slice(&self, offset: usize, length: usize) -> MultiIndex {
        MultiIndex { offset: self.offset + offset, len: length, ..self.clone() }
    }
}
