//! As-of joins of tables that do not fit. Within groups, both tables are parted by the columns that must be the same. Without groups
//! the right table is written in blocks, of which each batch of the left one looks at those that its times reach.

use super::Key;
use super::asof::{Sorted, joined_columns, matches, numbers_of, words_of};
use super::few_keys::{distinct, with_keys};
use super::on_disk::{Out, Pairs, both_notices, by_hash};
use crate::dtype::DType;
use crate::error::{Notices, Result, ResultExt};
use crate::exec::frame::{answered, asked};
use crate::exec::order::Sorter;
use crate::exec::spill::Spill;
use crate::exec::spilled::{BlockWriter, Blocks};
use crate::exec::{ExecOptions, MemSource, stream};
use crate::kernel::order::{Direction, KeyColumn};
use crate::plan::{AsofJoin, JoinColumn, JoinHow};
use crate::store::{Batch, BatchIter, Field, ScanRequest, Schema, TableSource};
use std::sync::Arc;

type Table = Arc<dyn TableSource>;

/// The join, whatever the size of the tables.
pub(super) fn join_asof(left: &Table, right: &Table, join: &Arc<AsofJoin>, options: &ExecOptions) -> Result<Table> {
    if !join.by.is_empty() {
        return in_groups(left, right, join, options);
    }
    check_left(left, None, join, options)?;
    in_blocks(left, right, join, options)
}

/// Refuses times of the left table that go back; rows of one of many groups have their `numbers` in this column.
fn check_left(left: &Table, numbers: Option<usize>, join: &AsofJoin, options: &ExecOptions) -> Result<()> {
    let (time, _, domain) = &join.on;
    let name = &left.schema().fields[*time].name;
    let mut order = Sorted::new("left", name);
    for batch in stream(left, Some([*time].into_iter().chain(numbers).collect()), options) {
        let batch = batch?;
        let key = domain.keys(&batch.columns[0]).at_column(name)?;
        order.check(words_of(&key)?, &key, numbers_of(&batch))?;
    }
    Ok(())
}

/// The join without columns that must be the same, of a left table that is in order.
fn in_blocks(left: &Table, right: &Table, join: &Arc<AsofJoin>, options: &ExecOptions) -> Result<Table> {
    let (_, r, domain) = &join.on;
    let name = &right.schema().fields[*r].name;
    let mut right_order = Sorted::new("right", name);
    let block = (options.budget.limit() / 128).clamp(16 << 10, 1 << 20);
    let mut writer = BlockWriter::new(&Spill::new(), right.schema().clone(), block);
    for batch in stream(right, None, options) {
        let batch = batch?;
        let key = domain.keys(&batch.columns[*r]).at_column(name)?;
        right_order.check(words_of(&key)?, &key, numbers_of(&batch))?;
        let rows = batch.rows();
        writer.push(batch.columns, rows)?;
    }
    let blocks = writer.finish()?;
    let mut reach = Vec::new();
    for block in 0..blocks.parts() {
        let batch = blocks.read(block, Some(&ScanRequest { columns: Some(vec![*r]), ..ScanRequest::all(&options.budget) }))?;
        let key = domain.keys(&batch.columns[0])?;
        let words = words_of(&key)?;
        reach.extend(ends(&key, words).map(|(first, last)| (block, first, last)));
    }
    let share = options.budget.limit() / 4 / (options.workers() + 1);
    Ok(Arc::new(AsofSource {
        left: left.clone(),
        blocks,
        reach: reach.into(),
        join: join.clone(),
        share,
        notices: both_notices(left, right),
    }))
}

/// The first and the last time, where there is one.
fn ends(key: &KeyColumn, words: &[u64]) -> Option<(u64, u64)> {
    let there = |row: &usize| key.is_valid(*row as u32);
    Some((words[(0..words.len()).find(there)?], words[(0..words.len()).rev().find(there)?]))
}

/// The left table beside blocks of the right one.
#[derive(Clone, Debug)]
struct AsofSource {
    left: Table,
    blocks: Blocks,
    reach: Arc<[(usize, u64, u64)]>,
    join: Arc<AsofJoin>,
    share: usize,
    notices: Notices,
}

