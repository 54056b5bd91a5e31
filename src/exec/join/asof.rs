//! The as-of join: each row beside the nearest one of another table.

use super::super::ExecOptions;
use super::super::gather::{Order, TakeSource, fits_by_count, gather};
use super::keys_of;
use crate::dtype::{DType, Scalar, TimeUnit};
use crate::error::{Error, ErrorKind, Place, Result, ResultExt};
use crate::exec::group::{NONE, members};
use crate::exec::spilled::ROW_NUMBERS;
use crate::kernel::order::{Domain, KeyColumn, MISSING, RowTable, row_codes, row_count, take_optional};
use crate::plan::{AsofDirection, AsofJoin, JoinColumn};
use crate::store::{Batch, Schema, TableSource};
use arrow::array::AsArray;
use arrow::datatypes::UInt64Type;
use rayon::prelude::*;
use std::sync::Arc;

const PIECE: usize = 64 * 1024;

/// How far two words are from each other.
#[derive(Clone, Copy)]
enum Measure {
    Float,
    Whole,
}

impl Measure {
    /// The distance as a number in the order of distances.
    fn distance(self, a: u64, b: u64) -> u64 {
        match self {
            // Words of whole numbers differ as the numbers do.
            Measure::Whole => a.abs_diff(b),
            Measure::Float => (float(a) - float(b)).abs().to_bits(),
        }
    }
}

fn float(word: u64) -> f64 {
    f64::from_bits(if word >> 63 == 1 { word ^ 1 << 63 } else { !word })
}

/// The tolerance in the same order as distances.
fn limit(tolerance: &Scalar, measure: Measure, domain: &Domain, dtype: &DType) -> Option<u64> {
    let unit = match (domain, dtype) {
        (Domain::Ticks(unit), _) => Some(*unit),
        (_, DType::Instant { unit, .. } | DType::Duration { unit } | DType::Time { unit }) => Some(*unit),
        _ => None,
    };
    match (tolerance, measure, unit) {
        (Scalar::Duration { value, unit: own }, _, unit) => {
            let value = u64::try_from(*value).ok()?;
            match unit {
                // Dates count days.
                None => Some(value / (86_400 * own.per_second() as u64)),
                Some(TimeUnit::Ns) if *own == TimeUnit::Us => Some(value.saturating_mul(1000)),
                Some(TimeUnit::Us) if *own == TimeUnit::Ns => Some(value / 1000),
                Some(_) => Some(value),
            }
        }
        (number, Measure::Float, _) => number.as_f64().map(f64::to_bits),
        (Scalar::U64(n), Measure::Whole, _) => Some(*n),
        (Scalar::I64(n), Measure::Whole, _) => u64::try_from(*n).ok(),
        (number, Measure::Whole, _) => number.as_f64().filter(|n| *n >= 0.0).map(|n| n as u64),
    }
}

/// Refuses times that go back; missing times do not count.
pub(super) struct Sorted<'a> {
    which: &'a str,
    name: &'a str,
    row: u64,
    last: (u64, u64),
}

impl<'a> Sorted<'a> {
    /// For a table and its column of times.
    pub(super) fn new(which: &'a str, name: &'a str) -> Sorted<'a> {
        Sorted { which, name, row: 0, last: (0, 0) }
    }

    /// Takes the next rows; those of one group have `numbers` in a larger table.
    pub(super) fn check(&mut self, words: &[u64], key: &KeyColumn, numbers: Option<&[u64]>) -> Result<()> {
        for (i, &word) in words.iter().enumerate().filter(|(i, _)| key.is_valid(*i as u32)) {
            let row = numbers.map_or(self.row + i as u64, |n| n[i]);
            if word < self.last.0 {
                let within = if numbers.is_some() { " within its group" } else { "" };
                return Err(unsorted(self.which, self.name, within, row, self.last.1));
            }
            self.last = (word, row);
        }
        self.row += words.len() as u64;
        Ok(())
    }
}

fn unsorted(which: &str, name: &str, within: &str, row: u64, before: u64) -> Error {
    let message = format!("the {which} table is not sorted by {name:?}{within}: row {row} is before row {before}");
    let place = Place { column: Some(name.into()), row: Some(row), ..Place::default() };
    Error::invalid(message).help("sort both tables first: hpda-data sort FILE --by TIME").at(place)
}

