//! Aggregates of many cells at once: one accumulator per cell, fed with runs of values in order.
//!
//! Each cell takes its values in the order of their index, so results do not depend on how the input was cut into blocks. Where the
//! last axis is reduced, eight accumulators per cell take turns by the position of the value, which lets the machine add several at
//! a time without giving up the fixed order.

mod finish;
mod place;
mod ranks;

pub use finish::{Finish, Found};
pub use place::Place;
pub use ranks::{Pass, Ranks, of_total_key, total_key};

use super::agg::Agg;
use crate::error::{Error, Result};

/// Accumulators per cell where a run goes along a reduced axis.
pub const LANES: usize = 8;

/// Values as accumulators take them.
#[derive(Clone, Copy, Debug)]
pub enum Run<'a> {
    /// Numbers; NaN is missing.
    Float(&'a [f64]),
    /// Whole numbers, with a byte for each that says whether it is there.
    Whole(&'a [i64], Option<&'a [u8]>),
}

impl Run<'_> {
    fn len(&self) -> usize {
        match self {
            Run::Float(x) => x.len(),
            Run::Whole(x, _) => x.len(),
        }
    }
}

/// Count, mean and sums of powers of deviations, brought up to date value by value (Welford 1962; Terriberry 2007 for the higher ones).
#[derive(Clone, Copy, Debug, Default)]
struct Deviations {
    n: f64,
    mean: f64,
    m2: f64,
    m3: f64,
    m4: f64,
}

impl Deviations {
    #[inline]
    fn add(&mut self, x: f64) {
        self.n += 1.0;
        let d = x - self.mean;
        self.mean += d / self.n;
        self.m2 += d * (x - self.mean);
    }

    #[inline]
    fn add_higher(&mut self, x: f64) {
        let before = self.n;
        self.n += 1.0;
        let n = self.n;
        let d = x - self.mean;
        let (step, square) = (d / n, d / n * d / n);
        let term = d * step * before;
        self.mean += step;
        self.m4 += term * square * (n * n - 3.0 * n + 3.0) + 6.0 * square * self.m2 - 4.0 * step * self.m3;
        self.m3 += term * step * (n - 2.0) - 3.0 * step * self.m2;
        self.m2 += term;
    }

    fn merge(self, other: Deviations) -> Deviations {
        if self.n == 0.0 {
            return other;
        }
        if other.n == 0.0 {
            return self;
        }
        let (a, b) = (self.n, other.n);
        let n = a + b;
        let d = other.mean - self.mean;
        Deviations {
            n,
            mean: self.mean + d * b / n,
            m2: self.m2 + other.m2 + d * d * a * b / n,
            m3: self.m3 + other.m3 + d.powi(3) * a * b * (a - b) / (n * n) + 3.0 * d * (a * other.m2 - b * self.m2) / n,
            m4: self.m4
                + other.m4
                + d.powi(4) * a * b * (a * a - a * b + b * b) / n.powi(3)
                + 6.0 * d * d * (a * a * other.m2 + b * b * self.m2) / (n * n)
                + 4.0 * d * (a * other.m3 - b * self.m3) / n,
        }
    }
}

/// A weighted mean and the weighted sum of squared deviations (West 1979).
#[derive(Clone, Copy, Debug, Default)]
struct Weighted {
    weight: f64,
    sum: f64,
    mean: f64,
    m2: f64,
}

#[derive(Debug)]
enum Kind {
    /// Only how many are missing.
    Count,
    Sums(Vec<f64>),
    WholeSums(Vec<i64>, bool),
    Products(Vec<f64>),
    WholeProducts(Vec<i64>, bool),
    Deviations(Vec<Deviations>, bool),
    Weighted(Vec<Weighted>),
    /// Sum of weighted values, and of their weights.
    WeightedSums(Vec<[f64; 2]>),
    /// The smallest, or of negated values: the largest.
    Least(Vec<f64>),
    WholeLeast(Vec<i64>),
    /// Value and position of the smallest or largest, position `u64::MAX` for none.
    Arg(Vec<(f64, u64)>),
    WholeArg(Vec<(i64, u64)>),
    Chosen(Vec<Option<f64>>),
    WholeChosen(Vec<Option<i64>>),
    Truth(Vec<bool>),
    /// All values of a cell one behind the other from its offset on; how many there are.
    Gather {
        values: Vec<f64>,
        offsets: Vec<usize>,
        filled: Vec<usize>,
    },
    /// The same with the weight of each.
    WeightedGather {
        values: Vec<[f64; 2]>,
        offsets: Vec<usize>,
        filled: Vec<usize>,
    },
}

