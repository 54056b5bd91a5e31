//! What one pass finds of all elements of a variable.

use super::blocks::{blocks, boxes};
use crate::array::Variable;
use crate::dtype::{DType, Element, Phys, Scalar};
use crate::error::{Error, Result};
use crate::exec::ExecOptions;
use crate::exec::key::{Ordered, scalar_of_key};
use crate::kernel::agg::{Extremes, Found, Moments};
use crate::store::{ChunkGrid, NdArray};
use crate::with_phys;
use arrow::array::Array;

/// What is found of all elements of a variable.
#[derive(Clone, Debug, PartialEq)]
pub struct Whole {
    /// Elements.
    pub size: u64,
    /// Elements that are there.
    pub count: u64,
    /// The moments of what is held as a number.
    pub moments: Option<Found>,
    /// The exact sum of integers.
    pub exact: Option<i128>,
    /// The smallest.
    pub min: Scalar,
    /// The largest.
    pub max: Scalar,
    /// Where they stand, in C order.
    pub arg: Option<(u64, u64)>,
}

/// The state of a block, and of all blocks before.
#[derive(Default)]
struct State {
    size: u64,
    count: u64,
    moments: Moments,
    exact: i128,
    keys: Extremes<u64>,
    texts: Option<(String, String)>,
}

impl State {
    fn of(block: &NdArray, higher: bool) -> Result<State> {
        let mut state = State { size: block.len() as u64, moments: Moments::new(higher), ..State::default() };
        if let Some(texts) = block.as_texts() {
            state.texts(&texts);
            return Ok(state);
        }
        let valid = block.valid();
        with_phys!(block.phys(), T => state.numbers::<T>(block.as_slice::<T>().ok_or_else(|| Error::internal("a block with gaps"))?, valid), text => ());
        Ok(state)
    }

    fn texts(&mut self, texts: &arrow::array::StringViewArray) {
        self.count = (texts.len() - texts.null_count()) as u64;
        let there = || texts.iter().flatten();
        self.texts = there().min().zip(there().max()).map(|(a, b)| (a.to_string(), b.to_string()));
    }

    fn numbers<T: Element + Ordered<Key = u64> + Default>(&mut self, values: &[T], valid: Option<&[u8]>) {
        const STRETCH: usize = 2048;
        let integer = !matches!(T::PHYS, Phys::F32 | Phys::F64);
        let mut numbers = Vec::with_capacity(STRETCH);
        for (i, stretch) in values.chunks(STRETCH).enumerate() {
            let first = i * STRETCH;
            let there = |j: usize, x: f64| !x.is_nan() && valid.is_none_or(|v| v[first + j] != 0);
            numbers.clear();
            numbers.extend(stretch.iter().enumerate().map(|(j, x)| (j, x.number())).filter(|&(j, x)| there(j, x)).map(|(_, x)| x));
            self.count += numbers.len() as u64;
            self.moments.update(&numbers);
            if integer {
                let there = stretch.iter().enumerate().filter(|(j, _)| valid.is_none_or(|v| v[first + j] != 0));
                self.exact += there.map(|(_, x)| x.whole()).sum::<i128>();
            }
            // First the extremes of the stretch, which takes no positions; then, only where one is new, its place.
            let (mut low, mut high) = (u64::MAX, 0);
            for (j, x) in stretch.iter().enumerate() {
                let key = x.key();
                if there(j, x.number()) {
                    (low, high) = (low.min(key), high.max(key));
                }
            }
            let is_new = self.keys.min().is_none_or(|m| low < m.0) || self.keys.max().is_none_or(|m| high > m.0);
            if low <= high && is_new {
                for (j, x) in stretch.iter().enumerate().filter(|(j, x)| there(*j, x.number())) {
                    self.keys.put(x.key(), (first + j) as u64);
                }
            }
        }
    }

    /// Takes the block that comes next. Positions count within a block; they are of use only where there is one block.
    fn merge(&mut self, next: State) {
        self.size += next.size;
        self.count += next.count;
        self.moments.merge(next.moments);
        self.exact += next.exact;
        self.keys.merge(next.keys);
        self.texts = match (self.texts.take(), next.texts) {
            (Some((a, b)), Some((c, d))) => Some((a.min(c), b.max(d))),
            (a, b) => a.or(b),
        };
    }
}

/// Everything that one pass over all elements finds. Blocks are read in parallel and put together in C order; the blocks follow
/// from the layout of the file alone, so the result is the same bits for any number of threads and any budget.
///
/// # Errors
/// What the reader says.
pub fn whole(variable: &Variable, options: &ExecOptions) -> Result<Whole> {
    let dtype = variable.dtype().clone();
    let grid = decent(&variable.grid());
    let single = grid.count() == 1;
    let mut all: Option<State> = None;
    let boxes = boxes(&grid);
    // Large chunks are decoded whole, as many at a time as fit.
    let width = dtype.phys().and_then(Phys::width).unwrap_or(16);
    let largest = boxes.iter().map(|(_, shape)| shape.iter().product::<usize>()).max().unwrap_or(0);
    let needs = largest.saturating_mul(width).saturating_add(variable.cost().scratch);
    let workers = (options.budget.free() / needs.max(1)).clamp(1, options.workers());
    let _booked =
        options.budget.reserve_block(needs.saturating_mul(workers), "a block of whole chunks").map_err(|e| e.at(variable.place()))?;
    let options = &ExecOptions { threads: Some(workers), ..options.clone() };
    for item in blocks(variable, boxes, options, |_: &State| 0, |_, block| State::of(&block, true)) {
        let (_, state) = item?;
        match &mut all {
            Some(all) => all.merge(state),
            none => *none = Some(state),
        }
    }
    let state = all.unwrap_or_else(|| State { moments: Moments::new(true), ..State::default() });
    let scalar = |key: Option<(u64, u64)>| match (key, &dtype) {
        (None, _) => Scalar::Null,
        (Some((key, _)), DType::Bool) => Scalar::Bool(key != 0),
        (Some((key, _)), dtype) => scalar_of_key(key, dtype),
    };
    let (mut min, mut max) = (scalar(state.keys.min()), scalar(state.keys.max()));
    if let Some((a, b)) = state.texts {
        (min, max) = (a.into(), b.into());
    }
    Ok(Whole {
        size: state.size,
        count: state.count,
        moments: (dtype.phys() != Some(Phys::Str)).then(|| state.moments.finish()),
        exact: (dtype.is_integer() || dtype == DType::Bool).then_some(state.exact),
        arg: state.keys.min().zip(state.keys.max()).filter(|_| single).map(|(a, b)| (a.1, b.1)),
        min,
        max,
    })
}

/// Blocks of decent size, whole chunks where these are not too large. Only the layout counts, never budget or threads.
fn decent(grid: &ChunkGrid) -> ChunkGrid {
    const FEW: usize = 1 << 18;
    const MANY: usize = 1 << 22;
    let mut chunk = grid.chunk.clone();
    // Larger: whole neighbours along the last dims.
    for d in (0..chunk.len()).rev() {
        let now: usize = chunk.iter().product::<usize>().max(1);
        let times = (FEW / now).max(1);
        chunk[d] = (chunk[d] * times).min(grid.shape[d].max(1));
    }
    // Smaller: cut along the first dims.
    for d in 0..chunk.len() {
        let now: usize = chunk.iter().product::<usize>().max(1);
        if now <= MANY {
            break;
        }
        let rest = now / chunk[d].max(1);
        chunk[d] = (MANY / rest.max(1)).clamp(1, chunk[d].max(1));
    }
    ChunkGrid::new(&grid.shape, &chunk)
}
