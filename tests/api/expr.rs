//! Expressions and lazy tables. Expected values follow Python's operators, pandas and numpy, or a formula beside them.

use hpda_data::exec::{ExecOptions, MemSource, summary};
use hpda_data::plan::{Func, LazyFrame, col, lit, parse, when};
use hpda_data::store::TableSource;
use hpda_data::{Column, DType, DataFrame, ErrorKind, Scalar};
use std::sync::Arc;

fn frame() -> DataFrame {
    DataFrame::new([
        ("i", Column::from(vec![Some(7i64), Some(-7), None, Some(0)])),
        ("j", Column::from(vec![2i64, 2, -2, 0])),
        ("x", Column::from(vec![Some(1.5), Some(f64::NAN), None, Some(-2.5)])),
        ("f", Column::from(vec![1.0f32, 2.0, 3.0, 4.0])),
        ("small", Column::from(vec![100i8, 1, 2, 3])),
        ("s", Column::from_texts([Some("Ärger im Büro"), Some(""), None, Some("  b ")])),
        ("b", Column::from(vec![Some(true), Some(false), None, Some(true)])),
        // 2020-02-29T06:30:15, 1969-12-31T23:59:59, missing, 2021-01-03T00:00
        ("t", Column::datetimes(vec![Some(1_582_957_815_000_000), Some(-1_000_000), None, Some(1_609_632_000_000_000)])),
        ("a name", Column::from(vec![1i64, 2, 3, 4])),
        ("Sepal.Length", Column::from(vec![5.1, 4.9, 4.7, 4.6])),
    ])
    .unwrap()
}

fn lazy(frame: &DataFrame) -> LazyFrame {
    LazyFrame::scan(Arc::new(MemSource::from_frame(frame).unwrap()))
}

fn value(text: &str) -> hpda_data::Result<Column> {
    let out = lazy(&frame()).with("out", parse(text)?)?.select(["out"])?.collect(&ExecOptions::default())?;
    Ok(out.column("out")?.clone())
}

#[track_caller]
fn check(text: &str, want: impl Into<Column>) {
    let got = value(text).unwrap_or_else(|e| panic!("{text}: {e}"));
    let want = want.into();
    assert!(got == want, "{text}: {got:?} instead of {want:?}");
}

#[track_caller]
fn refused(text: &str, kind: ErrorKind, message: &str) {
    let e = value(text).expect_err(text);
    assert_eq!((e.kind(), e.message()), (kind, message), "{text}");
}

#[test]
fn division_and_remainder_have_the_signs_of_python() {
    check("i // j", vec![Some(3i64), Some(-4), None, None]);
    check("i % j", vec![Some(1i64), Some(1), None, None]);
    check("i % -2", vec![Some(-1i64), Some(-1), None, Some(0)]);
    check("i / j", vec![Some(3.5), Some(-3.5), None, Some(f64::NAN)]);
    check("x // 1", vec![Some(1.0), Some(f64::NAN), None, Some(-3.0)]);
    check("x % 2", vec![Some(1.5), Some(f64::NAN), None, Some(1.5)]);
    check("7.5 // -2 + 0 * f", vec![-4.0f32; 4]);
    refused("2 ** j", ErrorKind::Invalid, "2 ** -2: an integer to a negative power is no integer");
    check("2 ** `a name` ** 2", vec![2i64, 16, 512, 65536]);
    check("`a name` ** -1", vec![1.0, 0.5, 1.0 / 3.0, 0.25]);
}

#[test]
fn literals_are_weak() {
    for (text, dtype) in [
        ("small + 1", DType::I8),
        ("small + 1.5", DType::F64),
        ("f + 1", DType::F32),
        ("f * 0.1", DType::F32),
        ("f / 3", DType::F32),
        ("small / 3", DType::F64),
        ("small + j", DType::I64),
        ("f + j", DType::F64),
        ("1 - f", DType::F32),
        ("b + b", DType::I64),
        ("-small", DType::I8),
        ("sqrt(f)", DType::F32),
        ("sqrt(small)", DType::F64),
        ("fill(i, 0)", DType::I64),
        ("if(b, 1, 2.5)", DType::F64),
    ] {
        assert_eq!(value(text).unwrap().dtype(), &dtype, "{text}");
    }
    refused("small + 300", ErrorKind::Overflow, "300 does not fit i8");
    check("small < 300", vec![true; 4]);
    check("small == 1.0", vec![false, true, false, false]);
    check("f == 0.1", vec![false; 4]);
}

