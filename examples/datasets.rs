//! The two cubes of the lesson: built, written, opened, compared, merged and joined. `cargo run --example datasets`

use hpda_data::exec::{ExecOptions, merge};
use hpda_data::ops::combine::{ConcatOptions, Join, MergeOptions, concat};
use hpda_data::{Dataset, NdArray, Result, Variable, open_dataset};
use std::ops::Range;

/// `a(x, y)` and `b(z, x)` with a label for each position.
fn cube(x: Range<i64>, y: Range<i64>, z: Range<i64>) -> Result<Dataset> {
    let mut ds = Dataset::new();
    for (dim, labels) in [("x", &x), ("y", &y), ("z", &z)] {
        let labels: Vec<i64> = labels.clone().collect();
        let n = labels.len();
        ds.insert_coord(dim, Variable::from_array([dim], NdArray::from_vec(labels, &[n])?)?)?;
    }
    let values = |n: usize, m: usize| NdArray::from_vec((0..n * m).map(|i| (i as f64).sin()).collect(), &[n, m]);
    let n = |dim: &str| ds.dims[dim];
    let (a, b) = (values(n("x"), n("y"))?, values(n("z"), n("x"))?);
    ds.insert("a", Variable::from_array(["x", "y"], a)?)?;
    ds.insert("b", Variable::from_array(["z", "x"], b)?)?;
    Ok(ds)
}

fn main() -> Result<()> {
    cubes()
}

/// Everything the lesson asks of them.
pub fn cubes() -> Result<()> {
    let ds1 = cube(0..4, -2..0, -3..3)?;
    let ds2 = cube(6..13, 0..3, 3..5)?;
    println!("{ds1}");

    let folder = std::env::temp_dir().join(format!("datasets-{}", std::process::id()));
    std::fs::create_dir_all(&folder).map_err(|e| hpda_data::Error::io(e, &folder))?;
    let path = folder.join("ds1.nc");
    ds1.save(&path)?;
    let again = open_dataset(&path)?;
    println!("written and opened, it is the same: {}", ds1.identical(&again)?.is_same());
    println!("the two differ in:\n{}", ds1.equals(&ds2)?);

    let merged = merge(vec![ds1.clone(), ds2.clone()], &MergeOptions::default(), &ExecOptions::default())?;
    println!("merged:\n{merged}");
    let how = ConcatOptions { join: Join::Outer, ..ConcatOptions::along("x") };
    let (joined, _) = concat(vec![ds1, ds2], &how)?;
    println!("joined along x, it is the same as merged: {}", joined.equals(&merged)?.is_same());
    drop(again);
    std::fs::remove_dir_all(&folder).map_err(|e| hpda_data::Error::io(e, &folder))
}
