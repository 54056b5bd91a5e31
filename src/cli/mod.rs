//! The command line. It holds no logic of its own: every command has a library call of the same name behind it.

mod args;
mod attrs;
mod completions;
mod concat;
mod convert;
mod corr;
mod counts;
mod cube;
mod diff;
mod doctor;
mod flow;
mod groupby;
mod head;
mod history;
mod info;
mod join;
mod lists;
mod man;
mod melt;
mod missing;
mod options;
mod pipe;
mod pivot;
#[cfg(feature = "plot")]
mod plot;
mod progress;
mod reduce;
mod replay;
mod resample;
mod rolling;
mod select;
mod session;
mod sort;
mod sql;
mod stack;
mod summary;
mod usage;
mod verb;

use crate::error::{Error, ErrorKind, Result};
use crate::io::{Format, Kind, remove_unfinished};
use clap::{ArgMatches, Command};
use flow::Flow;
use session::Session;
use std::process::ExitCode;

/// One command: how it is parsed and what it does.
struct Entry {
    name: &'static str,
    about: &'static str,
    /// A transcript on files in `data/`, which the tests run.
    example: &'static str,
    arguments: fn(Command) -> Command,
    run: Run,
}

/// Changes the data that its flow brings.
type RunStep = fn(&ArgMatches, &Flow) -> Result<()>;

/// What a command does with its arguments.
enum Run {
    /// Its input and output are its own.
    Alone(fn(&ArgMatches) -> Result<()>),
    /// It changes data, by itself or as a step of a pipe.
    Step(RunStep),
}

