//! Aggregations as `new / update / merge / finish` over slices: each takes any number of blocks, in order.

mod extremes;
mod moments;

pub use extremes::Extremes;
pub use moments::{Found, Moments, Sum};

use crate::error::{Error, Result};
use std::fmt;

/// An aggregation by name: the one list that parser, help, kernels and docs use.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Agg {
    /// Values that are there.
    Count,
    /// All rows, missing ones too.
    Size,
    /// The sum; of nothing 0.
    Sum,
    /// The mean.
    Mean,
    /// The standard deviation.
    Std,
    /// The variance.
    Var,
    /// The standard error of the mean.
    Sem,
    /// The smallest value.
    Min,
    /// The largest value.
    Max,
    /// The middle value.
    Median,
    /// The linear quantile of this probability.
    Quantile(f64),
    /// The first value that is there.
    First,
    /// The last value that is there.
    Last,
    /// How many different values.
    Nunique,
    /// Whether any is true; of nothing false.
    Any,
    /// Whether all are true; of nothing true.
    All,
    /// The product; of nothing 1.
    Prod,
    /// The smallest of the commonest values.
    Mode,
    /// The skewness.
    Skew,
    /// The excess kurtosis.
    Kurt,
    /// The position of the smallest value.
    Argmin,
    /// The position of the largest value.
    Argmax,
}

impl Agg {
    /// Every aggregation with its name and what it is; quantiles are `q` and a probability.
    pub const ALL: [(Agg, &'static str, &'static str); 22] = [
        (Agg::Count, "count", "values that are there"),
        (Agg::Size, "size", "rows, missing ones too"),
        (Agg::Sum, "sum", "the sum"),
        (Agg::Mean, "mean", "the mean"),
        (Agg::Std, "std", "the standard deviation"),
        (Agg::Var, "var", "the variance"),
        (Agg::Sem, "sem", "the standard error of the mean"),
        (Agg::Min, "min", "the smallest value"),
        (Agg::Max, "max", "the largest value"),
        (Agg::Median, "median", "the middle value"),
        (Agg::Quantile(0.9), "q0.9", "a linear quantile"),
        (Agg::First, "first", "the first value that is there"),
        (Agg::Last, "last", "the last value that is there"),
        (Agg::Nunique, "nunique", "how many different values"),
        (Agg::Any, "any", "whether any is true"),
        (Agg::All, "all", "whether all are true"),
        (Agg::Prod, "prod", "the product"),
        (Agg::Mode, "mode", "the smallest of the commonest values"),
        (Agg::Skew, "skew", "the skewness"),
        (Agg::Kurt, "kurt", "the excess kurtosis"),
        (Agg::Argmin, "argmin", "the position of the smallest value"),
        (Agg::Argmax, "argmax", "the position of the largest value"),
    ];

    /// The aggregation of this name, if it is one: `mean`, `q0.25`.
    pub fn of_name(name: &str) -> Option<Agg> {
        if let Some(p) = name.strip_prefix('q').and_then(|p| p.parse::<f64>().ok()) {
            return (0.0..=1.0).contains(&p).then_some(Agg::Quantile(p));
        }
        Agg::ALL.iter().find(|(_, n, _)| *n == name).map(|(a, ..)| *a)
    }

    /// The aggregation of this name.
    ///
    /// # Errors
    /// Not found, with the nearest name.
    pub fn parse(name: &str) -> Result<Agg> {
        Agg::of_name(name).ok_or_else(|| Error::not_found("aggregation", name, Agg::ALL.iter().map(|(_, n, _)| *n)))
    }

    /// The share of values below a quantile, one half for the median; `None` for what is no quantile.
    pub fn probability(self) -> Option<f64> {
        match self {
            Agg::Median => Some(0.5),
            Agg::Quantile(p) => Some(p),
            _ => None,
        }
    }
}

impl fmt::Display for Agg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Agg::Quantile(p) => write!(f, "q{p}"),
            other => f.write_str(Agg::ALL.iter().find(|(a, ..)| a == other).map_or("", |(_, n, _)| n)),
        }
    }
}

/// The linear quantile of `n` sorted values: two ranks and the weight of the second.
pub fn quantile_ranks(probability: f64, n: u64) -> (u64, u64, f64) {
    let last = n.saturating_sub(1);
    let position = probability.clamp(0.0, 1.0) * last as f64;
    let low = (position.floor() as u64).min(last);
    (low, (low + 1).min(last), position - low as f64)
}

/// The value between two neighbours, as numpy computes it: from the nearer one.
pub fn between(low: f64, high: f64, weight: f64) -> f64 {
    if low == high {
        low
    } else if weight < 0.5 {
        low + (high - low) * weight
    } else {
        high - (high - low) * (1.0 - weight)
    }
}
