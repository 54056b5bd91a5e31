//! What does not fit the budget goes to a temporary file: compressed blocks, written and read in sequence.

use crate::error::{Error, ErrorKind, Result};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};

/// Bytes of a block before compression.
const BLOCK: usize = 64 * 1024;

/// One temporary file without a name, made in the folder for temporary files (`TMPDIR`) when it is first needed. Any number of
/// runs are written to it from any thread. Clones are handles.
#[derive(Clone, Debug, Default)]
pub struct Spill(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    file: OnceLock<Mutex<(File, u64)>>,
}

/// A run in a spill file: where its blocks are.
#[derive(Debug)]
pub struct Run {
    spill: Spill,
    blocks: Vec<Block>,
}

#[derive(Clone, Copy, Debug)]
struct Block {
    offset: u64,
    stored: u32,
    length: u32,
}

fn refused(e: std::io::Error) -> Error {
    let folder = std::env::temp_dir();
    let mut error = Error::io(e, &folder);
    if error.kind() == ErrorKind::NotFound {
        error = Error::new(ErrorKind::Io, "the folder for temporary files does not exist").at(error.place().clone());
    }
    error.help("temporary files go to the folder that TMPDIR names; with more --memory fewer are needed")
}

impl Spill {
    /// No file yet.
    pub fn new() -> Spill {
        Spill::default()
    }

    /// Bytes written so far.
    pub fn bytes(&self) -> u64 {
        self.0.file.get().map_or(0, |m| m.lock().unwrap_or_else(|e| e.into_inner()).1)
    }

    fn file(&self) -> Result<MutexGuard<'_, (File, u64)>> {
        if self.0.file.get().is_none() {
            // Two threads may both make one; the second is dropped, and with it gone.
            let made = tempfile::tempfile().map_err(refused)?;
            let _ = self.0.file.set(Mutex::new((made, 0)));
        }
        let cell = self.0.file.get().ok_or_else(|| Error::internal("a spill file went away"))?;
        Ok(cell.lock().unwrap_or_else(|e| e.into_inner()))
    }

    /// Begins a run.
    pub fn writer(&self) -> RunWriter {
        RunWriter { run: Run { spill: self.clone(), blocks: Vec::new() }, buffer: Vec::with_capacity(BLOCK + 1024) }
    }
}

/// Writes a run.
#[derive(Debug)]
pub struct RunWriter {
    run: Run,
    buffer: Vec<u8>,
}

impl RunWriter {
    /// Appends a record: `fill` adds its bytes to the buffer. A record is never cut.
    pub fn record(&mut self, fill: impl FnOnce(&mut Vec<u8>)) -> Result<()> {
        fill(&mut self.buffer);
        if self.buffer.len() >= BLOCK { self.flush() } else { Ok(()) }
    }

    /// Appends bytes that [`Run::block`] reads again by their number in the run.
    pub fn block(&mut self, bytes: Vec<u8>) -> Result<()> {
        self.flush()?;
        self.buffer = bytes;
        self.flush()
    }

    fn flush(&mut self) -> Result<()> {
        if self.buffer.is_empty() {
            return Ok(());
        }
        let packed = lz4_flex::block::compress(&self.buffer);
        let size = |n: usize| u32::try_from(n).map_err(|_| Error::unsupported("a value of more than 4 GB does not fit a temporary file"));
        let (stored, length) = (size(packed.len())?, size(self.buffer.len())?);
        let mut file = self.run.spill.file()?;
        let offset = file.1;
        file.0.seek(SeekFrom::Start(offset)).and_then(|_| file.0.write_all(&packed)).map_err(refused)?;
        file.1 += packed.len() as u64;
        drop(file);
        self.run.blocks.push(Block { offset, stored, length });
        self.buffer.clear();
        Ok(())
    }

    /// Ends the run.
    pub fn finish(mut self) -> Result<Run> {
        self.flush()?;
        Ok(self.run)
    }
}

