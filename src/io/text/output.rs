//! Where text goes: rows are made by all threads while what was made before is compressed and written, in order.

use super::Packing;
use crate::error::{IoResultExt, Result};
use crate::io::Output;
use flate2::{Compress, Compression, Crc, FlushCompress, Status};
use rayon::prelude::*;
use std::io::{self, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};

/// Where the text goes.
pub enum TextTarget {
    /// A file, which appears when it is complete.
    File(Output),
    /// Anything that can be written to, such as the standard output.
    Stream(Box<dyn Write + Send>),
}

/// Text of rows on its way to a target.
pub(in crate::io) struct Lines {
    /// `None` once it is finished.
    out: Option<Packer>,
    /// What messages call the target.
    name: PathBuf,
    file: Option<Output>,
    /// Text that waits to be written while the next is made.
    ready: Vec<Vec<u8>>,
    /// Empty buffers.
    spare: Vec<Vec<u8>>,
}

impl std::fmt::Debug for Lines {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Lines").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Rows that one thread formats at a time.
const RUN: usize = 4096;

impl Lines {
    /// Starts a text.
    ///
    /// # Errors
    /// What the system refuses.
    pub fn create(target: TextTarget, packing: Packing, first: Vec<u8>) -> Result<Lines> {
        let (out, name, file): (Box<dyn Write + Send>, _, _) = match target {
            TextTarget::File(output) => (Box::new(output.open()?), output.target().to_path_buf(), Some(output)),
            TextTarget::Stream(out) => (out, PathBuf::from("standard output"), None),
        };
        let out = Some(Packer::new(packing, out).io_at(&name)?);
        Ok(Lines { out, name, file, ready: vec![first], spare: Vec::new() })
    }

    /// What messages call the target.
    pub fn name(&self) -> &Path {
        &self.name
    }

