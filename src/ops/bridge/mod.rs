//! Cubes as tables. (Tables become cubes in `exec`, which reads them.)

mod columns;
mod flags;
mod matrix;
mod rows;

pub use columns::FrameOptions;
pub(crate) use flags::to_flags;
pub use matrix::CubeMatrix;
pub use rows::CubeRows;

use crate::dtype::{DType, Element};
use crate::error::{Error, Result};
use crate::store::{Budget, Column, NdArray};
use arrow::array::{Array, ArrayRef, AsArray, PrimitiveArray};
use arrow::buffer::{BooleanBuffer, Buffer, NullBuffer};
use arrow::datatypes::{ArrowPrimitiveType, Float32Type, Float64Type};
use std::sync::Arc;

/// Bytes that a part of a table made from a cube may take.
fn part_limit(budget: &Budget) -> usize {
    (budget.limit() / (8 * rayon::current_num_threads().max(1))).clamp(64 << 10, 32 << 20)
}

/// The elements of an array in C order as a column: NaN becomes missing.
pub(crate) fn leave(array: &NdArray) -> Result<Column> {
    match array.dtype() {
        DType::F32 => floats::<f32, Float32Type>(array),
        DType::F64 => floats::<f64, Float64Type>(array),
        _ => Column::from_nd(array),
    }
}

fn floats<T: Element + num_is_nan::IsNan, A: ArrowPrimitiveType<Native = T>>(array: &NdArray) -> Result<Column> {
    let flat = array.to_contiguous()?;
    let values = flat.as_slice::<T>().ok_or_else(|| Error::internal("floats that are none"))?;
    let valid = flat.valid();
    let gap = |i: usize| values[i].is_nan() || valid.is_some_and(|v| v[i] == 0);
    if !(0..values.len()).any(gap) {
        return Column::from_nd(&flat.with_valid(None)?);
    }
    let nulls = NullBuffer::new(BooleanBuffer::collect_bool(values.len(), |i| !gap(i)));
    let values: Column = Column::from_nd(&flat)?;
    let plain = values.values().as_primitive::<A>().values().clone();
    let array: ArrayRef = Arc::new(PrimitiveArray::<A>::new(plain, Some(nulls)));
    Column::new(values.dtype().clone(), array)
}

/// A column as an array of this shape: missing becomes NaN in floats, a validity byte elsewhere.
pub(crate) fn enter(column: &Column, shape: &[usize]) -> Result<NdArray> {
    let values = column.values();
    let there = |n: &NullBuffer| Buffer::from_vec(n.iter().map(u8::from).collect::<Vec<u8>>());
    let nulls = values.nulls().filter(|n| n.null_count() > 0);
    match column.dtype() {
        DType::Str => return NdArray::from_texts(values.as_string_view().clone(), shape),
        DType::Bool => {
            let bytes: Vec<u8> = values.as_boolean().values().iter().map(u8::from).collect();
            return NdArray::from_buffer(bytes.into(), DType::Bool, shape)?.with_valid(nulls.map(there));
        }
        DType::F32 => return filled::<f32, Float32Type>(values, f32::NAN, shape),
        DType::F64 => return filled::<f64, Float64Type>(values, f64::NAN, shape),
        _ => {}
    }
    let Some(width) = column.dtype().phys().and_then(|p| p.width()).filter(|_| !matches!(column.dtype(), DType::Categorical { .. })) else {
        return Err(Error::wrong_type(format!("a cube cannot hold {}", column.dtype())).help("leave the column out, or cast it"));
    };
    let data = values.to_data();
    let part = data.buffers()[0].slice_with_length(data.offset() * width, data.len() * width);
    NdArray::from_buffer(part, column.dtype().clone(), shape)?.with_valid(nulls.map(there))
}

fn filled<T: Element, A: ArrowPrimitiveType<Native = T>>(values: &ArrayRef, nan: T, shape: &[usize]) -> Result<NdArray> {
    let values = values.as_primitive::<A>();
    NdArray::from_vec(values.iter().map(|x| x.unwrap_or(nan)).collect(), shape)
}

/// The test for NaN of both float types.
mod num_is_nan {
    pub(super) trait IsNan {
        fn is_nan(&self) -> bool;
    }
    impl IsNan for f32 {
        fn is_nan(&self) -> bool {
            f32::is_nan(*self)
        }
    }
    impl IsNan for f64 {
        fn is_nan(&self) -> bool {
            f64::is_nan(*self)
        }
    }
}
