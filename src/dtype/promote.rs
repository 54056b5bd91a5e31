//! The one promotion table: which type two types meet in.

use super::{DType, TimeUnit};
use crate::error::{Error, Result};

/// The type in which values of both types can be held, as numpy has it: integers widen, signed with u64 is f64, small integers
/// with f32 are f32, larger ones f64; booleans count as the smallest integer. Dates meet instants; the finer unit wins; a
/// category with a category or with text is text.
///
/// # Errors
/// Type: text with a number, instants of different calendars, instants with and without a zone, and any other pair.
pub fn promote(a: &DType, b: &DType) -> Result<DType> {
    use DType::*;
    if a == b {
        return Ok(a.clone());
    }
    let number = |t: &DType| t.is_integer() || t.is_float() || *t == Bool;
    if number(a) && number(b) {
        return Ok(numbers(a, b));
    }
    let finer = |x: TimeUnit, y: TimeUnit| x.max(y);
    Ok(match (a, b) {
        (Str | Categorical { .. }, Str | Categorical { .. }) => Str,
        (Date, Instant { tz: None, .. }) => b.clone(),
        (Instant { tz: None, .. }, Date) => a.clone(),
        (Instant { unit: u, tz: t, calendar: c }, Instant { unit: v, tz: s, calendar: d }) => {
            if c != d {
                return Err(refusal(a, b).help("`cdo setcalendar` or xarray's convert_calendar brings one to the calendar of the other"));
            }
            match (t, s) {
                (Some(t), Some(s)) => {
                    let tz = if t == s { t.clone() } else { "UTC".into() };
                    Instant { unit: finer(*u, *v), tz: Some(tz), calendar: *c }
                }
                (None, None) => Instant { unit: finer(*u, *v), tz: None, calendar: *c },
                _ => return Err(refusal(a, b).help("one has a time zone and the other has none")),
            }
        }
        (Duration { unit: u }, Duration { unit: v }) => Duration { unit: finer(*u, *v) },
        (Time { unit: u }, Time { unit: v }) => Time { unit: finer(*u, *v) },
        (Decimal { precision: p, scale: s }, Decimal { precision: q, scale: r }) => {
            let scale = (*s).max(*r);
            let whole = (*p as i16 - *s as i16).max(*q as i16 - *r as i16);
            Decimal { precision: (whole + scale as i16).clamp(1, 38) as u8, scale }
        }
        (Decimal { .. }, t) | (t, Decimal { .. }) if number(t) => F64,
        (List(x), List(y)) => List(Box::new(promote(x, y)?)),
        _ => return Err(refusal(a, b)),
    })
}

fn refusal(a: &DType, b: &DType) -> Error {
    Error::wrong_type(format!("{a} and {b} have no common type"))
}

/// (bits, signed) of an integer or boolean.
fn integer(t: &DType) -> Option<(u32, bool)> {
    Some(match t {
        DType::Bool => (1, false),
        DType::I8 => (8, true),
        DType::I16 => (16, true),
        DType::I32 => (32, true),
        DType::I64 => (64, true),
        DType::U8 => (8, false),
        DType::U16 => (16, false),
        DType::U32 => (32, false),
        DType::U64 => (64, false),
        _ => return None,
    })
}

fn numbers(a: &DType, b: &DType) -> DType {
    match (integer(a), integer(b)) {
        (Some((n, s)), Some((m, t))) => {
            let (bits, signed) = match (s, t) {
                (true, true) | (false, false) => (n.max(m), s),
                (true, false) => (n.max((m + 1).next_power_of_two()), true),
                (false, true) => (m.max((n + 1).next_power_of_two()), true),
            };
            match (bits, signed) {
                (1, _) => DType::Bool,
                (2..=8, true) => DType::I8,
                (9..=16, true) => DType::I16,
                (17..=32, true) => DType::I32,
                (33..=64, true) => DType::I64,
                (2..=8, false) => DType::U8,
                (9..=16, false) => DType::U16,
                (17..=32, false) => DType::U32,
                (33..=64, false) => DType::U64,
                _ => DType::F64,
            }
        }
        (Some((bits, _)), None) => {
            if bits <= 16 {
                b.clone()
            } else {
                DType::F64
            }
        }
        (None, Some((bits, _))) => {
            if bits <= 16 {
                a.clone()
            } else {
                DType::F64
            }
        }
        (None, None) => DType::F64,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_meet_where_numpy_says() {
        use DType::*;
        // numpy.promote_types of each pair.
        let cases = [
            (I8, U8, I16),
            (I16, U16, I32),
            (I32, U32, I64),
            (I64, U64, F64),
            (I8, I64, I64),
            (U8, U32, U32),
            (Bool, I8, I8),
            (Bool, U8, U8),
            (I16, F32, F32),
            (I32, F32, F64),
            (U16, F32, F32),
            (U64, F32, F64),
            (F32, F64, F64),
            (Bool, F32, F32),
            (U32, I8, I64),
        ];
        for (a, b, want) in cases {
            assert_eq!(promote(&a, &b).unwrap(), want, "{a} {b}");
            assert_eq!(promote(&b, &a).unwrap(), want, "{b} {a}");
        }
    }

    #[test]
    fn text_and_number_have_no_common_type() {
        assert!(promote(&DType::Str, &DType::I64).is_err());
    }
}
