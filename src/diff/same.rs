//! Whether two cubes are the same, with what they differ in.

use super::{Diff, DiffOptions, Ignore, Level, Tolerance, diff};
use crate::array::Dataset;
use crate::error::Result;

impl Dataset {
    /// Whether both have the same dims, coordinates, variables and values, and where not: a report, of which
    /// [`is_same`](Diff::is_same) is the answer. Attributes, types of equal values and encodings do not count; NaN equals NaN.
    ///
    /// # Errors
    /// What the readers say.
    ///
    /// # Examples
    /// ```
    /// let ds = hpda_data::open_dataset("data/climate.nc")?;
    /// assert!(ds.equals(&ds.drop_isel("time", &[])?)?.is_same());
    /// println!("{}", ds.equals(&ds.drop_isel("time", &[0])?)?);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn equals(&self, other: &Dataset) -> Result<Diff> {
        self.alike(other, Tolerance::default())
    }

    /// As [`Dataset::equals`], and attributes and types are the same too.
    ///
    /// # Errors
    /// What the readers say.
    ///
    /// # Examples
    /// ```
    /// let ds = hpda_data::open_dataset("data/climate.nc")?;
    /// assert!(ds.identical(&ds)?.is_same());
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn identical(&self, other: &Dataset) -> Result<Diff> {
        let ignore = Ignore { encoding: true, ..Ignore::default() };
        diff(self, other, &DiffOptions { ignore, ..DiffOptions::default() })
    }

    /// As [`Dataset::equals`], for numbers with `|a - b| <= atol + rtol * |b|` (in xarray 1e-5 and 1e-8).
    ///
    /// # Errors
    /// What the readers say.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{exec::ExecOptions, plan::parse};
    /// let ds = hpda_data::open_dataset("data/climate.nc")?;
    /// let near = ds.assign("tas", &parse("tas * 1.0000001")?, &ExecOptions::default())?;
    /// assert!(ds.allclose(&near, 1e-5, 1e-8)?.is_same() && !ds.equals(&near)?.is_same());
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn allclose(&self, other: &Dataset, rtol: f64, atol: f64) -> Result<Diff> {
        self.alike(other, Tolerance { relative: rtol, absolute: atol, ..Tolerance::default() })
    }

    fn alike(&self, other: &Dataset, tolerance: Tolerance) -> Result<Diff> {
        let ignore = Ignore { attrs: true, encoding: true, ..Ignore::default() };
        let mut found = diff(self, other, &DiffOptions { tolerance, ignore, ..DiffOptions::default() })?;
        // Where types do not meet, values were not compared, and that stays.
        let unmet = found.not_compared.clone();
        found.differences.retain(|d| d.level != Level::Dtype || unmet.contains(&d.place));
        Ok(found)
    }
}
