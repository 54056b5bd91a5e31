//! Levels of labels, of rows and of columns: in another order, fewer, and rows by one of them.

use super::DataFrame;
use crate::dtype::Scalar;
use crate::error::{Error, Result};
use crate::label::{Index, Key, Level, Loc};
use std::sync::Arc;

/// The positions of all levels after two have changed places.
fn swapped(index: &Index, a: &Level, b: &Level) -> Result<Vec<usize>> {
    let (a, b) = (a.position(index)?, b.position(index)?);
    let mut levels: Vec<usize> = (0..index.nlevels()).collect();
    levels.swap(a, b);
    Ok(levels)
}

/// The positions of all levels but one, which is not the only one.
fn without(index: &Index, level: &Level) -> Result<Vec<usize>> {
    let gone = level.position(index)?;
    let levels: Vec<usize> = (0..index.nlevels()).filter(|&l| l != gone).collect();
    if levels.is_empty() {
        return Err(Error::invalid("the last level of labels stays").help("of rows, drop_index takes it away"));
    }
    Ok(levels)
}

/// The positions of levels, each of which is named once.
fn reordered(index: &Index, order: impl IntoIterator<Item = impl Into<Level>>) -> Result<Vec<usize>> {
    let levels = order.into_iter().map(|l| l.into().position(index)).collect::<Result<Vec<usize>>>()?;
    let mut sorted = levels.clone();
    sorted.sort_unstable();
    if !sorted.into_iter().eq(0..index.nlevels()) {
        return Err(Error::invalid(format!("an order names each of the {} levels once", index.nlevels())));
    }
    Ok(levels)
}

