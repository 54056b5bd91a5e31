//! The structure of a new file: groups, dimension scales, datasets, attributes, storage.

use super::ffi::{Id, Lib, c_text, check};
use super::types::{Kind, native};
use super::write::{Hdf5WriteOptions, Target};
use crate::array::{Dataset, Enumeration, Filter, Variable};
use crate::dtype::DType;
use crate::error::{Error, ErrorKind, Notices, Place, Result};
use crate::io::chunked::DirectDataset;
use crate::io::netcdf::define::{default_chunks, fill_in_type, halve};
use crate::io::netcdf::slab::grow;
use crate::io::netcdf::{flat, types};
use crate::store::{AttrValue, Attrs, ChunkGrid};
use hdf5_metno_sys::h5::hsize_t;
use hdf5_metno_sys::h5i::hid_t;
use hdf5_metno_sys::h5p::{H5P_CRT_ORDER_INDEXED, H5P_CRT_ORDER_TRACKED, H5P_DEFAULT};
use hdf5_metno_sys::h5t::{self, H5T_class_t, H5T_cset_t, H5T_str_t};
use hdf5_metno_sys::{h5a, h5d, h5g, h5p, h5s, h5z};
use indexmap::IndexMap;
use std::borrow::Cow;
use std::ffi::{CString, c_int, c_uint, c_void};
use std::sync::Arc;

/// A chunk has about this many bytes where nothing is said.
const CHUNK: usize = 1 << 20;
/// Blocks are written in about this many bytes.
const BLOCK: usize = 16 << 20;
/// Datasets smaller than this are not compressed unless they say so themselves.
const SMALL: usize = 4096;
/// What NetCDF-4 writes for a dimension that only has a length, which readers of NetCDF know.
const ONLY_LENGTH: &str = "This is a netCDF dimension but not a netCDF variable.";

const ORDERED: c_uint = H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED;

/// A dimension that a group sees.
#[derive(Clone)]
struct Seen {
    name: Arc<str>,
    length: usize,
    grows: bool,
    /// The number of its scale; none for a dimension without a name.
    scale: Option<usize>,
}

/// The scale of a dimension: its dataset, once there is one, and the axes that it is attached to.
struct Scale {
    dataset: hid_t,
    uses: Vec<(u64, u32)>,
}

/// Defines all of a cube.
pub(super) struct Definer<'a> {
    pub lib: &'a Lib,
    pub options: &'a Hdf5WriteOptions,
    pub targets: IndexMap<String, Target>,
    pub notices: Notices,
    scales: Vec<Scale>,
    /// Scales without values stay open until they know where they are attached.
    lengths: Vec<Id<'a>>,
    root: hid_t,
    /// Names that the root has, those of types too.
    taken: Vec<String>,
}

/// Makes properties of a class, creation order kept and times left out, so that the same input gives the same bytes.
pub(super) fn properties<'l>(lib: &'l Lib, class: hid_t) -> Result<Id<'l>> {
    // SAFETY: the lock is held, and numbers are open. The same holds below; texts are C texts, lists as long as is said.
    let list = lib.id(unsafe { h5p::H5Pcreate(class) }, h5p::H5Pclose, "make properties")?;
    unsafe {
        check(h5p::H5Pset_attr_creation_order(list.get(), ORDERED), "set properties")?;
        check(h5p::H5Pset_obj_track_times(list.get(), 0), "set properties")?;
        if class != *h5p::H5P_CLS_DATASET_CREATE && class != *h5p::H5P_CLS_DATATYPE_CREATE {
            check(h5p::H5Pset_link_creation_order(list.get(), ORDERED), "set properties")?;
        }
    }
    Ok(list)
}

fn name_of(name: &str) -> Result<CString> {
    if name.is_empty() || name == "." || name.contains('/') {
        return Err(Error::new(ErrorKind::Loss, format!("HDF5 does not allow the name {name:?}")).help("rename it in the source"));
    }
    c_text(name)
}

