//! Tables and cubes to files, streamed, with what the target cannot hold said or refused.

use super::levels::with_range;
use super::{History, Scanned, not_here};
use crate::array::Dataset;
use crate::coding::{self, EncodeOptions};
use crate::dtype::DType;
use crate::error::{Error, Level, LossLog, Notices, Place, Result};
use crate::exec::{CubeOptions, ExecOptions, MemSource, copy_judged};
use crate::frame::DataFrame;
use crate::io::csv::{CsvSink, CsvWriteOptions};
use crate::io::hdf5::{Hdf5Sink, Hdf5WriteOptions};
use crate::io::ipc::{IpcSink, IpcWriteOptions};
use crate::io::json::{JsonLayout, JsonSink, JsonWriteOptions};
use crate::io::netcdf::{NetcdfFormat, NetcdfSink, NetcdfWriteOptions};
use crate::io::npy::{NpySink, NpyWriteOptions};
use crate::io::npz::{NpzSink, NpzWriteOptions};
use crate::io::parquet::{ParquetSink, ParquetWriteOptions};
use crate::io::raw::{RawSink, RawWriteOptions};
use crate::io::text::{Packing, TextTarget};
use crate::io::{Codec, Format, Holds, Kind, Output, Overwrite};
use crate::ops::bridge::{CubeMatrix, CubeRows, FrameOptions};
use crate::plan::LazyFrame;
use crate::show::attribute;
use crate::store::{ChunkSink, TableSink, TableSource};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Where a result goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// A file, which appears whole or not at all.
    File(PathBuf),
    /// Standard output.
    Stdout,
}

impl Target {
    fn place(&self) -> Place {
        match self {
            Target::File(path) => Place::file(path),
            Target::Stdout => Place::file("standard output"),
        }
    }
}

/// What is done where the target cannot hold all that the source says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Losses {
    /// Changed values, types and structure are refused; what the format has no place for is a notice.
    #[default]
    Refuse,
    /// Both are refused.
    RefuseAll,
    /// Neither is.
    Allow,
}

impl Losses {
    /// # Errors
    /// Loss, for what may not be.
    pub fn judge(self, notices: &Notices) -> Result<()> {
        match self {
            Losses::Refuse => notices.refuse(Level::Changed),
            Losses::RefuseAll => notices.refuse(Level::Warning),
            Losses::Allow => Ok(()),
        }
    }
}

/// How a result is written.
#[derive(Clone, Debug, Default)]
pub struct SaveOptions {
    /// The format, where the target's name does not tell.
    pub format: Option<Format>,
    /// Whether an existing file may be replaced.
    pub overwrite: Overwrite,
    /// What is done about losses.
    pub losses: Losses,
    /// Only these variables of a cube.
    pub vars: Option<Vec<String>>,
    /// Columns of a table that become the dimensions of a cube.
    pub index: Option<Vec<String>>,
    /// One two-dimensional variable as rows and columns.
    pub matrix: bool,
    /// How text is written.
    pub csv: CsvWriteOptions,
    /// The compression by name and level (`zstd:3`); the format's usual one, or the one that variables had, when `None`.
    pub compress: Option<String>,
    /// Rows in a row group of Parquet.
    pub row_group: Option<usize>,
    /// Chunk lengths by dimension.
    pub chunks: Vec<(String, usize)>,
    /// Shard lengths by dimension: so much of a Zarr array is one file.
    pub shards: Vec<(String, usize)>,
    /// Pack floats into this type.
    pub pack: Option<DType>,
    /// What integers with missing values have in their place, in formats without a mark for missing.
    pub missing_as: Option<String>,
    /// How the result comes to be, for its attributes. Nothing is noted when `None`, so that the same input gives the same bytes.
    pub history: Option<History>,
}

impl SaveOptions {
    /// Options that the format has no place for are refused rather than passed over.
    fn fit(&self, format: Format) -> Result<()> {
        let compressed = self.compress.as_deref().is_some_and(|c| c != "none");
        type Able = fn(&Holds) -> bool;
        let options: [(&str, bool, Able); 5] = [
            ("--row-group", self.row_group.is_some(), |h| h.row_groups),
            ("--compress", compressed, |h| !h.compressions.is_empty()),
            ("--chunks", !self.chunks.is_empty(), |h| h.chunks),
            ("--shards", !self.shards.is_empty(), |h| h.shards),
            ("--pack", self.pack.is_some(), |h| h.packing),
        ];
        if let Some((option, _, able)) = options.iter().find(|(_, given, able)| *given && !able(&format.holds())) {
            return Err(Error::unsupported(format!("{option} does not go with {}", format.name()))
                .help(format!("{} has it", Format::names_where(able))));
        }
        Ok(())
    }

