//! Times at even distances.

use crate::dtype::{Calendar, DType, TimeUnit};
use crate::error::{Error, Result};
use crate::kernel::text::moment::parse_moment;
use crate::kernel::time::Frequency;
use crate::store::Column;

fn moment(text: &str, calendar: Calendar) -> Result<i64> {
    let read = parse_moment(text.trim().as_bytes()).filter(|m| m.offset.is_none());
    let wrong = || {
        let of = if calendar == Calendar::ProlepticGregorian { String::new() } else { format!(" of the calendar {}", calendar.name()) };
        Error::parse(format!("{text:?} is no date or time{of}")).help("it looks like 2020-01-31 or 2020-01-31T06:00")
    };
    read.and_then(|m| m.to_instant(calendar, TimeUnit::Us)).ok_or_else(wrong)
}

/// More times than anybody can want, and few enough for memory.
const MOST: usize = 50_000_000;

fn column(times: impl Iterator<Item = Option<i64>>, calendar: Calendar) -> Result<Column> {
    let many = || Error::overflow("more times than can be told");
    let mut out = Vec::new();
    for t in times {
        out.push(Some(t.ok_or_else(many)?));
        if out.len() > MOST {
            return Err(many());
        }
    }
    Column::from_i64(DType::Instant { unit: TimeUnit::Us, tz: None, calendar }, out)
}

/// Times from `start` to `end`, both included where they fall on it, at a frequency as pandas spells it (`D`, `6h`, `MS`, `QE-NOV`).
///
/// # Errors
/// Parse, for a time or a frequency.
///
/// # Examples
/// ```
/// let months = hpda_data::frame::date_range("2024-01-15", "2024-04-01", "MS")?;
/// assert_eq!((months.len(), months.scalar(0).to_string()), (3, "2024-02-01T00:00:00".to_string()));
/// # Ok::<(), hpda_data::Error>(())
/// ```
pub fn date_range(start: &str, end: &str, freq: &str) -> Result<Column> {
    calendar_range(Calendar::ProlepticGregorian, start, end, freq)
}

/// `periods` times from `start` on. Of type datetime (microseconds).
///
/// # Errors
/// Parse, for the time or the frequency; overflow, for times beyond the year 294 000.
///
/// # Examples
/// ```
/// use hpda_data::{Column, DataFrame};
/// let ends = hpda_data::frame::date_range_n("2024-01-15", 2, "ME")?;
/// assert_eq!((ends.len(), ends.scalar(1).to_string()), (2, "2024-02-29T00:00:00".to_string()));
/// # Ok::<(), hpda_data::Error>(())
/// ```
pub fn date_range_n(start: &str, periods: usize, freq: &str) -> Result<Column> {
    calendar_range_n(Calendar::ProlepticGregorian, start, periods, freq)
}

/// As [`date_range`], in a calendar, whose dates `start` and `end` are.
///
/// # Errors
/// Parse, for a date that the calendar lacks, or a frequency.
///
/// # Examples
/// ```
/// use hpda_data::{dtype::Calendar, frame::calendar_range};
/// let days = calendar_range(Calendar::Day360, "2001-02-29", "2001-03-02", "D")?;
/// assert_eq!((days.len(), days.scalar(1).to_string()), (4, "2001-02-30T00:00:00".to_string()));
/// # Ok::<(), hpda_data::Error>(())
/// ```
pub fn calendar_range(calendar: Calendar, start: &str, end: &str, freq: &str) -> Result<Column> {
    let (first, last) = (moment(start, calendar)?, moment(end, calendar)?);
    let all = Frequency::parse(freq)?.times(first, calendar, TimeUnit::Us.per_second());
    column(all.take_while(|t| t.is_some_and(|t| t <= last)), calendar)
}

/// As [`date_range_n`], in a calendar, of which `start` is a date.
///
/// # Errors
/// As [`calendar_range`]; overflow, for times beyond the year 294 000.
///
/// # Examples
/// ```
/// use hpda_data::{dtype::Calendar, frame::calendar_range_n};
/// let ends = calendar_range_n(Calendar::NoLeap, "2024-01-31", 2, "ME")?;
/// assert_eq!(ends.scalar(1).to_string(), "2024-02-28T00:00:00");
/// # Ok::<(), hpda_data::Error>(())
/// ```
pub fn calendar_range_n(calendar: Calendar, start: &str, periods: usize, freq: &str) -> Result<Column> {
    let first = moment(start, calendar)?;
    column(Frequency::parse(freq)?.times(first, calendar, TimeUnit::Us.per_second()).take(periods), calendar)
}
