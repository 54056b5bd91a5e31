//! Values at other places of several dimensions, and lines through values.

use super::verbs::{alike, nearest, numbers};
use super::{Along, Interp};
use crate::array::{Dataset, Variable, companions};
use crate::error::{Error, Notices, Place, Result, ResultExt};
use crate::exec::ExecOptions;
use crate::kernel::lane::{Between, Fit, places};
use crate::label::Method;
use crate::ops::bridge::enter;
use crate::store::Column;
use std::sync::Arc;

/// What a variable is called while it is picked at points.
const POINTS: &str = "values at points";

/// Where points lie along a dimension.
struct Target<'a> {
    dim: &'a str,
    wanted: Column,
    /// Between ascending labels.
    places: Vec<Option<Between>>,
    near: Vec<usize>,
    /// The last position, where labels descend and so positions are counted from there.
    last: Option<usize>,
}

impl Target<'_> {
    fn position(&self, ascending: usize) -> i64 {
        self.last.map_or(ascending, |last| last - ascending) as i64
    }
}

/// For each point the corners that its value is made of, as positions along each dimension, and their weights: NaN for a point outside.
fn corners<'a>(along: &[&'a Target<'_>], method: Interp) -> (Vec<(&'a str, Vec<i64>)>, Vec<f64>) {
    let count = along.first().map_or(0, |t| t.near.len());
    let each = if method == Interp::Nearest { 1 } else { 1usize << along.len() };
    let mut positions: Vec<(&str, Vec<i64>)> = along.iter().map(|t| (t.dim, Vec::with_capacity(count * each))).collect();
    let mut weights = Vec::with_capacity(count * each);
    for i in 0..count {
        for corner in 0..each {
            let mut weight = 1.0;
            for (d, (t, (_, to))) in along.iter().zip(&mut positions).enumerate() {
                let (at, share) = match t.places[i] {
                    None => (t.near[i], f64::NAN),
                    Some(_) if method == Interp::Nearest => (t.near[i], 1.0),
                    Some(p) if corner >> d & 1 == 0 => (p.left, 1.0 - p.share),
                    // The last label has nothing behind it, and no weight there.
                    Some(p) => (if p.share == 0.0 { p.left } else { p.left + 1 }, p.share),
                };
                to.push(t.position(at));
                weight *= share;
            }
            // Outside along one dim is outside, whatever the others say.
            weights.push(weight);
        }
    }
    (positions, weights)
}

