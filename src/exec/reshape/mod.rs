//! Wide to long while rows stream; long to wide in memory.

mod bins;
mod eager;
mod long;
mod pivot;
mod spread;

pub(super) use bins::binned;
pub use bins::{Cut, Edges};
pub(super) use long::long;
pub use pivot::{PivotOptions, Spread};
pub use spread::{Crosstab, Dummies, Normalize, crosstab};
