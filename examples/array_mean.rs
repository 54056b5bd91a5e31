//! The mean of an array that is never held: blocks are made, added and forgotten. `cargo run --release --example array_mean -- [COUNT]`
//!
//! 800 million numbers (`-- 800000000`) are 6.4 GB; they are averaged within 64 MB.

use hpda_data::array::{Data, LazyArray};
use hpda_data::exec::{ExecOptions, cube};
use hpda_data::plan::Agg;
use hpda_data::store::{ChunkGrid, ChunkSource, ReadCost, Selection};
use hpda_data::{DType, NdArray, Place, Result, Variable};
use std::sync::Arc;
use std::time::Instant;

fn main() -> Result<()> {
    let count = std::env::args().nth(1).and_then(|n| n.parse().ok()).unwrap_or(80_000_000);
    mean(count)
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

/// Averages so many of them.
pub fn mean(count: usize) -> Result<()> {
    let lazy = LazyArray::new(Arc::new(Numbers { shape: [count] }));
    let x = Variable::new(["i"], Data::Lazy(lazy))?;
    let exec = ExecOptions::default().with_memory(64 << 20);
    let start = Instant::now();
    let mean = cube::reduce(&x, Agg::Mean, 0, &exec)?;
    println!("mean of {count} numbers, {:.1} GB: {mean}", count as f64 * 8e-9);
    println!("held at most {:.1} MB, took {:.2} s", exec.budget.peak() as f64 / 1e6, start.elapsed().as_secs_f64());
    Ok(())
}
