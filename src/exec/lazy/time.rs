//! Rows in bins of time, lazily.

use crate::error::Result;
use crate::exec::Resample;
use crate::frame::DataFrame;
use crate::kernel::agg::Agg;
use crate::plan::{LazyFrame, LazyResample};

macro_rules! aggregations {
    ($($name:ident $agg:ident $doc:literal $found:literal;)*) => { $(
        #[doc = $doc]
        ///
        /// Of every column that it is meant for, a row for each bin.
        ///
        /// # Errors
        /// As [`LazyResample::op`].
        ///
        /// # Examples
        /// ```
        /// use hpda_data::{Column, DataFrame, exec::ExecOptions, frame::date_range_n, plan::TimeBins};
        /// let df = DataFrame::new([("t", date_range_n("2024-01-01", 4, "D")?), ("x", vec![1i64, 2, 3, 4].into())])?;
        #[doc = concat!("let found = df.lazy()?.resample(\"t\", TimeBins::new(\"3D\")?)?.", stringify!($name), "()?;")]
        #[doc = concat!("assert_eq!(found.collect(&ExecOptions::default())?.column(\"x\")?, &Column::from(vec![", $found, "]));")]
        /// # Ok::<(), hpda_data::Error>(())
        /// ```
        pub fn $name(&self) -> Result<LazyFrame> {
            self.op(Agg::$agg)
        }
    )* };
}

impl LazyResample {
    crate::exec::names::of_bins!(aggregations);

    fn rows(&self, what: &str, f: impl Fn(&Resample) -> Result<DataFrame> + Send + Sync + 'static) -> Result<LazyFrame> {
        let (input, on, bins) = self.settled();
        let on = on.to_string();
        input.all_rows(format!("{what} on {on}"), move |df| {
            let made = f(&df.resample(&on, bins)?)?;
            if df.labels().position(&on).is_ok() { made.reset_index() } else { Ok(made) }
        })
    }

    /// A row for each step, with the last row at or before it, at most `limit` steps on.
    ///
    /// # Errors
    /// When it is run, invalid where times stand twice or are not in order.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::ExecOptions, frame::date_range_n, plan::TimeBins};
    /// let df = DataFrame::new([("t", date_range_n("2024-01-01", 2, "2D")?), ("x", vec![1i64, 3].into())])?;
    /// let daily = df.lazy()?.resample("t", TimeBins::new("D")?)?.ffill(None)?.collect(&ExecOptions::default())?;
    /// assert_eq!(daily.column("x")?, &Column::from(vec![1i64, 1, 3]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn ffill(&self, limit: Option<usize>) -> Result<LazyFrame> {
        self.rows("ffill  ", move |r| r.ffill(limit))
    }

    /// A row for each step, with the next row at or after it, at most `limit` steps back.
    ///
    /// # Errors
    /// When it is run, invalid where times stand twice or are not in order.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::ExecOptions, frame::date_range_n, plan::TimeBins};
    /// let df = DataFrame::new([("t", date_range_n("2024-01-01", 2, "2D")?), ("x", vec![1i64, 3].into())])?;
    /// let daily = df.lazy()?.resample("t", TimeBins::new("D")?)?.bfill(None)?.collect(&ExecOptions::default())?;
    /// assert_eq!(daily.column("x")?, &Column::from(vec![1i64, 3, 3]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn bfill(&self, limit: Option<usize>) -> Result<LazyFrame> {
        self.rows("bfill  ", move |r| r.bfill(limit))
    }

    /// A row for each step, with the row at it, missing values where there is none.
    ///
    /// # Errors
    /// When it is run, invalid where times stand twice.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::ExecOptions, frame::date_range_n, plan::TimeBins};
    /// let df = DataFrame::new([("t", date_range_n("2024-01-01", 2, "2D")?), ("x", vec![1i64, 3].into())])?;
    /// let daily = df.lazy()?.resample("t", TimeBins::new("D")?)?.asfreq()?.collect(&ExecOptions::default())?;
    /// assert_eq!(daily.column("x")?, &Column::from(vec![Some(1i64), None, Some(3)]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn asfreq(&self) -> Result<LazyFrame> {
        self.rows("asfreq ", Resample::asfreq)
    }
}
