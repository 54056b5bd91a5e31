//! Blocks of a variable, read in parallel.

use crate::array::{Data, Variable};
use crate::error::Result;
use crate::exec::ExecOptions;
use crate::exec::ordered::{Ordered, Parts};
use crate::store::{ChunkGrid, NdArray, NdBuilder, Reservation, Selection};

/// Blocks of a variable in C order, read in parallel, handed over in order.
pub(super) struct Blocks<T, F> {
    variable: Variable,
    boxes: Vec<(Vec<usize>, Vec<usize>)>,
    make: F,
    weigh: fn(&T) -> usize,
}

impl<T, F> Parts for Blocks<T, F>
where
    T: Send + 'static,
    F: Fn(usize, NdArray) -> Result<T> + Send + Sync + 'static,
{
    type Item = (usize, T);
    fn parts(&self) -> usize {
        self.boxes.len()
    }
    fn open(&self, part: usize) -> Result<Box<dyn Iterator<Item = Result<(usize, T)>> + Send>> {
        let (start, shape) = &self.boxes[part];
        let block = self.variable.read(&Selection::hyperslab(start, shape))?.to_contiguous()?;
        let item = (self.make)(part, block)?;
        Ok(Box::new(std::iter::once(Ok((part, item)))))
    }
    fn weight(&self, item: &(usize, T)) -> usize {
        (self.weigh)(&item.1)
    }
    fn progress(&self, part: usize) -> u64 {
        let width = self.variable.dtype().phys().and_then(|p| p.width()).unwrap_or(16);
        (self.boxes[part].1.iter().product::<usize>() * width) as u64
    }
}

/// Reads boxes (start and shape) of a variable in parallel and in order, `make` applied to each in the worker.
pub(super) fn blocks<T, F>(
    variable: &Variable,
    boxes: Vec<(Vec<usize>, Vec<usize>)>,
    options: &ExecOptions,
    weigh: fn(&T) -> usize,
    make: F,
) -> Ordered<Blocks<T, F>>
where
    T: Send + 'static,
    F: Fn(usize, NdArray) -> Result<T> + Send + Sync + 'static,
{
    Ordered::new(Blocks { variable: variable.clone(), boxes, make, weigh }, options)
}

/// All chunks of a grid as (start, shape).
pub(super) fn boxes(grid: &ChunkGrid) -> Vec<(Vec<usize>, Vec<usize>)> {
    (0..grid.count()).map(|i| grid.block(i)).collect()
}

/// All of a variable in memory, read block by block in parallel, with its place in the budget.
///
/// # Errors
/// Budget, where it does not fit; what the reader says.
pub(in crate::exec) fn persist(variable: &Variable, options: &ExecOptions) -> Result<(NdArray, Reservation)> {
    held(variable, "values that are used more than once", options)
}

/// What is to be read more than once is held where it is no larger than this and than an eighth of what is free.
const HELD: usize = 256 << 20;

/// A variable that is to be read more than once: in memory, with its place in the budget, where it is small, so that each chunk is decoded once.
///
/// # Errors
/// What the reader says.
pub(in crate::exec) fn read_once(variable: &Variable, options: &ExecOptions) -> Result<(Variable, Option<Reservation>)> {
    let width = variable.dtype().phys().and_then(|p| p.width()).unwrap_or(16);
    let small = variable.len().saturating_mul(width) <= HELD.min(options.budget.free() / 8);
    if !small || matches!(variable.data(), Data::Memory(_)) {
        return Ok((variable.clone(), None));
    }
    let (values, held) = persist(variable, options)?;
    let array = Variable::from_array(variable.dims().iter().cloned(), values)?;
    Ok((array.with_attrs(variable.attrs.clone()).with_encoding(variable.encoding.clone()), Some(held)))
}

/// The same of what is named.
///
/// # Errors
/// As there.
pub(super) fn held(variable: &Variable, what: &str, options: &ExecOptions) -> Result<(NdArray, Reservation)> {
    let width = variable.dtype().phys().and_then(|p| p.width()).unwrap_or(16);
    let booked = options.budget.reserve(variable.len().saturating_mul(width), what).map_err(|e| e.at(variable.place()))?;
    let grid = variable.grid();
    let boxes = boxes(&grid);
    let places = boxes.clone();
    let mut out = NdBuilder::new(variable.dtype().clone(), variable.shape())?;
    if !variable.is_empty() {
        for item in blocks(variable, boxes, options, NdArray::bytes, |_, block| Ok(block)) {
            let (i, block) = item?;
            out.put(&places[i].0, &block)?;
        }
    }
    Ok((out.finish()?, booked))
}
