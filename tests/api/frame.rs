//! Tables by label and position. What is expected was computed with pandas 3.1; the call stands beside it.

use hpda_data::error::ErrorKind;
use hpda_data::exec::{Arithmetic, DropMissing};
use hpda_data::kernel::agg::Agg;
use hpda_data::label::{Index, Join, Labels, MultiIndex, step};
use hpda_data::plan::{BinaryOp, parse};
use hpda_data::{Column, DType, DataFrame, Scalar, Series};
use std::sync::Arc;

fn people() -> DataFrame {
    DataFrame::new([
        ("name", Column::from(vec!["Ada", "Zoë", "Bo", "Zoë"])),
        ("age", Column::from(vec![Some(36i64), None, Some(12), Some(50)])),
        ("fare", Column::from(vec![1.5, f64::NAN, 0.5, 4.0])),
    ])
    .unwrap()
    .set_index(["name"])
    .unwrap()
}

fn texts(column: &Column) -> Vec<String> {
    (0..column.len()).map(|i| column.scalar(i).to_string()).collect()
}

fn labels(frame: &DataFrame) -> Vec<String> {
    (0..frame.height()).map(|i| frame.index().label(i).iter().map(Scalar::to_string).collect::<Vec<_>>().join("/")).collect()
}

#[test]
fn loc_of_a_label_that_stands_twice_gives_both_rows() {
    let df = people();
    assert_eq!(df.loc("Zoë", ..).unwrap().column("age").unwrap(), &Column::from(vec![None, Some(50i64)]));
    // df.loc[["Bo", "Zoë"], "fare"]
    assert_eq!(texts(df.loc(["Bo", "Zoë"], "fare").unwrap().column("fare").unwrap()), ["0.5", "NaN", "4.0"]);
    // df.loc["Bo":, "age":"fare"]
    let rest = df.loc("Bo".., "age"..="fare").unwrap();
    assert_eq!((labels(&rest), rest.width()), (vec!["Bo".into(), "Zoë".into()], 2));
    // df.loc[df.age > 20]
    assert_eq!(labels(&df.loc(df.eval(parse("age > 20").unwrap()).unwrap(), ..).unwrap()), ["Ada", "Zoë"]);
    assert_eq!(df.at("Ada", "age").unwrap(), 36i64.into());
    assert_eq!(df.iat(-1, 1).unwrap(), 4.0.into());
}

