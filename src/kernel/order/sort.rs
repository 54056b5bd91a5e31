use super::KeyColumn;
use rayon::prelude::*;
use std::cmp::Ordering;

/// Which values come first. Missing ones come last either way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Direction {
    /// The small ones.
    #[default]
    Ascending,
    /// The large ones.
    Descending,
}

/// One column that rows are sorted by.
#[derive(Clone, Debug)]
pub struct SortKey {
    /// Its values.
    pub keys: KeyColumn,
    /// Which come first.
    pub direction: Direction,
}

/// Rows in one piece of parallel work.
const PIECE: usize = 64 * 1024;
/// So few rows are sorted by comparing them.
const FEW: usize = 48;

/// The numbers of the rows in the order of their keys: first by the first one, among equals by the next. Stable; missing last.
///
/// Rows are sorted by 32 bits of a key at a time, beside which the row number stands; where these are the same, by the next bits,
/// then by the next key. The result does not depend on the number of threads.
pub fn sort_rows(keys: &[SortKey], rows: u32) -> Vec<u32> {
    let mut order: Vec<u32> = (0..rows).collect();
    by_column(&mut order, keys, 0);
    order
}

/// How two rows stand to each other by all their keys.
#[inline]
pub fn compare_rows(a: u32, b: u32, keys: &[SortKey]) -> Ordering {
    compare(a, b, keys, 0)
}

/// Sorts rows, which stand in ascending order, by the columns from this one on.
fn by_column(rows: &mut [u32], keys: &[SortKey], column: usize) {
    if rows.len() < 2 || column >= keys.len() {
        return;
    }
    let Some(valid) = keys[column].keys.valid() else { return by_word(rows, keys, column, 0) };
    let (mut there, mut gone) = (0, Vec::new());
    for i in 0..rows.len() {
        let row = rows[i];
        if valid.is_valid(row as usize) {
            rows[there] = row;
            there += 1;
        } else {
            gone.push(row);
        }
    }
    rows[there..].copy_from_slice(&gone);
    let (there, gone) = rows.split_at_mut(there);
    rayon::join(|| by_word(there, keys, column, 0), || by_column(gone, keys, column + 1));
}

/// The order of two rows by the columns from this one on.
fn compare(a: u32, b: u32, keys: &[SortKey], column: usize) -> Ordering {
    for key in &keys[column..] {
        let by = match (key.keys.is_valid(a), key.keys.is_valid(b)) {
            (true, true) if key.direction == Direction::Ascending => key.keys.compare(a, b),
            (true, true) => key.keys.compare(b, a),
            (a, b) => b.cmp(&a),
        };
        if by != Ordering::Equal {
            return by;
        }
    }
    Ordering::Equal
}

/// Seven bytes of a text and, in the last one, how many there are: 8 means that more follow.
#[inline]
fn text_word(text: &[u8], depth: usize) -> u64 {
    let rest = text.get(depth * 7..).unwrap_or_default();
    let mut bytes = [0u8; 8];
    let n = rest.len().min(7);
    bytes[..n].copy_from_slice(&rest[..n]);
    bytes[7] = rest.len().min(8) as u8;
    u64::from_be_bytes(bytes)
}

/// Sorts rows whose key in this column is there, and the same in its words before `depth`.
fn by_word(rows: &mut [u32], keys: &[SortKey], column: usize, depth: usize) {
    if rows.len() <= FEW {
        return rows.sort_by(|&a, &b| compare(a, b, keys, column));
    }
    let flip = if keys[column].direction == Direction::Descending { u64::MAX } else { 0 };
    match &keys[column].keys {
        KeyColumn::Words { words, .. } => by_number(rows, keys, (column, depth), flip, |row| words[row as usize]),
        KeyColumn::Wide { words, .. } => {
            let shift = if depth == 0 { 64 } else { 0 };
            by_number(rows, keys, (column, depth), flip, |row| (words[row as usize] >> shift) as u64);
        }
        KeyColumn::Bytes(array) => by_number(rows, keys, (column, depth), flip, |row| text_word(array.value(row as usize), depth)),
    }
}

/// Sorts by one word, and what is the same in it by what follows.
fn by_number(rows: &mut [u32], keys: &[SortKey], (column, depth): (usize, usize), flip: u64, word: impl Fn(u32) -> u64 + Sync + Copy) {
    let number = |row: u32| word(row) ^ flip;
    let ends = |rows: &[u32]| rows.iter().map(|&r| number(r)).fold((u64::MAX, 0), |(low, high), w| (low.min(w), high.max(w)));
    let (low, high) = rows.par_chunks(PIECE).map(ends).reduce(|| (u64::MAX, 0), |a, b| (a.0.min(b.0), a.1.max(b.1)));
    let next = |rows: &mut [u32]| match &keys[column].keys {
        KeyColumn::Wide { .. } if depth == 0 => by_word(rows, keys, column, 1),
        KeyColumn::Bytes(_) if rows.first().is_some_and(|&r| word(r) as u8 == 8) => by_word(rows, keys, column, depth + 1),
        _ => by_column(rows, keys, column + 1),
    };
    if low == high {
        return next(rows);
    }
    // The leading 32 bits in which the words differ, and below them the row, which makes every number different.
    let bits = 64 - (high - low).leading_zeros();
    let shift = bits.saturating_sub(32);
    let mut packed = vec![0u64; rows.len()];
    packed.par_chunks_mut(PIECE).zip(rows.par_chunks(PIECE)).for_each(|(packed, rows)| {
        packed.iter_mut().zip(rows).for_each(|(p, &r)| *p = ((number(r) - low) >> shift) << 32 | r as u64);
    });
    let packed = sort_numbers(packed, 32 + bits - shift);
    let last = column + 1 == keys.len() && shift == 0 && matches!(&keys[column].keys, KeyColumn::Words { .. });
    rows.par_chunks_mut(PIECE).zip(packed.par_chunks(PIECE)).for_each(|(rows, packed)| {
        rows.iter_mut().zip(packed).for_each(|(r, &p)| *r = p as u32);
    });
    if last {
        return;
    }
    let mut runs = Vec::new();
    let (mut rest, mut start) = (rows, 0);
    while start < packed.len() {
        let top = packed[start] >> 32;
        let length = packed[start..].iter().take_while(|&&p| p >> 32 == top).count();
        let (run, after) = rest.split_at_mut(length);
        if length > 1 {
            runs.push(run);
        }
        (rest, start) = (after, start + length);
    }
    drop(packed);
    let of_run = |run: &mut [u32]| if shift > 0 { by_word(run, keys, column, depth) } else { next(run) };
    runs.into_par_iter().with_min_len(64).for_each(of_run);
}

