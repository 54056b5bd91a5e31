//! Dates, times of day, instants and durations from bytes, in ISO 8601's forms.

use super::scan::{parse_digits, run_of_digits};
use crate::dtype::{Calendar, TimeUnit};
use crate::kernel::calendar::{Civil, instant, is_valid, to_days};

/// A date with, perhaps, a time of day and a zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// The civil date and time as written.
    pub civil: Civil,
    /// Whether a time of day was written.
    pub timed: bool,
    /// Seconds east of UTC, where a zone was written.
    pub offset: Option<i32>,
}

impl Moment {
    /// Units since 1970-01-01T00:00 (UTC where a zone was written); `None` where the calendar lacks the date or it does not fit.
    /// What is finer than the unit is cut off.
    #[inline]
    pub fn to_instant(&self, calendar: Calendar, unit: TimeUnit) -> Option<i64> {
        let local = instant(calendar, &self.civil, unit.per_second())?;
        local.checked_sub(self.offset.unwrap_or(0) as i64 * unit.per_second())
    }

    /// Days since 1970-01-01, if only a date was written and the calendar has it.
    #[inline]
    pub fn to_date(&self) -> Option<i32> {
        let Civil { year, month, day, .. } = self.civil;
        let valid = !self.timed && is_valid(Calendar::ProlepticGregorian, year, month, day);
        if valid { i32::try_from(to_days(Calendar::ProlepticGregorian, year, month, day)).ok() } else { None }
    }

    /// Whether microseconds do not hold it.
    #[inline]
    pub fn needs_nanos(&self) -> bool {
        self.civil.nanos % 1000 != 0
    }
}

/// `2020-01-31`, or with a time behind `T` or a space: `06:00`, `06:00:00`, `06:00:00.123456789`, and a zone: `Z`, `+01:00`,
/// `+0100`, `+01`. A year has four digits, or a sign and four to six. Whether the day exists is for the calendar to say.
#[inline]
pub fn parse_moment(text: &[u8]) -> Option<Moment> {
    let (year, rest) = parse_year(text)?;
    let &[b'-', m1, m2, b'-', d1, d2, ref rest @ ..] = rest else { return None };
    let (month, day) = (two(m1, m2)?, two(d1, d2)?);
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let mut moment = Moment { civil: Civil { year, month, day, nanos: 0 }, timed: false, offset: None };
    let Some((&mark, clock)) = rest.split_first() else { return Some(moment) };
    if mark != b'T' && mark != b' ' {
        return None;
    }
    let (nanos, zone) = clock_and_rest(clock)?;
    moment.civil.nanos = nanos;
    moment.timed = true;
    if !zone.is_empty() {
        let (offset, used) = parse_offset(zone)?;
        if used != zone.len() {
            return None;
        }
        moment.offset = Some(offset);
    }
    Some(moment)
}

#[inline]
fn parse_year(text: &[u8]) -> Option<(i64, &[u8])> {
    if let Some((year, rest)) = text.split_first_chunk::<4>()
        && let (Some(a), Some(b)) = (two(year[0], year[1]), two(year[2], year[3]))
    {
        return Some((a as i64 * 100 + b as i64, rest));
    }
    let (&sign, rest) = text.split_first()?;
    let n = run_of_digits(rest);
    if !matches!(sign, b'+' | b'-') || !(4..=6).contains(&n) {
        return None;
    }
    let year = parse_digits(&rest[..n])? as i64;
    Some((if sign == b'-' { -year } else { year }, &rest[n..]))
}

#[inline]
fn two(a: u8, b: u8) -> Option<u8> {
    let (a, b) = (a.wrapping_sub(b'0'), b.wrapping_sub(b'0'));
    if a <= 9 && b <= 9 { Some(a * 10 + b) } else { None }
}

/// A time of day `06:00`, `06:00:00` or with a fraction, in nanoseconds since midnight.
pub fn parse_clock(text: &[u8]) -> Option<i64> {
    clock_and_rest(text).filter(|(_, rest)| rest.is_empty()).map(|(nanos, _)| nanos)
}

#[inline]
fn clock_and_rest(text: &[u8]) -> Option<(i64, &[u8])> {
    let &[h1, h2, b':', m1, m2, ref rest @ ..] = text else { return None };
    let (hour, minute) = (two(h1, h2)? as i64, two(m1, m2)? as i64);
    if hour > 23 || minute > 59 {
        return None;
    }
    let mut nanos = (hour * 3600 + minute * 60) * 1_000_000_000;
    let &[b':', s1, s2, ref rest @ ..] = rest else { return Some((nanos, rest)) };
    let second = two(s1, s2)? as i64;
    if second > 59 {
        return None;
    }
    nanos += second * 1_000_000_000;
    let Some((b'.' | b',', fraction)) = rest.split_first() else { return Some((nanos, rest)) };
    let n = run_of_digits(fraction);
    if n == 0 || n > 9 {
        return None;
    }
    nanos += parse_digits(&fraction[..n])? as i64 * 10i64.pow(9 - n as u32);
    Some((nanos, &fraction[n..]))
}

