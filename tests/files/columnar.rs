//! What the tests of Parquet and Arrow files share: reading all of a source, and tables of every type made from numbers.

use arrow::datatypes::{DataType, Field as ArrowField};
use hpda_data::dtype::{Calendar, TimeUnit};
use hpda_data::io::ipc::{IpcSink, IpcSource, IpcWriteOptions};
use hpda_data::io::parquet::{ParquetSink, ParquetSource, ParquetWriteOptions};
use hpda_data::io::{Codec, Output, Overwrite};
use hpda_data::store::{AttrValue, Batch, Budget, Field, IndexSpec, ScanRequest, Schema, TableSink, TableSource};
use hpda_data::{Column, DType, Result, Scalar};
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/files/data/columnar").join(name)
}

pub fn open(path: &Path) -> Result<Arc<dyn TableSource>> {
    Ok(match path.extension().and_then(|e| e.to_str()) {
        Some("parquet") => Arc::new(ParquetSource::open(path)?),
        _ => Arc::new(IpcSource::open(path)?),
    })
}

/// All rows of a source as one batch.
pub fn read(source: &dyn TableSource) -> Result<Batch> {
    let request = ScanRequest { batch_rows: 7, ..ScanRequest::all(&Budget::unlimited()) };
    let mut batches = Vec::new();
    for part in 0..source.parts() {
        for batch in source.scan(part, &request)? {
            batches.push(batch?);
        }
    }
    Batch::concat(source.schema(), &batches)
}

/// The batches through a file of this name and back.
pub fn through(name: &str, schema: &Arc<Schema>, batches: &[Batch], codec: Codec, row_group: Option<usize>) -> Result<Batch> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    let output = Output::create(&path, Overwrite::No)?;
    let mut sink: Box<dyn TableSink> = if name.ends_with(".parquet") {
        let options = ParquetWriteOptions { codec, row_group, ..ParquetWriteOptions::default() };
        Box::new(ParquetSink::create(output, schema.clone(), &options)?)
    } else {
        Box::new(IpcSink::create(output, schema.clone(), &IpcWriteOptions { codec })?)
    };
    for batch in batches {
        sink.write(batch)?;
    }
    assert!(!path.exists(), "nothing is to be seen before the end");
    sink.finish()?;
    read(&*open(&path)?)
}

/// Everything but the order in which categories stand is the same.
pub fn assert_same(a: &Batch, b: &Batch) {
    assert_eq!(a.schema.fields, b.schema.fields);
    assert_eq!(a.schema.attrs, b.schema.attrs);
    assert_eq!(a.schema.index, b.schema.index);
    assert_eq!(a.schema.labels, b.schema.labels);
    assert_eq!(a.rows(), b.rows());
    for (f, (x, y)) in a.schema.fields.iter().zip(a.columns.iter().zip(&b.columns)) {
        assert!(x == y, "column {:?} ({}): {:?} {:?}", f.name, f.dtype, x.values(), y.values());
    }
}

fn instant(unit: TimeUnit, tz: Option<&str>, calendar: Calendar) -> DType {
    DType::Instant { unit, tz: tz.map(Into::into), calendar }
}

/// The types that [`column`] knows.
pub fn types() -> Vec<DType> {
    let (us, ns, ours) = (TimeUnit::Us, TimeUnit::Ns, Calendar::ProlepticGregorian);
    let pair = vec![ArrowField::new("x", DataType::Int64, true), ArrowField::new("y", DataType::Utf8, true)];
    vec![
        DType::Bool,
        DType::I8,
        DType::I16,
        DType::I32,
        DType::I64,
        DType::U8,
        DType::U16,
        DType::U32,
        DType::U64,
        DType::F32,
        DType::F64,
        DType::Str,
        DType::Date,
        DType::Time { unit: us },
        DType::Time { unit: ns },
        instant(us, None, ours),
        instant(ns, Some("Europe/Paris"), ours),
        instant(us, None, Calendar::NoLeap),
        instant(us, None, Calendar::Day360),
        DType::Duration { unit: us },
        DType::Duration { unit: ns },
        DType::Categorical { ordered: false },
        DType::Categorical { ordered: true },
        DType::Decimal { precision: 20, scale: 3 },
        DType::Binary,
        DType::List(Box::new(DType::I64)),
        DType::List(Box::new(DType::Str)),
        DType::Opaque(DataType::FixedSizeBinary(3)),
        DType::Opaque(DataType::Struct(pair.into())),
        DType::Opaque(DataType::Null),
    ]
}

