//! Files of one array that are written block by block.

use crate::array::{Data, DataArray, LazyArray, Variable};
use crate::dtype::DType;
use crate::error::{Error, Place, Result, ResultExt};
use crate::exec::ExecOptions;
use crate::io::dense::{DenseSink, Target};
use crate::io::{Output, Overwrite, npy};
use crate::store::{ChunkGrid, ChunkSource, NdArray, Selection};
use std::path::Path;
use std::sync::Arc;

/// A file of one array, npy or raw, whose values are written block by block, in any order and from any thread: nothing of it is held in memory.
///
/// The file stands under its name when it is finished, not before. numpy: `np.lib.format.open_memmap(path, "w+", dtype, shape)` and
/// `np.memmap(path, dtype, "w+", shape=shape)`, in which what is never written is 0; here it is an error.
///
/// # Examples
/// ```
/// use hpda_data::{DType, NdArray, io::Overwrite, open::ArrayWriter};
/// let folder = tempfile::tempdir().map_err(|e| hpda_data::Error::io(e, "."))?;
/// let path = folder.path().join("ramp.npy");
/// let file = ArrayWriter::npy(&path, &DType::F64, &[1000, 4], Overwrite::No)?;
/// for start in (0..1000).step_by(100) {
///     let rows = (start * 4..(start + 100) * 4).map(|x| x as f64).collect();
///     file.write(&[start, 0], &NdArray::from_vec(rows, &[100, 4])?)?;
/// }
/// file.finish()?;
/// assert_eq!(hpda_data::open_dataset(&path)?.variable("data")?.load()?.scalar(3999), 3999.0.into());
/// # Ok::<(), hpda_data::Error>(())
/// ```
#[derive(Debug)]
pub struct ArrayWriter {
    sink: DenseSink,
    dtype: DType,
    shape: Vec<usize>,
    place: Place,
}

/// What there will be in the file, for what asks only for type and shape.
#[derive(Debug)]
struct Promised {
    dtype: DType,
    shape: Vec<usize>,
}

impl ChunkSource for Promised {
    fn dtype(&self) -> &DType {
        &self.dtype
    }
    fn shape(&self) -> &[usize] {
        &self.shape
    }
    fn grid(&self) -> ChunkGrid {
        ChunkGrid::new(&self.shape, &self.shape)
    }
    fn read(&self, _selection: &Selection) -> Result<NdArray> {
        Err(Error::internal("an array that is not there yet"))
    }
    fn place(&self) -> Place {
        Place::default()
    }
}

