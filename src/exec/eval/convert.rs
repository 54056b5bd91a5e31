//! `int float str date datetime`.

use super::{Value, compare};
use crate::dtype::{Calendar, DType, TimeUnit};
use crate::error::{Error, Result};
use crate::kernel::text::format::{Pushed, TextColumn};
use crate::kernel::text::moment::parse_moment;
use crate::kernel::text::scan::{parse_f64, parse_i64};
use crate::plan::Func;
use crate::store::Column;
use arrow::array::{ArrayRef, AsArray, Date32Array, Float64Array, Int64Array, StringViewArray, StringViewBuilder};
use arrow::compute::{CastOptions, cast_with_options};
use arrow::datatypes::{self as at, DataType};
use std::sync::Arc;

pub(super) fn convert(func: Func, v: &Value, dtype: &DType) -> Result<Value> {
    let array: ArrayRef = match func {
        Func::Int if *dtype == DType::Str => {
            let out: Int64Array = each(v.array.as_string_view(), "a whole number", |t| parse_i64(t.trim().as_bytes()))?;
            Arc::new(out)
        }
        Func::Float if *dtype == DType::Str => {
            let out: Float64Array = each(v.array.as_string_view(), "a number", |t| parse_f64(t.trim().as_bytes()))?;
            Arc::new(out)
        }
        Func::Int if dtype.is_float() => truncated(&v.array)?,
        Func::Int => {
            let cut = CastOptions { safe: false, ..CastOptions::default() };
            cast_with_options(&v.array, &DataType::Int64, &cut)
                .map_err(|e| Error::overflow("a number beyond what i64 holds").because(e).help("`float(x)` holds it"))?
        }
        Func::Float => arrow::compute::cast(&v.array, &DataType::Float64)?,
        Func::Str if *dtype == DType::Str => v.array.clone(),
        Func::Str => texts(&Column::new(dtype.clone(), v.array.clone())?),
        Func::Date => {
            let out: Date32Array = each(v.array.as_string_view(), "a date", |t| {
                let mut m = parse_moment(t.trim().as_bytes())?;
                m.timed = false;
                m.to_date()
            })?;
            Arc::new(out)
        }
        _ => {
            let read = |t: &str| {
                let m = parse_moment(t.trim().as_bytes()).filter(|m| m.offset.is_none())?;
                m.to_instant(Calendar::ProlepticGregorian, TimeUnit::Us)
            };
            let out: Int64Array = each(v.array.as_string_view(), "a date and time without a zone", read)?;
            super::from_i64(out, &DType::datetime())?
        }
    };
    Ok(v.like(array))
}

/// Reads every text that is there.
fn each<T, A: FromIterator<Option<T>>>(texts: &StringViewArray, what: &str, read: impl Fn(&str) -> Option<T>) -> Result<A> {
    let one = |t: &str| {
        read(t).ok_or_else(|| {
            let shown: String = t.chars().take(40).collect();
            Error::parse(format!("the text {shown:?} does not read as {what}"))
                .help("`if(x in ['-'], missing, x)` takes such texts out first")
        })
    };
    texts.iter().map(|t| t.map(one).transpose()).collect()
}

fn truncated(array: &ArrayRef) -> Result<ArrayRef> {
    let missing = compare::is_missing(array);
    let wide = arrow::compute::cast(array, &DataType::Float64)?;
    let wide = arrow::compute::nullif(&wide, &missing)?;
    let out: Int64Array = wide.as_primitive::<at::Float64Type>().try_unary(|x| {
        let cut = x.trunc();
        // 2^63 itself does not fit; it is exact in f64.
        const LIMIT: f64 = (1u64 << 63) as f64;
        if (-LIMIT..LIMIT).contains(&cut) { Ok(cut as i64) } else { Err(Error::overflow(format!("int({x}) does not fit i64"))) }
    })?;
    Ok(Arc::new(out))
}

/// Every value as the CSV writer spells it; NaN is missing.
fn texts(column: &Column) -> ArrayRef {
    let spelled = TextColumn::new(column);
    let mut out = StringViewBuilder::with_capacity(column.len());
    let mut bytes = Vec::new();
    for row in 0..column.len() {
        bytes.clear();
        match spelled.push(row, &mut bytes) {
            Pushed::Missing | Pushed::Nan => out.append_null(),
            _ => out.append_value(String::from_utf8_lossy(&bytes)),
        }
    }
    Arc::new(out.finish())
}
