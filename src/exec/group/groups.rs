//! Groups with their keys and states: of a run of rows, or of all rows whose keys hash alike.

use super::keys::Layout;
use super::state::{Argument, ArgumentSpec, Lanes, update_pairs};
use super::texts::{Known, Texts};
use crate::error::{Error, Result};
use crate::kernel::group::{CoMoment, CoMoments, KeyTable, hash_words};
use crate::store::{Budget, Column, Reservation};
use std::ops::Range;
use std::sync::RwLock;

/// What is grouped, and what is added up.
#[derive(Clone, Debug)]
pub(super) struct Spec {
    pub(super) layout: Layout,
    pub(super) arguments: Vec<ArgumentSpec>,
    /// How many pairs of arguments are correlated.
    pub(super) pairs: usize,
    /// How many collections of texts there are.
    pub(super) known: usize,
}

/// Keys of as many words as the layout has.
#[derive(Clone, Debug)]
enum Table {
    W1(KeyTable<1>),
    W2(KeyTable<2>),
    W3(KeyTable<3>),
    W4(KeyTable<4>),
    Wide(KeyTable<0>),
    /// Numbers of texts, each the place of its group.
    Direct(Direct),
}

/// Keys that are the number of one text, or missing (any bit above those of the number): looked up by position.
#[derive(Clone, Debug, Default)]
struct Direct {
    /// For missing, then for each number of a text: number of the group + 1; 0 for none.
    slots: Vec<u32>,
    keys: Vec<u64>,
}

impl Direct {
    fn numbers(&mut self, words: &[u64], out: &mut Vec<u32>) {
        let place = |w: u64| if w >> 32 == 0 { w as usize + 1 } else { 0 };
        let most = words.iter().map(|&w| place(w) + 1).max().unwrap_or(0);
        if most > self.slots.len() {
            self.slots.resize(most.next_power_of_two(), 0);
        }
        out.reserve(words.len());
        for &w in words {
            let slot = &mut self.slots[place(w)];
            if *slot == 0 {
                self.keys.push(w);
                *slot = self.keys.len() as u32;
            }
            out.push(*slot - 1);
        }
    }

    fn number(&mut self, key: &[u64], _hash: u64) -> u32 {
        let mut out = Vec::with_capacity(1);
        self.numbers(&key[..1], &mut out);
        out[0]
    }

    fn append(&mut self, words: &[u64]) {
        self.keys.extend_from_slice(words);
    }

    fn reserve(&mut self, more: usize) {
        self.keys.reserve_exact(more);
    }

    /// Look-ups are by position here: there is nothing to give back.
    fn rest(&mut self) {}

    fn set_keys(&mut self, keys: Vec<u64>) {
        self.keys = keys;
        self.slots = Vec::new();
    }

    fn into_keys(self) -> Vec<u64> {
        self.keys
    }

    fn keys(&self) -> &[u64] {
        &self.keys
    }

    fn len(&self) -> usize {
        self.keys.len()
    }

    fn bytes(&self) -> usize {
        self.slots.capacity() * 4 + self.keys.capacity() * 8
    }
}

macro_rules! on_table {
    ($table:expr, $t:ident => $body:expr) => {
        match $table {
            Table::W1($t) => $body,
            Table::W2($t) => $body,
            Table::W3($t) => $body,
            Table::W4($t) => $body,
            Table::Wide($t) => $body,
            Table::Direct($t) => $body,
        }
    };
}

impl Table {
    fn new(words: usize) -> Table {
        match words {
            1 => Table::W1(KeyTable::new(1)),
            2 => Table::W2(KeyTable::new(2)),
            3 => Table::W3(KeyTable::new(3)),
            4 => Table::W4(KeyTable::new(4)),
            n => Table::Wide(KeyTable::new(n)),
        }
    }
}

/// Groups of another that are taken.
#[derive(Clone, Debug)]
pub(super) enum Picks<'a> {
    /// These.
    Of(&'a [u32]),
    /// Those that stand side by side.
    Span(Range<usize>),
}

