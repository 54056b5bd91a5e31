//! What is looked for before a table is filled stretch by stretch: the values behind the gaps that reach from one stretch into the next.

use super::{Judge, WHAT, numbers};
use crate::dtype::DType;
use crate::error::{Result, ResultExt};
use crate::exec::frame::union;
use crate::exec::gather::too_large;
use crate::exec::order::own_text;
use crate::exec::{ExecOptions, stream};
use crate::plan::{FillGaps, Gaps};
use crate::store::{Budget, Column, Reservation, TableSource};
use arrow::array::UInt64Array;
use rayon::prelude::*;
use std::sync::Arc;

/// What a first pass has found.
#[derive(Debug)]
pub(super) struct Ahead {
    /// For each column that is filled.
    columns: Vec<Behind>,
    /// The first time.
    pub(super) first_time: Option<i64>,
    _booked: Reservation,
}

/// The first values behind gaps that reach across the seam of two stretches, with their rows, ascending, and times.
#[derive(Debug)]
struct Behind {
    rows: Vec<u64>,
    times: Vec<f64>,
    values: Column,
    /// No rows, but all categories of the column.
    list: Option<Column>,
}

/// A value beside a stretch.
#[derive(Clone, Debug)]
pub(super) struct Beside {
    pub(super) row: u64,
    pub(super) time: f64,
    /// One row.
    pub(super) value: Column,
}

impl Ahead {
    /// Looks through the columns for which that is needed.
    ///
    /// # Errors
    /// Budget, for more gaps than memory holds; invalid, for times that are missing or fall; what the source says.
    pub(super) fn look(input: &Arc<dyn TableSource>, gaps: &FillGaps, stretch: u64, options: &ExecOptions) -> Result<Ahead> {
        let fields = &input.schema().fields;
        let ahead = gaps.how != Gaps::Forward;
        let has_list = |c: usize| matches!(fields[c].dtype, DType::Categorical { .. });
        let mut seen: Vec<Seen> = gaps.columns.iter().map(|&c| Seen::new(c, ahead, has_list(c))).collect();
        let looked: Vec<usize> = gaps.columns.iter().copied().filter(|&c| ahead || has_list(c)).collect();
        let needed = union(&looked, gaps.on.as_slice());
        let mut booked = options.budget.reserve(0, WHAT)?;
        let (mut first_time, mut judge, mut row, mut bytes) = (None, Judge::default(), 0u64, 0usize);
        if !needed.is_empty() {
            let at = |c: usize| needed.iter().position(|&x| x == c);
            for batch in stream(input, Some(needed.clone()), options) {
                let batch = batch?;
                let times = match gaps.on.and_then(|on| Some((on, at(on)?))) {
                    Some((on, at)) => Some(numbers(&batch.columns[at], &mut first_time).at_column(&fields[on].name)?),
                    None => None,
                };
                judge.look(times.as_deref().unwrap_or_default());
                seen.par_iter_mut().with_max_len(1).try_for_each(|s| match at(s.column) {
                    Some(at) => s.look(&batch.columns[at], row, stretch, times.as_deref()).at_column(&fields[s.column].name),
                    None => Ok(()),
                })?;
                row += batch.rows() as u64;
                let held: usize = seen.iter().map(|s| s.bytes).sum();
                let more = held.saturating_sub(bytes);
                bytes = held;
                // So little as a process takes anyway is never refused.
                if !booked.try_grow(more) && bytes > Budget::LITTLE {
                    return Err(too_large(WHAT, row as usize, bytes, options));
                }
            }
        }
        if let Some(on) = gaps.on {
            judge.say(&fields[on].name)?;
        }
        let columns = seen.into_iter().map(|s| {
            let dtype = &fields[s.column].dtype;
            s.finish(dtype)
        });
        let columns = columns.collect::<Result<_>>()?;
        Ok(Ahead { columns, first_time, _booked: booked })
    }

    /// The first value of a column (by its place among those that are filled) from this row on, the first one of a stretch, where the row
    /// before is missing.
    pub(super) fn after(&self, column: usize, row: u64) -> Option<Beside> {
        let behind = self.columns.get(column)?;
        let at = behind.rows.partition_point(|&r| r < row);
        let row = *behind.rows.get(at)?;
        Some(Beside { row, time: behind.times.get(at).copied().unwrap_or(f64::NAN), value: behind.values.slice(at, 1) })
    }

