//! Copies of cubes to a sink.
//!
//! What is held at a time is planned before a variable is read: slabs that fit the budget together with what readers, decoders
//! and encoders take on each thread. Sinks that take finished chunks get them in the order of slabs, encoded by all threads.

use super::blocks::{blocks, boxes};
use super::dense::copy_in_parallel;
use super::slabs::{Layout, boxes_in_any_order, boxes_in_order};
use crate::array::Variable;
use crate::array::{Data, Dataset};
use crate::error::{Error, Result, ResultExt};
use crate::exec::ExecOptions;
use crate::exec::ordered::{Ordered, Parts};
use crate::store::{ChunkEncoder, ChunkGrid, ChunkSink, EncodedChunk, NdArray, NdBuilder, Reservation, Selection, WriteOrder};
use rayon::prelude::*;
use std::sync::{Arc, Mutex};

/// Slabs of fewer bytes are read and encoded by one thread each; the threads share larger ones.
const SMALL: usize = 6 << 20;
/// Slabs are no larger, except for chunks that are.
const LARGE: usize = 32 << 20;
/// Blocks are read ahead of the sink as long as all together take no more than this.
const CALM: usize = 96 << 20;
/// Brings every variable and coordinate of an encoded dataset to a sink and completes it, groups included.
///
/// Blocks are read and decoded in parallel ahead of the sink, within the budget; the sink gets them in C order on the calling
/// thread, or finished chunks in any order where it can make chunks on other threads. Where the chunks of source and target
/// differ, slabs of whole chunks of both are read if they fit the budget, so that a chunk of the source is decoded once; else
/// slabs that decode them as few times as fits.
///
/// # Errors
/// Budget, where not even one chunk fits; what the readers and the sink say. The target is then as it was.
pub fn copy(ds: &Dataset, mut sink: Box<dyn ChunkSink>, options: &ExecOptions) -> Result<()> {
    copy_group(ds, "", &mut *sink, options)?;
    sink.finish()
}

fn copy_group(ds: &Dataset, prefix: &str, sink: &mut dyn ChunkSink, options: &ExecOptions) -> Result<()> {
    let coords = ds.coords.iter();
    for (name, variable) in coords.chain(ds.vars.iter().map(|(n, v)| (n.as_str(), v))) {
        let path = format!("{prefix}{name}");
        copy_variable(&path, variable, sink, options).at_variable(&path)?;
    }
    for (name, group) in &ds.groups {
        copy_group(group, &format!("{prefix}{name}/"), sink, options)?;
    }
    Ok(())
}

/// What copying a variable takes, in bytes.
struct Needs {
    /// Of an element in a slab.
    width: usize,
    /// Of an element that is being read, beside those: what decoding steps make on the way.
    steps: usize,
    /// On each thread that reads.
    reader: usize,
    /// A piece of the source, decoded.
    piece: usize,
    budget: usize,
}

impl Needs {
    fn new(variable: &Variable, pieces: &[usize], options: &ExecOptions) -> Needs {
        let width = variable.dtype().phys().and_then(|p| p.width()).unwrap_or(40);
        let steps = match variable.data() {
            // What is stored, a step in between in f64, and its validity.
            Data::Lazy(l) if !l.steps().is_empty() => l.source().dtype().phys().and_then(|p| p.width()).unwrap_or(40) + 9,
            _ => 0,
        };
        let piece = pieces.iter().fold(width.max(steps), |n, &p| n.saturating_mul(p));
        let reader = variable.cost().scratch;
        Needs { width, steps, reader, piece, budget: options.budget.limit() - options.budget.limit() / 16 }
    }

    /// Elements of which one slab at a time fits, read by this many threads, when each thread takes `more` bytes for encoding.
    fn one_slab(&self, threads: usize, more: usize) -> usize {
        let busy = self.reader.max(more).saturating_add(if self.steps > 0 { self.piece } else { 0 });
        self.budget.saturating_sub(threads.saturating_mul(busy)) / self.width
    }
}

