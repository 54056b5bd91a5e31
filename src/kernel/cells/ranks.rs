//! Quantiles of cells whose values are too many to be held: found by counting. Each pass over the values counts, of those whose leading bits
//! are known to be those of the wanted one, what the next bits are; when few are left, they are taken and put in order.

use super::finish::quantile_between;
use super::{Cells, Place, Run, Take};
use crate::kernel::agg::{Agg, quantile_ranks};
use std::sync::Arc;

/// Bits that a pass finds, at most and at least.
const MOST_BITS: u32 = 16;
const LEAST_BITS: u32 = 4;

/// A number in the order of `total_cmp`.
pub fn total_key(x: f64) -> u64 {
    let bits = x.to_bits();
    bits ^ if bits >> 63 == 1 { u64::MAX } else { 1 << 63 }
}

/// Back.
pub fn of_total_key(key: u64) -> f64 {
    f64::from_bits(key ^ if key >> 63 == 1 { 1 << 63 } else { u64::MAX })
}

/// Numbers that have the same leading bits, among which one is sought.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Range {
    /// The leading bits, and zeros.
    first: u64,
    /// The rank, in this range, of what is sought.
    rank: u64,
    /// How many numbers it has.
    count: u64,
}

/// What is known of the quantiles of some cells, and what is to be looked for next.
#[derive(Clone, Debug)]
pub struct Ranks {
    agg: Agg,
    /// How many values each cell is given, and how many of them are no missing ones: known after the first pass.
    visits: Vec<u64>,
    there: Option<Vec<u64>>,
    /// For each cell, where the values below and above its quantile lie; the same one where that is not yet known apart.
    ranges: Vec<[Range; 2]>,
    /// Bits that are not known.
    open: u32,
    /// Bits that a pass finds.
    bits: u32,
    /// Numbers that may be held.
    most: u64,
}

/// One pass, or a part of it.
#[derive(Debug)]
pub struct Pass {
    ranks: Arc<Ranks>,
    mask: u64,
    counts: Vec<u64>,
    /// The numbers themselves, where they are few.
    taken: Vec<Vec<u64>>,
    takes: bool,
}

impl Ranks {
    /// For quantiles of cells that are given so many values each; within about so many bytes for each of several passes that run side by
    /// side. `None` where they do not do.
    pub fn new(agg: Agg, visits: &[u64], bytes: usize) -> Option<Ranks> {
        let each = bytes / 2 / 8 / (2 * visits.len()).max(1);
        let bits = each.checked_ilog2().unwrap_or(0).min(MOST_BITS);
        let whole = Range { first: 0, rank: 0, count: u64::MAX };
        (bits >= LEAST_BITS).then(|| Ranks {
            agg,
            visits: visits.to_vec(),
            there: None,
            ranges: vec![[whole; 2]; visits.len()],
            open: 64,
            bits,
            most: (bytes / 2 / 8) as u64,
        })
    }

    /// Bytes that a pass holds.
    pub fn bytes(&self) -> usize {
        if self.takes() { self.left() as usize * 8 } else { (self.ranges.len() * 16) << self.width() }
    }

    /// Whether nothing is left to look for.
    pub fn is_found(&self) -> bool {
        self.there.is_some() && (self.open == 0 || self.left() == 0)
    }

    /// Numbers in all ranges.
    fn left(&self) -> u64 {
        let own = |[a, b]: &[Range; 2]| if a.first == b.first { a.count } else { a.count.saturating_add(b.count) };
        self.ranges.iter().map(own).fold(0, u64::saturating_add)
    }

    fn takes(&self) -> bool {
        self.there.is_some() && self.left() <= self.most
    }

    /// Bits that the next pass finds.
    fn width(&self) -> u32 {
        self.bits.min(self.open)
    }

