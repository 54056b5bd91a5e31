//! Groups of rows: runs of rows are grouped in parallel, each on its own, and merged in row order by the owners of the keys' partitions.
//!
//! A run is a piece of a part of the input, cut where the input's layout says and nowhere else; so results are the same bits for any
//! number of threads, any budget and any size of batches. Few groups are merged by one thread; many are spread over 64 partitions by the
//! hash of their keys, the groups of many runs at a time. Where nearly each row is a group, a run looks none up and lays its rows out by
//! partition; only the owners look for equal keys. States are `new / update / merge / finish` throughout. Groups that do not fit the budget are
//! formed part by part, of rows in a temporary file ([`on_disk`]).

mod eager;
mod finish;
mod groups;
mod held;
mod keys;
mod large;
mod numbering;
mod on_disk;
mod ranks;
mod rows;
mod rows_on_disk;
mod state;
mod tallies;
mod texts;
mod top;
mod within;

pub use eager::GroupBy;
pub use finish::Grouped;
pub(super) use rows::{Codes, NONE, codes, group_rows, members, numbers};
pub(super) use top::top_rows;
pub use within::GroupRolling;

use self::groups::{Groups, PARTITIONS, Partial, Partition, Picks, Run, Spec, too_many};
use self::keys::Layout;
use self::state::{ArgumentSpec, Need, is_text};
use self::texts::{Known, Texts};
use super::eval::evaluate;
use super::ordered::{Ordered, Parts};
use super::{ExecOptions, stream};
use crate::dtype::DType;
use crate::error::{Error, ErrorKind, Notices, Place, Result};
use crate::kernel::agg::Agg;
use crate::plan::{Func, GroupPlan, Node, Typed};
use crate::store::{Batch, BatchIter, Column, Reservation, ScanRequest, TableSource};
use arrow::array::ArrayRef;
use rayon::prelude::*;
use std::sync::{Arc, Mutex, RwLock};

/// Groups beyond this number are spread over partitions.
const FEW: usize = 1 << 15;
/// So many groups of runs wait before they are merged into the partitions; more, where more are merged by then.
const MANY: usize = 1 << 19;

/// One aggregate: of which argument, in which state, or of which pair.
#[derive(Clone, Debug)]
pub(super) enum Wanted {
    Of { agg: Agg, argument: usize, state: usize, dtype: DType },
    Pair { func: Func, pair: usize },
    Size,
}

/// What is evaluated on each batch.
#[derive(Debug)]
struct Work {
    source: Arc<dyn TableSource>,
    request: ScanRequest,
    keys: Vec<(Typed, Place)>,
    arguments: Vec<(Typed, Place)>,
    pairs: Vec<[(Typed, Place); 2]>,
    spec: Spec,
    texts: Vec<RwLock<Texts>>,
    /// Texts known to workers that are at no run now.
    idle: Mutex<Vec<Vec<Known>>>,
}

/// A worker that knows more than this many bytes of texts starts afresh.
const MOST_KNOWN: usize = 64 << 20;

#[derive(Clone)]
struct Grouping(Arc<Work>);

impl Parts for Grouping {
    type Item = Partial;
    fn parts(&self) -> usize {
        self.0.source.parts()
    }
    fn open(&self, part: usize) -> Result<Box<dyn Iterator<Item = Result<Partial>> + Send>> {
        let batches = self.0.source.scan(part, &self.0.request)?;
        Ok(Box::new(Runs { work: self.0.clone(), batches, left: None, run: None, ended: false }))
    }
    fn weight(&self, item: &Partial) -> usize {
        item.bytes()
    }
    fn progress(&self, part: usize) -> u64 {
        self.0.source.part_bytes(part)
    }
}

/// Evaluated columns of a batch.
struct Columns {
    keys: Vec<Column>,
    arguments: Vec<Column>,
    pairs: Vec<[Column; 2]>,
    rows: usize,
}

