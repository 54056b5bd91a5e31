use super::pages::CheckedGroup;
use super::{info::ParquetInfo, prune};
use crate::dtype::DType;
use crate::error::{Error, Notices, Place, Result, ResultExt};
use crate::io::arrow_schema::{FileColumns, column_from_file, read_schema};
use crate::io::guard::guarded;
use crate::store::{Batch, BatchIter, Predicate, Pushdown, Reservation, ScanRequest, Schema, TableSource};
use arrow::datatypes::{DataType, Field as ArrowField, Schema as ArrowSchema, TimeUnit as ArrowUnit};
use base64::Engine;
use bytes::Bytes;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader, RowSelection, RowSelector};
use parquet::arrow::{ARROW_SCHEMA_META_KEY, ProjectionMask, parquet_to_arrow_field_levels};
use parquet::file::metadata::ParquetMetaData;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Bytes of a row group, uncompressed, beyond which it is read in several parts.
const PART_BYTES: u64 = 24 << 20;
/// Rows of a part are a multiple of this.
const PART_ROWS: usize = 64 * 1024;

/// A Parquet file as a table. Only the footer is read when it is opened; the rest is a memory map.
#[derive(Debug)]
pub struct ParquetSource {
    file: Arc<ParquetFile>,
    parts: Vec<Part>,
}

/// Rows of one row group.
#[derive(Clone, Copy, Debug)]
struct Part {
    row_group: usize,
    start: usize,
    rows: usize,
    bytes: u64,
}

pub(super) struct ParquetFile {
    path: PathBuf,
    bytes: Bytes,
    reader: ArrowReaderMetadata,
    columns: FileColumns,
}

impl std::fmt::Debug for ParquetFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ParquetFile").field("path", &self.path).finish_non_exhaustive()
    }
}

impl ParquetSource {
    /// Opens a file: its footer is read and checked.
    ///
    /// # Errors
    /// Io; format, for what is no Parquet file or a damaged one; unsupported, for encrypted files.
    pub fn open(path: impl AsRef<Path>) -> Result<ParquetSource> {
        let path = path.as_ref();
        let bytes = crate::io::map(path)?;
        ParquetSource::from_bytes(path, bytes).at_file(path)
    }

    fn from_bytes(path: &Path, bytes: Bytes) -> Result<ParquetSource> {
        check_ends(&bytes)?;
        let reader = guarded(|| load(&bytes))?;
        let metadata = reader.metadata();
        check_layout(metadata, bytes.len() as u64)?;
        let rows = metadata.file_metadata().num_rows() as u64;
        let extra: BTreeMap<String, String> = metadata
            .file_metadata()
            .key_value_metadata()
            .into_iter()
            .flatten()
            .map(|kv| (kv.key.clone(), kv.value.clone().unwrap_or_default()))
            .collect();
        let arrow = with_zones(reader.schema(), &extra);
        let columns = read_schema(&arrow, &extra, Some(rows))?;
        let reader = guarded(|| with_views(&reader, &columns))?;
        let parts = parts(reader.metadata());
        let file = ParquetFile { path: path.to_path_buf(), bytes, reader, columns };
        Ok(ParquetSource { file: Arc::new(file), parts })
    }

    /// What the footer says: row groups, sizes, compression, missing counts.
    pub fn info(&self) -> ParquetInfo {
        ParquetInfo::of(self.file.metadata(), &self.file.columns, self.file.bytes.len() as u64)
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.file.path
    }
}

/// Both ends of the file say what it is.
fn check_ends(bytes: &[u8]) -> Result<()> {
    let whole = "the file is empty, cut off, or no Parquet file; write it again or name its format with --from";
    if bytes.is_empty() {
        return Err(Error::format("the file is empty").help("a Parquet file has at least 12 bytes"));
    }
    if bytes.len() < 12 || !(bytes.starts_with(b"PAR1") || bytes.starts_with(b"PARE")) {
        return Err(Error::format("this is no Parquet file: it does not begin with `PAR1`").help(whole));
    }
    let end = &bytes[bytes.len() - 8..];
    if &end[4..] == b"PARE" {
        return Err(
            Error::unsupported("encrypted Parquet files are not read").help("decrypt it with the tool that has the keys, pyarrow for one")
        );
    }
    if &end[4..] != b"PAR1" {
        return Err(Error::format("the Parquet file is cut off: it does not end with `PAR1`").help("fetch or write it again"));
    }
    let footer = u32::from_le_bytes([end[0], end[1], end[2], end[3]]) as u64;
    if footer + 12 > bytes.len() as u64 {
        return Err(
            Error::format(format!("the Parquet footer claims {footer} bytes of a file of {}", bytes.len())).help("the file is damaged")
        );
    }
    Ok(())
}

