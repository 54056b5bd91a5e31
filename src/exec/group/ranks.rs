//! Ranks in groups that do not fit: the values of a column are sorted in a temporary file, group by group, and their ranks sorted back.

use super::numbering::Numbering;
use super::rows::{NONE, floats, numbers};
use super::rows_on_disk::Work;
use crate::dtype::DType;
use crate::error::{Error, Result, ResultExt};
use crate::exec::order::Sorter;
use crate::exec::spill::Spill;
use crate::exec::spilled::{BlockWriter, Blocks, row_numbers};
use crate::exec::stream;
use crate::exec::stream::BatchStream;
use crate::kernel::order::Direction;
use crate::store::{Batch, Column, Field, Schema, TableSource};
use arrow::array::{Array, AsArray};
use arrow::datatypes::{Float64Type, UInt32Type, UInt64Type};
use std::sync::Arc;

/// Few groups, ranked column by column: values are sorted in temporary files, their ranks sorted back.
pub(super) fn ranked(work: &Work, part: &Blocks, out: &mut Sorter) -> Result<()> {
    let mut now = part.clone();
    for (i, &c) in work.columns.iter().enumerate() {
        let mut schema = (**now.schema()).clone();
        schema.fields[c].dtype = DType::F64;
        let schema = Arc::new(schema);
        let mut ranks = Cursor { batches: stream(&ranks(work, part, c)?, None, work.options), held: None };
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
fn ranks(work: &Work, part: &Blocks, column: usize) -> Result<Arc<dyn TableSource>> {
    let fields = [DType::U32, DType::F64, DType::U64].into_iter().enumerate().map(|(i, t)| Field::new(i.to_string(), t));
    let schema = Arc::new(Schema::new(fields.collect()));
    let mut sorter = Sorter::new(&schema, &[0, 1].map(|c| (c, Direction::Ascending)), work.options)?;
    let (mut numbering, mut first) = (Numbering::default(), 0);
    for block in 0..part.parts() {
        let batch = part.read(block, None)?;
        let rows = batch.rows();
        let codes = numbering.codes(&work.keys(&batch)?, work.plan.keep_missing)?;
        let values = numbers(&batch.columns[column]).at_column(&work.schema.fields[column].name)?;
        let columns = vec![Column::from(codes), floats(values.into_iter(), &DType::F64), row_numbers(first, rows)];
        first += rows as u64;
        sorter.push(Batch::with_rows(schema.clone(), columns, rows)?)?;
    }
    let sorted = sorter.finish(schema, Default::default())?;
    // How long each run of equal values is: it may be longer than what can be held.
    let one = Arc::new(Schema::new(vec![Field::new("0", DType::U64)]));
    let mut lengths = BlockWriter::new(&Spill::new(), one, block(work));
    let mut run: Option<(u32, f64, u64)> = None;
    for batch in stream(&sorted, Some(vec![0, 1]), work.options) {
        let mut ended = Vec::new();
        each_value(&batch?, |code, value| {
            let Some(value) = value else { return Ok(()) };
            match &mut run {
                Some((c, x, n)) if *c == code && *x == value => *n += 1,
                _ => ended.extend(run.replace((code, value, 1)).map(|r| r.2)),
            }
            Ok(())
        })?;
        let n = ended.len();
        lengths.push(vec![Column::from(ended)], n)?;
    }
    lengths.push(run.iter().map(|r| Column::from(vec![r.2])).collect(), run.iter().count())?;
    let lengths: Arc<dyn TableSource> = Arc::new(lengths.finish()?);
    let mut lengths = Cursor { batches: stream(&lengths, None, work.options), held: None };

    let schema = Arc::new(Schema::new(vec![Field::new("0", DType::F64), Field::new("1", DType::U64)]));
    let mut back = Sorter::new(&schema, &[(1, Direction::Ascending)], work.options)?;
    // The group, how many of its values stand before the run, how long that is, and how many values of it have come.
    let (mut group, mut before, mut length, mut seen) = (NONE, 0u64, 0u64, 0u64);
    for batch in stream(&sorted, None, work.options) {
        let batch = batch?;
        let mut ranks = Vec::with_capacity(batch.rows());
        each_value(&batch, |code, value| {
            if value.is_none() {
                ranks.push(None);
                return Ok(());
            }
            if seen == length {
                before = if code == group { before + length } else { 0 };
                (group, seen) = (code, 0);
                length = lengths.next(1)?.values().as_primitive::<UInt64Type>().value(0);
            }
            seen += 1;
            // Equal values share the mean of their ranks.
            ranks.push(Some(before as f64 + (length as f64 + 1.0) / 2.0));
            Ok(())
        })?;
        let rows = batch.rows();
        back.push(Batch::with_rows(schema.clone(), vec![ranks.into(), batch.columns[2].clone()], rows)?)?;
    }
    back.finish(Arc::new(schema.project(&[0])), Default::default())
}

/// The rows of a batch of groups and values: those that have a rank, or `None`.
fn each_value(batch: &Batch, mut each: impl FnMut(u32, Option<f64>) -> Result<()>) -> Result<()> {
    let codes = batch.columns[0].values().as_primitive::<UInt32Type>().values();
    let values = batch.columns[1].values().as_primitive::<Float64Type>();
    (0..batch.rows()).try_for_each(|i| each(codes[i], (codes[i] != NONE && values.is_valid(i)).then(|| values.value(i))))
}

/// The first column of a table, some rows at a time.
struct Cursor {
    batches: BatchStream,
    held: Option<(Column, usize)>,
}

impl Cursor {
    fn next(&mut self, rows: usize) -> Result<Column> {
        let (mut made, mut missing) = (Vec::new(), rows);
        loop {
            if let Some((column, at)) = &mut self.held {
                let n = missing.min(column.len() - *at);
                made.push(column.slice(*at, n));
                *at += n;
                missing -= n;
                if missing == 0 {
                    return Column::concat(&made);
                }
            }
            match self.batches.next().transpose()? {
                Some(batch) => self.held = Some((batch.columns[0].clone(), 0)),
                None => return Err(Error::internal("a row of a temporary file went away")),
            }
        }
    }
}
