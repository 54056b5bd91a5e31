//! One two-dimensional variable as rows and columns.

use super::{leave, part_limit};
use crate::array::{Dataset, Variable};
use crate::dtype::DType;
use crate::error::{Error, Level, Notices, Place, Result, ResultExt};
use crate::store::{Attrs, Batch, BatchIter, Budget, ChunkGrid, Column, Field, ScanRequest, Schema, Selection, Selector, TableSource};
use std::sync::Arc;

/// A matrix as a table: the first column holds the labels of the first dim, the others are named by the labels of the second.
///
/// Dims of length 1 are passed over, so that one time of a `time, lat, lon` variable is a matrix too. NaN becomes missing.
#[derive(Debug)]
pub struct CubeMatrix {
    schema: Arc<Schema>,
    variable: Variable,
    labels: Column,
    grid: ChunkGrid,
}

impl CubeMatrix {
    /// The matrix of a variable; of the only one that there is when `None`.
    ///
    /// # Errors
    /// Not found, for the name; shape, where it has not two dims; invalid, where labels repeat.
    pub fn new(dataset: &Dataset, name: Option<&str>, budget: &Budget) -> Result<(CubeMatrix, Notices)> {
        let accompany = crate::array::companions(dataset);
        let mut data = dataset.vars.keys().map(String::as_str).filter(|n| !accompany.contains_key(*n));
        let name = match (name, data.next(), data.next()) {
            (Some(name), ..) => name,
            (None, Some(only), None) => only,
            _ => return Err(Error::invalid("a matrix is made of one variable").help("--var NAME picks it")),
        };
        let whole = dataset.variable(name)?;
        let long = |d: usize| whole.shape()[d] != 1 || whole.dims().len() <= 2;
        let thin = (0..whole.dims().len()).map(|d| if long(d) { Selector::All } else { Selector::At(0) });
        let variable = whole.isel(&Selection::new(thin.collect()))?;
        let [rows, columns] = variable.dims() else {
            let what = format!("variable {name:?} of shape {:?} is no matrix", whole.shape());
            return Err(Error::shape(what)
                .help("a matrix has two dims, others must be of length 1; --to csv writes the long form")
                .at(Place::variable(name)));
        };
        let labels = |d: &str, n: usize| -> Result<(Column, Attrs)> {
            match dataset.coords.get(d).filter(|c| c.dims().len() == 1 && &*c.dims()[0] == d) {
                Some(c) => Ok((leave(&c.load().at_variable(d)?)?, c.attrs.clone())),
                None => Ok(((0..n as i64).collect::<Vec<i64>>().into(), Attrs::new())),
            }
        };
        let (row_labels, row_attrs) = labels(rows, variable.shape()[0])?;
        let (column_labels, _) = labels(columns, variable.shape()[1])?;
        let mut fields = vec![Field { attrs: row_attrs, ..Field::new(&**rows, row_labels.dtype().clone()) }];
        let mut seen = hashbrown::HashSet::new();
        for i in 0..column_labels.len() {
            let label = column_labels.scalar(i).to_string();
            if !seen.insert(label.clone()) || label == **rows {
                return Err(Error::invalid(format!("two columns would be called {label:?}"))
                    .at(Place { dim: Some(columns.to_string()), ..Place::default() }));
            }
            fields.push(Field::new(label, variable.dtype().clone()));
        }
        let mut notices = Notices::new();
        let what = format!("a matrix keeps the values and labels of {name:?} only, not the name of the dim {columns:?}");
        notices.push(Level::Omitted, what, Place::default());
        let width = variable.dtype().phys().and_then(|p| p.width()).unwrap_or(32);
        let most = (part_limit(budget) / (width * variable.shape()[1]).max(1)).max(1);
        let grid = ChunkGrid::new(variable.shape(), &[most, variable.shape()[1]]);
        let schema = Arc::new(Schema { attrs: variable.attrs.clone(), ..Schema::new(fields) });
        Ok((CubeMatrix { schema, variable, labels: row_labels, grid }, notices))
    }

    /// The type of its cells.
    pub fn dtype(&self) -> &DType {
        self.variable.dtype()
    }
}

impl TableSource for CubeMatrix {
    fn schema(&self) -> &Arc<Schema> {
        &self.schema
    }

    fn rows(&self) -> Option<u64> {
        Some(self.grid.shape[0] as u64)
    }

    fn parts(&self) -> usize {
        if self.grid.shape[1] == 0 { 1 } else { self.grid.count() }
    }

    fn part_bytes(&self, part: usize) -> u64 {
        let (_, shape) = self.grid.block(part);
        shape.iter().map(|&n| n as u64 * 8).product()
    }

    fn scan(&self, part: usize, request: &ScanRequest) -> Result<BatchIter> {
        let (start, shape) = if self.grid.shape[1] == 0 { (vec![0, 0], self.grid.shape.clone()) } else { self.grid.block(part) };
        let wanted: Vec<usize> = request.columns.clone().unwrap_or_else(|| (0..self.schema.fields.len()).collect());
        let block = self.variable.read(&Selection::hyperslab(&start, &shape))?;
        let columns = wanted.iter().map(|&c| match c.checked_sub(1) {
            None => Ok(self.labels.slice(start[0], shape[0])),
            Some(j) => leave(&block.select(&Selection::new(vec![Selector::All, Selector::At(j)]))?),
        });
        let schema = Arc::new(self.schema.project(&wanted));
        let batch = Batch::with_rows(schema, columns.collect::<Result<_>>()?, shape[0])?;
        let step = request.batch_rows.max(1);
        let starts = (0..batch.rows()).step_by(step);
        Ok(Box::new(starts.map(move |i| Ok(batch.slice(i, step.min(batch.rows() - i))))))
    }
}
