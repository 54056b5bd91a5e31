//! What goes through temporary files is what comes out of memory: the same values in the same order, whatever the budget.

use hpda_data::exec::{ExecOptions, MemSource};
use hpda_data::kernel::window::Width;
use hpda_data::ops::order::Keep;
use hpda_data::plan::{
    AsofDirection, AsofOptions, GroupOrder, JoinHow, JoinOptions, LazyFrame, Validate, Windowing, asc, desc, parse_aggregates,
};
use hpda_data::store::{Batch, Budget};
use hpda_data::{Column, DataFrame, Result};
use proptest::prelude::*;
use std::sync::Arc;

/// A number spread over all bits.
pub(super) fn random(i: u64, salt: u64) -> u64 {
    let mut z = (i + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ salt.wrapping_mul(0xd1b5_4a32_d192_ed03);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Rows with about so many different keys of each type; some are missing.
pub(super) fn table(rows: u64, keys: u64, salt: u64) -> Batch {
    let there = |i: u64, n: u64| !random(i, salt + n).is_multiple_of(11);
    let key = move |i: u64, n: u64| random(i, salt + n) % keys;
    let number = |i: u64| there(i, 1).then(|| key(i, 2) as i64 - 3);
    let text = |i: u64| there(i, 3).then(|| format!("{}{}", "a rather long key ".repeat((key(i, 4) % 2) as usize), key(i, 4)));
    let float = |i: u64| if there(i, 5) { (key(i, 6) as f64 - 2.0) * 0.5 } else { f64::NAN };
    let kind = |i: u64| there(i, 7).then(|| format!("kind {}", key(i, 8) % 7));
    let df = DataFrame::new([
        ("n", Column::from((0..rows).map(number).collect::<Vec<_>>())),
        ("s", Column::from_texts((0..rows).map(text))),
        ("f", Column::from((0..rows).map(float).collect::<Vec<_>>())),
        ("c", Column::from_texts((0..rows).map(kind)).cast(&hpda_data::DType::Categorical { ordered: false }).unwrap()),
        ("row", Column::from((0..rows).map(|i| i as i64 + 1000 * salt as i64).collect::<Vec<_>>())),
    ]);
    df.unwrap().to_batch().unwrap()
}

/// The table in parts of so many rows.
pub(super) fn cut(batch: &Batch, rows: usize) -> LazyFrame {
    let parts = (0..batch.rows().div_ceil(rows)).map(|p| batch.slice(p * rows, rows.min(batch.rows() - p * rows)));
    LazyFrame::scan(Arc::new(MemSource::new(batch.schema.clone(), parts.collect())))
}

/// All rows of a plan that has so many bytes for its work; what is collected here is not counted.
pub(super) fn within(plan: &LazyFrame, bytes: usize) -> Result<DataFrame> {
    let source = plan.source(&ExecOptions { budget: Budget::new(bytes), ..ExecOptions::default() })?;
    LazyFrame::scan(source).collect(&ExecOptions { budget: Budget::unlimited(), ..ExecOptions::default() })
}

/// Runs a plan with all the memory there is and with little, and compares values and order.
pub(super) fn same(plan: &LazyFrame, bytes: usize) {
    equal(&within(plan, usize::MAX).unwrap(), &within(plan, bytes).unwrap());
}

pub(super) fn equal(all: &DataFrame, few: &DataFrame) {
    assert_eq!(all.names(), few.names());
    assert_eq!(all.height(), few.height());
    for name in all.names() {
        let (a, b) = (all.column(name).unwrap(), few.column(name).unwrap());
        assert_eq!(a.dtype(), b.dtype(), "{name}");
        if let Some(row) = (0..a.len()).find(|&row| format!("{:?}", a.scalar(row)) != format!("{:?}", b.scalar(row))) {
            panic!("row {row} of {name}: {:?} and {:?}", a.scalar(row), b.scalar(row));
        }
    }
}

pub(super) const KEYS: &[&[&str]] = &[&["n"], &["s"], &["f"], &["c"], &["n", "s"], &["c", "f", "n"]];

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn distinct_rows_of_a_small_budget_are_those_of_a_large_one(
        rows in 1u64..6000, keys in 1u64..3000, salt in 0u64..100, at in 0usize..6, step in 100usize..3000, kilobytes in 8usize..120,
    ) {
        let plan = cut(&table(rows, keys, salt), step);
        for keep in [Keep::First, Keep::Last, Keep::None] {
            same(&plan.drop_duplicates(Some(KEYS[at]), keep).unwrap(), kilobytes << 10);
        }
        same(&plan.distinct(Some(KEYS[at])).unwrap().sort([desc("s"), asc("f")]).unwrap(), kilobytes << 10);
    }

    #[test]
    fn joins_of_a_small_budget_are_those_of_a_large_one(
        rows in (1u64..4000, 1u64..4000), keys in 400u64..3000, at in 0usize..6, step in 100usize..3000, kilobytes in 24usize..160,
    ) {
        let (left, right) = (cut(&table(rows.0, keys, 1), step), cut(&table(rows.1, keys, 2), step + 77));
        // Few categories make many pairs.
        let on: &[&str] = if KEYS[at] == ["c"] { &["c", "n"] } else { KEYS[at] };
        for how in JoinHow::ALL.into_iter().filter(|h| *h != JoinHow::Cross) {
            let options = JoinOptions::on(on.iter().copied()).how(how);
            let options = if how.has_right() { options.indicator() } else { options };
            same(&left.join(&right, &options).unwrap(), kilobytes << 10);
        }
    }
}

/// Numbers over twenty orders of magnitude beside the keys.
pub(super) fn with_values(batch: &Batch, salt: u64) -> Batch {
    let value = |i: u64| match random(i, salt + 20) {
        r if r.is_multiple_of(13) => f64::NAN,
        r => (r as i64 as f64) * 10f64.powi((r % 21) as i32 - 10) / 9e18,
    };
    let values: Vec<f64> = (0..batch.rows() as u64).map(value).collect();
    let df = DataFrame::from_batch(batch).unwrap();
    df.with_column("x", Column::from(values)).unwrap().to_batch().unwrap()
}

const AGGREGATES: &[&str] = &[
    "x:sum,mean,std,skew,min,max,first,last,median,q0.3,prod,sem,argmax",
    "row:sum,min,max,argmin,nunique,mode,count",
    "s:min,max,first,nunique,mode,count",
    "r=corr(x, row)",
    "c:count,nunique",
    "size=size(x)",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, ..ProptestConfig::default() })]

    #[test]
    fn groups_of_a_small_budget_are_those_of_a_large_one(
        rows in 1u64..30_000, keys in 1u64..40_000, salt in 0u64..100, at in 0usize..6, step in 1000usize..50_000, kilobytes in 60usize..1500,
        sorted in any::<bool>(), keep in any::<bool>(),
    ) {
        let plan = cut(&with_values(&table(rows, keys, salt), salt), step);
        let wanted = AGGREGATES.iter().map(|a| parse_aggregates(a, plan.schema()).unwrap()).collect::<Vec<_>>().concat();
        let by = plan.groupby(KEYS[at].iter().copied());
        let by = if keep { by.keep_missing() } else { by };
        let by = if sorted { by } else { by.order(GroupOrder::Appearance) };
        let plan = by.agg(wanted).unwrap();
        same(&plan, kilobytes << 10);
    }
}

