//! `sql 'SELECT ...' [FILE=name ...]`

use super::flow::{BEFORE, Flow};
use super::verb::{Verb, VerbArgs};
use super::{options, typed};
use crate::error::{Error, Result};
use crate::open::{Scanned, to_table};
use crate::plan::LazyFrame;
use crate::sql::{named, sql_of, stem};
use clap::{ArgMatches, Args, Command, ValueHint};
use std::path::{Path, PathBuf};

#[derive(Args)]
struct SqlArgs {
    /// The query, then the files as tables: FILE=name, or FILE, which is called as its file. Files may also stand in the query in quotes:
    /// FROM 'a.csv'
    #[arg(value_name = "SELECT|FILE=name", required = true, value_hint = ValueHint::FilePath)]
    words: Vec<String>,
    #[command(flatten)]
    verb: VerbArgs,
}

pub fn arguments(command: Command) -> Command {
    SqlArgs::augment_args(command).override_usage("hpda-data sql [OPTIONS] 'SELECT ...' [FILE=name]...")
}

/// A file and what it is called in the query.
fn table(word: &str) -> (PathBuf, String) {
    match word.rsplit_once('=') {
        Some((file, name)) if !name.is_empty() && !name.contains(['/', '\\']) && !Path::new(word).exists() => (file.into(), name.into()),
        _ => (word.into(), stem(word).into()),
    }
}

pub fn run(matches: &ArgMatches, flow: &Flow) -> Result<()> {
    let args: SqlArgs = typed(matches)?;
    // A step of a pipe has the table of the step before in front of its words.
    let (before, words): (Vec<&String>, Vec<&String>) = args.words.iter().partition(|w| *w == BEFORE);
    let Some((query, files)) = words.split_first() else { return Err(Error::invalid("no query").help("sql 'SELECT * FROM input'")) };
    let verb = Verb::new(&args.verb, "sql", flow)?;
    let exec = verb.exec();
    let before = before.into_iter().map(|file| (PathBuf::from(file), "input".to_string()));
    let files: Vec<(PathBuf, String)> = before.chain(files.iter().map(|word| table(word))).collect();
    let open = |file: &PathBuf| -> Result<LazyFrame> {
        match verb.scan(std::slice::from_ref(file))? {
            Scanned::Table(source) => Ok(LazyFrame::scan(source)),
            Scanned::Cube(cube) => {
                let (rows, notices) = to_table(&cube, None, &exec)?;
                verb.session.tell(&notices)?;
                Ok(LazyFrame::scan(rows))
            }
        }
    };
    let mut tables: Vec<(String, LazyFrame)> = Vec::new();
    for (i, (file, name)) in files.iter().enumerate() {
        if tables.iter().any(|t| t.0 == *name) {
            return Err(Error::invalid(format!("two tables are called {name:?}")).help("give one another name: FILE=name"));
        }
        let mut rows = open(file)?;
        // --where and --with act on the first table, as in `join`.
        if i == 0 {
            rows = LazyFrame::scan(options::apply(rows.source(&exec)?, &options::steps(matches), &exec)?);
        }
        tables.push((name.clone(), rows));
    }
    let mut find = |name: &str| match named(name, &tables) {
        Err(_) if Path::new(name).exists() => open(&PathBuf::from(name)),
        Err(e) if tables.is_empty() => Err(e.help("say which file it is: FILE=name behind the query")),
        found => found,
    };
    verb.deliver(sql_of(query, &mut find, &exec)?.source(&exec)?, &exec)
}
