//! Ranks of values that do not fit the budget: sorted with their row numbers in a temporary file, counted, and brought back into the order
//! of rows by another.

use super::Values;
use super::shifted::written;
use crate::dtype::DType;
use crate::error::{Error, Notices, Result};
use crate::exec::order::{Sorter, own_text};
use crate::exec::spilled::{Blocks, numbered};
use crate::exec::{ExecOptions, stream};
use crate::kernel::order::{Direction, KeyColumn};
use crate::store::{Batch, BatchIter, Column, Field, Schema};
use arrow::array::UInt64Array;
use std::cmp::Ordering;
use std::collections::VecDeque;
use std::sync::Arc;

/// So many threads would share the budget with ranges as short as wanted.
const SHORT: usize = 15;

/// The ranks in the order of rows; equal values share the mean of their places.
pub(super) fn ranks(values: &Values) -> Result<Blocks> {
    // Sorted for many threads, ranges are short: beside the other sort two walks are open along them.
    let options = &ExecOptions { threads: Some(SHORT), ..values.options.clone() };
    let schema = Arc::new(Schema::new(vec![Field::new("value", values.typed.dtype.clone())]));
    let mut sorter = Sorter::new(&schema, &[(0, Direction::Ascending)], options)?;
    for x in values.read()? {
        let x = x?;
        let rows = x.len();
        sorter.push(Batch::with_rows(schema.clone(), vec![x], rows)?)?;
    }
    let sorted = sorter.finish(numbered(&schema), Notices::new())?;
    // How many values are equal is known behind them, so one walk along them goes ahead of the other. Neither reads further than it must.
    let one = ExecOptions { threads: Some(1), ..options.clone() };
    let mut groups = Groups::new(Box::new(stream(&sorted, Some(vec![0]), &one)));
    let schema = Arc::new(Schema::new(vec![Field::new("row", DType::U64), Field::new("rank", DType::F64)]));
    let mut back = Sorter::new(&schema, &[(0, Direction::Ascending)], options)?;
    let (mut before, mut left, mut rank) = (0u64, 0u64, f64::NAN);
    for batch in stream(&sorted, Some(vec![1]), &one) {
        let numbers = batch?.columns.swap_remove(0);
        let mut out = Vec::with_capacity(numbers.len());
        for _ in 0..numbers.len() {
            if left == 0 {
                // Missing values stand behind all others, and have no rank.
                (left, rank) = match groups.next()? {
                    Some(n) => (n, (before + 1 + before + n) as f64 / 2.0),
                    None => (u64::MAX, f64::NAN),
                };
                before = before.saturating_add(left);
            }
            left -= 1;
            out.push(rank);
        }
        let rows = out.len();
        back.push(Batch::with_rows(schema.clone(), vec![numbers, Column::from_f64(out, &DType::F64)], rows)?)?;
    }
    let ranks = back.finish(schema, Notices::new())?;
    written(stream(&ranks, Some(vec![1]), &one).map(|batch| Ok(batch?.columns.swap_remove(0))), &DType::F64, options)
}

/// How many equal values there are, group by group, in sorted values.
struct Groups {
    batches: BatchIter,
    /// The last value, one row, and how many values are equal to it so far.
    last: Option<Column>,
    open: u64,
    ready: VecDeque<u64>,
}

impl Groups {
    fn new(batches: BatchIter) -> Groups {
        Groups { batches, last: None, open: 0, ready: VecDeque::new() }
    }

    /// The next group; `None` behind all values that are there.
    fn next(&mut self) -> Result<Option<u64>> {
        while self.ready.is_empty() {
            match self.batches.next().transpose()? {
                Some(batch) => self.count(&batch.columns[0])?,
                None => return Ok((self.open > 0).then(|| std::mem::take(&mut self.open))),
            }
        }
        Ok(self.ready.pop_front())
    }

    fn count(&mut self, x: &Column) -> Result<()> {
        let (all, lead) = match &self.last {
            Some(last) => (Column::concat(&[last.clone(), x.clone()])?, 1),
            None => (x.clone(), 0),
        };
        let keys = KeyColumn::new(&all)?;
        let row = |i: usize| u32::try_from(i).map_err(|_| Error::internal("a batch of too many rows"));
        let end = (lead..all.len()).find(|&i| !keys.is_valid(i as u32)).unwrap_or(all.len());
        for i in lead..end {
            if i > 0 && keys.compare(row(i - 1)?, row(i)?) != Ordering::Equal {
                self.ready.push_back(self.open);
                self.open = 0;
            }
            self.open += 1;
        }
        if end < all.len() {
            self.batches = Box::new(std::iter::empty());
        } else if end > 0 {
            self.last = Some(own_text(all.take(&UInt64Array::from(vec![end as u64 - 1]))?)?);
        }
        Ok(())
    }
}
