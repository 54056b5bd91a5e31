//! Compressions and checksums of chunks, undone. Every step knows how much may come out of it, so that a few bytes cannot
//! become a lot of memory.

use crate::error::{Error, Result};
use libdeflater::Decompressor;
use serde_json::Value;
use std::cell::RefCell;
use std::io::Read;

/// One bytes-to-bytes codec.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Zstd,
    Gzip,
    Zlib,
    Bz2,
    Blosc,
    Crc32c,
    Shuffle(usize),
    Lz4,
    Lzma,
    /// Differences of neighbours.
    Delta(Differences),
}

/// Elements that stand as the difference to the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Differences {
    width: usize,
    float: bool,
    big_endian: bool,
}

impl Step {
    /// The step of this codec name (of Zarr v3, or an id of v2) and configuration; none for codecs that the `zarrs` crate undoes.
    pub fn of(name: &str, configuration: Option<&Value>) -> Option<Step> {
        Some(match name.strip_prefix("numcodecs.").unwrap_or(name) {
            "zstd" => Step::Zstd,
            "gzip" => Step::Gzip,
            "zlib" | "zarrs.zlib" => Step::Zlib,
            "bz2" | "zarrs.bz2" => Step::Bz2,
            "blosc" => Step::Blosc,
            "crc32c" => Step::Crc32c,
            "shuffle" | "zarrs.shuffle" => {
                let size = configuration.and_then(|c| c.get("elementsize")).map_or(Some(4), Value::as_u64)?;
                Step::Shuffle(usize::try_from(size).ok().filter(|s| (1..=64).contains(s))?)
            }
            "lz4" => Step::Lz4,
            // XZ or LZMA alone; without a container only the writer knows how.
            "lzma" if configuration.and_then(|c| c.get("format")).is_none_or(|f| matches!(f.as_u64(), Some(0..=2))) => Step::Lzma,
            "delta" => Step::Delta(Differences::of(configuration?)?),
            _ => return None,
        })
    }

    /// The same over elements of this order of bytes.
    pub fn in_order(self, big_endian: bool) -> Step {
        match self {
            Step::Delta(d) => Step::Delta(Differences { big_endian, ..d }),
            other => other,
        }
    }

    /// Whether it works on elements of another width than this.
    pub fn misfits(self, width: Option<usize>) -> bool {
        matches!(self, Step::Delta(d) if Some(d.width) != width)
    }

    fn name(self) -> &'static str {
        match self {
            Step::Zstd => "zstd",
            Step::Gzip => "gzip",
            Step::Zlib => "zlib",
            Step::Bz2 => "bz2",
            Step::Blosc => "blosc",
            Step::Crc32c => "crc32c",
            Step::Shuffle(_) => "shuffle",
            Step::Lz4 => "lz4",
            Step::Lzma => "lzma",
            Step::Delta(_) => "delta",
        }
    }

    /// How many bytes this step makes of so many; none for compressions, which tell it only by doing.
    fn encoded_size(self, bytes: usize) -> Option<usize> {
        match self {
            Step::Crc32c => bytes.checked_add(4),
            Step::Shuffle(_) | Step::Delta(_) => Some(bytes),
            _ => None,
        }
    }
}

/// Buffers that a thread keeps.
#[derive(Default)]
pub(super) struct Scratch {
    /// The bytes of the file.
    pub file: Vec<u8>,
    /// A decoded chunk, as words, so that every type is aligned.
    pub tile: Vec<u64>,
    between: [Vec<u8>; 2],
}

/// Larger buffers are given back after every chunk.
const KEPT: usize = 32 << 20;

/// Lends the buffers of this thread.
pub(super) fn with_scratch<T>(run: impl FnOnce(&mut Scratch) -> T) -> T {
    thread_local! {
        static SCRATCH: RefCell<Scratch> = RefCell::default();
    }
    SCRATCH.with(|cell| match cell.try_borrow_mut() {
        Ok(mut scratch) => {
            let done = run(&mut scratch);
            let Scratch { file, tile, between } = &mut *scratch;
            trim(file);
            between.iter_mut().for_each(trim);
            if tile.capacity() > KEPT / 8 {
                *tile = Vec::new();
            }
            done
        }
        Err(_) => run(&mut Scratch::default()),
    })
}

fn trim(buffer: &mut Vec<u8>) {
    if buffer.capacity() > KEPT {
        *buffer = Vec::new();
    }
}

/// Undoes the steps of a chunk whose decoded bytes fill `out` exactly.
pub(super) fn decode(steps: &[Step], encoded: &[u8], out: &mut [u8], between: &mut Between) -> Result<()> {
    let Some((first, rest)) = steps.split_first() else {
        check_length(encoded.len(), out.len())?;
        out.copy_from_slice(encoded);
        return Ok(());
    };
    let bytes = undo_rest(rest, first.encoded_size(out.len()), out.len(), encoded, between)?;
    into(*first, bytes, out).map_err(|e| damaged(*first, e))
}

