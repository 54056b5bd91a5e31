//! What was made of all values of a group.

use super::rows::group_slices;
use crate::kernel::agg::{Agg, between, quantile_ranks};
use crate::kernel::group::OrderKey;
use crate::store::Column;
use hashbrown::HashMap;
use rayon::prelude::*;

/// One result for each group of a partition.
#[derive(Debug)]
pub(super) enum Held {
    Numbers(Vec<f64>),
    Keys(Vec<u64>),
    Wide(Vec<u128>),
    Values(Column),
}

/// The numbers that rows of a part have in the whole table.
#[derive(Debug)]
pub(super) enum Numbers {
    /// One for each row.
    All(Vec<u64>),
    /// Of those rows that are asked for.
    Some(HashMap<u64, u64>),
}

impl Numbers {
    /// The number of a row.
    pub(super) fn of(&self, row: u64) -> u64 {
        match self {
            Numbers::All(all) => all[row as usize],
            Numbers::Some(some) => some.get(&row).copied().unwrap_or(row),
        }
    }
}

/// Aggregates that need all values of a group.
pub(super) fn per_group<K>(
    values: &mut [K],
    starts: &[usize],
    aggs: &[Agg],
    number: impl Fn(K) -> f64 + Sync,
    ranks: Option<&[u32]>,
    keep: impl Fn(Vec<K>) -> Held,
) -> Vec<Held>
where
    K: OrderKey + TryInto<usize>,
{
    let mut slices = group_slices(values, starts);
    if let [agg] = aggs
        && let Some(p) = agg.probability()
    {
        let one = |s: &mut &mut [K]| {
            if s.is_empty() {
                return f64::NAN;
            }
            let (low, high, weight) = quantile_ranks(p, s.len() as u64);
            let (_, &mut a, above) = s.select_nth_unstable(low as usize);
            let b = if high > low { above.iter().copied().min().unwrap_or(a) } else { a };
            between(number(a), number(b), weight)
        };
        return vec![Held::Numbers(slices.par_iter_mut().with_min_len(64).map(one).collect())];
    }
    slices.par_iter_mut().with_min_len(64).for_each(|s| s.sort_unstable());
    let rank = |k: K| match ranks {
        Some(r) => k.try_into().ok().and_then(|i| r.get(i)).copied().unwrap_or(u32::MAX),
        None => 0,
    };
    aggs.iter()
        .map(|agg| match agg.probability() {
            Some(p) => Held::Numbers(
                slices
                    .par_iter()
                    .with_min_len(64)
                    .map(|s| {
                        if s.is_empty() {
                            return f64::NAN;
                        }
                        let (low, high, weight) = quantile_ranks(p, s.len() as u64);
                        between(number(s[low as usize]), number(s[high as usize]), weight)
                    })
                    .collect(),
            ),
            None if *agg == Agg::Nunique => {
                let count = |s: &&mut [K]| s.chunk_by(|a, b| a == b).count() as f64;
                Held::Numbers(slices.par_iter().with_min_len(64).map(count).collect())
            }
            None => {
                let mode = |s: &&mut [K]| {
                    let mut best: Option<(usize, K)> = None;
                    for run in s.chunk_by(|a, b| a == b) {
                        let wins = best.is_none_or(|(n, k)| run.len() > n || run.len() == n && rank(run[0]) < rank(k));
                        if wins {
                            best = Some((run.len(), run[0]));
                        }
                    }
                    best.map_or(K::default(), |b| b.1)
                };
                keep(slices.par_iter().with_min_len(64).map(mode).collect())
            }
        })
        .collect()
}
