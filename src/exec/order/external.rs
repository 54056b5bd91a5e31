//! Sorting of what does not fit the budget: sorted runs in a temporary file, merged range by range while they are read.
//!
//! Rows are numbered in the order of the input, and the number is the last key: so all rows differ, equal keys keep their order, and
//! a range of keys may be cut anywhere. A run is written in blocks, the first row of each is kept as a sample. The samples in order
//! part all rows into ranges of about as many blocks; a range is read from every run that reaches into it, and sorted. Of very many runs
//! several are made one before.

use super::{dense, sort_keys, take_own};
use crate::error::{Error, Notices, Result};
use crate::exec::spill::Spill;
use crate::exec::spilled::{BlockWriter, Blocks, numbered, row_numbers, values_bytes};
use crate::exec::{ExecOptions, stream};
use crate::kernel::order::{Direction, row_count, sort_rows, take};
use crate::store::{Batch, BatchIter, Budget, Column, Reservation, ScanRequest, Schema, TableSource};
use arrow::array::AsArray;
use arrow::buffer::ScalarBuffer;
use arrow::datatypes::UInt64Type;
use std::sync::Arc;

/// Blocks of a run are no smaller.
const LEAST_BLOCK: usize = 16 << 10;
/// So many blocks fill what a thread may hold of a range.
const BLOCKS: usize = 64;
/// So many runs are merged at a time: of each, a range reads up to two blocks more than it has.
const MOST_RUNS: usize = BLOCKS / 2;

/// All rows in the order of some columns, by way of a temporary file.
///
/// # Errors
/// Budget, where not even a small part fits; io of the temporary file; what the source says.
pub(super) fn sorted(input: &Arc<dyn TableSource>, by: &[(usize, Direction)], options: &ExecOptions) -> Result<Arc<dyn TableSource>> {
    let mut sorter = Sorter::new(input.schema(), by, options)?;
    for batch in stream(input, None, options) {
        sorter.push(batch?)?;
    }
    sorter.finish(input.schema().clone(), input.notices())
}

/// Rows in order.
#[derive(Clone, Debug)]
struct Run {
    blocks: Blocks,
    /// The first row of each block.
    samples: Batch,
}

/// Takes rows in any order and gives them in the order of some columns. Runs are written one after the other.
pub(in crate::exec) struct Sorter {
    numbered: Arc<Schema>,
    keys: Vec<(usize, Direction)>,
    spill: Spill,
    /// Bytes of a block.
    block: usize,
    runs: Vec<Run>,
    /// What becomes the next run, and how many bytes it takes.
    waiting: Vec<Batch>,
    bytes: usize,
    rows: u64,
    most: usize,
    booked: Reservation,
    budget: Budget,
}

impl Sorter {
    /// By these columns of a table; rows with the same keys stay in the order in which they come.
    ///
    /// # Errors
    /// None in practice.
    pub(in crate::exec) fn new(schema: &Schema, by: &[(usize, Direction)], options: &ExecOptions) -> Result<Sorter> {
        let number = (schema.fields.len(), Direction::Ascending);
        // Of the budget a third for the run that is made, a third for the ranges that are read, the rest for those around.
        let third = options.budget.limit() / 3;
        let range = third / (options.workers() + 1);
        Ok(Sorter {
            numbered: numbered(schema),
            keys: by.iter().copied().chain([number]).collect(),
            spill: Spill::new(),
            block: (range / BLOCKS).max(LEAST_BLOCK),
            runs: Vec::new(),
            waiting: Vec::new(),
            bytes: 0,
            rows: 0,
            most: third,
            booked: options.budget.reserve(0, "sorting")?,
            budget: options.budget.clone(),
        })
    }

