//! Which slabs a variable is brought from one layout to another by.

use crate::store::{ChunkGrid, ReadCost};

/// Values that stand one after the other are worth a read or a write of their own from this many bytes on.
const RUN: usize = 64 << 10;
/// Slabs are made of as many elements as this where nothing speaks against it.
const DECENT: usize = 1 << 18;

/// How one side of a copy is laid out.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Layout {
    /// Pieces of this shape, of which a part costs as much as all.
    Pieces(Vec<usize>),
    /// Values one by one; boxes that are shorter than this cost more.
    Plain(Vec<usize>),
}

impl Layout {
    /// Of a source.
    pub fn of(cost: &ReadCost, shape: &[usize], width: usize) -> Layout {
        match &cost.pieces {
            Some(p) if p.len() == shape.len() => Layout::Pieces(p.iter().zip(shape).map(|(&p, &n)| p.clamp(1, n.max(1))).collect()),
            _ => Layout::plain(shape, width),
        }
    }

    /// Values in C order.
    pub fn plain(shape: &[usize], width: usize) -> Layout {
        let (mut run, mut bytes) = (vec![1; shape.len()], width.max(1));
        for d in (0..shape.len()).rev() {
            run[d] = shape[d].max(1).min(RUN.div_ceil(bytes));
            bytes = bytes.saturating_mul(run[d]);
            if bytes >= RUN || run[d] < shape[d] {
                break;
            }
        }
        Layout::Plain(run)
    }

    /// The shape of a piece or a run.
    pub fn shape(&self) -> &[usize] {
        match self {
            Layout::Pieces(shape) | Layout::Plain(shape) => shape,
        }
    }

    /// What slabs of this length along dim `d` cost, where 1 is the least.
    fn cost(&self, d: usize, slab: usize, whole: usize) -> f64 {
        match self {
            _ if slab >= whole => 1.0,
            // How often a piece is read.
            Layout::Pieces(p) => (slab + p[d] - gcd(slab, p[d])) as f64 / slab as f64,
            Layout::Plain(run) => (run[d] as f64 / slab as f64).max(1.0),
        }
    }
}

/// The slabs, in any order, that read each piece of the source as few times as `most` elements allow, and among these the
/// smallest; small ones are joined to slabs of decent size. Where the target has chunks, slabs are made of whole ones.
pub(super) fn boxes_in_any_order(source: &Layout, target: &Layout, shape: &[usize], most: usize) -> ChunkGrid {
    let rank = shape.len();
    let mut choices: Vec<Vec<usize>> = Vec::with_capacity(rank);
    // With many dims only the lengths that matter most are tried.
    let many = rank > 4;
    for d in 0..rank {
        let (n, piece) = (shape[d].max(1), source.shape()[d]);
        let unit = match target {
            Layout::Pieces(chunk) => chunk[d].clamp(1, n),
            Layout::Plain(_) => 1,
        };
        let mut lengths = vec![unit, n];
        if let Some(both) = (unit / gcd(unit, piece)).checked_mul(piece).filter(|&b| b < n) {
            lengths.push(both);
            // Parts of it which the pieces are whole multiples of.
            lengths.extend((2..8).filter(|k| !many && both % (k * unit) == 0).map(|k| both / k));
        }
        // A run of either side, in whole units.
        lengths.extend([source, target].map(|side| side.shape()[d].div_ceil(unit) * unit));
        let mut length = unit;
        while !many && length < n {
            lengths.push(length);
            length = length.saturating_mul(2);
        }
        lengths.iter_mut().for_each(|l| *l = (*l).min(n));
        lengths.sort_unstable();
        lengths.dedup();
        choices.push(lengths);
    }
    let mut search = Search { choices: &choices, sides: [source, target], shape, most, chunk: vec![1; rank], best: None };
    search.go(0, 1, 0.0);
    let chunk = match search.best {
        Some((_, _, chunk)) => chunk,
        None => choices.iter().map(|c| c[0]).collect(),
    };
    ChunkGrid { shape: shape.to_vec(), chunk: joined(chunk, shape, DECENT.min(most)) }
}

/// A walk through the products of all lengths.
struct Search<'a> {
    choices: &'a [Vec<usize>],
    sides: [&'a Layout; 2],
    shape: &'a [usize],
    most: usize,
    chunk: Vec<usize>,
    /// Its cost, its elements, its shape.
    best: Option<(i64, usize, Vec<usize>)>,
}

impl Search<'_> {
    fn go(&mut self, d: usize, elements: usize, cost: f64) {
        if elements > self.most {
            return;
        }
        let choices = self.choices;
        let Some(lengths) = choices.get(d) else {
            // Differences of less than five in a hundred do not matter.
            let cost = (cost / 0.05).round() as i64;
            if self.best.as_ref().is_none_or(|b| (cost, elements) < (b.0, b.1)) {
                self.best = Some((cost, elements, self.chunk.clone()));
            }
            return;
        };
        for &length in lengths {
            self.chunk[d] = length;
            let more: f64 = self.sides.iter().map(|side| side.cost(d, length, self.shape[d]).ln()).sum();
            self.go(d + 1, elements.saturating_mul(length), cost + more);
        }
    }
}