/// A column of this type made from numbers; `None` is missing.
pub fn column(dtype: &DType, seeds: &[Option<i64>]) -> Column {
    use arrow::array::*;
    let text = |s: i64| match s.rem_euclid(5) {
        0 => String::new(),
        1 => format!("{s}"),
        2 => "Ä \"quoted\"\n".into(),
        _ => format!("a text beyond twelve bytes {s}"),
    };
    let ints = || Int64Array::from(seeds.to_vec());
    let cast = |a: ArrayRef, t: &DataType| arrow::compute::cast(&a, t).unwrap();
    let array: ArrayRef = match dtype {
        DType::Bool => Arc::new(BooleanArray::from_iter(seeds.iter().map(|s| s.map(|s| s & 1 == 0)))),
        DType::F32 | DType::F64 => {
            let float = |s: i64| match s.rem_euclid(6) {
                0 => f64::NAN,
                1 => f64::NEG_INFINITY,
                2 => -0.0,
                _ => s as f64 / 7.0,
            };
            cast(Arc::new(Float64Array::from_iter(seeds.iter().map(|s| s.map(float)))), &dtype.to_arrow())
        }
        DType::Str => Arc::new(StringViewArray::from_iter(seeds.iter().map(|s| s.map(text)))),
        DType::Binary => Arc::new(BinaryViewArray::from_iter(seeds.iter().map(|s| s.map(|s| text(s).into_bytes())))),
        DType::Categorical { .. } => {
            let texts = StringViewArray::from(vec!["unused", "lo", "mid", "hi", ""]);
            let codes = UInt32Array::from_iter(seeds.iter().map(|s| s.map(|s| 1 + s.rem_euclid(4) as u32)));
            Arc::new(DictionaryArray::new(codes, Arc::new(texts)))
        }
        DType::Decimal { precision, scale } => {
            let values = Decimal128Array::from_iter(seeds.iter().map(|s| s.map(i128::from)));
            Arc::new(values.with_precision_and_scale(*precision, *scale).unwrap())
        }
        DType::List(inner) => {
            let lengths = seeds.iter().map(|s| s.map_or(0, |s| s.rem_euclid(4) as usize));
            let items: Vec<Option<i64>> =
                seeds.iter().flat_map(|s| s.map(|s| (0..s.rem_euclid(4)).map(move |i| (i != 1).then_some(s + i)))).flatten().collect();
            let values = column(inner, &items).into_arrow();
            let nulls = arrow::buffer::NullBuffer::from_iter(seeds.iter().map(Option::is_some));
            let offsets = arrow::buffer::OffsetBuffer::<i64>::from_lengths(lengths);
            Arc::new(LargeListArray::new(Arc::new(ArrowField::new("item", inner.to_arrow(), true)), offsets, values, Some(nulls)))
        }
        DType::Opaque(DataType::FixedSizeBinary(n)) => {
            let bytes = |s: i64| s.to_le_bytes()[..*n as usize].to_vec();
            Arc::new(FixedSizeBinaryArray::try_from_sparse_iter_with_size(seeds.iter().map(|s| s.map(bytes)), *n).unwrap())
        }
        DType::Opaque(DataType::Struct(fields)) => {
            let inner: Vec<ArrayRef> = vec![Arc::new(ints()), Arc::new(StringArray::from_iter(seeds.iter().map(|s| s.map(text))))];
            let nulls = arrow::buffer::NullBuffer::from_iter(seeds.iter().map(Option::is_some));
            Arc::new(StructArray::new(fields.clone(), inner, Some(nulls)))
        }
        DType::Opaque(DataType::Null) => Arc::new(NullArray::new(seeds.len())),
        DType::Date => cast(Arc::new(Int32Array::from_iter(seeds.iter().map(|s| s.map(|s| s as i32)))), &DataType::Date32),
        DType::Time { .. } => {
            cast(Arc::new(Int64Array::from_iter(seeds.iter().map(|s| s.map(|s| s.rem_euclid(86_400_000_000))))), &dtype.to_arrow())
        }
        DType::Instant { calendar, .. } if *calendar != Calendar::ProlepticGregorian => Arc::new(ints()),
        t if t.is_integer() => {
            let fit = |s: i64| match t {
                DType::I8 => s as i8 as i64,
                DType::I16 => s as i16 as i64,
                DType::I32 => s as i32 as i64,
                DType::U8 => s as u8 as i64,
                DType::U16 => s as u16 as i64,
                DType::U32 => s as u32 as i64,
                DType::U64 => s & i64::MAX,
                _ => s,
            };
            cast(Arc::new(Int64Array::from_iter(seeds.iter().map(|s| s.map(fit)))), &t.to_arrow())
        }
        t => cast(Arc::new(ints()), &t.to_arrow()),
    };
    Column::new(dtype.clone(), array).unwrap()
}

