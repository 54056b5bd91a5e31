//! Different rows: in memory where the table fits, else key by key in a temporary file.
//!
//! Only keys and row numbers are written, of each batch no more than what may stay; one bit for each row then says what is taken from the
//! table when it is read again. So rows come in their order, and nothing but keys is held.

use crate::error::{ErrorKind, Result, ResultExt};
use crate::exec::ExecOptions;
use crate::exec::gather::{TakeSource, fits_by_count, gather};
use crate::exec::spilled::{Marked, Parting, Picked, Rows, each_part, numbered, row_hashes, row_numbers};
use crate::kernel::order::{Keep, KeyColumn, kept, kept_so_far, row_count, take};
use crate::store::{Batch, Column, Schema, TableSource};
use arrow::array::AsArray;
use arrow::datatypes::UInt64Type;
use std::sync::Arc;

/// Of rows with the same values in some columns the first, the last, or none.
pub(in crate::exec) fn distinct(
    input: &Arc<dyn TableSource>,
    columns: &[usize],
    keep: Keep,
    options: &ExecOptions,
) -> Result<Arc<dyn TableSource>> {
    match in_memory(input, columns, keep, options) {
        Err(e) if e.kind() == ErrorKind::Budget => Ok(Arc::new(Picked::new(input.clone(), staying(input, columns, keep, options)?))),
        made => made,
    }
}

/// The table with a column that tells which rows repeat another one: its position, and the columns of the result. Nothing but keys is held.
pub(in crate::exec) fn repeated(
    input: &Arc<dyn TableSource>,
    columns: &[usize],
    keep: Keep,
    (position, schema): (usize, &Arc<Schema>),
    options: &ExecOptions,
) -> Result<Arc<dyn TableSource>> {
    let rows = staying(input, columns, keep, options)?;
    Ok(Arc::new(Marked::new(input.clone(), rows, position, schema.clone())))
}

fn in_memory(input: &Arc<dyn TableSource>, columns: &[usize], keep: Keep, options: &ExecOptions) -> Result<Arc<dyn TableSource>> {
    fits_by_count(input, 8 * columns.len() + 32, "finding different rows", options)?;
    let whole = gather(input, None, "finding different rows", options)?;
    let n = row_count(whole.batch.rows())?;
    let _work = options.budget.reserve(n as usize * (8 * columns.len() + 8 + 24), "finding different rows")?;
    let rows = kept(&keys_of(&whole.batch, columns)?, n, keep);
    let held = options.budget.reserve(rows.len() * 4, "finding different rows")?;
    Ok(Arc::new(TakeSource::of(whole, rows, held)))
}

fn keys_of(batch: &Batch, columns: &[usize]) -> Result<Vec<KeyColumn>> {
    columns.iter().map(|&c| KeyColumn::new(&batch.columns[c]).at_column(&batch.schema.fields[c].name)).collect()
}

/// The rows that stay, found by way of a temporary file.
fn staying(input: &Arc<dyn TableSource>, columns: &[usize], keep: Keep, options: &ExecOptions) -> Result<Rows> {
    let mut columns = columns.to_vec();
    columns.sort_unstable();
    columns.dedup();
    let schema = numbered(&input.schema().project(&columns));
    let mut parting = Parting::new(&schema, 0, options)?;
    let mut rows = Rows::read(input, columns.clone(), options, |batch, first| {
        let numbers = row_numbers(first, batch.rows());
        put(&mut parting, batch, numbers, keep)
    })?;
    let keys: Vec<usize> = (0..columns.len()).collect();
    let again = |parting: &mut Parting, mut batch: Batch| match batch.columns.pop() {
        None => Ok(()),
        Some(numbers) => {
            let fields = Arc::new(batch.schema.project(&keys));
            put(parting, Batch::with_rows(fields, batch.columns, numbers.len())?, numbers, keep)
        }
    };
    for part in parting.finish()? {
        each_part(&part, 0, 8 * keys.len() + 32, options, &again, &mut |all| {
            let numbers = all.columns[keys.len()].values().as_primitive::<UInt64Type>();
            let stay = kept(&keys_of(all, &keys)?, row_count(all.rows())?, keep);
            stay.into_iter().for_each(|row| rows.keep(numbers.value(row as usize)));
            Ok(())
        })?;
    }
    Ok(rows)
}

/// Writes what may stay of a batch.
fn put(parting: &mut Parting, batch: Batch, numbers: Column, keep: Keep) -> Result<()> {
    let keys = batch.columns.len();
    let all: Vec<usize> = (0..keys).collect();
    let rows = kept_so_far(&keys_of(&batch, &all)?, row_count(batch.rows())?, keep);
    let hashes = if keys == 0 { vec![0; batch.rows()] } else { row_hashes(&batch.columns)? };
    let hashes: Vec<u64> = rows.iter().map(|&r| hashes[r as usize]).collect();
    let columns: Vec<Column> = batch.columns.into_iter().chain([numbers]).collect();
    parting.push(&take(&columns, &rows.into())?, &hashes)?;
    Ok(())
}
