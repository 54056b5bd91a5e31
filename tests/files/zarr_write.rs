//! What we write is read back the same, the same bytes come from any number of threads, and nothing half done is left behind.

use hpda_data::array::{Data, Dataset, Variable};
use hpda_data::exec::ExecOptions;
use hpda_data::io::zarr::facts;
use hpda_data::io::{Format, Overwrite};
use hpda_data::open::{SaveOptions, Scanned, Target, save};
use hpda_data::store::{AttrValue, NdArray};
use hpda_data::{ErrorKind, open_dataset};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

const DATA: &str = "tests/files/data/zarr";

fn write(ds: &Dataset, path: &Path, options: &SaveOptions) -> hpda_data::Result<()> {
    let options = SaveOptions { format: Some(Format::Zarr), ..options.clone() };
    save(Scanned::Cube(ds.clone()), &Target::File(path.into()), &options, &ExecOptions::default()).map(drop)
}

/// All files of a folder by their path in it.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut out = BTreeMap::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(f) = folders.pop() {
        for entry in std::fs::read_dir(f).unwrap().map(Result::unwrap) {
            match entry.file_type().unwrap().is_dir() {
                true => folders.push(entry.path()),
                false => drop(out.insert(entry.path().strip_prefix(folder).unwrap().into(), std::fs::read(entry.path()).unwrap())),
            }
        }
    }
    out
}

fn json(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

fn same(a: &Variable, b: &Variable, name: &str) {
    assert_eq!((a.dims(), a.dtype(), a.shape()), (b.dims(), b.dtype(), b.shape()), "{name}");
    assert_eq!(format!("{:?}", a.attrs), format!("{:?}", b.attrs), "{name}");
    let (x, y) = (a.load().unwrap(), b.load().unwrap());
    for i in 0..x.len() {
        let (x, y) = (x.scalar(i), y.scalar(i));
        assert!(x == y || x.is_missing() && y.is_missing(), "{name} at {i}: {x} and {y}");
    }
}

fn same_cube(a: &Dataset, b: &Dataset) {
    assert_eq!(a.attrs, b.attrs);
    assert_eq!(a.coords.iter().map(|c| c.0).collect::<Vec<_>>(), b.coords.iter().map(|c| c.0).collect::<Vec<_>>());
    for (name, v) in a.coords.iter().chain(a.vars.iter().map(|(n, v)| (n.as_str(), v))) {
        same(v, b.variable(name).unwrap(), name);
    }
    for (name, group) in &a.groups {
        same_cube(group, &b.groups[name]);
    }
}

#[test]
fn cubes_of_stores_and_netcdf_come_back_the_same() {
    let folder = tempfile::tempdir().unwrap();
    for source in ["data/climate.nc", "data/climate_packed.nc"]
        .map(String::from)
        .into_iter()
        .chain(["xarray2.zarr", "xarray3.zarr", "codecs2.zarr", "codecs3.zarr"].map(|s| format!("{DATA}/{s}")))
    {
        let ds = open_dataset(&source).unwrap();
        let path = folder.path().join(Path::new(&source).file_name().unwrap()).with_extension("zarr");
        write(&ds, &path, &SaveOptions::default()).unwrap();
        let back = open_dataset(&path).unwrap();
        same_cube(&ds, &back);
        assert!(facts(&path).unwrap().consolidated);
    }
}

#[test]
fn codecs_chunks_and_shards_of_a_store_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    let ds = open_dataset(format!("{DATA}/codecs3.zarr")).unwrap();
    let path = folder.path().join("o.zarr");
    write(&ds, &path, &SaveOptions::default()).unwrap();
    let back = open_dataset(&path).unwrap();
    for name in ["none", "zstd", "gzip", "blosc", "crc", "transpose", "shard", "big", "text"] {
        let (old, new) = (&ds.variable(name).unwrap().encoding, &back.variable(name).unwrap().encoding);
        let words = |e: &hpda_data::array::Encoding| e.codecs.as_ref().map(|c| (c.words.clone(), c.shards.clone()));
        assert_eq!((words(old), &old.chunks, old.big_endian), (words(new), &new.chunks, new.big_endian), "{name}");
    }
    let text = &json(&path.join("text/zarr.json"));
    assert_eq!((&text["data_type"], &text["codecs"][0]["name"]), (&"string".into(), &"vlen-utf8".into()));
}

