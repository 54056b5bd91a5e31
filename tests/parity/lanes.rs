//! Verbs along a dimension, other shapes and other labels of cubes against xarray; the expected values are made by `make_lanes.py`.

use super::cubes::{array, same, times};
use hpda_data::dtype::Scalar;
use hpda_data::exec::reduce::{Reduction, Rest};
use hpda_data::exec::{Compat, Cut, ExecOptions, Interp, Interpolate};
use hpda_data::label::Method;
use hpda_data::ops::combine::{self, Join};
use hpda_data::plan::{BinaryOp, DropRows};
use hpda_data::store::Selector;
use hpda_data::{Column, Dataset, NdArray, Variable};
use serde_json::Value;

const DAY: f64 = 86400e9;

/// The input of a file of cases, in which these are coordinates.
pub(super) fn input(all: &Value, coords: &[&str]) -> Dataset {
    let mut ds = Dataset::new();
    for (name, v) in all["input"].as_object().unwrap() {
        let dims: Vec<&str> = v["dims"].as_array().unwrap().iter().map(|d| d.as_str().unwrap()).collect();
        let variable = Variable::from_array(dims, array(v)).unwrap();
        if coords.contains(&name.as_str()) { ds.insert_coord(name, variable).unwrap() } else { ds.insert(name, variable).unwrap() }
    }
    ds
}

