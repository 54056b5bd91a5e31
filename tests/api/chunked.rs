//! Cubes cut in other chunks, brought to memory, explained; files written block by block; parts of tables.

use hpda_data::array::Data;
use hpda_data::exec::reduce::Reduction;
use hpda_data::exec::{ExecOptions, MemSource, Progress, Random};
use hpda_data::io::Overwrite;
use hpda_data::kernel::agg::Agg;
use hpda_data::open::ArrayWriter;
use hpda_data::plan::{LazyFrame, col};
use hpda_data::store::{Selection, Selector};
use hpda_data::{Column, DType, DataArray, DataFrame, Dataset, Error, ErrorKind, NdArray, Result};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

fn climate() -> Dataset {
    hpda_data::open_dataset("data/climate.nc").unwrap()
}

/// Numbers in chunks of their own, and how often one was made.
fn counted(shape: [usize; 3], chunk: [usize; 3]) -> (Dataset, Arc<AtomicUsize>) {
    let made = Arc::new(AtomicUsize::new(0));
    let count = made.clone();
    let make = move |start: &[usize], size: &[usize]| {
        count.fetch_add(1, Ordering::Relaxed);
        let at = |i: usize| {
            let (z, y, x) = (i / (size[1] * size[2]), i / size[2] % size[1], i % size[2]);
            ((start[0] + z) * shape[1] + start[1] + y) * shape[2] + start[2] + x
        };
        NdArray::from_vec((0..size.iter().product()).map(|i| at(i) as f64).collect::<Vec<f64>>(), size)
    };
    let dims = [("t", shape[0]), ("y", shape[1]), ("x", shape[2])];
    let array = DataArray::from_blocks("x", &dims, &chunk, DType::F64, make).unwrap();
    (array.to_dataset(Some("v")).unwrap(), made)
}

fn values(ds: &Dataset) -> Vec<f64> {
    ds.variable("v").unwrap().load().unwrap().to_contiguous().unwrap().as_slice::<f64>().unwrap().to_vec()
}

