//! `missing FILE`

use super::flow::Flow;
use super::verb::{VerbArgs, on_data};
use super::{lists, typed};
use crate::array::Dataset;
use crate::dtype::Scalar;
use crate::error::{Error, Notices, Result};
use crate::exec::{ExecOptions, Interpolate};
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

pub fn run(matches: &ArgMatches, flow: &Flow) -> Result<()> {
    let args: MissingArgs = typed(matches)?;
    let named = args.columns.as_deref().map(lists::items).transpose()?;
    let gaps = match args.interpolate.as_deref() {
        None if args.ffill => Some(Gaps::Forward),
        None if args.bfill => Some(Gaps::Backward),
        None => None,
        Some("linear") => Some(Gaps::Linear),
        Some("nearest") => Some(Gaps::Nearest),
        Some("time") => Some(Gaps::Time(args.on.as_deref().map(lists::bare).unwrap_or_default())),
        Some(other) => return Err(Error::not_found("method", other, ["linear", "time", "nearest"])),
    };
    if args.on.is_some() && !matches!(gaps, Some(Gaps::Time(_))) {
        return Err(Error::invalid("--on goes with --interpolate time"));
    }
    if args.limit.is_some() && gaps.is_none() {
        return Err(Error::invalid("--limit goes with --ffill, --bfill and --interpolate"));
    }
    let filled_cube = |ds: Dataset, exec: &ExecOptions| Ok((of_cube(&ds, &args, gaps.as_ref(), exec)?, Notices::new()));
    on_data((matches, flow), &args.verb, &args.files, named.clone(), "missing", filled_cube, |table, exec| {
        if args.dim.is_some() {
            return Err(Error::unsupported("--dim is for cubes, and this is a table"));
        }
        if matches!(&gaps, Some(Gaps::Time(on)) if on.is_empty()) {
            return Err(Error::invalid("--interpolate time needs the column of times").help("--on COL names it"));
        }
        let columns = named.as_deref();
        let changed = match (&args.drop, &args.fill, gaps.clone()) {
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

/// The same of a cube, along a dim.
fn of_cube(ds: &Dataset, args: &MissingArgs, gaps: Option<&Gaps>, exec: &ExecOptions) -> Result<Dataset> {
    if args.on.is_some() {
        return Err(Error::invalid("--on names a column of a table").help("a cube is measured by the coordinate of --dim"));
    }
    if let Some(text) = &args.fill {
        return ds.fillna(value(text), exec);
    }
    let dim = args.dim.as_deref().map(lists::bare);
    let dim = dim.ok_or_else(|| {
        let dims: Vec<&str> = ds.dims.keys().map(|d| &**d).collect();
        Error::invalid("a cube is looked at along a dim").help(format!("name it: --dim {}", dims.first().unwrap_or(&"time")))
    })?;
    match (args.drop.as_deref(), gaps) {
        (Some("any"), _) => ds.dropna(&dim, DropRows::Any, None, exec),
        (Some("all"), _) => ds.dropna(&dim, DropRows::All, None, exec),
        (Some(other), _) => Err(Error::not_found("way", other, ["any", "all"]).help("--drop is any or all")),
        (_, Some(Gaps::Forward)) => ds.ffill(&dim, args.limit, exec),
        (_, Some(Gaps::Backward)) => ds.bfill(&dim, args.limit, exec),
        (_, Some(Gaps::Linear)) => ds.interpolate_na(&dim, Interpolate::Linear, false, args.limit, exec),
        (_, Some(Gaps::Nearest)) => ds.interpolate_na(&dim, Interpolate::Nearest, false, args.limit, exec),
        (_, Some(Gaps::Time(_))) => ds.interpolate_na(&dim, Interpolate::Positions, true, args.limit, exec),
        _ => Err(Error::invalid("nothing to do")),
    }
}
