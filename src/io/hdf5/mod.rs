//! HDF5 files as raw cubes: groups of datasets, dimension scales as dimensions, attributes in their exact types.
//!
//! What the conventions make of them is the business of `coding`, as for NetCDF, whose files are HDF5 too; a file that NetCDF-4 wrote
//! gives the same cube both ways. Metadata goes through the library, every call under its one lock ([`ffi`](self)); values are read
//! by [`chunked`](crate::io::chunked), and by the library where that cannot.

mod array;
mod attrs;
mod define;
mod dims;
mod ffi;
mod read;
mod types;
mod values;
mod walk;
mod write;

pub use crate::io::netcdf::ReadBy;
pub use read::{Hdf5ReadOptions, open};
pub use write::{Hdf5Sink, Hdf5WriteOptions};
