//! A look at the global heaps of an HDF5 file before the library sees them.
//!
//! A global heap (references between variables and dimensions, strings) is a list of objects, each of which says how long it is.
//! The library (2.2.0 and before) walks a damaged list for ever where an object says that it is free space of length 0. So heaps
//! that can be found cheaply, in the first and last part of the file, are walked here first.
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
        match memchr::memmem::find_iter(&bytes, b"GCOL\x01\0\0\0").find(|&at| endless(&bytes[at..])) {
            None => Ok(()),
            Some(at) => Err(Error::format("a heap of this HDF5 file is damaged")
                .help("copy the file again")
                .at(Place { byte: Some(from + at as u64), ..Place::file(path) })),
        }
    };
    look(0)?;
    if size > PART { look((size - PART).max(PART)) } else { Ok(()) }
}

/// Whether the walk from this heap's header on meets free space of length 0.
fn endless(bytes: &[u8]) -> bool {
    let number = |at: usize| bytes.get(at..at + 8).and_then(|b| b.try_into().ok()).map(u64::from_le_bytes);
    let Some(size) = number(8).and_then(|n| usize::try_from(n).ok()).filter(|n| *n >= HEADER) else { return false };
    let end = size.min(bytes.len());
    let mut at = HEADER;
    while at + HEADER <= end {
        let (Some(index), Some(length)) = (bytes.get(at..at + 2), number(at + 8)) else { return false };
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        let step = match index {
            [0, 0] if length == 0 => return true,
            [0, 0] => Some(length),
            _ => length.checked_next_multiple_of(8).and_then(|n| n.checked_add(HEADER)),
        };
        match step.and_then(|s| at.checked_add(s)) {
            Some(next) => at = next,
            None => return false,
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
    }
}
