//! The values of a cube at the points that rows of a table name.

use crate::array::{Dataset, Variable, companions};
use crate::dtype::DType;
use crate::error::{Error, Notices, Place, Result, ResultExt};
use crate::exec::{ExecOptions, stream};
use crate::frame::DataFrame;
use crate::label::{Labels, Method};
use crate::ops::bridge::leave;
use crate::ops::select::{Curved, Spot, spots};
use crate::store::{Batch, BatchIter, ChunkGrid, Column, ScanRequest, Schema, Selection, TableSource};
use arrow::array::{Array, UInt64Array};
use rayon::prelude::*;
use std::sync::{Arc, Mutex};

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
#[derive(Debug, Default)]
struct Lost {
    rows: usize,
    outside: usize,
    no_date: usize,
    no_label: usize,
}

impl Lost {
    fn told(&self) -> Notices {
        let mut notices = Notices::new();
        for (count, why) in [
            (self.outside, "points are more than half a cell outside the grid"),
            (self.no_date, "times are dates that the calendar of the cube lacks"),
            (self.no_label, "points have no label within reach"),
        ] {
            if count > 0 {
                notices.warn(format!("values are missing: {count} of {} {why}", self.rows), Place::default());
            }
        }
        notices
    }
}

/// [`DataFrame::join_points`] for a table that does not fit: so many rows at a time as there is room for.
#[derive(Debug)]
pub(crate) struct PointSource {
    input: Arc<dyn TableSource>,
    cube: Dataset,
    point: Vec<String>,
    how: PointOptions,
    options: ExecOptions,
    schema: Arc<Schema>,
    left_out: Notices,
    lost: Arc<Mutex<Lost>>,
}

impl PointSource {
    pub(crate) fn new(
        input: Arc<dyn TableSource>,
        cube: Dataset,
        point: Vec<String>,
        how: PointOptions,
        options: &ExecOptions,
    ) -> Result<PointSource> {
        let none = DataFrame::from_batch(&Batch::concat(input.schema(), &[])?)?;
        let (none, left_out) = none.at_points(&cube, &point, &how, options, &mut Lost::default())?;
        let schema = none.to_batch()?.schema;
        Ok(PointSource { input, cube, point, how, options: options.clone(), schema, left_out, lost: Arc::default() })
    }

    /// What was found on the way: complete when all rows have been read.
    pub(crate) fn found(&self) -> Notices {
        let mut notices = self.lost.lock().unwrap_or_else(|e| e.into_inner()).told();
        notices.extend(self.left_out.clone());
        notices
    }
}

impl TableSource for PointSource {
    fn schema(&self) -> &Arc<Schema> {
        &self.schema
    }
    fn rows(&self) -> Option<u64> {
        self.input.rows()
    }
    /// One part: chunks of the cube are read once for all rows at hand.
    fn parts(&self) -> usize {
        1
    }
    fn part_bytes(&self, _: usize) -> u64 {
        self.input.bytes()
    }
    fn notices(&self) -> Notices {
        self.input.notices()
    }
    fn scan(&self, _: usize, request: &ScanRequest) -> Result<BatchIter> {
        let options = ExecOptions { progress: None, ..self.options.clone() };
        let mut batches = stream(&self.input, None, &options);
        let (cube, point, how, input) = (self.cube.clone(), self.point.clone(), self.how.clone(), self.input.schema().clone());
        let (lost, schema, asked) = (self.lost.clone(), self.schema.clone(), request.clone());
        let share = (options.budget.limit() / 12).max(1 << 20);
        let pieces = std::iter::from_fn(move || {
            let (mut waiting, mut bytes) = (Vec::new(), 0);
            while bytes < share {
                match batches.next() {
                    None => break,
                    Some(Err(e)) => return Some(Err(e)),
                    Some(Ok(batch)) => {
                        bytes += batch.bytes() + 64 * batch.rows();
                        waiting.push(batch);
                    }
                }
            }
            if waiting.is_empty() {
                return None;
            }
            let mut joined = || -> Result<Batch> {
                let rows = DataFrame::from_batch(&Batch::concat(&input, &std::mem::take(&mut waiting))?)?;
                let mut found = lost.lock().unwrap_or_else(|e| e.into_inner());
                let (joined, _) = rows.at_points(&cube, &point, &how, &options, &mut found)?;
                let made = joined.to_batch()?;
                let made = Batch::with_rows(schema.clone(), made.columns, rows.height())?;
                Ok(match &asked.columns {
                    None => made,
                    Some(columns) => made.project(columns, Arc::new(schema.project(columns))),
                })
            };
            Some(joined())
        });
        let step = request.batch_rows;
        Ok(Box::new(pieces.flat_map(move |piece| -> BatchIter {
            match piece {
                Err(e) => Box::new(std::iter::once(Err(e))),
                Ok(batch) => Box::new(batch.in_steps(step).map(Ok)),
            }
        })))
    }
}

