//! Windows that move along a dimension of a cube.

use super::methods::{attributes, encoding};
use super::transform::floats;
use crate::array::{Data, Dataset, LazyArray, Variable, companions};
use crate::dtype::{DType, Phys};
use crate::error::{Error, Notices, Place, Result, ResultExt};
use crate::exec::ExecOptions;
use crate::exec::cube::{PER_VALUE, lane_blocks, narrowed, through_lanes};
use crate::kernel::agg::Agg;
use crate::kernel::window::{Bounds, Rolling, Width, Windowing, rolling};
use crate::store::{ChunkGrid, ChunkSource, Column, NdArray, Selection, Selector, Step};
use std::ops::Range;
use std::sync::Arc;

impl Dataset {
    /// An aggregation over windows that move along a dimension, of every variable of numbers that has it; the shape stays. Missing values
    /// are skipped, and where fewer than `min_count` are there (all of the window, unless told otherwise) the result is missing. Windows of
    /// time go by the coordinate of the dimension. Variables that are no numbers are left out with a notice. Lazy: values are computed
    /// block by block when the result is read, with what the windows reach back for.
    ///
    /// Results are f32 of f32, else f64. As in xarray `ddof` is usually 0; `Windowing` has 1 unless it is set.
    ///
    /// # Errors
    /// Not found, for the dimension; unsupported, for an aggregation that windows do not have; invalid, for windows of time along labels
    /// that are no times or do not ascend.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{exec::ExecOptions, kernel::{agg::Agg, window::Windowing}};
    /// let ds = hpda_data::open_dataset("data/climate.nc")?;
    /// let (year, _) = ds.rolling("time", Agg::Mean, &Windowing::rows(12), &ExecOptions::default())?;
    /// assert_eq!(year.variable("tas")?.shape(), ds.variable("tas")?.shape());
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn rolling(&self, dim: &str, agg: Agg, windows: &Windowing, options: &ExecOptions) -> Result<(Dataset, Notices)> {
        if matches!(agg, Agg::Skew | Agg::Kurt) {
            return Err(Error::unsupported(format!("{agg} over windows of a cube")));
        }
        let rule = windows.rule(agg)?;
        let length = self.dim_length(dim)?;
        let times = match (windows.width, self.coords.get(dim)) {
            (Width::Time(_), Some(c)) => Some(Column::from_nd(&c.load()?.to_contiguous()?)?),
            (Width::Time(_), None) => {
                return Err(Error::invalid(format!("{dim:?} has no times for a window of time")).help("--window N counts positions"));
            }
            _ => None,
        };
        let place = || Place { dim: Some(dim.to_string()), ..Place::default() };
        let bounds = Arc::new(windows.bounds(length, times.as_ref()).at(place)?);
        let beside = companions(self);
        let (mut out, mut notices, mut gone) = (self.clone(), Notices::new(), Vec::new());
        for (name, variable) in &self.vars {
            let Some(axis) = variable.dims().iter().position(|d| **d == *dim) else { continue };
            if beside.contains_key(name) {
                continue;
            }
            if !(variable.dtype().is_numeric() || *variable.dtype() == DType::Bool) {
                let place = Place { variable: Some(name.clone()), ..Place::default() };
                notices.warn(format!("left out: windows are for numbers, not for {}", variable.dtype()), place);
                gone.push(name.as_str());
                continue;
            }
            let source = RollSource::new(variable, axis, bounds.clone(), rule, options);
            let result = Variable::new(variable.dims().iter().cloned(), Data::Lazy(LazyArray::new(Arc::new(source))))?;
            let (attrs, encoding) = (attributes(variable, agg, &[]), encoding(variable, variable.dims(), variable.shape()));
            out.vars.insert(name.clone(), result.with_attrs(attrs).with_encoding(encoding));
        }
        gone.iter().for_each(|n| drop(out.vars.shift_remove(*n)));
        out.forget(&gone);
        Ok((out, notices))
    }
}

/// An array of which each element stands for the window about it.
#[derive(Clone, Debug)]
struct RollSource {
    input: Variable,
    axis: usize,
    bounds: Arc<Bounds>,
    rule: Rolling,
    dtype: DType,
    /// Positions along the axis that are worked on together. It follows from the input alone, so that the same sums are formed in the same
    /// order for any budget and whatever part is asked for.
    stretch: usize,
    grid: ChunkGrid,
    options: ExecOptions,
}

