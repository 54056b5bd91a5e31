//! How long texts of any length are, before the library asks for memory for them.
//!
//! A file holds such a text as its length, the address of a heap and its number there. The library asks for as much memory as the length
//! says, and clears it, before it looks whether the heap has that much: a damaged file of some kB takes gigabytes. So lengths are read
//! alone first, as bytes, which the library converts to nothing else. None is longer than the file.

use super::file::DataFile;
use super::hdf5::{Handle, open_in};
use crate::error::{Error, Result};
use crate::store::zeroed;
use hdf5_metno_sys::h5::{H5open, herr_t, hsize_t};
use hdf5_metno_sys::h5i::hid_t;
use hdf5_metno_sys::h5p::H5P_DEFAULT;
use hdf5_metno_sys::h5t::{self, H5T_bkg_t, H5T_cdata_t, H5T_class_t, H5T_cmd_t, H5T_pers_t};
use hdf5_metno_sys::{LOCK, h5d, h5s};
use std::ffi::{c_int, c_void};
use std::ptr::null;
use std::sync::OnceLock;

/// Bytes of a text as the file holds it; addresses have eight bytes, seldom four.
const WIDTHS: [usize; 2] = [16, 12];
/// Texts of more bytes than the file may be one text many times, but not of this many more.
const SHARED: u64 = 256 << 20;

/// Reads the lengths of so many texts or lists of a file of `most` bytes: `read` reads them as elements of the type that it is given, to
/// where the pointer leads; it fails where it cannot. The lock of the library is held.
///
/// # Errors
/// Format, for lengths that cannot be; budget.
pub(in crate::io) fn check_lengths(elements: usize, most: u64, read: impl Fn(hid_t, *mut c_void) -> bool) -> Result<()> {
    for (kind, width) in kinds().into_iter().zip(WIDTHS) {
        let Some(bytes) = elements.checked_mul(width).filter(|&b| b < isize::MAX as usize / 2) else { break };
        let mut words = zeroed(bytes)?;
        if kind < 0 || !read(kind, words.as_mut_ptr().cast()) {
            continue;
        }
        let lengths = bytemuck::cast_slice::<u64, u8>(&words)[..bytes].chunks_exact(width);
        let lengths = lengths.map(|b| u64::from(u32::from_le_bytes([b[0], b[1], b[2], b[3]])));
        let (longest, all) = lengths.fold((0, 0u64), |(longest, all), n| (n.max(longest), all.saturating_add(n)));
        if longest > most || all > most.max(SHARED) {
            let n = if longest > most { longest } else { all };
            return Err(
                Error::format(format!("texts say that they have {n} bytes, and the whole file has {most}")).help("copy the file again")
            );
        }
        break;
    }
    // What cannot be read so, the library says.
    Ok(())
}

/// The same for a box of a dataset of texts: first positions, counts, steps.
///
/// # Errors
/// As [`check_lengths`].
pub(in crate::io) fn check_texts(file: &DataFile, object: &str, (start, count, step): (&[usize], &[usize], &[usize])) -> Result<()> {
    let most = file.length()?;
    let _guard = LOCK.lock();
    // What cannot be opened here, the library says.
    let Ok(dataset) = open_in(file, object) else { return Ok(()) };
    // SAFETY: the lock is held and the dataset is open.
    let Some(space) = Handle::new(unsafe { h5d::H5Dget_space(dataset.0) }, h5s::H5Sclose) else { return Ok(()) };
    let wide = |list: &[usize]| list.iter().map(|&n| n as hsize_t).collect::<Vec<_>>();
    let (start, lengths, step) = (wide(start), wide(count), wide(step));
    // SAFETY: as above; the box has one number per dimension of the dataset, or it is refused.
    let memory = unsafe {
        if h5s::H5Sget_simple_extent_ndims(space.0) != lengths.len() as c_int {
            return Ok(());
        }
        let set = h5s::H5S_seloper_t::H5S_SELECT_SET;
        if lengths.is_empty() {
            h5s::H5Screate(h5s::H5S_class_t::H5S_SCALAR)
        } else if h5s::H5Sselect_hyperslab(space.0, set, start.as_ptr(), step.as_ptr(), lengths.as_ptr(), null()) < 0 {
            -1
        } else {
            h5s::H5Screate_simple(lengths.len() as c_int, lengths.as_ptr(), null())
        }
    };
    let Some(memory) = Handle::new(memory, h5s::H5Sclose) else { return Ok(()) };
    // SAFETY: the lock is held, the numbers are open; the pointer leads to room for all elements of the box.
    check_lengths(count.iter().product(), most, |kind, out| unsafe {
        h5d::H5Dread(dataset.0, kind, memory.0, space.0, H5P_DEFAULT, out) >= 0
    })
}

/// Types of so many bytes, to which the library turns texts of any length by doing nothing; negative where it has none. They stay open.
fn kinds() -> [hid_t; WIDTHS.len()] {
    static KINDS: OnceLock<[hid_t; WIDTHS.len()]> = OnceLock::new();
    *KINDS.get_or_init(|| {
        let _guard = LOCK.lock();
        // SAFETY: the lock is held; the types are open; the function has the form that the library asks for, and stays.
        unsafe {
            H5open();
            let made = WIDTHS.map(|width| h5t::H5Tcreate(H5T_class_t::H5T_OPAQUE, width));
            let Some(text) = Handle::new(h5t::H5Tcopy(*h5t::H5T_C_S1), h5t::H5Tclose) else { return [-1; WIDTHS.len()] };
            let soft = H5T_pers_t::H5T_PERS_SOFT;
            if h5t::H5Tset_size(text.0, h5t::H5T_VARIABLE) < 0
                || h5t::H5Tregister(soft, c"as the file has it".as_ptr(), text.0, made[0], Some(as_the_file_has_it)) < 0
            {
                return [-1; WIDTHS.len()];
            }
            made
        }
    })
}

/// Called by the library to convert elements in place: they stay what they are.
extern "C" fn as_the_file_has_it(
    from: hid_t,
    to: hid_t,
    data: *mut H5T_cdata_t,
    _: usize,
    _: usize,
    _: usize,
    _: *mut c_void,
    _: *mut c_void,
    _: hid_t,
) -> herr_t {
    // SAFETY: the library's own, which nobody else uses during the call.
    let Some(data) = (unsafe { data.as_mut() }) else { return -1 };
    if data.command == H5T_cmd_t::H5T_CONV_INIT {
        data.need_bkg = H5T_bkg_t::H5T_BKG_NO;
        // SAFETY: the lock is held by who reads; both types are open.
        return if unsafe { h5t::H5Tget_size(from) == h5t::H5Tget_size(to) } { 0 } else { -1 };
    }
    0
}
