//! The as-of join: each row beside the nearest one of another table.

use super::super::ExecOptions;
use super::super::gather::{Order, TakeSource, gather};
use super::keys_of;
use crate::dtype::{DType, Scalar, TimeUnit};
use crate::error::{Error, Place, Result, ResultExt};
use crate::kernel::order::{Domain, KeyColumn, MISSING, RowTable, row_codes, row_count};
use crate::plan::{AsofDirection, AsofJoin, JoinColumn};
use crate::store::{Batch, TableSource};
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

/// Refuses times that go back within equal values of the `by` columns; missing times do not count.
fn check_sorted(batch: &Batch, time: usize, words: &[u64], key: &KeyColumn, by: &[KeyColumn], which: &str) -> Result<()> {
    let n = row_count(batch.rows())?;
    let (codes, firsts) = if by.is_empty() { (Vec::new(), vec![0]) } else { row_codes(by, n) };
    let mut last = vec![(0u64, 0u32); firsts.len().max(1)];
    for row in (0..n).filter(|&r| key.is_valid(r)) {
        let last = &mut last[codes.get(row as usize).map_or(0, |&c| c as usize)];
        let word = words[row as usize];
        if word < last.0 {
            let name = &batch.schema.fields[time].name;
            let within = if by.is_empty() { "" } else { " within its group" };
            let message = format!("the {which} table is not sorted by {name:?}{within}: row {row} is before row {}", last.1);
            let place = Place { column: Some(name.clone()), row: Some(row as u64), ..Place::default() };
            return Err(Error::invalid(message).help("sort both tables first: hpda-data sort FILE --by TIME").at(place));
        }
        *last = (word, row);
    }
    Ok(())
}

fn words_of(key: &KeyColumn) -> Result<&[u64]> {
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
    let left = gather(left, None, "the left table of an as-of join", options)?;
    let right = gather(right, None, "the right table of an as-of join", options)?;
    let (n, m) = (row_count(left.batch.rows())? as usize, row_count(right.batch.rows())?);
    let work = options.budget.reserve(n * 20 + m as usize * 40, "an as-of join")?;
    let (l, r, domain) = &join.on;
    let at_left = |c: usize| left.batch.schema.fields[c].name.clone();
    let left_time = domain.keys(&left.batch.columns[*l]).at_column(&at_left(*l))?;
    let right_time = domain.keys(&right.batch.columns[*r]).at_column(&at_left(*l))?;
    let (left_words, right_words) = (words_of(&left_time)?, words_of(&right_time)?);
    let left_by = keys_of(&left.batch, &join.by.iter().map(|(c, _, d)| (*c, d.clone())).collect::<Vec<_>>())?;
    let right_by = keys_of(&right.batch, &join.by.iter().map(|(_, c, d)| (*c, d.clone())).collect::<Vec<_>>())?;
    check_sorted(&left.batch, *l, left_words, &left_time, &left_by, "left")?;
    check_sorted(&right.batch, *r, right_words, &right_time, &right_by, "right")?;
    let dtype = left.batch.columns[*l].dtype();
    let floats = *domain == Domain::Float || *domain == Domain::Own && dtype.is_float();
    let measure = if floats { Measure::Float } else { Measure::Whole };
    let most = match &join.tolerance {
        None => None,
        Some(t) => Some(limit(t, measure, domain, dtype).ok_or_else(|| Error::invalid("the tolerance is below 0"))?),
    };
    // Rows of the right table that have a time, in their order: all of them, or those of each group.
    let timed: Vec<u32> = (0..m).filter(|&r| right_time.is_valid(r)).collect();
    let groups = (!join.by.is_empty()).then(|| RowTable::new(right_by));
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
    let probe = groups.as_ref().map(|g| g.probe(&left_by));
    found.par_chunks_mut(PIECE).enumerate().for_each(|(piece, found)| {
        let start = (piece * PIECE) as u32;
        match &probe {
            None => {
                for (i, f) in found.iter_mut().enumerate() {
                    let row = start + i as u32;
                    if left_time.is_valid(row) {
                        *f = nearest(left_words[row as usize], &timed);
                    }
                }
            }
            Some(probe) => {
                let mut own = Vec::new();
                probe.look_up(start..start + found.len() as u32, |row, rows| {
                    if left_time.is_valid(row) {
                        let rows = if timed.len() == m as usize {
                            rows
                        } else {
                            own.clear();
                            own.extend(rows.iter().copied().filter(|&r| right_time.is_valid(r)));
                            &own
                        };
                        found[(row - start) as usize] = nearest(left_words[row as usize], rows);
                    }
                    true
                });
            }
        }
    });
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
