//! Tables from files.

use super::info::TableInfo;
use super::{OpenOptions, Scanned, not_here, scan as scan_any};
use crate::error::{Error, Notices, Place, Result};
use crate::exec::{ExecOptions, stream};
use crate::frame::DataFrame;
use crate::io::Format;
use crate::store::{Batch, Budget, TableSource};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// One source over text files of one format, or over one file of another.
pub(super) fn scan(inputs: &[PathBuf], format: Format, _options: &OpenOptions) -> Result<Arc<dyn TableSource>> {
    let path = &inputs[0];
    Ok(match format {
        Format::Parquet => Arc::new(crate::io::parquet::ParquetSource::open(path)?),
        other => return Err(not_here(other)),
    })
}

/// All rows, in memory, booked while they are gathered.
pub(super) fn collect(source: &Arc<dyn TableSource>, budget: &Budget) -> Result<DataFrame> {
    let options = ExecOptions { budget: budget.clone(), ..ExecOptions::default() };
    let mut booked = budget.reserve(0, "the table")?;
    let mut batches: Vec<Batch> = Vec::new();
    for batch in stream(source, None, &options) {
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
pub(super) fn info(path: &Path, format: Format, bytes: u64, options: &OpenOptions, fast: bool, notices: &mut Notices) -> Result<TableInfo> {
    if format == Format::Parquet {
        return parquet_info(path);
    }
    let options = options.clone();
    let source = scan(&[path.to_path_buf()], format, &options)?;
    notices.extend(source.notices());
    let schema = source.schema().clone();
    Ok(TableInfo { rows: source.rows(), missing: vec![None; schema.fields.len()], schema, facts: Vec::new(), sampled: None })
}

fn parquet_info(path: &Path) -> Result<TableInfo> {
    let source = crate::io::parquet::ParquetSource::open(path)?;
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
    let missing = info.columns.iter().map(|c| c.missing).collect();
    Ok(TableInfo { rows: Some(info.rows), schema: source.schema().clone(), missing, facts, sampled: None })
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
pub fn read_csv(path: impl AsRef<Path>) -> Result<DataFrame> {
    read(path.as_ref(), &OpenOptions { from: Some(Format::Csv), ..OpenOptions::default() })
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
