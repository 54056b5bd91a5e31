//! How a literal fits the type of what it meets: literals are weak.

use crate::dtype::{Calendar, DType, Scalar, TimeUnit};
use crate::error::{Error, Result};
use crate::kernel::text::Zone;
use crate::kernel::text::moment::{Moment, parse_clock, parse_duration, parse_moment};

/// Why a literal meets a type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meeting {
    /// To be computed with: what does not fit is an error.
    Compute,
    /// To be compared with: by value, so what does not fit makes both wider.
    Compare,
}

/// The literal in the type of what it meets, and the type that both then have (the other one's own, or a wider one).
pub(super) fn fit(value: &Scalar, dtype: &DType, meeting: Meeting) -> Result<(Scalar, DType)> {
    use Scalar as S;
    let own = |s: Scalar| Ok((s, dtype.clone()));
    let mismatch = || {
        let e = Error::wrong_type(format!("{} does not go with {dtype}", shown(value)));
        match (value, dtype) {
            (S::Str(_), t) if t.is_numeric() => e.help("numbers stand without quotes; `float(x)` reads text"),
            (_, DType::Str | DType::Categorical { .. }) => e.help("text stands in quotes: 'text'"),
            _ => e,
        }
    };
    match (value, dtype) {
        (S::Null, _) => own(S::Null),
        (S::Bool(_), DType::Bool) => own(value.clone()),
        (S::Bool(b), t) if t.is_numeric() => fit(&S::I64(*b as i64), t, meeting),
        (S::I64(_) | S::U64(_), DType::Bool) => Ok((whole(value, &DType::I64).unwrap_or(value.clone()), DType::I64)),
        (S::I64(_) | S::U64(_), t) if t.is_integer() => {
            match whole(value, t) {
                Some(s) => own(s),
                None if meeting == Meeting::Compute => Err(Error::overflow(format!("{} does not fit {t}", shown(value)))
                    .help("make the column wider first: `int(x)` or `float(x)`")),
                None => match [DType::I64, DType::U64].into_iter().find_map(|w| {
                    let joint = crate::dtype::promote(t, &w).ok().filter(DType::is_integer)?;
                    Some((whole(value, &joint)?, joint))
                }) {
                    Some(wider) => Ok(wider),
                    None => Ok((S::F64(value.as_f64().unwrap_or(f64::NAN)), DType::F64)),
                },
            }
        }
        (S::F64(x), t) if t.is_integer() || *t == DType::Bool => {
            if meeting == Meeting::Compare
                && x.fract() == 0.0
                && x.abs() < 9e15
                && let Some(s) = whole(&S::I64(*x as i64), t)
            {
                return own(s);
            }
            Ok((S::F64(*x), DType::F64))
        }
        (S::I64(_) | S::U64(_) | S::F64(_), DType::F64) => own(S::F64(value.as_f64().unwrap_or(f64::NAN))),
        (S::I64(_) | S::U64(_) | S::F64(_), DType::F32) => {
            let x = value.as_f64().unwrap_or(f64::NAN);
            if (x as f32).is_infinite() && x.is_finite() {
                return match meeting {
                    Meeting::Compute => {
                        Err(Error::overflow(format!("{} does not fit f32", shown(value))).help("`float(x)` makes the column f64"))
                    }
                    Meeting::Compare => Ok((S::F64(x), DType::F64)),
                };
            }
            own(S::F32(x as f32))
        }
        (S::I64(_) | S::U64(_) | S::F64(_), DType::Decimal { .. }) => Ok((S::F64(value.as_f64().unwrap_or(f64::NAN)), DType::F64)),
        (S::Str(_), DType::Str) => own(value.clone()),
        (S::Str(_), DType::Categorical { .. }) => Ok((value.clone(), DType::Str)),
        (S::Str(text), DType::Date) => {
            let moment = moment(text, dtype)?;
            match moment.to_date() {
                Some(days) => own(S::Date(days)),
                None => {
                    let t = DType::datetime();
                    Ok((instant(&moment, text, TimeUnit::Us, None, Calendar::ProlepticGregorian)?, t))
                }
            }
        }
        (S::Str(text), DType::Instant { unit, tz, calendar }) => {
            own(instant(&moment(text, dtype)?, text, *unit, tz.as_deref(), *calendar)?)
        }
        (S::Str(text), DType::Duration { unit }) => own(duration(text, *unit).ok_or_else(|| unreadable(text, dtype))?),
        (S::Str(text), DType::Time { unit }) => {
            let nanos = parse_clock(text.as_bytes()).ok_or_else(|| unreadable(text, dtype))?;
            own(S::Time { value: nanos / (1_000_000_000 / unit.per_second()), unit: *unit })
        }
        // What has a type of its own already (an aggregate that was computed).
        (s, t) if s.dtype().as_ref() == Some(t) => own(value.clone()),
        _ => Err(mismatch()),
    }
}

