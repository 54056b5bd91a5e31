//! Arrays as files hold them, and columns as we hold them.

use crate::dtype::{Calendar, DType};
use crate::error::{Error, Result};
use crate::store::Column;
use arrow::array::{Array, ArrayRef, AsArray, DictionaryArray, UInt32Array};
use arrow::compute::{CastOptions, cast_with_options, take};
use arrow::datatypes::{DataType, Field as ArrowField, Int32Type, UInt32Type};
use std::collections::HashMap;
use std::sync::Arc;

/// The arrow type that a file says for one of ours: text and bytes with offsets, lists with short ones, codes of categories signed.
/// Every reader knows these; views and unsigned codes are not read by all.
pub(super) fn declared_type(dtype: &DType) -> DataType {
    match dtype {
        DType::Str => DataType::Utf8,
        DType::Binary => DataType::Binary,
        DType::Categorical { .. } => DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8)),
        DType::List(inner) => DataType::List(Arc::new(ArrowField::new("item", declared_type(inner), true))),
        other => other.to_arrow(),
    }
}

fn exact() -> CastOptions<'static> {
    CastOptions { safe: false, ..CastOptions::default() }
}

/// An array of a file as a column of this type.
pub(crate) fn column_from_file(array: ArrayRef, dtype: &DType) -> Result<Column> {
    if let DType::Categorical { .. } = dtype {
        return Column::new(dtype.clone(), categories(&array)?);
    }
    let column = Column::from_arrow(array)?;
    match dtype {
        DType::Instant { calendar, .. } if *calendar != Calendar::ProlepticGregorian => column.reinterpret(dtype.clone()),
        _ if column.dtype() == dtype => Ok(column),
        _ => Err(Error::format(format!("values of type {} where {dtype} was announced", column.dtype()))),
    }
}

/// Codes into distinct, present texts: a dictionary may hold a text twice, or a null.
fn categories(array: &ArrayRef) -> Result<ArrayRef> {
    let any =
        array.as_any_dictionary_opt().ok_or_else(|| Error::format("values that are no dictionary where categories were announced"))?;
    let values = cast_with_options(any.values(), &DataType::Utf8View, &exact())?;
    let keys = cast_with_options(any.keys(), &DataType::UInt32, &exact())?;
    let keys = keys.as_primitive::<UInt32Type>().clone();
    let texts = values.as_string_view();
    let mut first: HashMap<&str, u32> = HashMap::with_capacity(texts.len());
    let mut clean = texts.null_count() == 0;
    let mut map = Vec::with_capacity(texts.len());
    let mut kept: Vec<u32> = Vec::with_capacity(texts.len());
    for i in 0..texts.len() {
        if texts.is_null(i) {
            map.push(None);
            continue;
        }
        let next = kept.len() as u32;
        let code = *first.entry(texts.value(i)).or_insert(next);
        if code == next {
            kept.push(i as u32)
        } else {
            clean = false
        }
        map.push(Some(code));
    }
    if clean {
        return Ok(Arc::new(DictionaryArray::<UInt32Type>::try_new(keys, values)?));
    }
    let keys: UInt32Array = keys.iter().map(|k| k.and_then(|k| map.get(k as usize).copied().flatten())).collect();
    let values = take(&values, &UInt32Array::from(kept), None)?;
    Ok(Arc::new(DictionaryArray::<UInt32Type>::try_new(keys, values)?))
}

/// A column as an array of the type that [`declared_type`] names.
///
/// # Errors
/// Overflow, where the text of these rows is beyond 2 GiB: fewer rows at a time fit.
pub(crate) fn array_for_file(column: &Column) -> Result<ArrayRef> {
    let to = declared_type(column.dtype());
    let values = column.values();
    if *values.data_type() == to {
        return Ok(values.clone());
    }
    if let DType::Categorical { .. } = column.dtype() {
        let d = values.as_dictionary::<UInt32Type>();
        let keys = cast_with_options(d.keys(), &DataType::Int32, &exact())?;
        let texts = cast_with_options(d.values(), &DataType::Utf8, &exact())?;
        return Ok(Arc::new(DictionaryArray::<Int32Type>::try_new(keys.as_primitive::<Int32Type>().clone(), texts)?));
    }
    Ok(cast_with_options(values, &to, &exact())?)
}
