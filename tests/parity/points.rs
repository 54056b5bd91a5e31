//! Cubes at the points of a table against xarray's pointwise selection; the expected values are made by `make_points.py`.

use hpda_data::exec::{ExecOptions, PointOptions};
use hpda_data::store::Column;
use hpda_data::{DType, DataFrame, open_dataset};
use serde_json::Value;

fn floats(v: &Value) -> Vec<f64> {
    v.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect()
}

fn dates(texts: &[&str]) -> Column {
    Column::from_texts(texts.iter().map(Some)).cast(&DType::Date).unwrap()
}

#[test]
fn values_at_points_are_those_of_xarray() {
    let all: Value = serde_json::from_str(include_str!("points.json")).unwrap();
    let time: Vec<&str> = all["time"].as_array().unwrap().iter().map(|t| t.as_str().unwrap()).collect();
    let frame = DataFrame::new([("time", dates(&time)), ("lat", floats(&all["lat"]).into()), ("lon", floats(&all["lon"]).into())]).unwrap();
    let cube = open_dataset("data/climate.nc").unwrap();
    let (out, notices) = frame.join_points(&cube, &["time", "lat", "lon"], &PointOptions::default(), &ExecOptions::default()).unwrap();
    assert!(notices.is_empty(), "{notices:?}");
    assert_eq!(out.names(), ["time", "lat", "lon", "tas"]);
    let tas = out.column("tas").unwrap();
    for (i, want) in all["tas"].as_array().unwrap().iter().enumerate() {
        let want = want.as_str().unwrap().parse::<f64>().unwrap();
        let got = tas.scalar(i).as_f64();
        assert!(got == Some(want) || want.is_nan() && got.is_none(), "{i}: {got:?} for {want}");
    }
}

#[test]
fn points_without_a_cell_are_missing_and_counted() {
    let cube = open_dataset("data/climate.nc").unwrap();
    let frame = DataFrame::new([
        // Outside the years; a day that the calendar lacks; across the seam; in place.
        ("time", dates(&["1900-01-01", "1852-02-29", "1850-01-16", "1850-01-16"])),
        ("lat", vec![7.5, 7.5, 7.5, 7.5].into()),
        ("lon", vec![10.0, 10.0, -0.5, 9.0].into()),
    ])
    .unwrap();
    let join = |how: &PointOptions| frame.join_points(&cube, &["time", "lat", "lon"], how, &ExecOptions::default()).unwrap();
    let there = |out: &DataFrame| -> Vec<bool> {
        let tas = out.column("tas").unwrap();
        (0..4).map(|i| tas.scalar(i).as_f64().is_some()).collect()
    };
    let (out, notices) = join(&PointOptions::default());
    assert_eq!(there(&out), [false, false, true, true]);
    assert_eq!(notices.iter().count(), 2);
    let (out, _) = join(&PointOptions { extrapolate: true, ..PointOptions::default() });
    assert_eq!(there(&out), [true, false, true, true]);
    let (out, _) = join(&PointOptions { tolerance: Some(2.0), ..PointOptions::default() });
    assert_eq!(there(&out), [false, false, false, true]);
    let wrong = frame.join_points(&cube, &["time", "latt"], &PointOptions::default(), &ExecOptions::default());
    assert!(wrong.unwrap_err().to_string().contains("\"lat\""));
}
