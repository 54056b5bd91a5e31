//! `join LEFT RIGHT --on k[,k]`

use super::flow::Flow;
use super::verb::{Verb, VerbArgs};
use super::{lists, options, typed};
use crate::dtype::Scalar;
use crate::error::{Error, ErrorKind, Result};
use crate::exec::{ExecOptions, MemSource, PointOptions, PointSource};
use crate::open::{Scanned, only};
use crate::ops::select::SelectOptions;
use crate::plan::{AsofDirection, AsofOptions, JoinHow, JoinOptions, LazyFrame, Validate, parse_tolerance};
use clap::{ArgMatches, Args, Command, ValueHint};
use std::path::PathBuf;
use std::sync::Arc;

#[derive(Args)]
struct JoinArgs {
    /// The left table, whose row order is kept
    #[arg(value_name = "LEFT", value_hint = ValueHint::FilePath)]
    left: PathBuf,
    /// The right table
    #[arg(value_name = "RIGHT", value_hint = ValueHint::FilePath)]
    right: PathBuf,
    /// Keys of the same names in both
    #[arg(long, value_name = "K,K", conflicts_with_all = ["left_on", "right_on"])]
    on: Option<String>,
    /// Keys of the left table
    #[arg(long, value_name = "K,K", requires = "right_on")]
    left_on: Option<String>,
    /// Keys of the right table
    #[arg(long, value_name = "K,K", requires = "left_on")]
    right_on: Option<String>,
    /// Which rows: inner left right outer semi anti cross
    #[arg(long, value_name = "HOW")]
    how: Option<String>,
    /// What is put behind names that stand in both
    #[arg(long, value_name = "X,Y", default_value = "_x,_y", allow_hyphen_values = true)]
    suffixes: String,
    /// How often a key may stand: 1:1, 1:m or m:1
    #[arg(long, value_name = "1:1")]
    validate: Option<String>,
    /// Add a column _merge: left_only, right_only or both
    #[arg(long)]
    indicator: bool,
    /// The nearest row by this column of times or numbers, in place of the same keys
    #[arg(long, value_name = "T")]
    asof: Option<String>,
    /// As-of: columns that must be the same
    #[arg(long, value_name = "K,K", requires = "asof")]
    by: Option<String>,
    /// As-of: backward, forward or nearest
    #[arg(long, value_name = "DIRECTION", requires = "asof")]
    direction: Option<String>,
    /// As-of and points: the largest distance, a number or a duration such as 3D
    #[arg(long, value_name = "X")]
    tolerance: Option<String>,
    /// RIGHT is a cube: its values at the points that these columns name, each a dim of the cube
    #[arg(long, value_name = "TIME,LAT,LON", conflicts_with_all = ["on", "left_on", "right_on", "asof", "how", "validate", "indicator"])]
    point: Option<String>,
    /// Points: which label counts where one is not there: nearest, pad or backfill
    #[arg(long, value_name = "METHOD", requires = "point")]
    method: Option<String>,
    /// Points more than half a cell outside the grid take the values at its edge
    #[arg(long, requires = "point")]
    extrapolate: bool,
    /// Only these variables of the cube
    #[arg(long, value_name = "NAMES", requires = "point")]
    vars: Option<String>,
    #[command(flatten)]
    verb: VerbArgs,
}

pub fn arguments(command: Command) -> Command {
    JoinArgs::augment_args(command)
}

fn suffixes(text: &str) -> Result<[String; 2]> {
    lists::items(text)?.try_into().map_err(|_| Error::invalid(format!("--suffixes takes two, not {text:?}")).help("such as _x,_y"))
}

/// The options of a join of keys.
fn keys(args: &JoinArgs) -> Result<JoinOptions> {
    let list = |text: &Option<String>| text.as_deref().map(lists::items).transpose().map(Option::unwrap_or_default);
    let on = list(&args.on)?;
    let (left_on, right_on) = if on.is_empty() { (list(&args.left_on)?, list(&args.right_on)?) } else { (on.clone(), on) };
    Ok(JoinOptions {
        how: args.how.as_deref().map(JoinHow::parse).transpose()?.unwrap_or_default(),
        left_on,
        right_on,
        suffixes: suffixes(&args.suffixes)?,
        validate: args.validate.as_deref().map(Validate::parse).transpose()?,
        indicator: args.indicator.then(|| "_merge".to_string()),
    })
}