/// The commands of this version.
const COMMANDS: &[Entry] = &[
    Entry {
        name: "info",
        about: "What a file holds: sizes, names, types, attributes",
        example: include_str!("examples/info.md"),
        arguments: info::arguments,
        run: Run::Alone(info::run),
    },
    Entry {
        name: "head",
        about: "The first rows of a table; a corner of each variable of a cube",
        example: include_str!("examples/head.md"),
        arguments: head::arguments,
        run: Run::Alone(head::run),
    },
    Entry {
        name: "summary",
        about: "Counts, missing values, means, quantiles, most frequent values: exact, in one pass",
        example: include_str!("examples/summary.md"),
        arguments: summary::arguments,
        run: Run::Alone(summary::run),
    },
    Entry {
        name: "diff",
        about: "What two files differ in: structure, labels, types, values, attributes, encoding",
        example: include_str!("examples/diff.md"),
        arguments: diff::arguments,
        run: Run::Alone(diff::run),
    },
    Entry {
        name: "doctor",
        about: "What would go wrong when files are combined, and what each choice does about it",
        example: include_str!("examples/doctor.md"),
        arguments: doctor::arguments,
        run: Run::Alone(doctor::run),
    },
    Entry {
        name: "reduce",
        about: "Aggregates over dimensions of a cube or over all rows of a table",
        example: include_str!("examples/reduce.md"),
        arguments: reduce::arguments,
        run: Run::Step(reduce::run),
    },
    Entry {
        name: "resample",
        about: "Aggregates of stretches of time: months, years, days",
        example: include_str!("examples/resample.md"),
        arguments: resample::arguments,
        run: Run::Step(resample::run),
    },
    Entry {
        name: "groupby",
        about: "Rows to groups: counts, sums, means, medians and more of each",
        example: include_str!("examples/groupby.md"),
        arguments: groupby::arguments,
        run: Run::Step(groupby::run),
    },
    Entry {
        name: "rolling",
        about: "Aggregates over windows of rows, or of time, as columns beside the others",
        example: include_str!("examples/rolling.md"),
        arguments: rolling::arguments,
        run: Run::Step(rolling::run),
    },
    Entry {
        name: "select",
        about: "Some columns and rows, under other names, in the order asked",
        example: include_str!("examples/select.md"),
        arguments: select::arguments,
        run: Run::Step(select::run),
    },
    Entry {
        name: "sort",
        about: "The rows in the order of some columns",
        example: include_str!("examples/sort.md"),
        arguments: sort::arguments,
        run: Run::Step(sort::run),
    },
    Entry {
        name: "join",
        about: "Two tables side by side by their keys, or by the nearest time",
        example: include_str!("examples/join.md"),
        arguments: join::arguments,
        run: Run::Step(join::run),
    },
    Entry {
        name: "concat",
        about: "Tables one below the other or side by side; cubes along a dim",
        example: include_str!("examples/concat.md"),
        arguments: concat::arguments,
        run: Run::Step(concat::run),
    },
    Entry {
        name: "missing",
        about: "Rows without missing values, or values in their place",
        example: include_str!("examples/missing.md"),
        arguments: missing::arguments,
        run: Run::Step(missing::run),
    },
    Entry {
        name: "sql",
        about: "A query in SQL over tables and cubes",
        example: include_str!("examples/sql.md"),
        arguments: sql::arguments,
        run: Run::Step(sql::run),
    },
    Entry {
        name: "pivot",
        about: "Long to wide: the values of one column spread over several",
        example: include_str!("examples/pivot.md"),
        arguments: pivot::arguments,
        run: Run::Step(pivot::run),
    },
    Entry {
        name: "melt",
        about: "Wide to long: all rows of the first value column, then of the second",
        example: include_str!("examples/melt.md"),
        arguments: melt::arguments,
        run: Run::Step(melt::run),
    },
    Entry {
        name: "stack",
        about: "Wide to long, row by row",
        example: include_str!("examples/stack.md"),
        arguments: stack::stack_arguments,
        run: Run::Step(stack::stack),
    },
    Entry {
        name: "unstack",
        about: "Long to wide: the labels of one level become columns",
        example: include_str!("examples/unstack.md"),
        arguments: stack::unstack_arguments,
        run: Run::Step(stack::unstack),
    },
    Entry {
        name: "attrs",
        about: "Attributes of variables, columns and the file, set and deleted",
        example: include_str!("examples/attrs.md"),
        arguments: attrs::arguments,
        run: Run::Step(attrs::run),
    },
    Entry {
        name: "counts",
        about: "How often each value, or combination of values, is there",
        example: include_str!("examples/counts.md"),
        arguments: counts::arguments,
        run: Run::Step(counts::run),
    },
    Entry {
        name: "corr",
        about: "Correlations of the numeric columns",
        example: include_str!("examples/corr.md"),
        arguments: corr::arguments,
        run: Run::Step(corr::run),
    },
    #[cfg(feature = "plot")]
    Entry {
        name: "plot",
        about: "A picture: lines, points, bars, histograms, boxes, maps",
        example: include_str!("examples/plot.md"),
        arguments: plot::arguments,
        run: Run::Alone(plot::run),
    },
    Entry {
        name: "convert",
        about: "The same data in another format",
        example: include_str!("examples/convert.md"),
        arguments: convert::arguments,
        run: Run::Alone(convert::run),
    },
    Entry {
        name: "pipe",
        about: "Several commands, each in brackets, one after the other without files between them",
        example: include_str!("examples/pipe.md"),
        arguments: pipe::arguments,
        run: Run::Alone(pipe::run),
    },
    Entry {
        name: "replay",
        about: "Runs the command again that made a file, and compares",
        example: include_str!("examples/replay.md"),
        arguments: replay::arguments,
        run: Run::Alone(replay::run),
    },
    Entry {
        name: "completions",
        about: "A script that completes commands and options in a shell",
        example: include_str!("examples/completions.md"),
        arguments: completions::arguments,
        run: Run::Alone(completions::run),
    },
    Entry {
        name: "man",
        about: "Manual pages of all commands",
        example: include_str!("examples/man.md"),
        arguments: man::arguments,
        run: Run::Alone(man::run),
    },
];