fn copy_variable(path: &str, variable: &Variable, sink: &mut dyn ChunkSink, options: &ExecOptions) -> Result<()> {
    let Some(target) = sink.grid(path) else { return Ok(()) };
    if variable.is_empty() {
        return Ok(());
    }
    if let Some(progress) = &options.progress {
        progress.message(path);
    }
    let width = variable.dtype().phys().and_then(|p| p.width()).unwrap_or(40);
    if let Some(target) = sink.in_parallel(path) {
        return copy_in_parallel(variable, target, width, options);
    }
    let source = Layout::of(&variable.cost(), variable.shape(), width);
    let needs = Needs::new(variable, source.shape(), options);
    match sink.encoder(path) {
        Some(encoder) => copy_chunks(path, variable, (&target, &source, &needs), encoder, sink, options),
        None => copy_blocks(path, variable, (&target, &source, &needs), sink, options),
    }
}

/// By finished chunks.
fn copy_chunks(
    path: &str,
    variable: &Variable,
    (target, source, needs): (&ChunkGrid, &Layout, &Needs),
    encoder: Arc<dyn ChunkEncoder>,
    sink: &mut dyn ChunkSink,
    options: &ExecOptions,
) -> Result<()> {
    let bytes = |chunk: &[usize]| chunk.iter().fold(needs.width, |n, &c| n.saturating_mul(c));
    // Beside the buffers of an encoder, two finished chunks wait for the sink.
    let coding = encoder.scratch().saturating_add(2 * bytes(&target.chunk));
    let threads = options.workers();
    // Larger slabs win less by decoding each chunk once than the memory is worth that they take.
    let worthwhile = LARGE.max(2 * bytes(&target.chunk)).max(2 * bytes(source.shape())) / needs.width;
    let most = needs.one_slab(threads, coding).min(worthwhile).max(bytes(&target.chunk) / needs.width);
    let slabs = boxes_in_any_order(source, &Layout::Pieces(target.chunk.clone()), &target.shape, most);
    // A slab in every worker, as it is read and as it is stored, and finished ones in the queue.
    let slab = bytes(&slabs.chunk);
    let alone = slab.saturating_mul(3).saturating_add(slab / needs.width * needs.steps).saturating_add(needs.reader.max(encoder.scratch()));
    let workers = needs.budget / alone.max(1);
    if slab <= SMALL && workers >= threads.min(2) {
        let options = ExecOptions { threads: Some(workers.min(threads)), ..options.clone() };
        let (boxes, grid) = (boxes(&slabs), target.clone());
        let origins: Vec<Vec<usize>> = boxes.iter().map(|b| b.0.clone()).collect();
        let encode = move |i: usize, block: NdArray| -> Result<Vec<EncodedChunk>> {
            let starts = chunks_of(&grid, &origins[i], block.shape());
            // A few large chunks or many small ones: each thread has a slab of its own.
            starts.iter().map(|start| encoder.encode(start, &block, &origins[i])).collect()
        };
        let weigh = |chunks: &Vec<EncodedChunk>| chunks.iter().map(|c| c.bytes.len()).sum();
        for item in blocks(variable, boxes, &options, weigh, encode) {
            item?.1.iter().try_for_each(|chunk| sink.write_chunk(path, chunk))?;
        }
        return Ok(());
    }
    if let Some(progress) = &options.progress {
        progress.total(bytes(&target.shape) as u64);
    }
    for (origin, shape) in boxes(&slabs) {
        let (block, booked) = read_slab(variable, &origin, &shape, source.shape(), needs, options)?;
        let starts = chunks_of(target, &origin, &shape);
        // Tasks that the pool has not begun yet outlive the loop; the slab must not.
        let slab: Held = Arc::new(Mutex::new(Some(Arc::new((block, booked)))));
        let work = Chunks { slab: slab.clone(), origin, starts, encoder: encoder.clone() };
        for chunk in Ordered::new(work, &ExecOptions { progress: None, ..options.clone() }) {
            sink.write_chunk(path, &chunk?)?;
        }
        slab.lock().unwrap_or_else(|e| e.into_inner()).take();
        if let Some(progress) = &options.progress {
            progress.advance(bytes(&shape) as u64);
        }
    }
    Ok(())
}

