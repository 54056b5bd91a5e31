//! Chunks of Blosc (32001) and Blosc2: blocks, each shuffled and compressed, of one or several streams.

use super::{Contexts, bits, blosclz, deflate, grown, lz4, shuffle, wrong_size, zstd};
use crate::error::{Error, Result};

/// What undoes the compression of streams.
#[derive(Clone, Copy, Debug)]
enum Codec {
    Blosclz,
    Lz4,
    Snappy,
    Zlib,
    Zstd,
}

/// One step after decompression, on a block.
#[derive(Clone, Copy, Debug)]
enum Undo {
    Shuffle,
    Bitshuffle,
    /// Differences from the first block.
    Delta,
}

/// The header of a chunk.
struct Header {
    /// Its bytes.
    bytes: usize,
    version: u8,
    width: usize,
    size: usize,
    block: usize,
    copied: bool,
    one_stream: bool,
    codec: Codec,
    /// In the order of undoing.
    steps: Vec<Undo>,
    /// The value that stands for the whole chunk: 1 zeros, 2 NaN, 3 the value that follows, 4 anything.
    special: u8,
}

pub(super) fn damaged() -> Error {
    Error::format("the bytes of the chunk are damaged (blosc)")
}

/// The bytes that a chunk becomes, by its header.
pub(in crate::io::chunked) fn size(input: &[u8]) -> Option<usize> {
    word(input, 4)
}

fn word(input: &[u8], at: usize) -> Option<usize> {
    input.get(at..at + 4).and_then(|b| b.try_into().ok()).map(|b| u32::from_le_bytes(b) as usize)
}

impl Header {
    fn read(input: &[u8]) -> Result<Header> {
        let &[version, _, flags, width, ..] = input else { return Err(damaged()) };
        let (Some(size), Some(block), Some(stored)) = (word(input, 4), word(input, 8), word(input, 12)) else { return Err(damaged()) };
        let extended = version > 2 && flags & 5 == 5;
        let bytes = if extended { 32 } else { 16 };
        if stored != input.len() || stored < bytes || size > 0 && (width == 0 || block == 0) || size >= 1 << 31 {
            return Err(damaged());
        }
        let unknown =
            |what: &str, n: u8| Error::unsupported(format!("the chunk is stored with {what} {n} of blosc, which is not known here"));
        let mut steps = Vec::new();
        let (codec, special) = if extended {
            for &filter in input[16..22].iter().rev() {
                match filter {
                    // The fourth only drops digits when it is applied.
                    0 | 4 => (),
                    1 => steps.push(Undo::Shuffle),
                    2 => steps.push(Undo::Bitshuffle),
                    3 => steps.push(Undo::Delta),
                    other => return Err(unknown("filter", other)),
                }
            }
            if input[31] & 1 != 0 {
                return Err(Error::unsupported("the chunk is compressed with a dictionary of blosc, which is not known here"));
            }
            let codec = match input[22] {
                0 => Codec::Blosclz,
                1 | 2 => Codec::Lz4,
                4 => Codec::Zlib,
                5 => Codec::Zstd,
                other => return Err(unknown("codec", other)),
            };
            (codec, input[31] >> 4 & 7)
        } else {
            if flags & 4 != 0 {
                steps.push(Undo::Bitshuffle);
            } else if flags & 1 != 0 {
                steps.push(Undo::Shuffle);
            }
            let codec = match flags >> 5 {
                0 => Codec::Blosclz,
                1 => Codec::Lz4,
                2 => Codec::Snappy,
                3 => Codec::Zlib,
                4 => Codec::Zstd,
                other => return Err(unknown("codec", other)),
            };
            (codec, 0)
        };
        let (copied, one_stream) = (flags & 2 != 0, flags & 16 != 0);
        Ok(Header { bytes, version, width: width.into(), size, block, copied, one_stream, codec, steps, special })
    }

    /// Streams of a block: one for each byte of an element where blocks are split.
    fn streams(&self, is_last_part: bool) -> usize {
        // Before there was a flag for it, version 1 did so for blocks that are large enough.
        let large = self.version > 2 || self.width <= 16 && self.block / self.width >= 128;
        if self.one_stream || is_last_part || !large { 1 } else { self.width }
    }
}

/// Undoes a chunk.
pub(in crate::io::chunked) fn undo(contexts: &mut Contexts, input: &[u8], out: &mut [u8]) -> Result<()> {
    let header = Header::read(input)?;
    if header.size != out.len() {
        return Err(wrong_size(header.size, out.len()));
    }
    if header.special != 0 {
        return special(header.special, header.width, &input[header.bytes..], out);
    }
    if header.copied {
        out.copy_from_slice(input.get(header.bytes..header.bytes + out.len()).ok_or_else(damaged)?);
        return Ok(());
    }
    let most = header.block.min(out.len());
    let mut now = std::mem::take(&mut contexts.shuffled);
    let mut room = std::mem::take(&mut contexts.planes);
    let done = blocks(&header, contexts, input, out, (grown(&mut now, most)?, grown(&mut room, most)?));
    (contexts.shuffled, contexts.planes) = (now, room);
    done
}

