//! Parts of dates and times.

use super::{Value, as_i64, unit_of};
use crate::dtype::{Calendar, DType};
use crate::error::{Error, Result};
use crate::kernel::calendar::{days_in_month, from_days, to_days};
use crate::kernel::text::Zone;
use crate::plan::TimePart;
use arrow::array::{Array, Date32Array, Int64Array, StringViewArray};
use arrow::datatypes as at;
use std::sync::Arc;

pub(super) fn part(part: TimePart, v: &Value, dtype: &DType) -> Result<Value> {
    let values = as_i64(&v.array)?;
    let (calendar, zone) = match dtype {
        DType::Instant { calendar, tz, .. } => {
            let zone = tz.as_deref().map(|tz| Zone::parse(tz).ok_or_else(|| Error::not_found("time zone", tz, []))).transpose()?;
            (*calendar, zone)
        }
        _ => (Calendar::ProlepticGregorian, None),
    };
    let per_second = unit_of(dtype).per_second();
    let local = |x: i64| match zone {
        None => x,
        Some(z) => x.saturating_add(z.offset(x.div_euclid(per_second)) as i64 * per_second),
    };
    let per_day = if *dtype == DType::Date { 1 } else { per_second * 86_400 };
    let days = |x: i64| local(x).div_euclid(per_day);
    // Seconds since midnight.
    let clock = |x: i64| if *dtype == DType::Date { 0 } else { local(x).rem_euclid(per_day) / per_second };
    let date = |x: i64| from_days(calendar, days(x));
    if matches!(part, TimePart::Weekday | TimePart::Week | TimePart::DayName)
        && !matches!(calendar, Calendar::ProlepticGregorian | Calendar::Standard)
    {
        return Err(Error::wrong_type(format!("the calendar {} has no weekdays", calendar.name())));
    }
    if matches!(part, TimePart::Date) && calendar != Calendar::ProlepticGregorian {
        return Err(Error::wrong_type(format!("a date of the calendar {} is no plain date", calendar.name())));
    }
    let number = |f: &dyn Fn(i64) -> i64| -> Arc<dyn Array> { Arc::new(values.unary::<_, at::Int64Type>(f) as Int64Array) };
    let array = match part {
        TimePart::Year => number(&|x| date(x).0),
        TimePart::Month => number(&|x| date(x).1 as i64),
        TimePart::Day => number(&|x| date(x).2 as i64),
        TimePart::Hour => number(&|x| clock(x) / 3600),
        TimePart::Minute => number(&|x| clock(x) / 60 % 60),
        TimePart::Second => number(&|x| clock(x) % 60),
        TimePart::DayOfYear => number(&|x| {
            let d = days(x);
            d - to_days(calendar, from_days(calendar, d).0, 1, 1) + 1
        }),
        // The day 0 was a Thursday, also in the mixed calendar, whose days run on through the reform.
        TimePart::Weekday => number(&|x| (days(x) + 3).rem_euclid(7)),
        // ISO 8601: the week of a year that holds its first Thursday is the first.
        TimePart::Week => number(&|x| {
            let d = days(x);
            let thursday = d - (d + 3).rem_euclid(7) + 3;
            (thursday - to_days(calendar, from_days(calendar, thursday).0, 1, 1)) / 7 + 1
        }),
        TimePart::DaysInMonth => number(&|x| days_in_month(calendar, date(x).0, date(x).1) as i64),
        TimePart::Microsecond => number(&|x| {
            if *dtype == DType::Date { 0 } else { local(x).rem_euclid(per_second) * 1_000_000 / per_second }
        }),
        TimePart::DayName => {
            const NAMES: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
            Arc::new(values.iter().map(|x| x.map(|x| NAMES[(days(x) + 3).rem_euclid(7) as usize])).collect::<StringViewArray>())
        }
        TimePart::MonthName => {
            const NAMES: [&str; 12] =
                ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];
            Arc::new(values.iter().map(|x| x.map(|x| NAMES[date(x).1 as usize - 1])).collect::<StringViewArray>())
        }
        TimePart::Quarter => number(&|x| (date(x).1 as i64 + 2) / 3),
        TimePart::Season => {
            let season = |m: u8| ["DJF", "MAM", "JJA", "SON"][m as usize % 12 / 3];
            Arc::new(values.iter().map(|x| x.map(|x| season(date(x).1))).collect::<StringViewArray>())
        }
        TimePart::Date => {
            let out: Date32Array =
                values.try_unary(|x| i32::try_from(days(x)).map_err(|_| Error::overflow("a time beyond what dates can tell")))?;
            Arc::new(out)
        }
    };
    Ok(v.like(array))
}
