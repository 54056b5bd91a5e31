//! Lazy is eager: every verb gives the same over a plan, whatever the batches.

use hpda_data::exec::{ExecOptions, Interpolate, MemSource};
use hpda_data::kernel::window::{Decay, Ewm, EwmStat};
use hpda_data::ops::order::{Keep, Missing};
use hpda_data::ops::window::Ranks;
use hpda_data::plan::{Agg, BinaryOp, LazyFrame, Windowing, desc, parse};
use hpda_data::{Column, DType, DataFrame, Result, Scalar};
use std::sync::Arc;

fn table() -> DataFrame {
    let k = Column::from(vec![Some("b"), Some("a"), None, Some("b"), Some("é"), Some("a"), Some("b"), None]);
    let i = Column::from(vec![5i64, -3, 8, 8, 0, 2, 7, -1]);
    let n = Column::from(vec![Some(1i64), None, Some(3), Some(3), None, Some(-2), Some(9), Some(3)]);
    let x = Column::from(vec![1.5, f64::NAN, -2.25, 4.0, f64::NAN, 1.5, 1000.125, -0.5]);
    DataFrame::new([("k", k), ("i", i), ("n", n), ("x", x)]).unwrap()
}

/// The table in batches of so many rows.
fn cut(df: &DataFrame, rows: usize) -> LazyFrame {
    let batch = df.to_batch().unwrap();
    let parts = (0..batch.rows().div_ceil(rows)).map(|p| batch.slice(p * rows, rows.min(batch.rows() - p * rows)));
    LazyFrame::scan(Arc::new(MemSource::new(batch.schema.clone(), parts.collect())))
}

type Eager = fn(&DataFrame) -> Result<DataFrame>;
type Lazy = fn(&LazyFrame) -> Result<LazyFrame>;

/// What keeps the rows and their labels, or makes new ones.
const STAY: &[(&str, Eager, Lazy)] = &[
    ("shift", |d| d.shift(2), |l| l.shift(2)),
    ("cumsum", |d| d.cumsum(), |l| l.cumsum()),
    ("cumprod", |d| d.cumprod(), |l| l.cumprod()),
    ("cummin", |d| d.cummin(), |l| l.cummin()),
    ("cummax", |d| d.cummax(), |l| l.cummax()),
    ("rank", |d| d.rank(Ranks::default()), |l| l.rank(Ranks::default())),
    ("ffill", |d| d.ffill(Some(1)), |l| l.ffill(Some(1))),
    ("bfill", |d| d.bfill(None), |l| l.bfill(None)),
    ("ewm", |d| d.ewm(Ewm::new(Decay::Span(3.0))).mean(), |l| l.ewm(Ewm::new(Decay::Span(3.0)), EwmStat::Mean)),
    ("isna", |d| d.isna(), |l| l.isna()),
    ("notna", |d| d.notna(), |l| l.notna()),
    ("round", |d| d.round(0), |l| l.round(0)),
    ("abs", |d| d.abs(), |l| l.abs()),
    ("clip", |d| d.clip(0, 3), |l| l.clip(0, 3)),
    ("isin", |d| d.isin([3, 8]), |l| l.isin([3, 8])),
    ("astype", |d| d.astype([("i", DType::Str)]), |l| l.astype([("i", DType::Str)])),
    ("fillna_by", |d| d.fillna_by([("n", 7)]), |l| l.fillna_by([("n", 7)])),
    ("keep_where", |d| d.keep_where(&d.eval(parse("i > mean(i)")?)?, Scalar::Null), |l| l.keep_where(parse("i > mean(i)")?, Scalar::Null)),
    ("mask", |d| d.mask(&d.eval(parse("x > 0")?)?, Scalar::Null), |l| l.mask(parse("x > 0")?, Scalar::Null)),
    ("assign", |d| d.assign("y", parse("i * 2")?), |l| l.assign("y", parse("i * 2")?)),
    ("insert", |d| d.insert(1, "y", d.eval(parse("i * 2")?)?), |l| l.insert(1, "y", parse("i * 2")?)),
    ("select_dtypes", |d| d.select_dtypes(DType::is_numeric), |l| l.select_dtypes(DType::is_numeric)),
    ("describe", |d| d.describe(&[0.25]), |l| l.describe(&[0.25])),
    ("value_counts", |d| d.value_counts(Some(&["n"]))?.to_frame(), |l| l.value_counts(Some(&["n"]))),
    ("mode", |d| d.mode(), |l| l.mode()),
    ("cov", |d| d.cov(), |l| l.cov()),
    (
        "agg",
        |d| d.select_dtypes(DType::is_numeric)?.agg(&[Agg::Count, Agg::Min]),
        |l| l.select_dtypes(DType::is_numeric)?.agg(&[Agg::Count, Agg::Min]),
    ),
    ("set_index", |d| d.set_index(["k", "i"]), |l| l.set_index(["k", "i"])),
    ("reset_index", |d| d.reset_index(), |l| l.reset_index()),
    ("drop_index", |d| Ok(d.drop_index()), |l| l.drop_index()),
    (
        "duplicated",
        |d| d.with_column("again", d.duplicated(Some(&["n"]), Keep::Last)?),
        |l| l.duplicated("again", Some(&["n"]), Keep::Last),
    ),
];

