//! LZ4 as HDF5 has it (32004): the size of the whole and of a block, then blocks, each with its own size; one that did not
//! become smaller stands as it was.

use super::wrong_size;
use crate::error::{Error, Result};

/// Undoes it.
pub(in crate::io::chunked) fn undo(input: &[u8], out: &mut [u8]) -> Result<()> {
    let damaged = || Error::format("the bytes of the chunk are damaged (lz4)");
    let (whole, rest) = input.split_first_chunk::<8>().ok_or_else(damaged)?;
    let (block, mut rest) = rest.split_first_chunk::<4>().ok_or_else(damaged)?;
    let (whole, block) = (u64::from_be_bytes(*whole), u32::from_be_bytes(*block) as usize);
    if whole != out.len() as u64 {
        return Err(wrong_size(usize::try_from(whole).unwrap_or(usize::MAX), out.len()));
    }
    if block == 0 && !out.is_empty() {
        return Err(damaged());
    }
    for part in out.chunks_mut(block.max(1)) {
        let (n, after) = rest.split_first_chunk::<4>().ok_or_else(damaged)?;
        let n = u32::from_be_bytes(*n) as usize;
        let stored = after.get(..n).ok_or_else(damaged)?;
        rest = &after[n..];
        if n == part.len() {
            part.copy_from_slice(stored);
        } else {
            self::block(stored, part)?;
        }
    }
    Ok(())
}

/// Undoes one block of LZ4, of which the size is known.
pub(super) fn block(input: &[u8], out: &mut [u8]) -> Result<()> {
    let damaged = || Error::format("the bytes of the chunk are damaged (lz4)");
    let n = lz4_flex::block::decompress_into(input, out).map_err(|e| damaged().because(e))?;
    if n == out.len() { Ok(()) } else { Err(wrong_size(n, out.len())) }
}
