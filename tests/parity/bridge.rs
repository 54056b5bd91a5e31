//! Cubes as tables and tables as cubes, against xarray; the expected values are made by `make_bridge.py`.

use super::calls::column;
use super::combine::{compare, cube};
use super::cubes::same;
use hpda_data::exec::{CubeOptions, ExecOptions, LabelOrder, Repeats};
use hpda_data::ops::bridge::FrameOptions;
use hpda_data::{Column, DataFrame, Dataset, NdArray, Result, Scalar, Variable};
use serde_json::Value;

fn names(v: &Value) -> Option<Vec<String>> {
    v.as_array().map(|l| l.iter().map(|x| x.as_str().unwrap().to_string()).collect())
}

/// A verb that makes a table of a cube; with `wrong` among its options, of a name that is nowhere.
fn to_table(verb: &str, o: &Value, ds: &Dataset) -> Result<DataFrame> {
    let (exec, wrong) = (&ExecOptions::default(), o["wrong"] == true);
    let mut how = FrameOptions { vars: names(&o["vars"]), coords: names(&o["coords"]), dims: names(&o["dims"]), texts: o["texts"] == true };
    if wrong {
        [&mut how.dims, &mut how.coords].into_iter().flatten().for_each(|l| l[0] = "nowhere".into());
        if how.dims.is_none() {
            how.vars.get_or_insert_default().push("nowhere".into());
        }
    }
    Ok(match verb {
        "to_frame" => ds.to_frame(&how, exec)?.0,
        "to_lazy_frame" => ds.to_lazy_frame(&how, exec)?.0.collect(exec)?,
        "array.to_frame" => ds.array("f8")?.to_frame(&how, exec)?.0,
        _ => ds.array("f8")?.to_lazy_frame(&how, exec)?.0.collect(exec)?,
    })
}

/// A verb that makes a cube of a table, categories as texts again.
fn to_cube(verb: &str, o: &Value, df: &DataFrame, exec: &ExecOptions) -> Result<Dataset> {
    let dims = names(&o["dims"]).unwrap();
    let how = CubeOptions {
        order: match o["order"].as_str() {
            Some("sorted") => LabelOrder::Sorted,
            Some("appearance") => LabelOrder::Appearance,
            _ => LabelOrder::Usual,
        },
        repeats: match o["repeats"].as_str() {
            Some("first") => Repeats::First,
            Some("last") => Repeats::Last,
            _ => Repeats::Refuse,
        },
    };
    let mut made = match verb {
        "frame.to_dataset" => df.to_dataset(&dims, &how, exec)?.0,
        "lazy.to_dataset" => df.lazy()?.to_dataset(&dims, &how, exec)?.0,
        _ if dims.is_empty() => Dataset::from_frame(df, &how, exec)?.0,
        _ => Dataset::from_frame(&df.set_index(dims.iter().map(String::as_str))?, &how, exec)?.0,
    };
    for v in made.vars.values_mut() {
        if v.attrs.get("categories").is_none() {
            continue;
        }
        let list: Vec<String> = v.attrs.text("flag_meanings").unwrap().split(' ').map(Into::into).collect();
        let codes = v.load()?;
        let texts = (0..codes.len()).map(|i| match codes.scalar(i) {
            Scalar::Null => None,
            code => Some(list[code.as_f64().unwrap() as usize].as_str()),
        });
        *v = Variable::from_array(v.dims().iter().cloned(), NdArray::from_texts(texts.collect(), codes.shape())?)?;
    }
    Ok(made)
}

fn table(columns: &Value, lists: &Value) -> DataFrame {
    let one = |c: &Value| {
        let (name, kind) = (c[0].as_str().unwrap(), c[1].as_str().unwrap());
        let values = c[2].as_array().unwrap();
        let made = match kind {
            "category" => column("text", values).with_categories(&names(&lists[name]).unwrap(), name == "size").unwrap(),
            // The maker tells texts of numbers where objects hold them.
            _ => column(kind, values),
        };
        (name.to_string(), made)
    };
    DataFrame::new(columns.as_array().unwrap().iter().map(one)).unwrap()
}

fn as_frame(found: &DataFrame, want: &Value) -> std::result::Result<(), String> {
    if found.names() != names(&want["columns"]).unwrap() {
        return Err(format!("columns {:?}, not {}", found.names(), want["columns"]));
    }
    for (name, (ours, theirs)) in found.names().iter().zip(found.columns().iter().zip(want["values"].as_array().unwrap())) {
        let theirs = theirs.as_array().unwrap();
        if ours.len() != theirs.len() {
            return Err(format!("{name}: {} rows, not {}", ours.len(), theirs.len()));
        }
        if let Some(i) = (0..ours.len()).find(|&i| !same(&theirs[i], &ours.scalar(i), 1e-12)) {
            return Err(format!("{name}[{i}] is {}, not {}", ours.scalar(i), theirs[i]));
        }
    }
    Ok(())
}

fn judge(case: &Value, all: &Value) -> std::result::Result<(), String> {
    let (verb, o, on) = (case["verb"].as_str().unwrap(), &case["options"], case["on"].as_str().unwrap());
    let exec = ExecOptions::default();
    let failed = if verb.ends_with("frame") && verb != "from_frame" {
        match (to_table(verb, o, &cube(&all["cubes"][on])), case.get("frame")) {
            (Ok(found), Some(want)) => return as_frame(&found, want),
            (Ok(_), None) => return Err("ours does not refuse".into()),
            (Err(e), _) => e,
        }
    } else {
        match (to_cube(verb, o, &table(&all["tables"][on], &all["categories"]), &exec), case.get("want")) {
            (Ok(found), Some(want)) => return compare(&found, want, verb, false),
            (Ok(_), None) => return Err("ours does not refuse".into()),
            (Err(e), _) => e,
        }
    };
    match case.get("fails").and_then(Value::as_str) {
        Some(word) if failed.to_string().contains(word) => Ok(()),
        _ => Err(format!("error: {failed}")),
    }
}

#[test]
fn tables_of_cubes_and_cubes_of_tables_are_those_of_xarray() {
    let all: Value = serde_json::from_str(include_str!("bridge.json")).unwrap();
    let wrong: Vec<String> = all["cases"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|case| {
            judge(case, &all).err().map(|e| format!("{} {} {} on {}: {e}", case["verb"], case["options"], case["kind"], case["on"]))
        })
        .collect();
    assert!(wrong.is_empty(), "{} cases:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn holes_and_rows_left_out_are_counted() {
    let df = DataFrame::new([("y", Column::from(vec![2i64, 1, 2])), ("x", vec!["a", "b", "a"].into()), ("v", vec![1.0, 2.0, 3.0].into())])
        .unwrap();
    let how = CubeOptions { repeats: Repeats::Last, ..CubeOptions::default() };
    let (_, notices) = df.to_dataset(&["y", "x"], &how, &ExecOptions::default()).unwrap();
    let said: Vec<&str> = notices.iter().map(|n| n.message.as_str()).collect();
    assert_eq!(said, ["2 of 4 cells have no row and are missing", "1 rows are left out: the last of those with the same labels is taken"]);
}
