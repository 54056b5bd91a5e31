//! Windows that move along several dimensions of a cube at once.

use super::Reduction;
use super::methods::attributes;
use super::weighted::each;
use crate::array::{Dataset, Variable, companions};
use crate::dtype::DType;
use crate::error::{Error, Notices, Place, Result, ResultExt};
use crate::exec::ExecOptions;
use crate::kernel::agg::Agg;
use crate::kernel::window::Windowing;
use std::sync::Arc;

/// A window along one dimension.
#[derive(Clone, Debug)]
struct Along {
    dim: String,
    width: usize,
    center: bool,
}

impl Along {
    /// How many positions of the window stand before that of its label.
    fn before(&self) -> usize {
        if self.center { self.width / 2 } else { self.width - 1 }
    }
}

/// A dataset seen through windows that move along some of its dimensions. Made by [`Dataset::rolling_over`].
#[derive(Clone, Debug)]
pub struct DatasetRolling {
    ds: Dataset,
    windows: Vec<Along>,
    min_count: Option<u64>,
}

impl Dataset {
    /// Windows of so many positions along several dimensions at once: each label stands at the end of its window, unless it is centred.
    ///
    /// # Errors
    /// Not found, for a dimension; invalid, for windows of no positions or a dimension that is named twice.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::exec::{ExecOptions, reduce::Reduction};
    /// let (ds, exec) = (hpda_data::open_dataset("data/climate.nc")?, ExecOptions::default());
    /// let boxes = ds.rolling_over(&[("lat", 3), ("lon", 5)])?.center().min_count(4);
    /// let (smooth, _) = boxes.reduce(&Reduction::named("mean")?, &exec)?;
    /// assert_eq!(smooth.variable("tas")?.shape(), [120, 12, 18]);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn rolling_over(&self, windows: &[(&str, usize)]) -> Result<DatasetRolling> {
        let mut all: Vec<Along> = Vec::with_capacity(windows.len());
        for &(dim, width) in windows {
            self.dim_length(dim)?;
            if width == 0 || all.iter().any(|w| w.dim == dim) {
                let why = if width == 0 { "a window is wider than nothing" } else { "a dim has one window" };
                return Err(Error::invalid(why).at(Place { dim: Some(dim.to_string()), ..Place::default() }));
            }
            all.push(Along { dim: dim.to_string(), width, center: false });
        }
        if all.is_empty() {
            return Err(Error::invalid("windows move along a dim, and none is named"));
        }
        Ok(DatasetRolling { ds: self.clone(), windows: all, min_count: None })
    }
}

