//! `attrs FILE`

use super::flow::Flow;
use super::verb::{Verb, VerbArgs};
use super::{lists, typed};
use crate::array::Dataset;
use crate::error::{Error, Result};
use crate::open::Scanned;
use crate::plan::LazyFrame;
use crate::store::{AttrValue, Attrs};
use clap::{ArgMatches, Args, Command, ValueHint};
use std::path::PathBuf;

#[derive(Args)]
struct AttrsArgs {
    /// The file
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    file: PathBuf,
    /// An attribute of a variable or column. Numbers are numbers unless they stand in quotes or the old value was text (repeatable)
    #[arg(long, value_name = "VAR:NAME=VALUE", allow_hyphen_values = true)]
    set: Vec<String>,
    /// An attribute that goes (repeatable)
    #[arg(long, value_name = "VAR:NAME")]
    delete: Vec<String>,
    /// An attribute of the file (repeatable)
    #[arg(long, value_name = "NAME=VALUE")]
    global: Vec<String>,
    #[command(flatten)]
    verb: VerbArgs,
}

pub fn arguments(command: Command) -> Command {
    AttrsArgs::augment_args(command)
}

/// One change: an attribute of a variable, or of the file, gets a value or goes.
pub struct Change {
    variable: Option<String>,
    name: String,
    value: Option<String>,
}

impl Change {
    /// `VAR:NAME=VALUE`
    pub fn parse(text: &str, option: &str) -> Result<Change> {
        let wrong = || Error::invalid(format!("{option} takes VAR:NAME=VALUE, not {text:?}"));
        let (variable, rest) = variable(text).ok_or_else(wrong)?;
        let (name, value) = rest.split_once('=').ok_or_else(wrong)?;
        Ok(Change { variable: Some(variable), name: lists::bare(name), value: Some(value.trim().to_string()) })
    }

    /// `VAR:NAME`, or `:NAME` of the file.
    fn parse_delete(text: &str) -> Result<Change> {
        let wrong = || Error::invalid(format!("--delete takes VAR:NAME, not {text:?}")).help(":NAME is an attribute of the file");
        let (variable, name) = variable(text).ok_or_else(wrong)?;
        Ok(Change { variable: Some(variable).filter(|v| !v.is_empty()), name: lists::bare(name), value: None })
    }

    fn parse_global(text: &str) -> Result<Change> {
        let wrong = || Error::invalid(format!("--global takes NAME=VALUE, not {text:?}"));
        let (name, value) = text.split_once('=').ok_or_else(wrong)?;
        Ok(Change { variable: None, name: lists::bare(name), value: Some(value.trim().to_string()) })
    }

    /// Makes the change.
    ///
    /// # Errors
    /// Not found, for an attribute that is to go.
    fn apply(&self, attrs: &mut Attrs) -> Result<()> {
        match &self.value {
            Some(text) => {
                let value = value(text, attrs.get(&self.name));
                attrs.set(self.name.clone(), value);
                Ok(())
            }
            None if attrs.contains(&self.name) => {
                attrs.remove(&self.name);
                Ok(())
            }
            None => Err(Error::not_found("attribute", &self.name, attrs.iter().map(|(n, _)| n))),
        }
    }
}

/// What stands before the first colon (outside backticks), and what stands behind it.
fn variable(text: &str) -> Option<(String, &str)> {
    let (name, rest) = match text.strip_prefix('`').and_then(|t| t.split_once("`:")) {
        Some((name, rest)) => (name.to_string(), rest),
        None => text.split_once(':').map(|(name, rest)| (name.trim().to_string(), rest))?,
    };
    Some((name, rest))
}

