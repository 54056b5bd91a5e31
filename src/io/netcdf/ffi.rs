//! Every call into the C library, each a method of [`Lib`]: a `Lib` exists only while this thread holds the one process-wide
//! lock, which the crate `hdf5` takes too.

use crate::error::{Error, ErrorKind, Result};
use hdf5_metno_sys::{h5e, h5z};
use netcdf_sys as nc;
use std::ffi::{CStr, CString, c_char, c_int, c_uint, c_void};
use std::path::Path;
use std::ptr::{null, null_mut};
use std::sync::Once;

/// The number of the file's own attributes.
pub(super) const GLOBAL: c_int = nc::NC_GLOBAL;
const NAME_BYTES: usize = nc::NC_MAX_NAME as usize + 1;
static INIT: Once = Once::new();

/// The library, locked.
pub(in crate::io) struct Lib {
    _guard: Box<dyn std::any::Any>,
}

/// What `nc_inq_var` says.
pub(in crate::io) struct RawVariable {
    pub name: String,
    pub xtype: c_int,
    pub dims: Vec<c_int>,
    pub attributes: c_int,
}

/// A type that the file defines.
pub(in crate::io) struct UserType {
    pub name: String,
    pub size: usize,
    pub base: c_int,
    pub class: c_int,
    pub members: usize,
}

/// How a variable is stored.
pub(in crate::io) struct Storage {
    pub chunks: Option<Vec<usize>>,
    pub shuffle: bool,
    pub fletcher32: bool,
    /// Other filters: number and parameters, in the order of application.
    pub filters: Vec<(c_uint, Vec<c_uint>)>,
    pub big_endian: bool,
    pub no_fill: bool,
}

/// Takes the lock and prepares the libraries on the first call.
pub(in crate::io) fn lock() -> Lib {
    let guard = nc::libnetcdf_lock.lock();
    INIT.call_once(|| {
        // The last handle on a file may be given back by a thread of the pool while the process ends: the library must not be taken
        // down under it by a handler at exit. What is written is closed before.
        // SAFETY: the lock is held; this only sets a flag, before anything else of the library is called.
        unsafe { hdf5_metno_sys::h5::H5dont_atexit() };
        // SAFETY: the lock is held; both calls only set process-wide defaults of the libraries. Errors come back as codes, so
        // HDF5 need not print them. Blocks are read chunk by chunk, so a large cache of decoded chunks would only cost memory.
        unsafe {
            h5e::H5Eset_auto2(h5e::H5E_DEFAULT, None, null_mut());
            nc::nc_set_chunk_cache(4 << 20, 1009, 1.0);
        }
        // A filter that another plugin provides already is as good; a refusal shows when a file needs it.
        // SAFETY: the class is a static of the layout that the library asks for.
        unsafe { h5z::H5Zregister(super::zstd::filter_class().cast()) };
        crate::io::chunked::register();
    });
    Lib { _guard: Box::new(guard) }
}

/// The refusal of the library in our words.
fn refusal(code: c_int) -> Error {
    if code > 0 {
        return Error::system(std::io::Error::from_raw_os_error(code));
    }
    let os = std::io::Error::last_os_error();
    // SAFETY: the library answers every code with a static text.
    let words = unsafe { CStr::from_ptr(nc::nc_strerror(code)) }.to_string_lossy().trim_start_matches("NetCDF: ").to_string();
    match code {
        nc::NC_ENOTNC => Error::format("this is not a NetCDF file").help("say what it is with --from FORMAT, or copy the file again"),
        nc::NC_ENOMEM => Error::budget("the NetCDF library got no memory"),
        // The library swallows the reason; the system's last word tells the common one.
        nc::NC_EHDFERR | nc::NC_EIO | nc::NC_ECANTWRITE if os.kind() == std::io::ErrorKind::StorageFull => {
            Error::new(ErrorKind::Io, "no space left on the device").because(os)
        }
        nc::NC_EHDFERR => Error::format("the HDF5 library cannot make sense of this part of the file, or cannot reach it")
            .help("the file may be damaged: copy it again; h5dump or ncdump may tell more"),
        nc::NC_EFILTER | nc::NC_ENOFILTER => Error::unsupported("a filter of this variable is not available")
            .help("HDF5_PLUGIN_PATH names a folder of filter plugins; or rewrite the file: nccopy -F none IN OUT"),
        nc::NC_EBADNAME | nc::NC_EMAXNAME => Error::new(ErrorKind::Loss, "NetCDF does not allow this name").help("rename it in the source"),
        nc::NC_ENAMEINUSE => Error::new(ErrorKind::Loss, "this name stands twice").help("rename one in the source"),
        nc::NC_EVARSIZE | nc::NC_EDIMSIZE => {
            Error::new(ErrorKind::Loss, "it is too large for the classic format").help("write NetCDF-4 with --to nc")
        }
        nc::NC_EPERM => Error::new(ErrorKind::Io, "permission denied"),
        _ => Error::format(format!("the NetCDF library says: {}", words.to_lowercase())),
    }
}

