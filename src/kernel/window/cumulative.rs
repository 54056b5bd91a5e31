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
    let dtype = running_dtype(what, column.dtype())?;
    let overflow = |row: usize| {
        Error::overflow(format!("the running total does not fit {dtype}, from row {row} on")).help("make the column a float first")
    };
    let wide = if *column.dtype() == DType::Bool { column.cast(&DType::I64)? } else { column.clone() };
    if dtype.is_float() {
        let values = column.to_f64()?;
        let (mut sum, mut product, mut extreme) = (Sum::default(), 1.0, f64::NAN);
        let step = |x: f64| {
            if x.is_nan() {
                return x;
            }
            match what {
                Running::Sum => {
                    sum.add(x);
                    sum.value()
                }
                Running::Prod => {
                    product *= x;
                    product
                }
                Running::Min => {
                    extreme = if extreme <= x { extreme } else { x };
                    extreme
                }
                Running::Max => {
                    extreme = if extreme >= x { extreme } else { x };
                    extreme
                }
            }
        };
        return Ok(Column::from_f64(values.into_iter().map(step).collect(), &dtype));
    }
    if matches!(what, Running::Min | Running::Max) {
        // Where the extreme stands, so that any type keeps its own values.
        let mut best: Option<usize> = None;
        let mut rows = |better: &dyn Fn(usize, usize) -> bool, valid: &dyn Fn(usize) -> bool| -> UInt64Array {
            (0..wide.len())
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
        let smallest = what == Running::Min;
        let rows = if dtype == DType::U64 {
            let v = wide.values().as_primitive::<at::UInt64Type>().clone();
            rows(&|i, b| if smallest { v.value(i) < v.value(b) } else { v.value(i) > v.value(b) }, &|i| v.is_valid(i))
        } else {
            let v = wide.to_i64()?;
            rows(&|i, b| if smallest { v.value(i) < v.value(b) } else { v.value(i) > v.value(b) }, &|i| v.is_valid(i))
        };
        return wide.take(&rows);
    }
    let start = if what == Running::Sum { 0i128 } else { 1 };
    let fits = |x: i128| if dtype == DType::U64 { u64::try_from(x).is_ok() } else { i64::try_from(x).is_ok() };
    let run = |valid: &dyn Fn(usize) -> bool, value: &dyn Fn(usize) -> i128| -> Result<Vec<i128>> {
        let mut total = start;
        (0..wide.len())
            .map(|i| {
                if valid(i) {
                    let next = if what == Running::Sum { total.checked_add(value(i)) } else { total.checked_mul(value(i)) };
                    total = next.filter(|&t| fits(t)).ok_or_else(|| overflow(i))?;
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
        return Column::new(dtype, Arc::new(UInt64Array::new(out.into(), nulls)));
    }
    let v = wide.to_i64()?;
    let out: Vec<i64> = run(&|i| v.is_valid(i), &|i| v.value(i) as i128)?.into_iter().map(|x| x as i64).collect();
    Column::from_i64_parts(dtype, out.into(), nulls)
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
