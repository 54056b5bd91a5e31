//! What the commands that change tables have in common: rows come in, a plan is put on them, rows go out.

use super::args::{CsvArgs, ExprArgs, OutputArgs, ReadArgs, RunArgs};
use super::flow::Flow;
use super::session::Session;
use super::{cube, history, options, session, start};
use crate::array::Dataset;
use crate::error::{Error, Notices, Result};
use crate::exec::ExecOptions;
use crate::open::{OpenOptions, Pick, SaveOptions, Scanned, Target, check, only, rows, save, scan};
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

/// A command that is about to run: its options are read and its output is checked.
pub struct Verb<'a> {
    pub session: Arc<Session>,
    flow: &'a Flow,
    pub open: OpenOptions,
    pub how: SaveOptions,
    out: OutputArgs,
    what: String,
    target: Option<Target>,
}

impl<'a> Verb<'a> {
    /// Reads the options; what is wrong with the output is said before the input is read.
    pub fn new(args: &VerbArgs, what: &str, flow: &'a Flow) -> Result<Verb<'a>> {
        let session = match flow.session() {
            Some(session) => session,
            None => Arc::new(start(&args.run, args.out.write.strict)?),
        };
        let open = options::reading(&args.read, &args.csv, &session)?;
        let target = options::destination(&args.out)?;
        let how = options::writing(&args.out.write)?;
        if let Some(target) = &target {
            check(target, &how)?;
        }
        Ok(Verb { session, flow, open, how, out: args.out.clone(), what: what.into(), target })
    }

    /// How the executor is to work.
    pub fn exec(&self) -> ExecOptions {
        self.session.exec(&self.what)
    }

    /// The rows of files, which are read as one table.
    pub fn table(&self, files: &[PathBuf]) -> Result<LazyFrame> {
        match self.scan(files)? {
            Scanned::Table(source) => Ok(LazyFrame::scan(source)),
            Scanned::Cube(_) => Err(self.no_cubes()),
        }
    }

    /// What the files hold.
    pub fn scan(&self, files: &[PathBuf]) -> Result<Scanned> {
        if let Some(before) = self.flow.take(files)? {
            return Ok(before);
        }
        history::reads(files);
        let (scanned, notices) = scan(files, &self.open)?;
        self.judge(&notices)?;
        Ok(scanned)
    }

    /// The refusal of cubes.
    pub fn no_cubes(&self) -> Error {
        Verb::no_cubes_of(&self.what)
    }

    fn no_cubes_of(what: &str) -> Error {
        Error::unsupported(format!("`{what}` of a cube is not there yet"))
            .help("`hpda-data convert FILE TABLE.parquet` makes a table of it")
    }

    /// What the reader had to leave out is as lost as what the writer cannot hold.
    fn judge(&self, notices: &Notices) -> Result<()> {
        if self.target.is_some() {
            self.how.losses.judge(notices)?;
        }
        self.session.tell(notices)
    }

    /// Hands the result to the next step of a pipe, else writes it, or shows its first rows.
    pub fn deliver(&self, result: Arc<dyn TableSource>, exec: &ExecOptions) -> Result<()> {
        let Some(Scanned::Table(result)) = self.flow.pass(Scanned::Table(result)) else { return Ok(()) };
        match &self.target {
            Some(target) => {
                self.session.tell(&result.notices())?;
                let how = SaveOptions { history: history::of(&self.out.write, target)?, ..self.how.clone() };
                let notices = save(Scanned::Table(result), target, &how, exec)?;
                self.session.tell(&notices)
            }
            None => {
                let frame = rows(&result, Pick::Head(SHOWN + 1), exec)?;
                self.session.tell(&result.notices())?;
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

    /// Hands a cube to the next step of a pipe, else writes it, or shows what it is.
    pub fn deliver_cube(&self, ds: Dataset, exec: &ExecOptions) -> Result<()> {
        let Some(Scanned::Cube(ds)) = self.flow.pass(Scanned::Cube(ds)) else { return Ok(()) };
        cube::deliver(ds, &self.out, &self.session, exec)
    }
}

/// Runs a command on a table: `change` gets the rows after `--where` and `--with`.
pub fn on_table(
    (matches, flow): (&ArgMatches, &Flow),
    args: &VerbArgs,
    files: &[PathBuf],
    what: &str,
    change: impl FnOnce(&LazyFrame, &ExecOptions) -> Result<Arc<dyn TableSource>>,
) -> Result<()> {
    let refused = Verb::no_cubes_of(what);
    on_data((matches, flow), args, files, None, what, |_, _| Err(refused), change)
}

/// Runs a command on what the files hold: `change` gets the rows of a table after `--where` and `--with`, `change_cube` the cube,
/// cut down to some of its variables where these are named.
pub fn on_data(
    (matches, flow): (&ArgMatches, &Flow),
    args: &VerbArgs,
    files: &[PathBuf],
    vars: Option<Vec<String>>,
    what: &str,
    change_cube: impl FnOnce(Dataset, &ExecOptions) -> Result<(Dataset, Notices)>,
    change: impl FnOnce(&LazyFrame, &ExecOptions) -> Result<Arc<dyn TableSource>>,
) -> Result<()> {
    let mut verb = Verb::new(args, what, flow)?;
    let steps = options::steps(matches);
    // What is read before cubes are joined: what is asked for, and what the steps make it of.
    verb.open.vars = vars.as_deref().map(|names| options::needed(names, &steps)).transpose()?.filter(|n| !n.is_empty());
    match verb.scan(files)? {
        Scanned::Table(source) => {
            let exec = verb.exec();
            let source = options::apply(source, &steps, &exec)?;
            verb.deliver(change(&LazyFrame::scan(source), &exec)?, &exec)
        }
        Scanned::Cube(ds) => {
            let exec = verb.exec();
            let ds = options::apply_on_cube(ds, &steps, &exec)?;
            let ds = match &vars {
                Some(names) => only(&ds, names)?,
                None => ds,
            };
            let (ds, notices) = change_cube(ds, &exec)?;
            verb.session.tell(&notices)?;
            verb.deliver_cube(ds, &exec)
        }
    }
}
