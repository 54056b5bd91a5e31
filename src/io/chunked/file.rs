//! A file read by position from any thread.

use crate::error::{Error, IoResultExt, Place, Result};
use std::fs::File;
use std::path::{Path, PathBuf};

/// An open plain file. Handles are shared: put it into an `Arc`.
#[derive(Debug)]
pub struct DataFile {
    file: File,
    path: PathBuf,
}

impl DataFile {
    /// Opens a file for reading.
    ///
    /// # Errors
    /// Io; unsupported, for what is no plain file.
    pub fn open(path: &Path) -> Result<DataFile> {
        let file = File::open(path).io_at(path)?;
        if !file.metadata().io_at(path)?.is_file() {
            return Err(Error::unsupported("only plain files can be read by position").at(Place::file(path)));
        }
        Ok(DataFile { file, path: path.to_path_buf() })
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its length now.
    ///
    /// # Errors
    /// Io.
    pub fn length(&self) -> Result<u64> {
        Ok(self.file.metadata().io_at(&self.path)?.len())
    }

    /// Whether the path still leads to this file, and not to one that has taken its place.
    pub(super) fn is_still_there(&self) -> bool {
        let (Ok(mine), Ok(now)) = (self.file.metadata(), std::fs::metadata(&self.path)) else { return false };
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt;
            (mine.dev(), mine.ino()) == (now.dev(), now.ino())
        }
        #[cfg(not(unix))]
        {
            mine.len() == now.len() && mine.modified().ok() == now.modified().ok()
        }
    }

    /// Fills `out` from this byte on.
    ///
    /// # Errors
    /// Format, where the file ends before; io.
    pub(super) fn read_at(&self, out: &mut [u8], at: u64) -> Result<()> {
        #[cfg(unix)]
        let read = std::os::unix::fs::FileExt::read_exact_at(&self.file, out, at);
        #[cfg(windows)]
        let read = read_exact_at(&self.file, out, at);
        read.map_err(|e| match e.kind() {
            std::io::ErrorKind::UnexpectedEof => {
                Error::format("the file ends before its data: it is truncated, or has become shorter since it was opened")
                    .help("copy the file again")
            }
            _ => Error::io(e, &self.path),
        })
        .map_err(|e| e.at(Place { byte: Some(at), ..Place::file(&self.path) }))
    }
}

#[cfg(windows)]
fn read_exact_at(file: &File, mut out: &mut [u8], mut at: u64) -> std::io::Result<()> {
    while !out.is_empty() {
        match std::os::windows::fs::FileExt::seek_read(file, out, at)? {
            0 => return Err(std::io::ErrorKind::UnexpectedEof.into()),
            n => {
                out = &mut out[n..];
                at += n as u64;
            }
        }
    }
    Ok(())
}
