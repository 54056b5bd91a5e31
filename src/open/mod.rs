//! The way in and out: files of any format become tables and cubes, and go back.
//!
//! [`open`] reads one file into memory (tables) or opens it lazily (cubes). [`scan`] opens one or several files of one kind as a
//! stream, which [`save()`] writes in another format within a budget, and the verbs of `plan` take.

mod blocks;
mod cube;
mod history;
mod info;
mod levels;
mod many;
mod rows;
mod save;
mod stream;
mod table;
mod text;
#[cfg(feature = "zarr")]
mod zarr;

pub use crate::coding::TimeRange;
pub use blocks::ArrayWriter;
pub use cube::{companions, group_of, only, open_dataset, open_mfdataset};
pub use history::{Fate, History, Input};
pub use info::{Content, CubeInfo, Info, TableInfo, info};
pub use many::{By, MfOptions, Preprocess, open_mfdataset_with, save_mfdataset, save_mfdataset_with};
pub use rows::{Pick, rows};
pub(crate) use save::shaped;
pub use save::{Losses, SaveOptions, Target, check, save, save_frame, to_table};
pub(crate) use stream::is_stream;
pub use table::{read_arrow, read_csv, read_csv_with, read_json, read_jsonl, read_parquet};
pub use text::{read_text, read_text_in};

use crate::array::Dataset;
use crate::error::{Error, ErrorKind, Notices, Place, Result, nearest};
use crate::exec::{ConcatSource, ExecOptions};
use crate::frame::DataFrame;
use crate::io::csv::CsvReadOptions;
use crate::io::raw::RawOptions;
use crate::io::{Format, Kind};
use crate::store::{Budget, TableSource};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What a file holds.
#[expect(clippy::large_enum_variant, reason = "there is one of it, not a list")]
#[derive(Clone, Debug)]
pub enum Opened {
    /// A table, in memory.
    Table(DataFrame),
    /// A cube; its variables are read when they are used.
    Cube(Dataset),
}

/// What one or several files hold, not read yet.
#[expect(clippy::large_enum_variant, reason = "there is one of it, not a list")]
#[derive(Clone, Debug)]
pub enum Scanned {
    /// Rows that can be streamed.
    Table(Arc<dyn TableSource>),
    /// Variables that can be read block by block.
    Cube(Dataset),
}

/// How files are read.
#[derive(Clone, Debug, Default)]
pub struct OpenOptions {
    /// The format, where names and first bytes do not tell.
    pub from: Option<Format>,
    /// How text is read.
    pub csv: CsvReadOptions,
    /// What a raw file holds.
    pub raw: Option<RawOptions>,
    /// Only this group of a NetCDF file.
    pub group: Option<String>,
    /// Only these variables of a cube, with their coordinates and companions; all, when `None`.
    pub vars: Option<Vec<String>>,
    /// The dimension along which several cubes are joined; the one that differs, when `None`.
    pub dim: Option<String>,
    /// What happens to labels of the other dimensions of several cubes.
    pub join: crate::ops::combine::Join,
    /// No more than so many rows are wanted: text is then looked at only as far as that takes.
    pub rows: Option<usize>,
    /// Where buffers are booked.
    pub budget: Option<Budget>,
}

impl OpenOptions {
    fn budget(&self) -> Budget {
        self.budget.clone().unwrap_or_else(|| ExecOptions::default().budget)
    }

    /// The format of an input: what was said, else what its name or first bytes tell. Standard input and pipes are CSV unless they start
    /// as another format does or something else is said.
    ///
    /// # Errors
    /// As [`Format::of_file`]; unsupported, for a format that this version does not read.
    pub fn format_of(&self, path: &Path) -> Result<Format> {
        let format = match self.from {
            Some(format) => format,
            None if is_stream(path) => stream::format_of(path)?,
            // What a raw file holds was said: its first bytes are values, whatever they look like.
            None if self.raw.is_some() && matches!(Format::of_name(path), Ok(Some(Format::Raw))) && path.is_file() => Format::Raw,
            None => Format::of_file(path).map_err(|e| near_files(e, path))?,
        };
        if !format.is_here() {
            return Err(not_here(format).at(Place::file(path)));
        }
        Ok(format)
    }
}

