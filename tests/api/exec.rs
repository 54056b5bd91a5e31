//! Streams, concatenation and copies.

use hashbrown::HashMap;
use hpda_data::array::Data;
use hpda_data::error::{Error, ErrorKind, Result};
use hpda_data::exec::{ConcatSource, ExecOptions, MemSource, copy, cube, stream};
use hpda_data::store::{Batch, BatchIter, ChunkGrid, ChunkSink, NdBuilder, ScanRequest, Schema, TableSink, TableSource};
use hpda_data::{Column, DType, DataFrame, Dataset, NdArray, Scalar, Variable};
use std::sync::{Arc, Mutex};

/// Parts of numbers counted up, each of several batches; one part may fail, one may panic.
#[derive(Debug)]
struct Counting {
    schema: Arc<Schema>,
    parts: usize,
    fails: Option<usize>,
    panics: Option<usize>,
}

const PER_BATCH: i64 = 100;
const PER_PART: i64 = 300;

impl Counting {
    fn new(parts: usize) -> Counting {
        let frame = DataFrame::new([("x", Column::from(vec![0i64]))]).unwrap();
        Counting { schema: frame.to_batch().unwrap().schema, parts, fails: None, panics: None }
    }
}

impl TableSource for Counting {
    fn schema(&self) -> &Arc<Schema> {
        &self.schema
    }
    fn rows(&self) -> Option<u64> {
        None
    }
    fn parts(&self) -> usize {
        self.parts
    }
    fn part_bytes(&self, _: usize) -> u64 {
        1
    }
    fn scan(&self, part: usize, _: &ScanRequest) -> Result<BatchIter> {
        assert!(self.panics != Some(part), "part {part} is bad");
        let schema = self.schema.clone();
        let fails = self.fails == Some(part);
        Ok(Box::new((0..PER_PART / PER_BATCH).map(move |b| {
            if fails && b == 1 {
                return Err(Error::parse(format!("part {part}")));
            }
            let first = part as i64 * PER_PART + b * PER_BATCH;
            // Inner parallelism, as readers have it.
            let (v, _) = rayon::join(|| (first..first + PER_BATCH).collect::<Vec<i64>>(), || std::hint::black_box(part));
            Batch::new(schema.clone(), vec![v.into()])
        })))
    }
}

fn values(source: &Arc<dyn TableSource>, options: &ExecOptions) -> Result<Vec<i64>> {
    let mut all = Vec::new();
    for batch in stream(source, None, options) {
        let batch = batch?;
        all.extend((0..batch.rows()).map(|i| batch.columns[0].scalar(i).as_f64().unwrap() as i64));
    }
    Ok(all)
}

#[test]
fn stream_of_many_parts_comes_in_row_order() {
    let source: Arc<dyn TableSource> = Arc::new(Counting::new(50));
    for threads in [1, 2, 7] {
        let options = ExecOptions { threads: Some(threads), ..ExecOptions::default() };
        assert_eq!(values(&source, &options).unwrap(), (0..50 * PER_PART).collect::<Vec<_>>());
    }
}

#[test]
fn stream_inside_a_pool_of_one_thread_ends() {
    let source: Arc<dyn TableSource> = Arc::new(Counting::new(20));
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    let n = pool.install(|| values(&source, &ExecOptions { threads: Some(4), ..ExecOptions::default() }).unwrap().len());
    assert_eq!(n as i64, 20 * PER_PART);
}

#[test]
fn stream_within_a_tiny_budget_ends() {
    let source: Arc<dyn TableSource> = Arc::new(Counting::new(20));
    let options = ExecOptions::default().with_memory(1);
    assert_eq!(values(&source, &options).unwrap().len() as i64, 20 * PER_PART);
    assert_eq!(options.budget.used(), 0);
}

#[test]
fn stream_with_two_errors_gives_the_first_in_row_order() {
    let source: Arc<dyn TableSource> = Arc::new(Counting { fails: Some(3), panics: Some(5), ..Counting::new(9) });
    let mut rows = 0;
    let mut error = None;
    for batch in stream(&source, None, &ExecOptions::default()) {
        match batch {
            Ok(b) => rows += b.rows() as i64,
            Err(e) => error = Some(e),
        }
    }
    assert_eq!((rows, error.unwrap().message()), (3 * PER_PART + PER_BATCH, "part 3"));
}

