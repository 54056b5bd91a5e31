//! Pairs of rows while one table streams.

use super::{Held, keys_of};
use crate::dtype::DType;
use crate::error::{Notices, Result};
use crate::kernel::order::{Domain, KeyColumn, MISSING, take, take_optional};
use crate::plan::{Join, JoinColumn, JoinHow};
use crate::store::{Batch, BatchIter, Column, ScanRequest, Schema, TableSource};
use arrow::array::{DictionaryArray, StringViewArray, UInt32Array};
use arrow::datatypes::UInt32Type;
use std::sync::Arc;

/// Which table streams past the other one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Streams {
    Left,
    Right,
}

/// The join as a source: as many parts as the table that streams.
#[derive(Debug)]
pub(super) struct JoinSource {
    input: Arc<dyn TableSource>,
    held: Arc<Held>,
    join: Arc<Join>,
    keys: Vec<(usize, Domain)>,
    streams: Streams,
}

/// Where a column of the result comes from: the batch that streams, or the table that is held.
#[derive(Clone, Copy, Debug)]
enum From {
    Batch(usize),
    Held(usize),
    Indicator,
}

impl JoinSource {
    pub(super) fn new(
        input: Arc<dyn TableSource>,
        held: Held,
        join: Arc<Join>,
        keys: Vec<(usize, Domain)>,
        streams: Streams,
    ) -> JoinSource {
        JoinSource { input, held: Arc::new(held), join, keys, streams }
    }

    fn from(&self, column: usize) -> From {
        match (self.join.columns[column], self.streams) {
            (JoinColumn::Left(c), Streams::Left) | (JoinColumn::Right(c), Streams::Right) => From::Batch(c),
            (JoinColumn::Left(c), Streams::Right) | (JoinColumn::Right(c), Streams::Left) => From::Held(c),
            // Every row of the result is one of the table that streams, so it has the key.
            (JoinColumn::Key(k), Streams::Left) => From::Batch(self.join.keys[k].0),
            (JoinColumn::Key(k), Streams::Right) => From::Batch(self.join.keys[k].1),
            (JoinColumn::Indicator, _) => From::Indicator,
        }
    }
}

impl TableSource for JoinSource {
    fn schema(&self) -> &Arc<Schema> {
        &self.join.schema
    }
    fn rows(&self) -> Option<u64> {
        match self.join.how {
            JoinHow::Left if self.held.rows.is_unique() => self.input.rows(),
            JoinHow::Cross => self.input.rows()?.checked_mul(self.held.table.batch.rows() as u64),
            _ => None,
        }
    }
    fn parts(&self) -> usize {
        self.input.parts()
    }
    fn part_bytes(&self, part: usize) -> u64 {
        self.input.part_bytes(part)
    }
    fn notices(&self) -> Notices {
        let mut all = self.input.notices();
        all.extend(self.held.table.notices.clone());
        all
    }
    fn scan(&self, part: usize, request: &ScanRequest) -> Result<BatchIter> {
        let (wanted, schema): (Vec<usize>, _) = match &request.columns {
            None => ((0..self.join.schema.fields.len()).collect(), self.join.schema.clone()),
            Some(columns) => (columns.clone(), Arc::new(self.join.schema.project(columns))),
        };
        // Of the table that streams only what the result or the keys need is read.
        let mut needed: Vec<usize> = Vec::new();
        let mut place = |c: usize| {
            needed.iter().position(|&n| n == c).unwrap_or_else(|| {
                needed.push(c);
                needed.len() - 1
            })
        };
        let columns: Vec<From> = wanted
            .into_iter()
            .map(|c| match self.from(c) {
                From::Batch(c) => From::Batch(place(c)),
                other => other,
            })
            .collect();
        let keys: Vec<(usize, Domain)> = self.keys.iter().map(|(c, d)| (place(*c), d.clone())).collect();
        let inner = ScanRequest { columns: Some(needed), predicates: Vec::new(), ..request.clone() };
        let batches = self.input.scan(part, &inner)?;
        let work = Work { held: self.held.clone(), how: self.join.how, streams: self.streams, columns, schema, most: request.batch_rows };
        Ok(Box::new(batches.flat_map(move |batch| -> BatchIter {
            match batch.and_then(|batch| Ok((keys_of(&batch, &keys)?, batch))) {
                Ok((keys, batch)) => Box::new(work.clone().batches(batch, keys)),
                Err(e) => Box::new(std::iter::once(Err(e))),
            }
        })))
    }
}

