//! What is easily lost between formats: kept, or said (`tests/parity/make_losses.py`).

use hpda_data::error::{ErrorKind, Level, Notices};
use hpda_data::exec::ExecOptions;
use hpda_data::open::{Losses, OpenOptions, SaveOptions, Scanned, Target, save, scan};
use hpda_data::store::{AttrArray, AttrValue, Selection, Selector};
use hpda_data::{DType, Dataset, Error, Result, Scalar, Variable};
use serde_json::Value;
use std::path::{Path, PathBuf};

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/files/data/losses").join(name)
}

fn expected() -> Value {
    serde_json::from_str(&std::fs::read_to_string(file("expected.json")).unwrap()).unwrap()
}

fn open_vars(path: &Path, vars: Option<&[&str]>) -> Result<(Dataset, Notices)> {
    let vars = vars.map(|v| v.iter().map(|n| n.to_string()).collect());
    match scan(&[path.to_path_buf()], &OpenOptions { vars, ..OpenOptions::default() })? {
        (Scanned::Cube(ds), notices) => Ok((ds, notices)),
        _ => panic!("a table"),
    }
}

fn open(name: &str) -> (Dataset, Notices) {
    open_vars(&file(name), None).unwrap()
}

/// Writes a cube to a temporary file of this name and reads it back, with what was said.
fn through(ds: &Dataset, name: &str, how: SaveOptions) -> Result<(Dataset, Notices)> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    let said = save(Scanned::Cube(ds.clone()), &Target::File(path.clone()), &how, &ExecOptions::default())?;
    let (mut back, _) = open_vars(&path, None)?;
    // The folder goes with this call.
    load(&mut back);
    Ok((back, said))
}

fn load(ds: &mut Dataset) {
    let held = |v: &Variable| v.with_data(hpda_data::array::Data::Memory(v.load().unwrap())).unwrap();
    ds.vars.values_mut().for_each(|v| *v = held(v));
}

fn allowed() -> SaveOptions {
    SaveOptions { losses: Losses::Allow, ..SaveOptions::default() }
}

fn says(notices: &Notices, level: Level, text: &str) -> bool {
    notices.iter().any(|n| n.level == level && n.to_string().contains(text))
}

fn values(v: &Variable) -> Vec<Scalar> {
    let a = v.load().unwrap();
    (0..a.len()).map(|i| a.scalar(i)).collect()
}

/// Whole numbers as Python has them; null for missing.
fn whole(list: &Value) -> Vec<Scalar> {
    list.as_array().unwrap().iter().map(|v| v.as_i64().map_or(Scalar::Null, Scalar::I64)).collect()
}

fn refused(e: Result<(Dataset, Notices)>) -> Error {
    let e = e.expect_err("it is a loss");
    assert_eq!(e.kind(), ErrorKind::Loss, "{e}");
    e
}

fn attr(ds: &Dataset, variable: &str, name: &str) -> AttrValue {
    ds.variable(variable).unwrap().attrs.get(name).unwrap().clone()
}

#[test]
fn attributes_of_several_dims_and_truth_values_are_as_h5py_has_them() {
    let (ds, _) = open("kinds.h5");
    let (again, said) = through(&ds, "copy.h5", SaveOptions::default()).unwrap();
    assert!(!says(&said, Level::Omitted, "attribute"), "{said:?}");
    let (zarr, _) = through(&ds, "copy.zarr", SaveOptions::default()).unwrap();
    for (name, want) in expected()["kinds"]["attrs"].as_object().unwrap() {
        for cube in [&ds, &again, &zarr] {
            let have = attr(cube, "half", name);
            let shape: Vec<u64> = want["shape"].as_array().unwrap().iter().map(|n| n.as_u64().unwrap()).collect();
            let own: Vec<u64> = have.shape().unwrap_or_default().iter().map(|&n| n as u64).collect();
            assert_eq!(own, if shape.len() > 1 { shape } else { Vec::new() }, "{name}");
            for (x, y) in have.scalars().iter().zip(want["values"].as_array().unwrap()) {
                let same = match (x, y) {
                    (Scalar::Bool(x), Value::Bool(y)) => x == y,
                    (Scalar::Str(x), Value::String(y)) => **x == **y,
                    (x, y) => x.as_f64() == y.as_f64(),
                };
                assert!(same, "{name}: {x:?} and {y}");
            }
        }
    }
    assert_eq!(attr(&ds, "half", "on"), AttrValue::Bool(vec![true]));
    let matrix = AttrArray::new(vec![2, 3], AttrValue::I16(vec![1, 2, 3, 4, 5, 6])).unwrap();
    assert_eq!(attr(&again, "half", "matrix"), AttrValue::Array(matrix));
}

