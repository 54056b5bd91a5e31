//! NetCDF files, NetCDF-4 and classic, as raw cubes: values as stored, attributes in their exact types, groups, unlimited
//! dimensions. What the conventions make of them is the business of `coding`.
//!
//! The metadata of NetCDF-4 goes through the C library, every call under its one lock ([`ffi`](self)); classic files (CDF-1, CDF-2,
//! CDF-5) are read here, from a header that is checked against the size of the file. Values of both are read by
//! [`chunked`](crate::io::chunked), those of NetCDF-4 by the library where that cannot.

pub(in crate::io) mod array;
mod attrs;
mod classic;
pub(in crate::io) mod define;
pub(in crate::io) mod ffi;
pub(in crate::io) mod flat;
pub(in crate::io) mod heap;
pub(in crate::io) mod kind;
mod lists;
pub(in crate::io) mod read;
pub(in crate::io) mod slab;
pub(in crate::io) mod types;
mod write;
mod zstd;

pub use kind::{NetcdfFacts, NetcdfKind, facts};
pub use read::{NetcdfReadOptions, ReadBy, open};
pub use write::{NetcdfFormat, NetcdfSink, NetcdfWriteOptions};
