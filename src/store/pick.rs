//! Columns from rows of columns: taken, filtered, put together, widened.

use super::Column;
use crate::dtype::{Calendar, DType, Scalar, TimeUnit};
use crate::error::{Error, Result};
use arrow::array::{self as aa, Array, ArrayRef, AsArray, BooleanArray, UInt64Array};
use arrow::buffer::BooleanBuffer;
use arrow::compute::{CastOptions, cast_with_options};
use arrow::datatypes as at;
use std::sync::Arc;

impl Column {
    /// These rows, in this order; a missing position gives a missing value.
    ///
    /// # Errors
    /// Shape, for a position outside.
    pub fn take(&self, rows: &UInt64Array) -> Result<Column> {
        if let Some(worst) = arrow::compute::max(rows).filter(|&w| w >= self.len() as u64) {
            return Err(Error::shape(format!("row {worst} of {}", self.len())));
        }
        Column::new(self.dtype().clone(), arrow::compute::take(self.values(), rows, None)?)
    }

    /// The rows for which the mask is true; where it is missing they go.
    ///
    /// # Errors
    /// Shape, for a mask of another length.
    pub fn filter(&self, mask: &BooleanArray) -> Result<Column> {
        if mask.len() != self.len() {
            return Err(Error::shape(format!("a mask of {} rows for {}", mask.len(), self.len())));
        }
        Column::new(self.dtype().clone(), arrow::compute::filter(self.values(), mask)?)
    }

    /// The rows of all columns, one after the other. Types must agree.
    ///
    /// # Errors
    /// Type, where they do not; invalid, for no columns.
    pub fn concat(columns: &[Column]) -> Result<Column> {
        let Some(first) = columns.first() else { return Err(Error::invalid("no columns to put together")) };
        if let Some(other) = columns.iter().find(|c| c.dtype() != first.dtype()) {
            return Err(Error::wrong_type(format!("{} and {} in one column", first.dtype(), other.dtype())));
        }
        if columns.len() == 1 {
            return Ok(first.clone());
        }
        let parts: Vec<&dyn Array> = columns.iter().map(|c| c.values().as_ref()).collect();
        Column::new(first.dtype().clone(), super::categories::concat_arrays(first.dtype(), &parts)?)
    }

    /// Bit by bit whether a row is there: neither missing nor NaN.
    pub fn present(&self) -> BooleanBuffer {
        let valid = self.values().logical_nulls().map_or_else(|| BooleanBuffer::new_set(self.len()), |n| n.inner().clone());
        match self.dtype() {
            DType::F32 => {
                let v = self.values().as_primitive::<at::Float32Type>().values();
                &valid & &BooleanBuffer::collect_bool(v.len(), |i| !v[i].is_nan())
            }
            DType::F64 => {
                let v = self.values().as_primitive::<at::Float64Type>().values();
                &valid & &BooleanBuffer::collect_bool(v.len(), |i| !v[i].is_nan())
            }
            _ => valid,
        }
    }

    /// The same values in another type. Numbers widen or narrow exactly or not at all; times change their unit; categories become
    /// text.
    ///
    /// # Errors
    /// Overflow, for a value that does not fit; type, where there is no such cast.
    pub fn cast(&self, to: &DType) -> Result<Column> {
        use DType::{Date, Instant};
        let from = self.dtype();
        if from == to {
            return Ok(self.clone());
        }
        if let (Instant { unit: a, calendar, .. }, Instant { unit: b, calendar: c, .. }) = (from, to) {
            if calendar != c {
                return Err(Error::wrong_type(format!("{from} as {to}")).help("calendars do not convert by themselves"));
            }
            if a != b && *calendar != Calendar::ProlepticGregorian {
                return Err(Error::unsupported(format!("{from} as {to}")));
            }
        }
        if let (Date, Instant { unit, tz: None, calendar: Calendar::ProlepticGregorian }) = (from, to) {
            let days = self.values().as_primitive::<at::Date32Type>();
            let per_day = unit.per_second() * 86_400;
            let beyond = || Error::overflow("a date beyond what times can tell");
            let out: aa::Int64Array = days.try_unary(|d| (d as i64).checked_mul(per_day).ok_or_else(beyond))?;
            let (_, values, nulls) = out.into_parts();
            return Column::from_i64_parts(to.clone(), values, nulls);
        }
        let options = CastOptions { safe: false, ..CastOptions::default() };
        let refused = |e: arrow::error::ArrowError| Error::new(Error::from(e).kind(), format!("{from} values as {to}"));
        Column::new(to.clone(), cast_with_options(self.values(), &to.to_arrow(), &options).map_err(refused)?)
    }

