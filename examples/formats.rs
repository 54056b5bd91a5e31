//! One table and one cube through every format: what they take, in bytes and in time. `cargo run --release --example formats -- [TABLE CUBE]`

use hpda_data::exec::ExecOptions;
use hpda_data::open::{Losses, Opened, SaveOptions, Scanned, Target, save, save_frame};
use hpda_data::{Column, DataFrame, Error, Result, open};
use std::path::Path;
use std::time::Instant;

fn main() -> Result<()> {
    let mut files = std::env::args().skip(1);
    let table = files.next().unwrap_or_else(|| "data/passengers.csv".into());
    let cube = files.next().unwrap_or_else(|| "data/climate.nc".into());
    println!("{}", through(&table, &["csv", "csv.gz", "csv.zst", "csv.xz", "tsv", "jsonl", "json", "parquet", "arrow"])?);
    println!("{}", through(&cube, &["nc", "nc3", "h5", "zarr", "npz"])?);
    Ok(())
}

/// Writes a file in each of these formats and reads it back: what came back, how large it was, how long it took.
pub fn through(file: &str, formats: &[&str]) -> Result<DataFrame> {
    let folder = tempfile::tempdir().map_err(|e| Error::io(e, "."))?;
    let given = open(file)?;
    let how = SaveOptions { losses: Losses::Allow, ..SaveOptions::default() };
    let (mut bytes, mut write, mut read, mut same) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for format in formats {
        let path = folder.path().join(format!("data.{format}"));
        let target = Target::File(path.clone());
        let start = Instant::now();
        match &given {
            Opened::Table(df) => save_frame(df, &target, &how, &ExecOptions::default())?,
            Opened::Cube(ds) => save(Scanned::Cube(ds.clone()), &target, &how, &ExecOptions::default())?,
        };
        write.push(millis(start));
        bytes.push(size(&path)? as i64);
        let start = Instant::now();
        let again = open(&path)?;
        if let Opened::Cube(ds) = &again {
            ds.vars.values().try_for_each(|v| v.load().map(drop))?;
        }
        read.push(millis(start));
        same.push(match (&given, &again) {
            (Opened::Table(a), Opened::Table(b)) => a == b,
            (Opened::Cube(a), Opened::Cube(b)) => a.equals(b)?.is_same(),
            _ => false,
        });
    }
    DataFrame::new([
        ("format", Column::from(formats.to_vec())),
        ("bytes", bytes.into()),
        ("write_ms", write.into()),
        ("read_ms", read.into()),
        ("same", same.into()),
    ])
}

fn millis(start: Instant) -> f64 {
    (start.elapsed().as_secs_f64() * 1e4).round() / 10.0
}

/// The bytes of a file, or of all files in a folder.
fn size(path: &Path) -> Result<u64> {
    let about = std::fs::metadata(path).map_err(|e| Error::io(e, path))?;
    if about.is_file() {
        return Ok(about.len());
    }
    let entries = std::fs::read_dir(path).map_err(|e| Error::io(e, path))?;
    entries.flatten().map(|e| size(&e.path())).sum()
}
