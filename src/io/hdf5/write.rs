//! Writing: the structure at once, then the datasets block by block, or by finished chunks.

use super::define::{Definer, properties};
use super::ffi::{self, c_path};
use crate::array::{Dataset, Filter};
use crate::dtype::DType;
use crate::error::{Error, LossLog, Notices, Place, Result};
use crate::io::Output;
use crate::io::chunked::DirectDataset;
use crate::io::netcdf::flat::c_texts;
use crate::store::{ChunkEncoder, ChunkGrid, ChunkSink, EncodedChunk, NdArray, WriteOrder};
use hdf5_metno_sys::h5i::hid_t;
use hdf5_metno_sys::h5p::H5P_DEFAULT;
use hdf5_metno_sys::{h5d, h5f, h5p, h5t};
use indexmap::IndexMap;
use std::sync::Arc;

/// How a file is written. What a variable's encoding says holds where nothing is said here.
#[derive(Clone, Debug, Default)]
pub struct Hdf5WriteOptions {
    /// Chunk lengths by dimension, for every variable that has it.
    pub chunks: Vec<(String, usize)>,
    /// Filters of every variable of at least 4 kB, in place of those of its encoding.
    pub filters: Option<Vec<Filter>>,
    /// Where a loss that only values show is noted, if it is allowed.
    pub losses: LossLog,
}

/// Where the blocks of a variable go.
#[derive(Debug)]
pub(super) struct Target {
    /// Takes finished chunks, where this crate can make them. Closed first.
    pub direct: Option<DirectDataset>,
    pub dataset: hid_t,
    pub memory: hid_t,
    /// The type of the blocks.
    pub dtype: DType,
    pub grid: ChunkGrid,
    pub place: Place,
}

impl Drop for Target {
    fn drop(&mut self) {
        let _lock = ffi::lock();
        // SAFETY: the lock is held; both are open and closed once.
        unsafe {
            h5t::H5Tclose(self.memory);
            h5d::H5Dclose(self.dataset);
        }
    }
}

/// A file that is being written; closed when dropped, its datasets then as far as they came.
#[derive(Debug)]
struct Writing(hid_t);

impl Drop for Writing {
    fn drop(&mut self) {
        let _lock = ffi::lock();
        // SAFETY: the lock is held; the file is open and is closed once.
        unsafe { h5f::H5Fclose(self.0) };
    }
}

/// Writes a cube, see [`ChunkSink`]. The same input gives the same bytes.
#[derive(Debug)]
pub struct Hdf5Sink {
    // In the order of closing.
    targets: IndexMap<String, Target>,
    file: Writing,
    output: Output,
    losses: LossLog,
}

impl Hdf5Sink {
    /// Defines groups, dimension scales, datasets and attributes of an encoded cube (plain types: numbers, bytes, texts).
    ///
    /// * Coordinates are the scales of their dimensions; a dimension without one has a scale that NetCDF knows as only a length. A
    ///   variable with the name of a dimension that is not its coordinate is called `_nc4_non_coord_NAME`, as in NetCDF-4.
    /// * Texts are UTF-8 of any length, attributes too; booleans the enumeration that h5py reads as `bool`.
    /// * Storage is what each encoding says; where it says nothing, contiguous, or chunks of about 1 MB for variables that are
    ///   compressed or can grow.
    ///
    /// # Errors
    /// Loss, for names that the format does not allow; type, for a variable that is not encoded; io.
    pub fn create(output: Output, dataset: &Dataset, options: &Hdf5WriteOptions) -> Result<(Hdf5Sink, Notices)> {
        let place = Place::file(output.target());
        let lib = ffi::lock();
        let make = || {
            let path = c_path(&std::path::absolute(output.path()).map_err(|e| Error::io(e, output.path()))?)?;
            let list = properties(&lib, *h5p::H5P_CLS_FILE_CREATE)?;
            // SAFETY: the lock is held, the path is a C text, the properties are open.
            let id = unsafe { h5f::H5Fcreate(path.as_ptr(), h5f::H5F_ACC_TRUNC, list.get(), H5P_DEFAULT) };
            let file = Writing(lib.id(id, h5f::H5Fclose, "make the file")?.keep());
            let mut definer = Definer::new(&lib, options);
            definer.root(file.0, dataset)?;
            Ok((file, std::mem::take(&mut definer.targets), std::mem::take(&mut definer.notices)))
        };
        let (file, targets, notices) = make().map_err(|e: Error| e.at(place))?;
        Ok((Hdf5Sink { targets, file, output, losses: options.losses.clone() }, notices))
    }

    fn target(&self, variable: &str) -> Result<&Target> {
        self.targets.get(variable).ok_or_else(|| Error::internal(format!("variable {variable:?} is not in the file")))
    }

    fn at(&self, target: &Target, e: Error) -> Error {
        e.at(Place { file: Some(self.output.target().to_path_buf()), ..target.place.clone() })
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
        let lib = ffi::lock();
        let slab = (start, block.shape());
        if target.dtype == DType::Str {
            let texts = block.as_texts().ok_or_else(|| Error::internal("texts are not texts"))?;
            let texts = c_texts(&texts, &self.losses, &target.place)?;
            let pointers: Vec<_> = texts.iter().map(|t| t.as_ptr()).collect();
            // SAFETY: one pointer to a C text for each element of the block.
            return unsafe { lib.write(target.dataset, target.memory, slab, pointers.as_ptr().cast()) };
        }
        let (buffer, offset) = block.buffer().ok_or_else(|| Error::internal("numbers are not numbers"))?;
        let width = block.phys().width().unwrap_or(1);
        let bytes = &buffer.as_slice()[offset * width..][..block.len() * width];
        // SAFETY: the block is contiguous, so these are all of its elements, of the width of the type.
        unsafe { lib.write(target.dataset, target.memory, slab, bytes.as_ptr().cast()) }
    }
}

impl ChunkSink for Hdf5Sink {
    fn grid(&self, variable: &str) -> Option<ChunkGrid> {
        self.targets.get(variable).map(|t| t.grid.clone())
    }

    fn write(&mut self, variable: &str, start: &[usize], block: &NdArray) -> Result<()> {
        let target = self.target(variable)?;
        self.put(target, start, block).map_err(|e| self.at(target, e))
    }

    fn order(&self, variable: &str) -> WriteOrder {
        match self.targets.get(variable) {
            Some(t) if t.dtype != DType::Str => WriteOrder::Chunks,
            _ => WriteOrder::InOrder,
        }
    }

    fn encoder(&self, variable: &str) -> Option<Arc<dyn ChunkEncoder>> {
        Some(self.targets.get(variable)?.direct.as_ref()?.encoder().clone())
    }

    fn write_chunk(&mut self, variable: &str, chunk: &EncodedChunk) -> Result<()> {
        let target = self.target(variable)?;
        let direct = target.direct.as_ref().ok_or_else(|| Error::internal(format!("variable {variable:?} takes no finished chunks")))?;
        direct.write(chunk).map_err(|e| self.at(target, e))
    }

    fn finish(self: Box<Self>) -> Result<()> {
        let Hdf5Sink { targets, file, output, .. } = *self;
        drop(targets);
        let id = file.0;
        std::mem::forget(file);
        let lock = ffi::lock();
        // SAFETY: the lock is held; the file is open and is closed once.
        let code = unsafe { h5f::H5Fclose(id) };
        drop(lock);
        ffi::check(code, "complete the file").map_err(|e| e.at(Place::file(output.target())))?;
        output.commit()
    }
}
