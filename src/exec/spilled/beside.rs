//! A column in a temporary file, read beside other rows, or rows that stand before or behind them.

use super::{BlockWriter, Blocks};
use crate::dtype::DType;
use crate::error::Result;
use crate::exec::ExecOptions;
use crate::exec::spill::Spill;
use crate::store::{Column, Field, Schema, TableSource};
use std::collections::VecDeque;
use std::sync::Arc;

/// A column in a temporary file, in small blocks: each is read when its rows are wanted.
pub(in crate::exec) fn written(pieces: impl Iterator<Item = Result<Column>>, dtype: &DType, options: &ExecOptions) -> Result<Blocks> {
    let block = (options.budget.limit() / 64).clamp(16 << 10, 1 << 20);
    let _booked = options.budget.reserve_block(2 * block, "rows on their way to a temporary file")?;
    let schema = Arc::new(Schema::new(vec![Field::new("value", dtype.clone())]));
    let mut writer = BlockWriter::new(&Spill::new(), schema, block);
    for x in pieces {
        let x = x?;
        let rows = x.len();
        writer.push(vec![x], rows)?;
    }
    writer.finish()
}

/// So many missing values; `list` has all categories.
pub(in crate::exec) fn missing(dtype: &DType, list: &Option<Column>, rows: usize) -> Result<Column> {
    let missing = Column::missing(dtype.clone(), rows);
    match list {
        Some(list) => Column::concat(&[list.clone(), missing]),
        None => Ok(missing),
    }
}

/// Values that come some rows before or after the row where they stood.
pub(in crate::exec) struct Shifted {
    blocks: Blocks,
    /// The next block.
    next: usize,
    list: Option<Column>,
    /// So many missing ones come first.
    missing: u64,
    /// So many of the next block are left out.
    left_out: u64,
    waiting: VecDeque<Column>,
    rows: usize,
}

impl Shifted {
    /// The rows `by` further down (up, where negative); missing comes in. `list` has all categories.
    pub(in crate::exec) fn new(blocks: Blocks, by: i64, list: Option<Column>) -> Shifted {
        let rows = by.unsigned_abs();
        let (missing, mut left_out) = if by > 0 { (rows, 0) } else { (0, rows) };
        let mut next = 0;
        while let Some(rows) = blocks.part_rows(next).filter(|&rows| rows <= left_out) {
            left_out -= rows;
            next += 1;
        }
        Shifted { blocks, next, list, missing, left_out, waiting: VecDeque::new(), rows: 0 }
    }

    /// The column for so many rows more.
    pub(in crate::exec) fn next(&mut self, rows: usize) -> Result<Column> {
        while self.rows < rows {
            let lacking = rows - self.rows;
            let piece = if self.missing > 0 {
                let n = lacking.min(usize::try_from(self.missing).unwrap_or(usize::MAX));
                self.missing -= n as u64;
                self.none(n)?
            } else if self.next < self.blocks.parts() {
                let x = self.blocks.read(self.next, None)?.columns.swap_remove(0);
                self.next += 1;
                // Less than the block has.
                let left_out = std::mem::take(&mut self.left_out) as usize;
                x.slice(left_out, x.len() - left_out)
            } else {
                self.none(lacking)?
            };
            self.rows += piece.len();
            self.waiting.push_back(piece);
        }
        let (mut taken, mut lacking) = (Vec::new(), rows);
        while lacking > 0
            && let Some(piece) = self.waiting.pop_front()
        {
            if piece.len() > lacking {
                self.waiting.push_front(piece.slice(lacking, piece.len() - lacking));
            }
            let n = piece.len().min(lacking);
            taken.push(piece.slice(0, n));
            lacking -= n;
        }
        self.rows -= rows;
        if taken.is_empty() { self.none(0) } else { Column::concat(&taken) }
    }

    fn none(&self, rows: usize) -> Result<Column> {
        missing(&self.blocks.schema().fields[0].dtype, &self.list, rows)
    }
}
