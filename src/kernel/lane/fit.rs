//! Least squares with a polynomial.

/// A polynomial of a degree through fixed positions: what does not depend on the values.
#[derive(Clone, Debug)]
pub struct Fit {
    at: Vec<f64>,
    degree: usize,
    whole: Option<Factors>,
}

/// Powers of the positions (highest first, each divided by its length) as orthonormal columns times a triangle.
#[derive(Clone, Debug)]
struct Factors {
    columns: Vec<Vec<f64>>,
    /// Column by column, down to the diagonal.
    triangle: Vec<Vec<f64>>,
    lengths: Vec<f64>,
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

impl Factors {
    /// None where there are too few different positions.
    fn new(at: &[f64], degree: usize) -> Option<Factors> {
        let count = degree + 1;
        let mut columns: Vec<Vec<f64>> = (0..count).map(|c| at.iter().map(|x| x.powi((degree - c) as i32)).collect()).collect();
        let lengths: Vec<f64> = columns.iter().map(|c| dot(c, c).sqrt()).collect();
        if at.len() < count || lengths.iter().any(|l| !l.is_normal()) {
            return None;
        }
        columns.iter_mut().zip(&lengths).for_each(|(c, l)| c.iter_mut().for_each(|x| *x /= l));
        let mut triangle: Vec<Vec<f64>> = Vec::with_capacity(count);
        for c in 0..count {
            let mut shares = vec![0.0; c + 1];
            let (done, rest) = columns.split_at_mut(c);
            let own = &mut rest[0];
            // Twice, so that the columns stay at right angles when powers are nearly alike.
            for _ in 0..2 {
                for (r, q) in done.iter().enumerate() {
                    let share = dot(q, own);
                    shares[r] += share;
                    own.iter_mut().zip(q).for_each(|(x, q)| *x -= share * q);
                }
            }
            let length = dot(own, own).sqrt();
            if length < 1e-14 {
                return None;
            }
            shares[c] = length;
            own.iter_mut().for_each(|x| *x /= length);
            triangle.push(shares);
        }
        Some(Factors { columns, triangle, lengths })
    }

    /// The coefficients, highest power first.
    fn solve(&self, y: &[f64], out: &mut [f64]) {
        for c in (0..out.len()).rev() {
            let later: f64 = (c + 1..out.len()).map(|k| self.triangle[k][c] * out[k]).sum();
            out[c] = (dot(&self.columns[c], y) - later) / self.triangle[c][c];
        }
        out.iter_mut().zip(&self.lengths).for_each(|(x, l)| *x /= l);
    }
}

impl Fit {
    /// Of this degree, at these positions.
    pub fn new(at: &[f64], degree: usize) -> Fit {
        Fit { at: at.to_vec(), degree, whole: Factors::new(at, degree) }
    }

    /// The coefficients, highest power first, of the polynomial nearest to the values; NaN counts as not there. NaN where fewer values are
    /// there than coefficients.
    pub fn coefficients(&self, y: &[f64], out: &mut [f64]) {
        let gaps = y.iter().any(|y| y.is_nan());
        match (&self.whole, gaps) {
            (Some(whole), false) => whole.solve(y, out),
            (_, false) => out.fill(f64::NAN),
            _ => {
                let (x, y): (Vec<f64>, Vec<f64>) = self.at.iter().zip(y).filter(|(_, y)| !y.is_nan()).unzip();
                match Factors::new(&x, self.degree) {
                    Some(factors) => factors.solve(&y, out),
                    None => out.fill(f64::NAN),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_polynomial_is_met_with_and_without_gaps() {
        let at: Vec<f64> = (0..20).map(|i| 1e9 + i as f64 * 1e7).collect();
        let line = |x: f64| 3.0 - 2e-8 * x;
        let mut y: Vec<f64> = at.iter().map(|&x| line(x)).collect();
        let mut out = [0.0; 2];
        for _ in 0..2 {
            Fit::new(&at, 1).coefficients(&y, &mut out);
            assert!((out[0] / -2e-8 - 1.0).abs() < 1e-10 && (out[1] - 3.0).abs() < 1e-9, "{out:?}");
            y[3] = f64::NAN;
        }
        y[1..].fill(f64::NAN);
        Fit::new(&at, 1).coefficients(&y, &mut out);
        assert!(out[0].is_nan());
    }
}
