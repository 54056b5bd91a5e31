//! Tables from rows, records, series and arrow batches.

use super::{DataFrame, Series};
use crate::dtype::{DType, Scalar, promote};
use crate::error::{Error, Result, ResultExt};
use crate::label::{Index, Labels};
use crate::store::{Batch, Column, Field, Schema};
use arrow::datatypes::{Field as ArrowField, Schema as ArrowSchema};
use arrow::record_batch::RecordBatch;
use indexmap::IndexMap;
use std::sync::Arc;

/// Values of any types as a column: the type in which all of them can be held; of none f64.
///
/// # Errors
/// Type, for values without a common type (text with numbers).
///
/// # Examples
/// ```
/// use hpda_data::{Column, Scalar, frame::column_of};
/// assert_eq!(column_of(&[1.into(), Scalar::Null, 2.5.into()])?, Column::from(vec![Some(1.0), None, Some(2.5)]));
/// assert!(column_of(&[1.into(), "x".into()]).is_err());
/// # Ok::<(), hpda_data::Error>(())
/// ```
pub fn column_of(values: &[Scalar]) -> Result<Column> {
    let mut dtype: Option<DType> = None;
    for t in values.iter().filter_map(Scalar::dtype) {
        dtype = Some(match dtype {
            None => t,
            Some(d) if d == t => d,
            // Bool beside a number is no number by accident.
            Some(d) if (d == DType::Bool) != (t == DType::Bool) => return Err(Error::wrong_type(format!("{d} and {t} in one column"))),
            Some(d) => promote(&d, &t)?,
        });
    }
    Column::from_scalars(&dtype.unwrap_or(DType::F64), values)
}

impl DataFrame {
    /// Rows of values under names. Types are those that hold every value of a column; missing is `Scalar::Null`.
    ///
    /// # Errors
    /// Shape, for a row of another length; type, for text and numbers in one column.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{DataFrame, Scalar};
    /// let df = DataFrame::from_rows(["name", "age"], [vec!["Ada".into(), 36.into()], vec!["Bob".into(), Scalar::Null]])?;
    /// assert_eq!(df.shape(), (2, 2));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn from_rows<S: Into<String>>(
        names: impl IntoIterator<Item = S>,
        rows: impl IntoIterator<Item = Vec<Scalar>>,
    ) -> Result<DataFrame> {
        let names: Vec<String> = names.into_iter().map(Into::into).collect();
        let mut columns: Vec<Vec<Scalar>> = vec![Vec::new(); names.len()];
        let mut count = 0;
        for (i, row) in rows.into_iter().enumerate() {
            if row.len() != names.len() {
                return Err(Error::shape(format!("row {i} has {} values for {} columns", row.len(), names.len())));
            }
            columns.iter_mut().zip(row).for_each(|(c, v)| c.push(v));
            count += 1;
        }
        let columns = columns.iter().zip(&names).map(|(c, n)| column_of(c).at_column(n)).collect::<Result<_>>()?;
        DataFrame::with_index(Labels::new(names), columns, Index::range(count))
    }

    /// Records of named values: columns in order of first appearance, missing where a record lacks one.
    ///
    /// # Errors
    /// Type, for text and numbers in one column.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::DataFrame;
    /// let df = DataFrame::from_records([vec![("a", 1.into())], vec![("a", 2.into()), ("b", "x".into())]])?;
    /// assert_eq!(df.column("b")?.missing_count(), 1);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn from_records<S: Into<String>>(records: impl IntoIterator<Item = Vec<(S, Scalar)>>) -> Result<DataFrame> {
        let mut columns: IndexMap<String, Vec<Scalar>> = IndexMap::new();
        let mut count = 0;
        for record in records {
            for (name, value) in record {
                let column = columns.entry(name.into()).or_default();
                column.resize(count, Scalar::Null);
                column.push(value);
            }
            count += 1;
        }
        let mut made = Vec::new();
        for (name, mut values) in columns {
            if values.len() > count {
                return Err(Error::invalid(format!("a record has two values for {name:?}")));
            }
            values.resize(count, Scalar::Null);
            let column = column_of(&values).at_column(&name)?;
            made.push((name, column));
        }
        let (names, columns): (Vec<String>, Vec<Column>) = made.into_iter().unzip();
        DataFrame::with_index(Labels::new(names), columns, Index::range(count))
    }

    /// Series side by side, aligned on their labels (the union, in ascending order where they differ). Names are those of the
    /// series, else 0, 1, ... Missing where a series lacks a label; types stay.
    ///
    /// # Errors
    /// Invalid, where labels differ and one stands twice; type, where labels do not compare.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let x = DataFrame::new([("x", Column::from(vec![1i64, 2, 3]))])?.series("x")?;
    /// let y = x.iloc([2, 0])?.rename("y");
    /// assert_eq!(DataFrame::from_series([x, y])?.column("y")?, &Column::from(vec![Some(1i64), None, Some(3)]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn from_series(series: impl IntoIterator<Item = Series>) -> Result<DataFrame> {
        let series: Vec<Series> = series.into_iter().collect();
        let mut index = series.first().map_or_else(|| Index::range(0), |s| (**s.index()).clone());
        if !series.iter().all(|s| s.index().same_labels(&index)) {
            for s in &series[1..] {
                index = index.union(s.index())?;
            }
        }
        let names: Vec<String> = series.iter().enumerate().map(|(i, s)| s.name().map_or(i.to_string(), Into::into)).collect();
        let columns = series
            .iter()
            .map(|s| if s.index().same_labels(&index) { Ok(s.data().clone()) } else { s.data().take(&s.index().indexer(&index)?) });
        DataFrame::with_index(Labels::new(names), columns.collect::<Result<_>>()?, index)
    }

    /// The rows of arrow's record batches, which have one schema. What is laid out as ours is not copied (of one batch).
    ///
    /// # Errors
    /// Shape, where schemas differ; overflow, for times beyond microseconds.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let df = DataFrame::new([("x", Column::from(vec![Some(1i64), None]))])?;
    /// let batch = df.clone().into_arrow()?;
    /// assert_eq!(DataFrame::from_arrow([batch.clone(), batch])?.column("x")?, &Column::from(vec![Some(1i64), None, Some(1), None]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn from_arrow(batches: impl IntoIterator<Item = RecordBatch>) -> Result<DataFrame> {
        let mut made: Vec<Batch> = Vec::new();
        let mut schema: Option<Arc<Schema>> = None;
        for batch in batches {
            let columns = batch.columns().iter().cloned().map(Column::from_arrow).collect::<Result<Vec<_>>>()?;
            let names = batch.schema();
            let fields = names.fields().iter().zip(&columns).map(|(f, c)| Field::new(f.name(), c.dtype().clone())).collect();
            let own = schema.get_or_insert_with(|| Arc::new(Schema::new(fields))).clone();
            if own.names().ne(names.fields().iter().map(|f| f.name().as_str())) {
                return Err(Error::shape("record batches of different columns"));
            }
            made.push(Batch::with_rows(own, columns, batch.num_rows())?);
        }
        let Some(schema) = schema else { return DataFrame::new(Vec::<(String, Column)>::new()) };
        DataFrame::from_batches(&schema, &made)
    }

    /// As one record batch of arrow; named index levels lead. No copy.
    ///
    /// # Errors
    /// Shape, never in practice.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let df = DataFrame::new([("k", Column::from(vec!["a", "b"])), ("x", vec![Some(1i64), None].into())])?.set_index(["k"])?;
    /// let batch = df.into_arrow()?;
    /// assert_eq!((batch.num_rows(), batch.schema().field(0).name().as_str()), (2, "k"));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn into_arrow(self) -> Result<RecordBatch> {
        let batch = self.to_batch()?;
        let fields = batch.schema.fields.iter().zip(&batch.columns);
        let fields: Vec<ArrowField> = fields.map(|(f, c)| ArrowField::new(&f.name, c.values().data_type().clone(), true)).collect();
        let rows = arrow::record_batch::RecordBatchOptions::new().with_row_count(Some(batch.rows()));
        let arrays = batch.columns.into_iter().map(Column::into_arrow).collect();
        Ok(RecordBatch::try_new_with_options(Arc::new(ArrowSchema::new(fields)), arrays, &rows)?)
    }
}

