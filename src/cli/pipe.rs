//! `pipe IN... [ COMMAND ... ] [ COMMAND ... ] -o OUT`

use super::args::{OutputArgs, RunArgs};
use super::flow::{BEFORE, Flow};
use super::verb::{Verb, VerbArgs};
use super::{COMMANDS, Run, RunStep, command, options, typed, usage};
use crate::error::{Error, ErrorKind, Place, Result, ResultExt, nearest, quoted_list};
use crate::open::Scanned;
use clap::parser::ValueSource;
use clap::{ArgMatches, Args, Command, ValueHint};
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

#[derive(Args)]
struct PipeArgs {
    /// The files, then the commands, each in brackets of their own: [ select --columns tas ]
    #[arg(value_name = "FILE", required = true, value_hint = ValueHint::FilePath)]
    files: Vec<PathBuf>,
    /// The words of a step; `split` makes it of what stands in brackets
    #[arg(long = STEP, value_name = "WORDS", hide = true, allow_hyphen_values = true)]
    step: Vec<OsString>,
    #[command(flatten)]
    verb: VerbArgs,
}

const STEP: &str = "the-words-of-a-step";
/// Between the words of a step in one argument: no argument of a program has it in it.
const BETWEEN: &str = "\u{1f}";

pub fn arguments(command: Command) -> Command {
    PipeArgs::augment_args(command).override_usage("hpda-data pipe [OPTIONS] <FILE>... [ COMMAND ... ] [ COMMAND ... ]")
}

/// Puts the words of each pair of brackets of a pipe into one argument. Other command lines stay as they are.
pub fn split(args: impl IntoIterator<Item = OsString>) -> Result<Vec<OsString>> {
    let args: Vec<OsString> = args.into_iter().collect();
    if args.get(1).is_none_or(|name| name != "pipe") {
        return Ok(args);
    }
    let mut out = Vec::new();
    let mut step: Option<Vec<OsString>> = None;
    for word in args {
        match (&mut step, word.to_str()) {
            (None, Some("[")) => step = Some(Vec::new()),
            (None, Some("]")) => return Err(Error::invalid("a bracket is closed that was not opened").help(SHAPE)),
            (Some(_), Some("[")) => return Err(Error::invalid("a bracket is opened inside another").help(SHAPE)),
            (Some(words), Some("]")) => {
                if words.is_empty() {
                    return Err(Error::invalid("a step is empty").help(SHAPE));
                }
                let mut argument = OsString::from(format!("--{STEP}="));
                argument.push(words.join(OsStr::new(BETWEEN)));
                out.push(argument);
                step = None;
            }
            (Some(words), _) => words.push(word),
            (None, _) => out.push(word),
        }
    }
    match step {
        Some(words) => {
            let words = words.join(OsStr::new(" "));
            Err(Error::invalid(format!("the bracket before {:?} is not closed", words.to_string_lossy())).help(SHAPE))
        }
        None => Ok(out),
    }
}

const SHAPE: &str = "each step stands in brackets, with blanks around them: [ select --columns tas ]";

/// The command of a step and its arguments.
fn parsed(words: &OsStr) -> Result<(&'static str, RunStep, ArgMatches)> {
    let words: Vec<String> = match words.to_str() {
        Some(text) => text.split(BETWEEN).map(String::from).collect(),
        None => return Err(Error::invalid(format!("{:?} is no UTF-8 text", words.to_string_lossy()))),
    };
    let name = words.first().map_or("", String::as_str);
    let steps = || COMMANDS.iter().filter(|c| matches!(c.run, Run::Step(_)));
    let Some((entry, run)) = steps().find_map(|c| if let Run::Step(run) = c.run { (c.name == name).then_some((c, run)) } else { None })
    else {
        let known: Vec<&str> = steps().map(|c| c.name).collect();
        let near = nearest(name, &known).map(|n| format!("did you mean {n:?}? ")).unwrap_or_default();
        return Err(
            Error::new(ErrorKind::NotFound, format!("no step {name:?}")).help(format!("{near}steps: {}", quoted_list(&known, known.len())))
        );
    };
    let line = ["hpda-data", name, BEFORE].into_iter().chain(words.iter().skip(1).map(String::as_str));
    let matches = command().try_get_matches_from(line).map_err(usage::error)?;
    let matches = matches.subcommand_matches(name).cloned().ok_or_else(|| Error::internal("a step without a command"))?;
    let outside = RunArgs::augment_args(OutputArgs::augment_args(Command::new("outside")));
    for argument in outside.get_arguments() {
        let id = argument.get_id().as_str();
        if matches.try_contains_id(id).is_ok() && matches.value_source(id) == Some(ValueSource::CommandLine) {
            let option = argument.get_long().unwrap_or(id);
            return Err(Error::invalid(format!("--{option} stands in a step")).help("it belongs to the pipe: behind the last step"));
        }
    }
    Ok((entry.name, run, matches))
}

pub fn run(matches: &ArgMatches) -> Result<()> {
    let args: PipeArgs = typed(matches)?;
    if args.step.is_empty() {
        return Err(Error::invalid("a pipe needs a step").help(SHAPE));
    }
    // All steps are understood before anything is read.
    let place = |n: usize, name: &str| Place { op: Some(format!("step {} ({name})", n + 1)), ..Place::default() };
    let first = |words: &OsStr| words.to_string_lossy().split(BETWEEN).next().unwrap_or_default().to_string();
    let steps = args.step.iter().enumerate().map(|(i, words)| parsed(words).at(|| place(i, &first(words))));
    let steps = steps.collect::<Result<Vec<_>>>()?;
    let alone = Flow::default();
    let verb = Verb::new(&args.verb, "pipe", &alone)?;
    let exec = verb.exec();
    let before = options::steps(matches);
    let mut data = match verb.scan(&args.files)? {
        Scanned::Table(source) => Scanned::Table(options::apply(source, &before, &exec)?),
        Scanned::Cube(ds) => Scanned::Cube(options::apply_on_cube(ds, &before, &exec)?),
    };
    for (i, (name, run, matches)) in steps.iter().enumerate() {
        let flow = Flow::step(&verb.session, data);
        run(matches, &flow).at(|| place(i, name))?;
        data = flow.into_output()?;
    }
    match data {
        Scanned::Table(source) => verb.deliver(source, &exec),
        Scanned::Cube(ds) => verb.deliver_cube(ds, &exec),
    }
}
