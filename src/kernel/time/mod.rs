//! Times as numbers: `days since 1850-01-01` in a calendar, to instants and back.

mod axis;
mod units;

pub use axis::TimeAxis;
pub use units::{Step, TimeUnits};
