//! Parquet: row groups read in parts on any thread, columns written in parallel.

mod codes;
mod info;
mod pages;
mod prune;
mod read;
mod write;

pub use info::{ParquetColumn, ParquetInfo, RowGroup};
pub use read::ParquetSource;
pub use write::{ParquetSink, ParquetWriteOptions};
