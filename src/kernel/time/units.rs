//! Reads `UNIT since DATE`, in every spelling that UDUNITS, CF and common writers have.

use crate::dtype::Calendar;
use crate::error::{Error, Result};
use crate::kernel::calendar::{self, Civil};

/// What one unit of a time axis is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// A fixed length in nanoseconds.
    Fixed(i64),
    /// Calendar months.
    Months(i64),
}

const SECOND: i64 = 1_000_000_000;
const DAY: i64 = 86_400 * SECOND;

impl Step {
    /// The unit of this name, abbreviations and plurals included, in any case.
    pub fn parse(name: &str) -> Option<Step> {
        Some(match name.to_ascii_lowercase().as_str() {
            "nanoseconds" | "nanosecond" | "nanosec" | "nanosecs" | "nsec" | "nsecs" | "ns" => Step::Fixed(1),
            "microseconds" | "microsecond" | "microsec" | "microsecs" | "usec" | "usecs" | "us" => Step::Fixed(1_000),
            "milliseconds" | "millisecond" | "millisec" | "millisecs" | "msec" | "msecs" | "ms" => Step::Fixed(1_000_000),
            "seconds" | "second" | "sec" | "secs" | "s" => Step::Fixed(SECOND),
            "minutes" | "minute" | "min" | "mins" => Step::Fixed(60 * SECOND),
            "hours" | "hour" | "hr" | "hrs" | "h" => Step::Fixed(3_600 * SECOND),
            "days" | "day" | "d" => Step::Fixed(DAY),
            "weeks" | "week" => Step::Fixed(7 * DAY),
            "months" | "month" | "mon" | "mons" => Step::Months(1),
            "years" | "year" | "yr" | "yrs" => Step::Months(12),
            "common_years" | "common_year" => Step::Fixed(365 * DAY),
            _ => return None,
        })
    }

    /// In a calendar where months (or years) are all of one length they are fixed lengths, and may be fractions.
    fn in_calendar(self, calendar: Calendar) -> Step {
        match (self, calendar) {
            (Step::Months(n), Calendar::Day360) => Step::Fixed(n * 30 * DAY),
            (Step::Months(12), Calendar::NoLeap) => Step::Fixed(365 * DAY),
            (Step::Months(12), Calendar::AllLeap) => Step::Fixed(366 * DAY),
            (step, _) => step,
        }
    }
}

/// The parts of `UNIT since DATE`.
#[derive(Clone, Debug, PartialEq)]
pub struct TimeUnits {
    /// The unit.
    pub step: Step,
    /// The date and time from which it counts, in its own calendar, as UTC where a zone was given.
    pub reference: Civil,
}

impl TimeUnits {
    /// Whether this has the form of the units of a time axis, `.. since ..`.
    pub fn looks_like(units: &str) -> bool {
        split(units).is_some()
    }

    /// Reads the units of a time axis.
    ///
    /// Negative years count as cftime has them: in the calendars with a history (`standard`, `julian`) the year before 1 is -1,
    /// in the others it is 0. A year 0 is taken as the year before 1 in all of them.
    ///
    /// # Errors
    /// Parse, with what does not read.
    pub fn parse(units: &str, calendar: Calendar) -> Result<TimeUnits> {
        let refusal = |why: String| Error::parse(format!("time units {units:?} do not read: {why}"));
        let (unit, date) = split(units).ok_or_else(|| refusal("there is no \"since\"".into()))?;
        let step = Step::parse(unit).ok_or_else(|| refusal(format!("{unit:?} is no unit of time")))?.in_calendar(calendar);
        let mut fields = date_time(date).ok_or_else(|| refusal(format!("{date:?} is no date")))?;
        if matches!(calendar, Calendar::Standard | Calendar::Julian) && fields.year < 0 {
            fields.year += 1;
        }
        if fields.year.abs() > 250_000 || !calendar::is_valid(calendar, fields.year, fields.month, fields.day) {
            return Err(refusal(format!("the calendar {} has no date {date:?}", calendar.name())));
        }
        let (y, m, d) = (fields.year, fields.month, fields.day);
        let nanos = fields.nanos - fields.zone_minutes * 60 * SECOND;
        let days = calendar::to_days(calendar, y, m, d) + nanos.div_euclid(DAY);
        let (year, month, day) = calendar::from_days(calendar, days);
        Ok(TimeUnits { step, reference: Civil { year, month, day, nanos: nanos.rem_euclid(DAY) } })
    }
}

