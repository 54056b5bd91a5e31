//! Values brought to other chunks.

use super::blocks::{blocks, boxes};
use super::chunk::{cut, over, persisted};
use super::slabs::{Layout, boxes_in_any_order};
use crate::array::Variable;
use crate::dtype::{DType, Phys};
use crate::error::{Error, Place, Result};
use crate::exec::ExecOptions;
use crate::exec::made::by_chunks;
use crate::store::{Budget, ChunkGrid, ChunkSource, NdArray, ReadCost, Selection, Step};
use arrow::buffer::Buffer;
use memmap2::MmapMut;
use std::fs::File;
use std::sync::Arc;

/// The values of a variable in these chunks; each chunk that they come in is decoded once.
pub(in crate::exec) fn rechunked(v: &Variable, chunk: &[usize], options: &ExecOptions) -> Result<Variable> {
    let target = ChunkGrid::new(v.shape(), chunk);
    let Some(pieces) = v.cost().pieces.filter(|p| p.len() == chunk.len()) else { return cut(v, &target.chunk) };
    let covers = |d: usize| target.chunk[d].is_multiple_of(pieces[d].max(1)) || target.chunk[d] >= v.shape()[d];
    if v.is_empty() || (0..chunk.len()).all(covers) {
        return cut(v, &target.chunk);
    }
    let Some(width) = v.dtype().phys().and_then(Phys::width) else {
        // Text stays in memory.
        return cut(&persisted(v, options)?, &target.chunk);
    };
    let bytes = v.len().saturating_mul(width + usize::from(!v.dtype().is_float()));
    if bytes <= options.budget.free() / 2 {
        return cut(&persisted(v, options)?, &target.chunk);
    }
    let source = Layout::of(&v.cost(), v.shape(), width);
    // A slab as it is read and as it is stored, on each thread.
    let fits = |workers: usize| {
        let share = (options.budget.free() / 4 * 3 / workers).saturating_sub(v.cost().scratch);
        share / (3 * width)
    };
    let piece: usize = source.shape().iter().product();
    let workers = (1..=options.workers()).rev().find(|&w| fits(w) >= piece).unwrap_or(1);
    let most = fits(workers).max(Budget::LITTLE / (3 * width));
    if piece > most {
        options.budget.reserve(piece.saturating_mul(3 * width), "a chunk of the source").map_err(|e| e.at(v.place()))?;
    }
    // Whole pieces of the source, and of the target as much as fits.
    let slabs = boxes_in_any_order(&Layout::Pieces(target.chunk.clone()), &source, v.shape(), most);
    let boxes = boxes(&slabs);
    let scratch = Arc::new(Scratch::new(&target, v.dtype(), width)?);
    let (to, starts) = (scratch.clone(), boxes.iter().map(|b| b.0.clone()).collect::<Vec<_>>());
    let options = ExecOptions { threads: Some(workers), ..options.clone() };
    for done in blocks(v, boxes, &options, |_: &()| 0, move |i, block| to.put(&starts[i], &block)) {
        done?;
    }
    // Tasks that have ended may not have let go of it yet, so the map is shared with them rather than taken.
    over(v, Rechunked { file: scratch, dtype: v.dtype().clone(), from: v.step() }, &target.chunk)
}

/// A temporary file without a name that holds an array chunk by chunk, each as long as a whole one, and behind them a byte for each element of
/// types that have no NaN, which says whether it is there.
#[derive(Debug)]
struct Scratch {
    grid: ChunkGrid,
    width: usize,
    /// Elements of a chunk.
    chunk: usize,
    /// Where the bytes of validity begin.
    valid: Option<usize>,
    bytes: Arc<Bytes>,
}

/// The map of the file, which several threads write to.
#[derive(Debug)]
struct Bytes {
    map: MmapMut,
    start: *mut u8,
}

// SAFETY: the memory that `start` points to lives as long as `map`, is not moved with it, and is only touched by `Scratch::put`, which gives each
// byte to one call, and read after all of these have ended.
unsafe impl Send for Bytes {}
// SAFETY: as above.
unsafe impl Sync for Bytes {}

fn refused(e: std::io::Error) -> Error {
    Error::io(e, std::env::temp_dir()).help("temporary files go to the folder that TMPDIR names; with more --memory fewer are needed")
}

/// Makes room in a file, so that a disk without room is an error here and not the end of the process when a page is written.
fn extend(file: &File, bytes: u64) -> std::io::Result<()> {
    file.set_len(bytes)?;
    #[cfg(target_os = "linux")]
    {
        use std::os::fd::AsRawFd;
        let length = libc::off_t::try_from(bytes).map_err(|_| std::io::Error::from(std::io::ErrorKind::FileTooLarge))?;
        // SAFETY: a call on an open file that touches no memory.
        let code = unsafe { libc::posix_fallocate(file.as_raw_fd(), 0, length) };
        // File systems that cannot promise room are used without the promise.
        if code != 0 && code != libc::EOPNOTSUPP && code != libc::EINVAL {
            return Err(std::io::Error::from_raw_os_error(code));
        }
    }
    Ok(())
}

impl Scratch {
    fn new(grid: &ChunkGrid, dtype: &DType, width: usize) -> Result<Scratch> {
        let chunk: usize = grid.chunk.iter().product();
        let too_long = || Error::overflow("the chunks take more bytes than a file can have");
        let elements = grid.count().checked_mul(chunk).ok_or_else(too_long)?;
        let values = elements.checked_mul(width).ok_or_else(too_long)?;
        let valid = (!dtype.is_float()).then_some(values);
        let total = valid.map_or(Some(values), |v| v.checked_add(elements)).filter(|n| *n < isize::MAX as usize).ok_or_else(too_long)?;
        let file = tempfile::tempfile().map_err(refused)?;
        extend(&file, total as u64).map_err(refused)?;
        // SAFETY: the file has no name, so that nobody else changes or cuts it.
        let mut map = unsafe { MmapMut::map_mut(&file) }.map_err(refused)?;
        let start = map.as_mut_ptr();
        Ok(Scratch { grid: grid.clone(), width, chunk, valid, bytes: Arc::new(Bytes { map, start }) })
    }

