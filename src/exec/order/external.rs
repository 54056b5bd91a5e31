//! Sorting of what does not fit the budget: sorted runs in a temporary file, merged range by range while they are read.
//!
//! Rows are numbered in the order of the input, and the number is the last key: so all rows differ, equal keys keep their order, and
//! a range of keys may be cut anywhere. A run is written in blocks, the first row of each is kept as a sample. The samples in order
//! part all rows into ranges of about as many blocks; a range is read from every run that reaches into it, and sorted.

use super::{own_text, sort_keys};
use crate::dtype::DType;
use crate::error::{Error, Notices, Result};
use crate::exec::spill::{Run, Spill};
use crate::exec::{ExecOptions, stream};
use crate::kernel::order::{Direction, row_count, sort_rows, take};
use crate::store::{Batch, BatchIter, Column, Field, Reservation, ScanRequest, Schema, TableSource};
use arrow::array::{ArrayRef, AsArray, RecordBatch, RecordBatchOptions};
use arrow::buffer::ScalarBuffer;
use arrow::datatypes::{Field as ArrowField, Schema as ArrowSchema, UInt64Type};
use arrow::ipc::reader::StreamReader;
use arrow::ipc::writer::StreamWriter;
use std::sync::Arc;

/// Blocks of a run are no smaller.
const LEAST_BLOCK: usize = 16 << 10;
/// So many blocks fill what a thread may hold of a range.
const BLOCKS: usize = 64;

/// All rows in the order of some columns, by way of a temporary file.
///
/// # Errors
/// Budget, where not even a small part fits; io of the temporary file; what the source says.
pub(super) fn sorted(input: &Arc<dyn TableSource>, by: &[(usize, Direction)], options: &ExecOptions) -> Result<Arc<dyn TableSource>> {
    let schema = input.schema().clone();
    let numbered = Arc::new(Schema::new(schema.fields.iter().cloned().chain([Field::new("", DType::U64)]).collect()));
    let number = (schema.fields.len(), Direction::Ascending);
    let keys: Vec<(usize, Direction)> = by.iter().copied().chain([number]).collect();
    // Of the budget a third for the run that is made, a third for the ranges that are read, the rest for those around.
    let third = options.budget.limit() / 3;
    let range = third / (options.workers() + 1);
    let mut spilling =
        Spilling { schema: numbered, keys, spill: Spill::new(), block: (range / BLOCKS).max(LEAST_BLOCK), ..Spilling::default() };
    let (mut waiting, mut bytes, mut rows) = (Vec::new(), 0, 0u64);
    let mut booked = options.budget.reserve(0, "sorting")?;
    for batch in stream(input, None, options) {
        let batch = batch?;
        // Held as it comes, and once more where a run is put together; beside it 24 bytes a row while it is sorted.
        let more = 2 * values_bytes(&batch) + 32 * batch.rows();
        if !waiting.is_empty() && (bytes + more > third || !booked.try_grow(more)) {
            spilling.run(std::mem::take(&mut waiting))?;
            booked.shrink(usize::MAX);
            bytes = 0;
            booked.try_grow(more);
        }
        bytes += more;
        let n = batch.rows();
        let numbers = Column::from((rows..rows + n as u64).collect::<Vec<u64>>());
        rows += n as u64;
        waiting.push(Batch::with_rows(spilling.schema.clone(), batch.columns.into_iter().chain([numbers]).collect(), n)?);
    }
    if !waiting.is_empty() {
        spilling.run(waiting)?;
    }
    drop(booked);
    Ok(Arc::new(spilling.finish(schema, rows, input.notices())?))
}

/// Runs that are written one after the other.
#[derive(Default)]
struct Spilling {
    schema: Arc<Schema>,
    keys: Vec<(usize, Direction)>,
    spill: Spill,
    /// Bytes of a block.
    block: usize,
    runs: Vec<Run>,
    /// For each block its run, and the first row.
    owners: Vec<usize>,
    samples: Vec<Batch>,
}

impl Spilling {
    fn run(&mut self, batches: Vec<Batch>) -> Result<()> {
        let all = Batch::concat(&self.schema, &batches)?;
        drop(batches);
        let order: ScalarBuffer<u32> = sort_rows(&sort_keys(&all, &self.keys)?, row_count(all.rows())?).into();
        let rows = (all.rows() * self.block).div_ceil(values_bytes(&all).max(1)).clamp(1, all.rows());
        let mut writer = self.spill.writer();
        for start in (0..all.rows()).step_by(rows) {
            let n = rows.min(all.rows() - start);
            // Views would bring the texts of the whole run with them.
            let columns = take(&all.columns, &order.slice(start, n))?.into_iter().map(own_text).collect::<Result<Vec<_>>>()?;
            let block = Batch::with_rows(self.schema.clone(), columns, n)?;
            writer.block(to_bytes(&block)?)?;
            let first = block.columns.iter().map(|c| own_text(c.slice(0, 1))).collect::<Result<Vec<_>>>()?;
            self.samples.push(Batch::with_rows(self.schema.clone(), first, 1)?);
            self.owners.push(self.runs.len());
        }
        self.runs.push(writer.finish()?);
        Ok(())
    }