/// Undoes the steps of a chunk of unknown length, at most `most`.
pub(super) fn decode_any(steps: &[Step], encoded: &[u8], most: usize, between: &mut Between) -> Result<Vec<u8>> {
    Ok(undo_rest(steps, None, most, encoded, between)?.to_vec())
}

/// Two buffers that the steps in between take in turn.
pub(super) type Between = [Vec<u8>; 2];

impl Scratch {
    /// The file's bytes, the decoded chunk, and what is in between, each on its own.
    pub fn parts(&mut self) -> (&[u8], &mut Vec<u64>, &mut Between) {
        (&self.file, &mut self.tile, &mut self.between)
    }
}

/// Undoes steps of which what stands before the first has `exact` bytes when writing, where that is known, and at most about `most`.
fn undo_rest<'a>(steps: &[Step], exact: Option<usize>, most: usize, encoded: &'a [u8], between: &'a mut Between) -> Result<&'a [u8]> {
    let bound = most.saturating_add(most / 8).saturating_add(1 << 16);
    let (mut sizes, mut size) = (Vec::with_capacity(steps.len()), exact);
    for step in steps {
        sizes.push(size);
        size = size.and_then(|s| step.encoded_size(s));
    }
    let [a, b] = between;
    // Which of the two buffers holds what came out last.
    let mut last = None;
    for (step, size) in steps.iter().zip(sizes).rev() {
        let (source, target): (&[u8], &mut Vec<u8>) = match last {
            None => (encoded, &mut *a),
            Some(false) => (&*a, &mut *b),
            Some(true) => (&*b, &mut *a),
        };
        grow(*step, source, target, size, bound).map_err(|e| damaged(*step, e))?;
        last = Some(last == Some(false));
    }
    Ok(match last {
        None => encoded,
        Some(false) => a,
        Some(true) => b,
    })
}

#[cold]
fn damaged(step: Step, why: String) -> Error {
    Error::format(format!("the codec {} cannot undo it: {why}", step.name())).help("the chunk is damaged or cut off: copy the store again")
}

fn check_length(have: usize, want: usize) -> Result<()> {
    if have == want {
        return Ok(());
    }
    Err(Error::format(format!("{have} bytes instead of {want}")).help("the chunk is damaged or cut off: copy the store again"))
}

fn short(have: usize, want: usize) -> String {
    format!("{have} bytes instead of {want}")
}

thread_local! {
    static DEFLATE: RefCell<Decompressor> = RefCell::new(Decompressor::new());
}

/// One step into a buffer of exactly the right length.
fn into(step: Step, source: &[u8], out: &mut [u8]) -> Result<(), String> {
    let got = match step {
        Step::Zstd => zstd::bulk::decompress_to_buffer(source, out).map_err(|e| e.to_string())?,
        Step::Gzip => DEFLATE.with_borrow_mut(|d| d.gzip_decompress(source, out)).map_err(|e| e.to_string())?,
        Step::Zlib => DEFLATE.with_borrow_mut(|d| d.zlib_decompress(source, out)).map_err(|e| e.to_string())?,
        Step::Bz2 => fill(bzip2::read::MultiBzDecoder::new(source), out)?,
        Step::Blosc => blosc(source, out)?,
        Step::Crc32c => {
            let bytes = checked(source)?;
            if bytes.len() != out.len() {
                return Err(short(bytes.len(), out.len()));
            }
            out.copy_from_slice(bytes);
            bytes.len()
        }
        Step::Shuffle(size) => {
            if source.len() != out.len() {
                return Err(short(source.len(), out.len()));
            }
            unshuffle(source, size, out);
            source.len()
        }
        Step::Delta(differences) => {
            if source.len() != out.len() || !source.len().is_multiple_of(differences.width) {
                return Err(short(source.len(), out.len()));
            }
            differences.sum(source, out);
            source.len()
        }
        Step::Lz4 => {
            let (said, block) = source.split_first_chunk::<4>().ok_or("it has no length")?;
            let said = u32::from_le_bytes(*said) as usize;
            if said != out.len() {
                return Err(short(said, out.len()));
            }
            lz4_flex::block::decompress_into(block, out).map_err(|e| e.to_string())?
        }
        Step::Lzma => fill(lzma(source)?, out)?,
    };
    if got == out.len() { Ok(()) } else { Err(short(got, out.len())) }
}

/// One step into a buffer that takes the length of what comes out.
fn grow(step: Step, source: &[u8], out: &mut Vec<u8>, exact: Option<usize>, most: usize) -> Result<(), String> {
    let known = exact.or_else(|| match step {
        Step::Crc32c => Some(source.len().saturating_sub(4)),
        Step::Shuffle(_) | Step::Delta(_) => Some(source.len()),
        Step::Lz4 => source.first_chunk::<4>().map(|n| u32::from_le_bytes(*n) as usize).filter(|&n| n <= most),
        Step::Blosc => blosc_size(source).filter(|&n| n <= most),
        _ => None,
    });
    out.clear();
    if let Some(n) = known {
        out.resize(n, 0);
        return into(step, source, out);
    }
    let limit = most as u64 + 1;
    let read = match step {
        Step::Zstd => zstd::stream::read::Decoder::new(source).and_then(|d| d.take(limit).read_to_end(out)),
        Step::Gzip => flate2::read::MultiGzDecoder::new(source).take(limit).read_to_end(out),
        Step::Zlib => flate2::read::ZlibDecoder::new(source).take(limit).read_to_end(out),
        Step::Bz2 => bzip2::read::MultiBzDecoder::new(source).take(limit).read_to_end(out),
        Step::Lzma => lzma(source)?.take(limit).read_to_end(out),
        _ => return Err("its header is wrong, or says more bytes than a chunk has".into()),
    };
    read.map_err(|e| e.to_string())?;
    if out.len() > most { Err(format!("it holds more than {most} bytes")) } else { Ok(()) }
}

