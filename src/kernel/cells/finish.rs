//! From accumulators to results.

use super::{Cells, Deviations, Kind, LANES};
use crate::error::{Error, Result};
use crate::kernel::agg::{Agg, between, quantile_ranks};

/// Results, one per cell.
#[derive(Clone, Debug, PartialEq)]
pub enum Found {
    /// Numbers; NaN is missing.
    Float(Vec<f64>),
    /// Whole numbers, with a byte for each that says whether it is there.
    Whole(Vec<i64>, Option<Vec<u8>>),
}

/// What is asked of the results.
#[derive(Clone, Copy, Debug)]
pub struct Finish<'a> {
    /// How many values each cell was given.
    pub visits: &'a [u64],
    /// Delta degrees of freedom.
    pub ddof: u64,
    /// Whether missing values are left out; otherwise one makes the result missing.
    pub skip_missing: bool,
    /// With fewer values the result is missing.
    pub min_count: u64,
    /// Whether a cell that was given nothing at all is missing, its sum too.
    pub grouped: bool,
    /// Bias-corrected skewness and kurtosis.
    pub corrected: bool,
}

impl Cells {
    /// The results.
    ///
    /// # Errors
    /// Overflow, where a sum or product of whole numbers does not fit 64 bits.
    pub fn finish(self, how: &Finish) -> Result<Found> {
        let (agg, lanes) = (self.agg, self.lanes);
        let missing = self.missing.map(|m| fold(m, lanes, |a, b| a + b));
        let missing = |cell: usize| missing.as_ref().map_or(0, |m| m[cell]);
        let count = |cell: usize| how.visits[cell] - missing(cell);
        // Whether the cell has a result at all.
        let given = |cell: usize| !how.grouped || how.visits[cell] > 0;
        let has = |cell: usize| given(cell) && (how.skip_missing || missing(cell) == 0) && count(cell) >= how.min_count;
        let float = |f: &dyn Fn(usize) -> f64| Found::Float((0..self.cells).map(|c| if has(c) { f(c) } else { f64::NAN }).collect());
        let whole = |there: &dyn Fn(usize) -> bool, f: &dyn Fn(usize) -> i64| {
            let valid: Vec<u8> = (0..self.cells).map(|c| (has(c) && there(c)) as u8).collect();
            let values = (0..self.cells).map(|c| if valid[c] != 0 { f(c) } else { 0 }).collect();
            Found::Whole(values, valid.contains(&0).then_some(valid))
        };
        let overflow = |over: bool| {
            if over {
                Err(Error::overflow(format!("a {agg} of whole numbers does not fit 64 bits")).help("convert them to f64 first"))
            } else {
                Ok(())
            }
        };
        let ddof = how.ddof as f64;
        Ok(match self.kind {
            Kind::Count => {
                let size = agg == Agg::Size;
                Found::Whole((0..self.cells).map(|c| if size { how.visits[c] } else { count(c) } as i64).collect(), None)
            }
            Kind::Sums(a) => {
                let a = fold_sums(a, lanes);
                if agg == Agg::Sum { float(&|c| a[c]) } else { float(&|c| if count(c) == 0 { f64::NAN } else { a[c] / count(c) as f64 }) }
            }
            Kind::WholeSums(a, over) => {
                overflow(over)?;
                let mut over = false;
                let a = fold(a, lanes, |a, b| {
                    let (sum, o) = a.overflowing_add(b);
                    over |= o;
                    sum
                });
                overflow(over)?;
                whole(&|_| true, &|c| a[c])
            }
            Kind::Products(a) => float(&|c| a[c]),
            Kind::WholeProducts(a, over) => {
                overflow(over)?;
                whole(&|_| true, &|c| a[c])
            }
            Kind::Deviations(a, _) => {
                let a = fold(a, lanes, Deviations::merge);
                float(&|c| moment(agg, &a[c], ddof, how.corrected))
            }
            Kind::WeightedSums(a) => {
                let a = fold(a, lanes, |a, b| [a[0] + b[0], a[1] + b[1]]);
                float(&|c| match agg {
                    Agg::Sum => a[c][0],
                    _ if a[c][1] == 0.0 => f64::NAN,
                    _ => a[c][0] / a[c][1],
                })
            }
            Kind::Weighted(a) => {
                let a = fold(a, lanes, |a, b| {
                    let weight = a.weight + b.weight;
                    let d = b.mean - a.mean;
                    match (a.weight, b.weight) {
                        (_, 0.0) => a,
                        (0.0, _) => b,
                        (x, y) => super::Weighted {
                            weight,
                            sum: a.sum + b.sum,
                            mean: a.mean + d * y / weight,
                            m2: a.m2 + b.m2 + d * d * x * y / weight,
                        },
                    }
                });
                float(&|c| match agg {
                    Agg::Sum => a[c].sum,
                    _ if a[c].weight == 0.0 => f64::NAN,
                    Agg::Var => a[c].m2 / a[c].weight,
                    Agg::Std => (a[c].m2 / a[c].weight).sqrt(),
                    _ => a[c].sum / a[c].weight,
                })
            }
            Kind::Least(a) => {
                let a = fold(a, lanes, f64::min);
                let sign = if agg == Agg::Max { -1.0 } else { 1.0 };
                float(&|c| if count(c) == 0 { f64::NAN } else { sign * a[c] })
            }
            Kind::WholeLeast(a) => {
                let a = fold(a, lanes, i64::min);
                whole(&|c| count(c) > 0, &|c| if agg == Agg::Max { !a[c] } else { a[c] })
            }
            Kind::Arg(a) => whole(&|c| a[c].1 != u64::MAX, &|c| a[c].1 as i64),
            Kind::WholeArg(a) => whole(&|c| a[c].1 != u64::MAX, &|c| a[c].1 as i64),
            Kind::Chosen(a) => float(&|c| a[c].unwrap_or(f64::NAN)),
            Kind::WholeChosen(a) => whole(&|c| a[c].is_some(), &|c| a[c].unwrap_or(0)),
            Kind::Truth(a) => Found::Whole(a.into_iter().map(i64::from).collect(), None),
            Kind::Gather { mut values, offsets, filled } => {
                let mut results = Vec::with_capacity(self.cells);
                for c in 0..self.cells {
                    let x = &mut values[offsets[c]..offsets[c] + filled[c]];
                    results.push(ordered(agg, x));
                }
                match agg {
                    Agg::Nunique => Found::Whole(results.iter().map(|x| *x as i64).collect(), None),
                    Agg::Mode if self.whole => whole(&|c| !results[c].is_nan(), &|c| results[c] as i64),
                    _ => float(&|c| results[c]),
                }
            }
            Kind::WeightedGather { mut values, offsets, filled } => {
                let mut results = Vec::with_capacity(self.cells);
                for c in 0..self.cells {
                    results.push(weighted_quantile(agg.probability().unwrap_or(0.5), &mut values[offsets[c]..][..filled[c]]));
                }
                float(&|c| results[c])
            }
        })
    }
}