    /// How a text is compressed: as its name says, at the level that was asked for.
    fn packing(&self, target: &Target) -> Result<Packing> {
        let asked = self.compress.as_deref().map(Packing::parse).transpose()?;
        let Target::File(path) = target else { return Ok(asked.unwrap_or_default()) };
        let (named, _) = Packing::of_name(path);
        match asked {
            Some(asked) if asked.name() != named.name() => {
                let (name, bare) = (path.file_name().unwrap_or_default().to_string_lossy(), Packing::of_name(path).1);
                let fitting = match asked {
                    Packing::None => bare,
                    _ => PathBuf::from(format!("{}.{}", bare.display(), asked.ending())),
                };
                Err(Error::invalid(format!("{name:?} is no name of a text with the compression {:?}", asked.name()))
                    .help(format!("name it {:?}, or leave --compress out", fitting.display().to_string())))
            }
            asked => Ok(asked.unwrap_or(named)),
        }
    }

    /// The format of a target.
    ///
    /// # Errors
    /// Invalid, where nothing tells it; unsupported.
    pub fn format_of(&self, target: &Target) -> Result<Format> {
        let named = match (self.format, target) {
            (Some(format), _) => Some(format),
            (None, Target::File(path)) => Format::of_name(path)?,
            (None, Target::Stdout) => self.matrix.then_some(Format::Csv),
        };
        let format = named.ok_or_else(|| {
            Error::invalid("the output's name does not tell its format").help("say it with --to FORMAT").at(target.place())
        })?;
        if !format.is_here() {
            return Err(not_here(format).at(target.place()));
        }
        if *target == Target::Stdout && !format.is_stream() {
            let streams: Vec<&str> = Format::all().filter(|f| f.is_stream()).map(Format::name).collect();
            return Err(Error::invalid(format!("{} does not go to standard output", format.name()))
                .help(format!("{} do; -o FILE names a file", streams.join(", "))));
        }
        Ok(format)
    }
}

/// Checks what can be known of a target before the source is read: its format, and that it may be made.
///
/// # Errors
/// Exists, where it is there and may not be replaced; invalid or unsupported, for its format; not found, for its folder.
pub fn check(target: &Target, options: &SaveOptions) -> Result<Format> {
    let format = options.format_of(target)?;
    options.fit(format)?;
    if format.is_text() {
        options.packing(target)?;
    }
    let Target::File(path) = target else { return Ok(format) };
    if options.overwrite == Overwrite::No && path.symlink_metadata().is_ok() {
        return Err(Error::exists("the output exists").help("--overwrite replaces it").at(target.place()));
    }
    #[cfg(feature = "zarr")]
    if format == Format::Zarr {
        super::zarr::check(path, options)?;
    }
    crate::io::folder_is_there(path)?;
    Ok(format)
}

/// Writes a table or cube in the target's format, streamed. What the format has no place for comes back as notices.
///
/// # Errors
/// Loss, for what may not be lost; what the readers and writers say. Nothing is then at the target.
pub fn save(scanned: Scanned, target: &Target, options: &SaveOptions, exec: &ExecOptions) -> Result<Notices> {
    let format = check(target, options)?;
    let (mut shaped, options, mut notices) = shaped(scanned, format, options, exec)?;
    if let Some(history) = &options.history {
        shaped = history.note(shaped, format, exec, &mut notices)?;
    }
    match shaped {
        Scanned::Table(source) => write_table(&source, target, format, &options, exec, notices),
        Scanned::Cube(ds) => write_cube(&ds, target, format, &options, exec, notices),
    }
}

