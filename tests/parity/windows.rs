//! Weights, finer steps of time, windows over several dims, groups along several dims and values at other places against xarray; the expected
//! values are made by `make_windows.py`.

use super::cubes::times;
use super::lanes::{differences, input};
use hpda_data::exec::reduce::{Reduction, Upsample, Weights};
use hpda_data::exec::{ExecOptions, Interp};
use hpda_data::plan::Agg;
use hpda_data::store::{AttrValue, Selector};
use hpda_data::{Column, Dataset, NdArray, Variable};
use serde_json::Value;

fn all() -> (Value, Dataset) {
    let all: Value = serde_json::from_str(include_str!("windows.json")).unwrap();
    let mut ds = input(&all, &["t", "x", "y", "k", "band", "plane"]);
    // What is packed in a file is decoded when it is read.
    let packed = [("scale_factor", AttrValue::from(0.5f64)), ("add_offset", 10.0f64.into()), ("_FillValue", AttrValue::I16(vec![-6]))];
    let mut raw = Dataset::new();
    raw.insert("pk", ds.variable("i2").unwrap().clone().with_attrs(packed.into_iter().collect())).unwrap();
    let decoded = hpda_data::coding::decode(raw, &Default::default()).unwrap().0;
    ds.insert("pk", decoded.variable("pk").unwrap().clone()).unwrap();
    assert_eq!(ds.variable("pk").unwrap().dtype().to_string(), "f64");
    (all, ds)
}

fn weights(dims: &[&str], shape: &[usize], values: &[f64]) -> Weights {
    Weights::new(&Variable::from_array(dims.iter().copied(), NdArray::from_vec(values.to_vec(), shape).unwrap()).unwrap()).unwrap()
}

fn only(ds: &Dataset, names: &[&str]) -> Dataset {
    let gone: Vec<&str> = ds.vars.keys().map(String::as_str).filter(|n| !names.contains(n)).collect();
    ds.drop_vars(&gone).unwrap()
}

/// One dataset of positions along each dim, under names of their own.
fn apart(parts: Vec<Dataset>, dims: &[&str]) -> Dataset {
    let mut out = Dataset::new();
    for (part, d) in parts.iter().zip(dims) {
        part.vars.iter().for_each(|(n, v)| out.insert(format!("{n}_{d}"), v.clone()).unwrap());
        part.coords.iter().for_each(|(n, v)| out.insert_coord(n, v.clone()).unwrap());
    }
    out
}

