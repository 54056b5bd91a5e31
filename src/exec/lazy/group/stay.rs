//! What is made of the values of a group, its rows staying where they are.

use crate::error::Result;
use crate::exec::GroupBy;
use crate::kernel::agg::Agg;
use crate::ops::window::Ranks;
use crate::plan::{LazyFrame, LazyGroupBy};

impl LazyGroupBy {
    /// The values so many rows before in the group (after, where negative), beside the keys; missing where there is no such row.
    ///
    /// # Errors
    /// What resolving the keys says.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::ExecOptions};
    /// let df = DataFrame::new([("k", Column::from(vec!["a", "b", "a"])), ("x", vec![1i64, 2, 3].into())])?;
    /// let before = df.lazy()?.groupby(["k"]).shift(1)?.collect(&ExecOptions::default())?;
    /// assert_eq!(before.column("k")?, df.column("k")?);
    /// assert_eq!(before.column("x")?, &Column::from(vec![None, None, Some(1i64)]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn shift(&self, by: i64) -> Result<LazyFrame> {
        self.staying(&format!("shift   {by}"), move |g| g.shift(by))
    }

    /// Less the values so many rows before in the group, beside the keys. Missing where either value is.
    ///
    /// # Errors
    /// Type, for what cannot be subtracted; when it is run, overflow of integers.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::ExecOptions};
    /// let df = DataFrame::new([("k", Column::from(vec!["a", "b", "a"])), ("x", vec![1i64, 2, 4].into())])?;
    /// let steps = df.lazy()?.groupby(["k"]).diff(1)?.collect(&ExecOptions::default())?;
    /// assert_eq!(steps.column("x")?, &Column::from(vec![None, None, Some(3i64)]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn diff(&self, by: i64) -> Result<LazyFrame> {
        self.staying(&format!("diff    {by}"), move |g| g.diff(by))
    }

    /// The change from so many rows before in the group, as a share of it, beside the keys.
    ///
    /// # Errors
    /// Type, for what are no numbers.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::ExecOptions};
    /// let df = DataFrame::new([("k", Column::from(vec!["a", "b", "a"])), ("x", vec![2i64, 2, 3].into())])?;
    /// let changes = df.lazy()?.groupby(["k"]).pct_change(1)?.collect(&ExecOptions::default())?;
    /// assert_eq!(changes.column("x")?, &Column::from(vec![None, None, Some(0.5)]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn pct_change(&self, by: i64) -> Result<LazyFrame> {
        self.staying(&format!("change  {by}"), move |g| g.pct_change(by))
    }

    /// Missing values take the last value before them in their group, at most `limit` rows on.
    ///
    /// # Errors
    /// What resolving the keys says.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::ExecOptions};
    /// let df = DataFrame::new([("k", Column::from(vec!["a", "b", "a", "b"])), ("x", vec![Some(1i64), None, None, Some(2)].into())])?;
    /// let filled = df.lazy()?.groupby(["k"]).ffill(None)?.collect(&ExecOptions::default())?;
    /// assert_eq!(filled.column("x")?, &Column::from(vec![Some(1i64), None, Some(1), Some(2)]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn ffill(&self, limit: Option<usize>) -> Result<LazyFrame> {
        self.staying("ffill  ", move |g| g.ffill(limit))
    }

    /// Missing values take the next value after them in their group, at most `limit` rows back.
    ///
    /// # Errors
    /// What resolving the keys says.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::ExecOptions};
    /// let df = DataFrame::new([("k", Column::from(vec!["a", "b", "a", "b"])), ("x", vec![Some(1i64), None, None, Some(2)].into())])?;
    /// let filled = df.lazy()?.groupby(["k"]).bfill(None)?.collect(&ExecOptions::default())?;
    /// assert_eq!(filled.column("x")?, &Column::from(vec![Some(1i64), Some(2), None, Some(2)]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn bfill(&self, limit: Option<usize>) -> Result<LazyFrame> {
        self.staying("bfill  ", move |g| g.bfill(limit))
    }

    /// The sum so far in the group, of numeric columns, beside the keys; missing rows stay missing and are passed over.
    ///
    /// # Errors
    /// When it is run, overflow of integers.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::ExecOptions};
    /// let df = DataFrame::new([("k", Column::from(vec!["a", "b", "a", "a"])), ("x", vec![Some(1i64), Some(2), None, Some(3)].into())])?;
    /// let sums = df.lazy()?.groupby(["k"]).cumsum()?.collect(&ExecOptions::default())?;
    /// assert_eq!(sums.column("x")?, &Column::from(vec![Some(1i64), Some(2), None, Some(4)]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn cumsum(&self) -> Result<LazyFrame> {
        self.staying("cumsum ", GroupBy::cumsum)
    }

    /// The product so far in the group, of numeric columns, beside the keys.
    ///
    /// # Errors
    /// When it is run, overflow of integers.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::ExecOptions};
    /// let df = DataFrame::new([("k", Column::from(vec!["a", "b", "a", "a"])), ("x", vec![Some(2i64), Some(2), None, Some(3)].into())])?;
    /// let products = df.lazy()?.groupby(["k"]).cumprod()?.collect(&ExecOptions::default())?;
    /// assert_eq!(products.column("x")?, &Column::from(vec![Some(2i64), Some(2), None, Some(6)]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn cumprod(&self) -> Result<LazyFrame> {
        self.staying("cumprod", GroupBy::cumprod)
    }

    /// The smallest so far in the group, beside the keys. Types stay; missing rows stay missing.
    ///
    /// # Errors
    /// What resolving the keys says.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::ExecOptions};
    /// let df = DataFrame::new([("k", Column::from(vec!["a", "b", "a", "a"])), ("x", vec![Some(2i64), Some(1), None, Some(3)].into())])?;
    /// let least = df.lazy()?.groupby(["k"]).cummin()?.collect(&ExecOptions::default())?;
    /// assert_eq!(least.column("x")?, &Column::from(vec![Some(2i64), Some(1), None, Some(2)]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn cummin(&self) -> Result<LazyFrame> {
        self.staying("cummin ", GroupBy::cummin)
    }

    /// The largest so far in the group, beside the keys. Types stay; missing rows stay missing.
    ///
    /// # Errors
    /// What resolving the keys says.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::ExecOptions};
    /// let df = DataFrame::new([("k", Column::from(vec!["a", "b", "a", "a"])), ("x", vec![Some(4i64), Some(5), None, Some(3)].into())])?;
    /// let most = df.lazy()?.groupby(["k"]).cummax()?.collect(&ExecOptions::default())?;
    /// assert_eq!(most.column("x")?, &Column::from(vec![Some(4i64), Some(5), None, Some(4)]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn cummax(&self) -> Result<LazyFrame> {
        self.staying("cummax ", GroupBy::cummax)
    }

    /// Ranks in the group, from 1, beside the keys; missing values have none. Of type f64.
    ///
    /// # Errors
    /// Type, for values without an order.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::ExecOptions, ops::window::Ranks};
    /// let df = DataFrame::new([("k", Column::from(vec!["a", "b", "a", "a"])), ("x", vec![Some(7i64), Some(1), None, Some(7)].into())])?;
    /// let ranks = df.lazy()?.groupby(["k"]).rank(Ranks::default())?.collect(&ExecOptions::default())?;
    /// assert_eq!(ranks.column("x")?, &Column::from(vec![Some(1.5), Some(1.0), None, Some(1.5)]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn rank(&self, how: Ranks) -> Result<LazyFrame> {
        self.staying("rank   ", move |g| g.rank(how))
    }

    /// An aggregate of its group beside every row, and the keys: pandas' `transform("mean")`.
    ///
    /// # Errors
    /// As [`LazyGroupBy::op`].
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::ExecOptions, plan::Agg};
    /// let df = DataFrame::new([("k", Column::from(vec![Some("a"), Some("b"), Some("a"), None])), ("x", vec![1i64, 2, 4, 5].into())])?;
    /// let means = df.lazy()?.groupby(["k"]).broadcast(Agg::Mean)?.collect(&ExecOptions::default())?;
    /// assert_eq!(means.column("x")?, &Column::from(vec![Some(2.5), Some(2.0), Some(2.5), None]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn broadcast(&self, agg: Agg) -> Result<LazyFrame> {
        self.staying(&format!("spread  {agg}"), move |g| g.broadcast(agg))
    }
}
