//! What a file holds, without reading its values (text has to be read once).

use super::{OpenOptions, cube, table};
use crate::array::Dataset;
use crate::coding::{TimeRange, time_range};
use crate::error::{IoResultExt, Notices, Result};
use crate::io::{Format, Kind};
use crate::store::Schema;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A file seen from outside.
#[derive(Clone, Debug)]
pub struct Info {
    /// The file.
    pub file: PathBuf,
    /// Its size; unknown of standard input.
    pub bytes: Option<u64>,
    /// Its format.
    pub format: Format,
    /// What it holds.
    pub content: Content,
    /// Oddities.
    pub notices: Notices,
}

/// What a file holds.
#[expect(clippy::large_enum_variant, reason = "there is one of it, not a list")]
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub enum Content {
    Table(TableInfo),
    Cube(CubeInfo),
}

/// A table seen from outside.
#[derive(Clone, Debug)]
pub struct TableInfo {
    /// How many rows; `None` where only a part was looked at.
    pub rows: Option<u64>,
    /// Its columns.
    pub schema: Arc<Schema>,
    /// Missing values of each column, where the format stores that.
    pub missing: Vec<Option<u64>>,
    /// What else there is to say: compression, row groups.
    pub facts: Vec<(String, String)>,
    /// Only so many bytes were looked at.
    pub sampled: Option<usize>,
}

/// A cube seen from outside.
#[derive(Clone, Debug)]
pub struct CubeInfo {
    /// Its variables, decoded, not read.
    pub dataset: Dataset,
    /// Variables that belong to others (bounds, grid mappings), by path.
    pub companions: Vec<String>,
    /// What else there is to say: the kind of NetCDF file.
    pub facts: Vec<(String, String)>,
    /// The time it spans.
    pub time: Option<TimeRange>,
}

impl Info {
    /// The same as HTML for a notebook; parts of a cube open.
    ///
    /// # Errors
    /// What the file's reader says of the first and last labels.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::open::{OpenOptions, info};
    /// let html = info("data/stations.parquet".as_ref(), &OpenOptions::default(), false)?.to_html()?;
    /// assert!(html.contains("8 rows, 9 columns") && html.contains("elevation"));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn to_html(&self) -> Result<String> {
        match &self.content {
            Content::Table(t) => Ok(crate::show::schema_html(&t.schema, t.rows, &t.missing, &t.facts)),
            Content::Cube(c) => crate::show::dataset_html(&c.dataset),
        }
    }
}

/// How much of a text file is looked at when that is to be fast.
pub(super) const GLANCE: usize = 64 * 1024;

/// The size of a file, or of all files in the folder of a store.
fn bytes_of(path: &Path) -> Result<u64> {
    let facts = std::fs::metadata(path).io_at(path)?;
    #[cfg(feature = "zarr")]
    if facts.is_dir() {
        return Ok(crate::io::zarr::bytes_of(path));
    }
    Ok(facts.len())
}

/// Looks at one file: only its metadata in binary formats, all of it in text (`fast`: its first 64 kB).
///
/// # Errors
/// What the format's reader says.
pub fn info(path: &Path, options: &OpenOptions, fast: bool) -> Result<Info> {
    let format = options.format_of(path)?;
    let bytes = if super::is_stream(path) { None } else { Some(bytes_of(path)?) };
    let mut notices = Notices::new();
    let content = match format.kind() {
        Kind::Table => Content::Table(table::info(path, format, options, fast, &mut notices)?),
        Kind::Cube => {
            let (dataset, more) = cube::scan(&[path.to_path_buf()], &[format], options)?;
            notices.extend(more);
            Content::Cube(CubeInfo {
                time: time_range(&dataset)?,
                facts: cube::facts(path, format)?,
                companions: cube::companions(&dataset),
                dataset,
            })
        }
    };
    Ok(Info { file: path.to_path_buf(), bytes, format, content, notices })
}
