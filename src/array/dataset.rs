use super::{DataArray, Variable};
use crate::error::{Error, Place, Result};
use crate::label::Index;
use crate::store::{Attrs, Column, Selection, Selector};
use indexmap::IndexMap;
use std::sync::{Arc, OnceLock};

/// Coordinates by name: variables that label positions. A 1-D coordinate named as its dimension is that dimension's index.
#[derive(Clone, Debug, Default)]
pub struct Coords {
    vars: IndexMap<String, Variable>,
    indexes: IndexMap<String, OnceLock<Arc<Index>>>,
}

impl Coords {
    /// Sets a coordinate.
    pub fn insert(&mut self, name: impl Into<String>, variable: Variable) {
        let name = name.into();
        self.indexes.insert(name.clone(), OnceLock::new());
        self.vars.insert(name, variable);
    }

    /// The coordinate of this name.
    pub fn get(&self, name: &str) -> Option<&Variable> {
        self.vars.get(name)
    }

    /// Takes a coordinate out.
    pub fn remove(&mut self, name: &str) -> Option<Variable> {
        self.indexes.shift_remove(name);
        self.vars.shift_remove(name)
    }

    /// Whether the name is there.
    pub fn contains(&self, name: &str) -> bool {
        self.vars.contains_key(name)
    }

    /// Names and coordinates in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &Variable)> {
        self.vars.iter().map(|(k, v)| (k.as_str(), v))
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.vars.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.vars.is_empty()
    }

    /// The labels of a dimension, if it has a coordinate of its own name. Built once.
    ///
    /// # Errors
    /// What the file's reader says.
    pub fn index(&self, dim: &str) -> Result<Option<Arc<Index>>> {
        let Some(variable) = self.vars.get(dim).filter(|v| v.dims().len() == 1 && &*v.dims()[0] == dim) else { return Ok(None) };
        let cell = &self.indexes[dim];
        if let Some(index) = cell.get() {
            return Ok(Some(index.clone()));
        }
        let values = Column::from_nd(&variable.load()?)?;
        Ok(Some(cell.get_or_init(|| Arc::new(Index::flat(Some(dim), values))).clone()))
    }
}

/// Variables that share dimensions and coordinates: what a NetCDF file holds.
#[derive(Clone, Debug, Default)]
pub struct Dataset {
    /// Data variables by name.
    pub vars: IndexMap<String, Variable>,
    /// Coordinates.
    pub coords: Coords,
    /// What the file says of itself.
    pub attrs: Attrs,
    /// Attributes of the file that decoding took out (`coordinates`), exactly as they were.
    pub encoding: Attrs,
    /// Dimensions that no variable need have, and the lengths of all, in the order of the file.
    pub dims: IndexMap<Arc<str>, usize>,
    /// Dimensions that can grow in the file.
    pub unlimited: Vec<Arc<str>>,
    /// Groups below this one.
    pub groups: IndexMap<String, Dataset>,
}

impl Dataset {
    /// Nothing.
    pub fn new() -> Dataset {
        Dataset::default()
    }

    /// Adds a data variable.
    ///
    /// # Errors
    /// Shape, where a dimension has another length here.
    pub fn insert(&mut self, name: impl Into<String>, variable: Variable) -> Result<()> {
        let name = name.into();
        self.note_dims(&name, &variable)?;
        self.vars.insert(name, variable);
        Ok(())
    }

    /// Adds a coordinate.
    ///
    /// # Errors
    /// Shape, where a dimension has another length here.
    pub fn insert_coord(&mut self, name: impl Into<String>, variable: Variable) -> Result<()> {
        let name = name.into();
        self.note_dims(&name, &variable)?;
        self.coords.insert(name, variable);
        Ok(())
    }

    fn note_dims(&mut self, name: &str, variable: &Variable) -> Result<()> {
        for (d, &n) in variable.dims().iter().zip(variable.shape()) {
            match self.dims.get(d) {
                Some(&m) if m != n => {
                    return Err(Error::shape(format!("variable {name:?} has {n} along {d:?}, which is {m} long here")));
                }
                _ => drop(self.dims.insert(d.clone(), n)),
            }
        }
        Ok(())
    }

    /// A data variable or coordinate.
    ///
    /// # Errors
    /// Not found, with the nearest name.
    pub fn variable(&self, name: &str) -> Result<&Variable> {
        self.vars.get(name).or_else(|| self.coords.get(name)).ok_or_else(|| {
            Error::not_found("variable", name, self.vars.keys().map(String::as_str).chain(self.coords.iter().map(|(n, _)| n)))
        })
    }

    /// A data variable with the coordinates whose dimensions it has.
    ///
    /// # Errors
    /// Not found, with the nearest name.
    pub fn array(&self, name: &str) -> Result<DataArray> {
        let variable = self.variable(name)?.clone();
        let mut coords = Coords::default();
        for (n, c) in self.coords.iter().filter(|(_, c)| c.dims().iter().all(|d| variable.dims().contains(d))) {
            coords.insert(n, c.clone());
        }
        Ok(DataArray { name: Some(name.into()), variable, coords })
    }

    /// How long a dimension is.
    ///
    /// # Errors
    /// Not found, with the nearest name.
    pub fn dim_length(&self, dim: &str) -> Result<usize> {
        self.dims.get(dim).copied().ok_or_else(|| Error::not_found("dim", dim, self.dims.keys().map(|d| &**d)))
    }

    /// The labels of a dimension.
    ///
    /// # Errors
    /// Not found, for the dimension; invalid, where it has no labels.
    pub(crate) fn labels_of(&self, dim: &str) -> Result<Arc<Index>> {
        self.dim_length(dim)?;
        let place = || Place { dim: Some(dim.to_string()), ..Place::default() };
        self.coords.index(dim)?.ok_or_else(|| Error::invalid(format!("{dim:?} has no labels")).at(place()))
    }

    /// Selects by position along named dimensions, in every variable and coordinate that has them; lazy stays lazy.
    ///
    /// # Errors
    /// Not found, for a dimension that is not there; shape, for a position outside.
    pub fn isel(&self, selectors: &[(&str, Selector)]) -> Result<Dataset> {
        for (d, _) in selectors {
            self.dim_length(d)?;
        }
        let pick = |v: &Variable| {
            let s = v.dims().iter().map(|d| selectors.iter().find(|(n, _)| *n == &**d).map_or(Selector::All, |(_, s)| s.clone()));
            v.isel(&Selection::new(s.collect()))
        };
        let mut out =
            Dataset { attrs: self.attrs.clone(), encoding: self.encoding.clone(), unlimited: self.unlimited.clone(), ..Dataset::default() };
        for (d, &n) in &self.dims {
            match selectors.iter().find(|(s, _)| *s == &**d) {
                None => drop(out.dims.insert(d.clone(), n)),
                Some((_, s)) => drop(s.count(n).map(|n| out.dims.insert(d.clone(), n))),
            }
        }
        out.unlimited.retain(|d| out.dims.contains_key(d));
        for (n, v) in self.coords.iter() {
            out.insert_coord(n, pick(v)?)?;
        }
        for (n, v) in &self.vars {
            out.insert(n, pick(v)?)?;
        }
        // Groups below share the dimensions that they do not define with another length.
        for (name, group) in &self.groups {
            let shared = |d: &str| group.dims.get(d).is_some() && group.dims.get(d) == self.dims.get(d);
            let here: Vec<(&str, Selector)> = selectors.iter().filter(|(d, _)| shared(d)).cloned().collect();
            out.groups.insert(name.clone(), if here.is_empty() { group.clone() } else { group.isel(&here)? });
        }
        Ok(out)
    }
}
