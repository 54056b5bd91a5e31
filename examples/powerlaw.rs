//! A curve fitted to each row of a table, one after the other and on all threads. `cargo run --release --example powerlaw -- [FILE.csv]`
//!
//! Each row has counts of the commonest words of a text; the k-th is near `a * k^s` (Zipf's law), and `s` is asked for.

use hpda_data::exec::Row;
use hpda_data::plan::Agg;
use hpda_data::{Result, Scalar, Series, read_csv};
use levenberg_marquardt::{LeastSquaresProblem, LevenbergMarquardt};
use nalgebra::{DVector, Dyn, Matrix, OMatrix, Owned, U2, Vector2};
use std::time::{Duration, Instant};

fn main() -> Result<()> {
    let file = std::env::args().nth(1).unwrap_or_else(|| "data/counts.csv".into());
    exponents(&file)
}

/// `a * k^s` beside counts.
struct Power {
    counts: DVector<f64>,
    /// `a` and `s`.
    found: Vector2<f64>,
}

impl LeastSquaresProblem<f64, Dyn, U2> for Power {
    type ParameterStorage = Owned<f64, U2>;
    type ResidualStorage = Owned<f64, Dyn>;
    type JacobianStorage = Owned<f64, Dyn, U2>;

    fn set_params(&mut self, found: &Vector2<f64>) {
        self.found = *found;
    }
    fn params(&self) -> Vector2<f64> {
        self.found
    }
    fn residuals(&self) -> Option<DVector<f64>> {
        let [a, s] = self.found.into();
        Some(DVector::from_fn(self.counts.len(), |i, _| a * (i as f64 + 1.0).powf(s) - self.counts[i]))
    }
    fn jacobian(&self) -> Option<Matrix<f64, Dyn, U2, Self::JacobianStorage>> {
        let [a, s] = self.found.into();
        Some(OMatrix::<f64, Dyn, U2>::from_fn(self.counts.len(), |i, of| {
            let k = i as f64 + 1.0;
            if of == 0 { k.powf(s) } else { a * k.powf(s) * k.ln() }
        }))
    }
}

/// The exponent of a row's law: its columns but the first, by least squares from a = 100, s = -1. Missing where nothing fits.
fn exponent(row: &Row<'_>) -> Scalar {
    let counts: Vec<f64> = row.values()[1..].iter().filter_map(Scalar::as_f64).collect();
    let start = Power { counts: DVector::from_vec(counts), found: Vector2::new(100.0, -1.0) };
    let (law, report) = LevenbergMarquardt::new().minimize(start);
    if report.termination.was_successful() { law.found[1].into() } else { Scalar::Null }
}

/// Fits every row twice, each time with one thread and with all: as it is, and as if each fit took ten milliseconds.
pub fn exponents(file: &str) -> Result<()> {
    let table = read_csv(file)?;
    let alone = rayon::ThreadPoolBuilder::new().num_threads(1).build();
    let alone = alone.map_err(|e| hpda_data::Error::internal(e.to_string()))?;
    let fits = |longer: Duration| -> Result<Series> {
        table.apply_rows(|row| {
            std::thread::sleep(longer);
            Ok(exponent(&row))
        })
    };
    for (what, longer) in [("as it is", Duration::ZERO), ("10 ms each", Duration::from_millis(10))] {
        let start = Instant::now();
        let one = alone.install(|| fits(longer))?;
        let serial = start.elapsed().as_secs_f64();
        let start = Instant::now();
        let all = fits(longer)?;
        println!("{what}: {serial:.3} s by one thread, {:.3} s by {}", start.elapsed().as_secs_f64(), rayon::current_num_threads());
        println!("the same: {}", one == all);
    }
    let s = fits(Duration::ZERO)?;
    println!("{}", table.iloc(.., ..1)?.with_series("s", &s)?);
    for agg in [Agg::Mean, Agg::Min, Agg::Max] {
        println!("{agg} of {} exponents: {:.6}", s.len(), s.reduce(agg)?.as_f64().unwrap_or(f64::NAN));
    }
    Ok(())
}
