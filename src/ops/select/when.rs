//! Dates and times that may be partial: `1850`, `1850-01`, `1850-01-16T12`.

use crate::dtype::{Calendar, TimeUnit};
use crate::kernel::calendar::{Civil, instant};
use crate::kernel::text::moment::parse_moment;

/// What a written time covers: from the first instant to the one after the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub first: i64,
    pub end: i64,
    /// Whether it names an instant rather than a stretch of time.
    pub exact: bool,
}

/// Whether a text has the form of a date or a time, partial or not (a year alone may as well be a number).
pub(super) fn looks_like_moment(text: &str) -> bool {
    let text = text.trim().trim_matches(['\'', '"']);
    parse_moment(text.as_bytes()).is_some() || fields(text).is_some_and(|f| f.1 > 1)
}

/// Year, month, day and hour as far as they are written, and how many.
fn fields(text: &str) -> Option<([i64; 4], usize)> {
    let text = text.trim();
    let (date, hour) = match text.split_once(['T', ' ']) {
        Some((date, hour)) => (date, Some(hour)),
        None => (text, None),
    };
    let (sign, digits) = match date.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, date.strip_prefix('+').unwrap_or(date)),
    };
    let parts: Vec<&str> = digits.split('-').collect();
    let number = |t: &str, width: std::ops::RangeInclusive<usize>| {
        (width.contains(&t.len()) && t.bytes().all(|b| b.is_ascii_digit())).then(|| t.parse::<i64>().ok()).flatten()
    };
    let mut out = [0, 1, 1, 0];
    out[0] = sign * number(parts[0], 1..=6)?;
    for (i, part) in parts.iter().enumerate().skip(1) {
        if i > 2 {
            return None;
        }
        out[i] = number(part, 1..=2)?;
    }
    match hour {
        None => Some((out, parts.len())),
        Some(h) if parts.len() == 3 => {
            out[3] = number(h, 1..=2).filter(|h| *h < 24)?;
            Some((out, 4))
        }
        Some(_) => None,
    }
}

/// What a written time covers in a calendar; `None` where it does not read or the calendar lacks the date.
pub(super) fn span(text: &str, calendar: Calendar, unit: TimeUnit) -> Option<Span> {
    let text = text.trim();
    let per_second = unit.per_second();
    if let Some(moment) = parse_moment(text.as_bytes()).filter(|m| m.timed) {
        let first = moment.to_instant(calendar, unit)?;
        // What is written to the minute covers the minute, as in pandas.
        let clock = text.split(['T', ' ']).nth(1).unwrap_or("");
        let covers = if clock.matches(':').count() == 1 && moment.offset.is_none() { 60 * per_second } else { 0 };
        return Some(Span { first, end: first + covers.max(1), exact: covers == 0 });
    }
    let ([year, month, day, hour], count) = fields(text)?;
    let at = |year: i64, month: i64, day: i64, hour: i64| {
        let civil = Civil { year, month: u8::try_from(month).ok()?, day: u8::try_from(day).ok()?, nanos: hour * 3_600_000_000_000 };
        instant(calendar, &civil, per_second)
    };
    let first = at(year, month, day, hour)?;
    let end = match count {
        1 => at(year + 1, 1, 1, 0)?,
        2 if month == 12 => at(year + 1, 1, 1, 0)?,
        2 => at(year, month + 1, 1, 0)?,
        3 => first.checked_add(86_400 * per_second)?,
        _ => first.checked_add(3_600 * per_second)?,
    };
    Some(Span { first, end, exact: false })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn partial_dates_cover_what_they_leave_open() {
        let us = |text| span(text, Calendar::ProlepticGregorian, TimeUnit::Us).unwrap();
        let day = 86_400_000_000;
        assert_eq!(us("1970"), Span { first: 0, end: 365 * day, exact: false });
        assert_eq!(us("1970-02").end - us("1970-02").first, 28 * day);
        assert_eq!(us("1970-01-02"), Span { first: day, end: 2 * day, exact: false });
        assert!(us("1970-01-02T03:04:05").exact);
        assert_eq!(span("1970-02-30", Calendar::Day360, TimeUnit::Us).map(|s| s.first), Some(59 * day));
        assert_eq!(span("1970-02-30", Calendar::NoLeap, TimeUnit::Us), None);
        assert!(looks_like_moment("1850-01") && !looks_like_moment("59.33") && !looks_like_moment("a:b"));
    }
}
