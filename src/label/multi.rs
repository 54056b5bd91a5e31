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
    lookup: super::Cached,
}

impl MultiIndex {
    /// Levels and codes.
    ///
    /// # Errors
    /// Shape, where counts differ or a code has no label.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, Scalar, label::MultiIndex};
    /// let index = MultiIndex::new(vec![Some("k".into())], vec![Column::from(vec!["a", "b"])], vec![vec![1, -1]])?;
    /// assert_eq!((index.label(0), index.label(1)), (vec!["b".into()], vec![Scalar::Null]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn new(names: Vec<Option<String>>, levels: Vec<Column>, codes: Vec<Vec<i32>>) -> Result<MultiIndex> {
        let len = codes.first().map_or(0, Vec::len);
        if names.len() != levels.len() || levels.len() != codes.len() || codes.iter().any(|c| c.len() != len) {
            return Err(Error::shape("levels, names and codes of an index differ in number or length"));
        }
        if levels.iter().zip(&codes).any(|(l, c)| c.iter().any(|&c| c < -1 || c >= l.len() as i32)) {
            return Err(Error::shape("a code of an index has no label in its level"));
        }
        Ok(MultiIndex { names, levels, codes: codes.into_iter().map(Into::into).collect(), offset: 0, len, lookup: Arc::default() })
    }

    /// Finds the distinct labels of each column, in order of first appearance.
    ///
    /// # Errors
    /// Shape, where lengths differ.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, label::MultiIndex};
    /// let index = MultiIndex::from_columns(vec![None], &[Column::from(vec![Some("b"), None, Some("a"), Some("b")])])?;
    /// assert_eq!((&index.levels()[0], index.codes(0)), (&Column::from(vec!["b", "a"]), &[0, -1, 1, 0][..]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn from_columns(names: Vec<Option<String>>, columns: &[Column]) -> Result<MultiIndex> {
        let (mut levels, mut codes) = (Vec::new(), Vec::new());
        for column in columns {
            let (level, code) = super::lookup::factorize(column)?;
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

    /// Rows `offset .. offset + length`, without a copy.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, label::MultiIndex};
    /// let index = MultiIndex::from_columns(vec![None], &[Column::from(vec!["a", "b", "c"])])?;
    /// assert_eq!(index.slice(1, 2).label(0), ["b".into()]);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn slice(&self, offset: usize, length: usize) -> MultiIndex {
        MultiIndex { offset: self.offset + offset, len: length, lookup: Arc::default(), ..self.clone() }
    }

    /// Every combination of the labels of each level, the last level changing fastest.
    ///
    /// # Errors
    /// Shape, where counts differ; invalid, where there are too many.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, label::MultiIndex};
    /// let index = MultiIndex::from_product(["place", "year"], &[Column::from(vec!["Oslo", "Bergen"]), Column::from(vec![1990i64, 1991])])?;
    /// assert_eq!((index.len(), index.label(1)), (4, vec!["Oslo".into(), 1991i64.into()]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn from_product<S: Into<String>>(names: impl IntoIterator<Item = S>, labels: &[Column]) -> Result<MultiIndex> {
        let too_many = || Error::invalid("an index of so many combinations");
        let total =
            labels.iter().try_fold(1usize, |n, c| n.checked_mul(c.len())).filter(|n| *n < u32::MAX as usize).ok_or_else(too_many)?;
        let total = if labels.is_empty() { 0 } else { total };
        let (mut levels, mut codes) = (Vec::new(), Vec::new());
        let mut after = total;
        for column in labels {
            let (level, own) = super::lookup::factorize(column)?;
            after = after.checked_div(column.len()).unwrap_or(0);
            codes.push((0..total).map(|i| own[i / after.max(1) % own.len()]).collect());
            levels.push(level);
        }
        MultiIndex::new(names.into_iter().map(|n| Some(n.into())).collect(), levels, codes)
    }

    /// One label per row, each a value for every level. Types are those of the first value that is there.
    ///
    /// # Errors
    /// Shape, for a label of another length; type, for values of several types in one level.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Scalar, label::MultiIndex};
    /// let index = MultiIndex::from_tuples(vec![None, None], &[vec!["a".into(), 1.into()], vec!["b".into(), Scalar::Null]])?;
    /// assert_eq!(index.label(1), ["b".into(), Scalar::Null]);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn from_tuples(names: Vec<Option<String>>, labels: &[Vec<Scalar>]) -> Result<MultiIndex> {
        if let Some(odd) = labels.iter().find(|l| l.len() != names.len()) {
            return Err(Error::shape(format!("a label of {} values for {} levels", odd.len(), names.len())));
        }
        let columns = (0..names.len()).map(|level| {
            let values: Vec<Scalar> = labels.iter().map(|l| l[level].clone()).collect();
            let dtype = values.iter().find_map(Scalar::dtype).unwrap_or(crate::dtype::DType::F64);
            Column::from_scalars(&dtype, &values)
        });
        MultiIndex::from_columns(names, &columns.collect::<Result<Vec<_>>>()?)
    }

    pub(super) fn with_names(&self, names: Vec<Option<String>>) -> MultiIndex {
        MultiIndex { names, ..self.clone() }
    }

    pub(super) fn cached(&self) -> &super::Cached {
        &self.lookup
    }

    /// The labels of these rows; a missing row gives a missing label.
    ///
    /// # Errors
    /// Shape, for a row outside.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, Scalar, label::MultiIndex};
    /// let index = MultiIndex::from_columns(vec![None], &[Column::from(vec!["a", "b"])])?.take(&vec![Some(1), None].into())?;
    /// assert_eq!((index.label(0), index.label(1)), (vec!["b".into()], vec![Scalar::Null]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn take(&self, rows: &UInt64Array) -> Result<MultiIndex> {
        if let Some(worst) = arrow::compute::max(rows).filter(|&w| w >= self.len as u64) {
            return Err(Error::shape(format!("row {worst} of {}", self.len)));
        }
        let codes = (0..self.levels.len()).map(|l| {
            let own = self.codes(l);
            rows.iter().map(|r| r.map_or(-1, |r| own[r as usize])).collect()
        });
        MultiIndex::new(self.names.clone(), self.levels.clone(), codes.collect())
    }

    /// These levels, in this order.
    ///
    /// # Errors
    /// Invalid, for a level that is not there.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Scalar, label::MultiIndex};
    /// let index = MultiIndex::from_tuples(vec![Some("k".into()), None], &[vec!["a".into(), 1.into()]])?;
    /// assert_eq!(index.pick(&[1, 0])?.label(0), [1.into(), "a".into()]);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn pick(&self, levels: &[usize]) -> Result<MultiIndex> {
        if let Some(&l) = levels.iter().find(|&&l| l >= self.levels.len()) {
            return Err(Error::invalid(format!("level {l} of {}", self.levels.len())));
        }
        Ok(MultiIndex {
            names: levels.iter().map(|&l| self.names[l].clone()).collect(),
            levels: levels.iter().map(|&l| self.levels[l].clone()).collect(),
            codes: levels.iter().map(|&l| self.codes[l].clone()).collect(),
            offset: self.offset,
            len: self.len,
            lookup: Arc::default(),
        })
    }

    /// For each code of a level from -1 on whether its label is the one asked for.
    pub(super) fn codes_of(&self, level: usize, value: &Scalar) -> Result<Vec<bool>> {
        let labels = &self.levels[level];
        let mut wanted = vec![false; labels.len() + 1];
        if value.is_missing() {
            wanted[0] = true;
            return Ok(wanted);
        }
        for i in super::Index::flat(None, labels.clone()).find(&super::Key(vec![value.clone()]))? {
            wanted[i + 1] = true;
        }
        Ok(wanted)
    }
}
