//! A look at the global heaps of an HDF5 file before the library sees them.
//!
//! A global heap (references between variables and dimensions, strings) is a list of objects, each of which says how long it is.
//! The library (2.2.0 and before) walks a damaged list for ever where an object says that it is free space of length 0. So heaps
//! that can be found cheaply, in the first and last part of the file, are walked here first. Lists of dimensions, too: for a damaged
//! length the library asks for any amount of memory.
//! Layout: HDF5 File Format Specification, III.E.

use crate::error::{Error, IoResultExt, Place, Result};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

/// How much of the beginning and of the end is looked at.
const PART: u64 = 2 << 20;
const HEADER: usize = 16;

/// # Errors
/// Format, for a heap on which the library would never come back; io.
pub(in crate::io) fn check(file: &mut File, path: &Path) -> Result<()> {
    let size = file.metadata().io_at(path)?.len();
    let mut bytes = Vec::new();
    let mut look = |from: u64| -> Result<()> {
        bytes.clear();
        file.seek(SeekFrom::Start(from)).io_at(path)?;
        file.by_ref().take(PART).read_to_end(&mut bytes).io_at(path)?;
        let damaged = |what: &str, at: usize| {
            Err(Error::format(format!("{what} of this HDF5 file is damaged"))
                .help("copy the file again")
                .at(Place { byte: Some(from + at as u64), ..Place::file(path) }))
        };
        if let Some(at) = memchr::memmem::find_iter(&bytes, b"GCOL\x01\0\0\0").find(|&at| endless(&bytes[at..])) {
            return damaged("a heap", at);
        }
        match memchr::memmem::find_iter(&bytes, LIST).find(|&at| too_long(&bytes, at, size)) {
            Some(at) => damaged("the list of dimensions of a dataset", at),
            None => Ok(()),
        }
    };
    look(0)?;
    if size > PART { look((size - PART).max(PART)) } else { Ok(()) }
}

/// The attribute that leads from a dataset to the scales of its dimensions.
const LIST: &[u8] = b"DIMENSION_LIST\0";
/// A dimension has one scale, seldom two or three.
const MOST_SCALES: u64 = 1 << 16;

/// Whether the message of an attribute with its name here holds a list that is longer than the file can be: the library asks for
/// memory for all of it before it looks. Layout: HDF5 File Format Specification, IV.A.2.m; a list is its length, then where it is.
fn too_long(bytes: &[u8], name: usize, size: u64) -> bool {
    let short = |at: usize| bytes.get(at..at + 2).map(|b| u16::from_le_bytes([b[0], b[1]]) as usize);
    // The message of version 3 says the characters of names too; that of version 1 fills its parts up to eight bytes.
    let header = |version: u8, length: usize| {
        let at = name.checked_sub(length).filter(|&at| bytes[at] == version)?;
        (short(at + 2)? == LIST.len()).then(|| Some((short(at + 4)?, short(at + 6)?))).flatten()
    };
    let (part, sizes) = match (header(3, 9), header(2, 8), header(1, 8)) {
        (Some(sizes), ..) | (_, Some(sizes), _) => (1, sizes),
        (.., Some(sizes)) => (8, sizes),
        _ => return false,
    };
    let space = name + LIST.len().next_multiple_of(part) + sizes.0.next_multiple_of(part);
    let data = space + sizes.1.next_multiple_of(part);
    // One dimension: its length stands behind four bytes (version 2), or eight.
    let count = match bytes.get(space..space + 2) {
        Some([2, 1]) => bytes.get(space + 4..space + 12),
        Some([1, 1]) => bytes.get(space + 8..space + 16),
        _ => None,
    };
    let Some(count) = count.and_then(|b| b.try_into().ok()).map(u64::from_le_bytes) else { return false };
    let most = (size / 8).min(MOST_SCALES);
    (0..count.min(32) as usize).any(|i| {
        let length = bytes.get(data + 16 * i..data + 16 * i + 4).and_then(|b| b.try_into().ok()).map(u32::from_le_bytes);
        length.is_some_and(|n| u64::from(n) > most)
    })
}

/// Whether the walk from this heap's header on meets an object of length 0. Steps are those of the library, which adds without a look
/// at overflow: an object that says that it is of almost 2^64 bytes is a small step, or none.
fn endless(bytes: &[u8]) -> bool {
    let number = |at: usize| bytes.get(at..at + 8).and_then(|b| b.try_into().ok()).map(u64::from_le_bytes);
    let Some(size) = number(8).and_then(|n| usize::try_from(n).ok()).filter(|n| *n >= HEADER) else { return false };
    let end = size.min(bytes.len());
    let mut at = HEADER;
    while at + HEADER <= end {
        let (Some(index), Some(length)) = (bytes.get(at..at + 2), number(at + 8)) else { return false };
        let step = match index {
            [0, 0] => length,
            _ => (length.wrapping_add(7) & !7).wrapping_add(HEADER as u64),
        };
        match usize::try_from(step) {
            Ok(0) => return true,
            Ok(step) if step <= end - at => at += step,
            _ => return false,
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heap_with_free_space_of_no_length_is_endless() {
        let mut heap = b"GCOL\x01\0\0\0\x40\0\0\0\0\0\0\0".to_vec();
        heap.extend([1, 0, 1, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, b'h', b'e', b'l', b'l', b'o', 0, 0, 0]);
        heap.extend([0, 0, 0, 0, 0, 0, 0, 0, 24, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        assert!(!endless(&heap));
        heap[48] = 0;
        assert!(endless(&heap));
        // A length of which the library makes a step of 16 bytes, and one of which it makes none.
        for length in [[0xff; 8], [0xf0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]] {
            let mut heap = b"GCOL\x01\0\0\0\x40\0\0\0\0\0\0\0".to_vec();
            heap.extend([1, 0, 1, 0, 0, 0, 0, 0]);
            heap.extend(length);
            heap.extend([0; 24]);
            assert!(endless(&heap), "{length:?}");
        }
    }
}
