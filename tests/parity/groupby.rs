//! Groups beside those of real pandas (`make_groupby.py`).

use hpda_data::exec::{ExecOptions, MemSource};
use hpda_data::io::parquet::ParquetSource;
use hpda_data::plan::{GroupKey, GroupOrder, LazyFrame, parse, parse_aggregates};
use hpda_data::{Column, DType, DataFrame, Scalar};
use serde_json::Value;
use std::sync::Arc;

fn same(found: &Scalar, want: &Value, dtype: &DType) -> bool {
    let tolerance = if *dtype == DType::F32 { 1e-6 } else { 1e-12 };
    match want {
        Value::Null => found.is_missing(),
        Value::Bool(b) => *found == Scalar::Bool(*b),
        Value::String(s) if s == "inf" || s == "-inf" => found.as_f64() == Some(if s == "inf" { f64::INFINITY } else { f64::NEG_INFINITY }),
        Value::String(s) => {
            hpda_data::show::scalar(found).is_some_and(|t| t == *s || t.contains('.') && t.trim_end_matches('0') == *s)
                || matches!(found, Scalar::Str(t) if **t == **s)
        }
        Value::Number(n) => match found {
            Scalar::Duration { value, .. } => n.as_i64() == Some(*value),
            Scalar::I64(x) => n.as_i64() == Some(*x) || n.as_f64() == Some(*x as f64),
            Scalar::U64(x) => n.as_u64() == Some(*x) || n.as_f64() == Some(*x as f64),
            other => match (other.as_f64(), n.as_f64()) {
                (Some(a), Some(b)) => a == b || (a - b).abs() <= tolerance * a.abs().max(b.abs()),
                _ => false,
            },
        },
        _ => false,
    }
}

fn folder() -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/parity/groupby")
}

#[test]
fn groups_are_those_of_pandas() {
    let source = Arc::new(ParquetSource::open(folder().join("input.parquet")).unwrap());
    let table = LazyFrame::scan(source);
    let cases: Vec<Value> = serde_json::from_str(&std::fs::read_to_string(folder().join("cases.json")).unwrap()).unwrap();
    assert!(cases.len() > 40);
    let mut faults = Vec::new();
    for case in &cases {
        let text = |k: &str| case[k].as_str().unwrap();
        let input = case["where"].as_str().map_or_else(|| table.clone(), |w| table.filter(parse(w).unwrap()).unwrap());
        let schema = input.schema();
        let keys: Vec<GroupKey> = text("by").split(',').map(|k| GroupKey::parse(k, schema).unwrap()).collect();
        let mut groups = input.groupby(keys);
        if case["keep"] == true {
            groups = groups.keep_missing();
        }
        if case["sort"] == false {
            groups = groups.order(GroupOrder::Appearance);
        }
        let found = groups.agg(parse_aggregates(text("agg"), schema).unwrap()).unwrap().collect(&ExecOptions::default()).unwrap();
        let columns = case["columns"].as_object().unwrap();
        assert_eq!(found.names(), columns.keys().cloned().collect::<Vec<_>>(), "{}", text("name"));
        for (name, want) in columns {
            let column = found.column(name).unwrap();
            let want = want.as_array().unwrap();
            assert_eq!(column.len(), want.len(), "{}: groups", text("name"));
            for (i, w) in want.iter().enumerate() {
                if !same(&column.scalar(i), w, column.dtype()) {
                    faults.push(format!("{}: {name}[{i}] is {:?}, pandas has {w}", text("name"), column.scalar(i)));
                }
            }
        }
    }
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}

/// Pearson's correlation and covariance, as `Series.corr` and `Series.cov` of pandas 3.1.1 give them for these numbers.
#[test]
fn correlation_in_groups_is_that_of_pandas() {
    let df = DataFrame::new([
        ("k", Column::from(vec!["a", "a", "a", "b", "b", "c", "a"])),
        ("x", Column::from(vec![1.0, 2.0, 4.0, 1.0, 2.0, 7.0, f64::NAN])),
        ("y", Column::from(vec![Some(2.0), Some(1.5), Some(9.0), Some(3.0), Some(1.0), Some(1.0), Some(100.0)])),
    ])
    .unwrap();
    let lazy = LazyFrame::scan(Arc::new(MemSource::from_frame(&df).unwrap()));
    let out = lazy
        .groupby(["k"])
        .agg([("corr", parse("corr(x, y)").unwrap()), ("cov", parse("cov(x, y)").unwrap())])
        .unwrap()
        .collect(&ExecOptions::default())
        .unwrap();
    let near = |c: &str, want: [Option<f64>; 3]| {
        for (i, w) in want.into_iter().enumerate() {
            let x = out.column(c).unwrap().scalar(i).as_f64();
            assert!(x.is_some() == w.is_some() && x.zip(w).is_none_or(|(x, w)| (x - w).abs() < 1e-12), "{c}[{i}] {x:?} {w:?}");
        }
    };
    near("corr", [Some(0.923715232492126), Some(-1.0), None]);
    near("cov", [Some(5.916666666666667), Some(-1.0), None]);
}
