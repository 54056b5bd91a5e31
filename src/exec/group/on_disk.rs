//! Groups that do not fit the budget: evaluated rows are parted by their keys in temporary files, and the parts are grouped one by one.
//!
//! Sums are formed run by run, so each row takes along of which run it is, and whether keys were still looked up there: then a group is added up
//! in the same steps as in memory, and has the same bits. Row numbers and keys bring the groups of all parts into their order.

use super::groups::{Partial, Run, Spec};
use super::held::Numbers;
use super::texts::{Known, Texts};
use super::{All, Asked, Columns, Work, finish, large, merge_all, taken, warn_dropped};
use crate::dtype::DType;
use crate::error::{ErrorKind, Result};
use crate::exec::order::Sorter;
use crate::exec::ordered::{Ordered, Parts};
use crate::exec::spilled::{Blocks, Parting, numbered, row_hashes, row_numbers, too_deep};
use crate::exec::{ExecOptions, stream};
use crate::kernel::order::{Direction, take};
use crate::plan::GroupOrder;
use crate::store::{Batch, Budget, Column, Field, Schema, TableSource};
use arrow::array::{ArrayRef, AsArray, DictionaryArray, StringViewArray, UInt32Array};
use arrow::datatypes::{UInt32Type, UInt64Type};
use hashbrown::HashMap;
use std::collections::VecDeque;
use std::sync::{Arc, RwLock};

/// All groups of the rows.
pub(super) fn group(work: &Arc<Work>, asked: &Asked, options: &ExecOptions) -> Result<Arc<dyn TableSource>> {
    let (mut spread, mut dropped) = (Spread::new(&work.spec, &rows_schema(work), 0, options)?, 0);
    let mut lists: Vec<Option<List>> = asked.plan.keys.iter().map(|k| List::of(&k.values.dtype)).collect();
    let (mut rows, mut run) = (0u64, 0u32);
    for piece in Ordered::new(Scatter(work.clone()), options) {
        let piece = piece?;
        dropped += piece.left_out.iter().filter(|m| **m).count() as u64;
        for (list, column) in lists.iter_mut().zip(&piece.columns.keys) {
            list.iter_mut().for_each(|l| l.add(column));
        }
        spread.piece(piece.columns, &piece.left_out, rows, run << 1 | piece.append as u32)?;
        rows += piece.rows as u64;
        run += piece.ends as u32;
    }
    // Categories are in the order of their lists: the places in them stand behind the other columns.
    let schema = numbered(&asked.plan.schema);
    let width = schema.fields.len();
    let ranked: Vec<usize> = (0..lists.len()).filter(|&k| lists[k].is_some()).collect();
    let fields = schema.fields.iter().cloned().chain(ranked.iter().map(|k| Field::new(format!("\0{k}"), DType::U32)));
    let schema = Arc::new(Schema::new(fields.collect()));
    let place = |k: usize| ranked.iter().position(|&r| r == k).map_or(k, |i| width + i);
    let by: Vec<usize> = match asked.plan.order {
        GroupOrder::Sorted => (0..lists.len()).map(place).collect(),
        GroupOrder::Appearance => vec![width - 1],
    };
    let by: Vec<(usize, Direction)> = by.into_iter().map(|c| (c, Direction::Ascending)).collect();
    let mut sorter = Sorter::new(&schema, &by, options)?;
    let arrays: Vec<Option<ArrayRef>> = lists.iter().map(|l| l.as_ref().map(List::array)).collect();
    spread.groups(&work.spec, asked, options, &mut |batch: Option<Batch>| {
        let Some(batch) = batch else { return sorter.run() };
        let mut columns = batch.columns.clone();
        for &k in &ranked {
            if let (Some(list), Some(array)) = (&lists[k], &arrays[k]) {
                let codes = list.codes(&columns[k]);
                let values = DictionaryArray::<UInt32Type>::try_new(codes.clone(), array.clone())?;
                columns[k] = Column::new(columns[k].dtype().clone(), Arc::new(values))?;
                columns.push(Column::new(DType::U32, Arc::new(codes))?);
            }
        }
        sorter.push(Batch::with_rows(schema.clone(), columns, batch.rows())?)
    })?;
    let mut notices = asked.notices.clone();
    warn_dropped(&mut notices, dropped);
    sorter.finish(asked.plan.schema.clone(), notices)
}

