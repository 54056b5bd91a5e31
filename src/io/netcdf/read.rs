//! Metadata of a file as a cube whose variables are still in it.

use super::array::{NcArray, NcFile, SMALL, by_chunks, note_latin};
use super::classic::{self, Header};
use super::ffi::{self, Lib, RawVariable, Storage};
use super::kind::{NetcdfKind, sniff};
use super::types::{class_name, dtype_of};
use super::{attrs, heap, zstd};
use crate::array::{Data, Dataset, Encoding, Enumeration, Filter, LazyArray, Variable};
use crate::dtype::DType;
use crate::error::{Error, Level, Notices, Place, Result, ResultExt};
use crate::io::chunked::{ChunkedArray, DataFile, extent};
use crate::store::Attrs;
use netcdf_sys as nc;
use std::cell::RefCell;
use std::ffi::c_int;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize};

/// How a file is read.
#[derive(Clone, Debug, Default)]
pub struct NetcdfReadOptions {
    /// Only this group (`/ocean/deep`) and those below it, as if it were the file.
    pub group: Option<String>,
    /// Who reads the values of NetCDF-4 variables. They are the same either way.
    pub read_by: ReadBy,
}

/// Who reads the values of NetCDF-4 variables.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ReadBy {
    /// This crate, by all threads, where it can and where the variable is not tiny; else the library.
    #[default]
    Either,
    /// This crate wherever it can.
    Chunks,
    /// The library, one thread at a time.
    Library,
}

/// Opens a file: metadata only, values stay in it until they are asked for. Nothing is decoded.
///
/// * A 1-D variable named as its dimension is a coordinate, every other one is in `vars`.
/// * Characters (`NC_CHAR`) are `u8` arrays with `encoding.dtype` text and `encoding.char_dim` their last dimension (the
///   empty text for a single character).
/// * An enumeration is read as its integers, its names in the attributes `flag_values` and `flag_meanings`; the one that h5py
///   writes for booleans as `bool`.
/// * Records, lists and opaque bytes are left out with a notice of level [`Level::Changed`], the rest is read.
///
/// The file stays open as long as a variable of it is held.
///
/// # Errors
/// Io; format, for what is no NetCDF file, is cut off or damaged; not found, for a group that is not there.
pub fn open(path: &Path, options: &NetcdfReadOptions) -> Result<(Dataset, Notices)> {
    let (mut file, kind) = sniff(path)?;
    let mut notices = Notices::new();
    let dataset = match kind {
        NetcdfKind::Netcdf4 | NetcdfKind::Netcdf4Classic => {
            heap::check(&mut file, path)?;
            let texts = RefCell::new(Vec::new());
            let read = hdf5(path, options, &texts, &mut notices);
            // Behind the lock of the library.
            note_latin(texts.into_inner(), |a| &a.latin, &mut notices);
            read
        }
        _ => flat(file, path, options, &mut notices),
    };
    Ok((dataset.at_file(path)?, notices))
}

fn flat(mut file: std::fs::File, path: &Path, options: &NetcdfReadOptions, notices: &mut Notices) -> Result<Dataset> {
    if let Some(group) = options.group.as_deref().filter(|g| !g.trim_matches('/').is_empty()) {
        return Err(Error::not_found("group", group, []).help("a classic file has no groups"));
    }
    let header = classic::read_header(&mut file, path)?;
    let file = Arc::new(DataFile::from_open(file, path)?);
    let mut dataset = Dataset { attrs: header.attrs.clone(), ..Dataset::new() };
    for name in &header.odd_names {
        notices.warn(format!("the name {name:?} is not UTF-8 in the file"), Place::file(path));
    }
    let names: Vec<Arc<str>> = header.dims.iter().map(|d| d.name.as_str().into()).collect();
    for (d, name) in header.dims.iter().zip(&names) {
        if dataset.dims.insert(name.clone(), d.length).is_some() {
            return Err(Error::format(format!("the file has dimension {name:?} twice")));
        }
        if d.record {
            dataset.unlimited.push(name.clone());
        }
    }
    for v in &header.variables {
        let place = Place { file: Some(path.to_path_buf()), ..Place::variable(&v.name) };
        let dims: Vec<Arc<str>> = v.dims.iter().map(|&d| names[d].clone()).collect();
        let mut encoding = Encoding { dtype: Some(Header::dtype(v)?), contiguous: !v.record, ..Encoding::default() };
        if Header::is_text(v) {
            encoding.dtype = Some(DType::Str);
            encoding.char_dim = Some(dims.last().map_or_else(String::new, |d| d.to_string()));
        }
        let (dtype, shape) = (Header::dtype(v)?, header.shape(v));
        let source = ChunkedArray::plain(&file, dtype, &shape, v.begin, &header.strides(v), true, place.clone())?;
        let data = LazyArray::new(Arc::new(source));
        let variable = Placed { name: v.name.clone(), dims, data, attrs: v.attrs.clone(), encoding };
        variable.add_to(&mut dataset, place, notices);
    }
    Ok(dataset)
}

