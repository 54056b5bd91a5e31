//! Joins of tables in memory.

use super::super::{ExecOptions, MemSource};
use crate::error::{Error, Result};
use crate::frame::DataFrame;
use crate::plan::{AsofOptions, JoinHow, JoinOptions, LazyFrame};
use crate::store::{Batch, Budget, IndexSpec, Schema};
use std::sync::Arc;

/// The value columns, and those index levels that are keys.
pub(crate) fn values_and_keys(frame: &DataFrame, keys: &[&str]) -> Result<LazyFrame> {
    let batch = frame.to_batch()?;
    let levels = batch.columns.len() - frame.width();
    let kept: Vec<usize> =
        (0..batch.columns.len()).filter(|&i| i >= levels || keys.contains(&batch.schema.fields[i].name.as_str())).collect();
    let fields = kept.iter().map(|&i| batch.schema.fields[i].clone()).collect();
    let schema = Arc::new(Schema { attrs: batch.schema.attrs.clone(), index: IndexSpec::Default, ..Schema::new(fields) });
    let batch = Batch::with_rows(schema.clone(), kept.iter().map(|&i| batch.columns[i].clone()).collect(), batch.rows())?;
    Ok(LazyFrame::scan(Arc::new(MemSource::whole(schema, batch))))
}

/// Both tables are in memory already, so the result is not held to less.
fn options() -> ExecOptions {
    ExecOptions { budget: Budget::unlimited(), ..ExecOptions::default() }
}

impl DataFrame {
    /// Puts rows of two tables side by side where their keys are the same; rows of the result are labelled 0, 1, ... Keys are
    /// columns or index levels. Rules and order: [`LazyFrame::join`].
    ///
    /// pandas' `merge`, but for missing keys, which match nothing here, and `Outer`, which keeps the left order.
    ///
    /// # Errors
    /// As [`LazyFrame::join`]; invalid, where keys stand more often than [`JoinOptions::validate`] allows.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, plan::{JoinHow, JoinOptions}};
    /// let people = DataFrame::new([("id", Column::from(vec![1i64, 2, 3])), ("name", Column::from(vec!["Ada", "Bo", "Cy"]))])?;
    /// let pay = DataFrame::new([("id", Column::from(vec![3.0, 1.0, 3.0])), ("pay", Column::from(vec![30i64, 10, 31]))])?;
    /// let both = people.merge(&pay, &JoinOptions::on(["id"]).how(JoinHow::Left))?;
    /// assert_eq!(both.column("pay")?, &Column::from(vec![Some(10i64), None, Some(30), Some(31)]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn merge(&self, right: &DataFrame, how: &JoinOptions) -> Result<DataFrame> {
        let left = values_and_keys(self, &how.left_on.iter().map(String::as_str).collect::<Vec<_>>())?;
        let right = values_and_keys(right, &how.right_on.iter().map(String::as_str).collect::<Vec<_>>())?;
        left.join(&right, how)?.collect(&options())
    }

    /// Puts the columns of another table beside these where the row labels are the same; the labels stay. `Inner`, `Left`,
    /// `Right` and `Outer`; clashes of names need suffixes, as pandas' `join`.
    ///
    /// # Errors
    /// Invalid, for other kinds, for different numbers of levels, and for clashes without suffixes.
    pub fn join(&self, right: &DataFrame, how: JoinHow, suffixes: Option<(&str, &str)>) -> Result<DataFrame> {
        if !matches!(how, JoinHow::Inner | JoinHow::Left | JoinHow::Right | JoinHow::Outer) {
            return Err(Error::invalid(format!("labels are not joined in the way {:?}", how.name())).help("`merge` has it"));
        }
        if suffixes.is_none()
            && let Some(both) = self.names().iter().find(|n| right.names().contains(n))
        {
            return Err(Error::invalid(format!("both tables have a column {both:?}")).help("give suffixes: Some((\"_x\", \"_y\"))"));
        }
        let (left_levels, right_levels) = (self.index().columns(), right.index().columns());
        if left_levels.len() != right_levels.len() {
            let message = format!("{} index levels on the left, {} on the right", left_levels.len(), right_levels.len());
            return Err(Error::invalid(message));
        }
        // Levels go along under names that no column has.
        let key = |i: usize| format!("\0level {i}");
        let with_levels = |frame: &DataFrame, levels: Vec<crate::store::Column>| {
            let levels = levels.into_iter().enumerate().map(|(i, c)| (key(i), c));
            DataFrame::new(levels.chain(frame.names().iter().cloned().zip(frame.columns().iter().cloned())))
        };
        let names: Vec<Option<String>> = self.index().names().into_iter().map(|n| n.map(Into::into)).collect();
        let count = left_levels.len();
        let (l, r) = (with_levels(self, left_levels)?, with_levels(right, right_levels)?);
        let (a, b) = suffixes.unwrap_or_default();
        let joined = l.merge(&r, &JoinOptions::on((0..count).map(key)).how(how).suffixes(a, b))?;
        let batch = joined.to_batch()?;
        let mut schema = (*batch.schema).clone();
        schema.index = IndexSpec::Levels(names);
        DataFrame::from_batch(&Batch::with_rows(Arc::new(schema), batch.columns.clone(), batch.rows())?)
    }

    /// Gives each row the nearest earlier (or later) row of another table. Rules: [`LazyFrame::join_asof`].
    ///
    /// # Errors
    /// As [`LazyFrame::join_asof`]; invalid, where a table is not sorted.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, plan::AsofOptions};
    /// let trades = DataFrame::new([("t", Column::from(vec![1i64, 5, 9]))])?;
    /// let quotes = DataFrame::new([("t", Column::from(vec![2i64, 5, 6])), ("bid", Column::from(vec![20i64, 50, 60]))])?;
    /// let both = trades.merge_asof(&quotes, &AsofOptions::on("t"))?;
    /// assert_eq!(both.column("bid")?, &Column::from(vec![None, Some(50i64), Some(60)]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn merge_asof(&self, right: &DataFrame, how: &AsofOptions) -> Result<DataFrame> {
        let left_keys: Vec<&str> = how.by.iter().map(|(l, _)| l.as_str()).chain([how.left_on.as_str()]).collect();
        let right_keys: Vec<&str> = how.by.iter().map(|(_, r)| r.as_str()).chain([how.right_on.as_str()]).collect();
        values_and_keys(self, &left_keys)?.join_asof(&values_and_keys(right, &right_keys)?, how)?.collect(&options())
    }
}
