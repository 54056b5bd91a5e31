//! Times at even distances.

use crate::dtype::{Calendar, TimeUnit};
use crate::error::{Error, Result};
use crate::kernel::text::moment::parse_moment;
use crate::kernel::time::{Frequency, Origin};
use crate::store::Column;

fn moment(text: &str) -> Result<i64> {
    let read = parse_moment(text.trim().as_bytes()).filter(|m| m.offset.is_none());
    let wrong = || Error::parse(format!("{text:?} is no date or time")).help("it looks like 2020-01-31 or 2020-01-31T06:00");
    read.and_then(|m| m.to_instant(Calendar::ProlepticGregorian, TimeUnit::Us)).ok_or_else(wrong)
}

fn between(first: i64, last: i64, frequency: &Frequency) -> Result<Vec<i64>> {
    if last < first {
        return Ok(Vec::new());
    }
    // The time of day of the first goes with all of them, as in pandas.
    let clock = if frequency.within_day() { 0 } else { first.rem_euclid(86_400_000_000) };
    let bins = frequency.bins((first - clock, last), Calendar::ProlepticGregorian, 1_000_000, None, None, Origin::Start)?;
    Ok(bins.labels.into_iter().map(|t| t + clock).filter(|t| (first..=last).contains(t)).collect())
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
    let times = between(moment(start)?, moment(end)?, &Frequency::parse(freq)?)?;
    Ok(Column::datetimes(times.into_iter().map(Some).collect()))
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
    let (first, frequency) = (moment(start)?, Frequency::parse(freq)?);
    // The length of the whole is not known before: it is tried, twice as long each time.
    let mut length: i64 = 86_400_000_000;
    loop {
        let end = first.checked_add(length).ok_or_else(|| Error::overflow("more times than can be told"))?;
        let mut times = between(first, end, &frequency)?;
        if times.len() >= periods {
            times.truncate(periods);
            return Ok(Column::datetimes(times.into_iter().map(Some).collect()));
        }
        length = length.checked_mul(2).ok_or_else(|| Error::overflow("more times than can be told"))?;
    }
}
