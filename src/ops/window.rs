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
    // The literal: what the windows of four rows of 5, 1, 1, 1 and missing give.
    ($($(#[$doc:meta])* $name:ident $agg:ident $shown:literal;)*) => {
        impl RollingFrame {
            $($(#[$doc])*
            ///
            /// # Errors
            /// As [`RollingFrame::agg`].
            ///
            /// # Examples
            /// ```
            /// use hpda_data::{Column, DataFrame, kernel::window::Windowing};
            /// let df = DataFrame::new([("x", Column::from(vec![Some(5i64), Some(1), Some(1), Some(1), None]))])?;
            /// let windows = df.rolling(Windowing::rows(4));
            #[doc = concat!("assert_eq!(windows.", stringify!($name), "()?.column(\"x\")?, &Column::from(vec![", $shown, "]));")]
            /// # Ok::<(), hpda_data::Error>(())
            /// ```
            pub fn $name(&self) -> Result<DataFrame> {
                self.agg(Agg::$agg)
            })*
        }
        impl RollingSeries {
            $($(#[$doc])*
            ///
            /// # Errors
            /// As [`RollingFrame::agg`].
            ///
            /// # Examples
            /// ```
            /// use hpda_data::{Column, DataFrame, kernel::window::Windowing};
            /// let s = DataFrame::new([("x", Column::from(vec![Some(5i64), Some(1), Some(1), Some(1), None]))])?.series("x")?;
            /// let windows = s.rolling(Windowing::rows(4));
            #[doc = concat!("assert_eq!(windows.", stringify!($name), "()?.data(), &Column::from(vec![", $shown, "]));")]
            /// # Ok::<(), hpda_data::Error>(())
            /// ```
            pub fn $name(&self) -> Result<Series> {
                self.agg(Agg::$agg)
            })*
        }
    };
}

aggregations! {
    /// How many values are there, as i64.
    count Count "None, None, None, Some(4i64), Some(3)";
    /// Their sum.
    sum Sum "None, None, None, Some(8.0), None";
    /// Their mean.
    mean Mean "None, None, None, Some(2.0), None";
    /// Their variance.
    var Var "None, None, None, Some(4.0), None";
    /// Their standard deviation.
    std Std "None, None, None, Some(2.0), None";
    /// The standard error of their mean.
    sem Sem "None, None, None, Some(1.0), None";
    /// The smallest.
    min Min "None, None, None, Some(1.0), None";
    /// The largest.
    max Max "None, None, None, Some(5.0), None";
    /// Their median.
    median Median "None, None, None, Some(1.0), None";
    /// The first.
    first First "None, None, None, Some(5.0), None";
    /// The last.
    last Last "None, None, None, Some(1.0), None";
    /// Their skewness.
    skew Skew "None, None, None, Some(2.0), None";
    /// Their excess kurtosis.
    kurt Kurt "None, None, None, Some(4.0), None";
}

impl RollingFrame {
    /// Windows of time go along this column, not along the row labels; it is left out of the result.
    ///
    /// # Errors
    /// Not found, with the nearest name.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, frame::date_range, plan::{Width, Windowing}};
    /// let days = date_range("2024-01-01", "2024-01-03", "D")?;
    /// let df = DataFrame::new([("day", days), ("x", vec![Some(1i64), Some(2), None].into())])?;
    /// let sums = df.rolling(Windowing::new(Width::parse("2D")?)).on("day")?.sum()?;
    /// assert_eq!(sums.column("x")?, &Column::from(vec![1.0, 3.0, 2.0]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn on(&self, column: &str) -> Result<RollingFrame> {
        let times = Some(self.frame.column(column)?.clone());
        Ok(RollingFrame { frame: self.frame.drop([column])?, times, ..self.clone() })
    }

    /// An aggregation over each window of every numeric column, missing values skipped; the other columns are left out.
    ///
    /// A float per row; missing where a window has fewer values than [`Windowing::min_count`] asks for.
    ///
    /// # Errors
    /// Unsupported, for an aggregation that windows do not have; invalid, for windows of time without times or over times that
    /// fall.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, plan::{Agg, Windowing}};
    /// let df = DataFrame::new([("x", Column::from(vec![Some(1i64), Some(3), None])), ("s", vec!["a", "b", "c"].into())])?;
    /// let means = df.rolling(Windowing::rows(2)).agg(Agg::Mean)?;
    /// assert_eq!(means.names(), ["x"]);
    /// assert_eq!(means.column("x")?, &Column::from(vec![None, Some(2.0), None]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn agg(&self, agg: Agg) -> Result<DataFrame> {
        let rule = self.windows.rule(agg)?;
        let bounds = self.windows.bounds(self.frame.height(), self.times.as_ref())?;
        each(&self.frame, |c| window::window_dtype(agg, c.dtype()).is_ok(), |c| window::roll(c, &bounds, &rule))
    }

    /// A quantile of each window.
    ///
    /// Linear between neighbours, missing values skipped.
    ///
    /// # Errors
    /// Invalid, for a probability outside 0 to 1; otherwise as [`RollingFrame::agg`].
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, plan::Windowing};
    /// let df = DataFrame::new([("x", Column::from(vec![Some(1i64), Some(3), None]))])?;
    /// let found = df.rolling(Windowing::rows(2).min_count(1)).quantile(0.25)?;
    /// assert_eq!(found.column("x")?, &Column::from(vec![1.0, 1.5, 3.0]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
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
    /// A float per row; missing where a window has fewer values than it needs.
    ///
    /// # Errors
    /// Type, for what are no numbers; otherwise as [`RollingFrame::agg`].
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, plan::{Agg, Windowing}};
    /// let s = DataFrame::new([("x", Column::from(vec![Some(1i64), Some(3), None]))])?.series("x")?;
    /// assert_eq!(s.rolling(Windowing::rows(2)).agg(Agg::Sum)?.data(), &Column::from(vec![None, Some(4.0), None]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn agg(&self, agg: Agg) -> Result<Series> {
        let bounds = self.windows.bounds(self.series.len(), times(self.series.index()).as_ref())?;
        let made = window::roll(self.series.data(), &bounds, &self.windows.rule(agg)?)?;
        Series::new(self.series.name().map(Into::into), made, self.series.index().clone())
    }

    /// A quantile of each window.
    ///
    /// Linear between neighbours, missing values skipped.
    ///
    /// # Errors
    /// As [`RollingFrame::quantile`].
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, plan::Windowing};
    /// let s = DataFrame::new([("x", Column::from(vec![Some(1i64), Some(3), None]))])?.series("x")?;
    /// assert_eq!(s.rolling(Windowing::rows(2).min_count(1)).quantile(0.25)?.data(), &Column::from(vec![1.0, 1.5, 3.0]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
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
    pub(crate) fn apply(&self, stat: EwmStat) -> Result<DataFrame> {
        let numeric = |c: &Column| window::window_dtype(Agg::Mean, c.dtype()).is_ok();
        let dtype = |c: &Column| window::window_dtype(Agg::Mean, c.dtype());
        each(&self.frame, numeric, |c| Ok(Column::from_f64(self.how.apply(&c.to_f64()?, stat)?, &dtype(c)?)))
    }

    /// Weighted means.
    ///
    /// A missing value takes the result before it.
    ///
    /// # Errors
    /// Invalid, for a decay outside its range.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, kernel::window::{Decay, Ewm}};
    /// let how = Ewm { adjust: false, ignore_missing: true, ..Ewm::new(Decay::Alpha(0.5)) };
    /// let df = DataFrame::new([("x", Column::from(vec![Some(1i64), None, Some(4)]))])?;
    /// assert_eq!(df.ewm(how).mean()?.column("x")?, &Column::from(vec![1.0, 1.0, 2.5]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn mean(&self) -> Result<DataFrame> {
        self.apply(EwmStat::Mean)
    }

    /// Weighted sums.
    ///
    /// Weights fall from row to row.
    ///
    /// # Errors
    /// Invalid, for a decay outside its range.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, kernel::window::{Decay, Ewm}};
    /// let df = DataFrame::new([("x", Column::from(vec![1i64, 2, 4]))])?;
    /// assert_eq!(df.ewm(Ewm::new(Decay::Alpha(0.5))).sum()?.column("x")?, &Column::from(vec![1.0, 2.5, 5.25]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn sum(&self) -> Result<DataFrame> {
        self.apply(EwmStat::Sum)
    }

    /// Weighted variances, corrected for bias.
    ///
    /// Missing as long as there are fewer than two values.
    ///
    /// # Errors
    /// Invalid, for a decay outside its range.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, kernel::window::{Decay, Ewm}};
    /// let df = DataFrame::new([("x", Column::from(vec![Some(1i64), Some(3), None]))])?;
    /// let found = df.ewm(Ewm::new(Decay::Alpha(0.5))).var()?;
    /// assert_eq!(found.round(9)?.column("x")?, &Column::from(vec![None, Some(2.0), Some(2.0)]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn var(&self) -> Result<DataFrame> {
        self.apply(EwmStat::Var)
    }

    /// Weighted standard deviations, corrected for bias.
    ///
    /// Missing as long as there are fewer than two values.
    ///
    /// # Errors
    /// Invalid, for a decay outside its range.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, kernel::window::{Decay, Ewm}};
    /// let df = DataFrame::new([("x", Column::from(vec![Some(1i64), Some(1), None]))])?;
    /// let found = df.ewm(Ewm::new(Decay::Alpha(0.5))).std()?;
    /// assert_eq!(found.round(9)?.column("x")?, &Column::from(vec![None, Some(0.0), Some(0.0)]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
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
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let df = DataFrame::new([("x", Column::from(vec![Some(1i64), None, Some(3)]))])?;
    /// assert_eq!(df.shift(1)?.column("x")?, &Column::from(vec![None, Some(1i64), None]));
    /// assert_eq!(df.series("x")?.shift(-1)?.data(), &Column::from(vec![None, Some(3i64), None]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    shift(by: i64) |_| true, |c| c.shift(by);
    /// The sum so far; missing rows stay missing and are passed over. Integers stay integers.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let df = DataFrame::new([("x", Column::from(vec![Some(1i64), None, Some(3)]))])?;
    /// assert_eq!(df.cumsum()?.column("x")?, &Column::from(vec![Some(1i64), None, Some(4)]));
    /// assert_eq!(df.series("x")?.cumsum()?.iat(2)?, 4i64.into());
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    cumsum() |_| true, |c| window::cumulate(c, Running::Sum);
    /// The product so far.
    ///
    /// Missing rows stay missing and are passed over; the type stays.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let df = DataFrame::new([("x", Column::from(vec![Some(2i64), None, Some(3)]))])?;
    /// assert_eq!(df.cumprod()?.column("x")?, &Column::from(vec![Some(2i64), None, Some(6)]));
    /// assert_eq!(df.series("x")?.cumprod()?.iat(2)?, 6i64.into());
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    cumprod() |_| true, |c| window::cumulate(c, Running::Prod);
    /// The smallest so far.
    ///
    /// Missing rows stay missing and are passed over; the type stays.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let df = DataFrame::new([("x", Column::from(vec![Some(2i64), None, Some(1), Some(3)]))])?;
    /// assert_eq!(df.cummin()?.column("x")?, &Column::from(vec![Some(2i64), None, Some(1), Some(1)]));
    /// assert_eq!(df.series("x")?.cummin()?.iat(3)?, 1i64.into());
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    cummin() |_| true, |c| window::cumulate(c, Running::Min);
    /// The largest so far.
    ///
    /// Missing rows stay missing and are passed over; the type stays.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let df = DataFrame::new([("x", Column::from(vec![Some(2i64), None, Some(1), Some(3)]))])?;
    /// assert_eq!(df.cummax()?.column("x")?, &Column::from(vec![Some(2i64), None, Some(2), Some(3)]));
    /// assert_eq!(df.series("x")?.cummax()?.iat(2)?, 2i64.into());
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    cummax() |_| true, |c| window::cumulate(c, Running::Max);
    /// Ranks from 1 along the rows; missing values have none.
    ///
    /// Ranks are floats.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, ops::window::Ranks};
    /// let df = DataFrame::new([("x", Column::from(vec![Some(3i64), None, Some(1), Some(3)]))])?;
    /// assert_eq!(df.rank(Ranks::default())?.column("x")?, &Column::from(vec![Some(2.5), None, Some(1.0), Some(2.5)]));
    /// assert_eq!(df.series("x")?.rank(Ranks::default())?.iat(0)?, 2.5.into());
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
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
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let df = DataFrame::new([("x", Column::from(vec![Some(1i64), None, Some(3)]))])?;
    /// assert_eq!(df.expanding(1).mean()?.column("x")?, &Column::from(vec![1.0, 1.0, 2.0]));
    /// assert_eq!(df.expanding(2).sum()?.column("x")?, &Column::from(vec![None, None, Some(4.0)]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn expanding(&self, min_count: usize) -> RollingFrame {
        self.rolling(Windowing::new(Width::Expanding).min_count(min_count))
    }

    /// Exponentially weighted windows.
    ///
    /// Of every numeric column; the others are left out.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, kernel::window::{Decay, Ewm}};
    /// let df = DataFrame::new([("x", Column::from(vec![1i64, 3])), ("s", vec!["a", "b"].into())])?;
    /// let how = Ewm { adjust: false, ..Ewm::new(Decay::Span(3.0)) };
    /// assert_eq!(df.ewm(how).mean()?.column("x")?, &Column::from(vec![1.0, 2.0]));
    /// assert_eq!(df.ewm(how).mean()?.names(), ["x"]);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn ewm(&self, how: Ewm) -> EwmFrame {
        EwmFrame { frame: self.clone(), how }
    }
}

impl Series {
    /// Windows over the rows: of so many rows, or of time along the row labels.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, plan::Windowing};
    /// let s = DataFrame::new([("x", Column::from(vec![Some(1i64), Some(2), Some(6), None]))])?.series("x")?;
    /// let windows = Windowing::rows(3).center().min_count(2);
    /// assert_eq!(s.rolling(windows).mean()?.data(), &Column::from(vec![Some(1.5), Some(3.0), Some(4.0), None]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn rolling(&self, windows: Windowing) -> RollingSeries {
        RollingSeries { series: self.clone(), windows }
    }

    /// Windows of all rows up to each, of at least so many values.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let s = DataFrame::new([("x", Column::from(vec![Some(1i64), None, Some(3)]))])?.series("x")?;
    /// assert_eq!(s.expanding(1).max()?.data(), &Column::from(vec![1.0, 1.0, 3.0]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn expanding(&self, min_count: usize) -> RollingSeries {
        self.rolling(Windowing::new(Width::Expanding).min_count(min_count))
    }
}
