//! Writing: the structure at once, then the variables block by block.

use super::define::Definer;
use super::ffi::{self, Lib};
use super::flat::{self, Convert};
use crate::array::{Dataset, Filter};
use crate::dtype::DType;
use crate::error::{Error, LossLog, Notices, Place, Result};
use crate::io::Output;
use crate::io::chunked::{DirectDataset, DirectFile};
use crate::store::{ChunkEncoder, ChunkGrid, ChunkSink, EncodedChunk, NdArray, WriteOrder};
use indexmap::IndexMap;
use netcdf_sys as nc;
use rayon::prelude::*;
use std::ffi::c_int;
use std::sync::Arc;

/// The formats that are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NetcdfFormat {
    /// NetCDF-4.
    #[default]
    Nc4,
    /// NetCDF-4 that keeps to the classic model: no groups, no strings, no unsigned or 64-bit integers.
    Nc4Classic,
    /// Classic with 64-bit offsets (CDF-2).
    Nc3,
}

/// How a file is written. What a variable's encoding says holds where nothing is said here.
#[derive(Clone, Debug, Default)]
pub struct NetcdfWriteOptions {
    /// The format.
    pub format: NetcdfFormat,
    /// Chunk lengths by dimension, for every variable that has it.
    pub chunks: Vec<(String, usize)>,
    /// Filters of every variable of at least 4 kB, in place of those of its encoding.
    pub filters: Option<Vec<Filter>>,
    /// Variables whose values are 64-bit integers: of these a narrower type is a loss, of others another encoding.
    pub integers: Vec<String>,
    /// Where a loss that only values show is noted, if it is allowed.
    pub losses: LossLog,
}

impl NetcdfWriteOptions {
    /// The filters that `--compress` names: `none`, `deflate`, `deflate:6`, `zlib:4`, `gzip:9`, `zstd`, `zstd:3`; with byte shuffle
    /// before them. Deflate is read everywhere, zstd only where its plugin is.
    ///
    /// # Errors
    /// Not found, for another name; invalid, for a level out of range.
    pub fn parse_compress(text: &str) -> Result<Vec<Filter>> {
        let (name, level) = match text.split_once(':') {
            Some((name, level)) => {
                let level = level.parse::<i32>().map_err(|_| Error::invalid(format!("the level {level:?} is not a whole number")))?;
                (name, Some(level))
            }
            None => (text, None),
        };
        let within = |most: i32, default: i32| match level.unwrap_or(default) {
            level if (0..=most).contains(&level) => Ok(level),
            level => Err(Error::invalid(format!("the level {level} of {name} is not between 0 and {most}"))),
        };
        Ok(match name {
            "none" => Vec::new(),
            "deflate" | "zlib" | "gzip" => vec![Filter::Shuffle, Filter::Deflate(within(9, 4)? as u32)],
            "zstd" => vec![Filter::Shuffle, Filter::Zstd(within(22, super::zstd::DEFAULT_LEVEL)?)],
            other => return Err(Error::not_found("compression", other, ["none", "deflate", "zstd"])),
        })
    }
}

/// Where the blocks of a variable go.
#[derive(Debug)]
pub(super) struct Target {
    pub group: c_int,
    pub variable: c_int,
    /// The type of the blocks.
    pub dtype: DType,
    pub convert: Convert,
    pub grid: ChunkGrid,
    /// Whether it is stored in chunks.
    pub chunked: bool,
    /// Takes finished chunks, where this crate can make them.
    pub direct: Option<DirectDataset>,
    pub place: Place,
}

/// A file that is being written; closed when dropped, its variables then as far as they came.
#[derive(Debug)]
struct Writing(c_int);

impl Writing {
    fn close(self, lib: &Lib) -> Result<()> {
        let id = self.0;
        std::mem::forget(self);
        lib.close(id)
    }
}

impl Drop for Writing {
    fn drop(&mut self) {
        let _ = ffi::lock().close(self.0);
    }
}

/// Writes a cube, see [`ChunkSink`]. The same input gives the same bytes.
#[derive(Debug)]
pub struct NetcdfSink {
    // In the order of closing: datasets, the file of which they are, the library's own handle, the temporary file.
    targets: IndexMap<String, Target>,
    _direct: Option<DirectFile>,
    file: Writing,
    output: Output,
    losses: LossLog,
}

