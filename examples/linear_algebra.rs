//! Products, equations and eigenvalues of labelled arrays. `cargo run --release --example linear_algebra -- [POINTS]`
//!
//! Products are ours and go by labels. For the rest, the values of an array are handed to `faer` as they lie.

use arrow::array::StringViewArray;
use faer::linalg::solvers::Solve;
use faer::{MatRef, Side};
use hpda_data::exec::ExecOptions;
use hpda_data::{Column, DataArray, DataFrame, Dataset, Error, NdArray, Result, Variable};
use std::f64::consts::PI;
use std::time::Instant;

fn main() -> Result<()> {
    let points = std::env::args().nth(1).and_then(|n| n.parse().ok()).unwrap_or(500);
    algebra(points)
}

/// What three households buy, what that costs, what the prices must have been; and the tones of a string of so many points.
pub fn algebra(points: usize) -> Result<()> {
    let exec = ExecOptions::default();

    // The product goes by labels: the prices stand in another order.
    let bought = [[2.0, 1.0, 4.0], [0.0, 3.0, 1.0], [5.0, 0.0, 2.0]].concat();
    let bought = labelled("n", &[("household", &["Ek", "Lind", "Rask"]), ("fruit", &["apple", "pear", "plum"])], bought)?;
    let price = labelled("n", &[("fruit", &["plum", "apple", "pear"])], vec![0.25, 0.5, 0.75])?;
    let (bill, _) = bought.dot(&price, &["fruit"], &exec)?;
    let bill = values(&bill)?;
    println!("bills: Ek {}, Lind {}, Rask {}", bill[0], bill[1], bill[2]);

    // The same the other way round: three equations for three prices.
    let a = values(&bought)?;
    let solved = MatRef::from_row_major_slice(&a, 3, 3).partial_piv_lu().solve(MatRef::from_column_major_slice(&bill, 3, 1));
    let prices: Vec<String> = ["apple", "pear", "plum"].iter().enumerate().map(|(i, f)| format!("{f} {:.2}", solved[(i, 0)])).collect();
    println!("prices: {}", prices.join(", "));

    // The second difference of a string held at both ends. Its eigenvalues are known: 2 - 2 cos(k pi / (n + 1)).
    let n = points;
    let second = DataArray::from_fn("second", &[("point", n), ("beside", n)], |at| match at[0].abs_diff(at[1]) {
        0 => 2.0,
        1 => -1.0,
        _ => 0.0,
    })?;
    let matrix = second.variable.load()?;
    let matrix = matrix.as_slice::<f64>().ok_or_else(|| Error::internal("other than floats"))?;
    let start = Instant::now();
    let string = MatRef::from_row_major_slice(matrix, n, n).self_adjoint_eigen(Side::Lower);
    let string = string.map_err(|_| Error::invalid("no eigenvalues were found"))?;
    println!("{n} eigenvalues and vectors took {:.2} s", start.elapsed().as_secs_f64());
    let found: Vec<f64> = string.S().column_vector().iter().copied().collect();
    let known: Vec<f64> = (1..=n).map(|k| 2.0 - 2.0 * (k as f64 * PI / (n as f64 + 1.0)).cos()).collect();
    let furthest = found.iter().zip(&known).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    println!("they are those of the formula to 12 digits: {}", furthest < 1e-12 * known[n - 1]);

    // Frequencies go by the root of the eigenvalue; a vector crosses nought once more for each tone.
    let crossings = |k: usize| (1..n).filter(|&i| string.U()[(i, k)] * string.U()[(i - 1, k)] < 0.0).count() as i64;
    let tones = 5.min(n);
    let table = DataFrame::new([
        ("tone", Column::from((1..=tones as i64).collect::<Vec<_>>())),
        ("to_the_first", found[..tones].iter().map(|x| (x / found[0]).sqrt()).collect::<Vec<f64>>().into()),
        ("crossings", (0..tones).map(crossings).collect::<Vec<_>>().into()),
    ])?;
    println!("{table}");
    Ok(())
}

/// A cube of one variable with a label for each position.
fn labelled(name: &str, dims: &[(&str, &[&str])], values: Vec<f64>) -> Result<Dataset> {
    let shape: Vec<usize> = dims.iter().map(|d| d.1.len()).collect();
    let mut ds = Dataset::new();
    for (dim, labels) in dims {
        ds.insert_coord(
            *dim,
            Variable::from_array([*dim], NdArray::from_texts(StringViewArray::from(labels.to_vec()), &[labels.len()])?)?,
        )?;
    }
    ds.insert(name, Variable::from_array(dims.iter().map(|d| d.0), NdArray::from_vec(values, &shape)?)?)?;
    Ok(ds)
}

/// The values of the variable `n`, in C order.
fn values(ds: &Dataset) -> Result<Vec<f64>> {
    let values = ds.variable("n")?.load()?.to_contiguous()?;
    values.as_slice::<f64>().map(<[f64]>::to_vec).ok_or_else(|| Error::internal("other than floats"))
}
