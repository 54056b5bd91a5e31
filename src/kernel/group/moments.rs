//! Moments about the mean per group: one value at a time (Welford 1962, Pébay 2008), merged as Chan, Golub and LeVeque (1983) do.

/// Count, mean and sums of powers of deviations of one group.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Moment<const HIGHER: bool> {
    n: f64,
    mean: f64,
    m2: f64,
    m3: f64,
    m4: f64,
}

/// Second moments, or with `HIGHER` up to the fourth.
pub type MomentStates<const HIGHER: bool> = Vec<Moment<HIGHER>>;

impl<const HIGHER: bool> Moment<HIGHER> {
    /// Takes a value.
    #[inline(always)]
    pub fn add(&mut self, x: f64) {
        let before = self.n;
        self.n += 1.0;
        let d = x - self.mean;
        let dn = d / self.n;
        let term = d * dn * before;
        if HIGHER {
            let n = self.n;
            let dn2 = dn * dn;
            self.m4 += term * dn2 * (n * n - 3.0 * n + 3.0) + 6.0 * dn2 * self.m2 - 4.0 * dn * self.m3;
            self.m3 += term * dn * (n - 2.0) - 3.0 * dn * self.m2;
        }
        self.mean += dn;
        self.m2 += term;
    }

    /// Takes all that another has seen.
    pub fn merge(&mut self, o: &Moment<HIGHER>) {
        if o.n == 0.0 {
            return;
        }
        if self.n == 0.0 {
            *self = *o;
            return;
        }
        let (na, nb) = (self.n, o.n);
        let n = na + nb;
        let d = o.mean - self.mean;
        if HIGHER {
            self.m4 += o.m4
                + d.powi(4) * na * nb * (na * na - na * nb + nb * nb) / (n * n * n)
                + 6.0 * d * d * (na * na * o.m2 + nb * nb * self.m2) / (n * n)
                + 4.0 * d * (na * o.m3 - nb * self.m3) / n;
            self.m3 += o.m3 + d * d * d * na * nb * (na - nb) / (n * n) + 3.0 * d * (na * o.m2 - nb * self.m2) / n;
        }
        self.m2 += o.m2 + d * d * (na * nb / n);
        self.mean += d * (nb / n);
        self.n = n;
    }

    /// The variance with `n - ddof` below the line, if there are enough values.
    pub fn var(&self, ddof: f64) -> Option<f64> {
        (self.n > ddof).then(|| self.m2 / (self.n - ddof))
    }

    /// The standard error of the mean.
    pub fn sem(&self, ddof: f64) -> Option<f64> {
        self.var(ddof).map(|v| v.sqrt() / self.n.sqrt())
    }

    /// The skewness corrected for bias, as pandas has it; of equal values there is none.
    pub fn skew(&self) -> Option<f64> {
        let n = self.n;
        (n >= 3.0 && self.m2 != 0.0).then(|| n * (n - 1.0).sqrt() / (n - 2.0) * self.m3 / self.m2.powf(1.5))
    }

    /// The excess kurtosis corrected for bias, as pandas has it; of equal values there is none.
    pub fn kurt(&self) -> Option<f64> {
        let n = self.n;
        (n >= 4.0 && self.m2 != 0.0).then(|| {
            let adjust = 3.0 * (n - 1.0) * (n - 1.0) / ((n - 2.0) * (n - 3.0));
            n * (n + 1.0) * (n - 1.0) / ((n - 2.0) * (n - 3.0)) * self.m4 / (self.m2 * self.m2) - adjust
        })
    }
}

/// Means, variances and the covariance of pairs of one group.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct CoMoment {
    n: f64,
    x: f64,
    y: f64,
    xx: f64,
    yy: f64,
    xy: f64,
}

/// One per group.
pub type CoMoments = Vec<CoMoment>;

impl CoMoment {
    /// Takes a pair.
    #[inline(always)]
    pub fn add(&mut self, x: f64, y: f64) {
        let before = self.n;
        self.n += 1.0;
        let (dx, dy) = (x - self.x, y - self.y);
        let share = 1.0 / self.n;
        let weight = before * share;
        self.x += dx * share;
        self.y += dy * share;
        self.xx += dx * dx * weight;
        self.yy += dy * dy * weight;
        self.xy += dx * dy * weight;
    }

    /// Takes all that another has seen.
    pub fn merge(&mut self, o: &CoMoment) {
        if o.n == 0.0 {
            return;
        }
        if self.n == 0.0 {
            *self = *o;
            return;
        }
        let n = self.n + o.n;
        let (dx, dy) = (o.x - self.x, o.y - self.y);
        let weight = self.n * (o.n / n);
        self.xx += o.xx + dx * dx * weight;
        self.yy += o.yy + dy * dy * weight;
        self.xy += o.xy + dx * dy * weight;
        self.x += dx * (o.n / n);
        self.y += dy * (o.n / n);
        self.n = n;
    }

    /// Pearson's correlation; missing of fewer than two pairs, and where one side is constant.
    pub fn corr(&self) -> Option<f64> {
        let below = self.xx.sqrt() * self.yy.sqrt();
        (self.n >= 2.0 && below > 0.0).then(|| (self.xy / below).clamp(-1.0, 1.0))
    }

