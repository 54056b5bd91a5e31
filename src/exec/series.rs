//! Short words for what tables and series have anyway: reductions by name, membership, correlations, types.

use super::ExecOptions;
use crate::dtype::{DType, Scalar};
use crate::error::{Error, Result, ResultExt};
use crate::frame::{DataFrame, Series};
use crate::kernel::agg::Agg;
use crate::kernel::group::CoMoment;
use crate::kernel::order::{KeyColumn, row_codes, row_count};
use crate::label::{Index, Labels, Method};
use crate::ops::order::{Keep, Sorting, Ties};
use crate::plan::{Correlation, Func, col, lit};
use crate::store::{Budget, Column};
use arrow::array::UInt64Array;
use rayon::prelude::*;
use std::sync::Arc;

/// Which bounds belong to a range.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Inclusive {
    /// Both.
    #[default]
    Both,
    /// The lower one.
    Low,
    /// The upper one.
    High,
    /// Neither.
    Neither,
}

macro_rules! reductions {
    // The last literal: what 5, 1, missing, 1 and 1 give.
    ($($name:ident $agg:ident $doc:literal $shown:literal;)*) => {
        impl DataFrame {
            $(#[doc = $doc]
            ///
            /// Of every column that it is meant for, under its name; missing values are skipped.
            ///
            /// # Errors
            /// As [`DataFrame::reduce`].
            ///
            /// # Examples
            /// ```
            /// use hpda_data::{Column, DataFrame};
            /// let df = DataFrame::new([("x", Column::from(vec![Some(5i64), Some(1), None, Some(1), Some(1)]))])?;
            #[doc = concat!("assert_eq!(df.", stringify!($name), "()?.at(\"x\")?, ", $shown, ".into());")]
            /// # Ok::<(), hpda_data::Error>(())
            /// ```
            pub fn $name(&self) -> Result<Series> {
                self.reduce(Agg::$agg)
            })*
        }
        impl Series {
            $(#[doc = $doc]
            ///
            /// Missing values are skipped.
            ///
            /// # Errors
            /// As [`Series::reduce`].
            ///
            /// # Examples
            /// ```
            /// use hpda_data::{Column, DataFrame};
            /// let s = DataFrame::new([("x", Column::from(vec![Some(5i64), Some(1), None, Some(1), Some(1)]))])?.series("x")?;
            #[doc = concat!("assert_eq!(s.", stringify!($name), "()?, ", $shown, ".into());")]
            /// # Ok::<(), hpda_data::Error>(())
            /// ```
            pub fn $name(&self) -> Result<Scalar> {
                self.reduce(Agg::$agg)
            })*
        }
    };
}

reductions! {
    count Count "How many values are there." "4i64";
    sum Sum "The sum; of nothing 0." "8i64";
    mean Mean "The mean." "2.0";
    median Median "The middle value." "1.0";
    min Min "The smallest value." "1i64";
    max Max "The largest value." "5i64";
    std Std "The standard deviation (ddof 1)." "2.0";
    var Var "The variance (ddof 1)." "4.0";
    sem Sem "The standard error of the mean (ddof 1)." "1.0";
    skew Skew "The skewness, corrected for bias." "2.0";
    kurt Kurt "The excess kurtosis, corrected for bias." "4.0";
    prod Prod "The product; of nothing 1." "5i64";
    any Any "Whether any is true." "true";
    all All "Whether all are true." "true";
}

fn numeric(frame: &DataFrame) -> Result<DataFrame> {
    frame.select_dtypes(|t| t.is_numeric() || *t == DType::Bool)
}