/// A file that is not there, with the nearest name in its folder.
fn near_files(e: Error, path: &Path) -> Error {
    if e.kind() != ErrorKind::NotFound {
        return e;
    }
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let Some(name) = path.file_name().map(|n| n.to_string_lossy()) else { return e };
    let Ok(entries) = std::fs::read_dir(folder) else {
        return e.help(format!("the folder {:?} is not there either", folder.display().to_string()));
    };
    let mut known: Vec<String> = entries.flatten().take(10_000).map(|f| f.file_name().to_string_lossy().into_owned()).collect();
    known.sort_unstable();
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    match nearest(&name, &known) {
        Some(near) => e.help(format!("did you mean {near:?}?")),
        None => e,
    }
}

fn not_here(format: Format) -> Error {
    if format == Format::Zarr {
        return Error::unsupported("this build reads and writes no Zarr stores")
            .help("build with the cargo feature \"zarr\", which is on by default");
    }
    let here: Vec<&str> = Format::all().filter(|f| f.is_here()).map(Format::name).collect();
    Error::unsupported(format!("the format {:?} is not there yet", format.name())).help(format!("this version has {}", here.join(" ")))
}

/// Opens a file of any format: a table is read, a cube is opened and its variables are read when they are used.
///
/// # Errors
/// What the format's reader says, with the file; budget, for a table that does not fit the default of 512 MiB.
///
/// # Examples
/// ```
/// use hpda_data::open::{Opened, open};
/// match open("data/stations.arrow")? {
///     Opened::Table(df) => assert_eq!(df.height(), 8),
///     Opened::Cube(ds) => println!("{ds}"),
/// }
/// # Ok::<(), hpda_data::Error>(())
/// ```
pub fn open(path: impl AsRef<Path>) -> Result<Opened> {
    let options = OpenOptions::default();
    let (scanned, _) = scan(&[path.as_ref().to_path_buf()], &options)?;
    match scanned {
        Scanned::Table(source) => Ok(Opened::Table(table::collect(&source, &options.budget())?)),
        Scanned::Cube(ds) => Ok(Opened::Cube(ds)),
    }
}

/// Opens files of one kind as one: rows one after the other, cubes joined along a dimension. `-` is standard input; text and Arrow may also come from
/// pipes.
///
/// # Errors
/// What the readers say; invalid, for tables and cubes together.
pub fn scan(inputs: &[PathBuf], options: &OpenOptions) -> Result<(Scanned, Notices)> {
    let Some(first) = inputs.first() else { return Err(Error::invalid("no input")) };
    let mut formats = Vec::with_capacity(inputs.len());
    for path in inputs {
        formats.push(options.format_of(path)?);
    }
    if let Some(i) = formats.iter().position(|f| f.kind() != formats[0].kind()) {
        let word = |k: Kind| if k == Kind::Table { "a table" } else { "a cube" };
        return Err(Error::invalid("several inputs are read as one, which these cannot be").help(format!(
            "{:?} is {}, {:?} is {}",
            first,
            word(formats[0].kind()),
            inputs[i],
            word(formats[i].kind())
        )));
    }
    match formats[0].kind() {
        Kind::Cube => {
            let (ds, notices) = cube::scan(inputs, &formats, options)?;
            Ok((Scanned::Cube(ds), notices))
        }
        Kind::Table => {
            let (source, notices) = scan_tables(inputs, &formats, options)?;
            Ok((Scanned::Table(source), notices))
        }
    }
}

/// Text files are one source, whose types hold for all of them; other tables are put one after the other.
fn scan_tables(inputs: &[PathBuf], formats: &[Format], options: &OpenOptions) -> Result<(Arc<dyn TableSource>, Notices)> {
    let mut notices = Notices::new();
    let mut sources: Vec<(String, Arc<dyn TableSource>)> = Vec::new();
    let mut i = 0;
    while i < inputs.len() {
        let mut end = i + 1;
        while formats[i].is_text() && end < inputs.len() && formats[end] == formats[i] {
            end += 1;
        }
        let source = table::scan(&inputs[i..end], formats[i], options, &mut notices)?;
        notices.extend(source.notices());
        sources.push((inputs[i].display().to_string(), source));
        i = end;
    }
    if sources.len() == 1 {
        return Ok((sources.remove(0).1, notices));
    }
    Ok((Arc::new(ConcatSource::new(sources)?), notices))
}