#[test]
fn chunks_of_the_caller_are_worked_on_and_written() -> Result<()> {
    let ds = climate().chunk(&[("time", 7), ("lon", 1000)])?;
    let tas = ds.variable("tas")?;
    assert_eq!((tas.grid().chunk, tas.encoding.chunks.clone()), (vec![7, 12, 18], Some(vec![7, 12, 18])));
    assert!(ds.identical(&climate())?.is_same());
    let folder = tempfile::tempdir().unwrap();
    ds.save(folder.path().join("x.nc"))?;
    let back = hpda_data::open_dataset(folder.path().join("x.nc"))?;
    assert_eq!(back.variable("tas")?.encoding.chunks, Some(vec![7, 12, 18]));
    let array = climate().array("tas")?.chunk(&[("lat", 5)])?;
    assert_eq!(array.variable.grid().chunk[1], 5);
    assert_eq!(climate().chunk(&[("level", 7)]).unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(climate().chunk(&[("time", 0)]).unwrap_err().kind(), ErrorKind::Invalid);
    assert_eq!(array.chunk(&[("level", 7)]).unwrap_err().kind(), ErrorKind::NotFound);
    Ok(())
}

#[test]
fn rechunked_each_chunk_is_made_once_in_memory_or_in_a_file() -> Result<()> {
    // 16 MB in chunks long in time; wanted flat in space.
    let expected: Vec<f64> = (0..200 * 100 * 100).map(f64::from).collect();
    for (memory, threads) in [(64 << 20, 2), (8 << 20, 1), (8 << 20, 3), (2 << 20, 2)] {
        let (ds, made) = counted([200, 100, 100], [200, 10, 10]);
        let options = ExecOptions { threads: Some(threads), ..ExecOptions::default().with_memory(memory) };
        let flat = ds.rechunk(&[("t", 3), ("y", 100), ("x", 100)], &options)?;
        assert_eq!(made.load(Ordering::Relaxed), 100, "with {memory} bytes");
        assert_eq!(flat.variable("v")?.grid().chunk, [3, 100, 100]);
        assert_eq!(values(&flat), expected);
        let odd = Selection::new(vec![Selector::At(77), Selector::Range { start: 99, count: 50, step: -2 }, Selector::span(3, 5)]);
        let part = flat.variable("v")?.read(&odd)?;
        assert_eq!(part.as_slice::<f64>().unwrap()[..2], [(77 * 100 + 99) as f64 * 100.0 + 3.0, (77 * 100 + 99) as f64 * 100.0 + 4.0]);
        assert_eq!(made.load(Ordering::Relaxed), 100);
        assert!(options.budget.peak() <= memory);
        assert_eq!(flat.explain().contains("temporary file"), memory < 32 << 20);
    }
    // Whole old chunks in each new one: nothing is done before it is read.
    let (ds, made) = counted([20, 10, 10], [2, 5, 10]);
    let wide = ds.rechunk(&[("t", 4), ("y", 10)], &ExecOptions::default())?;
    assert_eq!(made.load(Ordering::Relaxed), 0);
    assert_eq!(values(&wide), (0..2000).map(f64::from).collect::<Vec<_>>());
    assert_eq!(ds.rechunk(&[("z", 4)], &ExecOptions::default()).unwrap_err().kind(), ErrorKind::NotFound);
    Ok(())
}

#[test]
fn rechunked_keeps_what_is_missing_and_says_what_does_not_fit() -> Result<()> {
    // Integers with a byte of validity each: every seventh is missing.
    let make = |start: &[usize], size: &[usize]| {
        let at: Vec<usize> = (0..size[0] * size[1]).map(|i| (start[0] + i / size[1]) * 300 + start[1] + i % size[1]).collect();
        let valid = at.iter().map(|i| u8::from(i % 7 != 0)).collect::<Vec<u8>>();
        NdArray::from_vec(at.iter().map(|&i| i as i32).collect::<Vec<i32>>(), size)?.with_valid(Some(valid.into()))
    };
    let x = DataArray::from_blocks("x", &[("a", 700), ("b", 300)], &[700, 11], DType::I32, make)?;
    let options = ExecOptions::default().with_memory(600 << 10);
    let other = x.rechunk(&[("a", 13), ("b", 300)], &options)?;
    assert!(other.explain().contains("temporary file"));
    let (a, b) = (x.variable.load()?, other.variable.load()?);
    assert_eq!((a.as_slice::<i32>(), a.valid()), (b.as_slice::<i32>(), b.valid()));
    let (ds, _) = counted([1000, 1000, 2], [1000, 1000, 1]);
    let e = ds.rechunk(&[("t", 10), ("x", 2)], &ExecOptions::default().with_memory(5 << 20)).unwrap_err();
    assert_eq!((e.kind(), e.place().variable.as_deref()), (ErrorKind::Budget, Some("v")));
    Ok(())
}

#[test]
fn medians_of_maps_in_little_memory_each_map_is_made_once() -> Result<()> {
    for (memory, times) in [(1 << 20, 1), (64 << 20, 1)] {
        let (ds, made) = counted([300, 40, 50], [1, 40, 50]);
        let options = ExecOptions { threads: Some(2), ..ExecOptions::default().with_memory(memory) };
        let (median, _) = ds.reduce(&Reduction::new(Agg::Median).over(["t"]), &options)?;
        assert_eq!(values(&median), (0..2000).map(|c| 149.5 * 2000.0 + f64::from(c)).collect::<Vec<_>>());
        assert_eq!(made.load(Ordering::Relaxed), 300 * times, "with {memory} bytes");
        assert!(options.budget.peak() <= memory);
    }
    Ok(())
}

#[derive(Default)]
struct Told(AtomicU64, AtomicU64);

impl Progress for Told {
    fn total(&self, bytes: u64) {
        self.0.fetch_add(bytes, Ordering::Relaxed);
    }
    fn advance(&self, bytes: u64) {
        self.1.fetch_add(bytes, Ordering::Relaxed);
    }
    fn message(&self, _text: &str) {}
}

#[test]
fn computed_and_persisted_values_are_in_memory() -> Result<()> {
    let (ds, made) = counted([40, 10, 10], [4, 10, 10]);
    let told = Arc::new(Told::default());
    let options = ExecOptions { progress: Some(told.clone()), ..ExecOptions::default() };
    let here = ds.compute(&options)?;
    assert!(matches!(here.variable("v")?.data(), Data::Memory(_)));
    assert_eq!((told.0.load(Ordering::Relaxed), told.1.load(Ordering::Relaxed)), (32_000, 32_000));
    assert_eq!(options.budget.used(), 0);
    let kept = ds.persist(&options)?;
    assert_eq!((made.load(Ordering::Relaxed), options.budget.used()), (20, 32_000));
    assert_eq!((values(&kept), kept.variable("v")?.grid().count()), (values(&here), 10));
    assert_eq!(made.load(Ordering::Relaxed), 20);
    drop(kept);
    assert_eq!(options.budget.used(), 0);
    let array = ds.array("v")?;
    assert_eq!(array.compute(&options)?.variable.load()?.as_slice::<f64>(), array.persist(&options)?.variable.load()?.as_slice::<f64>());
    let little = ExecOptions::default().with_memory(10_000);
    assert_eq!(ds.compute(&little).unwrap_err().kind(), ErrorKind::Budget);
    assert_eq!(ds.persist(&little).unwrap_err().place().variable.as_deref(), Some("v"));
    Ok(())
}

#[test]
fn plans_of_cubes_are_explained_as_text_and_as_graphs() -> Result<()> {
    let options = ExecOptions::default();
    let ds = climate().assign("anomaly", &hpda_data::plan::parse("tas - mean(tas, 'time')")?, &options)?;
    let (mean, _) = ds.reduce(&Reduction::named("mean")?.over(["time"]), &options)?;
    let text = mean.explain();
    assert!(text.contains("anomaly, f32 [12, 18]\n  mean over time, f32 [12, 18]\n    compute "), "{text}");
    assert!(text.contains("read data/climate.nc tas, "), "{text}");
    let dot = mean.explain_dot();
    // The file's variable stands once, although it is used three times.
    assert_eq!(dot.matches("read data/climate.nc tas").count(), 1, "{dot}");
    assert!(dot.matches(" -> ").count() >= 5, "{dot}");
    let array = Random::seeded(1).uniform(0.0, 1.0, &[("a", 5)])?.chunk(&[("a", 2)])?;
    assert_eq!(array.explain(), "cut, f64 [5] in 3 blocks of [2]\n  random uniform { low: 0.0, width: 1.0 }, f64 [5]\n");
    assert!(array.explain_dot().contains("n0 -> n1;"));
    Ok(())
}

#[test]
fn many_values_in_one_cell_are_added_up_by_segments_with_the_same_bits() -> Result<()> {
    // Over twenty orders of magnitude; five million of them.
    let n = 5_000_000;
    let value = |i: usize| {
        let x = (i as f64 * 0.618_033_988_749_895).fract() - 0.5;
        if i.is_multiple_of(1001) { f64::NAN } else { x * 10f64.powi((i * 7919 % 21) as i32 - 10) }
    };
    let (mut sum, mut size, mut low) = (0.0f64, 0.0f64, (f64::INFINITY, 0));
    let mut carry = 0.0;
    for i in (0..n).filter(|i| i % 1001 != 0) {
        // Kahan's sum.
        let y = value(i) - carry;
        let t = sum + y;
        carry = (t - sum) - y;
        sum = t;
        size += value(i).abs();
        low = if value(i) < low.0 { (value(i), i) } else { low };
    }
    let plain = DataArray::from_fn("v", &[("i", n)], move |at| value(at[0]))?.compute(&ExecOptions::default())?;
    let of = |ds: &Dataset, op: &str, threads: usize, memory: usize| -> Result<f64> {
        let options = ExecOptions { threads: Some(threads), ..ExecOptions::default().with_memory(memory) };
        Ok(ds.reduce(&Reduction::named(op)?, &options)?.0.variable("v")?.load()?.scalar(0).as_f64().unwrap())
    };
    let whole = plain.to_dataset(None)?;
    // Chunks that lie across the segments, and that do not.
    let other = {
        let values = plain.variable.load()?;
        let make = move |start: &[usize], size: &[usize]| values.select(&Selection::hyperslab(start, size))?.to_contiguous();
        DataArray::from_blocks("v", &[("i", n)], &[300_001], DType::F64, make)?.to_dataset(None)?
    };
    for op in ["sum", "mean", "var", "min", "max", "argmin", "count", "skew", "any", "all", "prod"] {
        let expected = of(&whole, op, 1, 64 << 20)?;
        for (ds, threads, memory) in [(&whole, 4, 64 << 20), (&whole, 2, 9 << 20), (&other, 1, 64 << 20), (&other, 3, 32 << 20)] {
            assert_eq!(of(ds, op, threads, memory)?.to_bits(), expected.to_bits(), "{op}, {threads} threads, {memory} bytes");
        }
    }
    assert!((of(&whole, "sum", 2, 64 << 20)? - sum).abs() <= 1e-13 * size);
    assert_eq!((of(&whole, "min", 2, 64 << 20)?, of(&whole, "argmin", 2, 64 << 20)? as usize), low);
    assert_eq!(of(&whole, "count", 2, 64 << 20)? as usize, n - n.div_ceil(1001));
    Ok(())
}

#[test]
fn files_of_one_array_are_written_block_by_block_from_many_threads() -> Result<()> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.npy");
    let file = ArrayWriter::npy(&path, &DType::F32, &[100, 30], Overwrite::No)?;
    let block = |i: usize| NdArray::from_vec((0..60).map(|k| (i * 60 + k) as f32).collect::<Vec<f32>>(), &[2, 30]).unwrap();
    std::thread::scope(|scope| {
        for worker in 0..3 {
            let (file, block) = (&file, &block);
            scope.spawn(move || (worker..50).step_by(3).for_each(|i| file.write(&[2 * i, 0], &block(i)).unwrap()));
        }
    });
    assert!(!path.exists());
    assert_eq!(file.write(&[99, 0], &block(0)).unwrap_err().kind(), ErrorKind::Shape);
    assert_eq!(file.write(&[0], &block(0)).unwrap_err().kind(), ErrorKind::Shape);
    assert_eq!(file.write(&[0, 0], &NdArray::from_vec(vec![1.0; 30], &[1, 30])?).unwrap_err().kind(), ErrorKind::Type);
    file.finish()?;
    let back = hpda_data::open_dataset(&path)?.variable("data")?.load()?;
    assert_eq!((back.shape(), back.as_slice::<f32>().unwrap()), (&[100, 30][..], &(0..3000).map(|x| x as f32).collect::<Vec<f32>>()[..]));
    assert!(ArrayWriter::npy(&path, &DType::F32, &[1], Overwrite::No).is_err());
    // What is not finished leaves the old file.
    let half = ArrayWriter::npy(&path, &DType::F32, &[2], Overwrite::Yes)?;
    half.write(&[0], &NdArray::from_vec(vec![1f32], &[1])?)?;
    let e = half.finish().unwrap_err();
    assert_eq!((e.kind(), e.message()), (ErrorKind::Invalid, "1 of 2 elements were written"));
    assert_eq!(hpda_data::open_dataset(&path)?.variable("data")?.shape(), [100, 30]);
    assert_eq!(ArrayWriter::npy(folder.path().join("t.npy"), &DType::Str, &[2], Overwrite::No).unwrap_err().kind(), ErrorKind::Unsupported);
    assert_eq!(
        ArrayWriter::raw(folder.path().join("r"), &DType::F64, &[usize::MAX, 2], Overwrite::No).unwrap_err().kind(),
        ErrorKind::Overflow
    );
    // All of a lazy array, larger than the budget.
    let x = Random::seeded(2).normal(0.0, 1.0, &[("a", 300), ("b", 5000)])?;
    let raw = folder.path().join("x.raw");
    let file = ArrayWriter::raw(&raw, &DType::F64, &[300, 5000], Overwrite::No)?;
    file.write_all(&x, &ExecOptions::default().with_memory(4 << 20))?;
    assert_eq!(file.shape(), [300, 5000]);
    file.finish()?;
    let bytes = std::fs::read(&raw).unwrap();
    assert!(x.variable.load()?.as_slice::<f64>().unwrap().iter().zip(bytes.chunks_exact(8)).all(|(x, b)| x.to_le_bytes() == b));
    Ok(())
}

