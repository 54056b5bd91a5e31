//! Functions of the caller on each group of a cube.

use super::Groups;
use super::dataset::DatasetGroupBy;
use crate::array::{Dataset, Variable};
use crate::error::{Error, Place, Result, ResultExt};
use crate::label::Method;
use crate::ops::combine::{ConcatOptions, concat};
use crate::store::{Column, Selector};
use arrow::array::UInt64Array;
use std::sync::Arc;

/// What grouped dims are called while they are one.
const MERGED: &str = "grouped dims";

impl DatasetGroupBy {
    /// A function of the positions of each group as a cube of its own. Where the results keep the grouped dimension with all its positions they
    /// are put back in the order of the input (positions of no group are left out); else they are laid side by side along a new dimension
    /// with the labels of the groups, which comes first. Groups without positions are missing. The function may be lazy, as the verbs of
    /// cubes are.
    ///
    /// # Errors
    /// What the function says, with the group; as [`crate::ops::combine::concat()`], for results that do not go together.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::exec::{ExecOptions, reduce::Reduction};
    /// let ds = hpda_data::open_dataset("data/climate.nc")?;
    /// let months = ds.groupby("time.month")?;
    /// let (exec, max) = (ExecOptions::default(), Reduction::named("max")?.over(["time"]));
    /// let warmest = months.map(|month| month.reduce(&max, &exec).map(|made| made.0))?;
    /// assert_eq!(warmest.variable("tas")?.shape(), [12, 12, 18]);
    /// let before = months.map(|month| month.shift("time", 1, &exec))?;
    /// assert_eq!(before.variable("tas")?.shape(), [120, 12, 18]);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn map(&self, function: impl Fn(&Dataset) -> Result<Dataset>) -> Result<Dataset> {
        if !self.more.is_empty() {
            return self.merged()?.map(function);
        }
        let dim = &*self.dim;
        let rows = self.rows();
        let there: Vec<usize> = (0..rows.len()).filter(|&g| !rows[g].is_empty()).collect();
        let mut made = Vec::with_capacity(there.len());
        for &g in &there {
            let part = self.ds.isel(&[(dim, Selector::of(rows[g].clone()))])?;
            let place = || Place { op: Some(format!("map of the group {}", self.groups.labels.scalar(g))), ..Place::default() };
            made.push(function(&part).at(place)?);
        }
        let joined = |parts: Vec<Dataset>, dim: &str| {
            let options = ConcatOptions::along(dim.to_string());
            concat(parts, &options).map(|(ds, _)| ds)
        };
        let kept = there.iter().zip(&made).all(|(&g, m)| m.dims.get(dim) == Some(&rows[g].len()));
        if made.is_empty() {
            return self.ds.isel(&[(dim, Selector::span(0, 0))]);
        }
        if kept {
            let order: Vec<usize> = there.iter().flat_map(|&g| rows[g].iter().copied()).collect();
            let mut back: Vec<usize> = (0..order.len()).collect();
            back.sort_by_key(|&i| order[i]);
            let out = joined(made, dim)?.isel(&[(dim, Selector::of(back))])?;
            return self.spread(out);
        }
        let name = self.groups.name.as_str();
        let label = |g: usize| -> Result<Column> { self.groups.labels.take(&UInt64Array::from(vec![g as u64])) };
        let mut parts = Vec::with_capacity(made.len());
        for (&g, mut ds) in there.iter().zip(made) {
            let one = crate::ops::bridge::enter(&label(g)?, &[])?;
            ds.coords.remove(dim);
            ds.insert_coord(name, Variable::from_array(Vec::<Arc<str>>::new(), one)?)?;
            parts.push(ds.expand_dims(name)?);
        }
        let mut out = joined(parts, name)?;
        if there.len() < rows.len() {
            out = out.reindex(name, &self.groups.labels, Method::Exact, None)?;
        }
        if self.levels.is_empty() { Ok(out) } else { self.parted(out) }
    }

    /// Results in the shape of the input, where dims were put together: labels and coordinates as they stood there.
    pub(super) fn spread(&self, ds: Dataset) -> Result<Dataset> {
        let Some(before) = &self.before else { return Ok(ds) };
        let dims: Vec<&str> = self.stacked.iter().map(String::as_str).collect();
        let mut out = ds.unstack(&self.dim, &dims)?;
        for d in &dims {
            match before.coords.index(d)? {
                Some(index) if !out.coords.index(d)?.is_some_and(|own| own.same_labels(&index)) => {
                    out = out.reindex(d, &index.columns()[0], Method::Exact, None)?;
                }
                _ => {}
            }
        }
        let fits = |v: &Variable| v.dims().iter().zip(v.shape()).all(|(d, n)| out.dims.get(d) == Some(n));
        let spread = |name: &str, v: &Variable| out.coords.get(name).is_some_and(|own| own.dims() != v.dims());
        let old: Vec<(&str, &Variable)> = before.coords.iter().filter(|(n, v)| fits(v) && spread(n, v)).collect();
        let bare: Vec<&str> = dims.into_iter().filter(|d| !before.coords.contains(d)).collect();
        for (name, v) in old {
            out.coords.insert(name, v.clone());
        }
        for d in bare {
            out.coords.remove(d);
        }
        for (name, v) in &mut out.vars {
            let Some(old) = before.vars.get(name) else { continue };
            let order: Vec<&str> = old.dims().iter().map(|d| &**d).collect();
            if order.len() == v.dims().len() && order.iter().all(|d| v.dims().iter().any(|own| **own == **d)) {
                *v = v.transpose(&order).at_variable(name)?;
            }
        }
        Ok(out)
    }

    /// Groups of several dimensions as groups of one that all of them are merged to.
    pub(super) fn merged(&self) -> Result<DatasetGroupBy> {
        let parts: Vec<&DatasetGroupBy> = self.all().collect();
        // A key along several dims has merged them before: they are merged with the others anew, in the same order.
        let dims: Vec<&str> = parts
            .iter()
            .flat_map(|p| if p.stacked.is_empty() { vec![p.dim()] } else { p.stacked.iter().map(String::as_str).collect() })
            .collect();
        let lengths: Vec<usize> = parts.iter().map(|p| p.groups.len()).collect();
        let positions = lengths.iter().try_fold(1usize, |all, n| all.checked_mul(*n)).filter(|n| *n < u32::MAX as usize);
        let positions = positions.ok_or_else(|| Error::overflow("the grouped dims have too many positions together"))?;
        let count = parts.iter().try_fold(1usize, |all, p| all.checked_mul(p.groups.count())).filter(|n| *n < u32::MAX as usize);
        let count = count.ok_or_else(|| Error::overflow("there are too many combinations of the keys"))?;
        let code = |position: usize| {
            let mut inner = positions;
            let mut rest = position;
            parts.iter().zip(&lengths).try_fold(0, |code, (p, n)| {
                inner /= n;
                let own = rest / inner;
                rest %= inner;
                Some(code * p.groups.count() + p.groups.of(own)?)
            })
        };
        let levels: Vec<(String, Column)> = parts
            .iter()
            .flat_map(|p| match p.levels.is_empty() {
                true => vec![(p.groups.name.clone(), p.groups.labels.clone())],
                false => p.levels.clone(),
            })
            .collect();
        let name = levels.iter().map(|(n, _)| n.as_str()).collect::<Vec<_>>().join(",");
        let before = self.before.as_deref().unwrap_or(&self.ds);
        let groups = Groups::new(name, (0..count as i64).collect::<Vec<i64>>().into(), (0..positions).map(code));
        Ok(DatasetGroupBy {
            ds: before.stack(&dims, MERGED)?,
            dim: MERGED.into(),
            groups: Arc::new(groups),
            levels,
            stacked: dims.iter().map(|d| d.to_string()).collect(),
            before: Some(Box::new(before.clone())),
            more: Vec::new(),
        })
    }
}
