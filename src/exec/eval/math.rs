//! Functions of numbers.

use super::{Value, compare};
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::plan::{BinaryOp, Func};
use arrow::array::{Array, ArrayRef, AsArray, BooleanArray};
use arrow::compute::kernels::boolean::{and, or};
use arrow::compute::kernels::zip::zip;
use arrow::datatypes as at;
use std::sync::Arc;

pub(super) fn math(func: Func, args: &[Value], dtype: &DType) -> Result<Value> {
    let x = &args[0];
    let digits = match args.get(1) {
        Some(n) if func == Func::Round => n.array.as_primitive_opt::<at::Int64Type>().map_or(0, |n| n.value(0)),
        _ => 0,
    };
    let array: ArrayRef = match dtype {
        DType::F64 => {
            if func == Func::Atan2 {
                return angle(&args[0], &args[1], dtype);
            }
            Arc::new(x.array.as_primitive::<at::Float64Type>().unary::<_, at::Float64Type>(|x| float(func, x, digits)))
        }
        DType::F32 => {
            if func == Func::Atan2 {
                return angle(&args[0], &args[1], dtype);
            }
            Arc::new(x.array.as_primitive::<at::Float32Type>().unary::<_, at::Float32Type>(|x| float(func, x as f64, digits) as f32))
        }
        _ if func == Func::Abs => absolute(&x.array, dtype)?,
        // Whole numbers are whole; to tens and hundreds they are rounded in i128.
        _ if func == Func::Round && digits < 0 => rounded(&x.array, digits, dtype)?,
        _ => x.array.clone(),
    };
    Ok(x.like(array))
}

fn float(func: Func, x: f64, digits: i64) -> f64 {
    match func {
        Func::Abs => x.abs(),
        Func::Sqrt => x.sqrt(),
        Func::Exp => x.exp(),
        Func::Log => x.ln(),
        Func::Log10 => x.log10(),
        Func::Sin => x.sin(),
        Func::Cos => x.cos(),
        Func::Tan => x.tan(),
        Func::Asin => x.asin(),
        Func::Acos => x.acos(),
        Func::Atan => x.atan(),
        Func::Floor => x.floor(),
        Func::Ceil => x.ceil(),
        _ => round(x, digits),
    }
}

/// To so many decimals, half to even: by way of decimal text, which alone rounds the number that is meant (2.675 is a little less,
/// and goes to 2.67).
fn round(x: f64, digits: i64) -> f64 {
    match digits {
        _ if !x.is_finite() => x,
        0 => x.round_ties_even(),
        1..=300 => format!("{x:.*}", digits as usize).parse().unwrap_or(x),
        _ => {
            let unit = 10f64.powi(-digits as i32);
            (x / unit).round_ties_even() * unit
        }
    }
}

fn angle(y: &Value, x: &Value, dtype: &DType) -> Result<Value> {
    let (rows, one) = Value::join(y, x);
    let (y, x) = (y.clone().full(rows)?, x.clone().full(rows)?);
    let array: ArrayRef = if *dtype == DType::F32 {
        let (y, x) = (y.as_primitive::<at::Float32Type>(), x.as_primitive::<at::Float32Type>());
        Arc::new(arrow::compute::binary::<_, _, _, at::Float32Type>(y, x, |y, x| (y as f64).atan2(x as f64) as f32)?)
    } else {
        let (y, x) = (y.as_primitive::<at::Float64Type>(), x.as_primitive::<at::Float64Type>());
        Arc::new(arrow::compute::binary::<_, _, _, at::Float64Type>(y, x, f64::atan2)?)
    };
    Ok(Value { array, one })
}

fn absolute(array: &ArrayRef, dtype: &DType) -> Result<ArrayRef> {
    macro_rules! abs {
        ($t:ty) => {
            Arc::new(array.as_primitive::<$t>().try_unary::<_, $t, Error>(|x| {
                x.checked_abs().ok_or_else(|| Error::overflow(format!("abs({x}) does not fit {dtype}")).help("`float(x)` computes in f64"))
            })?)
        };
    }
    Ok(match dtype {
        DType::I8 => abs!(at::Int8Type),
        DType::I16 => abs!(at::Int16Type),
        DType::I32 => abs!(at::Int32Type),
        DType::I64 => abs!(at::Int64Type),
        DType::Duration { .. } => {
            let out = super::as_i64(array)?.try_unary::<_, at::Int64Type, Error>(|x| {
                x.checked_abs().ok_or_else(|| Error::overflow("a duration beyond what 64 bits can tell"))
            })?;
            super::from_i64(out, dtype)?
        }
        _ => array.clone(),
    })
}

fn rounded(array: &ArrayRef, digits: i64, dtype: &DType) -> Result<ArrayRef> {
    if digits < -20 {
        return Err(Error::invalid("integers are rounded to at most 20 zeros"));
    }
    let unit = 10i128.pow(-digits as u32);
    let f = |x: i128| {
        let (q, r) = (x.div_euclid(unit), x.rem_euclid(unit));
        let up = r * 2 > unit || r * 2 == unit && q % 2 != 0;
        (q + up as i128) * unit
    };
    macro_rules! int {
        ($t:ty) => {
            Arc::new(array.as_primitive::<$t>().try_unary::<_, $t, Error>(|x| {
                let y = f(x.into());
                y.try_into().map_err(|_| Error::overflow(format!("{x} rounded to {y} does not fit {dtype}")))
            })?)
        };
    }
    Ok(match dtype {
        DType::I8 => int!(at::Int8Type),
        DType::I16 => int!(at::Int16Type),
        DType::I32 => int!(at::Int32Type),
        DType::I64 => int!(at::Int64Type),
        DType::U8 => int!(at::UInt8Type),
        DType::U16 => int!(at::UInt16Type),
        DType::U32 => int!(at::UInt32Type),
        DType::U64 => int!(at::UInt64Type),
        _ => array.clone(),
    })
}

/// `clip`, `least` and `greatest`: one of several values of one type.
pub(super) fn choose(func: Func, args: &[Value], _dtype: &DType) -> Result<Value> {
    let rows = args.iter().find(|a| !a.one).map_or(1, |a| a.array.len());
    let one = args.iter().all(|a| a.one);
    let full = |v: &Value| Ok::<_, Error>(Value { array: v.clone().full(rows)?, one: false });
    let better = |op: BinaryOp, x: &Value, y: &Value| -> Result<Value> {
        // Where y is there and x is not, or y is better.
        let found = compare::compare(op, y, x)?;
        let found = super::true_only(found.array.as_boolean());
        let only: BooleanArray = and(&compare::is_missing(&x.array), &arrow::compute::not(&compare::is_missing(&y.array))?)?;
        let mask = or(&found, &only)?;
        Ok(Value::of(zip(&mask, &y.array, &x.array)?))
    };
    let mut best = full(&args[0])?;
    if func == Func::Clip {
        let missing = compare::is_missing(&best.array);
        let (low, high) = (full(&args[1])?, full(&args[2])?);
        // A bound that is missing is none; x that is missing stays so.
        best = better(BinaryOp::Gt, &best, &low)?;
        best = better(BinaryOp::Lt, &best, &high)?;
        best = Value::of(arrow::compute::nullif(&best.array, &missing)?);
    } else {
        let op = if func == Func::Least { BinaryOp::Lt } else { BinaryOp::Gt };
        for next in &args[1..] {
            best = better(op, &best, &full(next)?)?;
        }
    }
    Ok(Value { array: best.array, one })
}
