//! Windows over a table that does not fit: stretches of rows one after the other, each with the rows that its windows reach.
//!
//! Stretches begin where they begin in memory, so results have the same bits. Of windows of time the longest is looked for first, because the
//! length of stretches follows from it.

use super::along::settle_along;
use super::eval::evaluate;
use super::order::dense;
use super::spilled::values_bytes;
use super::{ExecOptions, stream};
use crate::error::{Error, Notices, Place, Result, ResultExt};
use crate::kernel::window::{Bounds, Width, least_stretch, roll_some};
use crate::plan::WindowPlan;
use crate::store::{Batch, BatchIter, Budget, Column, ScanRequest, Schema, TableSource};
use rayon::prelude::*;
use std::collections::VecDeque;
use std::sync::Arc;

/// The windows of a table, read from it in order.
#[derive(Debug)]
pub(super) struct SlidingSource {
    input: Arc<dyn TableSource>,
    plan: Arc<WindowPlan>,
    stretch: usize,
    options: ExecOptions,
}

impl SlidingSource {
    /// For windows of rows and of time; `None` for others. Values that look along the rows themselves become columns before.
    ///
    /// # Errors
    /// Invalid, for times that are missing or fall; what the source says.
    pub(super) fn new(input: &Arc<dyn TableSource>, plan: &WindowPlan, options: &ExecOptions) -> Result<Option<SlidingSource>> {
        let longest = match (plan.windows.width, plan.on) {
            (Width::Rows(n), _) => n,
            (Width::Time(_), Some(on)) => longest(input, plan, on, options)?,
            _ => return Ok(None),
        };
        let stretch = least_stretch(longest);
        let (mut input, mut plan) = (input.clone(), plan.clone());
        for (_, values) in &mut plan.aggregates {
            if values.values.has_order() || values.values.has_aggregates() {
                (values.values, input) = settle_along(&values.values, &input, options)?;
            }
        }
        Ok(Some(SlidingSource { input, plan: Arc::new(plan), stretch, options: options.clone() }))
    }
}

/// How many rows the longest window of time holds.
fn longest(input: &Arc<dyn TableSource>, plan: &WindowPlan, on: usize, options: &ExecOptions) -> Result<usize> {
    let place = || Place { column: Some(input.schema().fields[on].name.clone()), ..Place::default() };
    // Times from the first one that a window to come may hold; the numbers of that row, of the next row to be judged and of the end.
    let mut times: VecDeque<i64> = VecDeque::new();
    let (mut base, mut row, mut end, mut rows, mut most) = (0usize, 0usize, 0usize, 0usize, 0usize);
    let mut last = i64::MIN;
    let mut reach = None;
    let center = plan.windows.center;
    let mut judge = |times: &mut VecDeque<i64>, rows: usize, ended: bool, (back, ahead): (i64, i64)| {
        while row < rows {
            let t = times[row - base];
            end = end.max(row + 1);
            while center && end < rows && times[end - base] <= t.saturating_add(ahead) {
                end += 1;
            }
            if center && end == rows && !ended {
                return;
            }
            let stop = if center { end } else { row + 1 };
            let mut start = base;
            while times[start - base] <= t.saturating_sub(back) {
                start += 1;
            }
            most = most.max(stop.saturating_sub(start));
            // What is before this window is before all later ones, but the row itself is still looked at.
            while base < start.min(row) {
                times.pop_front();
                base += 1;
            }
            row += 1;
        }
    };
    for batch in stream(input, Some(vec![on]), options) {
        let (values, width) = plan.windows.times(&batch?.columns[0]).at(place)?;
        reach = Some(if center { (width / 2, width / 2) } else { (width, 0) });
        for &t in values.values() {
            if t < last {
                let message = format!("times are not in order: row {rows} is before row {}", rows - 1);
                return Err(Error::invalid(message).help("sort by the time first").at(place()));
            }
            last = t;
            times.push_back(t);
            rows += 1;
        }
        judge(&mut times, rows, false, reach.unwrap_or_default());
    }
    judge(&mut times, rows, true, reach.unwrap_or_default());
    Ok(most)
}

impl TableSource for SlidingSource {
    fn schema(&self) -> &Arc<Schema> {
        &self.plan.schema
    }
    fn rows(&self) -> Option<u64> {
        self.input.rows()
    }
    /// One part: a window reaches into the part before.
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
        let options = ExecOptions { progress: None, ..self.options.clone() };
        let mut walk = Walk {
            batches: Box::new(stream(&self.input, None, &options)),
            plan: self.plan.clone(),
            stretch: self.stretch,
            budget: request.budget.clone(),
            held: Batch::concat(self.input.schema(), &[])?,
            first: 0,
            next: 0,
            ended: false,
        };
        let (columns, schema, step) = (request.columns.clone(), self.plan.schema.clone(), request.batch_rows);
        let mut failed = false;
        let stretches = std::iter::from_fn(move || {
            if failed {
                return None;
            }
            let made = walk.stretch();
            failed = made.is_err();
            made.transpose()
        });
        Ok(Box::new(stretches.flat_map(move |made| -> BatchIter {
            let batch = match made {
                Ok(batch) => batch,
                Err(e) => return Box::new(std::iter::once(Err(e))),
            };
            let batch = match &columns {
                None => batch,
                Some(columns) => batch.project(columns, Arc::new(schema.project(columns))),
            };
            Box::new(batch.in_steps(step).map(Ok))
        })))
    }
}

