//! Laws of cubes as tables: back is what it was, in any order of dims, and no budget is too small for a plan.

use super::cubes::{DIMS, cube, same};
use hpda_data::exec::{CubeOptions, ExecOptions, LabelOrder};
use hpda_data::open::{SaveOptions, Scanned, Target, save};
use hpda_data::ops::bridge::FrameOptions;
use hpda_data::plan::parse;
use hpda_data::{Dataset, NdArray, Variable};
use proptest::prelude::*;

/// `v(t, y, x)` with a coordinate along each dim.
fn plain(shape: [usize; 3], seed: u64) -> Dataset {
    cube(shape, seed).drop_vars(&["w", "group"]).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn table_of_a_cube_is_the_cube_again(
        shape in [1usize..6, 1..5, 1..5], seed in any::<u64>(), order in Just(DIMS.to_vec()).prop_shuffle(), lazy in any::<bool>(),
    ) {
        let (ds, exec) = (plain(shape, seed), ExecOptions::default());
        let how = FrameOptions::default().dims(order.iter().copied());
        // The labels along y fall.
        let (stand, sort) = (CubeOptions { order: LabelOrder::Appearance, ..CubeOptions::default() }, CubeOptions::default());
        let back = |how: &FrameOptions, into: &CubeOptions| {
            let made = match lazy {
                true => ds.to_lazy_frame(how, &exec)?.0.to_dataset(&order, into, &exec),
                false => ds.to_frame(how, &exec)?.0.to_dataset(&order, into, &exec),
            };
            made?.0.transpose(&DIMS)
        };
        same(&back(&how, &stand).unwrap(), &ds)?;
        same(&back(&how, &sort).unwrap(), &ds.sortby("y", false).unwrap())?;
    }

    #[test]
    fn table_of_a_cube_does_not_depend_on_the_budget(shape in [1usize..40, 1..30, 1..20], seed in any::<u64>(), order in Just(DIMS.to_vec()).prop_shuffle()) {
        let (ds, exec) = (cube(shape, seed), ExecOptions::default());
        let how = FrameOptions::default().dims(order);
        let (whole, _) = ds.to_frame(&how, &exec).unwrap();
        let small = ds.to_lazy_frame(&how, &ExecOptions::default().with_memory(1 << 16)).unwrap().0;
        prop_assert!(small.collect(&exec).unwrap() == whole);
    }
}

#[test]
fn cube_of_many_budgets_is_filtered_grouped_and_written_as_a_table() {
    let shape = [100usize, 100, 100];
    let mut ds = Dataset::new();
    for (dim, n) in DIMS.into_iter().zip(shape) {
        let labels = NdArray::from_vec((0..n as i64).collect(), &[n]).unwrap();
        ds.insert_coord(dim, Variable::from_array([dim], labels).unwrap()).unwrap();
    }
    let texts: Vec<Option<&str>> = (0..100).map(|i| Some(if i % 2 == 0 { "even" } else { "odd" })).collect();
    ds.insert_coord("zone", Variable::from_array(["y"], NdArray::from_texts(texts.into_iter().collect(), &[100]).unwrap()).unwrap())
        .unwrap();
    let values: Vec<f64> = (0..1_000_000).map(f64::from).collect();
    ds.insert("v", Variable::from_array(DIMS, NdArray::from_vec(values, &shape).unwrap()).unwrap()).unwrap();

    // The rows take 36 MB.
    let exec = ExecOptions::default().with_memory(6 << 20);
    let refused = ds.to_frame(&FrameOptions::default(), &exec).unwrap_err().to_string();
    assert!(refused.contains("1000000 rows takes 36000000 bytes") && refused.contains("to_lazy_frame"), "{refused}");

    let (rows, _) = ds.to_lazy_frame(&FrameOptions::default(), &exec).unwrap();
    let zones = rows.filter(parse("y < 4").unwrap()).unwrap().groupby(["zone"]);
    let zones = zones.agg([("v", parse("sum(v)").unwrap()), ("n", parse("count(v)").unwrap())]).unwrap().collect(&exec).unwrap();
    assert_eq!(zones.column("n").unwrap(), &hpda_data::Column::from(vec![20_000i64, 20_000]));

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rows.parquet");
    let source = rows.source(&exec).unwrap();
    save(Scanned::Table(source), &Target::File(path.clone()), &SaveOptions::default(), &exec).unwrap();
    assert!(exec.budget.peak() <= 6 << 20, "{}", exec.budget.peak());
    let df = hpda_data::read_parquet(&path).unwrap();
    assert_eq!((df.height(), df.names().join(" ")), (1_000_000, "t y x zone v".to_string()));
    assert_eq!(df.column("zone").unwrap().categories().unwrap(), ["even", "odd"]);
    assert_eq!(df.iat(123_456, 4).unwrap(), 123_456.0.into());

    // And back: the cube alone takes 12 MB, and that is said before it is filled.
    let lazy = hpda_data::plan::LazyFrame::scan(std::sync::Arc::new(hpda_data::exec::MemSource::from_frame(&df).unwrap()));
    let dims = ["t", "y", "x"];
    let e =
        lazy.select(["t", "y", "x", "v"]).unwrap().to_dataset(&dims, &CubeOptions::default(), &ExecOptions::default().with_memory(1 << 20));
    assert!(e.unwrap_err().to_string().contains("bytes"));
    let exec = ExecOptions::default().with_memory(80 << 20);
    let (back, _) = lazy.select(["t", "y", "x", "v"]).unwrap().to_dataset(&dims, &CubeOptions::default(), &exec).unwrap();
    assert!(exec.budget.peak() <= 80 << 20);
    assert!(back.identical(&ds.drop_vars(&["zone"]).unwrap()).unwrap().is_same());
}
