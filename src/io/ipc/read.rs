use super::layout::{Block, Layout, check_buffers, message, record_batch, take_apart};
use crate::dtype::DType;
use crate::error::{Error, IoResultExt, Notices, Place, Result, ResultExt};
use crate::io::arrow_schema::{Categories, FileColumns, column_from_file, read_schema};
use crate::io::guard::guarded;
use crate::store::{Batch, BatchIter, Budget, Column, ScanRequest, Schema, TableSource};
use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::buffer::Buffer;
use arrow::ipc::reader::read_record_batch;
use hashbrown::HashMap;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// An Arrow file or stream as a table, one part per record batch. Mapped; buffers that are not compressed are used in place.
#[derive(Debug)]
pub struct IpcSource(Arc<IpcFile>);

/// What the headers of an Arrow file say.
#[derive(Clone, Debug, PartialEq)]
pub struct IpcInfo {
    /// Bytes of the file.
    pub bytes: u64,
    /// Rows.
    pub rows: u64,
    /// Rows of each record batch.
    pub batches: Vec<u64>,
    /// The codec of its buffers, if they are compressed.
    pub compression: Option<String>,
    /// Whether it is a stream, not a file.
    pub stream: bool,
}

struct IpcFile {
    path: PathBuf,
    bytes: Buffer,
    layout: Layout,
    columns: FileColumns,
    /// Dictionaries that have been looked at, by the address (which the layout keeps alive) and number of their values.
    categories: Mutex<HashMap<(usize, usize), Arc<Categories>>>,
}

impl std::fmt::Debug for IpcFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("IpcFile").field("path", &self.path).finish_non_exhaustive()
    }
}

impl IpcSource {
    /// Opens a file, or a stream that was saved as one.
    ///
    /// # Errors
    /// Io; format, for what is neither or is damaged; unsupported, for Feather 1 and big-endian data.
    pub fn open(path: impl AsRef<Path>) -> Result<IpcSource> {
        let path = path.as_ref();
        let bytes = crate::io::map(path)?;
        IpcSource::new(path, Buffer::from(bytes)).at_file(path)
    }

    /// Takes a stream in: it is kept in a temporary file, so that it can be read in parts and more than once.
    ///
    /// # Errors
    /// Io; as [`IpcSource::open`].
    pub fn spool(mut stream: impl Read, name: &str) -> Result<IpcSource> {
        let mut file = tempfile::NamedTempFile::new().io_at(std::env::temp_dir())?;
        std::io::copy(&mut stream, &mut file).io_at(name)?;
        // The map outlives the name: nothing is left behind, however the program ends.
        let bytes = crate::io::map(file.path())?;
        IpcSource::new(Path::new(name), Buffer::from(bytes)).at_file(name)
    }

    fn new(path: &Path, bytes: Buffer) -> Result<IpcSource> {
        let layout = guarded(|| take_apart(&bytes))?;
        let rows = layout.blocks.iter().try_fold(0u64, |sum, b| sum.checked_add(b.rows as u64));
        let rows = rows.ok_or_else(|| Error::format("the record batches claim more rows than there can be"))?;
        let columns = read_schema(&layout.schema, &layout.metadata, Some(rows))?;
        Ok(IpcSource(Arc::new(IpcFile { path: path.to_path_buf(), bytes, layout, columns, categories: Mutex::default() })))
    }

    /// What the headers say.
    pub fn info(&self) -> IpcInfo {
        let batches: Vec<u64> = self.0.layout.blocks.iter().map(|b| b.rows as u64).collect();
        IpcInfo {
            bytes: self.0.bytes.len() as u64,
            rows: batches.iter().sum(),
            batches,
            compression: self.0.layout.compression.clone(),
            stream: self.0.layout.stream,
        }
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.0.path
    }
}

