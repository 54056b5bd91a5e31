//! The values of a cube at the points that rows of a table name.

use crate::array::{Dataset, Variable, companions, is_longitude};
use crate::dtype::{Calendar, DType, Scalar};
use crate::error::{Error, Notices, Place, Result, ResultExt};
use crate::exec::ExecOptions;
use crate::frame::DataFrame;
use crate::kernel::calendar::{civil, instant};
use crate::label::{Labels, Method};
use crate::ops::bridge::leave;
use crate::store::{ChunkGrid, Column, Selection};
use arrow::array::{Array, UInt64Array};
use rayon::prelude::*;

/// How points find their cell.
#[derive(Clone, Debug)]
pub struct PointOptions {
    /// Which label is taken where one is not there.
    pub method: Method,
    /// How far away it may be along axes of numbers.
    pub tolerance: Option<f64>,
    /// How far away it may be along axes of time, in seconds.
    pub time_tolerance: Option<f64>,
    /// Whether points more than half a cell outside the grid take the values at its edge.
    pub extrapolate: bool,
    /// What is put behind names that stand in both.
    pub suffixes: [String; 2],
}

impl Default for PointOptions {
    fn default() -> PointOptions {
        let suffixes = ["_x".to_string(), "_y".to_string()];
        PointOptions { method: Method::Nearest, tolerance: None, time_tolerance: None, extrapolate: false, suffixes }
    }
}

/// Why rows have no cell.
#[derive(Default)]
struct Lost {
    outside: usize,
    no_date: usize,
    no_label: usize,
}

/// The labels of a dim in ascending order, with their positions.
struct Axis {
    labels: Vec<(f64, usize)>,
    round: bool,
}

