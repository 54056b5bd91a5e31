//! The tall factor as a source: its blocks are made of the same blocks of the matrix.

use super::blocks::{Found, Tall, array, part};
use crate::array::{Data, LazyArray, Variable};
use crate::dtype::DType;
use crate::error::{Place, Result};
use crate::exec::made::by_chunks;
use crate::store::{ChunkGrid, ChunkSource, NdArray, Reservation, Selection, Step};
use faer::Mat;
use std::fmt;
use std::sync::Arc;

/// The factor of a tall matrix whose QR is known, times `last`; of the matrix times `right`, where there is one. `dims` are those of the
/// long side and of the short one.
pub(super) fn variable(
    tall: &Tall,
    right: Option<&Arc<Mat<f64>>>,
    found: &Found,
    last: Option<&Mat<f64>>,
    dims: [Arc<str>; 2],
) -> Result<Variable> {
    let heads = match last {
        Some(last) => Arc::new(found.heads.iter().map(|h| h * last).collect::<Vec<_>>()),
        None => found.heads.clone(),
    };
    let columns = heads.first().map_or(0, Mat::ncols);
    let shape = if tall.is_turned() { [columns, tall.rows] } else { [tall.rows, columns] };
    let chunk = if tall.is_turned() { [columns, tall.block] } else { [tall.block, columns] };
    let source =
        Factor { tall: tall.clone(), right: right.cloned(), heads, grid: ChunkGrid::new(&shape, &chunk), _booked: found.booked.clone() };
    let dims = if tall.is_turned() { [dims[1].clone(), dims[0].clone()] } else { dims };
    Variable::new(dims, Data::Lazy(LazyArray::new(Arc::new(source))))
}

struct Factor {
    tall: Tall,
    right: Option<Arc<Mat<f64>>>,
    heads: Arc<Vec<Mat<f64>>>,
    grid: ChunkGrid,
    _booked: Arc<Reservation>,
}

impl fmt::Debug for Factor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Factor").field("tall", &self.tall).field("grid", &self.grid).finish_non_exhaustive()
    }
}

impl ChunkSource for Factor {
    fn made_of(&self) -> (String, Vec<Step>) {
        ("a factor of a matrix".into(), vec![self.tall.step()])
    }

    fn dtype(&self) -> &DType {
        &DType::F64
    }

    fn shape(&self) -> &[usize] {
        &self.grid.shape
    }

    fn grid(&self) -> ChunkGrid {
        self.grid.clone()
    }

    fn read(&self, selection: &Selection) -> Result<NdArray> {
        by_chunks(&self.grid, &DType::F64, selection, |i| {
            self.tall.with_block(i, |block| {
                let part = part(&block, self.right.as_deref(), &self.heads[i]);
                array(if self.tall.is_turned() { part.transpose() } else { part.as_ref() })
            })
        })
    }

    fn place(&self) -> Place {
        self.tall.place()
    }
}
