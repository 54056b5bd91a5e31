//! Values of datasets: read chunk by chunk outside the lock of the library, or by the library where it must.

use super::ffi;
use super::types::{Kind, Reading};
use super::values::{Paths, elements};
use crate::dtype::DType;
use crate::error::{Error, Place, Result};
use crate::io::chunked::{ChunkedArray, DataFile, check_sums_of};
use crate::io::netcdf::slab::{Slab, grow, padded, read_selection};
use crate::store::{ChunkGrid, ChunkSource, NdArray, ReadCost, Selection, Selector};
use hdf5_metno_sys::h5i::hid_t;
use hdf5_metno_sys::{h5d, h5f};
use std::ffi::CString;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};

/// An open file; closed when the last variable that reads from it goes.
#[derive(Debug)]
pub(super) struct H5File {
    pub id: hid_t,
    pub path: PathBuf,
    /// The same file for reading chunks; none where it is no plain one.
    pub data: Option<Arc<DataFile>>,
}

impl Drop for H5File {
    fn drop(&mut self) {
        let _lock = ffi::lock();
        // SAFETY: the lock is held; the file is open and is closed once.
        unsafe { h5f::H5Fclose(self.id) };
    }
}

/// A dataset, or one member of the records of a dataset.
#[derive(Debug)]
pub(super) struct H5Array {
    pub opened: Opened,
    /// Keeps the file open.
    pub file: Arc<H5File>,
    pub object: CString,
    pub paths: Paths,
    pub reading: Reading,
    pub dtype: DType,
    /// With the lengths of arrays that are its elements.
    pub shape: Vec<usize>,
    pub chunks: Option<Vec<usize>>,
    /// How far it is stored, where that is less than its shape.
    pub written: Option<Vec<usize>>,
    /// What stands beyond that.
    pub fill: [u8; 8],
    pub place: Place,
    /// The same values by chunks, where that may be tried.
    pub by_chunks: Option<ChunkedArray>,
    /// The library is asked first: its values are not worth looking for chunks.
    pub library_first: bool,
    /// Whether a text was read that is no UTF-8.
    pub latin: AtomicBool,
}

/// A dataset that is opened when the library must read it.
#[derive(Debug, Default)]
pub(super) struct Opened(Mutex<Option<hid_t>>);

impl Drop for Opened {
    fn drop(&mut self) {
        if let Some(id) = self.0.get_mut().unwrap_or_else(|e| e.into_inner()).take() {
            let _lock = ffi::lock();
            // SAFETY: the lock is held; the dataset is open and is closed once.
            unsafe { h5d::H5Dclose(id) };
        }
    }
}

/// A larger chunk is not kept between reads.
const LARGEST_CACHE: usize = 64 << 20;
/// Reading is cheapest in blocks of about this many bytes.
const BLOCK: usize = 8 << 20;

impl H5Array {
    fn width(&self) -> usize {
        match self.reading.kind {
            Kind::Fixed { .. } | Kind::Text { .. } | Kind::Reference => 32,
            _ => self.reading.width(),
        }
    }

    /// Lengths of chunks, for all dimensions of the shape.
    fn gap(&self) -> Vec<usize> {
        let rank = self.shape.len() - self.reading.inner.len();
        let mut gap = self.chunks.clone().unwrap_or_else(|| vec![1; rank]);
        gap.extend(&self.reading.inner);
        gap
    }

    fn by_library(&self, selection: &Selection) -> Result<NdArray> {
        let read = |slab: &Slab| match &self.written {
            None => self.read_box(slab),
            Some(written) => padded(slab, written, &self.dtype, &self.fill, |part| self.read_box(part)),
        };
        let out = read_selection(selection, (&self.shape, &self.gap(), &self.dtype), read).map_err(|e| e.at(self.place()))?;
        self.file.data.as_ref().map_or(Ok(()), |file| file.check_length())?;
        Ok(out)
    }

    /// The library does not tell that it lacks a filter.
    fn why(&self, e: Error) -> Error {
        let lacking = self.by_chunks.as_ref().filter(|c| c.lacks_filter());
        lacking.and_then(|c| c.prepare().err()).map_or(e, |why| why.at(self.place()))
    }

    /// A box; elements that are arrays are read whole.
    fn read_box(&self, slab: &Slab) -> Result<NdArray> {
        let outer = self.shape.len() - self.reading.inner.len();
        if outer == self.shape.len() {
            return self.read_slab(slab);
        }
        let list = |v: &[usize]| v[..outer].to_vec();
        let whole = self.read_slab(&Slab { start: list(&slab.start), count: list(&slab.count), step: list(&slab.step) })?;
        let inner =
            (outer..self.shape.len()).map(|d| Selector::Range { start: slab.start[d], count: slab.count[d], step: slab.step[d] as isize });
        whole.select(&Selection::new(vec![Selector::All; outer].into_iter().chain(inner).collect()))?.to_contiguous()
    }

    fn read_slab(&self, slab: &Slab) -> Result<NdArray> {
        let lib = ffi::lock();
        let mut opened = self.opened.0.lock().unwrap_or_else(|e| e.into_inner());
        let id = match *opened {
            Some(id) => id,
            None => {
                let bytes = self.chunks.iter().flatten().fold(self.reading.width().saturating_mul(4), |n, &c| n.saturating_mul(c));
                let dataset = lib.open_values(self.file.id, &self.object, bytes.saturating_add(1).clamp(1 << 20, LARGEST_CACHE))?;
                check_sums_of(dataset.get())?;
                let id = dataset.keep();
                *opened = Some(id);
                id
            }
        };
        let cells = slab.count.iter().product();
        // SAFETY: the pointer has room for that many elements of the type.
        let read = elements(&lib, &self.reading, &self.paths, (id, cells), |kind, out| unsafe {
            lib.read(id, kind, (&slab.start, &slab.count, &slab.step), out)
        })?;
        let shape: Vec<usize> = slab.count.iter().chain(&self.reading.inner).copied().collect();
        read.array(&self.reading, &shape, &self.latin)
    }
}

impl ChunkSource for H5Array {
    fn dtype(&self) -> &DType {
        &self.dtype
    }

    fn shape(&self) -> &[usize] {
        &self.shape
    }

    fn grid(&self) -> ChunkGrid {
        ChunkGrid::new(&self.shape, &grow(&self.gap(), &self.shape, self.width(), BLOCK))
    }

    fn cost(&self) -> ReadCost {
        match self.by_chunks.as_ref().filter(|c| c.prepare().is_ok()) {
            Some(chunks) => chunks.cost(),
            None => ReadCost { pieces: self.chunks.is_some().then(|| self.gap()), in_place: true, scratch: 0 },
        }
    }

    fn read(&self, selection: &Selection) -> Result<NdArray> {
        let Some(chunks) = &self.by_chunks else { return self.by_library(selection) };
        if self.library_first {
            // The library lacks some filters that this crate has.
            let other = |e| if chunks.prepare().is_ok() { chunks.read(selection) } else { Err(e) };
            return self.by_library(selection).or_else(other).map_err(|e| self.why(e));
        }
        if chunks.prepare().is_err() {
            return self.by_library(selection).map_err(|e| self.why(e));
        }
        // What this crate cannot make sense of, the library may; if it cannot either, our error says more.
        chunks.read(selection).or_else(|e| self.by_library(selection).map_err(|_| e))
    }

    fn place(&self) -> Place {
        Place { file: Some(self.file.path.clone()), ..self.place.clone() }
    }
}
