use super::{Step, TimeUnits};
use crate::dtype::{Calendar, TimeUnit};
use crate::error::{Error, Result};
use crate::kernel::calendar::{self, Civil};

/// `UNIT since DATE` in a calendar, ready to compute with: numbers to instants and back.
///
/// Instants are i64 microseconds since 1970-01-01 of the calendar, nanoseconds where the unit is nanoseconds. Numbers are
/// rounded to that; whole units are exact whatever their size.
#[derive(Clone, Debug, PartialEq)]
pub struct TimeAxis {
    step: Step,
    /// The length of a fixed step in the resolution.
    per: i64,
    reference: i64,
    civil: Civil,
    resolution: TimeUnit,
    calendar: Calendar,
}

impl TimeAxis {
    /// Reads the units.
    ///
    /// # Errors
    /// Parse, with what does not read; overflow, where the reference lies beyond what 64 bits hold.
    pub fn parse(units: &str, calendar: Calendar) -> Result<TimeAxis> {
        let parsed = TimeUnits::parse(units, calendar)?;
        let fine = matches!(parsed.step, Step::Fixed(n) if n < 1_000);
        TimeAxis::new(&parsed, calendar, if fine { TimeUnit::Ns } else { TimeUnit::Us })
            .ok_or_else(|| Error::overflow(format!("the reference of the time units {units:?} does not fit 64 bits")))
    }

    /// The axis in this resolution; `None` where its reference does not fit.
    pub fn new(units: &TimeUnits, calendar: Calendar, resolution: TimeUnit) -> Option<TimeAxis> {
        let reference = calendar::instant(calendar, &units.reference, resolution.per_second())?;
        let per = match units.step {
            Step::Fixed(n) if resolution == TimeUnit::Ns => n,
            Step::Fixed(n) => n / 1_000,
            Step::Months(_) => 0,
        };
        Some(TimeAxis { step: units.step, per, reference, civil: units.reference, resolution, calendar })
    }

    /// The resolution of its instants.
    pub fn resolution(&self) -> TimeUnit {
        self.resolution
    }

    /// Whether it counts calendar months (or years), which are of no one length.
    pub fn counts_months(&self) -> bool {
        matches!(self.step, Step::Months(_))
    }

    /// The calendar in which it counts.
    pub fn calendar(&self) -> Calendar {
        self.calendar
    }

    /// The same axis with instants in this resolution.
    pub fn with_resolution(&self, resolution: TimeUnit) -> Option<TimeAxis> {
        TimeAxis::new(&TimeUnits { step: self.step, reference: self.civil }, self.calendar, resolution)
    }

    /// The instant of a whole number of units; `None` where it does not fit.
    pub fn instant_of_int(&self, value: i64) -> Option<i64> {
        match self.step {
            Step::Fixed(_) => value.checked_mul(self.per)?.checked_add(self.reference),
            Step::Months(n) => self.add_months(value.checked_mul(n)?),
        }
    }

    /// The instant of a number of units, rounded to the resolution; `None` where it does not fit, is not finite, or is a fraction
    /// of a calendar month.
    pub fn instant_of_float(&self, value: f64) -> Option<i64> {
        let whole = value.floor();
        if !(-9.3e18..=9.2e18).contains(&whole) {
            return None;
        }
        match self.step {
            // Whole units and fraction apart: their product with microseconds would not fit the 53 bits of an f64.
            Step::Fixed(_) => {
                let part = ((value - whole) * self.per as f64).round_ties_even() as i64;
                (whole as i64).checked_mul(self.per)?.checked_add(part)?.checked_add(self.reference)
            }
            Step::Months(n) if value == whole => self.add_months((whole as i64).checked_mul(n)?),
            Step::Months(_) => None,
        }
    }

    /// The whole number of units of an instant; `None` where it is not whole or does not fit.
    pub fn int_of_instant(&self, instant: i64) -> Option<i64> {
        match self.step {
            Step::Fixed(_) => {
                let delta = instant.checked_sub(self.reference)?;
                (delta % self.per == 0).then(|| delta / self.per)
            }
            Step::Months(n) => {
                let c = calendar::civil(self.calendar, instant, self.resolution.per_second());
                let months = (c.year - self.civil.year) * 12 + c.month as i64 - self.civil.month as i64;
                (months % n == 0 && self.add_months(months) == Some(instant)).then(|| months / n)
            }
        }
    }

    /// The number of units of an instant: the f64 nearest to it; `None` for what lies within a calendar month.
    pub fn float_of_instant(&self, instant: i64) -> Option<f64> {
        if let Some(whole) = self.int_of_instant(instant) {
            return Some(whole as f64);
        }
        if let Step::Months(_) = self.step {
            return None;
        }
        let delta = instant as i128 - self.reference as i128;
        let per = self.per as i128;
        let (whole, rest) = (delta.div_euclid(per), delta.rem_euclid(per));
        let near = whole as f64 + rest as f64 / self.per as f64;
        // The sum is rounded twice; where that does not lead back, a neighbour does.
        let leads_back = |x: &f64| self.instant_of_float(*x) == Some(instant);
        Some([near, near.next_up(), near.next_down()].into_iter().find(leads_back).unwrap_or(near))
    }

    /// Months after the reference, at the same day and time; the last day where the month is shorter.
    fn add_months(&self, months: i64) -> Option<i64> {
        let count = (self.civil.year * 12 + self.civil.month as i64 - 1).checked_add(months)?;
        let (year, month) = (count.div_euclid(12), (count.rem_euclid(12) + 1) as u8);
        if year.abs() > 300_000 {
            return None;
        }
        let day = self.civil.day.min(calendar::days_in_month(self.calendar, year, month));
        calendar::instant(self.calendar, &Civil { year, month, day, ..self.civil }, self.resolution.per_second())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 86_400_000_000;

    #[test]
    fn whole_days_are_exact_and_fractions_rounded() {
        let a = TimeAxis::parse("days since 0850-01-01 00:00:00", Calendar::ProlepticGregorian).unwrap();
        // 1840-01-16T12:00 as tas1840.nc has it.
        assert_eq!(a.instant_of_float(361_604.5).map(|i| calendar::civil(a.calendar(), i, 1_000_000).year), Some(1840));
        let i = a.instant_of_float(361_604.1).unwrap();
        assert_eq!(a.float_of_instant(i), Some(361_604.1));
        assert_eq!(a.instant_of_float(f64::NAN), None);
        assert_eq!(a.instant_of_float(1e300), None);
        assert_eq!(a.instant_of_int(i64::MAX), None);
    }

    #[test]
    fn months_and_years_are_counted_in_the_calendar() {
        let a = TimeAxis::parse("months since 2000-01-31", Calendar::ProlepticGregorian).unwrap();
        assert_eq!(a.instant_of_int(1), Some((10_957 + 59) * DAY));
        assert_eq!(a.instant_of_float(0.5), None);
        assert_eq!(a.int_of_instant((10_957 + 59) * DAY), Some(1));
        let y = TimeAxis::parse("years since 1970-01-01", Calendar::ProlepticGregorian).unwrap();
        assert_eq!(y.instant_of_int(30), Some(10_957 * DAY));
        let d = TimeAxis::parse("months since 1970-01-01", Calendar::Day360).unwrap();
        assert_eq!(d.instant_of_float(1.5), Some(45 * DAY));
    }

    #[test]
    fn nanoseconds_are_kept() {
        let a = TimeAxis::parse("nanoseconds since 1970-01-01", Calendar::Standard).unwrap();
        assert_eq!((a.resolution(), a.instant_of_int(7)), (TimeUnit::Ns, Some(7)));
    }
}