/// One column of every type, with attributes, an index and table attributes.
pub fn table(seeds: &[Option<i64>]) -> Batch {
    let types = types();
    let mut fields: Vec<Field> = types.iter().enumerate().map(|(i, t)| Field::new(format!("column {i}"), t.clone())).collect();
    fields[0].attrs.set("units", "1");
    fields[1].attrs.set("valid_range", AttrValue::F32(vec![0.1, f32::INFINITY]));
    fields[1].attrs.set("levels", AttrValue::Texts(vec!["a".into(), "b".into()]));
    let columns = types.iter().map(|t| column(t, seeds)).collect();
    let mut schema = Schema { index: IndexSpec::Levels(vec![Some("column 0".into()), None]), ..Schema::new(fields) };
    schema.fields[1].name = "level_1".into();
    schema.attrs.set("title", "a table of every type");
    schema.attrs.set("version", AttrValue::U16(vec![3]));
    schema.metadata.insert("origin".into(), "somewhere".into());
    schema.metadata.insert("pandas".into(), "{}".into());
    Batch::with_rows(Arc::new(schema), columns, seeds.len()).unwrap()
}

/// What `make_columnar.py` put into the columns of `every_type`: the type here, and the four values.
pub fn every_type() -> Vec<(&'static str, &'static str, [Scalar; 4])> {
    use Scalar::Null;
    let (i, u, s) = (Scalar::I64, Scalar::U64, |t: &str| Scalar::from(t));
    let list = |items: Vec<Scalar>| Scalar::List(items);
    let bytes = |b: &[u8]| Scalar::Bytes(b.into());
    let long = "a text beyond twelve bytes, ä";
    let time = |value, unit| Scalar::Time { value, unit };
    let at =
        |value, unit, tz: Option<&str>| Scalar::Instant { value, unit, tz: tz.map(Into::into), calendar: Calendar::ProlepticGregorian };
    let span = |value, unit| Scalar::Duration { value, unit };
    let (us, ns) = (TimeUnit::Us, TimeUnit::Ns);
    let mut all = Vec::new();
    for (name, top) in [("int8", i8::MAX as i64), ("int16", i16::MAX as i64), ("int32", i32::MAX as i64), ("int64", i64::MAX)] {
        all.push((
            name,
            ["i8", "i16", "i32", "i64"][["int8", "int16", "int32", "int64"].iter().position(|n| *n == name).unwrap()],
            [i(0), Null, i(top), i(3)],
        ));
    }
    all.push(("uint8", "u8", [u(0), Null, u(u8::MAX as u64), u(3)]));
    all.push(("uint16", "u16", [u(0), Null, u(u16::MAX as u64), u(3)]));
    all.push(("uint32", "u32", [u(0), Null, u(u32::MAX as u64), u(3)]));
    all.push(("uint64", "u64", [u(0), Null, u(u64::MAX), u(3)]));
    all.push(("float16", "f32", [Scalar::F32(0.5), Null, Scalar::F32(f32::NAN), Scalar::F32(f32::INFINITY)]));
    all.push(("float32", "f32", [Scalar::F32(0.1), Null, Scalar::F32(f32::NAN), Scalar::F32(-0.0)]));
    all.push(("float64", "f64", [Scalar::F64(0.1), Null, Scalar::F64(f64::NAN), Scalar::F64(-1e300)]));
    all.push(("bool", "bool", [true.into(), Null, false.into(), true.into()]));
    for name in ["string", "large_string", "string_view"] {
        all.push((name, "str", [s("a"), Null, s(""), s(long)]));
    }
    for name in ["binary", "large_binary"] {
        all.push((name, "binary", [bytes(b"a"), Null, bytes(b""), bytes(b"\xff\x00")]));
    }
    for name in ["date32", "date64"] {
        all.push((name, "date", [Scalar::Date(0), Null, Scalar::Date(18_321), Scalar::Date(-719_162)]));
    }
    let day = 1_582_934_400_000_000;
    all.push(("timestamp_s", "datetime", [at(0, us, None), Null, at(day, us, None), at(-1_000_000, us, None)]));
    all.push(("timestamp_ms", "datetime", [at(0, us, None), Null, at(day, us, None), at(-1000, us, None)]));
    all.push(("timestamp_us", "datetime", [at(0, us, None), Null, at(day, us, None), at(-1, us, None)]));
    all.push(("timestamp_ns", "datetime[ns]", [at(0, ns, None), Null, at(day * 1000, ns, None), at(-1, ns, None)]));
    let paris = Some("Europe/Paris");
    all.push(("timestamp_tz_s", "datetime[Europe/Paris]", [at(0, us, paris), Null, at(1_000_000, us, paris), at(-1_000_000, us, paris)]));
    all.push(("timestamp_tz_ns", "datetime[ns, Europe/Paris]", [at(0, ns, paris), Null, at(1, ns, paris), at(-1, ns, paris)]));
    all.push(("duration_s", "duration", [span(0, us), Null, span(1_000_000, us), span(-1_000_000, us)]));
    all.push(("duration_ns", "duration[ns]", [span(0, ns), Null, span(1, ns), span(-1, ns)]));
    all.push(("time_s", "time", [time(0, us), Null, time(1_000_000, us), time(86_399_000_000, us)]));
    all.push(("time_ns", "time[ns]", [time(0, ns), Null, time(1, ns), time(86_399_999_999_999, ns)]));
    let cents = |value| Scalar::Decimal { value, precision: 5, scale: 2 };
    all.push(("decimal128", "decimal(5,2)", [cents(125), Null, cents(-99_999), cents(1)]));
    all.push(("category", "category", [s("hi"), Null, s("lo"), s("hi")]));
    all.push(("ordered", "category[ordered]", [s("hi"), Null, s("lo"), s("hi")]));
    all.push(("list", "list[i64]", [list(vec![i(1), i(2)]), Null, list(vec![]), list(vec![Null])]));
    all.push(("text_list", "list[str]", [list(vec![s("a"), Null]), Null, list(vec![]), list(vec![s("b")])]));
    all.push(("large_list", "list[f32]", [list(vec![Scalar::F32(1.5)]), Null, list(vec![]), list(vec![Null])]));
    let noleap = |value| Scalar::Instant { value, unit: us, tz: None, calendar: Calendar::NoLeap };
    all.push(("noleap", "datetime[noleap]", [noleap(0), Null, noleap(1), noleap(-1)]));
    all.push(("required", "i64", [i(1), i(2), i(3), i(4)]));
    all
}

