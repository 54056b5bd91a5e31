//! Stores that are damaged or made to do harm: an error that says where, never a crash, never a file outside of the store.

use hpda_data::{ErrorKind, Result, open_dataset};
use std::path::{Path, PathBuf};

fn copy_of(name: &str, folder: &Path) -> PathBuf {
    let to = folder.join(name);
    let from = Path::new("tests/files/data/zarr").join(name);
    let mut folders = vec![from.clone()];
    while let Some(f) = folders.pop() {
        std::fs::create_dir_all(to.join(f.strip_prefix(&from).unwrap())).unwrap();
        for entry in std::fs::read_dir(f).unwrap().map(std::result::Result::unwrap) {
            match entry.file_type().unwrap().is_dir() {
                true => folders.push(entry.path()),
                false => drop(std::fs::copy(entry.path(), to.join(entry.path().strip_prefix(&from).unwrap())).unwrap()),
            }
        }
    }
    to
}

fn load(path: &Path, name: &str) -> Result<()> {
    open_dataset(path)?.variable(name)?.load().map(drop)
}

fn replace(path: &Path, from: &str, to: &str) {
    let text = std::fs::read_to_string(path).unwrap();
    let squeezed: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(squeezed.contains(from), "{squeezed}");
    std::fs::write(path, squeezed.replacen(from, to, 1)).unwrap();
}

#[test]
fn every_cut_of_a_chunk_is_an_error_that_names_it_or_a_gap() {
    let folder = tempfile::tempdir().unwrap();
    let path = copy_of("codecs3.zarr", folder.path());
    for (name, chunk) in [
        ("none", "c/0/0"),
        ("zstd", "c/0/0"),
        ("gzip", "c/0/0"),
        ("blosc", "c/0/0"),
        ("crc", "c/0/0"),
        ("shard", "c/0/0"),
        ("shard_first", "c/0/0"),
        ("fixedscale", "c/0/0"),
        ("text", "c/0"),
    ] {
        let file = path.join(name).join(chunk);
        let whole = std::fs::read(&file).unwrap();
        for cut in 0..whole.len() {
            std::fs::write(&file, &whole[..cut]).unwrap();
            let e = load(&path, name).expect_err(&format!("{name} cut to {cut} of {}", whole.len()));
            assert_eq!(e.kind(), ErrorKind::Format, "{e}");
            assert!(e.to_string().contains(&format!("{name}/{chunk}")), "{e}");
        }
        std::fs::write(&file, &whole).unwrap();
        load(&path, name).unwrap();
    }
}

#[test]
fn garbled_chunks_are_read_or_refused_but_never_crash() {
    let folder = tempfile::tempdir().unwrap();
    for (store, chunk) in [("codecs3.zarr", "c/0/0"), ("codecs2.zarr", "0.0")] {
        let path = copy_of(store, folder.path());
        for name in ["zstd", "gzip", "blosc", "shard", "shuffle", "zlib", "bz2", "blosc_zstd"] {
            let file = path.join(name).join(chunk);
            let Ok(whole) = std::fs::read(&file) else { continue };
            let ds = open_dataset(&path).unwrap();
            for at in 0..whole.len() {
                for change in [0x01, 0x80, 0xff] {
                    let mut bytes = whole.clone();
                    bytes[at] ^= change;
                    std::fs::write(&file, &bytes).unwrap();
                    // The index of a shard is read once for each opening.
                    let _ = if name == "shard" { load(&path, name) } else { ds.variable(name).unwrap().load().map(drop) };
                }
            }
        }
    }
}

#[test]
fn keys_and_links_that_lead_out_of_the_store_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = copy_of("xarray3.zarr", folder.path());
    replace(&path.join("zarr.json"), r#""metadata": { "a":"#, r#""metadata": { "../a":"#);
    let e = open_dataset(&path).unwrap_err();
    assert!(e.message().contains("leads out of the store"), "{e}");
    #[cfg(unix)]
    {
        let path = copy_of("codecs3.zarr", folder.path());
        let outside = folder.path().join("secret");
        std::fs::copy(path.join("none/c/0/0"), &outside).unwrap();
        std::fs::remove_file(path.join("none/c/0/0")).unwrap();
        std::os::unix::fs::symlink(&outside, path.join("none/c/0/0")).unwrap();
        let e = load(&path, "none").unwrap_err();
        assert!(e.message().contains("a link leads out of the store"), "{e}");
    }
}

#[test]
fn sizes_beyond_all_memory_are_refused_before_it_is_taken() {
    let folder = tempfile::tempdir().unwrap();
    let path = copy_of("codecs3.zarr", folder.path());
    let json = path.join("none/zarr.json");
    replace(&json, r#""chunk_shape": [ 3, 4 ]"#, r#""chunk_shape": [ 3000000, 4000000 ]"#);
    let e = load(&path, "none").unwrap_err();
    assert_eq!(e.kind(), ErrorKind::Budget, "{e}");
    replace(&json, r#""shape": [ 5, 7 ]"#, r#""shape": [ 9000000000000000000, 9000000000000000000 ]"#);
    assert_eq!(load(&path, "none").unwrap_err().kind(), ErrorKind::NotFound, "such an array is left out");
    let json = path.join("shard/zarr.json");
    replace(&json, r#""chunk_shape": [ 4, 6 ]"#, r#""chunk_shape": [ 4000000, 6000000 ]"#);
    assert_eq!(load(&path, "shard").unwrap_err().kind(), ErrorKind::Format);
}

#[test]
fn metadata_that_is_none_is_an_error_with_its_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = copy_of("plain3.zarr", folder.path());
    for text in ["", "{", "[]", "{\"zarr_format\": 4}", "\u{0}", &"[".repeat(100_000)] {
        std::fs::write(path.join("zarr.json"), text).unwrap();
        let e = open_dataset(&path).unwrap_err();
        assert!(matches!(e.kind(), ErrorKind::Format | ErrorKind::Unsupported), "{e}");
        assert!(e.to_string().contains("zarr.json"), "{e}");
    }
    std::fs::remove_file(path.join("zarr.json")).unwrap();
    let e = open_dataset(&path).unwrap_err();
    assert!(e.message().contains("no Zarr store"), "{e}");
    let single = folder.path().join("zip.zarr");
    std::fs::write(&single, b"PK\x03\x04").unwrap();
    assert!(open_dataset(&single).unwrap_err().message().contains("a Zarr store is a folder"));
}

#[test]
fn array_of_unknown_kind_is_left_out_and_said() {
    use hpda_data::io::zarr::{ZarrReadOptions, open};
    let folder = tempfile::tempdir().unwrap();
    let path = copy_of("codecs2.zarr", folder.path());
    replace(&path.join("zlib/.zarray"), r#""id": "zlib""#, r#""id": "zlub""#);
    replace(&path.join("none/.zarray"), r#""dtype": "<i2""#, r#""dtype": "<c16""#);
    let (ds, notices) = open(&path, &ZarrReadOptions::default()).unwrap();
    assert!(!ds.vars.contains_key("zlib") && !ds.vars.contains_key("none") && ds.vars.contains_key("bz2"));
    let said: Vec<String> = notices.iter().map(|n| n.to_string()).collect();
    assert!(said.iter().any(|n| n.contains("zlub")) && said.iter().any(|n| n.contains("<c16")), "{said:?}");
}
