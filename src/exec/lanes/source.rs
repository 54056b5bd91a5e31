//! Lanes as a source.

use super::Along;
use crate::array::Variable;
use crate::dtype::DType;
use crate::error::{Error, Place, Result};
use crate::exec::ExecOptions;
use crate::exec::cube::{PER_VALUE, lane_blocks, narrowed, through_lanes};
use crate::exec::reduce::floats;
use crate::ops::bridge::enter;
use crate::store::{ChunkGrid, ChunkSource, Column, NdArray, Selection, Selector, Step};
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

impl LaneSource {
    pub(super) fn new(input: &Variable, axis: usize, what: Along, options: &ExecOptions) -> Result<LaneSource> {
        let dtype = what.dtype(input.dtype())?;
        let mut shape = input.shape().to_vec();
        let n = shape[axis];
        shape[axis] = what.length(n);
        let long = n.max(shape[axis]).max(1);
        let chunk = lane_blocks(&shape, (axis, shape[axis], long), &input.grid().chunk, options);
        let grid = ChunkGrid::new(&shape, &chunk);
        Ok(LaneSource { input: input.clone(), axis, what, dtype, shape, grid, options: options.clone() })
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
        let (whole, all) = (self.shape[self.axis], matches!(asked, Selector::All));
        let make = |lane: &[f64], made: &mut Vec<f64>| {
            let start = made.len();
            made.resize(start + whole, 0.0);
            self.what.floats(lane, &mut made[start..]);
            if !all {
                let lane = made.split_off(start);
                made.extend((0..count).map(|t| lane[asked.position(t)]));
            }
            Ok(())
        };
        let (values, rows) = (floats(block)?, (0..count).collect::<Vec<_>>());
        let work = || through_lanes(&values, (n, inner), &mut out, (&rows, count), make);
        // A function of the caller may panic.
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)).unwrap_or_else(|cause| {
            let text = cause.downcast_ref::<&str>().map(|t| t.to_string()).or_else(|| cause.downcast_ref::<String>().cloned());
            Err(Error::invalid(format!("the function failed: {}", text.unwrap_or_default())))
        })?;
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
    fn made_of(&self) -> (String, Vec<Step>) {
        (format!("{} along axis {}", self.what.name(), self.axis), vec![self.input.step()])
    }

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
        self.input.place()
    }

    fn read(&self, selection: &Selection) -> Result<NdArray> {
        selection.check(&self.shape)?;
        let mut selectors = selection.with_all_dims().selectors().to_vec();
        let asked = std::mem::replace(&mut selectors[self.axis], Selector::All);
        let count = asked.count(self.shape[self.axis]).unwrap_or(1);
        let shape = selection.shape(&self.shape);
        let elements: usize = Selection::new(selectors.clone()).shape(self.input.shape()).iter().product();
        let _booked = self.options.budget.reserve_block(elements * PER_VALUE, "the lanes of a cube")?;
        let block = self.input.read(&Selection::new(selectors))?.to_contiguous()?;
        if !self.what.by_floats(self.input.dtype(), &self.dtype) {
            return self.by_columns(&block, asked)?.reshape(&shape);
        }
        narrowed(self.by_floats(&block, &asked, count)?, &self.dtype, &shape)
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
    fn made_of(&self) -> (String, Vec<Step>) {
        ("map blocks".into(), vec![self.input.step()])
    }

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
        self.input.place()
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
