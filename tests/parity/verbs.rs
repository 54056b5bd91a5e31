//! Verbs of tables as pandas computes them (made by `make_verbs.py`).

use hpda_data::exec::{Absent, Ambiguous, Crosstab, Cut, Dummies, Edges, Normalize, PivotOptions, Unreadable, crosstab};
use hpda_data::frame::date_range;
use hpda_data::kernel::order::Direction;
use hpda_data::kernel::window::{Ranking, Width, Windowing};
use hpda_data::label::{Index, MultiIndex};
use hpda_data::ops::order::Sorting;
use hpda_data::ops::tables::{Axis, Concat, concat};
use hpda_data::ops::window::Ranks;
use hpda_data::plan::{Agg, Correlation, GroupKey, TimeBins, Transform, col, parse};
use hpda_data::{Column, DType, DataFrame, Result, Scalar, Series};
use serde_json::Value;

/// Whether a value is the one of the case.
fn same(got: &Scalar, want: &Value) -> bool {
    match want {
        Value::Null => got.is_missing(),
        Value::Bool(b) => *got == Scalar::Bool(*b),
        Value::Number(n) => got.as_f64().zip(n.as_f64()).is_some_and(|(a, b)| (a - b).abs() <= 1e-12 * b.abs().max(1e-3)),
        Value::String(s) => got.to_string() == *s,
        _ => false,
    }
}

fn same_label(got: &[Scalar], want: &Value) -> bool {
    let want = want.as_array().unwrap();
    got.len() == want.len() && got.iter().zip(want).all(|(g, w)| same(g, w))
}

/// What differs between a table and a case.
fn difference(got: &DataFrame, case: &Value) -> Option<String> {
    let (rows, columns, data) = (&case["rows"].as_array()?, &case["columns"].as_array()?, &case["data"].as_array()?);
    if got.shape() != (rows.len(), columns.len()) {
        return Some(format!("shape {:?} instead of {:?}", got.shape(), (rows.len(), columns.len())));
    }
    for (i, want) in rows.iter().enumerate() {
        let label = got.index().label(i);
        if !same_label(&label, want) {
            return Some(format!("row {i} is labelled {label:?} instead of {want}"));
        }
    }
    for (i, want) in columns.iter().enumerate() {
        let label = got.labels().label(i);
        if !same_label(&label, want) {
            return Some(format!("column {i} is labelled {label:?} instead of {want}"));
        }
        for (r, want) in data[i].as_array()?.iter().enumerate() {
            let value = got.columns()[i].scalar(r);
            if !same(&value, want) {
                return Some(format!("column {label:?}, row {r}: {value:?} instead of {want}"));
            }
        }
    }
    let names = |n: Vec<Option<&str>>| n.into_iter().map(|n| n.map_or(Value::Null, Value::from)).collect::<Vec<_>>();
    let levels = names(got.index().names());
    if levels != *case["row_names"].as_array()? {
        return Some(format!("levels {levels:?} instead of {}", case["row_names"]));
    }
    None
}

/// Runs every case whose name begins so.
fn judge(begins: &[&str], run: impl Fn(&str) -> Result<DataFrame>) {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/parity/verbs.json")).unwrap();
    let cases: Value = serde_json::from_str(&text).unwrap();
    let mut wrong = Vec::new();
    let mut count = 0;
    for (name, case) in cases.as_object().unwrap().iter().filter(|(n, _)| begins.iter().any(|b| n.starts_with(b))) {
        count += 1;
        match run(name) {
            Err(e) => wrong.push(format!("{name}: {e}")),
            Ok(got) => wrong.extend(difference(&got, case).map(|d| format!("{name}: {d}\n{got}"))),
        }
    }
    assert!(wrong.is_empty() && count > 0, "{} of {count} cases\n{}", wrong.len(), wrong.join("\n"));
}

fn texts(values: &[Option<&str>]) -> Column {
    Column::from(values.to_vec())
}

