/// A sum that carries its rounding error along (Neumaier 1974).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Sum {
    sum: f64,
    lost: f64,
}

impl Sum {
    /// Adds one.
    pub fn add(&mut self, x: f64) {
        let t = self.sum + x;
        // What the rounding took away; of infinities nothing can be told.
        if t.is_finite() {
            self.lost += if self.sum.abs() >= x.abs() { (self.sum - t) + x } else { (x - t) + self.sum };
        }
        self.sum = t;
    }

    /// Adds another sum after this one.
    pub fn merge(&mut self, other: Sum) {
        self.add(other.sum);
        if other.sum.is_finite() {
            self.lost += other.lost;
        }
    }

    /// The sum.
    pub fn value(&self) -> f64 {
        if self.sum.is_finite() { self.sum + self.lost } else { self.sum }
    }
}

/// Count, sum and central moments of a run of numbers.
///
/// Values are taken in blocks of 1024 in the order given, whatever the calls they come in, so the result is the same bits for
/// any division of the input into `update`s. In a block the mean is found first and the deviations after; blocks are put together
/// by the formulas of Chan, Golub and LeVeque (1983), of Pébay (2008) for the third and fourth moment.
#[derive(Clone, Debug, Default)]
pub struct Moments {
    n: u64,
    sum: Sum,
    /// The first value: means are held as differences from it, so that numbers far from 0 lose no digits.
    shift: f64,
    mean: f64,
    m2: f64,
    m3: f64,
    m4: f64,
    higher: bool,
    pending: Vec<f64>,
}

const BLOCK: usize = 1024;
const LANES: usize = 8;

/// Sums a block in lanes that the compiler can keep in one register; the order of additions is fixed.
fn lanes(values: &[f64], f: impl Fn(f64) -> f64) -> f64 {
    let mut lane = [0.0; LANES];
    let mut chunks = values.chunks_exact(LANES);
    for c in &mut chunks {
        for (l, &x) in lane.iter_mut().zip(c) {
            *l += f(x);
        }
    }
    let rest: f64 = chunks.remainder().iter().map(|&x| f(x)).sum();
    ((lane[0] + lane[4]) + (lane[1] + lane[5])) + ((lane[2] + lane[6]) + (lane[3] + lane[7])) + rest
}

impl Moments {
    /// Of nothing; with the third and fourth moment if `higher` are wanted.
    pub fn new(higher: bool) -> Moments {
        Moments { higher, ..Moments::default() }
    }

    /// Takes values, none of them NaN.
    pub fn update(&mut self, mut values: &[f64]) {
        if !self.pending.is_empty() {
            let (now, rest) = values.split_at(values.len().min(BLOCK - self.pending.len()));
            self.pending.extend_from_slice(now);
            values = rest;
            if self.pending.len() < BLOCK {
                return;
            }
            let block = std::mem::take(&mut self.pending);
            self.block(&block);
            self.pending = block;
            self.pending.clear();
        }
        let mut blocks = values.chunks_exact(BLOCK);
        for block in &mut blocks {
            self.block(block);
        }
        self.pending.extend_from_slice(blocks.remainder());
    }

    fn block(&mut self, values: &[f64]) {
        if values.is_empty() {
            return;
        }
        if self.n == 0 {
            self.shift = if values[0].is_finite() { values[0] } else { 0.0 };
        }
        let n = values.len() as f64;
        let sum = lanes(values, |x| x);
        let mut shifted = [0.0; BLOCK];
        let shifted = &mut shifted[..values.len()];
        shifted.iter_mut().zip(values).for_each(|(s, x)| *s = x - self.shift);
        let values = &*shifted;
        let mean = lanes(values, |x| x) / n;
        let off = lanes(values, |x| x - mean);
        let m2 = lanes(values, |x| (x - mean) * (x - mean)) - off * off / n;
        let (m3, m4) = if self.higher {
            (lanes(values, |x| (x - mean).powi(3)), lanes(values, |x| ((x - mean) * (x - mean)).powi(2)))
        } else {
            (0.0, 0.0)
        };
        self.add(values.len() as u64, Sum { sum, lost: 0.0 }, mean, m2, m3, m4);
    }