impl<'a> Definer<'a> {
    pub fn new(lib: &'a Lib, options: &'a Hdf5WriteOptions) -> Definer<'a> {
        Definer {
            lib,
            options,
            targets: IndexMap::new(),
            notices: Notices::new(),
            scales: Vec::new(),
            lengths: Vec::new(),
            root: -1,
            taken: Vec::new(),
        }
    }

    /// Defines the root and what is below it, and attaches the scales.
    pub fn root(&mut self, file: hid_t, dataset: &Dataset) -> Result<()> {
        // SAFETY: as above.
        let root = self.lib.id(unsafe { h5g::H5Gopen2(file, c"/".as_ptr(), H5P_DEFAULT) }, h5g::H5Gclose, "open the new file")?;
        let names = dataset.vars.keys().chain(dataset.groups.keys()).cloned();
        let names = names.chain(dataset.coords.iter().map(|(n, _)| n.to_string())).chain(dataset.dims.keys().map(|d| d.to_string()));
        self.taken = names.collect();
        self.root = root.get();
        self.group(root.get(), dataset, &[], "")?;
        self.reference_lists()
    }

    fn group(&mut self, id: hid_t, dataset: &Dataset, above: &[Seen], path: &str) -> Result<()> {
        let place = Place { group: (!path.is_empty()).then(|| format!("/{path}")), ..Place::default() };
        self.attributes(id, &dataset.attrs, &place)?;
        let seen = self.dims(id, dataset, above).map_err(|e| e.at(place.clone()))?;
        // Coordinates come first: they are the scales that the rest is attached to.
        let mut variables: Vec<(&str, &Variable)> =
            dataset.coords.iter().chain(dataset.vars.iter().map(|(n, v)| (n.as_str(), v))).collect();
        variables.sort_by_key(|(n, v)| !is_index(n, v));
        for (name, variable) in variables {
            let place = Place { variable: Some(name.to_string()), ..place.clone() };
            let target = self.variable(id, name, variable, &seen, &place).map_err(|e| e.at(place))?;
            let key = if path.is_empty() { name.to_string() } else { format!("{path}/{name}") };
            self.targets.insert(key, target);
        }
        for (name, below) in &dataset.groups {
            let at = || Place { group: Some(name.clone()), ..Place::default() };
            let list = properties(self.lib, *h5p::H5P_CLS_GROUP_CREATE)?;
            let c_name = name_of(name).map_err(|e| e.at(at()))?;
            let group = unsafe { h5g::H5Gcreate2(id, c_name.as_ptr(), H5P_DEFAULT, list.get(), H5P_DEFAULT) };
            let group = self.lib.id(group, h5g::H5Gclose, "make a group").map_err(|e| e.at(at()))?;
            let path = if path.is_empty() { name.clone() } else { format!("{path}/{name}") };
            self.group(group.get(), below, &seen, &path)?;
        }
        Ok(())
    }

    /// The dimensions of a group: those that a group above has with the same length are seen from there, the rest get scales of their
    /// own: the coordinate, else a dataset that only has the length. Names for the nameless make no scale.
    fn dims(&mut self, id: hid_t, dataset: &Dataset, above: &[Seen]) -> Result<Vec<Seen>> {
        let mut seen: Vec<Seen> = Vec::new();
        for (name, &length) in &dataset.dims {
            let grows = dataset.unlimited.contains(name);
            let index = dataset.variable(name).is_ok_and(|v| is_index(name, v));
            if let Some(same) = above.iter().find(|s| s.name == *name && s.length == length && !index) {
                seen.push(same.clone());
                continue;
            }
            let scale = if index || !name.starts_with("phony_dim_") {
                self.scales.push(Scale { dataset: -1, uses: Vec::new() });
                Some(self.scales.len() - 1)
            } else {
                None
            };
            let dim = Seen { name: name.clone(), length, grows, scale };
            if let (Some(number), false) = (scale, index) {
                let made = self.only_length(id, &dim).map_err(|e| e.at(Place { dim: Some(name.to_string()), ..Place::default() }))?;
                self.scales[number].dataset = made.get();
                self.lengths.push(made);
            }
            seen.push(dim);
        }
        seen.extend(above.iter().filter(|a| dataset.dims.keys().all(|d| *d != a.name)).cloned());
        Ok(seen)
    }

    fn space(&self, dims: &[&Seen]) -> Result<Id<'a>> {
        let now: Vec<hsize_t> = dims.iter().map(|d| d.length as hsize_t).collect();
        let most: Vec<hsize_t> = dims.iter().map(|d| if d.grows { h5s::H5S_UNLIMITED } else { d.length as hsize_t }).collect();
        if now.is_empty() {
            return self.lib.space(&[]);
        }
        let id = unsafe { h5s::H5Screate_simple(now.len() as c_int, now.as_ptr(), most.as_ptr()) };
        self.lib.id(id, h5s::H5Sclose, "make a shape")
    }

    fn only_length(&self, id: hid_t, dim: &Seen) -> Result<Id<'a>> {
        let (space, list) = (self.space(&[dim])?, properties(self.lib, *h5p::H5P_CLS_DATASET_CREATE)?);
        let name = name_of(&dim.name)?;
        let dataset = unsafe {
            if dim.grows {
                let chunk = [dim.length.clamp(1, 1024) as hsize_t];
                check(h5p::H5Pset_chunk(list.get(), 1, chunk.as_ptr()), "set properties")?;
            }
            // Nothing is stored: there are no values.
            check(h5p::H5Pset_fill_time(list.get(), h5d::H5D_FILL_TIME_NEVER), "set properties")?;
            h5d::H5Dcreate2(id, name.as_ptr(), *h5t::H5T_IEEE_F32BE, space.get(), H5P_DEFAULT, list.get(), H5P_DEFAULT)
        };
        let dataset = self.lib.id(dataset, h5d::H5Dclose, "make a dimension")?;
        self.make_scale(dataset.get(), &format!("{ONLY_LENGTH}{:10}", dim.length))?;
        Ok(dataset)
    }

    /// The attributes that make a dataset a dimension scale.
    fn make_scale(&self, dataset: hid_t, name: &str) -> Result<()> {
        self.fixed_text(dataset, "CLASS", "DIMENSION_SCALE")?;
        self.fixed_text(dataset, "NAME", name)
    }

    fn fixed_text(&self, object: hid_t, name: &str, text: &str) -> Result<()> {
        let text = c_text(text)?;
        let bytes = text.as_bytes_with_nul();
        let kind = Kind::Fixed { size: bytes.len(), pad: H5T_str_t::H5T_STR_NULLTERM, cset: H5T_cset_t::H5T_CSET_ASCII };
        let kind = native(self.lib, &kind)?;
        self.attribute(object, name, kind.get(), kind.get(), &self.lib.space(&[])?, bytes.as_ptr().cast())
    }

    /// `data` has the elements of the space, as `memory` has them.
    fn attribute(&self, object: hid_t, name: &str, stored: hid_t, memory: hid_t, space: &Id, data: *const c_void) -> Result<()> {
        let name = c_text(name)?;
        let id = unsafe { h5a::H5Acreate2(object, name.as_ptr(), stored, space.get(), H5P_DEFAULT, H5P_DEFAULT) };
        let id = self.lib.id(id, h5a::H5Aclose, "make an attribute")?;
        check(unsafe { h5a::H5Awrite(id.get(), memory, data) }, "write an attribute")
    }

    fn attributes(&mut self, object: hid_t, attrs: &Attrs, place: &Place) -> Result<()> {
        for (name, value) in attrs.iter() {
            let value = flat::without_zeros(name, Cow::Borrowed(value), place, &mut self.notices);
            let write = self.value(object, name, &value);
            write.map_err(|e| e.at(Place { extent: Some(format!("attribute {name:?}")), ..place.clone() }))?;
        }
        Ok(())
    }

    /// One number or text without a shape, lists with one; no value at all as an empty space.
    fn value(&self, object: hid_t, name: &str, value: &AttrValue) -> Result<()> {
        let shape = value.shape();
        let value = value.flat();
        let put = |kind: &Kind, n: usize, bytes: &[u8]| {
            let kind = memory_type(self.lib, kind)?;
            self.attribute(object, name, kind.get(), kind.get(), &self.list(shape, n)?, bytes.as_ptr().cast())
        };
        macro_rules! put {
            ($v:expr) => {
                put(&Kind::Number(value.dtype()), $v.len(), bytemuck::cast_slice($v.as_slice()))
            };
        }
        let texts = |texts: &[String], space: Id| {
            let kind = native(self.lib, &Kind::Text { cset: H5T_cset_t::H5T_CSET_UTF8 })?;
            let texts = texts.iter().map(|t| c_text(t.as_str())).collect::<Result<Vec<_>>>()?;
            let pointers: Vec<_> = texts.iter().map(|t| t.as_ptr()).collect();
            self.attribute(object, name, kind.get(), kind.get(), &space, pointers.as_ptr().cast())
        };
        match value {
            AttrValue::Text(t) => texts(std::slice::from_ref(t), self.lib.space(&[])?),
            AttrValue::Texts(t) => texts(t, self.lib.space(shape.unwrap_or(&[t.len()]))?),
            AttrValue::Bytes(b) => {
                let size = b.len().max(1);
                let kind = Kind::Fixed { size, pad: H5T_str_t::H5T_STR_NULLPAD, cset: H5T_cset_t::H5T_CSET_ASCII };
                let kind = native(self.lib, &kind)?;
                let bytes = if b.is_empty() { &[0][..] } else { b };
                self.attribute(object, name, kind.get(), kind.get(), &self.lib.space(&[])?, bytes.as_ptr().cast())
            }
            AttrValue::Bool(v) => put(&Kind::Bool, v.len(), &v.iter().map(|&x| x.into()).collect::<Vec<u8>>()),
            AttrValue::Array(_) => Err(Error::internal("an array of arrays")),
            AttrValue::I8(v) => put!(v),
            AttrValue::U8(v) => put!(v),
            AttrValue::I16(v) => put!(v),
            AttrValue::U16(v) => put!(v),
            AttrValue::I32(v) => put!(v),
            AttrValue::U32(v) => put!(v),
            AttrValue::I64(v) => put!(v),
            AttrValue::U64(v) => put!(v),
            AttrValue::F32(v) => put!(v),
            AttrValue::F64(v) => put!(v),
        }
    }

    fn list(&self, shape: Option<&[usize]>, n: usize) -> Result<Id<'a>> {
        match (shape, n) {
            (Some(shape), _) => self.lib.space(shape),
            (None, 0) => self.lib.id(unsafe { h5s::H5Screate(h5s::H5S_class_t::H5S_NULL) }, h5s::H5Sclose, "make a shape"),
            (None, 1) => self.lib.space(&[]),
            (None, n) => self.lib.space(&[n]),
        }
    }

    fn variable(&mut self, id: hid_t, name: &str, variable: &Variable, dims: &[Seen], place: &Place) -> Result<Target> {
        let mut seen: Vec<&Seen> = Vec::new();
        for d in variable.dims() {
            let found = dims.iter().find(|s| s.name == *d);
            seen.push(found.ok_or_else(|| Error::internal(format!("dim {d:?} is not among those of its cube")))?);
        }
        let index = is_index(name, variable);
        // A dimension has the name already.
        let taken = !index && dims.iter().any(|d| *d.name == *name && d.scale.is_some());
        let c_name = name_of(&if taken { format!("_nc4_non_coord_{name}") } else { name.to_string() })?;
        let mut attrs = variable.attrs.clone();
        let kind = kind_of(variable)?;
        if kind == Kind::Bool {
            attrs.remove("dtype");
        }
        if let Some(xtype) = types::xtype_of(variable.dtype()).filter(|_| matches!(kind, Kind::Number(_))) {
            attrs = fill_in_type(attrs, xtype)?;
        }
        let big_endian = variable.encoding.big_endian && matches!(kind, Kind::Number(_));
        let enumeration = Enumeration::of(&variable.encoding, variable.dtype(), &attrs).map(|(e, rest)| (e.clone(), rest));
        let enumerated = enumeration.is_some();
        let (memory, stored) = match enumeration {
            Some((e, rest)) => {
                attrs = rest;
                let stored = enum_type(self.lib, &e, big_endian)?;
                self.name_type(&e, &stored)?;
                (enum_type(self.lib, &e, false)?, stored)
            }
            None => {
                let memory = memory_type(self.lib, &kind)?;
                let stored = stored_type(self.lib, &memory, big_endian)?;
                (memory, stored)
            }
        };
        let list = properties(self.lib, *h5p::H5P_CLS_DATASET_CREATE)?;
        let held = if kind == Kind::Bool { DType::Bool } else { variable.dtype().clone() };
        let unwritten = variable.encoding.unwritten.as_ref().or(attrs.get("_FillValue")).filter(|u| u.dtype() == held);
        self.fill(list.get(), unwritten, memory.get())?;
        let chunks = self.storage(list.get(), variable, &kind, &seen, place)?;
        let space = self.space(&seen)?;
        let dataset = unsafe { h5d::H5Dcreate2(id, c_name.as_ptr(), stored.get(), space.get(), H5P_DEFAULT, list.get(), H5P_DEFAULT) };
        let dataset = self.lib.id(dataset, h5d::H5Dclose, "make a dataset")?;
        self.attach(dataset.get(), name, index, &seen)?;
        // NetCDF wants the fill value in the type of the values.
        if let Some(fill) = attrs.get("_FillValue").filter(|_| enumerated).and_then(|v| v.number_bytes(0)) {
            self.attribute(dataset.get(), "_FillValue", stored.get(), memory.get(), &self.lib.space(&[])?, fill.as_ptr().cast())?;
            attrs.remove("_FillValue");
        }
        self.attributes(dataset.get(), &attrs, place)?;
        let dtype = variable.dtype().clone();
        let rank = variable.dims().len();
        let width = dtype.phys().and_then(|p| p.width()).unwrap_or(32);
        let direct = match &chunks {
            Some(_) if !matches!(kind, Kind::Text { .. } | Kind::Character { .. }) => {
                DirectDataset::new(dataset.get(), &dtype, variable.shape()).ok()
            }
            _ => None,
        };
        let chunk = match (&direct, &chunks) {
            (Some(d), _) => d.encoder().chunk().to_vec(),
            (None, chunks) => grow(chunks.as_deref().unwrap_or(&vec![1; rank]), variable.shape(), width, BLOCK),
        };
        let grid = ChunkGrid { shape: variable.shape().to_vec(), chunk };
        Ok(Target { direct, dataset: dataset.keep(), memory: memory.keep(), dtype, grid, place: place.clone() })
    }

    /// Puts a copy of a type that has a name beside the datasets, as NetCDF does, if the name is free.
    fn name_type(&mut self, e: &Enumeration, kind: &Id) -> Result<()> {
        let (Ok(name), false) = (name_of(&e.name), self.taken.contains(&e.name)) else { return Ok(()) };
        let copy = self.lib.id(unsafe { h5t::H5Tcopy(kind.get()) }, h5t::H5Tclose, "make a type")?;
        let list = properties(self.lib, *h5p::H5P_CLS_DATATYPE_CREATE)?;
        let code = unsafe { h5t::H5Tcommit2(self.root, name.as_ptr(), copy.get(), H5P_DEFAULT, list.get(), H5P_DEFAULT) };
        self.taken.push(e.name.clone());
        check(code, "name a type")
    }

    /// What the dataset has where nothing was written, as an element of the type in memory.
    fn fill(&self, list: hid_t, value: Option<&AttrValue>, memory: hid_t) -> Result<()> {
        match value.and_then(|v| v.number_bytes(0)) {
            Some(bytes) => check(unsafe { h5p::H5Pset_fill_value(list, memory, bytes.as_ptr().cast()) }, "set a fill value"),
            None => Ok(()),
        }
    }

    /// Makes a coordinate the scale of its dimension, and attaches anything else to the scales of its axes.
    fn attach(&mut self, dataset: hid_t, name: &str, index: bool, dims: &[&Seen]) -> Result<()> {
        if index {
            if let Some(scale) = dims.first().and_then(|d| d.scale) {
                self.scales[scale].dataset = dataset;
            }
            return self.make_scale(dataset, name);
        }
        if dims.iter().all(|d| d.scale.is_none()) {
            return Ok(());
        }
        let (_, own) = self.lib.about(dataset)?;
        let mut references = Vec::with_capacity(dims.len());
        for (axis, d) in dims.iter().enumerate() {
            references.push(match d.scale {
                Some(number) => {
                    self.scales[number].uses.push((own, axis as u32));
                    Some(self.lib.about(self.scales[number].dataset)?.1)
                }
                None => None,
            });
        }
        let lists: Vec<List> = references
            .iter()
            .map(|r| r.as_ref().map_or(List { length: 0, data: std::ptr::null() }, |r| List { length: 1, data: r as *const u64 as _ }))
            .collect();
        let kind = self.lib.id(unsafe { h5t::H5Tvlen_create(*h5t::H5T_STD_REF_OBJ) }, h5t::H5Tclose, "make a type")?;
        let space = self.lib.space(&[dims.len()])?;
        self.attribute(dataset, "DIMENSION_LIST", kind.get(), kind.get(), &space, lists.as_ptr().cast())
    }

    /// Each scale names the axes that it is attached to.
    fn reference_lists(&self) -> Result<()> {
        let record = |size: usize, number: hid_t| -> Result<Id<'a>> {
            let record = self.lib.id(unsafe { h5t::H5Tcreate(H5T_class_t::H5T_COMPOUND, size) }, h5t::H5Tclose, "make a type")?;
            unsafe {
                check(h5t::H5Tinsert(record.get(), c"dataset".as_ptr(), 0, *h5t::H5T_STD_REF_OBJ), "make a type")?;
                check(h5t::H5Tinsert(record.get(), c"dimension".as_ptr(), 8, number), "make a type")?;
            }
            Ok(record)
        };
        let kind = record(16, *h5t::H5T_NATIVE_UINT)?;
        for scale in self.scales.iter().filter(|s| !s.uses.is_empty() && s.dataset >= 0) {
            let uses: Vec<[u64; 2]> = scale.uses.iter().map(|&(object, axis)| [object, padded(axis)]).collect();
            let space = self.lib.space(&[uses.len()])?;
            self.attribute(scale.dataset, "REFERENCE_LIST", kind.get(), kind.get(), &space, uses.as_ptr().cast())?;
        }
        Ok(())
    }

    /// Chunks and filters, as for NetCDF-4; answers the chunk shape.
    fn storage(&mut self, list: hid_t, variable: &Variable, kind: &Kind, dims: &[&Seen], place: &Place) -> Result<Option<Vec<usize>>> {
        let encoding = &variable.encoding;
        if dims.is_empty() {
            return Ok(None);
        }
        let text = matches!(kind, Kind::Text { .. });
        let width = variable.dtype().phys().and_then(|p| p.width()).unwrap_or(16);
        let grows = dims.iter().any(|d| d.grows);
        let bytes = variable.shape().iter().fold(width, |n, &s| n.saturating_mul(s));
        let mut filters = match &self.options.filters {
            _ if text => Vec::new(),
            Some(filters) if bytes >= SMALL || !encoding.filters.is_empty() => filters.clone(),
            _ => encoding.filters.clone(),
        };
        // A checksum is no compression: another compression does not take it away.
        if !text && encoding.filters.contains(&Filter::Fletcher32) && !filters.contains(&Filter::Fletcher32) {
            filters.push(Filter::Fletcher32);
        }
        let said = encoding.chunks.clone().filter(|c| (!encoding.contiguous || grows) && c.len() == dims.len());
        let asked = |d: &Seen| self.options.chunks.iter().find(|(n, _)| **n == *d.name).map(|(_, c)| *c);
        let empty = variable.is_empty() && !grows;
        if empty || said.is_none() && filters.is_empty() && !grows && dims.iter().all(|d| asked(d).is_none()) {
            return Ok(None);
        }
        let mut chunks = said.unwrap_or_else(|| default_chunks(variable.shape(), width, CHUNK));
        for (chunk, d) in chunks.iter_mut().zip(dims) {
            *chunk = asked(d).unwrap_or(*chunk).max(1);
            if !d.grows {
                *chunk = (*chunk).min(d.length.max(1));
            }
        }
        // A chunk must stay below 4 GB.
        while chunks.iter().fold(width, |n, &c| n.saturating_mul(c)) >= u32::MAX as usize {
            halve(&mut chunks);
        }
        let lengths: Vec<hsize_t> = chunks.iter().map(|&c| c as hsize_t).collect();
        check(unsafe { h5p::H5Pset_chunk(list, lengths.len() as c_int, lengths.as_ptr()) }, "set the chunks of a dataset")?;
        for filter in &filters {
            self.filter(list, filter, place)?;
        }
        Ok(Some(chunks))
    }

    fn filter(&mut self, list: hid_t, filter: &Filter, place: &Place) -> Result<()> {
        if filter.drops_digits() {
            self.notices.warn("written without scale-offset, which would drop digits once more", place.clone());
            return Ok(());
        }
        let code = match filter {
            Filter::Shuffle => unsafe { h5p::H5Pset_shuffle(list) },
            Filter::Deflate(level) => unsafe { h5p::H5Pset_deflate(list, (*level).min(9)) },
            Filter::Fletcher32 => unsafe { h5p::H5Pset_fletcher32(list) },
            other => {
                let (id, parameters) = match other {
                    Filter::Zstd(level) => (32015, vec![*level as u32]),
                    Filter::Szip { options, pixels } => (4, vec![*options, *pixels]),
                    Filter::Other { id, parameters } => (*id, parameters.clone()),
                    _ => return Ok(()),
                };
                // One that only reads is no use here.
                let mut can = 0;
                let known = unsafe { h5z::H5Zfilter_avail(id as c_int) > 0 && h5z::H5Zget_filter_info(id as c_int, &mut can) >= 0 };
                if !known || can & h5z::H5Z_FILTER_CONFIG_ENCODE_ENABLED == 0 {
                    self.notices.warn(format!("written without filter {id}, which is not available here"), place.clone());
                    return Ok(());
                }
                unsafe { h5p::H5Pset_filter(list, id as c_int, 0, parameters.len(), parameters.as_ptr()) }
            }
        };
        check(code, "set a filter of a dataset")
    }
}

