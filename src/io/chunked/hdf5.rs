//! Asks the HDF5 library, under its lock, where the values of a dataset are. Everything here ends before the lock is given back.

use super::file::DataFile;
use super::layout::{Chunk, ChunkTable, Layout, Stored, Why, c_strides, plain_tile};
use super::pipeline::Pipeline;
use super::plugin::register;
use crate::dtype::{DType, Phys};
use crate::error::Error;
use hdf5_metno_sys::h5::{H5open, HADDR_UNDEF, haddr_t, herr_t, hsize_t};
use hdf5_metno_sys::h5i::hid_t;
use hdf5_metno_sys::h5p::H5P_DEFAULT;
use hdf5_metno_sys::{LOCK, h5d, h5e, h5f, h5l, h5p, h5s, h5t, h5z};
use std::ffi::{CString, c_int, c_uint, c_void};
use std::ptr::null_mut;

const NOT_TOLD: &str = "the library does not tell where the chunks are";
/// `H5D_CHUNK_IDX_EARRAY` of the library.
const EXTENSIBLE_ARRAY: c_uint = 4;

/// The storage of a dataset that is read as this type and shape.
///
/// # Errors
/// Why the library must read it, in words.
pub(super) fn look_up(file: &DataFile, object: &str, dtype: &DType, shape: &[usize]) -> Result<Stored, Why> {
    let _guard = LOCK.lock();
    register();
    // SAFETY: the lock is held. Refusals come back as codes, so the library need not print them.
    unsafe {
        H5open();
        h5e::H5Eset_auto2(h5e::H5E_DEFAULT, None, null_mut());
    }
    Dataset::new(open_in(file, object)?, dtype, shape)?.stored()
}

/// The dataset of a file, under the lock. It keeps the file open.
pub(super) fn open_in(file: &DataFile, object: &str) -> Result<Handle, String> {
    let path = c_path(file)?;
    if !file.is_still_there() {
        return Err("another file has taken the place of this one".into());
    }
    // The defaults fit a file that the NetCDF library has open already: both handles then share what is known of it.
    // SAFETY: the lock is held, the path is a C text; a failure is a negative number.
    let id = unsafe { h5f::H5Fopen(path.as_ptr(), h5f::H5F_ACC_RDONLY, H5P_DEFAULT) };
    let opened = Handle::new(id, h5f::H5Fclose).ok_or("the HDF5 library cannot open the file")?;
    open_dataset(&opened, object)
}

/// The lengths of a dataset; none where it cannot be found.
pub(in crate::io) fn extent(file: &DataFile, object: &str) -> Option<Vec<usize>> {
    let _guard = LOCK.lock();
    let dataset = open_in(file, object).ok()?;
    // SAFETY: the lock is held and the dataset is open.
    let space = Handle::new(unsafe { h5d::H5Dget_space(dataset.0) }, h5s::H5Sclose)?;
    // SAFETY: as above; the list has one number per dimension.
    unsafe {
        let rank = usize::try_from(h5s::H5Sget_simple_extent_ndims(space.0)).ok()?;
        let mut lengths = vec![0 as hsize_t; rank];
        if h5s::H5Sget_simple_extent_dims(space.0, lengths.as_mut_ptr(), null_mut()) < 0 {
            return None;
        }
        Some(lengths.into_iter().map(|n| n as usize).collect())
    }
}

/// The library takes every chunk for at least as long as the sum at its end, and ends the process with a shorter one: whether it may
/// read this dataset.
///
/// # Errors
/// Format, for chunks without room for their sums.
pub(in crate::io) fn check_sums(file: &DataFile, object: &str) -> Result<(), Error> {
    let _guard = LOCK.lock();
    open_in(file, object).map_or(Ok(()), |dataset| check_sums_of(dataset.0))
}

/// The same for an open dataset, under the lock.
///
/// # Errors
/// As [`check_sums`].
pub(in crate::io) fn check_sums_of(dataset: hid_t) -> Result<(), Error> {
    take_over(dataset);
    // SAFETY: the lock is held, the dataset is open; failures are negative numbers.
    let Some(creation) = Handle::new(unsafe { h5d::H5Dget_create_plist(dataset) }, h5p::H5Pclose) else { return Ok(()) };
    // SAFETY: as above.
    if unsafe { h5p::H5Pget_layout(creation.0) } != h5d::H5D_CHUNKED {
        return Ok(());
    }
    let Some(bit) = filters_of(&creation).unwrap_or_default().iter().position(|f| f.0 == FLETCHER32) else { return Ok(()) };
    let mut sums = Sums { bit, too_short: false };
    // SAFETY: the lock is held; `each_sum` gets the pointer to `sums`, which outlives the call.
    let code = unsafe { h5d::H5Dchunk_iter(dataset, H5P_DEFAULT, Some(each_sum), (&raw mut sums).cast()) };
    if code < 0 || sums.too_short {
        return Err(Error::format("the index of the chunks of a dataset is damaged").help("copy the file again"));
    }
    Ok(())
}

