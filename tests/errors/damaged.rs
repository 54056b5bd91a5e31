//! Files that are cut off, empty, of another format than their name says, or no files of any format: one clear error each, no
//! panic, no endless loop. The same files go through the binary in `damaged_files_end_the_binary_with_one_error`.

use hpda_data::io::csv::{CsvReadOptions, CsvSource};
use hpda_data::io::ipc::IpcSource;
use hpda_data::io::netcdf::{self, NetcdfReadOptions};
use hpda_data::io::npy;
use hpda_data::io::parquet::ParquetSource;
use hpda_data::io::raw::{self, RawOptions};
use hpda_data::io::text::TextInput;
use hpda_data::store::{Budget, ScanRequest, TableSource};
use hpda_data::{DType, Dataset, Error, ErrorKind, Result};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::Duration;

/// A format with a sound file in it, and how all of such a file is read through the library.
struct Reader {
    name: &'static str,
    sound: &'static str,
    read: fn(&Path) -> Result<()>,
    /// Whether what is cut off may still be a sound file: text ends where it ends.
    text: bool,
}

const READERS: [Reader; 10] = [
    Reader { name: "csv", sound: "data/stations.csv", read: csv, text: true },
    Reader { name: "tsv", sound: "data/stations.tsv", read: tsv, text: true },
    Reader { name: "parquet", sound: "data/stations.parquet", read: |p| scan(&ParquetSource::open(p)?), text: false },
    Reader { name: "arrow", sound: "data/stations.arrow", read: |p| scan(&IpcSource::open(p)?), text: false },
    Reader { name: "nc", sound: "data/climate.nc", read: nc, text: false },
    Reader { name: "nc3", sound: "data/cube.nc3", read: nc, text: false },
    Reader { name: "h5", sound: "tests/files/data/hdf5/from_netcdf.h5", read: h5, text: false },
    Reader { name: "npy", sound: "data/matrix.npy", read: |p| load(&npy::open(p)?), text: false },
    Reader { name: "npz", sound: "tests/files/data/npz/deflated.npz", read: npz, text: false },
    Reader { name: "raw", sound: "data/matrix_f.npy", read: raw_doubles, text: false },
];

fn csv(path: &Path) -> Result<()> {
    scan(&CsvSource::open(vec![TextInput::Path(path.to_path_buf())], &CsvReadOptions::default(), &Budget::unlimited())?)
}

fn tsv(path: &Path) -> Result<()> {
    scan(&CsvSource::open(vec![TextInput::Path(path.to_path_buf())], &CsvReadOptions::tsv(), &Budget::unlimited())?)
}

fn nc(path: &Path) -> Result<()> {
    load(&netcdf::open(path, &NetcdfReadOptions::default())?.0)
}

fn npz(path: &Path) -> Result<()> {
    load(&hpda_data::io::npz::open(path, &Default::default())?.0)
}

fn h5(path: &Path) -> Result<()> {
    load(&hpda_data::io::hdf5::open(path, &Default::default())?.0)
}

fn raw_doubles(path: &Path) -> Result<()> {
    load(&raw::open(path, &RawOptions { offset: 128, ..RawOptions::new(DType::F64, &[48, 40]) })?)
}

fn scan(source: &dyn TableSource) -> Result<()> {
    let request = ScanRequest::all(&Budget::unlimited());
    for part in 0..source.parts() {
        for batch in source.scan(part, &request)? {
            batch?;
        }
    }
    Ok(())
}

