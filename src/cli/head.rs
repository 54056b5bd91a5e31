//! `head FILE`

use super::args::{CsvArgs, ExprArgs, OutputArgs, ReadArgs, RunArgs};
use super::{history, lists, options, session, start, typed};
use crate::array::Dataset;
use crate::error::{Error, Result};
use crate::open::{Pick, Scanned, companions, group_of, rows, scan};
use crate::show;
use clap::{ArgMatches, Args, Command, ValueHint};
use std::path::PathBuf;

#[derive(Args)]
struct HeadArgs {
    /// The file
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    file: PathBuf,
    /// How many rows, or positions along each dimension
    #[arg(short = 'n', long = "rows", value_name = "N", default_value_t = 5, allow_negative_numbers = true)]
    n: usize,
    /// The last rows instead
    #[arg(long)]
    tail: bool,
    /// Rows by chance instead, in their order
    #[arg(long, value_name = "N", conflicts_with = "tail")]
    sample: Option<usize>,
    /// What the chance starts from
    #[arg(long, value_name = "S", default_value_t = 0)]
    seed: u64,
    /// Only these variables of a cube
    #[arg(long, value_name = "NAMES")]
    var: Option<String>,
    #[command(flatten)]
    before: ExprArgs,
    #[command(flatten)]
    read: ReadArgs,
    #[command(flatten)]
    csv: CsvArgs,
    #[command(flatten)]
    out: OutputArgs,
    #[command(flatten)]
    run: RunArgs,
}

pub fn arguments(command: Command) -> Command {
    HeadArgs::augment_args(command)
}

pub fn run(matches: &ArgMatches) -> Result<()> {
    let args: HeadArgs = typed(matches)?;
    let session = start(&args.run, args.out.write.strict)?;
    let mut open = options::reading(&args.read, &args.csv, &session)?;
    let steps = options::steps(matches);
    let to = options::destination(&args.out)?;
    // The first rows of a text need no more than a glance, unless rows are chosen by what they hold.
    let glance = !args.tail && args.sample.is_none() && steps.is_empty();
    if glance {
        open.rows = Some(args.n);
    }
    let vars = args.var.as_deref().map(lists::items).transpose()?;
    open.vars = vars.clone();
    history::reads(std::slice::from_ref(&args.file));
    let (scanned, notices) = scan(std::slice::from_ref(&args.file), &open)?;
    session.tell(&notices)?;
    let exec = session.exec("reading");
    match (scanned, to) {
        (Scanned::Cube(ds), None) => {
            let ds = options::apply_on_cube(ds, &steps, &exec)?;
            let option = if args.tail { Some("--tail") } else { args.sample.map(|_| "--sample") };
            if let Some(option) = option {
                return Err(Error::unsupported(format!("{option} takes rows, which a cube as such has none of"))
                    .help(format!("as a table it has: {option} with --to csv")));
            }
            session::print(&corners(&ds, "", vars.as_deref(), args.n)?)
        }
        (scanned, to) => {
            let (source, notices) = options::as_table(scanned, vars.as_deref(), &exec)?;
            session.tell(&notices)?;
            let source = options::apply(source, &steps, &exec)?;
            let pick = match args.sample {
                Some(n) => Pick::Sample { n, seed: args.seed },
                None if args.tail => Pick::Tail(args.n),
                None => Pick::Head(args.n),
            };
            let frame = rows(&source, pick, &exec)?;
            match to {
                Some(target) => options::write_frame(&frame, target, &args.out.write, &session),
                None => session::print(&show::table(&frame, session::width())?),
            }
        }
    }
}

/// A corner of each variable.
pub fn corners(ds: &Dataset, path: &str, vars: Option<&[String]>, n: usize) -> Result<String> {
    let names: Vec<&str> = match vars {
        Some(names) => names.iter().map(String::as_str).collect(),
        // Companions (bounds and the like) say little by themselves.
        None => {
            let beside = companions(ds);
            ds.vars.keys().map(String::as_str).filter(|n| !beside.iter().any(|c| c == n)).collect()
        }
    };
    if names.is_empty() && ds.groups.is_empty() {
        // A group without variables is a heading; a file without them still has dimensions and attributes.
        return if path.is_empty() {
            Ok(format!("no variables\n{}", show::describe(ds, session::width(), &[])?))
        } else {
            Ok(String::new())
        };
    }
    let mut out = String::new();
    for (i, name) in names.iter().enumerate() {
        let text = match ds.variable(name) {
            Ok(_) => show::corner(ds, name, n, session::width())?,
            Err(_) => {
                let (group, names) = group_of(ds, &[name.to_string()])?;
                show::corner(&group, &names[0], n, session::width())?
            }
        };
        out += &format!("{}{text}", if i > 0 { "\n" } else { "" });
    }
    for (name, group) in ds.groups.iter().filter(|_| vars.is_none()) {
        let path = format!("{path}/{name}");
        let text = corners(group, &path, None, n)?;
        out += &format!("{}group {}\n{text}", if out.is_empty() { "" } else { "\n" }, crate::error::escape(&path));
    }
    Ok(out)
}
