//! How fast a CSV file is surveyed, parsed and written: `cargo run --release --example csv_speed FILE`.
use hpda_data::io::csv::{CsvReadOptions, CsvSink, CsvSource, CsvWriteOptions};
use hpda_data::io::text::{TextInput, TextTarget};
use hpda_data::store::{Budget, ScanRequest, TableSink, TableSource};
use rayon::prelude::*;
use std::time::Instant;

fn main() -> hpda_data::Result<()> {
    let Some(path) = std::env::args_os().nth(1) else { return Ok(()) };
    let megabytes = std::fs::metadata(&path).map_or(0.0, |m| m.len() as f64 / 1e6);
    let budget = Budget::unlimited();
    for _ in 0..std::env::args().nth(2).and_then(|n| n.parse().ok()).unwrap_or(3) {
        let started = Instant::now();
        let source = CsvSource::open(vec![TextInput::Path(path.clone().into())], &CsvReadOptions::default(), &budget)?;
        let surveyed = started.elapsed();
        let request = ScanRequest::all(&budget);
        let rows: usize = (0..source.parts())
            .into_par_iter()
            .map(|p| source.scan(p, &request)?.map(|b| Ok(b?.rows())).sum::<hpda_data::Result<usize>>())
            .sum::<hpda_data::Result<usize>>()?;
        let all = started.elapsed();
        let speed = megabytes / all.as_secs_f64();
        println!("{rows} rows, {} parts: survey {surveyed:.2?}, with parsing {all:.2?}, {speed:.0} MB/s", source.parts());
        if rows < 1000 {
            break;
        }
        for f in &source.schema().fields {
            print!("{}:{} ", f.name, f.dtype);
        }
        println!();
        let batches: Vec<_> = (0..source.parts().min(24))
            .into_par_iter()
            .map(|p| source.scan(p, &request)?.collect::<hpda_data::Result<Vec<_>>>())
            .collect::<hpda_data::Result<_>>()?;
        let bytes: u64 = (0..source.parts().min(24)).map(|p| source.part_bytes(p)).sum();
        let started = Instant::now();
        let target = TextTarget::Stream(Box::new(std::io::sink()));
        let mut sink: Box<dyn TableSink> = Box::new(CsvSink::create(target, source.schema().clone(), &CsvWriteOptions::default())?.0);
        for batch in batches.iter().flatten() {
            sink.write(batch)?;
        }
        sink.finish()?;
        println!("write: {:.0} MB/s", bytes as f64 / 1e6 / started.elapsed().as_secs_f64());
    }
    Ok(())
}
