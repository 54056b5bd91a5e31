//! `replay FILE`

use super::args::RunArgs;
use super::{command, diff, history, pipe, session, start, typed};
use crate::diff::{DiffOptions, Side, diff as compare};
use crate::error::{Error, ErrorKind, IoResultExt, Notices, Place, Result, ResultExt};
use crate::open::{Fate, History, OpenOptions};
use clap::{ArgMatches, Args, Command, ValueHint};
use std::path::{Path, PathBuf};

#[derive(Args)]
struct ReplayArgs {
    /// A file that was written with --history
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    file: PathBuf,
    /// Print the command and what has become of its inputs, and run nothing
    #[arg(long)]
    dry_run: bool,
    /// A JSON object of what differs, as `diff` has it
    #[arg(long, conflicts_with = "dry_run")]
    json: bool,
    #[command(flatten)]
    run: RunArgs,
}

pub fn arguments(command: Command) -> Command {
    ReplayArgs::augment_args(command)
}

pub fn run(matches: &ArgMatches) -> Result<()> {
    let args: ReplayArgs = typed(matches)?;
    let session = start(&args.run, false)?;
    let open = OpenOptions { budget: Some(session.budget.clone()), ..OpenOptions::default() };
    let here = || Place::file(&args.file);
    let made = Side::open(&args.file, &open)?;
    let Some(history) = History::of(&made.content).at(here)? else {
        let e = Error::new(ErrorKind::NotFound, "the file does not say how it was made");
        return Err(e.help("what is written with --history does").at(here()));
    };
    let mut notices = Notices::new();
    let ours = format!("hpda-data {}", env!("CARGO_PKG_VERSION"));
    if history.program != ours {
        notices.warn(format!("the file was made by {}, this is {ours}", history.program), Place::default());
    }
    for input in &history.inputs {
        let place = Place::file(&input.path);
        match input.fate() {
            Fate::Same => {}
            Fate::Changed => notices.warn("this input has changed since", place),
            Fate::Gone if args.dry_run => notices.warn("this input is gone", place),
            Fate::Gone => {
                let e = Error::new(ErrorKind::NotFound, "an input of the file is gone").at(place);
                return Err(e.help("run `replay` in the folder in which the command ran"));
            }
            Fate::Unknown if args.dry_run => notices.warn("this input was a stream, which is not kept", place),
            Fate::Unknown => return Err(Error::unsupported("an input of the file was a stream, which is not kept").at(place)),
        }
    }
    session.tell(&notices)?;
    if args.dry_run {
        return session::print(&format!("{}\n", history.shell()));
    }
    session.remark(&format!("running: {}", history.shell()));
    let folder = tempfile::Builder::new().prefix(".hpda-replay-").tempdir().io_at(std::env::temp_dir())?;
    let named = history.output.as_deref().and_then(|o| Path::new(o).file_name());
    let output = folder.path().join(named.unwrap_or("output".as_ref()));
    history::again(&history, &output);
    again(&history).at(here)?;
    let again = Side::open(&output, &open)?;
    let found = compare(&made, &again, &DiffOptions { exec: session.exec("comparing"), ..DiffOptions::default() })?;
    diff::show(&found, args.json, &session)
}

/// Runs the command of a record. Only commands that have --history are: all that they write goes where `replay` says.
fn again(history: &History) -> Result<()> {
    let refused = || Error::format("the record of how the file was made is of no command that writes one").help(history.shell());
    let words = history.command.iter().map(std::ffi::OsString::from);
    let matches = command().try_get_matches_from(pipe::split(words)?).map_err(|_| refused())?;
    let asked = |m: &ArgMatches| matches!(m.try_get_one::<bool>("history"), Ok(Some(true)));
    match matches.subcommand() {
        Some((_, arguments)) if asked(arguments) => super::run_parsed(&matches),
        _ => Err(refused()),
    }
}