/// What takes the values of cells, run by run.
pub trait Take {
    /// How many accumulators of a cell take turns along a reduced axis.
    fn lanes(&self) -> usize;

    /// Takes a run. `position` is that of its first value along the axis that `argmin` counts, and what the next ones add.
    fn take(&mut self, run: Run, place: &Place, weights: Option<&[f64]>, position: (u64, u64));
}

/// Accumulators of one aggregation for many cells.
#[derive(Debug)]
pub struct Cells {
    agg: Agg,
    cells: usize,
    lanes: usize,
    whole: bool,
    kind: Kind,
    missing: Option<Vec<u64>>,
}

impl Cells {
    /// Accumulators for so many cells. `whole` says that runs are [`Run::Whole`]; `along` that they go along a reduced axis; `most`
    /// is how many values each cell will be given.
    ///
    /// # Errors
    /// Overflow, where the values of all cells that a quantile needs are too many.
    pub fn new(agg: Agg, cells: usize, whole: bool, weighted: bool, along: bool, most: &[u64]) -> Result<Cells> {
        let lanes = if along && has_lanes(agg) { LANES } else { 1 };
        let n = cells * lanes;
        let kind = match agg {
            Agg::Count | Agg::Size => Kind::Count,
            Agg::Sum | Agg::Mean if weighted => Kind::WeightedSums(vec![[0.0; 2]; n]),
            Agg::Median | Agg::Quantile(_) if weighted => {
                let (offsets, total) = places(most)?;
                Kind::WeightedGather { values: vec![[0.0; 2]; total], offsets, filled: vec![0; cells] }
            }
            _ if weighted => Kind::Weighted(vec![Weighted::default(); n]),
            Agg::Sum if whole => Kind::WholeSums(vec![0; n], false),
            Agg::Sum | Agg::Mean => Kind::Sums(vec![0.0; n]),
            Agg::Prod if whole => Kind::WholeProducts(vec![1; n], false),
            Agg::Prod => Kind::Products(vec![1.0; n]),
            Agg::Var | Agg::Std | Agg::Sem => Kind::Deviations(vec![Deviations::default(); n], false),
            Agg::Skew | Agg::Kurt => Kind::Deviations(vec![Deviations::default(); n], true),
            Agg::Min | Agg::Max if whole => Kind::WholeLeast(vec![i64::MAX; n]),
            Agg::Min | Agg::Max => Kind::Least(vec![f64::INFINITY; n]),
            Agg::Argmin | Agg::Argmax if whole => Kind::WholeArg(vec![(0, u64::MAX); n]),
            Agg::Argmin | Agg::Argmax => Kind::Arg(vec![(0.0, u64::MAX); n]),
            Agg::First | Agg::Last if whole => Kind::WholeChosen(vec![None; n]),
            Agg::First | Agg::Last => Kind::Chosen(vec![None; n]),
            Agg::Any => Kind::Truth(vec![false; n]),
            Agg::All => Kind::Truth(vec![true; n]),
            Agg::Median | Agg::Quantile(_) | Agg::Nunique | Agg::Mode => {
                let (offsets, total) = places(most)?;
                Kind::Gather { values: vec![0.0; total], offsets, filled: vec![0; cells] }
            }
        };
        Ok(Cells { agg, cells, lanes, whole, kind, missing: None })
    }

    /// Cells of which the results are known already, and how many of the values that they were given were missing.
    pub fn known_floats(agg: Agg, results: Vec<Option<f64>>, missing: Vec<u64>) -> Cells {
        Cells { agg, cells: results.len(), lanes: 1, whole: false, kind: Kind::Chosen(results), missing: Some(missing) }
    }

    /// The same with whole numbers.
    pub fn known_wholes(agg: Agg, results: Vec<Option<i64>>, missing: Vec<u64>) -> Cells {
        Cells { agg, cells: results.len(), lanes: 1, whole: true, kind: Kind::WholeChosen(results), missing: Some(missing) }
    }

