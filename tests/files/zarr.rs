//! Stores that zarr-python and xarray made (`tests/parity/make_zarr.py`): `a[i, j]` is `10 i + j` in every array of the grid.

use hpda_data::array::{Dataset, Variable};
use hpda_data::io::zarr::{ZarrReadOptions, open as open_raw};
use hpda_data::store::{NdArray, Selection, Selector};
use hpda_data::{DType, Scalar, open_dataset};
use std::path::{Path, PathBuf};

fn store(name: &str) -> PathBuf {
    Path::new("tests/files/data/zarr").join(name)
}

/// Values in C order as numbers, missing ones as NaN.
fn numbers(a: &NdArray) -> Vec<f64> {
    (0..a.len()).map(|i| a.scalar(i).as_f64().unwrap_or(f64::NAN)).collect()
}

fn grid() -> Vec<f64> {
    (0..5).flat_map(|i| (0..7).map(move |j| (10 * i + j) as f64)).collect()
}

fn texts(v: &Variable) -> Vec<String> {
    let a = v.load().unwrap();
    (0..a.len()).map(|i| a.scalar(i).to_string()).collect()
}

#[test]
fn arrays_of_every_codec_hold_the_grid() {
    for (name, least) in [("codecs2.zarr", 12), ("codecs3.zarr", 12)] {
        let ds = open_dataset(store(name)).unwrap();
        let mut seen = 0;
        for (n, v) in ds.vars.iter().filter(|(n, v)| v.shape() == [5, 7] && !["gap", "flag"].contains(&n.as_str())) {
            assert_eq!(numbers(&v.load().unwrap()), grid(), "{name} {n}");
            seen += 1;
        }
        assert!(seen >= least, "{name}: {seen} arrays");
    }
}

#[test]
fn selections_of_chunks_and_shards_equal_selections_in_memory() {
    let range = |start, count, step| Selector::Range { start, count, step };
    let selections = [
        vec![Selector::At(3), Selector::All],
        vec![range(4, 5, -1), range(0, 3, 3)],
        vec![Selector::Take(vec![4, 0, 0, 3].into()), Selector::Take(vec![6, 2].into())],
        vec![range(1, 0, 1), Selector::All],
    ];
    for name in ["codecs2.zarr", "codecs3.zarr"] {
        let ds = open_dataset(store(name)).unwrap();
        for (n, v) in ds.vars.iter().filter(|(_, v)| v.shape() == [5, 7]) {
            let whole = v.load().unwrap();
            for s in &selections {
                let s = Selection::new(s.clone());
                let (got, want) = (v.read(&s).unwrap(), whole.select(&s).unwrap().to_contiguous().unwrap());
                assert_eq!(got.shape(), want.shape(), "{name} {n}");
                assert_eq!(format!("{:?}", numbers(&got)), format!("{:?}", numbers(&want)), "{name} {n} {s:?}");
            }
        }
    }
}

#[test]
fn fill_value_means_missing_in_version_2_and_a_value_in_version_3() {
    let gap = |name: &str| numbers(&open_dataset(store(name)).unwrap().variable("gap").unwrap().load().unwrap());
    let (old, new) = (gap("codecs2.zarr"), gap("codecs3.zarr"));
    for (i, want) in grid().into_iter().enumerate() {
        let absent = i / 7 >= 3 && i % 7 >= 4;
        assert_eq!(old[i].is_nan(), absent);
        assert_eq!(new[i], if absent { -1.0 } else { want });
    }
}

#[test]
fn texts_booleans_halves_and_times_are_read() {
    let ds = open_dataset(store("codecs2.zarr")).unwrap();
    assert_eq!(texts(ds.variable("fixed").unwrap()), ["a", "bb", "", "é"]);
    assert_eq!(texts(ds.variable("bytes").unwrap()), ["a", "bb", "", "ccc"]);
    assert_eq!(*ds.variable("half").unwrap().dtype(), DType::F32);
    let flag = ds.variable("flag").unwrap();
    assert_eq!((flag.dtype(), flag.load().unwrap().scalar(1)), (&DType::Bool, Scalar::Bool(false)));
    let when = ds.variable("when").unwrap();
    assert_eq!(*when.dtype(), DType::datetime());
    let when = when.load().unwrap();
    assert_eq!((when.scalar(0).to_string().as_str(), when.scalar(1)), ("2000-01-01T00:00:00", Scalar::Null));
    let ds = open_dataset(store("codecs3.zarr")).unwrap();
    assert_eq!(texts(ds.variable("text").unwrap()), ["a", "", "é", "long text that is longer than a view", "e"]);
}

fn check_xarray(ds: &Dataset) {
    assert_eq!(ds.attrs.text("title"), Some("small"));
    let a = ds.variable("a").unwrap();
    assert_eq!((a.dtype(), a.attrs.text("units"), a.attrs.number("n")), (&DType::F32, Some("K"), Some(3.0)));
    assert!(a.attrs.number("nan").unwrap().is_nan());
    let values = numbers(&a.load().unwrap());
    assert!(values[5].is_nan() && values[6] == 12.0);
    let p = ds.variable("p").unwrap();
    assert_eq!((p.encoding.dtype.as_ref(), numbers(&p.load().unwrap())[11]), (Some(&DType::I16), 11.5));
    assert_eq!(texts(ds.variable("s").unwrap()), ["a", "bb", "", "é"]);
    assert_eq!(*ds.variable("b").unwrap().dtype(), DType::Bool);
    assert!(ds.coords.contains("h") && ds.coords.contains("t") && ds.coords.contains("x"));
    let t = ds.coords.get("t").unwrap().load().unwrap();
    assert_eq!(t.scalar(2).to_string(), "2000-01-03T00:00:00");
}

#[test]
fn stores_of_xarray_mean_what_xarray_means() {
    for name in ["xarray2.zarr", "xarray3.zarr", "plain3.zarr"] {
        check_xarray(&open_dataset(store(name)).unwrap());
    }
}

#[test]
fn groups_and_dims_without_names_are_found() {
    let (ds, notices) = open_raw(&store("codecs3.zarr"), &ZarrReadOptions::default()).unwrap();
    assert!(notices.is_empty());
    let deep = &ds.groups["ocean"].groups["deep"];
    assert_eq!(deep.attrs.number("depth"), Some(9.0));
    assert_eq!(numbers(&deep.variable("b").unwrap().load().unwrap()), [1.0, 2.0, 3.0]);
    let dims: Vec<&str> = ds.variable("nameless").unwrap().dims().iter().map(|d| &**d).collect();
    assert_eq!(dims, ["dim_0", "x"]);
    let only = ZarrReadOptions { group: Some("/ocean/deep".into()), ..ZarrReadOptions::default() };
    assert!(open_raw(&store("codecs3.zarr"), &only).unwrap().0.vars.contains_key("b"));
    let none = ZarrReadOptions { group: Some("ocaen".into()), ..ZarrReadOptions::default() };
    assert!(open_raw(&store("codecs3.zarr"), &none).unwrap_err().remedy().unwrap().contains("ocean"));
}
