//! Even axes and log axes. On a log axis everything lies at the power of ten of its value, so that whatever makes marks, bins and ticks
//! counts in even steps.

use super::figure::{Axis, Scale};
use super::{Kind, PlotOptions};
use crate::error::{Error, Result};

/// How values are spaced along an axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Spacing {
    Even,
    Log,
}

impl Spacing {
    pub(super) fn of(log: bool) -> Spacing {
        if log { Spacing::Log } else { Spacing::Even }
    }

    /// Where a value lies; NaN for one that has no place.
    pub(super) fn at(self, value: f64) -> f64 {
        match self {
            Spacing::Even => value,
            Spacing::Log if value > 0.0 => value.log10(),
            Spacing::Log => f64::NAN,
        }
    }

    /// Puts values in their places, and says how many that are there have none.
    pub(super) fn place(self, values: &mut [f64]) -> u64 {
        if self == Spacing::Even {
            return 0;
        }
        let mut left = 0;
        for value in values.iter_mut() {
            left += (*value <= 0.0) as u64;
            *value = self.at(*value);
        }
        left
    }

    /// What the axis of something counts in.
    pub(super) fn scale(self, scale: Scale, what: &str) -> Result<Scale> {
        match (self, scale) {
            (Spacing::Even, scale) => Ok(scale),
            (Spacing::Log, Scale::Number | Scale::Whole) => Ok(Scale::Log),
            (Spacing::Log, _) => Err(Error::wrong_type(format!("{what:?} is no amount, and only amounts have a log axis"))
                .help("--log is for the other axis, or left out")),
        }
    }

    /// Where bars begin: at zero, or at whatever end a log axis has.
    pub(super) fn foot(self) -> f64 {
        if self == Spacing::Even { 0.0 } else { f64::NEG_INFINITY }
    }

    /// The axis of bars between the smallest and the largest value.
    pub(super) fn of_bars(self, label: impl Into<String>, whole: bool, (lo, hi): (f64, f64)) -> Axis {
        if self == Spacing::Even {
            let scale = if whole { Scale::Whole } else { Scale::Number };
            return Axis::new(label, scale, (lo.min(0.0) * 1.04, hi.max(0.0) * 1.04));
        }
        // From a power of ten, and so that the smallest is seen.
        let (lo, hi) = (self.at(lo), self.at(hi));
        let from = if lo - lo.floor() < 0.05 { lo.floor() - 0.3 } else { lo.floor() };
        let ends = if from.is_finite() { (from, hi + (hi - from) * 0.04) } else { (0.0, 1.0) };
        Axis::new(label, Scale::Log, ends)
    }
}

/// What a picture says of values without a place.
pub(super) fn told(left: u64) -> Option<String> {
    let verb = if left == 1 { "is" } else { "are" };
    (left > 0).then(|| format!("{} of zero or less {verb} left out: no place on a log axis", crate::show::count(left, "value")))
}

/// Refuses an axis on which nothing has a place.
pub(super) fn check_some(what: &str, count: u64, left: u64) -> Result<()> {
    match count == 0 && left > 0 {
        true => Err(Error::invalid(format!("{what:?} has no value above zero for a log axis")).help("leave --log out")),
        false => Ok(()),
    }
}

impl PlotOptions {
    pub(super) fn x_spacing(&self) -> Spacing {
        Spacing::of(self.log_x)
    }

    pub(super) fn y_spacing(&self) -> Spacing {
        Spacing::of(self.log_y)
    }

    /// Whether the axes of this kind can be log axes.
    pub(super) fn check_log(&self, kind: Option<Kind>) -> Result<()> {
        let (why, way) = match kind {
            _ if !self.log_x && !self.log_y => return Ok(()),
            None => ("each column has a picture of its own, without a log axis".to_string(), "name what is drawn: --x COLUMN, --y COLUMN"),
            Some(kind @ (Kind::Map | Kind::Heatmap)) => {
                (format!("--kind {} has no log axes", kind.name()), "line, scatter, bar, hist and box have")
            }
            Some(kind @ (Kind::Bar | Kind::Box)) if self.log_x => {
                (format!("names stand along the x axis of --kind {}, which is no log axis", kind.name()), "--log y")
            }
            Some(_) => return Ok(()),
        };
        Err(Error::invalid(why).help(way))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_without_a_logarithm_have_no_place_and_are_counted() {
        let mut values = [1000.0, 0.0, -1.0, f64::NAN, 0.1];
        assert_eq!(Spacing::Log.place(&mut values), 2);
        assert_eq!((values[0], values[4]), (3.0, -1.0));
        assert!(values[1..4].iter().all(|v| v.is_nan()));
        let mut same = [0.0, 5.0];
        assert_eq!((Spacing::Even.place(&mut same), same), (0, [0.0, 5.0]));
    }

    #[test]
    fn bars_of_a_log_axis_begin_at_a_power_of_ten_below_the_smallest() {
        let ends = |lo, hi| {
            let axis = Spacing::Log.of_bars("", true, (lo, hi));
            (axis.lo, (axis.hi * 1000.0).round() / 1000.0)
        };
        assert_eq!(ends(1.0, 1000.0), (-0.3, 3.132));
        assert_eq!(ends(20.0, 1000.0), (1.0, 3.08));
        assert_eq!(ends(f64::INFINITY, f64::NEG_INFINITY), (0.0, 1.0));
    }
}
