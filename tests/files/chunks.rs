//! The values of every NetCDF file here, read by chunks and by the library; damage; files that change while they are read.

use hpda_data::array::Data;
use hpda_data::io::chunked::{ChunkedArray, DataFile};
use hpda_data::io::netcdf::{NetcdfReadOptions, ReadBy, open};
use hpda_data::store::{ChunkSource, Selection};
use hpda_data::{DType, Dataset, ErrorKind, NdArray, Place, Variable};
use std::path::{Path, PathBuf};
use std::sync::Arc;

fn files() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folders = [root.join("data"), root.join("tests/files/data/netcdf")];
    let all = folders.iter().filter_map(|f| std::fs::read_dir(f).ok()).flatten().map(|e| e.unwrap().path());
    let mut files: Vec<PathBuf> = all.filter(|p| p.extension().is_some_and(|e| e == "nc" || e == "h5")).collect();
    files.sort();
    files
}

fn read(path: &Path, read_by: ReadBy) -> Dataset {
    open(path, &NetcdfReadOptions { read_by, ..Default::default() }).unwrap_or_else(|e| panic!("{e}")).0
}

fn values(variable: &Variable) -> NdArray {
    match variable.data() {
        Data::Memory(array) => array.clone(),
        Data::Lazy(array) => array.load().unwrap_or_else(|e| panic!("{e}")),
    }
}

/// Every element by its bits, so that NaN equals itself.
fn bits(array: &NdArray) -> Vec<String> {
    (0..array.len()).map(|i| format!("{:?}", array.scalar(i))).collect()
}

fn compare(ours: &Dataset, theirs: &Dataset, at: &str) -> usize {
    let variables = |d: &Dataset| -> Vec<(String, Variable)> {
        let coords = d.coords.iter().map(|(n, v)| (n.to_string(), v.clone()));
        coords.chain(d.vars.iter().map(|(n, v)| (n.to_string(), v.clone()))).collect()
    };
    let (mine, other) = (variables(ours), variables(theirs));
    assert_eq!(mine.len(), other.len());
    for ((name, a), (_, b)) in mine.iter().zip(&other) {
        assert_eq!(bits(&values(a)), bits(&values(b)), "{at} {name}");
    }
    let groups = ours.groups.iter().zip(&theirs.groups).map(|((name, a), (_, b))| compare(a, b, &format!("{at}/{name}")));
    mine.len() + groups.sum::<usize>()
}

#[test]
fn values_by_chunks_equal_those_of_the_library() {
    let mut variables = 0;
    for path in files() {
        variables += compare(&read(&path, ReadBy::Chunks), &read(&path, ReadBy::Library), &path.display().to_string());
    }
    assert!(variables > 20, "{variables} variables only");
}

#[test]
fn plain_array_reads_parts_in_any_order_and_records_far_apart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("records.bin");
    // 50 records of 4 big-endian numbers, each followed by 100 000 bytes of something else.
    let mut bytes = b"header..".to_vec();
    for r in 0..50u32 {
        (0..4).for_each(|i| bytes.extend((10 * r + i).to_be_bytes()));
        bytes.resize(bytes.len() + 100_000, 0xee);
    }
    std::fs::write(&path, &bytes).unwrap();
    let file = Arc::new(DataFile::open(&path).unwrap());
    let array = ChunkedArray::plain(&file, DType::U32, &[50, 4], 8, &[100_016, 4], true, Place::default()).unwrap();
    let all = array.read(&Selection::all(2)).unwrap();
    let want: Vec<u32> = (0..50).flat_map(|r| (0..4).map(move |i| 10 * r + i)).collect();
    assert_eq!(all.as_slice::<u32>().unwrap(), want);
    let column = array.read(&Selection::new(vec![hpda_data::store::Selector::All, hpda_data::store::Selector::At(2)])).unwrap();
    assert_eq!(column.as_slice::<u32>().unwrap(), (0..50).map(|r| 10 * r + 2).collect::<Vec<_>>());
}

#[test]
fn file_that_shrinks_while_open_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shrinks.bin");
    std::fs::write(&path, vec![1u8; 1 << 20]).unwrap();
    let file = Arc::new(DataFile::open(&path).unwrap());
    let array = ChunkedArray::plain(&file, DType::F64, &[1 << 17], 0, &[8], false, Place::file(&path)).unwrap();
    assert!(array.read(&Selection::all(1)).is_ok());
    std::fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(1000).unwrap();
    let e = array.read(&Selection::all(1)).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::Format);
    assert_eq!(e.place().file.as_deref(), Some(path.as_path()));
}

#[test]
fn chunked_file_that_shrinks_while_open_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["deflate", "bitshuffle", "blosc2", "szip"] {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/files/data/chunks/{name}.h5"));
        let path = folder.path().join(format!("{name}.h5"));
        std::fs::copy(&source, &path).unwrap();
        let file = Arc::new(DataFile::open(&path).unwrap());
        let array = ChunkedArray::hdf5(&file, "/x", DType::F32, &[5, 13, 17], Place::file(&path)).unwrap();
        array.prepare().unwrap();
        std::fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(1000).unwrap();
        let e = array.read(&Selection::all(3)).unwrap_err();
        assert_eq!(e.kind(), ErrorKind::Format, "{e}");
        assert!(e.message().contains("shorter"), "{e}");
        assert_eq!(e.place().file.as_deref(), Some(path.as_path()));
    }
}

#[test]
fn file_replaced_since_it_was_opened_is_not_read() {
    let folder = tempfile::tempdir().unwrap();
    let (path, other) = (folder.path().join("a.bin"), folder.path().join("b.bin"));
    std::fs::write(&path, [1u8; 8]).unwrap();
    std::fs::write(&other, [2u8; 8]).unwrap();
    let file = Arc::new(DataFile::open(&path).unwrap());
    std::fs::rename(&other, &path).unwrap();
    let array = ChunkedArray::plain(&file, DType::U8, &[8], 0, &[1], false, Place::file(&path)).unwrap();
    assert_eq!(array.read(&Selection::all(1)).unwrap_err().kind(), ErrorKind::Format);
}
