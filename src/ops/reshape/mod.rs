//! The shape of cubes: dims in another order, merged, split, and with other labels. Lazy stays lazy.

mod labels;
mod names;
mod padding;
mod source;
mod windowed;

pub(crate) use labels::{absent, holds, relabelled};
pub use padding::Pad;

use crate::array::{Data, Dataset, Encoding, LazyArray, Variable, companions};
use crate::error::{Error, Place, Result, ResultExt};
use crate::label::{Index, MultiIndex};
use crate::store::{ChunkSource, Column, NdArray, Selector};
use arrow::array::UInt64Array;
use source::{Picked, Split, Turned};
use std::sync::Arc;
use windowed::Windowed;

/// A variable of a source, with the attributes of another one and its encoding except for the chunks.
fn made<S: Into<Arc<str>>>(dims: impl IntoIterator<Item = S>, source: impl ChunkSource + 'static, of: &Variable) -> Result<Variable> {
    let out = Variable::new(dims, Data::Lazy(LazyArray::new(Arc::new(source))))?;
    let encoding = Encoding { chunks: None, ..of.encoding.clone() };
    Ok(out.with_attrs(of.attrs.clone()).with_encoding(encoding))
}

impl Variable {
    /// With its dims in this order.
    ///
    /// # Errors
    /// Not found, for a dim that it lacks; shape, for dims that are not all named once.
    pub fn transpose(&self, dims: &[&str]) -> Result<Variable> {
        let order: Vec<usize> = dims.iter().map(|d| self.axis(d)).collect::<Result<_>>()?;
        let mut once = order.clone();
        once.sort_unstable();
        if !once.iter().copied().eq(0..self.dims().len()) {
            return Err(Error::shape(format!("dims {:?} are to be named once each, not as {dims:?}", self.dims())));
        }
        if once == order {
            return Ok(self.clone());
        }
        let mut out = made(order.iter().map(|&d| self.dims()[d].clone()), Turned::new(self, order.clone(), 0)?, self)?;
        out.encoding.chunks = self.encoding.chunks.as_ref().map(|c| order.iter().filter_map(|&d| c.get(d).copied()).collect());
        Ok(out)
    }

    /// With these dims, as long as the value says: it has the same values along those that it lacked, which come first in its order.
    ///
    /// # Errors
    /// Shape, for a dim of another length.
    ///
    /// # Examples
    /// ```
    /// let ds = hpda_data::open_dataset("data/climate.nc")?;
    /// assert_eq!(ds.variable("lat")?.broadcast(&[("lon".into(), 18)])?.shape(), [18, 12]);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn broadcast(&self, dims: &[(Arc<str>, usize)]) -> Result<Variable> {
        for (d, n) in dims {
            if let Some(i) = self.dims().iter().position(|x| x == d)
                && self.shape()[i] != *n
            {
                return Err(Error::shape(format!("{d:?} has {} labels and not {n}", self.shape()[i])));
            }
        }
        let mut out = self.clone();
        for (d, n) in dims.iter().rev().filter(|(d, _)| !self.dims().contains(d)) {
            // A dim of one position, which is then taken so many times.
            let split = if out.dims().is_empty() {
                let one = out.load()?.reshape(&[1])?;
                Variable::from_array([d.clone()], one)?.with_attrs(self.attrs.clone())
            } else {
                let first = out.dims()[0].clone();
                let lengths = vec![1, out.shape()[0]];
                let names: Vec<Arc<str>> = [d.clone(), first].into_iter().chain(out.dims()[1..].iter().cloned()).collect();
                made(names, Split::new(&out, 0, lengths), &out)?
            };
            let again: UInt64Array = std::iter::repeat_n(0u64, *n).collect();
            out = made(split.dims().iter().cloned(), Picked::new(&split, 0, again), &split)?;
        }
        Ok(out)
    }

    /// Of floats, for every `stride`-th position along a dim the `width` positions of which `before` stand before it, as a new last dim; NaN where
    /// there are none.
    pub(crate) fn in_windows(&self, dim: &str, (width, before, stride): (usize, usize, usize), into: &str) -> Result<Variable> {
        let source = Windowed::new(self, self.axis(dim)?, (width, before, stride))?;
        let dims: Vec<Arc<str>> = self.dims().iter().cloned().chain([into.into()]).collect();
        made(dims, source, self)
    }
}