#[test]
fn loc_of_what_is_not_there_names_what_is_near() {
    let df = people();
    let e = df.loc("Adda", ..).unwrap_err();
    assert_eq!((e.kind(), e.message()), (ErrorKind::NotFound, "the label \"Adda\" is not in the index"));
    assert_eq!(e.remedy(), Some("did you mean \"Ada\"?"));
    assert_eq!(df.loc("Ada", "ages").unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(df.loc(3, ..).unwrap_err().kind(), ErrorKind::Type);
    // "Zoë" stands in two places: pandas' "cannot get left slice bound for non-unique label".
    assert_eq!(df.loc("Zoë".., ..).unwrap_err().kind(), ErrorKind::Invalid);
    assert_eq!(df.at("Zoë", "age").unwrap_err().kind(), ErrorKind::Invalid);
    assert_eq!(df.iloc(9, ..).unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(df.loc(Column::from(vec![true]), ..).unwrap_err().kind(), ErrorKind::Shape);
    assert_eq!(df.filter(&Column::from(vec![1i64, 2, 3, 4])).unwrap_err().kind(), ErrorKind::Type);
}

#[test]
#[expect(clippy::reversed_empty_ranges, reason = "negative positions count from the end")]
fn iloc_takes_pythons_slices() {
    let df = people();
    assert_eq!(labels(&df.iloc(step(None, None, -2), ..).unwrap()), ["Zoë", "Zoë"]);
    assert_eq!(labels(&df.iloc(1..-1, 0).unwrap()), ["Zoë", "Bo"]);
    assert_eq!(df.iloc(10.., ..).unwrap().shape(), (0, 2));
    assert_eq!(df.iloc([2, -1], [1, 0]).unwrap().names(), ["fare", "age"]);
    let empty = df.iloc(0..0, ..).unwrap();
    assert_eq!((empty.loc(.., "age").unwrap().height(), empty.dropna(&DropMissing::default()).unwrap().height()), (0, 0));
}

#[test]
fn values_set_make_a_new_table() {
    let df = people();
    let set = df.set_loc("Zoë", "age", 7i64).unwrap();
    assert_eq!(set.column("age").unwrap(), &Column::from(vec![Some(36i64), Some(7), Some(12), Some(7)]));
    assert_eq!(df.column("age").unwrap().missing_count(), 1);
    // A float widens an integer column, text does not go in.
    assert_eq!(*df.set_iloc(0, 0, 0.5).unwrap().column("age").unwrap().dtype(), DType::F64);
    assert_eq!(df.set_iloc(0, 0, "x").unwrap_err().kind(), ErrorKind::Type);
    assert_eq!(df.set_iloc(.., 0, Scalar::Null).unwrap().column("age").unwrap().missing_count(), 4);
    let more = df.with_column("n", vec![1i64, 2, 3, 4]).unwrap().insert(0, "first", vec![true, false, true, false]).unwrap();
    assert_eq!(more.names(), ["first", "age", "fare", "n"]);
    assert_eq!(df.with_column("n", vec![1i64]).unwrap_err().kind(), ErrorKind::Shape);
    assert_eq!(more.drop(["age", "n"]).unwrap().rename([("first", "ü")]).unwrap().names(), ["ü", "fare"]);
    assert_eq!(more.rename([("x", "y")]).unwrap_err().kind(), ErrorKind::NotFound);
}

#[test]
fn index_goes_to_columns_and_back() {
    let df = people();
    assert_eq!(df.reset_index().unwrap().names(), ["name", "age", "fare"]);
    assert!(df.reset_index().unwrap().set_index(["name"]).unwrap() == df);
    assert_eq!(texts(&df.index().duplicated().unwrap()), ["false", "false", "false", "true"]);
    assert!(!df.index().is_unique());
    let two = df.reset_index().unwrap().set_index(["name", "age"]).unwrap();
    assert_eq!(two.index().names(), [Some("name"), Some("age")]);
    assert_eq!(labels(&two.loc(("Zoë", 50), ..).unwrap()), ["Zoë/50"]);
    assert_eq!(two.loc("Zoë", ..).unwrap().height(), 2);
    assert_eq!(labels(&two.swap_level("name", "age").unwrap())[0], "36/Ada");
    assert_eq!(labels(&two.xs("Zoë", "name").unwrap()), ["-", "50"]);
    assert_eq!(two.drop_level("age").unwrap().index().names(), [Some("name")]);
    assert_eq!(two.xs("Eve", "name").unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(df.drop_level("name").unwrap_err().kind(), ErrorKind::Invalid);
    assert_eq!(df.set_index(["nom"]).unwrap_err().kind(), ErrorKind::NotFound);
}

#[test]
fn reindex_takes_labels_that_are_not_there_as_missing() {
    let df = people();
    // pandas: cannot reindex on an axis with duplicate labels
    assert_eq!(df.reindex(Column::from(vec!["Ada"])).unwrap_err().kind(), ErrorKind::Invalid);
    let once = df.iloc(0..3, ..).unwrap();
    let out = once.reindex(Column::from(vec!["Bo", "Eve", "Ada", "Bo"])).unwrap();
    assert_eq!(out.column("age").unwrap(), &Column::from(vec![Some(12i64), None, Some(36), Some(12)]));
    assert_eq!(out.index().names(), [Some("name")]);
    let wide = once.reindex_columns(["fare", "new"]).unwrap();
    assert_eq!((wide.names(), wide.column("new").unwrap().missing_count()), (&["fare".to_string(), "new".to_string()][..], 3));
}

#[test]
fn arithmetic_aligns_on_labels() {
    let series = |l: Vec<&str>, v: Vec<i64>| Series::new(Some("v".into()), v.into(), Arc::new(Column::from(l).into())).unwrap();
    let (a, b) = (series(vec!["x", "y", "ö"], vec![1, 2, 3]), series(vec!["ö", "x", "z"], vec![10, 20, 30]));
    // a + b: x 21, y NaN, z NaN, ö 13
    let sum = a.add(&b).unwrap();
    assert_eq!(texts(&sum.index().columns()[0]), ["x", "y", "z", "ö"]);
    assert_eq!(sum.data(), &Column::from(vec![Some(21i64), None, None, Some(13)]));
    // a.add(b, fill_value=0)
    let filled = Arithmetic { fill_value: Some(0i64.into()), strict: false };
    assert_eq!(a.operate(BinaryOp::Add, &b, &filled).unwrap().data(), &Column::from(vec![21i64, 2, 30, 13]));
    let strict = Arithmetic { fill_value: None, strict: true };
    assert_eq!(a.operate(BinaryOp::Add, &b, &strict).unwrap_err().kind(), ErrorKind::Shape);
    assert_eq!(a.mul(2).unwrap().data(), &Column::from(vec![2i64, 4, 6]));
    assert_eq!(a.div(2).unwrap().data(), &Column::from(vec![0.5, 1.0, 1.5]));
    assert_eq!(a.add("x").unwrap_err().kind(), ErrorKind::Type);
    let df = DataFrame::new([("p", Column::from(vec![1i64, 2])), ("q", Column::from(vec![3i64, 4]))]).unwrap();
    // df - df.mean(): along the columns
    let centred = df.sub(&df.reduce(Agg::Mean).unwrap()).unwrap();
    assert_eq!(centred.column("q").unwrap(), &Column::from(vec![-0.5, 0.5]));
    // df + df[["q"]].iloc[1:]: p is nowhere, q in row 1
    let other = df.iloc(1.., [1]).unwrap();
    let sum = df.add(&other).unwrap();
    assert_eq!((sum.column("p").unwrap().missing_count(), sum.column("q").unwrap()), (2, &Column::from(vec![None, Some(8i64)])));
    let (left, right) = df.align(&other, Join::Inner).unwrap();
    assert_eq!((left.shape(), right.shape()), ((1, 1), (1, 1)));
}

#[test]
fn missing_values_are_found_filled_and_dropped() {
    let df = people();
    assert_eq!(texts(df.isna().unwrap().column("fare").unwrap()), ["false", "true", "false", "false"]);
    assert_eq!(df.fillna(0i64).unwrap().column("age").unwrap(), &Column::from(vec![36i64, 0, 12, 50]));
    assert_eq!(df.fillna_by([("fare", 9.0)]).unwrap().column("fare").unwrap(), &Column::from(vec![1.5, 9.0, 0.5, 4.0]));
    assert_eq!(df.fillna("x").unwrap_err().kind(), ErrorKind::Type);
    assert_eq!(df.dropna(&DropMissing::default()).unwrap().height(), 3);
    assert_eq!(df.dropna(&DropMissing { thresh: Some(3), ..DropMissing::default() }).unwrap().height(), 0);
    assert_eq!(df.dropna(&DropMissing { all: true, ..DropMissing::default() }).unwrap().height(), 3);
    let subset = Some(vec!["ages".to_string()]);
    assert_eq!(df.dropna(&DropMissing { subset, ..DropMissing::default() }).unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(df.replace([(12, 13)]).unwrap().column("age").unwrap().scalar(2), 13i64.into());
    let mask = Column::from(vec![Some(true), Some(false), None, Some(true)]);
    assert_eq!(df.keep_where(&mask, Scalar::Null).unwrap().column("age").unwrap(), &Column::from(vec![Some(36i64), None, None, Some(50)]));
    let other = DataFrame::new([("age", Column::from(vec![1i64, 2]))]).unwrap().with_row_labels(Column::from(vec!["Zoë", "Eve"])).unwrap();
    let first = df.iloc(0..3, ..).unwrap().combine_first(&other).unwrap();
    assert_eq!(labels(&first), ["Ada", "Bo", "Eve", "Zoë"]);
    assert_eq!(first.column("age").unwrap(), &Column::from(vec![36i64, 12, 2, 1]));
}

#[test]
fn query_keeps_labels_and_refuses_what_is_no_condition() {
    let df = people();
    assert_eq!(labels(&df.query("age > mean(age) and fare < 5").unwrap()), ["Ada", "Zoë"]);
    assert_eq!(labels(&df.query("name == 'Bo'").unwrap()), ["Bo"]);
    assert_eq!(df.query("age + 1").unwrap_err().kind(), ErrorKind::Type);
    assert_eq!(df.query("agee > 1").unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(df.assign("next", parse("shift(age, -1)").unwrap()).unwrap().column("next").unwrap().scalar(1), 12i64.into());
}

#[test]
fn columns_of_several_levels_are_found_by_their_first() {
    let tuples = vec![vec!["v".into(), 1i64.into()], vec!["v".into(), 2i64.into()], vec!["w".into(), 1i64.into()]];
    let names = Labels::from_tuples(vec![None, Some("n".into())], tuples).unwrap();
    let df = DataFrame::with_index(names, vec![vec![1i64].into(), vec![2i64].into(), vec![3i64].into()], Index::range(1)).unwrap();
    assert_eq!(df.loc(.., "v").unwrap().names(), ["v_1", "v_2"]);
    assert_eq!(df.loc(.., ("w", 1)).unwrap().iat(0, 0).unwrap(), 3i64.into());
    assert_eq!(df.loc(.., ("w", 2)).unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(df.labels().level_names(), [None, Some("n")]);
    let product = MultiIndex::from_product(["a", "b"], &[Column::from(vec!["x", "y"]), Column::from(vec![1i64, 2])]).unwrap();
    let tall = DataFrame::with_index(Labels::new(["v"]), vec![vec![1i64, 2, 3, 4].into()], Index::Multi(product)).unwrap();
    assert_eq!(tall.loc(("y", 1), "v").unwrap().iat(0, 0).unwrap(), 3i64.into());
    assert_eq!(tall.transpose().unwrap().transpose().unwrap().column("v").unwrap(), tall.column("v").unwrap());
}

#[test]
fn tables_come_from_rows_records_series_and_arrow() {
    let rows = DataFrame::from_rows(["a", "b"], [vec![1.into(), "x".into()], vec![2.5.into(), Scalar::Null]]).unwrap();
    assert_eq!(rows.dtypes().collect::<Vec<_>>(), [&DType::F64, &DType::Str]);
    assert_eq!(DataFrame::from_rows(["a"], [vec![1.into()], vec!["x".into()]]).unwrap_err().kind(), ErrorKind::Type);
    assert_eq!(DataFrame::from_rows(["a"], [vec![]]).unwrap_err().kind(), ErrorKind::Shape);
    let back = DataFrame::from_arrow([rows.clone().into_arrow().unwrap()]).unwrap();
    assert!(back == rows);
    let series = |name: &str, l: Vec<i64>| Series::new(Some(name.into()), l.clone().into(), Arc::new(Column::from(l).into())).unwrap();
    let both = DataFrame::from_series([series("p", vec![1, 2]), series("q", vec![3, 2])]).unwrap();
    assert_eq!(both.column("q").unwrap(), &Column::from(vec![None, Some(2i64), Some(3)]));
    assert_eq!(hpda_data::frame::arange(0.0, 1.0, 0.25).unwrap().len(), 4);
    assert!(hpda_data::frame::arange(0.0, 1.0, 0.0).is_err());
    assert_eq!(hpda_data::frame::linspace(0.0, 1.0, 3), Column::from(vec![0.0, 0.5, 1.0]));
}

#[test]
fn looking_gives_what_pandas_gives() {
    let x = Column::from(vec![Some(1i64), Some(2), Some(2), None, Some(5)]);
    let df = DataFrame::new([("x", x), ("s", Column::from(vec![Some("b"), Some("a"), Some("b"), None, Some("ü")]))]).unwrap();
    let about = df.describe(&[0.25, 0.5, 0.75]).unwrap();
    assert_eq!(labels(&about), ["count", "mean", "std", "min", "25%", "50%", "75%", "max"]);
    assert_eq!(about.column("x").unwrap(), &Column::from(vec![4.0, 2.5, 3f64.sqrt(), 1.0, 1.75, 2.0, 2.75, 5.0]));
    assert!(df.select(["s"]).unwrap().describe(&[0.5]).is_err());
    assert_eq!(df.describe(&[2.0]).unwrap_err().kind(), ErrorKind::Invalid);
    let counts = df.series("s").unwrap().value_counts().unwrap();
    assert_eq!(texts(&counts.index().columns()[0]), ["b", "a", "ü"]);
    assert_eq!(counts.data(), &Column::from(vec![2i64, 1, 1]));
    assert!(df.iloc(0..0, ..).unwrap().series("s").unwrap().value_counts().unwrap().is_empty());
    assert_eq!(df.nunique().unwrap().data(), &Column::from(vec![3i64, 3]));
    assert_eq!(df.info().unwrap().column("count").unwrap(), &Column::from(vec![4i64, 4]));
    let sample = df.sample(3, 1).unwrap();
    assert!(sample.height() == 3 && sample == df.sample(3, 1).unwrap());
    assert_eq!(df.sample(6, 1).unwrap_err().kind(), ErrorKind::Invalid);
    assert!(df.memory_usage().unwrap().at("x").unwrap().as_f64().unwrap() >= 40.0);
}

#[test]
fn dates_at_even_distances_are_those_of_pandas() {
    use hpda_data::frame::{date_range, date_range_n};
    let days = |c: Column| texts(&c).iter().map(|t| t.trim_end_matches("T00:00:00").to_string()).collect::<Vec<_>>();
    assert_eq!(days(date_range("2024-01-15", "2024-04-30", "ME").unwrap()), ["2024-01-31", "2024-02-29", "2024-03-31", "2024-04-30"]);
    assert_eq!(days(date_range("2023-11-10", "2024-07-01", "QS-DEC").unwrap()), ["2023-12-01", "2024-03-01", "2024-06-01"]);
    assert_eq!(days(date_range("2024-01-01", "2024-01-20", "W").unwrap()), ["2024-01-07", "2024-01-14"]);
    assert_eq!(
        days(date_range_n("2024-02-28T06:00", 3, "D").unwrap()),
        ["2024-02-28T06:00:00", "2024-02-29T06:00:00", "2024-03-01T06:00:00"]
    );
    assert_eq!(days(date_range_n("2024-02-28T06:00", 2, "MS").unwrap()), ["2024-03-01T06:00:00", "2024-04-01T06:00:00"]);
    assert_eq!(days(date_range_n("2024-01-01", 2, "36h").unwrap()), ["2024-01-01", "2024-01-02T12:00:00"]);
    assert!(date_range("2024-01-02", "2024-01-01", "D").unwrap().is_empty() && date_range_n("2024-01-02", 0, "YS").unwrap().is_empty());
    assert_eq!(date_range("yesterday", "2024-01-01", "D").unwrap_err().kind(), ErrorKind::Parse);
    assert_eq!(date_range("2024-01-01", "2024-01-02", "fortnight").unwrap_err().kind(), ErrorKind::Parse);
}

#[test]
fn samples_are_weighted_repeated_and_shares() {
    use hpda_data::exec::Sample;
    let w: Vec<Option<f64>> = (0..1000).map(|i| if i % 10 == 0 { None } else { Some((i % 4) as f64) }).collect();
    let df = DataFrame::new([("i", Column::from((0..1000i64).collect::<Vec<_>>())), ("w", w.clone().into())]).unwrap();
    let rows = |how: &Sample, seed| df.sample_with(how, seed).unwrap().column("i").unwrap().to_i64().unwrap().values().to_vec();
    // Rows without weight are never chosen, and heavier ones more often.
    let weighted = rows(&Sample::rows(300).weights("w"), 3);
    assert!(weighted.len() == 300 && weighted.windows(2).all(|p| p[0] < p[1]));
    assert!(weighted.iter().all(|&i| i % 10 != 0 && i % 4 != 0));
    let heavy = |list: &[i64]| list.iter().filter(|i| **i % 4 == 3).count();
    assert!(heavy(&weighted) > list_share(&weighted, 1));
    let repeated = rows(&Sample::rows(6000).weights("w").repeat(), 3);
    let share = heavy(&repeated) as f64 / 6000.0;
    let total: f64 = w.iter().flatten().sum();
    let wanted: f64 = w.iter().flatten().filter(|w| **w == 3.0).sum::<f64>() / total;
    assert!((share - wanted).abs() < 0.03, "{share} instead of {wanted}");
    assert_eq!(rows(&Sample::share(0.25), 1).len(), 250);
    assert_eq!(rows(&Sample::share(1.5).repeat(), 1).len(), 1500);
    assert!(rows(&Sample::rows(500), 1) != rows(&Sample::rows(500), 2) && rows(&Sample::rows(500), 1) == rows(&Sample::rows(500), 1));
    // As pandas refuses.
    let refused = |how: &Sample| df.sample_with(how, 1).unwrap_err().to_string();
    assert!(refused(&Sample::share(1.5)).contains("1500"));
    assert!(refused(&Sample::rows(900).weights("w")).contains("weights above 0"));
    assert!(refused(&Sample::rows(1).weights("v")).contains("\"v\""));
    assert!(refused(&Sample::share(-0.5)).contains("-0.5"));
    let negative = df.with_column("w", Column::from(vec![-1.0; 1000])).unwrap();
    assert!(negative.sample_with(&Sample::rows(1).weights("w"), 1).unwrap_err().to_string().contains("-1"));
    let none = df.head(0);
    assert_eq!(none.sample_with(&Sample::share(0.5).repeat(), 1).unwrap().height(), 0);
    assert!(none.sample_with(&Sample::rows(1).repeat(), 1).is_err());
}

fn list_share(list: &[i64], remainder: i64) -> usize {
    list.iter().filter(|i| **i % 4 == remainder).count()
}
