//! Wide to long: `melt` and `stack`. (Long to wide depends on values and is done by the executor: `pivot`.)

use super::{LazyFrame, Plan};
use crate::dtype::{DType, promote};
use crate::error::{Error, Place, Result};
use crate::store::{Field, IndexSpec, Schema};
use std::sync::Arc;

/// How columns become rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MeltOptions {
    /// Columns that are repeated beside each value.
    pub id: Vec<String>,
    /// Columns whose values become rows; all that are no ids, when `None`.
    pub value: Option<Vec<String>>,
    /// The name of the column that says where a value stood.
    pub variable_name: String,
    /// The name of the column of values.
    pub value_name: String,
}

impl MeltOptions {
    /// All other columns become rows.
    pub fn id<S: Into<String>>(columns: impl IntoIterator<Item = S>) -> MeltOptions {
        MeltOptions {
            id: columns.into_iter().map(Into::into).collect(),
            value: None,
            variable_name: "variable".into(),
            value_name: "value".into(),
        }
    }
}

/// The order of the rows that come from columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LongOrder {
    /// All rows of the first column, then of the second: `melt`.
    ByColumn,
    /// All columns of the first row, then of the second: `stack`.
    ByRow,
}

/// Wide to long, settled.
#[derive(Clone, Debug)]
pub struct Long {
    /// Positions of the columns that are repeated.
    pub id: Vec<usize>,
    /// Positions of the columns whose values become rows.
    pub value: Vec<usize>,
    /// The order of the rows.
    pub order: LongOrder,
    /// The columns of the result: ids, names, values.
    pub schema: Arc<Schema>,
}

impl LazyFrame {
    /// Wide to long: a row for each value, beside it the ids and the name of its column. All rows of the first value column come
    /// first, then of the second. Number types widen to their common one. Missing values stay.
    ///
    /// # Errors
    /// Not found, with the nearest name; type, for values without a common type; invalid, for two columns of one name.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::ExecOptions, plan::MeltOptions};
    /// let df = DataFrame::new([("k", Column::from(vec!["u", "v"])), ("a", vec![Some(1i64), None].into()), ("b", vec![0.5, 1.5].into())])?;
    /// let long = df.lazy()?.melt(&MeltOptions::id(["k"]))?.collect(&ExecOptions::default())?;
    /// assert_eq!(long.column("variable")?, &Column::from(vec!["a", "a", "b", "b"]));
    /// assert_eq!(long.column("value")?, &Column::from(vec![Some(1.0), None, Some(0.5), Some(1.5)]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn melt(&self, options: &MeltOptions) -> Result<LazyFrame> {
        self.long(options, LongOrder::ByColumn)
    }

    /// Wide to long, row by row: a row for each value, beside it the ids and the name of its column. Missing values stay.
    ///
    /// # Errors
    /// As [`LazyFrame::melt`].
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::ExecOptions, plan::MeltOptions};
    /// let df = DataFrame::new([("k", Column::from(vec!["u", "v"])), ("a", vec![Some(1i64), None].into()), ("b", vec![3i64, 4].into())])?;
    /// let long = df.lazy()?.stack(&MeltOptions::id(["k"]))?.collect(&ExecOptions::default())?;
    /// assert_eq!(long.column("value")?, &Column::from(vec![Some(1i64), Some(3), None, Some(4)]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn stack(&self, options: &MeltOptions) -> Result<LazyFrame> {
        self.long(options, LongOrder::ByRow)
    }

    fn long(&self, options: &MeltOptions, order: LongOrder) -> Result<LazyFrame> {
        let input = self.schema();
        let positions = |names: &[String]| names.iter().map(|n| input.position(n)).collect::<Result<Vec<usize>>>();
        let id = positions(&options.id)?;
        let value = match &options.value {
            Some(names) => positions(names)?,
            None => (0..input.fields.len()).filter(|c| !id.contains(c)).collect(),
        };
        let mut dtype: Option<(DType, &str)> = None;
        for &c in &value {
            let field = &input.fields[c];
            dtype = Some(match dtype {
                None => (field.dtype.clone(), &field.name),
                Some((known, giver)) => {
                    let common = promote(&known, &field.dtype).map_err(|_| {
                        let message = format!(
                            "column {:?} is {} and column {giver:?} is {known}: their values do not go in one column",
                            field.name, field.dtype
                        );
                        Error::wrong_type(message)
                            .help("choose the value columns, or make them one type: --with 'NAME = str(NAME)'")
                            .at(Place::column(&field.name))
                    })?;
                    (common, &field.name)
                }
            });
        }
        let mut fields: Vec<Field> = id.iter().map(|&c| input.fields[c].clone()).collect();
        fields.push(Field::new(options.variable_name.clone(), DType::Str));
        fields.push(Field::new(options.value_name.clone(), dtype.map_or(DType::F64, |(d, _)| d)));
        if let Some((_, twice)) = fields.iter().enumerate().find(|(i, f)| fields[..*i].iter().any(|g| g.name == f.name)) {
            return Err(Error::invalid(format!("two columns of the result would be called {:?}", twice.name))
                .help("give the new columns other names: --variable-name (or --name) and --value-name"));
        }
        let schema = Schema { attrs: input.attrs.clone(), index: IndexSpec::Default, ..Schema::new(fields) };
        let long = Long { id, value, order, schema: Arc::new(schema) };
        Ok(self.then(Plan::Long { input: self.plan.clone(), long: Arc::new(long) }))
    }
}
