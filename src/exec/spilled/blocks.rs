//! Rows of a table in a temporary file, block by block, each read alone and from any thread.

use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::exec::frame::{answered, asked};
use crate::exec::spill::{Run, RunWriter, Spill};
use crate::store::{Batch, BatchIter, Column, ScanRequest, Schema, TableSource};
use arrow::array::{ArrayRef, AsArray, RecordBatch, RecordBatchOptions};
use arrow::datatypes::{Field as ArrowField, Schema as ArrowSchema};
use arrow::ipc::reader::StreamReader;
use arrow::ipc::writer::StreamWriter;
use std::ops::Range;
use std::sync::Arc;

/// Bytes of the values themselves: texts may lie in buffers that hold those of many other rows.
pub(in crate::exec) fn values_bytes(batch: &Batch) -> usize {
    let texts = |views: &[u128]| views.iter().map(|&v| v as u32 as usize + 16).sum();
    let bytes = |c: &Column| match c.dtype() {
        DType::Str => texts(c.values().as_string_view().views()),
        DType::Binary => texts(c.values().as_binary_view().views()),
        DType::Categorical { .. } => c.len() * 4,
        _ => c.bytes(),
    };
    batch.columns.iter().map(bytes).sum()
}

/// The columns of a batch as a stream of Arrow, under names that differ.
fn to_bytes(batch: &Batch) -> Result<Vec<u8>> {
    let field = |(i, c): (usize, &Column)| ArrowField::new(i.to_string(), c.values().data_type().clone(), true);
    let schema = Arc::new(ArrowSchema::new(batch.columns.iter().enumerate().map(field).collect::<Vec<_>>()));
    let columns: Vec<ArrayRef> = batch.columns.iter().map(|c| c.values().clone()).collect();
    let options = RecordBatchOptions::new().with_row_count(Some(batch.rows()));
    let mut writer = StreamWriter::try_new(Vec::new(), &schema)?;
    writer.write(&RecordBatch::try_new_with_options(schema, columns, &options)?)?;
    writer.finish()?;
    Ok(writer.into_inner()?)
}

fn from_bytes(bytes: &[u8], columns: Option<&[usize]>, schema: &Arc<Schema>, rows: usize) -> Result<Batch> {
    let lost = || Error::internal("a block of a temporary file is empty");
    if schema.fields.is_empty() {
        return Batch::with_rows(schema.clone(), Vec::new(), rows);
    }
    // Columns come back in the order in which they were written.
    let sorted = columns.map(|c| {
        let mut sorted = c.to_vec();
        sorted.sort_unstable();
        sorted.dedup();
        sorted
    });
    let made = StreamReader::try_new(bytes, sorted.clone())?.next().ok_or_else(lost)??;
    let column = |(i, f): (usize, &crate::store::Field)| {
        let place = match (columns, &sorted) {
            (Some(columns), Some(sorted)) => sorted.binary_search(&columns[i]).map_err(|_| lost())?,
            _ => i,
        };
        Column::new(f.dtype.clone(), made.column(place).clone())
    };
    let columns = schema.fields.iter().enumerate().map(column).collect::<Result<Vec<_>>>()?;
    Batch::with_rows(schema.clone(), columns, rows)
}

/// Writes rows in blocks of about one size.
#[derive(Debug)]
pub(in crate::exec) struct BlockWriter {
    schema: Arc<Schema>,
    writer: RunWriter,
    waiting: Vec<Batch>,
    bytes: usize,
    block: usize,
    rows: Vec<usize>,
    total: u64,
}

impl BlockWriter {
    /// Blocks of about so many bytes.
    pub(in crate::exec) fn new(spill: &Spill, schema: Arc<Schema>, block: usize) -> BlockWriter {
        BlockWriter { schema, writer: spill.writer(), waiting: Vec::new(), bytes: 0, block, rows: Vec::new(), total: 0 }
    }

    /// Rows behind those before. Texts are copied, so that nothing of the batch stays.
    pub(in crate::exec) fn push(&mut self, columns: Vec<Column>, rows: usize) -> Result<()> {
        if rows == 0 {
            return Ok(());
        }
        let columns = columns.into_iter().map(crate::exec::order::own_text).collect::<Result<Vec<_>>>()?;
        let batch = Batch::with_rows(self.schema.clone(), columns, rows)?;
        self.bytes += values_bytes(&batch);
        self.total += rows as u64;
        self.waiting.push(batch);
        if self.bytes >= self.block { self.flush() } else { Ok(()) }
    }

    /// Rows that become a block of their own.
    pub(in crate::exec) fn block(&mut self, batch: &Batch) -> Result<()> {
        self.flush()?;
        self.total += batch.rows() as u64;
        self.rows.push(batch.rows());
        self.writer.block(to_bytes(batch)?)
    }

    fn flush(&mut self) -> Result<()> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        let batch = Batch::concat(&self.schema, &std::mem::take(&mut self.waiting))?;
        self.bytes = 0;
        self.rows.push(batch.rows());
        self.writer.block(to_bytes(&batch)?)
    }

    /// Ends it.
    pub(in crate::exec) fn finish(mut self) -> Result<Blocks> {
        self.flush()?;
        Ok(Blocks { schema: self.schema, run: Arc::new(self.writer.finish()?), first: 0, rows: self.rows.into(), total: self.total })
    }
}

/// Rows in blocks: a table, each block a part.
#[derive(Clone, Debug)]
pub(in crate::exec) struct Blocks {
    schema: Arc<Schema>,
    run: Arc<Run>,
    /// The number of the first of them in the run.
    first: usize,
    rows: Arc<[usize]>,
    total: u64,
}

impl Blocks {
    /// How many bytes a block takes when it is read.
    pub(in crate::exec) fn block_bytes(&self, block: usize) -> usize {
        self.run.block_bytes(self.first + block)
    }

    /// How many bytes all blocks take.
    pub(in crate::exec) fn bytes(&self) -> usize {
        (0..self.rows.len()).map(|b| self.block_bytes(b)).sum()
    }

    /// Some of the blocks.
    pub(in crate::exec) fn some(&self, blocks: Range<usize>) -> Blocks {
        let rows: Arc<[usize]> = self.rows[blocks.clone()].into();
        let total = rows.iter().map(|&n| n as u64).sum();
        Blocks { schema: self.schema.clone(), run: self.run.clone(), first: self.first + blocks.start, rows, total }
    }

    /// The rows of one block.
    pub(in crate::exec) fn read(&self, block: usize, request: Option<&ScanRequest>) -> Result<Batch> {
        let bytes = self.run.block(self.first + block)?;
        let rows = self.rows.get(block).copied().unwrap_or(0);
        match request {
            None => from_bytes(&bytes, None, &self.schema, rows),
            Some(request) => {
                let wanted = request.columns.as_ref().map(|_| asked(request, &self.schema));
                from_bytes(&bytes, wanted.as_deref(), &answered(request, &self.schema), rows)
            }
        }
    }
}

impl TableSource for Blocks {
    fn schema(&self) -> &Arc<Schema> {
        &self.schema
    }
    fn rows(&self) -> Option<u64> {
        Some(self.total)
    }
    fn parts(&self) -> usize {
        self.rows.len()
    }
    fn part_bytes(&self, _part: usize) -> u64 {
        0
    }
    fn part_rows(&self, part: usize) -> Option<u64> {
        self.rows.get(part).map(|&n| n as u64)
    }
    fn scan(&self, part: usize, request: &ScanRequest) -> Result<BatchIter> {
        let batch = self.read(part, Some(request))?;
        Ok(Box::new(batch.in_steps(request.batch_rows).map(Ok)))
    }
}
