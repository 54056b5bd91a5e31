//! Gaps of a table that does not fit the budget, filled stretch by stretch: the last value before a stretch goes along, the first one behind
//! it was noted in a pass of its own.

use super::ahead::{Ahead, Beside};
use super::{fill, numbers};
use crate::error::{Notices, Result, ResultExt};
use crate::exec::ExecOptions;
use crate::exec::frame::{answered, asked, union};
use crate::exec::order::own_text;
use crate::exec::stream::{batch_rows, in_order};
use crate::plan::{FillGaps, Gaps};
use crate::store::{Batch, BatchIter, Column, ScanRequest, Schema, TableSource};
use arrow::array::UInt64Array;
use rayon::prelude::*;
use std::sync::Arc;

/// The table with its gaps filled, read in order.
pub(super) fn filled(input: &Arc<dyn TableSource>, gaps: &Arc<FillGaps>, options: &ExecOptions) -> Result<Arc<dyn TableSource>> {
    let stretch = batch_rows(input.schema(), None, options);
    let ahead = Arc::new(Ahead::look(input, gaps, stretch as u64, options)?);
    let options = ExecOptions { progress: None, ..options.clone() };
    Ok(Arc::new(Filled { input: input.clone(), gaps: gaps.clone(), ahead, stretch, options }))
}

#[derive(Debug)]
struct Filled {
    input: Arc<dyn TableSource>,
    gaps: Arc<FillGaps>,
    ahead: Arc<Ahead>,
    stretch: usize,
    options: ExecOptions,
}

impl TableSource for Filled {
    fn schema(&self) -> &Arc<Schema> {
        &self.gaps.schema
    }
    fn rows(&self) -> Option<u64> {
        self.input.rows()
    }
    /// One part: a gap reaches into the part before.
    fn parts(&self) -> usize {
        1
    }
    fn part_bytes(&self, _: usize) -> u64 {
        self.input.bytes()
    }
    fn notices(&self) -> Notices {
        self.input.notices()
    }
    fn scan(&self, _: usize, request: &ScanRequest) -> Result<BatchIter> {
        let wanted = asked(request, self.schema());
        let needed = union(&wanted, self.gaps.on.as_slice());
        let times = self.gaps.on.and_then(|on| needed.iter().position(|&c| c == on));
        let batches = in_order(&self.input, Some(needed.clone()), &self.options)?;
        let schema = Arc::new(self.input.schema().project(&needed));
        // Forwards nothing is noted of seams, so any will do.
        let batches = match self.gaps.how {
            Gaps::Forward => batches,
            _ => Box::new(Even { batches, schema, rows: self.stretch, waiting: Vec::new(), held: 0 }),
        };
        let place = |c: usize| self.gaps.columns.iter().position(|&g| g == c);
        let mut walk = Walk {
            columns: wanted.iter().map(|&c| Line { column: c, place: place(c), before: None }).collect(),
            times,
            gaps: self.gaps.clone(),
            ahead: self.ahead.clone(),
            schema: answered(request, self.schema()),
            row: 0,
        };
        let step = request.batch_rows;
        Ok(Box::new(batches.flat_map(move |batch| -> BatchIter {
            match batch.and_then(|b| walk.next(&b)) {
                Ok(batch) => Box::new(batch.in_steps(step).map(Ok)),
                Err(e) => Box::new(std::iter::once(Err(e))),
            }
        })))
    }
}

/// The walk along the table.
struct Walk {
    columns: Vec<Line>,
    /// Where the times stand in a batch.
    times: Option<usize>,
    gaps: Arc<FillGaps>,
    ahead: Arc<Ahead>,
    schema: Arc<Schema>,
    row: u64,
}

/// A column along the way.
struct Line {
    column: usize,
    /// Its place among the columns that are filled.
    place: Option<usize>,
    before: Option<Beside>,
}

impl Walk {
    fn next(&mut self, batch: &Batch) -> Result<Batch> {
        let Walk { columns, times, gaps, ahead, schema, row } = self;
        let mut first_time = ahead.first_time;
        let times = times.map(|t| numbers(&batch.columns[t], &mut first_time)).transpose()?;
        let filled = columns.par_iter_mut().zip(&batch.columns).with_max_len(1).map(|(line, x)| match line.place {
            Some(place) => line.fill(place, x, *row, times.as_deref(), gaps, ahead).at_column(&gaps.schema.fields[line.column].name),
            None => Ok(x.clone()),
        });
        let filled = filled.collect::<Result<Vec<_>>>()?;
        *row += batch.rows() as u64;
        Batch::with_rows(schema.clone(), filled, batch.rows())
    }
}

impl Line {
    /// The rows of a stretch, put between the values beside it where gaps reach over its ends.
    fn fill(&mut self, place: usize, x: &Column, first: u64, times: Option<&[f64]>, gaps: &FillGaps, ahead: &Ahead) -> Result<Column> {
        let (present, n) = (x.present(), x.len());
        let missing = |i: usize| n > 0 && !present.value(i);
        let before = self.before.as_ref().filter(|_| missing(0));
        let after = if missing(n.saturating_sub(1)) { ahead.after(place, first + n as u64) } else { None };
        let list = ahead.list(place);
        let whole = present.count_set_bits() == n && *x.dtype() == gaps.schema.fields[self.column].dtype;
        let out = if whole && list.is_none() {
            x.clone()
        } else {
            let parts = [list, before.map(|b| &b.value), Some(x), after.as_ref().map(|a| &a.value)];
            let parts: Vec<Column> = parts.into_iter().flatten().cloned().collect();
            let lead = before.is_some() as usize;
            let (front, back) = (before.map_or(0, |b| b.row), after.as_ref().map_or(0, |a| a.row));
            let row = |i: usize| match i {
                i if i < lead => front,
                i if i < lead + n => first + (i - lead) as u64,
                _ => back,
            };
            let times = times.map(|t| {
                before.map(|b| b.time).into_iter().chain(t.iter().copied()).chain(after.as_ref().map(|a| a.time)).collect::<Vec<_>>()
            });
            fill(&Column::concat(&parts)?, gaps, times.as_deref(), row)?.slice(lead, n)
        };
        if let Some(last) = (0..n).rev().find(|&i| present.value(i)) {
            let value = own_text(x.take(&UInt64Array::from(vec![last as u64]))?)?;
            self.before = Some(Beside { row: first + last as u64, time: times.map_or(f64::NAN, |t| t[last]), value });
        }
        Ok(out)
    }
}

/// Batches of exactly so many rows, but for the last.
struct Even {
    batches: BatchIter,
    schema: Arc<Schema>,
    rows: usize,
    waiting: Vec<Batch>,
    held: usize,
}

impl Iterator for Even {
    type Item = Result<Batch>;

    fn next(&mut self) -> Option<Result<Batch>> {
        while self.held < self.rows {
            match self.batches.next() {
                None => break,
                Some(Err(e)) => return Some(Err(e)),
                Some(Ok(batch)) => {
                    self.held += batch.rows();
                    self.waiting.push(batch);
                }
            }
        }
        if self.held == 0 {
            return None;
        }
        let rest = self.held.saturating_sub(self.rows);
        let mut parts = std::mem::take(&mut self.waiting);
        if rest > 0
            && let Some(last) = parts.last_mut()
        {
            // A batch that reaches over the end alone may hold several times as many rows.
            let here = last.rows() - rest;
            self.waiting.push(last.slice(here, rest));
            *last = last.slice(0, here);
        }
        self.held = rest;
        Some(Batch::concat(&self.schema, &parts))
    }
}
