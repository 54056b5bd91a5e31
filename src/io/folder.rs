//! Outputs that are folders, which appear whole or not at all.

use super::file::{forget_unfinished, note_unfinished};
use super::{Overwrite, leftover};
use crate::error::{Error, IoResultExt, Place, Result};
use std::fs::File;
use std::path::{Path, PathBuf};

/// A folder that is written beside its target and takes its place only when it is complete. Dropped before that, it is removed.
#[derive(Debug)]
pub struct OutputFolder {
    target: PathBuf,
    temporary: PathBuf,
    done: bool,
}

/// Checks that a folder may be made here, or may take the place of what is there: `is_one` tells whether a folder is of the kind
/// that is written (`a Zarr store`); no other folder is ever replaced.
///
/// # Errors
/// Exists; invalid, for a target that is something else.
pub fn may_replace(target: &Path, overwrite: Overwrite, kind: &str, is_one: fn(&Path) -> bool) -> Result<()> {
    if target.symlink_metadata().is_err() {
        return Ok(());
    }
    let refuse = |e: Error| Err(e.at(Place::file(target)));
    if overwrite == Overwrite::No {
        return refuse(Error::exists("the output exists").help("--overwrite replaces it"));
    }
    if !is_one(target) {
        let what = if target.is_dir() { "a folder" } else { "a file" };
        return refuse(Error::exists(format!("the output exists and is {what}, not {kind}")).help("remove it, or name another output"));
    }
    Ok(())
}

impl OutputFolder {
    /// Checks the target as [`may_replace`] does, takes away what killed runs have left beside it, and makes an empty folder there,
    /// whose name ends in `.hpda-tmp`.
    ///
    /// # Errors
    /// As [`may_replace`]; what the system refuses.
    pub fn create(target: &Path, overwrite: Overwrite, kind: &str, is_one: fn(&Path) -> bool) -> Result<OutputFolder> {
        may_replace(target, overwrite, kind, is_one)?;
        // A link stays a link: the folder it points to is replaced.
        let real = std::fs::canonicalize(target).unwrap_or_else(|_| target.to_path_buf());
        let temporary = leftover::beside(&real).ok_or_else(|| Error::invalid("the output has no name").at(Place::file(target)))?;
        leftover::sweep(&real);
        note_unfinished(&temporary);
        let output = OutputFolder { target: real, temporary, done: false };
        std::fs::create_dir(&output.temporary).io_at(target)?;
        Ok(output)
    }

    /// The folder to write to.
    pub fn path(&self) -> &Path {
        &self.temporary
    }

    /// The path that it will have.
    pub fn target(&self) -> &Path {
        &self.target
    }

    /// Brings what was written to the disk and puts it in the target's place.
    ///
    /// # Errors
    /// What the system refuses; the target is then as it was.
    pub fn commit(mut self) -> Result<()> {
        to_disk(&self.temporary).io_at(&self.target)?;
        if self.target.symlink_metadata().is_ok() {
            // What was there goes under the temporary name, and with it away when this is dropped.
            exchange(&self.temporary, &self.target).io_at(&self.target)?;
        } else {
            std::fs::rename(&self.temporary, &self.target).io_at(&self.target)?;
            self.done = true;
            forget_unfinished(&self.temporary);
        }
        if let Some(folder) = self.target.parent().filter(|p| !p.as_os_str().is_empty()) {
            let _ = File::open(folder).and_then(|f| f.sync_all());
        }
        Ok(())
    }
}

impl Drop for OutputFolder {
    fn drop(&mut self) {
        if !self.done {
            remove(&self.temporary);
            forget_unfinished(&self.temporary);
        }
    }
}

/// Removes a temporary file or folder. A folder gets another name first, so that threads that still write find it no more.
pub(super) fn remove(path: &Path) {
    if !path.is_dir() {
        let _ = std::fs::remove_file(path);
        return;
    }
    let mut away = path.as_os_str().to_os_string();
    away.push(leftover::GONE);
    let away = PathBuf::from(away);
    let gone = if std::fs::rename(path, &away).is_ok() { &away } else { path };
    for _ in 0..8 {
        if std::fs::remove_dir_all(gone).is_ok() || !gone.exists() {
            break;
        }
    }
}

/// One call for all files of the folder, where the system has one.
#[cfg(target_os = "linux")]
fn to_disk(folder: &Path) -> std::io::Result<()> {
    use std::os::fd::AsRawFd;
    let folder = File::open(folder)?;
    // SAFETY: the descriptor is open for the length of the call.
    if unsafe { libc::syncfs(folder.as_raw_fd()) } == 0 { Ok(()) } else { Err(std::io::Error::last_os_error()) }
}

#[cfg(not(target_os = "linux"))]
fn to_disk(folder: &Path) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            to_disk(&entry.path())?;
        } else {
            File::options().write(true).open(entry.path())?.sync_all()?;
        }
    }
    Ok(())
}

/// Exchanges the names of two folders, at once where the system can.
fn exchange(new: &Path, old: &Path) -> std::io::Result<()> {
    #[cfg(target_os = "linux")]
    {
        use std::ffi::CString;
        use std::os::unix::ffi::OsStrExt;
        let name = |p: &Path| CString::new(p.as_os_str().as_bytes());
        let (a, b) = (name(new)?, name(old)?);
        // SAFETY: both names end with a zero and live through the call.
        let failed =
            unsafe { libc::syscall(libc::SYS_renameat2, libc::AT_FDCWD, a.as_ptr(), libc::AT_FDCWD, b.as_ptr(), libc::RENAME_EXCHANGE) };
        if failed == 0 {
            return Ok(());
        }
    }
    let mut aside = new.as_os_str().to_os_string();
    aside.push(leftover::OLD);
    std::fs::rename(old, &aside)?;
    if let Err(e) = std::fs::rename(new, old) {
        let _ = std::fs::rename(&aside, old);
        return Err(e);
    }
    std::fs::rename(&aside, new)
}