/// Refuses times that go back within equal values of the `by` columns; missing times do not count. `numbers` are those of the rows in
/// a larger table.
fn check_sorted(words: &[u64], key: &KeyColumn, by: &[KeyColumn], which: &str, name: &str, numbers: Option<&[u64]>) -> Result<()> {
    if by.is_empty() {
        return Sorted::new(which, name).check(words, key, numbers);
    }
    let n = row_count(words.len())?;
    let (codes, firsts) = row_codes(by, n);
    let mut last = vec![(0u64, 0u32); firsts.len().max(1)];
    let number = |row: u32| numbers.map_or(row as u64, |n| n[row as usize]);
    for row in (0..n).filter(|&r| key.is_valid(r)) {
        let last = &mut last[codes[row as usize] as usize];
        let word = words[row as usize];
        if word < last.0 {
            return Err(unsorted(which, name, " within its group", number(row), number(last.1)));
        }
        *last = (word, row);
    }
    Ok(())
}

pub(super) fn words_of(key: &KeyColumn) -> Result<&[u64]> {
    match key {
        KeyColumn::Words { words, .. } => Ok(words),
        _ => Err(Error::wrong_type("an as-of join takes times and numbers of at most 64 bits")),
    }
}

pub(crate) fn join_asof(
    left: &Arc<dyn TableSource>,
    right: &Arc<dyn TableSource>,
    join: &Arc<AsofJoin>,
    options: &ExecOptions,
) -> Result<Arc<dyn TableSource>> {
    match in_memory(left, right, join, options) {
        Err(e) if e.kind() == ErrorKind::Budget => super::asof_on_disk::join_asof(left, right, join, options),
        made => made,
    }
}

/// The join of tables that fit.
///
/// # Errors
/// Budget, where they do not.
pub(super) fn in_memory(
    left: &Arc<dyn TableSource>,
    right: &Arc<dyn TableSource>,
    join: &Arc<AsofJoin>,
    options: &ExecOptions,
) -> Result<Arc<dyn TableSource>> {
    fits_by_count(left, 20, "the left table of an as-of join", options)?;
    fits_by_count(right, 40, "the right table of an as-of join", options)?;
    let left = gather(left, None, "the left table of an as-of join", options)?;
    let right = gather(right, None, "the right table of an as-of join", options)?;
    let (n, m) = (row_count(left.batch.rows())? as usize, row_count(right.batch.rows())?);
    let work = options.budget.reserve(n * 20 + m as usize * 40, "an as-of join")?;
    let found = matches(&left.batch, &right.batch, join, true)?;
    drop(work);
    let held = options.budget.reserve(n * 4, "an as-of join")?;
    let columns = join.columns.iter().filter_map(|column| match *column {
        JoinColumn::Left(c) => Some((0, left.batch.columns[c].clone())),
        JoinColumn::Right(c) => Some((1, right.batch.columns[c].clone())),
        _ => None,
    });
    let orders = vec![Order { rows: None, optional: false }, Order { rows: Some(found.into()), optional: true }];
    let columns = columns.collect();
    let mut notices = left.notices;
    notices.extend(right.notices);
    Ok(Arc::new(TakeSource::new(join.schema.clone(), columns, orders, n, notices, vec![left.booked, right.booked, held])))
}

/// Some columns of the result for rows of the left table, beside rows of the right one.
pub(super) fn joined_columns(
    left: &Batch,
    right: &Batch,
    found: Vec<u32>,
    join: &AsofJoin,
    columns: &[usize],
    schema: &Arc<Schema>,
) -> Result<Batch> {
    let found = found.into();
    let column = |&c: &usize| match join.columns[c] {
        JoinColumn::Right(c) => Ok(take_optional(std::slice::from_ref(&right.columns[c]), &found)?.swap_remove(0)),
        JoinColumn::Left(c) => Ok(left.columns[c].clone()),
        _ => Err(Error::internal("a column of an as-of join that is of neither table")),
    };
    Batch::with_rows(schema.clone(), columns.iter().map(column).collect::<Result<_>>()?, left.rows())
}

/// The numbers of rows in a larger table, where they stand behind the columns.
pub(super) fn numbers_of(batch: &Batch) -> Option<&[u64]> {
    let last = batch.schema.fields.len().checked_sub(1).filter(|&i| batch.schema.fields[i].name == ROW_NUMBERS)?;
    batch.columns[last].values().as_primitive_opt::<UInt64Type>().map(|n| &n.values()[..])
}

/// Rows that have a time, by the values that must be the same, in their order.
struct Groups {
    /// By the first row of each group.
    keys: RowTable,
    /// Where the rows of a group begin, at the number of its first row.
    starts: Vec<usize>,
    rows: Vec<u32>,
}

