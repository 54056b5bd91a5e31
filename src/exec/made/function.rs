//! Arrays by functions of the caller.

use super::{array, blocks, lengths};
use crate::array::DataArray;
use crate::dtype::{DType, Element};
use crate::error::{Error, Place, Result};
use crate::exec::apply::guarded;
use crate::store::{ChunkGrid, ChunkSource, NdArray, NdBuilder, ReadCost, Selection, Step};
use rayon::prelude::*;
use std::fmt;
use std::sync::Arc;

impl DataArray {
    /// An array whose value at each position (one number for each dim) is what a function says of it. Lazy: it is called from all
    /// threads when values are read, for those that are read. numpy: `np.fromfunction`.
    ///
    /// # Errors
    /// Overflow, for too many elements; shape, for a dim named twice; when it is read, invalid, where the function panics.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::DataArray;
    /// let table = DataArray::from_fn("product", &[("a", 10), ("b", 10)], |at| (at[0] * at[1]) as i64)?;
    /// assert_eq!(table.variable.load()?.scalar(78), 56i64.into());
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn from_fn<T: Element>(
        name: impl Into<String>,
        dims: &[(&str, usize)],
        function: impl Fn(&[usize]) -> T + Send + Sync + 'static,
    ) -> Result<DataArray> {
        let shape = lengths(dims)?;
        let source = OfPlaces { dtype: DType::from_phys(T::PHYS), shape, function: Arc::new(function) };
        Ok(DataArray { name: Some(name.into()), ..array(dims, source)? })
    }

    /// An array whose chunks a function makes: it gets the first position and the shape of a chunk (the last ones may be shorter) and gives
    /// its values, of type `dtype`. Lazy: it is called from all threads when values are read, for each chunk of which a part is. dask:
    /// `da.map_blocks` with `block_info`, `da.from_delayed`.
    ///
    /// # Errors
    /// Overflow, for too many elements; shape, for a dim named twice, and for as many chunk lengths as there are no dims; when it is read,
    /// what the function says, with the chunk; invalid, where it panics; shape and type, where it gives something else.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{DType, DataArray, NdArray};
    /// let ramp = DataArray::from_blocks("ramp", &[("x", 10)], &[4], DType::F64, |start, shape| {
    ///     NdArray::from_vec((start[0]..start[0] + shape[0]).map(|x| x as f64 / 2.0).collect(), shape)
    /// })?;
    /// assert_eq!(ramp.variable.load()?.scalar(9), 4.5.into());
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn from_blocks(
        name: impl Into<String>,
        dims: &[(&str, usize)],
        chunks: &[usize],
        dtype: DType,
        function: impl Fn(&[usize], &[usize]) -> Result<NdArray> + Send + Sync + 'static,
    ) -> Result<DataArray> {
        let shape = lengths(dims)?;
        if chunks.len() != shape.len() {
            return Err(Error::shape(format!("{} lengths of chunks for {} dims", chunks.len(), shape.len())));
        }
        let source = OfBlocks { dtype, grid: ChunkGrid::new(&shape, chunks), function: Arc::new(function) };
        Ok(DataArray { name: Some(name.into()), ..array(dims, source)? })
    }
}

fn place(what: &str) -> Place {
    Place { op: Some(what.to_string()), ..Place::default() }
}

/// What a caller says of a position.
type OfPlace<T> = dyn Fn(&[usize]) -> T + Send + Sync;

/// What a function says of each position.
struct OfPlaces<T> {
    dtype: DType,
    shape: Vec<usize>,
    function: Arc<OfPlace<T>>,
}

impl<T> fmt::Debug for OfPlaces<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OfPlaces").field("dtype", &self.dtype).field("shape", &self.shape).finish_non_exhaustive()
    }
}

/// So many values are handed to a thread at a time.
const RUN: usize = 4096;

impl<T: Element> ChunkSource for OfPlaces<T> {
    fn made_of(&self) -> (String, Vec<Step>) {
        ("values by a function".into(), Vec::new())
    }

    fn dtype(&self) -> &DType {
        &self.dtype
    }

    fn shape(&self) -> &[usize] {
        &self.shape
    }

    fn grid(&self) -> ChunkGrid {
        blocks(&self.shape, &vec![1; self.shape.len()])
    }

    fn read(&self, selection: &Selection) -> Result<NdArray> {
        selection.check(&self.shape)?;
        let shape = selection.shape(&self.shape);
        let whole = selection.with_all_dims();
        let counts = whole.shape(&self.shape);
        let mut out = NdBuilder::new(self.dtype.clone(), &shape)?;
        let values = out.as_mut_slice::<T>().ok_or_else(|| Error::internal("values of another type"))?;
        let one = |(run, values): (usize, &mut [T])| {
            let mut at = vec![0usize; counts.len()];
            for (i, value) in values.iter_mut().enumerate() {
                let mut rest = run * RUN + i;
                for d in (0..counts.len()).rev() {
                    at[d] = whole.selectors()[d].position(rest % counts[d]);
                    rest /= counts[d];
                }
                *value = (self.function)(&at);
            }
        };
        guarded(
            || place("from_fn"),
            || {
                values.par_chunks_mut(RUN).enumerate().for_each(one);
                Ok(())
            },
        )?;
        out.finish()
    }

