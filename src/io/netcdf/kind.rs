//! What sort of file it is, told without the C library from its first bytes.

use super::ffi;
use crate::error::{Error, ErrorKind, IoResultExt, Place, Result, ResultExt};
use netcdf_sys as nc;
use std::fmt;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

/// The sorts of NetCDF file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NetcdfKind {
    /// CDF-1.
    Classic,
    /// CDF-2: 64-bit offsets.
    Offset64,
    /// CDF-5: 64-bit data.
    Cdf5,
    /// NetCDF-4, an HDF5 file.
    Netcdf4,
    /// NetCDF-4 with the classic model: no groups, no new types.
    Netcdf4Classic,
}

impl NetcdfKind {
    /// The name that `ncdump -k` gives.
    pub fn name(self) -> &'static str {
        match self {
            NetcdfKind::Classic => "classic",
            NetcdfKind::Offset64 => "64-bit offset",
            NetcdfKind::Cdf5 => "cdf5",
            NetcdfKind::Netcdf4 => "netCDF-4",
            NetcdfKind::Netcdf4Classic => "netCDF-4 classic model",
        }
    }
}

impl fmt::Display for NetcdfKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What can be said of a file before its variables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NetcdfFacts {
    /// Its sort.
    pub kind: NetcdfKind,
    /// Its bytes.
    pub size: u64,
}

/// The sort and size of a file.
///
/// # Errors
/// Io; format, for a file that is no NetCDF file or is cut off.
pub fn facts(path: &Path) -> Result<NetcdfFacts> {
    let (file, kind) = sniff(path)?;
    let size = file.metadata().io_at(path)?.len();
    let kind = match kind {
        NetcdfKind::Netcdf4 => {
            let lib = ffi::lock();
            let id = lib.open(path).at_file(path)?;
            let format = lib.format(id);
            let _ = lib.close(id);
            if format.at_file(path)? == nc::NC_FORMAT_NETCDF4_CLASSIC { NetcdfKind::Netcdf4Classic } else { kind }
        }
        other => other,
    };
    Ok(NetcdfFacts { kind, size })
}

/// Opens the file and tells its sort by its first bytes; an HDF5 file that is cut off is refused.
pub(super) fn sniff(path: &Path) -> Result<(File, NetcdfKind)> {
    if path.is_dir() {
        return Err(Error::io(std::io::ErrorKind::IsADirectory.into(), path));
    }
    let mut file = File::open(path).io_at(path)?;
    let size = file.metadata().io_at(path)?.len();
    let first = block(&mut file, 0).io_at(path)?;
    let kind = match &first[..] {
        [] => return Err(Error::format("the file is empty").at(Place::file(path))),
        [b'C', b'D', b'F', 1, ..] => NetcdfKind::Classic,
        [b'C', b'D', b'F', 2, ..] => NetcdfKind::Offset64,
        [b'C', b'D', b'F', 5, ..] => NetcdfKind::Cdf5,
        _ => {
            hdf5(&mut file, size).at_file(path)?;
            NetcdfKind::Netcdf4
        }
    };
    file.seek(SeekFrom::Start(0)).io_at(path)?;
    Ok((file, kind))
}

/// Up to 64 bytes from here.
fn block(file: &mut File, at: u64) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.seek(SeekFrom::Start(at))?;
    file.take(64).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Checks the superblock of an HDF5 file, which may stand at 0, 512, 1024, and so on.
fn hdf5(file: &mut File, size: u64) -> Result<()> {
    if superblock_of(file, size)? {
        return Ok(());
    }
    Err(Error::format("this is not a NetCDF file: it begins like neither NetCDF nor HDF5").help("say what it is with --from FORMAT"))
}

/// Looks for the superblock of an HDF5 file and checks it; whether there is one.
///
/// # Errors
/// Format, for a file that is cut off or was not closed.
pub(in crate::io) fn superblock_of(file: &mut File, size: u64) -> Result<bool> {
    let mut at = 0;
    while at < size {
        let b = block(file, at).map_err(|e| Error::new(ErrorKind::Io, e.to_string()).because(e))?;
        if b.starts_with(b"\x89HDF\r\n\x1a\n") {
            return superblock(&b, at, size).map(|()| true);
        }
        at = if at == 0 { 512 } else { at * 2 };
    }
    Ok(false)
}

fn superblock(b: &[u8], at: u64, size: u64) -> Result<()> {
    let cut = |end: u64| {
        Err(Error::format(format!("the file is truncated: it should have {end} bytes and has {size}")).help("copy the file again"))
    };
    let number = |i: usize| b.get(i..i + 8).and_then(|b| b.try_into().ok()).map(u64::from_le_bytes);
    let (end, wide) = match b.get(8) {
        Some(0) => (number(40), b.get(13) == Some(&8)),
        Some(1) => (number(44), b.get(13) == Some(&8)),
        Some(2 | 3) => (number(28), b.get(9) == Some(&8)),
        None => return cut(at + 96),
        // A version of the future is left to the library.
        _ => return Ok(()),
    };
    if b.get(8) == Some(&3) && b.get(11).is_some_and(|flags| flags & 1 != 0) {
        return Err(Error::format("the program that wrote this file has not closed it, or still writes it")
            .help("if it was interrupted: h5clear -s FILE makes what is there readable"));
    }
    match end {
        None => cut(at + 96),
        Some(end) if wide && end != u64::MAX && end.saturating_add(at) > size => cut(end.saturating_add(at)),
        _ => Ok(()),
    }
}
