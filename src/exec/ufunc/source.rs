//! What a function of the caller makes, as a source: block by block of the dims that it does not work on.

use super::{Core, OfCores};
use crate::array::Variable;
use crate::dtype::DType;
use crate::error::{Place, Result};
use crate::exec::ExecOptions;
use crate::exec::apply::guarded;
use crate::exec::cube::{lane_blocks, narrowed};
use crate::exec::reduce::floats;
use crate::ops::bridge::enter;
use crate::store::{ChunkGrid, ChunkSource, Column, NdArray, Selection, Selector};
use rayon::prelude::*;
use std::sync::Arc;

/// An input, and where the dims are that the function does not work on, and those that it does.
#[derive(Clone, Debug)]
pub(super) struct Input {
    variable: Variable,
    /// For each of the other dims of the result, the axis.
    others: Vec<Option<usize>>,
    core: Vec<usize>,
    core_shape: Vec<usize>,
}

impl Input {
    pub(super) fn new(v: &Variable, loops: &[(Arc<str>, usize)], core: &[String]) -> Result<Input> {
        let core: Vec<usize> = core.iter().map(|d| v.axis(d)).collect::<Result<_>>()?;
        let others = loops.iter().map(|(d, _)| v.dims().iter().position(|own| own == d)).collect();
        Ok(Input { variable: v.clone(), others, core_shape: core.iter().map(|&a| v.shape()[a]).collect(), core })
    }

    fn core_len(&self) -> usize {
        self.core_shape.iter().product()
    }
}

/// What all outputs of a function have in common.
pub(super) struct Shared {
    inputs: Vec<Input>,
    loops: Vec<(Arc<str>, usize)>,
    outputs: Vec<Vec<usize>>,
    call: Arc<OfCores>,
    options: ExecOptions,
    /// What errors say it is: the verb, and the variable.
    said: (&'static str, Option<String>),
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").field("inputs", &self.inputs).field("outputs", &self.outputs).finish_non_exhaustive()
    }
}

/// The part of an input that goes with a block: values with the core dims last, and how far apart places are along each other dim.
struct Part {
    values: Vec<f64>,
    strides: Vec<usize>,
}

/// Places that a thread works on at a time: about so many values.
const RUN: usize = 1 << 12;

