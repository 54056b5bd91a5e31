//! Times of every calendar: converted, on even steps, moved and in ranges, against xarray; the expected values are made by
//! `make_calendars.py`.

use hpda_data::dtype::Calendar;
use hpda_data::exec::AlignOn;
use hpda_data::frame::{calendar_range, calendar_range_n};
use hpda_data::store::Selector;
use hpda_data::{Column, Dataset, NdArray, Scalar, Variable};
use serde_json::Value;

fn expected() -> Value {
    serde_json::from_str(include_str!("calendars.json")).unwrap()
}

fn calendar(v: &Value) -> Calendar {
    Calendar::parse(v.as_str().unwrap()).unwrap()
}

fn variable(times: &Column) -> Variable {
    let ticks: Vec<i64> = times.to_i64().unwrap().iter().map(Option::unwrap).collect();
    let array = NdArray::from_vec(ticks, &[times.len()]).unwrap().reinterpret(times.dtype().clone()).unwrap();
    Variable::from_array(["t"], array).unwrap()
}

/// Times of a calendar from texts.
fn times(texts: &Value, calendar: Calendar) -> Column {
    let one = |t: &Value| calendar_range_n(calendar, t.as_str().unwrap(), 1, "D").unwrap();
    Column::concat(&texts.as_array().unwrap().iter().map(one).collect::<Vec<_>>()).unwrap()
}

fn shown(v: &Variable) -> Vec<String> {
    let array = v.load().unwrap().to_contiguous().unwrap();
    (0..array.len()).map(|i| array.scalar(i).to_string()).collect()
}

fn texts(v: &Value) -> Vec<String> {
    v.as_array().unwrap().iter().map(|t| t.as_str().unwrap().to_string()).collect()
}

fn series(times: &Column) -> Dataset {
    let mut ds = Dataset::new();
    let n = times.len();
    let values = (0..n).map(|i| if i % 5 == 3 { f64::NAN } else { i as f64 * 0.5 }).collect();
    ds.insert_coord("t", variable(times)).unwrap();
    ds.insert("v", Variable::from_array(["t"], NdArray::from_vec(values, &[n]).unwrap()).unwrap()).unwrap();
    ds.insert("n", Variable::from_array(["t"], NdArray::from_vec((0..n as i64).collect(), &[n]).unwrap()).unwrap()).unwrap();
    ds
}

#[test]
fn calendars_are_converted_as_by_xarray() {
    for case in expected()["convert"].as_array().unwrap() {
        let (from, to) = (calendar(&case["from"]), calendar(&case["to"]));
        let periods = case["periods"].as_u64().unwrap() as usize;
        let start = case["start"].as_str().unwrap();
        let ds = series(&calendar_range_n(from, start, periods, case["freq"].as_str().unwrap()).unwrap());
        let align = case["align"].as_str().map(|a| AlignOn::parse(a).unwrap());
        let fill = case["fill"] == true;
        let (made, notices) = ds.convert_calendar(to, "t", align, fill.then_some(Scalar::Null)).unwrap_or_else(|e| panic!("{case}: {e}"));
        let t = shown(made.variable("t").unwrap());
        assert_eq!(t.len(), case["length"].as_u64().unwrap() as usize, "{case}\n{t:?}");
        if !fill {
            assert_eq!(notices.is_empty(), t.len() == periods, "{case}");
        }
        let step = if t.len() < 20 { 1 } else { 9 };
        let some: Vec<String> = t.into_iter().step_by(step).collect();
        assert_eq!(some, texts(&case["t"]), "{case}");
        let v = made.variable("v").unwrap().load().unwrap().to_contiguous().unwrap();
        for (i, want) in case["v"].as_array().unwrap().iter().enumerate() {
            let found = v.scalar(i * step).as_f64().filter(|x| !x.is_nan());
            assert_eq!(found, want.as_f64(), "{case}: {i}");
        }
    }
}

#[test]
fn dates_that_only_the_new_calendar_has_get_a_value() {
    for case in expected()["filled"].as_array().unwrap() {
        let (from, to) = (calendar(&case["from"]), calendar(&case["to"]));
        let periods = case["periods"].as_u64().unwrap() as usize;
        let range = calendar_range_n(from, case["start"].as_str().unwrap(), periods, case["freq"].as_str().unwrap());
        let align = case["align"].as_str().map(|a| AlignOn::parse(a).unwrap());
        let (made, _) = series(&range.unwrap()).convert_calendar(to, "t", align, Some((-7).into())).unwrap();
        assert_eq!(shown(made.variable("t").unwrap()), texts(&case["t"]), "{case}");
        for name in ["v", "n"] {
            let v = made.variable(name).unwrap().load().unwrap().to_contiguous().unwrap();
            let got: Vec<Option<f64>> = (0..v.len()).map(|i| v.scalar(i).as_f64().filter(|x| !x.is_nan())).collect();
            assert_eq!(got, case[name].as_array().unwrap().iter().map(Value::as_f64).collect::<Vec<_>>(), "{case}: {name}");
        }
        assert_eq!(made.variable("n").unwrap().dtype().to_string(), "i64");
    }
}

