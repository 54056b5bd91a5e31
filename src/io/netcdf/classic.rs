//! The header of classic files (CDF-1, CDF-2, CDF-5), read and checked against the size of the file.
//!
//! The C library trusts these headers; here nothing is allocated or read that the file is too short for. Layout: the NetCDF
//! Classic and 64-bit Offset Format specification (OGC 10-092r3), and its CDF-5 extension.

use super::attrs;
use super::types::{dtype_of, width_of};
use crate::dtype::DType;
use crate::error::{Error, IoResultExt, Place, Result, ResultExt};
use crate::store::Attrs;
use netcdf_sys as nc;
use std::ffi::c_int;
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// A header.
#[derive(Debug)]
pub(super) struct Header {
    pub dims: Vec<Dim>,
    pub attrs: Attrs,
    pub variables: Vec<ClassicVariable>,
    /// Bytes from one record to the next.
    pub record_bytes: u64,
    /// Names that are no UTF-8 and were read as well as could be.
    pub odd_names: Vec<String>,
}

#[derive(Debug)]
pub(super) struct Dim {
    pub name: String,
    /// The record dimension has the number of records.
    pub length: usize,
    pub record: bool,
}

#[derive(Debug)]
pub(super) struct ClassicVariable {
    pub name: String,
    /// Positions in [`Header::dims`].
    pub dims: Vec<usize>,
    pub attrs: Attrs,
    pub xtype: c_int,
    /// The first byte of its data.
    pub begin: u64,
    /// Bytes of its data: of all of it, or of one record.
    pub bytes: u64,
    /// Whether its first dimension is the record dimension.
    pub record: bool,
}

enum Stop {
    /// The bytes read so far end before the header does.
    More,
    Bad(Error),
}

impl From<Error> for Stop {
    fn from(e: Error) -> Stop {
        Stop::Bad(e)
    }
}

/// Reads and checks the header of an open file.
///
/// # Errors
/// Format, where the header makes no sense or speaks of more than the file holds; io.
pub(super) fn read_header(file: &mut File, path: &Path) -> Result<Header> {
    let size = file.metadata().io_at(path)?.len();
    let mut bytes = Vec::new();
    loop {
        let more = (bytes.len() as u64).max(64 * 1024).min(size.saturating_sub(bytes.len() as u64));
        let got = file.by_ref().take(more).read_to_end(&mut bytes).io_at(path)?;
        let complete = got == 0 || bytes.len() as u64 >= size;
        match (Parser { bytes: &bytes, at: 0, wide: false, size, odd: Vec::new() }).header() {
            Ok(header) => return header.checked(size).at_file(path),
            Err(Stop::More) if !complete => continue,
            Err(Stop::More) => {
                return Err(Error::format("the header ends in the middle: the file is truncated")
                    .help("copy the file again")
                    .at(Place { byte: Some(size), ..Place::file(path) }));
            }
            Err(Stop::Bad(e)) => return Err(e.help("the header is damaged: copy the file again").at(Place::file(path))),
        }
    }
}

struct Parser<'a> {
    bytes: &'a [u8],
    at: usize,
    /// CDF-5: counts and lengths have 8 bytes.
    wide: bool,
    /// Bytes of the file.
    size: u64,
    odd: Vec<String>,
}