    /// Appends rows; `push` appends some of them to a buffer.
    ///
    /// # Errors
    /// What the system refuses.
    pub fn write(&mut self, rows: usize, push: impl Fn(Range<usize>, &mut Vec<u8>) + Sync) -> Result<()> {
        // As many runs at a time as keep all threads busy; what they make waits while the next are made.
        let group = RUN * 4 * rayon::current_num_threads();
        for at in (0..rows).step_by(group) {
            let end = rows.min(at + group);
            let mut next: Vec<(usize, Vec<u8>)> = (at..end).step_by(RUN).map(|from| (from, self.spare.pop().unwrap_or_default())).collect();
            let push = &push;
            let (written, ()) =
                rayon::join(|| self.flush(), || next.par_iter_mut().for_each(|(from, text)| push(*from..end.min(*from + RUN), text)));
            written?;
            self.ready.extend(next.into_iter().map(|(_, text)| text));
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<()> {
        for mut text in self.ready.drain(..) {
            if let Some(out) = &mut self.out {
                out.write(&text).io_at(&self.name)?;
            }
            text.clear();
            self.spare.push(text);
        }
        Ok(())
    }

    /// Ends the text, and brings a file to its place.
    ///
    /// # Errors
    /// What the system refuses.
    pub fn finish(mut self, last: &[u8]) -> Result<()> {
        self.ready.push(last.to_vec());
        self.flush()?;
        if let Some(out) = self.out.take() {
            // Closed before it is renamed.
            out.finish().io_at(&self.name)?;
        }
        match self.file.take() {
            Some(output) => output.commit(),
            None => Ok(()),
        }
    }
}

type Out = Box<dyn Write + Send>;

/// A compressed stream. Its bytes depend on the text alone: not on the number of threads, nor on how the text came in pieces.
enum Packer {
    Plain(Out),
    /// One member of blocks that were deflated each by itself.
    Gzip {
        blocks: Blocks,
        level: u32,
        crc: Crc,
        length: u64,
    },
    /// One stream per block, as `pbzip2` writes them.
    Bzip2 {
        blocks: Blocks,
        level: u32,
        empty: bool,
    },
    /// One frame: some readers stop at the end of the first.
    Zstd(zstd::stream::write::Encoder<'static, Out>),
    /// One stream.
    Xz(liblzma::write::XzEncoder<Out>),
}

/// Text in blocks of one length, which threads compress.
struct Blocks {
    out: Out,
    pending: Vec<u8>,
    length: usize,
}

impl Blocks {
    fn new(out: Out, length: usize) -> Blocks {
        Blocks { out, pending: Vec::new(), length }
    }

    /// Appends text. What `pack` makes of whole blocks is written once there are enough for all threads.
    fn write<T: Send>(
        &mut self,
        text: &[u8],
        pack: impl Fn(&[u8]) -> io::Result<(Vec<u8>, T)> + Send + Sync,
        mut done: impl FnMut(T),
    ) -> io::Result<()> {
        self.pending.extend_from_slice(text);
        if self.pending.len() < self.length * 2 * rayon::current_num_threads() {
            return Ok(());
        }
        let whole = self.pending.len() / self.length * self.length;
        self.pack(whole, pack, &mut done)
    }

    fn pack<T: Send>(
        &mut self,
        bytes: usize,
        pack: impl Fn(&[u8]) -> io::Result<(Vec<u8>, T)> + Send + Sync,
        done: &mut impl FnMut(T),
    ) -> io::Result<()> {
        let packed: io::Result<Vec<_>> = self.pending[..bytes].par_chunks(self.length).map(pack).collect();
        for (block, facts) in packed? {
            self.out.write_all(&block)?;
            done(facts);
        }
        self.pending.drain(..bytes);
        Ok(())
    }
}

/// No time, no name, an unknown system: the same text gives the same bytes.
const GZIP_HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];

/// A block that others may follow: a flush ends it at a whole byte.
fn deflate(text: &[u8], level: u32, flush: FlushCompress) -> io::Result<(Vec<u8>, Crc)> {
    let mut deflater = Compress::new(Compression::new(level), false);
    let mut out = Vec::with_capacity(text.len() / 2 + 256);
    loop {
        let rest = &text[deflater.total_in() as usize..];
        let status = deflater.compress_vec(rest, &mut out, flush).map_err(io::Error::other)?;
        let all_in = deflater.total_in() as usize == text.len();
        // Room left over means that the flush is complete.
        if status == Status::StreamEnd || flush != FlushCompress::Finish && all_in && out.len() < out.capacity() {
            let mut crc = Crc::new();
            crc.update(text);
            return Ok((out, crc));
        }
        out.reserve(out.capacity().max(4096));
    }
}

fn bzip2(text: &[u8], level: u32) -> io::Result<(Vec<u8>, ())> {
    let mut encoder = bzip2::write::BzEncoder::new(Vec::with_capacity(text.len() / 2), bzip2::Compression::new(level));
    encoder.write_all(text)?;
    Ok((encoder.finish()?, ()))
}

impl Packer {
    fn new(packing: Packing, mut out: Out) -> io::Result<Packer> {
        Ok(match packing {
            Packing::None => Packer::Plain(out),
            Packing::Gzip(level) => {
                out.write_all(&GZIP_HEADER)?;
                Packer::Gzip { blocks: Blocks::new(out, 512 * 1024), level, crc: Crc::new(), length: 0 }
            }
            // The most that one block of the format holds.
            Packing::Bzip2(level) => Packer::Bzip2 { blocks: Blocks::new(out, level as usize * 100_000), level, empty: true },
            Packing::Zstd(level) => {
                let mut encoder = zstd::stream::write::Encoder::new(out, level)?;
                encoder.include_checksum(true)?;
                Packer::Zstd(encoder)
            }
            Packing::Xz(level) => Packer::Xz(liblzma::write::XzEncoder::new(out, level)),
        })
    }

    fn write(&mut self, text: &[u8]) -> io::Result<()> {
        match self {
            Packer::Plain(out) => out.write_all(text),
            Packer::Gzip { blocks, level, crc, length } => {
                *length += text.len() as u64;
                blocks.write(text, |block| deflate(block, *level, FlushCompress::Sync), |one| crc.combine(&one))
            }
            Packer::Bzip2 { blocks, level, empty } => {
                *empty &= text.is_empty();
                blocks.write(text, |block| bzip2(block, *level), |()| {})
            }
            Packer::Zstd(out) => out.write_all(text),
            Packer::Xz(out) => out.write_all(text),
        }
    }

    fn finish(self) -> io::Result<()> {
        let mut out = match self {
            Packer::Plain(out) => out,
            Packer::Gzip { mut blocks, level, mut crc, length } => {
                let all = blocks.pending.len();
                blocks.pack(all, |block| deflate(block, level, FlushCompress::Sync), &mut |one| crc.combine(&one))?;
                // An empty last block ends the stream.
                blocks.out.write_all(&deflate(&[], level, FlushCompress::Finish)?.0)?;
                blocks.out.write_all(&crc.sum().to_le_bytes())?;
                blocks.out.write_all(&(length as u32).to_le_bytes())?;
                blocks.out
            }
            Packer::Bzip2 { mut blocks, level, empty } => {
                let all = blocks.pending.len();
                blocks.pack(all, |block| bzip2(block, level), &mut |()| {})?;
                if empty {
                    blocks.out.write_all(&bzip2(&[], level)?.0)?;
                }
                blocks.out
            }
            Packer::Zstd(out) => out.finish()?,
            Packer::Xz(out) => out.finish()?,
        };
        out.flush()
    }
}
