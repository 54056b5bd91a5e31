//! Tables from files.

use super::info::{GLANCE, TableInfo};
use super::levels::with_range;
use super::{OpenOptions, Scanned, is_stream, not_here, scan as scan_any, stream};
use crate::error::{Error, Notices, Place, Result};
use crate::exec::{self, ExecOptions};
use crate::frame::DataFrame;
use crate::io::Format;
use crate::io::csv::{CsvReadOptions, CsvSource, Separator};
use crate::io::ipc::IpcSource;
use crate::io::json::{JsonLayout, JsonReadOptions, JsonSource};
use crate::io::parquet::ParquetSource;
use crate::store::{Batch, Budget, TableSource};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// One source over text files of one format, or over one file of another.
pub(super) fn scan(inputs: &[PathBuf], format: Format, options: &OpenOptions, notices: &mut Notices) -> Result<Arc<dyn TableSource>> {
    let path = &inputs[0];
    Ok(match format {
        _ if format.is_text() => match options.rows {
            Some(rows) if !inputs.iter().any(|p| is_stream(p)) => glance(inputs, format, options, rows, notices)?,
            _ => text(inputs, format, options, None)?.0,
        },
        Format::Parquet => {
            stream::refuse(path, format)?;
            with_range(Arc::new(ParquetSource::open(path)?))
        }
        Format::Arrow if is_stream(path) => {
            with_range(Arc::new(IpcSource::spool(stream::reader(path)?, &stream::name(path).display().to_string())?))
        }
        Format::Arrow => with_range(Arc::new(IpcSource::open(path)?)),
        other => return Err(not_here(other)),
    })
}

/// Text files as one table, all of them or their first bytes; and whether that was all.
fn text(inputs: &[PathBuf], format: Format, options: &OpenOptions, sample: Option<usize>) -> Result<(Arc<dyn TableSource>, bool)> {
    let inputs = inputs.iter().map(|p| stream::text(p)).collect::<Result<_>>()?;
    if matches!(format, Format::Json | Format::Jsonl) {
        let source = JsonSource::open(inputs, &json(format, &options.csv, sample), &options.budget())?;
        let whole = source.is_whole();
        return Ok((Arc::new(source), whole));
    }
    let mut csv = options.csv.clone();
    if format == Format::Tsv && csv.separator == Separator::Usual {
        csv.separator = Separator::Char(b'\t');
    }
    csv.sample = sample;
    let source = CsvSource::open(inputs, &csv, &options.budget())?;
    let whole = source.is_whole();
    Ok((Arc::new(source), whole))
}

/// What options of text say to JSON: the words of cells mean the same in both.
fn json(format: Format, csv: &CsvReadOptions, sample: Option<usize>) -> JsonReadOptions {
    JsonReadOptions {
        layout: if format == Format::Jsonl { JsonLayout::Lines } else { JsonLayout::Document },
        missing: csv.missing.clone(),
        dtypes: csv.dtypes.clone(),
        parse_dates: csv.parse_dates.clone(),
        date_format: csv.date_format.clone(),
        infer_dates: csv.infer_dates,
        encoding: csv.encoding.clone(),
        sample,
        part_bytes: csv.part_bytes,
    }
}

/// Text read as far as it takes for some rows; types are those of what was read.
fn glance(inputs: &[PathBuf], format: Format, options: &OpenOptions, rows: usize, notices: &mut Notices) -> Result<Arc<dyn TableSource>> {
    let mut sample = GLANCE;
    loop {
        let (source, whole) = match text(inputs, format, options, Some(sample)) {
            Ok(found) => found,
            // A record longer than the glance looks like an open quote: the whole file tells.
            Err(_) => return Ok(text(inputs, format, options, None)?.0),
        };
        if whole {
            return Ok(source);
        }
        if source.rows().is_some_and(|r| r >= rows as u64) {
            notices.warn(format!("types are those of the first {} kB", sample / 1024), Place::file(&inputs[0]));
            return Ok(source);
        }
        sample = sample.saturating_mul(8);
    }
}

/// All rows, in memory, booked while they are gathered.
pub(super) fn collect(source: &Arc<dyn TableSource>, budget: &Budget) -> Result<DataFrame> {
    let options = ExecOptions { budget: budget.clone(), ..ExecOptions::default() };
    let mut booked = budget.reserve(0, "the table")?;
    let mut batches: Vec<Batch> = Vec::new();
    for batch in exec::stream(source, None, &options) {
        let batch = batch?;
        if !booked.try_grow(batch.bytes()) {
            return Err(Error::budget(format!("the table does not fit the memory of {} bytes", budget.limit()))
                .help("scan it instead: `scan` streams"));
        }
        batches.push(batch);
    }
    DataFrame::from_batches(source.schema(), &batches)
}

