//! Groups of the rows of a table in memory: what keeps the rows (transforms, the first rows of each group).

use crate::dtype::{DType, Scalar};
use crate::error::{Error, ErrorKind, Result, ResultExt};
use crate::exec::ExecOptions;
use crate::exec::eval::evaluate;
use crate::exec::gather::{Order, TakeSource, fits_by_count, gather};
use crate::exec::key::{Ordered, with_numbers};
use crate::kernel::group::FloatSums;
use crate::kernel::order::{Direction, KeyColumn, SortKey, row_codes, row_count, sort_rows, take};
use crate::plan::{GroupOrder, GroupRows, RowVerb, Transform};
use crate::store::{Batch, Column, TableSource};
use arrow::array::{Array, AsArray, BooleanArray};
use arrow::datatypes as at;
use rayon::prelude::*;
use std::sync::Arc;

/// A row that is in no group.
pub(in crate::exec) const NONE: u32 = u32::MAX;

/// The group of each row.
#[derive(Debug)]
pub(in crate::exec) struct Codes {
    /// One per row; [`NONE`] where the key is missing.
    pub(in crate::exec) codes: Vec<u32>,
    /// The first row of each group.
    pub(in crate::exec) firsts: Vec<u32>,
}

/// Numbers the groups of rows.
///
/// # Errors
/// Type, for columns that are no keys; unsupported, beyond four thousand million rows.
pub(in crate::exec) fn codes(keys: &[Column], keep_missing: bool, order: GroupOrder) -> Result<Codes> {
    let rows = row_count(keys.first().map_or(0, Column::len))?;
    let columns = keys.iter().map(KeyColumn::new).collect::<Result<Vec<_>>>()?;
    let (mut codes, mut firsts) = row_codes(&columns, rows);
    // New numbers: of the groups that stay, in their order.
    let whole = |row: u32| keep_missing || columns.iter().all(|c| c.is_valid(row));
    let mut places: Vec<u32> = (0..firsts.len() as u32).filter(|&g| whole(firsts[g as usize])).collect();
    if order == GroupOrder::Sorted {
        let rows: Vec<u32> = places.iter().map(|&g| firsts[g as usize]).collect();
        let count = rows.len() as u32;
        let taken = take(keys, &rows.into())?;
        let by = taken.iter().map(|c| Ok(SortKey { keys: KeyColumn::new(c)?, direction: Direction::Ascending }));
        let sorted = sort_rows(&by.collect::<Result<Vec<_>>>()?, count);
        places = sorted.into_iter().map(|i| places[i as usize]).collect();
    }
    let mut number = vec![NONE; firsts.len()];
    places.iter().enumerate().for_each(|(new, &old)| number[old as usize] = new as u32);
    codes.iter_mut().for_each(|c| *c = number[*c as usize]);
    firsts = places.into_iter().map(|g| firsts[g as usize]).collect();
    Ok(Codes { codes, firsts })
}

impl Codes {
    pub(in crate::exec) fn len(&self) -> usize {
        self.firsts.len()
    }

    /// Rows ordered by group, in their order within each; and where each group begins.
    pub(in crate::exec) fn members(&self) -> (Vec<u32>, Vec<usize>) {
        members(&self.codes, self.len())
    }
}

/// Rows ordered by the group that `codes` give each ([`NONE`]: in none), in their order within each; and where each group begins.
pub(in crate::exec) fn members(codes: &[u32], groups: usize) -> (Vec<u32>, Vec<usize>) {
    let grouped = || codes.iter().enumerate().filter(|(_, c)| **c != NONE);
    let mut starts = vec![0usize; groups + 1];
    grouped().for_each(|(_, &c)| starts[c as usize + 1] += 1);
    (0..groups).for_each(|g| starts[g + 1] += starts[g]);
    let mut next = starts.clone();
    let mut rows = vec![0u32; starts[groups]];
    for (row, &c) in grouped() {
        rows[next[c as usize]] = row as u32;
        next[c as usize] += 1;
    }
    (rows, starts)
}

