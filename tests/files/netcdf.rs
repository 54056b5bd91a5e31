//! Files of netCDF4-python, h5py and ncgen against what netCDF4-python reads from them, and back through our writer.

use hpda_data::array::{Data, Dataset, Filter, Variable};
use hpda_data::dtype::{DType, Scalar};
use hpda_data::error::{ErrorKind, Level};
use hpda_data::io::netcdf::{NetcdfFormat, NetcdfKind, NetcdfReadOptions, NetcdfSink, NetcdfWriteOptions, facts, open};
use hpda_data::io::{Output, Overwrite};
use hpda_data::store::{AttrValue, ChunkSink, NdArray, Selection, Selector};
use serde_json::Value;
use std::path::{Path, PathBuf};

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/files/data/netcdf").join(name)
}

fn read(path: &Path) -> Dataset {
    open(path, &NetcdfReadOptions::default()).unwrap_or_else(|e| panic!("{e}")).0
}

fn expected(name: &str) -> Value {
    serde_json::from_str(&std::fs::read_to_string(data(name)).unwrap()).unwrap()
}

/// A value as the JSON files hold it.
fn json(x: Scalar) -> Value {
    match x {
        Scalar::F32(x) => json(Scalar::F64(x.into())),
        Scalar::F64(x) => {
            let text = if x.is_nan() { "nan".into() } else { format!("{x:?}") };
            Value::String(text)
        }
        Scalar::I64(x) => x.into(),
        Scalar::U64(x) => x.into(),
        Scalar::Bool(x) => (x as i64).into(),
        Scalar::Str(x) => Value::String(x.to_string()),
        other => panic!("{other:?}"),
    }
}

fn same(ours: &Value, theirs: &Value) -> bool {
    match (ours, theirs) {
        // Python writes exponents as e+36.
        (Value::String(a), Value::String(b)) => a == b || a.parse::<f64>().is_ok_and(|a| b.parse::<f64>().is_ok_and(|b| a == b)),
        _ => ours == theirs,
    }
}

fn values(array: &NdArray) -> Vec<Value> {
    (0..array.len()).map(|i| json(array.scalar(i))).collect()
}

