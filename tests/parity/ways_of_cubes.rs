//! The rest of the verbs of `verbs_of_cubes.rs`: those that take another cube or a function, and those with several ways; the expected values
//! are made by `make_cubes.py`.

use hpda_data::dtype::{Calendar, Element};
use hpda_data::exec::reduce::{Reduction, Upsample};
use hpda_data::exec::{AlignOn, Core, ExecOptions, Interp, MissingCoreDim, Ufunc};
use hpda_data::frame::calendar_range_n;
use hpda_data::label::Method;
use hpda_data::ops::combine::Join;
use hpda_data::ops::reshape::Pad;
use hpda_data::plan::{BinaryOp, Func, col};
use hpda_data::store::{Selection, Selector};
use hpda_data::{Column, DataArray, Dataset, NdArray, Result, Variable};
use serde_json::Value;

fn line<T: Element>(dim: &str, values: Vec<T>) -> Result<Variable> {
    let n = values.len();
    Variable::from_array([dim], NdArray::from_vec(values, &[n])?)
}

/// A function along core dims, in several ways.
fn of_cores(options: &Value, ds: &Dataset, (y, x): (&str, &str)) -> Result<Dataset> {
    let exec = &ExecOptions::default();
    let f8 = ds.drop_vars(&["f4"])?;
    let mut made = match options["way"].as_str().unwrap() {
        "map" => {
            let how = Ufunc::new().input(&[x, y]).output(&["m"]).size("m", 2);
            let f = |of: &[Core], out: &mut [&mut [f64]]| {
                // The core dims come in the order in which they are named.
                (out[0][0], out[0][1]) = (of[0].iter().sum(), of[0][1]);
                Ok(())
            };
            f8.apply_ufunc(&how, &[], f, exec)?
        }
        "kept" => {
            let f = |of: &[Core], out: &mut [&mut [f64]]| {
                let there: Vec<f64> = of[0].iter().copied().filter(|v| !v.is_nan()).collect();
                let mean = there.iter().sum::<f64>() / there.len() as f64;
                out[0].iter_mut().zip(of[0].iter()).for_each(|(o, v)| *o = v - mean);
                Ok(())
            };
            f8.apply_ufunc(&Ufunc::new().input(&[y]).output(&[y]), &[], f, exec)?
        }
        "two" => {
            let first = f8.isel(&[("x", Selector::At(0))])?.drop_vars(&["x"])?;
            let f = |of: &[Core], out: &mut [&mut [f64]]| {
                let width = of[0].shape()[1];
                out[0].fill(0.0);
                of[0].iter().enumerate().for_each(|(i, v)| out[0][i % width] += v * of[1][i / width]);
                Ok(())
            };
            f8.apply_ufunc(&Ufunc::new().input(&[y, x]).input(&[y]).output(&[x]), &[&first], f, exec)?
        }
        "inner" => {
            let part = f8.isel(&[("y", Selector::span(1, 2)), ("x", Selector::Take(vec![1].into()))])?;
            let f = |of: &[Core], out: &mut [&mut [f64]]| {
                out[0][0] = of[0].iter().zip(of[1].iter()).map(|(a, b)| a * b).sum();
                Ok(())
            };
            f8.apply_ufunc(&Ufunc::new().input(&[y]).input(&[y]).join(Join::Inner), &[&part], f, exec)?
        }
        _ => {
            let mut lacks = ds.clone();
            lacks.vars.insert("f4".into(), ds.vars["f4"].isel(&Selection::new(vec![Selector::All, Selector::All, Selector::At(0)]))?);
            let word = options["on_missing_core_dim"].as_str().unwrap();
            let how = MissingCoreDim::ALL.into_iter().find(|(_, n)| *n == word).unwrap().0;
            // Without what is to be left out, what fails is the dim that is nowhere.
            let how = if x == "x" { how } else { MissingCoreDim::Raise };
            let f = |of: &[Core], out: &mut [&mut [f64]]| {
                out[0][0] = of[0].iter().sum();
                Ok(())
            };
            lacks.apply_ufunc(&Ufunc::new().input(&[x]).on_missing_core_dim(how), &[], f, exec)?
        }
    };
    Ok(made.swap_remove(0))
}

