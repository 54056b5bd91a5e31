//! Where points lie: their positions along dims with labels, and among the cells of a grid whose coordinates have two dims.

use crate::array::{Dataset, Variable, is_latitude, is_longitude};
use crate::dtype::{Calendar, DType, Scalar};
use crate::error::{Error, Result};
use crate::kernel::calendar::{civil, instant};
use crate::kernel::sphere::{Places, distance};
use crate::label::Method;
use crate::store::Column;
use rayon::prelude::*;
use std::sync::Arc;

/// Where a point lies.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Spot {
    /// At a position; whether it is more than half a cell outside the grid.
    At(usize, bool),
    /// It is not known.
    Missing,
    /// The calendar lacks its date.
    NoDate,
    /// No label is within reach.
    NoLabel,
}

/// The labels of a dim in ascending order, with their positions.
struct Axis {
    labels: Vec<(f64, usize)>,
    round: bool,
    falls: bool,
}

impl Axis {
    fn new(name: &str, coord: &Variable, values: &[f64]) -> Axis {
        let round = is_longitude(name, coord);
        let falls = values.first() > values.last();
        let mut labels: Vec<(f64, usize)> = values.iter().enumerate().filter(|(_, x)| !x.is_nan()).map(|(i, x)| (*x, i)).collect();
        if round {
            labels.iter_mut().for_each(|(x, _)| *x = x.rem_euclid(360.0));
        }
        labels.sort_by(|a, b| a.0.total_cmp(&b.0));
        Axis { labels, round, falls }
    }

    /// The position for a label, its distance, and whether it is more than half a cell outside.
    fn find(&self, x: f64, method: Method) -> Option<(usize, f64, bool)> {
        let n = self.labels.len();
        let x = if self.round { x.rem_euclid(360.0) } else { x };
        let after = self.labels.partition_point(|l| l.0 < x);
        // Neighbours on both sides, along a circle those across the seam.
        let low = match after {
            0 if self.round && n > 0 => Some((self.labels[n - 1].0 - 360.0, n - 1)),
            0 => None,
            i => Some((self.labels[i - 1].0, i - 1)),
        };
        let high = match self.labels.get(after) {
            Some(l) => Some((l.0, after)),
            None if self.round && n > 0 => Some((self.labels[0].0 + 360.0, 0)),
            None => None,
        };
        if let Some((_, i)) = high.filter(|h| h.0 == x) {
            return Some((self.labels[i].1, 0.0, false));
        }
        // As pandas: pad is the label before, which among falling labels is the larger one.
        let (label, i) = match (method, low, high) {
            (Method::Exact, ..) => return None,
            (Method::Pad, low, high) => (if self.falls { high } else { low })?,
            (Method::Backfill, low, high) => (if self.falls { low } else { high })?,
            // The larger one of two that are as near, as in pandas.
            (Method::Nearest, Some(l), Some(h)) if x - l.0 < h.0 - x => l,
            (Method::Nearest, l, h) => h.or(l)?,
        };
        let distance = (label - x).abs();
        // Half of the cell at that edge.
        let half = match i {
            _ if n < 2 => f64::INFINITY,
            0 => (self.labels[1].0 - self.labels[0].0) / 2.0,
            i => (self.labels[i].0 - self.labels[i - 1].0) / 2.0,
        };
        let at_edge = after == 0 || after == n;
        Some((self.labels[i].1, distance, at_edge && distance > half * (1.0 + 1e-9)))
    }
}

/// Where labels lie along a dim. A tolerance along times is in seconds.
///
/// # Errors
/// Invalid, where the dim has no labels; type, for labels of another kind.
pub(crate) fn spots(column: &Column, cube: &Dataset, dim: &str, method: Method, tolerance: Option<f64>) -> Result<Vec<Spot>> {
    let coord = cube.coords.get(dim).filter(|c| c.dims().len() == 1);
    let coord = coord.ok_or_else(|| Error::invalid(format!("{dim:?} has no labels")).help("points are found by labels"))?;
    let labels = Column::from_nd(&coord.load()?.to_contiguous()?)?;
    let time = matches!(coord.dtype(), DType::Instant { .. } | DType::Date);
    let given = column.dtype();
    let fits = if time { matches!(given, DType::Instant { .. } | DType::Date) } else { given.is_numeric() && coord.dtype().is_numeric() };
    if !fits {
        return Err(Error::wrong_type(format!("the points are {given}, the labels are {}", coord.dtype())));
    }
    let calendar = if let DType::Instant { calendar, .. } = coord.dtype() { *calendar } else { Calendar::ProlepticGregorian };
    // Times in seconds.
    let number = |s: &Scalar| -> f64 {
        match s {
            Scalar::Instant { value, unit, .. } => *value as f64 / unit.per_second() as f64,
            Scalar::Date(d) => *d as f64 * 86_400.0,
            other => other.as_f64().unwrap_or(f64::NAN),
        }
    };
    let values: Vec<f64> = (0..labels.len()).map(|i| number(&labels.scalar(i))).collect();
    let axis = Axis::new(dim, coord, &values);
    // A label of f32 is met by what prints like it.
    let short = *coord.dtype() == DType::F32 && method == Method::Exact;
    let one = |row: usize| -> Spot {
        let value = column.scalar(row);
        let mut x = number(&value);
        if x.is_nan() {
            return Spot::Missing;
        }
        if short {
            x = f64::from(x as f32);
        }
        let own = if let Scalar::Instant { calendar, .. } = &value { *calendar } else { Calendar::ProlepticGregorian };
        if time && own != calendar {
            let fields = civil(own, (x * 1e6).round() as i64, 1_000_000);
            match instant(calendar, &fields, 1_000_000) {
                Some(t) => x = t as f64 / 1e6,
                None => return Spot::NoDate,
            }
        }
        match axis.find(x, method) {
            Some((at, distance, outside)) if tolerance.is_none_or(|t| distance <= t) => Spot::At(at, outside),
            // Far outside is outside first.
            Some((at, _, true)) => Spot::At(at, true),
            _ => Spot::NoLabel,
        }
    };
    Ok((0..column.len()).map(one).collect())
}