impl RollSource {
    fn new(input: &Variable, axis: usize, bounds: Arc<Bounds>, rule: Rolling, options: &ExecOptions) -> RollSource {
        let shape = input.shape();
        let n = shape[axis];
        let longest = (0..n).map(|i| bounds.range(i, n).len()).max().unwrap_or(0);
        let beside: usize = shape.iter().enumerate().filter(|(d, _)| *d != axis).map(|(_, &n)| n).product();
        // Reaching back costs no more than the stretch itself.
        let stretch = ((1 << 22) / beside.max(1)).max(longest).max(64).min(n.max(1));
        let chunk = lane_blocks(shape, (axis, stretch, stretch + longest), &input.grid().chunk, options);
        let dtype = match (rule.agg, input.dtype().phys()) {
            (Agg::Count, _) => DType::F64,
            (_, Some(Phys::F32)) => DType::F32,
            _ => DType::F64,
        };
        let grid = ChunkGrid::new(shape, &chunk);
        RollSource { input: input.clone(), axis, bounds, rule, dtype, stretch, grid, options: options.clone() }
    }

    /// Windows of positions `inside`, counted from its start.
    fn local(&self, inside: &Range<usize>) -> Bounds {
        match &*self.bounds {
            Bounds::Given { starts, ends } => {
                let from = |at: &u32| (*at as usize).clamp(inside.start, inside.end) - inside.start;
                Bounds::Given {
                    starts: starts[inside.clone()].iter().map(|s| from(s) as u32).collect(),
                    ends: ends[inside.clone()].iter().map(|e| from(e) as u32).collect(),
                }
            }
            fixed => fixed.clone(),
        }
    }

    /// What the windows about the wanted positions of a lane give.
    fn lane(&self, lane: &[f64], bounds: &Bounds, wanted: &[usize], made: &mut Vec<f64>) -> Result<()> {
        let all = match self.rule.agg {
            // What is counted is what is there; where that is too little, there is no count.
            Agg::Count => {
                let counts = rolling(lane, bounds, &Rolling { min_count: 0, ..self.rule })?;
                counts.into_iter().map(|c| if c >= self.rule.min_count as f64 { c } else { f64::NAN }).collect()
            }
            _ => rolling(lane, bounds, &self.rule)?,
        };
        made.extend(wanted.iter().map(|&t| all[t]));
        Ok(())
    }
}

impl ChunkSource for RollSource {
    fn made_of(&self) -> (String, Vec<Step>) {
        (format!("rolling windows along axis {}", self.axis), vec![self.input.step()])
    }

    fn dtype(&self) -> &DType {
        &self.dtype
    }

    fn shape(&self) -> &[usize] {
        self.input.shape()
    }

    fn grid(&self) -> ChunkGrid {
        self.grid.clone()
    }

    fn place(&self) -> Place {
        self.input.place()
    }

    fn read(&self, selection: &Selection) -> Result<NdArray> {
        selection.check(self.shape())?;
        let n = self.shape()[self.axis];
        let mut selectors = selection.with_all_dims().selectors().to_vec();
        let asked = selectors[self.axis].clone();
        let count = asked.count(n).unwrap_or(1);
        let shape = Selection::new(selectors.clone()).shape(self.shape());
        let inner: usize = shape[self.axis + 1..].iter().product();
        let outer: usize = shape[..self.axis].iter().product();
        let mut out = vec![f64::NAN; outer * count * inner];
        let _booked = self.options.budget.reserve(out.len() * PER_VALUE, "windows of a cube")?;
        // Which of the positions asked for are in each stretch.
        let mut of_stretches: Vec<Vec<usize>> = vec![Vec::new(); n.div_ceil(self.stretch)];
        if !out.is_empty() {
            (0..count).for_each(|i| of_stretches[asked.position(i) / self.stretch].push(i));
        }
        for (s, asked_here) in of_stretches.iter().enumerate().filter(|(_, a)| !a.is_empty()) {
            let last = asked_here.iter().map(|&i| asked.position(i)).max().unwrap_or(0);
            let first = s * self.stretch;
            let inside = self.bounds.range(first, n).start.min(first)..self.bounds.range(last, n).end.max(last + 1);
            selectors[self.axis] = Selector::span(inside.start, inside.len());
            let block = self.input.read(&Selection::new(selectors.clone()))?.to_contiguous()?;
            let values = floats(&block)?;
            drop(block);
            let wanted: Vec<usize> = asked_here.iter().map(|&i| asked.position(i) - inside.start).collect();
            let bounds = self.local(&inside);
            let make = |lane: &[f64], made: &mut Vec<f64>| self.lane(lane, &bounds, &wanted, made);
            through_lanes(&values, (inside.len(), inner), &mut out, (asked_here, count), make)?;
        }
        narrowed(out, &self.dtype, &selection.shape(self.shape()))
    }
}
