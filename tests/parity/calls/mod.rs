//! Every verb of tables beside real pandas: `make_calls.py` makes the cases (`calls/AREA.json`, from the calls in `calls/AREA.py`), the
//! modules here make the same call of ours. `table.rs` checks that docs/pandas.md names every verb and that every verb has its cases.

mod arithmetic;
mod combine;
mod groupby;
mod labels;
mod looking;
mod missing;
mod order;
mod reshape;
mod result;
mod statistics;
mod table;
mod text;
mod time;
mod windows;

use hpda_data::label::{Index, Labels};
use hpda_data::{Column, DType, DataFrame, Error, Result, Scalar, Series};
use serde_json::Value;
use std::path::Path;

/// What a verb gives.
pub enum Out {
    Frame(DataFrame),
    Series(Series),
    Column(Column),
    Index(Index),
    Scalar(Scalar),
    List(Vec<Scalar>),
}

macro_rules! out {
    ($($t:ty => $variant:ident),*) => { $(
        impl From<$t> for Out {
            fn from(x: $t) -> Out {
                Out::$variant(x.into())
            }
        }
    )* };
}
out!(DataFrame => Frame, Series => Series, Column => Column, Index => Index, Scalar => Scalar, Vec<Scalar> => List, bool => Scalar, u64 => Scalar, i64 => Scalar, f64 => Scalar);

/// The options of a case.
#[derive(Clone, Copy)]
pub struct Options<'a>(&'a Value);

impl<'a> Options<'a> {
    pub fn has(&self, key: &str) -> bool {
        self.0.get(key).is_some_and(|v| !v.is_null())
    }

    pub fn text(&self, key: &str) -> Option<&'a str> {
        self.0.get(key)?.as_str()
    }

    pub fn size(&self, key: &str) -> Option<usize> {
        Some(self.0.get(key)?.as_i64()? as usize)
    }

    pub fn int(&self, key: &str) -> Option<i64> {
        self.0.get(key)?.as_i64()
    }

    pub fn float(&self, key: &str) -> Option<f64> {
        self.0.get(key)?.as_f64()
    }

    pub fn truth(&self, key: &str) -> bool {
        self.0.get(key).and_then(Value::as_bool).unwrap_or(false)
    }

    pub fn any(&self, key: &str) -> Scalar {
        self.0.get(key).map_or(Scalar::Null, scalar)
    }

    pub fn list(&self, key: &str) -> Vec<&'a Value> {
        self.0.get(key).and_then(Value::as_array).map(|l| l.iter().collect()).unwrap_or_default()
    }

    /// A name, or a list of them.
    pub fn names(&self, key: &str) -> Vec<&'a str> {
        match self.0.get(key) {
            Some(Value::String(s)) => vec![s],
            Some(Value::Array(l)) => l.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        }
    }

    pub fn map(&self, key: &str) -> Vec<(&'a str, &'a Value)> {
        self.0.get(key).and_then(Value::as_object).map(|m| m.iter().map(|(k, v)| (k.as_str(), v)).collect()).unwrap_or_default()
    }
}

/// A word that an enumeration knows.
pub fn word<T: Clone>(name: &str, all: &[(T, &str)]) -> Result<T> {
    all.iter().find(|(_, n)| *n == name).map(|(t, _)| t.clone()).ok_or_else(|| Error::not_found("word", name, all.iter().map(|(_, n)| *n)))
}

/// A value of JSON as one of ours.
pub fn scalar(v: &Value) -> Scalar {
    match v {
        Value::Null => Scalar::Null,
        Value::Bool(b) => (*b).into(),
        Value::Number(n) => n.as_i64().map_or_else(|| n.as_f64().into(), Scalar::from),
        Value::String(s) => s.as_str().into(),
        Value::Array(items) => Scalar::List(items.iter().map(scalar).collect()),
        Value::Object(_) => Scalar::Null,
    }
}

/// Values of a kind as a column: NaN is the missing float.
pub fn column(kind: &str, values: &[Value]) -> Column {
    let texts = || Column::from_texts(values.iter().map(Value::as_str));
    match kind {
        "i64" => values.iter().map(Value::as_i64).collect::<Vec<_>>().into(),
        "f64" => values.iter().map(|v| v.as_f64().unwrap_or(f64::NAN)).collect::<Vec<_>>().into(),
        "bool" => values.iter().map(Value::as_bool).collect::<Vec<_>>().into(),
        "datetime" => texts().cast(&DType::datetime()).unwrap(),
        "duration" => {
            Column::from_i64(DType::Duration { unit: hpda_data::dtype::TimeUnit::Us }, values.iter().map(Value::as_i64).collect()).unwrap()
        }
        "category" => texts().cast(&DType::Categorical { ordered: false }).unwrap(),
        "list" => {
            let mut lists = arrow::array::LargeListBuilder::new(arrow::array::Int64Builder::new());
            values.iter().for_each(|v| lists.append_option(v.as_array().map(|l| l.iter().map(Value::as_i64))));
            Column::from_arrow(std::sync::Arc::new(lists.finish())).unwrap()
        }
        _ => texts(),
    }
}