/// A chunk of one value.
pub(super) fn special(kind: u8, width: usize, value: &[u8], out: &mut [u8]) -> Result<()> {
    let nan: &[u8] = match width {
        4 => &f32::NAN.to_le_bytes(),
        8 => &f64::NAN.to_le_bytes(),
        _ => &[],
    };
    let value = match kind {
        1 | 4 => &[0],
        2 if !nan.is_empty() => nan,
        3 => value.get(..width).filter(|v| !v.is_empty()).ok_or_else(damaged)?,
        _ => return Err(damaged()),
    };
    out.chunks_mut(value.len()).for_each(|e| e.copy_from_slice(&value[..e.len()]));
    Ok(())
}

fn blocks(header: &Header, contexts: &mut Contexts, input: &[u8], out: &mut [u8], (now, room): (&mut [u8], &mut [u8])) -> Result<()> {
    let count = out.len().div_ceil(header.block.max(1));
    for i in 0..count {
        let start = i * header.block;
        let n = header.block.min(out.len() - start);
        let begin = word(input, header.bytes + 4 * i).ok_or_else(damaged)?;
        let streams = input.get(begin..).ok_or_else(damaged)?;
        let is_last_part = n < header.block;
        let Some((last, first)) = header.steps.split_last() else {
            decompress(header, contexts, streams, is_last_part, &mut out[start..start + n])?;
            continue;
        };
        decompress(header, contexts, streams, is_last_part, &mut now[..n])?;
        // Most blocks have one step, which brings them to their place.
        for step in first {
            back(header, *step, i, (&now[..n], &mut contexts.more), &mut room[..n], &out[..start])?;
            now[..n].copy_from_slice(&room[..n]);
        }
        let (before, place) = out.split_at_mut(start);
        match last {
            Undo::Bitshuffle => bitshuffle(header, &now[..n], &mut room[..n], &mut place[..n]),
            step => back(header, *step, i, (&now[..n], &mut contexts.more), &mut place[..n], before)?,
        }
    }
    Ok(())
}

/// Undoes one step of block number `block`; `before` is what was decoded before it.
fn back(header: &Header, step: Undo, block: usize, (input, room): (&[u8], &mut Vec<u8>), out: &mut [u8], before: &[u8]) -> Result<()> {
    match step {
        Undo::Shuffle => shuffle::undo(header.width, input, out),
        Undo::Bitshuffle => bitshuffle(header, input, grown(room, input.len())?, out),
        Undo::Delta if block == 0 => {
            let width = match header.width {
                w @ (1 | 2 | 4 | 8) => w,
                w if w.is_multiple_of(8) => 8,
                _ => 1,
            };
            out.copy_from_slice(input);
            for i in width..out.len() {
                out[i] ^= out[i - width];
            }
        }
        Undo::Delta => {
            let first = before.get(..out.len()).ok_or_else(damaged)?;
            for ((o, &i), &f) in out.iter_mut().zip(input).zip(first) {
                *o = i ^ f;
            }
        }
    }
    Ok(())
}

fn bitshuffle(header: &Header, input: &[u8], room: &mut [u8], out: &mut [u8]) {
    // The first version leaves blocks as they are that are not whole eights of elements.
    if header.version <= 2 && !(input.len() / header.width).is_multiple_of(8) || input.len() < header.width {
        out.copy_from_slice(input);
    } else {
        bits::undo(header.width, input, room, out);
    }
}

fn decompress(header: &Header, contexts: &mut Contexts, mut input: &[u8], is_last_part: bool, out: &mut [u8]) -> Result<()> {
    let streams = header.streams(is_last_part);
    if !out.len().is_multiple_of(streams) {
        return Err(damaged());
    }
    let each = out.len() / streams;
    for part in out.chunks_exact_mut(each.max(1)) {
        let (n, rest) = input.split_first_chunk::<4>().ok_or_else(damaged)?;
        let n = i32::from_le_bytes(*n);
        // Blosc2 has runs of one byte in place of streams.
        if n <= 0 && header.version > 2 {
            let skip = (n < 0) as usize;
            if skip == 1 && rest.first().is_none_or(|token| token & 1 == 0) {
                return Err(damaged());
            }
            part.fill(n.unsigned_abs() as u8);
            input = &rest[skip..];
            continue;
        }
        let n = usize::try_from(n).map_err(|_| damaged())?;
        let (stream, after) = rest.split_at_checked(n).ok_or_else(damaged)?;
        input = after;
        if n == part.len() {
            part.copy_from_slice(stream);
            continue;
        }
        match header.codec {
            Codec::Blosclz => blosclz::undo(stream, part).filter(|&n| n == part.len()).map(|_| ()).ok_or_else(damaged)?,
            Codec::Lz4 => lz4::block(stream, part)?,
            Codec::Snappy => {
                let n = snap::raw::Decoder::new().decompress(stream, part).map_err(|e| damaged().because(e))?;
                if n != part.len() {
                    return Err(wrong_size(n, part.len()));
                }
            }
            Codec::Zlib => deflate::inflate(contexts, stream, part)?,
            Codec::Zstd => zstd::undo(contexts, stream, part)?,
        }
    }
    Ok(())
}