#[test]
fn chunks_shards_and_compression_are_as_asked() {
    let folder = tempfile::tempdir().unwrap();
    let ds = open_dataset("data/climate.nc").unwrap();
    for (compress, name) in [("zstd:1", "zstd"), ("gzip:9", "gzip"), ("blosc:3", "blosc"), ("blosc-zstd:1", "blosc"), ("none", "")] {
        let path = folder.path().join(format!("{}.zarr", compress.replace(':', "_")));
        let chunks = vec![("time".into(), 50), ("lat".into(), 5)];
        let shards = if compress == "zstd:1" { vec![("time".into(), 100)] } else { Vec::new() };
        write(&ds, &path, &SaveOptions { chunks, shards, compress: Some(compress.into()), ..SaveOptions::default() }).unwrap();
        let tas = json(&path.join("tas/zarr.json"));
        let mut codecs = tas["codecs"].as_array().unwrap().clone();
        if compress == "zstd:1" {
            assert_eq!(tas["chunk_grid"]["configuration"]["chunk_shape"], serde_json::json!([100, 5, 18]));
            assert_eq!(codecs[0]["configuration"]["chunk_shape"], serde_json::json!([50, 5, 18]));
            codecs = codecs[0]["configuration"]["codecs"].as_array().unwrap().clone();
        } else {
            assert_eq!(tas["chunk_grid"]["configuration"]["chunk_shape"], serde_json::json!([50, 5, 18]));
        }
        assert_eq!(codecs.get(1).map_or("", |c| c["name"].as_str().unwrap()), name);
        same_cube(&ds, &open_dataset(&path).unwrap());
    }
    let unknown = SaveOptions { chunks: vec![("tiem".into(), 5)], ..SaveOptions::default() };
    let e = write(&ds, &folder.path().join("x.zarr"), &unknown).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::NotFound);
    assert!(e.remedy().unwrap().contains("time"));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 5, "nothing is left of what failed");
}

#[test]
fn bytes_are_the_same_for_any_number_of_threads() {
    let folder = tempfile::tempdir().unwrap();
    let ds = open_dataset("data/climate.nc").unwrap();
    let all: Vec<_> = [1, 2, 5]
        .into_iter()
        .map(|threads| {
            let path = folder.path().join(format!("{threads}.zarr"));
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let options = SaveOptions { chunks: vec![("time".into(), 7)], shards: vec![("lat".into(), 12)], ..SaveOptions::default() };
            pool.install(|| write(&ds, &path, &options)).unwrap();
            files(&path)
        })
        .collect();
    assert!(all[0] == all[1] && all[0] == all[2]);
    assert!(all[0].len() > 18);
}

#[test]
fn chunks_of_nothing_but_the_fill_value_have_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let mut values = vec![0i32; 20];
    values[13] = 7;
    let mut ds = Dataset::new();
    ds.insert("a", Variable::new(["x"], Data::Memory(NdArray::from_vec(values, &[20]).unwrap())).unwrap()).unwrap();
    let path = folder.path().join("a.zarr");
    write(&ds, &path, &SaveOptions { chunks: vec![("x".into(), 6)], ..SaveOptions::default() }).unwrap();
    let names: Vec<_> = files(&path).into_keys().filter(|f| f.starts_with("a/c")).collect();
    assert_eq!(names, [Path::new("a/c/2")]);
    same_cube(&ds, &open_dataset(&path).unwrap());
}

