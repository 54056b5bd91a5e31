//! Parquet files of other programs, and our own read back.

use super::columnar::{assert_every_type, assert_same, categories, column, data, open, read, table, through, types};
use hpda_data::dtype::{Calendar, TimeUnit};
use hpda_data::io::parquet::{ParquetSink, ParquetSource, ParquetWriteOptions};
use hpda_data::io::{Codec, Output, Overwrite};
use hpda_data::store::{
    AttrValue, Batch, Budget, Compare, Field, IndexSpec, Predicate, Pushdown, ScanRequest, Schema, TableSink, TableSource,
};
use hpda_data::{Column, DType, DataFrame, ErrorKind, Scalar};
use proptest::prelude::*;
use std::sync::Arc;

#[test]
fn parquet_of_every_arrow_type_is_read_with_its_values() {
    assert_every_type(&read(&*open(&data("every_type.parquet")).unwrap()).unwrap());
}

#[test]
fn parquet_of_every_arrow_type_survives_writing() {
    let batch = read(&*open(&data("every_type.parquet")).unwrap()).unwrap();
    let again = through("t.parquet", &batch.schema, std::slice::from_ref(&batch), Codec::Snappy, None).unwrap();
    assert_same(&batch, &again);
    assert_eq!(batch.schema.metadata, again.schema.metadata);
}

#[test]
fn parquet_of_every_codec_is_read_and_written() {
    for name in ["none", "snappy", "zstd", "lz4", "brotli", "gzip"] {
        let source = ParquetSource::open(data(&format!("codec_{name}.parquet"))).unwrap();
        let info = source.info();
        assert_eq!((info.rows, info.row_groups.len(), source.parts()), (400, 4, 4));
        assert_eq!(info.columns.iter().map(|c| c.missing).collect::<Vec<_>>(), [Some(0), Some(40), Some(0)]);
        let said = if name == "none" { "UNCOMPRESSED".to_string() } else { name.to_uppercase() };
        assert_eq!(info.columns[0].compression, [said.replace("LZ4", "LZ4_RAW")]);
        let batch = read(&source).unwrap();
        for i in [0, 1, 10, 399] {
            let x = if i % 10 == 0 { Scalar::Null } else { Scalar::F64(i as f64 / 7.0) };
            let expected = [Scalar::I64(i), x, Scalar::from(format!("name {}", i % 50))];
            assert_eq!(batch.columns.iter().map(|c| c.scalar(i as usize)).collect::<Vec<_>>(), expected);
        }
        let again = through("t.parquet", &batch.schema, std::slice::from_ref(&batch), Codec::parse(name).unwrap(), Some(150)).unwrap();
        assert_same(&batch, &again);
    }
}

/// Pages that pyarrow has put checksums over; the values are plain, so that nothing else would tell.
#[test]
fn damaged_page_with_a_checksum_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let (path, sound) = (folder.path().join("x.parquet"), std::fs::read(data("checked.parquet")).unwrap());
    let batch = read(&ParquetSource::open(data("checked.parquet")).unwrap()).unwrap();
    assert_eq!(batch.columns[0].scalar(99), Scalar::I64(99 * 99));
    for value in [0i64, 49 * 49, 99 * 99] {
        let at = sound.windows(8).position(|w| w == value.to_le_bytes()).unwrap();
        let mut bytes = sound.clone();
        bytes[at + 3] ^= 1;
        std::fs::write(&path, bytes).unwrap();
        let e = read(&ParquetSource::open(&path).unwrap()).unwrap_err();
        assert_eq!(e.kind(), ErrorKind::Format, "{e}");
        assert!(e.to_string().contains("checksum"), "{e}");
    }
}

#[test]
fn parquet_columns_are_read_in_the_order_asked() {
    let source = open(&data("codec_zstd.parquet")).unwrap();
    let request = ScanRequest { columns: Some(vec![2, 0, 2]), ..ScanRequest::all(&Budget::unlimited()) };
    let batch = source.scan(1, &request).unwrap().next().unwrap().unwrap();
    let row: Vec<Scalar> = batch.columns.iter().map(|c| c.scalar(3)).collect();
    assert_eq!(row, ["name 3".into(), Scalar::I64(103), "name 3".into()]);
    let none = ScanRequest { columns: Some(vec![]), ..ScanRequest::all(&Budget::unlimited()) };
    assert_eq!(source.scan(1, &none).unwrap().map(|b| b.unwrap().rows()).sum::<usize>(), 100);
}

