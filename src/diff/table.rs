//! Tables: columns by name, rows by position.

use super::encoding::attributes;
use super::{Diff, DiffOptions, Difference, Level, Position, Tally, ValueDifference, told_apart};
use crate::dtype::Scalar;
use crate::error::{Result, ResultExt};
use crate::exec::stream;
use crate::kernel::compare::{comparable, differing};
use crate::store::{Batch, Column, IndexSpec, Schema, TableSource};
use rayon::prelude::*;
use std::sync::Arc;

/// Compares two tables; `alike` are those of one format.
pub(super) fn diff(a: &Arc<dyn TableSource>, b: &Arc<dyn TableSource>, alike: bool, options: &DiffOptions) -> Result<Diff> {
    let mut found = Diff::default();
    let (x, y) = (a.schema().clone(), b.schema().clone());
    let pairs = columns(&x, &y, options, &mut found);
    if alike {
        labels(&x, &y, &mut found);
    }
    if !options.ignore.attrs {
        attributes("", &x.attrs, &y.attrs, alike, &mut found);
        for &(i, j) in &pairs {
            attributes(&x.fields[i].name, &x.fields[i].attrs, &y.fields[j].attrs, alike, &mut found);
        }
    }
    let mut compared = Vec::with_capacity(pairs.len());
    for &(i, j) in &pairs {
        let (f, g) = (&x.fields[i], &y.fields[j]);
        if f.dtype != g.dtype {
            found.push(Level::Dtype, "", &*f.name, Some(f.dtype.to_string().into()), Some(g.dtype.to_string().into()));
        }
        if comparable(&f.dtype, &g.dtype) {
            compared.push((i, j));
        } else {
            found.not_compared.push(f.name.clone());
        }
    }
    let ends = values(a, b, &compared, options)?;
    if ends.rows.0 != ends.rows.1 {
        found.push(Level::Structure, "", "rows", Some(ends.rows.0.into()), Some(ends.rows.1.into()));
    }
    for (tally, (i, _)) in ends.tallies.into_iter().zip(compared) {
        let Some((row, first, second)) = tally.first else { continue };
        let level = if i < levels(&x) { Level::Labels } else { Level::Values };
        let values =
            ValueDifference { count: tally.count, total: ends.rows.0.min(ends.rows.1), max_abs: tally.most, first: Position::Row(row) };
        let place = x.fields[i].name.clone();
        let (a, b) = told_apart(first, second);
        found.differences.push(Difference { level, what: "", place, a, b, values: Some(values) });
    }
    Ok(found)
}

/// How many leading columns are labels of the rows.
fn levels(schema: &Schema) -> usize {
    match &schema.index {
        IndexSpec::Levels(levels) => levels.len(),
        _ => 0,
    }
}

/// Columns on one side only, and their order; positions of those that both have.
fn columns(x: &Schema, y: &Schema, options: &DiffOptions, found: &mut Diff) -> Vec<(usize, usize)> {
    let mut pairs = Vec::new();
    for (i, f) in x.fields.iter().enumerate() {
        match y.fields.iter().position(|g| g.name == f.name) {
            Some(j) => pairs.push((i, j)),
            None => found.push(Level::Structure, "column", &*f.name, Some(f.dtype.to_string().into()), None),
        }
    }
    for g in y.fields.iter().filter(|g| !x.fields.iter().any(|f| f.name == g.name)) {
        found.push(Level::Structure, "column", &*g.name, None, Some(g.dtype.to_string().into()));
    }
    if !options.ignore.order && pairs.windows(2).any(|w| w[0].1 > w[1].1) {
        let here: Vec<&str> = pairs.iter().map(|p| x.fields[p.0].name.as_str()).collect();
        let mut there = pairs.clone();
        there.sort_by_key(|p| p.1);
        let there: Vec<&str> = there.iter().map(|p| y.fields[p.1].name.as_str()).collect();
        found.push(Level::Structure, "order of", "columns", Some(here.join(",").into()), Some(there.join(",").into()));
    }
    pairs
}