fn multi() -> DataFrame {
    let level = |l: &[&str]| texts(&l.iter().map(|s| Some(*s)).collect::<Vec<_>>());
    let index = MultiIndex::from_product(["first", "second"], &[level(&["bar", "baz", "foo", "qux"]), level(&["one", "two"])]).unwrap();
    let a: Vec<f64> = (0..8).map(|i| i as f64 / 2.0).collect();
    let b: Vec<f64> = (0..8).map(|i| i as f64 / 2.0 + 0.25).collect();
    DataFrame::new([("A", Column::from(a)), ("B", b.into())]).unwrap().with_row_labels(Index::Multi(index)).unwrap()
}

fn lesson() -> DataFrame {
    let pick = |l: &[&str], i: usize| l[i % l.len()].to_string();
    let a: Vec<String> = (0..24).map(|i| pick(&["one", "one", "two", "three"], i)).collect();
    let b: Vec<String> = (0..24).map(|i| pick(&["A", "B", "C"], i)).collect();
    let c: Vec<String> = (0..24).map(|i| pick(&["foo", "foo", "foo", "bar", "bar", "bar"], i)).collect();
    let d: Vec<f64> = (0..24).map(|i| (i * 7 % 11) as f64 / 2.0).collect();
    DataFrame::new([("A", Column::from(a)), ("B", b.into()), ("C", c.into()), ("D", d.into())]).unwrap()
}

/// A value for each of 400 days.
fn daily() -> DataFrame {
    let x: Vec<f64> = (0..400).map(|i| (i as f64 / 9.0).sin() * 5.0 + (i % 7) as f64).collect();
    let days = date_range("2023-11-25", "2024-12-28", "D").unwrap();
    DataFrame::new([("x", Column::from(x))]).unwrap().with_row_labels(Index::flat(None, days)).unwrap()
}

#[test]
fn reshape_pages_of_the_lesson_are_those_of_pandas() {
    let df = DataFrame::new([
        ("foo", Column::from(vec!["one", "one", "one", "two", "two", "two"])),
        ("bar", vec!["A", "B", "C", "A", "B", "C"].into()),
        ("baz", vec![1i64, 2, 3, 4, 5, 6].into()),
    ])
    .unwrap();
    judge(&["pivot", "stack", "unstack", "standardised", "monthly"], |name| {
        let stacked = || multi().head(4).stack();
        let months = || {
            let keys = [GroupKey::new("year", col("index").part("year")), GroupKey::new("month", col("index").part("month"))];
            daily().groupby(keys)
        };
        match name {
            "pivot" => df.pivot(&PivotOptions::new("foo", "bar", "baz")),
            "stack" => stacked()?.rename("0").to_frame(),
            "unstack" => stacked()?.unstack(-1),
            "unstack_number" => stacked()?.unstack(1),
            "unstack_name" => stacked()?.unstack("second"),
            "unstack_0" => stacked()?.unstack(0),
            "unstack_frame" => multi().unstack(0),
            "pivot_table" => {
                let how = PivotOptions { index: vec!["A".into(), "B".into()], ..PivotOptions::new("A", "C", "D") };
                lesson().pivot_table(&how)
            }
            "pivot_table_sum" => {
                let how =
                    PivotOptions { columns: vec!["A".into(), "C".into()], fill: Some(0.0.into()), ..PivotOptions::new("B", "A", "D") };
                lesson().pivot_table(&how.agg(Agg::Sum))
            }
            "pivot_table_margins" => {
                let how = PivotOptions { margins: true, fill: Some(0.0.into()), ..PivotOptions::new("A", "C", "D") };
                lesson().pivot_table(&how)
            }
            "standardised" => Ok(months().transform(Transform::Standardize)?.head(70)),
            _ => months().mean(),
        }
    });
    // As it is printed.
    let wide = df.pivot(&PivotOptions::new("foo", "bar", "baz")).unwrap().to_string();
    assert_eq!(wide, "foo    A    B    C\nstr  i64  i64  i64\none    1    2    3\ntwo    4    5    6\n2 rows x 3 columns");
    let stacked = multi().head(4).stack().unwrap();
    let printed = stacked.unstack(0).unwrap().to_string();
    assert_eq!(
        printed,
        "second  level_1   bar   baz\nstr     str       f64   f64\none     A        0.00  1.00\none     B        0.25  1.25\n\
         two     A        0.50  1.50\ntwo     B        0.75  1.75\n4 rows x 2 columns"
    );
}

