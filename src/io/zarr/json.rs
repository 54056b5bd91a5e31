//! JSON as Zarr stores have it: with the bare `NaN` and `Infinity` that Python writes, which JSON does not know.

use crate::store::{AttrArray, AttrValue, nested};
use serde_json::{Map, Number, Value};

/// What a bare word becomes while it is a JSON value: a text that no file can hold by accident.
const WORDS: [(&str, &str, f64); 3] =
    [("-Infinity", "\u{0}-Infinity", f64::NEG_INFINITY), ("Infinity", "\u{0}Infinity", f64::INFINITY), ("NaN", "\u{0}NaN", f64::NAN)];

/// Reads JSON, bare words of Python included.
pub(super) fn parse(bytes: &[u8]) -> Result<Value, String> {
    let strict = serde_json::from_slice(bytes);
    strict.or_else(|e: serde_json::Error| match with_words(bytes) {
        Some(text) => serde_json::from_str(&text).map_err(|e| e.to_string()),
        None => Err(e.to_string()),
    })
}

/// The text with bare words as marked texts; none where there are none.
fn with_words(bytes: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(bytes).ok()?;
    let (mut out, mut rest, mut quoted, mut found) = (String::with_capacity(text.len() + 64), text, false, false);
    while let Some(c) = rest.chars().next() {
        if !quoted && let Some((word, ..)) = WORDS.iter().find(|(word, ..)| rest.starts_with(word)) {
            out += &format!("\"\\u0000{word}\"");
            rest = &rest[word.len()..];
            found = true;
            continue;
        }
        if quoted && c == '\\' {
            // The next character, whatever it is, ends no text.
            let length = 1 + rest[1..].chars().next().map_or(0, char::len_utf8);
            out += &rest[..length];
            rest = &rest[length..];
            continue;
        }
        quoted ^= c == '"';
        out.push(c);
        rest = &rest[c.len_utf8()..];
    }
    found.then_some(out)
}

/// A number, `NaN` and infinities (bare or as Zarr spells them) included.
pub(super) fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Number(n) => n.as_f64(),
        Value::String(s) => WORDS.iter().find(|(_, marked, _)| s == marked).map(|w| w.2),
        _ => None,
    }
}

/// The attribute that a JSON value is. Lists of lists of one length are arrays; what attributes cannot hold (objects, mixed or
/// ragged lists, null) is kept as the text of its JSON.
pub(super) fn to_attr(value: &Value) -> AttrValue {
    let as_text = || AttrValue::Text(text(value));
    match value {
        Value::String(s) if number(value).is_none() => AttrValue::Text(s.clone()),
        Value::Bool(b) => AttrValue::Bool(vec![*b]),
        Value::Number(_) | Value::String(_) => numbers(std::slice::from_ref(value)).unwrap_or_else(as_text),
        Value::Array(list) if list.is_empty() => AttrValue::I64(Vec::new()),
        Value::Array(list) if list.iter().all(Value::is_boolean) => AttrValue::Bool(list.iter().filter_map(Value::as_bool).collect()),
        Value::Array(list) if list[0].is_array() => array(list).unwrap_or_else(as_text),
        Value::Array(list) => {
            let texts: Option<Vec<String>> = list.iter().map(|v| v.as_str().map(str::to_string)).collect();
            match texts.filter(|_| list.iter().all(|v| number(v).is_none())) {
                Some(texts) => AttrValue::Texts(texts),
                None => numbers(list).unwrap_or_else(as_text),
            }
        }
        Value::Null | Value::Object(_) => as_text(),
    }
}

/// Lists in lists, all of one length.
fn array(list: &[Value]) -> Option<AttrValue> {
    let (mut shape, mut items) = (vec![list.len()], list.iter().collect::<Vec<_>>());
    while let Some(Value::Array(first)) = items.first() {
        let n = first.len();
        let lists: Option<Vec<&Vec<Value>>> = items.iter().map(|v| v.as_array().filter(|list| list.len() == n)).collect();
        items = lists?.into_iter().flatten().collect();
        shape.push(n);
    }
    let flat = to_attr(&Value::Array(items.into_iter().cloned().collect()));
    // Mixed elements have become text.
    AttrArray::new(shape, flat).ok().map(AttrValue::Array)
}

/// Numbers as i64 where all are whole, else u64, else f64.
fn numbers(list: &[Value]) -> Option<AttrValue> {
    if let Some(whole) = list.iter().map(Value::as_i64).collect::<Option<Vec<_>>>() {
        return Some(AttrValue::I64(whole));
    }
    if let Some(whole) = list.iter().map(Value::as_u64).collect::<Option<Vec<_>>>() {
        return Some(AttrValue::U64(whole));
    }
    list.iter().map(number).collect::<Option<Vec<_>>>().map(AttrValue::F64)
}