/// The categories of a key in the order of their lists, the first list first.
#[derive(Default)]
pub(super) struct List {
    names: Vec<String>,
    places: HashMap<String, u32>,
    last: Option<ArrayRef>,
}

impl List {
    pub(super) fn of(dtype: &DType) -> Option<List> {
        matches!(dtype, DType::Categorical { .. }).then(List::default)
    }

    pub(super) fn add(&mut self, column: &Column) {
        let values = column.values().as_dictionary::<UInt32Type>().values();
        if self.last.as_ref().is_some_and(|l| Arc::ptr_eq(l, values)) {
            return;
        }
        for name in values.as_string_view().iter().flatten() {
            if !self.places.contains_key(name) {
                self.places.insert(name.to_string(), self.names.len() as u32);
                self.names.push(name.to_string());
            }
        }
        self.last = Some(values.clone());
    }

    pub(super) fn array(&self) -> ArrayRef {
        Arc::new(self.names.iter().map(Some).collect::<StringViewArray>())
    }

    /// The places of a column's categories.
    pub(super) fn codes(&self, column: &Column) -> UInt32Array {
        let codes = column.values().as_dictionary::<UInt32Type>();
        let own: Vec<Option<u32>> = codes.values().as_string_view().iter().map(|n| self.places.get(n?).copied()).collect();
        codes.keys().iter().map(|k| own.get(k? as usize).copied().flatten()).collect()
    }
}

/// Keys, arguments, pairs; then the number of the row, and its run.
fn rows_schema(work: &Work) -> Arc<Schema> {
    let values = work.keys.iter().chain(&work.arguments).chain(work.pairs.iter().flatten()).map(|(t, _)| t.dtype.clone());
    let all = values.chain([DType::U64, DType::U32]);
    Arc::new(Schema::new(all.enumerate().map(|(i, dtype)| Field::new(i.to_string(), dtype)).collect()))
}

/// A stretch of rows as it is written.
struct Piece {
    columns: Columns,
    rows: usize,
    /// Rows that are in no group; empty where all are.
    left_out: Vec<bool>,
    /// Whether keys are looked up no more.
    append: bool,
    /// Whether the run ends here.
    ends: bool,
}

/// The pieces of all parts of the input.
struct Scatter(Arc<Work>);

impl Parts for Scatter {
    type Item = Piece;
    fn parts(&self) -> usize {
        self.0.source.parts()
    }
    fn open(&self, part: usize) -> Result<Box<dyn Iterator<Item = Result<Piece>> + Send>> {
        let work = self.0.clone();
        let mut batches = work.source.scan(part, &work.request)?;
        // Only where runs end is found out here.
        let spec = Spec { arguments: Vec::new(), pairs: 0, ..work.spec.clone() };
        let known = move || -> Vec<Known> { (0..work.spec.known).map(|_| Known::default()).collect() };
        let work = self.0.clone();
        let (mut run, mut words) = (Run::new(&spec), known());
        let mut left: Option<(Columns, usize)> = None;
        let mut made: VecDeque<Piece> = VecDeque::new();
        let mut ended = false;
        Ok(Box::new(std::iter::from_fn(move || {
            let mut step = || -> Result<Option<Piece>> {
                // The last piece of a part is known when the next one is there, or the end.
                while made.len() < 2 && !ended {
                    if left.is_none() {
                        match batches.next().transpose()? {
                            Some(batch) => left = Some((work.columns(&batch)?, 0)),
                            None => {
                                ended = true;
                                break;
                            }
                        }
                    }
                    let Some((columns, at)) = &mut left else { break };
                    let n = run.room().min(columns.rows - *at);
                    if n > 0 {
                        let columns = columns.slice(*at, n);
                        let append = run.appends();
                        run.take(&spec, &columns.keys, &[], &[], n, &mut words)?;
                        let left_out = if run.left_out().contains(&true) { run.left_out().to_vec() } else { Vec::new() };
                        let ends = run.is_full();
                        if ends {
                            (run, words) = (Run::new(&spec), known());
                        }
                        made.push_back(Piece { columns, rows: n, left_out, append, ends });
                        *at += n;
                    }
                    if *at >= columns.rows {
                        left = None;
                    }
                }
                let piece = made.pop_front();
                // A part ends its last run, be it full or not.
                Ok(piece.map(|piece| Piece { ends: piece.ends || made.is_empty() && ended, ..piece }))
            };
            let piece = step();
            if piece.is_err() {
                ended = true;
            }
            piece.transpose()
        })))
    }
    fn weight(&self, piece: &Piece) -> usize {
        piece.columns.all().map(|c| c.bytes()).sum()
    }
    fn progress(&self, part: usize) -> u64 {
        self.0.source.part_bytes(part)
    }
}

