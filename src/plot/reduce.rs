//! Values become as many marks as a picture can show: what is here holds a bounded number of them, whatever comes in.

use indexmap::IndexSet;

/// The smallest and largest of what was seen, and how much that was.
#[derive(Clone, Copy, Debug)]
pub(super) struct Range {
    pub(super) lo: f64,
    pub(super) hi: f64,
    pub(super) count: u64,
    pub(super) missing: u64,
    /// Only whole numbers so far.
    pub(super) whole: bool,
}

impl Default for Range {
    fn default() -> Range {
        Range { lo: f64::INFINITY, hi: f64::NEG_INFINITY, count: 0, missing: 0, whole: true }
    }
}

impl Range {
    pub(super) fn add(&mut self, x: f64) {
        if x.is_finite() {
            (self.lo, self.hi) = (self.lo.min(x), self.hi.max(x));
            self.whole &= x == x.trunc();
            self.count += 1;
        } else {
            self.missing += 1;
        }
    }

    pub(super) fn of<'a>(values: impl IntoIterator<Item = &'a f64>) -> Range {
        let mut range = Range::default();
        values.into_iter().for_each(|x| range.add(*x));
        range
    }

    /// From the smallest to the largest; 0 to 1 where nothing was seen.
    pub(super) fn ends(&self) -> (f64, f64) {
        if self.count == 0 { (0.0, 1.0) } else { (self.lo, self.hi) }
    }
}

/// So many points are kept as they are.
pub(super) const MOST_POINTS: usize = 5000;

/// A line of any length: all points while they are few, else for each of some stretches of x the first, lowest, highest and last,
/// which draws the same picture.
#[derive(Clone, Debug, Default)]
pub(super) struct Line {
    points: Vec<(f64, f64)>,
    stretches: Vec<Option<Stretch>>,
    x: (f64, f64),
}

#[derive(Clone, Copy, Debug)]
struct Stretch {
    first: (f64, f64),
    low: (f64, f64),
    high: (f64, f64),
    last: (f64, f64),
}

/// Stretches of x that a long line is cut into: more than a picture has pixels across.
const STRETCHES: usize = 2000;

impl Line {
    /// Takes points as they come, while they are few; false when they no longer are.
    pub(super) fn few(&mut self, x: f64, y: f64) -> bool {
        self.points.push((x, y));
        self.points.len() <= 4 * MOST_POINTS
    }

    /// A line of many points between two ends.
    pub(super) fn many(x: (f64, f64)) -> Line {
        Line { points: Vec::new(), stretches: vec![None; STRETCHES], x }
    }

    /// Takes a point of a line of many.
    pub(super) fn add(&mut self, x: f64, y: f64) {
        if !(x.is_finite() && y.is_finite()) {
            return;
        }
        let span = (self.x.1 - self.x.0).max(f64::MIN_POSITIVE);
        let i = (((x - self.x.0) / span * STRETCHES as f64) as usize).min(STRETCHES - 1);
        let p = (x, y);
        match &mut self.stretches[i] {
            None => self.stretches[i] = Some(Stretch { first: p, low: p, high: p, last: p }),
            Some(s) => {
                if x < s.first.0 {
                    s.first = p;
                }
                if x >= s.last.0 {
                    s.last = p;
                }
                if y < s.low.1 {
                    s.low = p;
                }
                if y > s.high.1 {
                    s.high = p;
                }
            }
        }
    }

    /// The points in the order of x; those at one x in the order in which they came.
    pub(super) fn finish(mut self) -> Vec<(f64, f64)> {
        for s in self.stretches.iter().flatten() {
            let (a, b) = if s.low.0 <= s.high.0 { (s.low, s.high) } else { (s.high, s.low) };
            self.points.extend([s.first, a, b, s.last]);
        }
        self.points.retain(|p| p.0.is_finite());
        self.points.sort_by(|a, b| a.0.total_cmp(&b.0));
        self.points.dedup();
        self.points
    }
}

/// Points of any number: all of them while they are few, else one for each place that has any, and how many each has.
#[derive(Clone, Debug)]
pub(super) struct Cloud {
    pub(super) columns: usize,
    pub(super) rows: usize,
    x: (f64, f64),
    y: (f64, f64),
    pub(super) counts: Vec<u64>,
}

impl Cloud {
    pub(super) fn new(columns: usize, rows: usize, x: (f64, f64), y: (f64, f64)) -> Cloud {
        Cloud { columns, rows, x, y, counts: vec![0; columns * rows] }
    }

    pub(super) fn add(&mut self, x: f64, y: f64) {
        if let Some(i) = self.cell(x, y) {
            self.counts[i] += 1;
        }
    }

