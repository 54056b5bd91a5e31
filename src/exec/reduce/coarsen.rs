//! Blocks of positions as one, and labels of extremes.

use super::{Reduction, reduce_variable, result_type};
use crate::array::{Dataset, Variable, companions};
use crate::dtype::DType;
use crate::error::{Notices, Place, Result, ResultExt};
use crate::exec::ExecOptions;
use crate::exec::reduce::source::How;
use crate::kernel::agg::Agg;
use crate::ops::bridge::enter;
use crate::store::Column;
use arrow::array::UInt64Array;
use std::sync::Arc;

/// What happens to positions at the end of a dim that do not fill a block.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Rest {
    /// They are an error.
    #[default]
    Exact,
    /// They are left out.
    Trim,
    /// They are a block with missing values.
    Pad,
}

impl Dataset {
    /// Aggregates of blocks of so many positions along dims; labels of a block are the mean of its labels. Lazy.
    ///
    /// # Errors
    /// Not found, for a dim; shape, where blocks are not full and nothing says what happens then.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::exec::{ExecOptions, reduce::{Reduction, Rest}};
    /// let ds = hpda_data::open_dataset("data/climate.nc")?;
    /// let (coarse, _) = ds.coarsen(&[("lat", 3), ("lon", 3)], Rest::Exact, &Reduction::named("mean")?, &ExecOptions::default())?;
    /// assert_eq!(coarse.variable("tas")?.shape(), [120, 4, 6]);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn coarsen(&self, windows: &[(&str, usize)], rest: Rest, how: &Reduction, options: &ExecOptions) -> Result<(Dataset, Notices)> {
        let mut notices = Notices::new();
        let (mut ds, mut inner) = (self.clone(), Vec::new());
        for &(dim, window) in windows {
            let n = ds.dim_length(dim)?;
            if rest == Rest::Pad && window > 0 && !n.is_multiple_of(window) {
                ds = ds.pad(dim, 0, window - n % window)?;
            }
            let into: Arc<str> = format!("{dim} in block").into();
            ds = ds.windows(dim, window, &into, rest == Rest::Exact)?;
            inner.push((dim, into));
        }
        let dims: Vec<Arc<str>> = inner.iter().map(|(_, into)| into.clone()).collect();
        let settled = |agg: Agg| How { agg, ddof: how.ddof, skip_missing: how.skip_missing, min_count: how.min_count, weights: None };
        let mean = |v: &Variable| -> Result<Variable> {
            let here: Vec<Arc<str>> = v.dims().iter().filter(|d| dims.contains(d)).cloned().collect();
            if here.is_empty() {
                return Ok(v.clone());
            }
            // Times are averaged as numbers.
            let array = v.load()?.to_contiguous()?;
            let dtype = v.dtype().clone();
            let plain = if dtype.is_temporal() { array.reinterpret(DType::I64)? } else { array };
            let plain = Variable::from_array(v.dims().iter().cloned(), plain)?;
            let found = reduce_variable(&plain, &here, &[], &settled(Agg::Mean), options)?.unwrap_or(plain);
            let values = found.load()?;
            let column = Column::from_nd(&values)?;
            let column = if dtype.is_temporal() { column.cast(&DType::I64)?.cast(&dtype)? } else { column };
            Ok(Variable::from_array(found.dims().iter().cloned(), enter(&column, values.shape())?)?.with_attrs(v.attrs.clone()))
        };
        let mut out = Dataset { attrs: self.attrs.clone(), encoding: self.encoding.clone(), ..Dataset::new() };
        let number = |v: &Variable| v.dtype().is_numeric() || v.dtype().is_temporal();
        for (dim, into) in &inner {
            if let Some(v) = ds.vars.get(&format!("{dim}_{into}")).filter(|v| number(v)) {
                out.insert_coord(*dim, mean(v)?)?;
            }
        }
        for (name, v) in ds.coords.iter().filter(|(_, v)| number(v) || !v.dims().iter().any(|d| dims.contains(d))) {
            out.insert_coord(name, mean(v)?)?;
        }
        let beside = companions(self);
        let mut gone: Vec<&str> = beside.keys().map(String::as_str).filter(|n| !ds.vars.contains_key(*n)).collect();
        for (name, v) in self.vars.keys().filter_map(|n| ds.vars.get(n).map(|v| (n, v))) {
            let here: Vec<Arc<str>> = v.dims().iter().filter(|d| dims.contains(d)).cloned().collect();
            if here.is_empty() {
                out.insert(name, v.clone())?;
                continue;
            }
            if result_type(how.agg, v.dtype()).is_none() {
                let place = Place { variable: Some(name.clone()), ..Place::default() };
                notices.warn(format!("left out: {} is not meant for {}", how.agg, v.dtype()), place);
                gone.push(name);
                continue;
            }
            if let Some(made) = reduce_variable(v, &here, &[], &settled(how.agg), options).at_variable(name)? {
                let attrs = super::methods::attributes(v, how.agg, &[]);
                out.insert(name, made.with_attrs(attrs))?;
            }
        }
        out.forget(&gone);
        Ok((out, notices))
    }

    /// The label at which each variable has its smallest value along a dim; missing where it has none.
    ///
    /// # Errors
    /// Not found, for the dim; invalid, for a dim without labels.
    pub fn idxmin(&self, dim: &str, options: &ExecOptions) -> Result<(Dataset, Notices)> {
        self.extreme(dim, Agg::Argmin, options)
    }

    /// The label at which each variable has its largest value along a dim; missing where it has none.
    ///
    /// # Errors
    /// As [`Dataset::idxmin`].
    pub fn idxmax(&self, dim: &str, options: &ExecOptions) -> Result<(Dataset, Notices)> {
        self.extreme(dim, Agg::Argmax, options)
    }

    fn extreme(&self, dim: &str, agg: Agg, options: &ExecOptions) -> Result<(Dataset, Notices)> {
        let labels = self.labels_of(dim)?.columns().swap_remove(0);
        let (mut out, notices) = self.reduce(&Reduction::new(agg).over([dim]), options)?;
        for (name, v) in &mut out.vars {
            if self.vars.get(name).is_none_or(|old| old.axis(dim).is_err()) {
                continue;
            }
            let at = v.load()?.to_contiguous()?;
            let rows: UInt64Array = Column::from_nd(&at)?.to_i64()?.iter().map(|i| i.map(|i| i as u64)).collect();
            let found = enter(&labels.take(&rows)?, at.shape())?;
            let attrs = self.coords.get(dim).map(|c| c.attrs.clone()).unwrap_or_default();
            *v = Variable::from_array(v.dims().iter().cloned(), found)?.with_attrs(attrs);
        }
        Ok((out, notices))
    }
}