/// A verb in the way that its options say; with `wrong` among them, of a dim or variable that is nowhere.
pub fn run(verb: &str, options: &Value, ds: &Dataset) -> Result<Dataset> {
    let (exec, wrong) = (&ExecOptions::default(), options["wrong"] == true);
    let of = |name: &'static str| if wrong { "nowhere" } else { name };
    let (t, y, x) = (of("t"), of("y"), of("x"));
    let word = |option: &str| options[option].as_str().unwrap();
    let f8 = ds.drop_vars(&["f4"])?;
    let bare = f8.drop_vars(&["name"])?;
    let at = |v: [f64; 2]| Column::from(v.to_vec());
    let less = |a: &Dataset, b: &Dataset| a.operate(BinaryOp::Sub, b, Join::Inner, exec);
    let named = |name: &str| Reduction::named(name);
    Ok(match verb {
        "argmin" => f8.argmin(&[y], exec)?.0.swap_remove(0),
        "argmax" => f8.argmax(&[y], exec)?.0.swap_remove(0),
        "dot" => {
            let mut other = Dataset::new();
            other.insert("f8", line("y", vec![1.0, 0.0, 2.5])?)?;
            f8.dot(&other, &[y], exec)?.0
        }
        "interp_like" if wrong => {
            // Labels that do not ascend.
            let turned = bare.isel(&[("y", Selector::Take(vec![1, 0, 2].into()))])?.rename(&[("y".into(), "nowhere".into())])?;
            turned.interp_like(&bare.rename(&[("y".into(), "nowhere".into())])?, Interp::Linear, exec)?
        }
        "interp_like" => {
            let mut other = Dataset::new();
            other.insert_coord("y", line("y", vec![20.0, 40.0])?)?;
            bare.interp_like(&other, Interp::Linear, exec)?
        }
        "interp_over" => bare.interp_over(&[(y, &at([10.0, 25.0])), ("x", &at([5.5, 6.0]))], Interp::Linear, exec)?,
        "map" if wrong && options.get("of").is_some() => ds.map(|_| col("nowhere"), exec)?,
        "map" if options["of"] == "clip" => ds.map(|x| x.call_with(Func::Clip, [-1.0, 2.0]), exec)?,
        "map" if options["of"] == "isnull" => ds.map(|x| x.is_missing(), exec)?,
        "map" => f8.groupby("name")?.map(|g| less(g, &g.reduce(&named("mean")?.over([x]), exec)?.0))?,
        "polyval" => {
            let mut powers = bare.isel(&[("x", Selector::At(0))])?.drop_vars(&["x"])?.rename(&[("y".into(), "degree".into())])?;
            powers.insert_coord("degree", line("degree", vec![0i64, 1, 2])?)?;
            bare.polyval(x, &powers, exec)?.transpose(&["t", "x"])?
        }
        "trend" => bare.trend(y, 1.0, exec)?.0,
        "detrend" => f8.detrend(y, 1, exec)?.0,
        "apply_along" => {
            let ends = |values: &[f64], out: &mut [f64]| {
                out[0] = values.iter().copied().fold(f64::NAN, f64::min);
                out[1] = values.iter().copied().fold(f64::NAN, f64::max);
            };
            f8.apply_along(y, "m", 2, ends, exec)?.0
        }
        "resample" => f8.resample(t, "2D", &Default::default())?.reduce(&named("mean")?, exec)?.0,
        "to_dataset" if wrong => DataArray { name: None, ..ds.array("f8")? }.to_dataset(None)?,
        "to_dataset" => ds.array("f8")?.to_dataset(Some("g8"))?,
        "split" => ds.split(of("name"))?.swap_remove(1).1,
        "upsample" => {
            let how = Upsample::parse(word("how"))?;
            f8.resample(t, "12h", &Default::default())?.upsample(how, None, exec)?.0
        }
        "pipe" => ds.array("f8")?.pipe(|d| d.shift(t, 1, exec))?.to_dataset(None)?,
        "reindex_filled" => bare.reindex_filled(y, &at([30.0, 5.0]), Method::Exact, None, &(-1.5).into())?,
        "interp_points" => {
            let how = if options["how"] == "nearest" { Interp::Nearest } else { Interp::Linear };
            let list = |v: &[f64]| Column::from(v.to_vec());
            let labels = match options["points"].as_str() {
                Some("none") => vec![(y, list(&[])), ("x", list(&[]))],
                Some(_) => vec![(t, calendar_range_n(Calendar::ProlepticGregorian, "2001-01-01T06:00", 2, "D")?), ("x", list(&[5.5, 6.5]))],
                None => vec![(y, list(&[10.0, 25.0, 40.0, 3.0])), ("x", list(&[5.5, 6.5, 6.0, 6.0]))],
            };
            bare.interp_points("s", &labels, how, exec)?
        }
        "pad_with" if options["mode"] == "constant" => bare.pad_with(y, 2, 1, &Pad::Constant((-7.5).into()))?,
        "pad_with" => {
            let how = Pad::MODES.into_iter().find(|(_, n)| *n == word("mode")).unwrap().0;
            let (before, after) = if how == Pad::Reflect { (2, 1) } else { (4, 2) };
            f8.pad_with(y, before, after, &how)?
        }
        "apply_ufunc" => of_cores(options, ds, (y, of("x")))?,
        "convert_calendar" => {
            let align = AlignOn::parse(word("align_on"))?;
            let mut made = f8.convert_calendar(Calendar::Day360, t, Some(align), None)?.0;
            let times = made.variable("t")?.load()?.to_contiguous()?;
            assert_eq!(times.dtype().to_string(), "datetime[360_day]");
            // Times of other calendars as text.
            let texts: Vec<String> = (0..times.len()).map(|i| times.scalar(i).to_string()).collect();
            let texts = NdArray::from_texts(texts.iter().map(|s| Some(&s[..])).collect(), &[times.len()])?;
            made.insert_coord("t", Variable::from_array(["t"], texts)?)?;
            made
        }
        "weighted" => {
            let weighted = f8.weighted(ds.weights("y + 1")?);
            match word("what") {
                "sum_of_weights" => weighted.sum_of_weights(&[y], exec)?.0,
                "quantile" => weighted.reduce(&named("q0.25")?.over([y]), exec)?.0,
                what => weighted.reduce(&named(what)?.over([y]), exec)?.0,
            }
        }
        "rolling_over" => {
            let windows = f8.rolling_over(&[(y, 2), ("x", 2)])?;
            match word("way") {
                "construct" => windows.construct(&["wy", "wx"], 1)?.0,
                "center" => windows.center().min_count(1).reduce(&named("max")?, exec)?.0,
                _ => windows.reduce(&named("mean")?, exec)?.0,
            }
        }
        other => panic!("{other}"),
    })
}
