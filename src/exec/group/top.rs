//! The first rows of each group in an order, found while the rows stream by: only the best so far are held.

use super::rows::{Codes, NONE, codes};
use crate::error::{Result, ResultExt};
use crate::exec::eval::evaluate;
use crate::exec::gather::{Order, TakeSource, new_bytes, too_large};
use crate::exec::order::take_own;
use crate::exec::{ExecOptions, stream};
use crate::kernel::order::{Direction, KeyColumn, SortKey, compare_rows, row_count, sort_rows};
use crate::plan::{GroupOrder, GroupRows, RowVerb, Typed};
use crate::store::{Batch, Column, TableSource};
use hashbrown::HashSet;
use std::sync::Arc;

/// So many new rows are looked at together.
const WINDOW: usize = 1 << 20;
/// Up to so many rows of a group are found by putting each row in its place; more by sorting all.
const MOST_PLACES: usize = 32;

/// The first rows of each group, group by group: a table with some columns, and which of the input's these are (`wanted`, all when
/// `None`, and those that are looked at).
///
/// The best so far stand, group by group, before the rows that come later; so rows that are equal stay in their order, and groups
/// in that of their first row.
pub(in crate::exec) fn top_rows(
    input: &Arc<dyn TableSource>,
    plan: &GroupRows,
    wanted: Option<&[usize]>,
    options: &ExecOptions,
) -> Result<(Arc<dyn TableSource>, Vec<usize>)> {
    let RowVerb::Top { rows: most, by } = &plan.verb else {
        return Err(crate::error::Error::internal("the first rows of groups that are to be changed"));
    };
    // What looks at other rows must see all of them.
    let at_once = plan.keys.iter().any(|k| k.values.has_order());
    let mut held: Vec<usize> = match wanted {
        None => (0..input.schema().fields.len()).collect(),
        Some(wanted) => {
            plan.keys.iter().flat_map(|k| k.values.columns()).chain(by.iter().map(|b| b.0)).chain(wanted.iter().copied()).collect()
        }
    };
    held.sort_unstable();
    held.dedup();
    let at = |c: usize| held.iter().position(|&x| x == c).unwrap_or(0);
    let keys: Vec<Typed> = plan.keys.iter().map(|k| k.values.clone().with_columns(&at)).collect();
    let by: Vec<(usize, Direction)> = by.iter().map(|&(c, direction)| (at(c), direction)).collect();
    let schema = Arc::new(input.schema().project(&held));

    let mut dropped = 0;
    let mut best = |batches: &[Batch], order: GroupOrder| -> Result<Batch> {
        let all = Batch::concat(&schema, batches)?;
        let _work = options.budget.reserve(all.rows() * (8 + 16 * keys.len()), "rows in groups")?;
        let keys = keys.iter().map(|k| evaluate(k, &all)).collect::<Result<Vec<Column>>>()?;
        let codes = codes(&keys, plan.keep_missing, order)?;
        dropped += codes.codes.iter().filter(|c| **c == NONE).count() as u64;
        let key = |&(c, direction): &(usize, Direction)| {
            Ok(SortKey { keys: KeyColumn::new(&all.columns[c]).at_column(&schema.fields[c].name)?, direction })
        };
        let rows = top(&codes, &by.iter().map(key).collect::<Result<Vec<_>>>()?, *most)?;
        let n = rows.len();
        // Views would keep the texts of all rows that were ever looked at.
        Batch::with_rows(schema.clone(), take_own(&all.columns, &rows.into())?, n)
    };
    let mut booked = options.budget.reserve(0, "rows in groups")?;
    let (mut waiting, mut kept, mut new) = (Vec::new(), 0, 0);
    let mut seen = HashSet::new();
    for batch in stream(input, Some(held.clone()), options) {
        let batch = batch?;
        new += batch.rows();
        if !booked.try_grow(batch.columns.iter().map(|c| new_bytes(c, &mut seen)).sum()) {
            return Err(too_large("rows in groups", kept + new, booked.bytes(), options));
        }
        waiting.push(batch);
        let enough = new >= WINDOW || booked.bytes() > options.budget.limit() / 8;
        // Not before as many are new as were kept: so each row is looked at a few times at most.
        if enough && new >= kept && !at_once {
            let batch = best(&waiting, GroupOrder::Appearance)?;
            (kept, new) = (batch.rows(), 0);
            seen.clear();
            booked.shrink(usize::MAX);
            if !booked.try_grow(batch.columns.iter().map(|c| new_bytes(c, &mut seen)).sum()) {
                return Err(too_large("rows in groups", kept, booked.bytes(), options));
            }
            waiting = vec![batch];
        }
    }
    let batch = best(&waiting, plan.order)?;
    drop(waiting);
    let mut notices = input.notices();
    super::warn_dropped(&mut notices, dropped);
    let (n, columns) = (batch.rows(), batch.columns.into_iter().map(|c| (0, c)).collect());
    let as_they_stand = vec![Order { rows: None, optional: false }];
    Ok((Arc::new(TakeSource::new(schema, columns, as_they_stand, n, notices, vec![booked])), held))
}

