use super::{Contexts, wrong_size};
use crate::error::{Error, Result};
use libdeflater::{DecompressionError, Decompressor};

/// Inflates a zlib stream, its checksum verified. What follows the stream is not looked at, as the library does.
pub(in crate::io::chunked) fn inflate(contexts: &mut Contexts, input: &[u8], out: &mut [u8]) -> Result<()> {
    match contexts.inflater.get_or_insert_with(Decompressor::new).zlib_decompress(input, out) {
        Ok(n) if n == out.len() => Ok(()),
        Ok(n) => Err(wrong_size(n, out.len())),
        Err(DecompressionError::InsufficientSpace) => {
            Err(Error::format(format!("the chunk inflates to more than its {} bytes", out.len())))
        }
        Err(DecompressionError::BadData) => Err(Error::format("the deflated bytes of the chunk are damaged")),
    }
}
