//! Verbs that look along the rows give on tables larger than the budget what they give in memory.

use super::spill::{equal, random, same, within};
use hpda_data::exec::{Interpolate, MemSource};
use hpda_data::kernel::window::Width;
use hpda_data::ops::window::Ranks;
use hpda_data::plan::{Gaps, LazyFrame, Windowing, parse, parse_aggregates};
use hpda_data::store::Batch;
use hpda_data::{Column, DType, DataFrame, ErrorKind, Result};
use proptest::prelude::*;
use std::sync::Arc;

/// Which rows have a value: gaps and stretches without any, both of random lengths up to these.
fn there(rows: usize, (gap, stretch): (u64, u64), salt: u64) -> Vec<bool> {
    let mut out = Vec::with_capacity(rows);
    let mut i = 0;
    while out.len() < rows {
        let (gap, stretch) = (random(i, salt) % (gap + 1), 1 + random(i, salt + 1) % stretch);
        let (first, second) = if salt.is_multiple_of(2) { ((gap, false), (stretch, true)) } else { ((stretch, true), (gap, false)) };
        out.extend(std::iter::repeat_n(first.1, first.0 as usize).chain(std::iter::repeat_n(second.1, second.0 as usize)));
        i += 1;
    }
    out.truncate(rows);
    out
}

/// Columns of several types with gaps, in parts of so many rows. Each part has categories of its own.
fn table(rows: usize, gaps: (u64, u64), salt: u64, part: usize) -> LazyFrame {
    let lack = |n: u64| there(rows, gaps, salt + 10 * n);
    let (l1, l2, l3, l4, l5) = (lack(1), lack(2), lack(3), lack(4), lack(5));
    let whole = |i: usize, n: u64| random(i as u64, salt + n) % 1000;
    let float =
        |i: usize, n: u64| (random(i as u64, salt + n) as i64 as f64 / 9e18) * 10f64.powi((random(i as u64, salt) % 21) as i32 - 10);
    let text = |i: usize| {
        if whole(i, 60) < 300 { format!("a text that is longer than twelve bytes, {}", whole(i, 61)) } else { format!("t{}", i % 50) }
    };
    let mut now = 0i64;
    let times: Vec<Option<i64>> = (0..rows)
        .map(|i| {
            now += (random(i as u64, salt + 70) % 3) as i64 * 1_500_000;
            Some(now)
        })
        .collect();
    let n = rows as u64;
    let df = DataFrame::new([
        ("i", Column::from((0..rows).map(|i| l1[i].then(|| whole(i, 50) as i64 - 300)).collect::<Vec<_>>())),
        (
            "f",
            Column::from((0..rows).map(|i| if l2[i] { Some(float(i, 51)) } else { (i % 2 == 0).then_some(f64::NAN) }).collect::<Vec<_>>()),
        ),
        ("g", Column::from((0..rows).map(|i| if l3[i] { float(i, 52) as f32 } else { f32::NAN }).collect::<Vec<_>>())),
        ("s", Column::from_texts((0..rows).map(|i| l4[i].then(|| text(i))))),
        ("b", Column::from((0..rows).map(|i| l5[i].then(|| whole(i, 53) % 2 == 0)).collect::<Vec<_>>())),
        ("none", Column::missing(DType::F64, rows)),
        ("u", Column::from((0..n).map(|i| l5[i as usize].then_some(random(i, salt) >> 20)).collect::<Vec<_>>())),
        ("t", Column::datetimes(times)),
        ("when", Column::datetimes((0..n).map(|i| l1[i as usize].then(|| random(i, salt + 55) as i64 >> 12)).collect())),
    ]);
    let all = df.unwrap().to_batch().unwrap();
    let parts = (0..rows.div_ceil(part)).map(|p| {
        let batch = all.slice(p * part, part.min(rows - p * part));
        let kinds = (0..batch.rows()).map(|i| l3[p * part + i].then(|| format!("kind {}", whole(i, 54) % 9 + p as u64 % 7)));
        let kinds = Column::from_texts(kinds).cast(&DType::Categorical { ordered: false }).unwrap();
        DataFrame::from_batch(&batch).unwrap().with_column("c", kinds).unwrap().to_batch().unwrap()
    });
    let parts: Vec<Batch> = parts.collect();
    LazyFrame::scan(Arc::new(MemSource::new(parts[0].schema.clone(), parts)))
}

/// Values, order, and the lists of categories too.
fn same_lists(plan: &LazyFrame, bytes: usize) {
    let (all, few) = (within(plan, usize::MAX).unwrap(), within(plan, bytes).unwrap());
    equal(&all, &few);
    for name in all.names().iter().filter(|n| matches!(all.column(n).unwrap().dtype(), DType::Categorical { .. })) {
        assert_eq!(all.column(name).unwrap().categories().unwrap(), few.column(name).unwrap().categories().unwrap(), "{name}");
    }
}

