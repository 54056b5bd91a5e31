//! npz archives as numpy writes them (`tests/parity/make_npz.py`).

use hpda_data::error::{ErrorKind, Level, Notices};
use hpda_data::io::npz::{self, NpzReadOptions};
use hpda_data::store::{Budget, Selection, Selector};
use hpda_data::{Dataset, Result, Scalar};
use serde_json::Value;
use std::path::{Path, PathBuf};

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/files/data/npz").join(name)
}

fn open(name: &str) -> Result<(Dataset, Notices)> {
    npz::open(&file(name), &NpzReadOptions::default())
}

fn agrees(ours: &Scalar, numpy: &Value) -> bool {
    match (ours, numpy) {
        (Scalar::Null, Value::Null) => true,
        (Scalar::Bool(x), Value::Bool(y)) => x == y,
        (Scalar::I64(x), y) => y.as_i64() == Some(*x),
        (Scalar::U64(x), y) => y.as_u64() == Some(*x),
        (Scalar::Instant { value, .. }, y) => y.as_i64() == Some(*value),
        (Scalar::F32(x), Value::String(y)) => *x as f64 == y.parse::<f64>().unwrap(),
        (Scalar::F64(x), Value::String(y)) => *x == y.parse::<f64>().unwrap(),
        (Scalar::Str(x), Value::String(y)) => **x == **y,
        _ => false,
    }
}

fn check(archive: &str, budget: Budget) {
    let text = std::fs::read_to_string(file("expected.json")).unwrap();
    let expected: Value = serde_json::from_str(&text).unwrap();
    let (ds, notices) = npz::open(&file(&format!("{archive}.npz")), &NpzReadOptions { budget }).unwrap();
    assert!(notices.is_empty(), "{notices:?}");
    for (key, want) in expected[archive].as_object().unwrap() {
        let (group, name) = key.split_once('/').map_or((&ds, key.as_str()), |(g, n)| (&ds.groups[g], n));
        let v = group.variable(name).unwrap();
        let shape: Vec<u64> = v.shape().iter().map(|&n| n as u64).collect();
        assert_eq!(serde_json::json!(shape), want["shape"], "{key}");
        let a = v.load().unwrap();
        let values = want["values"].as_array().unwrap();
        assert_eq!(a.len(), values.len(), "{key}");
        for (i, y) in values.iter().enumerate() {
            assert!(agrees(&a.scalar(i), y), "{archive} {key}: element {i} is {:?}, and numpy has {y}", a.scalar(i));
        }
    }
}

#[test]
fn npz_members_stored_and_deflated_read_as_numpy_reads_them() {
    for archive in ["stored", "deflated", "by_position", "empty"] {
        check(archive, Budget::unlimited());
    }
}

#[test]
fn npz_members_that_do_not_fit_the_budget_are_inflated_to_a_file() {
    let budget = Budget::new(1000);
    check("deflated", budget.clone());
    assert!(budget.peak() <= 500);
}

#[test]
fn npz_members_share_dims_by_position_and_length() {
    let (ds, _) = open("stored.npz").unwrap();
    let dims = |name: &str| ds.vars[name].dims().iter().map(|d| d.to_string()).collect::<Vec<_>>().join(",");
    assert_eq!((dims("x_train"), dims("y_train")), ("dim_0,dim_1,dim_2".into(), "dim_0".into()));
    assert_eq!((dims("x_test"), dims("y_test")), ("dim_0_1,dim_1,dim_2".into(), "dim_0_1".into()));
    assert_eq!((dims("scalar"), dims("fortran")), (String::new(), "dim_0_2,dim_1_1".into()));
}

#[test]
fn npz_part_of_a_member_is_that_part_of_the_whole() {
    for archive in ["stored.npz", "deflated.npz"] {
        let (ds, _) = open(archive).unwrap();
        let pick = Selection::new(vec![Selector::Range { start: 2, count: 2, step: -2 }, Selector::At(1)]);
        let (part, whole) = (ds.vars["fortran"].read(&pick).unwrap(), ds.vars["fortran"].load().unwrap().select(&pick).unwrap());
        assert_eq!((part.scalar(0), part.scalar(1)), (whole.scalar(0), whole.scalar(1)));
        assert_eq!(part.scalar(0), Scalar::I64(9));
    }
}

