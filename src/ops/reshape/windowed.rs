//! Windows about the positions of an axis, as an axis of their own.

use crate::array::Variable;
use crate::dtype::{DType, Element};
use crate::error::{Error, Place, Result};
use crate::store::{ChunkGrid, ChunkSource, NdArray, ReadCost, Selection, Selector, Step};

/// An array of floats with, for every position along an axis, the values about it along a new last axis.
#[derive(Clone, Debug)]
pub(super) struct Windowed {
    input: Variable,
    axis: usize,
    width: usize,
    before: usize,
    stride: usize,
    shape: Vec<usize>,
}

/// Where the values of a block go: what was read of the axis, the windows and positions in them that are asked for, and the lengths before
/// and after the axis.
struct Layout {
    /// For each value of a window, window by window, its place in what was read.
    places: Vec<Option<usize>>,
    width: usize,
    read: usize,
    outer: usize,
    inner: usize,
}

impl Layout {
    fn fill<T: Element>(&self, block: &NdArray, nan: T, shape: &[usize]) -> Result<NdArray> {
        let values = block.as_slice::<T>().ok_or_else(|| Error::internal("windows of what are no floats"))?;
        let value = |i: usize| if block.valid().is_none_or(|v| v[i] != 0) { values[i] } else { nan };
        let windows = self.places.len() / self.width.max(1);
        let mut out = Vec::with_capacity(self.outer * windows * self.inner * self.width);
        for o in 0..self.outer {
            for window in self.places.chunks_exact(self.width.max(1)) {
                for i in 0..self.inner {
                    out.extend(window.iter().map(|p| p.map_or(nan, |p| value((o * self.read + p) * self.inner + i))));
                }
            }
        }
        NdArray::from_vec(out, shape)
    }
}

impl Windowed {
    pub(super) fn new(input: &Variable, axis: usize, (width, before, stride): (usize, usize, usize)) -> Result<Windowed> {
        if !input.dtype().is_float() {
            return Err(Error::internal(format!("windows of {}", input.dtype())));
        }
        let mut shape = input.shape().to_vec();
        shape[axis] = shape[axis].div_ceil(stride);
        shape.push(width);
        shape.iter().try_fold(1usize, |all, n| all.checked_mul(*n)).ok_or_else(|| Error::overflow("the windows are too many"))?;
        Ok(Windowed { input: input.clone(), axis, width, before, stride, shape })
    }

    /// Pieces of the input, each with the whole of its windows.
    fn pieces(&self, of: &[usize]) -> Vec<usize> {
        let mut out = of.to_vec();
        out[self.axis] = out[self.axis].div_ceil(self.stride).max(1);
        out.push(self.width);
        out
    }
}

impl ChunkSource for Windowed {
    fn made_of(&self) -> (String, Vec<Step>) {
        (format!("windows of {} along axis {}", self.width, self.axis), vec![self.input.step()])
    }

    fn dtype(&self) -> &DType {
        self.input.dtype()
    }

    fn shape(&self) -> &[usize] {
        &self.shape
    }

    fn grid(&self) -> ChunkGrid {
        ChunkGrid::new(&self.shape, &self.pieces(&self.input.grid().chunk))
    }

    fn cost(&self) -> ReadCost {
        let cost = self.input.cost();
        ReadCost { pieces: cost.pieces.map(|p| self.pieces(&p)), in_place: false, ..cost }
    }

    fn place(&self) -> Place {
        self.input.place()
    }

    fn read(&self, selection: &Selection) -> Result<NdArray> {
        selection.check(&self.shape)?;
        let mut own = selection.with_all_dims().selectors().to_vec();
        let inside = own.pop().unwrap_or(Selector::All);
        let n = self.input.shape()[self.axis];
        let windows = (0..own[self.axis].count(self.shape[self.axis]).unwrap_or(1)).map(|i| own[self.axis].position(i));
        let width = inside.count(self.width).unwrap_or(1);
        let place = |i: usize, j: usize| (i * self.stride + inside.position(j)).checked_sub(self.before).filter(|p| *p < n);
        let places: Vec<Option<usize>> = windows.flat_map(|i| (0..width).map(move |j| (i, j))).map(|(i, j)| place(i, j)).collect();
        // All that any of the windows holds is read once.
        let there = || places.iter().flatten().copied();
        let (first, end) = there().min().zip(there().max()).map_or((0, 0), |(low, high)| (low, high + 1));
        own[self.axis] = Selector::span(first, end - first);
        let block = self.input.read(&Selection::new(own))?.to_contiguous()?;
        let places = places.into_iter().map(|p| p.map(|p| p - first)).collect();
        let lengths = block.shape();
        let layout = Layout {
            places,
            width,
            read: end - first,
            outer: lengths[..self.axis].iter().product(),
            inner: lengths[self.axis + 1..].iter().product(),
        };
        let shape = selection.shape(&self.shape);
        match self.dtype() {
            DType::F32 => layout.fill(&block, f32::NAN, &shape),
            _ => layout.fill(&block, f64::NAN, &shape),
        }
    }
}
