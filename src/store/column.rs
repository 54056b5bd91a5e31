use super::NdArray;
use crate::dtype::{DType, Scalar, TimeUnit};
use crate::error::{Error, Result};
use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, PrimitiveArray, StringViewArray, new_null_array};
use arrow::compute::{CastOptions, cast_with_options};
use arrow::datatypes::{self as at, DataType};
use std::sync::Arc;

/// One contiguous column: a logical type over one arrow array of exactly [`DType::to_arrow`]. Clones are handles.
#[derive(Clone, Debug)]
pub struct Column {
    dtype: DType,
    values: ArrayRef,
}

impl Column {
    /// Values of this type.
    ///
    /// # Errors
    /// Type, where the array is not the type's own arrow type.
    pub fn new(dtype: DType, values: ArrayRef) -> Result<Column> {
        let want = dtype.to_arrow();
        // Inner field names of lists differ between writers and mean nothing.
        if *values.data_type() != want && !matches!(dtype, DType::List(_)) {
            return Err(Error::internal(format!("a column of {dtype} is held as {want}, not as {}", values.data_type())));
        }
        Ok(Column { dtype, values })
    }

    /// Takes over any arrow array, in the type that [`DType::from_arrow`] gives it: large and offset text becomes views, coarser
    /// times microseconds, f16 f32. What is in place already is not copied.
    ///
    /// # Errors
    /// Overflow, where a coarse time does not fit microseconds.
    pub fn from_arrow(array: ArrayRef) -> Result<Column> {
        let dtype = DType::from_arrow(array.data_type());
        let want = dtype.to_arrow();
        let values = if *array.data_type() == want || matches!(dtype, DType::Opaque(_)) { array } else { cast_exact(&array, &want)? };
        Column::new(dtype, values)
    }

    /// `length` missing values.
    pub fn missing(dtype: DType, length: usize) -> Column {
        let values = new_null_array(&dtype.to_arrow(), length);
        Column { dtype, values }
    }

    /// A column of texts.
    pub fn from_texts<S: AsRef<str>>(texts: impl IntoIterator<Item = Option<S>>) -> Column {
        Column { dtype: DType::Str, values: Arc::new(StringViewArray::from_iter(texts)) }
    }

    /// The type.
    pub fn dtype(&self) -> &DType {
        &self.dtype
    }

    /// The arrow array.
    pub fn values(&self) -> &ArrayRef {
        &self.values
    }

    /// The arrow array, given up.
    pub fn into_arrow(self) -> ArrayRef {
        self.values
    }

    /// How many rows.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Rows whose validity bit says missing. NaN is counted by [`Column::missing_count`].
    pub fn null_count(&self) -> usize {
        self.values.logical_null_count()
    }

    /// Missing rows: validity bits and, in floats, NaN.
    pub fn missing_count(&self) -> usize {
        let nulls = self.null_count();
        match self.dtype {
            DType::F32 => nulls + self.values.as_primitive::<at::Float32Type>().iter().flatten().filter(|x| x.is_nan()).count(),
            DType::F64 => nulls + self.values.as_primitive::<at::Float64Type>().iter().flatten().filter(|x| x.is_nan()).count(),
            _ => nulls,
        }
    }

    /// Rows `offset .. offset + length`, without a copy.
    pub fn slice(&self, offset: usize, length: usize) -> Column {
        Column { dtype: self.dtype.clone(), values: self.values.slice(offset, length) }
    }

    /// Bytes held (of a slice: its share of fixed-width buffers, all of its text). A buffer inside a larger allocation, such as a
    /// mapped file, counts with its own length.
    pub fn bytes(&self) -> usize {
        fn held(data: &arrow::array::ArrayData) -> usize {
            let nulls = data.nulls().map_or(0, |n| n.len().div_ceil(8));
            let layout = arrow::array::layout(data.data_type());
            let own = data.buffers().iter().enumerate().map(|(i, b)| match layout.buffers.get(i) {
                Some(arrow::array::BufferSpec::FixedWidth { byte_width, .. }) => b.len().min((data.len() + 1) * byte_width),
                Some(arrow::array::BufferSpec::BitMap) => b.len().min(data.len().div_ceil(8)),
                _ => b.len(),
            });
            nulls + own.sum::<usize>() + data.child_data().iter().map(held).sum::<usize>()
        }
        held(&self.values.to_data())
    }

