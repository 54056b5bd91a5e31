//! `diff`: whatever one property is changed, that one is named, and nothing else.

use hpda_data::array::Filter;
use hpda_data::coding::{self, DecodeOptions};
use hpda_data::diff::{Comparable, Diff, DiffOptions, Ignore, Level, Position, Tolerance, assert_close, assert_identical, diff};
use hpda_data::exec::{ExecOptions, MemSource};
use hpda_data::open::Scanned;
use hpda_data::store::{AttrValue, Batch, Field, IndexSpec, Schema};
use hpda_data::{Attrs, Column, DType, DataFrame, Dataset, NdArray, Scalar, Variable};
use std::sync::Arc;

/// Levels and places of all differences.
fn named(found: &Diff) -> Vec<String> {
    found.differences.iter().map(|d| format!("{} {}", d.level.name(), d.place)).collect()
}

fn between<A: Comparable, B: Comparable>(a: &A, b: &B) -> Diff {
    diff(a, b, &DiffOptions::default()).unwrap()
}

fn attrs(items: &[(&str, AttrValue)]) -> Attrs {
    items.iter().map(|(k, v)| (*k, v.clone())).collect()
}

/// A table as a schema and columns, so that each can be changed.
#[derive(Clone)]
struct Table {
    schema: Schema,
    columns: Vec<Column>,
}

impl Table {
    fn new() -> Table {
        let fields = vec![Field::new("id", DType::I64), Field::new("x", DType::F64), Field::new("name", DType::Str)];
        let mut schema = Schema::new(fields);
        schema.index = IndexSpec::Levels(vec![Some("id".into())]);
        schema.attrs = attrs(&[("title", "a".into())]);
        schema.fields[1].attrs = attrs(&[("units", "m".into())]);
        let columns = vec![
            Column::from(vec![1i64, 2, 3]),
            Column::from(vec![Some(0.5), Some(f64::NAN), None]),
            Column::from_texts([Some("a"), None, Some("c")]),
        ];
        Table { schema, columns }
    }

    fn scanned(&self) -> Scanned {
        let schema = Arc::new(self.schema.clone());
        let batch = Batch::new(schema.clone(), self.columns.clone()).unwrap();
        // In uneven parts, so that those of two tables do not meet.
        let cut = self.columns.len() % batch.rows().max(1);
        let parts = vec![batch.slice(0, cut), batch.slice(cut, batch.rows() - cut)];
        Scanned::Table(Arc::new(MemSource::new(schema, parts)))
    }
}

fn table_change(change: impl FnOnce(&mut Table)) -> Vec<String> {
    let (a, mut b) = (Table::new(), Table::new());
    change(&mut b);
    named(&between(&a.scanned(), &b.scanned()))
}

#[test]
fn table_one_property_changed_is_named_alone() {
    assert!(table_change(|_| ()).is_empty());
    assert_eq!(table_change(|t| t.columns[1] = Column::from(vec![Some(0.5), Some(f64::NAN), Some(1.0)])), ["values x"]);
    assert_eq!(table_change(|t| t.columns[1] = Column::from(vec![Some(0.5), None, None])), ["values x"]);
    assert_eq!(table_change(|t| t.columns[2] = Column::from_texts([Some("a"), Some(""), Some("c")])), ["values name"]);
    assert_eq!(table_change(|t| t.columns[0] = Column::from(vec![1i64, 2, 4])), ["labels id"]);
    assert_eq!(table_change(|t| t.schema.index = IndexSpec::Default), ["labels rows"]);
    let narrow = |t: &mut Table| {
        t.columns[0] = Column::from(vec![1i32, 2, 3]);
        t.schema.fields[0].dtype = DType::I32;
    };
    assert_eq!(table_change(narrow), ["dtype id"]);
    let texts = |t: &mut Table| {
        t.columns[1] = Column::from(vec!["0.5", "nan", ""]);
        t.schema.fields[1].dtype = DType::Str;
    };
    assert_eq!(table_change(texts), ["dtype x"]);
    assert_eq!(table_change(|t| t.schema.fields[1].attrs.set("units", "km")), ["attributes x:units"]);
    assert_eq!(table_change(|t| t.schema.attrs.set("history", "b")), ["attributes :history"]);
    let swap = |t: &mut Table| {
        t.columns.swap(1, 2);
        t.schema.fields.swap(1, 2);
    };
    assert_eq!(table_change(swap), ["structure columns"]);
    let drop_last = |t: &mut Table| {
        t.columns.pop();
        t.schema.fields.pop();
    };
    assert_eq!(table_change(drop_last), ["structure name"]);
    assert_eq!(table_change(|t| t.columns = t.columns.iter().map(|c| c.slice(0, 2)).collect()), ["structure rows"]);
    assert_eq!(table_change(|t| t.schema.fields[1].name = "y".into()), ["structure x", "structure y"]);
}