/// The walk along the table.
struct Walk {
    batches: BatchIter,
    plan: Arc<WindowPlan>,
    stretch: usize,
    budget: Budget,
    /// Rows from this number on.
    held: Batch,
    first: usize,
    /// The first row of the next stretch.
    next: usize,
    ended: bool,
}

impl Walk {
    /// The next stretch with its windows.
    fn stretch(&mut self) -> Result<Option<Batch>> {
        let (back, ahead) = match self.plan.windows.width {
            Width::Rows(n) => match Bounds::rows(n, self.plan.windows.center) {
                Bounds::Rows { back, ahead } => (back, ahead),
                _ => (0, 0),
            },
            _ => (0, 0),
        };
        let wanted = self.next + self.stretch;
        let mut booked = self.budget.reserve(0, "rolling")?;
        let (mut needed, most) = (0, Budget::LITTLE.max(self.budget.limit() / 3));
        let mut more = vec![self.held.clone()];
        let mut rows = self.first + self.held.rows();
        while !self.ended {
            if rows >= wanted + ahead && self.reaches(&more, wanted)? {
                break;
            }
            match self.batches.next().transpose()? {
                None => self.ended = true,
                Some(batch) => {
                    // Texts of a file lie in buffers with those of many other rows.
                    let batch = dense(batch)?;
                    let bytes = 2 * values_bytes(&batch) + 24 * batch.rows();
                    needed += bytes;
                    // What is read ahead takes what is free; it is not to stop a stretch of which three would fit.
                    if !booked.try_grow(bytes) && needed > most {
                        return Err(super::gather::too_large("rolling", rows - self.first, needed, &self.as_options()));
                    }
                    rows += batch.rows();
                    more.push(batch);
                }
            }
        }
        self.held = Batch::concat(&self.held.schema.clone(), &more)?;
        drop(more);
        let stop = wanted.min(rows);
        if self.next >= stop {
            return Ok(None);
        }
        let here = self.next - self.first..stop - self.first;
        let on = self.plan.on.map(|c| &self.held.columns[c]);
        let bounds = match self.plan.windows.width {
            Width::Rows(n) => Bounds::rows(n, self.plan.windows.center),
            _ => {
                let name = || Place { column: self.plan.on.map(|c| self.held.schema.fields[c].name.clone()), ..Place::default() };
                self.plan.windows.bounds(self.held.rows(), on).at(name)?
            }
        };
        let made =
            self.plan.aggregates.par_iter().with_max_len(1).map(|(agg, values)| {
                roll_some(&evaluate(&values.values, &self.held)?, &bounds, &self.plan.windows.rule(*agg)?, here.clone())
            });
        let made: Vec<Column> = made.collect::<Result<_>>()?;
        let out = self.held.slice(here.start, here.len());
        // What was put behind the columns of the table for the windows alone stays here.
        let own = self.plan.schema.fields.len() - made.len();
        let out = Batch::with_rows(self.plan.schema.clone(), out.columns.into_iter().take(own).chain(made).collect(), here.len())?;
        // What the next stretch looks back at.
        let keep = match &bounds {
            // The next row's window begins no earlier than the last one's.
            Bounds::Given { starts, .. } => starts.get(here.end - 1).map_or(here.end, |&s| s as usize),
            _ => here.end.saturating_sub(back),
        };
        // Texts are put behind those before: without their own buffers all that were ever read would stay.
        self.held = dense(self.held.slice(keep, self.held.rows() - keep))?;
        self.first += keep;
        self.next = stop;
        Ok(Some(out))
    }

    /// Whether the rows read go beyond what windows of time before this row hold.
    fn reaches(&self, read: &[Batch], before: usize) -> Result<bool> {
        let (Width::Time(_), Some(on), true) = (self.plan.windows.width, self.plan.on, self.plan.windows.center) else { return Ok(true) };
        let Some(last) = read.iter().rev().find(|b| b.rows() > 0) else { return Ok(false) };
        let (mut at, mut row) = (None, self.first);
        for batch in read {
            if before > row && before <= row + batch.rows() {
                at = Some((batch, before - 1 - row));
            }
            row += batch.rows();
        }
        let Some((batch, at)) = at else { return Ok(false) };
        let (times, width) = self.plan.windows.times(&batch.columns[on].slice(at, 1))?;
        let (lasts, _) = self.plan.windows.times(&last.columns[on].slice(last.rows() - 1, 1))?;
        Ok(lasts.value(0) > times.value(0).saturating_add(width / 2))
    }

    fn as_options(&self) -> ExecOptions {
        ExecOptions { budget: self.budget.clone(), ..ExecOptions::default() }
    }
}