#[test]
fn integer_overflow_is_an_error() {
    assert_eq!(value("small + small").unwrap_err().kind(), ErrorKind::Overflow);
    assert_eq!(value("i * 9223372036854775807").unwrap_err().kind(), ErrorKind::Overflow);
    assert_eq!(value("10 ** (j + 17)").unwrap_err().kind(), ErrorKind::Overflow);
    assert_eq!(value("int(f * 1e30)").unwrap_err().kind(), ErrorKind::Overflow);
}

#[test]
fn missing_goes_through_operations_and_logic_is_three_valued() {
    check("x > 0", vec![Some(true), None, None, Some(false)]);
    check("x != x", vec![Some(false), None, None, Some(false)]);
    check("b and x > 0", vec![Some(true), Some(false), None, Some(false)]);
    check("b or x > 0", vec![Some(true), None, None, Some(true)]);
    check("not b", vec![Some(false), Some(true), None, Some(false)]);
    check("is_missing(x)", vec![false, true, true, false]);
    check("is_nan(x)", vec![false, true, false, false]);
    check("fill(x, 9)", vec![1.5, 9.0, 9.0, -2.5]);
    check("if(b, i, -1)", vec![Some(7i64), Some(-1), None, Some(0)]);
    check("least(i, j)", vec![Some(2i64), Some(-7), Some(-2), Some(0)]);
    check("greatest(x, 0)", vec![1.5, 0.0, 0.0, 0.0]);
    check("clip(i, -1, 1)", vec![Some(1i64), Some(-1), None, Some(0)]);
    refused("x == missing", ErrorKind::Invalid, "nothing is equal to missing");
}

#[test]
fn comparisons_chain_and_membership_takes_lists() {
    check("-7 <= i < 7", vec![Some(false), Some(true), None, Some(true)]);
    check("i in [7, 0, 300]", vec![Some(true), Some(false), None, Some(true)]);
    check("x not in [1.5]", vec![Some(false), None, None, Some(true)]);
    check("s in ['', 'zz']", vec![Some(false), Some(true), None, Some(false)]);
    check("small in [1, 300]", vec![false, true, false, false]);
    check("t in ['2021-01-03']", vec![Some(false), Some(false), None, Some(true)]);
    check("0.0 == -0.0 and i == i", vec![Some(true), Some(true), None, Some(true)]);
}

#[test]
fn text_functions_count_characters() {
    check("len(s)", vec![Some(13i64), Some(0), None, Some(4)]);
    check("upper(s)", Column::from_texts([Some("ÄRGER IM BÜRO"), Some(""), None, Some("  B ")]));
    check("strip(s) + '!'", Column::from_texts([Some("Ärger im Büro!"), Some("!"), None, Some("b!")]));
    check("contains(s, '.')", vec![Some(false), Some(false), None, Some(false)]);
    check("starts_with(s, 'Ä') or ends_with(s, ' ')", vec![Some(true), Some(false), None, Some(true)]);
    check("slice(s, -4, -1)", Column::from_texts([Some("Bür"), Some(""), None, Some("  b")]));
    check("slice(s, 1)", Column::from_texts([Some("rger im Büro"), Some(""), None, Some(" b ")]));
    check("replace(s, 'r', 'R')", Column::from_texts([Some("ÄRgeR im BüRo"), Some(""), None, Some("  b ")]));
    check("extract(s, '(\\w+) im')", Column::from_texts([Some("Ärger"), None, None, None]));
    check("extract(s, '[a-z]')", Column::from_texts([Some("r"), None, None, Some("b")]));
    refused("extract(s, '(')", ErrorKind::Parse, "\"(\" is no regular expression");
}

#[test]
fn parts_of_times_and_arithmetic_with_them() {
    check("t.year", vec![Some(2020i64), Some(1969), None, Some(2021)]);
    check("t.month * 100 + t.day", vec![Some(229i64), Some(1231), None, Some(103)]);
    check("t.hour + t.minute + t.second", vec![Some(51i64), Some(23 + 59 + 59), None, Some(0)]);
    check("t.dayofyear", vec![Some(60i64), Some(365), None, Some(3)]);
    // 2020-02-29 was a Saturday, 1969-12-31 a Wednesday, 2021-01-03 a Sunday.
    check("t.weekday", vec![Some(5i64), Some(2), None, Some(6)]);
    check("t.season", Column::from_texts([Some("DJF"), Some("DJF"), None, Some("DJF")]));
    check("t >= '2020-02-29'", vec![Some(true), Some(false), None, Some(true)]);
    check("t - '1970-01-01' > '0s'", vec![Some(true), Some(false), None, Some(true)]);
    check("(t + '1D').day", vec![Some(1i64), Some(1), None, Some(4)]);
    check("t.date == '2021-01-03'", vec![Some(false), Some(false), None, Some(true)]);
    check("(t - t) / ('1 days' - (t - t)) == 0.0", vec![Some(true), Some(true), None, Some(true)]);
    refused("t > '2020-13-01'", ErrorKind::Parse, "\"2020-13-01\" does not read as datetime");
    refused("t + t", ErrorKind::Type, "`+` of datetime and datetime has no meaning");
}

