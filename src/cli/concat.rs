//! `concat IN...`

use super::flow::Flow;
use super::verb::{Verb, VerbArgs};
use super::{options, typed};
use crate::error::{Error, Result};
use crate::exec::{ConcatJoin, common_columns, side_by_side};
use crate::open::Scanned;
use crate::ops::combine::Join;
use crate::plan::LazyFrame;
use clap::{ArgMatches, Args, Command, ValueHint};
use std::path::PathBuf;

#[derive(Args)]
struct ConcatArgs {
    /// The files, of one kind
    #[arg(value_name = "FILE", required = true, value_hint = ValueHint::FilePath)]
    files: Vec<PathBuf>,
    /// Cubes: the dimension along which they are joined
    #[arg(long, value_name = "DIM", conflicts_with = "side_by_side")]
    dim: Option<String>,
    /// The columns of one table beside those of the next
    #[arg(long)]
    side_by_side: bool,
    /// What becomes of columns (side by side: rows; of cubes labels) that not all inputs have: outer keeps them, inner leaves them out,
    /// exact refuses; of cubes left and right take the labels of the first and the last, override those of the first by position. Where
    /// nothing is said, outer for tables and exact for cubes
    #[arg(long, value_name = "outer|inner|exact")]
    join: Option<String>,
    #[command(flatten)]
    verb: VerbArgs,
}

pub fn arguments(command: Command) -> Command {
    ConcatArgs::augment_args(command)
}

pub fn run(matches: &ArgMatches, flow: &Flow) -> Result<()> {
    let args: ConcatArgs = typed(matches)?;
    let mut verb = Verb::new(&args.verb, "concat", flow)?;
    verb.open.dim = args.dim.clone();
    verb.open.join = args.join.as_deref().map(Join::parse).transpose()?.unwrap_or_default();
    let of_tables = || args.join.as_deref().map(ConcatJoin::parse).transpose().map(Option::unwrap_or_default);
    let exec = verb.exec();
    let steps = options::steps(matches);
    // Whether they are tables shows the first one; types of text are those of all files together.
    if args.side_by_side {
        let mut tables = Vec::new();
        for file in &args.files {
            tables.push((file.display().to_string(), verb.table(std::slice::from_ref(file))?.source(&exec)?));
        }
        let all = side_by_side(&tables, of_tables()?, &exec)?;
        return verb.deliver(options::apply(all, &steps, &exec)?, &exec);
    }
    match verb.scan(&args.files)? {
        Scanned::Table(_) if args.dim.is_some() => {
            Err(Error::invalid("--dim goes with cubes; tables are put together by rows").help("--side-by-side puts columns beside columns"))
        }
        Scanned::Table(source) if of_tables()? == ConcatJoin::Outer => verb.deliver(options::apply(source, &steps, &exec)?, &exec),
        Scanned::Table(source) => {
            let mut schemas = Vec::new();
            for file in &args.files {
                schemas.push((file.display().to_string(), verb.table(std::slice::from_ref(file))?.schema().clone()));
            }
            let common = common_columns(&schemas, of_tables()?)?;
            let source = LazyFrame::scan(source).select(common)?.source(&exec)?;
            verb.deliver(options::apply(source, &steps, &exec)?, &exec)
        }
        Scanned::Cube(ds) => verb.deliver_cube(options::apply_on_cube(ds, &steps, &exec)?, &exec),
    }
}
