//! The folder of a store: files by key, and no way out of it.

use crate::error::{Error, IoResultExt, Place, Result};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Files that make a folder a Zarr store (or a part of one).
const MARKS: [&str; 4] = ["zarr.json", ".zgroup", ".zarray", ".zmetadata"];
/// Metadata larger than this is no metadata.
const LARGEST_METADATA: u64 = 256 << 20;

/// Whether a folder is a Zarr store, whatever its name.
pub fn is_store(path: &Path) -> bool {
    path.is_dir() && MARKS.iter().any(|m| path.join(m).is_file())
}

/// A folder that is read by keys such as `tas/c/0/0`.
#[derive(Debug)]
pub(super) struct Store {
    /// As the user named it.
    path: PathBuf,
    /// Where it really is: nothing outside is opened.
    real: PathBuf,
}

impl Store {
    pub fn open(path: &Path) -> Result<Store> {
        let real = std::fs::canonicalize(path).io_at(path)?;
        if !real.is_dir() {
            return Err(Error::unsupported("a Zarr store is a folder; stores in one file are not read here")
                .help("unpack it first: unzip STORE -d FOLDER.zarr")
                .at(Place::file(path)));
        }
        Ok(Store { path: path.to_path_buf(), real })
    }

    /// The store as the user named it.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A key as a path for messages.
    pub fn shown(&self, key: &str) -> PathBuf {
        self.path.join(key)
    }

    /// Where a key is; none where there is nothing.
    fn locate(&self, key: &str) -> Result<Option<PathBuf>> {
        check_key(key).map_err(|e| e.at(Place::file(&self.path)))?;
        match std::fs::canonicalize(self.real.join(key)) {
            Ok(real) if real.starts_with(&self.real) => Ok(Some(real)),
            Ok(_) => Err(Error::format("a link leads out of the store").at(Place::file(self.shown(key)))),
            Err(e) if matches!(e.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory) => Ok(None),
            Err(e) => Err(Error::io(e, self.shown(key))),
        }
    }

    /// The file of a key, with its length.
    pub fn file(&self, key: &str) -> Result<Option<(File, u64)>> {
        let Some(real) = self.locate(key)? else { return Ok(None) };
        let facts = std::fs::metadata(&real).io_at(self.shown(key))?;
        if !facts.is_file() {
            return Err(Error::format("there is no plain file").at(Place::file(self.shown(key))));
        }
        Ok(Some((File::open(&real).io_at(self.shown(key))?, facts.len())))
    }

    /// Metadata of a key.
    pub fn text(&self, key: &str) -> Result<Option<Vec<u8>>> {
        let Some((file, length)) = self.file(key)? else { return Ok(None) };
        if length > LARGEST_METADATA {
            return Err(Error::format(format!("{length} bytes are too many for metadata")).at(Place::file(self.shown(key))));
        }
        let mut bytes = Vec::with_capacity(length as usize);
        file.take(LARGEST_METADATA).read_to_end(&mut bytes).io_at(self.shown(key))?;
        Ok(Some(bytes))
    }

    /// Names of the folders in a folder, sorted.
    pub fn folders(&self, key: &str) -> Result<Vec<String>> {
        let place = if key.is_empty() { Some(self.real.clone()) } else { self.locate(key)? };
        let Some(real) = place else { return Ok(Vec::new()) };
        let mut names = Vec::new();
        for entry in std::fs::read_dir(&real).io_at(self.shown(key))? {
            let entry = entry.io_at(self.shown(key))?;
            // A folder behind a link may lead round in a circle; chunks are mere files or end at `locate`.
            if entry.file_type().is_ok_and(|t| t.is_dir())
                && let Ok(name) = entry.file_name().into_string()
                && !name.starts_with('.')
            {
                names.push(name);
            }
        }
        names.sort_unstable();
        Ok(names)
    }
}

/// Every part of a key is the name of something below the store.
pub(super) fn check_key(key: &str) -> Result<()> {
    let bad =
        |part: &str| part.is_empty() || part == "." || part == ".." || part.contains(['\\', '\0']) || cfg!(windows) && part.contains(':');
    match key.split('/').find(|p| bad(p)) {
        Some(_) => Err(Error::format(format!("the key {key:?} leads out of the store"))),
        None => Ok(()),
    }
}

/// Bytes of all files of a store; links are not followed.
pub fn bytes_of(path: &Path) -> u64 {
    let mut folders = vec![path.to_path_buf()];
    let mut sum = 0;
    while let Some(folder) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(&folder) else { continue };
        for entry in entries.flatten() {
            match entry.file_type() {
                Ok(t) if t.is_dir() => folders.push(entry.path()),
                Ok(t) if t.is_file() => sum += entry.metadata().map_or(0, |m| m.len()),
                _ => (),
            }
        }
    }
    sum
}
