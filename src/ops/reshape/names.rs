//! What is a coordinate, what is data, and what dims are called by.

use super::{Split, made};
use crate::array::{Dataset, Variable, companions};
use crate::error::{Error, Result, ResultExt};
use std::sync::Arc;

impl Dataset {
    /// Data variables that become coordinates.
    ///
    /// # Errors
    /// Not found, for a name.
    pub fn set_coords(&self, names: &[&str]) -> Result<Dataset> {
        let mut out = self.clone();
        for name in names.iter().filter(|n| !self.coords.contains(n)) {
            let v = out.vars.shift_remove(*name).ok_or_else(|| Error::not_found("variable", name, self.vars.keys().map(String::as_str)))?;
            out.insert_coord(*name, v)?;
        }
        Ok(out)
    }

    /// Coordinates that become data variables; all that are no labels of their dim where none is named.
    ///
    /// # Errors
    /// Not found, for a name; invalid, for the labels of a dim.
    pub fn reset_coords(&self, names: Option<&[&str]>) -> Result<Dataset> {
        let labels = |n: &str| self.coords.get(n).is_some_and(|v| v.dims().len() == 1 && *v.dims()[0] == *n);
        let all: Vec<&str> = self.coords.iter().map(|(n, _)| n).filter(|n| !labels(n)).collect();
        let mut out = self.clone();
        for name in names.unwrap_or(&all) {
            if labels(name) {
                return Err(Error::invalid(format!("{name:?} are the labels of a dim")).help("drop_vars takes them away"));
            }
            let v = out.coords.remove(name).ok_or_else(|| Error::not_found("coordinate", name, self.coords.iter().map(|(n, _)| n)))?;
            out.vars.insert(name.to_string(), v);
        }
        Ok(out)
    }

    /// A dim under the name of a coordinate along it, which becomes its labels; the old labels stay as a coordinate.
    ///
    /// # Errors
    /// Not found; invalid, for a coordinate that is not along the dim alone.
    pub fn swap_dims(&self, dim: &str, coord: &str) -> Result<Dataset> {
        let there = self.variable(coord)?;
        if there.dims().len() != 1 || *there.dims()[0] != *dim {
            return Err(Error::invalid(format!("{coord:?} is not along {dim:?} alone")));
        }
        let named = |v: &Variable| -> Result<Variable> {
            let dims: Vec<Arc<str>> = v.dims().iter().map(|d| if **d == *dim { coord.into() } else { d.clone() }).collect();
            Ok(Variable::new(dims, v.data().clone())?.with_attrs(v.attrs.clone()).with_encoding(v.encoding.clone()))
        };
        let mut out = self.bare();
        for (name, v) in self.coords.iter() {
            out.insert_coord(name, named(v)?)?;
        }
        for (name, v) in &self.vars {
            match name == coord {
                true => out.insert_coord(name, named(v)?)?,
                false => out.insert(name, named(v)?)?,
            }
        }
        out.unlimited = self.unlimited.iter().map(|d| if **d == *dim { coord.into() } else { d.clone() }).collect();
        Ok(out)
    }

    /// A dim cut in windows of `window` positions, which become the last dim `into`. What does not fill a window is left out at the end, or
    /// is an error (`exact`).
    ///
    /// # Errors
    /// Not found, for the dim; invalid, for windows of no positions; shape, where the last window is not full and `exact`.
    pub fn windows(&self, dim: &str, window: usize, into: &str, exact: bool) -> Result<Dataset> {
        let n = self.dim_length(dim)?;
        if window == 0 {
            return Err(Error::invalid("windows of no positions"));
        }
        if exact && !n.is_multiple_of(window) {
            return Err(Error::shape(format!("{n} positions of {dim:?} do not make whole windows of {window}")).help("trim or pad them"));
        }
        let count = n / window;
        let whole = self.head(&[(dim, count * window)])?;
        let cut = |v: &Variable| -> Result<Variable> {
            let Some(axis) = v.dims().iter().position(|d| **d == *dim) else { return Ok(v.clone()) };
            let mut dims: Vec<Arc<str>> = v.dims().to_vec();
            dims.insert(axis + 1, into.into());
            made(dims, Split::new(v, axis, vec![count, window]), v)
        };
        let beside = companions(self);
        let mut out = self.bare();
        for (name, v) in whole.coords.iter() {
            let v = cut(v)?;
            match name == dim {
                // Labels of windows are what the caller makes of them.
                true => out.insert(format!("{dim}_{into}"), v)?,
                false => out.insert_coord(name, v)?,
            }
        }
        for (name, v) in whole.vars.iter().filter(|(n, v)| !(beside.contains_key(*n) && v.dims().iter().any(|d| **d == *dim))) {
            out.insert(name, cut(v).at_variable(name)?)?;
        }
        Ok(out)
    }
}
