use super::{Calendar, DType, TimeUnit};
use std::sync::Arc;

/// One value of any type.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs)]
pub enum Scalar {
    /// Missing.
    Null,
    Bool(bool),
    I64(i64),
    U64(u64),
    F32(f32),
    F64(f64),
    Str(Arc<str>),
    Bytes(Arc<[u8]>),
    /// Days since 1970-01-01.
    Date(i32),
    Time {
        value: i64,
        unit: TimeUnit,
    },
    Instant {
        value: i64,
        unit: TimeUnit,
        tz: Option<Arc<str>>,
        calendar: Calendar,
    },
    Duration {
        value: i64,
        unit: TimeUnit,
    },
    Decimal {
        value: i128,
        precision: u8,
        scale: i8,
    },
    List(Vec<Scalar>),
}

impl Scalar {
    /// Its type; integers of less than 64 bits have become i64 or u64. `None` for missing and for an empty list.
    pub fn dtype(&self) -> Option<DType> {
        Some(match self {
            Scalar::Null => return None,
            Scalar::Bool(_) => DType::Bool,
            Scalar::I64(_) => DType::I64,
            Scalar::U64(_) => DType::U64,
            Scalar::F32(_) => DType::F32,
            Scalar::F64(_) => DType::F64,
            Scalar::Str(_) => DType::Str,
            Scalar::Bytes(_) => DType::Binary,
            Scalar::Date(_) => DType::Date,
            Scalar::Time { unit, .. } => DType::Time { unit: *unit },
            Scalar::Instant { unit, tz, calendar, .. } => DType::Instant { unit: *unit, tz: tz.clone(), calendar: *calendar },
            Scalar::Duration { unit, .. } => DType::Duration { unit: *unit },
            Scalar::Decimal { precision, scale, .. } => DType::Decimal { precision: *precision, scale: *scale },
            Scalar::List(items) => DType::List(Box::new(items.iter().find_map(Scalar::dtype)?)),
        })
    }

    /// The number, if it is one.
    pub fn as_f64(&self) -> Option<f64> {
        Some(match self {
            Scalar::Bool(x) => *x as u8 as f64,
            Scalar::I64(x) => *x as f64,
            Scalar::U64(x) => *x as f64,
            Scalar::F32(x) => *x as f64,
            Scalar::F64(x) => *x,
            Scalar::Decimal { value, scale, .. } => *value as f64 / 10f64.powi(*scale as i32),
            _ => return None,
        })
    }

    /// Whether it is missing: null, or a float NaN.
    pub fn is_missing(&self) -> bool {
        match self {
            Scalar::Null => true,
            Scalar::F32(x) => x.is_nan(),
            Scalar::F64(x) => x.is_nan(),
            _ => false,
        }
    }
}

macro_rules! from {
    ($($t:ty => $variant:ident as $wide:ty),*) => { $( impl From<$t> for Scalar { fn from(x: $t) -> Scalar { Scalar::$variant(x as $wide) } } )* };
}
from!(bool => Bool as bool, i8 => I64 as i64, i16 => I64 as i64, i32 => I64 as i64, i64 => I64 as i64, u8 => U64 as u64, u16 => U64 as u64,
      u32 => U64 as u64, u64 => U64 as u64, f32 => F32 as f32, f64 => F64 as f64);

impl From<&str> for Scalar {
    fn from(x: &str) -> Scalar {
        Scalar::Str(x.into())
    }
}

impl From<String> for Scalar {
    fn from(x: String) -> Scalar {
        Scalar::Str(x.into())
    }
}

impl<T: Into<Scalar>> From<Option<T>> for Scalar {
    fn from(x: Option<T>) -> Scalar {
        x.map_or(Scalar::Null, Into::into)
    }
}
