//! Comparisons for tests.

use super::{Comparable, DiffOptions, Ignore, Tolerance, diff};

/// Asserts that two tables or cubes have the same structure, labels, types, values and attributes, as `xarray.testing.assert_identical`
/// does: how files hold them is not compared.
///
/// # Panics
/// With the list of differences, where there are any; where one cannot be read.
///
/// # Examples
/// ```
/// use hpda_data::diff::assert_identical;
/// let df = hpda_data::read_csv("data/stations.csv")?;
/// assert_identical(&df, "data/stations.parquet");
/// # Ok::<(), hpda_data::Error>(())
/// ```
#[track_caller]
pub fn assert_identical<A, B>(a: &A, b: &B)
where
    A: Comparable + ?Sized,
    B: Comparable + ?Sized,
{
    check(a, b, Tolerance::default(), Ignore { encoding: true, ..Ignore::default() });
}

/// Asserts that two tables or cubes have the same structure, labels and types, and numbers for which `|a - b| <= atol + rtol * |b|`;
/// attributes and encodings are not compared, as in `xarray.testing.assert_allclose`.
///
/// # Panics
/// As [`assert_identical`].
///
/// # Examples
/// ```
/// use hpda_data::{DataFrame, Column, diff::assert_close};
/// let a = DataFrame::new([("x", Column::from(vec![1.0, f64::NAN]))])?;
/// let b = DataFrame::new([("x", Column::from(vec![1.0 + 1e-9, f64::NAN]))])?;
/// assert_close(&a, &b, 1e-6, 0.0);
/// # Ok::<(), hpda_data::Error>(())
/// ```
#[track_caller]
pub fn assert_close<A, B>(a: &A, b: &B, rtol: f64, atol: f64)
where
    A: Comparable + ?Sized,
    B: Comparable + ?Sized,
{
    let tolerance = Tolerance { relative: rtol, absolute: atol, ..Tolerance::default() };
    check(a, b, tolerance, Ignore { attrs: true, encoding: true, ..Ignore::default() });
}

#[track_caller]
fn check<A, B>(a: &A, b: &B, tolerance: Tolerance, ignore: Ignore)
where
    A: Comparable + ?Sized,
    B: Comparable + ?Sized,
{
    match diff(a, b, &DiffOptions { tolerance, ignore, ..DiffOptions::default() }) {
        Ok(found) if found.is_same() => {}
        Ok(found) => panic!("the two sides differ\n{found}"),
        Err(e) => panic!("the two sides cannot be compared\n{e}"),
    }
}