/// Several slabs as one of at most `most` elements, along the last dims first.
fn joined(mut chunk: Vec<usize>, shape: &[usize], most: usize) -> Vec<usize> {
    for d in (0..chunk.len()).rev() {
        let elements: usize = chunk.iter().fold(1, |n, &c| n.saturating_mul(c));
        chunk[d] = chunk[d].saturating_mul((most / elements.max(1)).max(1)).min(shape[d].max(1));
        if chunk[d] < shape[d] {
            break;
        }
    }
    chunk
}

/// The grid to read by: unions of the target's chunks which, taken one after the other, give the target's chunks in C order.
///
/// Such a slab is one target chunk long in some leading dims, any number of them in one dim, and full in the rest. The first that
/// covers whole pieces of the source in as many dims as possible and fits `most` elements is taken, else the target's grid itself.
pub(super) fn boxes_in_order(pieces: &[usize], target: &ChunkGrid, most: usize) -> ChunkGrid {
    let rank = target.shape.len();
    let covered = |d: usize| target.chunk[d].is_multiple_of(pieces[d]) || target.chunk[d] >= target.shape[d];
    let elements = |chunk: &[usize]| chunk.iter().zip(&target.shape).map(|(&c, &n)| c.min(n)).product::<usize>();
    // Large pieces of one target chunk have nothing to win; small ones are better read many at a time.
    if (0..rank).all(covered) && elements(&target.chunk) >= DECENT.min(most) {
        return target.clone();
    }
    for k in 0..rank {
        let mut chunk = target.chunk.clone();
        chunk[k + 1..].copy_from_slice(&target.shape[k + 1..]);
        let unit = target.chunk[k];
        let rest = elements(&chunk).div_ceil(unit.min(target.shape[k]).max(1)).max(1);
        // Whole chunks of both along this dim, then as many of these as make a block of decent size.
        let both = if pieces[k].is_multiple_of(unit) { pieces[k] } else { lcm(unit, pieces[k], target.shape[k]) };
        let decent = (DECENT / rest / both).max(1) * both;
        for length in [decent, both, unit] {
            chunk[k] = length.min(target.shape[k].max(1));
            if elements(&chunk) <= most && (length != unit || k + 1 < rank && !(k..rank).all(covered)) {
                return ChunkGrid { shape: target.shape.clone(), chunk };
            }
        }
    }
    target.clone()
}

fn gcd(mut a: usize, mut b: usize) -> usize {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a.max(1)
}

/// The least common multiple, or a whole number of the first that is at least the whole length.
fn lcm(a: usize, b: usize, length: usize) -> usize {
    let multiple = (a / gcd(a, b)).saturating_mul(b);
    if multiple <= 4 * a.max(b) { multiple } else { a * length.min(b).div_ceil(a).max(1) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIELD: [usize; 3] = [1200, 360, 576];

    fn any(pieces: &[usize], shape: &[usize], chunk: &[usize], most: usize) -> Vec<usize> {
        boxes_in_any_order(&Layout::Pieces(pieces.to_vec()), &Layout::Pieces(chunk.to_vec()), shape, most).chunk
    }

    #[test]
    fn slabs_are_the_smallest_that_hold_whole_chunks_of_both_sides() {
        assert_eq!(any(&[12, 180, 288], &FIELD, &[240, 45, 48], usize::MAX), [240, 180, 288]);
        assert_eq!(any(&[12, 180, 288], &FIELD, &[12, 180, 288], usize::MAX), [12, 180, 288]);
        assert_eq!(any(&[240, 45, 48], &FIELD, &[12, 180, 288], usize::MAX), [240, 180, 288]);
    }

    #[test]
    fn slabs_that_do_not_fit_read_pieces_as_few_times_as_they_can() {
        assert_eq!(any(&[12, 180, 288], &FIELD, &[240, 45, 48], 8 << 20), [240, 90, 288]);
        assert_eq!(any(&[240, 45, 48], &FIELD, &[1, 360, 576], 11 << 20), [48, 360, 576]);
        assert_eq!(any(&[10], &[1000], &[7], 5), [7]);
    }

    #[test]
    fn small_chunks_are_taken_many_at_a_time() {
        assert_eq!(any(&[1, 10, 10], &[100, 10, 10], &[1, 10, 10], usize::MAX), [100, 10, 10]);
        assert_eq!(any(&[512], &[4000], &[512], usize::MAX), [4000]);
    }

    #[test]
    fn plain_sides_ask_for_long_runs_only() {
        let plain = Layout::plain(&FIELD, 4);
        assert_eq!(plain, Layout::Plain(vec![1, 29, 576]));
        let chunks = Layout::Pieces(vec![240, 45, 48]);
        assert_eq!(boxes_in_any_order(&plain, &chunks, &FIELD, usize::MAX).chunk, [240, 45, 576]);
        assert_eq!(boxes_in_any_order(&chunks, &plain, &FIELD, usize::MAX).chunk, [240, 45, 576]);
        assert_eq!(Layout::plain(&[10, 10], 4), Layout::Plain(vec![10, 10]));
        assert_eq!(Layout::plain(&[], 4), Layout::Plain(vec![]));
    }
}
