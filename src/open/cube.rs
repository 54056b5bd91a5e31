//! Cubes from files.

use super::{OpenOptions, Scanned, not_here, scan as scan_any, stream};
use crate::array::{Dataset, Variable};
use crate::coding::{self, DecodeOptions};
use crate::error::{Error, ErrorKind, Level, Notice, Notices, Place, Result, ResultExt};
use crate::io::hdf5::{self, Hdf5ReadOptions};
use crate::io::netcdf::{self, NetcdfReadOptions};
use crate::io::npz::{self, NpzReadOptions};
#[cfg(feature = "zarr")]
use crate::io::zarr;
use crate::io::{Format, npy, raw};
use crate::ops::combine::{ConcatOptions, concat};
use indexmap::IndexMap;
use rayon::prelude::*;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Opens cubes, decodes them, joins several.
pub(super) fn scan(inputs: &[PathBuf], formats: &[Format], options: &OpenOptions) -> Result<(Dataset, Notices)> {
    let (mut all, mut notices) = each(inputs, formats, options)?;
    if all.len() == 1 {
        return Ok((all.remove(0), notices));
    }
    let (ds, more) = concat(all, &ConcatOptions { dim: options.dim.clone(), join: options.join, ..ConcatOptions::default() })?;
    notices.extend(more);
    Ok((ds, notices))
}

/// Opens and decodes cubes, all threads at once; the first error in the order of the files counts.
pub(super) fn each(inputs: &[PathBuf], formats: &[Format], options: &OpenOptions) -> Result<(Vec<Dataset>, Notices)> {
    let open = |(path, format): (&PathBuf, &Format)| -> Result<(Dataset, Notices)> {
        stream::refuse(path, *format)?;
        let (ds, notices) = one(path, *format, options)?;
        let notices = match &options.vars {
            Some(names) => asked(&ds, names, notices)?,
            None => notices,
        };
        // Before the cubes are joined: what is not asked for may differ.
        match &options.vars {
            Some(names) if inputs.len() > 1 => Ok((only(&ds, names).at_file(path)?, notices)),
            _ => Ok((ds, notices)),
        }
    };
    let opened: Vec<Result<(Dataset, Notices)>> = inputs.par_iter().zip(formats).map(open).collect();
    let (mut all, mut notices) = (Vec::with_capacity(opened.len()), Notices::new());
    for found in opened {
        let (ds, more) = found?;
        notices.extend(more);
        all.push(ds);
    }
    Ok((all, notices))
}

/// What there is to say of the variables that are asked for, and what comes with them.
///
/// # Errors
/// Unsupported, for a variable that had to be left out.
fn asked(ds: &Dataset, names: &[String], notices: Notices) -> Result<Notices> {
    let path = |n: &Notice| {
        let group = n.place.group.as_deref().unwrap_or("").trim_matches('/');
        let name = n.place.variable.as_deref()?;
        Some(if group.is_empty() { name.to_string() } else { format!("{group}/{name}") })
    };
    let Ok(picked) = only(ds, names) else {
        let left = |n: &&Notice| n.level == Level::Changed && path(n).is_some_and(|p| names.iter().any(|m| m.trim_matches('/') == p));
        if let Some(n) = notices.iter().find(left) {
            return Err(Error::unsupported(n.message.clone()).at(n.place.clone()));
        }
        // Whoever looks for the name says that it is not there.
        return Ok(notices);
    };
    let mut paths = Vec::new();
    paths_of(&picked, "", &mut paths);
    let mut out = Notices::new();
    for n in notices.iter() {
        let here = match (path(n), &n.place.group) {
            // Decoding names no group.
            (Some(name), None) => paths.iter().any(|p| p.rsplit('/').next() == Some(&name)),
            (Some(path), Some(_)) => paths.contains(&path),
            (None, Some(group)) => paths.iter().any(|p| p.starts_with(&format!("{}/", group.trim_matches('/')))),
            (None, None) => true,
        };
        if here {
            out.push(n.level, n.message.clone(), n.place.clone());
        }
    }
    Ok(out)
}