    fn add(&mut self, n: u64, sum: Sum, mean: f64, m2: f64, m3: f64, m4: f64) {
        if n == 0 {
            return;
        }
        let (na, nb) = (self.n as f64, n as f64);
        let total = na + nb;
        let d = mean - self.mean;
        if self.higher {
            self.m4 += m4
                + d.powi(4) * na * nb * (na * na - na * nb + nb * nb) / total.powi(3)
                + 6.0 * d * d * (na * na * m2 + nb * nb * self.m2) / (total * total)
                + 4.0 * d * (na * m3 - nb * self.m3) / total;
            self.m3 += m3 + d.powi(3) * na * nb * (na - nb) / (total * total) + 3.0 * d * (na * m2 - nb * self.m2) / total;
        }
        self.m2 += m2 + d * d * (na * nb / total);
        self.mean = if self.n == 0 { mean } else { self.mean + d * (nb / total) };
        self.n += n;
        self.sum.merge(sum);
    }

    fn flush(&mut self) {
        let block = std::mem::take(&mut self.pending);
        self.block(&block);
    }

    /// Takes all that another has seen, after what this one has seen.
    pub fn merge(&mut self, mut other: Moments) {
        self.flush();
        other.flush();
        if self.n == 0 {
            self.shift = other.shift;
        }
        let mean = (other.shift - self.shift) + other.mean;
        self.add(other.n, other.sum, mean, other.m2, other.m3, other.m4);
    }

    /// What has been found.
    pub fn finish(mut self) -> Found {
        self.flush();
        Found { n: self.n, sum: self.sum.value(), m2: self.m2, m3: self.m3, m4: self.m4 }
    }
}

/// The moments of all values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Found {
    /// How many.
    pub n: u64,
    /// Their sum.
    pub sum: f64,
    m2: f64,
    m3: f64,
    m4: f64,
}

impl Found {
    /// The mean, if there are values.
    pub fn mean(&self) -> Option<f64> {
        (self.n > 0).then(|| self.sum / self.n as f64)
    }

    /// The variance with `n - ddof` in the denominator, if there are enough values.
    pub fn var(&self, ddof: u64) -> Option<f64> {
        // Rounding may leave a little less than nothing; NaN (of infinities) stays.
        (self.n > ddof).then(|| if self.m2 < 0.0 { 0.0 } else { self.m2 / (self.n - ddof) as f64 })
    }

    /// The standard deviation.
    pub fn std(&self, ddof: u64) -> Option<f64> {
        self.var(ddof).map(f64::sqrt)
    }

    /// The standard error of the mean.
    pub fn sem(&self, ddof: u64) -> Option<f64> {
        self.std(ddof).map(|s| s / (self.n as f64).sqrt())
    }

    /// The skewness, corrected for bias as pandas does it (needs three values, not all equal).
    pub fn skew(&self) -> Option<f64> {
        let n = self.n as f64;
        (self.n >= 3 && self.m2 != 0.0).then(|| n * (n - 1.0).sqrt() / (n - 2.0) * self.m3 / self.m2.powf(1.5))
    }