    /// Takes rows.
    ///
    /// # Errors
    /// Budget, where not even a single row fits; io of the temporary file.
    pub(in crate::exec) fn push(&mut self, batch: Batch) -> Result<()> {
        if batch.rows() == 0 {
            return Ok(());
        }
        // Held as it comes, and once more where a run is put together; beside it 24 bytes a row while it is sorted.
        let more = 2 * values_bytes(&batch) + 32 * batch.rows();
        if self.bytes + more > self.most || !self.booked.try_grow(more) {
            self.run()?;
            if more > self.most || !self.booked.try_grow(more) {
                if batch.rows() > 1 && more > Budget::LITTLE / 4 {
                    let half = batch.rows() / 2;
                    self.push(batch.slice(0, half))?;
                    return self.push(batch.slice(half, batch.rows() - half));
                }
                // So little as a process takes anyway is never refused.
                if more > Budget::LITTLE {
                    self.budget.reserve(more, "sorting")?;
                }
            }
        }
        self.bytes += more;
        let n = batch.rows();
        let columns = dense(batch)?.columns.into_iter().chain([row_numbers(self.rows, n)]).collect();
        self.rows += n as u64;
        self.waiting.push(Batch::with_rows(self.numbered.clone(), columns, n)?);
        Ok(())
    }

    /// Writes what waits, so that its memory can be used.
    ///
    /// # Errors
    /// Io of the temporary file.
    pub(in crate::exec) fn run(&mut self) -> Result<()> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        let all = Batch::concat(&self.numbered, &std::mem::take(&mut self.waiting))?;
        let order: ScalarBuffer<u32> = sort_rows(&sort_keys(&all, &self.keys)?, row_count(all.rows())?).into();
        let rows = (all.rows() * self.block).div_ceil(values_bytes(&all).max(1)).clamp(1, all.rows());
        let mut writer = RunWriter::new(&self.spill, &self.numbered, self.block);
        for start in (0..all.rows()).step_by(rows) {
            let n = rows.min(all.rows() - start);
            // Views would bring the texts of the whole run with them.
            let columns = take_own(&all.columns, &order.slice(start, n))?;
            writer.block(&Batch::with_rows(self.numbered.clone(), columns, n)?)?;
        }
        self.runs.push(writer.finish()?);
        drop(all);
        self.booked.shrink(usize::MAX);
        self.bytes = 0;
        Ok(())
    }

    /// The rows in order: those columns that this schema has, which are the first.
    ///
    /// # Errors
    /// Io of the temporary file.
    pub(in crate::exec) fn finish(mut self, schema: Arc<Schema>, notices: Notices) -> Result<Arc<dyn TableSource>> {
        self.run()?;
        while self.runs.len() > MOST_RUNS {
            let spill = Spill::new();
            let runs = std::mem::take(&mut self.runs);
            for several in runs.chunks(MOST_RUNS) {
                let longer = self.longer(several, &spill)?;
                self.runs.push(longer);
            }
        }
        let Sorter { keys, runs, rows, numbered, .. } = self;
        Ok(Arc::new(Merged::new(schema, keys, &numbered, runs, rows, notices)?))
    }

    /// One run of several.
    fn longer(&self, runs: &[Run], spill: &Spill) -> Result<Run> {
        let merged = Merged::new(self.numbered.clone(), self.keys.clone(), &self.numbered, runs.to_vec(), 0, Notices::new())?;
        let mut writer = RunWriter::new(spill, &self.numbered, self.block);
        for part in 0..merged.parts() {
            let (all, order, _booked) = merged.part(part, &self.budget)?;
            let rows = (all.rows() * self.block).div_ceil(values_bytes(&all).max(1)).clamp(1, all.rows());
            for start in (0..order.len()).step_by(rows) {
                let n = rows.min(order.len() - start);
                writer.block(&Batch::with_rows(self.numbered.clone(), take_own(&all.columns, &order.slice(start, n))?, n)?)?;
            }
        }
        writer.finish()
    }
}

/// Writes a run block by block.
struct RunWriter {
    writer: BlockWriter,
    schema: Arc<Schema>,
    samples: Vec<Batch>,
}

impl RunWriter {
    fn new(spill: &Spill, schema: &Arc<Schema>, block: usize) -> RunWriter {
        RunWriter { writer: BlockWriter::new(spill, schema.clone(), block), schema: schema.clone(), samples: Vec::new() }
    }