fn ages() -> Series {
    let values = vec![22.0, 38.0, f64::NAN, 35.0, 0.42, 54.0, 2.0, 27.0, 80.0, 12.0];
    DataFrame::new([("age", Column::from(values))]).unwrap().series("age").unwrap()
}

#[test]
fn bins_are_those_of_pandas() {
    judge(&["cut", "qcut", "histogram"], |name| {
        let edges = || Cut::new(vec![0i64, 12, 30, 80]);
        match name {
            "cut_edges" => ages().cut(&edges())?.to_frame(),
            "cut_left" => ages().cut(&edges().left())?.to_frame(),
            "cut_lowest" => ages().cut(&Cut::new(vec![0.42, 12.0, 30.5]).include_lowest())?.to_frame(),
            "cut_equal" => ages().cut(&Cut::new(3))?.to_frame(),
            "cut_equal_left" => ages().cut(&Cut::new(4).left())?.to_frame(),
            "cut_tiny" => ages().div(100_000)?.cut(&Cut::new(Edges::Equal(3)))?.to_frame(),
            "qcut" => ages().qcut_n(4)?.to_frame(),
            "qcut_labels" => ages().qcut(&[0.0, 0.5, 1.0], Some(&["low", "high"]))?.to_frame(),
            _ => ages().histogram(4),
        }
    });
}

fn people() -> DataFrame {
    let sex = texts(&[Some("m"), Some("f"), Some("m"), Some("m"), Some("f"), None, Some("f"), Some("m")]);
    let fare = vec![7.0, 80.0, 8.0, 13.0, f64::NAN, 26.0, 60.0, 50.0];
    DataFrame::new([("sex", sex), ("class", vec![3i64, 1, 3, 2, 3, 1, 1, 1].into()), ("fare", fare.into())]).unwrap()
}

#[test]
fn categories_against_each_other_are_those_of_pandas() {
    judge(&["crosstab", "dummies", "wide_to_long"], |name| match name {
        "dummies" => people().get_dummies(&Dummies::default()),
        "dummies_missing" => people().select(["sex"])?.get_dummies(&Dummies { missing: true, ..Dummies::default() }),
        "dummies_options" => {
            let columns = Some(vec!["sex".to_string(), "class".into()]);
            people().get_dummies(&Dummies { columns, separator: "=".into(), drop_first: true, missing: false })
        }
        "wide_to_long" => {
            let df = DataFrame::new([
                ("id", Column::from(vec![1i64, 2, 3])),
                ("ht1", vec![2.8, 2.9, 2.2].into()),
                ("wt1", vec![10i64, 11, 12].into()),
                ("ht2", vec![3.4, 3.8, 2.9].into()),
                ("home", vec!["a", "b", "c"].into()),
            ])?;
            df.wide_to_long(&["ht"], &["id"], "age", "", r"\d+")
        }
        "wide_to_long_words" => {
            let df = DataFrame::new([
                ("k", Column::from(vec!["x", "y"])),
                ("A-one", vec![1i64, 2].into()),
                ("A-two", vec![3i64, 4].into()),
                ("B-one", vec![5.0, 6.0].into()),
                ("B-two", vec![7.0, f64::NAN].into()),
            ])?;
            df.wide_to_long(&["A", "B"], &["k"], "which", "-", r"\w+")
        }
        _ => {
            let normalize = [("all", Normalize::All), ("index", Normalize::Index), ("columns", Normalize::Columns)];
            let word = name.trim_start_matches("crosstab_").trim_end_matches("_margins");
            let normalize = normalize.iter().find(|n| n.0 == word).map(|n| n.1);
            crosstab(&people().series("sex")?, &people().series("class")?, Crosstab { normalize, margins: name.ends_with("margins") })
        }
    });
}

