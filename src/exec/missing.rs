//! Missing values filled from their neighbours, which needs all rows of a column in order.

use super::gather::gather;
use super::{ExecOptions, MemSource};
use crate::dtype::DType;
use crate::error::{Error, Place, Result, ResultExt};
use crate::kernel::fill::{Interpolate, backward_rows, forward_rows, interpolate};
use crate::plan::{Agg, Expr, FillGaps, Gaps, LazyFrame, col};
use crate::store::{Batch, Column, Field, TableSource};
use rayon::prelude::*;
use std::sync::Arc;

impl LazyFrame {
    /// The columns of numbers that lack a value somewhere; a pass over the rows.
    ///
    /// # Errors
    /// What the source says.
    pub fn columns_with_gaps(&self, options: &ExecOptions) -> Result<Vec<String>> {
        let number = |f: &&Field| f.dtype.is_integer() || f.dtype.is_float();
        let names: Vec<String> = self.schema().fields.iter().filter(number).map(|f| f.name.clone()).collect();
        let count = |agg: Agg| names.iter().map(move |n| (n.clone(), Expr::Agg(agg, vec![col(n.clone())])));
        let (there, rows) = (self.aggregate(count(Agg::Count), options)?, self.aggregate(count(Agg::Size), options)?);
        let differs = |n: &&String| there.column(n).ok().map(|c| c.scalar(0)) != rows.column(n).ok().map(|c| c.scalar(0));
        Ok(names.iter().filter(differs).cloned().collect())
    }
}

/// The table with its gaps filled.
pub(super) fn fill_gaps(input: &Arc<dyn TableSource>, gaps: &FillGaps, options: &ExecOptions) -> Result<Arc<dyn TableSource>> {
    let whole = gather(input, None, "filling gaps", options)?;
    let rows = whole.batch.rows();
    let _work = options.budget.reserve(rows * 16 * gaps.columns.len().min(options.workers()), "filling gaps")?;
    let times = gaps.on.map(|on| positions(&whole.batch, on)).transpose()?;
    let columns = whole.batch.columns.par_iter().enumerate().with_max_len(1).map(|(c, column)| {
        if !gaps.columns.contains(&c) || column.missing_count() == 0 && *column.dtype() == gaps.schema.fields[c].dtype {
            return Ok(column.clone());
        }
        fill(column, gaps, times.as_deref()).at_column(&gaps.schema.fields[c].name)
    });
    let columns = columns.collect::<Result<Vec<_>>>()?;
    let batch = Batch::with_rows(gaps.schema.clone(), columns, rows)?;
    Ok(Arc::new(MemSource::whole(gaps.schema.clone(), batch).holding(whole.booked, whole.notices)))
}

/// Where the rows are in time, as numbers.
fn positions(batch: &Batch, on: usize) -> Result<Vec<f64>> {
    let column = &batch.columns[on];
    let name = &batch.schema.fields[on].name;
    let place = |row: usize| Place { column: Some(name.clone()), row: Some(row as u64), ..Place::default() };
    let numbers = if column.dtype().is_temporal() {
        let ticks = column.to_i64().at_column(name)?;
        // From the first one, so that differences stay exact.
        let first = ticks.iter().flatten().next().unwrap_or(0);
        ticks.iter().map(|t| t.map_or(f64::NAN, |t| t.wrapping_sub(first) as f64)).collect()
    } else {
        column.to_f64().at_column(name)?
    };
    if let Some(row) = numbers.iter().position(|x| x.is_nan()) {
        return Err(Error::invalid("a time is missing, so it is not known where its row stands").at(place(row)));
    }
    if let Some(row) = numbers.windows(2).position(|w| w[1] < w[0]) {
        return Err(Error::invalid(format!("the table is not sorted by {name:?}"))
            .help("sort it first: hpda-data sort FILE --by TIME")
            .at(place(row + 1)));
    }
    Ok(numbers)
}

fn fill(column: &Column, gaps: &FillGaps, times: Option<&[f64]>) -> Result<Column> {
    let method = match &gaps.how {
        Gaps::Forward => return column.take(&forward_rows(&column.present(), gaps.limit)),
        Gaps::Backward => return column.take(&backward_rows(&column.present(), gaps.limit)),
        Gaps::Linear => Interpolate::Linear,
        Gaps::Time(_) => Interpolate::Positions,
        Gaps::Nearest => return nearest(column, gaps.limit),
    };
    let mut values = column.to_f64()?;
    interpolate(&mut values, times, method, gaps.limit);
    let dtype = if *column.dtype() == DType::F32 { DType::F32 } else { DType::F64 };
    Ok(Column::from_f64(values, &dtype))
}

/// The nearer neighbour, halfway the one before; inside gaps only. Rows are taken, so that integers stay what they are.
fn nearest(column: &Column, limit: Option<usize>) -> Result<Column> {
    let present = column.present();
    let (before, after) = (forward_rows(&present, None), backward_rows(&present, None));
    let rows = before.iter().zip(&after).enumerate().map(|(i, pair)| match pair {
        (Some(b), Some(a)) if i as u64 - b <= limit.map_or(u64::MAX, |l| l as u64) => {
            Some(if i as u64 - b <= a - i as u64 { b } else { a })
        }
        _ => None,
    });
    column.take(&rows.collect())
}