    fn block(&mut self, block: &Batch) -> Result<()> {
        self.writer.block(block)?;
        // Copied: a slice would keep the whole block.
        let first = take_own(&block.columns, &vec![0u32].into())?;
        self.samples.push(Batch::with_rows(self.schema.clone(), first, 1)?);
        Ok(())
    }

    fn finish(self) -> Result<Run> {
        Ok(Run { blocks: self.writer.finish()?, samples: Batch::concat(&self.schema, &self.samples)? })
    }
}

fn numbers(column: &Column) -> &[u64] {
    column.values().as_primitive::<UInt64Type>().values()
}

/// The rows of sorted runs in order, a range of keys in each part.
#[derive(Debug)]
struct Merged {
    schema: Arc<Schema>,
    keys: Vec<(usize, Direction)>,
    runs: Vec<Blocks>,
    /// The rank of the first row of each block among all of them, by run.
    blocks: Vec<Vec<usize>>,
    /// The first row of each part: its rank and its number.
    starts: Vec<(usize, u64)>,
    rows: u64,
    notices: Notices,
}

impl Merged {
    fn new(
        schema: Arc<Schema>,
        keys: Vec<(usize, Direction)>,
        numbered: &Arc<Schema>,
        runs: Vec<Run>,
        rows: u64,
        notices: Notices,
    ) -> Result<Merged> {
        let samples = Batch::concat(numbered, &runs.iter().map(|r| r.samples.clone()).collect::<Vec<_>>())?;
        let order = sort_rows(&sort_keys(&samples, &keys)?, row_count(samples.rows())?);
        let mut ranks = vec![0; order.len()];
        order.iter().enumerate().for_each(|(rank, &block)| ranks[block as usize] = rank);
        // Of every run a block more than the range has is read at either end. Ranges are held twice while they are sorted, and there may be one
        // more than threads.
        let step = BLOCKS.saturating_sub(runs.len()).clamp(BLOCKS / 4, BLOCKS / 2);
        let last = samples.columns.last().ok_or_else(|| Error::internal("samples without row numbers"))?;
        let numbers = numbers(last);
        let starts = (0..order.len()).step_by(step).map(|rank| (rank, numbers[order[rank] as usize])).collect();
        let mut ranks = ranks.into_iter();
        let blocks = runs.iter().map(|run| ranks.by_ref().take(run.samples.rows()).collect()).collect();
        Ok(Merged { schema, keys, runs: runs.into_iter().map(|r| r.blocks).collect(), blocks, starts, rows, notices })
    }

    /// All rows of the blocks that reach into a part, and their order in it.
    fn part(&self, part: usize, budget: &Budget) -> Result<(Batch, ScalarBuffer<u32>, Option<Reservation>)> {
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
        let booked = budget.reserve_block(2 * bytes, "merging sorted rows")?;
        let mut read = Vec::new();
        for (run, i) in wanted {
            read.push(run.read(i, None)?);
        }
        let all = match read.first() {
            Some(first) => Batch::concat(&first.schema.clone(), &read)?,
            None => return Err(Error::internal("a range of no rows")),
        };
        let order: ScalarBuffer<u32> = sort_rows(&sort_keys(&all, &self.keys)?, row_count(all.rows())?).into();
        let numbers = all.columns.last().map(numbers).unwrap_or_default();
        let place = |number: u64| order.iter().position(|&row| numbers[row as usize] == number);
        let lost = || Error::internal("a row of a temporary file went away");
        let start = place(first).ok_or_else(lost)?;
        let end = after.map_or(Ok(order.len()), |&(_, number)| place(number).ok_or_else(lost))?;
        Ok((all, order.slice(start, end - start), booked))
    }

    fn run_ranks(&self) -> impl Iterator<Item = (&Blocks, &Vec<usize>)> {
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
        let (all, order, booked) = self.part(part, &request.budget)?;
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