/// What goes by labels, for tables whose labels are there.
const LABELLED: &[(&str, Eager, Lazy)] = &[
    ("loc", |d| d.loc(["ß", "u"], ["x", "i"]), |l| l.loc(["ß", "u"], ["x", "i"])),
    ("loc of no column", |d| d.loc(["ß"], ["y"]), |l| l.loc(["ß"], ["y"])),
    ("loc of no row", |d| d.loc("q", ..), |l| l.loc("q", ..)),
    ("iloc", |d| d.iloc(hpda_data::label::step(None, None, -2), [-1, 0]), |l| l.iloc(hpda_data::label::step(None, None, -2), [-1, 0])),
    ("columns_at", |d| d.columns_at(&[2, 0]), |l| l.columns_at(&[2, 0])),
    ("drop_rows", |d| d.drop_rows("u"), |l| Ok(l.drop_rows("u"))),
    ("sort_index", |d| d.sort_index(Default::default()), |l| l.sort_index(Default::default())),
    ("reindex_columns", |d| d.reindex_columns(["x", "y"]), |l| l.reindex_columns(["x", "y"])),
    ("stack_level", |d| d.select(["i", "n"])?.stack_level(0), |l| l.select(["key", "i", "n"])?.stack_level(0)),
    ("groupby_level", |d| d.groupby_level(0)?.count(), |l| l.groupby_level(0)?.count()),
    ("update", |d| d.update(&news()), |l| l.update(&news())),
    ("combine_first", |d| d.combine_first(&news()), |l| l.combine_first(&news())),
    (
        "reindex_with",
        |d| d.reset_index()?.set_index(["i"])?.reindex_with(near(), hpda_data::label::Method::Pad, None),
        |l| l.reset_index()?.set_index(["i"])?.reindex_with(near(), hpda_data::label::Method::Pad, None),
    ),
    ("xs", |d| d.set_index(["k", "i"])?.xs("b", "k"), |l| l.set_index(["k", "i"])?.xs("b", "k")),
];

fn near() -> hpda_data::Index {
    hpda_data::Index::flat(Some("i"), Column::from(vec![0i64, 3, 100]))
}

/// Other values under some of the labels.
fn news() -> DataFrame {
    let x = Column::from(vec![Some(-7.0), None, Some(0.5)]);
    DataFrame::new([("key", Column::from(vec!["ß", "w", "neu"])), ("x", x)]).unwrap().set_index(["key"]).unwrap()
}

/// What takes numbers only.
const NUMBERS: &[(&str, Eager, Lazy)] = &[
    ("diff", |d| d.diff(-1), |l| l.diff(-1)),
    ("pct_change", |d| d.pct_change(1), |l| l.pct_change(1)),
    ("add", |d| d.add(2), |l| l.add(2)),
    ("div", |d| d.div(2), |l| l.div(2)),
    ("lt", |d| d.lt(2), |l| l.lt(2)),
    ("operate", |d| d.operate(BinaryOp::Mul, 3, &Default::default()), |l| l.operate(BinaryOp::Mul, 3, None)),
    (
        "map_columns",
        |d| d.map_columns(|c| c.shift(1)),
        |l| l.map_columns(|x| x.call_with(hpda_data::plan::Func::Shift, [hpda_data::plan::lit(1)])),
    ),
    (
        "interpolate",
        |d| d.astype([("i", DType::F64), ("n", DType::F64)])?.interpolate(Interpolate::Linear, None),
        |l| l.interpolate(Interpolate::Linear, None),
    ),
];