/// The first rows of each group in an order: the rows' numbers, group by group.
fn top(codes: &Codes, by: &[SortKey], most: usize) -> Result<Vec<u32>> {
    let rows = row_count(codes.codes.len())?;
    if most == 0 {
        return Ok(Vec::new());
    }
    if most <= MOST_PLACES && codes.len().saturating_mul(most) <= 2 * rows as usize + 64 {
        return Ok(match by {
            [SortKey { keys: KeyColumn::Words { words, valid: None }, direction }] => {
                let flip = if *direction == Direction::Descending { u64::MAX } else { 0 };
                placed(codes, most, |a, b| words[a as usize] ^ flip < words[b as usize] ^ flip)
            }
            by => placed(codes, most, |a, b| compare_rows(a, b, by).is_lt()),
        });
    }
    let mut counts = vec![0u32; codes.len()];
    let mut kept: Vec<u32> = Vec::new();
    let mut numbers: Vec<u32> = Vec::new();
    for row in sort_rows(by, rows) {
        let c = codes.codes[row as usize];
        if c != NONE && (counts[c as usize] as usize) < most {
            counts[c as usize] += 1;
            kept.push(row);
            numbers.push(c);
        }
    }
    // A stable sort by group: counted, as the numbers are dense.
    let picked = Codes { codes: numbers, firsts: codes.firsts.clone() };
    Ok(picked.members().0.into_iter().map(|i| kept[i as usize]).collect())
}

/// The same, where each group has a few places: a row goes behind those that do not come after it, the last one drops out.
fn placed(codes: &Codes, most: usize, before: impl Fn(u32, u32) -> bool) -> Vec<u32> {
    let mut places = vec![NONE; codes.len() * most];
    let mut counts = vec![0u8; codes.len()];
    for (row, &c) in codes.codes.iter().enumerate() {
        if c == NONE {
            continue;
        }
        let (row, places) = (row as u32, &mut places[c as usize * most..][..most]);
        let count = &mut counts[c as usize];
        let mut at = *count as usize;
        if at == most {
            if !before(row, places[most - 1]) {
                continue;
            }
            at -= 1;
        } else {
            *count += 1;
        }
        while at > 0 && before(row, places[at - 1]) {
            places[at] = places[at - 1];
            at -= 1;
        }
        places[at] = row;
    }
    places.retain(|&row| row != NONE);
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_in_places_are_those_of_a_sort() {
        let n = 20_000u64;
        let mix = |i: u64| (i.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40) as u32;
        let groups: Vec<i64> = (0..n).map(|i| (mix(i) % 97) as i64).collect();
        let values: Vec<Option<f64>> = (0..n).map(|i| (mix(i + n) % 11 != 0).then_some((mix(i + 2 * n) % 50) as f64)).collect();
        let full: Vec<f64> = values.iter().map(|v| v.unwrap_or(-1.0)).collect();
        let codes = codes(&[groups.into()], true, GroupOrder::Appearance).unwrap();
        for column in [Column::from(values), Column::from(full)] {
            for direction in [Direction::Ascending, Direction::Descending] {
                let by = [SortKey { keys: KeyColumn::new(&column).unwrap(), direction }];
                let (rows, starts) = codes.members();
                for most in [1, 2, 7, 32] {
                    let mut want = Vec::new();
                    for w in starts.windows(2) {
                        let mut group = rows[w[0]..w[1]].to_vec();
                        group.sort_by(|&a, &b| compare_rows(a, b, &by));
                        want.extend(group.into_iter().take(most));
                    }
                    assert_eq!(top(&codes, &by, most).unwrap(), want);
                }
            }
        }
        assert!(top(&codes, &[], 0).unwrap().is_empty());
    }
}
