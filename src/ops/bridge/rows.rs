//! The long form of a cube: one row per cell of its largest variable, or of the dims that are named.

use super::flags::Flags;
use super::leave;
use crate::array::Variable;
use crate::error::{Error, Result, ResultExt};
use crate::store::{
    Batch, BatchIter, ChunkGrid, Column, Compare, NdArray, Predicate, Pushdown, Reservation, ScanRequest, Schema, Selection, Selector,
    TableSource,
};
use arrow::array::UInt32Array;
use arrow::compute::kernels::cmp;
use std::sync::Arc;

/// A cube as a table: the dims, then coordinates, then variables; rows in C order, the last dim fastest.
///
/// NaN becomes missing. A dim without a coordinate counts from 0. Variables that lack a dim are repeated along it. Companions
/// such as bounds are left out, with a notice. Streams: a part is a block of rows, of bounded size.
#[derive(Debug)]
pub struct CubeRows {
    pub(super) inner: Arc<Inner>,
}

#[derive(Debug)]
pub(super) struct Inner {
    pub(super) schema: Arc<Schema>,
    pub(super) columns: Vec<Cells>,
    /// The categories that a column stands for.
    pub(super) flags: Vec<Option<Flags>>,
    /// Blocks that are runs of rows.
    pub(super) grid: ChunkGrid,
    /// What is held for all parts.
    pub(super) _booked: Vec<Reservation>,
}

/// Where the cells of a column come from.
#[derive(Debug)]
pub(super) enum Cells {
    /// All values of a variable with fewer cells than the table has rows, and for each of its dims which of the table's it is.
    Labels { values: Column, axes: Vec<usize> },
    /// Positions along a dim without labels, from 0.
    Positions { axis: usize },
    /// A variable, and for each of its dims which of the table's it is.
    Values { variable: Box<Variable>, axes: Vec<usize> },
}

/// Blocks of at most `most` rows that are runs of rows in C order: single positions along the first dims, a span of one, and
/// the whole of the rest. Spans are whole chunks where that is possible, so that no chunk is decoded twice.
pub(super) fn runs(shape: &[usize], chunk: &[usize], most: usize) -> ChunkGrid {
    let mut block = vec![1; shape.len()];
    let mut rest = 1usize;
    for d in (0..shape.len()).rev() {
        let fits = (most / rest.max(1)).max(1);
        if fits >= shape[d] {
            block[d] = shape[d];
            rest = rest.saturating_mul(shape[d].max(1));
            continue;
        }
        let c = chunk.get(d).copied().unwrap_or(1).max(1);
        block[d] = if fits > c { fits / c * c } else { fits };
        break;
    }
    ChunkGrid::new(shape, &block)
}

impl TableSource for CubeRows {
    fn schema(&self) -> &Arc<Schema> {
        &self.inner.schema
    }

    fn rows(&self) -> Option<u64> {
        Some(self.inner.grid.shape.iter().map(|&n| n as u64).product())
    }

    fn parts(&self) -> usize {
        self.inner.grid.count()
    }

    fn part_bytes(&self, part: usize) -> u64 {
        self.part_rows(part).unwrap_or(0) * 8 * self.inner.columns.len() as u64
    }

    fn part_rows(&self, part: usize) -> Option<u64> {
        let (_, shape) = self.inner.grid.block(part);
        Some(shape.iter().map(|&n| n as u64).product())
    }

    /// Parts are left out whole where no label of theirs fits: their values are then never read.
    fn accepts(&self, predicate: &Predicate) -> Pushdown {
        match self.inner.columns.get(predicate.column) {
            Some(Cells::Labels { axes, .. }) if axes.len() <= 1 && self.inner.flags[predicate.column].is_none() => Pushdown::Partly,
            _ => Pushdown::No,
        }
    }

    fn scan(&self, part: usize, request: &ScanRequest) -> Result<BatchIter> {
        let wanted: Vec<usize> = request.columns.clone().unwrap_or_else(|| (0..self.inner.columns.len()).collect());
        let (start, shape) = self.inner.grid.block(part);
        if request.predicates.iter().any(|p| self.inner.fits_none(p, &start, &shape)) {
            return Ok(Box::new(std::iter::empty()));
        }
        let mut bytes = 0;
        let mut blocks = Vec::with_capacity(wanted.len());
        for &c in &wanted {
            blocks.push(match &self.inner.columns[c] {
                Cells::Labels { .. } | Cells::Positions { .. } => None,
                Cells::Values { variable, axes } => {
                    let block = read(variable, axes, &start, &shape).at_variable(&self.inner.schema.fields[c].name)?;
                    bytes += block.bytes();
                    Some(block)
                }
            });
        }
        let booking = request.budget.reserve(bytes, "a block of a cube")?;
        let schema = Arc::new(self.inner.schema.project(&wanted));
        let rows = shape.iter().product();
        let step = request.batch_rows.max(1);
        let inner = self.inner.clone();
        Ok(Box::new(Rows { inner, schema, wanted, blocks, start, shape, rows, next: 0, step, _booking: booking }))
    }
}

impl Inner {
    /// Whether no label of a block is as a predicate says.
    fn fits_none(&self, predicate: &Predicate, start: &[usize], shape: &[usize]) -> bool {
        let Some(Cells::Labels { values, axes }) = self.columns.get(predicate.column) else { return false };
        let here = match axes[..] {
            [] => values.clone(),
            [axis] => values.slice(start[axis], shape[axis]),
            _ => return false,
        };
        let Ok(value) = Column::from_scalars(values.dtype(), std::slice::from_ref(&predicate.value)) else { return false };
        if value.null_count() > 0 {
            return false;
        }
        let (here, value) = (here.values(), arrow::array::Scalar::new(value.values()));
        let found = match predicate.compare {
            Compare::Lt => cmp::lt(here, &value),
            Compare::Le => cmp::lt_eq(here, &value),
            Compare::Eq => cmp::eq(here, &value),
            Compare::Ne => cmp::neq(here, &value),
            Compare::Ge => cmp::gt_eq(here, &value),
            Compare::Gt => cmp::gt(here, &value),
        };
        found.is_ok_and(|found| found.true_count() == 0)
    }
}

