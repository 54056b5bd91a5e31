//! Texts and their numbers: a text is held once, whatever the number of rows that have it.

use crate::kernel::group::{KeyTable, hash_words};
use arrow::array::{ArrayRef, BinaryViewArray, ByteView, GenericByteViewArray, StringViewArray, types::ByteViewType};
use arrow::buffer::{Buffer, NullBuffer, ScalarBuffer};
use hashbrown::HashTable;
use std::sync::Arc;

/// Texts longer than this stand outside their view.
const INLINE: u32 = 12;
/// So many texts are looked at together.
const BLOCK: usize = 1024;
/// Long texts are kept in pieces of about this many bytes.
const PIECE: usize = 16 << 20;

/// Distinct texts (or bytes), numbered in order of first appearance.
#[derive(Clone, Debug, Default)]
pub(super) struct Texts {
    /// Arrow views; those of long texts point into `pieces`.
    views: Vec<u128>,
    pieces: Vec<Vec<u8>>,
    /// Numbers among the short ones, and the number that each has among all.
    short: ShortTable,
    long: HashTable<u32>,
}

#[derive(Clone, Debug)]
struct ShortTable {
    table: KeyTable<2>,
    numbers: Vec<u32>,
}

impl Default for ShortTable {
    fn default() -> ShortTable {
        ShortTable { table: KeyTable::new(2), numbers: Vec::new() }
    }
}

fn hash_bytes(bytes: &[u8]) -> u64 {
    use std::hash::{BuildHasher, Hasher};
    let mut h = foldhash::fast::FixedState::with_seed(0x5eed).build_hasher();
    h.write(bytes);
    h.finish()
}

impl Texts {
    /// How many texts.
    pub(super) fn len(&self) -> usize {
        self.views.len()
    }

    /// Bytes held.
    pub(super) fn bytes(&self) -> usize {
        let pieces: usize = self.pieces.iter().map(Vec::capacity).sum();
        self.views.capacity() * 16 + pieces + self.short.table.bytes() + self.short.numbers.capacity() * 4 + self.long.capacity() * 5
    }

    /// The number of a text, given by its view and, if it is long, its bytes.
    #[inline(always)]
    pub(super) fn number<'a>(&mut self, view: u128, long: impl FnOnce() -> &'a [u8]) -> u32 {
        if view as u32 <= INLINE { self.short_number(view) } else { self.long_number(long()) }
    }

    #[inline(always)]
    fn short_number(&mut self, view: u128) -> u32 {
        let key = [view as u64, (view >> 64) as u64];
        let known = self.short.table.len();
        let n = self.short.table.number(&key, hash_words(&key)) as usize;
        if n == known {
            self.short.numbers.push(self.views.len() as u32);
            self.views.push(view);
        }
        // As long as all are short their numbers are the same.
        if self.long.is_empty() { n as u32 } else { self.short.numbers[n] }
    }

    /// The numbers of short texts, by their views; `out` gets them.
    fn short_numbers(&mut self, views: &[u128], out: &mut Vec<u32>) {
        let before = self.short.table.len();
        self.short.table.numbers(bytemuck::cast_slice(views), out);
        for key in self.short.table.keys()[before * 2..].chunks_exact(2) {
            self.short.numbers.push(self.views.len() as u32);
            self.views.push(key[0] as u128 | (key[1] as u128) << 64);
        }
        if !self.long.is_empty() {
            out.iter_mut().for_each(|n| *n = self.short.numbers[*n as usize]);
        }
    }

    /// The numbers of texts of which none is missing, by their views, added to `out`; `long` has the bytes of a long one.
    pub(super) fn numbers<'a>(&mut self, views: &[u128], out: &mut Vec<u32>, long: impl Fn(usize) -> &'a [u8]) {
        let mut block = Vec::with_capacity(BLOCK);
        for (b, views) in views.chunks(BLOCK).enumerate() {
            if views.iter().all(|v| *v as u32 <= INLINE) {
                block.clear();
                self.short_numbers(views, &mut block);
                out.extend_from_slice(&block);
            } else {
                for (i, &view) in views.iter().enumerate() {
                    let n = self.number(view, || long(b * BLOCK + i));
                    out.push(n);
                }
            }
        }
    }

    fn long_number(&mut self, bytes: &[u8]) -> u32 {
        let hash = hash_bytes(bytes);
        if let Some(&n) = self.long.find(hash, |&n| text_of(&self.views, &self.pieces, n) == bytes) {
            return n;
        }
        let n = self.views.len() as u32;
        if self.pieces.last().is_none_or(|p| p.len() + bytes.len() > p.capacity()) {
            // Small at first, so that a few long texts cost little.
            let size = if self.pieces.len() < 8 { PIECE >> (14 - 2 * self.pieces.len().min(7)) } else { PIECE };
            self.pieces.push(Vec::with_capacity(size.max(bytes.len())));
        }
        let buffer = self.pieces.len() - 1;
        let piece = &mut self.pieces[buffer];
        let offset = piece.len();
        piece.extend_from_slice(bytes);
        let prefix = u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
        let view = ByteView { length: bytes.len() as u32, prefix, buffer_index: buffer as u32, offset: offset as u32 };
        self.views.push(view.as_u128());
        let (views, pieces) = (&self.views, &self.pieces);
        self.long.insert_unique(hash, n, |&n| hash_bytes(text_of(views, pieces, n)));
        n
    }

    /// The number of a text of another collection.
    pub(super) fn number_of(&mut self, other: &Texts, n: u32) -> u32 {
        let view = other.views[n as usize];
        self.number(view, || text_of(&other.views, &other.pieces, n))
    }

    /// The number of these bytes.
    pub(super) fn number_of_bytes(&mut self, bytes: &[u8]) -> u32 {
        if bytes.len() > INLINE as usize {
            return self.long_number(bytes);
        }
        let mut view = [0u8; 16];
        view[..4].copy_from_slice(&(bytes.len() as u32).to_le_bytes());
        view[4..4 + bytes.len()].copy_from_slice(bytes);
        self.short_number(u128::from_le_bytes(view))
    }

    /// The text of a number.
    pub(super) fn get(&self, n: u32) -> &[u8] {
        text_of(&self.views, &self.pieces, n)
    }

    /// For every number the place of its text in their order.
    pub(super) fn ranks(&self) -> Vec<u32> {
        use rayon::prelude::*;
        let mut order: Vec<u32> = (0..self.views.len() as u32).collect();
        order.par_sort_unstable_by(|&a, &b| self.get(a).cmp(self.get(b)));
        let mut ranks = vec![0; order.len()];
        order.iter().enumerate().for_each(|(rank, &n)| ranks[n as usize] = rank as u32);
        ranks
    }

    /// Gives the texts up for arrays that share them.
    pub(super) fn freeze(self) -> Frozen {
        Frozen { views: self.views, pieces: self.pieces.into_iter().map(Buffer::from_vec).collect() }
    }
}

