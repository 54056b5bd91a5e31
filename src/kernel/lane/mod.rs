//! Functions of the values along one dimension of a cube, lane by lane: what moves, runs, ranks and fills. Missing is NaN.

mod fit;
mod spline;

pub use fit::Fit;
pub use spline::Spline;

use super::agg::Sum;
use super::fill::{Interpolate, interpolate};
use super::window::Running;

/// `x` moved by so many positions; what comes in is NaN.
pub fn shift(x: &[f64], by: i64, out: &mut [f64]) {
    let n = x.len();
    let gap = by.unsigned_abs().min(n as u64) as usize;
    if by >= 0 {
        out[..gap].fill(f64::NAN);
        out[gap..].copy_from_slice(&x[..n - gap]);
    } else {
        out[n - gap..].fill(f64::NAN);
        out[..n - gap].copy_from_slice(&x[gap..]);
    }
}

/// Totals so far, where NaN counts as nothing (so they are never NaN, as xarray's), and extremes so far, which stay NaN where the value is.
pub fn run(x: &[f64], what: Running, out: &mut [f64]) {
    let (mut sum, mut product, mut extreme) = (Sum::default(), 1.0, f64::NAN);
    for (x, out) in x.iter().zip(out) {
        let gap = x.is_nan();
        *out = match what {
            Running::Sum => {
                if !gap {
                    sum.add(*x);
                }
                sum.value()
            }
            Running::Prod => {
                product *= if gap { 1.0 } else { *x };
                product
            }
            _ if gap => f64::NAN,
            Running::Min => {
                extreme = if extreme <= *x { extreme } else { *x };
                extreme
            }
            Running::Max => {
                extreme = if extreme >= *x { extreme } else { *x };
                extreme
            }
        };
    }
}

/// Average ranks from 1; NaN has none. `percent` divides by how many there are.
pub fn rank(x: &[f64], percent: bool, out: &mut [f64]) {
    out.fill(f64::NAN);
    let mut order: Vec<usize> = (0..x.len()).filter(|&i| !x[i].is_nan()).collect();
    order.sort_by(|&a, &b| x[a].total_cmp(&x[b]));
    let count = if percent { order.len() as f64 } else { 1.0 };
    let mut first = 0;
    while first < order.len() {
        let mut end = first + 1;
        while end < order.len() && x[order[end]] == x[order[first]] {
            end += 1;
        }
        order[first..end].iter().for_each(|&i| out[i] = (first + 1 + end) as f64 / 2.0 / count);
        first = end;
    }
}

/// Each NaN gets the last value before it, at most `limit` positions on.
pub fn forward(x: &[f64], limit: Option<usize>, out: &mut [f64]) {
    let limit = limit.unwrap_or(usize::MAX);
    let mut last: Option<usize> = None;
    for i in 0..x.len() {
        if !x[i].is_nan() {
            last = Some(i);
        }
        out[i] = last.filter(|&l| i - l <= limit).map_or(f64::NAN, |l| x[l]);
    }
}

/// Each NaN gets the first value after it, at most `limit` positions back.
pub fn backward(x: &[f64], limit: Option<usize>, out: &mut [f64]) {
    let limit = limit.unwrap_or(usize::MAX);
    let mut next: Option<usize> = None;
    for i in (0..x.len()).rev() {
        if !x[i].is_nan() {
            next = Some(i);
        }
        out[i] = next.filter(|&n| n - i <= limit).map_or(f64::NAN, |n| x[n]);
    }
}

/// Gaps inside get values between their ends; see [`interpolate`].
pub fn bridge(x: &[f64], at: Option<&[f64]>, method: Interpolate, limit: Option<usize>, out: &mut [f64]) {
    out.copy_from_slice(x);
    interpolate(out, at, method, limit);
}

/// The slope at each position: differences to both neighbours weighted so that a parabola is met (second order), one-sided at the ends.
/// `at` are the positions; fewer than two give NaN.
pub fn differentiate(x: &[f64], at: &[f64], out: &mut [f64]) {
    let n = x.len();
    if n < 2 {
        return out.fill(f64::NAN);
    }
    out[0] = (x[1] - x[0]) / (at[1] - at[0]);
    out[n - 1] = (x[n - 1] - x[n - 2]) / (at[n - 1] - at[n - 2]);
    for i in 1..n - 1 {
        let (before, after) = (at[i] - at[i - 1], at[i + 1] - at[i]);
        out[i] = if before == after {
            (x[i + 1] - x[i - 1]) / (2.0 * before)
        } else {
            let whole = before + after;
            -after / (before * whole) * x[i - 1] + (after - before) / (before * after) * x[i] + before / (after * whole) * x[i + 1]
        };
    }
}

/// The area below the values so far, by trapezoids; 0 at the first position.
pub fn integrate(x: &[f64], at: &[f64], out: &mut [f64]) {
    let mut area = Sum::default();
    for i in 0..x.len() {
        if i > 0 {
            area.add((at[i] - at[i - 1]) * (x[i] + x[i - 1]) / 2.0);
        }
        out[i] = area.value();
    }
}

/// Where new positions lie between ascending old ones.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Between {
    /// The old position before it.
    pub left: usize,
    /// How far it is from there to the next one: 0 to 1.
    pub share: f64,
}

