//! Rows and columns by label and by position; values and columns set in a new table.

use super::{DataFrame, Series};
use crate::dtype::{DType, Scalar};
use crate::error::{Error, Result, ResultExt};
use crate::label::{Hits, Index, Key, Labels, Loc, Positions};
use crate::store::{Attrs, Column};
use arrow::array::{AsArray, UInt64Array};
use std::sync::Arc;

fn list(rows: &[usize]) -> UInt64Array {
    rows.iter().map(|&r| r as u64).collect::<Vec<u64>>().into()
}

impl DataFrame {
    /// Rows and columns.
    pub fn shape(&self) -> (usize, usize) {
        (self.height(), self.width())
    }

    /// The rows for which a column of truth values is true; where it is missing they go. `df.filter(df.column("alive")?)`
    ///
    /// # Errors
    /// Type, for a mask that is not bool; shape, for one of another length.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let df = DataFrame::new([("x", Column::from(vec![1i64, 2, 3])), ("keep", vec![Some(true), None, Some(false)].into())])?;
    /// assert_eq!(df.filter(df.column("keep")?)?.column("x")?, &Column::from(vec![1i64]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn filter(&self, mask: &Column) -> Result<DataFrame> {
        self.rows_at(&self.index.locate(&Loc::Mask(mask.clone()))?)
    }

    fn rows_at(&self, rows: &Hits) -> Result<DataFrame> {
        match rows {
            Hits::Span(r) => Ok(self.slice(r.start, r.len())),
            Hits::List(rows) => self.take(&list(rows)),
        }
    }

    /// These columns by position, in this order.
    ///
    /// # Errors
    /// Shape, for a position outside.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let df = DataFrame::new([("a", Column::from(vec![1i64])), ("b", vec![2i64].into()), ("c", vec![3i64].into())])?;
    /// assert_eq!(df.columns_at(&[2, 0])?.names(), ["c", "a"]);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn columns_at(&self, columns: &[usize]) -> Result<DataFrame> {
        if let Some(worst) = columns.iter().find(|&&c| c >= self.width()) {
            return Err(Error::shape(format!("column {worst} of {}", self.width())));
        }
        Ok(DataFrame {
            columns: columns.iter().map(|&i| self.columns[i].clone()).collect(),
            column_attrs: columns.iter().map(|&i| self.column_attrs[i].clone()).collect(),
            labels: Arc::new(self.labels.pick(columns)),
            ..self.clone()
        })
    }

    /// Rows and columns by label: a label, a list, a slice with both ends, a boolean column, or `..` for all. A label gives every
    /// row that has it. The result is always a table.
    ///
    /// Text finds times by the day, month or year it names. Slices and single labels that lie side by side are views.
    ///
    /// # Errors
    /// Not found, with near labels; type, for a label of another kind than the index.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let df = DataFrame::new([
    ///     ("name", Column::from(vec!["Ada", "Bob", "Cyd"])), ("age", Column::from(vec![36i64, 41, 12])), ("city", Column::from(vec!["x", "y", "z"])),
    /// ])?.set_index(["name"])?;
    /// assert_eq!(df.loc("Ada"..="Bob", "age"..="city")?.shape(), (2, 2));
    /// assert_eq!(df.loc(["Cyd", "Ada"], "age")?.column("age")?, &Column::from(vec![12i64, 36]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn loc(&self, rows: impl Into<Loc>, columns: impl Into<Loc>) -> Result<DataFrame> {
        let columns = self.labels.locate(&columns.into())?;
        let rows = self.index.locate(&rows.into())?;
        self.columns_at(&columns)?.rows_at(&rows)
    }

    /// Rows and columns by position: a position, a list, a slice, or `..`. Negative positions count from the end.
    ///
    /// # Errors
    /// Not found, for a single position outside; slices are cut off.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, label::step};
    /// let df = DataFrame::new([("a", Column::from(vec![1i64, 2, 3])), ("b", Column::from(vec![4i64, 5, 6]))])?;
    /// assert_eq!(df.iloc(-2.., [1])?.column("b")?, &Column::from(vec![5i64, 6]));
    /// assert_eq!(df.iloc(step(None, None, -1), 0)?.column("a")?, &Column::from(vec![3i64, 2, 1]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn iloc(&self, rows: impl Into<Positions>, columns: impl Into<Positions>) -> Result<DataFrame> {
        let columns = columns.into().resolve(self.width(), "column")?;
        let rows = match rows.into() {
            Positions::All => Hits::Span(0..self.height()),
            Positions::Slice(start, stop, 1) => {
                let at = Positions::Slice(start, stop, 1).resolve(self.height(), "row")?;
                at.first().map_or(Hits::Span(0..0), |&f| Hits::Span(f..f + at.len()))
            }
            other => Hits::List(other.resolve(self.height(), "row")?),
        };
        self.columns_at(&columns)?.rows_at(&rows)
    }

    /// The one value at a label and a column. Missing is `Scalar::Null`.
    ///
    /// # Errors
    /// Not found; invalid, where several rows or columns have the label.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, Scalar};
    /// let df = DataFrame::new([("name", Column::from(vec!["Ada", "Bob"])), ("age", vec![Some(36i64), None].into())])?.set_index(["name"])?;
    /// assert_eq!(df.at("Ada", "age")?, 36.into());
    /// assert_eq!(df.at("Bob", "age")?, Scalar::Null);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn at(&self, row: impl Into<Key>, column: impl Into<Key>) -> Result<Scalar> {
        let (row, column) = self.cell(&row.into(), &column.into())?;
        Ok(self.columns[column].scalar(row))
    }

    fn cell(&self, row: &Key, column: &Key) -> Result<(usize, usize)> {
        let rows = self.index.find(row)?;
        let columns = self.labels.find(column);
        match (&rows[..], &columns[..]) {
            ([], _) => Err(self.index.absent(row)),
            (_, []) => Err(self.labels.absent(column)),
            ([r], [c]) => Ok((*r, *c)),
            _ => Err(Error::invalid(format!("{} rows and {} columns have these labels", rows.len(), columns.len()))
                .help("`loc` gives all of them")),
        }
    }

    /// The value at a position. Negative ones count from the end.
    ///
    /// # Errors
    /// Not found, for a position outside.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let df = DataFrame::new([("a", Column::from(vec![1i64, 2])), ("b", vec!["x", "y"].into())])?;
    /// assert_eq!(df.iat(-1, 1)?, "y".into());
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn iat(&self, row: i64, column: i64) -> Result<Scalar> {
        let row = Positions::One(row).resolve(self.height(), "row")?[0];
        let column = Positions::One(column).resolve(self.width(), "column")?[0];
        Ok(self.columns[column].scalar(row))
    }

    /// One row as names and values. Negative positions count from the end.
    ///
    /// # Errors
    /// Not found, for a position outside.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, Scalar};
    /// let df = DataFrame::new([("a", Column::from(vec![1i64, 2])), ("b", vec![Some("x"), None].into())])?;
    /// assert_eq!(df.row(-1)?, [("a", 2.into()), ("b", Scalar::Null)]);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn row(&self, row: i64) -> Result<Vec<(&str, Scalar)>> {
        let row = Positions::One(row).resolve(self.height(), "row")?[0];
        Ok(self.names().iter().zip(&self.columns).map(|(n, c)| (n.as_str(), c.scalar(row))).collect())
    }

    /// The rows one after the other, as values. Row labels are not among them.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let df = DataFrame::new([("a", Column::from(vec![1i64, 2])), ("b", vec!["x", "y"].into())])?;
    /// assert_eq!(df.rows().last(), Some(vec![2.into(), "y".into()]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn rows(&self) -> impl Iterator<Item = Vec<Scalar>> + '_ {
        (0..self.height()).map(|i| self.columns.iter().map(|c| c.scalar(i)).collect())
    }

    /// These columns, in this order.
    ///
    /// # Errors
    /// Not found, with the nearest name.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let df = DataFrame::new([("a", Column::from(vec![1i64])), ("b", vec![2i64].into()), ("c", vec![3i64].into())])?;
    /// assert_eq!(df.select(["c", "a"])?.names(), ["c", "a"]);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn select<K: Into<Key>>(&self, columns: impl IntoIterator<Item = K>) -> Result<DataFrame> {
        self.columns_at(&self.labels.locate(&Loc::Many(columns.into_iter().map(Into::into).collect()))?)
    }

    /// The columns of these types: `df.select_dtypes(DType::is_numeric)`.
    ///
    /// # Errors
    /// Never in practice.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, DType};
    /// let df = DataFrame::new([("a", Column::from(vec![1i64])), ("b", vec!["x"].into()), ("c", vec![0.5].into())])?;
    /// assert_eq!(df.select_dtypes(DType::is_numeric)?.names(), ["a", "c"]);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn select_dtypes(&self, wanted: impl Fn(&DType) -> bool) -> Result<DataFrame> {
        let columns: Vec<usize> = (0..self.width()).filter(|&i| wanted(self.columns[i].dtype())).collect();
        self.columns_at(&columns)
    }

    /// Without these columns.
    ///
    /// # Errors
    /// Not found, with the nearest name.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let df = DataFrame::new([("a", Column::from(vec![1i64])), ("b", vec![2i64].into()), ("c", vec![3i64].into())])?;
    /// assert_eq!(df.drop(["b"])?.names(), ["a", "c"]);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn drop<K: Into<Key>>(&self, columns: impl IntoIterator<Item = K>) -> Result<DataFrame> {
        let gone = self.labels.locate(&Loc::Many(columns.into_iter().map(Into::into).collect()))?;
        let kept: Vec<usize> = (0..self.width()).filter(|i| !gone.contains(i)).collect();
        self.columns_at(&kept)
    }

    /// Without the rows of these labels. The others keep their order and labels.
    ///
    /// # Errors
    /// Not found, for a label that is not there.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let df = DataFrame::new([("k", Column::from(vec!["a", "b", "a"])), ("x", vec![1i64, 2, 3].into())])?.set_index(["k"])?;
    /// assert_eq!(df.drop_rows("a")?.column("x")?, &Column::from(vec![2i64]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn drop_rows(&self, labels: impl Into<Loc>) -> Result<DataFrame> {
        let gone = self.index.locate(&labels.into())?.to_vec();
        let mut keep = vec![true; self.height()];
        gone.into_iter().for_each(|i| keep[i] = false);
        self.filter(&keep.into())
    }

    /// With a column of this name: replaced where it stands, else at the end. Values go by position.
    ///
    /// # Errors
    /// Shape, for another length.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let df = DataFrame::new([("a", Column::from(vec![1i64, 2])), ("b", vec![3i64, 4].into())])?;
    /// let df = df.with_column("a", vec![Some("x"), None])?.with_column("c", vec![0.5, 1.5])?;
    /// assert_eq!(df.names(), ["a", "b", "c"]);
    /// assert_eq!(df.column("a")?, &Column::from(vec![Some("x"), None]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn with_column(&self, name: &str, values: impl Into<Column>) -> Result<DataFrame> {
        let values = values.into();
        match self.labels.find(&name.into())[..] {
            [] => self.insert(self.width(), name, values),
            [at, ..] => self.replaced(at, values).at_column(name),
        }
    }

    /// With a column aligned on the labels: missing where the series has no such label. Types stay.
    ///
    /// # Errors
    /// Invalid, where labels differ and one stands twice in the series.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let df = DataFrame::new([("x", Column::from(vec![1i64, 2, 3]))])?;
    /// let y = df.series("x")?.iloc([2, 0])?;
    /// assert_eq!(df.with_series("y", &y)?.column("y")?, &Column::from(vec![Some(1i64), None, Some(3)]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn with_series(&self, name: &str, values: &Series) -> Result<DataFrame> {
        if values.index().same_labels(&self.index) {
            return self.with_column(name, values.data().clone());
        }
        self.with_column(name, values.data().take(&values.index().indexer(&self.index)?)?)
    }

    /// With one column more at this position.
    ///
    /// # Errors
    /// Shape, for another length or a position outside; invalid, for a name that is there.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let df = DataFrame::new([("a", Column::from(vec![1i64, 2])), ("b", vec![3i64, 4].into())])?;
    /// assert_eq!(df.insert(1, "c", vec![0.5, 1.5])?.names(), ["a", "c", "b"]);
    /// assert!(df.insert(1, "a", vec![0.5, 1.5]).is_err());
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn insert(&self, position: usize, name: &str, values: impl Into<Column>) -> Result<DataFrame> {
        let values = values.into();
        if position > self.width() {
            return Err(Error::shape(format!("column {position} of {}", self.width())));
        }
        if !self.labels.find(&name.into()).is_empty() {
            return Err(Error::invalid(format!("column {name:?} is there already")).help("with_column replaces it"));
        }
        let mut out = self.clone();
        // A table without rows and columns takes the length of its first column.
        if out.width() == 0 && out.height() == 0 {
            out.index = Arc::new(Index::range(values.len()));
        }
        if values.len() != out.height() {
            return Err(Error::shape(format!("column {name:?} has {} rows, the table {}", values.len(), out.height())));
        }
        out.labels = Arc::new(self.labels.inserted(position, name));
        out.columns.insert(position, values);
        out.column_attrs.insert(position, Attrs::new());
        Ok(out)
    }

    /// With other values in a column by position.
    pub(crate) fn replaced(&self, position: usize, values: Column) -> Result<DataFrame> {
        if values.len() != self.height() {
            return Err(Error::shape(format!("{} values for {} rows", values.len(), self.height())));
        }
        let mut out = self.clone();
        out.columns[position] = values;
        Ok(out)
    }

    /// With other columns under the same labels and index; their attributes go where values were computed (`Attrs` kept on request).
    ///
    /// # Errors
    /// Shape, where lengths or counts differ.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let df = DataFrame::new([("k", Column::from(vec!["a", "b"])), ("x", vec![3i64, 4].into())])?.set_index(["k"])?;
    /// let other = df.with_columns(vec![Column::from(vec![Some(0.5), None])])?;
    /// assert_eq!(other.at("a", "x")?, 0.5.into());
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn with_columns(&self, columns: Vec<Column>) -> Result<DataFrame> {
        let made = DataFrame::with_index((*self.labels).clone(), columns, (*self.index).clone())?;
        Ok(DataFrame { index: self.index.clone(), labels: self.labels.clone(), attrs: self.attrs.clone(), ..made })
    }

    /// With one value set at a label and a column (every row and column of these labels).
    ///
    /// A number of another type widens the column; anything else that does not fit is an error.
    ///
    /// # Errors
    /// Not found; type, for a value that the column cannot hold.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, Scalar};
    /// let df = DataFrame::new([("x", Column::from(vec![1i64, 2, 3]))])?;
    /// assert_eq!(df.set_loc(1..=2, "x", Scalar::Null)?.column("x")?, &Column::from(vec![Some(1i64), None, None]));
    /// assert_eq!(df.set_loc(0, "x", 0.5)?.column("x")?, &Column::from(vec![0.5, 2.0, 3.0]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn set_loc(&self, rows: impl Into<Loc>, columns: impl Into<Loc>, value: impl Into<Scalar>) -> Result<DataFrame> {
        let rows = self.index.locate(&rows.into())?.to_vec();
        let columns = self.labels.locate(&columns.into())?;
        self.set_cells(&rows, &columns, &value.into())
    }

    /// The same by position.
    ///
    /// # Errors
    /// Not found, for a position outside; type, for a value that the column cannot hold.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let df = DataFrame::new([("x", Column::from(vec![1i64, 2, 3]))])?;
    /// assert_eq!(df.set_iloc(-1, 0, 9)?.column("x")?, &Column::from(vec![1i64, 2, 9]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn set_iloc(&self, rows: impl Into<Positions>, columns: impl Into<Positions>, value: impl Into<Scalar>) -> Result<DataFrame> {
        let rows = rows.into().resolve(self.height(), "row")?;
        let columns = columns.into().resolve(self.width(), "column")?;
        self.set_cells(&rows, &columns, &value.into())
    }

    fn set_cells(&self, rows: &[usize], columns: &[usize], value: &Scalar) -> Result<DataFrame> {
        let mut out = self.clone();
        for &c in columns {
            out.columns[c] = set(&self.columns[c], rows, value).at_column(&self.names()[c])?;
        }
        Ok(out)
    }

    /// With other names for some columns; names that are not there are an error (pandas passes over them).
    ///
    /// # Errors
    /// Not found, with the nearest name.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let df = DataFrame::new([("a", Column::from(vec![1i64])), ("b", vec![2i64].into())])?;
    /// assert_eq!(df.rename([("b", "c")])?.names(), ["a", "c"]);
    /// assert!(df.rename([("d", "c")]).is_err());
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn rename<A: AsRef<str>, B: AsRef<str>>(&self, names: impl IntoIterator<Item = (A, B)>) -> Result<DataFrame> {
        let mut labels = (*self.labels).clone();
        for (from, to) in names {
            for i in self.labels.locate(&Loc::from(from.as_ref()))? {
                labels = labels.renamed(i, to.as_ref());
            }
        }
        Ok(DataFrame { labels: Arc::new(labels), ..self.clone() })
    }

    /// With other labels of the columns.
    ///
    /// # Errors
    /// Shape, for another number of them.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, label::Labels};
    /// let df = DataFrame::new([("a", Column::from(vec![1i64])), ("b", vec![2i64].into())])?;
    /// assert_eq!(df.with_labels(Labels::new(["c", "d"]))?.names(), ["c", "d"]);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn with_labels(&self, labels: Labels) -> Result<DataFrame> {
        if labels.len() != self.width() {
            return Err(Error::shape(format!("{} labels for {} columns", labels.len(), self.width())));
        }
        Ok(DataFrame { labels: Arc::new(labels), ..self.clone() })
    }

    /// With these attributes of a column by position.
    ///
    /// # Errors
    /// Shape, for a position outside.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Attrs, Column, DataFrame};
    /// let mut attrs = Attrs::new();
    /// attrs.set("units", "m");
    /// let df = DataFrame::new([("x", Column::from(vec![1i64]))])?.with_column_attrs(0, attrs)?;
    /// assert_eq!(df.column_attrs(0).text("units"), Some("m"));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn with_column_attrs(&self, position: usize, attrs: Attrs) -> Result<DataFrame> {
        let mut out = self.clone();
        *out.column_attrs.get_mut(position).ok_or_else(|| Error::shape(format!("column {position} of {}", self.width())))? = attrs;
        Ok(out)
    }
}