impl Axis {
    fn new(name: &str, coord: &Variable, values: &[f64]) -> Axis {
        let round = is_longitude(name, coord);
        let mut labels: Vec<(f64, usize)> = values.iter().enumerate().filter(|(_, x)| !x.is_nan()).map(|(i, x)| (*x, i)).collect();
        if round {
            labels.iter_mut().for_each(|(x, _)| *x = x.rem_euclid(360.0));
        }
        labels.sort_by(|a, b| a.0.total_cmp(&b.0));
        Axis { labels, round }
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
        let (label, i) = match (method, low, high) {
            (Method::Exact, ..) => return None,
            (Method::Pad, low, _) => low?,
            (Method::Backfill, _, high) => high?,
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

impl DataFrame {
    /// The rows with the values of a cube at the points that they name: one column more for each data variable along no other dims than
    /// those of the point. `point` names columns, and by the same names (or as CF finds them) dims. Longitudes are compared round the
    /// circle; times meet the calendar of the cube by their civil fields. A point more than half a cell outside the grid is missing, and
    /// notices count such rows. Each chunk of the cube is decoded once.
    ///
    /// # Errors
    /// Not found, for a column or dim; type, for a column that is no number or time as the dim; what the readers say.
    pub fn join_points<S: AsRef<str>>(
        &self,
        cube: &Dataset,
        point: &[S],
        how: &PointOptions,
        options: &ExecOptions,
    ) -> Result<(DataFrame, Notices)> {
        let rows = self.height();
        let mut lost = Lost::default();
        let mut there = vec![true; rows];
        let mut dims: Vec<(String, Vec<usize>)> = Vec::new();
        let _booked = options.budget.reserve(rows * 16 * (point.len() + 1), "points of a table")?;
        for name in point.iter().map(AsRef::as_ref) {
            let column = self.column(name)?;
            let dim = cube.dim_named(name)?.to_string();
            let place = || Place { dim: Some(dim.clone()), column: Some(name.to_string()), ..Place::default() };
            let found = positions(column, cube, &dim, how, &mut there, &mut lost).at(place)?;
            dims.push((dim, found));
        }
        let mut notices = Notices::new();
        for (count, why) in [
            (lost.outside, "points are more than half a cell outside the grid"),
            (lost.no_date, "times are dates that the calendar of the cube lacks"),
            (lost.no_label, "points have no label within reach"),
        ] {
            if count > 0 {
                notices.warn(format!("values are missing: {count} of {rows} {why}"), Place::default());
            }
        }
        let beside = companions(cube);
        let (mut names, mut columns): (Vec<String>, Vec<Column>) = (self.names().to_vec(), self.columns().to_vec());
        for (name, v) in cube.vars.iter().filter(|(n, _)| !beside.contains_key(*n)) {
            let axes: Option<Vec<&Vec<usize>>> = v.dims().iter().map(|d| dims.iter().find(|(n, _)| **n == **d).map(|(_, p)| p)).collect();
            let Some(axes) = axes.filter(|a| !a.is_empty()) else {
                let place = Place { variable: Some(name.clone()), ..Place::default() };
                notices.warn("left out: its dims are not those of the point", place);
                continue;
            };
            let column = gathered(v, &axes, &there, options).at_variable(name)?;
            let mut own = name.clone();
            if let Some(i) = names.iter().position(|n| n == name) {
                names[i] = format!("{name}{}", how.suffixes[0]);
                own = format!("{name}{}", how.suffixes[1]);
            }
            names.push(own);
            columns.push(column);
        }
        if columns.len() == self.width() {
            return Err(Error::invalid("no variable of the cube has only dims of the point").help("--point names them all: time,lat,lon"));
        }
        let joined = DataFrame::with_index(Labels::new(names), columns, (**self.index()).clone())?;
        Ok((joined.with_attrs(self.attrs().clone()), notices))
    }
}

/// The position along a dim for each row; what has none is taken out of `there`.
fn positions(column: &Column, cube: &Dataset, dim: &str, how: &PointOptions, there: &mut [bool], lost: &mut Lost) -> Result<Vec<usize>> {
    let coord = cube.coords.get(dim).filter(|c| c.dims().len() == 1);
    let coord = coord.ok_or_else(|| Error::invalid(format!("{dim:?} has no labels")).help("points are found by labels"))?;
    let labels = Column::from_nd(&coord.load()?.to_contiguous()?)?;
    let time = matches!(coord.dtype(), DType::Instant { .. } | DType::Date);
    let given = column.dtype();
    let fits = if time { matches!(given, DType::Instant { .. } | DType::Date) } else { given.is_numeric() && coord.dtype().is_numeric() };
    if !fits {
        return Err(Error::wrong_type(format!("the column is {given}, the labels are {}", coord.dtype())));
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
    let tolerance = if time { how.time_tolerance } else { how.tolerance };
    let mut out = vec![0; there.len()];
    for (row, out) in out.iter_mut().enumerate() {
        let value = column.scalar(row);
        let mut x = number(&value);
        if x.is_nan() {
            there[row] = false;
            continue;
        }
        let own = if let Scalar::Instant { calendar, .. } = &value { *calendar } else { Calendar::ProlepticGregorian };
        if time && own != calendar {
            let fields = civil(own, (x * 1e6).round() as i64, 1_000_000);
            match instant(calendar, &fields, 1_000_000) {
                Some(t) => x = t as f64 / 1e6,
                None => {
                    lost.no_date += usize::from(std::mem::take(&mut there[row]));
                    continue;
                }
            }
        }
        match axis.find(x, how.method) {
            Some((_, _, true)) if !how.extrapolate => lost.outside += usize::from(std::mem::take(&mut there[row])),
            Some((at, distance, _)) if tolerance.is_none_or(|t| distance <= t) => *out = at,
            _ => lost.no_label += usize::from(std::mem::take(&mut there[row])),
        }
    }
    Ok(out)
}

/// The values of a variable at positions, one row each; rows are sorted by chunks, of which each is read once.
fn gathered(v: &Variable, axes: &[&Vec<usize>], there: &[bool], options: &ExecOptions) -> Result<Column> {
    let pieces = v.cost().pieces;
    let loose = pieces.is_none();
    let mut chunk = pieces.unwrap_or_else(|| v.shape().to_vec());
    while loose && chunk.iter().product::<usize>() > 1 << 16 {
        match chunk.iter_mut().find(|c| **c > 1) {
            Some(c) => *c = c.div_ceil(2),
            None => break,
        }
    }
    let grid = ChunkGrid::new(v.shape(), &chunk);
    let counts = grid.counts();
    let chunk_of = |row: usize| axes.iter().enumerate().fold(0, |at, (d, p)| at * counts[d] + p[row] / grid.chunk[d]);
    let _booked = options.budget.reserve(there.len() * 48, "points of a table")?;
    let mut order: Vec<(usize, usize)> = (0..there.len()).filter(|&r| there[r]).map(|r| (chunk_of(r), r)).collect();
    order.sort_unstable();
    let runs: Vec<&[(usize, usize)]> = order.chunk_by(|a, b| a.0 == b.0).collect();
    let one = |run: &&[(usize, usize)]| -> Result<Column> {
        // What the points span within the chunk.
        let low: Vec<usize> = axes.iter().map(|p| run.iter().map(|(_, r)| p[*r]).min().unwrap_or(0)).collect();
        let high: Vec<usize> = axes.iter().map(|p| run.iter().map(|(_, r)| p[*r]).max().unwrap_or(0)).collect();
        let shape: Vec<usize> = low.iter().zip(&high).map(|(l, h)| h - l + 1).collect();
        let block = leave(&v.read(&Selection::hyperslab(&low, &shape))?)?;
        let at = |r: usize| axes.iter().enumerate().fold(0, |at, (d, p)| at * shape[d] + p[r] - low[d]);
        block.take(&run.iter().map(|(_, r)| at(*r) as u64).collect::<Vec<u64>>().into())
    };
    let parts = runs.par_iter().map(one).collect::<Result<Vec<Column>>>()?;
    let Some(first) = parts.first() else { return Ok(Column::missing(v.dtype().clone(), there.len())) };
    let arrays: Vec<&dyn Array> = parts.iter().map(|c| c.values().as_ref()).collect();
    let all = Column::new(first.dtype().clone(), arrow::compute::concat(&arrays)?)?;
    let mut back: Vec<Option<u64>> = vec![None; there.len()];
    order.iter().enumerate().for_each(|(i, (_, r))| back[*r] = Some(i as u64));
    all.take(&UInt64Array::from(back))
}
