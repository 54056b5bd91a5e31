//! How a cube is cut for work, and cubes brought to memory.

use super::blocks::held;
use super::rechunk::rechunked;
use crate::array::{Data, DataArray, Dataset, LazyArray, Variable};
use crate::dtype::DType;
use crate::error::{Error, Place, Result, ResultExt};
use crate::exec::ExecOptions;
use crate::store::{ChunkGrid, ChunkSource, NdArray, ReadCost, Reservation, Selection, Step};
use std::sync::Arc;

/// What takes the place of each variable.
type Change<'a> = &'a dyn Fn(&Variable) -> Result<Variable>;

impl Dataset {
    fn each_variable(&self, change: Change, coords_too: bool) -> Result<Dataset> {
        let mut out = self.clone();
        for (name, v) in out.vars.iter_mut() {
            *v = change(v).at_variable(name)?;
        }
        if coords_too {
            for (name, v) in self.coords.iter() {
                out.coords.insert(name, change(v).at_variable(name)?);
            }
        }
        for group in out.groups.values_mut() {
            *group = group.each_variable(change, coords_too)?;
        }
        Ok(out)
    }

    fn has_dims(&self, chunks: &[(&str, usize)]) -> Result<()> {
        chunks.iter().try_for_each(|(dim, _)| self.dim_length(dim).map(drop))
    }

    /// The same values, worked on in blocks of these lengths along these dims, and written in such chunks; dims that are not named keep their
    /// own. Costs nothing: where the blocks cut across the chunks of the file, these are decoded once for each block that they are in, which
    /// [`Dataset::rechunk`] avoids. Coordinates stay as they are.
    ///
    /// # Errors
    /// Not found, for a dim; invalid, for a length of 0.
    ///
    /// # Examples
    /// ```
    /// let ds = hpda_data::open_dataset("data/climate.nc")?.chunk(&[("time", 12)])?;
    /// assert_eq!(ds.variable("tas")?.grid().chunk, [12, 12, 18]);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn chunk(&self, chunks: &[(&str, usize)]) -> Result<Dataset> {
        self.has_dims(chunks)?;
        self.each_variable(&|v| v.chunk(chunks), false)
    }

    /// The same values in chunks of these lengths along these dims, whatever chunks they come in: each of those is decoded once. Where the
    /// new ones hold whole ones of the old, nothing is done before they are read; else all values are brought to memory, if half of what is
    /// free of the budget holds them, or to a temporary file (in the folder that TMPDIR names), slab by slab within the budget.
    ///
    /// # Errors
    /// As [`Dataset::chunk`]; budget, where not even one old chunk fits; what the readers and the system say.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::exec::ExecOptions;
    /// let ds = hpda_data::open_dataset("data/climate.nc")?;
    /// // Long and thin, for work along time.
    /// let series = ds.rechunk(&[("time", 120), ("lat", 1), ("lon", 6)], &ExecOptions::default())?;
    /// assert_eq!(series.variable("tas")?.grid().chunk, [120, 1, 6]);
    /// assert!(series.equals(&ds)?.is_same());
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn rechunk(&self, chunks: &[(&str, usize)], options: &ExecOptions) -> Result<Dataset> {
        self.has_dims(chunks)?;
        self.each_variable(&|v| rechunked(v, &lengths(v, chunks)?, options), false)
    }

    /// All values in memory, computed block by block, in parallel, and told to the progress of `options`.
    ///
    /// # Errors
    /// Budget, where they do not fit; what the readers say.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{array::Data, exec::{ExecOptions, reduce::Reduction}};
    /// let ds = hpda_data::open_dataset("data/climate.nc")?;
    /// let options = ExecOptions::default();
    /// let mean = ds.reduce(&Reduction::named("mean")?.over(["time"]), &options)?.0.compute(&options)?;
    /// assert!(matches!(mean.variable("tas")?.data(), Data::Memory(_)));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn compute(&self, options: &ExecOptions) -> Result<Dataset> {
        self.each_variable(&|v| computed(v, options), true)
    }

    /// As [`Dataset::compute`], but still in blocks for what comes after, and booked in the budget for as long as the values are held.
    ///
    /// # Errors
    /// As [`Dataset::compute`].
    ///
    /// # Examples
    /// ```
    /// use hpda_data::exec::ExecOptions;
    /// let options = ExecOptions::default();
    /// let ds = hpda_data::open_dataset("data/climate.nc")?.chunk(&[("time", 12)])?.persist(&options)?;
    /// assert_eq!((ds.variable("tas")?.grid().count(), options.budget.used() >= 120 * 12 * 18 * 4), (10, true));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn persist(&self, options: &ExecOptions) -> Result<Dataset> {
        self.each_variable(&|v| persisted(v, options), true)
    }
}

impl DataArray {
    fn changed(&self, change: Change, coords_too: bool) -> Result<DataArray> {
        let place = |e: Error| match &self.name {
            Some(name) => e.at(Place::variable(name.as_str())),
            None => e,
        };
        let mut out = DataArray { variable: change(&self.variable).map_err(place)?, ..self.clone() };
        if coords_too {
            for (name, v) in self.coords.iter() {
                out.coords.insert(name, change(v).at_variable(name)?);
            }
        }
        Ok(out)
    }