fn ways() -> [Gaps; 5] {
    [Gaps::Forward, Gaps::Backward, Gaps::Linear, Gaps::Time("t".into()), Gaps::Nearest]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn gaps_filled_in_a_small_budget_are_those_of_a_large_one(
        rows in 1usize..12_000, gap in 0u64..6000, stretch in 1u64..3000, salt in 0u64..1000, part in 50usize..5000, kilobytes in 16usize..300,
        limit in 0usize..4000,
    ) {
        let plan = table(rows, (gap, stretch), salt, part);
        let limit = (limit > 0).then_some(limit);
        for how in ways() {
            same_lists(&plan.fill_gaps(how.clone(), None::<&[&str]>, limit).unwrap(), kilobytes << 10);
            let some = plan.fill_gaps(how, Some(&["g", "i"]), limit).unwrap();
            same_lists(&some.select(["i", "c", "s", "g"]).unwrap(), kilobytes << 10);
        }
    }

    #[test]
    fn functions_of_the_order_of_rows_in_a_small_budget_are_those_of_a_large_one(
        rows in 1usize..12_000, gap in 0u64..3000, stretch in 1u64..3000, salt in 0u64..1000, part in 50usize..5000, kilobytes in 16usize..300,
        far in 1i64..9000,
    ) {
        let plan = table(rows, (gap, stretch), salt, part);
        let mut with = plan.clone();
        // Each case tries some of them.
        for (n, e) in expressions(far).iter().enumerate().skip(salt as usize % 5).step_by(5) {
            let one = plan.with(&format!("y{n}"), parse(e).unwrap()).unwrap();
            same_lists(&one.select([&format!("y{n}")]).unwrap(), kilobytes << 10);
            with = if n % 3 == 0 { with.with(&format!("y{n}"), parse(e).unwrap()).unwrap() } else { with };
        }
        same_lists(&with, kilobytes << 10);
        for condition in ["f > shift(f, 1) and i < mean(i)", "rank(i) <= 100", "cumsum(i) > 0 or is_missing(shift(s, -1500))"] {
            same(&plan.filter(parse(condition).unwrap()).unwrap(), kilobytes << 10);
        }
    }
}

/// A verb of all columns of a plan, with a number of rows.
type Verb = fn(&LazyFrame, i64) -> Result<LazyFrame>;

const OF_ANY: [Verb; 6] = [
    |plan, by| plan.shift(by),
    |plan, by| plan.shift(-by),
    |plan, by| plan.ffill(Some(by as usize)),
    |plan, by| plan.bfill((by % 2 == 0).then_some(by as usize)),
    |plan, by| plan.interpolate(Interpolate::Linear, Some(by as usize)),
    |plan, _| plan.rank(Ranks::default()),
];

const OF_NUMBERS: [Verb; 8] = [
    |plan, by| plan.diff(by),
    |plan, by| plan.pct_change(by),
    |plan, _| plan.cumsum(),
    |plan, _| plan.select(["f", "g"])?.cumprod(),
    |plan, _| plan.cummin(),
    |plan, _| plan.cummax(),
    |plan, by| plan.nlargest(by as usize, "f"),
    |plan, by| plan.nsmallest(by as usize, "i"),
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, ..ProptestConfig::default() })]

    #[test]
    fn verbs_of_all_columns_in_a_small_budget_are_those_of_a_large_one(
        rows in 1usize..12_000, gap in 0u64..3000, stretch in 1u64..3000, salt in 0u64..1000, part in 50usize..5000, kilobytes in 64usize..300,
        by in 1i64..3000,
    ) {
        let plan = table(rows, (gap, stretch), salt, part);
        let numbers = plan.select(["i", "f", "g", "none"]).unwrap();
        let labelled = plan.set_index(["t"]).unwrap();
        for (n, verb) in OF_ANY.iter().enumerate() {
            same_lists(&verb(if n as u64 % 2 == salt % 2 { &plan } else { &labelled }, by).unwrap(), kilobytes << 10);
        }
        for verb in OF_NUMBERS {
            same_lists(&verb(&numbers, by).unwrap(), kilobytes << 10);
        }
    }
}