fn check(code: c_int) -> Result<()> {
    if code == nc::NC_NOERR { Ok(()) } else { Err(refusal(code)) }
}

/// Text for C.
pub(super) fn c_text(text: &str) -> Result<CString> {
    CString::new(text).map_err(|_| Error::new(ErrorKind::Loss, format!("the name {text:?} has a zero byte in it")))
}

fn c_path(path: &Path) -> Result<CString> {
    // The library trims relative paths and takes some for URLs; an absolute one stays what it is.
    let absolute = std::path::absolute(path).map_err(|e| Error::io(e, path))?;
    #[cfg(unix)]
    let bytes = std::os::unix::ffi::OsStrExt::as_bytes(absolute.as_os_str()).to_vec();
    #[cfg(not(unix))]
    let bytes = absolute.to_string_lossy().into_owned().into_bytes();
    CString::new(bytes).map_err(|_| Error::invalid("the path has a zero byte in it"))
}

/// A name from a buffer that the library has filled.
fn name_of(buffer: &[u8]) -> String {
    let end = buffer.iter().position(|&b| b == 0).unwrap_or(buffer.len());
    String::from_utf8_lossy(&buffer[..end]).into_owned()
}

impl Lib {
    /// Opens for reading.
    pub fn open(&self, path: &Path) -> Result<c_int> {
        let (path, mut id) = (c_path(path)?, 0);
        // SAFETY: the lock is held; `path` is a C text and `id` outlives the call.
        check(unsafe { nc::nc_open(path.as_ptr(), nc::NC_NOWRITE, &mut id) }).map(|()| id)
    }

    /// Creates, replacing what is there.
    pub fn create(&self, path: &Path, mode: c_int) -> Result<c_int> {
        let (path, mut id) = (c_path(path)?, 0);
        // SAFETY: as `open`.
        check(unsafe { nc::nc_create(path.as_ptr(), mode | nc::NC_CLOBBER, &mut id) }).map(|()| id)
    }

    /// Closes.
    pub fn close(&self, id: c_int) -> Result<()> {
        // SAFETY: the lock is held; a number that is not open is refused by the library.
        check(unsafe { nc::nc_close(id) })
    }

    /// One of `NC_FORMAT_..`.
    pub fn format(&self, id: c_int) -> Result<c_int> {
        let mut format = 0;
        // SAFETY: as `open`.
        check(unsafe { nc::nc_inq_format(id, &mut format) }).map(|()| format)
    }

    /// A list of numbers of which the first call tells the length.
    fn list(&self, ask: impl Fn(*mut c_int, *mut c_int) -> c_int) -> Result<Vec<c_int>> {
        let mut n = 0;
        check(ask(&mut n, null_mut()))?;
        let mut ids = vec![0; n.max(0) as usize];
        if n > 0 {
            check(ask(&mut n, ids.as_mut_ptr()))?;
        }
        Ok(ids)
    }

