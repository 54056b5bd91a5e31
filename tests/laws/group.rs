//! Groups: the same bits for any number of threads and any size of batches.

use hpda_data::exec::{ExecOptions, MemSource};
use hpda_data::plan::{GroupOrder, LazyFrame, parse_aggregates};
use hpda_data::store::{Batch, BatchIter, ScanRequest, Schema, TableSource};
use hpda_data::{Column, DataFrame, Result};
use std::sync::Arc;

/// A table in few parts, handed out in batches of its own choice.
#[derive(Debug)]
struct Cut {
    batch: Batch,
    parts: usize,
    step: usize,
}

impl TableSource for Cut {
    fn schema(&self) -> &Arc<Schema> {
        &self.batch.schema
    }
    fn rows(&self) -> Option<u64> {
        Some(self.batch.rows() as u64)
    }
    fn parts(&self) -> usize {
        self.parts
    }
    fn part_bytes(&self, _: usize) -> u64 {
        1
    }
    fn scan(&self, part: usize, request: &ScanRequest) -> Result<BatchIter> {
        let size = self.batch.rows().div_ceil(self.parts);
        let (start, end) = ((part * size).min(self.batch.rows()), ((part + 1) * size).min(self.batch.rows()));
        let batch = match &request.columns {
            None => self.batch.clone(),
            Some(c) => self.batch.project(c, Arc::new(self.batch.schema.project(c))),
        };
        let step = self.step;
        Ok(Box::new((start..end).step_by(step).map(move |s| Ok(batch.slice(s, step.min(end - s))))))
    }
}

fn table(rows: u64) -> Batch {
    let random = |i: u64, salt: u64| {
        let mut z = (i + salt).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z ^ (z >> 27)
    };
    let values = |salt| {
        (0..rows).map(move |i| {
            let r = random(i, salt);
            // Twenty orders of magnitude, both signs, some missing.
            if r.is_multiple_of(17) { f64::NAN } else { (r as i64 as f64) * 10f64.powi((r % 21) as i32 - 10) / 9e18 }
        })
    };
    let few: Vec<Option<String>> =
        (0..rows).map(|i| (!i.is_multiple_of(29)).then(|| format!("group number {}", random(i, 3) % 10))).collect();
    let many: Vec<i64> = (0..rows).map(|i| (random(i, 4) % (rows / 2)) as i64).collect();
    let df = DataFrame::new([
        ("few", Column::from_texts(few)),
        ("many", Column::from(many)),
        ("own", Column::from((0..rows as i64).map(|i| i * 7919).collect::<Vec<i64>>())),
        ("x", Column::from(values(1).collect::<Vec<f64>>())),
        ("y", Column::from(values(2).collect::<Vec<f64>>())),
    ]);
    df.unwrap().to_batch().unwrap()
}

fn bits(frame: &DataFrame) -> Vec<u64> {
    let bits = |c: &Column| {
        (0..c.len())
            .map(|i| match c.scalar(i) {
                hpda_data::Scalar::F64(x) => x.to_bits(),
                other => foldhash_of(&format!("{other:?}")),
            })
            .collect::<Vec<u64>>()
    };
    frame.columns().iter().flat_map(bits).collect()
}

fn foldhash_of(text: &str) -> u64 {
    text.bytes().fold(14_695_981_039_346_656_037, |h, b| (h ^ b as u64).wrapping_mul(1_099_511_628_211))
}

#[test]
fn groups_are_the_same_bits_for_threads_batches_and_budgets() {
    let batch = table(68_000);
    let aggregates = "x:sum,mean,std,skew,median,min,first,argmax,nunique,r=corr(x,y)";
    for (keys, order) in
        [(vec!["few"], GroupOrder::Sorted), (vec!["many", "few"], GroupOrder::Appearance), (vec!["own"], GroupOrder::Sorted)]
    {
        let mut first: Option<Vec<u64>> = None;
        for (threads, step, memory) in [(1, 68_000, 1 << 30), (3, 1000, 300 << 20), (2, 9999, 1 << 29)] {
            let lazy = LazyFrame::scan(Arc::new(Cut { batch: batch.clone(), parts: 2, step }));
            let options = ExecOptions { threads: Some(threads), ..ExecOptions::default().with_memory(memory) };
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let wanted = parse_aggregates(aggregates, lazy.schema()).unwrap();
            let plan = lazy.groupby(keys.clone()).order(order).agg(wanted).unwrap();
            let found = bits(&pool.install(|| plan.collect(&options)).unwrap());
            match &first {
                None => first = Some(found),
                Some(f) => assert!(*f == found, "{keys:?} with {threads} threads and batches of {step}"),
            }
        }
    }
}

