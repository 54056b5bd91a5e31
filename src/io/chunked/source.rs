//! The array itself: selections become tiles, tiles are read and decoded by all threads.

use super::copy::{Target, Tile, Walk, fill_new, known, swap};
use super::file::DataFile;
use super::hdf5;
use super::layout::{Layout, Stored, Why, blocks, c_strides, plain_tile};
use super::pieces::Axis;
use super::pipeline::{Scratch, with_scratch};
use crate::dtype::DType;
use crate::error::{Error, Place, Result};
use crate::store::{ChunkGrid, ChunkSource, NdArray, ReadCost, Selection, Unwritten};
use arrow::buffer::Buffer;
use rayon::prelude::*;
use std::mem::MaybeUninit;
use std::sync::{Arc, OnceLock};

/// An array in a file, read and decoded by the threads of the current pool, outside every lock.
///
/// * A read touches only the chunks that the selection touches, each once; a chunk that is wanted whole is decoded straight to its
///   place.
/// * Beside the result a read takes at most [`scratch`](ChunkedArray::scratch) bytes on each thread.
/// * What was never written has the fill value of the file; where it has none, zeros.
///
/// # Examples
/// ```
/// # use hpda_data::io::chunked::{ChunkedArray, DataFile};
/// # use hpda_data::store::{ChunkSource, Selection};
/// # use hpda_data::{DType, Place};
/// # use std::sync::Arc;
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("matrix.bin");
/// // Six big-endian numbers after a header of four bytes.
/// let numbers = [1u16, 2, 3, 4, 5, 6];
/// std::fs::write(&path, [b"head".to_vec(), numbers.map(u16::to_be_bytes).concat()].concat())?;
/// let file = Arc::new(DataFile::open(&path)?);
/// let array = ChunkedArray::plain(&file, DType::U16, &[2, 3], 4, &[6, 2], true, Place::file(&path))?;
/// let second_row = array.read(&Selection::hyperslab(&[1, 0], &[1, 3]))?;
/// assert_eq!(second_row.as_slice::<u16>().unwrap(), [4, 5, 6]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct ChunkedArray {
    file: Arc<DataFile>,
    /// The path of the dataset in an HDF5 file.
    object: String,
    dtype: DType,
    shape: Vec<usize>,
    width: usize,
    place: Place,
    /// Looked up on the first read; else why the library must read it.
    stored: OnceLock<Result<Stored, Why>>,
}

impl ChunkedArray {
    /// A dataset of an HDF5 or NetCDF-4 file, by its path (`/ocean/tas`), as values of this type and shape. Nothing is read: where
    /// the chunks are is looked up through the library on the first read, once.
    ///
    /// # Errors
    /// Type, for one without a fixed width.
    pub fn hdf5(file: &Arc<DataFile>, object: &str, dtype: DType, shape: &[usize], place: Place) -> Result<ChunkedArray> {
        ChunkedArray::new(file, object, dtype, shape, place, OnceLock::new())
    }

    /// An array at a known place of a file: its first byte, bytes from one position to the next along each dimension, byte order.
    ///
    /// # Errors
    /// Type, for one without a fixed width; shape, where strides and shape do not fit.
    pub fn plain(
        file: &Arc<DataFile>,
        dtype: DType,
        shape: &[usize],
        begin: u64,
        strides: &[u64],
        big_endian: bool,
        place: Place,
    ) -> Result<ChunkedArray> {
        let array = ChunkedArray::new(file, "", dtype, shape, place, OnceLock::new())?;
        let end = shape.iter().zip(strides).try_fold(begin, |end, (&n, &s)| end.checked_add((n as u64).checked_mul(s)?));
        if strides.len() != shape.len() || end.is_none_or(|e| e > i64::MAX as u64) {
            return Err(Error::shape(format!("strides {strides:?} do not fit shape {shape:?}")));
        }
        let tile = plain_tile(shape, strides, array.width);
        let layout = Layout::Plain { begin, strides: strides.to_vec() };
        let _ = array.stored.set(Ok(Stored { layout, tile, big_endian, fill: [0; 8] }));
        Ok(array)
    }

