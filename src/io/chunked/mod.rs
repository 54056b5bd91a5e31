//! Arrays in files read by all cores: chunks are found once through the library, then read and decoded here, outside its lock.
//!
//! What is served: HDF5 (and so NetCDF-4) datasets that are chunked, contiguous or compact, of integers, floats, enumerations
//! and single characters, in either byte order, with any filters of [`filters`](self); and plain arrays at a known place of a
//! file, such as those of classic NetCDF files. Anything else is said to be unsupported by [`ChunkedArray::prepare`], and is then
//! read by the library, with the same values.
//!
//! The other way, an [`Encoder`] makes finished chunks of values on any thread, and `DirectDataset` hands them to the library.
//!
//! Bytes are read by position, not through a memory map: a file that becomes shorter meanwhile ends in an error, where a map
//! would end the process; the bytes of a chunk go to a buffer that stays in the cache of its thread.

pub(super) mod copy;
mod direct;
mod encode;
mod file;
mod filters;
mod hdf5;
mod layout;
mod lengths;
pub(super) mod pieces;
mod pipeline;
mod plugin;
mod source;

pub(super) use direct::{DirectDataset, DirectFile};
pub use encode::Encoder;
pub use file::DataFile;
pub(super) use hdf5::{check_sums_of, extent, take_over};
pub(super) use lengths::{check_lengths, check_texts};
pub use pipeline::undo_filter;
pub(super) use plugin::{hand_over, register};
pub use source::ChunkedArray;
