//! What people do with the cubes of the lesson and with files of many years: built, written, opened, compared, joined, picked from.

use hpda_data::exec::reduce::Reduction;
use hpda_data::exec::{ExecOptions, Nest, PointOptions, merge};
use hpda_data::label::Method;
use hpda_data::open::{By, MfOptions, SaveOptions, Scanned, Target, open_mfdataset_with, save, save_mfdataset_with, to_table};
use hpda_data::ops::combine::{CombineOptions, ConcatOptions, Join, MergeOptions, concat};
use hpda_data::ops::select::{SelectOptions, parse_sel};
use hpda_data::plan::parse;
use hpda_data::store::{ChunkGrid, ChunkSource, ReadCost, Selection, Selector};
use hpda_data::{Column, DType, DataFrame, Dataset, NdArray, Place, Result, Variable, open_dataset, open_mfdataset, save_mfdataset};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

fn ints(from: i64, to: i64) -> NdArray {
    let all: Vec<i64> = (from..to).collect();
    NdArray::from_vec(all.clone(), &[all.len()]).unwrap()
}

/// `a(x, y)` and `b(z, x)` over these labels; values count from `start`.
fn lesson(x: (i64, i64), y: (i64, i64), z: (i64, i64), start: f64) -> Dataset {
    let n = |r: (i64, i64)| (r.1 - r.0) as usize;
    let values = |shape: [usize; 2]| {
        let all = (0..shape[0] * shape[1]).map(|i| start + i as f64 / 4.0).collect::<Vec<f64>>();
        NdArray::from_vec(all, &shape).unwrap()
    };
    let mut ds = Dataset::new();
    for (name, r) in [("x", x), ("y", y), ("z", z)] {
        ds.insert_coord(name, Variable::from_array([name], ints(r.0, r.1)).unwrap()).unwrap();
    }
    ds.insert("a", Variable::from_array(["x", "y"], values([n(x), n(y)])).unwrap()).unwrap();
    ds.insert("b", Variable::from_array(["z", "x"], values([n(z), n(x)])).unwrap()).unwrap();
    ds
}

fn pair() -> (Dataset, Dataset) {
    (lesson((0, 4), (-2, 0), (-3, 3), 0.0), lesson((6, 13), (0, 3), (3, 5), 100.0))
}

fn numbers(ds: &Dataset, name: &str) -> Vec<f64> {
    let a = ds.variable(name).unwrap().load().unwrap();
    (0..a.len()).map(|i| a.scalar(i).as_f64().unwrap_or(f64::NAN)).collect()
}

#[test]
fn lesson_datasets_are_built_written_opened_compared_merged_and_joined() {
    let (folder, exec) = (tempfile::tempdir().unwrap(), ExecOptions::default());
    let (ds1, ds2) = pair();
    for (ds, name) in [(&ds1, "ds1.nc"), (&ds2, "ds2.nc"), (&ds1, "ds1.zarr")] {
        ds.save(folder.path().join(name)).unwrap();
        let again = open_dataset(folder.path().join(name)).unwrap();
        assert!(ds.identical(&again).unwrap().is_same(), "{name}: {}", ds.identical(&again).unwrap());
    }
    let report = ds1.equals(&ds2).unwrap();
    assert!(!report.is_same() && report.to_string().contains('x'), "{report}");
    let merged = merge(vec![ds1.clone(), ds2.clone()], &MergeOptions::default(), &exec).unwrap();
    assert_eq!((merged.dims["x"], merged.dims["y"], merged.dims["z"]), (11, 5, 8));
    let a = numbers(&merged, "a");
    assert_eq!((a.len(), a.iter().filter(|x| x.is_nan()).count()), (55, 55 - 8 - 21));
    // The first row is that of ds1, the last that of ds2.
    assert_eq!(a[..2], [0.0, 0.25]);
    assert_eq!(a[52..], [104.5, 104.75, 105.0]);
    let refused = ds1.merge(&ds2, Join::Exact, Default::default(), &exec).unwrap_err().to_string();
    assert!(refused.contains("\"x\""), "{refused}");
    let how = ConcatOptions { join: Join::Outer, ..ConcatOptions::along("x") };
    let (joined, _) = concat(vec![ds1.clone(), ds2], &how).unwrap();
    assert!(joined.equals(&merged).unwrap().is_same(), "{}", joined.equals(&merged).unwrap());
    assert!(concat(vec![ds1.clone(), lesson((4, 5), (7, 8), (-3, 3), 0.0)], &ConcatOptions::along("x")).is_err());
    // A split that is joined is what it was.
    let parts = [0, 2].map(|start| ds1.isel(&[("x", Selector::span(start, 2))]).unwrap());
    let (whole, _) = concat(parts.to_vec(), &ConcatOptions::default()).unwrap();
    assert!(whole.identical(&ds1).unwrap().is_same());
}

