//! Functions of the caller over rows, parts and groups; strict alignment; what verbs refuse.

use hpda_data::exec::{Absent, Ambiguous, Arithmetic, Crosstab, Cut, ExecOptions, Inclusive, Unreadable, crosstab};
use hpda_data::frame::date_range;
use hpda_data::kernel::window::{Decay, Ewm, EwmStat, Windowing};
use hpda_data::label::Method;
use hpda_data::ops::tables::{Axis, Concat, concat};
use hpda_data::plan::{Agg, BinaryOp, TimeBins, desc, parse};
use hpda_data::{Column, DataFrame, Error, ErrorKind, Index, Result, Scalar};

fn table(n: i64) -> DataFrame {
    let x: Vec<i64> = (0..n).collect();
    let k: Vec<String> = (0..n).map(|i| format!("k{}", i * 7 % 5)).collect();
    DataFrame::new([("x", Column::from(x)), ("k", k.into())]).unwrap()
}

fn in_threads<T: Send>(threads: usize, f: impl FnOnce() -> T + Send) -> T {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(f)
}

fn square(row: hpda_data::exec::Row<'_>) -> Result<Scalar> {
    let x = row.number("x")?;
    Ok((x * x + row.position() as f64).into())
}

#[test]
fn functions_of_rows_and_parts_keep_the_order_for_any_number_of_threads() {
    let df = table(10_007);
    let run = || {
        let rows = df.apply_rows(square).unwrap();
        let parts = df.map_partitions(13, |part, rows| rows.with_column("part", vec![part as i64; rows.height()])).unwrap();
        let groups = df.groupby(["k"]).transform_with(|_, rows| rows.select(["x"])?.cumsum()).unwrap();
        (rows, parts, groups)
    };
    let one = in_threads(1, run);
    assert!(one == in_threads(4, run));
    let want: Vec<f64> = (0..10_007).map(|i| (i * i + i) as f64).collect();
    assert_eq!(one.0.data(), &Column::from(want));
    assert_eq!(one.1.column("x").unwrap(), df.column("x").unwrap());
    assert_eq!(one.1.index(), df.index());
    let parts = one.1.column("part").unwrap().to_i64().unwrap();
    assert!(parts.values().is_sorted() && parts.value(0) == 0 && parts.value(10_006) == 12);
    assert!(one.2 == df.groupby(["k"]).cumsum().unwrap());
    // What a plan gives goes through the same functions.
    let options = ExecOptions::default();
    let lazy = df.lazy().unwrap().filter(parse("x < 100").unwrap()).unwrap();
    let eager = df.query("x < 100").unwrap();
    let halves = |_: usize, rows: &DataFrame| rows.query("x % 2 == 0");
    let a = lazy.map_partitions(3, &options, halves).unwrap().collect(&options).unwrap();
    assert_eq!(a.column("x").unwrap(), eager.map_partitions(3, halves).unwrap().column("x").unwrap());
    let a = lazy.apply_rows("y", &options, square).unwrap().collect(&options).unwrap();
    assert_eq!(a.column("y").unwrap(), eager.apply_rows(square).unwrap().data());
}

#[test]
fn errors_and_panics_of_functions_are_told_with_their_place() {
    let df = table(5000);
    let refuse = |row: hpda_data::exec::Row<'_>| match row.get("x")? {
        Scalar::I64(x) if x >= 4321 => Err(Error::invalid(format!("no {x}"))),
        x => Ok(x),
    };
    let e = df.apply_rows(refuse).unwrap_err();
    assert_eq!((e.kind(), e.message(), e.place().row), (ErrorKind::Invalid, "no 4321", Some(4321)));
    let e = df.apply_rows(|row| if row.position() == 17 { panic!("seventeen") } else { row.get("x") }).unwrap_err();
    assert_eq!((e.message(), e.place().row), ("the function panicked: seventeen", Some(17)));
    let e = df.apply_rows(|row| row.get("y")).unwrap_err();
    assert_eq!((e.kind(), e.place().row), (ErrorKind::NotFound, Some(0)));
    let e = df.map_partitions(4, |part, rows| if part >= 2 { panic!("part") } else { Ok(rows.clone()) }).unwrap_err();
    assert_eq!((e.message(), e.place().op.as_deref()), ("the function panicked: part", Some("part 2 of 4")));
    let e = df.map_partitions(2, |part, rows| rows.rename([("x", format!("x{part}"))])).unwrap_err();
    assert_eq!(e.message(), "the function gives different columns for different parts");
    assert_eq!(df.map_partitions(0, |_, rows| Ok(rows.clone())).unwrap_err().kind(), ErrorKind::Invalid);
    let e = df.groupby(["k"]).apply(|key, _| if key[0] == "k3".into() { panic!("group") } else { Ok(df.head(1)) }).unwrap_err();
    assert_eq!((e.message(), e.place().op.as_deref()), ("the function panicked: group", Some("group k3")));
    let e = df.groupby(["k"]).filter(|key, _| if key[0] == "k1".into() { panic!("{}", 1) } else { Ok(true) }).unwrap_err();
    assert_eq!((e.message(), e.place().op.as_deref()), ("the function panicked: 1", Some("group k1")));
    let e = df.groupby(["k"]).transform_with(|_, rows| Ok(rows.head(1))).unwrap_err();
    assert_eq!((e.message(), e.place().op.as_deref()), ("the function gives 1 rows for 1000", Some("group k0")));
}

