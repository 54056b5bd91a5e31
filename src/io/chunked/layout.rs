//! Where the values of an array are in its file.

use super::pipeline::Pipeline;
use crate::error::Error;

/// Why an array is left to the library, in words.
#[derive(Debug)]
pub(super) struct Why {
    pub words: String,
    /// The filter that not even the library has.
    pub lacks: Option<i32>,
}

impl From<String> for Why {
    fn from(words: String) -> Why {
        Why { words, lacks: None }
    }
}

impl From<&str> for Why {
    fn from(words: &str) -> Why {
        words.to_string().into()
    }
}

impl Why {
    /// As an error, with what can be done.
    pub fn error(&self) -> Error {
        let Some(id) = self.lacks else { return Error::unsupported(self.words.clone()) };
        let name = match id {
            4 => " (szip)",
            32013 => " (zfp)",
            32017 => " (SZ)",
            32018 => " (FCIDECOMP)",
            32019 => " (JPEG)",
            32022 => " (BitGroom)",
            32023 => " (Granular BitRound)",
            32024 => " (SZ3)",
            32028 => " (SPERR)",
            _ => "",
        };
        Error::unsupported(format!("the values are stored with HDF5 filter {id}{name}, which is not available here"))
            .help("where its plugin is, name the folder in HDF5_PLUGIN_PATH, or make a copy without filters: nccopy -F none IN OUT, or h5repack -f NONE IN OUT")
    }
}

/// The storage of one array.
#[derive(Debug)]
pub(super) struct Stored {
    pub layout: Layout,
    /// The tiles in which it is read: the file's chunks, or pieces of a plain array.
    pub tile: Vec<usize>,
    pub big_endian: bool,
    /// One value as it stands in the file, for what was never written.
    pub fill: [u8; 8],
}

#[derive(Debug)]
pub(super) enum Layout {
    /// Values as they are: the first byte, and bytes from one position to the next along each dimension.
    Plain { begin: u64, strides: Vec<u64> },
    /// Values that stood in the metadata.
    Held(Vec<u8>),
    /// Nothing was ever written.
    Empty,
    /// Chunks, each of the tile's shape.
    Chunks { table: ChunkTable, pipeline: Pipeline, partial_are_plain: bool },
}

/// A chunk of a file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Chunk {
    /// Its number in the grid, in C order.
    pub number: u64,
    pub offset: u64,
    pub bytes: u64,
    /// Filters that were left out, one bit each.
    pub mask: u32,
}

/// The chunks that are there, by number.
#[derive(Debug, Default)]
pub(super) struct ChunkTable {
    chunks: Vec<Chunk>,
    /// The first chunk has number 0 and none is missing.
    dense: bool,
}

impl ChunkTable {
    pub fn new(mut chunks: Vec<Chunk>) -> ChunkTable {
        if !chunks.is_sorted_by_key(|c| c.number) {
            chunks.sort_by_key(|c| c.number);
        }
        let dense = chunks.iter().enumerate().all(|(i, c)| c.number == i as u64);
        ChunkTable { chunks, dense }
    }

    pub fn get(&self, number: u64) -> Option<&Chunk> {
        if self.dense {
            return self.chunks.get(number as usize);
        }
        self.chunks.binary_search_by_key(&number, |c| c.number).ok().map(|i| &self.chunks[i])
    }
}

/// A tile of a plain array has about this many bytes.
const TILE: u64 = 1 << 20;
/// A gap of more bytes than this is not read over.
const GAP: u64 = 4096;

/// The tiles in which a plain array is read: one range of bytes each.
pub(super) fn plain_tile(shape: &[usize], strides: &[u64], width: usize) -> Vec<usize> {
    ranges(shape, strides, width, TILE)
}

/// Blocks of about this many bytes of an array.
pub(super) fn blocks(shape: &[usize], width: usize, bytes: u64) -> Option<Vec<usize>> {
    Some(ranges(shape, &c_strides(shape, width)?, width, bytes))
}

fn ranges(shape: &[usize], strides: &[u64], width: usize, most: u64) -> Vec<usize> {
    let mut tile = vec![1; shape.len()];
    let mut bytes = width as u64;
    for d in (0..shape.len()).rev() {
        if shape[d] > 1 && strides[d] > bytes.saturating_add(GAP) {
            break;
        }
        let fit = (most / strides[d].max(1)).max(1).min(shape[d].max(1) as u64);
        tile[d] = fit as usize;
        bytes = strides[d].saturating_mul(fit);
        if tile[d] < shape[d] {
            break;
        }
    }
    tile
}

/// Bytes from one position to the next of an array without gaps.
pub(super) fn c_strides(shape: &[usize], width: usize) -> Option<Vec<u64>> {
    let mut strides = vec![width as u64; shape.len()];
    for d in (1..shape.len()).rev() {
        strides[d - 1] = strides[d].checked_mul(shape[d] as u64)?;
    }
    Some(strides)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_tiles_are_ranges_of_about_a_megabyte() {
        let c = |shape: &[usize]| plain_tile(shape, &c_strides(shape, 4).unwrap(), 4);
        assert_eq!(c(&[100, 180, 360]), [4, 180, 360]);
        assert_eq!(c(&[10, 2000, 1000]), [1, 262, 1000]);
        assert_eq!(c(&[10]), [10]);
        assert_eq!(c(&[]), Vec::<usize>::new());
        // Records: near ones are read together, those with far neighbours alone.
        assert_eq!(plain_tile(&[100_000, 2], &[24, 4], 4), [43690, 2]);
        assert_eq!(plain_tile(&[100, 50], &[100_000, 4], 4), [1, 50]);
    }

    #[test]
    fn missing_chunks_are_told_from_those_that_are_there() {
        let chunk = |number| Chunk { number, offset: number * 10, bytes: 1, mask: 0 };
        let t = ChunkTable::new(vec![chunk(5), chunk(0)]);
        assert_eq!(t.get(5).map(|c| c.offset), Some(50));
        assert!(t.get(1).is_none());
        assert!(ChunkTable::new(vec![chunk(0), chunk(1)]).get(2).is_none());
    }
}
