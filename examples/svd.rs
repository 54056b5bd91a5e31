//! Singular values of tall matrices that are never held: all of them, and the largest by random projection. `cargo run --release --example svd -- [ROWS] [COLUMNS]`
//!
//! `-- 20000000 100` is a matrix of 16 GB. Its blocks are made, taken apart and forgotten.

use hpda_data::exec::{ExecOptions, Projection, Random};
use hpda_data::ops::combine::Join;
use hpda_data::plan::BinaryOp;
use hpda_data::{DataArray, Error, Result};
use std::f64::consts::PI;
use std::time::Instant;

fn main() -> Result<()> {
    let sizes: Vec<usize> = std::env::args().skip(1).filter_map(|n| n.parse().ok()).collect();
    values(sizes.first().copied().unwrap_or(500_000), sizes.get(1).copied().unwrap_or(50))
}

/// Singular values of waves, which are known; of noise of this size; and of few patterns in noise.
pub fn values(rows: usize, columns: usize) -> Result<()> {
    // Waves are at right angles to each other, so the singular values are their lengths.
    let n = 4000;
    let waves = DataArray::from_fn("waves", &[("place", n), ("wave", 8)], move |at| {
        let (i, k) = (at[0] as f64, at[1] as f64 + 1.0);
        (PI * (i + 0.5) * k / n as f64).cos() / 10f64.powi(at[1] as i32)
    })?;
    let found = floats(&waves.svd(&ExecOptions::default())?.s)?;
    let known = (0..8).map(|k| (n as f64 / 2.0).sqrt() / 10f64.powi(k));
    // As LAPACK's: to the digits that a float has beside the largest of them.
    let furthest = found.iter().zip(known).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    println!("waves: {:.4} {:.5} {:.6} ... {:.10}", found[0], found[1], found[2], found[7]);
    println!("they are those of the formula to 14 digits of the largest: {}", furthest < 1e-14 * found[0]);

    // Of noise, they lie between the difference and the sum of the roots of both sizes.
    let noise = Random::seeded(1).normal(0.0, 1.0, &[("row", rows), ("column", columns)])?;
    let exec = ExecOptions::default();
    let start = Instant::now();
    let s = floats(&noise.svd(&exec)?.s)?;
    println!("noise: {rows} x {columns}, {} MB", rows * columns * 8 / 1_000_000);
    println!("  {:.1} s, held at most {:.0} MB", start.elapsed().as_secs_f64(), exec.budget.peak() as f64 / 1e6);
    let roots = ((rows as f64).sqrt(), (columns as f64).sqrt());
    println!(
        "  {columns} singular values from {:.2} to {:.2}; expected {:.0} to {:.0}",
        s[0],
        s[columns - 1],
        roots.0 + roots.1,
        roots.0 - roots.1
    );

    // Three patterns in noise: projected onto few random directions, they are found without the rest.
    let (times, cells) = ((rows / 20).clamp(100, 5000), columns * 10);
    let dims = [("time", times), ("cell", cells)];
    let patterns = DataArray::from_fn("field", &dims, move |at| {
        let (t, x) = ((at[0] as f64 + 0.5) / times as f64, (at[1] as f64 + 0.5) / cells as f64);
        (1..4).map(|k| (PI * f64::from(k) * t).cos() * (2.0 * PI * f64::from(k) * x).cos() / f64::from(k)).sum::<f64>()
    })?;
    let noise = Random::seeded(2).normal(0.0, 0.01, &dims)?;
    let field = patterns.operate(BinaryOp::Add, &noise, Join::Exact, &exec)?.persist(&exec)?;
    let start = Instant::now();
    let all = floats(&field.svd(&exec)?.s)?;
    let between = start.elapsed();
    let few = floats(&field.svd_compressed(3, &Projection::default(), &exec)?.s)?;
    println!(
        "patterns: {times} x {cells}, {:.2} s for all singular values and {:.2} s for three",
        between.as_secs_f64(),
        (start.elapsed() - between).as_secs_f64()
    );
    let known: Vec<f64> = (1..4).map(|k| (times as f64 * cells as f64).sqrt() / 2.0 / f64::from(k)).collect();
    println!(
        "  {:.1} {:.1} {:.1}, and of the noise {:.1} and less; without it {:.1} {:.1} {:.1}",
        few[0], few[1], few[2], all[3], known[0], known[1], known[2]
    );
    println!(
        "  those of the projection are the largest of all to 9 digits: {}",
        few.iter().zip(&all).all(|(a, b)| (a - b).abs() < 1e-9 * b)
    );
    Ok(())
}

fn floats(a: &DataArray) -> Result<Vec<f64>> {
    let values = a.variable.load()?.to_contiguous()?;
    values.as_slice::<f64>().map(<[f64]>::to_vec).ok_or_else(|| Error::internal("other than floats"))
}
