use crate::error::Result;
use crate::store::Column;
use arrow::array::UInt32Array;
use arrow::buffer::{NullBuffer, ScalarBuffer};
use rayon::prelude::*;

/// The number of a row that is not there.
pub const MISSING: u32 = u32::MAX;

/// The values of these rows, in this order; text is not copied.
///
/// # Errors
/// What arrow says of types that cannot be taken from.
pub fn take(columns: &[Column], rows: &ScalarBuffer<u32>) -> Result<Vec<Column>> {
    gather(columns, &UInt32Array::new(rows.clone(), None))
}

/// As [`take`]; a row [`MISSING`] gives a missing value.
///
/// # Errors
/// As [`take`].
pub fn take_optional(columns: &[Column], rows: &ScalarBuffer<u32>) -> Result<Vec<Column>> {
    let there = NullBuffer::from_iter(rows.iter().map(|&r| r != MISSING));
    gather(columns, &UInt32Array::new(rows.clone(), Some(there).filter(|n| n.null_count() > 0)))
}

fn gather(columns: &[Column], rows: &UInt32Array) -> Result<Vec<Column>> {
    let one = |c: &Column| Column::new(c.dtype().clone(), arrow::compute::take(c.values(), rows, None)?);
    // Small pieces come from streams, which already work on several at a time.
    if rows.values().len() < 1 << 18 { columns.iter().map(one).collect() } else { columns.par_iter().with_max_len(1).map(one).collect() }
}
