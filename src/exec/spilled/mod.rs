//! Rows in temporary files: what a verb does when its tables do not fit the budget.
//!
//! Rows are written in blocks ([`blocks`]). Where only rows of one key meet, they are parted by a hash of the key ([`parted`]), and
//! the parts are worked on one after the other; a part that is still too large is parted again by other bits. What comes out is brought into the
//! order that it would have had: by row numbers that went along ([`super::order::Sorter`]), or by one bit for each row ([`picked`]). A column
//! alone is read beside others ([`beside`]).

mod beside;
mod blocks;
mod parted;
mod picked;

pub(super) use beside::{Shifted, missing, written};
pub(super) use blocks::{BlockWriter, Blocks, values_bytes};
pub(super) use parted::{Parting, ROW_NUMBERS, each_part, numbered, parted_again, row_hashes, row_numbers, too_deep};
pub(super) use picked::{Marked, Picked, Rows};