/// Cuts at the word `since` (UDUNITS also has `from`, `after`, `ref` and `@`, which nobody writes).
fn split(units: &str) -> Option<(&str, &str)> {
    let lower = units.to_ascii_lowercase();
    let at = lower.match_indices("since").map(|(i, _)| i).find(|&i| {
        let space = |c: Option<&u8>| c.is_some_and(u8::is_ascii_whitespace);
        i > 0 && space(units.as_bytes().get(i - 1)) && space(units.as_bytes().get(i + 5))
    })?;
    let (unit, date) = (units[..at].trim(), units[at + 5..].trim());
    (!unit.is_empty() && !date.is_empty()).then_some((unit, date))
}

struct Fields {
    year: i64,
    month: u8,
    day: u8,
    nanos: i64,
    zone_minutes: i64,
}

/// A cursor over ASCII text.
struct Cursor<'a>(&'a [u8]);

impl Cursor<'_> {
    fn peek(&self) -> Option<u8> {
        self.0.first().copied()
    }

    fn eat(&mut self, c: u8) -> bool {
        let hit = self.peek().is_some_and(|p| p.eq_ignore_ascii_case(&c));
        if hit {
            self.0 = &self.0[1..];
        }
        hit
    }

    fn spaces(&mut self) {
        while self.eat(b' ') || self.eat(b'\t') {}
    }

    /// One to `most` digits.
    fn digits(&mut self, most: usize) -> Option<i64> {
        let n = self.0.iter().take(most).take_while(|c| c.is_ascii_digit()).count();
        let (head, rest) = self.0.split_at(n);
        let value = std::str::from_utf8(head).ok()?.parse().ok()?;
        self.0 = rest;
        Some(value)
    }

    fn run(&self) -> usize {
        self.0.iter().take_while(|c| c.is_ascii_digit()).count()
    }
}

fn date_time(text: &str) -> Option<Fields> {
    let mut c = Cursor(text.as_bytes());
    let negative = c.eat(b'-');
    c.eat(b'+');
    let mut f = Fields { year: 0, month: 1, day: 1, nanos: 0, zone_minutes: 0 };
    if c.run() == 8 {
        // 19700101, ISO's basic form.
        (f.year, f.month, f.day) = (c.digits(4)?, c.digits(2)? as u8, c.digits(2)? as u8);
    } else {
        f.year = c.digits(6)?;
        if c.eat(b'-') || c.eat(b'/') {
            f.month = c.digits(2)? as u8;
            if c.eat(b'-') || c.eat(b'/') {
                f.day = c.digits(2)? as u8;
            }
        }
    }
    if negative {
        f.year = -f.year;
    }
    c.spaces();
    c.eat(b't');
    c.spaces();
    if c.peek().is_some_and(|p| p.is_ascii_digit()) {
        f.nanos = time_of_day(&mut c)?;
    }
    c.spaces();
    f.zone_minutes = zone(&mut c)?;
    c.spaces();
    c.0.is_empty().then_some(f)
}