    /// The numbers as f64, missing as NaN. Booleans are 0 and 1.
    ///
    /// # Errors
    /// Type, for what are no numbers.
    pub fn to_f64(&self) -> Result<Vec<f64>> {
        if !(self.dtype().is_numeric() || *self.dtype() == DType::Bool) {
            return Err(Error::wrong_type(format!("numbers are needed, this is {}", self.dtype())));
        }
        if let (DType::F64, 0) = (self.dtype(), self.null_count()) {
            return Ok(self.values().as_primitive::<at::Float64Type>().values().to_vec());
        }
        let wide = arrow::compute::cast(self.values(), &at::DataType::Float64)?;
        let wide = wide.as_primitive::<at::Float64Type>();
        Ok(match wide.nulls() {
            None => wide.values().to_vec(),
            Some(n) => wide.values().iter().enumerate().map(|(i, &x)| if n.is_valid(i) { x } else { f64::NAN }).collect(),
        })
    }

    /// f64s as a column of floats (f32 or f64), NaN as missing.
    pub fn from_f64(values: Vec<f64>, dtype: &DType) -> Column {
        let present = BooleanBuffer::collect_bool(values.len(), |i| !values[i].is_nan());
        let nulls = (present.count_set_bits() < values.len()).then(|| arrow::buffer::NullBuffer::new(present));
        let (dtype, array): (DType, ArrayRef) = if *dtype == DType::F32 {
            let narrow: Vec<f32> = values.into_iter().map(|x| x as f32).collect();
            (DType::F32, Arc::new(aa::Float32Array::new(narrow.into(), nulls)))
        } else {
            (DType::F64, Arc::new(aa::Float64Array::new(values.into(), nulls)))
        };
        Column::new(dtype, array).expect("floats are held as floats")
    }

    /// The i64s behind integers, dates (days), times, instants and durations, and which of them are there.
    ///
    /// # Errors
    /// Type, for anything else, and for u64 beyond i64.
    pub fn to_i64(&self) -> Result<aa::Int64Array> {
        let refused = || Error::wrong_type(format!("whole numbers or times are needed, this is {}", self.dtype()));
        match self.dtype() {
            DType::Time { .. } | DType::Instant { .. } | DType::Duration { .. } => {
                let data = self.values().to_data().into_builder().data_type(at::DataType::Int64).build()?;
                Ok(aa::Int64Array::from(data))
            }
            DType::Date => Ok(self.values().as_primitive::<at::Date32Type>().unary(|d| d as i64)),
            t if t.is_integer() => {
                let options = CastOptions { safe: false, ..CastOptions::default() };
                Ok(cast_with_options(self.values(), &at::DataType::Int64, &options)?.as_primitive::<at::Int64Type>().clone())
            }
            _ => Err(refused()),
        }
    }

