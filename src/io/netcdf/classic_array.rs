//! Values of classic files: read by position, without the C library and without its lock, so from many threads at once.

use super::classic::{ClassicVariable, Header, to_native};
use super::slab::{Slab, filled, grow, read_selection};
use crate::dtype::DType;
use crate::error::{Error, Place, Result};
use crate::store::{ChunkGrid, ChunkSource, NdArray, Selection};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// An open file.
#[derive(Debug)]
pub(super) struct ClassicFile {
    file: File,
    path: PathBuf,
}

impl ClassicFile {
    pub(super) fn new(file: File, path: &Path) -> ClassicFile {
        ClassicFile { file, path: path.to_path_buf() }
    }

    /// Fills `out` from this byte on.
    fn read(&self, out: &mut [u8], at: u64) -> Result<()> {
        #[cfg(unix)]
        let read = std::os::unix::fs::FileExt::read_exact_at(&self.file, out, at);
        #[cfg(windows)]
        let read = read_exact_at(&self.file, out, at);
        read.map_err(|e| match e.kind() {
            std::io::ErrorKind::UnexpectedEof => Error::format("the file has become shorter since it was opened"),
            _ => Error::io(e, &self.path),
        })
        .map_err(|e| e.at(Place { byte: Some(at), ..Place::file(&self.path) }))
    }
}

#[cfg(windows)]
fn read_exact_at(file: &File, mut out: &mut [u8], mut at: u64) -> std::io::Result<()> {
    while !out.is_empty() {
        match std::os::windows::fs::FileExt::seek_read(file, out, at)? {
            0 => return Err(std::io::ErrorKind::UnexpectedEof.into()),
            n => {
                out = &mut out[n..];
                at += n as u64;
            }
        }
    }
    Ok(())
}

/// A variable of a classic file.
#[derive(Debug)]
pub(super) struct ClassicArray {
    file: Arc<ClassicFile>,
    name: String,
    dtype: DType,
    width: usize,
    shape: Vec<usize>,
    begin: u64,
    /// Bytes from one position to the next, for each dimension.
    strides: Vec<u64>,
}

/// Reading is cheapest in blocks of about this many bytes.
const BLOCK: usize = 8 << 20;
/// Pieces nearer to each other than this are read together.
const WINDOW: usize = 256 << 10;

impl ClassicArray {
    pub(super) fn new(file: &Arc<ClassicFile>, header: &Header, variable: &ClassicVariable) -> Result<ClassicArray> {
        let (dtype, shape) = (Header::dtype(variable)?, header.shape(variable));
        let width = dtype.phys().and_then(|p| p.width()).unwrap_or(1);
        let mut strides = vec![width as u64; shape.len()];
        for d in (1..shape.len()).rev() {
            strides[d - 1] = strides[d] * shape[d] as u64;
        }
        if variable.record {
            strides[0] = header.record_bytes;
        }
        Ok(ClassicArray { file: file.clone(), name: variable.name.clone(), dtype, width, shape, begin: variable.begin, strides })
    }

    fn read_slab(&self, slab: &Slab) -> Result<NdArray> {
        // SAFETY: `out` has room for `bytes`, and all of them are set to zero before they are seen as a slice.
        unsafe {
            filled(&self.dtype, &slab.count, |out, bytes| {
                std::ptr::write_bytes(out, 0, bytes);
                let out = std::slice::from_raw_parts_mut(out, bytes);
                self.read_runs(slab, out)?;
                to_native(out, self.width);
                Ok(())
            })
        }
    }

    /// Reads the box run by run, in the order of the file.
    fn read_runs(&self, slab: &Slab, out: &mut [u8]) -> Result<()> {
        // The trailing dimensions that lie without gaps in file and box make one run.
        let mut outer = slab.count.len();
        let mut run = self.width;
        while outer > 0 {
            let d = outer - 1;
            if slab.count[d] != 1 && (slab.step[d] != 1 || self.strides[d] != run as u64) {
                break;
            }
            run *= slab.count[d];
            outer -= 1;
        }
        let base = slab.start.iter().zip(&self.strides).fold(self.begin, |at, (&s, &t)| at + s as u64 * t);
        let near = outer > 0 && slab.step[outer - 1] as u64 * self.strides[outer - 1] <= 8192;
        let mut window = Window { file: &self.file, near, buffer: Vec::new(), at: 0, end: self.end(slab) };
        let mut index = vec![0usize; outer];
        for piece in out.chunks_exact_mut(run.max(1)) {
            let at = index.iter().enumerate().fold(base, |at, (d, &i)| at + (i * slab.step[d]) as u64 * self.strides[d]);
            window.read(piece, at)?;
            for d in (0..outer).rev() {
                index[d] += 1;
                if index[d] < slab.count[d] {
                    break;
                }
                index[d] = 0;
            }
        }
        Ok(())
    }

    /// The byte after the last of a box.
    fn end(&self, slab: &Slab) -> u64 {
        let last = |d: usize| (slab.start[d] + (slab.count[d].max(1) - 1) * slab.step[d]) as u64 * self.strides[d];
        (0..slab.count.len()).fold(self.begin, |at, d| at + last(d)) + self.width as u64
    }
}

/// Small pieces that lie near each other are cut out of larger reads.
struct Window<'a> {
    file: &'a ClassicFile,
    near: bool,
    buffer: Vec<u8>,
    at: u64,
    /// Nothing beyond is wanted.
    end: u64,
}

impl Window<'_> {
    fn read(&mut self, out: &mut [u8], at: u64) -> Result<()> {
        if !self.near || out.len() >= WINDOW / 4 {
            return self.file.read(out, at);
        }
        let (until, have) = (at + out.len() as u64, self.at + self.buffer.len() as u64);
        if at < self.at || until > have {
            let bytes = (self.end.max(until) - at).min(WINDOW as u64) as usize;
            self.buffer.resize(bytes, 0);
            self.at = at;
            self.file.read(&mut self.buffer, at)?;
        }
        let from = (at - self.at) as usize;
        out.copy_from_slice(&self.buffer[from..from + out.len()]);
        Ok(())
    }
}

impl ChunkSource for ClassicArray {
    fn dtype(&self) -> &DType {
        &self.dtype
    }

    fn shape(&self) -> &[usize] {
        &self.shape
    }

    fn grid(&self) -> ChunkGrid {
        ChunkGrid::new(&self.shape, &grow(&vec![1; self.shape.len()], &self.shape, self.width, BLOCK))
    }

    fn read(&self, selection: &Selection) -> Result<NdArray> {
        let gap = vec![1; self.shape.len()];
        read_selection(selection, (&self.shape, &gap, &self.dtype), |slab| self.read_slab(slab)).map_err(|e| e.at(self.place()))
    }

    fn place(&self) -> Place {
        Place { file: Some(self.file.path.clone()), ..Place::variable(&self.name) }
    }
}
