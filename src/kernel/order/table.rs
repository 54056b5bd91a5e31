use super::{KeyColumn, hashes};
use arrow::buffer::BooleanBuffer;
use rayon::prelude::*;
use std::borrow::Cow;
use std::ops::Range;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

const PIECE: usize = 64 * 1024;

/// A row and the 32 bits of its hash that follow those of its partition.
#[derive(Clone, Copy, Default)]
struct Entry {
    tag: u32,
    row: u32,
}

/// Rows parted by the leading bits of their hashes, in row order within a partition.
struct Partitions {
    entries: Vec<Entry>,
    /// Where each partition begins, and the end of the last.
    starts: Vec<usize>,
}

/// `x >> by` where `by` may be 64.
#[inline]
fn leading(x: u64, bits: u32) -> usize {
    if bits == 0 { 0 } else { (x >> (64 - bits)) as usize }
}

#[inline]
fn tag(hash: u64, bits: u32) -> u32 {
    (hash << bits >> 32) as u32
}

impl Partitions {
    /// Parts the rows for which `hash` has a value.
    fn new(rows: usize, bits: u32, hash: impl Fn(usize) -> Option<u64> + Sync) -> Partitions {
        let pieces: Vec<Range<usize>> = (0..rows.div_ceil(4 * PIECE)).map(|i| i * 4 * PIECE..rows.min((i + 1) * 4 * PIECE)).collect();
        let parts = 1usize << bits;
        let count = |piece: &Range<usize>| {
            let mut count = vec![0usize; parts];
            piece.clone().filter_map(&hash).for_each(|h| count[leading(h, bits)] += 1);
            count
        };
        let counts: Vec<Vec<usize>> = pieces.par_iter().map(count).collect();
        let total = counts.iter().flatten().sum();
        let mut entries = vec![Entry::default(); total];
        let mut places: Vec<Vec<&mut [Entry]>> = counts.iter().map(|_| Vec::with_capacity(parts)).collect();
        let mut starts = vec![0];
        let (mut rest, mut start) = (entries.as_mut_slice(), 0);
        for part in 0..parts {
            for (place, count) in places.iter_mut().zip(&counts) {
                let (here, after) = rest.split_at_mut(count[part]);
                place.push(here);
                rest = after;
                start += count[part];
            }
            starts.push(start);
        }
        pieces.par_iter().zip(places).for_each(|(piece, mut places)| {
            let mut next = vec![0usize; parts];
            for row in piece.clone() {
                let Some(h) = hash(row) else { continue };
                let part = leading(h, bits);
                places[part][next[part]] = Entry { tag: tag(h, bits), row: row as u32 };
                next[part] += 1;
            }
        });
        Partitions { entries, starts }
    }

    /// The bits of partitions that fit a core's cache each.
    fn bits_for(rows: usize) -> u32 {
        (rows / (16 * 1024) + 1).ilog2().min(10)
    }
}

/// Which rows have a key, for look-ups from another table. Rows of one key stand in their order.
#[derive(Debug)]
pub struct RowTable {
    keys: Vec<KeyColumn>,
    /// Of numbers that lie close together: the smallest. Each number then has a bucket of its own.
    dense: Option<u64>,
    part_bits: u32,
    bits: u32,
    /// Where each bucket begins.
    starts: Vec<u32>,
    tags: Vec<u32>,
    rows: Vec<u32>,
    unique: bool,
}

