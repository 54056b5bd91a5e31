//! Attributes: those that say something, and those that hold a file together (scales of dimensions).

use super::ffi::{Extent, Id, Lib};
use super::types::{Names, What, describe};
use super::values::{Paths, elements};
use crate::error::{Error, ErrorKind, Level, Notices, Place, Result};
use crate::io::chunked::check_lengths;
use crate::store::{AttrArray, AttrValue, Attrs};
use hdf5_metno_sys::h5i::hid_t;
use hdf5_metno_sys::h5t::{self, H5T_class_t as Class};
use std::ffi::c_void;

/// An attribute with more bytes is the mark of a damaged file.
const LARGEST: usize = 1 << 28;

/// What the attributes of a dataset say of its dimensions.
#[derive(Clone, Debug, Default)]
pub(super) struct Scales {
    /// It is a dimension scale.
    pub is_scale: bool,
    /// It only says how long the dimension is.
    pub only_length: bool,
    /// NetCDF's number of the dimension.
    pub id: Option<i32>,
    /// NetCDF's numbers of the dimensions of a scale of several.
    pub coordinates: Vec<i32>,
    /// The addresses of the scale of each axis: the last one, as for NetCDF, where there are several.
    pub attached: Vec<Option<u64>>,
    /// The label of each axis.
    pub labels: Vec<String>,
}

/// The attribute of NetCDF-4 files that names the libraries that wrote it.
pub(super) const PROVENANCE: &str = "_NCProperties";
/// Attributes by which files are held together, and which say nothing else.
const HIDDEN: [&str; 7] =
    ["REFERENCE_LIST", "DIMENSION_LIST", "DIMENSION_LABELS", "_Netcdf4Dimid", "_Netcdf4Coordinates", "_nc3_strict", PROVENANCE];

/// An attribute that is open.
pub(super) struct Open<'l> {
    pub name: String,
    id: Id<'l>,
}

/// Opens all attributes of an object.
pub(super) fn open<'l>(lib: &'l Lib, object: hid_t, creation: hid_t) -> Result<Vec<Open<'l>>> {
    let all = lib.attributes(object, creation)?;
    all.into_iter().map(|id| Ok(Open { name: lib.attribute_name(id.get())?, id })).collect()
}

/// All attributes that say something. What cannot be held is left out with a notice.
pub(super) fn read(
    lib: &Lib,
    all: &[Open],
    (is_scale, is_netcdf): (bool, bool),
    paths: &Paths,
    place: &Place,
    notices: &mut Notices,
) -> Result<Attrs> {
    let mut attrs = Attrs::new();
    for a in all {
        if HIDDEN.contains(&a.name.as_str()) || is_scale && matches!(a.name.as_str(), "CLASS" | "NAME") {
            continue;
        }
        match value(lib, a, paths, is_netcdf) {
            Ok((value, names)) => {
                if let Some(names) = names.filter(|_| a.name != "_FillValue") {
                    let message = format!("attribute {:?} is read as numbers without their names {names:?}", a.name);
                    notices.warn(message, place.clone());
                }
                attrs.set(a.name.clone(), value);
            }
            Err(e) if e.kind() == ErrorKind::Unsupported => {
                notices.push(Level::Changed, format!("attribute {:?} is left out: {}", a.name, e.message()), place.clone());
            }
            Err(e) => return Err(e.at(Place { extent: Some(format!("attribute {:?}", a.name)), ..Place::default() })),
        }
    }
    Ok(attrs)
}

/// NetCDF-4 writes its characters as texts of fixed length and lists of strings as texts of any length, one string too; others write
/// one text either way.
fn value(lib: &Lib, a: &Open, paths: &Paths, is_netcdf: bool) -> Result<(AttrValue, Option<Vec<String>>)> {
    let (kind, extent) = lib.attribute(a.id.get())?;
    let What::Values(reading) = describe(lib, kind.get(), 0)? else { return Err(Error::unsupported("it holds records")) };
    let (cells, shape) = match &extent {
        Extent::Null => (0, Vec::new()),
        Extent::Shape(shape, _) => {
            (shape.iter().fold(1usize, |n, &m| n.saturating_mul(m)), shape.iter().chain(&reading.inner).copied().collect())
        }
    };
    let one = shape.is_empty();
    let all = reading.inner.iter().fold(cells, |n, &m| n.saturating_mul(m));
    if all.saturating_mul(reading.width()) > LARGEST {
        return Err(Error::format(format!("an attribute says that it has {all} elements")));
    }
    // SAFETY: `out` has room for all elements.
    let read = elements(lib, &reading, paths, (a.id.get(), cells), |kind, out| unsafe { lib.read_attribute(a.id.get(), kind, out) })?;
    let names = reading.names.as_ref().map(|Names(names)| names.iter().map(|(n, _)| n.clone()).collect());
    let value = match read.attribute(&reading, one) {
        AttrValue::Texts(mut t) if one && !is_netcdf && t.len() == 1 => AttrValue::Text(t.remove(0)),
        AttrValue::Bytes(b) => AttrValue::Bytes(b),
        list if shape.len() > 1 => AttrValue::Array(AttrArray::new(shape, list)?),
        value => value,
    };
    Ok((value, names))
}