/// Six keys, texts and numbers, some missing; nearly each row is a group of its own, a few come again much later.
fn many_keys(rows: u64) -> DataFrame {
    let own = |i: u64| if i > rows / 2 && i.is_multiple_of(10) { i - rows / 2 } else { i };
    let text = |i: u64, n: u64, long: bool| {
        let name = if long { format!("a name of some length {:06}", i % n) } else { format!("id{:03}", i % n) };
        (!(i % n).is_multiple_of(13)).then_some(name)
    };
    let texts = |n: u64, long: bool| Column::from_texts((0..rows).map(|i| text(own(i), n, long)).collect::<Vec<_>>());
    let whole = |n: u64, by: i64| {
        let values = (0..rows).map(|i| (!own(i).is_multiple_of(31)).then_some((own(i) % n) as i64 * by)).collect::<Vec<Option<i64>>>();
        Column::from(values)
    };
    let sums: Vec<f64> = (0..rows).map(|i| if i.is_multiple_of(37) { f64::NAN } else { (i as f64) * 1e-3 - 7.0 }).collect();
    DataFrame::new([
        ("a", texts(7, false)),
        ("b", texts(101, true)),
        ("c", texts(9001, false)),
        ("d", whole(5, 1)),
        ("e", whole(1009, -3)),
        ("f", whole(u64::MAX, 1 << 33)),
        ("x", Column::from(sums)),
    ])
    .unwrap()
}

#[test]
fn groups_of_many_keys_are_those_of_a_plain_map() {
    for rows in [40u64, 100_000] {
        let df = many_keys(rows);
        let names = ["a", "b", "c", "d", "e", "f"];
        let columns: Vec<&Column> = names.iter().map(|n| df.column(n).unwrap()).collect();
        let x = df.column("x").unwrap();
        // Key, first row, rows, sum, smallest: in order of appearance.
        let mut want: Vec<(String, usize, i64, f64, Option<f64>)> = Vec::new();
        let mut places = hashbrown::HashMap::new();
        for row in 0..rows as usize {
            let key = columns.iter().map(|c| format!("{:?}|", c.scalar(row))).collect::<String>();
            let place = *places.entry(key.clone()).or_insert(want.len());
            if place == want.len() {
                want.push((key, row, 0, 0.0, None));
            }
            let group = &mut want[place];
            group.2 += 1;
            if let hpda_data::Scalar::F64(x) = x.scalar(row)
                && !x.is_nan()
            {
                group.3 += x;
                group.4 = Some(group.4.map_or(x, |y| y.min(x)));
            }
        }
        let batch = df.to_batch().unwrap();
        for keep in [true, false] {
            for (threads, step, memory) in [(1, 100_000, 1 << 30), (2, 9999, 1 << 28), (3, 4096, 40 << 20)] {
                let lazy = LazyFrame::scan(Arc::new(Cut { batch: batch.clone(), parts: 1, step }));
                let options = ExecOptions { threads: Some(threads), ..ExecOptions::default().with_memory(memory) };
                let wanted = parse_aggregates("n=x:size,x=x:sum,low=x:min,last=c:last", lazy.schema()).unwrap();
                let mut by = lazy.groupby(names).order(GroupOrder::Appearance);
                if keep {
                    by = by.keep_missing();
                }
                let found = by.agg(wanted).unwrap().collect(&options).unwrap();
                let kept: Vec<_> = want.iter().filter(|w| keep || !w.0.contains("Null")).collect();
                assert_eq!(found.height(), kept.len(), "{rows} rows, {threads} threads");
                for (i, (key, first, n, sum, low)) in kept.iter().enumerate() {
                    let here = names.iter().map(|c| format!("{:?}|", found.column(c).unwrap().scalar(i))).collect::<String>();
                    assert_eq!(here, *key);
                    assert_eq!(found.column("n").unwrap().scalar(i), hpda_data::Scalar::I64(*n));
                    assert!((found.column("x").unwrap().scalar(i).as_f64().unwrap() - sum).abs() < 1e-9);
                    assert_eq!(found.column("low").unwrap().scalar(i).as_f64(), *low);
                    assert_eq!(found.column("last").unwrap().scalar(i), columns[2].scalar(*first));
                }
            }
        }
    }
}

