//! Missing values: rows without them, values in their place.

use super::{LazyFrame, Plan};
use crate::dtype::{DType, Scalar};
use crate::error::{Error, Place, Result, ResultExt};
use crate::kernel::fill::check_limit;
use crate::plan::expr::{BinaryOp, Expr, col};
use crate::plan::resolve::resolve;
use crate::store::{Field, Schema};
use std::sync::Arc;

/// Which rows are left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DropRows {
    /// Those with a missing value.
    #[default]
    Any,
    /// Those without any value.
    All,
}

/// What a missing value gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Gaps {
    /// The last value before it.
    Forward,
    /// The first value after it.
    Backward,
    /// A value on the line between its neighbours, in equal steps from row to row.
    Linear,
    /// The same by the distance in this column of times or numbers.
    Time(String),
    /// The value of the nearer neighbour.
    Nearest,
}

impl Gaps {
    fn is_interpolation(&self) -> bool {
        !matches!(self, Gaps::Forward | Gaps::Backward)
    }
}

/// Gaps, settled.
#[derive(Clone, Debug)]
pub struct FillGaps {
    /// What a missing value gets.
    pub how: Gaps,
    /// Positions of the columns.
    pub columns: Vec<usize>,
    /// The position of the column of times.
    pub on: Option<usize>,
    /// At most so many rows of a gap.
    pub limit: Option<usize>,
    /// The columns of the result.
    pub schema: Arc<Schema>,
}

impl LazyFrame {
    /// The columns of these names, or all of them.
    fn named<S: AsRef<str>>(&self, columns: Option<&[S]>) -> Result<Vec<usize>> {
        match columns {
            None => Ok((0..self.schema().fields.len()).collect()),
            Some(names) => names.iter().map(|n| self.schema().position(n.as_ref())).collect(),
        }
    }

