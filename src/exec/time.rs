//! Times of series and tables: read, written, moved, rounded, put in zones and on even steps.

use super::ExecOptions;
use crate::dtype::{Calendar, DType, TimeUnit};
use crate::error::{Error, Place, Result};
use crate::frame::{DataFrame, Series};
use crate::kernel::agg::Agg;
use crate::kernel::fill::{backward_rows, forward_rows};
use crate::kernel::text::Zone;
use crate::kernel::text::dates::DateReader;
use crate::kernel::time::{Frequency, Holidays, Offset};
use crate::label::Index;
use crate::plan::{Expr, LazyResample, TimeBins};
use crate::store::{Budget, Column};
use arrow::array::{Array, AsArray, UInt64Array};
use std::sync::Arc;

/// What becomes of texts that do not read as times.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unreadable {
    /// The first of them is an error.
    #[default]
    Refuse,
    /// They are missing.
    Missing,
}

/// What a time means that clocks show twice, when they are put back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ambiguous {
    /// It is an error.
    #[default]
    Refuse,
    /// The first time that clocks show it.
    Earlier,
    /// The second time.
    Later,
    /// It is missing.
    Missing,
}

/// What a time means that clocks never show, when they are put forward.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Absent {
    /// It is an error.
    #[default]
    Refuse,
    /// The moment when clocks are put forward.
    Forward,
    /// The last moment before.
    Backward,
    /// It is missing.
    Missing,
}

/// A column of instants and how it is to be read.
struct Instants {
    values: arrow::array::Int64Array,
    unit: TimeUnit,
    zone: Option<(Arc<str>, Zone)>,
    calendar: Calendar,
}

fn instants(column: &Column) -> Result<Instants> {
    match column.dtype() {
        DType::Date => instants(&column.cast(&DType::datetime())?),
        DType::Instant { unit, tz, calendar } => {
            let zone = tz.as_ref().map(|name| zone(name).map(|z| (name.clone(), z))).transpose()?;
            Ok(Instants { values: column.to_i64()?, unit: *unit, zone, calendar: *calendar })
        }
        t => Err(Error::wrong_type(format!("times are needed, this is {t}")).help("to_datetime reads text")),
    }
}

fn zone(name: &str) -> Result<Zone> {
    Zone::parse(name).ok_or_else(|| Error::not_found("time zone", name, ["UTC", "Europe/Paris", "America/New_York"]))
}

/// The instant (in seconds of the zone's clocks shifted to UTC) that a wall time means.
fn settle(z: Zone, wall: i64, per_second: i64, ambiguous: Ambiguous, absent: Absent) -> Result<Option<i64>> {
    let shown = |wall: i64| {
        let value = crate::dtype::Scalar::Instant {
            value: wall,
            unit: if per_second == 1_000_000 { TimeUnit::Us } else { TimeUnit::Ns },
            tz: None,
            calendar: Calendar::ProlepticGregorian,
        };
        value.to_string()
    };
    let with = |offset: i32| wall.checked_sub(offset as i64 * per_second).ok_or_else(|| Error::overflow("a time beyond 64 bits"));
    let seconds = wall.div_euclid(per_second);
    Ok(match (&z.offsets_of_wall(seconds)[..], ambiguous, absent) {
        ([one], ..) => Some(with(*one)?),
        ([first, _, ..], Ambiguous::Earlier, _) => Some(with(*first)?),
        ([.., last], Ambiguous::Later, _) => Some(with(*last)?),
        ([_, ..], Ambiguous::Missing, _) | ([], _, Absent::Missing) => None,
        ([_, ..], Ambiguous::Refuse, _) => {
            return Err(Error::invalid(format!("clocks show {} twice", shown(wall))).help("Ambiguous::Earlier, Later or Missing"));
        }
        ([], _, Absent::Refuse) => {
            return Err(Error::invalid(format!("clocks never show {}", shown(wall))).help("Absent::Forward, Backward or Missing"));
        }
        ([], _, Absent::Forward | Absent::Backward) => Some(z.after_gap(seconds) * per_second - i64::from(absent == Absent::Backward)),
    })
}

fn row_place(row: usize) -> Place {
    Place { row: Some(row as u64), ..Place::default() }
}

impl Series {
    fn with_data(&self, data: Column) -> Result<Series> {
        Series::new(self.name().map(Into::into), data, self.index().clone())
    }