impl DataFrame {
    /// Several aggregates of every column that all of them are meant for: a row for each. pandas: `df.agg(["mean", "max"])`.
    ///
    /// # Errors
    /// Type, for aggregates of one column without a common type; overflow, for sums of integers.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, plan::Agg};
    /// let df = DataFrame::new([("x", Column::from(vec![1i64, 3]))])?;
    /// let found = df.agg(&[Agg::Mean, Agg::Max])?;
    /// assert_eq!((found.at("mean", "x")?, found.at("max", "x")?), (2.0.into(), 3.0.into()));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn agg(&self, aggregates: &[Agg]) -> Result<DataFrame> {
        let meant = |t: &DType| aggregates.iter().all(|&a| crate::plan::aggregate_dtype(a, t).is_ok());
        let frame = self.select_dtypes(meant)?;
        let mut columns = Vec::with_capacity(frame.width());
        for i in 0..frame.width() {
            let one = frame.column_at(i)?;
            let values = aggregates.iter().map(|&a| one.reduce(a)).collect::<Result<Vec<_>>>()?;
            let column = crate::frame::column_of(&values).at_column(&frame.names()[i])?;
            // The type of the aggregates, whatever is missing.
            let dtype = aggregates.iter().try_fold(None, |known: Option<DType>, &a| {
                let own = crate::plan::aggregate_dtype(a, frame.columns()[i].dtype())?;
                Ok::<_, Error>(Some(known.map_or_else(|| Ok(own.clone()), |k| crate::dtype::promote(&k, &own))?))
            });
            let dtype = dtype.at_column(&frame.names()[i])?.unwrap_or(DType::F64);
            columns.push(column.cast(&dtype).at_column(&frame.names()[i])?);
        }
        let names: Vec<String> = aggregates.iter().map(Agg::to_string).collect();
        DataFrame::with_index(frame.labels().clone(), columns, Index::flat(None, names.into()))
    }

    /// How often each combination of values of some columns stands (all, when `None`), the most frequent first, equally frequent
    /// ones in order of the values. Rows with a missing value do not count.
    ///
    /// # Errors
    /// Not found, with the nearest name; type, for values that do not compare.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let df = DataFrame::new([("a", Column::from(vec![Some("y"), Some("x"), Some("y"), None]))])?;
    /// let counts = df.value_counts(Some(&["a"]))?;
    /// assert_eq!(counts.data(), &Column::from(vec![2i64, 1]));
    /// assert_eq!(counts.index().columns()[0], Column::from(vec!["y", "x"]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn value_counts(&self, columns: Option<&[&str]>) -> Result<Series> {
        let names: Vec<&str> = columns.map_or_else(|| self.names().iter().map(String::as_str).collect(), <[&str]>::to_vec);
        let sizes = self.groupby(names).size()?;
        let sorted = sizes.sort_values(Sorting { direction: crate::kernel::order::Direction::Descending, ..Sorting::default() })?;
        Ok(sorted.rename("count"))
    }

    /// Groups the rows by a level of their labels, by name or number: [`DataFrame::groupby`] of a level that may have no name.
    ///
    /// # Errors
    /// Not found, for a level.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let df = DataFrame::new([("k", Column::from(vec!["b", "a", "b"])), ("x", vec![Some(1i64), Some(2), None].into())])?;
    /// let sums = df.set_index(["k"])?.groupby_level("k")?.sum()?;
    /// assert_eq!(sums.column("x")?, &Column::from(vec![2i64, 1]));
    /// assert_eq!(sums.index().columns()[0], Column::from(vec!["a", "b"]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn groupby_level(&self, level: impl Into<crate::label::Level>) -> Result<super::GroupBy> {
        let at = level.into().position(self.index())?;
        let schema = self.to_batch()?.schema.clone();
        // An unnamed range is no column, and has one row per label.
        let levels = schema.fields.len() - self.width();
        if levels == 0 {
            let frame = self.with_row_labels(Index::from_columns(vec![Some("index".into())], &self.index().columns())?)?;
            return Ok(frame.groupby(["index"]));
        }
        Ok(self.groupby([schema.fields[at].name.clone()]))
    }

    /// A quantile of every numeric column, linear between neighbours.
    ///
    /// Missing values are skipped; the result is a float.
    ///
    /// # Errors
    /// Invalid, for a probability outside 0 to 1.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let df = DataFrame::new([("x", Column::from(vec![Some(1i64), None, Some(2), Some(4)]))])?;
    /// assert_eq!(df.quantile(0.25)?.at("x")?, 1.5.into());
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn quantile(&self, probability: f64) -> Result<Series> {
        check(probability)?;
        self.reduce(Agg::Quantile(probability))
    }

    /// The commonest values of each column, ascending, as many rows as the longest list has; missing values do not count.
    ///
    /// # Errors
    /// Type, for values that do not compare.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let df = DataFrame::new([("a", Column::from(vec![2i64, 1, 2])), ("b", vec![Some("y"), Some("x"), None].into())])?;
    /// assert_eq!(df.mode()?.column("a")?, &Column::from(vec![Some(2i64), None]));
    /// assert_eq!(df.mode()?.column("b")?, &Column::from(vec!["x", "y"]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn mode(&self) -> Result<DataFrame> {
        let found = (0..self.width()).map(|i| self.column_at(i)?.mode()).collect::<Result<Vec<Series>>>()?;
        let rows = found.iter().map(Series::len).max().unwrap_or(0);
        let at = |n: usize| (0..rows as u64).map(|r| ((r as usize) < n).then_some(r)).collect::<UInt64Array>();
        let columns = found.iter().map(|s| s.data().take(&at(s.len()))).collect::<Result<_>>()?;
        DataFrame::with_index(self.labels().clone(), columns, Index::range(rows))
    }

    fn column_at(&self, i: usize) -> Result<Series> {
        Series::new(Some(self.names()[i].clone()), self.columns()[i].clone(), self.index().clone())
    }

    /// The correlation of every numeric column with every other; missing values are left out pair by pair.
    ///
    /// # Errors
    /// Type, where there are no numbers.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, plan::Correlation};
    /// let df = DataFrame::new([("x", Column::from(vec![1.0, 2.0, 3.0])), ("y", vec![9.0, 4.0, 1.0].into())])?;
    /// let together = df.corr(Correlation::Spearman)?.at("x", "y")?.as_f64().unwrap_or(0.0);
    /// assert!((together + 1.0).abs() < 1e-12);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn corr(&self, method: Correlation) -> Result<DataFrame> {
        let plain = numeric(self)?.drop_index();
        // By position: names may stand twice.
        let numbered = plain.with_labels(Labels::new((0..plain.width()).map(|i| i.to_string())))?;
        let flat = numbered.lazy()?.corr(method, &ExecOptions { budget: Budget::unlimited(), ..ExecOptions::default() })?;
        let names = plain.labels().to_index()?;
        DataFrame::with_index(plain.labels().clone(), flat.columns()[1..].to_vec(), names)
    }

    /// The covariance (ddof 1) of every numeric column with every other; missing values are left out pair by pair.
    ///
    /// # Errors
    /// Type, where there are no numbers.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let df = DataFrame::new([("x", Column::from(vec![Some(1i64), Some(2), None])), ("y", vec![2.0, 4.0, 9.0].into())])?;
    /// let found = df.cov()?;
    /// assert_eq!((found.at("x", "x")?, found.at("x", "y")?, found.at("y", "y")?), (0.5.into(), 1.0.into(), 13.0.into()));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn cov(&self) -> Result<DataFrame> {
        let frame = numeric(self)?;
        if frame.width() == 0 {
            return Err(Error::wrong_type("no column of numbers"));
        }
        let values = frame.columns().iter().map(Column::to_f64).collect::<Result<Vec<_>>>()?;
        let n = frame.width();
        let found: Vec<Option<f64>> = (0..n * n)
            .into_par_iter()
            .map(|at| {
                // The same bits on both sides of the diagonal.
                let (i, j) = ((at / n).min(at % n), (at / n).max(at % n));
                covariance(&values[i], &values[j])
            })
            .collect();
        let columns = found.chunks(n).map(|c| c.to_vec().into()).collect();
        DataFrame::with_index(frame.labels().clone(), columns, frame.labels().to_index()?)
    }

    /// Whether each value is one of a list, in columns that can hold it; missing ones are not, unless missing is listed.
    ///
    /// # Errors
    /// Never in practice.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let df = DataFrame::new([("x", Column::from(vec![Some(1i64), None, Some(3)]))])?;
    /// assert_eq!(df.isin([3, 4])?.column("x")?, &Column::from(vec![false, false, true]));
    /// assert_eq!(df.isin([Some(3), None])?.column("x")?, &Column::from(vec![false, true, true]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn isin<V: Into<Scalar>>(&self, values: impl IntoIterator<Item = V>) -> Result<DataFrame> {
        let values: Vec<Scalar> = values.into_iter().map(Into::into).collect();
        self.map_columns(|c| member(c, &values))
    }

    /// Columns in other types, by name: `df.astype([("x", DType::F64)])`. Numbers widen or narrow exactly or not at all; text is
    /// read.
    ///
    /// Missing values stay missing; columns that are not named stay.
    ///
    /// # Errors
    /// Not found, with the nearest name; parse, for a text that does not read; overflow; type, where there is no such cast.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DType, DataFrame};
    /// let df = DataFrame::new([("x", Column::from(vec![Some("1.5"), None]))])?;
    /// assert_eq!(df.astype([("x", DType::F64)])?.column("x")?, &Column::from(vec![Some(1.5), None]));
    /// assert_eq!(df.fillna("2")?.astype([("x", DType::I64)]).is_err(), true);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn astype<S: AsRef<str>>(&self, types: impl IntoIterator<Item = (S, DType)>) -> Result<DataFrame> {
        let mut out = self.clone();
        for (name, dtype) in types {
            let made = convert(self.column(name.as_ref())?, &dtype).at_column(name.as_ref())?;
            out = out.with_column(name.as_ref(), made)?;
        }
        Ok(out)
    }

    /// Numbers rounded to so many decimals, half to even; the other columns stay.
    ///
    /// Types stay, missing values too.
    ///
    /// # Errors
    /// Invalid, for more than 300 decimals.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let df = DataFrame::new([("x", Column::from(vec![Some(0.125), None, Some(2.5)]))])?;
    /// assert_eq!(df.round(2)?.column("x")?, &Column::from(vec![Some(0.12), None, Some(2.5)]));
    /// assert_eq!(df.round(0)?.column("x")?, &Column::from(vec![Some(0.0), None, Some(2.0)]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn round(&self, decimals: i64) -> Result<DataFrame> {
        self.each_number(|x| x.call_with(Func::Round, [lit(decimals)]))
    }

    /// The magnitudes of numbers; the other columns stay.
    ///
    /// Types stay, missing values too.
    ///
    /// # Errors
    /// Overflow, for the smallest integer of a type.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let df = DataFrame::new([("x", Column::from(vec![Some(-1i64), None, Some(2)]))])?;
    /// assert_eq!(df.abs()?.column("x")?, &Column::from(vec![Some(1i64), None, Some(2)]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn abs(&self) -> Result<DataFrame> {
        self.each_number(|x| x.call(Func::Abs))
    }

    fn each_number(&self, f: impl Fn(crate::plan::Expr) -> crate::plan::Expr) -> Result<DataFrame> {
        self.map_columns(|c| {
            if !c.dtype().is_numeric() {
                return Ok(c.clone());
            }
            DataFrame::new([("x", c.clone())])?.eval(f(col("x")))
        })
    }

    /// The rows at these labels; where a label is not there, the row that counts in its place by a method: the last before it
    /// ([`Method::Pad`]), the first after it, or the nearest (of two as near the larger label), at most `tolerance` away (times in
    /// their unit, microseconds mostly). Else missing.
    ///
    /// # Errors
    /// Invalid, for row labels that are no single numbers or times, not ascending, or stand twice.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, Index, label::Method};
    /// let df = DataFrame::new([("x", Column::from(vec![1.0, 2.0]))])?.with_row_labels(Column::from(vec![10i64, 20]))?;
    /// let made = df.reindex_with(Column::from(vec![9i64, 14, 30]), Method::Pad, None)?;
    /// assert_eq!(made.column("x")?, &Column::from(vec![None, Some(1.0), Some(2.0)]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn reindex_with(&self, labels: impl Into<Index>, method: Method, tolerance: Option<f64>) -> Result<DataFrame> {
        let mut target = labels.into();
        if method == Method::Exact {
            return self.reindex(target);
        }
        let own = super::eager::positions(self.index())?;
        if own.windows(2).any(|w| w[0] == w[1]) {
            return Err(Error::invalid("labels stand twice, so none is nearest").help("drop_duplicates first"));
        }
        let (unit, other) = (self.index().dtype(0), target.dtype(0));
        if target.nlevels() > 1 || unit.is_temporal() != other.is_temporal() {
            return Err(Error::wrong_type(format!("labels of {unit} are not near labels of {other}")));
        }
        let wanted = target.columns().swap_remove(0);
        let wanted = if unit.is_temporal() && unit != other { wanted.cast(&unit)? } else { wanted };
        let numbers: Vec<f64> = if unit.is_temporal() {
            wanted.to_i64()?.iter().map(|t| t.map_or(f64::NAN, |t| t as f64)).collect()
        } else {
            wanted.to_f64()?
        };
        let near = |x: f64| -> Option<u64> {
            let after = own.partition_point(|o| *o < x);
            let before = own.partition_point(|o| *o <= x).checked_sub(1);
            let after = (after < own.len()).then_some(after);
            let found = match (method, before, after) {
                _ if x.is_nan() => None,
                (Method::Pad, b, _) => b,
                (Method::Backfill, _, a) => a,
                (_, Some(b), Some(a)) => Some(if own[a] - x <= x - own[b] { a } else { b }),
                (_, b, a) => b.or(a),
            }?;
            tolerance.is_none_or(|t| (own[found] - x).abs() <= t).then_some(found as u64)
        };
        let rows: UInt64Array = numbers.into_iter().map(near).collect();
        if target.names()[0].is_none() {
            target = target.with_names(self.index().names().into_iter().map(|n| n.map(Into::into)).collect())?;
        }
        let columns = self.columns().iter().map(|c| c.take(&rows)).collect::<Result<_>>()?;
        Ok(DataFrame::with_index(self.labels().clone(), columns, target)?.with_attrs(self.attrs().clone()))
    }

    /// This table with the values of another put in where it has some: same rows and columns, matched by label. Types stay.
    ///
    /// pandas' `update`, which changes in place.
    ///
    /// # Errors
    /// Invalid, for labels of the other that stand twice; type or overflow, for a value that a column cannot hold.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let df = DataFrame::new([("a", Column::from(vec![1i64, 2, 3])), ("b", vec![4i64, 5, 6].into())])?;
    /// let news = DataFrame::new([("b", Column::from(vec![None, Some(50i64)]))])?;
    /// assert_eq!(df.update(&news)?.column("b")?, &Column::from(vec![4i64, 50, 6]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn update(&self, other: &DataFrame) -> Result<DataFrame> {
        let rows = other.index().indexer(self.index())?;
        let mut columns = self.columns().to_vec();
        for (i, column) in columns.iter_mut().enumerate() {
            let label = crate::label::Key(self.labels().label(i));
            let Some(&at) = other.labels().find(&label).first() else { continue };
            let news = other.columns()[at].take(&rows)?.cast(column.dtype()).at_column(&self.names()[i])?;
            let frame = DataFrame::new([("new", news), ("old", column.clone())])?;
            *column = frame.eval(col("new").fill(col("old"))).at_column(&self.names()[i])?;
        }
        self.with_columns(columns)
    }
}

