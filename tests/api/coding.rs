//! Decoding and encoding by the CF conventions.

use hpda_data::array::{Data, LazyArray};
use hpda_data::coding::{self, DecodeOptions, EncodeOptions, Role};
use hpda_data::dtype::Calendar;
use hpda_data::store::AttrValue;
use hpda_data::{Attrs, DType, Dataset, NdArray, Scalar, Variable};

fn variable(dims: &[&str], values: NdArray, attrs: &[(&str, AttrValue)]) -> Variable {
    let attrs: Attrs = attrs.iter().map(|(k, v)| (*k, v.clone())).collect();
    Variable::from_array(dims.iter().copied(), values).unwrap().with_attrs(attrs)
}

fn dataset(items: Vec<(&str, Variable)>) -> Dataset {
    let mut ds = Dataset::new();
    items.into_iter().for_each(|(n, v)| ds.insert(n, v).unwrap());
    ds
}

fn decoded(items: Vec<(&str, Variable)>) -> Dataset {
    let (ds, notices) = coding::decode(dataset(items), &DecodeOptions::default()).unwrap();
    assert!(notices.is_empty(), "{notices:?}");
    ds
}

/// The same dataset with every value in memory, as after work.
fn loaded(ds: &Dataset) -> Dataset {
    let mut out = ds.clone();
    for v in out.vars.values_mut() {
        *v = v.with_data(Data::Memory(v.load().unwrap())).unwrap();
    }
    out
}

#[test]
fn packed_variable_is_unpacked_as_f32_and_its_packing_kept() {
    let raw = NdArray::from_vec(vec![-32768i16, 0, 100], &[3]).unwrap();
    let attrs: [(&str, AttrValue); 4] = [
        ("units", "K".into()),
        ("scale_factor", 0.01f32.into()),
        ("add_offset", 273.15f32.into()),
        ("_FillValue", AttrValue::I16(vec![-32768])),
    ];
    let ds = decoded(vec![("t", variable(&["x"], raw.clone(), &attrs))]);
    let t = ds.variable("t").unwrap();
    assert_eq!(*t.dtype(), DType::F32);
    assert_eq!(t.load().unwrap().as_slice::<f32>().unwrap()[1..], [273.15, 100f32 * 0.01f32 + 273.15f32]);
    assert!(t.load().unwrap().scalar(0).is_missing());
    assert_eq!(t.attrs.len(), 1);
    assert_eq!(t.encoding.attrs.number("scale_factor"), Some(0.01f32 as f64));
    assert_eq!(t.encoding.dtype, Some(DType::I16));
    for ds in [ds.clone(), loaded(&ds)] {
        let (back, _) = coding::encode(&ds).unwrap();
        let back = back.variable("t").unwrap();
        assert_eq!(back.load().unwrap().as_slice::<i16>().unwrap(), raw.as_slice::<i16>().unwrap());
        assert_eq!(back.attrs.get("_FillValue"), Some(&AttrValue::I16(vec![-32768])));
        assert!(back.encoding.attrs.is_empty());
    }
}

#[test]
fn integers_with_fill_stay_integers_with_missing_marked() {
    let raw = NdArray::from_vec(vec![1i32, -9, -8, 4], &[4]).unwrap();
    let attrs: [(&str, AttrValue); 2] = [("_FillValue", AttrValue::I32(vec![-9])), ("missing_value", AttrValue::I32(vec![-8]))];
    let ds = decoded(vec![("n", variable(&["x"], raw, &attrs))]);
    let n = ds.variable("n").unwrap().load().unwrap();
    assert_eq!((n.dtype(), n.valid().unwrap()), (&DType::I32, &[1u8, 0, 0, 1][..]));
    // As read, both fill values come back; loaded, missing is the _FillValue.
    let (back, _) = coding::encode(&ds).unwrap();
    assert_eq!(back.variable("n").unwrap().load().unwrap().as_slice::<i32>().unwrap(), [1, -9, -8, 4]);
    let (back, _) = coding::encode(&loaded(&ds)).unwrap();
    assert_eq!(back.variable("n").unwrap().load().unwrap().as_slice::<i32>().unwrap(), [1, -9, -9, 4]);
}

