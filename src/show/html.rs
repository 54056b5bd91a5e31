//! Tables and cubes as HTML for notebooks: what a cell shows under itself. The style comes with it and follows the reader's theme; nothing
//! is loaded from elsewhere, and no script is needed.

use super::{attribute, bytes, column_texts, count, scalar};
use crate::array::{Dataset, Variable};
use crate::error::{Result, escape};
use crate::frame::DataFrame;
use crate::store::{Attrs, NdArray, Schema, Selection, Selector};

const STYLE: &str = "<style>\
.hpda{--i:#1f2328;--f:#57606a;--g:#e1e5e9;--p:transparent;color:var(--i);background:var(--p);font:14px/1.45 system-ui,-apple-system,'Segoe UI',Roboto,Arial,sans-serif;max-width:60rem}\
@media (prefers-color-scheme:dark){.hpda{--i:#e6e9ed;--f:#a0a8b1;--g:#343b44}}\
.hpda p{margin:.2rem 0;color:var(--f)}\
.hpda .s{overflow-x:auto}\
.hpda table{border-collapse:collapse;margin:.3rem 0;font-size:13px;font-variant-numeric:tabular-nums}\
.hpda th,.hpda td{padding:.15rem .6rem;text-align:left;border-bottom:1px solid var(--g);white-space:nowrap;vertical-align:top}\
.hpda td.n,.hpda th.n{text-align:right}\
.hpda td.a{white-space:normal;overflow-wrap:anywhere}\
.hpda small,.hpda .t{color:var(--f);font-weight:400}\
.hpda summary{cursor:pointer;padding:.1rem 0;overflow-wrap:anywhere}\
.hpda details details{margin-left:1.2rem}\
.hpda details>table{margin-left:1.2rem}\
</style>";

/// Text inside of markup. Names from files are shown as on a terminal: control characters are spelled out.
fn text(t: &str) -> String {
    escape(t).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
}

/// So many rows at each end of a table.
const ENDS: usize = 5;
/// So many columns; in the middle others are left out.
const COLUMNS: usize = 20;
/// So many characters of a text.
const CHARS: usize = 80;

fn clipped(t: &str, most: usize) -> String {
    if t.chars().count() <= most { text(t) } else { text(&t.chars().take(most - 1).chain(['…']).collect::<String>()) }
}

/// The first and last rows of a table under names and types, and its size.
///
/// # Errors
/// Never in practice; a frame that contradicts itself.
pub fn table_html(frame: &DataFrame) -> Result<String> {
    let rows = frame.height();
    let batch = frame.to_batch()?;
    let fields = &batch.schema.fields;
    let all = fields.len();
    let chosen: Vec<Option<usize>> = if all <= COLUMNS {
        (0..all).map(Some).collect()
    } else {
        (0..COLUMNS / 2).map(Some).chain([None]).chain((all - COLUMNS / 2..all).map(Some)).collect()
    };
    let right = |i: usize| if fields[i].dtype.is_numeric() || fields[i].dtype.is_temporal() { " class=\"n\"" } else { "" };
    let line =
        |cell: &dyn Fn(usize) -> String, gap: &str| -> String { chosen.iter().map(|c| c.map_or_else(|| gap.to_string(), cell)).collect() };
    let head = line(
        &|i| {
            format!(
                "<th scope=\"col\"{}>{}<br><small>{}</small></th>",
                right(i),
                clipped(&fields[i].name, CHARS),
                text(&fields[i].dtype.to_string())
            )
        },
        "<th>…</th>",
    );
    let parts = if rows <= 2 * ENDS { vec![(0, rows)] } else { vec![(0, ENDS), (rows - ENDS, ENDS)] };
    let mut body = String::new();
    for (p, (start, n)) in parts.into_iter().enumerate() {
        if p > 0 {
            body += &format!("<tr>{}</tr>\n", line(&|i| format!("<td{}>…</td>", right(i)), "<td>…</td>"));
        }
        let texts: Vec<Vec<Option<String>>> = (0..all)
            .map(|i| if chosen.contains(&Some(i)) { column_texts(&batch.columns[i].slice(start, n)) } else { Vec::new() })
            .collect();
        let row = |r: usize| {
            let cell = |i: usize| match &texts[i][r] {
                Some(t) => format!("<td{}>{}</td>", right(i), clipped(t, CHARS)),
                None => format!("<td{}><span class=\"t\">-</span></td>", right(i)),
            };
            format!("<tr>{}</tr>\n", line(&cell, "<td>…</td>"))
        };
        body.extend((0..n).map(row));
    }
    let size = format!("{} × {}", count(rows as u64, "row"), count(all as u64, "column"));
    Ok(format!(
        "<div class=\"hpda\">{STYLE}\n<div class=\"s\" tabindex=\"0\" role=\"region\" aria-label=\"table, {size}\"><table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}</tbody></table></div>\n<p>{size}</p></div>\n"
    ))
}