pub(super) fn check(probability: f64) -> Result<()> {
    if (0.0..=1.0).contains(&probability) {
        return Ok(());
    }
    Err(Error::invalid(format!("a quantile of {probability}")).help("probabilities are from 0 to 1"))
}

fn covariance(x: &[f64], y: &[f64]) -> Option<f64> {
    let mut c = CoMoment::default();
    x.iter().zip(y).filter(|(x, y)| !x.is_nan() && !y.is_nan()).for_each(|(&x, &y)| c.add(x, y));
    c.cov()
}

/// Whether values are in a list; values of another kind are in no column.
fn member(c: &Column, values: &[Scalar]) -> Result<Column> {
    let frame = DataFrame::new([("x", c.clone())])?;
    let mut fits: Vec<Scalar> = Vec::new();
    for v in values.iter().filter(|v| !v.is_missing()) {
        let number = |t: &DType| t.is_numeric() || *t == DType::Bool;
        let same_kind = v.dtype().is_some_and(|t| number(&t) == number(c.dtype()));
        if same_kind && frame.eval(col("x").is_in([lit(v.clone())])).is_ok() {
            fits.push(v.clone());
        }
    }
    let there = if fits.is_empty() { lit(false) } else { col("x").is_in(fits.into_iter().map(lit)).fill(false) };
    let missing = values.iter().any(Scalar::is_missing);
    // A column by name keeps the number of rows where the rest is one value.
    let gone = col("x").is_missing();
    frame.eval(if missing { there.or(gone) } else { there.and(!gone) })
}

