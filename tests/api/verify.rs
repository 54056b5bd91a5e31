//! `convert --verify`: what was written is read back; only what was listed as lost may differ.

use hpda_data::diff::verify;
use hpda_data::error::Notices;
use hpda_data::exec::ExecOptions;
use hpda_data::open::{OpenOptions, SaveOptions, Scanned, scan};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("data").join(name)
}

fn convert(folder: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_hpda-data")).arg("convert").args(args).arg("--verify").current_dir(folder).output().unwrap()
}

fn said(out: &Output) -> String {
    String::from_utf8_lossy(&out.stderr).into_owned()
}

/// Every one of these conversions ends with the remark that the output was verified.
fn verified(source: &str, targets: &[&[&str]]) {
    let folder = tempfile::tempdir().unwrap();
    let source = data(source).display().to_string();
    for (i, args) in targets.iter().enumerate() {
        let target = format!("{i}.{}", args[0]);
        let mut all = vec![source.as_str(), target.as_str()];
        all.extend(&args[1..]);
        let out = convert(folder.path(), &all);
        assert!(out.status.success() && said(&out).contains("verified"), "{source} {args:?}\n{}", said(&out));
    }
}

#[test]
fn tables_are_verified_in_every_format_of_tables() {
    for source in ["stations.csv", "stations.parquet", "stations.arrow", "passengers.csv", "readings.csv"] {
        verified(source, &[&["csv"], &["tsv.gz"], &["parquet"], &["arrow"], &["jsonl"], &["json"]]);
    }
    verified("events.jsonl", &[&["parquet"], &["arrow"], &["jsonl"]]);
    verified("stations.csv", &[&["csv", "--missing-as", "-", "--no-header-out"]]);
}

#[test]
fn cubes_are_verified_in_every_format_of_cubes() {
    let zarr: &[&[&str]] = if cfg!(feature = "zarr") { &[&["zarr"]] } else { &[] };
    for source in ["climate.nc", "climate_packed.nc", "cube.nc3"] {
        verified(source, zarr);
        verified(source, &[&["nc"], &["nc3"], &["h5"], &["nc", "--chunks", "time=3", "--compress", "none"], &["nc", "--var", "tas"]]);
        verified(source, &[&["npy", "--var", "tas"], &["raw", "--var", "tas"]]);
    }
    verified("matrix_f.npy", &[&["nc"], &["npy"], &["npz"], &["raw"]]);
}

#[test]
fn integers_that_a_format_lacks_are_told_and_not_refused() {
    verified("../tests/files/data/npy/c_i8.npy", &[&["nc3"], &["nc"]]);
    verified("../tests/files/data/npy/empty_1d.npy", &[&["jsonl"], &["csv"], &["nc"]]);
}

#[test]
fn losses_that_were_allowed_are_no_differences() {
    verified("../tests/files/data/losses/gone.npz", &[&["nc", "--allow-loss"], &["h5", "--allow-loss"]]);
    verified("../tests/files/data/losses/kinds.h5", &[&["nc"], &["h5"]]);
    verified("../tests/files/data/losses/dims.nc", &[&["nc3", "--allow-loss"]]);
}

#[test]
fn long_form_of_a_cube_is_verified() {
    verified("climate.nc", &[&["csv"], &["parquet"]]);
}

#[test]
fn output_that_says_something_else_is_an_error_that_says_where() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("out.csv");
    let text = std::fs::read_to_string(data("stations.csv")).unwrap().replace("301", "302");
    std::fs::write(&target, text).unwrap();
    let source = || scan(&[data("stations.csv")], &OpenOptions::default()).unwrap().0;
    let check =
        |source: Scanned, target: &Path| verify(source, None, target, &SaveOptions::default(), &Notices::new(), &ExecOptions::default());
    let e = check(source(), &target).unwrap_err();
    assert_eq!(e.kind().name(), "loss");
    assert!(e.message().contains("values: elevation: 1 of 8 differ, by at most 1; first in row 3: 301 in A, 302 in B"), "{e}");
    check(source(), &data("stations.tsv")).unwrap();
}

#[test]
fn verify_without_something_to_read_back_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let source = data("stations.csv").display().to_string();
    for (args, what) in [
        (vec![source.as_str(), "--to", "csv"], "needs an output"),
        (vec![source.as_str(), "x.csv", "--float-format", "%.1f"], "does not go with --float-format"),
    ] {
        let out = convert(folder.path(), &args);
        assert_eq!(out.status.code(), Some(2), "{}", said(&out));
        assert!(said(&out).contains(what), "{}", said(&out));
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}
