//! HDF5 files as h5py, netCDF4 and PyTables write them (`tests/parity/make_hdf5.py`).

use hpda_data::array::Encoding;
use hpda_data::error::{ErrorKind, Level, Notices};
use hpda_data::io::hdf5::{self, Hdf5ReadOptions, ReadBy};
use hpda_data::io::netcdf::{self, NetcdfReadOptions};
use hpda_data::store::{AttrArray, AttrValue, Selection, Selector};
use hpda_data::{DType, Dataset, Scalar, Variable};
use serde_json::Value;
use std::path::{Path, PathBuf};

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/files/data/hdf5").join(name)
}

fn open(name: &str) -> (Dataset, Notices) {
    hdf5::open(&file(name), &Hdf5ReadOptions::default()).unwrap()
}

fn find<'a>(ds: &'a Dataset, path: &str) -> &'a Variable {
    match path.split_once('/') {
        Some((group, rest)) => find(&ds.groups[group], rest),
        None => ds.variable(path).unwrap(),
    }
}

fn dims(v: &Variable) -> String {
    v.dims().iter().map(|d| d.to_string()).collect::<Vec<_>>().join(",")
}

fn agrees(ours: &Scalar, theirs: &Value) -> bool {
    match (ours, theirs) {
        (Scalar::Bool(x), Value::Bool(y)) => x == y,
        (Scalar::I64(x), y) => y.as_i64() == Some(*x),
        (Scalar::U64(x), y) => y.as_u64() == Some(*x),
        (Scalar::F32(x), Value::String(y)) => *x as f64 == y.parse::<f64>().unwrap(),
        (Scalar::F64(x), Value::String(y)) => *x == y.parse::<f64>().unwrap(),
        (Scalar::Str(x), Value::String(y)) => **x == **y,
        _ => false,
    }
}

#[test]
fn hdf5_datasets_of_every_type_read_as_h5py_reads_them() {
    let text = std::fs::read_to_string(file("expected.json")).unwrap();
    let expected: Value = serde_json::from_str(&text).unwrap();
    for (name, datasets) in expected.as_object().unwrap() {
        for read_by in [ReadBy::Either, ReadBy::Chunks, ReadBy::Library] {
            let (ds, _) = hdf5::open(&file(&format!("{name}.h5")), &Hdf5ReadOptions { read_by, ..Default::default() }).unwrap();
            for (path, want) in datasets.as_object().unwrap() {
                let a = find(&ds, path).load().unwrap();
                let shape: Vec<u64> = a.shape().iter().map(|&n| n as u64).collect();
                assert_eq!(serde_json::json!(shape), want["shape"], "{path}");
                let values = want["values"].as_array().unwrap();
                assert_eq!(a.len(), values.len(), "{path}");
                for (i, y) in values.iter().enumerate() {
                    assert!(agrees(&a.scalar(i), y), "{name} {path}: element {i} is {:?}, and h5py has {y}", a.scalar(i));
                }
            }
        }
    }
}

#[test]
fn hdf5_chunks_filtered_and_missing_have_their_values() {
    for read_by in [ReadBy::Either, ReadBy::Chunks, ReadBy::Library] {
        let (ds, _) = hdf5::open(&file("types.h5"), &Hdf5ReadOptions { read_by, ..Default::default() }).unwrap();
        let (deflated, gaps) = (find(&ds, "deflated").load().unwrap(), find(&ds, "gaps").load().unwrap());
        for i in 0..500 {
            assert_eq!(deflated.scalar(i), Scalar::F64(i as f64 / 7.0));
            assert_eq!(gaps.scalar(i), Scalar::I64(if i / 25 < 8 && i % 25 < 8 { 1 } else { -3 }));
        }
        // The library built here has no lzf.
        if read_by != ReadBy::Library {
            let lzf = find(&ds, "lzf").load().unwrap();
            assert!((0..500).all(|i| lzf.scalar(i) == Scalar::F32((i as f64 / 7.0) as f32)));
        }
    }
}