/// Coordinates with two dims that say where cells lie.
pub(crate) struct Curved {
    /// The dims, and how long they are.
    pub dims: [(Arc<str>, usize); 2],
    lat: Vec<f64>,
    lon: Vec<f64>,
    places: Places,
}

/// The coordinate with two dims that is called so: by its name, or as CF finds it.
fn of_two<'a>(cube: &'a Dataset, name: &str) -> Option<(&'a str, &'a Variable)> {
    let two = || cube.coords.iter().filter(|(_, c)| c.dims().len() == 2);
    if let Some(found) = two().find(|(n, _)| *n == name) {
        return Some(found);
    }
    two().find(|(n, c)| match name {
        "lat" | "latitude" => is_latitude(n, c),
        "lon" | "longitude" => is_longitude(n, c),
        other => c.attrs.text("standard_name") == Some(other),
    })
}

impl Curved {
    /// The two of some names that are a latitude and a longitude with two dims, and the positions of these names; `None` where there are
    /// none.
    ///
    /// # Errors
    /// Invalid, where only one of them is named, or their dims differ; what the readers say.
    pub(crate) fn of(cube: &Dataset, names: &[&str]) -> Result<Option<(Curved, [usize; 2])>> {
        let found = |is: fn(&str, &Variable) -> bool| {
            let all = names.iter().enumerate().filter(|(_, n)| cube.dim_named(n).is_err());
            all.filter_map(|(i, n)| of_two(cube, n).map(|f| (i, f))).find(|(_, (n, c))| is(n, c))
        };
        let (lat, lon) = match (found(is_latitude), found(is_longitude)) {
            (None, None) => return Ok(None),
            (Some(lat), Some(lon)) => (lat, lon),
            (Some((_, (n, _))), None) | (None, Some((_, (n, _)))) => {
                let e = Error::invalid(format!("{n:?} has two dims, so it finds a cell only with its partner"));
                return Err(e.help("name a latitude and a longitude"));
            }
        };
        let ((i, (name, lat)), (j, (other, lon))) = (lat, lon);
        if lat.dims() != lon.dims() {
            return Err(Error::shape(format!("{name:?} has dims {:?}, {other:?} has {:?}", lat.dims(), lon.dims())));
        }
        let dims = [0, 1].map(|d| (lat.dims()[d].clone(), lat.shape()[d]));
        let values = |v: &Variable| Column::from_nd(&v.load()?.to_contiguous()?)?.to_f64();
        let (lat, lon) = (values(lat)?, values(lon)?);
        let places = Places::new(&lat, &lon);
        Ok(Some((Curved { dims, lat, lon, places }, [i, j])))
    }

    /// The position along both dims of the cell nearest to each point by great circles, and whether the point is farther from it than half
    /// way to the farthest cell beside it. The tolerance is in degrees of arc.
    pub(crate) fn find(&self, lat: &Column, lon: &Column, method: Method, tolerance: Option<f64>) -> Result<Vec<(Spot, Spot)>> {
        let (lat, lon) = (lat.to_f64()?, lon.to_f64()?);
        let width = self.dims[1].1.max(1);
        let one = |(&a, &o): (&f64, &f64)| -> (Spot, Spot) {
            if a.is_nan() || o.is_nan() {
                return (Spot::Missing, Spot::Missing);
            }
            let Some((cell, away)) = self.places.nearest(a, o) else { return (Spot::NoLabel, Spot::NoLabel) };
            let reach = if method == Method::Exact { Some(1e-9) } else { tolerance };
            let (y, x) = (cell / width, cell % width);
            let outside = away > self.half(y, x) * (1.0 + 1e-9);
            if reach.is_some_and(|t| away > t) {
                return (Spot::NoLabel, Spot::NoLabel);
            }
            (Spot::At(y, outside), Spot::At(x, outside))
        };
        Ok(lat.par_iter().zip(&lon).map(one).collect())
    }

    /// Half of the way to the farthest of the cells beside one.
    fn half(&self, y: usize, x: usize) -> f64 {
        let [(_, rows), (_, columns)] = &self.dims;
        let here = y * columns + x;
        let beside = |at: usize, n: usize| at.saturating_sub(1)..=(at + 1).min(n - 1);
        let mut most = f64::NAN;
        for (j, i) in beside(y, *rows).flat_map(|j| beside(x, *columns).map(move |i| (j, i))) {
            let other = j * columns + i;
            if other != here {
                most = most.max(distance((self.lat[here], self.lon[here]), (self.lat[other], self.lon[other])));
            }
        }
        if most.is_nan() { f64::INFINITY } else { most / 2.0 }
    }
}