/// What chooses rows.
const CHOSEN: &[(&str, Eager, Lazy)] = &[
    ("head", |d| Ok(d.head(3)), |l| Ok(l.head(3))),
    ("tail", |d| Ok(d.tail(3)), |l| l.tail(3)),
    ("slice", |d| Ok(d.slice(2.min(d.height()), 4.min(d.height() - 2.min(d.height())))), |l| l.slice(2, 4)),
    ("query", |d| d.query("i > mean(i)"), |l| l.query("i > mean(i)")),
    (
        "sort_values_with",
        |d| d.sort_values_with(&[("n", desc("n").direction)], Missing::First),
        |l| l.sort_values_with([desc("n")], Missing::First),
    ),
    ("drop_duplicates", |d| d.drop_duplicates(Some(&["n"]), Keep::None), |l| l.drop_duplicates(Some(&["n"]), Keep::None)),
    ("nlargest", |d| d.nlargest(3, "x"), |l| l.nlargest(3, "x")),
    ("nsmallest", |d| d.nsmallest(2, "n"), |l| l.nsmallest(2, "n")),
    ("groupby.head", |d| d.groupby(["k"]).head(1), |l| l.groupby(["k"]).head(1)),
    ("groupby.tail", |d| d.groupby(["k"]).tail(1), |l| l.groupby(["k"]).tail(1)),
    ("groupby.nth", |d| d.groupby(["k"]).nth(-2), |l| l.groupby(["k"]).nth(-2)),
    ("groupby.filter", |d| d.groupby(["k"]).filter(|_, g| Ok(g.height() > 1)), |l| l.groupby(["k"]).filter(|_, g| Ok(g.height() > 1))),
    ("groupby.top", |d| d.groupby(["k"]).top(1, [desc("x")]), |l| l.groupby(["k"]).top(1, [desc("x")])),
];

/// What is made of groups, the keys beside it in the lazy table.
const GROUPS: &[(&str, Eager, Lazy)] = &[
    ("shift", |d| d.groupby(["k"]).shift(1), |l| l.groupby(["k"]).shift(1)),
    ("diff", |d| d.groupby(["k"]).diff(1), |l| l.groupby(["k"]).diff(1)),
    ("pct_change", |d| d.groupby(["k"]).pct_change(1), |l| l.groupby(["k"]).pct_change(1)),
    ("ffill", |d| d.groupby(["k"]).ffill(None), |l| l.groupby(["k"]).ffill(None)),
    ("bfill", |d| d.groupby(["k"]).bfill(Some(1)), |l| l.groupby(["k"]).bfill(Some(1))),
    ("cumsum", |d| d.groupby(["k"]).cumsum(), |l| l.groupby(["k"]).cumsum()),
    ("cumprod", |d| d.groupby(["k"]).cumprod(), |l| l.groupby(["k"]).cumprod()),
    ("cummin", |d| d.groupby(["k"]).cummin(), |l| l.groupby(["k"]).cummin()),
    ("cummax", |d| d.groupby(["k"]).cummax(), |l| l.groupby(["k"]).cummax()),
    ("rank", |d| d.groupby(["k"]).rank(Ranks::default()), |l| l.groupby(["k"]).rank(Ranks::default())),
    ("broadcast", |d| d.groupby(["k"]).broadcast(Agg::Max), |l| l.groupby(["k"]).broadcast(Agg::Max)),
    ("rolling", |d| d.groupby(["k"]).rolling(Windowing::rows(2)).sum(), |l| l.groupby(["k"]).rolling(Windowing::rows(2)).sum()),
    ("expanding", |d| d.groupby(["k"]).expanding(1).mean(), |l| l.groupby(["k"]).expanding(1).mean()),
    (
        "ewm",
        |d| d.groupby(["k"]).ewm(Ewm::new(Decay::Com(1.0)), EwmStat::Std),
        |l| l.groupby(["k"]).ewm(Ewm::new(Decay::Com(1.0)), EwmStat::Std),
    ),
    ("mean", |d| d.groupby(["k"]).mean(), |l| l.groupby(["k"]).mean()),
    ("quantile", |d| d.groupby(["k"]).quantile(0.3), |l| l.groupby(["k"]).quantile(0.3)),
    ("agg_text", |d| d.groupby(["k"]).agg_text("r=max(i)-min(n)"), |l| l.groupby(["k"]).agg_text("r=max(i)-min(n)")),
    (
        "transform_with",
        |d| d.groupby(["k"]).transform_with(|_, g| g.select(["x"])?.mul(2)),
        |l| l.groupby(["k"]).transform_with([("x", DType::F64)], |_, g| g.select(["x"])?.mul(2)),
    ),
    (
        "apply",
        |d| d.groupby(["k"]).apply(|_, g| g.tail(1).select(["x"])),
        |l| l.groupby(["k"]).apply([("x", DType::F64)], |_, g| g.tail(1).select(["x"])),
    ),
];

