//! Functions of the caller along a dimension, and polynomials that are fitted with them.

use crate::array::{Data, Dataset, LazyArray, Variable, companions};
use crate::dtype::DType;
use crate::error::{Notices, Place, Result, ResultExt};
use crate::exec::ExecOptions;
use crate::exec::ufunc::{OfLane, of_lanes};
use crate::kernel::lane::Fit;
use crate::store::NdArray;
use std::sync::Arc;

impl Dataset {
    /// A function of all values along a dimension, of every variable of numbers that has it: it gets a lane (NaN where missing) and fills
    /// one of `length` values, which stands along the dimension `into` in its place. Lanes are computed block by block, in parallel, when
    /// the result is read. Other variables are left out with a notice.
    ///
    /// # Errors
    /// Not found, for the dimension; shape, for a new one that is there already; when it is read, invalid, where the function panics, with
    /// the place.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::exec::ExecOptions;
    /// let ds = hpda_data::open_dataset("data/climate.nc")?;
    /// let range = |x: &[f64], out: &mut [f64]| {
    ///     out[0] = x.iter().copied().fold(f64::NAN, f64::min);
    ///     out[1] = x.iter().copied().fold(f64::NAN, f64::max);
    /// };
    /// let (ends, _) = ds.apply_along("time", "end", 2, range, &ExecOptions::default())?;
    /// assert_eq!(ends.variable("tas")?.shape(), [2, 12, 18]);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn apply_along(
        &self,
        dim: &str,
        into: &str,
        length: usize,
        function: impl Fn(&[f64], &mut [f64]) + Send + Sync + 'static,
        options: &ExecOptions,
    ) -> Result<(Dataset, Notices)> {
        let old_length = self.dim_length(dim)?;
        let function: Arc<OfLane> = Arc::new(function);
        let has = |v: &Variable| v.dims().iter().any(|d| **d == *dim);
        let beside = companions(self);
        let mut out = Dataset { attrs: self.attrs.clone(), encoding: self.encoding.clone(), ..Dataset::new() };
        let (mut notices, mut gone) = (Notices::new(), Vec::new());
        for (name, v) in self.coords.iter().filter(|(_, v)| dim == into && length == old_length || !has(v)) {
            out.insert_coord(name, v.clone())?;
        }
        for (name, v) in &self.vars {
            let Some(axis) = v.dims().iter().position(|d| **d == *dim) else {
                out.insert(name, v.clone())?;
                continue;
            };
            if beside.contains_key(name) {
                gone.push(name.as_str());
                continue;
            }
            if !(v.dtype().is_numeric() || *v.dtype() == DType::Bool) {
                let place = Place { variable: Some(name.clone()), ..Place::default() };
                notices.warn(format!("left out: this is for numbers, not for {}", v.dtype()), place);
                continue;
            }
            let made = of_lanes((name, v), axis, (into, length), function.clone(), options).at_variable(name)?;
            out.insert(name, made.with_attrs(v.attrs.clone()))?;
        }
        out.forget(&gone);
        Ok((out, notices))
    }

    /// The polynomial of a degree that is nearest (least squares) to the values along a dimension, missing ones left out: of each variable
    /// `NAME_polyfit_coefficients` along the new dimension `degree`, highest power first. Times count in nanoseconds from 1970, as in
    /// xarray.
    ///
    /// # Errors
    /// Not found, for the dimension; invalid, for a dimension without labels; type, for labels that are no numbers or times.
    pub fn polyfit(&self, dim: &str, degree: usize, options: &ExecOptions) -> Result<(Dataset, Notices)> {
        let fit = Fit::new(&self.places_of(dim)?, degree);
        let call = move |y: &[f64], out: &mut [f64]| fit.coefficients(y, out);
        let (made, notices) = self.apply_along(dim, "degree", degree + 1, call, options)?;
        let mut out = Dataset::new();
        for (name, v) in made.coords.iter() {
            out.insert_coord(name, v.clone())?;
        }
        let powers: Vec<i64> = (0..=degree as i64).rev().collect();
        out.insert_coord("degree", Variable::from_array(["degree"], NdArray::from_vec(powers, &[degree + 1])?)?)?;
        for (name, v) in made.vars.into_iter().filter(|(_, v)| v.dims().iter().any(|d| &**d == "degree")) {
            out.insert(format!("{name}_polyfit_coefficients"), v.with_attrs(Default::default()))?;
        }
        Ok((out.transpose(&["degree"])?, notices))
    }

    /// The values less the polynomial of a degree that is nearest to them along a dimension (degree 1 takes a linear trend away).
    ///
    /// # Errors
    /// As [`Dataset::polyfit`].
    pub fn detrend(&self, dim: &str, degree: usize, options: &ExecOptions) -> Result<(Dataset, Notices)> {
        let at = self.places_of(dim)?;
        let fit = Fit::new(&at, degree);
        let n = at.len();
        let call = move |y: &[f64], out: &mut [f64]| {
            let mut powers = vec![0.0; degree + 1];
            fit.coefficients(y, &mut powers);
            let value = |x: f64| powers.iter().fold(0.0, |sum, c| sum * x + c);
            out.iter_mut().zip(y).zip(&at).for_each(|((o, y), x)| *o = y - value(*x));
        };
        self.apply_along(dim, dim, n, call, options)
    }

    /// The labels of a dimension as numbers, times in nanoseconds from 1970.
    pub(super) fn places_of(&self, dim: &str) -> Result<Vec<f64>> {
        super::verbs::numbers(&self.labels_of(dim)?.columns().swap_remove(0), 0)
    }
}

impl Variable {
    /// A function of blocks of the variable, which must keep their shape and give values of `dtype`: computed block by block when the
    /// result is read.
    ///
    /// # Errors
    /// When it is read: shape, for a block of another shape; type, for one of another type; what the function says.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{NdArray, dtype::DType};
    /// let ds = hpda_data::open_dataset("data/climate.nc")?;
    /// let celsius = ds.variable("tas")?.map_blocks(DType::F32, |block| {
    ///     let block = block.to_contiguous()?;
    ///     let x = block.as_slice::<f32>().unwrap_or_default();
    ///     NdArray::from_vec(x.iter().map(|x| x - 273.15).collect::<Vec<f32>>(), block.shape())
    /// });
    /// assert_eq!(celsius?.load()?.shape(), [120, 12, 18]);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn map_blocks(&self, dtype: DType, function: impl Fn(&NdArray) -> Result<NdArray> + Send + Sync + 'static) -> Result<Variable> {
        let source = super::source::BlockSource::new(self, dtype, Arc::new(function));
        let out = Variable::new(self.dims().iter().cloned(), Data::Lazy(LazyArray::new(Arc::new(source))))?;
        let encoding = crate::exec::reduce::encoding(self, self.dims(), self.shape());
        Ok(out.with_attrs(self.attrs.clone()).with_encoding(encoding))
    }
}