/// Paths of all variables and coordinates.
fn paths_of(ds: &Dataset, prefix: &str, out: &mut Vec<String>) {
    let names = ds.vars.keys().map(String::as_str).chain(ds.coords.iter().map(|(n, _)| n));
    out.extend(names.map(|n| format!("{prefix}{n}")));
    for (name, group) in &ds.groups {
        paths_of(group, &format!("{prefix}{name}/"), out);
    }
}

/// Opens and decodes one cube.
fn one(path: &Path, format: Format, options: &OpenOptions) -> Result<(Dataset, Notices)> {
    if let Some(group) = options.group.as_deref().filter(|_| matches!(format, Format::Npy | Format::Raw)) {
        return Err(Error::not_found("group", group, []).help(format!("{} has no groups", format.name())).at(Place::file(path)));
    }
    match format {
        Format::Nc | Format::Nc3 | Format::H5 => {
            let (raw, mut notices) = raw_of(path, format, options.group.clone())?;
            let (ds, more) = coding::decode(raw, &DecodeOptions::default()).at_file(path)?;
            notices.extend(more);
            let mut ds = ds;
            if let Some(group) = &options.group {
                inherit_from_file(&mut ds, group, || Ok(raw_of(path, format, None)?.0));
            }
            Ok((ds, notices))
        }
        #[cfg(feature = "zarr")]
        Format::Zarr => {
            let how = zarr::ZarrReadOptions { group: options.group.clone(), budget: options.budget() };
            let (raw, mut notices) = zarr::open(path, &how)?;
            let (mut ds, more) = coding::decode(raw, &DecodeOptions::default()).at_file(path)?;
            notices.extend(more);
            if let Some(group) = &options.group {
                inherit_from_file(&mut ds, group, || Ok(zarr::open(path, &zarr::ZarrReadOptions { group: None, ..how })?.0));
            }
            Ok((ds, notices))
        }
        Format::Npy => Ok((npy::open(path)?, Notices::new())),
        Format::Npz => {
            let (ds, notices) = npz::open(path, &NpzReadOptions { budget: options.budget() })?;
            match &options.group {
                None => Ok((ds, notices)),
                Some(group) => Ok((below(&ds, group).at_file(path)?.clone(), notices)),
            }
        }
        Format::Raw => {
            let raw = options.raw.as_ref().ok_or_else(|| {
                Error::invalid("a raw file does not say what it holds")
                    .help("say it with --dtype f64 --shape 400,300")
                    .at(Place::file(path))
            })?;
            Ok((raw::open(path, raw)?, Notices::new()))
        }
        other => Err(not_here(other)),
    }
}

/// A NetCDF or HDF5 file, not decoded. What the NetCDF library refuses of HDF5 may be a file that it did not write.
fn raw_of(path: &Path, format: Format, group: Option<String>) -> Result<(Dataset, Notices)> {
    if format == Format::H5 {
        return hdf5::open(path, &Hdf5ReadOptions { group, ..Hdf5ReadOptions::default() });
    }
    let refused = match netcdf::open(path, &NetcdfReadOptions { group: group.clone(), ..NetcdfReadOptions::default() }) {
        Err(e) if e.kind() == ErrorKind::Format => e,
        other => return other,
    };
    match hdf5::open(path, &Hdf5ReadOptions { group, ..Hdf5ReadOptions::default() }) {
        Ok((ds, mut notices)) => {
            notices.warn(format!("read as plain HDF5, because NetCDF cannot: {}", refused.message()), Place::file(path));
            Ok((ds, notices))
        }
        Err(_) => Err(refused),
    }
}

/// The group of this path.
///
/// # Errors
/// Not found, with the nearest name.
fn below<'a>(ds: &'a Dataset, path: &str) -> Result<&'a Dataset> {
    path.split('/')
        .filter(|p| !p.is_empty())
        .try_fold(ds, |d, part| d.groups.get(part).ok_or_else(|| Error::not_found("group", part, d.groups.keys().map(String::as_str))))
}

