//! Row labels: set, taken back, sorted, brought to others.

use super::{DataFrame, Series};
use crate::error::{Error, Result};
use crate::label::{Index, Join, Key, Labels, Loc};
use crate::store::{Attrs, Column};
use std::sync::Arc;

impl DataFrame {
    /// The same table under other row labels.
    ///
    /// # Errors
    /// Shape, for another length.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let df = DataFrame::new([("x", Column::from(vec![1i64, 2]))])?;
    /// assert_eq!(df.with_row_labels(Column::from(vec!["a", "b"]))?.at("b", "x")?, 2.into());
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn with_row_labels(&self, index: impl Into<Index>) -> Result<DataFrame> {
        let index = index.into();
        if index.len() != self.height() {
            return Err(Error::shape(format!("{} labels for {} rows", index.len(), self.height())));
        }
        Ok(DataFrame { index: Arc::new(index), ..self.clone() })
    }

    /// Columns as row labels, one level each; the labels there were are gone. Duplicates are allowed.
    ///
    /// # Errors
    /// Not found, with the nearest name; invalid, for no columns.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let df = DataFrame::new([("k", Column::from(vec!["a", "b"])), ("x", vec![1i64, 2].into())])?;
    /// let df = df.set_index(["k"])?;
    /// assert_eq!((df.names(), df.index().label(1)), (&["x".to_string()][..], vec!["b".into()]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn set_index<K: Into<Key>>(&self, columns: impl IntoIterator<Item = K>) -> Result<DataFrame> {
        let at = self.labels.locate(&Loc::Many(columns.into_iter().map(Into::into).collect()))?;
        let names = at.iter().map(|&i| Some(self.names()[i].clone())).collect();
        let levels: Vec<Column> = at.iter().map(|&i| self.columns[i].clone()).collect();
        let index = Index::from_columns(names, &levels)?;
        let kept: Vec<usize> = (0..self.width()).filter(|i| !at.contains(i)).collect();
        Ok(DataFrame { index: Arc::new(index), ..self.columns_at(&kept)? })
    }

    /// Row labels as leading columns; rows count from 0 again. A level without a name is called `index`, of several `level_0` and so on.
    ///
    /// # Errors
    /// Invalid, where a column of that name is there.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let df = DataFrame::new([("k", Column::from(vec!["a", "b"])), ("x", vec![1i64, 2].into())])?;
    /// assert_eq!(df.set_index(["k"])?.reset_index()?, df);
    /// assert_eq!(df.reset_index()?.column("index")?, &Column::from(vec![0i64, 1]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn reset_index(&self) -> Result<DataFrame> {
        let several = self.index.nlevels() > 1;
        let named = self.names().iter().any(|n| n == "index");
        let name = |i: usize, n: Option<&str>| match n {
            Some(n) => n.to_string(),
            None if several || named => format!("level_{i}"),
            None => "index".to_string(),
        };
        let names: Vec<String> = self.index.names().into_iter().enumerate().map(|(i, n)| name(i, n)).collect();
        let mut out = self.drop_index();
        for (i, (name, column)) in names.iter().zip(self.index.columns()).enumerate() {
            out = out.insert(i, name, column)?;
        }
        Ok(out)
    }

    /// Row labels thrown away; rows count from 0 again (pandas: `reset_index(drop=True)`).
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let df = DataFrame::new([("k", Column::from(vec!["a", "b"])), ("x", vec![1i64, 2].into())])?;
    /// assert_eq!(df.set_index(["k"])?.drop_index(), df.select(["x"])?);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn drop_index(&self) -> DataFrame {
        DataFrame { index: Arc::new(Index::range(self.height())), ..self.clone() }
    }

    /// Other names for the levels of the row labels (pandas: `rename_axis`).
    ///
    /// # Errors
    /// Shape, for another number of names.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let df = DataFrame::new([("k", Column::from(vec!["a", "b"])), ("x", vec![1i64, 2].into())])?.set_index(["k"])?;
    /// assert_eq!(df.rename_levels([Some("key")])?.index().names(), [Some("key")]);
    /// assert_eq!(df.rename_levels([None::<&str>])?.index().names(), [None]);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn rename_levels<S: Into<String>>(&self, names: impl IntoIterator<Item = Option<S>>) -> Result<DataFrame> {
        let names = names.into_iter().map(|n| n.map(Into::into)).collect();
        Ok(DataFrame { index: Arc::new(self.index.with_names(names)?), ..self.clone() })
    }

    /// The rows of these labels, in this order; a label that is not there gives a row of missing values. Types stay as they are.
    ///
    /// # Errors
    /// Invalid, where a label of the table stands twice; type, where labels do not compare.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let df = DataFrame::new([("k", Column::from(vec!["a", "b"])), ("x", vec![1i64, 2].into())])?.set_index(["k"])?;
    /// let found = df.reindex(Column::from(vec!["b", "c"]))?;
    /// assert_eq!(found.column("x")?, &Column::from(vec![Some(2i64), None]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn reindex(&self, labels: impl Into<Index>) -> Result<DataFrame> {
        let mut target = labels.into();
        let rows = self.index.indexer(&target)?;
        if target.names().iter().all(Option::is_none) && target.nlevels() == self.index.nlevels() {
            target = target.with_names(self.index.names().into_iter().map(|n| n.map(Into::into)).collect())?;
        }
        let columns = self.columns.iter().map(|c| c.take(&rows)).collect::<Result<_>>()?;
        Ok(DataFrame { columns, index: Arc::new(target), ..self.clone() })
    }

    /// These columns, in this order; one that is not there is all missing (f64).
    ///
    /// # Errors
    /// Invalid, where a name stands twice.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let df = DataFrame::new([("a", Column::from(vec![1i64, 2])), ("b", vec![3i64, 4].into())])?.reindex_columns(["b", "c"])?;
    /// assert_eq!(df.column("b")?, &Column::from(vec![3i64, 4]));
    /// assert_eq!(df.column("c")?, &Column::from(vec![None::<f64>, None]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn reindex_columns<S: AsRef<str>>(&self, names: impl IntoIterator<Item = S>) -> Result<DataFrame> {
        if !self.labels.is_unique() {
            return Err(Error::invalid("column names stand twice, so columns cannot be found by them"));
        }
        let (mut columns, mut attrs, mut texts) = (Vec::new(), Vec::new(), Vec::new());
        for name in names {
            let name = name.as_ref();
            match self.labels.find(&name.into())[..] {
                [at, ..] => {
                    columns.push(self.columns[at].clone());
                    attrs.push(self.column_attrs[at].clone());
                }
                [] => {
                    columns.push(Column::missing(crate::dtype::DType::F64, self.height()));
                    attrs.push(Attrs::new());
                }
            }
            texts.push(name.to_string());
        }
        Ok(DataFrame { columns, column_attrs: attrs, labels: Arc::new(Labels::new(texts)), ..self.clone() })
    }

    /// Both tables over the same row labels and columns: rows and columns of either that the other lacks are missing there
    /// ([`Join::Outer`]), or those that one lacks go.
    ///
    /// # Errors
    /// Type, where labels do not compare.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, label::Join};
    /// let a = DataFrame::new([("x", Column::from(vec![1i64, 2, 3]))])?;
    /// let b = DataFrame::new([("x", Column::from(vec![5i64, 6]))])?;
    /// assert_eq!(a.align(&b, Join::Outer)?.1.column("x")?, &Column::from(vec![Some(5i64), Some(6), None]));
    /// assert_eq!(a.align(&b, Join::Inner)?.0.column("x")?, &Column::from(vec![1i64, 2]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn align(&self, other: &DataFrame, how: Join) -> Result<(DataFrame, DataFrame)> {
        let (index, a, b) = self.index.join(&other.index, how)?;
        let (labels, c, d) = if *self.labels == *other.labels {
            let all: arrow::array::UInt64Array = (0..self.width() as u64).collect::<Vec<_>>().into();
            ((*self.labels).clone(), all.clone(), all)
        } else {
            let (labels, c, d) = self.labels.to_index()?.join(&other.labels.to_index()?, how)?;
            (Labels::from_index(&labels)?, c, d)
        };
        let index = Arc::new(index);
        let side = |frame: &DataFrame,
                    rows: &arrow::array::UInt64Array,
                    columns: &arrow::array::UInt64Array,
                    beside: &DataFrame,
                    theirs: &arrow::array::UInt64Array| {
            let column = |(own, theirs): (Option<u64>, Option<u64>)| match (own, theirs) {
                (Some(c), _) => frame.columns[c as usize].take(rows),
                // Missing in the other's type, so that what is computed of both is what it would be.
                (None, Some(c)) => Ok(Column::missing(beside.columns[c as usize].dtype().clone(), rows.len())),
                (None, None) => Ok(Column::missing(crate::dtype::DType::F64, rows.len())),
            };
            let columns = columns.iter().zip(theirs).map(column).collect::<Result<Vec<_>>>()?;
            let made = DataFrame::with_index(labels.clone(), columns, (*index).clone())?;
            Ok::<_, Error>(DataFrame { index: index.clone(), attrs: frame.attrs.clone(), ..made })
        };
        Ok((side(self, &a, &c, other, &d)?, side(other, &b, &d, self, &c)?))
    }

    /// Rows as columns: names become the row labels, row labels the names. All columns meet in one type.
    ///
    /// # Errors
    /// Type, for columns without a common type.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let df = DataFrame::new([("k", Column::from(vec!["u", "v"])), ("a", vec![Some(1i64), None].into()), ("b", vec![0.5, 1.5].into())])?;
    /// let turned = df.set_index(["k"])?.transpose()?;
    /// assert_eq!(turned.column("v")?, &Column::from(vec![None, Some(1.5)]));
    /// assert_eq!(turned.index().label(0), ["a".into()]);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn transpose(&self) -> Result<DataFrame> {
        let mut dtype = self.columns.first().map_or(crate::dtype::DType::F64, |c| c.dtype().clone());
        for c in &self.columns {
            dtype = crate::dtype::promote(&dtype, c.dtype())?;
        }
        let wide = self.columns.iter().map(|c| c.cast(&dtype)).collect::<Result<Vec<_>>>()?;
        let index = self.labels.to_index()?;
        let labels = Labels::from_index(&self.index)?;
        if wide.is_empty() {
            let columns = (0..self.height()).map(|_| Column::missing(dtype.clone(), 0)).collect();
            return DataFrame::with_index(labels, columns, index);
        }
        let all = Column::concat(&wide)?;
        let n = self.height() as u64;
        let columns = (0..n).map(|row| all.take(&(0..self.width() as u64).map(|c| c * n + row).collect::<Vec<_>>().into()));
        DataFrame::with_index(labels, columns.collect::<Result<_>>()?, index)
    }
}

