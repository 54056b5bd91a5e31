use crate::store::Column;

/// Which group each position of a dimension belongs to.
#[derive(Clone, Debug)]
pub struct Groups {
    /// The name of the dimension that takes the place of the grouped one.
    pub name: String,
    /// The labels of the groups, in order.
    pub labels: Column,
    of: Vec<u32>,
}

impl Groups {
    /// Groups under a name; positions without a group are `None`.
    pub fn new(name: impl Into<String>, labels: Column, of: impl IntoIterator<Item = Option<usize>>) -> Groups {
        let of = of.into_iter().map(|g| g.map_or(u32::MAX, |g| g as u32)).collect();
        Groups { name: name.into(), labels, of }
    }

    /// How many groups.
    pub fn count(&self) -> usize {
        self.labels.len()
    }

    /// How many positions.
    pub fn len(&self) -> usize {
        self.of.len()
    }

    /// Whether there are no positions.
    pub fn is_empty(&self) -> bool {
        self.of.is_empty()
    }

    /// Whether the groups follow each other as their positions do.
    pub(super) fn in_order(&self) -> bool {
        self.of.iter().filter(|&&g| g != u32::MAX).is_sorted()
    }

    /// How many positions the group with most of them has.
    pub(super) fn largest(&self) -> usize {
        let mut counts = vec![0; self.count()];
        (0..self.len()).filter_map(|p| self.of(p)).for_each(|g| counts[g] += 1);
        counts.into_iter().max().unwrap_or(0)
    }

    /// Whether no chunk of this length has positions of two groups.
    pub(super) fn are_whole_chunks(&self, chunk: usize) -> bool {
        self.of.windows(2).enumerate().all(|(i, w)| w[0] == w[1] || (i + 1).is_multiple_of(chunk.max(1)))
    }

    /// The group of a position.
    pub fn of(&self, position: usize) -> Option<usize> {
        Some(self.of[position] as usize).filter(|&g| g != u32::MAX as usize)
    }
}
