//! Where two columns differ, and by how much.

use crate::dtype::{DType, TimeUnit};
use crate::error::Result;
use crate::store::Column;
use arrow::array::{Array, ArrayRef, ArrowPrimitiveType, AsArray, PrimitiveArray};
use arrow::buffer::NullBuffer;
use arrow::compute::{cast, take};
use arrow::datatypes::{self as at, DataType};

/// How far two numbers may be apart and still count as equal: by `absolute + relative * |b|`, or by so many floats between them.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Tolerance {
    /// A share of the second number.
    pub relative: f64,
    /// A distance.
    pub absolute: f64,
    /// Floats that lie between the two.
    pub ulps: u64,
    /// Whether a NaN on one side and a missing value on the other are the same.
    pub nan_is_missing: bool,
}

impl Tolerance {
    /// Whether only equal numbers are equal.
    fn is_exact(&self) -> bool {
        self.relative == 0.0 && self.absolute == 0.0 && self.ulps == 0
    }
}

/// Elements that differ.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Differing {
    /// How many.
    pub count: u64,
    /// The position of the first.
    pub first: usize,
    /// The largest distance of two numbers; of times in seconds. `None` where no two numbers differ (NaN and missing are none).
    pub most: Option<f64>,
}

/// What two types are compared as.
enum Common {
    Native,
    I64,
    I128,
    F64,
    Text,
    /// Of times: how many of the first and of the second unit make a nanosecond's multiple.
    Scaled(i128, i128),
    Other,
}

fn common(a: &DType, b: &DType) -> Option<Common> {
    let text = |t: &DType| matches!(t, DType::Str | DType::Categorical { .. });
    let nanos = |u: &TimeUnit| (1_000_000_000 / u.per_second()) as i128;
    Some(match (a, b) {
        _ if text(a) && text(b) => Common::Text,
        _ if a == b => match a {
            DType::Decimal { .. } => Common::I128,
            DType::Binary | DType::List(_) | DType::Opaque(_) => Common::Other,
            _ => Common::Native,
        },
        _ if a.is_integer() && b.is_integer() => {
            let wide = *a == DType::U64 || *b == DType::U64;
            if wide { Common::I128 } else { Common::I64 }
        }
        _ if a.is_numeric() && b.is_numeric() => Common::F64,
        (DType::Instant { unit, calendar, tz }, DType::Instant { unit: other, calendar: theirs, tz: zone }) => {
            if calendar != theirs || tz.is_some() != zone.is_some() {
                return None;
            }
            Common::Scaled(nanos(unit), nanos(other))
        }
        (DType::Time { unit }, DType::Time { unit: other }) | (DType::Duration { unit }, DType::Duration { unit: other }) => {
            Common::Scaled(nanos(unit), nanos(other))
        }
        _ => return None,
    })
}

/// Whether values of the two types can be compared one by one.
pub fn comparable(a: &DType, b: &DType) -> bool {
    common(a, b).is_some()
}

