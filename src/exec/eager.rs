//! Verbs on tables in memory that are expressions: conditions as text, arithmetic on labels, missing values, replacements. They stand
//! here, not in `ops`, because expressions are evaluated here: what is lazy and what is eager gives the same.

use super::{ExecOptions, MemSource};
use crate::dtype::{DType, Scalar};
use crate::error::{Error, Result, ResultExt};
use crate::frame::{DataFrame, Series, column_of};
use crate::kernel::agg::Agg;
use crate::kernel::fill::{Interpolate, backward_rows, check_limit, forward_rows, interpolate};
use crate::label::{Index, Join, Key, Labels};
use crate::plan::{BinaryOp, Expr, Func, LazyFrame, aggregate_dtype, col, lit, parse, when};
use crate::store::{Budget, Column};
use arrow::array::{AsArray, BooleanArray};
use arrow::buffer::BooleanBuffer;
use std::sync::Arc;

/// A table in memory has its memory already.
fn unbounded() -> ExecOptions {
    ExecOptions { budget: Budget::unlimited(), ..ExecOptions::default() }
}

/// The name of a computed column: no file has it.
const RESULT: &str = "\u{0}result";

/// An expression over columns under names.
fn compute(columns: Vec<(&str, Column)>, expr: Expr) -> Result<Column> {
    let frame = DataFrame::new(columns)?;
    let lazy = LazyFrame::scan(Arc::new(MemSource::from_frame(&frame)?));
    let made = lazy.with(RESULT, expr)?.select([RESULT])?.collect(&unbounded())?;
    Ok(made.columns()[0].clone())
}

/// One column through an expression of `x`.
fn one(column: &Column, expr: Expr) -> Result<Column> {
    compute(vec![("x", column.clone())], expr)
}

/// Where rows or columns are kept by `dropna`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DropMissing {
    /// Only these columns count; all, when `None`.
    pub subset: Option<Vec<String>>,
    /// A row goes when all are missing, not when any is.
    pub all: bool,
    /// A row stays with so many values at least, whatever `all` says.
    pub thresh: Option<usize>,
}

/// How two tables or series are brought together.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Arithmetic {
    /// Stands in where one side is missing (not both).
    pub fill_value: Option<Scalar>,
    /// Refuses labels that are not the same in the same order.
    pub strict: bool,
}

/// The other side of an operation: a table, a series, a value.
#[derive(Clone, Debug)]
pub enum Operand<'a> {
    /// Aligned on row labels and columns.
    Frame(&'a DataFrame),
    /// Beside a table: aligned on the columns, the same for every row, as in pandas. Beside a series: on the row labels.
    Series(&'a Series),
    /// The same everywhere.
    Value(Scalar),
}

impl<'a> From<&'a DataFrame> for Operand<'a> {
    fn from(x: &'a DataFrame) -> Operand<'a> {
        Operand::Frame(x)
    }
}

impl<'a> From<&'a Series> for Operand<'a> {
    fn from(x: &'a Series) -> Operand<'a> {
        Operand::Series(x)
    }
}

impl<T: Into<Scalar>> From<T> for Operand<'_> {
    fn from(x: T) -> Self {
        Operand::Value(x.into())
    }
}

fn pair(op: BinaryOp, a: &Column, b: &Column, how: &Arithmetic) -> Result<Column> {
    let (mut x, mut y) = (col("x"), col("y"));
    if let Some(v) = &how.fill_value {
        let neither = col("x").is_missing().and(col("y").is_missing());
        (x, y) = (x.fill(lit(v.clone())), y.fill(lit(v.clone())));
        return compute(vec![("x", a.clone()), ("y", b.clone())], when(neither, lit(Scalar::Null), x.binary(op, y)));
    }
    compute(vec![("x", a.clone()), ("y", b.clone())], x.binary(op, y))
}

fn beside(op: BinaryOp, a: &Column, value: &Scalar, how: &Arithmetic) -> Result<Column> {
    let x = match &how.fill_value {
        Some(v) => col("x").fill(lit(v.clone())),
        None => col("x"),
    };
    one(a, x.binary(op, lit(value.clone())))
}

fn differ() -> Error {
    Error::shape("the labels of both sides differ, and a strict operation does not align")
        .help("reindex one to the other, or leave strict out")
}

