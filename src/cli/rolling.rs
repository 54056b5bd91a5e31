//! `rolling FILE --window N|7D`

use super::args::of_aggregations;
use super::flow::Flow;
use super::verb::{VerbArgs, on_data};
use super::{cube, lists, typed};
use crate::error::{Error, Result};
use crate::exec::reduce::Reduction;
use crate::plan::{Agg, Width, Windowing, aggregate_all, parse_aggregates};
use clap::{ArgMatches, Args, Command, ValueHint};
use std::path::PathBuf;

#[derive(Args)]
struct RollingArgs {
    /// The files; several are read as one
    #[arg(value_name = "FILE", required = true, value_hint = ValueHint::FilePath)]
    files: Vec<PathBuf>,
    /// How wide windows are: so many rows, or a length of time (7D, 12h, 30min) along --on; N,N along several dimensions of a cube
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
    /// What is computed of each window of a table: COL:FN,FN or NAME=COL:FN (repeatable)
    #[arg(long, value_name = "COL:FN", allow_hyphen_values = true)]
    agg: Vec<String>,
    // Made of the table of aggregations.
    #[arg(long, value_name = "FN", conflicts_with = "agg", help = of_aggregations("One aggregation of every variable of a cube, or as COL_FN of every column that it is meant for"))]
    op: Option<String>,
    /// The dimension of a cube along which windows move, or several (lat,lon)
    #[arg(long, value_name = "DIM,DIM")]
    dim: Option<String>,
    /// Only these variables of a cube
    #[arg(long, value_name = "NAMES")]
    vars: Option<String>,
    /// What is taken from the count below the line of std, var and sem (1 for tables, 0 for cubes)
    #[arg(long, value_name = "N")]
    ddof: Option<u64>,
    #[command(flatten)]
    verb: VerbArgs,
}

pub fn arguments(command: Command) -> Command {
    RollingArgs::augment_args(command)
}

pub fn run(matches: &ArgMatches, flow: &Flow) -> Result<()> {
    let args: RollingArgs = typed(matches)?;
    let windows = |ddof| -> Result<Windowing> {
        Ok(Windowing {
            width: Width::parse(&args.window)?,
            center: args.center,
            min_count: args.min_count,
            ddof: args.ddof.unwrap_or(ddof),
        })
    };
    let vars = args.vars.as_deref().map(lists::items).transpose()?;
    let rolled_cube = |ds: crate::array::Dataset, exec: &crate::exec::ExecOptions| {
        if args.on.is_some() {
            return Err(Error::invalid("--on names a column of a table").help("--dim names the dimension of a cube"));
        }
        let op = cube::reduction(args.op.as_deref(), &args.agg, Vec::new(), None)?;
        let dim = args.dim.as_deref().ok_or_else(|| {
            let dims: Vec<&str> = ds.dims.keys().map(|d| &**d).collect();
            Error::invalid("windows of a cube move along a dimension").help(format!("name it: --dim {}", dims.first().unwrap_or(&"time")))
        })?;
        let dims = lists::items(dim)?;
        if dims.len() < 2 {
            return ds.rolling(dim, op.agg, &windows(0)?, exec);
        }
        let widths = lists::items(&args.window)?.iter().map(|w| w.trim().parse().ok()).collect::<Option<Vec<usize>>>();
        let widths = widths.filter(|w| w.len() == dims.len()).ok_or_else(|| {
            Error::invalid(format!("windows {:?} along {} dims", args.window, dims.len()))
                .help("a number for each: --dim lat,lon --window 3,5")
        })?;
        let over: Vec<(&str, usize)> = dims.iter().map(String::as_str).zip(widths).collect();
        let mut rolling = ds.rolling_over(&over)?;
        if args.center {
            rolling = rolling.center();
        }
        if let Some(least) = args.min_count {
            rolling = rolling.min_count(least as u64);
        }
        rolling.reduce(&Reduction { ddof: args.ddof.unwrap_or(0), ..op }, exec)
    };
    on_data((matches, flow), &args.verb, &args.files, vars, "rolling", rolled_cube, |table, exec| {
        if args.dim.is_some() {
            return Err(Error::unsupported("--dim is for cubes, and this is a table"));
        }
        let (windows, schema) = (windows(1)?, table.schema());
        let mut wanted = Vec::new();
        for text in &args.agg {
            wanted.extend(parse_aggregates(text, schema)?);
        }
        if let Some(op) = &args.op {
            let without: Vec<&str> = args.on.as_deref().into_iter().collect();
            wanted.extend(aggregate_all(Agg::parse(op)?, schema, &without)?.into_iter().map(|(name, e)| (format!("{name}_{op}"), e)));
        }
        if let Some(on) = &args.on
            && matches!(windows.width, Width::Rows(_))
        {
            return Err(Error::invalid(format!("--on {on:?} is for windows of time")).help("a window of time is written 7D, 12h or 30min"));
        }
        table.rolling(windows, args.on.as_deref(), wanted)?.source(exec)
    })
}
