//! `groupby FILE --by K[,K]`

use super::args::of_aggregations;
use super::flow::Flow;
use super::verb::{VerbArgs, on_data};
use super::{cube, lists, typed};
use crate::error::{Error, Result};
use crate::exec::reduce::Reduction;
use crate::plan::{Agg, GroupKey, GroupOrder, Transform, asc, desc, parse_aggregates};
use clap::{ArgMatches, Args, Command, ValueHint};
use std::path::PathBuf;

#[derive(Args)]
struct GroupbyArgs {
    /// The files; several are read as one
    #[arg(value_name = "FILE", required = true, value_hint = ValueHint::FilePath)]
    files: Vec<PathBuf>,
    /// The key: columns, parts of a time (time.month), or NAME=EXPR, between commas
    #[arg(long, value_name = "K,K", required = true, allow_hyphen_values = true)]
    by: String,
    /// What is computed of each group: COL:FN,FN, NAME=COL:FN or 'NAME=max(x)-min(x)' (repeatable)
    #[arg(long, value_name = "COL:FN", allow_hyphen_values = true)]
    agg: Vec<String>,
    // Made of the table of aggregations.
    #[arg(long, value_name = "FN", conflicts_with = "agg", help = of_aggregations("One aggregation of every column that it is meant for"))]
    op: Option<String>,
    /// Groups in the order of their first rows, not sorted by key
    #[arg(long)]
    no_sort: bool,
    /// Rows with a missing key form groups
    #[arg(long)]
    keep_missing: bool,
    /// Each number beside its group, all rows or cells kept: anomaly, standardize, fill_mean, for tables also rank, cumsum
    #[arg(long, value_name = "HOW", conflicts_with_all = ["op", "agg"])]
    transform: Option<String>,
    /// The first N rows of each group of a table instead, in the order that --order A,-B says (- for the large first)
    #[arg(long, value_name = "N", requires = "order", conflicts_with_all = ["agg", "op", "transform"])]
    top: Option<usize>,
    /// Columns of a table for --transform (in place of all numbers) and --top (in place of all columns)
    #[arg(long, value_name = "A,B")]
    columns: Option<String>,
    /// Over these dimensions of a cube beside the grouped one
    #[arg(long, value_name = "A,B")]
    dim: Option<String>,
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
    GroupbyArgs::augment_args(command)
}

pub fn run(matches: &ArgMatches, flow: &Flow) -> Result<()> {
    let args: GroupbyArgs = typed(matches)?;
    let vars = args.vars.as_deref().map(lists::items).transpose()?;
    let grouped_cube = |ds: crate::array::Dataset, exec: &crate::exec::ExecOptions| {
        let keys = lists::items(&args.by)?;
        let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
        let weights = args.weights.as_deref().map(|w| ds.weights(w)).transpose()?;
        let groups = ds.groupby_all(&keys)?;
        match &args.transform {
            Some(word) => groups.transform(word, exec),
            None => {
                let dims = args.dim.as_deref().map(lists::items).transpose()?.unwrap_or_default();
                groups.reduce(&Reduction { weights, ..cube::reduction(args.op.as_deref(), &args.agg, dims, args.ddof)? }, exec)
            }
        }
    };
    on_data((matches, flow), &args.verb, &args.files, vars, "groupby", grouped_cube, |table, exec| {
        cube::only_cubes("--weights", args.weights.is_some())?;
        let schema = table.schema();
        let keys = lists::items(&args.by)?.iter().map(|k| GroupKey::parse(k, schema)).collect::<Result<Vec<_>>>()?;
        let mut groups = table.groupby(keys).ddof(args.ddof.unwrap_or(1));
        if args.no_sort {
            groups = groups.order(GroupOrder::Appearance);
        }
        if args.keep_missing {
            groups = groups.keep_missing();
        }
        let columns = args.columns.as_deref().map(lists::items).transpose()?;
        if let Some(how) = &args.transform {
            return groups.transform(Transform::parse(how)?, columns.as_deref())?.source(exec);
        }
        if let Some(rows) = args.top {
            let by = lists::items(args.verb.read.order.as_deref().unwrap_or_default())?;
            let by = by.iter().map(|b| b.strip_prefix('-').map_or_else(|| asc(b), desc));
            let top = groups.top(rows, by)?;
            return match columns {
                Some(columns) => top.select(columns)?.source(exec),
                None => top.source(exec),
            };
        }
        if columns.is_some() {
            return Err(Error::invalid("--columns goes with --transform or --top").help("--agg names the columns itself"));
        }
        let grouped = match &args.op {
            Some(op) => groups.op(Agg::parse(op)?)?,
            None if args.agg.is_empty() => {
                return Err(Error::invalid("nothing is asked of the groups").help("--agg COLUMN:mean, or --op mean of every column"));
            }
            None => {
                let mut wanted = Vec::new();
                for text in &args.agg {
                    wanted.extend(parse_aggregates(text, schema)?);
                }
                groups.agg(wanted)?
            }
        };
        grouped.source(exec)
    })
}
