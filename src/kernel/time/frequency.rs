//! Frequencies such as `1MS`, `3h` or `QS-DEC`, and the bins that they cut time into, in every calendar.

use crate::dtype::Calendar;
use crate::error::{Error, Result};
use crate::kernel::calendar::{from_days, to_days};
use crate::kernel::text::Zone;
use crate::kernel::time::Offset;

/// What a frequency counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unit {
    /// So many nanoseconds.
    Tick(i64),
    /// Weeks that end on this day (0 is Monday).
    Week(i64),
    /// Business days, and the first or last business days of months, quarters and years.
    Business(Offset),
    /// So many months; those that begin, or end, years' halves and quarters fall on months of this remainder.
    Months { length: i64, remainder: i64, end: bool },
}

/// A number of units of time: `15min`, `1D`, `W-MON`, `1MS`, `QE-NOV`, `10YS`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frequency {
    count: i64,
    unit: Unit,
}

/// Which end of a bin belongs to it, or names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The earlier end.
    Left,
    /// The later end.
    Right,
}

/// Where bins of seconds to days are counted from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Origin {
    /// Midnight of the first day.
    #[default]
    StartDay,
    /// The first time.
    Start,
    /// 1970-01-01.
    Epoch,
}

/// Bins of time: bin `i` holds the instants from `edges[i]` to before `edges[i + 1]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bins {
    /// One more than there are bins.
    pub edges: Vec<i64>,
    /// The label of each bin.
    pub labels: Vec<i64>,
}

const MONTHS: [&str; 12] = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const DAYS: [&str; 7] = ["MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"];
const SECOND: i64 = 1_000_000_000;

/// More bins than anybody can want, and few enough for memory.
const MOST: usize = 50_000_000;

impl Frequency {
    /// Reads a frequency as pandas spells it.
    ///
    /// # Errors
    /// Parse, with the units there are.
    pub fn parse(text: &str) -> Result<Frequency> {
        let wrong = || {
            Error::parse(format!("{text:?} is no frequency"))
                .help("a number and one of s min h D W MS ME QS QE YS YE B BMS BME BQS BQE BYS BYE, with an anchor where wanted: 15min, W-MON, QS-DEC")
        };
        let text = text.trim();
        let at = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let count: i64 = if at == 0 { 1 } else { text[..at].parse().map_err(|_| wrong())? };
        let (name, anchor) = text[at..].split_once('-').map_or((&text[at..], None), |(n, a)| (n, Some(a)));
        let month = |default: usize| -> Result<i64> {
            match anchor {
                None => Ok(default as i64),
                Some(a) => MONTHS.iter().position(|m| a.eq_ignore_ascii_case(m)).map(|m| m as i64).ok_or_else(wrong),
            }
        };
        let unit = match name {
            "us" => Unit::Tick(1000),
            "ms" => Unit::Tick(1_000_000),
            "s" => Unit::Tick(SECOND),
            "min" => Unit::Tick(60 * SECOND),
            "h" => Unit::Tick(3600 * SECOND),
            "D" => Unit::Tick(86_400 * SECOND),
            "W" => match anchor {
                None => Unit::Week(6),
                Some(a) => Unit::Week(DAYS.iter().position(|d| a.eq_ignore_ascii_case(d)).ok_or_else(wrong)? as i64),
            },
            "MS" | "ME" => Unit::Months { length: 1, remainder: 0, end: name == "ME" },
            "QS" => Unit::Months { length: 3, remainder: month(0)? % 3, end: false },
            // The anchor is the month that ends; the one after it begins.
            "QE" => Unit::Months { length: 3, remainder: (month(11)? + 1) % 3, end: true },
            "YS" => Unit::Months { length: 12, remainder: month(0)?, end: false },
            "YE" => Unit::Months { length: 12, remainder: (month(11)? + 1) % 12, end: true },
            "B" | "BMS" | "BME" | "BQS" | "BQE" | "BYS" | "BYE" => Unit::Business(Offset::parse(&text[at..]).map_err(|_| wrong())?),
            _ => return Err(wrong()),
        };
        let anchored = anchor.is_some() && matches!(unit, Unit::Tick(_) | Unit::Months { length: 1, .. });
        if count == 0 || anchored {
            return Err(wrong());
        }
        Ok(Frequency { count, unit })
    }

