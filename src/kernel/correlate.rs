//! Correlations of two columns without missing values: Pearson's, Spearman's, Kendall's.

use super::group::CoMoment;

/// Which correlation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Correlation {
    /// Of the values.
    #[default]
    Pearson,
    /// Of their average ranks.
    Spearman,
    /// Of the order of all pairs of rows, ties taken into account (tau-b).
    Kendall,
}

impl Correlation {
    /// Every one, with its name.
    pub const ALL: [(Correlation, &'static str); 3] =
        [(Correlation::Pearson, "pearson"), (Correlation::Spearman, "spearman"), (Correlation::Kendall, "kendall")];

    /// The correlation of two columns of one length; missing of fewer than two rows and of constant columns.
    pub fn of(self, x: &[f64], y: &[f64]) -> Option<f64> {
        match self {
            Correlation::Pearson => pearson(x, y),
            Correlation::Spearman => pearson(&average_ranks(x), &average_ranks(y)),
            Correlation::Kendall => kendall(x, y),
        }
    }
}

fn pearson(x: &[f64], y: &[f64]) -> Option<f64> {
    let mut c = CoMoment::default();
    x.iter().zip(y).for_each(|(&x, &y)| c.add(x, y));
    c.corr()
}

/// Ranks from 1; equal values share the mean of theirs.
pub fn average_ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_unstable_by(|&a, &b| values[a].total_cmp(&values[b]));
    let mut ranks = vec![0.0; values.len()];
    let mut at = 0;
    while at < order.len() {
        let same = order[at..].iter().take_while(|&&i| values[i] == values[order[at]]).count();
        let rank = at as f64 + (same as f64 + 1.0) / 2.0;
        order[at..at + same].iter().for_each(|&i| ranks[i] = rank);
        at += same;
    }
    ranks
}

/// Tau-b by counting the exchanges of a merge sort (Knight 1966).
fn kendall(x: &[f64], y: &[f64]) -> Option<f64> {
    let n = x.len() as u64;
    if n < 2 {
        return None;
    }
    let mut pairs: Vec<(f64, f64)> = x.iter().zip(y).map(|(&x, &y)| (x + 0.0, y + 0.0)).collect();
    pairs.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let ties = |lengths: &mut dyn Iterator<Item = usize>| lengths.map(|l| l as u64 * (l as u64 - 1) / 2).sum::<u64>();
    let in_x = ties(&mut pairs.chunk_by(|a, b| a.0 == b.0).map(<[_]>::len));
    let in_both = ties(&mut pairs.chunk_by(|a, b| a == b).map(<[_]>::len));
    let mut ys: Vec<f64> = pairs.iter().map(|p| p.1).collect();
    let exchanges = merge_sort(&mut ys);
    let in_y = ties(&mut ys.chunk_by(|a, b| a == b).map(<[_]>::len));
    let all = n * (n - 1) / 2;
    if in_x == all || in_y == all {
        return None;
    }
    let more = all as i128 - in_x as i128 - in_y as i128 + in_both as i128 - 2 * exchanges as i128;
    let tau = more as f64 / ((all - in_x) as f64).sqrt() / ((all - in_y) as f64).sqrt();
    Some(tau.clamp(-1.0, 1.0))
}

/// Sorts and counts how many pairs stood the wrong way round.
fn merge_sort(values: &mut [f64]) -> u64 {
    let mut spare = values.to_vec();
    let mut exchanges = 0;
    let mut width = 1;
    while width < values.len() {
        for (from, to) in values.chunks(2 * width).zip(spare.chunks_mut(2 * width)) {
            let (left, right) = from.split_at(width.min(from.len()));
            let (mut i, mut j) = (0, 0);
            for slot in to {
                if j >= right.len() || i < left.len() && left[i] <= right[j] {
                    *slot = left[i];
                    i += 1;
                } else {
                    *slot = right[j];
                    j += 1;
                    exchanges += (left.len() - i) as u64;
                }
            }
        }
        values.copy_from_slice(&spare);
        width *= 2;
    }
    exchanges
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kendall_is_that_of_counting_all_pairs() {
        let x: Vec<f64> = (0..60u64).map(|i| (i * 7919 % 13) as f64).collect();
        let y: Vec<f64> = (0..60u64).map(|i| (i * 104_729 % 17) as f64).collect();
        let (mut s, mut a, mut b) = (0.0, 0.0, 0.0);
        for i in 0..60 {
            for j in 0..i {
                let sign = |v: &[f64]| (v[i] - v[j]).partial_cmp(&0.0).unwrap() as i32 as f64;
                s += sign(&x) * sign(&y);
                a += sign(&x).abs();
                b += sign(&y).abs();
            }
        }
        let want = s / f64::sqrt(a * b);
        assert!((kendall(&x, &y).unwrap() - want).abs() < 1e-14);
        assert_eq!(kendall(&[1.0, 2.0], &[3.0, 3.0]), None);
    }

    #[test]
    fn equal_values_share_their_rank() {
        assert_eq!(average_ranks(&[3.0, 1.0, 3.0, 2.0]), [3.5, 1.0, 3.5, 2.0]);
    }
}