/// Names of the columns that are carried without being understood.
pub const OPAQUE: [&str; 8] = ["fixed_binary", "decimal256", "number_category", "fixed_list", "struct", "struct_list", "map", "null"];

/// Checks a reading of `every_type`.
pub fn assert_every_type(batch: &Batch) {
    for (name, dtype, values) in every_type() {
        let at = batch.schema.position(name).unwrap();
        assert_eq!(batch.columns[at].dtype().to_string(), dtype, "{name}");
        let expected = format!("{values:?}");
        let read: Vec<Scalar> = (0..4).map(|row| batch.columns[at].scalar(row)).collect();
        assert_eq!(format!("{read:?}"), expected, "{name}");
    }
    for name in OPAQUE {
        let at = batch.schema.position(name).unwrap();
        assert!(matches!(batch.columns[at].dtype(), DType::Opaque(_)), "{name}");
        assert!(batch.columns[at].scalar(1) == Scalar::Null, "{name}");
    }
    let float = &batch.schema.fields[batch.schema.position("float64").unwrap()];
    assert_eq!((float.attrs.text("units"), float.nullable), (Some("K"), true));
    assert!(!batch.schema.fields[batch.schema.position("required").unwrap()].nullable);
    assert_eq!(batch.schema.metadata.get("origin").map(String::as_str), Some("somewhere"));
    assert_eq!(batch.schema.metadata.get("empty").map(String::as_str), Some(""));
}

/// The texts of the categories of a column, used or not, in their order.
pub fn categories(column: &Column) -> Vec<String> {
    use arrow::array::AsArray;
    let values = column.values().as_any_dictionary().values().clone();
    values.as_string_view().iter().map(|t| t.unwrap_or("missing").to_string()).collect()
}
