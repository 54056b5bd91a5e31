//! LZF (32000), the fast filter of h5py: literal runs and copies of what stands up to 8 kB before.

use super::wrong_size;
use crate::error::{Error, Result};

/// Undoes it.
pub(in crate::io::chunked) fn undo(input: &[u8], out: &mut [u8]) -> Result<()> {
    let damaged = || Error::format("the bytes of the chunk are damaged (lzf)");
    let (mut at, mut to) = (0, 0);
    let next = |at: &mut usize| -> Result<usize> {
        let byte = *input.get(*at).ok_or_else(damaged)?;
        *at += 1;
        Ok(byte.into())
    };
    while at < input.len() {
        let control = next(&mut at)?;
        if control < 32 {
            let n = control + 1;
            let from = input.get(at..at + n).ok_or_else(damaged)?;
            out.get_mut(to..to + n).ok_or_else(damaged)?.copy_from_slice(from);
            (at, to) = (at + n, to + n);
            continue;
        }
        let mut n = control >> 5;
        if n == 7 {
            n += next(&mut at)?;
        }
        let back = ((control & 31) << 8) + next(&mut at)? + 1;
        let n = n + 2;
        let from = to.checked_sub(back).ok_or_else(damaged)?;
        if to + n > out.len() {
            return Err(damaged());
        }
        if back >= n {
            out.copy_within(from..from + n, to);
        } else {
            // A copy that reads what it writes repeats it.
            for i in 0..n {
                out[to + i] = out[from + i];
            }
        }
        to += n;
    }
    if to == out.len() { Ok(()) } else { Err(wrong_size(to, out.len())) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_and_overlapping_copies_are_undone_and_damage_is_found() {
        // "ab", then six bytes from two back: abababab.
        let mut out = [0u8; 8];
        undo(&[1, b'a', b'b', 4 << 5, 1], &mut out).unwrap();
        assert_eq!(&out, b"abababab");
        assert!(undo(&[1, b'a', b'b', 4 << 5, 9], &mut out).is_err());
        assert!(undo(&[1, b'a'], &mut out).is_err());
        assert!(undo(&[1, b'a', b'b'], &mut out).is_err());
    }
}
