//! The structure of a new file: dimensions, groups, variables, attributes, storage.

use super::ffi::{GLOBAL, Lib};
use super::flat::{self, Convert};
use super::slab::grow;
use super::types::xtype_of;
use super::write::{NetcdfFormat, NetcdfWriteOptions, Target};
use super::{attrs, zstd};
use crate::array::{Dataset, Enumeration, Filter, Variable};
use crate::dtype::DType;
use crate::error::{Error, ErrorKind, Level, Notices, Place, Result};
use crate::store::{AttrValue, Attrs, ChunkGrid};
use indexmap::IndexMap;
use netcdf_sys as nc;
use std::ffi::c_int;
use std::sync::Arc;

/// A chunk has about this many bytes where nothing is said.
const CHUNK: usize = 1 << 20;
/// Blocks are written in about this many bytes.
const BLOCK: usize = 4 << 20;
/// Variables smaller than this are not compressed unless they say so themselves.
const SMALL: usize = 4096;

/// Defines all of a cube.
pub(super) struct Definer<'a> {
    pub lib: &'a Lib,
    pub options: &'a NetcdfWriteOptions,
    pub targets: IndexMap<String, Target>,
    pub notices: Notices,
    enumerations: Enumerations,
}

/// The enumerations that the file has, all of them in its root.
#[derive(Default)]
struct Enumerations {
    root: c_int,
    /// Names that the root has for something else.
    taken: Vec<String>,
    /// By its number.
    known: Vec<(String, Enumeration, c_int)>,
}

impl Enumerations {
    /// The number of an enumeration, which is defined unless it is there.
    fn number(&mut self, lib: &Lib, e: &Enumeration, variable: &str) -> Result<c_int> {
        let plain = if e.name.is_empty() || e.name.starts_with('_') { format!("{variable}_enum") } else { e.name.clone() };
        let alike = |k: &Enumeration| k.values == e.values && k.names == e.names;
        if let Some(known) = self.known.iter().find(|(name, k, _)| alike(k) && (*name == plain || e.name.is_empty())) {
            return Ok(known.2);
        }
        let free = |name: &String| !self.taken.contains(name) && self.known.iter().all(|(n, ..)| n != name);
        let name = std::iter::once(plain.clone()).chain((2..).map(|i| format!("{plain}_{i}"))).find(free).unwrap_or(plain);
        let base = xtype_of(&e.values.dtype()).ok_or_else(|| Error::internal("an enumeration of no numbers"))?;
        let values: Vec<Vec<u8>> = (0..e.names.len()).map_while(|i| e.values.number_bytes(i)).collect();
        let members: Vec<(&str, &[u8])> = e.names.iter().map(String::as_str).zip(values.iter().map(Vec::as_slice)).collect();
        let number = lib.def_enum(self.root, base, &name, &members)?;
        self.known.push((name, e.clone(), number));
        Ok(number)
    }
}

/// A dimension that a group sees.
#[derive(Clone)]
struct Seen {
    name: Arc<str>,
    length: usize,
    id: c_int,
    unlimited: bool,
}

