//! `reduce FILE --op FN`

use super::args::of_aggregations;
use super::flow::Flow;
use super::verb::{VerbArgs, on_data};
use super::{cube, lists, typed};
use crate::error::{Error, Result};
use crate::plan::{Agg, aggregate_all, parse_aggregates};
use clap::{ArgMatches, Args, Command, ValueHint};
use std::path::PathBuf;

#[derive(Args)]
struct ReduceArgs {
    /// The files; several are read as one
    #[arg(value_name = "FILE", required = true, value_hint = ValueHint::FilePath)]
    files: Vec<PathBuf>,
    // Made of the table of aggregations.
    #[arg(long, value_name = "FN", help = of_aggregations("The aggregation of every variable or column that it is meant for, with --weights also sum_of_weights"))]
    op: Option<String>,
    /// Over these dimensions of a cube; over all where none is named
    #[arg(long, value_name = "A,B")]
    dim: Option<String>,
    /// Weights of the cells of a cube: 'cos(lat)', area (of the cells), days (of the steps in time), or an expression
    #[arg(long, value_name = "EXPR")]
    weights: Option<String>,
    /// Aggregates of columns of a table: COL:FN,FN, NAME=COL:FN or NAME=EXPR (repeatable)
    #[arg(long, value_name = "COL:FN", allow_hyphen_values = true)]
    agg: Vec<String>,
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
    ReduceArgs::augment_args(command)
}

pub fn run(matches: &ArgMatches, flow: &Flow) -> Result<()> {
    let args: ReduceArgs = typed(matches)?;
    let vars = args.vars.as_deref().map(lists::items).transpose()?;
    let reduced_cube = |ds: crate::array::Dataset, exec: &crate::exec::ExecOptions| {
        let dims = args.dim.as_deref().map(lists::items).transpose()?.unwrap_or_default();
        let weights = args.weights.as_deref().map(|w| ds.weights(w)).transpose()?;
        if let Some("sum_of_weights") = args.op.as_deref() {
            let weights =
                weights.ok_or_else(|| Error::invalid("sum_of_weights without weights").help("--weights 'cos(lat)', area or days"))?;
            return ds.weighted(weights).sum_of_weights(&dims.iter().map(String::as_str).collect::<Vec<_>>(), exec);
        }
        let how = cube::reduction(args.op.as_deref(), &args.agg, dims, args.ddof)?;
        ds.reduce(&crate::exec::reduce::Reduction { weights, ..how }, exec)
    };
    on_data((matches, flow), &args.verb, &args.files, vars, "reduce", reduced_cube, |table, exec| {
        if let Some(option) = [("--dim", args.dim.is_some()), ("--weights", args.weights.is_some())].iter().find(|o| o.1) {
            return Err(Error::unsupported(format!("{} is for cubes, and this is a table", option.0)));
        }
        let schema = table.schema();
        let mut wanted = Vec::new();
        for text in &args.agg {
            wanted.extend(parse_aggregates(text, schema)?);
        }
        if let Some(op) = &args.op {
            wanted.extend(aggregate_all(Agg::parse(op)?, schema, &[])?);
        }
        if wanted.is_empty() {
            return Err(Error::invalid("nothing is asked of the table").help("--agg COLUMN:mean, or --op mean of every column"));
        }
        table.reduce(wanted, args.ddof.unwrap_or(1), exec)
    })
}
