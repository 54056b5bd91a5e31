//! From the words of options to the typed options of the library.

use super::args::{CsvArgs, OutputArgs, ReadArgs, WriteArgs};
use super::session::Session;
use super::{history, lists};
use crate::array::Dataset;
use crate::dtype::DType;
use crate::error::{Error, Notices, Place, Result, ResultExt};
use crate::exec::ExecOptions;
use crate::frame::DataFrame;
use crate::io::csv::{BadLines, CsvReadOptions, CsvWriteOptions, FloatFormat, Header, Separator};
use crate::io::raw::{Order, RawOptions};
use crate::io::{Format, Overwrite};
use crate::open::{Losses, OpenOptions, SaveOptions, Scanned, Target, save_frame};
use crate::plan::{LazyFrame, parse, parse_assignment};
use crate::store::TableSource;
use clap::ArgMatches;
use std::sync::Arc;

/// How inputs are read.
pub fn reading(read: &ReadArgs, csv: &CsvArgs, session: &Session) -> Result<OpenOptions> {
    let from = read.from.as_deref().map(Format::parse).transpose()?;
    let options = OpenOptions {
        from,
        csv: csv_reading(csv)?,
        raw: raw(read)?,
        group: read.group.clone(),
        budget: Some(session.budget.clone()),
        ..OpenOptions::default()
    };
    Ok(options)
}

/// What a raw file holds, where that was said.
fn raw(read: &ReadArgs) -> Result<Option<RawOptions>> {
    let (dtype, shape) = match (&read.dtype, &read.shape) {
        (Some(dtype), Some(shape)) => (DType::parse(dtype)?, shape),
        (None, None) => return Ok(None),
        _ => {
            return Err(
                Error::invalid("--dtype and --shape go together").help("they say what a raw file holds: --dtype f64 --shape 400,300")
            );
        }
    };
    let mut lengths = Vec::new();
    for text in lists::items(shape)?.iter().filter(|t| !t.is_empty()) {
        let wrong = |_| Error::invalid(format!("{text:?} in --shape is no length")).help("lengths are whole numbers, 0 or more: 400,300");
        lengths.push(text.parse().map_err(wrong)?);
    }
    let mut raw = RawOptions::new(dtype, &lengths);
    if let Some(order) = &read.order {
        raw.order = Order::parse(order)?;
    }
    raw.offset = read.offset.unwrap_or(0);
    raw.big_endian = read.big_endian;
    Ok(Some(raw))
}

/// How text is read.
fn csv_reading(args: &CsvArgs) -> Result<CsvReadOptions> {
    let mut csv = CsvReadOptions::default();
    if args.whitespace && args.delimiter.is_some() {
        return Err(Error::invalid("--whitespace does not go with --delimiter"));
    }
    if args.whitespace {
        csv.separator = Separator::Whitespace;
    }
    if let Some(c) = character("--delimiter", &args.delimiter)? {
        csv.separator = Separator::Char(c);
    }
    if args.no_header {
        csv.header = Header::None;
    }
    csv.names = args.names.as_deref().map(lists::items).transpose()?;
    csv.skip_rows = args.skip_rows.unwrap_or(0);
    csv.comment = character("--comment", &args.comment)?;
    match args.quote.as_deref() {
        Some("") => csv.quote = None,
        Some(_) => csv.quote = character("--quote", &args.quote)?,
        None => {}
    }
    csv.missing = args.missing.as_deref().map(lists::items).transpose()?;
    if let Some(text) = &args.dtypes {
        for (name, dtype) in lists::pairs(text, "--dtypes")? {
            csv.dtypes.push((name, DType::parse(&dtype)?));
        }
    }
    if let Some(text) = &args.parse_dates {
        csv.parse_dates = lists::items(text)?;
    }
    csv.date_format = args.date_format.clone();
    csv.infer_dates = !args.no_infer_dates;
    if let Some(c) = character("--decimal", &args.decimal)? {
        csv.decimal = c;
    }
    csv.thousands = character("--thousands", &args.thousands)?;
    csv.encoding = args.encoding.clone();
    csv.bad_lines = match args.bad_lines.as_deref() {
        None | Some("error") => BadLines::Error,
        Some("skip") => BadLines::Skip,
        Some("report") => BadLines::Report,
        Some(other) => {
            return Err(Error::not_found("action", other, ["error", "skip", "report"]).help("--bad-lines is error, skip or report"));
        }
    };
    Ok(csv)
}

