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

/// What the words of some rows have in common.
#[derive(Clone, Copy)]
struct Spread {
    low: u64,
    high: u64,
    /// Bits that are not the same in all.
    mixed: u64,
    /// Whether a text goes on behind its word.
    more: bool,
}

impl Spread {
    fn of(rows: &[u32], number: impl Fn(u32) -> u64 + Sync, text: Option<u64>) -> Spread {
        let first = rows.first().map_or(0, |&r| number(r));
        let none = Spread { low: first, high: first, mixed: 0, more: false };
        let add = |s: Spread, r: &u32| {
            let w = number(*r);
            let more = s.more || text.is_some_and(|flip| (w ^ flip) as u8 == 8);
            Spread { low: s.low.min(w), high: s.high.max(w), mixed: s.mixed | (w ^ first), more }
        };
        let both = |a: Spread, b: Spread| Spread {
            low: a.low.min(b.low),
            high: a.high.max(b.high),
            mixed: a.mixed | b.mixed,
            more: a.more || b.more,
        };
        rows.par_chunks(PIECE).map(|rows| rows.iter().fold(none, add)).reduce(|| none, both)
    }
}

/// How words become short numbers in the same order.
enum Shortened {
    /// Their distance from the lowest.
    Distance(u64),
    /// The bits that differ, brought together: groups of them, each with its shift and mask. The digits of `id001` to `id100`
    /// are nine bits.
    Mixed(Vec<(u32, u64)>),
}

impl Shortened {
    /// The shorter of both, and how many bits it has.
    fn of(spread: &Spread) -> (Shortened, u32) {
        /// Each group takes some instructions per row.
        const MOST: usize = 8;
        let (bits, mixed) = (64 - (spread.high - spread.low).leading_zeros(), spread.mixed.count_ones());
        let mut groups = Vec::new();
        let (mut rest, mut below) = (spread.mixed, 0);
        while rest != 0 {
            let from = rest.trailing_zeros();
            let length = (rest >> from).trailing_ones();
            let ones = if length == 64 { u64::MAX } else { (1 << length) - 1 };
            groups.push((from - below, ones << below));
            rest &= !(ones << from);
            below += length;
        }
        if mixed < bits && groups.len() <= MOST { (Shortened::Mixed(groups), mixed) } else { (Shortened::Distance(spread.low), bits) }
    }
}