/// Facts of a table.
pub(super) fn info(path: &Path, format: Format, options: &OpenOptions, fast: bool, notices: &mut Notices) -> Result<TableInfo> {
    match format {
        Format::Parquet => {
            stream::refuse(path, format)?;
            return parquet_info(path);
        }
        Format::Arrow if !is_stream(path) => return arrow_info(path),
        _ => {}
    }
    let mut sampled = None;
    let source: Arc<dyn TableSource> = match format {
        _ if format.is_text() => {
            let one = [path.to_path_buf()];
            // An object of arrays can only be read as a whole.
            let (source, whole) = match text(&one, format, options, fast.then_some(GLANCE)) {
                Err(_) if fast && format == Format::Json => text(&one, format, options, None)?,
                found => found?,
            };
            sampled = (!whole).then_some(GLANCE);
            source
        }
        _ => scan(&[path.to_path_buf()], format, options, notices)?,
    };
    notices.extend(source.notices());
    let schema = source.schema().clone();
    let rows = if sampled.is_some() { None } else { source.rows() };
    Ok(TableInfo { rows, missing: vec![None; schema.fields.len()], schema, facts: Vec::new(), sampled })
}

fn arrow_info(path: &Path) -> Result<TableInfo> {
    let source = IpcSource::open(path)?;
    let info = source.info();
    let source = with_range(Arc::new(source));
    let schema = source.schema().clone();
    let mut facts = vec![("batches".to_string(), info.batches.len().to_string())];
    facts.push(("compression".into(), info.compression.unwrap_or_else(|| "none".into())));
    if info.stream {
        facts.push(("layout".into(), "stream".into()));
    }
    Ok(TableInfo { rows: Some(info.rows), missing: vec![None; schema.fields.len()], schema, facts, sampled: None })
}

fn parquet_info(path: &Path) -> Result<TableInfo> {
    let source = ParquetSource::open(path)?;
    let info = source.info();
    let mut codecs: Vec<String> = Vec::new();
    for codec in info.columns.iter().flat_map(|c| &c.compression) {
        let codec = codec.to_lowercase();
        if !codecs.contains(&codec) {
            codecs.push(codec);
        }
    }
    let mut facts = vec![("row groups".to_string(), info.row_groups.len().to_string()), ("compression".to_string(), codecs.join(", "))];
    if let Some(by) = &info.created_by {
        facts.push(("created by".into(), by.clone()));
    }
    let mut missing: Vec<Option<u64>> = info.columns.iter().map(|c| c.missing).collect();
    let schema = with_range(Arc::new(source)).schema().clone();
    // A level that is made, not stored, lacks nothing.
    if schema.fields.len() > missing.len() {
        missing.insert(0, Some(0));
    }
    Ok(TableInfo { rows: Some(info.rows), schema, missing, facts, sampled: None })
}

fn read(path: &Path, options: &OpenOptions) -> Result<DataFrame> {
    match scan_any(&[path.to_path_buf()], options)?.0 {
        Scanned::Table(source) => collect(&source, &options.budget()),
        Scanned::Cube(_) => Err(Error::invalid("a cube is no table").help("`open_dataset` opens it").at(Place::file(path))),
    }
}

/// Reads a CSV file; types are inferred from the whole file.
///
/// # Errors
/// What cannot be read, with its line.
///
/// # Examples
/// ```
/// let df = hpda_data::read_csv("data/stations.csv")?;
/// assert_eq!((df.height(), df.width()), (8, 9));
/// assert_eq!(df.column("name")?.scalar(0), "Nordvik, harbour".into());
/// # Ok::<(), hpda_data::Error>(())
/// ```
pub fn read_csv(path: impl AsRef<Path>) -> Result<DataFrame> {
    read(path.as_ref(), &OpenOptions { from: Some(Format::Csv), ..OpenOptions::default() })
}

/// Reads a CSV file as the options say.
///
/// # Errors
/// What cannot be read, with its line; options that make no sense.
pub fn read_csv_with(path: impl AsRef<Path>, csv: &CsvReadOptions) -> Result<DataFrame> {
    read(path.as_ref(), &OpenOptions { from: Some(Format::Csv), csv: csv.clone(), ..OpenOptions::default() })
}

/// Reads a file of JSON lines, one record each; types are inferred from the whole file.
///
/// # Errors
/// What cannot be read, with its line.
///
/// # Examples
/// ```
/// let df = hpda_data::read_jsonl("data/events.jsonl")?;
/// assert_eq!(df.column("place.name")?.scalar(0), "Nordvik".into());
/// # Ok::<(), hpda_data::Error>(())
/// ```
pub fn read_jsonl(path: impl AsRef<Path>) -> Result<DataFrame> {
    read(path.as_ref(), &OpenOptions { from: Some(Format::Jsonl), ..OpenOptions::default() })
}

/// Reads a JSON file: an array of records, or an object of arrays of one length.
///
/// # Errors
/// What cannot be read, with its line.
pub fn read_json(path: impl AsRef<Path>) -> Result<DataFrame> {
    read(path.as_ref(), &OpenOptions { from: Some(Format::Json), ..OpenOptions::default() })
}

/// Reads a Parquet file; row labels that pandas stored come back.
///
/// # Errors
/// What the reader says, with the file.
pub fn read_parquet(path: impl AsRef<Path>) -> Result<DataFrame> {
    read(path.as_ref(), &OpenOptions { from: Some(Format::Parquet), ..OpenOptions::default() })
}

/// Reads an Arrow file (Feather version 2).
///
/// # Errors
/// What the reader says, with the file.
pub fn read_arrow(path: impl AsRef<Path>) -> Result<DataFrame> {
    read(path.as_ref(), &OpenOptions { from: Some(Format::Arrow), ..OpenOptions::default() })
}
