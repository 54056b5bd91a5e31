//! Plain bytes with a type and a shape that must fit.

use hpda_data::array::Variable;
use hpda_data::error::{ErrorKind, Level};
use hpda_data::io::raw::{self, Order, RawOptions, RawSink, RawWriteOptions};
use hpda_data::io::{Output, Overwrite};
use hpda_data::store::{ChunkSink, Selection};
use hpda_data::{DType, Dataset, NdArray, Scalar};
use std::path::PathBuf;

/// 2 x 3 doubles 0, 0.5, 1 .. after a header of four bytes, in a folder of its own.
fn doubles(lead: &[u8], big_endian: bool) -> (tempfile::TempDir, PathBuf) {
    let to = tempfile::tempdir().unwrap();
    let path = to.path().join("x.raw");
    let mut bytes = lead.to_vec();
    for i in 0..6 {
        let x = i as f64 / 2.0;
        bytes.extend(if big_endian { x.to_be_bytes() } else { x.to_le_bytes() });
    }
    std::fs::write(&path, bytes).unwrap();
    (to, path)
}

fn values(ds: &Dataset) -> Vec<f64> {
    ds.vars["data"].load().unwrap().as_slice::<f64>().unwrap().to_vec()
}

#[test]
fn raw_with_its_type_and_shape_reads_in_both_orders() {
    let (_to, path) = doubles(b"", false);
    let ds = raw::open(&path, &RawOptions::new(DType::F64, &[2, 3])).unwrap();
    assert_eq!(ds.vars["data"].dims().iter().map(|d| &**d).collect::<Vec<_>>(), ["dim_0", "dim_1"]);
    assert_eq!(values(&ds), [0.0, 0.5, 1.0, 1.5, 2.0, 2.5]);
    let f = RawOptions { order: Order::F, ..RawOptions::new(DType::F64, &[2, 3]) };
    assert_eq!(values(&raw::open(&path, &f).unwrap()), [0.0, 1.0, 2.0, 0.5, 1.5, 2.5]);
}

#[test]
fn raw_after_an_offset_and_big_endian_reads_though_unaligned() {
    let (_to, path) = doubles(b"HEAD", true);
    let options = RawOptions { offset: 4, big_endian: true, ..RawOptions::new(DType::F64, &[6]) };
    assert_eq!(values(&raw::open(&path, &options).unwrap()), [0.0, 0.5, 1.0, 1.5, 2.0, 2.5]);
    let (_to, path) = doubles(b"HEAD", false);
    let options = RawOptions { offset: 4, ..RawOptions::new(DType::F64, &[2, 3]) };
    let ds = raw::open(&path, &options).unwrap();
    assert_eq!(ds.vars["data"].read(&Selection::hyperslab(&[1, 0], &[1, 3])).unwrap().as_slice::<f64>().unwrap(), [1.5, 2.0, 2.5]);
}

#[test]
fn raw_whose_size_does_not_fit_is_refused_with_both_numbers_and_a_shape_that_fits() {
    let (_to, path) = doubles(b"", false);
    for (dtype, shape, offset, numbers, help) in [
        (DType::F64, vec![40000, 40000], 0, ["48 bytes", "12800000000"], "--shape 6 would fit"),
        (DType::F64, vec![5, 3], 0, ["48 bytes", "120"], "--shape 2,3 would fit"),
        (DType::F32, vec![2, 3], 0, ["48 bytes", "24"], "would fit with --dtype f64"),
        (DType::U8, vec![6], 0, ["48 bytes", "6"], "would fit with --dtype i64, u64 or f64"),
        (DType::F64, vec![6], 4, ["44 bytes after the first 4", "48"], "no multiple of the 8 bytes"),
        (DType::I64, vec![usize::MAX, usize::MAX], 0, ["48 bytes", "i64"], "--shape 6 would fit"),
    ] {
        let e = raw::open(&path, &RawOptions { offset, ..RawOptions::new(dtype, &shape) }).unwrap_err();
        assert_eq!(e.kind(), ErrorKind::Shape, "{e}");
        assert!(numbers.iter().all(|n| e.message().contains(n)), "{e}");
        assert!(e.remedy().unwrap().contains(help), "{e}");
    }
    let e = raw::open(&path, &RawOptions { offset: 100, ..RawOptions::new(DType::F64, &[1]) }).unwrap_err();
    assert!(e.message().contains("48 bytes") && e.message().contains("100"), "{e}");
    assert_eq!(raw::open(&path, &RawOptions::new(DType::Str, &[6])).unwrap_err().kind(), ErrorKind::Type);
}

#[test]
fn raw_written_reads_back_with_the_options_that_it_names() {
    let to = tempfile::tempdir().unwrap();
    let path = to.path().join("t.raw");
    let times = NdArray::from_vec(vec![5i64, 7], &[2, 1]).unwrap().reinterpret(DType::datetime()).unwrap();
    let times = times.with_valid(Some(vec![1u8, 0].into())).unwrap();
    let mut ds = Dataset::new();
    ds.insert("data", Variable::from_array(["dim_0", "dim_1"], times.clone()).unwrap()).unwrap();
    let (mut sink, notices) = RawSink::create(Output::create(&path, Overwrite::No).unwrap(), &ds, &RawWriteOptions::default()).unwrap();
    assert!(notices.iter().all(|n| n.level == Level::Omitted));
    assert!(notices.iter().any(|n| n.message.contains("--dtype datetime --shape 2,1")), "{notices:?}");
    assert!(sink.grid("other").is_none());
    sink.write("data", &[0, 0], &times).unwrap();
    Box::new(sink).finish().unwrap();
    assert_eq!(std::fs::metadata(&path).unwrap().len(), 16);
    let back = raw::open(&path, &RawOptions::new(DType::datetime(), &[2, 1])).unwrap().vars["data"].load().unwrap();
    assert_eq!((back.scalar(0), back.scalar(1)), (times.scalar(0), Scalar::Null));
}

#[test]
fn raw_of_nothing_is_an_empty_array() {
    let to = tempfile::tempdir().unwrap();
    let path = to.path().join("x.raw");
    std::fs::write(&path, b"").unwrap();
    let ds = raw::open(&path, &RawOptions::new(DType::F64, &[0, 3])).unwrap();
    assert!(ds.vars["data"].load().unwrap().is_empty());
    assert!(raw::open(&path, &RawOptions::new(DType::F64, &[])).is_err());
}
