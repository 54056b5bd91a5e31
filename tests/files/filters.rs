//! Files of every filter of HDF5, made by h5py and hdf5plugin (`tests/parity/make_filters.py`), whole and damaged.

use hpda_data::io::chunked::{ChunkedArray, DataFile};
use hpda_data::io::netcdf::{NetcdfReadOptions, ReadBy, open};
use hpda_data::store::{ChunkSource, Selection};
use hpda_data::{DType, ErrorKind, Place, Variable};
use std::path::{Path, PathBuf};
use std::sync::Arc;

const SHAPE: [usize; 3] = [5, 13, 17];

/// Files and the datasets in them beside `x` and `y`.
const FILES: [(&str, &[&str]); 9] = [
    ("deflate", &[]),
    ("lzf", &[]),
    ("lz4", &[]),
    ("zstd", &[]),
    ("bzip2", &[]),
    ("bitshuffle", &["x_none", "x_zstd", "x_small", "d_lz4"]),
    ("blosc", &["x_blosclz", "x_lz4", "x_lz4hc", "x_snappy", "x_zlib", "x_zstd", "d_copied", "b_bits"]),
    ("blosc2", &["x_blosclz", "x_lz4", "x_lz4hc", "x_zlib", "x_zstd", "d_delta", "b_bits", "d_copied"]),
    ("szip", &["x_ec", "d_nn", "b_nn", "h_ec"]),
];

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/files/data/chunks/{name}.h5"))
}

/// The values of `make_filters.py`.
fn formula(t: usize, y: usize, x: usize) -> f32 {
    (t * 1000 + y * 20 + x * x % 7) as f32
}

fn values() -> Vec<f32> {
    (0..5).flat_map(|t| (0..13).flat_map(move |y| (0..17).map(move |x| formula(t, y, x)))).collect()
}

fn array(path: &Path, name: &str) -> ChunkedArray {
    let dtype = match name.as_bytes()[0] {
        b'x' => DType::F32,
        b'd' => DType::F64,
        b'b' => DType::I8,
        _ => DType::I16,
    };
    let file = Arc::new(DataFile::open(path).unwrap());
    ChunkedArray::hdf5(&file, &format!("/{name}"), dtype, &SHAPE, Place::variable(name)).unwrap()
}

#[test]
fn filters_of_h5py_and_hdf5plugin_are_undone() {
    for (name, variants) in FILES {
        for variant in ["x", "y"].iter().chain(variants) {
            let array = array(&path(name), variant);
            let got = array.read(&Selection::all(3)).unwrap_or_else(|e| panic!("{name} {variant}: {e}"));
            let values = values();
            let same = match variant.as_bytes()[0] {
                b'x' => got.as_slice::<f32>().unwrap() == values,
                b'd' => got.as_slice::<f64>().unwrap() == values.iter().map(|&x| x.into()).collect::<Vec<f64>>(),
                b'b' => got.as_slice::<i8>().unwrap() == values.iter().map(|x| (x % 100.0) as i8).collect::<Vec<_>>(),
                b'h' => got.as_slice::<i16>().unwrap() == values.iter().map(|&x| x as i16).collect::<Vec<_>>(),
                // Big-endian, and the first two steps were never written.
                _ => {
                    let want: Vec<i16> = values.iter().enumerate().map(|(i, &x)| if i < 2 * 13 * 17 { -5 } else { x as i16 }).collect();
                    got.as_slice::<i16>().unwrap() == want
                }
            };
            assert!(same, "{name} {variant}: {got:?}");
        }
    }
}

#[test]
fn damaged_chunks_are_errors_with_their_place() {
    let folder = tempfile::tempdir().unwrap();
    for (name, variants) in FILES {
        let path_ = folder.path().join(format!("{name}.h5"));
        let good = std::fs::read(path(name)).unwrap();
        let mut told = 0;
        // Every part of the second half of the file in turn, which holds chunks and little else.
        for at in (good.len() / 2..good.len() - 40).step_by(97) {
            let mut bytes = good.clone();
            bytes[at..at + 40].iter_mut().for_each(|b| *b ^= 0x5a);
            std::fs::write(&path_, &bytes).unwrap();
            for variant in ["x", "y"].iter().chain(variants) {
                if let Err(e) = array(&path_, variant).read(&Selection::all(3)) {
                    assert!(matches!(e.kind(), ErrorKind::Format | ErrorKind::Unsupported), "{e}");
                    assert!(e.place().file.is_some());
                    told += 1;
                }
            }
        }
        assert!(told > 0, "{name}");
    }
}

fn variable(file: &str, name: &str, read_by: ReadBy) -> Variable {
    let (ds, _) = open(&path(file), &NetcdfReadOptions { read_by, ..Default::default() }).unwrap_or_else(|e| panic!("{file}: {e}"));
    ds.vars.get(name).unwrap_or_else(|| panic!("{file} has no {name}")).clone()
}

#[test]
fn netcdf_reader_reads_every_filter_by_itself_and_through_the_library() {
    for (file, variants) in FILES {
        for name in ["x"].iter().chain(variants) {
            let want: Vec<f64> = values().iter().map(|&x| if name.starts_with('b') { x % 100.0 } else { x }.into()).collect();
            for read_by in [ReadBy::Either, ReadBy::Chunks, ReadBy::Library] {
                // szip has a number that the library lets nobody provide.
                if (file, read_by) == ("szip", ReadBy::Library) {
                    continue;
                }
                let got =
                    variable(file, name, read_by).read(&Selection::all(3)).unwrap_or_else(|e| panic!("{file} {name} {read_by:?}: {e}"));
                let got: Vec<f64> = (0..got.len()).map(|i| got.scalar(i).as_f64().unwrap()).collect();
                assert_eq!(got, want, "{file} {name} {read_by:?}");
            }
        }
    }
}

#[test]
fn filters_of_the_library_are_left_to_it() {
    for read_by in [ReadBy::Either, ReadBy::Chunks, ReadBy::Library] {
        let got = variable("library", "h_scaleoffset", read_by).read(&Selection::all(3)).unwrap();
        assert_eq!(got.as_slice::<i16>().unwrap(), values().iter().map(|&x| x as i16).collect::<Vec<_>>());
        // Of these only 13 bits are stored.
        let got = variable("library", "h_nbit", read_by).read(&Selection::all(3)).unwrap();
        assert_eq!(got.as_slice::<i16>().unwrap(), values().iter().map(|&x| (x % 4000.0) as i16).collect::<Vec<_>>());
    }
}

#[test]
fn filter_that_nobody_has_is_named_with_a_way_out() {
    for read_by in [ReadBy::Either, ReadBy::Chunks] {
        let e = variable("unknown", "x_zfp", read_by).read(&Selection::all(3)).unwrap_err();
        let text = e.to_string();
        assert_eq!(e.kind(), ErrorKind::Unsupported, "{text}");
        for part in ["unknown.h5", "x_zfp", "32013 (zfp)", "nccopy", "h5repack", "HDF5_PLUGIN_PATH"] {
            assert!(text.contains(part), "{read_by:?}: {part} is not in {text}");
        }
    }
}
