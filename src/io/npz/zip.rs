//! A zip archive written member by member, its bytes deflated by all threads: pieces of fixed length, each its own run of blocks, so
//! that the result does not depend on the number of threads. Layout: PKWARE's APPNOTE 6.3, with the 64-bit fields in every member, as
//! numpy has them.

use crate::error::{Error, IoResultExt, Result};
use flate2::{Compress, Compression, FlushCompress};
use libdeflater::Crc;
use rayon::prelude::*;
use std::fs::File;
use std::io::{BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// Bytes of a piece.
const PIECE: usize = 1 << 20;
/// The first of January 1980, the earliest date there is: the same input gives the same bytes.
const DATE: u16 = 0x21;

/// A member whose place is known.
#[derive(Debug)]
struct Entry {
    name: String,
    offset: u64,
    packed: u64,
    size: u64,
    crc: u32,
}

/// An archive that grows.
#[derive(Debug)]
pub(super) struct Archive {
    file: BufWriter<File>,
    path: PathBuf,
    /// zlib's level; none stores the bytes as they are.
    level: Option<u32>,
    at: u64,
    entries: Vec<Entry>,
    open: Option<(Entry, Crc32)>,
    /// Bytes that do not fill a piece yet.
    rest: Vec<u8>,
}

struct Crc32(Crc);

impl std::fmt::Debug for Crc32 {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Crc32")
    }
}

impl Archive {
    pub fn new(file: File, path: &Path, level: Option<u32>) -> Archive {
        let file = BufWriter::with_capacity(1 << 16, file);
        Archive { file, path: path.to_path_buf(), level, at: 0, entries: Vec::new(), open: None, rest: Vec::new() }
    }

    fn put(&mut self, bytes: &[u8]) -> Result<()> {
        self.file.write_all(bytes).io_at(&self.path)?;
        self.at += bytes.len() as u64;
        Ok(())
    }

    /// Begins a member; the one before is complete.
    pub fn begin(&mut self, name: &str) -> Result<()> {
        self.end()?;
        if name.len() > u16::MAX as usize {
            return Err(Error::loss(format!("the name {name:?} is too long for a zip archive")));
        }
        let entry = Entry { name: name.to_string(), offset: self.at, packed: 0, size: 0, crc: 0 };
        let header = self.local(&entry);
        self.put(&header)?;
        self.open = Some((entry, Crc32(Crc::new())));
        Ok(())
    }

    /// The header in front of a member, of a length that does not depend on sizes.
    fn local(&self, e: &Entry) -> Vec<u8> {
        let mut out = b"PK\x03\x04".to_vec();
        self.common(e, &mut out);
        out.extend([0xff; 8]);
        out.extend((e.name.len() as u16).to_le_bytes());
        out.extend(20u16.to_le_bytes());
        out.extend(e.name.as_bytes());
        out.extend([1, 0, 16, 0]);
        out.extend(e.size.to_le_bytes());
        out.extend(e.packed.to_le_bytes());
        out
    }

    /// Version, flags (names are UTF-8), method, date, checksum.
    fn common(&self, e: &Entry, out: &mut Vec<u8>) {
        let method = if self.level.is_some() { 8u16 } else { 0 };
        [45, 0x800, method, 0, DATE].iter().for_each(|n: &u16| out.extend(n.to_le_bytes()));
        out.extend(e.crc.to_le_bytes());
    }

    /// Writes bytes of the member that is open.
    pub fn write(&mut self, bytes: &[u8]) -> Result<()> {
        let Some((entry, crc)) = &mut self.open else { return Err(Error::internal("bytes of no member")) };
        crc.0.update(bytes);
        entry.size += bytes.len() as u64;
        if self.level.is_none() {
            return self.put(bytes);
        }
        let mut bytes = bytes;
        if !self.rest.is_empty() {
            let n = (PIECE - self.rest.len()).min(bytes.len());
            self.rest.extend_from_slice(&bytes[..n]);
            bytes = &bytes[n..];
            if self.rest.len() < PIECE {
                return Ok(());
            }
            let full = std::mem::take(&mut self.rest);
            self.deflate(&full, false)?;
        }
        let whole = bytes.len() / PIECE * PIECE;
        for some in bytes[..whole].chunks(PIECE * 2 * rayon::current_num_threads()) {
            self.deflate(some, false)?;
        }
        self.rest.extend_from_slice(&bytes[whole..]);
        Ok(())
    }