impl RowTable {
    /// Of the rows that have all keys.
    pub fn new(keys: Vec<KeyColumn>) -> RowTable {
        let n = keys.first().map_or(0, KeyColumn::len);
        let there = |row: usize| keys.iter().all(|k| k.is_valid(row as u32));
        if let [key @ KeyColumn::Words { words, .. }] = keys.as_slice()
            && let Some((low, high)) = ends(key, words)
            && high - low <= 4 * n as u64 + 1024
        {
            let bits = 64 - (high - low).leading_zeros();
            let hash = |row: usize| there(row).then(|| dense_hash(words[row], low, bits));
            let mut table = RowTable::build(n, bits, hash);
            // The bucket says all: neither tags nor keys are looked at.
            (table.dense, table.tags) = (Some(low), Vec::new());
            table.unique = table.starts.par_chunks(PIECE).enumerate().all(|(i, c)| {
                let next = table.starts.get((i + 1) * PIECE).copied();
                c.windows(2).all(|w| w[1] - w[0] <= 1) && next.is_none_or(|next| next - c[c.len() - 1] <= 1)
            });
            return table;
        }
        let hashes = hashes(&keys);
        let bits = n.max(2).next_power_of_two().ilog2();
        let mut table = RowTable::build(n, bits, |row| there(row).then(|| hashes[row]));
        table.keys = keys;
        table
    }

    /// The same with one row of each key, the first, where its rows would else be looked through: for who asks whether a key is there,
    /// or which one it is.
    pub fn firsts_only(mut self) -> RowTable {
        if self.dense.is_some() {
            return self;
        }
        let (mut from, mut end) = (0, 0);
        for bucket in 0..self.starts.len() - 1 {
            let (to, kept) = (self.starts[bucket + 1] as usize, end);
            for i in from..to {
                let (tag, row) = (self.tags[i], self.rows[i]);
                let same = |k: usize| self.tags[k] == tag && self.keys.iter().all(|key| key.same(row, key, self.rows[k]));
                if !(kept..end).any(same) {
                    (self.tags[end], self.rows[end]) = (tag, row);
                    end += 1;
                }
            }
            self.starts[bucket] = kept as u32;
            from = to;
        }
        if let Some(last) = self.starts.last_mut() {
            *last = end as u32;
        }
        self.tags.truncate(end);
        self.rows.truncate(end);
        self.unique = true;
        self
    }

    fn build(rows: usize, bits: u32, hash: impl Fn(usize) -> Option<u64> + Sync) -> RowTable {
        let part_bits = Partitions::bits_for(rows).min(bits);
        let parts = Partitions::new(rows, part_bits, hash);
        let local = bits - part_bits;
        let mut starts = vec![0u32; (1 << bits) + 1];
        let (mut tags, mut row_numbers) = (vec![0u32; parts.entries.len()], vec![0u32; parts.entries.len()]);
        let mut work = Vec::with_capacity(1 << part_bits);
        let (mut s, mut t, mut r) = (&mut starts[..1 << bits], tags.as_mut_slice(), row_numbers.as_mut_slice());
        for part in 0..1usize << part_bits {
            let entries = &parts.entries[parts.starts[part]..parts.starts[part + 1]];
            let (here_s, rest_s) = s.split_at_mut(1 << local);
            let (here_t, rest_t) = t.split_at_mut(entries.len());
            let (here_r, rest_r) = r.split_at_mut(entries.len());
            work.push((parts.starts[part], entries, here_s, here_t, here_r));
            (s, t, r) = (rest_s, rest_t, rest_r);
        }
        work.into_par_iter().with_max_len(4).for_each(|(before, entries, starts, tags, rows)| {
            let bucket = |tag: u32| if local == 0 { 0 } else { (tag >> (32 - local)) as usize };
            entries.iter().for_each(|e| starts[bucket(e.tag)] += 1);
            let mut at = 0;
            for s in starts.iter_mut() {
                at += std::mem::replace(s, at);
            }
            for e in entries {
                let place = &mut starts[bucket(e.tag)];
                (tags[*place as usize], rows[*place as usize]) = (e.tag, e.row);
                *place += 1;
            }
            // Each start has moved to the next one's place.
            starts.rotate_right(1);
            starts[0] = 0;
            starts.iter_mut().for_each(|s| *s += before as u32);
        });
        let total = row_numbers.len() as u32;
        starts[1 << bits] = total;
        RowTable { keys: Vec::new(), dense: None, part_bits, bits, starts, tags, rows: row_numbers, unique: false }
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        (self.starts.len() + self.tags.len() + self.rows.len()) * 4 + self.keys.iter().map(KeyColumn::bytes).sum::<usize>()
    }