impl Shared {
    pub(super) fn new(
        inputs: Vec<Input>,
        loops: Vec<(Arc<str>, usize)>,
        outputs: Vec<Vec<usize>>,
        call: Arc<OfCores>,
        options: &ExecOptions,
        said: (&'static str, Option<String>),
    ) -> Shared {
        Shared { inputs, loops, outputs, call, options: options.clone(), said }
    }

    /// The dims that the function does not work on.
    pub(super) fn dims(&self) -> impl Iterator<Item = &Arc<str>> {
        self.loops.iter().map(|(d, _)| d)
    }

    /// Values that are at work for each place.
    fn each(&self) -> usize {
        self.inputs.iter().map(Input::core_len).sum::<usize>() + self.outputs.iter().map(|o| o.iter().product::<usize>()).sum::<usize>()
    }

    /// The shape of blocks: whole pieces of the inputs as far as the budget allows.
    fn pieces(&self) -> Vec<usize> {
        let mut shape: Vec<usize> = self.loops.iter().map(|(_, n)| *n).collect();
        let mut least = vec![1; shape.len() + 1];
        for input in &self.inputs {
            let chunk = input.variable.grid().chunk;
            input.others.iter().enumerate().for_each(|(d, a)| least[d] = a.map_or(least[d], |a| least[d].max(chunk[a])));
        }
        shape.push(1);
        let last = shape.len() - 1;
        let mut chunk = lane_blocks(&shape, (last, 1, self.each().max(1)), &least, &self.options);
        chunk.pop();
        chunk
    }

    fn part(&self, input: &Input, asked: &[Selector]) -> Result<Part> {
        let mut own = vec![Selector::All; input.variable.dims().len()];
        input.others.iter().zip(asked).for_each(|(a, s)| a.iter().for_each(|&a| own[a] = s.clone()));
        let block = input.variable.read(&Selection::new(own))?;
        let order: Vec<usize> = input.others.iter().flatten().chain(&input.core).copied().collect();
        let turned = block.transpose(&order)?.to_contiguous()?;
        let values = floats(&turned)?;
        let mut strides = vec![0; asked.len()];
        let mut next = input.core_len();
        for d in (0..asked.len()).rev() {
            if let Some(a) = input.others[d] {
                strides[d] = next;
                next *= block.shape()[a];
            }
        }
        Ok(Part { values, strides })
    }

    /// One output at some places: all of its core dims, places first.
    fn values(&self, which: usize, asked: &[Selector], shape: &[usize]) -> Result<Vec<f64>> {
        let places: usize = shape.iter().product();
        let lengths: Vec<usize> = self.outputs.iter().map(|o| o.iter().product()).collect();
        let own = lengths[which];
        let mut out = vec![f64::NAN; places * own];
        if out.is_empty() {
            return Ok(out);
        }
        let parts = self.inputs.iter().map(|i| self.part(i, asked)).collect::<Result<Vec<Part>>>()?;
        let run = (RUN / self.each().max(1)).max(1);
        let some = |(r, out): (usize, &mut [f64])| -> Result<()> {
            let mut rest: Vec<Vec<f64>> = lengths.iter().map(|n| vec![f64::NAN; *n]).collect();
            for (k, out) in out.chunks_exact_mut(own).enumerate() {
                let at = positions(r * run + k, shape);
                let cores: Vec<Core<'_>> = self
                    .inputs
                    .iter()
                    .zip(&parts)
                    .map(|(input, part)| {
                        let start: usize = at.iter().zip(&part.strides).map(|(i, s)| i * s).sum();
                        Core { values: &part.values[start..][..input.core_len()], shape: &input.core_shape }
                    })
                    .collect();
                rest.iter_mut().for_each(|r| r.fill(f64::NAN));
                let mut outputs: Vec<&mut [f64]> = rest.iter_mut().map(Vec::as_mut_slice).collect();
                outputs[which] = out;
                let place = || {
                    let named = self.loops.iter().zip(asked).zip(&at).map(|(((d, _), s), i)| format!("{d}={}", s.position(*i)));
                    let named: Vec<String> = named.collect();
                    let text = if named.is_empty() { String::new() } else { format!(" at position {}", named.join(",")) };
                    Place { op: Some(format!("{}{text}", self.said.0)), variable: self.said.1.clone(), ..Place::default() }
                };
                guarded(place, || (self.call)(&cores, &mut outputs))?;
            }
            Ok(())
        };
        // Each run ends at its first error; the first run that has one tells it.
        let told: Vec<Result<()>> = out.par_chunks_mut(own * run).enumerate().map(some).collect();
        told.into_iter().collect::<Result<()>>()?;
        Ok(out)
    }
}

/// Positions along each dim of a place in C order.
fn positions(mut place: usize, shape: &[usize]) -> Vec<usize> {
    let mut out = vec![0; shape.len()];
    for d in (0..shape.len()).rev() {
        out[d] = place % shape[d];
        place /= shape[d];
    }
    out
}

/// One output.
#[derive(Clone, Debug)]
pub(super) struct UfuncSource {
    shared: Arc<Shared>,
    which: usize,
    dtype: DType,
    shape: Vec<usize>,
    grid: ChunkGrid,
}

impl UfuncSource {
    pub(super) fn new(shared: Arc<Shared>, which: usize, dtype: DType) -> Result<UfuncSource> {
        let core = &shared.outputs[which];
        let shape: Vec<usize> = shared.loops.iter().map(|(_, n)| *n).chain(core.iter().copied()).collect();
        let chunk: Vec<usize> = shared.pieces().into_iter().chain(core.iter().copied()).collect();
        let grid = ChunkGrid::new(&shape, &chunk);
        Ok(UfuncSource { shared, which, dtype, shape, grid })
    }
}

impl ChunkSource for UfuncSource {
    fn dtype(&self) -> &DType {
        &self.dtype
    }

    fn shape(&self) -> &[usize] {
        &self.shape
    }

    fn grid(&self) -> ChunkGrid {
        self.grid.clone()
    }

    fn place(&self) -> Place {
        self.shared.inputs.iter().map(|i| i.variable.place()).find(|p| p.file.is_some()).unwrap_or_default()
    }

    fn read(&self, selection: &Selection) -> Result<NdArray> {
        selection.check(&self.shape)?;
        let kept = selection.with_all_dims().selectors().to_vec();
        let (asked, core) = kept.split_at(self.shared.loops.len());
        let places = Selection::new(asked.to_vec()).shape(&self.shape[..asked.len()]);
        // As read, turned, as f64, and results as f64 and as they are written.
        let needs = places.iter().product::<usize>().saturating_mul(self.shared.each()).saturating_mul(24);
        let _booked = self.shared.options.budget.reserve_block(needs, "what a function is called with")?;
        let values = self.shared.values(self.which, asked, &places)?;
        let whole: Vec<usize> = places.iter().chain(&self.shared.outputs[self.which]).copied().collect();
        let made = match self.dtype {
            DType::F32 | DType::F64 => narrowed(values, &self.dtype, &whole)?,
            _ => {
                let there: Vec<Option<f64>> = values.into_iter().map(|x| Some(x).filter(|x| !x.is_nan())).collect();
                enter(&Column::from(there).cast(&self.dtype)?, &whole)?
            }
        };
        let picked: Vec<Selector> = places.iter().map(|_| Selector::All).chain(core.iter().cloned()).collect();
        made.select(&Selection::new(picked))?.to_contiguous()?.reshape(&selection.shape(&self.shape))
    }
}