#[test]
fn statistics_leave_out_row_groups_that_cannot_match() {
    let source = open(&data("codec_snappy.parquet")).unwrap();
    let kept = |column: usize, compare: Compare, value: Scalar| {
        let predicate = Predicate { column, compare, value };
        assert_eq!(source.accepts(&predicate), Pushdown::Partly);
        let request = ScanRequest { predicates: vec![predicate], ..ScanRequest::all(&Budget::unlimited()) };
        (0..source.parts()).filter(|&p| source.scan(p, &request).unwrap().next().is_some()).collect::<Vec<_>>()
    };
    assert_eq!(kept(0, Compare::Eq, Scalar::I64(100)), [1]);
    assert_eq!(kept(0, Compare::Lt, Scalar::I64(100)), [0]);
    assert_eq!(kept(0, Compare::Le, Scalar::I64(100)), [0, 1]);
    assert_eq!(kept(0, Compare::Gt, Scalar::F64(298.5)), [2, 3]);
    assert_eq!(kept(0, Compare::Ge, Scalar::U64(300)), [3]);
    assert_eq!(kept(0, Compare::Ne, Scalar::I64(5)), [0, 1, 2, 3]);
    assert_eq!(kept(1, Compare::Gt, Scalar::F64(50.0)), [3]);
    assert_eq!(kept(2, Compare::Gt, "name 99".into()), [0usize; 0]);
    // What cannot be compared leaves nothing out.
    assert_eq!(kept(2, Compare::Gt, Scalar::I64(9)), [0, 1, 2, 3]);
}

#[test]
fn large_row_group_is_read_in_parts_that_make_up_the_whole() {
    let n = 700_000i64;
    let texts: Vec<String> = (0..n).map(|i| format!("a text that is long enough {}", i * 7919 % n)).collect();
    let columns = vec![Column::from((0..n).collect::<Vec<i64>>()), Column::from(texts)];
    let fields = vec![Field::new("i", DType::I64), Field::new("s", DType::Str)];
    let batch = Batch::new(Arc::new(Schema::new(fields)), columns).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.parquet");
    let options = ParquetWriteOptions { row_group: Some(n as usize), ..ParquetWriteOptions::default() };
    let mut sink = Box::new(ParquetSink::create(Output::create(&path, Overwrite::No).unwrap(), batch.schema.clone(), &options).unwrap());
    sink.write(&batch).unwrap();
    sink.finish().unwrap();
    let source = ParquetSource::open(&path).unwrap();
    assert_eq!(source.info().row_groups.len(), 1);
    assert!(source.parts() > 1);
    let mut next = 0i64;
    for part in 0..source.parts() {
        for b in source.scan(part, &ScanRequest::all(&Budget::unlimited())).unwrap() {
            let b = b.unwrap();
            assert_eq!(b.columns[0].scalar(0), Scalar::I64(next));
            assert_eq!(b.columns[1].scalar(0), Scalar::from(format!("a text that is long enough {}", next * 7919 % n)));
            next += b.rows() as i64;
        }
    }
    assert_eq!(next, n);
}

#[test]
fn row_groups_have_the_rows_asked_for() {
    let batch = table(&(0..1000).map(|i| (i % 3 != 0).then_some(i)).collect::<Vec<_>>());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.parquet");
    let options = ParquetWriteOptions { row_group: Some(300), ..ParquetWriteOptions::default() };
    let mut sink = Box::new(ParquetSink::create(Output::create(&path, Overwrite::No).unwrap(), batch.schema.clone(), &options).unwrap());
    sink.write(&batch.slice(0, 450)).unwrap();
    sink.write(&batch.slice(450, 550)).unwrap();
    sink.finish().unwrap();
    let info = ParquetSource::open(&path).unwrap().info();
    assert_eq!(info.row_groups.iter().map(|g| g.rows).collect::<Vec<_>>(), [300, 300, 300, 100]);
    assert!(info.created_by.unwrap().starts_with("hpda-data"));
}