/// A list of references, as the library has it in memory.
#[repr(C)]
struct List {
    length: usize,
    data: *const c_void,
}

/// A number of four bytes in the first four of eight.
fn padded(n: u32) -> u64 {
    let mut bytes = [0u8; 8];
    bytes[..4].copy_from_slice(&n.to_ne_bytes());
    u64::from_ne_bytes(bytes)
}

/// A 1-D variable of the name of its dimension.
fn is_index(name: &str, v: &Variable) -> bool {
    v.dims().len() == 1 && *v.dims()[0] == *name
}

/// How the values of an encoded variable are held.
fn kind_of(variable: &Variable) -> Result<Kind> {
    Ok(match variable.dtype() {
        DType::Bool => Kind::Bool,
        DType::I8 if variable.attrs.text("dtype") == Some("bool") && !variable.attrs.contains("_FillValue") => Kind::Bool,
        DType::U8 if flat::is_text(variable) => Kind::Character { pad: H5T_str_t::H5T_STR_NULLTERM, cset: H5T_cset_t::H5T_CSET_ASCII },
        DType::Str => Kind::Text { cset: H5T_cset_t::H5T_CSET_UTF8 },
        d if types::xtype_of(d).is_some() => Kind::Number(d.clone()),
        d => return Err(flat::not_encoded(d)),
    })
}

