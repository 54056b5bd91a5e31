//! Exponentially weighted moments, by pandas' recurrences.

use crate::error::{Error, Result};

/// How fast weights fall.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Decay {
    /// The centre of mass: `alpha = 1 / (1 + com)`.
    Com(f64),
    /// The span: `alpha = 2 / (span + 1)`.
    Span(f64),
    /// After so many rows a weight has halved.
    Halflife(f64),
    /// The weight of a new value.
    Alpha(f64),
}

impl Decay {
    /// The weight of a new value.
    ///
    /// # Errors
    /// Invalid, for a number outside what the word means.
    pub fn alpha(self) -> Result<f64> {
        let (alpha, fine, rule) = match self {
            Decay::Com(c) => (1.0 / (1.0 + c), c >= 0.0, "com is 0 or more"),
            Decay::Span(s) => (2.0 / (s + 1.0), s >= 1.0, "span is 1 or more"),
            Decay::Halflife(h) => (1.0 - (-std::f64::consts::LN_2 / h).exp(), h > 0.0, "halflife is above 0"),
            Decay::Alpha(a) => (a, a > 0.0 && a <= 1.0, "alpha is above 0 and at most 1"),
        };
        if fine && alpha.is_finite() { Ok(alpha) } else { Err(Error::invalid(format!("{rule}, not {self:?}"))) }
    }
}

/// What is computed with weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EwmStat {
    /// The weighted mean.
    Mean,
    /// The weighted sum.
    Sum,
    /// The weighted variance, corrected for bias.
    Var,
    /// Its root.
    Std,
}

/// Options of exponentially weighted windows; the defaults are those of pandas.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ewm {
    /// How fast weights fall.
    pub decay: Decay,
    /// Divides by the weights so far; otherwise the recurrence `y = (1 - alpha) y + alpha x`.
    pub adjust: bool,
    /// Weights by the values that are there, not by rows.
    pub ignore_missing: bool,
    /// So many values must have been there.
    pub min_count: usize,
}

impl Ewm {
    /// pandas' defaults.
    pub fn new(decay: Decay) -> Ewm {
        Ewm { decay, adjust: true, ignore_missing: false, min_count: 0 }
    }

    /// One result per row; NaN is missing, in and out.
    ///
    /// # Errors
    /// Invalid, for a decay outside its range.
    pub fn apply(&self, values: &[f64], stat: EwmStat) -> Result<Vec<f64>> {
        let alpha = self.decay.alpha()?;
        Ok(match stat {
            EwmStat::Mean | EwmStat::Sum => self.mean(values, alpha, stat == EwmStat::Mean),
            EwmStat::Var => self.var(values, alpha),
            EwmStat::Std => self.var(values, alpha).into_iter().map(f64::sqrt).collect(),
        })
    }

    fn mean(&self, values: &[f64], alpha: f64, normalize: bool) -> Vec<f64> {
        let (least, fade) = (self.min_count.max(1), 1.0 - alpha);
        let new = if self.adjust { 1.0 } else { alpha };
        let (mut mean, mut old, mut seen) = (f64::NAN, 1.0, 0);
        let step = |&x: &f64| {
            let there = !x.is_nan();
            seen += there as usize;
            if mean.is_nan() {
                mean = x;
            } else if there || !self.ignore_missing {
                if normalize {
                    old *= fade;
                } else {
                    mean *= fade;
                }
                if there && normalize {
                    if mean != x {
                        mean = (old * mean + new * x) / (old + new);
                    }
                    old = if self.adjust { old + new } else { 1.0 };
                } else if there {
                    mean += x;
                }
            }
            if seen >= least { mean } else { f64::NAN }
        };
        values.iter().map(step).collect()
    }

    fn var(&self, values: &[f64], alpha: f64) -> Vec<f64> {
        let (least, fade) = (self.min_count.max(1), 1.0 - alpha);
        let new = if self.adjust { 1.0 } else { alpha };
        let (mut mean, mut var, mut seen) = (f64::NAN, 0.0, 0);
        let (mut weights, mut squares, mut old) = (1.0, 1.0, 1.0);
        let step = |&x: &f64| {
            let there = !x.is_nan();
            seen += there as usize;
            if mean.is_nan() {
                mean = x;
            } else if there || !self.ignore_missing {
                weights *= fade;
                squares *= fade * fade;
                old *= fade;
                if there {
                    let before = mean;
                    if mean != x {
                        mean = (old * before + new * x) / (old + new);
                    }
                    let (a, b) = (before - mean, x - mean);
                    var = (old * (var + a * a) + new * b * b) / (old + new);
                    weights += new;
                    squares += new * new;
                    old += new;
                    if !self.adjust {
                        weights /= old;
                        squares /= old * old;
                        old = 1.0;
                    }
                }
            }
            let top = weights * weights;
            let below = top - squares;
            if seen >= least && below > 0.0 { top / below * var } else { f64::NAN }
        };
        values.iter().map(step).collect()
    }
}