#[test]
fn stream_over_a_panicking_reader_gives_an_error() {
    let source: Arc<dyn TableSource> = Arc::new(Counting { panics: Some(0), ..Counting::new(2) });
    let e = values(&source, &ExecOptions::default()).unwrap_err();
    assert_eq!((e.kind(), e.message()), (ErrorKind::Internal, "a fault of this program: part 0 is bad"));
}

#[derive(Clone, Default)]
struct Collect(Arc<Mutex<(Vec<Batch>, bool)>>);

impl TableSink for Collect {
    fn write(&mut self, batch: &Batch) -> Result<()> {
        self.0.lock().unwrap().0.push(batch.clone());
        Ok(())
    }
    fn finish(self: Box<Self>) -> Result<()> {
        self.0.lock().unwrap().1 = true;
        Ok(())
    }
}

fn source(columns: Vec<(&str, Column)>) -> Arc<dyn TableSource> {
    Arc::new(MemSource::from_frame(&DataFrame::new(columns).unwrap()).unwrap())
}

fn collect(source: &Arc<dyn TableSource>) -> DataFrame {
    let sink = Collect::default();
    copy(source, Box::new(sink.clone()), &ExecOptions::default()).unwrap();
    let (batches, finished) = std::mem::take(&mut *sink.0.lock().unwrap());
    assert!(finished);
    DataFrame::from_batches(source.schema(), &batches).unwrap()
}

#[test]
fn concat_of_tables_matches_by_name_and_widens() {
    let a = source(vec![("x", vec![1i32, 2].into()), ("s", vec!["a", "b"].into())]);
    let b = source(vec![("y", vec![true].into()), ("x", vec![2.5f64].into())]);
    let both: Arc<dyn TableSource> = Arc::new(ConcatSource::new(vec![("a.csv".into(), a), ("b.csv".into(), b)]).unwrap());
    let want = DataFrame::new([
        ("x", Column::from(vec![1.0, 2.0, 2.5])),
        ("s", Column::from(vec![Some("a"), Some("b"), None])),
        ("y", Column::from(vec![None, None, Some(true)])),
    ]);
    assert!(collect(&both) == want.unwrap());
}

#[test]
fn concat_of_text_and_number_names_both_tables() {
    let a = source(vec![("x", vec![1i64].into())]);
    let b = source(vec![("x", vec!["a"].into())]);
    let e = ConcatSource::new(vec![("a.csv".into(), a), ("b.csv".into(), b)]).unwrap_err();
    assert_eq!(e.message(), "column \"x\" is i64 in \"a.csv\" and str in \"b.csv\"");
}

#[test]
fn concat_with_an_empty_table_finds_every_part() {
    let none = |n: i64| source(vec![("x", (0..n).collect::<Vec<i64>>().into())]);
    let inputs = [0, 2, 0, 0, 3, 0].map(|n| (format!("{n}"), none(n)));
    let all: Arc<dyn TableSource> = Arc::new(ConcatSource::new(inputs.into()).unwrap());
    assert_eq!(values(&all, &ExecOptions::default()).unwrap(), [0, 1, 0, 1, 2]);
}

/// Puts blocks together and checks that they come in C order of the sink's grid.
#[derive(Clone)]
struct Cube {
    grids: HashMap<String, ChunkGrid>,
    built: Arc<Mutex<HashMap<String, (NdBuilder, usize)>>>,
}

impl ChunkSink for Cube {
    fn grid(&self, variable: &str) -> Option<ChunkGrid> {
        self.grids.get(variable).cloned()
    }
    fn write(&mut self, variable: &str, start: &[usize], block: &NdArray) -> Result<()> {
        let grid = &self.grids[variable];
        let mut built = self.built.lock().unwrap();
        let (out, next) = built.entry(variable.into()).or_insert_with(|| (NdBuilder::new(block.dtype().clone(), &grid.shape).unwrap(), 0));
        assert_eq!((start.to_vec(), block.shape().to_vec()), grid.block(*next));
        *next += 1;
        out.put(start, block)
    }
    fn finish(self: Box<Self>) -> Result<()> {
        Ok(())
    }
}