macro_rules! operators {
    // The last literal: what 7 and missing give with 2.
    ($($name:ident $op:ident $what:literal $shown:literal;)*) => {
        impl DataFrame {
            $(#[doc = $what]
            ///
            /// Both sides are aligned on their labels; where a label stands on one side only the result is missing. A series
            /// goes along the columns.
            ///
            /// # Errors
            /// Type, for values that do not go together; overflow, for integers.
            ///
            /// # Examples
            /// ```
            /// use hpda_data::{Column, DataFrame};
            /// let df = DataFrame::new([("x", Column::from(vec![Some(7i64), None]))])?;
            #[doc = concat!("assert_eq!(df.", stringify!($name), "(2)?.column(\"x\")?, &Column::from(", $shown, "));")]
            /// # Ok::<(), hpda_data::Error>(())
            /// ```
            pub fn $name<'a>(&self, other: impl Into<Operand<'a>>) -> Result<DataFrame> {
                self.operate(BinaryOp::$op, other, &Arithmetic::default())
            })*
        }
        impl Series {
            $(#[doc = $what]
            ///
            /// Both sides are aligned on their labels; where a label stands on one side only the result is missing.
            ///
            /// # Errors
            /// Type, for values that do not go together; overflow, for integers.
            ///
            /// # Examples
            /// ```
            /// use hpda_data::{Column, DataFrame};
            /// let s = DataFrame::new([("x", Column::from(vec![Some(7i64), None]))])?.series("x")?;
            #[doc = concat!("assert_eq!(s.", stringify!($name), "(2)?.data(), &Column::from(", $shown, "));")]
            /// # Ok::<(), hpda_data::Error>(())
            /// ```
            pub fn $name<'a>(&self, other: impl Into<Operand<'a>>) -> Result<Series> {
                self.operate(BinaryOp::$op, other, &Arithmetic::default())
            })*
        }
    };
}

crate::exec::names::of_operators!(operators);

