//! Cubes with other labels along a dim: those asked for, sorted ones, the common ones of several.

use super::{Picked, made};
use crate::array::{Dataset, Encoding, Variable};
use crate::dtype::{DType, Scalar};
use crate::error::{Error, Place, Result, ResultExt};
use crate::label::{Index, Method};
use crate::ops::combine::Join;
use crate::store::{Column, Selector};
use arrow::array::{Array, UInt64Array};

/// For each wanted label the position of one that is near to it; of two as near, the larger as in pandas.
fn near<T: Copy + PartialOrd>(
    from: &[Option<T>],
    to: &[Option<T>],
    method: Method,
    tolerance: Option<f64>,
    away: impl Fn(T, T) -> f64,
) -> UInt64Array {
    let mut order: Vec<(T, u64)> = from.iter().zip(0..).filter_map(|(x, i)| x.map(|x| (x, i))).collect();
    order.sort_by(|a, b| a.0.partial_cmp(&b.0).unwrap_or(std::cmp::Ordering::Equal));
    let one = |t: T| {
        let after = order.get(order.partition_point(|o| o.0 < t));
        let before = order.partition_point(|o| o.0 <= t).checked_sub(1).map(|i| &order[i]);
        let found = match (method, before, after) {
            (Method::Pad, b, _) => b,
            (Method::Backfill, _, a) => a,
            (Method::Exact, b, _) => b.filter(|b| b.0 == t),
            (Method::Nearest, Some(b), Some(a)) if away(b.0, t) < away(a.0, t) => Some(b),
            (Method::Nearest, b, a) => a.or(b),
        };
        found.filter(|f| tolerance.is_none_or(|most| away(f.0, t) <= most)).map(|f| f.1)
    };
    to.iter().map(|t| t.and_then(one)).collect()
}

/// A coordinate with other labels: attributes stay, and the encoding where it holds them as well.
pub(crate) fn relabelled(dim: &str, labels: &Column, old: &Variable) -> Result<Variable> {
    let new = Variable::from_array([dim], crate::ops::bridge::enter(labels, &[labels.len()])?)?.with_attrs(old.attrs.clone());
    let alike = labels.dtype() == old.dtype();
    Ok(if alike { new.with_encoding(Encoding { chunks: None, ..old.encoding.clone() }) } else { new })
}

/// Whether variables of a type can hold a value: numbers numbers, texts and times text, others their own.
pub(crate) fn holds(dtype: &DType, value: &Scalar) -> bool {
    let text = matches!(dtype, DType::Str | DType::Categorical { .. });
    match value {
        Scalar::Str(_) => text || dtype.is_temporal(),
        Scalar::Bool(_) => *dtype == DType::Bool,
        Scalar::F64(_) | Scalar::I64(_) | Scalar::U64(_) => dtype.is_numeric() && *dtype != DType::Bool,
        _ => Some(dtype) == value.dtype().as_ref(),
    }
}

/// Positions of a variable along a dim, and a value where there are none, if it can hold it; else missing.
pub(super) fn picked(v: &Variable, dim: &str, positions: &UInt64Array, fill: &Scalar) -> Result<Variable> {
    let Some(axis) = v.dims().iter().position(|d| **d == *dim) else { return Ok(v.clone()) };
    let fill = match holds(v.dtype(), fill) && !fill.is_missing() {
        true => Some(Column::from_scalars(&fill.dtype().unwrap_or(DType::F64), std::slice::from_ref(fill))?.cast(v.dtype())?),
        false => None,
    };
    made(v.dims().iter().cloned(), Picked::new(v, axis, positions.clone()).filled(fill), v)
}

/// A variable like another one, `n` long along a dim if it has it, with nothing but missing values. Nothing is read.
pub(crate) fn absent(v: &Variable, dim: &str, n: usize) -> Result<Variable> {
    match v.dims().iter().find(|d| ***d == *dim).or(v.dims().first()) {
        None => v.with_data(crate::array::Data::Memory(super::source::nothing(v.dtype(), &[])?)),
        Some(d) => {
            let n = if **d == *dim { n } else { v.shape()[v.axis(d)?] };
            picked(v, d, &UInt64Array::new_null(n), &Scalar::Null)
        }
    }
}

