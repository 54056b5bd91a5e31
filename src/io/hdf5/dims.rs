//! Names and lengths of dimensions: scales, labels, and names for the nameless.

use super::walk::{Found, Tree};
use crate::array::Dataset;
use crate::error::{Level, Notices, Place};
use hashbrown::HashMap;
use std::sync::Arc;

/// A dimension that a scale makes.
#[derive(Clone, Debug)]
struct Scale {
    group: usize,
    name: Arc<str>,
    length: usize,
    grows: bool,
}

/// All dimensions of a file.
pub(super) struct Dims<'a> {
    tree: &'a Tree,
    by_address: HashMap<u64, Scale>,
    by_id: HashMap<i32, u64>,
    /// How many names for the nameless there are in the file.
    nameless: usize,
    /// Lengths of the nameless ones of a group, and whether they grow, by name.
    phony: Vec<Vec<(Arc<str>, usize, bool)>>,
}

/// The dimensions of one dataset.
pub(super) struct Axes {
    pub dims: Vec<Arc<str>>,
    /// Lengths; a dataset along a dimension that grows may be stored shorter.
    pub shape: Vec<usize>,
}

impl<'a> Dims<'a> {
    /// Learns the scales of a file. A dimension that can grow is as long as the longest dataset along it.
    pub fn new(tree: &'a Tree) -> Dims<'a> {
        let (mut by_address, mut by_id) = (HashMap::new(), HashMap::new());
        for d in tree.datasets.iter().filter(|d| d.scales.is_scale && !d.shape.is_empty()) {
            let scale = Scale { group: d.group, name: d.name.as_str().into(), length: d.shape[0], grows: d.grows[0] };
            by_address.entry(d.address).or_insert(scale);
            if let Some(id) = d.scales.id {
                by_id.entry(id).or_insert(d.address);
            }
        }
        let mut dims = Dims { tree, by_address, by_id, nameless: 0, phony: vec![Vec::new(); tree.groups.len()] };
        for d in &tree.datasets {
            for k in 0..d.shape.len() {
                let Some(address) = dims.scale_of(d, k) else { continue };
                if let Some(s) = dims.by_address.get_mut(&address).filter(|s| s.grows) {
                    s.length = s.length.max(d.shape[k]);
                }
            }
        }
        dims
    }

    /// The scale of an axis.
    fn scale_of(&self, d: &Found, k: usize) -> Option<u64> {
        if d.scales.is_scale {
            return match d.scales.coordinates.get(k) {
                Some(id) => self.by_id.get(id).copied(),
                None => (k == 0).then_some(d.address),
            };
        }
        d.scales.attached.get(k).copied().flatten().filter(|a| self.by_address.contains_key(a))
    }

    /// Sets the dimensions of a group that scales make.
    pub fn define(&self, group: usize, dataset: &mut Dataset) {
        let mut own: Vec<&Found> = self.tree.groups[group].datasets.iter().map(|&i| &self.tree.datasets[i]).collect();
        own.retain(|d| d.scales.is_scale && !d.shape.is_empty());
        own.sort_by_key(|d| d.scales.id.unwrap_or(i32::MAX));
        for d in own {
            if let Some(s) = self.by_address.get(&d.address).filter(|s| s.group == group && *s.name == *d.name) {
                dataset.dims.insert(s.name.clone(), s.length);
                if s.grows {
                    dataset.unlimited.push(s.name.clone());
                }
            }
        }
    }

    /// The dimensions of a dataset with so many lengths of elements behind its own; those without a name are set in `dataset`.
    pub fn axes(&mut self, d: &Found, inner: &[usize], dataset: &mut Dataset, place: &Place, notices: &mut Notices) -> Axes {
        let mut axes = Axes { dims: Vec::new(), shape: Vec::new() };
        let rank = d.shape.len();
        for (k, &stored) in d.shape.iter().chain(inner).enumerate() {
            let scale = if k < rank { self.scale_of(d, k).and_then(|a| self.by_address.get(&a)) } else { None };
            let grows = k < rank && d.grows[k];
            let (name, length) = match scale {
                Some(s) if s.length == stored || grows && s.grows && s.length > stored => (Some(s.name.clone()), s.length),
                Some(s) => {
                    let message =
                        format!("axis {k} is {stored} long and its dimension scale {:?} is {}: the scale is passed over", s.name, s.length);
                    notices.warn(message, place.clone());
                    (None, stored)
                }
                None => (d.scales.labels.get(k).filter(|l| !l.is_empty()).map(|l| l.as_str().into()), stored),
            };
            // A dimension has one length in a group, and a variable has it once.
            let fits = |n: &Arc<str>| !axes.dims.contains(n) && dataset.dims.get(n).is_none_or(|&have| have == length);
            let twice = name.clone().filter(|n| axes.dims.contains(n));
            let name = match name.filter(fits) {
                Some(name) => name,
                None => self.phony(d.group, length, grows, &axes.dims, dataset),
            };
            if let Some(twice) = twice {
                let message = format!("variable {:?}: dim {twice:?} stands twice, and is {name:?} along axis {k}", d.name);
                notices.push(Level::Changed, message, place.clone());
            }
            axes.dims.push(name);
            axes.shape.push(length);
        }
        axes
    }

    /// A name for a nameless dimension: that of one of its length in the group, which the variable does not have yet, else a new one.
    fn phony(&mut self, group: usize, length: usize, grows: bool, taken: &[Arc<str>], dataset: &mut Dataset) -> Arc<str> {
        let known = self.phony[group].iter().find(|(n, l, g)| *l == length && *g == grows && !taken.contains(n));
        if let Some((name, ..)) = known {
            return name.clone();
        }
        loop {
            let name: Arc<str> = format!("phony_dim_{}", self.nameless).into();
            self.nameless += 1;
            if !dataset.dims.contains_key(&name) && !taken.contains(&name) {
                dataset.dims.insert(name.clone(), length);
                if grows {
                    dataset.unlimited.push(name.clone());
                }
                self.phony[group].push((name.clone(), length, grows));
                return name;
            }
        }
    }
}
