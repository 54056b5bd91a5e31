/// Two odd constants with well mixed bits (fractions of the golden ratio and of the root of 3).
const A: u64 = 0x9e37_79b9_7f4a_7c15;
const B: u64 = 0xbb67_ae85_84ca_a73b;

/// So many keys are looked up side by side.
const AHEAD: usize = 32;

#[inline(always)]
fn fold(a: u64, b: u64) -> u64 {
    let wide = a as u128 * b as u128;
    wide as u64 ^ (wide >> 64) as u64
}

/// A hash of a key of some words. All its bits are fit for use.
#[inline(always)]
pub fn hash_words(words: &[u64]) -> u64 {
    let mut h = B;
    for &w in words {
        h = fold(h ^ w, A);
    }
    fold(h ^ A, B)
}

/// Keys of a fixed number of words, each given a number in order of first appearance: an open hash table.
///
/// `N` is the number of words, or 0 where it is known only at run time.
#[derive(Clone, Debug)]
pub struct KeyTable<const N: usize> {
    width: usize,
    /// Upper half: upper half of the hash. Lower half: number + 1, 0 for empty.
    slots: Vec<u64>,
    keys: Vec<u64>,
    len: usize,
}

impl<const N: usize> KeyTable<N> {
    /// Without keys; `width` counts the words where `N` is 0.
    pub fn new(width: usize) -> KeyTable<N> {
        KeyTable { width: if N > 0 { N } else { width }, slots: Vec::new(), keys: Vec::new(), len: 0 }
    }

    #[inline(always)]
    fn width(&self) -> usize {
        if N > 0 { N } else { self.width }
    }

    /// How many keys.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The words of all keys, one key after the other.
    pub fn keys(&self) -> &[u64] {
        &self.keys
    }

    /// Makes room for so many more keys at once.
    pub fn reserve(&mut self, more: usize) {
        self.keys.reserve_exact(more * self.width());
        if (self.len + more) * 2 > self.slots.len() {
            self.rebuild(((self.len + more) * 2).next_power_of_two().max(64));
        }
    }

    /// Gives back what only look-ups need; the next one makes it again.
    pub fn rest(&mut self) {
        self.slots = Vec::new();
    }

    /// The words, to be changed in place; the table is of no more use after that.
    pub fn into_keys(self) -> Vec<u64> {
        self.keys
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        (self.slots.capacity() + self.keys.capacity()) * 8
    }

    /// The number of a key; a new one if it is not known.
    #[inline(always)]
    pub fn number(&mut self, key: &[u64], hash: u64) -> u32 {
        if (self.len + 1) * 2 > self.slots.len() {
            self.grow();
        }
        let key = &key[..self.width()];
        let mask = self.slots.len() - 1;
        let tag = hash & 0xffff_ffff_0000_0000;
        let mut at = hash as usize & mask;
        loop {
            let slot = self.slots[at];
            if slot == 0 {
                self.len += 1;
                self.slots[at] = tag | self.len as u64;
                self.keys.extend_from_slice(key);
                return self.len as u32 - 1;
            }
            if slot & 0xffff_ffff_0000_0000 == tag {
                let number = (slot as u32 - 1) as usize;
                if self.keys[number * self.width()..][..self.width()] == *key {
                    return number as u32;
                }
            }
            at = (at + 1) & mask;
        }
    }

    /// The number of a key that is known.
    pub fn find(&self, key: &[u64], hash: u64) -> Option<u32> {
        if self.slots.is_empty() {
            return None;
        }
        let mask = self.slots.len() - 1;
        let tag = hash & 0xffff_ffff_0000_0000;
        let mut at = hash as usize & mask;
        loop {
            let slot = self.slots[at];
            if slot == 0 {
                return None;
            }
            if slot & 0xffff_ffff_0000_0000 == tag {
                let number = (slot as u32 - 1) as usize;
                if self.keys[number * self.width()..][..self.width()] == *key {
                    return Some(number as u32);
                }
            }
            at = (at + 1) & mask;
        }
    }