/// Where two columns of one length differ: `None` where nowhere. NaN equals NaN, missing equals missing, and one does not equal the
/// other. Types that cannot be compared differ everywhere.
///
/// # Errors
/// Type, never in practice.
pub fn differing(a: &Column, b: &Column, tolerance: &Tolerance) -> Result<Option<Differing>> {
    // Equal bits are the usual case, and fast to see.
    if a.values().data_type() == b.values().data_type() && a.values().to_data() == b.values().to_data() {
        return Ok(None);
    }
    let Some(common) = common(a.dtype(), b.dtype()) else {
        return Ok((!a.is_empty()).then_some(Differing { count: a.len() as u64, first: 0, most: None }));
    };
    Ok(match common {
        Common::Native => native(a, b, tolerance)?,
        Common::I64 => {
            integers::<at::Int64Type>(&cast(a.values(), &DataType::Int64)?, &cast(b.values(), &DataType::Int64)?, 1.0, tolerance)
        }
        Common::I128 => {
            let wide = |c: &Column| match c.dtype() {
                DType::Decimal { .. } => Ok(c.values().clone()),
                _ => cast(c.values(), &DataType::Decimal128(38, 0)),
            };
            let unit = match a.dtype() {
                DType::Decimal { scale, .. } => 10f64.powi(-i32::from(*scale)),
                _ => 1.0,
            };
            integers::<at::Decimal128Type>(&wide(a)?, &wide(b)?, unit, tolerance)
        }
        Common::F64 => floats(&cast(a.values(), &DataType::Float64)?, &cast(b.values(), &DataType::Float64)?, tolerance),
        Common::Text => texts(&plain_texts(a)?, &plain_texts(b)?),
        Common::Scaled(of_a, of_b) => {
            let (x, y) = (cast(a.values(), &DataType::Int64)?, cast(b.values(), &DataType::Int64)?);
            let scaled = |values: &ArrayRef, by: i128| -> PrimitiveArray<at::Decimal128Type> {
                values.as_primitive::<at::Int64Type>().unary(|v| i128::from(v) * by)
            };
            let (x, y): (ArrayRef, ArrayRef) = (std::sync::Arc::new(scaled(&x, of_a)), std::sync::Arc::new(scaled(&y, of_b)));
            integers::<at::Decimal128Type>(&x, &y, 1e-9, &Tolerance::default())
        }
        Common::Other => {
            walk(a.len(), a.values().logical_nulls(), b.values().logical_nulls(), |i| a.slice(i, 1) == b.slice(i, 1), |_| None)
        }
    })
}

/// Columns of one plain type.
fn native(a: &Column, b: &Column, tolerance: &Tolerance) -> Result<Option<Differing>> {
    let (x, y) = (a.values(), b.values());
    let seconds = |unit: &TimeUnit| 1.0 / unit.per_second() as f64;
    let exact = Tolerance::default();
    Ok(match a.dtype() {
        DType::I8 => integers::<at::Int8Type>(x, y, 1.0, tolerance),
        DType::I16 => integers::<at::Int16Type>(x, y, 1.0, tolerance),
        DType::I32 => integers::<at::Int32Type>(x, y, 1.0, tolerance),
        DType::I64 => integers::<at::Int64Type>(x, y, 1.0, tolerance),
        DType::U8 => integers::<at::UInt8Type>(x, y, 1.0, tolerance),
        DType::U16 => integers::<at::UInt16Type>(x, y, 1.0, tolerance),
        DType::U32 => integers::<at::UInt32Type>(x, y, 1.0, tolerance),
        DType::U64 => integers::<at::UInt64Type>(x, y, 1.0, tolerance),
        DType::F32 if tolerance.is_exact() => singles(x, y, tolerance),
        DType::F32 if tolerance.ulps > 0 => singles(x, y, tolerance),
        DType::F32 => floats(&cast(x, &DataType::Float64)?, &cast(y, &DataType::Float64)?, tolerance),
        DType::F64 => floats(x, y, tolerance),
        DType::Date => integers::<at::Int32Type>(&cast(x, &DataType::Int32)?, &cast(y, &DataType::Int32)?, 86_400.0, &exact),
        DType::Time { unit } | DType::Duration { unit } | DType::Instant { unit, .. } => {
            integers::<at::Int64Type>(&cast(x, &DataType::Int64)?, &cast(y, &DataType::Int64)?, seconds(unit), &exact)
        }
        DType::Bool => {
            let (p, q) = (x.as_boolean(), y.as_boolean());
            walk(a.len(), p.nulls().cloned(), q.nulls().cloned(), |i| p.value(i) == q.value(i), |_| None)
        }
        _ => walk(a.len(), x.logical_nulls(), y.logical_nulls(), |i| a.slice(i, 1) == b.slice(i, 1), |_| None),
    })
}