impl Dataset {
    /// The labels of a dim replaced by these: values of labels that are there, missing for the others. Lazy stays lazy.
    ///
    /// # Errors
    /// Not found, for the dim; invalid, where a label of the cube stands twice; type, for labels that do not compare.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, label::Method, open_dataset};
    /// let ds = open_dataset("data/climate.nc")?;
    /// let two = ds.reindex("lat", &Column::from(vec![7.5, 1000.0]), Method::Exact, None)?;
    /// assert_eq!(two.variable("tas")?.shape(), [120, 2, 18]);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn reindex(&self, dim: &str, labels: &Column, method: Method, tolerance: Option<f64>) -> Result<Dataset> {
        self.reindex_filled(dim, labels, method, tolerance, &Scalar::Null)
    }

    /// The same with a value for labels that are not there, in the variables and coordinates that can hold it: numbers in numbers, text in
    /// text, and so on. Others are missing there.
    ///
    /// # Errors
    /// As [`Dataset::reindex`]; overflow or type, for a value that an integer variable cannot hold.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, label::Method};
    /// let ds = hpda_data::open_dataset("data/climate.nc")?;
    /// let two = ds.reindex_filled("lat", &Column::from(vec![7.5, 1000.0]), Method::Exact, None, &0.0.into())?;
    /// assert_eq!(two.variable("tas")?.load()?.scalar(18).as_f64(), Some(0.0));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn reindex_filled(&self, dim: &str, labels: &Column, method: Method, tolerance: Option<f64>, fill: &Scalar) -> Result<Dataset> {
        let index = self.labels_of(dim)?;
        let own = index.dtype(0);
        let labels = if own.is_temporal() && *labels.dtype() != own { labels.cast(&own)? } else { labels.clone() };
        let wanted = Index::flat(Some(dim), labels.clone());
        let place = || Place { dim: Some(dim.to_string()), ..Place::default() };
        let found = match method {
            Method::Exact => index.indexer(&wanted).at(place)?,
            _ if own.is_temporal() => {
                let (from, to) = (index.columns().swap_remove(0).to_i64()?, labels.to_i64()?);
                let away = |a: i64, b: i64| (a as i128 - b as i128).unsigned_abs() as f64;
                near(&from.iter().collect::<Vec<_>>(), &to.iter().collect::<Vec<_>>(), method, tolerance, away)
            }
            _ => {
                let there = |x: f64| Some(x).filter(|x| !x.is_nan());
                let numbers = |c: &Column| -> Result<Vec<Option<f64>>> { Ok(c.to_f64()?.into_iter().map(there).collect()) };
                let (from, to) = (numbers(&index.columns().swap_remove(0)).at(place)?, numbers(&labels)?);
                near(&from, &to, method, tolerance, |a, b| (a - b).abs())
            }
        };
        self.picked(dim, &labels, &found, fill)
    }

    /// The labels of a cube along a dim that both have.
    ///
    /// # Errors
    /// As [`Dataset::reindex`].
    pub fn reindex_like(&self, other: &Dataset) -> Result<Dataset> {
        let mut out = self.clone();
        for dim in self.dims.keys() {
            if let (Some(a), Some(b)) = (self.coords.index(dim)?, other.coords.index(dim)?)
                && !a.same_labels(&b)
            {
                out = out.reindex(dim, &b.columns().swap_remove(0), Method::Exact, None)?;
            }
        }
        Ok(out)
    }

    /// Two cubes with the same labels along every dim that both have labels for: all labels, the common ones, those of one side, or an
    /// error where they differ (see [`Join`]). What comes in is missing. Labels of an outer join ascend.
    ///
    /// # Errors
    /// As [`Dataset::reindex`], and what [`crate::ops::combine::align()`] says.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{ops::combine::Join, store::Selector};
    /// let ds = hpda_data::open_dataset("data/climate.nc")?;
    /// let north = ds.isel(&[("lat", Selector::span(6, 6))])?;
    /// let (all, part) = ds.align(&north, Join::Left)?;
    /// assert_eq!((all.dims["lat"], part.dims["lat"]), (12, 12));
    /// assert!(ds.align(&north, Join::Exact).is_err());
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn align(&self, other: &Dataset, how: Join) -> Result<(Dataset, Dataset)> {
        let mut both = crate::ops::combine::align(vec![self.clone(), other.clone()], how, &[])?.into_iter();
        match (both.next(), both.next()) {
            (Some(a), Some(b)) => Ok((a, b)),
            _ => Err(Error::internal("cubes went while they were aligned")),
        }
    }

    /// Positions of a dim under new labels; missing or a value where there is none.
    fn picked(&self, dim: &str, labels: &Column, found: &UInt64Array, fill: &Scalar) -> Result<Dataset> {
        let whole = found.null_count() == 0;
        if whole {
            // All are there: a plain selection, which readers take more easily.
            let rows: Vec<usize> = found.values().iter().map(|&i| i as usize).collect();
            let mut out = self.isel(&[(dim, Selector::Take(rows.into()))])?;
            if let Some(old) = self.coords.get(dim) {
                out.insert_coord(dim, relabelled(dim, labels, old)?)?;
            }
            return Ok(out);
        }
        let pick = |v: &Variable| picked(v, dim, found, fill);
        let mut out = self.bare();
        for (name, v) in self.coords.iter() {
            let v = match name == dim {
                true => relabelled(dim, labels, v)?,
                false => pick(v).at_variable(name)?,
            };
            out.insert_coord(name, v)?;
        }
        for (name, v) in &self.vars {
            out.insert(name, pick(v).at_variable(name)?)?;
        }
        for (d, &n) in self.dims.iter().filter(|(d, _)| ***d != *dim) {
            out.dims.entry(d.clone()).or_insert(n);
        }
        out.unlimited.clone_from(&self.unlimited);
        Ok(out)
    }

    /// Positions in the order of the labels of a dim, or of a coordinate along one; equal ones stay as they stand, missing ones come last.
    ///
    /// # Errors
    /// Not found, for the name; invalid, for a coordinate of several dims.
    ///
    /// # Examples
    /// ```
    /// let ds = hpda_data::open_dataset("data/climate.nc")?.sortby("lat", true)?;
    /// assert_eq!(ds.coords.index("lat")?.unwrap().label(0), [82.5.into()]);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn sortby(&self, name: &str, descending: bool) -> Result<Dataset> {
        let v = self.variable(name)?;
        let [dim] = v.dims() else {
            return Err(Error::invalid(format!("{name:?} has dims {:?}, so it orders none of them", v.dims())));
        };
        let labels = Index::flat(None, Column::from_nd(&v.load()?.to_contiguous()?)?);
        let rows: Vec<usize> = labels.order(&[descending])?.values().iter().map(|&i| i as usize).collect();
        if rows.iter().copied().eq(0..rows.len()) {
            return Ok(self.clone());
        }
        self.isel(&[(dim, Selector::Take(rows.into()))])
    }
}
