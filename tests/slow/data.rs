//! Tables and cubes from formulas, written once.

use super::folder;
use hpda_data::array::{Data, Dataset, LazyArray, Variable};
use hpda_data::exec::ExecOptions;
use hpda_data::io::Overwrite;
use hpda_data::open::{SaveOptions, Scanned, Target, save};
use hpda_data::store::{Batch, BatchIter, ChunkGrid, ChunkSource, NdArray, ScanRequest, Schema, Selection, TableSource};
use hpda_data::{Column, DType, DataFrame, Place, Result};
use std::sync::{Arc, OnceLock};

/// Rows of a table; a prime, so that multiples of any number visit every row.
pub const ROWS: u64 = 4_000_037;

/// The place of a row among all in a shuffled order.
pub fn shuffled(row: u64, by: u64) -> u64 {
    (row * by) % ROWS
}

/// A number from 0 to 1 for each row.
pub fn noise(row: u64, salt: u64) -> f64 {
    let mut z = (row + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ salt.wrapping_mul(0xd1b5_4a32_d192_ed03);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
}

/// Microseconds of 2001-01-01.
const START: i64 = 978_307_200_000_000;

fn left(rows: std::ops::Range<u64>) -> DataFrame {
    let id = |r: u64| shuffled(r, 2_654_435) as i64;
    DataFrame::new([
        ("id", Column::from(rows.clone().map(id).collect::<Vec<_>>())),
        ("k", Column::from(rows.clone().map(|r| (r % 10) as i64).collect::<Vec<_>>())),
        ("g", Column::from(rows.clone().map(|r| (shuffled(r, 7919) / 2) as i64).collect::<Vec<_>>())),
        ("x", Column::from(rows.clone().map(|r| noise(r, 1)).collect::<Vec<_>>())),
        ("s", Column::from_texts(rows.clone().map(|r| Some(format!("station {:09}", id(r)))))),
        ("t", Column::datetimes(rows.map(|r| Some(START + r as i64 * 1_000_000)).collect())),
    ])
    .unwrap()
}

fn right(rows: std::ops::Range<u64>) -> DataFrame {
    DataFrame::new([
        ("id", Column::from(rows.clone().map(|r| (shuffled(r, 40_503) + ROWS / 4) as i64).collect::<Vec<_>>())),
        ("y", Column::from(rows.clone().map(|r| noise(r, 2)).collect::<Vec<_>>())),
        ("z", Column::from(rows.clone().map(|r| noise(r, 3)).collect::<Vec<_>>())),
        ("h", Column::from(rows.clone().map(|r| (r % 1000) as i64).collect::<Vec<_>>())),
        ("u", Column::from_texts(rows.clone().map(|r| Some(format!("to the right {r:09}"))))),
        ("t", Column::datetimes(rows.map(|r| Some(START + r as i64 * 1_000_000 + 500_000)).collect())),
    ])
    .unwrap()
}

fn points(rows: std::ops::Range<u64>) -> DataFrame {
    let day = |r: u64| START + (noise(r, 4) * 3649.0) as i64 * 86_400_000_000;
    let mut columns = vec![
        ("time".to_string(), Column::datetimes(rows.clone().map(|r| Some(day(r))).collect())),
        ("lat".to_string(), Column::from(rows.clone().map(|r| noise(r, 5) * 170.0 - 85.0).collect::<Vec<_>>())),
        ("lon".to_string(), Column::from(rows.clone().map(|r| noise(r, 6) * 355.0).collect::<Vec<_>>())),
    ];
    columns.extend((0..5).map(|i| (format!("v{i}"), Column::from(rows.clone().map(|r| noise(r, 7 + i)).collect::<Vec<_>>()))));
    DataFrame::new(columns).unwrap()
}

/// Makes some rows.
type Rows = fn(std::ops::Range<u64>) -> DataFrame;

/// A table from a formula, in parts.
#[derive(Debug)]
struct Formula {
    schema: Arc<Schema>,
    rows: Rows,
}

const PART: u64 = 1 << 16;

impl TableSource for Formula {
    fn schema(&self) -> &Arc<Schema> {
        &self.schema
    }
    fn rows(&self) -> Option<u64> {
        Some(ROWS)
    }
    fn parts(&self) -> usize {
        ROWS.div_ceil(PART) as usize
    }
    fn part_bytes(&self, _: usize) -> u64 {
        0
    }
    fn scan(&self, part: usize, request: &ScanRequest) -> Result<BatchIter> {
        let start = part as u64 * PART;
        let batch = (self.rows)(start..(start + PART).min(ROWS)).to_batch()?;
        let batch = Batch::with_rows(self.schema.clone(), batch.columns.clone(), batch.rows())?;
        let batch = match &request.columns {
            None => batch,
            Some(columns) => batch.project(columns, Arc::new(self.schema.project(columns))),
        };
        let step = request.batch_rows.max(1);
        Ok(Box::new((0..batch.rows().div_ceil(step)).map(move |i| Ok(batch.slice(i * step, step.min(batch.rows() - i * step))))))
    }
}

/// Writes the tables, once.
pub fn tables() {
    static DONE: OnceLock<()> = OnceLock::new();
    DONE.get_or_init(|| {
        let all: [(&str, Rows); 3] = [("a", left), ("b", right), ("p", points)];
        for (name, rows) in all {
            let schema = rows(0..0).to_batch().unwrap().schema;
            let options = SaveOptions { overwrite: Overwrite::Yes, row_group: Some(200_000), ..SaveOptions::default() };
            let target = Target::File(folder().join(format!("{name}.parquet")));
            save(Scanned::Table(Arc::new(Formula { schema, rows })), &target, &options, &ExecOptions::default()).unwrap();
        }
    });
}

/// The lengths of a cube along time, lat and lon: 262 MB.
pub const SHAPE: [usize; 3] = [3640, 120, 150];

/// A value of the cube.
pub fn cell(t: usize, y: usize, x: usize) -> f32 {
    (250.0 + noise(((t * SHAPE[1] + y) * SHAPE[2] + x) as u64, 20) * 60.0) as f32
}

#[derive(Debug)]
struct Cells;

impl ChunkSource for Cells {
    fn dtype(&self) -> &DType {
        &DType::F32
    }
    fn shape(&self) -> &[usize] {
        &SHAPE
    }
    fn grid(&self) -> ChunkGrid {
        ChunkGrid::new(&SHAPE, &[52, 60, 75])
    }
    fn read(&self, selection: &Selection) -> Result<NdArray> {
        let [ts, ys, xs] = [0, 1, 2].map(|d| {
            let s = &selection.selectors()[d];
            (0..s.count(SHAPE[d]).unwrap_or(1)).map(|i| s.position(i)).collect::<Vec<_>>()
        });
        let mut values = Vec::with_capacity(ts.len() * ys.len() * xs.len());
        for &t in &ts {
            for &y in &ys {
                values.extend(xs.iter().map(|&x| cell(t, y, x)));
            }
        }
        NdArray::from_vec(values, &selection.shape(&SHAPE))
    }
    fn place(&self) -> Place {
        Place::default()
    }
}

/// Writes the cubes, once: in chunks that hold some of all dims, and in such as hold one time each.
pub fn cubes() {
    static DONE: OnceLock<()> = OnceLock::new();
    DONE.get_or_init(|| {
        let axis = |n: usize, first: f64, step: f64| NdArray::from_vec((0..n).map(|i| first + step * i as f64).collect(), &[n]).unwrap();
        let mut ds = Dataset::new();
        let days: Vec<i64> = (0..SHAPE[0] as i64).map(|d| START + d * 86_400_000_000).collect();
        let time = NdArray::from_vec(days, &[SHAPE[0]]).unwrap().reinterpret(DType::datetime()).unwrap();
        ds.insert_coord("time", Variable::from_array(["time"], time).unwrap()).unwrap();
        ds.insert_coord("lat", Variable::from_array(["lat"], axis(SHAPE[1], -89.25, 1.5)).unwrap()).unwrap();
        ds.insert_coord("lon", Variable::from_array(["lon"], axis(SHAPE[2], 0.0, 2.4)).unwrap()).unwrap();
        let lazy = Data::Lazy(LazyArray::new(Arc::new(Cells)));
        ds.insert("tas", Variable::new(["time", "lat", "lon"], lazy).unwrap()).unwrap();
        for (name, chunks) in [("blocks", [52, 60, 75]), ("maps", [1, 120, 150])] {
            let chunks = ["time", "lat", "lon"].map(String::from).into_iter().zip(chunks).collect();
            let options = SaveOptions { overwrite: Overwrite::Yes, compress: Some("deflate:1".into()), chunks, ..SaveOptions::default() };
            let target = Target::File(folder().join(format!("{name}.nc")));
            save(Scanned::Cube(ds.clone()), &target, &options, &ExecOptions::default()).unwrap();
        }
        let options = SaveOptions {
            overwrite: Overwrite::Yes,
            losses: hpda_data::open::Losses::Allow,
            vars: Some(vec!["tas".into()]),
            ..SaveOptions::default()
        };
        save(Scanned::Cube(ds), &Target::File(folder().join("plain.npy")), &options, &ExecOptions::default()).unwrap();
    });
}
