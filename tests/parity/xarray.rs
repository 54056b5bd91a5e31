//! Decoding against xarray and cftime; the expected values are made by `make_coding.py`.

use hpda_data::coding::{self, DecodeOptions};
use hpda_data::dtype::Calendar;
use hpda_data::kernel::calendar::civil;
use hpda_data::store::AttrValue;
use hpda_data::{Attrs, DType, Dataset, NdArray, Variable};
use serde_json::Value;

fn expected() -> Value {
    serde_json::from_str(include_str!("coding.json")).unwrap()
}

fn texts(v: &Value) -> Vec<Option<&str>> {
    v.as_array().unwrap().iter().map(Value::as_str).collect()
}

fn decoded(v: Variable) -> Variable {
    let mut ds = Dataset::new();
    ds.insert("v", v).unwrap();
    let (ds, notices) = coding::decode(ds, &DecodeOptions::default()).unwrap();
    assert!(notices.is_empty(), "{notices:?}");
    ds.variable("v").unwrap().clone()
}

#[test]
fn times_of_every_calendar_are_those_of_cftime() {
    for case in expected()["times"].as_array().unwrap() {
        let (units, calendar) = (case["units"].as_str().unwrap(), case["calendar"].as_str().unwrap());
        let values: Vec<f64> = texts(&case["values"]).iter().map(|t| t.unwrap().parse().unwrap()).collect();
        let attrs: Attrs = [("units", units), ("calendar", calendar)].into_iter().collect();
        let raw = Variable::from_array(["x"], NdArray::from_vec(values.clone(), &[values.len()]).unwrap()).unwrap().with_attrs(attrs);
        let v = decoded(raw);
        let DType::Instant { calendar: kind, .. } = v.dtype() else { panic!("{units} {calendar}: {}", v.dtype()) };
        let array = v.load().unwrap();
        for (i, want) in texts(&case["dates"]).iter().enumerate() {
            let c = civil(*kind, array.as_slice::<i64>().unwrap()[i], 1_000_000);
            // cftime's calendars with a history have no year 0.
            let no_zero = matches!(Calendar::parse(calendar).unwrap(), Calendar::Standard | Calendar::Julian);
            let year = if no_zero && c.year <= 0 { c.year - 1 } else { c.year };
            let micros = c.nanos / 1_000;
            let (second, micro) = (micros / 1_000_000, micros % 1_000_000);
            let (h, m, s) = (second / 3600, second / 60 % 60, second % 60);
            let got = format!("{year}-{:02}-{:02}T{h:02}:{m:02}:{s:02}.{micro:06}", c.month, c.day);
            assert_eq!(got, want.unwrap(), "{} {units} in {calendar}", values[i]);
        }
    }
}

/// An array and a one-value attribute of the numpy type.
fn array(kind: &str, texts: &[Option<&str>]) -> (NdArray, AttrValue) {
    macro_rules! of {
        ($t:ty, $a:ident) => {{
            let v: Vec<$t> = texts.iter().map(|t| t.unwrap().parse().unwrap()).collect();
            (NdArray::from_vec(v.clone(), &[v.len()]).unwrap(), AttrValue::$a(v[..1].to_vec()))
        }};
    }
    match kind {
        "i1" => of!(i8, I8),
        "u1" => of!(u8, U8),
        "i2" => of!(i16, I16),
        "u2" => of!(u16, U16),
        "i4" => of!(i32, I32),
        "f4" => of!(f32, F32),
        _ => of!(f64, F64),
    }
}

#[test]
fn packed_numbers_have_the_types_and_bits_of_xarray() {
    for case in expected()["numbers"].as_array().unwrap() {
        let mut attrs = Attrs::new();
        for (name, value) in case["attrs"].as_object().unwrap() {
            let (kind, text) = (value[0].as_str().unwrap(), value[1].as_str().unwrap());
            attrs.set(name, if kind == "str" { text.into() } else { array(kind, &[Some(text)]).1 });
        }
        let (raw, _) = array(case["kind"].as_str().unwrap(), &texts(&case["values"]));
        let v = decoded(Variable::from_array(["x"], raw).unwrap().with_attrs(attrs));
        assert_eq!(v.dtype().to_string(), case["dtype"].as_str().unwrap(), "{case}");
        let got = v.load().unwrap();
        for (i, want) in texts(&case["decoded"]).iter().enumerate() {
            let x = got.scalar(i).as_f64().unwrap_or(f64::NAN);
            match want {
                Some(want) => assert_eq!(x, want.parse::<f64>().unwrap(), "{case}"),
                None => assert!(x.is_nan(), "{case}"),
            }
        }
    }
}
