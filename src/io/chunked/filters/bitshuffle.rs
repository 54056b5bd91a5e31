//! Bitshuffle (32008): bits shuffled in blocks of elements, each block then compressed, or none.

use super::{Contexts, bits, grown, lz4, wrong_size, zstd};
use crate::error::{Error, Result};

/// The width of elements, elements of a block, and what the blocks are compressed with.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::io::chunked) struct Bitshuffle {
    width: usize,
    block: usize,
    codec: Codec,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Codec {
    None,
    Lz4,
    Zstd,
}

/// Bytes that a block has where the file says no number of elements.
const BLOCK: usize = 8192;
/// And elements that it has at least.
const LEAST: usize = 128;

impl Bitshuffle {
    /// What the parameters of the filter say: its version twice, width, block, codec.
    pub fn new(parameters: &[u32], width: usize) -> Option<Bitshuffle> {
        let parameter = |i: usize| parameters.get(i).map_or(0, |&p| p as usize);
        let width = if parameter(2) > 0 { parameter(2) } else { width };
        let codec = match parameter(4) {
            0 => Codec::None,
            2 => Codec::Lz4,
            3 => Codec::Zstd,
            _ => return None,
        };
        let block = if parameter(3) > 0 { parameter(3) } else { (BLOCK / width / 8 * 8).max(LEAST) };
        (block.is_multiple_of(8) && block.checked_mul(width)? < 1 << 30).then_some(Bitshuffle { width, block, codec })
    }

    /// Whether the size may change.
    pub fn compresses(&self) -> bool {
        self.codec != Codec::None
    }

    /// The bytes that come out, where the data say so.
    pub fn size(&self, input: &[u8]) -> Option<usize> {
        if self.codec == Codec::None {
            return Some(input.len());
        }
        usize::try_from(u64::from_be_bytes(*input.first_chunk()?)).ok()
    }

    /// Undoes it.
    pub fn undo(&self, contexts: &mut Contexts, input: &[u8], out: &mut [u8]) -> Result<()> {
        let damaged = || Error::format("the bytes of the chunk are damaged (bitshuffle)");
        let (mut block, mut rest) = (self.block * self.width, input);
        if self.compresses() {
            let (head, after) = input.split_first_chunk::<12>().ok_or_else(damaged)?;
            let size = self.size(head).unwrap_or(usize::MAX);
            if size != out.len() {
                return Err(wrong_size(size, out.len()));
            }
            block = u32::from_be_bytes([head[8], head[9], head[10], head[11]]) as usize;
            if block == 0 || !block.is_multiple_of(8 * self.width) || block > 1 << 30 {
                return Err(damaged());
            }
            rest = after;
        } else if input.len() != out.len() {
            return Err(wrong_size(input.len(), out.len()));
        }
        // Blocks of whole eights of elements; what is left stands as it was.
        let whole = out.len() / (8 * self.width) * (8 * self.width);
        let (blocks, tail) = out.split_at_mut(whole);
        let mut shuffled = std::mem::take(&mut contexts.shuffled);
        let mut planes = std::mem::take(&mut contexts.planes);
        let most = block.min(whole);
        let done = (|| {
            for part in blocks.chunks_mut(block) {
                let planes = &mut grown(&mut planes, most)?[..part.len()];
                if !self.compresses() {
                    let (stored, after) = rest.split_at_checked(part.len()).ok_or_else(damaged)?;
                    rest = after;
                    bits::undo(self.width, stored, planes, part);
                    continue;
                }
                let (n, after) = rest.split_first_chunk::<4>().ok_or_else(damaged)?;
                let (stored, after) = after.split_at_checked(u32::from_be_bytes(*n) as usize).ok_or_else(damaged)?;
                rest = after;
                let shuffled = &mut grown(&mut shuffled, most)?[..part.len()];
                match self.codec {
                    Codec::Zstd => zstd::undo(contexts, stored, shuffled)?,
                    _ => lz4::block(stored, shuffled)?,
                }
                bits::undo(self.width, shuffled, planes, part);
            }
            match rest.get(..tail.len()) {
                Some(last) => tail.copy_from_slice(last),
                None => return Err(damaged()),
            }
            Ok(())
        })();
        (contexts.shuffled, contexts.planes) = (shuffled, planes);
        done
    }
}
