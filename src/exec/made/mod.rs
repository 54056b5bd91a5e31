//! Arrays that are made when they are read: random numbers, and what a function of the caller says of each place or block.
//!
//! They are sources like files: nothing of them is held, each block is made on the thread that asks for it, and every part of them
//! has the same values whoever asks for it.

mod function;
mod random;
mod tiles;

pub(in crate::exec) use function::by_chunks;
pub use random::Random;

use crate::array::{Data, DataArray, LazyArray, Variable};
use crate::error::{Error, Result};
use crate::store::{ChunkGrid, ChunkSource};
use std::sync::Arc;

/// Elements of a block in which reading is cheapest.
const BLOCK: usize = 1 << 18;

/// Lengths of dims, where their product is a number of elements.
fn lengths(dims: &[(&str, usize)]) -> Result<Vec<usize>> {
    let shape: Vec<usize> = dims.iter().map(|d| d.1).collect();
    let count = shape.iter().filter(|n| **n > 0).try_fold(8usize, |all, n| all.checked_mul(*n)).filter(|n| *n < isize::MAX as usize);
    count.ok_or_else(|| Error::overflow(format!("an array of shape {shape:?} has too many elements")))?;
    Ok(shape)
}

/// An array without a name over a source.
fn array(dims: &[(&str, usize)], source: impl ChunkSource + 'static) -> Result<DataArray> {
    let data = Data::Lazy(LazyArray::new(Arc::new(source)));
    let variable = Variable::new(dims.iter().map(|d| d.0), data)?;
    Ok(DataArray { name: None, variable, coords: Default::default() })
}

/// Blocks of neighbours of about [`BLOCK`] elements, whole multiples of `unit` where they are cut.
fn blocks(shape: &[usize], unit: &[usize]) -> ChunkGrid {
    let mut chunk: Vec<usize> = unit.to_vec();
    for d in (0..shape.len()).rev() {
        let others: usize = chunk.iter().enumerate().filter(|(o, _)| *o != d).fold(1, |n, (_, &c)| n.saturating_mul(c));
        let most = (BLOCK / others.max(1) / unit[d].max(1)).max(1) * unit[d].max(1);
        chunk[d] = shape[d].min(most);
        if chunk[d] < shape[d] {
            break;
        }
    }
    ChunkGrid::new(shape, &chunk)
}
