//! Which arrow type holds which of ours, and back.

use super::{Calendar, DType, TimeUnit};
use arrow::datatypes::{DataType, TimeUnit as ArrowUnit};
use std::sync::Arc;

impl From<TimeUnit> for ArrowUnit {
    fn from(unit: TimeUnit) -> ArrowUnit {
        match unit {
            TimeUnit::Us => ArrowUnit::Microsecond,
            TimeUnit::Ns => ArrowUnit::Nanosecond,
        }
    }
}

/// Coarser units are read as microseconds.
fn our_unit(unit: &ArrowUnit) -> TimeUnit {
    if *unit == ArrowUnit::Nanosecond { TimeUnit::Ns } else { TimeUnit::Us }
}

impl DType {
    /// The one arrow type in which a column of this type is held.
    ///
    /// Text and bytes are views, categories are u32 codes into text; an instant of another calendar than the proleptic
    /// Gregorian one is an Int64 (the calendar then lives in the field).
    pub fn to_arrow(&self) -> DataType {
        match self {
            DType::Bool => DataType::Boolean,
            DType::I8 => DataType::Int8,
            DType::I16 => DataType::Int16,
            DType::I32 => DataType::Int32,
            DType::I64 => DataType::Int64,
            DType::U8 => DataType::UInt8,
            DType::U16 => DataType::UInt16,
            DType::U32 => DataType::UInt32,
            DType::U64 => DataType::UInt64,
            DType::F32 => DataType::Float32,
            DType::F64 => DataType::Float64,
            DType::Str => DataType::Utf8View,
            DType::Date => DataType::Date32,
            DType::Time { unit } => DataType::Time64((*unit).into()),
            DType::Instant { unit, tz, calendar: Calendar::ProlepticGregorian } => DataType::Timestamp((*unit).into(), tz.clone()),
            DType::Instant { .. } => DataType::Int64,
            DType::Duration { unit } => DataType::Duration((*unit).into()),
            DType::Categorical { .. } => DataType::Dictionary(Box::new(DataType::UInt32), Box::new(DataType::Utf8View)),
            DType::Decimal { precision, scale } => DataType::Decimal128(*precision, *scale),
            DType::Binary => DataType::BinaryView,
            DType::List(inner) => DataType::LargeList(Arc::new(arrow::datatypes::Field::new("item", inner.to_arrow(), true))),
            DType::Opaque(t) => t.clone(),
        }
    }

    /// Our type for an arrow type. What has none of its own is [`DType::Opaque`]. Dictionaries of text are categories.
    pub fn from_arrow(t: &DataType) -> DType {
        match t {
            DataType::Boolean => DType::Bool,
            DataType::Int8 => DType::I8,
            DataType::Int16 => DType::I16,
            DataType::Int32 => DType::I32,
            DataType::Int64 => DType::I64,
            DataType::UInt8 => DType::U8,
            DataType::UInt16 => DType::U16,
            DataType::UInt32 => DType::U32,
            DataType::UInt64 => DType::U64,
            DataType::Float16 | DataType::Float32 => DType::F32,
            DataType::Float64 => DType::F64,
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => DType::Str,
            DataType::Date32 | DataType::Date64 => DType::Date,
            DataType::Time32(u) | DataType::Time64(u) => DType::Time { unit: our_unit(u) },
            DataType::Timestamp(u, tz) => DType::Instant { unit: our_unit(u), tz: tz.clone(), calendar: Calendar::ProlepticGregorian },
            DataType::Duration(u) => DType::Duration { unit: our_unit(u) },
            DataType::Decimal32(p, s) | DataType::Decimal64(p, s) | DataType::Decimal128(p, s) => {
                DType::Decimal { precision: *p, scale: *s }
            }
            DataType::Binary | DataType::LargeBinary | DataType::BinaryView => DType::Binary,
            DataType::List(f) | DataType::LargeList(f) => match DType::from_arrow(f.data_type()) {
                DType::Opaque(_) => DType::Opaque(t.clone()),
                inner => DType::List(Box::new(inner)),
            },
            DataType::Dictionary(_, v) => match DType::from_arrow(v) {
                DType::Str => DType::Categorical { ordered: false },
                _ => DType::Opaque(t.clone()),
            },
            other => DType::Opaque(other.clone()),
        }
    }
}
