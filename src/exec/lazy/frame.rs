//! Verbs that need all rows, lazily: shifts and totals, ranks, gaps, statistics, longer tables.

use crate::dtype::DType;
use crate::error::Result;
use crate::exec::Interpolate;
use crate::frame::DataFrame;
use crate::kernel::agg::Agg;
use crate::kernel::window::{Ewm, EwmStat};
use crate::ops::window::Ranks;
use crate::plan::{DropRows, Func, Gaps, GroupOrder, LazyFrame, asc, desc, lit};

/// The name of a column of counts among columns of any name.
const COUNT: &str = "\0count";

impl LazyFrame {
    /// The values so many rows before (after, where negative); missing where there is no such row. Types stay.
    ///
    /// # Errors
    /// Never in practice.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::ExecOptions};
    /// let df = DataFrame::new([("x", Column::from(vec![Some(1i64), Some(4), None]))])?;
    /// assert_eq!(df.lazy()?.shift(1)?.collect(&ExecOptions::default())?.column("x")?, &Column::from(vec![None, Some(1i64), Some(4)]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn shift(&self, by: i64) -> Result<LazyFrame> {
        let made = self.all_rows(format!("shift   {by}"), move |df| df.shift(by))?;
        Ok(made.or_by_column(self, |x| x.call_with(Func::Shift, [lit(by)])))
    }

    /// The difference to the row so many rows before (after, where negative).
    ///
    /// # Errors
    /// Type, for what cannot be subtracted; when it is run, overflow of integers.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::ExecOptions};
    /// let df = DataFrame::new([("x", Column::from(vec![Some(1i64), Some(4), None]))])?;
    /// assert_eq!(df.lazy()?.diff(1)?.collect(&ExecOptions::default())?.column("x")?, &Column::from(vec![None, Some(3i64), None]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn diff(&self, by: i64) -> Result<LazyFrame> {
        let made = self.all_rows(format!("diff    {by}"), move |df| df.diff(by))?;
        Ok(made.or_by_column(self, |x| x.call_with(Func::Diff, [lit(by)])))
    }

    /// The change from the row so many rows before, as a share of it.
    ///
    /// # Errors
    /// Type, for what are no numbers.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::ExecOptions};
    /// let df = DataFrame::new([("x", Column::from(vec![Some(2i64), Some(3), None]))])?;
    /// assert_eq!(df.lazy()?.pct_change(1)?.collect(&ExecOptions::default())?.column("x")?, &Column::from(vec![None, Some(0.5), None]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn pct_change(&self, by: i64) -> Result<LazyFrame> {
        let made = self.all_rows(format!("change  {by}"), move |df| df.pct_change(by))?;
        Ok(made.or_by_column(self, |x| x.clone() / x.call_with(Func::Shift, [lit(by)]) - 1))
    }

    /// The sum so far, of numeric columns; missing rows stay missing and are passed over.
    ///
    /// # Errors
    /// When it is run, overflow of integers.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::ExecOptions};
    /// let df = DataFrame::new([("x", Column::from(vec![Some(2i64), None, Some(3)]))])?;
    /// assert_eq!(df.lazy()?.cumsum()?.collect(&ExecOptions::default())?.column("x")?, &Column::from(vec![Some(2i64), None, Some(5)]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn cumsum(&self) -> Result<LazyFrame> {
        Ok(self.all_rows("cumsum".into(), DataFrame::cumsum)?.or_by_column(self, |x| x.call(Func::Cumsum)))
    }

    /// The product so far, of numeric columns.
    ///
    /// # Errors
    /// When it is run, overflow of integers.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::ExecOptions};
    /// let df = DataFrame::new([("x", Column::from(vec![Some(2i64), None, Some(3)]))])?;
    /// assert_eq!(df.lazy()?.cumprod()?.collect(&ExecOptions::default())?.column("x")?, &Column::from(vec![Some(2i64), None, Some(6)]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn cumprod(&self) -> Result<LazyFrame> {
        Ok(self.all_rows("cumprod".into(), DataFrame::cumprod)?.or_by_column(self, |x| x.call(Func::Cumprod)))
    }

    /// The smallest so far.
    ///
    /// # Errors
    /// Never in practice.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::ExecOptions};
    /// let df = DataFrame::new([("x", Column::from(vec![Some(2i64), None, Some(3)]))])?;
    /// assert_eq!(df.lazy()?.cummin()?.collect(&ExecOptions::default())?.column("x")?, &Column::from(vec![Some(2i64), None, Some(2)]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn cummin(&self) -> Result<LazyFrame> {
        Ok(self.all_rows("cummin".into(), DataFrame::cummin)?.or_by_column(self, |x| x.call(Func::Cummin)))
    }

    /// The largest so far.
    ///
    /// # Errors
    /// Never in practice.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::ExecOptions};
    /// let df = DataFrame::new([("x", Column::from(vec![Some(3i64), None, Some(2)]))])?;
    /// assert_eq!(df.lazy()?.cummax()?.collect(&ExecOptions::default())?.column("x")?, &Column::from(vec![Some(3i64), None, Some(3)]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn cummax(&self) -> Result<LazyFrame> {
        Ok(self.all_rows("cummax".into(), DataFrame::cummax)?.or_by_column(self, |x| x.call(Func::Cummax)))
    }

    /// Ranks of every column, from 1; missing values have none. Of type f64.
    ///
    /// # Errors
    /// Type, for values without an order.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::ExecOptions, ops::window::Ranks};
    /// let df = DataFrame::new([("x", Column::from(vec![Some(7i64), None, Some(7), Some(1)]))])?;
    /// let ranks = df.lazy()?.rank(Ranks::default())?.collect(&ExecOptions::default())?;
    /// assert_eq!(ranks.column("x")?, &Column::from(vec![Some(2.5), None, Some(2.5), Some(1.0)]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn rank(&self, how: Ranks) -> Result<LazyFrame> {
        let made = self.all_rows("rank".into(), move |df| df.rank(how))?;
        Ok(if how == Ranks::default() { made.or_by_column(self, |x| x.call(Func::Rank)) } else { made })
    }

    /// Missing values take the last value before them, at most `limit` rows on. Labels stay.
    ///
    /// # Errors
    /// Invalid, for a limit of 0.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::ExecOptions};
    /// let df = DataFrame::new([("x", Column::from(vec![None, Some(1i64), None]))])?;
    /// assert_eq!(df.lazy()?.ffill(None)?.collect(&ExecOptions::default())?.column("x")?, &Column::from(vec![None, Some(1i64), Some(1)]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn ffill(&self, limit: Option<usize>) -> Result<LazyFrame> {
        let made = self.all_rows("ffill".into(), move |df| df.ffill(limit))?;
        Ok(made.or_instead(self.fill_gaps(Gaps::Forward, Some(&self.value_names()), limit)))
    }

    /// Missing values take the next value after them, at most `limit` rows back. Labels stay.
    ///
    /// # Errors
    /// Invalid, for a limit of 0.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::ExecOptions};
    /// let df = DataFrame::new([("x", Column::from(vec![None, Some(1i64), None]))])?;
    /// assert_eq!(df.lazy()?.bfill(None)?.collect(&ExecOptions::default())?.column("x")?, &Column::from(vec![Some(1i64), Some(1), None]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn bfill(&self, limit: Option<usize>) -> Result<LazyFrame> {
        let made = self.all_rows("bfill".into(), move |df| df.bfill(limit))?;
        Ok(made.or_instead(self.fill_gaps(Gaps::Backward, Some(&self.value_names()), limit)))
    }

    /// Gaps between two numbers filled along the rows, or along the row labels; all columns of numbers become floats.
    /// ([`DataFrame::interpolate`] leaves columns without gaps in their type: which these are depends on values.)
    ///
    /// # Errors
    /// Invalid, for a limit of 0; when it is run, for row labels that are no numbers or times, missing or not ascending.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::{ExecOptions, Interpolate}};
    /// let df = DataFrame::new([("x", Column::from(vec![Some(1i64), None, Some(4)]))])?;
    /// let filled = df.lazy()?.interpolate(Interpolate::Linear, None)?.collect(&ExecOptions::default())?;
    /// assert_eq!(filled.column("x")?, &Column::from(vec![1.0, 2.5, 4.0]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn interpolate(&self, method: Interpolate, limit: Option<usize>) -> Result<LazyFrame> {
        let made = self.all_rows("interpolate".into(), move |df| {
            let float = |c: &crate::store::Column| if c.dtype().is_integer() { c.cast(&DType::F64) } else { Ok(c.clone()) };
            df.interpolate(method, limit)?.map_columns(float)
        })?;
        let values = self.schema().fields.iter().skip(self.schema().levels()).filter(|f| f.dtype.is_numeric());
        let numbers: Vec<String> = values.map(|f| f.name.clone()).collect();
        Ok(if method == Interpolate::Linear { made.or_instead(self.fill_gaps(Gaps::Linear, Some(&numbers), limit)) } else { made })
    }

    /// Statistics of numeric columns whose weights fall with the distance of rows.
    ///
    /// # Errors
    /// Invalid, for a decay that is none.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::ExecOptions, kernel::window::{Decay, Ewm, EwmStat}};
    /// let df = DataFrame::new([("x", Column::from(vec![1.0, 4.0]))])?;
    /// let means = df.lazy()?.ewm(Ewm::new(Decay::Alpha(0.5)), EwmStat::Mean)?.collect(&ExecOptions::default())?;
    /// assert_eq!(means.column("x")?, &Column::from(vec![1.0, 3.0]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn ewm(&self, how: Ewm, stat: EwmStat) -> Result<LazyFrame> {
        self.all_rows("ewm".into(), move |df| df.ewm(how).apply(stat))
    }

    /// Lists to rows: each item gets a row of its own, the other columns repeated.
    ///
    /// # Errors
    /// Not found; type, for what is no list.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::ExecOptions, plan::parse};
    /// let df = DataFrame::new([("t", Column::from(vec![Some("a,b"), None]))])?;
    /// let items = df.lazy()?.with("t", parse("split(t, \",\")")?)?.explode("t")?.collect(&ExecOptions::default())?;
    /// assert_eq!(items.column("t")?, &Column::from(vec![Some("a"), Some("b"), None]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn explode(&self, column: &str) -> Result<LazyFrame> {
        let column = column.to_string();
        self.some_rows(format!("explode {column}"), move |df| df.explode(&column))
    }

    /// Columns named `STUB SEPARATOR SUFFIX` to rows: as [`DataFrame::wide_to_long`].
    ///
    /// # Errors
    /// As there.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::ExecOptions};
    /// let df = DataFrame::new([("id", Column::from(vec![7i64])), ("x1", vec![1i64].into()), ("x2", vec![4i64].into())])?;
    /// let long = df.lazy()?.wide_to_long(&["x"], &["id"], "n", "", r"\d+")?.collect(&ExecOptions::default())?;
    /// assert_eq!(long.column("x")?, &Column::from(vec![1i64, 4]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn wide_to_long(&self, stubs: &[&str], i: &[&str], j: &str, separator: &str, suffix: &str) -> Result<LazyFrame> {
        let own = |names: &[&str]| names.iter().map(|n| n.to_string()).collect::<Vec<String>>();
        let (stubs, i) = (own(stubs), own(i));
        let (j, separator, suffix) = (j.to_string(), separator.to_string(), suffix.to_string());
        self.all_rows(format!("long    {}", stubs.join(", ")), move |df| {
            let stubs: Vec<&str> = stubs.iter().map(String::as_str).collect();
            let i: Vec<&str> = i.iter().map(String::as_str).collect();
            df.wide_to_long(&stubs, &i, &j, &separator, &suffix)
        })
    }

    /// Count, mean, standard deviation, least, quantiles and largest of every numeric column, under their names as labels.
    ///
    /// # Errors
    /// Invalid, for probabilities outside 0 to 1, and where no column is numeric.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::ExecOptions};
    /// let df = DataFrame::new([("x", Column::from(vec![Some(1.0), None, Some(3.0)]))])?;
    /// assert_eq!(df.lazy()?.describe(&[0.5])?.collect(&ExecOptions::default())?, df.describe(&[0.5])?);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn describe(&self, quantiles: &[f64]) -> Result<LazyFrame> {
        let quantiles = quantiles.to_vec();
        self.all_rows("describe".into(), move |df| df.describe(&quantiles))
    }

    /// Some aggregates of every column that all of them are meant for: a row for each, under its name as label.
    ///
    /// # Errors
    /// When it is run, overflow of integers.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::ExecOptions, plan::Agg};
    /// let df = DataFrame::new([("x", Column::from(vec![Some(1.0), None, Some(3.0)]))])?;
    /// let found = df.lazy()?.agg(&[Agg::Mean, Agg::Max])?.collect(&ExecOptions::default())?;
    /// assert_eq!(found.column("x")?, &Column::from(vec![2.0, 3.0]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn agg(&self, aggregates: &[Agg]) -> Result<LazyFrame> {
        let aggregates = aggregates.to_vec();
        self.all_rows("aggregates".into(), move |df| df.agg(&aggregates))
    }

    /// How many different values each column has, as one row under the names of the columns. Missing values do not count.
    ///
    /// # Errors
    /// Never in practice.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::ExecOptions};
    /// let df = DataFrame::new([("x", Column::from(vec![Some(2i64), None, Some(2)]))])?;
    /// assert_eq!(df.lazy()?.nunique()?.collect(&ExecOptions::default())?.column("x")?, &Column::from(vec![1i64]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn nunique(&self) -> Result<LazyFrame> {
        self.one_row(Agg::Nunique)
    }

    /// A quantile of every numeric column, as one row under the names of the columns.
    ///
    /// # Errors
    /// Invalid, for a probability outside 0 to 1.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::ExecOptions};
    /// let df = DataFrame::new([("x", Column::from(vec![Some(2i64), None, Some(4)]))])?;
    /// assert_eq!(df.lazy()?.quantile(0.5)?.collect(&ExecOptions::default())?.column("x")?, &Column::from(vec![3.0]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn quantile(&self, probability: f64) -> Result<LazyFrame> {
        super::super::series::check(probability)?;
        self.one_row(Agg::Quantile(probability))
    }

    fn one_row(&self, agg: Agg) -> Result<LazyFrame> {
        self.agg(&[agg])?.drop_index()
    }

    /// How often each combination of values in some columns (all, when `None`) stands, the most frequent first: these values as
    /// labels, and a column `count`.
    ///
    /// # Errors
    /// Not found; type, for lists.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::ExecOptions};
    /// let df = DataFrame::new([("k", Column::from(vec![Some("b"), None, Some("a"), Some("b")]))])?;
    /// let found = df.lazy()?.value_counts(Some(&["k"]))?.collect(&ExecOptions::default())?;
    /// assert_eq!(found.column("count")?, &Column::from(vec![2i64, 1]));
    /// assert_eq!(found.index().label(0), ["b".into()]);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn value_counts(&self, columns: Option<&[&str]>) -> Result<LazyFrame> {
        let wanted: Option<Vec<String>> = columns.map(|names| names.iter().map(|n| n.to_string()).collect());
        let made = self.all_rows("count".into(), move |df| {
            let names: Option<Vec<&str>> = wanted.as_ref().map(|names| names.iter().map(String::as_str).collect());
            df.value_counts(names.as_deref())?.to_frame()
        })?;
        Ok(made.or_instead(self.counted(columns)))
    }

    /// The columns that are no levels of row labels.
    fn value_names(&self) -> Vec<String> {
        self.schema().fields.iter().skip(self.schema().levels()).map(|f| f.name.clone()).collect()
    }

    /// The same by groups and a sort, which need not hold all rows.
    fn counted(&self, columns: Option<&[&str]>) -> Result<LazyFrame> {
        let names: Vec<String> = self.compared(columns)?.into_iter().map(|c| self.schema().fields[c].name.clone()).collect();
        let there = self.dropna(DropRows::Any, Some(&names))?;
        let sizes = there.groupby(names.iter().map(String::as_str)).order(GroupOrder::Appearance).size(COUNT)?;
        sizes.sort([desc(COUNT)].into_iter().chain(names.iter().map(|name| asc(name.as_str()))))
    }

    /// The most frequent values of every column, sorted; missing below where a column has fewer than another.
    ///
    /// # Errors
    /// Type, for lists.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::ExecOptions};
    /// let df = DataFrame::new([("x", Column::from(vec![Some(2i64), None, Some(1), Some(2)]))])?;
    /// assert_eq!(df.lazy()?.mode()?.collect(&ExecOptions::default())?.column("x")?, &Column::from(vec![2i64]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn mode(&self) -> Result<LazyFrame> {
        self.all_rows("mode".into(), |df| df.mode())
    }

    /// The covariance of every two numeric columns, of the rows that have both; the names of the columns are the labels.
    ///
    /// # Errors
    /// Type, where no column is numeric.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::ExecOptions};
    /// let df = DataFrame::new([("x", Column::from(vec![1.0, 2.0, 3.0])), ("y", vec![2.0, 4.0, 6.0].into())])?;
    /// assert_eq!(df.lazy()?.cov()?.collect(&ExecOptions::default())?.column("x")?, &Column::from(vec![1.0, 2.0]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn cov(&self) -> Result<LazyFrame> {
        self.all_rows("cov".into(), |df| df.cov())
    }
}