    fn finish(self, schema: Arc<Schema>, rows: u64, notices: Notices) -> Result<Merged> {
        let samples = Batch::concat(&self.schema, &self.samples)?;
        let order = sort_rows(&sort_keys(&samples, &self.keys)?, row_count(samples.rows())?);
        let mut ranks = vec![0; order.len()];
        order.iter().enumerate().for_each(|(rank, &block)| ranks[block as usize] = rank);
        // Of every run a block more than the range has is read at either end.
        let step = BLOCKS.saturating_sub(self.runs.len()).max(BLOCKS / 4);
        let last = samples.columns.last().ok_or_else(|| Error::internal("samples without row numbers"))?;
        let numbers = numbers(last);
        let starts = (0..order.len()).step_by(step).map(|rank| (rank, numbers[order[rank] as usize])).collect();
        let mut blocks = vec![Vec::new(); self.runs.len()];
        self.owners.iter().zip(ranks).for_each(|(&run, rank)| blocks[run].push(rank));
        Ok(Merged { schema, numbered: self.schema, keys: self.keys, runs: self.runs, blocks, starts, rows, notices })
    }
}

/// Bytes of the values themselves: texts may lie in buffers that hold those of many other rows.
fn values_bytes(batch: &Batch) -> usize {
    let texts = |views: &[u128]| views.iter().map(|&v| v as u32 as usize + 16).sum();
    let bytes = |c: &Column| match c.dtype() {
        DType::Str => texts(c.values().as_string_view().views()),
        DType::Binary => texts(c.values().as_binary_view().views()),
        DType::Categorical { .. } => c.len() * 4,
        _ => c.bytes(),
    };
    batch.columns.iter().map(bytes).sum()
}

fn numbers(column: &Column) -> &[u64] {
    column.values().as_primitive::<UInt64Type>().values()
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

fn from_bytes(bytes: &[u8], schema: &Arc<Schema>) -> Result<Vec<Batch>> {
    let batch = |made: std::result::Result<RecordBatch, arrow::error::ArrowError>| -> Result<Batch> {
        let made = made?;
        let columns = schema.fields.iter().zip(made.columns()).map(|(f, c)| Column::new(f.dtype.clone(), c.clone()));
        Batch::with_rows(schema.clone(), columns.collect::<Result<_>>()?, made.num_rows())
    };
    StreamReader::try_new(bytes, None)?.map(batch).collect()
}

/// The rows of sorted runs in order, a range of keys in each part.
#[derive(Debug)]
struct Merged {
    schema: Arc<Schema>,
    numbered: Arc<Schema>,
    keys: Vec<(usize, Direction)>,
    runs: Vec<Run>,
    /// The rank of the first row of each block among all of them, by run.
    blocks: Vec<Vec<usize>>,
    /// The first row of each part: its rank and its number.
    starts: Vec<(usize, u64)>,
    rows: u64,
    notices: Notices,
}

impl Merged {
    /// All rows of the blocks that reach into a part, and their order in it.
    fn part(&self, part: usize, request: &ScanRequest) -> Result<(Batch, ScalarBuffer<u32>, Option<Reservation>)> {
        let (from, first) = self.starts[part];
        let after = self.starts.get(part + 1);
        let to = after.map_or(usize::MAX, |s| s.0);
        let mut wanted = Vec::new();
        for (run, ranks) in self.run_ranks() {
            for (i, &rank) in ranks.iter().enumerate() {
                // The block that begins the next part says where this one ends.
                if rank <= to && ranks.get(i + 1).is_none_or(|&next| next > from) {
                    wanted.push((run, i));
                }
            }
        }
        let bytes: usize = wanted.iter().map(|(run, i)| run.block_bytes(*i)).sum();
        let booked = request.budget.reserve_block(2 * bytes, "merging sorted rows")?;
        let mut read = Vec::new();
        for (run, i) in wanted {
            read.extend(from_bytes(&run.block(i)?, &self.numbered)?);
        }
        let all = Batch::concat(&self.numbered, &read)?;
        let order: ScalarBuffer<u32> = sort_rows(&sort_keys(&all, &self.keys)?, row_count(all.rows())?).into();
        let numbers = all.columns.last().map(numbers).unwrap_or_default();
        let place = |number: u64| order.iter().position(|&row| numbers[row as usize] == number);
        let lost = || Error::internal("a row of a temporary file went away");
        let start = place(first).ok_or_else(lost)?;
        let end = after.map_or(Ok(order.len()), |&(_, number)| place(number).ok_or_else(lost))?;
        Ok((all, order.slice(start, end - start), booked))
    }

    fn run_ranks(&self) -> impl Iterator<Item = (&Run, &Vec<usize>)> {
        self.runs.iter().zip(&self.blocks)
    }
}

impl TableSource for Merged {
    fn schema(&self) -> &Arc<Schema> {
        &self.schema
    }
    fn rows(&self) -> Option<u64> {
        Some(self.rows)
    }
    fn parts(&self) -> usize {
        self.starts.len()
    }
    fn part_bytes(&self, _part: usize) -> u64 {
        0
    }
    fn scan(&self, part: usize, request: &ScanRequest) -> Result<BatchIter> {
        let (all, order, booked) = self.part(part, request)?;
        let wanted: Vec<usize> = request.columns.clone().unwrap_or_else(|| (0..self.schema.fields.len()).collect());
        let schema = match &request.columns {
            None => self.schema.clone(),
            Some(columns) => Arc::new(self.schema.project(columns)),
        };
        let columns: Vec<Column> = wanted.iter().map(|&c| all.columns[c].clone()).collect();
        let step = request.batch_rows.max(1);
        Ok(Box::new((0..order.len().div_ceil(step)).map(move |i| {
            let _held = &booked;
            let n = step.min(order.len() - i * step);
            Batch::with_rows(schema.clone(), take(&columns, &order.slice(i * step, n))?, n)
        })))
    }
    fn notices(&self) -> Notices {
        self.notices.clone()
    }
}
