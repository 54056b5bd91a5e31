//! Wide to long while rows stream; long to wide in memory.

mod eager;
mod long;
mod pivot;

pub(super) use long::long;
pub use pivot::{PivotOptions, Spread};