/// The JSON value of an attribute: one number plain, several as a list.
pub(super) fn of_attr(value: &AttrValue) -> Value {
    let list = |mut v: Vec<Value>| if v.len() == 1 { v.remove(0) } else { Value::Array(v) };
    let float = |x: f64| match Number::from_f64(x) {
        Some(n) => Value::Number(n),
        None => Value::String(WORDS.iter().find(|w| w.2 == x || w.2.is_nan() && x.is_nan()).map_or("", |w| w.1).to_string()),
    };
    match value {
        AttrValue::Text(t) => Value::String(t.clone()),
        AttrValue::Texts(t) => list(t.iter().map(|t| Value::String(t.clone())).collect()),
        AttrValue::Bytes(b) => Value::String(String::from_utf8_lossy(b).into_owned()),
        AttrValue::Bool(v) => list(v.iter().map(|&x| x.into()).collect()),
        AttrValue::Array(a) => {
            let items = match of_attr(a.values()) {
                Value::Array(items) => items,
                one => vec![one],
            };
            nested(a.shape(), items, &Value::Array)
        }
        AttrValue::I64(v) => list(v.iter().map(|&x| x.into()).collect()),
        AttrValue::U64(v) => list(v.iter().map(|&x| x.into()).collect()),
        AttrValue::I8(v) => list(v.iter().map(|&x| x.into()).collect()),
        AttrValue::I16(v) => list(v.iter().map(|&x| x.into()).collect()),
        AttrValue::I32(v) => list(v.iter().map(|&x| x.into()).collect()),
        AttrValue::U8(v) => list(v.iter().map(|&x| x.into()).collect()),
        AttrValue::U16(v) => list(v.iter().map(|&x| x.into()).collect()),
        AttrValue::U32(v) => list(v.iter().map(|&x| x.into()).collect()),
        AttrValue::F32(v) => list(v.iter().map(|&x| float(x as f64)).collect()),
        AttrValue::F64(v) => list(v.iter().map(|&x| float(x)).collect()),
    }
}

/// JSON over several lines; numbers that JSON lacks are the bare words that Python writes and reads.
pub(super) fn text(value: &Value) -> String {
    let mut text = serde_json::to_string_pretty(value).unwrap_or_default();
    for (word, ..) in WORDS {
        text = text.replace(&format!("\"\\u0000{word}\""), word);
    }
    text
}

/// An object made of names and values.
pub(super) fn object<const N: usize>(entries: [(&str, Value); N]) -> Map<String, Value> {
    entries.into_iter().map(|(k, v)| (k.to_string(), v)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bare_words_of_python_are_numbers_and_quoted_ones_are_text() {
        let v = parse(br#"{"a": NaN, "b": [-Infinity, 1], "c": "NaN \" Infinity", "d": "x\\"}"#).unwrap();
        assert!(matches!(to_attr(&v["a"]), AttrValue::F64(x) if x[0].is_nan()));
        assert_eq!(to_attr(&v["b"]), AttrValue::F64(vec![f64::NEG_INFINITY, 1.0]));
        assert_eq!(to_attr(&v["c"]), AttrValue::Text("NaN \" Infinity".into()));
        let back = text(&Value::Object(object([("a", of_attr(&AttrValue::F64(vec![f64::NAN, f64::NEG_INFINITY])))])));
        assert_eq!(back.split_whitespace().collect::<String>(), r#"{"a":[NaN,-Infinity]}"#);
        assert!(parse(b"{").is_err());
    }

    #[test]
    fn attributes_keep_numbers_texts_and_lists() {
        for (json, attr) in [
            ("3", AttrValue::I64(vec![3])),
            ("18446744073709551615", AttrValue::U64(vec![u64::MAX])),
            ("0.1", AttrValue::F64(vec![0.1])),
            (r#"["a","b"]"#, AttrValue::Texts(vec!["a".into(), "b".into()])),
            ("[1,2.5]", AttrValue::F64(vec![1.0, 2.5])),
            ("true", AttrValue::Bool(vec![true])),
            ("[true,false]", AttrValue::Bool(vec![true, false])),
            ("[[1,2],[3,4]]", AttrValue::Array(AttrArray::new(vec![2, 2], AttrValue::I64(vec![1, 2, 3, 4])).unwrap())),
            ("[[[\"a\"]]]", AttrValue::Array(AttrArray::new(vec![1, 1, 1], AttrValue::Texts(vec!["a".into()])).unwrap())),
            ("[[],[]]", AttrValue::Array(AttrArray::new(vec![2, 0], AttrValue::I64(vec![])).unwrap())),
        ] {
            let value: Value = serde_json::from_str(json).unwrap();
            assert_eq!(to_attr(&value), attr);
            assert_eq!(of_attr(&attr), if json == "[1,2.5]" { serde_json::json!([1.0, 2.5]) } else { value });
        }
        for ragged in ["[[1],[2,3]]", "[[1],2]", "[[1],[\"a\"]]", "[null]"] {
            assert!(matches!(to_attr(&serde_json::from_str(ragged).unwrap()), AttrValue::Text(_)), "{ragged}");
        }
        assert_eq!(to_attr(&serde_json::json!({"a": 1})), AttrValue::Text("{\n  \"a\": 1\n}".into()));
    }
}
