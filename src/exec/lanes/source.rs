//! Lanes as a source.

use super::Along;
use crate::array::{Data, Variable};
use crate::dtype::{DType, Phys};
use crate::error::{Error, Place, Result};
use crate::exec::ExecOptions;
use crate::exec::reduce::floats;
use crate::ops::bridge::enter;
use crate::store::{ChunkGrid, ChunkSource, Column, NdArray, Selection, Selector};
use rayon::prelude::*;

/// An array made lane by lane of another one.
#[derive(Clone, Debug)]
pub(super) struct LaneSource {
    input: Variable,
    axis: usize,
    what: Along,
    dtype: DType,
    shape: Vec<usize>,
    grid: ChunkGrid,
    options: ExecOptions,
}

/// Bytes that a value takes while it is worked on: as read, as f64, as computed, and as written.
const PER_VALUE: usize = 28;

/// Blocks of fewer bytes are never refused.
const LITTLE: usize = 4 << 20;

/// How many lanes are gathered together: as many neighbours as share a line of the cache.
const LANES: usize = 16;

impl LaneSource {
    pub(super) fn new(input: &Variable, axis: usize, what: Along, options: &ExecOptions) -> Result<LaneSource> {
        let dtype = what.dtype(input.dtype())?;
        let mut shape = input.shape().to_vec();
        let n = shape[axis];
        shape[axis] = what.length(n);
        let long = n.max(shape[axis]).max(1);
        let most = (options.budget.limit() / 4 / (options.workers() + 1) / PER_VALUE).clamp(1 << 10, 1 << 22);
        let pieces = input.grid().chunk;
        let mut chunk = shape.clone();
        let size = |chunk: &[usize]| chunk.iter().enumerate().filter(|(d, _)| *d != axis).map(|(_, c)| c).product::<usize>() * long;
        // Whole pieces of the input first; then what the budget allows.
        for least in [pieces, vec![1; shape.len()]] {
            for d in (0..shape.len()).filter(|&d| d != axis) {
                while size(&chunk) > most && chunk[d] > least[d] {
                    chunk[d] = chunk[d].div_ceil(2).next_multiple_of(least[d].max(1)).min(chunk[d] - 1).max(least[d]);
                }
            }
        }
        let grid = ChunkGrid::new(&shape, &chunk);
        Ok(LaneSource { input: input.clone(), axis, what, dtype, shape, grid, options: options.clone() })
    }

    /// The lanes of a block, `outer` by `n` by `inner`: of each run of neighbouring lanes the wanted positions, lane by lane.
    fn lanes(&self, values: &[f64], n: usize, inner: usize, asked: &Selector, count: usize) -> Vec<Vec<f64>> {
        let runs = inner.div_ceil(LANES);
        let outer = values.len() / (n * inner).max(1);
        let whole = self.shape[self.axis];
        let one = |i: usize| {
            let (o, first) = (i / runs, i % runs * LANES);
            let width = LANES.min(inner - first);
            let mut columns = vec![0.0; width * n];
            for t in 0..n {
                let row = &values[(o * n + t) * inner + first..][..width];
                row.iter().enumerate().for_each(|(j, x)| columns[j * n + t] = *x);
            }
            let mut made = vec![0.0; whole];
            let mut out = Vec::with_capacity(width * count);
            for column in columns.chunks_exact(n) {
                self.what.floats(column, &mut made);
                out.extend((0..count).map(|t| made[asked.position(t)]));
            }
            out
        };
        (0..outer * runs).into_par_iter().map(one).collect()
    }

    /// Floats: `outer` by `count` by `inner` of what is asked for.
    fn by_floats(&self, block: &NdArray, asked: &Selector, count: usize) -> Result<Vec<f64>> {
        let shape = block.shape();
        let n = shape[self.axis];
        let inner: usize = shape[self.axis + 1..].iter().product();
        let outer: usize = shape[..self.axis].iter().product();
        let mut out = vec![f64::NAN; outer * count * inner];
        if out.is_empty() || n == 0 {
            return Ok(out);
        }
        let values = floats(block)?;
        let runs = inner.div_ceil(LANES);
        // A function of the caller may panic.
        let lanes = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| self.lanes(&values, n, inner, asked, count)));
        let lanes = lanes.map_err(|cause| {
            let text = cause.downcast_ref::<&str>().map(|t| t.to_string()).or_else(|| cause.downcast_ref::<String>().cloned());
            Error::invalid(format!("the function failed: {}", text.unwrap_or_default()))
        })?;
        for (r, run) in lanes.iter().enumerate() {
            let (o, first) = (r / runs, r % runs * LANES);
            for (j, lane) in run.chunks_exact(count).enumerate() {
                lane.iter().enumerate().for_each(|(i, x)| out[(o * count + i) * inner + first + j] = *x);
            }
        }
        Ok(out)
    }

    /// Anything else: the block with the axis last, lane by lane, and back.
    fn by_columns(&self, block: &NdArray, asked: Selector) -> Result<NdArray> {
        let rank = block.rank();
        let mut order: Vec<usize> = (0..rank).filter(|&d| d != self.axis).collect();
        order.push(self.axis);
        let turned = block.transpose(&order)?.to_contiguous()?;
        let n = block.shape()[self.axis];
        let all = Column::from_nd(&turned)?;
        let lanes = (0..all.len() / n.max(1)).into_par_iter().map(|l| self.what.column(&all.slice(l * n, n)));
        let lanes: Vec<Column> = lanes.collect::<Result<_>>()?;
        let made = if lanes.is_empty() { Column::missing(self.dtype.clone(), 0) } else { Column::concat(&lanes)? };
        let made = if *made.dtype() == self.dtype { made } else { made.cast(&self.dtype)? };
        let mut back: Vec<usize> = (0..rank - 1).collect();
        back.insert(self.axis, rank - 1);
        let out = enter(&made, turned.shape())?.transpose(&back)?;
        let mut picked = vec![Selector::All; rank];
        picked[self.axis] = asked;
        out.select(&Selection::new(picked))?.to_contiguous()
    }
}

