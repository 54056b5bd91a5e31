//! Groups of rows that go through temporary files: transforms, large groups, repeated rows, counts of values, longer tables.

use super::spill::{KEYS, cut, equal, random, same, skewed, table, with_values, within};
use hpda_data::dtype::DType;
use hpda_data::ops::order::Keep;
use hpda_data::plan::{GroupOrder, LazyFrame, MeltOptions, Transform, parse_aggregates};
use hpda_data::store::Batch;
use hpda_data::{Column, DataFrame, ErrorKind};
use proptest::prelude::*;

/// Every transform of some columns.
fn transformed(plan: &LazyFrame, by: &[&str], keep_missing: bool, columns: &[&str], bytes: usize) {
    for (what, _) in Transform::ALL {
        let groups = plan.groupby(by.iter().copied());
        let groups = if keep_missing { groups.keep_missing() } else { groups };
        same(&groups.transform(what, Some(columns)).unwrap(), bytes);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, ..ProptestConfig::default() })]

    #[test]
    fn rows_of_groups_changed_in_a_small_budget_are_those_of_a_large_one(
        rows in 1u64..12_000, keys in 1u64..6000, salt in 0u64..100, at in 0usize..6, step in 100usize..5000, kilobytes in 24usize..400,
        keep in any::<bool>(),
    ) {
        let plan = cut(&with_values(&table(rows, keys, salt), salt), step);
        transformed(&plan, KEYS[at], keep, &["x", "row", "f"], kilobytes << 10);
    }

    #[test]
    fn repeated_rows_of_a_small_budget_are_those_of_a_large_one(
        rows in 1u64..6000, keys in 1u64..3000, salt in 0u64..100, at in 0usize..6, step in 100usize..3000, kilobytes in 8usize..120,
    ) {
        let plan = cut(&table(rows, keys, salt), step);
        for keep in [Keep::First, Keep::Last, Keep::None] {
            // A column of its own, or instead of one that is compared.
            for name in ["again", "n"] {
                same(&plan.duplicated(name, Some(KEYS[at]), keep).unwrap(), kilobytes << 10);
            }
        }
        let labelled = plan.set_index(["s"]).unwrap().duplicated("again", None, Keep::First).unwrap();
        same(&labelled.select(["again", "c"]).unwrap(), kilobytes << 10);
    }

    #[test]
    fn counts_of_values_of_a_small_budget_are_those_of_a_large_one(
        rows in 1u64..6000, keys in 1u64..3000, salt in 0u64..100, at in 0usize..6, step in 100usize..3000, kilobytes in 60usize..200,
    ) {
        let plan = cut(&table(rows, keys, salt), step).value_counts(Some(KEYS[at])).unwrap();
        let [all, few] = [usize::MAX, kilobytes << 10].map(|bytes| within(&plan, bytes).unwrap());
        equal(&all, &few);
        equal(&all.reset_index().unwrap(), &few.reset_index().unwrap());
    }

    #[test]
    fn longer_tables_of_a_small_budget_are_those_of_a_large_one(
        rows in 1u64..4000, keys in 1u64..3000, salt in 0u64..100, step in 100usize..3000, kilobytes in 8usize..400,
    ) {
        let plan = cut(&table(rows, keys, salt), step);
        for values in [&["n", "f"][..], &["n", "row"], &["f"]] {
            let how = MeltOptions { value: Some(values.iter().map(|v| v.to_string()).collect()), ..MeltOptions::id(["s", "c"]) };
            same(&plan.melt(&how).unwrap(), kilobytes << 10);
        }
    }
}

