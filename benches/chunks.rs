//! How near the reading of a deflated variable comes to libdeflate alone on the same bytes:
//! `cargo bench --bench chunks -- FILE.nc VARIABLE`. Best of five, the file in the system's cache.
//!
//! The limit is libdeflate with one buffer for each thread, which reads each chunk from the file as the chunk path must ("from the
//! file"); with the chunks in memory beforehand it is told as well. Neither undoes the shuffle or keeps what it inflates.

use hpda_data::io::chunked::{ChunkedArray, DataFile};
use hpda_data::io::netcdf::{NetcdfReadOptions, ReadBy, open};
use hpda_data::store::{ChunkGrid, ChunkSource, Selection, Selector};
use hpda_data::{DType, Place};
use libdeflater::Decompressor;
use rayon::prelude::*;
use std::error::Error;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

/// Seconds of processor time of this process so far, by the system's count in hundredths. On a machine that does other work too
/// this says more than the clock.
fn processor() -> f64 {
    let text = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = text.rsplit_once(')').map_or("", |(_, rest)| rest).split_whitespace();
    fields.skip(11).take(2).filter_map(|f| f.parse::<f64>().ok()).sum::<f64>() / 100.0
}

/// Seconds of the fastest of five runs, and seconds of processor time of one run on average.
fn best<T>(mut run: impl FnMut() -> T) -> (f64, f64) {
    let (before, mut fastest) = (processor(), f64::INFINITY);
    for _ in 0..5 {
        let start = Instant::now();
        std::hint::black_box(run());
        fastest = fastest.min(start.elapsed().as_secs_f64());
    }
    (fastest, (processor() - before) / 5.0)
}

/// Blocks of some megabytes, one after the other, as a stream would.
fn blocks(source: &dyn ChunkSource, grid: &ChunkGrid) -> usize {
    (0..grid.count())
        .map(|i| {
            let (start, count) = grid.block(i);
            source.read(&Selection::hyperslab(&start, &count)).expect("a block").bytes()
        })
        .sum()
}

/// Every chunk by itself, each by one thread: as the executor hands them out.
fn each(source: &dyn ChunkSource, grid: &ChunkGrid) -> usize {
    let read = |i: usize| {
        let (start, count) = grid.block(i);
        source.read(&Selection::hyperslab(&start, &count)).expect("a chunk").bytes()
    };
    (0..grid.count()).into_par_iter().map(read).sum()
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1).filter(|a| a != "--bench");
    let (Some(path), Some(name)) = (arguments.next(), arguments.next()) else {
        println!("chunks: give a file and a variable");
        return Ok(());
    };
    let path = Path::new(&path);
    let facts = open(path, &NetcdfReadOptions { read_by: ReadBy::Library, ..Default::default() })?.0;
    let variable = facts.vars.get(name.as_str()).ok_or("no such variable")?;
    let (dtype, shape): (DType, Vec<usize>) = (variable.dtype().clone(), variable.shape().to_vec());
    let bytes = shape.iter().product::<usize>() * dtype.phys().and_then(|p| p.width()).unwrap_or(1);

    // The chunks as they are in the file.
    let mut chunks: Vec<Vec<u8>> = Vec::new();
    let mut places: Vec<(u64, usize)> = Vec::new();
    let mut chunk_bytes = 0;
    if let Ok(dataset) = hdf5_metno::File::open(path).and_then(|f| f.dataset(&name)) {
        let file = std::fs::read(path)?;
        chunk_bytes = dataset.chunk().map_or(0, |c| c.iter().product::<usize>() * bytes / shape.iter().product::<usize>());
        if chunk_bytes > 0 {
            dataset.chunks_visit(|c| {
                chunks.push(file[c.addr as usize..(c.addr + c.size) as usize].to_vec());
                places.push((c.addr, c.size as usize));
                0
            })?;
        }
    }
    println!("{name} {shape:?} {dtype}: {:.0} MB, {} chunks of {} kB", bytes as f64 / 1e6, chunks.len(), chunk_bytes / 1000);

    let file = Arc::new(DataFile::open(path)?);
    let array = ChunkedArray::hdf5(&file, &name, dtype, &shape, Place::file(path))?;
    let whole = ChunkGrid::new(&shape, &shape);
    let some = ChunkGrid::new(&shape, &{
        let mut block = array.grid().chunk;
        let rows = shape.first().copied().unwrap_or(1).max(1);
        if let Some(b) = block.first_mut() {
            // Whole chunks, so that none is decoded twice.
            let chunk = (*b).max(1);
            *b = (((16 << 20) / (bytes / rows).max(1)) / chunk * chunk).max(chunk).min(rows);
        }
        block.iter_mut().skip(1).zip(&shape[1..]).for_each(|(b, &n)| *b = n);
        block
    });
    let report = |what: &str, (seconds, processor): (f64, f64)| {
        println!("{what:40} {seconds:7.3} s {:8.0} MB/s, processor {processor:7.3} s", bytes as f64 / 1e6 / seconds)
    };
    for threads in [1, 2] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build()?;
        if !chunks.is_empty() {
            let alone = best(|| {
                pool.install(|| {
                    chunks.par_iter().for_each_init(
                        || (Decompressor::new(), vec![0u8; chunk_bytes + 4]),
                        |(d, out), c| assert_eq!(d.zlib_decompress(c, out).ok(), Some(chunk_bytes)),
                    )
                })
            });
            report(&format!("libdeflate alone, {threads} thread(s)"), alone);
            let plain = std::fs::File::open(path)?;
            let most = places.iter().map(|p| p.1).max().unwrap_or(0);
            let from_file = best(|| {
                pool.install(|| {
                    places.par_iter().for_each_init(
                        || (Decompressor::new(), vec![0u8; chunk_bytes + 4], vec![0u8; most]),
                        |(d, out, stored), &(at, n)| {
                            std::os::unix::fs::FileExt::read_exact_at(&plain, &mut stored[..n], at).expect("a chunk");
                            assert_eq!(d.zlib_decompress(&stored[..n], out).ok(), Some(chunk_bytes));
                        },
                    )
                })
            });
            report(&format!("libdeflate from the file, {threads} thread(s)"), from_file);
        }
        report(&format!("chunk path, chunk by chunk, {threads} thread(s)"), best(|| pool.install(|| each(&array, &array.grid()))));
        report(&format!("chunk path, in blocks, {threads} thread(s)"), best(|| pool.install(|| blocks(&array, &some))));
        report(&format!("chunk path, at once, {threads} thread(s)"), best(|| pool.install(|| blocks(&array, &whole))));
    }
    let library = facts.vars.get(name.as_str()).ok_or("no such variable")?;
    report("library", best(|| library.read(&Selection::all(shape.len()))));
    let row = Selection::new(std::iter::once(Selector::All).chain(shape.iter().skip(1).map(|n| Selector::At(n / 2))).collect());
    report("chunk path, one series", best(|| array.read(&row)));
    Ok(())
}