impl IpcFile {
    /// The arrays of some of the file's columns, by position in the file.
    fn decode(&self, block: &Block, roots: &[usize], budget: &Budget) -> Result<RecordBatch> {
        let message = message(&self.bytes, &block.metadata)?;
        let batch = record_batch(message)?;
        let body = self.bytes.slice_with_length(block.body.start, block.body.len());
        let needed = check_buffers(&batch, &body)?;
        let _booked = budget.reserve(needed as usize, "decompressing a record batch")?;
        let version = message.version();
        Ok(read_record_batch(&body, batch, self.layout.schema.clone(), &block.dictionaries, Some(roots), &version)?)
    }

    fn column(&self, array: ArrayRef, dtype: &DType) -> Result<Column> {
        let any = match dtype {
            DType::Categorical { .. } => array.as_any_dictionary_opt(),
            _ => None,
        };
        let Some(any) = any else { return column_from_file(array, dtype) };
        let values = any.values().to_data();
        let key = (values.buffers().first().map_or(0, |b| b.as_ptr() as usize), values.len());
        let known = self.categories.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
        let categories = match known {
            Some(c) => c,
            None => {
                let c = Arc::new(Categories::new(any.values())?);
                self.categories.lock().unwrap_or_else(PoisonError::into_inner).insert(key, c.clone());
                c
            }
        };
        categories.column(any.keys(), dtype)
    }
}

impl TableSource for IpcSource {
    fn schema(&self) -> &Arc<Schema> {
        &self.0.columns.schema
    }

    fn rows(&self) -> Option<u64> {
        Some(self.0.layout.blocks.iter().map(|b| b.rows as u64).sum())
    }

    fn parts(&self) -> usize {
        self.0.layout.blocks.len()
    }

    fn part_bytes(&self, part: usize) -> u64 {
        self.0.layout.blocks.get(part).map_or(0, |b| b.body.len() as u64)
    }

    fn part_rows(&self, part: usize) -> Option<u64> {
        self.0.layout.blocks.get(part).map(|b| b.rows as u64)
    }

    fn scan(&self, part: usize, request: &ScanRequest) -> Result<BatchIter> {
        let file = self.0.clone();
        let block = file.layout.blocks.get(part).ok_or_else(|| Error::internal(format!("part {part} of {}", file.layout.blocks.len())))?;
        let wanted: Vec<usize> = request.columns.clone().unwrap_or_else(|| (0..file.columns.order.len()).collect());
        let schema = match &request.columns {
            None => file.columns.schema.clone(),
            Some(_) => Arc::new(file.columns.schema.project(&wanted)),
        };
        let (rows, step) = (block.rows, request.batch_rows.max(1));
        let positions: Vec<usize> = wanted.iter().map(|&c| file.columns.order[c]).collect();
        let mut roots = positions.clone();
        roots.sort_unstable();
        roots.dedup();
        let from: Vec<usize> = positions.iter().map(|p| roots.partition_point(|r| r < p)).collect();
        let place = || Place { file: Some(file.path.clone()), extent: Some(format!("record batch {part}")), ..Place::default() };
        let arrays: Vec<ArrayRef> = if wanted.is_empty() {
            Vec::new()
        } else {
            let batch = guarded(|| file.decode(block, &roots, &request.budget)).at(place)?;
            if batch.num_rows() != rows || batch.num_columns() != roots.len() {
                return Err(Error::format("a record batch is not what its header claims")).at(place);
            }
            from.iter().map(|&at| batch.column(at).clone()).collect()
        };
        let file = file.clone();
        let starts = (0..rows).step_by(step);
        Ok(Box::new(starts.map(move |start| {
            let n = step.min(rows - start);
            let columns = arrays.iter().zip(&schema.fields).map(|(array, field)| {
                guarded(|| file.column(array.slice(start, n), &field.dtype)).at_column(&field.name).at_file(&file.path)
            });
            Batch::with_rows(schema.clone(), columns.collect::<Result<_>>()?, n)
        })))
    }

    fn notices(&self) -> Notices {
        self.0.columns.notices.clone()
    }
}