/// A table or cube as the kind that a format holds: cubes in their long form, tables by the columns that label a cube. The options
/// that come back are those for it: names of variables are those in the group that it is now.
///
/// # Errors
/// Invalid, where it cannot be made so.
pub(crate) fn shaped(
    scanned: Scanned,
    format: Format,
    options: &SaveOptions,
    exec: &ExecOptions,
) -> Result<(Scanned, SaveOptions, Notices)> {
    let mut options = options.clone();
    let scanned = match (scanned, &options.vars) {
        // One array or table holds what is in one group.
        (Scanned::Cube(ds), Some(names)) if !matches!(format, Format::Nc | Format::Nc3 | Format::H5 | Format::Npz | Format::Zarr) => {
            let (ds, names) = super::cube::group_of(&ds, names)?;
            options.vars = Some(names);
            Scanned::Cube(ds)
        }
        (scanned, _) => scanned,
    };
    let (scanned, notices) = match (scanned, format.kind()) {
        (Scanned::Table(source), Kind::Cube) => {
            let Some(index) = &options.index else {
                return Err(Error::invalid(format!("a table becomes a cube, which {} holds, by columns that label it", format.name()))
                    .help("name them: --index time,lat,lon"));
            };
            let (ds, notices) = LazyFrame::scan(source).to_dataset(index, &CubeOptions::default(), exec)?;
            (Scanned::Cube(ds), notices)
        }
        (Scanned::Cube(ds), Kind::Table) => {
            let (source, notices): (Arc<dyn TableSource>, _) = if options.matrix {
                let name = one_name(&options, "a matrix")?;
                let (matrix, notices) = CubeMatrix::new(&ds, name.as_deref(), &exec.budget)?;
                (Arc::new(matrix), notices)
            } else {
                to_table(&ds, options.vars.as_deref(), exec)?
            };
            (Scanned::Table(source), notices)
        }
        (same, _) => (same, Notices::new()),
    };
    Ok((scanned, options, notices))
}

/// Writes a table that is in memory.
///
/// # Errors
/// As [`save`].
pub fn save_frame(frame: &DataFrame, target: &Target, options: &SaveOptions, exec: &ExecOptions) -> Result<Notices> {
    let batch = frame.to_batch()?;
    let source: Arc<dyn TableSource> = Arc::new(MemSource::new(batch.schema.clone(), vec![batch]));
    save(Scanned::Table(source), target, options, exec)
}

impl DataFrame {
    /// Writes the table to a file in the format that its name says; row labels become leading columns. What the format has no
    /// place for comes back as notices. An existing file is an error.
    ///
    /// # Errors
    /// Exists; loss, where values or types would come out different; what the system refuses.
    ///
    /// # Examples
    /// ```
    /// let folder = tempfile::tempdir().map_err(|e| hpda_data::Error::io(e, "."))?;
    /// let path = folder.path().join("stations.parquet");
    /// let df = hpda_data::read_csv("data/stations.csv")?;
    /// df.save(&path)?;
    /// assert_eq!(hpda_data::read_parquet(&path)?, df);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn save(&self, path: impl AsRef<Path>) -> Result<Notices> {
        save_frame(self, &Target::File(path.as_ref().into()), &SaveOptions::default(), &ExecOptions::default())
    }
}

impl Dataset {
    /// Writes the cube to a file in the format that its name says, variables as they were held in the file they came from.
    /// What the format has no place for comes back as notices. An existing file is an error.
    ///
    /// # Errors
    /// Exists; loss, where values, types or structure would come out different; what the readers say.
    ///
    /// # Examples
    /// ```
    /// let folder = tempfile::tempdir().map_err(|e| hpda_data::Error::io(e, "."))?;
    /// let path = folder.path().join("copy.nc");
    /// hpda_data::open_dataset("data/climate.nc")?.save(&path)?;
    /// let copy = hpda_data::open_dataset(&path)?;
    /// assert_eq!(copy.variable("tas")?.shape(), [120, 12, 18]);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn save(&self, path: impl AsRef<Path>) -> Result<Notices> {
        save(Scanned::Cube(self.clone()), &Target::File(path.as_ref().into()), &SaveOptions::default(), &ExecOptions::default())
    }
}

fn output(target: &Target, options: &SaveOptions) -> Result<Output> {
    match target {
        Target::File(path) => Output::create(path, options.overwrite),
        Target::Stdout => Err(Error::invalid("this format does not go to standard output")),
    }
}

