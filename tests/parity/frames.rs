//! Windows, running totals, ranks and filled gaps as pandas computes them (made by `make_frames.py`).

use hpda_data::exec::DropMissing;
use hpda_data::kernel::agg::Agg;
use hpda_data::kernel::fill::Interpolate;
use hpda_data::kernel::order::Direction;
use hpda_data::kernel::window::{Decay, Ewm, Ranking, Width, Windowing};
use hpda_data::label::Index;
use hpda_data::ops::window::Ranks;
use hpda_data::{Column, DType, DataFrame, Result, Scalar};
use serde_json::Value;

fn column(values: &Value) -> Column {
    let list = values.as_array().unwrap();
    if !list.is_empty() && list.iter().all(|v| v.is_i64()) {
        return list.iter().map(|v| v.as_i64().unwrap()).collect::<Vec<i64>>().into();
    }
    list.iter().map(Value::as_f64).collect::<Vec<Option<f64>>>().into()
}

fn number(o: &Value, key: &str) -> Option<i64> {
    o.get(key).and_then(Value::as_i64)
}

/// What the case asks for, of a table of one column `x`.
fn run(op: &str, frame: &DataFrame, o: &Value) -> Result<DataFrame> {
    let size = |key: &str| number(o, key).map(|n| n as usize);
    let float = |key: &str| o[key].as_f64().unwrap();
    let by = number(o, "by").unwrap_or(1);
    match op {
        "rolling" | "timed" => {
            let windows = Windowing {
                width: Width::parse(o["window"].as_str().unwrap())?,
                center: o["center"].as_bool().unwrap(),
                min_count: size("min_count"),
                ddof: 1,
            };
            frame.rolling(windows).agg(Agg::parse(o["agg"].as_str().unwrap())?)
        }
        "expanding" => frame.expanding(size("min_count").unwrap()).agg(Agg::parse(o["agg"].as_str().unwrap())?),
        "ewm" => {
            let (word, n) = o["decay"].as_object().unwrap().iter().next().unwrap();
            let n = n.as_f64().unwrap();
            let decay = match word.as_str() {
                "com" => Decay::Com(n),
                "span" => Decay::Span(n),
                "halflife" => Decay::Halflife(n),
                _ => Decay::Alpha(n),
            };
            let how = Ewm {
                decay,
                adjust: o["adjust"].as_bool().unwrap(),
                ignore_missing: o["ignore"].as_bool().unwrap(),
                min_count: size("min_count").unwrap(),
            };
            let windows = frame.ewm(how);
            match o["stat"].as_str().unwrap() {
                "mean" => windows.mean(),
                "sum" => windows.sum(),
                "var" => windows.var(),
                _ => windows.std(),
            }
        }
        "cumsum" => frame.cumsum(),
        "cumprod" => frame.cumprod(),
        "cummin" => frame.cummin(),
        "cummax" => frame.cummax(),
        "shift" => frame.shift(by),
        "diff" => frame.diff(by),
        "pct_change" => frame.pct_change(by),
        "rank" => {
            let name = o["method"].as_str().unwrap();
            let ranking = Ranking::ALL.iter().find(|r| r.1 == name).unwrap().0;
            let direction = if o["ascending"].as_bool().unwrap() { Direction::Ascending } else { Direction::Descending };
            frame.rank(Ranks { ranking, direction, percent: o["percent"].as_bool().unwrap() })
        }
        "ffill" => frame.ffill(size("limit")),
        "bfill" => frame.bfill(size("limit")),
        "interpolate" => frame.interpolate(Interpolate::Linear, size("limit")),
        "fillna" => frame.fillna(float("value")),
        "clip" => frame.clip(float("low"), float("high")),
        "dropna" => frame.dropna(&DropMissing::default()),
        "isna" => frame.isna(),
        other => panic!("op {other}"),
    }
}

fn same(ours: &Scalar, theirs: &Value, scale: f64) -> bool {
    match (ours, theirs) {
        (s, Value::Null) => s.is_missing(),
        (Scalar::Bool(b), Value::Bool(v)) => b == v,
        (s, v) => match (s.as_f64(), v.as_f64()) {
            (Some(a), Some(b)) => (a - b).abs() <= 1e-12 * b.abs().max(scale),
            _ => false,
        },
    }
}

