use super::KeyColumn;
use arrow::buffer::NullBuffer;
use foldhash::fast::FixedState;
use rayon::prelude::*;
use std::hash::BuildHasher;

const PIECE: usize = 64 * 1024;

/// What stands for a missing key.
const MISSING: u64 = 0x6d69_7373_696e_6721;

/// A number spread over all bits.
#[inline]
pub(super) fn spread(x: u64) -> u64 {
    // The finisher of splitmix64: every bit of the result depends on every bit of the number, and no two numbers share one.
    let z = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Two hashes as one.
#[inline]
pub fn combine(a: u64, b: u64) -> u64 {
    spread(a.rotate_left(23) ^ b.wrapping_mul(0x9e37_79b9_7f4a_7c15))
}

#[inline]
fn fill(out: &mut [u64], start: usize, first: bool, valid: Option<&NullBuffer>, hash: impl Fn(usize) -> u64) {
    match (first, valid) {
        (true, None) => out.iter_mut().enumerate().for_each(|(i, o)| *o = hash(start + i)),
        (false, None) => out.iter_mut().enumerate().for_each(|(i, o)| *o = combine(*o, hash(start + i))),
        (first, Some(valid)) => {
            for (i, o) in out.iter_mut().enumerate() {
                // What stands in a missing place means nothing and is not looked at.
                let hash = if valid.is_valid(start + i) { hash(start + i) } else { MISSING };
                *o = if first { hash } else { combine(*o, hash) };
            }
        }
    }
}

/// A hash of each row over all key columns: the same for the same values on any machine and in any run.
pub fn hashes(keys: &[KeyColumn]) -> Vec<u64> {
    let rows = keys.first().map_or(0, KeyColumn::len);
    let mut out = vec![0u64; rows];
    let state = FixedState::with_seed(0x6870_6461);
    for (nth, key) in keys.iter().enumerate() {
        let (first, valid) = (nth == 0, key.valid());
        out.par_chunks_mut(PIECE).enumerate().for_each(|(piece, out)| {
            let start = piece * PIECE;
            match key {
                KeyColumn::Words { words, .. } => fill(out, start, first, valid, |i| spread(words[i])),
                KeyColumn::Wide { words, .. } => {
                    fill(out, start, first, valid, |i| combine(spread(words[i] as u64), (words[i] >> 64) as u64));
                }
                KeyColumn::Bytes(array) => {
                    let views = array.views();
                    fill(out, start, first, valid, |i| {
                        // Short texts are their views, so equal texts have equal views.
                        if views[i] as u32 <= 12 {
                            combine(spread(views[i] as u64), (views[i] >> 64) as u64)
                        } else {
                            state.hash_one(array.value(i))
                        }
                    });
                }
            }
        });
    }
    out
}