impl AsofSource {
    /// The result for rows of the left table: in as many pieces as keep the blocks few.
    fn pieces(&self, batch: Batch, columns: &[usize], schema: &Arc<Schema>, out: &mut Vec<Batch>) -> Result<()> {
        let (l, _, domain) = &self.join.on;
        let key = domain.keys(&batch.columns[*l])?;
        let words = words_of(&key)?;
        let mut wanted = 0..0;
        if let Some((low, high)) = ends(&key, words) {
            // From the last block that begins at or before the first time to the first that ends at or after the last one.
            let from = self.reach.partition_point(|b| b.1 <= low).saturating_sub(1);
            let from = from.min(self.reach.partition_point(|b| b.2 < low));
            let to = self.reach.partition_point(|b| b.2 < high).max(self.reach.partition_point(|b| b.1 <= high));
            wanted = from..(to + 1).min(self.reach.len());
        }
        let bytes: usize = wanted.clone().map(|i| self.blocks.block_bytes(self.reach[i].0)).sum();
        if bytes > self.share && batch.rows() > 1 {
            let half = batch.rows() / 2;
            self.pieces(batch.slice(0, half), columns, schema, out)?;
            return self.pieces(batch.slice(half, batch.rows() - half), columns, schema, out);
        }
        let read = wanted.map(|i| self.blocks.read(self.reach[i].0, None)).collect::<Result<Vec<_>>>()?;
        let right = Batch::concat(self.blocks.schema(), &read)?;
        let found = matches(&batch, &right, &self.join, false)?;
        out.push(joined_columns(&batch, &right, found, &self.join, columns, schema)?);
        Ok(())
    }
}

impl TableSource for AsofSource {
    fn schema(&self) -> &Arc<Schema> {
        &self.join.schema
    }
    fn rows(&self) -> Option<u64> {
        self.left.rows()
    }
    fn parts(&self) -> usize {
        self.left.parts()
    }
    fn part_bytes(&self, part: usize) -> u64 {
        self.left.part_bytes(part)
    }
    fn part_rows(&self, part: usize) -> Option<u64> {
        self.left.part_rows(part)
    }
    fn notices(&self) -> Notices {
        self.notices.clone()
    }
    fn scan(&self, part: usize, request: &ScanRequest) -> Result<BatchIter> {
        let inner = ScanRequest { columns: None, predicates: Vec::new(), ..request.clone() };
        let (columns, schema) = (asked(request, &self.join.schema), answered(request, &self.join.schema));
        let this = self.clone();
        Ok(Box::new(self.left.scan(part, &inner)?.flat_map(move |batch| -> BatchIter {
            let mut out = Vec::new();
            match batch.and_then(|batch| this.pieces(batch, &columns, &schema, &mut out)) {
                Ok(()) => Box::new(out.into_iter().map(Ok)),
                Err(e) => Box::new(std::iter::once(Err(e))),
            }
        })))
    }
}

/// Both tables parted by the columns that must be the same.
fn in_groups(left: &Table, right: &Table, join: &Arc<AsofJoin>, options: &ExecOptions) -> Result<Table> {
    let left_by: Vec<Key> = join.by.iter().map(|(c, _, d)| (*c, d.clone())).collect();
    let right_by: Vec<Key> = join.by.iter().map(|(_, c, d)| (*c, d.clone())).collect();
    let lefts = by_hash(left, &left_by, options)?;
    let rights = by_hash(right, &right_by, options)?;
    let n = left.schema().fields.len();
    let schema = Arc::new(Schema::new(join.schema.fields.iter().cloned().chain([Field::new("", DType::U64)]).collect()));
    let columns = join.columns.iter().copied().chain([JoinColumn::Left(n)]).collect();
    let wide = Arc::new(AsofJoin { columns, schema: schema.clone(), ..(**join).clone() });
    let mut sorter = Sorter::new(&schema, &[(schema.fields.len() - 1, Direction::Ascending)], options)?;
    let pairs = Pairs {
        keys: (&left_by, &right_by),
        options,
        join: &|l, r| super::asof::in_memory(l, r, &wide, options),
        few_keys: &|l, r, _, out| {
            by_group((&(Arc::new(l.clone()) as _), &(Arc::new(r.clone()) as _)), (&left_by, &right_by), &wide, options, out)
        },
    };
    pairs.join((&lefts, &rights), 0, &mut |batch| sorter.push(batch))?;
    sorter.finish(join.schema.clone(), both_notices(left, right))
}