impl Picks<'_> {
    pub(super) fn len(&self) -> usize {
        match self {
            Picks::Of(picks) => picks.len(),
            Picks::Span(span) => span.len(),
        }
    }
}

/// Groups, numbered in order of first appearance.
#[derive(Clone, Debug)]
pub(super) struct Groups {
    table: Table,
    words: usize,
    /// The row of the first member.
    pub(super) first: Vec<u64>,
    /// How many rows.
    pub(super) sizes: Vec<u64>,
    pub(super) arguments: Vec<Argument>,
    pub(super) pairs: Vec<CoMoments>,
}

impl Groups {
    pub(super) fn new(spec: &Spec) -> Groups {
        Groups {
            table: Table::new(spec.layout.words),
            words: spec.layout.words,
            first: Vec::new(),
            sizes: Vec::new(),
            arguments: spec.arguments.iter().map(Argument::new).collect(),
            pairs: vec![Vec::new(); spec.pairs],
        }
    }

    pub(super) fn len(&self) -> usize {
        self.first.len()
    }

    /// The key of a group.
    pub(super) fn key(&self, group: usize) -> &[u64] {
        &on_table!(&self.table, t => t.keys())[group * self.words..][..self.words]
    }

    fn resize(&mut self, groups: usize) {
        self.sizes.resize(groups, 0);
        self.arguments.iter_mut().for_each(|a| a.resize(groups));
        self.pairs.iter_mut().for_each(|p| p.resize(groups, CoMoment::default()));
    }

    /// Finds the groups of keys; rows are `row`, `row + 1` .. or those selected from there on.
    fn find(&mut self, words: &[u64], row: u64, selected: Option<&[u32]>, append: bool, out: &mut Vec<u32>) {
        let before = self.len();
        out.clear();
        if append {
            on_table!(&mut self.table, t => t.append(words));
            let n = words.len() / self.words;
            out.extend(before as u32..(before + n) as u32);
        } else {
            on_table!(&mut self.table, t => t.numbers(words, out));
        }
        // New groups are numbered as they come: a number not seen before is the next.
        let groups = on_table!(&self.table, t => t.len());
        if groups > before {
            let mut next = before as u32;
            for (i, &g) in out.iter().enumerate() {
                if g == next {
                    self.first.push(row + selected.map_or(i as u64, |s| s[i] as u64));
                    next += 1;
                }
            }
            self.resize(groups);
        }
        let sizes = &mut self.sizes;
        out.iter().for_each(|&g| sizes[g as usize] += 1);
    }

    /// Takes groups of another, which come later; `picks` of its groups, all where `None`.
    pub(super) fn merge(&mut self, other: &Groups, picks: Picks<'_>, offset: u64, spec: &Spec, texts: &[RwLock<Texts>]) -> Result<()> {
        let span = match &picks {
            Picks::Of(_) => 0..0,
            Picks::Span(span) => span.clone(),
        };
        let all: Vec<u32>;
        let picks = match picks {
            Picks::Of(p) => p,
            Picks::Span(span) => {
                all = (span.start as u32..span.end as u32).collect();
                &all
            }
        };
        let mut to = Vec::with_capacity(picks.len());
        let before = self.len();
        on_table!(&mut self.table, t => {
            if span.is_empty() {
                picks.iter().for_each(|&p| {
                    let key = other.key(p as usize);
                    to.push(t.number(key, hash_words(key)));
                });
            } else {
                t.numbers(on_table!(&other.table, o => &o.keys()[span.start * self.words..span.end * self.words]), &mut to);
            }
        });
        let mut next = before;
        for (&t, &p) in to.iter().zip(picks) {
            if t as usize == next {
                self.first.push(other.first[p as usize] + offset);
                next += 1;
            }
        }
        self.resize(next);
        to.iter().zip(picks).for_each(|(&t, &p)| self.sizes[t as usize] += other.sizes[p as usize]);
        self.merge_states(&to, other, picks, offset, spec, texts)
    }