#[test]
fn tables_without_rows_go_through_every_verb() {
    let none = table(0);
    assert_eq!(none.apply_rows(square).unwrap().len(), 0);
    assert_eq!(none.map_partitions(3, |_, rows| Ok(rows.clone())).unwrap().shape(), (0, 2));
    assert_eq!(concat(&[none.clone(), table(2)], &Concat::default()).unwrap().height(), 2);
    assert_eq!(
        concat(&[none.clone(), none.clone()], &Concat { axis: Axis::Rows, ..Concat::default() }.keys(["a", "b"])).unwrap().height(),
        0
    );
    let g = none.groupby(["k"]);
    assert_eq!(g.shift(1).unwrap().shape(), (0, 1));
    assert_eq!(g.cumsum().unwrap().shape(), (0, 1));
    assert_eq!(g.cummax().unwrap().height(), 0);
    assert_eq!(g.ffill(None).unwrap().height(), 0);
    assert_eq!(g.broadcast(Agg::Mean).unwrap().height(), 0);
    assert_eq!(g.rolling(Windowing::rows(2)).mean().unwrap().height(), 0);
    assert_eq!(g.transform_with(|_, rows| Ok(rows.clone())).unwrap().height(), 0);
    assert_eq!(g.groups().unwrap().len(), 0);
    let x = none.series("x").unwrap();
    assert_eq!(x.cut(&Cut::new(vec![0i64, 1])).unwrap().len(), 0);
    assert_eq!(x.qcut_n(2).unwrap_err().kind(), ErrorKind::Invalid);
    assert_eq!(x.mode().unwrap().len(), 0);
    assert_eq!(x.isin([1i64]).unwrap().len(), 0);
    assert_eq!(x.value_shares().unwrap().len(), 0);
    assert_eq!(x.idxmax().unwrap_err().kind(), ErrorKind::Invalid);
    assert_eq!(none.mode().unwrap().shape(), (0, 2));
    assert_eq!(none.get_dummies(&Default::default()).unwrap().shape(), (0, 1));
    assert_eq!(crosstab(&x, &none.series("k").unwrap(), Crosstab::default()).unwrap().shape(), (0, 0));
    let k = none.series("k").unwrap();
    assert_eq!(k.str().split(None).unwrap().str().len().unwrap().len(), 0);
    assert_eq!(k.to_datetime(None, Unreadable::Refuse).unwrap().floor("h").unwrap().len(), 0);
    assert!(table(0).corr(Default::default()).is_ok());
}

#[test]
fn strict_operations_refuse_to_align() {
    let (a, b) = (table(3).select(["x"]).unwrap(), table(4).select(["x"]).unwrap());
    let strict = Arithmetic { strict: true, ..Arithmetic::default() };
    assert_eq!(a.operate(BinaryOp::Add, &b, &strict).unwrap_err().kind(), ErrorKind::Shape);
    assert_eq!(a.add(&b).unwrap().column("x").unwrap(), &Column::from(vec![Some(0i64), Some(2), Some(4), None]));
    assert!(a.operate(BinaryOp::Add, &a, &strict).is_ok());
    let (x, y) = (a.series("x").unwrap(), b.series("x").unwrap());
    assert_eq!(x.operate(BinaryOp::Mul, &y, &strict).unwrap_err().kind(), ErrorKind::Shape);
}

