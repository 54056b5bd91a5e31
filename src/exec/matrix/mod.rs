//! Matrices that are larger than memory: QR and singular values by blocks of rows.
//!
//! A tall and narrow matrix is cut into blocks of rows. Each has a QR of its own, and the small triangles that these leave, a group of them one
//! below the other, have one more, and so on until one triangle is left, that of the whole (tall-skinny QR; Demmel et al. 2012). What stands
//! in the place of a block on this way, its head, turns the block's own factor into its part of the whole factor, so that `q` and `u` are
//! lazy: a block of them is made again of the same block of the matrix when it is read. A wide matrix is the tall one turned.
//!
//! Blocks follow from the layout alone and their triangles stand in order, so results do not depend on threads or budget.

mod blocks;
mod factor;
mod svd;

pub use svd::{Projection, Svd};

use crate::array::{DataArray, Variable};
use crate::error::{Error, Place, Result};
use blocks::Tall;
use std::sync::Arc;

/// What the dim of the small side of factors is called.
const COMPONENT: &str = "component";

impl DataArray {
    /// The matrix as `q` times `r`: the columns of `q` are orthonormal, `r` is upper triangular with a diagonal that is not negative, which
    /// makes both unique where the columns are independent. Runs over the matrix once; `q` is lazy and reads it again.
    ///
    /// Both are f64 and meet along the dim `component`, as many as the shorter side is long. dask: `da.linalg.qr(x)`, `numpy.linalg.qr`,
    /// whose signs differ.
    ///
    /// # Errors
    /// Shape, for what is no matrix or has a dim called `component`; type, for what are no numbers; invalid, for missing values and infinities;
    /// unsupported, for a matrix that is wider than tall; budget, where blocks of whole rows, or one triangle for each, do not fit.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::exec::{ExecOptions, Random};
    /// let x = Random::seeded(1).normal(0.0, 1.0, &[("row", 1000), ("col", 5)])?;
    /// let (q, r) = x.qr(&ExecOptions::default())?;
    /// assert_eq!((q.variable.shape(), r.variable.shape()), (&[1000, 5][..], &[5, 5][..]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn qr(&self, options: &super::ExecOptions) -> Result<(DataArray, DataArray)> {
        let named = |e: Error| named(self, e);
        let tall = Tall::of(self, options).map_err(named)?;
        if tall.is_turned() {
            let e = Error::unsupported("a QR of a matrix that is wider than tall");
            return Err(named(e.help("take the QR of the matrix turned round, or the singular values, which work for both")));
        }
        let found = tall.qr(None).map_err(named)?;
        let (rows, columns) = (&self.variable.dims()[0], &self.variable.dims()[1]);
        let r = Variable::from_array([COMPONENT.into(), columns.clone()], blocks::array(found.r.as_ref())?)?;
        let q = factor::variable(&tall, None, &found, None, [rows.clone(), COMPONENT.into()])?;
        Ok((with_labels(self, q), with_labels(self, r)))
    }
}

/// A factor with the labels of the dims that it shares with the matrix.
fn with_labels(matrix: &DataArray, variable: Variable) -> DataArray {
    let mut out = DataArray { name: None, variable, coords: Default::default() };
    for (name, c) in matrix.coords.iter().filter(|(_, c)| c.dims().iter().all(|d| out.variable.dims().contains(d))) {
        out.coords.insert(name, c.clone());
    }
    out
}

fn named(matrix: &DataArray, e: Error) -> Error {
    match &matrix.name {
        Some(name) => e.at(Place::variable(name.as_str())),
        None => e,
    }
}

/// The names of the dims of a matrix.
fn sides(matrix: &DataArray) -> Result<[Arc<str>; 2]> {
    match matrix.variable.dims() {
        [rows, columns] if &**rows != COMPONENT && &**columns != COMPONENT => Ok([rows.clone(), columns.clone()]),
        [_, _] => Err(Error::shape(format!("a dim is called {COMPONENT:?}, as that of the factors will be")).help("rename it before")),
        dims => Err(Error::shape(format!("a matrix has two dims, not {}", dims.len()))),
    }
}
