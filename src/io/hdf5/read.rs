//! What a file holds, as a cube whose variables are still in it.

use super::array::{H5Array, H5File, Opened};
use super::attrs;
use super::dims::Dims;
use super::ffi::{self, Lib};
use super::types::{Kind, Names, Reading, What, describe};
use super::values::Paths;
use super::walk::{Found, Tree, walk};
use crate::array::{Dataset, Encoding, Enumeration, LazyArray};
use crate::dtype::DType;
use crate::error::{Error, ErrorKind, IoResultExt, Level, Notices, Place, Result, ResultExt};
use crate::io::chunked::{ChunkedArray, DataFile};
use crate::io::netcdf::array::note_latin;
use crate::io::netcdf::read::{Placed, ReadBy, filter};
use crate::io::netcdf::{heap, kind};
use crate::store::{AttrValue, Attrs};
use hdf5_metno_sys::h5::hsize_t;
use hdf5_metno_sys::h5i::hid_t;
use hdf5_metno_sys::{h5d, h5p, h5t};
use std::ffi::{CString, c_int, c_uint};
use std::fs::File;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// How a file is read.
#[derive(Clone, Debug, Default)]
pub struct Hdf5ReadOptions {
    /// Only this group (`/ocean/deep`) and those below it, as if it were the file.
    pub group: Option<String>,
    /// Who reads the values. They are the same either way.
    pub read_by: ReadBy,
}

/// A dataset of fewer bytes is not worth looking for its chunks.
const SMALL: usize = 64 << 10;

/// Opens a file: metadata only, values stay in it until they are asked for. Nothing is decoded.
///
/// * Dimension scales are dimensions, and coordinates where they have values. An axis without a scale has the dimension that its
///   label names, else `phony_dim_0` and so on, which datasets of a group share where their lengths are the same.
/// * Integers, floats (f16 as f32), texts of fixed and variable length, and bits (as unsigned integers) are read; enumerations as in
///   [`netcdf::open`](crate::io::netcdf::open); references to objects as the paths of these; elements that are arrays have their
///   dimensions behind those of the dataset.
/// * A dataset of records is a group of that name, with a variable for each member.
/// * Characters (texts of one byte) are `u8` arrays as in NetCDF where NetCDF-4 wrote the file or their last axis has a scale, else texts.
/// * What a cube cannot hold (lists of various lengths, opaque bytes, complex numbers, datasets without values) is left out with a
///   notice of level [`Level::Changed`], and so are links to other files, which are not followed.
///
/// The file stays open as long as a variable of it is held.
///
/// # Errors
/// Io; format, for what is no HDF5 file, is cut off or damaged; not found, for a group that is not there.
pub fn open(path: &Path, options: &Hdf5ReadOptions) -> Result<(Dataset, Notices)> {
    if path.is_dir() {
        return Err(Error::io(std::io::ErrorKind::IsADirectory.into(), path));
    }
    let mut file = File::open(path).io_at(path)?;
    let size = file.metadata().io_at(path)?.len();
    if size == 0 {
        return Err(Error::format("the file is empty").at(Place::file(path)));
    }
    if !kind::superblock_of(&mut file, size).at_file(path)? {
        let e = Error::format("this is not an HDF5 file: it does not begin like one");
        return Err(e.help("say what it is with --from FORMAT").at(Place::file(path)));
    }
    heap::check(&mut file, path)?;
    drop(file);
    let mut notices = Notices::new();
    let mut texts = Vec::new();
    let dataset = read(path, options, &mut texts, &mut notices).at_file(path)?;
    // Behind the lock of the library.
    note_latin(texts, |a| &a.latin, &mut notices);
    let Some(group) = options.group.as_deref().filter(|g| !g.trim_matches('/').is_empty()) else { return Ok((dataset, notices)) };
    let dataset = pick(dataset, group).at_file(path)?;
    let inside = |at: &str| at.trim_matches('/').strip_prefix(group.trim_matches('/')).is_some_and(|r| r.is_empty() || r.starts_with('/'));
    let mut here = Notices::new();
    for n in notices.iter().filter(|n| n.place.group.as_deref().is_some_and(inside)) {
        here.push(n.level, n.message.clone(), n.place.clone());
    }
    Ok((dataset, here))
}

fn pick(mut dataset: Dataset, path: &str) -> Result<Dataset> {
    let mut all = Vec::new();
    paths(&dataset, "", &mut all);
    for part in path.split('/').filter(|p| !p.is_empty()) {
        dataset = dataset.groups.shift_remove(part).ok_or_else(|| {
            let asked = path.trim_matches('/');
            match all.iter().find(|p| p.ends_with(&format!("/{asked}"))) {
                Some(near) => Error::not_found("group", asked, []).help(format!("did you mean {near:?}?")),
                None => Error::not_found("group", asked, all.iter().map(String::as_str)),
            }
        })?;
    }
    Ok(dataset)
}

