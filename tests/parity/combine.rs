//! Cubes brought together and picked from, against xarray; the expected values are made by `make_combine.py`.

use super::cubes::{array, same};
use hpda_data::exec::{ExecOptions, Nest, combine_by_coords, combine_nested, merge};
use hpda_data::ops::combine::{CombineAttrs, CombineOptions, Compat, ConcatOptions, Join, MergeOptions, Spread, align, concat};
use hpda_data::plan::BinaryOp;
use hpda_data::{DataArray, Dataset, Error, NdArray, Result, Variable};
use serde_json::Value;

fn list(v: &Value) -> Vec<String> {
    v.as_array().unwrap().iter().map(|x| x.as_str().unwrap().to_string()).collect()
}

pub fn cube(v: &Value) -> Dataset {
    let mut ds = Dataset::new();
    v["attrs"].as_object().unwrap().iter().for_each(|(k, x)| ds.attrs.set(k, x.as_str().unwrap()));
    for (name, v) in v["vars"].as_object().unwrap() {
        let mut variable = Variable::from_array(list(&v["dims"]), array(v)).unwrap();
        v["attrs"].as_object().unwrap().iter().for_each(|(k, x)| variable.attrs.set(k, x.as_str().unwrap()));
        match v["coord"] == true {
            true => ds.insert_coord(name, variable).unwrap(),
            false => ds.insert(name, variable).unwrap(),
        }
    }
    ds
}

/// The options of a case.
struct Options<'a>(&'a Value);

impl Options<'_> {
    fn word<T>(&self, name: &str, parse: fn(&str) -> Result<T>, or: T) -> T {
        self.0.get(name).map_or(or, |v| parse(v.as_str().unwrap()).unwrap())
    }

    fn join(&self) -> Join {
        self.word("join", Join::parse, Join::Outer)
    }

    fn combine(&self) -> CombineOptions {
        let plain = CombineOptions::default();
        CombineOptions {
            join: self.join(),
            compat: self.word("compat", Compat::parse, plain.compat),
            attrs: self.word("attrs", CombineAttrs::parse, plain.attrs),
            data_vars: self.word("data_vars", Spread::parse, plain.data_vars),
            coords: plain.coords,
        }
    }

    fn op(&self) -> BinaryOp {
        if self.0["op"] == "sub" { BinaryOp::Sub } else { BinaryOp::Mul }
    }
}

fn only(ds: &Dataset) -> Dataset {
    hpda_data::open::only(ds, &["f8".into()]).unwrap()
}

/// Without the names along y, which not all cubes have alike.
fn plain(ds: &[Dataset]) -> Vec<Dataset> {
    ds.iter().map(|d| if d.coords.contains("name") { d.drop_vars(&["name"]).unwrap() } else { d.clone() }).collect()
}

pub enum Out {
    Cube(Box<Dataset>),
    Truth(bool),
}

impl From<Dataset> for Out {
    fn from(ds: Dataset) -> Out {
        Out::Cube(ds.into())
    }
}

fn run(verb: &str, options: &Value, mut on: Vec<Dataset>) -> Result<Out> {
    let (o, exec) = (Options(options), &ExecOptions::default());
    if options["change"] == "still" {
        let more = on[1].assign("still", &hpda_data::plan::parse("still + 1")?, exec)?;
        on[1] = more;
    }
    let value = |a: DataArray| a.to_dataset(Some("f8"));
    Ok(match verb {
        "align.first" => on[0].align(&on[1], o.join())?.0.into(),
        "align.second" => align(on, o.join(), &[])?.swap_remove(1).into(),
        "operate" => only(&on[0]).operate(o.op(), &only(&on[1]), o.join(), exec)?.into(),
        "array.operate" => value(on[0].array("f8")?.operate(o.op(), &on[1].array("f8")?, o.join(), exec)?)?.into(),
        "merge" => {
            let all = o.combine();
            match &on[..] {
                [a, b] if all.attrs == CombineAttrs::Override => a.merge(b, all.join, all.compat, exec)?.into(),
                _ => merge(on, &MergeOptions { ..all.merge() }, exec)?.into(),
            }
        }
        "concat" => {
            let how = ConcatOptions { join: o.join(), data_vars: o.combine().data_vars, ..ConcatOptions::along("t") };
            concat(plain(&on), &how)?.0.into()
        }
        "combine_by_coords" => combine_by_coords(plain(&on), &o.combine(), exec)?.0.into(),
        "combine_nested" => {
            let dims: Vec<Option<&str>> = options["dims"].as_array().unwrap().iter().map(Value::as_str).collect();
            let nest = match dims.len() {
                2 => Nest::from(plain(&on).chunks(2).map(<[Dataset]>::to_vec).collect::<Vec<_>>()),
                _ => Nest::from(on),
            };
            combine_nested(nest, &dims, &o.combine(), exec)?.0.into()
        }
        other if options["wrong"] == true => return super::verbs_of_cubes::run(other, options, &on[0]),
        other => return super::pick::run(other, options, &on),
    })
}

