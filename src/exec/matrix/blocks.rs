//! A matrix in blocks of rows.

use super::sides;
use crate::array::{DataArray, Variable};
use crate::dtype::{DType, Phys};
use crate::error::{Error, Place, Result};
use crate::exec::ExecOptions;
use crate::exec::ordered::{Ordered, Parts};
use crate::exec::reduce::floats;
use crate::store::{NdArray, Reservation, Selection, Step};
use faer::{Mat, MatRef};
use std::sync::Arc;

/// Elements of a block, where rows are short enough.
const BLOCK: usize = 1 << 20;
/// Blocks that a thread holds: as read, in f64, in columns, and what becomes of it.
const COPIES: usize = 5;

/// A matrix at least as tall as wide: one that is wider is seen turned.
#[derive(Clone, Debug)]
pub(super) struct Tall {
    matrix: Variable,
    /// The axis that is long.
    axis: usize,
    /// Rows, columns, and rows of a block.
    pub rows: usize,
    pub columns: usize,
    pub block: usize,
    options: ExecOptions,
}

/// What the QR of a tall matrix leaves: its triangle, and for each block what its own factor is to be multiplied with.
pub(super) struct Found {
    pub r: Mat<f64>,
    pub heads: Arc<Vec<Mat<f64>>>,
    pub booked: Arc<Reservation>,
}

impl Tall {
    /// The matrix, if it is one of numbers.
    pub fn of(matrix: &DataArray, options: &ExecOptions) -> Result<Tall> {
        sides(matrix)?;
        let v = &matrix.variable;
        if !(v.dtype().is_numeric() || *v.dtype() == DType::Bool) {
            return Err(Error::wrong_type(format!("a matrix of {} has no factors", v.dtype())));
        }
        if v.is_empty() {
            return Err(Error::shape(format!("a matrix of shape {:?} has no factors", v.shape())));
        }
        let axis = usize::from(v.shape()[1] > v.shape()[0]);
        let (rows, columns) = (v.shape()[axis], v.shape()[1 - axis]);
        // Chunks are not cut where that does not make blocks too large.
        let least = (BLOCK / columns).max(8 * columns).clamp(1, rows);
        let chunk = v.grid().chunk[axis].max(1);
        let whole = least.next_multiple_of(chunk);
        let block = if whole <= 4 * least { whole.min(rows) } else { least };
        Ok(Tall { matrix: v.clone(), axis, rows, columns, block, options: options.clone() })
    }

    /// Whether the long side is that of columns.
    pub fn is_turned(&self) -> bool {
        self.axis == 1
    }

    pub fn count(&self) -> usize {
        self.rows.div_ceil(self.block)
    }

    pub fn place(&self) -> Place {
        self.matrix.place()
    }

    pub fn step(&self) -> Step {
        self.matrix.step()
    }

    fn span(&self, i: usize) -> (usize, usize) {
        let start = i * self.block;
        (start, self.block.min(self.rows - start))
    }

    fn bytes(&self) -> usize {
        self.block * self.columns * 8
    }

    /// One block, in columns.
    pub fn read(&self, i: usize) -> Result<Mat<f64>> {
        let (start, count) = self.span(i);
        let (mut from, mut size) = ([0; 2], [count; 2]);
        from[self.axis] = start;
        size[1 - self.axis] = self.columns;
        let _booked = self.options.budget.reserve_block(COPIES * self.bytes(), "a block of whole rows")?;
        let block = self.matrix.read(&Selection::hyperslab(&from, &size))?.to_contiguous()?;
        let values = floats(&block)?;
        if let Some(i) = values.iter().position(|x| !x.is_finite()) {
            let at = [from[0] + i / size[1], from[1] + i % size[1]];
            let e =
                Error::invalid(format!("the matrix has {} at {at:?}", if values[i].is_nan() { "a missing value" } else { "an infinity" }));
            return Err(e.help("fill it or leave its row out before"));
        }
        Ok(match self.axis {
            0 => MatRef::from_row_major_slice(&values, count, self.columns).to_owned(),
            _ => MatRef::from_column_major_slice(&values, count, self.columns).to_owned(),
        })
    }

