//! What CSV and JSON share: where text comes from and where it goes, compressed or not.

mod blocks;
mod input;
mod output;
mod packing;
mod unpack;

pub use blocks::TextBlocks;
pub use input::TextInput;
pub(in crate::io) use input::{Text, line_breaks};
pub(in crate::io) use output::Lines;
pub use output::TextTarget;
pub use packing::Packing;
pub(crate) use unpack::first_bytes_inside;
