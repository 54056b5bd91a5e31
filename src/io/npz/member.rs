//! The values of one member.

use super::archive::{Entry, Method};
use crate::dtype::DType;
use crate::error::{Error, ErrorKind, Place, Result};
use crate::io::dense::{DenseArray, Element, Order};
use crate::io::file::map_open;
use crate::store::{Budget, ChunkGrid, ChunkSource, NdArray, ReadCost, Reservation, Selection};
use bytes::Bytes;
use flate2::bufread::DeflateDecoder;
use libdeflater::{Crc, Decompressor};
use std::io::{Read, Write};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

/// Larger members go to a temporary file.
const IN_MEMORY: u64 = 32 << 20;

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
        let n = Decompressor::new().deflate_decompress(packed, &mut out).map_err(|e| self.damaged("it does not inflate").because(e))?;
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
        let mut from = DeflateDecoder::new(packed);
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
    match entry.method {
        Method::Deflated => DeflateDecoder::new(packed).take(most as u64).read_to_end(&mut out)?,
        _ => packed.take(most as u64).read_to_end(&mut out)?,
    };
    Ok(out)
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
        self.held().and_then(|h| h.array.read(selection)).map_err(|e| e.at(self.place()))
    }

    fn place(&self) -> Place {
        Place { file: Some(self.path.clone()), ..Place::variable(self.entry.name.trim_end_matches(".npy")) }
    }
}
