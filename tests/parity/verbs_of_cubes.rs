//! One plain call of every verb of cubes, on values with holes, on no values, and one that fails; the expected values are made by
//! `make_cubes.py`. And docs/xarray.md is the list of verbs: each has its cases, each value of an option too.

use super::combine::{Out, judge};
use hpda_data::exec::reduce::{Reduction, Rest};
use hpda_data::exec::{Cut, ExecOptions, Interp, Interpolate};
use hpda_data::kernel::agg::Agg;
use hpda_data::kernel::window::Windowing;
use hpda_data::label::Method;
use hpda_data::ops::select::{Labels, Positions, SelectOptions};
use hpda_data::plan::{DropRows, parse};
use hpda_data::store::Selector;
use hpda_data::{Column, Dataset, Result};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// A verb; with `wrong` among its options, of a dim or variable that is nowhere.
pub fn run(verb: &str, options: &Value, ds: &Dataset) -> Result<Out> {
    let (exec, wrong) = (&ExecOptions::default(), options["wrong"] == true);
    let of = |name: &'static str| if wrong { "nowhere" } else { name };
    let (t, y, x) = (of("t"), of("y"), of("x"));
    let only = |keep: &str| {
        let gone: Vec<&str> = ds.vars.keys().map(String::as_str).filter(|n| *n != keep).collect();
        ds.drop_vars(&gone).unwrap()
    };
    let bare = |d: Dataset| d.drop_vars(&["name"]).unwrap();
    let f8 = || only("f8");
    let numbers = |v: &[f64]| Column::from(v.to_vec());
    let max = Reduction::new(Agg::Max);
    let mean = Reduction::new(Agg::Mean);
    let sum = Reduction::new(Agg::Sum);
    Ok(match verb {
        "assign" => ds.assign("c", &parse(&format!("{} + f4", of("f8")))?, exec)?,
        "filter" => ds.filter(&parse(&format!("{} > 0", of("f8")))?, exec)?,
        // A dim that is nowhere has nothing left: what fails is the condition before.
        "drop_labels" => ds.filter(&parse(&format!("{} > 5", of("f8")))?, exec)?.drop_labels(exec)?,
        "fillna" if wrong => ds.fillna("nowhere".into(), exec)?,
        "fillna" => ds.fillna(0.into(), exec)?,
        "ffill" => ds.ffill(t, None, exec)?,
        "bfill" => ds.bfill(t, None, exec)?,
        "dropna" => ds.dropna(t, DropRows::Any, None, exec)?,
        "interpolate_na" => f8().interpolate_na(y, Interpolate::Positions, true, None, exec)?,
        "shift" => ds.shift(t, 1, exec)?,
        "roll" => ds.roll(t, 1, false)?,
        "cumsum" => ds.cumsum(t, exec)?.0,
        "cumprod" => ds.cumprod(t, exec)?.0,
        "rank" => ds.rank(y, false, exec)?.0,
        "differentiate" => f8().differentiate(y, 1.0, exec)?.0,
        "integrate" if options["along"] == "no labels" => f8().isel(&[("y", Selector::span(0, 0))])?.integrate(y, 1.0, exec)?.0,
        "integrate" => f8().integrate(y, 1.0, exec)?.0,
        "cumulative_integrate" => f8().cumulative_integrate(y, 1.0, exec)?.0,
        "interp" => bare(f8()).interp(y, &numbers(&[10.0, 40.0]), Interp::Linear, exec)?,
        "isel" => ds.isel(&[(y, Selector::span(1, 2))])?,
        "isel_at" => ds.isel_at(&[(y.into(), Positions::List(vec![-1, 0]))])?,
        "sel" => ds.sel(&[(y.into(), Labels::One("20".into()))], &SelectOptions::default())?,
        "head" => ds.head(&[(t, 2)])?,
        "tail" => ds.tail(&[(t, 2)])?,
        "thin" => ds.thin(&[(t, 2)])?,
        "transpose" => ds.transpose(&[x, "t", "y"])?,
        "stack" => ds.stack(&["y", x], "z")?,
        "unstack" => bare(ds.clone()).stack(&["y", "x"], "z")?.unstack("z", &["y", x])?.transpose(&["t", "y", "x"])?,
        // A dim that is there already.
        "expand_dims" if wrong => ds.rename(&[("x".into(), "nowhere".into())])?.expand_dims("nowhere")?,
        "expand_dims" => ds.expand_dims("m")?,
        "squeeze" => ds.isel(&[("x", Selector::span(1, 1))])?.squeeze(Some(&[x]))?,
        "sortby" => ds.sortby(of("name"), false)?,
        "reindex" => bare(ds.clone()).reindex(y, &numbers(&[30.0, 5.0]), Method::Exact, None)?,
        "reindex_like" if wrong => {
            // Labels that stand twice are found by none.
            let twice = ds.isel(&[("y", Selector::Take(vec![0, 0].into()))])?.rename(&[("y".into(), "nowhere".into())])?;
            twice.reindex_like(&ds.rename(&[("y".into(), "nowhere".into())])?)?
        }
        "reindex_like" => bare(ds.clone()).reindex_like(&ds.isel(&[("y", Selector::span(0, 1))])?)?,
        "pad" => f8().pad(x, 1, 0)?,
        "swap_dims" => ds.swap_dims("y", of("name"))?,
        "set_coords" => ds.set_coords(&[of("f4")])?,
        "reset_coords" if wrong => ds.reset_coords(Some(&["nowhere"]))?,
        "reset_coords" => ds.reset_coords(None)?,
        "rename" => ds.rename(&[(of("f8").into(), "g8".into()), ("x".into(), "u".into())])?,
        "rename_dims" => ds.rename_dims(&[(x.into(), "u".into())])?,
        "drop_vars" => ds.drop_vars(&[of("f4")])?,
        "array" => ds.array(of("f8"))?.to_dataset(None)?,
        "coarsen" if options["boundary"] == "exact" => bare(f8()).coarsen(&[(y, 3)], Rest::Exact, &mean, exec)?.0,
        "coarsen" if options["boundary"] == "trim" => bare(f8()).coarsen(&[(y, 2)], Rest::Trim, &sum, exec)?.0,
        "coarsen" if options["boundary"] == "pad" => bare(f8()).coarsen(&[(y, 2)], Rest::Pad, &sum, exec)?.0,
        "coarsen" => f8().coarsen(&[(x, 2)], Rest::Exact, &mean, exec)?.0,
        "idxmin" => f8().idxmin(y, exec)?.0,
        "idxmax" => f8().idxmax(y, exec)?.0,
        "reduce" => ds.reduce(&mean.over([y]), exec)?.0,
        "weights" => {
            let weights = Some(ds.weights(&format!("{y} + 1"))?);
            f8().reduce(&Reduction { weights, ..mean.over(["y"]) }, exec)?.0
        }
        "groupby" => f8().groupby(of("name"))?.reduce(&max, exec)?.0,
        "groupby_all" => f8().groupby_all(&[of("name")])?.reduce(&max, exec)?.0,
        "groupby_bins" => {
            let bins = bare(f8()).groupby_bins(y, &Cut::new(vec![-1.0, 10.0, 40.0]))?;
            bins.reduce(&max, exec)?.0.drop_vars(&["y_bins"])?
        }
        "transform" => bare(f8()).groupby("y")?.transform(if wrong { "nowhere" } else { "anomaly" }, exec)?.0,
        "combine_first" => {
            let one = |v: &str| parse(&format!("{v} * 0 + 1"));
            let ones = ds.assign("f8", &one(of("f8"))?, exec)?.assign("f4", &one("f4")?, exec)?;
            ds.combine_first(&ones, exec)?
        }
        "polyfit" => bare(f8()).fillna(1.0.into(), exec)?.polyfit(x, 1, exec)?.0,
        "rolling" => f8().rolling(x, Agg::Mean, &Windowing::rows(2), exec)?.0,
        other => super::ways_of_cubes::run(other, options, ds)?,
    }
    .into())
}

