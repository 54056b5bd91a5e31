//! Cubes joined to one.

use hpda_data::coding::{self, DecodeOptions};
use hpda_data::ops::combine::{ConcatOptions, Join, concat};
use hpda_data::store::{AttrValue, Selection, Selector};
use hpda_data::{Attrs, DType, Dataset, NdArray, Result, Scalar, Variable};

fn attrs(items: &[(&str, AttrValue)]) -> Attrs {
    items.iter().map(|(k, v)| (*k, v.clone())).collect()
}

/// One file: `t(time, x)` counting from `first`, `n` times in these units, a fixed `x`.
struct File {
    first: i16,
    n: usize,
    units: &'static str,
    days: f64,
    packing: Vec<(&'static str, AttrValue)>,
    x: [f64; 2],
}

impl Default for File {
    fn default() -> File {
        File { first: 0, n: 2, units: "days since 2000-01-01", days: 0.0, packing: vec![("scale_factor", 0.5f64.into())], x: [1.0, 2.0] }
    }
}

impl File {
    fn open(self) -> Dataset {
        let mut raw = Dataset::new();
        let values: Vec<i16> = (0..2 * self.n as i16).map(|i| self.first + i).collect();
        let t = Variable::from_array(["time", "x"], NdArray::from_vec(values, &[self.n, 2]).unwrap()).unwrap();
        raw.insert("t", t.with_attrs(attrs(&self.packing))).unwrap();
        let days: Vec<f64> = (0..self.n).map(|i| self.days + i as f64).collect();
        let time = Variable::from_array(["time"], NdArray::from_vec(days.clone(), &[self.n]).unwrap()).unwrap();
        let list = [("units", AttrValue::from(self.units)), ("calendar", "proleptic_gregorian".into()), ("bounds", "time_bnds".into())];
        raw.insert("time", time.with_attrs(attrs(&list))).unwrap();
        let edges: Vec<f64> = days.iter().flat_map(|d| [*d, d + 1.0]).collect();
        raw.insert("time_bnds", Variable::from_array(["time", "b"], NdArray::from_vec(edges, &[self.n, 2]).unwrap()).unwrap()).unwrap();
        raw.insert("x", Variable::from_array(["x"], NdArray::from_vec(self.x.to_vec(), &[2]).unwrap()).unwrap()).unwrap();
        raw.unlimited.push("time".into());
        coding::decode(raw, &DecodeOptions::default()).unwrap().0
    }
}

fn joined(files: Vec<File>) -> Result<Dataset> {
    concat(files.into_iter().map(File::open).collect(), &ConcatOptions::default()).map(|r| r.0)
}

fn numbers(ds: &Dataset, name: &str) -> Vec<f64> {
    let a = ds.variable(name).unwrap().load().unwrap();
    (0..a.len()).map(|i| a.scalar(i).as_f64().unwrap_or(f64::NAN)).collect()
}

#[test]
fn the_one_dim_that_differs_is_joined_and_companions_follow() {
    let ds = joined(vec![File::default(), File { first: 4, days: 2.0, n: 3, ..File::default() }]).unwrap();
    assert_eq!(ds.dims["time"], 5);
    assert_eq!(numbers(&ds, "t"), (0..10).map(|i| i as f64 * 0.5).collect::<Vec<_>>());
    assert_eq!(ds.variable("time_bnds").unwrap().shape(), [5, 2]);
    assert_eq!(ds.variable("time").unwrap().load().unwrap().scalar(4).to_string(), "2000-01-05T00:00:00");
    assert_eq!(&*ds.unlimited[0], "time");
    // Packed alike, it goes back as it was.
    let (raw, _) = coding::encode(&ds).unwrap();
    let t = raw.variable("t").unwrap();
    assert_eq!((t.dtype(), t.load().unwrap().as_slice::<i16>().unwrap()[9]), (&DType::I16, 9));
}

#[test]
fn parts_of_a_joined_variable_are_read_from_the_right_files() {
    let files = (0..4).map(|k| File { first: 6 * k, days: 3.0 * k as f64, n: 3, ..File::default() });
    let ds = joined(files.collect()).unwrap();
    let t = ds.variable("t").unwrap();
    let whole = t.load().unwrap();
    let check = |selection: Vec<Selector>| {
        let s = Selection::new(selection);
        let (a, b) = (t.read(&s).unwrap(), whole.select(&s).unwrap().to_contiguous().unwrap());
        assert_eq!((a.shape(), a.as_slice::<f64>()), (b.shape(), b.as_slice::<f64>()), "{s:?}");
    };
    check(vec![Selector::span(2, 5), Selector::All]);
    check(vec![Selector::At(7), Selector::All]);
    check(vec![Selector::Range { start: 11, count: 6, step: -2 }, Selector::At(1)]);
    check(vec![Selector::Take(vec![0, 11, 5, 5, 4].into()), Selector::span(1, 1)]);
    check(vec![Selector::span(3, 0), Selector::All]);
    let part = ds.isel(&[("time", Selector::span(2, 5))]).unwrap();
    assert_eq!(numbers(&part, "t"), (4..14).map(|i| i as f64 * 0.5).collect::<Vec<_>>());
}

#[test]
fn times_counted_from_different_dates_come_out_right() {
    let second = File { first: 4, units: "hours since 2000-01-03", days: 0.0, ..File::default() };
    let ds = joined(vec![File::default(), second]).unwrap();
    let time = ds.variable("time").unwrap().load().unwrap();
    let text: Vec<String> = (0..4).map(|i| time.scalar(i).to_string()).collect();
    assert_eq!(text, ["2000-01-01T00:00:00", "2000-01-02T00:00:00", "2000-01-03T00:00:00", "2000-01-03T01:00:00"]);
    let (raw, _) = coding::encode(&ds).unwrap();
    let time = raw.variable("time").unwrap();
    assert_eq!(time.attrs.text("units"), Some("days since 2000-01-01"));
    assert_eq!(time.load().unwrap().as_slice::<f64>().unwrap()[..3], [0.0, 1.0, 2.0]);
}

#[test]
fn files_packed_differently_come_out_right_without_packing() {
    let second = File { first: 4, days: 2.0, packing: vec![("scale_factor", 10.0f64.into())], ..File::default() };
    let (ds, notices) = concat(vec![File::default().open(), second.open()], &ConcatOptions::default()).unwrap();
    assert_eq!(numbers(&ds, "t"), [0.0, 0.5, 1.0, 1.5, 40.0, 50.0, 60.0, 70.0]);
    assert!(notices.iter().any(|n| n.message.contains("without packing")));
    let (raw, _) = coding::encode(&ds).unwrap();
    assert_eq!(*raw.variable("t").unwrap().dtype(), DType::F64);
    assert!(!raw.variable("t").unwrap().attrs.contains("scale_factor"));
}

#[test]
fn other_labels_must_agree_or_are_joined_by_common_ones() {
    let files = || vec![File::default().open(), File { first: 4, days: 2.0, x: [2.0, 3.0], ..File::default() }.open()];
    let e = concat(files(), &ConcatOptions::default()).unwrap_err();
    assert!(e.message().contains("\"time\", \"x\""), "{e}");
    let along_time = ConcatOptions { dim: Some("time".into()), ..ConcatOptions::default() };
    let e = concat(files(), &along_time).unwrap_err();
    assert!(e.message().contains("1") && e.message().contains("2") && e.message().contains("\"x\""), "{e}");
    let inner = ConcatOptions { join: Join::Inner, ..along_time };
    let (ds, _) = concat(files(), &inner).unwrap();
    assert_eq!(numbers(&ds, "x"), [2.0]);
    assert_eq!(numbers(&ds, "t"), [0.5, 1.5, 2.0, 3.0]);
}

#[test]
fn calendars_that_differ_are_refused() {
    let with = |name: &str| {
        let mut raw = Dataset::new();
        let day = if name == "noleap" { 1.0 } else { 2.0 };
        let time = Variable::from_array(["time"], NdArray::from_vec(vec![day], &[1]).unwrap()).unwrap();
        let list = [("units", AttrValue::from("days since 2000-01-01")), ("calendar", name.into())];
        raw.insert("time", time.with_attrs(attrs(&list))).unwrap();
        coding::decode(raw, &DecodeOptions::default()).unwrap().0
    };
    let e = concat(vec![with("noleap"), with("360_day")], &ConcatOptions::default()).unwrap_err();
    assert!(e.remedy().unwrap_or("").contains("convert_calendar"), "{e}");
}

#[test]
fn units_that_convert_are_converted_and_others_refused() {
    let with = |units: &'static str, days: f64| {
        File { days, packing: vec![("units", units.into()), ("scale_factor", 0.5f64.into())], ..File::default() }.open()
    };
    let (ds, _) = concat(vec![with("K", 0.0), with("degC", 2.0)], &ConcatOptions::default()).unwrap();
    assert_eq!(numbers(&ds, "t")[4..], [273.15, 273.65, 274.15, 274.65]);
    let e = concat(vec![with("K", 0.0), with("Pa", 2.0)], &ConcatOptions::default()).unwrap_err();
    assert!(e.message().contains("\"Pa\"") && e.message().contains("\"K\""), "{e}");
}