/// Alone, in each other, and beside aggregates of whole columns.
fn expressions(far: i64) -> Vec<String> {
    let far_ones = ["i", "f", "s", "c", "b"].into_iter().flat_map(|c| [format!("shift({c}, {far})"), format!("shift({c}, -{far})")]);
    let others = [
        "shift(f, 1)",
        "shift(s, 3)",
        "shift(c, 2)",
        "shift(c, -1)",
        "shift(when, -2)",
        "shift(i, 0)",
        "cumsum(f)",
        "cumsum(g)",
        "cumsum(i)",
        "cumsum(u)",
        "cumsum(b)",
        "cumprod(1 + f * 0.000001)",
        "cummin(f)",
        "cummax(g)",
        "cummin(u)",
        "cummax(when)",
        "cummin(i)",
        "rank(f)",
        "rank(g)",
        "rank(s)",
        "rank(c)",
        "rank(when)",
        "rank(none)",
        "rank(b)",
        "f - shift(f, 1)",
        "cumsum(f - mean(f)) / max(cumsum(f))",
        "shift(cumsum(shift(f, 2000)), -7)",
        "rank(cumsum(f)) + rank(i) - median(rank(i))",
        "if(rank(f) > 10, s, shift(s, -3))",
        "shift(shift(shift(i, 1500), -1500), 20)",
    ];
    far_ones.chain(others.map(String::from)).collect()
}

/// The long way: one gap over most of the table, and limits on either side of the length of a stretch.
#[test]
fn gaps_longer_than_many_stretches_are_filled_as_in_memory() {
    let rows = 40_000;
    let at = |i: usize| (i == 3 || i == 39_990).then_some(i as i64);
    let x = Column::from((0..rows).map(at).collect::<Vec<_>>());
    let s = Column::from_texts((0..rows).map(|i| at(i).map(|i| format!("a text that is longer than twelve bytes, {i}"))));
    let t = Column::from((0..rows).map(|i| (i * i) as f64).collect::<Vec<_>>());
    let batch = DataFrame::new([("x", x), ("s", s), ("t", t)]).unwrap().to_batch().unwrap();
    let plan = LazyFrame::scan(Arc::new(MemSource::whole(batch.schema.clone(), batch)));
    for limit in [None, Some(1), Some(1023), Some(1024), Some(1025), Some(30_000), Some(60_000)] {
        for how in ways() {
            same(&plan.fill_gaps(how, None::<&[&str]>, limit).unwrap(), 64 << 10);
        }
    }
    let filled = plan.fill_gaps(Gaps::Backward, None::<&[&str]>, None).unwrap();
    let filled = within(&filled, 64 << 10).unwrap();
    assert_eq!(filled.at(20_000, "x").unwrap(), 39_990i64.into());
}

/// Windows over what itself looks along the rows.
#[test]
fn windows_of_running_values_in_a_small_budget_are_those_of_a_large_one() {
    let plan = table(30_000, (40, 300), 3, 4000);
    let wanted = parse_aggregates("m1=mean(cumsum(f)), m2=max(f - mean(f)), m3=sum(shift(i, -2000))", plan.schema()).unwrap();
    for windows in [Windowing::rows(100), Windowing::new(Width::parse("10min").unwrap())] {
        let on = matches!(windows.width, Width::Time(_)).then_some("t");
        same(&plan.rolling(windows, on, wanted.clone()).unwrap(), 1 << 20);
    }
}

#[test]
fn what_is_refused_along_the_rows_is_refused_alike_in_a_small_budget() {
    let rows = 30_000usize;
    let x = Column::from((0..rows as i64).map(|i| i << 35).collect::<Vec<_>>());
    let times = |bad: usize, by: i64| Column::datetimes((0..rows).map(|i| Some(i as i64 - if i >= bad { by } else { 0 })).collect());
    let holes = Column::datetimes((0..rows).map(|i| (i != 20_481).then_some(i as i64)).collect());
    let columns = [("x", x), ("falls", times(21_504, 9)), ("holes", holes), ("good", times(0, 0))];
    let batch = DataFrame::new(columns).unwrap().to_batch().unwrap();
    let plan = LazyFrame::scan(Arc::new(MemSource::whole(batch.schema.clone(), batch)));
    let alike = |plan: &LazyFrame, kind: ErrorKind| {
        let [all, few] = [usize::MAX, 64 << 10].map(|bytes| within(plan, bytes).unwrap_err());
        assert_eq!((all.kind(), all.to_string()), (kind, few.to_string()));
    };
    alike(&plan.with("y", parse("cumsum(x)").unwrap()).unwrap(), ErrorKind::Overflow);
    for on in ["falls", "holes"] {
        alike(&plan.fill_gaps(Gaps::Time(on.into()), Some(&["x"]), None).unwrap(), ErrorKind::Invalid);
    }
    same(&plan.fill_gaps(Gaps::Time("good".into()), Some(&["x"]), None).unwrap(), 64 << 10);
}