    /// Groups in this one.
    pub fn groups(&self, id: c_int) -> Result<Vec<c_int>> {
        // SAFETY: the list has the length that the library has told. The same holds below.
        self.list(|n, ids| unsafe { nc::nc_inq_grps(id, n, ids) })
    }

    /// The name of a group.
    pub fn group_name(&self, id: c_int) -> Result<String> {
        let mut name = [0u8; NAME_BYTES];
        // SAFETY: the library writes at most NC_MAX_NAME bytes and a zero.
        check(unsafe { nc::nc_inq_grpname(id, name.as_mut_ptr().cast()) }).map(|()| name_of(&name))
    }

    /// Dimensions of this group itself.
    pub fn dims(&self, id: c_int) -> Result<Vec<c_int>> {
        // SAFETY: as in `groups`.
        self.list(|n, ids| unsafe { nc::nc_inq_dimids(id, n, ids, 0) })
    }

    /// Dimensions of this group itself that can grow.
    pub fn unlimited(&self, id: c_int) -> Result<Vec<c_int>> {
        // SAFETY: as in `groups`.
        self.list(|n, ids| unsafe { nc::nc_inq_unlimdims(id, n, ids) })
    }

    /// Variables of this group.
    pub fn variables(&self, id: c_int) -> Result<Vec<c_int>> {
        // SAFETY: as in `groups`.
        self.list(|n, ids| unsafe { nc::nc_inq_varids(id, n, ids) })
    }

    /// Name and length of a dimension that this group sees.
    pub fn dim(&self, id: c_int, dim: c_int) -> Result<(String, usize)> {
        let (mut name, mut length) = ([0u8; NAME_BYTES], 0);
        // SAFETY: the library writes at most NC_MAX_NAME bytes and a zero.
        check(unsafe { nc::nc_inq_dim(id, dim, name.as_mut_ptr().cast(), &mut length) })?;
        Ok((name_of(&name), length))
    }

    /// A variable.
    pub fn variable(&self, id: c_int, variable: c_int) -> Result<RawVariable> {
        let (mut name, mut xtype, mut rank, mut attributes) = ([0u8; NAME_BYTES], 0, 0, 0);
        // SAFETY: the library writes at most NC_MAX_NAME bytes and a zero; a null pointer asks for no list.
        check(unsafe { nc::nc_inq_var(id, variable, name.as_mut_ptr().cast(), &mut xtype, &mut rank, null_mut(), &mut attributes) })?;
        let mut dims = vec![0; rank.max(0) as usize];
        if rank > 0 {
            // SAFETY: `dims` has the length that the library has told.
            check(unsafe { nc::nc_inq_var(id, variable, null_mut(), null_mut(), null_mut(), dims.as_mut_ptr(), null_mut()) })?;
        }
        Ok(RawVariable { name: name_of(&name), xtype, dims, attributes })
    }

    /// How many attributes the group has.
    pub fn attributes(&self, id: c_int) -> Result<c_int> {
        let mut n = 0;
        // SAFETY: `n` outlives the call.
        check(unsafe { nc::nc_inq_natts(id, &mut n) }).map(|()| n)
    }

    /// The name of an attribute, by position.
    pub fn attribute_name(&self, id: c_int, variable: c_int, i: c_int) -> Result<String> {
        let mut name = [0u8; NAME_BYTES];
        // SAFETY: the library writes at most NC_MAX_NAME bytes and a zero.
        check(unsafe { nc::nc_inq_attname(id, variable, i, name.as_mut_ptr().cast()) }).map(|()| name_of(&name))
    }

    /// Type and length of an attribute.
    pub fn attribute(&self, id: c_int, variable: c_int, name: &str) -> Result<(c_int, usize)> {
        let (name, mut xtype, mut length) = (c_text(name)?, 0, 0);
        // SAFETY: pointers outlive the call.
        check(unsafe { nc::nc_inq_att(id, variable, name.as_ptr(), &mut xtype, &mut length) })?;
        Ok((xtype, length))
    }