/// Coordinates that a group has from those above it. What is wrong elsewhere in the file is not said: only the group was asked for.
fn inherit_from_file(ds: &mut Dataset, group: &str, open: impl FnOnce() -> Result<Dataset>) {
    let whole = open().and_then(|raw| coding::decode(raw, &DecodeOptions::default()));
    let Ok((whole, _)) = whole else { return };
    let mut chain = vec![&whole];
    for part in group.split('/').filter(|p| !p.is_empty()) {
        match chain.last().and_then(|d| d.groups.get(part)) {
            Some(below) => chain.push(below),
            None => return,
        }
    }
    chain.pop();
    chain.into_iter().rev().for_each(|above| inherit(ds, above));
}

/// Coordinates of a group above along dims that are used here.
fn inherit(ds: &mut Dataset, above: &Dataset) {
    let fits = |ds: &Dataset, v: &Variable| v.dims().iter().zip(v.shape()).all(|(d, n)| ds.dims.get(d) == Some(n));
    for (name, c) in above.coords.iter() {
        if !c.dims().is_empty() && ds.variable(name).is_err() && fits(ds, c) {
            // The lengths were compared.
            let _ = ds.insert_coord(name, c.clone());
        }
    }
}

/// The group that all of the names (`/group/name`) are in, with the coordinates it has from those above, and the names in it.
///
/// # Errors
/// Not found, for a group; invalid, where the names are of several groups.
pub fn group_of(ds: &Dataset, names: &[String]) -> Result<(Dataset, Vec<String>)> {
    let split = |name: &String| -> (String, String) {
        let path = name.trim_start_matches('/');
        path.rsplit_once('/').map_or((String::new(), path.into()), |(g, n)| (g.into(), n.into()))
    };
    // A name as it stands comes first: other formats allow a slash in it.
    if names.iter().all(|n| ds.variable(n).is_ok()) {
        return Ok((ds.clone(), names.to_vec()));
    }
    let parts: Vec<(String, String)> = names.iter().map(split).collect();
    let Some(first) = parts.first().map(|p| p.0.clone()) else { return Ok((ds.clone(), Vec::new())) };
    if let Some(i) = parts.iter().position(|p| p.0 != first) {
        return Err(Error::invalid(format!("{:?} and {:?} are in different groups", names[0], names[i]))
            .help("--var takes variables of one group here"));
    }
    let mut chain = vec![ds];
    for part in first.split('/').filter(|p| !p.is_empty()) {
        let here = chain[chain.len() - 1];
        let below = here.groups.get(part).ok_or_else(|| Error::not_found("group", part, here.groups.keys().map(String::as_str)))?;
        chain.push(below);
    }
    let mut out = chain.pop().cloned().unwrap_or_default();
    chain.into_iter().rev().for_each(|above| inherit(&mut out, above));
    Ok((out, parts.into_iter().map(|p| p.1).collect()))
}

/// What a file says of its format.
pub(super) fn facts(path: &Path, format: Format) -> Result<Vec<(String, String)>> {
    Ok(match format {
        Format::Nc | Format::Nc3 => vec![("kind".into(), netcdf::facts(path)?.kind.name().into())],
        #[cfg(feature = "zarr")]
        Format::Zarr => {
            let facts = zarr::facts(path)?;
            let consolidated = if facts.consolidated { ", metadata consolidated" } else { "" };
            vec![("kind".into(), format!("Zarr version {}{consolidated}", facts.version))]
        }
        _ => Vec::new(),
    })
}

/// Paths of the variables that belong to others: bounds, grid mappings and the like.
pub fn companions(ds: &Dataset) -> Vec<String> {
    let mut paths: Vec<String> = coding::companions(ds).into_keys().collect();
    for (name, group) in &ds.groups {
        paths.extend(companions(group).into_iter().map(|p| format!("{name}/{p}")));
    }
    paths
}