/// What a call of the list is here.
fn run(ds: &Dataset, call: &str, want: &Value) -> Dataset {
    let exec = &ExecOptions::default();
    let words: Vec<&str> = call.split(' ').collect();
    let number = |i: usize| words.get(i).and_then(|w| w.parse::<i64>().ok());
    let limit = |i: usize| number(i).map(|n| n as usize);
    let up = || ds.sortby("y", false).unwrap();
    let labels = |name: &str| match &want[name]["values"] {
        v if name == "t" => times(v.as_array().unwrap()),
        v => Column::from(v.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect::<Vec<f64>>()),
    };
    let unit = if words.last() == Some(&"day") { DAY } else { 1.0 };
    let only = |names: &[&str]| {
        let gone: Vec<&str> = ds.vars.keys().map(String::as_str).filter(|n| !names.contains(n)).collect();
        ds.drop_vars(&gone).unwrap()
    };
    let rows = |dim: &str, at: &[usize], ds: &Dataset| ds.isel(&[(dim, Selector::Take(at.into()))]).unwrap();
    let base = if words.get(1) == Some(&"y") { up() } else { ds.clone() };
    match words[0] {
        "shift" => ds.shift(words[1], number(2).unwrap(), exec),
        "cumsum" => ds.cumsum(words[1], exec).map(|o| o.0),
        "cumprod" => ds.cumprod(words[1], exec).map(|o| o.0),
        "rank" => ds.rank(words[1], words.len() > 2, exec).map(|o| o.0),
        "ffill" => ds.ffill(words[1], limit(2), exec),
        "bfill" => ds.bfill(words[1], limit(2), exec),
        "interpolate" => {
            let (method, by_labels) = if words[2] == "linear" { (Interpolate::Linear, false) } else { (Interpolate::Positions, true) };
            ds.interpolate_na(words[1], method, by_labels, limit(3), exec)
        }
        "fillna" => ds.fillna(Scalar::I64(number(1).unwrap()), exec),
        "dropna" if words.last() == Some(&"still") => {
            let last = ds.isel(&[("y", Selector::span(2, 1))]).unwrap();
            last.dropna(words[1], DropRows::Any, Some(&["f8", "still"]), exec)
        }
        "dropna" if words[2] == "all" => {
            ds.isel(&[("t", Selector::span(1, 2))]).unwrap().dropna(words[1], DropRows::All, Some(&["f8"]), exec)
        }
        "dropna" => ds.dropna(words[1], DropRows::Any, Some(&["f8"]), exec),
        "where" => ds.filter(&hpda_data::plan::parse("f8 > 4").unwrap(), exec).and_then(|d| d.drop_labels(exec)),
        "differentiate" => base.differentiate(words[1], unit, exec).map(|o| o.0),
        "integrate" => base.integrate(words[1], unit, exec).map(|o| o.0),
        "cumulative_integrate" => base.cumulative_integrate(words[1], unit, exec).map(|o| o.0),
        "interp" => {
            let method = match words[2] {
                "linear" => Interp::Linear,
                "nearest" => Interp::Nearest,
                _ => Interp::Cubic,
            };
            ds.interp(words[1], &labels(words[1]), method, exec)
        }
        "reindex" => {
            let method = if words.len() > 2 { Method::Nearest } else { Method::Exact };
            ds.reindex(words[1], &labels(words[1]), method, number(3).map(|n| n as f64))
        }
        "sortby" => ds.sortby(words[1], words[1] == "name"),
        "transpose" => ds.transpose(&words[1..]),
        "stack" => ds.stack(&words[1..], "z"),
        "unstack" => ds.stack(&["y", "x"], "z").unwrap().unstack("z", &["y", "x"]).unwrap().transpose(&["t", "y", "x"]),
        "roll" => ds.roll(words[1], number(2).unwrap(), words.len() > 3),
        "expand_dims" => ds.expand_dims(words[1]),
        "squeeze" => ds.isel(&[("x", Selector::span(1, 1))]).unwrap().squeeze(None),
        "thin" => ds.thin(&[(words[1], limit(2).unwrap())]),
        "head" => ds.head(&[(words[1], limit(2).unwrap())]),
        "tail" => ds.tail(&[(words[1], limit(2).unwrap())]),
        "pad" => ds.pad(words[1], limit(2).unwrap(), limit(3).unwrap()),
        "swap_dims" => ds.swap_dims(words[1], words[2]),
        "set_coords" => ds.set_coords(&words[1..]),
        "reset_coords" => ds.reset_coords(None),
        "coarsen" => {
            let rest = match words.last() {
                Some(&"trim") => Rest::Trim,
                Some(&"pad") => Rest::Pad,
                _ => Rest::Exact,
            };
            let windows: Vec<(&str, usize)> = words[1..].chunks_exact(2).filter_map(|w| Some((w[0], w[1].parse().ok()?))).collect();
            let op = [("2", "mean"), ("trim", "max"), ("pad", "sum")].iter().find(|(w, _)| words.last() == Some(w)).unwrap().1;
            only(&["f8", "f4", "i2"]).coarsen(&windows, rest, &Reduction::named(op).unwrap(), exec).map(|o| o.0)
        }
        "idxmin" => only(&["f8", "i2"]).idxmin(words[1], exec).map(|o| o.0),
        "idxmax" => only(&["f8", "i2"]).idxmax(words[1], exec).map(|o| o.0),
        "operate" => {
            let ds = only(&["f8", "i2"]);
            let (other, op, join) = match words[2] {
                "mean" => (ds.reduce(&Reduction::named("mean").unwrap().over(["t"]), exec).unwrap().0, BinaryOp::Sub, Join::Inner),
                "part" => (rows("y", &[2, 0], &ds), BinaryOp::Sub, Join::Inner),
                _ => (rows("t", &[2, 3], &ds), BinaryOp::Mul, Join::Outer),
            };
            let left = if words[2] == "outer" { rows("t", &[0, 1, 2], &ds) } else { ds };
            left.operate(op, &other, join, exec)
        }
        "merge" => {
            rows("t", &[0, 1, 2], &only(&["f8"])).merge(&rows("t", &[2, 3], &only(&["f8", "f4"])), Join::Outer, Compat::NoConflicts, exec)
        }
        "combine_first" => {
            let hundred = only(&["f8"]).assign("f8", &hpda_data::plan::parse("f8 * 0 + 100").unwrap(), exec).unwrap();
            rows("t", &[0, 1, 2], &only(&["f8"])).combine_first(&rows("t", &[1, 2, 3], &hundred), exec)
        }
        "concat" => {
            let join = if words[1] == "outer" { Join::Outer } else { Join::Inner };
            let parts = vec![rows("y", &[0, 1], &rows("t", &[0, 1], &only(&["f8"]))), rows("y", &[2, 1], &rows("t", &[2], &only(&["f8"])))];
            combine::concat(parts, &combine::ConcatOptions { join, ..combine::ConcatOptions::along("t") }).map(|o| o.0)
        }
        "groupby" if words[1] == "bins" => {
            let bins = only(&["f8", "i2"]).groupby_bins(words[2], &Cut::new(vec![-1i64, 10, 25, 40])).unwrap();
            bins.reduce(&Reduction::named("max").unwrap(), exec).map(|o| o.0)
        }
        "groupby" | "transform" => {
            let mut ds = only(if words[1] == "plane" { &["f8"] } else { &["f8", "i2"] });
            let k = NdArray::from_vec(vec![1i64, 2, 1, 2, 2, 1], &[6]).unwrap();
            let hole = if words[0] == "groupby" { f64::NAN } else { 1.0 };
            let plane = NdArray::from_vec(vec![1.0, 2.0, 2.0, 1.0, hole, 1.0], &[3, 2]).unwrap();
            ds.insert_coord("k", Variable::from_array(["t"], k).unwrap()).unwrap();
            ds.insert_coord("p", Variable::from_array(["y", "x"], plane).unwrap()).unwrap();
            let keys: &[&str] = match words[1] {
                "plane" => &["p"],
                "k,t.day" => &["k", "h = t.dayofyear % 2"],
                _ => &["k"],
            };
            let groups = ds.groupby_all(keys).unwrap();
            match (words[0], words[1]) {
                ("groupby", _) => groups.reduce(&Reduction::named("mean").unwrap(), exec).map(|o| o.0),
                (_, "plane") => groups.transform("anomaly", exec).map(|o| o.0),
                (_, word) => groups.transform(word, exec).map(|o| o.0),
            }
        }
        "polyfit" if words[1] == "t" => {
            let mut ds = ds.clone();
            let t = NdArray::from_vec(vec![0.0, 1.0, 4.0, 5.0, 6.5, 9.0], &[6]).unwrap();
            ds.insert_coord("t", Variable::from_array(["t"], t).unwrap()).unwrap();
            ds.polyfit("t", 2, exec).map(|o| o.0)
        }
        "polyfit" => only(&["i2"]).polyfit(words[1], 1, exec).map(|o| o.0),
        "detrend" => only(&["f8"]).fillna(3.0.into(), exec).unwrap().detrend("t", 1, exec).map(|o| o.0),
        "cov" => ds.assign("r", &hpda_data::plan::parse("cov(f8, i2, 't')").unwrap(), exec),
        "corr" => ds.assign("r", &hpda_data::plan::parse("corr(f8, i2, 't', 'y')").unwrap(), exec),
        "align" => {
            let part = |start| ds.isel(&[("y", Selector::span(start, 2))]).unwrap();
            let how = if words[1] == "outer" { Join::Outer } else { Join::Inner };
            part(0).align(&part(1), how).map(|p| p.0)
        }
        other => panic!("{other}"),
    }
    .unwrap_or_else(|e| panic!("{call}: {e}"))
}

