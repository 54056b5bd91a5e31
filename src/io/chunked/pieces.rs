//! Selections cut along the borders of tiles: for each dimension, which positions of which tile go where.

use crate::store::Selector;

/// Positions of one tile at even steps that go to neighbouring positions of the result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::io) struct Run {
    /// The first, counted from the tile's first.
    pub from: usize,
    /// Where it goes.
    pub to: usize,
    pub count: usize,
    pub step: isize,
}

/// One dimension of a selection: the tiles that it touches, each once.
#[derive(Debug)]
pub(in crate::io) struct Axis {
    /// The tile's number and the first of its runs; they end where those of the next begin.
    tiles: Vec<(usize, usize)>,
    runs: Vec<Run>,
    /// How many positions of the result.
    pub count: usize,
}

impl Axis {
    pub fn new(selector: &Selector, length: usize, tile: usize) -> Axis {
        let tile = tile.max(1);
        let mut axis = Axis { tiles: Vec::new(), runs: Vec::new(), count: selector.count(length).unwrap_or(1) };
        match selector {
            Selector::All => axis.even(0, length, 1, tile),
            Selector::At(i) => axis.even(*i, 1, 1, tile),
            Selector::Range { start, count, step } => axis.even(*start, *count, *step, tile),
            Selector::Take(positions) => axis.scattered(positions, tile),
        }
        axis
    }

    fn even(&mut self, start: usize, count: usize, step: isize, tile: usize) {
        let mut to = 0;
        while to < count {
            let at = (start as isize + to as isize * step) as usize;
            let (number, from) = (at / tile, at % tile);
            let stay = match step {
                0 => count,
                s if s > 0 => (tile - 1 - from) / s as usize + 1,
                s => from / s.unsigned_abs() + 1,
            };
            let n = stay.min(count - to);
            self.tiles.push((number, self.runs.len()));
            self.runs.push(Run { from, to, count: n, step });
            to += n;
        }
    }

    fn scattered(&mut self, positions: &[usize], tile: usize) {
        let mut order: Vec<(usize, usize)> = positions.iter().enumerate().map(|(to, &at)| (at, to)).collect();
        order.sort_unstable();
        for (at, to) in order {
            let (number, from) = (at / tile, at % tile);
            let same = self.tiles.last().is_some_and(|t| t.0 == number);
            if !same {
                self.tiles.push((number, self.runs.len()));
            }
            match self.runs.last_mut() {
                Some(r) if same && r.from + r.count == from && r.to + r.count == to => r.count += 1,
                _ => self.runs.push(Run { from, to, count: 1, step: 1 }),
            }
        }
    }

    /// How many tiles.
    pub fn tiles(&self) -> usize {
        self.tiles.len()
    }

    /// The number of the `i`-th tile.
    pub fn tile(&self, i: usize) -> usize {
        self.tiles[i].0
    }

    /// What is taken of the `i`-th tile.
    pub fn runs(&self, i: usize) -> &[Run] {
        let end = self.tiles.get(i + 1).map_or(self.runs.len(), |t| t.1);
        &self.runs[self.tiles[i].1..end]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What an axis brings where, by position.
    fn brought(selector: &Selector, length: usize, tile: usize) -> Vec<usize> {
        let axis = Axis::new(selector, length, tile);
        let mut out = vec![usize::MAX; axis.count];
        let mut seen = Vec::new();
        for i in 0..axis.tiles() {
            assert!(!seen.contains(&axis.tile(i)), "a tile is touched twice");
            seen.push(axis.tile(i));
            for r in axis.runs(i) {
                for k in 0..r.count {
                    let from = (r.from as isize + k as isize * r.step) as usize;
                    assert!(from < tile);
                    out[r.to + k] = axis.tile(i) * tile + from;
                }
            }
        }
        out
    }

    #[test]
    fn every_position_is_brought_once_whatever_the_tiles() {
        let selectors = [
            Selector::All,
            Selector::At(3),
            Selector::span(2, 7),
            Selector::Range { start: 9, count: 4, step: -3 },
            Selector::Range { start: 0, count: 3, step: 4 },
            Selector::Range { start: 5, count: 3, step: 0 },
            Selector::Range { start: 5, count: 0, step: 1 },
            Selector::Take(vec![9, 0, 1, 1, 2, 8, 3].into()),
        ];
        for s in &selectors {
            let want: Vec<usize> = (0..s.count(10).unwrap_or(1)).map(|i| s.position(i)).collect();
            for tile in [1, 2, 3, 4, 10, 64] {
                assert_eq!(brought(s, 10, tile), want, "{s:?} in tiles of {tile}");
            }
        }
    }
}
