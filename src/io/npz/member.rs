//! The values of one member.

use super::archive::{Entry, Method};
use crate::dtype::DType;
use crate::error::{Error, ErrorKind, Place, Result};
use crate::io::dense::{DenseArray, Element, Order, bytes_of};
use crate::io::file::map_open;
use crate::store::{Budget, ChunkGrid, ChunkSource, NdArray, ReadCost, Reservation, Selection};
use bytes::Bytes;
use bzip2::bufread::BzDecoder;
use flate2::bufread::DeflateDecoder;
use libdeflater::{Crc, Decompressor};
use std::io::{Read, Write};
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex};

/// Larger members go to a temporary file.
const IN_MEMORY: u64 = 32 << 20;
/// Of such a member, values that end this soon are read without the rest, so often.
const FIRST: u64 = 4 << 20;
const LOOKS: usize = 16;

/// A member that is an array of known type and shape.
#[derive(Debug)]
pub(super) struct Member {
    pub file: Bytes,
    pub path: PathBuf,
    pub entry: Entry,
    /// Bytes of its npy header.
    pub header: usize,
    pub element: Element,
    pub dtype: DType,
    pub shape: Vec<usize>,
    pub order: Order,
    pub grid: ChunkGrid,
    pub budget: Budget,
    pub values: Mutex<Option<Held>>,
    /// How often only the beginning was read.
    pub looks: AtomicUsize,
}

/// Values that can be read.
#[derive(Clone, Debug)]
pub(super) struct Held {
    array: Arc<DenseArray>,
    _booked: Option<Arc<Reservation>>,
}

impl Member {
    fn held(&self) -> Result<Held> {
        let mut values = self.values.lock().unwrap_or_else(|e| e.into_inner());
        if let Some(held) = &*values {
            return Ok(held.clone());
        }
        let held = self.hold()?;
        *values = Some(held.clone());
        Ok(held)
    }

    /// The beginning of a large member, where no more of it is asked for: its checksum is not known then.
    fn first(&self, selection: &Selection) -> Result<Option<DenseArray>> {
        let packed = self.entry.method != Method::Stored;
        if !packed || self.entry.size <= IN_MEMORY || self.values.lock().unwrap_or_else(|e| e.into_inner()).is_some() {
            return Ok(None);
        }
        selection.check(&self.shape)?;
        // The slowest axis of which more than the first position is asked for ends the part; those before it have one.
        let mut shape = self.shape.clone();
        let axes: Vec<usize> = match self.order {
            Order::C => (0..shape.len()).collect(),
            Order::F => (0..shape.len()).rev().collect(),
        };
        for d in axes {
            let Some(last) = selection.selectors()[d].last(shape[d]) else { return Ok(None) };
            shape[d] = last + 1;
            if last > 0 {
                break;
            }
        }
        let Some(bytes) = bytes_of(&shape, self.element.size()).filter(|&n| n <= FIRST) else { return Ok(None) };
        if self.looks.fetch_add(1, Relaxed) >= LOOKS {
            return Ok(None);
        }
        let _booked = self.budget.reserve(bytes as usize, "the first values of a member")?;
        let mut inflated = first_bytes(&self.file, &self.entry, self.header + bytes as usize)
            .map_err(|e| self.damaged("it does not inflate").because(e))?;
        if inflated.len() < self.header + bytes as usize {
            return Err(self.damaged("it is shorter than the archive says"));
        }
        let values = inflated.split_off(self.header);
        DenseArray::new(values.into(), self.element.clone(), &shape, self.order, &self.path).map(Some)
    }

    /// Checks the member's checksum, inflating it first where it must be.
    fn hold(&self) -> Result<Held> {
        let packed = self.file.slice(self.entry.range.clone());
        let (bytes, booked) = match self.entry.method {
            Method::Stored => {
                let mut crc = Crc::new();
                crc.update(&packed);
                self.check(crc.sum())?;
                (packed, None)
            }
            _ => match self.room() {
                Some(booked) => (self.inflate(&packed)?, Some(Arc::new(booked))),
                None => (self.unpack(&packed)?, None),
            },
        };
        let array = DenseArray::new(bytes.slice(self.header..), self.element.clone(), &self.shape, self.order, &self.path)?;
        Ok(Held { array: Arc::new(array), _booked: booked })
    }

    /// Half of the budget is for others.
    fn room(&self) -> Option<Reservation> {
        let (size, half) = (usize::try_from(self.entry.size).ok()?, self.budget.limit() / 2);
        let fits = self.entry.size <= IN_MEMORY && self.budget.free().saturating_sub(half) > size;
        fits.then(|| self.budget.try_reserve(size)).flatten()
    }

    fn check(&self, crc: u32) -> Result<()> {
        if crc == self.entry.crc { Ok(()) } else { Err(self.damaged("its checksum is not that of its bytes")) }
    }

    fn damaged(&self, what: &str) -> Error {
        Error::format(format!("member {:?} is damaged: {what}", self.entry.name)).help("copy the file again")
    }

