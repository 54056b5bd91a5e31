//! `melt FILE --id a,b`

use super::flow::Flow;
use super::verb::{VerbArgs, on_table};
use super::{lists, typed};
use crate::error::Result;
use crate::plan::MeltOptions;
use clap::{ArgMatches, Args, Command, ValueHint};
use std::path::PathBuf;

#[derive(Args)]
struct MeltArgs {
    /// The files; several are read as one
    #[arg(value_name = "FILE", required = true, value_hint = ValueHint::FilePath)]
    files: Vec<PathBuf>,
    /// Columns that are repeated beside each value
    #[arg(long, value_name = "A,B")]
    id: Option<String>,
    /// Columns whose values become rows (default: all others)
    #[arg(long, value_name = "C,D")]
    value: Option<String>,
    /// The name of the column that says where a value stood
    #[arg(long, value_name = "NAME", default_value = "variable")]
    variable_name: String,
    /// The name of the column of values
    #[arg(long, value_name = "NAME", default_value = "value")]
    value_name: String,
    #[command(flatten)]
    verb: VerbArgs,
}

pub fn arguments(command: Command) -> Command {
    MeltArgs::augment_args(command)
}

pub fn run(matches: &ArgMatches, flow: &Flow) -> Result<()> {
    let args: MeltArgs = typed(matches)?;
    let list = |text: &Option<String>| text.as_deref().map(lists::items).transpose();
    let options = MeltOptions {
        id: list(&args.id)?.unwrap_or_default(),
        value: list(&args.value)?,
        variable_name: args.variable_name.clone(),
        value_name: args.value_name.clone(),
    };
    on_table((matches, flow), &args.verb, &args.files, "melt", |table, exec| table.melt(&options)?.source(exec))
}