    /// The bytes of an attribute whose elements have this width in memory and hold no pointers.
    pub fn attribute_bytes(&self, id: c_int, variable: c_int, name: &str, bytes: usize) -> Result<Vec<u64>> {
        let name = c_text(name)?;
        let mut out: Vec<u64> = Vec::new();
        out.try_reserve_exact(bytes / 8 + 1).map_err(|_| Error::format(format!("an attribute says that it has {bytes} bytes")))?;
        out.resize(bytes / 8 + 1, 0);
        // SAFETY: `out` has at least as many bytes as the attribute has by `attribute` and the width of its type.
        check(unsafe { nc::nc_get_att(id, variable, name.as_ptr(), out.as_mut_ptr().cast()) }).map(|()| out)
    }

    /// The strings of an attribute of type string.
    pub fn attribute_strings(&self, id: c_int, variable: c_int, name: &str, length: usize) -> Result<Vec<Vec<u8>>> {
        let name = c_text(name)?;
        Strings::fill(length, |p| {
            // SAFETY: `p` has room for `length` pointers, the number that the library has told.
            check(unsafe { nc::nc_get_att(id, variable, name.as_ptr(), p.cast()) })
        })
        .map(|s| s.iter().map(<[u8]>::to_vec).collect())
    }

    /// A type that the file defines.
    pub fn user_type(&self, id: c_int, xtype: c_int) -> Result<UserType> {
        let (mut name, mut size, mut base, mut fields, mut class) = ([0u8; NAME_BYTES], 0, 0, 0, 0);
        // SAFETY: the library writes at most NC_MAX_NAME bytes and a zero; the rest are numbers that outlive the call.
        check(unsafe { nc::nc_inq_user_type(id, xtype, name.as_mut_ptr().cast(), &mut size, &mut base, &mut fields, &mut class) })?;
        Ok(UserType { name: name_of(&name), size, base, class, members: fields })
    }

    /// Name and value of a member of an enum type; the value is of the base type, little-endian or as the machine has it.
    pub fn enum_member(&self, id: c_int, xtype: c_int, i: usize) -> Result<(String, [u8; 8])> {
        let (mut name, mut value) = ([0u8; NAME_BYTES], [0u64; 2]);
        // SAFETY: a value of an integer type has at most 8 bytes.
        check(unsafe { nc::nc_inq_enum_member(id, xtype, i as c_int, name.as_mut_ptr().cast(), value.as_mut_ptr().cast()) })?;
        Ok((name_of(&name), value[0].to_ne_bytes()))
    }

    /// How a variable of this rank is stored.
    pub fn storage(&self, id: c_int, variable: c_int, rank: usize) -> Result<Storage> {
        let (mut kind, mut chunks) = (nc::NC_CONTIGUOUS, vec![0usize; rank.max(1)]);
        let (mut shuffle, mut deflate, mut level, mut fletcher, mut endian, mut no_fill) = (0, 0, 0, 0, 0, 0);
        let mut n = 0usize;
        // SAFETY: `chunks` has one place per dimension; the rest are numbers that outlive the calls; null asks for no fill value.
        unsafe {
            check(nc::nc_inq_var_chunking(id, variable, &mut kind, chunks.as_mut_ptr()))?;
            check(nc::nc_inq_var_deflate(id, variable, &mut shuffle, &mut deflate, &mut level))?;
            check(nc::nc_inq_var_fletcher32(id, variable, &mut fletcher))?;
            check(nc::nc_inq_var_endian(id, variable, &mut endian))?;
            check(nc::nc_inq_var_fill(id, variable, &mut no_fill, null_mut()))?;
            check(nc::nc_inq_var_filter_ids(id, variable, &mut n, null_mut()))?;
        }
        let mut ids = vec![0; n];
        if n > 0 {
            // SAFETY: the list has the length that the library has told.
            check(unsafe { nc::nc_inq_var_filter_ids(id, variable, &mut n, ids.as_mut_ptr()) })?;
        }
        let mut filters = Vec::new();
        for filter in ids {
            let mut n = 0usize;
            // SAFETY: null asks for the number only; then the list has that length.
            check(unsafe { nc::nc_inq_var_filter_info(id, variable, filter, &mut n, null_mut()) })?;
            let mut parameters = vec![0; n];
            if n > 0 {
                check(unsafe { nc::nc_inq_var_filter_info(id, variable, filter, &mut n, parameters.as_mut_ptr()) })?;
            }
            filters.push((filter, parameters));
        }
        chunks.truncate(rank);
        Ok(Storage {
            chunks: (kind == nc::NC_CHUNKED && rank > 0).then_some(chunks),
            shuffle: shuffle != 0,
            fletcher32: fletcher != 0,
            filters,
            big_endian: endian == nc::NC_ENDIAN_BIG,
            no_fill: no_fill != 0,
        })
    }

