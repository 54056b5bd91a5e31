//! Files: one folder per format, and the one table of formats.

mod arrow_schema;
mod capability;
pub mod chunked;
mod codec;
pub mod csv;
pub(crate) mod dense;
mod file;
mod folder;
mod format;
mod guard;
pub mod hdf5;
pub mod ipc;
pub mod json;
mod leftover;
pub mod netcdf;
pub mod npy;
pub mod npz;
pub mod parquet;
pub mod raw;
pub mod text;
#[cfg(feature = "zarr")]
pub mod zarr;

pub use capability::{Holds, support_matrix};
pub use codec::Codec;
pub(crate) use file::folder_is_there;
pub use file::{Output, Overwrite, map, remove_unfinished};
pub use folder::{OutputFolder, may_replace};
pub use format::{Format, Kind};
