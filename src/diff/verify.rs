//! What was written, read back and compared with what it was made of.

use super::{Diff, DiffOptions, Difference, Ignore, Level, Side, Tolerance, diff};
use crate::array::{Dataset, Variable};
use crate::dtype::DType;
use crate::error::{Error, Level as Weight, Notice, Notices, Place, Result};
use crate::exec::ExecOptions;
use crate::io::csv::{FloatFormat, Header, MISSING};
use crate::io::raw::RawOptions;
use crate::io::{Format, Kind};
use crate::kernel::compare::comparable;
use crate::open::{OpenOptions, SaveOptions, Scanned, Target, companions, only, shaped};
use crate::store::Attrs;
use std::path::Path;
use std::sync::Arc;

/// Whether what is written like this can be compared with its source afterwards: nothing is asked for that changes values.
///
/// # Errors
/// Invalid, with what stands against it.
pub fn can_verify(target: &Target, how: &SaveOptions) -> Result<()> {
    let against = |option: &str, why: &str| Err(Error::invalid(format!("--verify does not go with {option}: {why}")));
    if *target == Target::Stdout {
        return Err(Error::invalid("--verify needs an output that can be read back").help("-o FILE names it"));
    }
    if how.csv.float_format != FloatFormat::Shortest {
        return against("--float-format", "it leaves digits out");
    }
    if how.pack.is_some() {
        return against("--pack", "packed floats are near the old ones, not the same");
    }
    if how.missing_as.is_some() && how.format_of(target)?.kind() == Kind::Cube {
        return against("--missing-as", "missing values become numbers");
    }
    Ok(())
}

/// Reads a file back that was written from `source` (whose files are of `format`) and compares it: structure, labels, types, values
/// and attributes. What was `listed` as lost when it was written, and what the format has no place for by its nature, is no difference;
/// integers of other types with the same values, as NetCDF classic has them for those of 64 bits, come back as notices.
///
/// # Errors
/// Loss, with the differences; what the readers say.
pub fn verify(
    source: Scanned,
    format: Option<Format>,
    target: &Path,
    how: &SaveOptions,
    listed: &Notices,
    exec: &ExecOptions,
) -> Result<Notices> {
    let written = how.format_of(&Target::File(target.to_path_buf()))?;
    let (mut source, how, _) = shaped(source, written, how, exec)?;
    if let (Scanned::Table(table), Format::Json | Format::Jsonl) = (&source, written)
        && table.rows() == Some(0)
    {
        // Without rows there is nothing to read back, which was listed.
        return Ok(Notices::new());
    }
    if let Some(history) = &how.history {
        source = history.note(source, written, exec, &mut Notices::new())?;
    }
    let dense = matches!(written, Format::Npy | Format::Npz | Format::Raw);
    let mut raw = None;
    if let Scanned::Cube(ds) = &mut source {
        if matches!(written, Format::Npy | Format::Raw) {
            let variable = alone(ds, how.vars.as_deref())?;
            raw = (written == Format::Raw).then(|| RawOptions::new(variable.dtype().clone(), variable.shape()));
            *ds = Dataset::new();
            ds.insert("data", plain("data", &variable)?)?;
        } else if let Some(names) = &how.vars {
            *ds = only(ds, names)?;
        }
        if written == Format::Npz {
            *ds = flat(ds)?;
        }
    }
    let open = OpenOptions { raw, from: Some(written), budget: Some(exec.budget.clone()), ..reading(&source, written, &how) };
    let mut back = Side::open(target, &open)?;
    if let Scanned::Cube(ds) = &mut back.content
        && dense
    {
        *ds = flat(ds)?;
    }
    let same_format = format.is_some_and(|f| f == written);
    let content = source.clone();
    let side = Side { content, format: back.format.filter(|_| same_format), facts: Vec::new(), notices: Notices::new() };
    let options = DiffOptions {
        // Text has one word for both.
        tolerance: Tolerance { nan_is_missing: written.is_text(), ..Tolerance::default() },
        ignore: Ignore { attrs: !written.holds().attributes, encoding: true, order: false },
        exec: exec.clone(),
    };
    let mut found = diff(&side, &back, &options)?;
    let types = Types { source: &source, back: &back.content, text: written.is_text() };
    found.differences.retain(|d| !types.excuse(d) && !listed.iter().any(|n| lists(n, d)));
    let mut notices = Notices::new();
    if written == Format::Nc3 {
        // Types that are comparable have been compared.
        let narrowed = |d: &Difference| d.level == Level::Dtype && !found.not_compared.contains(&d.place);
        for d in found.differences.iter().filter(|d| narrowed(d)) {
            let types = [&d.a, &d.b].map(|t| t.as_ref().map(ToString::to_string).unwrap_or_default());
            let message = format!("variable {:?}: {} is read back as {}, with the same values", d.place, types[0], types[1]);
            notices.push(Weight::Omitted, message, Place::variable(d.place.as_str()));
        }
        let narrowed: Vec<String> = found.differences.iter().filter(|d| narrowed(d)).map(|d| d.place.clone()).collect();
        found.differences.retain(|d| d.level != Level::Dtype || !narrowed.contains(&d.place));
    }
    report(&found, target)?;
    Ok(notices)
}

