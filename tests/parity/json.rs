//! JSON texts as pandas and polars read them, and files that they and duckdb wrote (made by `make_json.py`).

use hpda_data::io::json::{JsonLayout, JsonReadOptions, JsonSource};
use hpda_data::io::text::TextInput;
use hpda_data::open::{OpenOptions, Scanned, scan};
use hpda_data::store::{Batch, Budget, ScanRequest, TableSource};
use hpda_data::{DType, Scalar};
use serde_json::Value;
use std::io::Cursor;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/files/data/json");

fn collect(source: &dyn TableSource) -> Batch {
    let request = ScanRequest::all(&Budget::unlimited());
    let batches: Vec<Batch> = (0..source.parts()).flat_map(|p| source.scan(p, &request).unwrap().map(|b| b.unwrap())).collect();
    Batch::concat(source.schema(), &batches).unwrap()
}

fn same(ours: &Scalar, theirs: &Value) -> bool {
    match (ours, theirs) {
        (Scalar::Null, Value::Null) => true,
        (Scalar::Bool(a), Value::Bool(b)) => a == b,
        (Scalar::I64(a), b) => b.as_i64() == Some(*a),
        (Scalar::U64(a), b) => b.as_u64() == Some(*a),
        (Scalar::F64(a), Value::Number(b)) => b.as_f64().is_some_and(|b| b.to_bits() == a.to_bits()),
        (Scalar::Str(a), Value::String(b)) => **a == **b,
        (Scalar::List(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Scalar::Date(_) | Scalar::Instant { .. }, Value::String(b)) => ours.to_string() == *b,
        _ => false,
    }
}

/// polars' name of a type of ours, where it has one.
fn polars_name(dtype: &DType) -> String {
    match dtype {
        DType::Bool => "Boolean".into(),
        DType::I64 => "Int64".into(),
        DType::F64 => "Float64".into(),
        DType::Str => "String".into(),
        DType::List(inner) => format!("List({})", polars_name(inner)),
        other => other.to_string(),
    }
}

#[test]
fn records_read_as_in_pandas_with_the_types_of_polars() {
    let cases: Vec<Value> = serde_json::from_str(include_str!("../files/data/json/cases.json")).unwrap();
    assert!(cases.len() > 15);
    for case in &cases {
        let (name, text) = (case["name"].as_str().unwrap(), case["text"].as_str().unwrap());
        let array = format!("[{}]", text.trim_end().replace("\n", ","));
        for (layout, text) in [(JsonLayout::Lines, text), (JsonLayout::Document, array.as_str())] {
            let input = TextInput::Reader("case.json".into(), Box::new(Cursor::new(text.as_bytes().to_vec())));
            let options = JsonReadOptions { layout, ..JsonReadOptions::default() };
            let source = JsonSource::open(vec![input], &options, &Budget::unlimited()).unwrap();
            let ours = collect(&source);
            let theirs = case["columns"].as_object().unwrap();
            let names: Vec<&str> = ours.schema.names().collect();
            // pandas puts nested members behind the others; the names are the same.
            let mut sorted = (names.clone(), theirs.keys().map(String::as_str).collect::<Vec<_>>());
            if name.starts_with("nested") {
                sorted.0.sort_unstable();
                sorted.1.sort_unstable();
            }
            assert_eq!(sorted.0, sorted.1, "{name}");
            for (column, field) in ours.columns.iter().zip(&ours.schema.fields) {
                let values = theirs[&field.name].as_array().unwrap();
                assert_eq!(column.len(), values.len(), "{name}");
                for (row, value) in values.iter().enumerate() {
                    let scalar = column.scalar(row);
                    let ok = same(&scalar, value) || matches!(scalar, Scalar::F64(x) if value.as_f64() == Some(x));
                    assert!(ok, "{name}: {} row {row}: {scalar:?} and {value}", field.name);
                }
                // Null and Int128 are no types of ours; structs are columns.
                if let Some(theirs) = case["polars"][&field.name].as_str().filter(|t| !t.contains("Null") && !t.contains("Int128")) {
                    assert_eq!(polars_name(&field.dtype), theirs, "{name}: {}", field.name);
                }
            }
        }
    }
}

#[test]
fn files_of_other_tools_hold_the_same_table() {
    let want: Vec<Value> = serde_json::from_str(include_str!("../files/data/json/table_values.json")).unwrap();
    for name in [
        "table.jsonl.gz",
        "table.jsonl.zst",
        "table.jsonl.bz2",
        "table.jsonl.xz",
        "table.csv.gz",
        "polars.jsonl",
        "polars.json",
        "duckdb.jsonl",
        "duckdb.json",
        "columns.json",
        "pandas.json",
    ] {
        let path = format!("{FOLDER}/{name}").into();
        let (scanned, notices) = scan(&[path], &OpenOptions::default()).unwrap();
        assert!(notices.is_empty(), "{name}: {notices:?}");
        let Scanned::Table(source) = scanned else { panic!("{name} is a table") };
        let ours = collect(&*source);
        let types: Vec<String> = ours.schema.fields.iter().map(|f| format!("{}:{}", f.name, f.dtype)).collect();
        assert_eq!(types.join(" "), "i:i64 x:f64 t:str b:bool d:date m:datetime", "{name}");
        assert_eq!(ours.rows(), want.len(), "{name}");
        for (row, record) in want.iter().enumerate() {
            for (column, field) in ours.columns.iter().zip(&ours.schema.fields) {
                let (scalar, value) = (column.scalar(row), &record[&field.name]);
                // pandas writes ten digits behind the point.
                let near = name == "pandas.json" && matches!((&scalar, value.as_f64()), (Scalar::F64(a), Some(b)) if (a - b).abs() < 1e-10);
                assert!(near || same(&scalar, value), "{name}: {} row {row}: {scalar:?} and {value}", field.name);
            }
        }
    }
}