    /// Whether bins are shorter than a day, so that their labels need a time of day.
    pub fn within_day(&self) -> bool {
        matches!(self.unit, Unit::Tick(nanos) if nanos < 86_400 * SECOND)
    }

    /// How many nanoseconds one step takes; `None` for weeks, months and longer, which are not counted in them.
    pub fn nanos(&self) -> Option<i64> {
        match self.unit {
            Unit::Tick(nanos) => nanos.checked_mul(self.count),
            _ => None,
        }
    }

    /// The side that is closed, and that labels are of, where nothing is said.
    pub fn side(&self) -> Side {
        match self.unit {
            Unit::Week(_) | Unit::Months { end: true, .. } => Side::Right,
            Unit::Business(offset) if offset.is_end() => Side::Right,
            _ => Side::Left,
        }
    }

    /// The times of this frequency from an instant on, which is the first of them where it stands at one; `None` at the end of what 64 bits
    /// hold. Weeks, months and longer keep its time of day.
    pub fn times(&self, first: i64, calendar: Calendar, per_second: i64) -> impl Iterator<Item = Option<i64>> + use<> {
        let day = 86_400 * per_second;
        let (date, clock) = (first.div_euclid(day), first.rem_euclid(day));
        let at = move |date: i64| date.checked_mul(day)?.checked_add(clock);
        let (count, unit) = (self.count, self.unit);
        let (year, month, _) = from_days(calendar, date);
        let month = year * 12 + month as i64 - 1;
        let anchor = move |m: i64| {
            let begins = |m: i64| to_days(calendar, m.div_euclid(12), m.rem_euclid(12) as u8 + 1, 1);
            match unit {
                Unit::Months { end: true, .. } => begins(m) - 1,
                _ => begins(m),
            }
        };
        // The first month whose beginning, or end, is at an anchor and not before; ends are those of the month before.
        let start = match unit {
            Unit::Months { length, remainder, end } => {
                let from = month + i64::from(end);
                let m = from + (remainder - from).rem_euclid(length);
                if anchor(m) < date { m + length } else { m }
            }
            _ => 0,
        };
        (0..).map(move |k: i64| match unit {
            Unit::Tick(nanos) => {
                let step = (nanos as i128 * count as i128 / (SECOND / per_second) as i128).try_into().ok().filter(|s: &i64| *s > 0)?;
                k.checked_mul(step)?.checked_add(first)
            }
            Unit::Business(offset) => {
                let day = offset.times(0).day(calendar, date).ok()?;
                at(offset.times(k.checked_mul(count)?).day(calendar, day).ok()?)
            }
            // Day 0 was a Thursday.
            Unit::Week(end) => at((date + (end - (date + 3)).rem_euclid(7)).checked_add(k.checked_mul(7)?.checked_mul(count)?)?),
            Unit::Months { length, .. } => {
                let m = k.checked_mul(length)?.checked_mul(count)?.checked_add(start).filter(|m| m.abs() < 1 << 45)?;
                at(anchor(m))
            }
        })
    }