    /// The value in a row; out of range is missing.
    pub fn scalar(&self, row: usize) -> Scalar {
        if row >= self.len() || self.values.is_null(row) {
            return Scalar::Null;
        }
        let v = &self.values;
        macro_rules! get {
            ($t:ty) => {
                v.as_primitive::<$t>().value(row)
            };
        }
        match &self.dtype {
            DType::Bool => v.as_boolean().value(row).into(),
            DType::I8 => get!(at::Int8Type).into(),
            DType::I16 => get!(at::Int16Type).into(),
            DType::I32 => get!(at::Int32Type).into(),
            DType::I64 => get!(at::Int64Type).into(),
            DType::U8 => get!(at::UInt8Type).into(),
            DType::U16 => get!(at::UInt16Type).into(),
            DType::U32 => get!(at::UInt32Type).into(),
            DType::U64 => get!(at::UInt64Type).into(),
            DType::F32 => get!(at::Float32Type).into(),
            DType::F64 => get!(at::Float64Type).into(),
            DType::Str => v.as_string_view().value(row).into(),
            DType::Date => Scalar::Date(get!(at::Date32Type)),
            DType::Time { unit } => Scalar::Time { value: self.i64_at(row), unit: *unit },
            DType::Instant { unit, tz, calendar } => {
                Scalar::Instant { value: self.i64_at(row), unit: *unit, tz: tz.clone(), calendar: *calendar }
            }
            DType::Duration { unit } => Scalar::Duration { value: self.i64_at(row), unit: *unit },
            DType::Categorical { .. } => {
                let d = v.as_dictionary::<at::UInt32Type>();
                let code = d.keys().value(row) as usize;
                Column { dtype: DType::Str, values: d.values().clone() }.scalar(code)
            }
            DType::Decimal { precision, scale } => {
                Scalar::Decimal { value: get!(at::Decimal128Type), precision: *precision, scale: *scale }
            }
            DType::Binary => Scalar::Bytes(v.as_binary_view().value(row).into()),
            DType::List(inner) => {
                let items = v.as_list::<i64>().value(row);
                let column = Column { dtype: (**inner).clone(), values: items };
                Scalar::List((0..column.len()).map(|i| column.scalar(i)).collect())
            }
            // Null, run-end and union arrays know their missing rows only logically.
            DType::Opaque(_) if v.slice(row, 1).logical_null_count() > 0 => Scalar::Null,
            DType::Opaque(_) => match arrow::util::display::array_value_to_string(v, row) {
                Ok(text) => text.into(),
                Err(_) => Scalar::Null,
            },
        }
    }

    /// The i64 behind a row of an i64, time, instant or duration column (the value under a missing bit means nothing).
    fn i64_at(&self, row: usize) -> i64 {
        self.values.to_data().buffers()[0].typed_data::<i64>()[self.values.to_data().offset() + row]
    }

    /// The same column under another logical type that is held the same way (an i64 as a noleap instant, say).
    ///
    /// # Errors
    /// Internal, where it is not held the same way.
    pub fn reinterpret(&self, dtype: DType) -> Result<Column> {
        Column::new(dtype, self.values.clone())
    }
}

/// A cast that refuses to lose anything.
fn cast_exact(array: &ArrayRef, to: &DataType) -> Result<ArrayRef> {
    let options = CastOptions { safe: false, ..CastOptions::default() };
    if let DataType::Date64 = array.data_type() {
        let dates = array.as_primitive::<at::Date64Type>();
        if dates.iter().flatten().any(|ms| ms % 86_400_000 != 0) {
            return Err(Error::format("dates (of arrow type date64) that are no whole days"));
        }
    }
    Ok(cast_with_options(array, to, &options)?)
}

macro_rules! from_vec {
    ($($t:ty, $arrow:ident, $dtype:expr);* $(;)?) => { $(
        impl From<Vec<$t>> for Column {
            fn from(values: Vec<$t>) -> Column {
                Column { dtype: $dtype, values: Arc::new(PrimitiveArray::<at::$arrow>::from_iter_values(values)) }
            }
        }
        impl From<Vec<Option<$t>>> for Column {
            fn from(values: Vec<Option<$t>>) -> Column {
                Column { dtype: $dtype, values: Arc::new(PrimitiveArray::<at::$arrow>::from(values)) }
            }
        }
    )* };
}
from_vec! {
    i8, Int8Type, DType::I8; i16, Int16Type, DType::I16; i32, Int32Type, DType::I32; i64, Int64Type, DType::I64;
    u8, UInt8Type, DType::U8; u16, UInt16Type, DType::U16; u32, UInt32Type, DType::U32; u64, UInt64Type, DType::U64;
    f32, Float32Type, DType::F32; f64, Float64Type, DType::F64;
}

impl From<Vec<bool>> for Column {
    fn from(values: Vec<bool>) -> Column {
        Column { dtype: DType::Bool, values: Arc::new(BooleanArray::from(values)) }
    }
}

impl From<Vec<Option<bool>>> for Column {
    fn from(values: Vec<Option<bool>>) -> Column {
        Column { dtype: DType::Bool, values: Arc::new(BooleanArray::from(values)) }
    }
}

