//! A named range of row labels as the leading column that every named index level is.

use crate::dtype::DType;
use crate::error::{Error, Notices, Result};
use crate::store::{Batch, BatchIter, Column, Field, IndexSpec, Predicate, Pushdown, ScanRequest, Schema, TableSource};
use std::sync::Arc;

/// A table whose named range is made as a column while it is read.
#[derive(Debug)]
struct RangeLevel {
    inner: Arc<dyn TableSource>,
    schema: Arc<Schema>,
    /// The row with which each part begins.
    starts: Vec<u64>,
    start: i64,
    step: i64,
}

/// The table with a named range as its first column; any other table as it is.
pub(super) fn with_range(inner: Arc<dyn TableSource>) -> Arc<dyn TableSource> {
    let schema = inner.schema();
    let IndexSpec::Range { start, step, name: Some(name) } = &schema.index else { return inner };
    let mut starts = Vec::with_capacity(inner.parts());
    let mut row = 0;
    for part in 0..inner.parts() {
        starts.push(row);
        match inner.part_rows(part) {
            Some(rows) => row += rows,
            None => return inner,
        }
    }
    // A column of that name says itself what it is.
    if schema.names().any(|n| n == name) {
        return inner;
    }
    let (start, step, name) = (*start, *step, name.clone());
    let mut ours = (**schema).clone();
    ours.fields.insert(0, Field::new(name.clone(), DType::I64));
    ours.index = IndexSpec::Levels(vec![Some(name)]);
    Arc::new(RangeLevel { schema: Arc::new(ours), inner, starts, start, step })
}

impl TableSource for RangeLevel {
    fn schema(&self) -> &Arc<Schema> {
        &self.schema
    }

    fn rows(&self) -> Option<u64> {
        self.inner.rows()
    }

    fn parts(&self) -> usize {
        self.inner.parts()
    }

    fn part_bytes(&self, part: usize) -> u64 {
        self.inner.part_bytes(part)
    }

    fn part_rows(&self, part: usize) -> Option<u64> {
        self.inner.part_rows(part)
    }

    fn accepts(&self, predicate: &Predicate) -> Pushdown {
        match predicate.column.checked_sub(1) {
            Some(column) => self.inner.accepts(&Predicate { column, ..predicate.clone() }),
            None => Pushdown::No,
        }
    }

    fn scan(&self, part: usize, request: &ScanRequest) -> Result<BatchIter> {
        let wanted: Vec<usize> = request.columns.clone().unwrap_or_else(|| (0..self.schema.fields.len()).collect());
        let schema = match &request.columns {
            None => self.schema.clone(),
            Some(columns) => Arc::new(self.schema.project(columns)),
        };
        let there: Vec<usize> = wanted.iter().filter_map(|c| c.checked_sub(1)).collect();
        // A reader that leaves out rows by a predicate would shift the labels of those that follow.
        let inner = ScanRequest { columns: Some(there), predicates: Vec::new(), ..request.clone() };
        let (start, step) = (self.start, self.step);
        let mut row = *self.starts.get(part).ok_or_else(|| Error::internal(format!("part {part} of {}", self.starts.len())))? as i64;
        Ok(Box::new(self.inner.scan(part, &inner)?.map(move |batch| {
            let batch = batch?;
            let rows = batch.rows();
            let label = |i: i64| start.wrapping_add(step.wrapping_mul(i));
            let labels = Column::from((row..row + rows as i64).map(label).collect::<Vec<i64>>());
            row += rows as i64;
            let mut given = batch.columns.into_iter();
            let columns = wanted.iter().map(|&c| match c {
                0 => Ok(labels.clone()),
                _ => given.next().ok_or_else(|| Error::internal("a column is missing")),
            });
            Batch::with_rows(schema.clone(), columns.collect::<Result<_>>()?, rows)
        })))
    }

    fn notices(&self) -> Notices {
        self.inner.notices()
    }
}
