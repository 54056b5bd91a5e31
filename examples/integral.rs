//! The integral of x^1.5 from 0 to 1, which is 2/5: by one thread, by all, and along a labelled dim. `cargo run --release --example integral -- [COUNT]`

use hpda_data::exec::ExecOptions;
use hpda_data::frame::linspace;
use hpda_data::plan::parse;
use hpda_data::{Column, DataFrame, Dataset, NdArray, Result, Variable};
use std::time::Instant;

fn main() -> Result<()> {
    let count = std::env::args().nth(1).and_then(|n| n.parse().ok()).unwrap_or(10_000_000);
    integral(count)
}

/// Midpoints of so many stretches, then trapezoids.
pub fn integral(count: usize) -> Result<()> {
    let h = 1.0 / count as f64;
    let alone = rayon::ThreadPoolBuilder::new().num_threads(1).build();
    let alone = alone.map_err(|e| hpda_data::Error::internal(e.to_string()))?;
    let points = DataFrame::new([("x", linspace(h / 2.0, 1.0 - h / 2.0, count))])?;
    let area = || points.lazy()?.aggregate([("area", parse("sum(x ** 1.5)")?)], &ExecOptions::default());
    for (who, threads) in [("one thread", 1), ("all threads", rayon::current_num_threads())] {
        let start = Instant::now();
        let sum = if threads == 1 { alone.install(area)? } else { area()? };
        let found = h * sum.iat(0, 0)?.as_f64().unwrap_or(f64::NAN);
        println!("{who}: {found:.12}, error {:.1e}, {:.3} s", (found - 0.4).abs(), start.elapsed().as_secs_f64());
    }

    // The same with labels: the coordinate says how wide the steps are.
    let x = numbers(&linspace(0.0, 1.0, 1001))?;
    let mut curve = Dataset::new();
    curve.insert_coord("x", Variable::from_array(["x"], x)?)?;
    let exec = ExecOptions::default();
    let (area, _) = curve.assign("y", &parse("x ** 1.5")?, &exec)?.integrate("x", 1.0, &exec)?;
    println!("by trapezoids of 1000 steps: {}", area.variable("y")?.load()?.scalar(0));
    Ok(())
}

fn numbers(column: &Column) -> Result<NdArray> {
    let values: Vec<f64> = (0..column.len()).filter_map(|i| column.scalar(i).as_f64()).collect();
    NdArray::from_vec(values, &[column.len()])
}
