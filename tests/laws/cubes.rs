//! Laws of cubes: selections compose, the order of dims does not matter, what is split and joined is what it was.

use hpda_data::exec::ExecOptions;
use hpda_data::exec::reduce::Reduction;
use hpda_data::kernel::agg::Agg;
use hpda_data::kernel::window::Windowing;
use hpda_data::ops::combine::{ConcatOptions, concat};
use hpda_data::ops::select::Positions;
use hpda_data::store::Budget;
use hpda_data::{Dataset, NdArray, Variable};
use proptest::prelude::*;

pub const DIMS: [&str; 3] = ["t", "y", "x"];

/// `v(t, y, x)` of whole numbers with holes, `w(x, t)`, a coordinate along each dim (falling along `y`) and one without a dim.
pub fn cube(shape: [usize; 3], seed: u64) -> Dataset {
    let number = |i: usize| {
        let z = (i as u64 ^ seed).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        if z >> 61 == 0 { f64::NAN } else { (z >> 52) as f64 - 2000.0 }
    };
    let values = |n: usize| (0..n).map(number).collect::<Vec<f64>>();
    let [t, y, x] = shape;
    let mut ds = Dataset::new();
    for (dim, n) in DIMS.into_iter().zip(shape) {
        let labels: Vec<i64> = (0..n as i64).map(|i| if dim == "y" { 10 - i } else { 3 * i }).collect();
        ds.insert_coord(dim, Variable::from_array([dim], NdArray::from_vec(labels, &[n]).unwrap()).unwrap()).unwrap();
    }
    let group: Vec<i64> = (0..t as i64).map(|i| i % 3).collect();
    ds.insert_coord("group", Variable::from_array(["t"], NdArray::from_vec(group, &[t]).unwrap()).unwrap()).unwrap();
    ds.insert("v", Variable::from_array(DIMS, NdArray::from_vec(values(t * y * x), &[t, y, x]).unwrap()).unwrap()).unwrap();
    ds.insert("w", Variable::from_array(["x", "t"], NdArray::from_vec(values(x * t), &[x, t]).unwrap()).unwrap()).unwrap();
    ds
}

fn numbers(ds: &Dataset, name: &str) -> Vec<u64> {
    let a = ds.variable(name).unwrap().load().unwrap();
    (0..a.len()).map(|i| a.scalar(i).as_f64().unwrap_or(f64::NAN).to_bits()).collect()
}

/// The picked of the picked, from either end.
fn picked(picks: &[prop::sample::Index], n: usize) -> Vec<i64> {
    picks.iter().map(|p| p.index(2 * n) as i64 - n as i64).collect()
}

fn picks() -> impl Strategy<Value = Vec<prop::sample::Index>> {
    prop::collection::vec(any::<prop::sample::Index>(), 1..5)
}

pub fn same(a: &Dataset, b: &Dataset) -> Result<(), TestCaseError> {
    let report = a.identical(b).unwrap();
    prop_assert!(report.is_same(), "{report}");
    Ok(())
}