/// A quantile of values with weights: between the values that lie about it, in a sample as large as the weights make it (Kish: the square
/// of their sum over the sum of their squares). Each value counts with the share of that sample's window which its weight covers.
fn weighted_quantile(p: f64, values: &mut [[f64; 2]]) -> f64 {
    let sum: f64 = values.iter().map(|v| v[1]).sum();
    let squares: f64 = values.iter().map(|v| v[1] * v[1]).sum();
    if values.is_empty() || squares == 0.0 {
        return f64::NAN;
    }
    values.sort_by(|a, b| a[0].total_cmp(&b[0]));
    let size = sum * sum / squares;
    let upper = ((size - 1.0) * p + 1.0).clamp(1.0, size.max(1.0));
    let covered = |share: f64| ((upper - 1.0) / size).max((upper / size).min(share)) * size - upper + 1.0;
    let (mut share, mut before, mut result) = (0.0, covered(0.0), 0.0);
    for [x, w] in values {
        share += *w / sum;
        let after = covered(share);
        result += *x * (after - before);
        before = after;
    }
    result
}

/// What needs the values of a cell in order.
fn ordered(agg: Agg, values: &mut [f64]) -> f64 {
    match agg {
        Agg::Nunique | Agg::Mode => {
            values.sort_unstable_by(f64::total_cmp);
            let runs = values.chunk_by(|a, b| a == b);
            if agg == Agg::Nunique {
                return runs.count() as f64;
            }
            // The first of the longest runs is the smallest value.
            runs.fold((0, f64::NAN), |best, run| if run.len() > best.0 { (run.len(), run[0]) } else { best }).1
        }
        _ => {
            let p = agg.probability().unwrap_or(0.5);
            if values.is_empty() {
                return f64::NAN;
            }
            let (low, high, weight) = quantile_ranks(p, values.len() as u64);
            let (_, &mut a, above) = values.select_nth_unstable_by(low as usize, f64::total_cmp);
            let b = if high == low { a } else { above.iter().copied().min_by(f64::total_cmp).unwrap_or(a) };
            quantile_between(agg, a, b, weight)
        }
    }
}

/// The quantile between two neighbours in the order of values.
pub(super) fn quantile_between(agg: Agg, low: f64, high: f64, weight: f64) -> f64 {
    if agg == Agg::Median && weight == 0.5 { low + (high - low) * 0.5 } else { between(low, high, weight) }
}

fn moment(agg: Agg, d: &Deviations, ddof: f64, corrected: bool) -> f64 {
    let n = d.n;
    let var = if n - ddof > 0.0 { d.m2 / (n - ddof) } else { f64::NAN };
    match agg {
        Agg::Var => var,
        Agg::Std => var.sqrt(),
        Agg::Sem => var.sqrt() / n.sqrt(),
        _ if n == 0.0 => f64::NAN,
        Agg::Skew => {
            let biased = (d.m3 / n) / (d.m2 / n).powf(1.5);
            if corrected { biased * (n * (n - 1.0)).sqrt() / (n - 2.0) } else { biased }
        }
        _ => {
            let biased = (d.m4 / n) / (d.m2 / n).powi(2) - 3.0;
            if corrected { ((n + 1.0) * biased + 6.0) * (n - 1.0) / ((n - 2.0) * (n - 3.0)) } else { biased }
        }
    }
}

/// One value per cell from its lanes, first to last.
fn fold<A: Copy>(values: Vec<A>, lanes: usize, mut f: impl FnMut(A, A) -> A) -> Vec<A> {
    if lanes == 1 {
        return values;
    }
    values.chunks_exact(lanes).map(|l| l[1..].iter().fold(l[0], |a, &b| f(a, b))).collect()
}

/// Sums of lanes by halves, which loses least.
fn fold_sums(values: Vec<f64>, lanes: usize) -> Vec<f64> {
    if lanes != LANES {
        return values;
    }
    values.chunks_exact(LANES).map(|l| ((l[0] + l[4]) + (l[1] + l[5])) + ((l[2] + l[6]) + (l[3] + l[7]))).collect()
}
