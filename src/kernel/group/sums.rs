//! Sums and products per group.

/// A sum of floats and what rounding took from it.
#[derive(Clone, Copy, Debug, Default)]
struct FloatSum {
    sum: f64,
    lost: f64,
}

impl FloatSum {
    #[inline(always)]
    fn add(&mut self, x: f64) {
        // Knuth's sum of two: exact, without a branch. Of infinities `lost` becomes NaN, which is then not looked at.
        let t = self.sum + x;
        let back = t - self.sum;
        self.lost += (self.sum - (t - back)) + (x - back);
        self.sum = t;
    }

    fn value(self) -> f64 {
        if self.sum.is_finite() { self.sum + self.lost } else { self.sum }
    }
}

/// Sums of floats that carry their rounding errors along.
#[derive(Clone, Debug, Default)]
pub struct FloatSums(Vec<FloatSum>);

impl FloatSums {
    /// Makes room for so many more groups at once.
    pub fn reserve(&mut self, more: usize) {
        self.0.reserve_exact(more);
    }

    /// For so many groups.
    pub fn resize(&mut self, groups: usize) {
        self.0.resize(groups, FloatSum::default());
    }

    /// Takes values in row order.
    pub fn update(&mut self, groups: &[u32], values: &[f64]) {
        for (&g, &x) in groups.iter().zip(values) {
            self.0[g as usize].add(x);
        }
    }

    /// Takes the sums of groups `from` of another to groups `to`.
    pub fn merge(&mut self, to: &[u32], other: &FloatSums, from: &[u32]) {
        for (&t, &f) in to.iter().zip(from) {
            let o = other.0[f as usize];
            let s = &mut self.0[t as usize];
            s.add(o.sum);
            s.lost += o.lost;
        }
    }

    /// The sum of a group.
    pub fn value(&self, group: usize) -> f64 {
        self.0[group].value()
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        self.0.capacity() * 16
    }
}

/// Exact sums of integers: in 64 bits as long as none can overflow, then in 128.
#[derive(Clone, Debug)]
pub enum WholeSums {
    /// No sum is larger than `bound`.
    Narrow {
        /// The sums.
        sums: Vec<i64>,
        /// The largest magnitude that any of them can have.
        bound: u128,
    },
    /// As wide as they get.
    Wide(Vec<i128>),
}

impl Default for WholeSums {
    fn default() -> WholeSums {
        WholeSums::Narrow { sums: Vec::new(), bound: 0 }
    }
}

impl WholeSums {
    /// Makes room for so many more groups at once.
    pub fn reserve(&mut self, more: usize) {
        match self {
            WholeSums::Narrow { sums, .. } => sums.reserve_exact(more),
            WholeSums::Wide(sums) => sums.reserve_exact(more),
        }
    }

    /// For so many groups.
    pub fn resize(&mut self, groups: usize) {
        match self {
            WholeSums::Narrow { sums, .. } => sums.resize(groups, 0),
            WholeSums::Wide(sums) => sums.resize(groups, 0),
        }
    }

    fn widen(&mut self) -> &mut Vec<i128> {
        if let WholeSums::Narrow { sums, .. } = self {
            *self = WholeSums::Wide(sums.iter().map(|&x| x as i128).collect());
        }
        match self {
            WholeSums::Wide(sums) => sums,
            WholeSums::Narrow { .. } => unreachable!("it was widened above"),
        }
    }

    /// Takes values.
    pub fn update(&mut self, groups: &[u32], values: &[i64]) {
        if let WholeSums::Narrow { sums, bound } = self {
            let largest = values.iter().fold(0, |m, x| x.unsigned_abs().max(m));
            let next = *bound + largest as u128 * values.len() as u128;
            if next <= i64::MAX as u128 {
                *bound = next;
                for (&g, &x) in groups.iter().zip(values) {
                    sums[g as usize] += x;
                }
                return;
            }
        }
        let sums = self.widen();
        for (&g, &x) in groups.iter().zip(values) {
            sums[g as usize] += x as i128;
        }
    }

    /// Takes wide values; false where a sum goes beyond 128 bits.
    pub fn update_wide(&mut self, groups: &[u32], values: &[i128]) -> bool {
        let sums = self.widen();
        groups.iter().zip(values).all(|(&g, &x)| {
            let sum = sums[g as usize].checked_add(x);
            sums[g as usize] = sum.unwrap_or_default();
            sum.is_some()
        })
    }