/// Rows on their way to parts.
struct Spread {
    parting: Parting,
    keys: usize,
    level: u32,
    /// For each part its runs, and how many rows of each it has.
    runs: Vec<Vec<(u32, usize)>>,
}

impl Spread {
    fn new(spec: &Spec, schema: &Arc<Schema>, level: u32, options: &ExecOptions) -> Result<Spread> {
        Ok(Spread { parting: Parting::new(schema, level, options)?, keys: spec.layout.fields.len(), level, runs: Vec::new() })
    }

    fn piece(&mut self, columns: Columns, left_out: &[bool], first: u64, run: u32) -> Result<()> {
        let n = columns.rows;
        let all: Vec<Column> = columns.all().cloned().chain([row_numbers(first, n), Column::from(vec![run; n])]).collect();
        if left_out.is_empty() {
            return self.push(&all, run);
        }
        let stay: Vec<u32> = (0..n as u32).filter(|&i| !left_out[i as usize]).collect();
        self.push(&take(&all, &stay.into())?, run)
    }

    /// Rows of one run.
    fn push(&mut self, columns: &[Column], run: u32) -> Result<()> {
        let rows = columns.first().map_or(0, Column::len);
        let hashes = if self.keys == 0 { vec![0; rows] } else { row_hashes(&columns[..self.keys])? };
        let starts = self.parting.push(columns, &hashes)?;
        self.runs.resize(starts.len() - 1, Vec::new());
        for (runs, w) in self.runs.iter_mut().zip(starts.windows(2)) {
            let n = w[1] - w[0];
            match runs.last_mut() {
                _ if n == 0 => {}
                Some((last, rows)) if *last >> 1 == run >> 1 => *rows += n,
                _ => runs.push((run, n)),
            }
        }
        Ok(())
    }

    /// Whether all rows of these runs went to one part.
    fn stays(&self, runs: &[(u32, usize)]) -> bool {
        let rows = |runs: &[(u32, usize)]| runs.iter().map(|r| r.1).sum::<usize>();
        self.runs.iter().any(|part| rows(part) == rows(runs))
    }

    /// The groups of all parts; `None` where what waits is to be written, because memory is needed.
    fn groups(self, spec: &Spec, asked: &Asked, options: &ExecOptions, out: &mut dyn FnMut(Option<Batch>) -> Result<()>) -> Result<()> {
        let Spread { parting, level, runs, .. } = self;
        for (blocks, runs) in parting.finish()?.into_iter().zip(runs) {
            match part_groups(&blocks, &runs, spec, asked, options) {
                Ok(made) => stream(&made, None, options).try_for_each(|batch| out(Some(batch?)))?,
                Err(e) if e.kind() == ErrorKind::Budget => {
                    if !too_deep(level) {
                        let mut again = Spread::new(spec, blocks.schema(), level + 1, options)?;
                        for block in 0..blocks.parts() {
                            let batch = blocks.read(block, None)?;
                            for (start, n, run) in stretches(&batch.columns, batch.rows()) {
                                again.push(&batch.slice(start, n).columns, run)?;
                            }
                        }
                        if !again.stays(&runs) {
                            drop(blocks);
                            again.groups(spec, asked, options, out)?;
                            continue;
                        }
                    }
                    out(None)?;
                    let made = large::part_groups(&blocks, &runs, spec, asked, options)?;
                    stream(&made, None, options).try_for_each(|batch| out(Some(batch?)))?;
                }
                Err(e) => return Err(e),
            }
        }
        Ok(())
    }
}

