//! `select IN...`

use super::flow::Flow;
use super::verb::{Verb, VerbArgs};
use super::{attrs, lists, typed};
use crate::array::Dataset;
use crate::dtype::{Calendar, Scalar};
use crate::error::{Error, Place, Result, ResultExt};
use crate::exec::{AlignOn, ExecOptions};
use crate::open::{Scanned, only};
use crate::ops::select::{SelectOptions, parse_isel, parse_sel};
use crate::plan::{LazyFrame, parse, parse_assignment};
use clap::{ArgMatches, Args, Command, ValueHint};
use std::path::PathBuf;

#[derive(Args)]
struct SelectArgs {
    /// The files; several are read as one
    #[arg(value_name = "FILE", required = true, value_hint = ValueHint::FilePath)]
    files: Vec<PathBuf>,
    #[command(flatten)]
    parts: PartArgs,
    #[command(flatten)]
    verb: VerbArgs,
}

/// Read by their ids, because their order counts; all are repeatable.
#[derive(Args)]
#[command(next_help_heading = "Parts, which act in the order written (with --where and --with)")]
struct PartArgs {
    /// Only these columns, in this order; of a cube these variables
    #[arg(long, alias = "vars", value_name = "A,B")]
    columns: Vec<String>,
    /// All columns or variables but these
    #[arg(long, value_name = "A")]
    drop: Vec<String>,
    /// Other names for columns or variables
    #[arg(long, value_name = "OLD=NEW")]
    rename: Vec<String>,
    /// An attribute of a column or variable
    #[arg(long, value_name = "NAME:ATTR=VALUE")]
    attr: Vec<String>,
    /// The first rows only
    #[arg(long, value_name = "N")]
    limit: Vec<u64>,
    /// The first row of each different combination of values, in all columns or in these
    #[arg(long, value_name = "A,B", num_args = 0..=1, require_equals = true, default_missing_value = "")]
    distinct: Vec<String>,
    /// Cubes: positions along dims, negative ones from the end: lat=0:10:2,time=-1
    #[arg(long, value_name = "DIM=I")]
    isel: Vec<String>,
    /// Cubes: labels along dims, both ends of a slice included: time=1850-01:1859-12,lat=59.33
    #[arg(long, value_name = "DIM=LABEL", allow_hyphen_values = true)]
    sel: Vec<String>,
    /// Cubes: other names for dims
    #[arg(long, value_name = "OLD=NEW")]
    rename_dim: Vec<String>,
    /// Cubes: the times of the time axis (or of DIM) in another calendar; steps whose date it lacks are left out
    #[arg(long, value_name = "DIM=CALENDAR")]
    calendar: Vec<String>,
    /// Cubes: what stays of a date, where --calendar goes to or from 360_day
    #[arg(long, value_name = "date|year|random:SEED", requires = "calendar")]
    align_on: Option<String>,
    /// Cubes: what stands at dates that only the new calendar has, which are left out else: missing, or a number
    #[arg(long, value_name = "missing|X", requires = "calendar", allow_hyphen_values = true)]
    new_dates: Option<String>,
    /// Cubes: which label counts where one of --sel is not there
    #[arg(long, value_name = "nearest|pad|backfill")]
    method: Option<String>,
    /// Cubes: how far away it may be, in the units of the coordinate; of times 3D, 12h, or seconds
    #[arg(long, value_name = "X")]
    tolerance: Option<String>,
}

pub fn arguments(command: Command) -> Command {
    SelectArgs::augment_args(command)
}

const PARTS: [&str; 12] =
    ["columns", "drop", "rename", "attr", "where", "with", "limit", "distinct", "isel", "sel", "rename_dim", "calendar"];

/// The parts and their values in the order written.
fn parts(matches: &ArgMatches) -> Vec<(&'static str, String)> {
    let mut all: Vec<(usize, &str, String)> = Vec::new();
    for id in PARTS {
        let Some(indices) = matches.indices_of(id) else { continue };
        let values: Vec<String> = match id {
            "limit" => matches.get_many::<u64>(id).into_iter().flatten().map(u64::to_string).collect(),
            _ => matches.get_many::<String>(id).into_iter().flatten().cloned().collect(),
        };
        all.extend(indices.zip(values).map(|(i, v)| (i, id, v)));
    }
    all.sort_by_key(|(i, _, _)| *i);
    all.into_iter().map(|(_, id, v)| (id, v)).collect()
}

fn apply(table: &LazyFrame, part: &str, value: &str) -> Result<LazyFrame> {
    match part {
        "columns" => table.select(lists::items(value)?),
        "drop" => table.drop(lists::items(value)?),
        "rename" => table.rename(lists::pairs(value, "--rename")?),
        "attr" => {
            let set = attrs::Change::parse(value, "--attr")?;
            attrs::set_on_table(table, &set)
        }
        "where" => table.filter(parse(value)?),
        "with" => {
            let (name, values) = parse_assignment(value)?;
            table.with(&name, values)
        }
        "limit" => Ok(table.limit(value.parse().unwrap_or(u64::MAX))),
        "distinct" if value.is_empty() => table.distinct(None::<&[&str]>),
        "distinct" => table.distinct(Some(&lists::items(value)?)),
        _ => Err(Error::invalid(format!("--{} takes dims, which a table has none of", part.replace('_', "-")))
            .help("--limit takes the first rows, --where rows by their values")),
    }
}

