//! Singular values.

use super::blocks::{Found, Tall, array, part};
use super::{COMPONENT, factor, named, sides, with_labels};
use crate::array::{DataArray, Variable};
use crate::error::{Error, Result};
use crate::exec::{ExecOptions, Random};
use crate::store::NdArray;
use faer::{Mat, MatRef};
use std::sync::Arc;

/// A matrix as `u` times the diagonal matrix of `s` times `v`.
#[derive(Clone, Debug)]
pub struct Svd {
    /// Its columns are orthonormal; dims: the rows of the matrix and `component`.
    pub u: DataArray,
    /// The singular values, descending, along `component`.
    pub s: DataArray,
    /// Its rows are orthonormal; dims: `component` and the columns of the matrix.
    pub v: DataArray,
}

/// How a matrix is projected before its singular values are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Projection {
    /// So many more directions than components are tried.
    pub oversampling: usize,
    /// How often the matrix and its transpose are applied to them: each time makes the larger components stand out more and reads the matrix
    /// twice more.
    pub power_iterations: usize,
    /// What the random directions come from.
    pub seed: u64,
}

impl Default for Projection {
    fn default() -> Projection {
        Projection { oversampling: 10, power_iterations: 2, seed: 0 }
    }
}

impl DataArray {
    /// The singular values and vectors of the matrix, as many as its shorter side is long. Runs over it once, by blocks of rows (or of
    /// columns, where it is wider than tall); the factor of the longer side is lazy and reads the matrix again, the other is in memory. All
    /// are f64.
    ///
    /// Signs are such that the number of the largest magnitude in each vector of the shorter side is positive. numpy, dask: `linalg.svd(x,
    /// full_matrices=False)`, whose signs differ.
    ///
    /// # Errors
    /// Shape, for what is no matrix or has a dim called `component`; type, for what are no numbers; invalid, for missing values and infinities;
    /// budget, where blocks of whole rows, or one triangle for each, do not fit.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{DataArray, NdArray, Variable, exec::ExecOptions};
    /// let x = NdArray::from_vec(vec![3.0, 0.0, 0.0, -2.0, 0.0, 0.0], &[3, 2])?;
    /// let svd = DataArray::new("x", Variable::from_array(["row", "col"], x)?).svd(&ExecOptions::default())?;
    /// let s = svd.s.variable.load()?;
    /// assert!((s.scalar(0).as_f64().unwrap() - 3.0).abs() < 1e-14 && (s.scalar(1).as_f64().unwrap() - 2.0).abs() < 1e-14);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn svd(&self, options: &ExecOptions) -> Result<Svd> {
        let work = || {
            let dims = sides(self)?;
            let tall = Tall::of(self, options)?;
            let found = tall.qr(None)?;
            let small = Small::of(found.r.as_ref(), tall.columns)?;
            let long = factor::variable(&tall, None, &found, Some(&small.left), long_first(&tall, &dims))?;
            small.put_together(self, &tall, long, &dims)
        };
        work().map_err(|e| named(self, e))
    }

    /// The `k` largest singular values and their vectors, nearly, by random projection (Halko, Martinsson and Tropp 2011): good where
    /// `k` is small and the values fall off. Runs over the matrix two times, and twice more for each power iteration. Factors are as those
    /// of [`DataArray::svd`]. dask: `da.linalg.svd_compressed(x, k)`, which makes no power iterations where nothing is said.
    ///
    /// # Errors
    /// As [`DataArray::svd`]; invalid, for 0 components and for more than the shorter side has.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{DataArray, exec::{ExecOptions, Projection}};
    /// // Of rank two.
    /// let x = DataArray::from_fn("x", &[("row", 2000), ("col", 300)], |at| (at[0] as f64 / 99.0).sin() + (at[0] * at[1]) as f64 / 1e5)?;
    /// let svd = x.svd_compressed(3, &Projection::default(), &ExecOptions::default())?;
    /// let s = svd.s.variable.load()?;
    /// assert!(s.scalar(1).as_f64() > Some(1.0) && s.scalar(2).as_f64() < Some(1e-9));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn svd_compressed(&self, k: usize, how: &Projection, options: &ExecOptions) -> Result<Svd> {
        let work = || {
            let dims = sides(self)?;
            let tall = Tall::of(self, options)?;
            if k == 0 || k > tall.columns {
                return Err(Error::invalid(format!("{k} components of a matrix that has {}", tall.columns)));
            }
            let width = k.saturating_add(how.oversampling).min(tall.columns);
            let _booked = options.budget.reserve(tall.columns * width * 8 * (4 + options.workers()), "projections of the matrix")?;
            let random = Random::seeded(how.seed).normal(0.0, 1.0, &[("column", tall.columns), ("try", width)])?.variable.load()?;
            let random = random.as_slice::<f64>().ok_or_else(|| Error::internal("random numbers that are none"))?;
            let mut tries = Arc::new(MatRef::from_row_major_slice(random, tall.columns, width).to_owned());
            let mut found = tall.qr(Some(&tries))?;
            for _ in 0..how.power_iterations {
                // What the transpose makes of the directions found, made orthonormal again.
                tries = Arc::new(project(&tall, &tries, &found)?.qr().compute_thin_Q());
                found = tall.qr(Some(&tries))?;
            }
            // The matrix, seen from these directions: `width` by columns.
            let seen = project(&tall, &tries, &found)?;
            let mut small = Small::of(seen.transpose(), tall.columns)?;
            small.cut(k);
            let long = factor::variable(&tall, Some(&tries), &found, Some(&small.left), long_first(&tall, &dims))?;
            small.put_together(self, &tall, long, &dims)
        };
        work().map_err(|e| named(self, e))
    }
}

