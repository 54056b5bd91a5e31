//! Columns changed group by group where the table does not fit: rows are parted by their keys in temporary files, and each part is changed as a
//! table in memory. Parts of few groups, each in more rows than fit, are read several times instead, and only what the groups add up is
//! held. Row numbers bring the rows into their order.

use super::numbering::Numbering;
use super::ranks;
use super::rows::{NONE, beside_group, changed as in_memory, deviation, floats, numbers, whole_cumsum};
use crate::dtype::DType;
use crate::error::{Result, ResultExt};
use crate::exec::eval::evaluate;
use crate::exec::order::{Sorter, take_own};
use crate::exec::spilled::{Blocks, Parting, numbered, parted_again, row_hashes, row_numbers, too_deep};
use crate::exec::{ExecOptions, stream};
use crate::kernel::group::FloatSums;
use crate::kernel::order::Direction;
use crate::plan::{GroupRows, Transform};
use crate::store::{Batch, Column, Schema, TableSource};
use std::sync::Arc;

/// The table with its changed columns.
pub(super) fn changed(
    input: &Arc<dyn TableSource>,
    plan: &GroupRows,
    what: Transform,
    columns: &[usize],
    options: &ExecOptions,
) -> Result<Arc<dyn TableSource>> {
    let work = Work { plan, what, columns, schema: numbered(&plan.schema), options };
    let schema = numbered(input.schema());
    let mut parting = Parting::new(&schema, 0, options)?;
    let mut first = 0;
    for batch in stream(input, None, options) {
        let batch = batch?;
        let rows = batch.rows();
        let columns = batch.columns.into_iter().chain([row_numbers(first, rows)]).collect();
        first += rows as u64;
        work.put(&mut parting, Batch::with_rows(schema.clone(), columns, rows)?)?;
    }
    let number = plan.schema.fields.len();
    let mut out = Sorter::new(&work.schema, &[(number, Direction::Ascending)], options)?;
    for part in parting.finish()? {
        work.part(&part, 0, &mut out)?;
    }
    out.finish(plan.schema.clone(), input.notices())
}

/// So many changed rows are handed on at a time.
const STEP: usize = 8192;

/// What is done to which columns.
pub(super) struct Work<'a> {
    pub(super) plan: &'a GroupRows,
    what: Transform,
    pub(super) columns: &'a [usize],
    /// The columns of the result, and row numbers.
    pub(super) schema: Arc<Schema>,
    pub(super) options: &'a ExecOptions,
}

/// What is known of the groups of one column.
#[derive(Default)]
struct State {
    counts: Vec<u64>,
    sums: FloatSums,
    squares: Vec<f64>,
    wholes: Vec<i128>,
}

impl State {
    fn resize(&mut self, groups: usize) {
        self.counts.resize(groups, 0);
        self.sums.resize(groups);
        self.squares.resize(groups, 0.0);
        self.wholes.resize(groups, 0);
    }

    fn mean(&self, group: u32) -> f64 {
        self.sums.value(group as usize) / self.counts[group as usize] as f64
    }
}