#[test]
fn different_variables_over_the_same_labels_are_merged() {
    let a = File::default().open();
    let mut b = File::default().open();
    let t = b.vars.shift_remove("t").unwrap();
    b.vars.insert("u".into(), t);
    let (ds, _) = concat(vec![a, b], &ConcatOptions::default()).unwrap();
    assert_eq!(numbers(&ds, "t"), numbers(&ds, "u"));
    let e = concat(vec![File::default().open(), File::default().open()], &ConcatOptions::default()).unwrap_err();
    assert!(e.remedy().unwrap_or("").contains("--dim"), "{e}");
}

#[test]
fn a_name_that_is_no_dim_makes_a_new_one() {
    let member = |k: i64| {
        let mut ds = File { first: k as i16, ..File::default() }.open();
        ds.insert_coord("member", Variable::from_array([] as [&str; 0], NdArray::from_number(k)).unwrap()).unwrap();
        ds
    };
    let options = ConcatOptions { dim: Some("member".into()), ..ConcatOptions::default() };
    let (ds, _) = concat(vec![member(1), member(2)], &options).unwrap();
    assert_eq!(ds.variable("t").unwrap().shape(), [2, 2, 2]);
    assert_eq!(ds.variable("time_bnds").unwrap().shape(), [2, 2]);
    assert_eq!(numbers(&ds, "member"), [1.0, 2.0]);
    assert_eq!(numbers(&ds, "t"), [0.5, 1.0, 1.5, 2.0, 1.0, 1.5, 2.0, 2.5]);
}

#[test]
fn variables_that_are_not_joined_must_be_equal() {
    let with = |h: f64, days: f64| {
        let mut ds = File { days, ..File::default() }.open();
        ds.insert_coord("height", Variable::from_array([] as [&str; 0], NdArray::from_number(h)).unwrap()).unwrap();
        ds
    };
    let e = concat(vec![with(2.0, 0.0), with(10.0, 2.0)], &ConcatOptions::default()).unwrap_err();
    assert!(e.message().contains("\"height\"") && e.message().contains("10"), "{e}");
    let (ds, notices) = concat(vec![with(2.0, 2.0), with(2.0, 0.0)], &ConcatOptions::default()).unwrap();
    assert_eq!(ds.variable("height").unwrap().load().unwrap().scalar(0), Scalar::F64(2.0));
    assert!(notices.iter().any(|n| n.message.contains("not in order")));
}
