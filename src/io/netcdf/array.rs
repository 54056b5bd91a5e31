//! Values of NetCDF-4 variables: read chunk by chunk outside the lock of the C library, or by the library where it must.

use super::ffi::{self, Lib};
use super::read::ReadBy;
use super::slab::{Slab, filled, grow, padded, read_selection};
use crate::coding::utf8_or_latin1;
use crate::dtype::DType;
use crate::error::{Error, Notices, Place, Result, ResultExt};
use crate::io::chunked::{ChunkedArray, DataFile, check_texts};
use crate::store::{ChunkGrid, ChunkSource, NdArray, ReadCost, Selection};
use arrow::array::StringViewBuilder;
use std::ffi::c_int;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};

/// An open file; closed when the last variable that reads from it goes.
#[derive(Debug)]
pub(super) struct NcFile {
    pub id: c_int,
    pub path: PathBuf,
    /// The same file for reading chunks; none where it is no plain one.
    pub data: Option<Arc<DataFile>>,
}

impl NcFile {
    pub fn open(lib: &Lib, path: &Path) -> Result<NcFile> {
        let id = lib.open(path).at_file(path)?;
        Ok(NcFile { id, path: path.to_path_buf(), data: DataFile::open(path).ok().map(Arc::new) })
    }
}

impl Drop for NcFile {
    fn drop(&mut self) {
        // A file that was only read has nothing to lose.
        let _ = ffi::lock().close(self.id);
    }
}

/// A variable of a NetCDF-4 file.
#[derive(Debug)]
pub(super) struct NcArray {
    /// Keeps the file open.
    pub file: Arc<NcFile>,
    pub group: c_int,
    pub variable: c_int,
    /// Its path in the file.
    pub object: String,
    pub dtype: DType,
    pub shape: Vec<usize>,
    pub chunks: Option<Vec<usize>>,
    /// How far it is stored, where that is less than its shape.
    pub written: Option<Vec<usize>>,
    /// What stands beyond that.
    pub fill: [u8; 8],
    pub place: Place,
    /// Bytes that the library may keep of decoded chunks; changed under the lock only.
    pub cache: AtomicUsize,
    /// The same values by chunks, where that may be tried.
    pub by_chunks: Option<ChunkedArray>,
    /// Whether it is tried only where the library fails.
    pub library_first: bool,
    /// Whether its chunks end in sums.
    pub sums: bool,
    /// Whether a text was read that is no UTF-8.
    pub latin: AtomicBool,
}

/// A variable of fewer bytes is not worth looking for its chunks.
pub(super) const SMALL: usize = 64 << 10;

/// Reading is cheapest in blocks of about this many bytes.
const BLOCK: usize = 8 << 20;
/// A larger chunk is not kept between reads.
const LARGEST_CACHE: usize = 64 << 20;

/// The way by chunks to a variable, where there may be one.
pub(super) fn by_chunks(file: &NcFile, object: &str, dtype: &DType, shape: &[usize], place: &Place, by: ReadBy) -> Option<ChunkedArray> {
    match by {
        ReadBy::Library => None,
        _ => ChunkedArray::hdf5(file.data.as_ref()?, object, dtype.clone(), shape, place.clone()).ok(),
    }
}

impl NcArray {
    fn by_library(&self, selection: &Selection) -> Result<NdArray> {
        if let Some(chunks) = self.by_chunks.as_ref().filter(|_| self.sums) {
            chunks.spare_library().map_err(|e| e.at(self.place()))?;
        }
        let ones = vec![1; self.shape.len()];
        let gap = self.chunks.as_ref().unwrap_or(&ones);
        let out =
            read_selection(selection, (&self.shape, gap, &self.dtype), |slab| self.read_written(slab)).map_err(|e| e.at(self.place()))?;
        self.file.data.as_ref().map_or(Ok(()), |file| file.check_length())?;
        Ok(out)
    }

    /// The library does not tell that it lacks a filter.
    fn why(&self, e: Error) -> Error {
        let lacking = self.by_chunks.as_ref().filter(|c| c.lacks_filter());
        lacking.and_then(|c| c.prepare().err()).map_or(e, |why| why.at(self.place()))
    }

    fn width(&self) -> usize {
        self.dtype.phys().and_then(|p| p.width()).unwrap_or(32)
    }

    fn read_written(&self, slab: &Slab) -> Result<NdArray> {
        match &self.written {
            None => self.read_slab(slab),
            Some(written) => padded(slab, written, &self.dtype, &self.fill, |part| self.read_slab(part)),
        }
    }

