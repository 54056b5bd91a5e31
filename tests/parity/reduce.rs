//! Reductions of cubes against xarray; the expected values are made by `make_reduce.py`.

use hpda_data::exec::ExecOptions;
use hpda_data::exec::reduce::{Reduction, Weights};
use hpda_data::kernel::agg::Agg;
use hpda_data::{DType, Dataset, NdArray, Variable};
use serde_json::Value;

fn expected() -> Value {
    serde_json::from_str(include_str!("reduce.json")).unwrap()
}

/// The dataset that a case is about, with `tas` as its one variable.
fn data(case: &Value, all: &Value) -> Dataset {
    let mut ds = hpda_data::open_dataset("data/climate.nc").unwrap();
    match case["data"].as_str().unwrap() {
        "tas" => (),
        "holes" => {
            let mut values = ds.variable("tas").unwrap().load().unwrap().as_slice::<f32>().unwrap().to_vec();
            values.iter_mut().step_by(7).for_each(|x| *x = f32::NAN);
            (0..120).for_each(|t| values[t * 12 * 18 + 3 * 18 + 4] = f32::NAN);
            let v = Variable::from_array(["time", "lat", "lon"], NdArray::from_vec(values, &[120, 12, 18]).unwrap()).unwrap();
            ds.insert("tas", v).unwrap();
        }
        _ => {
            let values: Vec<i16> = all["numbers"].as_array().unwrap().iter().map(|x| x.as_i64().unwrap() as i16).collect();
            ds = Dataset::new();
            let v = Variable::from_array(["time", "lat", "lon"], NdArray::from_vec(values, &[5, 4, 6]).unwrap()).unwrap();
            ds.insert("tas", v).unwrap();
        }
    }
    ds
}

fn dims(case: &Value, key: &str) -> Vec<String> {
    case[key].as_array().unwrap().iter().map(|d| d.as_str().unwrap().to_string()).collect()
}

/// Compares dims, type and the values that the case names.
fn judge(case: &Value, got: &Variable, context: &str) {
    assert_eq!(got.dims().iter().map(|d| d.to_string()).collect::<Vec<_>>(), dims(case, "out_dims"), "{context}");
    let dtype = match case["dtype"].as_str().unwrap() {
        "float32" => DType::F32,
        "float64" => DType::F64,
        "bool" => DType::Bool,
        "int16" => DType::I16,
        _ => DType::I64,
    };
    assert_eq!(*got.dtype(), dtype, "{context}");
    let array = got.load().unwrap();
    assert_eq!(array.len(), case["n"].as_u64().unwrap() as usize, "{context}");
    let step = case["step"].as_u64().unwrap() as usize;
    for (i, want) in case["values"].as_array().unwrap().iter().enumerate() {
        let (want, got) = (want.as_str().unwrap(), array.scalar(i * step));
        match want {
            "True" | "False" => assert_eq!(got.to_string(), want.to_lowercase(), "{context} at {i}"),
            "nan" => assert!(got.as_f64().is_none_or(f64::is_nan), "{context} at {i}: {got}"),
            number => {
                let (want, got) = (number.parse::<f64>().unwrap(), got.as_f64().unwrap_or(f64::NAN));
                let bound = if dtype == DType::F32 { 1e-6 } else { 1e-12 } * want.abs().max(1e-300);
                assert!((want - got).abs() <= bound, "{context} at {i}: {got} for {want}");
            }
        }
    }
}

#[test]
fn aggregates_over_dims_are_those_of_xarray() {
    let all = expected();
    for case in all["plain"].as_array().unwrap() {
        let how = Reduction::new(Agg::parse(case["op"].as_str().unwrap()).unwrap()).over(dims(case, "dims"));
        let (out, notices) = data(case, &all).reduce(&how, &ExecOptions::default()).unwrap();
        assert!(notices.is_empty(), "{notices:?}");
        judge(case, out.variable("tas").unwrap(), &format!("{} {} over {}", case["data"], case["op"], case["dims"]));
    }
}

#[test]
fn aggregates_of_groups_are_those_of_xarray() {
    let all = expected();
    for case in all["groups"].as_array().unwrap() {
        let how = Reduction::new(Agg::parse(case["op"].as_str().unwrap()).unwrap());
        let groups = data(case, &all).groupby(case["key"].as_str().unwrap()).unwrap();
        let (out, _) = groups.reduce(&how, &ExecOptions::default()).unwrap();
        let context = format!("{} {} by {}", case["data"], case["op"], case["key"]);
        judge(case, out.variable("tas").unwrap(), &context);
        let name = case["key"].as_str().unwrap().trim_start_matches("time.");
        let labels = out.variable(name).unwrap().load().unwrap();
        for (i, want) in case["labels"].as_array().unwrap().iter().enumerate() {
            assert_eq!(labels.scalar(i).to_string(), want.as_str().unwrap(), "{context}");
        }
    }
}

#[test]
fn weighted_aggregates_are_those_of_xarray() {
    let all = expected();
    for case in all["weighted"].as_array().unwrap() {
        let ds = data(case, &all);
        let lat = ds.variable("lat").unwrap().load().unwrap();
        let weights = lat.as_slice::<f64>().unwrap().iter().map(|x| x.to_radians().cos()).collect();
        let mut how = Reduction::new(Agg::parse(case["op"].as_str().unwrap()).unwrap()).over(dims(case, "dims"));
        how.weights = Some(Weights::along("lat", weights));
        let (out, _) = ds.reduce(&how, &ExecOptions::default()).unwrap();
        judge(case, out.variable("tas").unwrap(), &format!("{} weighted {} over {}", case["data"], case["op"], case["dims"]));
    }
}
