//! Which rows and in which order, lazily.

use crate::error::{Error, Result};
use crate::exec::Sample;
use crate::kernel::order::Direction;
use crate::ops::order::{Keep, Missing, Ties};
use crate::plan::{Large, LazyFrame, SortBy, asc, desc};
use arrow::array::UInt64Array;

fn borrowed(names: &Option<Vec<String>>) -> Option<Vec<&str>> {
    names.as_ref().map(|names| names.iter().map(String::as_str).collect())
}

fn owned(names: Option<&[&str]>) -> Option<Vec<String>> {
    names.map(|names| names.iter().map(|n| n.to_string()).collect())
}

impl LazyFrame {
    /// The first rows, at most so many: another word for [`LazyFrame::limit`].
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::ExecOptions};
    /// let df = DataFrame::new([("x", Column::from(vec![1i64, 2, 3]))])?;
    /// assert_eq!(df.lazy()?.head(2).collect(&ExecOptions::default())?.column("x")?, &Column::from(vec![1i64, 2]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn head(&self, n: usize) -> LazyFrame {
        self.limit(n as u64)
    }

    /// The last rows, at most so many.
    ///
    /// # Errors
    /// Never in practice.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::ExecOptions};
    /// let df = DataFrame::new([("x", Column::from(vec![1i64, 2, 3]))])?;
    /// assert_eq!(df.lazy()?.tail(2)?.collect(&ExecOptions::default())?.column("x")?, &Column::from(vec![2i64, 3]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn tail(&self, n: usize) -> Result<LazyFrame> {
        self.some_rows(format!("tail    {n}"), move |df| Ok(df.tail(n)))
    }

    /// Rows that stand side by side; fewer where the table ends.
    ///
    /// # Errors
    /// Never in practice.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::ExecOptions};
    /// let df = DataFrame::new([("x", Column::from(vec![1i64, 2, 3]))])?;
    /// assert_eq!(df.lazy()?.slice(1, 9)?.collect(&ExecOptions::default())?.column("x")?, &Column::from(vec![2i64, 3]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn slice(&self, offset: usize, length: usize) -> Result<LazyFrame> {
        let upto = self.limit(offset.saturating_add(length) as u64);
        upto.some_rows(format!("slice   {length} from {offset}"), move |df| {
            let from = offset.min(df.height());
            Ok(df.slice(from, length.min(df.height() - from)))
        })
    }

    /// The rows at these positions, in this order.
    ///
    /// # Errors
    /// When it is run, invalid for a position behind the last row.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::ExecOptions};
    /// let df = DataFrame::new([("x", Column::from(vec![1i64, 2, 3]))])?;
    /// assert_eq!(df.lazy()?.take([2, 0, 2]).collect(&ExecOptions::default())?.column("x")?, &Column::from(vec![3i64, 1, 3]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn take(&self, rows: impl IntoIterator<Item = u64>) -> LazyFrame {
        let rows = UInt64Array::from_iter_values(rows);
        self.chosen_rows(format!("take    {} rows", rows.len()), move |df| {
            if let Some(row) = rows.values().iter().find(|&&row| row >= df.height() as u64) {
                return Err(Error::invalid(format!("row {row} of {} rows", df.height())));
            }
            df.take(&rows)
        })
    }

    /// Rows chosen by chance, the same for the same seed, as [`DataFrame::sample`](crate::DataFrame::sample) chooses them.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::ExecOptions};
    /// let df = DataFrame::new([("x", Column::from(vec![1i64, 2, 3]))])?;
    /// let sample = df.lazy()?.sample(2, 7).collect(&ExecOptions::default())?;
    /// assert_eq!(sample.column("x")?, df.sample(2, 7)?.column("x")?);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn sample(&self, n: usize, seed: u64) -> LazyFrame {
        self.chosen_rows(format!("sample  {n}"), move |df| df.sample(n, seed))
    }

    /// Rows chosen by chance as [`DataFrame::sample_with`](crate::DataFrame::sample_with) chooses them: weighted, repeated, a share.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::{ExecOptions, Sample}};
    /// let df = DataFrame::new([("x", Column::from(vec![1i64, 2, 3]))])?;
    /// assert_eq!(df.lazy()?.sample_with(Sample::share(2.0).repeat(), 7).collect(&ExecOptions::default())?.height(), 6);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn sample_with(&self, how: Sample, seed: u64) -> LazyFrame {
        self.chosen_rows("sample".into(), move |df| df.sample_with(&how, seed))
    }

    /// Rows sorted by columns: another word for [`LazyFrame::sort`].
    ///
    /// # Errors
    /// As there.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::ExecOptions, plan::desc};
    /// let df = DataFrame::new([("x", Column::from(vec![Some(1i64), None, Some(3)]))])?;
    /// let sorted = df.lazy()?.sort_values([desc("x")])?.collect(&ExecOptions::default())?;
    /// assert_eq!(sorted.column("x")?, &Column::from(vec![Some(3i64), Some(1), None]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn sort_values<B: Into<SortBy>>(&self, by: impl IntoIterator<Item = B>) -> Result<LazyFrame> {
        self.sort(by)
    }

    /// Rows sorted by columns, missing values first or last. [`LazyFrame::sort`] has them last, and writes what does not fit to disk.
    ///
    /// # Errors
    /// Not found, with the nearest name; type, for values without an order.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::ExecOptions, ops::order::Missing, plan::desc};
    /// let df = DataFrame::new([("x", Column::from(vec![Some(1i64), None, Some(3)]))])?;
    /// let sorted = df.lazy()?.sort_values_with([desc("x")], Missing::First)?.collect(&ExecOptions::default())?;
    /// assert_eq!(sorted.column("x")?, &Column::from(vec![None, Some(3i64), Some(1)]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn sort_values_with<B: Into<SortBy>>(&self, by: impl IntoIterator<Item = B>, missing: Missing) -> Result<LazyFrame> {
        let by: Vec<SortBy> = by.into_iter().map(Into::into).collect();
        if missing == Missing::Last {
            return self.sort(by);
        }
        let shown: Vec<String> = by.iter().map(SortBy::to_string).collect();
        self.some_rows(format!("sort    {}, missing first", shown.join(", ")), move |df| {
            let by: Vec<(&str, Direction)> = by.iter().map(|b| (b.column.as_str(), b.direction)).collect();
            df.sort_values_with(&by, missing)
        })
    }

    /// With a column of this name that tells which rows stand elsewhere too, with the same values in some columns (all, when `None`).
    ///
    /// # Errors
    /// Not found; type, for lists.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::ExecOptions, ops::order::Keep};
    /// let df = DataFrame::new([("x", Column::from(vec![Some(1i64), None, Some(1), None]))])?;
    /// let found = df.lazy()?.duplicated("again", None, Keep::First)?.collect(&ExecOptions::default())?;
    /// assert_eq!(found.column("again")?, &Column::from(vec![false, false, true, true]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn duplicated(&self, name: &str, subset: Option<&[&str]>, keep: Keep) -> Result<LazyFrame> {
        let compared = self.compared(subset).ok();
        let (wanted, subset) = (name.to_string(), owned(subset));
        let made = self.all_rows(format!("duplicated, {keep:?} is not"), move |df| {
            df.with_column(&wanted, df.duplicated(borrowed(&subset).as_deref(), keep)?)
        })?;
        let levels = made.schema().levels();
        let position = made.schema().fields.iter().skip(levels).position(|f| f.name == name).map(|at| at + levels);
        // Labels of several levels are looked up by the table alone.
        let position = position.filter(|_| made.schema().labels.is_none());
        Ok(made.or_large(position.zip(compared).map(|(position, columns)| Large::Repeated { columns, keep, position })))
    }

    /// Of rows with the same values in some columns (all, when `None`) the first, the last, or none.
    ///
    /// # Errors
    /// Not found; type, for lists.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::ExecOptions, ops::order::Keep};
    /// let df = DataFrame::new([("k", Column::from(vec![Some("b"), None, Some("b")])), ("x", vec![1i64, 2, 3].into())])?;
    /// let lasts = df.lazy()?.drop_duplicates(Some(&["k"]), Keep::Last)?.collect(&ExecOptions::default())?;
    /// assert_eq!(lasts.column("x")?, &Column::from(vec![2i64, 3]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn drop_duplicates(&self, subset: Option<&[&str]>, keep: Keep) -> Result<LazyFrame> {
        self.without_repeated(subset, keep)
    }

    /// The rows with the `n` largest values of a column, the largest first. Missing values come after all others.
    ///
    /// # Errors
    /// Not found; type, for what are no numbers or times.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::ExecOptions};
    /// let df = DataFrame::new([("x", Column::from(vec![Some(1i64), None, Some(3), Some(2)]))])?;
    /// assert_eq!(df.lazy()?.nlargest(2, "x")?.collect(&ExecOptions::default())?.column("x")?, &Column::from(vec![3i64, 2]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn nlargest(&self, n: usize, column: &str) -> Result<LazyFrame> {
        self.nlargest_with(n, column, Ties::First)
    }

    /// As [`LazyFrame::nlargest`], with a word on rows of one value of which not all fit.
    ///
    /// # Errors
    /// As there.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::ExecOptions, ops::order::Ties};
    /// let df = DataFrame::new([("x", Column::from(vec![Some(3i64), None, Some(3)]))])?;
    /// let found = df.lazy()?.nlargest_with(1, "x", Ties::All)?.collect(&ExecOptions::default())?;
    /// assert_eq!(found.column("x")?, &Column::from(vec![3i64, 3]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn nlargest_with(&self, n: usize, column: &str, ties: Ties) -> Result<LazyFrame> {
        let by = column.to_string();
        let made = self.some_rows(format!("largest {n} by {by}"), move |df| df.nlargest_with(n, &by, ties))?;
        let same = || Ok(self.sort([desc(column)])?.limit(n as u64));
        Ok(if ties == Ties::First { made.or_instead(same()) } else { made })
    }

    /// The rows with the `n` smallest values of a column, the smallest first. Missing values come after all others.
    ///
    /// # Errors
    /// Not found; type, for what are no numbers or times.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::ExecOptions};
    /// let df = DataFrame::new([("x", Column::from(vec![Some(1i64), None, Some(3), Some(2)]))])?;
    /// assert_eq!(df.lazy()?.nsmallest(2, "x")?.collect(&ExecOptions::default())?.column("x")?, &Column::from(vec![1i64, 2]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn nsmallest(&self, n: usize, column: &str) -> Result<LazyFrame> {
        self.nsmallest_with(n, column, Ties::First)
    }

    /// As [`LazyFrame::nsmallest`], with a word on rows of one value of which not all fit.
    ///
    /// # Errors
    /// As there.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::ExecOptions, ops::order::Ties};
    /// let df = DataFrame::new([("x", Column::from(vec![Some(3i64), None, Some(3)]))])?;
    /// let found = df.lazy()?.nsmallest_with(1, "x", Ties::All)?.collect(&ExecOptions::default())?;
    /// assert_eq!(found.column("x")?, &Column::from(vec![3i64, 3]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn nsmallest_with(&self, n: usize, column: &str, ties: Ties) -> Result<LazyFrame> {
        let by = column.to_string();
        let made = self.some_rows(format!("smallest {n} by {by}"), move |df| df.nsmallest_with(n, &by, ties))?;
        let same = || Ok(self.sort([asc(column)])?.limit(n as u64));
        Ok(if ties == Ties::First { made.or_instead(same()) } else { made })
    }
}
