//! What depends on neighbouring rows: windows, running totals, ranks.
//!
//! Windows move forwards and cost a constant number of steps per row whatever their width (quantiles: its logarithm). Rows are
//! worked on in stretches whose length follows from the input alone, so results are the same bits for any number of threads.

mod bounds;
mod cumulative;
mod ewm;
mod ordered;
mod rank;
mod sliding;
mod width;

pub use bounds::{Bounds, least_stretch};
pub use cumulative::{Cumulative, Running, cumulate, running_dtype};
pub use ewm::{Decay, Ewm, EwmStat};
pub use rank::{Ranking, rank};
pub use width::{Width, Windowing, roll, roll_some, window_dtype};

use super::agg::Agg;
use crate::error::{Error, Result};
use std::ops::Range;

/// How windows are summed up.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rolling {
    /// What is computed.
    pub agg: Agg,
    /// So many values must be there (`count`: rows), else the result is missing.
    pub min_count: usize,
    /// What is taken from the count in variances.
    pub ddof: u64,
}

/// The aggregations that windows have.
pub const WINDOW_AGGS: [Agg; 13] = [
    Agg::Count,
    Agg::Sum,
    Agg::Mean,
    Agg::Std,
    Agg::Var,
    Agg::Sem,
    Agg::Min,
    Agg::Max,
    Agg::Median,
    Agg::First,
    Agg::Last,
    Agg::Skew,
    Agg::Kurt,
];

/// Refuses aggregations that windows do not have.
///
/// # Errors
/// Unsupported, with those that there are.
pub fn check(agg: Agg) -> Result<()> {
    if matches!(agg, Agg::Quantile(_)) || WINDOW_AGGS.contains(&agg) {
        return Ok(());
    }
    let names: Vec<String> = WINDOW_AGGS.iter().map(Agg::to_string).collect();
    Err(Error::unsupported(format!("{agg} over windows")).help(format!("windows have {} and quantiles (q0.9)", names.join(" "))))
}

/// One result per row from the values in its window; NaN is missing, in and out.
///
/// # Errors
/// Unsupported, for an aggregation that windows do not have.
pub fn rolling(values: &[f64], bounds: &Bounds, how: &Rolling) -> Result<Vec<f64>> {
    stretches(values, bounds, how, (0..values.len(), bounds.stretch(values.len())))
}

/// The same for some rows, as one stretch.
///
/// # Errors
/// As [`rolling`].
pub fn rolling_some(values: &[f64], bounds: &Bounds, how: &Rolling, rows: Range<usize>) -> Result<Vec<f64>> {
    let stretch = rows.len().max(1);
    stretches(values, bounds, how, (rows, stretch))
}

fn stretches(values: &[f64], bounds: &Bounds, how: &Rolling, (rows, stretch): (Range<usize>, usize)) -> Result<Vec<f64>> {
    check(how.agg)?;
    let mut out = vec![f64::NAN; rows.len()];
    let along = Along { values, bounds, first: rows.start, stretch };
    match how.agg {
        Agg::Median => ordered::quantiles(&along, 0.5, how.min_count, &mut out),
        Agg::Quantile(p) => ordered::quantiles(&along, p, how.min_count, &mut out),
        _ => sliding::slide_all(&along, how, &mut out),
    }
    Ok(out)
}

/// What windows go along: from row `first` on, in stretches.
struct Along<'a> {
    values: &'a [f64],
    bounds: &'a Bounds,
    first: usize,
    stretch: usize,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values over several orders of magnitude, some missing.
    fn values(n: usize) -> Vec<f64> {
        let mut state = 7u64;
        let mut next = move || {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (state >> 33) as f64 / (1u64 << 31) as f64
        };
        (0..n).map(|_| if next() < 0.1 { f64::NAN } else { (next() - 0.5) * 10f64.powi((next() * 9.0) as i32) }).collect()
    }

    fn naive(window: &[f64], agg: Agg) -> f64 {
        let mut v: Vec<f64> = window.iter().copied().filter(|x| !x.is_nan()).collect();
        let n = v.len() as f64;
        let mean = v.iter().sum::<f64>() / n;
        match agg {
            Agg::Sum => v.iter().sum(),
            Agg::Mean => mean,
            Agg::Var => v.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (n - 1.0),
            Agg::Min => v.iter().copied().fold(f64::INFINITY, f64::min),
            Agg::Max => v.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            Agg::Last => v[v.len() - 1],
            _ => {
                v.sort_by(f64::total_cmp);
                let p = agg.probability().unwrap_or(0.5);
                let (a, b, w) = super::super::agg::quantile_ranks(p, v.len() as u64);
                super::super::agg::between(v[a as usize], v[b as usize], w)
            }
        }
    }

    #[test]
    fn windows_of_any_width_are_those_of_the_formula() {
        let v = values(700);
        for size in [1, 2, 7, 64, 300, 1000] {
            for center in [false, true] {
                let bounds = Bounds::rows(size, center);
                for agg in [Agg::Sum, Agg::Mean, Agg::Var, Agg::Min, Agg::Max, Agg::Last, Agg::Median, Agg::Quantile(0.9)] {
                    let least = if agg == Agg::Var { 2 } else { 1 };
                    let out = rolling(&v, &bounds, &Rolling { agg, min_count: least, ddof: 1 }).unwrap();
                    for (i, &got) in out.iter().enumerate() {
                        let window = &v[bounds.range(i, v.len())];
                        let scale: f64 = window.iter().filter(|x| !x.is_nan()).map(|x| x.abs()).sum();
                        if window.iter().filter(|x| !x.is_nan()).count() < least {
                            assert!(got.is_nan(), "{agg} {size} {i}");
                            continue;
                        }
                        let want = naive(window, agg);
                        let scale = if agg == Agg::Var { want.abs() } else { scale };
                        assert!((got - want).abs() <= 1e-12 * scale + 1e-300, "{agg} {size} {i}: {got} {want}");
                    }
                }
            }
        }
    }

    #[test]
    fn windows_across_stretches_are_the_same() {
        let n = 150_000;
        let v: Vec<f64> = (0..n).map(|i| (i % 1000) as f64).collect();
        let out = rolling(&v, &Bounds::rows(1000, false), &Rolling { agg: Agg::Sum, min_count: 1000, ddof: 1 }).unwrap();
        assert!(out[..999].iter().all(|x| x.is_nan()) && out[999..].iter().all(|x| *x == 499_500.0));
        let out = rolling(&v, &Bounds::rows(1000, false), &Rolling { agg: Agg::Median, min_count: 1000, ddof: 1 }).unwrap();
        assert!(out[999..].iter().all(|x| *x == 499.5));
    }

    #[test]
    fn every_aggregation_named_is_computed() {
        for agg in WINDOW_AGGS {
            let out = rolling(&[1.0, 2.0, 4.0, 3.0], &Bounds::rows(4, false), &Rolling { agg, min_count: 1, ddof: 1 }).unwrap();
            assert!(!out[3].is_nan(), "{agg}");
            assert!(rolling(&[], &Bounds::rows(4, false), &Rolling { agg, min_count: 0, ddof: 1 }).unwrap().is_empty());
        }
        assert!(rolling(&[1.0], &Bounds::Expanding, &Rolling { agg: Agg::Mode, min_count: 1, ddof: 1 }).is_err());
    }
}