impl Work<'_> {
    /// The keys of some rows.
    pub(super) fn keys(&self, batch: &Batch) -> Result<Vec<Column>> {
        self.plan.keys.iter().map(|k| evaluate(&k.values, batch)).collect()
    }

    fn put(&self, parting: &mut Parting, batch: Batch) -> Result<()> {
        let keys = self.keys(&batch)?;
        let mut hashes = if keys.is_empty() { vec![0; batch.rows()] } else { row_hashes(&keys)? };
        if !self.plan.keep_missing {
            // Rows without a group need not lie together.
            for there in keys.iter().map(Column::present) {
                let alone = |row: usize| (row as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
                hashes.iter_mut().enumerate().filter(|(row, _)| !there.value(*row)).for_each(|(row, h)| *h = alone(row));
            }
        }
        parting.push(&batch.columns, &hashes)?;
        Ok(())
    }

    /// The rows of a part, changed.
    fn part(&self, part: &Blocks, level: u32, out: &mut Sorter) -> Result<()> {
        let rows = part.rows().unwrap_or(0) as usize;
        if rows == 0 {
            return Ok(());
        }
        let beside = 8 + 16 * self.plan.keys.len() + 8 * self.columns.len() + 24 * self.columns.len().min(self.options.workers());
        match self.options.budget.reserve_block(2 * part.bytes() + rows * beside, "the rows of one part") {
            Ok(_booked) => {
                let read = (0..part.parts()).map(|b| part.read(b, None)).collect::<Result<Vec<_>>>()?;
                let columns = in_memory(&Batch::concat(part.schema(), &read)?, self.plan, self.what, self.columns)?;
                // In little copies: sorted runs are then as long as can be, so that there are few of them, and keep nothing of the part.
                for start in (0..rows as u32).step_by(STEP) {
                    let some: Vec<u32> = (start..(start + STEP as u32).min(rows as u32)).collect();
                    let n = some.len();
                    out.push(Batch::with_rows(self.schema.clone(), take_own(&columns, &some.into())?, n)?)?;
                }
                return Ok(());
            }
            Err(_) if too_deep(level) => {}
            Err(_) => {
                let parts = parted_again(part, level + 1, self.options, &|parting, batch| self.put(parting, batch))?;
                if parts.iter().all(|p| p.rows() != part.rows()) {
                    return parts.iter().try_for_each(|p| self.part(p, level + 1, out));
                }
            }
        }
        out.run()?;
        if self.what == Transform::Rank { ranks::ranked(self, part, out) } else { self.streamed(part, out) }
    }

    /// Few groups, of which only sums are held.
    fn streamed(&self, part: &Blocks, out: &mut Sorter) -> Result<()> {
        let mut numbering = Numbering::default();
        let mut states: Vec<State> = self.columns.iter().map(|_| State::default()).collect();
        if self.what != Transform::Cumsum {
            self.values(part, &mut numbering, &mut states, |state, codes, values| {
                codes.iter().for_each(|&c| state.counts[c as usize] += 1);
                state.sums.update(codes, values);
            })?;
        }
        if self.what == Transform::Standardize {
            self.values(part, &mut numbering, &mut states, |state, codes, values| {
                for (&c, &x) in codes.iter().zip(values) {
                    let away = x - state.mean(c);
                    state.squares[c as usize] += away * away;
                }
            })?;
        }
        for block in 0..part.parts() {
            let batch = part.read(block, None)?;
            let codes = numbering.codes(&self.keys(&batch)?, self.plan.keep_missing)?;
            let rows = batch.rows();
            let mut columns = batch.columns;
            for (&c, state) in self.columns.iter().zip(&mut states) {
                state.resize(numbering.len());
                let field = &self.schema.fields[c];
                columns[c] = self.change(&columns[c], &codes, state, &field.dtype).at_column(&field.name)?;
            }
            out.push(Batch::with_rows(self.schema.clone(), columns, rows)?)?;
        }
        Ok(())
    }

    /// Hands over the values that are there, with their groups, column by column.
    fn values(
        &self,
        part: &Blocks,
        numbering: &mut Numbering,
        states: &mut [State],
        mut each: impl FnMut(&mut State, &[u32], &[f64]),
    ) -> Result<()> {
        for block in 0..part.parts() {
            let batch = part.read(block, None)?;
            let codes = numbering.codes(&self.keys(&batch)?, self.plan.keep_missing)?;
            for (&c, state) in self.columns.iter().zip(states.iter_mut()) {
                state.resize(numbering.len());
                let values = numbers(&batch.columns[c]).at_column(&self.schema.fields[c].name)?;
                let there = codes.iter().zip(&values).filter(|(c, x)| **c != NONE && !x.is_nan());
                let (codes, values): (Vec<u32>, Vec<f64>) = there.unzip();
                each(state, &codes, &values);
            }
        }
        Ok(())
    }

    /// The next values of a column: what [`super::rows`] does to a whole group, step by step.
    fn change(&self, column: &Column, codes: &[u32], state: &mut State, dtype: &DType) -> Result<Column> {
        if self.what == Transform::Cumsum && dtype.is_integer() {
            return whole_cumsum(column, codes, &mut state.wholes, dtype);
        }
        let values = numbers(column)?;
        let sums = &mut state.sums;
        let mut so_far = |c: u32, x: f64| {
            if x.is_nan() {
                return x;
            }
            sums.update(&[c], &[x]);
            sums.value(c as usize)
        };
        if self.what == Transform::Cumsum {
            let made = codes.iter().zip(&values).map(|(&c, &x)| if c == NONE { f64::NAN } else { so_far(c, x) });
            return Ok(floats(made, dtype));
        }
        let state = &*state;
        let one = |(&c, &x): (&u32, &f64)| {
            if c == NONE {
                return if self.what == Transform::FillMean { x } else { f64::NAN };
            }
            let std = deviation(state.squares[c as usize], state.counts[c as usize] as f64);
            beside_group(x, state.mean(c), std, self.what)
        };
        Ok(floats(codes.iter().zip(&values).map(one), dtype))
    }
}
