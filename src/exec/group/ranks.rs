//! Ranks in groups that do not fit, column by column.

use super::numbering::Numbering;
use super::rows::{NONE, floats, numbers};
use super::rows_on_disk::Work;
use crate::dtype::DType;
use crate::error::{Result, ResultExt};
use crate::exec::order::Sorter;
use crate::exec::ranks::ranks;
use crate::exec::spill::Spill;
use crate::exec::spilled::{BlockWriter, Blocks, Shifted};
use crate::store::{Batch, TableSource};
use std::sync::Arc;

/// Few groups, ranked column by column: values are sorted in temporary files, their ranks sorted back.
pub(super) fn ranked(work: &Work, part: &Blocks, out: &mut Sorter) -> Result<()> {
    let mut now = part.clone();
    for (i, &c) in work.columns.iter().enumerate() {
        let mut schema = (**now.schema()).clone();
        schema.fields[c].dtype = DType::F64;
        let schema = Arc::new(schema);
        let mut ranks = Shifted::new(ranks_of(work, part, c)?, 0, None);
        let last = i + 1 == work.columns.len();
        let mut writer = (!last).then(|| BlockWriter::new(&Spill::new(), schema, block(work)));
        for block in 0..now.parts() {
            let batch = now.read(block, None)?;
            let rows = batch.rows();
            let mut columns = batch.columns;
            columns[c] = ranks.next(rows)?;
            match &mut writer {
                Some(writer) => writer.push(columns, rows)?,
                None => out.push(Batch::with_rows(work.schema.clone(), columns, rows)?)?,
            }
        }
        if let Some(writer) = writer {
            now = writer.finish()?;
        }
    }
    if work.columns.is_empty() {
        let same = |batch: Batch| Batch::with_rows(work.schema.clone(), batch.columns.clone(), batch.rows());
        (0..part.parts()).try_for_each(|block| out.push(same(part.read(block, None)?)?))?;
    }
    Ok(())
}

/// Bytes of a block in a temporary file.
fn block(work: &Work) -> usize {
    (work.options.budget.limit() / 128).clamp(16 << 10, 1 << 20)
}

/// The ranks of a column's values in their groups, in the order of the rows.
fn ranks_of(work: &Work, part: &Blocks, column: usize) -> Result<Blocks> {
    let mut numbering = Numbering::default();
    let pieces = (0..part.parts()).map(|block| {
        let batch = part.read(block, None)?;
        let codes = numbering.codes(&work.keys(&batch)?, work.plan.keep_missing)?;
        let groups: Vec<Option<u32>> = codes.into_iter().map(|c| (c != NONE).then_some(c)).collect();
        let values = numbers(&batch.columns[column]).at_column(&work.schema.fields[column].name)?;
        Ok(vec![groups.into(), floats(values.into_iter(), &DType::F64)])
    });
    ranks(pieces, &[DType::U32, DType::F64], work.options)
}
