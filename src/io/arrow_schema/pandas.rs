//! pandas' metadata: which columns are levels of the index, a range that is not stored, labels of columns that are more than text.

use crate::dtype::{Calendar, DType, Scalar, TimeUnit};
use crate::error::{Error, Result};
use crate::frame::made_up;
use crate::store::{Attrs, ColumnLabels, Field, IndexSpec, Schema};
use hashbrown::HashMap;
use serde_json::{Map, Value, json};

/// What the metadata says of a file's columns.
pub(super) struct Pandas {
    /// How the rows are labelled.
    pub index: IndexSpec,
    /// Positions in the file of the columns that are levels.
    pub levels: Vec<usize>,
    /// Names for level columns whose own name is made up.
    pub level_names: Vec<(usize, String)>,
    /// Labels of the columns.
    pub labels: Option<ColumnLabels>,
    /// `df.attrs`.
    pub attrs: Attrs,
}

/// Reads the metadata. A range that does not fit the rows, or a level that is not there, is ignored, as pandas does.
pub(super) fn read(text: &str, fields: &[Field], rows: Option<u64>) -> Result<Pandas> {
    let v: Value = serde_json::from_str(text).map_err(|e| Error::format(e.to_string()))?;
    let position = |name: &str| fields.iter().position(|f| f.name == name);
    let empty = Vec::new();
    let list = |key: &str| v.get(key).and_then(Value::as_array).unwrap_or(&empty);
    let entries: HashMap<&str, &Value> =
        list("columns").iter().filter_map(|c| Some((c.get("field_name").or(c.get("name"))?.as_str()?, c))).collect();

    let index_columns = list("index_columns");
    let levels: Option<Vec<usize>> = index_columns.iter().map(|c| position(c.as_str()?)).collect();
    let levels = levels.unwrap_or_default();
    let mut level_names = Vec::new();
    let index = match index_columns.first() {
        Some(Value::Object(range)) if index_columns.len() == 1 => range_index(range, rows),
        _ if levels.is_empty() => IndexSpec::Default,
        _ => {
            let mut names = Vec::new();
            for (i, &at) in levels.iter().enumerate() {
                let field = &fields[at].name;
                let entry = entries.get(field.as_str());
                let name = match entry {
                    Some(e) => e.get("name").and_then(Value::as_str).map(String::from),
                    None => Some(field.clone()),
                };
                if name.is_none() {
                    level_names.push((at, made_up(i, |name| position(name).is_some_and(|p| p != at))));
                }
                names.push(name);
            }
            IndexSpec::Levels(names)
        }
    };
    let values: Vec<&str> = (0..fields.len())
        .filter(|i| !levels.contains(i))
        .map(|i| {
            let field = fields[i].name.as_str();
            entries.get(field).and_then(|e| e.get("name")).and_then(Value::as_str).unwrap_or(field)
        })
        .collect();
    let labels = read_labels(list("column_indexes"), &values);
    let attrs = v.get("attributes").and_then(Value::as_object);
    let attrs = attrs.map(|m| m.iter().map(|(k, v)| (k.clone(), super::attrs::from_natural(v))).collect()).unwrap_or_default();
    Ok(Pandas { index, levels, level_names, labels, attrs })
}

fn range_index(range: &Map<String, Value>, rows: Option<u64>) -> IndexSpec {
    let number = |key: &str| range.get(key).and_then(Value::as_i64);
    let (Some(start), Some(stop), Some(step)) = (number("start"), number("stop"), number("step")) else { return IndexSpec::Default };
    let name = range.get("name").and_then(Value::as_str).map(String::from);
    let span = stop as i128 - start as i128;
    let count = if step == 0 { -1 } else { (span + step as i128 - (step as i128).signum()) / step as i128 };
    if rows.is_some_and(|r| count.max(0) != r as i128) || step == 0 || (start == 0 && step == 1 && name.is_none()) {
        return IndexSpec::Default;
    }
    IndexSpec::Range { start, step, name }
}

fn is_text(level: &Value) -> bool {
    let kind = level.get("pandas_type").and_then(Value::as_str).unwrap_or("unicode");
    matches!(kind, "unicode" | "string" | "empty" | "mixed" | "object" | "bytes")
}

