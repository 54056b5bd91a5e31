//! Times of cubes in other calendars, and on even steps.

use super::looking::Chance;
use crate::array::{Dataset, Role, Variable, companions};
use crate::dtype::{Calendar, DType, Scalar};
use crate::error::{Error, Notices, Place, Result, ResultExt};
use crate::frame::Series;
use crate::kernel::calendar::{Civil, civil, days_in_month, from_days, instant, is_leap, to_days};
use crate::kernel::time::Frequency;
use crate::label::{Index, Method};
use crate::ops::bridge::{enter, leave};
use crate::store::{Column, Selector};

/// What stays of a date where one of two calendars has years of 360 days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AlignOn {
    /// Month and day; days that the other calendar lacks are left out.
    Date,
    /// The place in the year; surplus days are left out, and missing ones leave gaps, evenly over the year.
    Year,
    /// The same, but the five days are chosen by chance, one in each fifth of the year; February 29 is left out, or left missing, in leap
    /// years. The same seed gives the same days of a year.
    Random {
        /// What chance starts from.
        seed: u64,
    },
}

impl AlignOn {
    /// `date`, `year`, or `random`, with a seed where wanted: `random:7`.
    ///
    /// # Errors
    /// Not found, with the three; parse, for a seed.
    pub fn parse(name: &str) -> Result<AlignOn> {
        match name.split_once(':') {
            None if name == "date" => Ok(AlignOn::Date),
            None if name == "year" => Ok(AlignOn::Year),
            None if name == "random" => Ok(AlignOn::Random { seed: 0 }),
            Some(("random", seed)) => {
                let seed = seed.parse().map_err(|_| Error::parse(format!("{seed:?} is no whole number")).help("random:7"))?;
                Ok(AlignOn::Random { seed })
            }
            _ => Err(Error::not_found("way to align", name, ["date", "year", "random"])),
        }
    }
}

/// A time axis: its instants, how many make a second, and its calendar.
struct Axis {
    times: Vec<Option<i64>>,
    per: i64,
    calendar: Calendar,
}

fn days_in_year(calendar: Calendar, year: i64) -> i64 {
    if calendar == Calendar::Day360 { 360 } else { 365 + i64::from(is_leap(calendar, year)) }
}

impl Axis {
    fn new(v: &Variable) -> Result<Axis> {
        let DType::Instant { unit, calendar, .. } = v.dtype() else {
            return Err(Error::wrong_type(format!("times are needed, this is {}", v.dtype())));
        };
        let times = leave(&v.load()?.to_contiguous()?)?.to_i64()?.iter().collect();
        Ok(Axis { times, per: unit.per_second(), calendar: *calendar })
    }

    fn civil(&self, t: i64) -> Civil {
        civil(self.calendar, t, self.per)
    }

    /// The same date and time in another calendar; none where it lacks the date.
    fn by_date(&self, t: i64, to: Calendar) -> Option<i64> {
        instant(to, &self.civil(t), self.per)
    }

    /// The time at the nearest place in the year of another calendar.
    fn by_year(&self, t: i64, to: Calendar) -> Option<i64> {
        let c = self.civil(t);
        let day = to_days(self.calendar, c.year, c.month, c.day) - to_days(self.calendar, c.year, 1, 1) + 1;
        let new = (days_in_year(to, c.year) * day) as f64 / days_in_year(self.calendar, c.year) as f64;
        let (_, month, day) = from_days(to, to_days(to, c.year, 1, 1) + new.round_ties_even() as i64 - 1);
        instant(to, &Civil { month, day, ..c }, self.per)
    }

