//! A whole table in memory, and rows of it taken in another order while they are asked for.

use super::{ExecOptions, stream};
use crate::dtype::DType;
use crate::error::{Error, Notices, Result, ResultExt};
use crate::kernel::order::{row_count, take, take_optional};
use crate::store::{Batch, BatchIter, Column, Reservation, ScanRequest, Schema, TableSource};
use arrow::array::{ArrayRef, AsArray};
use arrow::buffer::ScalarBuffer;
use hashbrown::HashSet;
use rayon::prelude::*;
use std::sync::Arc;

/// A table in memory, one array per column, booked as long as it is held.
#[derive(Debug)]
pub(super) struct Gathered {
    pub(super) batch: Batch,
    pub(super) booked: Reservation,
    pub(super) notices: Notices,
}

/// Reads all rows of some columns (all, when `None`).
///
/// # Errors
/// What the source says; budget, where they do not fit; unsupported, beyond four thousand million rows.
pub(super) fn gather(source: &Arc<dyn TableSource>, columns: Option<&[usize]>, what: &str, options: &ExecOptions) -> Result<Gathered> {
    let schema = match columns {
        None => source.schema().clone(),
        Some(columns) => Arc::new(source.schema().project(columns)),
    };
    let mut booked = options.budget.reserve(0, what)?;
    let mut parts: Vec<Vec<ArrayRef>> = vec![Vec::new(); schema.fields.len()];
    let mut rows = 0;
    let mut seen = HashSet::new();
    for batch in stream(source, columns.map(Into::into), options) {
        let batch = batch?;
        let bytes = batch.columns.iter().map(|c| new_bytes(c, &mut seen)).sum();
        if !booked.try_grow(bytes) {
            return Err(too_large(what, rows, booked.bytes(), options));
        }
        rows += batch.rows();
        parts.iter_mut().zip(batch.columns).for_each(|(p, c)| p.push(c.into_arrow()));
    }
    row_count(rows)?;
    // Column by column, so that only a column or two are held twice.
    let columns = schema.fields.par_iter().zip(parts).with_max_len(1).map(|(field, parts)| {
        let values = match parts.as_slice() {
            [] => return Ok(Column::missing(field.dtype.clone(), 0)),
            [one] => one.clone(),
            many => arrow::compute::concat(&many.iter().map(|a| a.as_ref()).collect::<Vec<_>>()).at_column(&field.name)?,
        };
        Column::new(field.dtype.clone(), values)
    });
    let columns = columns.collect::<Result<Vec<_>>>()?;
    Ok(Gathered { batch: Batch::with_rows(schema, columns, rows)?, booked, notices: source.notices() })
}

/// Bytes of a column that no column before it has brought: texts of many batches often lie in one buffer.
pub(super) fn new_bytes(column: &Column, seen: &mut HashSet<usize>) -> usize {
    let buffers = match column.dtype() {
        DType::Str => column.values().as_string_view().data_buffers(),
        DType::Binary => column.values().as_binary_view().data_buffers(),
        _ => return column.bytes(),
    };
    let new = buffers.iter().filter(|b| seen.insert(b.as_ptr() as usize));
    column.len() * 16 + new.map(|b| b.len()).sum::<usize>()
}

/// What cannot be held.
pub(super) fn too_large(what: &str, rows: usize, bytes: usize, options: &ExecOptions) -> Error {
    Error::budget(format!("{what} needs more than the {} bytes allowed: {rows} rows took {bytes}", options.budget.limit()))
        .help("give more with --memory SIZE, or select fewer columns or rows")
}

/// Rows in a batch that is taken.
const BATCH: usize = 64 * 1024;

/// Columns of tables in memory, whose rows come in a given order: taken when they are asked for, only the columns asked for.
#[derive(Debug)]
pub(super) struct TakeSource {
    schema: Arc<Schema>,
    /// Each with the number of the order in which its rows are taken.
    columns: Vec<(usize, Column)>,
    orders: Vec<Order>,
    rows: usize,
    notices: Notices,
    _booked: Vec<Reservation>,
}

/// An order of rows.
#[derive(Debug)]
pub(super) struct Order {
    /// Rows in the order wanted; with `optional`, [`crate::kernel::order::MISSING`] gives missing values. `None`: as they stand.
    pub(super) rows: Option<ScalarBuffer<u32>>,
    pub(super) optional: bool,
}

impl TakeSource {
    /// Columns, each with the number of its order.
    pub(super) fn new(
        schema: Arc<Schema>,
        columns: Vec<(usize, Column)>,
        orders: Vec<Order>,
        rows: usize,
        notices: Notices,
        booked: Vec<Reservation>,
    ) -> TakeSource {
        TakeSource { schema, columns, orders, rows, notices, _booked: booked }
    }

    /// The rows of a gathered table in another order.
    pub(super) fn of(gathered: Gathered, rows: Vec<u32>, more: Reservation) -> TakeSource {
        let n = rows.len();
        let columns = gathered.batch.columns.into_iter().map(|c| (0, c)).collect();
        let orders = vec![Order { rows: Some(rows.into()), optional: false }];
        TakeSource::new(gathered.batch.schema, columns, orders, n, gathered.notices, vec![gathered.booked, more])
    }
}

impl TableSource for TakeSource {
    fn schema(&self) -> &Arc<Schema> {
        &self.schema
    }
    fn rows(&self) -> Option<u64> {
        Some(self.rows as u64)
    }
    fn parts(&self) -> usize {
        self.rows.div_ceil(BATCH)
    }
    fn part_bytes(&self, _part: usize) -> u64 {
        0
    }
    fn part_rows(&self, part: usize) -> Option<u64> {
        Some(self.rows.saturating_sub(part * BATCH).min(BATCH) as u64)
    }
    fn scan(&self, part: usize, request: &ScanRequest) -> Result<BatchIter> {
        let start = part * BATCH;
        let rows = self.rows.saturating_sub(start).min(BATCH);
        let (wanted, schema): (Vec<usize>, _) = match &request.columns {
            None => ((0..self.schema.fields.len()).collect(), self.schema.clone()),
            Some(columns) => (columns.clone(), Arc::new(self.schema.project(columns))),
        };
        let mut columns = Vec::with_capacity(wanted.len());
        for c in wanted {
            let (order, column) = self.columns.get(c).ok_or_else(|| Error::internal(format!("column {c} of {}", self.columns.len())))?;
            let order = &self.orders[*order];
            let one = std::slice::from_ref(column);
            columns.push(match &order.rows {
                None => column.slice(start, rows),
                Some(numbers) if order.optional => take_optional(one, &numbers.slice(start, rows))?.swap_remove(0),
                Some(numbers) => take(one, &numbers.slice(start, rows))?.swap_remove(0),
            });
        }
        let batch = Batch::with_rows(schema, columns, rows)?;
        let step = request.batch_rows.max(1);
        Ok(Box::new((0..rows.div_ceil(step)).map(move |i| Ok(batch.slice(i * step, step.min(rows - i * step))))))
    }
    fn notices(&self) -> Notices {
        self.notices.clone()
    }
}
