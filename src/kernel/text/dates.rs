//! Dates in a format that the user gives.

use crate::error::{Error, Result};
use crate::kernel::calendar::Civil;
use crate::kernel::text::moment::{Moment, parse_moment};
use chrono::format::{Item, Parsed, StrftimeItems, parse};
use chrono::{Datelike, NaiveTime, Timelike};

/// Reads the cells of columns that are said to be dates.
#[derive(Clone, Debug)]
pub struct DateReader {
    /// ISO 8601 where there is none.
    items: Option<Vec<Item<'static>>>,
}

impl DateReader {
    /// ISO 8601.
    pub const ISO: DateReader = DateReader { items: None };

    /// With a format as `strftime` has it; ISO 8601 without one.
    ///
    /// # Errors
    /// Invalid, for a format that is not understood.
    pub fn new(format: Option<&str>) -> Result<DateReader> {
        let Some(format) = format else { return Ok(DateReader { items: None }) };
        let items = StrftimeItems::new(format).parse_to_owned().map_err(|_| {
            Error::invalid(format!("the date format {format:?} is not understood"))
                .help("as for strftime: %Y year, %m month, %d day, %H:%M:%S time, %z offset, %b month's name")
        })?;
        Ok(DateReader { items: Some(items) })
    }

    /// The date that a cell says.
    #[inline]
    pub fn read(&self, text: &[u8]) -> Option<Moment> {
        match &self.items {
            None => parse_moment(text),
            Some(items) => read_with(items, text),
        }
    }
}

fn read_with(items: &[Item<'static>], text: &[u8]) -> Option<Moment> {
    let mut parsed = Parsed::new();
    parse(&mut parsed, std::str::from_utf8(text).ok()?, items.iter()).ok()?;
    let (date, time) = match parsed.timestamp() {
        Some(seconds) => {
            let at = chrono::DateTime::from_timestamp(seconds, parsed.nanosecond().unwrap_or(0))?.naive_utc();
            (at.date(), Some(at.time()))
        }
        None => {
            // A month without a day is its first, as in pandas.
            if parsed.day().is_none() && parsed.ordinal().is_none() {
                let _ = parsed.set_day(1);
            }
            (parsed.to_naive_date().ok()?, time_of(&mut parsed)?)
        }
    };
    let nanos = time.map_or(0, |t| t.num_seconds_from_midnight() as i64 * 1_000_000_000 + t.nanosecond() as i64 % 1_000_000_000);
    let civil = Civil { year: date.year() as i64, month: date.month() as u8, day: date.day() as u8, nanos };
    Some(Moment { civil, timed: time.is_some(), offset: parsed.offset() })
}

/// The time of day, if the format has one: hours alone are enough.
fn time_of(parsed: &mut Parsed) -> Option<Option<NaiveTime>> {
    if parsed.hour_mod_12().is_none() {
        return Some(None);
    }
    if parsed.minute().is_none() {
        let _ = parsed.set_minute(0);
    }
    parsed.to_naive_time().ok().map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dtype::{Calendar, TimeUnit};

    #[test]
    fn formats_read_dates_and_times() {
        let read = |format: &str, text: &str| DateReader::new(Some(format)).unwrap().read(text.as_bytes());
        let date = read("%d.%m.%Y", "31.01.2020").unwrap();
        assert_eq!((date.to_date(), date.timed), (Some(18_292), false));
        let time = read("%d/%b/%y %H:%M", "02/Jan/70 01:30").unwrap();
        assert_eq!(time.to_instant(Calendar::ProlepticGregorian, TimeUnit::Us), Some(91_800_000_000));
        let zoned = read("%Y%m%dT%H%M%S%z", "19700101T010000+0100").unwrap();
        assert_eq!(zoned.to_instant(Calendar::ProlepticGregorian, TimeUnit::Us), Some(0));
        assert_eq!(read("%Y-%m", "1970-02").unwrap().to_date(), Some(31));
        assert_eq!(read("%d.%m.%Y", "2020-01-31"), None);
        assert!(DateReader::new(Some("%Q")).is_err());
    }
}
