use super::{Bounds, Rolling};
use crate::dtype::{DType, TimeUnit};
use crate::error::{Error, Result};
use crate::kernel::agg::Agg;
use crate::kernel::text::moment::parse_duration;
use crate::store::Column;
use arrow::array::{Array, Int64Array};
use std::ops::Range;

/// How wide a window is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Width {
    /// So many rows.
    Rows(usize),
    /// So many nanoseconds of a time beside the rows.
    Time(i128),
    /// All rows up to this one.
    Expanding,
}

impl Width {
    /// `7` rows, or a length of time: `7D`, `12h`, `30min`, `90s`.
    ///
    /// # Errors
    /// Parse, for neither; invalid, for nothing.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::kernel::window::Width;
    /// assert_eq!(Width::parse("7")?, Width::Rows(7));
    /// assert_eq!(Width::parse("2D")?, Width::Time(2 * 86_400_000_000_000));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn parse(text: &str) -> Result<Width> {
        let text = text.trim();
        let wrong =
            || Error::parse(format!("{text:?} is no window")).help("write a number of rows (7) or a length of time (7D, 12h, 30min)");
        let nothing = || Error::invalid("a window is wider than nothing");
        if let Ok(rows) = text.parse::<usize>() {
            return if rows > 0 { Ok(Width::Rows(rows)) } else { Err(nothing()) };
        }
        let split = text.find(|c: char| !matches!(c, '0'..='9' | '.')).ok_or_else(wrong)?;
        let (number, word) = text.split_at(split);
        let unit: Option<f64> = match word.trim() {
            "W" => Some(604_800e9),
            "D" | "d" | "day" | "days" => Some(86_400e9),
            "h" | "H" => Some(3600e9),
            "min" => Some(60e9),
            "s" => Some(1e9),
            "ms" => Some(1e6),
            "us" => Some(1e3),
            "ns" => Some(1.0),
            _ => None,
        };
        let number = if number.is_empty() { Ok(1.0) } else { number.parse::<f64>() };
        let nanos = match (number, unit) {
            (Ok(n), Some(unit)) => (n * unit).round() as i128,
            _ => parse_duration(text.as_bytes()).ok_or_else(wrong)?,
        };
        if nanos > 0 { Ok(Width::Time(nanos)) } else { Err(nothing()) }
    }
}

/// Options of windows; the defaults are those of pandas.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Windowing {
    /// How wide windows are.
    pub width: Width,
    /// Whether the row stands in the middle of its window.
    pub center: bool,
    /// So many values must be there; else as many as the window has rows, 1 for windows of time. `count` counts rows here.
    pub min_count: Option<usize>,
    /// What is taken from the count in variances.
    pub ddof: u64,
}

impl Windowing {
    /// Windows that end at their row.
    pub fn new(width: Width) -> Windowing {
        Windowing { width, center: false, min_count: None, ddof: 1 }
    }

    /// Windows of so many rows.
    pub fn rows(rows: usize) -> Windowing {
        Windowing::new(Width::Rows(rows))
    }

    /// The row in the middle of its window.
    pub fn center(self) -> Windowing {
        Windowing { center: true, ..self }
    }

    /// With so many values at least.
    pub fn min_count(self, n: usize) -> Windowing {
        Windowing { min_count: Some(n), ..self }
    }

    /// What is computed of each window.
    ///
    /// # Errors
    /// Unsupported, for an aggregation that windows do not have; invalid, where more values must be there than a window has rows.
    pub fn rule(&self, agg: Agg) -> Result<Rolling> {
        super::check(agg)?;
        if let (Width::Rows(n), Some(least)) = (self.width, self.min_count)
            && least > n
        {
            return Err(Error::invalid(format!("{least} values at least in windows of {n} rows")));
        }
        let usual = if let Width::Rows(n) = self.width { n } else { 1 };
        Ok(Rolling { agg, min_count: self.min_count.unwrap_or(usual), ddof: self.ddof })
    }

    /// The rows of each window over `rows` rows; windows of time need the times, in ascending order.
    ///
    /// # Errors
    /// Invalid, without times, for times that fall or are missing; type, for what is no time.
    pub fn bounds(&self, rows: usize, times: Option<&Column>) -> Result<Bounds> {
        match self.width {
            Width::Rows(0) => return Err(Error::invalid("a window is wider than nothing")),
            Width::Rows(n) => return Ok(Bounds::rows(n.min(2 * rows + 2), self.center)),
            Width::Expanding => return Ok(Bounds::Expanding),
            Width::Time(_) => {}
        };
        let times = times.ok_or_else(|| Error::invalid("a window of time needs the column of times").help("--on COLUMN"))?;
        let (values, width) = self.times(times)?;
        Bounds::between(values.values(), width, self.center)
    }

