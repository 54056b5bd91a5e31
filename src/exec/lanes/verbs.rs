//! The verbs of cubes that go along one dimension.

use super::{Along, along};
use crate::array::{Dataset, Variable, companions};
use crate::dtype::DType;
use crate::error::{Error, Notices, Place, Result, ResultExt};
use crate::exec::ExecOptions;
use crate::exec::reduce::{Reduction, alone};
use crate::kernel::agg::Agg;
use crate::kernel::fill::Interpolate;
use crate::kernel::lane::{Spline, places};
use crate::kernel::window::Running;
use crate::ops::bridge::enter;
use crate::store::{Column, Selection, Selector};
use std::sync::Arc;

/// How values between positions are found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Interp {
    /// On the line between neighbours.
    #[default]
    Linear,
    /// The nearer neighbour; halfway, the one before.
    Nearest,
    /// On a cubic spline ("not a knot" at both ends), through at least four positions.
    Cubic,
}

/// Nanoseconds of a tick of a time.
fn nanoseconds(dtype: &DType) -> f64 {
    match dtype {
        DType::Instant { unit, .. } | DType::Duration { unit } | DType::Time { unit } => 1e9 / unit.per_second() as f64,
        _ => 86400e9,
    }
}

/// Labels as numbers: themselves, or what they are from `origin` on in nanoseconds.
pub(super) fn numbers(labels: &Column, origin: i64) -> Result<Vec<f64>> {
    if !labels.dtype().is_temporal() {
        return labels.to_f64();
    }
    let tick = nanoseconds(labels.dtype());
    Ok(labels.to_i64()?.iter().map(|t| t.map_or(f64::NAN, |t| t.wrapping_sub(origin) as f64 * tick)).collect())
}

/// New labels of a dimension as they compare with those that it has: times as they are there.
pub(super) fn alike(labels: &Column, own: &DType) -> Result<Column> {
    if labels.dtype() == own || !own.is_temporal() { Ok(labels.clone()) } else { labels.cast(own) }
}

/// The nearest of ascending positions, of which there are some; halfway, the one before.
pub(super) fn nearest(from: &[f64], t: f64) -> usize {
    let after = from.partition_point(|x| *x < t);
    let before = after.saturating_sub(1);
    if after >= from.len() || t - from[before] <= from[after] - t { before } else { after }
}

impl Dataset {
    /// The labels of a dimension as ascending numbers, times in nanoseconds from the first; and the first.
    fn ascending(&self, dim: &str) -> Result<(Vec<f64>, i64)> {
        self.rising(dim, false).map(|(found, first, _)| (found, first))
    }

    /// The same, turned where `turn` allows it and they descend; and whether they were.
    pub(super) fn rising(&self, dim: &str, turn: bool) -> Result<(Vec<f64>, i64, bool)> {
        let place = || Place { dim: Some(dim.to_string()), ..Place::default() };
        let labels = self.labels_of(dim)?.columns().swap_remove(0);
        let first = if labels.dtype().is_temporal() { labels.to_i64()?.iter().flatten().next().unwrap_or(0) } else { 0 };
        let mut found = numbers(&labels, first).at(place)?;
        let down = turn && found.len() > 1 && found[0] > found[1];
        if down {
            found.reverse();
        }
        if found.iter().any(|x| x.is_nan()) || found.windows(2).any(|w| w[0] >= w[1]) {
            let e = Error::invalid(format!("the labels of {dim:?} do not ascend")).help("sort them first: sortby");
            return Err(e.at(place()));
        }
        Ok((found, first, down))
    }

    /// Every variable that has the dimension and is meant, under its name; of those that are not meant, a notice where they go.
    fn each_along(
        &self,
        dim: &str,
        meant: impl Fn(&DType) -> bool,
        keep: bool,
        what: impl Fn(&Variable) -> Result<Along>,
        options: &ExecOptions,
    ) -> Result<(Dataset, Notices)> {
        self.dim_length(dim)?;
        let beside = companions(self);
        let (mut out, mut notices, mut gone) = (self.clone(), Notices::new(), Vec::new());
        for (name, variable) in self.vars.iter().filter(|(n, _)| !beside.contains_key(*n)) {
            let Some(axis) = variable.dims().iter().position(|d| **d == *dim) else { continue };
            if !meant(variable.dtype()) {
                if !keep {
                    let place = Place { variable: Some(name.clone()), ..Place::default() };
                    notices.warn(format!("left out: this is for numbers, not for {}", variable.dtype()), place);
                    gone.push(name.as_str());
                }
                continue;
            }
            let made = what(variable).and_then(|w| along(variable, axis, w, options)).at_variable(name)?;
            out.vars.insert(name.clone(), made);
        }
        gone.iter().for_each(|n| drop(out.vars.shift_remove(*n)));
        out.forget(&gone);
        Ok((out, notices))
    }