/// Another type, text read and numbers spelled.
fn convert(c: &Column, dtype: &DType) -> Result<Column> {
    if c.dtype() == dtype {
        return Ok(c.clone());
    }
    let frame = DataFrame::new([("x", c.clone())])?;
    let text = matches!(c.dtype(), DType::Str | DType::Categorical { .. });
    match dtype {
        DType::Str if !text => frame.eval(col("x").call(Func::Str)),
        DType::Categorical { ordered } => {
            let texts = if text { c.cast(&DType::Str)? } else { frame.eval(col("x").call(Func::Str))? };
            let (codes, firsts) = row_codes(&[KeyColumn::new(c)?], row_count(c.len())?);
            let there = c.present();
            // Sorted by value, so that numbers are not in the order of their texts.
            let different = Series::new(
                None,
                c.take(&firsts.iter().map(|&r| r as u64).collect::<Vec<_>>().into())?,
                Arc::new(Index::range(firsts.len())),
            )?;
            let sorted = different.sort_values(Sorting::default())?;
            let order: Vec<usize> = sorted.index().columns()[0].to_i64()?.values().iter().map(|&i| i as usize).collect();
            let kept: Vec<usize> = order.into_iter().filter(|&i| there.value(firsts[i] as usize)).collect();
            let mut code = vec![None; firsts.len()];
            kept.iter().enumerate().for_each(|(at, &i)| code[i] = Some(at as u32));
            let names: Vec<String> = kept.iter().map(|&i| texts.scalar(firsts[i] as usize).to_string()).collect();
            Column::from_codes(codes.iter().map(|&c| code[c as usize]).collect(), &names, *ordered)
        }
        DType::I64 if text => frame.eval(col("x").call(Func::Int)),
        DType::F64 if text => frame.eval(col("x").call(Func::Float)),
        t if text && (t.is_integer() || t.is_float()) => {
            frame.eval(col("x").call(if t.is_float() { Func::Float } else { Func::Int }))?.cast(t)
        }
        DType::Date if text => frame.eval(col("x").call(Func::Date)),
        DType::Instant { tz: None, .. } if text => frame.eval(col("x").call(Func::Datetime))?.cast(dtype),
        t if t.is_integer() && c.dtype().is_float() => {
            // Cut off as in pandas where it is whole; what is not is refused.
            c.cast(t)
        }
        t => c.cast(t),
    }
}