#[test]
fn fill_values_of_floats_and_odd_attributes_stand_as_xarray_writes_them() {
    let folder = tempfile::tempdir().unwrap();
    let mut ds = Dataset::new();
    let mut v = Variable::new(["x"], Data::Memory(NdArray::from_vec(vec![1.5f32, 2.5], &[2]).unwrap())).unwrap();
    v.attrs.set("_FillValue", AttrValue::F32(vec![1e20]));
    v.attrs.set("limits", AttrValue::F64(vec![f64::NAN, f64::INFINITY]));
    ds.insert("a", v).unwrap();
    let path = folder.path().join("a.zarr");
    write(&ds, &path, &SaveOptions::default()).unwrap();
    let text = std::fs::read_to_string(path.join("a/zarr.json")).unwrap();
    // base64 of struct.pack("<d", numpy.float32(1e20))
    assert!(text.contains(r#""_FillValue": "AAAAgB2vFUQ=""#) && text.contains("NaN,"), "{text}");
    let back = open_dataset(&path).unwrap();
    let a = back.variable("a").unwrap();
    assert_eq!(a.encoding.fill_value(), Some(&AttrValue::F32(vec![1e20])));
    assert!(matches!(a.attrs.get("limits"), Some(AttrValue::F64(l)) if l[0].is_nan() && l[1] == f64::INFINITY));
}

#[test]
fn stores_are_replaced_only_by_request_and_other_folders_never() {
    let folder = tempfile::tempdir().unwrap();
    let ds = open_dataset(format!("{DATA}/xarray3.zarr")).unwrap();
    let path = folder.path().join("a.zarr");
    let again = SaveOptions { overwrite: Overwrite::Yes, ..SaveOptions::default() };
    write(&open_dataset("data/climate.nc").unwrap(), &path, &SaveOptions::default()).unwrap();
    assert_eq!(write(&ds, &path, &SaveOptions::default()).unwrap_err().kind(), ErrorKind::Exists);
    write(&ds, &path, &again).unwrap();
    assert!(!path.join("tas").exists());
    // A store is read while it is replaced.
    write(&open_dataset(&path).unwrap(), &path, &again).unwrap();
    same_cube(&ds, &open_dataset(&path).unwrap());
    let other = folder.path().join("photos");
    std::fs::create_dir(&other).unwrap();
    std::fs::write(other.join("cat.jpg"), "cat").unwrap();
    let e = write(&ds, &other, &again).unwrap_err();
    assert!(e.message().contains("not a Zarr store"), "{e}");
    assert_eq!(std::fs::read(other.join("cat.jpg")).unwrap(), b"cat");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2, "nothing else is left");
}

#[test]
fn failure_while_chunks_are_written_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let broken = folder.path().join("broken.zarr");
    write(&open_dataset("data/climate.nc").unwrap(), &broken, &SaveOptions { chunks: vec![("time".into(), 10)], ..SaveOptions::default() })
        .unwrap();
    std::fs::write(broken.join("tas/c/7/0/0"), b"no zstd").unwrap();
    let e = write(&open_dataset(&broken).unwrap(), &folder.path().join("copy.zarr"), &SaveOptions::default()).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::Format);
    assert!(e.to_string().contains("tas/c/7/0/0"), "{e}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn what_is_in_a_group_stands_together_in_consolidated_metadata() {
    let one = || Variable::from_array(["x"], NdArray::from_vec(vec![1i64, 2], &[2]).unwrap()).unwrap();
    let mut ds = Dataset::new();
    for group in ["a", "c"] {
        let mut inner = Dataset::new();
        inner.insert("w", one()).unwrap();
        let mut outer = Dataset::new();
        outer.insert("v", one()).unwrap();
        outer.groups.insert("sub".into(), inner);
        ds.groups.insert(group.into(), outer);
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("groups.zarr");
    write(&ds, &path, &SaveOptions::default()).unwrap();
    let root = std::fs::read_to_string(path.join("zarr.json")).unwrap();
    let places = ["\"a\":", "\"a/sub\":", "\"a/sub/w\":", "\"a/v\":", "\"c\":", "\"c/sub\":"].map(|k| root.find(k).unwrap());
    assert!(places.is_sorted(), "{places:?}");
}

#[test]
fn missing_texts_are_the_fill_value_of_the_array_and_no_attribute() {
    let texts = NdArray::from_texts(vec![Some("x"), None, Some("")].into(), &[3]).unwrap();
    let mut v = Variable::from_array(["x"], texts).unwrap();
    v.encoding.attrs.set("_FillValue", "NA");
    let mut ds = Dataset::new();
    ds.insert("name", v).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("texts.zarr");
    write(&ds, &path, &SaveOptions::default()).unwrap();
    let metadata = json(&path.join("name/zarr.json"));
    // xarray refuses a whole store for such an attribute.
    assert!(metadata["attributes"].get("_FillValue").is_none());
    assert_eq!(metadata["fill_value"], "NA");
    let back = open_dataset(&path).unwrap().variable("name").unwrap().load().unwrap();
    assert!(!back.scalar(0).is_missing() && back.scalar(1).is_missing() && !back.scalar(2).is_missing());
}