/// The options of a join of times; `--on` and `--by` both name what must be the same.
fn times(args: &JoinArgs, time: &str) -> Result<AsofOptions> {
    let given = [("--how", args.how.is_some()), ("--validate", args.validate.is_some()), ("--indicator", args.indicator)];
    if let Some((option, _)) = given.iter().find(|(_, given)| *given) {
        return Err(Error::invalid(format!("{option} does not go with --asof")).help("an as-of join keeps every row of the left table"));
    }
    let time = lists::items(time)?;
    let [time] = time.as_slice() else { return Err(Error::invalid("--asof takes one column")) };
    let list = |text: &Option<String>| text.as_deref().map(lists::items).transpose().map(Option::unwrap_or_default);
    let same: Vec<String> = list(&args.by)?.into_iter().chain(list(&args.on)?).collect();
    let mut options = AsofOptions::on(time.as_str()).by(same);
    options.by.extend(list(&args.left_on)?.into_iter().zip(list(&args.right_on)?));
    options.suffixes = suffixes(&args.suffixes)?;
    options.direction = args.direction.as_deref().map(AsofDirection::parse).transpose()?.unwrap_or_default();
    options.tolerance = args.tolerance.as_deref().map(parse_tolerance).transpose()?.filter(|t| *t != Scalar::Null);
    Ok(options)
}

/// The values of a cube at the points of a table.
fn points(args: &JoinArgs, point: &str, left: &LazyFrame, verb: &Verb, exec: &ExecOptions) -> Result<()> {
    let Scanned::Cube(mut cube) = verb.scan(std::slice::from_ref(&args.right))? else {
        return Err(Error::invalid("--point takes a cube on the right, this is a table").help("--on or --asof join two tables"));
    };
    if let Some(names) = &args.vars {
        cube = only(&cube, &lists::items(names)?)?;
    }
    let read = SelectOptions::parse(args.method.as_deref(), args.tolerance.as_deref())?;
    // A length of time is for the axis of time, a number for the others.
    let number = args.tolerance.as_deref().is_some_and(|t| t.trim().parse::<f64>().is_ok());
    let how = PointOptions {
        method: read.method,
        tolerance: read.tolerance.filter(|_| number),
        time_tolerance: read.tolerance.filter(|_| !number),
        extrapolate: args.extrapolate,
        suffixes: suffixes(&args.suffixes)?,
    };
    let point = lists::items(point)?;
    let (joined, notices) = match left.collect(exec).and_then(|left| left.join_points(&cube, &point, &how, exec)) {
        Err(e) if e.kind() == ErrorKind::Budget => {
            let source = Arc::new(PointSource::new(left.source(exec)?, cube, point, how, exec)?);
            verb.deliver(source.clone(), exec)?;
            return verb.session.tell(&source.found());
        }
        joined => joined?,
    };
    verb.session.tell(&notices)?;
    verb.deliver(Arc::new(MemSource::from_frame(&joined)?), exec)
}

pub fn run(matches: &ArgMatches, flow: &Flow) -> Result<()> {
    let args: JoinArgs = typed(matches)?;
    let verb = Verb::new(&args.verb, "join", flow)?;
    let exec = verb.exec();
    let left = match verb.scan(std::slice::from_ref(&args.left))? {
        // --where and --with act on the left table, as on the first input of any command.
        Scanned::Table(source) => LazyFrame::scan(options::apply(source, &options::steps(matches), &exec)?),
        Scanned::Cube(_) => return Err(verb.no_cubes()),
    };
    if let Some(point) = &args.point {
        return points(&args, point, &left, &verb, &exec);
    }
    let right = verb.table(std::slice::from_ref(&args.right))?;
    let joined = match &args.asof {
        Some(time) => left.join_asof(&right, &times(&args, time)?)?,
        None if args.tolerance.is_some() => return Err(Error::invalid("--tolerance goes with --asof")),
        None => left.join(&right, &keys(&args)?)?,
    };
    verb.deliver(joined.source(&exec)?, &exec)
}
