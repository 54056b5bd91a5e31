/// The smallest and the largest value, each with the position where it stood first. NaN is passed over.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Extremes<T> {
    found: Option<[(T, u64); 2]>,
}

impl<T> Default for Extremes<T> {
    fn default() -> Extremes<T> {
        Extremes { found: None }
    }
}

impl<T: PartialOrd + Copy> Extremes<T> {
    /// Takes values whose first stands at this position.
    pub fn update(&mut self, position: u64, values: impl Iterator<Item = T>) {
        for (i, x) in values.enumerate() {
            self.put(x, position + i as u64);
        }
    }

    /// Takes one value.
    pub fn put(&mut self, x: T, position: u64) {
        match &mut self.found {
            Some([low, high]) => {
                if x < low.0 {
                    *low = (x, position);
                }
                if x > high.0 {
                    *high = (x, position);
                }
            }
            // Only NaN differs from itself.
            #[allow(clippy::eq_op)]
            None if x == x => self.found = Some([(x, position); 2]),
            None => {}
        }
    }

    /// Takes what another has found, after what this one has.
    pub fn merge(&mut self, other: Extremes<T>) {
        if let Some([low, high]) = other.found {
            self.put(low.0, low.1);
            self.put(high.0, high.1);
            // Equal values keep the earlier position, which is this one's.
        }
    }

    /// The smallest and its position.
    pub fn min(&self) -> Option<(T, u64)> {
        self.found.map(|f| f[0])
    }

    /// The largest and its position.
    pub fn max(&self) -> Option<(T, u64)> {
        self.found.map(|f| f[1])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extremes_pass_over_nan_and_keep_the_first_of_equals() {
        let mut e = Extremes::default();
        e.update(0, [f64::NAN, 2.0, 1.0, 1.0, 2.0].into_iter());
        assert_eq!((e.min(), e.max()), (Some((1.0, 2)), Some((2.0, 1))));
        let mut late = Extremes::default();
        late.update(10, [0.5, 2.0].into_iter());
        e.merge(late);
        assert_eq!((e.min(), e.max()), (Some((0.5, 10)), Some((2.0, 1))));
    }
}