    fn new(
        file: &Arc<DataFile>,
        object: &str,
        dtype: DType,
        shape: &[usize],
        place: Place,
        stored: OnceLock<Result<Stored, Why>>,
    ) -> Result<ChunkedArray> {
        let width = dtype.phys().and_then(|p| p.width());
        let width = width.ok_or_else(|| Error::wrong_type(format!("{dtype} has no fixed width in a file")))?;
        Ok(ChunkedArray { file: file.clone(), object: object.to_string(), dtype, shape: shape.to_vec(), width, place, stored })
    }

    /// Whether the library may read the values in our place.
    ///
    /// # Errors
    /// Format, for damage that would end the process there.
    pub(in crate::io) fn spare_library(&self) -> Result<()> {
        if self.object.is_empty() { Ok(()) } else { hdf5::check_sums(&self.file, &self.object) }
    }

    /// Looks up where the values are, unless that is known.
    ///
    /// # Errors
    /// Unsupported, with the reason, where only the library can read it.
    pub fn prepare(&self) -> Result<()> {
        self.stored().map(|_| ())
    }

    fn stored(&self) -> Result<&Stored> {
        let look_up = || hdf5::look_up(&self.file, &self.object, &self.dtype, &self.shape);
        self.stored.get_or_init(look_up).as_ref().map_err(|why| why.error().at(self.place()))
    }

    /// Whether the values are stored with a filter that neither this crate nor the library has: nobody can read them.
    pub fn lacks_filter(&self) -> bool {
        let _ = self.stored();
        self.stored.get().is_some_and(|s| s.as_ref().is_err_and(|why| why.lacks.is_some()))
    }

    /// Bytes that a read may take on each thread beside the result: a chunk as stored and one decoded.
    pub fn scratch(&self) -> usize {
        let Ok(stored) = self.stored() else { return 0 };
        2 * stored.tile.iter().fold(self.width, |n, &t| n.saturating_mul(t))
    }

    fn read_all(&self, stored: &Stored, selection: &Selection) -> Result<NdArray> {
        selection.check(&self.shape)?;
        let axes = selection.selectors().iter().enumerate().map(|(d, s)| Axis::new(s, self.shape[d], stored.tile[d]));
        let axes: Vec<Axis> = axes.collect();
        let bytes = axes.iter().try_fold(self.width, |n, a| n.checked_mul(a.count));
        let bytes = bytes.filter(|&b| b < isize::MAX as usize / 2).ok_or_else(|| Error::overflow("the selection has too many bytes"))?;
        let mut out = Unwritten::new(bytes)?;
        if bytes > 0 {
            self.fill_all(stored, &axes, out.bytes_mut())?;
        }
        // SAFETY: each position of the selection lies in one piece of one tile (see the tests of `pieces`); `fill_all` has been at
        // every tile, and has written each piece of it, or there was an error, and we are not here.
        let mut out = unsafe { out.written() };
        if self.dtype == DType::Bool {
            bytemuck::cast_slice_mut::<u64, u8>(&mut out).iter_mut().for_each(|b| *b = (*b != 0) as u8);
        }
        let buffer = Buffer::from_vec(out).slice_with_length(0, bytes);
        NdArray::from_buffer(buffer, self.dtype.clone(), &selection.shape(&self.shape))
    }

