//! Calendar offsets: so many months, to the ends of months, quarters and years, business days.

use crate::dtype::Calendar;
use crate::error::{Error, Result};
use crate::kernel::calendar::{days_in_month, from_days, to_days};

/// A step in the calendar: `Offset::parse("2ME")`. The time of day stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Offset {
    count: i64,
    unit: Unit,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unit {
    /// So many microseconds.
    Micros(i64),
    Days(i64),
    /// The same day of the month so many months on, or the last there is.
    Months(i64),
    /// The first day of a month whose number from 0 has this remainder.
    Begin {
        length: i64,
        remainder: i64,
    },
    /// The last day of such a month.
    End {
        length: i64,
        remainder: i64,
    },
    /// Monday to Friday.
    Business,
    /// The first business day of a month whose number from 0 has this remainder.
    BusinessBegin {
        length: i64,
        remainder: i64,
    },
    /// The last business day of such a month.
    BusinessEnd {
        length: i64,
        remainder: i64,
    },
}

/// Days that are no business days beside Saturdays and Sundays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Holidays {
    /// Which of all weekdays they are, in order.
    ordinals: Vec<i64>,
}

/// The day of the week, 0 for Monday. Day 0 was a Thursday.
fn weekday(day: i64) -> i64 {
    (day + 3).rem_euclid(7)
}

impl Holidays {
    /// These days, counted from 1970-01-01, in any order. Weekends among them change nothing.
    pub fn new(days: impl IntoIterator<Item = i64>) -> Holidays {
        let mut ordinals: Vec<i64> = days.into_iter().filter(|d| weekday(*d) < 5).map(ordinal).collect();
        ordinals.sort_unstable();
        ordinals.dedup();
        Holidays { ordinals }
    }

    /// So many business days on. A day that is none counts as the one before or, of steps back and none, the one after.
    fn step(&self, day: i64, n: i64) -> i64 {
        let mut at = match weekday(day) {
            // The Friday before, or the Monday after.
            w @ 5.. if n > 0 => ordinal(day - (w - 4)),
            w @ 5.. => ordinal(day + (7 - w)),
            _ => ordinal(day),
        };
        while self.ordinals.binary_search(&at).is_ok() {
            at += if n > 0 { -1 } else { 1 };
        }
        // Among business days alone, and back among all weekdays: the holidays before it are those that leave it no room.
        let rank = at - self.ordinals.partition_point(|h| *h < at) as i64 + n;
        let (mut low, mut high) = (0, self.ordinals.len());
        while low < high {
            let middle = (low + high) / 2;
            if self.ordinals[middle] - middle as i64 <= rank { low = middle + 1 } else { high = middle }
        }
        let to = rank + low as i64;
        to.div_euclid(5) * 7 - 3 + to.rem_euclid(5)
    }
}

/// Which of all weekdays a weekday is.
fn ordinal(day: i64) -> i64 {
    (day + 3).div_euclid(7) * 5 + weekday(day)
}

const MONTHS: [&str; 12] = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];

impl Offset {
    /// So many months; a day that the month lacks becomes its last. pandas' `DateOffset(months=n)`.
    pub fn months(count: i64) -> Offset {
        Offset { count, unit: Unit::Months(1) }
    }

    /// So many years.
    pub fn years(count: i64) -> Offset {
        Offset { count, unit: Unit::Months(12) }
    }

    /// So many business days (Monday to Friday).
    pub fn business_days(count: i64) -> Offset {
        Offset { count, unit: Unit::Business }
    }

