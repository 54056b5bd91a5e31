//! Functions of the caller over rows and parts of a table: in parallel, in order, with their errors and panics put in their place.

use super::ExecOptions;
use crate::dtype::Scalar;
use crate::error::{Error, Place, Result, panic_text};
use crate::frame::{DataFrame, Series, column_of};
use crate::ops::tables::{Concat, concat};
use crate::plan::LazyFrame;
use rayon::prelude::*;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Calls a function of the caller; a panic becomes an error that tells its message and place.
pub(crate) fn guarded<T>(place: impl Fn() -> Place, f: impl FnOnce() -> Result<T>) -> Result<T> {
    let made = catch_unwind(AssertUnwindSafe(f))
        .unwrap_or_else(|cause| Err(Error::invalid(format!("the function panicked: {}", panic_text(&*cause).unwrap_or("no message")))));
    made.map_err(|e| e.at(place()))
}

/// One row of a table, as [`DataFrame::apply_rows`] hands it over.
#[derive(Clone, Copy, Debug)]
pub struct Row<'a> {
    frame: &'a DataFrame,
    row: usize,
}

impl Row<'_> {
    /// The value under a column's name.
    ///
    /// # Errors
    /// Not found, with the nearest name.
    pub fn get(&self, column: &str) -> Result<Scalar> {
        Ok(self.frame.column(column)?.scalar(self.row))
    }

    /// The value under a column's name as a number; missing is NaN.
    ///
    /// # Errors
    /// Not found, with the nearest name; type, for what is no number.
    pub fn number(&self, column: &str) -> Result<f64> {
        match self.get(column)? {
            Scalar::Null => Ok(f64::NAN),
            value => value.as_f64().ok_or_else(|| Error::wrong_type("a number is asked for").at(Place::column(column))),
        }
    }

    /// The values of all columns, in order.
    pub fn values(&self) -> Vec<Scalar> {
        self.frame.columns().iter().map(|c| c.scalar(self.row)).collect()
    }

    /// The label of the row, level by level.
    pub fn label(&self) -> Vec<Scalar> {
        self.frame.index().label(self.row)
    }

    /// Where the row stands, from 0.
    pub fn position(&self) -> usize {
        self.row
    }
}

/// At most so many rows are handed to a thread at a time: fewer of a short table, as each may be a long computation.
const RUN: usize = 1024;