impl ArrayWriter {
    /// Begins a file of numpy's format, in C order.
    ///
    /// # Errors
    /// What the system refuses, also for a file that is there and is not to be overwritten; unsupported, for types that npy does not hold, and
    /// for text, whose longest would have to be known; overflow, for a shape of more bytes than a file can have.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{DType, NdArray, io::Overwrite, open::ArrayWriter};
    /// let folder = tempfile::tempdir().map_err(|e| hpda_data::Error::io(e, "."))?;
    /// let file = ArrayWriter::npy(folder.path().join("x.npy"), &DType::I32, &[2], Overwrite::No)?;
    /// assert!(file.finish().unwrap_err().message().starts_with("0 of 2 elements were written"));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn npy(path: impl AsRef<Path>, dtype: &DType, shape: &[usize], overwrite: Overwrite) -> Result<ArrayWriter> {
        let header = |target: &Target| npy::header::format(&npy::descr::text(&target.element)?, shape);
        ArrayWriter::new(path.as_ref(), dtype, shape, overwrite, "npy", header)
    }

    /// Begins a file of nothing but the values, little-endian, in C order.
    ///
    /// # Errors
    /// As [`ArrayWriter::npy`].
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{DType, NdArray, io::Overwrite, open::ArrayWriter};
    /// let folder = tempfile::tempdir().map_err(|e| hpda_data::Error::io(e, "."))?;
    /// let path = folder.path().join("x.raw");
    /// let file = ArrayWriter::raw(&path, &DType::I16, &[3], Overwrite::No)?;
    /// file.write(&[1], &NdArray::from_vec(vec![2i16, 3], &[2])?)?;
    /// file.write(&[0], &NdArray::from_vec(vec![1i16], &[1])?)?;
    /// file.finish()?;
    /// assert_eq!(std::fs::read(&path).map_err(|e| hpda_data::Error::io(e, &path))?, [1, 0, 2, 0, 3, 0]);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn raw(path: impl AsRef<Path>, dtype: &DType, shape: &[usize], overwrite: Overwrite) -> Result<ArrayWriter> {
        ArrayWriter::new(path.as_ref(), dtype, shape, overwrite, "raw", |_| Ok(Vec::new()))
    }

    fn new(
        path: &Path,
        dtype: &DType,
        shape: &[usize],
        overwrite: Overwrite,
        format: &str,
        header: impl Fn(&Target) -> Result<Vec<u8>>,
    ) -> Result<ArrayWriter> {
        let place = Place::file(path);
        if *dtype == DType::Str {
            let e = Error::unsupported("text, block by block: the file has to begin with the length of the longest");
            return Err(e.help("write text as NetCDF, Zarr or Parquet").at(place));
        }
        let source = Promised { dtype: dtype.clone(), shape: shape.to_vec() };
        let dims = (0..shape.len()).map(|d| format!("dim_{d}"));
        let promised = Variable::new(dims, Data::Lazy(LazyArray::new(Arc::new(source))))?;
        let at = || place.clone();
        let (target, _) = Target::of(&promised, None, format == "npy", format).at(at)?;
        let header = header(&target).at(at)?;
        let sink = DenseSink::create(Output::create(path, overwrite)?, &header, "data", shape, target)?;
        Ok(ArrayWriter { sink, dtype: dtype.clone(), shape: shape.to_vec(), place })
    }

    /// The shape of the array.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{DType, io::Overwrite, open::ArrayWriter};
    /// let folder = tempfile::tempdir().map_err(|e| hpda_data::Error::io(e, "."))?;
    /// assert_eq!(ArrayWriter::npy(folder.path().join("x.npy"), &DType::U8, &[2, 3], Overwrite::No)?.shape(), [2, 3]);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// Writes a block whose first element stands at `start`. Several threads may write at once; each element is to come once.
    ///
    /// # Errors
    /// Shape, for a block that reaches outside; type, for one of another type; loss, for missing elements of a type without a mark for them;
    /// what the system refuses.
    pub fn write(&self, start: &[usize], block: &NdArray) -> Result<()> {
        let inside = |((s, n), whole): ((&usize, &usize), &usize)| s.checked_add(*n).is_some_and(|end| end <= *whole);
        let rank = self.shape.len();
        if start.len() != rank || block.rank() != rank || !start.iter().zip(block.shape()).zip(&self.shape).all(inside) {
            let e = Error::shape(format!("a block of shape {:?} at {start:?} reaches outside shape {:?}", block.shape(), self.shape));
            return Err(e.at(self.place.clone()));
        }
        if *block.dtype() != self.dtype {
            return Err(Error::wrong_type(format!("a block of {} for an array of {}", block.dtype(), self.dtype)).at(self.place.clone()));
        }
        self.sink.write(start, block)
    }

    /// Writes all blocks of an array of the same shape, computed in parallel within the budget.
    ///
    /// # Errors
    /// As [`ArrayWriter::write`]; what computing them says.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{DType, exec::{ExecOptions, Random}, io::Overwrite, open::ArrayWriter};
    /// let folder = tempfile::tempdir().map_err(|e| hpda_data::Error::io(e, "."))?;
    /// let (x, path) = (Random::seeded(1).normal(0.0, 1.0, &[("i", 50_000)])?, folder.path().join("x.npy"));
    /// let file = ArrayWriter::npy(&path, &DType::F64, &[50_000], Overwrite::No)?;
    /// file.write_all(&x, &ExecOptions::default())?;
    /// file.finish()?;
    /// assert_eq!(hpda_data::open_dataset(&path)?.variable("data")?.load()?.as_slice::<f64>(), x.variable.load()?.as_slice::<f64>());
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn write_all(&self, array: &DataArray, options: &ExecOptions) -> Result<()> {
        let v = &array.variable;
        if v.shape() != self.shape {
            let e = Error::shape(format!("an array of shape {:?} for a file of shape {:?}", v.shape(), self.shape));
            return Err(e.at(self.place.clone()));
        }
        if *v.dtype() != self.dtype {
            return Err(Error::wrong_type(format!("an array of {} for a file of {}", v.dtype(), self.dtype)).at(self.place.clone()));
        }
        crate::exec::cube::copy_blocks_to(v, &self.sink, options)
    }

    /// Puts the file in its place.
    ///
    /// # Errors
    /// Invalid, where elements were not written; what the system refuses.
    pub fn finish(self) -> Result<()> {
        let (written, all) = (self.sink.written(), self.shape.iter().product::<usize>());
        if written != all {
            return Err(Error::invalid(format!("{written} of {all} elements were written")).at(self.place));
        }
        self.sink.finish()
    }
}