/// Makes this handle the one through which the library looks at the fill value of a dataset of texts, under the lock.
///
/// The library (2.2.0 and before) takes that of the file that was the last to read the dataset, closed or not, and crashes where it tells
/// the properties of a dataset that is still open elsewhere. Reading nothing is reading.
pub(in crate::io) fn take_over(dataset: hid_t) {
    // SAFETY: the lock is held, the dataset is open; failures are negative numbers; of no elements nothing is written.
    unsafe {
        let kind = Handle::new(h5d::H5Dget_type(dataset), h5t::H5Tclose);
        let space = Handle::new(h5d::H5Dget_space(dataset), h5s::H5Sclose);
        let (Some(kind), Some(space)) = (kind, space) else { return };
        if h5t::H5Tdetect_class(kind.0, h5t::H5T_class_t::H5T_VLEN) > 0 || h5t::H5Tdetect_class(kind.0, h5t::H5T_class_t::H5T_STRING) > 0 {
            h5s::H5Sselect_none(space.0);
            h5d::H5Dread(dataset, kind.0, space.0, space.0, H5P_DEFAULT, null_mut());
        }
    }
}

/// The number of the filter that puts a sum at the end of a chunk, and the bytes of one.
const FLETCHER32: i32 = 3;
const SUM: hsize_t = 4;

struct Sums {
    /// The place of the filter among those of the dataset.
    bit: usize,
    too_short: bool,
}

/// Called by the library for each chunk.
///
/// # Safety
/// `data` points to [`Sums`] that nobody else uses.
unsafe extern "C" fn each_sum(_: *const hsize_t, mask: c_uint, address: haddr_t, bytes: hsize_t, data: *mut c_void) -> c_int {
    // SAFETY: as the caller promises.
    let sums = unsafe { &mut *data.cast::<Sums>() };
    sums.too_short = address != HADDR_UNDEF && bytes < SUM && mask.checked_shr(sums.bit as u32).unwrap_or(0) & 1 == 0;
    sums.too_short.into()
}

fn c_path(file: &DataFile) -> Result<CString, String> {
    #[cfg(unix)]
    let bytes = std::os::unix::ffi::OsStrExt::as_bytes(file.path().as_os_str()).to_vec();
    #[cfg(not(unix))]
    let bytes = file.path().to_string_lossy().into_owned().into_bytes();
    CString::new(bytes).map_err(|_| "the path has a zero byte in it".to_string())
}

/// A number that the library has given, and how it is given back.
pub(super) struct Handle(pub hid_t, unsafe extern "C" fn(hid_t) -> herr_t);

impl Handle {
    pub fn new(id: hid_t, close: unsafe extern "C" fn(hid_t) -> herr_t) -> Option<Handle> {
        (id >= 0).then_some(Handle(id, close))
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        // SAFETY: the number is open, and the lock is held: handles live within `look_up`.
        unsafe { (self.1)(self.0) };
    }
}

/// The dataset of a path. NetCDF gives a variable that has the name of a dimension, but is not its coordinate, another name.
pub(super) fn open_dataset(file: &Handle, object: &str) -> Result<Handle, String> {
    let (group, name) = object.rsplit_once('/').unwrap_or(("", object));
    for candidate in [format!("{group}/_nc4_non_coord_{name}"), format!("{group}/{name}")] {
        let path = CString::new(candidate).map_err(|_| "the name has a zero byte in it".to_string())?;
        // SAFETY: the lock is held, the path is a C text; a failure is a negative number.
        let id = unsafe {
            if h5l::H5Lexists(file.0, path.as_ptr(), H5P_DEFAULT) <= 0 {
                continue;
            }
            h5d::H5Dopen2(file.0, path.as_ptr(), H5P_DEFAULT)
        };
        if let Some(dataset) = Handle::new(id, h5d::H5Dclose) {
            return Ok(dataset);
        }
    }
    Err(format!("the HDF5 library does not find {object:?}"))
}

/// An open dataset and what describes it.
pub(super) struct Dataset {
    pub id: Handle,
    dtype: Handle,
    pub creation: Handle,
    shape: Vec<usize>,
    pub width: usize,
    pub big_endian: bool,
}