/// A variable on its way into a cube.
pub(in crate::io) struct Placed {
    pub name: String,
    pub dims: Vec<Arc<str>>,
    pub data: LazyArray,
    pub attrs: Attrs,
    pub encoding: Encoding,
}

impl Placed {
    /// A variable that a cube cannot hold (a dimension twice) is left out with a notice.
    pub fn add_to(self, dataset: &mut Dataset, place: Place, notices: &mut Notices) {
        let Placed { name, dims, data, attrs, encoding } = self;
        let coordinate = dims.len() == 1 && *dims[0] == *name;
        let put = Variable::new(dims, Data::Lazy(data)).map(|v| v.with_attrs(attrs).with_encoding(encoding)).and_then(|v| {
            if dataset.vars.contains_key(&name) || dataset.coords.contains(&name) {
                return Err(Error::format("the name stands twice"));
            }
            if coordinate { dataset.insert_coord(name.clone(), v) } else { dataset.insert(name.clone(), v) }
        });
        if let Err(e) = put {
            notices.push(Level::Changed, format!("variable {name:?} is left out: {}", e.message()), place);
        }
    }
}

fn hdf5(path: &Path, options: &NetcdfReadOptions, texts: &RefCell<Vec<Arc<NcArray>>>, notices: &mut Notices) -> Result<Dataset> {
    let lib = ffi::lock();
    let file = Arc::new(NcFile::open(&lib, path)?);
    let reader = Reader { lib: &lib, file: &file, read_by: options.read_by, texts };
    let (mut id, mut at) = (file.id, String::new());
    for part in options.group.as_deref().unwrap_or("").split('/').filter(|p| !p.is_empty()) {
        let groups = lib.groups(id)?.into_iter().map(|g| Ok((lib.group_name(g)?, g))).collect::<Result<Vec<_>>>()?;
        let found = groups.iter().find(|(name, _)| name == part);
        let Some(found) = found else {
            let mut paths = Vec::new();
            group_paths(&lib, file.id, "", 0, &mut paths)?;
            let asked = format!("{at}/{part}").trim_start_matches('/').to_string();
            let e = Error::not_found("group", &asked, paths.iter().map(String::as_str));
            let elsewhere = paths.iter().find(|p| p.ends_with(&format!("/{asked}")));
            return Err(match elsewhere {
                Some(path) => Error::not_found("group", &asked, []).help(format!("did you mean {path:?}?")),
                None => e,
            });
        };
        id = found.1;
        at = format!("{at}/{part}");
    }
    let read = reader.group(id, &at, 0, notices);
    if read.is_err() {
        // On closing, the library (4.10.1) frees the texts of attributes, also of those that it failed to read and never set:
        // a file of which the metadata is damaged stays open until the process ends.
        std::mem::forget(file.clone());
    }
    read
}

/// Paths of all groups below this one.
fn group_paths(lib: &Lib, id: c_int, path: &str, depth: usize, out: &mut Vec<String>) -> Result<()> {
    if depth > DEEPEST {
        return Ok(());
    }
    for g in lib.groups(id)? {
        let name = lib.group_name(g)?;
        let path = if path.is_empty() { name } else { format!("{path}/{name}") };
        out.push(path.clone());
        group_paths(lib, g, &path, depth + 1, out)?;
    }
    Ok(())
}

struct Reader<'a> {
    lib: &'a Lib,
    file: &'a Arc<NcFile>,
    read_by: ReadBy,
    /// Variables of texts.
    texts: &'a RefCell<Vec<Arc<NcArray>>>,
}

/// Groups deeper than this are the mark of a damaged file (a group that holds itself).
const DEEPEST: usize = 64;