impl DataFrame {
    /// A value for each row, by a function that is called from all threads; under the labels of the rows, in their order.
    ///
    /// The type is the one that holds all values; of none f64. pandas: `df.apply(f, axis=1)`. Expressions (`df.eval`) are much
    /// faster where they can say it.
    ///
    /// # Errors
    /// The error of `f` for the first row that has one, with the row; invalid, where `f` panics; type, for values without a common
    /// type.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let df = DataFrame::new([("a", Column::from(vec![3.0, 6.0])), ("b", vec![4.0, 8.0].into())])?;
    /// let c = df.apply_rows(|row| Ok(row.number("a")?.hypot(row.number("b")?).into()))?;
    /// assert_eq!(c.data(), &Column::from(vec![5.0, 10.0]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn apply_rows(&self, f: impl Fn(Row<'_>) -> Result<Scalar> + Sync) -> Result<Series> {
        let one = |row: usize| {
            let place = || Place { row: Some(row as u64), op: Some("apply_rows".into()), ..Place::default() };
            guarded(place, || f(Row { frame: self, row }))
        };
        let run = (self.height() / (8 * rayon::current_num_threads())).clamp(1, RUN);
        let runs = (0..self.height().div_ceil(run)).into_par_iter();
        // Each run ends at its first error; the first run that has one tells it.
        let made: Vec<Result<Vec<Scalar>>> = runs.map(|r| (r * run..((r + 1) * run).min(self.height())).map(one).collect()).collect();
        let values: Vec<Scalar> = made.into_iter().collect::<Result<Vec<_>>>()?.into_iter().flatten().collect();
        Series::new(None, column_of(&values)?, self.index().clone())
    }

    /// Cuts the rows into `n` parts of nearly one length, calls a function with the number and the rows of each, in parallel, and
    /// puts the results one below the other, in order.
    ///
    /// Labels are kept. Fewer rows than parts make empty parts, for which `f` is called as well. dask: `ddf.map_partitions`.
    ///
    /// # Errors
    /// The error of `f` for the first part that has one, with the part's number; invalid, where `f` panics, for 0 parts, and where
    /// results have different columns.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let df = DataFrame::new([("x", Column::from(vec![1i64, 2, 3, 4, 5]))])?;
    /// let firsts = df.map_partitions(2, |_, rows| Ok(rows.head(1)))?;
    /// assert_eq!(firsts.column("x")?, &Column::from(vec![1i64, 4]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn map_partitions(&self, n: usize, f: impl Fn(usize, &DataFrame) -> Result<DataFrame> + Sync) -> Result<DataFrame> {
        if n == 0 {
            return Err(Error::invalid("a table cut into no parts"));
        }
        // The first parts are one row longer where it does not come out even.
        let (each, more) = (self.height() / n, self.height() % n);
        let one = |part: usize| {
            let start = part * each + part.min(more);
            let rows = self.slice(start, each + usize::from(part < more));
            guarded(|| Place { op: Some(format!("part {part} of {n}")), ..Place::default() }, || f(part, &rows))
        };
        let made: Vec<Result<DataFrame>> = (0..n).into_par_iter().with_max_len(1).map(one).collect();
        let made = made.into_iter().collect::<Result<Vec<DataFrame>>>()?;
        if let Some(other) = made.iter().find(|m| m.labels() != made[0].labels()) {
            let names = |f: &DataFrame| f.names().join(", ");
            let e = Error::invalid("the function gives different columns for different parts");
            return Err(e.help(format!("{} and {}", names(&made[0]), names(other))));
        }
        concat(&made, &Concat::default())
    }
}

impl DataFrame {
    /// A value of each column, by a function that is called from all threads; under the names of the columns. pandas: `df.apply(f)`.
    ///
    /// The type is the one that holds all results.
    ///
    /// # Errors
    /// The error of `f` for the first column that has one, with the column; invalid, where `f` panics; type, for values without a
    /// common type.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let df = DataFrame::new([("x", Column::from(vec![Some(1.0), None])), ("y", vec![2.0, 5.0].into())])?;
    /// let gaps = df.apply_columns(|s| Ok((s.data().missing_count() as i64).into()))?;
    /// assert_eq!(gaps.data(), &Column::from(vec![1i64, 0]));
    /// assert_eq!(gaps.at("x")?, 1i64.into());
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn apply_columns(&self, f: impl Fn(&Series) -> Result<Scalar> + Sync) -> Result<Series> {
        let one = |i: usize| {
            let name = &self.names()[i];
            let column = Series::new(Some(name.clone()), self.columns()[i].clone(), self.index().clone())?;
            guarded(|| Place::column(name), || f(&column))
        };
        let made: Vec<Result<Scalar>> = (0..self.width()).into_par_iter().map(one).collect();
        let values = made.into_iter().collect::<Result<Vec<_>>>()?;
        Series::new(None, column_of(&values)?, std::sync::Arc::new(self.labels().to_index()?))
    }
}