    fn fill_all(&self, stored: &Stored, axes: &[Axis], out: &mut [MaybeUninit<u8>]) -> Result<()> {
        let too_large = || Error::overflow("a chunk has too many bytes");
        let strides = |shape: &[usize]| -> Option<Vec<usize>> {
            c_strides(shape, self.width)?.into_iter().map(|s| usize::try_from(s).ok()).collect()
        };
        let counts: Vec<usize> = axes.iter().map(|a| a.count).collect();
        let tiles = axes.iter().try_fold(1usize, |n, a| n.checked_mul(a.tiles())).ok_or_else(too_large)?;
        let from = match &stored.layout {
            Layout::Plain { strides, .. } => strides.iter().map(|&s| usize::try_from(s).ok()).collect(),
            _ => strides(&stored.tile),
        };
        let job = Job {
            array: self,
            stored,
            axes,
            from: from.ok_or_else(too_large)?,
            to: strides(&counts).ok_or_else(too_large)?,
            grid: self.shape.iter().zip(&stored.tile).map(|(&n, &t)| n.div_ceil(t.max(1)) as u64).collect(),
            tile_bytes: stored.tile.iter().try_fold(self.width, |n, &t| n.checked_mul(t)).ok_or_else(too_large)?,
            swap: stored.big_endian != cfg!(target_endian = "big") && self.width > 1,
        };
        let target = Target::fresh(out);
        let run = |i: usize| with_scratch(|scratch| job.tile(i, &target, scratch)).err();
        // Small reads are done before another thread is awake. The first error in order is told, whoever meets which first.
        let error =
            if tiles == 1 || target.bytes() < SMALL { (0..tiles).find_map(run) } else { (0..tiles).into_par_iter().find_map_first(run) };
        error.map_or(Ok(()), Err)
    }
}

/// Bytes of a block of an array without chunks.
const BLOCK: u64 = 8 << 20;
/// A result of fewer bytes is not worth waking other threads.
const SMALL: usize = 32 << 10;

/// One read.
struct Job<'a> {
    array: &'a ChunkedArray,
    stored: &'a Stored,
    axes: &'a [Axis],
    /// Bytes from one position to the next, in a tile and in the result.
    from: Vec<usize>,
    to: Vec<usize>,
    /// Tiles along each dimension of the array.
    grid: Vec<u64>,
    tile_bytes: usize,
    swap: bool,
}

