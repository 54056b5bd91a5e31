//! A reduced array as a source: what is asked of it is computed when it is read, block by block of its input.

use super::apart::Apart;
use super::load::Loaded;
use super::pieces::{Cut, Piecewise, cut};
use super::segments::segments;
use super::{Groups, Weights};
use crate::array::{Data, LazyArray, Variable};
use crate::dtype::{DType, Phys};
use crate::error::{Error, Place, Result};
use crate::exec::ExecOptions;
use crate::exec::ordered::{Ordered, Parts};
use crate::kernel::agg::Agg;
use crate::kernel::cells::{Cells, Finish, Found, LANES, Place as Where, Run, Take};
use crate::store::{Budget, ChunkGrid, ChunkSource, NdArray, Selection, Selector, Step};
use arrow::buffer::Buffer;
use std::sync::Arc;

/// What becomes of a dimension.
#[derive(Clone, Debug)]
pub(super) enum Fate {
    /// It stays.
    Kept,
    /// It goes.
    Reduced,
    /// Its positions are put together in groups.
    Grouped(Arc<Groups>),
}

/// How an aggregation is done.
#[derive(Clone, Debug)]
pub(super) struct How {
    pub agg: Agg,
    pub ddof: u64,
    pub skip_missing: bool,
    pub min_count: u64,
    pub weights: Option<Weights>,
}

/// An aggregation of an array over some of its dimensions.
#[derive(Clone, Debug)]
pub(super) struct ReduceSource {
    pub(super) input: Variable,
    pub(super) fates: Vec<Fate>,
    pub(super) how: How,
    dtype: DType,
    shape: Vec<usize>,
    pub(super) grid: ChunkGrid,
    /// Positions of the input that are read at a time along dimensions that do not stay.
    pub(super) stretch: Vec<usize>,
    /// Where many values go to few cells, the dimension along which they are taken in segments, each with accumulators of its own, and the
    /// positions of a segment.
    segments: Option<(usize, usize)>,
    /// Whether the input lies, and is worked on, with its dims the other way round.
    around: bool,
    /// Where chunks of the input would be decoded many times.
    apart: Option<Apart>,
    pub(super) options: ExecOptions,
}

impl ReduceSource {
    pub(super) fn new(input: &Variable, fates: Vec<Fate>, how: How, dtype: DType, options: &ExecOptions) -> ReduceSource {
        let shape: Vec<usize> = fates
            .iter()
            .zip(input.shape())
            .filter_map(|(f, &n)| match f {
                Fate::Kept => Some(n),
                Fate::Reduced => None,
                Fate::Grouped(g) => Some(g.count()),
            })
            .collect();
        // What counts positions, or takes the first, goes by the order of the dims.
        let other = reversed(input).filter(|_| !matches!(how.agg, Agg::First | Agg::Last | Agg::Argmin | Agg::Argmax));
        let (around, input) = (other.is_some(), other.unwrap_or_else(|| input.clone()));
        let mut fates = fates;
        if around {
            fates.reverse();
        }
        let Cut { mut result, input: stretch } = cut(&input, &fates, &how, options);
        if around {
            result.reverse();
        }
        let (grid, segments) = (ChunkGrid::new(&shape, &result), segments(&input, &fates, &how));
        let apart = Apart::of(&input, &fates, &stretch);
        ReduceSource { input, fates, how, dtype, shape, grid, stretch, segments, around, apart, options: options.clone() }
    }
}

/// All of an array whose first dims vary fastest, with its dims the other way round.
fn reversed(input: &Variable) -> Option<Variable> {
    let Data::Lazy(lazy) = input.data() else { return None };
    let plain = lazy.steps().is_empty() && lazy.selection().selectors().iter().all(|s| *s == Selector::All);
    let source = lazy.source().reversed().filter(|_| plain)?;
    Variable::new(input.dims().iter().rev().cloned().collect::<Vec<_>>(), Data::Lazy(LazyArray::new(source))).ok()
}

/// A run of positions of one dimension that is read at once.
#[derive(Clone, Debug)]
pub(super) struct Stretch {
    pub selector: Selector,
    /// How many positions of this dimension came before.
    pub before: usize,
    pub count: usize,
}

/// What one reading works through.
pub(super) struct Work {
    pub source: ReduceSource,
    /// Per dimension, the stretches in order.
    pub stretches: Vec<Vec<Stretch>>,
    /// Whether values are taken as whole numbers, and unsigned ones of 64 bits with their order kept.
    pub whole: bool,
    pub turned: bool,
}