impl DataFrame {
    /// The table as the start of a plan; named row labels lead as columns.
    ///
    /// # Errors
    /// Shape, never in practice.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::ExecOptions, plan::parse};
    /// let df = DataFrame::new([("x", Column::from(vec![Some(1i64), None]))])?;
    /// let doubled = df.lazy()?.with("x", parse("x * 2")?)?.collect(&ExecOptions::default())?;
    /// assert_eq!(doubled.column("x")?, &Column::from(vec![Some(2i64), None]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn lazy(&self) -> Result<LazyFrame> {
        Ok(LazyFrame::scan(Arc::new(MemSource::from_frame(self)?)))
    }

    /// The values of an expression, one per row. Named row labels can be used like columns.
    ///
    /// Where a value that is needed is missing the result is.
    ///
    /// # Errors
    /// What the parser and the resolver say, before anything is computed.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, plan::parse};
    /// let df = DataFrame::new([("x", Column::from(vec![Some(1i64), None, Some(3)]))])?;
    /// assert_eq!(df.eval(parse("x / 2")?)?, Column::from(vec![Some(0.5), None, Some(1.5)]));
    /// assert_eq!(df.eval(parse("x > mean(x)")?)?, Column::from(vec![Some(false), None, Some(true)]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn eval(&self, expr: impl Into<Expr>) -> Result<Column> {
        let made = self.lazy()?.with(RESULT, expr)?.select([RESULT])?.collect(&unbounded())?;
        Ok(made.columns()[0].clone())
    }

    /// The rows for which a condition, as text, is true; where it is missing they go. Rows keep their labels.
    ///
    /// # Errors
    /// What the parser says; not found, with the nearest name; type, for what is no condition.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let df = DataFrame::new([("age", Column::from(vec![Some(36i64), None, Some(12)]))])?;
    /// assert_eq!(df.query("age > mean(age)")?.index().label(0), vec![0i64.into()]);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn query(&self, condition: &str) -> Result<DataFrame> {
        let expr = parse(condition)?;
        crate::plan::resolve_condition(&expr, &self.to_batch()?.schema)?;
        self.filter(&self.eval(expr)?)
    }

    /// With a column computed by an expression: `df.assign("double", parse("2 * x")?)`.
    ///
    /// A column of that name is replaced where it stands, else the new one comes last.
    ///
    /// # Errors
    /// As [`DataFrame::eval`].
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, plan::parse};
    /// let df = DataFrame::new([("x", Column::from(vec![Some(1i64), None]))])?;
    /// let more = df.assign("double", parse("2 * x")?)?;
    /// assert_eq!(more.names(), ["x", "double"]);
    /// assert_eq!(more.column("double")?, &Column::from(vec![Some(2i64), None]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn assign(&self, name: &str, expr: impl Into<Expr>) -> Result<DataFrame> {
        self.with_column(name, self.eval(expr)?)
    }

    /// An operation with another table, a series along the columns, or a value.
    ///
    /// # Errors
    /// Type, for values that do not go together; shape, where `strict` and the labels differ.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::Arithmetic, plan::BinaryOp};
    /// let (a, b) = (DataFrame::new([("x", Column::from(vec![Some(1i64), None]))])?, DataFrame::new([("x", Column::from(vec![10i64, 20, 30]))])?);
    /// let how = Arithmetic { fill_value: Some(0.into()), ..Arithmetic::default() };
    /// assert_eq!(a.operate(BinaryOp::Add, &b, &how)?.column("x")?, &Column::from(vec![11i64, 20, 30]));
    /// assert_eq!(a.add(&b)?.column("x")?, &Column::from(vec![Some(11i64), None, None]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn operate<'a>(&self, op: BinaryOp, other: impl Into<Operand<'a>>, how: &Arithmetic) -> Result<DataFrame> {
        match other.into() {
            Operand::Value(value) => self.map_columns(|c| beside(op, c, &value, how)),
            Operand::Frame(other) => {
                if how.strict && !(self.index().same_labels(other.index()) && self.labels() == other.labels()) {
                    return Err(differ());
                }
                let (a, b) = self.align(other, Join::Outer)?;
                let columns = a.columns().iter().zip(b.columns()).zip(a.names());
                let made = columns.map(|((x, y), name)| pair(op, x, y, how).at_column(name)).collect::<Result<_>>()?;
                a.with_columns(made)
            }
            Operand::Series(other) => {
                let names = self.labels().to_index()?;
                if how.strict && !names.same_labels(other.index()) {
                    return Err(differ());
                }
                let (labels, a, b) = names.join(other.index(), Join::Outer)?;
                let mut made = Vec::with_capacity(labels.len());
                for (c, v) in a.iter().zip(b.iter()) {
                    let value = v.map_or(Scalar::Null, |v| other.data().scalar(v as usize));
                    let column = match c {
                        Some(c) => self.columns()[c as usize].clone(),
                        None => Column::missing(other.data().dtype().clone(), self.height()),
                    };
                    made.push(beside(op, &column, &value, how)?);
                }
                DataFrame::with_index(Labels::from_index(&labels)?, made, (**self.index()).clone())
            }
        }
    }

    /// Every column through a function that keeps its length; errors name the column.
    ///
    /// # Errors
    /// What the function says.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let df = DataFrame::new([("x", Column::from(vec![1i64, 2]))])?;
    /// assert_eq!(df.map_columns(|c| c.shift(1))?.column("x")?, &Column::from(vec![None, Some(1i64)]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn map_columns(&self, f: impl Fn(&Column) -> Result<Column>) -> Result<DataFrame> {
        let made = self.columns().iter().zip(self.names()).map(|(c, n)| f(c).at_column(n)).collect::<Result<_>>()?;
        self.with_columns(made)
    }

    /// Whether values are missing (NaN is).
    ///
    /// # Errors
    /// Never in practice.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let df = DataFrame::new([("x", Column::from(vec![Some(1.0), None, Some(f64::NAN)]))])?;
    /// assert_eq!(df.isna()?.column("x")?, &Column::from(vec![false, true, true]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn isna(&self) -> Result<DataFrame> {
        self.map_columns(|c| Column::new(DType::Bool, Arc::new(BooleanArray::new(!&c.present(), None))))
    }

    /// Whether values are there.
    ///
    /// # Errors
    /// Never in practice.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let df = DataFrame::new([("x", Column::from(vec![Some(1.0), None, Some(f64::NAN)]))])?;
    /// assert_eq!(df.notna()?.column("x")?, &Column::from(vec![true, false, false]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn notna(&self) -> Result<DataFrame> {
        self.map_columns(|c| Column::new(DType::Bool, Arc::new(BooleanArray::new(c.present(), None))))
    }

    /// Without rows that have missing values: any (the default), all, or fewer than so many values.
    ///
    /// Rows keep their order and labels.
    ///
    /// # Errors
    /// Not found, for a column of the subset.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::DropMissing};
    /// let df = DataFrame::new([("x", Column::from(vec![None, Some(2i64), None])), ("y", vec![None, Some("b"), Some("c")].into())])?;
    /// assert_eq!(df.dropna(&DropMissing::default())?.column("x")?, &Column::from(vec![2i64]));
    /// let some = df.dropna(&DropMissing { all: true, ..DropMissing::default() })?;
    /// assert_eq!(some.index().columns()[0], Column::from(vec![1i64, 2]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn dropna(&self, how: &DropMissing) -> Result<DataFrame> {
        let frame = match &how.subset {
            Some(names) => self.select(names.iter().map(String::as_str))?,
            None => self.clone(),
        };
        let there: Vec<BooleanBuffer> = frame.columns().iter().map(Column::present).collect();
        let least = match (how.thresh, how.all) {
            (Some(n), _) => n,
            (None, true) => 1.min(there.len()),
            (None, false) => there.len(),
        };
        let keep: Vec<bool> = (0..self.height()).map(|i| there.iter().filter(|b| b.value(i)).count() >= least).collect();
        self.filter(&keep.into())
    }

    /// Missing values replaced by one value in every column.
    ///
    /// Types stay.
    ///
    /// # Errors
    /// Type, for a column that cannot hold it.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let df = DataFrame::new([("x", Column::from(vec![Some(1.0), None]))])?;
    /// assert_eq!(df.fillna(0.0)?.column("x")?, &Column::from(vec![1.0, 0.0]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn fillna(&self, value: impl Into<Scalar>) -> Result<DataFrame> {
        let value = value.into();
        self.map_columns(|c| if c.missing_count() == 0 { Ok(c.clone()) } else { one(c, col("x").fill(lit(value.clone()))) })
    }

    /// Missing values replaced by a value of each column's own.
    ///
    /// Columns that are not named stay.
    ///
    /// # Errors
    /// Not found; type, for a column that cannot hold its value.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let df = DataFrame::new([("x", Column::from(vec![Some(1.0), None])), ("y", vec![None, Some(2.0)].into())])?;
    /// let filled = df.fillna_by([("x", 0.5)])?;
    /// assert_eq!(filled.column("x")?, &Column::from(vec![1.0, 0.5]));
    /// assert_eq!(filled.column("y")?, &Column::from(vec![None, Some(2.0)]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn fillna_by<S: AsRef<str>, V: Into<Scalar>>(&self, values: impl IntoIterator<Item = (S, V)>) -> Result<DataFrame> {
        let mut out = self.clone();
        for (name, value) in values {
            let filled = one(self.column(name.as_ref())?, col("x").fill(lit(value))).at_column(name.as_ref())?;
            out = out.with_column(name.as_ref(), filled)?;
        }
        Ok(out)
    }

    /// Missing values take the last value before them, at most `limit` rows on.
    ///
    /// Those before the first value stay missing. Types stay.
    ///
    /// # Errors
    /// Invalid, for a limit of 0.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let df = DataFrame::new([("x", Column::from(vec![None, Some(1i64), None, None]))])?;
    /// assert_eq!(df.ffill(None)?.column("x")?, &Column::from(vec![None, Some(1i64), Some(1), Some(1)]));
    /// assert_eq!(df.ffill(Some(1))?.column("x")?, &Column::from(vec![None, Some(1i64), Some(1), None]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn ffill(&self, limit: Option<usize>) -> Result<DataFrame> {
        check_limit(limit)?;
        self.map_columns(|c| c.take(&forward_rows(&c.present(), limit)))
    }

    /// Missing values take the next value after them, at most `limit` rows back.
    ///
    /// Those behind the last value stay missing. Types stay.
    ///
    /// # Errors
    /// Invalid, for a limit of 0.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let df = DataFrame::new([("x", Column::from(vec![None, None, Some(3i64), None]))])?;
    /// assert_eq!(df.bfill(None)?.column("x")?, &Column::from(vec![Some(3i64), Some(3), Some(3), None]));
    /// assert_eq!(df.bfill(Some(1))?.column("x")?, &Column::from(vec![None, Some(3i64), Some(3), None]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn bfill(&self, limit: Option<usize>) -> Result<DataFrame> {
        check_limit(limit)?;
        self.map_columns(|c| c.take(&backward_rows(&c.present(), limit)))
    }

    /// Gaps between two numbers filled along the rows, or along the row labels ([`Interpolate::Positions`]); what is no number stays.
    /// Integers with gaps become floats.
    ///
    /// # Errors
    /// Invalid, for row labels that are no numbers or times, missing or not ascending, and for a limit of 0.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::Interpolate};
    /// let df = DataFrame::new([("x", Column::from(vec![None, Some(1i64), None, Some(4)]))])?;
    /// let filled = df.interpolate(Interpolate::Linear, None)?;
    /// assert_eq!(filled.column("x")?, &Column::from(vec![None, Some(1.0), Some(2.5), Some(4.0)]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn interpolate(&self, method: Interpolate, limit: Option<usize>) -> Result<DataFrame> {
        check_limit(limit)?;
        let positions = if method == Interpolate::Positions { Some(positions(self.index())?) } else { None };
        self.map_columns(|c| {
            if !c.dtype().is_numeric() || c.missing_count() == 0 {
                return Ok(c.clone());
            }
            let mut values = c.to_f64()?;
            interpolate(&mut values, positions.as_deref(), method, limit);
            Ok(Column::from_f64(values, c.dtype()))
        })
    }

    /// Values replaced wherever they stand, in columns that can hold them.
    ///
    /// # Errors
    /// Type, for a value that a column that has its predecessor cannot hold.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let df = DataFrame::new([("x", Column::from(vec![Some("a"), None, Some("b")]))])?;
    /// assert_eq!(df.replace([("a", "z")])?.column("x")?, &Column::from(vec![Some("z"), None, Some("b")]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn replace<A: Into<Scalar>, B: Into<Scalar>>(&self, pairs: impl IntoIterator<Item = (A, B)>) -> Result<DataFrame> {
        let pairs: Vec<(Scalar, Scalar)> = pairs.into_iter().map(|(a, b)| (a.into(), b.into())).collect();
        self.map_columns(|c| replaced(c, &pairs))
    }

    /// Values where a mask is true; elsewhere `other` (missing: `Scalar::Null`). pandas' `where`.
    ///
    /// # Errors
    /// Type, for a mask that is not bool or a value that does not fit; shape, for another length.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, Scalar, plan::parse};
    /// let df = DataFrame::new([("x", Column::from(vec![1i64, 2, 3]))])?;
    /// let large = df.keep_where(&df.eval(parse("x > 1")?)?, Scalar::Null)?;
    /// assert_eq!(large.column("x")?, &Column::from(vec![None, Some(2i64), Some(3)]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn keep_where(&self, mask: &Column, other: impl Into<Scalar>) -> Result<DataFrame> {
        let (other, condition) = (other.into(), true_places(mask)?);
        self.map_columns(|c| compute(vec![("x", c.clone()), ("m", mask.clone())], when(condition.clone(), col("x"), lit(other.clone()))))
    }

    /// Values where a mask is not true; where it is, `other`. pandas' `mask`.
    ///
    /// Where the mask is missing the value stays.
    ///
    /// # Errors
    /// As [`DataFrame::keep_where`].
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, Scalar, plan::parse};
    /// let df = DataFrame::new([("x", Column::from(vec![1i64, 2, 3]))])?;
    /// assert_eq!(df.mask(&df.eval(parse("x > 1")?)?, Scalar::Null)?.column("x")?, &Column::from(vec![Some(1i64), None, None]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn mask(&self, mask: &Column, other: impl Into<Scalar>) -> Result<DataFrame> {
        let (other, condition) = (other.into(), true_places(mask)?);
        self.map_columns(|c| compute(vec![("x", c.clone()), ("m", mask.clone())], when(condition.clone(), lit(other.clone()), col("x"))))
    }

    /// These values, and those of the other where they are missing or lack the label; rows and columns of both.
    ///
    /// # Errors
    /// Type, for columns without a common type.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let df = DataFrame::new([("x", Column::from(vec![Some(1.0), None]))])?;
    /// let other = DataFrame::new([("x", Column::from(vec![10.0, 20.0, 30.0]))])?;
    /// assert_eq!(df.combine_first(&other)?.column("x")?, &Column::from(vec![1.0, 20.0, 30.0]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn combine_first(&self, other: &DataFrame) -> Result<DataFrame> {
        let (a, b) = self.align(other, Join::Outer)?;
        // Columns stay as they stand; those that only the other has follow.
        let (a, b) = if self.labels().is_unique() && other.labels().is_unique() {
            let own = (0..self.width()).map(|i| self.labels().label(i));
            let more = (0..other.width()).map(|i| other.labels().label(i)).filter(|l| !own.clone().any(|o| o == *l));
            let order: Vec<Key> = own.clone().chain(more).map(Key).collect();
            (a.select(order.clone())?, b.select(order)?)
        } else {
            (a, b)
        };
        let columns = a.columns().iter().zip(b.columns()).zip(a.names());
        let made = columns.map(|((x, y), n)| compute(vec![("x", x.clone()), ("y", y.clone())], col("x").fill(col("y"))).at_column(n));
        a.with_columns(made.collect::<Result<_>>()?)
    }

    /// Numbers brought to between two bounds; the other columns stay.
    ///
    /// A bound that is missing (`Scalar::Null`) is none; missing values stay missing.
    ///
    /// # Errors
    /// Overflow, for a bound that a column cannot hold.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, Scalar};
    /// let df = DataFrame::new([("x", Column::from(vec![Some(1i64), None, Some(5), Some(9)]))])?;
    /// assert_eq!(df.clip(2, 6)?.column("x")?, &Column::from(vec![Some(2i64), None, Some(5), Some(6)]));
    /// assert_eq!(df.clip(2, Scalar::Null)?.column("x")?, &Column::from(vec![Some(2i64), None, Some(5), Some(9)]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn clip(&self, low: impl Into<Scalar>, high: impl Into<Scalar>) -> Result<DataFrame> {
        let (low, high) = (low.into(), high.into());
        self.map_columns(|c| {
            if !c.dtype().is_numeric() {
                return Ok(c.clone());
            }
            let mut expr = col("x");
            if !low.is_missing() {
                expr = when(expr.clone().lt(lit(low.clone())).fill(false), lit(low.clone()), expr);
            }
            if !high.is_missing() {
                expr = when(expr.clone().gt(lit(high.clone())).fill(false), lit(high.clone()), expr);
            }
            one(c, expr)
        })
    }

    /// The difference to the row so many rows before (after, where negative). Times give durations.
    ///
    /// Missing where there is no such row or one of both is missing. Integers stay integers.
    ///
    /// # Errors
    /// Type, for what cannot be subtracted; overflow, for integers.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let df = DataFrame::new([("x", Column::from(vec![Some(1i64), Some(4), None]))])?;
    /// assert_eq!(df.diff(1)?.column("x")?, &Column::from(vec![None, Some(3i64), None]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn diff(&self, by: i64) -> Result<DataFrame> {
        self.map_columns(|c| one(c, col("x").call_with(Func::Diff, [lit(by)])))
    }

    /// The change from the row so many rows before, as a share of it.
    ///
    /// A float; missing where there is no such row or one of both is missing.
    ///
    /// # Errors
    /// Type, for what are no numbers.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let df = DataFrame::new([("x", Column::from(vec![Some(2i64), Some(3), None]))])?;
    /// assert_eq!(df.pct_change(1)?.column("x")?, &Column::from(vec![None, Some(0.5), None]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn pct_change(&self, by: i64) -> Result<DataFrame> {
        self.map_columns(|c| one(c, col("x") / col("x").call_with(Func::Shift, [lit(by)]) - 1))
    }

    /// An aggregate of every column that it is meant for: values under the names of the columns.
    ///
    /// Missing values are skipped.
    ///
    /// # Errors
    /// Overflow, for sums of integers.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, plan::Agg};
    /// let df = DataFrame::new([("x", Column::from(vec![Some(1i64), None, Some(4)])), ("s", vec!["a", "b", "c"].into())])?;
    /// assert_eq!(df.reduce(Agg::Mean)?.data(), &Column::from(vec![2.5]));
    /// assert_eq!(df.reduce(Agg::Count)?.at("s")?, 3i64.into());
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn reduce(&self, agg: Agg) -> Result<Series> {
        let meant: Vec<usize> = (0..self.width()).filter(|&i| aggregate_dtype(agg, self.columns()[i].dtype()).is_ok()).collect();
        let mut values = Vec::with_capacity(meant.len());
        for &i in &meant {
            let frame = DataFrame::new([("x", self.columns()[i].clone())])?;
            let found = frame.lazy()?.aggregate([("x", col("x").agg(agg))], &unbounded()).at_column(&self.names()[i])?;
            values.push(found.columns()[0].scalar(0));
        }
        Series::new(None, column_of(&values)?, Arc::new(self.labels().pick(&meant).to_index()?))
    }
}