    fn each_instant(&self, f: impl Fn(i64, &Instants) -> Result<Option<i64>>) -> Result<Vec<Option<i64>>> {
        let x = instants(self.data())?;
        let one = |row: usize| match x.values.is_valid(row) {
            true => f(x.values.value(row), &x).map_err(|e| e.at(row_place(row))),
            false => Ok(None),
        };
        (0..x.values.len()).map(one).collect()
    }

    /// Texts read as times, in a format as `strftime` has it (`%d.%m.%Y %H:%M`), ISO 8601 without one. Times with an offset are
    /// brought to UTC and have that zone.
    ///
    /// # Errors
    /// Parse, for a text that does not read, with its row; invalid, for a format that is not understood, and for times with and
    /// without an offset in one series; type, for what is no text.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::Unreadable};
    /// let s = DataFrame::new([("day", Column::from(vec!["31.01.2024", "29.02.2024"]))])?.series("day")?;
    /// let days = s.to_datetime(Some("%d.%m.%Y"), Unreadable::Refuse)?;
    /// assert_eq!(days.strftime("%Y-%m")?.data(), &Column::from(vec!["2024-01", "2024-02"]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn to_datetime(&self, format: Option<&str>, unreadable: Unreadable) -> Result<Series> {
        if self.data().dtype().is_temporal() {
            return self.with_data(self.data().cast(&DType::datetime()).or_else(|_| Ok::<_, Error>(self.data().clone()))?);
        }
        if !matches!(self.data().dtype(), DType::Str | DType::Categorical { .. }) {
            return Err(Error::wrong_type(format!("times are read from text, this is {}", self.data().dtype())));
        }
        let reader = DateReader::new(format)?;
        let texts = self.data().cast(&DType::Str)?;
        let mut offsets: Option<bool> = None;
        let mut values = Vec::with_capacity(texts.len());
        let moments: Vec<_> = texts.values().as_string_view().iter().map(|t| t.map(|t| (t, reader.read(t.trim().as_bytes())))).collect();
        let nanos = moments.iter().flatten().any(|(_, m)| m.as_ref().is_some_and(|m| m.needs_nanos()));
        let unit = if nanos { TimeUnit::Ns } else { TimeUnit::Us };
        for (row, moment) in moments.into_iter().enumerate() {
            let Some((text, moment)) = moment else {
                values.push(None);
                continue;
            };
            let zoned = moment.as_ref().map(|m| m.offset.is_some());
            let value = moment.and_then(|m| m.to_instant(Calendar::ProlepticGregorian, unit));
            if value.is_none() && unreadable == Unreadable::Refuse {
                let e = Error::parse(format!("the text {text:?} does not read as a time")).at(row_place(row));
                return Err(e.help("a format tells how it is written; Unreadable::Missing makes it missing"));
            }
            if let (Some(zoned), Some(_)) = (zoned, value) {
                if offsets.is_some_and(|o| o != zoned) {
                    return Err(Error::invalid("times with and without an offset stand in one series").at(row_place(row)));
                }
                offsets = Some(zoned);
            }
            values.push(value);
        }
        let tz = (offsets == Some(true)).then(|| "UTC".into());
        self.with_data(Column::from_i64(DType::Instant { unit, tz, calendar: Calendar::ProlepticGregorian }, values)?)
    }

    /// Times as text in a format as `strftime` has it; with a zone as its clocks show them.
    ///
    /// Of a missing time missing.
    ///
    /// # Errors
    /// Type, for what are no times of the Gregorian calendar; invalid, for a format that is not understood.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::Unreadable};
    /// let s = DataFrame::new([("x", Column::from(vec![Some("2024-02-29 08:05"), None]))])?.series("x")?.to_datetime(None, Unreadable::Refuse)?;
    /// assert_eq!(s.strftime("%d.%m.%y %H h")?.data(), &Column::from(vec![Some("29.02.24 08 h"), None]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn strftime(&self, format: &str) -> Result<Series> {
        use std::fmt::Write;
        let items = chrono::format::StrftimeItems::new(format).parse_to_owned();
        let items = items.map_err(|_| Error::invalid(format!("the date format {format:?} is not understood")))?;
        let x = instants(self.data())?;
        if x.calendar != Calendar::ProlepticGregorian {
            return Err(Error::wrong_type(format!("times of the calendar {} are not written so", x.calendar.name())));
        }
        let (per, beyond) = (x.unit.per_second(), || Error::overflow("a time that cannot be written so"));
        let one = |t: Option<i64>| -> Result<Option<String>> {
            let Some(t) = t else { return Ok(None) };
            let (seconds, nanos) = (t.div_euclid(per), t.rem_euclid(per) * (1_000_000_000 / per));
            let utc = chrono::DateTime::from_timestamp(seconds, nanos as u32).ok_or_else(beyond)?;
            let offset = x.zone.as_ref().map_or(0, |(_, z)| z.offset(seconds));
            let local = utc.with_timezone(&chrono::FixedOffset::east_opt(offset).ok_or_else(beyond)?);
            let mut out = String::new();
            let shown = write!(out, "{}", local.format_with_items(items.iter()));
            shown.map_err(|_| Error::invalid(format!("times are not written as {format:?}")))?;
            Ok(Some(out))
        };
        self.with_data(Column::from_texts(x.values.iter().map(one).collect::<Result<Vec<_>>>()?))
    }

    /// Times without a zone as what the clocks of a zone show.
    ///
    /// # Errors
    /// Not found, for a zone; invalid, for a time that clocks show twice or never, where that is refused; type, for times that have
    /// a zone.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::{Absent, Ambiguous, Unreadable}};
    /// let s = DataFrame::new([("t", Column::from(vec!["2024-03-31T01:30", "2024-03-31T02:30"]))])?.series("t")?;
    /// let t = s.to_datetime(None, Unreadable::Refuse)?;
    /// assert!(t.tz_localize("Europe/Paris", Ambiguous::Refuse, Absent::Refuse).is_err());
    /// let t = t.tz_localize("Europe/Paris", Ambiguous::Refuse, Absent::Forward)?;
    /// assert_eq!(t.iat(1)?.to_string(), "2024-03-31T03:00:00+02:00");
    /// assert_eq!(t.tz_convert("UTC")?.iat(0)?.to_string(), "2024-03-31T00:30:00Z");
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn tz_localize(&self, name: &str, ambiguous: Ambiguous, absent: Absent) -> Result<Series> {
        let x = instants(self.data())?;
        if let Some((tz, _)) = &x.zone {
            return Err(Error::wrong_type(format!("these times have the zone {tz}")).help("tz_convert shows them in another"));
        }
        let z = zone(name)?;
        let values = self.each_instant(|t, x| settle(z, t, x.unit.per_second(), ambiguous, absent))?;
        self.with_data(Column::from_i64(DType::Instant { unit: x.unit, tz: Some(name.into()), calendar: x.calendar }, values)?)
    }

    /// The same instants as the clocks of another zone show them.
    ///
    /// # Errors
    /// Not found, for a zone; type, for times without one.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::Unreadable};
    /// let s = DataFrame::new([("x", Column::from(vec![Some("2024-01-01T12:00Z"), None]))])?.series("x")?.to_datetime(None, Unreadable::Refuse)?;
    /// let tokyo = s.tz_convert("Asia/Tokyo")?;
    /// assert_eq!(tokyo.iat(0)?.to_string(), "2024-01-01T21:00:00+09:00");
    /// assert_eq!(tokyo.data().missing_count(), 1);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn tz_convert(&self, name: &str) -> Result<Series> {
        let x = instants(self.data())?;
        if x.zone.is_none() {
            return Err(Error::wrong_type("these times have no zone").help("tz_localize says whose clocks show them"));
        }
        zone(name)?;
        self.with_data(self.data().reinterpret(DType::Instant { unit: x.unit, tz: Some(name.into()), calendar: x.calendar }).or_else(
            // Arrow's own types differ in the zone.
            |_| Column::from_i64(DType::Instant { unit: x.unit, tz: Some(name.into()), calendar: x.calendar }, x.values.iter().collect()),
        )?)
    }

    /// What the clocks of their zone show, without a zone. pandas: `tz_localize(None)`.
    ///
    /// # Errors
    /// Type, for what are no times.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DType, DataFrame, exec::Unreadable};
    /// let s = DataFrame::new([("x", Column::from(vec!["2024-01-01T12:00Z"]))])?.series("x")?.to_datetime(None, Unreadable::Refuse)?;
    /// let shown = s.tz_convert("Asia/Tokyo")?.tz_drop()?;
    /// assert_eq!(shown.data().dtype(), &DType::datetime());
    /// assert_eq!(shown.iat(0)?.to_string(), "2024-01-01T21:00:00");
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn tz_drop(&self) -> Result<Series> {
        let x = instants(self.data())?;
        let values = self.each_instant(|t, x| Ok(Some(wall(t, x))))?;
        self.with_data(Column::from_i64(DType::Instant { unit: x.unit, tz: None, calendar: x.calendar }, values)?)
    }

    fn stepped(&self, frequency: &str, choose: impl Fn(i64, i64) -> i64) -> Result<Series> {
        let nanos = Frequency::parse(frequency)?.nanos();
        let refusal =
            || Error::invalid(format!("times are not rounded to {frequency:?}")).help("steps of days, hours, minutes, seconds: 15min");
        let nanos = nanos.ok_or_else(refusal)?;
        let date = *self.data().dtype() == DType::Date;
        let x = instants(self.data())?;
        let step = nanos / (1_000_000_000 / x.unit.per_second());
        if step == 0 {
            return self.with_data(self.data().clone());
        }
        let values = self.each_instant(|t, x| {
            let shown = wall(t, x);
            let to = choose(shown, step);
            let Some((_, z)) = &x.zone else { return Ok(Some(to)) };
            // The offset that the time has, where clocks show the result at it; else what they show then.
            let per = x.unit.per_second();
            let same = to - (shown - t);
            if wall(same, x) == to { Ok(Some(same)) } else { settle(*z, to, per, Ambiguous::Earlier, Absent::Forward) }
        })?;
        let dtype = DType::Instant { unit: x.unit, tz: x.zone.as_ref().map(|z| z.0.clone()), calendar: x.calendar };
        let made = Column::from_i64(dtype, values)?;
        self.with_data(if date && nanos % 86_400_000_000_000 == 0 { made.cast(&DType::Date)? } else { made })
    }

    /// Times brought down to a step of a fixed length: `s.floor("15min")`. With a zone steps are those of its clocks.
    ///
    /// Missing times stay missing.
    ///
    /// # Errors
    /// Parse, for a frequency; invalid, for one of months; type, for what are no times.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::Unreadable};
    /// let s = DataFrame::new([("x", Column::from(vec![Some("2024-01-01 10:07:30"), None]))])?.series("x")?.to_datetime(None, Unreadable::Refuse)?;
    /// assert_eq!(s.floor("15min")?.strftime("%H:%M")?.data(), &Column::from(vec![Some("10:00"), None]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn floor(&self, frequency: &str) -> Result<Series> {
        self.stepped(frequency, |t, step| t - t.rem_euclid(step))
    }

    /// Times brought up to a step of a fixed length.
    ///
    /// # Errors
    /// As [`Series::floor`].
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::Unreadable};
    /// let s = DataFrame::new([("x", Column::from(vec![Some("2024-01-01 10:07:30"), None]))])?.series("x")?.to_datetime(None, Unreadable::Refuse)?;
    /// assert_eq!(s.ceil("15min")?.strftime("%H:%M")?.data(), &Column::from(vec![Some("10:15"), None]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn ceil(&self, frequency: &str) -> Result<Series> {
        self.stepped(frequency, |t, step| t + (-t).rem_euclid(step))
    }

    /// Times brought to the nearest step of a fixed length, from the middle to the even one.
    ///
    /// pandas: `s.dt.round`.
    ///
    /// # Errors
    /// As [`Series::floor`].
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::Unreadable};
    /// let s = DataFrame::new([("x", Column::from(vec![Some("2024-01-01 10:07:30"), Some("2024-01-01 10:08"), None]))])?.series("x")?;
    /// let times = s.to_datetime(None, Unreadable::Refuse)?.round_time("15min")?;
    /// assert_eq!(times.strftime("%H:%M")?.data(), &Column::from(vec![Some("10:00"), Some("10:15"), None]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn round_time(&self, frequency: &str) -> Result<Series> {
        self.stepped(frequency, |t, step| {
            let (n, over) = (t.div_euclid(step), t.rem_euclid(step));
            let up = over > step - over || over == step - over && n % 2 != 0;
            (n + i64::from(up)) * step
        })
    }

    /// Times moved by a step in the calendar ([`Offset`]): `s.offset("2ME")`, `s.offset("-1B")`. The time of day stays; with a zone
    /// it is that of its clocks. Dates stay dates.
    ///
    /// # Errors
    /// Parse, for an offset; overflow; type, for what are no times.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{DataFrame, frame::date_range};
    /// let days = DataFrame::new([("day", date_range("2024-01-30", "2024-02-01", "D")?)])?.series("day")?;
    /// assert_eq!(days.offset("1months")?.strftime("%m-%d")?.iat(1)?, "02-29".into());
    /// assert_eq!(days.offset("ME")?.strftime("%m-%d")?.iat(1)?, "02-29".into());
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn offset(&self, by: &str) -> Result<Series> {
        self.moved(Offset::parse(by)?, &Holidays::default())
    }

    /// Times moved by business days (`B`), of which none is in a list: pandas' `CustomBusinessDay(holidays=..)`. A time on a weekend or in
    /// the list counts as the business day before it (of steps back, and of 0, as the one after it).
    ///
    /// # Errors
    /// As [`Series::offset`]; parse, for what is no date; invalid, for another step than business days.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DType, DataFrame};
    /// let d = DataFrame::new([("d", Column::from(vec![Some("2024-12-24"), None]).cast(&DType::Date)?)])?.series("d")?;
    /// let next = d.offset_with("B", ["2024-12-25", "2024-12-26"])?;
    /// assert_eq!((next.iat(0)?.to_string(), next.data().missing_count()), ("2024-12-27".to_string(), 1));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn offset_with<S: AsRef<str>>(&self, by: &str, holidays: impl IntoIterator<Item = S>) -> Result<Series> {
        let offset = Offset::parse(by)?;
        if !offset.is_business_days() {
            return Err(Error::invalid(format!("holidays count for business days, not for {by:?}")).help("write 3B"));
        }
        let day = |text: &str| {
            let read = crate::kernel::text::moment::parse_moment(text.trim().as_bytes())
                .and_then(|m| m.to_instant(Calendar::ProlepticGregorian, TimeUnit::Us));
            read.map(|t| t.div_euclid(86_400_000_000))
                .ok_or_else(|| Error::parse(format!("{text:?} is no date")).help("it looks like 2024-12-25"))
        };
        let days = holidays.into_iter().map(|h| day(h.as_ref())).collect::<Result<Vec<i64>>>()?;
        self.moved(offset, &Holidays::new(days))
    }

    fn moved(&self, offset: Offset, holidays: &Holidays) -> Result<Series> {
        if *self.data().dtype() == DType::Date {
            let days = self.data().to_i64()?;
            let beyond = |_| Error::overflow("a date beyond what can be told");
            let one = |d: Option<i64>| match d {
                Some(d) => i32::try_from(offset.day_with(Calendar::ProlepticGregorian, d, holidays)?).map_err(beyond).map(Some),
                None => Ok(None),
            };
            let moved = days.iter().map(one).collect::<Result<Vec<Option<i32>>>>()?;
            return self.with_data(Column::new(DType::Date, Arc::new(arrow::array::Date32Array::from(moved)))?);
        }
        let x = instants(self.data())?;
        let values = self.each_instant(|t, x| {
            let per = x.unit.per_second();
            let to = offset.apply_with(x.calendar, wall(t, x), per, holidays)?;
            match &x.zone {
                None => Ok(Some(to)),
                Some((_, z)) => settle(*z, to, per, Ambiguous::Earlier, Absent::Forward),
            }
        })?;
        let dtype = DType::Instant { unit: x.unit, tz: x.zone.as_ref().map(|z| z.0.clone()), calendar: x.calendar };
        self.with_data(Column::from_i64(dtype, values)?)
    }
}