#[test]
fn tables_put_together_are_those_of_pandas() {
    let labels = |l: &[&str]| Index::flat(None, texts(&l.iter().map(|s| Some(*s)).collect::<Vec<_>>()));
    let a = DataFrame::new([("x", Column::from(vec![1i64, 2])), ("y", texts(&[Some("a"), None]))]).unwrap();
    let a = a.with_row_labels(labels(&["p", "q"])).unwrap();
    let b = DataFrame::new([("z", Column::from(vec![0.5, 1.5])), ("x", vec![3i64, 4].into())]).unwrap();
    let b = b.with_row_labels(labels(&["q", "r"])).unwrap();
    judge(&["concat", "update"], |name| {
        let both = [a.clone(), b.clone()];
        let keys = Concat::default().keys(["one", "two"]);
        match name {
            "concat" => concat(&both, &Concat::default()),
            "concat_inner" => concat(&both, &Concat { inner: true, ..Concat::default() }),
            "concat_keys" => concat(&both, &Concat { key_name: Some("from".into()), ..keys }),
            "concat_anew" => concat(&both, &Concat { ignore_index: true, ..Concat::default() }),
            "concat_columns" => concat(&[a.clone(), b.rename([("x", "w")])?], &Concat { axis: Axis::Columns, ..Concat::default() }),
            "concat_columns_inner" => concat(&both, &Concat { axis: Axis::Columns, inner: true, ..keys }),
            _ => {
                let left = DataFrame::new([("A", Column::from(vec![1.0, f64::NAN, 3.0])), ("B", vec![400.0, 500.0, 600.0].into())])?;
                let right = DataFrame::new([("B", Column::from(vec![4.0, f64::NAN, 6.0])), ("C", vec![7.0, 8.0, 9.0].into())])?;
                let left = left.with_row_labels(Index::flat(None, vec![10i64, 20, 30].into()))?;
                left.update(&right.with_row_labels(Index::flat(None, vec![20i64, 10, 40].into()))?)
            }
        }
    });
}

#[test]
fn verbs_inside_groups_are_those_of_pandas() {
    let k = texts(&[Some("b"), Some("a"), Some("b"), None, Some("a"), Some("b"), Some("a"), Some("b")]);
    let x = vec![1.5, f64::NAN, 2.5, 9.0, 4.0, f64::NAN, -1.0, 7.0];
    let df = DataFrame::new([("k", k), ("x", x.into()), ("n", vec![5i64, 3, 8, 1, 2, 2, 9, 4].into())]).unwrap();
    judge(&["group_"], |name| {
        let g = df.groupby(["k"]);
        match name.trim_start_matches("group_") {
            "shift_1" => g.shift(1),
            "shift_-2" => g.shift(-2),
            "diff" => g.diff(1),
            "pct" => df.select(["k", "n"])?.groupby(["k"]).pct_change(1),
            "ffill" => g.ffill(Some(1)),
            "bfill" => g.bfill(None),
            "cumsum" => g.cumsum(),
            "cumprod" => g.cumprod(),
            "cummin" => g.cummin(),
            "cummax" => g.cummax(),
            "rank" => g.rank(Ranks { ranking: Ranking::Min, direction: Direction::Descending, percent: false }),
            "ngroup" => g.ngroup()?.rename("0").to_frame(),
            "get" => g.get_group(["a"]),
            "rolling" => g.rolling(Windowing::rows(2)).mean(),
            "rolling_min" => g.rolling(Windowing::rows(3).min_count(1).center()).sum(),
            "expanding" => g.expanding(1).max(),
            "rolling_time" => {
                let days = ["2024-01-01", "2024-01-01", "2024-01-02", "2024-01-03", "2024-01-05", "2024-01-09", "2024-01-06", "2024-01-10"];
                let t = Series::new(None, Column::from(days.to_vec()), df.index().clone())?.to_datetime(None, Unreadable::Refuse)?;
                let timed = df.with_column("t", t.data().clone())?.query("not is_missing(k)")?.set_index(["t"])?;
                timed.groupby(["k"]).rolling(Windowing::new(Width::parse("3D")?)).sum()
            }
            "bins_by_expression" => {
                let bins = GroupKey::new("bin", parse("cut(n, 0, 3, 6, 9)")?);
                df.select(["x", "n"])?.groupby([bins]).agg([("x", parse("sum(x)")?)])
            }
            "bins" => {
                let bins = df.series("n")?.cut(&Cut::new(vec![0i64, 3, 6, 9]))?;
                df.with_column("bin", bins.data().clone())?.select(["x", "bin"])?.groupby(["bin"]).sum()
            }
            other => g.broadcast(Agg::parse(other.trim_start_matches("broadcast_"))?),
        }
    });
}