impl Parser<'_> {
    fn take(&mut self, n: usize) -> Result<&[u8], Stop> {
        let end = self.at.checked_add(n).ok_or(Stop::More)?;
        let part = self.bytes.get(self.at..end).ok_or(Stop::More)?;
        self.at = end;
        Ok(part)
    }

    fn u32(&mut self) -> Result<u32, Stop> {
        Ok(self.take(4)?.try_into().map(u32::from_be_bytes).unwrap_or(0))
    }

    fn u64(&mut self) -> Result<u64, Stop> {
        Ok(self.take(8)?.try_into().map(u64::from_be_bytes).unwrap_or(0))
    }

    /// A count or length.
    fn number(&mut self) -> Result<u64, Stop> {
        if self.wide { self.u64() } else { Ok(self.u32()?.into()) }
    }

    fn bad<T>(&self, message: String) -> Result<T, Stop> {
        Err(Stop::Bad(Error::format(message).at(Place { byte: Some(self.at as u64), ..Default::default() })))
    }

    /// The count of a list of things of at least `least` bytes each.
    fn count(&mut self, what: &str, least: u64) -> Result<usize, Stop> {
        let n = self.number()?;
        if n.checked_mul(least).is_none_or(|b| b > self.size.saturating_sub(self.at as u64)) {
            return self.bad(format!("the header speaks of {n} {what}, more than the file can hold"));
        }
        Ok(n as usize)
    }

    /// The tag and count of a list, which may be absent.
    fn list(&mut self, tag: u32, what: &str, least: u64) -> Result<usize, Stop> {
        let found = self.u32()?;
        let n = self.count(what, least)?;
        if found == tag || found == 0 && n == 0 { Ok(n) } else { self.bad(format!("a list of {what} should stand here, not {found:#x}")) }
    }

    fn padded(&mut self, n: usize) -> Result<Vec<u8>, Stop> {
        let bytes = self.take(n)?.to_vec();
        self.take(n.next_multiple_of(4) - n)?;
        Ok(bytes)
    }

    fn name(&mut self) -> Result<String, Stop> {
        let n = self.count("characters of a name", 1)?;
        let bytes = self.padded(n)?;
        Ok(String::from_utf8(bytes).unwrap_or_else(|e| {
            let name = String::from_utf8_lossy(e.as_bytes()).into_owned();
            self.odd.push(name.clone());
            name
        }))
    }

    fn xtype(&mut self) -> Result<(c_int, usize), Stop> {
        let x = self.u32()? as c_int;
        let known = if self.wide { nc::NC_BYTE..=nc::NC_UINT64 } else { nc::NC_BYTE..=nc::NC_DOUBLE };
        match width_of(x) {
            Some(w) if known.contains(&x) => Ok((x, w)),
            _ => self.bad(format!("type number {x} is not one of this format")),
        }
    }

    fn attributes(&mut self) -> Result<Attrs, Stop> {
        let mut attrs = Attrs::new();
        for _ in 0..self.list(0x0c, "attributes", 12)? {
            let name = self.name()?;
            let (xtype, width) = self.xtype()?;
            let n = self.count("values of an attribute", width as u64)?;
            let mut bytes = self.padded(n * width)?;
            to_native(&mut bytes, width);
            let value = attrs::from_bytes(&name, xtype, &bytes)?;
            attrs.set(name, value);
        }
        Ok(attrs)
    }

    fn header(mut self) -> Result<Header, Stop> {
        let magic = self.take(4)?.to_vec();
        let version = match magic.as_slice() {
            [b'C', b'D', b'F', v @ (1 | 2 | 5)] => *v,
            _ => return Err(Stop::Bad(Error::format("this is not a classic NetCDF file"))),
        };
        self.wide = version == 5;
        let records = self.number()?;
        let streaming = records == if self.wide { u64::MAX } else { u32::MAX.into() };
        let mut dims = Vec::new();
        for _ in 0..self.list(0x0a, "dimensions", 8)? {
            let (name, length) = (self.name()?, self.number()?);
            let record = length == 0;
            if record && dims.iter().any(|d: &Dim| d.record) {
                return self.bad(format!("dimension {name:?} is a second record dimension"));
            }
            let length = if record { records } else { length };
            let Some(length) = usize::try_from(length).ok() else { return self.bad(format!("dimension {name:?} is too long")) };
            dims.push(Dim { name, length, record });
        }
        let attrs = self.attributes()?;
        let mut variables = Vec::new();
        for _ in 0..self.list(0x0b, "variables", 24)? {
            variables.push(self.variable(version, &dims)?);
        }
        let mut header = Header { dims, attrs, variables, record_bytes: 0, odd_names: self.odd };
        header.lay_out()?;
        if streaming {
            header.count_records(self.size);
        }
        Ok(header)
    }

    fn variable(&mut self, version: u8, dims: &[Dim]) -> Result<ClassicVariable, Stop> {
        let name = self.name()?;
        let rank = self.count("dimensions of a variable", 4)?;
        let mut ids = Vec::with_capacity(rank);
        for i in 0..rank {
            let id = self.number()?;
            match usize::try_from(id).ok().filter(|&id| id < dims.len()) {
                Some(id) if dims[id].record && i > 0 => {
                    return self.bad(format!("variable {name:?} has the record dimension at place {i}; it can only be the first"));
                }
                Some(id) => ids.push(id),
                None => return self.bad(format!("variable {name:?} has dimension number {id} of {}", dims.len())),
            }
        }
        let attrs = self.attributes()?;
        let (xtype, _) = self.xtype()?;
        // The size that stands here is wrong in large files by design; it follows from the dimensions.
        self.number()?;
        let begin = if version == 1 { self.u32()?.into() } else { self.u64()? };
        let record = ids.first().is_some_and(|&d| dims[d].record);
        Ok(ClassicVariable { name, dims: ids, attrs, xtype, begin, bytes: 0, record })
    }
}