/// `Z`, `+01:00`, `+0100` or `+01` at the beginning of the text: seconds east of UTC, and how many bytes it took.
pub fn parse_offset(text: &[u8]) -> Option<(i32, usize)> {
    let sign = match text.first()? {
        b'Z' | b'z' => return Some((0, 1)),
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let (hours, minutes, used) = match text[1..] {
        [h1, h2, b':', m1, m2, ..] => (two(h1, h2)?, two(m1, m2)?, 6),
        [h1, h2, m1, m2, ..] => (two(h1, h2)?, two(m1, m2)?, 5),
        [h1, h2] => (two(h1, h2)?, 0, 3),
        _ => return None,
    };
    (hours < 24 && minutes < 60).then_some((sign * (hours as i32 * 3600 + minutes as i32 * 60), used))
}

/// A length of time in nanoseconds: `2 days 03:04:05.5`, `03:04:05`, `-1 days +03:00:00` (pandas' forms), `P2DT3H4M5.5S`.
pub fn parse_duration(text: &[u8]) -> Option<i128> {
    let text = std::str::from_utf8(text).ok()?.trim();
    let (negative, body) = text.strip_prefix('-').map_or((false, text), |t| (true, t));
    if let Some(iso) = body.strip_prefix('P') {
        return iso_duration(iso).map(|n| if negative { -n } else { n });
    }
    let (days, clock) = match body.split_once(" day") {
        Some((days, rest)) => (days.parse::<u32>().ok()?, rest.strip_prefix('s').unwrap_or(rest).trim_start()),
        None => (0, body),
    };
    let days = days as i128 * 86_400_000_000_000;
    // "-1 days +03:00:00" is pandas' way to write minus 21 hours; without the plus the sign is of the whole.
    let (mixed, clock) = clock.strip_prefix('+').map_or((false, clock), |c| (true, c));
    let clock = match clock.is_empty() {
        true if days == 0 && !body.starts_with('0') => return None,
        true => 0,
        false => parse_long_clock(clock)?,
    };
    Some(match (negative, mixed) {
        (true, true) => clock - days,
        (true, false) => -(days + clock),
        (false, _) => days + clock,
    })
}

/// `HH:MM:SS.f` with any number of hours.
fn parse_long_clock(text: &str) -> Option<i128> {
    let (hours, rest) = text.split_once(':')?;
    let hours: u32 = hours.parse().ok()?;
    let within = parse_clock(format!("00:{rest}").as_bytes())?;
    Some(hours as i128 * 3_600_000_000_000 + within as i128)
}

fn iso_duration(text: &str) -> Option<i128> {
    let (mut total, mut number, mut in_time, mut any) = (0i128, String::new(), false, false);
    for c in text.chars() {
        let seconds = match (c, in_time) {
            ('T', false) if number.is_empty() => {
                in_time = true;
                continue;
            }
            ('0'..='9' | '.', _) => {
                number.push(c);
                continue;
            }
            ('W', false) => 604_800,
            ('D', false) => 86_400,
            ('H', true) => 3600,
            ('M', true) => 60,
            ('S', true) => 1,
            // Months and years have no fixed length.
            _ => return None,
        };
        total = total.checked_add(super::scan::parse_decimal(number.as_bytes(), 38, 9)?.checked_mul(seconds)?)?;
        number.clear();
        any = true;
    }
    (any && number.is_empty()).then_some(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn micros(text: &str) -> Option<i64> {
        parse_moment(text.as_bytes())?.to_instant(Calendar::ProlepticGregorian, TimeUnit::Us)
    }

    #[test]
    fn iso_forms_read_and_others_do_not() {
        assert_eq!(micros("1970-01-02"), Some(86_400_000_000));
        assert_eq!(micros("1970-01-01T00:00:01.5"), Some(1_500_000));
        assert_eq!(micros("1970-01-01 01:00+01:00"), Some(0));
        assert_eq!(micros("1970-01-01T00:00:00-0130"), Some(5_400_000_000));
        assert_eq!(micros("0001-01-01"), Some(-719_162 * 86_400_000_000));
        assert!(micros("+12000-01-01").is_some());
        for bad in [
            "2020-02-30",
            "2020-1-1",
            "20200101",
            "2020-01-01T24:00",
            "2020-01-01T10:60",
            "2020-01-01T10:00:60",
            "2020-01-01T",
            "2020-01-01x",
            "2020-13-01",
            "2020-01-01T10:00:00.",
            "2020-01-01T10:00:00+",
            "2020-01-01 10:00:00 UTC",
            "12000-01-01",
        ] {
            assert_eq!(micros(bad), None, "{bad}");
        }
    }

    #[test]
    fn durations_read_in_both_forms() {
        let hour = 3_600_000_000_000;
        for (text, value) in [
            ("1 days 02:00:00", 26 * hour),
            ("-1 days +03:00:00", -21 * hour),
            ("-1 days 03:00:00", -27 * hour),
            ("30:00:00", 30 * hour),
            ("P1DT2H", 26 * hour),
            ("PT0.5S", 500_000_000),
            ("-PT1H", -hour),
            ("3 days", 72 * hour),
            ("0 days", 0),
        ] {
            assert_eq!(parse_duration(text.as_bytes()), Some(value), "{text}");
        }
        for bad in ["", "P", "1", "P1Y", "1 dayz", "days", "::", "-", "P1"] {
            assert_eq!(parse_duration(bad.as_bytes()), None, "{bad}");
        }
    }

    #[test]
    fn iso_durations_have_weeks_and_parts_of_a_day() {
        let seconds = |text: &str| parse_duration(text.as_bytes()).map(|n| n / 1_000_000_000);
        assert_eq!(seconds("P2W"), Some(2 * 604_800));
        assert_eq!(seconds("P1DT2H3M4S"), Some(86_400 + 7_200 + 180 + 4));
        assert_eq!((seconds("P1M"), seconds("PT1W"), seconds("P"), seconds("P1")), (None, None, None, None));
    }
}