/// What clocks show at an instant.
fn wall(t: i64, x: &Instants) -> i64 {
    let per = x.unit.per_second();
    x.zone.as_ref().map_or(t, |(_, z)| z.wall(t, per))
}

/// A table in bins of time, waiting for what is to be computed of each. Made by [`DataFrame::resample`].
#[derive(Clone, Debug)]
pub struct Resample {
    frame: DataFrame,
    on: String,
    bins: TimeBins,
}

impl DataFrame {
    /// Puts rows in bins by a column of times, or by a level of the row labels: every bin from the first time to the last.
    ///
    /// Results are labelled by the bins. One engine serves this and [`crate::plan::LazyFrame::resample`]. Without a column,
    /// [`DataFrame::resample_index`].
    ///
    /// # Errors
    /// Not found, with the nearest name; type, for what are no times.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, frame::date_range, plan::TimeBins};
    /// let df = DataFrame::new([("day", date_range("2024-01-30", "2024-02-02", "D")?), ("x", Column::from(vec![1i64, 2, 3, 4]))])?;
    /// let months = df.resample("day", TimeBins::new("MS")?)?.sum()?;
    /// assert_eq!(months.column("x")?, &Column::from(vec![3i64, 7]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn resample(&self, on: &str, bins: TimeBins) -> Result<Resample> {
        self.lazy()?.resample(on, bins)?;
        Ok(Resample { frame: self.clone(), on: on.into(), bins })
    }

    /// [`DataFrame::resample`] by the row labels.
    ///
    /// # Errors
    /// As there; invalid, for labels of several levels.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, frame::date_range, plan::TimeBins};
    /// let days = date_range("2024-01-30", "2024-02-01", "D")?;
    /// let df = DataFrame::new([("x", Column::from(vec![Some(1i64), None, Some(3)]))])?.with_row_labels(days)?;
    /// assert_eq!(df.resample_index(TimeBins::new("MS")?)?.sum()?.column("x")?, &Column::from(vec![1i64, 3]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn resample_index(&self, bins: TimeBins) -> Result<Resample> {
        if self.index().nlevels() > 1 {
            return Err(Error::invalid("bins of labels of several levels").help("resample names one of them"));
        }
        let on = self.to_batch()?.schema.fields.first().map(|f| f.name.clone()).unwrap_or_default();
        if self.to_batch()?.columns.len() == self.width() {
            return Err(Error::wrong_type("bins are of times, the rows are only numbered").help("resample names a column of times"));
        }
        self.resample(&on, bins)
    }

    /// The rows at even steps of time from the first label to the last; where a step has no row values are missing. Labels are
    /// times, each once.
    ///
    /// Types stay.
    ///
    /// # Errors
    /// Parse, for a frequency; invalid, for labels that stand twice or are no single times.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, frame::date_range};
    /// let df = DataFrame::new([("x", Column::from(vec![1i64, 3]))])?.with_row_labels(date_range("2024-01-01", "2024-01-03", "2D")?)?;
    /// assert_eq!(df.asfreq("D")?.column("x")?, &Column::from(vec![Some(1i64), None, Some(3)]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn asfreq(&self, frequency: &str) -> Result<DataFrame> {
        let times = single(self)?;
        let labels = steps(&times, &Frequency::parse(frequency)?)?;
        let target = Index::flat(self.index().names()[0], labels);
        self.reindex(target)
    }
}

