//! Text to values and back, as bytes: numbers, booleans, dates and times. What CSV files and the screen share.
//!
//! [`scan`] reads, [`moment`] reads dates and times, [`mod@format`] writes any value of a column.

pub mod dates;
pub mod format;
pub mod moment;
pub mod scan;
mod zone;

pub use zone::Zone;