    /// Takes the sums of groups `from` of another to groups `to`; false where one goes beyond 128 bits.
    pub fn merge(&mut self, to: &[u32], other: &WholeSums, from: &[u32]) -> bool {
        if let (WholeSums::Narrow { sums, bound }, WholeSums::Narrow { sums: others, bound: more }) = (&mut *self, other)
            && *bound + *more <= i64::MAX as u128
        {
            *bound += *more;
            for (&t, &f) in to.iter().zip(from) {
                sums[t as usize] += others[f as usize];
            }
            return true;
        }
        let sums = self.widen();
        to.iter().zip(from).all(|(&t, &f)| {
            let sum = sums[t as usize].checked_add(other.value(f as usize));
            sums[t as usize] = sum.unwrap_or_default();
            sum.is_some()
        })
    }

    /// The sum of a group.
    pub fn value(&self, group: usize) -> i128 {
        match self {
            WholeSums::Narrow { sums, .. } => sums[group] as i128,
            WholeSums::Wide(sums) => sums[group],
        }
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        match self {
            WholeSums::Narrow { sums, .. } => sums.capacity() * 8,
            WholeSums::Wide(sums) => sums.capacity() * 16,
        }
    }
}

/// Products of floats.
#[derive(Clone, Debug, Default)]
pub struct Products(Vec<f64>);

impl Products {
    /// Makes room for so many more groups at once.
    pub fn reserve(&mut self, more: usize) {
        self.0.reserve_exact(more);
    }

    /// For so many groups.
    pub fn resize(&mut self, groups: usize) {
        self.0.resize(groups, 1.0);
    }

    /// Takes values in row order.
    pub fn update(&mut self, groups: &[u32], values: &[f64]) {
        for (&g, &x) in groups.iter().zip(values) {
            self.0[g as usize] *= x;
        }
    }

    /// Takes the products of groups `from` of another to groups `to`.
    pub fn merge(&mut self, to: &[u32], other: &Products, from: &[u32]) {
        for (&t, &f) in to.iter().zip(from) {
            self.0[t as usize] *= other.0[f as usize];
        }
    }

    /// The product of a group.
    pub fn value(&self, group: usize) -> f64 {
        self.0[group]
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        self.0.capacity() * 8
    }
}

/// Exact products of integers; `None` once one is too large, unless a zero follows.
#[derive(Clone, Debug, Default)]
pub struct WholeProducts(Vec<Option<i128>>);

fn times(a: Option<i128>, b: Option<i128>) -> Option<i128> {
    if a == Some(0) || b == Some(0) { Some(0) } else { a?.checked_mul(b?) }
}

impl WholeProducts {
    /// Makes room for so many more groups at once.
    pub fn reserve(&mut self, more: usize) {
        self.0.reserve_exact(more);
    }

    /// For so many groups.
    pub fn resize(&mut self, groups: usize) {
        self.0.resize(groups, Some(1));
    }

    /// Takes values.
    pub fn update(&mut self, groups: &[u32], values: impl Iterator<Item = i128>) {
        for (&g, x) in groups.iter().zip(values) {
            self.0[g as usize] = times(self.0[g as usize], Some(x));
        }
    }

    /// Takes the products of groups `from` of another to groups `to`.
    pub fn merge(&mut self, to: &[u32], other: &WholeProducts, from: &[u32]) {
        for (&t, &f) in to.iter().zip(from) {
            self.0[t as usize] = times(self.0[t as usize], other.0[f as usize]);
        }
    }

    /// The product of a group, if it fits 128 bits.
    pub fn value(&self, group: usize) -> Option<i128> {
        self.0[group]
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        self.0.capacity() * 32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_of_integers_are_exact_beyond_64_bits() {
        let mut s = WholeSums::default();
        s.resize(2);
        s.update(&[0, 0, 1, 0], &[i64::MAX, i64::MAX, 5, -7]);
        let mut t = WholeSums::default();
        t.resize(1);
        t.update(&[0], &[3]);
        assert!(s.merge(&[1], &t, &[0]));
        assert_eq!((s.value(0), s.value(1)), (2 * i64::MAX as i128 - 7, 8));
    }

    #[test]
    fn sums_of_floats_keep_what_rounding_takes() {
        let mut s = FloatSums::default();
        s.resize(1);
        s.update(&[0; 4], &[1e20, 1.0, -1e20, 1.0]);
        assert_eq!(s.value(0), 2.0);
        s.update(&[0], &[f64::INFINITY]);
        assert_eq!(s.value(0), f64::INFINITY);
    }
}