    /// Bytes that one cell takes, for the budget.
    pub fn bytes_per_cell(agg: Agg, along: bool, most: u64, weighted: bool) -> usize {
        let lanes = if along && has_lanes(agg) { LANES } else { 1 };
        match agg {
            Agg::Median | Agg::Quantile(_) if weighted => 16 * most as usize + 16,
            Agg::Median | Agg::Quantile(_) | Agg::Nunique | Agg::Mode => 8 * most as usize + 16,
            Agg::Skew | Agg::Kurt | Agg::Var | Agg::Std | Agg::Sem => 48 * lanes,
            _ => 16 * lanes,
        }
    }

    /// Whether accumulators of parts can be put together.
    pub fn can_merge(agg: Agg, weighted: bool) -> bool {
        use Agg::*;
        !weighted
            && matches!(agg, Count | Size | Sum | Mean | Prod | Var | Std | Sem | Skew | Kurt | Min | Max | Argmin | Argmax | Any | All)
    }

    /// Takes what accumulators of the same kind were given, which comes after what these were given.
    pub fn merge(&mut self, next: Cells) {
        self.missing = match (self.missing.take(), next.missing) {
            (Some(mut a), Some(b)) => {
                a.iter_mut().zip(b).for_each(|(a, b)| *a += b);
                Some(a)
            }
            (a, b) => a.or(b),
        };
        // Of equal values the one at the lower position.
        let better = |order: std::cmp::Ordering, own: u64, other: u64| match order {
            _ if other == u64::MAX => false,
            _ if own == u64::MAX => true,
            std::cmp::Ordering::Equal => other < own,
            order => order == if self.agg == Agg::Argmax { std::cmp::Ordering::Greater } else { std::cmp::Ordering::Less },
        };
        match (&mut self.kind, next.kind) {
            (Kind::Count, Kind::Count) => (),
            (Kind::Sums(a), Kind::Sums(b)) => a.iter_mut().zip(b).for_each(|(a, b)| *a += b),
            (Kind::Products(a), Kind::Products(b)) => a.iter_mut().zip(b).for_each(|(a, b)| *a *= b),
            (Kind::WholeSums(a, over), Kind::WholeSums(b, other)) => {
                *over |= other;
                for (a, b) in a.iter_mut().zip(b) {
                    let (sum, o) = a.overflowing_add(b);
                    *a = sum;
                    *over |= o;
                }
            }
            (Kind::WholeProducts(a, over), Kind::WholeProducts(b, other)) => {
                *over |= other;
                for (a, b) in a.iter_mut().zip(b) {
                    let (product, o) = a.overflowing_mul(b);
                    *a = product;
                    *over |= o;
                }
            }
            (Kind::Deviations(a, _), Kind::Deviations(b, _)) => a.iter_mut().zip(b).for_each(|(a, b)| *a = a.merge(b)),
            (Kind::Least(a), Kind::Least(b)) => a.iter_mut().zip(b).for_each(|(a, b)| *a = if b < *a { b } else { *a }),
            (Kind::WholeLeast(a), Kind::WholeLeast(b)) => a.iter_mut().zip(b).for_each(|(a, b)| *a = b.min(*a)),
            (Kind::Arg(a), Kind::Arg(b)) => {
                for (a, b) in a.iter_mut().zip(b) {
                    let order = b.0.partial_cmp(&a.0).unwrap_or(std::cmp::Ordering::Equal);
                    if better(order, a.1, b.1) {
                        *a = b;
                    }
                }
            }
            (Kind::WholeArg(a), Kind::WholeArg(b)) => {
                for (a, b) in a.iter_mut().zip(b) {
                    if better(b.0.cmp(&a.0), a.1, b.1) {
                        *a = b;
                    }
                }
            }
            (Kind::Truth(a), Kind::Truth(b)) => {
                let any = self.agg == Agg::Any;
                a.iter_mut().zip(b).for_each(|(a, b)| *a = if any { *a | b } else { *a & b });
            }
            _ => debug_assert!(false, "accumulators of other kinds"),
        }
    }