/// The footer; an arrow schema in it that does not fit is set aside.
fn load(bytes: &Bytes) -> Result<ArrowReaderMetadata> {
    let options = ArrowReaderOptions::new();
    let first = guarded(|| Ok(ArrowReaderMetadata::load(bytes, options)?));
    match first {
        Ok(m) => Ok(m),
        Err(e) => ArrowReaderMetadata::load(bytes, ArrowReaderOptions::new().with_skip_arrow_metadata(true)).map_err(|_| e),
    }
}

/// Sizes and places that the footer claims must lie inside the file: they are trusted afterwards.
fn check_layout(metadata: &ParquetMetaData, length: u64) -> Result<()> {
    let damaged = |what: String| Error::format(what).help("the file is damaged; fetch or write it again");
    let mut rows = 0i64;
    for (i, group) in metadata.row_groups().iter().enumerate() {
        if group.num_rows() < 0 || group.num_columns() != metadata.file_metadata().schema_descr().num_columns() {
            return Err(damaged(format!("row group {i} claims {} rows and {} columns", group.num_rows(), group.num_columns())));
        }
        rows = rows.checked_add(group.num_rows()).ok_or_else(|| damaged("the row groups claim more rows than there can be".into()))?;
        for column in group.columns() {
            let name = column.column_path().string();
            if column.file_path().is_some() {
                return Err(Error::unsupported("values in another file are not read").at(Place::column(name)));
            }
            let start = column.dictionary_page_offset().unwrap_or(i64::MAX).min(column.data_page_offset());
            let fits = start >= 0
                && column.compressed_size() >= 0
                && (start as u64).checked_add(column.compressed_size() as u64).is_some_and(|e| e <= length);
            if !fits || column.uncompressed_size() < 0 || column.num_values() < 0 || column.data_page_offset() < 0 {
                let text = format!("row group {i} claims {} bytes at {start} of a file of {length}", column.compressed_size());
                return Err(damaged(text).at(Place::column(name)));
            }
        }
    }
    if rows != metadata.file_metadata().num_rows() {
        return Err(damaged(format!("the footer claims {} rows, the row groups {rows}", metadata.file_metadata().num_rows())));
    }
    Ok(())
}

/// Parquet has no seconds: pyarrow stores them as milliseconds, and the reader then drops the zone that the arrow schema names.
fn with_zones(schema: &ArrowSchema, extra: &BTreeMap<String, String>) -> ArrowSchema {
    let original = extra.get(ARROW_SCHEMA_META_KEY).and_then(|text| {
        let bytes = base64::engine::general_purpose::STANDARD.decode(text).ok()?;
        guarded(|| Ok(arrow::ipc::convert::try_schema_from_ipc_buffer(&bytes)?)).ok()
    });
    let Some(original) = original else { return schema.clone() };
    let fields = schema.fields().iter().map(|f| {
        let said = original.field_with_name(f.name()).ok().map(|o| o.data_type());
        match (f.data_type(), said) {
            (DataType::Timestamp(unit, Some(_)), Some(DataType::Timestamp(ArrowUnit::Second, zone @ Some(_)))) => {
                f.as_ref().clone().with_data_type(DataType::Timestamp(*unit, zone.clone()))
            }
            _ => f.as_ref().clone(),
        }
    });
    ArrowSchema::new(fields.collect::<Vec<_>>()).with_metadata(schema.metadata().clone())
}

