use super::codes;
use crate::dtype::DType;
use crate::error::{Error, IoResultExt, Place, Result, ResultExt};
use crate::io::arrow_schema::{Merged, array_for_encoder, declared, encodable};
use crate::io::{Codec, Output};
use crate::store::{Batch, Budget, Column, Reservation, Schema, TableSink};
use arrow::array::{ArrayRef, AsArray, DictionaryArray};
use arrow::datatypes::{DataType, Field as ArrowField, Int32Type, Schema as ArrowSchema};
use bytes::Bytes;
use parquet::arrow::arrow_writer::{ArrowColumnChunk, ArrowColumnWriter, ArrowRowGroupWriterFactory, compute_leaves};
use parquet::arrow::{ARROW_SCHEMA_META_KEY, ArrowSchemaConverter, encode_arrow_schema};
use parquet::basic::{BrotliLevel, Compression, GzipLevel, ZstdLevel};
use parquet::column::writer::ColumnCloseResult;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::ColumnDescPtr;
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::BufWriter;
use std::sync::Arc;

/// How a Parquet file is written.
#[derive(Clone, Debug)]
pub struct ParquetWriteOptions {
    /// Compression of pages.
    pub codec: Codec,
    /// Rows of a row group; by default at most 1 Mi rows, fewer where they are wide.
    pub row_group: Option<usize>,
    /// Where the encoded row group is booked until it is written.
    pub budget: Budget,
}

impl Default for ParquetWriteOptions {
    fn default() -> ParquetWriteOptions {
        ParquetWriteOptions { codec: Codec::Snappy, row_group: None, budget: Budget::unlimited() }
    }
}

/// Rows of a row group where nothing is said.
const GROUP_ROWS: usize = 1 << 20;
/// Encoded bytes after which a row group is closed where nothing is said.
const GROUP_BYTES: usize = 64 << 20;
/// Rows that are gathered before the columns are encoded side by side.
const GATHER_ROWS: usize = 128 * 1024;
/// Bytes of gathered rows.
const GATHER_BYTES: usize = 24 << 20;

/// Bytes of categories up to which they are written as one dictionary page, in their order.
const DICTIONARY_BYTES: usize = 8 << 20;

/// Writes a table as Parquet. Rows are gathered to row groups; the columns of what is gathered are encoded side by side on the
/// current pool.
pub struct ParquetSink {
    output: Output,
    schema: Arc<Schema>,
    fields: Vec<ArrowField>,
    writer: SerializedFileWriter<BufWriter<File>>,
    factory: ArrowRowGroupWriterFactory,
    leaves: Vec<usize>,
    /// Encoders of the row group at hand, by column.
    encoders: Vec<Encoder>,
    /// The categories of each column that has some, over the whole file.
    categories: Vec<Option<Merged>>,
    codec: Codec,
    pending: Vec<Batch>,
    pending_rows: usize,
    group_rows: usize,
    rows: u64,
    most_rows: usize,
    exact_rows: bool,
    booked: Option<Reservation>,
    budget: Budget,
}

impl ParquetSink {
    /// A file of this schema at `output`.
    ///
    /// # Errors
    /// Unsupported, for types that Parquet has no place for; io.
    pub fn create(output: Output, schema: Arc<Schema>, options: &ParquetWriteOptions) -> Result<ParquetSink> {
        let target = output.target().to_path_buf();
        ParquetSink::start(output, schema, options).at_file(target)
    }

