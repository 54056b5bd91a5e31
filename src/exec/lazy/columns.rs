//! Values one by one, lazily: batch by batch, in the threads that read.

use super::super::eager::Arithmetic;
use crate::dtype::{DType, Scalar};
use crate::error::{Error, Result, ResultExt};
use crate::plan::{BinaryOp, Expr, LazyFrame, col, parse};

/// The name of a mask while it is used: no file has it.
const MASK: &str = "\u{0}mask";

macro_rules! operators {
    // The last literal: what 7 and missing give with 2.
    ($($name:ident $op:ident $what:literal $shown:literal;)*) => {
        impl LazyFrame {
            $(#[doc = $what]
            ///
            /// Of every column and a value; labels stay.
            ///
            /// # Errors
            /// Type, for values that do not go together; when it is run, overflow of integers.
            ///
            /// # Examples
            /// ```
            /// use hpda_data::{Column, DataFrame, exec::ExecOptions};
            /// let df = DataFrame::new([("x", Column::from(vec![Some(7i64), None]))])?;
            #[doc = concat!("let found = df.lazy()?.", stringify!($name), "(2)?.collect(&ExecOptions::default())?;")]
            #[doc = concat!("assert_eq!(found.column(\"x\")?, &Column::from(", $shown, "));")]
            /// # Ok::<(), hpda_data::Error>(())
            /// ```
            pub fn $name(&self, value: impl Into<Scalar>) -> Result<LazyFrame> {
                self.operate(BinaryOp::$op, value, None)
            })*
        }
    };
}

crate::exec::names::of_operators!(operators);

impl LazyFrame {
    /// Where the columns begin that are no levels of row labels.
    fn first_value(&self) -> usize {
        self.schema().levels()
    }

