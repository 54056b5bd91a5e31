//! Windows, running totals, shifts and ranks of tables and series in memory.

use crate::error::{Error, Result, ResultExt};
use crate::frame::{DataFrame, Series};
use crate::kernel::agg::Agg;
use crate::kernel::order::Direction;
use crate::kernel::window::{self, Ewm, EwmStat, Ranking, Running, Width, Windowing};
use crate::label::Index;
use crate::store::Column;
use rayon::prelude::*;

/// How ranks are given: `Ranks::default()` is the average rank, smallest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ranks {
    /// Which rank equal values get.
    pub ranking: Ranking,
    /// Which values come first.
    pub direction: Direction,
    /// As a share of how many there are.
    pub percent: bool,
}

impl Default for Ranks {
    fn default() -> Ranks {
        Ranks { ranking: Ranking::Average, direction: Direction::Ascending, percent: false }
    }
}

/// The column of the row labels, for windows of time.
fn times(index: &Index) -> Option<Column> {
    (index.nlevels() == 1 && index.dtype(0).is_temporal()).then(|| index.columns().swap_remove(0))
}

/// Every column that is meant, under its name; the others go.
fn each(frame: &DataFrame, keep: impl Fn(&Column) -> bool, f: impl Fn(&Column) -> Result<Column> + Sync) -> Result<DataFrame> {
    let kept: Vec<usize> = (0..frame.width()).filter(|&i| keep(&frame.columns()[i])).collect();
    let frame = frame.columns_at(&kept)?;
    let made = frame.columns().par_iter().zip(frame.names()).map(|(c, name)| f(c).at_column(name)).collect::<Result<_>>()?;
    frame.with_columns(made)
}

/// The windows of a table: `df.rolling(Windowing::rows(7)).mean()`.
#[derive(Clone, Debug)]
pub struct RollingFrame {
    frame: DataFrame,
    windows: Windowing,
    times: Option<Column>,
}

/// The windows of a series.
#[derive(Clone, Debug)]
pub struct RollingSeries {
    series: Series,
    windows: Windowing,
}

