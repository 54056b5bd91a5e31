//! Rows of a table in another order, or fewer of them.

mod sets;
mod sorting;

pub use crate::kernel::order::Keep;
pub use sorting::{Missing, Sorting, Ties};