impl DatasetRolling {
    /// With labels in the middle of their windows along every dimension; of an even width, in the second of the two middle ones.
    ///
    /// # Examples
    /// ```
    /// let ds = hpda_data::open_dataset("data/climate.nc")?;
    /// let (cut, _) = ds.rolling_over(&[("lat", 3)])?.center().construct(&["window"], 1)?;
    /// assert_eq!(cut.variable("tas")?.shape(), [120, 12, 18, 3]);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn center(mut self) -> DatasetRolling {
        self.windows.iter_mut().for_each(|w| w.center = true);
        self
    }

    /// With labels in the middle of their windows along these dimensions, at their ends along the others.
    ///
    /// # Errors
    /// Not found, for a dimension without windows.
    ///
    /// # Examples
    /// ```
    /// let ds = hpda_data::open_dataset("data/climate.nc")?;
    /// let windows = ds.rolling_over(&[("lat", 3), ("time", 12)])?;
    /// assert!(windows.clone().center_along(&["lat"]).is_ok() && windows.center_along(&["lon"]).is_err());
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn center_along(mut self, dims: &[&str]) -> Result<DatasetRolling> {
        if let Some(d) = dims.iter().find(|d| !self.windows.iter().any(|w| w.dim == **d)) {
            return Err(Error::not_found("dim with windows", d, self.windows.iter().map(|w| w.dim.as_str())));
        }
        self.windows.iter_mut().for_each(|w| w.center = dims.contains(&w.dim.as_str()));
        Ok(self)
    }

    /// With results where at least so many values of a window are there; otherwise all of them must be.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::exec::{ExecOptions, reduce::Reduction};
    /// let ds = hpda_data::open_dataset("data/climate.nc")?;
    /// let (sums, _) = ds.rolling_over(&[("time", 12), ("lat", 2)])?.min_count(1).reduce(&Reduction::named("sum")?, &ExecOptions::default())?;
    /// assert_eq!(sums.variable("tas")?.shape(), [120, 12, 18]);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn min_count(mut self, count: u64) -> DatasetRolling {
        self.min_count = Some(count);
        self
    }

    /// An aggregation of each window, of every variable of numbers that has any of the dimensions: its windows are along those that it has.
    /// Missing values are skipped; results are f32 of f32, else f64. Variables that are no numbers are left out with a notice. Lazy.
    ///
    /// # Errors
    /// Unsupported, for an aggregation that windows do not have; invalid, where a window cannot hold so many values.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::exec::{ExecOptions, reduce::Reduction};
    /// let ds = hpda_data::open_dataset("data/climate.nc")?;
    /// let years = ds.rolling_over(&[("time", 12), ("lon", 3)])?;
    /// let (spread, _) = years.reduce(&Reduction::named("std")?, &ExecOptions::default())?;
    /// assert_eq!(spread.variable("tas")?.shape(), [120, 12, 18]);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn reduce(&self, how: &Reduction, options: &ExecOptions) -> Result<(Dataset, Notices)> {
        if matches!(how.agg, Agg::Skew | Agg::Kurt) {
            return Err(Error::unsupported(format!("{} over windows of a cube", how.agg)));
        }
        Windowing::rows(1).rule(how.agg)?;
        self.each(|v, windows, least| {
            let agg = how.agg;
            let reduction = Reduction { dims: windows.to_vec(), min_count: if agg == Agg::Count { 0 } else { least }, ..how.clone() };
            let mut one = Dataset::new();
            one.insert("x", v.clone())?;
            let (made, _) = one.reduce(&reduction, options)?;
            let made = made.variable("x")?;
            // A count of too little is none.
            if agg == Agg::Count { each(made, move |x| if x >= least as f64 { x } else { f64::NAN }) } else { Ok(made.clone()) }
        })
        .map(|(mut out, notices)| {
            for (name, v) in out.vars.iter_mut().filter(|(n, _)| self.ds.vars.contains_key(*n)) {
                let old = &self.ds.vars[name];
                if self.windows.iter().any(|w| old.axis(&w.dim).is_ok()) {
                    v.attrs = attributes(old, how.agg, &[]);
                }
            }
            (out, notices)
        })
    }

    /// A function of each window as f64, missing values and what lies outside as NaN, in the order of the dimensions as they were named, the
    /// last one fastest. Where too few values are there the result is missing. Lazy: the function is called from all threads when the result
    /// is read.
    ///
    /// # Errors
    /// As [`DatasetRolling::reduce`]; when it is read, invalid, where the function panics.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::exec::ExecOptions;
    /// let ds = hpda_data::open_dataset("data/climate.nc")?;
    /// let range = |x: &[f64]| x.iter().copied().fold(f64::NAN, f64::max) - x.iter().copied().fold(f64::NAN, f64::min);
    /// let (spread, _) = ds.rolling_over(&[("lat", 3), ("lon", 3)])?.center().apply(range, &ExecOptions::default())?;
    /// assert_eq!(spread.variable("tas")?.shape(), [120, 12, 18]);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn apply(&self, function: impl Fn(&[f64]) -> f64 + Send + Sync + 'static, options: &ExecOptions) -> Result<(Dataset, Notices)> {
        let function = Arc::new(function);
        self.each(|v, windows, least| {
            let mut one = Dataset::new();
            one.insert("x", v.clone())?;
            let names: Vec<&str> = windows.iter().map(String::as_str).collect();
            let (own, all) = (function.clone(), "a window");
            let call = move |x: &[f64], out: &mut [f64]| {
                let there = x.iter().filter(|x| !x.is_nan()).count() as u64;
                out[0] = if there >= least { own(x) } else { f64::NAN };
            };
            let (made, _) = one.stack(&names, all)?.apply_along(all, all, 1, call, options)?;
            Ok(made.squeeze(Some(&[all]))?.variable("x")?.clone())
        })
    }

    /// What becomes of every variable with windows: `what` gets it with the windows as its last dims, their names, and how many values must
    /// be there.
    fn each(&self, what: impl Fn(&Variable, &[String], u64) -> Result<Variable>) -> Result<(Dataset, Notices)> {
        let names: Vec<String> = self.windows.iter().map(|w| format!("{} in window", w.dim)).collect();
        let into: Vec<&str> = names.iter().map(String::as_str).collect();
        let most: u64 = self.windows.iter().map(|w| w.width as u64).product();
        if let Some(least) = self.min_count.filter(|n| *n > most || *n == 0) {
            return Err(Error::invalid(format!("{least} values at least in windows of {most} positions")));
        }
        let (cut, notices) = self.construct(&into, 1)?;
        let mut out = self.ds.clone();
        let gone: Vec<&str> = self.ds.vars.keys().map(String::as_str).filter(|n| !cut.vars.contains_key(*n)).collect();
        let beside = companions(&self.ds);
        for (name, v) in &self.ds.vars {
            let mine: Vec<usize> = (0..self.windows.len()).filter(|&i| v.axis(&self.windows[i].dim).is_ok()).collect();
            if mine.is_empty() || beside.contains_key(name) || gone.contains(&name.as_str()) {
                continue;
            }
            let here: Vec<String> = mine.iter().map(|&i| names[i].clone()).collect();
            let least = self.min_count.unwrap_or(mine.iter().map(|&i| self.windows[i].width as u64).product());
            let made = what(&cut.vars[name], &here, least).at_variable(name)?;
            out.vars.insert(name.clone(), made.with_attrs(v.attrs.clone()));
        }
        gone.iter().filter(|n| !beside.contains_key(**n)).for_each(|n| drop(out.vars.shift_remove(*n)));
        out.forget(&gone.iter().copied().filter(|n| !beside.contains_key(*n)).collect::<Vec<_>>());
        Ok((out, notices))
    }

    /// Every window in full, as new last dims: at each `stride`-th label the values of its window, missing where it reaches outside.
    /// Integers become f64. Variables that are no numbers are left out with a notice, bounds go. Lazy.
    ///
    /// # Errors
    /// Shape, where the names are not as many as the windows; invalid, for a stride of 0 or a name that is taken.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::exec::ExecOptions;
    /// let ds = hpda_data::open_dataset("data/climate.nc")?;
    /// let (years, _) = ds.rolling_over(&[("time", 12)])?.construct(&["month"], 12)?;
    /// assert_eq!(years.variable("tas")?.shape(), [10, 12, 18, 12]);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn construct(&self, into: &[&str], stride: usize) -> Result<(Dataset, Notices)> {
        if into.len() != self.windows.len() {
            return Err(Error::shape(format!("{} names for windows along {} dims", into.len(), self.windows.len())));
        }
        if stride == 0 {
            return Err(Error::invalid("every 0th window"));
        }
        let taken = |name: &str| self.ds.variable(name).is_ok() || self.ds.dims.contains_key(name);
        if let Some(name) = into.iter().enumerate().find(|(i, n)| taken(n) || into[..*i].contains(n)).map(|(_, n)| n) {
            return Err(Error::invalid(format!("{name:?} is there already")).help("take another name"));
        }
        let beside = companions(&self.ds);
        let steps: Vec<(&str, usize)> = self.windows.iter().map(|w| (w.dim.as_str(), stride)).collect();
        let mut out = self.ds.thin(&steps)?;
        let (mut notices, mut gone) = (Notices::new(), Vec::new());
        for (name, v) in &self.ds.vars {
            if !self.windows.iter().any(|w| v.axis(&w.dim).is_ok()) {
                continue;
            }
            if beside.contains_key(name) {
                gone.push(name.as_str());
                continue;
            }
            let numbers = v.dtype().is_numeric() || *v.dtype() == DType::Bool;
            if !numbers {
                let place = Place { variable: Some(name.clone()), ..Place::default() };
                notices.warn(format!("left out: windows are for numbers, not for {}", v.dtype()), place);
                gone.push(name.as_str());
                continue;
            }
            let mut cut = if v.dtype().is_float() { v.clone() } else { each(v, |x| x)? };
            for (w, name) in self.windows.iter().zip(into).filter(|(w, _)| v.axis(&w.dim).is_ok()) {
                cut = cut.in_windows(&w.dim, (w.width, w.before(), stride), name)?;
            }
            out.vars.insert(name.clone(), cut.with_attrs(v.attrs.clone()));
        }
        gone.iter().for_each(|n| drop(out.vars.shift_remove(*n)));
        out.forget(&gone);
        for (w, name) in self.windows.iter().zip(into) {
            out.dims.insert((*name).into(), w.width);
        }
        Ok((out, notices))
    }
}