fn array(v: &Value) -> &[Value] {
    v.as_array().map_or(&[], Vec::as_slice)
}

fn text(v: &Value) -> Option<String> {
    v.as_str().map(Into::into)
}

fn input(v: &Value) -> DataFrame {
    let columns: Vec<Column> = array(&v["data"]).iter().map(|d| column(d[0].as_str().unwrap(), array(&d[1]))).collect();
    let index = match v.get("index") {
        None => Index::range(v["rows"].as_u64().unwrap() as usize),
        Some(levels) => {
            let names = array(levels).iter().map(|l| text(&l[0])).collect();
            let levels: Vec<Column> = array(levels).iter().map(|l| column(l[1].as_str().unwrap(), array(&l[2]))).collect();
            Index::from_columns(names, &levels).unwrap()
        }
    };
    let labels = match v.get("names") {
        None => Labels::new(array(&v["columns"]).iter().map(|c| c.as_str().unwrap())),
        Some(names) => {
            let tuple = |c: &Value| c.as_array().map_or_else(|| vec![scalar(c)], |t| t.iter().map(scalar).collect());
            Labels::from_tuples(array(names).iter().map(text).collect(), array(&v["columns"]).iter().map(tuple).collect()).unwrap()
        }
    };
    DataFrame::with_index(labels, columns, index).unwrap()
}

type Run = fn(&str, Options, &[DataFrame]) -> Result<Out>;

/// Every area and who makes its calls.
const AREAS: &[(&str, Run)] = &[
    ("looking", looking::run),
    ("labels", labels::run),
    ("arithmetic", arithmetic::run),
    ("missing", missing::run),
    ("groupby", groupby::run),
    ("reshape", reshape::run),
    ("combine", combine::run),
    ("order", order::run),
    ("windows", windows::run),
    ("time", time::run),
    ("text", text::run),
    ("statistics", statistics::run),
];

fn cases(area: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/parity/calls/{area}.json"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// What is wrong with a case, if anything.
fn judge(case: &Value, inputs: &Value, run: Run) -> std::result::Result<(), String> {
    let on = array(&case["on"]).iter().map(|n| input(&inputs[n.as_str().unwrap()]));
    let mut tables: Vec<DataFrame> = on.collect();
    if let Some(columns) = case.get("columns") {
        tables[0] = tables[0].select(array(columns).iter().map(|c| c.as_str().unwrap())).unwrap();
    }
    let options = Options(&case["options"]);
    let call = std::panic::AssertUnwindSafe(|| run(case["verb"].as_str().unwrap(), options, &tables));
    let found = std::panic::catch_unwind(call).map_err(|_| "panicked".to_string())?;
    if let Some(wanted) = case.get("fails").and_then(Value::as_str) {
        return match found {
            Err(e) if e.to_string().contains(wanted) => Ok(()),
            Err(e) => Err(format!("{wanted:?} is not in: {e}")),
            Ok(_) => Err("ours does not refuse".into()),
        };
    }
    let differs = case.get("differs").is_some();
    let compared = match (found, case.get("want")) {
        (Ok(found), Some(want)) => result::compare(&found, want),
        (Ok(_), None) => Err("pandas refuses".into()),
        (Err(e), Some(_)) => Err(format!("error: {e}")),
        (Err(_), None) => Ok(()),
    };
    match (compared, differs) {
        (Ok(()), true) => Err("ours is what pandas gives: differs says that it is not".into()),
        (Err(_), true) => Ok(()),
        (compared, false) => compared,
    }
}

#[test]
fn verbs_of_tables_give_what_pandas_gives() {
    let only = std::env::var("PARITY_CASES").unwrap_or_default();
    let (mut wrong, mut count) = (Vec::new(), 0);
    for (area, run) in AREAS {
        let file = cases(area);
        for case in array(&file["cases"]).iter().filter(|c| c["id"].as_str().unwrap().contains(&only)) {
            count += 1;
            if let Err(e) = judge(case, &file["inputs"], *run) {
                wrong.push(format!("{}: {e}", case["id"].as_str().unwrap()));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {count} cases:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn tables_saved_come_back() {
    let folder = tempfile::tempdir().unwrap();
    let inputs = &cases("labels")["inputs"];
    for name in ["mixed", "none", "labels", "by_gn_labels"] {
        let table = input(&inputs[name]);
        let path = folder.path().join(format!("{name}.parquet"));
        table.save(&path).unwrap();
        assert!(hpda_data::read_parquet(&path).unwrap() == table, "{name}");
    }
}