#[test]
fn years_in_different_packing_join_within_half_a_step() {
    let folder = tempfile::tempdir().unwrap();
    let ds = open_dataset("data/climate.nc").unwrap();
    // Each year has a range of its own, and so a step of its own.
    let wide = ds.assign("tas", &parse("tas + (tas - 270) * (time.year - 1849)").unwrap(), &ExecOptions::default()).unwrap();
    let years = wide.split("time.year").unwrap();
    assert_eq!(years.len(), 10);
    let paths: Vec<PathBuf> = years.iter().map(|(y, _)| folder.path().join(format!("{y}.nc"))).collect();
    let parts: Vec<Dataset> = years.into_iter().map(|(_, ds)| ds).collect();
    let packed = SaveOptions { pack: Some(DType::I16), losses: hpda_data::open::Losses::Allow, ..SaveOptions::default() };
    save_mfdataset_with(&parts, &paths, &packed, &ExecOptions::default()).unwrap();
    let steps: Vec<f64> =
        paths.iter().map(|p| open_dataset(p).unwrap().variable("tas").unwrap().encoding.attrs.number("scale_factor").unwrap()).collect();
    assert!(steps.windows(2).any(|w| w[0] != w[1]), "{steps:?}");
    let all = open_mfdataset(&paths).unwrap();
    let path = folder.path().join("all.nc");
    all.save(&path).unwrap();
    let want = numbers(&wide, "tas");
    for ds in [all, open_dataset(&path).unwrap()] {
        let got = numbers(&ds, "tas");
        assert_eq!(got.len(), want.len());
        let year = want.len() / 10;
        for (i, (g, w)) in got.iter().zip(&want).enumerate() {
            let bound = steps[i / year] / 2.0 + w.abs() * f64::from(f32::EPSILON);
            assert!((g - w).abs() <= bound || g.is_nan() && w.is_nan(), "{i}: {g} for {w}");
        }
    }
}

#[test]
fn what_is_no_longer_true_of_a_result_is_not_said() {
    let (folder, exec) = (tempfile::tempdir().unwrap(), ExecOptions::default());
    let ds = open_dataset("data/climate.nc").unwrap();
    let path = folder.path().join("celsius.nc");
    ds.assign("tas", &parse("tas - 273.15").unwrap(), &exec).unwrap().save(&path).unwrap();
    let tas = open_dataset(&path).unwrap().variable("tas").unwrap().clone();
    assert_eq!(tas.attrs.text("units"), None);
    assert!(tas.attrs.text("long_name").is_some());

    let (mean, _) = ds.reduce(&Reduction::named("mean").unwrap().over(["time"]), &exec).unwrap();
    let path = folder.path().join("mean.nc");
    mean.save(&path).unwrap();
    let mean = open_dataset(&path).unwrap();
    let methods = mean.variable("tas").unwrap().attrs.text("cell_methods").unwrap().to_string();
    assert!(methods.matches("time: mean").count() >= 1, "{methods}");
    let (edges, all) = (mean.variable("time_bnds").unwrap().load().unwrap(), ds.variable("time_bnds").unwrap().load().unwrap());
    assert_eq!(edges.shape(), [2]);
    assert_eq!((edges.scalar(0), edges.scalar(1)), (all.scalar(0), all.scalar(all.len() - 1)));

    let (rows, _) = to_table(&ds, None, &exec).unwrap();
    assert_eq!(rows.rows(), Some(120 * 12 * 18));
    if let Some(folder) = std::env::var_os("HPDA_REAL_DATA") {
        let real = open_dataset(PathBuf::from(folder).join("tas/tas1850.nc")).unwrap();
        let (rows, _) = to_table(&real, None, &exec).unwrap();
        assert_eq!(rows.rows(), Some(12 * 160 * 320));
        let point = real.sel(&parse_sel("lon=-74").unwrap(), &SelectOptions { method: Method::Nearest, tolerance: None }).unwrap();
        assert!((point.variable("lon").unwrap().load().unwrap().scalar(0).as_f64().unwrap() - 286.0).abs() < 0.6);
    }
}