/// Sorts different numbers of so many bits.
fn sort_numbers(mut numbers: Vec<u64>, bits: u32) -> Vec<u64> {
    const DIGIT: u32 = 8;
    if numbers.len() < 2 * PIECE {
        numbers.sort_unstable();
        return numbers;
    }
    let shift = bits.saturating_sub(DIGIT);
    let digit = |x: u64| (x >> shift) as usize & 0xff;
    // Each piece counts its digits, and then has a place of its own in each bucket.
    let counts: Vec<[u32; 256]> = numbers
        .par_chunks(4 * PIECE)
        .map(|piece| {
            let mut count = [0u32; 256];
            piece.iter().for_each(|&x| count[digit(x)] += 1);
            count
        })
        .collect();
    let mut sorted = vec![0u64; numbers.len()];
    let mut places: Vec<Vec<&mut [u64]>> = counts.iter().map(|_| Vec::with_capacity(256)).collect();
    let mut rest = sorted.as_mut_slice();
    let mut lengths = Vec::with_capacity(256);
    for bucket in 0..256 {
        let mut length = 0;
        for (place, count) in places.iter_mut().zip(&counts) {
            let (here, after) = rest.split_at_mut(count[bucket] as usize);
            place.push(here);
            rest = after;
            length += count[bucket] as usize;
        }
        lengths.push(length);
    }
    numbers.par_chunks(4 * PIECE).zip(places).for_each(|(piece, mut places)| {
        let mut next = [0u32; 256];
        for &x in piece {
            let d = digit(x);
            places[d][next[d] as usize] = x;
            next[d] += 1;
        }
    });
    drop(numbers);
    let mut buckets = Vec::with_capacity(256);
    let total = sorted.len();
    let mut rest = sorted.as_mut_slice();
    for length in lengths {
        let (here, after) = rest.split_at_mut(length);
        buckets.push(here);
        rest = after;
    }
    buckets
        .into_par_iter()
        .with_max_len(1)
        .for_each(|bucket| if bucket.len() > total / 4 { bucket.par_sort_unstable() } else { bucket.sort_unstable() });
    sorted
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Column;

    fn key(column: &Column, direction: Direction) -> SortKey {
        SortKey { keys: KeyColumn::new(column).unwrap(), direction }
    }

    /// A long column of few and of many values, sorted as the standard library sorts.
    #[test]
    fn order_is_that_of_a_stable_sort() {
        let n = 200_000u64;
        let mix = |i: u64| super::super::hash::spread(i);
        let a: Vec<Option<i64>> = (0..n).map(|i| (mix(i) % 11 != 0).then_some((mix(i) % 100) as i64 - 50)).collect();
        let b: Vec<f64> = (0..n).map(|i| if mix(i + n) % 13 == 0 { f64::NAN } else { (mix(i + n) as i64) as f64 }).collect();
        let t: Vec<String> = (0..n).map(|i| format!("{:a<1$}\0{2}", "x", (mix(i) % 9) as usize, mix(i + 2 * n) % 30)).collect();
        let keys = [
            key(&Column::from(a.clone()), Direction::Descending),
            key(&Column::from(t.clone()), Direction::Ascending),
            key(&Column::from(b.clone()), Direction::Ascending),
        ];
        let mut want: Vec<u32> = (0..n as u32).collect();
        let number = |i: u32| (b[i as usize].is_nan(), b[i as usize]);
        want.sort_by(|&i, &j| {
            let (x, y) = (a[i as usize], a[j as usize]);
            let first = y.is_some().cmp(&x.is_some()).then(y.cmp(&x));
            first.then_with(|| t[i as usize].cmp(&t[j as usize])).then_with(|| number(i).partial_cmp(&number(j)).unwrap_or(Ordering::Equal))
        });
        assert_eq!(sort_rows(&keys, n as u32), want);
        let mut by_number: Vec<u32> = (0..n as u32).collect();
        by_number.sort_by(|&i, &j| number(i).0.cmp(&number(j).0).then(number(j).1.partial_cmp(&number(i).1).unwrap_or(Ordering::Equal)));
        assert_eq!(sort_rows(&[key(&Column::from(b.clone()), Direction::Descending)], n as u32), by_number);
    }
}