/// Many rows of many keys, so that runs end and rows are no more looked up.
#[test]
fn sums_over_several_runs_have_the_same_bits_in_a_small_budget() {
    for keys in [1_000_000, 200_000, 3000] {
        let plan = cut(&with_values(&table(700_000, keys, 5), 5), 300_000);
        let wanted = parse_aggregates("x:sum,mean,std,kurt,first,argmin", plan.schema()).unwrap();
        for order in [GroupOrder::Sorted, GroupOrder::Appearance] {
            let plan = plan.groupby(["n"]).order(order).agg(wanted.clone()).unwrap();
            same(&plan, 4 << 20);
        }
    }
}

/// A table with times in order, several rows at a time, some without one.
fn timed(rows: u64, groups: u64, salt: u64) -> Batch {
    let mut now = 0;
    let times: Vec<Option<i64>> = (0..rows)
        .map(|i| {
            now += (random(i, salt + 30) % 4) as i64;
            (!random(i, salt + 31).is_multiple_of(23)).then_some(now)
        })
        .collect();
    let of = |i: u64| (!random(i, salt + 32).is_multiple_of(19)).then(|| format!("group {}", random(i, salt + 33) % groups));
    let df = DataFrame::new([
        ("t", Column::from(times)),
        ("by", Column::from_texts((0..rows).map(of))),
        ("v", Column::from((0..rows).map(|i| noise(i, salt)).collect::<Vec<_>>())),
    ]);
    df.unwrap().to_batch().unwrap()
}

fn noise(i: u64, salt: u64) -> f64 {
    random(i, salt + 40) as i64 as f64
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn as_of_joins_of_a_small_budget_are_those_of_a_large_one(
        rows in (1u64..5000, 1u64..9000), groups in 1u64..400, salt in 0u64..100, step in 100usize..3000, kilobytes in 40usize..200,
        way in 0usize..3, near in any::<bool>(),
    ) {
        let (left, right) = (cut(&timed(rows.0, groups, salt), step), cut(&timed(rows.1, groups, salt + 7), step + 77));
        let direction = [AsofDirection::Backward, AsofDirection::Forward, AsofDirection::Nearest][way];
        let on = AsofOptions::on("t").direction(direction);
        let on = if near { on.tolerance(3) } else { on };
        same(&left.join_asof(&right, &on).unwrap(), kilobytes << 10);
        same(&left.join_asof(&right, &on.by(["by"])).unwrap(), kilobytes << 12);
    }
}

