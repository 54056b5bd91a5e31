//! All values of each group: what medians, quantiles and counts of different values need.

/// Values with the group of each, in chunks as they came.
#[derive(Clone, Debug, Default)]
pub struct Hold<K> {
    groups: usize,
    chunks: Vec<Chunk<K>>,
}

#[derive(Clone, Debug)]
struct Chunk<K> {
    /// The group of each value, or after [`Hold::settle`] of each span.
    groups: Vec<u32>,
    /// Where each span begins; empty as long as `groups` has one entry per value.
    starts: Vec<u32>,
    values: Vec<K>,
}

impl<K: Copy + Default + Send + Sync> Hold<K> {
    /// For so many groups.
    pub fn resize(&mut self, groups: usize) {
        self.groups = groups;
    }

    /// Takes values.
    pub fn update(&mut self, groups: &[u32], values: &[K]) {
        match self.chunks.last_mut() {
            Some(chunk) if chunk.starts.is_empty() => {
                chunk.groups.extend_from_slice(groups);
                chunk.values.extend_from_slice(values);
            }
            _ => self.chunks.push(Chunk { groups: groups.to_vec(), starts: Vec::new(), values: values.to_vec() }),
        }
    }

    /// The values of all groups, one group after the other, each in the order in which they came; and where each group begins.
    pub fn gathered(&self) -> (Vec<K>, Vec<usize>) {
        let mut starts = vec![0usize; self.groups + 1];
        self.spans(|g, values| starts[g + 1] += values.len());
        for g in 0..self.groups {
            starts[g + 1] += starts[g];
        }
        let mut next = starts.clone();
        let mut out = vec![K::default(); starts[self.groups]];
        self.spans(|g, values| {
            out[next[g]..next[g] + values.len()].copy_from_slice(values);
            next[g] += values.len();
        });
        (out, starts)
    }

    fn spans(&self, mut f: impl FnMut(usize, &[K])) {
        for c in &self.chunks {
            if c.starts.is_empty() {
                c.groups.iter().zip(&c.values).for_each(|(&g, v)| f(g as usize, std::slice::from_ref(v)));
            } else {
                c.groups.iter().zip(c.starts.windows(2)).for_each(|(&g, s)| f(g as usize, &c.values[s[0] as usize..s[1] as usize]));
            }
        }
    }

    /// Puts the values of each group together, so that they can be merged group by group.
    pub fn settle(&mut self) {
        let (values, starts) = self.gathered();
        let groups = (0..self.groups as u32).collect();
        let starts = starts.into_iter().map(|s| s as u32).collect();
        self.chunks = vec![Chunk { groups, starts, values }];
    }

    /// Takes the values of groups `from` of another, which was settled, to groups `to`.
    pub fn merge(&mut self, to: &[u32], other: &Hold<K>, from: &[u32]) {
        for c in &other.chunks {
            let span = |f: u32| c.starts[f as usize] as usize..c.starts[f as usize + 1] as usize;
            let total = from.iter().map(|&f| span(f).len()).sum();
            let mut chunk =
                Chunk { groups: Vec::with_capacity(to.len()), starts: Vec::with_capacity(to.len() + 1), values: Vec::with_capacity(total) };
            chunk.starts.push(0);
            for (&t, &f) in to.iter().zip(from) {
                chunk.groups.push(t);
                chunk.values.extend_from_slice(&c.values[span(f)]);
                chunk.starts.push(chunk.values.len() as u32);
            }
            self.chunks.push(chunk);
        }
    }

    /// Changes the values, where they are numbers of texts.
    pub fn map(&mut self, f: impl Fn(K) -> K) {
        self.chunks.iter_mut().for_each(|c| c.values.iter_mut().for_each(|x| *x = f(*x)));
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        self.chunks.iter().map(|c| (c.groups.capacity() + c.starts.capacity()) * 4 + c.values.capacity() * size_of::<K>()).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn held_values_come_back_by_group_in_order() {
        let mut h = Hold::<u64>::default();
        h.resize(3);
        h.update(&[2, 0, 2], &[1, 2, 3]);
        h.update(&[0], &[4]);
        h.settle();
        let mut all = Hold::default();
        all.resize(2);
        all.merge(&[1, 0], &h, &[0, 2]);
        all.update(&[1], &[9]);
        assert_eq!(all.gathered(), (vec![1, 3, 2, 4, 9], vec![0, 2, 5]));
    }
}