impl Columns {
    fn all(&self) -> impl Iterator<Item = &Column> {
        self.keys.iter().chain(&self.arguments).chain(self.pairs.iter().flatten())
    }

    fn slice(&self, at: usize, n: usize) -> Columns {
        let cut = |c: &Column| c.slice(at, n);
        Columns {
            keys: self.keys.iter().map(cut).collect(),
            arguments: self.arguments.iter().map(cut).collect(),
            pairs: self.pairs.iter().map(|[x, y]| [cut(x), cut(y)]).collect(),
            rows: n,
        }
    }
}

/// The runs of a part.
struct Runs {
    work: Arc<Work>,
    batches: BatchIter,
    /// What is left of a batch, and where it begins.
    left: Option<(Columns, usize)>,
    run: Option<Run>,
    ended: bool,
}

impl Work {
    fn columns(&self, batch: &Batch) -> Result<Columns> {
        let value = |(t, place): &(Typed, Place)| evaluate(t, batch).map_err(|e| e.at(place.clone()));
        Ok(Columns {
            keys: self.keys.iter().map(value).collect::<Result<_>>()?,
            arguments: self.arguments.iter().map(value).collect::<Result<_>>()?,
            pairs: self.pairs.iter().map(|[x, y]| Ok([value(x)?, value(y)?])).collect::<Result<_>>()?,
            rows: batch.rows(),
        })
    }
}

impl Runs {
    fn step(&mut self) -> Result<Option<Partial>> {
        let work = self.work.clone();
        let idle = || work.idle.lock().unwrap_or_else(|e| e.into_inner());
        let mut known = idle().pop().unwrap_or_else(|| (0..work.spec.known).map(|_| Known::default()).collect());
        let mut run = self.run.take().unwrap_or_else(|| Run::new(&work.spec));
        let budget = &work.request.budget;
        let mut booked = budget.reserve(0, "groups")?;
        loop {
            if self.left.is_none() {
                match self.batches.next().transpose()? {
                    Some(batch) => self.left = Some((work.columns(&batch)?, 0)),
                    None => {
                        self.ended = true;
                        break;
                    }
                }
            }
            let Some((columns, at)) = &mut self.left else { break };
            let n = run.room().min(columns.rows - *at);
            if n > 0 {
                let Columns { keys, arguments, pairs, .. } = columns.slice(*at, n);
                run.take(&work.spec, &keys, &arguments, &pairs, n, &mut known)?;
                run.book(&known, &mut booked, budget)?;
                *at += n;
            }
            if *at >= columns.rows {
                self.left = None;
            }
            if run.is_full() {
                break;
            }
        }
        if run.rows == 0 {
            return Ok(None);
        }
        let partial = run.finish(&work.spec, &mut known, &work.texts)?;
        if known.iter().map(|k| k.texts.bytes()).sum::<usize>() <= MOST_KNOWN.min(budget.limit() / 16) {
            idle().push(known);
        }
        Ok(Some(partial))
    }
}

impl Iterator for Runs {
    type Item = Result<Partial>;
    fn next(&mut self) -> Option<Result<Partial>> {
        if self.ended && self.left.is_none() {
            return None;
        }
        let made = self.step().transpose();
        if !matches!(made, Some(Ok(_))) {
            self.ended = true;
            self.left = None;
        }
        made
    }
}