#[test]
fn unsigned_attribute_reads_the_bits_again() {
    let raw = NdArray::from_vec(vec![-1i8, 0, 127, -128], &[4]).unwrap();
    let attrs: [(&str, AttrValue); 2] = [("_Unsigned", "true".into()), ("_FillValue", AttrValue::I8(vec![-1]))];
    let ds = decoded(vec![("b", variable(&["x"], raw, &attrs))]);
    let b = ds.variable("b").unwrap().load().unwrap();
    assert_eq!((b.dtype(), b.as_slice::<u8>().unwrap()), (&DType::U8, &[255u8, 0, 127, 128][..]));
    assert_eq!(b.valid().unwrap(), [0, 1, 1, 1]);
    let (back, _) = coding::encode(&loaded(&ds)).unwrap();
    assert_eq!(back.variable("b").unwrap().load().unwrap().as_slice::<i8>().unwrap(), [-1, 0, 127, -128]);
}

#[test]
fn valid_range_is_kept_but_applied_only_on_request() {
    let raw = || variable(&["x"], NdArray::from_vec(vec![1i16, 50, 200], &[3]).unwrap(), &[("valid_range", AttrValue::I16(vec![10, 100]))]);
    let ds = decoded(vec![("v", raw())]);
    assert!(!ds.variable("v").unwrap().load().unwrap().has_valid());
    assert!(ds.variable("v").unwrap().attrs.contains("valid_range"));
    let options = DecodeOptions { valid_range: true, ..DecodeOptions::default() };
    let (ds, _) = coding::decode(dataset(vec![("v", raw())]), &options).unwrap();
    assert_eq!(ds.variable("v").unwrap().load().unwrap().valid().unwrap(), [0, 1, 0]);
    let (back, _) = coding::encode(&ds).unwrap();
    assert_eq!(back.variable("v").unwrap().load().unwrap().as_slice::<i16>().unwrap(), [1, 50, 200]);
}

#[test]
fn times_become_instants_and_their_bounds_follow() {
    let time = variable(
        &["time"],
        NdArray::from_vec(vec![0.5f64, 31.0], &[2]).unwrap(),
        &[("units", "days since 1850-01-01".into()), ("calendar", "noleap".into()), ("bounds", "time_bnds".into())],
    );
    let bounds = variable(&["time", "bnds"], NdArray::from_vec(vec![0.0f64, 31.0, 31.0, 59.0], &[2, 2]).unwrap(), &[]);
    let ds = decoded(vec![("time_bnds", bounds), ("time", time)]);
    let time = ds.coords.get("time").unwrap();
    let DType::Instant { calendar: Calendar::NoLeap, .. } = time.dtype() else { panic!("{}", time.dtype()) };
    assert_eq!(time.load().unwrap().scalar(0).to_string(), "1850-01-01T12:00:00");
    assert_eq!(ds.variable("time_bnds").unwrap().load().unwrap().scalar(3).to_string(), "1850-03-01T00:00:00");
    assert_eq!(time.encoding.attrs.text("units"), Some("days since 1850-01-01"));
    assert_eq!(coding::companions(&ds)["time_bnds"].role, Role::Bounds);
    let range = coding::time_range(&ds).unwrap().unwrap();
    assert_eq!((range.name.as_str(), range.calendar), ("time", Calendar::NoLeap));
    assert_eq!(range.last.to_string(), "1850-02-01T00:00:00");
    let (back, _) = coding::encode(&loaded(&ds)).unwrap();
    assert_eq!(back.variable("time").unwrap().load().unwrap().as_slice::<f64>().unwrap(), [0.5, 31.0]);
    assert_eq!(back.variable("time_bnds").unwrap().load().unwrap().as_slice::<f64>().unwrap(), [0.0, 31.0, 31.0, 59.0]);
    assert!(back.variable("time_bnds").unwrap().attrs.is_empty());
}

