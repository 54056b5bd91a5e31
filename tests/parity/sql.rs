//! Queries beside duckdb (`make_sql.py`).

use hpda_data::exec::ExecOptions;
use hpda_data::plan::LazyFrame;
use hpda_data::sql::sql;
use hpda_data::{Scalar, read_csv};
use serde_json::Value;

fn tables() -> Vec<(&'static str, LazyFrame)> {
    let of = |(name, file): (&'static str, &str)| (name, read_csv(format!("data/{file}.csv")).unwrap().lazy().unwrap());
    [("people", "passengers"), ("stations", "stations"), ("readings", "readings"), ("lake", "lake")].map(of).into()
}

fn same(found: &Scalar, want: &Value) -> bool {
    match want {
        Value::Null => found.is_missing(),
        Value::Bool(b) => *found == Scalar::Bool(*b),
        Value::Number(n) => {
            let n = n.as_f64().unwrap();
            found.as_f64().is_some_and(|x| (x - n).abs() <= 1e-11 * n.abs().max(1.0))
        }
        Value::String(text) => found.to_string().trim_end_matches("T00:00:00") == text.trim_end_matches("T00:00:00"),
        other => panic!("{other}"),
    }
}

#[test]
fn queries_answer_as_duckdb() {
    let cases: Vec<Value> = serde_json::from_str(include_str!("sql.json")).unwrap();
    let (tables, exec) = (tables(), ExecOptions::default());
    let mut wrong = Vec::new();
    for case in &cases {
        let query = case["query"].as_str().unwrap();
        let found = match sql(query, tables.clone(), &exec).and_then(|rows| rows.collect(&exec)) {
            Ok(found) => found,
            Err(e) => {
                wrong.push(format!("{query}\n{e}"));
                continue;
            }
        };
        let names: Vec<&str> = case["columns"].as_array().unwrap().iter().map(|c| c.as_str().unwrap()).collect();
        let rows = case["rows"].as_array().unwrap();
        let fits = found.names() == names
            && found.height() == rows.len()
            && (0..rows.len()).all(|r| (0..names.len()).all(|c| same(&found.columns()[c].scalar(r), &rows[r][c])));
        if !fits {
            wrong.push(format!("{query}\n{found}instead of {names:?}\n{}", serde_json::to_string(&rows[..rows.len().min(12)]).unwrap()));
        }
    }
    assert!(wrong.is_empty(), "{} of {} queries:\n{}", wrong.len(), cases.len(), wrong.join("\n\n"));
}
