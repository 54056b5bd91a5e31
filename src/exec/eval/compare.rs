//! Comparisons. Missing and NaN give missing; zeros of both signs are equal.

use super::Value;
use crate::dtype::{DType, Scalar};
use crate::error::{Error, Result};
use crate::exec::key::Ordered;
use crate::plan::BinaryOp;
use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, PrimitiveArray};
use arrow::buffer::{BooleanBuffer, NullBuffer};
use arrow::compute::kernels::cmp;
use arrow::datatypes::{self as at, ArrowPrimitiveType, DataType};
use hashbrown::HashSet;
use std::sync::Arc;

/// Which values of a float array are NaN; `None` where none is.
pub(super) fn nan_bits(array: &ArrayRef) -> Option<BooleanBuffer> {
    let bits = match array.data_type() {
        DataType::Float64 => {
            let v = array.as_primitive::<at::Float64Type>();
            BooleanBuffer::collect_bool(v.len(), |i| v.values()[i].is_nan())
        }
        DataType::Float32 => {
            let v = array.as_primitive::<at::Float32Type>();
            BooleanBuffer::collect_bool(v.len(), |i| v.values()[i].is_nan())
        }
        _ => return None,
    };
    let there = array.nulls().map_or(bits.clone(), |n| &bits & n.inner());
    (there.count_set_bits() > 0).then_some(there)
}

/// Where the values of an array are there: neither missing nor NaN. `None`: everywhere.
fn there(array: &ArrayRef) -> Option<NullBuffer> {
    let nulls = array.logical_nulls();
    match nan_bits(array) {
        None => nulls.filter(|n| n.null_count() > 0),
        Some(nan) => NullBuffer::union(nulls.as_ref(), Some(&NullBuffer::new(!&nan))),
    }
}

pub(super) fn is_missing(array: &ArrayRef) -> BooleanArray {
    let bits = match there(array) {
        None => BooleanBuffer::new_unset(array.len()),
        Some(n) => !n.inner(),
    };
    BooleanArray::new(bits, None)
}

pub(super) fn compare(op: BinaryOp, a: &Value, b: &Value) -> Result<Value> {
    let (rows, one) = Value::join(a, b);
    let nulls = match (there(&a.array), there(&b.array)) {
        (None, None) => None,
        (x, y) => {
            let spread = |n: Option<NullBuffer>, v: &Value| match n {
                Some(n) if v.one && rows != 1 => n.is_null(0).then(|| NullBuffer::new_null(rows)),
                n => n,
            };
            NullBuffer::union(spread(x, a).as_ref(), spread(y, b).as_ref())
        }
    };
    macro_rules! primitive {
        ($t:ty) => {
            bits::<$t>(op, a, b, rows)
        };
    }
    use at::TimeUnit as U;
    let bits = match a.array.data_type() {
        DataType::Int8 => primitive!(at::Int8Type),
        DataType::Int16 => primitive!(at::Int16Type),
        DataType::Int32 => primitive!(at::Int32Type),
        DataType::Int64 => primitive!(at::Int64Type),
        DataType::UInt8 => primitive!(at::UInt8Type),
        DataType::UInt16 => primitive!(at::UInt16Type),
        DataType::UInt32 => primitive!(at::UInt32Type),
        DataType::UInt64 => primitive!(at::UInt64Type),
        DataType::Float32 => primitive!(at::Float32Type),
        DataType::Float64 => primitive!(at::Float64Type),
        DataType::Date32 => primitive!(at::Date32Type),
        DataType::Timestamp(U::Microsecond, _) => primitive!(at::TimestampMicrosecondType),
        DataType::Timestamp(U::Nanosecond, _) => primitive!(at::TimestampNanosecondType),
        DataType::Duration(U::Microsecond) => primitive!(at::DurationMicrosecondType),
        DataType::Duration(U::Nanosecond) => primitive!(at::DurationNanosecondType),
        DataType::Time64(U::Microsecond) => primitive!(at::Time64MicrosecondType),
        DataType::Time64(U::Nanosecond) => primitive!(at::Time64NanosecondType),
        _ => {
            let (x, y) = (a.datum(), b.datum());
            let out = match op {
                BinaryOp::Lt => cmp::lt(&*x, &*y),
                BinaryOp::Le => cmp::lt_eq(&*x, &*y),
                BinaryOp::Eq => cmp::eq(&*x, &*y),
                BinaryOp::Ne => cmp::neq(&*x, &*y),
                BinaryOp::Ge => cmp::gt_eq(&*x, &*y),
                BinaryOp::Gt => cmp::gt(&*x, &*y),
                other => return Err(Error::internal(format!("{other:?} is no comparison"))),
            }?;
            out.values().clone()
        }
    };
    Ok(Value { array: Arc::new(BooleanArray::new(bits, nulls)), one })
}