impl Work {
    pub fn blocks(&self) -> usize {
        self.stretches.iter().map(Vec::len).product()
    }

    /// The stretches of a block, in C order.
    pub fn block(&self, mut i: usize) -> Vec<&Stretch> {
        let mut out: Vec<&Stretch> = Vec::with_capacity(self.stretches.len());
        for s in self.stretches.iter().rev() {
            out.push(&s[i % s.len()]);
            i /= s.len();
        }
        out.reverse();
        out
    }

    pub fn read(&self, i: usize) -> Result<Loaded> {
        let block = self.block(i);
        let input = &self.source.input;
        let width = input.dtype().phys().and_then(Phys::width).unwrap_or(16);
        let needs = block.iter().fold(width, |n, s| n.saturating_mul(s.count)).saturating_add(input.cost().scratch);
        let budget = &self.source.options.budget;
        if needs > budget.limit().max(Budget::LITTLE) {
            budget.reserve(needs, "a block of whole chunks").map_err(|e| e.at(input.place()))?;
        }
        let selection = Selection::new(block.into_iter().map(|s| s.selector.clone()).collect());
        Ok(Loaded::new(self.source.input.read(&selection)?.to_contiguous()?, self.whole, self.turned))
    }
}

pub(super) struct Reading(pub(super) Arc<Work>);

impl Parts for Reading {
    type Item = (usize, Loaded);
    fn parts(&self) -> usize {
        self.0.blocks()
    }
    fn open(&self, part: usize) -> Result<Box<dyn Iterator<Item = Result<Self::Item>> + Send>> {
        let loaded = self.0.read(part)?;
        if self.0.source.input.cost().in_place {
            loaded.touch();
        }
        Ok(Box::new(std::iter::once(Ok((part, loaded)))))
    }
    fn weight(&self, item: &Self::Item) -> usize {
        item.1.bytes()
    }
    fn progress(&self, part: usize) -> u64 {
        let elements: usize = self.0.block(part).iter().map(|s| s.count).product();
        (elements * self.0.source.input.dtype().phys().and_then(Phys::width).unwrap_or(16)) as u64
    }
}

/// The positions of a selector as a list.
fn positions(s: &Selector, length: usize) -> Vec<usize> {
    match s {
        Selector::At(i) => vec![*i],
        s => (0..s.count(length).unwrap_or(0)).map(|i| s.position(i)).collect(),
    }
}

/// The shortest selector of these positions.
fn selector(positions: &[usize]) -> Selector {
    let straight = positions.windows(2).all(|w| w[1] == w[0] + 1);
    match positions.first() {
        Some(&first) if straight => Selector::span(first, positions.len()),
        _ => Selector::Take(positions.into()),
    }
}

impl ChunkSource for ReduceSource {
    fn made_of(&self) -> (String, Vec<Step>) {
        let over = |wanted: fn(&Fate) -> bool| -> Vec<&str> {
            self.input.dims().iter().zip(&self.fates).filter(|(_, f)| wanted(f)).map(|(d, _)| &**d).collect()
        };
        let (gone, grouped) = (over(|f| matches!(f, Fate::Reduced)), over(|f| matches!(f, Fate::Grouped(_))));
        let mut what = self.how.agg.to_string();
        if !gone.is_empty() {
            what += &format!(" over {}", gone.join(", "));
        }
        if !grouped.is_empty() {
            what += &format!(" of groups along {}", grouped.join(", "));
        }
        if self.how.weights.is_some() {
            what += ", weighted";
        }
        (what, vec![self.input.step()])
    }

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
        self.input.place()
    }

    fn read(&self, selection: &Selection) -> Result<NdArray> {
        selection.check(&self.shape)?;
        // What goes beyond a piece of the grid would hold as much of the input as it is wide.
        match Piecewise::of(self, selection) {
            Some(parts) => parts.read(&self.options),
            None => self.read_piece(selection),
        }
    }
}

impl ReduceSource {
    /// Bytes of the input.
    pub(super) fn input_bytes(&self) -> u64 {
        (self.input.len() * self.input.dtype().phys().and_then(Phys::width).unwrap_or(16)) as u64
    }