    fn merge_states(&mut self, to: &[u32], other: &Groups, from: &[u32], offset: u64, spec: &Spec, texts: &[RwLock<Texts>]) -> Result<()> {
        let groups = self.len();
        for ((a, o), spec) in self.arguments.iter_mut().zip(&other.arguments).zip(&spec.arguments) {
            let guard = spec.known.map(|k| texts[k].read().unwrap_or_else(|e| e.into_inner()));
            a.merge(to, o, from, offset, groups, guard.as_deref())?;
        }
        for (pairs, others) in self.pairs.iter_mut().zip(&other.pairs) {
            to.iter().zip(from).for_each(|(&t, &f)| pairs[t as usize].merge(&others[f as usize]));
        }
        Ok(())
    }

    /// The same groups, those of each partition side by side; and where each partition begins.
    fn parted(&self, partition: &Partition, spec: &Spec, texts: &[RwLock<Texts>]) -> Result<Groups> {
        let n = self.len();
        let mut out = Groups::new(spec);
        let mut keys = vec![0; n * self.words];
        // Read in order and written to as many places as there are partitions: those stay in the cache.
        let mut to = vec![0u32; n];
        partition.order.iter().enumerate().for_each(|(place, &g)| to[g as usize] = place as u32);
        for (&place, key) in to.iter().zip(on_table!(&self.table, t => t.keys()).chunks_exact(self.words)) {
            keys[place as usize * self.words..][..self.words].copy_from_slice(key);
        }
        on_table!(&mut out.table, t => t.set_keys(keys));
        out.first = vec![0; n];
        to.iter().zip(&self.first).for_each(|(&t, &row)| out.first[t as usize] = row);
        out.reserve(0, n);
        out.resize(n);
        to.iter().zip(&self.sizes).for_each(|(&t, &size)| out.sizes[t as usize] = size);
        let from: Vec<u32> = (0..n as u32).collect();
        out.merge_states(&to, self, &from, 0, spec, texts)?;
        out.arguments.iter_mut().for_each(|a| a.close(None));
        Ok(out)
    }

    /// Makes room for so many more groups: keys that are looked up, and states.
    pub(super) fn reserve(&mut self, keys: usize, groups: usize) {
        if keys > 0 {
            on_table!(&mut self.table, t => t.reserve(keys));
            self.first.reserve_exact(groups);
        }
        self.sizes.reserve_exact(groups);
        self.arguments.iter_mut().for_each(|a| a.reserve(groups));
        self.pairs.iter_mut().for_each(|p| p.reserve_exact(groups));
    }

    /// Gives back what only merging needs.
    pub(super) fn rest(&mut self) {
        on_table!(&mut self.table, t => t.rest());
    }

    pub(super) fn bytes(&self) -> usize {
        on_table!(&self.table, t => t.bytes())
            + (self.first.capacity() + self.sizes.capacity()) * 8
            + self.arguments.iter().map(Argument::bytes).sum::<usize>()
            + self.pairs.iter().map(|p| size_of_val(&p[..])).sum::<usize>()
    }

    /// The same after the worker's numbers of texts have become those that all know.
    fn shared(self, spec: &Spec, known: &[Known]) -> Groups {
        let Groups { table, words, first, sizes, mut arguments, pairs } = self;
        let mut keys = on_table!(table, t => t.into_keys());
        if spec.layout.has_texts() {
            spec.layout.share(&mut keys, known);
        }
        let mut table = Table::new(words);
        on_table!(&mut table, t => t.set_keys(keys));
        for (a, s) in arguments.iter_mut().zip(&spec.arguments) {
            a.close(s.known.map(|k| &known[k].shared[..]));
        }
        Groups { table, words, first, sizes, arguments, pairs }
    }
}

/// Rows are taken so many at a time; runs end at multiples of it, so that batches of any size give the same runs.
pub(super) const STRETCH: usize = 8192;
/// A run ends when it has so many groups ..
const MOST_GROUPS: usize = 1 << 17;
/// .. or so many rows.
const MOST_ROWS: u64 = 1 << 20;
/// After so many rows it is judged whether looking for groups is worth while at all.
const JUDGED: u64 = 4 * STRETCH as u64;

