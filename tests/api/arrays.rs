//! Arrays that are made when they are read.

use hpda_data::exec::{ExecOptions, Random, reduce::Reduction};
use hpda_data::store::{Selection, Selector};
use hpda_data::{DType, DataArray, ErrorKind, NdArray, Result};

fn floats(a: &NdArray) -> Vec<f64> {
    a.to_contiguous().unwrap().as_slice::<f64>().unwrap().to_vec()
}

fn in_pool<T: Send>(threads: usize, work: impl FnOnce() -> T + Send) -> T {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(work)
}

#[test]
fn random_arrays_have_the_same_values_for_any_part_and_any_threads() {
    let x = Random::seeded(42).normal(1.0, 2.0, &[("a", 300), ("b", 700)]).unwrap();
    let whole = in_pool(1, || x.variable.load().unwrap());
    assert_eq!(floats(&whole), floats(&in_pool(4, || x.variable.load().unwrap())));
    for (start, count) in [([0, 0], [1, 700]), ([17, 650], [200, 50]), ([299, 699], [1, 1]), ([128, 128], [128, 128])] {
        let part = Selection::hyperslab(&start, &count);
        assert_eq!(floats(&x.variable.read(&part).unwrap()), floats(&whole.select(&part).unwrap()));
    }
    let odd = Selection::new(vec![Selector::At(250), Selector::Range { start: 699, count: 233, step: -3 }]);
    assert_eq!(floats(&x.variable.read(&odd).unwrap()), floats(&whole.select(&odd).unwrap()));
}

#[test]
fn random_numbers_are_distributed_as_they_say() {
    let random = Random::seeded(3);
    let dims = [("i", 200_000)];
    let moments = |a: &DataArray| {
        let x: Vec<f64> = match a.variable.dtype() {
            DType::I64 => a.variable.load().unwrap().as_slice::<i64>().unwrap().iter().map(|x| *x as f64).collect(),
            _ => floats(&a.variable.load().unwrap()),
        };
        let mean = x.iter().sum::<f64>() / x.len() as f64;
        (mean, (x.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / x.len() as f64).sqrt())
    };
    let near = |(mean, std): (f64, f64), m: f64, s: f64| (mean - m).abs() < 0.02 * s && (std - s).abs() < 0.02 * s;
    assert!(near(moments(&random.normal(-3.0, 2.0, &dims).unwrap()), -3.0, 2.0));
    assert!(near(moments(&random.uniform(0.0, 12.0, &dims).unwrap()), 6.0, 12.0 / 12f64.sqrt()));
    assert!(near(moments(&random.exponential(4.0, &dims).unwrap()), 4.0, 4.0));
    assert!(near(moments(&random.integers(1, 7, &dims).unwrap()), 3.5, (35.0f64 / 12.0).sqrt()));
    let (a, b) = (random.normal(0.0, 1.0, &dims).unwrap(), random.stream(1).normal(0.0, 1.0, &dims).unwrap());
    let (a, b) = (floats(&a.variable.load().unwrap()), floats(&b.variable.load().unwrap()));
    let together = a.iter().zip(&b).map(|(a, b)| a * b).sum::<f64>() / a.len() as f64;
    assert!(together.abs() < 0.01, "streams go together: {together}");
}

#[test]
fn random_numbers_that_cannot_be_are_refused() {
    let random = Random::seeded(1);
    let dims = [("i", 2)];
    assert_eq!(random.normal(0.0, -1.0, &dims).unwrap_err().kind(), ErrorKind::Invalid);
    assert_eq!(random.uniform(2.0, 1.0, &dims).unwrap_err().kind(), ErrorKind::Invalid);
    assert_eq!(random.uniform(f64::MIN, f64::MAX, &dims).unwrap_err().kind(), ErrorKind::Invalid);
    assert_eq!(random.integers(3, 3, &dims).unwrap_err().kind(), ErrorKind::Invalid);
    assert_eq!(random.exponential(f64::NAN, &dims).unwrap_err().kind(), ErrorKind::Invalid);
    assert_eq!(random.normal(0.0, 1.0, &[("a", usize::MAX), ("b", 3)]).unwrap_err().kind(), ErrorKind::Overflow);
    assert_eq!(random.normal(0.0, 1.0, &[("a", 2), ("a", 3)]).unwrap_err().kind(), ErrorKind::Shape);
    assert_eq!(random.normal(0.0, 1.0, &[("a", 0), ("b", 3)]).unwrap().variable.load().unwrap().len(), 0);
}

