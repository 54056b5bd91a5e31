//! Summaries of tables and cubes. Expected numbers: pandas `describe`, numpy, and formulas.

use hpda_data::exec::summary::{ColumnSummary, SummaryOptions, TableSummary, cube_summary, summary};
use hpda_data::exec::{ExecOptions, MemSource};
use hpda_data::store::TableSource;
use hpda_data::{Column, DType, DataFrame, Dataset, NdArray, Scalar, Variable};
use std::sync::Arc;

fn source(columns: Vec<(&str, Column)>) -> Arc<dyn TableSource> {
    Arc::new(MemSource::from_frame(&DataFrame::new(columns).unwrap()).unwrap())
}

fn of(column: Column) -> ColumnSummary {
    let s = summary(&source(vec![("x", column)]), &SummaryOptions::default(), &ExecOptions::default()).unwrap();
    s.columns.into_iter().next().unwrap()
}

#[test]
fn summary_of_numbers_is_that_of_pandas() {
    let s = of(Column::from(vec![Some(4.0), Some(f64::NAN), None, Some(1.0), Some(-0.0), Some(0.0), Some(2.5)]));
    // pd.Series([4, 1, 0, 0, 2.5]).describe()
    assert_eq!((s.count, s.missing, s.unique), (5, 2, Some(4)));
    assert_eq!(s.mean, Some(1.5));
    assert!((s.std.unwrap() - 1.732_050_807_568_877_2).abs() < 1e-15);
    assert_eq!((s.min, s.max), (Scalar::F64(0.0), Scalar::F64(4.0)));
    assert_eq!(s.quantiles, [Some(0.0), Some(1.0), Some(2.5)]);
    assert_eq!((s.top, s.freq), (Scalar::Null, None));
}

#[test]
fn summary_of_nothing_is_blank() {
    let s = of(Column::from(vec![None::<f64>, None]));
    assert_eq!((s.count, s.missing, s.unique, s.mean, s.std), (0, 2, Some(0), None, None));
    assert_eq!((s.min, s.quantiles), (Scalar::Null, vec![None; 3]));
    let s = of(Column::from(vec![7i64]));
    assert_eq!((s.mean, s.std, s.quantiles), (Some(7.0), None, vec![Some(7.0); 3]));
    let s = of(Column::from_texts([None::<&str>]));
    assert_eq!((s.unique, s.min, s.top, s.freq), (Some(0), Scalar::Null, Scalar::Null, None));
}

#[test]
fn summary_of_text_takes_the_smallest_of_the_commonest() {
    let long = "a text that is longer than twelve bytes";
    let s = of(Column::from_texts([Some("b"), Some("a"), None, Some("b"), Some("a"), Some(long), Some(long)]));
    assert_eq!((s.count, s.missing, s.unique), (6, 1, Some(3)));
    assert_eq!((s.min, s.max, s.top, s.freq), ("a".into(), "b".into(), "a".into(), Some(2)));
    assert_eq!((s.mean, s.quantiles), (None, vec![None; 3]));
}

#[test]
fn summary_of_bool_dates_and_extreme_integers_keeps_their_types() {
    let s = of(Column::from(vec![Some(true), Some(false), None]));
    assert_eq!((s.unique, s.top, s.freq, s.min, s.mean), (Some(2), Scalar::Bool(false), Some(1), Scalar::Null, None));
    let s = of(Column::datetimes(vec![Some(-1), Some(5), None]));
    let at = |value| Scalar::Instant {
        value,
        unit: hpda_data::dtype::TimeUnit::Us,
        tz: None,
        calendar: hpda_data::dtype::Calendar::ProlepticGregorian,
    };
    assert_eq!((s.min, s.max, s.unique, s.mean), (at(-1), at(5), Some(2), None));
    let s = of(Column::from(vec![i64::MIN, i64::MAX]));
    assert_eq!((s.min, s.max), (Scalar::I64(i64::MIN), Scalar::I64(i64::MAX)));
    let s = of(Column::from(vec![0u64, u64::MAX]));
    assert_eq!((s.min, s.max), (Scalar::U64(0), Scalar::U64(u64::MAX)));
}

#[test]
fn summary_frame_has_the_columns_of_the_contract() {
    let table = source(vec![("x", vec![1.0, 2.0].into()), ("s", vec!["u", "v"].into())]);
    let s = summary(&table, &SummaryOptions { quantiles: vec![0.1, 0.29] }, &ExecOptions::default()).unwrap();
    let frame = s.to_frame().unwrap();
    let names = ["column", "dtype", "count", "missing", "unique", "mean", "std", "min", "10%", "29%", "max", "top", "freq"];
    assert_eq!(frame.names(), names);
    assert_eq!(frame.column("min").unwrap(), &Column::from(vec!["1.0", "u"]));
    assert_eq!(frame.column("10%").unwrap(), &Column::from(vec![Some(1.1), None]));
    assert!(summary(&table, &SummaryOptions { quantiles: vec![1.5] }, &ExecOptions::default()).is_err());
}

