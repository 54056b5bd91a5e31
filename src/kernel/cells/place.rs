use super::LANES;

/// Which cell each value of a run belongs to.
#[derive(Clone, Copy, Debug)]
pub enum Place<'a> {
    /// Cell after cell from this one on.
    Across(usize),
    /// All to one cell.
    One(usize),
    /// All to one cell, whose accumulators take turns from this one on.
    Lanes {
        /// The cell.
        cell: usize,
        /// The accumulator of the first value.
        lane: usize,
    },
    /// Each to the group that it is of; `u32::MAX` for none.
    Scatter {
        /// The cell of the first group.
        cell: usize,
        /// Cells from group to group.
        stride: usize,
        /// The groups of the values.
        groups: &'a [u32],
    },
}

impl Place<'_> {
    /// Calls `f` with the number and the accumulator of each value of a run.
    #[inline]
    pub fn each(&self, length: usize, mut f: impl FnMut(usize, usize)) {
        match *self {
            Place::Across(first) => (0..length).for_each(|i| f(i, first + i)),
            Place::One(cell) => (0..length).for_each(|i| f(i, cell)),
            Place::Lanes { cell, lane } => (0..length).for_each(|i| f(i, cell * LANES + (lane + i) % LANES)),
            Place::Scatter { cell, stride, groups } => {
                for (i, &g) in groups.iter().enumerate().take(length).filter(|(_, g)| **g != u32::MAX) {
                    f(i, cell + g as usize * stride);
                }
            }
        }
    }

    /// Folds each value into its accumulator, several at a time where they lie side by side.
    #[inline]
    pub(super) fn fold<A: Copy>(&self, accumulators: &mut [A], run: &[f64], mut f: impl FnMut(&mut A, f64)) {
        match *self {
            Place::Across(first) => accumulators[first..first + run.len()].iter_mut().zip(run).for_each(|(a, &x)| f(a, x)),
            Place::Lanes { cell, lane } => {
                let lanes = &mut accumulators[cell * LANES..(cell + 1) * LANES];
                let head = ((LANES - lane % LANES) % LANES).min(run.len());
                for (i, &x) in run[..head].iter().enumerate() {
                    f(&mut lanes[(lane + i) % LANES], x);
                }
                // Copies of them stay in registers.
                let mut own: [A; LANES] = std::array::from_fn(|i| lanes[i]);
                let mut chunks = run[head..].chunks_exact(LANES);
                for chunk in &mut chunks {
                    own.iter_mut().zip(chunk).for_each(|(a, &x)| f(a, x));
                }
                lanes.copy_from_slice(&own);
                lanes.iter_mut().zip(chunks.remainder()).for_each(|(a, &x)| f(a, x));
            }
            _ => self.each(run.len(), |i, cell| f(&mut accumulators[cell], run[i])),
        }
    }

    /// Adds the values of a run along a reduced axis, where none of them is missing; whether it did.
    #[inline]
    pub(super) fn add_all(&self, sums: &mut [f64], run: &[f64]) -> bool {
        let Place::Lanes { cell, .. } = *self else { return false };
        let lanes = cell * LANES..(cell + 1) * LANES;
        let mut before = [0.0; LANES];
        before.copy_from_slice(&sums[lanes.clone()]);
        self.fold(sums, run, |a, x| *a += x);
        // A sum with a missing value in it is missing itself.
        let all = !sums[lanes.clone()].iter().any(|a| a.is_nan());
        if !all {
            sums[lanes].copy_from_slice(&before);
        }
        all
    }
}
