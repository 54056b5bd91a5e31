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
    pub fn filter(&self, condition: impl Into<Expr>) -> Result<LazyFrame> {
        let expr = condition.into();
        let condition = resolve_condition(&expr, self.schema())?;
        Ok(self.then(Plan::Filter { input: self.plan.clone(), expr, condition }))
    }

    /// The first rows, at most so many.
    pub fn limit(&self, rows: u64) -> LazyFrame {
        self.then(Plan::Limit { input: self.plan.clone(), rows })
    }
}