/// The first elements of the target's chunks in a box that is made of them.
fn chunks_of(grid: &ChunkGrid, origin: &[usize], shape: &[usize]) -> Vec<Vec<usize>> {
    let inner = ChunkGrid { shape: shape.to_vec(), chunk: grid.chunk.clone() };
    (0..inner.count()).map(|i| inner.block(i).0.iter().zip(origin).map(|(a, o)| a + o).collect()).collect()
}

/// A slab and its booking, until all its chunks are made.
type Held = Arc<Mutex<Option<Arc<(NdArray, Option<Reservation>)>>>>;

/// The chunks of a slab, encoded by all threads.
struct Chunks {
    slab: Held,
    origin: Vec<usize>,
    starts: Vec<Vec<usize>>,
    encoder: Arc<dyn ChunkEncoder>,
}

impl Parts for Chunks {
    type Item = EncodedChunk;
    fn parts(&self) -> usize {
        self.starts.len()
    }
    fn open(&self, part: usize) -> Result<Box<dyn Iterator<Item = Result<EncodedChunk>> + Send>> {
        let slab = self.slab.lock().unwrap_or_else(|e| e.into_inner()).clone();
        let slab = slab.ok_or_else(|| Error::internal("a slab that has been given back"))?;
        let chunk = self.encoder.encode(&self.starts[part], &slab.0, &self.origin)?;
        Ok(Box::new(std::iter::once(Ok(chunk))))
    }
    fn weight(&self, item: &EncodedChunk) -> usize {
        item.bytes.len()
    }
}

/// A box of a variable, read by all threads at once. Where steps decode or sources lie behind each other, it is read piece by
/// piece, so that what they make on the way is small.
fn read_slab(
    variable: &Variable,
    origin: &[usize],
    shape: &[usize],
    pieces: &[usize],
    needs: &Needs,
    options: &ExecOptions,
) -> Result<(NdArray, Option<Reservation>)> {
    let bytes = shape.iter().fold(needs.width, |n, &c| n.saturating_mul(c));
    let booked = options.budget.reserve_block(bytes, "a slab of whole chunks")?;
    if variable.cost().in_place || *variable.dtype() == crate::dtype::DType::Str {
        return Ok((variable.read(&Selection::hyperslab(origin, shape))?.to_contiguous()?, booked));
    }
    let inner = cut(origin, shape, pieces);
    let out = Mutex::new(NdBuilder::new(variable.dtype().clone(), shape)?);
    inner.par_iter().try_for_each(|(start, count)| -> Result<()> {
        let block = variable.read(&Selection::hyperslab(start, count))?;
        let at: Vec<usize> = start.iter().zip(origin).map(|(s, o)| s - o).collect();
        out.lock().unwrap_or_else(|e| e.into_inner()).put(&at, &block)
    })?;
    let out = out.into_inner().map_err(|_| Error::internal("a thread has gone while a slab was read"))?;
    Ok((out.finish()?, booked))
}

