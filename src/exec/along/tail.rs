//! The last rows of a column, which those that come next look back at.

use crate::error::Result;
use crate::exec::order::own_text;
use crate::store::Column;

/// The values of a few rows before each row: those that come next are held.
pub(super) struct Tail(Column);

impl Tail {
    /// The most rows that are held. Beyond, a temporary file holds them.
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