#[test]
fn casts_follow_the_contract() {
    check("int(x)", vec![Some(1i64), None, None, Some(-2)]);
    check("float('1e3') + 0 * i", vec![Some(1000.0), Some(1000.0), None, Some(1000.0)]);
    check("str(i)", Column::from_texts([Some("7"), Some("-7"), None, Some("0")]));
    check("str(x)", Column::from_texts([Some("1.5"), None, None, Some("-2.5")]));
    check("str(t)", Column::from_texts([Some("2020-02-29T06:30:15"), Some("1969-12-31T23:59:59"), None, Some("2021-01-03T00:00:00")]));
    check("datetime(str(t)) == t", vec![Some(true), Some(true), None, Some(true)]);
    check("date(slice(str(t), 0, 10)) == t.date", vec![Some(true), Some(true), None, Some(true)]);
    check("round(x)", vec![Some(2.0), Some(f64::NAN), None, Some(-2.0)]);
    check("round(`Sepal.Length`, 0) + round(2.675, 2)", vec![7.67, 7.67, 7.67, 7.67]);
    check("Sepal.Length > 4.8", vec![true, true, false, false]);
    refused("float(s)", ErrorKind::Parse, "the text \"Ärger im Büro\" does not read as a number");
}

#[test]
fn faults_are_found_before_data_is_read() {
    refused("agee > 3", ErrorKind::NotFound, "column \"agee\" does not exist");
    refused("s > 3", ErrorKind::Type, "3 does not go with str");
    refused("i > '3'", ErrorKind::Type, "'3' does not go with i64");
    refused("s * 2", ErrorKind::Type, "`*` is not for str");
    refused("i and b", ErrorKind::Type, "`and` is for true and false, not for i64");
    refused("mean(s) > 1", ErrorKind::Type, "mean is not meant for str");
    refused("len(i)", ErrorKind::Type, "`len` is for text, not for i64");
    refused("t.yeer", ErrorKind::NotFound, "time part \"yeer\" does not exist");
    let e = lazy(&frame()).filter(parse("i + 1").unwrap()).unwrap_err();
    assert_eq!(e.message(), "a condition is true or false, this is i64");
    let e = lazy(&frame()).select(["s", "x", "s"]).unwrap_err();
    assert_eq!(e.message(), "column \"s\" is asked for twice");
}

#[test]
fn aggregates_inside_expressions_are_over_all_rows() {
    check("j > mean(j)", vec![true, true, false, false]);
    check("i - min(i)", vec![Some(14i64), Some(0), None, Some(7)]);
    check("sum(i > 0) + 0 * j", vec![1i64; 4]);
    check("mean(j - mean(j)) + 0 * f", vec![0.0f64; 4]);
    check("max(s) == 'Ärger im Büro'", vec![true; 4]);
    let out = lazy(&frame()).filter(parse("i < max(i)").unwrap()).unwrap().collect(&ExecOptions::default()).unwrap();
    assert_eq!(out.height(), 2);
}