/// A number if it reads as one and the old value was one, or there was none; quotes force text.
fn value(text: &str, old: Option<&AttrValue>) -> AttrValue {
    let bare = lists::bare(text);
    if let (Some(AttrValue::Bool(_)), "true" | "false") = (old, text) {
        return AttrValue::Bool(vec![text == "true"]);
    }
    let was_number = old.is_none_or(|o| o.as_f64s().is_some());
    if bare != text || !was_number {
        return bare.into();
    }
    let whole = text.parse::<i64>().ok();
    let float = text.parse::<f64>().ok().filter(|_| text.contains(|c: char| c.is_ascii_digit()) || text.eq_ignore_ascii_case("nan"));
    // The type stays where the number fits it.
    match (old, whole, float) {
        (Some(AttrValue::F64(_)), _, Some(x)) => x.into(),
        (Some(AttrValue::F32(_)), _, Some(x)) => (x as f32).into(),
        (Some(AttrValue::I8(_)), Some(x), _) if i8::try_from(x).is_ok() => AttrValue::I8(vec![x as i8]),
        (Some(AttrValue::I16(_)), Some(x), _) if i16::try_from(x).is_ok() => AttrValue::I16(vec![x as i16]),
        (Some(AttrValue::I32(_)), Some(x), _) if i32::try_from(x).is_ok() => (x as i32).into(),
        (Some(AttrValue::U8(_)), Some(x), _) if u8::try_from(x).is_ok() => AttrValue::U8(vec![x as u8]),
        (Some(AttrValue::U16(_)), Some(x), _) if u16::try_from(x).is_ok() => AttrValue::U16(vec![x as u16]),
        (Some(AttrValue::U32(_)), Some(x), _) if u32::try_from(x).is_ok() => AttrValue::U32(vec![x as u32]),
        (Some(AttrValue::U64(_)), Some(x), _) if x >= 0 => AttrValue::U64(vec![x as u64]),
        // 32 bits are what NetCDF classic has.
        (None, Some(x), _) if i32::try_from(x).is_ok() => (x as i32).into(),
        (_, Some(x), _) => x.into(),
        (_, None, Some(x)) => x.into(),
        _ => bare.into(),
    }
}

/// Makes a change on a table.
pub fn set_on_table(table: &LazyFrame, change: &Change) -> Result<LazyFrame> {
    table.with_attrs(change.variable.as_deref(), |attrs| change.apply(attrs))
}

/// Makes a change on a cube.
pub fn set_on_cube(ds: &mut Dataset, change: &Change) -> Result<()> {
    let Some(name) = &change.variable else { return change.apply(&mut ds.attrs) };
    if let Some(variable) = ds.vars.get_mut(name) {
        return change.apply(&mut variable.attrs);
    }
    if let Some(mut variable) = ds.coords.get(name).cloned() {
        change.apply(&mut variable.attrs)?;
        ds.coords.insert(name.clone(), variable);
        return Ok(());
    }
    let path = name.trim_start_matches('/');
    if let Some((group, rest)) = path.split_once('/')
        && let Some(group) = ds.groups.get_mut(group)
    {
        let inner = Change { variable: Some(rest.into()), name: change.name.clone(), value: change.value.clone() };
        return set_on_cube(group, &inner);
    }
    let known: Vec<&str> = ds.vars.keys().map(String::as_str).chain(ds.coords.iter().map(|(n, _)| n)).collect();
    Err(Error::not_found("variable", name, known))
}

pub fn run(matches: &ArgMatches, flow: &Flow) -> Result<()> {
    let args: AttrsArgs = typed(matches)?;
    let mut changes = Vec::new();
    for text in &args.delete {
        changes.push(Change::parse_delete(text)?);
    }
    for text in &args.set {
        changes.push(Change::parse(text, "--set")?);
    }
    for text in &args.global {
        changes.push(Change::parse_global(text)?);
    }
    if changes.is_empty() {
        return Err(Error::invalid("nothing to change").help("--set VAR:NAME=VALUE, --delete VAR:NAME or --global NAME=VALUE"));
    }
    let verb = Verb::new(&args.verb, "attrs", flow)?;
    let exec = verb.exec();
    match verb.scan(std::slice::from_ref(&args.file))? {
        Scanned::Table(source) => {
            let source = super::options::apply(source, &super::options::steps(matches), &exec)?;
            let mut table = LazyFrame::scan(source);
            for change in &changes {
                table = set_on_table(&table, change)?;
            }
            verb.deliver(table.source(&exec)?, &exec)
        }
        Scanned::Cube(ds) => {
            let mut ds = super::options::apply_on_cube(ds, &super::options::steps(matches), &exec)?;
            changes.iter().try_for_each(|c| set_on_cube(&mut ds, c))?;
            verb.deliver_cube(ds, &exec)
        }
    }
}