    /// Reads a selection of one piece of the grid.
    pub(super) fn read_piece(&self, selection: &Selection) -> Result<NdArray> {
        let mut asked: Vec<&Selector> = selection.selectors().iter().collect();
        if self.around {
            asked.reverse();
        }
        let mut asked = asked.into_iter();
        // Per input dimension: the stretches to read, the group of each position, the number of cells.
        let mut stretches = Vec::new();
        let mut groups: Vec<Option<Vec<u32>>> = Vec::new();
        let mut lengths = Vec::new();
        for (d, fate) in self.fates.iter().enumerate() {
            let n = self.input.shape()[d];
            match fate {
                Fate::Kept => {
                    let s = asked.next().ok_or_else(|| Error::internal("a selector is missing"))?;
                    let count = s.count(n).unwrap_or(1);
                    let one = if let Selector::At(i) = s { Selector::span(*i, 1) } else { s.clone() };
                    stretches.push(vec![Stretch { selector: one, before: 0, count }]);
                    groups.push(None);
                    lengths.push(count);
                }
                Fate::Reduced => {
                    let step = self.stretch[d].max(1);
                    let cut = |start: usize| Stretch {
                        selector: Selector::span(start, step.min(n - start)),
                        before: start,
                        count: step.min(n - start),
                    };
                    stretches.push((0..n).step_by(step).map(cut).collect());
                    groups.push(None);
                    lengths.push(1);
                }
                Fate::Grouped(all) => {
                    let s = asked.next().ok_or_else(|| Error::internal("a selector is missing"))?;
                    let wanted = positions(s, all.count());
                    let mut place = vec![u32::MAX; all.count()];
                    wanted.iter().enumerate().for_each(|(i, &g)| place[g] = i as u32);
                    if wanted.iter().enumerate().any(|(i, &g)| place[g] != i as u32) {
                        return Err(Error::unsupported("the same group twice in one selection"));
                    }
                    let mine: Vec<usize> = (0..n).filter(|&p| all.of(p).is_some_and(|g| place[g] != u32::MAX)).collect();
                    groups.push(Some(mine.iter().map(|&p| place[all.of(p).unwrap_or(0)]).collect()));
                    let step = self.stretch[d].max(1);
                    let mut before = 0;
                    let mut cuts = Vec::new();
                    // `argmin` counts on from the first of a stretch.
                    let straight = matches!(self.how.agg, Agg::Argmin | Agg::Argmax);
                    for part in mine.chunk_by(|a, b| a / step == b / step && (!straight || *b == a + 1)) {
                        cuts.push(Stretch { selector: selector(part), before, count: part.len() });
                        before += part.len();
                    }
                    stretches.push(cuts);
                    lengths.push(wanted.len());
                }
            }
        }
        let whole =
            !matches!(self.input.dtype().phys(), Some(Phys::F32 | Phys::F64)) && stays_whole(self.how.agg) && self.how.weights.is_none();
        let turned = whole && self.input.dtype().phys() == Some(Phys::U64) && !matches!(self.how.agg, Agg::Sum | Agg::Prod);
        let mut source = self.clone();
        if let Some(apart) = self.apart.as_ref().filter(|_| !self.input.is_empty()) {
            source.input = apart.input(&self.input, &self.options)?;
        }
        let work = Arc::new(Work { source, stretches, whole, turned });
        let array = self.run(&work, &groups, &lengths)?;
        let mut shape: Vec<usize> = selection.shape(&self.shape);
        if !self.around {
            return array.reshape(&shape);
        }
        shape.reverse();
        let axes: Vec<usize> = (0..shape.len()).rev().collect();
        array.reshape(&shape)?.transpose(&axes)?.to_contiguous()
    }