/// The labels of rows, which are times.
fn single(frame: &DataFrame) -> Result<Column> {
    if frame.index().nlevels() > 1 || !matches!(frame.index().dtype(0), DType::Date | DType::Instant { .. }) {
        return Err(Error::invalid("rows are labelled by times for this").help("set_index names the column of times"));
    }
    Ok(frame.index().columns().swap_remove(0))
}

/// Even steps from the first time to the last.
fn steps(times: &Column, frequency: &Frequency) -> Result<Column> {
    let x = instants(times)?;
    let ends = (arrow::compute::min(&x.values), arrow::compute::max(&x.values));
    let (Some(first), Some(last)) = ends else { return Ok(times.slice(0, 0)) };
    let per = x.unit.per_second();
    // Days and longer are stepped on the clocks of the zone, whose time of day stays.
    let zone = x.zone.as_ref().map(|(_, z)| *z).filter(|_| !frequency.within_day());
    let (from, to) = zone.map_or((first, last), |z| (z.wall(first, per), z.wall(last, per)));
    let clock = if frequency.within_day() { 0 } else { from.rem_euclid(86_400 * per) };
    let bins = frequency.bins((from - clock, to), x.calendar, per, None, None, crate::kernel::time::Origin::Start)?;
    let at = |t: i64| zone.map_or(t + clock, |z| z.instant_of_wall(t + clock, per));
    let values = bins.labels.into_iter().map(at).filter(|t| (first..=last).contains(t)).map(Some).collect();
    let made = Column::from_i64(DType::Instant { unit: x.unit, tz: x.zone.map(|z| z.0), calendar: x.calendar }, values)?;
    if *times.dtype() == DType::Date && !frequency.within_day() { made.cast(&DType::Date) } else { Ok(made) }
}

