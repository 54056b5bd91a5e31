//! Quantiles of windows: how many of each rank are in the window, in a tree of partial counts (Fenwick 1994).

use super::Along;
use crate::kernel::agg::{between, quantile_ranks};
use rayon::prelude::*;

/// Counts by rank.
struct Tree {
    counts: Vec<u32>,
    top: usize,
}

impl Tree {
    fn new(n: usize) -> Tree {
        Tree { counts: vec![0; n + 1], top: if n == 0 { 0 } else { 1 << n.ilog2() } }
    }

    fn add(&mut self, rank: u32, by: i32) {
        let mut i = rank as usize + 1;
        while i < self.counts.len() {
            self.counts[i] = self.counts[i].wrapping_add_signed(by);
            i += i & i.wrapping_neg();
        }
    }

    /// The rank of the `k`-th one (from 0) that is counted.
    fn find(&self, k: u64) -> usize {
        let (mut at, mut left, mut step) = (0, k + 1, self.top);
        while step > 0 {
            if at + step < self.counts.len() && (self.counts[at + step] as u64) < left {
                at += step;
                left -= self.counts[at] as u64;
            }
            step >>= 1;
        }
        at
    }
}

/// A rank that stands for a missing value.
const MISSING: u32 = u32::MAX;

pub(super) fn quantiles(along: &Along, probability: f64, min_count: usize, out: &mut [f64]) {
    let Along { values, bounds, first: begin, stretch } = *along;
    let least = min_count.max(1) as u64;
    out.par_chunks_mut(stretch).enumerate().for_each(|(i, out)| {
        let first = begin + i * stretch;
        let n = values.len();
        let low = bounds.range(first, n).start;
        let high = bounds.range(first + out.len() - 1, n).end.max(low);
        let here = &values[low..high];
        let mut order: Vec<u32> = (0..here.len() as u32).filter(|&i| !here[i as usize].is_nan()).collect();
        order.sort_by(|&a, &b| here[a as usize].total_cmp(&here[b as usize]));
        let mut ranks = vec![MISSING; here.len()];
        order.iter().enumerate().for_each(|(r, &i)| ranks[i as usize] = r as u32);
        let mut tree = Tree::new(order.len());
        let (mut start, mut end, mut count) = (low, low, 0u64);
        for (k, out) in out.iter_mut().enumerate() {
            let range = bounds.range(first + k, n);
            while end < range.end {
                if ranks[end - low] != MISSING {
                    tree.add(ranks[end - low], 1);
                    count += 1;
                }
                end += 1;
            }
            while start < range.start.min(end) {
                if ranks[start - low] != MISSING {
                    tree.add(ranks[start - low], -1);
                    count -= 1;
                }
                start += 1;
            }
            if count >= least {
                let (a, b, weight) = quantile_ranks(probability, count);
                let value = |k: u64| here[order[tree.find(k)] as usize];
                let low = value(a);
                *out = if weight == 0.0 { low } else { between(low, value(b), weight) };
            }
        }
    });
}