#[test]
fn attributes_that_netcdf_lacks_are_listed() {
    let (ds, _) = open("kinds.h5");
    for name in ["flat.nc", "flat.nc3"] {
        let (flat, said) = through(&ds, name, allowed()).unwrap();
        assert!(says(&said, Level::Omitted, "\"matrix\" is written as a list, without its shape [2, 3]"), "{said:?}");
        assert!(says(&said, Level::Omitted, "\"on\" is written as i8"), "{said:?}");
        assert_eq!(attr(&flat, "half", "matrix"), AttrValue::I16(vec![1, 2, 3, 4, 5, 6]));
        assert_eq!(attr(&flat, "half", "switches"), AttrValue::I8(vec![1, 0]));
    }
}

#[test]
fn enumerations_of_hdf5_are_written_as_enumerations() {
    let (ds, _) = open("kinds.h5");
    let want = expected()["kinds"].clone();
    for name in ["copy.h5", "copy.nc"] {
        let (back, _) = through(&ds, name, SaveOptions::default()).unwrap();
        for cube in [&ds, &back] {
            let state = cube.variable("state").unwrap();
            assert_eq!(values(state), whole(&want["state"]), "{name}");
            let found = state.encoding.enumeration.as_ref().expect(name);
            for (name, value) in found.names.iter().zip(found.values.scalars()) {
                assert_eq!(value, Scalar::I64(want["names"][name].as_i64().unwrap()));
            }
            assert_eq!(found.names.len(), 3);
            assert_eq!(state.attrs.text("flag_meanings").unwrap(), found.names.join(" "));
        }
        assert_eq!(back.variable("flags").unwrap().dtype(), &DType::Bool);
    }
    // Whoever changes the meanings has numbers with attributes.
    let mut changed = ds.clone();
    changed.vars["state"].attrs.set("flag_meanings", "a b c");
    let (back, _) = through(&changed, "copy.h5", SaveOptions::default()).unwrap();
    let state = back.variable("state").unwrap();
    assert!(state.encoding.enumeration.is_none());
    assert_eq!(state.attrs.text("flag_meanings"), Some("a b c"));
}

#[test]
fn enumerations_of_netcdf_keep_their_names_and_their_fill_value() {
    let (ds, _) = open("enum.nc");
    let want = expected()["enum"].clone();
    for name in ["copy.nc", "copy.h5"] {
        let (back, said) = through(&ds, name, SaveOptions::default()).unwrap();
        assert!(said.iter().all(|n| n.level == Level::Warning), "{said:?}");
        for cube in [&ds, &back] {
            for variable in ["clouds", "other"] {
                let v = cube.variable(variable).unwrap();
                let numbers: Vec<Scalar> = whole(&want[variable]).into_iter().map(unsigned).collect();
                assert_eq!(values(v), numbers, "{name} {variable}");
                assert_eq!(v.encoding.enumeration.as_ref().unwrap().names, ["Clear", "Stratus", "Missing"]);
            }
            assert_eq!(cube.variable("clouds").unwrap().encoding.fill_value(), Some(&AttrValue::U8(vec![255])));
        }
    }
    let (back, _) = through(&ds, "copy.nc", SaveOptions::default()).unwrap();
    let types: Vec<_> = back.vars.values().map(|v| v.encoding.enumeration.as_ref().unwrap().name.clone()).collect();
    assert_eq!(types, ["cloud_t", "cloud_t"]);
    for name in ["copy.zarr", "copy.nc3"] {
        let (_, said) = through(&ds, name, SaveOptions::default()).unwrap();
        assert!(says(&said, Level::Omitted, "\"other\" is no enumeration there"), "{name}: {said:?}");
    }
}

