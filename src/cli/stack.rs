//! `stack FILE --index a,b` and `unstack FILE --index a,b --level b`; of cubes `--dims x,y --into z`, both ways

use super::flow::Flow;
use super::verb::{VerbArgs, on_data};
use super::{lists, typed};
use crate::array::Dataset;
use crate::error::{Error, Notices, Result};
use crate::exec::{ExecOptions, PivotOptions};
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

pub fn stack(matches: &ArgMatches, flow: &Flow) -> Result<()> {
    let args: StackArgs = typed(matches)?;
    let dims = args.dims.as_deref().map(lists::items).transpose()?;
    let stacked = |ds: Dataset, _: &ExecOptions| {
        let (dims, into) = cube_dims(dims.as_deref(), args.into.as_deref(), "become one: --dims lat,lon --into cell", &ds)?;
        Ok((ds.stack(&dims, &into)?, Notices::new()))
    };
    let options = MeltOptions {
        id: args.index.as_deref().map(lists::items).transpose()?.unwrap_or_default(),
        value: None,
        variable_name: args.name.clone(),
        value_name: args.value_name.clone(),
    };
    on_data((matches, flow), &args.verb, &args.files, None, "stack", stacked, |table, exec| {
        no_dims(dims.is_some() || args.into.is_some())?;
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
    #[arg(long, value_name = "A,B", required_unless_present = "dims")]
    index: Option<String>,
    /// The one of them whose values become columns
    #[arg(long, value_name = "B", required_unless_present = "dims")]
    level: Option<String>,
    /// Cubes: coordinates that become dims again
    #[arg(long, value_name = "X,Y")]
    dims: Option<String>,
    /// Cubes: the dim along which they stand
    #[arg(long, value_name = "Z")]
    into: Option<String>,
    /// What cells without a value get
    #[arg(long, value_name = "X", allow_hyphen_values = true)]
    fill: Option<String>,
    #[command(flatten)]
    verb: VerbArgs,
}

pub fn unstack_arguments(command: Command) -> Command {
    UnstackArgs::augment_args(command)
}

pub fn unstack(matches: &ArgMatches, flow: &Flow) -> Result<()> {
    let args: UnstackArgs = typed(matches)?;
    let dims = args.dims.as_deref().map(lists::items).transpose()?;
    let unstacked = |ds: Dataset, _: &ExecOptions| {
        let (dims, into) = cube_dims(dims.as_deref(), args.into.as_deref(), "were made one: --dims lat,lon --into cell", &ds)?;
        Ok((ds.unstack(&into, &dims)?, Notices::new()))
    };
    on_data((matches, flow), &args.verb, &args.files, None, "unstack", unstacked, |table, exec| {
        no_dims(dims.is_some() || args.into.is_some())?;
        let (Some(index), Some(level)) = (&args.index, &args.level) else {
            return Err(Error::invalid("a table is unstacked by --index and --level"));
        };
        let index = lists::items(index)?;
        let level = lists::bare(level);
        if !index.contains(&level) {
            return Err(Error::not_found("level", &level, index.iter().map(String::as_str)));
        }
        let rest: Vec<String> = index.iter().filter(|i| **i != level).cloned().collect();
        if rest.is_empty() {
            return Err(
                Error::invalid("nothing is left to say which row a value belongs to").help("--index names another column beside the level")
            );
        }
        let values = table.schema().names().filter(|n| !index.iter().any(|i| i == n)).map(Into::into).collect();
        let fill = args.fill.as_deref().map(super::missing::value);
        let how = PivotOptions { index: rest.clone(), columns: vec![level.clone()], values, fill, ..PivotOptions::default() };
        table.pivot(&how, exec)?.source(exec)
    })
}

/// The dims of a cube that an option names, and the one beside them.
fn cube_dims<'a>(dims: Option<&'a [String]>, into: Option<&str>, what: &str, ds: &Dataset) -> Result<(Vec<&'a str>, String)> {
    match (dims, into) {
        (Some(dims), Some(into)) => Ok((dims.iter().map(String::as_str).collect(), lists::bare(into))),
        _ => {
            let known = ds.dims.keys().map(|d| &**d).collect::<Vec<_>>().join(", ");
            Err(Error::invalid(format!("name the dims that {what}")).help(format!("the cube has {known}")))
        }
    }
}

fn no_dims(given: bool) -> Result<()> {
    match given {
        true => Err(Error::unsupported("--dims and --into are for cubes, and this is a table").help("a table has --index")),
        false => Ok(()),
    }
}
