//! Joins of tables of which the one that would be held does not fit: both are parted by their keys in temporary files, and the parts are
//! joined pair by pair. Row numbers go along, by which the pairs come into the order that they would have had.

use super::{Key, few_keys, keys_of};
use crate::dtype::DType;
use crate::error::{Error, ErrorKind, Notices, Result};
use crate::exec::order::Sorter;
use crate::exec::spilled::{Blocks, Parting, Picked, Rows, each_part, numbered, parted_again, row_numbers, too_deep};
use crate::exec::{ExecOptions, stream};
use crate::kernel::order::{Direction, KeyColumn, hashes, row_codes, row_count, take};
use crate::plan::{Join, JoinColumn, JoinHow};
use crate::store::{Batch, Field, IndexSpec, Schema, TableSource};
use arrow::array::AsArray;
use arrow::datatypes::UInt64Type;
use std::sync::Arc;

pub(super) fn joined(
    left: &Arc<dyn TableSource>,
    right: &Arc<dyn TableSource>,
    how: &Arc<Join>,
    (left_keys, right_keys): (&[Key], &[Key]),
    options: &ExecOptions,
) -> Result<Arc<dyn TableSource>> {
    let alone = |one: JoinHow| how.how == one || how.how == JoinHow::Outer;
    let (n, m) = (left.schema().fields.len(), right.schema().fields.len());
    let fields = how.schema.fields.iter().cloned();
    let numbers = [JoinColumn::Left(n), JoinColumn::Right(m)];
    let schema =
        Schema::new(fields.chain(["\0left", "\0right"].map(|name| Field { nullable: true, ..Field::new(name, DType::U64) })).collect());
    let schema = Arc::new(Schema { index: IndexSpec::Default, ..schema });
    let wide =
        Join { columns: how.columns.iter().copied().chain(numbers).collect(), schema: schema.clone(), validate: None, ..(**how).clone() };
    let lefts = parts(left, None, left_keys, alone(JoinHow::Left), options)?;
    let rights = parts(right, None, right_keys, alone(JoinHow::Right), options)?;
    let k = how.schema.fields.len();
    let by = if how.how == JoinHow::Right { [k + 1, k] } else { [k, k + 1] };
    let mut sorter = Sorter::new(&schema, &by.map(|c| (c, Direction::Ascending)), options)?;
    let wide = Arc::new(wide);
    let pairs = Pairs {
        keys: (left_keys, right_keys),
        options,
        join: &|l, r| super::in_memory(l, r, &wide, options),
        few_keys: &|l, r, _, out| few_keys::joined(l, r, &wide, options, out),
    };
    pairs.join((&lefts, &rights), 0, &mut |batch| sorter.push(batch))?;
    sorter.finish(how.schema.clone(), both_notices(left, right))
}