fn load(ds: &Dataset) -> Result<()> {
    for (_, v) in ds.coords.iter() {
        v.load()?;
    }
    ds.vars.values().try_for_each(|v| v.load().map(drop))?;
    ds.groups.values().try_for_each(load)
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn bytes_of(reader: &Reader) -> Vec<u8> {
    std::fs::read(root().join(reader.sound)).unwrap()
}

/// What came of reading a file, with a panic as words and an end to waiting.
fn attempt(reader: &Reader, path: &Path, what: &str) -> Result<()> {
    let (send, receive) = mpsc::channel();
    let (read, path) = (reader.read, path.to_path_buf());
    std::thread::spawn(move || {
        let outcome = catch_unwind(AssertUnwindSafe(|| read(&path)));
        let _ = send.send(outcome.map_err(|_| ()));
    });
    // Ticks are counted: a machine that stands still is no file without an end.
    for _ in 0..600 {
        match receive.recv_timeout(Duration::from_millis(100)) {
            Ok(Ok(outcome)) => return outcome,
            Ok(Err(())) => panic!("{}: {what}: a panic", reader.name),
            Err(mpsc::RecvTimeoutError::Timeout) => {}
            Err(e) => panic!("{}: {what}: {e}", reader.name),
        }
    }
    panic!("{}: {what}: no end within a minute", reader.name)
}

/// An error that a user can act on: a file, a sentence, not our own fault.
fn check_error(reader: &Reader, what: &str, e: &Error) {
    assert!(e.place().file.is_some(), "{}: {what}: no file in the place: {e}", reader.name);
    assert_ne!(e.kind(), ErrorKind::Internal, "{}: {what}: {e}", reader.name);
    assert!(!e.message().is_empty() && !e.message().contains('\n') && !e.message().ends_with('.'), "{}: {what}: {e:?}", reader.name);
}

/// Lengths at which a file of this length is cut: the beginning byte by byte, then evenly, then the end.
fn cuts(length: usize) -> Vec<usize> {
    let mut cuts: Vec<usize> = (0..16).chain((1..40).map(|i| length * i / 40)).chain((1..=12).map(|i| length - i.min(length))).collect();
    cuts.retain(|&c| c < length);
    cuts.sort_unstable();
    cuts.dedup();
    cuts
}

/// Bytes that look like nothing: a fixed sequence of xorshift.
fn garbage(length: usize) -> Vec<u8> {
    let mut x = 0x9E37_79B9_7F4A_7C15u64;
    let mut next = || {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        (x >> 32) as u8
    };
    (0..length).map(|_| next()).collect()
}

fn file(folder: &tempfile::TempDir, name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    path
}

#[test]
fn sound_files_of_each_format_read() {
    for reader in &READERS {
        attempt(reader, &root().join(reader.sound), "the sound file").unwrap_or_else(|e| panic!("{}: {e}", reader.name));
    }
}

#[test]
fn truncated_files_of_each_format_are_an_error_and_no_panic() {
    let to = tempfile::tempdir().unwrap();
    for reader in &READERS {
        let bytes = bytes_of(reader);
        for cut in cuts(bytes.len()) {
            let what = format!("cut off after {cut} of {} bytes", bytes.len());
            let path = file(&to, &format!("cut.{}", reader.name), &bytes[..cut]);
            match attempt(reader, &path, &what) {
                Err(e) => check_error(reader, &what, &e),
                Ok(()) => assert!(reader.text && cut > 0, "{}: {what}: no error", reader.name),
            }
        }
    }
}

#[test]
fn binary_garbage_under_each_name_is_an_error_and_no_panic() {
    let to = tempfile::tempdir().unwrap();
    for reader in &READERS {
        let sound = bytes_of(reader);
        let noise = garbage(5000);
        let nothing = vec![0u8; 4096];
        let mut begun = sound[..12.min(sound.len())].to_vec();
        begun.extend(&noise);
        let mut ended = begun.clone();
        ended.extend(&sound[sound.len() - 12.min(sound.len())..]);
        let mut cases = vec![("noise", &noise[..]), ("a little noise", &noise[..3]), ("zeros", &nothing[..])];
        if !reader.text {
            cases.extend([("a sound beginning", &begun[..]), ("sound ends", &ended[..])]);
        }
        for (what, bytes) in cases {
            let path = file(&to, &format!("noise.{}", reader.name), bytes);
            match attempt(reader, &path, what) {
                Err(e) => check_error(reader, what, &e),
                Ok(()) => panic!("{}: {what}: no error", reader.name),
            }
        }
    }
}

#[test]
fn files_of_one_format_under_the_name_of_another_are_an_error() {
    let to = tempfile::tempdir().unwrap();
    for reader in &READERS {
        for other in READERS.iter().filter(|o| o.name != reader.name) {
            // Any text is a table of one column; NetCDF of either kind is told by its content.
            let both = |a: &str, b: &str| [reader.name, other.name] == [a, b] || [reader.name, other.name] == [b, a];
            if reader.text && other.text || both("nc", "nc3") || both("nc", "h5") || both("nc3", "h5") {
                continue;
            }
            // Two files of doubles in npy, of which one is read as raw on purpose.
            if both("npy", "raw") {
                continue;
            }
            let what = format!("{} named .{}", other.sound, reader.name);
            let path = file(&to, &format!("other.{}", reader.name), &bytes_of(other));
            match attempt(reader, &path, &what) {
                Err(e) => check_error(reader, &what, &e),
                Ok(()) => panic!("{}: {what}: no error", reader.name),
            }
        }
    }
}

#[test]
fn single_flipped_bytes_never_panic() {
    let to = tempfile::tempdir().unwrap();
    // HDF5 files are the C library's to check, and have tests of their own.
    for reader in READERS.iter().filter(|r| r.name != "nc") {
        let sound = bytes_of(reader);
        let header = sound.len().min(400);
        for at in
            (0..header).chain((header..sound.len()).step_by(sound.len() / 100 + 1)).chain(sound.len().saturating_sub(200)..sound.len())
        {
            let mut bytes = sound.clone();
            bytes[at] ^= 0x81;
            let what = format!("byte {at} flipped");
            let path = file(&to, &format!("flip.{}", reader.name), &bytes);
            if let Err(e) = attempt(reader, &path, &what) {
                check_error(reader, &what, &e);
            }
        }
    }
}

#[test]
fn folders_and_absent_files_are_an_error_that_says_so() {
    let to = tempfile::tempdir().unwrap();
    for reader in &READERS {
        let folder = to.path().join(format!("folder.{}", reader.name));
        std::fs::create_dir(&folder).unwrap();
        let e = attempt(reader, &folder, "a folder").unwrap_err();
        assert!(e.message().contains("folder"), "{}: {e}", reader.name);
        let e = attempt(reader, &to.path().join(format!("absent.{}", reader.name)), "an absent file").unwrap_err();
        assert_eq!(e.kind(), ErrorKind::NotFound, "{}: {e}", reader.name);
    }
}

/// How the binary is asked about a file: `None` for a target means standard output.
fn binary(folder: &Path, reader: &Reader, path: &Path, target: Option<&str>) -> std::process::Output {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_hpda-data"));
    command.current_dir(folder).env("NO_COLOR", "1").stdin(std::process::Stdio::null());
    match target {
        Some(target) => command.arg("convert").arg(path).arg(target),
        None => command.arg("summary").arg(path),
    };
    if reader.name == "raw" {
        command.args(["--from", "raw", "--dtype", "f64", "--shape", "48,40", "--offset", "128"]);
    }
    command.output().unwrap()
}

#[test]
fn damaged_files_end_the_binary_with_one_error() {
    let to = tempfile::tempdir().unwrap();
    let work = to.path().join("work");
    std::fs::create_dir(&work).unwrap();
    for reader in &READERS {
        let sound = bytes_of(reader);
        let other = std::fs::read(root().join(if reader.text { "data/stations.parquet" } else { "data/stations.csv" })).unwrap();
        let target = if matches!(reader.name, "nc" | "nc3" | "npy" | "raw") { "out.nc" } else { "out.parquet" };
        let mut cases = vec![("nothing", Vec::new()), ("noise", garbage(3000)), ("another format", other)];
        if !reader.text {
            cases.extend([("half", sound[..sound.len() / 2].to_vec()), ("all but a byte", sound[..sound.len() - 1].to_vec())]);
        }
        for (what, bytes) in cases {
            let path = file(&to, &format!("damaged.{}", reader.name), &bytes);
            for target in [Some(target), None] {
                let done = binary(&work, reader, &path, target);
                let said = String::from_utf8_lossy(&done.stderr);
                let case = format!("{} {what} {target:?}: {said}", reader.name);
                assert_eq!(done.status.code(), Some(2), "{case}");
                assert_eq!(said.matches("error[").count(), 1, "{case}");
                assert!(said.contains("damaged.") && !said.contains("panic") && !said.contains("internal"), "{case}");
                assert!(done.stdout.is_empty(), "{case}");
                assert_eq!(std::fs::read_dir(&work).unwrap().count(), 0, "{case}: something was written");
            }
        }
    }
}

/// The library asks for memory for as many references as the list says before it looks where they are.
#[test]
fn endless_list_of_dimensions_is_an_error_before_the_library_sees_it() {
    let sound = std::fs::read(root().join("tests/files/data/losses/dims.nc")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let word = |at: usize| u64::from_le_bytes(sound[at..at + 8].try_into().unwrap());
    let names = memchr::memmem::find_iter(&sound, b"DIMENSION_LIST\0").collect::<Vec<_>>();
    assert!(!names.is_empty());
    for name in names {
        // The first list of one reference behind the name: its length, and the place of a heap.
        let at = (name..name + 120)
            .find(|&at| sound[at..at + 4] == [1, 0, 0, 0] && sound.get(word(at + 4) as usize..).is_some_and(|h| h.starts_with(b"GCOL")));
        let Some(at) = at else { continue };
        let mut bytes = sound.clone();
        bytes[at..at + 4].copy_from_slice(&[0xff; 4]);
        for (name, read) in [("endless.nc", nc as fn(&Path) -> Result<()>), ("endless.h5", h5)] {
            let path = file(&folder, name, &bytes);
            let e = read(&path).unwrap_err();
            assert_eq!((e.kind(), e.message()), (ErrorKind::Format, "an attribute or a fill value of this HDF5 file is damaged"));
        }
        return;
    }
    panic!("no list of dimensions was found");
}

/// The library asks for as much memory as a text says that it has bytes, and clears it, before it looks where the text is.
#[test]
fn text_longer_than_the_file_is_an_error_before_the_library_sees_it() {
    let folder = tempfile::tempdir().unwrap();
    for (name, least, read) in [
        ("texts", 16, &[h5 as fn(&Path) -> Result<()>][..]),
        ("from_netcdf", 2, &[h5 as fn(&Path) -> Result<()>, nc as fn(&Path) -> Result<()>]),
    ] {
        let sound = std::fs::read(root().join(format!("tests/files/data/hdf5/{name}.h5"))).unwrap();
        let word = |at: usize| u64::from_le_bytes(sound[at..at + 8].try_into().unwrap());
        // A text: its length, the place of a heap, its number there.
        let is_text = |&at: &usize| {
            let heap = usize::try_from(word(at + 4)).ok().and_then(|heap| sound.get(heap..));
            heap.is_some_and(|heap| heap.starts_with(b"GCOL\x01"))
                && (1..64).contains(&(word(at) as u32))
                && (1..64).contains(&(word(at + 8) >> 32))
        };
        let texts: Vec<usize> = (0..sound.len() - 16).filter(is_text).collect();
        let mut seen = 0;
        for at in texts {
            let mut bytes = sound.clone();
            bytes[at..at + 4].copy_from_slice(&[0xf0, 0xff, 0xff, 0xff]);
            for (read, end) in read.iter().zip(["h5", "nc"]) {
                let path = file(&folder, &format!("{name}.{end}"), &bytes);
                let e = read(&path).unwrap_err();
                assert_eq!(e.kind(), ErrorKind::Format, "{at}: {e}");
                let known = [format!("texts say that they have 4294967280 bytes, and the whole file has {}", sound.len())];
                let known = known.iter().map(String::as_str).chain(["an attribute or a fill value of this HDF5 file is damaged"]);
                assert!(known.clone().any(|m| m == e.message()), "{at}: {e}");
            }
            seen += 1;
        }
        assert!(seen >= least, "{name}: {seen} texts were found");
    }
}

/// The library goes along the free space among the names of a group, and takes memory for each piece.
#[test]
fn circle_of_free_space_is_an_error_before_the_library_sees_it() {
    let mut bytes = std::fs::read(root().join("tests/files/data/hdf5/texts.h5")).unwrap();
    let heap = memchr::memmem::find(&bytes, b"HEAP\0\0\0\0").unwrap();
    let names = u64::from_le_bytes(bytes[heap + 24..heap + 32].try_into().unwrap()) as usize;
    // The first piece is at byte 8, has 16 bytes, and is followed by itself.
    bytes[heap + 16..heap + 24].copy_from_slice(&8u64.to_le_bytes());
    bytes[names + 8..names + 24].copy_from_slice(&[8u64, 16].map(u64::to_le_bytes).concat());
    let folder = tempfile::tempdir().unwrap();
    for (name, read) in [("circle.h5", h5 as fn(&Path) -> Result<()>), ("circle.nc", nc)] {
        let e = read(&file(&folder, name, &bytes)).unwrap_err();
        assert_eq!((e.kind(), e.message()), (ErrorKind::Format, "a heap of this HDF5 file is damaged"));
    }
}

/// The library's check of sums takes a chunk of no bytes for one of almost 2^64.
#[test]
fn chunk_without_room_for_its_sum_is_an_error_before_the_library_sees_it() {
    let mut bytes = std::fs::read(root().join("fuzz/seeds/hdf5/old")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    assert!(h5(&file(&folder, "sound.h5", &bytes)).is_ok());
    // A node of chunks: 24 bytes, then the key of the first one, which begins with its size.
    let nodes: Vec<usize> = memchr::memmem::find_iter(&bytes, b"TREE\x01\0").collect();
    assert!(!nodes.is_empty());
    nodes.iter().for_each(|at| bytes[at + 24..at + 28].fill(0));
    for (name, read) in [("short.h5", h5 as fn(&Path) -> Result<()>), ("short.nc", nc)] {
        let e = read(&file(&folder, name, &bytes)).unwrap_err();
        assert_eq!(e.kind(), ErrorKind::Format, "{e}");
    }
}

/// The library takes a fill value of less than no bytes for one that has a type, which it has not. Found by fuzzing.
#[test]
fn damaged_fill_value_is_an_error_before_the_library_is_asked_for_it() {
    let path = root().join("tests/files/data/damaged/negative_fill_value.h5");
    for read in [h5 as fn(&Path) -> Result<()>, nc] {
        assert_eq!(read(&path).unwrap_err().kind(), ErrorKind::Format);
    }
}

/// The parquet crate makes room for as many texts as a page says, which ends the process where there is none. Found by fuzzing.
#[test]
fn page_that_calls_for_all_memory_is_an_error_before_the_decoder_sees_it() {
    let e = scan(&ParquetSource::open(root().join("tests/files/data/damaged/endless_page.parquet")).unwrap()).unwrap_err();
    assert!(e.to_string().contains("a page says that it holds more texts than values"), "{e}");
}