/// Groups the rows of a source.
///
/// # Errors
/// What the source says; unsupported, for keys that are none; budget, where the groups do not fit.
pub(crate) fn group(source: &Arc<dyn TableSource>, plan: &GroupPlan, options: &ExecOptions) -> Result<Arc<dyn TableSource>> {
    let mut made = Arguments::default();
    let mut results = Vec::new();
    for a in &plan.aggregates {
        let place = Place { expr: Some(a.expr.to_string()), ..Place::default() };
        let mut typed = a.values.clone();
        made.settle(&mut typed, plan, &place)?;
        results.push((typed, place));
    }
    let keys: Vec<(Typed, Place)> =
        plan.keys.iter().map(|k| (k.values.clone(), Place { expr: Some(k.expr.to_string()), ..Place::default() })).collect();
    let mut needed: Vec<usize> = Vec::new();
    let typed = keys.iter().chain(&made.arguments).chain(made.pairs.iter().flatten());
    typed.for_each(|(t, _)| needed.extend(t.columns()));
    needed.sort_unstable();
    needed.dedup();
    let at = |c: usize| needed.iter().position(|&x| x == c).unwrap_or(0);
    let mapped = |(t, p): &(Typed, Place)| (t.clone().with_columns(&at), p.clone());

    let mut known = 0;
    let key_types: Vec<DType> = plan.keys.iter().map(|k| k.values.dtype.clone()).collect();
    let layout = Layout::new(&key_types, plan.keep_missing, &mut known).map_err(|e| match plan.keys.first() {
        Some(k) if plan.keys.len() == 1 => e.at(Place { expr: Some(k.expr.to_string()), ..Place::default() }),
        _ => e,
    })?;
    let mut arguments = Vec::new();
    for ((t, _), needs) in made.arguments.iter().zip(&made.needs) {
        let number = (is_text(&t.dtype) && needs.iter().any(|n| *n != Need::Nothing)).then_some(known);
        known += number.is_some() as usize;
        arguments.push(ArgumentSpec { dtype: t.dtype.clone(), needs: needs.clone(), known: number });
    }
    let spec = Spec { layout, arguments, pairs: made.pairs.len(), known };
    let request = ScanRequest {
        batch_rows: stream::batch_rows(source.schema(), Some(&needed), options),
        columns: Some(needed.clone()),
        ..ScanRequest::all(&options.budget)
    };
    let work = || {
        Arc::new(Work {
            source: source.clone(),
            request: request.clone(),
            keys: keys.iter().map(mapped).collect(),
            arguments: made.arguments.iter().map(mapped).collect(),
            pairs: made.pairs.iter().map(|[x, y]| [mapped(x), mapped(y)]).collect(),
            texts: (0..spec.known).map(|_| RwLock::default()).collect(),
            spec: spec.clone(),
            idle: Mutex::default(),
        })
    };
    let asked = Asked { plan, wanted: &made.wanted, results: &results, notices: source.notices() };
    match in_memory(&work(), &asked, options) {
        // What the first try has read goes away with its work.
        Err(e) if e.kind() == ErrorKind::Budget => on_disk::group(&work(), &asked, options),
        made => Ok(Arc::new(made?)),
    }
}

/// What is made of the groups.
struct Asked<'a> {
    plan: &'a GroupPlan,
    wanted: &'a [Wanted],
    results: &'a [(Typed, Place)],
    notices: Notices,
}

fn in_memory(work: &Arc<Work>, asked: &Asked, options: &ExecOptions) -> Result<Grouped> {
    let all = merge_all(Ordered::new(Grouping(work.clone()), options), &work.spec, &work.texts, options)?;
    finish::finish(asked, &work.spec, all, taken(&work.texts), None, Vec::new())
}

/// Workers hold handles for a moment longer than the last of their runs.
fn taken(texts: &[RwLock<Texts>]) -> Vec<Texts> {
    texts.iter().map(|t| std::mem::take(&mut *t.write().unwrap_or_else(|e| e.into_inner()))).collect()
}

/// All groups, merged.
struct All {
    partitions: Vec<Groups>,
    rows: u64,
    dropped: u64,
    /// The dictionaries of categories, in order of appearance.
    dictionaries: Vec<Vec<ArrayRef>>,
    booked: Reservation,
}

