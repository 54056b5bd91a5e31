//! Joins of tables of which the one that would be held does not fit: both are parted by their keys in temporary files, and the parts are
//! joined pair by pair. Row numbers go along, by which the pairs come into the order that they would have had.

use super::{Key, keys_of};
use crate::dtype::DType;
use crate::error::{ErrorKind, Notices, Result};
use crate::exec::order::Sorter;
use crate::exec::spilled::{Blocks, Parting, Picked, Rows, each_part, numbered, too_deep};
use crate::exec::{ExecOptions, stream};
use crate::kernel::order::{Direction, KeyColumn, hashes, row_codes, row_count, take};
use crate::plan::{Join, JoinColumn, JoinHow};
use crate::store::{Batch, Column, Field, IndexSpec, Schema, TableSource};
use arrow::array::AsArray;
use arrow::datatypes::UInt64Type;
use std::sync::Arc;

/// One table, its keys, and whether its rows count where they match nothing.
type Side<'a> = (&'a Arc<dyn TableSource>, &'a [Key], bool);

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
    let lefts = parts((left, left_keys, alone(JoinHow::Left)), options)?;
    let rights = parts((right, right_keys, alone(JoinHow::Right)), options)?;
    let k = how.schema.fields.len();
    let by = if how.how == JoinHow::Right { [k + 1, k] } else { [k, k + 1] };
    let mut sorter = Sorter::new(&schema, &by.map(|c| (c, Direction::Ascending)), options)?;
    pairs(&lefts, &rights, &Arc::new(wide), 0, options, &mut |batch| sorter.push(batch))?;
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
        put(&mut parting, batch?, None, &right_here, false)?;
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
    pairs(&lefts, &rights, &Arc::new(narrow), 0, options, &mut |batch| {
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
    parts((source, keys, true), options)
}

/// All columns of a table and row numbers, parted by its keys.
fn parts((source, keys, alone): Side<'_>, options: &ExecOptions) -> Result<Vec<Blocks>> {
    let mut parting = Parting::new(&numbered(source.schema()), 0, options)?;
    let mut first = 0;
    for batch in stream(source, None, options) {
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
    columns.extend(first.map(|first| Column::from((first..first + rows as u64).collect::<Vec<u64>>())));
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

/// Joins parts, each with the one of the same keys.
fn pairs(
    lefts: &[Blocks],
    rights: &[Blocks],
    how: &Arc<Join>,
    level: u32,
    options: &ExecOptions,
    out: &mut dyn FnMut(Batch) -> Result<()>,
) -> Result<()> {
    for (left, right) in lefts.iter().zip(rights) {
        let (l, r): (Arc<dyn TableSource>, Arc<dyn TableSource>) = (Arc::new(left.clone()), Arc::new(right.clone()));
        match super::in_memory(&l, &r, how, options) {
            Ok(made) => stream(&made, None, options).try_for_each(|batch| out(batch?))?,
            Err(e) if e.kind() == ErrorKind::Budget => {
                too_deep(level, e)?;
                let left_keys: Vec<Key> = how.keys.iter().map(|(l, _, d)| (*l, d.clone())).collect();
                let right_keys: Vec<Key> = how.keys.iter().map(|(_, r, d)| (*r, d.clone())).collect();
                let lefts = part_again(left, &left_keys, level + 1, options)?;
                let rights = part_again(right, &right_keys, level + 1, options)?;
                pairs(&lefts, &rights, how, level + 1, options, out)?;
            }
            Err(e) => return Err(e),
        }
    }
    Ok(())
}

pub(super) fn part_again(blocks: &Blocks, keys: &[Key], level: u32, options: &ExecOptions) -> Result<Vec<Blocks>> {
    let mut parting = Parting::new(blocks.schema(), level, options)?;
    for block in 0..blocks.parts() {
        put(&mut parting, blocks.read(block, None)?, None, keys, true)?;
    }
    parting.finish()
}

/// Refuses keys that stand twice, where they do not fit.
pub(super) fn check_unique(source: &Arc<dyn TableSource>, keys: &[Key], which: &str, options: &ExecOptions) -> Result<()> {
    let columns: Vec<usize> = keys.iter().map(|k| k.0).collect();
    let here: Vec<Key> = keys.iter().enumerate().map(|(i, (_, d))| (i, d.clone())).collect();
    let mut parting = Parting::new(&numbered(&source.schema().project(&columns)), 0, options)?;
    let mut first = 0;
    for batch in stream(source, Some(columns), options) {
        let batch = batch?;
        let rows = batch.rows() as u64;
        put(&mut parting, batch, Some(first), &here, false)?;
        first += rows;
    }
    // The first row of all that repeats another one.
    let mut found: Option<(u64, u64, String)> = None;
    for part in parting.finish()? {
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
