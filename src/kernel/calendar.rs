//! Civil dates in the six calendars, as days since 1970-01-01 of the same calendar.

use crate::dtype::Calendar;

/// A civil date and time of day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Civil {
    /// The year; 0 is 1 BC.
    pub year: i64,
    /// 1 to 12.
    pub month: u8,
    /// 1 to 31.
    pub day: u8,
    /// Nanoseconds since midnight.
    pub nanos: i64,
}

/// The first Gregorian day of the mixed calendar, 1582-10-15, in days since 1970-01-01.
const REFORM: i64 = -141_427;

/// Days before each month of a common year.
const BEFORE: [i64; 13] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365];

/// Days of a month.
pub fn days_in_month(calendar: Calendar, year: i64, month: u8) -> u8 {
    let m = month as usize;
    match calendar {
        Calendar::Day360 => 30,
        _ => (BEFORE[m] - BEFORE[m - 1]) as u8 + (month == 2 && is_leap(calendar, year)) as u8,
    }
}

/// Whether a year has 366 days (February 29 in it).
pub fn is_leap(calendar: Calendar, year: i64) -> bool {
    let julian = year.rem_euclid(4) == 0;
    let gregorian = julian && (year.rem_euclid(100) != 0 || year.rem_euclid(400) == 0);
    match calendar {
        Calendar::ProlepticGregorian => gregorian,
        Calendar::Standard => {
            if year < 1582 {
                julian
            } else {
                gregorian
            }
        }
        Calendar::Julian => julian,
        Calendar::NoLeap | Calendar::Day360 => false,
        Calendar::AllLeap => true,
    }
}

/// Whether the calendar has this date.
pub fn is_valid(calendar: Calendar, year: i64, month: u8, day: u8) -> bool {
    let gap = calendar == Calendar::Standard && year == 1582 && month == 10 && (5..15).contains(&day);
    (1..=12).contains(&month) && day >= 1 && day <= days_in_month(calendar, year, month) && !gap
}

/// Days since 1970-01-01 of a valid date.
pub fn to_days(calendar: Calendar, year: i64, month: u8, day: u8) -> i64 {
    match calendar {
        Calendar::ProlepticGregorian => gregorian_days(year, month, day),
        Calendar::Julian => julian_days(year, month, day) - julian_days(1970, 1, 1),
        Calendar::Standard => {
            if (year, month, day) >= (1582, 10, 15) {
                gregorian_days(year, month, day)
            } else {
                // 1582-10-04 Julian is the day before the reform.
                julian_days(year, month, day) - julian_days(1582, 10, 4) + REFORM - 1
            }
        }
        Calendar::NoLeap => (year - 1970) * 365 + BEFORE[month as usize - 1] + day as i64 - 1,
        Calendar::AllLeap => (year - 1970) * 366 + BEFORE[month as usize - 1] + (month > 2) as i64 + day as i64 - 1,
        Calendar::Day360 => (year - 1970) * 360 + (month as i64 - 1) * 30 + day as i64 - 1,
    }
}

/// Year, month and day of days since 1970-01-01.
pub fn from_days(calendar: Calendar, days: i64) -> (i64, u8, u8) {
    match calendar {
        Calendar::ProlepticGregorian => gregorian_date(days),
        Calendar::Julian => julian_date(days + julian_days(1970, 1, 1)),
        Calendar::Standard if days >= REFORM => gregorian_date(days),
        Calendar::Standard => julian_date(days - (REFORM - 1) + julian_days(1582, 10, 4)),
        Calendar::NoLeap => {
            let (year, rest) = (days.div_euclid(365), days.rem_euclid(365));
            let (month, day) = month_day(rest, 0);
            (1970 + year, month, day)
        }
        Calendar::AllLeap => {
            let (year, rest) = (days.div_euclid(366), days.rem_euclid(366));
            let (month, day) = month_day(rest, 1);
            (1970 + year, month, day)
        }
        Calendar::Day360 => {
            let (year, rest) = (days.div_euclid(360), days.rem_euclid(360));
            (1970 + year, (rest / 30 + 1) as u8, (rest % 30 + 1) as u8)
        }
    }
}