/// Columns with their types, attributes and missing counts, where these are known: what `info` tells of a table.
pub fn schema_html(schema: &Schema, rows: Option<u64>, missing: &[Option<u64>], facts: &[(String, String)]) -> String {
    let known = missing.iter().any(Option::is_some);
    let mut body = String::new();
    for (i, f) in schema.fields.iter().enumerate() {
        let lacks = missing.get(i).copied().flatten().map(|n| n.to_string()).unwrap_or_default();
        let lacks = if known { format!("<td class=\"n\">{lacks}</td>") } else { String::new() };
        let attrs = if f.attrs.is_empty() { String::new() } else { details("attributes", &attributes(&f.attrs)) };
        body += &format!(
            "<tr><th scope=\"row\">{}</th><td class=\"t\">{}</td>{lacks}<td class=\"a\">{attrs}</td></tr>\n",
            clipped(&f.name, CHARS),
            text(&f.dtype.to_string())
        );
    }
    let missing = if known { "<th scope=\"col\" class=\"n\">missing</th>" } else { "" };
    let mut line: Vec<String> = rows.map(|r| count(r, "row")).into_iter().collect();
    line.push(count(schema.fields.len() as u64, "column"));
    line.extend(facts.iter().map(|(n, v)| format!("{} {}", text(n), text(v))));
    format!(
        "<div class=\"hpda\">{STYLE}\n<p>{}</p>\n<div class=\"s\"><table>\n<thead><tr><th scope=\"col\">column</th><th scope=\"col\">type</th>{missing}<th></th></tr></thead>\n<tbody>\n{body}</tbody></table></div></div>\n",
        line.join(", ")
    )
}

/// Dims, coordinates, variables, attributes and groups of a cube, each to be opened: a first look without reading more than labels.
///
/// # Errors
/// What the file's reader says of the first and last labels.
pub fn dataset_html(ds: &Dataset) -> Result<String> {
    Ok(format!("<div class=\"hpda\">{STYLE}\n{}</div>\n", group(ds)?))
}

fn group(ds: &Dataset) -> Result<String> {
    let dims: Vec<String> = ds
        .dims
        .iter()
        .map(|(d, n)| {
            let own = ds.coords.contains(d);
            let name = if own { format!("<b>{}</b>", text(d)) } else { text(d) };
            format!("{name}: {n}{}", if ds.unlimited.contains(d) { " <small>(unlimited)</small>" } else { "" })
        })
        .collect();
    let mut out = format!("<p>Dims: {}</p>\n", if dims.is_empty() { "none".into() } else { dims.join(", ") });
    for (title, list) in
        [("Coordinates", ds.coords.iter().collect::<Vec<_>>()), ("Variables", ds.vars.iter().map(|(n, v)| (n.as_str(), v)).collect())]
    {
        let mut inner = String::new();
        for (name, v) in &list {
            inner += &variable(name, v)?;
        }
        out += &section(title, list.len(), &inner, list.len() <= 30);
    }
    if !ds.attrs.is_empty() {
        out += &section("Attributes", ds.attrs.len(), &attributes(&ds.attrs), false);
    }
    for (name, inner) in &ds.groups {
        out += &format!("<details><summary><b>Group {}</b></summary>\n{}</details>\n", clipped(name, CHARS), group(inner)?);
    }
    Ok(out)
}

fn section(title: &str, n: usize, inner: &str, open: bool) -> String {
    let open = if open && n > 0 { " open" } else { "" };
    format!("<details{open}><summary><b>{title}</b> <small>({n})</small></summary>\n{inner}</details>\n")
}

