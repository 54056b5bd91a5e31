//! All that a file holds, by following its links: each group once, whatever circles links make.

use super::attrs::{self, Scales};
use super::ffi::{Extent, Lib, LinkKind, Sort, c_text};
use crate::error::{Error, Level, Notices, Place, Result};
use hashbrown::HashMap;
use hdf5_metno_sys::h5i::hid_t;
use std::ffi::CString;
use std::path::Path;

/// A group of a file.
#[derive(Debug, Default)]
pub(super) struct Group {
    /// `/ocean/deep`; nothing for the root.
    pub path: String,
    pub name: String,
    pub object: CString,
    pub groups: Vec<usize>,
    pub datasets: Vec<usize>,
}

/// A dataset of a file, under one of its names.
#[derive(Debug)]
pub(super) struct Found {
    pub group: usize,
    pub name: String,
    pub object: CString,
    pub address: u64,
    pub shape: Vec<usize>,
    /// Which dimensions can grow without bound.
    pub grows: Vec<bool>,
    pub scales: Scales,
}

/// What a file holds.
#[derive(Debug, Default)]
pub(super) struct Tree {
    /// The root first.
    pub groups: Vec<Group>,
    pub datasets: Vec<Found>,
    /// Names and paths of types that stand on their own.
    pub types: Vec<(String, CString)>,
    /// Paths of objects by address.
    pub paths: HashMap<u64, String>,
    /// NetCDF-4 wrote it.
    pub is_netcdf: bool,
}

/// Groups deeper than this are the mark of a damaged file.
const DEEPEST: usize = 64;
/// NetCDF gives a variable that has the name of a dimension, but is not its coordinate, another name in the file.
const NOT_COORDINATE: &str = "_nc4_non_coord_";

struct Walk<'a> {
    lib: &'a Lib,
    file: hid_t,
    path: &'a Path,
    tree: Tree,
    notices: &'a mut Notices,
}

/// Follows the links of a file. What cannot be followed or held is told.
pub(super) fn walk(lib: &Lib, file: hid_t, path: &Path, notices: &mut Notices) -> Result<Tree> {
    let mut walk = Walk { lib, file, path, tree: Tree::default(), notices };
    let root = lib.open(file, c"/")?;
    let (_, address) = lib.about(root.get())?;
    walk.tree.paths.insert(address, "/".to_string());
    let properties = lib.group_properties(root.get())?;
    let provenance = [attrs::PROVENANCE, "_nc3_strict"];
    walk.tree.is_netcdf = attrs::open(lib, root.get(), properties.get())?.iter().any(|a| provenance.contains(&a.name.as_str()));
    walk.tree.groups.push(Group { object: c"/".to_owned(), ..Group::default() });
    walk.group(root.get(), 0, 0)?;
    Ok(walk.tree)
}

impl Walk<'_> {
    fn place(&self, group: usize, name: &str) -> Place {
        let path = &self.tree.groups[group].path;
        Place { group: (!path.is_empty()).then(|| path.clone()), variable: Some(name.to_string()), ..Place::file(self.path) }
    }

    fn group(&mut self, id: hid_t, number: usize, depth: usize) -> Result<()> {
        if depth > DEEPEST {
            return Err(Error::format(format!("groups are more than {DEEPEST} deep")));
        }
        let lib = self.lib;
        // Groups below after the datasets: a group that is met by two ways is held by the shorter one.
        let mut below = Vec::new();
        for link in lib.links(id)? {
            let name = link.name.to_string_lossy().into_owned();
            let place = self.place(number, &name);
            let target = || lib.link_target(id, &link.name);
            match link.kind {
                LinkKind::Hard => {}
                LinkKind::Soft => {
                    if lib.open(id, &link.name).is_err() {
                        let message = format!("{name:?} is left out: it is a link to {:?}, where nothing of this file is", target());
                        self.notices.push(Level::Changed, message, place);
                        continue;
                    }
                }
                LinkKind::External => {
                    let message = format!("{name:?} is left out: it is a link to another file, {:?}", target());
                    self.notices.push(Level::Changed, message, place);
                    continue;
                }
                LinkKind::Other => {
                    self.notices.push(Level::Changed, format!("{name:?} is left out: it is a link of an unknown kind"), place);
                    continue;
                }
            }
            let object = lib.open(id, &link.name).map_err(|e| e.at(place.clone()))?;
            let (sort, address) = lib.about(object.get())?;
            let path = format!("{}/{name}", self.tree.groups[number].path);
            let known = self.tree.paths.entry(address).or_insert_with(|| path.clone()).clone();
            let bytes = [self.tree.groups[number].object.to_bytes(), b"/", link.name.to_bytes()].concat();
            let full = c_text(if number == 0 { bytes[1..].to_vec() } else { bytes })?;
            match sort {
                Sort::Dataset => self.dataset(object.get(), number, name, full, address).map_err(|e| e.at(place))?,
                Sort::Group if known != path => {
                    self.notices.warn(format!("group {path:?} is not followed: it is another name of {known:?}"), place);
                }
                Sort::Group => below.push((name, path, full)),
                Sort::Type => self.tree.types.push((name, full)),
                Sort::Other => {}
            }
        }
        for (name, path, full) in below {
            let object = lib.open(self.file, &full)?;
            let group = self.tree.groups.len();
            self.tree.groups.push(Group { path, name, object: full, ..Group::default() });
            self.tree.groups[number].groups.push(group);
            self.group(object.get(), group, depth + 1)?;
        }
        Ok(())
    }

    fn dataset(&mut self, id: hid_t, group: usize, name: String, object: CString, address: u64) -> Result<()> {
        let (_, extent, creation) = self.lib.dataset(id)?;
        let Extent::Shape(shape, grows) = extent else {
            let message = format!("variable {name:?} is left out: it has no values, not even one (an empty dataspace)");
            self.notices.push(Level::Changed, message, self.place(group, &name));
            return Ok(());
        };
        let attributes = attrs::open(self.lib, id, creation.get())?;
        let scales = attrs::scales(self.lib, &attributes, shape.len())?;
        let name = match name.strip_prefix(NOT_COORDINATE) {
            Some(rest) if !rest.is_empty() => rest.to_string(),
            _ => name,
        };
        self.tree.groups[group].datasets.push(self.tree.datasets.len());
        self.tree.datasets.push(Found { group, name, object, address, shape, grows, scales });
        Ok(())
    }
}
