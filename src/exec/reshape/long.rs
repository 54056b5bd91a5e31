//! `melt` and `stack`: values of several columns in one.

use super::super::gather::{Gathered, gather};
use super::super::{ExecOptions, MemSource};
use crate::error::{ErrorKind, Notices, Result, ResultExt};
use crate::kernel::order::take;
use crate::plan::{Long, LongOrder};
use crate::store::{Batch, BatchIter, Column, ScanRequest, Schema, TableSource};
use std::sync::Arc;

/// Columns to rows. By row it streams; by column the input is read once for each value column, so it is held if that takes no more
/// than a quarter of what is free.
pub(crate) fn long(input: &Arc<dyn TableSource>, how: &Arc<Long>, options: &ExecOptions) -> Result<Arc<dyn TableSource>> {
    let mut input = input.clone();
    let bytes = input.rows().map(|rows| rows.saturating_mul(16 * input.schema().fields.len() as u64));
    if how.order == LongOrder::ByColumn && how.value.len() > 1 && bytes.is_some_and(|b| b < options.budget.free() as u64 / 4) {
        match gather(&input, None, "melting", options) {
            Ok(Gathered { batch, booked, notices }) => {
                input = Arc::new(MemSource::whole(batch.schema.clone(), batch).holding(booked, notices));
            }
            // Long texts may take more than was thought.
            Err(e) if e.kind() == ErrorKind::Budget => {}
            Err(e) => return Err(e),
        }
    }
    Ok(Arc::new(LongSource { input, how: how.clone() }))
}

#[derive(Debug)]
struct LongSource {
    input: Arc<dyn TableSource>,
    how: Arc<Long>,
}

impl LongSource {
    /// How often the input is read.
    fn passes(&self) -> usize {
        match self.how.order {
            LongOrder::ByColumn => self.how.value.len(),
            LongOrder::ByRow => 1,
        }
    }
}

/// What a column of the result is.
#[derive(Clone, Copy)]
enum Part {
    /// An id: the position in what is read.
    Id(usize),
    Name,
    Value,
}

impl TableSource for LongSource {
    fn schema(&self) -> &Arc<Schema> {
        &self.how.schema
    }
    fn rows(&self) -> Option<u64> {
        self.input.rows()?.checked_mul(self.how.value.len() as u64)
    }
    fn parts(&self) -> usize {
        self.input.parts() * self.passes()
    }
    fn part_bytes(&self, part: usize) -> u64 {
        self.input.part_bytes(part % self.input.parts().max(1))
    }
    fn notices(&self) -> Notices {
        self.input.notices()
    }
    fn scan(&self, part: usize, request: &ScanRequest) -> Result<BatchIter> {
        let parts = self.input.parts().max(1);
        let (pass, part) = (part / parts, part % parts);
        let values: Vec<usize> = match self.how.order {
            LongOrder::ByColumn => vec![self.how.value[pass]],
            LongOrder::ByRow => self.how.value.clone(),
        };
        let ids = self.how.id.len();
        let (wanted, schema): (Vec<usize>, _) = match &request.columns {
            None => ((0..self.how.schema.fields.len()).collect(), self.how.schema.clone()),
            Some(columns) => (columns.clone(), Arc::new(self.how.schema.project(columns))),
        };
        let mut needed: Vec<usize> = Vec::new();
        let columns: Vec<Part> = wanted
            .iter()
            .map(|&c| match c {
                c if c < ids => {
                    needed.push(self.how.id[c]);
                    Part::Id(needed.len() - 1)
                }
                c if c == ids => Part::Name,
                _ => Part::Value,
            })
            .collect();
        let first_value = needed.len();
        if columns.iter().any(|c| matches!(c, Part::Value)) {
            needed.extend(&values);
        }
        let names = self.input.schema();
        let labels = Column::from_texts(values.iter().map(|&v| Some(names.fields[v].name.as_str())));
        let dtype = self.how.schema.fields[ids + 1].dtype.clone();
        let k = values.len() as u32;
        let most = (request.batch_rows / values.len().max(1)).max(1);
        let inner = ScanRequest { columns: Some(needed), predicates: Vec::new(), batch_rows: most, ..request.clone() };
        let value_name = self.how.schema.fields[ids + 1].name.clone();
        Ok(Box::new(self.input.scan(part, &inner)?.map(move |batch| {
            let batch = batch?;
            let n = batch.rows() as u32;
            let each = |f: &dyn Fn(u32, u32) -> u32| -> Vec<u32> {
                (0..n).flat_map(|row| (0..k).map(move |c| (row, c))).map(|(r, c)| f(r, c)).collect()
            };
            let column = |part: &Part| -> Result<Column> {
                Ok(match part {
                    Part::Id(c) if k == 1 => batch.columns[*c].clone(),
                    Part::Id(c) => take(std::slice::from_ref(&batch.columns[*c]), &each(&|row, _| row).into())?.swap_remove(0),
                    Part::Name => take(std::slice::from_ref(&labels), &each(&|_, c| c).into())?.swap_remove(0),
                    Part::Value => {
                        let all = batch.columns[first_value..]
                            .iter()
                            .map(|c| c.cast(&dtype))
                            .collect::<Result<Vec<_>>>()
                            .at_column(&value_name)?;
                        match all.as_slice() {
                            [one] => one.clone(),
                            many => take(&[Column::concat(many)?], &each(&|row, c| c * n + row).into())?.swap_remove(0),
                        }
                    }
                })
            };
            Batch::with_rows(schema.clone(), columns.iter().map(column).collect::<Result<_>>()?, (n * k) as usize)
        })))
    }
}
