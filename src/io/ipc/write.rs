use crate::error::{Error, ErrorKind, IoResultExt, Place, Result, ResultExt};
use crate::io::arrow_schema::{Merged, array_for_file, declared};
use crate::io::{Codec, Output};
use crate::store::{Batch, Schema, TableSink};
use arrow::array::{ArrayRef, AsArray, RecordBatch, RecordBatchOptions, new_empty_array};
use arrow::datatypes::{DataType, Field as ArrowField, Schema as ArrowSchema};
use arrow::ipc::convert::IpcSchemaEncoder;
use arrow::ipc::writer::{self, DictionaryTracker, EncodedData, IpcDataGenerator, IpcWriteContext};
use arrow::ipc::{CompressionType, FooterBuilder, MetadataVersion};
use flatbuffers::FlatBufferBuilder;
use rayon::prelude::*;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::PathBuf;
use std::sync::Arc;

/// How an Arrow file or stream is written.
#[derive(Clone, Debug)]
pub struct IpcWriteOptions {
    /// Compression of buffers: none, lz4 or zstd. Without it a reader can use the file in place.
    pub codec: Codec,
}

impl Default for IpcWriteOptions {
    fn default() -> IpcWriteOptions {
        IpcWriteOptions { codec: Codec::None }
    }
}

/// Bytes that are kept back before anything is written: a small table is written whole, its dictionaries before its rows.
const HOLD_BYTES: usize = 16 << 20;

/// Writes a table as an Arrow file (Feather v2) or as a stream.
///
/// A file may hold one dictionary per column, a table that streams has one per batch: they are merged on the way, and stand at
/// the end of a file that was too large to be held back.
pub struct IpcSink {
    target: Target,
    schema: Arc<Schema>,
    /// What the messages hold: as declared, with codes in the place of categories.
    plain: Arc<ArrowSchema>,
    options: writer::IpcWriteOptions,
    /// One per column, of dictionaries only.
    dictionaries: Vec<Option<Merged>>,
    pending: Vec<RecordBatch>,
    pending_bytes: usize,
    rows: u64,
    started: bool,
}

enum Target {
    File { output: Output, file: BufWriter<File>, position: usize, dictionaries: Vec<arrow::ipc::Block>, batches: Vec<arrow::ipc::Block> },
    Stream { stream: Box<dyn Write + Send>, name: PathBuf, sent: Vec<usize> },
}

impl IpcSink {
    /// A file at `output`.
    ///
    /// # Errors
    /// Invalid, for a codec that Arrow files do not have; unsupported, for categories inside other types; io.
    pub fn create(output: Output, schema: Arc<Schema>, options: &IpcWriteOptions) -> Result<IpcSink> {
        let name = output.target().to_path_buf();
        let file = BufWriter::with_capacity(1 << 20, output.open()?);
        let target = Target::File { output, file, position: 0, dictionaries: Vec::new(), batches: Vec::new() };
        IpcSink::new(target, schema, options).at_file(name)
    }

    /// A stream into `stream`, which is called `name` in errors.
    ///
    /// # Errors
    /// As [`IpcSink::create`].
    pub fn stream(stream: Box<dyn Write + Send>, name: &str, schema: Arc<Schema>, options: &IpcWriteOptions) -> Result<IpcSink> {
        let sent = vec![0; schema.fields.len()];
        IpcSink::new(Target::Stream { stream, name: name.into(), sent }, schema, options).at_file(name)
    }

    fn new(target: Target, schema: Arc<Schema>, options: &IpcWriteOptions) -> Result<IpcSink> {
        let (codec, level) = match options.codec {
            Codec::None => (None, None),
            Codec::Lz4 => (Some(CompressionType::LZ4_FRAME), None),
            Codec::Zstd(level) => (Some(CompressionType::ZSTD), Some(level)),
            other => {
                let e = Error::invalid(format!("Arrow files are not compressed with {}", other.name()));
                return Err(e.help("`--compress` takes lz4, zstd or none here"));
            }
        };
        let options = writer::IpcWriteOptions::try_new(64, false, MetadataVersion::V5)?;
        let options = options.try_with_compression(codec)?.try_with_compression_level(level)?;
        let (mut fields, mut dictionaries) = (Vec::new(), Vec::new());
        for (field, ours) in declared(&schema, None).fields().iter().zip(&schema.fields) {
            let (keys, values) = match field.data_type() {
                DataType::Dictionary(keys, values) => (keys.as_ref(), Some(values.as_ref())),
                other => (other, None),
            };
            if has_dictionary(values.unwrap_or(keys)) {
                return Err(Error::unsupported(format!("dictionaries inside values of type {} are not written", ours.dtype))
                    .help("such a column goes to no Arrow file")
                    .at(Place::column(&ours.name)));
            }
            dictionaries.push(values.map(|v| Merged::new(keys, v)).transpose().at_column(&ours.name)?);
            fields.push(ArrowField::new(field.name(), keys.clone(), field.is_nullable()));
        }
        let plain = Arc::new(ArrowSchema::new(fields));
        Ok(IpcSink { target, schema, plain, options, dictionaries, pending: Vec::new(), pending_bytes: 0, rows: 0, started: false })
    }

