//! Arrays as files hold them, and columns as we hold them.

use crate::dtype::{Calendar, DType};
use crate::error::{Error, Result};
use crate::store::Column;
use arrow::array::{
    Array, ArrayRef, AsArray, DictionaryArray, GenericStringArray, OffsetSizeTrait, StringViewArray, UInt32Array, make_view,
};
use arrow::compute::{CastOptions, cast_with_options, take};
use arrow::datatypes::{DataType, Field as ArrowField, Int32Type, UInt32Type};
use hashbrown::HashMap;
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

/// Whether views of categories occur, which the Parquet encoder does not take.
fn has_categories(dtype: &DType) -> bool {
    match dtype {
        DType::Categorical { .. } => true,
        DType::List(inner) => has_categories(inner),
        _ => false,
    }
}

/// The type of the arrays that Parquet's encoders take for one of ours.
pub(super) fn encodable_type(dtype: &DType) -> DataType {
    if has_categories(dtype) { declared_type(dtype) } else { dtype.to_arrow() }
}

/// A column as an array of the type that [`encodable_type`] names.
pub(crate) fn array_for_encoder(column: &Column) -> Result<ArrayRef> {
    if has_categories(column.dtype()) { array_for_file(column) } else { Ok(column.values().clone()) }
}

fn exact() -> CastOptions<'static> {
    CastOptions { safe: false, ..CastOptions::default() }
}

/// An array of a file as a column of this type.
pub(crate) fn column_from_file(array: ArrayRef, dtype: &DType) -> Result<Column> {
    if let DType::Categorical { .. } = dtype {
        let any =
            array.as_any_dictionary_opt().ok_or_else(|| Error::format("values that are no dictionary where categories were announced"))?;
        return Categories::new(any.values())?.column(any.keys(), dtype);
    }
    let array = match array.data_type() {
        DataType::Utf8 => text_views(array.as_string::<i32>()),
        DataType::LargeUtf8 => text_views(array.as_string::<i64>()),
        _ => None,
    }
    .unwrap_or(array);
    let column = Column::from_arrow(array)?;
    match dtype {
        DType::Instant { calendar, .. } if *calendar != Calendar::ProlepticGregorian => column.reinterpret(dtype.clone()),
        // The zone is a label on the same instants.
        DType::Instant { unit, tz: Some(_), .. } if matches!(column.dtype(), DType::Instant { unit: u, tz: Some(_), .. } if u == unit) => {
            let values = cast_with_options(column.values(), &dtype.to_arrow(), &exact())?;
            Column::new(dtype.clone(), values)
        }
        _ if column.dtype() == dtype => Ok(column),
        _ => Err(Error::format(format!("values of type {} where {dtype} was announced", column.dtype()))),
    }
}

/// Views of the same bytes, cut to those of the rows at hand. `None` where they are too many for views into one buffer.
fn text_views<O: OffsetSizeTrait>(array: &GenericStringArray<O>) -> Option<ArrayRef> {
    let offsets = array.value_offsets();
    let (first, last) = (offsets.first()?.as_usize(), offsets.last()?.as_usize());
    u32::try_from(last - first).ok()?;
    let bytes = array.values().slice_with_length(first, last - first);
    let views = offsets.windows(2).map(|w| {
        let (from, to) = (w[0].as_usize() - first, w[1].as_usize() - first);
        make_view(&bytes[from..to], 0, from as u32)
    });
    let views: Vec<u128> = views.collect();
    // SAFETY: the views come from the offsets of a valid text array: each lies inside `bytes` and is UTF-8, and `make_view` writes
    // length, prefix and offset as the layout wants them.
    let views = unsafe { StringViewArray::new_unchecked(views.into(), vec![bytes], array.nulls().cloned()) };
    Some(Arc::new(views))
}

/// The values of a file's dictionary as categories: distinct, present texts. A dictionary may hold a text twice, or a null.
#[derive(Debug)]
pub(crate) struct Categories {
    values: ArrayRef,
    /// The category of each value of the file's dictionary, where they are not the same.
    map: Option<Vec<Option<u32>>>,
}

impl Categories {
    pub(crate) fn new(dictionary: &ArrayRef) -> Result<Categories> {
        let values = cast_with_options(dictionary, &DataType::Utf8View, &exact())?;
        let texts = values.as_string_view();
        let mut first: HashMap<&str, u32> = HashMap::with_capacity(texts.len());
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
                kept.push(i as u32);
            }
            map.push(Some(code));
        }
        drop(first);
        if kept.len() == texts.len() {
            return Ok(Categories { values, map: None });
        }
        let values = take(&values, &UInt32Array::from(kept), None)?;
        Ok(Categories { values, map: Some(map) })
    }

    /// The column of these codes into the file's dictionary.
    pub(crate) fn column(&self, keys: &dyn Array, dtype: &DType) -> Result<Column> {
        let keys = cast_with_options(keys, &DataType::UInt32, &exact())?;
        let mut keys = keys.as_primitive::<UInt32Type>().clone();
        if let Some(map) = &self.map {
            keys = keys.iter().map(|k| k.and_then(|k| map.get(k as usize).copied().flatten())).collect();
        }
        Column::new(dtype.clone(), Arc::new(DictionaryArray::<UInt32Type>::try_new(keys, self.values.clone())?))
    }
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