/// `v(y, x)` that counts which of its chunks are read.
#[derive(Debug)]
struct Counted {
    values: NdArray,
    chunk: [usize; 2],
    reads: Arc<Mutex<Vec<usize>>>,
}

impl ChunkSource for Counted {
    fn dtype(&self) -> &DType {
        self.values.dtype()
    }
    fn shape(&self) -> &[usize] {
        self.values.shape()
    }
    fn grid(&self) -> ChunkGrid {
        ChunkGrid::new(self.values.shape(), &self.chunk)
    }
    fn read(&self, selection: &Selection) -> Result<NdArray> {
        let [rows, columns] = self.values.shape() else { unreachable!() };
        let touched = |d: usize, n: usize| -> Vec<usize> {
            let s = &selection.selectors()[d];
            let mut all: Vec<usize> = (0..s.count(n).unwrap_or(1)).map(|i| s.position(i) / self.chunk[d]).collect();
            all.dedup();
            all
        };
        let wide = columns.div_ceil(self.chunk[1]);
        let mut reads = self.reads.lock().unwrap();
        for y in touched(0, *rows) {
            reads.extend(touched(1, *columns).into_iter().map(|x| y * wide + x));
        }
        drop(reads);
        self.values.select(selection)?.to_contiguous()
    }
    fn cost(&self) -> ReadCost {
        ReadCost { pieces: Some(self.chunk.to_vec()), ..ReadCost::default() }
    }
    fn place(&self) -> Place {
        Place::default()
    }
}

#[test]
fn points_decode_each_chunk_once() {
    let (rows, columns) = (90usize, 180usize);
    let reads = Arc::new(Mutex::new(Vec::new()));
    let values = NdArray::from_vec((0..rows * columns).map(|i| i as f64).collect(), &[rows, columns]).unwrap();
    let source = Counted { values, chunk: [20, 50], reads: reads.clone() };
    let mut ds = Dataset::new();
    let axis = |n: usize, first: f64| NdArray::from_vec((0..n).map(|i| first + 2.0 * i as f64).collect(), &[n]).unwrap();
    ds.insert_coord("lat", Variable::from_array(["lat"], axis(rows, -89.0)).unwrap()).unwrap();
    ds.insert_coord("lon", Variable::from_array(["lon"], axis(columns, 1.0)).unwrap()).unwrap();
    let lazy = hpda_data::array::Data::Lazy(hpda_data::array::LazyArray::new(Arc::new(source)));
    ds.insert("v", Variable::new(["lat", "lon"], lazy).unwrap()).unwrap();
    let lat: Vec<f64> = (0..700).map(|i| f64::from(i * 37 % 1790) / 10.0 - 89.5).collect();
    let lon: Vec<f64> = (0..700).map(|i| f64::from(i * 53 % 3590) / 10.0 - 180.0).collect();
    let near = |x: f64, first: f64, n: usize| {
        (0..n)
            .min_by(|&a, &b| {
                let away = |i: usize| {
                    let d = (first + 2.0 * i as f64 - x).rem_euclid(360.0);
                    d.min(360.0 - d)
                };
                // Of two as near the larger label.
                away(a).total_cmp(&away(b)).then(b.cmp(&a))
            })
            .unwrap()
    };
    let want: Vec<f64> = lat.iter().zip(&lon).map(|(a, o)| (near(*a, -89.0, rows) * columns + near(*o, 1.0, columns)) as f64).collect();
    let once = |what: &str| {
        let mut all = std::mem::take(&mut *reads.lock().unwrap());
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!((all.len(), count), (20, 20), "{what}");
    };
    let table = DataFrame::new([("lat", Column::from(lat.clone())), ("lon", lon.clone().into())]).unwrap();
    let (out, _) = table.join_points(&ds, &["lat", "lon"], &PointOptions::default(), &ExecOptions::default()).unwrap();
    let found = out.column("v").unwrap();
    let agree = |found: &dyn Fn(usize) -> Option<f64>| (0..700).filter(|&i| found(i) != Some(want[i])).count();
    // Half way between two longitudes across the seam there are two answers.
    assert!(agree(&|i| found.scalar(i).as_f64()) <= 2);
    once("join_points");
    let how = SelectOptions { method: Method::Nearest, tolerance: None };
    let points = ds.sel_points("p", &[("lat", lat.into()), ("lon", lon.into())], &how).unwrap();
    let loaded = points.variable("v").unwrap().load().unwrap();
    assert!(agree(&|i| loaded.scalar(i).as_f64()) <= 2);
    once("sel_points");
}

