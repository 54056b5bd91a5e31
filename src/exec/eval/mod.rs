//! Settled expressions over the columns of a batch.

mod arith;
mod compare;
mod convert;
mod lists;
mod math;
mod text;
mod time;

use crate::dtype::{Calendar, DType, Scalar, TimeUnit};
use crate::error::{Error, Result};
use crate::plan::{BinaryOp, Func, Node, Typed};
use crate::store::{Batch, Column};
use arrow::array::{self as aa, Array, ArrayRef, AsArray, BooleanArray, Datum, Int64Array, new_null_array};
use arrow::compute::kernels::boolean::{and_kleene, not, or_kleene};
use arrow::compute::{CastOptions, cast_with_options};
use arrow::datatypes as at;
use std::sync::Arc;

/// The values of an expression: one per row, or one for all rows.
#[derive(Clone, Debug)]
pub(crate) struct Value {
    array: ArrayRef,
    /// The array has one value, which stands for every row.
    one: bool,
}

impl Value {
    /// One value per row.
    fn of(array: ArrayRef) -> Value {
        Value { array, one: false }
    }

    /// With this array and the shape of what it was made from.
    fn like(&self, array: ArrayRef) -> Value {
        Value { array, one: self.one }
    }

    /// How many rows two values make: one of them may stand for all.
    fn join(a: &Value, b: &Value) -> (usize, bool) {
        if a.one { (b.array.len(), b.one) } else { (a.array.len(), false) }
    }

    /// Where a row's value is.
    #[inline]
    fn at(&self, row: usize) -> usize {
        if self.one { 0 } else { row }
    }

    /// As arrow's kernels take it.
    fn datum(&self) -> Box<dyn Datum> {
        if self.one { Box::new(aa::Scalar::new(self.array.clone())) } else { Box::new(self.array.clone()) }
    }

    /// One value per row.
    fn full(self, rows: usize) -> Result<ArrayRef> {
        if !self.one {
            return Ok(self.array);
        }
        let zeros = aa::UInt32Array::from_value(0, rows);
        Ok(arrow::compute::take(&self.array, &zeros, None)?)
    }
}

/// Rows are worked on so many at a time, so that what lies between two steps stays in the cache.
const STRETCH: usize = 16 * 1024;

/// The values of a settled expression without aggregates, one per row.
///
/// # Errors
/// Overflow, of integers; parse, for text that does not read as what it should; internal, for an aggregate.
pub(crate) fn evaluate(expr: &Typed, batch: &Batch) -> Result<Column> {
    let rows = batch.rows();
    if let Node::Col(i) = expr.node {
        return Ok(batch.columns[i].clone());
    }
    let array = if rows <= STRETCH || expr.size() <= 3 {
        value(expr, batch)?.full(rows)?
    } else {
        let parts = (0..rows.div_ceil(STRETCH)).map(|i| {
            let part = batch.slice(i * STRETCH, STRETCH.min(rows - i * STRETCH));
            value(expr, &part)?.full(part.rows())
        });
        let parts = parts.collect::<Result<Vec<ArrayRef>>>()?;
        if let DType::Categorical { .. } = expr.dtype {
            // Lists of categories become one.
            let parts = parts.into_iter().map(|p| Column::new(expr.dtype.clone(), p)).collect::<Result<Vec<Column>>>()?;
            return Column::concat(&parts);
        }
        arrow::compute::concat(&parts.iter().map(|a| a.as_ref()).collect::<Vec<_>>())?
    };
    Column::new(expr.dtype.clone(), array)
}

/// Which rows a condition keeps: those for which it is true.
pub(crate) fn keep(condition: &Typed, batch: &Batch) -> Result<BooleanArray> {
    let column = evaluate(condition, batch)?;
    Ok(true_only(column.values().as_boolean()))
}

/// Missing made false.
fn true_only(mask: &BooleanArray) -> BooleanArray {
    match mask.nulls() {
        None => mask.clone(),
        Some(nulls) => BooleanArray::new(mask.values() & nulls.inner(), None),
    }
}