fn write_table(
    source: &Arc<dyn TableSource>,
    target: &Target,
    format: Format,
    options: &SaveOptions,
    exec: &ExecOptions,
    mut notices: Notices,
) -> Result<Notices> {
    // Text has no other place for row labels.
    let source = &if !format.holds().labels { with_range(source.clone()) } else { source.clone() };
    let schema = source.schema().clone();
    let sink: Box<dyn TableSink> = match format {
        Format::Parquet => {
            let codec = codec(options)?.unwrap_or(Codec::Snappy);
            let how = ParquetWriteOptions { codec, row_group: options.row_group, budget: exec.budget.clone() };
            Box::new(ParquetSink::create(output(target, options)?, schema, &how)?)
        }
        Format::Arrow => {
            let how = IpcWriteOptions { codec: codec(options)?.unwrap_or(Codec::None) };
            match target {
                Target::File(_) => Box::new(IpcSink::create(output(target, options)?, schema, &how)?),
                Target::Stdout => Box::new(IpcSink::stream(Box::new(std::io::stdout()), "standard output", schema, &how)?),
            }
        }
        Format::Csv | Format::Tsv => {
            let mut how = options.csv.clone();
            if format == Format::Tsv {
                how.delimiter = b'\t';
            }
            let to = match target {
                Target::File(_) => TextTarget::File(output(target, options)?),
                Target::Stdout => TextTarget::Stream(Box::new(std::io::stdout())),
            };
            how.packing = options.packing(target)?;
            let (sink, more) = CsvSink::create(to, schema, &how)?;
            notices.extend(more);
            Box::new(sink)
        }
        Format::Jsonl | Format::Json => {
            let how = JsonWriteOptions {
                layout: if format == Format::Jsonl { JsonLayout::Lines } else { JsonLayout::Document },
                float_format: options.csv.float_format,
                packing: options.packing(target)?,
            };
            let to = match target {
                Target::File(_) => TextTarget::File(output(target, options)?),
                Target::Stdout => TextTarget::Stream(Box::new(std::io::stdout())),
            };
            let (sink, more) = JsonSink::create(to, schema, &how)?;
            notices.extend(more);
            Box::new(sink)
        }
        other => return Err(not_here(other)),
    };
    options.losses.judge(&notices)?;
    let (_, found) = copy_judged(source, sink, exec, |found| options.losses.judge(found))?;
    notices.extend(found);
    Ok(notices)
}

/// The one variable that was asked for, if one was.
fn one_name(options: &SaveOptions, what: &str) -> Result<Option<String>> {
    match options.vars.as_deref() {
        None => Ok(None),
        Some([one]) => Ok(Some(one.clone())),
        Some(many) => {
            let message = format!("{what} holds one array, and {} variables were asked for", many.len());
            Err(Error::invalid(message).help("--var NAME picks one"))
        }
    }
}

/// Names of the dims, those of groups too.
fn dims_of<'a>(ds: &'a Dataset, into: &mut Vec<&'a str>) {
    into.extend(ds.dims.keys().map(|d| &**d));
    ds.groups.values().for_each(|g| dims_of(g, into));
}

/// Lengths that were given are for dims that are there.
pub(super) fn known_dims(ds: &Dataset, lengths: &[(String, usize)], option: &str) -> Result<()> {
    let mut known = Vec::new();
    dims_of(ds, &mut known);
    match lengths.iter().find(|(dim, _)| !known.contains(&dim.as_str())) {
        Some((dim, _)) => Err(Error::not_found("dim", dim, known).at(Place { op: Some(option.into()), ..Place::default() })),
        None => Ok(()),
    }
}

fn codec(options: &SaveOptions) -> Result<Option<Codec>> {
    options.compress.as_deref().map(Codec::parse).transpose()
}