    /// An operation of every column with a value; `fill` stands in for missing ones.
    ///
    /// # Errors
    /// Type, for values that do not go together; when it is run, overflow of integers.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::ExecOptions, plan::BinaryOp};
    /// let df = DataFrame::new([("x", Column::from(vec![Some(1i64), None]))])?;
    /// let found = df.lazy()?.operate(BinaryOp::Add, 10, Some(0.into()))?.collect(&ExecOptions::default())?;
    /// assert_eq!(found.column("x")?, &Column::from(vec![11i64, 10]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn operate(&self, op: BinaryOp, value: impl Into<Scalar>, fill: Option<Scalar>) -> Result<LazyFrame> {
        let (value, how) = (value.into(), Arithmetic { fill_value: fill, strict: false });
        self.each_batch(format!("each    {} {value}", op.symbol()), move |df| df.operate(op, value.clone(), &how))
    }

    /// Every column that is no label through an expression of it: `lazy.map_columns(|x| x.clone() * 2 - x)`.
    ///
    /// # Errors
    /// Type, for an expression that does not go with a column, with its name.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::ExecOptions, plan::Agg};
    /// let df = DataFrame::new([("x", Column::from(vec![Some(1.0), None, Some(3.0)]))])?;
    /// let less = df.lazy()?.map_columns(|x| x.clone() - x.agg(Agg::Mean))?.collect(&ExecOptions::default())?;
    /// assert_eq!(less.column("x")?, &Column::from(vec![Some(-1.0), None, Some(1.0)]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn map_columns(&self, f: impl Fn(Expr) -> Expr) -> Result<LazyFrame> {
        let fields = &self.schema().fields[self.first_value()..];
        fields.iter().try_fold(self.clone(), |out, field| out.with(&field.name, f(col(&*field.name))).at_column(&field.name))
    }

    /// Whether values are missing (NaN is).
    ///
    /// # Errors
    /// Never in practice.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::ExecOptions};
    /// let df = DataFrame::new([("x", Column::from(vec![Some(1.0), None, Some(f64::NAN)]))])?;
    /// assert_eq!(df.lazy()?.isna()?.collect(&ExecOptions::default())?.column("x")?, &Column::from(vec![false, true, true]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn isna(&self) -> Result<LazyFrame> {
        self.each_batch("isna".into(), |df| df.isna())
    }

    /// Whether values are there.
    ///
    /// # Errors
    /// Never in practice.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::ExecOptions};
    /// let df = DataFrame::new([("x", Column::from(vec![Some(1.0), None]))])?;
    /// assert_eq!(df.lazy()?.notna()?.collect(&ExecOptions::default())?.column("x")?, &Column::from(vec![true, false]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn notna(&self) -> Result<LazyFrame> {
        self.each_batch("notna".into(), |df| df.notna())
    }

    /// Numbers rounded to so many decimals, halves to even.
    ///
    /// # Errors
    /// Never in practice.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::ExecOptions};
    /// let df = DataFrame::new([("x", Column::from(vec![Some(1.25), None, Some(-0.75)]))])?;
    /// let found = df.lazy()?.round(1)?.collect(&ExecOptions::default())?;
    /// assert_eq!(found.column("x")?, &Column::from(vec![Some(1.2), None, Some(-0.8)]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn round(&self, decimals: i64) -> Result<LazyFrame> {
        self.each_batch(format!("round   {decimals}"), move |df| df.round(decimals))
    }

    /// Numbers without their sign.
    ///
    /// # Errors
    /// When it is run, overflow: the least integer has no counterpart.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::ExecOptions};
    /// let df = DataFrame::new([("x", Column::from(vec![Some(-1i64), None]))])?;
    /// assert_eq!(df.lazy()?.abs()?.collect(&ExecOptions::default())?.column("x")?, &Column::from(vec![Some(1i64), None]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn abs(&self) -> Result<LazyFrame> {
        self.each_batch("abs".into(), |df| df.abs())
    }

    /// Numbers brought to between two bounds; a bound that is missing (`Scalar::Null`) is none.
    ///
    /// # Errors
    /// Overflow, for a bound that a column cannot hold.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::ExecOptions};
    /// let df = DataFrame::new([("x", Column::from(vec![Some(1i64), None, Some(9)]))])?;
    /// let found = df.lazy()?.clip(2, 6)?.collect(&ExecOptions::default())?;
    /// assert_eq!(found.column("x")?, &Column::from(vec![Some(2i64), None, Some(6)]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn clip(&self, low: impl Into<Scalar>, high: impl Into<Scalar>) -> Result<LazyFrame> {
        let (low, high) = (low.into(), high.into());
        self.each_batch(format!("clip    {low} to {high}"), move |df| df.clip(low.clone(), high.clone()))
    }

    /// Whether values stand in a list.
    ///
    /// # Errors
    /// Never in practice.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::ExecOptions};
    /// let df = DataFrame::new([("x", Column::from(vec![Some(1i64), None, Some(9)]))])?;
    /// let found = df.lazy()?.isin([9, 10])?.collect(&ExecOptions::default())?;
    /// assert_eq!(found.column("x")?, &Column::from(vec![false, false, true]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn isin<V: Into<Scalar>>(&self, values: impl IntoIterator<Item = V>) -> Result<LazyFrame> {
        let values: Vec<Scalar> = values.into_iter().map(Into::into).collect();
        self.each_batch("isin".into(), move |df| df.isin(values.clone()))
    }

    /// Columns in other types.
    ///
    /// # Errors
    /// Not found; type, for types that do not go over into each other; when it is run, values that do not fit.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DType, DataFrame, exec::ExecOptions};
    /// let df = DataFrame::new([("x", Column::from(vec![Some(1i64), None]))])?;
    /// let found = df.lazy()?.astype([("x", DType::Str)])?.collect(&ExecOptions::default())?;
    /// assert_eq!(found.column("x")?, &Column::from(vec![Some("1"), None]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn astype<S: AsRef<str>>(&self, types: impl IntoIterator<Item = (S, DType)>) -> Result<LazyFrame> {
        let types: Vec<(String, DType)> = types.into_iter().map(|(n, t)| (n.as_ref().to_string(), t)).collect();
        let shown: Vec<String> = types.iter().map(|(n, t)| format!("{n} {t}")).collect();
        self.each_batch(format!("astype  {}", shown.join(", ")), move |df| df.astype(types.iter().map(|(n, t)| (n, t.clone()))))
    }

    /// Missing values of some columns replaced by a value of each column's own.
    ///
    /// # Errors
    /// Not found; type, for a column that cannot hold its value.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::ExecOptions};
    /// let df = DataFrame::new([("x", Column::from(vec![Some(1.0), None])), ("y", vec![None, Some(2.0)].into())])?;
    /// let filled = df.lazy()?.fillna_by([("x", 0.5)])?.collect(&ExecOptions::default())?;
    /// assert_eq!(filled.column("x")?, &Column::from(vec![1.0, 0.5]));
    /// assert_eq!(filled.column("y")?, &Column::from(vec![None, Some(2.0)]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn fillna_by<S: AsRef<str>, V: Into<Scalar>>(&self, values: impl IntoIterator<Item = (S, V)>) -> Result<LazyFrame> {
        values.into_iter().try_fold(self.clone(), |out, (name, value)| out.fillna(value, Some(&[name.as_ref()])))
    }

    /// Values where a condition is true; elsewhere `other` (missing: `Scalar::Null`). pandas' `where`.
    ///
    /// # Errors
    /// Type, for what is no condition or a value that does not fit.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, Scalar, exec::ExecOptions, plan::col};
    /// let df = DataFrame::new([("x", Column::from(vec![1i64, 2, 3]))])?;
    /// let large = df.lazy()?.keep_where(col("x").gt(1), Scalar::Null)?.collect(&ExecOptions::default())?;
    /// assert_eq!(large.column("x")?, &Column::from(vec![None, Some(2i64), Some(3)]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn keep_where(&self, condition: impl Into<Expr>, other: impl Into<Scalar>) -> Result<LazyFrame> {
        let (expr, other) = (condition.into(), other.into());
        let shown = format!("where   {expr}, else {other}");
        self.masked(expr)?.each_batch(shown, move |df| df.drop([MASK])?.keep_where(df.column(MASK)?, other.clone()))
    }

    /// Values where a condition is not true; where it is, `other`. pandas' `mask`.
    ///
    /// # Errors
    /// As [`LazyFrame::keep_where`].
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, Scalar, exec::ExecOptions, plan::col};
    /// let df = DataFrame::new([("x", Column::from(vec![1i64, 2, 3]))])?;
    /// let small = df.lazy()?.mask(col("x").gt(1), Scalar::Null)?.collect(&ExecOptions::default())?;
    /// assert_eq!(small.column("x")?, &Column::from(vec![Some(1i64), None, None]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn mask(&self, condition: impl Into<Expr>, other: impl Into<Scalar>) -> Result<LazyFrame> {
        let (expr, other) = (condition.into(), other.into());
        let shown = format!("mask    {expr} as {other}");
        self.masked(expr)?.each_batch(shown, move |df| df.drop([MASK])?.mask(df.column(MASK)?, other.clone()))
    }

    fn masked(&self, condition: Expr) -> Result<LazyFrame> {
        crate::plan::resolve_condition(&condition, self.schema())?;
        self.with(MASK, condition)
    }

    /// The rows for which a condition, as text, is true; where it is missing they go.
    ///
    /// # Errors
    /// What the parser says, and as [`LazyFrame::filter`].
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::ExecOptions};
    /// let df = DataFrame::new([("age", Column::from(vec![Some(36i64), None, Some(12)]))])?;
    /// assert_eq!(df.lazy()?.query("age > mean(age)")?.collect(&ExecOptions::default())?.column("age")?, &Column::from(vec![36i64]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn query(&self, condition: &str) -> Result<LazyFrame> {
        self.filter(parse(condition)?)
    }

    /// With a column computed by an expression: another word for [`LazyFrame::with`].
    ///
    /// # Errors
    /// As there.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::ExecOptions, plan::col};
    /// let df = DataFrame::new([("x", Column::from(vec![Some(1i64), None]))])?;
    /// let more = df.lazy()?.assign("double", col("x") * 2)?.collect(&ExecOptions::default())?;
    /// assert_eq!(more.column("double")?, &Column::from(vec![Some(2i64), None]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn assign(&self, name: &str, values: impl Into<Expr>) -> Result<LazyFrame> {
        self.with(name, values)
    }

    /// With a new column at a position among those that are no labels.
    ///
    /// # Errors
    /// Invalid, for a name that is there or a position behind the end; what resolving says.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::ExecOptions, plan::col};
    /// let df = DataFrame::new([("x", Column::from(vec![Some(1i64), None]))])?;
    /// assert_eq!(df.lazy()?.insert(0, "double", col("x") * 2)?.collect(&ExecOptions::default())?.names(), ["double", "x"]);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn insert(&self, position: usize, name: &str, values: impl Into<Expr>) -> Result<LazyFrame> {
        let (n, first) = (self.schema().fields.len(), self.first_value());
        if self.schema().names().any(|known| known == name) {
            return Err(Error::invalid(format!("column {name:?} is there already")).help("with replaces its values"));
        }
        if first + position > n {
            return Err(Error::invalid(format!("position {position} of {} columns", n - first)));
        }
        let more = self.with(name, values)?;
        let mut names: Vec<&str> = more.schema().names().take(n).collect();
        names.insert(first + position, name);
        more.select(names)
    }

    /// The columns of types for which `wanted` is true, and the levels of row labels.
    ///
    /// # Errors
    /// Never in practice.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DType, DataFrame};
    /// let df = DataFrame::new([("x", Column::from(vec![Some(1i64), None])), ("t", vec!["u", "v"].into())])?;
    /// assert_eq!(df.lazy()?.select_dtypes(DType::is_numeric)?.schema().names().collect::<Vec<_>>(), ["x"]);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn select_dtypes(&self, wanted: impl Fn(&DType) -> bool) -> Result<LazyFrame> {
        let first = self.first_value();
        let fields = self.schema().fields.iter().enumerate();
        let kept: Vec<&str> = fields.filter(|(i, f)| *i < first || wanted(&f.dtype)).map(|(_, f)| f.name.as_str()).collect();
        self.select(kept)
    }
}
