//! Dims made longer.

use super::labels::picked;
use crate::array::Dataset;
use crate::dtype::Scalar;
use crate::error::{Error, Place, Result, ResultExt};
use arrow::array::UInt64Array;

/// What stands beside the ends of a dim that is made longer.
#[derive(Clone, Debug, PartialEq)]
pub enum Pad {
    /// This value, in the variables that can hold it; missing in others.
    Constant(Scalar),
    /// The value at the end.
    Edge,
    /// What stands on the other side of the end, which is not repeated.
    Reflect,
    /// What stands on the other side of the end, which is repeated.
    Symmetric,
    /// What stands at the other end, as if the dim was a ring.
    Wrap,
}

impl Default for Pad {
    fn default() -> Pad {
        Pad::Constant(Scalar::Null)
    }
}

impl Pad {
    /// The ways that take values from the dim, by name.
    pub const MODES: [(Pad, &'static str); 4] =
        [(Pad::Edge, "edge"), (Pad::Reflect, "reflect"), (Pad::Symmetric, "symmetric"), (Pad::Wrap, "wrap")];

    /// The position of which the value at a position, perhaps beyond the ends, is taken.
    fn from(&self, at: i64, n: i64) -> Option<i64> {
        if (0..n).contains(&at) {
            return Some(at);
        }
        Some(match self {
            Pad::Constant(_) => return None,
            Pad::Edge => at.clamp(0, n - 1),
            Pad::Wrap => at.rem_euclid(n),
            Pad::Symmetric => {
                let there = at.rem_euclid(2 * n);
                if there < n { there } else { 2 * n - 1 - there }
            }
            Pad::Reflect if n == 1 => 0,
            Pad::Reflect => {
                let there = at.rem_euclid(2 * n - 2);
                if there < n { there } else { 2 * n - 2 - there }
            }
        })
    }
}

impl Dataset {
    /// So many missing positions before and after those of a dim; numbers of its labels are missing there too.
    ///
    /// # Errors
    /// Not found, for the dim; overflow.
    pub fn pad(&self, dim: &str, before: usize, after: usize) -> Result<Dataset> {
        self.pad_with(dim, before, after, &Pad::default())
    }

    /// So many positions before and after those of a dim, with the values that are said. Coordinates along it are missing there with
    /// [`Pad::Constant`], and else come from where the values come from.
    ///
    /// # Errors
    /// Not found, for the dim; overflow; invalid, where there are no positions to take values from; what casting says, for a value that a
    /// variable of integers cannot hold.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::ops::reshape::Pad;
    /// let ds = hpda_data::open_dataset("data/climate.nc")?;
    /// // Round the earth: neighbours on both sides.
    /// let wide = ds.pad_with("lon", 1, 1, &Pad::Wrap)?;
    /// assert_eq!(wide.variable("tas")?.shape(), [120, 12, 20]);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn pad_with(&self, dim: &str, before: usize, after: usize, how: &Pad) -> Result<Dataset> {
        let n = self.dim_length(dim)?;
        let place = || Place { dim: Some(dim.to_string()), ..Place::default() };
        if before.checked_add(n).and_then(|m| m.checked_add(after)).is_none_or(|m| m > u32::MAX as usize) {
            return Err(Error::overflow(format!("{before} and {after} positions beside {n} are too many")).at(place()));
        }
        if n == 0 && before + after > 0 && !matches!(how, Pad::Constant(_)) {
            return Err(Error::invalid("there are no positions to take values from").at(place()));
        }
        let from = |i: i64| how.from(i, n as i64).map(|i| i as u64);
        let positions: UInt64Array = (-(before as i64)..(n + after) as i64).map(from).collect();
        let fill = if let Pad::Constant(fill) = how { fill } else { &Scalar::Null };
        let mut out = self.bare();
        for (name, v) in self.coords.iter() {
            out.insert_coord(name, picked(v, dim, &positions, &Scalar::Null).at_variable(name)?)?;
        }
        for (name, v) in &self.vars {
            out.insert(name, picked(v, dim, &positions, fill).at_variable(name)?)?;
        }
        out.unlimited.clone_from(&self.unlimited);
        Ok(out)
    }
}
