//! A table of labels: where each stands, found once and kept.

use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::kernel::order::{Direction, KeyColumn, SortKey, row_count, sort_rows};
use crate::store::Column;
use arrow::array::{Array, ArrayRef, AsArray, StringViewArray};
use arrow::buffer::{BooleanBuffer, NullBuffer};
use arrow::datatypes as at;
use arrow::row::{RowConverter, Rows, SortField};
use hashbrown::HashTable;
use std::hash::BuildHasher;
use std::sync::Arc;

/// The values of labels in a form that hashes and compares by value.
pub(super) enum Keys {
    /// Fixed width: bits, with one zero and without NaN.
    Bits(Vec<u64>, BooleanBuffer),
    Text(StringViewArray),
    Rows(Rows),
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keys")
    }
}

/// The same values with NaN as missing and one zero, as arrow's orders need it.
pub(super) fn canonical(column: &Column) -> ArrayRef {
    macro_rules! floats {
        ($t:ty) => {{
            let a = column.values().as_primitive::<$t>();
            let present = NullBuffer::new(column.present());
            Arc::new(arrow::array::PrimitiveArray::<$t>::new(a.values().iter().map(|x| x + 0.0).collect(), Some(present))) as ArrayRef
        }};
    }
    match column.dtype() {
        DType::F32 => floats!(at::Float32Type),
        DType::F64 => floats!(at::Float64Type),
        _ => column.values().clone(),
    }
}

fn converter(columns: &[Column]) -> Result<RowConverter> {
    Ok(RowConverter::new(columns.iter().map(|c| SortField::new(c.values().data_type().clone())).collect())?)
}

fn rows(converter: &RowConverter, columns: &[Column]) -> Result<Rows> {
    Ok(converter.convert_columns(&columns.iter().map(canonical).collect::<Vec<_>>())?)
}

/// Rows in ascending order (or descending, column by column), stable, missing last.
pub(super) fn order(columns: &[Column], descending: &[bool]) -> Result<Vec<u64>> {
    let keys = columns.iter().enumerate().map(|(i, c)| {
        let direction = if descending.get(i) == Some(&true) { Direction::Descending } else { Direction::Ascending };
        Ok(SortKey { keys: KeyColumn::new(c)?, direction })
    });
    let rows = row_count(columns.first().map_or(0, Column::len))?;
    Ok(sort_rows(&keys.collect::<Result<Vec<_>>>()?, rows).into_iter().map(u64::from).collect())
}

/// No row.
const NONE: u32 = u32::MAX;

/// Labels and the rows where they stand.
#[derive(Debug)]
pub(super) struct Lookup {
    converter: Option<RowConverter>,
    keys: Keys,
    hasher: foldhash::fast::RandomState,
    /// The first row of each label.
    table: HashTable<u32>,
    /// The next row of the same label.
    next: Vec<u32>,
}

impl Lookup {
    /// # Errors
    /// Unsupported, for types that do not compare and for four thousand million labels.
    pub(super) fn new(columns: &[Column]) -> Result<Lookup> {
        let len = columns.first().map_or(0, Column::len);
        if len >= NONE as usize {
            return Err(Error::unsupported("an index of more than 4294967294 labels"));
        }
        let plain = columns.len() == 1 && !matches!(columns[0].dtype(), DType::Categorical { .. });
        let fixed = plain && columns[0].dtype().phys().is_some_and(|p| p.width().is_some());
        let text = plain && *columns[0].dtype() == DType::Str;
        let converter = if fixed || text { None } else { Some(converter(columns)?) };
        let mut lookup = Lookup {
            keys: Keys::Bits(Vec::new(), BooleanBuffer::new_unset(0)),
            converter,
            hasher: Default::default(),
            table: HashTable::new(),
            next: vec![NONE; len],
        };
        lookup.keys = lookup.keys_of(columns)?;
        // From the last to the first, so that chains run upwards.
        for i in (0..len).rev() {
            let hash = lookup.hash(&lookup.keys, i);
            let Lookup { table, keys, hasher, next, .. } = &mut lookup;
            match table.find_mut(hash, |&r| same(keys, i, keys, r as usize)) {
                Some(first) => {
                    next[i] = *first;
                    *first = i as u32;
                }
                None => {
                    table.insert_unique(hash, i as u32, |&r| hash_of(hasher, keys, r as usize));
                }
            }
        }
        Ok(lookup)
    }