/// Places of `to` among ascending `from`; none for what lies outside.
pub fn places(from: &[f64], to: &[f64]) -> Vec<Option<Between>> {
    let place = |&t: &f64| {
        let (first, last) = (from.first()?, from.last()?);
        if !(t >= *first && t <= *last) {
            return None;
        }
        let left = from.partition_point(|x| *x <= t).saturating_sub(1).min(from.len().saturating_sub(2));
        let share = if from.len() < 2 { 0.0 } else { (t - from[left]) / (from[left + 1] - from[left]) };
        Some(Between { left, share })
    };
    to.iter().map(place).collect()
}

/// Values on the line between neighbours.
pub fn linear(x: &[f64], places: &[Option<Between>], out: &mut [f64]) {
    for (place, out) in places.iter().zip(out) {
        *out = match place {
            None => f64::NAN,
            Some(Between { left, share: 0.0 }) => x[*left],
            Some(Between { left, share: 1.0 }) => x[left + 1],
            Some(Between { left, share }) => x[*left] + (x[left + 1] - x[*left]) * share,
        };
    }
}

/// As many values in a row as there are weights for each of `out`, weighted and added. What has no weight does not count, missing or not; a
/// NaN among the weights makes it missing.
pub fn blend(x: &[f64], weights: &[f64], out: &mut [f64]) {
    let each = x.len() / out.len().max(1);
    for (i, out) in out.iter_mut().enumerate() {
        let some = i * each..(i + 1) * each;
        let counted = x[some.clone()].iter().zip(&weights[some]).filter(|(_, w)| **w != 0.0);
        *out = counted.map(|(x, w)| if *w == 1.0 { *x } else { x * w }).sum();
    }
}

/// The nearer neighbour; halfway, the one before.
pub fn nearest(x: &[f64], places: &[Option<Between>], out: &mut [f64]) {
    for (place, out) in places.iter().zip(out) {
        *out = match place {
            None => f64::NAN,
            Some(p) if p.share <= 0.5 => x[p.left],
            Some(p) => x[p.left + 1],
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const N: f64 = f64::NAN;

    fn made(n: usize, f: impl Fn(&mut [f64])) -> Vec<f64> {
        let mut out = vec![0.0; n];
        f(&mut out);
        out.into_iter().map(|x| if x.is_nan() { -99.0 } else { x }).collect()
    }

    #[test]
    fn values_move_and_run() {
        let x = [1.0, N, 3.0, 2.0];
        assert_eq!(made(4, |o| shift(&x, 1, o)), [-99.0, 1.0, -99.0, 3.0]);
        assert_eq!(made(4, |o| shift(&x, -9, o)), [-99.0; 4]);
        assert_eq!(made(4, |o| run(&x, Running::Sum, o)), [1.0, 1.0, 4.0, 6.0]);
        assert_eq!(made(4, |o| run(&x, Running::Prod, o)), [1.0, 1.0, 3.0, 6.0]);
        assert_eq!(made(4, |o| run(&x, Running::Max, o)), [1.0, -99.0, 3.0, 3.0]);
        assert_eq!(made(4, |o| rank(&x, false, o)), [1.0, -99.0, 3.0, 2.0]);
        assert_eq!(made(4, |o| rank(&[2.0, 2.0, N, 1.0], true, o)), [2.5 / 3.0, 2.5 / 3.0, -99.0, 1.0 / 3.0]);
    }

    #[test]
    fn gaps_are_filled_up_to_the_limit() {
        let x = [N, 1.0, N, N, 4.0, N];
        assert_eq!(made(6, |o| forward(&x, Some(1), o)), [-99.0, 1.0, 1.0, -99.0, 4.0, 4.0]);
        assert_eq!(made(6, |o| backward(&x, None, o)), [1.0, 1.0, 4.0, 4.0, 4.0, -99.0]);
        assert_eq!(made(6, |o| bridge(&x, None, Interpolate::Linear, None, o)), [-99.0, 1.0, 2.0, 3.0, 4.0, -99.0]);
    }

    #[test]
    fn slopes_of_a_parabola_are_exact_inside() {
        let at = [0.0, 1.0, 3.0, 4.0];
        let x = at.map(|t| t * t);
        let slopes = made(4, |o| differentiate(&x, &at, o));
        assert!((slopes[1] - 2.0).abs() < 1e-12 && (slopes[2] - 6.0).abs() < 1e-12, "{slopes:?}");
        assert_eq!(made(4, |o| integrate(&at, &at, o)), [0.0, 0.5, 4.5, 8.0]);
    }

    #[test]
    fn positions_outside_have_no_value() {
        let places = places(&[0.0, 10.0, 30.0], &[-1.0, 0.0, 5.0, 10.0, 25.0, 30.0, 31.0]);
        let x = [1.0, 2.0, 4.0];
        assert_eq!(made(7, |o| linear(&x, &places, o)), [-99.0, 1.0, 1.5, 2.0, 3.5, 4.0, -99.0]);
        assert_eq!(made(7, |o| nearest(&x, &places, o)), [-99.0, 1.0, 1.0, 2.0, 4.0, 4.0, -99.0]);
    }
}