/// The one character of an option; `\\t` and `tab` are the tab.
fn character(option: &str, value: &Option<String>) -> Result<Option<u8>> {
    match value.as_deref() {
        None => Ok(None),
        Some("\\t" | "tab") => Ok(Some(b'\t')),
        Some(text) if text.len() == 1 => Ok(Some(text.as_bytes()[0])),
        Some(text) => Err(Error::invalid(format!("{option} takes one ASCII character, not {text:?}")).help("the tab is written '\\t'")),
    }
}

/// How text is written.
fn csv_writing(write: &WriteArgs) -> Result<CsvWriteOptions> {
    let mut csv = CsvWriteOptions::default();
    if write.no_header_out {
        csv.header = Header::None;
    }
    if let Some(text) = &write.missing_as {
        csv.missing_as = text.clone();
    }
    if let Some(text) = &write.nan_as {
        csv.nan_as = text.clone();
    }
    if let Some(text) = &write.float_format {
        let wrong = || Error::invalid(format!("--float-format {text:?} is none")).help("it looks like %.3f, %.6e or %.4g");
        csv.float_format = FloatFormat::parse(text).ok_or_else(wrong)?;
    }
    Ok(csv)
}

/// How the result is written.
pub fn writing(write: &WriteArgs) -> Result<SaveOptions> {
    let mut options = SaveOptions::default();
    match write.to.as_deref() {
        Some("matrix") => options.matrix = true,
        Some(name) => options.format = Some(Format::parse(name)?),
        None => {}
    }
    if write.overwrite {
        options.overwrite = Overwrite::Yes;
    }
    options.losses = match (write.allow_loss, write.strict) {
        (true, _) => Losses::Allow,
        (false, true) => Losses::RefuseAll,
        (false, false) => Losses::Refuse,
    };
    options.compress = write.compress.as_ref().map(|c| c.to_ascii_lowercase());
    options.row_group = write.row_group;
    if options.row_group == Some(0) {
        return Err(Error::invalid("--row-group takes 1 row at least"));
    }
    for (text, option, what, into) in
        [(&write.chunks, "--chunks", "chunk", &mut options.chunks), (&write.shards, "--shards", "shard", &mut options.shards)]
    {
        for (dim, length) in text.as_deref().map_or(Ok(Vec::new()), |t| lists::pairs(t, option))? {
            let length = length.parse().ok().filter(|n: &usize| *n > 0);
            let length = length.ok_or_else(|| Error::invalid(format!("the {what} length of {dim:?} is no number above 0")))?;
            into.push((dim, length));
        }
    }
    options.csv = csv_writing(write)?;
    options.pack = write.pack.as_deref().map(DType::parse).transpose()?;
    options.missing_as = write.missing_as.clone();
    Ok(options)
}

/// Where the result goes; `None` for readable text on the terminal.
pub fn destination(out: &OutputArgs) -> Result<Option<Target>> {
    let target = match (&out.output, &out.write.to) {
        (Some(path), _) if path.as_os_str() == "-" => Target::Stdout,
        (Some(path), _) => Target::File(path.clone()),
        (None, Some(_)) => Target::Stdout,
        (None, None) if out.write.history => {
            return Err(Error::invalid("--history is written into the output, and there is none").help("-o FILE names it"));
        }
        (None, None) => return Ok(None),
    };
    Ok(Some(history::redirected(target)))
}

/// A step before the command.
pub enum Step {
    /// Keep the rows where this holds.
    Where(String),
    /// Add or replace a column.
    With(String),
    /// Leave out the labels of a cube that have nothing left.
    DropLabels,
}

