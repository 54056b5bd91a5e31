//! Order and sets of rows: `sort`, `top_k`, `distinct`.

use super::{LazyFrame, Plan};
use crate::error::{Error, Result};
use crate::kernel::order::{Direction, Keep};
use crate::store::{IndexSpec, Schema};
use std::fmt;
use std::sync::Arc;

/// A column to sort by, and which values come first. A name alone means the small ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SortBy {
    /// The column's name.
    pub column: String,
    /// Which values come first.
    pub direction: Direction,
}

/// The small values first.
///
/// # Examples
/// ```
/// use hpda_data::plan::{SortBy, asc};
/// assert_eq!(asc("x"), SortBy::from("x"));
/// ```
pub fn asc(column: impl Into<String>) -> SortBy {
    SortBy { column: column.into(), direction: Direction::Ascending }
}

/// The large values first.
///
/// # Examples
/// ```
/// use hpda_data::plan::desc;
/// assert_eq!(desc("x").to_string(), "-x");
/// ```
pub fn desc(column: impl Into<String>) -> SortBy {
    SortBy { column: column.into(), direction: Direction::Descending }
}

impl From<&str> for SortBy {
    fn from(column: &str) -> SortBy {
        asc(column)
    }
}

impl From<String> for SortBy {
    fn from(column: String) -> SortBy {
        asc(column)
    }
}

impl fmt::Display for SortBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", if self.direction == Direction::Descending { "-" } else { "" }, self.column)
    }
}

/// Columns by position, each with its direction; checked for what can be sorted.
pub(super) fn settle(by: impl IntoIterator<Item = impl Into<SortBy>>, schema: &Schema) -> Result<Vec<(usize, Direction)>> {
    let mut out = Vec::new();
    for by in by {
        let by = by.into();
        let at = schema.position(&by.column)?;
        super::is_key(schema, at)?;
        // A column named again decides nothing.
        if out.iter().all(|(known, _)| *known != at) {
            out.push((at, by.direction));
        }
    }
    if out.is_empty() {
        return Err(Error::invalid("no columns to sort by"));
    }
    Ok(out)
}

impl LazyFrame {
    /// Sorts rows by columns: by the first, among equals by the next. Stable; missing values and NaN come last in either
    /// direction; text goes by code points, ordered categories by their list.
    ///
    /// # Errors
    /// Not found, with the nearest name; type, for lists and types that are only carried.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{exec::ExecOptions, open::{OpenOptions, Scanned, scan}, plan::{LazyFrame, desc}};
    /// let (Scanned::Table(source), _) = scan(&["data/stations.csv".into()], &OpenOptions::default())? else { panic!() };
    /// let high = LazyFrame::scan(source).sort([desc("elevation")])?.limit(1).collect(&ExecOptions::default())?;
    /// assert_eq!(high.column("name")?.scalar(0), "O'Hara Peak".into());
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn sort<B: Into<SortBy>>(&self, by: impl IntoIterator<Item = B>) -> Result<LazyFrame> {
        let by = settle(by, self.schema())?;
        Ok(self.then(Plan::Sort { input: self.plan.clone(), by }))
    }

    /// The first rows in sorted order: as [`LazyFrame::sort`] and then [`LazyFrame::limit`], but only so many rows are held.
    /// Missing values come last.
    ///
    /// # Errors
    /// As [`LazyFrame::sort`].
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::ExecOptions, plan::desc};
    /// let df = DataFrame::new([("x", Column::from(vec![Some(1i64), None, Some(3), Some(2)]))])?;
    /// let top = df.lazy()?.top_k(2, [desc("x")])?.collect(&ExecOptions::default())?;
    /// assert_eq!(top.column("x")?, &Column::from(vec![3i64, 2]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn top_k<B: Into<SortBy>>(&self, rows: usize, by: impl IntoIterator<Item = B>) -> Result<LazyFrame> {
        let by = settle(by, self.schema())?;
        Ok(self.then(Plan::TopK { input: self.plan.clone(), by, rows }))
    }

    /// The first row of each different combination of values in some columns (all, when `None`). Rows keep their order; missing
    /// is the same as missing and NaN.
    ///
    /// # Errors
    /// Not found, with the nearest name; type, for lists and types that are only carried.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::ExecOptions};
    /// let df = DataFrame::new([("k", Column::from(vec![Some("b"), None, Some("b"), None])), ("x", vec![1i64, 2, 3, 4].into())])?;
    /// let firsts = df.lazy()?.distinct(Some(&["k"]))?.collect(&ExecOptions::default())?;
    /// assert_eq!(firsts.column("x")?, &Column::from(vec![1i64, 2]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn distinct<S: AsRef<str>>(&self, columns: Option<&[S]>) -> Result<LazyFrame> {
        let schema = self.schema();
        let columns: Vec<usize> = match columns {
            None => (0..schema.fields.len()).collect(),
            Some(names) => names.iter().map(|n| schema.position(n.as_ref())).collect::<Result<_>>()?,
        };
        self.keep_rows(columns, Keep::First)
    }

    /// Of rows with the same values in some columns the first, the last, or none.
    pub(crate) fn keep_rows(&self, columns: Vec<usize>, keep: Keep) -> Result<LazyFrame> {
        columns.iter().try_for_each(|&c| super::is_key(self.schema(), c))?;
        Ok(self.then(Plan::Distinct { input: self.plan.clone(), columns, keep }))
    }

    /// Columns by name, levels of labels not among them; all such columns, when `None`.
    pub(crate) fn compared(&self, columns: Option<&[&str]>) -> Result<Vec<usize>> {
        let schema = self.schema();
        let levels = schema.levels();
        match columns {
            None => Ok((levels..schema.fields.len()).collect()),
            Some(names) => {
                let place = |n: &&str| {
                    let known = schema.fields.iter().skip(levels).map(|f| f.name.as_str());
                    let found = schema.fields.iter().skip(levels).position(|f| f.name == **n);
                    found.map(|i| i + levels).ok_or_else(|| Error::not_found("column", n, known))
                };
                names.iter().map(place).collect()
            }
        }
    }

    /// Of equal rows in columns by name (all but row labels, when `None`) those that stay; numbers of rows begin anew.
    pub(crate) fn without_repeated(&self, columns: Option<&[&str]>, keep: Keep) -> Result<LazyFrame> {
        let schema = self.schema();
        let columns = self.compared(columns)?;
        let kept = self.keep_rows(columns, keep)?;
        if !matches!(schema.index, IndexSpec::Range { .. }) {
            return Ok(kept);
        }
        let columns = (0..schema.fields.len()).collect();
        let schema = Arc::new(Schema { index: IndexSpec::Default, ..(**schema).clone() });
        Ok(kept.then(Plan::Select { input: kept.plan.clone(), columns, schema }))
    }
}

/// The columns as they are written in a plan.
pub(super) fn shown(by: &[(usize, Direction)], schema: &Arc<Schema>) -> String {
    let one = |(c, direction): &(usize, Direction)| SortBy { column: schema.fields[*c].name.clone(), direction: *direction }.to_string();
    by.iter().map(one).collect::<Vec<_>>().join(", ")
}