/// Rows of which nearly all have one key, with values of many types; some are missing, many are the same.
fn large_groups(rows: u64) -> Batch {
    let df = DataFrame::from_batch(&skewed(rows, 3, false)).unwrap();
    let there = |i: u64, n: u64| !random(i, n).is_multiple_of(9);
    let float = |i: u64| match random(i, 21) % 1000 {
        0 => f64::NAN,
        1 => -0.0,
        2 => 0.0,
        _ => (random(i, 22) % 5000) as f64 / 7.0 - 300.0,
    };
    let text = |i: u64| there(i, 23).then(|| format!("{} of some length", random(i, 24) % (rows / 2 + 1)));
    let kind = |i: u64| there(i, 25).then(|| format!("kind {}", random(i, 26) % 40));
    let number = |i: u64| there(i, 27).then(|| (random(i, 28) % 100) as i64 - 50);
    let texts = Column::from_texts((0..rows).map(text));
    let kinds = Column::from_texts((0..rows).map(kind));
    let numbers = Column::from((0..rows).map(number).collect::<Vec<_>>());
    let columns = [
        ("x", with_values(&skewed(rows, 3, false), 4).columns[3].clone()),
        ("y", Column::from((0..rows).map(float).collect::<Vec<_>>())),
        ("z", Column::from((0..rows).map(|i| float(i) as f32).collect::<Vec<_>>())),
        ("i", numbers.clone()),
        ("u", Column::from((0..rows).map(|i| (random(i, 29) % 1000) as u8).collect::<Vec<_>>())),
        ("b", Column::from((0..rows).map(|i| there(i, 30).then(|| random(i, 31).is_multiple_of(3))).collect::<Vec<_>>())),
        ("d", numbers.cast(&DType::Decimal { precision: 30, scale: 2 }).unwrap()),
        ("t", Column::datetimes((0..rows).map(|i| there(i, 32).then(|| (random(i, 33) % 700) as i64)).collect())),
        ("text", texts.clone()),
        ("bytes", texts.cast(&DType::Binary).unwrap()),
        ("kind", kinds.cast(&DType::Categorical { ordered: false }).unwrap()),
        ("rank", kinds.cast(&DType::Categorical { ordered: true }).unwrap()),
    ];
    let df = columns.into_iter().fold(df, |df, (name, column)| df.with_column(name, column).unwrap());
    df.to_batch().unwrap()
}

/// All rows of one key go to one part, however often it is parted.
#[test]
fn transforms_of_few_keys_in_many_rows_are_those_of_a_large_budget() {
    let plan = cut(&large_groups(25_000), 3000);
    transformed(&plan, &["k"], false, &["x", "y", "z"], 1 << 20);
    transformed(&plan, &["k"], true, &["y", "i", "u", "b"], 1 << 20);
    transformed(&plan, &["k", "b"], false, &["y", "k"], 1 << 20);
    let refused = |bytes: usize| {
        let huge = plan.with("huge", hpda_data::plan::parse("row * 0 + 9000000000000000000").unwrap()).unwrap();
        within(&huge.groupby(["k"]).transform(Transform::Cumsum, Some(&["huge"])).unwrap(), bytes).unwrap_err()
    };
    assert_eq!((refused(usize::MAX).kind(), refused(1 << 20).kind()), (ErrorKind::Overflow, ErrorKind::Overflow));
}

const WANTED: &[&str] = &[
    "text:nunique,mode,min,max,first,last,count",
    "bytes:nunique,first,last",
    "kind:nunique,first,last,count",
    "rank:nunique,first",
    "y:median,q0.3,q0.99,nunique,mode,argmin,first,sum,std",
    "z:median,q1,nunique,mode,mean",
    "i:nunique,mode,median,sum,argmax",
    "u:nunique,mode,q0.01",
    "b:nunique,mode,any",
    "d:median,nunique,mode,sum,max,q0.2,argmin",
    "t:nunique,mode,last",
    "x:median,sum,kurt",
    "r=corr(x, y)",
    "n=size(k)",
];

#[test]
fn aggregates_of_few_keys_in_many_rows_are_those_of_a_large_budget() {
    let plan = cut(&large_groups(25_000), 3000);
    let wanted = WANTED.iter().map(|a| parse_aggregates(a, plan.schema()).unwrap()).collect::<Vec<_>>().concat();
    for (by, order, keep) in [
        (&["k"][..], GroupOrder::Sorted, false),
        (&["k"], GroupOrder::Appearance, true),
        (&["kind"], GroupOrder::Sorted, true),
        (&["b", "k"], GroupOrder::Appearance, false),
    ] {
        let groups = plan.groupby(by.iter().copied()).order(order);
        let groups = if keep { groups.keep_missing() } else { groups };
        same(&groups.agg(wanted.clone()).unwrap(), 150 << 10);
        let few = parse_aggregates("text:nunique,y:median", plan.schema()).unwrap();
        same(&groups.agg(few).unwrap(), 150 << 10);
    }
}

/// A group of all rows, which has no key by which it could be parted.
#[test]
fn aggregates_without_keys_are_those_of_a_large_budget() {
    let plan = cut(&large_groups(25_000), 3000);
    let none: [&str; 0] = [];
    let wanted = parse_aggregates("text:nunique,y:median,x:std,sum", plan.schema()).unwrap();
    same(&plan.groupby(none).ddof(0).agg(wanted).unwrap(), 150 << 10);
}