impl Series {
    /// The same values under another name.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let s = DataFrame::new([("x", Column::from(vec![1i64, 2]))])?.series("x")?;
    /// assert_eq!(s.rename("y").name(), Some("y"));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn rename(&self, name: impl Into<String>) -> Series {
        Series { name: Some(name.into()), ..self.clone() }
    }

    /// As a table of one column, called 0 without a name.
    ///
    /// # Errors
    /// Shape, never in practice.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let df = DataFrame::new([("x", Column::from(vec![1i64, 2])), ("y", vec![3i64, 4].into())])?;
    /// assert_eq!(df.series("x")?.to_frame()?, df.select(["x"])?);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn to_frame(&self) -> Result<DataFrame> {
        let frame = DataFrame::with_index(Labels::new([self.name().unwrap_or("0")]), vec![self.data.clone()], (*self.index).clone())?;
        Ok(DataFrame { index: self.index.clone(), ..frame })
    }

    /// Labels as a leading column beside the values.
    ///
    /// # Errors
    /// Invalid, where both have one name.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let df = DataFrame::new([("k", Column::from(vec!["a", "b"])), ("x", vec![1i64, 2].into())])?;
    /// assert_eq!(df.set_index(["k"])?.series("x")?.reset_index()?, df);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn reset_index(&self) -> Result<DataFrame> {
        self.to_frame()?.reset_index()
    }

    /// The values of these labels, in this order; missing for a label that is not there. The type stays.
    ///
    /// # Errors
    /// Invalid, where a label stands twice.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let s = DataFrame::new([("x", Column::from(vec![1i64, 2]))])?.series("x")?;
    /// assert_eq!(s.reindex(Column::from(vec![1i64, 5]))?.data(), &Column::from(vec![Some(2i64), None]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn reindex(&self, labels: impl Into<Index>) -> Result<Series> {
        let frame = self.to_frame()?.reindex(labels)?;
        Series::new(self.name.clone(), frame.columns[0].clone(), frame.index)
    }

    /// Both over the same labels. Missing where one lacks a label; types stay.
    ///
    /// # Errors
    /// Type, where labels do not compare.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, label::Join};
    /// let a = DataFrame::new([("x", Column::from(vec![1i64, 2, 3]))])?.series("x")?;
    /// let b = a.iloc([2, 0])?;
    /// assert_eq!(a.align(&b, Join::Outer)?.1.data(), &Column::from(vec![Some(1i64), None, Some(3)]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn align(&self, other: &Series, how: Join) -> Result<(Series, Series)> {
        let (index, a, b) = self.index.join(&other.index, how)?;
        let index = Arc::new(index);
        let side = |s: &Series, rows| Series::new(s.name.clone(), s.data.take(rows)?, index.clone());
        Ok((side(self, &a)?, side(other, &b)?))
    }
}

impl PartialEq for Series {
    /// Same name, type, values and labels; NaN equals NaN.
    fn eq(&self, other: &Series) -> bool {
        self.name == other.name && self.data == other.data && self.index == other.index
    }
}