#[test]
fn a_random_array_larger_than_the_budget_is_reduced_in_blocks() {
    let x = Random::seeded(5).uniform(0.0, 1.0, &[("a", 1500), ("b", 1000)]).unwrap().to_dataset(Some("x")).unwrap();
    let result = |memory: usize, threads: usize| {
        let options = ExecOptions { threads: Some(threads), ..ExecOptions::default().with_memory(memory) };
        let mean = in_pool(threads, || x.reduce(&Reduction::named("mean").unwrap(), &options)?.0.variable("x")?.load());
        assert!(options.budget.peak() <= memory);
        mean.unwrap().scalar(0).as_f64().unwrap()
    };
    let mean = result(6 << 20, 1);
    assert!((mean - 0.5).abs() < 0.002);
    assert_eq!(mean.to_bits(), result(6 << 20, 4).to_bits());
    assert_eq!(mean.to_bits(), result(64 << 20, 3).to_bits());
}

#[test]
fn from_fn_makes_each_value_of_its_place() -> Result<()> {
    let x = DataArray::from_fn("x", &[("a", 5), ("b", 4000)], |at| (at[0] * 4000 + at[1]) as f64)?;
    assert_eq!(x.name.as_deref(), Some("x"));
    let whole = x.variable.load()?;
    assert_eq!(floats(&whole), (0..20_000).map(f64::from).collect::<Vec<_>>());
    let part = Selection::new(vec![Selector::At(3), Selector::Take(vec![7, 0, 3999].into())]);
    assert_eq!(floats(&x.variable.read(&part)?), [12_007.0, 12_000.0, 15_999.0]);
    let fails = DataArray::from_fn("x", &[("a", 5)], |at| if at[0] == 3 { panic!("three") } else { 1.0 })?;
    let e = fails.variable.load().unwrap_err();
    assert_eq!((e.kind(), e.message()), (ErrorKind::Invalid, "the function panicked: three"));
    Ok(())
}

#[test]
fn from_blocks_makes_each_chunk_once_and_names_the_one_that_fails() -> Result<()> {
    let make = |start: &[usize], shape: &[usize]| {
        let at = |i: usize| (start[0] + i / shape[1]) * 10 + start[1] + i % shape[1];
        NdArray::from_vec((0..shape[0] * shape[1]).map(|i| at(i) as i64).collect(), shape)
    };
    let x = DataArray::from_blocks("x", &[("a", 7), ("b", 10)], &[3, 4], DType::I64, make)?;
    assert_eq!(x.variable.grid().chunk, [3, 4]);
    assert_eq!(x.variable.load()?.as_slice::<i64>().unwrap(), (0..70).collect::<Vec<i64>>());
    let part = Selection::new(vec![Selector::Range { start: 6, count: 3, step: -3 }, Selector::Take(vec![9, 2, 3, 3].into())]);
    assert_eq!(x.variable.read(&part)?.as_slice::<i64>().unwrap(), [69, 62, 63, 63, 39, 32, 33, 33, 9, 2, 3, 3]);
    let fails =
        |make: fn(&[usize], &[usize]) -> Result<NdArray>| DataArray::from_blocks("x", &[("a", 7)], &[3], DType::F64, make)?.variable.load();
    let e = fails(|start, shape| if start[0] == 3 { panic!("here") } else { NdArray::from_vec(vec![0.0; shape[0]], shape) }).unwrap_err();
    assert_eq!(e.place().op.as_deref(), Some("from_blocks, the chunk at [3]"));
    assert_eq!(fails(|_, _| NdArray::from_vec(vec![0.0], &[1])).unwrap_err().kind(), ErrorKind::Shape);
    assert_eq!(fails(|_, shape| NdArray::from_vec(vec![0i64; shape[0]], shape)).unwrap_err().kind(), ErrorKind::Type);
    assert_eq!(DataArray::from_blocks("x", &[("a", 7)], &[], DType::F64, make).unwrap_err().kind(), ErrorKind::Shape);
    Ok(())
}
