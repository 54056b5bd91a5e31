//! Laws of expressions and aggregates.

use hpda_data::exec::{ExecOptions, MemSource};
use hpda_data::plan::{LazyFrame, parse};
use hpda_data::store::TableSource;
use hpda_data::{Column, DataFrame, Scalar};
use proptest::prelude::*;
use std::sync::Arc;

/// Floats over twenty orders of magnitude, some missing, some NaN.
fn floats() -> impl Strategy<Value = Vec<Option<f64>>> {
    let one = prop_oneof![
        8 => (-1.0f64..1.0, -10i32..10).prop_map(|(x, e)| Some(x * 10f64.powi(e))),
        1 => Just(None),
        1 => Just(Some(f64::NAN)),
    ];
    prop::collection::vec(one, 0..3000)
}

/// The rows cut at these places.
fn cut(frame: &DataFrame, cuts: &[usize]) -> LazyFrame {
    let whole = frame.to_batch().unwrap();
    let mut places: Vec<usize> = cuts.iter().map(|c| c % (whole.rows() + 1)).chain([0, whole.rows()]).collect();
    places.sort_unstable();
    let batches = places.windows(2).map(|w| whole.slice(w[0], w[1] - w[0])).collect();
    let source: Arc<dyn TableSource> = Arc::new(MemSource::new(whole.schema.clone(), batches));
    LazyFrame::scan(source)
}

const AGGREGATES: [&str; 12] = [
    "sum(x)",
    "mean(x)",
    "std(x)",
    "skew(x)",
    "kurt(x)",
    "min(x)",
    "median(x)",
    "q0.1(x)",
    "nunique(x)",
    "argmax(x)",
    "prod(x)",
    "mode(x)",
];

/// The bits of every aggregate.
fn bits(lazy: &LazyFrame, options: &ExecOptions) -> Vec<u64> {
    let wanted = AGGREGATES.map(|t| (t, parse(t).unwrap()));
    let out = lazy.aggregate(wanted, options).unwrap();
    out.columns()
        .iter()
        .map(|c| match c.scalar(0) {
            Scalar::F64(x) => x.to_bits(),
            Scalar::I64(x) => x as u64,
            other => format!("{other:?}").len() as u64,
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn aggregates_are_the_same_bits_for_any_batches_threads_and_budget(
        values in floats(), cuts in prop::collection::vec(0usize..5000, 0..9), threads in 1usize..5, memory in 1usize..1 << 22,
    ) {
        let frame = DataFrame::new([("x", Column::from(values))]).unwrap();
        let whole = bits(&cut(&frame, &[]), &ExecOptions::default());
        let parts = ExecOptions { threads: Some(threads), ..ExecOptions::default().with_memory(memory) };
        prop_assert_eq!(whole, bits(&cut(&frame, &cuts), &parts));
    }

    #[test]
    fn lazy_steps_give_what_the_same_loop_gives(
        values in floats(), cuts in prop::collection::vec(0usize..5000, 0..9), bound in -1e3f64..1e3,
    ) {
        let n = values.len() as i64;
        let frame = DataFrame::new([("x", Column::from(values.clone())), ("i", Column::from((0..n).collect::<Vec<i64>>()))]).unwrap();
        let text = format!("x > {bound} and i % 3 != 1");
        let lazy = cut(&frame, &cuts).with("y", parse("x * 2 + i").unwrap()).unwrap().filter(parse(&text).unwrap()).unwrap();
        let got = lazy.select(["i", "y"]).unwrap().collect(&ExecOptions::default()).unwrap();
        let want: Vec<(i64, f64)> = values
            .iter()
            .zip(0..n)
            .filter_map(|(x, i)| x.filter(|x| *x > bound && i % 3 != 1).map(|x| (i, x * 2.0 + i as f64)))
            .collect();
        let want = DataFrame::new([
            ("i", Column::from(want.iter().map(|w| w.0).collect::<Vec<i64>>())),
            ("y", Column::from(want.iter().map(|w| w.1).collect::<Vec<f64>>())),
        ]);
        prop_assert!(got == want.unwrap());
    }

    #[test]
    fn written_expressions_parse_to_themselves(text in "[-+*/%() <>=!a-c0-9.'\\[\\],]{0,40}") {
        // Whatever the text: an expression or an error, never a panic; and what parses survives being written.
        if let Ok(e) = parse(&text) {
            prop_assert_eq!(parse(&e.to_string()).map_err(|e| e.to_string()), Ok(e));
        }
    }
}
