//! What stands in for missing values: the row before, the row after, a point on the line between.

use crate::error::{Error, Result};
use arrow::array::UInt64Array;
use arrow::array::builder::UInt64Builder;
use arrow::buffer::BooleanBuffer;

/// Refuses to fill no rows of a gap.
///
/// # Errors
/// Invalid, for a limit of 0.
pub fn check_limit(limit: Option<usize>) -> Result<()> {
    match limit {
        Some(0) => Err(Error::invalid("a limit of 0 rows fills nothing").help("the limit is at least 1")),
        _ => Ok(()),
    }
}

fn most(limit: Option<usize>) -> u64 {
    limit.map_or(u64::MAX, |l| l as u64)
}

/// For each row the row whose value it takes: its own where that is `present`, else the last present one before it, at most `limit`
/// rows on. Rows without any are missing.
pub fn forward_rows(present: &BooleanBuffer, limit: Option<usize>) -> UInt64Array {
    forward_rows_at(present, limit, |i| i as u64)
}

/// [`forward_rows`] where rows of a table are left out: `row` tells the number in it of each that is there, ascending. The limit counts
/// those left out; the result is of positions among those that are there.
pub fn forward_rows_at(present: &BooleanBuffer, limit: Option<usize>, row: impl Fn(usize) -> u64) -> UInt64Array {
    let limit = most(limit);
    let mut out = UInt64Builder::with_capacity(present.len());
    let mut last: Option<usize> = None;
    for i in 0..present.len() {
        if present.value(i) {
            last = Some(i);
        }
        out.append_option(last.filter(|&l| row(i) - row(l) <= limit).map(|l| l as u64));
    }
    out.finish()
}

/// The same from the next present row, at most `limit` rows back.
pub fn backward_rows(present: &BooleanBuffer, limit: Option<usize>) -> UInt64Array {
    backward_rows_at(present, limit, |i| i as u64)
}

/// [`backward_rows`] where rows are left out, as in [`forward_rows_at`].
pub fn backward_rows_at(present: &BooleanBuffer, limit: Option<usize>, row: impl Fn(usize) -> u64) -> UInt64Array {
    let limit = most(limit);
    let mut out: Vec<Option<u64>> = vec![None; present.len()];
    let mut next: Option<usize> = None;
    for i in (0..present.len()).rev() {
        if present.value(i) {
            next = Some(i);
        }
        out[i] = next.filter(|&n| row(n) - row(i) <= limit).map(|n| n as u64);
    }
    UInt64Array::from(out)
}

/// How a gap between two values is filled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Interpolate {
    /// By rows: equal steps.
    Linear,
    /// By the distance of the positions given beside the values (times).
    Positions,
    /// The value of the nearer end; halfway, of the one before.
    Nearest,
}

/// Fills the gaps (NaN) that have a value on both sides, at most `limit` rows of each from its start. `positions` (as long as the
/// values, ascending, without NaN) are needed for [`Interpolate::Positions`] and count for `Nearest`; rows otherwise.
pub fn interpolate(values: &mut [f64], positions: Option<&[f64]>, method: Interpolate, limit: Option<usize>) {
    interpolate_at(values, positions, method, limit, |i| i as u64);
}

/// [`interpolate`] where rows are left out, as in [`forward_rows_at`].
pub fn interpolate_at(
    values: &mut [f64],
    positions: Option<&[f64]>,
    method: Interpolate,
    limit: Option<usize>,
    row: impl Fn(usize) -> u64,
) {
    let at = |i: usize| positions.map_or(row(i) as f64, |p| p[i]);
    let limit = most(limit);
    let mut left: Option<usize> = None;
    for right in 0..values.len() {
        if values[right].is_nan() {
            continue;
        }
        if let Some(l) = left.filter(|l| right - l > 1) {
            let (a, b) = (values[l], values[right]);
            let whole = at(right) - at(l);
            for (i, x) in values.iter_mut().enumerate().take(right).skip(l + 1) {
                if row(i) - row(l) > limit {
                    break;
                }
                *x = match method {
                    Interpolate::Nearest if at(i) - at(l) <= at(right) - at(i) => a,
                    Interpolate::Nearest => b,
                    // As numpy.interp: the slope, times the way gone.
                    _ if whole == 0.0 => a,
                    _ => (b - a) / whole * (at(i) - at(l)) + a,
                };
            }
        }
        left = Some(right);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bits(text: &str) -> BooleanBuffer {
        text.chars().map(|c| c == 'x').collect()
    }

    fn list(rows: UInt64Array) -> Vec<Option<u64>> {
        rows.iter().collect()
    }

    #[test]
    fn filling_stops_at_its_limit() {
        assert_eq!(list(forward_rows(&bits("_x__x_"), None)), [None, Some(1), Some(1), Some(1), Some(4), Some(4)]);
        assert_eq!(list(forward_rows(&bits("_x__x_"), Some(1))), [None, Some(1), Some(1), None, Some(4), Some(4)]);
        assert_eq!(list(backward_rows(&bits("_x__x_"), Some(1))), [Some(1), Some(1), None, Some(4), Some(4), None]);
        assert!(forward_rows(&bits(""), None).is_empty());
    }

    #[test]
    fn rows_that_are_left_out_count_for_the_limit() {
        // Rows 3, 10, 11 and 20 of a table.
        let row = |i: usize| [3, 10, 11, 20][i];
        assert_eq!(list(forward_rows_at(&bits("x__x"), Some(7), row)), [Some(0), Some(0), None, Some(3)]);
        assert_eq!(list(backward_rows_at(&bits("x__x"), Some(9), row)), [Some(0), None, Some(3), Some(3)]);
        let mut v = [0.0, f64::NAN, f64::NAN, 34.0];
        interpolate_at(&mut v, None, Interpolate::Linear, Some(7), row);
        assert!(v[1] == 14.0 && v[2].is_nan());
    }

    #[test]
    fn interpolation_fills_inside_only() {
        let n = f64::NAN;
        let filled = |method, limit, positions: Option<&[f64]>| {
            let mut v = [n, 1.0, n, n, 4.0, n];
            interpolate(&mut v, positions, method, limit);
            v.map(|x| if x.is_nan() { -1.0 } else { x })
        };
        assert_eq!(filled(Interpolate::Linear, None, None), [-1.0, 1.0, 2.0, 3.0, 4.0, -1.0]);
        assert_eq!(filled(Interpolate::Linear, Some(1), None), [-1.0, 1.0, 2.0, -1.0, 4.0, -1.0]);
        assert_eq!(filled(Interpolate::Nearest, None, None), [-1.0, 1.0, 1.0, 4.0, 4.0, -1.0]);
        let days = [0.0, 1.0, 2.0, 6.0, 7.0, 8.0];
        assert_eq!(filled(Interpolate::Positions, None, Some(&days)), [-1.0, 1.0, 1.5, 3.5, 4.0, -1.0]);
    }
}
