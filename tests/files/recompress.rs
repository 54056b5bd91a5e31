//! Chunks that this crate encodes, read back by the library and by chunks, from any number of threads and within any budget.

use hpda_data::array::{Data, Dataset, Encoding, Filter, LazyArray, Variable};
use hpda_data::exec::{ExecOptions, cube};
use hpda_data::io::netcdf::{NetcdfReadOptions, NetcdfSink, NetcdfWriteOptions, ReadBy, open};
use hpda_data::io::{Output, Overwrite};
use hpda_data::store::{AttrValue, ChunkGrid, ChunkSource, NdArray, ReadCost, Selection};
use hpda_data::{DType, Place, Result};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

const SHAPE: [usize; 3] = [37, 20, 31];

/// Values that deflate finds something in, and some that it does not.
fn field(dtype: &DType) -> NdArray {
    let n: usize = SHAPE.iter().product();
    let wild = |i: usize| (i as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 20;
    let value = |i: usize| if i / 9000 == 1 { wild(i) } else { (i / 7) as u64 };
    match dtype {
        DType::I8 => NdArray::from_vec((0..n).map(|i| value(i) as i8).collect(), &SHAPE),
        DType::I16 => NdArray::from_vec((0..n).map(|i| value(i) as i16).collect(), &SHAPE),
        DType::U32 => NdArray::from_vec((0..n).map(|i| value(i) as u32).collect(), &SHAPE),
        DType::F32 => NdArray::from_vec((0..n).map(|i| value(i) as f32 / 3.0).collect(), &SHAPE),
        _ => NdArray::from_vec((0..n).map(|i| value(i) as f64 / 3.0).collect(), &SHAPE),
    }
    .unwrap()
}

fn cube_of(array: Data, encoding: Encoding, unlimited: bool) -> Dataset {
    let mut ds = Dataset::new();
    ds.insert("v", Variable::new(["t", "y", "x"], array).unwrap().with_encoding(encoding)).unwrap();
    if unlimited {
        ds.unlimited.push("t".into());
    }
    ds
}

fn write(ds: &Dataset, path: &Path, options: &ExecOptions) -> Result<()> {
    let (sink, _) = NetcdfSink::create(Output::create(path, Overwrite::Yes)?, ds, &NetcdfWriteOptions::default())?;
    cube::copy(ds, Box::new(sink), options)
}

fn read(path: &Path, read_by: ReadBy) -> NdArray {
    let (ds, _) = open(path, &NetcdfReadOptions { read_by, ..Default::default() }).unwrap();
    ds.variable("v").unwrap().load().unwrap()
}

fn bytes(array: &NdArray) -> Vec<u8> {
    let array = array.to_contiguous().unwrap();
    let (buffer, offset) = array.buffer().unwrap();
    let width = array.phys().width().unwrap();
    buffer.as_slice()[offset * width..][..array.len() * width].to_vec()
}

fn with_threads(n: usize, run: impl FnOnce() + Send) {
    rayon::ThreadPoolBuilder::new().num_threads(n).build().unwrap().install(run);
}

#[test]
fn chunks_encoded_here_are_read_back_by_the_library_bit_for_bit() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("v.nc");
    let filters: [Vec<Filter>; 6] = [
        vec![],
        vec![Filter::Shuffle],
        vec![Filter::Shuffle, Filter::Deflate(4)],
        vec![Filter::Deflate(9), Filter::Fletcher32],
        vec![Filter::Shuffle, Filter::Zstd(3)],
        vec![Filter::Shuffle, Filter::Deflate(1), Filter::Fletcher32],
    ];
    let mut case = 0;
    for dtype in [DType::I8, DType::I16, DType::U32, DType::F32, DType::F64] {
        for filters in &filters {
            // Chunks that fit, that reach beyond the array, that are single rows, that are larger than it.
            let chunks = [[37, 20, 31], [5, 7, 8], [1, 1, 31], [64, 3, 40]][case % 4].to_vec();
            let encoding = Encoding {
                chunks: Some(chunks),
                filters: filters.clone(),
                big_endian: case % 3 == 0,
                dtype: Some(dtype.clone()),
                ..Encoding::default()
            };
            let array = field(&dtype);
            let ds = cube_of(Data::Memory(array.clone()), encoding, case % 2 == 0);
            write(&ds, &path, &ExecOptions::default()).unwrap();
            for by in [ReadBy::Library, ReadBy::Chunks] {
                assert!(bytes(&read(&path, by)) == bytes(&array), "{dtype} {filters:?} {by:?} case {case}");
            }
            case += 1;
        }
    }
}