macro_rules! aggregations {
    // The last literal: what 1, 2, 3 in one month and 4 and missing in the next give.
    ($($name:ident $agg:ident $doc:literal $shown:literal;)*) => { $(
        #[doc = $doc]
        ///
        /// Of every column that it is meant for, under the column's name.
        ///
        /// # Errors
        /// As [`Resample::agg`].
        ///
        /// # Examples
        /// ```
        /// use hpda_data::{Column, DataFrame, frame::date_range, plan::TimeBins};
        /// let days = date_range("2024-01-29", "2024-02-02", "D")?;
        /// let df = DataFrame::new([("day", days), ("x", vec![Some(1i64), Some(2), Some(3), Some(4), None].into())])?;
        /// let months = df.resample("day", TimeBins::new("MS")?)?;
        #[doc = concat!("assert_eq!(months.", stringify!($name), "()?.column(\"x\")?, &Column::from(vec![", $shown, "]));")]
        /// # Ok::<(), hpda_data::Error>(())
        /// ```
        pub fn $name(&self) -> Result<DataFrame> {
            self.op(Agg::$agg)
        }
    )* };
}

impl Resample {
    fn options() -> ExecOptions {
        ExecOptions { budget: Budget::unlimited(), ..ExecOptions::default() }
    }

    fn lazy(&self) -> Result<LazyResample> {
        // Bins along the labels: other levels are no values.
        self.frame.lazy()?.resample(&self.on, self.bins)
    }