#[test]
fn table_ignored_levels_are_not_compared() {
    let (a, mut b) = (Table::new(), Table::new());
    b.columns.swap(1, 2);
    b.schema.fields.swap(1, 2);
    b.schema.attrs.set("title", "b");
    let ignoring = |words: &[&str]| {
        let mut ignore = Ignore::default();
        words.iter().for_each(|w| ignore.set(w).unwrap());
        named(&diff(&a.scanned(), &b.scanned(), &DiffOptions { ignore, ..DiffOptions::default() }).unwrap())
    };
    assert_eq!(ignoring(&[]), ["structure columns", "attributes :title"]);
    assert_eq!(ignoring(&["order"]), ["attributes :title"]);
    assert_eq!(ignoring(&["attrs", "encoding"]), ["structure columns"]);
    assert!(ignoring(&["order", "attrs"]).is_empty());
    assert!(Ignore::default().set("atrs").unwrap_err().to_string().contains("did you mean \"attrs\""));
}

#[test]
fn table_values_tell_how_many_how_far_and_where_first() {
    let rows = 200_000usize;
    let column = |f: &dyn Fn(usize) -> f64| Column::from((0..rows).map(f).collect::<Vec<f64>>());
    let a = DataFrame::new([("x", column(&|i| i as f64)), ("y", column(&|_| 1.0))]).unwrap();
    let b =
        DataFrame::new([("x", column(&|i| if i % 50_000 == 49_999 { i as f64 - 2.5 } else { i as f64 })), ("y", column(&|_| 1.0 + 1e-9))]);
    let b = b.unwrap();
    for threads in [1, 4] {
        let exec = ExecOptions { threads: Some(threads), ..ExecOptions::default() }.with_memory(2_000_000);
        let found = diff(&a, &b, &DiffOptions { exec, ..DiffOptions::default() }).unwrap();
        assert_eq!(named(&found), ["values x", "values y"]);
        let x = found.differences[0].values.clone().unwrap();
        assert_eq!((x.count, x.total, x.max_abs, x.first), (4, 200_000, Some(2.5), Position::Row(49_999)));
        assert_eq!((&found.differences[0].a, &found.differences[0].b), (&Some(49_999.0.into()), &Some(49_996.5.into())));
        assert_eq!(found.differences[1].values.as_ref().unwrap().count, 200_000);
    }
    let tolerance = Tolerance { relative: 1e-3, ..Tolerance::default() };
    assert!(diff(&a, &b, &DiffOptions { tolerance, ..DiffOptions::default() }).unwrap().is_same());
    assert_close(&a, &b, 1e-3, 0.0);
}

#[test]
#[should_panic(expected = "values: x: 1 of 2 differ, by at most 0.5; first in row 1: 2.0 in A, 2.5 in B")]
fn assertion_of_tables_that_differ_says_where() {
    let frame = |last: f64| DataFrame::new([("x", Column::from(vec![1.0, last]))]).unwrap();
    assert_identical(&frame(2.0), &frame(2.5));
}

/// A cube as a file holds it: packed data, times, a companion, a group.
fn raw() -> Dataset {
    let mut ds = Dataset::new();
    ds.attrs = attrs(&[("title", "t".into())]);
    let packed: Vec<i16> = (0..24).map(|i| i * 3).collect();
    let list = [("units", AttrValue::from("K")), ("scale_factor", 0.5f64.into()), ("_FillValue", AttrValue::I16(vec![-1]))];
    let mut tas = Variable::from_array(["time", "lat"], NdArray::from_vec(packed, &[6, 4]).unwrap()).unwrap().with_attrs(attrs(&list));
    tas.encoding.chunks = Some(vec![2, 4]);
    tas.encoding.filters = vec![Filter::Shuffle, Filter::Deflate(4)];
    ds.insert("tas", tas).unwrap();
    let time = Variable::from_array(["time"], NdArray::from_vec((0..6).collect::<Vec<i32>>(), &[6]).unwrap()).unwrap();
    let list = [("units", AttrValue::from("days since 2000-01-01")), ("calendar", "noleap".into())];
    let mut time = time.with_attrs(attrs(&list));
    // As it is held by a dim that can grow.
    time.encoding.chunks = Some(vec![6]);
    ds.insert("time", time).unwrap();
    let lat = Variable::from_array(["lat"], NdArray::from_vec(vec![-30.0, -10.0, 10.0, 30.0], &[4]).unwrap()).unwrap();
    ds.insert("lat", lat.with_attrs(attrs(&[("units", "degrees_north".into())]))).unwrap();
    ds.unlimited.push("time".into());
    let mut group = Dataset::new();
    group.insert("sst", Variable::from_array(["x"], NdArray::from_vec(vec![1.0f32, f32::NAN], &[2]).unwrap()).unwrap()).unwrap();
    group.attrs = attrs(&[("note", AttrValue::F64(vec![f64::NAN]))]);
    ds.groups.insert("ocean".into(), group);
    ds
}

