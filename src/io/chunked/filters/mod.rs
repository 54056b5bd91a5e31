//! The filters of HDF5, each undone in one function: bytes in, bytes out.

mod aec;
mod bits;
mod bitshuffle;
mod blosc;
mod blosc2;
mod blosclz;
mod bzip2;
pub(super) mod deflate;
mod encode;
pub(super) mod fletcher32;
pub(super) mod lz4;
pub(super) mod lzf;
pub(super) mod shuffle;
mod szip;
pub(super) mod zstd;

pub(super) use encode::{Done, Encode};

use crate::error::{Error, Result};

/// A filter that this crate undoes itself.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Step {
    /// zlib.
    Deflate,
    /// Bytes of elements of this width apart.
    Shuffle(usize),
    /// A checksum at the end.
    Fletcher32,
    /// LZF, of h5py.
    Lzf,
    /// LZ4 in blocks.
    Lz4,
    /// Zstandard.
    Zstd,
    /// bzip2.
    Bzip2,
    /// Bits apart, and LZ4 or Zstandard, or neither.
    Bitshuffle(bitshuffle::Bitshuffle),
    /// Blosc, all its codecs.
    Blosc,
    /// Blosc2 in frames.
    Blosc2,
    /// Entropy coding.
    Szip(szip::Szip),
}

/// What decoders and encoders keep between chunks.
#[derive(Default)]
pub(super) struct Contexts {
    pub inflater: Option<libdeflater::Decompressor>,
    pub zstd: Option<::zstd::bulk::Decompressor<'static>>,
    /// For writing, with the level that they have.
    pub deflater: Option<(i32, libdeflater::Compressor)>,
    pub compressor: Option<(i32, ::zstd::bulk::Compressor<'static>)>,
    /// Room for steps within a filter.
    shuffled: Vec<u8>,
    planes: Vec<u8>,
    more: Vec<u8>,
    blocks: Vec<u8>,
}

impl Contexts {
    /// Bytes of the buffers.
    pub fn room(&self) -> usize {
        [&self.shuffled, &self.planes, &self.more, &self.blocks].into_iter().map(Vec::capacity).sum()
    }
}

impl Step {
    /// The filter of this registered number and parameters, if it is one of ours.
    pub fn new(id: i32, parameters: &[u32], width: usize) -> Option<Step> {
        Some(match id {
            1 => Step::Deflate,
            2 => Step::Shuffle(parameters.first().map_or(width, |&w| w as usize)),
            3 => Step::Fletcher32,
            4 => Step::Szip(szip::Szip::new(parameters)?),
            307 => Step::Bzip2,
            32000 => Step::Lzf,
            32001 => Step::Blosc,
            32004 => Step::Lz4,
            32008 => Step::Bitshuffle(bitshuffle::Bitshuffle::new(parameters, width)?),
            32015 => Step::Zstd,
            32026 => Step::Blosc2,
            _ => return None,
        })
    }

    /// Whether it makes the data smaller by an amount that only the data tell.
    pub fn compresses(&self) -> bool {
        match self {
            Step::Shuffle(_) | Step::Fletcher32 => false,
            Step::Bitshuffle(b) => b.compresses(),
            _ => true,
        }
    }

    /// Whether undoing it leaves the bytes where they are.
    pub fn stays_in_place(&self) -> bool {
        matches!(self, Step::Fletcher32 | Step::Shuffle(0 | 1))
    }

    /// The most that `input` bytes can become, to refuse a size that cannot be before memory is asked for.
    pub fn most(&self, input: usize) -> usize {
        match self {
            Step::Deflate => input.saturating_mul(1032).saturating_add(64),
            Step::Lzf => input.saturating_mul(88).saturating_add(64),
            Step::Lz4 => input.saturating_mul(255).saturating_add(64),
            // A block of three bytes and one more can stand for 128 kB of the same byte.
            Step::Zstd => input.saturating_mul(1 << 17),
            // Runs of one byte of any length take the room of one.
            Step::Bzip2 | Step::Blosc | Step::Blosc2 => usize::MAX,
            Step::Szip(_) => input.saturating_mul(1 << 13).saturating_add(64),
            Step::Bitshuffle(b) if b.compresses() => input.saturating_mul(1 << 17),
            Step::Shuffle(_) | Step::Fletcher32 | Step::Bitshuffle(_) => input,
        }
    }

    /// The bytes that come out, where the data themselves say so.
    pub fn size(&self, input: &[u8]) -> Option<usize> {
        match self {
            Step::Lz4 => input.first_chunk().and_then(|n| usize::try_from(u64::from_be_bytes(*n)).ok()),
            Step::Bitshuffle(b) => b.size(input),
            Step::Blosc => blosc::size(input),
            Step::Blosc2 => blosc2::size(input),
            Step::Szip(s) => s.size(input),
            _ => None,
        }
    }

    /// Undoes it where it stays in place: how many of the bytes remain.
    pub fn check(&self, input: &[u8]) -> Result<usize> {
        match self {
            Step::Fletcher32 => fletcher32::check(input),
            _ => Ok(input.len()),
        }
    }

    /// Undoes it; the answer fills `out`.
    pub fn undo(&self, contexts: &mut Contexts, input: &[u8], out: &mut [u8]) -> Result<()> {
        match self {
            Step::Deflate => deflate::inflate(contexts, input, out),
            Step::Shuffle(width) => same(input, out).map(|()| shuffle::undo(*width, input, out)),
            Step::Lzf => lzf::undo(input, out),
            Step::Lz4 => lz4::undo(input, out),
            Step::Zstd => zstd::undo(contexts, input, out),
            Step::Bzip2 => bzip2::undo(input, out),
            Step::Bitshuffle(b) => b.undo(contexts, input, out),
            Step::Blosc => blosc::undo(contexts, input, out),
            Step::Blosc2 => blosc2::undo(contexts, input, out),
            Step::Szip(s) => s.undo(contexts, input, out),
            Step::Fletcher32 => {
                let n = fletcher32::check(input)?;
                same(&input[..n], out).map(|()| out.copy_from_slice(&input[..n]))
            }
        }
    }
}

fn same(input: &[u8], out: &[u8]) -> Result<()> {
    if input.len() == out.len() { Ok(()) } else { Err(wrong_size(input.len(), out.len())) }
}

/// The chunk is not of the size that the array says.
pub(super) fn wrong_size(got: usize, want: usize) -> Error {
    Error::format(format!("the chunk decodes to {got} bytes, not {want}"))
}

/// The first `bytes` of a buffer, which grows where it must.
pub(super) fn grown(buffer: &mut Vec<u8>, bytes: usize) -> Result<&mut [u8]> {
    if buffer.len() < bytes {
        let more = bytes - buffer.len();
        buffer.try_reserve_exact(more).map_err(|_| {
            Error::budget(format!("a chunk takes {bytes} bytes, which the system does not give"))
                .help("rewrite the file with smaller chunks: nccopy -c")
        })?;
        buffer.resize(bytes, 0);
    }
    Ok(&mut buffer[..bytes])
}