fn unsigned(x: Scalar) -> Scalar {
    match x {
        Scalar::I64(x) => Scalar::U64(x as u64),
        other => other,
    }
}

#[test]
fn fill_values_of_plain_hdf5_stay_and_mark_nothing_missing() {
    let (ds, _) = open("kinds.h5");
    let want = expected()["kinds"].clone();
    let (again, _) = through(&ds, "copy.h5", SaveOptions::default()).unwrap();
    for cube in [&ds, &again] {
        assert_eq!(values(cube.variable("gaps").unwrap()), whole(&want["gaps"]));
        let unwritten = |name: &str| cube.variable(name).unwrap().encoding.unwritten.clone().unwrap();
        assert_eq!(unwritten("gaps"), AttrValue::I32(vec![want["fill"]["gaps"].as_i64().unwrap() as i32]));
        assert_eq!(unwritten("bright"), AttrValue::Bool(vec![want["fill"]["bright"].as_bool().unwrap()]));
    }
    let (_, said) = through(&ds, "copy.nc", SaveOptions::default()).unwrap();
    assert!(says(&said, Level::Omitted, "\"gaps\": what stands for values that were never written (-3) is not kept"), "{said:?}");
}

#[test]
fn half_floats_are_said_to_be_written_as_f32() {
    let (ds, _) = open("kinds.h5");
    let half = ds.variable("half").unwrap();
    assert_eq!(half.encoding.stored_as, Some("f16"));
    let want: Vec<f64> = expected()["kinds"]["half"].as_array().unwrap().iter().map(|v| v.as_str().unwrap().parse().unwrap()).collect();
    assert_eq!(values(half).iter().map(|v| v.as_f64().unwrap()).collect::<Vec<_>>(), want);
    for name in ["copy.h5", "copy.nc", "copy.zarr"] {
        let (back, said) = through(&ds, name, SaveOptions::default()).unwrap();
        assert!(says(&said, Level::Omitted, "variable \"half\": it is f16 in its file, and is written as f32"), "{said:?}");
        assert_eq!(back.variable("half").unwrap().encoding.stored_as, None);
    }
}

#[test]
fn variable_with_a_dim_twice_is_left_out_and_an_error_only_where_it_is_asked_for() {
    let (ds, said) = open("dims.nc");
    assert!(says(&said, Level::Changed, "variable \"cov\" is left out: dimension \"x\" stands twice"), "{said:?}");
    assert_eq!(values(ds.variable("tas").unwrap()), [Scalar::F32(1.5), Scalar::F32(2.5)]);
    let (_, said) = open_vars(&file("dims.nc"), Some(&["tas"])).unwrap();
    assert!(said.is_empty(), "{said:?}");
    let e = open_vars(&file("dims.nc"), Some(&["cov"])).unwrap_err();
    assert_eq!((e.kind(), e.message()), (ErrorKind::Unsupported, "variable \"cov\" is left out: dimension \"x\" stands twice"));
}

#[test]
fn dim_that_stands_twice_has_another_name_in_hdf5() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("dims.h5");
    std::fs::copy(file("dims.nc"), &path).unwrap();
    let (ds, said) = open_vars(&path, None).unwrap();
    assert!(says(&said, Level::Changed, "variable \"cov\": dim \"x\" stands twice, and is \"phony_dim_0\" along axis 1"), "{said:?}");
    assert_eq!(values(ds.variable("cov").unwrap()), [1.0, 0.0, 0.0, 1.0].map(Scalar::F64));
    assert!(open_vars(&path, Some(&["tas"])).unwrap().1.is_empty());
}