#[test]
fn standard_calendar_is_proleptic_unless_a_value_is_older_than_the_reform() {
    let time = |day: i32| {
        variable(
            &["time"],
            NdArray::from_vec(vec![day], &[1]).unwrap(),
            &[("units", "days since 1582-10-15".into()), ("calendar", "gregorian".into())],
        )
    };
    let kind = |day| match decoded(vec![("time", time(day))]).coords.get("time").unwrap().dtype() {
        DType::Instant { calendar, .. } => *calendar,
        t => panic!("{t}"),
    };
    assert_eq!((kind(0), kind(-1)), (Calendar::ProlepticGregorian, Calendar::Standard));
    let ds = decoded(vec![("time", time(-1))]);
    assert_eq!(ds.coords.get("time").unwrap().load().unwrap().scalar(0).to_string(), "1582-10-04T00:00:00");
}

#[test]
fn units_that_do_not_read_leave_numbers_and_say_so() {
    for (units, calendar) in
        [("days since yesterday", "standard"), ("days since 2000-01-01", "lunar"), ("months since 2000-01-01", "standard")]
    {
        let time =
            variable(&["time"], NdArray::from_vec(vec![0.5f64], &[1]).unwrap(), &[("units", units.into()), ("calendar", calendar.into())]);
        let (ds, notices) = coding::decode(dataset(vec![("time", time)]), &DecodeOptions::default()).unwrap();
        assert_eq!(*ds.variable("time").unwrap().dtype(), DType::F64, "{units}");
        assert_eq!(ds.variable("time").unwrap().attrs.text("units"), Some(units));
        assert_eq!(notices.iter().count(), 1);
    }
}

#[test]
fn missing_times_are_missing_and_come_back() {
    let raw = NdArray::from_vec(vec![1i32, -1], &[2]).unwrap();
    let attrs: [(&str, AttrValue); 2] = [("units", "days since 2000-01-01".into()), ("_FillValue", AttrValue::I32(vec![-1]))];
    let ds = decoded(vec![("t", variable(&["x"], raw, &attrs))]);
    let t = ds.variable("t").unwrap().load().unwrap();
    assert_eq!((t.scalar(0).to_string(), t.scalar(1)), ("2000-01-02T00:00:00".into(), Scalar::Null));
    let (back, _) = coding::encode(&loaded(&ds)).unwrap();
    assert_eq!(back.variable("t").unwrap().load().unwrap().as_slice::<i32>().unwrap(), [1, -1]);
}

#[test]
fn characters_become_text_and_come_back() {
    let raw = NdArray::from_vec(b"Oslo\0\0K\xc3\xb8ge\0\0\0\0\0\0\0".to_vec(), &[3, 6]).unwrap();
    let mut names = variable(&["station", "strlen"], raw.clone(), &[("long_name", "name".into())]);
    names.encoding.char_dim = Some("strlen".into());
    let ds = decoded(vec![("name", names)]);
    let v = ds.variable("name").unwrap();
    assert_eq!((v.dtype(), v.shape()), (&DType::Str, &[3usize][..]));
    assert_eq!([0, 1, 2].map(|i| v.load().unwrap().scalar(i).to_string()), ["Oslo", "Køge", ""]);
    assert!(!ds.dims.contains_key("strlen"));
    for ds in [ds.clone(), loaded(&ds)] {
        let (back, _) = coding::encode(&ds).unwrap();
        let back = back.variable("name").unwrap();
        assert_eq!(back.dims().iter().map(|d| &**d).collect::<Vec<_>>(), ["station", "strlen"]);
        assert_eq!(back.load().unwrap().as_slice::<u8>().unwrap(), raw.as_slice::<u8>().unwrap());
    }
}

