//! `groupby FILE --by K[,K]`

use super::verb::{VerbArgs, on_table};
use super::{lists, typed};
use crate::error::{Error, Result};
use crate::plan::{Agg, GroupKey, GroupOrder, parse_aggregates};
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
    /// What is computed of each group: COL:FN[,FN], NAME=COL:FN or 'NAME=max(x)-min(x)' (repeatable)
    #[arg(long, value_name = "COL:FN", allow_hyphen_values = true)]
    agg: Vec<String>,
    /// One aggregation of every column that it is meant for
    #[arg(long, value_name = "FN", conflicts_with = "agg")]
    op: Option<String>,
    /// Groups in the order of their first rows, not sorted by key
    #[arg(long)]
    no_sort: bool,
    /// Rows with a missing key form groups
    #[arg(long)]
    keep_missing: bool,
    /// What is taken from the count below the line of std, var and sem
    #[arg(long, value_name = "N", default_value_t = 1)]
    ddof: u32,
    #[command(flatten)]
    verb: VerbArgs,
}

pub fn arguments(command: Command) -> Command {
    GroupbyArgs::augment_args(command)
}

pub fn run(matches: &ArgMatches) -> Result<()> {
    let args: GroupbyArgs = typed(matches)?;
    on_table(matches, &args.verb, &args.files, "groupby", |table, exec| {
        let schema = table.schema();
        let keys = lists::items(&args.by)?.iter().map(|k| GroupKey::parse(k, schema)).collect::<Result<Vec<_>>>()?;
        let mut groups = table.groupby(keys).ddof(args.ddof);
        if args.no_sort {
            groups = groups.order(GroupOrder::Appearance);
        }
        if args.keep_missing {
            groups = groups.keep_missing();
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
