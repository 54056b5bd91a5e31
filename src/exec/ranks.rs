//! Ranks of values that do not fit the budget: sorted with their row numbers in a temporary file, counted, and brought back into the order
//! of rows by another.

use super::order::{Sorter, own_text};
use super::spilled::{Blocks, numbered, written};
use super::{ExecOptions, stream};
use crate::dtype::DType;
use crate::error::{Notices, Result};
use crate::kernel::order::{Direction, KeyColumn, row_count};
use crate::store::{Batch, BatchIter, Column, Field, Schema};
use arrow::array::UInt64Array;
use std::cmp::Ordering;
use std::collections::VecDeque;
use std::sync::Arc;

/// So many threads would share the budget with ranges as short as wanted.
const SHORT: usize = 15;

/// The ranks in the order of rows; equal values share the mean of their places.
///
/// The last column of a piece has the values. Those before it say to which group each belongs: it is ranked in its group, and missing, as
/// a missing value is, where the group is.
pub(super) fn ranks(pieces: impl Iterator<Item = Result<Vec<Column>>>, dtypes: &[DType], options: &ExecOptions) -> Result<Blocks> {
    // Sorted for many threads, ranges are short: beside the other sort two walks are open along them.
    let options = &ExecOptions { threads: Some(SHORT), ..options.clone() };
    let keys: Vec<usize> = (0..dtypes.len()).collect();
    let fields = keys.iter().zip(dtypes).map(|(k, dtype)| Field::new(k.to_string(), dtype.clone()));
    let schema = Arc::new(Schema::new(fields.collect()));
    let mut sorter = Sorter::new(&schema, &keys.iter().map(|&k| (k, Direction::Ascending)).collect::<Vec<_>>(), options)?;
    for columns in pieces {
        let columns = columns?;
        let rows = columns.first().map_or(0, Column::len);
        sorter.push(Batch::with_rows(schema.clone(), columns, rows)?)?;
    }
    let number = keys.len();
    let sorted = sorter.finish(numbered(&schema), Notices::new())?;
    // How many values are equal is known behind them, so one walk along them goes ahead of the other. Neither reads further than it must.
    let one = ExecOptions { threads: Some(1), ..options.clone() };
    let mut runs = Runs::new(Box::new(stream(&sorted, Some(keys), &one)));
    let schema = Arc::new(Schema::new(vec![Field::new("row", DType::U64), Field::new("rank", DType::F64)]));
    let mut back = Sorter::new(&schema, &[(0, Direction::Ascending)], options)?;
    let (mut left, mut rank) = (0u64, f64::NAN);
    for batch in stream(&sorted, Some(vec![number]), &one) {
        let numbers = batch?.columns.swap_remove(0);
        let mut out = Vec::with_capacity(numbers.len());
        for _ in 0..numbers.len() {
            if left == 0 {
                (left, rank) = runs.next()?.unwrap_or((u64::MAX, f64::NAN));
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

/// Runs of equal values in sorted ones: how many, and the rank that they share, NaN where they have none.
struct Runs {
    batches: BatchIter,
    /// The last row, and how many are equal to it so far.
    last: Option<Vec<Column>>,
    open: u64,
    /// Whether these have a rank, and how many of their group stand before them.
    ranked: bool,
    before: u64,
    ready: VecDeque<(u64, f64)>,
}

impl Runs {
    fn new(batches: BatchIter) -> Runs {
        Runs { batches, last: None, open: 0, ranked: false, before: 0, ready: VecDeque::new() }
    }

    /// The next run; `None` behind the last.
    fn next(&mut self) -> Result<Option<(u64, f64)>> {
        while self.ready.is_empty() {
            match self.batches.next().transpose()? {
                Some(batch) => self.count(batch.columns)?,
                None if self.open > 0 => self.close(),
                None => break,
            }
        }
        Ok(self.ready.pop_front())
    }

    fn close(&mut self) {
        let rank = self.before as f64 + (self.open as f64 + 1.0) / 2.0;
        self.ready.push_back((self.open, if self.ranked { rank } else { f64::NAN }));
        self.before += std::mem::take(&mut self.open);
    }

    fn count(&mut self, columns: Vec<Column>) -> Result<()> {
        let lead = self.last.is_some() as u32;
        let all = match &self.last {
            Some(last) => last.iter().zip(columns).map(|(last, x)| Column::concat(&[last.clone(), x])).collect::<Result<_>>()?,
            None => columns,
        };
        let keys = all.iter().map(KeyColumn::new).collect::<Result<Vec<_>>>()?;
        let rows = row_count(all.first().map_or(0, Column::len))?;
        let Some((values, groups)) = keys.split_last() else { return Ok(()) };
        for i in lead..rows {
            if i > 0 {
                let same_group = groups.iter().all(|g| same(g, i - 1, i));
                if !same_group || !same(values, i - 1, i) {
                    self.close();
                }
                if !same_group {
                    self.before = 0;
                }
            }
            self.ranked = keys.iter().all(|k| k.is_valid(i));
            self.open += 1;
        }
        if rows > 0 {
            let last = UInt64Array::from(vec![rows as u64 - 1]);
            self.last = Some(all.iter().map(|x| own_text(x.take(&last)?)).collect::<Result<_>>()?);
        }
        Ok(())
    }
}

/// Whether both rows have the same key, or none.
fn same(keys: &KeyColumn, a: u32, b: u32) -> bool {
    match (keys.is_valid(a), keys.is_valid(b)) {
        (true, true) => keys.compare(a, b) == Ordering::Equal,
        (a, b) => a == b,
    }
}
