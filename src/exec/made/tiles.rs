//! Tiles of fixed shape, of which each is made whole: what is asked for is taken out of them.

use crate::store::{ChunkGrid, Selection, Selector};
use rayon::prelude::*;

/// Elements of a tile: it stays in the second-level cache while it is made and copied.
pub(super) const TILE: usize = 1 << 14;

/// The tiles of an array: their shape follows from the shape of the array alone, as square as may be.
pub(super) fn tiles(shape: &[usize]) -> ChunkGrid {
    let mut tile = vec![1usize; shape.len()];
    while tile.iter().product::<usize>() * 2 <= TILE {
        // The shortest side that can grow; of several the last.
        let Some(d) = (0..shape.len()).rev().filter(|&d| tile[d] < shape[d]).min_by_key(|&d| tile[d]) else { break };
        tile[d] *= 2;
    }
    ChunkGrid::new(shape, &tile)
}

/// Positions of a dimension that lie in one tile: where in it, and where in the result.
struct Piece {
    tile: usize,
    count: usize,
    first: (usize, usize),
    /// Each of them, where they do not both run on by one.
    places: Vec<(usize, usize)>,
}

impl Piece {
    fn place(&self, i: usize) -> (usize, usize) {
        if self.places.is_empty() { (self.first.0 + i, self.first.1 + i) } else { self.places[i] }
    }

    /// The first and the last position of the result.
    fn reach(&self) -> (usize, usize) {
        match self.places.iter().map(|p| p.1).min().zip(self.places.iter().map(|p| p.1).max()) {
            Some(reach) => reach,
            None => (self.first.1, self.first.1 + self.count - 1),
        }
    }
}

fn pieces(selection: &Selection, grid: &ChunkGrid, d: usize) -> Vec<Piece> {
    let (selector, tile) = (&selection.selectors()[d], grid.chunk[d]);
    let count = selector.count(grid.shape[d]).unwrap_or(1);
    // Mostly neighbours are asked for, and of a long array very many.
    if matches!(selector, Selector::All | Selector::At(_) | Selector::Range { step: 1, .. }) && count > 0 {
        let (start, mut out) = (selector.position(0), Vec::new());
        let mut at = start;
        while at < start + count {
            let end = ((at / tile + 1) * tile).min(start + count);
            out.push(Piece { tile: at / tile, count: end - at, first: (at % tile, at - start), places: Vec::new() });
            at = end;
        }
        return out;
    }
    let mut all: Vec<(usize, usize)> = (0..count).map(|i| (selector.position(i), i)).collect();
    if !all.is_sorted_by_key(|p| p.0 / tile) {
        all.sort_by_key(|p| p.0 / tile);
    }
    all.chunk_by(|a, b| a.0 / tile == b.0 / tile)
        .map(|run| {
            let places: Vec<(usize, usize)> = run.iter().map(|p| (p.0 % tile, p.1)).collect();
            Piece { tile: run[0].0 / tile, count: run.len(), first: places[0], places }
        })
        .collect()
}

/// What is selected of an array of tiles, in C order. `make` fills a tile (its number in C order; its values in C order, cut off where
/// the array ends). On all threads where there is much of it.
pub(super) fn gather<T: Copy + Default + Send>(grid: &ChunkGrid, selection: &Selection, make: impl Fn(usize, &mut [T]) + Sync) -> Vec<T> {
    let selection = selection.with_all_dims();
    let shape = selection.shape(&grid.shape);
    let total = shape.iter().product::<usize>();
    let mut out = vec![T::default(); total];
    if total == 0 {
        return out;
    }
    let dims: Vec<Vec<Piece>> = (0..shape.len()).map(|d| pieces(&selection, grid, d)).collect();
    let Some(first) = dims.first() else {
        make(0, &mut out);
        return out;
    };
    let row: usize = shape[1..].iter().product();
    let work = Gather { grid, dims: &dims, shape: &shape, make: &make };
    // Results of different tiles along the first dim lie apart where positions ascend.
    let apart = first.windows(2).all(|w| w[0].reach().1 < w[1].reach().0);
    if !apart || total < 8 * TILE {
        let mut scratch = vec![T::default(); TILE];
        first.iter().for_each(|piece| work.along_first(piece, 0, &mut out, &mut scratch));
        return out;
    }
    let mut parts = Vec::with_capacity(first.len());
    let mut rest = &mut out[..];
    for piece in first {
        let begin = piece.reach().0;
        let (own, next) = rest.split_at_mut(piece.count * row);
        parts.push((piece, begin, own));
        rest = next;
    }
    parts
        .into_par_iter()
        .for_each_init(|| vec![T::default(); TILE], |scratch, (piece, begin, own)| work.along_first(piece, begin, own, scratch));
    out
}

