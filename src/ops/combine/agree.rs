//! Whether what is not joined is equal.

use crate::array::{Data, Variable};
use crate::error::{Error, Place, Result};
use crate::label::Index;
use crate::ops::bridge::{enter, leave};
use crate::store::{ChunkGrid, Column, NdArray, Selection};
use std::sync::Arc;

/// Elements that are compared at a time.
const BLOCK: usize = 1 << 20;

/// Both without labels, or with the same.
pub(crate) fn same_labels(a: Option<&Arc<Index>>, b: Option<&Arc<Index>>) -> bool {
    match (a, b) {
        (None, None) => true,
        (Some(a), Some(b)) => a.len() == b.len() && a.columns() == b.columns(),
        _ => false,
    }
}

/// An error that names the first difference of two variables, if there is one.
pub(crate) fn equal(name: &str, a: &Variable, b: &Variable) -> Result<()> {
    let refusal = |what: String| {
        Err(Error::shape(format!("variable {name:?} {what}"))
            .help("--dim NAME joins along another dimension; --var names the variables to take")
            .at(Place::variable(name)))
    };
    if a.dims() != b.dims() || a.shape() != b.shape() {
        return refusal(format!("has shape {:?} in the first input and {:?} here", a.shape(), b.shape()));
    }
    if a.dtype() != b.dtype() {
        return refusal(format!("is {} in the first input and {} here", a.dtype(), b.dtype()));
    }
    let grid = pieces(a);
    for i in 0..grid.count() {
        let (start, shape) = grid.block(i);
        let part = Selection::hyperslab(&start, &shape);
        let (x, y) = (a.read(&part)?.to_contiguous()?, b.read(&part)?.to_contiguous()?);
        if same_bytes(&x, &y) {
            continue;
        }
        if let Some(at) = (0..x.len()).find(|&i| !same(&x, &y, i)) {
            return refusal(format!("differs: {} in the first input and {} here", x.scalar(at), y.scalar(at)));
        }
    }
    Ok(())
}

/// An error that names the first attribute of two variables that differs, if one does.
pub(super) fn identical(name: &str, a: &Variable, b: &Variable) -> Result<()> {
    super::CombineAttrs::Identical.of(&[&a.attrs, &b.attrs]).map(drop).map_err(|e| e.at(Place::variable(name)))
}

/// The first value that is known at each place, and the values of each; all have one shape and type.
pub(super) fn known(all: &[&Variable]) -> Result<(Variable, Vec<Column>)> {
    let columns: Vec<Column> = all.iter().map(|v| leave(&v.load()?.to_contiguous()?)).collect::<Result<_>>()?;
    let n = columns[0].len();
    let first = |i: usize| columns.iter().position(|c| !c.scalar(i).is_missing()).map(|k| (k * n + i) as u64);
    let rows = (0..n).map(first).collect();
    let values = enter(&Column::concat(&columns)?.take(&rows)?, all[0].shape())?;
    Ok((all[0].with_data(Data::Memory(values))?, columns))
}

fn same(x: &NdArray, y: &NdArray, at: usize) -> bool {
    let (a, b) = (x.scalar(at), y.scalar(at));
    a == b || a.is_missing() && b.is_missing()
}

fn same_bytes(x: &NdArray, y: &NdArray) -> bool {
    if x.has_valid() || y.has_valid() {
        return false;
    }
    let (Some((p, i)), Some((q, j))) = (x.buffer(), y.buffer()) else { return false };
    let width = x.phys().width().unwrap_or(1);
    let n = x.len() * width;
    p[i * width..i * width + n] == q[j * width..j * width + n]
}

/// Blocks of bounded size.
fn pieces(v: &Variable) -> ChunkGrid {
    let grid = v.grid();
    let mut chunk = grid.chunk.clone();
    for d in 0..chunk.len() {
        let rest: usize = chunk[d + 1..].iter().product();
        chunk[d] = chunk[d].min((BLOCK / rest.max(1)).max(1));
    }
    ChunkGrid::new(&grid.shape, &chunk)
}