/// Labels, where they are more than plain text without a name.
fn read_labels(levels: &[Value], texts: &[&str]) -> Option<ColumnLabels> {
    let name = |l: &Value| l.get("name").and_then(Value::as_str).map(String::from);
    let names: Vec<Option<String>> = levels.iter().map(name).collect();
    if levels.is_empty() || (levels.len() == 1 && is_text(&levels[0]) && names[0].is_none()) {
        return None;
    }
    let labels = texts.iter().map(|text| {
        let parts = if levels.len() == 1 { vec![text.to_string()] } else { tuple(text)? };
        if parts.len() != levels.len() {
            return None;
        }
        levels.iter().zip(parts).map(|(level, part)| label(level, &part)).collect::<Option<Vec<Scalar>>>()
    });
    Some(ColumnLabels { names, labels: labels.collect::<Option<_>>()? })
}

fn label(level: &Value, text: &str) -> Option<Scalar> {
    if is_text(level) {
        return Some(text.into());
    }
    let numpy = level.get("numpy_type").and_then(Value::as_str).unwrap_or("");
    Some(match numpy {
        t if t.starts_with("int") || t.starts_with("Int") => Scalar::I64(text.parse().ok()?),
        t if t.starts_with("uint") || t.starts_with("UInt") => Scalar::U64(text.parse().ok()?),
        t if t.starts_with("float") || t.starts_with("Float") => Scalar::F64(text.parse().ok()?),
        "bool" => Scalar::Bool(match text {
            "True" => true,
            "False" => false,
            _ => return None,
        }),
        t if t.starts_with("datetime64") && !t.contains(',') => {
            let time = chrono::NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f").ok()?;
            let (unit, value) = match t {
                "datetime64[ns]" => (TimeUnit::Ns, time.and_utc().timestamp_nanos_opt()?),
                _ => (TimeUnit::Us, time.and_utc().timestamp_micros()),
            };
            Scalar::Instant { value, unit, tz: None, calendar: Calendar::ProlepticGregorian }
        }
        _ => return None,
    })
}

/// The parts of a tuple as Python writes it: `('a', "it's", 1)`.
fn tuple(text: &str) -> Option<Vec<String>> {
    let inner = text.strip_prefix('(')?.strip_suffix(')')?;
    let mut parts = Vec::new();
    let mut chars = inner.chars().peekable();
    loop {
        while chars.peek() == Some(&' ') {
            chars.next();
        }
        let mut part = String::new();
        match chars.peek() {
            None => break,
            Some(&quote @ ('\'' | '"')) => {
                chars.next();
                loop {
                    match chars.next()? {
                        '\\' => part.push(match chars.next()? {
                            'n' => '\n',
                            't' => '\t',
                            'r' => '\r',
                            c @ ('\\' | '\'' | '"') => c,
                            _ => return None,
                        }),
                        c if c == quote => break,
                        c => part.push(c),
                    }
                }
            }
            Some(_) => {
                while let Some(c) = chars.next_if(|&c| c != ',') {
                    part.push(c);
                }
                part = part.trim_end().to_string();
            }
        }
        parts.push(part);
        match chars.next() {
            None => break,
            Some(',') => {}
            Some(_) => return None,
        }
    }
    Some(parts)
}

/// A tuple as Python writes it.
fn python_tuple(parts: &[String]) -> String {
    let quoted: Vec<String> = parts
        .iter()
        .map(|p| {
            let escaped = p.replace('\\', "\\\\").replace('\'', "\\'").replace('\n', "\\n").replace('\r', "\\r").replace('\t', "\\t");
            format!("'{escaped}'")
        })
        .collect();
    format!("({})", quoted.join(", "))
}

fn levels_of(schema: &Schema) -> &[Option<String>] {
    match &schema.index {
        IndexSpec::Levels(names) => &names[..names.len().min(schema.fields.len())],
        _ => &[],
    }
}