#[test]
fn file_is_the_same_for_any_number_of_threads() {
    let folder = tempfile::tempdir().unwrap();
    let [one, three] = ["one.nc", "three.nc"].map(|n| folder.path().join(n));
    for filter in [Filter::Deflate(4), Filter::Zstd(3)] {
        let encoding = Encoding { chunks: Some(vec![4, 6, 7]), filters: vec![Filter::Shuffle, filter], ..Encoding::default() };
        let source = Slow::new(field(&DType::F32), [10, 20, 5]);
        let ds = cube_of(Data::Lazy(LazyArray::new(source)), encoding, true);
        with_threads(1, || write(&ds, &one, &ExecOptions::default()).unwrap());
        with_threads(3, || write(&ds, &three, &ExecOptions::default()).unwrap());
        assert!(std::fs::read(&one).unwrap() == std::fs::read(&three).unwrap());
    }
}

#[test]
fn chunks_beyond_the_edge_have_the_fill_value() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("v.nc");
    let encoding = Encoding { chunks: Some(vec![64, 20, 31]), filters: vec![Filter::Deflate(4)], ..Encoding::default() };
    let mut ds = cube_of(Data::Memory(field(&DType::F32)), encoding, true);
    ds.vars["v"].attrs.set("_FillValue", AttrValue::F32(vec![-7.0]));
    write(&ds, &path, &ExecOptions::default()).unwrap();
    // The library makes the array longer; what then comes to light is what stood beyond the edge.
    let file = hdf5_metno::File::open_rw(&path).unwrap();
    let v = file.dataset("v").unwrap();
    v.resize((40, 20, 31)).unwrap();
    let all = v.read_raw::<f32>().unwrap();
    assert!(all[37 * 20 * 31..].iter().all(|&x| x == -7.0));
    assert_eq!(all[37 * 20 * 31 - 1], field(&DType::F32).as_slice::<f32>().unwrap()[37 * 20 * 31 - 1]);
}

#[test]
fn rechunking_reads_every_piece_once_where_the_budget_allows_it_and_is_right_where_it_does_not() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("v.nc");
    let array = field(&DType::F64);
    for (memory, most) in [(64 << 20, 1), (200_000, 4), (40_000, 40)] {
        let source = Slow::new(array.clone(), [1, 20, 31]);
        let encoding = Encoding { chunks: Some(vec![37, 5, 6]), filters: vec![Filter::Deflate(1)], ..Encoding::default() };
        let ds = cube_of(Data::Lazy(LazyArray::new(source.clone())), encoding, false);
        write(&ds, &path, &ExecOptions::default().with_memory(memory)).unwrap();
        assert!(bytes(&read(&path, ReadBy::Library)) == bytes(&array), "{memory}");
        let times = source.read.load(Relaxed).div_ceil(37);
        assert!(times <= most, "each piece was read {times} times within {memory}");
    }
}

/// An array in pieces, which counts how many pieces are read.
#[derive(Debug)]
struct Slow {
    array: NdArray,
    piece: [usize; 3],
    read: AtomicUsize,
}

impl Slow {
    fn new(array: NdArray, piece: [usize; 3]) -> Arc<Slow> {
        Arc::new(Slow { array, piece, read: AtomicUsize::new(0) })
    }
}

impl ChunkSource for Slow {
    fn dtype(&self) -> &DType {
        self.array.dtype()
    }
    fn shape(&self) -> &[usize] {
        self.array.shape()
    }
    fn grid(&self) -> ChunkGrid {
        ChunkGrid::new(self.array.shape(), &self.piece)
    }
    fn cost(&self) -> ReadCost {
        ReadCost { pieces: Some(self.piece.to_vec()), in_place: false, scratch: 0 }
    }
    fn read(&self, selection: &Selection) -> Result<NdArray> {
        let touched = selection.selectors().iter().enumerate().map(|(d, s)| {
            let n = s.count(self.array.shape()[d]).unwrap_or(1);
            (s.position(0) + n).div_ceil(self.piece[d]) - s.position(0) / self.piece[d]
        });
        self.read.fetch_add(touched.product(), Relaxed);
        self.array.select(selection)?.to_contiguous()
    }
    fn place(&self) -> Place {
        Place::default()
    }
}