#[test]
fn curved_grids_find_the_nearest_cell_by_great_circles() {
    // A grid turned against the meridians.
    let (rows, columns) = (30usize, 40usize);
    let cell = |i: usize| {
        let (y, x) = ((i / columns) as f64, (i % columns) as f64);
        (40.0 + 1.1 * y + 0.4 * x, (350.0 + 1.5 * x - 0.6 * y).rem_euclid(360.0))
    };
    let (lat, lon): (Vec<f64>, Vec<f64>) = (0..rows * columns).map(cell).unzip();
    let mut ds = Dataset::new();
    let plane = |v: &[f64]| Variable::from_array(["y", "x"], NdArray::from_vec(v.to_vec(), &[rows, columns]).unwrap()).unwrap();
    ds.insert_coord("lat", plane(&lat)).unwrap();
    ds.insert_coord("lon", plane(&lon)).unwrap();
    ds.insert("v", plane(&(0..rows * columns).map(|i| i as f64).collect::<Vec<_>>())).unwrap();
    // By the haversine, cell by cell.
    let haversine = |a: (f64, f64), b: (f64, f64)| {
        let r = |d: f64| d.to_radians();
        let h = (r(b.0 - a.0) / 2.0).sin().powi(2) + r(a.0).cos() * r(b.0).cos() * (r(b.1 - a.1) / 2.0).sin().powi(2);
        2.0 * h.sqrt().asin()
    };
    let points: Vec<(f64, f64)> = (0..200).map(|i| (40.0 + f64::from(i * 7 % 40), f64::from(i * 11 % 70) - 15.0)).collect();
    let want: Vec<usize> = points
        .iter()
        .map(|p| (0..lat.len()).min_by(|&a, &b| haversine((lat[a], lon[a]), *p).total_cmp(&haversine((lat[b], lon[b]), *p))).unwrap())
        .collect();
    let (a, o): (Vec<f64>, Vec<f64>) = points.iter().copied().unzip();
    let near = SelectOptions { method: Method::Nearest, tolerance: None };
    let labels = [("lat", Column::from(a.clone())), ("lon", o.clone().into())];
    let found = ds.sel_points("p", &labels, &near).unwrap();
    assert_eq!(found.variable("lat").unwrap().dims().iter().map(|d| &**d).collect::<Vec<_>>(), ["p"]);
    let same = |v: f64, w: usize, p: (f64, f64)| {
        v as usize == w || (haversine((lat[v as usize], lon[v as usize]), p) - haversine((lat[w], lon[w]), p)).abs() < 1e-9
    };
    for (i, v) in numbers(&found, "v").into_iter().enumerate() {
        assert!(same(v, want[i], points[i]), "{:?}: {v} for {}", points[i], want[i]);
    }
    // As columns of a table: what lies outside is missing.
    let table = DataFrame::new([("lat", Column::from(a)), ("lon", o.into())]).unwrap();
    let join = |extrapolate| {
        let how = PointOptions { extrapolate, ..PointOptions::default() };
        table.join_points(&ds, &["lat", "lon"], &how, &ExecOptions::default()).unwrap()
    };
    let (all, none) = join(true);
    let (some, lost) = join(false);
    assert!(none.is_empty() && lost.iter().count() == 1);
    let (all, some) = (all.column("v").unwrap(), some.column("v").unwrap());
    let mut there = 0;
    for i in 0..200 {
        assert!(same(all.scalar(i).as_f64().unwrap(), want[i], points[i]));
        there += usize::from(some.scalar(i).as_f64().is_some());
    }
    assert!((1..200).contains(&there), "{there}");
    let far = SelectOptions { method: Method::Nearest, tolerance: Some(0.5) };
    assert!(ds.sel_points("p", &[("lat", vec![-80.0].into()), ("lon", vec![0.0].into())], &far).is_err());
    let e = ds.sel_points("p", &[("lat", vec![50.0].into())], &near).unwrap_err().to_string();
    assert!(e.contains("two dims"), "{e}");
    let empty = ds.sel_points("p", &[("lat", Vec::<f64>::new().into()), ("lon", Vec::<f64>::new().into())], &near).unwrap();
    assert_eq!(numbers(&empty, "v").len(), 0);
}

