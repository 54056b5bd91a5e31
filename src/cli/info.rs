//! `info FILE...`

use super::args::{CsvArgs, ReadArgs, RunArgs};
use super::{options, session, start, typed};
use crate::array::{Dataset, Encoding, Variable};
use crate::dtype::{DType, Scalar};
use crate::error::{Notices, Result, escape};
use crate::open::{Content, CubeInfo, Info, TableInfo, info};
use crate::show::{self, Align, BOLD, DIM, Grid, paint};
use crate::store::{AttrValue, Attrs, nested};
use clap::{ArgMatches, Args, Command, ValueHint};
use serde_json::{Map, Value, json};
use std::path::PathBuf;

#[derive(Args)]
struct InfoArgs {
    /// The files
    #[arg(value_name = "FILE", required = true, value_hint = ValueHint::FilePath)]
    files: Vec<PathBuf>,
    /// One JSON object for one file, an array for several
    #[arg(long)]
    json: bool,
    /// Look at the first 64 kB of text only
    #[arg(long)]
    fast: bool,
    #[command(flatten)]
    read: ReadArgs,
    #[command(flatten)]
    csv: CsvArgs,
    #[command(flatten)]
    run: RunArgs,
}

pub fn arguments(command: Command) -> Command {
    InfoArgs::augment_args(command)
}

pub fn run(matches: &ArgMatches) -> Result<()> {
    let args: InfoArgs = typed(matches)?;
    let session = start(&args.run, false)?;
    session.start_threads();
    let open = options::reading(&args.read, &args.csv, &session)?;
    let mut objects = Vec::new();
    for (i, file) in args.files.iter().enumerate() {
        let found = info(file, &open, args.fast)?;
        session.tell(&found.notices)?;
        if args.json {
            objects.push(to_json(&found)?);
        } else {
            session::print(&format!("{}{}", if i > 0 { "\n" } else { "" }, to_text(&found)?))?;
        }
    }
    if args.json {
        let value = if objects.len() == 1 { objects.remove(0) } else { Value::Array(objects) };
        session::print(&format!("{value:#}\n"))?;
    }
    Ok(())
}

fn to_text(info: &Info) -> Result<String> {
    let name = if info.file.as_os_str() == "-" { "standard input".to_string() } else { escape(&info.file.display().to_string()) };
    let size = info.bytes.map(|b| format!(", {}", show::bytes(b))).unwrap_or_default();
    let mut out = format!("{}: {}{size}\n", paint(BOLD, &name), kind(info));
    match &info.content {
        Content::Table(t) => table_text(t, &mut out),
        Content::Cube(c) => cube_text(c, &mut out)?,
    }
    Ok(out)
}

/// The format, or what the file says of itself more exactly.
fn kind(info: &Info) -> &str {
    let facts = match &info.content {
        Content::Table(_) => return info.format.name(),
        Content::Cube(c) => &c.facts,
    };
    facts.iter().find(|(n, _)| n == "kind").map_or(info.format.name(), |(_, v)| v)
}

fn table_text(t: &TableInfo, out: &mut String) {
    let columns = show::count(t.schema.fields.len() as u64, "column");
    match (t.rows, t.sampled) {
        (_, Some(bytes)) => *out += &format!("{columns}; types from the first {} kB only (--fast)\n", bytes / 1024),
        (Some(rows), _) => *out += &format!("{}, {columns}\n", show::count(rows, "row")),
        (None, None) => *out += &format!("{columns}\n"),
    }
    for (name, value) in &t.facts {
        *out += &format!("{name}: {value}\n");
    }
    let known = t.missing.iter().any(Option::is_some);
    let levels = match &t.schema.index {
        crate::store::IndexSpec::Levels(l) => l.len(),
        _ => 0,
    };
    let mut align = vec![Align::Left, Align::Left];
    let mut header = vec!["column".to_string(), "dtype".to_string()];
    if known {
        align.push(Align::Right);
        header.push("missing".into());
    }
    align.push(Align::Left);
    header.push(String::new());
    let mut grid = Grid::new(align).keeping(2);
    grid.header(header);
    for (i, f) in t.schema.fields.iter().enumerate() {
        let mut row = vec![Some(escape(&f.name)), Some(f.dtype.to_string())];
        if known {
            row.push(t.missing[i].map(|m| m.to_string()));
        }
        let mut notes: Vec<String> = if i < levels { vec!["row labels".into()] } else { Vec::new() };
        notes.extend(f.attrs.iter().map(|(n, v)| format!("{}: {}", escape(n), show::attribute(v))));
        row.push(Some(notes.join(", ")));
        grid.row(row);
    }
    *out += &grid.fit(session::width()).0;
    for (name, value) in t.schema.attrs.iter() {
        *out += &format!("{}\n", paint(DIM, &format!("{}: {}", escape(name), show::attribute(value))));
    }
}

fn cube_text(c: &CubeInfo, out: &mut String) -> Result<()> {
    if let Some(t) = &c.time {
        let day = |s: &Scalar| s.to_string().trim_end_matches("T00:00:00").to_string();
        *out += &format!("{} {} to {}, calendar {}\n", paint(BOLD, &escape(&t.name)), day(&t.first), day(&t.last), t.calendar.name());
    }
    *out += &show::describe(&c.dataset, session::width(), &c.companions)?;
    Ok(())
}