#[test]
fn rows_are_found_by_the_nearest_label() {
    let df = DataFrame::new([("x", Column::from(vec!["a", "b", "c"]))]).unwrap();
    let df = df.with_row_labels(Index::flat(Some("t"), vec![10i64, 20, 40].into())).unwrap();
    let wanted = || Column::from(vec![5i64, 10, 15, 31, 60]);
    let found = |method, tolerance| df.reindex_with(wanted(), method, tolerance).unwrap().column("x").unwrap().clone();
    // `df.reindex(wanted, method=.., tolerance=..)`
    assert_eq!(found(Method::Pad, None), Column::from(vec![None, Some("a"), Some("a"), Some("b"), Some("c")]));
    assert_eq!(found(Method::Backfill, None), Column::from(vec![Some("a"), Some("a"), Some("b"), Some("c"), None]));
    assert_eq!(found(Method::Nearest, None), Column::from(vec![Some("a"), Some("a"), Some("b"), Some("c"), Some("c")]));
    assert_eq!(found(Method::Nearest, Some(5.0)), Column::from(vec![Some("a"), Some("a"), Some("b"), None, None]));
    assert_eq!(found(Method::Exact, None), Column::from(vec![None, Some("a"), None, None, None]));
    let days = date_range("2024-01-01", "2024-01-03", "D").unwrap();
    let df = df.with_row_labels(Index::flat(Some("t"), days)).unwrap();
    let hours = date_range("2024-01-01T13:00", "2024-01-02T13:00", "12h").unwrap();
    let made = df.reindex_with(hours, Method::Pad, None).unwrap();
    assert_eq!(made.column("x").unwrap(), &Column::from(vec!["a", "b", "b"]));
    assert_eq!(df.reindex_with(wanted(), Method::Pad, None).unwrap_err().kind(), ErrorKind::Type);
}

#[test]
fn options_of_series_are_those_of_pandas() {
    let s = table(5).series("x").unwrap();
    // `s.between(1, 3, inclusive=..)`
    for (inclusive, want) in [(Inclusive::Both, 3), (Inclusive::Low, 2), (Inclusive::High, 2), (Inclusive::Neither, 1)] {
        assert_eq!(s.between_with(1, 3, inclusive).unwrap().count_true().unwrap(), want);
    }
    assert_eq!(s.nlargest(2).unwrap().index().columns()[0].to_f64().unwrap(), [4.0, 3.0]);
    assert_eq!(s.nsmallest(1).unwrap().data(), &Column::from(vec![0i64]));
    assert_eq!((s.idxmax().unwrap(), s.idxmin().unwrap()), (vec![4i64.into()], vec![0i64.into()]));
    assert_eq!((s.head(2).unwrap().len(), s.tail(3).unwrap().iat(0).unwrap()), (2, 2i64.into()));
    assert_eq!(s.corr(&s.mul(-2).unwrap(), Default::default()).unwrap().map(|r| (r * 1e9).round()), Some(-1e9));
    assert_eq!(s.cov(&s).unwrap(), Some(2.5));
    // `s.ewm(com=1).mean()`: weights 1, 1/2, 1/4.
    let how = Ewm { decay: Decay::Com(1.0), adjust: true, ignore_missing: false, min_count: 0 };
    let third = s.ewm(how, EwmStat::Mean).unwrap().iat(2).unwrap().as_f64().unwrap();
    assert!((third - (2.0 + 0.5) / 1.75).abs() < 1e-15);
    let text = Index::flat(None, Column::from(vec!["1", "x"]));
    let s = hpda_data::Series::new(None, text.columns().swap_remove(0), Index::range(2).into()).unwrap();
    assert_eq!(s.astype(&hpda_data::DType::I64).unwrap_err().kind(), ErrorKind::Parse);
    assert_eq!(s.to_datetime(None, Unreadable::Refuse).unwrap_err().place().row, Some(0));
    assert_eq!(s.to_datetime(None, Unreadable::Missing).unwrap().data().missing_count(), 2);
    assert_eq!(s.isin(["x"]).unwrap().data(), &Column::from(vec![false, true]));
    assert_eq!(s.str().split(Some("")).unwrap_err().kind(), ErrorKind::Invalid);
    assert_eq!(s.str().matches("(").unwrap_err().kind(), ErrorKind::Parse);
    assert_eq!(s.str().pad(3, "up", " ").unwrap_err().kind(), ErrorKind::Invalid);
}

#[test]
fn times_that_have_no_meaning_are_refused_by_row() {
    let s = DataFrame::new([("t", Column::from(vec!["2024-10-27T01:30", "2024-10-27T02:30"]))]).unwrap().series("t").unwrap();
    let t = s.to_datetime(None, Unreadable::Refuse).unwrap();
    let e = t.tz_localize("Europe/Paris", Ambiguous::Refuse, Absent::Refuse).unwrap_err();
    assert_eq!((e.message(), e.place().row), ("clocks show 2024-10-27T02:30:00 twice", Some(1)));
    assert_eq!(t.tz_localize("Europe/Pari", Ambiguous::Refuse, Absent::Refuse).unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(t.tz_convert("UTC").unwrap_err().kind(), ErrorKind::Type);
    assert_eq!(t.floor("MS").unwrap_err().kind(), ErrorKind::Invalid);
    assert_eq!(t.offset("3X").unwrap_err().kind(), ErrorKind::Parse);
    assert_eq!(t.strftime("%Q").unwrap_err().kind(), ErrorKind::Invalid);
    assert_eq!(table(2).series("x").unwrap().floor("h").unwrap_err().kind(), ErrorKind::Type);
    assert_eq!(table(2).resample_index(TimeBins::new("D").unwrap()).unwrap_err().kind(), ErrorKind::Type);
    assert_eq!(table(2).asfreq("D").unwrap_err().kind(), ErrorKind::Invalid);
    let e = table(3).groupby(["k"]).get_group(["k9"]).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::NotFound);
    assert_eq!(table(9).groupby(["k"]).top(1, [desc("x")]).unwrap().height(), 5);
}