    /// A number and one of `MS ME QS QE YS YE` and their business days `BMS BME BQS BQE BYS BYE` (with an anchor: `QE-NOV`), `B` business
    /// days, `months`, `years`, `W D h min s`.
    ///
    /// To a beginning or end: a date that stands between two goes to the next one with a count of 1, to the one before with -1;
    /// a count of 0 moves only what is not on one. As pandas' `ts + MonthEnd(n)`.
    ///
    /// # Errors
    /// Parse, with the words there are.
    pub fn parse(text: &str) -> Result<Offset> {
        let wrong = || {
            Error::parse(format!("{text:?} is no offset"))
                .help("a number and one of MS ME QS QE YS YE B BMS BME BQS BQE BYS BYE months years W D h min s, with an anchor where wanted: 2ME, -1QE-NOV")
        };
        let trimmed = text.trim();
        let at = trimmed.find(|c: char| c.is_alphabetic()).ok_or_else(wrong)?;
        let count = match trimmed[..at].trim() {
            "" | "+" => 1,
            "-" => -1,
            number => number.parse::<i64>().map_err(|_| wrong())?,
        };
        let (name, anchor) = trimmed[at..].split_once('-').map_or((&trimmed[at..], None), |(n, a)| (n, Some(a)));
        let month = |usual: i64| match anchor {
            None => Ok(usual),
            Some(a) => MONTHS.iter().position(|m| a.eq_ignore_ascii_case(m)).map(|m| m as i64).ok_or_else(wrong),
        };
        let unit = match name {
            "MS" => Unit::Begin { length: 1, remainder: 0 },
            "ME" => Unit::End { length: 1, remainder: 0 },
            "QS" => Unit::Begin { length: 3, remainder: month(0)? % 3 },
            "QE" => Unit::End { length: 3, remainder: month(11)? % 3 },
            "YS" => Unit::Begin { length: 12, remainder: month(0)? },
            "YE" => Unit::End { length: 12, remainder: month(11)? },
            "BMS" => Unit::BusinessBegin { length: 1, remainder: 0 },
            "BME" => Unit::BusinessEnd { length: 1, remainder: 0 },
            "BQS" => Unit::BusinessBegin { length: 3, remainder: month(0)? % 3 },
            "BQE" => Unit::BusinessEnd { length: 3, remainder: month(11)? % 3 },
            "BYS" => Unit::BusinessBegin { length: 12, remainder: month(0)? },
            "BYE" => Unit::BusinessEnd { length: 12, remainder: month(11)? },
            "B" => Unit::Business,
            "month" | "months" => Unit::Months(1),
            "year" | "years" => Unit::Months(12),
            "W" => Unit::Days(7),
            "D" => Unit::Days(1),
            "h" => Unit::Micros(3_600_000_000),
            "min" => Unit::Micros(60_000_000),
            "s" => Unit::Micros(1_000_000),
            _ => return Err(wrong()),
        };
        let anchored = match unit {
            Unit::Begin { length, .. } | Unit::End { length, .. } => length > 1,
            Unit::BusinessBegin { length, .. } | Unit::BusinessEnd { length, .. } => length > 1,
            _ => false,
        };
        if anchor.is_some() && !anchored {
            return Err(wrong());
        }
        Ok(Offset { count, unit })
    }

    /// The same step so many times.
    pub fn times(self, n: i64) -> Offset {
        Offset { count: self.count.saturating_mul(n), ..self }
    }

    /// Whether it goes to the ends of months, quarters or years.
    pub fn is_end(&self) -> bool {
        matches!(self.unit, Unit::End { .. } | Unit::BusinessEnd { .. })
    }

    /// Whether it counts business days.
    pub fn is_business_days(&self) -> bool {
        self.unit == Unit::Business
    }

    /// Whether a day is one that steps lead to.
    ///
    /// # Errors
    /// As [`Offset::day`].
    pub fn is_on(&self, calendar: Calendar, day: i64) -> Result<bool> {
        Ok(self.times(0).day(calendar, day)? == day)
    }

    /// An instant moved, in units of which `per_second` make a second.
    ///
    /// # Errors
    /// Overflow; type, for business days in a calendar without weekdays.
    pub fn apply(&self, calendar: Calendar, value: i64, per_second: i64) -> Result<i64> {
        self.apply_with(calendar, value, per_second, &Holidays::default())
    }

    /// As [`Offset::apply`], with days that are no business days.
    ///
    /// # Errors
    /// As there.
    pub fn apply_with(&self, calendar: Calendar, value: i64, per_second: i64, holidays: &Holidays) -> Result<i64> {
        let beyond = || Error::overflow("a time beyond what 64 bits can tell");
        let per_day = per_second * 86_400;
        if let Unit::Micros(micros) = self.unit {
            let step = micros.checked_mul(self.count).and_then(|m| m.checked_mul(per_second / 1_000_000)).ok_or_else(beyond)?;
            return value.checked_add(step).ok_or_else(beyond);
        }
        let (day, clock) = (value.div_euclid(per_day), value.rem_euclid(per_day));
        self.day_with(calendar, day, holidays)?.checked_mul(per_day).and_then(|d| d.checked_add(clock)).ok_or_else(beyond)
    }

    /// A day moved, counted from 1970-01-01.
    ///
    /// # Errors
    /// As [`Offset::apply`]; invalid, for hours and less.
    pub fn day(&self, calendar: Calendar, day: i64) -> Result<i64> {
        self.day_with(calendar, day, &Holidays::default())
    }