    /// Whether no key is known to stand twice (false where that was not looked at).
    pub fn is_unique(&self) -> bool {
        self.unique
    }

    /// Other keys, made ready to be looked up. They must be of the same domain.
    pub fn probe<'a>(&'a self, others: &'a [KeyColumn]) -> Probe<'a> {
        let dense = self.dense.is_some() && matches!(others, [KeyColumn::Words { .. }]);
        Probe { table: self, others, hashes: if dense { Cow::Owned(Vec::new()) } else { Cow::Owned(hashes(others)) } }
    }

    /// The same with hashes that [`Probe::into_hashes`] gave.
    pub fn probe_with<'a>(&'a self, others: &'a [KeyColumn], hashes: &'a [u64]) -> Probe<'a> {
        Probe { table: self, others, hashes: Cow::Borrowed(hashes) }
    }
}

/// Keys that are looked up in a table.
#[derive(Debug)]
pub struct Probe<'a> {
    table: &'a RowTable,
    others: &'a [KeyColumn],
    hashes: Cow<'a, [u64]>,
}

impl Probe<'_> {
    /// The hashes, to be used again for the same keys.
    pub fn into_hashes(self) -> Vec<u64> {
        self.hashes.into_owned()
    }

    /// Calls `found` with each row of the other keys in order, and with the rows of the table that have its key, in order (perhaps
    /// none), until it says no. The row after the last one looked up.
    pub fn look_up(&self, rows: Range<u32>, mut found: impl FnMut(u32, &[u32]) -> bool) -> u32 {
        let (table, others) = (self.table, self.others);
        if let (Some(low), [key @ KeyColumn::Words { words, .. }]) = (table.dense, others) {
            for row in rows.clone() {
                let offset = words[row as usize].wrapping_sub(low);
                let there = (table.bits == 64 || offset >> table.bits == 0) && key.is_valid(row);
                let at = if there { offset as usize } else { 0 };
                let (from, to) = if there { (table.starts[at] as usize, table.starts[at + 1] as usize) } else { (0, 0) };
                if !found(row, &table.rows[from..to]) {
                    return row + 1;
                }
            }
            return rows.end;
        }
        let mut several = Vec::new();
        for row in rows.clone() {
            let hash = self.hashes[row as usize];
            let at = leading(hash, table.bits);
            let (from, to) = (table.starts[at] as usize, table.starts[at + 1] as usize);
            let tag = tag(hash, table.part_bits);
            let same = |i: usize| table.tags[i] == tag && others.iter().zip(&table.keys).all(|(a, b)| a.same(row, b, table.rows[i]));
            let there = from < to && others.iter().all(|k| k.is_valid(row));
            let first = if there { (from..to).find(|&i| same(i)) } else { None };
            // Mostly one key has the bucket to itself.
            let more = match first {
                None => found(row, &[]),
                Some(first) => {
                    let run = 1 + (first + 1..to).take_while(|&i| same(i)).count();
                    if (first + run..to).any(same) {
                        several.clear();
                        several.extend((first..to).filter(|&i| same(i)).map(|i| table.rows[i]));
                        found(row, &several)
                    } else {
                        found(row, &table.rows[first..first + run])
                    }
                }
            };
            if !more {
                return row + 1;
            }
        }
        rows.end
    }
}

#[inline]
fn dense_hash(word: u64, low: u64, bits: u32) -> u64 {
    if bits == 0 { 0 } else { (word - low) << (64 - bits) }
}