impl Dataset {
    /// Checks that it is what the caller takes it for.
    pub fn new(id: Handle, dtype: &DType, shape: &[usize]) -> Result<Dataset, String> {
        // SAFETY: the lock is held and the dataset is open; failures are negative numbers. The same holds below.
        let (space, kind, creation) = unsafe { (h5d::H5Dget_space(id.0), h5d::H5Dget_type(id.0), h5d::H5Dget_create_plist(id.0)) };
        let space = Handle::new(space, h5s::H5Sclose).ok_or("the dataset has no shape")?;
        let kind = Handle::new(kind, h5t::H5Tclose).ok_or("the dataset has no type")?;
        let creation = Handle::new(creation, h5p::H5Pclose).ok_or("the dataset has no properties")?;
        // SAFETY: as above; the list has one number per dimension.
        let extent = unsafe {
            let rank = h5s::H5Sget_simple_extent_ndims(space.0).max(0) as usize;
            let mut extent = vec![0 as hsize_t; rank];
            h5s::H5Sget_simple_extent_dims(space.0, extent.as_mut_ptr(), null_mut());
            extent
        };
        if extent.iter().map(|&n| n as usize).ne(shape.iter().copied()) {
            return Err(format!("the dataset has shape {extent:?}, the variable {shape:?}"));
        }
        let (width, big_endian) = plain_type(kind.0, dtype)?;
        Ok(Dataset { id, dtype: kind, creation, shape: shape.to_vec(), width, big_endian })
    }

    fn stored(&self) -> Result<Stored, Why> {
        let (layout, tile) = self.layout()?;
        Ok(Stored { layout, tile, big_endian: self.big_endian, fill: self.fill()? })
    }

    fn layout(&self) -> Result<(Layout, Vec<usize>), Why> {
        // SAFETY: the lock is held, the properties are open.
        match unsafe { h5p::H5Pget_layout(self.creation.0) } {
            h5d::H5D_COMPACT => Ok((self.held()?, self.shape.clone())),
            h5d::H5D_CONTIGUOUS => self.contiguous(),
            h5d::H5D_CHUNKED => self.chunks(),
            _ => Err("the dataset is put together from others".into()),
        }
    }

    /// Bytes of the whole array.
    fn bytes(&self) -> Result<usize, String> {
        let bytes = self.shape.iter().try_fold(self.width, |n, &s| n.checked_mul(s));
        bytes.ok_or_else(|| "the dataset has too many bytes".to_string())
    }

    fn held(&self) -> Result<Layout, String> {
        let bytes = self.bytes()?;
        // The format allows no more; a header that says so is left to the library.
        if bytes > 1 << 16 {
            return Err("the dataset is too large for a compact one".to_string());
        }
        let mut out = vec![0u8; bytes];
        // SAFETY: the buffer has the bytes of all elements of the dataset's own type, which holds no pointers.
        let code = unsafe { h5d::H5Dread(self.id.0, self.dtype.0, h5s::H5S_ALL, h5s::H5S_ALL, H5P_DEFAULT, out.as_mut_ptr().cast()) };
        if code < 0 { Err("the library cannot read the dataset".to_string()) } else { Ok(Layout::Held(out)) }
    }

    fn contiguous(&self) -> Result<(Layout, Vec<usize>), Why> {
        // SAFETY: the lock is held, the numbers are open.
        let (external, begin, stored) =
            unsafe { (h5p::H5Pget_external_count(self.creation.0), h5d::H5Dget_offset(self.id.0), h5d::H5Dget_storage_size(self.id.0)) };
        if external != 0 {
            return Err("the values are in another file".into());
        }
        // Behind a user block the address of nothing is not the one that says so.
        if begin == HADDR_UNDEF || stored == 0 {
            return Ok((Layout::Empty, self.shape.clone()));
        }
        if stored < self.bytes()? as u64 || begin.checked_add(stored).is_none_or(|e| e > i64::MAX as u64) {
            return Err("the dataset has less storage than elements".into());
        }
        let strides = c_strides(&self.shape, self.width).ok_or("the dataset has too many bytes")?;
        let tile = plain_tile(&self.shape, &strides, self.width);
        Ok((Layout::Plain { begin, strides }, tile))
    }

