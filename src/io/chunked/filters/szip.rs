//! szip (4): the size, then entropy coding. Elements of four and eight bytes are coded byte by byte, all first bytes before all
//! second ones; rows of pixels are padded to whole blocks.

use super::aec::{Coding, decode};
use super::{Contexts, grown, shuffle, wrong_size};
use crate::error::{Error, Result};

const MSB: u32 = 16;
const NEAREST_NEIGHBOUR: u32 = 32;
const RAW: u32 = 128;

/// What the parameters say.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::io::chunked) struct Szip {
    coding: Coding,
    /// Pixels of a row, before padding.
    row: usize,
    /// Bytes of a coded sample, and of an element of which the bytes are apart.
    sample: usize,
    apart: Option<usize>,
    big_endian: bool,
}

impl Szip {
    /// What the parameters of the filter say: options, pixels of a block, bits of a pixel, pixels of a row.
    pub fn new(parameters: &[u32]) -> Option<Szip> {
        let &[options, block, bits, row, ..] = parameters else { return None };
        // With `RAW` there is no header before the stream; HDF5 sets it, and its header is its own.
        let _ = options & RAW;
        let (block, row) = (block as usize, row as usize);
        let apart = matches!(bits, 32 | 64).then_some(bits as usize / 8);
        if !(1..=24).contains(&bits) && apart.is_none() || !(2..=64).contains(&block) || block % 2 != 0 || row == 0 || row > 1 << 16 {
            return None;
        }
        let bits = if apart.is_some() { 8 } else { bits };
        let coding = Coding { bits, block, interval: row.div_ceil(block), differences: options & NEAREST_NEIGHBOUR != 0 };
        let sample = match bits {
            0..=8 => 1,
            9..=16 => 2,
            _ => 4,
        };
        Some(Szip { coding, row, sample, apart, big_endian: options & MSB != 0 })
    }

    /// The bytes that come out.
    pub fn size(&self, input: &[u8]) -> Option<usize> {
        Some(u32::from_le_bytes(*input.first_chunk()?) as usize)
    }

    /// Undoes it.
    pub fn undo(&self, contexts: &mut Contexts, input: &[u8], out: &mut [u8]) -> Result<()> {
        let (size, stream) = input.split_first_chunk::<4>().ok_or_else(|| Error::format("the chunk is too short for its size (szip)"))?;
        let size = u32::from_le_bytes(*size) as usize;
        if size != out.len() {
            return Err(wrong_size(size, out.len()));
        }
        if !out.len().is_multiple_of(self.sample * self.apart.unwrap_or(1)) {
            return Err(wrong_size(size, out.len()));
        }
        let Some(width) = self.apart else { return self.rows(stream, out) };
        let planes = grown(&mut contexts.planes, out.len())?;
        self.rows(stream, planes)?;
        shuffle::undo(width, planes, out);
        Ok(())
    }

    /// Samples without the padding of their rows.
    fn rows(&self, stream: &[u8], out: &mut [u8]) -> Result<()> {
        let padded = self.coding.block * self.coding.interval;
        let pixels = out.len() / self.sample;
        let whole = pixels / self.row;
        let rest = pixels % self.row;
        let samples = if padded == self.row { pixels } else { whole * padded + rest };
        let (mut i, mut at, row) = (0, 0, self.row);
        let (sample, big_endian) = (self.sample, self.big_endian);
        decode(&self.coding, stream, samples, |value| {
            if i < row
                && let Some(place) = out.get_mut(at..at + sample)
            {
                match (sample, big_endian) {
                    (1, _) => place[0] = value as u8,
                    (2, false) => place.copy_from_slice(&(value as u16).to_le_bytes()),
                    (2, true) => place.copy_from_slice(&(value as u16).to_be_bytes()),
                    (_, false) => place.copy_from_slice(&value.to_le_bytes()),
                    (_, true) => place.copy_from_slice(&value.to_be_bytes()),
                }
                at += sample;
            }
            i += 1;
            if i == padded {
                i = 0;
            }
        })
    }
}
