//! A cube in its long form: one row per cell.

use crate::array::{DataArray, Dataset};
use crate::error::{Error, Notices, Result};
use crate::exec::ExecOptions;
use crate::frame::DataFrame;
use crate::ops::bridge::{CubeRows, FrameOptions};
use crate::plan::LazyFrame;
use crate::store::TableSource;
use std::sync::Arc;

impl Dataset {
    /// The cube as a table in memory: a row for every cell, the labels of the dims in the leading columns, then the other coordinates, then
    /// the variables; those that lack a dim are repeated along it. NaN becomes missing. Texts that repeat become categories. Bounds and
    /// other companions are left out, with a notice. (xarray: `ds.to_dataframe().reset_index()`.)
    ///
    /// # Errors
    /// Budget, before anything is read, where the rows do not fit; not found, for a name; shape, for variables of different dims where
    /// [`FrameOptions::dims`] does not name them; what the readers say.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{exec::ExecOptions, ops::bridge::FrameOptions};
    /// let ds = hpda_data::open_dataset("data/climate.nc")?;
    /// let (df, _) = ds.to_frame(&FrameOptions::default().dims(["lat", "lon", "time"]), &ExecOptions::default())?;
    /// assert_eq!((df.height(), df.names()[..3].join(" ")), (120 * 12 * 18, "lat lon time".to_string()));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn to_frame(&self, how: &FrameOptions, options: &ExecOptions) -> Result<(DataFrame, Notices)> {
        let (source, notices) = CubeRows::new(self, how, &options.budget)?;
        let (rows, bytes) = (source.rows().unwrap_or(0), source.bytes());
        // Batches that are put together take the same again for a moment.
        if bytes.saturating_mul(2) > options.budget.free() as u64 {
            return Err(Error::budget(format!(
                "the table of {rows} rows takes {bytes} bytes, and as many while it is made; {} of {} are free",
                options.budget.free(),
                options.budget.limit()
            ))
            .help("to_lazy_frame gives it block by block; a selection before makes it smaller"));
        }
        Ok((LazyFrame::scan(Arc::new(source)).collect(options)?, notices))
    }

    /// The same table as a plan, read block by block when it is run: a cube of many times the budget is filtered, grouped and written so.
    /// Blocks that hold no label that a filter asks for are not read. Rows in another order than that in which values lie (by
    /// [`FrameOptions::dims`]) cost more, since chunks are then read for several blocks.
    ///
    /// # Errors
    /// Not found, for a name; shape, as [`Dataset::to_frame`].
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{exec::ExecOptions, ops::bridge::FrameOptions, plan::parse};
    /// let ds = hpda_data::open_dataset("data/climate.nc")?;
    /// let exec = ExecOptions::default().with_memory(1 << 20);
    /// let (rows, _) = ds.to_lazy_frame(&FrameOptions::default().vars(["tas"]), &exec)?;
    /// let zones = rows.filter(parse("lat > 0")?)?.groupby(["lat"]).agg([("tas", parse("mean(tas)")?)])?.collect(&exec)?;
    /// assert_eq!(zones.height(), 6);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn to_lazy_frame(&self, how: &FrameOptions, options: &ExecOptions) -> Result<(LazyFrame, Notices)> {
        let (source, notices) = CubeRows::new(self, how, &options.budget)?;
        Ok((LazyFrame::scan(Arc::new(source)), notices))
    }
}

impl DataArray {
    /// The array as a table in memory, its dims in their order: as [`Dataset::to_frame`]. (xarray: `da.to_dataframe().reset_index()`.)
    ///
    /// # Errors
    /// Invalid, where it has no name; as [`Dataset::to_frame`].
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{exec::ExecOptions, ops::bridge::FrameOptions};
    /// let tas = hpda_data::open_dataset("data/climate.nc")?.array("tas")?;
    /// let (df, _) = tas.to_frame(&FrameOptions::default(), &ExecOptions::default())?;
    /// assert_eq!(df.height(), 120 * 12 * 18);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn to_frame(&self, how: &FrameOptions, options: &ExecOptions) -> Result<(DataFrame, Notices)> {
        let (ds, how) = self.alone(how)?;
        ds.to_frame(&how, options)
    }

    /// The same table as a plan: as [`Dataset::to_lazy_frame`].
    ///
    /// # Errors
    /// As [`DataArray::to_frame`].
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{exec::ExecOptions, ops::bridge::FrameOptions};
    /// let (tas, exec) = (hpda_data::open_dataset("data/climate.nc")?.array("tas")?, ExecOptions::default());
    /// let (rows, _) = tas.to_lazy_frame(&FrameOptions::default().dims(["lon", "time", "lat"]), &exec)?;
    /// assert_eq!(rows.collect(&exec)?.names()[..3], ["lon", "time", "lat"]);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn to_lazy_frame(&self, how: &FrameOptions, options: &ExecOptions) -> Result<(LazyFrame, Notices)> {
        let (ds, how) = self.alone(how)?;
        ds.to_lazy_frame(&how, options)
    }

    /// A cube of this array only, and the dims of its table.
    fn alone(&self, how: &FrameOptions) -> Result<(Dataset, FrameOptions)> {
        let dims = how.dims.clone().unwrap_or_else(|| self.variable.dims().iter().map(|d| d.to_string()).collect());
        Ok((self.to_dataset(None)?, FrameOptions { dims: Some(dims), ..how.clone() }))
    }
}