fn decoded(raw: Dataset) -> Dataset {
    coding::decode(raw, &DecodeOptions::default()).unwrap().0
}

/// Changes the file, in memory and as it is on the disk.
fn cube_change(change: impl Fn(&mut Dataset)) -> Vec<String> {
    let mut other = raw();
    change(&mut other);
    let (a, b) = (decoded(raw()), decoded(other));
    let found = between(&a, &b);
    let folder = tempfile::tempdir().unwrap();
    let (p, q) = (folder.path().join("a.nc"), folder.path().join("b.nc"));
    a.save(&p).unwrap();
    b.save(&q).unwrap();
    assert_eq!(named(&between(&p, &q)), named(&found));
    named(&found)
}

fn values_of<T: hpda_data::dtype::Element>(ds: &mut Dataset, name: &str, values: Vec<T>) {
    let old = ds.vars[name].clone();
    let shape = old.shape().to_vec();
    let new = Variable::from_array(old.dims().iter().cloned(), NdArray::from_vec(values, &shape).unwrap()).unwrap();
    ds.vars.insert(name.into(), new.with_attrs(old.attrs.clone()).with_encoding(old.encoding.clone()));
}

#[test]
fn cube_one_property_changed_is_named_alone() {
    let set = |name: &'static str, attr: &'static str, value: AttrValue| {
        move |ds: &mut Dataset| ds.vars.get_mut(name).unwrap().attrs.set(attr, value.clone())
    };
    assert!(cube_change(|_| ()).is_empty());
    assert_eq!(cube_change(|ds| values_of(ds, "tas", (0..24).map(|i: i16| if i == 13 { 7 } else { i * 3 }).collect())), ["values tas"]);
    assert_eq!(cube_change(|ds| values_of(ds, "lat", vec![-30.0, -10.0, 10.0, 31.0])), ["labels lat"]);
    assert_eq!(cube_change(|ds| values_of(ds, "time", vec![0i32, 1, 2, 3, 4, 6])), ["labels time"]);
    assert_eq!(cube_change(|ds| values_of(ds.groups.get_mut("ocean").unwrap(), "sst", vec![1.0f32, 2.0])), ["values /ocean/sst"]);
    assert_eq!(cube_change(|ds| values_of(ds.groups.get_mut("ocean").unwrap(), "sst", vec![1.0f64, f64::NAN])), ["dtype /ocean/sst"]);
    assert_eq!(cube_change(set("tas", "units", "degC".into())), ["attributes tas:units"]);
    assert_eq!(cube_change(set("tas", "units", AttrValue::I32(vec![1]))), ["attributes tas:units"]);
    assert_eq!(cube_change(|ds| ds.attrs.set("title", "u")), ["attributes :title"]);
    assert_eq!(cube_change(|ds| drop(ds.groups["ocean"].attrs.remove("note"))), ["attributes /ocean:note"]);
    assert_eq!(cube_change(set("tas", "_FillValue", AttrValue::I16(vec![-2]))), ["encoding tas:_FillValue"]);
    assert_eq!(cube_change(set("time", "calendar", "360_day".into())), ["dtype time"]);
    assert_eq!(cube_change(|ds| ds.vars["tas"].encoding.chunks = Some(vec![3, 4])), ["encoding tas:chunks"]);
    assert_eq!(cube_change(|ds| ds.vars["tas"].encoding.filters = vec![Filter::Shuffle, Filter::Deflate(1)]), ["encoding tas:filters"]);
    assert_eq!(cube_change(|ds| drop(ds.vars["tas"].encoding.filters.remove(0))), ["encoding tas:filters"]);
    assert_eq!(cube_change(|ds| ds.unlimited.clear()), ["encoding :unlimited"]);
    assert_eq!(cube_change(|ds| drop(ds.groups.shift_remove("ocean"))), ["structure /ocean"]);
    let scalar = Variable::from_array(Vec::<&str>::new(), NdArray::from_number(2.0)).unwrap();
    assert_eq!(cube_change(|ds| ds.insert("height", scalar.clone()).unwrap()), ["structure height"]);
    let turned = |ds: &mut Dataset| {
        let old = ds.groups["ocean"].vars["sst"].clone();
        let new = Variable::from_array(["y"], old.load().unwrap()).unwrap();
        let mut group = Dataset::new();
        group.insert("sst", new).unwrap();
        group.attrs = ds.groups["ocean"].attrs.clone();
        ds.groups.insert("ocean".into(), group);
    };
    assert_eq!(cube_change(turned), ["structure /ocean/x", "structure /ocean/y", "structure /ocean/sst"]);
}

