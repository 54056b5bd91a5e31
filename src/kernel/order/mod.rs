//! Rows by their keys: sorted, hashed, compared and gathered. Rows are numbered in u32.

mod hash;
mod keep;
mod keys;
mod sort;
mod table;
mod take;

pub use hash::hashes;
pub use keep::{Keep, kept, kept_so_far};
pub use keys::{Domain, KeyColumn};
pub use sort::{Direction, SortKey, compare_rows, sort_rows};
pub use table::{Probe, RowTable, first_rows, row_codes};
pub use take::{MISSING, take, take_optional};

use crate::error::{Error, Result};

/// The number of rows as it fits a row number.
///
/// # Errors
/// Unsupported, beyond four thousand million.
pub fn row_count(rows: usize) -> Result<u32> {
    u32::try_from(rows).ok().filter(|&n| n != MISSING).ok_or_else(|| {
        Error::unsupported(format!("{rows} rows are more than can be ordered at once"))
            .help("work on parts of the table: --where, or several files")
    })
}
