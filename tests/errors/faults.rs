//! Runs that are killed, that meet a full disk or a folder that takes nothing: the target is then the old file or the new one, whole.
//! `scripts/check-faults` does the same many more times.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// Targets of both kinds, each with what it is made from.
const TARGETS: [(&str, &str, &[&str]); 13] = [
    ("out.csv", "data/stations.parquet", &[]),
    ("out.csv.gz", "data/stations.parquet", &[]),
    ("out.jsonl", "data/stations.parquet", &[]),
    ("out.json", "data/stations.parquet", &[]),
    ("out.parquet", "data/climate.nc", &[]),
    ("out.arrow", "data/climate.nc", &[]),
    ("out.nc", "data/climate.nc", &[]),
    ("out.nc3", "data/climate.nc", &[]),
    ("out.h5", "data/climate.nc", &[]),
    ("out.npy", "data/climate.nc", &["--var", "tas"]),
    ("out.npz", "data/climate.nc", &[]),
    ("out.zarr", "data/climate.nc", &["--chunks", "time=10"]),
    ("out.raw", "data/climate.nc", &["--var", "tas"]),
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn convert(source: &str, target: &Path, more: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hpda-data"));
    command.current_dir(root()).env("NO_COLOR", "1").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    command.arg("convert").arg(source).arg(target).args(["--overwrite", "--quiet", "--allow-loss"]).args(more);
    command
}

fn run(command: &mut Command) -> (Option<i32>, String) {
    let Output { status, stderr, .. } = command.output().unwrap();
    (status.code(), String::from_utf8_lossy(&stderr).into_owned())
}

/// All bytes of a file, or of the files of a folder with their names.
fn bytes(path: &Path) -> Option<Vec<(PathBuf, Vec<u8>)>> {
    if path.is_file() {
        return Some(vec![(PathBuf::new(), std::fs::read(path).unwrap())]);
    }
    let mut out = Vec::new();
    let mut open = vec![path.to_path_buf()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).ok()? {
            let path = entry.unwrap().path();
            if path.is_dir() { open.push(path) } else { out.push((path.clone(), std::fs::read(path).unwrap())) }
        }
    }
    out.sort();
    Some(out)
}

/// What is in a folder beside the target.
fn beside(folder: &Path, target: &str) -> Vec<String> {
    let names = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().to_string_lossy().into_owned());
    names.filter(|n| n != target).collect()
}

/// Something old at the target that the run may replace.
fn put_old(target: &Path) {
    if target.extension().is_some_and(|e| e == "zarr") {
        let (code, said) = run(&mut convert("data/cube.nc3", target, &[]));
        assert_eq!(code, Some(0), "{said}");
    } else {
        std::fs::write(target, "the old file").unwrap();
    }
}

/// Killed as soon as something is written beside the target, and a little later.
#[test]
fn killed_conversions_leave_the_old_file_whole_and_the_next_run_sweeps() {
    for (name, source, more) in TARGETS {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join(name);
        for turns in [0, 40] {
            put_old(&target);
            let old = bytes(&target);
            let mut child = convert(source, &target, more).spawn().unwrap();
            let mut seen = 0;
            while child.try_wait().unwrap().is_none() {
                seen += usize::from(!beside(folder.path(), name).is_empty());
                if seen > turns {
                    child.kill().unwrap();
                    break;
                }
                std::thread::yield_now();
            }
            let ended = child.wait().unwrap();
            let now = bytes(&target);
            if ended.success() {
                assert!(now != old, "{name}");
            }
            let (code, said) = run(&mut convert(source, &target, more));
            assert_eq!(code, Some(0), "{name}: {said}");
            assert_eq!(beside(folder.path(), name), Vec::<String>::new(), "{name}: something is left");
            // A kill may come after the rename: then it is the new file.
            assert!(now == old || now == bytes(&target), "{name}: the target is neither the old nor the new file");
        }
    }
}

