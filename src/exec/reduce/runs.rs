//! Different and most frequent values of cells with more values than fit: tallied by cell and value, by way of a temporary file.

use super::source::{Reading, ReduceSource, Work, feed, to_array};
use crate::error::Result;
use crate::exec::key::Ordered as _;
use crate::exec::ordered::Ordered;
use crate::exec::spill::Spill;
use crate::exec::tally::{Share, Tally};
use crate::kernel::agg::Agg;
use crate::kernel::cells::{Cells, Found, Place, Run, Take, of_total_key, total_key};
use crate::store::{ChunkSource, NdArray};
use std::sync::Arc;

impl ReduceSource {
    /// How many different values these cells have, or their most frequent ones.
    pub(super) fn in_runs(
        &self,
        work: &Arc<Work>,
        groups: &[Option<Vec<u32>>],
        strides: &[usize],
        lengths: &[usize],
        visits: &[u64],
    ) -> Result<NdArray> {
        let budget = &self.options.budget;
        let own = budget.limit() / 4;
        let _booked = budget.reserve_block(own, "a tally of values")?;
        let mut tally = Tally::new(Share::new(own, budget), &Spill::new());
        let mut missing = visits.to_vec();
        let mut keys = Keys(Vec::new());
        for item in Ordered::new(Reading(work.clone()), &self.reading_options()) {
            let (i, loaded) = item?;
            let block = work.block(i);
            let elements: usize = block.iter().map(|s| s.count).product();
            let _booked = budget.reserve_block(size_of::<u128>() * elements, "values and their cells")?;
            keys.0.clear();
            feed(&mut keys, &loaded, &block, &self.fates, groups, strides, None, self.input.shape());
            keys.0.iter().for_each(|key| missing[(key >> 64) as usize] -= 1);
            tally.update(&keys.0)?;
        }
        let number = |key: u64| if work.whole { whole_of_key(key) as f64 } else { of_total_key(key) };
        let mut different = vec![0i64; visits.len()];
        // The most frequent value of each cell, and how often it stands; of equally frequent ones the smallest, which comes first.
        let mut most: Vec<Option<(u64, u64)>> = vec![None; visits.len()];
        let mut last: Option<(usize, u64, u64)> = None;
        tally.finish(|key, count| {
            let (cell, key) = ((key >> 64) as usize, key as u64);
            last = match last {
                // Both zeros are one value, and it is the one that comes first.
                Some((c, k, n)) if c == cell && !work.whole && number(k) == number(key) => Some((c, k, n + count)),
                _ => {
                    different[cell] += 1;
                    Some((cell, key, count))
                }
            };
            if let Some((_, key, count)) = last
                && most[cell].is_none_or(|(_, n)| count > n)
            {
                most[cell] = Some((key, count));
            }
            Ok(())
        })?;
        let agg = self.how.agg;
        if agg == Agg::Nunique {
            return to_array(Found::Whole(different, None), self.dtype(), false, lengths);
        }
        let most = most.into_iter().map(|m| m.map(|(key, _)| key));
        let cells = match work.whole {
            true => Cells::known_wholes(agg, most.map(|key| key.map(whole_of_key)).collect(), missing),
            false => Cells::known_floats(agg, most.map(|key| key.map(of_total_key)).collect(), missing),
        };
        self.finished(cells, visits, groups.iter().any(Option::is_some), work.turned, lengths)
    }
}

/// The whole number that a key stands for.
fn whole_of_key(key: u64) -> i64 {
    (key ^ 1 << 63) as i64
}

/// Values that are there: the cell in the upper half, the value as a number of the same order in the lower one.
struct Keys(Vec<u128>);

impl Keys {
    fn put(&mut self, cell: usize, key: u64) {
        self.0.push((cell as u128) << 64 | key as u128);
    }
}

impl Take for Keys {
    fn lanes(&self) -> usize {
        1
    }

    fn take(&mut self, run: Run, place: &Place, _weights: Option<&[f64]>, _position: (u64, u64)) {
        match run {
            Run::Float(x) => place.each(x.len(), |i, cell| {
                if !x[i].is_nan() {
                    self.put(cell, total_key(x[i]));
                }
            }),
            Run::Whole(x, valid) => place.each(x.len(), |i, cell| {
                if valid.is_none_or(|v| v[i] != 0) {
                    self.put(cell, x[i].key());
                }
            }),
        }
    }
}