fn write_cube(
    ds: &Dataset,
    target: &Target,
    format: Format,
    options: &SaveOptions,
    exec: &ExecOptions,
    mut notices: Notices,
) -> Result<Notices> {
    let missing_as = options.missing_as.clone();
    let losses = if options.losses == Losses::Allow { LossLog::allowed() } else { LossLog::default() };
    held(ds, format, options, "", &mut notices);
    let (cube, sink): (Dataset, Box<dyn ChunkSink>) = match format {
        Format::Npy => {
            let (sink, more) = NpySink::create(
                output(target, options)?,
                ds,
                &NpyWriteOptions { variable: one_name(options, format.name())?, missing_as },
            )?;
            notices.extend(more);
            (ds.clone(), Box::new(sink))
        }
        Format::Raw => {
            let (sink, more) = RawSink::create(
                output(target, options)?,
                ds,
                &RawWriteOptions { variable: one_name(options, format.name())?, missing_as },
            )?;
            notices.extend(more);
            (ds.clone(), Box::new(sink))
        }
        Format::Npz => {
            let how = NpzWriteOptions { variables: options.vars.clone(), compress: options.compress.clone(), missing_as };
            let (sink, more) = NpzSink::create(output(target, options)?, ds, &how)?;
            notices.extend(more);
            (ds.clone(), Box::new(sink))
        }
        Format::Nc | Format::Nc3 | Format::H5 => {
            let chosen = match &options.vars {
                Some(names) => super::cube::only(ds, names)?,
                None => ds.clone(),
            };
            let (encoded, more) = coding::encode_with(&chosen, &EncodeOptions { pack: options.pack.clone() })?;
            notices.extend(more);
            known_dims(&encoded, &options.chunks, "--chunks")?;
            if format == Format::H5 {
                let filters = options.compress.as_deref().map(NetcdfWriteOptions::parse_compress).transpose()?;
                let how = Hdf5WriteOptions { chunks: options.chunks.clone(), filters, losses: losses.clone() };
                let (sink, more) = Hdf5Sink::create(output(target, options)?, &encoded, &how)?;
                notices.extend(more);
                options.losses.judge(&notices)?;
                crate::exec::cube::copy(&encoded, Box::new(sink), exec)?;
                notices.extend(losses.take());
                return Ok(notices);
            }
            let how = NetcdfWriteOptions {
                format: if format == Format::Nc3 { NetcdfFormat::Nc3 } else { NetcdfFormat::Nc4 },
                chunks: options.chunks.clone(),
                filters: options.compress.as_deref().map(NetcdfWriteOptions::parse_compress).transpose()?,
                integers: long_integers(&chosen),
                losses: losses.clone(),
            };
            let (sink, more) = NetcdfSink::create(output(target, options)?, &encoded, &how)?;
            notices.extend(more);
            (encoded, Box::new(sink))
        }
        #[cfg(feature = "zarr")]
        Format::Zarr => {
            let Target::File(path) = target else { return Err(Error::internal("a folder on standard output")) };
            let (encoded, sink, more) = super::zarr::sink(ds, path, options, exec)?;
            notices.extend(more);
            (encoded, Box::new(sink))
        }
        other => return Err(not_here(other)),
    };
    options.losses.judge(&notices)?;
    crate::exec::cube::copy(&cube, sink, exec)?;
    notices.extend(losses.take());
    Ok(notices)
}

/// Variables of 64-bit integers.
fn long_integers(ds: &Dataset) -> Vec<String> {
    let all = ds.coords.iter().chain(ds.vars.iter().map(|(n, v)| (n.as_str(), v)));
    all.filter(|(_, v)| matches!(v.dtype(), DType::I64 | DType::U64)).map(|(n, _)| n.to_string()).collect()
}

/// Says what of how variables were held comes out different: their values are the same.
fn held(ds: &Dataset, format: Format, options: &SaveOptions, path: &str, notices: &mut Notices) {
    for (name, v) in ds.coords.iter().chain(ds.vars.iter().map(|(n, v)| (n.as_str(), v))) {
        let full = format!("{path}{name}");
        if options.vars.as_ref().is_some_and(|names| names.iter().all(|n| n.trim_start_matches('/') != full)) {
            continue;
        }
        let place = Place { group: (!path.is_empty()).then(|| format!("/{}", path.trim_end_matches('/'))), ..Place::variable(name) };
        let mut say = |what: String| notices.push(Level::Omitted, format!("variable {name:?}: {what}"), place.clone());
        if let Some(stored) = v.encoding.stored_as.filter(|_| options.pack.is_none()) {
            say(format!("it is {stored} in its file, and is written as {}", v.encoding.dtype.as_ref().unwrap_or(v.dtype())));
        }
        if let Some(value) = v.encoding.unwritten.as_ref().filter(|_| format != Format::H5) {
            say(format!("what stands for values that were never written ({}) is not kept; none is missing", attribute(value)));
        }
    }
    for (name, group) in &ds.groups {
        held(group, format, options, &format!("{path}{name}/"), notices);
    }
}

/// A cube in its long form, one row per cell, as a source: [`Dataset::to_lazy_frame`], by names that may lie in a group.
///
/// # Errors
/// Invalid, where the variables have no common shape.
pub fn to_table(ds: &Dataset, vars: Option<&[String]>, exec: &ExecOptions) -> Result<(Arc<dyn TableSource>, Notices)> {
    let (rows, notices) = match vars {
        Some(names) => {
            let (ds, names) = super::cube::group_of(ds, names)?;
            CubeRows::new(&ds, &FrameOptions::default().vars(names), &exec.budget)?
        }
        None => CubeRows::new(ds, &FrameOptions::default(), &exec.budget)?,
    };
    Ok((Arc::new(rows), notices))
}
