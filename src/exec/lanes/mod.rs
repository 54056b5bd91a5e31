//! Verbs along one dimension of a cube that look at the values before and after: each lane (all values along the dimension) becomes a
//! new one. Lazy: lanes are computed block by block when the result is read.

mod apply;
mod places;
mod source;
mod verbs;

pub use verbs::Interp;

use crate::array::{Data, LazyArray, Variable};
use crate::dtype::{DType, Phys};
use crate::error::{Error, Result};
use crate::exec::ExecOptions;
use crate::exec::reduce::encoding;
use crate::kernel::fill::{Interpolate, backward_rows, forward_rows};
use crate::kernel::lane::{self, Between, Spline};
use crate::kernel::order::Direction;
use crate::kernel::window::{Ranking, Running, cumulate, rank, running_dtype};
use crate::store::Column;
use source::LaneSource;
use std::sync::Arc;

/// What becomes of a lane.
#[derive(Clone, Debug)]
pub(in crate::exec) enum Along {
    /// Moved by so many positions.
    Shift(i64),
    /// Less the value so many positions before; floats only.
    Diff(i64),
    /// Totals and extremes so far.
    Run(Running),
    /// Average ranks, perhaps as shares.
    Rank(bool),
    /// The same for the positions of each group by themselves; those of no group are missing.
    Grouped(Box<Along>, Arc<Vec<Vec<usize>>>),
    /// Gaps filled from before.
    Forward(Option<usize>),
    /// Gaps filled from after.
    Backward(Option<usize>),
    /// Gaps filled from both sides; by the positions of the coordinate, where they are given.
    Bridge(Interpolate, Option<usize>, Option<Arc<Vec<f64>>>),
    /// Slopes by the positions of the coordinate.
    Slope(Arc<Vec<f64>>),
    /// The area so far by the positions of the coordinate.
    Area(Arc<Vec<f64>>),
    /// Values at other positions.
    Linear(Arc<Vec<Option<Between>>>),
    /// The same from the nearer neighbour.
    Nearest(Arc<Vec<Option<Between>>>),
    /// Whatever a function of the caller makes of the lane.
    Function(Function),
    /// The same on a spline.
    Cubic(Arc<Spline>, Arc<Vec<Option<Between>>>),
}

impl Along {
    /// What is done, for people.
    fn name(&self) -> &'static str {
        match self {
            Along::Shift(_) => "shift",
            Along::Diff(_) => "diff",
            Along::Run(_) => "cumulate",
            Along::Rank(_) => "rank",
            Along::Grouped(inner, _) => inner.name(),
            Along::Forward(_) => "ffill",
            Along::Backward(_) => "bfill",
            Along::Bridge(..) => "interpolate_na",
            Along::Slope(_) => "differentiate",
            Along::Area(_) => "cumulative_integrate",
            Along::Linear(_) | Along::Nearest(_) | Along::Cubic(..) => "interp",
            Along::Function(_) => "apply",
        }
    }
}

/// From one lane into another.
type OfLane = dyn Fn(&[f64], &mut [f64]) + Send + Sync;

/// A function of the caller: of a lane, into a lane of `length`.
#[derive(Clone)]
pub(in crate::exec) struct Function {
    length: usize,
    call: Arc<OfLane>,
}

impl std::fmt::Debug for Function {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Function").field("length", &self.length).finish_non_exhaustive()
    }
}

impl Along {
    /// The type of the result of values of this type.
    fn dtype(&self, input: &DType) -> Result<DType> {
        let number = input.is_numeric() || *input == DType::Bool;
        let float = if input.phys() == Some(Phys::F32) { DType::F32 } else { DType::F64 };
        let refuse = || Error::wrong_type(format!("this is for numbers, not for {input}"));
        match self {
            Along::Shift(_) | Along::Forward(_) | Along::Backward(_) => Ok(input.clone()),
            Along::Bridge(Interpolate::Nearest, ..) => Ok(input.clone()),
            Along::Diff(_) if input.is_float() => Ok(input.clone()),
            Along::Diff(_) => Err(refuse()),
            Along::Run(what) => running_dtype(*what, input),
            Along::Grouped(what, _) => what.dtype(input),
            Along::Rank(_) if number || input.is_temporal() => Ok(DType::F64),
            Along::Function(_) if number => Ok(DType::F64),
            _ if number => Ok(float),
            _ => Err(refuse()),
        }
    }