/// The numbers of a column as f64, NaN where there is none.
pub(in crate::exec) fn numbers(column: &Column) -> Result<Vec<f64>> {
    if let Some(flags) = column.values().as_boolean_opt() {
        return Ok(flags.iter().map(|x| x.map_or(f64::NAN, |x| x as u8 as f64)).collect());
    }
    if let DType::Decimal { scale, .. } = column.dtype() {
        let unit = 10f64.powi(*scale as i32);
        let values = column.values().as_primitive::<at::Decimal128Type>();
        return Ok(values.iter().map(|x| x.map_or(f64::NAN, |x| x as f64 / unit)).collect());
    }
    with_numbers!(column, array => {
        let nulls = array.nulls().filter(|n| n.null_count() > 0);
        let there = |i: usize| nulls.is_none_or(|n| n.is_valid(i));
        Ok(array.values().iter().enumerate().map(|(i, x)| if there(i) { x.number() } else { f64::NAN }).collect())
    })
}

/// A column of floats, missing where NaN.
pub(super) fn floats(values: impl Iterator<Item = f64>, dtype: &DType) -> Column {
    if *dtype == DType::F32 {
        values.map(|x| (!x.is_nan()).then_some(x as f32)).collect::<Vec<Option<f32>>>().into()
    } else {
        values.map(|x| (!x.is_nan()).then_some(x)).collect::<Vec<Option<f64>>>().into()
    }
}

/// The values of each group, where groups lie one behind the other and begin at `starts`.
pub(super) fn group_slices<'a, T>(values: &'a mut [T], starts: &[usize]) -> Vec<&'a mut [T]> {
    let mut slices = Vec::with_capacity(starts.len().saturating_sub(1));
    let mut rest = values;
    for w in starts.windows(2) {
        let (now, later) = std::mem::take(&mut rest).split_at_mut(w[1] - w[0]);
        slices.push(now);
        rest = later;
    }
    slices
}

/// A column changed group by group.
pub(super) fn transform(column: &Column, codes: &Codes, members: &(Vec<u32>, Vec<usize>), what: Transform) -> Result<Column> {
    let result = what.dtype(column.dtype());
    if what == Transform::Cumsum && result.is_integer() {
        return whole_cumsum(column, &codes.codes, &mut vec![0; codes.len()], &result);
    }
    let values = numbers(column)?;
    let (rows, starts) = members;
    let mut gathered: Vec<f64> = rows.iter().map(|&r| values[r as usize]).collect();
    let mut slices = group_slices(&mut gathered, starts);
    slices.par_iter_mut().with_min_len(64).for_each(|s| change(s, what));
    // Rows without a group have no anomaly, but keep what they have where only holes are filled.
    let mut out = if what == Transform::FillMean { values } else { vec![f64::NAN; values.len()] };
    rows.iter().zip(&gathered).for_each(|(&r, &x)| out[r as usize] = x);
    Ok(floats(out.into_iter(), &result))
}

/// Changes the values of one group, NaN being missing.
fn change(values: &mut [f64], what: Transform) {
    let there: Vec<f64> = values.iter().copied().filter(|x| !x.is_nan()).collect();
    let mut sums = FloatSums::default();
    sums.resize(1);
    sums.update(&vec![0; there.len()], &there);
    let n = there.len() as f64;
    let mean = sums.value(0) / n;
    match what {
        Transform::Anomaly | Transform::Standardize | Transform::FillMean => {
            let squares = || there.iter().map(|x| (x - mean) * (x - mean)).sum();
            let std = if what == Transform::Standardize { deviation(squares(), n) } else { f64::NAN };
            values.iter_mut().for_each(|x| *x = beside_group(*x, mean, std, what));
        }
        Transform::Cumsum => {
            let mut sum = FloatSums::default();
            sum.resize(1);
            for x in values.iter_mut().filter(|x| !x.is_nan()) {
                sum.update(&[0], &[*x]);
                *x = sum.value(0);
            }
        }
        Transform::Rank => {
            let mut order: Vec<usize> = (0..values.len()).filter(|&i| !values[i].is_nan()).collect();
            order.sort_by(|&a, &b| values[a].total_cmp(&values[b]).then(a.cmp(&b)));
            let sorted: Vec<f64> = order.iter().map(|&i| values[i] + 0.0).collect();
            let mut at = 0;
            for run in sorted.chunk_by(|a, b| a == b) {
                // Equal values share the mean of their ranks.
                let rank = at as f64 + (run.len() as f64 + 1.0) / 2.0;
                order[at..at + run.len()].iter().for_each(|&i| values[i] = rank);
                at += run.len();
            }
        }
    }
}

/// The standard deviation, where `n` values have these squared distances from their mean in all; NaN of a single one.
pub(super) fn deviation(squares: f64, n: f64) -> f64 {
    if n > 1.0 { (squares / (n - 1.0)).sqrt() } else { f64::NAN }
}

