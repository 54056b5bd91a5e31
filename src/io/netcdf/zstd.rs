//! The filter 32015 of HDF5 files, Zstandard, as the library calls it for each chunk.

use crate::io::chunked::hand_over;
use hdf5_metno_sys::h5z;
use std::ffi::{c_uint, c_void};
use std::io::Read;

/// Its registered number.
pub(super) const FILTER: u32 = 32015;
/// The level when a file or user says none.
pub(super) const DEFAULT_LEVEL: i32 = 3;

struct Class(h5z::H5Z_class2_t);
// SAFETY: it holds a pointer to a static text and a function; nothing is ever changed.
unsafe impl Sync for Class {}

static CLASS: Class = Class(h5z::H5Z_class2_t {
    version: h5z::H5Z_CLASS_T_VERS as i32,
    id: FILTER as i32,
    encoder_present: 1,
    decoder_present: 1,
    name: c"zstd".as_ptr(),
    can_apply: None,
    set_local: None,
    filter: Some(filter),
});

/// What the library registers.
pub(super) fn filter_class() -> *const h5z::H5Z_class2_t {
    &CLASS.0
}

/// Encodes or decodes one chunk; 0 is failure, and the buffer is then as it was.
///
/// # Safety
/// The library passes a buffer of `*buf_size` bytes, of which `nbytes` are filled, and `count` parameters.
unsafe extern "C" fn filter(
    flags: c_uint,
    count: usize,
    parameters: *const c_uint,
    nbytes: usize,
    buf_size: *mut usize,
    buf: *mut *mut c_void,
) -> usize {
    // SAFETY: as the library promises.
    let input = unsafe { std::slice::from_raw_parts((*buf).cast::<u8>(), nbytes) };
    let output = if flags & h5z::H5Z_FLAG_REVERSE != 0 {
        decode(input)
    } else {
        // SAFETY: the first of `count` parameters.
        let level = if count > 0 { unsafe { *parameters as i32 } } else { DEFAULT_LEVEL };
        zstd::bulk::compress(input, level).ok()
    };
    let Some(output) = output.filter(|o| !o.is_empty()) else { return 0 };
    // SAFETY: as the library promises.
    unsafe { hand_over(&output, buf_size, buf) }
}

/// The frame's own size is a hint only: a damaged one must not make us ask for all memory.
fn decode(input: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    zstd::stream::Decoder::with_buffer(input).ok()?.take(1 << 32).read_to_end(&mut out).ok()?;
    Some(out)
}
