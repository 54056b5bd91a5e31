//! `missing FILE`

use super::verb::{VerbArgs, on_table};
use super::{lists, typed};
use crate::dtype::Scalar;
use crate::error::{Error, Result};
use crate::plan::{DropRows, Gaps};
use clap::{ArgGroup, ArgMatches, Args, Command, ValueHint};
use std::path::PathBuf;

#[derive(Args)]
#[command(group = ArgGroup::new("action").required(true))]
struct MissingArgs {
    /// The files; several are read as one
    #[arg(value_name = "FILE", required = true, value_hint = ValueHint::FilePath)]
    files: Vec<PathBuf>,
    /// Leave out rows that miss any value, or all
    #[arg(long, value_name = "any|all", group = "action")]
    drop: Option<String>,
    /// Put this value in the place of missing ones
    #[arg(long, value_name = "VALUE", allow_hyphen_values = true, group = "action")]
    fill: Option<String>,
    /// Put the last value before in their place
    #[arg(long, group = "action")]
    ffill: bool,
    /// Put the first value after in their place
    #[arg(long, group = "action")]
    bfill: bool,
    /// Put values between the neighbours in their place: linear, time (needs --on) or nearest
    #[arg(long, value_name = "METHOD", group = "action")]
    interpolate: Option<String>,
    /// Only these columns
    #[arg(long, alias = "vars", value_name = "A,B")]
    columns: Option<String>,
    /// At most so many rows of each gap
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// The column of times
    #[arg(long, value_name = "COL")]
    on: Option<String>,
    /// Cubes: the dim along which is filled
    #[arg(long, value_name = "DIM")]
    dim: Option<String>,
    #[command(flatten)]
    verb: VerbArgs,
}

pub fn arguments(command: Command) -> Command {
    MissingArgs::augment_args(command)
}

/// A number, true or false; anything else, and what stands in quotes, is text.
pub fn value(text: &str) -> Scalar {
    let bare = lists::bare(text);
    if bare != text.trim() {
        return bare.into();
    }
    match bare.as_str() {
        "true" => true.into(),
        "false" => false.into(),
        _ => match (bare.parse::<i64>(), bare.parse::<f64>()) {
            (Ok(x), _) => x.into(),
            (_, Ok(x)) if bare.contains(|c: char| c.is_ascii_digit()) => x.into(),
            _ => bare.into(),
        },
    }
}

pub fn run(matches: &ArgMatches) -> Result<()> {
    let args: MissingArgs = typed(matches)?;
    if args.dim.is_some() {
        return Err(Error::invalid("--dim goes with cubes, and `missing` of a cube is not there yet"));
    }
    let named = args.columns.as_deref().map(lists::items).transpose()?;
    let gaps = match args.interpolate.as_deref() {
        None if args.ffill => Some(Gaps::Forward),
        None if args.bfill => Some(Gaps::Backward),
        None => None,
        Some("linear") => Some(Gaps::Linear),
        Some("nearest") => Some(Gaps::Nearest),
        Some("time") => {
            let on =
                args.on.clone().ok_or_else(|| Error::invalid("--interpolate time needs the column of times").help("--on COL names it"))?;
            Some(Gaps::Time(lists::bare(&on)))
        }
        Some(other) => return Err(Error::not_found("method", other, ["linear", "time", "nearest"])),
    };
    if args.on.is_some() && !matches!(gaps, Some(Gaps::Time(_))) {
        return Err(Error::invalid("--on goes with --interpolate time"));
    }
    if args.limit.is_some() && gaps.is_none() {
        return Err(Error::invalid("--limit goes with --ffill, --bfill and --interpolate"));
    }
    on_table(matches, &args.verb, &args.files, "missing", |table, exec| {
        let columns = named.as_deref();
        let changed = match (&args.drop, &args.fill, gaps) {
            (Some(how), _, _) => match how.as_str() {
                "any" => table.dropna(DropRows::Any, columns)?,
                "all" => table.dropna(DropRows::All, columns)?,
                other => return Err(Error::not_found("way", other, ["any", "all"]).help("--drop is any or all")),
            },
            (_, Some(text), _) => table.fillna(value(text), columns)?,
            (_, _, Some(gaps @ (Gaps::Linear | Gaps::Time(_)))) if columns.is_none() => {
                // Integers become f64 where values come between them: only those that have gaps.
                let found = table.columns_with_gaps(exec)?;
                table.fill_gaps(gaps, Some(&found), args.limit)?
            }
            (_, _, Some(gaps)) => table.fill_gaps(gaps, columns, args.limit)?,
            _ => return Err(Error::invalid("nothing to do")),
        };
        changed.source(exec)
    })
}