/// What is wrong with a case, if anything. Attributes are `described` where a policy makes them.
pub fn judge(case: &Value, inputs: &Value, described: bool) -> std::result::Result<(), String> {
    let on = list(&case["on"]).iter().map(|n| cube(&inputs[n])).collect();
    // Values are read within: lazy cubes fail no earlier.
    let found = run(case["verb"].as_str().unwrap(), &case["options"], on);
    if let Some(word) = case.get("fails").and_then(Value::as_str) {
        let refused = found.and_then(|o| match o {
            Out::Cube(ds) => ds.vars.values().try_for_each(|v| v.load().map(drop)),
            Out::Truth(_) => Ok(()),
        });
        return match refused {
            Err(e) if e.to_string().contains(word) => Ok(()),
            Err(e) => Err(format!("{word:?} is not in: {e}")),
            Ok(()) => Err("ours does not refuse".into()),
        };
    }
    // Where xarray has no answer, ours is one without values.
    if case.get("refused").is_some() {
        return match found {
            Ok(Out::Cube(ds)) if ds.vars.values().all(Variable::is_empty) => Ok(()),
            Ok(_) => Err("there are values".into()),
            Err(e) => Err(format!("error: {e}")),
        };
    }
    match found.map_err(|e: Error| format!("error: {e}"))? {
        Out::Truth(t) => {
            if case["want"] == t {
                Ok(())
            } else {
                Err(format!("is {t}"))
            }
        }
        Out::Cube(ds) => compare(&ds, &case["want"], case["verb"].as_str().unwrap(), described),
    }
}

/// What is wrong with a cube, if anything.
pub fn compare(got: &Dataset, want: &Value, verb: &str, described: bool) -> std::result::Result<(), String> {
    let names = |a: &mut Vec<String>| a.sort_unstable();
    let mut wanted: Vec<String> = want["vars"].as_object().unwrap().keys().cloned().collect();
    let mut there: Vec<String> = got.vars.keys().cloned().chain(got.coords.iter().map(|(n, _)| n.to_string())).collect();
    names(&mut wanted);
    names(&mut there);
    if wanted != there {
        return Err(format!("variables {there:?}, not {wanted:?}"));
    }
    let attrs = |what: &str, own: &hpda_data::Attrs, want: &Value| {
        let want = want.as_object().unwrap();
        let alike = own.len() == want.len() && own.iter().all(|(n, v)| want.get(n).and_then(Value::as_str) == v.as_str());
        if alike { Ok(()) } else { Err(format!("{what}: attributes {own:?}, not {want:?}")) }
    };
    // Arithmetic keeps what describes (docs/differences.md).
    let described = described && !matches!(verb, "operate" | "array.operate" | "to_array" | "to_dataset_along");
    if described {
        attrs("cube", &got.attrs, &want["attrs"])?;
    }
    for (name, want) in want["vars"].as_object().unwrap() {
        let v = got.variable(name).unwrap();
        let dims: Vec<String> = v.dims().iter().map(|d| d.to_string()).collect();
        if dims != list(&want["dims"]) || got.coords.contains(name) != (want["coord"] == true) {
            return Err(format!("{name}: dims {dims:?}, coordinate {}", got.coords.contains(name)));
        }
        if described {
            attrs(name, &v.attrs, &want["attrs"])?;
        }
        let values: NdArray = v.load().and_then(|a| a.to_contiguous()).map_err(|e| format!("{name}: {e}"))?;
        let shape: Vec<usize> = want["shape"].as_array().unwrap().iter().map(|n| n.as_u64().unwrap() as usize).collect();
        if values.shape() != shape {
            return Err(format!("{name}: shape {:?}, not {shape:?}", values.shape()));
        }
        let (ours, dtype) = (v.dtype().to_string(), want["dtype"].as_str().unwrap());
        // Holes do not turn integers into floats here.
        let whole = matches!(ours.as_str(), "i16" | "i64") && dtype.starts_with("float") && values.has_valid();
        let known = [("float64", "f64"), ("float32", "f32"), ("int64", "i64"), ("int16", "i16")];
        if known.iter().any(|(theirs, own)| dtype == *theirs && ours != *own) && !whole {
            return Err(format!("{name}: {ours}, not {dtype}"));
        }
        for (i, want) in want["values"].as_array().unwrap().iter().enumerate() {
            if !same(want, &values.scalar(i), if dtype == "float32" { 1e-6 } else { 1e-12 }) {
                return Err(format!("{name}[{i}] is {}, not {want}", values.scalar(i)));
            }
        }
    }
    Ok(())
}

#[test]
fn cubes_brought_together_and_picked_from_are_those_of_xarray() {
    let all: Value = serde_json::from_str(include_str!("combine.json")).unwrap();
    let only = std::env::var("PARITY_CASES").unwrap_or_default();
    let mut wrong: Vec<String> = Vec::new();
    for case in all["cases"].as_array().unwrap() {
        let title = format!("{} {} {} on {}", case["verb"].as_str().unwrap(), case["options"], case["kind"], case["on"]);
        if title.contains(&only)
            && let Err(e) = judge(case, &all["inputs"], true)
        {
            wrong.push(format!("{title}: {e}"));
        }
    }
    assert!(wrong.is_empty(), "{} cases:\n{}", wrong.len(), wrong.join("\n"));
}