    fn run(&self, work: &Arc<Work>, groups: &[Option<Vec<u32>>], lengths: &[usize]) -> Result<NdArray> {
        let cells: usize = lengths.iter().product();
        let strides = c_strides(lengths);
        let visits = visits(&work.stretches, &self.fates, groups, lengths);
        let along = matches!(self.fates.last(), Some(Fate::Reduced));
        let most = visits.iter().copied().max().unwrap_or(0);
        let bytes = cells.saturating_mul(Cells::bytes_per_cell(self.how.agg, along, most, self.how.weights.is_some()));
        let grouped = groups.iter().any(Option::is_some);
        let _booked = match self.options.budget.reserve(bytes, "the results of a reduction") {
            Ok(booked) => booked,
            Err(_) if matches!(self.how.agg, Agg::Nunique | Agg::Mode) => return self.in_runs(work, groups, &strides, lengths, &visits),
            Err(why) => {
                let state = self.in_passes(why, work, groups, &strides, &visits)?;
                return self.finished(state, &visits, grouped, work.turned, lengths);
            }
        };
        if let Some((d, length)) = self.segments {
            let state = self.in_segments((d, length), work, (cells, along, &visits), &strides)?;
            return self.finished(state, &visits, false, work.turned, lengths);
        }
        let mut state = Cells::new(self.how.agg, cells, work.whole, self.how.weights.is_some(), along, &visits)?;
        let weights = self.how.weights.as_ref().map(|w| w.strides(self.input.dims())).transpose()?;
        let mut take = |i: usize, loaded: &Loaded| {
            let block = work.block(i);
            feed(
                &mut state,
                loaded,
                &block,
                &self.fates,
                groups,
                &strides,
                self.how.weights.as_ref().zip(weights.as_deref()),
                self.input.shape(),
            );
        };
        if self.input.shape().contains(&0) || work.blocks() == 0 {
            // Nothing to take.
        } else if self.grid.count() >= 2 * self.options.workers() {
            // Other blocks of the result keep the other threads busy: here a block is decoded and taken while it is in the cache.
            for i in 0..work.blocks() {
                take(i, &work.read(i)?);
            }
        } else {
            for item in Ordered::new(Reading(work.clone()), &self.reading_options()) {
                let (i, loaded) = item?;
                take(i, &loaded);
            }
        }
        self.finished(state, &visits, grouped, work.turned, lengths)
    }

    /// The options of readers: they tell how far they are where the result is one block, else those who ask for the blocks tell.
    pub(super) fn reading_options(&self) -> ExecOptions {
        ExecOptions { progress: self.options.progress.clone().filter(|_| self.grid.count() == 1), ..self.options.clone() }
    }

    pub(super) fn finished(&self, state: Cells, visits: &[u64], grouped: bool, turned: bool, lengths: &[usize]) -> Result<NdArray> {
        let how = Finish {
            visits,
            ddof: self.how.ddof,
            skip_missing: self.how.skip_missing,
            min_count: self.how.min_count,
            grouped,
            corrected: false,
        };
        to_array(state.finish(&how)?, &self.dtype, turned, lengths)
    }
}

/// Whether an aggregate of whole numbers is found in whole numbers.
fn stays_whole(agg: Agg) -> bool {
    matches!(agg, Agg::Sum | Agg::Prod | Agg::Min | Agg::Max | Agg::First | Agg::Last | Agg::Argmin | Agg::Argmax | Agg::Mode)
}

fn c_strides(shape: &[usize]) -> Vec<usize> {
    let mut strides = vec![1; shape.len()];
    for d in (1..shape.len()).rev() {
        strides[d - 1] = strides[d] * shape[d];
    }
    strides
}

/// How many values each cell is given.
fn visits(stretches: &[Vec<Stretch>], fates: &[Fate], groups: &[Option<Vec<u32>>], lengths: &[usize]) -> Vec<u64> {
    let mut out = vec![1u64];
    for (d, fate) in fates.iter().enumerate() {
        let total: u64 = stretches[d].iter().map(|s| s.count as u64).sum();
        let factors: Vec<u64> = match (fate, &groups[d]) {
            (Fate::Kept, _) => vec![1; lengths[d]],
            (_, Some(of)) => {
                let mut counts = vec![0u64; lengths[d]];
                of.iter().for_each(|&g| counts[g as usize] += 1);
                counts
            }
            _ => vec![total],
        };
        out = out.iter().flat_map(|v| factors.iter().map(move |f| v * f)).collect();
    }
    out
}

