use crate::error::{Error, Result};
use crate::frame::DataFrame;
use crate::store::{Batch, BatchIter, ScanRequest, Schema, TableSource};
use std::sync::Arc;

/// A table in memory as a source of batches: each batch a part.
#[derive(Clone, Debug)]
pub struct MemSource {
    schema: Arc<Schema>,
    batches: Arc<[Batch]>,
}

impl MemSource {
    /// Batches of one schema.
    pub fn new(schema: Arc<Schema>, batches: Vec<Batch>) -> MemSource {
        MemSource { schema, batches: batches.into() }
    }

    /// The rows of a frame, its named index levels as leading columns.
    ///
    /// # Errors
    /// Shape, never in practice.
    pub fn from_frame(frame: &DataFrame) -> Result<MemSource> {
        let batch = frame.to_batch()?;
        let rows = 64 * 1024;
        let parts = (0..batch.rows().div_ceil(rows)).map(|i| batch.slice(i * rows, rows.min(batch.rows() - i * rows)));
        Ok(MemSource { schema: batch.schema.clone(), batches: parts.collect() })
    }
}

impl TableSource for MemSource {
    fn schema(&self) -> &Arc<Schema> {
        &self.schema
    }
    fn rows(&self) -> Option<u64> {
        Some(self.batches.iter().map(|b| b.rows() as u64).sum())
    }
    fn parts(&self) -> usize {
        self.batches.len()
    }
    fn part_bytes(&self, part: usize) -> u64 {
        self.batches.get(part).map_or(0, |b| b.bytes() as u64)
    }
    fn part_rows(&self, part: usize) -> Option<u64> {
        self.batches.get(part).map(|b| b.rows() as u64)
    }
    fn scan(&self, part: usize, request: &ScanRequest) -> Result<BatchIter> {
        let batch = self.batches.get(part).ok_or_else(|| Error::internal(format!("part {part} of {}", self.batches.len())))?;
        let batch = match &request.columns {
            None => batch.clone(),
            Some(columns) => batch.project(columns, Arc::new(self.schema.project(columns))),
        };
        let step = request.batch_rows.max(1);
        Ok(Box::new((0..batch.rows().div_ceil(step)).map(move |i| Ok(batch.slice(i * step, step.min(batch.rows() - i * step))))))
    }
}