impl Job<'_> {
    /// Brings the `i`-th tile of the selection to its place.
    fn tile(&self, mut i: usize, target: &Target, scratch: &mut Scratch) -> Result<()> {
        let mut at = std::mem::take(&mut scratch.at);
        at.clear();
        at.resize(self.axes.len(), 0);
        for d in (0..at.len()).rev() {
            let n = self.axes[d].tiles();
            (at[d], i) = (i % n, i / n);
        }
        let walk = Walk::new(self.axes, &at, &self.from, &self.to, self.array.width);
        let done = self.fetch(&walk, target, scratch).map_err(|e| e.at(self.array.place()));
        scratch.at = at;
        done
    }

    fn fetch(&self, walk: &Walk, target: &Target, scratch: &mut Scratch) -> Result<()> {
        let numbers = walk.at.iter().zip(self.axes).map(|(&i, axis)| axis.tile(i));
        match &self.stored.layout {
            Layout::Plain { begin, strides } => {
                let first = numbers.zip(&self.stored.tile).zip(strides).map(|((n, &t), &s)| (n * t) as u64 * s).sum::<u64>() + begin;
                self.plain(walk, first, target, scratch)
            }
            Layout::Held(bytes) => self.copy(walk, &Tile::Elements(bytes), 0, target),
            Layout::Empty => self.fill(walk, target),
            Layout::Chunks { table, pipeline, partial_are_plain } => {
                let (mut number, mut partial) = (0u64, false);
                for (d, n) in numbers.enumerate() {
                    number = number * self.grid[d] + n as u64;
                    partial |= (n + 1) * self.stored.tile[d] > self.array.shape[d];
                }
                let Some(chunk) = table.get(number) else { return self.fill(walk, target) };
                let mut chunk = *chunk;
                if partial && *partial_are_plain {
                    chunk.mask = u32::MAX;
                }
                let place = |e: Error| e.at(Place { byte: Some(chunk.offset), ..self.array.place() });
                let sizes = (self.tile_bytes, self.array.width);
                let whole = match walk.one_row() {
                    // SAFETY: the result outlives the job, and every position of it belongs to one tile.
                    Some((0, to, bytes)) if bytes == self.tile_bytes => Some(unsafe { target.fresh_part(to, bytes) }?),
                    _ => None,
                };
                let tile = pipeline.decode(&self.array.file, &chunk, sizes, whole, scratch).map_err(place)?;
                if let Some(tile) = tile {
                    return self.copy(walk, &tile, 0, target);
                }
                if let (true, Some((_, to, bytes))) = (self.swap, walk.one_row()) {
                    // SAFETY: as above; decoding has written all of it.
                    swap(self.array.width, unsafe { known(target.fresh_part(to, bytes)?) });
                }
                Ok(())
            }
        }
    }

    /// A range of the file, whole or row by row: whichever reads less.
    fn plain(&self, walk: &Walk, first: u64, target: &Target, scratch: &mut Scratch) -> Result<()> {
        let file = &self.array.file;
        if let Some((from, to, bytes)) = walk.one_row() {
            // SAFETY: as in `fetch`.
            let out = unsafe { target.fresh_part(to, bytes) }?;
            self.swap(file.read_new(out, first + from as u64)?);
            return Ok(());
        }
        let (low, high) = walk.window();
        if high - low <= WINDOW || high - low <= 8 * walk.elements() * self.array.width {
            let window = scratch.window(file, first + low as u64, high - low)?;
            return self.copy(walk, &Tile::Elements(window), low, target);
        }
        let width = self.array.width;
        walk.rows(&mut |from, to, count, step| {
            // SAFETY: as in `fetch`.
            let out = unsafe { target.fresh_part(to, count * width) }?;
            if step == width as isize {
                self.swap(file.read_new(out, first + from as u64)?);
            } else {
                for (i, element) in out.chunks_exact_mut(width).enumerate() {
                    self.swap(file.read_new(element, first + (from as isize + i as isize * step) as u64)?);
                }
            }
            Ok(())
        })
    }

    /// Copies what is wanted of a tile, whose bytes before `skipped` are not there.
    fn copy(&self, walk: &Walk, tile: &Tile, skipped: usize, target: &Target) -> Result<()> {
        let width = self.array.width;
        if walk.window().1 - skipped > tile.len() {
            return Err(Error::internal("a tile that is too short"));
        }
        walk.rows(&mut |from, to, count, step| {
            // SAFETY: as in `fetch`.
            let out = unsafe { target.fresh_part(to, count * width) }?;
            tile.gather((from - skipped, step), width, self.swap, out);
            Ok(())
        })
    }

    fn fill(&self, walk: &Walk, target: &Target) -> Result<()> {
        let mut value = self.stored.fill;
        let value = &mut value[..self.array.width];
        self.swap(value);
        walk.rows(&mut |_, to, count, _| {
            // SAFETY: as in `fetch`.
            fill_new(value, unsafe { target.fresh_part(to, count * self.array.width) }?);
            Ok(())
        })
    }

    fn swap(&self, out: &mut [u8]) {
        if self.swap {
            swap(self.array.width, out);
        }
    }
}

/// So many bytes are read at once, however few of them are wanted.
const WINDOW: usize = 64 << 10;

impl ChunkSource for ChunkedArray {
    fn dtype(&self) -> &DType {
        &self.dtype
    }

    fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// The chunks of the file, or blocks of some megabytes of a plain array.
    fn grid(&self) -> ChunkGrid {
        match self.stored() {
            Ok(Stored { tile, layout: Layout::Chunks { .. }, .. }) => ChunkGrid::new(&self.shape, tile),
            _ => ChunkGrid::new(&self.shape, &blocks(&self.shape, self.width, BLOCK).unwrap_or_else(|| self.shape.clone())),
        }
    }

    fn cost(&self) -> ReadCost {
        let pieces = match self.stored() {
            Ok(Stored { tile, layout: Layout::Chunks { .. }, .. }) => Some(tile.clone()),
            _ => None,
        };
        ReadCost { pieces, in_place: true, scratch: self.scratch() }
    }

    fn read(&self, selection: &Selection) -> Result<NdArray> {
        self.stored().and_then(|stored| self.read_all(stored, selection)).map_err(|e| e.at(self.place()))
    }

    fn place(&self) -> Place {
        Place { file: Some(self.file.path().to_path_buf()), ..self.place.clone() }
    }
}
