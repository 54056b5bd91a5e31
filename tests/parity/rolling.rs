//! Windows of cubes against xarray; the expected values are made by `make_rolling.py`.

use hpda_data::exec::ExecOptions;
use hpda_data::kernel::agg::Agg;
use hpda_data::kernel::window::Windowing;
use hpda_data::ops::select::{SelectOptions, parse_isel, parse_sel};
use hpda_data::{Dataset, NdArray, Variable};
use serde_json::Value;

/// The cube that a case is about, with `tas` as its variable.
fn data(name: &str) -> Dataset {
    let mut ds = hpda_data::open_dataset("data/climate.nc").unwrap();
    match name {
        "holes" => {
            let values = ds.variable("tas").unwrap().load().unwrap();
            let mut values: Vec<f64> = values.as_slice::<f32>().unwrap().iter().map(|x| *x as f64).collect();
            values.iter_mut().step_by(7).for_each(|x| *x = f64::NAN);
            let v = Variable::from_array(["time", "lat", "lon"], NdArray::from_vec(values, &[120, 12, 18]).unwrap()).unwrap();
            ds.insert("tas", v).unwrap();
        }
        "numbers" => {
            ds = Dataset::new();
            let values: Vec<i16> = (0..120).map(|i| (i * 37 % 101 - 50) as i16).collect();
            let v = Variable::from_array(["time", "lat", "lon"], NdArray::from_vec(values, &[5, 4, 6]).unwrap()).unwrap();
            ds.insert("tas", v).unwrap();
        }
        _ => (),
    }
    ds
}

fn rolled(ds: &Dataset, dim: &str, op: &str, windows: &Windowing, memory: usize) -> Variable {
    let exec = ExecOptions::default().with_memory(memory);
    let (out, notices) = ds.rolling(dim, Agg::parse(op).unwrap(), windows, &exec).unwrap();
    assert!(notices.is_empty(), "{notices:?}");
    out.variable("tas").unwrap().clone()
}

fn plan(case: &Value) -> Windowing {
    let mut windows = Windowing { ddof: 0, ..Windowing::rows(case["window"].as_u64().unwrap() as usize) };
    windows.center = case["center"] == true;
    windows.min_count = case["min_count"].as_u64().map(|n| n as usize);
    windows
}

#[test]
fn windows_of_cubes_are_those_of_xarray() {
    let all: Value = serde_json::from_str(include_str!("rolling.json")).unwrap();
    for case in all["cases"].as_array().unwrap() {
        let context = format!("{} {} {} {} {}", case["data"], case["op"], case["dim"], case["window"], case["center"]);
        let ds = data(case["data"].as_str().unwrap());
        let got = rolled(&ds, case["dim"].as_str().unwrap(), case["op"].as_str().unwrap(), &plan(case), 64 << 20);
        // Of small integers xarray makes f32, which are f64 here.
        let dtype = if case["dtype"] == "float32" && case["data"] == "tas" { "f32" } else { "f64" };
        assert_eq!(got.dtype().to_string(), dtype, "{context}");
        assert_eq!(got.shape(), ds.variable("tas").unwrap().shape(), "{context}");
        let values = got.load().unwrap();
        let step = case["step"].as_u64().unwrap() as usize;
        for (i, want) in case["values"].as_array().unwrap().iter().enumerate() {
            let (want, got) = (want.as_str().unwrap().parse::<f64>().unwrap(), values.scalar(i * step).as_f64().unwrap());
            let bound = if dtype == "f32" { 1e-6 } else { 1e-12 } * want.abs() + 1e-12;
            assert!((want - got).abs() <= bound || want.is_nan() && got.is_nan(), "{context} at {i}: {got} for {want}");
        }
    }
}