#[test]
fn dims_that_no_variable_has_are_listed_where_they_are_lost() {
    let (ds, _) = open("dims.nc");
    let (back, said) = through(&ds, "copy.zarr", SaveOptions::default()).unwrap();
    assert!(says(&said, Level::Omitted, "no place for a dim that no variable has: \"spare\""), "{said:?}");
    assert!(!back.dims.contains_key("spare"));
    let (back, _) = through(&ds, "copy.h5", SaveOptions::default()).unwrap();
    assert_eq!(back.dims["spare"], 7);
}

#[test]
fn long_integers_in_classic_files_are_listed_and_go_through_where_that_is_allowed() {
    let (ds, _) = open("dims.nc");
    let e = refused(through(&ds, "copy.nc3", SaveOptions::default()));
    assert_eq!(e.message(), "variable \"large\": i64 is written as f64, which keeps 53 bits: not every value fits 32");
    let strict = SaveOptions { losses: Losses::RefuseAll, vars: Some(vec!["small".into()]), ..SaveOptions::default() };
    refused(through(&ds, "copy.nc3", strict));
    let (back, said) = through(&ds, "copy.nc3", allowed()).unwrap();
    assert!(says(&said, Level::Omitted, "i64 is written as i32"), "{said:?}");
    assert_eq!(values(back.variable("small").unwrap()), [Scalar::I64(1), Scalar::I64(-2)]);
    assert_eq!(values(back.variable("large").unwrap()), [Scalar::F64(1.0), Scalar::F64(2f64.powi(40))]);
    // Times are times either way.
    let mut times = Dataset::new();
    let values = hpda_data::store::NdArray::from_vec(vec![0i64, 86_400_000_000], &[2]).unwrap().reinterpret(DType::datetime()).unwrap();
    times.insert("t", Variable::from_array(["n"], values).unwrap()).unwrap();
    through(&times, "times.nc3", SaveOptions::default()).unwrap();
}

#[test]
fn missing_durations_and_zero_bytes_go_through_where_loss_is_allowed() {
    let (ds, _) = open("gone.npz");
    for name in ["copy.nc", "copy.zarr", "copy.h5"] {
        let (back, said) = through(&ds, name, allowed()).unwrap();
        assert_eq!(values(back.variable("gone").unwrap()), [Scalar::I64(1), Scalar::Null, Scalar::I64(3)], "{name}");
        assert_eq!(back.variable("day").unwrap().load().unwrap().scalar(1), Scalar::Null, "{name}");
        assert!(says(&said, Level::Changed, "is read back as a number"), "{said:?}");
        let zero = values(back.variable("zero").unwrap());
        if name == "copy.zarr" {
            assert_eq!(zero, ["a\0b".into(), "c".into()]);
        } else {
            assert_eq!(zero, ["a".into(), "c".into()], "{name}");
            assert!(says(&said, Level::Changed, "texts are cut at their first zero byte"), "{said:?}");
        }
    }
    let one = SaveOptions { vars: Some(vec!["zero".into()]), ..SaveOptions::default() };
    let e = refused(through(&ds, "copy.nc", one));
    assert!(e.message().contains("the text \"a\\0b\" has a zero byte in it"), "{e}");
}

#[test]
fn texts_that_end_in_zero_bytes_are_listed_in_npy() {
    let mut ds = Dataset::new();
    let texts = arrow::array::StringViewArray::from(vec!["a\0", "bc"]);
    ds.insert("data", Variable::from_array(["dim_0"], hpda_data::store::NdArray::from_texts(texts, &[2]).unwrap()).unwrap()).unwrap();
    refused(through(&ds, "t.npz", SaveOptions::default()));
    let (back, _) = through(&ds, "t.npz", allowed()).unwrap();
    assert_eq!(values(back.variable("data").unwrap()), ["a".into(), "bc".into()]);
}

