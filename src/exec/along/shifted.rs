//! Values that stand some rows away.

use super::Values;
use crate::dtype::DType;
use crate::error::Result;
use crate::exec::order::own_text;
use crate::store::Column;
use std::collections::VecDeque;

/// The values of a few rows before each row: those that come next are held.
pub(super) struct Tail(Column);

impl Tail {
    /// The most rows that are held. Beyond, the rows are read twice.
    pub(super) const MOST: i64 = 1024;

    /// What stands before the first row.
    pub(super) fn new(before: Column) -> Tail {
        Tail(before)
    }

    /// The column for the next rows, of their values.
    pub(super) fn next(&mut self, x: Column) -> Result<Column> {
        let (by, n) = (self.0.len(), x.len());
        let all = Column::concat(&[self.0.clone(), x])?;
        // Texts are put behind those before: without their own buffers all that were ever read would stay.
        self.0 = own_text(all.slice(n, by))?;
        Ok(all.slice(0, n))
    }
}

/// Pieces of a column.
type Pieces = Box<dyn Iterator<Item = Result<Column>> + Send>;

/// So many missing values; `list` has all categories.
pub(super) fn missing(dtype: &DType, list: &Option<Column>, rows: usize) -> Result<Column> {
    let missing = Column::missing(dtype.clone(), rows);
    match list {
        Some(list) => Column::concat(&[list.clone(), missing]),
        None => Ok(missing),
    }
}

/// Values that are read some rows before or after the row that they come to.
pub(super) struct Shifted {
    columns: Pieces,
    /// Of which type they are; with all categories.
    dtype: DType,
    list: Option<Column>,
    /// So many missing ones come first.
    missing: u64,
    /// So many that are read are left out first.
    left_out: u64,
    waiting: VecDeque<Column>,
    rows: usize,
}

impl Shifted {
    /// The values of a source `by` rows further down (up, where negative); missing comes in.
    pub(super) fn new(values: &Values, by: i64) -> Result<Shifted> {
        let rows = by.unsigned_abs();
        let (missing, left_out) = if by > 0 { (rows, 0) } else { (0, rows) };
        let aligned = Shifted::aligned(Box::new(values.read()?), values.typed.dtype.clone());
        Ok(Shifted { list: values.list.clone(), missing, left_out, ..aligned })
    }

    /// A column of this type that comes in pieces of other lengths.
    pub(super) fn aligned(columns: Pieces, dtype: DType) -> Shifted {
        Shifted { columns, dtype, list: None, missing: 0, left_out: 0, waiting: VecDeque::new(), rows: 0 }
    }

    /// The column for so many rows more.
    pub(super) fn next(&mut self, rows: usize) -> Result<Column> {
        while self.rows < rows {
            let lacking = rows - self.rows;
            let piece = if self.missing > 0 {
                let n = lacking.min(usize::try_from(self.missing).unwrap_or(usize::MAX));
                self.missing -= n as u64;
                missing(&self.dtype, &self.list, n)?
            } else {
                match self.columns.next().transpose()? {
                    None => missing(&self.dtype, &self.list, lacking)?,
                    Some(x) => {
                        let skip = x.len().min(usize::try_from(self.left_out).unwrap_or(usize::MAX));
                        self.left_out -= skip as u64;
                        x.slice(skip, x.len() - skip)
                    }
                }
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
        if taken.is_empty() { missing(&self.dtype, &self.list, 0) } else { Column::concat(&taken) }
    }
}
