//! Blosc2 (32026): a frame with one chunk in it, the elements of which may stand in blocks of several dimensions.

use super::blosc::{self, damaged};
use super::{Contexts, grown, wrong_size};
use crate::error::{Error, Result};

/// The head of a frame.
struct Frame {
    /// Where the chunk begins.
    begin: usize,
    /// Bytes of it.
    stored: usize,
    /// And decoded.
    size: usize,
    width: usize,
    chunk: usize,
    blocks: Option<Blocks>,
}

/// Elements that stand block by block.
#[derive(Debug, Default)]
struct Blocks {
    shape: Vec<usize>,
    chunk: Vec<usize>,
    block: Vec<usize>,
}

fn number<const N: usize>(input: &[u8], at: usize) -> Option<usize> {
    let mut wide = [0; 8];
    wide[8 - N..].copy_from_slice(input.get(at..at + N)?);
    usize::try_from(i64::from_be_bytes(wide)).ok()
}

impl Frame {
    /// The fixed places of the head, numbers big-endian.
    fn read(input: &[u8]) -> Option<Frame> {
        if input.get(2..9)? != b"b2frame" || number::<8>(input, 16)? > input.len() {
            return None;
        }
        let frame = Frame {
            begin: number::<4>(input, 11)?,
            stored: number::<8>(input, 39)?,
            size: number::<8>(input, 30)?,
            width: number::<4>(input, 48)?,
            chunk: number::<4>(input, 58)?,
            blocks: None,
        };
        let head = input.get(..frame.begin)?;
        Some(Frame { blocks: Blocks::read(head), ..frame })
    }
}

impl Blocks {
    /// What the metadata named `b2nd` say: a version, the number of dimensions, then lengths of the whole, of a chunk, of a block.
    fn read(head: &[u8]) -> Option<Blocks> {
        const NAME: &[u8] = b"\xa4b2nd\xd2";
        let at = head.windows(NAME.len()).position(|w| w == NAME)? + NAME.len();
        let mut at = number::<4>(head, at)? + 5;
        if *head.get(at)? & 0xf0 != 0x90 {
            return None;
        }
        let rank = usize::from(*head.get(at + 2)?);
        at += 3;
        let mut list = |wide: bool| {
            let count = usize::from(*head.get(at)?).checked_sub(0x90).filter(|&n| n == rank)?;
            at += 1;
            (0..count)
                .map(|_| {
                    let n = if wide { number::<8>(head, at + 1)? } else { number::<4>(head, at + 1)? };
                    at += if wide { 9 } else { 5 };
                    (n > 0).then_some(n)
                })
                .collect::<Option<Vec<usize>>>()
        };
        Some(Blocks { shape: list(true)?, chunk: list(false)?, block: list(false)? })
    }

    /// Bytes of the whole, without what fills up blocks.
    fn size(&self, width: usize) -> Option<usize> {
        self.shape.iter().try_fold(width, |n, &s| n.checked_mul(s))
    }

    /// Brings rows of blocks to their places.
    fn place(&self, width: usize, input: &[u8], out: &mut [u8]) -> Result<()> {
        let Blocks { shape, chunk, block } = self;
        let rank = shape.len();
        let Some(last) = rank.checked_sub(1) else {
            out.copy_from_slice(input.get(..out.len()).ok_or_else(damaged)?);
            return Ok(());
        };
        if shape.iter().zip(chunk).any(|(s, c)| s > c) {
            return Err(damaged());
        }
        let grid: Vec<usize> = chunk.iter().zip(block).map(|(c, b)| c.div_ceil(*b)).collect();
        let row = block[last].checked_mul(width).ok_or_else(damaged)?;
        // Rows in the order in which they stand: over blocks, then over rows of a block.
        let rows: usize = block[..last].iter().product();
        for (i, bytes) in input.chunks_exact(row).enumerate() {
            let (mut number, mut within) = (i / rows, i % rows);
            let (mut to, mut step, mut inside) = (0, 1, true);
            let mut first = 0;
            for d in (0..rank).rev() {
                let mut at = number % grid[d] * block[d];
                number /= grid[d];
                if d < last {
                    at += within % block[d];
                    within /= block[d];
                } else {
                    first = at;
                }
                inside &= at < shape[d];
                to += at * step;
                step *= shape[d];
            }
            if inside {
                let n = block[last].min(shape[last] - first) * width;
                out.get_mut(to * width..to * width + n).ok_or_else(damaged)?.copy_from_slice(&bytes[..n]);
            }
        }
        Ok(())
    }
}

/// The bytes that come out, where the frame says so.
pub(in crate::io::chunked) fn size(input: &[u8]) -> Option<usize> {
    let frame = Frame::read(input)?;
    frame.blocks.as_ref().map_or(Some(frame.size), |b| b.size(frame.width))
}

/// Undoes it.
pub(in crate::io::chunked) fn undo(contexts: &mut Contexts, input: &[u8], out: &mut [u8]) -> Result<()> {
    let frame = Frame::read(input).ok_or_else(damaged)?;
    let told = size(input).unwrap_or(usize::MAX);
    if told != out.len() {
        return Err(wrong_size(told, out.len()));
    }
    if frame.size > frame.chunk {
        return Err(Error::unsupported("the chunk is a frame of several chunks of blosc2, which are not read here"));
    }
    let Some(blocks) = &frame.blocks else { return chunk(contexts, &frame, input, out) };
    let in_blocks =
        blocks.chunk.iter().zip(&blocks.block).try_fold(frame.width, |n, (c, b)| n.checked_mul(c.div_ceil(*b).checked_mul(*b)?));
    if in_blocks != Some(frame.size) || frame.size > out.len().saturating_mul(1 << 10) {
        return Err(damaged());
    }
    if frame.size == out.len() && blocks.block[1.min(blocks.block.len())..] == blocks.shape[1.min(blocks.shape.len())..] {
        return chunk(contexts, &frame, input, out);
    }
    let mut room = std::mem::take(&mut contexts.blocks);
    let done = grown(&mut room, frame.size).and_then(|room| {
        chunk(contexts, &frame, input, room)?;
        blocks.place(frame.width, room, out)
    });
    contexts.blocks = room;
    done
}

/// The one chunk. A list of where chunks begin follows them, itself a chunk; in place of a place it may say a value.
fn chunk(contexts: &mut Contexts, frame: &Frame, input: &[u8], out: &mut [u8]) -> Result<()> {
    let chunks = input.get(frame.begin..).ok_or_else(damaged)?;
    let list = chunks.get(frame.stored..).ok_or_else(damaged)?;
    let stored = list.get(12..16).and_then(|b| b.try_into().ok()).map(|b| u32::from_le_bytes(b) as usize).ok_or_else(damaged)?;
    let mut begin = [0u8; 8];
    blosc::undo(contexts, list.get(..stored).ok_or_else(damaged)?, &mut begin)?;
    let begin = i64::from_le_bytes(begin);
    if begin < 0 {
        return blosc::special((begin >> 56 & 7) as u8, frame.width, &[], out);
    }
    let chunk = usize::try_from(begin).ok().and_then(|b| chunks.get(b..)).ok_or_else(damaged)?;
    let stored = chunk.get(12..16).and_then(|b| b.try_into().ok()).map(|b| u32::from_le_bytes(b) as usize).ok_or_else(damaged)?;
    blosc::undo(contexts, chunk.get(..stored).ok_or_else(damaged)?, out)
}