fn details(title: &str, inner: &str) -> String {
    format!("<details><summary><small>{title}</small></summary>\n{inner}</details>")
}

fn variable(name: &str, v: &Variable) -> Result<String> {
    let dims: Vec<String> = v.dims().iter().map(|d| text(d)).collect();
    let width = v.dtype().phys().and_then(|p| p.width());
    let size = width.map(|w| format!(" <small>{}</small>", bytes((v.len() * w) as u64))).unwrap_or_default();
    let shape: Vec<String> = v.shape().iter().map(usize::to_string).collect();
    let mut rows = String::new();
    let mut fact = |n: &str, value: String| rows += &format!("<tr><th scope=\"row\">{n}</th><td class=\"a\">{value}</td></tr>\n");
    if !shape.is_empty() {
        fact("shape", shape.join(" × "));
    }
    if let Some(chunks) = &v.encoding.chunks {
        fact("chunks", chunks.iter().map(usize::to_string).collect::<Vec<_>>().join(" × "));
    }
    if let Some(stored) = v.encoding.dtype.as_ref().filter(|d| *d != v.dtype()) {
        fact("stored as", text(&stored.to_string()));
    }
    for (n, value) in v.attrs.iter() {
        fact(&clipped(n, CHARS), clipped(&attribute(value), 1000));
    }
    let rows = format!("<table><tbody>\n{rows}</tbody></table>\n");
    Ok(format!(
        "<details><summary><b>{}</b> <span class=\"t\">({})</span> <span class=\"t\">{}</span>{size} {}</summary>\n{rows}</details>\n",
        clipped(name, CHARS),
        dims.join(", "),
        text(&v.dtype().to_string()),
        preview(v)?
    ))
}

/// The first and last values of what is small to read: labels and single values.
fn preview(v: &Variable) -> Result<String> {
    if v.dims().len() > 1 || v.is_empty() {
        return Ok(String::new());
    }
    let texts = |a: &NdArray| (0..a.len()).map(|i| scalar(&a.scalar(i)).unwrap_or_else(|| "-".into())).collect::<Vec<String>>();
    if v.dims().is_empty() {
        return Ok(clipped(&texts(&v.load()?).concat(), CHARS));
    }
    let read = |start: usize, n: usize| v.read(&Selection::new(vec![Selector::span(start, n)]));
    let n = v.len();
    let shown = if n <= 5 {
        texts(&read(0, n)?).join(" ")
    } else {
        format!("{} … {}", texts(&read(0, 2)?).join(" "), texts(&read(n - 2, 2)?).join(" "))
    };
    Ok(clipped(&shown, CHARS))
}

fn attributes(attrs: &Attrs) -> String {
    let row = |(n, v): (&str, &crate::store::AttrValue)| {
        format!("<tr><th scope=\"row\">{}</th><td class=\"a\">{}</td></tr>\n", clipped(n, CHARS), clipped(&attribute(v), 1000))
    };
    format!("<table><tbody>\n{}</tbody></table>\n", attrs.iter().map(row).collect::<String>())
}

impl DataFrame {
    /// The table as HTML for a notebook: its first and last rows under names and types.
    ///
    /// # Errors
    /// Never in practice; a frame that contradicts itself.
    ///
    /// # Examples
    /// ```
    /// let html = hpda_data::read_csv("data/stations.csv")?.to_html()?;
    /// assert!(html.contains("<small>datetime</small>") && html.contains("8 rows × 9 columns"));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn to_html(&self) -> Result<String> {
        table_html(self)
    }
}

impl Dataset {
    /// What the cube holds as HTML for a notebook, in parts that open: dims, coordinates, variables with their attributes, groups. Reads
    /// no more than the first and last labels.
    ///
    /// # Errors
    /// What the file's reader says.
    ///
    /// # Examples
    /// ```
    /// let html = hpda_data::open_dataset("data/climate.nc")?.to_html()?;
    /// assert!(html.contains("<b>tas</b>") && html.contains("near-surface air temperature"));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn to_html(&self) -> Result<String> {
        dataset_html(self)
    }
}