#[test]
fn parquet_of_pandas_keeps_index_labels_and_attributes() {
    let frame = |name: &str| {
        let batch = read(&*open(&data(&format!("pandas_{name}.parquet"))).unwrap()).unwrap();
        let again = through("t.parquet", &batch.schema, std::slice::from_ref(&batch), Codec::Snappy, None).unwrap();
        assert_same(&batch, &again);
        DataFrame::from_batch(&batch).unwrap();
        batch
    };
    let base = frame("base");
    assert_eq!(base.schema.index, IndexSpec::Default);
    assert_eq!(base.schema.names().collect::<Vec<_>>(), ["a", "s", "c", "I", "t"]);
    assert_eq!(base.schema.attrs.text("title"), Some("three rows"));
    assert_eq!(base.schema.attrs.get("version"), Some(&AttrValue::I64(vec![2])));
    assert_eq!(base.schema.attrs.get("ratio"), Some(&AttrValue::F64(vec![0.1])));
    assert_eq!(base.schema.attrs.text("nested"), Some("{\"x\":[1]}"));
    assert_eq!(base.columns[2].dtype(), &DType::Categorical { ordered: true });
    assert_eq!(categories(&base.columns[2]), ["lo", "mid", "hi"]);
    let named = frame("named");
    assert_eq!(named.schema.index, IndexSpec::Levels(vec![Some("s".into())]));
    assert_eq!(named.schema.names().collect::<Vec<_>>(), ["s", "a", "c", "I", "t"]);
    let unnamed = frame("unnamed");
    assert_eq!(unnamed.schema.index, IndexSpec::Levels(vec![None]));
    assert_eq!((unnamed.schema.fields[0].name.as_str(), unnamed.columns[0].scalar(1)), ("index", Scalar::I64(7)));
    let multi = frame("multi");
    assert_eq!(multi.schema.index, IndexSpec::Levels(vec![None, Some("k".into())]));
    assert_eq!(multi.schema.names().take(2).collect::<Vec<_>>(), ["index", "k"]);
    assert_eq!(frame("ranged").schema.index, IndexSpec::Range { start: 2, step: 2, name: Some("r".into()) });
    let numbers = frame("numbers").schema.labels.clone().unwrap();
    assert_eq!(numbers.labels, [[Scalar::I64(10)], [Scalar::I64(20)]]);
    let pairs = frame("pairs").schema.labels.clone().unwrap();
    assert_eq!(pairs.names, [Some("u".into()), None]);
    assert_eq!(pairs.labels, [["it's".into(), Scalar::I64(1)], ["b".into(), Scalar::I64(2)]]);
    let dates = frame("dates").schema.labels.clone().unwrap();
    let at = |value| Scalar::Instant { value, unit: TimeUnit::Us, tz: None, calendar: Calendar::ProlepticGregorian };
    assert_eq!(
        (dates.names, dates.labels),
        (vec![Some("when".into())], vec![vec![at(1_577_836_800_000_000)], vec![at(1_577_944_800_000_000)]])
    );
    assert_eq!(frame("clash").schema.index, IndexSpec::Levels(vec![Some("a".into())]));
}

#[test]
fn parquet_of_polars_is_read() {
    let batch = read(&*open(&data("polars.parquet")).unwrap()).unwrap();
    let types: Vec<String> = batch.columns.iter().map(|c| c.dtype().to_string()).collect();
    assert_eq!(types, ["i64", "str", "category", "category[ordered]", "date", "datetime", "list[i64]"]);
    assert_eq!(batch.columns[3].scalar(2), "hi".into());
    assert_eq!(batch.columns[5].null_count(), 1);
}

#[test]
fn columns_of_one_name_are_told_apart() {
    let source = open(&data("duplicated.parquet")).unwrap();
    assert_eq!(source.schema().names().collect::<Vec<_>>(), ["a", "a.2", "a.1"]);
    assert_eq!(source.notices().iter().count(), 1);
    let batch = read(&*source).unwrap();
    assert_eq!(batch.columns.iter().map(|c| c.scalar(0)).collect::<Vec<_>>(), [Scalar::I64(1), Scalar::I64(3), Scalar::I64(5)]);
}

#[test]
fn ordered_categories_keep_their_order_over_batches_and_row_groups() {
    use arrow::array::{DictionaryArray, StringViewArray, UInt32Array};
    let dtype = DType::Categorical { ordered: true };
    let part = |texts: Vec<&str>, codes: Vec<Option<u32>>| {
        let array = DictionaryArray::new(UInt32Array::from(codes), Arc::new(StringViewArray::from(texts)));
        Column::new(dtype.clone(), Arc::new(array)).unwrap()
    };
    let schema = Arc::new(Schema::new(vec![Field::new("c", dtype.clone())]));
    let columns = [
        part(vec!["lo", "mid", "hi"], vec![Some(2), None, Some(0)]),
        part(vec!["hi", "lo"], vec![Some(1), Some(0)]),
        part(vec!["top"], vec![Some(0)]),
    ];
    let batches: Vec<Batch> = columns.into_iter().map(|c| Batch::new(schema.clone(), vec![c]).unwrap()).collect();
    for name in ["t.parquet", "t.arrow"] {
        let read = through(name, &schema, &batches, Codec::None, Some(4)).unwrap();
        let texts: Vec<Scalar> = (0..6).map(|i| read.columns[0].scalar(i)).collect();
        assert_eq!(texts, ["hi".into(), Scalar::Null, "lo".into(), "lo".into(), "hi".into(), "top".into()], "{name}");
        assert_eq!(categories(&read.columns[0])[..3], ["lo", "mid", "hi"], "{name}");
    }
}