#[test]
fn groups_of_a_column_put_together_are_the_column() {
    let batch = table(30_000);
    let df = DataFrame::from_batch(&batch).unwrap();
    let lazy = LazyFrame::scan(Arc::new(MemSource::from_frame(&df).unwrap()));
    let options = ExecOptions::default();
    let count = |keys: Vec<&str>| {
        let wanted = parse_aggregates("x:count,size", lazy.schema()).unwrap();
        let out = lazy.groupby(keys).keep_missing().agg(wanted).unwrap().collect(&options).unwrap();
        let sum = |c: &str| (0..out.height()).map(|i| out.column(c).unwrap().scalar(i).as_f64().unwrap()).sum::<f64>();
        (out.height(), sum("x_count"), sum("x_size"))
    };
    let there = 30_000 - df.column("x").unwrap().missing_count();
    assert_eq!(count(vec!["few"]), (11, there as f64, 30_000.0));
    assert_eq!(count(vec!["own", "few", "many", "y"]), (30_000, there as f64, 30_000.0));
}

#[test]
fn first_rows_of_groups_are_those_of_a_stable_sort_for_any_budget() {
    let rows = 68_000;
    let batch = table(rows);
    let value = |column: usize, row: usize| batch.columns[column].scalar(row);
    for (key, order) in [("few", GroupOrder::Sorted), ("few", GroupOrder::Appearance), ("many", GroupOrder::Appearance)] {
        let column = batch.schema.position(key).unwrap();
        // Groups in order of their first row, missing ones left out; rows with the largest x first, those without one last.
        let mut groups: Vec<(hpda_data::Scalar, Vec<usize>)> = Vec::new();
        let mut places = hashbrown::HashMap::new();
        for row in 0..rows as usize {
            let k = value(column, row);
            if !matches!(k, hpda_data::Scalar::Null) {
                let text = format!("{k:?}");
                let place = *places.entry(text).or_insert(groups.len());
                if place == groups.len() {
                    groups.push((k, Vec::new()));
                }
                groups[place].1.push(row);
            }
        }
        if order == GroupOrder::Sorted {
            groups.sort_by_key(|(k, _)| format!("{k:?}"));
        }
        let x = |row: &usize| match value(3, *row) {
            hpda_data::Scalar::F64(x) if !x.is_nan() => -x,
            _ => f64::INFINITY,
        };
        let mut want: Vec<i64> = Vec::new();
        for (_, rows) in &mut groups {
            rows.sort_by(|a, b| x(a).total_cmp(&x(b)));
            want.extend(rows.iter().take(3).map(|&row| row as i64 * 7919));
        }
        for (threads, step, memory) in [(1, 68_000, 1 << 30), (3, 1000, 24 << 20), (2, 9999, 48 << 20)] {
            let lazy = LazyFrame::scan(Arc::new(Cut { batch: batch.clone(), parts: 2, step }));
            let options = ExecOptions { threads: Some(threads), ..ExecOptions::default().with_memory(memory) };
            let top = lazy.groupby([key]).order(order).top(3, [hpda_data::plan::desc("x")]).unwrap();
            // The budget is for finding the rows; the table that they make is held beside it.
            let found = |lazy: &LazyFrame| LazyFrame::scan(lazy.source(&options).unwrap()).collect(&ExecOptions::default()).unwrap();
            let all = found(&top);
            let own = |df: &DataFrame| -> Vec<i64> { df.column("own").unwrap().to_i64().unwrap().values().to_vec() };
            assert!(own(&all) == want, "{key} with batches of {step}");
            // Only what is asked for is read.
            let some = found(&top.select(["own", "x"]).unwrap());
            assert_eq!((some.columns().len(), own(&some) == want), (2, true), "{key} with batches of {step}");
        }
    }
}