    /// No rows, but all categories of a column: in memory, too, every row has the whole list.
    pub(super) fn list(&self, column: usize) -> Option<&Column> {
        self.columns.get(column)?.list.as_ref()
    }
}

/// A column while it is looked through.
struct Seen {
    column: usize,
    ahead: bool,
    has_list: bool,
    /// Whether a gap that reached across a seam goes on.
    open: bool,
    rows: Vec<u64>,
    times: Vec<f64>,
    /// Texts of categories: lists of several batches differ.
    values: Vec<Column>,
    list: Option<Column>,
    bytes: usize,
}

/// So many values are put together to one array.
const TOGETHER: usize = 256;

impl Seen {
    fn new(column: usize, ahead: bool, has_list: bool) -> Seen {
        let (rows, times, values) = (Vec::new(), Vec::new(), Vec::new());
        Seen { column, ahead, has_list, open: false, rows, times, values, list: None, bytes: 0 }
    }

    fn look(&mut self, x: &Column, first: u64, stretch: u64, times: Option<&[f64]>) -> Result<()> {
        if self.has_list {
            let none = x.slice(0, 0);
            let list = match self.list.take() {
                Some(list) => Column::concat(&[list, none])?,
                None => none,
            };
            self.list = Some(list);
        }
        if !self.ahead || x.is_empty() {
            return Ok(());
        }
        let (present, n) = (x.present(), x.len());
        let next_seam = (first / stretch + 1) * stretch - first;
        let seams = (next_seam..=n as u64).step_by(stretch as usize).map(|s| s as usize);
        let waiting = self.open.then_some(0).into_iter().chain(seams.filter(|&s| !present.value(s - 1)));
        self.open = false;
        let mut found: Option<usize> = None;
        for from in waiting {
            if found.is_some_and(|i| i >= from) {
                continue;
            }
            found = present.slice(from, n - from).set_indices().next().map(|i| from + i);
            match found {
                Some(i) => self.put(x, i, first, times)?,
                None => {
                    self.open = true;
                    break;
                }
            }
        }
        Ok(())
    }

    fn put(&mut self, x: &Column, i: usize, first: u64, times: Option<&[f64]>) -> Result<()> {
        let value = x.take(&UInt64Array::from(vec![i as u64]))?;
        let value = if self.has_list { value.cast(&DType::Str)? } else { value };
        let value = own_text(value)?;
        self.bytes += value.bytes() + 2 * size_of::<u64>();
        self.rows.push(first + i as u64);
        self.times.extend(times.map(|t| t[i]));
        self.values.push(value);
        if self.values.len() > TOGETHER {
            self.values = vec![own_text(Column::concat(&self.values)?)?];
        }
        Ok(())
    }

    fn finish(self, dtype: &DType) -> Result<Behind> {
        let values = match (&self.list, dtype) {
            _ if self.values.is_empty() => Column::missing(dtype.clone(), 0),
            (Some(list), DType::Categorical { ordered }) => Column::concat(&self.values)?.with_categories(&list.categories()?, *ordered)?,
            _ => own_text(Column::concat(&self.values)?)?,
        };
        Ok(Behind { rows: self.rows, times: self.times, values, list: self.list })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The rows that are noted of a column of which rows are there or not, in stretches of three.
    fn noted(text: &str, batches: usize) -> Vec<u64> {
        let x = Column::from(text.chars().map(|c| (c == 'x').then_some(1i64)).collect::<Vec<_>>());
        let mut seen = Seen::new(0, true, false);
        for first in (0..x.len()).step_by(batches) {
            seen.look(&x.slice(first, batches.min(x.len() - first)), first as u64, 3, None).unwrap();
        }
        seen.finish(&DType::I64).unwrap().rows
    }

    #[test]
    fn only_values_behind_gaps_across_a_seam_are_noted() {
        for batches in 1..12 {
            assert_eq!(noted("x_xx_xx_x", batches), [0u64; 0], "{batches}");
            assert_eq!(noted("xx_x_____x_x", batches), [3, 9], "{batches}");
            assert_eq!(noted("____________", batches), [0u64; 0], "{batches}");
            assert_eq!(noted("____x__x__", batches), [4, 7], "{batches}");
        }
    }
}