fn value(expr: &Typed, batch: &Batch) -> Result<Value> {
    match &expr.node {
        Node::Col(i) => Ok(Value { array: batch.columns[*i].values().clone(), one: false }),
        Node::Lit(scalar) => Ok(Value { array: scalar_array(scalar, &expr.dtype)?, one: true }),
        Node::Cast(x) => {
            let v = value(x, batch)?;
            let array = widen(&v.array, &x.dtype, &expr.dtype)?;
            Ok(v.like(array))
        }
        Node::Not(x) => {
            let v = value(x, batch)?;
            let array = not(v.array.as_boolean())?;
            Ok(v.like(Arc::new(array)))
        }
        Node::Logic(op, a, b) => {
            let (a, b) = (value(a, batch)?, value(b, batch)?);
            let (rows, one) = Value::join(&a, &b);
            let (a, b) = (a.full(rows)?, b.full(rows)?);
            let (a, b) = (a.as_boolean(), b.as_boolean());
            let out = if *op == BinaryOp::And { and_kleene(a, b)? } else { or_kleene(a, b)? };
            Ok(Value { array: Arc::new(out), one })
        }
        Node::Compare(op, a, b) if [a, b].iter().any(|t| matches!(t.dtype, DType::Categorical { .. })) => {
            compare::categories(*op, &value(a, batch)?, &value(b, batch)?)
        }
        Node::Compare(op, a, b) => compare::compare(*op, &value(a, batch)?, &value(b, batch)?),
        Node::In(x, list) => compare::member(&value(x, batch)?, &x.dtype, list),
        Node::Neg(x) => arith::negative(&value(x, batch)?, &x.dtype),
        Node::Arith(op, a, b) => arith::arithmetic(*op, &value(a, batch)?, &value(b, batch)?, &a.dtype, &expr.dtype),
        Node::Part(part, x) => time::part(*part, &value(x, batch)?, &x.dtype),
        Node::Extract(x, regex) => {
            let v = value(x, batch)?;
            Ok(v.like(Arc::new(text::extract(v.array.as_string_view(), regex))))
        }
        Node::Pattern(verb, x, regex) => {
            let v = value(x, batch)?;
            Ok(v.like(text::pattern(v.array.as_string_view(), verb, regex)))
        }
        Node::Pair(func, ..) => Err(Error::internal(format!("{} was not computed before", func.name()))),
        Node::Agg(agg, _) => Err(Error::internal(format!("{agg} was not computed before"))),
        Node::Call(func, _) if expr.is_order() => {
            Err(Error::unsupported(format!("`{}` needs the order of all rows, which is not at hand here", func.name()))
                .help("make a column of it first: --with 'NAME = EXPR'"))
        }
        Node::Call(func, args) => {
            let values = args.iter().map(|a| value(a, batch)).collect::<Result<Vec<_>>>()?;
            let types: Vec<&DType> = args.iter().map(|a| &a.dtype).collect();
            call(*func, values, &types, &expr.dtype)
        }
    }
}