#[test]
fn values_that_parquet_has_no_place_for_are_refused_by_column() {
    let batch = read(&*open(&data("every_type.arrow")).unwrap()).unwrap();
    let e = through("t.parquet", &batch.schema, std::slice::from_ref(&batch), Codec::Snappy, None).unwrap_err();
    assert_eq!((e.kind(), e.place().column.as_deref()), (ErrorKind::Unsupported, Some("interval")));
}

#[test]
fn missing_values_in_a_required_column_are_refused() {
    let field = Field { nullable: false, ..Field::new("i", DType::I64) };
    let batch = Batch::new(Arc::new(Schema::new(vec![field])), vec![Column::from(vec![Some(1i64), None])]).unwrap();
    let e = through("t.parquet", &batch.schema, std::slice::from_ref(&batch), Codec::Snappy, None).unwrap_err();
    assert_eq!((e.kind(), e.place().column.as_deref()), (ErrorKind::Invalid, Some("i")));
}

#[test]
fn sink_that_is_dropped_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.parquet");
    let batch = table(&[Some(1)]);
    let output = Output::create(&path, Overwrite::No).unwrap();
    let mut sink = ParquetSink::create(output, batch.schema.clone(), &ParquetWriteOptions::default()).unwrap();
    sink.write(&batch).unwrap();
    drop(sink);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn damaged_parquet_gives_an_error_and_no_panic() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("d.parquet");
    let sound = std::fs::read(data("codec_snappy.parquet")).unwrap();
    let check = |bytes: &[u8]| {
        std::fs::write(&path, bytes).unwrap();
        open(&path).and_then(|s| read(&*s).map(drop))
    };
    for cut in [0, 1, 4, 11, 12, 100, sound.len() - 9, sound.len() - 1] {
        let e = check(&sound[..cut]).unwrap_err();
        assert!(matches!(e.kind(), ErrorKind::Format), "{e}");
        assert_eq!(e.place().file.as_deref(), Some(path.as_path()));
    }
    // Any byte may be wrong: an error or other values, but no panic and no endless work.
    let mut state = 1u64;
    for round in 0..600 {
        let mut bytes = sound.clone();
        for _ in 0..1 + round % 3 {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            let footer = bytes.len() - 1200;
            let at = if round % 2 == 0 { footer + (state >> 33) as usize % 1190 } else { (state >> 33) as usize % bytes.len() };
            bytes[at] ^= 1 << (state >> 61);
        }
        let _ = check(&bytes);
    }
}

#[test]
fn damaged_page_is_named_by_row_group_and_column() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("d.parquet");
    let mut bytes = std::fs::read(data("codec_gzip.parquet")).unwrap();
    // The first page of the first column, past its header.
    bytes[60..200].fill(0xaa);
    std::fs::write(&path, bytes).unwrap();
    let e = read(&*open(&path).unwrap()).unwrap_err();
    assert_eq!((e.place().column.as_deref(), e.place().extent.as_deref()), (Some("i"), Some("row group 0")));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn parquet_of_any_table_comes_back(
        picks in prop::collection::vec(0usize..30, 1..6),
        seeds in prop::collection::vec(prop::option::weighted(0.8, -1_000_000_000i64..1_000_000_000), 0..60),
        group in prop::option::of(1usize..40),
        cut in 0usize..60,
        codec in prop::sample::select(vec![Codec::None, Codec::Snappy, Codec::Zstd(1), Codec::Lz4]),
    ) {
        let types = types();
        let fields: Vec<Field> = picks.iter().enumerate().map(|(i, &p)| Field::new(format!("c{i}"), types[p].clone())).collect();
        let columns = picks.iter().map(|&p| column(&types[p], &seeds)).collect();
        let batch = Batch::with_rows(Arc::new(Schema::new(fields)), columns, seeds.len()).unwrap();
        let cut = cut.min(batch.rows());
        let parts = [batch.slice(0, cut), batch.slice(cut, batch.rows() - cut)];
        assert_same(&batch, &through("t.parquet", &batch.schema, &parts, codec, group).unwrap());
    }
}

#[test]
fn parquet_of_every_type_with_attributes_and_index_comes_back() {
    let batch = table(&(0..100).map(|i| (i % 4 != 1).then_some(i * 1_234_567 - 50_000_000)).collect::<Vec<_>>());
    assert_same(&batch, &through("t.parquet", &batch.schema, std::slice::from_ref(&batch), Codec::Snappy, None).unwrap());
}