impl NetcdfSink {
    /// Defines dimensions, groups, variables and attributes of an encoded cube (plain types: numbers, bytes, texts).
    ///
    /// Variables are written in the order coordinates, data variables. Storage is what each encoding says; where it says nothing,
    /// contiguous, or chunks of about 1 MB for variables that are compressed or can grow. Texts are strings in NetCDF-4, and rows
    /// of characters where `encoding.char_dim` is set and in classic files; then all texts are read once beforehand.
    ///
    /// Notices say what the format cannot hold. In classic files 64-bit integers are written as 32-bit ones, where all of them fit
    /// (they are looked through beforehand), else as f64, and unsigned ones as signed bits with the attribute `_Unsigned`.
    ///
    /// # Errors
    /// Loss, for names and sizes that the format does not allow; type, for a variable that is not encoded; io.
    pub fn create(output: Output, dataset: &Dataset, options: &NetcdfWriteOptions) -> Result<(NetcdfSink, Notices)> {
        let place = Place::file(output.target());
        let mode = match options.format {
            NetcdfFormat::Nc4 => nc::NC_NETCDF4,
            NetcdfFormat::Nc4Classic => nc::NC_NETCDF4 | nc::NC_CLASSIC_MODEL,
            NetcdfFormat::Nc3 => nc::NC_64BIT_OFFSET,
        };
        let lib = ffi::lock();
        let make = || {
            let file = Writing(lib.create(output.path(), mode)?);
            if options.format == NetcdfFormat::Nc3 {
                // Every block is written: filling the file beforehand would write it twice.
                lib.set_no_fill(file.0)?;
            }
            let mut definer = Definer::new(&lib, options);
            definer.root(file.0, dataset)?;
            Ok((file, definer.targets, definer.notices))
        };
        let (file, mut targets, notices) = make().map_err(|e: Error| e.at(place))?;
        // What this crate cannot encode is left to the library.
        let direct = targets.values().any(|t| t.chunked).then(|| DirectFile::open(output.path()).ok()).flatten();
        for (path, target) in targets.iter_mut().filter(|(_, t)| t.chunked && t.convert == Convert::Plain) {
            let object = format!("/{path}");
            target.direct = direct.as_ref().and_then(|f| f.dataset(&object, &target.dtype, &target.grid.shape).ok());
            if let Some(direct) = &target.direct {
                target.grid = ChunkGrid { shape: target.grid.shape.clone(), chunk: direct.encoder().chunk().to_vec() };
            }
        }
        Ok((NetcdfSink { targets, _direct: direct, file, output, losses: options.losses.clone() }, notices))
    }

    /// Encodes the chunks of a block on all threads, if it is made of whole chunks, and writes them in order.
    fn put_chunks(direct: &DirectDataset, grid: &ChunkGrid, start: &[usize], block: &NdArray) -> Option<Result<()>> {
        let whole = (0..start.len()).all(|d| {
            let end = start[d] + block.shape()[d];
            start[d].is_multiple_of(grid.chunk[d]) && (end == grid.shape[d] || end.is_multiple_of(grid.chunk[d]))
        });
        if !whole {
            return None;
        }
        let inner = ChunkGrid { shape: block.shape().to_vec(), chunk: grid.chunk.clone() };
        let encode = |i: usize| {
            let at: Vec<usize> = inner.block(i).0.iter().zip(start).map(|(a, s)| a + s).collect();
            direct.encoder().encode(&at, block, start)
        };
        let numbers: Vec<usize> = (0..inner.count()).collect();
        let write = |some: &[usize]| -> Result<()> {
            let chunks: Vec<EncodedChunk> = some.par_iter().map(|&i| encode(i)).collect::<Result<_>>()?;
            chunks.iter().try_for_each(|c| direct.write(c))
        };
        Some(numbers.chunks(4 * rayon::current_num_threads()).try_for_each(write))
    }

