//! `rolling FILE --window N|7D`

use super::typed;
use super::verb::{VerbArgs, on_table};
use crate::error::{Error, Result};
use crate::plan::{Width, Windowing, parse_aggregates};
use clap::{ArgMatches, Args, Command, ValueHint};
use std::path::PathBuf;

#[derive(Args)]
struct RollingArgs {
    /// The files; several are read as one
    #[arg(value_name = "FILE", required = true, value_hint = ValueHint::FilePath)]
    files: Vec<PathBuf>,
    /// How wide windows are: so many rows, or a length of time (7D, 12h, 30min) along --on
    #[arg(long, value_name = "N|7D", required = true)]
    window: String,
    /// The column of times, in ascending order
    #[arg(long, value_name = "COL")]
    on: Option<String>,
    /// The row stands in the middle of its window, not at its end
    #[arg(long)]
    center: bool,
    /// So many values must be there, else the result is missing (default: all rows of the window; 1 for windows of time)
    #[arg(long, value_name = "N")]
    min_count: Option<usize>,
    /// What is computed of each window: COL:FN,FN or NAME=COL:FN (repeatable)
    #[arg(long, value_name = "COL:FN", required = true, allow_hyphen_values = true)]
    agg: Vec<String>,
    /// What is taken from the count below the line of std, var and sem
    #[arg(long, value_name = "N", default_value_t = 1)]
    ddof: u64,
    #[command(flatten)]
    verb: VerbArgs,
}

pub fn arguments(command: Command) -> Command {
    RollingArgs::augment_args(command)
}

pub fn run(matches: &ArgMatches) -> Result<()> {
    let args: RollingArgs = typed(matches)?;
    on_table(matches, &args.verb, &args.files, "rolling", |table, exec| {
        let windows = Windowing { width: Width::parse(&args.window)?, center: args.center, min_count: args.min_count, ddof: args.ddof };
        let mut wanted = Vec::new();
        for text in &args.agg {
            wanted.extend(parse_aggregates(text, table.schema())?);
        }
        if let Some(on) = &args.on
            && matches!(windows.width, Width::Rows(_))
        {
            return Err(Error::invalid(format!("--on {on:?} is for windows of time")).help("a window of time is written 7D, 12h or 30min"));
        }
        table.rolling(windows, args.on.as_deref(), wanted)?.source(exec)
    })
}
