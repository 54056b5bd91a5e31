//! bzip2 (307).

use super::wrong_size;
use crate::error::{Error, Result};
use bzip2::{Decompress, Status};

/// Undoes it.
pub(in crate::io::chunked) fn undo(input: &[u8], out: &mut [u8]) -> Result<()> {
    let damaged = || Error::format("the bytes of the chunk are damaged (bzip2)");
    let mut decoder = Decompress::new(false);
    loop {
        let (read, written) = (decoder.total_in() as usize, decoder.total_out() as usize);
        let (from, to) = (input.get(read..).unwrap_or(&[]), out.get_mut(written..).unwrap_or(&mut []));
        match decoder.decompress(from, to).map_err(|e| damaged().because(e))? {
            Status::StreamEnd => break,
            // Nothing moves: the stream is cut off, or holds more than there is room for.
            _ if (read, written) == (decoder.total_in() as usize, decoder.total_out() as usize) => return Err(damaged()),
            _ => (),
        }
    }
    let n = decoder.total_out() as usize;
    if n == out.len() { Ok(()) } else { Err(wrong_size(n, out.len())) }
}