/// What is done to every batch.
#[derive(Clone, Debug)]
struct Work {
    held: Arc<Held>,
    how: JoinHow,
    streams: Streams,
    columns: Vec<From>,
    schema: Arc<Schema>,
    most: usize,
}

impl Work {
    /// The result for a batch, in pieces of not much more rows than are wanted at a time.
    fn batches(self, batch: Batch, keys: Vec<KeyColumn>) -> impl Iterator<Item = Result<Batch>> {
        let rows = batch.rows() as u32;
        let held_rows = self.held.table.batch.rows() as u32;
        let (mut next, mut within, mut ended) = (0, 0, false);
        // Hashes are made once per batch, whatever the number of pieces.
        let hashes = if self.how == JoinHow::Cross { None } else { Some(self.held.rows.probe(&keys).into_hashes()) };
        std::iter::from_fn(move || {
            if ended || next >= rows {
                return None;
            }
            let (mut here, mut there): (Vec<u32>, Vec<u32>) = (Vec::with_capacity(rows as usize), Vec::with_capacity(rows as usize));
            let all = matches!(self.how, JoinHow::Left | JoinHow::Right);
            match &hashes {
                None => {
                    while next < rows && here.len() < self.most {
                        let count = (held_rows - within).min((self.most - here.len()) as u32);
                        here.extend(std::iter::repeat_n(next, count as usize));
                        there.extend(within..within + count);
                        within += count;
                        if within == held_rows {
                            (next, within) = (next + 1, 0);
                        }
                    }
                }
                Some(hashes) => {
                    let probe = self.held.rows.probe_with(&keys, hashes);
                    let (how, most) = (self.how, self.most);
                    next = probe.look_up(next..rows, |row, found| {
                        match (how, found) {
                            (JoinHow::Semi, []) => {}
                            (JoinHow::Semi, _) => here.push(row),
                            (JoinHow::Anti, []) => here.push(row),
                            (JoinHow::Anti, _) => {}
                            (_, []) if all => {
                                here.push(row);
                                there.push(MISSING);
                            }
                            (_, &[one]) => {
                                here.push(row);
                                there.push(one);
                            }
                            _ => {
                                here.extend(std::iter::repeat_n(row, found.len()));
                                there.extend_from_slice(found);
                            }
                        }
                        here.len() < most
                    });
                }
            }
            let made = self.piece(&batch, here, there);
            ended = made.is_err();
            Some(made)
        })
    }

    fn piece(&self, batch: &Batch, here: Vec<u32>, there: Vec<u32>) -> Result<Batch> {
        let rows = here.len();
        // Rows that stand as they stood are not taken again.
        let first = here.first().copied().unwrap_or(0);
        let run = here.iter().enumerate().all(|(i, &r)| r == first + i as u32);
        let missing = there.contains(&MISSING);
        let indicator = self.columns.iter().any(|c| matches!(c, From::Indicator)).then(|| {
            let alone = if self.streams == Streams::Left { Origin::Left } else { Origin::Right };
            indicator(there.iter().map(|&t| if t == MISSING { alone } else { Origin::Both }))
        });
        let indicator = indicator.transpose()?;
        let (here, there) = (here.into(), there.into());
        let columns = self.columns.iter().map(|c| {
            Ok(match c {
                From::Batch(c) if run => batch.columns[*c].slice(first as usize, rows),
                From::Batch(c) => take(std::slice::from_ref(&batch.columns[*c]), &here)?.swap_remove(0),
                From::Held(c) => {
                    let column = std::slice::from_ref(&self.held.table.batch.columns[*c]);
                    if missing { take_optional(column, &there)?.swap_remove(0) } else { take(column, &there)?.swap_remove(0) }
                }
                From::Indicator => match &indicator {
                    Some(made) => made.clone(),
                    None => Column::missing(DType::Categorical { ordered: false }, rows),
                },
            })
        });
        Batch::with_rows(self.schema.clone(), columns.collect::<Result<_>>()?, rows)
    }
}

/// Where a row of a join comes from.
#[derive(Clone, Copy)]
pub(super) enum Origin {
    Left,
    Right,
    Both,
}

/// The column that says where rows come from.
pub(super) fn indicator(origins: impl Iterator<Item = Origin>) -> Result<Column> {
    let list = StringViewArray::from(vec!["left_only", "right_only", "both"]);
    let codes = UInt32Array::from_iter_values(origins.map(|o| o as u32));
    let values = DictionaryArray::<UInt32Type>::try_new(codes, Arc::new(list))?;
    Column::new(DType::Categorical { ordered: false }, Arc::new(values))
}