    /// Aggregates by name, one row per bin. Of a bin without rows `sum` and `count` are 0, other aggregates missing.
    ///
    /// # Errors
    /// As [`crate::exec::GroupBy::agg`].
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, frame::date_range, plan::{TimeBins, parse}};
    /// let df = DataFrame::new([("day", date_range("2024-01-01", "2024-03-01", "2MS")?), ("x", vec![1i64, 3].into())])?;
    /// let months = df.resample("day", TimeBins::new("MS")?)?.agg([("n", parse("count(x)")?), ("top", parse("max(x)")?)])?;
    /// assert_eq!(months.column("n")?, &Column::from(vec![1i64, 0, 1]));
    /// assert_eq!(months.column("top")?, &Column::from(vec![Some(1i64), None, Some(3)]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn agg<S: Into<String>>(&self, aggregates: impl IntoIterator<Item = (S, Expr)>) -> Result<DataFrame> {
        let flat = self.lazy()?.agg(aggregates)?.collect(&Resample::options())?;
        // Where the times led as labels, the result has them as labels already.
        let made = if flat.labels().position(&self.on).is_ok() { flat.set_index([self.on.as_str()])? } else { flat };
        self.unnamed(made)
    }

    /// Labels without a name had one made up on the way.
    fn unnamed(&self, made: DataFrame) -> Result<DataFrame> {
        let by_column = self.frame.labels().position(&self.on).is_ok();
        if !by_column && self.frame.index().names() == [None] { made.rename_levels([None::<&str>]) } else { Ok(made) }
    }

    /// This aggregate of every column that it is meant for, under the column's name.
    ///
    /// # Errors
    /// Type, where it is meant for none.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, frame::date_range, plan::{Agg, TimeBins}};
    /// let df = DataFrame::new([("day", date_range("2024-01-01", "2024-03-01", "2MS")?), ("x", vec![1i64, 3].into())])?;
    /// let months = df.resample("day", TimeBins::new("MS")?)?.op(Agg::Mean)?;
    /// assert_eq!(months.column("x")?, &Column::from(vec![Some(1.0), None, Some(3.0)]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn op(&self, agg: Agg) -> Result<DataFrame> {
        let schema = self.frame.to_batch()?.schema.clone();
        let levels = schema.fields.len() - self.frame.width();
        let without: Vec<&str> = schema.names().take(levels).chain([self.on.as_str()]).collect();
        self.agg(crate::plan::aggregate_all(agg, &schema, &without)?)
    }

    crate::exec::names::of_bins!(aggregations);

    /// A row for each step between the labels, which are times in order; a step takes the last row at or before it. Up from days
    /// to hours: `df.resample_index(TimeBins::new("6h")?)?.ffill(None)`.
    ///
    /// # Errors
    /// Invalid, for times that are not the row labels, stand twice or are not in order.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, frame::date_range, plan::TimeBins};
    /// let df = DataFrame::new([("day", date_range("2024-01-01", "2024-01-02", "D")?), ("x", vec![1i64, 2].into())])?;
    /// let halves = df.resample("day", TimeBins::new("12h")?)?.ffill(None)?;
    /// assert_eq!(halves.column("x")?, &Column::from(vec![1i64, 1, 2]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn ffill(&self, limit: Option<usize>) -> Result<DataFrame> {
        self.filled(limit, forward_rows, true)
    }

    /// A row for each step; it takes the next row at or after it.
    ///
    /// # Errors
    /// As [`Resample::ffill`].
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, frame::date_range, plan::TimeBins};
    /// let df = DataFrame::new([("day", date_range("2024-01-01", "2024-01-02", "D")?), ("x", vec![1i64, 2].into())])?;
    /// let thirds = df.resample("day", TimeBins::new("8h")?)?.bfill(Some(1))?;
    /// assert_eq!(thirds.column("x")?, &Column::from(vec![Some(1i64), None, Some(2), Some(2)]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn bfill(&self, limit: Option<usize>) -> Result<DataFrame> {
        self.filled(limit, backward_rows, false)
    }

    /// A row for each step; missing where no row stands at it.
    ///
    /// # Errors
    /// As [`Resample::ffill`].
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, frame::date_range, plan::TimeBins};
    /// let df = DataFrame::new([("day", date_range("2024-01-01", "2024-01-02", "D")?), ("x", vec![1i64, 2].into())])?;
    /// let halves = df.resample("day", TimeBins::new("12h")?)?.asfreq()?;
    /// assert_eq!(halves.column("x")?, &Column::from(vec![Some(1i64), None, Some(2)]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn asfreq(&self) -> Result<DataFrame> {
        let (target, _) = self.grid()?;
        self.by_label()?.reindex(target)
    }

    fn by_label(&self) -> Result<DataFrame> {
        if self.frame.labels().position(&self.on).is_ok() { self.frame.set_index([self.on.as_str()]) } else { Ok(self.frame.clone()) }
    }

    /// The labels of the bins, and the times of the rows.
    fn grid(&self) -> Result<(Index, Column)> {
        let times = single(&self.by_label()?)?;
        let x = instants(&times)?;
        let ends = (arrow::compute::min(&x.values), arrow::compute::max(&x.values));
        let b = self.bins;
        let (Some(first), Some(last)) = ends else {
            let moments = *times.dtype() == DType::Date && b.frequency.within_day();
            let none = if moments { times.cast(&DType::datetime())? } else { times.clone() };
            return Ok((Index::flat(self.by_label()?.index().names()[0], none), times));
        };
        let zone = x.zone.as_ref().map(|(_, z)| *z);
        let bins = b.between(zone, (first, last), x.calendar, x.unit.per_second())?;
        let dtype = DType::Instant { unit: x.unit, tz: x.zone.map(|z| z.0), calendar: x.calendar };
        let made = Column::from_i64(dtype, bins.labels.into_iter().map(Some).collect())?;
        let date = *times.dtype() == DType::Date && !b.frequency.within_day();
        Ok((Index::flat(self.by_label()?.index().names()[0], if date { made.cast(&DType::Date)? } else { made }), times))
    }

    fn filled(
        &self,
        limit: Option<usize>,
        rule: impl Fn(&arrow::buffer::BooleanBuffer, Option<usize>) -> UInt64Array,
        forward: bool,
    ) -> Result<DataFrame> {
        let frame = self.by_label()?;
        let (target, times) = self.grid()?;
        let (own, at) = (instants(&times)?.values, instants(&target.columns()[0])?.values);
        if own.null_count() > 0 || own.values().windows(2).any(|w| w[0] >= w[1]) {
            return Err(Error::invalid("times stand twice or are not in order").help("sort_index and drop_duplicates first"));
        }
        // Steps that take a row of their own: the nearest one on the right side that no step before (or after) has taken.
        let near = |t: i64| {
            let n = own.values().partition_point(|&x| x <= t);
            if forward { n.checked_sub(1) } else { Some(own.values().partition_point(|&x| x < t)).filter(|&i| i < own.len()) }
        };
        let found: Vec<Option<usize>> = at.values().iter().map(|&t| near(t)).collect();
        let exact = arrow::buffer::BooleanBuffer::collect_bool(found.len(), |i| {
            let other = if forward { i.checked_sub(1).and_then(|j| found[j]) } else { found.get(i + 1).copied().flatten() };
            found[i].is_some() && found[i] != other
        });
        let rows: UInt64Array = rule(&exact, limit).iter().map(|step| step.and_then(|s| found[s as usize]).map(|r| r as u64)).collect();
        let columns = frame.columns().iter().map(|c| c.take(&rows)).collect::<Result<Vec<_>>>()?;
        DataFrame::with_index(frame.labels().clone(), columns, target)
    }
}
