//! `pivot FILE --index a --columns b --values v`

use super::args::of_aggregations;
use super::flow::Flow;
use super::verb::{VerbArgs, on_table};
use super::{lists, typed};
use crate::error::Result;
use crate::exec::PivotOptions;
use crate::plan::Agg;
use clap::{ArgMatches, Args, Command, ValueHint};
use std::path::PathBuf;

#[derive(Args)]
struct PivotArgs {
    /// The files; several are read as one
    #[arg(value_name = "FILE", required = true, value_hint = ValueHint::FilePath)]
    files: Vec<PathBuf>,
    /// Columns whose values become the rows
    #[arg(long, value_name = "A", required = true)]
    index: String,
    /// Columns whose values become the columns
    #[arg(long, value_name = "B", required = true)]
    columns: String,
    /// Columns whose values fill the cells; several give columns v_b
    #[arg(long, value_name = "V", required = true)]
    values: String,
    // Made of the table of aggregations.
    #[arg(long, value_name = "FN", help = of_aggregations("What several values of one cell become"))]
    agg: Option<String>,
    /// What cells without a value get
    #[arg(long, value_name = "X", allow_hyphen_values = true)]
    fill: Option<String>,
    /// A row and a column All, computed over the rows below them
    #[arg(long)]
    margins: bool,
    #[command(flatten)]
    verb: VerbArgs,
}

pub fn arguments(command: Command) -> Command {
    PivotArgs::augment_args(command)
}

pub fn run(matches: &ArgMatches, flow: &Flow) -> Result<()> {
    let args: PivotArgs = typed(matches)?;
    let how = PivotOptions {
        index: lists::items(&args.index)?,
        columns: lists::items(&args.columns)?,
        values: lists::items(&args.values)?,
        agg: args.agg.as_deref().map(Agg::parse).transpose()?,
        fill: args.fill.as_deref().map(super::missing::value),
        margins: args.margins,
    };
    on_table((matches, flow), &args.verb, &args.files, "pivot", |table, exec| table.pivot(&how, exec)?.source(exec))
}
