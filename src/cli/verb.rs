//! What the commands that change tables have in common: rows come in, a plan is put on them, rows go out.

use super::args::{CsvArgs, ExprArgs, OutputArgs, ReadArgs, RunArgs};
use super::{cube, options, session, start};
use crate::array::Dataset;
use crate::error::{Error, Notices, Result};
use crate::exec::ExecOptions;
use crate::open::{Pick, Scanned, check, only, rows, save, scan};
use crate::plan::LazyFrame;
use crate::show;
use crate::store::TableSource;
use clap::{ArgMatches, Args};
use std::path::PathBuf;
use std::sync::Arc;

/// The options of every such command.
#[derive(Args, Clone, Debug, Default)]
pub struct VerbArgs {
    #[command(flatten)]
    pub before: ExprArgs,
    #[command(flatten)]
    pub read: ReadArgs,
    #[command(flatten)]
    pub csv: CsvArgs,
    #[command(flatten)]
    pub out: OutputArgs,
    #[command(flatten)]
    pub run: RunArgs,
}

/// So many rows are shown where the result is text for people.
const SHOWN: usize = 100;

/// Runs a command on a table: `change` gets the rows after `--where` and `--with`.
pub fn on_table(
    matches: &ArgMatches,
    args: &VerbArgs,
    files: &[PathBuf],
    what: &str,
    change: impl FnOnce(&LazyFrame, &ExecOptions) -> Result<Arc<dyn TableSource>>,
) -> Result<()> {
    let no_cube = |_: Dataset, _: &ExecOptions| {
        Err(Error::unsupported(format!("`{what}` of a cube is not there yet"))
            .help("`hpda-data convert FILE TABLE.parquet` makes a table of it"))
    };
    on_data(matches, args, files, None, what, no_cube, change)
}

/// Runs a command on what the files hold: `change` gets the rows of a table after `--where` and `--with`, `change_cube` the cube,
/// cut down to some of its variables where these are named.
pub fn on_data(
    matches: &ArgMatches,
    args: &VerbArgs,
    files: &[PathBuf],
    vars: Option<Vec<String>>,
    what: &str,
    change_cube: impl FnOnce(Dataset, &ExecOptions) -> Result<(Dataset, Notices)>,
    change: impl FnOnce(&LazyFrame, &ExecOptions) -> Result<Arc<dyn TableSource>>,
) -> Result<()> {
    let session = start(&args.run, args.out.write.strict)?;
    let mut open = options::reading(&args.read, &args.csv, &session)?;
    open.vars = vars;
    let target = options::destination(&args.out)?;
    let how = options::writing(&args.out.write)?;
    if let Some(target) = &target {
        check(target, &how)?;
    }
    let steps = options::steps(matches);
    let (scanned, notices) = scan(files, &open)?;
    session.tell(&notices)?;
    let source = match scanned {
        Scanned::Table(source) => source,
        Scanned::Cube(ds) => {
            options::no_steps(&steps)?;
            let exec = session.exec(what);
            let ds = match &open.vars {
                Some(names) => only(&ds, names)?,
                None => ds,
            };
            let (ds, notices) = change_cube(ds, &exec)?;
            session.tell(&notices)?;
            return cube::deliver(ds, &args.out, &session, &exec);
        }
    };
    let exec = session.exec(what);
    let source = options::apply(source, &steps, &exec)?;
    let lazy = LazyFrame::scan(source);
    let result = change(&lazy, &exec)?;
    match target {
        Some(target) => {
            session.tell(&result.notices())?;
            let notices = save(Scanned::Table(result), &target, &how, &exec)?;
            session.tell(&notices)
        }
        None => {
            let frame = rows(&result, Pick::Head(SHOWN + 1), &exec)?;
            session.tell(&result.notices())?;
            let mut text = show::table(&frame.head(SHOWN), session::width())?;
            if frame.height() > SHOWN {
                text += &match result.rows() {
                    Some(rows) => format!("{SHOWN} of {}; -o FILE has all\n", show::count(rows, "row")),
                    None => format!("the first {SHOWN} rows; -o FILE has all\n"),
                };
            }
            session::print(&text)
        }
    }
}