/// pandas: the same call on the same values, missing skipped.
#[test]
fn every_aggregate_gives_what_pandas_gives() {
    let df = DataFrame::new([
        ("v", Column::from(vec![Some(4.0), Some(1.0), None, Some(1.0), Some(10.0), Some(f64::NAN), Some(2.0)])),
        ("k", Column::from(vec![Some(3i32), Some(5), Some(5), None, Some(-1), Some(3), Some(8)])),
        ("s", Column::from_texts([Some("b"), None, Some("a"), Some("b"), Some("a"), Some("c"), None])),
    ])
    .unwrap();
    let get = |text: &str| {
        let out = lazy(&df).aggregate([("r", parse(text).unwrap())], &ExecOptions::default()).unwrap_or_else(|e| panic!("{text}: {e}"));
        out.column("r").unwrap().scalar(0)
    };
    for (text, want) in [
        ("count(v)", 5.0),
        ("size(v)", 7.0),
        ("sum(v)", 18.0),
        ("mean(v)", 3.6),
        ("var(v)", 14.3),
        ("std(v)", 3.781534080237807),
        ("sem(v)", 1.6911534525287764),
        ("median(v)", 2.0),
        ("q0.9(v)", 7.6),
        ("first(v)", 4.0),
        ("last(v)", 2.0),
        ("nunique(v)", 4.0),
        ("prod(v)", 80.0),
        ("mode(v)", 1.0),
        ("skew(v)", 1.7179545017071363),
        ("kurt(v)", 2.8544183089637656),
        ("argmin(v)", 1.0),
        ("argmax(v)", 4.0),
        ("max(k) - min(k)", 9.0),
        ("mode(k)", 3.0),
        ("sum(k)", 23.0),
        ("prod(k)", -1800.0),
        ("nunique(s)", 3.0),
    ] {
        let got = get(text).as_f64().unwrap();
        assert!((got - want).abs() <= 1e-12 * want.abs(), "{text}: {got} instead of {want}");
    }
    assert_eq!((get("mode(s)"), get("min(s)"), get("last(s)")), ("a".into(), "a".into(), "c".into()));
    assert_eq!((get("any(k > 7)"), get("all(k > 7)")), (Scalar::Bool(true), Scalar::Bool(false)));
    let none = lazy(&df).filter(lit(false)).unwrap();
    let wanted = ["sum(v)", "prod(k)", "count(v)", "any(k)", "all(k)", "mean(v)", "min(k)"].map(|t| (t, parse(t).unwrap()));
    let out = none.aggregate(wanted, &ExecOptions::default()).unwrap();
    let row: Vec<Scalar> = out.columns().iter().map(|c| c.scalar(0)).collect();
    assert_eq!(
        row,
        [Scalar::F64(0.0), Scalar::I64(1), Scalar::I64(0), Scalar::Bool(false), Scalar::Bool(true), Scalar::Null, Scalar::Null]
    );
    let e = lazy(&df).aggregate([("r", parse("v - mean(v)").unwrap())], &ExecOptions::default()).unwrap_err();
    assert_eq!(e.message(), "column \"v\" stands outside an aggregate");
}

#[test]
fn lazy_table_selects_renames_limits_and_explains() {
    let plan = lazy(&frame())
        .with("double", col("j") * 2)
        .unwrap()
        .with("j", when(col("b"), 1, 0))
        .unwrap()
        .filter(col("double").ne(-4).and(!col("i").is_missing()))
        .unwrap()
        .rename([("double", "twice")])
        .unwrap()
        .select(["twice", "s", "j"])
        .unwrap()
        .limit(2);
    let out = plan.collect(&ExecOptions::default()).unwrap();
    let want = DataFrame::new([
        ("twice", Column::from(vec![4i64, 4])),
        ("s", Column::from(vec!["Ärger im Büro", ""])),
        ("j", Column::from(vec![1i64, 0])),
    ]);
    assert!(out == want.unwrap());
    let explained = plan.explain();
    let steps: Vec<&str> = explained.lines().map(|l| l.split_whitespace().next().unwrap()).collect();
    assert_eq!(steps, ["scan", "with", "with", "filter", "select", "select", "limit"]);
    // A condition after a limit does not reach through it.
    let after = lazy(&frame()).limit(1).filter(col("j").lt(0)).unwrap().collect(&ExecOptions::default()).unwrap();
    assert_eq!(after.height(), 0);
    assert_eq!(lazy(&frame()).drop(["s"]).unwrap().schema().fields.len(), frame().width() - 1);
}

#[test]
fn summary_takes_a_lazy_table_as_it_is() {
    let options = ExecOptions::default();
    let source: Arc<dyn TableSource> = lazy(&frame()).filter(parse("j > 0").unwrap()).unwrap().source(&options).unwrap();
    let s = summary::summary(&source, &Default::default(), &options).unwrap();
    assert_eq!((s.rows, s.columns[0].count, s.columns[0].mean), (2, 2, Some(0.0)));
}

#[test]
fn every_function_has_a_name_of_its_own_and_is_parsed() {
    for (func, name, least, ..) in Func::ALL {
        let args = vec!["x"; *least].join(", ");
        let parsed = parse(&format!("{name}({args})")).unwrap();
        assert_eq!(parsed.to_string(), format!("{name}({args})"));
        assert_eq!(Func::of_name(name), Some(*func));
        assert!(hpda_data::kernel::agg::Agg::of_name(name).is_none(), "{name}");
    }
}

#[test]
fn ordered_categories_are_never_compared_as_text() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/files/data/columnar/pandas_base.parquet");
    let df = hpda_data::read_parquet(path).unwrap();
    // The list is lo, mid, hi; as text `hi` would come first.
    assert_eq!(df.column("c").unwrap().categories().unwrap(), ["lo", "mid", "hi"]);
    let below = df.query("c < 'mid'").unwrap();
    assert!(below.height() > 0 && (0..below.height()).all(|i| below.column("c").unwrap().scalar(i) == "lo".into()));
    let e = lazy(&df).filter(parse("c < 1").unwrap()).map(|_| ()).unwrap_err();
    assert!(e.message().contains("ordered categories"), "{e}");
    assert!(lazy(&df).filter(parse("c == 'mid'").unwrap()).is_ok());
}