/// What a call of the list is here.
fn run(ds: &Dataset, call: &str, want: &Value) -> Dataset {
    let exec = &ExecOptions::default();
    let words: Vec<&str> = call.split(' ').collect();
    let has = |word: &str| words.contains(&word);
    let wanted: Vec<&str> = want.as_object().unwrap().keys().map(String::as_str).collect();
    let full = ds;
    let mut ds = only(ds, &["f8", "f4", "i2", "pk", "still"]);
    if has("plane") && words[0] == "interp" {
        ds = ds.drop_vars(&["k", "band"]).unwrap();
    } else if !matches!(words[0], "groupby" | "map" | "transform") {
        ds = ds.drop_vars(&["k", "band", "plane"]).unwrap();
    }
    let row = if words[0] == "upsample" { 2 } else { 1 };
    if has("one") {
        ds = ds.isel(&[("y", Selector::span(row, 1))]).unwrap();
    }
    if has("none") {
        ds = ds.isel(&[("t", Selector::span(0, 0))]).unwrap();
    }
    if has("side") {
        ds = ds.isel(&[("x", Selector::span(0, 0))]).unwrap();
    }
    let some = only(&ds, &wanted);
    let named = |i: usize| Reduction::named(words[i]).unwrap();
    let labels = |name: &str| match &want[name]["values"] {
        v if name == "t" => times(v.as_array().unwrap()),
        v => Column::from(v.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect::<Vec<f64>>()),
    };
    let method = if has("nearest") { Interp::Nearest } else { Interp::Linear };
    let first_rows = |ds: &Dataset| ds.isel(&[("y", Selector::span(0, 3))]).unwrap();
    match words[0] {
        "weighted" => {
            let w = match words.last() {
                Some(&"plane") => weights(&["y", "x"], &[4, 2], &[1.0, 2.0, 0.5, 0.0, 0.0, 3.0, 1.0, 1.0]),
                Some(&"one") => weights(&["y"], &[1], &[2.0]),
                _ => weights(&["y"], &[4], &[1.0, 0.0, 2.5, 0.5]),
            };
            let dims: Vec<&str> = words[2].split(',').collect();
            let weighted = some.weighted(w);
            match words[1] {
                "sum_of_weights" => weighted.sum_of_weights(&dims, exec).map(|o| o.0),
                _ => weighted.reduce(&named(1).over(dims), exec).map(|o| o.0),
            }
        }
        "upsample" => {
            let tolerance = words.get(3).copied().filter(|w| !matches!(*w, "one" | "side"));
            let bins = some.resample("t", words[2], &Default::default()).unwrap();
            bins.upsample(Upsample::parse(words[1]).unwrap(), tolerance, exec).map(|o| o.0)
        }
        "resample" => some.resample("t", words[2], &Default::default()).unwrap().reduce(&named(1), exec).map(|o| o.0),
        "rolling" | "construct" => {
            let from = if words[0] == "rolling" { 2 } else { 1 };
            let windows: Vec<(&str, usize)> =
                words[from..].chunks(2).map_while(|w| Some((w[0], w.get(1)?.parse().ok()?))).filter(|w| w.0.len() == 1).collect();
            let mut rolling = some.rolling_over(&windows).unwrap();
            if has("center") {
                rolling = rolling.center();
            }
            if has("center-t") {
                rolling = rolling.center_along(&["t"]).unwrap();
            }
            let after = |word: &str| words.iter().position(|w| *w == word).map(|i| words[i + 1].parse::<usize>().unwrap());
            if let Some(least) = after("least").or(has("one").then_some(1)) {
                rolling = rolling.min_count(least as u64);
            }
            let names: Vec<String> = windows.iter().map(|w| format!("w{}", w.0)).collect();
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            match (words[0], words[1]) {
                ("construct", _) => rolling.construct(&names, after("stride").unwrap_or(1)).map(|o| o.0),
                (_, "spread") => {
                    let spread = |x: &[f64]| x.iter().copied().fold(f64::NAN, f64::max) - x.iter().copied().fold(f64::NAN, f64::min);
                    rolling.apply(spread, exec).map(|o| o.0)
                }
                _ => rolling.reduce(&named(1), exec).map(|o| o.0),
            }
        }
        "groupby" | "map" | "transform" => {
            let keys: Vec<&str> = words[2].split(',').collect();
            let groups = some.groupby_all(&keys).unwrap();
            // Dims that are grouped together are one, which is all that a group of several keys has.
            let along: &[&str] = if keys.len() > 1 { &[] } else { &["t"] };
            let over = |g: &Dataset, agg: Agg| g.reduce(&Reduction::new(agg).over(along.iter().copied()), exec).map(|o| o.0);
            let less = |a: &Dataset, b: &Dataset| a.operate(hpda_data::plan::BinaryOp::Sub, b, hpda_data::ops::combine::Join::Inner, exec);
            match (words[0], words[1]) {
                ("groupby", _) => groups.reduce(&named(1), exec).map(|o| o.0),
                ("transform", word) => groups.transform(word, exec).map(|o| o.0),
                (_, "range") => groups.map(|g| less(&over(g, Agg::Max)?, &over(g, Agg::Min)?)),
                (_, "away") => groups.map(|g| less(g, &over(g, Agg::Mean)?)),
                _ => groups.map(|g| g.shift("y", 1, exec)),
            }
            .map(|made| {
                let order: Vec<&str> =
                    ["month", "t", "k", "band", "y", "x", "plane"].into_iter().filter(|d| made.dims.contains_key(*d)).collect();
                made.transpose(&order).unwrap()
            })
        }
        "interp" => {
            let base = if has("t,y") || has("nearest") { some } else { some.fillna(1.0.into(), exec).unwrap() };
            let at: Vec<(&str, Column)> = words[1].split(',').map(|d| (d, labels(d))).collect();
            base.interp_over(&at.iter().map(|(d, l)| (*d, l)).collect::<Vec<_>>(), method, exec)
        }
        "interp_like" => {
            let mut other = Dataset::new();
            let of = |v: Vec<f64>, d: &str| Variable::from_array([d], NdArray::from_vec(v.clone(), &[v.len()]).unwrap()).unwrap();
            other.insert_coord("t", full.variable("t").unwrap().clone()).unwrap();
            other.insert_coord("y", of(vec![25.0, 5.0], "y")).unwrap();
            if !has("side") {
                other.insert_coord("x", of(vec![5.0, 5.5, 7.0], "x")).unwrap();
            }
            some.interp_like(&other, method, exec)
        }
        "polyval" if words[1] == "y" => {
            let base = only(&ds, &["i2", "f4"]).isel(&[("x", Selector::At(0))]).unwrap().drop_vars(&["x"]).unwrap();
            let base = base.fillna(1.0.into(), exec).unwrap();
            base.polyval("y", &base.polyfit("y", 2, exec).unwrap().0, exec)
        }
        "polyval" => {
            let base = only(&ds, &["f8"]).fillna(3.0.into(), exec).unwrap();
            base.polyval("t", &base.polyfit("t", 1, exec).unwrap().0, exec)
        }
        "trend" => first_rows(&some).trend(words[1], 86400e9, exec).map(|o| o.0),
        "dot" if words[1] == "y" => {
            let mut other = Dataset::new();
            for name in &wanted {
                let w = NdArray::from_vec(vec![1.0, 0.0, 2.5, 0.5], &[4]).unwrap();
                if some.vars.contains_key(*name) {
                    other.insert(*name, Variable::from_array(["y"], w).unwrap()).unwrap();
                }
            }
            some.dot(&other, &["y"], exec).map(|o| o.0)
        }
        "dot" => some.isel(&[("y", Selector::Take(vec![0, 2].into()))]).unwrap().dot(&some, &["t", "x"], exec).map(|o| o.0),
        "argmin" | "argmax" => {
            let dims: Vec<&str> = words[1].split(',').collect();
            let name = wanted.iter().find_map(|n| n.split_once('_')).unwrap().0;
            let base = only(&ds, &[name]);
            let base = if has("full") { base.fillna((-99.0).into(), exec).unwrap() } else { base };
            let found = if words[0] == "argmin" { base.argmin(&dims, exec) } else { base.argmax(&dims, exec) };
            found.map(|f| apart(f.0, &dims))
        }
        other => panic!("{other}"),
    }
    .unwrap_or_else(|e| panic!("{call}: {e}"))
}

