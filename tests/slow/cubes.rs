//! Verbs of cubes.

use super::data::{SHAPE, cell, cubes, tables};
use super::{run, said, same};

#[test]
#[ignore = "slow tier: scripts/check-slow"]
fn reductions_finish_in_the_budget() {
    cubes();
    for file in ["blocks.nc", "maps.nc"] {
        for op in ["mean", "median", "q0.9"] {
            same(&format!("reduce {file} --op {op} --dim time -o OUT.nc"));
        }
        same(&format!("reduce {file} --op std --dim lat,lon -o OUT.nc"));
        same(&format!("reduce {file} --op mean"));
    }
    same("reduce plain.npy --op median --dim dim_0 -o OUT.npy");
    // All values go to one cell.
    for op in ["median", "nunique"] {
        same(&format!("reduce plain.npy --op {op}"));
    }
    same("reduce blocks.nc --op q0.9");
    same("reduce maps.nc --op mode");
}

#[test]
#[ignore = "slow tier: scripts/check-slow"]
fn medians_over_time_are_those_of_the_formula() {
    cubes();
    let out = run(&"reduce maps.nc --op median --dim time -o median.nc --overwrite".split(' ').collect::<Vec<_>>(), true);
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let made = hpda_data::open_dataset(super::folder().join("median.nc")).unwrap().variable("tas").unwrap().load().unwrap();
    for (y, x) in [(0, 0), (59, 74), (60, 75), (119, 149), (37, 111)] {
        let mut values: Vec<f32> = (0..SHAPE[0]).map(|t| cell(t, y, x)).collect();
        values.sort_by(f32::total_cmp);
        let middle = (values[SHAPE[0] / 2 - 1] as f64 + values[SHAPE[0] / 2] as f64) / 2.0;
        let found = made.scalar(y * SHAPE[2] + x).as_f64().unwrap();
        assert!((found - middle).abs() < 1e-4, "{y} {x}: {found} {middle}");
    }
}

#[test]
#[ignore = "slow tier: scripts/check-slow"]
fn groups_and_windows_of_time_finish_in_the_budget() {
    cubes();
    for file in ["blocks.nc", "maps.nc"] {
        same(&format!("groupby {file} --by time.month --op mean -o OUT.nc"));
        same(&format!("groupby {file} --by time.month --op median -o OUT.nc"));
        same(&format!("groupby {file} --by time.month --transform anomaly -o OUT.nc"));
        same(&format!("groupby {file} --by time.dayofyear --op mean -o OUT.nc"));
        same(&format!("resample {file} --freq MS --op mean -o OUT.nc"));
        same(&format!("resample {file} --freq YS --op median -o OUT.nc"));
        same(&format!("rolling {file} --window 30 --dim time --op mean -o OUT.nc"));
    }
    same("rolling maps.nc --window 5,5 --dim lat,lon --op mean -o OUT.nc");
}

#[test]
#[ignore = "slow tier: scripts/check-slow"]
fn points_of_a_table_finish_in_the_budget() {
    tables();
    cubes();
    same("join p.parquet blocks.nc --point time,lat,lon --method nearest -o OUT.parquet");
}

#[test]
#[ignore = "slow tier: scripts/check-slow"]
fn cubes_are_converted_and_joined_in_the_budget() {
    cubes();
    let endings = ["nc", "nc3", "h5", "zarr", "npz", "npy"];
    for from in endings {
        said(&format!("convert maps.nc from.{from} --var tas --allow-loss --overwrite"));
        for to in endings {
            same(&format!("convert from.{from} OUT.{to} --allow-loss"));
        }
        let path = super::folder().join(format!("from.{from}"));
        if path.is_dir() { std::fs::remove_dir_all(path).unwrap() } else { std::fs::remove_file(path).unwrap() }
    }
    same("convert blocks.nc OUT.parquet --allow-loss");
    // Long series in thin chunks to whole maps, and back.
    same("convert maps.nc OUT.nc --chunks time=3640,lat=4,lon=5");
    same("convert blocks.nc OUT.zarr --chunks time=1,lat=120,lon=150");
    same("convert plain.npy OUT.nc");
    same("select maps.nc --isel time=0:100 -o OUT.csv --allow-loss");
    same("concat blocks.nc maps.nc --dim time -o OUT.nc --allow-loss");
}
