//! Labels as values rather than text, what is left without some of them, and coordinates that are set.

use super::{Labels, SelectOptions};
use crate::array::{Dataset, Variable};
use crate::error::{Error, ErrorKind, Place, Result, ResultExt};
use crate::label::{Index, Loc};
use crate::store::{Column, Selector};
use arrow::array::Array;

/// What is asked for as [`Dataset::sel`] reads it; `None` where all of it is, or a mask is given.
fn written(loc: &Loc) -> Option<Labels> {
    Some(match loc {
        Loc::All | Loc::Mask(_) => return None,
        Loc::One(key) => Labels::One(key.text()),
        Loc::Many(keys) => Labels::List(keys.iter().map(|k| k.text()).collect()),
        Loc::Slice(low, high) => Labels::Slice(low.as_ref().map(|k| k.text()), high.as_ref().map(|k| k.text())),
    })
}

impl Dataset {
    /// As [`Dataset::sel`], with labels as values: `7.5.into()`, `vec![10, 20].into()`, `("1850-01"..="1850-12").into()`, a mask.
    ///
    /// # Errors
    /// As [`Dataset::sel`]; shape, for a mask of another length.
    ///
    /// # Examples
    /// ```
    /// let ds = hpda_data::open_dataset("data/climate.nc")?;
    /// let part = ds.loc(&[("lat", 7.5.into()), ("time", ("1850-01"..="1851-12").into())])?;
    /// assert_eq!(part.variable("tas")?.shape(), [24, 18]);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn loc(&self, wanted: &[(&str, Loc)]) -> Result<Dataset> {
        let texts: Vec<(String, Labels)> = wanted.iter().filter_map(|(d, l)| Some((d.to_string(), written(l)?))).collect();
        let mut out = self.sel(&texts, &SelectOptions::default())?;
        for (name, loc) in wanted {
            let Loc::Mask(mask) = loc else { continue };
            let dim = self.dim_named(name)?;
            let n = self.dims[dim];
            if mask.len() != n {
                let e = Error::shape(format!("a mask of {} for {n} labels", mask.len()));
                return Err(e.at(Place { dim: Some(dim.to_string()), ..Place::default() }));
            }
            let rows = (0..n).filter(|&i| mask.scalar(i) == true.into()).collect();
            out = out.isel(&[(dim, Selector::of(rows))])?;
        }
        Ok(out)
    }

    /// Without these labels of a dim.
    ///
    /// # Errors
    /// Not found, for the dim or a label; invalid, where the dim has no labels.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::Column;
    /// let ds = hpda_data::open_dataset("data/climate.nc")?.drop_sel("lat", &Column::from(vec![7.5, 82.5]))?;
    /// assert_eq!(ds.variable("tas")?.shape(), [120, 10, 18]);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn drop_sel(&self, dim: &str, labels: &Column) -> Result<Dataset> {
        let index = self.labels_of(dim)?;
        let place = || Place { dim: Some(dim.to_string()), ..Place::default() };
        let own = index.dtype(0);
        let labels = if own.is_temporal() && *labels.dtype() != own { labels.cast(&own).at(place)? } else { labels.clone() };
        let gone = Index::flat(None, labels.clone());
        let there = index.first_of(&gone).at(place)?;
        if let Some(i) = (0..there.len()).find(|&i| there.is_null(i)) {
            let e = Error::new(ErrorKind::NotFound, format!("label {} does not exist along {dim:?}", labels.scalar(i)));
            return Err(e.at(place()));
        }
        let found = gone.first_of(&index).at(place)?;
        self.isel(&[(dim, Selector::of((0..index.len()).filter(|&i| found.is_null(i)).collect()))])
    }

    /// Without these positions of a dim; negative ones count from the end.
    ///
    /// # Errors
    /// Not found, for the dim; shape, for a position outside.
    ///
    /// # Examples
    /// ```
    /// let ds = hpda_data::open_dataset("data/climate.nc")?.drop_isel("time", &[0, -1])?;
    /// assert_eq!(ds.dims["time"], 118);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn drop_isel(&self, dim: &str, positions: &[i64]) -> Result<Dataset> {
        let n = self.dim_length(dim)?;
        let gone = super::Positions::List(positions.to_vec()).selector(dim, n)?;
        let gone: Vec<usize> = (0..positions.len()).map(|i| gone.position(i)).collect();
        self.isel(&[(dim, Selector::of((0..n).filter(|i| !gone.contains(i)).collect()))])
    }

    /// With these coordinates, in the place of variables of their names. One that is called as its dim labels it.
    ///
    /// # Errors
    /// Shape, where a dim has another length here.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{NdArray, Variable};
    /// let ds = hpda_data::open_dataset("data/climate.nc")?;
    /// let month = Variable::from_array(["time"], NdArray::from_vec((0..120i64).map(|i| i % 12 + 1).collect(), &[120])?)?;
    /// assert!(ds.assign_coords(&[("month", month)])?.coords.contains("month"));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn assign_coords(&self, coords: &[(&str, Variable)]) -> Result<Dataset> {
        let mut out = self.clone();
        for (name, v) in coords {
            out.vars.shift_remove(*name);
            out.insert_coord(*name, v.clone())?;
        }
        Ok(out)
    }
}
