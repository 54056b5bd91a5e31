//! Every call into the HDF5 library, each a method of [`Lib`]: a `Lib` exists only while this thread holds the one process-wide
//! lock, which the NetCDF library takes too. What the library opens is an [`Id`], which cannot outlive the lock.

use crate::error::{Error, ErrorKind, Result};
use crate::io::chunked::take_over;
use crate::io::netcdf::ffi as shared;
use hdf5_metno_sys::h5::{H5_INDEX_CRT_ORDER, H5_INDEX_NAME, H5_ITER_INC, herr_t, hsize_t};
use hdf5_metno_sys::h5i::hid_t;
use hdf5_metno_sys::h5p::{H5P_CRT_ORDER_TRACKED, H5P_DEFAULT};
use hdf5_metno_sys::{h5a, h5d, h5f, h5g, h5i, h5l, h5o, h5p, h5s, h5t};
use std::ffi::{CStr, CString, c_char, c_int, c_uint, c_void};
use std::marker::PhantomData;
use std::mem::MaybeUninit;
use std::path::Path;
use std::ptr::{null, null_mut};

/// The library, locked.
pub(super) struct Lib(#[expect(dead_code, reason = "it is the lock")] shared::Lib);

/// Takes the lock.
pub(super) fn lock() -> Lib {
    Lib(shared::lock())
}

/// A number that the library has given; given back when dropped, while the lock is held.
pub(super) struct Id<'l> {
    id: hid_t,
    close: unsafe extern "C" fn(hid_t) -> herr_t,
    lib: PhantomData<&'l Lib>,
}

impl Id<'_> {
    /// The number.
    pub fn get(&self) -> hid_t {
        self.id
    }

    /// The number, no longer given back by this.
    pub fn keep(self) -> hid_t {
        let id = self.id;
        std::mem::forget(self);
        id
    }
}

impl Drop for Id<'_> {
    fn drop(&mut self) {
        // SAFETY: the number is open, and the lock is held as long as `'l`.
        unsafe { (self.close)(self.id) };
    }
}

/// The library's refusal.
pub(super) fn refusal(what: &str) -> Error {
    let os = std::io::Error::last_os_error();
    if os.kind() == std::io::ErrorKind::StorageFull {
        return Error::new(ErrorKind::Io, "no space left on the device").because(os);
    }
    Error::format(format!("the HDF5 library cannot {what}")).help("the file may be damaged: copy it again; h5dump may tell more")
}

pub(super) fn check(code: herr_t, what: &str) -> Result<()> {
    if code < 0 { Err(refusal(what)) } else { Ok(()) }
}

/// Text for C.
pub(super) fn c_text(text: impl Into<Vec<u8>>) -> Result<CString> {
    CString::new(text).map_err(|e| {
        let text = String::from_utf8_lossy(&e.into_vec()).into_owned();
        Error::new(ErrorKind::Loss, format!("the name {text:?} has a zero byte in it"))
    })
}

pub(super) fn c_path(path: &Path) -> Result<CString> {
    #[cfg(unix)]
    let bytes = std::os::unix::ffi::OsStrExt::as_bytes(path.as_os_str()).to_vec();
    #[cfg(not(unix))]
    let bytes = path.to_string_lossy().into_owned().into_bytes();
    CString::new(bytes).map_err(|_| Error::invalid("the path has a zero byte in it"))
}

/// Where a link of a group leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LinkKind {
    Hard,
    Soft,
    External,
    Other,
}

/// A link of a group.
#[derive(Clone, Debug)]
pub(super) struct Link {
    pub name: CString,
    pub kind: LinkKind,
}

/// What an object is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sort {
    Group,
    Dataset,
    Type,
    Other,
}

/// The extent of a dataset or attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Extent {
    /// No values, not even one.
    Null,
    /// Lengths, and whether each can grow without bound.
    Shape(Vec<usize>, Vec<bool>),
}

/// Called for each link of a group.
///
/// # Safety
/// `name` is a C text, `info` points to what the library says of the link, `data` to a `Vec<Link>` that nobody else uses.
unsafe extern "C" fn each_link(_: hid_t, name: *const c_char, info: *const h5l::H5L_info2_t, data: *mut c_void) -> herr_t {
    // SAFETY: as the caller promises. The kind is the first field; it is read as a number, because a file may have any.
    let (links, name, kind) = unsafe { (&mut *data.cast::<Vec<Link>>(), CStr::from_ptr(name), info.cast::<c_int>().read()) };
    let kind = match kind {
        0 => LinkKind::Hard,
        1 => LinkKind::Soft,
        64 => LinkKind::External,
        _ => LinkKind::Other,
    };
    links.push(Link { name: name.to_owned(), kind });
    0
}