/// Where a mask `m` is true, as an expression.
fn true_places(mask: &Column) -> Result<Expr> {
    match mask.dtype() {
        DType::Bool => Ok(col("m").fill(false)),
        t => Err(Error::wrong_type(format!("a mask is bool, this is {t}")).help("compare it with something")),
    }
}

/// Row labels as numbers, ascending.
pub(super) fn positions(index: &Index) -> Result<Vec<f64>> {
    let column = index.columns().swap_remove(0);
    if !column.dtype().is_numeric() && !column.dtype().is_temporal() {
        return Err(Error::wrong_type(format!("gaps are filled along labels that are numbers or times, these are {}", column.dtype())));
    }
    let values = if column.dtype().is_numeric() { column.to_f64()? } else { column.to_i64()?.values().iter().map(|x| *x as f64).collect() };
    if index.nlevels() > 1 || column.missing_count() > 0 || !values.is_sorted() {
        return Err(Error::invalid("gaps are filled along labels that ascend, none missing").help("sort_index first"));
    }
    Ok(values)
}

fn replaced(c: &Column, pairs: &[(Scalar, Scalar)]) -> Result<Column> {
    let mut expr = col("x");
    let mut any = false;
    for (from, to) in pairs.iter().rev() {
        let hit = match from {
            s if s.is_missing() => col("x").is_missing(),
            s => {
                // A value of another kind stands nowhere in the column.
                let index = Index::flat(None, c.clone());
                match index.find(&Key(vec![s.clone()])) {
                    Ok(rows) if !rows.is_empty() => col("x").eq(lit(s.clone())).fill(false),
                    _ => continue,
                }
            }
        };
        any = true;
        expr = when(hit, lit(to.clone()), expr);
    }
    if any { one(c, expr) } else { Ok(c.clone()) }
}

