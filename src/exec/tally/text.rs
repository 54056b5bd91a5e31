use super::{MOST_RUNS, Share, Tally};
use crate::error::Result;
use crate::exec::spill::{self, RunReader, Spill};
use crate::store::Budget;
use foldhash::fast::FixedState;
use hashbrown::HashTable;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::hash::BuildHasher;

/// Counts of texts: short ones as numbers, long ones in a table of their own.
#[derive(Debug)]
pub struct TextTally {
    short: Tally<u128>,
    long: LongTally,
    buffer: Vec<u128>,
}

/// What has been found of texts.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TextCounts {
    /// How many different ones.
    pub unique: u64,
    /// The smallest, by bytes.
    pub min: Option<Box<[u8]>>,
    /// The largest.
    pub max: Option<Box<[u8]>>,
    /// The commonest, the smallest of equals, and how often.
    pub top: Option<(Box<[u8]>, u64)>,
}

/// Texts of at most this many bytes are counted as numbers.
const SHORT: usize = 12;

/// Twelve bytes as a big-endian number with the length below: the order is that of the bytes, then of the length.
fn short_key(text: &[u8]) -> u128 {
    let mut bytes = [0u8; 16];
    bytes[..text.len()].copy_from_slice(text);
    bytes[15] = text.len() as u8;
    u128::from_be_bytes(bytes)
}

fn short_text(key: u128) -> Box<[u8]> {
    let bytes = key.to_be_bytes();
    bytes[..(bytes[15] as usize).min(SHORT)].into()
}

impl TextTally {
    /// Of nothing. Half of the share is for short texts, half for long ones, and both ask the pool for more.
    pub fn new(own: usize, pool: &Budget, spill: &Spill) -> TextTally {
        let short = Tally::new(Share::new(own / 2, pool), spill);
        TextTally { short, long: LongTally::new(Share::new(own / 2, pool), spill), buffer: Vec::new() }
    }

    /// Counts texts.
    ///
    /// # Errors
    /// Io, where a temporary file is refused.
    pub fn update<'a>(&mut self, texts: impl Iterator<Item = &'a [u8]>) -> Result<()> {
        for text in texts {
            if text.len() <= SHORT {
                self.buffer.push(short_key(text));
                if self.buffer.len() == 4096 {
                    self.short.update(&self.buffer)?;
                    self.buffer.clear();
                }
            } else {
                self.long.add(text, 1)?;
            }
        }
        self.short.update(&self.buffer)?;
        self.buffer.clear();
        Ok(())
    }

    /// Counts a text that occurs so often.
    ///
    /// # Errors
    /// Io, where a temporary file is refused.
    pub fn add(&mut self, text: &[u8], count: u64) -> Result<()> {
        self.long.add(text, count)
    }

    /// What has been found. Every text must have come by one way, [`TextTally::update`] or [`TextTally::add`].
    ///
    /// # Errors
    /// Io, where a temporary file is refused.
    pub fn finish(self) -> Result<TextCounts> {
        let mut out = TextCounts::default();
        let (mut low, mut high, mut top) = (None, None, None::<(u128, u64)>);
        self.short.finish(|key, count| {
            out.unique += 1;
            low.get_or_insert(key);
            high = Some(key);
            if top.is_none_or(|(_, n)| count > n) {
                top = Some((key, count));
            }
            Ok(())
        })?;
        (out.min, out.max) = (low.map(short_text), high.map(short_text));
        out.top = top.map(|(k, n)| (short_text(k), n));
        self.long.finish(|text, count| {
            out.unique += 1;
            if out.min.as_deref().is_none_or(|m| text < m) {
                out.min = Some(text.into());
            }
            if out.max.as_deref().is_none_or(|m| text > m) {
                out.max = Some(text.into());
            }
            if out.top.as_ref().is_none_or(|(t, n)| count > *n || count == *n && text < &**t) {
                out.top = Some((text.into(), count));
            }
            Ok(())
        })?;
        Ok(out)
    }
}

/// Counts of texts of any length.
#[derive(Debug)]
struct LongTally {
    share: Share,
    spill: Spill,
    hasher: FixedState,
    index: HashTable<u32>,
    entries: Vec<Entry>,
    texts: Vec<u8>,
    spilled: Vec<spill::Run>,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    hash: u64,
    offset: usize,
    length: usize,
    count: u64,
}

impl Entry {
    fn text<'a>(&self, texts: &'a [u8]) -> &'a [u8] {
        &texts[self.offset..self.offset + self.length]
    }
}

impl LongTally {
    fn new(share: Share, spill: &Spill) -> LongTally {
        LongTally {
            share,
            spill: spill.clone(),
            hasher: FixedState::default(),
            index: HashTable::new(),
            entries: Vec::new(),
            texts: Vec::new(),
            spilled: Vec::new(),
        }
    }

    fn add(&mut self, text: &[u8], count: u64) -> Result<()> {
        let hash = self.hasher.hash_one(text);
        let found = self.index.find(hash, |&i| {
            let e = &self.entries[i as usize];
            e.hash == hash && e.text(&self.texts) == text
        });
        if let Some(&i) = found {
            self.entries[i as usize].count += count;
            return Ok(());
        }
        let full = self.entries.len() == self.entries.capacity()
            || self.texts.len() + text.len() > self.texts.capacity()
            || self.index.len() == self.index.capacity();
        if full && !self.grow(text.len()) {
            self.spill_all()?;
            self.grow(text.len());
        }
        let entry = Entry { hash, offset: self.texts.len(), length: text.len(), count };
        self.texts.extend_from_slice(text);
        self.index.insert_unique(hash, self.entries.len() as u32, |&i| self.entries[i as usize].hash);
        self.entries.push(entry);
        Ok(())
    }