    /// The bins from the first time to the last, as pandas' `resample` makes them.
    ///
    /// # Errors
    /// Overflow, where there would be too many bins.
    pub fn bins(
        &self,
        (first, last): (i64, i64),
        calendar: Calendar,
        per_second: i64,
        closed: Option<Side>,
        label: Option<Side>,
        origin: Origin,
    ) -> Result<Bins> {
        let (closed, label) = (closed.unwrap_or(self.side()), label.unwrap_or(self.side()));
        let day = 86_400 * per_second;
        // Anchors of bins: instants that stand at their ends.
        let (anchors, shift) = match self.unit {
            Unit::Tick(nanos) => {
                let step = step_of(nanos, self.count, per_second)?;
                let zero = match origin {
                    Origin::StartDay => first.div_euclid(day) * day,
                    Origin::Start => first,
                    Origin::Epoch => 0,
                };
                even((first, last), step, zero, closed)?
            }
            Unit::Week(end) => {
                // Day 0 was a Thursday.
                let ahead = |d: i64| (end - (d + 3)).rem_euclid(7);
                let (d, step) = (first.div_euclid(day), 7 * self.count);
                let start = match closed {
                    Side::Right => d + ahead(d) - step,
                    Side::Left => d - (7 - ahead(d)) % 7,
                };
                let enough = |a: i64| if closed == Side::Left { a * day > last } else { (a + 1) * day > last };
                let mut anchors = vec![start];
                extend(&mut anchors, enough, |a| a.checked_add(step))?;
                (anchors.into_iter().map(|a| a * day).collect(), if closed == Side::Right { day } else { 0 })
            }
            Unit::Business(offset) => {
                let moved = |d: i64, n: i64| offset.times(n).day(calendar, d);
                let (from, to) = (first.div_euclid(day), last.div_euclid(day));
                let start = match closed {
                    Side::Right => moved(from, -self.count)?,
                    Side::Left if offset.is_on(calendar, from)? => from,
                    Side::Left => moved(from, -1)?,
                };
                let end = moved(to, self.count)?;
                let mut days = vec![start];
                while days.len() < 2 || moved(days[days.len() - 1], self.count)? <= end {
                    days.push(moved(days[days.len() - 1], self.count)?);
                    if days.len() > MOST {
                        return Err(Error::overflow("a frequency that makes too many bins").help("choose a coarser --freq"));
                    }
                }
                let shift = match (closed, offset.is_end()) {
                    (Side::Right, true) => day,
                    (Side::Right, false) => 1,
                    _ => 0,
                };
                // The bin behind that of the last time goes.
                if offset.is_end() && days.len() > 2 && days[days.len() - 2] * day + shift > last {
                    days.pop();
                }
                (days.into_iter().map(|d| d * day).collect(), shift)
            }
            Unit::Months { length, remainder, end } => {
                let step = length * self.count;
                let month_of = |x: i64| {
                    let (y, m, _) = from_days(calendar, x.div_euclid(day));
                    y * 12 + m as i64 - 1
                };
                // The first day of a month counted from year 0; for ends the last day of the month before.
                let begins = |m: i64| to_days(calendar, m.div_euclid(12), m.rem_euclid(12) as u8 + 1, 1) * day;
                let anchor = |m: i64| if end { begins(m) - day } else { begins(m) };
                let m = month_of(first);
                let floor = m - (m - remainder).rem_euclid(length);
                let start = match (closed, end) {
                    // The bin ends with the month or quarter that the first time lies in.
                    (Side::Right, true) => floor + length - step,
                    (Side::Left, true) if anchor(floor + length) <= first => floor + length,
                    (Side::Left, _) => floor,
                    (Side::Right, false) if begins(floor) < first.div_euclid(day) * day => floor + length - step,
                    (Side::Right, false) => floor - step,
                };
                let edge = |m: i64| anchor(m) + if closed == Side::Right && end { day } else { 0 };
                let enough = |m: i64| if closed == Side::Right && !end { anchor(m) >= last } else { edge(m) > last };
                let mut months = vec![start];
                extend(&mut months, enough, |m| m.checked_add(step))?;
                let shift = match (closed, end) {
                    (Side::Right, true) => day,
                    (Side::Right, false) => 1,
                    _ => 0,
                };
                (months.into_iter().map(anchor).collect(), shift)
            }
        };
        Ok(Bins::between(anchors, shift, label))
    }

