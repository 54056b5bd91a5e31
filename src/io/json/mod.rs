//! JSON lines and JSON: records whose members are columns, read in parallel with types of the whole text, written in parallel.
//!
//! As with CSV a text is read twice: a survey finds columns, types and faults (`survey`), then parts become typed columns on demand
//! (`source`). Lines are cut where they break; an array of records is cut by one quick look at its brackets (`cut`).

mod build;
mod cut;
mod keys;
mod options;
mod scan;
mod shape;
mod sink;
mod source;
mod survey;

pub use options::{JsonLayout, JsonReadOptions, JsonWriteOptions};
pub(in crate::io) use scan::unescape;
pub use sink::JsonSink;
pub use source::JsonSource;
