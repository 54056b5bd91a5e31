//! Order, joins, missing values and shapes as pandas gives them; `make_orders.py` makes the cases.

use serde_json::Value;
use std::process::Command;

/// A cell of ours is what pandas has: missing is empty, numbers are equal, anything else is spelled alike.
fn same(ours: &str, want: &Value) -> bool {
    match want {
        Value::Null => ours.is_empty(),
        Value::Bool(b) => ours == b.to_string(),
        Value::Number(n) if n.is_f64() => {
            let (x, want) = (ours.parse::<f64>().unwrap_or(f64::NAN), n.as_f64().unwrap());
            (x - want).abs() <= 1e-12 * want.abs()
        }
        Value::Number(n) => ours.parse::<f64>().ok() == n.as_f64(),
        other => ours == other.as_str().unwrap(),
    }
}

#[test]
fn commands_on_tables_give_what_pandas_gives() {
    let cases: Value = serde_json::from_str(include_str!("orders.json")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in cases["files"].as_object().unwrap() {
        std::fs::write(folder.path().join(format!("{name}.csv")), text.as_str().unwrap()).unwrap();
    }
    let mut wrong = Vec::new();
    for case in cases["cases"].as_array().unwrap() {
        let name = case["name"].as_str().unwrap();
        let args = case["args"].as_array().unwrap().iter().map(|a| {
            let a = a.as_str().unwrap();
            match a.strip_prefix('{').and_then(|a| a.strip_suffix('}')) {
                Some(file) => folder.path().join(format!("{file}.csv")).into_os_string(),
                None => a.into(),
            }
        });
        let out = Command::new(env!("CARGO_BIN_EXE_hpda-data")).args(args).args(["--to", "csv", "-j", "2"]).output().unwrap();
        let (text, errors) = (String::from_utf8(out.stdout).unwrap(), String::from_utf8(out.stderr).unwrap());
        if let Some(message) = case.get("error") {
            if out.status.code() != Some(2) || !errors.contains(message.as_str().unwrap()) || !text.is_empty() {
                wrong.push(format!("{name}: wanted the error {message}, got {:?}: {errors}{text}", out.status));
            }
            continue;
        }
        if !out.status.success() {
            wrong.push(format!("{name}: {errors}"));
            continue;
        }
        let mut reader = csv::ReaderBuilder::new().from_reader(text.as_bytes());
        let columns: Vec<String> = reader.headers().unwrap().iter().map(Into::into).collect();
        let want_columns: Vec<&str> = case["want"]["columns"].as_array().unwrap().iter().map(|c| c.as_str().unwrap()).collect();
        let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
        let want = case["want"]["rows"].as_array().unwrap();
        let equal = columns == want_columns
            && rows.len() == want.len()
            && rows.iter().zip(want).all(|(row, want)| row.iter().zip(want.as_array().unwrap()).all(|(x, w)| same(x, w)));
        if !equal {
            wrong.push(format!("{name}: wanted {want_columns:?} {}\ngot\n{text}", serde_json::to_string(want).unwrap()));
        }
    }
    assert!(wrong.is_empty(), "{} cases differ\n{}", wrong.len(), wrong.join("\n"));
}
