//! The directory of a zip archive: names, places, sizes and checksums, checked against the file before anything is inflated.

use crate::error::{Error, Result};
use crate::io::guard::guarded;
use bytes::Bytes;
use std::io::Cursor;
use std::ops::Range;
use zip::ZipArchive;

/// How a member stands in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Method {
    Stored,
    Deflated,
    Bzip2,
    /// Whether the end of the data is marked.
    Lzma {
        marked: bool,
    },
    /// Any other, by its name.
    Other(String),
}

/// A member of an archive.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub name: String,
    pub method: Method,
    pub encrypted: bool,
    pub folder: bool,
    /// Where its bytes stand in the file.
    pub range: Range<usize>,
    /// Bytes when inflated.
    pub size: u64,
    pub crc: u32,
}

/// A byte of deflated data stands for at most this many.
const MOST_INFLATED: u64 = 1032;

/// The members in the order of the directory, and whether a name stands twice (the last one is kept, as numpy does).
///
/// # Errors
/// Format, for what is no zip archive or is damaged.
pub(super) fn directory(file: &Bytes) -> Result<(Vec<Entry>, bool)> {
    if file.is_empty() {
        return Err(Error::format("the file is empty"));
    }
    guarded(|| {
        let mut zip = ZipArchive::new(Cursor::new(&file[..])).map_err(|e| {
            Error::format(format!("this is no zip archive that can be read: {}", words(&e)))
                .help("npz files are zip archives; an archive that is cut off has lost its directory: copy the file again")
        })?;
        let twice = zip.has_duplicate_names();
        (0..zip.len()).map(|i| entry(file, &mut zip, i)).collect::<Result<Vec<_>>>().map(|all| (all, twice))
    })
}

fn words(e: &zip::result::ZipError) -> String {
    e.to_string().to_lowercase().trim_start_matches("invalid zip archive: ").to_string()
}

fn entry(file: &[u8], zip: &mut ZipArchive<Cursor<&[u8]>>, i: usize) -> Result<Entry> {
    let m = zip.by_index_raw(i).map_err(|e| Error::format(format!("member {i} of the archive cannot be read: {}", words(&e))))?;
    let name = String::from_utf8_lossy(m.name_raw()).into_owned();
    let damaged = |what: &str| {
        Error::format(format!("the archive is damaged: {what}"))
            .help("copy the file again")
            .at(crate::Place { variable: Some(name.clone()), ..crate::Place::default() })
    };
    // The local header repeats name and extra field, of its own lengths.
    let start = usize::try_from(m.header_start()).map_err(|_| damaged("a member begins beyond the file"))?;
    let header = start.checked_add(30).and_then(|end| file.get(start..end)).ok_or_else(|| damaged("a member begins beyond the file"))?;
    if !header.starts_with(b"PK\x03\x04") {
        return Err(damaged("a member is not where the directory says"));
    }
    let short = |at: usize| u16::from_le_bytes([header[at], header[at + 1]]) as usize;
    // Numbers of the format: the crate names only those that it inflates itself.
    let method = match short(8) {
        0 => Method::Stored,
        8 => Method::Deflated,
        12 => Method::Bzip2,
        14 => Method::Lzma { marked: short(6) & 2 != 0 },
        _ => Method::Other(m.compression().to_string()),
    };
    let begin = start + 30 + short(26) + short(28);
    let length = usize::try_from(m.compressed_size()).ok();
    let end = length.and_then(|n| begin.checked_add(n)).filter(|&end| end <= file.len());
    let end = end.ok_or_else(|| damaged("a member is longer than the file"))?;
    let (size, packed) = (m.size(), (end - begin) as u64);
    let possible = match method {
        Method::Stored => size == packed,
        Method::Deflated => size <= packed.saturating_mul(MOST_INFLATED),
        // One byte may be any number of them.
        Method::Bzip2 | Method::Lzma { .. } | Method::Other(_) => true,
    };
    if !possible {
        return Err(damaged(&format!("{packed} bytes cannot be {size} when inflated")));
    }
    Ok(Entry { method, encrypted: m.encrypted(), folder: m.is_dir(), range: begin..end, size, crc: m.crc32(), name })
}
