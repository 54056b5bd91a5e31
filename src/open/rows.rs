//! A few rows of a table that is not in memory.

use crate::error::Result;
use crate::exec::{ExecOptions, stream};
use crate::frame::DataFrame;
use crate::store::{Batch, Column, ScanRequest, TableSource};
use arrow::array::UInt64Array;
use indexmap::IndexSet;
use std::collections::VecDeque;
use std::sync::Arc;

/// Which rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pick {
    /// The first ones.
    Head(usize),
    /// The last ones.
    Tail(usize),
    /// Rows by chance, in their order; the same seed gives the same rows.
    Sample {
        /// How many.
        n: usize,
        /// What the chance starts from.
        seed: u64,
    },
}

/// Some rows of a table. `Head` reads no further than it must, `Tail` from the end; `Sample` reads all rows, twice where their
/// number is not known beforehand.
///
/// # Errors
/// What the reader says.
pub fn rows(source: &Arc<dyn TableSource>, pick: Pick, options: &ExecOptions) -> Result<DataFrame> {
    let batches = match pick {
        Pick::Head(n) => head(source, n, options)?,
        Pick::Tail(n) => tail(source, n, options)?,
        Pick::Sample { n, seed } => sample(source, n, seed, options)?,
    };
    DataFrame::from_batches(source.schema(), &batches)
}

fn head(source: &Arc<dyn TableSource>, n: usize, options: &ExecOptions) -> Result<Vec<Batch>> {
    let mut request = ScanRequest::all(&options.budget);
    request.batch_rows = n.clamp(1, request.batch_rows);
    let mut out = Vec::new();
    let mut left = n;
    for part in 0..source.parts() {
        if left == 0 {
            break;
        }
        for batch in source.scan(part, &request)? {
            let batch = batch?;
            let take = batch.rows().min(left);
            left -= take;
            out.push(batch.slice(0, take));
            if left == 0 {
                break;
            }
        }
    }
    Ok(out)
}

fn tail(source: &Arc<dyn TableSource>, n: usize, options: &ExecOptions) -> Result<Vec<Batch>> {
    let request = ScanRequest::all(&options.budget);
    let mut out: VecDeque<Batch> = VecDeque::new();
    let mut left = n;
    for part in (0..source.parts()).rev() {
        if left == 0 {
            break;
        }
        let mut here: VecDeque<Batch> = VecDeque::new();
        let mut rows = 0;
        for batch in source.scan(part, &request)? {
            let batch = batch?;
            rows += batch.rows();
            here.push_back(batch);
            while here.front().is_some_and(|b| rows - b.rows() >= left) {
                rows -= here.pop_front().map_or(0, |b| b.rows());
            }
        }
        if let Some(first) = here.front_mut().filter(|_| rows > left) {
            *first = first.slice(rows - left, first.rows() - (rows - left));
            rows = left;
        }
        left -= rows;
        here.into_iter().rev().for_each(|b| out.push_front(b));
    }
    Ok(out.into())
}

fn sample(source: &Arc<dyn TableSource>, n: usize, seed: u64, options: &ExecOptions) -> Result<Vec<Batch>> {
    let total = match source.rows() {
        Some(rows) => rows,
        None => {
            let mut rows = 0;
            for batch in stream(source, None, options) {
                rows += batch?.rows() as u64;
            }
            rows
        }
    };
    let wanted = positions(n as u64, total, seed);
    let mut out = Vec::new();
    let (mut start, mut next) = (0, 0);
    for batch in stream(source, None, options) {
        let batch = batch?;
        let end = start + batch.rows() as u64;
        let here: Vec<u64> = wanted[next..].iter().take_while(|p| **p < end).map(|p| p - start).collect();
        next += here.len();
        start = end;
        if !here.is_empty() {
            out.push(take(&batch, here)?);
        }
        if next == wanted.len() {
            break;
        }
    }
    Ok(out)
}

fn take(batch: &Batch, rows: Vec<u64>) -> Result<Batch> {
    let (count, indices) = (rows.len(), UInt64Array::from(rows));
    let column = |c: &Column| Column::new(c.dtype().clone(), arrow::compute::take(c.values(), &indices, None)?);
    Batch::with_rows(batch.schema.clone(), batch.columns.iter().map(column).collect::<Result<_>>()?, count)
}

/// `n` different positions below `total`, ascending, each set as likely as another (Floyd's method).
fn positions(n: u64, total: u64, seed: u64) -> Vec<u64> {
    let n = n.min(total);
    let mut state = seed;
    // splitmix64: small, and the same everywhere.
    let mut random = || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    };
    let mut chosen = IndexSet::new();
    for j in total - n..total {
        let pick = ((random() as u128 * (j + 1) as u128) >> 64) as u64;
        chosen.insert(if chosen.contains(&pick) { j } else { pick });
    }
    let mut all: Vec<u64> = chosen.into_iter().collect();
    all.sort_unstable();
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_are_distinct_and_repeatable() {
        let a = positions(10, 100, 7);
        assert_eq!(a.len(), 10);
        assert!(a.windows(2).all(|w| w[0] < w[1]) && a[9] < 100);
        assert_eq!(a, positions(10, 100, 7));
        assert_eq!(positions(5, 3, 1), [0, 1, 2]);
    }
}