#[test]
fn windows_totals_ranks_and_gaps_are_those_of_pandas() {
    let all: Value = serde_json::from_str(include_str!("frames.json")).unwrap();
    let hours: Vec<i64> = all["hours"].as_array().unwrap().iter().map(|h| h.as_i64().unwrap()).collect();
    let times = hours.iter().map(|h| Some((18262 * 24 + h) * 3_600_000_000)).collect();
    let times = Column::from_i64(DType::datetime(), times).unwrap();
    let (mut wrong, mut count) = (Vec::new(), 0);
    for case in all["cases"].as_array().unwrap() {
        let (op, name, options) = (case["op"].as_str().unwrap(), case["input"].as_str().unwrap(), &case["options"]);
        let mut frame = DataFrame::new([("x", column(&all["inputs"][name]))]).unwrap();
        if name == "timed" {
            frame = frame.with_row_labels(Index::flat(None, times.clone())).unwrap();
        }
        // Where pandas takes from a running sum what left the window, it is off by the rounding of the largest value met.
        let largest = frame.columns()[0].to_f64().unwrap().iter().filter(|x| !x.is_nan()).fold(0.0f64, |m, x| m.max(x.abs()));
        let spread = op == "rolling" || op == "timed" || op == "expanding";
        let agg = options["agg"].as_str().unwrap_or("");
        let scale = match agg {
            "sum" | "mean" if spread => largest,
            "skew" | "kurt" => 100.0,
            _ => 0.0,
        };
        let expected = case["expected"].as_array().unwrap();
        let out = match run(op, &frame, options) {
            Ok(out) => out,
            Err(e) => {
                wrong.push(format!("{op} {name} {options}: {e}"));
                continue;
            }
        };
        count += 1;
        let ours = &out.columns()[0];
        if ours.len() != expected.len() {
            wrong.push(format!("{op} {name} {options}: {} rows for {}", ours.len(), expected.len()));
            continue;
        }
        for (i, theirs) in expected.iter().enumerate() {
            if !same(&ours.scalar(i), theirs, scale) {
                wrong.push(format!("{op} {name} {options} row {i}: {} instead of {theirs}", ours.scalar(i)));
                break;
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {count} cases:\n{}", wrong.len(), wrong[..wrong.len().min(40)].join("\n"));
}

#[test]
fn tables_in_bins_of_time_are_those_of_pandas() {
    use hpda_data::exec::ExecOptions;
    use hpda_data::kernel::time::{Origin, Side};
    use hpda_data::plan::{TimeBins, parse_aggregates};
    let all: Value = serde_json::from_str(include_str!("frames.json")).unwrap();
    let lake = hpda_data::read_csv(concat!(env!("CARGO_MANIFEST_DIR"), "/data/lake.csv")).unwrap();
    for case in all["bins"].as_array().unwrap() {
        let text = |key: &str| case["options"].get(key).map(|v| v.as_str().unwrap());
        let mut bins = TimeBins::new(case["freq"].as_str().unwrap()).unwrap();
        bins.closed = text("closed").map(|s| Side::parse(s).unwrap());
        bins.label = text("label").map(|s| Side::parse(s).unwrap());
        bins.origin = text("origin").map_or(Origin::default(), |s| Origin::parse(s).unwrap());
        let lazy = lake.lazy().unwrap();
        let wanted = "sum=rain:sum,count=level:count,mean=level:mean,max=rain:max,median=level:median,last=level:last";
        let wanted = parse_aggregates(wanted, lazy.schema()).unwrap();
        let out = lazy.resample("day", bins).unwrap().agg(wanted).unwrap().collect(&ExecOptions::default()).unwrap();
        let name = format!("{} {}", case["freq"], case["options"]);
        assert_eq!(out.height() as u64, case["n"].as_u64().unwrap(), "{name}");
        for (at, row) in case["at"].as_array().unwrap().iter().zip(case["rows"].as_array().unwrap()) {
            let at = at.as_i64().unwrap();
            let row = row.as_array().unwrap();
            let ours = out.iat(at, 0).unwrap().to_string();
            assert!(row[0].as_str().unwrap().starts_with(&ours), "{name}: {ours} {}", row[0]);
            for (c, theirs) in row.iter().enumerate().skip(1) {
                let ours = out.iat(at, c as i64).unwrap();
                assert!(same(&ours, theirs, 0.0), "{name} row {at}, {}: {ours} instead of {theirs}", out.names()[c]);
            }
        }
    }
}
