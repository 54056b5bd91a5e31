//! Missing values filled from their neighbours, which needs all rows of a column in order: in memory, or stretch by stretch.

mod ahead;
mod stretches;

use super::gather::{fits_by_count, gather};
use super::{ExecOptions, MemSource};
use crate::dtype::DType;
use crate::error::{Error, ErrorKind, Place, Result, ResultExt};
use crate::kernel::fill::{Interpolate, backward_rows_at, forward_rows_at, interpolate_at};
use crate::plan::{Agg, Expr, FillGaps, Gaps, LazyFrame, col};
use crate::store::{Batch, Column, Field, TableSource};
use rayon::prelude::*;
use std::sync::Arc;

const WHAT: &str = "filling gaps";

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

/// The table with its gaps filled; read in stretches of rows where it does not fit the budget.
pub(super) fn fill_gaps(input: &Arc<dyn TableSource>, gaps: &Arc<FillGaps>, options: &ExecOptions) -> Result<Arc<dyn TableSource>> {
    match in_memory(input, gaps, options) {
        Err(e) if e.kind() == ErrorKind::Budget => stretches::filled(input, gaps, options),
        made => made,
    }
}

fn in_memory(input: &Arc<dyn TableSource>, gaps: &FillGaps, options: &ExecOptions) -> Result<Arc<dyn TableSource>> {
    fits_by_count(input, 0, WHAT, options)?;
    let whole = gather(input, None, WHAT, options)?;
    let rows = whole.batch.rows();
    let _work = options.budget.reserve(rows * 16 * gaps.columns.len().min(options.workers()), WHAT)?;
    let times = gaps.on.map(|on| positions(&whole.batch, on)).transpose()?;
    let columns = whole.batch.columns.par_iter().enumerate().with_max_len(1).map(|(c, column)| {
        if !gaps.columns.contains(&c) || column.missing_count() == 0 && *column.dtype() == gaps.schema.fields[c].dtype {
            return Ok(column.clone());
        }
        fill(column, gaps, times.as_deref(), |i| i as u64).at_column(&gaps.schema.fields[c].name)
    });
    let columns = columns.collect::<Result<Vec<_>>>()?;
    let batch = Batch::with_rows(gaps.schema.clone(), columns, rows)?;
    Ok(Arc::new(MemSource::whole(gaps.schema.clone(), batch).holding(whole.booked, whole.notices)))
}

/// Where the rows are in time, as numbers.
fn positions(batch: &Batch, on: usize) -> Result<Vec<f64>> {
    let name = &batch.schema.fields[on].name;
    let numbers = numbers(&batch.columns[on], &mut None).at_column(name)?;
    let mut judge = Judge::default();
    judge.look(&numbers);
    judge.say(name)?;
    Ok(numbers)
}

/// Times and numbers as distances. Times count from the first one, so that differences stay exact.
fn numbers(column: &Column, first: &mut Option<i64>) -> Result<Vec<f64>> {
    if !column.dtype().is_temporal() {
        return column.to_f64();
    }
    let ticks = column.to_i64()?;
    *first = first.or_else(|| ticks.iter().flatten().next());
    let first = first.unwrap_or(0);
    Ok(ticks.iter().map(|t| t.map_or(f64::NAN, |t| t.wrapping_sub(first) as f64)).collect())
}

/// Looks along the times, piece by piece.
#[derive(Debug, Default)]
struct Judge {
    rows: u64,
    last: Option<f64>,
    missing: Option<u64>,
    falls: Option<u64>,
}

impl Judge {
    fn look(&mut self, numbers: &[f64]) {
        let row = |i: usize| self.rows + i as u64;
        self.missing = self.missing.or_else(|| numbers.iter().position(|x| x.is_nan()).map(row));
        let falls = match (self.last, numbers.first()) {
            (Some(last), Some(&next)) if next < last => Some(0),
            _ => numbers.windows(2).position(|w| w[1] < w[0]).map(|i| i + 1),
        };
        self.falls = self.falls.or(falls.map(row));
        self.last = numbers.last().copied().or(self.last);
        self.rows += numbers.len() as u64;
    }

    fn say(&self, name: &str) -> Result<()> {
        let place = |row| Place { column: Some(name.into()), row: Some(row), ..Place::default() };
        if let Some(row) = self.missing {
            return Err(Error::invalid("a time is missing, so it is not known where its row stands").at(place(row)));
        }
        match self.falls {
            Some(row) => Err(Error::invalid(format!("the table is not sorted by {name:?}"))
                .help("sort it first: hpda-data sort FILE --by TIME")
                .at(place(row))),
            None => Ok(()),
        }
    }
}

/// A column with its gaps filled; `row` tells the number of each row in the table.
fn fill(column: &Column, gaps: &FillGaps, times: Option<&[f64]>, row: impl Fn(usize) -> u64 + Copy) -> Result<Column> {
    let method = match &gaps.how {
        Gaps::Forward => return column.take(&forward_rows_at(&column.present(), gaps.limit, row)),
        Gaps::Backward => return column.take(&backward_rows_at(&column.present(), gaps.limit, row)),
        Gaps::Linear => Interpolate::Linear,
        Gaps::Time(_) => Interpolate::Positions,
        Gaps::Nearest => return nearest(column, gaps.limit, row),
    };
    let mut values = column.to_f64()?;
    interpolate_at(&mut values, times, method, gaps.limit, row);
    let dtype = if *column.dtype() == DType::F32 { DType::F32 } else { DType::F64 };
    Ok(Column::from_f64(values, &dtype))
}

/// The nearer neighbour, halfway the one before; inside gaps only. Rows are taken, so that integers stay what they are.
fn nearest(column: &Column, limit: Option<usize>, row: impl Fn(usize) -> u64 + Copy) -> Result<Column> {
    let present = column.present();
    let (before, after) = (forward_rows_at(&present, None, row), backward_rows_at(&present, None, row));
    let most = limit.map_or(u64::MAX, |l| l as u64);
    let rows = before.iter().zip(&after).enumerate().map(|(i, pair)| match pair {
        (Some(b), Some(a)) => {
            let (back, on) = (row(i) - row(b as usize), row(a as usize) - row(i));
            (back <= most).then_some(if back <= on { b } else { a })
        }
        _ => None,
    });
    column.take(&rows.collect())
}
