//! Cubic splines whose third derivative does not jump at the second and the last but one position ("not a knot").

use super::Between;

/// Everything about a spline through fixed positions that does not depend on the values.
#[derive(Clone, Debug)]
pub struct Spline {
    /// Distances of neighbours.
    steps: Vec<f64>,
    /// The factors of the elimination of the equations for the slopes.
    lower: Vec<f64>,
    pivot: Vec<f64>,
    upper: Vec<f64>,
}

impl Spline {
    /// Through ascending positions; none for fewer than four.
    pub fn new(at: &[f64]) -> Option<Spline> {
        let n = at.len();
        if n < 4 {
            return None;
        }
        let h: Vec<f64> = at.windows(2).map(|w| w[1] - w[0]).collect();
        // The equations for the slopes s: row i has lower, diagonal, upper. The end rows are the condition that is named above, with the
        // third unknown taken out by means of the neighbouring row.
        let (mut lower, mut diagonal, mut upper) = (vec![0.0; n], vec![0.0; n], vec![0.0; n]);
        diagonal[0] = h[1];
        upper[0] = h[0] + h[1];
        for i in 1..n - 1 {
            lower[i] = h[i];
            diagonal[i] = 2.0 * (h[i - 1] + h[i]);
            upper[i] = h[i - 1];
        }
        lower[n - 1] = h[n - 2] + h[n - 3];
        diagonal[n - 1] = h[n - 3];
        let mut pivot = vec![0.0; n];
        pivot[0] = diagonal[0];
        for i in 1..n {
            lower[i] /= pivot[i - 1];
            pivot[i] = diagonal[i] - lower[i] * upper[i - 1];
        }
        Some(Spline { steps: h, lower, pivot, upper })
    }

    /// The slopes of the spline through `x`, at its positions.
    fn slopes(&self, x: &[f64]) -> Vec<f64> {
        let (n, h) = (x.len(), &self.steps);
        let rise: Vec<f64> = (0..n - 1).map(|i| (x[i + 1] - x[i]) / h[i]).collect();
        let mut right = vec![0.0; n];
        let whole = h[0] + h[1];
        right[0] = ((h[0] + 2.0 * whole) * h[1] * rise[0] + h[0] * h[0] * rise[1]) / whole;
        for i in 1..n - 1 {
            right[i] = 3.0 * (h[i] * rise[i - 1] + h[i - 1] * rise[i]);
        }
        let (a, b) = (h[n - 2], h[n - 3]);
        right[n - 1] = (a * a * rise[n - 3] + (2.0 * (a + b) + a) * b * rise[n - 2]) / (a + b);
        for i in 1..n {
            right[i] -= self.lower[i] * right[i - 1];
        }
        right[n - 1] /= self.pivot[n - 1];
        for i in (0..n - 1).rev() {
            right[i] = (right[i] - self.upper[i] * right[i + 1]) / self.pivot[i];
        }
        right
    }

    /// The values of the spline through `x` at places between its positions. A NaN anywhere makes all of them NaN.
    pub fn values(&self, x: &[f64], places: &[Option<Between>], out: &mut [f64]) {
        if x.iter().any(|x| x.is_nan()) {
            return out.fill(f64::NAN);
        }
        let slopes = self.slopes(x);
        for (place, out) in places.iter().zip(out) {
            *out = place.map_or(f64::NAN, |Between { left, share: t }| {
                let h = self.steps[left];
                let (a, b, c, d) = (x[left], x[left + 1], h * slopes[left], h * slopes[left + 1]);
                let u = 1.0 - t;
                a * u * u * (1.0 + 2.0 * t) + b * t * t * (3.0 - 2.0 * t) + c * t * u * u - d * t * t * u
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::places;
    use super::*;

    #[test]
    fn a_cubic_is_met_exactly() {
        let cubic = |t: f64| 2.0 - t + 0.5 * t * t - 0.25 * t * t * t;
        let at = [0.0, 1.0, 1.5, 4.0, 5.0, 7.0];
        let x = at.map(cubic);
        let to = [0.0, 0.3, 1.2, 2.0, 3.9, 5.5, 7.0, 7.5];
        let mut out = [0.0; 8];
        Spline::new(&at).unwrap().values(&x, &places(&at, &to), &mut out);
        for (t, v) in to.iter().zip(out).take(7) {
            assert!((v - cubic(*t)).abs() < 1e-12, "{t}: {v}");
        }
        assert!(out[7].is_nan() && Spline::new(&at[..3]).is_none());
    }
}