    /// Deflates pieces on all threads and writes them in order.
    fn deflate(&mut self, bytes: &[u8], last: bool) -> Result<()> {
        let level = self.level.unwrap_or(6);
        let pieces: Vec<&[u8]> = if bytes.is_empty() { vec![bytes] } else { bytes.chunks(PIECE).collect() };
        let count = pieces.len();
        let done = pieces.into_par_iter().enumerate().map(|(i, piece)| deflated(piece, level, last && i + 1 == count));
        for piece in done.collect::<Result<Vec<_>>>()? {
            self.put(&piece)?;
        }
        Ok(())
    }

    /// Completes the member that is open.
    fn end(&mut self) -> Result<()> {
        if self.open.is_none() {
            return Ok(());
        }
        if self.level.is_some() {
            let rest = std::mem::take(&mut self.rest);
            self.deflate(&rest, true)?;
        }
        let Some((mut entry, crc)) = self.open.take() else { return Ok(()) };
        entry.crc = crc.0.sum();
        entry.packed = self.at - entry.offset - self.local(&entry).len() as u64;
        let header = self.local(&entry);
        self.file.seek(SeekFrom::Start(entry.offset)).io_at(&self.path)?;
        self.file.write_all(&header).io_at(&self.path)?;
        self.file.seek(SeekFrom::Start(self.at)).io_at(&self.path)?;
        self.entries.push(entry);
        Ok(())
    }

    /// Writes the directory.
    pub fn finish(mut self) -> Result<()> {
        self.end()?;
        let (start, mut out) = (self.at, Vec::new());
        for e in &self.entries {
            out.extend(b"PK\x01\x02\x2d\x03");
            self.common(e, &mut out);
            out.extend([0xff; 8]);
            out.extend((e.name.len() as u16).to_le_bytes());
            out.extend(28u16.to_le_bytes());
            // No comment, the first disk, no text; a plain file that all may read.
            out.extend([0; 6]);
            out.extend(0x81a4_0000u32.to_le_bytes());
            out.extend([0xff; 4]);
            out.extend(e.name.as_bytes());
            out.extend([1, 0, 24, 0]);
            [e.size, e.packed, e.offset].iter().for_each(|n| out.extend(n.to_le_bytes()));
        }
        let (size, count) = (out.len() as u64, self.entries.len() as u64);
        let end = start + size;
        out.extend(b"PK\x06\x06");
        out.extend(44u64.to_le_bytes());
        out.extend([45, 3, 45, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        [count, count, size, start].iter().for_each(|n| out.extend(n.to_le_bytes()));
        out.extend(b"PK\x06\x07\0\0\0\0");
        out.extend(end.to_le_bytes());
        out.extend(1u32.to_le_bytes());
        out.extend(b"PK\x05\x06\0\0\0\0");
        let short = (count.min(0xffff) as u16).to_le_bytes();
        out.extend(short);
        out.extend(short);
        out.extend((size.min(0xffff_ffff) as u32).to_le_bytes());
        out.extend((start.min(0xffff_ffff) as u32).to_le_bytes());
        out.extend([0, 0]);
        self.put(&out)?;
        self.file.flush().io_at(&self.path)
    }
}

/// One piece as blocks of deflate that end at a byte, or end the stream.
fn deflated(piece: &[u8], level: u32, last: bool) -> Result<Vec<u8>> {
    let mut state = Compress::new(Compression::new(level), false);
    let mut out = Vec::with_capacity(piece.len() / 2 + 64);
    let flush = if last { FlushCompress::Finish } else { FlushCompress::Sync };
    loop {
        let from = state.total_in() as usize;
        let full = out.capacity();
        state.compress_vec(&piece[from..], &mut out, flush).map_err(|e| Error::internal("bytes that do not deflate").because(e))?;
        // Room was left: nothing more is to come.
        if state.total_in() as usize == piece.len() && out.len() < full {
            return Ok(out);
        }
        out.reserve(out.capacity().max(64));
    }
}
