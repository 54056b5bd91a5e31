//! Values as unsigned numbers in the same order, and back.

use crate::dtype::{DType, Scalar};

/// Runs `$body` with `$array` standing for the typed arrow array of a column of numbers, dates, times or durations.
macro_rules! with_numbers {
    ($column:expr, $array:ident => $body:expr) => {{
        use arrow::array::AsArray as _;
        use arrow::datatypes::{self as at, DataType, TimeUnit};
        let values = $column.values();
        macro_rules! run {
            ($t:ty) => {{
                let $array = values.as_primitive::<$t>();
                $body
            }};
        }
        match values.data_type() {
            DataType::Int8 => run!(at::Int8Type),
            DataType::Int16 => run!(at::Int16Type),
            DataType::Int32 => run!(at::Int32Type),
            DataType::Int64 => run!(at::Int64Type),
            DataType::UInt8 => run!(at::UInt8Type),
            DataType::UInt16 => run!(at::UInt16Type),
            DataType::UInt32 => run!(at::UInt32Type),
            DataType::UInt64 => run!(at::UInt64Type),
            DataType::Float32 => run!(at::Float32Type),
            DataType::Float64 => run!(at::Float64Type),
            DataType::Date32 => run!(at::Date32Type),
            DataType::Timestamp(TimeUnit::Nanosecond, _) => run!(at::TimestampNanosecondType),
            DataType::Timestamp(TimeUnit::Microsecond, _) => run!(at::TimestampMicrosecondType),
            DataType::Duration(TimeUnit::Nanosecond) => run!(at::DurationNanosecondType),
            DataType::Duration(TimeUnit::Microsecond) => run!(at::DurationMicrosecondType),
            DataType::Time64(TimeUnit::Nanosecond) => run!(at::Time64NanosecondType),
            DataType::Time64(TimeUnit::Microsecond) => run!(at::Time64MicrosecondType),
            other => Err($crate::error::Error::internal(format!("numbers of {} held as {other}", $column.dtype()))),
        }
    }};
}
pub(crate) use with_numbers;

/// Order-preserving numbers.
pub(crate) trait Ordered: Copy {
    /// Wide enough for every value.
    type Key;
    /// The key.
    fn key(self) -> Self::Key;
    /// The nearest f64.
    fn number(self) -> f64;
    /// The integer; of a float, what is before the point.
    fn whole(self) -> i128;
}

macro_rules! ordered {
    ($($t:ty: $via:ty, $wide:ty, $flip:expr);*) => { $(
        impl Ordered for $t {
            type Key = $wide;
            fn key(self) -> $wide { (self as $via as $wide) ^ $flip }
            fn number(self) -> f64 { self as f64 }
            fn whole(self) -> i128 { self as i128 }
        }
    )* };
}
ordered!(i8: i64, u64, 1 << 63; i16: i64, u64, 1 << 63; i32: i64, u64, 1 << 63; i64: i64, u64, 1 << 63;
         u8: u64, u64, 0; u16: u64, u64, 0; u32: u64, u64, 0; u64: u64, u64, 0; i128: i128, u128, 1 << 127);

impl Ordered for f64 {
    type Key = u64;
    fn key(self) -> u64 {
        // Both zeros are one value. Negative numbers turn all bits, so that larger magnitudes come first.
        let bits = (self + 0.0).to_bits();
        bits ^ (((bits as i64 >> 63) as u64) | 1 << 63)
    }
    fn number(self) -> f64 {
        self
    }
    fn whole(self) -> i128 {
        self as i128
    }
}

impl Ordered for f32 {
    type Key = u64;
    fn key(self) -> u64 {
        (self as f64).key()
    }
    fn number(self) -> f64 {
        self as f64
    }
    fn whole(self) -> i128 {
        self as i128
    }
}

pub(crate) fn float_of_key(key: u64) -> f64 {
    f64::from_bits(if key >> 63 == 1 { key ^ 1 << 63 } else { !key })
}

/// The value that a key stands for.
pub(crate) fn scalar_of_key(key: u64, dtype: &DType) -> Scalar {
    let signed = (key ^ 1 << 63) as i64;
    match dtype {
        DType::U8 | DType::U16 | DType::U32 | DType::U64 => Scalar::U64(key),
        DType::F32 => Scalar::F32(float_of_key(key) as f32),
        DType::F64 => Scalar::F64(float_of_key(key)),
        DType::Date => Scalar::Date(signed as i32),
        DType::Time { unit } => Scalar::Time { value: signed, unit: *unit },
        DType::Instant { unit, tz, calendar } => Scalar::Instant { value: signed, unit: *unit, tz: tz.clone(), calendar: *calendar },
        DType::Duration { unit } => Scalar::Duration { value: signed, unit: *unit },
        _ => Scalar::I64(signed),
    }
}

/// The number that a key stands for.
pub(crate) fn number_of_key(key: u64, dtype: &DType) -> f64 {
    scalar_of_key(key, dtype).as_f64().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_keep_the_order_of_floats() {
        let values = [f64::NEG_INFINITY, -1e300, -1.0, -1e-300, 0.0, 1e-300, 1.0, 1e300, f64::INFINITY];
        assert!(values.windows(2).all(|w| w[0].key() < w[1].key()));
        assert!(values.iter().all(|&x| float_of_key(x.key()) == x));
        assert_eq!((-0.0f64).key(), 0.0f64.key());
        assert_eq!(scalar_of_key((-5i32).key(), &DType::I32), Scalar::I64(-5));
    }
}