/// A column with a value at some rows.
pub(super) fn set(column: &Column, rows: &[usize], value: &Scalar) -> Result<Column> {
    let (column, new) = match Column::from_scalars(column.dtype(), std::slice::from_ref(value)) {
        // An integer column takes a float only as floats, an i8 column 1000 only as i64.
        Ok(new) if !(column.dtype().is_integer() && matches!(value, Scalar::F64(_) | Scalar::Bool(_))) => (column.clone(), new),
        _ => {
            let own = value.dtype().unwrap_or(DType::F64);
            let numbers = column.dtype().is_numeric() && own.is_numeric();
            let wide = crate::dtype::promote(column.dtype(), &own).ok().filter(|_| numbers || column.dtype().is_temporal());
            let wide =
                wide.ok_or_else(|| Error::wrong_type(format!("a value of {own} does not go into a column of {}", column.dtype())))?;
            (column.cast(&wide)?, Column::from_scalars(&wide, std::slice::from_ref(value))?)
        }
    };
    let n = column.len();
    let mut from: Vec<u64> = (0..n as u64).collect();
    rows.iter().for_each(|&r| from[r] = n as u64);
    Column::concat(&[column, new])?.take(&from.into())
}

impl Series {
    /// Values by label: a label, a list, a slice with both ends, a boolean column. A label gives every row that has it.
    ///
    /// # Errors
    /// Not found, with near labels; type, for a label of another kind than the index.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let df = DataFrame::new([("k", Column::from(vec!["a", "b", "a"])), ("x", vec![Some(1i64), Some(2), None].into())])?;
    /// let s = df.set_index(["k"])?.series("x")?;
    /// assert_eq!(s.loc("a")?.data(), &Column::from(vec![Some(1i64), None]));
    /// assert_eq!(s.loc(["b"])?.data(), &Column::from(vec![2i64]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn loc(&self, rows: impl Into<Loc>) -> Result<Series> {
        match self.index().locate(&rows.into())? {
            Hits::Span(r) => {
                Series::new(self.name().map(Into::into), self.data().slice(r.start, r.len()), self.index().slice(r.start, r.len()).into())
            }
            Hits::List(rows) => self.take(&list(&rows)),
        }
    }

    /// Values by position. Negative ones count from the end; slices are cut off.
    ///
    /// # Errors
    /// Not found, for a single position outside.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let s = DataFrame::new([("x", Column::from(vec![1i64, 2, 3]))])?.series("x")?;
    /// assert_eq!(s.iloc(-2..)?.data(), &Column::from(vec![2i64, 3]));
    /// assert_eq!(s.iloc([2, 0])?.data(), &Column::from(vec![3i64, 1]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn iloc(&self, rows: impl Into<Positions>) -> Result<Series> {
        self.take(&list(&rows.into().resolve(self.len(), "row")?))
    }

    /// The one value of a label. Missing is `Scalar::Null`.
    ///
    /// # Errors
    /// Not found; invalid, where several rows have it.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let df = DataFrame::new([("k", Column::from(vec!["a", "b"])), ("x", vec![Some(1i64), None].into())])?;
    /// let s = df.set_index(["k"])?.series("x")?;
    /// assert_eq!(s.at("a")?, 1.into());
    /// assert!(s.at("b")?.is_missing());
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn at(&self, row: impl Into<Key>) -> Result<Scalar> {
        let key = row.into();
        match self.index().find(&key)?[..] {
            [] => Err(self.index().absent(&key)),
            [one] => Ok(self.data().scalar(one)),
            ref many => Err(Error::invalid(format!("{} rows have this label", many.len())).help("`loc` gives all of them")),
        }
    }

    /// The value at a position. Negative ones count from the end.
    ///
    /// # Errors
    /// Not found, for a position outside.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let s = DataFrame::new([("x", Column::from(vec![1i64, 2, 3]))])?.series("x")?;
    /// assert_eq!(s.iat(-1)?, 3.into());
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn iat(&self, row: i64) -> Result<Scalar> {
        Ok(self.data().scalar(Positions::One(row).resolve(self.len(), "row")?[0]))
    }

    /// These rows; a missing position gives a missing value.
    ///
    /// # Errors
    /// Shape, for a position outside.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let s = DataFrame::new([("x", Column::from(vec![1i64, 2, 3]))])?.series("x")?;
    /// assert_eq!(s.take(&vec![Some(2), None].into())?.data(), &Column::from(vec![Some(3i64), None]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn take(&self, rows: &UInt64Array) -> Result<Series> {
        Series::new(self.name().map(Into::into), self.data().take(rows)?, Arc::new(self.index().take(rows)?))
    }

    /// The rows for which a mask is true. Where it is missing they go.
    ///
    /// # Errors
    /// Type, for a mask that is not bool; shape, for one of another length.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let s = DataFrame::new([("x", Column::from(vec![1i64, 2, 3]))])?.series("x")?;
    /// assert_eq!(s.filter(&vec![Some(true), None, Some(false)].into())?.data(), &Column::from(vec![1i64]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn filter(&self, mask: &Column) -> Result<Series> {
        self.loc(mask)
    }

    /// With a value set at these labels. A number of another type widens the column.
    ///
    /// # Errors
    /// Not found; type, for a value that the column cannot hold.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let s = DataFrame::new([("x", Column::from(vec![1i64, 2, 3]))])?.series("x")?;
    /// assert_eq!(s.set_loc(1, 0.5)?.data(), &Column::from(vec![1.0, 0.5, 3.0]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn set_loc(&self, rows: impl Into<Loc>, value: impl Into<Scalar>) -> Result<Series> {
        let rows = self.index().locate(&rows.into())?.to_vec();
        Series::new(self.name().map(Into::into), set(self.data(), &rows, &value.into())?, self.index().clone())
    }

    /// The values, as a boolean column's true places: positions. A missing one is not true.
    ///
    /// # Errors
    /// Type, where it is not bool.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let s = DataFrame::new([("b", Column::from(vec![Some(true), None, Some(false), Some(true)]))])?.series("b")?;
    /// assert_eq!(s.true_positions()?, [0, 3]);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn true_positions(&self) -> Result<Vec<usize>> {
        if *self.data().dtype() != DType::Bool {
            return Err(Error::wrong_type(format!("bool is needed, this is {}", self.data().dtype())));
        }
        Ok(self.data().values().as_boolean().iter().enumerate().filter(|(_, b)| *b == Some(true)).map(|(i, _)| i).collect())
    }
}