    /// Values moved by so many positions along a dimension (back, where negative) against the labels; missing comes in, types stay.
    ///
    /// # Errors
    /// Not found, for the dimension.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{exec::ExecOptions, open_dataset};
    /// let ds = open_dataset("data/climate.nc")?;
    /// let before = ds.shift("time", 1, &ExecOptions::default())?;
    /// assert_eq!(before.variable("tas")?.shape(), ds.variable("tas")?.shape());
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn shift(&self, dim: &str, by: i64, options: &ExecOptions) -> Result<Dataset> {
        Ok(self.each_along(dim, |_| true, true, |_| Ok(Along::Shift(by)), options)?.0)
    }

    /// The sum so far along a dimension, of every variable of numbers; missing counts as nothing, so the sum is never missing (in tables
    /// it is). Integers stay integers.
    ///
    /// # Errors
    /// Not found, for the dimension; when read, overflow of integers.
    pub fn cumsum(&self, dim: &str, options: &ExecOptions) -> Result<(Dataset, Notices)> {
        self.running(dim, Running::Sum, options)
    }

    /// The product so far along a dimension, as [`Dataset::cumsum`].
    ///
    /// # Errors
    /// As [`Dataset::cumsum`].
    pub fn cumprod(&self, dim: &str, options: &ExecOptions) -> Result<(Dataset, Notices)> {
        self.running(dim, Running::Prod, options)
    }

    fn running(&self, dim: &str, what: Running, options: &ExecOptions) -> Result<(Dataset, Notices)> {
        let number = |t: &DType| t.is_numeric() || *t == DType::Bool;
        self.each_along(dim, number, false, |_| Ok(Along::Run(what)), options)
    }

    /// Average ranks from 1 along a dimension; missing values have none. `percent` divides by how many there are.
    ///
    /// # Errors
    /// Not found, for the dimension.
    pub fn rank(&self, dim: &str, percent: bool, options: &ExecOptions) -> Result<(Dataset, Notices)> {
        let ordered = |t: &DType| t.is_numeric() || *t == DType::Bool || t.is_temporal();
        let (mut out, notices) = self.each_along(dim, ordered, false, |_| Ok(Along::Rank(percent)), options)?;
        for v in out.vars.values_mut().filter(|v| v.dims().iter().any(|d| **d == *dim)) {
            ["units", "standard_name", "valid_min", "valid_max", "valid_range"].iter().for_each(|a| drop(v.attrs.remove(a)));
        }
        Ok((out, notices))
    }

    /// The last value before it along a dimension in the place of each missing one, at most `limit` positions on.
    ///
    /// # Errors
    /// Not found, for the dimension.
    pub fn ffill(&self, dim: &str, limit: Option<usize>, options: &ExecOptions) -> Result<Dataset> {
        Ok(self.each_along(dim, |_| true, true, |_| Ok(Along::Forward(limit)), options)?.0)
    }

    /// The first value after it along a dimension in the place of each missing one, at most `limit` positions back.
    ///
    /// # Errors
    /// Not found, for the dimension.
    pub fn bfill(&self, dim: &str, limit: Option<usize>, options: &ExecOptions) -> Result<Dataset> {
        Ok(self.each_along(dim, |_| true, true, |_| Ok(Along::Backward(limit)), options)?.0)
    }

    /// Gaps along a dimension filled between their two ends, at most `limit` positions of each from its start; what has no value on one
    /// side stays missing. `by_labels` measures by the coordinate (times too), else all positions are equally far apart. Variables that
    /// are no floats stay as they are.
    ///
    /// # Errors
    /// Not found, for the dimension; invalid, for labels that do not ascend.
    pub fn interpolate_na(
        &self,
        dim: &str,
        method: Interpolate,
        by_labels: bool,
        limit: Option<usize>,
        options: &ExecOptions,
    ) -> Result<Dataset> {
        let at = if by_labels { Some(Arc::new(self.ascending(dim)?.0)) } else { None };
        let what = |_: &Variable| Ok(Along::Bridge(method, limit, at.clone()));
        Ok(self.each_along(dim, DType::is_float, true, what, options)?.0)
    }

    /// The slope along a dimension, per unit of its coordinate (times: per nanosecond times `unit`; 1e9 is per second).
    ///
    /// # Errors
    /// Not found, for the dimension; invalid, for labels that do not ascend.
    pub fn differentiate(&self, dim: &str, unit: f64, options: &ExecOptions) -> Result<(Dataset, Notices)> {
        let at = Arc::new(self.measured(dim, unit)?);
        self.each_along(dim, DType::is_numeric, false, |_| Ok(Along::Slope(at.clone())), options)
    }

    /// The area below the values so far along a dimension, by trapezoids (units as [`Dataset::differentiate`]). The last position has the
    /// whole integral.
    ///
    /// # Errors
    /// As [`Dataset::differentiate`].
    pub fn cumulative_integrate(&self, dim: &str, unit: f64, options: &ExecOptions) -> Result<(Dataset, Notices)> {
        let at = Arc::new(self.measured(dim, unit)?);
        self.each_along(dim, DType::is_numeric, false, |_| Ok(Along::Area(at.clone())), options)
    }