impl DataFrame {
    /// The rows with the values of a cube at the points that they name: one column more for each data variable along no other dims than
    /// those of the point. `point` names columns, and by the same names (or as CF finds them) dims. Longitudes are compared round the
    /// circle; times meet the calendar of the cube by their civil fields; a latitude and a longitude with two dims (curvilinear grids) find
    /// the nearest cell by great circles, with a tolerance in degrees of arc. A point more than half a cell outside the grid is missing, and
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
        let mut lost = Lost::default();
        let (joined, left_out) = self.at_points(cube, point, how, options, &mut lost)?;
        let mut notices = lost.told();
        notices.extend(left_out);
        Ok((joined, notices))
    }

    fn at_points<S: AsRef<str>>(
        &self,
        cube: &Dataset,
        point: &[S],
        how: &PointOptions,
        options: &ExecOptions,
        lost: &mut Lost,
    ) -> Result<(DataFrame, Notices)> {
        let rows = self.height();
        lost.rows += rows;
        let mut there = vec![true; rows];
        let mut dims: Vec<(String, Vec<usize>)> = Vec::new();
        let _booked = options.budget.reserve(rows * 16 * (point.len() + 1), "points of a table")?;
        let wanted: Vec<&str> = point.iter().map(AsRef::as_ref).collect();
        // A latitude and a longitude with two dims find a cell together.
        let curved = Curved::of(cube, &wanted)?;
        if let Some((grid, [i, j])) = &curved {
            let found = grid.find(self.column(wanted[*i])?, self.column(wanted[*j])?, how.method, how.tolerance)?;
            let (ys, xs): (Vec<Spot>, Vec<Spot>) = found.into_iter().unzip();
            for ((dim, _), found) in grid.dims.iter().zip([ys, xs]) {
                dims.push((dim.to_string(), positions(found, how, &mut there, lost)));
            }
        }
        for (k, name) in wanted.iter().enumerate() {
            if curved.as_ref().is_some_and(|(_, own)| own.contains(&k)) {
                continue;
            }
            let column = self.column(name)?;
            let dim = cube.dim_named(name)?.to_string();
            let place = || Place { dim: Some(dim.clone()), column: Some(name.to_string()), ..Place::default() };
            let time = cube.coords.get(&dim).is_some_and(|c| matches!(c.dtype(), DType::Instant { .. } | DType::Date));
            let tolerance = if time { how.time_tolerance } else { how.tolerance };
            let found = spots(column, cube, &dim, how.method, tolerance).at(place)?;
            dims.push((dim, positions(found, how, &mut there, lost)));
        }
        let mut notices = Notices::new();
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
fn positions(found: Vec<Spot>, how: &PointOptions, there: &mut [bool], lost: &mut Lost) -> Vec<usize> {
    let mut out = vec![0; there.len()];
    for ((spot, out), there) in found.into_iter().zip(&mut out).zip(there) {
        match spot {
            Spot::At(_, true) if !how.extrapolate => lost.outside += usize::from(std::mem::take(there)),
            Spot::At(at, _) => *out = at,
            Spot::Missing => *there = false,
            Spot::NoDate => lost.no_date += usize::from(std::mem::take(there)),
            Spot::NoLabel => lost.no_label += usize::from(std::mem::take(there)),
        }
    }
    out
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