    /// As [`Offset::day`], with days that are no business days.
    ///
    /// # Errors
    /// As there.
    pub fn day_with(&self, calendar: Calendar, day: i64, holidays: &Holidays) -> Result<i64> {
        let beyond = || Error::overflow("a date beyond what can be told");
        const MOST: i64 = 1 << 40;
        if !(-MOST..=MOST).contains(&self.count) {
            return Err(beyond());
        }
        let n = self.count;
        let business = matches!(self.unit, Unit::Business | Unit::BusinessBegin { .. } | Unit::BusinessEnd { .. });
        if business && !matches!(calendar, Calendar::ProlepticGregorian | Calendar::Standard) {
            return Err(Error::wrong_type(format!("the calendar {} has no weekdays", calendar.name())));
        }
        let (year, month, date) = from_days(calendar, day);
        let m = year * 12 + month as i64 - 1;
        let length = |m: i64| days_in_month(calendar, m.div_euclid(12), m.rem_euclid(12) as u8 + 1);
        let place = |m: i64, date: u8| to_days(calendar, m.div_euclid(12), m.rem_euclid(12) as u8 + 1, date);
        Ok(match self.unit {
            Unit::Micros(_) => return Err(Error::invalid("hours are added to times, not to dates")),
            Unit::Days(k) => day.checked_add(n * k).ok_or_else(beyond)?,
            Unit::Months(k) => {
                let to = m + n * k;
                place(to, date.min(length(to)))
            }
            Unit::Begin { length: l, remainder } => {
                let floor = m - (m - remainder).rem_euclid(l);
                let on = m == floor && date == 1;
                let steps = if on || n > 0 { n } else { n + 1 };
                place(floor + steps * l, 1)
            }
            Unit::End { length: l, remainder } => {
                let next = m + (remainder - m).rem_euclid(l);
                let on = m == next && date == length(m);
                let steps = if on || n <= 0 { n } else { n - 1 };
                let to = next + steps * l;
                place(to, length(to))
            }
            Unit::Business => holidays.step(day, n),
            Unit::BusinessBegin { length: l, remainder } | Unit::BusinessEnd { length: l, remainder } => {
                let end = self.is_end();
                // The first or last day of a month that is no weekend.
                let chosen = |m: i64| {
                    let (d, into) = if end { (place(m, length(m)), -1) } else { (place(m, 1), 1) };
                    let w = weekday(d);
                    let over = if w < 5 {
                        0
                    } else if end {
                        w - 4
                    } else {
                        7 - w
                    };
                    d + into * over
                };
                let since = (m - remainder).rem_euclid(l);
                let here = chosen(m);
                let steps = match (n > 0, since) {
                    (true, 0) if day < here => n - 1,
                    (false, 0) if day > here => n + 1,
                    (false, 1..) => n + 1,
                    _ => n,
                };
                chosen(m - since + steps * l)
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moved(date: (i64, u8, u8), by: &str) -> (i64, u8, u8) {
        let c = Calendar::ProlepticGregorian;
        from_days(c, Offset::parse(by).unwrap().day(c, to_days(c, date.0, date.1, date.2)).unwrap())
    }

    #[test]
    fn offsets_are_those_of_pandas() {
        assert_eq!(moved((2024, 1, 31), "1months"), (2024, 2, 29));
        assert_eq!(moved((2024, 2, 29), "1years"), (2025, 2, 28));
        assert_eq!(moved((2024, 1, 15), "ME"), (2024, 1, 31));
        assert_eq!(moved((2024, 1, 31), "ME"), (2024, 2, 29));
        assert_eq!(moved((2024, 1, 15), "-1ME"), (2023, 12, 31));
        assert_eq!(moved((2024, 1, 15), "0ME"), (2024, 1, 31));
        assert_eq!(moved((2024, 1, 15), "-1MS"), (2024, 1, 1));
        assert_eq!(moved((2024, 1, 1), "-1MS"), (2023, 12, 1));
        assert_eq!(moved((2024, 5, 15), "QE"), (2024, 6, 30));
        assert_eq!(moved((2024, 5, 15), "QE-NOV"), (2024, 5, 31));
        assert_eq!(moved((2024, 5, 15), "2QS"), (2024, 10, 1));
        assert_eq!(moved((2024, 5, 15), "YE"), (2024, 12, 31));
        assert_eq!(moved((2024, 5, 17), "B"), (2024, 5, 20));
        assert_eq!(moved((2024, 5, 18), "B"), (2024, 5, 20));
        assert_eq!(moved((2024, 5, 18), "-1B"), (2024, 5, 17));
        assert_eq!(moved((2024, 5, 18), "0B"), (2024, 5, 20));
        assert_eq!(moved((2024, 5, 15), "10B"), (2024, 5, 29));
        assert_eq!(moved((2024, 3, 30), "BME"), (2024, 4, 30));
        assert_eq!(moved((2024, 3, 31), "-1BME"), (2024, 3, 29));
        assert_eq!(moved((2024, 6, 1), "BMS"), (2024, 6, 3));
        assert_eq!(moved((2024, 6, 2), "0BMS"), (2024, 6, 3));
        assert_eq!(moved((2024, 5, 15), "BQE"), (2024, 6, 28));
        assert_eq!(moved((2024, 5, 15), "-1BQS"), (2024, 4, 1));
        assert_eq!(moved((2024, 5, 15), "BYE-NOV"), (2024, 11, 29));
        let c = Calendar::ProlepticGregorian;
        let days = |m: u8, d: u8| to_days(c, 2024, m, d);
        let holidays = Holidays::new([days(12, 25), days(12, 26), days(12, 28), days(5, 1)]);
        let on = |m, d, by: &str| Offset::parse(by).unwrap().day_with(c, days(m, d), &holidays).unwrap();
        assert_eq!(on(12, 24, "B"), days(12, 27));
        assert_eq!(on(12, 25, "B"), days(12, 27));
        assert_eq!(on(12, 25, "0B"), days(12, 27));
        assert_eq!(on(12, 27, "-1B"), days(12, 24));
        assert_eq!(on(4, 30, "2B"), days(5, 3));
        assert!(Offset::parse("2X").is_err() && Offset::parse("ME-NOV").is_err() && Offset::parse("B-MON").is_err());
    }
}
