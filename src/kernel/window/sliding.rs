//! Windows by two stacks: the older part of a window is held as totals from each of its rows to a seam, the newer part as one
//! total from the seam on. Nothing is ever subtracted, so nothing is lost (cf. Tangwongsan, Hirzel and Schneider 2021).

use super::{Along, Bounds, Rolling};
use crate::kernel::agg::Agg;
use rayon::prelude::*;

/// The total of some values, in order.
trait Part: Copy + Send + Sync {
    const EMPTY: Self;
    fn of(x: f64) -> Self;
    fn join(self, after: Self) -> Self;
}

/// Count and sum with what rounding took away.
#[derive(Clone, Copy)]
struct Total {
    n: u64,
    sum: f64,
    lost: f64,
}

impl Part for Total {
    const EMPTY: Total = Total { n: 0, sum: 0.0, lost: 0.0 };
    fn of(x: f64) -> Total {
        Total { n: 1, sum: x, lost: 0.0 }
    }
    #[inline]
    fn join(self, b: Total) -> Total {
        let sum = self.sum + b.sum;
        let lost = if self.sum.abs() >= b.sum.abs() { (self.sum - sum) + b.sum } else { (b.sum - sum) + self.sum };
        // Of infinities nothing can be told.
        let lost = if sum.is_finite() { self.lost + b.lost + lost } else { 0.0 };
        Total { n: self.n + b.n, sum, lost }
    }
}

impl Total {
    fn value(self) -> f64 {
        if self.sum.is_finite() { self.sum + self.lost } else { self.sum }
    }
}

/// Count, mean and central moments, put together by the formulas of Chan, Golub and LeVeque (1983) and Pébay (2008).
///
/// The mean is held as its distance from the first value, so that numbers far from 0 lose no digits.
#[derive(Clone, Copy)]
struct Spread {
    n: u64,
    first: f64,
    off: f64,
    m2: f64,
}

impl Spread {
    /// How much larger the mean of another is.
    #[inline]
    fn distance(self, b: Spread) -> f64 {
        (b.first - self.first) + (b.off - self.off)
    }
}

impl Part for Spread {
    const EMPTY: Spread = Spread { n: 0, first: 0.0, off: 0.0, m2: 0.0 };
    fn of(x: f64) -> Spread {
        Spread { n: 1, first: x, off: 0.0, m2: 0.0 }
    }
    #[inline]
    fn join(self, b: Spread) -> Spread {
        if self.n == 0 {
            return b;
        }
        if b.n == 0 {
            return self;
        }
        let (na, nb) = (self.n as f64, b.n as f64);
        let d = self.distance(b);
        let total = na + nb;
        Spread { n: self.n + b.n, first: self.first, off: self.off + d * (nb / total), m2: self.m2 + b.m2 + d * d * (na * nb / total) }
    }
}

#[derive(Clone, Copy)]
struct Higher {
    spread: Spread,
    m3: f64,
    m4: f64,
}

impl Part for Higher {
    const EMPTY: Higher = Higher { spread: Spread::EMPTY, m3: 0.0, m4: 0.0 };
    fn of(x: f64) -> Higher {
        Higher { spread: Spread::of(x), m3: 0.0, m4: 0.0 }
    }
    fn join(self, b: Higher) -> Higher {
        let (s, t) = (self.spread, b.spread);
        if s.n == 0 {
            return b;
        }
        if t.n == 0 {
            return self;
        }
        let (na, nb) = (s.n as f64, t.n as f64);
        let total = na + nb;
        let d = s.distance(t);
        let m3 = self.m3 + b.m3 + d.powi(3) * na * nb * (na - nb) / (total * total) + 3.0 * d * (na * t.m2 - nb * s.m2) / total;
        let m4 = self.m4
            + b.m4
            + d.powi(4) * na * nb * (na * na - na * nb + nb * nb) / total.powi(3)
            + 6.0 * d * d * (na * na * t.m2 + nb * nb * s.m2) / (total * total)
            + 4.0 * d * (na * b.m3 - nb * self.m3) / total;
        Higher { spread: s.join(t), m3, m4 }
    }
}

macro_rules! chosen {
    ($name:ident, |$a:ident, $b:ident| $take_after:expr) => {
        #[derive(Clone, Copy)]
        struct $name {
            n: u64,
            x: f64,
        }
        impl Part for $name {
            const EMPTY: $name = $name { n: 0, x: f64::NAN };
            fn of(x: f64) -> $name {
                $name { n: 1, x }
            }
            #[inline]
            fn join(self, after: $name) -> $name {
                let ($a, $b) = (self.x, after.x);
                let x = if self.n == 0 || after.n > 0 && $take_after { $b } else { $a };
                $name { n: self.n + after.n, x }
            }
        }
    };
}
chosen!(Least, |a, b| b < a);
chosen!(Most, |a, b| b > a);
chosen!(First, |_a, _b| false);
chosen!(Last, |_a, _b| true);