/// The limit of a file's size stands in for a full disk: both end a write.
#[cfg(unix)]
#[test]
fn full_disk_is_one_error_and_the_old_file_stays() {
    for (name, source, more) in TARGETS {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join(name);
        put_old(&target);
        let old = bytes(&target);
        let command = convert(source, &target, more);
        let mut limited = Command::new("sh");
        limited.args(["-c", "ulimit -f 1; exec \"$@\"", "sh"]).arg(command.get_program()).args(command.get_args());
        limited.current_dir(root()).env("NO_COLOR", "1").stdin(Stdio::null());
        let (code, said) = run(&mut limited);
        // The smallest results fit.
        if code == Some(0) && bytes(&target).is_some_and(|all| all.iter().all(|(_, b)| b.len() <= 1024)) {
            continue;
        }
        assert_eq!((code, said.matches("error[").count()), (Some(2), 1), "{name}: {said}");
        assert!(!said.contains("internal"), "{name}: {said}");
        assert!(bytes(&target) == old, "{name}: the old file has changed");
        assert_eq!(beside(folder.path(), name), Vec::<String>::new(), "{name}: something is left");
    }
}

/// A folder of which nobody may change anything; for the superuser, to whom that does not apply, one of the system's.
#[cfg(target_os = "linux")]
#[test]
fn folder_that_takes_nothing_is_one_error() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let mode = |m| std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(m)).unwrap();
    mode(0o555);
    let own = std::fs::write(folder.path().join("probe"), "").is_err();
    let folder_path = if own { folder.path() } else { Path::new("/proc/self/task") };
    for (name, source, more) in TARGETS {
        let (code, said) = run(&mut convert(source, &folder_path.join(name), more));
        assert_eq!((code, said.matches("error[").count()), (Some(2), 1), "{name}: {said}");
        assert!(said.contains(name) && !said.contains("internal"), "{name}: {said}");
    }
    mode(0o755);
}

/// Another program cuts off a file of which a part is still to be read: the program has mapped it, and waits for the rest of its
/// standard input.
#[cfg(target_os = "linux")]
#[test]
fn file_that_becomes_shorter_while_it_is_read_is_an_error() {
    use std::io::{Read, Write};
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let mut columns = Command::new(env!("CARGO_BIN_EXE_hpda-data"));
    columns.arg("select").arg(path("all.arrow")).args(["--columns", "lat,lon,tas", "-o"]).arg(path("rows.arrow"));
    for command in [
        &mut convert("data/climate.nc", &path("all.arrow"), &[]),
        &mut columns,
        &mut convert(path("rows.arrow").to_str().unwrap(), &path("rows.csv"), &[]),
    ] {
        let (code, said) = run(command);
        assert_eq!(code, Some(0), "{said}");
    }
    let text = std::fs::read(path("rows.csv")).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_hpda-data"));
    command.arg("concat").arg(path("rows.arrow")).args(["-", "-o"]).arg(path("both.csv"));
    let mut child = command.env("NO_COLOR", "1").stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    input.write_all(&text).unwrap();
    let maps = format!("/proc/{}/maps", child.id());
    while !std::fs::read_to_string(&maps).unwrap().contains("rows.arrow") {
        assert!(child.try_wait().unwrap().is_none(), "the program has ended");
        std::thread::yield_now();
    }
    std::fs::File::options().write(true).open(path("rows.arrow")).unwrap().set_len(4096).unwrap();
    drop(input);
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(2), "{said}");
    assert!(said.starts_with("error[io]: a file has become shorter while it was read"), "{said}");
    assert!(!path("both.csv").exists());
}

/// Each cube that is read holds its file open. What there was no handle for is nothing that is wrong with the file, and the way out is said.
#[cfg(unix)]
#[test]
fn more_files_than_may_be_open_are_an_error_with_the_way_out() {
    let folder = tempfile::tempdir().unwrap();
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/files/data/netcdf/types.nc");
    for i in 0..60 {
        std::fs::copy(&source, folder.path().join(format!("{i}.nc"))).unwrap();
    }
    let run = |verb: &str| {
        let command = format!("ulimit -n 40; exec '{}' {verb}", env!("CARGO_BIN_EXE_hpda-data"));
        Command::new("sh").args(["-c", &command]).current_dir(folder.path()).env("NO_COLOR", "1").output().unwrap()
    };
    for verb in ["summary *.nc --dim step", "convert *.nc x.zarr --dim step"] {
        let out = run(verb);
        let said = String::from_utf8_lossy(&out.stderr).into_owned();
        assert_eq!(out.status.code(), Some(2), "{verb}: {said}");
        assert!(said.starts_with("error[io]: Too many open files") && said.contains("ulimit -n"), "{verb}: {said}");
    }
    // It looks at headers and labels, and holds no file open behind that.
    let out = run("doctor --threads 2 *.nc");
    let said = String::from_utf8_lossy(&out.stdout).into_owned();
    assert!(out.status.success() && said.contains("60 files"), "{said}");
}