#[test]
fn cubes_along_a_dim_and_in_other_shapes_are_those_of_xarray() {
    let all: Value = serde_json::from_str(include_str!("lanes.json")).unwrap();
    let ds = input(&all, &["t", "x", "y", "name"]);
    let mut wrong: Vec<String> = Vec::new();
    for case in all["cases"].as_array().unwrap() {
        let call = case["call"].as_str().unwrap();
        let got = run(&ds, call, &case["want"]);
        let near = if matches!(call.split(' ').next(), Some("detrend" | "polyfit")) { 1e-10 } else { 1e-12 };
        wrong.extend(differences(call, &case["want"], &got, near));
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Where a cube is not what is wanted: dims, shapes and types must be the same, numbers nearly.
pub(super) fn differences(call: &str, wanted: &Value, got: &Dataset, near: f64) -> Vec<String> {
    let mut wrong = Vec::new();
    for (name, want) in wanted.as_object().unwrap() {
        if name == "z" {
            continue;
        }
        let Ok(v) = got.variable(name) else {
            wrong.push(format!("{call}: there is no {name}"));
            continue;
        };
        let dims: Vec<&str> = want["dims"].as_array().unwrap().iter().map(|d| d.as_str().unwrap()).collect();
        if v.dims().iter().map(|d| &**d).ne(dims.iter().copied()) {
            wrong.push(format!("{call}: {name} has dims {:?}, not {dims:?}", v.dims()));
            continue;
        }
        let values = v.load().unwrap_or_else(|e| panic!("{call}: {name}: {e}"));
        let shape: Vec<usize> = want["shape"].as_array().unwrap().iter().map(|n| n.as_u64().unwrap() as usize).collect();
        if values.shape() != shape {
            wrong.push(format!("{call}: {name} has shape {:?}, not {shape:?}", values.shape()));
            continue;
        }
        let dtype = want["dtype"].as_str().unwrap();
        let whole = matches!(name.as_str(), "i2" | "flag") && dtype != "int64";
        let ours = v.dtype().to_string();
        // Holes do not turn integers and booleans into floats or objects here.
        // Windows over small integers are f64.
        let kept = whole && matches!(ours.as_str(), "i16" | "bool" | "f64");
        let names = [("float64", "f64"), ("float32", "f32"), ("int64", "i64")];
        if let Some((_, own)) = names.iter().find(|(n, own)| *n == dtype && *own != ours && !kept) {
            wrong.push(format!("{call}: {name} is {ours}, not {own}"));
        }
        let values = values.to_contiguous().unwrap();
        let near = if dtype == "float32" { 1e-6 } else { near };
        for (i, want) in want["values"].as_array().unwrap().iter().enumerate() {
            let found = values.scalar(i);
            if !same(want, &found, near) {
                wrong.push(format!("{call}: {name}[{i}] is {found}, not {want}"));
            }
        }
    }
    wrong
}

#[test]
fn lanes_of_a_function_and_its_panics() {
    let all: Value = serde_json::from_str(include_str!("lanes.json")).unwrap();
    let (ds, exec) = (input(&all, &["t", "x", "y", "name"]), ExecOptions::default());
    let count = |x: &[f64], out: &mut [f64]| out[0] = x.iter().filter(|x| !x.is_nan()).count() as f64;
    let (counted, notices) = ds.apply_along("t", "n", 1, count, &exec).unwrap();
    assert!(notices.is_empty());
    let found = counted.variable("f8").unwrap().load().unwrap().to_contiguous().unwrap();
    assert_eq!((found.shape(), found.as_slice::<f64>().unwrap()), (&[1, 3, 2][..], &[4.0, 6.0, 0.0, 5.0, 5.0, 5.0][..]));
    // Lanes without values have an answer too.
    let none = ds.isel(&[("t", hpda_data::store::Selector::span(0, 0))]).unwrap();
    let ends = |x: &[f64], out: &mut [f64]| out.copy_from_slice(&[x.len() as f64, 7.0]);
    let (counted, _) = none.apply_along("t", "n", 2, ends, &exec).unwrap();
    let found = counted.variable("f8").unwrap().load().unwrap().to_contiguous().unwrap();
    let want = [[0.0; 6], [7.0; 6]].concat();
    assert_eq!((found.shape(), found.as_slice::<f64>().unwrap()), (&[2, 3, 2][..], &want[..]));
    let (fails, _) = ds.apply_along("t", "n", 1, |_, _| panic!("no such thing"), &exec).unwrap();
    let error = fails.variable("f8").unwrap().load().unwrap_err().to_string();
    assert!(error.contains("the function panicked: no such thing") && error.contains("y=0,x=0"), "{error}");
    // Lanes without values are handed over too.
    let none = ds.isel(&[("t", hpda_data::store::Selector::span(0, 0))]).unwrap();
    let (counted, _) = none.apply_along("t", "n", 1, count, &exec).unwrap();
    let found = counted.variable("f8").unwrap().load().unwrap().to_contiguous().unwrap();
    assert_eq!((found.shape(), found.as_slice::<f64>().unwrap()), (&[1, 3, 2][..], &[0.0; 6][..]));
}