    fn chunks(&self) -> Result<(Layout, Vec<usize>), Why> {
        let rank = self.shape.len();
        let mut dims = vec![0 as hsize_t; rank];
        let mut options = 0;
        // SAFETY: the lock is held; the list has one number per dimension.
        let (got, code) = unsafe {
            (h5p::H5Pget_chunk(self.creation.0, rank as c_int, dims.as_mut_ptr()), h5p::H5Pget_chunk_opts(self.creation.0, &mut options))
        };
        let tile: Vec<usize> = dims.iter().map(|&n| n as usize).collect();
        let bytes = tile.iter().try_fold(self.width, |n, &t| n.checked_mul(t));
        if got as usize != rank || tile.contains(&0) || bytes.is_none_or(|b| b > isize::MAX as usize / 2) {
            return Err("the chunks have no shape".into());
        }
        let filters = self.filters()?;
        let pipeline = Pipeline::new(&filters, self.width).map_err(|words| Why { words, lacks: lacking(&filters) })?;
        let partial_are_plain = code >= 0 && options & h5d::H5D_CHUNK_DONT_FILTER_PARTIAL_CHUNKS != 0 && !pipeline.is_empty();
        let grid: Vec<u64> = self.shape.iter().zip(&tile).map(|(&n, &t)| n.div_ceil(t) as u64).collect();
        if grid.iter().try_fold(1u64, |n, &g| n.checked_mul(g)).is_none() {
            return Err("the dataset has too many chunks".into());
        }
        if self.is_mistold()? {
            return Err("the library tells wrong places of chunks of such a dataset".into());
        }
        let chunks = self.visit(&dims, &grid)?;
        Ok((Layout::Chunks { table: ChunkTable::new(chunks), pipeline, partial_are_plain }, tile))
    }

    fn visit(&self, tile: &[hsize_t], grid: &[u64]) -> Result<Vec<Chunk>, String> {
        let mut visit = Visit { tile, grid, chunks: Vec::new(), strange: false };
        // SAFETY: the lock is held; `each_chunk` gets the pointer to `visit`, which outlives the call, and the rank of its lists.
        let code = unsafe { h5d::H5Dchunk_iter(self.id.0, H5P_DEFAULT, Some(each_chunk), (&raw mut visit).cast()) };
        if code < 0 || visit.strange { Err(NOT_TOLD.to_string()) } else { Ok(visit.chunks) }
    }

    /// Whether the library names wrong places when it goes through all chunks. It does (seen in HDF5 2.2) where they are kept in an
    /// extensible array and the one dimension that can grow is not the first: its array is then in another order than it counts. Asking for one chunk by its place goes the same way.
    fn is_mistold(&self) -> Result<bool, String> {
        let mut kind = 0;
        let mut most = vec![0 as hsize_t; self.shape.len()];
        // SAFETY: the lock is held, the numbers are open, the list has one number per dimension.
        unsafe {
            let space = Handle::new(h5d::H5Dget_space(self.id.0), h5s::H5Sclose).ok_or("the dataset has no shape")?;
            if h5d::H5Dget_chunk_index_type(self.id.0, &mut kind) < 0 {
                return Err(NOT_TOLD.to_string());
            }
            h5s::H5Sget_simple_extent_dims(space.0, null_mut(), most.as_mut_ptr());
        }
        Ok(kind == EXTENSIBLE_ARRAY && most.first() != Some(&h5s::H5S_UNLIMITED))
    }

    /// Number and parameters of each filter, in the order of writing.
    pub fn filters(&self) -> Result<Vec<(i32, Vec<u32>)>, String> {
        filters_of(&self.creation)
    }

    /// What stands for elements that were never written. Where the file says that nothing is ever filled in, zeros.
    pub fn fill(&self) -> Result<[u8; 8], String> {
        let (mut value, mut time, mut status) = ([0u8; 8], h5d::H5D_FILL_TIME_IFSET, h5d::H5D_FILL_VALUE_UNDEFINED);
        // SAFETY: the lock is held, the properties are open; the value has at most eight bytes by `plain_type`.
        unsafe {
            if h5p::H5Pget_fill_time(self.creation.0, &mut time) < 0 || h5p::H5Pfill_value_defined(self.creation.0, &mut status) < 0 {
                return Err("the fill value cannot be made out".to_string());
            }
            if time == h5d::H5D_FILL_TIME_NEVER || status == h5d::H5D_FILL_VALUE_UNDEFINED {
                return Ok(value);
            }
            if h5p::H5Pget_fill_value(self.creation.0, self.dtype.0, value.as_mut_ptr().cast()) < 0 {
                return Err("the fill value cannot be made out".to_string());
            }
        }
        Ok(value)
    }
}

