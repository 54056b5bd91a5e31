//! Inputs seen through a memory map; outputs that appear whole or not at all.

use super::leftover;
use crate::error::{Error, ErrorKind, IoResultExt, Place, Result};
use bytes::Bytes;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

/// The whole of a file as shared bytes that the system brings in when they are looked at: they are no memory of ours. Slices of
/// it are handles; `arrow::buffer::Buffer::from` takes it over without a copy.
///
/// # Errors
/// What the system refuses; io, for what is no plain file (a folder, a pipe).
pub fn map(path: &Path) -> Result<Bytes> {
    let file = File::open(path).io_at(path)?;
    let facts = file.metadata().io_at(path)?;
    if facts.is_dir() {
        return Err(Error::io(std::io::ErrorKind::IsADirectory.into(), path));
    }
    if !facts.is_file() {
        return Err(Error::unsupported("only plain files can be mapped into memory").help("copy it to a file first").at(Place::file(path)));
    }
    map_open(&file, path)
}

/// The whole of an open plain file, as [`map`]; the path is for errors.
pub(in crate::io) fn map_open(file: &File, path: &Path) -> Result<Bytes> {
    if file.metadata().io_at(path)?.len() == 0 {
        return Ok(Bytes::new());
    }
    // SAFETY: the map is read-only and private, and is only ever seen as bytes, of which every value is valid. Another process
    // that shortens the file while we read sends this one a signal (SIGBUS), as with every program that maps files: the command
    // line makes an error of it. One that rewrites the file makes us read other values, which every reader of bytes checks as it goes.
    let map = unsafe { memmap2::Mmap::map(file) }.io_at(path)?;
    Ok(Bytes::from_owner(map))
}

/// Temporary files that exist now, so that an interrupted run can take them away.
static UNFINISHED: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// Removes every temporary output of this process: called when the user interrupts.
pub fn remove_unfinished() {
    let paths = std::mem::take(&mut *UNFINISHED.lock().unwrap_or_else(|e| e.into_inner()));
    for path in paths {
        super::folder::remove(&path);
    }
}

/// Notes a temporary file or folder of ours.
pub(super) fn note_unfinished(path: &Path) {
    UNFINISHED.lock().unwrap_or_else(|e| e.into_inner()).push(path.to_path_buf());
}

/// Forgets a temporary file or folder that has got its name or is gone.
pub(super) fn forget_unfinished(path: &Path) {
    UNFINISHED.lock().unwrap_or_else(|e| e.into_inner()).retain(|p| p != path);
}

/// A file that is written beside its target and takes its place only when it is complete. Dropped before that, it is removed.
#[derive(Debug)]
pub struct Output {
    target: PathBuf,
    temporary: PathBuf,
    done: bool,
}

/// Refuses an output in a folder that is not there.
///
/// # Errors
/// Not found, with the way out.
pub(crate) fn folder_is_there(target: &Path) -> Result<()> {
    let folder = target.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if folder.is_dir() {
        return Ok(());
    }
    let e = Error::new(ErrorKind::NotFound, "the output's folder does not exist");
    Err(e.help(format!("mkdir -p {}", folder.display())).at(Place::file(target)))
}

impl Output {
    /// Checks the target, takes away what killed runs have left beside it, and creates an empty temporary file there, whose name
    /// ends in `.hpda-tmp`.
    ///
    /// # Errors
    /// Exists, where the target is there and `overwrite` is not given; what the system refuses.
    pub fn create(target: &Path, overwrite: Overwrite) -> Result<Output> {
        if overwrite == Overwrite::No && target.symlink_metadata().is_ok() {
            return Err(Error::exists("the output exists").help("--overwrite replaces it").at(Place::file(target)));
        }
        // A link stays a link: the file it points to is replaced.
        let real = std::fs::canonicalize(target).unwrap_or_else(|_| target.to_path_buf());
        if real.is_dir() {
            return Err(Error::io(std::io::ErrorKind::IsADirectory.into(), target));
        }
        // A rename would put a file in the place of a device or pipe.
        if std::fs::metadata(&real).is_ok_and(|m| !m.is_file()) {
            return Err(Error::invalid("the output is a device or pipe")
                .help("-o - with --to writes to standard output")
                .at(Place::file(target)));
        }
        folder_is_there(target)?;
        let temporary = leftover::beside(&real).ok_or_else(|| Error::invalid("the output has no file name").at(Place::file(target)))?;
        leftover::sweep(&real);
        note_unfinished(&temporary);
        let output = Output { target: real, temporary, done: false };
        File::create(&output.temporary).io_at(target)?;
        Ok(output)
    }

    /// The path to write to.
    pub fn path(&self) -> &Path {
        &self.temporary
    }

    /// The path that it will have.
    pub fn target(&self) -> &Path {
        &self.target
    }

    /// The temporary file, opened for writing from its beginning.
    ///
    /// # Errors
    /// What the system refuses.
    pub fn open(&self) -> Result<File> {
        File::create(&self.temporary).io_at(&self.target)
    }

    /// Brings what was written to the disk and puts it in the target's place.
    ///
    /// # Errors
    /// What the system refuses; the target is then as it was.
    pub fn commit(mut self) -> Result<()> {
        let file = File::options().read(true).write(true).open(&self.temporary).io_at(&self.target)?;
        if let Ok(old) = std::fs::metadata(&self.target) {
            let _ = file.set_permissions(old.permissions());
        }
        file.sync_all().io_at(&self.target)?;
        std::fs::rename(&self.temporary, &self.target).io_at(&self.target)?;
        self.done = true;
        self.forget();
        // The rename is durable only once the folder is.
        if let Some(folder) = self.target.parent().filter(|p| !p.as_os_str().is_empty()) {
            let _ = File::open(folder).and_then(|f| f.sync_all());
        }
        Ok(())
    }

    fn forget(&self) {
        forget_unfinished(&self.temporary);
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        if !self.done {
            let _ = std::fs::remove_file(&self.temporary);
            self.forget();
        }
    }
}

/// Whether an existing target may be replaced.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Overwrite {
    /// It is an error.
    #[default]
    No,
    /// It is replaced once the new file is complete.
    Yes,
}