#[test]
fn many_files_open_by_coordinates_as_listed_and_after_a_function() {
    let folder = tempfile::tempdir().unwrap();
    let ds = open_dataset("data/climate.nc").unwrap();
    let tile = |t: usize, y: usize| ds.isel(&[("time", Selector::span(60 * t, 60)), ("lat", Selector::span(6 * y, 6))]).unwrap();
    let tiles: Vec<Dataset> = [(0, 0), (0, 1), (1, 0), (1, 1)].map(|(t, y)| tile(t, y)).into();
    let paths: Vec<PathBuf> = ["a", "b", "c", "d"].iter().map(|n| folder.path().join(format!("{n}.nc"))).collect();
    assert!(save_mfdataset(&tiles, &paths).unwrap().is_empty());
    let same = |got: &Dataset, want: &Dataset| {
        let report = got.equals(want).unwrap();
        assert!(report.is_same(), "{report}");
    };
    let turned: Vec<PathBuf> = paths.iter().rev().cloned().collect();
    same(&open_mfdataset_with(turned, &MfOptions::default()).unwrap().0, &ds);
    let nested = MfOptions { by: By::Nested(vec![Some("time".into()), Some("lat".into())]), ..MfOptions::default() };
    let grid: Vec<Vec<PathBuf>> = paths.chunks(2).map(<[PathBuf]>::to_vec).collect();
    same(&open_mfdataset_with(Nest::from(grid), &nested).unwrap().0, &ds);
    let listed = MfOptions { by: By::Listed, ..MfOptions::default() };
    let (half, _) = open_mfdataset_with(vec![paths[0].clone(), paths[2].clone()], &listed).unwrap();
    same(&half, &ds.isel(&[("lat", Selector::span(0, 6))]).unwrap());
    // A function sees each file before it is joined.
    let first = MfOptions::default().preprocess(|ds, _| ds.isel(&[("lon", Selector::span(0, 2))]));
    same(&open_mfdataset_with(paths.clone(), &first).unwrap().0, &ds.isel(&[("lon", Selector::span(0, 2))]).unwrap());
    let fails = MfOptions::default().preprocess(|ds, path| if path.ends_with("c.nc") { ds.drop_vars(&["pr"]) } else { Ok(ds) });
    let e = open_mfdataset_with(paths.clone(), &fails).unwrap_err().to_string();
    assert!(e.contains("pr") && e.contains("c.nc"), "{e}");
    // A file that is not there leaves a gap, and is missed; an exact join refuses it.
    let (gap, notices) = open_mfdataset_with(paths[..3].to_vec(), &MfOptions::default()).unwrap();
    assert_eq!((gap.dims["time"], gap.dims["lat"]), (120, 12));
    assert!(notices.iter().any(|n| n.message.contains("do not fill the 4 places") && n.message.contains("time=1855")));
    let combine = CombineOptions { join: Join::Exact, ..CombineOptions::default() };
    let e = open_mfdataset_with(paths[..3].to_vec(), &MfOptions { combine, ..MfOptions::default() }).unwrap_err().to_string();
    assert!(e.contains("do not fill"), "{e}");
    let missing = [paths.clone(), vec![folder.path().join("nowhere.nc")]].concat();
    assert!(open_mfdataset_with(missing, &MfOptions::default()).unwrap_err().to_string().contains("nowhere.nc"));
    assert!(open_mfdataset_with(Vec::<PathBuf>::new(), &MfOptions::default()).is_err());
    // An empty selection joins too.
    let none = MfOptions::default().preprocess(|ds, _| ds.isel(&[("lon", Selector::span(0, 0))]));
    assert_eq!(open_mfdataset_with(paths.clone(), &none).unwrap().0.dims["lon"], 0);

    assert!(save_mfdataset(&tiles, &paths).unwrap_err().to_string().contains("exists"));
    assert!(save_mfdataset(&tiles, &paths[..2]).is_err());
    let twice = vec![folder.path().join("same.nc"); 2];
    assert!(save_mfdataset(&tiles[..2], &twice).unwrap_err().to_string().contains("same file"));
    assert!(!twice[0].exists());
    assert!(ds.split("nowhere").is_err());
    assert!(ds.isel(&[("time", Selector::span(0, 0))]).unwrap().split("time.year").unwrap().is_empty());
    let target = Target::File(folder.path().join("again.nc"));
    save(Scanned::Cube(tiles[0].clone()), &target, &SaveOptions::default(), &ExecOptions::default()).unwrap();
}

