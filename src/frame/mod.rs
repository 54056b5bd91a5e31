//! Tables: columns of one length under names, with labelled rows.

mod access;
mod build;
mod dates;
mod index;
mod levels;
mod series;

pub use build::{arange, column_of, linspace};
pub use dates::{calendar_range, calendar_range_n, date_range, date_range_n};
pub use series::Series;

use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::label::{Index, Labels, MultiIndex};
use crate::store::{Attrs, Batch, Column, Field, IndexSpec, Schema};
use std::sync::Arc;

/// A table. Cheap to clone; verbs return new tables that share what they did not change.
#[derive(Clone, Debug)]
pub struct DataFrame {
    columns: Vec<Column>,
    labels: Arc<Labels>,
    index: Arc<Index>,
    attrs: Attrs,
    column_attrs: Vec<Attrs>,
}

impl DataFrame {
    /// Named columns of one length; rows are labelled 0, 1, ...
    ///
    /// # Errors
    /// Shape, where lengths differ.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{DataFrame, Column};
    /// let df = DataFrame::new([("a", Column::from(vec![1i64, 2])), ("b", Column::from(vec!["x", "y"]))])?;
    /// assert_eq!((df.height(), df.width()), (2, 2));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn new<S: Into<String>>(columns: impl IntoIterator<Item = (S, Column)>) -> Result<DataFrame> {
        let (names, columns): (Vec<String>, Vec<Column>) = columns.into_iter().map(|(n, c)| (n.into(), c)).unzip();
        let rows = columns.first().map_or(0, Column::len);
        DataFrame::with_index(Labels::new(names), columns, Index::range(rows))
    }

    /// Columns under labels, rows under an index.
    ///
    /// # Errors
    /// Shape, where lengths or counts differ.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, Index, label::Labels};
    /// let index = Index::flat(Some("k"), Column::from(vec!["a", "b"]));
    /// let df = DataFrame::with_index(Labels::new(["x"]), vec![Column::from(vec![1i64, 2])], index)?;
    /// assert_eq!(df.at("b", "x")?, 2.into());
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn with_index(labels: Labels, columns: Vec<Column>, index: Index) -> Result<DataFrame> {
        if labels.names().len() != columns.len() {
            return Err(Error::shape(format!("{} labels for {} columns", labels.names().len(), columns.len())));
        }
        for (name, c) in labels.names().iter().zip(&columns) {
            if c.len() != index.len() {
                return Err(Error::shape(format!("column {name:?} has {} rows, the index {}", c.len(), index.len())));
            }
        }
        let column_attrs = vec![Attrs::new(); columns.len()];
        Ok(DataFrame { columns, labels: Arc::new(labels), index: Arc::new(index), attrs: Attrs::new(), column_attrs })
    }

    /// How many rows.
    pub fn height(&self) -> usize {
        self.index.len()
    }

    /// How many columns, index levels not counted.
    pub fn width(&self) -> usize {
        self.columns.len()
    }

    /// The names of the columns.
    pub fn names(&self) -> &[String] {
        self.labels.names()
    }

    /// The labels of the columns.
    pub fn labels(&self) -> &Labels {
        &self.labels
    }

    /// The labels of the rows.
    pub fn index(&self) -> &Arc<Index> {
        &self.index
    }

    /// The columns in order.
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// The column of this name.
    ///
    /// # Errors
    /// Not found, with the nearest name.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let df = DataFrame::new([("x", Column::from(vec![Some(1i64), None]))])?;
    /// assert_eq!(df.column("x")?, &Column::from(vec![Some(1i64), None]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn column(&self, name: &str) -> Result<&Column> {
        Ok(&self.columns[self.labels.position(name)?])
    }

    /// The column of this name with the row labels.
    ///
    /// # Errors
    /// Not found, with the nearest name.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let df = DataFrame::new([("k", Column::from(vec!["a", "b"])), ("x", vec![1i64, 2].into())])?.set_index(["k"])?;
    /// assert_eq!(df.series("x")?.at("b")?, 2.into());
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn series(&self, name: &str) -> Result<Series> {
        Series::new(Some(name.into()), self.column(name)?.clone(), self.index.clone())
    }

    /// Types in order.
    pub fn dtypes(&self) -> impl Iterator<Item = &DType> {
        self.columns.iter().map(Column::dtype)
    }

    /// Attributes of the table.
    pub fn attrs(&self) -> &Attrs {
        &self.attrs
    }

    /// The same table with these attributes.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Attrs, Column, DataFrame};
    /// let mut attrs = Attrs::new();
    /// attrs.set("title", "ages");
    /// let df = DataFrame::new([("x", Column::from(vec![1i64]))])?.with_attrs(attrs);
    /// assert_eq!(df.attrs().text("title"), Some("ages"));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn with_attrs(mut self, attrs: Attrs) -> DataFrame {
        self.attrs = attrs;
        self
    }

    /// Attributes of a column by position.
    pub fn column_attrs(&self, position: usize) -> &Attrs {
        &self.column_attrs[position]
    }

    /// Rows `offset .. offset + length`, cut off at the end. A view.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let df = DataFrame::new([("x", Column::from(vec![1i64, 2, 3]))])?;
    /// assert_eq!(df.slice(1, 5).column("x")?, &Column::from(vec![2i64, 3]));
    /// assert_eq!(df.slice(1, 5).index().label(0), [1.into()]);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn slice(&self, offset: usize, length: usize) -> DataFrame {
        let offset = offset.min(self.height());
        let length = length.min(self.height() - offset);
        let columns = self.columns.iter().map(|c| c.slice(offset, length)).collect();
        DataFrame { columns, index: Arc::new(self.index.slice(offset, length)), ..self.clone() }
    }

    /// The rows at these positions, in this order, with their labels; a missing position gives a row of missing values. Text is not
    /// copied.
    ///
    /// # Errors
    /// Shape, for a position outside.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{DataFrame, Column};
    /// let df = DataFrame::new([("a", Column::from(vec![1i64, 2, 3]))])?;
    /// assert_eq!(df.take(&vec![2, 0].into())?.column("a")?, &Column::from(vec![3i64, 1]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn take(&self, rows: &arrow::array::UInt64Array) -> Result<DataFrame> {
        let columns = self.columns.iter().map(|c| c.take(rows)).collect::<Result<_>>()?;
        Ok(DataFrame { columns, index: Arc::new(self.index.take(rows)?), ..self.clone() })
    }

    /// The first rows. A view.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let df = DataFrame::new([("x", Column::from(vec![1i64, 2, 3]))])?;
    /// assert_eq!(df.head(2).column("x")?, &Column::from(vec![1i64, 2]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn head(&self, n: usize) -> DataFrame {
        self.slice(0, n)
    }

    /// The last rows. A view; rows keep their labels.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let df = DataFrame::new([("x", Column::from(vec![1i64, 2, 3]))])?;
    /// assert_eq!(df.tail(2).column("x")?, &Column::from(vec![2i64, 3]));
    /// assert_eq!(df.tail(2).index().label(0), [1.into()]);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn tail(&self, n: usize) -> DataFrame {
        self.slice(self.height().saturating_sub(n), n)
    }

    /// As one batch: named index levels lead as ordinary columns, and the schema says that they are levels. An unnamed range from 0
    /// vanishes; any other unnamed index is called `index` (`level_1` and so on for more).
    ///
    /// # Errors
    /// Shape, never in practice.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let df = DataFrame::new([("k", Column::from(vec!["a", "b"])), ("x", vec![1i64, 2].into())])?.set_index(["k"])?;
    /// assert_eq!(df.to_batch()?.schema.names().collect::<Vec<_>>(), ["k", "x"]);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn to_batch(&self) -> Result<Batch> {
        let value_fields = self
            .labels
            .names()
            .iter()
            .zip(&self.columns)
            .zip(&self.column_attrs)
            .map(|((n, c), attrs)| Field { attrs: attrs.clone(), ..Field::new(n.clone(), c.dtype().clone()) });
        let (levels, index) = match &*self.index {
            Index::Range { start: 0, step: 1, name: None, .. } => (Vec::new(), IndexSpec::Default),
            Index::Range { start, step, name, .. } => (Vec::new(), IndexSpec::Range { start: *start, step: *step, name: name.clone() }),
            index => {
                let names: Vec<Option<String>> = index.names().into_iter().map(|n| n.map(Into::into)).collect();
                let fields = index.columns().into_iter().enumerate().map(|(i, c)| {
                    let default = made_up(i, |name| self.labels.position(name).is_ok() || names.iter().flatten().any(|n| n == name));
                    (Field::new(names[i].clone().unwrap_or(default), c.dtype().clone()), c)
                });
                (fields.collect(), IndexSpec::Levels(names.clone()))
            }
        };
        let (mut fields, mut columns): (Vec<Field>, Vec<Column>) = levels.into_iter().unzip();
        fields.extend(value_fields);
        columns.extend(self.columns.iter().cloned());
        let schema = Schema { fields, attrs: self.attrs.clone(), index, labels: self.labels.full().cloned(), ..Schema::default() };
        Batch::with_rows(Arc::new(schema), columns, self.height())
    }

    /// From a batch: the leading columns that its schema calls index levels become the index.
    ///
    /// # Errors
    /// Shape, where the schema speaks of more levels than there are columns.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let df = DataFrame::new([("k", Column::from(vec!["a", "b"])), ("x", vec![Some(1i64), None].into())])?.set_index(["k"])?;
    /// assert_eq!(DataFrame::from_batch(&df.to_batch()?)?, df);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn from_batch(batch: &Batch) -> Result<DataFrame> {
        let schema = &batch.schema;
        let (index, skip) = match &schema.index {
            IndexSpec::Default => (Index::range(batch.rows()), 0),
            IndexSpec::Range { start, step, name } => {
                (Index::Range { start: *start, step: *step, len: batch.rows(), name: name.clone() }, 0)
            }
            IndexSpec::Levels(names) if names.len() > batch.columns.len() => return Err(Error::shape("more index levels than columns")),
            IndexSpec::Levels(names) if names.len() == 1 => (Index::flat(names[0].as_deref(), batch.columns[0].clone()), 1),
            IndexSpec::Levels(names) => {
                (Index::Multi(MultiIndex::from_columns(names.clone(), &batch.columns[..names.len()])?), names.len())
            }
        };
        let names = schema.fields[skip..].iter().map(|f| f.name.clone()).collect();
        let labels = Labels::with_full(names, schema.labels.clone())?;
        let mut frame = DataFrame::with_index(labels, batch.columns[skip..].to_vec(), index)?;
        frame.attrs = schema.attrs.clone();
        frame.column_attrs = schema.fields[skip..].iter().map(|f| f.attrs.clone()).collect();
        Ok(frame)
    }

    /// From batches of one schema, in order.
    ///
    /// # Errors
    /// As [`DataFrame::from_batch`]; type, where schemas differ.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let df = DataFrame::new([("k", Column::from(vec!["a", "b"])), ("x", vec![1i64, 2].into())])?.set_index(["k"])?;
    /// let (a, b) = (df.head(1).to_batch()?, df.tail(1).to_batch()?);
    /// assert_eq!(DataFrame::from_batches(&a.schema.clone(), &[a, b])?, df);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn from_batches(schema: &Arc<Schema>, batches: &[Batch]) -> Result<DataFrame> {
        DataFrame::from_batch(&Batch::concat(schema, batches)?)
    }
}

