//! TEMPORARY stand-ins.
#![allow(missing_docs)]
#[derive(Clone, Debug, Default)]
pub struct CsvReadOptions;
#[derive(Clone, Debug, Default)]
pub struct CsvWriteOptions;
#[derive(Clone, Debug, Default)]
pub struct RawOptions;
