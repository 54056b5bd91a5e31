//! Rows parted by a hash of their keys.

use super::{BlockWriter, Blocks};
use crate::dtype::DType;
use crate::error::Result;
use crate::exec::ExecOptions;
use crate::exec::spill::Spill;
use crate::kernel::order::{Domain, KeyColumn, hashes, take};
use crate::store::{Batch, Column, Field, Reservation, Schema, TableSource};
use arrow::buffer::ScalarBuffer;
use rayon::prelude::*;
use std::sync::Arc;

/// Bits of a hash by which rows are parted at a time.
const BITS: u32 = 5;
/// How often parts are parted again. What is then too large are rows of one key.
const MOST_LEVELS: u32 = 4;

/// The name of a column of row numbers: no column of a user's.
pub(in crate::exec) const ROW_NUMBERS: &str = "\0row";

/// The columns of a table, and the number of the row as the last one.
pub(in crate::exec) fn numbered(schema: &Schema) -> Arc<Schema> {
    Arc::new(Schema::new(schema.fields.iter().cloned().chain([Field::new(ROW_NUMBERS, DType::U64)]).collect()))
}

/// That column, for rows from this number on.
pub(in crate::exec) fn row_numbers(first: u64, rows: usize) -> Column {
    Column::from((first..first + rows as u64).collect::<Vec<u64>>())
}

/// A hash of each row that does not depend on the batch: categories count by their text.
pub(in crate::exec) fn row_hashes(keys: &[Column]) -> Result<Vec<u64>> {
    let key = |c: &Column| match c.dtype() {
        DType::Categorical { .. } => Domain::Text.keys(c),
        _ => KeyColumn::new(c),
    };
    Ok(hashes(&keys.iter().map(key).collect::<Result<Vec<_>>>()?))
}

/// Whether parts of this level are not parted again.
pub(in crate::exec) fn too_deep(level: u32) -> bool {
    level >= MOST_LEVELS
}

/// Writes rows to parts by their hashes: rows of one hash to one part, in their order.
pub(in crate::exec) struct Parting {
    writers: Vec<BlockWriter>,
    level: u32,
    _booked: Option<Reservation>,
}

impl Parting {
    /// For rows of this schema; on each level other bits count.
    ///
    /// # Errors
    /// Budget, where not even blocks that wait fit.
    pub(in crate::exec) fn new(schema: &Arc<Schema>, level: u32, options: &ExecOptions) -> Result<Parting> {
        let count = 1usize << BITS;
        // All blocks that wait take an eighth of the budget.
        let block = (options.budget.limit() / 8 / count).clamp(8 << 10, 4 << 20);
        let booked = options.budget.reserve_block(count * block, "rows on their way to a temporary file")?;
        let spill = Spill::new();
        let writers = (0..count).map(|_| BlockWriter::new(&spill, schema.clone(), block)).collect();
        Ok(Parting { writers, level, _booked: booked })
    }

    /// Takes rows, with a hash for each; how many of them come before each part.
    ///
    /// # Errors
    /// Io of the temporary file.
    pub(in crate::exec) fn push(&mut self, columns: &[Column], hashes: &[u64]) -> Result<Vec<usize>> {
        let (order, starts) = by_part(hashes, self.level);
        self.writers.par_iter_mut().enumerate().try_for_each(|(p, writer)| {
            let (from, to) = (starts[p], starts[p + 1]);
            writer.push(take(columns, &order.slice(from, to - from))?, to - from)
        })?;
        Ok(starts)
    }

    /// The parts.
    ///
    /// # Errors
    /// Io of the temporary file.
    pub(in crate::exec) fn finish(self) -> Result<Vec<Blocks>> {
        self.writers.into_iter().map(BlockWriter::finish).collect()
    }
}

/// Works on a part as one table in memory; where it does not fit, on the parts of it, which `again` writes.
///
/// # Errors
/// Budget, where rows of one key do not fit; what the two functions say.
pub(in crate::exec) fn each_part(
    part: &Blocks,
    level: u32,
    beside: usize,
    options: &ExecOptions,
    again: &dyn Fn(&mut Parting, Batch) -> Result<()>,
    each: &mut dyn FnMut(&Batch) -> Result<()>,
) -> Result<()> {
    let (rows, bytes) = (part.rows().unwrap_or(0) as usize, part.bytes());
    if rows == 0 {
        return Ok(());
    }
    match options.budget.reserve_block(2 * bytes + rows * beside, "the rows of one part") {
        Ok(_booked) => {
            let read = (0..part.parts()).map(|b| part.read(b, None)).collect::<Result<Vec<_>>>()?;
            each(&Batch::concat(part.schema(), &read)?)
        }
        Err(e) if too_deep(level) => Err(e),
        Err(_) => {
            parted_again(part, level + 1, options, again)?.iter().try_for_each(|p| each_part(p, level + 1, beside, options, again, each))
        }
    }
}

/// A part, parted by other bits; `again` writes its rows.
///
/// # Errors
/// Budget, where not even blocks that wait fit; io of the temporary files.
pub(in crate::exec) fn parted_again(
    part: &Blocks,
    level: u32,
    options: &ExecOptions,
    again: &dyn Fn(&mut Parting, Batch) -> Result<()>,
) -> Result<Vec<Blocks>> {
    let mut parting = Parting::new(part.schema(), level, options)?;
    (0..part.parts()).try_for_each(|block| again(&mut parting, part.read(block, None)?))?;
    parting.finish()
}

/// The rows of each part, and where each part begins.
fn by_part(hashes: &[u64], level: u32) -> (ScalarBuffer<u32>, Vec<usize>) {
    // Other bits than those by which look-up tables part their rows, and others on each level.
    let part = |h: u64| (h.rotate_left(13 * level).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (64 - BITS)) as usize;
    let mut starts = vec![0; (1 << BITS) + 1];
    hashes.iter().for_each(|&h| starts[part(h) + 1] += 1);
    for p in 0..1 << BITS {
        starts[p + 1] += starts[p];
    }
    let mut next = starts.clone();
    let mut order = vec![0u32; hashes.len()];
    for (row, &h) in hashes.iter().enumerate() {
        let at = &mut next[part(h)];
        order[*at] = row as u32;
        *at += 1;
    }
    (order.into(), starts)
}