    fn put(&mut self, batch: &Batch) -> Result<()> {
        if batch.columns.len() != self.schema.fields.len() {
            return Err(Error::shape(format!("{} columns for a file of {}", batch.columns.len(), self.schema.fields.len())));
        }
        if batch.rows() == 0 {
            return Ok(());
        }
        let columns = batch.columns.iter().zip(&mut self.dictionaries).zip(&self.schema.fields);
        let arrays: Result<Vec<ArrayRef>> = columns
            .map(|((column, dictionary), field)| {
                match dictionary {
                    Some(d) => d.codes(column.values()),
                    None => array_for_file(column),
                }
                .at_column(&field.name)
            })
            .collect();
        let arrays = match arrays {
            // Offsets of text and lists have 31 bits: what is too much for one batch is written as two.
            Err(e)
                if batch.rows() > 1
                    && matches!(e.kind(), ErrorKind::Overflow | ErrorKind::Type | ErrorKind::Invalid)
                    && is_large(batch) =>
            {
                let half = batch.rows() / 2;
                self.put(&batch.slice(0, half))?;
                return self.put(&batch.slice(half, batch.rows() - half));
            }
            other => other?,
        };
        let options = RecordBatchOptions::new().with_row_count(Some(batch.rows()));
        let ready = RecordBatch::try_new_with_options(self.plain.clone(), arrays, &options)?;
        self.rows += batch.rows() as u64;
        self.pending_bytes += batch.bytes();
        self.pending.push(ready);
        let full = self.pending_bytes >= HOLD_BYTES || self.started && self.pending.len() >= rayon::current_num_threads();
        if full || matches!(self.target, Target::Stream { .. }) { self.flush(None) } else { Ok(()) }
    }

    /// Writes what is held back. `rows` is known at the end.
    fn flush(&mut self, rows: Option<u64>) -> Result<()> {
        if !self.started {
            self.started = true;
            let mut tracker = DictionaryTracker::new(false);
            let arrow = declared(&self.schema, rows);
            let schema = IpcDataGenerator {}.schema_to_bytes_with_dictionary_tracker(&arrow, &mut tracker, &self.options);
            self.target.begin(schema, &self.options)?;
        }
        let complete = rows.is_some();
        match &mut self.target {
            Target::Stream { sent, .. } => {
                let grown: Vec<bool> =
                    self.dictionaries.iter().zip(sent.iter()).map(|(d, &s)| d.as_ref().is_some_and(|d| d.len() > s || s == 0)).collect();
                if grown.contains(&true) && !self.pending.is_empty() {
                    for (s, d) in sent.iter_mut().zip(&self.dictionaries) {
                        *s = d.as_ref().map_or(0, Merged::len);
                    }
                    self.write_dictionaries(&grown)?;
                }
            }
            Target::File { batches, dictionaries, .. } => {
                if complete && batches.is_empty() && dictionaries.is_empty() {
                    self.write_dictionaries(&vec![true; self.dictionaries.len()])?;
                }
            }
        }
        let pending = std::mem::take(&mut self.pending);
        self.pending_bytes = 0;
        let options = &self.options;
        let encoded = pending.into_par_iter().map(|batch| {
            let mut tracker = DictionaryTracker::new(false);
            Ok(IpcDataGenerator {}.encode(&batch, &mut tracker, options, &mut IpcWriteContext::default())?.1)
        });
        for message in encoded.collect::<Result<Vec<EncodedData>>>()? {
            self.target.write(message, &self.options, Kind::Batch)?;
        }
        Ok(())
    }

    /// Writes the dictionaries of these columns as they are now.
    fn write_dictionaries(&mut self, which: &[bool]) -> Result<()> {
        // A batch without rows whose columns are the categories: the encoder numbers their dictionaries as it did in the schema.
        let arrow = declared(&self.schema, None);
        let (mut fields, mut columns) = (Vec::new(), Vec::<ArrayRef>::new());
        let mut wanted = Vec::new();
        for ((dictionary, field), &which) in self.dictionaries.iter().zip(arrow.fields()).zip(which) {
            let Some(d) = dictionary else { continue };
            fields.push(field.as_ref().clone().with_nullable(true));
            let empty = new_empty_array(field.data_type());
            columns.push(empty.as_any_dictionary().with_values(d.values()?));
            wanted.push(which);
        }
        if fields.is_empty() {
            return Ok(());
        }
        let schema = Arc::new(ArrowSchema::new(fields));
        let mut tracker = DictionaryTracker::new(false);
        IpcDataGenerator {}.schema_to_bytes_with_dictionary_tracker(&schema, &mut tracker, &self.options);
        let batch = RecordBatch::try_new(schema, columns)?;
        let (dictionaries, _) = IpcDataGenerator {}.encode(&batch, &mut tracker, &self.options, &mut IpcWriteContext::default())?;
        for (message, wanted) in dictionaries.into_iter().zip(wanted) {
            if wanted {
                self.target.write(message, &self.options, Kind::Dictionary)?;
            }
        }
        Ok(())
    }