#[test]
fn statistics_are_those_of_pandas() {
    let x = vec![1.0, 2.5, f64::NAN, 4.0, -3.0];
    let y = vec![2.0, f64::NAN, 1.0, 8.5, 0.5];
    let df = DataFrame::new([
        ("x", Column::from(x)),
        ("y", y.into()),
        ("n", vec![1i64, 2, 2, 3, 3].into()),
        ("s", vec!["a", "b", "c", "a", "b"].into()),
    ])
    .unwrap();
    judge(&["corr_", "cov", "mode", "quantile", "isin", "decimals", "value_shares"], |name| match name {
        "corr_pearson" => df.corr(Correlation::Pearson),
        "corr_spearman" => df.corr(Correlation::Spearman),
        "corr_kendall" => df.corr(Correlation::Kendall),
        "cov" => df.cov(),
        "mode" => df.mode(),
        "quantile" => df.quantile(0.3)?.rename("q").to_frame(),
        "isin" => df.isin([Scalar::I64(2), "a".into(), 4.0.into()]),
        "decimals" => df.round(0),
        _ => df.series("s")?.value_shares()?.to_frame(),
    });
}

#[test]
fn functions_of_text_are_those_of_pandas() {
    let t = texts(&[Some("Lam, Mr. Ali"), None, Some("  o'neil, mrs. ANNA "), Some("Ünal"), Some(""), Some("a-b-c 12 345")]);
    let s = DataFrame::new([("t", t)]).unwrap().series("t").unwrap();
    judge(&["str_"], |name| {
        let t = s.str();
        let made = match name.trim_start_matches("str_") {
            "title" => t.title(),
            "pad_left" => t.pad(8, "left", "*"),
            "pad_right" => t.pad(8, "right", "*"),
            "pad_both" => t.pad(9, "both", "*"),
            "pad_both_even" => t.pad(8, "both", "."),
            "find" => t.find("a"),
            "count" => t.count(r"\d+"),
            "matches" => t.matches(r"^[A-Z]\w+,"),
            "replace_matches" => t.replace_matches(r"(\w+), (\w+)", "$2 $1"),
            "split_len" => t.split(Some("-"))?.str().len(),
            "split_get" => t.split(Some(","))?.str().get(1),
            "split_last" => t.split(None)?.str().get(-1),
            "split_join" => t.split(Some("-"))?.str().join("+"),
            "get" => t.get(1),
            "get_last" => t.get(-1),
            _ => t.cat(&t.upper()?, "/"),
        };
        made?.to_frame()
    });
}