/// Another calendar; what it leaves out is told.
fn calendar(ds: &Dataset, value: &str, args: &PartArgs, verb: &Verb) -> Result<Dataset> {
    let (dim, name) = match value.split_once('=') {
        Some((dim, name)) => (dim, name),
        None => ("time", value),
    };
    let align = args.align_on.as_deref().map(AlignOn::parse).transpose()?;
    let missing = args.new_dates.as_deref().map(|x| match x.parse::<f64>() {
        Ok(x) => Ok(Scalar::from(x)),
        Err(_) if x == "missing" => Ok(Scalar::Null),
        Err(_) => Err(Error::parse(format!("--new-dates {x:?} is no number")).help("--new-dates missing, --new-dates -1")),
    });
    let (made, notices) = ds.convert_calendar(Calendar::parse(name)?, dim, align, missing.transpose()?)?;
    verb.session.tell(&notices)?;
    Ok(made)
}

fn apply_on_cube(ds: &Dataset, part: &str, value: &str, how: &SelectOptions, exec: &ExecOptions) -> Result<Dataset> {
    let rows = |what: &str, way: &str| Err(Error::unsupported(format!("--{part} {what} of a table, and this is a cube")).help(way));
    match part {
        "columns" => only(ds, &lists::items(value)?),
        "drop" => ds.drop_vars(&lists::items(value)?),
        "rename" => ds.rename(&lists::pairs(value, "--rename")?),
        "rename_dim" => ds.rename_dims(&lists::pairs(value, "--rename-dim")?),
        "attr" => {
            let mut out = ds.clone();
            attrs::set_on_cube(&mut out, &attrs::Change::parse(value, "--attr")?)?;
            Ok(out)
        }
        "isel" => ds.isel_at(&parse_isel(value)?),
        "sel" => ds.sel(&parse_sel(value)?, how),
        "limit" => rows("takes rows", "--isel DIM=0:N takes the first N positions along a dim"),
        "distinct" => rows("compares rows", "`hpda-data convert` makes a table of a cube, which it takes"),
        "where" => ds.filter(&parse(value)?, exec),
        _ => {
            let (name, values) = parse_assignment(value)?;
            ds.assign(&name, &values, exec)
        }
    }
}

/// Selects from a cube; what is selected is read when it is written.
fn run_on_cube(ds: Dataset, matches: &ArgMatches, args: &SelectArgs, verb: &Verb) -> Result<()> {
    let how = SelectOptions::parse(args.parts.method.as_deref(), args.parts.tolerance.as_deref())?;
    if args.parts.method.is_some() && args.parts.sel.is_empty() {
        return Err(Error::invalid("--method goes with --sel").help("--sel DIM=LABEL --method nearest"));
    }
    let (mut ds, exec) = (ds, verb.exec());
    for (part, value) in parts(matches) {
        let op = format!("--{}", part.replace('_', "-"));
        let place = || Place { op: Some(op), expr: Some(value.clone()).filter(|v| !v.is_empty()), ..Place::default() };
        ds = match part {
            "calendar" => calendar(&ds, &value, &args.parts, verb).at(place)?,
            _ => apply_on_cube(&ds, part, &value, &how, &exec).at(place)?,
        };
    }
    if args.verb.before.drop_labels {
        ds = ds.drop_labels(&exec)?;
    }
    verb.deliver_cube(ds, &exec)
}

pub fn run(matches: &ArgMatches, flow: &Flow) -> Result<()> {
    let args: SelectArgs = typed(matches)?;
    let verb = Verb::new(&args.verb, "select", flow)?;
    let source = match verb.scan(&args.files)? {
        Scanned::Table(source) => source,
        Scanned::Cube(ds) => return run_on_cube(ds, matches, &args, &verb),
    };
    if args.parts.method.is_some() || args.parts.tolerance.is_some() {
        return Err(Error::invalid("--method and --tolerance go with --sel, which takes dims"));
    }
    if args.verb.before.drop_labels {
        return Err(Error::unsupported("--drop-labels is for cubes: --where leaves rows of a table out"));
    }
    let mut table = LazyFrame::scan(source);
    for (part, value) in parts(matches) {
        let place = || Place { op: Some(format!("--{part}")), expr: Some(value.clone()).filter(|v| !v.is_empty()), ..Place::default() };
        table = apply(&table, part, &value).at(place)?;
    }
    let exec = verb.exec();
    verb.deliver(table.source(&exec)?, &exec)
}
