//! The slow tier: what must finish on data four times the budget, under a limit of the system on anonymous memory.
//!
//! `scripts/check-slow` runs it with the release binary (`HPDA_BIN`); it takes some minutes and 3 GB of disk. Every command runs twice, under
//! `ulimit -d` (RLIMIT_DATA: private writable memory, but no maps of files) of the budget and 150 MB, and with all the memory there is. `diff`
//! compares the two files. What a formula says of the result is checked beside.

mod cubes;
mod data;
mod tables;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

/// The budget, and what a process may take beside it.
const BUDGET: usize = 64 << 20;
const BESIDE: usize = 150 << 20;

/// A folder for all files of the tier, made once.
fn folder() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("slow");
        std::fs::create_dir_all(&folder).unwrap();
        folder
    })
}

fn binary() -> PathBuf {
    std::env::var_os("HPDA_BIN").map_or_else(|| env!("CARGO_BIN_EXE_hpda-data").into(), PathBuf::from)
}

/// Runs the binary; `limited`: with the budget, and under the limit of the system.
fn run(args: &[&str], limited: bool) -> Output {
    let mut command = Command::new("sh");
    command.current_dir(folder()).env("TMPDIR", folder());
    if limited {
        let script = format!("ulimit -d {}; exec \"$@\"", (BUDGET + BESIDE) / 1024);
        command.args(["-c", &script, "sh"]).arg(binary()).args(args).args(["--memory", &BUDGET.to_string()]);
    } else {
        command.args(["-c", "exec \"$@\"", "sh"]).arg(binary()).args(args).args(["--memory", "64GB"]);
    }
    command.arg("--no-progress").output().unwrap()
}

/// Runs a command with and without the limit and compares the files (`OUT` in the arguments), or what is printed. The text is the command
/// as it is typed, without quotes that hold blanks.
#[track_caller]
fn same(command: &str) -> String {
    let name = command.split_whitespace().find_map(|a| a.strip_prefix("OUT"));
    let with = |target: &str| command.replace("OUT", target);
    let mut printed = Vec::new();
    for (target, limited) in [("few", true), ("all", false)] {
        let command = with(target);
        let mut args: Vec<&str> = command.split_whitespace().collect();
        if name.is_some() {
            args.push("--overwrite");
        }
        let out = run(&args, limited);
        let error = String::from_utf8_lossy(&out.stderr).into_owned();
        assert!(out.status.success(), "{command}: {:?} {}", out.status, &error[..error.len().min(2000)]);
        printed.push(String::from_utf8(out.stdout).unwrap());
    }
    if let Some(ending) = name {
        let [few, all] = ["few", "all"].map(|target| format!("{target}{ending}"));
        // How many rows are written at a time is what a budget may change.
        let out = run(&["diff", &few, &all, "--ignore", "encoding"], false);
        assert_eq!(out.status.code(), Some(0), "{command}: {}", String::from_utf8_lossy(&out.stdout));
        for file in [few, all] {
            let path = folder().join(file);
            if path.is_dir() { std::fs::remove_dir_all(path).unwrap() } else { std::fs::remove_file(path).unwrap() }
        }
    }
    assert_eq!(printed[0], printed[1], "{command}");
    printed.swap_remove(0)
}

/// What a command prints that needs little memory.
fn said(command: &str) -> String {
    let out = run(&command.split_whitespace().collect::<Vec<_>>(), false);
    assert!(out.status.success(), "{command}: {}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8(out.stdout).unwrap()
}