    fn start(output: Output, schema: Arc<Schema>, options: &ParquetWriteOptions) -> Result<ParquetSink> {
        if options.row_group == Some(0) {
            return Err(Error::invalid("a row group needs at least one row").help("give --row-group a number above 0"));
        }
        let arrow = Arc::new(encodable(&schema));
        for field in arrow.fields() {
            check_type(field.data_type()).at_column(field.name())?;
        }
        let parquet = ArrowSchemaConverter::new().convert(&arrow)?;
        let properties = Arc::new(properties(options)?);
        let file = BufWriter::with_capacity(1 << 20, output.open()?);
        let writer = SerializedFileWriter::new(file, parquet.root_schema_ptr(), properties)?;
        let factory = ArrowRowGroupWriterFactory::new(&writer, arrow.clone());
        let mut leaves = vec![0; arrow.fields().len()];
        (0..parquet.num_columns()).for_each(|l| leaves[parquet.get_column_root_idx(l)] += 1);
        let categories = schema.fields.iter().map(|f| match f.dtype {
            DType::Categorical { .. } => Merged::new(&DataType::Int32, &DataType::Utf8).map(Some),
            _ => Ok(None),
        });
        let categories = categories.collect::<Result<_>>()?;
        Ok(ParquetSink {
            output,
            fields: arrow.fields().iter().map(|f| f.as_ref().clone()).collect(),
            schema,
            writer,
            factory,
            leaves,
            encoders: Vec::new(),
            categories,
            codec: options.codec,
            pending: Vec::new(),
            pending_rows: 0,
            group_rows: 0,
            rows: 0,
            most_rows: options.row_group.unwrap_or(GROUP_ROWS),
            exact_rows: options.row_group.is_some(),
            booked: None,
            budget: options.budget.clone(),
        })
    }

    /// Encodes what is gathered, columns side by side.
    fn encode(&mut self) -> Result<()> {
        let pending = std::mem::take(&mut self.pending);
        let rows = std::mem::take(&mut self.pending_rows);
        if rows == 0 {
            return Ok(());
        }
        if self.encoders.is_empty() {
            let mut flat = self.factory.create_column_writers(self.writer.flushed_row_groups().len())?.into_iter();
            let columns = self.leaves.iter().zip(&self.categories).map(|(&n, categories)| {
                let leaves: Vec<ArrowColumnWriter> = flat.by_ref().take(n).collect();
                if categories.is_some() { Encoder::Codes(Vec::new(), leaves) } else { Encoder::Leaves(leaves) }
            });
            self.encoders = columns.collect();
        }
        let (fields, schema) = (&self.fields, &self.schema);
        let columns = self.encoders.par_iter_mut().zip(&mut self.categories).enumerate();
        columns.with_max_len(1).try_for_each(|(i, (encoder, categories))| {
            for batch in &pending {
                encoder.take(&fields[i], &batch.columns[i], categories).at_column(&schema.fields[i].name)?;
            }
            Ok::<(), Error>(())
        })?;
        self.group_rows += rows;
        let bytes: usize = self.encoders.iter().map(Encoder::bytes).sum();
        self.booked = None;
        self.booked = self.budget.try_reserve(bytes);
        let full = self.group_rows >= self.most_rows || !self.exact_rows && bytes >= GROUP_BYTES.min(self.budget.limit() / 4);
        if full || self.booked.is_none() && !self.exact_rows { self.close_group() } else { Ok(()) }
    }

    /// Writes the row group at hand.
    fn close_group(&mut self) -> Result<()> {
        let encoders = std::mem::take(&mut self.encoders);
        if self.group_rows == 0 {
            return Ok(());
        }
        let (fields, codec, descr) = (&self.fields, self.codec, self.writer.schema_descr());
        let places: Vec<usize> = (0..self.leaves.len()).map(|i| self.leaves[..i].iter().sum()).collect();
        let columns = encoders.into_par_iter().zip(&self.categories).enumerate().with_max_len(1);
        let chunks =
            columns.map(|(i, (encoder, categories))| encoder.close(&fields[i], categories.as_ref(), descr.column(places[i]), codec));
        let chunks: Vec<Chunks> = chunks.collect::<Result<_>>()?;
        let mut group = self.writer.next_row_group()?;
        for chunk in chunks {
            match chunk {
                Chunks::Encoded(chunks) => chunks.into_iter().try_for_each(|c| c.append_to_row_group(&mut group))?,
                Chunks::Ready(bytes, close) => group.append_column(&bytes, *close)?,
            }
        }
        group.close()?;
        self.group_rows = 0;
        self.booked = None;
        Ok(())
    }

