//! Cubes as tables and back.

use hpda_data::coding::{self, DecodeOptions};
use hpda_data::dtype::{Calendar, TimeUnit};
use hpda_data::error::Level;
use hpda_data::exec::{CubeOptions, ExecOptions, MemSource};
use hpda_data::ops::bridge::{CubeMatrix, CubeRows, FrameOptions};
use hpda_data::plan::LazyFrame;
use hpda_data::store::{AttrValue, Batch, Budget, Compare, Field, Predicate, ScanRequest, Schema, TableSource};
use hpda_data::{Column, DType, Dataset, NdArray, Scalar, Variable};
use std::sync::Arc;

fn variable(dims: &[&str], values: NdArray) -> Variable {
    Variable::from_array(dims.iter().copied(), values).unwrap()
}

/// `t(time, y, x)` with a NaN, `h(x, y)`, a scalar coordinate, a coordinate over y, bounds, no labels along x.
fn cube() -> Dataset {
    let mut ds = Dataset::new();
    let time = NdArray::from_vec(vec![0i64, 86_400_000_000], &[2]).unwrap();
    let instant = DType::Instant { unit: TimeUnit::Us, tz: None, calendar: Calendar::ProlepticGregorian };
    let mut time = variable(&["time"], time.reinterpret(instant).unwrap());
    time.attrs.set("bounds", "time_bnds");
    ds.insert_coord("time", time).unwrap();
    ds.insert_coord("y", variable(&["y"], NdArray::from_vec(vec![10.0f64, 20.0, 30.0], &[3]).unwrap())).unwrap();
    ds.insert_coord("zone", variable(&["y"], NdArray::from_vec(vec![1i32, 2, 3], &[3]).unwrap())).unwrap();
    ds.insert_coord("height", variable(&[], NdArray::from_number(2.0f64))).unwrap();
    let mut t: Vec<f32> = (0..12).map(|i| i as f32).collect();
    t[5] = f32::NAN;
    let mut t = variable(&["time", "y", "x"], NdArray::from_vec(t, &[2, 3, 2]).unwrap());
    t.attrs.set("units", "K");
    ds.insert("t", t).unwrap();
    ds.insert("h", variable(&["x", "y"], NdArray::from_vec(vec![1i16, 2, 3, 4, 5, 6], &[2, 3]).unwrap())).unwrap();
    ds.insert("time_bnds", variable(&["time", "b"], NdArray::from_vec(vec![0.0f64; 4], &[2, 2]).unwrap())).unwrap();
    ds
}

fn table(source: &dyn TableSource, batch_rows: usize) -> Batch {
    let budget = Budget::unlimited();
    let request = ScanRequest { batch_rows, ..ScanRequest::all(&budget) };
    let parts = 0..source.parts();
    let batches: Vec<Batch> = parts.flat_map(|p| source.scan(p, &request).unwrap()).map(Result::unwrap).collect();
    assert!(batches.iter().all(|b| b.rows() <= batch_rows));
    Batch::concat(source.schema(), &batches).unwrap()
}

fn texts(batch: &Batch, column: &str) -> Vec<String> {
    let c = &batch.columns[batch.schema.position(column).unwrap()];
    (0..c.len()).map(|i| c.scalar(i).to_string()).collect()
}

#[test]
fn cube_becomes_one_row_per_cell_with_dims_coordinates_and_variables() {
    let (rows, notices) = CubeRows::new(&cube(), &FrameOptions::default(), &Budget::unlimited()).unwrap();
    assert_eq!(rows.schema().names().collect::<Vec<_>>(), ["time", "y", "x", "zone", "height", "t", "h"]);
    assert_eq!(rows.rows(), Some(12));
    let whole = table(&rows, 100);
    assert_eq!(texts(&whole, "y")[..6], ["10.0", "10.0", "20.0", "20.0", "30.0", "30.0"]);
    assert_eq!(texts(&whole, "x")[..3], ["0", "1", "0"]);
    assert_eq!(texts(&whole, "zone")[4..8], ["3", "3", "1", "1"]);
    assert_eq!(texts(&whole, "time")[5..7], ["1970-01-01T00:00:00", "1970-01-02T00:00:00"]);
    assert_eq!(texts(&whole, "h")[..6], ["1", "4", "2", "5", "3", "6"]);
    assert_eq!(texts(&whole, "h")[6..], texts(&whole, "h")[..6]);
    let t = &whole.columns[5];
    assert_eq!((t.scalar(4), t.scalar(5), t.null_count()), (Scalar::F32(4.0), Scalar::Null, 1));
    assert_eq!(whole.schema.fields[5].attrs.text("units"), Some("K"));
    let lost: Vec<_> = notices.iter().collect();
    assert!(lost.len() == 1 && lost[0].level == Level::Omitted && lost[0].message.contains("time_bnds"));
}