    fn complete(mut self) -> Result<()> {
        self.flush(Some(self.rows))?;
        if let Target::File { dictionaries, .. } = &self.target
            && dictionaries.is_empty()
        {
            self.write_dictionaries(&vec![true; self.dictionaries.len()])?;
        }
        let arrow = declared(&self.schema, Some(self.rows));
        self.target.end(&arrow)
    }

    fn name(&self) -> PathBuf {
        match &self.target {
            Target::File { output, .. } => output.target().to_path_buf(),
            Target::Stream { name, .. } => name.clone(),
        }
    }
}

/// Whether dictionaries occur in a type.
fn has_dictionary(t: &DataType) -> bool {
    match t {
        DataType::Dictionary(..) => true,
        DataType::Struct(fields) => fields.iter().any(|f| has_dictionary(f.data_type())),
        DataType::List(f) | DataType::LargeList(f) | DataType::FixedSizeList(f, _) | DataType::ListView(f) | DataType::LargeListView(f) => {
            has_dictionary(f.data_type())
        }
        DataType::Map(f, _) | DataType::RunEndEncoded(_, f) => has_dictionary(f.data_type()),
        DataType::Union(fields, _) => fields.iter().any(|(_, f)| has_dictionary(f.data_type())),
        _ => false,
    }
}

fn is_large(batch: &Batch) -> bool {
    batch.columns.iter().any(|c| c.bytes() >= i32::MAX as usize / 2)
}

#[derive(Clone, Copy)]
enum Kind {
    Batch,
    Dictionary,
}

impl Target {
    fn begin(&mut self, schema: EncodedData, options: &writer::IpcWriteOptions) -> Result<()> {
        match self {
            Target::File { output, file, position, .. } => {
                // The magic is padded to the alignment of buffers.
                file.write_all(b"ARROW1").and_then(|()| file.write_all(&[0; 58])).io_at(output.target())?;
                let (metadata, body) = writer::write_message(file, schema, options)?;
                *position = 64 + metadata + body;
            }
            Target::Stream { stream, .. } => {
                writer::write_message(stream, schema, options)?;
            }
        }
        Ok(())
    }

    fn write(&mut self, message: EncodedData, options: &writer::IpcWriteOptions, kind: Kind) -> Result<()> {
        match self {
            Target::File { file, position, dictionaries, batches, .. } => {
                let (metadata, body) = writer::write_message(file, message, options)?;
                let length = i32::try_from(metadata).map_err(|_| Error::unsupported("the header of a record batch is too large"))?;
                let block = arrow::ipc::Block::new(*position as i64, length, body as i64);
                match kind {
                    Kind::Batch => batches.push(block),
                    Kind::Dictionary => dictionaries.push(block),
                }
                *position += metadata + body;
            }
            Target::Stream { stream, .. } => {
                writer::write_message(stream, message, options)?;
            }
        }
        Ok(())
    }

    fn end(self, schema: &ArrowSchema) -> Result<()> {
        const END_OF_STREAM: [u8; 8] = [0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0];
        match self {
            Target::Stream { mut stream, name, .. } => stream.write_all(&END_OF_STREAM).and_then(|()| stream.flush()).io_at(name),
            Target::File { output, mut file, dictionaries, batches, .. } => {
                let mut fbb = FlatBufferBuilder::new();
                let dictionaries = fbb.create_vector(&dictionaries);
                let batches = fbb.create_vector(&batches);
                let mut tracker = DictionaryTracker::new(false);
                let schema = IpcSchemaEncoder::new().with_dictionary_tracker(&mut tracker).schema_to_fb_offset(&mut fbb, schema);
                let mut footer = FooterBuilder::new(&mut fbb);
                footer.add_version(MetadataVersion::V5);
                footer.add_schema(schema);
                footer.add_dictionaries(dictionaries);
                footer.add_recordBatches(batches);
                let root = footer.finish();
                fbb.finish(root, None);
                let footer = fbb.finished_data();
                let length = i32::try_from(footer.len()).map_err(|_| Error::unsupported("the schema is too large for an Arrow file"))?;
                let write = |file: &mut BufWriter<File>| {
                    file.write_all(&END_OF_STREAM)?;
                    file.write_all(footer)?;
                    file.write_all(&length.to_le_bytes())?;
                    file.write_all(b"ARROW1")?;
                    file.flush()
                };
                write(&mut file).io_at(output.target())?;
                drop(file);
                output.commit()
            }
        }
    }
}

impl TableSink for IpcSink {
    fn write(&mut self, batch: &Batch) -> Result<()> {
        self.put(batch).map_err(|e| e.at(Place::file(self.name())))
    }

    fn finish(self: Box<Self>) -> Result<()> {
        let name = self.name();
        self.complete().at_file(name)
    }
}