    fn put(&self, target: &Target, start: &[usize], block: &NdArray) -> Result<()> {
        if block.dtype() != &target.dtype {
            return Err(Error::internal(format!("a block of {} for a variable of {}", block.dtype(), target.dtype)));
        }
        let shape = &target.grid.shape;
        let inside = block.rank() == shape.len() && start.len() == shape.len();
        if !inside || start.iter().zip(block.shape()).zip(shape).any(|((&s, &n), &whole)| s.checked_add(n).is_none_or(|e| e > whole)) {
            return Err(Error::shape(format!("a block of shape {:?} at {start:?} reaches outside shape {shape:?}", block.shape())));
        }
        if block.is_empty() {
            return Ok(());
        }
        let block = block.to_contiguous()?;
        if block.valid().is_some_and(|v| v.contains(&0)) && target.dtype != DType::Str {
            return Err(Error::internal("missing values have not been encoded"));
        }
        let (group, variable) = (target.group, target.variable);
        if let Some(done) = target.direct.as_ref().and_then(|d| NetcdfSink::put_chunks(d, &target.grid, start, &block)) {
            return done;
        }
        let lib = &ffi::lock();
        match target.convert {
            Convert::Strings => {
                let texts = block.as_texts().ok_or_else(|| Error::internal("texts are not texts"))?;
                lib.put_texts(group, variable, (start, block.shape()), &flat::c_texts(&texts, &self.losses, &target.place)?)
            }
            Convert::Characters(width) => {
                let bytes = flat::characters(&block, width)?;
                let (mut start, mut count) = (start.to_vec(), block.shape().to_vec());
                start.push(0);
                count.push(width);
                // SAFETY: `width` bytes for each element of the block.
                unsafe { lib.put(group, variable, &start, &count, bytes.as_ptr().cast()) }
            }
            Convert::Narrow { fill } => Self::put_plain(lib, target, start, &flat::narrow(&block, fill)?),
            Convert::Floats => Self::put_plain(lib, target, start, &flat::floats(&block)?),
            Convert::Plain => Self::put_plain(lib, target, start, &block),
        }
    }

    fn put_plain(lib: &Lib, target: &Target, start: &[usize], block: &NdArray) -> Result<()> {
        let (buffer, offset) = block.buffer().ok_or_else(|| Error::internal("numbers are not numbers"))?;
        let width = block.phys().width().unwrap_or(1);
        let bytes = &buffer.as_slice()[offset * width..][..block.len() * width];
        // SAFETY: the block is contiguous, so these are all of its elements, of the width of the variable's type.
        unsafe { lib.put(target.group, target.variable, start, block.shape(), bytes.as_ptr().cast()) }
    }
}

impl ChunkSink for NetcdfSink {
    fn grid(&self, variable: &str) -> Option<ChunkGrid> {
        self.targets.get(variable).map(|t| t.grid.clone())
    }

    fn write(&mut self, variable: &str, start: &[usize], block: &NdArray) -> Result<()> {
        let target = self.targets.get(variable).ok_or_else(|| Error::internal(format!("variable {variable:?} is not in the file")))?;
        self.put(target, start, block).map_err(|e| e.at(Place { file: Some(self.output.target().to_path_buf()), ..target.place.clone() }))
    }

    fn order(&self, variable: &str) -> WriteOrder {
        match self.targets.get(variable) {
            Some(t) if t.chunked => WriteOrder::Chunks,
            Some(t) if matches!(t.convert, Convert::Plain | Convert::Narrow { .. } | Convert::Floats) => WriteOrder::Free,
            _ => WriteOrder::InOrder,
        }
    }

    fn encoder(&self, variable: &str) -> Option<Arc<dyn ChunkEncoder>> {
        let direct = self.targets.get(variable)?.direct.as_ref()?;
        Some(direct.encoder().clone())
    }

    fn write_chunk(&mut self, variable: &str, chunk: &EncodedChunk) -> Result<()> {
        let target = self.targets.get(variable).ok_or_else(|| Error::internal(format!("variable {variable:?} is not in the file")))?;
        let direct = target.direct.as_ref().ok_or_else(|| Error::internal(format!("variable {variable:?} takes no finished chunks")))?;
        direct.write(chunk).map_err(|e| e.at(Place { file: Some(self.output.target().to_path_buf()), ..target.place.clone() }))
    }

    fn finish(self: Box<Self>) -> Result<()> {
        let NetcdfSink { targets, _direct, file, output, .. } = *self;
        drop((targets, _direct));
        file.close(&ffi::lock()).map_err(|e| e.at(Place::file(output.target())))?;
        output.commit()
    }
}
