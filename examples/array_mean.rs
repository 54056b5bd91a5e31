//! Means of arrays that are never held: blocks are made, added and forgotten. `cargo run --release --example array_mean -- [COUNT] [SIDE]`
//!
//! 800 million numbers (`-- 800000000`) are 6.4 GB, a matrix of 20000 x 20000 is 3.2 GB (`-- 800000000 20000`); they are averaged within 64 MB.

use hpda_data::array::{Data, LazyArray};
use hpda_data::exec::reduce::{Reduction, of_all};
use hpda_data::exec::{ExecOptions, Random};
use hpda_data::plan::Agg;
use hpda_data::store::{ChunkGrid, ChunkSource, ReadCost, Selection};
use hpda_data::{DType, NdArray, Place, Result, Variable};
use std::sync::Arc;
use std::time::Instant;

fn main() -> Result<()> {
    let sizes: Vec<usize> = std::env::args().skip(1).filter_map(|n| n.parse().ok()).collect();
    means(sizes.first().copied().unwrap_or(80_000_000), sizes.get(1).copied().unwrap_or(5_000))
}

/// Averages so many numbers, as many random ones, and a matrix of random ones with sides so long.
pub fn means(count: usize, side: usize) -> Result<()> {
    mean(count)?;
    mean_of_normals(count)?;
    mean_of_rows(side)
}

/// An array of your own: numbers between 0 and 1, made where they are asked for.
#[derive(Debug)]
struct Numbers {
    shape: [usize; 1],
}

impl ChunkSource for Numbers {
    fn dtype(&self) -> &DType {
        &DType::F64
    }
    fn shape(&self) -> &[usize] {
        &self.shape
    }
    fn grid(&self) -> ChunkGrid {
        ChunkGrid::new(&self.shape, &[1 << 18])
    }
    fn read(&self, selection: &Selection) -> Result<NdArray> {
        selection.check(&self.shape)?;
        let shape = selection.shape(&self.shape);
        let along = &selection.selectors()[0];
        let count = along.count(self.shape[0]).unwrap_or(1);
        NdArray::from_vec((0..count).map(|i| number(along.position(i))).collect(), &shape)
    }
    fn cost(&self) -> ReadCost {
        ReadCost { pieces: None, in_place: true, scratch: 0 }
    }
    fn place(&self) -> Place {
        Place::variable("numbers")
    }
}

/// The number at a position.
fn number(i: usize) -> f64 {
    (i as f64 * 0.618_033_988_749_894_9).fract()
}

/// So little memory is enough for arrays of any size.
fn little() -> ExecOptions {
    ExecOptions::default().with_memory(64 << 20)
}

fn took(exec: &ExecOptions, start: Instant) {
    println!("  held at most {:.1} MB, took {:.2} s", exec.budget.peak() as f64 / 1e6, start.elapsed().as_secs_f64());
}

/// Averages so many of them.
pub fn mean(count: usize) -> Result<()> {
    let lazy = LazyArray::new(Arc::new(Numbers { shape: [count] }));
    let x = Variable::new(["i"], Data::Lazy(lazy))?;
    let (exec, start) = (little(), Instant::now());
    let mean = of_all(&x, &Reduction::new(Agg::Mean), &exec)?;
    println!("mean of {count} numbers, {:.1} GB: {mean}", count as f64 * 8e-9);
    took(&exec, start);
    Ok(())
}

/// Averages so many random numbers around 10: the same for any number of threads.
fn mean_of_normals(count: usize) -> Result<()> {
    let x = Random::seeded(1).normal(10.0, 0.1, &[("i", count)])?;
    let (exec, start) = (little(), Instant::now());
    let mean = of_all(&x.variable, &Reduction::new(Agg::Mean), &exec)?;
    println!("mean of {count} normal numbers: {:.5}", mean.as_f64().unwrap_or(f64::NAN));
    took(&exec, start);
    Ok(())
}

/// Averages the rows of a square of random numbers.
fn mean_of_rows(side: usize) -> Result<()> {
    let x = Random::seeded(1).normal(10.0, 0.1, &[("row", side), ("column", side)])?.to_dataset(Some("x"))?;
    let (exec, start) = (little(), Instant::now());
    let (mean, _) = x.reduce(&Reduction::new(Agg::Mean).over(["row"]), &exec)?;
    let mean = mean.variable("x")?.load()?;
    let some: Vec<String> = (0..4).map(|i| format!("{:.4}", mean.scalar(i * side / 4).as_f64().unwrap_or(f64::NAN))).collect();
    println!("means of the {side} columns of a square: {} ...", some.join(" "));
    took(&exec, start);
    Ok(())
}