fn merge_all(
    mut partials: impl Iterator<Item = Result<Partial>>,
    spec: &Spec,
    texts: &[RwLock<Texts>],
    options: &ExecOptions,
) -> Result<All> {
    let mut all = All {
        partitions: vec![Groups::new(spec)],
        rows: 0,
        dropped: 0,
        dictionaries: vec![Vec::new(); spec.known],
        booked: options.budget.reserve(0, "groups")?,
    };
    let mut waiting: Vec<(Partial, u64)> = Vec::new();
    let mut waiting_groups = 0;
    loop {
        let next = partials.next().transpose()?;
        let ended = next.is_none();
        if let Some(partial) = next {
            for (list, d) in all.dictionaries.iter_mut().zip(&partial.dictionaries) {
                if let Some(d) = d
                    && list.last().is_none_or(|l| !Arc::ptr_eq(l, d))
                {
                    list.push(d.clone());
                }
            }
            all.dropped += partial.dropped;
            waiting_groups += partial.groups.len();
            let offset = all.rows;
            all.rows += partial.rows;
            waiting.push((partial, offset));
        }
        if all.partitions.len() == 1 {
            if all.partitions[0].len() + waiting_groups > FEW || waiting.iter().any(|(p, _)| p.partition.is_parted()) {
                spread(&mut all, spec, texts)?;
            } else {
                for (partial, offset) in std::mem::take(&mut waiting) {
                    all.partitions[0].merge(&partial.groups, Picks::Span(0..partial.groups.len()), offset, spec, texts)?;
                }
                waiting_groups = 0;
            }
        }
        // Many at a time, so that the tables grow seldom.
        let merged: usize = all.partitions.iter().map(Groups::len).sum();
        if !book(&mut all, &waiting, texts) || ended || waiting_groups >= merged.max(MANY) {
            merge_waiting(&mut all, &mut waiting, spec, texts)?;
            waiting_groups = 0;
            if !book(&mut all, &waiting, texts) {
                let groups: usize = all.partitions.iter().map(Groups::len).sum();
                let more = all.bytes(&waiting, texts).saturating_sub(all.booked.bytes());
                return Err(too_many(groups, all.rows, more, &options.budget));
            }
        }
        if ended {
            break;
        }
    }
    Ok(all)
}

impl All {
    fn bytes(&self, waiting: &[(Partial, u64)], texts: &[RwLock<Texts>]) -> usize {
        self.partitions.iter().map(Groups::bytes).sum::<usize>()
            + waiting.iter().map(|(p, _)| p.bytes()).sum::<usize>()
            + texts.iter().map(|t| t.read().unwrap_or_else(|e| e.into_inner()).bytes()).sum::<usize>()
    }
}

/// Books what is held by now.
fn book(all: &mut All, waiting: &[(Partial, u64)], texts: &[RwLock<Texts>]) -> bool {
    let more = all.bytes(waiting, texts).saturating_sub(all.booked.bytes());
    more == 0 || all.booked.try_grow(more)
}

/// Merges the groups of runs, each partition on its own, in the order of the runs.
fn merge_waiting(all: &mut All, waiting: &mut Vec<(Partial, u64)>, spec: &Spec, texts: &[RwLock<Texts>]) -> Result<()> {
    let take = |(p, groups): (usize, &mut Groups)| -> Result<()> {
        // Of runs where nearly each row is a group of its own that is likely for all rows.
        let alone: usize = waiting.iter().filter(|(w, _)| w.partition.is_parted()).map(|(w, _)| w.partition.picks(p).len()).sum();
        if alone > 0 {
            groups.reserve(alone, alone);
        }
        for (partial, offset) in waiting.iter() {
            let picks = partial.partition.picks(p);
            if picks.len() > 0 {
                groups.merge(&partial.groups, picks, *offset, spec, texts)?;
            }
        }
        groups.rest();
        Ok(())
    };
    if !waiting.is_empty() {
        all.partitions.par_iter_mut().enumerate().with_max_len(1).try_for_each(take)?;
        waiting.clear();
    }
    Ok(())
}