impl<S: Into<String>> FromIterator<(S, Column)> for DataFrame {
    /// # Panics
    /// Where lengths differ; [`DataFrame::new`] returns that as an error.
    fn from_iter<I: IntoIterator<Item = (S, Column)>>(columns: I) -> DataFrame {
        match DataFrame::new(columns) {
            Ok(frame) => frame,
            Err(e) => panic!("{e}"),
        }
    }
}

/// `start, start + step, ..` up to `stop`, which is left out.
///
/// # Errors
/// Invalid, for a step of 0 or one that leads to no end.
///
/// # Examples
/// ```
/// use hpda_data::{Column, frame::arange};
/// assert_eq!(arange(0.0, 1.0, 0.25)?, Column::from(vec![0.0, 0.25, 0.5, 0.75]));
/// # Ok::<(), hpda_data::Error>(())
/// ```
pub fn arange(start: f64, stop: f64, step: f64) -> Result<Column> {
    let n = ((stop - start) / step).ceil();
    if step == 0.0 || !n.is_finite() || n > 1e12 {
        return Err(Error::invalid(format!("steps of {step} from {start} to {stop}")));
    }
    Ok((0..n.max(0.0) as usize).map(|i| start + i as f64 * step).collect::<Vec<f64>>().into())
}

/// `n` numbers from `start` to `stop`, both included, evenly spaced.
///
/// # Examples
/// ```
/// use hpda_data::{Column, frame::linspace};
/// assert_eq!(linspace(0.0, 1.0, 5), Column::from(vec![0.0, 0.25, 0.5, 0.75, 1.0]));
/// ```
pub fn linspace(start: f64, stop: f64, n: usize) -> Column {
    let step = if n > 1 { (stop - start) / (n - 1) as f64 } else { 0.0 };
    let at = |i: usize| if i > 0 && i == n - 1 { stop } else { i as f64 * step + start };
    (0..n).map(at).collect::<Vec<f64>>().into()
}
