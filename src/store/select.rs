use crate::error::{Error, Result};
use std::sync::Arc;

/// What is taken along one dimension.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selector {
    /// Everything.
    All,
    /// One position; the dimension goes.
    At(usize),
    /// `count` positions from `start`, `step` apart (negative: backwards).
    Range {
        /// The first position.
        start: usize,
        /// How many.
        count: usize,
        /// The difference of neighbours.
        step: isize,
    },
    /// These positions, in this order.
    Take(Arc<[usize]>),
}

impl Selector {
    /// `start .. start + count`.
    pub fn span(start: usize, count: usize) -> Selector {
        Selector::Range { start, count, step: 1 }
    }

    /// These positions: as a range where they are one, which readers take more easily.
    pub fn of(positions: Vec<usize>) -> Selector {
        let Some(&start) = positions.first() else { return Selector::span(0, 0) };
        let step = if positions.len() > 1 { positions[1] as isize - start as isize } else { 1 };
        let even = step != 0 && positions.windows(2).all(|w| w[1] as isize - w[0] as isize == step);
        if even { Selector::Range { start, count: positions.len(), step } } else { Selector::Take(positions.into()) }
    }

    /// How many positions of a dimension of this length; `None` where the dimension goes.
    pub fn count(&self, length: usize) -> Option<usize> {
        match self {
            Selector::All => Some(length),
            Selector::At(_) => None,
            Selector::Range { count, .. } => Some(*count),
            Selector::Take(p) => Some(p.len()),
        }
    }

    /// The largest position that it selects of a dimension of this length; `None` where it selects none.
    pub fn last(&self, length: usize) -> Option<usize> {
        match self {
            Selector::All => length.checked_sub(1),
            Selector::At(p) => Some(*p),
            Selector::Range { count: 0, .. } => None,
            Selector::Range { count, .. } => Some(self.position(0).max(self.position(count - 1))),
            Selector::Take(p) => p.iter().copied().max(),
        }
    }

    /// The `i`-th position that it selects.
    pub fn position(&self, i: usize) -> usize {
        match self {
            Selector::All => i,
            Selector::At(p) => *p,
            Selector::Range { start, step, .. } => (*start as isize + i as isize * step) as usize,
            Selector::Take(p) => p[i],
        }
    }

    /// Cut at the edges of chunks of this length, of a dimension of `length`: where each part begins among the selected positions, and
    /// the part. One position is one part; no positions are none.
    pub fn cut(&self, chunk: usize, length: usize) -> Vec<(usize, Selector)> {
        let chunk = chunk.max(1);
        let Some(count) = self.count(length) else { return vec![(0, self.clone())] };
        let mut parts = Vec::new();
        let mut first = 0;
        while first < count {
            let within = self.position(first) / chunk;
            let end = match self {
                Selector::All | Selector::Range { step: 1, .. } => ((within + 1) * chunk - self.position(0)).min(count),
                _ => (first..count).find(|&i| self.position(i) / chunk != within).unwrap_or(count),
            };
            let part = match self {
                Selector::Take(p) => Selector::of(p[first..end].to_vec()),
                Selector::Range { step, .. } => Selector::Range { start: self.position(first), count: end - first, step: *step },
                _ => Selector::span(first, end - first),
            };
            parts.push((first, part));
            first = end;
        }
        parts
    }

    /// This selection, then `next` on what is left: one selection of the original dimension.
    fn then(&self, next: &Selector) -> Selector {
        match (self, next) {
            (_, Selector::All) => self.clone(),
            (Selector::All, _) => next.clone(),
            (_, Selector::At(i)) => Selector::At(self.position(*i)),
            (Selector::Range { start, step, .. }, Selector::Range { start: s, count, step: t }) => {
                let first = (*start as isize + *s as isize * step) as usize;
                Selector::Range { start: first, count: *count, step: step * t }
            }
            (Selector::At(_), _) => self.clone(),
            (_, Selector::Range { count, .. }) => Selector::Take((0..*count).map(|i| self.position(next.position(i))).collect()),
            (_, Selector::Take(p)) => Selector::Take(p.iter().map(|&i| self.position(i)).collect()),
        }
    }
}

/// One [`Selector`] per dimension. Selections compose, so a lazy array keeps one of them and no more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selection(Vec<Selector>);

impl Selection {
    /// One selector per dimension.
    pub fn new(selectors: Vec<Selector>) -> Selection {
        Selection(selectors)
    }

    /// All of `rank` dimensions.
    pub fn all(rank: usize) -> Selection {
        Selection(vec![Selector::All; rank])
    }

    /// A box: for each dimension its start and count.
    pub fn hyperslab(start: &[usize], count: &[usize]) -> Selection {
        Selection(start.iter().zip(count).map(|(&s, &c)| Selector::span(s, c)).collect())
    }

    /// The selectors.
    pub fn selectors(&self) -> &[Selector] {
        &self.0
    }

    /// The same with dimensions of one position where single positions are taken, so that axes keep their numbers.
    pub fn with_all_dims(&self) -> Selection {
        let keep = |s: &Selector| if let Selector::At(i) = s { Selector::span(*i, 1) } else { s.clone() };
        Selection(self.0.iter().map(keep).collect())
    }

