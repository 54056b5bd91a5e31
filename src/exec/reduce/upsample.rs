//! Times put on finer steps.

use super::Reduction;
use super::dataset::DatasetGroupBy;
use crate::array::{Dataset, companions};
use crate::dtype::DType;
use crate::error::{Error, Notices, Result};
use crate::exec::{ExecOptions, Interp};
use crate::kernel::agg::Agg;
use crate::kernel::time::Frequency;
use crate::label::Method;

/// Where the values of new steps come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Upsample {
    /// From the steps that lie in it (their mean); else they are missing.
    Asfreq,
    /// From the step before.
    Ffill,
    /// From the step after.
    Bfill,
    /// From the nearer step.
    Nearest,
    /// From those about it: on the line between them, of the nearer one (halfway the one before), or on a cubic spline through all of them.
    /// Unlike the others it makes up nothing before the first step and behind the last.
    Interpolate(Interp),
}

impl Upsample {
    /// Every one of them by name.
    pub const ALL: [(Upsample, &'static str); 7] = [
        (Upsample::Asfreq, "asfreq"),
        (Upsample::Ffill, "ffill"),
        (Upsample::Bfill, "bfill"),
        (Upsample::Nearest, "nearest"),
        (Upsample::Interpolate(Interp::Linear), "interpolate"),
        (Upsample::Interpolate(Interp::Nearest), "interpolate:nearest"),
        (Upsample::Interpolate(Interp::Cubic), "interpolate:cubic"),
    ];

    /// The one of this name.
    ///
    /// # Errors
    /// Not found, with the nearest name.
    pub fn parse(name: &str) -> Result<Upsample> {
        let found = Upsample::ALL.iter().find(|(_, n)| *n == name).map(|(u, _)| *u);
        found.ok_or_else(|| Error::not_found("way to make steps finer", name, Upsample::ALL.map(|(_, n)| n)))
    }
}

impl DatasetGroupBy {
    /// The values at the labels of the bins of [`Dataset::resample`], each from the steps about it. A step that is farther than the tolerance
    /// (`1D`, `6h`) does not count. Bounds and other coordinates along the times go. Lazy.
    ///
    /// # Errors
    /// Invalid, for groups that are no bins of times, or for a tolerance where nothing is looked for; parse, for the tolerance; as
    /// [`Dataset::reindex`] and [`Dataset::interp`].
    ///
    /// # Examples
    /// ```
    /// use hpda_data::exec::{ExecOptions, Interp, reduce::Upsample};
    /// let ds = hpda_data::open_dataset("data/climate.nc")?;
    /// let days = ds.resample("time", "1D", &Default::default())?;
    /// let (line, _) = days.upsample(Upsample::Interpolate(Interp::Cubic), None, &ExecOptions::default())?;
    /// let (near, _) = days.upsample(Upsample::Nearest, Some("10D"), &ExecOptions::default())?;
    /// assert_eq!(line.variable("tas")?.shape(), near.variable("tas")?.shape());
    /// assert!(line.variable("tas")?.shape()[0] > 3000);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn upsample(&self, how: Upsample, tolerance: Option<&str>, options: &ExecOptions) -> Result<(Dataset, Notices)> {
        let dim = &*self.dim;
        let DType::Instant { unit, .. } = self.groups.labels.dtype() else {
            return Err(Error::invalid("only bins of times have steps between them").help("resample makes such bins"));
        };
        if self.groups.name != *dim {
            return Err(Error::invalid("only bins of times have steps between them").help("resample makes such bins"));
        }
        let near = match tolerance {
            None => None,
            Some(_) if matches!(how, Upsample::Asfreq | Upsample::Interpolate(_)) => {
                return Err(Error::invalid("a tolerance goes with ffill, bfill and nearest"));
            }
            Some(text) => {
                let nanos = Frequency::parse(text)?.nanos();
                let nanos = nanos.ok_or_else(|| Error::invalid(format!("{text:?} is no length of time")).help("1D, 6h, 30min"))?;
                Some(nanos as f64 / (1e9 / unit.per_second() as f64))
            }
        };
        let method = match how {
            Upsample::Asfreq => return self.reduce(&Reduction::new(Agg::Mean), options),
            Upsample::Ffill => Method::Pad,
            Upsample::Bfill => Method::Backfill,
            Upsample::Nearest => Method::Nearest,
            Upsample::Interpolate(how) => {
                return Ok((alone(&self.ds, dim)?.interp(dim, &self.groups.labels, how, options)?, Notices::new()));
            }
        };
        Ok((alone(&self.ds, dim)?.reindex(dim, &self.groups.labels, method, near)?, Notices::new()))
    }
}

/// Without what else stands along a dim beside its labels: other coordinates, and bounds.
pub(in crate::exec) fn alone(ds: &Dataset, dim: &str) -> Result<Dataset> {
    let along = |name: &str| ds.variable(name).is_ok_and(|v| v.dims().iter().any(|d| **d == *dim));
    let coords = ds.coords.iter().map(|(n, _)| n.to_string()).filter(|n| n != dim && along(n));
    let beside = companions(ds).into_iter().map(|(n, _)| n).filter(|n| along(n));
    let mut out = ds.clone();
    let gone: Vec<String> = coords.chain(beside).collect();
    for name in &gone {
        out.coords.remove(name);
        out.vars.shift_remove(name);
    }
    out.forget(&gone.iter().map(String::as_str).collect::<Vec<_>>());
    Ok(out)
}
