//! Cubes from files.

use super::{OpenOptions, Scanned, not_here, scan as scan_any};
use crate::array::Dataset;
use crate::error::{Error, Notices, Place, Result};
use crate::io::Format;
use std::path::{Path, PathBuf};

/// Opens cubes, decodes them, joins several.
pub(super) fn scan(inputs: &[PathBuf], formats: &[Format], options: &OpenOptions) -> Result<(Dataset, Notices)> {
    Err(not_here(formats[0]))
}

/// Paths of the variables that belong to others.
pub(super) fn companions(ds: &Dataset) -> Vec<String> {
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
