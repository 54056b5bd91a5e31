//! Expressions and conditions over cubes against xarray; the expected values are made by `make_cells.py`.

use hpda_data::exec::ExecOptions;
use hpda_data::plan::{parse, parse_assignment};
use hpda_data::{Dataset, NdArray, Variable, open_dataset};
use serde_json::Value;

/// The small cube of `make_cells.py`.
fn small() -> Dataset {
    let mut ds = Dataset::new();
    let put = |ds: &mut Dataset, name: &str, dims: &[&str], array: NdArray| {
        ds.insert(name, Variable::from_array(dims.iter().copied(), array).unwrap()).unwrap();
    };
    put(&mut ds, "a", &["x", "y"], NdArray::from_vec(vec![1i16, 2, 3, 4, 5, 6], &[2, 3]).unwrap());
    put(&mut ds, "b", &["y", "z"], NdArray::from_vec(vec![0.5, -1.5, 2.5, f64::NAN, 4.5, 5.5], &[3, 2]).unwrap());
    put(&mut ds, "c", &["y"], NdArray::from_vec(vec![10i64, 20, 30], &[3]).unwrap());
    let mut coord = |name: &str, array: NdArray| ds.insert_coord(name, Variable::from_array([name], array).unwrap()).unwrap();
    coord("x", NdArray::from_vec(vec![10i64, 20], &[2]).unwrap());
    coord("y", NdArray::from_vec(vec![1.0, 2.0, 3.0], &[3]).unwrap());
    coord("z", NdArray::from_texts(vec!["p", "q"].into(), &[2]).unwrap());
    ds
}

#[test]
fn expressions_over_cubes_are_those_of_xarray() {
    let all: Value = serde_json::from_str(include_str!("cells.json")).unwrap();
    let exec = ExecOptions::default();
    for case in all["cases"].as_array().unwrap() {
        let (text, name) = (case["text"].as_str().unwrap(), case["name"].as_str().unwrap());
        let ds = if case["data"] == "climate" { open_dataset("data/climate.nc").unwrap() } else { small() };
        let made = match case["how"].as_str().unwrap() {
            "with" => parse_assignment(text).and_then(|(name, e)| ds.assign(&name, &e, &exec)),
            _ => parse(text).and_then(|e| ds.filter(&e, &exec)),
        };
        let made = made.unwrap_or_else(|e| panic!("{text}: {e}"));
        let v = made.variable(name).unwrap();
        let dims: Vec<&str> = case["dims"].as_array().unwrap().iter().map(|d| d.as_str().unwrap()).collect();
        assert_eq!(v.dims().iter().map(|d| &**d).collect::<Vec<_>>(), dims, "{text}");
        let shape: Vec<u64> = v.shape().iter().map(|&n| n as u64).collect();
        assert_eq!(shape, case["shape"].as_array().unwrap().iter().map(|n| n.as_u64().unwrap()).collect::<Vec<_>>(), "{text}");
        let kind = case["dtype"].as_str().unwrap();
        let dtype = v.dtype().to_string();
        // Parts of times, and integers with missing places, keep a type of their own here.
        match kind {
            "float32" if case["data"] == "climate" => assert_eq!(dtype, "f32", "{text}"),
            "bool" => assert_eq!(dtype, "bool", "{text}"),
            _ => assert_ne!(dtype, "bool", "{text}"),
        }
        let values = v.load().unwrap();
        let step = case["step"].as_u64().unwrap() as usize;
        for (i, want) in case["values"].as_array().unwrap().iter().enumerate() {
            let want = want.as_str().unwrap().parse::<f64>().unwrap();
            let got = values.scalar(i * step);
            let got = match got.to_string().as_str() {
                "true" => 1.0,
                "false" => 0.0,
                _ => got.as_f64().unwrap_or(f64::NAN),
            };
            // xarray adds f32 in f32: a mean of 300 K is good to 1e-6 of that.
            let bound = if dtype == "f32" { 5e-4 } else { 1e-12 * want.abs().max(1.0) };
            assert!((want - got).abs() <= bound || want.is_nan() && got.is_nan(), "{text} at {i}: {got} for {want}");
        }
    }
}

#[test]
fn parts_of_an_expression_are_computed_alone() {
    use hpda_data::ops::select::parse_isel;
    let ds = open_dataset("data/climate.nc").unwrap();
    let (_, e) = parse_assignment("r = lon - tas").unwrap();
    let made = ds.assign("r", &e, &ExecOptions::default()).unwrap();
    // The order of dims is that of their first appearance.
    let r = made.variable("r").unwrap();
    assert_eq!(r.shape(), [18, 120, 12]);
    let part = made.isel_at(&parse_isel("time=50:40:-5,lat=3,lon=[2,0]").unwrap()).unwrap();
    let (part, whole) = (part.variable("r").unwrap().load().unwrap(), r.load().unwrap());
    let at = |lon: usize, time: usize| whole.scalar((lon * 120 + time) * 12 + 3).as_f64().unwrap();
    let got: Vec<f64> = (0..4).map(|i| part.scalar(i).as_f64().unwrap()).collect();
    assert_eq!(got, [at(2, 50), at(2, 45), at(0, 50), at(0, 45)]);
}

#[test]
fn units_go_unless_they_are_converted() {
    let ds = open_dataset("data/climate.nc").unwrap();
    let exec = ExecOptions::default();
    let with = |text: &str| {
        let (name, e) = parse_assignment(text).unwrap();
        ds.assign(&name, &e, &exec).map(|d| d.variable(&name).unwrap().clone())
    };
    let bare = with("tas = tas - 273.15").unwrap();
    assert_eq!((bare.attrs.text("units"), bare.attrs.text("standard_name")), (None, None));
    assert_eq!(bare.attrs.text("long_name"), Some("near-surface air temperature"));
    let celsius = with("tas = convert_units(tas, 'degC')").unwrap();
    assert_eq!((celsius.attrs.text("units"), celsius.attrs.text("standard_name")), (Some("degC"), Some("air_temperature")));
    assert!(with("tas = convert_units(tas, 'Pa')").unwrap_err().to_string().contains("\"K\""));
    assert_eq!(with("t2m = tas").unwrap().attrs.text("units"), Some("K"));
}

#[test]
fn conditions_that_cannot_be_are_refused_before_data_is_read() {
    let ds = open_dataset("data/climate.nc").unwrap();
    let exec = ExecOptions::default();
    let refused = |text: &str| ds.filter(&parse(text).unwrap(), &exec).unwrap_err().to_string();
    assert!(refused("tass > 3").contains("\"tas\""));
    assert!(refused("tas + 1").contains("true or false"));
    assert!(refused("lat + 1").contains("true or false"));
    assert!(refused("tas > mean(tas, 'tme')").contains("\"time\""));
    assert!(ds.assign("x", &parse("shift(tas, 1)").unwrap(), &exec).is_err());
}
