use super::{MOST_RUNS, Share};
use crate::error::Result;
use crate::exec::spill::{self, RunReader, Spill};
use foldhash::fast::FixedState;
use hashbrown::HashMap;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;
use std::hash::Hash;

/// A value of fixed width whose order is that of unsigned numbers.
pub trait Key: Copy + Ord + Hash + Send + 'static {
    /// As the widest number.
    fn widen(self) -> u128;
    /// Back.
    fn narrow(x: u128) -> Self;
}
impl Key for u64 {
    fn widen(self) -> u128 {
        self as u128
    }
    fn narrow(x: u128) -> u64 {
        x as u64
    }
}
impl Key for u128 {
    fn widen(self) -> u128 {
        self
    }
    fn narrow(x: u128) -> u128 {
        x
    }
}

/// Counts of numbers (order-preserving keys of them).
#[derive(Debug)]
pub struct Tally<K> {
    share: Share,
    spill: Spill,
    total: u64,
    /// While few values differ.
    map: Option<HashMap<K, u64, FixedState>>,
    /// After that: keys as they come, sorted when full.
    chunk: Vec<K>,
    held: Vec<Held<K>>,
    spilled: Vec<spill::Run>,
}

/// A sorted run in memory.
#[derive(Debug)]
enum Held<K> {
    Keys(Vec<K>),
    Counted(Vec<(K, u64)>),
}

impl<K: Key> Held<K> {
    fn bytes(&self) -> usize {
        match self {
            Held::Keys(k) => k.capacity() * size_of::<K>(),
            Held::Counted(k) => k.capacity() * size_of::<(K, u64)>(),
        }
    }
}

/// A table with more entries than this falls out of the caches: it stays only if values repeat often.
const MANY: usize = 1 << 19;
/// The longest chunk sorted at once.
const CHUNK: usize = 1 << 20;

impl<K: Key> Tally<K> {
    /// Of nothing.
    pub fn new(share: Share, spill: &Spill) -> Tally<K> {
        let map = Some(HashMap::with_hasher(FixedState::default()));
        Tally { share, spill: spill.clone(), total: 0, map, chunk: Vec::new(), held: Vec::new(), spilled: Vec::new() }
    }

    /// How many values have been counted.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// Counts keys.
    ///
    /// # Errors
    /// Io, where a temporary file is refused.
    pub fn update(&mut self, keys: &[K]) -> Result<()> {
        self.total += keys.len() as u64;
        let mut rest = keys;
        if let Some(map) = &mut self.map {
            // Room is asked for before a stretch that could fill the table, not at each key.
            loop {
                let room = map.capacity() - map.len();
                let (now, later) = rest.split_at(rest.len().min(room));
                for &key in now {
                    *map.entry(key).or_insert(0) += 1;
                }
                rest = later;
                if rest.is_empty() {
                    return Ok(());
                }
                if map.len() < map.capacity() {
                    continue;
                }
                let entries = (map.capacity() * 2).max(64);
                // Old and new table live side by side while growing.
                let bytes = entries * 3 / 2 * 8 / 7 * (size_of::<(K, u64)>() + 1);
                let repeats = self.total / (map.len() as u64 + 1) >= 8;
                if (map.len() >= MANY && !repeats) || !self.share.hold(bytes) {
                    break;
                }
                map.reserve(entries - map.len());
            }
            self.leave_map()?;
        }
        while !rest.is_empty() {
            if self.chunk.len() == self.chunk.capacity() {
                self.grow()?;
            }
            let (now, later) = rest.split_at(rest.len().min(self.chunk.capacity() - self.chunk.len()));
            self.chunk.extend_from_slice(now);
            rest = later;
        }
        Ok(())
    }

    fn leave_map(&mut self) -> Result<()> {
        let Some(map) = self.map.take() else { return Ok(()) };
        let mut entries: Vec<(K, u64)> = map.into_iter().collect();
        entries.sort_unstable_by_key(|e| e.0);
        self.held.push(Held::Counted(entries));
        if !self.hold(0) { self.spill_held() } else { Ok(()) }
    }

    fn hold(&mut self, chunk: usize) -> bool {
        let bytes = self.held.iter().map(Held::bytes).sum::<usize>() + chunk * size_of::<K>();
        self.share.hold(bytes)
    }

    /// Makes room for more keys in the chunk, which is full.
    fn grow(&mut self) -> Result<()> {
        let full = self.chunk.capacity();
        if full < CHUNK {
            let larger = (full * 2).clamp(1024, CHUNK);
            // While it grows, both are there.
            if self.hold(full + larger) || full == 0 {
                self.chunk.reserve_exact(larger - full);
                return Ok(());
            }
        }
        self.chunk.sort_unstable();
        if full == CHUNK && self.hold(2 * full) {
            self.held.push(Held::Keys(std::mem::replace(&mut self.chunk, Vec::with_capacity(full))));
            return Ok(());
        }
        // No room for a second chunk: everything goes to the file, and the chunk is used again.
        let chunk = std::mem::take(&mut self.chunk);
        self.held.push(Held::Keys(chunk));
        self.spill_held()?;
        self.chunk = Vec::with_capacity(full);
        Ok(())
    }