/// Month and day of a day of the year (from 0) with `leap` extra days in February.
fn month_day(day_of_year: i64, leap: i64) -> (u8, u8) {
    let start = |m: usize| BEFORE[m] + if m >= 2 { leap } else { 0 };
    let month = (1..13).find(|&m| day_of_year < start(m)).unwrap_or(12);
    (month as u8, (day_of_year - start(month - 1) + 1) as u8)
}

/// Counts in years that begin in March and eras of 400 of them, so that the leap day comes last.
fn gregorian_days(year: i64, month: u8, day: u8) -> i64 {
    let (y, m) = march_year(year, month);
    let (era, yoe) = (y.div_euclid(400), y.rem_euclid(400));
    let doy = (153 * m + 2) / 5 + day as i64 - 1;
    era * 146_097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719_468
}

fn gregorian_date(days: i64) -> (i64, u8, u8) {
    let z = days + 719_468;
    let (era, doe) = (z.div_euclid(146_097), z.rem_euclid(146_097));
    let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
    civil_of(era * 400 + yoe, doe - (365 * yoe + yoe / 4 - yoe / 100))
}

/// Days since 0000-03-01 of the Julian calendar.
fn julian_days(year: i64, month: u8, day: u8) -> i64 {
    let (y, m) = march_year(year, month);
    y.div_euclid(4) * 1461 + y.rem_euclid(4) * 365 + (153 * m + 2) / 5 + day as i64 - 1
}

fn julian_date(days: i64) -> (i64, u8, u8) {
    let (era, doe) = (days.div_euclid(1461), days.rem_euclid(1461));
    let yoe = (doe - doe / 1460) / 365;
    civil_of(era * 4 + yoe, doe - 365 * yoe)
}

/// The year that begins in March, and the months since then.
fn march_year(year: i64, month: u8) -> (i64, i64) {
    let m = month as i64;
    if m > 2 { (year, m - 3) } else { (year - 1, m + 9) }
}

/// The civil date of a day (from 0) of a year that begins in March.
fn civil_of(march_year: i64, doy: i64) -> (i64, u8, u8) {
    let mp = (5 * doy + 2) / 153;
    let month = if mp < 10 { mp + 3 } else { mp - 9 };
    (march_year + (month <= 2) as i64, month as u8, (doy - (153 * mp + 2) / 5 + 1) as u8)
}

/// The civil date and time of an instant in units of which `per_second` make a second.
pub fn civil(calendar: Calendar, value: i64, per_second: i64) -> Civil {
    let per_day = per_second * 86_400;
    let (year, month, day) = from_days(calendar, value.div_euclid(per_day));
    Civil { year, month, day, nanos: value.rem_euclid(per_day) * (1_000_000_000 / per_second) }
}

/// The instant of a civil date and time; `None` where it does not fit an i64 or the calendar lacks the date.
pub fn instant(calendar: Calendar, civil: &Civil, per_second: i64) -> Option<i64> {
    if !is_valid(calendar, civil.year, civil.month, civil.day) {
        return None;
    }
    let days = to_days(calendar, civil.year, civil.month, civil.day);
    days.checked_mul(per_second * 86_400)?.checked_add(civil.nanos / (1_000_000_000 / per_second))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_dates_are_inverse_in_every_calendar() {
        for calendar in Calendar::ALL {
            let mut previous = None;
            for days in (-800_000..400_000).step_by(1) {
                let (y, m, d) = from_days(calendar, days);
                assert!(is_valid(calendar, y, m, d), "{calendar:?} {y}-{m}-{d}");
                assert_eq!(to_days(calendar, y, m, d), days, "{calendar:?} {y}-{m}-{d}");
                assert!(previous < Some((y, m, d)));
                previous = Some((y, m, d));
            }
        }
    }

    /// Dates given by cftime: `cftime.num2date(n, 'days since 1970-01-01', calendar)`.
    #[test]
    fn known_days_have_the_dates_of_cftime() {
        assert_eq!(from_days(Calendar::Standard, -141_428), (1582, 10, 4));
        assert_eq!(from_days(Calendar::Standard, -141_427), (1582, 10, 15));
        assert_eq!(from_days(Calendar::NoLeap, 365 * 2 + 59), (1972, 3, 1));
        assert_eq!(from_days(Calendar::AllLeap, 59), (1970, 2, 29));
        assert_eq!(from_days(Calendar::Day360, 359), (1970, 12, 30));
        assert_eq!(from_days(Calendar::ProlepticGregorian, -719_162), (1, 1, 1));
    }
}
