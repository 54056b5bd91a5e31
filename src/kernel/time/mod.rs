//! Times as numbers: `days since 1850-01-01` in a calendar, to instants and back.

mod axis;
mod frequency;
mod offset;
mod units;

pub use axis::TimeAxis;
pub use frequency::{Bins, Frequency, Origin, Side};
pub use offset::{Holidays, Offset};
pub use units::{Step, TimeUnits};