/// Ordered categories by the places of their list; a text stands where its category stands.
pub(super) fn categories(op: BinaryOp, a: &Value, b: &Value) -> Result<Value> {
    let list = |v: &Value| v.array.as_dictionary_opt::<at::UInt32Type>().map(|d| d.values().as_string_view().clone());
    let (known, other) = match (list(a), list(b)) {
        (Some(x), y) => (x, y),
        (None, Some(y)) => (y, None),
        _ => return Err(Error::internal("categories without a list")),
    };
    if let Some(other) = other.filter(|o| *o != known) {
        let shown = |l: &arrow::array::StringViewArray| l.iter().flatten().take(5).collect::<Vec<_>>().join(", ");
        return Err(Error::wrong_type("categories of two lists have no common order").help(format!(
            "{} and {}",
            shown(&known),
            shown(&other)
        )));
    }
    let code = |v: &Value| -> Result<Value> {
        if let Some(d) = v.array.as_dictionary_opt::<at::UInt32Type>() {
            return Ok(v.like(Arc::new(d.keys().clone())));
        }
        let find = |t: &str| {
            let at = known.iter().position(|k| k == Some(t));
            at.map(|at| at as u32).ok_or_else(|| Error::not_found("category", t, known.iter().flatten()))
        };
        let codes = v.array.as_string_view().iter().map(|t| t.map(find).transpose()).collect::<Result<Vec<Option<u32>>>>()?;
        Ok(v.like(Arc::new(arrow::array::UInt32Array::from(codes))))
    };
    compare(op, &code(a)?, &code(b)?)
}

fn bits<T: ArrowPrimitiveType>(op: BinaryOp, a: &Value, b: &Value, rows: usize) -> BooleanBuffer {
    let (x, y) = (a.array.as_primitive::<T>().values(), b.array.as_primitive::<T>().values());
    // One loop per operator and shape: the test on the operator must not stand inside.
    macro_rules! loops {
        ($op:tt) => {
            match (a.one, b.one) {
                (false, true) => { let y = y[0]; BooleanBuffer::collect_bool(rows, |i| x[i] $op y) }
                (true, false) => { let x = x[0]; BooleanBuffer::collect_bool(rows, |i| x $op y[i]) }
                _ => BooleanBuffer::collect_bool(rows, |i| x[i] $op y[i]),
            }
        };
    }
    match op {
        BinaryOp::Lt => loops!(<),
        BinaryOp::Le => loops!(<=),
        BinaryOp::Eq => loops!(==),
        BinaryOp::Ne => loops!(!=),
        BinaryOp::Ge => loops!(>=),
        _ => loops!(>),
    }
}

/// Whether each value is one of a list, whose values have its type.
pub(super) fn member(v: &Value, dtype: &DType, list: &[Scalar]) -> Result<Value> {
    let nulls = there(&v.array);
    let bits = if let Some(texts) = v.array.as_string_view_opt() {
        let set: HashSet<&str> = list.iter().filter_map(|s| if let Scalar::Str(t) = s { Some(&**t) } else { None }).collect();
        BooleanBuffer::collect_bool(texts.len(), |i| set.contains(texts.value(i)))
    } else if let Some(flags) = v.array.as_boolean_opt() {
        let has = |x: bool| list.contains(&Scalar::Bool(x));
        let (no, yes) = (has(false), has(true));
        BooleanBuffer::collect_bool(flags.len(), |i| if flags.value(i) { yes } else { no })
    } else {
        let items = list.iter().map(|s| super::scalar_array(s, dtype)).collect::<Result<Vec<_>>>()?;
        macro_rules! primitive {
            ($($pattern:pat => $t:ty),*) => {
                match v.array.data_type() {
                    $( $pattern => bits_in(v.array.as_primitive::<$t>(), items.iter().map(|a| a.as_primitive::<$t>().value(0))), )*
                    other => return Err(Error::wrong_type(format!("`in` is not for {other}"))),
                }
            };
        }
        use at::TimeUnit as U;
        primitive!(DataType::Int8 => at::Int8Type, DataType::Int16 => at::Int16Type, DataType::Int32 => at::Int32Type,
            DataType::Int64 => at::Int64Type, DataType::UInt8 => at::UInt8Type, DataType::UInt16 => at::UInt16Type,
            DataType::UInt32 => at::UInt32Type, DataType::UInt64 => at::UInt64Type, DataType::Float32 => at::Float32Type,
            DataType::Float64 => at::Float64Type, DataType::Date32 => at::Date32Type,
            DataType::Timestamp(U::Microsecond, _) => at::TimestampMicrosecondType,
            DataType::Timestamp(U::Nanosecond, _) => at::TimestampNanosecondType,
            DataType::Duration(U::Microsecond) => at::DurationMicrosecondType,
            DataType::Duration(U::Nanosecond) => at::DurationNanosecondType,
            DataType::Time64(U::Microsecond) => at::Time64MicrosecondType,
            DataType::Time64(U::Nanosecond) => at::Time64NanosecondType)
    };
    Ok(v.like(Arc::new(BooleanArray::new(bits, nulls))))
}

fn bits_in<T>(array: &PrimitiveArray<T>, items: impl Iterator<Item = T::Native>) -> BooleanBuffer
where
    T: ArrowPrimitiveType,
    T::Native: Ordered<Key = u64>,
{
    let mut keys: Vec<u64> = items.map(|x| x.key()).collect();
    keys.sort_unstable();
    let values = array.values();
    if keys.len() <= 4 {
        return BooleanBuffer::collect_bool(values.len(), |i| keys.contains(&values[i].key()));
    }
    BooleanBuffer::collect_bool(values.len(), |i| keys.binary_search(&values[i].key()).is_ok())
}