    fn put(&mut self, batch: &Batch) -> Result<()> {
        if batch.columns.len() != self.fields.len() {
            return Err(Error::shape(format!("{} columns for a file of {}", batch.columns.len(), self.fields.len())));
        }
        if self.fields.is_empty() && batch.rows() > 0 {
            let e = Error::unsupported("Parquet has no place for rows without columns");
            return Err(e.help("keep at least one column, or write an .arrow file"));
        }
        for (field, column) in self.schema.fields.iter().zip(&batch.columns) {
            if !field.nullable && column.null_count() > 0 {
                return Err(Error::invalid("missing values in a column that may have none").at(Place::column(&field.name)));
            }
        }
        let gathered = GATHER_BYTES.min(self.budget.limit() / 8);
        let mut start = 0;
        while start < batch.rows() {
            let room = self.most_rows - self.group_rows - self.pending_rows;
            let n = room.min(batch.rows() - start);
            self.pending.push(if n == batch.rows() { batch.clone() } else { batch.slice(start, n) });
            self.pending_rows += n;
            self.rows += n as u64;
            start += n;
            let full = self.group_rows + self.pending_rows >= self.most_rows;
            if full || self.pending_rows >= GATHER_ROWS || self.pending.iter().map(Batch::bytes).sum::<usize>() >= gathered {
                self.encode()?;
            }
        }
        Ok(())
    }

    fn complete(mut self) -> Result<()> {
        self.encode()?;
        self.close_group()?;
        let arrow = flat_runs(declared(&self.schema, Some(self.rows)));
        let entries: BTreeMap<&String, &String> = arrow.metadata().iter().collect();
        for (key, value) in entries {
            self.writer.append_key_value_metadata(KeyValue::new(key.clone(), value.clone()));
        }
        self.writer.append_key_value_metadata(KeyValue::new(ARROW_SCHEMA_META_KEY.to_string(), encode_arrow_schema(&arrow)));
        let file = self.writer.into_inner()?;
        file.into_inner().map_err(|e| e.into_error()).io_at(self.output.target())?;
        self.output.commit()
    }
}

/// The encoder of a column in the row group at hand.
enum Encoder {
    /// One of Parquet's own per leaf.
    Leaves(Vec<ArrowColumnWriter>),
    /// Codes of categories, and the encoder for the case that the categories are too large for a dictionary page.
    Codes(Vec<ArrayRef>, Vec<ArrowColumnWriter>),
}

/// A finished column of a row group.
enum Chunks {
    Encoded(Vec<ArrowColumnChunk>),
    Ready(Bytes, Box<ColumnCloseResult>),
}

impl Encoder {
    fn take(&mut self, field: &ArrowField, column: &Column, categories: &mut Option<Merged>) -> Result<()> {
        match (self, categories) {
            (Encoder::Codes(codes, _), Some(categories)) => codes.push(categories.codes(column.values())?),
            (Encoder::Codes(_, leaves) | Encoder::Leaves(leaves), _) => encode_column(leaves, field, &array_for_encoder(column)?)?,
        }
        Ok(())
    }

    fn bytes(&self) -> usize {
        match self {
            Encoder::Leaves(leaves) => leaves.iter().map(ArrowColumnWriter::memory_size).sum(),
            Encoder::Codes(codes, _) => codes.iter().map(|c| c.len() * 4).sum(),
        }
    }