/// Fills `out` from row `first` on.
fn slide<P: Part>(values: &[f64], bounds: &Bounds, first: usize, out: &mut [f64], value: &impl Fn(P, usize) -> f64) {
    let part = |x: f64| if x.is_nan() { P::EMPTY } else { P::of(x) };
    // `front[k]` is the total of rows `base + k` up to the seam, `back` that of the rows from the seam to `end`.
    let mut front: Vec<P> = Vec::new();
    let (mut base, mut seam, mut end) = (0, 0, 0);
    let mut back = P::EMPTY;
    for (i, out) in out.iter_mut().enumerate() {
        let range = bounds.range(first + i, values.len());
        if i == 0 {
            (base, seam, end) = (range.start, range.start, range.start);
        }
        for &x in &values[end.min(range.end)..range.end] {
            back = back.join(part(x));
        }
        end = range.end.max(end);
        if range.start >= seam && range.start > base || i == 0 {
            front.clear();
            front.resize(end.saturating_sub(range.start), P::EMPTY);
            let mut total = P::EMPTY;
            for (k, &x) in values[range.start.min(end)..end].iter().enumerate().rev() {
                total = part(x).join(total);
                front[k] = total;
            }
            (base, seam, back) = (range.start, end, P::EMPTY);
        }
        let total = front.get(range.start - base).copied().unwrap_or(P::EMPTY).join(back);
        *out = value(total, range.len());
    }
}

fn run<P: Part>(along: &Along, out: &mut [f64], value: impl Fn(P, usize) -> f64 + Sync) {
    let Along { values, bounds, first, stretch } = *along;
    out.par_chunks_mut(stretch).enumerate().for_each(|(i, out)| slide(values, bounds, first + i * stretch, out, &value));
}

pub(super) fn slide_all(along: &Along, how: &Rolling, out: &mut [f64]) {
    let least = how.min_count as u64;
    let ddof = how.ddof;
    let enough = move |n: u64, x: f64| if n >= least { x } else { f64::NAN };
    let var = move |s: Spread| if s.n > ddof { s.m2.max(0.0) / (s.n - ddof) as f64 } else { f64::NAN };
    match how.agg {
        Agg::Count => run(along, out, |t: Total, rows| if rows as u64 >= least { t.n as f64 } else { f64::NAN }),
        Agg::Sum => run(along, out, |t: Total, _| enough(t.n, t.value())),
        Agg::Mean => run(along, out, |t: Total, _| enough(t.n, t.value() / t.n as f64)),
        Agg::Var => run(along, out, |s: Spread, _| enough(s.n, var(s))),
        Agg::Std => run(along, out, |s: Spread, _| enough(s.n, var(s).sqrt())),
        Agg::Sem => run(along, out, |s: Spread, _| enough(s.n, (var(s) / s.n as f64).sqrt())),
        Agg::Min => run(along, out, |m: Least, _| enough(m.n, m.x)),
        Agg::Max => run(along, out, |m: Most, _| enough(m.n, m.x)),
        Agg::First => run(along, out, |m: First, _| enough(m.n, m.x)),
        Agg::Last => run(along, out, |m: Last, _| enough(m.n, m.x)),
        Agg::Skew => run(along, out, |h: Higher, _| enough(h.spread.n, skew(h))),
        Agg::Kurt => run(along, out, |h: Higher, _| enough(h.spread.n, kurt(h))),
        _ => {}
    }
}

/// Corrected for bias, as pandas.
fn skew(h: Higher) -> f64 {
    let (n, m2) = (h.spread.n as f64, h.spread.m2);
    match h.spread.n {
        0..3 => f64::NAN,
        // Of equal values nothing can be told, as in pandas.
        _ if m2 == 0.0 => f64::NAN,
        _ => n * (n - 1.0).sqrt() / (n - 2.0) * h.m3 / m2.powf(1.5),
    }
}

/// Corrected for bias, as pandas.
fn kurt(h: Higher) -> f64 {
    let (n, m2) = (h.spread.n as f64, h.spread.m2);
    match h.spread.n {
        0..4 => f64::NAN,
        // Of equal values nothing can be told, as in pandas.
        _ if m2 == 0.0 => f64::NAN,
        _ => {
            let adjust = 3.0 * (n - 1.0).powi(2) / ((n - 2.0) * (n - 3.0));
            n * (n + 1.0) * (n - 1.0) / ((n - 2.0) * (n - 3.0)) * h.m4 / (m2 * m2) - adjust
        }
    }
}
