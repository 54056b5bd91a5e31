/// Elements along each side of a tile: two tiles of doubles fit the first-level cache.
const TILE: usize = 32;

/// Two strided walks over one shape.
pub(super) struct Walk<'a> {
    pub shape: &'a [usize],
    pub from: &'a [isize],
    pub to: &'a [isize],
    pub from_base: usize,
    pub to_base: usize,
}

impl Walk<'_> {
    /// Calls `f` with the two positions of the first element of each run along the last axis.
    fn runs(&self, mut f: impl FnMut(usize, usize)) {
        if self.shape.contains(&0) {
            return;
        }
        let outer = self.shape.len().saturating_sub(1);
        let mut index = vec![0usize; outer];
        let (mut from, mut to) = (self.from_base as isize, self.to_base as isize);
        loop {
            f(from as usize, to as usize);
            let mut d = outer;
            loop {
                if d == 0 {
                    return;
                }
                d -= 1;
                index[d] += 1;
                from += self.from[d];
                to += self.to[d];
                if index[d] < self.shape[d] {
                    break;
                }
                from -= self.from[d] * index[d] as isize;
                to -= self.to[d] * index[d] as isize;
                index[d] = 0;
            }
        }
    }

    /// Calls `f` with the two positions of each element.
    pub fn each(&self, mut f: impl FnMut(usize, usize)) {
        let (n, s, t) = self.last();
        self.runs(|from, to| (0..n as isize).for_each(|i| f((from as isize + i * s) as usize, (to as isize + i * t) as usize)));
    }

    /// Length and the two strides of the last axis.
    fn last(&self) -> (usize, isize, isize) {
        match self.shape.len() {
            0 => (1, 1, 1),
            r => (self.shape[r - 1], self.from[r - 1], self.to[r - 1]),
        }
    }

    /// Copies each element to its place.
    pub fn copy<T: Copy>(&self, source: &[T], target: &mut [T]) {
        match self.last() {
            (n, 1, 1) => self.runs(|from, to| target[to..to + n].copy_from_slice(&source[from..from + n])),
            (n, 0, 1) => self.runs(|from, to| target[to..to + n].fill(source[from])),
            (n, s, 1) => match self.across() {
                Some(axis) => self.turn(axis, n, s, source, target),
                None => self.each(|from, to| target[to] = source[from]),
            },
            _ => self.each(|from, to| target[to] = source[from]),
        }
    }

    /// The axis along which the source is contiguous, where it is another than the last and both are long enough to matter.
    fn across(&self) -> Option<usize> {
        let last = self.shape.len().checked_sub(1)?;
        (0..last).find(|&d| self.from[d] == 1 && self.shape[d] >= TILE && self.shape[last] >= TILE)
    }

    /// Copies with the roles of `axis` and the last axis exchanged, in tiles: a line of the cache that is brought in for one
    /// element of the source is used for its neighbours before it is lost.
    fn turn<T: Copy>(&self, axis: usize, n: usize, step: isize, source: &[T], target: &mut [T]) {
        let rows = self.shape[axis];
        let drop = |v: &[isize]| -> Vec<isize> { v.iter().enumerate().filter(|(d, _)| *d != axis).map(|(_, &x)| x).collect() };
        let shape: Vec<usize> = self.shape.iter().enumerate().filter(|(d, _)| *d != axis).map(|(_, &x)| x).collect();
        let (from, to) = (drop(self.from), drop(self.to));
        let rest = Walk { shape: &shape, from: &from, to: &to, from_base: self.from_base, to_base: self.to_base };
        let down = self.to[axis];
        rest.runs(|from, to| {
            for row in (0..rows).step_by(TILE) {
                for column in (0..n).step_by(TILE) {
                    let width = TILE.min(n - column);
                    for r in row..rows.min(row + TILE) {
                        let out = (to as isize + r as isize * down) as usize + column;
                        let mut at = from as isize + r as isize + column as isize * step;
                        for slot in &mut target[out..out + width] {
                            *slot = source[at as usize];
                            at += step;
                        }
                    }
                }
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiles_copy_what_one_by_one_copies() {
        // Sizes that are no multiples of the tile, three axes in every order of the source.
        let shape = [37usize, 3, 41];
        let count: usize = shape.iter().product();
        let source: Vec<u32> = (0..count as u32).collect();
        let to = [123isize, 41, 1];
        for order in [[0usize, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
            let mut from = [0isize; 3];
            let mut step = 1;
            for &axis in &order {
                from[axis] = step;
                step *= shape[axis] as isize;
            }
            let walk = Walk { shape: &shape, from: &from, to: &to, from_base: 0, to_base: 0 };
            let (mut a, mut b) = (vec![0; count], vec![0; count]);
            walk.copy(&source, &mut a);
            walk.each(|from, to| b[to] = source[from]);
            assert_eq!(a, b, "{order:?}");
        }
    }
}