    /// What stands for values of a variable that were never written; zeros where nothing is said or it is a text.
    pub fn fill_value(&self, id: c_int, variable: c_int) -> [u8; 8] {
        let (mut value, mut no_fill, mut xtype) = ([0u64; 4], 0, 0);
        // SAFETY: the lock is held; a value of a type that is read has at most 8 bytes, and strings, which are pointers, are not asked for.
        unsafe {
            let plain = nc::nc_inq_vartype(id, variable, &mut xtype) == nc::NC_NOERR && xtype != nc::NC_STRING;
            if !plain || nc::nc_inq_var_fill(id, variable, &mut no_fill, value.as_mut_ptr().cast()) != nc::NC_NOERR {
                return [0; 8];
            }
        }
        value[0].to_ne_bytes()
    }

    /// The group that holds this one; none above the root.
    pub fn parent(&self, id: c_int) -> Option<c_int> {
        let mut parent = 0;
        // SAFETY: `parent` outlives the call.
        (unsafe { nc::nc_inq_grp_parent(id, &mut parent) } == nc::NC_NOERR).then_some(parent)
    }

    /// How many bytes of decoded chunks the library keeps for a variable.
    pub fn chunk_cache(&self, id: c_int, variable: c_int, bytes: usize) -> Result<()> {
        // SAFETY: numbers only.
        check(unsafe { nc::nc_set_var_chunk_cache(id, variable, bytes, 1009, 1.0) })
    }

    /// Reads a box of a variable to `out`.
    ///
    /// # Safety
    /// `out` has room for as many elements of the variable's type as `count` says; the type holds no pointers.
    pub unsafe fn get(&self, id: c_int, variable: c_int, slab: (&[usize], &[usize], &[isize]), out: *mut c_void) -> Result<()> {
        let (start, count, step) = slab;
        // SAFETY: the lists have one number per dimension, `out` is as the caller promises.
        check(unsafe {
            if step.iter().all(|&s| s == 1) {
                nc::nc_get_vara(id, variable, start.as_ptr(), count.as_ptr(), out)
            } else {
                nc::nc_get_vars(id, variable, start.as_ptr(), count.as_ptr(), step.as_ptr(), out)
            }
        })
    }

    /// Reads a box of a variable of type string.
    pub fn get_strings(&self, id: c_int, variable: c_int, slab: (&[usize], &[usize], &[isize])) -> Result<Strings> {
        let n = slab.1.iter().try_fold(1usize, |n, &c| n.checked_mul(c)).ok_or_else(|| Error::overflow("too many texts"))?;
        // SAFETY: `p` has room for `n` pointers, and those that the library sets are freed by `Strings`.
        Strings::fill(n, |p| unsafe { self.get(id, variable, slab, p.cast()) })
    }

    /// Defines a dimension; length 0 is unlimited.
    pub fn def_dim(&self, id: c_int, name: &str, length: usize) -> Result<c_int> {
        let (name, mut dim) = (c_text(name)?, 0);
        // SAFETY: pointers outlive the call.
        check(unsafe { nc::nc_def_dim(id, name.as_ptr(), length, &mut dim) }).map(|()| dim)
    }

    /// Defines a group.
    pub fn def_group(&self, id: c_int, name: &str) -> Result<c_int> {
        let (name, mut group) = (c_text(name)?, 0);
        // SAFETY: pointers outlive the call.
        check(unsafe { nc::nc_def_grp(id, name.as_ptr(), &mut group) }).map(|()| group)
    }