impl Header {
    /// Sizes of variables and records.
    fn lay_out(&mut self) -> Result<()> {
        for v in &mut self.variables {
            let width = width_of(v.xtype).unwrap_or(1) as u64;
            let fixed = v.dims.iter().skip(v.record as usize);
            let bytes = fixed.map(|&d| self.dims[d].length as u64).try_fold(width, u64::checked_mul);
            v.bytes = bytes
                .filter(|&b| b < i64::MAX as u64 / 2)
                .ok_or_else(|| Error::format(format!("variable {:?} would have more bytes than any file", v.name)))?;
        }
        let mut of_records = self.variables.iter().filter(|v| v.record).map(|v| v.bytes);
        self.record_bytes = match (of_records.next(), of_records.next()) {
            // A single record variable is not padded.
            (Some(only), None) => only,
            _ => self.variables.iter().filter(|v| v.record).fold(0, |n, v| n.saturating_add(v.bytes.next_multiple_of(4))),
        };
        Ok(())
    }

    /// The number of records of a file whose writer did not note it: as many as are there.
    fn count_records(&mut self, size: u64) {
        let first = self.variables.iter().filter(|v| v.record).map(|v| v.begin).min();
        let there = first.map_or(0, |f| size.saturating_sub(f).checked_div(self.record_bytes).unwrap_or(0));
        self.dims.iter_mut().filter(|d| d.record).for_each(|d| d.length = there as usize);
    }

    fn checked(self, size: u64) -> Result<Header> {
        let records = self.dims.iter().find(|d| d.record).map_or(0, |d| d.length as u64);
        for v in &self.variables {
            let needs = match v.record {
                false => v.begin.checked_add(v.bytes),
                true if records == 0 => continue,
                true => (records - 1).checked_mul(self.record_bytes).and_then(|b| b.checked_add(v.begin)?.checked_add(v.bytes)),
            };
            if v.bytes > 0 && needs.is_none_or(|n| n > size) {
                let needs = needs.map_or("more than any file has".to_string(), |n| n.to_string());
                let message = format!("the file is truncated: variable {:?} ends at byte {needs}, the file at {size}", v.name);
                return Err(Error::format(message).help("copy the file again").at(Place::variable(&v.name)));
            }
        }
        Ok(self)
    }

    /// The shape of a variable.
    pub fn shape(&self, variable: &ClassicVariable) -> Vec<usize> {
        variable.dims.iter().map(|&d| self.dims[d].length).collect()
    }

    /// Bytes from one position of a variable to the next, for each dimension.
    pub fn strides(&self, variable: &ClassicVariable) -> Vec<u64> {
        let shape = self.shape(variable);
        let mut strides = vec![width_of(variable.xtype).unwrap_or(1) as u64; shape.len()];
        for d in (1..shape.len()).rev() {
            strides[d - 1] = strides[d].saturating_mul(shape[d] as u64);
        }
        if let (true, Some(first)) = (variable.record, strides.first_mut()) {
            *first = self.record_bytes;
        }
        strides
    }

    /// Whether the values of a variable are characters.
    pub fn is_text(variable: &ClassicVariable) -> bool {
        variable.xtype == nc::NC_CHAR
    }

    /// The type that a variable is read as.
    pub fn dtype(variable: &ClassicVariable) -> Result<DType> {
        dtype_of(variable.xtype).ok_or_else(|| Error::format("a type that is not known"))
    }
}

/// Turns big-endian elements of this width into the machine's.
pub(super) fn to_native(bytes: &mut [u8], width: usize) {
    if cfg!(target_endian = "big") {
        return;
    }
    match width {
        2 => bytes.chunks_exact_mut(2).for_each(|b| b.swap(0, 1)),
        4 => bytes.chunks_exact_mut(4).for_each(|b| b.reverse()),
        8 => bytes.chunks_exact_mut(8).for_each(|b| b.reverse()),
        _ => (),
    }
}