#[test]
fn functions_of_values_and_columns_are_called_for_each() {
    let df = table(6);
    let made = df.select(["x"]).unwrap().apply_columns(|c| c.reduce(Agg::Max)).unwrap();
    assert_eq!((made.data(), made.at("x").unwrap()), (&Column::from(vec![5i64]), 5i64.into()));
    let e = df.apply_columns(|c| if c.name() == Some("k") { panic!("k") } else { Ok(1i64.into()) }).unwrap_err();
    assert_eq!((e.message(), e.place().column.as_deref()), ("the function panicked: k", Some("k")));
    let s = df.series("x").unwrap();
    assert_eq!(s.map_values([(1, "one"), (3, "three")]).unwrap().data().missing_count(), 4);
    assert_eq!(s.map_values([(2.0, 1.5)]).unwrap().iat(2).unwrap(), 1.5.into());
    assert_eq!(s.apply(|x| if x == 4i64.into() { Err(Error::invalid("four")) } else { Ok(x) }).unwrap_err().place().row, Some(4));
    // `df.value_counts("k")`: ties in the order of the values.
    let counts = df.value_counts(Some(&["k"])).unwrap();
    assert_eq!((counts.index().label(0), counts.iat(0).unwrap(), counts.len()), (vec!["k0".into()], 2i64.into(), 5));
    let by_level = df.set_index(["k"]).unwrap().groupby_level(0).unwrap().sum().unwrap();
    assert_eq!(by_level.column("x").unwrap(), df.groupby(["k"]).sum().unwrap().column("x").unwrap());
    assert_eq!(df.groupby_level(0).unwrap().ngroups().unwrap(), 6);
}

#[test]
fn bins_of_expressions_are_the_same_lazily_over_many_batches() {
    let df = table(60_000);
    let by = || hpda_data::plan::GroupKey::new("bin", parse("cut(x, -1, 9, 29999, 60000)").unwrap());
    let eager = df.groupby([by()]).agg([("n", parse("size(x)").unwrap())]).unwrap();
    assert_eq!(eager.column("n").unwrap(), &Column::from(vec![10i64, 29_990, 30_000]));
    let text = eager.index().columns()[0].cast(&hpda_data::DType::Str).unwrap();
    assert_eq!(text, Column::from(vec!["(-1, 9]", "(9, 29999]", "(29999, 60000]"]));
    let bins = df.eval(parse("cut(x, -1, 9, 29999, 60000)").unwrap()).unwrap();
    assert_eq!(bins.categories().unwrap().len(), 3);
    assert_eq!(&bins, df.series("x").unwrap().cut(&Cut::new(vec![-1i64, 9, 29_999, 60_000])).unwrap().data());
    assert_eq!(df.query("cut(x, 0, 2, 4) == '(0, 2]'").unwrap().height(), 2);
    assert_eq!(df.query("cut(x, 0, 2, 4) < '(2, 4]'").unwrap().height(), 2);
    for wrong in ["cut(x, 3, 1)", "cut(k, 1, 3)", "cut(x, 1, k)", "cut(x, 1)"] {
        assert!(parse(wrong).and_then(|e| df.eval(e)).is_err(), "{wrong}");
    }
}

/// Each row may be a long computation: that a table is short is no reason to leave threads idle.
#[test]
fn rows_of_a_short_table_go_to_several_threads() {
    use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
    let df = DataFrame::new([("x", Column::from((0..64i64).collect::<Vec<_>>()))]).unwrap();
    let seen = AtomicUsize::new(0);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(4).build().unwrap();
    let made = pool.install(|| {
        df.apply_rows(|row| {
            seen.fetch_or(1 << rayon::current_thread_index().unwrap(), SeqCst);
            // Waits for another thread, though not for ever.
            (0..1_000_000).take_while(|_| seen.load(SeqCst).is_power_of_two()).for_each(|_| std::thread::yield_now());
            row.get("x")
        })
    });
    assert_eq!(made.unwrap().data(), df.column("x").unwrap());
    assert!(seen.load(SeqCst).count_ones() > 1);
}