    /// Defines an enumeration of a base type; values in bytes of it.
    pub fn def_enum(&self, id: c_int, base: c_int, name: &str, members: &[(&str, &[u8])]) -> Result<c_int> {
        let (name, mut xtype) = (c_text(name)?, 0);
        let names = members.iter().map(|(n, _)| c_text(n)).collect::<Result<Vec<_>>>()?;
        // SAFETY: pointers outlive the calls, and each value has the bytes of the base type.
        unsafe {
            check(nc::nc_def_enum(id, base, name.as_ptr(), &mut xtype))?;
            for (name, (_, value)) in names.iter().zip(members) {
                check(nc::nc_insert_enum(id, xtype, name.as_ptr(), value.as_ptr().cast()))?;
            }
        }
        Ok(xtype)
    }

    /// Defines a variable.
    pub fn def_variable(&self, id: c_int, name: &str, xtype: c_int, dims: &[c_int]) -> Result<c_int> {
        let (name, mut variable) = (c_text(name)?, 0);
        // SAFETY: `dims` has as many numbers as are said.
        check(unsafe { nc::nc_def_var(id, name.as_ptr(), xtype, dims.len() as c_int, dims.as_ptr(), &mut variable) }).map(|()| variable)
    }

    /// Sets chunk shape, or contiguous.
    pub fn def_chunks(&self, id: c_int, variable: c_int, chunks: Option<&[usize]>) -> Result<()> {
        let kind = if chunks.is_some() { nc::NC_CHUNKED } else { nc::NC_CONTIGUOUS };
        // SAFETY: one number per dimension.
        check(unsafe { nc::nc_def_var_chunking(id, variable, kind, chunks.map_or(null(), <[usize]>::as_ptr)) })
    }

    /// Shuffle without deflate, or with it at a level.
    pub fn def_deflate(&self, id: c_int, variable: c_int, shuffle: bool, level: Option<u32>) -> Result<()> {
        let (deflate, level) = (level.is_some() as c_int, level.unwrap_or(0).min(9) as c_int);
        // SAFETY: numbers only.
        check(unsafe { nc::nc_def_var_deflate(id, variable, shuffle as c_int, deflate, level) })
    }

    /// Any other filter. One that can only be undone here, such as [`chunked`](crate::io::chunked) gives to the library, is refused.
    pub fn def_filter(&self, id: c_int, variable: c_int, filter: c_uint, parameters: &[c_uint]) -> Result<()> {
        let mut can = 0;
        // SAFETY: the lock is held; a filter that is not there is a negative answer.
        let known = unsafe { h5z::H5Zfilter_avail(filter as c_int) > 0 && h5z::H5Zget_filter_info(filter as c_int, &mut can) >= 0 };
        if known && can & h5z::H5Z_FILTER_CONFIG_ENCODE_ENABLED == 0 {
            return Err(refusal(nc::NC_ENOFILTER));
        }
        // SAFETY: `parameters` has as many numbers as are said.
        check(unsafe { nc::nc_def_var_filter(id, variable, filter, parameters.len(), parameters.as_ptr()) })
    }

    /// A checksum on each chunk.
    pub fn def_fletcher32(&self, id: c_int, variable: c_int) -> Result<()> {
        // SAFETY: numbers only.
        check(unsafe { nc::nc_def_var_fletcher32(id, variable, nc::NC_FLETCHER32) })
    }

    /// Big-endian numbers.
    pub fn def_big_endian(&self, id: c_int, variable: c_int) -> Result<()> {
        // SAFETY: numbers only.
        check(unsafe { nc::nc_def_var_endian(id, variable, nc::NC_ENDIAN_BIG) })
    }

    /// No fill value.
    pub fn def_no_fill(&self, id: c_int, variable: c_int) -> Result<()> {
        // SAFETY: null goes with NOFILL.
        check(unsafe { nc::nc_def_var_fill(id, variable, nc::NC_NOFILL, null()) })
    }