fn compare(ours: &Dataset, theirs: &Value, at: &str) {
    for (name, d) in theirs["dims"].as_object().unwrap() {
        assert_eq!(ours.dims.get(name.as_str()).copied(), d[0].as_u64().map(|n| n as usize), "{at} dim {name}");
        assert_eq!(ours.unlimited.iter().any(|u| **u == **name), d[1].as_bool().unwrap(), "{at} dim {name}");
    }
    let attrs: Vec<&str> = theirs["attrs"].as_array().unwrap().iter().map(|a| a.as_str().unwrap()).collect();
    assert_eq!(ours.attrs.iter().map(|(n, _)| n).collect::<Vec<_>>(), attrs);
    let vars = theirs["vars"].as_object().unwrap();
    assert_eq!(ours.vars.len() + ours.coords.len(), vars.len(), "{at}");
    for (name, v) in vars {
        let mine = ours.variable(name).unwrap();
        let at = format!("{at}/{name}");
        assert_eq!(mine.dims().iter().map(|d| &**d).collect::<Vec<_>>(), v["dims"].as_array().unwrap().iter().collect::<Vec<_>>(), "{at}");
        let loaded = mine.load().unwrap_or_else(|e| panic!("{at}: {e}"));
        assert!(loaded.is_contiguous());
        let (got, want) = (values(&loaded), v["values"].as_array().unwrap());
        assert!(got.len() == want.len() && got.iter().zip(want).all(|(a, b)| same(a, b)), "{at}: {got:?} is not {want:?}");
        let dtype = match (v["dtype"].as_str().unwrap(), mine.dtype()) {
            ("S1", _) => DType::U8,
            ("i1", DType::Bool) => DType::Bool,
            (t, _) => DType::parse(
                &t.replace("f4", "f32")
                    .replace("f8", "f64")
                    .replace("i1", "i8")
                    .replace("u1", "uint8")
                    .replace("i2", "i16")
                    .replace("u2", "u16")
                    .replace("i4", "i32")
                    .replace("u4", "u32")
                    .replace("u8", "u64")
                    .replace("uint64", "u8")
                    .replace("i8", if t == "i8" { "i64" } else { "i8" }),
            )
            .unwrap(),
        };
        assert_eq!(*mine.dtype(), dtype, "{at}");
        for (a, want) in v["attrs"].as_object().unwrap() {
            let got: Vec<Value> = mine.attrs.get(a).unwrap_or_else(|| panic!("{at}:{a}")).scalars().into_iter().map(json).collect();
            let want = want.as_array().unwrap();
            assert!(got.len() == want.len() && got.iter().zip(want).all(|(a, b)| same(a, b)), "{at}:{a}: {got:?} is not {want:?}");
        }
        if let Some(filters) = v.get("filters") {
            let chunks = v["chunks"].as_array().map(|c| c.iter().map(|n| n.as_u64().unwrap() as usize).collect::<Vec<_>>());
            assert_eq!(mine.encoding.chunks, chunks, "{at}");
            assert_eq!(mine.encoding.big_endian, v["big"].as_bool().unwrap(), "{at}");
            let has = |f: fn(&Filter) -> bool| mine.encoding.filters.iter().any(f);
            assert_eq!(has(|f| *f == Filter::Shuffle), filters["shuffle"].as_bool().unwrap(), "{at}");
            assert_eq!(has(|f| *f == Filter::Fletcher32), filters["fletcher32"].as_bool().unwrap(), "{at}");
            assert_eq!(has(|f| matches!(f, Filter::Deflate(_))), filters["zlib"].as_bool().unwrap(), "{at}");
            assert_eq!(has(|f| matches!(f, Filter::Zstd(_))), filters["zstd"].as_bool().unwrap(), "{at}");
        }
    }
    for (name, g) in theirs["groups"].as_object().unwrap() {
        compare(&ours.groups[name], g, &format!("{at}/{name}"));
    }
}

/// Writes a cube block by block and answers its path.
fn write(dataset: &Dataset, path: &Path, options: &NetcdfWriteOptions) -> Vec<String> {
    let (sink, notices) = NetcdfSink::create(Output::create(path, Overwrite::Yes).unwrap(), dataset, options).unwrap();
    let mut sink: Box<dyn ChunkSink> = Box::new(sink);
    copy(dataset, "", sink.as_mut());
    sink.finish().unwrap();
    notices.iter().map(|n| n.to_string()).collect()
}

fn copy(dataset: &Dataset, path: &str, sink: &mut dyn ChunkSink) {
    for (name, v) in dataset.coords.iter().chain(dataset.vars.iter().map(|(n, v)| (n.as_str(), v))) {
        let key = format!("{path}{name}");
        let Some(grid) = sink.grid(&key) else { continue };
        for i in 0..grid.count() {
            let (start, count) = grid.block(i);
            sink.write(&key, &start, &v.read(&Selection::hyperslab(&start, &count)).unwrap()).unwrap();
        }
    }
    for (name, g) in &dataset.groups {
        copy(g, &format!("{path}{name}/"), sink);
    }
}

#[test]
fn files_of_other_programs_read_as_they_say() {
    for name in ["types", "groups", "classic", "offset64", "one_record", "cdf5"] {
        let theirs = expected(&format!("{name}.json"));
        let path = data(&format!("{name}.nc"));
        compare(&read(&path), &theirs, name);
        let kind = match theirs["kind"].as_str().unwrap() {
            "NETCDF4" => NetcdfKind::Netcdf4,
            "NETCDF3_CLASSIC" => NetcdfKind::Classic,
            "NETCDF3_64BIT_OFFSET" => NetcdfKind::Offset64,
            _ => NetcdfKind::Cdf5,
        };
        assert_eq!(facts(&path).unwrap().kind, kind, "{name}");
    }
    compare(&read(&data("plain.h5")), &expected("plain.json"), "plain");
}

