//! Inputs that are read once: named pipes and what `<(command)` stands for, which is a pipe under a name of the system.

use std::ffi::CString;
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A named pipe and the bytes that come out of it.
struct Pipe(PathBuf);

impl Pipe {
    fn new(folder: &Path, name: &str, bytes: Vec<u8>) -> Pipe {
        let path = folder.join(name);
        let text = CString::new(path.as_os_str().as_bytes()).unwrap();
        // SAFETY: a text with a zero at its end.
        assert_eq!(unsafe { libc::mkfifo(text.as_ptr(), 0o600) }, 0);
        let to = path.clone();
        // Opening waits for the reader. One that refuses never comes: the thread ends with the test program.
        std::thread::spawn(move || {
            let mut pipe = std::fs::File::options().write(true).open(to).unwrap();
            // In pieces, as a program writes; a reader may go before the end.
            let _ = bytes.chunks(5000).try_for_each(|piece| pipe.write_all(piece));
        });
        Pipe(path)
    }
}

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("data").join(name)
}

fn bytes(name: &str) -> Vec<u8> {
    std::fs::read(data(name)).unwrap()
}

fn run(folder: &Path, args: &[&Path]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_hpda-data")).args(args).current_dir(folder).env("NO_COLOR", "1").output().unwrap()
}

/// What is said, without the name of the input.
fn printed(folder: &Path, verb: &str, input: &Path) -> String {
    let out = run(folder, &[Path::new(verb), input, Path::new("--to"), Path::new("csv"), Path::new("--allow-loss")]);
    assert!(out.status.success(), "{verb} {}: {}", input.display(), String::from_utf8_lossy(&out.stderr));
    String::from_utf8(out.stdout).unwrap()
}

#[test]
fn tables_from_pipes_are_those_of_their_files() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let gz = folder.join("x.csv.gz");
    assert!(run(folder, &[Path::new("convert"), &data("passengers.csv"), &gz]).status.success());
    let gz = std::fs::read(gz).unwrap();
    for (i, (name, bytes, same)) in [
        ("nameless", bytes("passengers.csv"), "passengers.csv"),
        ("named.csv", bytes("passengers.csv"), "passengers.csv"),
        ("packed", gz, "passengers.csv"),
        ("lines", bytes("events.jsonl"), "events.jsonl"),
        ("tabs.tsv", bytes("stations.tsv"), "stations.tsv"),
        ("arrow", bytes("stations.arrow"), "stations.arrow"),
    ]
    .into_iter()
    .enumerate()
    {
        for verb in ["summary", "head"] {
            let pipe = Pipe::new(folder, &format!("{i}{verb}{name}"), bytes.clone());
            assert_eq!(printed(folder, verb, &pipe.0), printed(folder, verb, &data(same)), "{name}");
        }
    }
}

#[test]
fn pipe_is_converted_verified_and_compared() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let pipe = Pipe::new(folder, "in", bytes("passengers.csv"));
    let out = run(folder, &[Path::new("convert"), &pipe.0, Path::new("out.parquet"), Path::new("--verify")]);
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let (left, right) = (Pipe::new(folder, "left", bytes("stations.arrow")), Pipe::new(folder, "right", bytes("stations.arrow")));
    let out = run(folder, &[Path::new("diff"), &left.0, &right.0]);
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
}

/// Formats that are read here and there are refused; those that their names tell, before anyone writes to the pipe.
#[test]
fn pipe_of_what_is_no_stream_is_refused_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    for (name, of) in [("x.nc", "climate.nc"), ("x.parquet", "stations.parquet"), ("x.npy", "matrix.npy"), ("grid", "climate.nc")] {
        let pipe = Pipe::new(folder, name, bytes(of));
        for verb in ["info", "summary"] {
            if name == "grid" && verb == "info" {
                continue;
            }
            let out = run(folder, &[Path::new(verb), &pipe.0]);
            let said = String::from_utf8_lossy(&out.stderr).into_owned();
            assert_eq!(out.status.code(), Some(2), "{said}");
            assert!(said.contains(" is not read from a pipe or device") && said.contains("write it to a file first"), "{said}");
        }
    }
}

/// Endless zeros are no text: that is seen before they are written down.
#[test]
fn device_without_an_end_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let out = run(folder.path(), &[Path::new("summary"), Path::new("/dev/zero")]);
    let said = String::from_utf8_lossy(&out.stderr).into_owned();
    assert!(said.contains("is binary data, not text"), "{said}");
}