    /// Counts what is missing in a run; whether nothing is.
    fn note_missing(&mut self, run: Run, place: &Place) -> bool {
        let n = self.cells * self.lanes;
        match run {
            Run::Float(x) => {
                // All are asked, which goes several at a time; to stop at the first would not.
                if !x.iter().fold(false, |any, x| any | x.is_nan()) {
                    return true;
                }
                let missing = self.missing.get_or_insert_with(|| vec![0; n]);
                place.each(x.len(), |i, cell| missing[cell] += x[i].is_nan() as u64);
                false
            }
            Run::Whole(_, None) => true,
            Run::Whole(_, Some(v)) if v.iter().all(|&v| v != 0) => true,
            Run::Whole(x, Some(v)) => {
                let missing = self.missing.get_or_insert_with(|| vec![0; n]);
                place.each(x.len(), |i, cell| missing[cell] += (v[i] == 0) as u64);
                false
            }
        }
    }
}

impl Take for Cells {
    fn lanes(&self) -> usize {
        self.lanes
    }

    fn take(&mut self, run: Run, place: &Place, weights: Option<&[f64]>, position: (u64, u64)) {
        // Sums say themselves whether a value was missing: such runs are read once.
        if let (Kind::Sums(a), Run::Float(x)) = (&mut self.kind, run) {
            match *place {
                Place::Across(first) => {
                    let mut any = false;
                    for (a, &x) in a[first..first + x.len()].iter_mut().zip(x) {
                        any |= x.is_nan();
                        *a += if x.is_nan() { 0.0 } else { x };
                    }
                    if any {
                        self.note_missing(run, place);
                    }
                    return;
                }
                _ if place.add_all(a, x) => return,
                _ => (),
            }
        }
        let there = self.note_missing(run, place);
        let agg = self.agg;
        match (&mut self.kind, run) {
            (Kind::Count, _) => (),
            (Kind::WeightedSums(a), Run::Float(x)) => match weights {
                Some(w) if w.len() == x.len() && x.len() != 1 => place.each(x.len(), |i, cell| {
                    if !x[i].is_nan() {
                        a[cell][0] += w[i] * x[i];
                        a[cell][1] += w[i];
                    }
                }),
                one => {
                    let w = one.and_then(|w| w.first()).copied().unwrap_or(1.0);
                    if there {
                        place.fold(a, x, |a, x| *a = [a[0] + w * x, a[1] + w]);
                    } else {
                        place.fold(a, x, |a, x| *a = if x.is_nan() { *a } else { [a[0] + w * x, a[1] + w] });
                    }
                }
            },
            (Kind::Weighted(a), Run::Float(x)) => {
                let none = [1.0];
                let weights = weights.unwrap_or(&none);
                let weight = |i: usize| if weights.len() == 1 { weights[0] } else { weights[i] };
                place.each(x.len(), |i, cell| {
                    let (x, w) = (x[i], weight(i));
                    if !x.is_nan() && w != 0.0 {
                        let a = &mut a[cell];
                        a.weight += w;
                        a.sum += w * x;
                        let d = x - a.mean;
                        a.mean += d * w / a.weight;
                        a.m2 += w * d * (x - a.mean);
                    }
                });
            }
            (Kind::Sums(a), Run::Float(x)) if there => place.fold(a, x, |a, x| *a += x),
            (Kind::Sums(a), Run::Float(x)) => place.fold(a, x, |a, x| *a += if x.is_nan() { 0.0 } else { x }),
            (Kind::Sums(a), Run::Whole(x, v)) => {
                place.each(x.len(), |i, cell| {
                    if is_there(v, i) {
                        a[cell] += x[i] as f64
                    }
                });
            }
            (Kind::WholeSums(a, over), Run::Whole(x, v)) => place.each(x.len(), |i, cell| {
                if is_there(v, i) {
                    let (sum, o) = a[cell].overflowing_add(x[i]);
                    a[cell] = sum;
                    *over |= o;
                }
            }),
            (Kind::WholeProducts(a, over), Run::Whole(x, v)) => place.each(x.len(), |i, cell| {
                if is_there(v, i) {
                    let (product, o) = a[cell].overflowing_mul(x[i]);
                    a[cell] = product;
                    *over |= o;
                }
            }),
            (Kind::Products(a), Run::Float(x)) => place.fold(a, x, |a, x| *a *= if x.is_nan() { 1.0 } else { x }),
            (Kind::Deviations(a, false), Run::Float(x)) if there => place.fold(a, x, |a, x| a.add(x)),
            (Kind::Deviations(a, higher), Run::Float(x)) => {
                let higher = *higher;
                place.fold(a, x, |a, x| match higher {
                    _ if x.is_nan() => (),
                    true => a.add_higher(x),
                    false => a.add(x),
                })
            }
            (Kind::Least(a), Run::Float(x)) => match agg {
                Agg::Max => place.fold(a, x, |a, x| *a = if -x < *a { -x } else { *a }),
                _ => place.fold(a, x, |a, x| *a = if x < *a { x } else { *a }),
            },
            (Kind::WholeLeast(a), Run::Whole(x, v)) => place.each(x.len(), |i, cell| {
                if is_there(v, i) {
                    // The complement turns the order round without a value that has no opposite.
                    a[cell] = a[cell].min(if agg == Agg::Max { !x[i] } else { x[i] });
                }
            }),
            (Kind::Arg(a), Run::Float(x)) => place.each(x.len(), |i, cell| {
                let (best, at) = a[cell];
                let better = if agg == Agg::Argmax { x[i] > best } else { x[i] < best };
                if !x[i].is_nan() && (at == u64::MAX || better) {
                    a[cell] = (x[i], position.0 + i as u64 * position.1);
                }
            }),
            (Kind::WholeArg(a), Run::Whole(x, v)) => place.each(x.len(), |i, cell| {
                let (best, at) = a[cell];
                let better = if agg == Agg::Argmax { x[i] > best } else { x[i] < best };
                if is_there(v, i) && (at == u64::MAX || better) {
                    a[cell] = (x[i], position.0 + i as u64 * position.1);
                }
            }),
            (Kind::Chosen(a), Run::Float(x)) => place.each(x.len(), |i, cell| {
                if !x[i].is_nan() && (agg == Agg::Last || a[cell].is_none()) {
                    a[cell] = Some(x[i]);
                }
            }),
            (Kind::WholeChosen(a), Run::Whole(x, v)) => place.each(x.len(), |i, cell| {
                if is_there(v, i) && (agg == Agg::Last || a[cell].is_none()) {
                    a[cell] = Some(x[i]);
                }
            }),
            (Kind::Truth(a), run) => place.each(run.len(), |i, cell| {
                let truth = match run {
                    Run::Float(x) if x[i].is_nan() => return,
                    Run::Float(x) => x[i] != 0.0,
                    Run::Whole(_, Some(v)) if v[i] == 0 => return,
                    Run::Whole(x, _) => x[i] != 0,
                };
                a[cell] = if agg == Agg::Any { a[cell] | truth } else { a[cell] & truth };
            }),
            (Kind::Gather { values, offsets, filled }, run) => place.each(run.len(), |i, cell| {
                let x = match run {
                    Run::Float(x) => x[i],
                    Run::Whole(_, Some(v)) if v[i] == 0 => return,
                    Run::Whole(x, _) => x[i] as f64,
                };
                if !x.is_nan() {
                    values[offsets[cell] + filled[cell]] = x;
                    filled[cell] += 1;
                }
            }),
            (Kind::WeightedGather { values, offsets, filled }, Run::Float(x)) => {
                let weight = |i: usize| match weights {
                    Some([one]) => *one,
                    Some(all) => all[i],
                    None => 1.0,
                };
                place.each(x.len(), |i, cell| {
                    if !x[i].is_nan() && weight(i) != 0.0 {
                        values[offsets[cell] + filled[cell]] = [x[i], weight(i)];
                        filled[cell] += 1;
                    }
                })
            }
            // Kinds were made for the runs that come.
            (Kind::Products(a), Run::Whole(x, v)) => place.each(x.len(), |i, cell| {
                if is_there(v, i) {
                    a[cell] *= x[i] as f64
                }
            }),
            (Kind::Deviations(a, higher), Run::Whole(x, v)) => {
                let higher = *higher;
                place.each(x.len(), |i, cell| {
                    if is_there(v, i) {
                        if higher { a[cell].add_higher(x[i] as f64) } else { a[cell].add(x[i] as f64) }
                    }
                })
            }
            _ => debug_assert!(false, "a run of another kind"),
        }
    }
}

