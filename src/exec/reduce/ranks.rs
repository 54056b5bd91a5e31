//! Quantiles of cells with more values than fit: found in several passes over the input, which only count.

use super::load::Loaded;
use super::source::{Reading, ReduceSource, Work, feed};
use crate::error::{Error, Result};
use crate::exec::ordered::{Ordered, Parts};
use crate::kernel::cells::{Cells, Pass, Ranks};
use std::sync::Arc;

/// Elements that are counted apart, and then added to the others.
const PART: usize = 1 << 23;

impl ReduceSource {
    /// The quantiles of these cells; what stood in the way of holding their values, if they are no quantiles or there is room for nothing.
    pub(super) fn in_passes(
        &self,
        why: Error,
        work: &Arc<Work>,
        groups: &[Option<Vec<u32>>],
        strides: &[usize],
        visits: &[u64],
    ) -> Result<Cells> {
        let workers = self.options.workers();
        let room = self.options.budget.limit() / 4 / (workers + 2);
        let plain = self.how.agg.probability().is_some() && self.how.weights.is_none();
        let Some(mut ranks) = Ranks::new(self.how.agg, visits, room).filter(|_| plain) else { return Err(why) };
        let side_by_side = self.grid.count() < 2 * workers;
        while !ranks.is_found() {
            let shared = Arc::new(ranks);
            let held = shared.bytes() * if side_by_side { workers + 1 } else { 1 };
            let _booked = self.options.budget.reserve_block(held, "the counts of a quantile")?;
            let mut whole = shared.pass();
            let counting = Counting { work: work.clone(), ranks: shared.clone(), groups: groups.to_vec(), strides: strides.to_vec() };
            if side_by_side {
                Ordered::new(counting, &self.reading_options()).try_for_each(|part| part.map(|part| whole.merge(part)))?;
            } else {
                // Other blocks of the result keep the other threads busy.
                (0..work.blocks()).try_for_each(|i| work.read(i).map(|loaded| counting.take(&mut whole, i, &loaded)))?;
            }
            ranks = Arc::unwrap_or_clone(shared).after(whole);
        }
        Ok(ranks.into_cells())
    }
}

/// One pass over all values, in parts of several blocks.
struct Counting {
    work: Arc<Work>,
    ranks: Arc<Ranks>,
    groups: Vec<Option<Vec<u32>>>,
    strides: Vec<usize>,
}

impl Counting {
    fn take(&self, pass: &mut Pass, block: usize, loaded: &Loaded) {
        let source = &self.work.source;
        feed(pass, loaded, &self.work.block(block), &source.fates, &self.groups, &self.strides, None, source.input.shape());
    }

    /// Blocks of a part.
    fn several(&self) -> usize {
        let elements: usize = self.work.block(0).iter().map(|s| s.count).product();
        (PART / elements.max(1)).max(1)
    }

    fn blocks(&self, part: usize) -> std::ops::Range<usize> {
        let several = self.several();
        part * several..((part + 1) * several).min(self.work.blocks())
    }
}

impl Parts for Counting {
    type Item = Pass;
    fn parts(&self) -> usize {
        if self.work.blocks() == 0 { 0 } else { self.work.blocks().div_ceil(self.several()) }
    }
    fn open(&self, part: usize) -> Result<Box<dyn Iterator<Item = Result<Pass>> + Send>> {
        let mut pass = self.ranks.pass();
        for block in self.blocks(part) {
            self.take(&mut pass, block, &self.work.read(block)?);
        }
        Ok(Box::new(std::iter::once(Ok(pass))))
    }
    fn weight(&self, item: &Pass) -> usize {
        item.bytes()
    }
    fn progress(&self, part: usize) -> u64 {
        self.blocks(part).map(|block| Reading(self.work.clone()).progress(block)).sum()
    }
}