/// A box cut at the edges of pieces; small pieces stay together along the last dims.
fn cut(origin: &[usize], shape: &[usize], pieces: &[usize]) -> Vec<(Vec<usize>, Vec<usize>)> {
    const FEW: usize = 1 << 18;
    let mut step: Vec<usize> = pieces.to_vec();
    for d in (0..step.len()).rev() {
        let elements: usize = step.iter().zip(shape).map(|(&s, &n)| s.min(n)).product();
        step[d] = step[d].saturating_mul((FEW / elements.max(1)).max(1));
        if step[d] < shape[d] {
            break;
        }
    }
    // Along each dim: from the edge of a piece at or before the beginning.
    let spans: Vec<Vec<(usize, usize)>> = (0..shape.len())
        .map(|d| {
            let (first, end) = (origin[d], origin[d] + shape[d]);
            let edges = (first / step[d]..end.div_ceil(step[d])).map(|i| ((i * step[d]).max(first), ((i + 1) * step[d]).min(end)));
            edges.map(|(a, b)| (a, b - a)).collect()
        })
        .collect();
    let count: usize = spans.iter().map(Vec::len).product();
    let one = |mut i: usize| {
        let (mut start, mut size) = (vec![0; spans.len()], vec![0; spans.len()]);
        for d in (0..spans.len()).rev() {
            (start[d], size[d]) = spans[d][i % spans[d].len()];
            i /= spans[d].len();
        }
        (start, size)
    };
    (0..count).map(one).collect()
}

/// By blocks of values, which the sink brings to the file.
fn copy_blocks(
    path: &str,
    variable: &Variable,
    (target, source, needs): (&ChunkGrid, &Layout, &Needs),
    sink: &mut dyn ChunkSink,
    options: &ExecOptions,
) -> Result<()> {
    let order = sink.order(path);
    let plan = |most: usize| match order {
        WriteOrder::Free => boxes_in_any_order(source, &Layout::plain(&target.shape, needs.width), &target.shape, most.max(1)),
        WriteOrder::Chunks => boxes_in_any_order(source, &Layout::Pieces(target.chunk.clone()), &target.shape, most.max(1)),
        WriteOrder::InOrder => boxes_in_order(source.shape(), target, most.max(1)),
    };
    let bytes = |chunk: &[usize]| chunk.iter().fold(needs.width, |n, &c| n.saturating_mul(c));
    let threads = options.workers();
    // A slab in every worker, one in every worker's queue, and one at the sink, which may need a copy of its own.
    let ahead = |workers: usize, slab: usize| {
        let reading = slab.saturating_add(slab / needs.width * needs.steps).saturating_add(needs.reader);
        workers.saturating_mul(reading.saturating_add(slab)).saturating_add(2 * slab)
    };
    let whole = plan(needs.one_slab(threads, 0) / 2);
    let workers = (1..=threads).rev().find(|&w| ahead(w, bytes(&whole.chunk)) <= needs.budget.min(CALM));
    let Some(workers) = workers else {
        // One at a time, all threads reading it.
        for (start, shape) in boxes(&whole) {
            let (block, _booked) = read_slab(variable, &start, &shape, source.shape(), needs, options)?;
            write_block(path, (&start, &shape), &block, (target, &whole), sink)?;
        }
        return Ok(());
    };
    let options = ExecOptions { threads: Some(workers), ..options.clone() };
    let boxes = boxes(&whole);
    let places = boxes.clone();
    for item in blocks(variable, boxes, &options, NdArray::bytes, |_, block| Ok(block)) {
        let (i, block) = item?;
        let (start, shape) = &places[i];
        write_block(path, (start, shape), &block, (target, &whole), sink)?;
    }
    Ok(())
}

fn write_block(
    path: &str,
    (start, shape): (&[usize], &[usize]),
    block: &NdArray,
    (target, slabs): (&ChunkGrid, &ChunkGrid),
    sink: &mut dyn ChunkSink,
) -> Result<()> {
    if shape == target.chunk || slabs.chunk == target.chunk || sink.order(path) != WriteOrder::InOrder {
        return sink.write(path, start, block);
    }
    let inner = ChunkGrid::new(shape, &target.chunk);
    for (at, size) in (0..inner.count()).map(|i| inner.block(i)) {
        let part = block.select(&Selection::hyperslab(&at, &size))?.to_contiguous()?;
        let place: Vec<usize> = start.iter().zip(&at).map(|(s, a)| s + a).collect();
        sink.write(path, &place, &part)?;
    }
    Ok(())
}