impl ChunkSource for LaneSource {
    fn dtype(&self) -> &DType {
        &self.dtype
    }

    fn shape(&self) -> &[usize] {
        &self.shape
    }

    fn grid(&self) -> ChunkGrid {
        self.grid.clone()
    }

    fn place(&self) -> Place {
        match self.input.data() {
            Data::Lazy(l) => l.source().place(),
            Data::Memory(_) => Place::default(),
        }
    }

    fn read(&self, selection: &Selection) -> Result<NdArray> {
        selection.check(&self.shape)?;
        // One position keeps its dimension while we work, so that the axes keep their numbers.
        let kept = |s: &Selector| if let Selector::At(i) = s { Selector::span(*i, 1) } else { s.clone() };
        let mut selectors: Vec<Selector> = selection.selectors().iter().map(kept).collect();
        let asked = std::mem::replace(&mut selectors[self.axis], Selector::All);
        let count = asked.count(self.shape[self.axis]).unwrap_or(1);
        let shape = selection.shape(&self.shape);
        let elements: usize = Selection::new(selectors.clone()).shape(self.input.shape()).iter().product();
        let needs = elements * PER_VALUE;
        let _booked = match self.options.budget.try_reserve(needs) {
            None if needs > LITTLE => Some(self.options.budget.reserve(needs, "the lanes of a cube")?),
            booked => booked,
        };
        let block = self.input.read(&Selection::new(selectors))?.to_contiguous()?;
        if !self.what.by_floats(self.input.dtype(), &self.dtype) {
            return self.by_columns(&block, asked)?.reshape(&shape);
        }
        let out = self.by_floats(&block, &asked, count)?;
        match self.dtype.phys() {
            Some(Phys::F32) => NdArray::from_vec(out.into_iter().map(|x| x as f32).collect::<Vec<f32>>(), &shape),
            Some(Phys::F64) => NdArray::from_vec(out, &shape),
            _ => Err(Error::internal("lanes of floats that are none")),
        }
    }
}

/// What a caller makes of a block.
type OfBlock = dyn Fn(&NdArray) -> Result<NdArray> + Send + Sync;

/// A function of the caller, block by block.
#[derive(Clone)]
pub(super) struct BlockSource {
    input: Variable,
    dtype: DType,
    function: std::sync::Arc<OfBlock>,
}

impl std::fmt::Debug for BlockSource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BlockSource").field("input", &self.input).field("dtype", &self.dtype).finish_non_exhaustive()
    }
}

impl BlockSource {
    pub(super) fn new(input: &Variable, dtype: DType, function: std::sync::Arc<OfBlock>) -> BlockSource {
        BlockSource { input: input.clone(), dtype, function }
    }
}

impl ChunkSource for BlockSource {
    fn dtype(&self) -> &DType {
        &self.dtype
    }

    fn shape(&self) -> &[usize] {
        self.input.shape()
    }

    fn grid(&self) -> ChunkGrid {
        self.input.grid()
    }

    fn place(&self) -> Place {
        match self.input.data() {
            Data::Lazy(l) => l.source().place(),
            Data::Memory(_) => Place::default(),
        }
    }

    fn read(&self, selection: &Selection) -> Result<NdArray> {
        let block = self.input.read(selection)?;
        let made = (self.function)(&block)?;
        if made.shape() != block.shape() {
            return Err(Error::shape(format!("a block of shape {:?} became one of {:?}", block.shape(), made.shape())));
        }
        if *made.dtype() != self.dtype {
            return Err(Error::wrong_type(format!("a block is {} and was to be {}", made.dtype(), self.dtype)));
        }
        made.to_contiguous()
    }
}
