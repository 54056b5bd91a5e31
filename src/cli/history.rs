//! `--history`: what is noted of the command that runs. In `replay` it is what was noted when the file was made.

use super::args::WriteArgs;
use crate::error::{Error, Result};
use crate::open::{History, Target};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

/// What this process runs.
struct Running {
    command: Vec<OsString>,
    inputs: Vec<PathBuf>,
    again: Option<Again>,
}

/// A command that runs again.
#[derive(Clone)]
struct Again {
    history: History,
    output: PathBuf,
}

static RUNNING: Mutex<Running> = Mutex::new(Running { command: Vec::new(), inputs: Vec::new(), again: None });

fn running<T>(act: impl FnOnce(&mut Running) -> T) -> T {
    act(&mut RUNNING.lock().unwrap_or_else(|e| e.into_inner()))
}

/// Notes the words of the command line.
pub fn begin(command: &[OsString]) {
    running(|r| r.command = command.to_vec());
}

/// Notes files that the command reads.
pub fn reads(files: &[PathBuf]) {
    running(|r| r.inputs.extend_from_slice(files));
}

/// What is written of the command into its output, if that was asked for.
pub fn of(write: &WriteArgs, target: &Target) -> Result<Option<History>> {
    if !write.history {
        return Ok(None);
    }
    let (command, inputs, again) = running(|r| (r.command.clone(), r.inputs.clone(), r.again.clone()));
    if let Some(again) = again {
        return Ok(Some(again.history));
    }
    let text = |word: OsString| {
        word.into_string().map_err(|w| Error::invalid(format!("{:?} is no UTF-8 text, which --history needs", w.to_string_lossy())))
    };
    let mut command = command.into_iter().map(text).collect::<Result<Vec<_>>>()?;
    // Not where the program lies on this machine.
    if let Some(program) = command.first_mut() {
        *program = "hpda-data".into();
    }
    let output = match target {
        Target::File(path) => path.to_str().map(str::to_string),
        Target::Stdout => None,
    };
    History::now(command, output, &inputs).map(Some)
}

/// From now on commands run again: what they write goes to this path.
pub fn again(history: &History, output: &Path) {
    running(|r| r.again = Some(Again { history: history.clone(), output: output.to_path_buf() }));
}

/// Where the output of a command goes in `replay`.
pub fn redirected(target: Target) -> Target {
    running(|r| r.again.as_ref().map(|a| Target::File(a.output.clone()))).unwrap_or(target)
}

/// Whether a file of the command that runs again was its output, although it is there now.
pub fn was_output(path: &Path) -> bool {
    running(|r| r.again.as_ref().is_some_and(|a| a.history.output.as_deref().is_some_and(|o| Path::new(o) == path)))
}