fn call(func: Func, args: Vec<Value>, types: &[&DType], dtype: &DType) -> Result<Value> {
    use Func::*;
    match func {
        Abs | Sqrt | Exp | Log | Log10 | Sin | Cos | Tan | Asin | Acos | Atan | Atan2 | Floor | Ceil | Round => {
            math::math(func, &args, dtype)
        }
        Cut => {
            let edges = args[1..].iter().map(|e| Column::from_arrow(e.array.clone())).collect::<Result<Vec<Column>>>()?;
            let whole = !types[0].is_float() && edges.iter().all(|e| e.dtype().is_integer());
            let edges = edges.iter().map(|e| Ok(e.to_f64()?[0])).collect::<Result<Vec<f64>>>()?;
            let values = super::group::numbers(&Column::new(types[0].clone(), args[0].array.clone())?)?;
            let made = super::reshape::binned(&values, &edges, whole, &super::Cut::new(0))?;
            Ok(args[0].like(made.into_arrow()))
        }
        Clip | Least | Greatest => math::choose(func, &args, dtype),
        IsMissing => {
            let v = &args[0];
            Ok(v.like(Arc::new(compare::is_missing(&v.array))))
        }
        IsNan => {
            let v = &args[0];
            let nan = compare::nan_bits(&v.array);
            let bits = nan.unwrap_or_else(|| arrow::buffer::BooleanBuffer::new_unset(v.array.len()));
            Ok(v.like(Arc::new(BooleanArray::new(bits, None))))
        }
        Fill => {
            let missing = compare::is_missing(&args[0].array);
            if !args[0].one && missing.true_count() == 0 {
                return Ok(args[0].clone());
            }
            let (rows, one) = Value::join(&args[0], &args[1]);
            let mask = Value { array: Arc::new(missing), one: args[0].one }.full(rows)?;
            let (x, fill) = (args[0].clone().full(rows)?, args[1].clone().full(rows)?);
            Ok(Value { array: arrow::compute::kernels::zip::zip(mask.as_boolean(), &fill, &x)?, one })
        }
        If => {
            let (rows, one) = Value::join(&args[1], &args[2]);
            let (rows, one) = if args[0].one { (rows, one) } else { (args[0].array.len(), false) };
            let [mask, yes, no] = [0, 1, 2].map(|i| args[i].clone().full(rows));
            let (mask, yes, no) = (mask?, yes?, no?);
            let chosen = arrow::compute::kernels::zip::zip(mask.as_boolean(), &yes, &no)?;
            // Of a condition that is missing nothing is known.
            let unknown = compare::is_missing(&mask);
            let array = if unknown.true_count() == 0 { chosen } else { arrow::compute::nullif(&chosen, &unknown)? };
            Ok(Value { array, one })
        }
        Len if matches!(types[0], DType::List(_)) => lists::lengths(&args[0]),
        Split => lists::split(&args, dtype),
        Get if matches!(types[0], DType::List(_)) => lists::get(&args[0], &args[1]),
        Join => lists::join(&args[0], &args[1]),
        Len | Lower | Upper | Strip | Title | Find | Pad | Get | Contains | StartsWith | EndsWith | Replace | Slice => {
            text::text(func, &args)
        }
        Int | Float | Str | Date | Datetime => convert::convert(func, &args[0], types[0]),
        other => Err(Error::unsupported(format!("`{}` is not done yet", other.name()))),
    }
}

/// An array of one value.
fn scalar_array(scalar: &Scalar, dtype: &DType) -> Result<ArrayRef> {
    macro_rules! int {
        ($x:expr, $($variant:ident $array:ident $t:ty),*) => {
            match dtype { $( DType::$variant => Some(Arc::new(aa::$array::from(vec![$x as $t])) as ArrayRef), )* _ => None }
        };
    }
    let plain = match scalar {
        Scalar::Null => Some(new_null_array(&dtype.to_arrow(), 1)),
        Scalar::Bool(x) => Some(Arc::new(BooleanArray::from(vec![*x])) as ArrayRef),
        Scalar::I64(x) => int!(*x, I8 Int8Array i8, I16 Int16Array i16, I32 Int32Array i32, I64 Int64Array i64, U8 UInt8Array u8,
            U16 UInt16Array u16, U32 UInt32Array u32, U64 UInt64Array u64, F32 Float32Array f32, F64 Float64Array f64),
        Scalar::U64(x) => int!(*x, I8 Int8Array i8, I16 Int16Array i16, I32 Int32Array i32, I64 Int64Array i64, U8 UInt8Array u8,
            U16 UInt16Array u16, U32 UInt32Array u32, U64 UInt64Array u64, F32 Float32Array f32, F64 Float64Array f64),
        Scalar::F32(x) => int!(*x, F32 Float32Array f32, F64 Float64Array f64),
        Scalar::F64(x) => int!(*x, F32 Float32Array f32, F64 Float64Array f64),
        Scalar::Str(x) => Some(Arc::new(aa::StringViewArray::from(vec![&**x])) as ArrayRef),
        Scalar::Date(x) => Some(Arc::new(aa::Date32Array::from(vec![*x])) as ArrayRef),
        Scalar::Time { value, .. } | Scalar::Instant { value, .. } | Scalar::Duration { value, .. } => {
            Some(Column::from_i64(dtype.clone(), vec![Some(*value)])?.into_arrow())
        }
        Scalar::Decimal { value, .. } => Some(
            Column::new(dtype.clone(), Arc::new(aa::Decimal128Array::from(vec![*value]).with_data_type(dtype.to_arrow())))?.into_arrow(),
        ),
        Scalar::Bytes(x) => Some(Arc::new(aa::BinaryViewArray::from_iter_values([&**x])) as ArrayRef),
        Scalar::List(_) => None,
    };
    plain.ok_or_else(|| Error::internal(format!("the value {scalar} as {dtype}")))
}