fn times(values: &[Option<&str>]) -> Series {
    let s = Series::new(Some("t".into()), texts(values), Index::range(values.len()).into()).unwrap();
    s.to_datetime(None, Unreadable::Refuse).unwrap()
}

#[test]
fn times_are_those_of_pandas() {
    let moments = times(&[Some("2024-02-29T10:07:30"), Some("2023-12-31T23:59:59.999999"), None, Some("1969-12-31T23:52:30")]);
    let many = ["2024-01-31", "2024-02-29", "2024-05-18", "2024-05-19", "2023-12-31", "2024-01-01", "2024-06-28T17:30"];
    let many = times(&many.map(Some));
    let wall = times(&["2024-03-31T01:30", "2024-03-31T02:30", "2024-10-27T02:30", "2024-07-01T12:00"].map(Some));
    judge(&["floor_", "ceil_", "round_", "part_", "offset ", "zone_"], |name| {
        let paris = || wall.tz_localize("Europe/Paris", Ambiguous::Later, Absent::Forward);
        if let Some(by) = name.strip_prefix("offset ") {
            return many.offset(by)?.to_frame();
        }
        let (verb, word) = name.split_once('_').unwrap();
        let made = match (verb, word) {
            ("part", part) => moments.dt(part),
            ("floor", freq) => moments.floor(freq),
            ("ceil", freq) => moments.ceil(freq),
            ("round", freq) => moments.round_time(freq),
            (_, "earlier") => wall.tz_localize("Europe/Paris", Ambiguous::Earlier, Absent::Forward),
            (_, "later") => wall.tz_localize("Europe/Paris", Ambiguous::Later, Absent::Missing),
            (_, "missing") => wall.tz_localize("Europe/Paris", Ambiguous::Missing, Absent::Forward),
            (_, "convert") => paris()?.tz_convert("America/New_York"),
            _ => paris()?.floor("h"),
        };
        made?.to_frame()
    });
}

#[test]
fn steps_of_time_are_those_of_pandas() {
    let days = times(&["2024-01-01", "2024-01-02", "2024-01-05", "2024-01-06"].map(Some));
    let df = DataFrame::new([("x", Column::from(vec![1.0, f64::NAN, 3.0, 4.0])), ("n", vec![1i64, 2, 3, 4].into())]).unwrap();
    let df = df.with_row_labels(Index::flat(None, days.data().cast(&DType::datetime()).unwrap())).unwrap();
    judge(&["resample", "asfreq"], |name| {
        let up = || df.head(2).resample_index(TimeBins::new("8h")?);
        match name {
            "resample_mean" => df.resample_index(TimeBins::new("2D")?)?.mean()?.rename_levels([None::<String>]),
            "resample_up_ffill" => up()?.ffill(None)?.rename_levels([None::<String>]),
            "resample_up_ffill_limit" => up()?.ffill(Some(1))?.rename_levels([None::<String>]),
            "resample_up_bfill" => up()?.bfill(None)?.rename_levels([None::<String>]),
            "asfreq" => df.asfreq("D"),
            _ => df.asfreq("2D"),
        }
    });
}

#[test]
fn ordered_categories_are_those_of_pandas() {
    let sizes = texts(&[Some("large"), Some("small"), None, Some("middle")]);
    let sizes = sizes.with_categories(&["small", "middle", "large"], true).unwrap();
    let s = DataFrame::new([("size", sizes)]).unwrap().series("size").unwrap();
    // pandas says false of a missing one, as everywhere.
    judge(&["ordered_"], |name| match name {
        "ordered_less" => s.lt("large")?.fillna(false)?.to_frame(),
        _ => s.sort_values(Sorting::default())?.to_frame(),
    });
    let e = s.lt("huge").unwrap_err();
    assert_eq!(e.message(), "category \"huge\" does not exist");
    let df = s.to_frame().unwrap();
    assert_eq!(df.eval(parse("size >= 'middle'").unwrap()).unwrap(), Column::from(vec![Some(true), Some(false), None, Some(true)]));
}
