use super::{Attrs, Column};
use crate::dtype::{DType, Scalar};
use crate::error::{Error, Result};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A column's name, type and attributes.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// Its name. Unique in a schema.
    pub name: String,
    /// Its type.
    pub dtype: DType,
    /// Whether missing values may occur.
    pub nullable: bool,
    /// Its attributes (arrow's field metadata).
    pub attrs: Attrs,
}

impl Field {
    /// A nullable column without attributes.
    pub fn new(name: impl Into<String>, dtype: DType) -> Field {
        Field { name: name.into(), dtype, nullable: true, attrs: Attrs::new() }
    }
}

/// How the rows of a table are labelled, as far as a file says so.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum IndexSpec {
    /// Nothing said: rows count from 0.
    #[default]
    Default,
    /// A range that is not stored.
    Range {
        /// The first label.
        start: i64,
        /// The difference of neighbours.
        step: i64,
        /// Its name.
        name: Option<String>,
    },
    /// The first columns are the levels of the index. A level without a name of its own is marked here by `None`.
    Levels(Vec<Option<String>>),
}

/// Labels of columns that are more than plain text: numbers, dates, or several levels. One tuple per field, index levels left out.
#[derive(Clone, Debug, PartialEq)]
pub struct ColumnLabels {
    /// Names of the levels.
    pub names: Vec<Option<String>>,
    /// One tuple per value column.
    pub labels: Vec<Vec<Scalar>>,
}

/// The columns of a table, and what is said of the table as a whole.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Schema {
    /// The columns in order; index levels first.
    pub fields: Vec<Field>,
    /// Attributes of the table.
    pub attrs: Attrs,
    /// How the rows are labelled.
    pub index: IndexSpec,
    /// Labels of the columns where plain names do not say all.
    pub labels: Option<ColumnLabels>,
    /// Key-value metadata of the file that we do not read, carried.
    pub metadata: BTreeMap<String, String>,
}

impl Schema {
    /// How many columns are levels of row labels; they come first.
    pub fn levels(&self) -> usize {
        if let IndexSpec::Levels(levels) = &self.index { levels.len() } else { 0 }
    }

    /// Whether anything is said about the table or a column. What polars notes for its own types does not count.
    pub fn has_attrs(&self) -> bool {
        !self.attrs.is_empty() || self.fields.iter().any(|f| f.attrs.iter().any(|(name, _)| !name.starts_with("_PL_")))
    }

    /// Columns without more.
    pub fn new(fields: Vec<Field>) -> Schema {
        Schema { fields, ..Schema::default() }
    }

    /// Names in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.fields.iter().map(|f| f.name.as_str())
    }

    /// The position of a column.
    ///
    /// # Errors
    /// Not found, with the nearest name.
    pub fn position(&self, name: &str) -> Result<usize> {
        self.fields.iter().position(|f| f.name == name).ok_or_else(|| Error::not_found("column", name, self.names()))
    }

    /// The schema of some columns, in the order asked. An index stays only if all its levels are the first asked for.
    pub fn project(&self, columns: &[usize]) -> Schema {
        let levels = match &self.index {
            IndexSpec::Levels(l) => l.len(),
            _ => 0,
        };
        let keeps_index =
            columns.len() >= levels && columns[..levels].iter().copied().eq(0..levels) && columns[levels..].iter().all(|&c| c >= levels);
        Schema {
            fields: columns.iter().map(|&i| self.fields[i].clone()).collect(),
            attrs: self.attrs.clone(),
            index: if levels == 0 || keeps_index { self.index.clone() } else { IndexSpec::Default },
            labels: self.labels.as_ref().filter(|_| levels == 0 || keeps_index).map(|l| ColumnLabels {
                names: l.names.clone(),
                labels: columns[levels.min(columns.len())..].iter().map(|&i| l.labels[i - levels].clone()).collect(),
            }),
            metadata: self.metadata.clone(),
        }
    }
}

/// Some rows of a table: the unit that streams.
#[derive(Clone, Debug)]
pub struct Batch {
    /// The columns' names and types.
    pub schema: Arc<Schema>,
    /// The columns, as long as each other.
    pub columns: Vec<Column>,
    rows: usize,
}

impl Batch {
    /// Columns of one length under a schema.
    ///
    /// # Errors
    /// Shape, where lengths or counts differ; type, where a column is not what the schema says.
    pub fn new(schema: Arc<Schema>, columns: Vec<Column>) -> Result<Batch> {
        let rows = columns.first().map_or(0, Column::len);
        Batch::with_rows(schema, columns, rows)
    }

    /// The same for a batch that may have no columns.
    ///
    /// # Errors
    /// As [`Batch::new`].
    pub fn with_rows(schema: Arc<Schema>, columns: Vec<Column>, rows: usize) -> Result<Batch> {
        if schema.fields.len() != columns.len() {
            return Err(Error::shape(format!("{} columns for a schema of {}", columns.len(), schema.fields.len())));
        }
        for (f, c) in schema.fields.iter().zip(&columns) {
            if c.len() != rows {
                return Err(Error::shape(format!("column {:?} has {} rows, the others {rows}", f.name, c.len())));
            }
            if f.dtype != *c.dtype() {
                return Err(Error::wrong_type(format!("column {:?} is {}, the schema says {}", f.name, c.dtype(), f.dtype)));
            }
        }
        Ok(Batch { schema, columns, rows })
    }

    /// The rows in batches of at most so many.
    pub fn in_steps(self, rows: usize) -> impl Iterator<Item = Batch> + Send {
        let (all, step) = (self.rows(), rows.max(1));
        (0..all.div_ceil(step)).map(move |i| self.slice(i * step, step.min(all - i * step)))
    }

    /// How many rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Rows `offset .. offset + length`, without a copy.
    pub fn slice(&self, offset: usize, length: usize) -> Batch {
        let columns = self.columns.iter().map(|c| c.slice(offset, length)).collect();
        Batch { schema: self.schema.clone(), columns, rows: length }
    }

    /// Some columns, in the order asked, without a copy.
    pub fn project(&self, columns: &[usize], schema: Arc<Schema>) -> Batch {
        Batch { schema, columns: columns.iter().map(|&i| self.columns[i].clone()).collect(), rows: self.rows }
    }

    /// The rows of all batches, one after the other, as one.
    ///
    /// # Errors
    /// Type, where the columns of a batch are not what the schema says.
    pub fn concat(schema: &Arc<Schema>, batches: &[Batch]) -> Result<Batch> {
        if let [one] = batches {
            return Batch::with_rows(schema.clone(), one.columns.clone(), one.rows);
        }
        let columns = schema.fields.iter().enumerate().map(|(i, f)| {
            let parts: Vec<&dyn arrow::array::Array> = batches.iter().map(|b| b.columns[i].values().as_ref()).collect();
            if parts.is_empty() {
                return Ok(Column::missing(f.dtype.clone(), 0));
            }
            Column::new(f.dtype.clone(), super::categories::concat_arrays(&f.dtype, &parts)?)
        });
        Batch::with_rows(schema.clone(), columns.collect::<Result<_>>()?, batches.iter().map(|b| b.rows).sum())
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        self.columns.iter().map(Column::bytes).sum()
    }
}
