//! Scalars as text for people: the same spelling as in the text formats. It stands here because it needs the calendars; a trait
//! may be implemented anywhere, so layers above use `to_string` without importing this.

use super::text::{Zone, format};
use crate::dtype::{Calendar, Scalar};
use std::fmt::{self, Write};

impl fmt::Display for Scalar {
    /// Missing is `-`; dates and times ISO 8601, a fraction only if it is not zero; floats with the fewest digits that read back
    /// the same; a time with a zone in that zone with its offset.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = Vec::new();
        match self {
            Scalar::Null => return f.write_str("-"),
            Scalar::Str(x) => return f.write_str(x),
            Scalar::Bytes(x) => {
                f.write_str("0x")?;
                return x.iter().try_for_each(|b| write!(f, "{b:02x}"));
            }
            Scalar::List(items) => {
                f.write_char('[')?;
                for (i, item) in items.iter().enumerate() {
                    let comma = if i > 0 { ", " } else { "" };
                    write!(f, "{comma}{item}")?;
                }
                return f.write_char(']');
            }
            Scalar::Bool(x) => format::push_bool(&mut out, *x),
            Scalar::I64(x) => format::push_int(&mut out, *x),
            Scalar::U64(x) => format::push_int(&mut out, *x),
            Scalar::F32(x) => format::push_f32(&mut out, *x),
            Scalar::F64(x) => format::push_f64(&mut out, *x),
            Scalar::Date(days) => format::push_date(&mut out, Calendar::ProlepticGregorian, *days as i64),
            Scalar::Time { value, unit } => format::push_time(&mut out, *value, *unit),
            Scalar::Instant { value, unit, tz, calendar } => {
                let zone = tz.as_deref().map(|tz| Zone::parse(tz).unwrap_or(Zone::Utc));
                format::push_instant(&mut out, *value, *unit, zone, *calendar);
            }
            Scalar::Duration { value, unit } => format::push_duration(&mut out, *value, *unit),
            Scalar::Decimal { value, scale, .. } => format::push_decimal(&mut out, *value, *scale),
        }
        // The formatters write ASCII.
        f.write_str(std::str::from_utf8(&out).map_err(|_| fmt::Error)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dtype::TimeUnit;

    #[test]
    fn scalars_are_spelled_as_in_text_files() {
        let us = TimeUnit::Us;
        let at = |value, tz: Option<&str>, calendar| Scalar::Instant { value, unit: us, tz: tz.map(Into::into), calendar }.to_string();
        assert_eq!(Scalar::F64(1.0).to_string(), "1.0");
        assert_eq!(Scalar::F64(1e300).to_string(), "1e+300");
        assert_eq!(Scalar::Date(-1).to_string(), "1969-12-31");
        assert_eq!(at(1_500_000, None, Calendar::ProlepticGregorian), "1970-01-01T00:00:01.500");
        assert_eq!(at(0, Some("Europe/Paris"), Calendar::ProlepticGregorian), "1970-01-01T01:00:00+01:00");
        assert_eq!(at(0, Some("UTC"), Calendar::ProlepticGregorian), "1970-01-01T00:00:00Z");
        assert_eq!(at(59 * 86_400_000_000, None, Calendar::Day360), "1970-02-30T00:00:00");
        assert_eq!(Scalar::Duration { value: -1_000_000, unit: us }.to_string(), "-0 days 00:00:01");
        assert_eq!(Scalar::Decimal { value: -5, precision: 5, scale: 2 }.to_string(), "-0.05");
    }
}