impl DataFrame {
    /// Two levels of the row labels, by name or number, change places. Rows keep their order.
    ///
    /// # Errors
    /// Not found, for a level that is not there; invalid, for an index of one level.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let df = DataFrame::new([("a", Column::from(vec!["u", "v"])), ("b", vec![1i64, 2].into()), ("x", vec![0.5, 1.5].into())])?;
    /// let df = df.set_index(["a", "b"])?;
    /// assert_eq!(df.swap_level("a", "b")?.index().label(0), [1.into(), "u".into()]);
    /// assert_eq!(df.swap_level(0, -1)?, df.swap_level("a", "b")?);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn swap_level(&self, a: impl Into<Level>, b: impl Into<Level>) -> Result<DataFrame> {
        self.pick_levels(&swapped(&self.index, &a.into(), &b.into())?)
    }

    /// Without a level of the row labels, by name or number.
    ///
    /// # Errors
    /// Not found; invalid, for the only level.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let df = DataFrame::new([("a", Column::from(vec!["u", "v"])), ("b", vec![1i64, 2].into()), ("x", vec![0.5, 1.5].into())])?;
    /// assert_eq!(df.set_index(["a", "b"])?.drop_level("a")?, df.select(["b", "x"])?.set_index(["b"])?);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn drop_level(&self, level: impl Into<Level>) -> Result<DataFrame> {
        self.pick_levels(&without(&self.index, &level.into())?)
    }

    /// The levels of the row labels, by name or number, in this order.
    ///
    /// # Errors
    /// Not found; invalid, where not every level is named once, and for an index of one level.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let df = DataFrame::new([("a", Column::from(vec!["u"])), ("b", vec![1i64].into()), ("x", vec![0.5].into())])?.set_index(["a", "b"])?;
    /// assert_eq!(df.reorder_levels(["b", "a"])?, df.swap_level("a", "b")?);
    /// assert!(df.reorder_levels([0, 0]).is_err());
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn reorder_levels<L: Into<Level>>(&self, order: impl IntoIterator<Item = L>) -> Result<DataFrame> {
        self.pick_levels(&reordered(&self.index, order)?)
    }

    fn pick_levels(&self, levels: &[usize]) -> Result<DataFrame> {
        let Index::Multi(m) = &*self.index else {
            return Err(Error::invalid("the index has one level only").help("reset_index takes it away"));
        };
        let index = m.pick(levels)?;
        let index = match levels {
            [_] => Index::flat(index.names()[0].as_deref(), index.columns().swap_remove(0)),
            _ => Index::Multi(index),
        };
        Ok(DataFrame { index: Arc::new(index), ..self.clone() })
    }

    /// Two levels of the column labels, by name or number, change places. Columns keep their order.
    ///
    /// # Errors
    /// Not found, for a level that is not there; invalid, for columns of one level.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, label::Labels};
    /// let labels = Labels::from_tuples(vec![Some("what".into()), Some("year".into())], vec![vec!["rain".into(), 1990.into()]])?;
    /// let df = DataFrame::new([("x", Column::from(vec![0.5]))])?.with_labels(labels)?;
    /// assert_eq!(df.swap_column_level("what", "year")?.labels().label(0), [1990.into(), "rain".into()]);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn swap_column_level(&self, a: impl Into<Level>, b: impl Into<Level>) -> Result<DataFrame> {
        self.pick_column_levels(&swapped(&self.labels.to_index()?, &a.into(), &b.into())?)
    }

    /// Without a level of the column labels, by name or number. Labels may then stand twice.
    ///
    /// # Errors
    /// Not found; invalid, for the only level.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, label::Labels};
    /// let labels = Labels::from_tuples(vec![Some("what".into()), Some("year".into())], vec![vec!["rain".into(), 1990.into()]])?;
    /// let df = DataFrame::new([("x", Column::from(vec![0.5]))])?.with_labels(labels)?;
    /// assert_eq!(df.drop_column_level(1)?.names(), ["rain"]);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn drop_column_level(&self, level: impl Into<Level>) -> Result<DataFrame> {
        self.pick_column_levels(&without(&self.labels.to_index()?, &level.into())?)
    }

    /// The levels of the column labels, by name or number, in this order.
    ///
    /// # Errors
    /// Not found; invalid, where not every level is named once, and for columns of one level.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, label::Labels};
    /// let labels = Labels::from_tuples(vec![Some("what".into()), Some("year".into())], vec![vec!["rain".into(), 1990.into()]])?;
    /// let df = DataFrame::new([("x", Column::from(vec![0.5]))])?.with_labels(labels)?;
    /// assert_eq!(df.reorder_column_levels([1, 0])?.labels().level_names(), [Some("year"), Some("what")]);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn reorder_column_levels<L: Into<Level>>(&self, order: impl IntoIterator<Item = L>) -> Result<DataFrame> {
        self.pick_column_levels(&reordered(&self.labels.to_index()?, order)?)
    }

    fn pick_column_levels(&self, levels: &[usize]) -> Result<DataFrame> {
        self.with_labels(self.labels.pick_levels(levels)?)
    }

    /// The rows that have this label in a level, by name or number; the level goes.
    ///
    /// # Errors
    /// Not found, for a level or a label that is not there.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let df = DataFrame::new([("a", Column::from(vec!["u", "v", "u"])), ("b", vec![1i64, 2, 3].into()), ("x", vec![0.5, 1.5, 2.5].into())])?;
    /// let found = df.set_index(["a", "b"])?.xs("u", "a")?;
    /// assert_eq!(found.column("x")?, &Column::from(vec![0.5, 2.5]));
    /// assert_eq!(found.index().names(), [Some("b")]);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn xs(&self, label: impl Into<Scalar>, level: impl Into<Level>) -> Result<DataFrame> {
        let at = level.into().position(&self.index)?;
        let key = Key(vec![label.into()]);
        let values = Index::flat(self.index.names()[at], self.index.columns().swap_remove(at));
        let rows = values.locate(&Loc::One(key))?.to_vec();
        let mut keep = vec![false; self.height()];
        rows.into_iter().for_each(|i| keep[i] = true);
        let kept = self.filter(&keep.into())?;
        if self.index.nlevels() == 1 { Ok(kept) } else { kept.drop_level(at as i64) }
    }
}
