//! `sort FILE --by a,-b`

use super::flow::Flow;
use super::verb::{VerbArgs, on_data};
use super::{lists, typed};
use crate::array::Dataset;
use crate::error::{Notices, Result};
use crate::exec::ExecOptions;
use crate::plan::{SortBy, asc, desc};
use crate::store::Schema;
use clap::{ArgMatches, Args, Command, ValueHint};
use std::path::PathBuf;

#[derive(Args)]
struct SortArgs {
    /// The files; several are read as one
    #[arg(value_name = "FILE", required = true, value_hint = ValueHint::FilePath)]
    files: Vec<PathBuf>,
    /// The columns (of a cube the coordinates), the first counts most; - before a name means large values first. Missing values come last
    #[arg(long, value_name = "A,-B", required = true, allow_hyphen_values = true)]
    by: String,
    #[command(flatten)]
    verb: VerbArgs,
}

pub fn arguments(command: Command) -> Command {
    SortArgs::augment_args(command)
}

/// `a,-b`; a column that is really called `-b` comes before the sign.
pub fn sort_by(text: &str, schema: &Schema) -> Result<Vec<SortBy>> {
    let one = |item: String| match item.strip_prefix('-') {
        Some(name) if schema.names().all(|n| n != item) => desc(lists::bare(name)),
        _ => asc(item),
    };
    Ok(lists::items(text)?.into_iter().map(one).collect())
}

pub fn run(matches: &ArgMatches, flow: &Flow) -> Result<()> {
    let args: SortArgs = typed(matches)?;
    let sorted = |ds: Dataset, _: &ExecOptions| {
        // The last key first, so that the first one counts most.
        let by = lists::items(&args.by)?;
        let ds = by.iter().rev().try_fold(ds, |ds, key| match key.strip_prefix('-') {
            Some(name) => ds.sortby(name, true),
            None => ds.sortby(key, false),
        })?;
        Ok((ds, Notices::new()))
    };
    on_data((matches, flow), &args.verb, &args.files, None, "sort", sorted, |table, exec| {
        table.sort(sort_by(&args.by, table.schema())?)?.source(exec)
    })
}