fn fill(mut reader: impl Read, out: &mut [u8]) -> Result<usize, String> {
    let mut at = 0;
    while at < out.len() {
        match reader.read(&mut out[at..]).map_err(|e| e.to_string())? {
            0 => break,
            n => at += n,
        }
    }
    match reader.read(&mut [0u8; 1]) {
        Ok(0) => Ok(at),
        Ok(_) => Ok(at + 1),
        Err(e) => Err(e.to_string()),
    }
}

/// More memory than this for the dictionary is the mark of a damaged chunk.
const LZMA_MEMORY: u64 = 256 << 20;

/// XZ, or LZMA alone.
fn lzma(source: &[u8]) -> Result<impl Read, String> {
    let stream = liblzma::stream::Stream::new_auto_decoder(LZMA_MEMORY, 0).map_err(|e| e.to_string())?;
    Ok(liblzma::bufread::XzDecoder::new_stream(source, stream))
}

impl Differences {
    /// Those of this configuration: `dtype` as numpy spells it, and no other type in between.
    fn of(configuration: &Value) -> Option<Differences> {
        let dtype = configuration.get("dtype")?.as_str()?;
        if configuration.get("astype").is_some_and(|t| !t.is_null() && t.as_str() != Some(dtype)) {
            return None;
        }
        let (order, rest) = dtype.split_at_checked(1)?;
        let (kind, width) = rest.split_at_checked(1)?;
        let width = width.parse().ok().filter(|w| matches!(w, 1 | 2 | 4 | 8))?;
        let float = match kind {
            "i" | "u" => false,
            "f" if width >= 4 => true,
            _ => return None,
        };
        Some(Differences { width, float, big_endian: order == ">" })
    }

    /// Each element is the sum of all so far.
    fn sum(self, source: &[u8], out: &mut [u8]) {
        macro_rules! run {
            ($t:ty, $add:expr) => {{
                let mut total = <$t>::default();
                for (from, to) in source.as_chunks().0.iter().zip(out.as_chunks_mut().0) {
                    let x = if self.big_endian { <$t>::from_be_bytes(*from) } else { <$t>::from_le_bytes(*from) };
                    total = $add(total, x);
                    *to = if self.big_endian { total.to_be_bytes() } else { total.to_le_bytes() };
                }
            }};
        }
        match (self.width, self.float) {
            (1, _) => run!(u8, u8::wrapping_add),
            (2, _) => run!(u16, u16::wrapping_add),
            (4, false) => run!(u32, u32::wrapping_add),
            (4, true) => run!(f32, |a: f32, b| a + b),
            (_, false) => run!(u64, u64::wrapping_add),
            (_, true) => run!(f64, |a: f64, b| a + b),
        }
    }
}

/// The bytes before a checksum that is right.
fn checked(source: &[u8]) -> Result<&[u8], String> {
    let (bytes, sum) = source.split_last_chunk::<4>().ok_or("it is shorter than its checksum")?;
    match crc32c::crc32c(bytes) == u32::from_le_bytes(*sum) {
        true => Ok(bytes),
        false => Err("its checksum is wrong".into()),
    }
}

fn unshuffle(source: &[u8], size: usize, out: &mut [u8]) {
    let count = source.len() / size;
    for (i, element) in out.chunks_exact_mut(size).enumerate() {
        for (j, byte) in element.iter_mut().enumerate() {
            *byte = source[j * count + i];
        }
    }
    let whole = count * size;
    out[whole..].copy_from_slice(&source[whole..]);
}

/// The length that a blosc header tells, where the header is sound.
fn blosc_size(source: &[u8]) -> Option<usize> {
    let mut bytes = 0;
    // SAFETY: pointer and length are of one slice; the library looks at no more.
    let wrong = unsafe { blosc_src::blosc_cbuffer_validate(source.as_ptr().cast(), source.len(), &mut bytes) };
    (wrong == 0).then_some(bytes)
}

fn blosc(source: &[u8], out: &mut [u8]) -> Result<usize, String> {
    let bytes = blosc_size(source).ok_or("its header is wrong")?;
    if bytes != out.len() {
        return Err(short(bytes, out.len()));
    }
    // SAFETY: the header was found to fit the source, and the output has the length that is given.
    let got = unsafe { blosc_src::blosc_decompress_ctx(source.as_ptr().cast(), out.as_mut_ptr().cast(), out.len(), 1) };
    usize::try_from(got).map_err(|_| format!("error {got} of blosc"))
}