fn time_of_day(c: &mut Cursor) -> Option<i64> {
    let compact = c.run() > 2;
    let hour = c.digits(2)?;
    let (mut minute, mut second, mut fraction) = (0, 0, 0);
    if c.eat(b':') || compact && c.run() > 0 {
        minute = c.digits(2)?;
        if c.eat(b':') || compact && c.run() > 0 {
            second = c.digits(2)?;
        }
    }
    if c.eat(b'.') {
        let n = c.run();
        let used = c.digits(9).unwrap_or(0);
        fraction = used * 10i64.pow(9 - n.min(9) as u32);
        while c.run() > 0 {
            c.digits(9)?;
        }
    }
    // 24:00 is the end of the day; second 60 a leap second that none of these calendars counts.
    (hour <= 24 && minute < 60 && second <= 60).then(|| ((hour * 60 + minute) * 60 + second) * SECOND + fraction)
}

fn zone(c: &mut Cursor) -> Option<i64> {
    let rest = std::str::from_utf8(c.0).ok()?.to_ascii_lowercase();
    for name in ["utc", "gmt", "z"] {
        if rest.starts_with(name) {
            c.0 = &c.0[name.len()..];
            break;
        }
    }
    c.spaces();
    let sign = match c.peek() {
        Some(b'+') => 1,
        Some(b'-') => -1,
        Some(digit) if digit.is_ascii_digit() => 1,
        _ => return Some(0),
    };
    let _ = c.eat(b'+') || c.eat(b'-');
    let compact = c.run() > 2;
    let hours = if c.run() == 3 { c.digits(1)? } else { c.digits(2)? };
    let minutes = if c.eat(b':') || compact { c.digits(2)? } else { 0 };
    (hours < 24 && minutes < 60).then_some(sign * (hours * 60 + minutes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reference(units: &str, calendar: Calendar) -> (i64, u8, u8, i64) {
        let u = TimeUnits::parse(units, calendar).unwrap();
        (u.reference.year, u.reference.month, u.reference.day, u.reference.nanos / SECOND)
    }

    #[test]
    fn reference_dates_read_in_every_spelling() {
        let g = Calendar::ProlepticGregorian;
        for text in [
            "days since 1850-1-1",
            "day since 1850-01-01 00:00:00",
            "d since 1850-01-01T00:00Z",
            "DAYS SINCE 1850-01-01 00:00:0.0",
            "days  since  1850-01-01 00:00:00.000000 UTC",
            "days since 1850",
            "days since 1850-01",
            "days since 18500101",
            "days since 1850-01-01 00:00:00 +0:00",
            "days since 1849-12-31 24:00:00",
            "days since 1850/01/01",
        ] {
            assert_eq!(reference(text, g), (1850, 1, 1, 0), "{text}");
        }
        assert_eq!(reference("seconds since 1970-01-01T00:00:00+0130", g), (1969, 12, 31, 81_000));
        assert_eq!(reference("hours since 1850-1-1 12:00:00 -6:00", g), (1850, 1, 1, 64_800));
        assert_eq!(reference("days since 1-1-1", Calendar::Standard), (1, 1, 1, 0));
        assert_eq!(reference("days since -1-1-1", Calendar::Standard), (0, 1, 1, 0));
        assert_eq!(reference("days since -4713-11-24 12:00", g), (-4713, 11, 24, 43_200));
        assert_eq!(reference("days since 2000-02-30", Calendar::Day360), (2000, 2, 30, 0));
    }

    #[test]
    fn nonsense_is_refused_with_the_part_that_does_not_read() {
        for (text, part) in [
            ("days since yesterday", "yesterday"),
            ("parsecs since 2000-01-01", "parsecs"),
            ("days since 2000-02-30", "calendar"),
            ("days since 2000-13-01", "calendar"),
            ("days since 2000-01-01 25:00", "25:00"),
            ("days", "since"),
            ("days since 2000-01-01 nonsense", "nonsense"),
            ("days since 99999999999999-01-01", "99999"),
        ] {
            let e = TimeUnits::parse(text, Calendar::Standard).unwrap_err();
            assert!(e.message().contains(part), "{e}");
        }
    }
}