    /// How many positions a lane of `n` becomes.
    fn length(&self, n: usize) -> usize {
        match self {
            Along::Linear(p) | Along::Nearest(p) | Along::Cubic(_, p) => p.len(),
            Along::Function(f) => f.length,
            _ => n,
        }
    }

    /// Whether values of this type are worked on as f64: floats, and what becomes float.
    fn by_floats(&self, input: &DType, output: &DType) -> bool {
        let ranks = match self {
            Along::Grouped(what, _) => matches!(**what, Along::Rank(_)),
            what => matches!(what, Along::Rank(_)),
        };
        output.is_float() && (input.is_float() || !ranks)
    }

    /// A lane of floats.
    fn floats(&self, x: &[f64], out: &mut [f64]) {
        match self {
            Along::Shift(by) => lane::shift(x, *by, out),
            Along::Diff(by) => {
                lane::shift(x, *by, out);
                out.iter_mut().zip(x).for_each(|(o, x)| *o = x - *o);
            }
            Along::Run(what) => lane::run(x, *what, out),
            Along::Rank(percent) => lane::rank(x, *percent, out),
            Along::Grouped(what, groups) => {
                out.fill(f64::NAN);
                for rows in groups.iter() {
                    let own: Vec<f64> = rows.iter().map(|&i| x[i]).collect();
                    let mut made = vec![f64::NAN; own.len()];
                    what.floats(&own, &mut made);
                    rows.iter().zip(made).for_each(|(&i, m)| out[i] = m);
                }
            }
            Along::Forward(limit) => lane::forward(x, *limit, out),
            Along::Backward(limit) => lane::backward(x, *limit, out),
            Along::Bridge(method, limit, at) => lane::bridge(x, at.as_ref().map(|a| a.as_slice()), *method, *limit, out),
            Along::Slope(at) => lane::differentiate(x, at, out),
            Along::Area(at) => lane::integrate(x, at, out),
            Along::Linear(places) => lane::linear(x, places, out),
            Along::Nearest(places) => lane::nearest(x, places, out),
            Along::Cubic(spline, places) => spline.values(x, places, out),
            Along::Function(f) => (f.call)(x, out),
        }
    }

    /// A lane of anything else.
    fn column(&self, x: &Column) -> Result<Column> {
        match self {
            Along::Shift(by) => x.shift(*by),
            Along::Run(what) => cumulate(x, *what),
            Along::Rank(percent) => rank(x, Ranking::Average, Direction::Ascending, *percent),
            Along::Grouped(what, groups) => {
                let mut at: Vec<Option<u64>> = vec![None; x.len()];
                let mut parts = Vec::with_capacity(groups.len());
                let mut next = 0;
                for rows in groups.iter() {
                    parts.push(what.column(&x.take(&rows.iter().map(|&i| Some(i as u64)).collect())?)?);
                    for &i in rows {
                        at[i] = Some(next);
                        next += 1;
                    }
                }
                if parts.is_empty() {
                    return Ok(Column::missing(what.dtype(x.dtype())?, x.len()));
                }
                Column::concat(&parts)?.take(&at.into_iter().collect())
            }
            Along::Forward(limit) => x.take(&forward_rows(&x.present(), *limit)),
            Along::Backward(limit) => x.take(&backward_rows(&x.present(), *limit)),
            Along::Bridge(Interpolate::Nearest, ..) if x.missing_count() == 0 => Ok(x.clone()),
            _ => Err(Error::unsupported(format!("this of {}", x.dtype())).help("make it a float first: float(x)")),
        }
    }
}

/// The variable along a dimension that it has. Attributes stay; chunks and filters of the file too, packing does not.
pub(in crate::exec) fn along(input: &Variable, axis: usize, what: Along, options: &ExecOptions) -> Result<Variable> {
    let source = LaneSource::new(input, axis, what, options)?;
    let lazy = LazyArray::new(Arc::new(source));
    let encoding = encoding(input, input.dims(), lazy.shape());
    let out = Variable::new(input.dims().iter().cloned(), Data::Lazy(lazy))?;
    Ok(out.with_attrs(input.attrs.clone()).with_encoding(encoding))
}