#[test]
fn plans_of_tables_run_in_as_many_parts_as_are_asked_for() -> Result<()> {
    let options = ExecOptions::default();
    let df = DataFrame::new([("x", Column::from((0..300_000i64).collect::<Vec<_>>()))])?;
    let plan = LazyFrame::scan(Arc::new(MemSource::from_frame(&df)?)).filter(col("x").ge(10))?;
    assert_eq!(plan.npartitions(&options)?, 5);
    for n in [1, 2, 5, 9] {
        let parts = plan.repartition(n, &options)?;
        assert_eq!(parts.npartitions(&options)?, n);
        assert_eq!(parts.collect(&options)?.column("x")?, plan.collect(&options)?.column("x")?);
    }
    assert_eq!(plan.repartition(0, &options).unwrap_err().kind(), ErrorKind::Invalid);
    // A function that leaves rows out and adds a column, in a plan that goes on.
    let odd = plan.map_batches(&options, |rows| {
        let x = rows.column("x")?;
        let mask: Vec<bool> = (0..rows.height()).map(|i| x.scalar(i).as_f64().unwrap_or(0.0) % 2.0 == 1.0).collect();
        let kept = rows.filter(&Column::from(mask))?;
        let double = kept.column("x")?.clone();
        kept.with_column("again", double)
    })?;
    let made = odd.filter(col("again").lt(20))?.select(["again"])?.collect(&options)?;
    assert_eq!(made.column("again")?, &Column::from(vec![11i64, 13, 15, 17, 19]));
    let fails = |f: fn(&DataFrame) -> Result<DataFrame>| plan.map_batches(&options, f).and_then(|p| p.collect(&options)).unwrap_err();
    let e = fails(|rows| if rows.height() > 0 { Err(Error::invalid("no")) } else { Ok(rows.clone()) });
    assert_eq!((e.message(), e.place().op.as_deref()), ("no", Some("map_batches of part 0")));
    assert_eq!(fails(|rows| if rows.height() > 0 { panic!("oh") } else { Ok(rows.clone()) }).message(), "the function panicked: oh");
    assert_eq!(fails(|rows| if rows.height() > 0 { rows.select(Vec::<&str>::new()) } else { Ok(rows.clone()) }).kind(), ErrorKind::Shape);
    Ok(())
}