impl Dataset {
    /// Every variable with its dims in this order; those that are not named come last, as they stand.
    ///
    /// # Errors
    /// Not found, for a dim.
    ///
    /// # Examples
    /// ```
    /// let ds = hpda_data::open_dataset("data/climate.nc")?.transpose(&["lon", "lat", "time"])?;
    /// assert_eq!(ds.variable("tas")?.shape(), [18, 12, 120]);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn transpose(&self, dims: &[&str]) -> Result<Dataset> {
        dims.iter().try_for_each(|d| self.dim_length(d).map(drop))?;
        let turn = |v: &Variable| {
            let first = dims.iter().copied().filter(|d| v.dims().iter().any(|x| **x == **d));
            let rest = v.dims().iter().map(|d| &**d).filter(|d| !dims.contains(d));
            let order: Vec<&str> =
                if dims.is_empty() { v.dims().iter().rev().map(|d| &**d).collect() } else { first.chain(rest).collect() };
            v.transpose(&order)
        };
        let mut out = self.clone();
        for (name, v) in &self.vars {
            out.vars.insert(name.clone(), turn(v)?);
        }
        Ok(out)
    }

    /// A cube like this without variables and coordinates.
    fn bare(&self) -> Dataset {
        Dataset { attrs: self.attrs.clone(), encoding: self.encoding.clone(), groups: self.groups.clone(), ..Dataset::new() }
    }

    /// Dims merged to one, which is the last of every variable that has any of them; their coordinates go along it. The order is that of
    /// the dims as they are named, the last one fastest.
    ///
    /// # Errors
    /// Not found, for a dim; invalid, where the new name is taken.
    ///
    /// # Examples
    /// ```
    /// let ds = hpda_data::open_dataset("data/climate.nc")?;
    /// let cells = ds.stack(&["lat", "lon"], "cell")?;
    /// assert_eq!(cells.variable("tas")?.shape(), [120, 12 * 18]);
    /// assert_eq!(cells.unstack("cell", &["lat", "lon"])?.variable("tas")?.shape(), [120, 12, 18]);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn stack(&self, dims: &[&str], into: &str) -> Result<Dataset> {
        if dims.is_empty() {
            return Err(Error::invalid("no dims to stack"));
        }
        if self.vars.contains_key(into) || self.coords.contains(into) || self.dims.contains_key(into) && !dims.contains(&into) {
            return Err(Error::invalid(format!("{into:?} is there already")).help("take another name"));
        }
        let named: Vec<(Arc<str>, usize)> = dims.iter().map(|d| Ok((Arc::from(*d), self.dim_length(d)?))).collect::<Result<_>>()?;
        if (1..dims.len()).any(|i| dims[..i].contains(&dims[i])) {
            return Err(Error::invalid(format!("a dim is named twice in {dims:?}")));
        }
        let merge = |v: &Variable| -> Result<Variable> {
            if !v.dims().iter().any(|d| dims.contains(&&**d)) {
                return Ok(v.clone());
            }
            let all = v.broadcast(&named)?;
            let rest: Vec<usize> = (0..all.dims().len()).filter(|&i| !dims.contains(&&*all.dims()[i])).collect();
            let last = dims.iter().map(|d| all.axis(d)).collect::<Result<Vec<_>>>()?;
            let names: Vec<Arc<str>> = rest.iter().map(|&i| all.dims()[i].clone()).chain([into.into()]).collect();
            let order = rest.iter().copied().chain(last).collect();
            made(names, Turned::new(&all, order, dims.len())?, v)
        };
        let mut out = self.bare();
        // Dims without labels are found again by their numbers.
        for (d, n) in named.iter().filter(|(d, _)| !self.coords.contains(d)) {
            let numbers = Variable::from_array([d.clone()], NdArray::from_vec((0..*n as i64).collect(), &[*n])?)?;
            out.insert_coord(&**d, merge(&numbers)?)?;
        }
        for (name, v) in self.coords.iter() {
            // Coordinates that have the dims stand in memory: they are labels.
            let v = merge(v)?;
            let loaded = if v.dims().iter().any(|d| **d == *into) { v.with_data(Data::Memory(v.load()?))? } else { v };
            out.insert_coord(name, loaded)?;
        }
        let beside = companions(self);
        for (name, v) in &self.vars {
            let v = merge(v).at_variable(name)?;
            // The edges of cells come after the cells.
            let edges = beside.contains_key(name) && v.dims().len() == 2 && *v.dims()[1] == *into;
            let v = if edges { v.transpose(&[into, &v.dims()[0]])? } else { v };
            out.insert(name, v)?;
        }
        out.unlimited = self.unlimited.iter().filter(|d| !dims.contains(&&***d)).cloned().collect();
        Ok(out)
    }

    /// A dim split in several by the coordinates that stand along it, the reverse of [`Dataset::stack`]. Labels come in the order in which
    /// they first stand; combinations that are not there are missing. The new dims come in the place of the old one.
    ///
    /// # Errors
    /// Not found, for the dim or a coordinate along it; invalid, for a combination that stands twice.
    pub fn unstack(&self, dim: &str, levels: &[&str]) -> Result<Dataset> {
        self.dim_length(dim)?;
        let columns: Vec<Column> = levels
            .iter()
            .map(|l| {
                let along = |v: &&Variable| v.dims().len() == 1 && *v.dims()[0] == *dim;
                let there = || self.coords.iter().filter(|(_, v)| along(v)).map(|(n, _)| n);
                let v = self.coords.get(l).filter(along).ok_or_else(|| Error::not_found("coordinate along", l, there()))?;
                Column::from_nd(&v.load()?.to_contiguous()?)
            })
            .collect::<Result<_>>()?;
        let place = || Place { dim: Some(dim.to_string()), ..Place::default() };
        if columns.is_empty() {
            return Err(Error::invalid("no coordinates to split the dim by").at(place()));
        }
        let singles: Vec<Index> = columns.iter().map(|c| Index::flat(None, c.clone()).unique()).collect::<Result<_>>()?;
        let labels: Vec<Column> = singles.iter().map(|i| i.columns().swap_remove(0)).collect();
        let all = Index::Multi(MultiIndex::from_product(levels.iter().copied(), &labels)?);
        let rows = Index::from_columns(levels.iter().map(|l| Some(l.to_string())).collect(), &columns)?;
        let found = if levels.len() == 1 { rows.indexer(&singles[0])? } else { rows.indexer(&all)? };
        let lengths: Vec<usize> = labels.iter().map(Column::len).collect();
        let split = |v: &Variable| -> Result<Variable> {
            let Some(axis) = v.dims().iter().position(|d| **d == *dim) else { return Ok(v.clone()) };
            let picked = made(v.dims().iter().cloned(), Picked::new(v, axis, found.clone()), v)?;
            let mut names: Vec<Arc<str>> = v.dims().to_vec();
            names.splice(axis..=axis, levels.iter().map(|l| Arc::from(*l)));
            made(names, Split::new(&picked, axis, lengths.clone()), v)
        };
        let mut out = self.bare();
        for (level, column) in levels.iter().zip(&labels) {
            let array = super::bridge::enter(column, &[column.len()])?;
            let old = self.coords.get(level).map(|v| v.attrs.clone()).unwrap_or_default();
            out.insert_coord(*level, Variable::from_array([*level], array)?.with_attrs(old))?;
        }
        for (name, v) in self.coords.iter().filter(|(n, _)| !levels.contains(n) && *n != dim) {
            out.insert_coord(name, split(v)?)?;
        }
        // What accompanies one level only has the values that stand beside its labels first.
        let beside = companions(self);
        let of_level = |name: &str, v: &Variable| -> Result<Option<Variable>> {
            let parents = beside.get(name).map(|c| c.parents.as_slice()).unwrap_or_default();
            let Some(axis) = v.dims().iter().position(|d| **d == *dim) else { return Ok(None) };
            let Some(level) = levels.iter().position(|l| parents.len() == 1 && parents[0] == *l) else { return Ok(None) };
            let first = Index::flat(None, columns[level].clone()).first_of(&singles[level])?;
            let names = v.dims().iter().map(|d| if **d == *dim { levels[level].into() } else { d.clone() });
            made(names.collect::<Vec<Arc<str>>>(), Picked::new(v, axis, first), v).map(Some)
        };
        for (name, v) in &self.vars {
            let v = of_level(name, v)?.map_or_else(|| split(v), Ok);
            out.insert(name, v.at_variable(name)?)?;
        }
        out.unlimited = self.unlimited.iter().filter(|d| ***d != *dim).cloned().collect();
        Ok(out)
    }

    /// A new dim of length one, first in every data variable; a scalar coordinate of its name becomes its label.
    ///
    /// # Errors
    /// Invalid, where the dim is there already.
    pub fn expand_dims(&self, dim: &str) -> Result<Dataset> {
        if self.dims.contains_key(dim) {
            return Err(Error::invalid(format!("there is a dim {dim:?} already")));
        }
        let mut out = self.bare();
        for (name, v) in self.coords.iter() {
            let v = if name == dim { v.broadcast(&[(dim.into(), 1)])? } else { v.clone() };
            out.insert_coord(name, v)?;
        }
        let beside = companions(self);
        for (name, v) in &self.vars {
            out.insert(name, if beside.contains_key(name) { v.clone() } else { v.broadcast(&[(dim.into(), 1)])? })?;
        }
        out.unlimited.clone_from(&self.unlimited);
        Ok(out)
    }

    /// Without dims of length one, or without these; their labels stay as scalar coordinates.
    ///
    /// # Errors
    /// Shape, for a named dim that is longer; not found.
    pub fn squeeze(&self, dims: Option<&[&str]>) -> Result<Dataset> {
        let single: Vec<&str> = match dims {
            None => self.dims.iter().filter(|(_, n)| **n == 1).map(|(d, _)| &**d).collect(),
            Some(dims) => {
                for d in dims {
                    let n = self.dim_length(d)?;
                    if n != 1 {
                        return Err(Error::shape(format!("{d:?} has {n} labels, so it stays")));
                    }
                }
                dims.to_vec()
            }
        };
        let selectors: Vec<(&str, Selector)> = single.into_iter().map(|d| (d, Selector::At(0))).collect();
        self.isel(&selectors)
    }

    /// Every `n`-th position along each of these dims.
    ///
    /// # Errors
    /// Not found, for a dim; invalid, for 0.
    pub fn thin(&self, steps: &[(&str, usize)]) -> Result<Dataset> {
        let selectors = steps.iter().map(|&(d, step)| {
            let n = self.dim_length(d)?;
            if step == 0 {
                return Err(Error::invalid(format!("every 0th position of {d:?}")));
            }
            Ok((d, Selector::Range { start: 0, count: n.div_ceil(step), step: step as isize }))
        });
        self.isel(&selectors.collect::<Result<Vec<_>>>()?)
    }

    /// The first positions along each of these dims.
    ///
    /// # Errors
    /// Not found, for a dim.
    pub fn head(&self, counts: &[(&str, usize)]) -> Result<Dataset> {
        let selectors = counts.iter().map(|&(d, n)| Ok((d, Selector::span(0, n.min(self.dim_length(d)?)))));
        self.isel(&selectors.collect::<Result<Vec<_>>>()?)
    }

    /// The last positions along each of these dims.
    ///
    /// # Errors
    /// Not found, for a dim.
    pub fn tail(&self, counts: &[(&str, usize)]) -> Result<Dataset> {
        let selectors = counts.iter().map(|&(d, n)| {
            let all = self.dim_length(d)?;
            Ok((d, Selector::span(all - n.min(all), n.min(all))))
        });
        self.isel(&selectors.collect::<Result<Vec<_>>>()?)
    }

    /// Positions moved round along a dim: what leaves one end comes in at the other. Labels stay, unless `labels` moves them too.
    ///
    /// # Errors
    /// Not found, for the dim.
    pub fn roll(&self, dim: &str, by: i64, labels: bool) -> Result<Dataset> {
        let n = self.dim_length(dim)?;
        if n == 0 {
            return Ok(self.clone());
        }
        let first = (-by).rem_euclid(n as i64) as usize;
        let moved = self.isel(&[(dim, Selector::Take((0..n).map(|i| (first + i) % n).collect()))])?;
        if labels {
            return Ok(moved);
        }
        Ok(Dataset { coords: self.coords.clone(), ..moved })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Selection;

    fn cube() -> Dataset {
        let mut ds = Dataset::new();
        ds.insert_coord("x", Variable::from_array(["x"], NdArray::from_vec(vec![10i64, 20], &[2]).unwrap()).unwrap()).unwrap();
        ds.insert_coord("y", Variable::from_array(["y"], NdArray::from_vec(vec![3.0, 2.0, 1.0], &[3]).unwrap()).unwrap()).unwrap();
        let v = NdArray::from_vec((0..6).collect::<Vec<i32>>(), &[2, 3]).unwrap();
        ds.insert("v", Variable::from_array(["x", "y"], v).unwrap()).unwrap();
        ds
    }

    fn ints(v: &Variable) -> Vec<i32> {
        v.load().unwrap().to_contiguous().unwrap().as_slice::<i32>().unwrap().to_vec()
    }

    #[test]
    fn stacking_and_back_is_nothing() {
        let ds = cube();
        for order in [["x", "y"], ["y", "x"]] {
            let stacked = ds.stack(&order, "z").unwrap();
            assert_eq!(stacked.variable("v").unwrap().shape(), [6]);
            let back = stacked.unstack("z", &order).unwrap().transpose(&["x", "y"]).unwrap();
            assert_eq!(ints(back.variable("v").unwrap()), [0, 1, 2, 3, 4, 5]);
            assert_eq!(back.variable("y").unwrap().load().unwrap().as_slice::<f64>().unwrap(), [3.0, 2.0, 1.0]);
        }
        let turned = ds.stack(&["y", "x"], "z").unwrap();
        assert_eq!(ints(turned.variable("v").unwrap()), [0, 3, 1, 4, 2, 5]);
    }

    #[test]
    fn absent_combinations_are_missing() {
        let z = cube().stack(&["x", "y"], "z").unwrap().isel(&[("z", Selector::Take(vec![5, 0, 1].into()))]).unwrap();
        let back = z.unstack("z", &["x", "y"]).unwrap();
        let v = back.variable("v").unwrap().load().unwrap();
        assert_eq!(v.shape(), [2, 3]);
        assert_eq!((0..6).map(|i| v.scalar(i).as_f64()).collect::<Vec<_>>(), [Some(5.0), None, None, None, Some(0.0), Some(1.0)]);
    }

    #[test]
    fn parts_of_turned_arrays_are_those_of_the_whole() {
        let ds = cube().stack(&["y", "x"], "z").unwrap();
        let v = ds.variable("v").unwrap();
        for s in [Selector::span(1, 3), Selector::Take(vec![5, 2].into()), Selector::Range { start: 5, count: 3, step: -2 }] {
            let part = v.isel(&Selection::new(vec![s.clone()])).unwrap();
            assert_eq!(ints(&part), (0..s.count(6).unwrap()).map(|i| [0, 3, 1, 4, 2, 5][s.position(i)]).collect::<Vec<i32>>());
        }
    }

    #[test]
    fn dims_come_and_go() {
        let ds = cube().expand_dims("t").unwrap();
        assert_eq!(ds.variable("v").unwrap().shape(), [1, 2, 3]);
        assert_eq!(ds.squeeze(None).unwrap().variable("v").unwrap().shape(), [2, 3]);
        assert!(ds.squeeze(Some(&["x"])).is_err());
        let rolled = cube().roll("y", 1, false).unwrap();
        assert_eq!(ints(rolled.variable("v").unwrap()), [2, 0, 1, 5, 3, 4]);
        assert_eq!(rolled.variable("y").unwrap().load().unwrap().as_slice::<f64>().unwrap(), [3.0, 2.0, 1.0]);
        assert_eq!(cube().thin(&[("y", 2)]).unwrap().variable("v").unwrap().shape(), [2, 2]);
        assert_eq!(ints(cube().tail(&[("y", 1), ("x", 9)]).unwrap().variable("v").unwrap()), [2, 5]);
    }

    #[test]
    fn names_that_are_taken_are_refused() {
        let mut ds = cube();
        assert!(ds.stack(&["x", "y"], "v").is_err() && ds.stack(&["y"], "x").is_err() && ds.stack(&["x", "x"], "z").is_err());
        assert!(ds.stack(&["x", "w"], "z").is_err() && ds.stack(&[], "z").is_err());
        ds.insert_coord("c", Variable::from_array(["x"], NdArray::from_vec(vec![1i64, 1], &[2]).unwrap()).unwrap()).unwrap();
        assert!(ds.stack(&["x", "y"], "c").is_err() && ds.expand_dims("x").is_err() && ds.unstack("x", &["c"]).is_err());
    }
}