#[test]
fn hdf5_parts_of_a_dataset_are_those_parts_of_the_whole() {
    let (ds, _) = open("types.h5");
    let picks = [
        ("le_i4", vec![Selector::At(1), Selector::Range { start: 3, count: 2, step: -2 }]),
        ("deflated", vec![Selector::Take(vec![19, 0, 3].into()), Selector::Range { start: 1, count: 4, step: 5 }]),
        ("vectors", vec![Selector::Range { start: 2, count: 2, step: -2 }, Selector::At(1), Selector::Take(vec![1, 0].into())]),
        ("variable", vec![Selector::Take(vec![3, 0].into())]),
        ("flags", vec![Selector::All, Selector::span(1, 0)]),
    ];
    for (name, selectors) in picks {
        let (v, pick) = (&ds.vars[name], Selection::new(selectors));
        let (part, whole) = (v.read(&pick).unwrap(), v.load().unwrap().select(&pick).unwrap());
        assert_eq!(part.shape(), whole.shape(), "{name}");
        assert!((0..part.len()).all(|i| part.scalar(i) == whole.scalar(i)), "{name}");
    }
}

#[test]
fn hdf5_types_are_named_and_enumerations_have_flags() {
    let (ds, _) = open("types.h5");
    let state = &ds.vars["state"];
    assert_eq!(state.attrs.text("flag_meanings"), Some("LOST OFF ON"));
    assert_eq!(state.attrs.get("flag_values"), Some(&AttrValue::I16(vec![2, 0, 1])));
    assert_eq!((ds.vars["flags"].dtype(), ds.vars["le_f2"].dtype(), ds.vars["bits"].dtype()), (&DType::Bool, &DType::F32, &DType::U16));
    assert!(ds.vars["be_i4"].encoding.big_endian && !ds.vars["le_i4"].encoding.big_endian);
    // One letter each, and not one text of three: nothing says that they belong together.
    assert_eq!(ds.vars["letters"].dtype(), &DType::Str);
}

#[test]
fn hdf5_scales_name_dimensions_and_the_rest_have_labels_or_numbers() {
    let (ds, notices) = open("scales.h5");
    // Of two scales the last one names the axis, as in NetCDF.
    assert_eq!(dims(&ds.vars["tas"]), "time,lat_index");
    assert_eq!(ds.unlimited.iter().map(|d| &**d).collect::<Vec<_>>(), ["time"]);
    assert!(ds.coords.contains("time") && ds.coords.contains("lat"));
    assert_eq!(dims(&ds.vars["labelled"]), "station,channel");
    assert_eq!((dims(&ds.vars["mismatch"]), dims(&ds.vars["only"])), ("phony_dim_0".into(), "phony_dim_0".into()));
    assert_eq!(dims(&ds.vars["nameless"]), "phony_dim_0,phony_dim_1,phony_dim_2");
    // Names of the nameless are those of the whole file.
    assert_eq!(dims(find(&ds, "deep/er/square")), "phony_dim_3,phony_dim_4");
    assert_eq!(dims(find(&ds, "deep/er/pr")), "lat,time");
    let said: Vec<&str> = notices.iter().map(|n| n.message.as_str()).collect();
    assert!(said.len() == 1 && said[0].contains("\"wrong\" is 3"), "{said:?}");
}

