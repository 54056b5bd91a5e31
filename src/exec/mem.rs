use crate::error::{Error, Notices, Result};
use crate::frame::DataFrame;
use crate::store::{Batch, BatchIter, Reservation, ScanRequest, Schema, TableSource};
use std::sync::Arc;

/// A table in memory as a source of batches: each batch a part.
#[derive(Clone, Debug)]
pub struct MemSource {
    schema: Arc<Schema>,
    batches: Arc<[Batch]>,
    notices: Notices,
    booked: Arc<Vec<Reservation>>,
}

impl MemSource {
    /// Batches of one schema.
    pub fn new(schema: Arc<Schema>, batches: Vec<Batch>) -> MemSource {
        MemSource { schema, batches: batches.into(), notices: Notices::new(), booked: Arc::default() }
    }

    /// The rows of a frame, its named index levels as leading columns.
    ///
    /// # Errors
    /// Shape, never in practice.
    pub fn from_frame(frame: &DataFrame) -> Result<MemSource> {
        let batch = frame.to_batch()?;
        Ok(MemSource::whole(batch.schema.clone(), batch))
    }

    /// One table, in parts that can be worked on at the same time.
    pub fn whole(schema: Arc<Schema>, batch: Batch) -> MemSource {
        let rows = 64 * 1024;
        let parts = (0..batch.rows().div_ceil(rows)).map(|i| batch.slice(i * rows, rows.min(batch.rows() - i * rows)));
        MemSource { schema, batches: parts.collect(), notices: Notices::new(), booked: Arc::default() }
    }

    /// The same with what was booked for it, and with what is to be told of it.
    pub(super) fn holding(mut self, booked: Reservation, notices: Notices) -> MemSource {
        let mut all = Arc::into_inner(self.booked).unwrap_or_default();
        all.push(booked);
        self.booked = Arc::new(all);
        self.notices = notices;
        self
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
    fn notices(&self) -> Notices {
        self.notices.clone()
    }
    fn scan(&self, part: usize, request: &ScanRequest) -> Result<BatchIter> {
        let batch = self.batches.get(part).ok_or_else(|| Error::internal(format!("part {part} of {}", self.batches.len())))?;
        let batch = match &request.columns {
            None => batch.clone(),
            Some(columns) => batch.project(columns, Arc::new(self.schema.project(columns))),
        };
        Ok(Box::new(batch.in_steps(request.batch_rows).map(Ok)))
    }
}
