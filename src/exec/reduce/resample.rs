//! Groups of neighbouring times: months, years, days.

use super::Groups;
use super::dataset::DatasetGroupBy;
use crate::array::Dataset;
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::kernel::time::{Frequency, Origin, Side};
use crate::store::Column;
use std::sync::Arc;

/// How times are put in bins.
#[derive(Clone, Copy, Debug, Default)]
pub struct ResampleOptions {
    /// The side of a bin that belongs to it; as pandas has it for the frequency when `None`.
    pub closed: Option<Side>,
    /// The side that names it.
    pub label: Option<Side>,
    /// Where bins of seconds to days are counted from.
    pub origin: Origin,
}

impl Dataset {
    /// Groups the steps of a time axis by a frequency (`1MS`, `QS-DEC`, `1D`): every bin from the first time to the last, those without
    /// times too. The axis keeps its name and gets the labels of the bins.
    ///
    /// # Errors
    /// Parse, for the frequency; not found, for the dimension; type, where it has no times.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{exec::{ExecOptions, reduce::Reduction}, kernel::agg::Agg};
    /// let ds = hpda_data::open_dataset("data/climate.nc")?;
    /// let years = ds.resample("time", "1YS", &Default::default())?;
    /// let (annual, _) = years.reduce(&Reduction::new(Agg::Mean), &ExecOptions::default())?;
    /// assert_eq!(annual.variable("tas")?.shape(), [10, 12, 18]);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn resample(&self, dim: &str, freq: &str, options: &ResampleOptions) -> Result<DatasetGroupBy> {
        let frequency = Frequency::parse(freq)?;
        self.dim_length(dim)?;
        let coord = self.coords.get(dim).filter(|c| c.dims().len() == 1);
        let Some((coord, DType::Instant { unit, calendar, .. })) = coord.map(|c| (c, c.dtype())) else {
            return Err(Error::wrong_type(format!("{dim:?} has no times to resample by")));
        };
        let array = coord.load()?.to_contiguous()?;
        let times = array.as_slice::<i64>().ok_or_else(|| Error::internal("times that are no numbers"))?;
        let there = |i: usize| array.valid().is_none_or(|v| v[i] != 0);
        let known = || (0..times.len()).filter(|&i| there(i)).map(|i| times[i]);
        let (labels, of): (Vec<i64>, Vec<Option<usize>>) = match known().min().zip(known().max()) {
            None => (Vec::new(), vec![None; times.len()]),
            Some(range) => {
                let bins = frequency.bins(range, *calendar, unit.per_second(), options.closed, options.label, options.origin)?;
                let of = (0..times.len()).map(|i| Some(times[i]).filter(|_| there(i)).and_then(|t| bins.of(t))).collect();
                (bins.labels, of)
            }
        };
        let labels = Column::from_i64(coord.dtype().clone(), labels.into_iter().map(Some).collect())?;
        let groups = Arc::new(Groups::new(dim, labels, of));
        Ok(DatasetGroupBy {
            ds: self.clone(),
            dim: dim.into(),
            groups,
            levels: Vec::new(),
            stacked: Vec::new(),
            before: None,
            more: Vec::new(),
        })
    }
}
