//! Adaptive entropy coding of CCSDS 121.0: samples in blocks, each block coded in the way that suited it best.

use crate::error::{Error, Result};

/// How a stream is coded.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Coding {
    /// Bits of a sample, 1 to 32.
    pub bits: u32,
    /// Samples of a block.
    pub block: usize,
    /// Blocks from one reference sample to the next.
    pub interval: usize,
    /// Whether the samples are differences from their neighbours.
    pub differences: bool,
}

fn damaged() -> Error {
    Error::format("the bytes of the chunk are damaged (szip)")
}

/// Bits from the first byte's highest on.
struct Bits<'a> {
    bytes: &'a [u8],
    /// Bits not yet taken, at the top.
    held: u64,
    count: u32,
}

impl Bits<'_> {
    fn fill(&mut self) {
        while self.count <= 56 {
            let Some((&byte, rest)) = self.bytes.split_first() else { break };
            self.bytes = rest;
            self.held |= u64::from(byte) << (56 - self.count);
            self.count += 8;
        }
    }

    /// The next `n` bits, at most 32.
    fn take(&mut self, n: u32) -> Result<u32> {
        if n == 0 {
            return Ok(0);
        }
        if self.count < n {
            self.fill();
            if self.count < n {
                return Err(damaged());
            }
        }
        let value = (self.held >> (64 - n)) as u32;
        self.held <<= n;
        self.count -= n;
        Ok(value)
    }

    /// How many zeros stand before the next one, which is taken too.
    fn zeros(&mut self) -> Result<u32> {
        let mut n = 0;
        loop {
            self.fill();
            let lead = self.held.leading_zeros();
            if lead < self.count {
                self.held = if lead == 63 { 0 } else { self.held << (lead + 1) };
                self.count -= lead + 1;
                return Ok(n + lead);
            }
            if self.bytes.is_empty() || n > 1 << 30 {
                return Err(damaged());
            }
            n += self.count;
            (self.held, self.count) = (0, 0);
        }
    }
}

/// Decodes until `put` has got `samples` samples.
pub(super) fn decode(coding: &Coding, input: &[u8], samples: usize, mut put: impl FnMut(u32)) -> Result<()> {
    let Coding { bits, block, interval, differences } = *coding;
    let option_bits = if bits > 16 {
        5
    } else if bits > 8 {
        4
    } else {
        3
    };
    let uncompressed = (1 << option_bits) - 1;
    let mut reader = Bits { bytes: input, held: 0, count: 0 };
    // One interval at a time, as coded, then made samples of.
    let mut coded = vec![0u32; block * interval];
    let mut left = samples;
    while left > 0 {
        let blocks = interval.min(left.div_ceil(block));
        let mut at = 0;
        while at < blocks {
            let part = &mut coded[at * block..];
            let first = (differences && at == 0) as usize;
            let option = reader.take(option_bits)?;
            if option == uncompressed {
                for value in &mut part[..block] {
                    *value = reader.take(bits)?;
                }
            } else if option == 0 {
                let second_extension = reader.take(1)? == 1;
                if first == 1 {
                    part[0] = reader.take(bits)?;
                }
                if second_extension {
                    pairs(&mut reader, first, &mut part[..block])?;
                } else {
                    let run = zero_blocks(reader.zeros()?, at, interval);
                    if at + run > interval {
                        return Err(damaged());
                    }
                    part[first..run * block].fill(0);
                    at += run;
                    continue;
                }
            } else {
                let low = option - 1;
                if first == 1 {
                    part[0] = reader.take(bits)?;
                }
                for value in &mut part[first..block] {
                    *value = reader.zeros()?.checked_shl(low).unwrap_or(0);
                }
                if low > 0 {
                    for value in &mut part[first..block] {
                        *value |= reader.take(low)?;
                    }
                }
            }
            at += 1;
        }
        let n = left.min(block * interval);
        if differences {
            sum(bits, &coded[..n], &mut put)
        } else {
            coded[..n].iter().for_each(|&v| put(v))
        }
        left -= n;
    }
    Ok(())
}

/// How many blocks of zeros a code says: five stands for all that remain of 64 blocks, or of the interval.
fn zero_blocks(code: u32, at: usize, interval: usize) -> usize {
    match code as usize + 1 {
        5 => (interval - at).min(64 - at % 64),
        n if n > 5 => n - 1,
        n => n,
    }
}

/// Two samples in each code: the codes count the pairs of small numbers by their sum.
fn pairs(reader: &mut Bits, first: usize, out: &mut [u32]) -> Result<()> {
    let mut i = first;
    while i < out.len() {
        let code = reader.zeros()?;
        // No writer puts larger sums into pairs.
        if code > 90 {
            return Err(damaged());
        }
        let (mut sum, mut before) = (0, 0);
        while before + sum < code {
            before += sum + 1;
            sum += 1;
        }
        let second = code - before;
        if i.is_multiple_of(2) {
            out[i] = sum - second;
            i += 1;
        }
        if let Some(value) = out.get_mut(i) {
            *value = second;
        }
        i += 1;
    }
    Ok(())
}

/// From differences, folded to numbers without sign, to samples. The first is a sample.
fn sum(bits: u32, coded: &[u32], put: &mut impl FnMut(u32)) {
    let most = u32::MAX >> (32 - bits);
    let half = 1u32 << (bits - 1);
    let Some((&first, rest)) = coded.split_first() else { return };
    let mut now = first & most;
    put(now);
    for &d in rest {
        let mask = if now & half == 0 { 0 } else { most };
        // Beyond the nearer end of the range there is only one direction to go.
        now = if d.div_ceil(2) <= mask ^ now {
            let step = d >> 1;
            (if d & 1 == 0 { now.wrapping_add(step) } else { now.wrapping_sub(step).wrapping_sub(1) }) & most
        } else {
            (mask ^ d) & most
        };
        put(now);
    }
}
