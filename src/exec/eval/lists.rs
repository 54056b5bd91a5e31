//! Lists: made by `split`, read by `get`, `join` and `len`.

use super::Value;
use crate::dtype::DType;
use crate::error::{Error, Result};
use arrow::array::{Array, ArrayBuilder, AsArray, Int64Array, LargeListArray, StringViewBuilder, UInt64Array};
use arrow::buffer::OffsetBuffer;
use arrow::datatypes as at;
use std::sync::Arc;

/// The parts of texts, cut at a text or at runs of white space.
pub(super) fn split(args: &[Value], dtype: &DType) -> Result<Value> {
    let texts = args[0].array.as_string_view();
    let separator = args.get(1).map(|a| a.array.as_string_view().value(0));
    let mut items = StringViewBuilder::new();
    let mut lengths = Vec::with_capacity(texts.len());
    for text in texts {
        let before = items.len();
        match (text, separator) {
            (None, _) => {}
            (Some(t), Some(s)) => t.split(s).for_each(|p| items.append_value(p)),
            (Some(t), None) => t.split_whitespace().for_each(|p| items.append_value(p)),
        }
        lengths.push(items.len() - before);
    }
    let at::DataType::LargeList(item) = dtype.to_arrow() else { return Err(Error::internal(format!("{dtype} is no list"))) };
    let nulls = texts.nulls().cloned();
    let array = LargeListArray::try_new(item, OffsetBuffer::from_lengths(lengths), Arc::new(items.finish()), nulls)?;
    Ok(args[0].like(Arc::new(array)))
}

/// How many items.
pub(super) fn lengths(lists: &Value) -> Result<Value> {
    let array = lists.array.as_list::<i64>();
    let out: Int64Array = (0..array.len()).map(|i| array.is_valid(i).then(|| array.value_length(i))).collect();
    Ok(lists.like(Arc::new(out)))
}

/// The item at a position; missing where there is none.
pub(super) fn get(lists: &Value, positions: &Value) -> Result<Value> {
    let (rows, one) = Value::join(lists, positions);
    let (array, at) = (lists.array.as_list::<i64>(), positions.array.as_primitive::<at::Int64Type>());
    let place = |row: usize| {
        let (l, p) = (lists.at(row), positions.at(row));
        if array.is_null(l) || at.is_null(p) {
            return None;
        }
        let (n, i) = (array.value_length(l), at.value(p));
        let i = if i < 0 { n.checked_add(i)? } else { i };
        (0..n).contains(&i).then(|| (array.value_offsets()[l] + i) as u64)
    };
    let rows: UInt64Array = (0..rows).map(place).collect();
    Ok(Value { array: arrow::compute::take(array.values(), &rows, None)?, one })
}

/// The texts of a list with another between them; missing items are passed over.
pub(super) fn join(lists: &Value, between: &Value) -> Result<Value> {
    let (rows, one) = Value::join(lists, between);
    let (array, separators) = (lists.array.as_list::<i64>(), between.array.as_string_view());
    let items = array.values().as_string_view();
    let mut out = StringViewBuilder::with_capacity(rows);
    for row in 0..rows {
        let (l, s) = (lists.at(row), between.at(row));
        if array.is_null(l) || separators.is_null(s) {
            out.append_null();
            continue;
        }
        let (from, to) = (array.value_offsets()[l] as usize, array.value_offsets()[l + 1] as usize);
        let parts: Vec<&str> = (from..to).filter(|&i| items.is_valid(i)).map(|i| items.value(i)).collect();
        out.append_value(parts.join(separators.value(s)));
    }
    Ok(Value { array: Arc::new(out.finish()), one })
}