/// From one partition to many.
fn spread(all: &mut All, spec: &Spec, texts: &[RwLock<Texts>]) -> Result<()> {
    let mut one = std::mem::take(&mut all.partitions);
    let Some(mut one) = one.pop() else { return Ok(()) };
    one.arguments.iter_mut().for_each(|a| a.close(None));
    let partition = Partition::of(&one);
    all.partitions = (0..PARTITIONS).map(|_| Groups::new(spec)).collect();
    let take = |(p, groups): (usize, &mut Groups)| groups.merge(&one, partition.picks(p), 0, spec, texts);
    all.partitions.par_iter_mut().enumerate().with_max_len(1).try_for_each(take)
}

/// The arguments of all aggregates, each once.
#[derive(Default)]
struct Arguments {
    arguments: Vec<(Typed, Place)>,
    needs: Vec<Vec<Need>>,
    pairs: Vec<[(Typed, Place); 2]>,
    wanted: Vec<Wanted>,
}

impl Arguments {
    /// Replaces the aggregates of an expression by columns of aggregates; columns that are keys follow after those.
    fn settle(&mut self, t: &mut Typed, plan: &GroupPlan, place: &Place) -> Result<()> {
        match &mut t.node {
            Node::Agg(agg, x) => {
                if x.has_aggregates() {
                    return Err(Error::unsupported("an aggregate inside an aggregate, in groups")
                        .help("compute the inner one as a column of its own first")
                        .at(place.clone()));
                }
                let wanted = if *agg == Agg::Size {
                    Wanted::Size
                } else {
                    let need = Need::of(*agg, &x.dtype).map_err(|e| e.at(place.clone()))?;
                    let argument = self.argument(x, place);
                    let needs = &mut self.needs[argument];
                    let state = needs.iter().position(|n| *n == need).unwrap_or_else(|| {
                        needs.push(need);
                        needs.len() - 1
                    });
                    Wanted::Of { agg: *agg, argument, state, dtype: t.dtype.clone() }
                };
                t.node = Node::Col(self.wanted.len());
                self.wanted.push(wanted);
                Ok(())
            }
            Node::Pair(func, x, y) => {
                if x.has_aggregates() || y.has_aggregates() {
                    return Err(Error::unsupported("an aggregate inside an aggregate, in groups").at(place.clone()));
                }
                self.pairs.push([((**x).clone(), place.clone()), ((**y).clone(), place.clone())]);
                let wanted = Wanted::Pair { func: *func, pair: self.pairs.len() - 1 };
                t.node = Node::Col(self.wanted.len());
                self.wanted.push(wanted);
                Ok(())
            }
            Node::Col(c) => {
                let key = plan.keys.iter().position(|k| matches!(k.values.node, Node::Col(x) if x == *c));
                match key {
                    // Which columns these are is known only when all aggregates are.
                    Some(k) => t.node = Node::Col(KEYS + k),
                    None => return Err(Error::internal("a column outside an aggregate").at(place.clone())),
                }
                Ok(())
            }
            _ => t.children_mut().into_iter().try_for_each(|c| self.settle(c, plan, place)),
        }
    }

    fn argument(&mut self, x: &Typed, place: &Place) -> usize {
        // Plain columns are shared; of expressions it is not worth while to tell.
        let same = self.arguments.iter().position(|(a, _)| matches!((&a.node, &x.node), (Node::Col(a), Node::Col(b)) if a == b));
        same.unwrap_or_else(|| {
            self.arguments.push((x.clone(), place.clone()));
            self.needs.push(Vec::new());
            self.arguments.len() - 1
        })
    }
}

/// Says how many rows have no group.
fn warn_dropped(notices: &mut Notices, rows: u64) {
    let rows = match rows {
        0 => return,
        1 => "1 row has a missing key and is".to_string(),
        n => format!("{n} rows have a missing key and are"),
    };
    notices.warn(format!("{rows} left out; --keep-missing keeps them"), Place::default());
}

/// Positions from here on are keys.
pub(super) const KEYS: usize = usize::MAX / 2;