/// `--where` and `--with` in the order written.
pub fn steps(matches: &ArgMatches) -> Vec<Step> {
    let mut all: Vec<(usize, Step)> = Vec::new();
    for (id, make) in [("where", Step::Where as fn(String) -> Step), ("with", Step::With)] {
        let values = matches.get_many::<String>(id).into_iter().flatten();
        let positions = matches.indices_of(id).into_iter().flatten();
        all.extend(positions.zip(values).map(|(i, v)| (i, make(v.clone()))));
    }
    all.sort_by_key(|(i, _)| *i);
    let last = matches.get_flag("drop_labels").then_some(Step::DropLabels);
    all.into_iter().map(|(_, s)| s).chain(last).collect()
}

/// The variables that a file must have where these are asked for: without those that steps make, with those that they are made of.
pub fn needed(names: &[String], steps: &[Step]) -> Result<Vec<String>> {
    let (mut made, mut out): (Vec<String>, Vec<String>) = (Vec::new(), Vec::new());
    let mut used = |expr: &crate::plan::Expr, made: &[String]| {
        let more: Vec<String> = expr.names().into_iter().map(Into::into).filter(|n| !made.contains(n)).collect();
        out.extend(more);
    };
    for step in steps {
        match step {
            Step::Where(text) => used(&parse(text).at(|| place("--where", text))?, &made),
            Step::With(text) => {
                let (name, values) = parse_assignment(text).at(|| place("--with", text))?;
                used(&values, &made);
                made.push(name);
            }
            Step::DropLabels => {}
        }
    }
    out.extend(names.iter().filter(|n| !made.contains(n)).cloned());
    let mut once = Vec::new();
    out.into_iter().for_each(|n| {
        if !once.contains(&n) {
            once.push(n)
        }
    });
    Ok(once)
}

/// A cube with the steps before it. Names and types are checked, and aggregates computed; the rest is done when it is read.
pub fn apply_on_cube(ds: Dataset, steps: &[Step], exec: &ExecOptions) -> Result<Dataset> {
    steps.iter().try_fold(ds, |ds, step| match step {
        Step::Where(text) => ds.filter(&parse(text)?, exec).at(|| place("--where", text)),
        Step::With(text) => {
            let (name, values) = parse_assignment(text)?;
            ds.assign(&name, &values, exec).at(|| place("--with", text))
        }
        Step::DropLabels => ds.drop_labels(exec),
    })
}

/// A table with the steps before it. Names and types are checked before a row is read.
pub fn apply(source: Arc<dyn TableSource>, steps: &[Step], exec: &ExecOptions) -> Result<Arc<dyn TableSource>> {
    if steps.is_empty() {
        return Ok(source);
    }
    let mut lazy = LazyFrame::scan(source);
    for step in steps {
        lazy = match step {
            Step::Where(text) => lazy.filter(parse(text)?).at(|| place("--where", text))?,
            Step::With(text) => {
                let (name, values) = parse_assignment(text)?;
                lazy.with(&name, values).at(|| place("--with", text))?
            }
            Step::DropLabels => return Err(Error::unsupported("--drop-labels is for cubes: --where leaves rows of a table out")),
        };
    }
    lazy.source(exec)
}

fn place(option: &str, text: &str) -> Place {
    Place { op: Some(option.into()), expr: Some(text.into()), ..Place::default() }
}

/// A table as it is; a cube in its long form.
pub fn as_table(scanned: Scanned, vars: Option<&[String]>, exec: &ExecOptions) -> Result<(Arc<dyn TableSource>, Notices)> {
    match scanned {
        Scanned::Table(source) => Ok((source, Notices::new())),
        Scanned::Cube(ds) => crate::open::to_table(&ds, vars, exec),
    }
}

/// Writes a table that is in memory.
pub fn write_frame(frame: &DataFrame, target: Target, write: &WriteArgs, session: &Session) -> Result<()> {
    let options = SaveOptions { history: history::of(write, &target)?, ..writing(write)? };
    let notices = save_frame(frame, &target, &options, &session.exec("writing"))?;
    session.tell(&notices)
}