type Verb<'a> = Box<dyn Fn(&Dataset) -> Dataset + 'a>;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn selections_compose(
        shape in [1usize..6, 1..5, 1..5], seed in any::<u64>(), dim in 0usize..3, first in picks(), second in picks(),
    ) {
        let ds = cube(shape, seed);
        let at = |list: Vec<i64>| [(DIMS[dim].to_string(), Positions::List(list))];
        let first = picked(&first, shape[dim]);
        let second = picked(&second, first.len());
        let twice = ds.isel_at(&at(first.clone())).unwrap().isel_at(&at(second.clone())).unwrap();
        let from_end = |i: i64, n: usize| if i < 0 { (i + n as i64) as usize } else { i as usize };
        let both: Vec<usize> = second.iter().map(|&i| from_end(first[from_end(i, first.len())], shape[dim])).collect();
        let once = ds.isel_at(&at(both.iter().map(|&i| i as i64).collect())).unwrap();
        same(&twice, &once)?;
        // And by plain arithmetic.
        let all = numbers(&ds, "v");
        let mut want = Vec::new();
        let lengths: Vec<usize> = (0..3).map(|d| if d == dim { both.len() } else { shape[d] }).collect();
        for i in 0..lengths.iter().product::<usize>() {
            let mut at = [i / (lengths[1] * lengths[2]), i / lengths[2] % lengths[1], i % lengths[2]];
            at[dim] = both[at[dim]];
            want.push(all[(at[0] * shape[1] + at[1]) * shape[2] + at[2]]);
        }
        prop_assert_eq!(numbers(&twice, "v"), want);
    }

    #[test]
    fn any_order_of_dims_gives_the_same_labelled_result(
        shape in [2usize..7, 2..5, 2..5], seed in any::<u64>(), order in Just(DIMS.to_vec()).prop_shuffle(), dim in 0usize..3,
    ) {
        let (ds, exec, d) = (cube(shape, seed), ExecOptions::default(), DIMS[dim]);
        let turned = ds.transpose(&order).unwrap();
        let sum = Reduction::new(Agg::Sum);
        let verbs: [(&str, Verb); 8] = [
            ("sum", Box::new(|c| c.reduce(&Reduction::new(Agg::Sum).over([d]), &exec).unwrap().0)),
            ("median", Box::new(|c| c.reduce(&Reduction::new(Agg::Median).over([d]), &exec).unwrap().0)),
            ("groups", Box::new(|c| c.groupby("group").unwrap().reduce(&sum, &exec).unwrap().0)),
            ("cumsum", Box::new(|c| c.cumsum(d, &exec).unwrap().0)),
            ("shift", Box::new(|c| c.shift(d, 1, &exec).unwrap())),
            ("windows", Box::new(|c| c.rolling(d, Agg::Max, &Windowing::rows(2), &exec).unwrap().0)),
            ("sortby", Box::new(|c| c.sortby(d, true).unwrap())),
            ("stack", Box::new(|c| c.stack(&["y", "x"], "cell").unwrap())),
        ];
        for (name, verb) in &verbs {
            let (a, b) = (verb(&ds), verb(&turned));
            for v in ["v", "w"] {
                let dims: Vec<String> = a.variable(v).unwrap().dims().iter().map(|d| d.to_string()).collect();
                let dims: Vec<&str> = dims.iter().map(String::as_str).collect();
                let back = b.transpose(&dims).unwrap();
                prop_assert_eq!(numbers(&a, v), numbers(&back, v), "{} of {} along {}", name, v, d);
            }
        }
    }

    #[test]
    fn what_is_split_and_joined_is_what_it_was(
        shape in [2usize..8, 2..6, 2..6], seed in any::<u64>(), dim in 0usize..3, cuts in picks(),
    ) {
        let (ds, n) = (cube(shape, seed), shape[dim]);
        let mut edges: Vec<usize> = cuts.iter().map(|c| 1 + c.index(n - 1)).chain([0, n]).collect();
        edges.sort_unstable();
        edges.dedup();
        let part = |w: &[usize]| ds.isel_at(&[(DIMS[dim].to_string(), Positions::List((w[0] as i64..w[1] as i64).collect()))]).unwrap();
        let parts: Vec<Dataset> = edges.windows(2).map(part).collect();
        let how = ConcatOptions { dim: Some(DIMS[dim].into()), ..ConcatOptions::default() };
        same(&concat(parts, &how).unwrap().0, &ds)?;
    }
}

/// Of a cell that has more values than fit, quantiles are counted in several passes, and runs of equal values on disk.
#[test]
fn aggregates_of_more_values_than_fit_have_the_bits_of_a_large_budget() {
    let ds = cube([61, 40, 52], 3);
    let exec = |bytes: usize| ExecOptions { budget: Budget::new(bytes), ..ExecOptions::default() };
    for agg in [Agg::Median, Agg::Quantile(0.0), Agg::Quantile(0.37), Agg::Quantile(1.0), Agg::Nunique, Agg::Mode] {
        for dims in [&["t", "y", "x"][..], &["t", "y"], &["y", "x"]] {
            for skip in [true, false] {
                let how = Reduction { skip_missing: skip, ..Reduction::new(agg).over(dims.iter().copied()) };
                let within = |bytes: usize| numbers(&ds.reduce(&how, &exec(bytes)).unwrap().0, "v");
                assert_eq!(within(60 << 10), within(usize::MAX), "{agg} over {dims:?}");
            }
        }
        let groups = |bytes: usize| numbers(&ds.groupby("group").unwrap().reduce(&Reduction::new(agg), &exec(bytes)).unwrap().0, "v");
        assert_eq!(groups(60 << 10), groups(usize::MAX), "{agg} of groups");
    }
}