fn paths(dataset: &Dataset, path: &str, all: &mut Vec<String>) {
    for (name, below) in &dataset.groups {
        let path = if path.is_empty() { name.clone() } else { format!("{path}/{name}") };
        all.push(path.clone());
        paths(below, &path, all);
    }
}

fn read(path: &Path, options: &Hdf5ReadOptions, texts: &mut Vec<Arc<H5Array>>, notices: &mut Notices) -> Result<Dataset> {
    let lib = ffi::lock();
    let data = DataFile::open(path).ok().map(Arc::new);
    let file = Arc::new(H5File { id: lib.open_file(path)?.keep(), path: path.to_path_buf(), data });
    let tree = walk(&lib, file.id, path, notices)?;
    let paths: Paths = Arc::new(tree.paths.clone());
    let mut reader =
        Reader { lib: &lib, file: &file, paths, tree: &tree, dims: Dims::new(&tree), read_by: options.read_by, texts, notices };
    reader.group(0)
}

struct Reader<'a> {
    lib: &'a Lib,
    file: &'a Arc<H5File>,
    paths: Paths,
    tree: &'a Tree,
    dims: Dims<'a>,
    read_by: ReadBy,
    /// Variables of texts.
    texts: &'a mut Vec<Arc<H5Array>>,
    notices: &'a mut Notices,
}