/// The name of an index level that has none: `index`, and `level_1` and so on for more; `level_0` where a column is called `index`
/// (as `reset_index` of pandas), and with further marks where that is taken too.
///
/// # Examples
/// ```
/// use hpda_data::frame::made_up;
/// assert_eq!((made_up(0, |_| false), made_up(0, |name| name == "index")), ("index".into(), "level_0".into()));
/// ```
pub fn made_up(level: usize, is_taken: impl Fn(&str) -> bool) -> String {
    let mut name = if level == 0 && !is_taken("index") { "index".to_string() } else { format!("level_{level}") };
    while is_taken(&name) {
        name.push('_');
    }
    name
}

impl PartialEq for DataFrame {
    /// Same labels, types, values and row labels; attributes are not compared. NaN equals NaN.
    fn eq(&self, other: &DataFrame) -> bool {
        self.labels == other.labels
            && self.columns == other.columns
            && self.height() == other.height()
            && self.index.names() == other.index.names()
            && self.index.columns() == other.index.columns()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frame_with_named_levels_survives_a_batch() {
        let index =
            MultiIndex::from_columns(vec![Some("a".into()), None], &[Column::from(vec!["x", "x", "y"]), Column::from(vec![1i64, 2, 1])])
                .unwrap();
        let df = DataFrame::with_index(Labels::new(["v"]), vec![Column::from(vec![1.5, 2.5, 3.5])], Index::Multi(index)).unwrap();
        let batch = df.to_batch().unwrap();
        assert_eq!(batch.schema.names().collect::<Vec<_>>(), ["a", "level_1", "v"]);
        assert!(DataFrame::from_batch(&batch).unwrap() == df);
    }
}
