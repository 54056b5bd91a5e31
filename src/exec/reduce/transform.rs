//! Each value beside its group: anomalies, standardised values, missing ones filled with the mean.

use super::dataset::DatasetGroupBy;
use super::load::Number;
use super::methods::encoding;
use super::source::How;
use super::{Groups, reduce_variable};
use crate::array::{Data, Dataset, LazyArray, Variable, companions};
use crate::dtype::{DType, Phys};
use crate::error::{Error, Notices, Place, Result, ResultExt};
use crate::exec::lanes::{self, Along};
use crate::exec::{ExecOptions, cube};
use crate::kernel::agg::Agg;
use crate::kernel::window::Running;
use crate::store::{ChunkGrid, ChunkSource, NdArray, Reservation, Selection, Selector, Step};
use crate::with_phys;
use std::sync::Arc;

/// What becomes of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transform {
    /// Its difference from the mean of its group.
    Anomaly,
    /// That over the standard deviation of its group (ddof 0).
    Standardize,
    /// Itself, or the mean of its group where it is missing.
    FillMean,
    /// Its average rank in its group, from 1.
    Rank,
    /// The sum of its group so far.
    Cumsum,
}

impl Transform {
    /// Every one of them by name.
    pub const ALL: [(Transform, &'static str); 5] = [
        (Transform::Anomaly, "anomaly"),
        (Transform::Standardize, "standardize"),
        (Transform::FillMean, "fill_mean"),
        (Transform::Rank, "rank"),
        (Transform::Cumsum, "cumsum"),
    ];

    /// The transformation of this name.
    ///
    /// # Errors
    /// Not found, with the nearest name; unsupported, for those that only tables have.
    pub fn parse(name: &str) -> Result<Transform> {
        let found = Transform::ALL.iter().find(|(_, n)| *n == name).map(|(t, _)| *t);
        found.ok_or_else(|| Error::not_found("transformation", name, Transform::ALL.map(|(_, n)| n)))
    }
}

impl DatasetGroupBy {
    /// Each value beside its group, in the shape of the input: values of groups are computed now, the rest when the result is read.
    /// Variables without the grouped dimension, and those that are no numbers, stay as they are.
    ///
    /// # Errors
    /// Not found, for an unknown transformation; budget, where the means of all groups do not fit; what the readers say.
    pub fn transform(&self, how: &str, options: &ExecOptions) -> Result<(Dataset, Notices)> {
        let how = Transform::parse(how)?;
        if !self.more.is_empty() {
            return self.merged()?.transform_by(how, options);
        }
        self.transform_by(how, options)
    }

    fn transform_by(&self, how: Transform, options: &ExecOptions) -> Result<(Dataset, Notices)> {
        let ds = &self.ds;
        let beside = companions(ds);
        let mut out = ds.clone();
        for (name, variable) in &ds.vars {
            let numbers = variable.dtype().is_numeric() && *variable.dtype() != DType::Bool;
            if beside.contains_key(name) || !numbers {
                continue;
            }
            let Some(axis) = variable.dims().iter().position(|d| *d == self.dim) else { continue };
            let result = match how {
                Transform::Rank => lanes::along(variable, axis, Along::Grouped(Box::new(Along::Rank(false)), self.rows()), options),
                Transform::Cumsum => lanes::along(variable, axis, Along::Grouped(Box::new(Along::Run(Running::Sum)), self.rows()), options),
                _ => self.transformed(variable, axis, how, options),
            };
            let mut result = result.at_variable(name)?;
            if how == Transform::Rank {
                ["units", "standard_name"].iter().for_each(|a| drop(result.attrs.remove(a)));
            }
            out.vars.insert(name.clone(), result);
        }
        let out = self.spread(out)?;
        Ok((out, Notices::new()))
    }

    /// The positions of each group.
    pub(super) fn rows(&self) -> Arc<Vec<Vec<usize>>> {
        let mut rows = vec![Vec::new(); self.groups.count()];
        (0..self.groups.len()).for_each(|i| {
            if let Some(g) = self.groups.of(i) {
                rows[g].push(i);
            }
        });
        Arc::new(rows)
    }

