//! From values to the bytes of a chunk: what the chunk path reads, the other way round, on any thread and outside the lock.

use super::copy::{fill, swap};
use super::filters::{Done, Encode, grown};
use super::pipeline::{Scratch, with_scratch};
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::store::{ChunkEncoder, EncodedChunk, NdArray};

/// Makes the chunks of one array of an HDF5 file.
///
/// The same values give the same bytes, whichever thread makes them. A chunk that reaches beyond the array has the fill value
/// there. Deflate that would not make a chunk smaller is left out of it, as the HDF5 library does.
#[derive(Debug)]
pub struct Encoder {
    dtype: DType,
    shape: Vec<usize>,
    chunk: Vec<usize>,
    width: usize,
    big_endian: bool,
    fill: [u8; 8],
    steps: Vec<Encode>,
}

impl Encoder {
    /// For an array of this type, shape and chunk shape, in this byte order; `fill` is one value as it stands in the file,
    /// `filters` are numbers and parameters in the order of writing.
    ///
    /// # Errors
    /// Why only the library can write it.
    pub fn new(
        dtype: &DType,
        (shape, chunk): (&[usize], &[usize]),
        big_endian: bool,
        fill: [u8; 8],
        filters: &[(i32, Vec<u32>)],
    ) -> Result<Encoder, String> {
        let width = dtype.phys().and_then(|p| p.width()).ok_or("the values have no fixed width")?;
        let bytes = chunk.iter().try_fold(width, |n, &c| n.checked_mul(c)).filter(|&b| b < u32::MAX as usize);
        if bytes.is_none() || chunk.len() != shape.len() || chunk.contains(&0) {
            return Err("the chunks have no shape".to_string());
        }
        let steps = filters.iter().map(|(id, p)| Encode::new(*id, p, width).ok_or_else(|| format!("filter {id} is left to the library")));
        let steps: Vec<Encode> = steps.collect::<Result<_, _>>()?;
        if steps.len() > 32 {
            return Err("more than 32 filters".to_string());
        }
        Ok(Encoder { dtype: dtype.clone(), shape: shape.to_vec(), chunk: chunk.to_vec(), width, big_endian, fill, steps })
    }

    /// The chunk shape.
    pub fn chunk(&self) -> &[usize] {
        &self.chunk
    }

    fn bytes(&self) -> usize {
        self.chunk.iter().fold(self.width, |n, &c| n * c)
    }

    fn swaps(&self) -> bool {
        self.width > 1 && self.big_endian != cfg!(target_endian = "big")
    }

    fn run(&self, values: &[u8], part: &Part, scratch: &mut Scratch) -> Result<(Vec<u8>, u32)> {
        let Scratch { now, next, contexts, .. } = scratch;
        let (mut now, mut next) = (now, next);
        let bytes = self.bytes();
        // Where the chunk is one run of the block it is used as it stands there.
        let mut there = part.one_run(bytes).filter(|_| !self.swaps()).and_then(|at| values.get(at..at + bytes));
        if there.is_none() {
            let tile = grown(now, bytes)?;
            if part.inside != self.chunk {
                fill(&self.fill[..self.width], tile);
                if self.swaps() {
                    // It stands as in the file already; all is turned below.
                    swap(self.width, tile);
                }
            }
            part.gather(values, tile, &self.chunk, self.width);
            if self.swaps() {
                swap(self.width, tile);
            }
        }
        let (mut have, mut mask) = (bytes, 0);
        for (i, step) in self.steps.iter().enumerate() {
            let input = there.unwrap_or_else(|| &now[..have]);
            match step.apply(contexts, input, grown(next, step.room(have))?)? {
                Done::Bytes(n) => have = n,
                Done::LeftOut => {
                    mask |= 1 << i;
                    continue;
                }
            }
            there = None;
            (now, next) = (next, now);
        }
        Ok((there.unwrap_or_else(|| &now[..have]).to_vec(), mask))
    }
}

/// Where the part of a chunk that is inside the array stands in a block.
struct Part {
    inside: Vec<usize>,
    /// The first byte.
    first: usize,
    /// Bytes from one position to the next in the block.
    strides: Vec<usize>,
    block: Vec<usize>,
}

impl Part {
    /// Whether so many bytes stand one after the other: the first of them.
    fn one_run(&self, bytes: usize) -> Option<usize> {
        let mut run = *self.strides.last().unwrap_or(&bytes);
        let mut open = true;
        for d in (0..self.inside.len()).rev() {
            if !open && self.inside[d] != 1 {
                return None;
            }
            open &= self.inside[d] == self.block[d];
            run *= self.inside[d];
        }
        (run == bytes).then_some(self.first)
    }

    /// Copies it to the front of a chunk of this shape.
    fn gather(&self, values: &[u8], tile: &mut [u8], chunk: &[usize], width: usize) {
        // The trailing dims that are whole on both sides are one row.
        let (mut depth, mut row) = (self.inside.len(), width);
        while depth > 0 {
            row *= self.inside[depth - 1];
            depth -= 1;
            if self.inside[depth] != self.block[depth] || self.inside[depth] != chunk[depth] {
                break;
            }
        }
        let mut to_strides = vec![width; chunk.len()];
        for d in (1..chunk.len()).rev() {
            to_strides[d - 1] = to_strides[d] * chunk[d];
        }
        let mut at = vec![0usize; depth];
        loop {
            let from = self.first + at.iter().zip(&self.strides).map(|(i, s)| i * s).sum::<usize>();
            let to = at.iter().zip(&to_strides).map(|(i, s)| i * s).sum::<usize>();
            tile[to..to + row].copy_from_slice(&values[from..from + row]);
            let Some(d) = (0..depth).rev().find(|&d| at[d] + 1 < self.inside[d]) else { return };
            at[d] += 1;
            at[d + 1..].fill(0);
        }
    }
}

impl ChunkEncoder for Encoder {
    fn encode(&self, start: &[usize], block: &NdArray, origin: &[usize]) -> Result<EncodedChunk> {
        let rank = self.shape.len();
        let misfit = || Error::internal(format!("a block of shape {:?} at {origin:?} without the chunk at {start:?}", block.shape()));
        if block.dtype() != &self.dtype || !block.is_contiguous() || [start.len(), origin.len(), block.rank()] != [rank; 3] {
            return Err(misfit());
        }
        if block.valid().is_some_and(|v| v.contains(&0)) {
            return Err(Error::internal("missing values have not been encoded"));
        }
        let mut part = Part { inside: Vec::new(), first: 0, strides: vec![self.width; rank], block: block.shape().to_vec() };
        for d in (0..rank).rev() {
            if d + 1 < rank {
                part.strides[d] = part.strides[d + 1] * part.block[d + 1];
            }
            let inside = self.chunk[d].min(self.shape[d].saturating_sub(start[d]));
            let at = start[d].checked_sub(origin[d]).filter(|at| inside > 0 && at + inside <= part.block[d]);
            part.first += at.ok_or_else(misfit)? * part.strides[d];
            part.inside.insert(0, inside);
        }
        let (buffer, offset) = block.buffer().ok_or_else(misfit)?;
        let values = &buffer.as_slice()[offset * self.width..][..block.len() * self.width];
        let (bytes, mask) = with_scratch(|scratch| self.run(values, &part, scratch))?;
        Ok(EncodedChunk { start: start.to_vec(), bytes, mask })
    }

    fn scratch(&self) -> usize {
        2 * self.bytes()
    }
}