impl Reader<'_> {
    fn group(&mut self, number: usize) -> Result<Dataset> {
        let (lib, group) = (self.lib, &self.tree.groups[number]);
        let place = Place { group: (number > 0).then(|| group.path.clone()), ..Place::file(&self.file.path) };
        let object = lib.open(self.file.id, &group.object).map_err(|e| e.at(place.clone()))?;
        let properties = lib.group_properties(object.get())?;
        let all = attrs::open(lib, object.get(), properties.get())?;
        let attrs =
            attrs::read(lib, &all, (false, self.tree.is_netcdf), &self.paths, &place, self.notices).map_err(|e| e.at(place.clone()))?;
        let mut dataset = Dataset { attrs, ..Dataset::new() };
        self.dims.define(number, &mut dataset);
        for &i in &group.datasets {
            let found = &self.tree.datasets[i];
            let place = Place { variable: Some(found.name.clone()), ..place.clone() };
            if !found.scales.only_length {
                self.dataset(found, &mut dataset, &place).map_err(|e| e.at(place))?;
            }
        }
        for &below in &group.groups {
            let name = self.tree.groups[below].name.clone();
            let below = self.group(below)?;
            match dataset.groups.entry(name) {
                // Records and a group of one name cannot be: names of links are different.
                indexmap::map::Entry::Occupied(_) => {}
                indexmap::map::Entry::Vacant(slot) => drop(slot.insert(below)),
            }
        }
        Ok(dataset)
    }

    fn dataset(&mut self, found: &Found, dataset: &mut Dataset, place: &Place) -> Result<()> {
        let lib = self.lib;
        let object = lib.open(self.file.id, &found.object)?;
        let (kind, _, creation) = lib.dataset(object.get())?;
        let all = attrs::open(lib, object.get(), creation.get())?;
        let attrs = attrs::read(lib, &all, (found.scales.is_scale, self.tree.is_netcdf), &self.paths, place, self.notices)?;
        let storage = self.storage(creation.get(), found, place)?;
        match describe(lib, kind.get(), 0) {
            Ok(What::Values(reading)) => {
                let fill = self.fill(creation.get(), &reading);
                let unwritten = self.unwritten(&storage, fill, &reading, &attrs);
                let storage = Encoding { unwritten, ..storage };
                let type_name = if reading.names.is_some() { self.named(kind.get()) } else { String::new() };
                self.values(found, (found.name.clone(), type_name), reading, (attrs, storage, fill), dataset, place)
            }
            Ok(What::Records(members)) => {
                let mut group = Dataset { attrs, ..Dataset::new() };
                let deeper = format!("{}/{}", place.group.as_deref().unwrap_or(""), found.name);
                let below = Place { group: Some(deeper), variable: None, ..place.clone() };
                self.records(found, members, &[], &storage, &mut group, &below)?;
                dataset.groups.insert(found.name.clone(), group);
                Ok(())
            }
            Err(e) => self.left_out(&found.name, e, place),
        }
    }

    fn left_out(&mut self, name: &str, e: Error, place: &Place) -> Result<()> {
        if e.kind() != ErrorKind::Unsupported {
            return Err(e);
        }
        self.notices.push(Level::Changed, format!("variable {name:?} is left out: {}", e.message()), place.clone());
        Ok(())
    }

    fn records(
        &mut self,
        found: &Found,
        members: Vec<(String, Result<What>)>,
        above: &[std::ffi::CString],
        storage: &Encoding,
        group: &mut Dataset,
        place: &Place,
    ) -> Result<()> {
        for (name, what) in members {
            let place = Place { variable: Some(name.clone()), ..place.clone() };
            let mut path = above.to_vec();
            path.push(ffi::c_text(name.clone())?);
            match what {
                Ok(What::Values(reading)) => {
                    let reading = Reading { members: path, ..reading };
                    self.values(found, (name, String::new()), reading, (Attrs::new(), storage.clone(), None), group, &place)?;
                }
                Ok(What::Records(members)) => {
                    let mut below = Dataset::new();
                    let deeper = format!("{}/{name}", place.group.as_deref().unwrap_or(""));
                    let place = Place { group: Some(deeper), variable: None, ..place };
                    self.records(found, members, &path, storage, &mut below, &place)?;
                    group.groups.insert(name, below);
                }
                Err(e) => self.left_out(&name, e, &place)?,
            }
        }
        Ok(())
    }

    /// A dataset, or a member of its records, as a variable.
    fn values(
        &mut self,
        found: &Found,
        (name, type_name): (String, String),
        mut reading: Reading,
        (mut attrs, mut encoding, fill): (Attrs, Encoding, Option<[u8; 8]>),
        dataset: &mut Dataset,
        place: &Place,
    ) -> Result<()> {
        let axes = self.dims.axes(found, &reading.inner, dataset, place, self.notices);
        if let Some(why) = reading.lossy {
            self.notices.push(Level::Changed, format!("variable {name:?}: {why}"), place.clone());
        }
        if let Some(Names(names)) = reading.names.take() {
            let values = enumerated(&names, &reading.dtype());
            let names = names.into_iter().map(|(n, _)| n).collect();
            let found = Enumeration::told(type_name, values, names, &mut attrs);
            if !found.in_attrs {
                let message = format!("variable {name:?} is read as numbers without their names {:?}", found.names);
                self.notices.warn(message, place.clone());
            }
            encoding.enumeration = Some(Arc::new(found));
        }
        encoding.stored_as = reading.stored_as;
        encoding.big_endian = reading.big_endian;
        encoding.dtype = Some(if reading.kind == Kind::Bool { DType::I8 } else { reading.dtype() });
        let scaled = found.scales.is_scale || found.scales.attached.last().is_some_and(Option::is_some);
        if let Kind::Fixed { size: 1, pad, cset } = reading.kind
            && reading.inner.is_empty()
            && reading.members.is_empty()
            && (self.tree.is_netcdf || scaled)
        {
            reading.kind = Kind::Character { pad, cset };
            encoding.dtype = Some(DType::Str);
            encoding.char_dim = Some(axes.dims.last().map_or_else(String::new, |d| d.to_string()));
        }
        let dtype = reading.dtype();
        let rank = found.shape.len();
        let written = (axes.shape[..rank] != found.shape).then(|| found.shape.clone());
        let bytes = axes.shape.iter().fold(dtype.phys().and_then(|p| p.width()).unwrap_or(0), |n, &s| n.saturating_mul(s));
        let plain = reading.inner.is_empty() && reading.members.is_empty() && written.is_none();
        let by_chunks = match (self.read_by, found.object.to_str(), &self.file.data) {
            (ReadBy::Library, ..) => None,
            (_, Ok(object), Some(data)) if plain => ChunkedArray::hdf5(data, object, dtype.clone(), &axes.shape, place.clone()).ok(),
            _ => None,
        };
        let fill = fill.unwrap_or_default();
        let chunks = encoding.chunks.clone();
        // The chunks of elements that are arrays hold them whole.
        if let Some(c) = &mut encoding.chunks {
            c.extend(&reading.inner);
        }
        let source = H5Array {
            opened: Opened::default(),
            file: self.file.clone(),
            object: found.object.clone(),
            paths: self.paths.clone(),
            dtype,
            shape: axes.shape,
            chunks,
            written,
            fill,
            place: place.clone(),
            by_chunks,
            library_first: self.read_by == ReadBy::Either && bytes < SMALL,
            latin: AtomicBool::new(false),
            reading,
        };
        let source = Arc::new(source);
        if source.dtype == DType::Str {
            self.texts.push(source.clone());
        }
        let data = LazyArray::new(source);
        Placed { name, dims: axes.dims, data, attrs, encoding }.add_to(dataset, place.clone(), self.notices);
        Ok(())
    }

    /// The name under which a type stands in the file on its own. NetCDF gives datasets copies of such types.
    fn named(&self, kind: hid_t) -> String {
        let same = |path: &CString| {
            let other = self.lib.open(self.file.id, path);
            // SAFETY: the lock is held and both types are open.
            other.is_ok_and(|other| unsafe { h5t::H5Tequal(kind, other.get()) } > 0)
        };
        self.tree.types.iter().find(|(_, path)| same(path)).map(|(name, _)| name.clone()).unwrap_or_default()
    }

    /// What stands for values that were never written, as memory has it; none where it is no number.
    fn fill(&self, creation: hid_t, reading: &Reading) -> Option<[u8; 8]> {
        let mut value = [0u64; 2];
        let mut filled = || -> Result<()> {
            let memory = reading.memory(self.lib)?;
            // SAFETY: the lock is held, the numbers are open, and the value is a number of at most eight bytes.
            let code = unsafe { h5p::H5Pget_fill_value(creation, memory.get(), value.as_mut_ptr().cast()) };
            ffi::check(code, "read a fill value")
        };
        let plain = reading.inner.is_empty() && reading.members.is_empty();
        let number = plain && matches!(reading.kind, Kind::Number(_) | Kind::Bool | Kind::Bits(_));
        (number && filled().is_ok()).then(|| value[0].to_ne_bytes())
    }

    /// That value, where the file sets it and nothing else says it: NetCDF has it in every dataset.
    fn unwritten(&self, storage: &Encoding, fill: Option<[u8; 8]>, reading: &Reading, attrs: &Attrs) -> Option<AttrValue> {
        if storage.no_fill || self.tree.is_netcdf || attrs.contains("_FillValue") {
            return None;
        }
        let bits = u64::from_ne_bytes(fill?);
        Some(match reading.dtype() {
            DType::Bool => AttrValue::Bool(vec![bits as u8 != 0]),
            DType::F32 => AttrValue::F32(vec![f32::from_bits(bits as u32)]),
            DType::F64 => AttrValue::F64(vec![f64::from_bits(bits)]),
            integer => enumerated(&[(String::new(), bits)], &integer),
        })
    }

    /// Chunks and filters of a dataset.
    fn storage(&mut self, creation: hid_t, found: &Found, place: &Place) -> Result<Encoding> {
        let mut encoding = Encoding::default();
        let mut status = h5d::H5D_FILL_VALUE_UNDEFINED;
        // SAFETY: the lock is held, the properties are open, and the list has one number per dimension. The same holds below.
        unsafe {
            // The library ends the process when it is asked for the value of a damaged one; this question does it no harm.
            ffi::check(h5p::H5Pfill_value_defined(creation, &mut status), "read whether there is a fill value")?;
            encoding.no_fill = status != h5d::H5D_FILL_VALUE_USER_DEFINED;
            match h5p::H5Pget_layout(creation) {
                h5d::H5D_CHUNKED => {
                    let mut chunks = vec![0 as hsize_t; found.shape.len()];
                    let rank = h5p::H5Pget_chunk(creation, chunks.len() as c_int, chunks.as_mut_ptr());
                    if rank as usize != chunks.len() || chunks.contains(&0) {
                        return Err(Error::format("a chunk has no length"));
                    }
                    encoding.chunks = Some(chunks.into_iter().map(|n| n as usize).collect());
                }
                h5d::H5D_VIRTUAL => self.elsewhere(place, "it is put together from datasets of other files"),
                _ => encoding.contiguous = true,
            }
            if h5p::H5Pget_external_count(creation) > 0 {
                self.elsewhere(place, "its values are in another file");
            }
            for i in 0..h5p::H5Pget_nfilters(creation).max(0) as c_uint {
                let (mut flags, mut config, mut count, mut values) = (0, 0, 64usize, [0 as c_uint; 64]);
                let list = values.as_mut_ptr();
                let id = h5p::H5Pget_filter2(creation, i, &mut flags, &mut count, list, 0, std::ptr::null_mut(), &mut config);
                if let Ok(id) = u32::try_from(id) {
                    encoding.filters.push(filter(id, &values[..count.min(64)]));
                }
            }
        }
        Ok(encoding)
    }

    fn elsewhere(&mut self, place: &Place, what: &str) {
        let name = place.variable.clone().unwrap_or_default();
        self.notices.warn(format!("variable {name:?}: {what}"), place.clone());
    }
}

/// The values of an enumeration in its own type.
fn enumerated(names: &[(String, u64)], dtype: &DType) -> AttrValue {
    macro_rules! list {
        ($variant:ident, $t:ty) => {
            AttrValue::$variant(names.iter().map(|(_, v)| *v as $t).collect())
        };
    }
    match dtype {
        DType::I8 => list!(I8, i8),
        DType::U8 => list!(U8, u8),
        DType::I16 => list!(I16, i16),
        DType::U16 => list!(U16, u16),
        DType::I32 => list!(I32, i32),
        DType::U32 => list!(U32, u32),
        DType::I64 => list!(I64, i64),
        _ => list!(U64, u64),
    }
}