/// Names of the columns in a file: unnamed levels are called as pandas calls them, so that they come back unnamed.
pub(super) fn file_names(schema: &Schema) -> Vec<String> {
    let levels = levels_of(schema);
    let mut names: Vec<String> = schema.fields.iter().map(|f| f.name.clone()).collect();
    for (i, level) in levels.iter().enumerate() {
        let clash = |n: &str| schema.fields[levels.len()..].iter().any(|f| f.name == n) || levels[..i].iter().flatten().any(|l| l == n);
        names[i] = match level {
            Some(n) if !clash(n) => n.clone(),
            _ => format!("__index_level_{i}__"),
        };
    }
    names
}

/// The metadata, where there is something to say.
pub(super) fn write(schema: &Schema, attrs: Map<String, Value>, rows: Option<u64>) -> Option<String> {
    let before: Option<Value> = schema.metadata.get("pandas").and_then(|t| serde_json::from_str(t).ok());
    if schema.index == IndexSpec::Default && schema.labels.is_none() && before.is_none() {
        return None;
    }
    let levels = levels_of(schema);
    let names = file_names(schema);
    let index_columns: Vec<Value> = match &schema.index {
        IndexSpec::Levels(_) => names[..levels.len()].iter().map(|n| n.as_str().into()).collect(),
        IndexSpec::Default => rows.map(|r| json!({"kind": "range", "name": null, "start": 0, "stop": r, "step": 1})).into_iter().collect(),
        IndexSpec::Range { start, step, name } => {
            let range = |r: u64| json!({"kind": "range", "name": name, "start": start, "stop": start.wrapping_add(step.wrapping_mul(r as i64)), "step": step});
            rows.map(range).into_iter().collect()
        }
    };
    // What pandas said of a column whose type is still the same is repeated: it tells nullable and other dtypes apart.
    let said: HashMap<&str, &Value> = before
        .as_ref()
        .and_then(|b| b.get("columns"))
        .and_then(Value::as_array)
        .map(|c| c.iter().filter_map(|e| Some((e.get("field_name")?.as_str()?, e))).collect())
        .unwrap_or_default();
    let labels = schema.labels.as_ref().filter(|l| l.labels.len() + levels.len() == schema.fields.len());
    let columns: Vec<Value> = schema
        .fields
        .iter()
        .enumerate()
        .map(|(i, f)| {
            let (kind, numpy, metadata) = type_names(&f.dtype);
            let name: Value = match (i < levels.len(), labels) {
                (true, _) => levels[i].as_deref().into(),
                (false, Some(l)) => label_text(&l.labels[i - levels.len()]).into(),
                (false, None) => f.name.as_str().into(),
            };
            let mut entry = json!({"name": name, "field_name": names[i], "pandas_type": kind, "numpy_type": numpy, "metadata": metadata});
            if let Some(old) = said.get(names[i].as_str())
                && (old["pandas_type"] == entry["pandas_type"] || old["pandas_type"] == "object" && kind == "unicode")
            {
                for key in ["pandas_type", "numpy_type", "metadata"] {
                    entry[key] = old[key].clone();
                }
            }
            entry
        })
        .collect();
    let text_level = |name: Option<&str>| json!({"name": name, "field_name": name, "pandas_type": "unicode", "numpy_type": "object", "metadata": {"encoding": "UTF-8"}});
    let column_indexes: Vec<Value> = match labels {
        None => vec![text_level(None)],
        Some(l) => l
            .names
            .iter()
            .enumerate()
            .map(|(level, name)| {
                let dtype = l.labels.iter().find_map(|t| t.get(level)?.dtype());
                let same = l.labels.iter().all(|t| t.get(level).and_then(Scalar::dtype) == dtype);
                match dtype.filter(|t| same && *t != DType::Str) {
                    None => text_level(name.as_deref()),
                    Some(t) => {
                        let (kind, numpy, metadata) = type_names(&t);
                        json!({"name": name, "field_name": name, "pandas_type": kind, "numpy_type": numpy, "metadata": metadata})
                    }
                }
            })
            .collect(),
    };
    let mut out = json!({"index_columns": index_columns, "column_indexes": column_indexes, "columns": columns});
    if !attrs.is_empty() {
        out["attributes"] = Value::Object(attrs);
    }
    out["creator"] = json!({"library": "hpda-data", "version": env!("CARGO_PKG_VERSION")});
    out["pandas_version"] = before.as_ref().and_then(|b| b.get("pandas_version").cloned()).unwrap_or_else(|| "2.2.0".into());
    Some(out.to_string())
}