    /// Times as numbers, and the width of windows in the same unit.
    ///
    /// # Errors
    /// Invalid, for times that are missing; type, for what is no time.
    pub fn times(&self, times: &Column) -> Result<(Int64Array, i64)> {
        let Width::Time(nanos) = self.width else { return Err(Error::internal("times for windows of rows")) };
        let per = match times.dtype() {
            DType::Date => 86_400_000_000_000i128,
            DType::Instant { unit, .. } | DType::Duration { unit } | DType::Time { unit } => match unit {
                TimeUnit::Us => 1000,
                TimeUnit::Ns => 1,
            },
            t => return Err(Error::wrong_type(format!("a window of time needs times, this is {t}"))),
        };
        let values = times.to_i64()?;
        if values.null_count() > 0 {
            return Err(Error::invalid("times are missing, so windows of time cannot be told").help("leave these rows out first"));
        }
        // Half a day over dates: in microseconds.
        if *times.dtype() == DType::Date && nanos % (2 * per) != 0 {
            return self.times(&times.cast(&DType::datetime())?);
        }
        let width = i64::try_from(nanos / per).map_err(|_| Error::overflow("a window longer than times can tell"))?;
        Ok((values, width))
    }
}

/// The type of an aggregation over windows of values of this type.
///
/// # Errors
/// Type, for values that are no numbers.
pub fn window_dtype(agg: Agg, t: &DType) -> Result<DType> {
    if !(t.is_numeric() || *t == DType::Bool) {
        return Err(Error::wrong_type(format!("windows are for numbers, not for {t}")));
    }
    Ok(match (agg, t) {
        (Agg::Count, _) => DType::I64,
        (_, DType::F32) => DType::F32,
        _ => DType::F64,
    })
}

/// An aggregation over the windows of a column.
///
/// # Errors
/// Type, for values that are no numbers; unsupported, for an aggregation that windows do not have.
pub fn roll(column: &Column, bounds: &Bounds, how: &Rolling) -> Result<Column> {
    let dtype = window_dtype(how.agg, column.dtype())?;
    finish(super::rolling(&column.to_f64()?, bounds, how)?, &dtype)
}

/// As [`roll`], for some rows of the column, which are one stretch (see [`super::least_stretch`]).
///
/// # Errors
/// As [`roll`].
pub fn roll_some(column: &Column, bounds: &Bounds, how: &Rolling, rows: Range<usize>) -> Result<Column> {
    let dtype = window_dtype(how.agg, column.dtype())?;
    finish(super::rolling_some(&column.to_f64()?, bounds, how, rows)?, &dtype)
}

fn finish(out: Vec<f64>, dtype: &DType) -> Result<Column> {
    if *dtype == DType::I64 {
        let counts: Vec<Option<i64>> = out.into_iter().map(|x| (!x.is_nan()).then_some(x as i64)).collect();
        return Ok(counts.into());
    }
    Ok(Column::from_f64(out, dtype))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_of_nothing_and_of_words_are_refused() {
        for text in ["0", "0D", "", "D7", "3 moons", "-2"] {
            assert!(Width::parse(text).is_err(), "{text}");
        }
        assert_eq!(Width::parse("D").unwrap(), Width::Time(86_400_000_000_000));
        assert_eq!(Width::parse("1.5h").unwrap(), Width::Time(5_400_000_000_000));
    }

    #[test]
    fn centred_windows_of_odd_days_over_dates_reach_half_a_day() {
        let dates =
            Column::from(vec![Some("2001-01-01"), Some("2001-01-02"), Some("2001-01-03"), Some("2001-01-04")]).cast(&DType::Date).unwrap();
        let windows = Windowing::new(Width::parse("1D").unwrap()).center();
        let bounds = windows.bounds(4, Some(&dates)).unwrap();
        assert_eq!((0..4).map(|i| bounds.range(i, 4)).collect::<Vec<_>>(), [0..1, 1..2, 2..3, 3..4]);
        let windows = Windowing::new(Width::parse("3D").unwrap()).center();
        let bounds = windows.bounds(4, Some(&dates)).unwrap();
        assert_eq!((0..4).map(|i| bounds.range(i, 4)).collect::<Vec<_>>(), [0..2, 0..3, 1..4, 2..4]);
    }
}