/// The rows of the left table that match, or that do not: one bit for each.
pub(super) fn filtered(
    left: &Arc<dyn TableSource>,
    right: &Arc<dyn TableSource>,
    how: &Arc<Join>,
    (left_keys, right_keys): (&[Key], &[Key]),
    options: &ExecOptions,
) -> Result<Arc<dyn TableSource>> {
    let only = |keys: &[Key]| -> (Vec<usize>, Vec<Key>) {
        (keys.iter().map(|k| k.0).collect(), keys.iter().enumerate().map(|(i, (_, d))| (i, d.clone())).collect())
    };
    let ((left_columns, left_here), (right_columns, right_here)) = (only(left_keys), only(right_keys));
    let schema = numbered(&left.schema().project(&left_columns));
    let mut parting = Parting::new(&schema, 0, options)?;
    let mut rows = Rows::read(left, left_columns, options, |batch, first| {
        put(&mut parting, batch, Some(first), &left_here, how.how == JoinHow::Anti)
    })?;
    let lefts = parting.finish()?;
    let mut parting = Parting::new(&Arc::new(right.schema().project(&right_columns)), 0, options)?;
    for batch in stream(right, Some(right_columns), options) {
        // One row of each key says as much as all of them.
        put(&mut parting, few_keys::one_of_each(batch?, &right_here)?, None, &right_here, false)?;
    }
    let rights = parting.finish()?;
    let keys = left_here.iter().zip(&right_here).map(|((l, d), (r, _))| (*l, *r, d.clone())).collect();
    let narrow = Join {
        keys,
        columns: vec![JoinColumn::Left(left_here.len())],
        schema: Arc::new(Schema::new(vec![Field::new("", DType::U64)])),
        validate: None,
        ..(**how).clone()
    };
    let narrow = Arc::new(narrow);
    let pairs = Pairs {
        keys: (&left_here, &right_here),
        options,
        join: &|l, r| super::in_memory(l, r, &narrow, options),
        // Few keys fit: only those of the right table are held.
        few_keys: &|_, _, why, _| Err(why),
    };
    pairs.join((&lefts, &rights), 0, &mut |batch| {
        batch.columns[0].values().as_primitive::<UInt64Type>().values().iter().for_each(|&row| rows.keep(row));
        Ok(())
    })?;
    Ok(Arc::new(Picked::new(left.clone(), rows)))
}

pub(super) fn both_notices(left: &Arc<dyn TableSource>, right: &Arc<dyn TableSource>) -> Notices {
    let mut all = left.notices();
    all.extend(right.notices());
    all
}

/// The same, with all rows.
pub(super) fn by_hash(source: &Arc<dyn TableSource>, keys: &[Key], options: &ExecOptions) -> Result<Vec<Blocks>> {
    parts(source, None, keys, true, options)
}

/// Columns of a table and row numbers, parted by keys among them. Rows that miss a key go along only where they count `alone`.
fn parts(
    source: &Arc<dyn TableSource>,
    columns: Option<Vec<usize>>,
    keys: &[Key],
    alone: bool,
    options: &ExecOptions,
) -> Result<Vec<Blocks>> {
    let schema = columns.as_ref().map_or_else(|| numbered(source.schema()), |c| numbered(&source.schema().project(c)));
    let mut parting = Parting::new(&schema, 0, options)?;
    let mut first = 0;
    for batch in stream(source, columns, options) {
        let batch = batch?;
        let rows = batch.rows() as u64;
        put(&mut parting, batch, Some(first), keys, alone)?;
        first += rows;
    }
    parting.finish()
}