#[test]
fn texts_of_latin1_are_read_as_such_and_said() {
    for name in ["latin.nc", "latin.h5"] {
        let (ds, said) = open(name);
        assert!(says(&said, Level::Warning, "variable \"city\": texts that are no UTF-8 are read as Latin-1"), "{said:?}");
        let want: Vec<Scalar> = expected()["latin"].as_array().unwrap().iter().map(|v| v.as_str().unwrap().into()).collect();
        assert_eq!(values(ds.variable("city").unwrap()), want);
        assert_eq!(ds.variable("tas").unwrap().len(), 2);
    }
}

#[test]
fn npz_members_of_bzip2_and_lzma_read_as_numpy_reads_them() {
    let want = expected()["npz"].clone();
    for name in ["bzip2.npz", "lzma.npz"] {
        let (ds, said) = open(name);
        assert!(said.is_empty(), "{said:?}");
        for key in ["a", "b"] {
            let have: Vec<f64> = values(ds.variable(key).unwrap()).iter().map(|v| v.as_f64().unwrap()).collect();
            let want: Vec<f64> = want[key].as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect();
            assert_eq!(have, want, "{name} {key}");
        }
        // Wherever it is cut, damaged or swapped: an error, or the same values.
        let sound = std::fs::read(file(name)).unwrap();
        let folder = tempfile::tempdir().unwrap();
        for at in (0..sound.len()).step_by(3) {
            let mut bytes = sound.clone();
            bytes[at] ^= 0x55;
            let path = folder.path().join("damaged.npz");
            std::fs::write(&path, bytes).unwrap();
            if let Ok((ds, _)) = open_vars(&path, None) {
                ds.vars.values().for_each(|v| drop(v.load()));
            }
        }
    }
}

#[test]
fn the_first_values_of_a_large_npz_member_are_read_without_the_rest() {
    // With another checksum in the directory, all of it cannot be read.
    let mut bytes = std::fs::read(file("bomb.npz")).unwrap();
    let entries: Vec<usize> = bytes.windows(4).enumerate().filter(|(_, w)| w == b"PK\x01\x02").map(|(i, _)| i).collect();
    entries.iter().for_each(|at| bytes[at + 16] ^= 1);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bomb.npz");
    std::fs::write(&path, bytes).unwrap();
    let (ds, _) = open_vars(&path, None).unwrap();
    let corner = Selection::new(vec![Selector::span(0, 5), Selector::span(0, 2)]);
    let turned = Selection::new(vec![Selector::span(0, 2), Selector::span(0, 5)]);
    for (name, pick) in [("a", &corner), ("f", &turned)] {
        let part = ds.vars[name].read(pick).unwrap();
        assert_eq!(
            part.select(&Selection::new(vec![Selector::At(usize::from(name == "f")), Selector::At(1)])).unwrap().scalar(0),
            Scalar::F32(if name == "f" { 1.0 } else { 0.0 })
        );
        assert_eq!((part.len(), part.scalar(9)), (10, Scalar::F32(4.0)), "{name}");
        let e = ds.vars[name].load().unwrap_err();
        assert!(e.message().contains("checksum"), "{e}");
    }
}

#[test]
fn zarr_chunks_of_lz4_lzma_and_delta_read_as_zarr_python_reads_them() {
    let want: Vec<f64> = expected()["zarr"].as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect();
    for (name, arrays) in [("v2.zarr", 5), ("v3.zarr", 3)] {
        let (ds, said) = open(name);
        assert_eq!((ds.vars.len(), said.iter().count()), (arrays, 0), "{said:?}");
        for (key, v) in &ds.vars {
            // The fill value of version 2 is 0, and says what is missing.
            let number = |v: &Scalar| v.as_f64().filter(|x| !x.is_nan()).unwrap_or(0.0);
            let have: Vec<f64> = values(v).iter().map(number).collect();
            assert_eq!(have, want, "{name} {key}");
        }
        let (back, _) = through(&ds, "copy.zarr", SaveOptions::default()).unwrap();
        assert_eq!(back.vars.len(), arrays);
    }
}