/// Where the values of each cell begin when all are kept, and how many there are.
fn places(most: &[u64]) -> Result<(Vec<usize>, usize)> {
    let mut offsets = Vec::with_capacity(most.len() + 1);
    let mut total = 0usize;
    for &m in most {
        offsets.push(total);
        total = total.checked_add(m as usize).ok_or_else(|| Error::overflow("too many values for a quantile"))?;
    }
    Ok((offsets, total))
}

fn has_lanes(agg: Agg) -> bool {
    matches!(
        agg,
        Agg::Count | Agg::Size | Agg::Sum | Agg::Mean | Agg::Var | Agg::Std | Agg::Sem | Agg::Skew | Agg::Kurt | Agg::Min | Agg::Max
    )
}

fn is_there(valid: Option<&[u8]>, i: usize) -> bool {
    valid.is_none_or(|v| v[i] != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Count, mean and sums of powers of deviations by their definition.
    fn plain(x: &[f64]) -> [f64; 5] {
        let n = x.len() as f64;
        let mean = x.iter().sum::<f64>() / n;
        let power = |p: i32| x.iter().map(|x| (x - mean).powi(p)).sum::<f64>();
        [n, mean, power(2), power(3), power(4)]
    }

    #[test]
    fn accumulators_put_together_are_those_of_all_values() {
        let x: Vec<f64> = (0..999).map(|i| if i % 7 == 3 { f64::NAN } else { ((i * 37 % 23) as f64) / 8.0 - 1.0 }).collect();
        let whole: Vec<i64> = (0..999).map(|i| i * 37 % 23 - 11).collect();
        for agg in Agg::ALL.iter().map(|a| a.0).filter(|a| Cells::can_merge(*a, false)) {
            let of = |from: usize, to: usize, whole_numbers: bool| {
                let mut cells = Cells::new(agg, 1, whole_numbers, false, true, &[999]).unwrap();
                let place = if cells.lanes() == LANES { Place::Lanes { cell: 0, lane: from } } else { Place::One(0) };
                let run = if whole_numbers { Run::Whole(&whole[from..to], None) } else { Run::Float(&x[from..to]) };
                cells.take(run, &place, None, (from as u64, 1));
                cells
            };
            let how = Finish { visits: &[999], ddof: 0, skip_missing: true, min_count: 0, grouped: false, corrected: false };
            let kept_whole = matches!(agg, Agg::Sum | Agg::Min | Agg::Max | Agg::First | Agg::Last | Agg::Argmin | Agg::Argmax);
            for whole_numbers in [false].into_iter().chain(kept_whole.then_some(true)) {
                let all = of(0, 999, whole_numbers).finish(&how).unwrap();
                for cut in [0, 1, 500, 998, 999] {
                    let mut parts = of(0, cut, whole_numbers);
                    parts.merge(of(cut, 999, whole_numbers));
                    match (parts.finish(&how).unwrap(), &all) {
                        (Found::Float(got), Found::Float(all)) => {
                            assert!((got[0] - all[0]).abs() <= 1e-10 * all[0].abs(), "{agg} cut at {cut}: {got:?} and {all:?}");
                        }
                        (got, all) => assert_eq!(got, *all, "{agg} cut at {cut}"),
                    }
                }
            }
        }
    }

    #[test]
    fn deviations_put_together_are_those_of_all_values() {
        let x: Vec<f64> = (0..57).map(|i| ((i * 37 % 23) as f64).powi(2) - 90.0).collect();
        for cut in [0, 1, 5, 20, 56, 57] {
            let of = |x: &[f64]| {
                let mut d = Deviations::default();
                x.iter().for_each(|x| d.add_higher(*x));
                d
            };
            let all = of(&x[..cut]).merge(of(&x[cut..]));
            for (got, want) in [all.n, all.mean, all.m2, all.m3, all.m4].into_iter().zip(plain(&x)) {
                assert!((got - want).abs() <= 1e-10 * want.abs(), "{cut}: {got} and {want}");
            }
        }
        let mut low = Deviations::default();
        x.iter().for_each(|x| low.add(*x));
        assert!((low.m2 - plain(&x)[2]).abs() < 1e-6);
    }
}