/// What is said where groups do not fit.
pub(super) fn too_many(groups: usize, rows: u64, more: usize, budget: &Budget) -> Error {
    let s = if groups == 1 { "" } else { "s" };
    let (free, limit) = (budget.free(), budget.limit());
    Error::budget(format!("{groups} group{s} after {rows} rows need {more} bytes more; {free} of {limit} are free"))
        .help("give more with --memory SIZE, or group by fewer columns")
}

/// The groups of a run of rows while they are formed.
#[derive(Debug)]
pub(super) struct Run {
    pub(super) groups: Groups,
    /// All rows, and those left out for a missing key.
    pub(super) rows: u64,
    pub(super) dropped: u64,
    /// Nearly every row has a key of its own: they are put together only when runs are merged.
    append: bool,
    /// Whether that was found for a larger run, of which this has some rows.
    told: bool,
    scratch: Scratch,
}

#[derive(Debug, Default)]
struct Scratch {
    words: Vec<u64>,
    missing: Vec<bool>,
    selected: Vec<u32>,
    numbers: Vec<u32>,
    lanes: Lanes,
}

impl Run {
    pub(super) fn new(spec: &Spec) -> Run {
        let mut groups = Groups::new(spec);
        if spec.layout.is_one_text() {
            groups.table = Table::Direct(Direct::default());
        }
        Run { groups, rows: 0, dropped: 0, append: false, told: false, scratch: Scratch::default() }
    }

    /// Books what it holds by now, with the texts that it knows.
    ///
    /// # Errors
    /// Budget, where that is no more to be had; a little is never refused.
    pub(super) fn book(&self, known: &[Known], booked: &mut Reservation, budget: &Budget) -> Result<()> {
        let held = self.groups.bytes() + known.iter().map(|k| k.texts.bytes()).sum::<usize>();
        let more = held.saturating_sub(booked.bytes());
        if more == 0 || held <= Budget::LITTLE || booked.try_grow(more) {
            return Ok(());
        }
        Err(too_many(self.groups.len(), self.rows, more, budget))
    }

    /// Whether rows that come now are looked up no more.
    pub(super) fn appends(&self) -> bool {
        self.append
    }

    /// Says what was found when the whole run was judged, of which these are some rows.
    pub(super) fn tell(&mut self, append: bool) {
        (self.told, self.append) = (true, append);
    }

    /// The rows just taken that are in no group; empty where all are.
    pub(super) fn left_out(&self) -> &[bool] {
        &self.scratch.missing
    }

    /// Whether the run is to end here.
    pub(super) fn is_full(&self) -> bool {
        let most = if self.append { 2 * MOST_GROUPS } else { MOST_GROUPS };
        self.rows.is_multiple_of(STRETCH as u64) && (self.rows >= MOST_ROWS || self.groups.len() >= most)
    }

    /// How many rows may come before the next place where a run can end.
    pub(super) fn room(&self) -> usize {
        STRETCH - (self.rows % STRETCH as u64) as usize
    }