#[test]
fn hdf5_attributes_of_every_sort_keep_their_types() {
    let (ds, notices) = open("attrs.h5");
    let a = &ds.vars["x"].attrs;
    let texts = |t: &[&str]| Some(AttrValue::Texts(t.iter().map(|t| t.to_string()).collect()));
    assert_eq!(a.get("text"), Some(&AttrValue::Text("köln".into())));
    assert_eq!(a.get("fixed"), Some(&AttrValue::Text("abc".into())));
    assert_eq!((a.get("texts").cloned(), a.get("fixed_texts").cloned()), (texts(&["a", "bc"]), texts(&["a", "bc"])));
    assert_eq!((a.get("i1"), a.get("u2")), (Some(&AttrValue::I8(vec![-3])), Some(&AttrValue::U16(vec![3]))));
    assert_eq!((a.get("f4"), a.get("half")), (Some(&AttrValue::F32(vec![0.5])), Some(&AttrValue::F32(vec![0.5]))));
    assert_eq!(a.get("matrix"), Some(&AttrValue::Array(AttrArray::new(vec![2, 2], AttrValue::F64(vec![1.0, 2.0, 3.0, 4.0])).unwrap())));
    assert_eq!(a.get("flag"), Some(&AttrValue::Bool(vec![true])));
    assert_eq!((a.get("empty_text"), a.get("empty_number")), (Some(&AttrValue::Text(String::new())), Some(&AttrValue::F64(vec![]))));
    assert_eq!(a.text("reference"), Some("/x"));
    let order: Vec<&str> = a.iter().map(|(n, _)| n).collect();
    assert_eq!(&order[..3], ["text", "fixed", "texts"]);
    let said: Vec<&str> = notices.iter().filter(|n| n.level == Level::Changed).map(|n| n.message.as_str()).collect();
    assert!(said.len() == 2 && said[0].contains("\"record\"") && said[1].contains("\"lists\""), "{said:?}");
}

#[test]
fn hdf5_links_are_followed_within_the_file_and_never_in_circles() {
    let (ds, notices) = open("links.h5");
    for name in ["hard", "soft"] {
        assert_eq!(ds.vars[name].load().unwrap().scalar(2), Scalar::I64(2));
    }
    assert_eq!(ds.groups.keys().collect::<Vec<_>>(), ["again"]);
    assert!(ds.groups["again"].groups.is_empty());
    let said = |level: Level| notices.iter().filter(|n| n.level == level).map(|n| n.message.as_str()).collect::<Vec<_>>();
    let lost = said(Level::Changed);
    assert_eq!(lost.len(), 3, "{lost:?}");
    assert!(lost[0].contains("\"nowhere\"") && lost[1].contains("another file, \"types.h5:/scalar\"") && lost[2].contains("\"through\""));
    assert_eq!(said(Level::Warning).len(), 3);
}

#[test]
fn hdf5_records_are_groups_and_references_are_paths() {
    let (ds, notices) = open("records.h5");
    let table = &ds.groups["table"];
    assert_eq!(table.attrs.text("note"), Some("records"));
    assert_eq!(table.vars.keys().collect::<Vec<_>>(), ["id", "name", "v"]);
    assert_eq!((table.vars["id"].load().unwrap().scalar(1), table.vars["name"].load().unwrap().scalar(1)), (Scalar::I64(2), "bcde".into()));
    assert_eq!((table.vars["v"].shape(), table.vars["v"].load().unwrap().scalar(5)), ([3, 2].as_slice(), Scalar::I64(6)));
    assert_eq!(table.groups["pos"].vars["y"].load().unwrap().scalar(2), Scalar::F64(30.0));
    assert_eq!(ds.vars["of_committed"].load().unwrap().scalar(1), Scalar::F64(1.0));
    let refs = ds.vars["refs"].load().unwrap();
    assert_eq!([refs.scalar(0), refs.scalar(1), refs.scalar(2)], ["/table".into(), "/committed".into(), "".into()]);
    let said: Vec<&str> = notices.iter().map(|n| n.message.as_str()).collect();
    for (name, why) in
        [("complex", "complex"), ("empty", "no values"), ("lists", "lists"), ("opaque", "opaque"), ("regions", "regions"), ("z", "complex")]
    {
        let named = format!("variable {name:?} is left out");
        assert!(said.iter().any(|s| s.starts_with(&named) && s.contains(why)), "{name}: {said:?}");
    }
}

#[test]
fn hdf5_of_pandas_shows_its_records() {
    let (ds, notices) = open("pandas_table.h5");
    assert!(notices.is_empty(), "{notices:?}");
    let table = &ds.groups["df"].groups["table"];
    assert_eq!(table.vars["index"].load().unwrap().scalar(2), Scalar::I64(2));
    assert_eq!(table.vars["values_block_1"].load().unwrap().scalar(0), Scalar::F64(0.5));
}