#[test]
fn npz_members_that_a_cube_cannot_hold_are_named_and_left_out() {
    let (ds, notices) = open("objects.npz").unwrap();
    assert_eq!(ds.vars.keys().collect::<Vec<_>>(), ["x"]);
    let said: Vec<String> = notices.iter().filter(|n| n.level == Level::Changed).map(|n| n.message.clone()).collect();
    assert!(said.len() == 2 && said[0].contains("\"o.npy\"") && said[0].contains("pickled") && said[1].contains("\"c.npy\""), "{said:?}");
    let e = open("only_objects.npz").unwrap_err();
    assert!(e.kind() == ErrorKind::Unsupported && e.remedy().unwrap().contains("astype"), "{e}");
}

#[test]
fn npz_names_that_lead_elsewhere_are_left_out() {
    let (ds, notices) = open("odd_names.npz").unwrap();
    assert_eq!(ds.vars.keys().collect::<Vec<_>>(), ["good", "bzip2"]);
    assert!(ds.groups.is_empty());
    assert_eq!(notices.iter().count(), 5, "{notices:?}");
}

#[test]
fn npz_members_of_other_sizes_than_they_say_are_an_error_before_anything_is_inflated() {
    for name in ["too_short.npz", "huge.npz"] {
        let e = open(name).unwrap_err();
        assert!(e.kind() == ErrorKind::Format && e.place().variable.as_deref() == Some("x.npy"), "{name}: {e}");
    }
}

#[test]
fn npz_garbled_bytes_of_a_member_fail_its_checksum() {
    let to = tempfile::tempdir().unwrap();
    for name in ["stored.npz", "deflated.npz"] {
        let sound = std::fs::read(file(name)).unwrap();
        let mut failed = 0;
        for at in (0..sound.len()).step_by(7) {
            let mut bytes = sound.clone();
            bytes[at] ^= 0x55;
            let path = to.path().join("garbled.npz");
            std::fs::write(&path, &bytes).unwrap();
            let read = npz::open(&path, &NpzReadOptions::default()).and_then(|(ds, _)| {
                ds.vars.values().chain(ds.groups.values().flat_map(|g| g.vars.values())).try_for_each(|v| v.load().map(drop))
            });
            if let Err(e) = read {
                assert!(e.place().file.is_some() && e.kind() != ErrorKind::Internal, "{name} {at}: {e}");
                failed += 1;
            }
        }
        // What is left are bytes that say nothing of the values: dates, versions, lengths that are there twice.
        assert!(failed * 2 > sound.len() / 7, "{name}: {failed} of {}", sound.len() / 7);
    }
}

#[test]
fn npz_written_and_read_again_has_every_value() {
    let to = tempfile::tempdir().unwrap();
    let source = hpda_data::open_dataset(file("deflated.npz")).unwrap();
    for compress in [None, Some("none"), Some("zlib:9")] {
        let path = to.path().join(format!("{}.npz", compress.unwrap_or("default").replace(':', "-")));
        let options = hpda_data::open::SaveOptions { compress: compress.map(str::to_string), ..Default::default() };
        let scanned = hpda_data::open::Scanned::Cube(source.clone());
        hpda_data::open::save(scanned, &hpda_data::open::Target::File(path.clone()), &options, &Default::default()).unwrap();
        let (written, notices) = npz::open(&path, &NpzReadOptions::default()).unwrap();
        assert!(notices.is_empty(), "{notices:?}");
        let all = |ds: &Dataset| ds.vars.clone().into_iter().chain(ds.groups["ocean"].vars.clone()).collect::<Vec<_>>();
        for ((name, a), (other, b)) in all(&source).iter().zip(&all(&written)) {
            assert_eq!((name, a.shape(), a.dtype()), (other, b.shape(), b.dtype()));
            let (x, y) = (a.load().unwrap(), b.load().unwrap());
            assert!((0..x.len()).all(|i| format!("{:?}", x.scalar(i)) == format!("{:?}", y.scalar(i))), "{name}");
        }
    }
}