    /// As [`Dataset::chunk`].
    ///
    /// # Errors
    /// As there.
    ///
    /// # Examples
    /// ```
    /// let x = hpda_data::exec::Random::seeded(1).normal(0.0, 1.0, &[("row", 20_000), ("col", 40_000)])?;
    /// assert_eq!(x.chunk(&[("row", 1000)])?.variable.grid().chunk[0], 1000);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn chunk(&self, chunks: &[(&str, usize)]) -> Result<DataArray> {
        self.dims_there(chunks)?;
        self.changed(&|v| v.chunk(chunks), false)
    }

    /// As [`Dataset::rechunk`].
    ///
    /// # Errors
    /// As there.
    pub fn rechunk(&self, chunks: &[(&str, usize)], options: &ExecOptions) -> Result<DataArray> {
        self.dims_there(chunks)?;
        self.changed(&|v| rechunked(v, &lengths(v, chunks)?, options), false)
    }

    /// As [`Dataset::compute`].
    ///
    /// # Errors
    /// As there.
    pub fn compute(&self, options: &ExecOptions) -> Result<DataArray> {
        self.changed(&|v| computed(v, options), true)
    }

    /// As [`Dataset::persist`].
    ///
    /// # Errors
    /// As there.
    pub fn persist(&self, options: &ExecOptions) -> Result<DataArray> {
        self.changed(&|v| persisted(v, options), true)
    }

    fn dims_there(&self, chunks: &[(&str, usize)]) -> Result<()> {
        chunks.iter().try_for_each(|(dim, _)| self.variable.axis(dim).map(drop))
    }
}

impl Variable {
    /// The same values, worked on in blocks of these lengths along these dims; dims that it does not have do not matter.
    ///
    /// # Errors
    /// Invalid, for a length of 0.
    fn chunk(&self, chunks: &[(&str, usize)]) -> Result<Variable> {
        let lengths = lengths(self, chunks)?;
        cut(self, &lengths)
    }
}

/// The shape of the blocks of a variable, with some lengths changed.
fn lengths(v: &Variable, chunks: &[(&str, usize)]) -> Result<Vec<usize>> {
    let mut out = v.grid().chunk;
    for (dim, length) in chunks {
        if *length == 0 {
            let place = Place { dim: Some(dim.to_string()), ..Place::default() };
            return Err(Error::invalid("chunks of length 0").help("a length beyond that of the dim takes it whole").at(place));
        }
        if let Some(d) = v.dims().iter().position(|d| **d == **dim) {
            out[d] = (*length).min(v.shape()[d].max(1));
        }
    }
    Ok(out)
}

/// The variable over other values of the same shape, to be written in these chunks.
pub(super) fn over(v: &Variable, source: impl ChunkSource + 'static, chunk: &[usize]) -> Result<Variable> {
    let mut out = v.with_data(Data::Lazy(LazyArray::new(Arc::new(source))))?;
    out.encoding.chunks = Some(chunk.to_vec()).filter(|c| !c.is_empty());
    out.encoding.contiguous = false;
    Ok(out)
}

/// The same values in other blocks.
pub(super) fn cut(v: &Variable, chunk: &[usize]) -> Result<Variable> {
    over(v, Cut { input: v.clone(), grid: ChunkGrid::new(v.shape(), chunk) }, chunk)
}

/// Values that are worked on in blocks of the caller's.
#[derive(Debug)]
struct Cut {
    input: Variable,
    grid: ChunkGrid,
}

impl ChunkSource for Cut {
    fn made_of(&self) -> (String, Vec<Step>) {
        ("cut".into(), vec![self.input.step()])
    }

    fn dtype(&self) -> &DType {
        self.input.dtype()
    }

    fn shape(&self) -> &[usize] {
        self.input.shape()
    }

    fn grid(&self) -> ChunkGrid {
        self.grid.clone()
    }

    fn read(&self, selection: &Selection) -> Result<NdArray> {
        self.input.read(selection)?.to_contiguous()
    }

    fn cost(&self) -> ReadCost {
        self.input.cost()
    }

    fn place(&self) -> Place {
        self.input.place()
    }
}

/// All values in memory.
fn computed(v: &Variable, options: &ExecOptions) -> Result<Variable> {
    match v.data() {
        Data::Memory(_) => Ok(v.clone()),
        Data::Lazy(_) => v.with_data(Data::Memory(held(v, "all values of a variable", options)?.0)),
    }
}

/// All values in memory, in blocks.
pub(super) fn persisted(v: &Variable, options: &ExecOptions) -> Result<Variable> {
    let grid = v.grid();
    let (array, booked) = held(v, "all values of a variable", options)?;
    let encoding = v.encoding.clone();
    let chunk = grid.chunk.clone();
    Ok(over(v, Held { array, grid, _booked: booked }, &chunk)?.with_encoding(encoding))
}

/// Values in memory with their place in the budget.
#[derive(Debug)]
struct Held {
    array: NdArray,
    grid: ChunkGrid,
    _booked: Reservation,
}

impl ChunkSource for Held {
    fn made_of(&self) -> (String, Vec<Step>) {
        ("in memory".into(), Vec::new())
    }

    fn dtype(&self) -> &DType {
        self.array.dtype()
    }

    fn shape(&self) -> &[usize] {
        self.array.shape()
    }

    fn grid(&self) -> ChunkGrid {
        self.grid.clone()
    }

    fn read(&self, selection: &Selection) -> Result<NdArray> {
        self.array.select(selection)?.to_contiguous()
    }

    fn cost(&self) -> ReadCost {
        ReadCost { pieces: None, in_place: true, scratch: 0 }
    }

    fn place(&self) -> Place {
        Place::default()
    }
}
