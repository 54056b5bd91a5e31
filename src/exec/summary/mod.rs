//! Statistics of every column or variable in one pass, exact whatever the size.

mod column;
mod cube;

pub use cube::{CubeSummary, VariableSummary, cube_summary};

use super::spill::Spill;
use super::{ExecOptions, stream};
use crate::dtype::{DType, Scalar};
use crate::error::{Error, Result, ResultExt};
use crate::frame::DataFrame;
use crate::store::{Budget, Column, TableSource};
pub(crate) use column::ColumnState;
use rayon::prelude::*;
use std::sync::Arc;

/// What a summary of a table tells beside what it always tells.
#[derive(Clone, Debug, PartialEq)]
pub struct SummaryOptions {
    /// Probabilities of the quantiles, from 0 to 1, in the order of the columns.
    pub quantiles: Vec<f64>,
}

impl Default for SummaryOptions {
    /// The quartiles.
    fn default() -> SummaryOptions {
        SummaryOptions { quantiles: vec![0.25, 0.5, 0.75] }
    }
}

/// Statistics of a column. What is not meant for its type is `None` or [`Scalar::Null`].
#[derive(Clone, Debug, PartialEq)]
pub struct ColumnSummary {
    /// Its name.
    pub name: String,
    /// Its type.
    pub dtype: DType,
    /// Values that are there (NaN is not).
    pub count: u64,
    /// Missing values, NaN among them.
    pub missing: u64,
    /// Different values; `None` for types that cannot be compared.
    pub unique: Option<u64>,
    /// The mean of numbers.
    pub mean: Option<f64>,
    /// The standard deviation of numbers, with `n - 1`.
    pub std: Option<f64>,
    /// The smallest number, time or text, in the column's type.
    pub min: Scalar,
    /// The linear quantiles of numbers, in the order of the options.
    pub quantiles: Vec<Option<f64>>,
    /// The largest.
    pub max: Scalar,
    /// The commonest text, category or truth value; of equals the smallest.
    pub top: Scalar,
    /// How often it occurs.
    pub freq: Option<u64>,
}

/// Statistics of a table.
#[derive(Clone, Debug, PartialEq)]
pub struct TableSummary {
    /// Rows in all.
    pub rows: u64,
    /// The probabilities of the quantiles.
    pub quantiles: Vec<f64>,
    /// The columns in order.
    pub columns: Vec<ColumnSummary>,
}

impl TableSummary {
    /// The name of the column of a quantile: `25%`, `2.5%`.
    pub fn quantile_name(probability: f64) -> String {
        // 0.29 * 100 is 28.999999999999996: ten digits are more than anyone asks for.
        format!("{}%", (probability * 1e12).round() / 1e10)
    }

    /// One row per column: `column,dtype,count,missing,unique,mean,std,min,25%,50%,75%,max,top,freq`.
    ///
    /// `min`, `max` and `top` are text, as the CSV writer would spell them, because a table of several types needs one type for them;
    /// the typed values are in [`TableSummary::columns`].
    ///
    /// # Errors
    /// Shape, never in practice.
    pub fn to_frame(&self) -> Result<DataFrame> {
        let c = &self.columns;
        let spelled = |f: fn(&ColumnSummary) -> &Scalar| Column::from_texts(c.iter().map(|c| spelled(f(c))));
        let numbers = |f: &dyn Fn(&ColumnSummary) -> Option<f64>| Column::from(c.iter().map(f).collect::<Vec<Option<f64>>>());
        let counts = |f: fn(&ColumnSummary) -> Option<u64>| Column::from(c.iter().map(|c| f(c).map(|n| n as i64)).collect::<Vec<_>>());
        let mut columns = vec![
            ("column".to_string(), Column::from_texts(c.iter().map(|c| Some(c.name.as_str())))),
            ("dtype".into(), Column::from_texts(c.iter().map(|c| Some(c.dtype.to_string())))),
            ("count".into(), counts(|c| Some(c.count))),
            ("missing".into(), counts(|c| Some(c.missing))),
            ("unique".into(), counts(|c| c.unique)),
            ("mean".into(), numbers(&|c| c.mean)),
            ("std".into(), numbers(&|c| c.std)),
            ("min".into(), spelled(|c| &c.min)),
        ];
        for (i, &q) in self.quantiles.iter().enumerate() {
            columns.push((TableSummary::quantile_name(q), numbers(&|c| c.quantiles.get(i).copied().flatten())));
        }
        columns.push(("max".into(), spelled(|c| &c.max)));
        columns.push(("top".into(), spelled(|c| &c.top)));
        columns.push(("freq".into(), counts(|c| c.freq)));
        DataFrame::new(columns)
    }
}

/// A value as text; missing stays missing.
fn spelled(value: &Scalar) -> Option<String> {
    (*value != Scalar::Null).then(|| value.to_string())
}

/// Statistics of every column of a table: counts, distinct values, mean and deviation, extremes, quantiles and the commonest
/// value, all of them exact.
///
/// One pass over the rows, the columns in parallel. Half of the budget that is free holds distinct values; what does not fit goes to
/// temporary files (in `TMPDIR`). The result is the same bits for any number of threads, any budget and any division into batches.
///
/// # Errors
/// Invalid, for a probability outside 0 to 1; what the source says; io, where a temporary file is refused.
pub fn summary(source: &Arc<dyn TableSource>, what: &SummaryOptions, options: &ExecOptions) -> Result<TableSummary> {
    if let Some(q) = what.quantiles.iter().find(|q| !(0.0..=1.0).contains(*q)) {
        return Err(Error::invalid(format!("the quantile {q} is not between 0 and 1")));
    }
    let schema = source.schema().clone();
    let spill = Spill::new();
    let held = options.budget.free().min(1 << 40) / 2;
    let _booked = options.budget.reserve(held, "a summary")?;
    // Half of it is shared out evenly, half goes to the columns that need it.
    let pool = Budget::new(held / 2);
    let own = held / 2 / schema.fields.len().max(1);
    let states = schema.fields.iter().map(|f| ColumnState::new(&f.dtype, own, &pool, &spill));
    let mut states = states.collect::<Result<Vec<ColumnState>>>()?;
    let mut rows = 0;
    for batch in stream(source, None, options) {
        let batch = batch?;
        states.par_iter_mut().zip(&batch.columns).with_max_len(1).try_for_each(|(s, c)| s.update(c))?;
        rows += batch.rows() as u64;
    }
    let columns = states
        .into_par_iter()
        .zip(&schema.fields)
        .with_max_len(1)
        .map(|(state, field)| state.finish(&field.name, &field.dtype, rows, &what.quantiles).at_column(&field.name))
        .collect::<Result<Vec<_>>>()?;
    Ok(TableSummary { rows, quantiles: what.quantiles.clone(), columns })
}