/// Rows of which nearly all have one key, and whose keys are i32 on one side.
pub(super) fn skewed(rows: u64, salt: u64, narrow: bool) -> Batch {
    let key = |i: u64| match random(i, salt) % 50 {
        0 => None,
        1 => Some(random(i, salt + 1) as i64 % 40),
        _ => Some(7),
    };
    let keys = Column::from((0..rows).map(key).collect::<Vec<_>>());
    let keys = if narrow { keys.cast(&hpda_data::DType::I32).unwrap() } else { keys };
    let text = (0..rows).map(|i| Some(format!("a text that is longer than twelve bytes, {i}")));
    let columns = [("k", keys), ("row", Column::from((0..rows as i64).collect::<Vec<_>>())), ("s", Column::from_texts(text))];
    DataFrame::new(columns).unwrap().to_batch().unwrap()
}

/// All rows of one key go to one part, however often it is parted.
#[test]
fn joins_of_few_keys_in_many_rows_are_those_of_a_large_budget() {
    for (rows, kilobytes) in [((3, 30_000), 1200), ((30_000, 3), 1200), ((300, 250), 60)] {
        let (left, right) = (cut(&skewed(rows.0, 1, true), 3000), cut(&skewed(rows.1, 2, false), 3077));
        for how in JoinHow::ALL.into_iter().filter(|h| *h != JoinHow::Cross) {
            let options = JoinOptions::on(["k"]).how(how);
            let options = if how.has_right() { options.indicator() } else { options };
            let plan = left.join(&right, &options).unwrap();
            match how.has_right() {
                true => same(&plan, kilobytes << 10),
                false => same(&plan, 300 << 10),
            }
        }
    }
}

#[test]
fn as_of_joins_of_one_large_group_are_those_of_a_large_budget() {
    let (left, right) = (cut(&timed(40_000, 2, 3), 3000), cut(&timed(70_000, 3, 4), 3077));
    for direction in AsofDirection::ALL {
        let plan = left.join_asof(&right, &AsofOptions::on("t").direction(direction).by(["by"])).unwrap();
        same(&plan, 1 << 20);
    }
    // The rows of a group that go back in time are told by their numbers in the whole table.
    let turned = |batch: &Batch| Batch::concat(&batch.schema, &[batch.slice(20_000, 20_000), batch.slice(0, 20_000)]).unwrap();
    let plan = cut(&turned(&timed(40_000, 2, 3)), 3000).join_asof(&right, &AsofOptions::on("t").by(["by"])).unwrap();
    let [all, few] = [usize::MAX, 1 << 20].map(|bytes| within(&plan, bytes).unwrap_err());
    assert!(all.to_string().contains("within its group: row 20"), "{all}");
    assert!(few.to_string().contains("within its group: row 20"), "{few}");
}

#[test]
fn windows_over_several_stretches_have_the_same_bits_in_a_small_budget() {
    let rows = 230_000;
    let mut now = 0;
    let times = (0..rows).map(|i| {
        now += (random(i, 50) % 3) as i64 * 1_000_000;
        Some(now)
    });
    let times = Column::datetimes(times.collect());
    let x = Column::from((0..rows).map(|i| if random(i, 51).is_multiple_of(7) { f64::NAN } else { noise(i, 52) }).collect::<Vec<_>>());
    let batch = DataFrame::new([("t", times), ("x", x)]).unwrap().to_batch().unwrap();
    let plan = cut(&batch, 40_000);
    let wanted = parse_aggregates("x:mean,std,median,min,count,kurt", plan.schema()).unwrap();
    let time = |text: &str| Windowing::new(Width::parse(text).unwrap());
    for windows in [Windowing::rows(1000), Windowing::rows(50).center(), time("10min"), time("90s").center(), time("25h").center()] {
        let on = matches!(windows.width, Width::Time(_)).then_some("t");
        same(&plan.rolling(windows, on, wanted.clone()).unwrap(), 12 << 20);
    }
}

#[test]
fn distinct_of_one_key_in_a_small_budget_is_one_row() {
    let plan = cut(&table(20_000, 1, 3), 512);
    same(&plan.distinct(Some(&["n"])).unwrap(), 16 << 10);
    same(&plan.distinct::<&str>(None).unwrap(), 64 << 10);
}

#[test]
fn keys_that_stand_twice_are_refused_at_the_same_row_in_a_small_budget() {
    let (left, right) = (cut(&table(3000, 2500, 1), 300), cut(&table(3000, 2500, 2), 300));
    for validate in [Validate::OneToOne, Validate::ManyToOne] {
        let plan = left.join(&right, &JoinOptions::on(["n", "f"]).validate(validate)).unwrap();
        let refused = |bytes: usize| within(&plan, bytes).unwrap_err().to_string();
        assert_eq!(refused(usize::MAX), refused(40 << 10));
        assert!(refused(40 << 10).contains("stands twice"));
    }
}

/// Two hundred sorted runs are more than are merged at a time.
#[test]
fn sorted_rows_of_very_many_runs_are_those_of_a_large_budget() {
    let plan = cut(&table(120_000, 5000, 9), 3000);
    same(&plan.sort([asc("s"), desc("f")]).unwrap(), 400 << 10);
    same(&plan.sort([desc("n")]).unwrap(), 200 << 10);
}
