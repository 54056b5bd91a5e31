//! Copies of cubes to a sink.

use super::blocks::{blocks, boxes};
use crate::array::{Dataset, Variable};
use crate::error::{Result, ResultExt};
use crate::exec::ExecOptions;
use crate::store::{ChunkGrid, ChunkSink, NdArray, Selection};

/// Brings every variable and coordinate of an encoded dataset to a sink and completes it, groups included.
///
/// Blocks are read and decoded in parallel ahead of the sink, within the budget; the sink gets them in C order on the calling
/// thread. Where the chunks of source and target differ, slabs of whole chunks of both are read if they fit a share of the budget,
/// so that a chunk of the source is decoded once.
///
/// # Errors
/// What the readers and the sink say. The target is then as it was.
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

fn copy_variable(path: &str, variable: &Variable, sink: &mut dyn ChunkSink, options: &ExecOptions) -> Result<()> {
    let Some(target) = sink.grid(path) else { return Ok(()) };
    if variable.is_empty() {
        return Ok(());
    }
    if let Some(progress) = &options.progress {
        progress.message(path);
    }
    let width = variable.dtype().phys().and_then(|p| p.width()).unwrap_or(40);
    // A slab in every worker, one in every worker's queue, and one at the sink; half of the budget is for readers and sink.
    let share = options.budget.limit() / 2 / (2 * options.workers() + 2) / width;
    let slab = slab(&variable.grid(), &target, share.max(1));
    let boxes = boxes(&slab);
    let places = boxes.clone();
    for item in blocks(variable, boxes, options, NdArray::bytes, Ok) {
        let (i, block) = item?;
        let (start, shape) = &places[i];
        if *shape == target.chunk || slab.chunk == target.chunk {
            sink.write(path, start, &block)?;
            continue;
        }
        let inner = ChunkGrid::new(shape, &target.chunk);
        for (at, size) in (0..inner.count()).map(|i| inner.block(i)) {
            let part = block.select(&Selection::hyperslab(&at, &size))?.to_contiguous()?;
            let place: Vec<usize> = start.iter().zip(&at).map(|(s, a)| s + a).collect();
            sink.write(path, &place, &part)?;
        }
    }
    Ok(())
}

/// The grid to read by: unions of the target's chunks which, taken one after the other, give the target's chunks in C order.
///
/// Such a slab is one target chunk long in some leading dims, any number of them in one dim, and full in the rest. The first that
/// covers whole source chunks in as many dims as possible and fits `most` elements is taken, else the target's grid itself.
fn slab(source: &ChunkGrid, target: &ChunkGrid, most: usize) -> ChunkGrid {
    let rank = target.shape.len();
    let covered = |d: usize| target.chunk[d].is_multiple_of(source.chunk[d]) || target.chunk[d] >= target.shape[d];
    // Large pieces of one target chunk have nothing to win; small ones are better read many at a time.
    const FEW: usize = 1 << 18;
    let elements = |chunk: &[usize]| chunk.iter().zip(&target.shape).map(|(&c, &n)| c.min(n)).product::<usize>();
    if (0..rank).all(covered) && elements(&target.chunk) >= FEW.min(most) {
        return target.clone();
    }
    for k in 0..rank {
        let mut chunk = target.chunk.clone();
        chunk[k + 1..].copy_from_slice(&target.shape[k + 1..]);
        let unit = target.chunk[k];
        let rest = elements(&chunk).div_ceil(unit.min(target.shape[k]).max(1)).max(1);
        // Whole chunks of both along this dim, then as many of these as make a block of decent size.
        let both = if source.chunk[k].is_multiple_of(unit) { source.chunk[k] } else { lcm(unit, source.chunk[k], target.shape[k]) };
        let decent = (FEW / rest / both).max(1) * both;
        for length in [decent, both, unit] {
            chunk[k] = length.min(target.shape[k].max(1));
            if elements(&chunk) <= most && (length != unit || k + 1 < rank && !(k..rank).all(covered)) {
                return ChunkGrid { shape: target.shape.clone(), chunk };
            }
        }
    }
    target.clone()
}

/// The least common multiple, or a whole number of the first that is at least the whole length.
fn lcm(a: usize, b: usize, length: usize) -> usize {
    let (mut x, mut y) = (a, b);
    while y != 0 {
        (x, y) = (y, x % y);
    }
    let multiple = (a / x).saturating_mul(b);
    if multiple <= 4 * a.max(b) { multiple } else { a * length.min(b).div_ceil(a).max(1) }
}