impl Series {
    /// A quantile, linear between neighbours.
    ///
    /// Missing values are skipped; the result is a float.
    ///
    /// # Errors
    /// Type, for what are no numbers; invalid, for a probability outside 0 to 1.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let s = DataFrame::new([("x", Column::from(vec![Some(1i64), None, Some(2), Some(4)]))])?.series("x")?;
    /// assert_eq!((s.quantile(0.5)?, s.quantile(0.25)?), (2.0.into(), 1.5.into()));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn quantile(&self, probability: f64) -> Result<Scalar> {
        check(probability)?;
        self.reduce(Agg::Quantile(probability))
    }

    /// The first `n` rows.
    ///
    /// With their labels; all, where there are fewer.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let s = DataFrame::new([("x", Column::from(vec![Some(1i64), None, Some(3)]))])?.series("x")?;
    /// assert_eq!(s.head(2)?.data(), &Column::from(vec![Some(1i64), None]));
    /// assert_eq!(s.head(9)?.len(), 3);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn head(&self, n: usize) -> Result<Series> {
        self.slice(0, n.min(self.len()))
    }

    /// The last `n` rows.
    ///
    /// With their labels; all, where there are fewer.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let s = DataFrame::new([("x", Column::from(vec![Some(1i64), None, Some(3)]))])?.series("x")?;
    /// assert_eq!(s.tail(2)?.data(), &Column::from(vec![None, Some(3i64)]));
    /// assert_eq!(s.tail(2)?.index().columns()[0], Column::from(vec![1i64, 2]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn tail(&self, n: usize) -> Result<Series> {
        let n = n.min(self.len());
        self.slice(self.len() - n, n)
    }

    fn slice(&self, offset: usize, length: usize) -> Result<Series> {
        Series::new(self.name().map(Into::into), self.data().slice(offset, length), Arc::new(self.index().slice(offset, length)))
    }

    /// The commonest values, ascending; missing ones do not count.
    ///
    /// Rows count from 0.
    ///
    /// # Errors
    /// Type, for values that do not compare.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let s = DataFrame::new([("x", Column::from(vec![Some("b"), Some("a"), None, None, None]))])?.series("x")?;
    /// assert_eq!(s.mode()?.data(), &Column::from(vec!["a", "b"]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn mode(&self) -> Result<Series> {
        let counts = self.value_counts()?;
        let numbers = counts.data().to_i64()?;
        let most = numbers.values().first().copied().unwrap_or(0);
        let n = numbers.values().iter().take_while(|&&c| c == most).count();
        let values = counts.index().columns().swap_remove(0).slice(0, n);
        let sorted = Series::new(self.name().map(Into::into), values, Arc::new(Index::range(n)))?.sort_values(Sorting::default())?;
        Series::new(self.name().map(Into::into), sorted.data().clone(), Arc::new(Index::range(n)))
    }

    /// How often each value stands, as a share of the values that are there.
    ///
    /// pandas' `value_counts(normalize=True)`: the same order and labels, the name is `proportion`.
    ///
    /// # Errors
    /// As [`Series::value_counts`].
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let s = DataFrame::new([("x", Column::from(vec![Some("b"), Some("a"), Some("b"), Some("b"), None]))])?.series("x")?;
    /// let shares = s.value_shares()?;
    /// assert_eq!(shares.data(), &Column::from(vec![0.75, 0.25]));
    /// assert_eq!(shares.index().columns()[0], Column::from(vec!["b", "a"]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn value_shares(&self) -> Result<Series> {
        let counts = self.value_counts()?;
        let numbers = counts.data().to_f64()?;
        let total: f64 = numbers.iter().sum();
        let shares: Vec<f64> = numbers.iter().map(|n| n / total).collect();
        Series::new(Some("proportion".into()), shares.into(), counts.index().clone())
    }

    /// The correlation with another series, rows matched by label; rows where either is missing are left out. Missing of fewer than
    /// two rows and of what is constant.
    ///
    /// # Errors
    /// Type, for what are no numbers.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, plan::Correlation};
    /// let s = DataFrame::new([("x", Column::from(vec![Some(1i64), Some(2), None, Some(4)]))])?.series("x")?;
    /// let other = DataFrame::new([("x", Column::from(vec![1.0, 4.0, 0.0, 16.0]))])?.series("x")?;
    /// assert_eq!(s.corr(&other, Correlation::Kendall)?, Some(1.0));
    /// assert_eq!(s.head(1)?.corr(&other, Correlation::Pearson)?, None);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn corr(&self, other: &Series, method: Correlation) -> Result<Option<f64>> {
        let (x, y) = self.beside(other)?;
        Ok(method.of(&x, &y))
    }

    /// The covariance (ddof 1) with another series, rows matched by label.
    ///
    /// Rows where either is missing are left out; missing of fewer than two rows.
    ///
    /// # Errors
    /// Type, for what are no numbers.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let s = DataFrame::new([("x", Column::from(vec![Some(1i64), Some(2), None]))])?.series("x")?;
    /// let other = DataFrame::new([("x", Column::from(vec![2.0, 4.0, 9.0]))])?.series("x")?;
    /// assert_eq!(s.cov(&other)?, Some(1.0));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn cov(&self, other: &Series) -> Result<Option<f64>> {
        let (x, y) = self.beside(other)?;
        Ok(covariance(&x, &y))
    }

    fn beside(&self, other: &Series) -> Result<(Vec<f64>, Vec<f64>)> {
        let (a, b) = self.align(other, crate::label::Join::Inner)?;
        let (x, y) = (a.data().to_f64()?, b.data().to_f64()?);
        Ok(x.into_iter().zip(y).filter(|(x, y)| !x.is_nan() && !y.is_nan()).unzip())
    }

    /// Whether each value is one of a list; missing ones are not, unless missing is listed.
    ///
    /// # Errors
    /// Never in practice.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let s = DataFrame::new([("x", Column::from(vec![Some("a"), None, Some("c")]))])?.series("x")?;
    /// assert_eq!(s.isin(["a", "b"])?.data(), &Column::from(vec![true, false, false]));
    /// assert_eq!(s.isin([Some("a"), None])?.data(), &Column::from(vec![true, true, false]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn isin<V: Into<Scalar>>(&self, values: impl IntoIterator<Item = V>) -> Result<Series> {
        let values: Vec<Scalar> = values.into_iter().map(Into::into).collect();
        Series::new(self.name().map(Into::into), member(self.data(), &values)?, self.index().clone())
    }

    /// Whether values lie between two bounds, of which those said belong to it; of missing ones missing.
    ///
    /// # Errors
    /// Type, for bounds of another kind.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::Inclusive};
    /// let s = DataFrame::new([("x", Column::from(vec![Some(1i64), None, Some(3)]))])?.series("x")?;
    /// assert_eq!(s.between_with(1, 3, Inclusive::Low)?.data(), &Column::from(vec![Some(true), None, Some(false)]));
    /// assert_eq!(s.between_with(1, 3, Inclusive::High)?.data(), &Column::from(vec![Some(false), None, Some(true)]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn between_with(&self, low: impl Into<Scalar>, high: impl Into<Scalar>, inclusive: Inclusive) -> Result<Series> {
        let (low, high) = (lit(low), lit(high));
        let from = if matches!(inclusive, Inclusive::Both | Inclusive::Low) { col("x").ge(low) } else { col("x").gt(low) };
        let to = if matches!(inclusive, Inclusive::Both | Inclusive::High) { col("x").le(high) } else { col("x").lt(high) };
        self.map(from.and(to))
    }

    /// Exponentially weighted windows of the values.
    ///
    /// A result per row, a float; a missing value takes the result before it.
    ///
    /// # Errors
    /// Invalid, for a decay outside its range; type, for what are no numbers.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, kernel::window::{Decay, Ewm, EwmStat}};
    /// let s = DataFrame::new([("x", Column::from(vec![Some(1i64), None, Some(4)]))])?.series("x")?;
    /// let how = Ewm { adjust: false, ignore_missing: true, ..Ewm::new(Decay::Alpha(0.5)) };
    /// assert_eq!(s.ewm(how, EwmStat::Mean)?.data(), &Column::from(vec![1.0, 1.0, 2.5]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn ewm(&self, how: crate::kernel::window::Ewm, stat: crate::kernel::window::EwmStat) -> Result<Series> {
        let dtype = crate::kernel::window::window_dtype(Agg::Mean, self.data().dtype())?;
        let made = Column::from_f64(how.apply(&self.data().to_f64()?, stat)?, &dtype);
        Series::new(self.name().map(Into::into), made, self.index().clone())
    }

    /// The values in another type: [`DataFrame::astype`].
    ///
    /// # Errors
    /// As there.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DType, DataFrame};
    /// let s = DataFrame::new([("x", Column::from(vec![Some(1i64), None]))])?.series("x")?;
    /// assert_eq!(s.astype(&DType::F64)?.data(), &Column::from(vec![Some(1.0), None]));
    /// assert_eq!(s.astype(&DType::Str)?.data(), &Column::from(vec![Some("1"), None]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn astype(&self, dtype: &DType) -> Result<Series> {
        Series::new(self.name().map(Into::into), convert(self.data(), dtype)?, self.index().clone())
    }

    /// Rounded to so many decimals, half to even.
    ///
    /// The type stays, missing values too.
    ///
    /// # Errors
    /// Type, for what are no numbers; invalid, for more than 300 decimals.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let s = DataFrame::new([("x", Column::from(vec![Some(0.5), None, Some(1.25)]))])?.series("x")?;
    /// assert_eq!(s.round(0)?.data(), &Column::from(vec![Some(0.0), None, Some(1.0)]));
    /// assert_eq!(s.round(1)?.data(), &Column::from(vec![Some(0.5), None, Some(1.2)]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn round(&self, decimals: i64) -> Result<Series> {
        self.map(col("x").call_with(Func::Round, [lit(decimals)]))
    }

    /// Their magnitudes.
    ///
    /// The type stays, missing values too.
    ///
    /// # Errors
    /// Type, for what are no numbers.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let s = DataFrame::new([("x", Column::from(vec![Some(-1i64), None]))])?.series("x")?;
    /// assert_eq!(s.abs()?.data(), &Column::from(vec![Some(1i64), None]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn abs(&self) -> Result<Series> {
        self.map(col("x").call(Func::Abs))
    }

    /// Which values repeat another one.
    ///
    /// Truth values under the same labels; missing repeats missing.
    ///
    /// # Errors
    /// As [`DataFrame::duplicated`].
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, ops::order::Keep};
    /// let s = DataFrame::new([("x", Column::from(vec![Some("a"), None, Some("a"), None]))])?.series("x")?;
    /// assert_eq!(s.duplicated(Keep::First)?.data(), &Column::from(vec![false, false, true, true]));
    /// assert_eq!(s.duplicated(Keep::Last)?.data(), &Column::from(vec![true, true, false, false]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn duplicated(&self, keep: Keep) -> Result<Series> {
        Series::new(self.name().map(Into::into), self.to_frame()?.duplicated(None, keep)?, self.index().clone())
    }

    /// The values that do not repeat another one, with their labels.
    ///
    /// One missing value stays, as any other.
    ///
    /// # Errors
    /// As [`DataFrame::duplicated`].
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, ops::order::Keep};
    /// let s = DataFrame::new([("x", Column::from(vec![Some("a"), None, Some("a"), None]))])?.series("x")?.drop_duplicates(Keep::Last)?;
    /// assert_eq!(s.data(), &Column::from(vec![Some("a"), None]));
    /// assert_eq!(s.index().columns()[0], Column::from(vec![2i64, 3]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn drop_duplicates(&self, keep: Keep) -> Result<Series> {
        self.through(|f| f.drop_duplicates(None, keep))
    }

    /// The `n` largest values, the largest first; of equal ones those that stand first. Missing values come last.
    ///
    /// # Errors
    /// As [`DataFrame::nlargest`].
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let s = DataFrame::new([("x", Column::from(vec![Some(1i64), None, Some(3), Some(3)]))])?.series("x")?.nlargest(2)?;
    /// assert_eq!(s.data(), &Column::from(vec![3i64, 3]));
    /// assert_eq!(s.index().columns()[0], Column::from(vec![2i64, 3]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn nlargest(&self, n: usize) -> Result<Series> {
        let frame = self.to_frame()?;
        let name = frame.names()[0].clone();
        self.through(|f| f.nlargest(n, &name))
    }

    /// The `n` smallest values, the smallest first.
    ///
    /// Missing values come after all others.
    ///
    /// # Errors
    /// As [`DataFrame::nlargest`].
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let s = DataFrame::new([("x", Column::from(vec![Some(5i64), None, Some(3)]))])?.series("x")?;
    /// assert_eq!(s.nsmallest(1)?.data(), &Column::from(vec![3i64]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn nsmallest(&self, n: usize) -> Result<Series> {
        let frame = self.to_frame()?;
        let name = frame.names()[0].clone();
        self.through(|f| f.nsmallest(n, &name))
    }

    /// As [`Series::nlargest`], with a word on equal values of which not all fit.
    ///
    /// # Errors
    /// As there.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, ops::order::Ties};
    /// let s = DataFrame::new([("x", Column::from(vec![Some(3i64), None, Some(3)]))])?.series("x")?;
    /// assert_eq!(s.nlargest_with(1, Ties::All)?.data(), &Column::from(vec![3i64, 3]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn nlargest_with(&self, n: usize, ties: Ties) -> Result<Series> {
        let frame = self.to_frame()?;
        let name = frame.names()[0].clone();
        self.through(|f| f.nlargest_with(n, &name, ties))
    }

    /// As [`Series::nsmallest`], with a word on equal values of which not all fit.
    ///
    /// # Errors
    /// As there.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, ops::order::Ties};
    /// let s = DataFrame::new([("x", Column::from(vec![Some(3i64), None, Some(3)]))])?.series("x")?;
    /// assert_eq!(s.nsmallest_with(1, Ties::Last)?.index().label(0), [2.into()]);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn nsmallest_with(&self, n: usize, ties: Ties) -> Result<Series> {
        let frame = self.to_frame()?;
        let name = frame.names()[0].clone();
        self.through(|f| f.nsmallest_with(n, &name, ties))
    }

    /// The values in the order of their labels. Stable.
    ///
    /// Missing labels come last where nothing else is said.
    ///
    /// # Errors
    /// Type, for labels without an order.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, ops::order::Sorting};
    /// let df = DataFrame::new([("k", Column::from(vec![Some("b"), None, Some("a")])), ("x", vec![1i64, 2, 3].into())])?;
    /// let s = df.set_index(["k"])?.series("x")?;
    /// assert_eq!(s.sort_index(Sorting::default())?.data(), &Column::from(vec![3i64, 1, 2]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn sort_index(&self, sorting: Sorting) -> Result<Series> {
        self.through(|f| f.sort_index(sorting))
    }

    /// The label of the smallest value, level by level; the first where several are.
    ///
    /// Missing values are skipped.
    ///
    /// # Errors
    /// Invalid, where no value is there; type, for values without an order.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let s = DataFrame::new([("x", Column::from(vec![None, Some(2i64), Some(1), Some(1)]))])?.series("x")?;
    /// assert_eq!(s.idxmin()?, [2i64.into()]);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn idxmin(&self) -> Result<Vec<Scalar>> {
        self.extreme(Agg::Argmin)
    }

    /// The label of the largest value, level by level; the first where several are.
    ///
    /// Missing values are skipped.
    ///
    /// # Errors
    /// Invalid, where no value is there; type, for values without an order.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let df = DataFrame::new([("k", Column::from(vec!["a", "b", "c"])), ("x", vec![Some(1i64), None, Some(2)].into())])?;
    /// assert_eq!(df.set_index(["k"])?.series("x")?.idxmax()?, ["c".into()]);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn idxmax(&self) -> Result<Vec<Scalar>> {
        self.extreme(Agg::Argmax)
    }

    fn extreme(&self, agg: Agg) -> Result<Vec<Scalar>> {
        match self.reduce(agg)? {
            Scalar::I64(row) => Ok(self.index().label(row as usize)),
            _ => Err(Error::invalid("the label of the extreme of no values")),
        }
    }

    fn through(&self, f: impl FnOnce(DataFrame) -> Result<DataFrame>) -> Result<Series> {
        let made = f(self.to_frame()?)?;
        Series::new(self.name().map(Into::into), made.columns()[0].clone(), made.index().clone())
    }
}
