//! Ours beside what pandas gave: labels, order, types, missing places and integers exactly, floats to 1e-12.

use super::{Out, array};
use hpda_data::label::Index;
use hpda_data::{Column, DType, DataFrame, Scalar};
use serde_json::Value;

type Judged = Result<(), String>;

pub fn compare(found: &Out, want: &Value) -> Judged {
    match (found, want) {
        (Out::Frame(ours), w) if w.get("frame").is_some() => frame(ours, &w["frame"]),
        (Out::Series(ours), w) if w.get("series").is_some() => {
            let w = &w["series"];
            let name = w["name"].as_str().map(Into::into).or_else(|| w["name"].as_i64().map(|n| n.to_string()));
            if ours.name() != name.as_deref() {
                return Err(format!("the series is called {:?} instead of {name:?}", ours.name()));
            }
            values(ours.data(), &w["data"]).and_then(|()| index(ours.index(), w.get("index")))
        }
        (Out::Series(ours), w) if w.get("column").is_some() => values(ours.data(), &w["column"]),
        (Out::Column(ours), w) if w.get("column").is_some() => values(ours, &w["column"]),
        (Out::Column(ours), w) if w.get("series").is_some() => values(ours, &w["series"]["data"]),
        (Out::Index(ours), w) if w.get("index").is_some() => index(ours, Some(&w["index"])),
        (Out::Scalar(ours), w) if w.get("scalar").is_some() && same(ours, &w["scalar"]) => Ok(()),
        (Out::Scalar(ours), w) => Err(format!("{ours:?} instead of {w}")),
        (Out::List(ours), w) if w.get("list").is_some() => {
            let list = array(&w["list"]);
            if ours.len() == list.len() && ours.iter().zip(list).all(|(o, w)| same(o, w)) {
                Ok(())
            } else {
                Err(format!("{ours:?} instead of {w}"))
            }
        }
        (_, w) => Err(format!("another sort of result than {w}")),
    }
}

fn frame(ours: &DataFrame, want: &Value) -> Judged {
    let labels: Vec<Vec<Scalar>> = (0..ours.width()).map(|i| ours.labels().label(i)).collect();
    let theirs = array(&want["columns"]);
    let equal = |ours: &Vec<Scalar>, theirs: &Value| match theirs.as_array() {
        Some(tuple) => ours.len() == tuple.len() && ours.iter().zip(tuple).all(|(o, t)| label(o, t)),
        None => ours.len() == 1 && label(&ours[0], theirs),
    };
    if labels.len() != theirs.len() || !labels.iter().zip(theirs).all(|(o, t)| equal(o, t)) {
        return Err(format!("columns {labels:?} instead of {}", want["columns"]));
    }
    let names: Vec<Option<&str>> = want.get("names").map_or(vec![None], |n| array(n).iter().map(Value::as_str).collect());
    if ours.labels().level_names() != names {
        return Err(format!("levels of columns {:?} instead of {names:?}", ours.labels().level_names()));
    }
    if Some(ours.height() as u64) != want["rows"].as_u64() {
        return Err(format!("{} rows instead of {}", ours.height(), want["rows"]));
    }
    for ((c, name), w) in ours.columns().iter().zip(ours.names()).zip(array(&want["data"])) {
        values(c, w).map_err(|e| format!("column {name}: {e}"))?;
    }
    index(ours.index(), want.get("index"))
}

/// Without a wanted index: 0, 1, ... without a name.
fn index(ours: &Index, want: Option<&Value>) -> Judged {
    let Some(levels) = want.map(array) else {
        let plain = ours.names() == [None] && (0..ours.len()).all(|i| ours.label(i)[..] == [(i as i64).into()]);
        return if plain { Ok(()) } else { Err(format!("the index is not 0 to {}", ours.len())) };
    };
    let names: Vec<Option<&str>> = levels.iter().map(|l| l[0].as_str()).collect();
    if ours.names() != names {
        return Err(format!("index levels {:?} instead of {names:?}", ours.names()));
    }
    for (own, theirs) in ours.columns().iter().zip(levels) {
        cells(own, array(&theirs[2])).map_err(|e| format!("index: {e}"))?;
    }
    Ok(())
}

fn values(ours: &Column, want: &Value) -> Judged {
    let (kind, theirs) = (want[0].as_str().unwrap_or_default(), array(&want[1]));
    let own = match ours.dtype() {
        DType::Bool => "bool",
        DType::F64 => "f64",
        DType::F32 => "f32",
        t if t.is_integer() => "i64",
        DType::Date | DType::Instant { .. } => "datetime",
        DType::Duration { .. } => "duration",
        DType::Categorical { .. } => "category",
        DType::List(_) => "list",
        DType::Str => "str",
        _ => "",
    };
    let holes = theirs.iter().any(Value::is_null);
    // Where pandas makes floats or objects of integers and truth values because some are missing, ours keep their type.
    let fits = own == kind
        || kind == "f64" && own == "i64" && holes
        || kind == "object" && (theirs.iter().all(Value::is_null))
        || kind == "f64" && theirs.iter().all(Value::is_null);
    if !fits {
        return Err(format!("type {} instead of {kind}", ours.dtype()));
    }
    cells(ours, theirs)
}

fn cells(ours: &Column, theirs: &[Value]) -> Judged {
    if ours.len() != theirs.len() {
        return Err(format!("{} values instead of {}", ours.len(), theirs.len()));
    }
    match theirs.iter().enumerate().find(|(i, w)| !same(&ours.scalar(*i), w)) {
        Some((i, w)) => Err(format!("row {i} is {:?} instead of {w}", ours.scalar(i))),
        None => Ok(()),
    }
}

/// A label: numbers may be spelled as text.
fn label(ours: &Scalar, theirs: &Value) -> bool {
    let spelled = theirs.to_string();
    same(ours, theirs) || !theirs.is_string() && ours.to_string() == spelled
}

fn same(ours: &Scalar, theirs: &Value) -> bool {
    match (ours, theirs) {
        (s, Value::Null) => s.is_missing(),
        (s, _) if s.is_missing() => false,
        (Scalar::Bool(b), v) => v.as_bool() == Some(*b),
        (Scalar::Str(s), v) => v.as_str() == Some(s),
        (Scalar::Duration { value, unit }, v) => {
            let scale = if *unit == hpda_data::dtype::TimeUnit::Ns { 1000 } else { 1 };
            v.as_i64() == Some(value / scale)
        }
        (Scalar::Date(_), Value::String(v)) => v.strip_suffix("T00:00:00").unwrap_or(v) == ours.to_string(),
        (Scalar::Instant { .. }, Value::String(v)) => {
            let own = ours.to_string();
            let short = |t: &str| if t.contains('.') { t.trim_end_matches('0').trim_end_matches('.').to_string() } else { t.to_string() };
            short(&own) == short(v)
        }
        (Scalar::List(items), Value::Array(list)) => items.len() == list.len() && items.iter().zip(list).all(|(a, b)| same(a, b)),
        (Scalar::I64(x), Value::Number(n)) if n.is_i64() => n.as_i64() == Some(*x),
        (s, v) => match (s.as_f64(), v) {
            (Some(a), Value::String(v)) => v.parse() == Ok(a),
            (Some(a), v) => v.as_f64().is_some_and(|b| a == b || (a - b).abs() <= 1e-12 * a.abs().max(b.abs())),
            _ => false,
        },
    }
}
