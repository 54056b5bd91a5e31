//! Zarr stores in folders, version 2 and 3, as raw cubes: values as stored, attributes as JSON has them, groups. What the
//! conventions make of them is the business of `coding`.
//!
//! Metadata, names of chunks and codecs come from the `zarrs` crate. The usual codecs (zstd, gzip, zlib, bz2, blosc, crc32c, shuffle,
//! transpose, shards) are undone here, straight into the result and with a bound on what may come out of a chunk; all others by
//! the crate.

mod array;
mod codecs;
mod encode;
mod json;
mod layout;
mod plan;
mod read;
mod shards;
mod steps;
mod store;
mod tree;
mod write;

pub use codecs::{ZarrCodec, parse_compress};
pub use read::{ZarrFacts, ZarrReadOptions, facts, open};
pub use store::{bytes_of, is_store};
pub use write::{ZarrSink, ZarrWriteOptions};