/// Sorts by one word, and what is the same in it by what follows.
fn by_number(rows: &mut [u32], keys: &[SortKey], (column, depth): (usize, usize), flip: u64, word: impl Fn(u32) -> u64 + Sync + Copy) {
    let number = |row: u32| word(row) ^ flip;
    let spread = Spread::of(rows, number, matches!(&keys[column].keys, KeyColumn::Bytes(_)).then_some(flip));
    let next = |rows: &mut [u32]| match &keys[column].keys {
        KeyColumn::Wide { .. } if depth == 0 => by_word(rows, keys, column, 1),
        KeyColumn::Bytes(_) if rows.first().is_some_and(|&r| word(r) as u8 == 8) => by_word(rows, keys, column, depth + 1),
        _ => by_column(rows, keys, column + 1),
    };
    if spread.mixed == 0 {
        return next(rows);
    }
    // The leading 32 bits in which the words differ, and below them the row, which makes every number different.
    let (short, bits) = Shortened::of(&spread);
    let shift = bits.saturating_sub(32);
    let packed = match &short {
        Shortened::Distance(low) => pack(rows, |r| (number(r) - low) >> shift),
        Shortened::Mixed(groups) => pack(rows, |r| {
            let word = number(r);
            groups.iter().fold(0, |n, &(from, mask)| n | (word >> from & mask)) >> shift
        }),
    };
    let packed = sort_numbers(packed, bits - shift);
    rows.par_chunks_mut(PIECE).zip(packed.par_chunks(PIECE)).for_each(|(rows, packed)| {
        rows.iter_mut().zip(packed).for_each(|(r, &p)| *r = p as u32);
    });
    let wide = matches!(&keys[column].keys, KeyColumn::Wide { .. }) && depth == 0;
    if column + 1 == keys.len() && shift == 0 && !spread.more && !wide {
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

/// A number of at most 32 bits for each row, above the row itself.
fn pack(rows: &[u32], number: impl Fn(u32) -> u64 + Sync) -> Vec<u64> {
    let mut packed = vec![0u64; rows.len()];
    packed.par_chunks_mut(PIECE).zip(rows.par_chunks(PIECE)).for_each(|(packed, rows)| {
        packed.iter_mut().zip(rows).for_each(|(p, &r)| *p = number(r) << 32 | r as u64);
    });
    packed
}

/// Bits that rows are parted by at a time.
const DIGIT: u32 = 8;
const DIGITS: usize = 1 << DIGIT;

/// Sorts numbers of 32 bits and so many more, which stand in the order of their lower 32 bits.
fn sort_numbers(mut numbers: Vec<u64>, bits: u32) -> Vec<u64> {
    if numbers.len() < 2 * PIECE {
        numbers.sort_unstable();
        return numbers;
    }
    let left = bits.saturating_sub(DIGIT);
    let digit = |x: u64| (x >> (32 + left)) as usize & (DIGITS - 1);
    // Each piece counts its digits, and then has a place of its own in each bucket.
    let counts: Vec<[u32; DIGITS]> = numbers
        .par_chunks(4 * PIECE)
        .map(|piece| {
            let mut count = [0u32; DIGITS];
            piece.iter().for_each(|&x| count[digit(x)] += 1);
            count
        })
        .collect();
    let mut sorted = vec![0u64; numbers.len()];
    let mut places: Vec<Vec<&mut [u64]>> = counts.iter().map(|_| Vec::with_capacity(DIGITS)).collect();
    let mut rest = sorted.as_mut_slice();
    let mut lengths = Vec::with_capacity(DIGITS);
    for bucket in 0..DIGITS {
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
        let mut next = [0u32; DIGITS];
        for &x in piece {
            let d = digit(x);
            places[d][next[d] as usize] = x;
            next[d] += 1;
        }
    });
    if left == 0 {
        return sorted;
    }
    let mut buckets = Vec::with_capacity(DIGITS);
    let total = sorted.len();
    let (mut rest, mut spare) = (sorted.as_mut_slice(), numbers.as_mut_slice());
    for length in lengths {
        let (here, after) = rest.split_at_mut(length);
        let (beside, behind) = spare.split_at_mut(length);
        buckets.push((here, beside));
        (rest, spare) = (after, behind);
    }
    buckets.into_par_iter().with_max_len(1).for_each(|(bucket, spare)| match bucket.len() {
        n if n > total / 4 => bucket.par_sort_unstable(),
        n if n < 4 * DIGITS => bucket.sort_unstable(),
        _ => by_digits(bucket, spare, left),
    });
    sorted
}

/// Sorts numbers by so many bits above the lower 32, in whose order they stand: from the last digit to the first.
fn by_digits(numbers: &mut [u64], spare: &mut [u64], bits: u32) {
    let (mut from, mut to) = (&mut *numbers, &mut *spare);
    let passes = bits.div_ceil(DIGIT);
    for pass in 0..passes {
        let digit =
            |x: u64| (x >> (32 + pass * DIGIT)) as usize & if (pass + 1) * DIGIT <= bits { DIGITS - 1 } else { (1 << (bits % DIGIT)) - 1 };
        let mut next = [0u32; DIGITS];
        from.iter().for_each(|&x| next[digit(x)] += 1);
        next.iter_mut().fold(0, |at, n| at + std::mem::replace(n, at));
        for &x in from.iter() {
            let place = &mut next[digit(x)];
            to[*place as usize] = x;
            *place += 1;
        }
        (from, to) = (to, from);
    }
    if passes % 2 == 1 {
        numbers.copy_from_slice(spare);
    }
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

    /// Texts that differ in few bits, in many, behind their first word and in length; numbers of few bits far apart.
    #[test]
    fn words_with_few_different_bits_keep_their_order() {
        let n = 300_000u64;
        let mix = |i: u64| super::super::hash::spread(i);
        let texts: [fn(u64) -> String; 5] = [
            |x| format!("id{:03}", x % 100),
            |x| format!("id{:010}", x % 100_000),
            |x| format!("{:x}", x % 5_000),
            |x| "same beginning of all".chars().take((x % 20) as usize).collect(),
            |x| format!("{}{:07}", if x % 2 == 0 { "seven: " } else { "eight:: " }, x % 90),
        ];
        for text in texts {
            let values: Vec<String> = (0..n).map(|i| text(mix(i))).collect();
            for direction in [Direction::Ascending, Direction::Descending] {
                let mut want: Vec<u32> = (0..n as u32).collect();
                want.sort_by(|&a, &b| {
                    let by = values[a as usize].cmp(&values[b as usize]);
                    if direction == Direction::Ascending { by } else { by.reverse() }
                });
                assert!(sort_rows(&[key(&Column::from(values.clone()), direction)], n as u32) == want, "{:?} {}", direction, values[0]);
            }
        }
        for step in [1i64, 1 << 20, (1 << 40) + 1, i64::MAX / 70] {
            let values: Vec<i64> = (0..n).map(|i| ((mix(i) % 128) as i64 - 64) * step).collect();
            let mut want: Vec<u32> = (0..n as u32).collect();
            want.sort_by_key(|&i| values[i as usize]);
            assert!(sort_rows(&[key(&Column::from(values), Direction::Ascending)], n as u32) == want, "steps of {step}");
        }
    }
}