/// What is said of dimensions.
pub(super) fn scales(lib: &Lib, all: &[Open], rank: usize) -> Result<Scales> {
    let none = Paths::default();
    let mut scales = Scales::default();
    for a in all {
        match a.name.as_str() {
            "CLASS" => {
                scales.is_scale = value(lib, a, &none, true)
                    .is_ok_and(|(v, _)| v.as_str().is_some_and(|t| t.trim_end_matches('\0') == "DIMENSION_SCALE"));
            }
            "NAME" => {
                let text = value(lib, a, &none, true);
                scales.only_length = text
                    .is_ok_and(|(v, _)| v.as_str().is_some_and(|t| t.starts_with("This is a netCDF dimension but not a netCDF variable")));
            }
            "_Netcdf4Dimid" => scales.id = value(lib, a, &none, true).ok().and_then(|(v, _)| v.as_f64()).map(|n| n as i32),
            "_Netcdf4Coordinates" => {
                let ids = value(lib, a, &none, true).ok().and_then(|(v, _)| v.as_f64s()).unwrap_or_default();
                scales.coordinates = ids.into_iter().map(|n| n as i32).collect();
            }
            "DIMENSION_LIST" => scales.attached = attached(lib, a, rank)?,
            "DIMENSION_LABELS" => {
                if let Ok((AttrValue::Texts(labels), _)) = value(lib, a, &none, true)
                    && labels.len() == rank
                {
                    scales.labels = labels;
                }
            }
            _ => {}
        }
    }
    scales.only_length &= scales.is_scale;
    Ok(scales)
}

/// A list of any length, as the library has it in memory.
#[repr(C)]
#[derive(Clone, Copy)]
struct List {
    length: usize,
    data: *const c_void,
}

/// The last reference of each axis in a list of lists of references.
fn attached(lib: &Lib, a: &Open, rank: usize) -> Result<Vec<Option<u64>>> {
    let (kind, extent) = lib.attribute(a.id.get())?;
    // SAFETY: the lock is held and the type is open.
    let reference = unsafe {
        let base = h5t::H5Tget_class(kind.get()) == Class::H5T_VLEN;
        let base = lib.id(if base { h5t::H5Tget_super(kind.get()) } else { -1 }, h5t::H5Tclose, "read a type");
        base.is_ok_and(|b| h5t::H5Tequal(b.get(), *h5t::H5T_STD_REF_OBJ) > 0)
    };
    // Anything else of this name is none of the library's.
    if !reference || extent != Extent::Shape(vec![rank], vec![false]) {
        return Ok(Vec::new());
    }
    // SAFETY: a type of the library's own.
    let memory = lib.id(unsafe { h5t::H5Tvlen_create(*h5t::H5T_STD_REF_OBJ) }, h5t::H5Tclose, "make a type")?;
    // SAFETY: the pointer leads to room for one list per axis.
    check_lengths(rank, lib.file_bytes(a.id.get()), |kind, out| unsafe { lib.read_attribute(a.id.get(), kind, out) }.is_ok())?;
    let mut lists = vec![List { length: 0, data: std::ptr::null() }; rank];
    // SAFETY: one list per axis.
    let read = unsafe { lib.read_attribute(a.id.get(), memory.get(), lists.as_mut_ptr().cast()) };
    let last = lists.iter().map(|l| {
        // SAFETY: the library has set the pointer to as many references, of eight bytes each, as the length says.
        (l.length > 0 && !l.data.is_null()).then(|| unsafe { l.data.cast::<u64>().add(l.length - 1).read_unaligned() })
    });
    let last = last.collect();
    // SAFETY: the lists as the library has filled them; they are not looked at again.
    unsafe { lib.reclaim(memory.get(), rank, lists.as_mut_ptr().cast()) };
    read.map(|()| last)
}