#[test]
fn attributes_keep_their_exact_types() {
    let d = read(&data("types.nc"));
    assert_eq!(d.attrs.get("empty"), Some(&AttrValue::Text(String::new())));
    assert_eq!(d.attrs.get("one"), Some(&AttrValue::Texts(vec!["a string".into()])));
    assert_eq!(d.attrs.get("many"), Some(&AttrValue::Texts(vec!["ä".into(), "".into(), "long ".repeat(5)])));
    assert_eq!(d.attrs.get("att_u8"), Some(&AttrValue::U64(vec![0, 1, u64::MAX])));
    assert_eq!(d.variable("packed").unwrap().attrs.get("_FillValue"), Some(&AttrValue::I16(vec![-999])));
    let c = read(&data("classic.nc"));
    assert_eq!(c.attrs.get("bytes"), Some(&AttrValue::I8(vec![1, -2])));
    assert_eq!(c.attrs.get("nothing"), Some(&AttrValue::Text(String::new())));
}

#[test]
fn characters_are_bytes_with_their_dimension_named() {
    for name in ["classic.nc", "offset64.nc"] {
        let d = read(&data(name));
        let c = d.variable("c").unwrap();
        assert_eq!((c.encoding.dtype.clone(), c.encoding.char_dim.as_deref()), (Some(DType::Str), Some("n")));
        let one = d.variable("one").unwrap();
        assert_eq!((one.encoding.dtype.clone(), one.encoding.char_dim.as_deref()), (Some(DType::Str), Some("")));
    }
}

#[test]
fn enumeration_keeps_its_names_and_other_types_are_left_out_by_name() {
    let (d, notices) = open(&data("user_types.nc"), &NetcdfReadOptions::default()).unwrap();
    let sky = d.variable("sky").unwrap();
    assert_eq!(sky.attrs.get("flag_values"), Some(&AttrValue::U8(vec![0, 1, 200])));
    assert_eq!(sky.attrs.text("flag_meanings"), Some("clear cloudy fog"));
    assert_eq!(sky.load().unwrap().as_slice::<u8>().unwrap(), [0, 200, 1]);
    assert!(d.variable("plain").is_ok() && d.vars.len() == 2);
    let said: Vec<String> = notices.iter().map(|n| n.message.clone()).collect();
    assert_eq!(
        said,
        [
            "variable \"pair\" is left out: its type \"pair_t\" is records (a compound type)",
            "variable \"list\" is left out: its type \"list_t\" is variable-length lists"
        ]
    );
    assert!(notices.iter().all(|n| n.level == Level::Changed));
    assert_eq!(*read(&data("plain.h5")).variable("flags").unwrap().dtype(), DType::Bool);
}

#[test]
fn group_is_opened_as_if_it_were_the_file() {
    let group = |g: &str| open(&data("groups.nc"), &NetcdfReadOptions { group: Some(g.into()), ..NetcdfReadOptions::default() });
    let deep = group("/ocean/deep").unwrap().0;
    let salt = deep.variable("salt").unwrap();
    assert_eq!(salt.shape(), [3, 4]);
    assert_eq!(deep.dims.get("z"), Some(&3));
    let e = group("ocaen").unwrap_err();
    assert_eq!(e.kind(), ErrorKind::NotFound);
    assert!(e.remedy().unwrap().contains("\"ocean\""));
    assert!(open(&data("classic.nc"), &NetcdfReadOptions { group: Some("ocean".into()), ..NetcdfReadOptions::default() }).is_err());
}