#[test]
fn chance_leaves_out_one_day_of_each_fifth_of_a_year() {
    let leap = calendar_range_n(Calendar::ProlepticGregorian, "2004-01-01", 366 + 365, "D").unwrap();
    let ds = series(&leap);
    let by = |seed| {
        let (made, _) = ds.convert_calendar(Calendar::Day360, "t", Some(AlignOn::Random { seed }), None).unwrap();
        let n = made.variable("n").unwrap().load().unwrap().to_contiguous().unwrap();
        (shown(made.variable("t").unwrap()), (0..n.len()).map(|i| n.scalar(i).as_f64().unwrap() as i64).collect::<Vec<_>>())
    };
    let (times, kept) = by(1);
    // Every date of two years of 360 days, and February 29 (day 59) is not among the days that are left.
    assert_eq!(times, shown(&variable(&calendar_range_n(Calendar::Day360, "2004-01-01", 720, "D").unwrap())));
    let gone: Vec<i64> = (0..731).filter(|i| !kept.contains(i)).collect();
    assert_eq!((gone.len(), gone.contains(&59)), (11, true), "{gone:?}");
    let days: Vec<i64> = gone.iter().filter(|d| **d > 366).map(|d| (d - 366) / 72).collect();
    assert_eq!(days, [0, 1, 2, 3, 4], "{gone:?}");
    assert_eq!(by(1).1, kept);
    assert_ne!(by(2).1, kept);
    // And back: the days of the years that are longer.
    let even = series(&calendar_range_n(Calendar::Day360, "2004-01-01", 360, "D").unwrap());
    let (made, notices) = even.convert_calendar(Calendar::NoLeap, "t", Some(AlignOn::Random { seed: 5 }), Some(Scalar::Null)).unwrap();
    assert!(notices.is_empty() && made.dims["t"] >= 360, "{}", made.dims["t"]);
    assert!(AlignOn::parse("random:x").is_err() && AlignOn::parse("random:3").unwrap() == AlignOn::Random { seed: 3 });
}

#[test]
fn times_on_even_steps_and_moved_are_those_of_xarray() {
    for case in expected()["steps"].as_array().unwrap() {
        let calendar = calendar(&case["calendar"]);
        let v = variable(&times(&case["times"], calendar));
        for (what, want) in case.as_object().unwrap() {
            let Some((how, by)) = what.split_once(' ') else { continue };
            let made = match how {
                "floor" => v.floor(by),
                "ceil" => v.ceil(by),
                "round" => v.round_time(by),
                _ => v.offset(by),
            };
            let made = made.unwrap_or_else(|e| panic!("{calendar:?} {what}: {e}"));
            assert_eq!(made.dtype(), v.dtype());
            assert_eq!(shown(&made), texts(want), "{calendar:?} {what}");
        }
    }
}

#[test]
fn ranges_of_every_calendar_are_those_of_xarray() {
    for case in expected()["ranges"].as_array().unwrap() {
        let (calendar, freq, start) = (calendar(&case["calendar"]), case["freq"].as_str().unwrap(), case["start"].as_str().unwrap());
        let made = calendar_range_n(calendar, start, 5, freq).unwrap();
        let all = shown(&variable(&made));
        assert_eq!([&all[0], &all[1], &all[4]].map(String::clone).to_vec(), texts(&case["times"]), "{case}");
        assert_eq!(calendar_range(calendar, start, &all[4], freq).unwrap(), made, "{case}");
    }
}

#[test]
fn empty_and_missing_times_and_those_that_cannot_be_converted() {
    let ds = series(&calendar_range_n(Calendar::ProlepticGregorian, "2000-02-28", 3, "D").unwrap());
    let none = ds.isel(&[("t", Selector::span(0, 0))]).unwrap();
    let (made, _) = none.convert_calendar(Calendar::NoLeap, "t", None, None).unwrap();
    assert_eq!((made.dims["t"], made.variable("t").unwrap().dtype().to_string()), (0, "datetime[noleap]".to_string()));
    assert_eq!(shown(&none.variable("t").unwrap().floor("6h").unwrap()).len(), 0);
    let said = |e: hpda_data::Error, part: &str| assert!(e.to_string().contains(part), "{e}");
    said(ds.convert_calendar(Calendar::Day360, "t", None, None).unwrap_err(), "360 days");
    said(ds.convert_calendar(Calendar::NoLeap, "x", None, None).unwrap_err(), "\"x\"");
    said(none.convert_calendar(Calendar::NoLeap, "t", None, Some(Scalar::Null)).unwrap_err(), "no one distance");
    let uneven = ds.isel(&[("t", Selector::Take(vec![0, 2, 2].into()))]).unwrap();
    said(uneven.convert_calendar(Calendar::NoLeap, "t", None, Some(Scalar::Null)).unwrap_err(), "no one distance");
    let old = series(&calendar_range_n(Calendar::NoLeap, "0000-02-28", 3, "D").unwrap());
    said(old.convert_calendar(Calendar::Julian, "t", None, None).unwrap_err(), "year 0");
    said(ds.variable("v").unwrap().floor("1D").unwrap_err(), "times are needed");
    said(ds.variable("t").unwrap().round_time("1MS").unwrap_err(), "1MS");
    said(ds.variable("t").unwrap().offset("2X").unwrap_err(), "2X");
    said(calendar_range_n(Calendar::NoLeap, "2000-02-29", 3, "D").unwrap_err(), "noleap");
    said(calendar_range(Calendar::Day360, "2000-02-30", "2001-01-31", "D").unwrap_err(), "360_day");
    said(calendar_range_n(Calendar::Julian, "2000-02-29", 300_000, "10YS").unwrap_err(), "more times");
    assert_eq!(calendar_range(Calendar::Julian, "2000-02-29", "1999-01-01", "D").unwrap().len(), 0);
    let holes = NdArray::from_vec(vec![5i64, 0], &[2]).unwrap().reinterpret(ds.variable("t").unwrap().dtype().clone()).unwrap();
    let holes = Variable::from_array(["t"], holes.with_valid(Some(vec![1u8, 0].into())).unwrap()).unwrap();
    let up = holes.ceil("1s").unwrap().load().unwrap();
    assert_eq!((up.scalar(0).to_string(), up.scalar(1)), ("1970-01-01T00:00:01".to_string(), hpda_data::dtype::Scalar::Null));
}
