//! Ugly CSV texts, read as pandas reads them (made by `make_csv.py`).

use hpda_data::io::csv::*;
use hpda_data::io::text::TextInput;
use hpda_data::store::{Batch, Budget, ScanRequest, TableSource};
use hpda_data::{Column, DType, Scalar};
use serde_json::Value;
use std::io::Cursor;

fn options(json: &Value) -> CsvReadOptions {
    let mut o = CsvReadOptions::default();
    let text = |v: &Value| v.as_str().unwrap().to_string();
    let byte = |v: &Value| text(v).as_bytes()[0];
    let list = |v: &Value| v.as_array().unwrap().iter().map(text).collect::<Vec<_>>();
    for (key, v) in json.as_object().unwrap() {
        match key.as_str() {
            "header" => o.header = Header::None,
            "names" => o.names = Some(list(v)),
            "skip_rows" => o.skip_rows = v.as_u64().unwrap() as usize,
            "comment" => o.comment = Some(byte(v)),
            "delimiter" => o.separator = Separator::Char(byte(v)),
            "whitespace" => o.separator = Separator::Whitespace,
            "decimal" => o.decimal = byte(v),
            "thousands" => o.thousands = Some(byte(v)),
            "quote" => o.quote = Some(byte(v)),
            "missing" => o.missing = Some(list(v)),
            "bad_lines" => o.bad_lines = BadLines::Skip,
            "parse_dates" => o.parse_dates = list(v),
            "date_format" => o.date_format = Some(text(v)),
            "dtypes" => {
                o.dtypes = v.as_object().unwrap().iter().map(|(n, t)| (n.clone(), DType::parse(t.as_str().unwrap()).unwrap())).collect()
            }
            other => panic!("option {other}"),
        }
    }
    o
}

/// Whether a value is what pandas' JSON says: integers exactly, times by their civil fields in UTC.
fn same(ours: &Column, row: usize, theirs: &Value) -> bool {
    match (ours.scalar(row), theirs) {
        (Scalar::Null, Value::Null) => true,
        (Scalar::Bool(a), Value::Bool(b)) => a == *b,
        // pandas makes floats of integers with missing cells.
        (Scalar::I64(a), Value::Number(b)) => b.as_i64() == Some(a) || b.is_f64() && b.as_f64() == Some(a as f64),
        (Scalar::U64(a), Value::Number(b)) => b.as_u64() == Some(a),
        (Scalar::F64(a), Value::Number(b)) => {
            // pandas' default way to read floats may be off by the last digit.
            let b = b.as_f64().unwrap();
            a.to_bits() == b.to_bits() || (a - b).abs() <= 2e-16 * a.abs()
        }
        (Scalar::F64(a), Value::String(b)) => a.is_infinite() && a.to_string() == *b,
        (Scalar::F32(a), Value::Number(b)) => b.as_f64() == Some(a as f64),
        (Scalar::Str(a), Value::String(b)) => *a == **b,
        (Scalar::Date(_), Value::String(b)) => format!("{}T00:00:00", ours.scalar(row)) == *b,
        (Scalar::Instant { .. }, Value::String(b)) => {
            let (a, b) = (ours.scalar(row).to_string(), b.trim_end_matches('0'));
            a.trim_end_matches(['0', 'Z']) == b
        }
        _ => false,
    }
}

/// Cases that are meant to differ, as docs/differences.md says.
const DIFFERENT: [&str; 1] = ["quoted_missing_word"];

#[test]
fn ugly_texts_read_as_in_pandas() {
    let cases: Vec<Value> = serde_json::from_str(include_str!("../files/data/csv/pandas.json")).unwrap();
    assert!(cases.len() > 40);
    let mut wrong = Vec::new();
    for case in cases.iter().filter(|c| !DIFFERENT.iter().any(|d| c["name"] == *d)) {
        let name = &case["name"];
        let text = case["text"].as_str().unwrap().as_bytes().to_vec();
        let input = TextInput::Reader("case.csv".into(), Box::new(Cursor::new(text)));
        let source = CsvSource::open(vec![input], &options(&case["options"]), &Budget::unlimited()).unwrap();
        let request = ScanRequest::all(&Budget::unlimited());
        let batches: Vec<Batch> = (0..source.parts()).flat_map(|p| source.scan(p, &request).unwrap().map(|b| b.unwrap())).collect();
        let table = Batch::concat(source.schema(), &batches).unwrap();
        if case["rows"] != table.rows() {
            wrong.push(format!("{name}: {} rows, pandas has {}", table.rows(), case["rows"]));
            continue;
        }
        let columns = case["columns"].as_array().unwrap();
        let names: Vec<&str> = columns.iter().map(|c| c["name"].as_str().unwrap()).collect();
        if !table.schema.names().eq(names.iter().copied()) {
            wrong.push(format!("{name}: columns {:?}, pandas has {names:?}", table.schema.names().collect::<Vec<_>>()));
            continue;
        }
        for (ours, theirs) in table.columns.iter().zip(columns) {
            for row in 0..table.rows() {
                if !same(ours, row, &theirs["values"][row]) {
                    wrong.push(format!(
                        "{name}, {}, row {row}: {:?}, pandas has {}",
                        theirs["name"],
                        ours.scalar(row),
                        theirs["values"][row]
                    ));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