    fn close(self, field: &ArrowField, categories: Option<&Merged>, descr: ColumnDescPtr, codec: Codec) -> Result<Chunks> {
        let mut leaves = match (self, categories) {
            (Encoder::Codes(codes, mut leaves), Some(categories)) => {
                let values = categories.values()?;
                let texts = values.as_string::<i32>();
                if texts.values().len() <= DICTIONARY_BYTES {
                    let (bytes, close) = codes::chunk(descr, texts, &codes, codec)?;
                    return Ok(Chunks::Ready(bytes, Box::new(close)));
                }
                for codes in codes {
                    let array = DictionaryArray::<Int32Type>::try_new(codes.as_primitive().clone(), values.clone())?;
                    encode_column(&mut leaves, field, &(Arc::new(array) as ArrayRef))?;
                }
                leaves
            }
            (Encoder::Codes(_, leaves) | Encoder::Leaves(leaves), _) => leaves,
        };
        let chunks = leaves.drain(..).map(ArrowColumnWriter::close);
        Ok(Chunks::Encoded(chunks.collect::<std::result::Result<_, parquet::errors::ParquetError>>()?))
    }
}

fn encode_column(encoders: &mut [ArrowColumnWriter], field: &ArrowField, values: &ArrayRef) -> Result<()> {
    let leaves = compute_leaves(field, values)?;
    for (encoder, leaf) in encoders.iter_mut().zip(&leaves) {
        encoder.write(leaf)?;
    }
    Ok(())
}

/// Run-end encoding is a matter of memory: Parquet stores and gives back the values.
fn flat_runs(schema: ArrowSchema) -> ArrowSchema {
    let fields: Vec<ArrowField> = schema
        .fields()
        .iter()
        .map(|f| match f.data_type() {
            DataType::RunEndEncoded(_, values) => f.as_ref().clone().with_data_type(values.data_type().clone()),
            _ => f.as_ref().clone(),
        })
        .collect();
    ArrowSchema::new(fields).with_metadata(schema.metadata().clone())
}

/// Types that Parquet has no place for.
fn check_type(t: &DataType) -> Result<()> {
    let refused = match t {
        DataType::Union(..) | DataType::Interval(arrow::datatypes::IntervalUnit::MonthDayNano) => true,
        DataType::Struct(fields) if fields.is_empty() => true,
        DataType::Struct(fields) => return fields.iter().try_for_each(|f| check_type(f.data_type())),
        DataType::List(f) | DataType::LargeList(f) | DataType::FixedSizeList(f, _) | DataType::Map(f, _) => {
            return check_type(f.data_type());
        }
        DataType::Dictionary(_, v) => return check_type(v),
        _ => false,
    };
    if refused {
        return Err(Error::unsupported(format!("Parquet has no place for values of type {}", DType::Opaque(t.clone())))
            .help("write an .arrow file"));
    }
    Ok(())
}

fn properties(options: &ParquetWriteOptions) -> Result<WriterProperties> {
    let compression = match options.codec {
        Codec::None => Compression::UNCOMPRESSED,
        Codec::Snappy => Compression::SNAPPY,
        Codec::Lz4 => Compression::LZ4_RAW,
        Codec::Zstd(level) => Compression::ZSTD(ZstdLevel::try_new(level)?),
        Codec::Gzip(level) => Compression::GZIP(GzipLevel::try_new(level)?),
        Codec::Brotli(level) => Compression::BROTLI(BrotliLevel::try_new(level)?),
    };
    Ok(WriterProperties::builder()
        .set_compression(compression)
        .set_created_by(format!("hpda-data version {} (parquet-rs)", env!("CARGO_PKG_VERSION")))
        .set_statistics_enabled(EnabledStatistics::Page)
        .set_max_row_group_row_count(None)
        .build())
}

impl TableSink for ParquetSink {
    fn write(&mut self, batch: &Batch) -> Result<()> {
        let put = self.put(batch);
        put.at_file(self.output.target())
    }

    fn finish(self: Box<Self>) -> Result<()> {
        let target = self.output.target().to_path_buf();
        self.complete().at_file(target)
    }
}