/// Which columns label the rows, and labels of columns that are no text.
fn labels(x: &Schema, y: &Schema, found: &mut Diff) {
    let (p, q) = (rows_of(x), rows_of(y));
    if p != q {
        found.push(Level::Labels, "", "rows", Some(p.into()), Some(q.into()));
    }
    if x.labels != y.labels {
        let said = |s: &Schema| s.labels.as_ref().map(|l| format!("{:?} under {:?}", l.labels, l.names).into());
        found.push(Level::Labels, "", "columns", said(x), said(y));
    }
}

/// How rows are labelled, in words.
fn rows_of(schema: &Schema) -> String {
    match &schema.index {
        IndexSpec::Default | IndexSpec::Range { start: 0, step: 1, name: None } => "counted from 0".into(),
        IndexSpec::Range { start, step, name } => {
            let name = name.as_ref().map(|n| format!(", named {n:?}")).unwrap_or_default();
            format!("counted from {start} by {step}{name}")
        }
        IndexSpec::Levels(names) => {
            let named = names.iter().map(|n| n.as_ref().map_or("without a name".to_string(), |n| format!("{n:?}")));
            format!("labelled by {}", named.collect::<Vec<_>>().join(", "))
        }
    }
}

/// What reading both to the end has shown.
struct Ends {
    rows: (u64, u64),
    tallies: Vec<Tally>,
}

/// Some rows of one side, batch by batch.
struct Rows<I> {
    batches: I,
    current: Option<(Batch, usize)>,
    seen: u64,
}

impl<I: Iterator<Item = Result<Batch>>> Rows<I> {
    fn new(batches: I) -> Rows<I> {
        Rows { batches, current: None, seen: 0 }
    }

    /// Rows that lie ready; 0 at the end.
    fn ready(&mut self) -> Result<usize> {
        loop {
            if let Some((batch, used)) = &self.current
                && batch.rows() > *used
            {
                return Ok(batch.rows() - used);
            }
            match self.batches.next().transpose()? {
                Some(batch) => {
                    self.seen += batch.rows() as u64;
                    self.current = Some((batch, 0));
                }
                None => return Ok(0),
            }
        }
    }

    fn take(&mut self, rows: usize) -> Option<Batch> {
        let (batch, used) = self.current.as_mut()?;
        let out = batch.slice(*used, rows);
        *used += rows;
        Some(out)
    }

    /// How many rows there are in all.
    fn count(mut self) -> Result<u64> {
        for batch in self.batches {
            self.seen += batch?.rows() as u64;
        }
        Ok(self.seen)
    }
}

/// Reads the columns of both, row by row together, and compares them.
fn values(a: &Arc<dyn TableSource>, b: &Arc<dyn TableSource>, pairs: &[(usize, usize)], options: &DiffOptions) -> Result<Ends> {
    let names: Vec<&str> = pairs.iter().map(|p| a.schema().fields[p.0].name.as_str()).collect();
    let wanted = |side: fn(&(usize, usize)) -> usize| Some(pairs.iter().map(side).collect::<Vec<usize>>());
    let mut left = Rows::new(stream(a, wanted(|p| p.0), &options.exec));
    let mut right = Rows::new(stream(b, wanted(|p| p.1), &options.exec));
    let mut tallies = vec![Tally::default(); pairs.len()];
    let mut row = 0;
    loop {
        let rows = left.ready()?.min(right.ready()?);
        if rows == 0 {
            break;
        }
        let (Some(x), Some(y)) = (left.take(rows), right.take(rows)) else { break };
        let one = |((tally, c), (d, name)): ((&mut Tally, &Column), (&Column, &&str))| -> Result<()> {
            if let Some(found) = differing(c, d, &options.tolerance).at_column(name)? {
                let at = found.first;
                tally.add(&found, (row + at as u64, c.scalar(at), d.scalar(at)));
            }
            Ok(())
        };
        tallies.par_iter_mut().zip(&x.columns).zip(y.columns.par_iter().zip(&names)).with_max_len(1).try_for_each(one)?;
        row += rows as u64;
    }
    // A table may have rows without a column in common.
    Ok(Ends { rows: (left.count()?, right.count()?), tallies })
}

/// A text as a scalar.
pub(super) fn word(text: impl Into<String>) -> Option<Scalar> {
    Some(text.into().into())
}