/// Counts where `same` does not hold or only one side is there; `gap` measures two values that are there.
fn walk(
    length: usize,
    a: Option<NullBuffer>,
    b: Option<NullBuffer>,
    same: impl Fn(usize) -> bool,
    gap: impl Fn(usize) -> Option<f64>,
) -> Option<Differing> {
    let mut found: Option<Differing> = None;
    let mut note = |i: usize, gap: Option<f64>| {
        let found = found.get_or_insert(Differing { count: 0, first: i, most: None });
        found.count += 1;
        if let Some(gap) = gap {
            found.most = Some(found.most.map_or(gap, |most| most.max(gap)));
        }
    };
    match (a, b) {
        (None, None) => {
            for i in (0..length).filter(|&i| !same(i)) {
                note(i, gap(i));
            }
        }
        (a, b) => {
            let there = |nulls: &Option<NullBuffer>, i: usize| nulls.as_ref().is_none_or(|n| n.is_valid(i));
            for i in 0..length {
                match (there(&a, i), there(&b, i)) {
                    (true, true) if !same(i) => note(i, gap(i)),
                    (true, false) | (false, true) => note(i, None),
                    _ => {}
                }
            }
        }
    }
    found
}

/// Integers, and what is held as such; `unit` is what one of them stands for.
fn integers<T: ArrowPrimitiveType>(a: &ArrayRef, b: &ArrayRef, unit: f64, tolerance: &Tolerance) -> Option<Differing>
where
    T::Native: Into<i128>,
{
    let (x, y) = (a.as_primitive::<T>(), b.as_primitive::<T>());
    let (p, q) = (x.values(), y.values());
    let distance = |i: usize| {
        let (p, q): (i128, i128) = (p[i].into(), q[i].into());
        p.abs_diff(q) as f64 * unit
    };
    let (nulls, others) = (x.nulls().cloned(), y.nulls().cloned());
    if tolerance.is_exact() {
        return walk(x.len(), nulls, others, |i| p[i] == q[i], |i| Some(distance(i)));
    }
    let near = |i: usize| {
        let second: i128 = q[i].into();
        p[i] == q[i] || distance(i) <= tolerance.absolute + tolerance.relative * (second as f64 * unit).abs()
    };
    walk(x.len(), nulls, others, near, |i| Some(distance(i)))
}

/// NaN on one side and missing on the other as one: both missing.
fn without_nan<T: ArrowPrimitiveType>(values: &PrimitiveArray<T>, nan: impl Fn(T::Native) -> bool) -> Option<NullBuffer> {
    let there = values.values().iter().enumerate().map(|(i, &x)| values.is_valid(i) && !nan(x));
    Some(NullBuffer::from_iter(there))
}

fn floats(a: &ArrayRef, b: &ArrayRef, tolerance: &Tolerance) -> Option<Differing> {
    let (x, y) = (a.as_primitive::<at::Float64Type>(), b.as_primitive::<at::Float64Type>());
    let (p, q) = (x.values(), y.values());
    let gap = |i: usize| Some((p[i] - q[i]).abs()).filter(|g| !g.is_nan());
    let (nulls, others) = match tolerance.nan_is_missing {
        true => (without_nan(x, f64::is_nan), without_nan(y, f64::is_nan)),
        false => (x.nulls().cloned(), y.nulls().cloned()),
    };
    let equal = |i: usize| p[i] == q[i] || p[i].is_nan() && q[i].is_nan();
    if tolerance.is_exact() {
        return walk(x.len(), nulls, others, equal, gap);
    }
    let near = |i: usize| {
        // Of infinities nothing but themselves is near.
        let bound = tolerance.absolute + tolerance.relative * q[i].abs();
        equal(i)
            || p[i].is_finite() && q[i].is_finite() && (p[i] - q[i]).abs() <= bound
            || tolerance.ulps > 0 && p[i].is_finite() && q[i].is_finite() && line64(p[i]).abs_diff(line64(q[i])) <= tolerance.ulps
    };
    walk(x.len(), nulls, others, near, gap)
}

fn singles(a: &ArrayRef, b: &ArrayRef, tolerance: &Tolerance) -> Option<Differing> {
    let (x, y) = (a.as_primitive::<at::Float32Type>(), b.as_primitive::<at::Float32Type>());
    let (p, q) = (x.values(), y.values());
    let wide = |i: usize| (f64::from(p[i]), f64::from(q[i]));
    let gap = |i: usize| Some((wide(i).0 - wide(i).1).abs()).filter(|g| !g.is_nan());
    let (nulls, others) = match tolerance.nan_is_missing {
        true => (without_nan(x, f32::is_nan), without_nan(y, f32::is_nan)),
        false => (x.nulls().cloned(), y.nulls().cloned()),
    };
    let equal = |i: usize| p[i] == q[i] || p[i].is_nan() && q[i].is_nan();
    if tolerance.is_exact() {
        return walk(x.len(), nulls, others, equal, gap);
    }
    let near = |i: usize| {
        let (u, v) = wide(i);
        let finite = u.is_finite() && v.is_finite();
        equal(i)
            || finite && (u - v).abs() <= tolerance.absolute + tolerance.relative * v.abs()
            || finite && u64::from(line32(p[i]).abs_diff(line32(q[i]))) <= tolerance.ulps
    };
    walk(x.len(), nulls, others, near, gap)
}