impl<'a> Definer<'a> {
    pub fn new(lib: &'a Lib, options: &'a NetcdfWriteOptions) -> Definer<'a> {
        Definer { lib, options, targets: IndexMap::new(), notices: Notices::new(), enumerations: Enumerations::default() }
    }

    fn classic(&self) -> bool {
        self.options.format != NetcdfFormat::Nc4
    }

    /// Defines the root and what is below it, and ends the definitions.
    pub fn root(&mut self, id: c_int, dataset: &Dataset) -> Result<()> {
        if self.classic() && !dataset.groups.is_empty() {
            let names: Vec<&str> = dataset.groups.keys().map(String::as_str).collect();
            let message = format!("groups are left out, classic files have none: {}", crate::error::quoted_list(&names, 5));
            self.notices.push(Level::Changed, message, Place::default());
        }
        let names = dataset.vars.keys().chain(dataset.groups.keys()).cloned();
        let names = names.chain(dataset.coords.iter().map(|(n, _)| n.to_string())).chain(dataset.dims.keys().map(|d| d.to_string()));
        self.enumerations = Enumerations { root: id, taken: names.collect(), known: Vec::new() };
        self.group(id, dataset, &[], "")?;
        self.lib.end_definitions(id)
    }

    fn group(&mut self, id: c_int, dataset: &Dataset, above: &[Seen], path: &str) -> Result<()> {
        let place = Place { group: (!path.is_empty()).then(|| format!("/{path}")), ..Place::default() };
        let mut dims = self.dims(id, dataset, above).map_err(|e| e.at(place.clone()))?;
        self.attributes(id, GLOBAL, &dataset.attrs, &place)?;
        let variables = dataset.coords.iter().chain(dataset.vars.iter().map(|(n, v)| (n.as_str(), v)));
        for (name, variable) in variables {
            let place = Place { variable: Some(name.to_string()), ..place.clone() };
            let target = self.variable(id, name, variable, &mut dims, &place).map_err(|e| e.at(place.clone()))?;
            let key = if path.is_empty() { name.to_string() } else { format!("{path}/{name}") };
            self.targets.insert(key, target);
        }
        if !self.classic() {
            for (name, below) in &dataset.groups {
                let group = self.lib.def_group(id, name).map_err(|e| e.at(Place { group: Some(name.clone()), ..Place::default() }))?;
                let path = if path.is_empty() { name.clone() } else { format!("{path}/{name}") };
                self.group(group, below, &dims, &path)?;
            }
        }
        Ok(())
    }

    /// The dimensions of a group: its own are defined, those that a group above has with the same length are seen from there.
    fn dims(&mut self, id: c_int, dataset: &Dataset, above: &[Seen]) -> Result<Vec<Seen>> {
        let mut seen: Vec<Seen> = Vec::new();
        let record = if self.classic() { self.record_dim(dataset)? } else { None };
        for (name, &length) in &dataset.dims {
            let mut unlimited = dataset.unlimited.contains(name);
            if !unlimited && let Some(same) = above.iter().find(|s| s.name == *name && s.length == length) {
                seen.push(same.clone());
                continue;
            }
            if self.classic() {
                unlimited = record.as_ref() == Some(name);
            } else if length == 0 && !unlimited {
                let message = format!("dim {name:?} of length 0 becomes unlimited: NetCDF has no other of that length");
                self.notices.warn(message, Place { dim: Some(name.to_string()), ..Place::default() });
                unlimited = true;
            }
            let define = self.lib.def_dim(id, name, if unlimited { nc::NC_UNLIMITED } else { length });
            let number = define.map_err(|e| e.at(Place { dim: Some(name.to_string()), ..Place::default() }))?;
            seen.push(Seen { name: name.clone(), length, id: number, unlimited });
        }
        seen.extend(above.iter().filter(|a| dataset.dims.keys().all(|d| *d != a.name)).cloned());
        Ok(seen)
    }

    /// The one dimension that can grow in a classic file: it must be the first of every variable that has it.
    fn record_dim(&mut self, dataset: &Dataset) -> Result<Option<Arc<str>>> {
        let variables = || dataset.coords.iter().map(|(_, v)| v).chain(dataset.vars.values());
        let leads = |d: &Arc<str>| variables().all(|v| v.dims().iter().skip(1).all(|x| x != d));
        let empty: Vec<&Arc<str>> = dataset.dims.iter().filter(|(_, n)| **n == 0).map(|(d, _)| d).collect();
        let wanted = empty.iter().copied().chain(&dataset.unlimited);
        let record = wanted.clone().find(|d| leads(d)).cloned();
        for d in wanted {
            if record.as_ref() == Some(d) {
                continue;
            }
            let place = Place { dim: Some(d.to_string()), ..Place::default() };
            if empty.contains(&d) {
                return Err(Error::new(ErrorKind::Loss, format!("a classic file cannot hold dim {d:?} of length 0")).at(place));
            }
            self.notices.warn(format!("dim {d:?} is no longer unlimited: classic files have one such dim, and it comes first"), place);
        }
        Ok(record)
    }

    fn attributes(&mut self, id: c_int, variable: c_int, attrs: &Attrs, place: &Place) -> Result<()> {
        for (name, value) in attrs.iter() {
            let value = attrs::held(name, value, place, &mut self.notices);
            let write = match self.classic() {
                true => attrs::write(self.lib, id, variable, name, &flat::attribute(name, &value, place, &mut self.notices)),
                false => attrs::write(self.lib, id, variable, name, &value),
            };
            write.map_err(|e| e.at(Place { extent: Some(format!("attribute {name:?}")), ..place.clone() }))?;
        }
        Ok(())
    }

    fn variable(&mut self, id: c_int, name: &str, variable: &Variable, dims: &mut Vec<Seen>, place: &Place) -> Result<Target> {
        let (enumeration, variable) = &self.enumerated(name, variable, place);
        let (xtype, convert, attrs) = self.plan(variable, place)?;
        let mut seen = Vec::new();
        for d in variable.dims() {
            let found = dims.iter().find(|s| s.name == *d);
            seen.push(found.cloned().ok_or_else(|| Error::internal(format!("dim {d:?} is not among those of its cube")))?);
        }
        if let Convert::Characters(width) = convert {
            seen.push(self.char_dim(id, variable, width, dims)?);
        }
        let ids: Vec<c_int> = seen.iter().map(|s| s.id).collect();
        let number = self.lib.def_variable(id, name, enumeration.unwrap_or(xtype), &ids)?;
        let chunks = if self.options.format == NetcdfFormat::Nc3 { None } else { self.storage(id, number, xtype, variable, &seen, place)? };
        let mut attrs = fill_in_type(attrs, xtype)?;
        // The fill value has the type of the values.
        if let Some((xtype, fill)) = enumeration.and_then(|e| Some((e, attrs.remove("_FillValue")?))) {
            let bytes = fill.number_bytes(0).ok_or_else(|| Error::wrong_type("the _FillValue is no number"))?;
            self.lib.put_attribute(id, number, "_FillValue", xtype, 1, &bytes)?;
        }
        self.attributes(id, number, &attrs, place)?;
        let rank = variable.dims().len();
        let ones = vec![1; rank];
        let chunked = &chunks;
        let chunks = chunks.as_ref().map_or(ones.as_slice(), |c| &c[..rank]);
        let width = variable.dtype().phys().and_then(|p| p.width()).unwrap_or(32);
        let grid = ChunkGrid::new(variable.shape(), &grow(chunks, variable.shape(), width, BLOCK));
        let dtype = variable.dtype().clone();
        Ok(Target { group: id, variable: number, dtype, convert, grid, chunked: chunked.is_some(), direct: None, place: place.clone() })
    }

    /// The number of the enumeration that a variable is of, and the variable without what that says.
    fn enumerated(&mut self, name: &str, variable: &Variable, place: &Place) -> (Option<c_int>, Variable) {
        let mut plain = variable.clone();
        let Some((e, rest)) = Enumeration::of(&variable.encoding, variable.dtype(), &variable.attrs) else { return (None, plain) };
        let number = match self.options.format {
            NetcdfFormat::Nc4 => self.enumerations.number(self.lib, e, name).ok(),
            _ => None,
        };
        match number {
            Some(_) => {
                plain.attrs = rest;
                plain.encoding.big_endian = false;
            }
            None => self.notices.push(Level::Omitted, e.lost_in(name, variable.dtype()), place.clone()),
        }
        (number, plain)
    }

    fn plan(&mut self, variable: &Variable, place: &Place) -> Result<(c_int, Convert, Attrs)> {
        if self.classic() {
            let integers = place.variable.as_ref().is_some_and(|name| self.options.integers.contains(name));
            return flat::plan(variable, integers, place, &mut self.notices);
        }
        let attrs = variable.attrs.clone();
        let xtype = xtype_of(variable.dtype()).ok_or_else(|| flat::not_encoded(variable.dtype()))?;
        Ok(match variable.dtype() {
            DType::U8 if flat::is_text(variable) => (nc::NC_CHAR, Convert::Plain, attrs),
            DType::Str if variable.encoding.char_dim.is_some() => (nc::NC_CHAR, Convert::Characters(flat::longest(variable)?), attrs),
            DType::Str => (xtype, Convert::Strings, attrs),
            _ => (xtype, Convert::Plain, attrs),
        })
    }

    /// A dimension of this length for the characters of texts: the one that the variable names, else `string12`.
    fn char_dim(&self, id: c_int, variable: &Variable, length: usize, dims: &mut Vec<Seen>) -> Result<Seen> {
        let plain = format!("string{length}");
        let asked = variable
            .encoding
            .char_dim
            .as_deref()
            .filter(|d| !d.is_empty() && dims.iter().all(|s| *s.name != **d || s.length == length && !s.unlimited));
        let mut name: Arc<str> = asked.unwrap_or(&plain).into();
        let mut n = 0;
        loop {
            match dims.iter().find(|s| s.name == name) {
                Some(s) if s.length == length && !s.unlimited && variable.dims().iter().all(|d| *d != name) => return Ok(s.clone()),
                Some(_) => {
                    n += 1;
                    name = format!("{plain}_{n}").into();
                }
                None => break,
            }
        }
        let dim = Seen { name: name.clone(), length, id: self.lib.def_dim(id, &name, length)?, unlimited: false };
        dims.push(dim.clone());
        Ok(dim)
    }

    /// Chunks, filters, byte order and fill mode of a NetCDF-4 variable; answers the chunk shape.
    fn storage(
        &mut self,
        id: c_int,
        number: c_int,
        xtype: c_int,
        variable: &Variable,
        dims: &[Seen],
        place: &Place,
    ) -> Result<Option<Vec<usize>>> {
        let encoding = &variable.encoding;
        let shape: Vec<usize> = dims.iter().map(|d| d.length).collect();
        let width = super::types::width_of(xtype).unwrap_or(16);
        let unlimited = dims.iter().any(|d| d.unlimited);
        // The library refuses strings without a fill value.
        if encoding.no_fill && xtype != nc::NC_STRING && !variable.attrs.contains("_FillValue") {
            self.lib.def_no_fill(id, number)?;
        }
        if encoding.big_endian && xtype != nc::NC_STRING {
            self.lib.def_big_endian(id, number)?;
        }
        if dims.is_empty() {
            return Ok(None);
        }
        let bytes = shape.iter().fold(width, |n, &s| n.saturating_mul(s));
        let mut filters = match &self.options.filters {
            _ if xtype == nc::NC_STRING => Vec::new(),
            Some(filters) if bytes >= SMALL || !encoding.filters.is_empty() => filters.clone(),
            _ => encoding.filters.clone(),
        };
        // A checksum is no compression: another compression does not take it away.
        if xtype != nc::NC_STRING && encoding.filters.contains(&Filter::Fletcher32) && !filters.contains(&Filter::Fletcher32) {
            filters.push(Filter::Fletcher32);
        }
        let said = encoding.chunks.clone().filter(|_| !encoding.contiguous || unlimited).and_then(|mut c| {
            // Texts that were characters have lost the last dimension of their chunks.
            if c.len() + 1 == dims.len() && shape.len() > variable.dims().len() {
                c.push(shape[shape.len() - 1]);
            }
            (c.len() == dims.len()).then_some(c)
        });
        let asked = |d: &Seen| self.options.chunks.iter().find(|(n, _)| **n == *d.name).map(|(_, c)| *c);
        if said.is_none() && filters.is_empty() && !unlimited && dims.iter().all(|d| asked(d).is_none()) {
            self.lib.def_chunks(id, number, None)?;
            return Ok(None);
        }
        let mut chunks = said.unwrap_or_else(|| default_chunks(&shape, width, CHUNK));
        for (chunk, d) in chunks.iter_mut().zip(dims) {
            *chunk = asked(d).unwrap_or(*chunk).max(1);
            if !d.unlimited {
                *chunk = (*chunk).min(d.length.max(1));
            }
        }
        // A chunk must stay below 4 GB.
        while chunks.iter().fold(width, |n, &c| n.saturating_mul(c)) >= u32::MAX as usize {
            halve(&mut chunks);
        }
        self.lib.def_chunks(id, number, Some(&chunks))?;
        self.filters(id, number, &filters, place)?;
        Ok(Some(chunks))
    }

    fn filters(&mut self, id: c_int, number: c_int, filters: &[Filter], place: &Place) -> Result<()> {
        let level = filters.iter().find_map(|f| if let Filter::Deflate(level) = f { Some(*level) } else { None });
        let shuffle = filters.contains(&Filter::Shuffle);
        if shuffle || level.is_some() {
            self.lib.def_deflate(id, number, shuffle, level)?;
        }
        for filter in filters {
            if filter.drops_digits() {
                self.notices.warn("written without scale-offset, which would drop digits once more", place.clone());
                continue;
            }
            let (filter, parameters) = match filter {
                Filter::Shuffle | Filter::Deflate(_) => continue,
                Filter::Fletcher32 => {
                    self.lib.def_fletcher32(id, number)?;
                    continue;
                }
                Filter::Zstd(level) => (zstd::FILTER, vec![*level as u32]),
                Filter::Szip { options, pixels } => (4, vec![*options, *pixels]),
                Filter::Other { id, parameters } => (*id, parameters.clone()),
            };
            if let Err(e) = self.lib.def_filter(id, number, filter, &parameters) {
                if e.kind() != ErrorKind::Unsupported {
                    return Err(e);
                }
                self.notices.warn(format!("written without filter {filter}, which is not available here"), place.clone());
            }
        }
        Ok(())
    }
}