/// The transposed matrix times the tall factor of its product with `tries`: columns by `tries`.
fn project(tall: &Tall, tries: &Arc<Mat<f64>>, found: &Found) -> Result<Mat<f64>> {
    let (right, heads) = (tries.clone(), found.heads.clone());
    let mut sum = Mat::<f64>::zeros(tall.columns, tries.ncols());
    for product in tall.each(move |i, a| Ok(a.transpose() * part(&a, Some(&right), &heads[i]))) {
        sum += product?;
    }
    Ok(sum)
}

/// The dims of the longer and of the shorter side of its factor.
fn long_first(tall: &Tall, dims: &[Arc<str>; 2]) -> [Arc<str>; 2] {
    [dims[usize::from(tall.is_turned())].clone(), COMPONENT.into()]
}

/// Factors of a small matrix.
struct Small {
    left: Mat<f64>,
    values: Vec<f64>,
    /// Columns of the large matrix by components.
    right: Mat<f64>,
}

impl Small {
    fn of(m: MatRef<'_, f64>, columns: usize) -> Result<Small> {
        let svd = m.thin_svd().map_err(|_| Error::invalid("the singular values were not found"))?;
        let values: Vec<f64> = svd.S().column_vector().iter().copied().collect();
        let (mut left, mut right) = (svd.U().to_owned(), svd.V().to_owned());
        for c in 0..values.len() {
            let largest = (0..columns).map(|i| right[(i, c)]).fold(0.0, |a: f64, x| if x.abs() > a.abs() { x } else { a });
            if largest < 0.0 {
                (0..columns).for_each(|i| right[(i, c)] = -right[(i, c)]);
                (0..left.nrows()).for_each(|i| left[(i, c)] = -left[(i, c)]);
            }
        }
        Ok(Small { left, values, right })
    }

    /// Only the first `k` components.
    fn cut(&mut self, k: usize) {
        self.values.truncate(k);
        self.left = self.left.get(.., ..k).to_owned();
        self.right = self.right.get(.., ..k).to_owned();
    }

    fn put_together(self, matrix: &DataArray, tall: &Tall, long: Variable, dims: &[Arc<str>; 2]) -> Result<Svd> {
        let n = self.values.len();
        let s = Variable::from_array([COMPONENT], NdArray::from_vec(self.values, &[n])?)?;
        // The vectors of the shorter side: rows of `v`, or columns of `u` of a matrix that was turned.
        let (u, v) = if tall.is_turned() {
            (Variable::from_array([dims[0].clone(), COMPONENT.into()], array(self.right.as_ref())?)?, long)
        } else {
            (long, Variable::from_array([COMPONENT.into(), dims[1].clone()], array(self.right.transpose())?)?)
        };
        let labelled = |v| with_labels(matrix, v);
        Ok(Svd { u: labelled(u), s: labelled(s), v: labelled(v) })
    }
}
