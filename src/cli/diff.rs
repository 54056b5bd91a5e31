//! `diff A B`

use super::args::{CsvArgs, ExprArgs, ReadArgs, RunArgs};
use super::info::scalar_json;
use super::session::Session;
use super::{lists, options, session, start, typed};
use crate::diff::{Diff, DiffOptions, Difference, Ignore, Level, Position, Side, Tolerance, diff};
use crate::dtype::Scalar;
use crate::error::{Error, Result, quoted_list};
use crate::open::Scanned;
use clap::{ArgMatches, Args, Command, ValueHint};
use serde_json::{Map, Value, json};
use std::path::{Path, PathBuf};

#[derive(Args)]
struct DiffArgs {
    /// One file
    #[arg(value_name = "A", value_hint = ValueHint::FilePath)]
    a: PathBuf,
    /// The other file, of any format
    #[arg(value_name = "B", value_hint = ValueHint::FilePath)]
    b: PathBuf,
    /// Numbers are equal that are no more than this share of B's apart
    #[arg(long, value_name = "R", allow_hyphen_values = true)]
    rtol: Option<f64>,
    /// Numbers are equal that are no more than this apart (beside --rtol)
    #[arg(long, value_name = "A", allow_hyphen_values = true)]
    atol: Option<f64>,
    /// Floats are equal that are no more than so many floats apart
    #[arg(long, value_name = "N")]
    ulps: Option<u64>,
    /// What is not compared: attrs, encoding, order (of columns)
    #[arg(long, value_name = "WORDS")]
    ignore: Vec<String>,
    /// A JSON object
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    before: ExprArgs,
    #[command(flatten)]
    read: ReadArgs,
    #[command(flatten)]
    csv: CsvArgs,
    #[command(flatten)]
    run: RunArgs,
}

pub fn arguments(command: Command) -> Command {
    DiffArgs::augment_args(command)
}

pub fn run(matches: &ArgMatches) -> Result<()> {
    let args: DiffArgs = typed(matches)?;
    let mut ignore = Ignore::default();
    for words in &args.ignore {
        for word in lists::items(words)? {
            ignore.set(&word).map_err(|e| e.help("--ignore takes attrs, encoding and order"))?;
        }
    }
    let tolerance = Tolerance {
        relative: bound("--rtol", args.rtol)?,
        absolute: bound("--atol", args.atol)?,
        ulps: args.ulps.unwrap_or(0),
        ..Tolerance::default()
    };
    let session = start(&args.run, false)?;
    let open = options::reading(&args.read, &args.csv, &session)?;
    let exec = session.exec("comparing");
    let steps = options::steps(matches);
    let side = |path: &Path| -> Result<Side> {
        let mut side = Side::open(path, &open)?;
        session.tell(&side.notices)?;
        side.content = match side.content {
            Scanned::Table(source) => Scanned::Table(options::apply(source, &steps, &exec)?),
            Scanned::Cube(ds) => Scanned::Cube(options::apply_on_cube(ds, &steps, &exec)?),
        };
        Ok(side)
    };
    let (a, b) = (side(&args.a)?, side(&args.b)?);
    let found = diff(&a, &b, &DiffOptions { tolerance, ignore, exec })?;
    show(&found, args.json, &session)
}

/// Prints what differs; the program ends with 1 where anything does.
pub fn show(found: &Diff, json: bool, session: &Session) -> Result<()> {
    if !found.is_same() {
        session::found_differences();
    }
    if !json && !found.not_compared.is_empty() {
        let names: Vec<&str> = found.not_compared.iter().map(String::as_str).collect();
        session.remark(&format!("types or shapes differ, so values are not compared: {}", quoted_list(&names, 8)));
    }
    match (json, found.is_same()) {
        (true, _) => session::print(&format!("{:#}\n", to_json(found))),
        (false, true) => session::print("no differences\n"),
        (false, false) => session::print(&found.to_string()),
    }
}

fn bound(option: &str, value: Option<f64>) -> Result<f64> {
    match value.unwrap_or(0.0) {
        x if x >= 0.0 && x.is_finite() => Ok(x),
        x => Err(Error::invalid(format!("{option} {x} is no tolerance")).help("tolerances are 0 or more")),
    }
}

fn to_json(found: &Diff) -> Value {
    let mut levels = Map::new();
    for level in Level::ALL {
        levels.insert(level.name().into(), found.level(level).map(one).collect());
    }
    json!({"same": found.is_same(), "levels": levels, "not_compared": found.not_compared})
}

fn one(d: &Difference) -> Value {
    let mut out = Map::new();
    out.insert("where".into(), json!(d.place));
    if !d.what.is_empty() {
        out.insert("what".into(), json!(d.what));
    }
    let Some(found) = &d.values else {
        out.insert("a".into(), value(d.a.as_ref()));
        out.insert("b".into(), value(d.b.as_ref()));
        return Value::Object(out);
    };
    out.insert("count".into(), json!(found.count));
    out.insert("total".into(), json!(found.total));
    out.insert("max_abs".into(), found.max_abs.map_or(Value::Null, |x| scalar_json(&Scalar::F64(x))));
    let mut first = Map::new();
    match &found.first {
        Position::Row(row) => drop(first.insert("row".into(), json!(row))),
        Position::Index(dims) => {
            let at: Map<String, Value> = dims.iter().map(|(dim, at, _)| (dim.clone(), json!(at))).collect();
            let labels = dims.iter().filter_map(|(dim, _, label)| Some((dim.clone(), scalar_json(label.as_ref()?))));
            let labels: Map<String, Value> = labels.collect();
            first.insert("index".into(), Value::Object(at));
            first.insert("labels".into(), Value::Object(labels));
        }
    }
    first.insert("a".into(), value(d.a.as_ref()));
    first.insert("b".into(), value(d.b.as_ref()));
    out.insert("first".into(), Value::Object(first));
    Value::Object(out)
}

fn value(v: Option<&Scalar>) -> Value {
    match v {
        None => Value::Null,
        Some(Scalar::List(items)) => items.iter().map(|i| value(Some(i))).collect(),
        Some(v) => scalar_json(v),
    }
}
