//! A matrix in blocks of rows.

use super::sides;
use crate::array::{DataArray, Variable};
use crate::dtype::{DType, Phys};
use crate::error::{Error, Place, Result};
use crate::exec::ExecOptions;
use crate::exec::ordered::{Ordered, Parts};
use crate::exec::reduce::floats;
use crate::store::{NdArray, Reservation, Selection, Step};
use faer::linalg::solvers::Qr;
use faer::{Mat, MatRef};
use rayon::prelude::*;
use std::sync::Arc;

/// Elements of a block, where rows are short enough.
const BLOCK: usize = 1 << 20;
/// Blocks that a thread holds: as read, in f64, in columns, and what becomes of it.
const COPIES: usize = 5;
/// Triangles that are put together at a time.
const GROUP: usize = 32;

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

    /// One block, in columns, handed to `make`: what is done with it is booked as long as it takes.
    pub fn with_block<T>(&self, i: usize, make: impl FnOnce(Mat<f64>) -> Result<T>) -> Result<T> {
        let _booked = self.options.budget.reserve_block(COPIES.saturating_mul(self.bytes()), "a block of whole rows")?;
        make(self.read(i)?)
    }

    fn read(&self, i: usize) -> Result<Mat<f64>> {
        let (start, count) = self.span(i);
        let (mut from, mut size) = ([0; 2], [count; 2]);
        from[self.axis] = start;
        size[1 - self.axis] = self.columns;
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
        let head = p.min(self.block).saturating_mul(p).saturating_mul(8);
        let heads = self.count().saturating_mul(head);
        // A head for each block; and at each level at most a group of triangles, their QR and what is made of it.
        let levels = self.count().ilog(GROUP) as usize + 1;
        let work = 4 * GROUP.min(self.count()) * levels * head;
        let mut booked = self.options.budget.reserve(heads.saturating_add(work), "what blocks leave of the matrix")?;
        let right = right.cloned();
        let triangles = self.each(move |_, a| Ok(qr_of(&a, right.as_deref()).thin_R().to_owned()));
        let (mut r, mut heads) = stacked(triangles, p)?;
        // The one with a diagonal that is not negative.
        for i in (0..r.nrows()).filter(|&i| r[(i, i)] < 0.0).collect::<Vec<_>>() {
            r.row_mut(i).iter_mut().for_each(|x| *x = -*x);
            heads.iter_mut().for_each(|head| head.col_mut(i).iter_mut().for_each(|x| *x = -*x));
        }
        booked.shrink(work);
        Ok(Found { r, heads: Arc::new(heads), booked: Arc::new(booked) })
    }
}

/// The QR of triangles that stand one below the other, and for each its part of the orthonormal factor. Groups of them are put together to
/// one each, and so are those, until there is one: so no more than a few groups are held beside the parts.
fn stacked(triangles: impl Iterator<Item = Result<Mat<f64>>>, columns: usize) -> Result<(Mat<f64>, Vec<Mat<f64>>)> {
    let (mut parts, mut above) = (Vec::new(), Vec::new());
    let mut triangles = triangles.peekable();
    while triangles.peek().is_some() {
        let group = triangles.by_ref().take(GROUP).collect::<Result<Vec<_>>>()?;
        let mut stack = Mat::<f64>::zeros(group.iter().map(Mat::nrows).sum(), columns);
        let mut at = 0;
        for t in &group {
            stack.get_mut(at..at + t.nrows(), ..).copy_from(t);
            at += t.nrows();
        }
        let qr = stack.qr();
        let q = qr.compute_thin_Q();
        above.push(qr.thin_R().to_owned());
        let mut at = 0;
        for t in &group {
            parts.push(q.get(at..at + t.nrows(), ..).to_owned());
            at += t.nrows();
        }
    }
    match above.pop() {
        None => Err(Error::internal("a matrix without blocks")),
        Some(r) if above.is_empty() => Ok((r, parts)),
        Some(last) => {
            above.push(last);
            let (r, heads) = stacked(above.into_iter().map(Ok), columns)?;
            parts.par_iter_mut().enumerate().for_each(|(i, part)| *part = &*part * &heads[i / GROUP]);
            Ok((r, parts))
        }
    }
}

/// The QR of a block, or of its product with `right`.
fn qr_of(a: &Mat<f64>, right: Option<&Mat<f64>>) -> Qr<f64> {
    match right {
        Some(m) => (a * m).qr(),
        None => a.qr(),
    }
}

/// The rows of the tall factor that belong to a block: its own factor times its head.
pub(super) fn part(a: &Mat<f64>, right: Option<&Mat<f64>>, head: &Mat<f64>) -> Mat<f64> {
    qr_of(a, right).compute_thin_Q() * head
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
        Ok(Box::new(std::iter::once(self.tall.with_block(part, |block| (self.make)(part, block)))))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn triangles_are_put_together_over_several_levels() {
        // More than a group of groups, the last block of one row.
        let n = GROUP * GROUP + 3;
        let blocks: Vec<Mat<f64>> =
            (0..n).map(|b| Mat::from_fn(if b + 1 < n { 4 } else { 1 }, 3, |i, j| ((b * 12 + i * 3 + j) as f64).sin())).collect();
        let triangles = blocks.iter().map(|b| Ok(b.qr().thin_R().to_owned()));
        let (r, heads) = stacked(triangles, 3).unwrap();
        assert_eq!((heads.len(), r.nrows()), (n, 3));
        let mut square = Mat::<f64>::zeros(3, 3);
        for (block, head) in blocks.iter().zip(&heads) {
            let q = block.qr().compute_thin_Q() * head;
            square += q.transpose() * &q;
            assert!((&q * &r - block).norm_max() < 1e-13);
        }
        assert!((square - Mat::<f64>::identity(3, 3)).norm_max() < 1e-13);
    }
}