/// What a value becomes beside the mean and the standard deviation of its group.
pub(super) fn beside_group(x: f64, mean: f64, std: f64, what: Transform) -> f64 {
    match what {
        Transform::FillMean if !x.is_nan() => x,
        Transform::FillMean => mean,
        Transform::Standardize => (x - mean) / std,
        _ => x - mean,
    }
}

/// Sums so far of integers; `sums` has those of the rows before.
pub(super) fn whole_cumsum(column: &Column, codes: &[u32], sums: &mut [i128], result: &DType) -> Result<Column> {
    let mut out: Vec<Option<i128>> = Vec::with_capacity(column.len());
    if let Some(flags) = column.values().as_boolean_opt() {
        for (x, &c) in flags.iter().zip(codes) {
            out.push(x.filter(|_| c != NONE).map(|x| {
                sums[c as usize] += x as i128;
                sums[c as usize]
            }));
        }
    } else {
        with_numbers!(column, array => {
            for (i, &c) in codes.iter().enumerate() {
                let there = c != NONE && array.is_valid(i);
                out.push(there.then(|| {
                    sums[c as usize] += array.value(i).whole();
                    sums[c as usize]
                }));
            }
            Ok::<(), Error>(())
        })?;
    }
    let too_large = |x: i128| Error::overflow(format!("the sum {x} does not fit {result}"));
    if *result == DType::U64 {
        let values = out.into_iter().map(|x| x.map(|x| u64::try_from(x).map_err(|_| too_large(x))).transpose());
        return Ok(values.collect::<Result<Vec<Option<u64>>>>()?.into());
    }
    let values = out.into_iter().map(|x| x.map(|x| i64::try_from(x).map_err(|_| too_large(x))).transpose());
    Ok(values.collect::<Result<Vec<Option<i64>>>>()?.into())
}

/// Runs what keeps rows.
pub(in crate::exec) fn group_rows(input: &Arc<dyn TableSource>, plan: &GroupRows, options: &ExecOptions) -> Result<Arc<dyn TableSource>> {
    let (what, columns) = match &plan.verb {
        RowVerb::Top { .. } => return Ok(super::top_rows(input, plan, None, options)?.0),
        RowVerb::Transform { what, columns } => (what, columns),
    };
    match in_memory(input, plan, *what, columns, options) {
        Err(e) if e.kind() == ErrorKind::Budget => super::rows_on_disk::changed(input, plan, *what, columns, options),
        made => made,
    }
}

fn in_memory(
    input: &Arc<dyn TableSource>,
    plan: &GroupRows,
    what: Transform,
    columns: &[usize],
    options: &ExecOptions,
) -> Result<Arc<dyn TableSource>> {
    let beside = 8 + 16 * plan.keys.len();
    fits_by_count(input, beside, "rows in groups", options)?;
    let whole = gather(input, None, "rows in groups", options)?;
    let held = options.budget.reserve(whole.batch.rows() * beside, "rows in groups")?;
    let rows = whole.batch.rows();
    let columns = changed(&whole.batch, plan, what, columns)?.into_iter().map(|c| (0, c)).collect();
    let as_they_stand = vec![Order { rows: None, optional: false }];
    Ok(Arc::new(TakeSource::new(plan.schema.clone(), columns, as_they_stand, rows, whole.notices, vec![whole.booked, held])))
}

/// The columns of a table, some of them changed group by group.
pub(super) fn changed(batch: &Batch, plan: &GroupRows, what: Transform, columns: &[usize]) -> Result<Vec<Column>> {
    let keys = plan.keys.iter().map(|k| evaluate(&k.values, batch)).collect::<Result<Vec<Column>>>()?;
    let codes = codes(&keys, plan.keep_missing, plan.order)?;
    let members = codes.members();
    let change = |(i, c): (usize, &Column)| {
        if columns.contains(&i) { transform(c, &codes, &members, what).at_column(&batch.schema.fields[i].name) } else { Ok(c.clone()) }
    };
    batch.columns.par_iter().enumerate().map(change).collect()
}

/// Which rows a function of the group keeps.
pub(super) fn mask(codes: &Codes, keep: &[bool]) -> BooleanArray {
    codes.codes.iter().map(|&c| Some(c != NONE && keep[c as usize])).collect()
}

/// The key of a group.
pub(super) fn key_of(keys: &[Column], codes: &Codes, group: usize) -> Vec<Scalar> {
    keys.iter().map(|k| k.scalar(codes.firsts[group] as usize)).collect()
}
