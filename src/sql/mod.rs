//! Queries in SQL: one SELECT, read and made a plan.
//!
//! `SELECT [DISTINCT] ... FROM ... [JOIN ... ON|USING ...] [WHERE ...] [GROUP BY ...] [HAVING ...] [ORDER BY ...] [LIMIT n] [OFFSET n]`, with
//! queries in FROM, behind IN and in WITH. What names mean is found as they are written, else whatever their capitals. Types, missing
//! values and aggregates are those of the expressions of this library, except where SQL is plain: NULL is a group of its own, the sum of
//! nothing is NULL, CASE goes on where a condition is NULL, `%` has the sign of what is divided. Missing values come last in every order.

mod read;
mod scope;
mod select;
mod syntax;
mod values;

use crate::error::{Error, Result, ResultExt};
use crate::exec::ExecOptions;
use crate::plan::LazyFrame;

/// The rows that a query asks for, as a plan over tables. Aggregates of whole tables, and `OFFSET`, are computed at once.
///
/// # Errors
/// Parse, with the place; not found, for a table, column, function or type; unsupported, for what is no part of this language; what the
/// plan says.
///
/// # Examples
/// ```
/// use hpda_data::{exec::ExecOptions, sql::sql};
/// let people = hpda_data::read_csv("data/passengers.csv")?.lazy()?;
/// let query = "SELECT Sex, Pclass, avg(Survived) AS survived FROM people WHERE Age < 12 GROUP BY Sex, Pclass ORDER BY survived DESC, Sex LIMIT 2";
/// let found = sql(query, [("people", people)], &ExecOptions::default())?.collect(&ExecOptions::default())?;
/// assert_eq!(found.height(), 2);
/// assert_eq!(found.names(), ["Sex", "Pclass", "survived"]);
/// # Ok::<(), hpda_data::Error>(())
/// ```
pub fn sql<S: Into<String>>(query: &str, tables: impl IntoIterator<Item = (S, LazyFrame)>, options: &ExecOptions) -> Result<LazyFrame> {
    let tables: Vec<(String, LazyFrame)> = tables.into_iter().map(|(name, rows)| (name.into(), rows)).collect();
    sql_of(query, &mut |name| named(name, &tables), options)
}

/// The table of a name, among those that are given.
pub(crate) fn named(name: &str, tables: &[(String, LazyFrame)]) -> Result<LazyFrame> {
    let found = tables.iter().find(|t| t.0 == name).or_else(|| tables.iter().find(|t| t.0.eq_ignore_ascii_case(name)));
    found.map(|t| t.1.clone()).ok_or_else(|| Error::not_found("table", name, tables.iter().map(|t| t.0.as_str())))
}

/// As [`sql`], with tables that are opened when they are asked for.
pub(crate) fn sql_of(query: &str, open: &mut dyn FnMut(&str) -> Result<LazyFrame>, options: &ExecOptions) -> Result<LazyFrame> {
    let mut run = || select::Tables { open, with: Vec::new(), exec: options }.query(&read::parse(query)?);
    run().at(|| values::place(query))
}

/// The name of the table in a file: that of the file up to its first point.
pub(crate) fn stem(file: &str) -> &str {
    let name = file.rsplit(['/', '\\']).next().unwrap_or(file);
    name.split('.').next().filter(|n| !n.is_empty()).unwrap_or(name)
}