    fn spill_held(&mut self) -> Result<()> {
        let held = std::mem::take(&mut self.held);
        let run = write(&self.spill, held.into_iter().map(Cursor::held).collect())?;
        self.spilled.push(run);
        if self.spilled.len() >= MOST_RUNS {
            let runs = std::mem::take(&mut self.spilled);
            let run = write(&self.spill, runs.into_iter().map(Cursor::<K>::spilled).collect())?;
            self.spilled.push(run);
        }
        Ok(())
    }

    /// Calls `f` with each different key and its count, in ascending order.
    ///
    /// # Errors
    /// Io, where a temporary file is refused.
    pub fn finish(mut self, f: impl FnMut(K, u64) -> Result<()>) -> Result<()> {
        if let Some(map) = self.map.take() {
            let mut entries: Vec<(K, u64)> = map.into_iter().collect();
            entries.sort_unstable_by_key(|e| e.0);
            self.held.push(Held::Counted(entries));
        }
        self.chunk.sort_unstable();
        self.held.push(Held::Keys(self.chunk));
        let cursors = self.held.into_iter().map(Cursor::held).chain(self.spilled.into_iter().map(Cursor::spilled));
        merge(cursors.collect(), f)
    }
}

fn write<K: Key>(spill: &Spill, cursors: Vec<Cursor<K>>) -> Result<spill::Run> {
    let mut out = spill.writer();
    // Keys as differences, which are short; the count is added to the lowest bit only if it is not one.
    let mut last = 0u128;
    merge(cursors, |key, count| {
        let step = key.widen() - last;
        last = key.widen();
        out.record(|bytes| {
            spill::put_number(bytes, step);
            spill::put_number(bytes, count as u128);
        })
    })?;
    out.finish()
}

/// Walks a sorted run.
enum Cursor<K> {
    Keys(Vec<K>, usize),
    Counted(Vec<(K, u64)>, usize),
    Spilled(RunReader, u128),
}

impl<K: Key> Cursor<K> {
    fn held(run: Held<K>) -> Cursor<K> {
        match run {
            Held::Keys(k) => Cursor::Keys(k, 0),
            Held::Counted(k) => Cursor::Counted(k, 0),
        }
    }

    fn spilled(run: spill::Run) -> Cursor<K> {
        Cursor::Spilled(run.into_reader(), 0)
    }

    #[inline]
    fn next(&mut self) -> Result<Option<(K, u64)>> {
        Ok(match self {
            Cursor::Keys(keys, at) => {
                let Some(&key) = keys.get(*at) else { return Ok(None) };
                let first = *at;
                *at += 1;
                while keys.get(*at) == Some(&key) {
                    *at += 1;
                }
                Some((key, (*at - first) as u64))
            }
            Cursor::Counted(entries, at) => {
                *at += 1;
                entries.get(*at - 1).copied()
            }
            Cursor::Spilled(reader, last) => {
                let Some(bytes) = reader.peek()? else { return Ok(None) };
                let (step, n) = spill::take_number(bytes);
                let (count, m) = spill::take_number(&bytes[n..]);
                reader.advance(n + m);
                *last += step;
                Some((K::narrow(*last), count as u64))
            }
        })
    }
}

/// Merges sorted runs; equal keys come out once.
fn merge<K: Key>(mut cursors: Vec<Cursor<K>>, mut f: impl FnMut(K, u64) -> Result<()>) -> Result<()> {
    let mut heap = BinaryHeap::with_capacity(cursors.len());
    for (i, c) in cursors.iter_mut().enumerate() {
        if let Some((key, count)) = c.next()? {
            heap.push(Reverse((key, i, count)));
        }
    }
    let mut current: Option<(K, u64)> = None;
    while let Some(mut top) = heap.peek_mut() {
        let Reverse((key, i, count)) = *top;
        match &mut current {
            Some((k, n)) if *k == key => *n += count,
            _ => {
                if let Some((k, n)) = current.replace((key, count)) {
                    f(k, n)?;
                }
            }
        }
        match cursors[i].next()? {
            Some((key, count)) => *top = Reverse((key, i, count)),
            None => {
                PeekMut::pop(top);
            }
        }
    }
    if let Some((k, n)) = current {
        f(k, n)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Budget;
    use std::collections::BTreeMap;

    fn tallied(keys: &[u64], own: usize) -> (Vec<(u64, u64)>, u64) {
        let spill = Spill::new();
        let mut t = Tally::new(Share::new(own, &Budget::new(own)), &spill);
        for c in keys.chunks(1000) {
            t.update(c).unwrap();
        }
        let mut out = Vec::new();
        t.finish(|k, n| {
            out.push((k, n));
            Ok(())
        })
        .unwrap();
        (out, spill.bytes())
    }

    #[test]
    fn tally_within_any_share_is_exact() {
        for spread in [10u64, 50_000, u64::MAX] {
            let keys: Vec<u64> = (0..300_000u64).map(|i| i.wrapping_mul(0x9E37_79B9_7F4A_7C15) % spread).collect();
            let mut want = BTreeMap::new();
            for &k in &keys {
                *want.entry(k).or_insert(0u64) += 1;
            }
            let want: Vec<(u64, u64)> = want.into_iter().collect();
            for own in [1, 200_000, 100 << 20] {
                let (got, spilled) = tallied(&keys, own);
                assert_eq!(got, want);
                assert_eq!(spilled > 0, own < 1 << 20 && spread > 10, "{own} {spread}");
            }
        }
    }
}