/// Number and parameters of each filter, in the order of writing.
fn filters_of(creation: &Handle) -> Result<Vec<(i32, Vec<u32>)>, String> {
    // SAFETY: the lock is held, the properties are open.
    let n = unsafe { h5p::H5Pget_nfilters(creation.0) };
    let mut filters = Vec::new();
    for i in 0..n.max(0) {
        let (mut flags, mut config, mut count, mut values) = (0, 0, 64usize, [0 as c_uint; 64]);
        // SAFETY: as above; `values` has as many places as `count` says; no name is asked for.
        let id = unsafe {
            h5p::H5Pget_filter2(creation.0, i as c_uint, &mut flags, &mut count, values.as_mut_ptr(), 0, null_mut(), &mut config)
        };
        if id < 0 || count > values.len() {
            return Err("a filter cannot be made out".to_string());
        }
        filters.push((id, values[..count].to_vec()));
    }
    Ok(filters)
}

/// Width and byte order of a type whose elements stand in the file as they are in memory, but for the order of their bytes.
fn plain_type(kind: hid_t, dtype: &DType) -> Result<(usize, bool), String> {
    let phys = dtype.phys().ok_or("a type without a plain form")?;
    // SAFETY: the lock is held and the type is open.
    unsafe {
        let width = h5t::H5Tget_size(kind);
        let refusal = || Err(format!("its elements are not plain numbers of the type {dtype}"));
        if phys.width() != Some(width) || width > 8 {
            return refusal();
        }
        let order = || Ok((width, h5t::H5Tget_order(kind) == h5t::H5T_ORDER_BE));
        match h5t::H5Tget_class(kind) {
            h5t::H5T_ENUM => {
                let base = Handle::new(h5t::H5Tget_super(kind), h5t::H5Tclose).ok_or("an enumeration of nothing")?;
                plain_type(base.0, dtype)
            }
            h5t::H5T_STRING if width == 1 && phys == Phys::U8 && h5t::H5Tis_variable_str(kind) == 0 => Ok((1, false)),
            h5t::H5T_INTEGER => {
                let signed = h5t::H5Tget_sign(kind) == h5t::H5T_SGN_2;
                let fits = match phys {
                    Phys::Bool => true,
                    Phys::I8 | Phys::I16 | Phys::I32 | Phys::I64 => signed,
                    Phys::U8 | Phys::U16 | Phys::U32 | Phys::U64 => !signed,
                    Phys::F32 | Phys::F64 | Phys::Str => false,
                };
                let whole = h5t::H5Tget_precision(kind) == 8 * width && h5t::H5Tget_offset(kind) == 0;
                let known = matches!(h5t::H5Tget_order(kind), h5t::H5T_ORDER_LE | h5t::H5T_ORDER_BE);
                if fits && whole && known { order() } else { refusal() }
            }
            h5t::H5T_FLOAT => {
                let known = match phys {
                    Phys::F32 => [*h5t::H5T_IEEE_F32LE, *h5t::H5T_IEEE_F32BE],
                    Phys::F64 => [*h5t::H5T_IEEE_F64LE, *h5t::H5T_IEEE_F64BE],
                    _ => return refusal(),
                };
                if known.iter().any(|&k| h5t::H5Tequal(kind, k) > 0) { order() } else { refusal() }
            }
            _ => refusal(),
        }
    }
}

/// The first filter that the library lacks, which must be locked, and so cannot read either.
fn lacking(filters: &[(i32, Vec<u32>)]) -> Option<i32> {
    // SAFETY: the lock is held; any number may be asked for.
    filters.iter().map(|f| f.0).find(|&id| unsafe { h5z::H5Zfilter_avail(id) } <= 0)
}

struct Visit<'a> {
    tile: &'a [hsize_t],
    grid: &'a [u64],
    chunks: Vec<Chunk>,
    /// A chunk that is not on the grid.
    strange: bool,
}

/// Called by the library for each chunk.
///
/// # Safety
/// `data` points to a [`Visit`] that nobody else uses, `offset` to as many numbers as its lists have.
unsafe extern "C" fn each_chunk(offset: *const hsize_t, mask: c_uint, address: haddr_t, bytes: hsize_t, data: *mut c_void) -> c_int {
    // SAFETY: as the caller promises.
    let visit = unsafe { &mut *data.cast::<Visit>() };
    // SAFETY: the same.
    let offset = unsafe { std::slice::from_raw_parts(offset, visit.grid.len()) };
    let mut number = 0u64;
    for ((&at, &tile), &grid) in offset.iter().zip(visit.tile).zip(visit.grid) {
        if at % tile != 0 || at / tile >= grid {
            visit.strange = true;
            return 1;
        }
        number = number * grid + at / tile;
    }
    if address != HADDR_UNDEF {
        if visit.chunks.try_reserve(1).is_err() {
            visit.strange = true;
            return 1;
        }
        visit.chunks.push(Chunk { number, offset: address, bytes, mask });
    }
    0
}