impl Reader<'_> {
    fn place(&self, group: &str) -> Place {
        Place { file: Some(self.file.path.clone()), group: (!group.is_empty()).then(|| group.to_string()), ..Place::default() }
    }

    fn group(&self, id: c_int, path: &str, depth: usize, notices: &mut Notices) -> Result<Dataset> {
        if depth > DEEPEST {
            return Err(Error::format(format!("groups are more than {DEEPEST} deep")));
        }
        let lib = self.lib;
        let place = self.place(path);
        let count = lib.attributes(id)?;
        let attrs = attrs::read(lib, id, ffi::GLOBAL, count, &place, notices)?;
        let mut dataset = Dataset { attrs, ..Dataset::new() };
        let unlimited = lib.unlimited(id)?;
        for d in lib.dims(id)? {
            let (name, length) = lib.dim(id, d)?;
            let name: Arc<str> = name.into();
            dataset.dims.insert(name.clone(), length);
            if unlimited.contains(&d) {
                dataset.unlimited.push(name);
            }
        }
        for v in lib.variables(id)? {
            let raw = lib.variable(id, v)?;
            let place = Place { variable: Some(raw.name.clone()), ..place.clone() };
            self.variable(id, v, raw, &mut dataset, &place, notices).map_err(|e| e.at(place))?;
        }
        for g in lib.groups(id)? {
            let name = lib.group_name(g)?;
            let below = self.group(g, &format!("{path}/{name}"), depth + 1, notices)?;
            dataset.groups.insert(name, below);
        }
        Ok(dataset)
    }

    fn variable(
        &self,
        group: c_int,
        id: c_int,
        raw: RawVariable,
        dataset: &mut Dataset,
        place: &Place,
        notices: &mut Notices,
    ) -> Result<()> {
        let lib = self.lib;
        let mut attrs = attrs::read(lib, group, id, raw.attributes, place, notices)?;
        let mut enumeration = None;
        let dtype = match dtype_of(raw.xtype) {
            Some(dtype) => dtype,
            None => match self.user_type(group, &raw, &mut attrs, place, notices)? {
                Some((dtype, found)) => {
                    enumeration = found.map(Arc::new);
                    dtype
                }
                None => return Ok(()),
            },
        };
        let object = format!("{}/{}", place.group.as_deref().unwrap_or(""), raw.name);
        let stored = self.file.data.as_ref().and_then(|data| extent(data, &object)).filter(|s| s.len() == raw.dims.len());
        let Shape { dims, shape, mistaken } = self.shape(group, &raw, stored.as_deref(), dataset)?;
        let read_by = if mistaken { ReadBy::Chunks } else { self.read_by };
        let storage = lib.storage(group, id, dims.len())?;
        if storage.chunks.as_ref().is_some_and(|c| c.contains(&0)) {
            return Err(Error::format("a chunk has length 0"));
        }
        let mut encoding = encoding_of(&storage);
        encoding.dtype = Some(dtype.clone());
        encoding.enumeration = enumeration;
        if dtype == DType::Bool && lib.user_type(group, raw.xtype)?.base == nc::NC_BYTE {
            encoding.dtype = Some(DType::I8);
        }
        if raw.xtype == nc::NC_CHAR {
            encoding.dtype = Some(DType::Str);
            encoding.char_dim = Some(dims.last().map_or_else(String::new, |d| d.to_string()));
        }
        let by_chunks = by_chunks(self.file, &object, &dtype, &shape, place, read_by);
        if mistaken && by_chunks.as_ref().is_none_or(|c| c.prepare().is_err()) {
            let message = format!("variable {:?} is left out: the NetCDF library mistakes its dimensions", raw.name);
            notices.push(Level::Changed, message, place.clone());
            return Ok(());
        }
        // Variables of several dimensions that can grow are stored as far as they were written.
        let written = stored.filter(|s| *s != shape);
        let bytes = shape.iter().fold(dtype.phys().and_then(|p| p.width()).unwrap_or(0), |n, &s| n.saturating_mul(s));
        let source = NcArray {
            library_first: read_by == ReadBy::Either && bytes < SMALL,
            fill: if written.is_some() { lib.fill_value(group, id) } else { [0; 8] },
            written,
            by_chunks,
            file: self.file.clone(),
            group,
            variable: id,
            object,
            dtype,
            shape,
            chunks: storage.chunks,
            place: place.clone(),
            cache: AtomicUsize::new(0),
            sums: encoding.filters.contains(&Filter::Fletcher32),
            latin: AtomicBool::new(false),
        };
        let source = Arc::new(source);
        if source.dtype == DType::Str {
            self.texts.borrow_mut().push(source.clone());
        }
        Placed { name: raw.name, dims, data: LazyArray::new(source), attrs, encoding }.add_to(dataset, place.clone(), notices);
        Ok(())
    }

    /// Names and lengths of the dimensions of a variable. Where the dataset has other lengths than the library tells (it gets the
    /// dimensions without a name wrong in some HDF5 files), a dimension of the right length stands in.
    fn shape(&self, group: c_int, raw: &RawVariable, stored: Option<&[usize]>, dataset: &mut Dataset) -> Result<Shape> {
        let mut out = Shape { dims: Vec::new(), shape: Vec::new(), mistaken: false };
        for (i, &d) in raw.dims.iter().enumerate() {
            let told = self.lib.dim(group, d);
            let real = stored.map(|s| s[i]);
            let (name, length) = match (told, real) {
                (Ok((name, length)), Some(real)) if real == length || real < length && self.grows(group, d) => (name.into(), length),
                (Ok((name, length)), None) => (name.into(), length),
                (Err(e), None) => return Err(e),
                (_, Some(real)) => {
                    out.mistaken = true;
                    (phony_dim(dataset, &out.dims, real), real)
                }
            };
            out.dims.push(name);
            out.shape.push(length);
        }
        Ok(out)
    }

    /// Whether a dimension, of this group or one above it, can grow.
    fn grows(&self, mut group: c_int, dim: c_int) -> bool {
        loop {
            if self.lib.unlimited(group).is_ok_and(|u| u.contains(&dim)) {
                return true;
            }
            match self.lib.parent(group) {
                Some(parent) => group = parent,
                None => return false,
            }
        }
    }

    /// The type that a variable of a type of the file's own is read as, and its enumeration; `None`, with a notice, for those that are
    /// not read.
    fn user_type(
        &self,
        group: c_int,
        raw: &RawVariable,
        attrs: &mut Attrs,
        place: &Place,
        notices: &mut Notices,
    ) -> Result<Option<(DType, Option<Enumeration>)>> {
        let user = self.lib.user_type(group, raw.xtype)?;
        let base = dtype_of(user.base).filter(DType::is_integer);
        let Some(base) = base.filter(|_| user.class == nc::NC_ENUM) else {
            let message = format!("variable {:?} is left out: its type {:?} is {}", raw.name, user.name, class_name(user.class));
            notices.push(Level::Changed, message, place.clone());
            return Ok(None);
        };
        let members = attrs::members(self.lib, group, raw.xtype, &user)?;
        if attrs::is_boolean(&user, &members) {
            return Ok(Some((DType::Bool, None)));
        }
        let width = user.size.min(8);
        let values: Vec<u8> = members.iter().flat_map(|(_, v)| v[..width].to_vec()).collect();
        let values = attrs::from_bytes("flag_values", user.base, &values)?;
        let names = members.into_iter().map(|(n, _)| n).collect();
        let found = Enumeration::told(user.name, values, names, attrs);
        if !found.in_attrs {
            let message = format!("variable {:?} is read as numbers without their names {:?}", raw.name, found.names);
            notices.warn(message, place.clone());
        }
        Ok(Some((base, Some(found))))
    }
}

