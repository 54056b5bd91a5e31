//! Windows inside groups, lazily: results stand group by group.

use crate::error::Result;
use crate::exec::GroupBy;
use crate::frame::DataFrame;
use crate::kernel::agg::Agg;
use crate::kernel::window::{Ewm, EwmStat, Width, Windowing};
use crate::plan::{LazyFrame, LazyGroupBy};
use crate::store::IndexSpec;

impl LazyGroupBy {
    /// Windows inside the groups, group by group, beside the keys (and the levels of the row labels, where there are).
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::ExecOptions, plan::Windowing};
    /// let df = DataFrame::new([("k", Column::from(vec!["b", "a", "b", "b"])), ("x", vec![Some(1i64), Some(2), Some(4), None].into())])?;
    /// let sums = df.lazy()?.groupby(["k"]).rolling(Windowing::rows(2).min_count(1)).sum()?.collect(&ExecOptions::default())?;
    /// assert_eq!(sums.column("k")?, &Column::from(vec!["a", "b", "b", "b"]));
    /// assert_eq!(sums.column("x")?, &Column::from(vec![2.0, 1.0, 5.0, 4.0]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn rolling(&self, windows: Windowing) -> LazyGroupRolling {
        LazyGroupRolling { groups: self.clone(), windows, on: None }
    }

    /// Windows of all rows of the group up to each, of at least so many values.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::ExecOptions};
    /// let df = DataFrame::new([("k", Column::from(vec!["b", "a", "b", "b"])), ("x", vec![Some(1i64), Some(2), Some(4), None].into())])?;
    /// let means = df.lazy()?.groupby(["k"]).expanding(2).mean()?.collect(&ExecOptions::default())?;
    /// assert_eq!(means.column("x")?, &Column::from(vec![None, None, Some(2.5), Some(2.5)]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn expanding(&self, min_count: usize) -> LazyGroupRolling {
        self.rolling(Windowing::new(Width::Expanding).min_count(min_count))
    }

    /// Statistics whose weights fall with the distance of rows inside the group, group by group, beside the keys.
    ///
    /// # Errors
    /// Invalid, for a decay that is none.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::ExecOptions, kernel::window::{Decay, Ewm, EwmStat}};
    /// let df = DataFrame::new([("k", Column::from(vec!["b", "a", "b"])), ("x", vec![1.0, 2.0, 4.0].into())])?;
    /// let means = df.lazy()?.groupby(["k"]).ewm(Ewm::new(Decay::Alpha(0.5)), EwmStat::Mean)?.collect(&ExecOptions::default())?;
    /// assert_eq!(means.column("x")?, &Column::from(vec![2.0, 1.0, 3.0]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn ewm(&self, how: Ewm, stat: EwmStat) -> Result<LazyFrame> {
        self.by_group("ewm    ", move |g| g.ewm(how, stat))
    }

    /// What comes group by group under the key and the old labels: without the labels, where rows were only numbered.
    fn by_group(&self, what: &str, f: impl Fn(&GroupBy) -> Result<DataFrame> + Send + Sync + 'static) -> Result<LazyFrame> {
        let of = self.of()?;
        let (input, keys, ..) = self.settled()?;
        let (numbered, n) = (!matches!(input.schema().index, IndexSpec::Levels(_)), keys.len());
        input.all_rows(self.shown(what), move |df| {
            let made = f(&of(df))?;
            if !numbered {
                return Ok(made);
            }
            let mut out = made.drop_index();
            let index = made.index();
            for (at, (name, column)) in index.names().into_iter().zip(index.columns()).take(n).enumerate() {
                out = out.insert(at, name.unwrap_or_default(), column)?;
            }
            Ok(out)
        })
    }
}

/// The windows inside groups, lazily. Made by [`LazyGroupBy::rolling`].
#[derive(Clone, Debug)]
pub struct LazyGroupRolling {
    groups: LazyGroupBy,
    windows: Windowing,
    on: Option<String>,
}

macro_rules! windows {
    ($($name:ident $agg:ident $doc:literal $found:literal;)*) => { $(
        #[doc = $doc]
        ///
        /// # Errors
        /// As [`LazyGroupRolling::agg`].
        ///
        /// # Examples
        /// ```
        /// use hpda_data::{Column, DataFrame, exec::ExecOptions, plan::Windowing};
        /// let k = Column::from(vec!["a", "b", "a", "a", "a"]);
        /// let df = DataFrame::new([("k", k), ("x", vec![2i64, 9, 2, 2, 6].into())])?;
        #[doc = concat!("let found = df.lazy()?.groupby([\"k\"]).rolling(Windowing::rows(4)).", stringify!($name), "()?;")]
        #[doc = concat!("assert_eq!(found.collect(&ExecOptions::default())?.column(\"x\")?, &Column::from(vec!", $found, "));")]
        /// # Ok::<(), hpda_data::Error>(())
        /// ```
        pub fn $name(&self) -> Result<LazyFrame> {
            self.agg(Agg::$agg)
        }
    )* };
}

impl LazyGroupRolling {
    /// Windows of time go along this column, which is left out of the result.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::ExecOptions, frame::date_range_n, plan::{Width, Windowing}};
    /// let df = DataFrame::new([("k", Column::from(vec!["a", "b", "a"])), ("t", date_range_n("2024-01-01", 3, "D")?), ("x", vec![1i64, 2, 4].into())])?;
    /// let days = Windowing::new(Width::parse("2D")?).min_count(1);
    /// let sums = df.lazy()?.groupby(["k"]).rolling(days).on("t").sum()?.collect(&ExecOptions::default())?;
    /// assert_eq!(sums.column("x")?, &Column::from(vec![1.0, 4.0, 2.0]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn on(mut self, column: &str) -> LazyGroupRolling {
        self.on = Some(column.into());
        self
    }

    /// An aggregation over each window of every numeric column that is no key, missing values skipped.
    ///
    /// # Errors
    /// As [`crate::exec::GroupRolling::agg`].
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::ExecOptions, plan::{Agg, Windowing}};
    /// let df = DataFrame::new([("k", Column::from(vec!["b", "a", "b", "b"])), ("x", vec![Some(1i64), Some(2), Some(4), None].into())])?;
    /// let largest = df.lazy()?.groupby(["k"]).rolling(Windowing::rows(2)).agg(Agg::Max)?.collect(&ExecOptions::default())?;
    /// assert_eq!(largest.column("x")?, &Column::from(vec![None, None, Some(4.0), None]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn agg(&self, agg: Agg) -> Result<LazyFrame> {
        let (windows, on) = (self.windows, self.on.clone());
        self.groups.by_group(&format!("rolling {agg}"), move |g| {
            let rolling = g.rolling(windows);
            on.as_deref().map_or(rolling.clone(), |on| rolling.on(on)).agg(agg)
        })
    }

    /// A quantile of each window. f64.
    ///
    /// # Errors
    /// As [`LazyGroupRolling::agg`].
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::ExecOptions, plan::Windowing};
    /// let df = DataFrame::new([("k", Column::from(vec!["b", "a", "b"])), ("x", vec![1i64, 2, 4].into())])?;
    /// let found = df.lazy()?.groupby(["k"]).rolling(Windowing::rows(2)).quantile(0.5)?.collect(&ExecOptions::default())?;
    /// assert_eq!(found.column("x")?, &Column::from(vec![None, None, Some(2.5)]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn quantile(&self, probability: f64) -> Result<LazyFrame> {
        self.agg(Agg::Quantile(probability))
    }

    crate::exec::names::of_windows!(windows);
}
