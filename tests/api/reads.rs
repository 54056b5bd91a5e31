//! How often chunks are read: once for a verb and for several one after the other, also where blocks of several chunks are asked for at a time.

use hpda_data::array::{Data, LazyArray};
use hpda_data::exec::{ExecOptions, reduce::Reduction};
use hpda_data::ops::combine::Join;
use hpda_data::plan::{Agg, BinaryOp};
use hpda_data::store::{ChunkGrid, ChunkSource, ReadCost, Selection};
use hpda_data::{DType, Dataset, NdArray, Place, Result, Variable};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

const SHAPE: [usize; 3] = [240, 60, 80];
const CHUNK: [usize; 3] = [12, 30, 40];

/// As variables of files are: chunks that are decoded whole, and blocks of many of them to read at a time.
#[derive(Debug)]
struct File {
    grid: ChunkGrid,
    reads: Arc<Vec<AtomicUsize>>,
}

impl ChunkSource for File {
    fn dtype(&self) -> &DType {
        &DType::F64
    }
    fn shape(&self) -> &[usize] {
        &self.grid.shape
    }
    fn grid(&self) -> ChunkGrid {
        self.grid.clone()
    }
    fn cost(&self) -> ReadCost {
        ReadCost { pieces: Some(CHUNK.to_vec()), in_place: true, scratch: 0 }
    }
    fn read(&self, selection: &Selection) -> Result<NdArray> {
        selection.check(&SHAPE)?;
        let whole = selection.with_all_dims();
        let at: Vec<Vec<usize>> =
            whole.selectors().iter().zip(SHAPE).map(|(s, n)| (0..s.count(n).unwrap_or(1)).map(|i| s.position(i)).collect()).collect();
        let chunks = |d: usize| at[d].iter().map(|p| p / CHUNK[d]).collect::<BTreeSet<_>>();
        for t in chunks(0) {
            for y in chunks(1) {
                for x in chunks(2) {
                    self.reads[(t * 2 + y) * 2 + x].fetch_add(1, Ordering::Relaxed);
                }
            }
        }
        let mut values = Vec::new();
        for t in &at[0] {
            at[1].iter().for_each(|y| values.extend(at[2].iter().map(|x| ((t * 7 + y * 3 + x) % 11) as f64)));
        }
        NdArray::from_vec(values, &selection.shape(&SHAPE))
    }
    fn place(&self) -> Place {
        Place::variable("v")
    }
}

/// How often each chunk was read, at least and at most, when what a verb makes is held, and when it is written.
fn reads(block: [usize; 3], verb: impl Fn(&Dataset) -> Result<Dataset>) -> Result<[(usize, usize); 2]> {
    let mut out = [(0, 0); 2];
    for (written, out) in [false, true].into_iter().zip(&mut out) {
        let reads = Arc::new((0..80).map(|_| AtomicUsize::new(0)).collect::<Vec<_>>());
        let file = File { grid: ChunkGrid::new(&SHAPE, &block), reads: reads.clone() };
        let mut ds = Dataset::new();
        ds.insert_coord("t", Variable::from_array(["t"], NdArray::from_vec((0..240i64).collect(), &[240])?)?)?;
        ds.insert("v", Variable::new(["t", "y", "x"], Data::Lazy(LazyArray::new(Arc::new(file))))?)?;
        let made = verb(&ds)?;
        if written {
            let folder = tempfile::tempdir().unwrap();
            made.save(folder.path().join("made.nc"))?;
        } else {
            made.variable("v")?.load()?;
        }
        let counts = || reads.iter().map(|r| r.load(Ordering::Relaxed));
        *out = (counts().min().unwrap_or(0), counts().max().unwrap_or(0));
    }
    Ok(out)
}

/// Blocks as large as the array, of some chunks, and the chunks themselves.
const BLOCKS: [[usize; 3]; 4] = [SHAPE, [96, 60, 80], [24, 30, 80], CHUNK];

fn mean(ds: &Dataset, dims: &[&str]) -> Result<Dataset> {
    Ok(ds.reduce(&Reduction::new(Agg::Mean).over(dims.iter().copied()), &ExecOptions::default())?.0)
}

#[test]
fn reductions_read_each_chunk_once() -> Result<()> {
    for block in BLOCKS {
        for dims in [&["t"][..], &["y"], &["x"], &["t", "y"], &["y", "x"], &["t", "y", "x"]] {
            assert_eq!(reads(block, |ds| mean(ds, dims))?, [(1, 1); 2], "over {dims:?} of blocks {block:?}");
        }
        for key in ["month = t % 12", "year = t // 24", "all = t // 5"] {
            let by = |ds: &Dataset| Ok(ds.groupby(key)?.reduce(&Reduction::new(Agg::Mean), &ExecOptions::default())?.0);
            // Groups of five lie across chunks of twelve.
            let most = if key.starts_with("all") { 2 } else { 1 };
            for (least, found) in reads(block, by)? {
                assert!(least == 1 && found <= most, "groups {key} of blocks {block:?}: {found}");
            }
        }
    }
    Ok(())
}

#[test]
fn steps_one_after_the_other_read_each_chunk_once() -> Result<()> {
    let exec = ExecOptions::default();
    for block in BLOCKS {
        let both = |first: &'static str, then: &'static str| move |ds: &Dataset| mean(&mean(ds, &[first])?, &[then]);
        for (first, then) in [("t", "y"), ("y", "x"), ("x", "t")] {
            assert_eq!(reads(block, both(first, then))?, [(1, 1); 2], "{first} and {then} of blocks {block:?}");
        }
        // First the means of months, then the differences from them: held in between, or read again.
        let anomaly = |exec: ExecOptions| move |ds: &Dataset| Ok(ds.groupby("month = t % 12")?.transform("anomaly", &exec)?.0);
        for (exec, times) in [(exec.clone(), 1), (exec.clone().with_memory(64 << 20), 2)] {
            let anomaly = anomaly(exec);
            assert_eq!(reads(block, &anomaly)?, [(times, times); 2], "blocks {block:?}");
            assert_eq!(reads(block, |ds| mean(&anomaly(ds)?, &["x"]))?, [(times, times); 2], "blocks {block:?}");
        }
        let away = |ds: &Dataset| ds.operate(BinaryOp::Sub, &mean(ds, &["t"])?, Join::Inner, &exec);
        let found = reads(block, |ds| mean(&away(ds)?, &["y"]))?;
        assert!(found.iter().all(|f| f.1 <= 2), "{found:?} of blocks {block:?}");
    }
    Ok(())
}