    /// Takes rows: the columns of the key, the arguments, and the pairs.
    pub(super) fn take(
        &mut self,
        spec: &Spec,
        keys: &[Column],
        arguments: &[Column],
        pairs: &[[Column; 2]],
        rows: usize,
        known: &mut [Known],
    ) -> Result<()> {
        let s = &mut self.scratch;
        if keys.is_empty() {
            s.words.clear();
            s.words.resize(rows * spec.layout.words, 0);
            s.missing.clear();
        } else {
            spec.layout.encode(keys, known, &mut s.words, &mut s.missing)?;
        }
        let mut selected = None;
        if s.missing.contains(&true) {
            s.selected.clear();
            s.selected.extend((0..rows as u32).filter(|&i| !s.missing[i as usize]));
            let width = spec.layout.words;
            for (to, &from) in s.selected.iter().enumerate() {
                s.words.copy_within(from as usize * width..(from as usize + 1) * width, to * width);
            }
            s.words.truncate(s.selected.len() * width);
            self.dropped += (rows - s.selected.len()) as u64;
            selected = Some(&s.selected[..]);
        }
        self.groups.find(&s.words, self.rows, selected, self.append, &mut s.numbers);
        let total = self.groups.len();
        for ((argument, spec), column) in self.groups.arguments.iter_mut().zip(&spec.arguments).zip(arguments) {
            argument.update(spec, column, &s.numbers, selected, self.rows, total, &mut s.lanes, known)?;
        }
        for (states, [x, y]) in self.groups.pairs.iter_mut().zip(pairs) {
            update_pairs(states, x, y, &s.numbers, selected);
        }
        self.rows += rows as u64;
        if !self.told && self.rows == JUDGED && self.groups.len() as u64 * 8 > JUDGED * 7 {
            self.append = true;
        }
        Ok(())
    }

    /// Ends the run.
    pub(super) fn finish(self, spec: &Spec, known: &mut [Known], texts: &[RwLock<Texts>]) -> Result<Partial> {
        for (own, all) in known.iter_mut().zip(texts) {
            if own.shared.len() < own.texts.len() {
                own.share(&mut all.write().unwrap_or_else(|e| e.into_inner()));
            }
        }
        let dictionaries = known.iter().map(|k| k.dictionary.as_ref().map(|d| d.0.clone())).collect();
        let mut groups = self.groups.shared(spec, known);
        let mut partition = Partition::of(&groups);
        if self.append {
            // So many groups are going to be merged partition by partition.
            groups = groups.parted(&partition, spec, texts)?;
            (partition.order, partition.parted) = (Vec::new(), true);
        }
        Ok(Partial { partition, groups, rows: self.rows, dropped: self.dropped, dictionaries })
    }
}

/// The groups of a run, ready to be merged.
#[derive(Debug)]
pub(super) struct Partial {
    pub(super) groups: Groups,
    pub(super) rows: u64,
    pub(super) dropped: u64,
    pub(super) partition: Partition,
    /// The dictionary of categories in use at its end, for each collection of texts.
    pub(super) dictionaries: Vec<Option<arrow::array::ArrayRef>>,
}

impl Partial {
    pub(super) fn bytes(&self) -> usize {
        self.groups.bytes() + self.partition.order.len() * 4
    }
}

/// Groups beyond this number are spread over partitions by their hash.
pub(super) const PARTITIONS: usize = 64;

/// Groups ordered by the partition that they belong to, in their order within each.
#[derive(Debug)]
pub(super) struct Partition {
    /// Empty where they stand like that.
    order: Vec<u32>,
    starts: Vec<u32>,
    /// Whether they stand like that.
    parted: bool,
}

impl Partition {
    pub(super) fn of(groups: &Groups) -> Partition {
        let places: Vec<u8> = (0..groups.len()).map(|g| (hash_words(groups.key(g)) >> 58) as u8).collect();
        let mut starts = vec![0u32; PARTITIONS + 1];
        places.iter().for_each(|&p| starts[p as usize + 1] += 1);
        for p in 0..PARTITIONS {
            starts[p + 1] += starts[p];
        }
        let mut next = starts.clone();
        let mut order = vec![0; places.len()];
        for (g, &p) in places.iter().enumerate() {
            let at = &mut next[p as usize];
            order[*at as usize] = g as u32;
            *at += 1;
        }
        Partition { order, starts, parted: false }
    }

    /// Whether the groups stand in the order of their partitions, not of their appearance.
    pub(super) fn is_parted(&self) -> bool {
        self.parted
    }

    pub(super) fn picks(&self, partition: usize) -> Picks<'_> {
        let span = self.starts[partition] as usize..self.starts[partition + 1] as usize;
        if self.parted { Picks::Span(span) } else { Picks::Of(&self.order[span]) }
    }
}
