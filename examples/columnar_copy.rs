//! Copies Parquet and Arrow files to each other, streaming: `columnar_copy IN OUT [CODEC]`, `-` for a stream. Used to measure the
//! readers and writers and to have other programs judge what they write.
use hpda_data::exec::{self, ExecOptions};
use hpda_data::io::ipc::{IpcSink, IpcSource, IpcWriteOptions};
use hpda_data::io::parquet::{ParquetSink, ParquetSource, ParquetWriteOptions};
use hpda_data::io::{Codec, Output, Overwrite};
use hpda_data::store::{TableSink, TableSource};
use std::path::Path;
use std::sync::Arc;

fn main() -> hpda_data::Result<()> {
    let arguments: Vec<String> = std::env::args().collect();
    let (from, to) = (arguments[1].as_str(), arguments[2].as_str());
    let source: Arc<dyn TableSource> = match from {
        "-" => Arc::new(IpcSource::spool(std::io::stdin().lock(), "standard input")?),
        f if f.ends_with(".parquet") => Arc::new(ParquetSource::open(f)?),
        f => Arc::new(IpcSource::open(f)?),
    };
    let codec = arguments.get(3).map(|c| Codec::parse(c)).transpose()?;
    let schema = source.schema().clone();
    let output = || Output::create(Path::new(to), Overwrite::Yes);
    let sink: Box<dyn TableSink> = if to.ends_with(".parquet") {
        Box::new(ParquetSink::create(
            output()?,
            schema,
            &ParquetWriteOptions { codec: codec.unwrap_or(Codec::Snappy), ..Default::default() },
        )?)
    } else {
        let options = IpcWriteOptions { codec: codec.unwrap_or(Codec::None) };
        match to {
            "-" => Box::new(IpcSink::stream(Box::new(std::io::stdout()), "standard output", schema, &options)?),
            _ => Box::new(IpcSink::create(output()?, schema, &options)?),
        }
    };
    let started = std::time::Instant::now();
    let rows = exec::copy(&source, sink, &ExecOptions::default().with_memory(400 << 20))?;
    eprintln!("{rows} rows, {:.2} s", started.elapsed().as_secs_f64());
    Ok(())
}
