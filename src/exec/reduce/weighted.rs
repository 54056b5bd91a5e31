//! Aggregates of cells with weights.

use super::methods::attributes;
use super::{Reduction, Weights, floats};
use crate::array::{Dataset, Variable, companions};
use crate::dtype::DType;
use crate::error::{Notices, Result, ResultExt};
use crate::exec::ExecOptions;
use crate::kernel::agg::Agg;
use crate::store::NdArray;

/// A dataset whose cells have weights. Made by [`Dataset::weighted`].
#[derive(Clone, Debug)]
pub struct DatasetWeighted {
    ds: Dataset,
    weights: Weights,
}

/// Whether an aggregation knows what to do with weights.
pub(super) fn takes_weights(agg: Agg) -> bool {
    matches!(agg, Agg::Mean | Agg::Sum | Agg::Std | Agg::Var | Agg::Median | Agg::Quantile(_))
}

impl Dataset {
    /// The dataset with weights for its cells ([`Dataset::weights`] reads them from text).
    ///
    /// # Examples
    /// ```
    /// use hpda_data::exec::{ExecOptions, reduce::Reduction};
    /// let (ds, exec) = (hpda_data::open_dataset("data/climate.nc")?, ExecOptions::default());
    /// let weighted = ds.weighted(ds.weights("cos(lat)")?);
    /// let (upper, _) = weighted.reduce(&Reduction::named("q0.9")?.over(["lat", "lon"]), &exec)?;
    /// let (sums, _) = weighted.sum_of_weights(&["lat", "lon"], &exec)?;
    /// assert_eq!((upper.variable("tas")?.shape(), sums.variable("tas")?.shape()), (&[120][..], &[120][..]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn weighted(&self, weights: Weights) -> DatasetWeighted {
        DatasetWeighted { ds: self.clone(), weights }
    }
}

impl DatasetWeighted {
    /// A mean, sum, standard deviation, variance, median or quantile over dimensions, in f64: [`Dataset::reduce`] with these weights. A
    /// variance is that of the weighted values as they are (no `ddof`); a quantile lies in a sample as large as the weights make it, as in
    /// xarray.
    ///
    /// # Errors
    /// As [`Dataset::reduce`]; unsupported, for another aggregation.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::exec::{ExecOptions, reduce::Reduction};
    /// let (ds, exec) = (hpda_data::open_dataset("data/climate.nc")?, ExecOptions::default());
    /// let weighted = ds.weighted(ds.weights("cos(lat)")?);
    /// assert!(weighted.reduce(&Reduction::named("std")?, &exec).is_ok() && weighted.reduce(&Reduction::named("max")?, &exec).is_err());
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn reduce(&self, how: &Reduction, options: &ExecOptions) -> Result<(Dataset, Notices)> {
        self.ds.reduce(&Reduction { weights: Some(self.weights.clone()), ..how.clone() }, options)
    }

    /// The sum of the weights of the values that are there, over dimensions (over all where none is named); missing where it is 0.
    ///
    /// # Errors
    /// Not found, for a dimension.
    ///
    /// # Examples
    /// ```
    /// let ds = hpda_data::open_dataset("data/climate.nc")?;
    /// let (sums, _) = ds.weighted(ds.weights("area")?).sum_of_weights(&["lat"], &Default::default())?;
    /// assert_eq!(sums.variable("tas")?.shape(), [120, 18]);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn sum_of_weights(&self, dims: &[&str], options: &ExecOptions) -> Result<(Dataset, Notices)> {
        let over = |v: &Variable| dims.is_empty() || v.dims().iter().any(|d| dims.contains(&&**d));
        let mut there = self.ds.clone();
        for (name, v) in there.vars.iter_mut().filter(|(_, v)| over(v) && (v.dtype().is_numeric() || *v.dtype() == DType::Bool)) {
            *v = each(v, |x| if x.is_nan() { x } else { 1.0 }).at_variable(name)?;
        }
        let beside = companions(&self.ds);
        for (name, v) in self.ds.vars.iter().filter(|(n, _)| beside.contains_key(*n)) {
            there.vars.insert(name.clone(), v.clone());
        }
        let (mut out, notices) =
            there.weighted(self.weights.clone()).reduce(&Reduction::new(Agg::Sum).over(dims.iter().copied()), options)?;
        for (name, v) in out.vars.iter_mut() {
            let old = &self.ds.vars[name];
            if over(old) && !old.dims().is_empty() && !beside.contains_key(name) {
                *v = each(v, |x| if x == 0.0 { f64::NAN } else { x })?.with_attrs(attributes(old, Agg::Count, &[]));
            }
        }
        Ok((out, notices))
    }
}

/// A function of each value as f64, NaN where it is missing, when the result is read.
pub(super) fn each(v: &Variable, f: impl Fn(f64) -> f64 + Send + Sync + 'static) -> Result<Variable> {
    v.map_blocks(DType::F64, move |block| {
        let block = block.to_contiguous()?;
        NdArray::from_vec(floats(&block)?.into_iter().map(&f).collect(), block.shape())
    })
}