/// The same file, read straight into our types where the reader can do that: text as views, categories with wide codes.
fn with_views(reader: &ArrowReaderMetadata, columns: &FileColumns) -> Result<ArrowReaderMetadata> {
    let mut changed = false;
    let mut fields: Vec<ArrowField> = reader.schema().fields().iter().map(|f| f.as_ref().clone()).collect();
    for (ours, &at) in columns.schema.fields.iter().zip(&columns.order) {
        let t = match (&ours.dtype, fields[at].data_type()) {
            (DType::Str, DataType::Utf8 | DataType::LargeUtf8) => DataType::Utf8View,
            (DType::Binary, DataType::Binary | DataType::LargeBinary) => DataType::BinaryView,
            (DType::Categorical { .. }, _) => DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8)),
            _ => continue,
        };
        if *fields[at].data_type() != t {
            fields[at] = fields[at].clone().with_data_type(t);
            changed = true;
        }
    }
    if !changed {
        return Ok(reader.clone());
    }
    let schema = Arc::new(ArrowSchema::new(fields).with_metadata(reader.schema().metadata().clone()));
    let options = ArrowReaderOptions::new().with_schema(schema);
    // Where the hint is not taken the values are converted after reading.
    Ok(guarded(|| Ok(ArrowReaderMetadata::try_new(reader.metadata().clone(), options)?)).unwrap_or_else(|_| reader.clone()))
}

/// One part per row group; large ones in several, as long as their pages are small enough that skipping costs nothing.
fn parts(metadata: &ParquetMetaData) -> Vec<Part> {
    let mut parts = Vec::new();
    for (row_group, group) in metadata.row_groups().iter().enumerate() {
        let rows = group.num_rows() as usize;
        let uncompressed: u64 = group.columns().iter().map(|c| c.uncompressed_size() as u64).sum();
        let compressed: u64 = group.columns().iter().map(|c| c.compressed_size() as u64).sum();
        let flat = group.columns().iter().all(|c| c.column_descr().max_rep_level() == 0);
        let wanted = if flat { uncompressed.div_ceil(PART_BYTES).max(1) as usize } else { 1 };
        let step = rows.div_ceil(wanted).next_multiple_of(PART_ROWS);
        let mut start = 0;
        loop {
            let n = step.min(rows - start);
            parts.push(Part { row_group, start, rows: n, bytes: (compressed as u128 * n as u128 / rows.max(1) as u128) as u64 });
            start += n;
            if start >= rows {
                break;
            }
        }
    }
    parts
}

impl ParquetFile {
    pub(super) fn metadata(&self) -> &Arc<ParquetMetaData> {
        self.reader.metadata()
    }

    /// A reader of some of the file's columns (in the file's order) over the rows of a part.
    fn reader(&self, part: Part, roots: &[usize], batch_rows: usize) -> Result<ParquetRecordBatchReader> {
        let mask = ProjectionMask::roots(self.reader.parquet_schema(), roots.iter().copied());
        let levels = parquet_to_arrow_field_levels(self.reader.parquet_schema(), mask, Some(self.reader.schema().fields()))?;
        let group = CheckedGroup { bytes: Arc::new(self.bytes.clone()), metadata: self.metadata().clone(), index: part.row_group };
        let group_rows = self.metadata().row_group(part.row_group).num_rows() as usize;
        let some =
            (part.rows != group_rows).then(|| RowSelection::from(vec![RowSelector::skip(part.start), RowSelector::select(part.rows)]));
        let rows = batch_rows.min(part.rows).max(1);
        Ok(ParquetRecordBatchReader::try_new_with_row_groups(&levels, &group, rows, some)?)
    }

    /// The error with its row group and, found by reading the columns one by one, its column.
    fn blame(&self, e: Error, part: Part, roots: &[usize]) -> Error {
        let culprit = roots.iter().filter(|_| roots.len() > 1).find(|&&root| {
            guarded(|| {
                for batch in self.reader(part, &[root], PART_ROWS)? {
                    batch?;
                }
                Ok(())
            })
            .is_err()
        });
        let culprit = if roots.len() == 1 { roots.first() } else { culprit };
        let column = culprit.map(|&root| self.reader.schema().field(root).name().clone());
        e.at(Place { file: Some(self.path.clone()), column, extent: Some(format!("row group {}", part.row_group)), ..Place::default() })
    }
}

impl TableSource for ParquetSource {
    fn schema(&self) -> &Arc<Schema> {
        &self.file.columns.schema
    }

    fn rows(&self) -> Option<u64> {
        Some(self.file.metadata().file_metadata().num_rows() as u64)
    }

    fn parts(&self) -> usize {
        self.parts.len()
    }

    fn part_bytes(&self, part: usize) -> u64 {
        self.parts.get(part).map_or(0, |p| p.bytes)
    }

    fn part_rows(&self, part: usize) -> Option<u64> {
        self.parts.get(part).map(|p| p.rows as u64)
    }