fn to_json(info: &Info) -> Result<Value> {
    let mut out = Map::new();
    out.insert("file".into(), json!(info.file.display().to_string()));
    out.insert("format".into(), json!(info.format.name()));
    match &info.content {
        Content::Table(t) => {
            out.insert("kind".into(), json!("table"));
            out.insert("bytes".into(), json!(info.bytes));
            out.insert("rows".into(), json!(t.rows));
            let columns = t.schema.fields.iter().zip(&t.missing);
            let columns = columns.map(|(f, m)| json!({"name": f.name, "dtype": f.dtype.to_string(), "missing": m}));
            out.insert("columns".into(), columns.collect());
            for (name, value) in &t.facts {
                let value = value.parse::<u64>().map_or_else(|_| json!(value), |n| json!(n));
                out.insert(name.replace(' ', "_"), value);
            }
            if let Some(bytes) = t.sampled {
                out.insert("sampled_bytes".into(), json!(bytes));
            }
            out.insert("attrs".into(), attrs_json(&t.schema.attrs));
        }
        Content::Cube(c) => {
            out.insert("kind".into(), json!("cube"));
            out.insert("bytes".into(), json!(info.bytes));
            group_json(&c.dataset, &mut out);
            if let Some(t) = &c.time {
                let time = json!({"first": t.first.to_string(), "last": t.last.to_string(), "calendar": t.calendar.name()});
                out.insert("time".into(), time);
            }
        }
    }
    let notices = warnings(&info.notices);
    if !notices.is_empty() {
        out.insert("warnings".into(), json!(notices));
    }
    Ok(Value::Object(out))
}

fn warnings(notices: &Notices) -> Vec<String> {
    notices.iter().map(|n| n.message.clone()).collect()
}

fn group_json(ds: &Dataset, out: &mut Map<String, Value>) {
    let dims: Map<String, Value> = ds.dims.iter().map(|(d, n)| (d.to_string(), json!(n))).collect();
    out.insert("dims".into(), Value::Object(dims));
    out.insert("unlimited".into(), ds.unlimited.iter().map(|d| d.to_string()).collect());
    out.insert("coords".into(), ds.coords.iter().map(|(n, _)| n.to_string()).collect());
    let all = ds.coords.iter().chain(ds.vars.iter().map(|(n, v)| (n.as_str(), v)));
    let variables: Map<String, Value> = all.map(|(n, v)| (n.to_string(), variable_json(v))).collect();
    out.insert("variables".into(), Value::Object(variables));
    out.insert("attrs".into(), attrs_json(&ds.attrs));
    let groups = ds.groups.iter().map(|(name, g)| {
        let mut object = Map::new();
        group_json(g, &mut object);
        (name.clone(), Value::Object(object))
    });
    out.insert("groups".into(), Value::Object(groups.collect()));
}

fn variable_json(v: &Variable) -> Value {
    json!({
        "dtype": v.dtype().to_string(),
        "dims": v.dims().iter().map(|d| d.to_string()).collect::<Vec<_>>(),
        "shape": v.shape(),
        "chunks": v.encoding.chunks,
        "attrs": attrs_json(&v.attrs),
        "encoding": encoding_json(v.dtype(), &v.encoding),
    })
}

fn encoding_json(dtype: &DType, e: &Encoding) -> Value {
    let mut out = Map::new();
    let stored = match e.stored_as {
        Some(name) => name.to_string(),
        None if e.char_dim.is_some() => "char".into(),
        None => e.dtype.as_ref().unwrap_or(dtype).to_string(),
    };
    out.insert("dtype".into(), json!(stored));
    if let Some(found) = &e.enumeration {
        let values: Vec<Value> = found.values.scalars().iter().map(scalar_json).collect();
        let members: Map<String, Value> = found.names.iter().cloned().zip(values).collect();
        out.insert("enumeration".into(), json!({"name": found.name, "members": members}));
    }
    if let Some(value) = &e.unwritten {
        out.insert("unwritten".into(), attr_json(value));
    }
    for (name, value) in e.attrs.iter() {
        out.insert(name.to_string(), attr_json(value));
    }
    match &e.codecs {
        Some(codecs) => {
            out.insert("filters".into(), json!(codecs.words));
            if let Some(shards) = &codecs.shards {
                out.insert("shards".into(), json!(shards));
            }
        }
        None => drop(out.insert("filters".into(), e.filters.iter().map(show::filter).collect())),
    }
    if e.contiguous {
        out.insert("contiguous".into(), json!(true));
    }
    if e.big_endian {
        out.insert("big_endian".into(), json!(true));
    }
    Value::Object(out)
}

fn attrs_json(attrs: &Attrs) -> Value {
    Value::Object(attrs.iter().map(|(n, v)| (n.to_string(), attr_json(v))).collect())
}

/// One value plain, several as an array; what JSON has no number for as text.
fn attr_json(value: &AttrValue) -> Value {
    if let AttrValue::Bytes(b) = value {
        return json!(String::from_utf8_lossy(b));
    }
    let mut all: Vec<Value> = value.scalars().iter().map(scalar_json).collect();
    if let Some(shape) = value.shape() {
        return nested(shape, all, &Value::Array);
    }
    if all.len() == 1 { all.remove(0) } else { Value::Array(all) }
}

/// A value as JSON: missing is null, infinities and NaN are text.
pub fn scalar_json(s: &Scalar) -> Value {
    match s {
        Scalar::Null => Value::Null,
        Scalar::Bool(x) => json!(x),
        Scalar::I64(x) => json!(x),
        Scalar::U64(x) => json!(x),
        Scalar::F32(x) if x.is_finite() => serde_json::from_str(&s.to_string()).unwrap_or(json!(x)),
        Scalar::F64(x) if x.is_finite() => json!(x),
        other => json!(other.to_string()),
    }
}
