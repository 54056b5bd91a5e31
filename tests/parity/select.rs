//! Selections against xarray; the expected values are made by `make_select.py`.

use hpda_data::ops::select::{SelectOptions, parse_isel, parse_sel};
use hpda_data::{Dataset, NdArray, Variable};
use serde_json::Value;

/// The small cube of `make_select.py`.
fn small() -> Dataset {
    let mut ds = Dataset::new();
    let mut coord = |name: &str, dim: &str, array: NdArray| ds.insert_coord(name, Variable::from_array([dim], array).unwrap()).unwrap();
    coord("lat", "lat", NdArray::from_vec(vec![75.0, 45.0, 15.0, -15.0, -45.0, -75.0], &[6]).unwrap());
    coord("level", "level", NdArray::from_vec(vec![1000i32, 850, 500, 200], &[4]).unwrap());
    coord("site", "site", NdArray::from_texts(vec!["north", "mid", "south"].into(), &[3]).unwrap());
    coord("depth", "level", NdArray::from_vec(vec![0.5, 1.5, 2.5, 3.5], &[4]).unwrap());
    let v = NdArray::from_vec((0..72).map(|x| x as f32).collect(), &[6, 4, 3]).unwrap();
    ds.insert("v", Variable::from_array(["lat", "level", "site"], v).unwrap()).unwrap();
    ds.insert("n", Variable::from_array(["level"], NdArray::from_vec(vec![5i16, 7, 9, 11], &[4]).unwrap()).unwrap()).unwrap();
    ds
}

#[test]
fn selections_are_those_of_xarray() {
    let all: Value = serde_json::from_str(include_str!("select.json")).unwrap();
    for case in all["cases"].as_array().unwrap() {
        let climate = case["data"] == "climate";
        let ds = if climate { hpda_data::open_dataset("data/climate.nc").unwrap() } else { small() };
        let text = case["text"].as_str().unwrap();
        let tolerance = case["tolerance"].as_f64().map(|t| t.to_string());
        let options = SelectOptions::parse(case["method"].as_str(), tolerance.as_deref()).unwrap();
        let got = match case["how"].as_str().unwrap() {
            "sel" => ds.sel(&parse_sel(text).unwrap(), &options),
            _ => ds.isel_at(&parse_isel(text).unwrap()),
        };
        if case["fails"] == true {
            assert!(got.is_err(), "{case}");
            continue;
        }
        let got = got.unwrap_or_else(|e| panic!("{case}: {e}"));
        let v = got.variable(if climate { "tas" } else { "v" }).unwrap();
        let dims: Vec<&str> = case["dims"].as_array().unwrap().iter().map(|d| d.as_str().unwrap()).collect();
        assert_eq!(v.dims().iter().map(|d| &**d).collect::<Vec<_>>(), dims, "{case}");
        let shape: Vec<u64> = v.shape().iter().map(|&n| n as u64).collect();
        assert_eq!(shape, case["shape"].as_array().unwrap().iter().map(|n| n.as_u64().unwrap()).collect::<Vec<_>>(), "{case}");
        let values = v.load().unwrap();
        let step = case["step"].as_u64().unwrap() as usize;
        for (i, want) in case["values"].as_array().unwrap().iter().enumerate() {
            let (want, got) = (want.as_str().unwrap().parse::<f64>().unwrap(), values.scalar(i * step).as_f64().unwrap());
            assert!(want == got || want.is_nan() && got.is_nan(), "{case} at {i}: {got}");
        }
        let coords = case["coords"].as_object().unwrap();
        assert_eq!(got.coords.len(), coords.len(), "{case}");
        for (name, labels) in coords {
            let have = got.coords.get(name).unwrap().load().unwrap();
            for (i, want) in labels.as_array().unwrap().iter().enumerate() {
                let (want, have) = (want.as_str().unwrap(), have.scalar(i));
                let same = want == have.to_string() || want.parse::<f64>().is_ok_and(|w| have.as_f64() == Some(w));
                assert!(same, "{case}: {name} {have}");
            }
        }
    }
}

/// The point of the lesson in the eleven real files.
#[test]
fn series_of_the_nearest_point_is_that_of_xarray() {
    let Some(folder) = std::env::var_os("HPDA_REAL_DATA") else {
        println!("HPDA_REAL_DATA is not set; nothing is checked");
        return;
    };
    let all: Value = serde_json::from_str(include_str!("select.json")).unwrap();
    let real = &all["real"];
    let folder = std::path::Path::new(&folder).join("tas");
    let files: Vec<_> = (1840..=1850).map(|y| folder.join(format!("tas{y}.nc"))).collect();
    let ds = hpda_data::open_mfdataset(&files).unwrap();
    let near = SelectOptions::parse(Some("nearest"), None).unwrap();
    let point = ds.sel(&parse_sel("lon=18.07,lat=59.33").unwrap(), &near).unwrap();
    let label = |ds: &Dataset, name: &str| ds.variable(name).unwrap().load().unwrap().scalar(0).as_f64().unwrap();
    let number = |name: &str| real[name].as_str().unwrap().parse::<f64>().unwrap();
    assert_eq!((label(&point, "lat"), label(&point, "lon")), (number("lat"), number("lon")));
    let series = point.variable("tas").unwrap().load().unwrap();
    let want: Vec<f64> = real["values"].as_array().unwrap().iter().map(|v| v.as_str().unwrap().parse().unwrap()).collect();
    assert_eq!((0..series.len()).map(|i| series.scalar(i).as_f64().unwrap()).collect::<Vec<_>>(), want);
    let west = ds.sel(&parse_sel("longitude=-74").unwrap(), &near).unwrap();
    assert_eq!(label(&west, "lon"), number("west"));
    let slice = ds.sel(&parse_sel("time=1849-12:1850-06,lat=30:60,lon=0:40:3").unwrap(), &SelectOptions::default()).unwrap();
    let shape: Vec<u64> = slice.variable("tas").unwrap().shape().iter().map(|&n| n as u64).collect();
    assert_eq!(shape, real["slice"].as_array().unwrap().iter().map(|n| n.as_u64().unwrap()).collect::<Vec<_>>());
}