#[test]
fn parts_and_batches_of_any_size_give_the_same_rows() {
    let mut ds = Dataset::new();
    let (n, m, k) = (70, 60, 50);
    let values: Vec<f64> = (0..n * m * k).map(|i| i as f64).collect();
    ds.insert("v", variable(&["a", "b", "c"], NdArray::from_vec(values, &[n, m, k]).unwrap())).unwrap();
    ds.insert("w", variable(&["c", "a"], NdArray::from_vec((0..(n * k) as i32).collect(), &[k, n]).unwrap())).unwrap();
    let (small, _) = CubeRows::new(&ds, &FrameOptions::default(), &Budget::new(1 << 20)).unwrap();
    let (large, _) = CubeRows::new(&ds, &FrameOptions::default(), &Budget::unlimited()).unwrap();
    assert!(small.parts() > 10 && large.parts() < small.parts());
    let (x, y) = (table(&small, 777), table(&large, 1 << 20));
    assert_eq!(x.rows(), n * m * k);
    for (a, b) in x.columns.iter().zip(&y.columns) {
        assert!(a == b);
    }
    let row = 123_456;
    let (a, c) = (row / (m * k), row % k);
    assert_eq!(x.columns[4].scalar(row), Scalar::I64((c * n + a) as i64));
}

#[test]
fn variable_with_a_dim_of_its_own_is_refused_and_var_is_named() {
    let mut ds = cube();
    ds.insert("other", variable(&["z"], NdArray::from_vec(vec![1i32], &[1]).unwrap())).unwrap();
    let e = CubeRows::new(&ds, &FrameOptions::default(), &Budget::unlimited()).unwrap_err();
    assert!(e.message().contains("\"other\"") && e.message().contains("\"z\""), "{e}");
    assert!(e.remedy().unwrap_or("").contains("--var t"), "{e}");
    let (rows, _) = CubeRows::new(&ds, &FrameOptions::default().vars(["other"]), &Budget::unlimited()).unwrap();
    assert_eq!(rows.rows(), Some(1));
    assert!(CubeRows::new(&ds, &FrameOptions::default().vars(["nothing"]), &Budget::unlimited()).is_err());
}

#[test]
fn matrix_has_labels_of_the_second_dim_as_columns() {
    let ds = cube().isel(&[("time", hpda_data::store::Selector::span(1, 1))]).unwrap();
    let (matrix, _) = CubeMatrix::new(&ds, Some("t"), &Budget::unlimited()).unwrap();
    assert_eq!(matrix.schema().names().collect::<Vec<_>>(), ["y", "0", "1"]);
    let whole = table(&matrix, 2);
    assert_eq!(texts(&whole, "1"), ["7.0", "9.0", "11.0"]);
    assert!(CubeMatrix::new(&cube(), Some("t"), &Budget::unlimited()).unwrap_err().message().contains("no matrix"));
}

fn source(columns: Vec<(&str, Column)>) -> LazyFrame {
    let fields = columns.iter().map(|(n, c)| Field::new(*n, c.dtype().clone())).collect();
    let schema = Arc::new(Schema::new(fields));
    let batch = Batch::new(schema.clone(), columns.into_iter().map(|(_, c)| c).collect()).unwrap();
    LazyFrame::scan(Arc::new(MemSource::new(schema, vec![batch])))
}

#[test]
fn table_becomes_a_cube_with_sorted_labels_and_gaps() {
    let s = source(vec![
        ("x", Column::from(vec!["b", "a", "b"])),
        ("v", Column::from(vec![Some(1.0f64), Some(2.0), None])),
        ("t", Column::from(vec![2i64, 1, 1])),
        ("n", Column::from(vec![7i32, 8, 9])),
        ("s", Column::from(vec!["p", "q", "r"])),
    ]);
    let (ds, _) = s.to_dataset(&["t", "x"], &CubeOptions::default(), &ExecOptions::default()).unwrap();
    let scalars = |name: &str| {
        let a = ds.variable(name).unwrap().load().unwrap();
        (0..a.len()).map(|i| a.scalar(i).to_string()).collect::<Vec<_>>()
    };
    assert_eq!(scalars("x"), ["a", "b"]);
    assert_eq!(scalars("t"), ["1", "2"]);
    assert_eq!(scalars("n"), ["8", "9", "-", "7"]);
    assert_eq!(scalars("s"), ["q", "r", "-", "p"]);
    let v = ds.variable("v").unwrap().load().unwrap();
    assert!(!v.has_valid() && v.as_slice::<f64>().unwrap()[1].is_nan() && v.as_slice::<f64>().unwrap()[2].is_nan());
    // And it can be written: missing integers get a fill value.
    let (raw, _) = coding::encode(&ds).unwrap();
    assert_eq!(raw.variable("n").unwrap().attrs.get("_FillValue"), Some(&AttrValue::I32(vec![-2_147_483_647])));
    let (back, _) = coding::decode(raw, &DecodeOptions::default()).unwrap();
    assert_eq!(back.variable("n").unwrap().load().unwrap().scalar(2), Scalar::Null);
}