    /// Goes on with what all values say.
    pub fn after(mut self, pass: Pass) -> Ranks {
        if pass.takes {
            return self.settled(pass.taken);
        }
        let (width, rest) = (self.width(), self.open - self.width());
        let bins = 1 << width;
        if self.there.is_none() {
            let there: Vec<u64> = pass.counts.chunks_exact(2 * bins).map(|counts| counts.iter().sum()).collect();
            for (of, &n) in self.ranges.iter_mut().zip(&there) {
                let (below, above, _) = quantile_ranks(self.agg.probability().unwrap_or(0.5), n);
                *of = [below, above].map(|rank| Range { first: 0, rank, count: n });
            }
            self.there = Some(there);
        }
        for ([low, high], counts) in self.ranges.iter_mut().zip(pass.counts.chunks_exact(2 * bins)) {
            let (of_low, of_high) = counts.split_at(bins);
            let apart = low.first != high.first;
            *low = low.within(of_low, rest);
            *high = high.within(if apart { of_high } else { of_low }, rest);
        }
        self.open = rest;
        self
    }

    /// Puts what is left of each range in order.
    fn settled(mut self, taken: Vec<Vec<u64>>) -> Ranks {
        let mut taken = taken.into_iter();
        for [low, high] in &mut self.ranges {
            let [mut of_low, mut of_high] = [taken.next(), taken.next()].map(Option::unwrap_or_default);
            of_low.sort_unstable();
            of_high.sort_unstable();
            let apart = low.first != high.first;
            low.is(&of_low);
            high.is(if apart { &of_high } else { &of_low });
        }
        self.open = 0;
        self
    }

    /// The accumulators that hold the quantiles.
    pub fn into_cells(self) -> Cells {
        let there = self.there.unwrap_or_else(|| vec![0; self.visits.len()]);
        let missing = self.visits.iter().zip(&there).map(|(visits, n)| visits - n).collect();
        let value = |([low, high], n): (&[Range; 2], &u64)| {
            let weight = quantile_ranks(self.agg.probability().unwrap_or(0.5), *n).2;
            (*n > 0).then(|| quantile_between(self.agg, of_total_key(low.first), of_total_key(high.first), weight))
        };
        let values = self.ranges.iter().zip(&there).map(value).collect();
        Cells::known_floats(self.agg, values, missing)
    }

    /// A pass over the values, or over some of them.
    pub fn pass(self: &Arc<Ranks>) -> Pass {
        let takes = self.takes();
        Pass {
            mask: u64::MAX.checked_shl(self.open).unwrap_or(0),
            counts: if takes { Vec::new() } else { vec![0; (self.ranges.len() * 2) << self.width()] },
            taken: if takes { vec![Vec::new(); 2 * self.ranges.len()] } else { Vec::new() },
            takes,
            ranks: self.clone(),
        }
    }
}

impl Range {
    /// The smaller range, of which `counts` say how many numbers each has, with this many bits open.
    fn within(self, counts: &[u64], open: u32) -> Range {
        let mut rank = self.rank;
        for (i, &count) in counts.iter().enumerate() {
            if rank < count {
                return Range { first: self.first | (i as u64) << open, rank, count };
            }
            rank -= count;
        }
        Range { count: 0, ..self }
    }

    /// The number itself, out of all of the range in order.
    fn is(&mut self, keys: &[u64]) {
        if let Some(&found) = keys.get(self.rank as usize) {
            self.first = found;
        }
    }
}

impl Pass {
    /// Adds what another part of the same pass found.
    pub fn merge(&mut self, other: Pass) {
        self.counts.iter_mut().zip(other.counts).for_each(|(a, b)| *a += b);
        self.taken.iter_mut().zip(other.taken).for_each(|(a, mut b)| a.append(&mut b));
    }

    /// Bytes that it holds.
    pub fn bytes(&self) -> usize {
        8 * (self.counts.len() + self.taken.iter().map(Vec::len).sum::<usize>())
    }
}

impl Take for Pass {
    fn lanes(&self) -> usize {
        1
    }