fn same(a: &Dataset, b: &Dataset, at: &str) {
    let sorted = |ds: &Dataset| {
        let mut attrs: Vec<String> = ds.attrs.iter().map(|a| format!("{a:?}")).collect();
        attrs.sort();
        (ds.dims.clone(), ds.unlimited.clone(), attrs)
    };
    assert_eq!(sorted(a), sorted(b), "{at}");
    let names = |ds: &Dataset| {
        let mut names: Vec<String> = ds.vars.keys().cloned().chain(ds.coords.iter().map(|(n, _)| format!("{n} (coordinate)"))).collect();
        names.sort();
        names
    };
    assert_eq!(names(a), names(b), "{at}");
    for (name, x) in a.vars.iter().map(|(n, v)| (n.as_str(), v)).chain(a.coords.iter()) {
        let y = b.variable(name).unwrap();
        assert_eq!((x.dims(), x.dtype(), &x.attrs, &x.encoding), (y.dims(), y.dtype(), &y.attrs, &y.encoding), "{at}/{name}");
        let (x, y) = (x.load().unwrap(), y.load().unwrap());
        assert!((0..x.len()).all(|i| format!("{:?}", x.scalar(i)) == format!("{:?}", y.scalar(i))), "{at}/{name}");
    }
    assert_eq!(a.groups.keys().collect::<Vec<_>>(), b.groups.keys().collect::<Vec<_>>(), "{at}");
    a.groups.iter().for_each(|(name, below)| same(below, &b.groups[name], &format!("{at}/{name}")));
}

#[test]
fn files_of_netcdf4_are_the_same_cube_as_hdf5() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = vec![file("from_netcdf.h5"), root.join("data/climate.nc"), root.join("data/climate_packed.nc")];
    files.extend(std::fs::read_dir(root.join("tests/files/data/netcdf")).unwrap().map(|f| f.unwrap().path()));
    let mut compared = 0;
    for path in files {
        // Records are left out as NetCDF, and are groups as HDF5.
        if path.ends_with("user_types.nc") {
            continue;
        }
        let Ok(mut first) = std::fs::read(&path) else { continue };
        first.truncate(1 << 20);
        // Those that NetCDF-4 has written say so.
        if !first.starts_with(b"\x89HDF") || !first.windows(13).any(|w| w == b"_NCProperties") {
            continue;
        }
        let Ok((a, _)) = netcdf::open(&path, &NetcdfReadOptions::default()) else { continue };
        let (b, _) = hdf5::open(&path, &Hdf5ReadOptions::default()).unwrap();
        same(&a, &b, &path.file_name().unwrap().to_string_lossy());
        compared += 1;
    }
    assert!(compared >= 3, "{compared}");
}

#[test]
fn hdf5_group_is_opened_alone_and_its_absence_is_named() {
    let open = |group: &str| hdf5::open(&file("scales.h5"), &Hdf5ReadOptions { group: Some(group.into()), ..Default::default() });
    let (ds, notices) = open("/deep/er").unwrap();
    assert!(ds.vars.contains_key("pr") && notices.is_empty());
    let e = open("er").unwrap_err();
    assert!(e.kind() == ErrorKind::NotFound && e.remedy().unwrap().contains("\"deep/er\""), "{e}");
}

#[test]
fn hdf5_that_netcdf_cannot_read_is_read_under_its_name_too() {
    let to = tempfile::tempdir().unwrap();
    let path = to.path().join("records.nc");
    std::fs::copy(file("records.h5"), &path).unwrap();
    let ds = hpda_data::open_dataset(&path).unwrap();
    assert_eq!(ds.variable("of_committed").unwrap().load().unwrap().scalar(1), Scalar::F64(1.0));
    let e = hdf5::open(&Path::new(env!("CARGO_MANIFEST_DIR")).join("data/cube.nc3"), &Hdf5ReadOptions::default()).unwrap_err();
    assert!(e.kind() == ErrorKind::Format && e.message().contains("not an HDF5 file"), "{e}");
}

fn copy(from: &Path, to: &Path) -> Dataset {
    hpda_data::open_dataset(from).unwrap().save(to).unwrap();
    hpda_data::open_dataset(to).unwrap()
}

