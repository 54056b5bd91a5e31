//! Attributes as text. Text stays text; other types are a small JSON object that other programs see as text and that we read back.

use crate::store::{AttrArray, AttrValue, nested};
use serde_json::{Map, Value, json};

/// The key that marks our JSON.
const MARK: &str = "hpda.dtype";

/// An attribute as the text of arrow's field metadata.
pub(super) fn to_text(value: &AttrValue) -> String {
    match value {
        AttrValue::Text(t) if !t.contains(MARK) => t.clone(),
        other => to_exact(other).to_string(),
    }
}

/// The attribute that [`to_text`] wrote; anything else is text.
pub(super) fn from_text(text: &str) -> AttrValue {
    if text.starts_with('{') && text.contains(MARK) {
        let value = serde_json::from_str(text).ok().and_then(|v| exact(&v));
        return value.unwrap_or_else(|| text.into());
    }
    text.into()
}

/// An attribute as JSON that keeps its exact type.
pub(super) fn to_exact(value: &AttrValue) -> Value {
    // Floats stand as text: JSON has no NaN, and not every reader keeps the last digit.
    macro_rules! object {
        ($name:literal, $v:expr) => {
            json!({ MARK: $name, "value": $v })
        };
    }
    match value {
        AttrValue::Text(t) if !t.contains(MARK) => Value::String(t.clone()),
        AttrValue::Text(t) => object!("text", t),
        AttrValue::Texts(t) => object!("texts", t),
        AttrValue::Bytes(b) => object!("bytes", b),
        AttrValue::Bool(v) => object!("bool", v),
        AttrValue::Array(a) => json!({ MARK: "array", "shape": a.shape(), "value": to_exact(a.values()) }),
        AttrValue::I8(v) => object!("i8", v),
        AttrValue::I16(v) => object!("i16", v),
        AttrValue::I32(v) => object!("i32", v),
        AttrValue::I64(v) => object!("i64", v),
        AttrValue::U8(v) => object!("u8", v),
        AttrValue::U16(v) => object!("u16", v),
        AttrValue::U32(v) => object!("u32", v),
        AttrValue::U64(v) => object!("u64", v),
        AttrValue::F32(v) => object!("f32", v.iter().map(f32::to_string).collect::<Vec<_>>()),
        AttrValue::F64(v) => object!("f64", v.iter().map(f64::to_string).collect::<Vec<_>>()),
    }
}

/// The attribute that [`to_exact`] wrote; other JSON is read by its own types.
pub(super) fn from_exact(value: &Value) -> AttrValue {
    exact(value).unwrap_or_else(|| from_natural(value))
}

fn exact(value: &Value) -> Option<AttrValue> {
    if let Value::String(t) = value {
        return Some(AttrValue::Text(t.clone()));
    }
    let map: &Map<String, Value> = value.as_object()?;
    let items = map.get("value")?;
    let name = map.get(MARK)?.as_str()?;
    if name == "text" {
        return Some(AttrValue::Text(items.as_str()?.into()));
    }
    if name == "array" {
        let shape: Vec<usize> = map.get("shape")?.as_array()?.iter().map(|n| n.as_u64()?.try_into().ok()).collect::<Option<_>>()?;
        return AttrArray::new(shape, exact(items).filter(|list| list.shape().is_none())?).ok().map(AttrValue::Array);
    }
    let items = items.as_array()?;
    fn signed<T: TryFrom<i64>>(items: &[Value]) -> Option<Vec<T>> {
        items.iter().map(|v| v.as_i64()?.try_into().ok()).collect()
    }
    fn unsigned<T: TryFrom<u64>>(items: &[Value]) -> Option<Vec<T>> {
        items.iter().map(|v| v.as_u64()?.try_into().ok()).collect()
    }
    fn floats<T: std::str::FromStr>(items: &[Value]) -> Option<Vec<T>> {
        items.iter().map(|v| v.as_str()?.parse().ok()).collect()
    }
    Some(match name {
        "texts" => AttrValue::Texts(items.iter().map(|v| v.as_str().map(Into::into)).collect::<Option<_>>()?),
        "bytes" => AttrValue::Bytes(unsigned(items)?),
        "bool" => AttrValue::Bool(items.iter().map(Value::as_bool).collect::<Option<_>>()?),
        "i8" => AttrValue::I8(signed(items)?),
        "i16" => AttrValue::I16(signed(items)?),
        "i32" => AttrValue::I32(signed(items)?),
        "i64" => AttrValue::I64(signed(items)?),
        "u8" => AttrValue::U8(unsigned(items)?),
        "u16" => AttrValue::U16(unsigned(items)?),
        "u32" => AttrValue::U32(unsigned(items)?),
        "u64" => AttrValue::U64(unsigned(items)?),
        "f32" => AttrValue::F32(floats(items)?),
        "f64" => AttrValue::F64(floats(items)?),
        _ => return None,
    })
}

