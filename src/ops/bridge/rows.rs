//! The long form of a cube: one row per cell of its largest variable.

use super::flags::Flags;
use super::{leave, part_limit};
use crate::array::{Dataset, Variable, companions};
use crate::dtype::DType;
use crate::error::{Error, Level, Notices, Place, Result, ResultExt, quoted_list};
use crate::store::{
    Attrs, Batch, BatchIter, Budget, ChunkGrid, Column, Field, NdArray, Reservation, ScanRequest, Schema, Selection, Selector, TableSource,
};
use arrow::array::UInt32Array;
use std::sync::Arc;

/// A cube as a table: the dims of its largest variable, then coordinates, then variables; rows in C order, the last dim fastest.
///
/// NaN becomes missing. A dim without a coordinate counts from 0. Variables that lack a dim are repeated along it. Companions
/// such as bounds are left out, with a notice. Streams: a part is a block of rows, of bounded size.
#[derive(Debug)]
pub struct CubeRows {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    schema: Arc<Schema>,
    columns: Vec<Cells>,
    /// The categories that a column stands for.
    flags: Vec<Option<Flags>>,
    /// Blocks that are runs of rows.
    grid: ChunkGrid,
}

/// Where the cells of a column come from.
#[derive(Debug)]
enum Cells {
    /// One label per position along a dim; a single one for all where there is no dim.
    Labels { values: Column, axis: Option<usize> },
    /// Positions along a dim without labels, from 0.
    Positions { axis: usize },
    /// A variable, and for each of its dims which of the table's it is.
    Values { variable: Box<Variable>, axes: Vec<usize> },
}

impl CubeRows {
    /// The table of these variables, of all but companions when `None`.
    ///
    /// # Errors
    /// Not found, for a name; shape, for a variable with a dim that the largest lacks, which names `--var`; invalid, where there
    /// is no variable or two columns have one name.
    pub fn new(dataset: &Dataset, variables: Option<&[String]>, budget: &Budget) -> Result<(CubeRows, Notices)> {
        let mut notices = Notices::new();
        let accompany = companions(dataset);
        let chosen: Vec<(&str, &Variable)> = match variables {
            Some(names) => names.iter().map(|n| Ok((n.as_str(), dataset.variable(n)?))).collect::<Result<_>>()?,
            None => dataset.vars.iter().map(|(n, v)| (n.as_str(), v)).filter(|(n, _)| !accompany.contains_key(*n)).collect(),
        };
        let largest = chosen.iter().rev().max_by_key(|(_, v)| (!v.dims().is_empty(), v.len(), v.dims().len()));
        let Some(&(largest_name, largest)) = largest else {
            let e = Error::invalid("the cube has no variable that makes a table");
            return Err(if dataset.groups.is_empty() { e } else { e.help("--group NAME takes one of its groups") });
        };
        let dims = largest.dims();
        for (name, v) in &chosen {
            if let Some(d) = v.dims().iter().find(|d| !dims.contains(d)) {
                return Err(Error::shape(format!("variable {name:?} has the dim {d:?}, which {largest_name:?}, the largest, lacks"))
                    .help(format!("--var {largest_name} or --var {name} picks what goes into one table"))
                    .at(Place::variable(*name)));
            }
        }
        let left_out: Vec<&str> = accompany.keys().map(String::as_str).filter(|n| !chosen.iter().any(|(c, _)| c == n)).collect();
        if !left_out.is_empty() {
            notices.push(Level::Omitted, format!("companions are left out: {}", quoted_list(&left_out, 8)), Place::default());
        }
        if !dataset.groups.is_empty() && variables.is_none() {
            let names: Vec<&str> = dataset.groups.keys().map(String::as_str).collect();
            notices.push(Level::Changed, format!("groups are left out: {}", quoted_list(&names, 8)), Place::default());
        }

        let shape = largest.shape().to_vec();
        let (mut fields, mut columns, mut flags) = (Vec::new(), Vec::new(), Vec::new());
        let mut add = |name: &str, attrs: &Attrs, dtype: DType, cells: Cells| {
            let (found, attrs) = Flags::of(&dtype, attrs).map_or_else(|| (None, attrs.clone()), |(f, rest)| (Some(f), rest));
            let dtype = found.as_ref().map_or(dtype, Flags::dtype);
            fields.push(Field { attrs, ..Field::new(name, dtype) });
            columns.push(cells);
            flags.push(found);
        };
        for (axis, d) in dims.iter().enumerate() {
            match dataset.coords.get(d).filter(|c| c.dims().len() == 1 && c.dims()[0] == *d) {
                Some(c) => {
                    let values = leave(&c.load().at_variable(d)?)?;
                    add(d, &c.attrs, values.dtype().clone(), Cells::Labels { values, axis: Some(axis) });
                }
                None => add(d, &Attrs::new(), DType::I64, Cells::Positions { axis }),
            }
        }
        let is_dim = |n: &str, v: &Variable| v.dims().len() == 1 && &*v.dims()[0] == n;
        let mut stray = Vec::new();
        for (name, c) in dataset.coords.iter().filter(|(n, c)| !is_dim(n, c) && !chosen.iter().any(|(m, _)| m == n)) {
            if !c.dims().iter().all(|d| dims.contains(d)) {
                stray.push(name);
                continue;
            }
            add(name, &c.attrs, c.dtype().clone(), cells(name, c, dims)?);
        }
        if !stray.is_empty() {
            notices.push(Level::Omitted, format!("coordinates of other dims are left out: {}", quoted_list(&stray, 8)), Place::default());
        }
        for (name, v) in chosen.iter().filter(|(n, v)| !is_dim(n, v)) {
            add(name, &v.attrs, v.dtype().clone(), cells(name, v, dims)?);
        }
        if let Some((_, f)) = fields.iter().enumerate().find(|(i, f)| fields[..*i].iter().any(|g: &Field| g.name == f.name)) {
            return Err(Error::invalid(format!("two columns would be called {:?}", f.name))
                .help("--var picks the variables that go into the table"));
        }
        let widths = |c: &Cells| match c {
            Cells::Labels { .. } | Cells::Positions { .. } => 0,
            Cells::Values { variable, .. } => variable.dtype().phys().and_then(|p| p.width()).unwrap_or(32),
        };
        let row_bytes = columns.iter().map(widths).sum::<usize>().max(1);
        let grid = runs(&shape, &largest.grid().chunk, part_limit(budget) / row_bytes);
        let schema = Schema { attrs: dataset.attrs.clone(), ..Schema::new(fields) };
        Ok((CubeRows { inner: Arc::new(Inner { schema: Arc::new(schema), columns, flags, grid }) }, notices))
    }
}

