//! Labelled tables and labelled N-d cubes: read, look, summarise, convert.
#![warn(missing_docs)]

pub mod array;
pub mod cli;
pub mod coding;
pub mod diff;
pub mod doctor;
pub mod dtype;
pub mod error;
pub mod exec;
pub mod frame;
pub mod guide;
pub mod io;
pub mod kernel;
pub mod label;
pub mod open;
pub mod ops;
pub mod plan;
#[cfg(feature = "plot")]
pub mod plot;
pub mod show;
pub mod sql;
pub mod store;

pub use array::{Coords, DataArray, Dataset, Variable};
pub use dtype::{DType, Scalar};
pub use error::{Error, ErrorKind, Place, Result};
pub use frame::{DataFrame, Series};
pub use label::Index;
pub use open::{
    open, open_dataset, open_mfdataset, open_mfdataset_with, read_arrow, read_csv, read_json, read_jsonl, read_parquet, save_mfdataset,
};
pub use store::{Attrs, Column, NdArray};