#[test]
fn selections_read_what_indexing_in_memory_gives() {
    let selectors = [
        Selector::All,
        Selector::At(2),
        Selector::span(1, 2),
        Selector::Range { start: 0, count: 2, step: 2 },
        Selector::Range { start: 3, count: 2, step: -2 },
        Selector::Take([3, 0, 0].as_slice().into()),
        Selector::Range { start: 0, count: 0, step: 1 },
    ];
    for (file, name) in [
        ("types.nc", "packed"),
        ("types.nc", "zst"),
        ("types.nc", "sum32"),
        ("classic.nc", "f"),
        ("classic.nc", "d"),
        ("classic.nc", "c"),
        ("types.nc", "text"),
    ] {
        let d = read(&data(file));
        let v = d.variable(name).unwrap();
        let whole = v.load().unwrap();
        for a in &selectors {
            for b in &selectors {
                let s = Selection::new(vec![a.clone(), b.clone()]);
                let (got, want) = match (v.read(&s), whole.select(&s)) {
                    (Ok(got), Ok(want)) => (got, want.to_contiguous().unwrap()),
                    (got, want) => {
                        assert_eq!(got.is_err(), want.is_err(), "{name} {s:?}");
                        continue;
                    }
                };
                assert_eq!(got.shape(), want.shape(), "{name} {s:?}");
                assert_eq!(values(&got), values(&want), "{name} {s:?}");
            }
        }
    }
}

#[test]
fn everything_comes_back_from_our_own_netcdf4() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["types", "groups", "classic", "cdf5"] {
        let mut theirs = expected(&format!("{name}.json"));
        let path = folder.path().join(name);
        let notices = write(&read(&data(&format!("{name}.nc"))), &path, &NetcdfWriteOptions::default());
        assert!(notices.is_empty(), "{notices:?}");
        if name == "classic" || name == "cdf5" {
            theirs["kind"] = "NETCDF4".into();
        }
        compare(&read(&path), &theirs, name);
        let again = folder.path().join("again");
        write(&read(&data(&format!("{name}.nc"))), &again, &NetcdfWriteOptions::default());
        assert_eq!(std::fs::read(&path).unwrap(), std::fs::read(&again).unwrap(), "{name} is the same bytes twice");
    }
}

#[test]
fn classic_comes_back_from_our_own_classic() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["classic", "one_record"] {
        let path = folder.path().join(name);
        let options = NetcdfWriteOptions { format: NetcdfFormat::Nc3, ..Default::default() };
        let notices = write(&read(&data(&format!("{name}.nc"))), &path, &options);
        assert!(notices.is_empty(), "{notices:?}");
        assert_eq!(facts(&path).unwrap().kind, NetcdfKind::Offset64);
        compare(&read(&path), &expected(&format!("{name}.json")), name);
        let again = folder.path().join("again");
        write(&read(&data(&format!("{name}.nc"))), &again, &options);
        assert_eq!(std::fs::read(&path).unwrap(), std::fs::read(&again).unwrap());
    }
}

#[test]
fn netcdf4_with_the_classic_model_holds_what_classic_files_hold() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("o.nc");
    let notices = write(&read(&data("classic.nc")), &path, &NetcdfWriteOptions { format: NetcdfFormat::Nc4Classic, ..Default::default() });
    assert!(notices.is_empty(), "{notices:?}");
    assert_eq!(facts(&path).unwrap().kind, NetcdfKind::Netcdf4Classic);
    compare(&read(&path), &expected("classic.json"), "classic model");
}

fn cube(name: &str, variable: Variable) -> Dataset {
    let mut d = Dataset::new();
    d.insert(name, variable).unwrap();
    d
}

fn classic_of(d: &Dataset) -> (Dataset, Vec<String>, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("o.nc");
    let notices = write(d, &path, &NetcdfWriteOptions { format: NetcdfFormat::Nc3, ..Default::default() });
    (read(&path), notices, folder)
}