/// The type of the blocks in memory: booleans are h5py's enumeration.
fn memory_type<'l>(lib: &'l Lib, kind: &Kind) -> Result<Id<'l>> {
    if *kind != Kind::Bool {
        return native(lib, kind);
    }
    let flags = lib.id(unsafe { h5t::H5Tenum_create(*h5t::H5T_NATIVE_INT8) }, h5t::H5Tclose, "make a type")?;
    for (name, value) in [(c"FALSE", 0i8), (c"TRUE", 1)] {
        check(unsafe { h5t::H5Tenum_insert(flags.get(), name.as_ptr(), (&raw const value).cast()) }, "make a type")?;
    }
    Ok(flags)
}

/// An enumeration of the file's own, in its order of bytes.
fn enum_type<'l>(lib: &'l Lib, e: &Enumeration, big_endian: bool) -> Result<Id<'l>> {
    let base = native(lib, &Kind::Number(e.values.dtype()))?;
    let base = stored_type(lib, &base, big_endian)?;
    let kind = lib.id(unsafe { h5t::H5Tenum_create(base.get()) }, h5t::H5Tclose, "make a type")?;
    for (i, name) in e.names.iter().enumerate() {
        let mut value = e.values.number_bytes(i).unwrap_or_else(|| vec![0; 8]);
        if big_endian {
            value.reverse();
        }
        let name = c_text(name.as_str())?;
        check(unsafe { h5t::H5Tenum_insert(kind.get(), name.as_ptr(), value.as_ptr().cast()) }, "make a type")?;
    }
    Ok(kind)
}

/// The type in the file: little-endian unless big-endian is asked for.
fn stored_type<'l>(lib: &'l Lib, memory: &Id<'l>, big_endian: bool) -> Result<Id<'l>> {
    let kind = lib.id(unsafe { h5t::H5Tcopy(memory.get()) }, h5t::H5Tclose, "make a type")?;
    if big_endian {
        check(unsafe { h5t::H5Tset_order(kind.get(), h5t::H5T_ORDER_BE) }, "make a type")?;
    }
    Ok(kind)
}