fn report(found: &Diff, target: &Path) -> Result<()> {
    const MOST: usize = 5;
    if found.is_same() {
        return Ok(());
    }
    let mut lines: Vec<String> = found.differences.iter().take(MOST).map(Difference::to_string).collect();
    if found.differences.len() > MOST {
        lines.push(format!("and {} more", found.differences.len() - MOST));
    }
    Err(Error::loss(format!("the output (B) is not what the input (A) says: {}", lines.join("; ")))
        .help("the output is left as it is, for a look; `hpda-data diff` lists all differences")
        .at(Place::file(target)))
}

/// How the target is read: text as the types that were written.
fn reading(source: &Scanned, written: Format, how: &SaveOptions) -> OpenOptions {
    let mut open = OpenOptions::default();
    let Scanned::Table(table) = source else { return open };
    if !written.is_text() {
        return open;
    }
    let schema = table.schema();
    for f in &schema.fields {
        let dtype = match &f.dtype {
            DType::Categorical { .. } => DType::Str,
            DType::Bool | DType::Str | DType::Date | DType::Instant { tz: None, .. } => f.dtype.clone(),
            t if t.is_integer() || t.is_float() => t.clone(),
            _ => continue,
        };
        open.csv.dtypes.push((f.name.clone(), dtype));
    }
    if how.csv.header == Header::None {
        open.csv.header = Header::None;
        open.csv.names = Some(schema.names().map(str::to_string).collect());
    }
    let words = [&how.csv.missing_as, &how.csv.nan_as];
    if words.iter().any(|w| !w.is_empty()) {
        let usual = MISSING.iter().map(|w| w.to_string());
        open.csv.missing = Some(usual.chain(words.into_iter().filter(|w| !w.is_empty()).cloned()).collect());
    }
    open
}

/// A variable of a format without names of dims and without attributes.
fn plain(name: &str, v: &Variable) -> Result<Variable> {
    let dims = (0..v.dims().len()).map(|i| Arc::<str>::from(format!("{name} {i}")));
    Variable::new(dims, v.data().clone())
}

/// The one variable that goes into a file of one array: the one that was asked for, or the only one that is no companion.
fn alone(ds: &Dataset, names: Option<&[String]>) -> Result<Variable> {
    fn data(ds: &Dataset, prefix: &str, out: &mut Vec<String>) {
        out.extend(ds.vars.keys().map(|n| format!("{prefix}{n}")));
        ds.groups.iter().for_each(|(name, group)| data(group, &format!("{prefix}{name}/"), out));
    }
    let mut paths = Vec::new();
    match names.and_then(<[String]>::first) {
        Some(name) => paths.push(name.trim_start_matches('/').to_string()),
        None => {
            data(ds, "", &mut paths);
            let beside = companions(ds);
            paths.retain(|p| !beside.contains(p));
        }
    }
    let path = paths.first().ok_or_else(|| Error::internal("a file of one array from a cube of none"))?;
    flat(ds)?.variable(path).cloned()
}

/// All variables of a cube, coordinates among them, side by side.
fn flat(ds: &Dataset) -> Result<Dataset> {
    fn collect(ds: &Dataset, prefix: &str, out: &mut Dataset) -> Result<()> {
        for (name, v) in ds.coords.iter().chain(ds.vars.iter().map(|(n, v)| (n.as_str(), v))) {
            let path = format!("{prefix}{name}");
            let v = plain(&path, v)?;
            out.insert(path, v)?;
        }
        ds.groups.iter().try_for_each(|(name, group)| collect(group, &format!("{prefix}{name}/"), out))
    }
    let mut out = Dataset { attrs: Attrs::new(), ..Dataset::new() };
    collect(ds, "", &mut out)?;
    Ok(out)
}

/// The types of both sides.
struct Types<'a> {
    source: &'a Scanned,
    back: &'a Scanned,
    text: bool,
}

impl Types<'_> {
    /// Text has no types: what it spells reads back as a type that holds the same values, or as text.
    fn excuse(&self, d: &Difference) -> bool {
        let (Scanned::Table(a), Scanned::Table(b)) = (self.source, self.back) else { return false };
        let of = |t: &Arc<dyn crate::store::TableSource>| t.schema().fields.iter().find(|f| f.name == d.place).map(|f| f.dtype.clone());
        let (Some(a), Some(b)) = (of(a), of(b)) else { return false };
        self.text && d.level == Level::Dtype && (comparable(&a, &b) || b == DType::Str)
    }
}

/// Whether a notice told of a difference.
fn lists(notice: &Notice, d: &Difference) -> bool {
    if notice.level < Weight::Omitted {
        return false;
    }
    let (name, attr) = match d.level {
        Level::Attributes => d.place.rsplit_once(':').map_or((d.place.as_str(), None), |(n, a)| (n, Some(a))),
        _ => (d.place.as_str(), None),
    };
    let last = name.rsplit('/').next().unwrap_or(name);
    let told = |name: &str| notice.message.contains(&format!("{name:?}"));
    if let Some(attr) = attr {
        return told(attr);
    }
    let place = notice.place.variable.as_deref().or(notice.place.column.as_deref());
    match place {
        Some(place) => place.trim_start_matches('/') == name.trim_start_matches('/') || place == last || told(last),
        // A remark about the whole names what it means, or means all values.
        None => told(last) || notice.level == Weight::Changed && !notice.message.contains('"') && d.level != Level::Structure,
    }
}