/// A block of a variable in the table's order of dims, repeated along those that it lacks (without a copy).
fn read(variable: &Variable, axes: &[usize], start: &[usize], shape: &[usize]) -> Result<NdArray> {
    let selection = Selection::new(axes.iter().map(|&a| Selector::span(start[a], shape[a])).collect());
    let block = variable.read(&selection)?;
    let mut order: Vec<usize> = (0..axes.len()).collect();
    order.sort_by_key(|&i| axes[i]);
    let full: Vec<usize> = (0..shape.len()).map(|d| if axes.contains(&d) { shape[d] } else { 1 }).collect();
    block.transpose(&order)?.reshape(&full)?.broadcast(shape)
}

/// The batches of one part.
struct Rows {
    inner: Arc<Inner>,
    schema: Arc<Schema>,
    wanted: Vec<usize>,
    blocks: Vec<Option<NdArray>>,
    start: Vec<usize>,
    shape: Vec<usize>,
    rows: usize,
    next: usize,
    step: usize,
    _booking: Reservation,
}

impl Rows {
    /// Where rows are along a dim.
    fn positions(&self, axis: usize, first: usize, count: usize) -> impl Iterator<Item = usize> {
        let inner = self.shape[axis + 1..].iter().product::<usize>().max(1);
        let (along, begin) = (self.shape[axis].max(1), self.start[axis]);
        (first..first + count).map(move |r| begin + r / inner % along)
    }

    /// Where rows are among the cells of several dims, the last one fastest.
    fn places(&self, axes: &[usize], first: usize, count: usize) -> Vec<u32> {
        let mut at = vec![0; count];
        for &axis in axes {
            let n = self.inner.grid.shape[axis] as u32;
            at.iter_mut().zip(self.positions(axis, first, count)).for_each(|(at, i)| *at = *at * n + i as u32);
        }
        at
    }

    fn batch(&self, first: usize, count: usize) -> Result<Batch> {
        let columns = self.wanted.iter().zip(&self.blocks).map(|(&c, block)| match (&self.inner.columns[c], block) {
            (Cells::Labels { values, axes }, _) => {
                let at: Vec<u32> = match axes[..] {
                    [] => vec![0; count],
                    [axis] => self.positions(axis, first, count).map(|i| i as u32).collect(),
                    _ => self.places(axes, first, count),
                };
                taken(values, at.into())
            }
            (Cells::Positions { axis }, _) => Ok(self.positions(*axis, first, count).map(|i| i as i64).collect::<Vec<i64>>().into()),
            (Cells::Values { .. }, Some(block)) => leave(&span(block, first, count)?),
            _ => Err(Error::internal("a block that was not read")),
        });
        let columns = self.wanted.iter().zip(columns).map(|(&c, column)| match &self.inner.flags[c] {
            Some(flags) => flags.column(&column?),
            None => column,
        });
        Batch::with_rows(self.schema.clone(), columns.collect::<Result<_>>()?, count)
    }
}

fn taken(values: &Column, at: UInt32Array) -> Result<Column> {
    Column::new(values.dtype().clone(), arrow::compute::take(values.values(), &at, None)?)
}

/// Elements `first .. first + count` in C order.
fn span(block: &NdArray, first: usize, count: usize) -> Result<NdArray> {
    if block.is_contiguous() {
        let flat = block.reshape(&[block.len()])?;
        return flat.select(&Selection::new(vec![Selector::span(first, count)]));
    }
    // Whole positions of the first dim that holds the span, made contiguous, and the span of those.
    let inner: usize = block.shape()[1..].iter().product::<usize>().max(1);
    let (low, high) = (first / inner, (first + count).div_ceil(inner));
    let mut selectors = vec![Selector::All; block.rank()];
    selectors[0] = Selector::span(low, high - low);
    let part = block.select(&Selection::new(selectors))?.to_contiguous()?;
    part.reshape(&[part.len()])?.select(&Selection::new(vec![Selector::span(first - low * inner, count)]))
}

impl Iterator for Rows {
    type Item = Result<Batch>;

    fn next(&mut self) -> Option<Result<Batch>> {
        let count = self.step.min(self.rows - self.next);
        if count == 0 {
            return None;
        }
        let batch = self.batch(self.next, count);
        self.next = if batch.is_ok() { self.next + count } else { self.rows };
        Some(batch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_runs_of_rows_of_whole_chunks() {
        assert_eq!(runs(&[100, 10, 10], &[4, 10, 10], 1000).chunk, [8, 10, 10]);
        assert_eq!(runs(&[100, 10, 10], &[4, 10, 10], 250).chunk, [2, 10, 10]);
        assert_eq!(runs(&[100, 1000, 10], &[1, 100, 10], 250).chunk, [1, 25, 10]);
        assert_eq!(runs(&[3, 4], &[1, 1], 1 << 20).chunk, [3, 4]);
        assert_eq!(runs(&[5], &[5], 2).count(), 3);
        assert_eq!(runs(&[], &[], 2).count(), 1);
        assert_eq!(runs(&[0, 4], &[1, 1], 2).count(), 0);
    }
}
