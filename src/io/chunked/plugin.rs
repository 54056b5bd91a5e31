//! Our decoders as filters of the HDF5 library, so that what only the library can read (odd types, say) is read under them too.

use super::filters::{Contexts, Step};
use crate::error::{Error, Result};
use crate::io::guard::guarded;
use hdf5_metno_sys::h5z::{H5Z_CLASS_T_VERS, H5Z_FLAG_REVERSE, H5Z_class2_t, H5Zregister};
use hdf5_metno_sys::{LOCK, h5};
use std::ffi::{CStr, c_uint, c_void};
use std::io::Read;
use std::sync::Once;

struct Class(H5Z_class2_t);
// SAFETY: it holds a pointer to a static text and a function; nothing is ever changed.
unsafe impl Sync for Class {}

/// Filters that the library does not have itself. (szip has a number of the library's own range, which it lets nobody provide.)
static CLASSES: [Class; 6] = [
    class::<307>(c"bzip2"),
    class::<32000>(c"lzf"),
    class::<32001>(c"blosc"),
    class::<32004>(c"lz4"),
    class::<32008>(c"bitshuffle"),
    class::<32026>(c"blosc2"),
];

const fn class<const ID: i32>(name: &'static CStr) -> Class {
    Class(H5Z_class2_t {
        version: H5Z_CLASS_T_VERS as i32,
        id: ID,
        encoder_present: 0,
        decoder_present: 1,
        name: name.as_ptr(),
        can_apply: None,
        set_local: None,
        filter: Some(filter::<ID>),
    })
}

/// Gives the library our decoders, once.
pub(in crate::io) fn register() {
    static ONCE: Once = Once::new();
    let _guard = LOCK.lock();
    ONCE.call_once(|| {
        // Ours go first: plugins of the user's folder are made for another build of the library.
        // SAFETY: the lock is held. The library ends itself when the process does; what is set after it has begun runs before that.
        unsafe {
            h5::H5open();
            libc::atexit(wait_at_exit);
        }
        for Class(class) in &CLASSES {
            // SAFETY: the lock is held; the class is a static of the layout that the library asks for.
            unsafe {
                H5Zregister((&raw const *class).cast());
            }
        }
    });
}

/// Keeps other threads out of the library while it ends: one of them may be closing the last file just then.
extern "C" fn wait_at_exit() {
    std::mem::forget(LOCK.lock());
}

/// Decodes one chunk; 0 is failure, and the buffer is then as it was.
///
/// # Safety
/// The library passes a buffer of `*buf_size` bytes, of which `nbytes` are filled, and `count` parameters.
unsafe extern "C" fn filter<const ID: i32>(
    flags: c_uint,
    count: usize,
    parameters: *const c_uint,
    nbytes: usize,
    buf_size: *mut usize,
    buf: *mut *mut c_void,
) -> usize {
    if flags & H5Z_FLAG_REVERSE == 0 || nbytes == 0 {
        return 0;
    }
    // SAFETY: as the library promises; the pointer of no parameters may be null.
    let (input, parameters) = unsafe {
        let parameters = if count == 0 { &[] } else { std::slice::from_raw_parts(parameters, count) };
        (std::slice::from_raw_parts((*buf).cast::<u8>(), nbytes), parameters)
    };
    // SAFETY: as above.
    guarded(|| decode(ID, parameters, input)).map_or(0, |output| unsafe { hand_over(&output, buf_size, buf) })
}

/// Puts these bytes into the place of the library's buffer: how many they are, 0 where that fails.
///
/// # Safety
/// The pointers are those that the library gave to a filter.
pub(in crate::io) unsafe fn hand_over(output: &[u8], buf_size: *mut usize, buf: *mut *mut c_void) -> usize {
    // SAFETY: the old buffer came from the library's allocator, and the new one takes its place; its size is what was asked for.
    unsafe {
        let new = h5::H5allocate_memory(output.len(), 0);
        if new.is_null() || output.is_empty() {
            return 0;
        }
        std::ptr::copy_nonoverlapping(output.as_ptr(), new.cast::<u8>(), output.len());
        h5::H5free_memory(*buf);
        *buf = new;
        *buf_size = output.len();
    }
    output.len()
}

/// More than this no chunk has.
const MOST: u64 = u32::MAX as u64;

fn decode(id: i32, parameters: &[u32], input: &[u8]) -> Result<Vec<u8>> {
    let too_large = || Error::format("the chunk decodes to more than 4 GB");
    if id == 307 {
        // The stream does not tell how long it becomes.
        let mut out = Vec::new();
        let decoder = bzip2::read::BzDecoder::new(input);
        decoder.take(MOST).read_to_end(&mut out).map_err(|e| Error::format("the bytes of the chunk are damaged (bzip2)").because(e))?;
        return Ok(out);
    }
    let step = Step::new(id, parameters, 1).ok_or_else(|| Error::unsupported(format!("filter {id} with parameters {parameters:?}")))?;
    // h5py notes the size of a chunk among the parameters of its filter.
    let size = step.size(input).or_else(|| parameters.get(2).map(|&n| n as usize)).unwrap_or(0);
    // Those of blosc note it too: a damaged header is not to cost gigabytes.
    let noted = parameters.get(3).filter(|&&n| matches!(id, 32001 | 32026) && n > 0);
    if noted.is_some_and(|&n| n as usize != size) {
        return Err(Error::format("the chunk decodes to another size than it had"));
    }
    if size as u64 > MOST || size > step.most(input.len()) {
        return Err(too_large());
    }
    let mut out = Vec::new();
    out.try_reserve_exact(size).map_err(|_| too_large())?;
    out.resize(size, 0);
    step.undo(&mut Contexts::default(), input, &mut out)?;
    Ok(out)
}