#[test]
fn cube_copied_to_other_chunks_comes_block_by_block_in_order() {
    let shape = [7usize, 10, 6];
    let n: usize = shape.iter().product();
    let array = NdArray::from_vec((0..n as i32).collect(), &shape).unwrap();
    for (from, to) in
        [([7, 10, 6], [2, 3, 4]), ([1, 10, 6], [7, 1, 2]), ([2, 3, 4], [3, 2, 5]), ([1, 1, 6], [1, 10, 6]), ([7, 1, 1], [1, 1, 6])]
    {
        for memory in [64usize, 20_000, 1 << 30] {
            let mut ds = Dataset::new();
            let lazy = hpda_data::array::LazyArray::new(Arc::new(Chunked { array: array.clone(), chunk: from }));
            ds.insert("v", Variable::new(["a", "b", "c"], Data::Lazy(lazy)).unwrap()).unwrap();
            let mut group = Dataset::new();
            group.insert_coord("scalar", Variable::from_array([""; 0], NdArray::from_number(4.5f64)).unwrap()).unwrap();
            ds.groups.insert("g".into(), group);
            let grids = [("v".into(), ChunkGrid::new(&shape, &to)), ("g/scalar".into(), ChunkGrid::new(&[], &[]))].into();
            let sink = Cube { grids, built: Arc::default() };
            cube::copy(&ds, Box::new(sink.clone()), &ExecOptions::default().with_memory(memory)).unwrap();
            let mut built = sink.built.lock().unwrap();
            let (v, blocks) = built.remove("v").unwrap();
            assert_eq!(v.finish().unwrap().as_slice::<i32>().unwrap(), array.as_slice::<i32>().unwrap());
            assert_eq!(blocks, ChunkGrid::new(&shape, &to).count());
            assert_eq!(built.remove("g/scalar").unwrap().0.finish().unwrap().scalar(0), Scalar::F64(4.5));
        }
    }
}

#[derive(Debug)]
struct Chunked {
    array: NdArray,
    chunk: [usize; 3],
}

impl hpda_data::store::ChunkSource for Chunked {
    fn dtype(&self) -> &DType {
        self.array.dtype()
    }
    fn shape(&self) -> &[usize] {
        self.array.shape()
    }
    fn grid(&self) -> ChunkGrid {
        ChunkGrid::new(self.array.shape(), &self.chunk)
    }
    fn read(&self, selection: &hpda_data::store::Selection) -> Result<NdArray> {
        self.array.select(selection)?.to_contiguous()
    }
    fn place(&self) -> hpda_data::Place {
        hpda_data::Place::default()
    }
}

#[test]
fn concat_that_would_round_a_value_is_refused() {
    let floats = || source(vec![("x", vec![2.5f64].into())]);
    let both = |a: Column| -> Result<u64> {
        let a = source(vec![("x", a)]);
        let both: Arc<dyn TableSource> = Arc::new(ConcatSource::new(vec![("a.parquet".into(), a), ("b.parquet".into(), floats())])?);
        copy(&both, Box::new(Collect::default()), &ExecOptions::default())
    };
    assert_eq!(both(vec![1i64 << 53].into()).unwrap(), 2);
    assert_eq!(both(vec![i64::MIN].into()).unwrap(), 2);
    for (column, value) in
        [(Column::from(vec![1i64, (1 << 53) + 1]), "9007199254740993"), (Column::from(vec![u64::MAX]), "18446744073709551615")]
    {
        let e = both(column).unwrap_err();
        assert_eq!(e.kind(), ErrorKind::Overflow);
        for part in ["\"x\"", value, "a.parquet", "b.parquet"] {
            assert!(e.to_string().contains(part), "{e}");
        }
    }
}