/// Gives a block to the accumulators, run by run along its last axes.
#[allow(clippy::too_many_arguments)]
pub(super) fn feed(
    state: &mut impl Take,
    loaded: &Loaded,
    block: &[&Stretch],
    fates: &[Fate],
    groups: &[Option<Vec<u32>>],
    strides: &[usize],
    weights: Option<(&Weights, &[usize])>,
    input: &[usize],
) {
    let rank = block.len();
    let shape: Vec<usize> = block.iter().map(|s| s.count).collect();
    if shape.contains(&0) {
        return;
    }
    // Dimensions that stay at the end are one run; without weights that differ along it.
    let mut inner = rank;
    let mut length = 1;
    while inner > 0 && matches!(fates[inner - 1], Fate::Kept) && (weights.is_none() || inner == rank) {
        inner -= 1;
        length *= shape[inner];
    }
    let last = if inner == rank && rank > 0 { Some(rank - 1) } else { None };
    if let Some(d) = last {
        inner = d;
        length = shape[d];
    }
    let wide = c_strides(&shape);
    let reduced: Vec<usize> = (0..rank).filter(|&d| !matches!(fates[d], Fate::Kept)).collect();
    let mut index = vec![0usize; inner];
    let outer: usize = shape[..inner].iter().product();
    // Where runs stay, all that comes to the cells of a piece is taken while these are in the cache; others are taken whole, in order.
    let piece = if last.is_none() { PIECE } else { length };
    for from in (0..length).step_by(piece) {
        let to = length.min(from + piece);
        for _ in 0..outer {
            // Where the run is in the block, and which cells it belongs to.
            let (mut at, mut cell, mut weight) = (0, 0, 0);
            for d in 0..inner {
                at += index[d] * wide[d];
                match (&fates[d], &groups[d]) {
                    (Fate::Kept, _) => cell += index[d] * strides[d],
                    (_, Some(of)) => cell += of[block[d].before + index[d]] as usize * strides[d],
                    _ => (),
                }
                if let Some((_, w)) = weights {
                    weight += block[d].selector.position(index[d]) * w[d];
                }
            }
            // The position over all dimensions that go, as `argmin` counts it.
            let position = reduced.iter().fold(0u64, |p, &d| {
                let i = if d < inner { index[d] } else { 0 };
                p * input[d] as u64 + block[d].selector.position(i) as u64
            });
            let step = last.is_some_and(|d| !matches!(fates[d], Fate::Kept)) as u64;
            for start in (from..to).step_by(PIECE) {
                let n = PIECE.min(to - start);
                let place = match last.map(|d| (d, &fates[d])) {
                    Some((d, Fate::Grouped(_))) => {
                        let first = block[d].before + start;
                        Where::Scatter { cell, stride: strides[d], groups: groups[d].as_deref().map_or(&[], |g| &g[first..first + n]) }
                    }
                    Some((d, Fate::Reduced)) if state.lanes() == LANES => Where::Lanes { cell, lane: block[d].before + start },
                    Some((_, Fate::Reduced)) => Where::One(cell),
                    _ => Where::Across(cell + start),
                };
                let run_weights: Option<Vec<f64>> = weights.map(|(values, w)| match last.or(rank.checked_sub(1)).map(|d| (d, w[d])) {
                    Some((d, along)) if along != 0 => {
                        (start..start + n).map(|i| values.values()[weight + block[d].selector.position(i) * along]).collect()
                    }
                    _ => vec![values.values()[weight]],
                });
                let first = (position + start as u64 * step, step);
                loaded.with_run(at + start, n, |run: Run| state.take(run, &place, run_weights.as_deref(), first));
            }
            for d in (0..inner).rev() {
                index[d] += 1;
                if index[d] < shape[d] {
                    break;
                }
                index[d] = 0;
            }
        }
    }
}

/// Values that are converted at a time: they stay in the first-level cache.
const PIECE: usize = 2048;

/// Results in the type that they are promised in.
pub(super) fn to_array(found: Found, dtype: &DType, turned: bool, shape: &[usize]) -> Result<NdArray> {
    let phys = dtype.phys().ok_or_else(|| Error::internal("a result without a plain type"))?;
    match found {
        Found::Float(x) => match phys {
            Phys::F32 => NdArray::from_vec(x.into_iter().map(|x| x as f32).collect::<Vec<f32>>(), shape),
            Phys::F64 => NdArray::from_vec(x, shape),
            _ => Err(Error::internal(format!("{dtype} from floating numbers"))),
        },
        Found::Whole(x, valid) => {
            macro_rules! narrow {
                ($t:ty) => {
                    NdArray::from_buffer(Buffer::from_vec(x.into_iter().map(|v| v as $t).collect::<Vec<$t>>()), dtype.clone(), shape)?
                };
            }
            let array = match phys {
                Phys::U64 if turned => NdArray::from_vec(x.into_iter().map(super::load::turn_back).collect::<Vec<u64>>(), shape)?,
                Phys::U64 => narrow!(u64),
                Phys::I64 => NdArray::from_buffer(Buffer::from_vec(x), dtype.clone(), shape)?,
                Phys::I32 => narrow!(i32),
                Phys::I16 => narrow!(i16),
                Phys::I8 => narrow!(i8),
                Phys::U32 => narrow!(u32),
                Phys::U16 => narrow!(u16),
                Phys::U8 | Phys::Bool => narrow!(u8),
                _ => return Err(Error::internal(format!("{dtype} from whole numbers"))),
            };
            array.with_valid(valid.map(Buffer::from_vec))
        }
    }
}