/// The same variables with the same values.
fn same_values(a: &Dataset, b: &Dataset, at: &str) {
    for (name, x) in a.vars.iter().map(|(n, v)| (n.as_str(), v)).chain(a.coords.iter()) {
        let y = b.variable(name).unwrap();
        assert_eq!((x.dims(), x.dtype()), (y.dims(), y.dtype()), "{at}/{name}");
        let (x, y) = (x.load().unwrap(), y.load().unwrap());
        assert!((0..x.len()).all(|i| format!("{:?}", x.scalar(i)) == format!("{:?}", y.scalar(i))), "{at}/{name}");
    }
    a.groups.iter().for_each(|(name, below)| same_values(below, &b.groups[name], &format!("{at}/{name}")));
}

#[test]
fn hdf5_written_from_netcdf_is_the_same_cube_for_every_reader() {
    let (to, root) = (tempfile::tempdir().unwrap(), Path::new(env!("CARGO_MANIFEST_DIR")));
    for (i, from) in [root.join("data/climate.nc"), root.join("data/climate_packed.nc"), file("from_netcdf.h5")].iter().enumerate() {
        let source = hpda_data::open_dataset(from).unwrap();
        let path = to.path().join(format!("{i}.h5"));
        let written = copy(from, &path);
        same_values(&source, &written, "h5");
        assert_eq!((&source.attrs, &source.dims, &source.unlimited), (&written.attrs, &written.dims, &written.unlimited));
        for (name, v) in &source.vars {
            let w = &written.vars[name];
            // HDF5 has no fill values but those that are given.
            let encoding = Encoding { no_fill: v.encoding.no_fill, ..w.encoding.clone() };
            assert_eq!((&v.attrs, &v.encoding), (&w.attrs, &encoding), "{name}");
        }
        // NetCDF reads it, and so does what is made of it once more.
        let under_netcdf = netcdf::open(&path, &NetcdfReadOptions::default()).unwrap().0;
        assert!(source.dims.iter().all(|(d, n)| under_netcdf.dims.get(d) == Some(n)));
        same_values(&source, &copy(&path, &to.path().join(format!("{i}.nc"))), "nc");
        // The same input gives the same bytes.
        let again = to.path().join(format!("{i}-again.h5"));
        copy(from, &again);
        assert!(std::fs::read(&path).unwrap() == std::fs::read(&again).unwrap(), "{from:?}");
    }
}

#[test]
fn hdf5_of_every_type_is_written_as_it_was_read() {
    let to = tempfile::tempdir().unwrap();
    let source = hpda_data::open_dataset(file("types.h5")).unwrap();
    let path = to.path().join("types.h5");
    let written = copy(&file("types.h5"), &path);
    for (name, v) in &source.vars {
        let w = &written.vars[name];
        assert_eq!((v.shape(), v.dtype(), &v.attrs), (w.shape(), w.dtype(), &w.attrs), "{name}");
        let (x, y) = (v.load().unwrap(), w.load().unwrap());
        assert!((0..x.len()).all(|i| x.scalar(i) == y.scalar(i)), "{name}");
    }
    // Names for the nameless are not written.
    let (raw, _) = hdf5::open(&path, &Hdf5ReadOptions::default()).unwrap();
    assert!(raw.coords.is_empty() && raw.dims.keys().all(|d| d.starts_with("phony_dim_")));
    assert_eq!(raw.vars["flags"].dtype(), &DType::Bool);
}

/// The library keeps with a dataset which handle of the file was the last to read it, also when that is closed.
#[test]
fn texts_are_read_after_another_handle_of_the_file_was_closed() {
    let open = || hdf5::open(&file("texts.h5"), &Hdf5ReadOptions::default()).unwrap().0;
    let texts = |ds: &Dataset| {
        let a = find(ds, "filled").load().unwrap();
        assert_eq!([0, 2, 4, 4999].map(|i| a.scalar(i).to_string()), ["a", "k\u{f6}ln", "none", "none"]);
    };
    let first = open();
    texts(&first);
    let second = open();
    let third = open();
    texts(&third);
    drop(third);
    texts(&second);
    texts(&first);
}
