//! `corr FILE`

use super::flow::Flow;
use super::typed;
use super::verb::{VerbArgs, on_table};
use crate::error::{Error, Result};
use crate::exec::MemSource;
use crate::plan::Correlation;
use clap::{ArgMatches, Args, Command, ValueHint};
use std::path::PathBuf;
use std::sync::Arc;

#[derive(Args)]
struct CorrArgs {
    /// The files; several are read as one
    #[arg(value_name = "FILE", required = true, value_hint = ValueHint::FilePath)]
    files: Vec<PathBuf>,
    /// Which correlation: pearson, spearman or kendall
    #[arg(long, value_name = "NAME", default_value = "pearson")]
    method: String,
    #[command(flatten)]
    verb: VerbArgs,
}

pub fn arguments(command: Command) -> Command {
    CorrArgs::augment_args(command)
}

pub fn run(matches: &ArgMatches, flow: &Flow) -> Result<()> {
    let args: CorrArgs = typed(matches)?;
    let names = Correlation::ALL.map(|m| m.1);
    let method = Correlation::ALL.iter().find(|m| m.1 == args.method);
    let method = method.ok_or_else(|| Error::not_found("method", &args.method, names))?.0;
    on_table((matches, flow), &args.verb, &args.files, "corr", |table, exec| {
        Ok(Arc::new(MemSource::from_frame(&table.corr(method, exec)?)?))
    })
}
