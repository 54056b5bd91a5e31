//! Copies a Parquet or Arrow file to another, streaming: `columnar_copy IN OUT [CODEC]`. Used to measure readers and writers.
use hpda_data::exec::{self, ExecOptions};
use hpda_data::io::parquet::{ParquetSink, ParquetSource, ParquetWriteOptions};
use hpda_data::io::{Codec, Output, Overwrite};
use hpda_data::store::{TableSink, TableSource};
use std::path::Path;
use std::sync::Arc;

fn main() -> hpda_data::Result<()> {
    let arguments: Vec<String> = std::env::args().collect();
    let source: Arc<dyn TableSource> = Arc::new(ParquetSource::open(&arguments[1])?);
    let output = Output::create(Path::new(&arguments[2]), Overwrite::Yes)?;
    let codec = Codec::parse(arguments.get(3).map_or("snappy", String::as_str))?;
    let options = ParquetWriteOptions { codec, ..ParquetWriteOptions::default() };
    let sink: Box<dyn TableSink> = Box::new(ParquetSink::create(output, source.schema().clone(), &options)?);
    let started = std::time::Instant::now();
    let rows = exec::copy(&source, sink, &ExecOptions::default().with_memory(400 << 20))?;
    println!("{rows} rows, {:.2} s", started.elapsed().as_secs_f64());
    Ok(())
}
