//! `counts FILE --by A[,B]`

use super::flow::Flow;
use super::verb::{VerbArgs, on_table};
use super::{lists, typed};
use crate::error::Result;
use crate::plan::{Agg, GroupKey, col, desc, lit};
use clap::{ArgMatches, Args, Command, ValueHint};
use std::path::PathBuf;

#[derive(Args)]
struct CountsArgs {
    /// The files; several are read as one
    #[arg(value_name = "FILE", required = true, value_hint = ValueHint::FilePath)]
    files: Vec<PathBuf>,
    /// What is counted: columns, parts of a time (time.month), or NAME=EXPR, between commas
    #[arg(long, value_name = "A,B", required = true, allow_hyphen_values = true)]
    by: String,
    /// Missing values are counted too
    #[arg(long)]
    keep_missing: bool,
    #[command(flatten)]
    verb: VerbArgs,
}

pub fn arguments(command: Command) -> Command {
    CountsArgs::augment_args(command)
}

pub fn run(matches: &ArgMatches, flow: &Flow) -> Result<()> {
    let args: CountsArgs = typed(matches)?;
    on_table((matches, flow), &args.verb, &args.files, "counts", |table, exec| {
        let keys = lists::items(&args.by)?.iter().map(|k| GroupKey::parse(k, table.schema())).collect::<Result<Vec<_>>>()?;
        let mut groups = table.groupby(keys);
        if args.keep_missing {
            groups = groups.keep_missing();
        }
        let counted = groups.agg([("count", lit(1).agg(Agg::Size))])?.sort([desc("count")])?;
        counted.with("fraction", col("count") / col("count").agg(Agg::Sum))?.source(exec)
    })
}
