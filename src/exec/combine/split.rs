//! A cube as its groups.

use crate::array::Dataset;
use crate::dtype::Scalar;
use crate::error::{Error, Result};
use crate::store::Selector;

impl Dataset {
    /// The positions of a dim in groups, as in [`Dataset::groupby`], each group a cube of its own beside its label, in the order of the
    /// labels. Lazy: files by year are `ds.split("time.year")` and [`save_mfdataset`](crate::save_mfdataset).
    ///
    /// # Errors
    /// As [`Dataset::groupby`]; unsupported, for a key along several dims.
    ///
    /// # Examples
    /// ```
    /// let months = hpda_data::open_dataset("data/climate.nc")?.split("time.month")?;
    /// assert_eq!((months.len(), months[0].1.variable("tas")?.shape()), (12, &[10, 12, 18][..]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn split(&self, key: &str) -> Result<Vec<(Scalar, Dataset)>> {
        let grouped = self.groupby(key)?;
        if !self.dims.contains_key(grouped.dim()) {
            return Err(Error::unsupported("the key is along several dims, so its groups are no cubes").help("stack them first"));
        }
        let groups = grouped.groups();
        let mut positions: Vec<Vec<usize>> = vec![Vec::new(); groups.count()];
        for p in 0..groups.len() {
            if let Some(g) = groups.of(p) {
                positions[g].push(p);
            }
        }
        let one = |(g, rows): (usize, Vec<usize>)| Ok((groups.labels.scalar(g), self.isel(&[(grouped.dim(), Selector::of(rows))])?));
        positions.into_iter().enumerate().filter(|(_, rows)| !rows.is_empty()).map(one).collect()
    }
}
