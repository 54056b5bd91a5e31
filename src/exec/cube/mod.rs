//! Cubes block by block: copies to a sink, and reductions.

mod blocks;
mod chunk;
mod copy;
mod dense;
mod explain;
mod lanes;
mod pairs;
mod rechunk;
mod slabs;
mod whole;

pub(in crate::exec) use blocks::{persist, read_once};
pub use copy::copy;
pub use dense::copy_blocks_to;
pub(in crate::exec) use lanes::{PER_VALUE, lane_blocks, narrowed, through_lanes};
pub use pairs::pairs;
pub(in crate::exec) use rechunk::rechunked;
pub use whole::{Whole, whole};