/// Every budget, number of threads and division into batches gives the same bits, and what a plain sort gives.
#[test]
fn summary_within_any_budget_gives_the_same_bits() {
    let n = 60_000u64;
    let mix = |i: u64| i.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let floats: Vec<f64> = (0..n).map(|i| (mix(i) as f64 / 2f64.powi(64) - 0.3) * 10f64.powi((mix(i + 7) % 20) as i32)).collect();
    let ints: Vec<i64> = (0..n).map(|i| (mix(i) >> 40) as i64 - 5000).collect();
    let texts: Vec<String> = (0..n).map(|i| format!("text number {} of many", mix(i) >> 47)).collect();
    let frame = DataFrame::new([("f", Column::from(floats.clone())), ("i", Column::from(ints)), ("t", Column::from(texts))]).unwrap();
    let whole = frame.to_batch().unwrap();
    let mut first: Option<TableSummary> = None;
    for (memory, threads, step) in [(1 << 30, 2, 65536), (1 << 30, 1, 1000), (1 << 20, 3, 4096), (10_000, 2, 20_001)] {
        let batches = (0..n as usize).step_by(step).map(|i| whole.slice(i, step.min(n as usize - i))).collect();
        let source: Arc<dyn TableSource> = Arc::new(MemSource::new(whole.schema.clone(), batches));
        let options = ExecOptions { threads: Some(threads), ..ExecOptions::default().with_memory(memory) };
        let got = summary(&source, &SummaryOptions::default(), &options).unwrap();
        let first = first.get_or_insert_with(|| got.clone());
        assert_eq!(format!("{got:?}"), format!("{first:?}"));
    }
    let mut sorted = floats;
    sorted.sort_unstable_by(f64::total_cmp);
    let s = &first.unwrap().columns[0];
    assert_eq!((&s.min, &s.max), (&Scalar::F64(sorted[0]), &Scalar::F64(sorted[n as usize - 1])));
    let at = 0.25 * (n - 1) as f64;
    let (low, high) = (sorted[at as usize], sorted[at as usize + 1]);
    assert!((s.quantiles[0].unwrap() - (low + (high - low) * at.fract())).abs() <= 1e-12 * high.abs());
}

#[test]
fn cube_summary_counts_missing_and_lists_coordinates_after_variables() {
    let mut ds = Dataset::new();
    let tas = NdArray::from_vec(vec![1.0f32, f32::NAN, 3.0, 2.0, 4.0, 0.0], &[2, 3]).unwrap();
    ds.insert_coord("lat", Variable::from_array(["lat"], NdArray::from_vec(vec![-45.0, 45.0], &[2]).unwrap()).unwrap()).unwrap();
    ds.insert("tas", Variable::from_array(["lat", "lon"], tas).unwrap()).unwrap();
    let flags = NdArray::from_vec(vec![5i16, 6, 7], &[3]).unwrap().with_valid(Some(vec![1u8, 1, 0].into())).unwrap();
    ds.insert("flag", Variable::from_array(["lon"], flags).unwrap()).unwrap();
    ds.insert("lat_bnds", Variable::from_array(["lat", "b"], NdArray::from_vec(vec![0.0; 4], &[2, 2]).unwrap()).unwrap()).unwrap();
    let s = cube_summary(&ds, &["lat_bnds".into()], &ExecOptions::default()).unwrap();
    assert_eq!(s.variables.iter().map(|v| v.variable.as_str()).collect::<Vec<_>>(), ["tas", "flag", "lat"]);
    assert_eq!(s.companions.len(), 1);
    let tas = &s.variables[0];
    // numpy: nanmean, nanstd of the five.
    assert_eq!((tas.count, tas.missing, tas.mean), (5, 1, Some(2.0)));
    assert!((tas.std.unwrap() - 2f64.sqrt()).abs() < 1e-15);
    assert_eq!((&tas.min, &tas.max, &tas.dtype), (&Scalar::F32(0.0), &Scalar::F32(4.0), &DType::F32));
    assert_eq!((s.variables[1].count, &s.variables[1].max), (2, &Scalar::I64(6)));
    let frame = s.to_frame().unwrap();
    assert_eq!(frame.names(), ["variable", "dtype", "dims", "shape", "count", "missing", "mean", "std", "min", "max"]);
    assert_eq!(frame.column("dims").unwrap().scalar(0), "lat,lon".into());
    assert_eq!(frame.column("shape").unwrap().scalar(0), "2,3".into());
}

#[test]
fn chunk_beyond_the_budget_is_refused_with_the_bytes_that_it_needs() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("one.h5");
    let n = 1 << 20;
    let mut ds = hpda_data::Dataset::new();
    let values = hpda_data::store::NdArray::from_vec(vec![1.5f64; n], &[n]).unwrap();
    let mut v = hpda_data::Variable::from_array(["x"], values).unwrap();
    (v.encoding.chunks, v.encoding.filters) = (Some(vec![n]), vec![hpda_data::array::Filter::Deflate(1)]);
    ds.insert("v", v).unwrap();
    ds.save(&path).unwrap();
    let ds = hpda_data::open_dataset(&path).unwrap();
    let e = cube_summary(&ds, &[], &ExecOptions::default().with_memory(10 << 20)).unwrap_err();
    assert_eq!(e.kind(), hpda_data::ErrorKind::Budget);
    // The values, a chunk as stored and one decoded.
    assert!(e.message().contains(&format!("a block of whole chunks needs {} bytes", 3 * 8 * n)), "{e}");
    let mean = |memory: usize| {
        let how = hpda_data::exec::reduce::Reduction::named("mean").unwrap();
        let (mean, _) = ds.reduce(&how, &ExecOptions::default().with_memory(memory)).unwrap();
        mean.variable("v").unwrap().load()
    };
    assert_eq!(mean(10 << 20).unwrap_err().kind(), hpda_data::ErrorKind::Budget);
    assert_eq!(mean(64 << 20).unwrap().scalar(0), Scalar::F64(1.5));
    let done = cube_summary(&ds, &[], &ExecOptions::default().with_memory(32 << 20)).unwrap();
    assert_eq!((done.variables[0].count, done.variables[0].mean), (n as u64, Some(1.5)));
}
