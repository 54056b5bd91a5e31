//! A file read by position from any thread.

#[cfg(target_os = "linux")]
use super::copy::known;
use crate::error::{Error, IoResultExt, Place, Result};
use std::fs::{File, Metadata};
use std::mem::MaybeUninit;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// A plain file that is opened when the first byte is read. Handles are shared: put it into an `Arc`.
#[derive(Debug)]
pub struct DataFile {
    path: PathBuf,
    /// What it was when this was made: a file that takes its place is another one.
    identity: Identity,
    /// Its bytes then.
    length: u64,
    file: OnceLock<File>,
}

#[derive(Debug, PartialEq)]
struct Identity(u64, u64);

impl Identity {
    fn of(facts: &Metadata) -> Identity {
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt;
            Identity(facts.dev(), facts.ino())
        }
        #[cfg(not(unix))]
        {
            let since = facts.modified().ok().and_then(|t| t.duration_since(std::time::UNIX_EPOCH).ok());
            Identity(facts.len(), since.map_or(0, |t| t.as_nanos() as u64))
        }
    }
}

impl DataFile {
    /// A file for reading; it is not held open before it is read.
    ///
    /// # Errors
    /// Io; unsupported, for what is no plain file.
    pub fn open(path: &Path) -> Result<DataFile> {
        let facts = std::fs::metadata(path).io_at(path)?;
        if !facts.is_file() {
            return Err(Error::unsupported("only plain files can be read by position").at(Place::file(path)));
        }
        Ok(DataFile { path: path.to_path_buf(), identity: Identity::of(&facts), length: facts.len(), file: OnceLock::new() })
    }

    /// A file that is open already.
    ///
    /// # Errors
    /// Io.
    pub fn from_open(file: File, path: &Path) -> Result<DataFile> {
        let facts = file.metadata().io_at(path)?;
        Ok(DataFile { path: path.to_path_buf(), identity: Identity::of(&facts), length: facts.len(), file: OnceLock::from(file) })
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn file(&self) -> Result<&File> {
        if let Some(file) = self.file.get() {
            return Ok(file);
        }
        let file = File::open(&self.path).io_at(&self.path)?;
        if Identity::of(&file.metadata().io_at(&self.path)?) != self.identity {
            return Err(Error::format("another file has taken the place of this one").at(Place::file(&self.path)));
        }
        // Two threads may come here at once; both have opened the same file, and one of the two handles is kept.
        Ok(self.file.get_or_init(|| file))
    }

    /// Its length now.
    ///
    /// # Errors
    /// Io.
    pub fn length(&self) -> Result<u64> {
        Ok(self.file()?.metadata().io_at(&self.path)?.len())
    }

    /// Whether the path still leads to this file, and not to one that has taken its place.
    pub(super) fn is_still_there(&self) -> bool {
        self.file().is_ok() && std::fs::metadata(&self.path).is_ok_and(|now| Identity::of(&now) == self.identity)
    }

    /// Whether it has all the bytes that it had. The HDF5 library, which reads by itself, takes what lies behind the end for zeros.
    ///
    /// # Errors
    /// Format, where it has become shorter.
    pub fn check_length(&self) -> Result<()> {
        // By name, since it may not be open. Where another file stands now, the one that the library has open is as it was.
        match std::fs::metadata(&self.path) {
            Ok(now) if now.len() < self.length && Identity::of(&now) == self.identity => {
                let e = Error::format(format!("the file had {} bytes when it was opened, and has {} now", self.length, now.len()));
                Err(e.help("another program is writing to it: read it when that has ended").at(Place::file(&self.path)))
            }
            _ => Ok(()),
        }
    }

    /// Fills `out` from this byte on.
    ///
    /// # Errors
    /// Format, where the file ends before; io.
    pub(super) fn read_at(&self, out: &mut [u8], at: u64) -> Result<()> {
        let file = self.file()?;
        #[cfg(unix)]
        let read = std::os::unix::fs::FileExt::read_exact_at(file, out, at);
        #[cfg(windows)]
        let read = read_exact_at(file, out, at);
        self.told(read, at)
    }

    /// Fills memory that was not written yet, from this byte of the file on.
    ///
    /// # Errors
    /// As [`read_at`](DataFile::read_at).
    #[cfg(target_os = "linux")]
    pub(super) fn read_new<'o>(&self, out: &'o mut [MaybeUninit<u8>], at: u64) -> Result<&'o mut [u8]> {
        let handle = std::os::fd::AsRawFd::as_raw_fd(self.file()?);
        let mut done = 0;
        while done < out.len() {
            let rest = &mut out[done..];
            // SAFETY: the handle is open, and the memory is ours for as many bytes as are said.
            let n = unsafe { libc::pread64(handle, rest.as_mut_ptr().cast(), rest.len(), (at + done as u64) as i64) };
            match n {
                0 => return self.told(Err(std::io::ErrorKind::UnexpectedEof.into()), at).map(|()| &mut [][..]),
                n if n > 0 => done += n as usize,
                _ => {
                    let e = std::io::Error::last_os_error();
                    if e.kind() != std::io::ErrorKind::Interrupted {
                        return self.told(Err(e), at).map(|()| &mut [][..]);
                    }
                }
            }
        }
        // SAFETY: the system has written every byte.
        Ok(unsafe { known(out) })
    }

    /// Fills memory that was not written yet, from this byte of the file on.
    ///
    /// # Errors
    /// As [`read_at`](DataFile::read_at).
    #[cfg(not(target_os = "linux"))]
    pub(super) fn read_new<'o>(&self, out: &'o mut [MaybeUninit<u8>], at: u64) -> Result<&'o mut [u8]> {
        let out = super::copy::zeros(out);
        self.read_at(out, at).map(|()| out)
    }

    fn told(&self, read: std::io::Result<()>, at: u64) -> Result<()> {
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