    fn cost(&self) -> ReadCost {
        ReadCost { pieces: None, in_place: true, scratch: 0 }
    }

    fn place(&self) -> Place {
        Place::default()
    }
}

type Maker = dyn Fn(&[usize], &[usize]) -> Result<NdArray> + Send + Sync;

/// What a function makes of each chunk.
struct OfBlocks {
    dtype: DType,
    grid: ChunkGrid,
    function: Arc<Maker>,
}

impl fmt::Debug for OfBlocks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OfBlocks").field("dtype", &self.dtype).field("grid", &self.grid).finish_non_exhaustive()
    }
}

impl OfBlocks {
    fn make(&self, number: usize) -> Result<NdArray> {
        let (start, shape) = self.grid.block(number);
        guarded(
            || place(&format!("from_blocks, the chunk at {start:?}")),
            || {
                let made = (self.function)(&start, &shape)?;
                if made.shape() != shape {
                    return Err(Error::shape(format!("a chunk of shape {shape:?} was made of shape {:?}", made.shape())));
                }
                if *made.dtype() != self.dtype {
                    return Err(Error::wrong_type(format!("a chunk is {} and was to be {}", made.dtype(), self.dtype)));
                }
                Ok(made)
            },
        )
    }
}

impl ChunkSource for OfBlocks {
    fn made_of(&self) -> (String, Vec<Step>) {
        ("chunks by a function".into(), Vec::new())
    }

    fn dtype(&self) -> &DType {
        &self.dtype
    }

    fn shape(&self) -> &[usize] {
        &self.grid.shape
    }

    fn grid(&self) -> ChunkGrid {
        self.grid.clone()
    }

    fn read(&self, selection: &Selection) -> Result<NdArray> {
        by_chunks(&self.grid, &self.dtype, selection, |number| self.make(number))
    }

    fn place(&self) -> Place {
        Place::default()
    }
}

/// What is selected of an array that has its values in chunks: each chunk of which a part is asked for is got once.
pub(in crate::exec) fn by_chunks(
    grid: &ChunkGrid,
    dtype: &DType,
    selection: &Selection,
    get: impl Fn(usize) -> Result<NdArray>,
) -> Result<NdArray> {
    selection.check(&grid.shape)?;
    let whole = selection.with_all_dims();
    let counts = whole.shape(&grid.shape);
    let rank = counts.len();
    let mut out = NdBuilder::new(dtype.clone(), &counts)?;
    // Per dim: runs of positions in one chunk, as a selector of the chunk, with where they go.
    let runs: Vec<Vec<(usize, Vec<usize>, usize)>> = (0..rank)
        .map(|d| {
            let (selector, chunk) = (&whole.selectors()[d], grid.chunk[d]);
            let all: Vec<usize> = (0..counts[d]).map(|i| selector.position(i)).collect();
            let mut done = 0;
            let parts = all.chunk_by(|a, b| a / chunk == b / chunk);
            parts
                .map(|run| {
                    done += run.len();
                    (run[0] / chunk, run.iter().map(|p| p % chunk).collect(), done - run.len())
                })
                .collect()
        })
        .collect();
    let total: usize = runs.iter().map(Vec::len).product();
    let many = grid.counts();
    let mut held: Option<(usize, NdArray)> = None;
    for i in 0..total {
        let mut rest = i;
        let mut at = vec![0; rank];
        for d in (0..rank).rev() {
            at[d] = rest % runs[d].len();
            rest /= runs[d].len();
        }
        let number = (0..rank).fold(0, |n, d| n * many[d] + runs[d][at[d]].0);
        let chunk = match held.take() {
            Some((own, chunk)) if own == number => chunk,
            _ => get(number)?,
        };
        let part = Selection::new((0..rank).map(|d| crate::store::Selector::of(runs[d][at[d]].1.clone())).collect());
        let to: Vec<usize> = (0..rank).map(|d| runs[d][at[d]].2).collect();
        // One chunk is all that was asked for.
        if total == 1 && part.shape(chunk.shape()) == chunk.shape() && part == Selection::hyperslab(&vec![0; rank], chunk.shape()) {
            return chunk.to_contiguous()?.reshape(&selection.shape(&grid.shape));
        }
        out.put(&to, &chunk.select(&part)?)?;
        held = Some((number, chunk));
    }
    out.finish()?.reshape(&selection.shape(&grid.shape))
}
