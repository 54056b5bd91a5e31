//! Arithmetic. Integer overflow is an error; `//` and `%` have Python's signs and give missing by integer zero.

use super::{Value, as_i64, from_i64};
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::plan::BinaryOp;
use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Int64Array, PrimitiveArray, StringViewBuilder};
use arrow::compute::kernels::numeric;
use arrow::datatypes::{self as at, ArrowPrimitiveType, DataType as ArrowType};
use std::sync::Arc;

pub(super) fn negative(v: &Value, dtype: &DType) -> Result<Value> {
    if dtype.is_temporal() {
        let out = as_i64(&v.array)?.try_unary::<_, at::Int64Type, _>(|x| x.checked_neg().ok_or_else(|| overflow("-", x)))?;
        return Ok(v.like(from_i64(out, dtype)?));
    }
    Ok(v.like(numeric::neg(&v.array).map_err(from_arrow)?))
}

fn overflow(op: &str, x: impl std::fmt::Display) -> Error {
    Error::overflow(format!("`{op}` of {x} does not fit 64 bits"))
}

/// arrow's words for an overflow are its own; the way out is ours.
fn from_arrow(e: arrow::error::ArrowError) -> Error {
    Error::from(e).help("`float(x)` computes in f64")
}

/// `from` is the type of the operands, `to` that of the result.
pub(super) fn arithmetic(op: BinaryOp, a: &Value, b: &Value, from: &DType, to: &DType) -> Result<Value> {
    if *from == DType::Str {
        return join(a, b);
    }
    if from.is_temporal() || to.is_temporal() {
        return times(op, a, b, to);
    }
    let one = a.one && b.one;
    let (x, y) = (a.datum(), b.datum());
    let array: ArrayRef = match op {
        BinaryOp::Add => numeric::add(&*x, &*y).map_err(from_arrow)?,
        BinaryOp::Sub => numeric::sub(&*x, &*y).map_err(from_arrow)?,
        BinaryOp::Mul => numeric::mul(&*x, &*y).map_err(from_arrow)?,
        BinaryOp::Div => numeric::div(&*x, &*y).map_err(from_arrow)?,
        _ => {
            macro_rules! int {
                ($t:ty) => {
                    integers::<$t>(op, a, b, to)?
                };
            }
            match to {
                DType::I8 => int!(at::Int8Type),
                DType::I16 => int!(at::Int16Type),
                DType::I32 => int!(at::Int32Type),
                DType::I64 => int!(at::Int64Type),
                DType::U8 => int!(at::UInt8Type),
                DType::U16 => int!(at::UInt16Type),
                DType::U32 => int!(at::UInt32Type),
                DType::U64 => int!(at::UInt64Type),
                DType::F32 => floats::<at::Float32Type>(op, a, b, |x| x as f64, |x| x as f32),
                DType::F64 => floats::<at::Float64Type>(op, a, b, |x| x, |x| x),
                other => return Err(Error::internal(format!("`{}` in {other}", op.symbol()))),
            }
        }
    };
    let array = if op == BinaryOp::Pow && array.null_count() > 0 { known_powers(array, a, b)? } else { array };
    Ok(Value { array, one })
}

/// 1 to the power of missing and missing to the power of 0 are 1, as of NaN.
fn known_powers(array: ArrayRef, a: &Value, b: &Value) -> Result<ArrayRef> {
    let number = |v: &Value| arrow::compute::cast(&v.array, &ArrowType::Float64);
    let (base, exponent) = (number(a)?, number(b)?);
    let is = |values: &ArrayRef, row: usize, x: f64| values.is_valid(row) && values.as_primitive::<at::Float64Type>().value(row) == x;
    let known: BooleanArray = (0..array.len()).map(|i| Some(is(&base, a.at(i), 1.0) || is(&exponent, b.at(i), 0.0))).collect();
    let one = arrow::compute::cast(&Int64Array::from(vec![1]), array.data_type())?;
    Ok(arrow::compute::kernels::zip::zip(&known, &arrow::array::Scalar::new(one), &array)?)
}

/// Applies `f` row by row where both are there.
fn zip<T: ArrowPrimitiveType, O: ArrowPrimitiveType>(
    a: &Value,
    b: &Value,
    f: impl Fn(T::Native, T::Native) -> Result<Option<O::Native>>,
) -> Result<PrimitiveArray<O>> {
    let (rows, _) = Value::join(a, b);
    let (x, y) = (a.array.as_primitive::<T>(), b.array.as_primitive::<T>());
    let mut out = arrow::array::PrimitiveBuilder::<O>::with_capacity(rows);
    for i in 0..rows {
        let (j, k) = (a.at(i), b.at(i));
        out.append_option(if x.is_valid(j) && y.is_valid(k) { f(x.value(j), y.value(k))? } else { None });
    }
    Ok(out.finish())
}

