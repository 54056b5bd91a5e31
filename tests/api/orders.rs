//! Rows in order, different rows, joins and shapes: what the verbs promise beside the parity cases.

use hpda_data::exec::{ExecOptions, MemSource, PivotOptions};
use hpda_data::kernel::order::Direction;
use hpda_data::ops::order::{Keep, Missing, Sorting};
use hpda_data::plan::{Agg, AsofOptions, JoinHow, JoinOptions, LazyFrame, MeltOptions, Validate, asc, desc};
use hpda_data::store::Budget;
use hpda_data::{Column, DataFrame, ErrorKind, Index};
use std::sync::Arc;

fn lazy(df: &DataFrame) -> LazyFrame {
    LazyFrame::scan(Arc::new(MemSource::from_frame(df).unwrap()))
}

/// Numbers that look random and are the same everywhere.
fn mix(i: u64) -> u64 {
    let z = (i.wrapping_add(0x9e37_79b9_7f4a_7c15) ^ (i >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Rows of several batches, with keys of many and of few values, some missing.
fn large(n: u64) -> DataFrame {
    let key = (0..n).map(|i| (!mix(i).is_multiple_of(17)).then_some((mix(i) % 5000) as i64)).collect::<Vec<_>>();
    let text = (0..n).map(|i| format!("station number {}", mix(i + n) % 700)).collect::<Vec<_>>();
    let x =
        (0..n).map(|i| if mix(i + 2 * n).is_multiple_of(23) { f64::NAN } else { mix(i + 2 * n) as f64 / 1e3 - 9e15 }).collect::<Vec<_>>();
    let row = (0..n as i64).collect::<Vec<_>>();
    DataFrame::new([("key", Column::from(key)), ("text", text.into()), ("x", x.into()), ("row", row.into())]).unwrap()
}

fn in_threads<T: Send>(threads: usize, f: impl FnOnce() -> T + Send) -> T {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(f)
}

#[test]
fn results_are_the_same_for_any_number_of_threads() {
    let df = large(200_000);
    let few = df.head(9000);
    let run = || {
        let options = ExecOptions::default();
        let sorted = lazy(&df).sort([asc("text"), desc("x")]).unwrap().collect(&options).unwrap();
        let top = lazy(&df).top_k(500, [desc("x")]).unwrap().collect(&options).unwrap();
        let different = lazy(&df).distinct(Some(&["key", "text"])).unwrap().collect(&options).unwrap();
        let mut joins = Vec::new();
        for how in [JoinHow::Inner, JoinHow::Left, JoinHow::Right, JoinHow::Outer, JoinHow::Semi, JoinHow::Anti] {
            let on = JoinOptions::on(["key", "text"]).how(how);
            joins.push(lazy(&df).join(&lazy(&few), &on).unwrap().collect(&options).unwrap());
        }
        (sorted, top, different, joins)
    };
    let one = in_threads(1, run);
    assert!(one == in_threads(2, run));
    assert!(one == in_threads(3, run));
}

#[test]
fn lazy_order_is_the_eager_one() {
    let df = large(100_000);
    let options = ExecOptions::default();
    let eager = df.sort_values(&[("key", Direction::Descending), ("x", Direction::Ascending)]).unwrap();
    let sorted = lazy(&df).sort([desc("key"), asc("x")]).unwrap();
    let whole = sorted.collect(&options).unwrap();
    assert!(whole.columns() == eager.columns());
    // The first of sorted rows, however they are found.
    let first = whole.head(777);
    assert!(sorted.limit(777).collect(&options).unwrap() == first);
    assert!(lazy(&df).top_k(777, [desc("key"), asc("x")]).unwrap().collect(&options).unwrap() == first);
    let eager = df.drop_duplicates(Some(&["key"]), Keep::First).unwrap();
    assert!(lazy(&df).distinct(Some(&["key"])).unwrap().collect(&options).unwrap().columns() == eager.columns());
}

#[test]
fn repeated_rows_are_found_by_either_end() {
    let df = DataFrame::new([("k", Column::from(vec![Some(1.0), None, Some(1.0), Some(f64::NAN), Some(-0.0), Some(0.0)]))]).unwrap();
    let repeated = |keep| df.duplicated(None, keep).unwrap();
    assert_eq!(repeated(Keep::First), Column::from(vec![false, false, true, true, false, true]));
    assert_eq!(repeated(Keep::Last), Column::from(vec![true, true, false, false, true, false]));
    assert_eq!(repeated(Keep::None), Column::from(vec![true; 6]));
    assert_eq!(df.series("k").unwrap().unique().unwrap(), Column::from(vec![Some(1.0), None, Some(-0.0)]));
    let empty = df.head(0);
    assert_eq!(empty.duplicated(None, Keep::First).unwrap().len(), 0);
    assert_eq!(df.duplicated(Some(&["q"]), Keep::First).unwrap_err().kind(), ErrorKind::NotFound);
}

#[test]
fn labels_go_with_their_rows() {
    let index = Index::flat(Some("id"), Column::from(vec!["é", "a", "a", "東"]));
    let df =
        DataFrame::with_index(hpda_data::label::Labels::new(["v"]), vec![Column::from(vec![Some(3i64), None, Some(1), Some(2)])], index);
    let df = df.unwrap();
    let sorted = df.sort_values(&[("v", Direction::Descending)]).unwrap();
    assert_eq!(sorted.index().columns()[0], Column::from(vec!["é", "東", "a", "a"]));
    let first = df.sort_values_with(&[("v", Direction::Ascending)], Missing::First).unwrap();
    assert_eq!(first.column("v").unwrap(), &Column::from(vec![None, Some(1i64), Some(2), Some(3)]));
    let by_label = df.sort_index(Sorting::default()).unwrap();
    assert_eq!(by_label.column("v").unwrap(), &Column::from(vec![None, Some(1i64), Some(3), Some(2)]));
    assert_eq!(df.nlargest(2, "v").unwrap().column("v").unwrap(), &Column::from(vec![3i64, 2]));
    assert_eq!(df.nsmallest(9, "v").unwrap().column("v").unwrap(), &Column::from(vec![Some(1i64), Some(2), Some(3), None]));
    assert!(df.sort_values(&[]).is_err());
}

#[test]
fn tables_are_joined_by_labels() {
    let frame = |name: &str, labels: Vec<&str>, values: Vec<i64>| {
        let index = Index::flat(Some("id"), Column::from(labels));
        DataFrame::with_index(hpda_data::label::Labels::new([name]), vec![Column::from(values)], index).unwrap()
    };
    let (a, b) = (frame("x", vec!["p", "q", "p"], vec![1, 2, 3]), frame("y", vec!["p", "r"], vec![10, 20]));
    let left = a.join(&b, JoinHow::Left, None).unwrap();
    assert_eq!(left.index().columns()[0], Column::from(vec!["p", "q", "p"]));
    assert_eq!(left.column("y").unwrap(), &Column::from(vec![Some(10i64), None, Some(10)]));
    let outer = a.join(&b, JoinHow::Outer, None).unwrap();
    assert_eq!(outer.index().columns()[0], Column::from(vec!["p", "q", "p", "r"]));
    assert_eq!(outer.index().names(), [Some("id")]);
    assert!(a.join(&a, JoinHow::Left, None).unwrap_err().message().contains("both tables have a column"));
    assert_eq!(a.join(&a, JoinHow::Inner, Some(("_l", "_r"))).unwrap().height(), 5);
}

#[test]
fn join_that_must_be_unique_says_which_key_is_not() {
    let a = DataFrame::new([("k", Column::from(vec![Some(1i64), None, None]))]).unwrap();
    let b = DataFrame::new([("k", Column::from(vec![2i64, 1, 1]))]).unwrap();
    let on = JoinOptions::on(["k"]);
    // Missing keys match nothing and may stand as often as they like.
    assert!(a.merge(&b, &on.clone().validate(Validate::OneToMany)).is_ok());
    let e = a.merge(&b, &on.validate(Validate::ManyToOne)).unwrap_err();
    assert!(e.message().contains("the key k = 1 stands twice in the right table, first in row 1"), "{e}");
}

#[test]
fn join_of_many_to_many_comes_in_pieces() {
    let df = DataFrame::new([("k", Column::from(vec![7i64; 700]))]).unwrap();
    let joined = lazy(&df).join(&lazy(&df), &JoinOptions::on(["k"])).unwrap();
    let source = joined.source(&ExecOptions::default()).unwrap();
    let request = hpda_data::store::ScanRequest { batch_rows: 1000, ..hpda_data::store::ScanRequest::all(&Budget::unlimited()) };
    let sizes: Vec<usize> = source.scan(0, &request).unwrap().map(|b| b.unwrap().rows()).collect();
    assert_eq!(sizes.iter().sum::<usize>(), 490_000);
    assert!(sizes.iter().all(|&s| s < 2000));
}

#[test]
fn asof_join_refuses_times_that_go_back() {
    let a = DataFrame::new([("t", Column::from(vec![1.0, 3.0, 2.0])), ("g", Column::from(vec!["x", "y", "x"]))]).unwrap();
    let b = DataFrame::new([("t", Column::from(vec![1.5, 2.5])), ("g", vec!["x", "x"].into()), ("v", vec![1i64, 2].into())]).unwrap();
    let e = a.merge_asof(&b, &AsofOptions::on("t")).unwrap_err();
    assert!(e.message().contains("the left table is not sorted by \"t\": row 2 is before row 1"), "{e}");
    // Within its group each table is in order.
    let joined = a.merge_asof(&b, &AsofOptions::on("t").by(["g"]).tolerance(0.5)).unwrap();
    assert_eq!(joined.column("v").unwrap(), &Column::from(vec![None, None, Some(1i64)]));
}

#[test]
fn what_does_not_fit_the_budget_is_refused() {
    let df = large(100_000);
    let options = ExecOptions::default().with_memory(1 << 20);
    // Of a join by keys both tables go through temporary files; every pair needs one table in memory.
    let every = JoinOptions::default().how(JoinHow::Cross);
    let e = lazy(&df).join(&lazy(&df), &every).unwrap().source(&options).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::Budget, "{e}");
}

#[test]
fn plan_errors_come_before_any_row_is_read() {
    let df = large(10);
    let table = lazy(&df);
    assert_eq!(table.sort(["nope"]).unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(table.join(&table, &JoinOptions::on(["nope"])).unwrap_err().kind(), ErrorKind::NotFound);
    let e = table.join(&table, &JoinOptions::on_pairs([("key", "text")])).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::Type);
    assert!(table.join(&table, &JoinOptions::on(["row"]).suffixes("", "")).unwrap_err().message().contains("would be called"));
    assert_eq!(table.melt(&MeltOptions::id(["row"])).unwrap_err().kind(), ErrorKind::Type);
}

#[test]
fn pivot_of_melted_columns_gives_them_back() {
    let df = DataFrame::new([
        ("id", Column::from(vec!["a", "b", "c"])),
        ("x", Column::from(vec![Some(1.5), None, Some(2.5)])),
        ("y", Column::from(vec![4i64, 5, 6])),
    ])
    .unwrap();
    let options = ExecOptions::default();
    let long = lazy(&df).melt(&MeltOptions::id(["id"])).unwrap();
    let back = long.pivot(&PivotOptions::new("id", "variable", "value"), &options).unwrap().collect(&options).unwrap();
    assert_eq!(back.names(), ["id", "x", "y"]);
    assert_eq!(back.column("x").unwrap(), df.column("x").unwrap());
    assert_eq!(back.column("y").unwrap(), &Column::from(vec![4.0, 5.0, 6.0]));
    let by_row = lazy(&df).stack(&MeltOptions::id(["id"])).unwrap().collect(&options).unwrap();
    assert_eq!(by_row.column("value").unwrap(), &Column::from(vec![Some(1.5), Some(4.0), None, Some(5.0), Some(2.5), Some(6.0)]));
    let total =
        long.pivot(&PivotOptions { margins: true, ..PivotOptions::new("id", "variable", "value").agg(Agg::Sum) }, &options).unwrap();
    assert_eq!(total.collect(&options).unwrap().column("All").unwrap(), &Column::from(vec![5.5, 5.0, 8.5, 19.0]));
}

/// The lesson's pages on reshaping: pandas' user guide has the same tables.
#[test]
fn frames_are_stacked_and_unstacked_by_level() {
    let (first, second) = (["bar", "bar", "baz", "baz"], ["one", "two", "one", "two"]);
    let names = vec![Some("first".to_string()), Some("second".into())];
    let index = Index::from_columns(names, &[Column::from(first.to_vec()), Column::from(second.to_vec())]).unwrap();
    let columns = vec![Column::from(vec![0.9, -0.42, -0.42, 0.55]), Column::from(vec![-1.4, -0.03, 0.36, -0.75])];
    let df = DataFrame::with_index(hpda_data::label::Labels::new(["A", "B"]), columns, index).unwrap();
    let stacked = df.stack().unwrap();
    assert_eq!(stacked.index().nlevels(), 3);
    assert_eq!(stacked.data(), &Column::from(vec![0.9, -1.4, -0.42, -0.03, -0.42, 0.36, 0.55, -0.75]));
    // The innermost level back gives the table back.
    let back = stacked.unstack(-1).unwrap();
    assert!(back.columns() == df.columns() && back.names() == ["A", "B"]);
    let by_name = stacked.unstack("second").unwrap();
    assert_eq!(by_name.names(), ["one", "two"]);
    assert_eq!(by_name.column("two").unwrap(), &Column::from(vec![-0.42, -0.03, 0.55, -0.75]));
    assert!(by_name == stacked.unstack(1).unwrap());
    let level_0 = stacked.unstack(0).unwrap();
    assert_eq!(level_0.names(), ["bar", "baz"]);
    assert_eq!(level_0.column("baz").unwrap(), &Column::from(vec![-0.42, 0.36, 0.55, -0.75]));
    // Several columns: their labels get a level more.
    let wide = df.unstack("second").unwrap();
    assert_eq!((wide.labels().nlevels(), wide.width(), wide.height()), (2, 4, 2));
    let again = wide.stack_level(-1).unwrap();
    assert!(again.columns() == df.columns());
    assert_eq!(df.unstack(2).unwrap_err().kind(), ErrorKind::NotFound);
    let turned = df.transpose().unwrap().transpose().unwrap();
    assert!(turned.columns() == df.columns());
}

#[test]
fn label_that_stands_twice_is_not_unstacked() {
    let index = Index::from_columns(vec![None, None], &[Column::from(vec!["a", "a"]), Column::from(vec!["é", "é"])]).unwrap();
    let df = DataFrame::with_index(hpda_data::label::Labels::new(["v"]), vec![Column::from(vec![1i64, 2])], index).unwrap();
    assert!(df.unstack(0).unwrap_err().message().contains("there are several rows"));
    let empty = df.head(0).unstack(1).unwrap();
    assert_eq!((empty.height(), empty.width()), (0, 0));
}

#[test]
fn sorting_within_any_budget_gives_the_same_rows() {
    let df = large(100_000);
    let codes = (0..df.height() as u64).map(|i| (!mix(i).is_multiple_of(9)).then_some((mix(i) % 3) as u32)).collect();
    let kind = Column::from_codes(codes, &["rain", "snow", "hail"], false).unwrap();
    let columns = df.names().iter().map(|n| (n.as_str(), df.column(n).unwrap().clone()));
    let df = DataFrame::new(columns.chain([("kind", kind)]).collect::<Vec<_>>()).unwrap();
    for by in [vec![desc("key"), asc("text")], vec![asc("x")], vec![asc("kind"), desc("row")], vec![asc("key")]] {
        let sorted = lazy(&df).sort(by).unwrap();
        let want = sorted.collect(&ExecOptions::default()).unwrap();
        for (memory, threads) in [(2 << 20, 1), (2 << 20, 3), (6 << 20, 2)] {
            let options = ExecOptions { threads: Some(threads), ..ExecOptions::default().with_memory(memory) };
            let source = sorted.source(&options).unwrap();
            let mut rows = 0;
            // Batch by batch, because the result is larger than the budget.
            for batch in hpda_data::exec::stream(&source, None, &options) {
                let batch = batch.unwrap();
                for (name, column) in df.names().iter().zip(&batch.columns) {
                    assert!(*column == want.column(name).unwrap().slice(rows, batch.rows()), "{name} from row {rows}");
                }
                rows += batch.rows();
            }
            assert_eq!(rows, want.height());
            assert!(options.budget.peak() <= memory, "{} of {memory}", options.budget.peak());
        }
    }
}
