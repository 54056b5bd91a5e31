//! Times as numbers: `days since 1850-01-01` in a calendar, to instants and back.

mod axis;
mod frequency;
mod units;

pub use axis::TimeAxis;
pub use frequency::{Bins, Frequency, Origin, Side};
pub use units::{Step, TimeUnits};
