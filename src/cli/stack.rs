//! `stack FILE --index a,b` and `unstack FILE --index a,b --level b`

use super::verb::{VerbArgs, on_table};
use super::{lists, typed};
use crate::error::{Error, Result};
use crate::exec::PivotOptions;
use crate::plan::{DropRows, MeltOptions};
use clap::{ArgMatches, Args, Command, ValueHint};
use std::path::PathBuf;

#[derive(Args)]
struct StackArgs {
    /// The files; several are read as one
    #[arg(value_name = "FILE", required = true, value_hint = ValueHint::FilePath)]
    files: Vec<PathBuf>,
    /// Columns that are repeated beside each value
    #[arg(long, value_name = "A,B")]
    index: Option<String>,
    /// The name of the column that says where a value stood
    #[arg(long, value_name = "NAME", default_value = "variable")]
    name: String,
    /// The name of the column of values
    #[arg(long, value_name = "NAME", default_value = "value")]
    value_name: String,
    /// Without missing values
    #[arg(long)]
    drop_missing: bool,
    /// Cubes: dims that become one
    #[arg(long, value_name = "X,Y")]
    dims: Option<String>,
    /// Cubes: its name
    #[arg(long, value_name = "Z")]
    into: Option<String>,
    #[command(flatten)]
    verb: VerbArgs,
}

pub fn stack_arguments(command: Command) -> Command {
    StackArgs::augment_args(command)
}

pub fn stack(matches: &ArgMatches) -> Result<()> {
    let args: StackArgs = typed(matches)?;
    if args.dims.is_some() || args.into.is_some() {
        return Err(Error::unsupported("`stack` of a cube is not there yet"));
    }
    let options = MeltOptions {
        id: args.index.as_deref().map(lists::items).transpose()?.unwrap_or_default(),
        value: None,
        variable_name: args.name.clone(),
        value_name: args.value_name.clone(),
    };
    on_table(matches, &args.verb, &args.files, "stack", |table, exec| {
        let long = table.stack(&options)?;
        let long = if args.drop_missing { long.dropna(DropRows::Any, Some(&[&options.value_name]))? } else { long };
        long.source(exec)
    })
}

#[derive(Args)]
struct UnstackArgs {
    /// The files; several are read as one
    #[arg(value_name = "FILE", required = true, value_hint = ValueHint::FilePath)]
    files: Vec<PathBuf>,
    /// Columns that say which row a value belongs to, the level among them
    #[arg(long, value_name = "A,B", required = true)]
    index: String,
    /// The one of them whose values become columns
    #[arg(long, value_name = "B", required = true)]
    level: String,
    /// What cells without a value get
    #[arg(long, value_name = "X", allow_hyphen_values = true)]
    fill: Option<String>,
    #[command(flatten)]
    verb: VerbArgs,
}

pub fn unstack_arguments(command: Command) -> Command {
    UnstackArgs::augment_args(command)
}

pub fn unstack(matches: &ArgMatches) -> Result<()> {
    let args: UnstackArgs = typed(matches)?;
    let index = lists::items(&args.index)?;
    let level = lists::bare(&args.level);
    if !index.contains(&level) {
        return Err(Error::not_found("level", &level, index.iter().map(String::as_str)));
    }
    let rest: Vec<String> = index.iter().filter(|i| **i != level).cloned().collect();
    if rest.is_empty() {
        return Err(
            Error::invalid("nothing is left to say which row a value belongs to").help("--index names another column beside the level")
        );
    }
    on_table(matches, &args.verb, &args.files, "unstack", |table, exec| {
        let values = table.schema().names().filter(|n| !index.iter().any(|i| i == n)).map(Into::into).collect();
        let fill = args.fill.as_deref().map(super::missing::value);
        let how = PivotOptions { index: rest.clone(), columns: vec![level.clone()], values, fill, ..PivotOptions::default() };
        table.pivot(&how, exec)?.source(exec)
    })
}