#[test]
fn cube_values_tell_the_first_place_and_its_labels() {
    let mut other = raw();
    values_of(&mut other, "tas", (0..24).map(|i: i16| if i >= 13 && i % 2 == 1 { i * 3 + 5 } else { i * 3 }).collect());
    let found = between(&decoded(raw()), &decoded(other));
    assert_eq!(
        found.to_string(),
        "values: tas: 6 of 24 differ, by at most 2.5; first at time=3 (2000-01-04) lat=1 (-10): 19.5 in A, 22.0 in B\n"
    );
    let index = match &found.differences[0].values.as_ref().unwrap().first {
        Position::Index(index) => index.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!((index[1].1, &index[1].2), (1, &Some(Scalar::F64(-10.0))));
    assert_eq!(found.level(Level::Values).count(), 1);
}

#[test]
fn cube_across_formats_differs_in_values_only_where_they_do() {
    let folder = tempfile::tempdir().unwrap();
    let ds = decoded(raw());
    let a = folder.path().join("a.nc");
    ds.save(&a).unwrap();
    #[cfg(feature = "zarr")]
    {
        let b = folder.path().join("b.zarr");
        ds.save(&b).unwrap();
        assert_eq!(between(&a, &b).to_string(), "");
        assert_identical(&a, &b);
    }
    let flat = Dataset { groups: Default::default(), ..ds.clone() };
    let (c, d) = (folder.path().join("c.nc"), folder.path().join("d.nc3"));
    flat.save(&c).unwrap();
    flat.save(&d).unwrap();
    assert_eq!(between(&c, &d).to_string(), "");
}

#[test]
fn cube_larger_than_the_budget_is_compared_in_blocks() {
    let n = 600usize;
    let cube = |last: f32| {
        let mut values: Vec<f32> = (0..n * n * 4).map(|i| i as f32).collect();
        values[n * n * 4 - 1] += last;
        let mut ds = Dataset::new();
        ds.insert("v", Variable::from_array(["z", "y", "x"], NdArray::from_vec(values, &[4, n, n]).unwrap()).unwrap()).unwrap();
        ds
    };
    let folder = tempfile::tempdir().unwrap();
    let (a, b) = (folder.path().join("a.nc"), folder.path().join("b.npz"));
    let mut chunked = cube(0.0);
    chunked.vars["v"].encoding.chunks = Some(vec![1, 200, 50]);
    chunked.save(&a).unwrap();
    let b_ds = cube(8.0);
    b_ds.save(&b).unwrap();
    for threads in [1, 3] {
        let exec = ExecOptions { threads: Some(threads), ..ExecOptions::default() }.with_memory(2_000_000);
        let found =
            diff(&a, &b_ds, &DiffOptions { exec, ignore: Ignore { encoding: true, ..Ignore::default() }, ..DiffOptions::default() });
        let found = found.unwrap();
        let values = found.differences[0].values.clone().unwrap();
        assert_eq!((values.count, values.max_abs), (1, Some(8.0)), "{found}");
        let place = [("z", 3), ("y", 599), ("x", 599)].map(|(d, i)| (d.to_string(), i, None));
        assert_eq!(values.first, Position::Index(place.to_vec()));
    }
}

#[test]
fn table_with_cube_is_refused() {
    let e = diff("data/stations.csv", "data/climate.nc", &DiffOptions::default()).unwrap_err();
    assert_eq!(e.message(), "a table and a cube are not compared: A is a table, B a cube");
}
