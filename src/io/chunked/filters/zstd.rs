//! Zstandard (32015).

use super::{Contexts, wrong_size};
use crate::error::{Error, Result};
use zstd::bulk::Decompressor;

/// Undoes it.
pub(in crate::io::chunked) fn undo(contexts: &mut Contexts, input: &[u8], out: &mut [u8]) -> Result<()> {
    let context = match &mut contexts.zstd {
        Some(context) => context,
        none => none.insert(Decompressor::new().map_err(|e| Error::budget("no memory for zstd").because(e))?),
    };
    let n = context.decompress_to_buffer(input, out).map_err(|e| Error::format("the bytes of the chunk are damaged (zstd)").because(e))?;
    if n == out.len() { Ok(()) } else { Err(wrong_size(n, out.len())) }
}