impl Dataset {
    /// Values at other labels of several dimensions: at every combination of them. One dimension after the other, as [`Dataset::interp`] has it.
    ///
    /// # Errors
    /// As [`Dataset::interp`]; invalid, for a dimension that is named twice.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, exec::{ExecOptions, Interp}};
    /// let ds = hpda_data::open_dataset("data/climate.nc")?;
    /// let (lat, lon) = (Column::from(vec![0.0, 1.5]), Column::from(vec![20.0, 31.0, 47.5]));
    /// let at = ds.interp_over(&[("lat", &lat), ("lon", &lon)], Interp::Linear, &ExecOptions::default())?;
    /// assert_eq!(at.variable("tas")?.shape(), [120, 2, 3]);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn interp_over(&self, labels: &[(&str, &Column)], method: Interp, options: &ExecOptions) -> Result<Dataset> {
        let mut out = self.clone();
        for (i, (dim, at)) in labels.iter().enumerate() {
            if labels[..i].iter().any(|(d, _)| d == dim) {
                return Err(Error::invalid(format!("{dim:?} is named twice")));
            }
            out = out.interp(dim, at, method, options)?;
        }
        Ok(out)
    }

    /// Values at points: each has a label along every dimension that is named, and all of them come along the new dimension `into`, as in
    /// [`Dataset::sel_points`]. On lines along each of those dimensions (between all corners of the cell), or of the nearest cell; a point
    /// outside of the labels of a dimension is missing. What is no number has the values of the nearest cell; bounds go. Lazy, each chunk is
    /// read once.
    ///
    /// # Errors
    /// Not found, for a dimension; shape, for lists of different lengths; unsupported, for splines; type and invalid as [`Dataset::interp`].
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, exec::{ExecOptions, Interp}};
    /// let ds = hpda_data::open_dataset("data/climate.nc")?;
    /// let (lat, lon) = (Column::from(vec![59.33, -33.9]), Column::from(vec![18.07, 151.2]));
    /// let cities = ds.interp_points("city", &[("lat", lat), ("lon", lon)], Interp::Linear, &ExecOptions::default())?;
    /// assert_eq!(cities.variable("tas")?.shape(), [120, 2]);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn interp_points(&self, into: &str, labels: &[(&str, Column)], method: Interp, options: &ExecOptions) -> Result<Dataset> {
        if method == Interp::Cubic {
            return Err(Error::unsupported("a spline through several dims at points").help("linear or nearest; `interp_over` makes a grid"));
        }
        let mut along: Vec<Target> = Vec::with_capacity(labels.len());
        for (name, column) in labels {
            let dim = self.dim_named(name)?;
            let place = || Place { dim: Some(dim.to_string()), ..Place::default() };
            let (from, first, down) = self.rising(dim, true)?;
            let own = self.labels_of(dim)?.dtype(0).clone();
            // A list without values has no type to speak of.
            let wanted = if column.is_empty() { Column::missing(own, 0) } else { alike(column, &own).at(place)? };
            let to = numbers(&wanted, first).at(place)?;
            if from.is_empty() && !to.is_empty() {
                return Err(Error::invalid(format!("{dim:?} has no labels for points to lie between")).at(place()));
            }
            along.push(Target {
                dim,
                wanted,
                places: places(&from, &to),
                near: to.iter().map(|t| nearest(&from, *t)).collect(),
                last: down.then(|| from.len().saturating_sub(1)),
            });
        }
        let near: Vec<(&str, Vec<i64>)> = along.iter().map(|t| (t.dim, t.near.iter().map(|i| t.position(*i)).collect())).collect();
        let mut out = self.isel_points(into, &near)?;
        let beside = companions(self);
        let touches = |v: &Variable| along.iter().any(|t| v.axis(t.dim).is_ok());
        let gone: Vec<&str> = beside.keys().map(String::as_str).filter(|n| self.variable(n).is_ok_and(touches)).collect();
        let at_points = |v: &Variable| -> Result<Variable> {
            let own: Vec<&Target> = along.iter().filter(|t| v.axis(t.dim).is_ok()).collect();
            let (positions, weights) = corners(&own, method);
            let mut alone = Dataset::new();
            alone.insert(POINTS, v.clone())?;
            let all = alone.isel_points(into, &positions)?;
            let picked = all.variable(POINTS)?;
            let count = along.first().map_or(0, |t| t.near.len());
            super::along(picked, picked.axis(into)?, Along::Blend(Arc::new(weights), count), options)
        };
        for (name, v) in self.coords.iter().filter(|(n, v)| touches(v) && !gone.contains(n)) {
            if let Some(t) = along.iter().find(|t| t.dim == name) {
                let made = Variable::from_array([into], enter(&t.wanted, &[t.wanted.len()])?)?;
                out.insert_coord(name, made.with_attrs(v.attrs.clone()))?;
            } else if v.dtype().is_numeric() {
                out.insert_coord(name, at_points(v).at_variable(name)?)?;
            }
        }
        for (name, v) in self.vars.iter().filter(|(n, v)| touches(v) && v.dtype().is_numeric() && !gone.contains(&n.as_str())) {
            out.insert(name.as_str(), at_points(v).at_variable(name)?)?;
        }
        gone.iter().for_each(|n| drop(out.vars.shift_remove(*n)));
        out.forget(&gone);
        Ok(out)
    }

    /// Values at the labels of another cube, along every dim that both have labels for; labels that are no numbers or times are matched.
    ///
    /// # Errors
    /// As [`Dataset::interp`] and [`Dataset::reindex`].
    ///
    /// # Examples
    /// ```
    /// use hpda_data::exec::{ExecOptions, Interp, reduce::{Reduction, Rest}};
    /// let (ds, exec) = (hpda_data::open_dataset("data/climate.nc")?, ExecOptions::default());
    /// let (coarse, _) = ds.coarsen(&[("lat", 2), ("lon", 2)], Rest::Exact, &Reduction::named("mean")?, &exec)?;
    /// assert_eq!(coarse.interp_like(&ds, Interp::Linear, &exec)?.variable("tas")?.shape(), [120, 12, 18]);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn interp_like(&self, other: &Dataset, method: Interp, options: &ExecOptions) -> Result<Dataset> {
        let mut out = self.clone();
        for dim in self.dims.keys() {
            let (Some(a), Some(b)) = (self.coords.index(dim)?, other.coords.index(dim)?) else { continue };
            if a.same_labels(&b) {
                continue;
            }
            let labels = b.columns().swap_remove(0);
            out = match labels.dtype().is_numeric() || labels.dtype().is_temporal() {
                true => out.interp(dim, &labels, method, options)?,
                false => out.reindex(dim, &labels, Method::Exact, None)?,
            };
        }
        Ok(out)
    }

    /// The values of polynomials at the labels of a dimension: of every variable of `coefficients` that has the dimension `degree`, as
    /// [`Dataset::polyfit`] makes them, under its name. Times count in nanoseconds from 1970. Degrees that are not there count as 0.
    ///
    /// # Errors
    /// Not found, for a dimension; invalid, for degrees that are no whole numbers from 0, or a dimension without labels.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::exec::ExecOptions;
    /// let (ds, exec) = (hpda_data::open_dataset("data/climate.nc")?, ExecOptions::default());
    /// let (line, _) = ds.polyfit("time", 1, &exec)?;
    /// let fitted = ds.polyval("time", &line, &exec)?;
    /// assert_eq!(fitted.variable("tas_polyfit_coefficients")?.shape(), [120, 12, 18]);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn polyval(&self, dim: &str, coefficients: &Dataset, options: &ExecOptions) -> Result<Dataset> {
        let at = self.places_of(dim)?;
        let place = || Place { dim: Some("degree".into()), ..Place::default() };
        let degrees = coefficients.labels_of("degree")?.columns().swap_remove(0).to_f64().at(place)?;
        if let Some(d) = degrees.iter().find(|d| !(d.fract() == 0.0 && (0.0..1000.0).contains(*d))) {
            return Err(Error::invalid(format!("{d} is no degree of a polynomial")).at(place()));
        }
        let most = degrees.iter().fold(0.0, |a: f64, b| a.max(*b)) as usize;
        let n = at.len();
        let value = move |c: &[f64], out: &mut [f64]| {
            let mut powers = vec![0.0; most + 1];
            c.iter().zip(&degrees).for_each(|(c, d)| powers[*d as usize] = *c);
            out.iter_mut().zip(&at).for_each(|(o, x)| *o = powers.iter().rev().fold(0.0, |sum, c| sum * x + c));
        };
        let (mut out, _) = coefficients.apply_along("degree", dim, n, value, options)?;
        if let Some(labels) = self.coords.get(dim) {
            out.insert_coord(dim, labels.clone())?;
        }
        out.transpose(&[dim])
    }

    /// The slope of the line nearest to the values along a dimension (least squares, missing values left out), per unit of its labels; of
    /// times per nanosecond times `unit` (1e9 is per second). Missing where fewer than two values are there.
    ///
    /// # Errors
    /// As [`Dataset::polyfit`].
    ///
    /// # Examples
    /// ```
    /// use hpda_data::exec::ExecOptions;
    /// let ds = hpda_data::open_dataset("data/climate.nc")?;
    /// let (per_day, _) = ds.trend("time", 86400e9, &ExecOptions::default())?;
    /// assert_eq!(per_day.variable("tas")?.shape(), [12, 18]);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn trend(&self, dim: &str, unit: f64, options: &ExecOptions) -> Result<(Dataset, Notices)> {
        let unit = if self.coords.get(dim).is_some_and(|c| c.dtype().is_temporal()) { unit } else { 1.0 };
        let at: Vec<f64> = self.places_of(dim)?.into_iter().map(|x| x / unit).collect();
        // From the middle the line is steadier.
        let middle = at.iter().sum::<f64>() / at.len().max(1) as f64;
        let fit = Fit::new(&at.iter().map(|x| x - middle).collect::<Vec<_>>(), 1);
        let slope = move |y: &[f64], out: &mut [f64]| {
            let mut line = [0.0; 2];
            fit.coefficients(y, &mut line);
            out[0] = line[0];
        };
        let into = "slope";
        let (made, notices) = self.apply_along(dim, into, 1, slope, options)?;
        let mut out = made.squeeze(Some(&[into]))?;
        for (_, v) in out.vars.iter_mut().filter(|(n, _)| self.vars.get(*n).is_some_and(|v| v.axis(dim).is_ok())) {
            ["units", "standard_name", "cell_methods", "valid_min", "valid_max", "valid_range"]
                .iter()
                .for_each(|a| drop(v.attrs.remove(a)));
        }
        Ok((out, notices))
    }
}