    /// Leaves out rows with missing values (or NaN) in any or in all of some columns (all columns, when `None`).
    ///
    /// # Errors
    /// Not found, with the nearest name.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::ExecOptions, plan::DropRows};
    /// let df = DataFrame::new([("x", Column::from(vec![Some(1i64), None, None])), ("y", vec![None, None, Some(0.5)].into())])?;
    /// let some = df.lazy()?.dropna(DropRows::All, None::<&[&str]>)?.collect(&ExecOptions::default())?;
    /// assert_eq!(some.column("y")?, &Column::from(vec![None, Some(0.5)]));
    /// let whole = df.lazy()?.dropna(DropRows::Any, Some(&["x"]))?.collect(&ExecOptions::default())?;
    /// assert_eq!(whole.column("x")?, &Column::from(vec![1i64]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn dropna<S: AsRef<str>>(&self, how: DropRows, columns: Option<&[S]>) -> Result<LazyFrame> {
        let columns = self.named(columns)?;
        let there = |&c: &usize| Expr::Not(Box::new(col(self.schema().fields[c].name.clone()).is_missing()));
        let op = if how == DropRows::Any { BinaryOp::And } else { BinaryOp::Or };
        match columns.iter().map(there).reduce(|a, b| a.binary(op, b)) {
            Some(condition) => self.filter(condition),
            None => Ok(self.clone()),
        }
    }

    /// Puts a value in the place of missing ones (and NaN). Without names: in the columns whose type can hold it; a fraction makes
    /// integers f64.
    ///
    /// # Errors
    /// Not found, with the nearest name; type, for a named column that the value does not go with.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::ExecOptions};
    /// let df = DataFrame::new([("x", Column::from(vec![Some(1i64), None])), ("t", vec![Some("a"), None].into())])?;
    /// let filled = df.lazy()?.fillna(0, None::<&[&str]>)?.collect(&ExecOptions::default())?;
    /// assert_eq!(filled.column("x")?, &Column::from(vec![1i64, 0]));
    /// assert_eq!(filled.column("t")?, &Column::from(vec![Some("a"), None]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn fillna<S: AsRef<str>>(&self, value: impl Into<Scalar>, columns: Option<&[S]>) -> Result<LazyFrame> {
        let value = value.into();
        let mut out = self.clone();
        for c in self.named(columns)? {
            let field = &self.schema().fields[c];
            let filled = col(field.name.clone()).fill(value.clone());
            let fits = suits(&value, &field.dtype) && resolve(&filled, self.schema()).is_ok();
            if fits || columns.is_some() {
                let attrs = field.attrs.clone();
                out = out.with(&field.name, filled).at_column(&field.name)?;
                // The values mean what they meant.
                out = out.with_attrs(Some(&field.name), |a| {
                    *a = attrs;
                    Ok(())
                })?;
            }
        }
        Ok(out)
    }

    /// Fills missing values (and NaN) from their neighbours in row order, at most `limit` rows of each gap. `Forward` and
    /// `Backward` take any type; the others fill inside gaps only, take numbers, and make integers f64 (but for `Nearest`).
    ///
    /// # Errors
    /// Not found, with the nearest name; type, for a named column that is no number, where values between are wanted.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::ExecOptions, plan::Gaps};
    /// let df = DataFrame::new([("x", Column::from(vec![None, Some(1i64), None, Some(4), None]))])?;
    /// let forward = df.lazy()?.fill_gaps(Gaps::Forward, None::<&[&str]>, None)?.collect(&ExecOptions::default())?;
    /// assert_eq!(forward.column("x")?, &Column::from(vec![None, Some(1i64), Some(1), Some(4), Some(4)]));
    /// let between = df.lazy()?.fill_gaps(Gaps::Linear, None::<&[&str]>, None)?.collect(&ExecOptions::default())?;
    /// assert_eq!(between.column("x")?, &Column::from(vec![None, Some(1.0), Some(2.5), Some(4.0), None]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn fill_gaps<S: AsRef<str>>(&self, how: Gaps, columns: Option<&[S]>, limit: Option<usize>) -> Result<LazyFrame> {
        check_limit(limit)?;
        let input = self.schema();
        let on = match &how {
            Gaps::Time(name) => Some(input.position(name)?),
            _ => None,
        };
        if let Some(on) = on {
            let field = &input.fields[on];
            if !field.dtype.is_temporal() && !field.dtype.is_numeric() {
                return Err(Error::wrong_type(format!("column {:?} of type {} measures no distance", field.name, field.dtype))
                    .help("name a column of times or numbers"));
            }
        }
        let number = |t: &DType| t.is_integer() || t.is_float();
        let mut positions = self.named(columns)?;
        if how.is_interpolation() {
            if let Some(&c) = positions.iter().find(|&&c| columns.is_some() && !number(&input.fields[c].dtype)) {
                let Field { name, dtype, .. } = &input.fields[c];
                return Err(Error::wrong_type(format!("there is nothing between two values of type {dtype}"))
                    .help("ffill or bfill takes any type")
                    .at(Place::column(name)));
            }
            positions.retain(|&c| number(&input.fields[c].dtype) && Some(c) != on);
        }
        let mut schema = (**input).clone();
        if how.is_interpolation() && how != Gaps::Nearest {
            positions.iter().filter(|&&c| schema.fields[c].dtype.is_integer()).copied().collect::<Vec<_>>().into_iter().for_each(|c| {
                schema.fields[c].dtype = DType::F64;
            });
        }
        let gaps = FillGaps { how, columns: positions, on, limit, schema: Arc::new(schema) };
        Ok(self.then(Plan::FillGaps { input: self.plan.clone(), gaps: Arc::new(gaps) }))
    }
}

/// Whether a value is of a column's kind; resolving says whether it fits.
fn suits(value: &Scalar, dtype: &DType) -> bool {
    match value {
        Scalar::Str(_) => matches!(dtype, DType::Str | DType::Categorical { .. }) || dtype.is_temporal(),
        Scalar::Bool(_) => *dtype == DType::Bool,
        Scalar::Null => false,
        v if v.as_f64().is_some() => dtype.is_numeric(),
        _ => true,
    }
}