    fn accepts(&self, predicate: &Predicate) -> Pushdown {
        if prune::has_statistics(self.file.metadata(), &self.file.columns, predicate) { Pushdown::Partly } else { Pushdown::No }
    }

    fn scan(&self, part: usize, request: &ScanRequest) -> Result<BatchIter> {
        let file = self.file.clone();
        let part = *self.parts.get(part).ok_or_else(|| Error::internal(format!("part {part} of {}", self.parts.len())))?;
        let ours = &file.columns;
        let wanted: Vec<usize> = request.columns.clone().unwrap_or_else(|| (0..ours.order.len()).collect());
        let schema = match &request.columns {
            None => ours.schema.clone(),
            Some(_) => Arc::new(ours.schema.project(&wanted)),
        };
        if part.rows == 0
            || request.predicates.iter().any(|p| prune::rules_out(file.reader.schema(), file.metadata(), ours, part.row_group, p))
        {
            return Ok(Box::new(std::iter::empty()));
        }
        let batch_rows = request.batch_rows.max(1);
        if wanted.is_empty() {
            let sizes = (0..part.rows).step_by(batch_rows).map(move |at| batch_rows.min(part.rows - at));
            return Ok(Box::new(sizes.map(move |n| Batch::with_rows(schema.clone(), Vec::new(), n))));
        }
        let mut roots: Vec<usize> = wanted.iter().map(|&c| ours.order[c]).collect();
        let positions = roots.clone();
        roots.sort_unstable();
        roots.dedup();
        // Where each wanted column comes in the reader's batches, which follow the file's order.
        let from: Vec<usize> = positions.iter().map(|p| roots.partition_point(|r| r < p)).collect();
        let booked = file.book(part, &roots, request)?;
        let reader = guarded(|| file.reader(part, &roots, batch_rows)).map_err(|e| file.blame(e, part, &roots))?;
        Ok(Box::new(Batches { file, part, roots, from, schema, reader: Some(reader), left: part.rows, _booked: booked }))
    }

    fn notices(&self) -> Notices {
        self.file.columns.notices.clone()
    }
}

impl ParquetFile {
    /// Pages are decompressed one at a time per column; a page is about a mebibyte, and never more than its column.
    fn book(&self, part: Part, roots: &[usize], request: &ScanRequest) -> Result<Option<Reservation>> {
        let group = self.metadata().row_group(part.row_group);
        let descr = group.schema_descr();
        let pages = group.columns().iter().enumerate().filter(|(leaf, _)| roots.binary_search(&descr.get_column_root_idx(*leaf)).is_ok());
        let bytes: u64 = pages.map(|(_, c)| (c.uncompressed_size() as u64).min(2 << 20)).sum();
        Ok(request.budget.try_reserve(bytes as usize))
    }
}

/// The batches of one part.
struct Batches {
    file: Arc<ParquetFile>,
    part: Part,
    roots: Vec<usize>,
    from: Vec<usize>,
    schema: Arc<Schema>,
    reader: Option<ParquetRecordBatchReader>,
    left: usize,
    _booked: Option<Reservation>,
}

impl Batches {
    fn read(&mut self) -> Result<Option<Batch>> {
        let Some(reader) = &mut self.reader else { return Ok(None) };
        let Some(read) = guarded(|| Ok(reader.next().transpose()?))? else {
            if self.left > 0 {
                return Err(Error::format(format!("{} rows are missing: a column holds fewer values than the footer claims", self.left)));
            }
            return Ok(None);
        };
        self.left = self.left.saturating_sub(read.num_rows());
        let columns = self.from.iter().zip(&self.schema.fields).map(|(&at, field)| {
            let array = read.columns().get(at).ok_or_else(|| Error::format("a column is missing"))?;
            guarded(|| column_from_file(array.clone(), &field.dtype)).at_column(&field.name)
        });
        Ok(Some(Batch::with_rows(self.schema.clone(), columns.collect::<Result<_>>()?, read.num_rows())?))
    }
}

impl Iterator for Batches {
    type Item = Result<Batch>;

    fn next(&mut self) -> Option<Result<Batch>> {
        let read = self.read();
        if !matches!(read, Ok(Some(_))) {
            self.reader = None;
        }
        read.map_err(|e| {
            if e.place().column.is_some() { e.at(Place::file(&self.file.path)) } else { self.file.blame(e, self.part, &self.roots) }
        })
        .transpose()
    }
}