impl Series {
    /// A value for each value, missing ones too, by a function that is called from all threads. The type is the one that holds all
    /// results. pandas: `s.map(f)`, `s.apply(f)`.
    ///
    /// # Errors
    /// The error of `f` for the first row that has one, with the row; invalid, where `f` panics; type, for values without a common
    /// type.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, Scalar};
    /// let s = DataFrame::new([("n", Column::from(vec![1i64, 2, 3]))])?.series("n")?;
    /// let words = s.apply(|n| Ok(if n == Scalar::I64(2) { "two".into() } else { Scalar::Null }))?;
    /// assert_eq!(words.data(), &Column::from(vec![None, Some("two"), None]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn apply(&self, f: impl Fn(Scalar) -> Result<Scalar> + Sync) -> Result<Series> {
        let made = self.to_frame()?.apply_rows(|row| f(self.data().scalar(row.position())))?;
        Series::new(self.name().map(Into::into), made.data().clone(), self.index().clone())
    }

    /// For each value the one that stands beside it in a list; missing for values that are not listed. pandas: `s.map(dict)`.
    ///
    /// The type is the one that holds all results; labels and name stay.
    ///
    /// # Errors
    /// Type, for results without a common type.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let s = DataFrame::new([("x", Column::from(vec![Some("a"), None, Some("c")]))])?.series("x")?;
    /// assert_eq!(s.map_values([("a", 1), ("b", 2)])?.data(), &Column::from(vec![Some(1i64), None, None]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn map_values<A: Into<Scalar>, B: Into<Scalar>>(&self, pairs: impl IntoIterator<Item = (A, B)>) -> Result<Series> {
        let pairs: Vec<(Scalar, Scalar)> = pairs.into_iter().map(|(a, b)| (a.into(), b.into())).collect();
        let number = |s: &Scalar| if matches!(s, Scalar::Bool(_)) { None } else { s.as_f64() };
        let same = |a: &Scalar, b: &Scalar| match (number(a), number(b)) {
            (Some(x), Some(y)) => x == y,
            _ => a == b || a.is_missing() && b.is_missing(),
        };
        // Each different value is looked for once.
        let rows = crate::kernel::order::row_count(self.len())?;
        let (codes, firsts) = crate::kernel::order::row_codes(&[crate::kernel::order::KeyColumn::new(self.data())?], rows);
        let found = firsts.iter().map(|&row| {
            let value = self.data().scalar(row as usize);
            pairs.iter().find(|(a, _)| same(a, &value)).map_or(Scalar::Null, |(_, b)| b.clone())
        });
        let found = column_of(&found.collect::<Vec<_>>())?;
        let made = found.take(&arrow::array::UInt64Array::from_iter_values(codes.iter().map(|&c| c as u64)))?;
        Series::new(self.name().map(Into::into), made, self.index().clone())
    }
}

impl LazyFrame {
    /// [`DataFrame::map_partitions`] of what the plan gives. The plan is run at once, within the budget.
    ///
    /// # Errors
    /// As there, and what running the plan says.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::ExecOptions};
    /// let options = ExecOptions::default();
    /// let plan = DataFrame::new([("x", Column::from(vec![Some(1i64), None, Some(3)]))])?.lazy()?;
    /// let made = plan.map_partitions(2, &options, |_, part| part.add(1))?.collect(&options)?;
    /// assert_eq!(made.column("x")?, &Column::from(vec![Some(2i64), None, Some(4)]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn map_partitions(
        &self,
        n: usize,
        options: &ExecOptions,
        f: impl Fn(usize, &DataFrame) -> Result<DataFrame> + Sync,
    ) -> Result<LazyFrame> {
        self.collect(options)?.map_partitions(n, f)?.lazy()
    }

    /// With a column of values by [`DataFrame::apply_rows`] of what the plan gives. The plan is run at once, within the budget.
    ///
    /// # Errors
    /// As there, and what running the plan says.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::ExecOptions};
    /// let options = ExecOptions::default();
    /// let plan = DataFrame::new([("x", Column::from(vec![Some(1.0), None]))])?.lazy()?;
    /// let made = plan.apply_rows("half", &options, |row| Ok((row.number("x")? / 2.0).into()))?.collect(&options)?;
    /// assert_eq!(made.column("half")?, &Column::from(vec![0.5, f64::NAN]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn apply_rows(&self, name: &str, options: &ExecOptions, f: impl Fn(Row<'_>) -> Result<Scalar> + Sync) -> Result<LazyFrame> {
        let frame = self.collect(options)?;
        let made = frame.apply_rows(f)?;
        frame.with_column(name, made.data().clone())?.lazy()
    }
}
