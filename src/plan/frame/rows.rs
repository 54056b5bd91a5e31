//! Which rows: `filter`, `limit`.

use super::{LazyFrame, Plan};
use crate::error::Result;
use crate::plan::expr::Expr;
use crate::plan::resolve::resolve_condition;

impl LazyFrame {
    /// Keeps the rows for which the condition is true; where it is missing they go. Order is kept.
    ///
    /// # Errors
    /// What [`resolve_condition`] says.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::ExecOptions, plan::col};
    /// let df = DataFrame::new([("x", Column::from(vec![Some(1i64), None, Some(3)]))])?;
    /// let large = df.lazy()?.filter(col("x").gt(1))?.collect(&ExecOptions::default())?;
    /// assert_eq!(large.column("x")?, &Column::from(vec![3i64]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn filter(&self, condition: impl Into<Expr>) -> Result<LazyFrame> {
        let expr = condition.into();
        let condition = resolve_condition(&expr, self.schema())?;
        Ok(self.then(Plan::Filter { input: self.plan.clone(), expr, condition }))
    }

    /// The first rows, at most so many.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::ExecOptions};
    /// let df = DataFrame::new([("x", Column::from(vec![1i64, 2, 3]))])?;
    /// assert_eq!(df.lazy()?.limit(2).collect(&ExecOptions::default())?.column("x")?, &Column::from(vec![1i64, 2]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn limit(&self, rows: u64) -> LazyFrame {
        self.then(Plan::Limit { input: self.plan.clone(), rows })
    }
}
