//! Few groups of which not even one holds its values in memory: what needs all of them (different values, the most frequent one, quantiles, and
//! whatever is asked of texts) is read off the values of each group in order, sorted in a temporary file. All else is added up as ever.

use super::finish;
use super::groups::Spec;
use super::held::{Held, Numbers};
use super::on_disk::merged;
use super::state::{ArgumentSpec, Need, State, is_text};
use super::tallies::Values;
use super::{All, Asked, Wanted};
use crate::error::Result;
use crate::exec::ExecOptions;
use crate::exec::spilled::Blocks;
use crate::kernel::agg::Agg;
use crate::store::{ScanRequest, TableSource};
use arrow::array::AsArray;
use arrow::datatypes::UInt64Type;
use hashbrown::HashMap;
use std::sync::Arc;

/// The groups of a part, each with the number of its first row.
pub(super) fn part_groups(
    blocks: &Blocks,
    runs: &[(u32, usize)],
    spec: &Spec,
    asked: &Asked,
    options: &ExecOptions,
) -> Result<Arc<dyn TableSource>> {
    let lean = Spec { arguments: spec.arguments.iter().map(lean).collect(), ..spec.clone() };
    let mut starts = vec![0];
    (0..blocks.parts()).for_each(|b| starts.push(starts[b] + blocks.part_rows(b).unwrap_or(0) as usize));
    let (all, texts) = merged(blocks, starts, runs, &lean, options)?;
    let mut found: Vec<Vec<Held>> = asked.wanted.iter().map(|_| Vec::new()).collect();
    for (argument, a) in spec.arguments.iter().enumerate() {
        let of_it = |(i, w): (usize, &Wanted)| match w {
            Wanted::Of { agg, argument: x, state, .. } if *x == argument && apart(a, a.needs[*state]) => Some((i, *agg, a.needs[*state])),
            _ => None,
        };
        let wanted: Vec<(usize, Agg, Need)> = asked.wanted.iter().enumerate().filter_map(of_it).collect();
        // Numbers of decimals are other values than decimals.
        let (of_numbers, of_values) = wanted.into_iter().partition(|w| w.2 == Need::HoldNumbers);
        for (wanted, as_numbers) in [(of_numbers, true), (of_values, false)] {
            let wanted: Vec<(usize, Agg, Need)> = wanted;
            if !wanted.is_empty() {
                let column = spec.layout.fields.len() + argument;
                let values = Values { blocks, keys: spec.layout.fields.len(), column, keep_missing: asked.plan.keep_missing, options };
                let aggs: Vec<Agg> = wanted.iter().map(|w| w.1).collect();
                let made = values.made(&a.dtype, as_numbers, &aggs, &all)?;
                wanted.iter().zip(made).for_each(|(w, held)| found[w.0] = held);
            }
        }
    }
    let numbers = Numbers::Some(row_numbers(blocks, &all, options)?);
    Ok(Arc::new(finish::finish(asked, &lean, all, texts, Some(numbers), found)?))
}

/// Whether this is made of sorted values.
fn apart(argument: &ArgumentSpec, need: Need) -> bool {
    matches!(need, Need::Hold | Need::HoldNumbers) || is_text(&argument.dtype) && need != Need::Nothing
}

/// What is added up as ever.
fn lean(argument: &ArgumentSpec) -> ArgumentSpec {
    let needs = argument.needs.iter().map(|&need| if apart(argument, need) { Need::Nothing } else { need }).collect();
    ArgumentSpec { needs, known: argument.known.filter(|_| !is_text(&argument.dtype)), ..argument.clone() }
}

/// The numbers in the whole table of the rows that groups know.
fn row_numbers(blocks: &Blocks, all: &All, options: &ExecOptions) -> Result<HashMap<u64, u64>> {
    let mut rows: Vec<u64> = Vec::new();
    for groups in &all.partitions {
        rows.extend(&groups.first);
        for state in groups.arguments.iter().flat_map(|a| &a.states) {
            match state {
                State::Order(s) => rows.extend((0..groups.len()).filter_map(|g| s.row(g))),
                State::WideOrder(s) => rows.extend((0..groups.len()).filter_map(|g| s.row(g))),
                _ => {}
            }
        }
    }
    rows.sort_unstable();
    rows.dedup();
    let column = blocks.schema().fields.len() - 2;
    let request = ScanRequest { columns: Some(vec![column]), ..ScanRequest::all(&options.budget) };
    let (mut found, mut start, mut at) = (HashMap::new(), 0, 0);
    for block in 0..blocks.parts() {
        let end = start + blocks.part_rows(block).unwrap_or(0);
        let here = rows[at..].iter().take_while(|row| **row < end).count();
        if here > 0 {
            let batch = blocks.read(block, Some(&request))?;
            let numbers = batch.columns[0].values().as_primitive::<UInt64Type>();
            found.extend(rows[at..at + here].iter().map(|&row| (row, numbers.value((row - start) as usize))));
        }
        (start, at) = (end, at + here);
    }
    Ok(found)
}
