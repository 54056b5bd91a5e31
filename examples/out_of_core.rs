//! A matrix larger than the memory it may take: made, written, averaged. `cargo run --release --example out_of_core -- [ROWS]`

use hpda_data::array::{Data, LazyArray};
use hpda_data::exec::{ExecOptions, reduce::Reduction};
use hpda_data::open::{SaveOptions, Scanned, Target, save};
use hpda_data::plan::Agg;
use hpda_data::store::{ChunkGrid, ChunkSource, ReadCost, Selection};
use hpda_data::{DType, Dataset, Error, NdArray, Place, Result, Variable, open_dataset};
use std::sync::Arc;
use std::time::Instant;

fn main() -> Result<()> {
    let rows = std::env::args().nth(1).and_then(|n| n.parse().ok()).unwrap_or(20_000);
    matrix(rows, 4_000, 48 << 20)
}

/// A matrix that is nowhere: its cell (i, j) is i + j / 10000.
#[derive(Debug)]
struct Formula([usize; 2]);

impl ChunkSource for Formula {
    fn dtype(&self) -> &DType {
        &DType::F64
    }
    fn shape(&self) -> &[usize] {
        &self.0
    }
    fn grid(&self) -> ChunkGrid {
        ChunkGrid::new(&self.0, &[256, 1000])
    }
    fn read(&self, selection: &Selection) -> Result<NdArray> {
        selection.check(&self.0)?;
        let [rows, columns] = selection.selectors() else { return Err(Error::shape("a matrix has two dims")) };
        let count = |i: usize| selection.selectors()[i].count(self.0[i]).unwrap_or(1);
        let cell = |i: usize, j: usize| rows.position(i) as f64 + columns.position(j) as f64 / 1e4;
        let values = (0..count(0)).flat_map(|i| (0..count(1)).map(move |j| cell(i, j))).collect();
        NdArray::from_vec(values, &selection.shape(&self.0))
    }
    fn cost(&self) -> ReadCost {
        ReadCost { pieces: None, in_place: true, scratch: 0 }
    }
    fn place(&self) -> Place {
        Place::variable("formula")
    }
}

/// Writes the matrix and averages it along both dims within a budget of so many bytes.
pub fn matrix(rows: usize, columns: usize, budget: usize) -> Result<()> {
    let mut ds = Dataset::new();
    let lazy = LazyArray::new(Arc::new(Formula([rows, columns])));
    ds.insert("m", Variable::new(["row", "column"], Data::Lazy(lazy))?)?;
    println!("{} MB of numbers, {} MB of memory", rows * columns * 8 / 1_000_000, budget / 1_000_000);

    let folder = tempfile::tempdir().map_err(|e| Error::io(e, "."))?;
    let file = folder.path().join("matrix.nc");
    let how = SaveOptions {
        compress: Some("zstd:1".into()),
        chunks: vec![("row".into(), 256), ("column".into(), 1000)],
        ..SaveOptions::default()
    };
    let exec = ExecOptions::default().with_memory(budget);
    let start = Instant::now();
    save(Scanned::Cube(ds), &Target::File(file.clone()), &how, &exec)?;
    let bytes = std::fs::metadata(&file).map_err(|e| Error::io(e, &file))?.len();
    println!(
        "written in {:.1} s: {} MB on disk, held at most {:.0} MB",
        start.elapsed().as_secs_f64(),
        bytes / 1_000_000,
        exec.budget.peak() as f64 / 1e6
    );

    let again = open_dataset(&file)?;
    for (over, other) in [("row", "column"), ("column", "row")] {
        let exec = ExecOptions::default().with_memory(budget);
        let start = Instant::now();
        let (mean, _) = again.reduce(&Reduction::new(Agg::Mean).over([over]), &exec)?;
        let mean = mean.variable("m")?.load()?;
        println!("mean over {over}: {} values, that of {other} 1 is {:.6}", mean.len(), mean.scalar(1).as_f64().unwrap_or(f64::NAN));
        println!("  {:.1} s, held at most {:.0} MB", start.elapsed().as_secs_f64(), exec.budget.peak() as f64 / 1e6);
    }
    Ok(())
}
