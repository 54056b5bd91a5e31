//! The filters of HDF5, each undone in one function: bytes in, bytes out.

pub(super) mod deflate;
pub(super) mod fletcher32;
pub(super) mod lz4;
pub(super) mod lzf;
pub(super) mod shuffle;
pub(super) mod zstd;

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
}

/// What decoders keep between chunks.
#[derive(Default)]
pub(super) struct Contexts {
    pub inflater: Option<libdeflater::Decompressor>,
    pub zstd: Option<::zstd::bulk::Decompressor<'static>>,
}

impl Step {
    /// The filter of this registered number and parameters, if it is one of ours.
    pub fn new(id: i32, parameters: &[u32], width: usize) -> Option<Step> {
        Some(match id {
            1 => Step::Deflate,
            2 => Step::Shuffle(parameters.first().map_or(width, |&w| w as usize)),
            3 => Step::Fletcher32,
            32000 => Step::Lzf,
            32004 => Step::Lz4,
            32015 => Step::Zstd,
            _ => return None,
        })
    }

    /// Whether it makes the data smaller by an amount that only the data tell.
    pub fn compresses(&self) -> bool {
        !matches!(self, Step::Shuffle(_) | Step::Fletcher32)
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
            Step::Shuffle(_) | Step::Fletcher32 => input,
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