#[test]
fn classic_holds_unsigned_as_signed_bits_and_says_so() {
    let v = Variable::from_array(["x"], NdArray::from_vec(vec![0u8, 127, 255], &[3]).unwrap()).unwrap();
    let mut d = cube("a", v);
    d.vars["a"].attrs.set("_FillValue", AttrValue::U8(vec![255]));
    let (back, notices, _keep) = classic_of(&d);
    let a = back.variable("a").unwrap();
    assert_eq!(a.load().unwrap().as_slice::<i8>().unwrap(), [0, 127, -1]);
    assert_eq!(a.attrs.get("_FillValue"), Some(&AttrValue::I8(vec![-1])));
    assert_eq!(a.attrs.text("_Unsigned"), Some("true"));
    assert!(notices.len() == 1 && notices[0].starts_with("warning:"), "{notices:?}");
}

#[test]
fn classic_takes_64_bit_integers_that_fit_and_refuses_others() {
    let v = |values: Vec<i64>| Variable::from_array(["x"], NdArray::from_vec(values, &[2]).unwrap()).unwrap();
    let (back, _, _keep) = classic_of(&cube("a", v(vec![-5, i32::MAX as i64])));
    assert_eq!(back.variable("a").unwrap().load().unwrap().as_slice::<i32>().unwrap(), [-5, i32::MAX]);
    let mut filled = cube("a", v(vec![i64::MIN, 7]));
    filled.vars["a"].attrs.set("_FillValue", AttrValue::I64(vec![i64::MIN]));
    let (back, _, _keep) = classic_of(&filled);
    let a = back.variable("a").unwrap();
    assert_eq!(a.attrs.get("_FillValue"), Some(&AttrValue::I32(vec![-2147483647])));
    assert_eq!(a.load().unwrap().as_slice::<i32>().unwrap(), [-2147483647, 7]);

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("o.nc");
    let large = cube("a", v(vec![1, 1 << 40]));
    let options = NetcdfWriteOptions { format: NetcdfFormat::Nc3, ..Default::default() };
    let (sink, said) = NetcdfSink::create(Output::create(&path, Overwrite::No).unwrap(), &large, &options).unwrap();
    let e = said.refuse(Level::Changed).unwrap_err();
    assert_eq!(e.message(), "variable \"a\": i64 is written as f64, which keeps 53 bits: not every value fits 32");
    drop(sink);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is left behind");
    let (back, _, _keep) = classic_of(&large);
    assert_eq!(back.variable("a").unwrap().load().unwrap().as_slice::<f64>().unwrap(), [1.0, (1u64 << 40) as f64]);
}

#[test]
fn texts_become_characters_in_classic_files() {
    let texts = arrow::array::StringViewArray::from(vec!["ab", "", "größer"]);
    let (back, _, _keep) = classic_of(&cube("t", Variable::from_array(["x"], NdArray::from_texts(texts, &[3]).unwrap()).unwrap()));
    let t = back.variable("t").unwrap();
    assert_eq!((t.shape(), &*t.dims()[1]), ([3, 8].as_slice(), "string8"));
    assert_eq!(&t.load().unwrap().as_slice::<u8>().unwrap()[16..], "größer".as_bytes());
    // xarray decodes only what says how.
    assert_eq!(t.attrs.text("_Encoding"), Some("utf-8"));
}

#[test]
fn groups_do_not_fit_a_flat_format() {
    let (_, notices, _keep) = classic_of(&read(&data("groups.nc")));
    assert!(notices.iter().any(|n| n.starts_with("loss: groups are left out")), "{notices:?}");
}

