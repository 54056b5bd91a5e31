//! Scalars as text for people: the same spelling as in the text formats. It stands here because it needs the calendars; a trait
//! may be implemented anywhere, so layers above use `to_string` without importing this.

use super::calendar::{civil, from_days};
use crate::dtype::{Calendar, Scalar, TimeUnit};
use std::fmt;

impl fmt::Display for Scalar {
    /// Missing is `-`; dates and times ISO 8601, a fraction only if it is not zero; floats with the fewest digits that read back
    /// the same; a time with a zone in that zone with its offset.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Scalar::Null => f.write_str("-"),
            Scalar::Bool(x) => write!(f, "{x}"),
            Scalar::I64(x) => write!(f, "{x}"),
            Scalar::U64(x) => write!(f, "{x}"),
            Scalar::F32(x) => write!(f, "{x:?}"),
            Scalar::F64(x) => write!(f, "{x:?}"),
            Scalar::Str(x) => f.write_str(x),
            Scalar::Bytes(x) => {
                f.write_str("0x")?;
                x.iter().try_for_each(|b| write!(f, "{b:02x}"))
            }
            Scalar::Date(days) => date(f, Calendar::ProlepticGregorian, *days as i64),
            Scalar::Time { value, unit } => clock(f, nanos(*value, *unit)),
            Scalar::Instant { value, unit, tz: None, calendar } => instant(f, *calendar, *value, *unit),
            Scalar::Instant { value, unit, tz: Some(tz), calendar } => {
                let offset = offset_seconds(tz, value.div_euclid(unit.per_second()));
                instant(f, *calendar, value.saturating_add(offset * unit.per_second()), *unit)?;
                match offset {
                    0 => f.write_str("Z"),
                    s => write!(f, "{}{:02}:{:02}", if s < 0 { '-' } else { '+' }, s.abs() / 3600, s.abs() / 60 % 60),
                }
            }
            Scalar::Duration { value, unit } => duration(f, nanos(*value, *unit)),
            Scalar::Decimal { value, scale, .. } => decimal(f, *value, *scale),
            Scalar::List(items) => {
                f.write_str("[")?;
                for (i, item) in items.iter().enumerate() {
                    let comma = if i > 0 { ", " } else { "" };
                    write!(f, "{comma}{item}")?;
                }
                f.write_str("]")
            }
        }
    }
}

/// Nanoseconds; i128, because microseconds of an i64 reach further than nanoseconds.
fn nanos(value: i64, unit: TimeUnit) -> i128 {
    value as i128 * (1_000_000_000 / unit.per_second()) as i128
}

fn date(f: &mut fmt::Formatter<'_>, calendar: Calendar, days: i64) -> fmt::Result {
    let (year, month, day) = from_days(calendar, days);
    year_text(f, year)?;
    write!(f, "-{month:02}-{day:02}")
}

fn year_text(f: &mut fmt::Formatter<'_>, year: i64) -> fmt::Result {
    if year < 0 { write!(f, "-{:04}", -year) } else { write!(f, "{year:04}") }
}

fn instant(f: &mut fmt::Formatter<'_>, calendar: Calendar, value: i64, unit: TimeUnit) -> fmt::Result {
    let c = civil(calendar, value, unit.per_second());
    year_text(f, c.year)?;
    write!(f, "-{:02}-{:02}T", c.month, c.day)?;
    clock(f, c.nanos as i128)
}

/// A time of day, or the part of a duration below a day.
fn clock(f: &mut fmt::Formatter<'_>, nanos: i128) -> fmt::Result {
    let (seconds, fraction) = (nanos / 1_000_000_000, nanos % 1_000_000_000);
    write!(f, "{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)?;
    if fraction == 0 {
        return Ok(());
    }
    let digits = format!("{fraction:09}");
    write!(f, ".{}", digits.trim_end_matches('0'))
}

/// As pandas spells and reads it: `2 days 03:04:05`.
fn duration(f: &mut fmt::Formatter<'_>, nanos: i128) -> fmt::Result {
    const DAY: i128 = 86_400_000_000_000;
    write!(f, "{} days ", nanos.div_euclid(DAY))?;
    clock(f, nanos.rem_euclid(DAY))
}

fn decimal(f: &mut fmt::Formatter<'_>, value: i128, scale: i8) -> fmt::Result {
    if scale <= 0 {
        write!(f, "{value}")?;
        return (0..if value == 0 { 0 } else { -(scale as i16) }).try_for_each(|_| f.write_str("0"));
    }
    let (sign, digits) = (if value < 0 { "-" } else { "" }, value.unsigned_abs().to_string());
    let digits = format!("{digits:0>width$}", width = scale as usize + 1);
    let (whole, fraction) = digits.split_at(digits.len() - scale as usize);
    write!(f, "{sign}{whole}.{fraction}")
}

/// The offset of a zone (`Europe/Paris`, `+01:00`, `UTC`) at a moment, in seconds; 0 for a zone that is not known.
fn offset_seconds(tz: &str, seconds: i64) -> i64 {
    use chrono::{Offset, TimeZone};
    if let Ok(zone) = tz.parse::<chrono_tz::Tz>() {
        let at = chrono::DateTime::from_timestamp(seconds, 0).map(|t| t.naive_utc());
        return at.map_or(0, |t| zone.offset_from_utc_datetime(&t).fix().local_minus_utc() as i64);
    }
    tz.parse::<chrono::FixedOffset>().map_or(0, |o| o.local_minus_utc() as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scalars_are_spelled_as_in_text_files() {
        let us = TimeUnit::Us;
        let at = |value, tz: Option<&str>, calendar| Scalar::Instant { value, unit: us, tz: tz.map(Into::into), calendar }.to_string();
        assert_eq!(Scalar::F64(1.0).to_string(), "1.0");
        assert_eq!(Scalar::F64(1e300).to_string(), "1e300");
        assert_eq!(Scalar::Date(-1).to_string(), "1969-12-31");
        assert_eq!(at(1_500_000, None, Calendar::ProlepticGregorian), "1970-01-01T00:00:01.5");
        assert_eq!(at(0, Some("Europe/Paris"), Calendar::ProlepticGregorian), "1970-01-01T01:00:00+01:00");
        assert_eq!(at(0, Some("UTC"), Calendar::ProlepticGregorian), "1970-01-01T00:00:00Z");
        assert_eq!(at(59 * 86_400_000_000, None, Calendar::Day360), "1970-02-30T00:00:00");
        assert_eq!(Scalar::Duration { value: -1_000_000, unit: us }.to_string(), "-1 days 23:59:59");
        assert_eq!(Scalar::Decimal { value: -5, precision: 5, scale: 2 }.to_string(), "-0.05");
    }
}
