//! Heat on a plate: the five-point stencil with dims by name. `cargo run --release --example diffusion -- [SIZE] [STEPS]`

use hpda_data::array::Data;
use hpda_data::exec::{ExecOptions, reduce::Reduction};
use hpda_data::plan::{Agg, parse};
use hpda_data::plot::PlotOptions;
use hpda_data::{Dataset, NdArray, Result, Variable};
use std::path::Path;
use std::time::Instant;

fn main() -> Result<()> {
    let mut numbers = std::env::args().skip(1).filter_map(|n| n.parse().ok());
    let (size, steps) = (numbers.next().unwrap_or(512), numbers.next().unwrap_or(100));
    plate(size, steps, Path::new("target/pictures"))
}

/// A cold plate with one hot edge, after so many steps; draws it in a folder.
pub fn plate(size: usize, steps: usize, pictures: &Path) -> Result<()> {
    let exec = ExecOptions::default();
    let mut start = vec![0.0; size * size];
    start[..size].fill(100.0);
    let mut plate = Dataset::new();
    plate.insert("u", Variable::from_array(["y", "x"], NdArray::from_vec(start, &[size, size])?)?)?;

    let began = Instant::now();
    // Each inner cell becomes the mean of its neighbours. Beyond the edge there is none: there, and so at every edge, u stays.
    let stencil = parse("fill(0.25 * (north + south + west + east), u)")?;
    for _ in 0..steps {
        let mut near = plate.clone();
        for (name, dim, by) in [("north", "y", 1), ("south", "y", -1), ("west", "x", 1), ("east", "x", -1)] {
            near.insert(name, plate.shift(dim, by, &exec)?.variable("u")?.clone())?;
        }
        // Shifts, sums and the fill are one expression: it runs here, block by block, on all threads.
        let next = near.assign("u", &stencil, &exec)?.variable("u")?.load()?;
        let next = plate.variable("u")?.with_data(Data::Memory(next))?;
        plate.insert("u", next)?;
    }
    let took = began.elapsed().as_secs_f64();
    println!(
        "{steps} steps of {size} x {size} cells in {took:.2} s, {:.1} million cells a second",
        (steps * size * size) as f64 / took / 1e6
    );

    let (mean, _) = plate.reduce(&Reduction::new(Agg::Mean), &exec)?;
    println!("mean: {}", mean.variable("u")?.load()?.scalar(0));
    let u = plate.variable("u")?.load()?;
    println!("below the hot edge: {}", u.scalar(size + size / 2));
    plate
        .plot(&PlotOptions { cmap: Some("inferno".into()), title: Some(format!("after {steps} steps")), ..PlotOptions::default() })?
        .save(pictures.join("plate.png"))
}