#[test]
fn cubes_in_weights_windows_and_groups_of_several_dims_are_those_of_xarray() {
    let (all, ds) = all();
    let mut wrong: Vec<String> = Vec::new();
    for case in all["cases"].as_array().unwrap() {
        let call = case["call"].as_str().unwrap();
        let near = if call.starts_with("polyval t") || call.starts_with("trend") { 1e-8 } else { 1e-12 };
        wrong.extend(differences(call, &case["want"], &run(&ds, call, &case["want"]), near));
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn calls_that_cannot_be_are_refused_with_the_reason() {
    let (_, ds) = all();
    let exec = &ExecOptions::default();
    let said = |e: hpda_data::Error, part: &str| assert!(e.to_string().contains(part), "{e}");
    let weighted = ds.weighted(weights(&["y"], &[4], &[1.0; 4]));
    said(weighted.reduce(&Reduction::named("max").unwrap(), exec).unwrap_err(), "max with weights along \"y\"");
    said(weighted.reduce(&Reduction::named("mean").unwrap().over(["w"]), exec).unwrap_err(), "\"w\"");
    said(weighted.sum_of_weights(&["w"], exec).unwrap_err(), "\"w\"");
    let bins = ds.resample("t", "12h", &Default::default()).unwrap();
    said(bins.upsample(Upsample::Ffill, Some("1MS"), exec).unwrap_err(), "no length of time");
    said(bins.upsample(Upsample::Asfreq, Some("1D"), exec).unwrap_err(), "tolerance");
    said(ds.groupby("k").unwrap().upsample(Upsample::Ffill, None, exec).unwrap_err(), "bins of times");
    said(Upsample::parse("linear").unwrap_err(), "linear");
    said(ds.rolling_over(&[("y", 0)]).unwrap_err(), "wider than nothing");
    said(ds.rolling_over(&[("y", 2), ("y", 3)]).unwrap_err(), "one window");
    said(ds.rolling_over(&[("w", 2)]).unwrap_err(), "\"w\"");
    let windows = ds.rolling_over(&[("y", 2), ("x", 2)]).unwrap();
    said(windows.clone().min_count(5).reduce(&Reduction::named("mean").unwrap(), exec).unwrap_err(), "windows of 4 positions");
    said(windows.reduce(&Reduction::named("argmin").unwrap(), exec).unwrap_err(), "argmin");
    said(windows.construct(&["a"], 1).unwrap_err(), "1 names");
    said(windows.construct(&["a", "t"], 1).unwrap_err(), "\"t\" is there already");
    said(windows.construct(&["a", "b"], 0).unwrap_err(), "every 0th");
    let failed = windows.apply(|_| panic!("no such window"), exec).unwrap().0;
    said(failed.variable("f8").unwrap().load().unwrap_err(), "no such window");
    said(ds.groupby_all(&["band", "plane"]).unwrap_err(), "several dimensions");
    said(ds.groupby("k").unwrap().map(|g| g.head(&[("w", 1)])).unwrap_err(), "the group 1");
    let y = Column::from(vec![1.0]);
    said(ds.interp_over(&[("y", &y), ("y", &y)], Interp::Linear, exec).unwrap_err(), "twice");
    let three = ds.isel(&[("y", Selector::span(0, 3))]).unwrap();
    said(three.interp_like(&ds, Interp::Cubic, exec).unwrap_err(), "cubic");
    said(ds.polyval("t", &ds, exec).unwrap_err(), "degree");
    said(ds.trend("w", 1.0, exec).unwrap_err(), "\"w\"");
    said(ds.dot(&Dataset::new(), &["y"], exec).unwrap_err(), "in common");
    said(ds.argmin(&[], exec).unwrap_err(), "none is named");
    said(ds.argmax(&["w"], exec).unwrap_err(), "\"w\"");
}

#[test]
fn parts_of_lazy_results_are_those_of_the_whole() {
    let (_, ds) = all();
    let exec = &ExecOptions::default();
    let mean = &Reduction::named("mean").unwrap();
    let rolled = ds.rolling_over(&[("y", 3), ("t", 2)]).unwrap().center().min_count(1).reduce(mean, exec).unwrap().0;
    let grouped = ds.groupby_all(&["k", "band"]).unwrap().reduce(mean, exec).unwrap().0;
    let finer = ds.resample("t", "6h", &Default::default()).unwrap().upsample(Upsample::Nearest, Some("1D"), exec).unwrap().0;
    for made in [rolled, grouped, finer] {
        let v = made.variable("f8").unwrap();
        let whole = v.load().unwrap().to_contiguous().unwrap();
        let parts = [Selector::At(1), Selector::Range { start: 1, count: 2, step: -1 }, Selector::Take(vec![1, 0].into())];
        for part in parts {
            let selection = hpda_data::store::Selection::new(vec![part, Selector::All, Selector::span(1, 1)]);
            let (read, cut) =
                (v.read(&selection).unwrap().to_contiguous().unwrap(), whole.select(&selection).unwrap().to_contiguous().unwrap());
            assert_eq!(read.shape(), cut.shape());
            (0..read.len()).for_each(|i| assert_eq!(read.scalar(i).to_string(), cut.scalar(i).to_string(), "{selection:?}"));
        }
    }
}
