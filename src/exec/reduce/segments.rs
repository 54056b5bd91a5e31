//! Many values to few cells: taken in segments, each with accumulators of its own, side by side.

use super::load::Loaded;
use super::source::{Fate, How, Reading, ReduceSource, Stretch, Work, feed};
use crate::array::Variable;
use crate::dtype::Phys;
use crate::error::Result;
use crate::exec::ordered::{Ordered, Parts};
use crate::kernel::cells::{Cells, LANES};
use crate::store::{Budget, NdArray, Selection, Selector};
use std::sync::Arc;

/// Values that are worth accumulators of their own.
const SEGMENT: usize = 1 << 21;

/// How values are taken in segments. This follows from the shapes alone: accumulators of segments are put together in order, so the bits of the
/// result depend neither on chunks nor on threads nor on the budget.
pub(super) fn segments(input: &Variable, fates: &[Fate], how: &How) -> Option<(usize, usize)> {
    let n = input.shape();
    let elements: usize = n.iter().product();
    let plain = fates.iter().all(|f| !matches!(f, Fate::Grouped(_)));
    if elements < 2 * SEGMENT || !plain || !Cells::can_merge(how.agg, how.weights.is_some()) {
        return None;
    }
    let gone = |d: &usize| matches!(fates[*d], Fate::Reduced);
    let cells: usize = (0..n.len()).filter(|d| !gone(d)).map(|d| n[d]).product();
    let along = fates.last().is_some_and(|f| matches!(f, Fate::Reduced));
    // All accumulators together stay little.
    let most = Budget::LITTLE / cells.saturating_mul(Cells::bytes_per_cell(how.agg, along, 0, false)).max(1);
    let d = (0..n.len()).filter(gone).find(|&d| n[d] >= 64).or_else(|| (0..n.len()).filter(gone).max_by_key(|&d| n[d]))?;
    let count = (elements / SEGMENT).min(most).min(n[d]).min(1024);
    // Runs along the last axis are taken in turns of eight.
    let length = n[d].div_ceil(count.max(1)).next_multiple_of(LANES);
    (count >= 2 && length < n[d]).then_some((d, length))
}

impl ReduceSource {
    /// Accumulators of all segments, put together in order.
    pub(super) fn in_segments(
        &self,
        (d, length): (usize, usize),
        work: &Arc<Work>,
        (cells, along, visits): (usize, bool, &[u64]),
        strides: &[usize],
    ) -> Result<Cells> {
        let n = self.input.shape()[d];
        let count = n.div_ceil(length);
        let (agg, whole, own) = (self.how.agg, work.whole, visits.to_vec());
        let fresh = move || Cells::new(agg, cells, whole, false, along, &own);
        let piece = self.input.cost().pieces.and_then(|p| p.get(d).copied()).unwrap_or(1);
        let apart = length.is_multiple_of(piece.max(1));
        let mut all: Option<Cells> = None;
        let mut merge = |next: Cells| match &mut all {
            Some(all) => all.merge(next),
            none => *none = Some(next),
        };
        if apart && self.grid.count() < 2 * self.options.workers() {
            // Each segment is read and taken by one thread, while it is in the cache.
            let parts = Segments { fresh: Box::new(fresh.clone()), work: work.clone(), d, length, strides: strides.to_vec() };
            for state in Ordered::new(parts, &self.reading_options()) {
                merge(state?);
            }
        } else {
            // Chunks lie across segments: what is read is cut where they end.
            let mut states: Vec<Option<Cells>> = (0..count).map(|_| None).collect();
            let none: Vec<Option<Vec<u32>>> = vec![None; self.fates.len()];
            let mut take = |i: usize, loaded: &NdArray| -> Result<()> {
                let block = work.block(i);
                let (before, all) = (block[d].before, block[d].count);
                let mut done = 0;
                while done < all {
                    let segment = (before + done) / length;
                    let now = (length - (before + done) % length).min(all - done);
                    let own = Stretch { selector: Selector::span(before + done, now), before: before + done, count: now };
                    let mut selectors = vec![Selector::All; block.len()];
                    selectors[d] = Selector::span(done, now);
                    let part = loaded.select(&Selection::new(selectors))?.to_contiguous()?;
                    let mut cut = block.clone();
                    cut[d] = &own;
                    let state = match &mut states[segment] {
                        Some(state) => state,
                        none => none.insert(fresh()?),
                    };
                    let loaded = Loaded::new(part, work.whole, work.turned);
                    feed(state, &loaded, &cut, &self.fates, &none, strides, None, self.input.shape());
                    done += now;
                }
                Ok(())
            };
            if self.grid.count() >= 2 * self.options.workers() {
                (0..work.blocks()).try_for_each(|i| take(i, work.read(i)?.array()))?;
            } else {
                for item in Ordered::new(Reading(work.clone()), &self.reading_options()) {
                    let (i, loaded) = item?;
                    take(i, loaded.array())?;
                }
            }
            states.into_iter().flatten().for_each(merge);
        }
        all.map_or_else(fresh, Ok)
    }
}

/// Segments, each taken whole.
struct Segments {
    work: Arc<Work>,
    d: usize,
    length: usize,
    strides: Vec<usize>,
    fresh: Box<dyn Fn() -> Result<Cells> + Send + Sync>,
}

impl Parts for Segments {
    type Item = Cells;
    fn parts(&self) -> usize {
        self.work.source.input.shape()[self.d].div_ceil(self.length)
    }
    fn open(&self, part: usize) -> Result<Box<dyn Iterator<Item = Result<Cells>> + Send>> {
        let source = &self.work.source;
        let n = source.input.shape()[self.d];
        let (first, end) = (part * self.length, ((part + 1) * self.length).min(n));
        let step = source.stretch[self.d].clamp(1, self.length);
        let mut stretches = self.work.stretches.clone();
        let cut = |start: usize| {
            let count = step.min(end - start);
            Stretch { selector: Selector::span(start, count), before: start, count }
        };
        stretches[self.d] = (first..end).step_by(step).map(cut).collect();
        let work = Work { source: source.clone(), stretches, whole: self.work.whole, turned: self.work.turned };
        let none: Vec<Option<Vec<u32>>> = vec![None; source.fates.len()];
        let mut state = (self.fresh)()?;
        for i in 0..work.blocks() {
            let loaded = work.read(i)?;
            feed(&mut state, &loaded, &work.block(i), &source.fates, &none, &self.strides, None, source.input.shape());
        }
        Ok(Box::new(std::iter::once(Ok(state))))
    }
    fn weight(&self, _item: &Cells) -> usize {
        Budget::LITTLE / self.parts().max(1)
    }
    fn progress(&self, part: usize) -> u64 {
        let input = &self.work.source.input;
        let count = self.length.min(input.shape()[self.d] - part * self.length);
        let others: usize = self
            .work
            .stretches
            .iter()
            .enumerate()
            .filter(|(d, _)| *d != self.d)
            .map(|(_, s)| s.iter().map(|s| s.count).sum::<usize>())
            .product();
        (count * others * input.dtype().phys().and_then(Phys::width).unwrap_or(16)) as u64
    }
}
