//! Which slabs a variable is brought from one layout to another by.

use crate::store::{ChunkGrid, ReadCost};

/// Values that stand one after the other in a plain source are worth a read of their own from this many bytes on.
const RUN: usize = 64 << 10;
/// Slabs are made of as many elements as this where nothing speaks against it.
const DECENT: usize = 1 << 18;

/// The pieces that a read takes whole: those of the source, or runs of a plain one.
pub(super) fn pieces(cost: &ReadCost, shape: &[usize], width: usize) -> Vec<usize> {
    match &cost.pieces {
        Some(pieces) if pieces.len() == shape.len() => pieces.iter().zip(shape).map(|(&p, &n)| p.clamp(1, n.max(1))).collect(),
        _ => {
            let (mut run, mut bytes) = (vec![1; shape.len()], width.max(1));
            for d in (0..shape.len()).rev() {
                run[d] = shape[d].max(1).min(RUN.div_ceil(bytes));
                bytes = bytes.saturating_mul(run[d]);
                if bytes >= RUN || run[d] < shape[d] {
                    break;
                }
            }
            run
        }
    }
}

/// The slabs of whole target chunks, in any order, that read each piece as few times as `most` elements allow, and among these the
/// smallest; small ones are joined to slabs of decent size.
pub(super) fn boxes_in_any_order(pieces: &[usize], target: &ChunkGrid, most: usize) -> ChunkGrid {
    let rank = target.shape.len();
    let mut choices: Vec<Vec<usize>> = Vec::with_capacity(rank);
    // With many dims only the lengths that matter most are tried.
    let many = rank > 4;
    for d in 0..rank {
        let (n, unit) = (target.shape[d].max(1), target.chunk[d].max(1));
        let mut lengths = vec![unit.min(n), n];
        if let Some(both) = (unit / gcd(unit, pieces[d])).checked_mul(pieces[d]).filter(|&b| b < n) {
            lengths.push(both);
            // Parts of it which the pieces are whole multiples of.
            lengths.extend((2..8).filter(|k| !many && both % (k * unit) == 0).map(|k| both / k));
        }
        let mut length = unit;
        while !many && length < n {
            lengths.push(length);
            length = length.saturating_mul(2);
        }
        lengths.sort_unstable();
        lengths.dedup();
        choices.push(lengths);
    }
    let mut best: Option<(i64, usize, Vec<usize>)> = None;
    let mut chunk = vec![1; rank];
    search(&choices, pieces, &target.shape, most, 0, (1, 0.0), &mut chunk, &mut best);
    let chunk = match best {
        Some((_, _, chunk)) => chunk,
        None => target.chunk.clone(),
    };
    ChunkGrid { shape: target.shape.clone(), chunk: joined(chunk, &target.shape, DECENT.min(most)) }
}

/// Goes through the products of all lengths; `so_far` are the elements and the logarithm of how often a piece is read.
#[allow(clippy::too_many_arguments)] // one recursion
fn search(
    choices: &[Vec<usize>],
    pieces: &[usize],
    shape: &[usize],
    most: usize,
    d: usize,
    so_far: (usize, f64),
    chunk: &mut Vec<usize>,
    best: &mut Option<(i64, usize, Vec<usize>)>,
) {
    if d == choices.len() {
        // Differences of less than five in a hundred do not matter.
        let rank = ((so_far.1 / 0.05).round() as i64, so_far.0);
        if best.as_ref().is_none_or(|b| rank < (b.0, b.1)) {
            *best = Some((rank.0, rank.1, chunk.clone()));
        }
        return;
    }
    for &length in &choices[d] {
        let elements = so_far.0.saturating_mul(length);
        if elements > most && length > choices[d][0] {
            break;
        }
        chunk[d] = length;
        let again = so_far.1 + times_read(pieces[d], length, shape[d]).ln();
        search(choices, pieces, shape, most, d + 1, (elements, again), chunk, best);
    }
}

/// How often a piece of this length is read by slabs of that length.
fn times_read(piece: usize, slab: usize, whole: usize) -> f64 {
    if slab >= whole {
        return 1.0;
    }
    (slab + piece - gcd(slab, piece)) as f64 / slab as f64
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

    fn any(pieces: &[usize], shape: &[usize], chunk: &[usize], most: usize) -> Vec<usize> {
        boxes_in_any_order(pieces, &ChunkGrid::new(shape, chunk), most).chunk
    }

    #[test]
    fn slabs_are_the_smallest_that_hold_whole_chunks_of_both_sides() {
        let shape = [1200, 360, 576];
        assert_eq!(any(&[12, 180, 288], &shape, &[240, 45, 48], usize::MAX), [240, 180, 288]);
        assert_eq!(any(&[12, 180, 288], &shape, &[12, 180, 288], usize::MAX), [12, 180, 288]);
        assert_eq!(any(&[240, 45, 48], &shape, &[12, 180, 288], usize::MAX), [240, 180, 288]);
    }

    #[test]
    fn slabs_that_do_not_fit_read_pieces_as_few_times_as_they_can() {
        let got = any(&[12, 180, 288], &[1200, 360, 576], &[240, 45, 48], 8 << 20);
        assert_eq!(got, [240, 90, 288]);
        assert_eq!(any(&[10], &[1000], &[7], 5), [7]);
    }

    #[test]
    fn small_chunks_are_taken_many_at_a_time() {
        let got = any(&[1, 10, 10], &[100, 10, 10], &[1, 10, 10], usize::MAX);
        assert_eq!(got, [100, 10, 10]);
        assert_eq!(any(&[512], &[4000], &[512], usize::MAX), [4000]);
    }

    #[test]
    fn runs_of_plain_sources_are_long_enough() {
        let plain = ReadCost::default();
        assert_eq!(pieces(&plain, &[1200, 360, 576], 4), [1, 29, 576]);
        assert_eq!(pieces(&plain, &[10, 10], 4), [10, 10]);
        assert_eq!(pieces(&plain, &[], 4), Vec::<usize>::new());
    }
}