impl Groups {
    fn new(by: Vec<KeyColumn>, time: &KeyColumn, count: u32) -> Groups {
        let own = by.clone();
        let keys = RowTable::new(by).firsts_only();
        let mut firsts = vec![NONE; count as usize];
        let probe = keys.probe(&own);
        firsts.par_chunks_mut(PIECE).enumerate().for_each(|(piece, firsts)| {
            let start = (piece * PIECE) as u32;
            probe.look_up(start..start + firsts.len() as u32, |row, same| {
                if time.is_valid(row) {
                    firsts[(row - start) as usize] = same.first().copied().unwrap_or(NONE);
                }
                true
            });
        });
        drop(probe);
        let (rows, starts) = members(&firsts, count as usize);
        Groups { keys, starts, rows }
    }

    /// The rows of the group with this first row.
    fn rows(&self, first: u32) -> &[u32] {
        &self.rows[self.starts[first as usize]..self.starts[first as usize + 1]]
    }
}

/// For each row of the left table the row of the right one; whether they are sorted is looked at if `check`.
pub(super) fn matches(left: &Batch, right: &Batch, join: &AsofJoin, check: bool) -> Result<Vec<u32>> {
    let (n, m) = (left.rows(), row_count(right.rows())?);
    let (l, r, domain) = &join.on;
    let name = &left.schema.fields[*l].name;
    let left_time = domain.keys(&left.columns[*l]).at_column(name)?;
    let right_time = domain.keys(&right.columns[*r]).at_column(name)?;
    let (left_words, right_words) = (words_of(&left_time)?, words_of(&right_time)?);
    let left_by = keys_of(left, &join.by.iter().map(|(c, _, d)| (*c, d.clone())).collect::<Vec<_>>())?;
    let right_by = keys_of(right, &join.by.iter().map(|(_, c, d)| (*c, d.clone())).collect::<Vec<_>>())?;
    if check {
        check_sorted(left_words, &left_time, &left_by, "left", name, numbers_of(left))?;
        check_sorted(right_words, &right_time, &right_by, "right", &right.schema.fields[*r].name, numbers_of(right))?;
    }
    let dtype = left.columns[*l].dtype();
    let floats = *domain == Domain::Float || *domain == Domain::Own && dtype.is_float();
    let measure = if floats { Measure::Float } else { Measure::Whole };
    let most = match &join.tolerance {
        None => None,
        Some(t) => Some(limit(t, measure, domain, dtype).ok_or_else(|| Error::invalid("the tolerance is below 0"))?),
    };
    let groups = (!join.by.is_empty()).then(|| Groups::new(right_by, &right_time, m));
    // Without groups: the rows of the right table that have a time, in their order.
    let timed: Vec<u32> = if groups.is_some() { Vec::new() } else { (0..m).filter(|&r| right_time.is_valid(r)).collect() };
    let nearest = |word: u64, rows: &[u32]| -> u32 {
        let time = |i: usize| right_words[rows[i] as usize];
        let (mut before, mut after) = (None, None);
        if join.direction != AsofDirection::Forward {
            before = rows.partition_point(|&r| right_words[r as usize] <= word).checked_sub(1);
        }
        if join.direction != AsofDirection::Backward {
            after = Some(rows.partition_point(|&r| right_words[r as usize] < word)).filter(|&i| i < rows.len());
        }
        let distance = |i: &usize| measure.distance(time(*i), word);
        let best = match (before, after) {
            (Some(b), Some(a)) => Some(if distance(&b) <= distance(&a) { b } else { a }),
            (b, a) => b.or(a),
        };
        best.filter(|i| most.is_none_or(|most| distance(i) <= most)).map_or(MISSING, |i| rows[i])
    };
    let mut found = vec![MISSING; n];
    let probe = groups.as_ref().map(|g| (g, g.keys.probe(&left_by)));
    found.par_chunks_mut(PIECE).enumerate().for_each(|(piece, found)| {
        let start = (piece * PIECE) as u32;
        let mut set = |row: u32, rows: &[u32]| {
            if left_time.is_valid(row) {
                found[(row - start) as usize] = nearest(left_words[row as usize], rows);
            }
        };
        let rows = start..n.min(start as usize + PIECE) as u32;
        match &probe {
            None => rows.for_each(|row| set(row, &timed)),
            Some((groups, probe)) => {
                probe.look_up(rows, |row, same| {
                    set(row, same.first().map_or(&[], |&first| groups.rows(first)));
                    true
                });
            }
        }
    });
    Ok(found)
}