#[test]
fn chunks_and_filters_are_what_the_options_say() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("o.nc");
    let values: Vec<f32> = (0..20_000).map(|i| i as f32).collect();
    let d = cube("a", Variable::from_array(["t", "x"], NdArray::from_vec(values.clone(), &[200, 100]).unwrap()).unwrap());
    for compress in ["none", "deflate:1", "zstd:5"] {
        let filters = NetcdfWriteOptions::parse_compress(compress).unwrap();
        let options = NetcdfWriteOptions { chunks: vec![("t".into(), 60)], filters: Some(filters.clone()), ..Default::default() };
        write(&d, &path, &options);
        let back = read(&path);
        let a = back.variable("a").unwrap();
        assert_eq!((a.encoding.chunks.clone(), &a.encoding.filters), (Some(vec![60, 100]), &filters));
        assert_eq!(a.load().unwrap().as_slice::<f32>().unwrap(), values);
    }
    assert!(NetcdfWriteOptions::parse_compress("zstd:99").is_err());
    assert!(NetcdfWriteOptions::parse_compress("zstdd").unwrap_err().remedy().unwrap().contains("\"zstd\""));
}

#[test]
fn empty_dimension_becomes_unlimited_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("o.nc");
    let d = cube("a", Variable::from_array(["t", "x"], NdArray::from_vec(Vec::<f64>::new(), &[0, 3]).unwrap()).unwrap());
    let notices = write(&d, &path, &NetcdfWriteOptions::default());
    assert!(notices.len() == 1 && notices[0].contains("\"t\""), "{notices:?}");
    assert_eq!(read(&path).variable("a").unwrap().shape(), [0, 3]);
}

#[test]
fn lazy_variables_know_their_blocks_and_outlive_the_cube() {
    let v = read(&data("types.nc")).variable("packed").unwrap().clone();
    assert!(matches!(v.data(), Data::Lazy(_)));
    assert_eq!(v.grid().count(), 1);
    assert_eq!(v.load().unwrap().len(), 35);
}

/// Every error has a place, and reading what opens never panics.
fn survives(path: &Path) {
    if let Ok((d, _)) = open(path, &NetcdfReadOptions::default()) {
        fn all(d: &Dataset) {
            for (_, v) in d.coords.iter().chain(d.vars.iter().map(|(n, v)| (n.as_str(), v))) {
                if v.shape().iter().try_fold(8usize, |n, &s| n.checked_mul(s)).is_some_and(|n| n < 1 << 26) {
                    let _ = v.load();
                }
            }
            d.groups.values().for_each(all);
        }
        all(&d);
    }
}

#[test]
fn truncated_files_are_one_clear_error() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cut.nc");
    for name in ["types.nc", "classic.nc", "offset64.nc", "cdf5.nc", "one_record.nc", "plain.h5"] {
        let whole = std::fs::read(data(name)).unwrap();
        // The last bytes of a classic file may be padding.
        let last = whole.len() - 8;
        for n in (0..40).chain((40..last).step_by(last / 60 + 1)).chain([last]) {
            std::fs::write(&path, &whole[..n]).unwrap();
            let e = open(&path, &NetcdfReadOptions::default()).err().unwrap_or_else(|| panic!("{name} cut to {n} opens"));
            assert_eq!(e.kind(), ErrorKind::Format, "{name} {n}: {e}");
            assert_eq!(e.place().file.as_deref(), Some(path.as_path()), "{name} {n}: {e}");
        }
    }
}

#[test]
fn damaged_classic_files_never_panic() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bad.nc");
    for name in ["classic.nc", "offset64.nc", "cdf5.nc", "one_record.nc"] {
        let whole = std::fs::read(data(name)).unwrap();
        for i in 0..whole.len() {
            let mut bytes = whole.clone();
            bytes[i] ^= [0x01, 0x80, 0xff, 0x04][i % 4];
            std::fs::write(&path, &bytes).unwrap();
            survives(&path);
        }
    }
}

#[test]
fn what_is_no_netcdf_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.nc");
    for bytes in [b"".as_slice(), b"a,b\n1,2\n", b"CDF\x07aaaa", b"CDF", &[0xff; 3000]] {
        std::fs::write(&path, bytes).unwrap();
        let e = open(&path, &NetcdfReadOptions::default()).unwrap_err();
        assert_eq!(e.kind(), ErrorKind::Format, "{e}");
    }
    assert_eq!(open(&folder.path().join("none.nc"), &NetcdfReadOptions::default()).unwrap_err().kind(), ErrorKind::NotFound);
    assert!(open(folder.path(), &NetcdfReadOptions::default()).is_err());
}