#[test]
fn commands_take_variables_that_are_made_of_several_inputs() {
    let folder = tempfile::tempdir().unwrap();
    let ds = open_dataset("data/climate.nc").unwrap();
    let paths: Vec<PathBuf> = ["a.nc", "b.nc"].iter().map(|n| folder.path().join(n)).collect();
    let part = |start| ds.isel(&[("time", Selector::span(start, 60))]).unwrap();
    save_mfdataset(&[part(0), part(60)], &paths).unwrap();
    let run = |args: &[&str]| {
        let words = ["hpda-data", args[0], paths[0].to_str().unwrap(), paths[1].to_str().unwrap()];
        let done = std::process::Command::new(env!("CARGO_BIN_EXE_hpda-data")).args(&words[1..]).args(&args[1..]).output().unwrap();
        (done.status.success(), String::from_utf8_lossy(&done.stdout).into_owned() + &String::from_utf8_lossy(&done.stderr))
    };
    let c = "c = tas - 273.15";
    for args in [
        &["select", "--vars", "tas", "--with", c][..],
        &["select", "--with", c, "--vars", "c"],
        &["select", "--with", c, "--vars", "c", "--isel", "time=-1"],
        &["reduce", "--vars", "c", "--with", c, "--op", "mean", "--dim", "time"],
        &["reduce", "--with", c, "--where", "c > 0", "--vars", "c", "--op", "mean", "--dim", "time"],
        &["groupby", "--with", c, "--by", "time.month", "--op", "mean"],
        &["resample", "--with", c, "--dim", "time", "--freq", "1YS", "--op", "mean"],
        &["rolling", "--with", c, "--dim", "time", "--window", "12", "--op", "mean"],
        &["missing", "--with", c, "--fill", "0"],
        &["stack", "--with", c, "--dims", "lat,lon", "--into", "cell"],
        &["sort", "--with", c, "--by=-lat"],
        &["concat", "--with", c, "--dim", "time", "--join", "left"],
    ] {
        let (good, said) = run(args);
        assert!(good && said.lines().any(|l| l.trim_start().starts_with("c f")), "{args:?}: {said}");
    }
    let (good, said) = run(&["reduce", "--vars", "d", "--with", c, "--op", "mean"]);
    assert!(!good && said.contains("\"d\""), "{said}");
}