    /// The cell of a point, if it is inside.
    pub(super) fn cell(&self, x: f64, y: f64) -> Option<usize> {
        let at = |v: f64, (lo, hi): (f64, f64), n: usize| {
            let share = (v - lo) / (hi - lo).max(f64::MIN_POSITIVE);
            (0.0..=1.0).contains(&share).then(|| ((share * n as f64) as usize).min(n - 1))
        };
        Some(at(y, self.y, self.rows)? * self.columns + at(x, self.x, self.columns)?)
    }

    /// Edges of the cells.
    pub(super) fn edges(&self) -> (Vec<f64>, Vec<f64>) {
        let of = |(lo, hi): (f64, f64), n: usize| (0..=n).map(|i| lo + (hi - lo) * i as f64 / n as f64).collect();
        (of(self.x, self.columns), of(self.y, self.rows))
    }

    /// The middles of the cells that have points.
    pub(super) fn middles(&self) -> Vec<(f64, f64)> {
        let (x, y) = self.edges();
        let middle = |e: &[f64], i: usize| (e[i] + e[i + 1]) / 2.0;
        let there = self.counts.iter().enumerate().filter(|c| *c.1 > 0);
        there.map(|(i, _)| (middle(&x, i % self.columns), middle(&y, i / self.columns))).collect()
    }
}

/// Edges of bins that read well: whole numbers have one each while they are few, else bins begin at round numbers.
pub(super) fn edges(range: &Range, bins: Option<usize>) -> Vec<f64> {
    let (lo, hi) = range.ends();
    if range.whole && bins.is_none() && hi - lo <= 30.0 {
        return (0..=(hi - lo) as usize + 1).map(|i| lo + i as f64 - 0.5).collect();
    }
    if hi <= lo {
        let half = if lo == 0.0 { 0.5 } else { lo.abs() * 0.05 };
        return vec![lo - half, lo + half];
    }
    if let Some(n) = bins {
        return (0..=n.max(1)).map(|i| lo + (hi - lo) * i as f64 / n.max(1) as f64).collect();
    }
    // Twice the cube root of the count (Rice's rule), between 10 and 60.
    let n = (2.0 * (range.count as f64).cbrt()).ceil().clamp(10.0, 60.0);
    let least = (hi - lo) / n;
    let power = 10f64.powf(least.log10().floor());
    let step = [1.0, 2.0, 2.5, 5.0, 10.0].iter().map(|m| m * power).find(|s| *s >= least * 0.999).unwrap_or(least);
    // Bins of whole numbers hold equally many of them.
    let step = if range.whole { step.ceil() } else { step };
    let (first, last) = ((lo / step).floor(), (hi / step).floor() + 1.0);
    (0..=(last - first) as usize).map(|i| (first + i as f64) * step).collect()
}

/// The bin of a value; the last one holds its upper edge too.
pub(super) fn bin(edges: &[f64], x: f64) -> Option<usize> {
    let (lo, hi) = (*edges.first()?, *edges.last()?);
    (x >= lo && x <= hi).then(|| edges.partition_point(|e| *e <= x).saturating_sub(1).min(edges.len() - 2))
}

/// Names of groups in the order in which they came, as many as can be told apart.
#[derive(Clone, Debug, Default)]
pub(super) struct Groups {
    pub(super) names: IndexSet<String>,
    most: usize,
    /// Rows of groups that came too late.
    pub(super) left_out: u64,
}

impl Groups {
    pub(super) fn new(most: usize) -> Groups {
        Groups { most, ..Groups::default() }
    }

    pub(super) fn position(&mut self, name: &str) -> Option<usize> {
        if let Some(i) = self.names.get_index_of(name) {
            return Some(i);
        }
        if self.names.len() == self.most {
            self.left_out += 1;
            return None;
        }
        Some(self.names.insert_full(name.to_string()).0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_line_keeps_its_extremes() {
        let mut line = Line::many((0.0, 1e6));
        (0..1_000_000).for_each(|i| line.add(i as f64, if i == 123_456 { 99.0 } else { (i % 10) as f64 }));
        let points = line.finish();
        assert!(points.len() <= 4 * STRETCHES && points.iter().any(|p| p.1 == 99.0));
        assert_eq!((points[0].0, points[points.len() - 1].0), (0.0, 999_999.0));
        assert!(points.windows(2).all(|w| w[0].0 <= w[1].0));
    }

    #[test]
    fn bins_of_whole_numbers_are_one_each_and_others_begin_at_round_ones() {
        let whole = Range::of(&[1.0, 2.0, 4.0]);
        assert_eq!(edges(&whole, None), [0.5, 1.5, 2.5, 3.5, 4.5]);
        let real = Range { lo: 0.42, hi: 80.0, count: 714, missing: 0, whole: false };
        let found = edges(&real, None);
        assert_eq!((found[0], found[1], found[found.len() - 1]), (0.0, 5.0, 85.0));
        assert_eq!((bin(&found, 80.0), bin(&found, 85.0), bin(&found, -1.0)), (Some(16), Some(16), None));
        assert_eq!(edges(&Range::of(&[3.0, 3.0]), Some(4)).len(), 2);
    }
}