/// Dimensions of a variable.
struct Shape {
    dims: Vec<Arc<str>>,
    shape: Vec<usize>,
    /// They are not those that the library tells.
    mistaken: bool,
}

/// A dimension without a name of its own: one of this length that the variable does not have yet, else a new one.
fn phony_dim(dataset: &mut Dataset, taken: &[Arc<str>], length: usize) -> Arc<str> {
    let fits = |(name, n): &(&Arc<str>, &usize)| name.starts_with("phony_dim_") && **n == length && !taken.contains(*name);
    if let Some((name, _)) = dataset.dims.iter().find(fits) {
        return name.clone();
    }
    let mut i = 0;
    loop {
        let name: Arc<str> = format!("phony_dim_{i}").into();
        if !dataset.dims.contains_key(&name) {
            dataset.dims.insert(name.clone(), length);
            return name;
        }
        i += 1;
    }
}

/// A filter by its registered number.
pub(in crate::io) fn filter(id: u32, parameters: &[u32]) -> Filter {
    match (id, parameters) {
        (2, _) => Filter::Shuffle,
        (3, _) => Filter::Fletcher32,
        (1, [level, ..]) => Filter::Deflate(*level),
        (zstd::FILTER, p) => Filter::Zstd(p.first().map_or(zstd::DEFAULT_LEVEL, |&l| l as i32)),
        (4, [options, pixels, ..]) => Filter::Szip { options: *options, pixels: *pixels },
        _ => Filter::Other { id, parameters: parameters.to_vec() },
    }
}

fn encoding_of(storage: &Storage) -> Encoding {
    let mut filters = Vec::new();
    // Whether the list has shuffle and checksum in it depends on how the file was made.
    let listed = |id| storage.filters.iter().any(|(f, _)| *f == id);
    if storage.shuffle && !listed(2) {
        filters.push(Filter::Shuffle);
    }
    for (id, parameters) in &storage.filters {
        filters.push(filter(*id, parameters));
    }
    if storage.fletcher32 && !listed(3) {
        filters.push(Filter::Fletcher32);
    }
    Encoding {
        contiguous: storage.chunks.is_none(),
        chunks: storage.chunks.clone(),
        filters,
        big_endian: storage.big_endian,
        no_fill: storage.no_fill,
        ..Encoding::default()
    }
}
