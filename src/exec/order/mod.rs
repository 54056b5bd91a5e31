//! Sorting, the first of sorted rows, and different rows.

mod distinct;
mod external;

pub(super) use distinct::{distinct, repeated};
pub(super) use external::Sorter;

use super::gather::{TakeSource, fits_by_count, gather};
use super::{ExecOptions, MemSource, stream};
use crate::dtype::DType;
use crate::error::{ErrorKind, Result, ResultExt};
use crate::kernel::order::{Direction, KeyColumn, SortKey, row_count, sort_rows, take};
use crate::store::{Batch, Column, Reservation, TableSource};
use arrow::array::AsArray;
use arrow::buffer::ScalarBuffer;
use std::sync::Arc;

/// Up to so many first rows are found without sorting the rest.
pub(super) const MOST_TOP: u64 = 1 << 20;

/// The keys of a batch's columns.
fn sort_keys(batch: &Batch, by: &[(usize, Direction)]) -> Result<Vec<SortKey>> {
    let key = |&(c, direction): &(usize, Direction)| {
        Ok(SortKey { keys: KeyColumn::new(&batch.columns[c]).at_column(&batch.schema.fields[c].name)?, direction })
    };
    by.iter().map(key).collect()
}

/// All rows in the order of some columns; by way of a temporary file where they do not fit the budget.
pub(super) fn sorted(input: &Arc<dyn TableSource>, by: &[(usize, Direction)], options: &ExecOptions) -> Result<Arc<dyn TableSource>> {
    match sorted_in_memory(input, by, options) {
        Err(e) if e.kind() == ErrorKind::Budget => external::sorted(input, by, options),
        made => made,
    }
}

fn sorted_in_memory(input: &Arc<dyn TableSource>, by: &[(usize, Direction)], options: &ExecOptions) -> Result<Arc<dyn TableSource>> {
    fits_by_count(input, 8 * (by.len() + 2), "sorting", options)?;
    let whole = gather(input, None, "sorting", options)?;
    let n = row_count(whole.batch.rows())?;
    // The order itself, and while it is made: one key per column, and a number per row and its place.
    let _work = options.budget.reserve(n as usize * 8 * (by.len() + 2), "sorting")?;
    let held = options.budget.reserve(n as usize * 4, "sorting")?;
    let order = sort_rows(&sort_keys(&whole.batch, by)?, n);
    Ok(Arc::new(TakeSource::of(whole, order, held)))
}

/// The column with its text in a buffer of its own.
pub(super) fn own_text(column: Column) -> Result<Column> {
    match column.dtype() {
        DType::Str => Column::new(DType::Str, Arc::new(column.values().as_string_view().gc())),
        DType::Binary => Column::new(DType::Binary, Arc::new(column.values().as_binary_view().gc())),
        _ => Ok(column),
    }
}

/// The same column; texts that lie in buffers of far more than they take are copied, so that they do not keep these.
fn dense_text(column: Column) -> Result<Column> {
    let (buffers, views) = match column.dtype() {
        DType::Str => (column.values().as_string_view().data_buffers(), column.values().as_string_view().views()),
        DType::Binary => (column.values().as_binary_view().data_buffers(), column.values().as_binary_view().views()),
        _ => return Ok(column),
    };
    let held: usize = buffers.iter().map(|b| b.len()).sum();
    let texts: usize = views.iter().map(|&v| v as u32 as usize).sum();
    if held > 2 * texts + (64 << 10) { own_text(column) } else { Ok(column) }
}

/// [`dense_text`] of every column.
pub(super) fn dense(batch: Batch) -> Result<Batch> {
    let rows = batch.rows();
    Batch::with_rows(batch.schema, batch.columns.into_iter().map(dense_text).collect::<Result<_>>()?, rows)
}

/// These rows, without the buffers that their texts lay in.
pub(super) fn take_own(columns: &[Column], rows: &ScalarBuffer<u32>) -> Result<Vec<Column>> {
    take(columns, rows)?.into_iter().map(own_text).collect()
}

/// The first rows of the sorted table.
pub(super) fn top_k(
    input: &Arc<dyn TableSource>,
    by: &[(usize, Direction)],
    rows: usize,
    options: &ExecOptions,
) -> Result<Arc<dyn TableSource>> {
    let schema = input.schema().clone();
    // Rows that came early stand before later ones with the same keys: a stable sort of (best so far, new ones) keeps that.
    let best = |batches: &[Batch]| -> Result<Batch> {
        let all = Batch::concat(&schema, batches)?;
        let mut order = sort_rows(&sort_keys(&all, by)?, row_count(all.rows())?);
        order.truncate(rows);
        let n = order.len();
        // Views would keep the texts of all rows that were ever looked at.
        Batch::with_rows(schema.clone(), take_own(&all.columns, &order.into())?, n)
    };
    let (mut held, mut waiting) = (Vec::new(), 0);
    let mut booked = options.budget.reserve(0, "the first rows")?;
    // Twice: they are put together to be sorted.
    let compact = |held: &mut Vec<Batch>, waiting: &mut usize, booked: &mut Reservation| -> Result<()> {
        let kept = best(held)?;
        booked.shrink(usize::MAX);
        if !booked.try_grow(2 * kept.bytes()) {
            return Err(super::gather::too_large("the first rows", kept.rows(), kept.bytes(), options));
        }
        *waiting = kept.rows();
        *held = vec![kept];
        Ok(())
    };
    for batch in stream(input, None, options) {
        let batch = batch?;
        waiting += batch.rows();
        let fits = booked.try_grow(2 * batch.bytes());
        held.push(batch);
        if !fits || waiting > 2 * rows + (1 << 18) {
            compact(&mut held, &mut waiting, &mut booked)?;
        }
    }
    compact(&mut held, &mut waiting, &mut booked)?;
    let kept = held.swap_remove(0);
    booked.shrink(kept.bytes());
    Ok(Arc::new(MemSource::whole(schema.clone(), kept).holding(booked, input.notices())))
}
