//! The span of time that a text names: a year, a month, a day, an hour, a minute or a moment.

use crate::dtype::{Calendar, DType, TimeUnit};
use crate::error::{Error, Result};
use crate::kernel::calendar::{days_in_month, to_days};
use crate::kernel::text::Zone;
use crate::kernel::text::moment::{Moment, parse_clock, parse_duration, parse_moment};

/// First and last value (both included) of what the text names, in the units of a date, instant, time or duration.
///
/// # Errors
/// Parse, for a text that is none, or a date that the calendar lacks.
pub(super) fn period(text: &str, dtype: &DType) -> Result<(i64, i64)> {
    let wrong =
        || Error::parse(format!("{text:?} does not read as a {dtype}")).help("times look like 2020-01-31T06:00, or 2020-01 for a month");
    let text = text.trim();
    match dtype {
        DType::Time { unit } => {
            let nanos = parse_clock(text.as_bytes()).ok_or_else(wrong)?;
            let value = nanos / (1_000_000_000 / unit.per_second());
            return Ok((value, value));
        }
        DType::Duration { unit } => {
            let nanos = parse_duration(text.as_bytes()).ok_or_else(wrong)?;
            let value = i64::try_from(nanos / (1_000_000_000 / unit.per_second()) as i128).map_err(|_| wrong())?;
            return Ok((value, value));
        }
        _ => {}
    }
    let (unit, tz, calendar) = match dtype {
        DType::Instant { unit, tz, calendar } => (Some(*unit), tz.as_deref(), *calendar),
        _ => (None, None, Calendar::ProlepticGregorian),
    };
    let per_second = unit.unwrap_or(TimeUnit::Us).per_second();
    // First instant of a day, and how long the period is, both local.
    let digits = |t: &str| t.len() == 4 && t.bytes().all(|b| b.is_ascii_digit());
    let parts: Vec<&str> = text.split('-').collect();
    let days = match parts[..] {
        [year] if digits(year) => {
            let y: i64 = year.parse().map_err(|_| wrong())?;
            Some((to_days(calendar, y, 1, 1), to_days(calendar, y + 1, 1, 1)))
        }
        [year, month] if digits(year) => {
            let y: i64 = year.parse().map_err(|_| wrong())?;
            let m: u8 = month.parse().ok().filter(|m| (1..=12).contains(m)).ok_or_else(wrong)?;
            let first = to_days(calendar, y, m, 1);
            Some((first, to_days(calendar, y, m, days_in_month(calendar, y, m)) + 1))
        }
        _ => None,
    };
    let (first, after, offset) = match days {
        Some((a, b)) => (a * 86_400 * per_second, b * 86_400 * per_second, None),
        None => {
            let moment: Moment =
                parse_moment(text.as_bytes()).or_else(|| parse_moment(format!("{text}:00").as_bytes())).ok_or_else(wrong)?;
            let local = Moment { offset: None, ..moment };
            let first = local.to_instant(calendar, unit.unwrap_or(TimeUnit::Us)).ok_or_else(wrong)?;
            let clock = text.len().saturating_sub(10);
            // `T06`, `T06:00`: an hour, a minute; anything finer is a moment.
            let length = match (moment.timed, moment.offset, clock) {
                (false, ..) => 86_400 * per_second,
                (true, None, 3) => 3600 * per_second,
                (true, None, 6) => 60 * per_second,
                (true, None, 9) => per_second,
                _ => 1,
            };
            (first, first + length, moment.offset)
        }
    };
    let Some(_) = unit else {
        let day = 86_400 * per_second;
        return Ok((first.div_euclid(day), (after - 1).div_euclid(day)));
    };
    let zone = tz.map(|tz| Zone::parse(tz).ok_or_else(|| Error::not_found("time zone", tz, []))).transpose()?;
    let to_utc = |local: i64| match (offset, zone) {
        (Some(o), _) => local - o as i64 * per_second,
        (None, None) => local,
        (None, Some(z)) => {
            let seconds = local.div_euclid(per_second);
            let guess = seconds - z.offset(seconds) as i64;
            local - z.offset(guess) as i64 * per_second
        }
    };
    Ok((to_utc(first), to_utc(after) - 1))
}
