//! A look at the heaps of an HDF5 file before the library sees them.
//!
//! A global heap (references between variables and dimensions, strings) is a list of objects, each of which says how long it is; a local
//! heap (names of a group) has a list of its free space. The library (2.2.0 and before) walks a damaged list for ever: where an object says
//! that it is free space of length 0, where a piece of free space leads back to one before. So heaps that can be found cheaply, in the first
//! and last part of the file, are walked here first; attributes of texts and lists are looked at there, too ([`lists`]).
//! Layout: HDF5 File Format Specification, III.D and III.E.

use super::lists;
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
    let mut part = Part { from: 0, bytes: Vec::new() };
    part.read(file, path)?;
    // Addresses count from where the file's own part begins, behind what a user has put before it.
    let base = (9..21).map(|bit| 1usize << bit).find(|&at| part.bytes.get(at..).is_some_and(|b| b.starts_with(SIGNATURE)));
    let base = if part.bytes.starts_with(SIGNATURE) { 0 } else { base.unwrap_or(0) as u64 };
    part.check(base, size, path)?;
    if size > PART {
        part.from = (size - PART).max(PART);
        part.read(file, path)?;
        part.check(base, size, path)?;
    }
    Ok(())
}

const SIGNATURE: &[u8] = b"\x89HDF\r\n\x1a\n";

/// Some bytes of a file.
struct Part {
    from: u64,
    bytes: Vec<u8>,
}

impl Part {
    fn read(&mut self, file: &mut File, path: &Path) -> Result<()> {
        self.bytes.clear();
        file.seek(SeekFrom::Start(self.from)).io_at(path)?;
        file.by_ref().take(PART).read_to_end(&mut self.bytes).io_at(path)?;
        Ok(())
    }

    fn check(&self, base: u64, size: u64, path: &Path) -> Result<()> {
        let found = |mark: &[u8], damaged: &dyn Fn(usize) -> bool| memchr::memmem::find_iter(&self.bytes, mark).find(|&at| damaged(at));
        let heap = found(b"GCOL\x01\0\0\0", &|at| endless(&self.bytes[at..]))
            .or_else(|| found(b"HEAP\0\0\0\0", &|at| self.is_cyclic(at, base).unwrap_or(false)))
            .map(|at| ("a heap", at));
        let Some((what, at)) = heap.or_else(|| lists::too_long(&self.bytes, size).map(|at| ("an attribute or a fill value", at))) else {
            return Ok(());
        };
        let e = Error::format(format!("{what} of this HDF5 file is damaged")).help("copy the file again");
        Err(e.at(Place { byte: Some(self.from + at as u64), ..Place::file(path) }))
    }

    /// Whether the free space of the local heap here (names of a group) leads back to itself. The library walks along it for ever, with
    /// more memory at each step.
    fn is_cyclic(&self, at: usize, base: u64) -> Option<bool> {
        let number = |at: usize| self.bytes.get(at..at + 8).and_then(|b| b.try_into().ok()).map(u64::from_le_bytes);
        let (size, mut next, address) = (number(at + 8)?, number(at + 16)?, number(at + 24)?);
        let begin = usize::try_from(address.checked_add(base)?.checked_sub(self.from)?).ok()?;
        let end = begin.checked_add(usize::try_from(size).ok()?)?;
        let here = self.bytes.get(begin..end)?;
        // A piece of free space says where the next one is, then its length; 1 is the end.
        for _ in 0..=here.len() / 16 {
            let piece = usize::try_from(next).ok().filter(|&n| n != 1 && n <= here.len());
            let Some(bytes) = piece.and_then(|n| here.get(n..)?.first_chunk::<8>()) else { return Some(false) };
            next = u64::from_le_bytes(*bytes);
        }
        Some(true)
    }
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
    fn local_heap_whose_free_space_leads_back_is_cyclic() {
        let heap = |first: u64, next: [u64; 2]| {
            let header = [0x50414548u64, 32, first, 40].map(u64::to_le_bytes).concat();
            let bytes = [b"before..".to_vec(), header, [next[0], 16, next[1], 16].map(u64::to_le_bytes).concat()].concat();
            Part { from: 0, bytes }.is_cyclic(8, 0)
        };
        // 1 ends the list; what lies outside is the library's to refuse.
        assert_eq!(heap(1, [0, 0]), Some(false));
        assert_eq!(heap(0, [16, 1]), Some(false));
        assert_eq!(heap(0, [99, 1]), Some(false));
        assert_eq!(heap(16, [1, 0]), Some(false));
        assert_eq!(heap(0, [16, 0]), Some(true));
        assert_eq!(heap(16, [1, 16]), Some(true));
    }

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