/// The place of a float in the order of all floats; both zeros have the same.
fn line64(x: f64) -> i64 {
    let bits = x.to_bits() as i64;
    if bits < 0 { i64::MIN.wrapping_sub(bits) } else { bits }
}

fn line32(x: f32) -> i32 {
    let bits = x.to_bits() as i32;
    if bits < 0 { i32::MIN.wrapping_sub(bits) } else { bits }
}

/// Text, categories written out.
fn plain_texts(column: &Column) -> Result<ArrayRef> {
    Ok(match column.dtype() {
        DType::Categorical { .. } => {
            let d = column.values().as_dictionary::<at::UInt32Type>();
            take(d.values(), d.keys(), None)?
        }
        _ => column.values().clone(),
    })
}

fn texts(a: &ArrayRef, b: &ArrayRef) -> Option<Differing> {
    let (x, y) = (a.as_string_view(), b.as_string_view());
    walk(x.len(), x.nulls().cloned(), y.nulls().cloned(), |i| x.value(i) == y.value(i), |_| None)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(a: impl Into<Column>, b: impl Into<Column>, tolerance: Tolerance) -> Option<(u64, usize, Option<f64>)> {
        differing(&a.into(), &b.into(), &tolerance).unwrap().map(|d| (d.count, d.first, d.most))
    }

    #[test]
    fn nan_equals_nan_and_not_missing() {
        let exact = Tolerance::default();
        assert_eq!(found(vec![f64::NAN, 1.0], vec![-f64::NAN, 1.0], exact), None);
        assert_eq!(found(vec![Some(f64::NAN)], vec![None::<f64>], exact), Some((1, 0, None)));
        assert_eq!(found(vec![Some(f64::NAN)], vec![None::<f64>], Tolerance { nan_is_missing: true, ..exact }), None);
        assert_eq!(found(vec![0.0f32, 2.0], vec![-0.0f32, 5.0], exact), Some((1, 1, Some(3.0))));
    }

    #[test]
    fn tolerances_are_those_of_numpy() {
        let near = Tolerance { relative: 0.1, absolute: 0.5, ..Tolerance::default() };
        assert_eq!(found(vec![10.0, 11.5, 11.6], vec![10.0, 10.0, 10.0], near).map(|f| (f.0, f.1)), Some((1, 2)));
        assert_eq!(found(vec![f64::INFINITY], vec![f64::INFINITY], near), None);
        assert_eq!(found(vec![1.0], vec![f64::INFINITY], near).map(|f| f.0), Some(1));
        assert_eq!(found(vec![100i64], vec![105], near), None);
        let ulps = Tolerance { ulps: 1, ..Tolerance::default() };
        assert_eq!(found(vec![1.0f32], vec![1.0 + f32::EPSILON], ulps), None);
        assert_eq!(found(vec![-0.0, -5e-324], vec![5e-324, 5e-324], ulps).map(|f| (f.0, f.1)), Some((1, 1)));
    }

    #[test]
    fn numbers_of_several_types_compare_by_value() {
        let exact = Tolerance::default();
        assert_eq!(found(vec![1i32, 2], vec![1i64, 2], exact), None);
        assert_eq!(found(vec![-1i64], vec![u64::MAX], exact).map(|f| f.0), Some(1));
        assert_eq!(found(vec![1i8, 3], vec![1.0, 2.5], exact), Some((1, 1, Some(0.5))));
        assert_eq!(found(vec!["a", "b"], vec!["a", "c"], exact), Some((1, 1, None)));
        assert!(!comparable(&DType::Str, &DType::I64));
    }
}
