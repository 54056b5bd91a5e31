//! Batches of a table in row order, read in parallel.

use super::ExecOptions;
use super::ordered::{Ordered, Parts};
use crate::dtype::{DType, Phys};
use crate::error::{Notices, Result};
use crate::store::{Batch, BatchIter, ScanRequest, Schema, TableSink, TableSource};
use std::sync::Arc;

struct Scan {
    source: Arc<dyn TableSource>,
    request: ScanRequest,
}

impl Parts for Scan {
    type Item = Batch;
    fn parts(&self) -> usize {
        self.source.parts()
    }
    fn open(&self, part: usize) -> Result<BatchIter> {
        self.source.scan(part, &self.request)
    }
    fn weight(&self, batch: &Batch) -> usize {
        batch.bytes()
    }
    fn progress(&self, part: usize) -> u64 {
        self.source.part_bytes(part)
    }
}

/// The batches of a table in row order. Parts are read ahead on the current rayon pool; after the first error it ends.
pub struct BatchStream(Ordered<Scan>);

impl Iterator for BatchStream {
    type Item = Result<Batch>;
    fn next(&mut self) -> Option<Result<Batch>> {
        self.0.next()
    }
}

/// Reads a table: these columns (all when `None`), in row order, in parallel, with a bounded number of batches in flight.
///
/// May be called from anywhere, also from inside a rayon pool. Errors come in row order: the first is the first of the table.
pub fn stream(source: &Arc<dyn TableSource>, columns: Option<Vec<usize>>, options: &ExecOptions) -> BatchStream {
    let batch_rows = batch_rows(source.schema(), columns.as_deref(), options);
    let request = ScanRequest { columns, batch_rows, ..ScanRequest::all(&options.budget) };
    BatchStream(Ordered::new(Scan { source: source.clone(), request }, options))
}

/// The same for a source that stands inside of another: one of a single part, as those are that walk along the rows, is read by the thread
/// that asks, so that such sources above each other do not each read ahead.
pub(super) fn in_order(source: &Arc<dyn TableSource>, columns: Option<Vec<usize>>, options: &ExecOptions) -> Result<BatchIter> {
    if source.parts() != 1 {
        // What waits further up takes its share of the budget too, so in little memory few parts are open at a time.
        let threads = options.workers().min(options.budget.limit() >> 24).max(1);
        return Ok(Box::new(stream(source, columns, &ExecOptions { threads: Some(threads), ..options.clone() })));
    }
    let batch_rows = batch_rows(source.schema(), columns.as_deref(), options);
    source.scan(0, &ScanRequest { columns, batch_rows, ..ScanRequest::all(&options.budget) })
}

/// So many rows that the batches in flight take about an eighth of the budget.
pub(super) fn batch_rows(schema: &Schema, columns: Option<&[usize]>, options: &ExecOptions) -> usize {
    let width = |dtype: &DType| match dtype.phys() {
        Some(Phys::Str) | None => 40,
        Some(p) => p.width().unwrap_or(8),
    };
    let row: usize = match columns {
        None => schema.fields.iter().map(|f| width(&f.dtype)).sum(),
        Some(c) => c.iter().filter_map(|&i| schema.fields.get(i)).map(|f| width(&f.dtype)).sum(),
    };
    let share = options.budget.limit() / 8 / (3 * options.workers());
    (share / row.max(1)).clamp(1024, 64 * 1024)
}

/// Brings every row of a table to a sink and completes it; the number of rows.
///
/// The next parts are read while the sink writes: the sink works on the calling thread and, inside `write`, on the pool.
///
/// # Errors
/// The first error of the source in row order, or the sink's. The target is then as it was.
pub fn copy(source: &Arc<dyn TableSource>, sink: Box<dyn TableSink>, options: &ExecOptions) -> Result<u64> {
    copy_judged(source, sink, options, |_| Ok(())).map(|(rows, _)| rows)
}

/// As [`copy`]; what the sink found while it wrote is judged before the target is completed, and returned.
///
/// # Errors
/// As [`copy`], and the judge's.
pub fn copy_judged(
    source: &Arc<dyn TableSource>,
    mut sink: Box<dyn TableSink>,
    options: &ExecOptions,
    judge: impl FnOnce(&Notices) -> Result<()>,
) -> Result<(u64, Notices)> {
    let mut rows = 0;
    for batch in stream(source, None, options) {
        let batch = batch?;
        sink.write(&batch)?;
        rows += batch.rows() as u64;
    }
    let notices = sink.notices();
    judge(&notices)?;
    sink.finish()?;
    Ok((rows, notices))
}