/// Called before the library would follow a link to another file: it shall not.
extern "C" fn stay_here(
    _: *const c_char,
    _: *const c_char,
    _: *const c_char,
    _: *const c_char,
    _: *mut c_uint,
    _: hid_t,
    _: *mut c_void,
) -> herr_t {
    -1
}

impl Lib {
    pub(super) fn id(&self, id: hid_t, close: unsafe extern "C" fn(hid_t) -> herr_t, what: &str) -> Result<Id<'_>> {
        if id < 0 { Err(refusal(what)) } else { Ok(Id { id, close, lib: PhantomData }) }
    }

    /// Opens a file for reading.
    pub fn open_file(&self, path: &Path) -> Result<Id<'_>> {
        let path = c_path(path)?;
        // SAFETY: the lock is held and the path is a C text. The same holds below: numbers are open, texts are C texts, and places
        // for answers outlive the calls.
        self.id(unsafe { h5f::H5Fopen(path.as_ptr(), h5f::H5F_ACC_RDONLY, H5P_DEFAULT) }, h5f::H5Fclose, "open this file")
    }

    /// Opens an object by its path, without leaving the file.
    pub fn open(&self, at: hid_t, path: &CStr) -> Result<Id<'_>> {
        let access = self.id(unsafe { h5p::H5Pcreate(*h5p::H5P_CLS_LINK_ACCESS) }, h5p::H5Pclose, "make properties")?;
        check(unsafe { h5p::H5Pset_elink_cb(access.id, Some(stay_here), null_mut()) }, "set properties")?;
        self.id(unsafe { h5o::H5Oopen(at, path.as_ptr(), access.id) }, h5o::H5Oclose, "open an object of this file")
    }

    /// What an object is, and the address that references to it have.
    pub fn about(&self, object: hid_t) -> Result<(Sort, u64)> {
        let mut info = MaybeUninit::<h5o::H5O_info2_t>::zeroed();
        check(unsafe { h5o::H5Oget_info3(object, info.as_mut_ptr(), h5o::H5O_INFO_BASIC) }, "tell what an object is")?;
        // SAFETY: the library has filled it, and it was zero before; the kind is read as a number. The token of an object in a file
        // begins with its address, little-endian.
        let (kind, address) = unsafe {
            let p = info.as_ptr();
            ((&raw const (*p).type_).cast::<c_int>().read(), (&raw const (*p).token).cast::<[u8; 8]>().read())
        };
        let sort = match kind {
            0 => Sort::Group,
            1 => Sort::Dataset,
            2 => Sort::Type,
            _ => Sort::Other,
        };
        Ok((sort, u64::from_le_bytes(address)))
    }

    /// The links of a group, in the order of creation where the file keeps it, else by name.
    pub fn links(&self, group: hid_t) -> Result<Vec<Link>> {
        let (mut links, mut flags) = (Vec::<Link>::new(), 0);
        let creation = self.id(unsafe { h5g::H5Gget_create_plist(group) }, h5p::H5Pclose, "read a group")?;
        check(unsafe { h5p::H5Pget_link_creation_order(creation.id, &mut flags) }, "read a group")?;
        let index = if flags & H5P_CRT_ORDER_TRACKED != 0 { H5_INDEX_CRT_ORDER } else { H5_INDEX_NAME };
        // SAFETY: `each_link` gets the pointer to `links`, which outlives the call.
        let code = unsafe { h5l::H5Literate2(group, index, H5_ITER_INC, null_mut(), Some(each_link), (&raw mut links).cast()) };
        check(code, "list a group").map(|()| links)
    }

    /// The text behind a soft link, or file and path behind an external one.
    pub fn link_target(&self, group: hid_t, name: &CStr) -> String {
        let mut buffer = [0u8; 4096];
        // SAFETY: the library writes at most as many bytes as are said.
        let code = unsafe { h5l::H5Lget_val(group, name.as_ptr(), buffer.as_mut_ptr().cast(), buffer.len() - 1, H5P_DEFAULT) };
        if code < 0 {
            return String::new();
        }
        // An external one begins with a byte of flags, then file and path, each ended by a zero.
        let from = (buffer[0] == 0) as usize;
        let parts: Vec<_> = buffer[from..].split(|&b| b == 0).take(1 + from).map(String::from_utf8_lossy).collect();
        parts.join(":")
    }

    /// Names of the attributes of an object, in the order of creation where the file keeps it, else by name; opened by position.
    pub fn attributes(&self, object: hid_t, creation: hid_t) -> Result<Vec<Id<'_>>> {
        let mut flags = 0;
        let tracked = unsafe { h5p::H5Pget_attr_creation_order(creation, &mut flags) } >= 0 && flags & H5P_CRT_ORDER_TRACKED != 0;
        let index = if tracked { H5_INDEX_CRT_ORDER } else { H5_INDEX_NAME };
        let mut info = MaybeUninit::<h5o::H5O_info2_t>::zeroed();
        check(unsafe { h5o::H5Oget_info3(object, info.as_mut_ptr(), h5o::H5O_INFO_NUM_ATTRS) }, "list the attributes of an object")?;
        // SAFETY: the library has filled it, and it was zero before.
        let n = unsafe { (&raw const (*info.as_ptr()).num_attrs).read() };
        let open = |i| unsafe { h5a::H5Aopen_by_idx(object, c".".as_ptr(), index, H5_ITER_INC, i, H5P_DEFAULT, H5P_DEFAULT) };
        (0..n).map(|i| self.id(open(i), h5a::H5Aclose, "open an attribute")).collect()
    }

    /// The name of an attribute.
    pub fn attribute_name(&self, attribute: hid_t) -> Result<String> {
        let n = unsafe { h5a::H5Aget_name(attribute, 0, null_mut()) };
        let mut buffer = vec![0u8; usize::try_from(n).map_err(|_| refusal("read an attribute's name"))? + 1];
        // SAFETY: the library writes at most as many bytes as are said, a zero last.
        unsafe { h5a::H5Aget_name(attribute, buffer.len(), buffer.as_mut_ptr().cast()) };
        buffer.pop();
        Ok(String::from_utf8_lossy(&buffer).into_owned())
    }

    /// Type and extent of an attribute.
    pub fn attribute(&self, attribute: hid_t) -> Result<(Id<'_>, Extent)> {
        let kind = self.id(unsafe { h5a::H5Aget_type(attribute) }, h5t::H5Tclose, "read the type of an attribute")?;
        let space = self.id(unsafe { h5a::H5Aget_space(attribute) }, h5s::H5Sclose, "read the shape of an attribute")?;
        Ok((kind, self.extent(space.id)?))
    }

    /// Reads a whole attribute as elements of a type in memory.
    ///
    /// # Safety
    /// `out` has room for all elements of the attribute, as `kind` has them.
    pub unsafe fn read_attribute(&self, attribute: hid_t, kind: hid_t, out: *mut c_void) -> Result<()> {
        check(unsafe { h5a::H5Aread(attribute, kind, out) }, "read an attribute")
    }

    /// A type of its own, like this one.
    pub fn copy_of(&self, kind: hid_t) -> Result<Id<'_>> {
        self.id(unsafe { h5t::H5Tcopy(kind) }, h5t::H5Tclose, "make a type")
    }

    /// How many bytes the file of an object has; as many as can be, where that is not known.
    pub fn file_bytes(&self, object: hid_t) -> u64 {
        let mut bytes = 0 as hsize_t;
        let file = self.id(unsafe { h5i::H5Iget_file_id(object) }, h5f::H5Fclose, "tell the file of an object");
        // SAFETY: the number outlives the call.
        let known = file.is_ok_and(|file| unsafe { h5f::H5Fget_filesize(file.get(), &mut bytes) } >= 0);
        if known { bytes } else { u64::MAX }
    }

    /// Type, extent and properties of a dataset.
    pub fn dataset(&self, dataset: hid_t) -> Result<(Id<'_>, Extent, Id<'_>)> {
        let kind = self.id(unsafe { h5d::H5Dget_type(dataset) }, h5t::H5Tclose, "read the type of a dataset")?;
        let space = self.id(unsafe { h5d::H5Dget_space(dataset) }, h5s::H5Sclose, "read the shape of a dataset")?;
        take_over(dataset);
        let creation = self.id(unsafe { h5d::H5Dget_create_plist(dataset) }, h5p::H5Pclose, "read the storage of a dataset")?;
        Ok((kind, self.extent(space.id)?, creation))
    }

    /// The properties that a group was made with.
    pub fn group_properties(&self, group: hid_t) -> Result<Id<'_>> {
        self.id(unsafe { h5g::H5Gget_create_plist(group) }, h5p::H5Pclose, "read a group")
    }

    fn extent(&self, space: hid_t) -> Result<Extent> {
        let class = unsafe { h5s::H5Sget_simple_extent_type(space) };
        if class == h5s::H5S_class_t::H5S_NULL {
            return Ok(Extent::Null);
        }
        let rank = unsafe { h5s::H5Sget_simple_extent_ndims(space) };
        let rank = usize::try_from(rank).map_err(|_| refusal("read the shape of a dataset"))?;
        let (mut now, mut most) = (vec![0 as hsize_t; rank], vec![0 as hsize_t; rank]);
        // SAFETY: the lists have one number per dimension.
        check(unsafe { h5s::H5Sget_simple_extent_dims(space, now.as_mut_ptr(), most.as_mut_ptr()) }, "read the shape of a dataset")?;
        let lengths = now.iter().map(|&n| usize::try_from(n)).collect::<Result<Vec<_>, _>>();
        let lengths = lengths.map_err(|_| Error::overflow("a dimension is longer than memory"))?;
        Ok(Extent::Shape(lengths, most.iter().map(|&n| n == h5s::H5S_UNLIMITED).collect()))
    }

    /// Opens a dataset for reading values, with room for this many bytes of decoded chunks.
    pub fn open_values(&self, file: hid_t, path: &CStr, cache: usize) -> Result<Id<'_>> {
        let access = self.id(unsafe { h5p::H5Pcreate(*h5p::H5P_CLS_DATASET_ACCESS) }, h5p::H5Pclose, "make properties")?;
        unsafe { h5p::H5Pset_chunk_cache(access.id, 1009, cache, 1.0) };
        check(unsafe { h5p::H5Pset_elink_cb(access.id, Some(stay_here), null_mut()) }, "set properties")?;
        self.id(unsafe { h5d::H5Dopen2(file, path.as_ptr(), access.id) }, h5d::H5Dclose, "open a dataset")
    }

    /// Reads a box of a dataset as elements of a type in memory.
    ///
    /// # Safety
    /// `out` has room for as many elements of `kind` as `count` says.
    pub unsafe fn read(&self, dataset: hid_t, kind: hid_t, slab: (&[usize], &[usize], &[usize]), out: *mut c_void) -> Result<()> {
        let (memory, file) = self.spaces(dataset, slab)?;
        check(unsafe { h5d::H5Dread(dataset, kind, memory.id, file.id, H5P_DEFAULT, out) }, "read values of this dataset")
    }

    /// Writes a box of a dataset from elements of a type in memory.
    ///
    /// # Safety
    /// `data` has as many elements of `kind` as `count` says.
    pub unsafe fn write(&self, dataset: hid_t, kind: hid_t, (start, count): (&[usize], &[usize]), data: *const c_void) -> Result<()> {
        let (memory, file) = self.spaces(dataset, (start, count, &vec![1; count.len()]))?;
        check(unsafe { h5d::H5Dwrite(dataset, kind, memory.id, file.id, H5P_DEFAULT, data) }, "write values of this dataset")
    }

    /// The space of a box in memory, and the box chosen in the dataset's own space.
    fn spaces(&self, dataset: hid_t, (start, count, step): (&[usize], &[usize], &[usize])) -> Result<(Id<'_>, Id<'_>)> {
        let wide = |list: &[usize]| list.iter().map(|&n| n as hsize_t).collect::<Vec<_>>();
        let (start, count, step) = (wide(start), wide(count), wide(step));
        let file = self.id(unsafe { h5d::H5Dget_space(dataset) }, h5s::H5Sclose, "read the shape of a dataset")?;
        if count.is_empty() {
            return Ok((self.space(&[])?, file));
        }
        // SAFETY: the lists have one number per dimension.
        let code = unsafe {
            let set = h5s::H5S_seloper_t::H5S_SELECT_SET;
            h5s::H5Sselect_hyperslab(file.id, set, start.as_ptr(), step.as_ptr(), count.as_ptr(), null())
        };
        check(code, "select a part of this dataset")?;
        let memory = unsafe { h5s::H5Screate_simple(count.len() as c_int, count.as_ptr(), null()) };
        Ok((self.id(memory, h5s::H5Sclose, "make a shape")?, file))
    }

    /// A space of these lengths; of one element without any.
    pub fn space(&self, shape: &[usize]) -> Result<Id<'_>> {
        let lengths: Vec<hsize_t> = shape.iter().map(|&n| n as hsize_t).collect();
        let id = match lengths.len() {
            0 => unsafe { h5s::H5Screate(h5s::H5S_class_t::H5S_SCALAR) },
            n => unsafe { h5s::H5Screate_simple(n as c_int, lengths.as_ptr(), null()) },
        };
        self.id(id, h5s::H5Sclose, "make a shape")
    }

    /// Gives back what the library has allocated for elements of this type.
    ///
    /// # Safety
    /// `data` has as many elements of `kind` as the shape says, as the library has filled them, or zeros.
    pub unsafe fn reclaim(&self, kind: hid_t, count: usize, data: *mut c_void) {
        if let Ok(space) = self.space(&[count]) {
            unsafe { h5t::H5Treclaim(kind, space.id, H5P_DEFAULT, data) };
        }
    }
}