    /// Leaves what is not written as it is, in the whole file.
    pub fn set_no_fill(&self, id: c_int) -> Result<()> {
        let mut old = 0;
        // SAFETY: numbers only.
        check(unsafe { nc::nc_set_fill(id, nc::NC_NOFILL, &mut old) })
    }

    /// Sets an attribute of numbers or characters; `bytes` are its elements.
    pub fn put_attribute(&self, id: c_int, variable: c_int, name: &str, xtype: c_int, length: usize, bytes: &[u8]) -> Result<()> {
        let name = c_text(name)?;
        // SAFETY: callers pass the bytes of `length` elements of a plain type.
        check(unsafe { nc::nc_put_att(id, variable, name.as_ptr(), xtype, length, bytes.as_ptr().cast()) })
    }

    /// Sets an attribute of strings.
    pub fn put_strings(&self, id: c_int, variable: c_int, name: &str, texts: &[String]) -> Result<()> {
        let name = c_text(name)?;
        let texts = texts.iter().map(|t| c_text(t)).collect::<Result<Vec<_>>>()?;
        let pointers: Vec<*const c_char> = texts.iter().map(|t| t.as_ptr()).collect();
        // SAFETY: as many pointers to C texts as are said; the library copies them.
        check(unsafe { nc::nc_put_att(id, variable, name.as_ptr(), nc::NC_STRING, pointers.len(), pointers.as_ptr().cast()) })
    }

    /// Ends the definitions.
    pub fn end_definitions(&self, id: c_int) -> Result<()> {
        // SAFETY: a number only.
        check(unsafe { nc::nc_enddef(id) })
    }

    /// Writes a box of a variable.
    ///
    /// # Safety
    /// `data` has as many elements of the variable's type as `count` says.
    pub unsafe fn put(&self, id: c_int, variable: c_int, start: &[usize], count: &[usize], data: *const c_void) -> Result<()> {
        // SAFETY: the lists have one number per dimension, `data` is as the caller promises.
        check(unsafe { nc::nc_put_vara(id, variable, start.as_ptr(), count.as_ptr(), data) })
    }

    /// Writes texts to a box of a variable of type string.
    pub fn put_texts(&self, id: c_int, variable: c_int, (start, count): (&[usize], &[usize]), texts: &[CString]) -> Result<()> {
        if texts.len() != count.iter().product::<usize>() {
            return Err(Error::internal(format!("{} texts for a box of {count:?}", texts.len())));
        }
        let pointers: Vec<*const c_char> = texts.iter().map(|t| t.as_ptr()).collect();
        // SAFETY: as many pointers to C texts as the box has elements; the library copies them.
        unsafe { self.put(id, variable, start, count, pointers.as_ptr().cast()) }
    }
}

/// Texts that the library has allocated; freed when dropped (while the lock is held by whoever has read them, or not: it is `free`).
pub(in crate::io) struct Strings(Vec<*mut c_char>);

impl Strings {
    fn fill(n: usize, read: impl FnOnce(*mut *mut c_char) -> Result<()>) -> Result<Strings> {
        let mut pointers: Vec<*mut c_char> = Vec::new();
        pointers.try_reserve_exact(n).map_err(|_| Error::budget(format!("{n} texts do not fit in memory")))?;
        pointers.resize(n, null_mut());
        let mut strings = Strings(pointers);
        read(strings.0.as_mut_ptr())?;
        Ok(strings)
    }

    /// The bytes of each; none where the file has no text.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &[u8]> {
        self.0.iter().map(|&p| {
            // SAFETY: the library sets each pointer to a text that ends in zero, or leaves it null.
            if p.is_null() { &[][..] } else { unsafe { CStr::from_ptr(p) }.to_bytes() }
        })
    }
}

impl Drop for Strings {
    fn drop(&mut self) {
        // SAFETY: each pointer is null or was allocated by the library, and is freed once.
        unsafe { nc::nc_free_string(self.0.len(), self.0.as_mut_ptr()) };
    }
}