    /// The time at a day of the year that keeps the order of days, for years that are five days longer or shorter: those five are chosen by
    /// chance. None for a day that is left out.
    fn by_chance(&self, t: i64, to: Calendar, seed: u64) -> Option<i64> {
        let c = self.civil(t);
        let mut day = to_days(self.calendar, c.year, c.month, c.day) - to_days(self.calendar, c.year, 1, 1);
        // Each year draws for itself, so that a part of the times has the same days as all of them.
        let mut chance = Chance(seed ^ (c.year as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let dropped: Vec<i64> = (0..5).map(|fifth| fifth * 72 + (chance.next() * 72.0) as i64).collect();
        // Days are counted from 0; February 29 is the 59th.
        if to == Calendar::Day360 {
            if days_in_year(self.calendar, c.year) == 366 && day >= 59 {
                day = (day > 59).then_some(day - 1)?;
            }
            if dropped.contains(&day) {
                return None;
            }
            day -= dropped.iter().filter(|d| **d < day).count() as i64;
        } else {
            day += dropped.iter().filter(|d| **d < day).count() as i64;
            if days_in_year(to, c.year) == 366 && day >= 59 {
                day += 1;
            }
        }
        let (_, month, day) = from_days(to, to_days(to, c.year, 1, 1) + day);
        instant(to, &Civil { month, day, ..c }, self.per)
    }

    /// Every time from the first to the last at the distance that the times have, in another calendar. None where they have no one distance.
    fn filled(&self, to: Calendar) -> Option<Vec<i64>> {
        let times: Vec<i64> = self.times.iter().copied().collect::<Option<_>>()?;
        let steps: Vec<i64> = times.windows(2).map(|w| w[1] - w[0]).collect();
        let (&least, day) = (steps.iter().min()?, 86_400 * self.per);
        if least <= 0 || times.len() < 3 {
            return None;
        }
        let dates: Vec<Civil> = times.iter().map(|&t| self.civil(t)).collect();
        let last_day = |c: &Civil, calendar| c.day == days_in_month(calendar, c.year, c.month);
        let months: Vec<i64> = dates.windows(2).map(|w| (w[1].year - w[0].year) * 12 + w[1].month as i64 - w[0].month as i64).collect();
        let even = |x: &[i64]| x.iter().all(|s| *s == x[0]);
        let (first, last) = (dates.first()?, dates.last()?);
        let ends = dates.iter().all(|c| last_day(c, self.calendar));
        let by_months = even(&months) && least % day == 0 && (ends || dates.iter().all(|c| c.day == 1));
        let spelled = match by_months {
            true => format!("{}{}", months[0], if ends { "ME" } else { "MS" }),
            false if even(&steps) => format!("{}us", (least as i128 * 1_000_000 / self.per as i128)),
            false => return None,
        };
        // A day that the calendar lacks becomes one before it.
        let there = |c: &Civil| (0..5).find_map(|back| instant(to, &Civil { day: c.day.checked_sub(back)?, ..*c }, self.per));
        let start = there(first)?;
        let mut end = there(last)?;
        let daily = !by_months && least % day == 0;
        if last_day(last, self.calendar) && (by_months && ends || daily) {
            let c = civil(to, end, self.per);
            end = instant(to, &Civil { day: days_in_month(to, c.year, c.month), ..c }, self.per)?;
        }
        let frequency = Frequency::parse(&spelled).ok()?;
        frequency.times(start, to, self.per).take_while(|t| t.is_none_or(|t| t <= end)).collect()
    }
}

impl Dataset {
    /// The same dates along a dimension in another calendar: steps whose date it lacks (February 29, the 31st) are left out, with a notice
    /// that counts them; values stay. From or to `360_day`, `align` says what stays of a date. With `missing`, dates that only the other
    /// calendar has come in with that value where variables can hold it (as [`Dataset::reindex_filled`]; [`Scalar::Null`] for missing ones),
    /// for times at even distances. Lazy but for the times; bounds go where a bound has no date.
    ///
    /// # Errors
    /// Type, for a dimension without times; invalid, for 360 days without `align`, for the year 0 in a calendar without one, and for
    /// `missing` along times at uneven distances.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{dtype::Calendar, exec::AlignOn};
    /// let ds = hpda_data::open_dataset("data/climate.nc")?;
    /// let (dates, _) = ds.convert_calendar(Calendar::ProlepticGregorian, "time", None, None)?;
    /// assert_eq!(dates.variable("tas")?.shape(), [120, 12, 18]);
    /// let (even, _) = ds.convert_calendar(Calendar::Day360, "time", Some(AlignOn::Date), None)?;
    /// assert_eq!(even.variable("time")?.dtype().to_string(), "datetime[360_day]");
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn convert_calendar(
        &self,
        calendar: Calendar,
        dim: &str,
        align: Option<AlignOn>,
        missing: Option<Scalar>,
    ) -> Result<(Dataset, Notices)> {
        let dim = self.dim_named(dim)?;
        let place = || Place { dim: Some(dim.to_string()), ..Place::default() };
        let coord = self.coords.get(dim).filter(|c| c.dims().len() == 1);
        let coord = coord.ok_or_else(|| Error::wrong_type(format!("{dim:?} has no times to convert")).at(place()))?;
        let axis = Axis::new(coord).at(place)?;
        let mut notices = Notices::new();
        if axis.calendar == calendar {
            return Ok((self.clone(), notices));
        }
        let days360 = [axis.calendar, calendar].contains(&Calendar::Day360);
        let align = match align {
            None if days360 => {
                let e = Error::invalid("a year of 360 days has no one place for a date of another calendar").at(place());
                return Err(e.help("date keeps month and day, year the place in the year, random leaves days out by chance"));
            }
            Some(align) if days360 => align,
            _ => AlignOn::Date,
        };
        let no_zero = matches!(calendar, Calendar::Standard | Calendar::Julian | Calendar::ProlepticGregorian);
        if no_zero && axis.times.iter().flatten().any(|&t| axis.civil(t).year == 0) {
            return Err(Error::invalid(format!("the calendar {} has no year 0", calendar.name())).at(place()));
        }
        let one = |t: i64| match align {
            AlignOn::Date => axis.by_date(t, calendar),
            AlignOn::Year => axis.by_year(t, calendar),
            AlignOn::Random { seed } => axis.by_chance(t, calendar, seed),
        };
        let mut found: Vec<(usize, i64)> = axis.times.iter().enumerate().filter_map(|(i, t)| Some((i, one((*t)?)?))).collect();
        if align == AlignOn::Year {
            found.sort_by_key(|f| f.1);
            found.dedup_by_key(|f| f.1);
        }
        let lost = axis.times.len() - found.len();
        if lost > 0 {
            let text = format!("{lost} of {} steps have no date in the calendar {}, and are left out", axis.times.len(), calendar.name());
            notices.warn(text, place());
        }
        // What is called standard is Gregorian, unless it reaches back before the reform.
        let standard = calendar == Calendar::Standard && found.iter().all(|f| civil(calendar, f.1, axis.per) >= GREGORIAN);
        let plain = if standard { Calendar::ProlepticGregorian } else { calendar };
        let rows: Vec<usize> = found.iter().map(|f| f.0).collect();
        let mut out = self.isel(&[(dim, Selector::of(rows))])?;
        let times = found.iter().map(|f| Some(f.1)).collect();
        out.insert_coord(dim, dated(coord, times, &[found.len()], calendar, plain)?)?;
        let mut gone = Vec::new();
        let accompanying = companions(self);
        for (name, beside) in accompanying.iter().filter(|(_, c)| matches!(c.role, Role::Bounds | Role::Climatology)) {
            let Some(v) = out.vars.get(name).filter(|v| v.axis(dim).is_ok() && *v.dtype() == *coord.dtype()) else { continue };
            let edges = Axis::new(v).at_variable(name)?;
            let new: Vec<Option<i64>> = edges.times.iter().map(|t| edges.by_date((*t)?, calendar)).collect();
            if align != AlignOn::Date || missing.is_some() || new.iter().any(Option::is_none) {
                gone.push(name.as_str());
                let of = beside.parents.join(", ");
                notices.warn(
                    format!("{name:?}, the bounds of {of}, are left out: not all have a date in the calendar {}", calendar.name()),
                    place(),
                );
                continue;
            }
            let made = dated(v, new, v.shape(), calendar, plain)?;
            out.vars.insert(name.clone(), made);
        }
        gone.iter().for_each(|n| drop(out.vars.shift_remove(*n)));
        out.forget(&gone);
        if let Some(value) = missing {
            let all = axis.filled(calendar).ok_or_else(|| {
                Error::invalid("the times are at no one distance, so there is no telling which are missing")
                    .at(place())
                    .help("without a value for them, only the dates that are there are converted")
            })?;
            let labels = Column::from_i64(out.coords.get(dim).unwrap_or(coord).dtype().clone(), all.into_iter().map(Some).collect())?;
            let attrs = out.coords.get(dim).cloned();
            out = out.reindex_filled(dim, &labels, Method::Exact, None, &value)?;
            if let (Some(old), Some(new)) = (attrs, out.coords.get(dim).cloned()) {
                out.insert_coord(dim, new.with_encoding(old.encoding))?;
            }
        }
        Ok((out, notices))
    }
}

/// The first day of the Gregorian calendar.
const GREGORIAN: Civil = Civil { year: 1582, month: 10, day: 15, nanos: 0 };

/// Instants of a calendar with the attributes of others, and the encoding as far as it does not speak of dates.
fn dated(of: &Variable, times: Vec<Option<i64>>, shape: &[usize], named: Calendar, calendar: Calendar) -> Result<Variable> {
    let DType::Instant { unit, tz, .. } = of.dtype() else { return Err(Error::internal("times that are none")) };
    let dtype = DType::Instant { unit: *unit, tz: tz.clone(), calendar };
    let made = Variable::from_array(of.dims().iter().cloned(), enter(&Column::from_i64(dtype, times)?, shape)?)?;
    let mut encoding = of.encoding.clone();
    encoding.chunks = None;
    encoding.calendar = Some(named);
    ["units", "calendar"].iter().for_each(|a| drop(encoding.attrs.remove(a)));
    Ok(made.with_attrs(of.attrs.clone()).with_encoding(encoding))
}

impl Variable {
    /// Times brought down to a step of a fixed length (`6h`, `15min`, `1D`), in every calendar. Lazy.
    ///
    /// # Errors
    /// Parse, for a frequency; invalid, for one of months; type, for what are no times.
    ///
    /// # Examples
    /// ```
    /// let ds = hpda_data::open_dataset("data/climate.nc")?;
    /// let days = ds.variable("time")?.floor("1D")?;
    /// assert_eq!(days.load()?.scalar(0).to_string(), "1850-01-16T00:00:00");
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn floor(&self, frequency: &str) -> Result<Variable> {
        let frequency = frequency.to_string();
        self.of_times(move |s| s.floor(&frequency))
    }

    /// Times brought up to a step of a fixed length.
    ///
    /// # Errors
    /// As [`Variable::floor`].
    ///
    /// # Examples
    /// ```
    /// let ds = hpda_data::open_dataset("data/climate.nc")?;
    /// assert_eq!(ds.variable("time")?.ceil("1D")?.load()?.scalar(0).to_string(), "1850-01-17T00:00:00");
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn ceil(&self, frequency: &str) -> Result<Variable> {
        let frequency = frequency.to_string();
        self.of_times(move |s| s.ceil(&frequency))
    }

    /// Times brought to the nearest step of a fixed length, from the middle to the even one.
    ///
    /// # Errors
    /// As [`Variable::floor`].
    ///
    /// # Examples
    /// ```
    /// let ds = hpda_data::open_dataset("data/climate.nc")?;
    /// assert_eq!(ds.variable("time")?.round_time("1D")?.load()?.scalar(0).to_string(), "1850-01-17T00:00:00");
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn round_time(&self, frequency: &str) -> Result<Variable> {
        let frequency = frequency.to_string();
        self.of_times(move |s| s.round_time(&frequency))
    }

    /// Times moved by a step in their calendar ([`crate::kernel::time::Offset`]): `1months`, `-2ME`, `10D`, `1years`. The time of day stays.
    ///
    /// # Errors
    /// Parse, for an offset; when it is read, overflow; type, for what are no times.
    ///
    /// # Examples
    /// ```
    /// let ds = hpda_data::open_dataset("data/climate.nc")?;
    /// assert_eq!(ds.variable("time")?.offset("1months")?.load()?.scalar(0).to_string(), "1850-02-16T12:00:00");
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn offset(&self, by: &str) -> Result<Variable> {
        let by = by.to_string();
        self.of_times(move |s| s.offset(&by))
    }

    fn of_times(&self, f: impl Fn(&Series) -> Result<Series> + Send + Sync + 'static) -> Result<Variable> {
        if !matches!(self.dtype(), DType::Instant { .. }) {
            return Err(Error::wrong_type(format!("times are needed, this is {}", self.dtype())));
        }
        let series = |column: Column| {
            let n = column.len();
            Series::new(None, column, Index::range(n).into())
        };
        // What is wrong with what is asked for is said at once.
        f(&series(Column::missing(self.dtype().clone(), 0))?)?;
        let made = self.map_blocks(self.dtype().clone(), move |block| {
            let block = block.to_contiguous()?;
            enter(f(&series(leave(&block)?)?)?.data(), block.shape())
        })?;
        Ok(made.with_encoding(self.encoding.clone()))
    }
}