    /// A column of values of one type. Numbers are fitted to it exactly.
    ///
    /// # Errors
    /// Type, for a value of another type; overflow, for a number that does not fit.
    pub fn from_scalars(dtype: &DType, values: &[Scalar]) -> Result<Column> {
        let wrong = |s: &Scalar| Error::wrong_type(format!("a value of {} in a column of {dtype}", s.dtype().unwrap_or(DType::F64)));
        macro_rules! numbers {
            ($t:ty, $array:ident) => {{
                let all = values.iter().map(|s| match s {
                    Scalar::Null => Ok(None),
                    Scalar::I64(x) => <$t>::try_from(*x).map(Some).map_err(|_| Error::overflow(format!("{x} as {dtype}"))),
                    Scalar::U64(x) => <$t>::try_from(*x).map(Some).map_err(|_| Error::overflow(format!("{x} as {dtype}"))),
                    Scalar::Bool(x) => Ok(Some(<$t>::from(*x))),
                    s => Err(wrong(s)),
                });
                Arc::new(aa::$array::from(all.collect::<Result<Vec<Option<$t>>>>()?)) as ArrayRef
            }};
        }
        macro_rules! floats {
            ($t:ty, $array:ident) => {{
                let all = values.iter().map(|s| match s {
                    Scalar::Null => Ok(None),
                    s => s.as_f64().map(|x| Some(x as $t)).ok_or_else(|| wrong(s)),
                });
                Arc::new(aa::$array::from(all.collect::<Result<Vec<Option<$t>>>>()?)) as ArrayRef
            }};
        }
        let texts = || {
            let all = values.iter().map(|s| match s {
                Scalar::Null => Ok(None),
                Scalar::Str(t) => Ok(Some(t.as_ref())),
                s => Err(wrong(s)),
            });
            Ok::<_, Error>(Arc::new(aa::StringViewArray::from(all.collect::<Result<Vec<_>>>()?)) as ArrayRef)
        };
        let array: ArrayRef = match dtype {
            DType::Bool => {
                let all = values.iter().map(|s| match s {
                    Scalar::Null => Ok(None),
                    Scalar::Bool(b) => Ok(Some(*b)),
                    s => Err(wrong(s)),
                });
                Arc::new(BooleanArray::from(all.collect::<Result<Vec<_>>>()?))
            }
            DType::I8 => numbers!(i8, Int8Array),
            DType::I16 => numbers!(i16, Int16Array),
            DType::I32 => numbers!(i32, Int32Array),
            DType::I64 => numbers!(i64, Int64Array),
            DType::U8 => numbers!(u8, UInt8Array),
            DType::U16 => numbers!(u16, UInt16Array),
            DType::U32 => numbers!(u32, UInt32Array),
            DType::U64 => numbers!(u64, UInt64Array),
            DType::F32 => floats!(f32, Float32Array),
            DType::F64 => floats!(f64, Float64Array),
            DType::Str => texts()?,
            DType::Categorical { .. } => return Column::new(dtype.clone(), arrow::compute::cast(&texts()?, &dtype.to_arrow())?),
            DType::Date => {
                let all = values.iter().map(|s| match s {
                    Scalar::Null => Ok(None),
                    Scalar::Date(d) => Ok(Some(*d)),
                    s => Err(wrong(s)),
                });
                Arc::new(aa::Date32Array::from(all.collect::<Result<Vec<_>>>()?))
            }
            DType::Time { .. } | DType::Instant { .. } | DType::Duration { .. } => {
                let all = values.iter().map(|s| time_value(s, dtype).ok_or_else(|| wrong(s)).and_then(|x| x));
                return Column::from_i64(dtype.clone(), all.collect::<Result<Vec<_>>>()?);
            }
            DType::Decimal { .. } => {
                let all = values.iter().map(|s| match s {
                    Scalar::Null => Ok(None),
                    Scalar::Decimal { value, .. } if s.dtype().as_ref() == Some(dtype) => Ok(Some(*value)),
                    s => Err(wrong(s)),
                });
                Arc::new(aa::Decimal128Array::from(all.collect::<Result<Vec<_>>>()?).with_data_type(dtype.to_arrow()))
            }
            DType::Binary => {
                let all = values.iter().map(|s| match s {
                    Scalar::Null => Ok(None),
                    Scalar::Bytes(b) => Ok(Some(b.as_ref())),
                    s => Err(wrong(s)),
                });
                Arc::new(aa::BinaryViewArray::from(all.collect::<Result<Vec<_>>>()?))
            }
            DType::List(_) | DType::Opaque(_) => {
                if values.iter().any(|s| *s != Scalar::Null) {
                    return Err(Error::unsupported(format!("a column of {dtype} from single values")));
                }
                return Ok(Column::missing(dtype.clone(), values.len()));
            }
        };
        Column::new(dtype.clone(), array)
    }
}

/// The i64 of a time in the unit of a type; `None` for a value of another kind.
fn time_value(s: &Scalar, dtype: &DType) -> Option<Result<Option<i64>>> {
    let scaled = |value: i64, from: TimeUnit, to: TimeUnit| {
        let all = value as i128 * to.per_second() as i128;
        let per = from.per_second() as i128;
        let fits = i64::try_from(all / per).ok().filter(|_| all % per == 0);
        fits.map(Some).ok_or_else(|| Error::overflow(format!("a time that {dtype} cannot tell")))
    };
    Some(match (s, dtype) {
        (Scalar::Null, _) => Ok(None),
        (Scalar::Time { value, unit }, DType::Time { unit: to }) | (Scalar::Duration { value, unit }, DType::Duration { unit: to }) => {
            scaled(*value, *unit, *to)
        }
        (Scalar::Date(days), DType::Instant { unit: to, tz: None, calendar: Calendar::ProlepticGregorian }) => {
            scaled(*days as i64 * 86_400_000_000, TimeUnit::Us, *to)
        }
        (Scalar::Instant { value, unit, tz, calendar }, DType::Instant { unit: to, tz: zone, calendar: c })
            if tz.is_some() == zone.is_some() && calendar == c =>
        {
            scaled(*value, *unit, *to)
        }
        _ => return None,
    })
}