    /// Makes room for one text more; false if the share does not allow it.
    fn grow(&mut self, text: usize) -> bool {
        let wanted = |len: usize, capacity: usize, more: usize, least: usize| {
            if len + more <= capacity { capacity } else { (capacity * 2).max(len + more).max(least) }
        };
        let entries = wanted(self.entries.len(), self.entries.capacity(), 1, 128);
        let index = wanted(self.index.len(), self.index.capacity(), 1, 128);
        let texts = wanted(self.texts.len(), self.texts.capacity(), text, 8192);
        // Old and new live side by side while growing: half as much again.
        let bytes = (entries * size_of::<Entry>() + index * 8 / 7 * 5 + texts) * 3 / 2;
        let allowed = self.share.hold(bytes) && entries <= u32::MAX as usize;
        if allowed || self.entries.is_empty() {
            self.entries.reserve_exact(entries - self.entries.len());
            self.texts.reserve_exact(texts - self.texts.len());
            let hashes = &self.entries;
            self.index.reserve(index - self.index.len(), |&i| hashes[i as usize].hash);
        }
        allowed
    }

    fn sort(&mut self) {
        let texts = &self.texts;
        self.entries.sort_unstable_by(|a, b| a.text(texts).cmp(b.text(texts)));
    }

    fn spill_all(&mut self) -> Result<()> {
        if self.entries.is_empty() {
            return Ok(());
        }
        self.sort();
        let mut out = self.spill.writer();
        for e in &self.entries {
            put(&mut out, e.text(&self.texts), e.count)?;
        }
        self.spilled.push(out.finish()?);
        self.index.clear();
        self.entries.clear();
        self.texts.clear();
        if self.spilled.len() >= MOST_RUNS {
            let mut out = self.spill.writer();
            merge(std::mem::take(&mut self.spilled), |text, count| put(&mut out, text, count))?;
            self.spilled.push(out.finish()?);
        }
        Ok(())
    }

    fn finish(mut self, mut f: impl FnMut(&[u8], u64) -> Result<()>) -> Result<()> {
        if self.spilled.is_empty() {
            self.sort();
            return self.entries.iter().try_for_each(|e| f(e.text(&self.texts), e.count));
        }
        self.spill_all()?;
        merge(self.spilled, f)
    }
}

fn put(out: &mut spill::RunWriter, text: &[u8], count: u64) -> Result<()> {
    out.record(|bytes| {
        spill::put_number(bytes, text.len() as u128);
        bytes.extend_from_slice(text);
        spill::put_number(bytes, count as u128);
    })
}

fn take(reader: &mut RunReader) -> Result<Option<(Vec<u8>, u64)>> {
    let Some(bytes) = reader.peek()? else { return Ok(None) };
    let (length, n) = spill::take_number(bytes);
    let end = n + length as usize;
    let text = bytes[n..end].to_vec();
    let (count, m) = spill::take_number(&bytes[end..]);
    reader.advance(end + m);
    Ok(Some((text, count as u64)))
}

/// Merges sorted runs; equal texts come out once.
fn merge(runs: Vec<spill::Run>, mut f: impl FnMut(&[u8], u64) -> Result<()>) -> Result<()> {
    let mut readers: Vec<RunReader> = runs.into_iter().map(spill::Run::into_reader).collect();
    let mut heap = BinaryHeap::new();
    for (i, r) in readers.iter_mut().enumerate() {
        if let Some((text, count)) = take(r)? {
            heap.push(Reverse((text, i, count)));
        }
    }
    let mut current: Option<(Vec<u8>, u64)> = None;
    while let Some(Reverse((text, i, count))) = heap.pop() {
        if let Some((next, n)) = take(&mut readers[i])? {
            heap.push(Reverse((next, i, n)));
        }
        match &mut current {
            Some((t, n)) if *t == text => *n += count,
            _ => {
                if let Some((t, n)) = current.replace((text, count)) {
                    f(&t, n)?;
                }
            }
        }
    }
    if let Some((t, n)) = current {
        f(&t, n)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_within_any_share_are_counted_exactly() {
        let texts: Vec<String> = (0..60_000u64)
            .map(|i| {
                let x = i.wrapping_mul(0x9E37_79B9_7F4A_7C15) % 9973;
                if x % 2 == 0 { format!("{x}") } else { format!("a text of more than twelve bytes {x}") }
            })
            .chain(["".into(), "ä".into(), "a\0".into(), "a".into(), "a".into()])
            .collect();
        for own in [1, 1 << 30] {
            let spill = Spill::new();
            let mut t = TextTally::new(own, &Budget::new(own), &spill);
            t.update(texts.iter().map(|t| t.as_bytes())).unwrap();
            let got = t.finish().unwrap();
            let mut want = std::collections::BTreeMap::new();
            for t in &texts {
                *want.entry(t.as_bytes()).or_insert(0u64) += 1;
            }
            assert_eq!(got.unique, want.len() as u64);
            assert_eq!((got.min.as_deref(), got.max.as_deref()), (Some(&b""[..]), Some("ä".as_bytes())));
            let most = *want.values().max().unwrap();
            let top = want.iter().find(|(_, n)| **n == most).unwrap();
            assert_eq!(got.top.as_ref().map(|(t, n)| (&**t, *n)), Some((*top.0, most)));
            assert_eq!(spill.bytes() > 0, own == 1);
        }
    }
}
