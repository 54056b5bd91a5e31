//! Arrow files and streams of other programs, and our own read back.

use super::columnar::{assert_every_type, assert_same, categories, column, data, open, read, table, through, types};
use hpda_data::io::Codec;
use hpda_data::io::ipc::{IpcSink, IpcSource, IpcWriteOptions};
use hpda_data::store::{Batch, Budget, Field, IndexSpec, ScanRequest, Schema, TableSink, TableSource};
use hpda_data::{ErrorKind, Scalar};
use proptest::prelude::*;
use std::io::Write;
use std::sync::{Arc, Mutex};

#[test]
fn arrow_file_of_every_type_is_read_with_its_values() {
    assert_every_type(&read(&*open(&data("every_type.arrow")).unwrap()).unwrap());
    assert_every_type(&read(&*open(&data("stream_zstd.arrows")).unwrap()).unwrap());
}

#[test]
fn arrow_file_of_every_type_survives_writing() {
    let batch = read(&*open(&data("every_type.arrow")).unwrap()).unwrap();
    for codec in [Codec::None, Codec::Lz4, Codec::Zstd(3)] {
        let again = through("t.arrow", &batch.schema, &[batch.slice(0, 3), batch.slice(3, 1)], codec, None).unwrap();
        assert_same(&batch, &again);
        assert_eq!(batch.schema.metadata, again.schema.metadata);
    }
}

#[test]
fn dictionaries_that_change_between_batches_are_read() {
    let texts = |name: &str| {
        let batch = read(&*open(&data(name)).unwrap()).unwrap();
        (0..batch.rows()).map(|i| batch.columns[0].scalar(i)).collect::<Vec<_>>()
    };
    assert_eq!(texts("replaced.arrows"), ["a".into(), "b".into(), "b".into(), "c".into(), Scalar::Null, "a".into()]);
    assert_eq!(texts("delta.arrow"), ["a".into(), "b".into(), "b".into(), "c".into(), Scalar::Null]);
}

#[test]
fn arrow_of_pandas_and_polars_is_read() {
    let base = read(&*open(&data("pandas_base.feather")).unwrap()).unwrap();
    assert_eq!(base.schema.attrs.text("title"), Some("three rows"));
    assert_eq!(categories(&base.columns[2]), ["lo", "mid", "hi"]);
    assert_eq!(
        open(&data("pandas_ranged.feather")).unwrap().schema().index,
        IndexSpec::Range { start: 2, step: 2, name: Some("r".into()) }
    );
    for name in ["polars.arrow", "polars_zstd.arrow"] {
        let batch = read(&*open(&data(name)).unwrap()).unwrap();
        let types: Vec<String> = batch.columns.iter().map(|c| c.dtype().to_string()).collect();
        assert_eq!(types, ["i64", "str", "category", "category[ordered]", "date", "datetime", "list[i64]"]);
        assert_eq!(batch.columns[1].scalar(2), "a text beyond twelve bytes".into());
    }
}

#[test]
fn arrow_range_index_knows_its_end() {
    let batch = read(&*open(&data("pandas_ranged.feather")).unwrap()).unwrap();
    assert_same(&batch, &through("t.arrow", &batch.schema, std::slice::from_ref(&batch), Codec::None, None).unwrap());
}

/// A stream that is kept.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<u8>>>);

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn stream_of_every_type_comes_back() {
    let batch = table(&(0..100).map(|i| (i % 4 != 1).then_some(i * 1_234_567 - 50_000_000)).collect::<Vec<_>>());
    for codec in [Codec::None, Codec::Zstd(1)] {
        let kept = Kept::default();
        let mut sink = Box::new(IpcSink::stream(Box::new(kept.clone()), "out", batch.schema.clone(), &IpcWriteOptions { codec }).unwrap());
        sink.write(&batch.slice(0, 60)).unwrap();
        assert!(!kept.0.lock().unwrap().is_empty(), "a stream flows");
        sink.write(&batch.slice(60, 40)).unwrap();
        sink.finish().unwrap();
        let bytes = kept.0.lock().unwrap().clone();
        let source = IpcSource::spool(&bytes[..], "standard input").unwrap();
        assert_same(&batch, &read(&source).unwrap());
        assert!(source.info().stream);
        assert_eq!(source.info().batches, [60, 40]);
        let e = IpcSource::spool(&bytes[..bytes.len() / 2], "standard input").unwrap_err();
        assert_eq!(e.kind(), ErrorKind::Format);
    }
}

