//! `resample FILE --dim time --freq 1MS --op FN`

use super::verb::{VerbArgs, on_data};
use super::{cube, lists, typed};
use crate::error::{Error, Result};
use crate::exec::reduce::ResampleOptions;
use crate::plan::{Agg, TimeBins, parse_aggregates};
use clap::{ArgMatches, Args, Command, ValueHint};
use std::path::PathBuf;

#[derive(Args)]
struct ResampleArgs {
    /// The files; several are read as one
    #[arg(value_name = "FILE", required = true, value_hint = ValueHint::FilePath)]
    files: Vec<PathBuf>,
    /// The frequency: a number and one of s min h D W MS ME QS QE YS YE, with an anchor where wanted (W-MON, QS-DEC)
    #[arg(long, value_name = "FREQ")]
    freq: String,
    /// The time axis of a cube
    #[arg(long, value_name = "DIM", default_value = "time")]
    dim: String,
    /// The column of times of a table
    #[arg(long, value_name = "COLUMN")]
    on: Option<String>,
    /// The aggregation of every variable or column that it is meant for: mean, sum, max
    #[arg(long, value_name = "FN")]
    op: Option<String>,
    /// Aggregates of columns of a table: COL:FN,FN, NAME=COL:FN or NAME=EXPR (repeatable)
    #[arg(long, value_name = "COL:FN", allow_hyphen_values = true)]
    agg: Vec<String>,
    /// The side that names a bin: left, or right (for W ME QE YE)
    #[arg(long, value_name = "SIDE")]
    label: Option<String>,
    /// The side of a bin that belongs to it: left, or right (for W ME QE YE)
    #[arg(long, value_name = "SIDE")]
    closed: Option<String>,
    /// Where bins of s min h D are counted from: start_day, start, epoch
    #[arg(long, value_name = "ORIGIN")]
    origin: Option<String>,
    /// Only these variables of a cube
    #[arg(long, value_name = "NAMES")]
    vars: Option<String>,
    /// What is taken from the count below the line of std, var and sem (1 for tables, 0 for cubes)
    #[arg(long, value_name = "N")]
    ddof: Option<u32>,
    #[command(flatten)]
    verb: VerbArgs,
}

pub fn arguments(command: Command) -> Command {
    ResampleArgs::augment_args(command)
}

pub fn run(matches: &ArgMatches) -> Result<()> {
    let args: ResampleArgs = typed(matches)?;
    let vars = args.vars.as_deref().map(lists::items).transpose()?;
    let options = ResampleOptions {
        closed: args.closed.as_deref().map(cube::side).transpose()?,
        label: args.label.as_deref().map(cube::side).transpose()?,
        origin: args.origin.as_deref().map(cube::origin).transpose()?.unwrap_or_default(),
    };
    let resampled_cube = |ds: crate::array::Dataset, exec: &crate::exec::ExecOptions| {
        let how = cube::reduction(args.op.as_deref(), &args.agg, Vec::new(), args.ddof)?;
        ds.resample(&args.dim, &args.freq, &options)?.reduce(&how, exec)
    };
    on_data(matches, &args.verb, &args.files, vars, "resample", resampled_cube, |table, exec| {
        let schema = table.schema();
        let on = args.on.as_deref().ok_or_else(|| {
            let times = schema.fields.iter().find(|f| f.dtype.is_temporal()).map_or("COLUMN", |f| f.name.as_str());
            Error::invalid("resample needs the column of times").help(format!("--on {times}"))
        })?;
        let bins = TimeBins { closed: options.closed, label: options.label, origin: options.origin, ..TimeBins::new(&args.freq)? };
        let rows = table.resample(on, bins)?.ddof(args.ddof.unwrap_or(1));
        let made = match &args.op {
            Some(op) if args.agg.is_empty() => rows.op(Agg::parse(op)?)?,
            Some(_) => return Err(Error::invalid("--op and --agg do not go together")),
            None if args.agg.is_empty() => {
                return Err(Error::invalid("nothing is asked of the bins").help("--agg COLUMN:mean, or --op mean of every column"));
            }
            None => {
                let mut wanted = Vec::new();
                for text in &args.agg {
                    wanted.extend(parse_aggregates(text, schema)?);
                }
                rows.agg(wanted)?
            }
        };
        made.source(exec)
    })
}