/// `// % **` of integers, in i128, which holds what any of them can give before it is too large.
fn integers<T>(op: BinaryOp, a: &Value, b: &Value, to: &DType) -> Result<ArrayRef>
where
    T: ArrowPrimitiveType,
    T::Native: Into<i128> + TryFrom<i128>,
{
    let too_large =
        |x: i128, y: i128| Error::overflow(format!("{x} {} {y} does not fit {to}", op.symbol())).help("`float(x)` computes in f64");
    let out = zip::<T, T>(a, b, |x, y| {
        let (x, y): (i128, i128) = (x.into(), y.into());
        let z = match op {
            BinaryOp::FloorDiv | BinaryOp::Mod if y == 0 => return Ok(None),
            // Euclid's remainder has the sign of nothing; Python's that of the divisor.
            BinaryOp::FloorDiv => Some(x.div_euclid(y) - (y < 0 && x.rem_euclid(y) != 0) as i128),
            BinaryOp::Mod => {
                let r = x.rem_euclid(y);
                Some(if r != 0 && y < 0 { r + y } else { r })
            }
            _ if y < 0 => {
                return Err(
                    Error::invalid(format!("{x} ** {y}: an integer to a negative power is no integer")).help("make one a float: float(x)")
                );
            }
            _ => u32::try_from(y).ok().and_then(|y| x.checked_pow(y)).or(match x {
                0 | 1 => Some(x),
                -1 => Some(if y % 2 == 0 { 1 } else { -1 }),
                _ => None,
            }),
        };
        z.and_then(|z| T::Native::try_from(z).ok()).map(Some).ok_or_else(|| too_large(x, y))
    })?;
    Ok(Arc::new(out))
}

fn floats<T: ArrowPrimitiveType>(
    op: BinaryOp,
    a: &Value,
    b: &Value,
    wide: impl Fn(T::Native) -> f64,
    narrow: impl Fn(f64) -> T::Native,
) -> ArrayRef {
    let f = |x: f64, y: f64| match op {
        BinaryOp::Pow => x.powf(y),
        BinaryOp::Mod => modulo(x, y),
        // From the remainder, so that x == (x // y) * y + x % y holds as well as it can, as in Python.
        _ if y == 0.0 => (x / y).floor(),
        _ => {
            let quotient = (x - modulo(x, y)) / y;
            let floor = quotient.floor();
            if quotient - floor > 0.5 { floor + 1.0 } else { floor }
        }
    };
    let out = zip::<T, T>(a, b, |x, y| Ok(Some(narrow(f(wide(x), wide(y))))));
    match out {
        Ok(array) => Arc::new(array),
        Err(_) => arrow::array::new_null_array(&T::DATA_TYPE, Value::join(a, b).0),
    }
}

/// The remainder with the sign of the divisor.
fn modulo(x: f64, y: f64) -> f64 {
    let r = x % y;
    if r != 0.0 && (r < 0.0) != (y < 0.0) { r + y } else { r }
}

/// Times and durations as their i64s; the units are one already.
fn times(op: BinaryOp, a: &Value, b: &Value, to: &DType) -> Result<Value> {
    let one = a.one && b.one;
    let (x, y) = (Value { array: Arc::new(as_i64(&a.array)?), one: a.one }, Value { array: Arc::new(as_i64(&b.array)?), one: b.one });
    if op == BinaryOp::Div {
        let out = zip::<at::Int64Type, at::Float64Type>(&x, &y, |x, y| Ok(Some(x as f64 / y as f64)))?;
        return Ok(Value { array: Arc::new(out), one });
    }
    let out = zip::<at::Int64Type, at::Int64Type>(&x, &y, |x, y| {
        let z = match op {
            BinaryOp::Add => x.checked_add(y),
            BinaryOp::Sub => x.checked_sub(y),
            _ => x.checked_mul(y),
        };
        z.map(Some).ok_or_else(|| Error::overflow("a time or duration beyond what 64 bits can tell"))
    })?;
    Ok(Value { array: from_i64(out, to)?, one })
}

/// Texts joined.
fn join(a: &Value, b: &Value) -> Result<Value> {
    let (rows, one) = Value::join(a, b);
    let (x, y) = (a.array.as_string_view(), b.array.as_string_view());
    let mut out = StringViewBuilder::with_capacity(rows);
    let mut text = String::new();
    for i in 0..rows {
        let (j, k) = (a.at(i), b.at(i));
        if x.is_null(j) || y.is_null(k) {
            out.append_null();
            continue;
        }
        text.clear();
        text.push_str(x.value(j));
        text.push_str(y.value(k));
        out.append_value(&text);
    }
    Ok(Value { array: Arc::new(out.finish()), one })
}