/// The smallest and the largest word that is there.
fn ends(key: &KeyColumn, words: &[u64]) -> Option<(u64, u64)> {
    let none = (u64::MAX, 0u64);
    let of = |(i, w): (usize, &[u64])| {
        let here = w.iter().enumerate().filter(|(j, _)| key.is_valid((i * PIECE + j) as u32));
        here.fold(none, |(low, high), (_, &w)| (low.min(w), high.max(w)))
    };
    let (low, high) = words.par_chunks(PIECE).enumerate().map(of).reduce(|| none, |a, b| (a.0.min(b.0), a.1.max(b.1)));
    (low <= high).then_some((low, high))
}

/// Open addressing: the entries of one partition, each key once.
struct Seen<'a> {
    keys: &'a [KeyColumn],
    mask: usize,
    /// The first row of a key with its number among the keys; `u32::MAX` where there is none.
    slots: Vec<(Entry, u32)>,
}

impl Seen<'_> {
    fn new(keys: &[KeyColumn], rows: usize) -> Seen<'_> {
        let size = (rows * 2).next_power_of_two().max(4);
        Seen { keys, mask: size - 1, slots: vec![(Entry::default(), u32::MAX); size] }
    }

    /// The number of the entry's key, and whether it is new.
    #[inline]
    fn put(&mut self, entry: Entry, next: u32) -> (u32, bool) {
        // The leading bits of a tag are those in which a partition's hashes differ.
        let mut at = ((entry.tag as u64 * (self.mask as u64 + 1)) >> 32) as usize;
        loop {
            let (there, number) = self.slots[at];
            if number == u32::MAX {
                self.slots[at] = (entry, next);
                return (next, true);
            }
            if there.tag == entry.tag && self.keys.iter().all(|k| k.same_or_missing(there.row, entry.row)) {
                return (number, false);
            }
            at = (at + 1) & self.mask;
        }
    }
}

/// Which rows are the first of their key. Missing keys are the same as each other.
pub fn first_rows(keys: &[KeyColumn], rows: u32) -> BooleanBuffer {
    if keys.is_empty() {
        return BooleanBuffer::collect_bool(rows as usize, |i| i == 0);
    }
    let hashes = hashes(keys);
    let parts = Partitions::new(rows as usize, Partitions::bits_for(rows as usize), |row| Some(hashes[row]));
    drop(hashes);
    let words: Vec<AtomicU32> = (0..rows.div_ceil(32)).map(|_| AtomicU32::new(0)).collect();
    parts.starts.par_windows(2).with_max_len(4).for_each(|w| {
        let entries = &parts.entries[w[0]..w[1]];
        let mut seen = Seen::new(keys, entries.len());
        for &entry in entries {
            if seen.put(entry, 0).1 {
                words[entry.row as usize / 32].fetch_or(1 << (entry.row % 32), Relaxed);
            }
        }
    });
    BooleanBuffer::collect_bool(rows as usize, |i| words[i / 32].load(Relaxed) >> (i % 32) & 1 == 1)
}