    /// The bins of instants in a time zone: days and longer by its clocks, so that there are days of 23 and 25 hours; hours and less from
    /// midnight on its clocks. As pandas has them: a bin begins with the earlier instant where clocks show its beginning twice, and
    /// after the hour that they never show.
    ///
    /// # Errors
    /// As [`Frequency::bins`].
    pub fn bins_in(
        &self,
        zone: Zone,
        (first, last): (i64, i64),
        per_second: i64,
        closed: Option<Side>,
        label: Option<Side>,
        origin: Origin,
    ) -> Result<Bins> {
        let (wall, instant) = (|t: i64| zone.wall(t, per_second), |w: i64| zone.instant_of_wall(w, per_second));
        let day = 86_400 * per_second;
        let midnight = |t: i64| wall(t).div_euclid(day) * day;
        let (closed_at, label_at) = (closed.unwrap_or(self.side()), label.unwrap_or(self.side()));
        match self.unit {
            Unit::Tick(nanos) if self.within_day() => {
                let zero = match origin {
                    Origin::StartDay => instant(midnight(first)),
                    Origin::Start => first,
                    Origin::Epoch => instant(0),
                };
                let (anchors, shift) = even((first, last), step_of(nanos, self.count, per_second)?, zero, closed_at)?;
                Ok(Bins::between(anchors, shift, label_at))
            }
            // From the first day to the last, whatever the origin; with the right end closed a day before and one after, as in pandas.
            Unit::Tick(nanos) => {
                let step = step_of(nanos, self.count, per_second)?;
                let end = midnight(last) + step;
                let mut anchors = vec![midnight(first) - if closed_at == Side::Right { step } else { 0 }];
                extend(&mut anchors, |a| a + step > end, |a| a.checked_add(step))?;
                let shift = i64::from(closed_at == Side::Right);
                Ok(Bins::between(anchors.into_iter().map(instant).collect(), shift, label_at))
            }
            _ => {
                let ends = (wall(first), wall(last));
                let Bins { edges, labels } = self.bins(ends, Calendar::ProlepticGregorian, per_second, closed, label, origin)?;
                // An edge that stands just behind a beginning stays there.
                let behind = |e: i64| e.rem_euclid(per_second);
                let edges = edges.into_iter().map(|e| instant(e - behind(e)) + behind(e)).collect();
                Ok(Bins { edges, labels: labels.into_iter().map(instant).collect() })
            }
        }
    }
}

/// How long so many steps are.
fn step_of(nanos: i64, count: i64, per_second: i64) -> Result<i64> {
    let step = nanos.checked_mul(count).map(|n| n / (SECOND / per_second)).filter(|s| *s > 0);
    step.ok_or_else(|| Error::overflow("a frequency beyond what 64 bits hold"))
}

/// Even steps counted from a zero that hold all from the first time to the last, and how far edges lie behind them.
fn even((first, last): (i64, i64), step: i64, zero: i64, closed: Side) -> Result<(Vec<i64>, i64)> {
    let before = (first - zero).rem_euclid(step);
    let start = match (closed, before) {
        (Side::Right, 0) => first - step,
        _ => first - before,
    };
    let mut anchors = vec![start];
    let enough = |a: i64| if closed == Side::Left { a > last } else { a >= last };
    extend(&mut anchors, enough, |a| a.checked_add(step))?;
    Ok((anchors, i64::from(closed == Side::Right)))
}

/// Steps on until it is enough, one step at least.
fn extend(anchors: &mut Vec<i64>, enough: impl Fn(i64) -> bool, next: impl Fn(i64) -> Option<i64>) -> Result<()> {
    let many = || Error::overflow("a frequency that makes too many bins").help("choose a coarser --freq");
    while anchors.len() < 2 || !enough(anchors[anchors.len() - 1]) {
        anchors.push(next(anchors[anchors.len() - 1]).ok_or_else(many)?);
        if anchors.len() > MOST {
            return Err(many());
        }
    }
    Ok(())
}

impl Bins {
    /// Bins between anchors, edges so far behind them.
    fn between(anchors: Vec<i64>, shift: i64, label: Side) -> Bins {
        let labels = match label {
            Side::Left => anchors[..anchors.len() - 1].to_vec(),
            Side::Right => anchors[1..].to_vec(),
        };
        Bins { edges: anchors.into_iter().map(|a| a + shift).collect(), labels }
    }

    /// The bin that an instant is in.
    pub fn of(&self, instant: i64) -> Option<usize> {
        let at = self.edges.partition_point(|e| *e <= instant);
        at.checked_sub(1).filter(|b| *b < self.labels.len())
    }
}

impl Side {
    /// `left` or `right`.
    ///
    /// # Errors
    /// Not found, with the two.
    pub fn parse(name: &str) -> Result<Side> {
        match name {
            "left" => Ok(Side::Left),
            "right" => Ok(Side::Right),
            _ => Err(Error::not_found("side", name, ["left", "right"])),
        }
    }
}

impl Origin {
    /// `start_day`, `start` or `epoch`.
    ///
    /// # Errors
    /// Not found, with the three.
    pub fn parse(name: &str) -> Result<Origin> {
        match name {
            "start_day" => Ok(Origin::StartDay),
            "start" => Ok(Origin::Start),
            "epoch" => Ok(Origin::Epoch),
            _ => Err(Error::not_found("origin", name, ["start_day", "start", "epoch"])),
        }
    }
}