/// Bytes on which the C library aborted or never came back, found by flipping bytes at random.
#[test]
fn damaged_heaps_are_an_error_and_neither_crash_nor_hang() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bad.nc");
    let found: [(&str, &[(usize, u8)]); 4] = [
        ("types.nc", &[(39726, 0), (12139, 255), (5851, 1), (2160, 20)]),
        ("types.nc", &[(4152, 9)]),
        ("groups.nc", &[(5231, 9)]),
        ("groups.nc", &[(5207, 136)]),
    ];
    for (name, flips) in found {
        let mut bytes = std::fs::read(data(name)).unwrap();
        for &(at, value) in flips {
            bytes[at] = value;
        }
        std::fs::write(&path, &bytes).unwrap();
        let e = open(&path, &NetcdfReadOptions::default()).unwrap_err();
        assert_eq!((e.kind(), e.place().file.as_deref()), (ErrorKind::Format, Some(path.as_path())), "{e}");
    }
}

#[test]
fn values_beyond_what_is_stored_are_fill_values() {
    let d = read(&data("odd/two_unlimited.nc"));
    let v = d.variable("v").unwrap();
    let fill = -2147483647;
    assert_eq!(v.load().unwrap().as_slice::<i32>().unwrap(), [0, 1, 2, 3, 4, 5, fill, fill, fill]);
    let backwards = v.read(&Selection::new(vec![Selector::Range { start: 2, count: 2, step: -2 }, Selector::Take([2, 0].into())])).unwrap();
    assert_eq!(backwards.to_contiguous().unwrap().as_slice::<i32>().unwrap(), [fill, fill, 2, 0]);
    let s = d.variable("s").unwrap().load().unwrap();
    assert_eq!(s.as_slice::<i16>().unwrap(), [5, -7, -7, -7, -7, -7, -7, -7, -7]);
}

#[test]
fn dimensions_that_the_library_mistakes_have_the_lengths_of_the_dataset() {
    let (d, notices) = open(&data("odd/scale.nc"), &NetcdfReadOptions::default()).unwrap();
    let v = d.variable("d").unwrap();
    assert_eq!((v.shape(), &*v.dims()[0]), (&[4, 3][..], "x"));
    assert_eq!(v.load().unwrap().as_slice::<f64>().unwrap(), (0..12).map(f64::from).collect::<Vec<_>>());
    assert_eq!(d.variable("b").unwrap().shape(), [2]);
    assert_eq!(notices.iter().count(), 0);
    // Strings of h5py have no fill value, which the library does not let us say.
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("o.nc");
    write(&d, &path, &NetcdfWriteOptions::default());
    let texts = read(&path).variable("s").unwrap().load().unwrap();
    assert_eq!(texts.as_texts().unwrap().iter().flatten().collect::<Vec<_>>(), ["a", "bb"]);
}

#[test]
fn compression_that_is_asked_for_keeps_the_checksum() {
    let mut v = Variable::from_array(["x"], NdArray::from_vec((0..2000).collect::<Vec<i32>>(), &[2000]).unwrap()).unwrap();
    v.encoding.filters = vec![Filter::Fletcher32];
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("o.nc");
    let filters = Some(NetcdfWriteOptions::parse_compress("deflate:2").unwrap());
    write(&cube("a", v), &path, &NetcdfWriteOptions { filters, ..NetcdfWriteOptions::default() });
    let filters = read(&path).variable("a").unwrap().encoding.filters.clone();
    assert!(filters.contains(&Filter::Deflate(2)) && filters.contains(&Filter::Fletcher32), "{filters:?}");
}