/// Writes the rows of a batch; those that miss a key match nothing and are written only where they count `alone`.
fn put(parting: &mut Parting, batch: Batch, first: Option<u64>, keys: &[Key], alone: bool) -> Result<()> {
    let rows = row_count(batch.rows())?;
    let made = keys_of(&batch, keys)?;
    let mut columns = batch.columns;
    columns.extend(first.map(|first| row_numbers(first, rows as usize)));
    let mut hashes = hashes(&made);
    let there = |row: u32| made.iter().all(|k| k.is_valid(row));
    if made.iter().all(|k| k.valid().is_none()) {
        return parting.push(&columns, &hashes).map(|_| ());
    }
    if alone {
        // They belong nowhere, so they need not all lie together.
        (0..rows).filter(|&r| !there(r)).for_each(|r| hashes[r as usize] = (r as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        return parting.push(&columns, &hashes).map(|_| ());
    }
    let stay: Vec<u32> = (0..rows).filter(|&r| there(r)).collect();
    let hashes: Vec<u64> = stay.iter().map(|&r| hashes[r as usize]).collect();
    parting.push(&take(&columns, &stay.into())?, &hashes)?;
    Ok(())
}

/// How two tables are joined where they fit.
type InMemory<'a> = dyn Fn(&Arc<dyn TableSource>, &Arc<dyn TableSource>) -> Result<Arc<dyn TableSource>> + 'a;

/// Takes what comes out.
pub(super) type Out<'a> = dyn FnMut(Batch) -> Result<()> + 'a;

/// How two parts are joined that do not fit and cannot be parted, and why not in memory.
type FewKeys<'a> = dyn Fn(&Blocks, &Blocks, Error, &mut Out) -> Result<()> + 'a;

/// The join of parts, each with the one of the same keys.
pub(super) struct Pairs<'a> {
    pub(super) keys: (&'a [Key], &'a [Key]),
    pub(super) options: &'a ExecOptions,
    pub(super) join: &'a InMemory<'a>,
    pub(super) few_keys: &'a FewKeys<'a>,
}

impl Pairs<'_> {
    /// Joins them; what does not fit is parted again.
    pub(super) fn join(&self, (lefts, rights): (&[Blocks], &[Blocks]), level: u32, out: &mut Out) -> Result<()> {
        for (left, right) in lefts.iter().zip(rights) {
            match (self.join)(&(Arc::new(left.clone()) as _), &(Arc::new(right.clone()) as _)) {
                Ok(made) => stream(&made, None, self.options).try_for_each(|batch| out(batch?))?,
                Err(e) if e.kind() == ErrorKind::Budget => match self.smaller(left, right, level + 1)? {
                    Some((lefts, rights)) => self.join((&lefts, &rights), level + 1, out)?,
                    None => (self.few_keys)(left, right, e, out)?,
                },
                Err(e) => return Err(e),
            }
        }
        Ok(())
    }

    /// Two parts parted again by other bits of their keys; `None` where that leaves both as they are.
    fn smaller(&self, left: &Blocks, right: &Blocks, level: u32) -> Result<Option<(Vec<Blocks>, Vec<Blocks>)>> {
        if too_deep(level - 1) {
            return Ok(None);
        }
        let again = |blocks: &Blocks, keys: &[Key]| {
            parted_again(blocks, level, self.options, &|parting, batch| put(parting, batch, None, keys, true))
        };
        let (lefts, rights) = (again(left, self.keys.0)?, again(right, self.keys.1)?);
        let stays = |whole: &Blocks, parts: &[Blocks]| parts.iter().any(|p| p.rows() == whole.rows());
        Ok((!(stays(left, &lefts) && stays(right, &rights))).then_some((lefts, rights)))
    }
}

/// Refuses keys that stand twice, where they do not fit.
pub(super) fn check_unique(source: &Arc<dyn TableSource>, keys: &[Key], which: &str, options: &ExecOptions) -> Result<()> {
    let columns: Vec<usize> = keys.iter().map(|k| k.0).collect();
    let here: Vec<Key> = keys.iter().enumerate().map(|(i, (_, d))| (i, d.clone())).collect();
    // The first row of all that repeats another one.
    let mut found: Option<(u64, u64, String)> = None;
    for part in parts(source, Some(columns), &here, false, options)? {
        let again = |parting: &mut Parting, batch: Batch| put(parting, batch, None, &here, false);
        each_part(&part, 0, 8 * keys.len() + 40, options, &again, &mut |all| {
            let keys: Vec<KeyColumn> = keys_of(all, &here)?;
            let (codes, firsts) = row_codes(&keys, row_count(all.rows())?);
            let mut seen = vec![false; firsts.len()];
            let twice = codes.iter().position(|&code| std::mem::replace(&mut seen[code as usize], true));
            let numbers = all.columns[here.len()].values().as_primitive::<UInt64Type>();
            if let Some(row) = twice
                && found.as_ref().is_none_or(|(known, ..)| numbers.value(row) < *known)
            {
                let first = numbers.value(firsts[codes[row] as usize] as usize);
                found = Some((numbers.value(row), first, super::shown(all, &here, row)));
            }
            Ok(())
        })?;
    }
    found.map_or(Ok(()), |(row, first, key)| Err(super::twice(&key, which, row, first)))
}