#[test]
fn rows_of_the_same_labels_are_refused_by_name() {
    let s = source(vec![("k", Column::from(vec![1i64, 2, 1])), ("v", Column::from(vec![1.0, 2.0, 3.0]))]);
    let e = s.to_dataset(&["k"], &CubeOptions::default(), &ExecOptions::default()).unwrap_err();
    assert!(e.message().contains("k=1") && e.message().contains("rows 0 and 2"), "{e}");
    let s = source(vec![("k", Column::from(vec![Some(1i64), None])), ("v", Column::from(vec![1.0, 2.0]))]);
    let e = s.to_dataset(&["k"], &CubeOptions::default(), &ExecOptions::default()).unwrap_err();
    assert_eq!(e.place().row, Some(1));
    assert!(s.to_dataset(&["kk"], &CubeOptions::default(), &ExecOptions::default()).unwrap_err().remedy().unwrap_or("").contains("\"k\""));
}

#[test]
fn cube_to_table_and_back_is_the_same_cube() {
    let ds = cube();
    let (rows, _) = CubeRows::new(&ds, &FrameOptions::default().vars(["t"]), &Budget::unlimited()).unwrap();
    let (back, _) =
        LazyFrame::scan(Arc::new(rows)).to_dataset(&["time", "y", "x"], &CubeOptions::default(), &ExecOptions::default()).unwrap();
    let (a, b) = (ds.variable("t").unwrap().load().unwrap(), back.variable("t").unwrap().load().unwrap());
    assert_eq!(a.shape(), b.shape());
    let bits = |a: &NdArray| a.as_slice::<f32>().unwrap().iter().map(|x| x.to_bits()).collect::<Vec<_>>();
    assert_eq!(bits(&a), bits(&b));
    assert_eq!(back.variable("t").unwrap().attrs.text("units"), Some("K"));
}

#[test]
fn blocks_without_a_label_that_is_asked_for_are_not_read() {
    let mut ds = Dataset::new();
    ds.insert_coord("a", variable(&["a"], NdArray::from_vec((0..64i64).collect(), &[64]).unwrap())).unwrap();
    ds.insert("v", variable(&["a", "b"], NdArray::from_vec(vec![1.0f64; 64 * 4096], &[64, 4096]).unwrap())).unwrap();
    let budget = Budget::new(1 << 20);
    let (rows, _) = CubeRows::new(&ds, &FrameOptions::default(), &budget).unwrap();
    assert!(rows.parts() > 16);
    let found = |compare, value: i64| {
        let predicates = vec![Predicate { column: 0, compare, value: value.into() }];
        let request = ScanRequest { predicates, ..ScanRequest::all(&budget) };
        (0..rows.parts()).filter(|&p| rows.scan(p, &request).unwrap().next().is_some()).count()
    };
    assert_eq!((found(Compare::Eq, 40), found(Compare::Eq, 99), found(Compare::Ge, 0)), (1, 0, rows.parts()));
}

#[test]
fn dims_that_are_named_lead_and_the_rest_is_left_out() {
    let (rows, notices) = CubeRows::new(&cube(), &FrameOptions::default().dims(["y", "x"]), &Budget::unlimited()).unwrap();
    assert_eq!(rows.schema().names().collect::<Vec<_>>(), ["y", "x", "zone", "height", "h"]);
    let said: Vec<String> = notices.iter().map(|n| n.message.clone()).collect();
    assert!(said.iter().any(|s| s.contains("\"t\"")) && said.iter().any(|s| s.contains("time_bnds")), "{said:?}");
    // Variables without a common shape make a row for every combination, where all dims are named.
    let mut ds = cube();
    ds.insert("other", variable(&["z"], NdArray::from_vec(vec![7i32, 8], &[2]).unwrap())).unwrap();
    let (rows, _) = CubeRows::new(&ds, &FrameOptions::default().dims(["z", "time", "y", "x"]), &Budget::unlimited()).unwrap();
    assert_eq!(rows.rows(), Some(24));
    let whole = table(&rows, 5);
    assert_eq!(
        (texts(&whole, "other")[11..13].to_vec(), texts(&whole, "t")[12].clone()),
        (vec!["7".to_string(), "8".into()], "0.0".into())
    );
    for (dims, word) in [(vec!["y", "y"], "twice"), (vec!["yy"], "\"y\"")] {
        let e = CubeRows::new(&ds, &FrameOptions::default().dims(dims), &Budget::unlimited()).unwrap_err();
        assert!(e.to_string().contains(word), "{e}");
    }
}