/// As an expression would have it.
fn shown(value: &Scalar) -> String {
    super::Expr::Lit(value.clone()).to_string()
}

fn unreadable(text: &str, dtype: &DType) -> Error {
    let example = match dtype {
        DType::Time { .. } => "06:30:00",
        DType::Duration { .. } => "2 days 03:00:00",
        _ => "2020-01-31T06:00:00",
    };
    Error::parse(format!("{text:?} does not read as {dtype}")).help(format!("write it as '{example}'"))
}

fn moment(text: &str, dtype: &DType) -> Result<Moment> {
    parse_moment(text.as_bytes()).ok_or_else(|| unreadable(text, dtype))
}

fn instant(moment: &Moment, text: &str, unit: TimeUnit, tz: Option<&str>, calendar: Calendar) -> Result<Scalar> {
    if tz.is_none() && moment.offset.is_some() {
        return Err(Error::wrong_type(format!("{text:?} has a time zone, the column has none")).help("leave the zone out"));
    }
    let missing_date = || Error::parse(format!("{text:?} is not a date of the calendar {}", calendar.name()));
    let mut value = moment.to_instant(calendar, unit).ok_or_else(missing_date)?;
    if let (Some(tz), None) = (tz, moment.offset) {
        // Local time of the column's zone: the offset there, looked up twice because it depends on the result.
        let zone = Zone::parse(tz).ok_or_else(|| Error::not_found("time zone", tz, []))?;
        let local = value.div_euclid(unit.per_second());
        let guess = local - zone.offset(local) as i64;
        value -= zone.offset(guess) as i64 * unit.per_second();
    }
    Ok(Scalar::Instant { value, unit, tz: tz.map(Into::into), calendar })
}

/// `3D`, `12h`, `30min`, `1.5s` and what ISO 8601 and pandas write.
pub(super) fn duration(text: &str, unit: TimeUnit) -> Option<Scalar> {
    let split = text.find(|c: char| !matches!(c, '0'..='9' | '.' | '-' | '+'))?;
    let (number, word) = text.split_at(split);
    let seconds = match word.trim() {
        "W" => 604_800.0,
        "D" | "d" | "day" | "days" => 86_400.0,
        "h" | "H" => 3600.0,
        "min" => 60.0,
        "s" => 1.0,
        "ms" => 1e-3,
        "us" => 1e-6,
        _ => f64::NAN,
    };
    let nanos = match number.parse::<f64>() {
        Ok(n) if !seconds.is_nan() => (n * seconds * 1e9).round() as i128,
        _ => parse_duration(text.as_bytes())?,
    };
    let value = i64::try_from(nanos / (1_000_000_000 / unit.per_second()) as i128).ok()?;
    Some(Scalar::Duration { value, unit })
}

/// An integer in an integer type, if it fits.
fn whole(value: &Scalar, dtype: &DType) -> Option<Scalar> {
    let x = match value {
        Scalar::I64(x) => *x as i128,
        Scalar::U64(x) => *x as i128,
        _ => return None,
    };
    let (low, high): (i128, i128) = match dtype {
        DType::I8 => (i8::MIN as i128, i8::MAX as i128),
        DType::I16 => (i16::MIN as i128, i16::MAX as i128),
        DType::I32 => (i32::MIN as i128, i32::MAX as i128),
        DType::I64 => (i64::MIN as i128, i64::MAX as i128),
        DType::U8 => (0, u8::MAX as i128),
        DType::U16 => (0, u16::MAX as i128),
        DType::U32 => (0, u32::MAX as i128),
        DType::U64 => (0, u64::MAX as i128),
        _ => return None,
    };
    if !(low..=high).contains(&x) {
        return None;
    }
    Some(if low == 0 { Scalar::U64(x as u64) } else { Scalar::I64(x as i64) })
}