    /// Other labels of the same types, to be looked for.
    pub(super) fn keys_of(&self, columns: &[Column]) -> Result<Keys> {
        if let Some(c) = &self.converter {
            return Ok(Keys::Rows(rows(c, columns)?));
        }
        let column = &columns[0];
        if *column.dtype() == DType::Str {
            return Ok(Keys::Text(column.values().as_string_view().clone()));
        }
        let present = column.present();
        let bits: Vec<u64> = match column.dtype() {
            DType::Bool => column.values().as_boolean().values().iter().map(u64::from).collect(),
            DType::F32 => column.values().as_primitive::<at::Float32Type>().values().iter().map(|x| (x + 0.0).to_bits() as u64).collect(),
            DType::F64 => column.values().as_primitive::<at::Float64Type>().values().iter().map(|x| (x + 0.0).to_bits()).collect(),
            DType::U64 => column.values().as_primitive::<at::UInt64Type>().values().to_vec(),
            _ => column.to_i64()?.values().iter().map(|x| *x as u64).collect(),
        };
        Ok(Keys::Bits(bits, present))
    }

    fn hash(&self, keys: &Keys, row: usize) -> u64 {
        hash_of(&self.hasher, keys, row)
    }

    /// How many different labels.
    pub(super) fn distinct(&self) -> usize {
        self.table.len()
    }

    /// The first row of a label.
    pub(super) fn first(&self, keys: &Keys, row: usize) -> Option<usize> {
        self.table.find(self.hash(keys, row), |&r| same(keys, row, &self.keys, r as usize)).map(|&r| r as usize)
    }

    /// The next row of the same label.
    pub(super) fn after(&self, row: usize) -> Option<usize> {
        Some(self.next[row]).filter(|&n| n != NONE).map(|n| n as usize)
    }

    /// Every row of a label, ascending.
    pub(super) fn all(&self, keys: &Keys, row: usize) -> Vec<usize> {
        std::iter::successors(self.first(keys, row), |&r| self.after(r)).collect()
    }

    /// For each row of ours whether the same label stood before.
    pub(super) fn repeated(&self) -> Vec<bool> {
        let mut out = vec![false; self.next.len()];
        self.next.iter().filter(|&&n| n != NONE).for_each(|&n| out[n as usize] = true);
        out
    }
}

fn hash_of(hasher: &foldhash::fast::RandomState, keys: &Keys, row: usize) -> u64 {
    match keys {
        Keys::Bits(bits, present) if present.value(row) => hasher.hash_one(bits[row]),
        Keys::Text(t) if t.is_valid(row) => hasher.hash_one(t.value(row)),
        Keys::Rows(r) => hasher.hash_one(r.row(row).data()),
        _ => 0,
    }
}

fn same(a: &Keys, i: usize, b: &Keys, j: usize) -> bool {
    match (a, b) {
        (Keys::Bits(x, p), Keys::Bits(y, q)) => p.value(i) == q.value(j) && (!p.value(i) || x[i] == y[j]),
        (Keys::Text(x), Keys::Text(y)) => x.is_valid(i) == y.is_valid(j) && (!x.is_valid(i) || x.value(i) == y.value(j)),
        (Keys::Rows(x), Keys::Rows(y)) => x.row(i) == y.row(j),
        _ => false,
    }
}

/// Distinct values in order of first appearance, and for each row the code of its value (-1: missing).
pub(super) fn factorize(column: &Column) -> Result<(Column, Vec<i32>)> {
    let lookup = Lookup::new(std::slice::from_ref(column))?;
    let present = column.present();
    let mut codes = vec![-1i32; column.len()];
    let mut firsts = Vec::new();
    for i in 0..column.len() {
        if !present.value(i) {
            continue;
        }
        // Rows of a label come upwards: the first one has met nobody who gave it a code.
        if codes[i] == -1 {
            codes[i] = firsts.len() as i32;
            firsts.push(i as u64);
        }
        if let Some(next) = lookup.after(i) {
            codes[next] = codes[i];
        }
    }
    Ok((column.take(&firsts.into())?, codes))
}
