//! Files: one folder per format, and the one table of formats.

mod arrow_schema;
pub mod csv;
mod dense;
mod file;
mod format;
pub mod ipc;
pub mod netcdf;
pub mod npy;
pub mod parquet;
pub mod raw;

pub use file::{Output, Overwrite, map, remove_unfinished};
pub use format::{Format, Kind};