    fn inflate(&self, packed: &[u8]) -> Result<Bytes> {
        let mut out = vec![0; self.entry.size as usize];
        let n = match self.entry.method {
            Method::Deflated => {
                Decompressor::new().deflate_decompress(packed, &mut out).map_err(|e| self.damaged("it does not inflate").because(e))?
            }
            _ => {
                let mut from = decoder(packed, &self.entry);
                let n = read_full(&mut from, &mut out).map_err(|e| self.damaged("it does not inflate").because(e))?;
                if from.read(&mut [0]).is_ok_and(|more| more > 0) {
                    return Err(self.damaged("it is longer than the archive says"));
                }
                n
            }
        };
        if n != out.len() {
            return Err(self.damaged("it is shorter than the archive says"));
        }
        let mut crc = Crc::new();
        crc.update(&out);
        self.check(crc.sum())?;
        Ok(out.into())
    }

    fn unpack(&self, packed: &[u8]) -> Result<Bytes> {
        let folder = std::env::temp_dir();
        let refused = |e: std::io::Error| match Error::io(e, &folder) {
            e if e.kind() == ErrorKind::NotFound => Error::new(ErrorKind::Io, "the folder for temporary files does not exist"),
            e => e.help("large compressed members are unpacked in the folder that TMPDIR names"),
        };
        let mut file = tempfile::tempfile().map_err(refused)?;
        let mut from = decoder(packed, &self.entry);
        let (mut buffer, mut crc, mut left) = (vec![0u8; 1 << 18], Crc::new(), self.entry.size);
        loop {
            let n = from.read(&mut buffer).map_err(|e| self.damaged("it does not inflate").because(e))?;
            if n == 0 {
                break;
            }
            left = left.checked_sub(n as u64).ok_or_else(|| self.damaged("it is longer than the archive says"))?;
            crc.update(&buffer[..n]);
            file.write_all(&buffer[..n]).map_err(refused)?;
        }
        if left > 0 {
            return Err(self.damaged("it is shorter than the archive says"));
        }
        self.check(crc.sum())?;
        map_open(&file, &folder)
    }
}

/// The first bytes of a member, inflated: up to so many.
pub(super) fn first_bytes(file: &Bytes, entry: &Entry, most: usize) -> std::io::Result<Vec<u8>> {
    let packed = &file[entry.range.clone()];
    let mut out = Vec::new();
    decoder(packed, entry).take(most as u64).read_to_end(&mut out)?;
    Ok(out)
}

/// What undoes the compression of a member.
fn decoder<'a>(packed: &'a [u8], entry: &Entry) -> Box<dyn Read + 'a> {
    match entry.method {
        Method::Deflated => Box::new(DeflateDecoder::new(packed)),
        Method::Bzip2 => Box::new(BzDecoder::new(packed)),
        Method::Lzma { marked } => match lzma(packed, entry.size, marked) {
            Ok(from) => Box::new(from),
            Err(e) => Box::new(Failed(Some(e))),
        },
        Method::Stored | Method::Other(_) => Box::new(packed),
    }
}

/// A dictionary that takes more than this is the mark of a damaged file.
const LZMA_MEMORY: u64 = 256 << 20;

/// A member has two bytes of version, the length of its properties (five), these, and the data: with a length behind the properties
/// that is a `.lzma` file. (APPNOTE 5.8.8.)
fn lzma(packed: &[u8], size: u64, marked: bool) -> std::io::Result<impl Read> {
    let bad = || std::io::Error::new(std::io::ErrorKind::InvalidData, "it has no properties of LZMA");
    let [_, _, 5, 0, rest @ ..] = packed else { return Err(bad()) };
    let (properties, data) = rest.split_at_checked(5).ok_or_else(bad)?;
    let length = if marked { u64::MAX } else { size };
    let head = [properties, &length.to_le_bytes()].concat();
    let stream = liblzma::stream::Stream::new_lzma_decoder(LZMA_MEMORY)?;
    Ok(liblzma::bufread::XzDecoder::new_stream(std::io::BufReader::new(std::io::Cursor::new(head).chain(data)), stream))
}

/// A decoder that could not be made.
struct Failed(Option<std::io::Error>);

impl Read for Failed {
    fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
        self.0.take().map_or(Ok(0), Err)
    }
}

/// Reads until the buffer is full or nothing comes.
fn read_full(from: &mut dyn Read, out: &mut [u8]) -> std::io::Result<usize> {
    let mut n = 0;
    while n < out.len() {
        match from.read(&mut out[n..]) {
            Ok(0) => break,
            Ok(more) => n += more,
            Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    Ok(n)
}

impl ChunkSource for Member {
    fn dtype(&self) -> &DType {
        &self.dtype
    }

    fn shape(&self) -> &[usize] {
        &self.shape
    }

    fn grid(&self) -> ChunkGrid {
        self.grid.clone()
    }

    fn cost(&self) -> ReadCost {
        ReadCost::default()
    }

    fn read(&self, selection: &Selection) -> Result<NdArray> {
        if let Some(first) = self.first(selection).map_err(|e| e.at(self.place()))? {
            return first.read(selection).map_err(|e| e.at(self.place()));
        }
        self.held().and_then(|h| h.array.read(selection)).map_err(|e| e.at(self.place()))
    }

    fn place(&self) -> Place {
        Place { file: Some(self.path.clone()), ..Place::variable(self.entry.name.trim_end_matches(".npy")) }
    }
}