    /// The shape of what is selected from an array of this shape.
    pub fn shape(&self, shape: &[usize]) -> Vec<usize> {
        self.0.iter().zip(shape).filter_map(|(s, &n)| s.count(n)).collect()
    }

    /// This selection, then `next` on what is left (which has no selector for the dimensions that have gone).
    pub fn then(&self, next: &Selection) -> Selection {
        let mut rest = next.0.iter();
        Selection(
            self.0
                .iter()
                .map(|s| match s {
                    Selector::At(_) => s.clone(),
                    s => rest.next().map_or_else(|| s.clone(), |n| s.then(n)),
                })
                .collect(),
        )
    }

    /// Checks every position against the shape.
    ///
    /// # Errors
    /// Shape, for a wrong number of selectors or a position outside.
    pub fn check(&self, shape: &[usize]) -> Result<()> {
        if self.0.len() != shape.len() {
            return Err(Error::shape(format!("{} selectors for {} dimensions", self.0.len(), shape.len())));
        }
        for (d, (s, &n)) in self.0.iter().zip(shape).enumerate() {
            let worst = match s {
                Selector::All => None,
                Selector::At(i) => Some(*i),
                Selector::Range { count: 0, .. } => None,
                Selector::Range { start, count, .. } => Some((*start).max(s.position(count - 1))),
                Selector::Take(p) => p.iter().copied().max(),
            };
            if let Some(worst) = worst.filter(|&w| w >= n) {
                return Err(Error::shape(format!("position {worst} is outside dimension {d} of length {n}")));
            }
        }
        Ok(())
    }
}

/// A regular grid of chunks (the last along each dimension may be cut off).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChunkGrid {
    /// The shape of the array.
    pub shape: Vec<usize>,
    /// The shape of a chunk.
    pub chunk: Vec<usize>,
}

impl ChunkGrid {
    /// A grid; chunk lengths are brought to between 1 and the array's.
    pub fn new(shape: &[usize], chunk: &[usize]) -> ChunkGrid {
        let chunk = shape.iter().zip(chunk).map(|(&n, &c)| c.clamp(1, n.max(1))).collect();
        ChunkGrid { shape: shape.to_vec(), chunk }
    }

    /// How many chunks along each dimension.
    pub fn counts(&self) -> Vec<usize> {
        self.shape.iter().zip(&self.chunk).map(|(&n, &c)| n.div_ceil(c)).collect()
    }

    /// How many chunks in all: none for an empty array, one for a single number.
    pub fn count(&self) -> usize {
        self.counts().iter().product()
    }

    /// Start and shape of the `i`-th chunk, in C order.
    pub fn block(&self, mut i: usize) -> (Vec<usize>, Vec<usize>) {
        let counts = self.counts();
        let mut start = vec![0; counts.len()];
        for d in (0..counts.len()).rev() {
            start[d] = (i % counts[d]) * self.chunk[d];
            i /= counts[d];
        }
        let shape = start.iter().zip(&self.shape).zip(&self.chunk).map(|((&s, &n), &c)| c.min(n - s)).collect();
        (start, shape)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selection_composes() {
        let a = Selection::new(vec![Selector::Range { start: 9, count: 5, step: -2 }, Selector::At(3), Selector::All]);
        let b = Selection::new(vec![Selector::span(1, 2), Selector::Take(vec![4, 0].into())]);
        let c = a.then(&b);
        assert_eq!(c.shape(&[10, 4, 6]), [2, 2]);
        assert_eq!(c.selectors()[0], Selector::Range { start: 7, count: 2, step: -2 });
        assert_eq!(c.selectors()[1], Selector::At(3));
    }

    #[test]
    fn selectors_are_cut_at_the_edges_of_chunks() {
        let lists = [vec![], vec![0, 1, 5, 4, 4, 9], (0..10).collect(), (0..10).rev().step_by(3).collect(), vec![7, 1], (2..9).collect()];
        for selector in lists.into_iter().map(Selector::of).chain([Selector::All]) {
            for chunk in [1, 3, 4, 10, 99] {
                let all: Vec<usize> = (0..selector.count(10).unwrap()).map(|i| selector.position(i)).collect();
                let mut together = Vec::new();
                for (first, part) in selector.cut(chunk, 10) {
                    assert_eq!(first, together.len());
                    let part: Vec<usize> = (0..part.count(10).unwrap()).map(|i| part.position(i)).collect();
                    assert!(part.iter().all(|p| p / chunk == part[0] / chunk), "{selector:?} by {chunk}");
                    together.extend(part);
                }
                assert_eq!(together, all, "{selector:?} by {chunk}");
            }
        }
        assert_eq!(Selector::At(3).cut(2, 10), [(0, Selector::At(3))]);
    }

    #[test]
    fn grid_cuts_the_last_chunk() {
        let g = ChunkGrid::new(&[5, 4], &[2, 3]);
        assert_eq!(g.count(), 6);
        assert_eq!(g.block(5), (vec![4, 3], vec![1, 1]));
        assert_eq!(ChunkGrid::new(&[], &[]).count(), 1);
    }
}
