//! From a label to positions: exact, nearest, pad and backfill.

use super::{FlatIndex, Index};
use crate::dtype::Scalar;
use crate::error::{Error, Result};
use crate::store::Column;
use arrow::row::{RowConverter, SortField};
use hashbrown::HashMap;

/// Which label counts when the one asked for is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// None: it must be there.
    Exact,
    /// The closest; of two as close, the larger as in pandas.
    Nearest,
    /// The last one before it.
    Pad,
    /// The first one after it.
    Backfill,
}

/// What is known of a column of labels, built once.
#[derive(Debug)]
pub(super) struct Lookup {
    converter: Option<RowConverter>,
    positions: HashMap<Box<[u8]>, Vec<usize>, foldhash::fast::RandomState>,
}

impl Lookup {
    pub(super) fn new(values: &Column) -> Lookup {
        let mut positions: HashMap<Box<[u8]>, Vec<usize>, _> = HashMap::default();
        let Ok(converter) = RowConverter::new(vec![SortField::new(values.values().data_type().clone())]) else {
            return Lookup { converter: None, positions };
        };
        if let Ok(rows) = converter.convert_columns(std::slice::from_ref(values.values())) {
            for (i, row) in rows.iter().enumerate() {
                positions.entry(row.as_ref().into()).or_default().push(i);
            }
        }
        Lookup { converter: Some(converter), positions }
    }

    fn exact(&self, label: &Column) -> &[usize] {
        let Some(converter) = &self.converter else { return &[] };
        let Ok(rows) = converter.convert_columns(std::slice::from_ref(label.values())) else { return &[] };
        self.positions.get(rows.row(0).as_ref()).map_or(&[], Vec::as_slice)
    }
}

/// Distinct values in order of first appearance, and for each row the code of its value (-1: missing).
pub(super) fn factorize(column: &Column) -> Result<(Column, Vec<i32>)> {
    let converter = RowConverter::new(vec![SortField::new(column.values().data_type().clone())])?;
    let rows = converter.convert_columns(std::slice::from_ref(column.values()))?;
    let mut known: HashMap<&[u8], i32, foldhash::fast::RandomState> = HashMap::default();
    let (mut firsts, mut codes) = (Vec::<u32>::new(), Vec::with_capacity(column.len()));
    for i in 0..column.len() {
        if arrow::array::Array::is_null(column.values(), i) {
            codes.push(-1);
            continue;
        }
        let row = rows.row(i);
        let next = known.len() as i32;
        let bytes: &[u8] = row.data();
        codes.push(*known.entry(bytes).or_insert_with(|| {
            firsts.push(i as u32);
            next
        }));
    }
    let level = arrow::compute::take(column.values(), &arrow::array::UInt32Array::from(firsts), None)?;
    Ok((Column::new(column.dtype().clone(), level)?, codes))
}

impl Index {
    /// All positions of a label, in order. The label is of the labels' own type (one row).
    ///
    /// # Errors
    /// Type, where it is not; unsupported, for several levels.
    pub fn positions(&self, label: &Column) -> Result<Vec<usize>> {
        match self {
            Index::Range { start, step, len, .. } => {
                let Scalar::I64(x) = label.scalar(0) else { return Err(wrong_label(label, self)) };
                let i = (x - start).checked_div(*step).filter(|i| *i >= 0 && (*i as usize) < *len && start + step * i == x);
                Ok(i.map(|i| i as usize).into_iter().collect())
            }
            Index::Flat(f) if f.values().dtype() == label.dtype() => Ok(f.lookup().exact(label).to_vec()),
            Index::Flat(_) => Err(wrong_label(label, self)),
            Index::Multi(_) => Err(Error::unsupported("a single label for an index of several levels")),
        }
    }

    /// The position that counts for a number by this method, and the distance to its label.
    ///
    /// Labels must be numbers in ascending or descending order for `Pad` and `Backfill`; `Nearest` takes any order.
    pub fn nearest(&self, label: f64, method: Method) -> Option<(usize, f64)> {
        let number = |i: usize| match self.label(i).first() {
            Some(Scalar::Instant { value, .. }) | Some(Scalar::Duration { value, .. }) => Some(*value as f64),
            Some(Scalar::Date(d)) => Some(*d as f64),
            Some(s) => s.as_f64(),
            None => None,
        };
        (0..self.len())
            .filter_map(|i| number(i).map(|x| (i, x)))
            .filter(|(_, x)| match method {
                Method::Exact => *x == label,
                Method::Nearest => !x.is_nan(),
                Method::Pad => *x <= label,
                Method::Backfill => *x >= label,
            })
            .map(|(i, x)| (i, (x - label).abs(), x))
            .min_by(|a, b| a.1.total_cmp(&b.1).then(b.2.total_cmp(&a.2)))
            .map(|(i, distance, _)| (i, distance))
    }

    /// Whether no label stands twice.
    pub fn is_unique(&self) -> bool {
        match self {
            Index::Range { step, len, .. } => *step != 0 || *len <= 1,
            Index::Flat(f) => f.lookup().positions.len() == f.values().len(),
            Index::Multi(m) => {
                let mut seen = hashbrown::HashSet::new();
                (0..m.len()).all(|i| seen.insert((0..m.levels().len()).map(|l| m.codes(l)[i]).collect::<Vec<_>>()))
            }
        }
    }
}

fn wrong_label(label: &Column, index: &Index) -> Error {
    Error::wrong_type(format!("a label of {} in an index of {}", label.dtype(), index.dtype(0)))
}

impl PartialEq for FlatIndex {
    fn eq(&self, other: &FlatIndex) -> bool {
        self.name == other.name && self.values() == other.values()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn duplicate_labels_are_found_all() {
        let index = Index::flat(Some("k"), Column::from(vec!["a", "b", "a"]));
        assert_eq!(index.positions(&Column::from(vec!["a"])).unwrap(), [0, 2]);
        assert!(!index.is_unique());
        assert!(index.positions(&Column::from(vec!["c"])).unwrap().is_empty());
    }

    #[test]
    fn nearest_pad_and_backfill_choose_as_pandas() {
        let index = Index::flat(None, Column::from(vec![10.0, 20.0, 30.0]));
        assert_eq!(index.nearest(25.0, Method::Nearest), Some((2, 5.0)));
        assert_eq!(index.nearest(25.0, Method::Pad), Some((1, 5.0)));
        assert_eq!(index.nearest(31.0, Method::Backfill), None);
    }
}