impl From<Vec<&str>> for Column {
    fn from(values: Vec<&str>) -> Column {
        Column::from_texts(values.into_iter().map(Some))
    }
}

impl From<Vec<Option<&str>>> for Column {
    fn from(values: Vec<Option<&str>>) -> Column {
        Column::from_texts(values)
    }
}

impl From<Vec<String>> for Column {
    fn from(values: Vec<String>) -> Column {
        Column::from_texts(values.into_iter().map(Some))
    }
}

impl PartialEq for Column {
    /// Same type, same values, missing in the same places; NaN equals NaN, and a NaN is not a missing bit.
    fn eq(&self, other: &Column) -> bool {
        self.dtype == other.dtype && self.len() == other.len() && (0..self.len()).all(|i| same(&self.scalar(i), &other.scalar(i)))
    }
}

fn same(a: &Scalar, b: &Scalar) -> bool {
    match (a, b) {
        (Scalar::F32(x), Scalar::F32(y)) => x == y || x.is_nan() && y.is_nan(),
        (Scalar::F64(x), Scalar::F64(y)) => x == y || x.is_nan() && y.is_nan(),
        (Scalar::List(x), Scalar::List(y)) => x.len() == y.len() && x.iter().zip(y).all(|(a, b)| same(a, b)),
        _ => a == b,
    }
}

impl Column {
    /// The elements of an array, in C order, as a column: NaN stays NaN, validity bytes become missing. Copied only where the
    /// array is no plain run of values (booleans always are).
    ///
    /// # Errors
    /// Overflow, never in practice.
    pub fn from_nd(array: &NdArray) -> Result<Column> {
        let flat = array.to_contiguous()?;
        let nulls = flat.valid().map(|v| arrow::buffer::NullBuffer::from(v.iter().map(|&b| b != 0).collect::<Vec<bool>>()));
        if let Some(texts) = flat.as_texts() {
            return Column::new(DType::Str, Arc::new(texts));
        }
        if let (DType::Bool, Some(bytes)) = (flat.dtype(), flat.as_slice::<u8>()) {
            let bits = arrow::buffer::BooleanBuffer::from_iter(bytes.iter().map(|&b| b != 0));
            return Column::new(DType::Bool, Arc::new(BooleanArray::new(bits, nulls)));
        }
        let (buffer, offset) = flat.buffer().ok_or_else(|| Error::internal("an array of neither text nor numbers"))?;
        let data = arrow::array::ArrayData::builder(flat.dtype().to_arrow())
            .len(flat.len())
            .offset(offset)
            .add_buffer(buffer.clone())
            .nulls(None)
            .build()?;
        let data = data.into_builder().nulls(nulls).build()?;
        Column::new(flat.dtype().clone(), arrow::array::make_array(data))
    }

    /// A column of instants or durations and the like from their i64s.
    pub fn from_i64(dtype: DType, values: Vec<Option<i64>>) -> Result<Column> {
        let plain: ArrayRef = Arc::new(PrimitiveArray::<at::Int64Type>::from(values));
        let want = dtype.to_arrow();
        let data = plain.to_data().into_builder().data_type(want).build()?;
        Column::new(dtype, arrow::array::make_array(data))
    }

    /// The same from a buffer and its missing places, without a copy.
    ///
    /// # Errors
    /// Internal, for a type that is not held as i64.
    pub fn from_i64_parts(
        dtype: DType,
        values: arrow::buffer::ScalarBuffer<i64>,
        nulls: Option<arrow::buffer::NullBuffer>,
    ) -> Result<Column> {
        let plain = PrimitiveArray::<at::Int64Type>::new(values, nulls);
        let data = plain.to_data().into_builder().data_type(dtype.to_arrow()).build()?;
        Column::new(dtype, arrow::array::make_array(data))
    }

    /// Microseconds without a zone.
    pub fn datetimes(values: Vec<Option<i64>>) -> Column {
        Column::from_i64(DType::Instant { unit: TimeUnit::Us, tz: None, calendar: crate::dtype::Calendar::ProlepticGregorian }, values)
            .expect("a timestamp is an i64")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrow_array_of_another_layout_becomes_ours() {
        let a: ArrayRef = Arc::new(arrow::array::LargeStringArray::from(vec![Some("a"), None]));
        let c = Column::from_arrow(a).unwrap();
        assert_eq!((c.dtype(), c.null_count(), c.scalar(0)), (&DType::Str, 1, "a".into()));
        let t: ArrayRef = Arc::new(arrow::array::TimestampSecondArray::from(vec![1]));
        assert_eq!(Column::from_arrow(t).unwrap().i64_at(0), 1_000_000);
    }

    #[test]
    fn nan_is_missing_but_no_null() {
        let c = Column::from(vec![Some(1.0), Some(f64::NAN), None]);
        assert_eq!((c.null_count(), c.missing_count()), (1, 2));
    }
}
