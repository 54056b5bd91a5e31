//! `resample FILE --dim time --freq 1MS --op FN`

use super::flow::Flow;
use super::verb::{VerbArgs, on_data};
use super::{cube, lists, typed};
use crate::error::{Error, Result};
use crate::exec::reduce::{Reduction, ResampleOptions, Upsample};
use crate::plan::{Agg, TimeBins, parse_aggregates};
use clap::{ArgMatches, Args, Command, ValueHint};
use std::path::PathBuf;

#[derive(Args)]
struct ResampleArgs {
    /// The files; several are read as one
    #[arg(value_name = "FILE", required = true, value_hint = ValueHint::FilePath)]
    files: Vec<PathBuf>,
    /// The frequency: a number and one of s min h D W MS ME QS QE YS YE B BMS BME BQS BQE BYS BYE, with an anchor where wanted (W-MON, QS-DEC)
    #[arg(long, value_name = "FREQ")]
    freq: String,
    /// The time axis of a cube
    #[arg(long, value_name = "DIM", default_value = "time")]
    dim: String,
    /// The column of times of a table
    #[arg(long, value_name = "COLUMN")]
    on: Option<String>,
    /// The aggregation of every variable or column that it is meant for: mean, sum, max; for finer steps of a cube: asfreq, ffill, bfill,
    /// nearest, interpolate, interpolate:nearest, interpolate:cubic
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
    /// For finer steps of a cube: a step that is farther away does not count (1D, 6h)
    #[arg(long, value_name = "TIME", requires = "op")]
    tolerance: Option<String>,
    /// Weights of the cells of a cube, for --op: 'cos(lat)', area, days (of the steps in time), or an expression
    #[arg(long, value_name = "EXPR", requires = "op")]
    weights: Option<String>,
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

pub fn run(matches: &ArgMatches, flow: &Flow) -> Result<()> {
    let args: ResampleArgs = typed(matches)?;
    let vars = args.vars.as_deref().map(lists::items).transpose()?;
    let options = ResampleOptions {
        closed: args.closed.as_deref().map(cube::side).transpose()?,
        label: args.label.as_deref().map(cube::side).transpose()?,
        origin: args.origin.as_deref().map(cube::origin).transpose()?.unwrap_or_default(),
    };
    let resampled_cube = |ds: crate::array::Dataset, exec: &crate::exec::ExecOptions| {
        let weights = args.weights.as_deref().map(|w| ds.weights(w)).transpose()?;
        let bins = ds.resample(&args.dim, &args.freq, &options)?;
        let finer = Upsample::ALL.iter().find(|(_, name)| Some(*name) == args.op.as_deref());
        match finer {
            Some((how, _)) if weights.is_none() => bins.upsample(*how, args.tolerance.as_deref(), exec),
            Some((_, name)) => Err(Error::invalid(format!("--op {name} takes no weights"))),
            None if args.tolerance.is_some() => Err(Error::invalid("--tolerance goes with --op ffill, bfill and nearest")),
            None => bins.reduce(&Reduction { weights, ..cube::reduction(args.op.as_deref(), &args.agg, Vec::new(), args.ddof)? }, exec),
        }
    };
    on_data((matches, flow), &args.verb, &args.files, vars, "resample", resampled_cube, |table, exec| {
        cube::only_cubes("--weights", args.weights.is_some())?;
        cube::only_cubes("--tolerance", args.tolerance.is_some())?;
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
