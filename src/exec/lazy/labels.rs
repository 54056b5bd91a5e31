//! Row labels, lazily: the leading columns that `collect` makes labels of.

use crate::error::Result;
use crate::label::Level;
use crate::plan::LazyFrame;
use crate::store::IndexSpec;

impl LazyFrame {
    /// Columns as row labels, in place of those that there are.
    ///
    /// # Errors
    /// Not found, with the nearest name.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::ExecOptions};
    /// let df = DataFrame::new([("k", Column::from(vec!["a", "b"])), ("x", vec![Some(1i64), None].into())])?;
    /// assert_eq!(df.lazy()?.set_index(["k"])?.collect(&ExecOptions::default())?, df.set_index(["k"])?);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn set_index<S: Into<String>>(&self, columns: impl IntoIterator<Item = S>) -> Result<LazyFrame> {
        let columns: Vec<String> = columns.into_iter().map(Into::into).collect();
        self.each_batch(format!("labels  {}", columns.join(", ")), move |df| df.set_index(columns.iter().map(String::as_str)))
    }

    /// Row labels as columns; rows are numbered from 0 instead.
    ///
    /// # Errors
    /// Invalid, where a column has the name of a level.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::ExecOptions};
    /// let df = DataFrame::new([("k", Column::from(vec!["a", "b"])), ("x", vec![Some(1i64), None].into())])?;
    /// assert_eq!(df.set_index(["k"])?.lazy()?.reset_index()?.collect(&ExecOptions::default())?, df);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn reset_index(&self) -> Result<LazyFrame> {
        let shown = "labels  to columns".to_string();
        match self.schema().index {
            IndexSpec::Levels(_) => self.each_batch(shown, |df| df.reset_index()),
            // Numbers of rows go on from batch to batch.
            _ => self.all_rows(shown, |df| df.reset_index()),
        }
    }

    /// Without row labels; rows are numbered from 0 instead.
    ///
    /// # Errors
    /// Never in practice.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::ExecOptions};
    /// let df = DataFrame::new([("k", Column::from(vec!["a", "b"])), ("x", vec![Some(1i64), None].into())])?.set_index(["k"])?;
    /// assert_eq!(df.lazy()?.drop_index()?.collect(&ExecOptions::default())?, df.drop_index());
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn drop_index(&self) -> Result<LazyFrame> {
        self.each_batch("labels  none".into(), |df| Ok(df.drop_index()))
    }

    /// Levels of row labels under other names, or none.
    ///
    /// # Errors
    /// Shape, for another number of names than levels.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::ExecOptions};
    /// let df = DataFrame::new([("k", Column::from(vec!["a", "b"])), ("x", vec![Some(1i64), None].into())])?.set_index(["k"])?;
    /// let named = df.lazy()?.rename_levels([Some("key")])?.collect(&ExecOptions::default())?;
    /// assert_eq!(named.index().names(), [Some("key")]);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn rename_levels<S: Into<String>>(&self, names: impl IntoIterator<Item = Option<S>>) -> Result<LazyFrame> {
        let names: Vec<Option<String>> = names.into_iter().map(|n| n.map(Into::into)).collect();
        self.each_batch("labels  renamed".into(), move |df| df.rename_levels(names.clone()))
    }

    /// Two levels of row labels in each other's place.
    ///
    /// # Errors
    /// Not found; invalid, for labels of one level.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::ExecOptions};
    /// let df = DataFrame::new([("a", Column::from(vec![1i64])), ("b", vec![2i64].into()), ("x", vec![3i64].into())])?.set_index(["a", "b"])?;
    /// assert_eq!(df.lazy()?.swap_level("a", "b")?.collect(&ExecOptions::default())?.index().names(), [Some("b"), Some("a")]);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn swap_level(&self, a: impl Into<Level>, b: impl Into<Level>) -> Result<LazyFrame> {
        let (a, b) = (a.into(), b.into());
        self.each_batch("labels  in another order".into(), move |df| df.swap_level(a.clone(), b.clone()))
    }

    /// Without a level of row labels.
    ///
    /// # Errors
    /// Not found; invalid, for labels of one level.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::ExecOptions};
    /// let df = DataFrame::new([("a", Column::from(vec![1i64])), ("b", vec![2i64].into()), ("x", vec![3i64].into())])?.set_index(["a", "b"])?;
    /// assert_eq!(df.lazy()?.drop_level("a")?.collect(&ExecOptions::default())?.index().names(), [Some("b")]);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn drop_level(&self, level: impl Into<Level>) -> Result<LazyFrame> {
        let level = level.into();
        self.each_batch("labels  fewer".into(), move |df| df.drop_level(level.clone()))
    }

    /// The levels of row labels in this order.
    ///
    /// # Errors
    /// Not found; invalid, where not every level is named once.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::ExecOptions};
    /// let df = DataFrame::new([("a", Column::from(vec![1i64])), ("b", vec![2i64].into()), ("x", vec![3i64].into())])?.set_index(["a", "b"])?;
    /// assert_eq!(df.lazy()?.reorder_levels(["b", "a"])?.collect(&ExecOptions::default())?, df.reorder_levels(["b", "a"])?);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn reorder_levels<L: Into<Level>>(&self, order: impl IntoIterator<Item = L>) -> Result<LazyFrame> {
        let order: Vec<Level> = order.into_iter().map(Into::into).collect();
        self.each_batch("labels  in another order".into(), move |df| df.reorder_levels(order.clone()))
    }

    /// Two levels of column labels in each other's place.
    ///
    /// # Errors
    /// Not found; invalid, for columns of one level.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::ExecOptions, label::Labels};
    /// let labels = Labels::from_tuples(vec![Some("what".into()), Some("year".into())], vec![vec!["rain".into(), 1990.into()]])?;
    /// let df = DataFrame::new([("x", Column::from(vec![0.5]))])?.with_labels(labels)?;
    /// assert_eq!(df.lazy()?.swap_column_level(0, 1)?.collect(&ExecOptions::default())?, df.swap_column_level(0, 1)?);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn swap_column_level(&self, a: impl Into<Level>, b: impl Into<Level>) -> Result<LazyFrame> {
        let (a, b) = (a.into(), b.into());
        self.each_batch("columns in another order of levels".into(), move |df| df.swap_column_level(a.clone(), b.clone()))
    }

    /// Without a level of column labels.
    ///
    /// # Errors
    /// Not found; invalid, for columns of one level.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::ExecOptions, label::Labels};
    /// let labels = Labels::from_tuples(vec![Some("what".into()), Some("year".into())], vec![vec!["rain".into(), 1990.into()]])?;
    /// let df = DataFrame::new([("x", Column::from(vec![0.5]))])?.with_labels(labels)?;
    /// assert_eq!(df.lazy()?.drop_column_level("year")?.schema().names().collect::<Vec<_>>(), ["rain"]);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn drop_column_level(&self, level: impl Into<Level>) -> Result<LazyFrame> {
        let level = level.into();
        self.each_batch("columns with fewer levels".into(), move |df| df.drop_column_level(level.clone()))
    }

    /// The levels of column labels in this order.
    ///
    /// # Errors
    /// Not found; invalid, where not every level is named once.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::ExecOptions, label::Labels};
    /// let labels = Labels::from_tuples(vec![Some("what".into()), Some("year".into())], vec![vec!["rain".into(), 1990.into()]])?;
    /// let df = DataFrame::new([("x", Column::from(vec![0.5]))])?.with_labels(labels)?;
    /// assert_eq!(df.lazy()?.reorder_column_levels([1, 0])?.collect(&ExecOptions::default())?, df.swap_column_level(0, 1)?);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn reorder_column_levels<L: Into<Level>>(&self, order: impl IntoIterator<Item = L>) -> Result<LazyFrame> {
        let order: Vec<Level> = order.into_iter().map(Into::into).collect();
        self.each_batch("columns in another order of levels".into(), move |df| df.reorder_column_levels(order.clone()))
    }
}