    /// What `make` makes of each block, in order.
    pub fn each<T: Send + 'static>(
        &self,
        make: impl Fn(usize, Mat<f64>) -> Result<T> + Send + Sync + 'static,
    ) -> impl Iterator<Item = Result<T>> {
        // As many at a time as fit.
        let workers = (self.options.budget.free() / (COPIES * self.bytes()).max(1)).clamp(1, self.options.workers());
        let options = ExecOptions { threads: Some(workers), ..self.options.clone() };
        Ordered::new(Each { tall: self.clone(), make }, &options)
    }

    /// The QR of the matrix, or of its product with `right`.
    pub fn qr(&self, right: Option<&Arc<Mat<f64>>>) -> Result<Found> {
        let p = right.map_or(self.columns, |m| m.ncols());
        let stacked = (self.count() * p.min(self.block)).saturating_mul(p).saturating_mul(8);
        // The triangles, their QR, and the heads.
        let mut booked = self.options.budget.reserve(stacked.saturating_mul(3), "the triangles of all blocks")?;
        let right = right.cloned();
        let mut triangles: Vec<Mat<f64>> = Vec::with_capacity(self.count());
        for r in self.each(move |_, a| Ok(times(a, right.as_deref()).qr().thin_R().to_owned())) {
            triangles.push(r?);
        }
        let tall: usize = triangles.iter().map(|t| t.nrows()).sum();
        let mut stack = Mat::<f64>::zeros(tall, p);
        let mut at = 0;
        for t in &triangles {
            stack.get_mut(at..at + t.nrows(), ..).copy_from(t);
            at += t.nrows();
        }
        let qr = stack.qr();
        let (mut q, mut r) = (qr.compute_thin_Q(), qr.thin_R().to_owned());
        // The one with a diagonal that is not negative.
        for i in 0..r.nrows() {
            if r[(i, i)] < 0.0 {
                (i..r.ncols()).for_each(|j| r[(i, j)] = -r[(i, j)]);
                (0..q.nrows()).for_each(|j| q[(j, i)] = -q[(j, i)]);
            }
            // What is below the diagonal is not nought but never written.
            (0..i.min(r.ncols())).for_each(|j| r[(i, j)] = 0.0);
        }
        let mut at = 0;
        let heads = triangles.iter().map(|t| {
            at += t.nrows();
            q.get(at - t.nrows()..at, ..).to_owned()
        });
        let heads = Arc::new(heads.collect());
        booked.shrink(stacked.saturating_mul(2));
        Ok(Found { r, heads, booked: Arc::new(booked) })
    }
}

/// A block times a small matrix.
pub(super) fn times(a: Mat<f64>, right: Option<&Mat<f64>>) -> Mat<f64> {
    match right {
        Some(m) => &a * m,
        None => a,
    }
}

struct Each<F> {
    tall: Tall,
    make: F,
}

impl<T: Send + 'static, F: Fn(usize, Mat<f64>) -> Result<T> + Send + Sync + 'static> Parts for Each<F> {
    type Item = T;
    fn parts(&self) -> usize {
        self.tall.count()
    }
    fn open(&self, part: usize) -> Result<Box<dyn Iterator<Item = Result<T>> + Send>> {
        let block = self.tall.read(part)?;
        Ok(Box::new(std::iter::once((self.make)(part, block))))
    }
    fn weight(&self, _item: &T) -> usize {
        self.tall.columns * self.tall.columns * 8
    }
    fn progress(&self, part: usize) -> u64 {
        let width = self.tall.matrix.dtype().phys().and_then(Phys::width).unwrap_or(8);
        (self.tall.span(part).1 * self.tall.columns * width) as u64
    }
}

/// A small matrix as an array.
pub(super) fn array(m: MatRef<'_, f64>) -> Result<NdArray> {
    let (rows, columns) = (m.nrows(), m.ncols());
    NdArray::from_vec((0..rows * columns).map(|i| m[(i / columns, i % columns)]).collect::<Vec<f64>>(), &[rows, columns])
}