    fn take(&mut self, run: Run, place: &Place, _weights: Option<&[f64]>, _position: (u64, u64)) {
        let Run::Float(run) = run else { return };
        let (width, mask) = (self.ranks.width(), self.mask);
        let (rest, last) = (self.ranks.open - width, (1u64 << width) - 1);
        // The range of a number: one of the two of its cell.
        let range = |x: f64, key: u64, cell: usize| {
            let [low, high] = &self.ranks.ranges[cell];
            match key & mask {
                _ if x.is_nan() => None,
                first if first == low.first => Some(2 * cell),
                first if first == high.first => Some(2 * cell + 1),
                _ => None,
            }
        };
        if self.takes {
            let taken = &mut self.taken;
            return place.each(run.len(), |i, cell| {
                let key = total_key(run[i]);
                if let Some(range) = range(run[i], key, cell) {
                    taken[range].push(key);
                }
            });
        }
        let counts = &mut self.counts;
        place.each(run.len(), |i, cell| {
            let key = total_key(run[i]);
            if let Some(range) = range(run[i], key, cell) {
                counts[(range << width) + ((key >> rest) & last) as usize] += 1;
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::cells::{Finish, Found};

    fn random(i: u64) -> u64 {
        let z = (i + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z ^ (z >> 27)
    }

    /// Numbers of many magnitudes and both signs, or of few values; some are missing.
    fn values(kind: u64, n: u64) -> Vec<f64> {
        let value = |i: u64| match kind {
            _ if random(i + 7).is_multiple_of(9) => f64::NAN,
            0 => (random(i) as i64 as f64) * 10f64.powi((random(i + 1) % 21) as i32 - 10),
            1 => (random(i) % 3) as f64 - 1.0,
            2 => [0.0, -0.0, f64::INFINITY, f64::NEG_INFINITY][(random(i) % 4) as usize],
            _ => 1.0 + random(i) as f64 * f64::EPSILON / 1e14,
        };
        (0..n).map(value).collect()
    }

    fn results(state: Cells, visits: &[u64]) -> Vec<u64> {
        let how = Finish { visits, ddof: 0, skip_missing: true, min_count: 0, grouped: false, corrected: false };
        let Found::Float(found) = state.finish(&how).unwrap() else { panic!("whole numbers") };
        found.into_iter().map(f64::to_bits).collect()
    }

    /// The cell of each value, and how many each is given.
    fn groups(n: usize, cells: usize) -> (Vec<u32>, Vec<u64>) {
        let groups: Vec<u32> = (0..n).map(|i| (i % cells) as u32).collect();
        let visits = (0..cells).map(|c| groups.iter().filter(|g| **g == c as u32).count() as u64).collect();
        (groups, visits)
    }

    /// What is found, and in how many passes.
    fn by_counting(agg: Agg, x: &[f64], cells: usize, bytes: usize) -> (Vec<u64>, usize) {
        let (groups, visits) = groups(x.len(), cells);
        let mut ranks = Ranks::new(agg, &visits, bytes).unwrap();
        let mut passes = 0;
        while !ranks.is_found() {
            let shared = Arc::new(ranks);
            let mut whole = shared.pass();
            for (x, groups) in x.chunks(1000).zip(groups.chunks(1000)) {
                let mut part = shared.pass();
                part.take(Run::Float(x), &Place::Scatter { cell: 0, stride: 1, groups }, None, (0, 1));
                whole.merge(part);
            }
            ranks = (*shared).clone().after(whole);
            passes += 1;
        }
        (results(ranks.into_cells(), &visits), passes)
    }

    fn by_order(agg: Agg, x: &[f64], cells: usize) -> Vec<u64> {
        let (groups, visits) = groups(x.len(), cells);
        let mut state = Cells::new(agg, cells, false, false, false, &visits).unwrap();
        state.take(Run::Float(x), &Place::Scatter { cell: 0, stride: 1, groups: &groups }, None, (0, 1));
        results(state, &visits)
    }

    #[test]
    fn counted_quantiles_are_those_of_ordered_values_bit_for_bit() {
        for kind in 0..4 {
            for (n, cells) in [(0, 1), (1, 1), (2, 1), (9, 3), (5000, 1), (5001, 7)] {
                let x = values(kind, n);
                for agg in [Agg::Median, Agg::Quantile(0.0), Agg::Quantile(0.3), Agg::Quantile(1.0)] {
                    // Little and much room: several passes, or few.
                    for bytes in [4000, 20_000, 2 << 20] {
                        let (found, passes) = by_counting(agg, &x, cells, bytes);
                        assert_eq!(found, by_order(agg, &x, cells), "{agg} of {n} values, {cells} cells, kind {kind}");
                        assert!(passes <= 16, "{passes}");
                    }
                }
            }
        }
    }
}