/// Some variables with what belongs to them: the coordinates along their dimensions, and their companions. A name may be a path
/// into a group.
///
/// # Errors
/// Not found, with the nearest name.
pub fn only(ds: &Dataset, names: &[String]) -> Result<Dataset> {
    let mut here = Vec::new();
    let mut below: IndexMap<String, Vec<String>> = IndexMap::new();
    for name in names {
        match name.trim_start_matches('/').split_once('/') {
            Some((group, rest)) => below.entry(group.to_string()).or_default().push(rest.to_string()),
            None => here.push(name.trim_start_matches('/').to_string()),
        }
    }
    let mut out = Dataset { attrs: ds.attrs.clone(), encoding: ds.encoding.clone(), ..Dataset::new() };
    let mut kept: Vec<Arc<str>> = Vec::new();
    for name in &here {
        kept.extend(ds.variable(name)?.dims().iter().cloned());
    }
    for (name, names) in below {
        let known = ds.groups.keys().map(String::as_str);
        let group = ds.groups.get(&name).ok_or_else(|| Error::not_found("group", &name, known))?;
        for inner in &names {
            if let Ok(v) = group.variable(inner) {
                kept.extend(v.dims().iter().cloned());
            }
        }
        out.groups.insert(name, only(group, &names)?);
    }
    for (d, n) in ds.dims.iter().filter(|(d, _)| kept.contains(d)) {
        out.dims.insert(d.clone(), *n);
    }
    for (n, c) in ds.coords.iter().filter(|(n, c)| here.iter().any(|h| h == n) || c.dims().iter().all(|d| kept.contains(d))) {
        out.insert_coord(n, c.clone())?;
    }
    let companions = coding::companions(ds);
    for (n, v) in &ds.vars {
        let accompanies = companions.get(n).is_some_and(|c| c.parents.iter().any(|p| here.contains(p) || out.coords.contains(p)));
        if here.contains(n) || accompanies {
            out.insert(n.clone(), v.clone())?;
        }
    }
    out.unlimited = ds.unlimited.iter().filter(|d| out.dims.contains_key(*d)).cloned().collect();
    Ok(out)
}

/// Opens a cube: metadata only; variables are read when they are used.
///
/// # Errors
/// What the reader says, with the file; invalid, for a table.
///
/// # Examples
/// ```
/// let ds = hpda_data::open_dataset("data/climate.nc")?;
/// let tas = ds.variable("tas")?;
/// assert_eq!(tas.dims().iter().map(|d| &**d).collect::<Vec<_>>(), ["time", "lat", "lon"]);
/// assert_eq!(tas.attrs.text("units"), Some("K"));
/// # Ok::<(), hpda_data::Error>(())
/// ```
pub fn open_dataset(path: impl AsRef<Path>) -> Result<Dataset> {
    open_mfdataset(&[path])
}

/// Opens several cubes as one, joined along the dimension that differs, in the order given. [`open_mfdataset_with`](super::open_mfdataset_with)
/// puts them together in other ways.
///
/// # Errors
/// What the readers say; what does not fit together.
///
/// # Examples
/// ```
/// let ds = hpda_data::open_mfdataset(&["data/climate.nc"])?;
/// assert_eq!(ds.variable("tas")?.shape(), [120, 12, 18]);
/// # Ok::<(), hpda_data::Error>(())
/// ```
pub fn open_mfdataset<P: AsRef<Path>>(paths: &[P]) -> Result<Dataset> {
    let paths: Vec<PathBuf> = paths.iter().map(|p| p.as_ref().to_path_buf()).collect();
    match scan_any(&paths, &OpenOptions::default())?.0 {
        Scanned::Cube(ds) => Ok(ds),
        Scanned::Table(_) => {
            let place = paths.first().map(Place::file).unwrap_or_default();
            Err(Error::invalid("a table is no cube").help("`open` and `scan` take either").at(place))
        }
    }
}