/// The same values in a wider type.
fn widen(array: &ArrayRef, from: &DType, to: &DType) -> Result<ArrayRef> {
    use DType::{Date, Instant};
    // Calendars other than arrow's are plain i64s there.
    if let (Instant { unit: a, calendar, .. }, Instant { unit: b, .. }) = (from, to)
        && *calendar != Calendar::ProlepticGregorian
    {
        return if a == b { Ok(array.clone()) } else { times(array, 1000) };
    }
    if let (Date, Instant { unit, calendar: Calendar::ProlepticGregorian, .. }) = (from, to) {
        let days = array.as_primitive::<at::Date32Type>();
        let per_day = unit.per_second() * 86_400;
        let out: Int64Array =
            days.try_unary(|d| (d as i64).checked_mul(per_day).ok_or_else(|| Error::overflow("a date beyond what times can tell")))?;
        let (_, values, nulls) = out.into_parts();
        return Ok(Column::from_i64_parts(to.clone(), values, nulls)?.into_arrow());
    }
    let options = CastOptions { safe: false, ..CastOptions::default() };
    Ok(cast_with_options(array, &to.to_arrow(), &options)?)
}

fn times(array: &ArrayRef, factor: i64) -> Result<ArrayRef> {
    let out: Int64Array = array
        .as_primitive::<at::Int64Type>()
        .try_unary(|x| x.checked_mul(factor).ok_or_else(|| Error::overflow("a time beyond what nanoseconds can tell")))?;
    Ok(Arc::new(out))
}

/// The i64s behind times, instants and durations (dates as days).
fn as_i64(array: &ArrayRef) -> Result<Int64Array> {
    use at::{DataType as D, TimeUnit as U};
    macro_rules! again {
        ($t:ty) => {
            array.as_primitive::<$t>().reinterpret_cast::<at::Int64Type>()
        };
    }
    Ok(match array.data_type() {
        D::Int64 => array.as_primitive::<at::Int64Type>().clone(),
        D::Date32 => array.as_primitive::<at::Date32Type>().unary(|d| d as i64),
        D::Timestamp(U::Microsecond, _) => again!(at::TimestampMicrosecondType),
        D::Timestamp(U::Nanosecond, _) => again!(at::TimestampNanosecondType),
        D::Duration(U::Microsecond) => again!(at::DurationMicrosecondType),
        D::Duration(U::Nanosecond) => again!(at::DurationNanosecondType),
        D::Time64(U::Microsecond) => again!(at::Time64MicrosecondType),
        D::Time64(U::Nanosecond) => again!(at::Time64NanosecondType),
        other => return Err(Error::internal(format!("{other} taken for a time"))),
    })
}

/// i64s as a column of times, instants or durations.
fn from_i64(values: Int64Array, dtype: &DType) -> Result<ArrayRef> {
    let (_, values, nulls) = values.into_parts();
    Ok(Column::from_i64_parts(dtype.clone(), values, nulls)?.into_arrow())
}

fn unit_of(dtype: &DType) -> TimeUnit {
    match dtype {
        DType::Time { unit } | DType::Instant { unit, .. } | DType::Duration { unit } => *unit,
        _ => TimeUnit::Us,
    }
}