    /// The excess kurtosis, corrected for bias as pandas does it (needs four values, not all equal).
    pub fn kurt(&self) -> Option<f64> {
        let n = self.n as f64;
        (self.n >= 4 && self.m2 != 0.0).then(|| {
            let adjust = 3.0 * (n - 1.0).powi(2) / ((n - 2.0) * (n - 3.0));
            n * (n + 1.0) * (n - 1.0) / ((n - 2.0) * (n - 3.0)) * self.m4 / (self.m2 * self.m2) - adjust
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_of_a_ramp_are_those_of_the_formula() {
        let values: Vec<f64> = (0..10_000).map(|i| 1e9 + i as f64).collect();
        let mut m = Moments::new(true);
        for c in values.chunks(37) {
            m.update(c);
        }
        let f = m.finish();
        // Variance of 0..n-1 is (n² - 1) / 12; a symmetric ramp has no skewness.
        assert_eq!(f.mean(), Some(1e9 + 4999.5));
        assert!((f.var(0).unwrap() / ((1e8 - 1.0) / 12.0) - 1.0).abs() < 1e-13);
        assert!(f.skew().unwrap().abs() < 1e-9);
        // Excess kurtosis of a discrete uniform: -6/5 (n²+1)/(n²-1), here corrected for bias by less than 1e-3.
        assert!((f.kurt().unwrap() + 1.2).abs() < 1e-3);
    }

    #[test]
    fn moments_far_from_zero_are_those_near_it() {
        // Whole numbers over 2^20: adding 1e9 to them is exact, so the variance is the same number.
        let near: Vec<f64> = (0..20_000u64).map(|i| (i.wrapping_mul(0x9E37_79B9) % 1_048_576) as f64 / 1_048_576.0).collect();
        let n = near.len() as i128;
        let whole = |x: &f64| (*x * 1_048_576.0) as i128;
        let (sum, squares): (i128, i128) = near.iter().map(whole).fold((0, 0), |(a, b), x| (a + x, b + x * x));
        let exact = (n * squares - sum * sum) as f64 / (n * (n - 1)) as f64 / 1_048_576.0 / 1_048_576.0;
        let far: Vec<f64> = near.iter().map(|x| x + 1e9).collect();
        let mut one = Moments::new(true);
        one.update(&far);
        let mut merged = Moments::new(true);
        for part in far.chunks(3000) {
            let mut m = Moments::new(true);
            m.update(part);
            merged.merge(m);
        }
        for found in [one.finish(), merged.finish()] {
            assert!((found.var(1).unwrap() / exact - 1.0).abs() < 1e-12, "{:?} {exact}", found.var(1));
        }
    }

    #[test]
    fn sum_over_twenty_orders_keeps_what_is_left() {
        let mut s = Sum::default();
        for x in [1e20, 1.0, -1e20, 1.0] {
            s.add(x);
        }
        assert_eq!(s.value(), 2.0);
        s.add(f64::INFINITY);
        assert_eq!(s.value(), f64::INFINITY);
    }

    #[test]
    fn uneven_parts_put_together_have_the_shape_of_the_whole() {
        let x: Vec<f64> = (0..1000).map(|i| ((i * 37 % 101) as f64).powi(2) / 100.0 - 30.0).collect();
        let n = x.len() as f64;
        let mean = x.iter().sum::<f64>() / n;
        let power = |p: i32| x.iter().map(|x| (x - mean).powi(p)).sum::<f64>();
        let (m2, m3, m4) = (power(2), power(3), power(4));
        let skew = n * (n - 1.0).sqrt() / (n - 2.0) * m3 / m2.powf(1.5);
        let adjust = 3.0 * (n - 1.0) * (n - 1.0) / ((n - 2.0) * (n - 3.0));
        let kurt = n * (n + 1.0) * (n - 1.0) / ((n - 2.0) * (n - 3.0)) * m4 / (m2 * m2) - adjust;
        for cut in [1, 100, 700] {
            let (mut a, mut b) = (Moments::new(true), Moments::new(true));
            a.update(&x[..cut]);
            b.update(&x[cut..]);
            a.merge(b);
            let found = a.finish();
            for (got, want) in [(found.skew(), skew), (found.kurt(), kurt), (found.var(0), m2 / n)] {
                assert!((got.unwrap() - want).abs() <= 1e-10 * want.abs().max(1.0), "{cut}: {got:?} and {want}");
            }
        }
    }
}