impl Run {
    /// Bytes of a block before compression.
    pub fn block_bytes(&self, i: usize) -> usize {
        self.blocks.get(i).map_or(0, |b| b.length as usize)
    }

    /// The bytes of one block.
    pub fn block(&self, i: usize) -> Result<Vec<u8>> {
        let block = *self.blocks.get(i).ok_or_else(|| Error::internal("a block that was never written"))?;
        let (mut packed, mut bytes) = (Vec::new(), Vec::new());
        self.fetch(block, &mut packed, &mut bytes)?;
        Ok(bytes)
    }

    fn fetch(&self, block: Block, packed: &mut Vec<u8>, bytes: &mut Vec<u8>) -> Result<()> {
        packed.resize(block.stored as usize, 0);
        let mut file = self.spill.file()?;
        file.0.seek(SeekFrom::Start(block.offset)).and_then(|_| file.0.read_exact(packed)).map_err(refused)?;
        drop(file);
        bytes.resize(block.length as usize, 0);
        match lz4_flex::block::decompress_into(packed, bytes) {
            Ok(n) if n == bytes.len() => Ok(()),
            _ => Err(Error::new(ErrorKind::Io, "a temporary file does not read back as it was written")),
        }
    }

    /// Reads it from its beginning.
    pub fn into_reader(self) -> RunReader {
        RunReader { run: self, next: 0, packed: Vec::new(), buffer: Vec::new(), at: 0 }
    }
}

/// Reads the records of a run.
#[derive(Debug)]
pub struct RunReader {
    run: Run,
    next: usize,
    packed: Vec<u8>,
    buffer: Vec<u8>,
    at: usize,
}

impl RunReader {
    /// The bytes from the next record on, to the end of its block; `None` at the end of the run.
    pub fn peek(&mut self) -> Result<Option<&[u8]>> {
        if self.at >= self.buffer.len() {
            let Some(&block) = self.run.blocks.get(self.next) else { return Ok(None) };
            self.next += 1;
            self.at = 0;
            self.run.fetch(block, &mut self.packed, &mut self.buffer)?;
        }
        Ok(Some(&self.buffer[self.at..]))
    }

    /// Steps over this many bytes of the current record.
    pub fn advance(&mut self, bytes: usize) {
        self.at += bytes;
    }
}

/// Appends a number in groups of seven bits, the lowest first.
pub fn put_number(out: &mut Vec<u8>, mut x: u128) {
    while x >= 0x80 {
        out.push(x as u8 | 0x80);
        x >>= 7;
    }
    out.push(x as u8);
}

/// Reads such a number: it and its length. Only for what [`put_number`] wrote.
pub fn take_number(bytes: &[u8]) -> (u128, usize) {
    let (mut x, mut at) = (0u128, 0);
    while let Some(&b) = bytes.get(at) {
        x |= ((b & 0x7f) as u128) << (7 * at).min(127);
        at += 1;
        if b < 0x80 {
            break;
        }
    }
    (x, at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_written_side_by_side_read_back() {
        let spill = Spill::new();
        let mut writers = [spill.writer(), spill.writer()];
        for i in 0..100_000u128 {
            for (k, w) in writers.iter_mut().enumerate() {
                w.record(|out| put_number(out, i * i * i * (k as u128 + 1))).unwrap();
            }
        }
        assert!(spill.bytes() > 0);
        for (k, w) in writers.into_iter().enumerate() {
            let mut r = w.finish().unwrap().into_reader();
            let mut i = 0u128;
            while let Some(bytes) = r.peek().unwrap() {
                let (x, n) = take_number(bytes);
                assert_eq!(x, i * i * i * (k as u128 + 1));
                r.advance(n);
                i += 1;
            }
            assert_eq!(i, 100_000);
        }
        let mut all = Vec::new();
        put_number(&mut all, u128::MAX);
        assert_eq!(take_number(&all), (u128::MAX, all.len()));
    }
}
