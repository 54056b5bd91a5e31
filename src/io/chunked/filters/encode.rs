//! The filters that this crate applies: bytes in, bytes out.

use super::{Contexts, fletcher32, shuffle};
use crate::error::{Error, Result};

/// A filter that this crate applies itself.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::io::chunked) enum Encode {
    /// zlib at this level.
    Deflate(i32),
    /// Bytes of elements of this width apart.
    Shuffle(usize),
    /// A checksum at the end.
    Fletcher32,
    /// Zstandard at this level.
    Zstd(i32),
}

/// What has become of a chunk.
pub(in crate::io::chunked) enum Done {
    /// So many bytes.
    Bytes(usize),
    /// It would not be smaller: the filter is left out.
    LeftOut,
}

impl Encode {
    /// The filter of this registered number and parameters, if it is one of ours.
    pub fn new(id: i32, parameters: &[u32], width: usize) -> Option<Encode> {
        let first = parameters.first().copied();
        Some(match id {
            1 => Encode::Deflate(first.unwrap_or(6).min(9) as i32),
            2 => Encode::Shuffle(first.map_or(width, |w| w as usize)),
            3 => Encode::Fletcher32,
            32015 => Encode::Zstd(first.map_or(3, |l| l as i32)),
            _ => return None,
        })
    }

    /// Bytes that the answer may take.
    pub fn room(&self, input: usize) -> usize {
        match self {
            Encode::Deflate(_) | Encode::Shuffle(_) => input,
            Encode::Fletcher32 => input + 4,
            Encode::Zstd(_) => ::zstd::zstd_safe::compress_bound(input),
        }
    }

    /// Applies it; `out` has [`Encode::room`].
    pub fn apply(&self, contexts: &mut Contexts, input: &[u8], out: &mut [u8]) -> Result<Done> {
        let n = match self {
            Encode::Shuffle(width) => {
                shuffle::apply(*width, input, out);
                input.len()
            }
            Encode::Fletcher32 => {
                let (data, sum) = out.split_at_mut(input.len());
                data.copy_from_slice(input);
                sum.copy_from_slice(&fletcher32::fletcher32(input).to_le_bytes());
                input.len() + 4
            }
            Encode::Deflate(level) => {
                let deflater = match &mut contexts.deflater {
                    Some((l, deflater)) if l == level => deflater,
                    other => {
                        let lvl =
                            libdeflater::CompressionLvl::new(*level).map_err(|_| Error::internal(format!("deflate level {level}")))?;
                        &mut other.insert((*level, libdeflater::Compressor::new(lvl))).1
                    }
                };
                // One byte less than there was is the least that is worth it.
                let most = input.len().saturating_sub(1);
                match deflater.zlib_compress(input, &mut out[..most]) {
                    Ok(n) => n,
                    Err(libdeflater::CompressionError::InsufficientSpace) => return Ok(Done::LeftOut),
                }
            }
            Encode::Zstd(level) => {
                let failed = |e| Error::budget("zstd cannot compress a chunk").because(e);
                let compressor = match &mut contexts.compressor {
                    Some((l, compressor)) if l == level => compressor,
                    other => &mut other.insert((*level, ::zstd::bulk::Compressor::new(*level).map_err(failed)?)).1,
                };
                compressor.compress_to_buffer(input, out).map_err(failed)?
            }
        };
        Ok(Done::Bytes(n))
    }
}