macro_rules! as_frame {
    ($($(#[$doc:meta])* $name:ident ( $($arg:ident : $t:ty),* );)*) => {
        impl Series {
            $($(#[$doc])*
            ///
            /// # Errors
            /// As the verb of the same name of tables.
            pub fn $name(&self $(, $arg: $t)*) -> Result<Series> {
                self.as_frame(|f| f.$name($($arg),*))
            })*
        }
    };
}

as_frame! {
    /// Whether values are missing (NaN is).
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let s = DataFrame::new([("x", Column::from(vec![Some(1.0), None, Some(f64::NAN)]))])?.series("x")?;
    /// assert_eq!(s.isna()?.data(), &Column::from(vec![false, true, true]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    isna();
    /// Whether values are there.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let s = DataFrame::new([("x", Column::from(vec![Some(1.0), None, Some(f64::NAN)]))])?.series("x")?;
    /// assert_eq!(s.notna()?.data(), &Column::from(vec![true, false, false]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    notna();
    /// Missing values replaced by a value.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let s = DataFrame::new([("x", Column::from(vec![Some(1i64), None]))])?.series("x")?;
    /// assert_eq!(s.fillna(0)?.data(), &Column::from(vec![1i64, 0]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    fillna(value: impl Into<Scalar>);
    /// Missing values take the last value before them, at most `limit` rows on.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let s = DataFrame::new([("x", Column::from(vec![None, Some("a"), None, None]))])?.series("x")?;
    /// assert_eq!(s.ffill(Some(1))?.data(), &Column::from(vec![None, Some("a"), Some("a"), None]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    ffill(limit: Option<usize>);
    /// Missing values take the next value after them, at most `limit` rows back.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let s = DataFrame::new([("x", Column::from(vec![None, None, Some("a"), None]))])?.series("x")?;
    /// assert_eq!(s.bfill(Some(1))?.data(), &Column::from(vec![None, Some("a"), Some("a"), None]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    bfill(limit: Option<usize>);
    /// Gaps between two numbers filled.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::Interpolate};
    /// let s = DataFrame::new([("x", Column::from(vec![None, Some(1i64), None, Some(4)]))])?.series("x")?;
    /// assert_eq!(s.interpolate(Interpolate::Linear, None)?.data(), &Column::from(vec![None, Some(1.0), Some(2.5), Some(4.0)]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    interpolate(method: Interpolate, limit: Option<usize>);
    /// Values where a mask is true; elsewhere `other`.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, Scalar};
    /// let s = DataFrame::new([("x", Column::from(vec![1i64, 2, 3]))])?.series("x")?;
    /// assert_eq!(s.keep_where(s.gt(1)?.data(), Scalar::Null)?.data(), &Column::from(vec![None, Some(2i64), Some(3)]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    keep_where(mask: &Column, other: impl Into<Scalar>);
    /// Values where a mask is not true; where it is, `other`.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let s = DataFrame::new([("x", Column::from(vec![1i64, 2, 3]))])?.series("x")?;
    /// assert_eq!(s.mask(s.gt(1)?.data(), 0)?.data(), &Column::from(vec![1i64, 0, 0]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    mask(mask: &Column, other: impl Into<Scalar>);
    /// Numbers brought to between two bounds (missing: no bound).
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, Scalar};
    /// let s = DataFrame::new([("x", Column::from(vec![Some(1i64), None, Some(9)]))])?.series("x")?;
    /// assert_eq!(s.clip(Scalar::Null, 6)?.data(), &Column::from(vec![Some(1i64), None, Some(6)]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    clip(low: impl Into<Scalar>, high: impl Into<Scalar>);
    /// The difference to the row so many rows before.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let s = DataFrame::new([("x", Column::from(vec![Some(1i64), Some(4), None]))])?.series("x")?;
    /// assert_eq!(s.diff(1)?.data(), &Column::from(vec![None, Some(3i64), None]));
    /// assert_eq!(s.diff(-1)?.data(), &Column::from(vec![Some(-3i64), None, None]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    diff(by: i64);
    /// The change from the row so many rows before, as a share of it.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let s = DataFrame::new([("x", Column::from(vec![Some(2i64), Some(3), None]))])?.series("x")?;
    /// assert_eq!(s.pct_change(1)?.data(), &Column::from(vec![None, Some(0.5), None]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pct_change(by: i64);
}

impl Series {
    fn as_frame(&self, f: impl FnOnce(DataFrame) -> Result<DataFrame>) -> Result<Series> {
        let made = f(self.to_frame()?)?;
        Series::new(self.name().map(Into::into), made.columns()[0].clone(), made.index().clone())
    }

    /// An operation with another series or a value.
    ///
    /// Aligned on the labels; the name stays where both have it.
    ///
    /// # Errors
    /// Type, for values that do not go together; shape, where `strict` and the labels differ; invalid, for a table.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::Arithmetic, plan::BinaryOp};
    /// let (a, b) = (DataFrame::new([("x", Column::from(vec![Some(1i64), None]))])?.series("x")?, DataFrame::new([("x", Column::from(vec![10i64, 20, 30]))])?.series("x")?);
    /// let how = Arithmetic { fill_value: Some(0.into()), ..Arithmetic::default() };
    /// assert_eq!(a.operate(BinaryOp::Add, &b, &how)?.data(), &Column::from(vec![11i64, 20, 30]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn operate<'a>(&self, op: BinaryOp, other: impl Into<Operand<'a>>, how: &Arithmetic) -> Result<Series> {
        match other.into() {
            Operand::Value(value) => Series::new(self.name().map(Into::into), beside(op, self.data(), &value, how)?, self.index().clone()),
            Operand::Frame(_) => Err(Error::invalid("a series on the left of a table").help("put the table on the left")),
            Operand::Series(other) => {
                if how.strict && !self.index().same_labels(other.index()) {
                    return Err(differ());
                }
                let (a, b) = self.align(other, Join::Outer)?;
                let name = self.name().filter(|n| Some(*n) == other.name()).map(Into::into);
                Series::new(name, pair(op, a.data(), b.data(), how)?, a.index().clone())
            }
        }
    }

    /// Without missing values.
    ///
    /// The others keep their labels.
    ///
    /// # Errors
    /// Never in practice.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let s = DataFrame::new([("x", Column::from(vec![Some(1i64), None, Some(3)]))])?.series("x")?.dropna()?;
    /// assert_eq!(s.data(), &Column::from(vec![1i64, 3]));
    /// assert_eq!(s.index().columns()[0], Column::from(vec![0i64, 2]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn dropna(&self) -> Result<Series> {
        self.filter(&Column::new(DType::Bool, Arc::new(BooleanArray::new(self.data().present(), None)))?)
    }

    /// Values replaced wherever they stand.
    ///
    /// # Errors
    /// Type, for a value that does not fit.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let s = DataFrame::new([("x", Column::from(vec![Some(1i64), None, Some(3)]))])?.series("x")?;
    /// assert_eq!(s.replace([(1, 10)])?.data(), &Column::from(vec![Some(10i64), None, Some(3)]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn replace<A: Into<Scalar>, B: Into<Scalar>>(&self, pairs: impl IntoIterator<Item = (A, B)>) -> Result<Series> {
        self.as_frame(|f| f.replace(pairs))
    }

    /// These values, and those of the other where they are missing or lack the label.
    ///
    /// # Errors
    /// Type, for values without a common type.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let (s, other) = (DataFrame::new([("x", Column::from(vec![Some(1.0), None]))])?.series("x")?, DataFrame::new([("x", Column::from(vec![10.0, 20.0, 30.0]))])?.series("x")?);
    /// assert_eq!(s.combine_first(&other)?.data(), &Column::from(vec![1.0, 20.0, 30.0]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn combine_first(&self, other: &Series) -> Result<Series> {
        let (a, b) = self.align(other, Join::Outer)?;
        let made = compute(vec![("x", a.data().clone()), ("y", b.data().clone())], col("x").fill(col("y")))?;
        Series::new(self.name().map(Into::into), made, a.index().clone())
    }

    /// Whether values lie between two bounds, both included; of missing ones missing.
    ///
    /// # Errors
    /// Type, for bounds of another kind.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let s = DataFrame::new([("x", Column::from(vec![Some(1i64), None, Some(3), Some(5)]))])?.series("x")?;
    /// assert_eq!(s.between(1, 3)?.data(), &Column::from(vec![Some(true), None, Some(true), Some(false)]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn between(&self, low: impl Into<Scalar>, high: impl Into<Scalar>) -> Result<Series> {
        let expr = col("x").ge(lit(low)).and(col("x").le(lit(high)));
        Series::new(self.name().map(Into::into), one(self.data(), expr)?, self.index().clone())
    }

    /// An aggregate of the values: `s.reduce(Agg::Mean)`.
    ///
    /// Missing ones are skipped.
    ///
    /// # Errors
    /// Type, for values that it is not meant for.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, plan::Agg};
    /// let s = DataFrame::new([("x", Column::from(vec![Some(1i64), None, Some(4)]))])?.series("x")?;
    /// assert_eq!((s.reduce(Agg::Mean)?, s.reduce(Agg::Count)?), (2.5.into(), 2i64.into()));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn reduce(&self, agg: Agg) -> Result<Scalar> {
        let frame = DataFrame::new([("x", self.data().clone())])?;
        Ok(frame.lazy()?.aggregate([("x", col("x").agg(agg))], &unbounded())?.columns()[0].scalar(0))
    }

    /// Values through an expression of `x`: `s.map(parse("sqrt(x) + 1")?)`.
    ///
    /// Labels and name stay.
    ///
    /// # Errors
    /// As [`DataFrame::eval`].
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, plan::parse};
    /// let s = DataFrame::new([("x", Column::from(vec![Some(4.0), None]))])?.series("x")?;
    /// assert_eq!(s.map(parse("sqrt(x) + 1")?)?.data(), &Column::from(vec![Some(3.0), None]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn map(&self, expr: impl Into<Expr>) -> Result<Series> {
        Series::new(self.name().map(Into::into), one(self.data(), expr.into())?, self.index().clone())
    }

    /// A part of dates or times: `year month day hour minute second microsecond dayofyear weekday week quarter
    /// season date days_in_month day_name month_name` (pandas: `s.dt.year`).
    ///
    /// Of a missing time missing; labels and name stay.
    ///
    /// # Errors
    /// Not found, with the nearest name; type, for what are no times.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::Unreadable};
    /// let s = DataFrame::new([("x", Column::from(vec![Some("2024-02-29"), None]))])?.series("x")?.to_datetime(None, Unreadable::Refuse)?;
    /// assert_eq!(s.dt("day_name")?.data(), &Column::from(vec![Some("Thursday"), None]));
    /// assert_eq!(s.dt("days_in_month")?.iat(0)?, 29i64.into());
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn dt(&self, part: &str) -> Result<Series> {
        self.map(col("x").part(part))
    }

    /// The true places of a mask.
    ///
    /// How many there are; missing ones do not count.
    ///
    /// # Errors
    /// Type, where it is not bool.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let s = DataFrame::new([("x", Column::from(vec![Some(1i64), None, Some(3)]))])?.series("x")?;
    /// assert_eq!(s.gt(1)?.count_true()?, 1);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn count_true(&self) -> Result<usize> {
        match self.data().dtype() {
            DType::Bool => Ok(self.data().values().as_boolean().true_count()),
            t => Err(Error::wrong_type(format!("bool is needed, this is {t}"))),
        }
    }
}
