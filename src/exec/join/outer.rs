//! The outer join: all rows of both tables, which are both held.

use super::super::ExecOptions;
use super::super::gather::{Order, TakeSource, gather};
use super::pairs::{Origin, indicator};
use super::{Join, Key, hold, keys_of};
use crate::error::{Result, ResultExt};
use crate::kernel::order::{MISSING, row_count};
use crate::plan::JoinColumn;
use crate::store::{Column, TableSource};
use rayon::prelude::*;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

/// Rows that are looked up in one piece of parallel work.
const PIECE: u32 = 64 * 1024;

pub(super) fn join(
    left: &Arc<dyn TableSource>,
    right: &Arc<dyn TableSource>,
    how: &Arc<Join>,
    (left_keys, right_keys): (&[Key], &[Key]),
    options: &ExecOptions,
) -> Result<Arc<dyn TableSource>> {
    let left = gather(left, None, "the left table of a join", options)?;
    let right = hold(gather(right, None, "the right table of a join", options)?, right_keys, how.how, options)?;
    let (n, m) = (row_count(left.batch.rows())?, row_count(right.table.batch.rows())?);
    row_count(n as usize + m as usize)?;
    let mut booked = options.budget.reserve(0, "an outer join")?;
    let keys = keys_of(&left.batch, left_keys)?;
    let matched: Vec<AtomicBool> = (0..m).map(|_| AtomicBool::new(false)).collect();
    let probe = right.rows.probe(&keys);
    let pieces: Vec<(Vec<u32>, Vec<u32>)> = (0..n.div_ceil(PIECE))
        .into_par_iter()
        .map(|piece| {
            let (mut here, mut there) = (Vec::new(), Vec::new());
            probe.look_up(piece * PIECE..n.min((piece + 1) * PIECE), |row, found| {
                found.iter().for_each(|&f| matched[f as usize].store(true, Relaxed));
                here.extend(std::iter::repeat_n(row, found.len().max(1)));
                if found.is_empty() {
                    there.push(MISSING)
                } else {
                    there.extend_from_slice(found)
                }
                true
            });
            (here, there)
        })
        .collect();
    let total = pieces.iter().map(|(h, _)| h.len()).sum::<usize>();
    let alone: Vec<u32> = (0..m).filter(|&r| !matched[r as usize].load(Relaxed)).collect();
    let rows = row_count(total + alone.len())? as usize;
    if !booked.try_grow(rows * 12) {
        return Err(super::super::gather::too_large("an outer join", rows, rows * 12, options));
    }
    let (mut here, mut there) = (Vec::with_capacity(rows), Vec::with_capacity(rows));
    for (h, t) in pieces {
        here.extend(h);
        there.extend(t);
    }
    here.extend(std::iter::repeat_n(MISSING, alone.len()));
    there.extend(alone);
    // A key is that of the left row, or of the right one where there is no left row: the two columns stand one below the other.
    let either: Vec<u32> = here.iter().zip(&there).map(|(&h, &t)| if h == MISSING { n + t } else { h }).collect();
    let origin = |(&h, &t): (&u32, &u32)| match (h, t) {
        (MISSING, _) => Origin::Right,
        (_, MISSING) => Origin::Left,
        _ => Origin::Both,
    };
    let origins = how.columns.contains(&JoinColumn::Indicator).then(|| indicator(here.iter().zip(&there).map(origin))).transpose()?;
    let columns = how.columns.iter().zip(&how.schema.fields).map(|(column, field)| {
        Ok(match *column {
            JoinColumn::Left(c) => (0, left.batch.columns[c].clone()),
            JoinColumn::Right(c) => (1, right.table.batch.columns[c].clone()),
            JoinColumn::Key(k) => {
                let (l, r, _) = how.keys[k];
                let both = [left.batch.columns[l].cast(&field.dtype), right.table.batch.columns[r].cast(&field.dtype)];
                let both = both.into_iter().collect::<Result<Vec<Column>>>().at_column(&field.name)?;
                (2, Column::concat(&both)?)
            }
            JoinColumn::Indicator => (3, origins.clone().unwrap_or_else(|| Column::missing(field.dtype.clone(), rows))),
        })
    });
    let columns = columns.collect::<Result<Vec<_>>>()?;
    let order = |rows: Vec<u32>, optional| Order { rows: Some(rows.into()), optional };
    let orders = vec![order(here, true), order(there, true), order(either, false), Order { rows: None, optional: false }];
    let mut notices = left.notices;
    notices.extend(right.table.notices);
    Ok(Arc::new(TakeSource::new(how.schema.clone(), columns, orders, rows, notices, vec![left.booked, right.table.booked, booked])))
}