#[test]
fn coordinates_attribute_makes_coordinates_and_is_written_again() {
    let field = variable(&["x"], NdArray::from_vec(vec![1f32, 2.0], &[2]).unwrap(), &[("coordinates", "height lon".into())]);
    let lon = variable(&["x"], NdArray::from_vec(vec![5f64, 6.0], &[2]).unwrap(), &[]);
    let height = variable(&[], NdArray::from_number(2f64), &[]);
    let ds = decoded(vec![("t", field), ("lon", lon), ("height", height)]);
    assert_eq!(ds.vars.len(), 1);
    assert!(ds.coords.contains("height") && ds.coords.contains("lon"));
    let (back, _) = coding::encode(&ds).unwrap();
    assert_eq!(back.variable("t").unwrap().attrs.text("coordinates"), Some("height lon"));
    // A coordinate that no attribute names is named by the data that have its dimensions.
    let mut more = ds.clone();
    more.insert_coord("depth", variable(&[], NdArray::from_number(1f64), &[])).unwrap();
    let (back, _) = coding::encode(&more).unwrap();
    assert_eq!(back.variable("t").unwrap().attrs.text("coordinates"), Some("height lon depth"));
}

#[test]
fn value_outside_the_packing_is_an_error_with_value_and_place() {
    let raw = NdArray::from_vec(vec![0i8], &[1]).unwrap();
    let ds = decoded(vec![("t", variable(&["x"], raw, &[("scale_factor", 0.5f64.into())]))]);
    let mut ds = loaded(&ds);
    let v = &ds.vars["t"];
    let far = v.with_data(Data::Memory(NdArray::from_vec(vec![1000.0f64], &[1]).unwrap())).unwrap();
    ds.vars.insert("t".into(), far);
    let (raw, _) = coding::encode(&ds).unwrap();
    let e = raw.variable("t").unwrap().load().unwrap_err();
    assert!(e.message().contains("1000") && e.message().contains("i8"), "{e}");
    assert_eq!(e.place().variable.as_deref(), Some("t"));
}

#[test]
fn packing_asked_for_holds_every_value_within_half_a_step() {
    let values: Vec<f32> = (0..1000).map(|i| 200.0 + (i as f32 * 0.37).sin() * 90.0).chain([f32::NAN]).collect();
    for dtype in [DType::I8, DType::I16, DType::U8, DType::U16, DType::I32, DType::U32] {
        let ds = dataset(vec![("t", variable(&["x"], NdArray::from_vec(values.clone(), &[1001]).unwrap(), &[]))]);
        let (raw, _) = coding::encode_with(&ds, &EncodeOptions { pack: Some(dtype.clone()) }).unwrap();
        assert_eq!(*raw.variable("t").unwrap().dtype(), dtype);
        let step = raw.variable("t").unwrap().attrs.number("scale_factor").unwrap();
        let (back, _) = coding::decode(raw, &DecodeOptions::default()).unwrap();
        let back = back.variable("t").unwrap().load().unwrap();
        for (i, x) in values.iter().enumerate() {
            match back.scalar(i).as_f64() {
                Some(y) if !x.is_nan() => assert!((y - *x as f64).abs() <= step * 0.5 + 2e-5, "{dtype} {x} {y} {step}"),
                y => assert!(x.is_nan() && y.is_none_or(f64::is_nan)),
            }
        }
    }
}

#[test]
fn new_times_booleans_and_missing_integers_are_written_readably() {
    let time = NdArray::from_vec(vec![0i64, 3_600_000_000], &[2]).unwrap();
    let instant = DType::Instant { unit: hpda_data::dtype::TimeUnit::Us, tz: None, calendar: Calendar::ProlepticGregorian };
    let flags = NdArray::from_buffer(vec![1u8, 0].into(), DType::Bool, &[2]).unwrap();
    let counts = NdArray::from_vec(vec![7i32, 0], &[2]).unwrap().with_valid(Some(vec![1u8, 0].into())).unwrap();
    let ds = dataset(vec![
        ("t", variable(&["x"], time.reinterpret(instant).unwrap(), &[])),
        ("f", variable(&["x"], flags, &[])),
        ("n", variable(&["x"], counts, &[])),
    ]);
    let (raw, _) = coding::encode(&ds).unwrap();
    assert_eq!(raw.variable("t").unwrap().attrs.text("units"), Some("hours since 1970-01-01 00:00:00"));
    assert_eq!(raw.variable("n").unwrap().attrs.get("_FillValue"), Some(&AttrValue::I32(vec![-2_147_483_647])));
    let (back, _) = coding::decode(raw, &DecodeOptions::default()).unwrap();
    for name in ["t", "f", "n"] {
        let (a, b) = (ds.variable(name).unwrap().load().unwrap(), back.variable(name).unwrap().load().unwrap());
        assert_eq!((a.dtype(), a.scalar(0), a.scalar(1)), (b.dtype(), b.scalar(0), b.scalar(1)), "{name}");
    }
}