fn cells(name: &str, v: &Variable, dims: &[Arc<str>]) -> Result<Cells> {
    let axes: Vec<usize> = v.dims().iter().filter_map(|d| dims.iter().position(|e| e == d)).collect();
    Ok(match axes[..] {
        [] => Cells::Labels { values: leave(&v.load().at_variable(name)?)?, axis: None },
        [axis] if dims.len() > 1 => Cells::Labels { values: leave(&v.load().at_variable(name)?)?, axis: Some(axis) },
        _ => Cells::Values { variable: Box::new(v.clone()), axes },
    })
}

/// Blocks of at most `most` rows that are runs of rows in C order: single positions along the first dims, a span of one, and
/// the whole of the rest. Spans are whole chunks where that is possible, so that no chunk is decoded twice.
fn runs(shape: &[usize], chunk: &[usize], most: usize) -> ChunkGrid {
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
        let (_, shape) = self.inner.grid.block(part);
        shape.iter().map(|&n| n as u64).product::<u64>() * 8 * self.inner.columns.len() as u64
    }

    fn scan(&self, part: usize, request: &ScanRequest) -> Result<BatchIter> {
        let wanted: Vec<usize> = request.columns.clone().unwrap_or_else(|| (0..self.inner.columns.len()).collect());
        let (start, shape) = self.inner.grid.block(part);
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

    fn batch(&self, first: usize, count: usize) -> Result<Batch> {
        let columns = self.wanted.iter().zip(&self.blocks).map(|(&c, block)| match (&self.inner.columns[c], block) {
            (Cells::Labels { values, axis: Some(axis) }, _) => {
                let at = self.positions(*axis, first, count).map(|i| i as u32);
                taken(values, UInt32Array::from_iter_values(at))
            }
            (Cells::Positions { axis }, _) => Ok(self.positions(*axis, first, count).map(|i| i as i64).collect::<Vec<i64>>().into()),
            (Cells::Labels { values, axis: None }, _) => taken(values, UInt32Array::from(vec![0; count])),
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
