//! Joins: one table is held with a look-up table of its keys, the other streams past it.

mod asof;
mod asof_on_disk;
mod eager;
mod few_keys;
mod on_disk;
mod outer;
mod pairs;

pub(super) use asof::join_asof;
pub(super) use eager::values_and_keys;

use super::ExecOptions;
use super::gather::{Gathered, fits_by_count, gather};
use crate::error::{Error, ErrorKind, Place, Result, ResultExt};
use crate::kernel::order::{Domain, KeyColumn, RowTable, row_codes, row_count};
use crate::plan::{Join, JoinHow, Validate};
use crate::store::{Batch, Reservation, TableSource};
use pairs::JoinSource;
use std::sync::Arc;

/// A table in memory with the rows of its keys.
#[derive(Debug)]
struct Held {
    table: Gathered,
    rows: RowTable,
    _booked: Reservation,
}

/// A column, and the domain in which its values are compared.
type Key = (usize, Domain);

/// The keys of both tables.
fn sides(how: &Join) -> (Vec<Key>, Vec<Key>) {
    how.keys.iter().map(|(l, r, d)| ((*l, d.clone()), (*r, d.clone()))).unzip()
}

/// The keys of a batch, each in its domain.
fn keys_of(batch: &Batch, keys: &[Key]) -> Result<Vec<KeyColumn>> {
    keys.iter().map(|(c, domain)| domain.keys(&batch.columns[*c]).at_column(&batch.schema.fields[*c].name)).collect()
}

/// Holds a table and makes its keys ready to be looked up.
fn hold(table: Gathered, keys: &[Key], how: JoinHow, options: &ExecOptions) -> Result<Held> {
    let n = row_count(table.batch.rows())?;
    // While it is made: a hash and an entry per row. Afterwards: rows, tags, buckets.
    let mut booked = options.budget.reserve(n as usize * 40, "the look-up table of a join")?;
    let rows = RowTable::new(if keys.is_empty() { Vec::new() } else { keys_of(&table.batch, keys)? });
    // Of a table that only says yes or no one row of each key is enough.
    let rows = if how.has_right() { rows } else { rows.firsts_only() };
    let held = rows.bytes();
    booked.shrink(booked.bytes().saturating_sub(held));
    Ok(Held { table, rows, _booked: booked })
}

/// Refuses keys that stand twice. Missing keys match nothing and may.
fn check_unique(batch: &Batch, keys: &[Key], which: &str) -> Result<()> {
    let n = row_count(batch.rows())?;
    let columns = keys_of(batch, keys)?;
    let (codes, firsts) = row_codes(&columns, n);
    if firsts.len() == n as usize {
        return Ok(());
    }
    let mut seen = vec![false; firsts.len()];
    for (row, &code) in codes.iter().enumerate() {
        let there = columns.iter().all(|k| k.is_valid(row as u32));
        if std::mem::replace(&mut seen[code as usize], true) && there {
            return Err(twice(&shown(batch, keys, row), which, row as u64, firsts[code as usize] as u64));
        }
    }
    Ok(())
}

/// The key of a row as text.
fn shown(batch: &Batch, keys: &[Key], row: usize) -> String {
    let one = |(c, _): &Key| format!("{} = {}", batch.schema.fields[*c].name, batch.columns[*c].scalar(row));
    keys.iter().map(one).collect::<Vec<_>>().join(", ")
}

fn twice(key: &str, which: &str, row: u64, first: u64) -> Error {
    Error::invalid(format!("the key {key} stands twice in the {which} table, first in row {first}"))
        .help("leave --validate away to get all pairs")
        .at(Place { row: Some(row), ..Place::default() })
}

/// The join of two tables.
pub(super) fn join(
    left: &Arc<dyn TableSource>,
    right: &Arc<dyn TableSource>,
    how: &Arc<Join>,
    options: &ExecOptions,
) -> Result<Arc<dyn TableSource>> {
    let (left_keys, right_keys) = sides(how);
    if matches!(how.validate, Some(Validate::OneToOne | Validate::OneToMany)) {
        check_side(left, &left_keys, "left", options)?;
    }
    if matches!(how.validate, Some(Validate::OneToOne | Validate::ManyToOne)) {
        check_side(right, &right_keys, "right", options)?;
    }
    let keys = (&left_keys[..], &right_keys[..]);
    match in_memory(left, right, how, options) {
        Err(e) if e.kind() == ErrorKind::Budget => match how.how {
            JoinHow::Cross => Err(e),
            JoinHow::Semi | JoinHow::Anti => on_disk::filtered(left, right, how, keys, options),
            _ => on_disk::joined(left, right, how, keys, options),
        },
        made => made,
    }
}

/// The join with one table held, with an outer join both.
///
/// # Errors
/// Budget, where they do not fit.
fn in_memory(
    left: &Arc<dyn TableSource>,
    right: &Arc<dyn TableSource>,
    how: &Arc<Join>,
    options: &ExecOptions,
) -> Result<Arc<dyn TableSource>> {
    let (left_keys, right_keys) = sides(how);
    let held = match how.how {
        JoinHow::Right => left,
        _ => right,
    };
    if how.how.has_right() {
        fits_by_count(held, 40, "the table that a join holds", options)?;
    }
    match how.how {
        JoinHow::Outer => outer::join(left, right, how, (&left_keys, &right_keys), options),
        JoinHow::Right => {
            let held = hold(gather(left, None, "the left table of a join", options)?, &left_keys, how.how, options)?;
            Ok(Arc::new(JoinSource::new(right.clone(), held, how.clone(), right_keys, pairs::Streams::Right)))
        }
        _ => {
            // Of a table that only says yes or no the keys are enough.
            let (columns, right_keys) = if how.how.has_right() {
                (None, right_keys)
            } else {
                let columns: Vec<usize> = right_keys.iter().map(|(c, _)| *c).collect();
                (Some(columns), right_keys.into_iter().enumerate().map(|(i, (_, d))| (i, d)).collect())
            };
            let held = hold(gather(right, columns.as_deref(), "the right table of a join", options)?, &right_keys, how.how, options)?;
            Ok(Arc::new(JoinSource::new(left.clone(), held, how.clone(), left_keys, pairs::Streams::Left)))
        }
    }
}

fn check_side(source: &Arc<dyn TableSource>, keys: &[Key], which: &str, options: &ExecOptions) -> Result<()> {
    let columns: Vec<usize> = keys.iter().map(|(c, _)| *c).collect();
    let table = match gather(source, Some(&columns), "the keys of a join", options) {
        Err(e) if e.kind() == ErrorKind::Budget => return on_disk::check_unique(source, keys, which, options),
        table => table?,
    };
    let here: Vec<Key> = keys.iter().enumerate().map(|(i, (_, d))| (i, d.clone())).collect();
    check_unique(&table.batch, &here, which)
}