    /// The integral along a dimension, which goes with its labels, its bounds and other coordinates along it; 0 where it has no labels.
    ///
    /// # Errors
    /// As [`Dataset::differentiate`].
    pub fn integrate(&self, dim: &str, unit: f64, options: &ExecOptions) -> Result<(Dataset, Notices)> {
        let (ds, notices) = alone(self, dim)?.cumulative_integrate(dim, unit, options)?;
        let mut out = match self.dims.get(dim).copied().unwrap_or(0).checked_sub(1) {
            Some(last) => ds.isel(&[(dim, Selector::At(last))])?,
            None => {
                let mut none = ds.reduce(&Reduction::new(Agg::Sum).over([dim]), options)?.0;
                none.vars.iter_mut().for_each(|(name, v)| v.attrs = ds.vars[name].attrs.clone());
                none
            }
        };
        out.coords.remove(dim);
        Ok((out, notices))
    }

    fn measured(&self, dim: &str, unit: f64) -> Result<Vec<f64>> {
        let (mut at, _) = self.ascending(dim)?;
        if self.coords.get(dim).is_some_and(|c| c.dtype().is_temporal()) {
            at.iter_mut().for_each(|x| *x /= unit);
        }
        Ok(at)
    }

    /// Values at other labels of a dimension: on the line, the spline, or of the nearer neighbour. Outside of the labels that are there
    /// they are missing. What is no number has the values of the nearest label; bounds go.
    ///
    /// # Errors
    /// Not found, for the dimension; type, for labels that do not compare; invalid, for labels of the cube that do not ascend, or for a
    /// spline through fewer than four.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, exec::{ExecOptions, Interp}, open_dataset};
    /// let ds = open_dataset("data/climate.nc")?;
    /// let at = ds.interp("lat", &Column::from(vec![0.0, 1.5]), Interp::Linear, &ExecOptions::default())?;
    /// assert_eq!(at.variable("tas")?.shape(), [120, 2, 18]);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn interp(&self, dim: &str, labels: &Column, method: Interp, options: &ExecOptions) -> Result<Dataset> {
        let place = || Place { dim: Some(dim.to_string()), ..Place::default() };
        let old = self.labels_of(dim)?.columns().swap_remove(0);
        let down = old.len() > 1 && {
            let x = numbers(&old, 0)?;
            x[0] > x[1]
        };
        let turned;
        let ds = if down {
            let all = Selector::Range { start: old.len() - 1, count: old.len(), step: -1 };
            turned = self.isel(&[(dim, all)])?;
            &turned
        } else {
            self
        };
        let (from, first) = ds.ascending(dim)?;
        let wanted = alike(labels, old.dtype()).at(place)?;
        let to = numbers(&wanted, first).at(place)?;
        let at = Arc::new(places(&from, &to));
        let spline = match method {
            // Where nothing is asked for, there is nothing to draw a spline through.
            Interp::Cubic if !to.is_empty() => {
                let made = Spline::new(&from).ok_or_else(|| {
                    Error::invalid(format!("a cubic spline needs four positions, and {dim:?} has {}", from.len())).at(place())
                })?;
                Some(Arc::new(made))
            }
            _ => None,
        };
        let what = |_: &Variable| -> Result<Along> {
            Ok(match (method, &spline) {
                (Interp::Nearest, _) => Along::Nearest(at.clone()),
                (Interp::Cubic, Some(spline)) => Along::Cubic(spline.clone(), at.clone()),
                _ => Along::Linear(at.clone()),
            })
        };
        // What has no values between its labels is that of the nearest label.
        let near: Arc<[usize]> = if from.is_empty() { Arc::new([]) } else { to.iter().map(|t| nearest(&from, *t)).collect() };
        let at_labels = |name: &str, v: &Variable| -> Result<Variable> {
            match v.dims().iter().position(|d| **d == *dim) {
                None => Ok(v.clone()),
                Some(axis) if v.dtype().is_numeric() => along(v, axis, what(v)?, options).at_variable(name),
                Some(axis) => {
                    let mut picked = Selection::all(v.dims().len()).selectors().to_vec();
                    picked[axis] = Selector::Take(near.clone());
                    v.isel(&Selection::new(picked)).at_variable(name)
                }
            }
        };
        let mut out = Dataset { attrs: self.attrs.clone(), encoding: self.encoding.clone(), ..Dataset::new() };
        let beside = companions(ds);
        let gone: Vec<&str> =
            beside.keys().filter(|n| ds.variable(n).is_ok_and(|v| v.dims().iter().any(|d| **d == *dim))).map(|n| &**n).collect();
        for (name, v) in ds.coords.iter().filter(|(n, _)| !gone.contains(n)) {
            let v = match name == dim {
                true => Variable::from_array([dim], enter(&wanted, &[wanted.len()])?)?.with_attrs(v.attrs.clone()),
                false => at_labels(name, v)?,
            };
            out.insert_coord(name, v)?;
        }
        for (name, v) in ds.vars.iter().filter(|(n, _)| !gone.contains(&n.as_str())) {
            out.insert(name, at_labels(name, v)?)?;
        }
        out.forget(&gone);
        Ok(out)
    }
}
