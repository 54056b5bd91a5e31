//! Positions of extremes along several dimensions, and sums of products.

use super::Reduction;
use crate::array::Dataset;
use crate::dtype::DType;
use crate::error::{Error, Notices, Result, ResultExt};
use crate::exec::ExecOptions;
use crate::kernel::agg::Agg;
use crate::ops::combine::Join;
use crate::plan::BinaryOp;
use crate::store::NdArray;
use arrow::buffer::Buffer;

impl Dataset {
    /// Where each variable has its smallest value over dimensions: for each of them a dataset of positions along it, in the order of the
    /// names. Missing values are skipped; where there are only such, the position is missing. Of equal values the first counts. Variables
    /// without all of the dimensions are left out.
    ///
    /// # Errors
    /// Not found, for a dimension; invalid, for none.
    ///
    /// # Examples
    /// ```
    /// let ds = hpda_data::open_dataset("data/climate.nc")?;
    /// let (at, _) = ds.argmin(&["lat", "lon"], &Default::default())?;
    /// let [lat, lon] = &at[..] else { panic!("two dims") };
    /// assert_eq!((lat.variable("tas")?.shape(), lon.variable("tas")?.shape()), (&[120][..], &[120][..]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn argmin(&self, dims: &[&str], options: &ExecOptions) -> Result<(Vec<Dataset>, Notices)> {
        self.arg(Agg::Argmin, dims, options)
    }

    /// Where each variable has its largest value, as [`Dataset::argmin`].
    ///
    /// # Errors
    /// As [`Dataset::argmin`].
    ///
    /// # Examples
    /// ```
    /// let ds = hpda_data::open_dataset("data/climate.nc")?;
    /// let (at, _) = ds.argmax(&["time"], &Default::default())?;
    /// assert_eq!(at[0].variable("tas")?.shape(), [12, 18]);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn argmax(&self, dims: &[&str], options: &ExecOptions) -> Result<(Vec<Dataset>, Notices)> {
        self.arg(Agg::Argmax, dims, options)
    }

    fn arg(&self, agg: Agg, dims: &[&str], options: &ExecOptions) -> Result<(Vec<Dataset>, Notices)> {
        if dims.is_empty() {
            return Err(Error::invalid("positions are along dims, and none is named"));
        }
        let (flat, notices) = self.reduce(&Reduction::new(agg).over(dims.iter().copied()), options)?;
        let mut out = Vec::with_capacity(dims.len());
        for dim in dims {
            let mut part = Dataset { vars: Default::default(), ..flat.clone() };
            for (name, v) in &flat.vars {
                let Some(old) = self.vars.get(name).filter(|old| dims.iter().all(|d| old.axis(d).is_ok())) else { continue };
                // The position over all of the dims, as they stand in the variable, is told apart.
                let own: Vec<usize> = (0..old.dims().len()).filter(|&i| dims.contains(&&*old.dims()[i])).collect();
                let axis = old.axis(dim)?;
                let inner: usize = own.iter().filter(|&&i| i > axis).map(|&i| old.shape()[i]).product();
                let length = old.shape()[axis];
                let tell = move |block: &NdArray| {
                    let block = block.to_contiguous()?;
                    let at = block.as_slice::<i64>().ok_or_else(|| Error::internal("positions that are no numbers"))?;
                    let at: Vec<i64> = at.iter().map(|p| p / inner.max(1) as i64 % length.max(1) as i64).collect();
                    let valid = block.valid().map(|v| Buffer::from_vec(v.to_vec()));
                    NdArray::from_vec(at, block.shape())?.with_valid(valid)
                };
                part.insert(name, v.map_blocks(DType::I64, tell).at_variable(name)?)?;
            }
            out.push(part);
        }
        Ok((out, notices))
    }

    /// The sum of products of the variables that both have, over dimensions (over all where none is named), where both have labels. A
    /// missing value makes the result missing, as in xarray. Lazy.
    ///
    /// # Errors
    /// Not found, for a dimension; as [`Dataset::operate`].
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{exec::ExecOptions, kernel::agg::Agg, exec::reduce::Reduction};
    /// let (ds, exec) = (hpda_data::open_dataset("data/climate.nc")?, ExecOptions::default());
    /// let (mean, _) = ds.reduce(&Reduction::new(Agg::Mean).over(["time"]), &exec)?;
    /// let (product, _) = ds.dot(&mean, &["lat", "lon"], &exec)?;
    /// assert_eq!(product.variable("tas")?.shape(), [120]);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn dot(&self, other: &Dataset, dims: &[&str], options: &ExecOptions) -> Result<(Dataset, Notices)> {
        let products = self.operate(BinaryOp::Mul, other, Join::Inner, options)?;
        let how = Reduction { skip_missing: false, ..Reduction::new(Agg::Sum).over(dims.iter().copied()) };
        let (mut out, notices) = products.reduce(&how, options)?;
        out.vars.values_mut().for_each(|v| drop(v.attrs.remove("cell_methods")));
        Ok((out, notices))
    }
}