    /// The covariance with `n - 1` below the line.
    pub fn cov(&self) -> Option<f64> {
        (self.n >= 2.0).then(|| self.xy / (self.n - 1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn merged_moments_are_those_of_all_values() {
        let values: Vec<f64> = (0..1000u32).map(|i| 1e6 + (i.wrapping_mul(2_654_435_761) % 1009) as f64).collect();
        let all = values.iter().fold(Moment::<true>::default(), |mut m, &x| {
            m.add(x);
            m
        });
        let mut merged = Moment::<true>::default();
        for part in values.chunks(77) {
            let mut m = Moment::default();
            part.iter().for_each(|&x| m.add(x));
            merged.merge(&m);
        }
        // By the formulas, from values that were centred exactly: sums of integers.
        let n = values.len() as f64;
        let mean = values.iter().map(|x| x - 1e6).sum::<f64>() / n;
        let central = |p: i32| values.iter().map(|x| (x - 1e6 - mean).powi(p)).sum::<f64>();
        let (m2, m3, m4) = (central(2), central(3), central(4));
        let var = m2 / (n - 1.0);
        let skew = n * (n - 1.0).sqrt() / (n - 2.0) * m3 / m2.powf(1.5);
        let kurt =
            n * (n + 1.0) * (n - 1.0) / ((n - 2.0) * (n - 3.0)) * m4 / (m2 * m2) - 3.0 * (n - 1.0) * (n - 1.0) / ((n - 2.0) * (n - 3.0));
        for m in [all, merged] {
            for (got, want) in [(m.var(1.0), var), (m.skew(), skew), (m.kurt(), kurt)] {
                assert!((got.unwrap() - want).abs() <= 1e-10 * want.abs().max(1.0), "{got:?} {want}");
            }
        }
    }

    #[test]
    fn corr_of_a_line_is_one() {
        let mut c = CoMoment::default();
        (0..10).for_each(|i| c.add(i as f64, 3.0 - 2.0 * i as f64));
        assert_eq!(c.corr(), Some(-1.0));
        let mut flat = CoMoment::default();
        (0..10).for_each(|i| flat.add(i as f64, 5.0));
        assert_eq!((flat.corr(), flat.cov()), (None, Some(0.0)));
    }

    #[test]
    fn parts_put_together_are_the_whole() {
        let x: Vec<f64> = (0..41).map(|i| ((i * 29 % 17) as f64).powi(2) - 40.0).collect();
        let y: Vec<f64> = (0..41).map(|i| (i * 13 % 19) as f64).collect();
        let n = x.len() as f64;
        let (mx, my) = (x.iter().sum::<f64>() / n, y.iter().sum::<f64>() / n);
        let power = |p: i32| x.iter().map(|x| (x - mx).powi(p)).sum::<f64>();
        let (m2, m3, m4) = (power(2), power(3), power(4));
        let skew = n * (n - 1.0).sqrt() / (n - 2.0) * m3 / m2.powf(1.5);
        let adjust = 3.0 * (n - 1.0) * (n - 1.0) / ((n - 2.0) * (n - 3.0));
        let kurt = n * (n + 1.0) * (n - 1.0) / ((n - 2.0) * (n - 3.0)) * m4 / (m2 * m2) - adjust;
        let xy: f64 = x.iter().zip(&y).map(|(x, y)| (x - mx) * (y - my)).sum();
        let yy: f64 = y.iter().map(|y| (y - my) * (y - my)).sum();
        for cut in [0, 1, 7, 30, 41] {
            let of = |range: std::ops::Range<usize>| {
                let (mut one, mut two) = (Moment::<true>::default(), CoMoment::default());
                for i in range {
                    one.add(x[i]);
                    two.add(x[i], y[i]);
                }
                (one, two)
            };
            let ((mut one, mut two), (one_more, two_more)) = (of(0..cut), of(cut..41));
            one.merge(&one_more);
            two.merge(&two_more);
            let pairs = [
                (one.skew(), skew),
                (one.kurt(), kurt),
                (one.var(1.0), m2 / (n - 1.0)),
                (one.sem(1.0), (m2 / (n - 1.0) / n).sqrt()),
                (two.cov(), xy / (n - 1.0)),
                (two.corr(), xy / (m2 * yy).sqrt()),
            ];
            for (i, (got, want)) in pairs.into_iter().enumerate() {
                assert!((got.unwrap() - want).abs() <= 1e-11 * want.abs().max(1.0), "{cut}, {i}: {got:?} and {want}");
            }
        }
    }

    #[test]
    fn shapes_need_enough_values_that_differ() {
        let of = |x: &[f64]| {
            let mut m = Moment::<true>::default();
            x.iter().for_each(|x| m.add(*x));
            m
        };
        assert_eq!((of(&[1.0, 2.0]).skew(), of(&[1.0, 2.0, 4.0]).kurt()), (None, None));
        assert_eq!((of(&[3.0; 5]).skew(), of(&[3.0; 5]).kurt()), (None, None));
        assert!(of(&[1.0, 2.0, 4.0]).skew().is_some() && of(&[1.0, 2.0, 4.0, 4.0]).kurt().is_some());
    }
}