/// A chunk of about this many bytes: the longest dimension is halved until it is small enough.
pub(in crate::io) fn default_chunks(shape: &[usize], width: usize, target: usize) -> Vec<usize> {
    let mut chunks: Vec<usize> = shape.iter().map(|&n| n.max(1)).collect();
    while chunks.iter().fold(width, |n, &c| n.saturating_mul(c)) > target && chunks.iter().any(|&c| c > 1) {
        halve(&mut chunks);
    }
    chunks
}

pub(in crate::io) fn halve(chunks: &mut [usize]) {
    let longest = chunks.iter().copied().max().unwrap_or(1);
    if let Some(c) = chunks.iter_mut().find(|c| **c == longest) {
        *c = c.div_ceil(2);
    }
}

/// `_FillValue` must be of the variable's own type: another one is brought to it where the number is the same.
#[allow(clippy::unnecessary_cast)] // one macro for all types, f64 too
pub(in crate::io) fn fill_in_type(mut attrs: Attrs, xtype: c_int) -> Result<Attrs> {
    let Some(value) = attrs.get("_FillValue") else { return Ok(attrs) };
    let misfit = || Error::wrong_type(format!("the _FillValue {:?} is not of the variable's type", value.scalars()));
    macro_rules! number {
        ($variant:ident, $t:ty) => {
            match value {
                AttrValue::$variant(_) => value.clone(),
                other => {
                    let x = other.as_f64().ok_or_else(misfit)?;
                    let y = x as $t;
                    if y as f64 != x && !x.is_nan() {
                        return Err(misfit());
                    }
                    AttrValue::$variant(vec![y])
                }
            }
        };
    }
    let value = match xtype {
        nc::NC_BYTE => number!(I8, i8),
        nc::NC_UBYTE => number!(U8, u8),
        nc::NC_SHORT => number!(I16, i16),
        nc::NC_USHORT => number!(U16, u16),
        nc::NC_INT => number!(I32, i32),
        nc::NC_UINT => number!(U32, u32),
        nc::NC_INT64 => number!(I64, i64),
        nc::NC_UINT64 => number!(U64, u64),
        nc::NC_FLOAT => number!(F32, f32),
        nc::NC_DOUBLE => number!(F64, f64),
        nc::NC_STRING => AttrValue::Texts(vec![value.as_str().ok_or_else(misfit)?.to_string()]),
        _ => match value {
            AttrValue::Text(t) if t.is_empty() => AttrValue::Bytes(vec![0]),
            AttrValue::Text(t) if t.len() == 1 => value.clone(),
            AttrValue::Bytes(b) if b.len() == 1 => value.clone(),
            AttrValue::U8(b) if b.len() == 1 => AttrValue::Bytes(b.clone()),
            _ => return Err(misfit()),
        },
    };
    attrs.set("_FillValue", value);
    Ok(attrs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn default_chunk_is_about_the_target_and_never_empty() {
        assert_eq!(default_chunks(&[1000, 180, 360], 4, 1 << 20), [63, 45, 90]);
        assert_eq!(default_chunks(&[0, 3], 8, 1 << 20), [1, 3]);
        assert_eq!(default_chunks(&[12], 8, 4), [1]);
    }
}
