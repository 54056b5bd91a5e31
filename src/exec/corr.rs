//! Correlations between the columns of a table.

use super::ExecOptions;
use super::gather::gather;
use super::group::numbers;
use crate::error::{Error, Result};
use crate::frame::DataFrame;
use crate::kernel::correlate::Correlation;
use crate::plan::{Expr, Func, LazyFrame, col};
use crate::store::Column;
use rayon::prelude::*;

impl LazyFrame {
    /// The correlations of all numeric columns: a column `column` of their names, then one column for each. Rows in which one of two is
    /// missing do not count for the two. Pearson's takes one pass and no memory; the others hold the numeric columns.
    ///
    /// # Errors
    /// Invalid, without numeric columns; what the source says; budget, where the columns do not fit.
    pub fn corr(&self, method: Correlation, options: &ExecOptions) -> Result<DataFrame> {
        let fields = self.schema().fields.iter().filter(|f| f.dtype.is_numeric());
        let names: Vec<String> = fields.map(|f| f.name.clone()).collect();
        if names.is_empty() {
            return Err(Error::invalid("there are no numeric columns to correlate"));
        }
        let pairs: Vec<(usize, usize)> = (0..names.len()).flat_map(|i| (0..=i).map(move |j| (i, j))).collect();
        let found: Vec<Option<f64>> = if method == Correlation::Pearson {
            let wanted = pairs
                .iter()
                .enumerate()
                .map(|(k, &(i, j))| (format!("{k}"), Expr::Call(Func::Corr, vec![col(names[i].clone()), col(names[j].clone())])));
            let row = self.aggregate(wanted, options)?;
            row.columns().iter().map(|c| c.scalar(0).as_f64()).collect()
        } else {
            let whole = gather(&self.select(&names)?.source(options)?, None, "correlating", options)?;
            let values = whole.batch.columns.par_iter().map(numbers).collect::<Result<Vec<Vec<f64>>>>()?;
            let one = |&(i, j): &(usize, usize)| {
                let both = values[i].iter().zip(&values[j]).filter(|(x, y)| !x.is_nan() && !y.is_nan());
                let (x, y): (Vec<f64>, Vec<f64>) = both.map(|(&x, &y)| (x, y)).unzip();
                method.of(&x, &y)
            };
            pairs.par_iter().with_max_len(1).map(one).collect()
        };
        // Of a column with itself it is one, but for rounding.
        let found: Vec<Option<f64>> = pairs.iter().zip(found).map(|(&(i, j), r)| if i == j { r.map(|_| 1.0) } else { r }).collect();
        let place = |i: usize, j: usize| if i >= j { i * (i + 1) / 2 + j } else { j * (j + 1) / 2 + i };
        let first = ("column".to_string(), Column::from(names.clone()));
        let rest = names.iter().enumerate().map(|(i, name)| {
            let values = (0..names.len()).map(|j| found[place(i, j)]).collect::<Vec<Option<f64>>>();
            (name.clone(), Column::from(values))
        });
        DataFrame::new(std::iter::once(first).chain(rest))
    }
}