    fn transformed(&self, variable: &Variable, axis: usize, how: Transform, options: &ExecOptions) -> Result<Variable> {
        let (input, held) = cube::read_once(variable, options)?;
        let of_groups = |agg: Agg| -> Result<(NdArray, Reservation)> {
            let settled = How { agg, ddof: 0, skip_missing: true, min_count: 0, weights: None };
            let reduced = reduce_variable(&input, &[], &[(self.dim.clone(), self.groups.clone())], &settled, options)?;
            let reduced = reduced.ok_or_else(|| Error::internal("a variable without the grouped dimension"))?;
            cube::persist(&reduced, options)
        };
        let (center, booked) = of_groups(Agg::Mean)?;
        let (scale, more) = match how {
            Transform::Standardize => of_groups(Agg::Std).map(|(s, b)| (Some(s), Some(b)))?,
            _ => (None, None),
        };
        let dtype = if variable.dtype().phys() == Some(Phys::F32) { DType::F32 } else { DType::F64 };
        let source = TransformSource {
            origin: variable.clone(),
            input,
            axis,
            groups: self.groups.clone(),
            how,
            center,
            scale,
            dtype,
            _booked: Arc::new((booked, more, held)),
        };
        let mut attrs = variable.attrs.clone();
        if how == Transform::Standardize {
            attrs.set("units", "1");
            attrs.remove("standard_name");
        }
        let out = Variable::new(variable.dims().iter().cloned(), Data::Lazy(LazyArray::new(Arc::new(source))))?;
        let encoding = encoding(variable, variable.dims(), variable.shape());
        Ok(out.with_attrs(attrs).with_encoding(encoding))
    }
}

#[derive(Clone, Debug)]
struct TransformSource {
    origin: Variable,
    /// The same, held in memory where it may be.
    input: Variable,
    axis: usize,
    groups: Arc<Groups>,
    how: Transform,
    /// The mean of each group, the groups along the axis.
    center: NdArray,
    scale: Option<NdArray>,
    dtype: DType,
    _booked: Arc<(Reservation, Option<Reservation>, Option<Reservation>)>,
}

impl TransformSource {
    /// What stands beside the values of a selection, all groups of it, in C order as f64.
    fn beside(&self, of: &NdArray, selection: &Selection) -> Result<Vec<f64>> {
        let mut selectors = selection.selectors().to_vec();
        selectors[self.axis] = Selector::All;
        let part = of.select(&Selection::new(selectors))?.to_contiguous()?;
        floats(&part)
    }
}

pub(in crate::exec) fn floats(array: &NdArray) -> Result<Vec<f64>> {
    let mut out: Vec<f64> = with_phys!(array.phys(), T => {
        array.as_slice::<T>().map(|x| x.iter().map(|x| x.float()).collect()).unwrap_or_default()
    }, text => return Err(Error::internal("text among numbers")));
    if let Some(valid) = array.valid() {
        out.iter_mut().zip(valid).filter(|(_, v)| **v == 0).for_each(|(x, _)| *x = f64::NAN);
    }
    Ok(out)
}

impl ChunkSource for TransformSource {
    fn made_of(&self) -> (String, Vec<Step>) {
        (format!("{:?} beside groups along axis {}", self.how, self.axis).to_lowercase(), vec![self.origin.step()])
    }

    fn dtype(&self) -> &DType {
        &self.dtype
    }

    fn shape(&self) -> &[usize] {
        self.origin.shape()
    }

    fn grid(&self) -> ChunkGrid {
        self.origin.grid()
    }

    fn place(&self) -> Place {
        self.origin.place()
    }

    fn read(&self, selection: &Selection) -> Result<NdArray> {
        selection.check(self.shape())?;
        let kept = selection.with_all_dims();
        let shape = kept.shape(self.shape());
        let block = self.input.read(&kept)?.to_contiguous()?;
        let mut values = floats(&block)?;
        let center = self.beside(&self.center, &kept)?;
        let scale = self.scale.as_ref().map(|s| self.beside(s, &kept)).transpose()?;
        let inner: usize = shape[self.axis + 1..].iter().product();
        let length = shape[self.axis];
        let count = self.groups.count();
        let selector = &kept.selectors()[self.axis];
        for (row, run) in values.chunks_exact_mut(inner.max(1)).enumerate() {
            let (outer, position) = (row / length, selector.position(row % length));
            let Some(group) = self.groups.of(position) else {
                if self.how != Transform::FillMean {
                    run.fill(f64::NAN);
                }
                continue;
            };
            let at = (outer * count + group) * inner;
            let means = &center[at..at + inner];
            match (self.how, &scale) {
                (Transform::FillMean, _) => run.iter_mut().zip(means).filter(|(x, _)| x.is_nan()).for_each(|(x, m)| *x = *m),
                (_, Some(scale)) => {
                    run.iter_mut().zip(means).zip(&scale[at..at + inner]).for_each(|((x, m), s)| *x = (*x - m) / s);
                }
                _ => run.iter_mut().zip(means).for_each(|(x, m)| *x -= m),
            }
        }
        cube::narrowed(values, &self.dtype, &selection.shape(self.shape()))
    }
}