macro_rules! aggregations {
    ($($(#[$doc:meta])* $name:ident $agg:ident;)*) => {
        impl RollingFrame {
            $($(#[$doc])*
            ///
            /// # Errors
            /// As [`RollingFrame::agg`].
            pub fn $name(&self) -> Result<DataFrame> {
                self.agg(Agg::$agg)
            })*
        }
        impl RollingSeries {
            $($(#[$doc])*
            ///
            /// # Errors
            /// As [`RollingFrame::agg`].
            pub fn $name(&self) -> Result<Series> {
                self.agg(Agg::$agg)
            })*
        }
    };
}

aggregations! {
    /// How many values are there.
    count Count;
    /// Their sum.
    sum Sum;
    /// Their mean.
    mean Mean;
    /// Their variance.
    var Var;
    /// Their standard deviation.
    std Std;
    /// The standard error of their mean.
    sem Sem;
    /// The smallest.
    min Min;
    /// The largest.
    max Max;
    /// Their median.
    median Median;
    /// The first.
    first First;
    /// The last.
    last Last;
    /// Their skewness.
    skew Skew;
    /// Their excess kurtosis.
    kurt Kurt;
}

impl RollingFrame {
    /// Windows of time go along this column, not along the row labels; it is left out of the result.
    ///
    /// # Errors
    /// Not found, with the nearest name.
    pub fn on(&self, column: &str) -> Result<RollingFrame> {
        let times = Some(self.frame.column(column)?.clone());
        Ok(RollingFrame { frame: self.frame.drop([column])?, times, ..self.clone() })
    }

    /// An aggregation over each window of every numeric column, missing values skipped; the other columns are left out.
    ///
    /// # Errors
    /// Unsupported, for an aggregation that windows do not have; invalid, for windows of time without times or over times that
    /// fall.
    pub fn agg(&self, agg: Agg) -> Result<DataFrame> {
        let rule = self.windows.rule(agg)?;
        let bounds = self.windows.bounds(self.frame.height(), self.times.as_ref())?;
        each(&self.frame, |c| window::window_dtype(agg, c.dtype()).is_ok(), |c| window::roll(c, &bounds, &rule))
    }

    /// A quantile of each window.
    ///
    /// # Errors
    /// Invalid, for a probability outside 0 to 1; otherwise as [`RollingFrame::agg`].
    pub fn quantile(&self, probability: f64) -> Result<DataFrame> {
        if !(0.0..=1.0).contains(&probability) {
            return Err(Error::invalid(format!("a quantile of {probability}")).help("probabilities are from 0 to 1"));
        }
        self.agg(Agg::Quantile(probability))
    }
}

impl RollingSeries {
    /// An aggregation over each window.
    ///
    /// # Errors
    /// Type, for what are no numbers; otherwise as [`RollingFrame::agg`].
    pub fn agg(&self, agg: Agg) -> Result<Series> {
        let bounds = self.windows.bounds(self.series.len(), times(self.series.index()).as_ref())?;
        let made = window::roll(self.series.data(), &bounds, &self.windows.rule(agg)?)?;
        Series::new(self.series.name().map(Into::into), made, self.series.index().clone())
    }

    /// A quantile of each window.
    ///
    /// # Errors
    /// As [`RollingFrame::quantile`].
    pub fn quantile(&self, probability: f64) -> Result<Series> {
        if !(0.0..=1.0).contains(&probability) {
            return Err(Error::invalid(format!("a quantile of {probability}")).help("probabilities are from 0 to 1"));
        }
        self.agg(Agg::Quantile(probability))
    }
}

/// The exponentially weighted windows of a table.
#[derive(Clone, Debug)]
pub struct EwmFrame {
    frame: DataFrame,
    how: Ewm,
}

impl EwmFrame {
    fn apply(&self, stat: EwmStat) -> Result<DataFrame> {
        let numeric = |c: &Column| window::window_dtype(Agg::Mean, c.dtype()).is_ok();
        let dtype = |c: &Column| window::window_dtype(Agg::Mean, c.dtype());
        each(&self.frame, numeric, |c| Ok(Column::from_f64(self.how.apply(&c.to_f64()?, stat)?, &dtype(c)?)))
    }

    /// Weighted means.
    ///
    /// # Errors
    /// Invalid, for a decay outside its range.
    pub fn mean(&self) -> Result<DataFrame> {
        self.apply(EwmStat::Mean)
    }

    /// Weighted sums.
    ///
    /// # Errors
    /// Invalid, for a decay outside its range.
    pub fn sum(&self) -> Result<DataFrame> {
        self.apply(EwmStat::Sum)
    }

    /// Weighted variances, corrected for bias.
    ///
    /// # Errors
    /// Invalid, for a decay outside its range.
    pub fn var(&self) -> Result<DataFrame> {
        self.apply(EwmStat::Var)
    }

    /// Weighted standard deviations, corrected for bias.
    ///
    /// # Errors
    /// Invalid, for a decay outside its range.
    pub fn std(&self) -> Result<DataFrame> {
        self.apply(EwmStat::Std)
    }
}

macro_rules! along {
    ($($(#[$doc:meta])* $name:ident ( $($arg:ident : $t:ty),* ) $keep:expr, |$c:ident| $body:expr;)*) => {
        impl DataFrame {
            $($(#[$doc])*
            ///
            /// # Errors
            /// Overflow, where an integer does not hold it; type, for a column that it is not meant for.
            pub fn $name(&self $(, $arg: $t)*) -> Result<DataFrame> {
                each(self, $keep, |$c| $body)
            })*
        }
        impl Series {
            $($(#[$doc])*
            ///
            /// # Errors
            /// Overflow, where an integer does not hold it; type, for what it is not meant for.
            pub fn $name(&self $(, $arg: $t)*) -> Result<Series> {
                let $c = self.data();
                Series::new(self.name().map(Into::into), $body?, self.index().clone())
            })*
        }
    };
}

along! {
    /// Values move this many rows down (up, where negative) against the labels; missing comes in, types stay.
    shift(by: i64) |_| true, |c| c.shift(by);
    /// The sum so far; missing rows stay missing and are passed over. Integers stay integers.
    cumsum() |_| true, |c| window::cumulate(c, Running::Sum);
    /// The product so far.
    cumprod() |_| true, |c| window::cumulate(c, Running::Prod);
    /// The smallest so far.
    cummin() |_| true, |c| window::cumulate(c, Running::Min);
    /// The largest so far.
    cummax() |_| true, |c| window::cumulate(c, Running::Max);
    /// Ranks from 1 along the rows; missing values have none.
    rank(how: Ranks) |_| true, |c| window::rank(c, how.ranking, how.direction, how.percent);
}

impl DataFrame {
    /// Windows over the rows: of so many rows, or of time along the row labels or a column ([`RollingFrame::on`]).
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, kernel::window::Windowing};
    /// let df = DataFrame::new([("x", Column::from(vec![1i64, 2, 4]))])?;
    /// assert_eq!(df.rolling(Windowing::rows(2)).sum()?.column("x")?, &Column::from(vec![None, Some(3.0), Some(6.0)]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn rolling(&self, windows: Windowing) -> RollingFrame {
        RollingFrame { frame: self.clone(), windows, times: times(self.index()) }
    }

    /// Windows of all rows up to each, of at least so many values.
    pub fn expanding(&self, min_count: usize) -> RollingFrame {
        self.rolling(Windowing::new(Width::Expanding).min_count(min_count))
    }

    /// Exponentially weighted windows.
    pub fn ewm(&self, how: Ewm) -> EwmFrame {
        EwmFrame { frame: self.clone(), how }
    }
}

impl Series {
    /// Windows over the rows: of so many rows, or of time along the row labels.
    pub fn rolling(&self, windows: Windowing) -> RollingSeries {
        RollingSeries { series: self.clone(), windows }
    }

    /// Windows of all rows up to each, of at least so many values.
    pub fn expanding(&self, min_count: usize) -> RollingSeries {
        self.rolling(Windowing::new(Width::Expanding).min_count(min_count))
    }
}