/// Stretches of rows of one run: where each begins, how long it is, and the run.
fn stretches(columns: &[Column], rows: usize) -> Vec<(usize, usize, u32)> {
    let Some(last) = columns.last() else { return Vec::new() };
    let runs = last.values().as_primitive::<UInt32Type>().values();
    let (mut out, mut start) = (Vec::new(), 0);
    for chunk in runs[..rows].chunk_by(|a, b| a == b) {
        out.push((start, chunk.len(), chunk[0]));
        start += chunk.len();
    }
    out
}

/// The runs of a part, each grouped on its own.
struct Again {
    blocks: Blocks,
    /// The first row of each block, and of each run.
    starts: Vec<usize>,
    runs: Vec<usize>,
    spec: Spec,
    texts: Arc<Vec<RwLock<Texts>>>,
    budget: Budget,
}

impl Parts for Again {
    type Item = Partial;
    fn parts(&self) -> usize {
        self.runs.len() - 1
    }
    fn open(&self, part: usize) -> Result<Box<dyn Iterator<Item = Result<Partial>> + Send>> {
        Ok(Box::new(std::iter::once(self.run(self.runs[part], self.runs[part + 1]))))
    }
    fn weight(&self, item: &Partial) -> usize {
        item.bytes()
    }
}

impl Again {
    fn run(&self, from: usize, to: usize) -> Result<Partial> {
        let spec = &self.spec;
        let mut known: Vec<Known> = (0..spec.known).map(|_| Known::default()).collect();
        let mut run = Run::new(spec);
        let mut booked = self.budget.reserve(0, "groups")?;
        let first = self.starts.partition_point(|&s| s <= from) - 1;
        for block in first..self.blocks.parts() {
            let start = self.starts[block];
            if start >= to {
                break;
            }
            let (a, b) = (from.max(start), to.min(self.starts[block + 1]));
            let batch = self.blocks.read(block, None)?.slice(a - start, b - a);
            for (start, n, mark) in stretches(&batch.columns, batch.rows()) {
                run.tell(mark & 1 == 1);
                let columns: Vec<Column> = batch.columns.iter().map(|c| c.slice(start, n)).collect();
                let (keys, rest) = columns.split_at(spec.layout.fields.len());
                let (arguments, rest) = rest.split_at(spec.arguments.len());
                let pairs: Vec<[Column; 2]> = rest[..2 * spec.pairs].chunks_exact(2).map(|p| [p[0].clone(), p[1].clone()]).collect();
                run.take(spec, keys, arguments, &pairs, n, &mut known)?;
                run.book(&known, &mut booked, &self.budget)?;
            }
        }
        run.finish(spec, &mut known, &self.texts)
    }
}

/// The groups of one part, each with the number of its first row.
fn part_groups(blocks: &Blocks, runs: &[(u32, usize)], spec: &Spec, asked: &Asked, options: &ExecOptions) -> Result<Arc<dyn TableSource>> {
    let rows = blocks.rows().unwrap_or(0) as usize;
    let _booked = options.budget.reserve(rows * 8, "the row numbers of groups")?;
    let mut numbers = Vec::with_capacity(rows);
    let mut starts = vec![0];
    for block in 0..blocks.parts() {
        let batch = blocks.read(block, None)?;
        let column = &batch.columns[batch.columns.len() - 2];
        numbers.extend_from_slice(column.values().as_primitive::<UInt64Type>().values());
        starts.push(numbers.len());
    }
    let (all, texts) = merged(blocks, starts, runs, spec, options)?;
    Ok(Arc::new(finish::finish(asked, spec, all, texts, Some(Numbers::All(numbers)), Vec::new())?))
}

/// The groups of one part, merged, and the texts they know; `starts` has the first row of each block.
pub(super) fn merged(
    blocks: &Blocks,
    starts: Vec<usize>,
    runs: &[(u32, usize)],
    spec: &Spec,
    options: &ExecOptions,
) -> Result<(All, Vec<Texts>)> {
    let mut at = vec![0];
    runs.iter().for_each(|(_, n)| at.push(at[at.len() - 1] + n));
    let texts: Arc<Vec<RwLock<Texts>>> = Arc::new((0..spec.known).map(|_| RwLock::default()).collect());
    let again =
        Again { blocks: blocks.clone(), starts, runs: at, spec: spec.clone(), texts: texts.clone(), budget: options.budget.clone() };
    let all = merge_all(Ordered::new(again, options), spec, &texts, options)?;
    Ok((all, taken(&texts)))
}