    fn read_slab(&self, slab: &Slab) -> Result<NdArray> {
        let step: Vec<isize> = slab.step.iter().map(|&s| s as isize).collect();
        let slab_c = (slab.start.as_slice(), slab.count.as_slice(), step.as_slice());
        let lib = ffi::lock();
        self.tune_cache(&lib, slab)?;
        if self.dtype == DType::Str {
            if let Some(file) = &self.file.data {
                check_texts(file, &self.object, (&slab.start, &slab.count, &slab.step))?;
            }
            let (texts, latin) = texts(&lib.get_strings(self.group, self.variable, slab_c)?, &slab.count)?;
            self.latin.fetch_or(latin, Relaxed);
            return Ok(texts);
        }
        // The library leaves out what was never written in a file that asks for no fill values.
        let mut array = filled(&self.dtype, &slab.count, |out, _| {
            // SAFETY: the buffer has as many elements as the box, of the width of the variable's type.
            unsafe { lib.get(self.group, self.variable, slab_c, out.cast()) }
        })?;
        if self.dtype == DType::Bool {
            let bytes = array.as_slice::<u8>().unwrap_or_default();
            if bytes.iter().any(|&b| b > 1) {
                array = NdArray::from_vec(bytes.iter().map(|&b| (b != 0) as u8).collect(), &slab.count)?.reinterpret(DType::Bool)?;
            }
        }
        Ok(array)
    }

    /// Whole chunks need no cache, and one would only hold memory for each variable that was ever read; parts of chunks need
    /// one that holds a chunk.
    fn tune_cache(&self, lib: &Lib, slab: &Slab) -> Result<()> {
        let Some(chunks) = &self.chunks else { return Ok(()) };
        let whole = (0..chunks.len()).all(|d| {
            let end = slab.start[d] + slab.count[d];
            slab.step[d] == 1 && slab.start[d].is_multiple_of(chunks[d]) && (end == self.shape[d] || end.is_multiple_of(chunks[d]))
        });
        let bytes = chunks.iter().fold(self.width(), |n, &c| n.saturating_mul(c));
        let want = if whole { 1 } else { bytes.saturating_add(1).clamp(1 << 20, LARGEST_CACHE) };
        if self.cache.load(Relaxed) < want {
            lib.chunk_cache(self.group, self.variable, want)?;
            self.cache.store(want, Relaxed);
        }
        Ok(())
    }
}

/// Texts, and whether one of them is no UTF-8.
fn texts(strings: &ffi::Strings, shape: &[usize]) -> Result<(NdArray, bool)> {
    let mut out = StringViewBuilder::with_capacity(strings.iter().len());
    let mut latin = false;
    for bytes in strings.iter() {
        let (text, odd) = utf8_or_latin1(bytes);
        latin |= odd;
        out.append_value(text);
    }
    Ok((NdArray::from_texts(out.finish(), shape)?, latin))
}

/// Says which of these variables have texts that are no UTF-8. Only small ones are looked at; the others are read the same way.
pub(in crate::io) fn note_latin<T: ChunkSource>(arrays: Vec<Arc<T>>, latin: impl Fn(&T) -> &AtomicBool, notices: &mut Notices) {
    for a in arrays.iter().filter(|a| a.shape().iter().product::<usize>() <= LOOKED_AT) {
        // What cannot be read is said when it is asked for.
        let read = a.read(&Selection::all(a.shape().len()));
        if read.is_ok() && latin(a).load(Relaxed) {
            let place = a.place();
            let name = place.variable.clone().unwrap_or_default();
            notices.warn(format!("variable {name:?}: texts that are no UTF-8 are read as Latin-1"), place);
        }
    }
}

/// Texts of a variable that are looked at when a file is opened.
const LOOKED_AT: usize = 4096;

impl ChunkSource for NcArray {
    fn dtype(&self) -> &DType {
        &self.dtype
    }

    fn shape(&self) -> &[usize] {
        &self.shape
    }

    fn grid(&self) -> ChunkGrid {
        let ones = vec![1; self.shape.len()];
        ChunkGrid::new(&self.shape, &grow(self.chunks.as_ref().unwrap_or(&ones), &self.shape, self.width(), BLOCK))
    }

    fn cost(&self) -> ReadCost {
        match self.by_chunks.as_ref().filter(|c| c.prepare().is_ok()) {
            Some(chunks) => chunks.cost(),
            None => ReadCost { pieces: self.chunks.clone(), in_place: true, scratch: 0 },
        }
    }

    fn read(&self, selection: &Selection) -> Result<NdArray> {
        let Some(chunks) = &self.by_chunks else { return self.by_library(selection) };
        if self.library_first {
            // The library lacks some filters that this crate has.
            return self
                .by_library(selection)
                .or_else(|e| if chunks.prepare().is_ok() { chunks.read(selection) } else { Err(e) })
                .map_err(|e| self.why(e));
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
