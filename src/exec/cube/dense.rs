//! Copies to sinks that any thread may write to, such as arrays that stand in a file as in memory.

use crate::array::Variable;
use crate::error::{Error, Result};
use crate::exec::ExecOptions;
use crate::exec::ordered::panic_error;
use crate::store::{BlockSink, ChunkGrid, Selection};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// Each worker reads a block and writes it: a block in memory for each. The first error in the order of blocks is told.
pub(super) fn copy_in_parallel(variable: &Variable, target: &dyn BlockSink, width: usize, options: &ExecOptions) -> Result<()> {
    // A block as it is read and as it is stored, on each thread, beside what readers take; fewer threads where that is too much.
    let (budget, scratch) = (options.budget.limit(), variable.cost().scratch);
    let threads = options.workers().min(budget / 2 / scratch.max(1)).max(1);
    let most = (budget / threads).saturating_sub(scratch) / 4 / width;
    let grid = sized(variable.grid(), most.max(1));
    let bytes = |shape: &[usize]| shape.iter().product::<usize>() * width;
    if let Some(progress) = &options.progress {
        progress.total(bytes(&grid.shape) as u64);
    }
    let (next, failed) = (AtomicUsize::new(0), Mutex::new(None::<(usize, Error)>));
    let fail = |i: usize, e: Error| {
        let mut first = failed.lock().unwrap_or_else(|e| e.into_inner());
        if first.as_ref().is_none_or(|(k, _)| i < *k) {
            *first = Some((i, e));
        }
        next.store(grid.count(), Relaxed);
    };
    let one = |i: usize| {
        let (start, shape) = grid.block(i);
        let needs = bytes(&shape).saturating_add(scratch);
        let _booked = options.budget.reserve_block(needs, "a block of whole chunks")?;
        let block = variable.read(&Selection::hyperslab(&start, &shape))?;
        target.write(&start, &block)?;
        if let Some(progress) = &options.progress {
            progress.advance(bytes(&shape) as u64);
        }
        Ok(())
    };
    rayon::scope(|scope| {
        for _ in 0..threads.min(grid.count()) {
            scope.spawn(|_| {
                loop {
                    let i = next.fetch_add(1, Relaxed);
                    if i >= grid.count() {
                        break;
                    }
                    // A panic in a reader must end as an error of ours.
                    match catch_unwind(AssertUnwindSafe(|| one(i))) {
                        Ok(Ok(())) => (),
                        Ok(Err(e)) => fail(i, e),
                        Err(cause) => fail(i, panic_error(cause)),
                    }
                }
            });
        }
    });
    failed.into_inner().unwrap_or_else(|e| e.into_inner()).map_or(Ok(()), |(_, e)| Err(e))
}

/// Brings all values of a variable to a sink that any thread may write to.
///
/// # Errors
/// Budget, where not even one block fits; what the readers and the sink say.
pub fn copy_blocks_to(variable: &Variable, target: &dyn BlockSink, options: &ExecOptions) -> Result<()> {
    if variable.is_empty() {
        return Ok(());
    }
    let width = variable.dtype().phys().and_then(|p| p.width()).unwrap_or(40);
    copy_in_parallel(variable, target, width, options)
}

/// Whole blocks of the source, many small ones together, but at most this many elements where that can be.
fn sized(mut grid: ChunkGrid, most: usize) -> ChunkGrid {
    /// Smaller blocks cost more to hand out than to read.
    const FEW: usize = 1 << 20;
    for (chunk, &n) in grid.chunk.iter_mut().zip(&grid.shape) {
        *chunk = (*chunk).clamp(1, n.max(1));
    }
    for d in (0..grid.chunk.len()).rev() {
        let more = FEW.min(most) / grid.chunk.iter().product::<usize>();
        grid.chunk[d] = grid.chunk[d].saturating_mul(more.max(1)).min(grid.shape[d].max(1));
        if grid.chunk[d] < grid.shape[d] {
            break;
        }
    }
    while grid.chunk.iter().product::<usize>() > most {
        // The first dims are cut first: their parts are far apart in the source anyway.
        match grid.chunk.iter_mut().find(|c| **c > 1) {
            Some(chunk) => *chunk = chunk.div_ceil(2),
            None => break,
        }
    }
    grid
}