fn bits(c: &Column) -> Vec<String> {
    (0..c.len()).map(|i| if c.scalar(i).is_missing() { "missing".into() } else { format!("{:?}", c.scalar(i)) }).collect()
}

/// The tables that verbs are tried on: numbered, labelled, labelled by two levels, empty.
fn tables(numbers: bool) -> Vec<DataFrame> {
    let plain = if numbers { table().drop(["k"]).unwrap() } else { table() };
    let labelled = plain.with_column("key", Column::from(vec!["u", "ß", "u", "w", "é", "x", "y", "東"])).unwrap();
    let empty = plain.head(0);
    let one = labelled.set_index(["key"]).unwrap();
    let two = labelled.with_column("second", Column::from(vec![1i64, 2, 3, 4, 5, 6, 7, 8])).unwrap().set_index(["key", "second"]).unwrap();
    vec![plain, one.clone(), two, empty, one.head(0)]
}

fn compare(list: &[(&str, Eager, Lazy)], numbers: bool, labels: bool) {
    compare_on(&tables(numbers), list, labels);
}

fn compare_on(tables: &[DataFrame], list: &[(&str, Eager, Lazy)], labels: bool) {
    let mut wrong = Vec::new();
    for df in tables {
        for (name, eager, lazy) in list {
            // Of no groups a function of the caller gives no columns, which the lazy table was told.
            if df.height() == 0 && matches!(*name, "transform_with" | "apply") {
                continue;
            }
            let wanted = eager(df);
            for rows in [3, 100] {
                let options = ExecOptions::default();
                let found = lazy(&cut(df, rows)).and_then(|l| Ok((l.schema().clone(), l.collect(&options)?)));
                let (wanted, (schema, found)) = match (&wanted, found) {
                    (Ok(w), Ok(f)) => (w, f),
                    (Err(_), Err(_)) => continue,
                    (w, f) => {
                        wrong.push(format!("{name}: {:?}, lazily {:?}", w.as_ref().err(), f.err()));
                        continue;
                    }
                };
                let types: Vec<DType> = found.to_batch().unwrap().columns.iter().map(|c| c.dtype().clone()).collect();
                if !schema.fields.iter().map(|f| &f.dtype).eq(&types) {
                    wrong.push(format!("{name}: {types:?} are not the types told before"));
                }
                if labels && (found.index().names() != wanted.index().names() || !found.index().same_labels(wanted.index())) {
                    wrong.push(format!("{name}: labels {:?} instead of {:?}", found.index(), wanted.index()));
                }
                let mut at = 0;
                for (i, own) in wanted.names().iter().enumerate() {
                    let Some(step) = found.names()[at..].iter().position(|n| n == own) else {
                        wrong.push(format!("{name}: columns {:?} instead of {:?}", found.names(), wanted.names()));
                        break;
                    };
                    at += step;
                    let (a, b) = (&found.columns()[at], &wanted.columns()[i]);
                    if bits(a) != bits(b) || a.dtype() != b.dtype() && !b.is_empty() {
                        wrong.push(format!(
                            "{name}, {own}, batches of {rows}: {} {:?} instead of {} {:?}",
                            a.dtype(),
                            bits(a),
                            b.dtype(),
                            bits(b)
                        ));
                    }
                    at += 1;
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn verbs_of_tables_give_the_same_lazily() {
    compare(STAY, false, true);
    compare(NUMBERS, true, true);
}

#[test]
fn verbs_that_choose_rows_give_the_same_lazily() {
    compare(CHOSEN, false, false);
}

#[test]
fn verbs_by_label_give_the_same_lazily() {
    // One label level, each label once.
    let labels = Column::from(vec!["u", "ß", "v", "w", "é", "x", "y", "東"]);
    let df = table().with_column("key", labels).unwrap().set_index(["key"]).unwrap();
    compare_on(&[df], LABELLED, false);
}

#[test]
fn verbs_in_groups_give_the_same_lazily() {
    compare(GROUPS, false, false);
}

#[test]
fn long_tables_give_the_same_lazily() {
    use hpda_data::plan::MeltOptions;
    let list: &[(&str, Eager, Lazy)] = &[
        ("melt", |d| d.select(["i", "x"])?.melt(&MeltOptions::id(["i"])), |l| l.select(["i", "x"])?.melt(&MeltOptions::id(["i"]))),
        (
            "wide_to_long",
            |d| d.rename([("x", "v1"), ("n", "v2")])?.wide_to_long(&["v"], &["i"], "at", "", r"\d+"),
            |l| l.rename([("x", "v1"), ("n", "v2")])?.wide_to_long(&["v"], &["i"], "at", "", r"\d+"),
        ),
        ("explode", |d| d.explode("i"), |l| l.explode("i")),
    ];
    compare(list, false, false);
}

#[test]
fn bins_of_time_give_the_same_lazily() {
    use hpda_data::frame::date_range_n;
    use hpda_data::plan::TimeBins;
    let days = date_range_n("2024-01-30", 8, "2D").unwrap();
    let df = table().drop(["k"]).unwrap().with_column("t", days).unwrap();
    for (frequency, table) in [("MS", &df), ("5D", &df), ("W", &df), ("D", &df.head(0))] {
        let bins = TimeBins::new(frequency).unwrap();
        let (eager, lazy) = (table.resample("t", bins).unwrap(), cut(table, 3).resample("t", bins).unwrap());
        let pairs = [
            (eager.sum(), lazy.sum()),
            (eager.count(), lazy.count()),
            (eager.ffill(None), lazy.ffill(None)),
            (eager.bfill(Some(1)), lazy.bfill(Some(1))),
            (eager.asfreq(), lazy.asfreq()),
        ];
        for (eager, lazy) in pairs {
            let (eager, lazy) = (eager.unwrap().reset_index().unwrap(), lazy.unwrap().collect(&ExecOptions::default()).unwrap());
            assert_eq!(eager.names(), lazy.names());
            for (a, b) in eager.columns().iter().zip(lazy.columns()) {
                assert_eq!(bits(a), bits(b), "{frequency}");
            }
        }
    }
}

#[test]
fn columns_of_groups_are_known_before_anything_is_read() {
    let lazy = cut(&table(), 3);
    let names = |l: Result<LazyFrame>| l.unwrap().schema().names().map(str::to_string).collect::<Vec<_>>();
    assert_eq!(names(lazy.groupby(["k"]).cumsum()), ["k", "i", "n", "x"]);
    assert_eq!(names(lazy.groupby(["k"]).cumcount("row")), ["k", "i", "n", "x", "row"]);
    assert_eq!(names(lazy.groupby(["k"]).size("n")), ["k", "n"]);
    assert!(lazy.groupby(["q"]).shift(1).unwrap_err().to_string().contains("\"q\""));
    assert!(lazy.groupby(["k"]).diff(1).is_ok() && lazy.diff(1).is_err());
    assert!(lazy.groupby(["k"]).shift(1).unwrap().explain().contains("shift   1 in groups by k"));
}

#[test]
fn all_rows_beyond_the_budget_are_refused() {
    let long = DataFrame::new([("x", Column::from((0..3_000_000i64).collect::<Vec<_>>()))]).unwrap();
    let sampled = long.lazy().unwrap().sample(1, 7);
    let e = sampled.collect(&ExecOptions::default().with_memory(8 << 20)).unwrap_err();
    assert!(e.to_string().contains("sample needs more than"), "{e}");
}

#[test]
fn what_a_function_promised_must_come() {
    let groups = table().lazy().unwrap().groupby(["k"]);
    let options = ExecOptions::default();
    let e = groups.apply([("y", DType::F64)], |_, g| g.select(["x"])).unwrap().collect(&options).unwrap_err();
    assert!(e.to_string().contains("\"y\""), "{e}");
    let e = groups.apply([("x", DType::F64)], |_, g| g.select(["x", "i"])).unwrap().collect(&options).unwrap_err();
    assert!(e.to_string().contains("more columns"), "{e}");
    let e = groups.transform_with([("x", DType::F64)], |_, _| panic!("broken")).unwrap().collect(&options).unwrap_err();
    assert!(e.to_string().contains("broken"), "{e}");
}
