//! NumPy's `.npz`: a zip archive of `.npy` members, one array each, stored or deflated. One variable per member.
//!
//! Stored members are used in place in the map of the file. Deflated ones are inflated when a value of them is first asked for: into
//! memory where they are small and the budget has room, else into a temporary file, which is mapped. Nothing is unpacked under a
//! name from the archive.

mod archive;
mod member;
mod read;
mod write;
mod zip;

pub use read::{NpzReadOptions, open};
pub use write::{NpzSink, NpzWriteOptions};
