//! Categories: made, ordered, and the same after every format that holds them.

use hpda_data::exec::ExecOptions;
use hpda_data::kernel::order::Direction;
use hpda_data::open::{OpenOptions, SaveOptions, Scanned, Target, save_frame, scan};
use hpda_data::ops::tables::{Concat, concat};
use hpda_data::plan::LazyFrame;
use hpda_data::{Column, DType, DataFrame, ErrorKind, read_arrow, read_parquet};

fn sizes() -> DataFrame {
    let size = Column::from(vec![Some("quite large"), Some("small"), None, Some("small")]);
    let size = size.with_categories(&["small", "not there", "quite large"], true).unwrap();
    let kind = Column::from(vec!["b", "a", "b", "c"]).with_categories(&["c", "b", "a"], false).unwrap();
    DataFrame::new([("id", Column::from(vec![1i64, 2, 3, 4])), ("size", size), ("kind", kind)]).unwrap()
}

/// Types, lists and values.
fn same(a: &DataFrame, b: &DataFrame) {
    for name in ["size", "kind"] {
        let (x, y) = (a.column(name).unwrap(), b.column(name).unwrap());
        assert_eq!(x, y);
        assert_eq!(x.categories().unwrap(), y.categories().unwrap());
    }
    assert_eq!(*b.column("size").unwrap().dtype(), DType::Categorical { ordered: true });
}

#[test]
fn categories_survive_parquet_arrow_and_netcdf() {
    let folder = tempfile::tempdir().unwrap();
    let df = sizes();
    let at = |name: &str| folder.path().join(name);
    df.save(at("a.parquet")).unwrap();
    same(&df, &read_parquet(at("a.parquet")).unwrap());
    df.save(at("a.arrow")).unwrap();
    same(&df, &read_arrow(at("a.arrow")).unwrap());
    let options = ExecOptions::default();
    for file in ["a.nc", "a.nc3", "a.zarr", "a.h5"] {
        let how = SaveOptions { index: Some(vec!["id".into()]), ..SaveOptions::default() };
        save_frame(&df, &Target::File(at(file)), &how, &options).unwrap();
        let (scanned, _) = scan(&[at(file)], &OpenOptions::default()).unwrap();
        let Scanned::Cube(ds) = scanned else { panic!("{file} is no cube") };
        let variable = ds.variable("size").unwrap();
        assert_eq!((variable.attrs.text("flag_meanings"), variable.dtype()), (Some("small not_there quite_large"), &DType::I8), "{file}");
        let (table, _) = hpda_data::open::to_table(&ds, None, &options).unwrap();
        let back = LazyFrame::scan(table).collect(&options).unwrap();
        same(&df, &back);
        assert!(back.labels().position("id").is_ok());
    }
}

#[test]
fn orders_of_categories_hold_in_conditions_sorts_and_groups() {
    let df = sizes();
    assert_eq!(df.query("size > 'small'").unwrap().height(), 1);
    assert_eq!(df.query("size <= 'quite large'").unwrap().height(), 3);
    let e = df.query("size < kind").unwrap_err();
    assert_eq!(e.kind(), ErrorKind::Type);
    let e = df.query("size < 'huge'").unwrap_err();
    assert_eq!((e.kind(), e.message()), (ErrorKind::NotFound, "category \"huge\" does not exist"));
    let counts = df.groupby(["size"]).size().unwrap();
    assert_eq!(counts.index().columns()[0].cast(&DType::Str).unwrap(), Column::from(vec!["small", "quite large"]));
    let typed = df.series("kind").unwrap().astype(&DType::Str).unwrap();
    assert_eq!(typed.data(), &Column::from(vec!["b", "a", "b", "c"]));
    let numbers = df.series("id").unwrap().mul(-5).unwrap().astype(&DType::Categorical { ordered: true }).unwrap();
    assert_eq!(numbers.data().categories().unwrap(), ["-20", "-15", "-10", "-5"]);
}

#[test]
fn lists_and_codes_that_do_not_go_together_are_refused() {
    assert_eq!(Column::from_codes(vec![Some(2)], &["a", "b"], false).unwrap_err().kind(), ErrorKind::Invalid);
    assert_eq!(Column::from_codes(vec![], &["a", "a"], false).unwrap_err().kind(), ErrorKind::Invalid);
    assert_eq!(Column::from(vec![1i64]).categories().unwrap_err().kind(), ErrorKind::Type);
    assert_eq!(Column::from(vec!["b"]).with_categories(&["a"], false).unwrap().scalar(0), hpda_data::Scalar::Null);
}

#[test]
fn lists_of_several_tables_become_one() {
    let (df, folder) = (sizes(), tempfile::tempdir().unwrap());
    let both = concat(&[df.clone(), df.clone()], &Concat::default()).unwrap();
    assert_eq!(both.column("size").unwrap().categories().unwrap(), ["small", "not there", "quite large"]);
    let sorted = both.sort_values(&[("size", Direction::Ascending)]).unwrap();
    let texts: Vec<String> = (0..8).map(|i| sorted.column("size").unwrap().scalar(i).to_string()).collect();
    assert_eq!(texts, ["small", "small", "small", "small", "quite large", "quite large", "-", "-"]);
    // Files of one list, read as one table; and parts of a table that each brought a list of their own.
    for name in ["a.parquet", "b.parquet"] {
        df.save(folder.path().join(name)).unwrap();
    }
    let files = [folder.path().join("a.parquet"), folder.path().join("b.parquet")];
    let (Scanned::Table(source), _) = scan(&files, &OpenOptions::default()).unwrap() else { panic!() };
    let read = LazyFrame::scan(source).sort(["size"]).unwrap().collect(&ExecOptions::default()).unwrap();
    assert_eq!(read.column("size").unwrap(), sorted.column("size").unwrap());
    assert_eq!(read.column("size").unwrap().categories().unwrap(), ["small", "not there", "quite large"]);
    // Other lists meet as text.
    let other = df.column("size").unwrap().with_categories(&["small", "huge"], true).unwrap();
    let mixed = concat(&[df.clone(), df.with_column("size", other).unwrap()], &Concat::default()).unwrap();
    assert_eq!(*mixed.column("size").unwrap().dtype(), DType::Str);
}
