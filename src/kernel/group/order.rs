//! Smallest, largest, first and last values per group, on keys in the order of the values.

/// Unsigned numbers that stand for values in their order.
pub trait OrderKey: Copy + Ord + Default + Send + Sync + 'static {
    /// The largest.
    const MAX: Self;
}

impl OrderKey for u64 {
    const MAX: u64 = u64::MAX;
}

impl OrderKey for u128 {
    const MAX: u128 = u128::MAX;
}

/// Which value of a group is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extreme {
    /// The smallest.
    Min,
    /// The largest.
    Max,
    /// The first that is there.
    First,
    /// The last that is there.
    Last,
}

/// One value per group, and where it stood if that is asked.
#[derive(Clone, Debug)]
pub struct Order<K> {
    which: Extreme,
    best: Vec<K>,
    /// Row of the value; `u64::MAX` where there is none. Kept for positions, and to know whether there is one.
    rows: Vec<u64>,
    positions: bool,
}

impl<K: OrderKey> Order<K> {
    /// For no groups; with the rows of the values if `positions` are asked.
    pub fn new(which: Extreme, positions: bool) -> Order<K> {
        let positions = positions || matches!(which, Extreme::First | Extreme::Last);
        Order { which, best: Vec::new(), rows: Vec::new(), positions }
    }

    /// Whether the rows of the values are needed.
    pub fn needs_rows(&self) -> bool {
        self.positions
    }

    /// Makes room for so many more groups at once.
    pub fn reserve(&mut self, more: usize) {
        self.best.reserve_exact(more);
        if self.positions {
            self.rows.reserve_exact(more);
        }
    }

    /// For so many groups.
    pub fn resize(&mut self, groups: usize) {
        let empty = if self.which == Extreme::Min { K::MAX } else { K::default() };
        self.best.resize(groups, empty);
        if self.positions {
            self.rows.resize(groups, u64::MAX);
        }
    }

    #[inline(always)]
    fn wins(which: Extreme, new: K, old: K, empty: bool) -> bool {
        match which {
            Extreme::Min => empty || new < old,
            Extreme::Max => empty || new > old,
            Extreme::First => empty,
            Extreme::Last => true,
        }
    }

    /// Takes values in row order; `rows` is empty unless they are needed.
    pub fn update(&mut self, groups: &[u32], values: &[K], rows: &[u64]) {
        if !self.positions {
            let best = &mut self.best;
            match self.which {
                Extreme::Min => groups.iter().zip(values).for_each(|(&g, &x)| best[g as usize] = best[g as usize].min(x)),
                _ => groups.iter().zip(values).for_each(|(&g, &x)| best[g as usize] = best[g as usize].max(x)),
            }
            return;
        }
        let which = self.which;
        for ((&g, &x), &row) in groups.iter().zip(values).zip(rows) {
            let g = g as usize;
            if Self::wins(which, x, self.best[g], self.rows[g] == u64::MAX) {
                self.best[g] = x;
                self.rows[g] = row;
            }
        }
    }

    /// Takes what another has found in later rows, `offset` further down.
    pub fn merge(&mut self, to: &[u32], other: &Order<K>, from: &[u32], offset: u64) {
        for (&t, &f) in to.iter().zip(from) {
            let (t, f) = (t as usize, f as usize);
            let x = other.best[f];
            if !self.positions {
                // Without a value the key is the worst there is.
                self.best[t] = if self.which == Extreme::Min { self.best[t].min(x) } else { self.best[t].max(x) };
            } else if other.rows[f] != u64::MAX && Self::wins(self.which, x, self.best[t], self.rows[t] == u64::MAX) {
                self.best[t] = x;
                self.rows[t] = other.rows[f] + offset;
            }
        }
    }

    /// The key of a group; means nothing where it has no value.
    pub fn key(&self, group: usize) -> K {
        self.best[group]
    }

    /// The row of the value, if there is one and rows are kept.
    pub fn row(&self, group: usize) -> Option<u64> {
        self.rows.get(group).copied().filter(|r| *r != u64::MAX)
    }

    /// Changes the keys, where they are numbers of texts.
    pub fn map(&mut self, f: impl Fn(K) -> K) {
        for (x, &row) in self.best.iter_mut().zip(&self.rows) {
            if row != u64::MAX {
                *x = f(*x);
            }
        }
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        self.best.capacity() * size_of::<K>() + self.rows.capacity() * 8
    }
}