/// The join of parts that hold few groups, each in more rows than fit: one group after the other.
fn by_group((left, right): (&Table, &Table), by: (&[Key], &[Key]), join: &AsofJoin, options: &ExecOptions, out: &mut Out) -> Result<()> {
    let alone = Arc::new(AsofJoin { by: Vec::new(), ..join.clone() });
    let numbers = left.schema().fields.len() - 1;
    let mut put = |left: &Table, right: &Table| {
        let made = in_blocks(left, right, &alone, options)?;
        stream(&made, None, options).try_for_each(|batch| out(batch?))
    };
    let rows_of = |table: &Table, keys: &[Key], one: &Batch| with_keys(table, keys, one, JoinHow::Semi, options);
    let known = distinct(right, by.1, options)?;
    for group in 0..known.rows() {
        let one = known.slice(group, 1);
        let left = rows_of(left, by.0, &one)?;
        check_left(&left, Some(numbers), &alone, options)?;
        put(&left, &rows_of(right, by.1, &one)?)?;
    }
    // Groups that the right table lacks find nothing, whatever their order is; it is refused all the same.
    let lacking = with_keys(left, by.0, &known, JoinHow::Anti, options)?;
    let groups = distinct(&lacking, by.0, options)?;
    for group in 0..groups.rows() {
        check_left(&rows_of(&lacking, by.0, &groups.slice(group, 1))?, Some(numbers), &alone, options)?;
    }
    let none = Arc::new(MemSource::new(right.schema().clone(), Vec::new()));
    put(&lacking, &(none as _))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exec::spilled::ROW_NUMBERS;
    use crate::frame::DataFrame;
    use crate::plan::{AsofOptions, LazyFrame, Plan};
    use crate::store::Column;

    /// Rows of groups with a time each, and their numbers.
    fn rows(groups: &[&str], times: &[i64]) -> Table {
        let texts = Column::from_texts(groups.iter().map(|g| Some(*g)));
        let numbers: Vec<u64> = (0..times.len() as u64).collect();
        let df = DataFrame::new([("by", texts), ("t", times.to_vec().into()), (ROW_NUMBERS, numbers.into())]).unwrap();
        let batch = df.to_batch().unwrap();
        Arc::new(MemSource::whole(batch.schema.clone(), batch))
    }

    fn joined(left: &Table, right: &Table) -> Result<usize> {
        let options = ExecOptions::default();
        let plan = LazyFrame::scan(left.clone()).join_asof(&LazyFrame::scan(right.clone()), &AsofOptions::on("t").by(["by"]))?;
        let Plan::AsofJoin { join, .. } = &**plan.plan() else { panic!("another plan") };
        let (left_by, right_by): (Vec<Key>, Vec<Key>) = join.by.iter().map(|(l, r, d)| ((*l, d.clone()), (*r, d.clone()))).unzip();
        let mut found = 0;
        by_group((left, right), (&left_by, &right_by), join, &options, &mut |batch| {
            found += batch.rows();
            Ok(())
        })?;
        Ok(found)
    }

    #[test]
    fn groups_that_the_right_table_lacks_are_in_order_each_for_itself() {
        let right = rows(&["a", "a"], &[1, 5]);
        assert_eq!(joined(&rows(&["b", "c", "b", "a"], &[7, 3, 8, 4]), &right).unwrap(), 4);
        let refused = joined(&rows(&["b", "c", "b", "a"], &[7, 3, 6, 4]), &right).unwrap_err().to_string();
        assert!(refused.contains("within its group: row 2 is before row 0"), "{refused}");
    }
}