#[test]
fn windows_are_the_same_bits_for_any_part_and_budget() {
    let ds = data("holes");
    let windows = Windowing { ddof: 0, ..Windowing::rows(6).center().min_count(2) };
    let bits = |v: &Variable| -> Vec<u64> {
        let a = v.load().unwrap().to_contiguous().unwrap();
        a.as_slice::<f64>().unwrap().iter().map(|x| x.to_bits()).collect()
    };
    let whole = rolled(&ds, "time", "std", &windows, 256 << 20);
    let want = bits(&whole);
    assert_eq!(bits(&rolled(&ds, "time", "std", &windows, 2 << 20)), want);
    let (out, _) = ds.rolling("time", Agg::Std, &windows, &ExecOptions::default()).unwrap();
    let part = out.isel_at(&parse_isel("time=70:20:-7,lon=[3,1],lat=4").unwrap()).unwrap();
    let got = bits(part.variable("tas").unwrap());
    let picked: Vec<u64> = (0..8).flat_map(|i| [3, 1].map(|lon| (70 - 7 * i, lon))).map(|(t, lon)| want[(t * 12 + 4) * 18 + lon]).collect();
    assert_eq!(got, picked);
}

#[test]
fn windows_of_time_go_by_the_coordinate() {
    let ds = data("tas");
    let point = ds.sel(&parse_sel("lat=7.5,lon=10").unwrap(), &SelectOptions::default()).unwrap();
    let values = point.variable("tas").unwrap().load().unwrap();
    let values = values.as_slice::<f32>().unwrap();
    // 40 days hold a month and the one before it, never more: months have 28 days at least.
    let windows = Windowing { ddof: 0, ..Windowing::new(hpda_data::kernel::window::Width::parse("40D").unwrap()) };
    let got = rolled(&point, "time", "max", &windows, 64 << 20).load().unwrap();
    let got = got.as_slice::<f32>().unwrap();
    assert_eq!(got[0], values[0]);
    assert!((1..120).all(|i| got[i] == values[i].max(values[i - 1])));
}

#[test]
fn windows_along_what_is_not_there_are_refused() {
    let ds = data("tas");
    let exec = ExecOptions::default();
    assert!(ds.rolling("tme", Agg::Mean, &Windowing::rows(3), &exec).unwrap_err().to_string().contains("\"time\""));
    assert!(ds.rolling("time", Agg::Mode, &Windowing::rows(3), &exec).is_err());
    assert!(ds.rolling("time", Agg::Mean, &Windowing::rows(3).min_count(4), &exec).is_err());
    let days = Windowing::new(hpda_data::kernel::window::Width::parse("7D").unwrap());
    assert!(ds.rolling("lat", Agg::Mean, &days, &exec).is_err());
}

/// The rolling mean of the lesson's point in the eleven real files.
#[test]
fn rolling_mean_of_the_real_series_is_that_of_xarray() {
    let Some(folder) = std::env::var_os("HPDA_REAL_DATA") else {
        println!("HPDA_REAL_DATA is not set; nothing is checked");
        return;
    };
    let all: Value = serde_json::from_str(include_str!("select.json")).unwrap();
    let folder = std::path::Path::new(&folder).join("tas");
    let files: Vec<_> = (1840..=1850).map(|y| folder.join(format!("tas{y}.nc"))).collect();
    let near = SelectOptions::parse(Some("nearest"), None).unwrap();
    let point = hpda_data::open_mfdataset(&files).unwrap();
    let (whole, _) = point.rolling("time", Agg::Mean, &Windowing::rows(12), &ExecOptions::default()).unwrap();
    let got = whole.sel(&parse_sel("lon=18.07,lat=59.33").unwrap(), &near).unwrap().variable("tas").unwrap().load().unwrap();
    for (i, want) in all["real"]["rolling"].as_array().unwrap().iter().enumerate() {
        let (want, got) = (want.as_str().unwrap().parse::<f64>().unwrap(), got.scalar(i).as_f64().unwrap());
        assert!((want - got).abs() <= 1e-6 * want.abs() || want.is_nan() && got.is_nan(), "{i}: {got} for {want}");
    }
}
