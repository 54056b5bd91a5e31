//! npy files as numpy writes them (`tests/parity/make_npy.py`), and ours as numpy would have written them.

use hpda_data::array::Variable;
use hpda_data::dtype::Calendar;
use hpda_data::error::{ErrorKind, Level, Notices};
use hpda_data::io::npy::{self, NpySink, NpyWriteOptions};
use hpda_data::io::{Output, Overwrite};
use hpda_data::store::{ChunkSink, Selection, Selector};
use hpda_data::{DType, Dataset, Error, NdArray, Result, Scalar};
use serde_json::Value;
use std::path::{Path, PathBuf};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/files/data/npy")
}

fn expected() -> serde_json::Map<String, Value> {
    let text = std::fs::read_to_string(folder().join("expected.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// Whether our element is what numpy says.
fn agrees(ours: &Scalar, numpy: &Value) -> bool {
    match (ours, numpy) {
        (Scalar::Null, Value::Null) => true,
        (Scalar::Bool(x), Value::Bool(y)) => x == y,
        (Scalar::I64(x), y) => y.as_i64() == Some(*x),
        (Scalar::U64(x), y) => y.as_u64() == Some(*x),
        (Scalar::Instant { value, .. } | Scalar::Duration { value, .. }, y) => y.as_i64() == Some(*value),
        (Scalar::F32(x), Value::String(y)) => same_bits(*x as f64, y.parse().unwrap()),
        (Scalar::F64(x), Value::String(y)) => same_bits(*x, y.parse().unwrap()),
        (Scalar::Str(x), Value::String(y)) => **x == **y,
        _ => false,
    }
}

fn same_bits(x: f64, y: f64) -> bool {
    x.is_nan() && y.is_nan() || x.to_bits() == y.to_bits()
}

/// Writes blocks of the sink's grid, the last one first.
fn write(ds: &Dataset, target: &Path, options: &NpyWriteOptions) -> Result<Notices> {
    let (mut sink, notices) = NpySink::create(Output::create(target, Overwrite::No)?, ds, options)?;
    let name = options.variable.as_deref().unwrap_or("data");
    let grid = sink.grid(name).ok_or_else(|| Error::invalid("no such variable"))?;
    let variable = ds.variable(name)?;
    for i in (0..grid.count()).rev() {
        let (start, shape) = grid.block(i);
        sink.write(name, &start, &variable.read(&Selection::hyperslab(&start, &shape))?)?;
    }
    Box::new(sink).finish()?;
    Ok(notices)
}

#[test]
fn npy_files_of_every_type_read_as_numpy_reads_them() {
    for (name, want) in expected() {
        let ds = npy::open(&folder().join(format!("{name}.npy"))).unwrap();
        let v = ds.variable("data").unwrap();
        assert_eq!(v.dtype().to_string(), want["dtype"].as_str().unwrap(), "{name}");
        let shape: Vec<usize> = want["shape"].as_array().unwrap().iter().map(|n| n.as_u64().unwrap() as usize).collect();
        assert_eq!(v.shape(), shape, "{name}");
        let a = v.load().unwrap();
        assert!(a.is_contiguous(), "{name}");
        let values = want["values"].as_array().unwrap();
        assert_eq!(a.len(), values.len(), "{name}");
        for (i, y) in values.iter().enumerate() {
            assert!(agrees(&a.scalar(i), y), "{name}: element {i} is {:?}, and numpy has {y}", a.scalar(i));
        }
    }
}

#[test]
fn npy_selections_of_every_layout_take_the_same_elements() {
    let picks = [
        Selection::new(vec![Selector::At(1), Selector::All, Selector::Range { start: 3, count: 2, step: -2 }]),
        Selection::new(vec![Selector::span(0, 1), Selector::Take(vec![2, 0].into()), Selector::At(3)]),
        Selection::new(vec![Selector::All, Selector::span(1, 0), Selector::All]),
    ];
    let c = npy::open(&folder().join("c_i4.npy")).unwrap().vars["data"].load().unwrap();
    for name in ["c_i4", "f_i4", "be_i4", "bef_i4"] {
        let ds = npy::open(&folder().join(format!("{name}.npy"))).unwrap();
        for pick in &picks {
            let (ours, want) = (ds.vars["data"].read(pick).unwrap(), c.select(pick).unwrap());
            assert_eq!(ours.shape(), want.shape(), "{name}");
            assert!((0..want.len()).all(|i| ours.scalar(i) == want.scalar(i)), "{name} {pick:?}");
        }
        assert!(ds.vars["data"].read(&Selection::new(vec![Selector::At(2), Selector::All, Selector::All])).is_err());
    }
}

#[test]
fn npy_written_is_byte_for_byte_what_numpy_writes() {
    let to = tempfile::tempdir().unwrap();
    let mut compared = 0;
    for (name, want) in expected() {
        let source = folder().join(format!("{name}.npy"));
        let target = to.path().join(format!("{name}.npy"));
        let ds = npy::open(&source).unwrap();
        let notices = write(&ds, &target, &NpyWriteOptions::default()).unwrap();
        assert!(notices.is_empty(), "{name}: {notices:?}");
        if want["same"].as_bool().unwrap() {
            assert_eq!(std::fs::read(&target).unwrap(), std::fs::read(&source).unwrap(), "{name}");
            compared += 1;
        }
        let (a, b) = (ds.vars["data"].load().unwrap(), npy::open(&target).unwrap().vars["data"].load().unwrap());
        assert!(a.dtype() == b.dtype() && (0..a.len()).all(|i| format!("{:?}", a.scalar(i)) == format!("{:?}", b.scalar(i))), "{name}");
    }
    assert!(compared >= 25, "{compared}");
}

#[test]
fn npy_of_a_kind_that_is_no_cube_is_refused_by_name() {
    for (name, word, way) in [
        ("refused_object", "Python objects", "astype"),
        ("refused_complex", "complex", "a.real"),
        ("refused_struct", "structured", "to_parquet"),
        ("refused_void", "raw bytes", "view"),
        ("refused_long", "extended precision", "astype"),
    ] {
        let e = npy::open(&folder().join(format!("{name}.npy"))).unwrap_err();
        assert_eq!(e.kind(), ErrorKind::Unsupported, "{name}");
        assert!(e.message().contains(word) && e.remedy().unwrap().contains(way), "{name}: {e}");
        assert!(e.place().file.is_some(), "{name}");
    }
    for (name, kind) in [("refused_S_latin", ErrorKind::Parse), ("refused_far", ErrorKind::Overflow)] {
        let e = npy::open(&folder().join(format!("{name}.npy"))).unwrap().vars["data"].load().unwrap_err();
        assert_eq!(e.kind(), kind, "{name}: {e}");
        assert!(e.place().file.is_some() && e.remedy().is_some(), "{name}: {e}");
    }
}

#[test]
fn npy_of_another_length_than_its_header_says_is_an_error_with_both_numbers() {
    let to = tempfile::tempdir().unwrap();
    let bytes = std::fs::read(folder().join("c_f8.npy")).unwrap();
    for (length, word) in [(bytes.len() - 1, "shorter"), (bytes.len() + 5, "longer")] {
        let path = to.path().join(format!("{word}.npy"));
        let mut changed = bytes.clone();
        changed.resize(length, 7);
        std::fs::write(&path, changed).unwrap();
        let e = npy::open(&path).unwrap_err();
        let (have, want) = ((length - 128).to_string(), "takes 192");
        assert!(e.message().contains(word) && e.message().contains(&have) && e.message().contains(want), "{e}");
    }
}

fn integers_with_missing() -> Dataset {
    let a = NdArray::from_vec(vec![1i32, 2, 3], &[3]).unwrap().with_valid(Some(vec![1u8, 0, 1].into())).unwrap();
    let mut ds = Dataset::new();
    ds.insert("data", Variable::from_array(["dim_0"], a).unwrap()).unwrap();
    ds
}

#[test]
fn integers_with_missing_go_to_npy_only_with_a_stand_in() {
    let to = tempfile::tempdir().unwrap();
    let ds = integers_with_missing();
    let target = to.path().join("x.npy");
    let e = write(&ds, &target, &NpyWriteOptions::default()).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::Loss);
    assert!(e.remedy().unwrap().contains("--missing-as"), "{e}");
    let with = |text: &str| NpyWriteOptions { missing_as: Some(text.into()), ..NpyWriteOptions::default() };
    // A stand-in that is a value as well would make the two one.
    assert_eq!(write(&ds, &target, &with("3")).unwrap_err().kind(), ErrorKind::Loss);
    assert_eq!(write(&ds, &target, &with("x")).unwrap_err().kind(), ErrorKind::Parse);
    assert_eq!(write(&ds, &target, &with("3e9")).unwrap_err().kind(), ErrorKind::Parse);
    assert_eq!(std::fs::read_dir(to.path()).unwrap().count(), 0, "nothing is left behind");
    write(&ds, &target, &with("-9999")).unwrap();
    assert_eq!(npy::open(&target).unwrap().vars["data"].load().unwrap().as_slice::<i32>().unwrap(), [1, -9999, 3]);
}

#[test]
fn npy_lists_what_it_has_no_place_for() {
    let to = tempfile::tempdir().unwrap();
    let line = |n: usize| NdArray::from_vec((0..n).map(|i| i as f64).collect(), &[n]).unwrap();
    let mut ds = Dataset::new();
    let mut tas = Variable::from_array(["lat"], line(4)).unwrap();
    tas.attrs.set("units", "K");
    ds.insert_coord("lat", Variable::from_array(["lat"], line(4)).unwrap()).unwrap();
    ds.insert("tas", tas).unwrap();
    ds.attrs.set("title", "made up");
    let options = NpyWriteOptions { variable: Some("tas".into()), ..NpyWriteOptions::default() };
    let notices = write(&ds, &to.path().join("tas.npy"), &options).unwrap();
    let said: Vec<&str> = notices.iter().map(|n| n.message.as_str()).collect();
    assert_eq!(
        said,
        [
            "npy has no place for the name \"tas\"",
            "npy has no place for the names of the dims: \"lat\"",
            "npy has no place for the coordinates \"lat\"",
            "npy has no place for 1 attribute of the variable: \"units\"",
            "npy has no place for 1 attribute of the file: \"title\"",
        ]
    );
    assert!(notices.iter().all(|n| n.level == Level::Omitted));
}

#[test]
fn times_of_another_calendar_are_loss_and_keep_their_civil_dates() {
    let to = tempfile::tempdir().unwrap();
    let dtype = |calendar| DType::Instant { unit: hpda_data::dtype::TimeUnit::Us, tz: None, calendar };
    // 2000-03-01 of the calendar without leap days, counted in it: 30 * 365 + 59 days.
    let days = [(30 * 365 + 59) * 86_400_000_000i64];
    let cube = |calendar| {
        let a = NdArray::from_vec(days.to_vec(), &[1]).unwrap().reinterpret(dtype(calendar)).unwrap();
        let mut ds = Dataset::new();
        ds.insert("data", Variable::from_array(["dim_0"], a).unwrap()).unwrap();
        ds
    };
    let target = to.path().join("t.npy");
    let notices = write(&cube(Calendar::NoLeap), &target, &NpyWriteOptions::default()).unwrap();
    assert!(notices.refuse(Level::Changed).unwrap_err().message().contains("noleap"));
    let back = npy::open(&target).unwrap().vars["data"].load().unwrap();
    // numpy.datetime64('2000-03-01', 'us').astype(int)
    assert_eq!(back.as_slice::<i64>().unwrap(), [951_868_800_000_000]);
}
