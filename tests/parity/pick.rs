//! The calls of `combine.json` that pick from one cube, or ask something of two.

use super::combine::Out;
use super::cubes::times;
use hpda_data::array::DataArray;
use hpda_data::dtype::DType;
use hpda_data::label::Loc;
use hpda_data::ops::select::SelectOptions;
use hpda_data::{Column, Dataset, NdArray, Result, Scalar, Variable};
use serde_json::Value;

fn items(v: &Value) -> &[Value] {
    v.as_array().map_or(std::slice::from_ref(v), Vec::as_slice)
}

fn column(dim: &str, v: &Value) -> Column {
    match dim {
        "t" => times(items(v)),
        _ => items(v).iter().map(|x| x.as_f64().unwrap()).collect::<Vec<f64>>().into(),
    }
}

fn value(v: &Value) -> Scalar {
    v.as_str().map_or_else(|| v.as_f64().unwrap().into(), Into::into)
}

pub fn run(verb: &str, options: &Value, on: &[Dataset]) -> Result<Out> {
    let ds = &on[0];
    let dims = |v: &Value| v.as_object().map(|o| o.clone().into_iter().collect::<Vec<_>>()).unwrap_or_default();
    let whole = |a: DataArray| a.to_dataset(Some("all"));
    let places = |v: &Value| items(v).iter().map(|i| i.as_i64().unwrap()).collect::<Vec<i64>>();
    Ok(match verb {
        "sel_points" => {
            let labels = dims(&options["labels"]);
            let labels: Vec<(&str, Column)> = labels.iter().map(|(d, v)| (d.as_str(), column(d, v))).collect();
            let mut how = SelectOptions::parse(options["method"].as_str(), None)?;
            how.tolerance = options["tolerance"].as_f64();
            ds.sel_points("station", &labels, &how)?.into()
        }
        "isel_points" => {
            let all = dims(&options["positions"]);
            let all: Vec<(&str, Vec<i64>)> = all.iter().map(|(d, v)| (d.as_str(), places(v))).collect();
            ds.isel_points("station", &all)?.into()
        }
        "loc" => {
            let (labels, slices) = (dims(&options["labels"]), dims(&options["slice"]));
            let one = |v: &Value| match v.as_array() {
                Some(all) => Loc::Many(all.iter().map(|x| value(x).into()).collect()),
                None => Loc::One(value(v).into()),
            };
            let mut wanted: Vec<(&str, Loc)> = labels.iter().map(|(d, v)| (d.as_str(), one(v))).collect();
            wanted.extend(slices.iter().map(|(d, v)| (d.as_str(), Loc::Slice(Some(value(&v[0]).into()), Some(value(&v[1]).into())))));
            ds.loc(&wanted)?.into()
        }
        "drop_sel" => ds.drop_sel("y", &column("y", &options["labels"]))?.into(),
        "drop_isel" => ds.drop_isel("x", &places(&options["positions"]))?.into(),
        "to_array" => whole(ds.to_array(options["dim"].as_str().unwrap_or("v"))?)?.into(),
        "to_dataset_along" => match options["dim"].as_str().unwrap() {
            "name" => ds.swap_dims("y", "name")?.array("f8")?.to_dataset_along("name")?.into(),
            "v" => ds.to_array("v")?.to_dataset_along("v")?.into(),
            other => ds.array("f8")?.to_dataset_along(other)?.into(),
        },
        "assign_coords" => {
            let values: Vec<f64> = items(&options["values"]).iter().map(|x| x.as_f64().unwrap_or(f64::NAN)).collect();
            let n = values.len();
            let dim = options["dims"][0].as_str().unwrap();
            let made = Variable::from_array([dim], NdArray::from_vec(values, &[n])?)?;
            assert_eq!(made.dtype(), &DType::F64);
            ds.assign_coords(&[(options["name"].as_str().unwrap(), made)])?.into()
        }
        "equals" => Out::Truth(ds.equals(&on[1])?.is_same()),
        "identical" => Out::Truth(ds.identical(&on[1])?.is_same()),
        "allclose" => Out::Truth(ds.allclose(&on[1], 1e-5, 1e-8)?.is_same()),
        other => return super::verbs_of_cubes::run(other, options, ds),
    })
}