fn read(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

fn cases(file: &str) -> Value {
    serde_json::from_str(&read(&format!("tests/parity/{file}.json"))).unwrap()
}

#[test]
fn every_verb_of_a_cube_gives_what_xarray_gives() {
    let all = cases("cubes");
    let only = std::env::var("PARITY_CASES").unwrap_or_default();
    let mut wrong: Vec<String> = Vec::new();
    for case in all["cases"].as_array().unwrap() {
        let title = format!("{} {}", case["verb"].as_str().unwrap(), case["kind"]);
        if title.contains(&only)
            && let Err(e) = judge(case, &all["inputs"], false)
        {
            wrong.push(format!("{title}: {e}"));
        }
    }
    assert!(wrong.is_empty(), "{} cases:\n{}", wrong.len(), wrong.join("\n"));
}

/// Verbs and kinds of the cases, with the options of each.
fn known() -> Vec<(String, String, Value)> {
    let text = |c: &Value, k: &str| c[k].as_str().unwrap().to_string();
    let of = |file: &str| {
        cases(file)["cases"]
            .as_array()
            .unwrap()
            .iter()
            .map(|c| (text(c, "verb"), text(c, "kind"), c["options"].clone()))
            .collect::<Vec<_>>()
    };
    ["bridge", "combine", "cubes"].into_iter().flat_map(of).collect()
}

const KINDS: [&str; 3] = ["missing", "empty", "fails"];

/// What an option takes, by verb.
fn options() -> Vec<(&'static str, &'static str, Vec<&'static str>)> {
    use hpda_data::ops::combine::{CombineAttrs, Compat, Join, Spread};
    fn of<T, const N: usize>(all: &[(T, &'static str); N]) -> Vec<&'static str> {
        all.iter().map(|a| a.1).collect()
    }
    let methods = || vec!["nearest", "pad", "backfill"];
    vec![
        ("align.first", "join", of(&Join::ALL)),
        ("operate", "join", of(&Join::ALL)),
        ("array.operate", "join", of(&Join::ALL)),
        ("merge", "join", of(&Join::ALL)),
        ("concat", "join", of(&Join::ALL)),
        ("concat", "data_vars", of(&Spread::ALL)),
        ("merge", "compat", of(&Compat::ALL)),
        ("combine_nested", "compat", of(&Compat::ALL)),
        ("merge", "attrs", of(&CombineAttrs::ALL)),
        ("sel_points", "method", methods()),
        ("upsample", "how", of(&hpda_data::exec::reduce::Upsample::ALL)),
        ("convert_calendar", "align_on", vec!["date", "year", "random:7"]),
        ("coarsen", "boundary", vec!["exact", "trim", "pad"]),
        ("interp_points", "how", vec!["linear", "nearest"]),
        ("pad_with", "mode", of(&hpda_data::ops::reshape::Pad::MODES)),
        ("pad_with", "mode", vec!["constant"]),
        ("apply_ufunc", "on_missing_core_dim", vec!["copy", "drop"]),
        ("weighted", "what", vec!["mean", "sum", "std", "var", "quantile", "sum_of_weights"]),
        ("rolling_over", "way", vec!["reduce", "center", "construct"]),
        ("from_frame", "order", vec!["usual", "sorted", "appearance"]),
        ("from_frame", "repeats", vec!["refuse", "first", "last"]),
    ]
}

#[test]
fn verbs_and_option_values_have_cases_with_holes_without_values_and_that_fail() {
    let known = known();
    let verbs: BTreeSet<&str> = known.iter().map(|(v, ..)| v.as_str()).collect();
    let mut faults = Vec::new();
    for verb in verbs {
        let lacks: Vec<&str> = KINDS.into_iter().filter(|k| !known.iter().any(|(v, kind, _)| v == verb && kind == k)).collect();
        if !lacks.is_empty() && !NEVER_FAILS.contains(&verb) {
            faults.push(format!("{verb}: none {lacks:?}"));
        }
    }
    for (verb, option, words) in options() {
        for word in words {
            let has =
                |k: &str| known.iter().any(|(v, kind, o)| v == verb && kind == k && o.get(option).and_then(Value::as_str) == Some(word));
            let lacks: Vec<&str> = KINDS.into_iter().filter(|k| !has(k)).collect();
            if !lacks.is_empty() {
                faults.push(format!("{verb}, {option}={word}: none {lacks:?}"));
            }
        }
    }
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}

/// Comparisons answer for every two cubes.
const NEVER_FAILS: &[&str] = &["equals", "identical", "allclose"];

/// Verbs whose calls stand in tests of their own, by name, for they cannot be compared value by value: files are written, functions of the
/// caller make values, values stay what they are.
const OWN: &[(&str, &str)] = &[
    ("save", "lesson_datasets_are_built_written_opened_compared_merged_and_joined"),
    ("from_fn", "from_fn_makes_each_value_of_its_place"),
    ("from_blocks", "from_blocks_makes_each_chunk_once_and_names_the_one_that_fails"),
    ("chunk", "chunks_of_the_caller_are_worked_on_and_written"),
    ("rechunk", "rechunked_each_chunk_is_made_once_in_memory_or_in_a_file"),
    ("compute", "computed_and_persisted_values_are_in_memory"),
    ("persist", "computed_and_persisted_values_are_in_memory"),
    ("explain", "plans_of_cubes_are_explained_as_text_and_as_graphs"),
    ("explain_dot", "plans_of_cubes_are_explained_as_text_and_as_graphs"),
    ("qr", "factors_are_those_of_lapack"),
    ("svd", "factors_are_those_of_lapack"),
    ("svd_compressed", "factors_are_those_of_lapack"),
];

/// Methods that are no verbs of xarray, and why they need no cases.
const PLAIN: &[(&str, &str)] = &[
    ("dim", "the name of a dim"),
    ("dim_length", "a length"),
    ("groups", "what a grouped cube holds"),
    ("groupby_expr", "groupby with a key that is parsed"),
    ("insert", "how a cube is built"),
    ("insert_coord", "how a cube is built"),
    ("new", "how a cube is built"),
    ("variable", "a variable by its name"),
    ("windows", "what coarsen cuts"),
];

fn sources(folder: PathBuf, out: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { sources(path, out) } else { out.push(path) }
    }
}

/// The public methods of the types of cubes.
fn public_verbs() -> BTreeSet<String> {
    let mut files = Vec::new();
    for folder in ["src/array", "src/ops", "src/exec", "src/open", "src/diff"] {
        sources(Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), &mut files);
    }
    let mut out = BTreeSet::new();
    for path in files {
        let mut meant = false;
        for line in std::fs::read_to_string(path).unwrap().lines().take_while(|l| *l != "#[cfg(test)]") {
            if line.starts_with("impl") {
                meant = ["impl Dataset {", "impl DataArray {", "impl DatasetGroupBy {"].contains(&line);
            }
            if let Some(rest) = line.strip_prefix("    pub fn ").filter(|_| meant) {
                let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap();
                out.insert(rest[..end].to_string());
            }
        }
    }
    out
}

#[test]
fn every_public_verb_of_cubes_has_a_row_and_cases() {
    let doc = read("docs/xarray.md");
    let words: BTreeSet<&str> = doc.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
    let (known, verbs) = (known(), public_verbs());
    assert!(verbs.len() > 70, "the scan of the sources found only {} verbs", verbs.len());
    let plain = |v: &str| PLAIN.iter().any(|(p, _)| *p == v);
    let mut faults = Vec::new();
    for verb in verbs.iter().filter(|v| !plain(v)) {
        if !words.contains(verb.as_str()) {
            faults.push(format!("{verb}: no row in docs/xarray.md"));
        }
        // `align.first` is a case of `align`.
        if !known.iter().any(|(v, ..)| v.split('.').next() == Some(verb)) && !OWN.iter().any(|(v, _)| v == verb) {
            faults.push(format!("{verb}: no cases"));
        }
    }
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}

#[test]
fn files_and_tests_that_rows_of_cubes_name_are_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    ["src", "tests"].into_iter().for_each(|f| sources(root.join(f), &mut files));
    let texts: String =
        files.iter().filter(|f| f.extension().is_some_and(|e| e == "rs")).map(|f| std::fs::read_to_string(f).unwrap()).collect();
    let names: Vec<String> = files.iter().filter_map(|f| Some(f.file_name()?.to_string_lossy().into_owned())).collect();
    let there = |name: &str| name == "doc test" || names.iter().any(|n| n == name) || texts.contains(&format!("fn {name}("));
    for page in ["docs/xarray.md", "docs/dask.md"] {
        let doc = read(page);
        let heads = ["| ---", "| xarray ", "| dask "];
        for line in doc.lines().filter(|l| l.starts_with("| ") && !heads.iter().any(|h| l.starts_with(h))) {
            let last = line.trim().trim_end_matches('|').rsplit(" | ").next().unwrap_or_default();
            assert!(!last.trim().is_empty(), "{page}, no cases: {line}");
            for name in last.split(',').map(str::trim) {
                assert!(there(name), "{page} names {name:?}, which is not there: {line}");
            }
        }
    }
    for (verb, test) in OWN {
        assert!(there(test), "{verb}: no test {test}");
    }
}
