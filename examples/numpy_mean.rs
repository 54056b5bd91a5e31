//! The mean of many numbers, in memory: by one thread and by all. `cargo run --release --example numpy_mean -- [COUNT]`

use hpda_data::exec::ExecOptions;
use hpda_data::exec::reduce::{Reduction, of_all};
use hpda_data::plan::Agg;
use hpda_data::{NdArray, Result, Variable};
use std::time::Instant;

fn main() -> Result<()> {
    let count = std::env::args().nth(1).and_then(|n| n.parse().ok()).unwrap_or(50_000_000);
    means(count)
}

/// Means and deviations of so many numbers between 0 and 1.
pub fn means(count: usize) -> Result<()> {
    let start = Instant::now();
    // A walk round the circle by the golden ratio: spread evenly, the same on every machine.
    let numbers: Vec<f64> = (0..count).map(|i| (i as f64 * 0.618_033_988_749_894_9).fract()).collect();
    let x = Variable::from_array(["i"], NdArray::from_vec(numbers, &[count])?)?;
    println!("made {count} numbers, {} MB, in {:.2} s", count * 8 / 1_000_000, start.elapsed().as_secs_f64());

    let exec = ExecOptions::default();
    let alone = rayon::ThreadPoolBuilder::new().num_threads(1).build();
    let alone = alone.map_err(|e| hpda_data::Error::internal(e.to_string()))?;
    for agg in [Agg::Mean, Agg::Std] {
        let (one, took_one) = timed(|| alone.install(|| of_all(&x, &Reduction::new(agg), &exec)))?;
        let (all, took_all) = timed(|| of_all(&x, &Reduction::new(agg), &exec))?;
        println!("{agg}: {one} in {took_one:.3} s by one thread, in {took_all:.3} s by {}", rayon::current_num_threads());
        println!("{agg} has the same bits for any number of threads: {}", one == all);
    }
    Ok(())
}

fn timed<T>(work: impl FnOnce() -> Result<T>) -> Result<(T, f64)> {
    let start = Instant::now();
    Ok((work()?, start.elapsed().as_secs_f64()))
}
