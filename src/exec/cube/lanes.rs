//! Blocks worked on lane by lane: a lane is all that stands along one axis.

use crate::dtype::{DType, Phys};
use crate::error::Result;
use crate::exec::ExecOptions;
use crate::store::NdArray;
use rayon::prelude::*;

/// Bytes that a value takes while it is worked on: as read, as f64, as computed, and as written.
pub(in crate::exec) const PER_VALUE: usize = 28;

/// How many lanes are gathered together: as many neighbours as share a line of the cache.
const LANES: usize = 16;

/// What `make` appends for each lane of a block of `outer` by `n` by `inner` values, one for each of `rows`, goes to those rows of `out`,
/// which has `total` of them. In parallel; the result does not depend on the number of threads.
pub(in crate::exec) fn through_lanes(
    values: &[f64],
    (n, inner): (usize, usize),
    out: &mut [f64],
    (rows, total): (&[usize], usize),
    make: impl Fn(&[f64], &mut Vec<f64>) -> Result<()> + Sync,
) -> Result<()> {
    let runs = inner.div_ceil(LANES);
    let outer = values.len() / (n * inner).max(1);
    let one = |i: usize| -> Result<Vec<f64>> {
        let (o, first) = (i / runs, i % runs * LANES);
        let count = LANES.min(inner - first);
        let mut columns = vec![0.0; count * n];
        for t in 0..n {
            let row = &values[(o * n + t) * inner + first..][..count];
            row.iter().enumerate().for_each(|(j, x)| columns[j * n + t] = *x);
        }
        let mut made = Vec::with_capacity(count * rows.len());
        columns.chunks_exact(n).try_for_each(|column| make(column, &mut made))?;
        Ok(made)
    };
    let made: Vec<Vec<f64>> = (0..outer * runs).into_par_iter().map(one).collect::<Result<_>>()?;
    for (r, run) in made.iter().enumerate() {
        let (o, first) = (r / runs, r % runs * LANES);
        for (j, lane) in run.chunks_exact(rows.len()).enumerate() {
            lane.iter().zip(rows).for_each(|(x, &i)| out[(o * total + i) * inner + first + j] = *x);
        }
    }
    Ok(())
}

/// The shape of blocks that hold `stretch` positions along the axis, for each of which `reach` values of a lane are at work: whole pieces
/// of the input first; then what the budget allows.
pub(in crate::exec) fn lane_blocks(
    shape: &[usize],
    (axis, stretch, reach): (usize, usize, usize),
    pieces: &[usize],
    options: &ExecOptions,
) -> Vec<usize> {
    let most = (options.budget.limit() / 4 / (options.workers() + 1) / PER_VALUE).clamp(1 << 10, 1 << 22);
    let mut chunk = shape.to_vec();
    chunk[axis] = stretch;
    let size = |chunk: &[usize]| chunk.iter().enumerate().filter(|(d, _)| *d != axis).map(|(_, c)| c).product::<usize>() * reach;
    for least in [pieces, &vec![1; shape.len()]] {
        for d in (0..shape.len()).filter(|&d| d != axis) {
            while size(&chunk) > most && chunk[d] > least[d] {
                chunk[d] = chunk[d].div_ceil(2).next_multiple_of(least[d].max(1)).min(chunk[d] - 1).max(least[d]);
            }
        }
    }
    chunk
}

/// Results as an array of this type of floats.
pub(in crate::exec) fn narrowed(values: Vec<f64>, dtype: &DType, shape: &[usize]) -> Result<NdArray> {
    match dtype.phys() {
        Some(Phys::F32) => NdArray::from_vec(values.into_iter().map(|x| x as f32).collect::<Vec<f32>>(), shape),
        _ => NdArray::from_vec(values, shape),
    }
}