    /// Brings a block that begins at `start` to where it belongs. Each element comes once.
    fn put(&self, start: &[usize], block: &NdArray) -> Result<()> {
        let width = self.width;
        let (buffer, offset) = block.buffer().ok_or_else(|| Error::internal("text in a file of numbers"))?;
        let values = &buffer.as_slice()[offset * width..(offset + block.len()) * width];
        let valid = block.valid();
        if self.valid.is_none() && valid.is_some() {
            return Err(Error::internal("floats with validity beside them"));
        }
        let rank = start.len();
        let (shape, chunk) = (block.shape(), &self.grid.chunk);
        let counts = self.grid.counts();
        // Runs along the last dim, cut where chunks end.
        let (last, from) = (shape[rank - 1], start[rank - 1]);
        let mut at = vec![0usize; rank - 1];
        for row in 0..block.len() / last {
            let mut rest = row;
            for d in (0..rank - 1).rev() {
                at[d] = start[d] + rest % shape[d];
                rest /= shape[d];
            }
            let number = (0..rank - 1).fold(0, |n, d| n * counts[d] + at[d] / chunk[d]);
            let inside = (0..rank - 1).fold(0, |n, d| n * chunk[d] + at[d] % chunk[d]);
            let mut done = 0;
            while done < last {
                let position = from + done;
                let length = (chunk[rank - 1] - position % chunk[rank - 1]).min(last - done);
                let element = (number * counts[rank - 1] + position / chunk[rank - 1]) * self.chunk
                    + inside * chunk[rank - 1]
                    + position % chunk[rank - 1];
                let own = row * last + done;
                self.write(element * width, &values[own * width..(own + length) * width]);
                if let Some(first) = self.valid {
                    match valid {
                        Some(v) => self.write(first + element, &v[own..own + length]),
                        None => self.fill(first + element, length),
                    }
                }
                done += length;
            }
        }
        Ok(())
    }

    fn write(&self, at: usize, bytes: &[u8]) {
        assert!(at + bytes.len() <= self.bytes.map.len());
        // SAFETY: within the map by the line above; no other call writes there, because each element comes once, and nothing is read before all
        // have come; what is written comes from elsewhere, so the two do not overlap.
        unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), self.bytes.start.add(at), bytes.len()) }
    }

    /// Says that these elements are there.
    fn fill(&self, at: usize, count: usize) {
        assert!(at + count <= self.bytes.map.len());
        // SAFETY: as in `write`.
        unsafe { std::ptr::write_bytes(self.bytes.start.add(at), 1, count) }
    }

    fn get(&self, number: usize, dtype: &DType) -> Result<NdArray> {
        let (_, shape) = self.grid.block(number);
        let mut strides = vec![1isize; shape.len()];
        for d in (1..shape.len()).rev() {
            strides[d - 1] = strides[d] * self.grid.chunk[d] as isize;
        }
        let all = Buffer::from(bytes::Bytes::from_owner(Shared(self.bytes.clone())));
        let array = NdArray::from_strided(all.clone(), dtype.clone(), &shape, &strides, number * self.chunk)?;
        let Some(first) = self.valid else { return Ok(array) };
        let marks = NdArray::from_strided(all, DType::U8, &shape, &strides, first + number * self.chunk)?.to_contiguous()?;
        let marks = marks.as_slice::<u8>().ok_or_else(|| Error::internal("bytes that are none"))?;
        if marks.iter().all(|&m| m == 1) {
            return Ok(array);
        }
        // Marks stand beside an array that begins where its buffer does.
        let own = array.to_contiguous()?;
        let (buffer, offset) = own.buffer().ok_or_else(|| Error::internal("text in a file of numbers"))?;
        let values = buffer.slice_with_length(offset * self.width, own.len() * self.width);
        NdArray::from_buffer(values, dtype.clone(), &shape)?.with_valid(Some(Buffer::from_slice_ref(marks)))
    }
}

/// A handle on the map that buffers can own.
struct Shared(Arc<Bytes>);

impl AsRef<[u8]> for Shared {
    fn as_ref(&self) -> &[u8] {
        &self.0.map
    }
}

/// Values in a temporary file.
#[derive(Debug)]
struct Rechunked {
    file: Arc<Scratch>,
    dtype: DType,
    from: Step,
}

impl ChunkSource for Rechunked {
    fn made_of(&self) -> (String, Vec<Step>) {
        ("rechunked in a temporary file".into(), vec![self.from.clone()])
    }

    fn dtype(&self) -> &DType {
        &self.dtype
    }

    fn shape(&self) -> &[usize] {
        &self.file.grid.shape
    }

    fn grid(&self) -> ChunkGrid {
        self.file.grid.clone()
    }

    fn read(&self, selection: &Selection) -> Result<NdArray> {
        by_chunks(&self.file.grid, &self.dtype, selection, |i| self.file.get(i, &self.dtype))
    }

    fn cost(&self) -> ReadCost {
        ReadCost { pieces: Some(self.file.grid.chunk.clone()), in_place: true, scratch: 0 }
    }

    fn place(&self) -> Place {
        Place::default()
    }
}
