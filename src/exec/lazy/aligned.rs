//! Rows and columns by their labels or positions, lazily, and tables and labels in memory beside what a plan gives.

use crate::error::Result;
use crate::frame::DataFrame;
use crate::label::{Index, Level, Loc, Method, Positions};
use crate::ops::order::Sorting;
use crate::plan::{LazyFrame, LazyGroupBy, LazyResample, TimeBins};
use crate::store::IndexSpec;

impl LazyFrame {
    /// Rows and columns by label, as [`DataFrame::loc`]. Labels of rows are looked for when the plan is run.
    ///
    /// # Errors
    /// Not found, for a column; when it is run, for a row.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::ExecOptions};
    /// let df = DataFrame::new([("k", Column::from(vec!["a", "b"])), ("x", vec![Some(1i64), None].into())])?.set_index(["k"])?;
    /// assert_eq!(df.lazy()?.loc("b", ..)?.collect(&ExecOptions::default())?, df.loc("b", ..)?);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn loc(&self, rows: impl Into<Loc>, columns: impl Into<Loc>) -> Result<LazyFrame> {
        let (rows, columns) = (rows.into(), columns.into());
        let picked = self.each_batch("columns by label".into(), move |df| df.loc(Loc::All, columns.clone()))?;
        Ok(picked.chosen_rows("rows    by label".into(), move |df| df.loc(rows.clone(), Loc::All)))
    }

    /// Rows and columns by position, as [`DataFrame::iloc`]. Rows are counted when the plan is run.
    ///
    /// # Errors
    /// Not found, for a column; when it is run, for a row.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::ExecOptions};
    /// let df = DataFrame::new([("x", Column::from(vec![1i64, 2, 3])), ("y", vec![4i64, 5, 6].into())])?;
    /// let found = df.lazy()?.iloc(-2..-1, 1)?.collect(&ExecOptions::default())?;
    /// assert_eq!((found.names(), found.column("y")?), (&["y".to_string()][..], &Column::from(vec![5i64])));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn iloc(&self, rows: impl Into<Positions>, columns: impl Into<Positions>) -> Result<LazyFrame> {
        let (rows, columns) = (rows.into(), columns.into());
        let picked = self.each_batch("columns by position".into(), move |df| df.iloc(.., columns.clone()))?;
        Ok(picked.chosen_rows("rows    by position".into(), move |df| df.iloc(rows.clone(), ..)))
    }

    /// Columns by position, in this order; labels stay.
    ///
    /// # Errors
    /// Not found, for a position behind the last.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let df = DataFrame::new([("x", Column::from(vec![Some(1i64), None])), ("y", vec![4i64, 5].into())])?;
    /// assert_eq!(df.lazy()?.columns_at(&[1])?.schema().names().collect::<Vec<_>>(), ["y"]);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn columns_at(&self, columns: &[usize]) -> Result<LazyFrame> {
        let columns = columns.to_vec();
        self.each_batch("columns by position".into(), move |df| df.columns_at(&columns))
    }

    /// Without the rows of these labels.
    ///
    /// # Errors
    /// When it is run, not found for a label.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::ExecOptions};
    /// let df = DataFrame::new([("k", Column::from(vec!["a", "b"])), ("x", vec![Some(1i64), None].into())])?.set_index(["k"])?;
    /// assert_eq!(df.lazy()?.drop_rows("b").collect(&ExecOptions::default())?, df.head(1));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn drop_rows(&self, labels: impl Into<Loc>) -> LazyFrame {
        let labels = labels.into();
        self.chosen_rows("rows    without some".into(), move |df| df.drop_rows(labels.clone()))
    }

    /// The rows that have this label in a level; the level goes.
    ///
    /// # Errors
    /// Not found, for a level; when it is run, for a label.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::ExecOptions};
    /// let df = DataFrame::new([("a", Column::from(vec!["u", "v"])), ("b", vec![1i64, 2].into()), ("x", vec![0.5, 1.5].into())])?;
    /// let df = df.set_index(["a", "b"])?;
    /// assert_eq!(df.lazy()?.xs("u", "a")?.collect(&ExecOptions::default())?, df.xs("u", "a")?);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn xs(&self, label: impl Into<crate::dtype::Scalar>, level: impl Into<Level>) -> Result<LazyFrame> {
        let (label, level) = (label.into(), level.into());
        self.all_rows("rows    by a level".into(), move |df| {
            if df.height() == 0 && df.index().nlevels() > 1 { df.drop_level(level.clone()) } else { df.xs(label.clone(), level.clone()) }
        })
    }

    /// The rows of these labels, in this order; a label that is not there gives a row of missing values.
    ///
    /// # Errors
    /// Type, for labels of another kind; when it is run, invalid where labels stand twice.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, Index, exec::ExecOptions};
    /// let df = DataFrame::new([("k", Column::from(vec!["a", "b"])), ("x", vec![1i64, 2].into())])?.set_index(["k"])?;
    /// let found = df.lazy()?.reindex(Index::flat(Some("k"), vec!["b", "c"].into()))?.collect(&ExecOptions::default())?;
    /// assert_eq!(found.column("x")?, &Column::from(vec![Some(2i64), None]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn reindex(&self, labels: impl Into<Index>) -> Result<LazyFrame> {
        let labels = labels.into();
        self.all_rows("reindex".into(), move |df| df.reindex(labels.clone()))
    }

    /// The rows of these labels, or the nearest on a side, as [`DataFrame::reindex_with`].
    ///
    /// # Errors
    /// As there.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, Index, exec::ExecOptions, label::Method};
    /// let df = DataFrame::new([("k", Column::from(vec![1.0, 3.0])), ("x", vec![1i64, 2].into())])?.set_index(["k"])?;
    /// let labels = Index::flat(Some("k"), vec![2.0, 3.5].into());
    /// let found = df.lazy()?.reindex_with(labels, Method::Pad, None)?.collect(&ExecOptions::default())?;
    /// assert_eq!(found.column("x")?, &Column::from(vec![1i64, 2]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn reindex_with(&self, labels: impl Into<Index>, method: Method, tolerance: Option<f64>) -> Result<LazyFrame> {
        let labels = labels.into();
        self.all_rows("reindex".into(), move |df| df.reindex_with(labels.clone(), method, tolerance))
    }

    /// Columns of these names, in this order; a name that is not there gives a column of missing values.
    ///
    /// # Errors
    /// Invalid, where names stand twice.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let df = DataFrame::new([("x", Column::from(vec![Some(1i64), None]))])?;
    /// assert_eq!(df.lazy()?.reindex_columns(["y", "x"])?.schema().names().collect::<Vec<_>>(), ["y", "x"]);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn reindex_columns<S: AsRef<str>>(&self, names: impl IntoIterator<Item = S>) -> Result<LazyFrame> {
        let names: Vec<String> = names.into_iter().map(|n| n.as_ref().to_string()).collect();
        self.each_batch("columns by name".into(), move |df| df.reindex_columns(&names))
    }

    /// With the values of a table in memory where it has them under the same labels.
    ///
    /// # Errors
    /// As [`DataFrame::update`].
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::ExecOptions};
    /// let df = DataFrame::new([("x", Column::from(vec![1i64, 2]))])?;
    /// let news = DataFrame::new([("x", Column::from(vec![None, Some(5i64)]))])?;
    /// assert_eq!(df.lazy()?.update(&news)?.collect(&ExecOptions::default())?, df.update(&news)?);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn update(&self, other: &DataFrame) -> Result<LazyFrame> {
        let other = other.clone();
        self.all_rows("update".into(), move |df| df.update(&other))
    }

    /// These values, and those of a table in memory where they are missing or lack the label.
    ///
    /// # Errors
    /// As [`DataFrame::combine_first`].
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::ExecOptions};
    /// let df = DataFrame::new([("k", Column::from(vec!["a", "b"])), ("x", vec![Some(1.0), None].into())])?.set_index(["k"])?;
    /// let other = DataFrame::new([("k", Column::from(vec!["b", "c"])), ("x", vec![2.0, 3.0].into())])?.set_index(["k"])?;
    /// assert_eq!(df.lazy()?.combine_first(&other)?.collect(&ExecOptions::default())?, df.combine_first(&other)?);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn combine_first(&self, other: &DataFrame) -> Result<LazyFrame> {
        let other = other.clone();
        self.all_rows("combine".into(), move |df| df.combine_first(&other))
    }

    /// Rows sorted by their labels; rows that are only numbered stand as they are, or the other way round.
    ///
    /// # Errors
    /// Type, for labels without an order.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::ExecOptions, ops::order::Sorting};
    /// let df = DataFrame::new([("k", Column::from(vec!["b", "a"])), ("x", vec![Some(1i64), None].into())])?.set_index(["k"])?;
    /// assert_eq!(df.lazy()?.sort_index(Sorting::default())?.collect(&ExecOptions::default())?, df.sort_index(Sorting::default())?);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn sort_index(&self, sorting: Sorting) -> Result<LazyFrame> {
        self.some_rows("sort    by labels".into(), move |df| df.sort_index(sorting))
    }

    /// A level of the columns to the rows, as [`DataFrame::stack_level`].
    ///
    /// # Errors
    /// Not found, for a level; type, for values without a common type; invalid, where labels of columns stand twice.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::ExecOptions};
    /// let df = DataFrame::new([("k", Column::from(vec!["u"])), ("a", vec![1i64].into()), ("b", vec![2i64].into())])?.set_index(["k"])?;
    /// assert_eq!(df.lazy()?.stack_level(0)?.collect(&ExecOptions::default())?, df.stack_level(0)?);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn stack_level(&self, level: impl Into<Level>) -> Result<LazyFrame> {
        let level = level.into();
        self.all_rows("stack".into(), move |df| df.stack_level(level.clone()))
    }

    /// The rows at even steps of time from the first label to the last, as [`DataFrame::asfreq`].
    ///
    /// # Errors
    /// As there.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::ExecOptions, frame::date_range};
    /// let df = DataFrame::new([("t", date_range("2024-01-01", "2024-01-03", "2D")?), ("x", vec![1i64, 3].into())])?.set_index(["t"])?;
    /// assert_eq!(df.lazy()?.asfreq("D")?.collect(&ExecOptions::default())?, df.asfreq("D")?);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn asfreq(&self, frequency: &str) -> Result<LazyFrame> {
        let frequency = frequency.to_string();
        self.all_rows(format!("asfreq  {frequency}"), move |df| df.asfreq(&frequency))
    }

    /// Groups by a level of the row labels, by name or number.
    ///
    /// # Errors
    /// Not found, for a level; invalid, where rows are only numbered.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::ExecOptions};
    /// let df = DataFrame::new([("k", Column::from(vec!["b", "a", "b"])), ("x", vec![1i64, 2, 4].into())])?.set_index(["k"])?;
    /// let sums = df.lazy()?.groupby_level(0)?.sum()?.collect(&ExecOptions::default())?;
    /// assert_eq!(sums.column("x")?, &Column::from(vec![2i64, 5]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn groupby_level(&self, level: impl Into<Level>) -> Result<LazyGroupBy> {
        Ok(self.groupby([self.level(&level.into())?]))
    }

    /// Bins of time along the row labels.
    ///
    /// # Errors
    /// Invalid, for labels that are no single times.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::ExecOptions, frame::date_range_n, plan::TimeBins};
    /// let df = DataFrame::new([("t", date_range_n("2024-01-01", 3, "D")?), ("x", vec![1i64, 2, 4].into())])?.set_index(["t"])?;
    /// let sums = df.lazy()?.resample_index(TimeBins::new("2D")?)?.sum()?.collect(&ExecOptions::default())?;
    /// assert_eq!(sums.column("x")?, &Column::from(vec![3i64, 4]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn resample_index(&self, bins: TimeBins) -> Result<LazyResample> {
        self.resample(&self.level(&Level::Number(0))?, bins)
    }

    /// The name of the column that a level of row labels is.
    fn level(&self, level: &Level) -> Result<String> {
        let none = DataFrame::from_batch(&crate::store::Batch::concat(self.schema(), &[])?)?;
        match self.schema().index {
            IndexSpec::Levels(_) => Ok(self.schema().fields[level.position(none.index())?].name.clone()),
            _ => Err(crate::error::Error::invalid("the rows are only numbered").help("set_index makes labels of columns")),
        }
    }
}