/// Commands of the contract that later versions have.
const LATER: &[&str] = &["apply", "serve"];

/// Runs the program on the arguments of this process.
pub fn main() -> ExitCode {
    session::give_back_memory();
    session::meet_limits();
    session::meet_signals();
    session::catch_faults();
    let outcome = std::panic::catch_unwind(|| run(std::env::args_os()));
    match outcome {
        Ok(Ok(())) => ExitCode::from(session::code()),
        Ok(Err(e)) if e.is_broken_pipe() => {
            remove_unfinished();
            ExitCode::SUCCESS
        }
        Ok(Err(e)) => {
            session::report(&e);
            ExitCode::from(if e.kind() == ErrorKind::Interrupted { 130 } else { 2 })
        }
        Err(_) => {
            remove_unfinished();
            session::report_fault();
            ExitCode::from(2)
        }
    }
}

/// Names of the formats of a kind.
fn formats(kind: Kind) -> String {
    Format::all().filter(|f| f.is_here() && f.kind() == kind).map(Format::name).collect::<Vec<_>>().join(" ")
}

/// The whole command line as clap sees it.
fn command() -> Command {
    let root = Command::new("hpda-data")
        .version(clap::crate_version!())
        .about("Labelled tables and labelled N-d cubes: look, summarise, convert")
        .after_help(format!(
            "Examples:\n{}\nTables: {}. Cubes: {}. `hpda-data COMMAND --help` says more.",
            usage::example(include_str!("examples/overview.md")),
            formats(Kind::Table),
            formats(Kind::Cube)
        ))
        .arg_required_else_help(true)
        .subcommand_required(true)
        .disable_help_subcommand(true)
        .args_override_self(true);
    COMMANDS.iter().fold(root, |root, entry| {
        // After the arguments, whose groups have descriptions of their own.
        let command = (entry.arguments)(Command::new(entry.name)).about(entry.about).long_about(None);
        root.subcommand(command.after_help(format!("Example:\n{}", usage::example(entry.example))))
    })
}

fn run(args: impl IntoIterator<Item = std::ffi::OsString>) -> Result<()> {
    let mut args: Vec<_> = args.into_iter().collect();
    // `help plot`, as other programs have it.
    if args.get(1).is_some_and(|word| word == "help") {
        args.remove(1);
        args.truncate(2);
        args.push("--help".into());
    }
    history::begin(&args);
    match command().try_get_matches_from(pipe::split(args)?) {
        Ok(matches) => run_parsed(&matches),
        Err(e) => usage::answer(e),
    }
}

/// Whether these are the words of a command line, the program's name first; nothing is run.
///
/// # Errors
/// What is wrong with them.
///
/// # Examples
/// ```
/// assert!(hpda_data::cli::check(["hpda-data", "head", "a.csv", "-n", "3"].map(Into::into)).is_ok());
/// assert!(hpda_data::cli::check(["hpda-data", "haed", "a.csv"].map(Into::into)).is_err());
/// ```
pub fn check(words: impl IntoIterator<Item = std::ffi::OsString>) -> Result<()> {
    command().try_get_matches_from(pipe::split(words)?).map(drop).map_err(usage::error)
}

fn run_parsed(matches: &ArgMatches) -> Result<()> {
    let Some((name, arguments)) = matches.subcommand() else { return Err(Error::internal("no command")) };
    let entry = COMMANDS.iter().find(|c| c.name == name).ok_or_else(|| Error::internal(format!("no command {name:?}")))?;
    match entry.run {
        Run::Alone(run) => run(arguments),
        Run::Step(run) => run(arguments, &Flow::default()),
    }
}

/// The typed arguments of a command.
fn typed<A: clap::FromArgMatches>(matches: &ArgMatches) -> Result<A> {
    A::from_arg_matches(matches).map_err(usage::error)
}

/// Starts what every command that reads data needs.
fn start(run: &args::RunArgs, strict: bool) -> Result<Session> {
    Session::start(run, strict)
}