    /// The numbers of many keys, one after the other in `words`, added to `out`.
    pub fn numbers(&mut self, words: &[u64], out: &mut Vec<u32>) {
        let width = self.width();
        out.reserve(words.len() / width);
        let (mut hashes, mut slots) = ([0u64; AHEAD], [0u64; AHEAD]);
        for block in words.chunks(AHEAD * width) {
            // First all hashes, then all slots: so many reads from far memory are under way at once.
            for (h, key) in hashes.iter_mut().zip(block.chunks_exact(width)) {
                *h = hash_words(key);
            }
            if self.slots.is_empty() {
                slots = [0; AHEAD];
            } else {
                let mask = self.slots.len() - 1;
                slots.iter_mut().zip(&hashes).for_each(|(s, h)| *s = self.slots[*h as usize & mask]);
            }
            for ((key, &hash), &slot) in block.chunks_exact(width).zip(&hashes).zip(&slots) {
                // What stood there before this block stands there still, under the same number.
                if slot != 0 && (slot ^ hash) >> 32 == 0 {
                    let number = (slot as u32 - 1) as usize;
                    if self.keys[number * width..][..width] == *key {
                        out.push(number as u32);
                        continue;
                    }
                }
                let n = self.number(key, hash);
                out.push(n);
            }
        }
    }

    /// Appends keys that are not looked up: number `i` is then the `i`th key, and [`KeyTable::number`] must not be called.
    pub fn append(&mut self, words: &[u64]) {
        self.keys.extend_from_slice(words);
        self.len = self.keys.len() / self.width();
    }

    /// Takes keys that differ from each other. They are looked up in only after the next new one.
    pub fn set_keys(&mut self, keys: Vec<u64>) {
        self.len = keys.len() / self.width();
        self.keys = keys;
        self.slots = Vec::new();
    }

    #[cold]
    fn grow(&mut self) {
        self.rebuild((self.slots.len() * 2).max((self.len * 2 + 2).next_power_of_two()).max(64));
    }

    fn rebuild(&mut self, size: usize) {
        self.slots = Vec::new();
        let mask = size - 1;
        let width = self.width();
        let mut slots = vec![0u64; size];
        for (number, key) in self.keys.chunks_exact(width).enumerate() {
            let hash = hash_words(key);
            let mut at = hash as usize & mask;
            while slots[at] != 0 {
                at = (at + 1) & mask;
            }
            slots[at] = (hash & 0xffff_ffff_0000_0000) | (number as u64 + 1);
        }
        self.slots = slots;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_count_keys_in_order_of_appearance() {
        let mut t = KeyTable::<2>::new(2);
        let mut out = Vec::new();
        for round in 0..2 {
            for i in 0..10_000u64 {
                t.numbers(&[i % 5000, i % 7], &mut out);
                if round == 0 && i < 5000 {
                    assert_eq!(out[i as usize], i as u32);
                }
            }
        }
        assert_eq!(t.len(), 10_000);
        assert_eq!(out[..10_000], out[10_000..]);
        assert_eq!(t.find(&[3, 3], hash_words(&[3, 3])), Some(3));
        assert_eq!(t.find(&[3, 8], hash_words(&[3, 8])), None);
        // A table that rested knows its keys as before.
        t.rest();
        t.reserve(30_000);
        let before = out.len();
        t.numbers(&[4999, 4999 % 7, 1, 1, 70_000, 0], &mut out);
        assert_eq!(out[before..], [4999, 1, 10_000]);
        let mut wide = KeyTable::<0>::new(5);
        assert_eq!([0, 1, 0].map(|i| wide.number(&[i, 0, 0, 0, i], hash_words(&[i, 0, 0, 0, i]))), [0, 1, 0]);
    }
}