#[test]
fn selection_of_a_decoded_variable_decodes_only_what_is_selected() {
    let raw = NdArray::from_vec((0..100i16).collect(), &[10, 10]).unwrap();
    let lazy = Variable::new(["y", "x"], Data::Lazy(LazyArray::from_array(raw))).unwrap();
    let attrs: Attrs = [("scale_factor", AttrValue::from(0.5f64))].into_iter().collect();
    let ds = decoded(vec![("t", lazy.with_attrs(attrs))]);
    let row = ds.isel(&[("y", hpda_data::store::Selector::At(3))]).unwrap();
    assert_eq!(row.variable("t").unwrap().load().unwrap().as_slice::<f64>().unwrap()[..2], [15.0, 15.5]);
    let (back, _) = coding::encode(&row).unwrap();
    assert_eq!(back.variable("t").unwrap().load().unwrap().as_slice::<i16>().unwrap()[..2], [30, 31]);
}

#[test]
fn changed_units_of_a_time_are_the_units_it_is_written_in() {
    let time = variable(&["time"], NdArray::from_vec(vec![1i32, 2], &[2]).unwrap(), &[("units", "days since 2000-01-01".into())]);
    let mut ds = decoded(vec![("time", time)]);
    let mut v = ds.coords.remove("time").unwrap();
    v.attrs.set("units", "hours since 2000-01-02");
    ds.insert_coord("time", v).unwrap();
    let (raw, _) = coding::encode(&ds).unwrap();
    assert_eq!(raw.variable("time").unwrap().load().unwrap().as_slice::<i32>().unwrap(), [0, 24]);
    let mut v = ds.coords.remove("time").unwrap();
    v.attrs.set("units", "weeks since 2000-01-02");
    ds.insert_coord("time", v).unwrap();
    let (raw, notices) = coding::encode(&ds).unwrap();
    assert_eq!(raw.variable("time").unwrap().attrs.text("units"), Some("days since 2000-01-02"));
    assert_eq!(notices.iter().count(), 1);
}

#[test]
fn smallest_i64_in_a_time_is_missing_and_comes_back() {
    let raw = NdArray::from_vec(vec![0i64, i64::MIN, 3], &[3]).unwrap();
    let ds = decoded(vec![("t", variable(&["t"], raw.clone(), &[("units", "days since 2000-01-01".into())]))]);
    let v = ds.variable("t").unwrap().load().unwrap();
    assert_eq!([v.scalar(0) == Scalar::Null, v.scalar(1) == Scalar::Null], [false, true]);
    for ds in [ds.clone(), loaded(&ds)] {
        let (back, _) = coding::encode(&ds).unwrap();
        let back = back.variable("t").unwrap().load().unwrap();
        assert_eq!(back.as_slice::<i64>(), raw.as_slice::<i64>());
    }
}

#[test]
fn fraction_of_a_month_is_told_as_such() {
    let raw = NdArray::from_vec(vec![1.0, 2.5], &[2]).unwrap();
    let ds = dataset(vec![("t", variable(&["t"], raw, &[("units", "months since 2000-01-01".into())]))]);
    let (_, notices) = coding::decode(ds, &DecodeOptions::default()).unwrap();
    assert!(notices.iter().any(|n| n.message.contains("2.5") && n.message.contains("fractions of months are not counted")), "{notices:?}");
}