struct Gather<'a, F> {
    grid: &'a ChunkGrid,
    dims: &'a [Vec<Piece>],
    shape: &'a [usize],
    make: &'a F,
}

impl<F> Gather<'_, F> {
    /// All tiles of one piece of the first dim, into a part of the result that begins at position `begin` of it.
    fn along_first<T: Copy>(&self, piece: &Piece, begin: usize, out: &mut [T], scratch: &mut [T])
    where
        F: Fn(usize, &mut [T]),
    {
        let rank = self.dims.len();
        let counts = self.grid.counts();
        let mut at = vec![0usize; rank];
        loop {
            let chosen: Vec<&Piece> = (0..rank).map(|d| if d == 0 { piece } else { &self.dims[d][at[d]] }).collect();
            let number = chosen.iter().zip(&counts).fold(0, |n, (p, c)| n * c + p.tile);
            let size: Vec<usize> =
                (0..rank).map(|d| self.grid.chunk[d].min(self.grid.shape[d] - chosen[d].tile * self.grid.chunk[d])).collect();
            let tile = &mut scratch[..size.iter().product()];
            (self.make)(number, tile);
            self.copy(0, &chosen, &size, (0, 0), begin, tile, out);
            // The next tile.
            let Some(d) = (1..rank).rev().find(|&d| at[d] + 1 < self.dims[d].len()) else { break };
            at[d] += 1;
            at[d + 1..].fill(0);
        }
    }

    /// From dim `d` on: what is chosen of a tile, from `from` of it to `to` of the result.
    #[allow(clippy::too_many_arguments)]
    fn copy<T: Copy>(
        &self,
        d: usize,
        chosen: &[&Piece],
        size: &[usize],
        (from, to): (usize, usize),
        begin: usize,
        tile: &[T],
        out: &mut [T],
    ) {
        let piece = chosen[d];
        let less = if d == 0 { begin } else { 0 };
        if d + 1 == chosen.len() {
            if piece.places.is_empty() {
                let (a, b) = (from * size[d] + piece.first.0, to * self.shape[d] + piece.first.1 - less);
                out[b..b + piece.count].copy_from_slice(&tile[a..a + piece.count]);
            } else {
                piece.places.iter().for_each(|&(a, b)| out[to * self.shape[d] + b - less] = tile[from * size[d] + a]);
            }
            return;
        }
        for (a, b) in (0..piece.count).map(|i| piece.place(i)) {
            self.copy(d + 1, chosen, size, (from * size[d] + a, to * self.shape[d] + b - less), begin, tile, out);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiles_are_as_square_as_the_array_allows() {
        assert_eq!(tiles(&[1_000_000]).chunk, [TILE]);
        assert_eq!(tiles(&[1000, 1000]).chunk, [128, 128]);
        assert_eq!(tiles(&[1_000_000, 10]).chunk, [1024, 10]);
        assert_eq!(tiles(&[3]).chunk, [3]);
        assert_eq!(tiles(&[]).count(), 1);
    }

    #[test]
    fn any_selection_takes_what_the_whole_has_there() {
        // Each element is its own number, made tile by tile.
        for shape in [vec![700, 300], vec![40_000], vec![5, 90, 80], vec![200_000, 2]] {
            let grid = tiles(&shape);
            let number = |tile: usize, out: &mut [usize]| {
                let (start, size) = grid.block(tile);
                for (i, x) in out.iter_mut().enumerate() {
                    let (mut rest, mut at) = (i, vec![0; size.len()]);
                    for d in (0..size.len()).rev() {
                        at[d] = start[d] + rest % size[d];
                        rest /= size[d];
                    }
                    *x = at.iter().zip(&shape).fold(0, |n, (a, s)| n * s + a);
                }
            };
            let all = gather(&grid, &Selection::all(shape.len()), number);
            assert!(all.iter().enumerate().all(|(i, x)| i == *x), "{shape:?}");
            let mut some = vec![Selector::All; shape.len()];
            some[0] = Selector::Take(vec![shape[0] - 1, 0, 2, 1].into());
            let last = shape.len() - 1;
            some[last] = Selector::Range { start: shape[last] - 1, count: 2, step: -1 };
            let some = Selection::new(some);
            let asked = gather(&grid, &some, number);
            let whole = crate::NdArray::from_vec(all.iter().map(|&x| x as u64).collect::<Vec<u64>>(), &shape).unwrap();
            let expected = whole.select(&some).unwrap().to_contiguous().unwrap();
            assert_eq!(asked.iter().map(|&x| x as u64).collect::<Vec<u64>>(), expected.as_slice::<u64>().unwrap());
        }
        let one = gather(&tiles(&[]), &Selection::all(0), |_, out: &mut [u8]| out[0] = 7);
        assert_eq!(one, [7]);
    }
}
