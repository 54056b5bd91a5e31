//! Cubes from files.

use super::{OpenOptions, Scanned, is_stdin, not_here, scan as scan_any};
use crate::array::Dataset;
use crate::error::{Error, Notices, Place, Result};
use crate::io::{Format, npy, raw};
use std::path::{Path, PathBuf};

/// Opens cubes, decodes them, joins several.
pub(super) fn scan(inputs: &[PathBuf], formats: &[Format], options: &OpenOptions) -> Result<(Dataset, Notices)> {
    let mut all = Vec::with_capacity(inputs.len());
    let mut notices = Notices::new();
    for (path, format) in inputs.iter().zip(formats) {
        if is_stdin(path) {
            return Err(Error::unsupported(format!("{} is not read from standard input", format.name())).help("write it to a file first"));
        }
        let (ds, more) = one(path, *format, options)?;
        notices.extend(more);
        all.push(ds);
    }
    if all.len() == 1 {
        return Ok((all.remove(0), notices));
    }
    Err(Error::unsupported("several cubes are not joined yet"))
}

/// Opens and decodes one cube.
fn one(path: &Path, format: Format, options: &OpenOptions) -> Result<(Dataset, Notices)> {
    match format {
        Format::Npy => Ok((npy::open(path)?, Notices::new())),
        Format::Raw => {
            let raw = options.raw.as_ref().ok_or_else(|| {
                Error::invalid("a raw file does not say what it holds")
                    .help("say it with --dtype f64 --shape 400,300")
                    .at(Place::file(path))
            })?;
            Ok((raw::open(path, raw)?, Notices::new()))
        }
        other => Err(not_here(other)),
    }
}

/// Paths of the variables that belong to others: bounds, grid mappings and the like.
pub fn companions(_ds: &Dataset) -> Vec<String> {
    Vec::new()
}

/// Opens a cube: metadata only; variables are read when they are used.
///
/// # Errors
/// What the reader says, with the file; invalid, for a table.
pub fn open_dataset(path: impl AsRef<Path>) -> Result<Dataset> {
    open_mfdataset(&[path])
}

/// Opens several cubes as one, joined along the dimension that differs.
///
/// # Errors
/// What the readers say; what does not fit together.
pub fn open_mfdataset<P: AsRef<Path>>(paths: &[P]) -> Result<Dataset> {
    let paths: Vec<PathBuf> = paths.iter().map(|p| p.as_ref().to_path_buf()).collect();
    match scan_any(&paths, &OpenOptions::default())?.0 {
        Scanned::Cube(ds) => Ok(ds),
        Scanned::Table(_) => {
            let place = paths.first().map(Place::file).unwrap_or_default();
            Err(Error::invalid("a table is no cube").help("`open` and `scan` take either").at(place))
        }
    }
}
