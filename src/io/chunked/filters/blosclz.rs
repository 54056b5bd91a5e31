//! The codec of Blosc's own, of the family of LZ77 with bytes only: literal runs and copies of what stands up to 72 kB before.

/// Distances up to this one have 13 bits, longer ones 16 more.
const NEAR: usize = 8191;

/// Undoes it: how many bytes came out; none where the input is damaged or there is no room.
pub(super) fn undo(input: &[u8], out: &mut [u8]) -> Option<usize> {
    let (mut at, mut to) = (0, 0);
    let next = |at: &mut usize| -> Option<usize> {
        let byte = *input.get(*at)?;
        *at += 1;
        Some(byte.into())
    };
    // A stream begins with literals; the upper bits of its first byte say the version.
    let mut control = next(&mut at)? & 31;
    loop {
        if control < 32 {
            let n = control + 1;
            out.get_mut(to..to + n)?.copy_from_slice(input.get(at..at + n)?);
            (at, to) = (at + n, to + n);
        } else {
            let mut n = (control >> 5) - 1;
            let high = (control & 31) << 8;
            if n == 6 {
                loop {
                    let more = next(&mut at)?;
                    n += more;
                    if more != 255 {
                        break;
                    }
                }
            }
            let low = next(&mut at)?;
            let back = if low == 255 && high == 31 << 8 { (next(&mut at)? << 8) + next(&mut at)? + NEAR + 1 } else { high + low + 1 };
            copy(out, to, back, n + 3)?;
            to += n + 3;
        }
        if at == input.len() {
            return Some(to);
        }
        control = next(&mut at)?;
    }
}

/// Copies what stands `back` bytes before; where that reaches into what is written, it repeats.
fn copy(out: &mut [u8], to: usize, back: usize, n: usize) -> Option<()> {
    let from = to.checked_sub(back)?;
    let end = to.checked_add(n).filter(|&e| e <= out.len())?;
    // Each round doubles what can be copied at once.
    let mut done = to;
    while done < end {
        let part = (done - from).min(end - done);
        out.copy_within(from..from + part, done);
        done += part;
    }
    Some(())
}