/// An attribute as the JSON that pandas keeps in `df.attrs`.
pub(super) fn to_natural(value: &AttrValue) -> Value {
    fn one_or_many(mut items: Vec<Value>) -> Value {
        if items.len() == 1 { items.remove(0) } else { Value::Array(items) }
    }
    match value {
        AttrValue::Text(t) => t.as_str().into(),
        AttrValue::Texts(t) => t.as_slice().into(),
        AttrValue::Bytes(b) => b.as_slice().into(),
        AttrValue::Bool(v) => one_or_many(v.iter().map(|&x| x.into()).collect()),
        AttrValue::Array(a) => {
            let items = match to_natural(a.values()) {
                Value::Array(items) => items,
                one => vec![one],
            };
            nested(a.shape(), items, &Value::Array)
        }
        AttrValue::I8(_) | AttrValue::I16(_) | AttrValue::I32(_) | AttrValue::I64(_) => one_or_many(
            value.scalars().iter().map(|s| if let crate::dtype::Scalar::I64(x) = s { (*x).into() } else { Value::Null }).collect(),
        ),
        AttrValue::U8(_) | AttrValue::U16(_) | AttrValue::U32(_) | AttrValue::U64(_) => one_or_many(
            value.scalars().iter().map(|s| if let crate::dtype::Scalar::U64(x) = s { (*x).into() } else { Value::Null }).collect(),
        ),
        // JSON has no NaN and no infinity: they are null there.
        AttrValue::F32(v) => one_or_many(v.iter().map(|&x| (x as f64).into()).collect()),
        AttrValue::F64(v) => one_or_many(v.iter().map(|&x| x.into()).collect()),
    }
}

/// The attribute that JSON means. What no attribute can hold (objects, null) is its JSON text.
pub(super) fn from_natural(value: &Value) -> AttrValue {
    if let Value::String(t) = value {
        return AttrValue::Text(t.clone());
    }
    let items = match value {
        Value::Array(items) if !items.is_empty() => items.as_slice(),
        one => std::slice::from_ref(one),
    };
    let texts: Option<Vec<String>> = items.iter().map(|v| v.as_str().map(Into::into)).collect();
    let whole: Option<Vec<i64>> = items.iter().map(Value::as_i64).collect();
    let large: Option<Vec<u64>> = items.iter().map(Value::as_u64).collect();
    if items.iter().all(Value::is_boolean) {
        return AttrValue::Bool(items.iter().filter_map(Value::as_bool).collect());
    }
    let floats: Option<Vec<f64>> = items.iter().map(|v| v.as_f64().filter(|_| v.is_number())).collect();
    match (texts, whole, large, floats) {
        (Some(t), ..) => AttrValue::Texts(t),
        (_, Some(v), ..) => AttrValue::I64(v),
        (_, _, Some(v), _) => AttrValue::U64(v),
        (.., Some(v)) => AttrValue::F64(v),
        _ => AttrValue::Text(value.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attribute_of_every_type_survives_as_text() {
        let all = [
            AttrValue::Text("K".into()),
            AttrValue::Text("{\"hpda.dtype\": odd".into()),
            AttrValue::Text(String::new()),
            AttrValue::Texts(vec!["a".into(), "b".into()]),
            AttrValue::Bytes(vec![0, 255]),
            AttrValue::Bool(vec![true]),
            AttrValue::Array(AttrArray::new(vec![1, 2], AttrValue::I16(vec![-1, 3])).unwrap()),
            AttrValue::Array(AttrArray::new(vec![2, 1], AttrValue::Texts(vec!["a".into(), "".into()])).unwrap()),
            AttrValue::Array(AttrArray::new(vec![0, 2], AttrValue::Bool(vec![])).unwrap()),
            AttrValue::I8(vec![-1]),
            AttrValue::U64(vec![u64::MAX]),
            AttrValue::I64(vec![i64::MIN, 3]),
            AttrValue::F32(vec![0.1, f32::INFINITY]),
            AttrValue::F64(vec![0.1, 1e300, -0.0]),
            AttrValue::F64(vec![]),
        ];
        for a in all {
            assert_eq!(from_text(&to_text(&a)), a);
            assert_eq!(from_exact(&to_exact(&a)), a);
        }
        let AttrValue::F64(nan) = from_text(&to_text(&AttrValue::F64(vec![f64::NAN]))) else { panic!() };
        assert!(nan[0].is_nan());
    }
}
