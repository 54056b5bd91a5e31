//! CSV, TSV and their relatives: read in parallel from a memory map, with types of the whole file; written in parallel.
//!
//! A file is read twice. The first pass (`survey`) cuts it into records in parallel and notes for every column what its cells
//! look like, so that types, bad lines and wrong cells are known before the first batch leaves. The second pass, part by part
//! and on demand, turns cells into typed columns (`columns`). Nothing of the first pass is kept but a few numbers per part.

pub(in crate::io) mod columns;
pub(in crate::io) mod infer;
mod options;
mod sink;
pub(in crate::io) mod source;
pub(in crate::io) mod survey;
pub(in crate::io) mod tokenize;

pub use crate::kernel::text::format::FloatFormat;
pub use options::{BadLines, CsvReadOptions, CsvWriteOptions, Header, MISSING, Separator};
pub use sink::CsvSink;
pub use source::CsvSource;