/// A label as Python's `str` gives it.
fn label_text(parts: &[Scalar]) -> String {
    let one = |s: &Scalar| match s {
        Scalar::Bool(true) => "True".to_string(),
        Scalar::Bool(false) => "False".to_string(),
        Scalar::I64(x) => x.to_string(),
        Scalar::U64(x) => x.to_string(),
        Scalar::F32(x) => format!("{x:?}"),
        Scalar::F64(x) => format!("{x:?}"),
        Scalar::Str(t) => t.to_string(),
        Scalar::Instant { value, unit, .. } => {
            let time = match unit {
                TimeUnit::Us => chrono::DateTime::from_timestamp_micros(*value),
                TimeUnit::Ns => Some(chrono::DateTime::from_timestamp_nanos(*value)),
            };
            time.map(|t| t.naive_utc().format("%Y-%m-%d %H:%M:%S%.f").to_string()).unwrap_or_default()
        }
        other => format!("{other:?}"),
    };
    match parts {
        [s] => one(s),
        many => python_tuple(&many.iter().map(one).collect::<Vec<_>>()),
    }
}

/// pandas' and numpy's name of a type, and what is said beside.
fn type_names(dtype: &DType) -> (String, String, Value) {
    let plain = |t: &str| (t.to_string(), t.to_string(), Value::Null);
    let object = |t: &str| (t.to_string(), "object".to_string(), Value::Null);
    let unit = |u: &TimeUnit| if *u == TimeUnit::Ns { "ns" } else { "us" };
    match dtype {
        DType::Bool => plain("bool"),
        DType::I8 => plain("int8"),
        DType::I16 => plain("int16"),
        DType::I32 => plain("int32"),
        DType::I64 => plain("int64"),
        DType::U8 => plain("uint8"),
        DType::U16 => plain("uint16"),
        DType::U32 => plain("uint32"),
        DType::U64 => plain("uint64"),
        DType::F32 => plain("float32"),
        DType::F64 => plain("float64"),
        DType::Str => object("unicode"),
        DType::Date => object("date"),
        DType::Time { .. } => object("time"),
        DType::Instant { calendar, .. } if *calendar != Calendar::ProlepticGregorian => plain("int64"),
        DType::Instant { unit: u, tz, .. } => {
            let (kind, metadata) = match tz {
                Some(tz) => ("datetimetz", json!({"timezone": tz.as_ref()})),
                None => ("datetime", Value::Null),
            };
            (kind.into(), format!("datetime64[{}]", unit(u)), metadata)
        }
        DType::Duration { unit: u } => ("timedelta".into(), format!("timedelta64[{}]", unit(u)), Value::Null),
        DType::Categorical { ordered } => ("categorical".into(), "int32".into(), json!({"num_categories": null, "ordered": ordered})),
        DType::Decimal { precision, scale } => ("decimal".into(), "object".into(), json!({"precision": precision, "scale": scale})),
        DType::Binary => object("bytes"),
        DType::List(inner) => object(&format!("list[{}]", type_names(inner).0)),
        DType::Opaque(_) => object("object"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tuple_of_python_is_read_and_written() {
        let parts = tuple(r#"('a', "it's", 1, 'x\'y\\')"#).unwrap();
        assert_eq!(parts, ["a", "it's", "1", r"x'y\"]);
        assert_eq!(tuple(&python_tuple(&parts)).unwrap(), parts);
        assert_eq!(tuple("('a',)").unwrap(), ["a"]);
        assert!(tuple("('a").is_none());
    }

    #[test]
    fn range_that_does_not_fit_the_rows_is_ignored() {
        let range = json!({"kind": "range", "name": null, "start": 2, "stop": 8, "step": 2});
        let range = range.as_object().unwrap();
        assert_eq!(range_index(range, Some(3)), IndexSpec::Range { start: 2, step: 2, name: None });
        assert_eq!(range_index(range, Some(4)), IndexSpec::Default);
    }
}
