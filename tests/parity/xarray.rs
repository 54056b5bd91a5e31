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

/// The real files: joined, written and read again, they are what `open_mfdataset` gives (`make_tas.py`).
#[test]
fn real_files_join_to_what_open_mfdataset_gives() {
    use hpda_data::io::{Output, Overwrite, netcdf};
    use hpda_data::ops::combine::{ConcatOptions, concat};
    let Some(folder) = std::env::var_os("HPDA_REAL_DATA") else {
        println!("HPDA_REAL_DATA is not set; nothing is checked");
        return;
    };
    let want: Value = serde_json::from_str(include_str!("tas.json")).unwrap();
    let folder = std::path::Path::new(&folder).join("tas");
    let open = |path: &std::path::Path| {
        let (raw, _) = netcdf::open(path, &netcdf::NetcdfReadOptions::default()).unwrap();
        let (ds, notices) = coding::decode(raw, &DecodeOptions::default()).unwrap();
        assert!(notices.is_empty(), "{notices:?}");
        ds
    };
    let check = |ds: &Dataset| {
        for (dim, n) in want["dims"].as_object().unwrap() {
            assert_eq!(ds.dims[dim.as_str()] as u64, n.as_u64().unwrap(), "{dim}");
        }
        let mut coords: Vec<&str> = ds.coords.iter().map(|(n, _)| n).collect();
        coords.sort();
        assert_eq!(coords, texts(&want["coords"]).into_iter().flatten().collect::<Vec<_>>());
        assert_eq!(ds.attrs.len() as u64, want["attrs"].as_u64().unwrap());
        assert_eq!(ds.unlimited.iter().map(|d| &**d).collect::<Vec<_>>(), ["time"]);
        let tas = ds.variable("tas").unwrap();
        for (name, text) in want["tas_attrs"].as_object().unwrap() {
            assert_eq!(tas.attrs.text(name), text.as_str(), "{name}");
        }
        let times = ds.variable("time").unwrap().load().unwrap();
        let got: Vec<String> = (0..times.len()).map(|i| times.scalar(i).to_string()).collect();
        assert_eq!(got, texts(&want["time"]).into_iter().flatten().collect::<Vec<_>>());
        let bounds = ds.variable("time_bnds").unwrap().load().unwrap();
        let first: Vec<i64> = want["time_bnds"].as_array().unwrap().iter().map(|v| v.as_i64().unwrap()).collect();
        assert_eq!(bounds.as_slice::<i64>().unwrap()[..first.len()], first);
        let values = tas.load().unwrap();
        let values = values.as_slice::<f32>().unwrap();
        let number = |name: &str| want[name].as_str().unwrap().parse::<f64>().unwrap();
        let sum: f64 = values.iter().map(|&x| x as f64).sum();
        assert!((sum / number("sum") - 1.0).abs() < 1e-12);
        assert_eq!(values.iter().copied().fold(f32::INFINITY, f32::min) as f64, number("min"));
        assert_eq!(values.iter().copied().fold(f32::NEG_INFINITY, f32::max) as f64, number("max"));
        for (place, value) in want["places"].as_array().unwrap().iter().zip(texts(&want["values"])) {
            let at = place.as_array().unwrap().iter().zip(tas.shape()).fold(0, |at, (i, n)| at * n + i.as_u64().unwrap() as usize);
            assert_eq!(values[at] as f64, value.unwrap().parse::<f64>().unwrap());
        }
    };
    let files: Vec<Dataset> = (1840..=1850).map(|y| open(&folder.join(format!("tas{y}.nc")))).collect();
    let (joined, notices) = concat(files, &ConcatOptions::default()).unwrap();
    assert!(notices.is_empty(), "{notices:?}");
    check(&joined);

    let target = tempfile::tempdir().unwrap();
    let path = target.path().join("all.nc");
    let (raw, _) = coding::encode(&joined).unwrap();
    let output = Output::create(&path, Overwrite::No).unwrap();
    let (sink, _) = netcdf::NetcdfSink::create(output, &raw, &netcdf::NetcdfWriteOptions::default()).unwrap();
    hpda_data::exec::cube::copy(&raw, Box::new(sink), &hpda_data::exec::ExecOptions::default()).unwrap();
    let again = open(&path);
    check(&again);
    let time = again.variable("time").unwrap();
    assert_eq!(time.encoding.attrs.text("units"), Some("days since 0850-01-01 00:00:00"));
    assert_eq!(time.encoding.attrs.text("calendar"), Some("proleptic_gregorian"));
}
