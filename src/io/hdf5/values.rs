//! Elements that the library has read, as arrays and attributes.

use super::ffi::Lib;
use super::types::{Kind, Reading, trimmed};
use crate::coding::utf8_or_latin1;
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::io::chunked::check_lengths;
use crate::store::{AttrValue, NdArray, zeroed};
use arrow::array::StringViewBuilder;
use arrow::buffer::Buffer;
use hashbrown::HashMap;
use hdf5_metno_sys::h5i::hid_t;
use std::ffi::{CStr, c_char, c_void};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

/// Paths of the objects of a file by the address that references have.
pub(super) type Paths = Arc<HashMap<u64, String>>;

/// Elements: numbers as memory holds them, or the bytes of texts.
pub(super) enum Elements {
    Numbers { words: Vec<u64>, bytes: usize },
    Texts(Vec<Vec<u8>>),
}

/// The elements of so many cells of an object, which `read` writes through the pointer in the type that it is given. What it leaves out
/// is zero.
///
/// # Errors
/// Overflow and budget, where they do not fit in memory; format, for texts longer than the file; what `read` says.
pub(super) fn elements(
    lib: &Lib,
    reading: &Reading,
    paths: &Paths,
    (object, cells): (hid_t, usize),
    read: impl Fn(hid_t, *mut c_void) -> Result<()>,
) -> Result<Elements> {
    let count = reading.inner.iter().try_fold(cells, |n, &m| n.checked_mul(m));
    let bytes = count.and_then(|n| n.checked_mul(reading.width())).filter(|&b| b < isize::MAX as usize / 2);
    let bytes = bytes.ok_or_else(|| Error::overflow("the values take too many bytes"))?;
    if let (Kind::Text { .. }, Some(count)) = (&reading.kind, count.filter(|&n| n > 0)) {
        let alone = |kind, out| lib.copy_of(kind).and_then(|kind| read(reading.around(kind, lib)?.get(), out));
        check_lengths(count, lib.file_bytes(object), |kind, out| alone(kind, out).is_ok())?;
    }
    let memory = reading.memory(lib)?;
    let mut words = zeroed(bytes)?;
    let done = if cells == 0 { Ok(()) } else { read(memory.get(), words.as_mut_ptr().cast()) };
    let texts = match &reading.kind {
        Kind::Text { .. } => {
            let texts = words[..bytes / 8].iter().map(|&p| {
                let p = p as usize as *const c_char;
                // SAFETY: the library sets each pointer to a text that ends in zero, or leaves it null.
                if p.is_null() { Vec::new() } else { unsafe { CStr::from_ptr(p) }.to_bytes().to_vec() }
            });
            let texts = texts.collect();
            // SAFETY: these are the elements as the library has filled them; they are not looked at again.
            unsafe { lib.reclaim(memory.get(), cells, words.as_mut_ptr().cast()) };
            texts
        }
        Kind::Fixed { size, pad, .. } => {
            let bytes = &bytemuck::cast_slice::<u64, u8>(&words)[..bytes];
            bytes.chunks_exact(*size).map(|cell| trimmed(cell, *pad).to_vec()).collect()
        }
        Kind::Reference => words[..bytes / 8].iter().map(|a| path(paths, *a).into_bytes()).collect(),
        Kind::Number(_) | Kind::Bool | Kind::Bits(_) | Kind::Character { .. } => return done.map(|()| Elements::Numbers { words, bytes }),
    };
    done.map(|()| Elements::Texts(texts))
}

/// The path of an object; empty for a reference to nothing.
fn path(paths: &Paths, address: u64) -> String {
    match paths.get(&address) {
        Some(path) => path.clone(),
        None if address == 0 || address == u64::MAX => String::new(),
        None => format!("object without a path at byte {address}"),
    }
}

impl Elements {
    /// As an array of this shape.
    ///
    /// # Errors
    /// Shape, never in practice.
    pub fn array(self, reading: &Reading, shape: &[usize], latin: &AtomicBool) -> Result<NdArray> {
        match self {
            Elements::Numbers { mut words, bytes } => {
                if reading.kind == Kind::Bool {
                    bytemuck::cast_slice_mut::<u64, u8>(&mut words).iter_mut().for_each(|b| *b = (*b != 0) as u8);
                }
                NdArray::from_buffer(Buffer::from_vec(words).slice_with_length(0, bytes), reading.dtype(), shape)
            }
            Elements::Texts(texts) => {
                let mut out = StringViewBuilder::with_capacity(texts.len());
                for bytes in &texts {
                    let (text, odd) = utf8_or_latin1(bytes);
                    latin.fetch_or(odd, Relaxed);
                    out.append_value(text);
                }
                NdArray::from_texts(out.finish(), shape)
            }
        }
    }

    /// As the value of an attribute, which has one element or a list of them.
    pub fn attribute(self, reading: &Reading, one: bool) -> AttrValue {
        match self {
            Elements::Texts(texts) if one && matches!(reading.kind, Kind::Fixed { .. }) => {
                let text = texts.into_iter().next().unwrap_or_default();
                String::from_utf8(text).map_or_else(|e| AttrValue::Bytes(e.into_bytes()), AttrValue::Text)
            }
            Elements::Texts(texts) => match texts.into_iter().map(String::from_utf8).collect::<Result<Vec<_>, _>>() {
                Ok(texts) => AttrValue::Texts(texts),
                Err(e) => AttrValue::Bytes(e.into_bytes()),
            },
            Elements::Numbers { words, bytes } => {
                let b = &bytemuck::cast_slice::<u64, u8>(&words)[..bytes];
                match reading.dtype() {
                    DType::Bool => AttrValue::Bool(b.iter().map(|&x| x != 0).collect()),
                    DType::I8 => AttrValue::I8(numbers(b)),
                    DType::U8 => AttrValue::U8(numbers(b)),
                    DType::I16 => AttrValue::I16(numbers(b)),
                    DType::U16 => AttrValue::U16(numbers(b)),
                    DType::I32 => AttrValue::I32(numbers(b)),
                    DType::U32 => AttrValue::U32(numbers(b)),
                    DType::I64 => AttrValue::I64(numbers(b)),
                    DType::U64 => AttrValue::U64(numbers(b)),
                    DType::F32 => AttrValue::F32(numbers(b)),
                    _ => AttrValue::F64(numbers(b)),
                }
            }
        }
    }
}

fn numbers<T: bytemuck::Pod>(bytes: &[u8]) -> Vec<T> {
    bytes.chunks_exact(size_of::<T>()).map(bytemuck::pod_read_unaligned).collect()
}