fn text_of<'a>(views: &'a [u128], pieces: &'a [Vec<u8>], n: u32) -> &'a [u8] {
    let view = &views[n as usize];
    let length = *view as u32;
    if length <= INLINE {
        &bytemuck::bytes_of(view)[4..4 + length as usize]
    } else {
        let v = ByteView::from(*view);
        &pieces[v.buffer_index as usize][v.offset as usize..][..length as usize]
    }
}

/// Texts that no more come to.
#[derive(Clone, Debug, Default)]
pub(super) struct Frozen {
    views: Vec<u128>,
    pieces: Vec<Buffer>,
}

impl Frozen {
    /// Bytes held.
    pub(super) fn bytes(&self) -> usize {
        self.views.capacity() * 16 + self.pieces.iter().map(Buffer::capacity).sum::<usize>()
    }

    /// The texts of these numbers; missing where one is out of range.
    pub(super) fn array<T: ByteViewType>(&self, numbers: impl Iterator<Item = u32>) -> GenericByteViewArray<T> {
        // No text has a view of all ones: its length would be that of four gigabytes.
        let views = numbers.map(|n| self.views.get(n as usize).copied().unwrap_or(u128::MAX));
        let mut views: Vec<u128> = views.collect();
        let nulls = views.contains(&u128::MAX).then(|| {
            let valid = NullBuffer::from_iter(views.iter().map(|v| *v != u128::MAX));
            views.iter_mut().filter(|v| **v == u128::MAX).for_each(|v| *v = 0);
            valid
        });
        let long = views.iter().any(|v| *v as u32 > INLINE);
        let buffers: Vec<Buffer> = if long { self.pieces.clone() } else { Vec::new() };
        // SAFETY: the views were made by `Texts`: short ones hold their bytes padded with zeros, long ones lie inside the pieces,
        // and the bytes came from an array of the same kind, so those of text are UTF-8.
        unsafe { GenericByteViewArray::<T>::new_unchecked(ScalarBuffer::from(views), buffers, nulls) }
    }

    /// As an array of texts or of bytes.
    pub(super) fn arrow(&self, numbers: impl Iterator<Item = u32>, binary: bool) -> ArrayRef {
        if binary {
            let array: BinaryViewArray = self.array(numbers);
            Arc::new(array)
        } else {
            let array: StringViewArray = self.array(numbers);
            Arc::new(array)
        }
    }
}

/// The texts of one worker: they grow from run to run, and each new one is made known to all once.
#[derive(Debug, Default)]
pub(super) struct Known {
    pub(super) texts: Texts,
    /// The number that all know a text by.
    pub(super) shared: Vec<u32>,
    /// The dictionary of categories seen last, and the numbers of its texts.
    pub(super) dictionary: Option<(ArrayRef, Vec<u32>)>,
}

impl Known {
    /// Makes the new texts known.
    pub(super) fn share(&mut self, all: &mut Texts) {
        for n in self.shared.len()..self.texts.len() {
            self.shared.push(all.number_of(&self.texts, n as u32));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::Array;

    #[test]
    fn texts_of_any_length_keep_their_numbers() {
        let mut t = Texts::default();
        let words: Vec<String> = (0..3000).map(|i| format!("{i}").repeat(i % 9 + 1)).collect();
        let first: Vec<u32> = words.iter().map(|w| t.number_of_bytes(w.as_bytes())).collect();
        assert_eq!(first, words.iter().map(|w| t.number_of_bytes(w.as_bytes())).collect::<Vec<_>>());
        assert!(words.iter().zip(&first).all(|(w, &n)| t.get(n) == w.as_bytes()));
        let mut u = Texts::default();
        let other: Vec<u32> = first.iter().rev().map(|&n| u.number_of(&t, n)).collect();
        assert!(other.iter().zip(first.iter().rev()).all(|(&a, &b)| u.get(a) == t.get(b)));
        let array: StringViewArray = t.freeze().array(first.iter().copied().chain([u32::MAX]));
        assert!(array.iter().flatten().eq(words.iter().map(String::as_str)) && array.is_null(words.len()));
    }
}