#[test]
fn stream_without_rows_has_its_columns() {
    let batch = table(&[]);
    let kept = Kept::default();
    let sink = Box::new(IpcSink::stream(Box::new(kept.clone()), "out", batch.schema.clone(), &IpcWriteOptions::default()).unwrap());
    sink.finish().unwrap();
    let bytes = kept.0.lock().unwrap().clone();
    let source = IpcSource::spool(&bytes[..], "standard input").unwrap();
    assert_eq!((source.rows(), source.schema().fields.len()), (Some(0), batch.columns.len()));
}

#[test]
fn arrow_codec_that_is_not_there_is_refused() {
    let batch = table(&[Some(1)]);
    let e = through("t.arrow", &batch.schema, std::slice::from_ref(&batch), Codec::Gzip(6), None).unwrap_err();
    assert_eq!((e.kind(), e.remedy()), (ErrorKind::Invalid, Some("`--compress` takes lz4, zstd or none here")));
}

#[test]
fn columns_and_rows_without_columns_are_read_as_asked() {
    let source = open(&data("stream_lz4.arrows")).unwrap();
    let request = ScanRequest { columns: Some(vec![1, 0, 1]), batch_rows: 2, ..ScanRequest::all(&Budget::unlimited()) };
    let batches: Vec<Batch> = source.scan(0, &request).unwrap().map(|b| b.unwrap()).collect();
    assert_eq!(batches.iter().map(Batch::rows).collect::<Vec<_>>(), [2, 1]);
    assert_eq!(batches[1].columns.iter().map(|c| c.scalar(0)).collect::<Vec<_>>(), ["".into(), Scalar::I64(i64::MAX), "".into()]);
    let none = ScanRequest { columns: Some(vec![]), ..ScanRequest::all(&Budget::unlimited()) };
    assert_eq!(source.scan(1, &none).unwrap().map(|b| b.unwrap().rows()).sum::<usize>(), 1);
}

#[test]
fn damaged_arrow_gives_an_error_and_no_panic() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("d.arrow");
    for name in ["every_type.arrow", "stream_zstd.arrows"] {
        let sound = std::fs::read(data(name)).unwrap();
        let check = |bytes: &[u8]| {
            std::fs::write(&path, bytes).unwrap();
            open(&path).and_then(|s| read(&*s).map(drop))
        };
        for cut in [0, 1, 6, 8, 17, 100, sound.len() / 2, sound.len() - 9] {
            let cut_off = check(&sound[..cut]);
            let e = cut_off.unwrap_err();
            assert_eq!((e.kind(), e.place().file.as_deref()), (ErrorKind::Format, Some(path.as_path())), "{name} {cut}");
        }
        let mut state = 7u64;
        for round in 0..600 {
            let mut bytes = sound.clone();
            for _ in 0..1 + round % 3 {
                state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
                let at = (state >> 33) as usize % bytes.len();
                bytes[at] ^= 1 << (state >> 61);
            }
            let _ = check(&bytes);
        }
    }
}

#[test]
fn feather_one_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("d.feather");
    std::fs::write(&path, b"FEA1 and then some bytes").unwrap();
    let e = open(&path).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::Unsupported);
    assert!(e.remedy().unwrap().contains("version 2"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn arrow_of_any_table_comes_back(
        picks in prop::collection::vec(0usize..30, 1..6),
        seeds in prop::collection::vec(prop::option::weighted(0.8, -1_000_000_000i64..1_000_000_000), 0..60),
        cut in 0usize..60,
        codec in prop::sample::select(vec![Codec::None, Codec::Zstd(1), Codec::Lz4]),
    ) {
        let types = types();
        let fields: Vec<Field> = picks.iter().enumerate().map(|(i, &p)| Field::new(format!("c{i}"), types[p].clone())).collect();
        let columns = picks.iter().map(|&p| column(&types[p], &seeds)).collect();
        let batch = Batch::with_rows(Arc::new(Schema::new(fields)), columns, seeds.len()).unwrap();
        let cut = cut.min(batch.rows());
        let parts = [batch.slice(0, cut), batch.slice(cut, batch.rows() - cut)];
        assert_same(&batch, &through("t.arrow", &batch.schema, &parts, codec, None).unwrap());
    }
}
