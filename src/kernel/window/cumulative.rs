//! Running totals and extremes. Missing rows stay missing and are passed over.

use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::kernel::agg::Sum;
use crate::store::Column;
use arrow::array::{Array, AsArray, UInt64Array};
use arrow::buffer::NullBuffer;
use arrow::datatypes as at;
use std::sync::Arc;

/// What runs along the rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Running {
    /// The sum so far.
    Sum,
    /// The product so far.
    Prod,
    /// The smallest so far.
    Min,
    /// The largest so far.
    Max,
}

/// The type of a running total of values of this type.
///
/// # Errors
/// Type, where it is not meant for the type.
pub fn running_dtype(what: Running, t: &DType) -> Result<DType> {
    let refusal = || Error::wrong_type(format!("running totals and extremes are not meant for {t}"));
    Ok(match (what, t) {
        (Running::Min | Running::Max, t) if (t.is_numeric() && !matches!(t, DType::Decimal { .. })) || t.is_temporal() => t.clone(),
        (_, DType::F32 | DType::F64) => t.clone(),
        (_, DType::U8 | DType::U16 | DType::U32 | DType::U64) => DType::U64,
        (_, DType::Bool) => DType::I64,
        (_, t) if t.is_integer() => DType::I64,
        (Running::Sum, DType::Duration { .. }) => t.clone(),
        _ => return Err(refusal()),
    })
}

/// One result per row.
///
/// # Errors
/// Type, where it is not meant for the type; overflow, with the row, where an integer does not hold it.
pub fn cumulate(column: &Column, what: Running) -> Result<Column> {
    Cumulative::new(what, column.dtype())?.push(column)
}

/// What runs along the rows of a column that comes piece by piece: the results are those of the column in one piece.
#[derive(Clone, Debug)]
pub struct Cumulative {
    what: Running,
    dtype: DType,
    rows: usize,
    sum: Sum,
    product: f64,
    extreme: f64,
    total: i128,
    /// The row that has the extreme so far, where values are no floats.
    best: Option<Column>,
}

impl Cumulative {
    /// For values of this type.
    ///
    /// # Errors
    /// Type, where it is not meant for the type.
    pub fn new(what: Running, of: &DType) -> Result<Cumulative> {
        let total = if what == Running::Sum { 0 } else { 1 };
        let dtype = running_dtype(what, of)?;
        Ok(Cumulative { what, dtype, rows: 0, sum: Sum::default(), product: 1.0, extreme: f64::NAN, total, best: None })
    }

    /// The type of the results.
    pub fn dtype(&self) -> &DType {
        &self.dtype
    }

    /// The results of the next rows.
    ///
    /// # Errors
    /// Overflow, with the row, where an integer does not hold it.
    pub fn push(&mut self, column: &Column) -> Result<Column> {
        let first = self.rows;
        self.rows += column.len();
        if self.dtype.is_float() {
            return Ok(Column::from_f64(column.to_f64()?.into_iter().map(|x| self.step(x)).collect(), &self.dtype));
        }
        let wide = if *column.dtype() == DType::Bool { column.cast(&DType::I64)? } else { column.clone() };
        if matches!(self.what, Running::Min | Running::Max) { self.extremes(wide) } else { self.totals(&wide, first) }
    }

    fn step(&mut self, x: f64) -> f64 {
        if x.is_nan() {
            return x;
        }
        match self.what {
            Running::Sum => {
                self.sum.add(x);
                self.sum.value()
            }
            Running::Prod => {
                self.product *= x;
                self.product
            }
            Running::Min => {
                self.extreme = if self.extreme <= x { self.extreme } else { x };
                self.extreme
            }
            Running::Max => {
                self.extreme = if self.extreme >= x { self.extreme } else { x };
                self.extreme
            }
        }
    }

    /// Where the extreme stands, so that any type keeps its own values.
    fn extremes(&mut self, piece: Column) -> Result<Column> {
        let (wide, lead) = match &self.best {
            Some(best) => (Column::concat(&[best.clone(), piece])?, 1),
            None => (piece, 0),
        };
        let mut best = self.best.as_ref().map(|_| 0);
        let mut rows = |better: &dyn Fn(usize, usize) -> bool, valid: &dyn Fn(usize) -> bool| -> UInt64Array {
            (lead..wide.len())
                .map(|i| {
                    if !valid(i) {
                        return None;
                    }
                    if best.is_none_or(|b| better(i, b)) {
                        best = Some(i);
                    }
                    best.map(|b| b as u64)
                })
                .collect()
        };
        let smallest = self.what == Running::Min;
        let rows = if self.dtype == DType::U64 {
            let v = wide.values().as_primitive::<at::UInt64Type>();
            rows(&|i, b| if smallest { v.value(i) < v.value(b) } else { v.value(i) > v.value(b) }, &|i| v.is_valid(i))
        } else {
            let v = wide.to_i64()?;
            rows(&|i, b| if smallest { v.value(i) < v.value(b) } else { v.value(i) > v.value(b) }, &|i| v.is_valid(i))
        };
        self.best = best.map(|b| wide.take(&UInt64Array::from(vec![b as u64]))).transpose()?;
        wide.take(&rows)
    }

    fn totals(&mut self, wide: &Column, first: usize) -> Result<Column> {
        let dtype = self.dtype.clone();
        let overflow = |row: usize| {
            Error::overflow(format!("the running total does not fit {dtype}, from row {row} on")).help("make the column a float first")
        };
        let what = self.what;
        let fits = |x: i128| if dtype == DType::U64 { u64::try_from(x).is_ok() } else { i64::try_from(x).is_ok() };
        let mut total = self.total;
        let mut run = |valid: &dyn Fn(usize) -> bool, value: &dyn Fn(usize) -> i128| -> Result<Vec<i128>> {
            (0..wide.len())
                .map(|i| {
                    if valid(i) {
                        let next = if what == Running::Sum { total.checked_add(value(i)) } else { total.checked_mul(value(i)) };
                        total = next.filter(|&t| fits(t)).ok_or_else(|| overflow(first + i))?;
                    }
                    Ok(total)
                })
                .collect()
        };
        let nulls: Option<NullBuffer> = wide.values().nulls().cloned();
        if dtype == DType::U64 {
            let v = wide.cast(&DType::U64)?;
            let v = v.values().as_primitive::<at::UInt64Type>();
            let out: Vec<u64> = run(&|i| v.is_valid(i), &|i| v.value(i) as i128)?.into_iter().map(|x| x as u64).collect();
            self.total = total;
            return Column::new(dtype, Arc::new(UInt64Array::new(out.into(), nulls)));
        }
        let v = wide.to_i64()?;
        let out: Vec<i64> = run(&|i| v.is_valid(i), &|i| v.value(i) as i128)?.into_iter().map(|x| x as i64).collect();
        self.total = total;
        Column::from_i64_parts(dtype.clone(), out.into(), nulls)
    }
}

impl Column {
    /// The rows `by` further down (up, where negative); missing comes in. The type stays.
    ///
    /// # Errors
    /// Never in practice.
    pub fn shift(&self, by: i64) -> Result<Column> {
        let n = self.len();
        let gap = (by.unsigned_abs().min(n as u64)) as usize;
        if gap == 0 {
            return Ok(self.clone());
        }
        let (missing, kept) = (Column::missing(self.dtype().clone(), gap), n - gap);
        if by > 0 { Column::concat(&[missing, self.slice(0, kept)]) } else { Column::concat(&[self.slice(gap, kept), missing]) }
    }
}
