//! Rows of a table that were found to stay, one bit for each.

use crate::error::{Error, Notices, Result};
use crate::exec::frame::{answered, asked};
use crate::exec::ordered::{Ordered, Parts};
use crate::exec::{ExecOptions, stream};
use crate::store::{Batch, BatchIter, Column, Reservation, ScanRequest, Schema, TableSource};
use arrow::array::BooleanArray;
use arrow::buffer::BooleanBuffer;
use std::sync::Arc;

/// Which rows of a table stay: bits that grow with the rows read, booked.
#[derive(Debug)]
pub(in crate::exec) struct Rows {
    words: Vec<u64>,
    _booked: Reservation,
    /// The first row of each part of the table.
    starts: Vec<u64>,
}

impl Rows {
    /// Reads some columns of all rows, part by part; `each` takes a batch and the number of its first row.
    pub(in crate::exec) fn read(
        input: &Arc<dyn TableSource>,
        columns: Vec<usize>,
        options: &ExecOptions,
        mut each: impl FnMut(Batch, u64) -> Result<()>,
    ) -> Result<Rows> {
        let request = ScanRequest {
            batch_rows: stream::batch_rows(input.schema(), Some(&columns), options),
            columns: Some(columns),
            ..ScanRequest::all(&options.budget)
        };
        let (mut rows, mut starts) = (0u64, vec![0]);
        for item in Ordered::new(Tagged { source: input.clone(), request }, options) {
            let (part, batch) = item?;
            starts.resize(starts.len().max(part + 1), rows);
            let n = batch.rows();
            each(batch, rows)?;
            rows += n as u64;
        }
        starts.resize(input.parts() + 1, rows);
        let count = rows.div_ceil(64) as usize;
        let booked = options.budget.reserve(count * 8, "one bit for each row")?;
        Ok(Rows { words: vec![0; count], _booked: booked, starts })
    }

    /// This row stays.
    pub(in crate::exec) fn keep(&mut self, row: u64) {
        self.words[(row / 64) as usize] |= 1 << (row % 64);
    }

    fn kept(&self, row: u64) -> bool {
        self.words[(row / 64) as usize] >> (row % 64) & 1 == 1
    }

    fn count(&self) -> u64 {
        self.words.iter().map(|w| w.count_ones() as u64).sum()
    }
}

/// Batches with the number of their part.
struct Tagged {
    source: Arc<dyn TableSource>,
    request: ScanRequest,
}

impl Parts for Tagged {
    type Item = (usize, Batch);
    fn parts(&self) -> usize {
        self.source.parts()
    }
    fn open(&self, part: usize) -> Result<Box<dyn Iterator<Item = Result<(usize, Batch)>> + Send>> {
        Ok(Box::new(self.source.scan(part, &self.request)?.map(move |b| Ok((part, b?)))))
    }
    fn weight(&self, item: &(usize, Batch)) -> usize {
        item.1.bytes()
    }
}

/// The rows of a table that stay, read from it again.
#[derive(Debug)]
pub(in crate::exec) struct Picked {
    input: Arc<dyn TableSource>,
    rows: Arc<Rows>,
    count: u64,
}

impl Picked {
    /// What stays of a table.
    pub(in crate::exec) fn new(input: Arc<dyn TableSource>, rows: Rows) -> Picked {
        let count = rows.count();
        Picked { input, rows: Arc::new(rows), count }
    }
}

impl TableSource for Picked {
    fn schema(&self) -> &Arc<Schema> {
        self.input.schema()
    }
    fn rows(&self) -> Option<u64> {
        Some(self.count)
    }
    fn parts(&self) -> usize {
        self.input.parts()
    }
    fn part_bytes(&self, part: usize) -> u64 {
        self.input.part_bytes(part)
    }
    fn notices(&self) -> Notices {
        self.input.notices()
    }
    fn scan(&self, part: usize, request: &ScanRequest) -> Result<BatchIter> {
        // Rows are counted, so none may be left out below.
        let inner = ScanRequest { predicates: Vec::new(), ..request.clone() };
        let (rows, mut at) = (self.rows.clone(), self.rows.starts[part]);
        Ok(Box::new(self.input.scan(part, &inner)?.map(move |batch| {
            let batch = batch?;
            let mask = BooleanBuffer::collect_bool(batch.rows(), |i| rows.kept(at + i as u64));
            at += batch.rows() as u64;
            let count = mask.count_set_bits();
            if count == batch.rows() {
                return Ok(batch);
            }
            let mask = BooleanArray::new(mask, None);
            let kept = |c: &Column| Column::new(c.dtype().clone(), arrow::compute::filter(c.values(), &mask)?);
            let columns = batch.columns.iter().map(kept).collect::<Result<_>>()?;
            Batch::with_rows(batch.schema, columns, count)
        })))
    }
}

/// A table, read again, with a column more that tells which rows do not stay.
#[derive(Debug)]
pub(in crate::exec) struct Marked {
    input: Arc<dyn TableSource>,
    rows: Arc<Rows>,
    position: usize,
    schema: Arc<Schema>,
}

impl Marked {
    /// With the column at this position: instead of one of the table, or behind them all.
    pub(in crate::exec) fn new(input: Arc<dyn TableSource>, rows: Rows, position: usize, schema: Arc<Schema>) -> Marked {
        Marked { input, rows: Arc::new(rows), position, schema }
    }
}

impl TableSource for Marked {
    fn schema(&self) -> &Arc<Schema> {
        &self.schema
    }
    fn rows(&self) -> Option<u64> {
        self.input.rows()
    }
    fn parts(&self) -> usize {
        self.input.parts()
    }
    fn part_bytes(&self, part: usize) -> u64 {
        self.input.part_bytes(part)
    }
    fn part_rows(&self, part: usize) -> Option<u64> {
        self.input.part_rows(part)
    }
    fn notices(&self) -> Notices {
        self.input.notices()
    }
    fn scan(&self, part: usize, request: &ScanRequest) -> Result<BatchIter> {
        let (wanted, schema) = (asked(request, &self.schema), answered(request, &self.schema));
        let plain: Vec<usize> = wanted.iter().copied().filter(|&c| c != self.position).collect();
        // Rows are counted, so none may be left out below.
        let inner = ScanRequest { columns: Some(plain), predicates: Vec::new(), ..request.clone() };
        let (rows, mut at, position) = (self.rows.clone(), self.rows.starts[part], self.position);
        Ok(Box::new(self.input.scan(part, &inner)?.map(move |batch| {
            let batch = batch?;
            let n = batch.rows();
            let mut plain = batch.columns.into_iter();
            let columns = wanted.iter().map(|&c| match c == position {
                true => Some((0..n).map(|i| !rows.kept(at + i as u64)).collect::<Vec<bool>>().into()),
                false => plain.next(),
            });
            let columns = columns.collect::<Option<_>>().ok_or_else(|| Error::internal("fewer columns than were asked for"))?;
            at += n as u64;
            Batch::with_rows(schema.clone(), columns, n)
        })))
    }
}
