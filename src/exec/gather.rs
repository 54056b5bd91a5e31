//! A whole table in memory, and rows of it taken in another order while they are asked for.

use super::append::Appended;
use super::{ExecOptions, stream};
use crate::dtype::{DType, Phys};
use crate::error::{Error, Notices, Result, ResultExt};
use crate::kernel::order::{row_count, take, take_optional};
use crate::store::{Batch, BatchIter, Column, Reservation, ScanRequest, Schema, TableSource};
use arrow::array::AsArray;
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
    let columns_wanted = columns.map(Into::into);
    let schema = match columns {
        None => source.schema().clone(),
        Some(columns) => Arc::new(source.schema().project(columns)),
    };
    let mut booked = options.budget.reserve(0, what)?;
    let known = source.rows().and_then(|n| usize::try_from(n).ok()).unwrap_or(0);
    if known > 0 {
        row_count(known)?;
    }
    // A count is believed only as far as the budget: the rest grows as it comes.
    let width = schema.fields.iter().map(|f| f.dtype.phys().and_then(Phys::width).unwrap_or(16)).sum::<usize>().max(1);
    let room = known.min(options.budget.limit() / width);
    let mut columns: Vec<Appended> = schema.fields.iter().map(|f| Appended::new(&f.dtype, room)).collect();
    let (mut rows, mut waiting, mut waiting_rows) = (0, Vec::new(), 0);
    let mut seen = HashSet::new();
    for batch in stream(source, columns_wanted, options) {
        let batch = batch?;
        let bytes = batch.columns.iter().map(|c| new_bytes(c, &mut seen)).sum();
        if !booked.try_grow(bytes) {
            return Err(too_large(what, rows, booked.bytes(), options));
        }
        rows += batch.rows();
        waiting_rows += batch.rows();
        waiting.push(batch);
        if waiting_rows >= TOGETHER {
            append(&mut columns, &schema, &mut waiting)?;
            waiting_rows = 0;
        }
    }
    row_count(rows)?;
    append(&mut columns, &schema, &mut waiting)?;
    let columns = schema.fields.par_iter().zip(columns).with_max_len(1).map(|(field, c)| c.finish().at_column(&field.name));
    let columns = columns.collect::<Result<Vec<_>>>()?;
    Ok(Gathered { batch: Batch::with_rows(schema, columns, rows)?, booked, notices: source.notices() })
}

/// So many rows are put behind the others at a time.
const TOGETHER: usize = 256 * 1024;

/// Puts batches behind what is there, the columns side by side.
fn append(columns: &mut [Appended], schema: &Schema, waiting: &mut Vec<Batch>) -> Result<()> {
    let batches = std::mem::take(waiting);
    columns
        .par_iter_mut()
        .enumerate()
        .with_max_len(1)
        .try_for_each(|(i, column)| batches.iter().try_for_each(|b| column.push(&b.columns[i])).at_column(&schema.fields[i].name))
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

/// Refuses a table that cannot be held, by what is known before it is read: so many bytes for each row beside the row itself.
///
/// # Errors
/// Budget, with the bytes that are needed at least.
pub(super) fn fits_by_count(source: &Arc<dyn TableSource>, beside: usize, what: &str, options: &ExecOptions) -> Result<()> {
    let width: usize = source.schema().fields.iter().map(|f| f.dtype.phys().and_then(Phys::width).unwrap_or(16)).sum();
    let bytes = |n: u64| usize::try_from(n).unwrap_or(usize::MAX).saturating_mul(width + beside);
    match source.rows().map(|n| (n, bytes(n))) {
        Some((n, bytes)) if bytes > options.budget.limit() => {
            let message = format!("{what} needs at least {bytes} bytes for {n} rows; {} are allowed", options.budget.limit());
            Err(Error::budget(message).help("give more with --memory SIZE, or select fewer columns or rows"))
        }
        _ => Ok(()),
    }
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
        Ok(Box::new(batch.in_steps(request.batch_rows).map(Ok)))
    }
    fn notices(&self) -> Notices {
        self.notices.clone()
    }
}
