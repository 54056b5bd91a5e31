//! Variables of a cube as one array, and positions of an array as variables.

use super::source::{Joined, Widen};
use super::{common_type, lazy, raised};
use crate::array::{Data, DataArray, Dataset, LazyArray, Variable, companions};
use crate::error::{Error, Result, ResultExt};
use crate::store::{NdArray, Selection, Selector};
use std::sync::Arc;

impl Dataset {
    /// All data variables as one array: along a new first dim, whose labels are their names. A variable is repeated along dims that only
    /// others have, and types meet in one that holds them. Lazy.
    ///
    /// # Errors
    /// Invalid, where there are no variables or the dim is there already; type, for variables that do not meet in one type.
    ///
    /// # Examples
    /// ```
    /// let ds = hpda_data::open_dataset("data/climate.nc")?;
    /// let all = ds.to_array("variable")?;
    /// assert_eq!(all.variable.shape(), [1, 120, 12, 18]);
    /// assert_eq!(all.to_dataset_along("variable")?.variable("tas")?.shape(), [120, 12, 18]);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn to_array(&self, dim: &str) -> Result<DataArray> {
        if self.dims.contains_key(dim) || self.coords.contains(dim) {
            return Err(Error::invalid(format!("{dim:?} is there already")).help("take another name"));
        }
        let beside = companions(self);
        let own: Vec<(&String, &Variable)> = self.vars.iter().filter(|(n, _)| !beside.contains_key(*n)).collect();
        if own.is_empty() {
            return Err(Error::invalid("the cube has no data variables to put together"));
        }
        let mut dims: Vec<(Arc<str>, usize)> = Vec::new();
        for (d, &n) in own.iter().flat_map(|(_, v)| v.dims().iter().zip(v.shape())) {
            if !dims.iter().any(|(x, _)| x == d) {
                dims.push((d.clone(), n));
            }
        }
        let names: Vec<&str> = dims.iter().map(|(d, _)| &**d).collect();
        let new: Arc<str> = dim.into();
        let wide = |(name, v): &(&String, &Variable)| -> Result<Variable> {
            let v = if dims.is_empty() { (*v).clone() } else { v.broadcast(&dims)?.transpose(&names)? };
            raised(&v, &new).at_variable(name)
        };
        let pieces: Vec<Variable> = own.iter().map(wide).collect::<Result<_>>()?;
        let dtype = common_type(&pieces.iter().collect::<Vec<_>>())?;
        let arrays = pieces.iter().map(lazy).map(|a| match *a.dtype() == dtype {
            true => a,
            false => a.then(Arc::new(Widen { to: dtype.clone() })),
        });
        let data = Data::Lazy(LazyArray::new(Arc::new(Joined::new(arrays.collect(), 0)?)));
        let variable = Variable::new(pieces[0].dims().iter().cloned(), data)?.with_attrs(self.attrs.clone());
        let mut coords = self.coords.clone();
        let labels = NdArray::from_texts(own.iter().map(|(n, _)| Some(n.as_str())).collect(), &[own.len()])?;
        coords.insert(dim, Variable::from_array([dim], labels)?);
        Ok(DataArray { name: None, variable, coords })
    }
}

impl DataArray {
    /// The positions along a dim as variables, which are called by its labels. Lazy.
    ///
    /// # Errors
    /// Not found, for the dim; invalid, where it has no labels or one of them stands twice.
    ///
    /// # Examples
    /// ```
    /// let all = hpda_data::open_dataset("data/climate.nc")?.to_array("what")?;
    /// assert_eq!(all.to_dataset_along("what")?.vars.keys().collect::<Vec<_>>(), ["tas"]);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn to_dataset_along(&self, dim: &str) -> Result<Dataset> {
        let axis = self.variable.axis(dim)?;
        let index = self.coords.index(dim)?;
        let index = index.ok_or_else(|| Error::invalid(format!("{dim:?} has no labels, so its positions have no names")))?;
        let mut out = Dataset { attrs: self.variable.attrs.clone(), ..Dataset::new() };
        for (name, c) in self.coords.iter().filter(|(n, _)| *n != dim) {
            out.insert_coord(name, c.clone())?;
        }
        for i in 0..index.len() {
            let name = index.label(i).first().map_or(String::new(), ToString::to_string);
            let mut selectors = vec![Selector::All; self.variable.dims().len()];
            selectors[axis] = Selector::At(i);
            let mut part = self.variable.isel(&Selection::new(selectors))?;
            part.attrs = Default::default();
            if out.vars.contains_key(&name) || out.coords.contains(&name) {
                return Err(Error::invalid(format!("two variables would be called {name:?}")));
            }
            out.insert(name, part)?;
        }
        Ok(out)
    }
}