/// For each row the number of its key, keys numbered in order of first appearance; and the first row of each. Missing keys are
/// the same as each other.
pub fn row_codes(keys: &[KeyColumn], rows: u32) -> (Vec<u32>, Vec<u32>) {
    if keys.is_empty() {
        return (vec![0; rows as usize], if rows == 0 { Vec::new() } else { vec![0] });
    }
    let hashes = hashes(keys);
    let parts = Partitions::new(rows as usize, Partitions::bits_for(rows as usize), |row| Some(hashes[row]));
    drop(hashes);
    let codes: Vec<AtomicU32> = (0..rows).map(|_| AtomicU32::new(0)).collect();
    let firsts: Vec<Vec<u32>> = parts
        .starts
        .par_windows(2)
        .with_max_len(4)
        .map(|w| {
            let entries = &parts.entries[w[0]..w[1]];
            let mut seen = Seen::new(keys, entries.len());
            let mut firsts = Vec::new();
            for &entry in entries {
                let (number, new) = seen.put(entry, firsts.len() as u32);
                if new {
                    firsts.push(entry.row);
                }
                codes[entry.row as usize].store(number, Relaxed);
            }
            firsts
        })
        .collect();
    // From the number within a partition to the number by first appearance.
    let mut all: Vec<(u32, u32, u32)> = Vec::with_capacity(firsts.iter().map(Vec::len).sum());
    for (part, firsts) in firsts.iter().enumerate() {
        all.extend(firsts.iter().enumerate().map(|(i, &row)| (row, part as u32, i as u32)));
    }
    all.par_sort_unstable();
    let mut numbers = firsts;
    for (code, &(_, part, i)) in all.iter().enumerate() {
        numbers[part as usize][i as usize] = code as u32;
    }
    parts.starts.par_windows(2).enumerate().with_max_len(4).for_each(|(part, w)| {
        for entry in &parts.entries[w[0]..w[1]] {
            let code = &codes[entry.row as usize];
            code.store(numbers[part][code.load(Relaxed) as usize], Relaxed);
        }
    });
    (codes.into_iter().map(AtomicU32::into_inner).collect(), all.into_iter().map(|(row, _, _)| row).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Column;
    use hashbrown::HashMap;

    fn keys(columns: &[Column]) -> Vec<KeyColumn> {
        columns.iter().map(|c| KeyColumn::new(c).unwrap()).collect()
    }

    #[test]
    fn codes_count_keys_by_first_appearance() {
        let n = 300_000u64;
        let mix = |i: u64| super::super::hash::spread(i);
        let a: Vec<Option<i64>> = (0..n).map(|i| (mix(i) % 50 != 0).then_some((mix(i) % 1000) as i64)).collect();
        let b: Vec<String> = (0..n).map(|i| format!("text of some length {}", mix(i + n) % 7)).collect();
        let (codes, firsts) = row_codes(&keys(&[Column::from(a.clone()), Column::from(b.clone())]), n as u32);
        let mut known = HashMap::new();
        let mut want_firsts = Vec::new();
        for i in 0..n as usize {
            let next = known.len() as u32;
            let code = *known.entry((a[i], &b[i])).or_insert_with(|| {
                want_firsts.push(i as u32);
                next
            });
            assert_eq!(codes[i], code);
        }
        assert_eq!(firsts, want_firsts);
        let first = first_rows(&keys(&[Column::from(a), Column::from(b.clone())]), n as u32);
        assert_eq!(first.set_indices().map(|i| i as u32).collect::<Vec<_>>(), firsts);
    }

    #[test]
    fn rows_of_a_key_are_found_in_order() {
        let mix = |i: u64| super::super::hash::spread(i);
        for range in [10, 100_000, u64::MAX] {
            let right: Vec<u64> = (0..100_000).map(|i| mix(i) % range).collect();
            let left: Vec<u64> = (0..1000).map(|i| mix(i * 3) % range).collect();
            let table = RowTable::new(keys(&[Column::from(right.clone())]));
            let mut want: HashMap<u64, Vec<u32>> = HashMap::new();
            right.iter().enumerate().for_each(|(i, &k)| want.entry(k).or_default().push(i as u32));
            let left_keys = keys(&[Column::from(left.clone())]);
            table.probe(&left_keys).look_up(0..1000, |row, found| {
                assert_eq!(found, want.get(&left[row as usize]).map_or(&[][..], Vec::as_slice));
                true
            });
            // As texts, of which a bucket can hold several.
            let texts = |values: &[u64]| keys(&[Column::from_texts(values.iter().map(|v| Some(format!("a text of {v}"))))]);
            let (table, left_keys) = (RowTable::new(texts(&right)).firsts_only(), texts(&left));
            assert_eq!((table.rows.len(), table.tags.len()), (want.len(), want.len()));
            table.probe(&left_keys).look_up(0..1000, |row, found| {
                assert_eq!(found.first(), want.get(&left[row as usize]).map(|rows| &rows[0]));
                true
            });
        }
    }
}
