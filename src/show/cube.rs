//! Cubes: what they hold, without reading more than labels, and a corner of their values.

use super::number::{scalar, texts};
use super::{Align, BOLD, DIM, Grid, NAME, bytes, paint};
use crate::array::{Dataset, Encoding, Filter, Variable};
use crate::dtype::Scalar;
use crate::error::{Result, escape};
use crate::store::{AttrValue, Attrs, Selection, Selector, nested};
use std::fmt;
use unicode_width::UnicodeWidthStr;

/// Dimensions, coordinates, variables and attributes of a cube, one line each, groups below each other.
///
/// # Errors
/// What the file's reader says of the first and last labels.
pub fn dataset(ds: &Dataset, width: usize) -> Result<String> {
    let mut out = String::new();
    let mut text = CubeText { width, attributes: false, companions: &[] };
    text.group(ds, "", &mut out)?;
    Ok(out)
}

/// The same with attributes, chunks, filters and packing of every variable; companions (bounds and the like) stand apart.
///
/// # Errors
/// What the file's reader says of the first and last labels.
pub fn describe(ds: &Dataset, width: usize, companions: &[String]) -> Result<String> {
    let mut out = String::new();
    CubeText { width, attributes: true, companions }.group(ds, "", &mut out)?;
    Ok(out)
}

/// How the text of a cube is laid out.
#[derive(Clone, Copy, Debug)]
pub struct CubeText<'a> {
    /// Columns of the terminal.
    pub width: usize,
    /// Whether attributes and encoding of the variables are shown.
    pub attributes: bool,
    /// Paths of the variables that belong to others.
    pub companions: &'a [String],
}

impl CubeText<'_> {
    fn group(&mut self, ds: &Dataset, path: &str, out: &mut String) -> Result<()> {
        if !path.is_empty() {
            *out += &format!("{} {}\n", paint(BOLD, "group"), escape(path));
        }
        if !ds.dims.is_empty() {
            let dims = ds.dims.iter().map(|(d, n)| {
                let mark = if ds.unlimited.contains(d) { " (unlimited)" } else { "" };
                format!("{} {n}{mark}", escape(d))
            });
            *out += &wrapped(&paint(BOLD, "dims"), "dims".width(), &dims.collect::<Vec<_>>(), self.width);
        }
        let full = |name: &str| if path.is_empty() { name.to_string() } else { format!("{}/{name}", path.trim_start_matches('/')) };
        let companion = |name: &str| self.companions.iter().any(|c| *c == full(name));
        let coords: Vec<_> = ds.coords.iter().filter(|(n, _)| !companion(n)).collect();
        let vars: Vec<_> = ds.vars.iter().map(|(n, v)| (n.as_str(), v)).filter(|(n, _)| !companion(n)).collect();
        let others: Vec<_> = ds.vars.iter().map(|(n, v)| (n.as_str(), v)).chain(ds.coords.iter()).filter(|(n, _)| companion(n)).collect();
        for (title, list, labels) in [("coordinates", coords, true), ("variables", vars, false), ("companions", others, false)] {
            if list.is_empty() {
                continue;
            }
            *out += &format!("{}\n", paint(BOLD, title));
            let pad = list.iter().map(|(n, _)| escape(n).width()).max().unwrap_or(0).min(24);
            for (name, v) in list {
                self.variable(name, v, pad, labels, out)?;
            }
        }
        if !ds.attrs.is_empty() {
            *out += &format!("{}\n", paint(BOLD, "attributes"));
            attributes(&ds.attrs, "  ", self.width, out);
        }
        for (name, group) in &ds.groups {
            self.group(group, &format!("{path}/{name}"), out)?;
        }
        Ok(())
    }

    fn variable(&self, name: &str, v: &Variable, pad: usize, labels: bool, out: &mut String) -> Result<()> {
        let shown = escape(name);
        let blank = " ".repeat(pad.saturating_sub(shown.width()));
        let dims: Vec<String> = v.dims().iter().zip(v.shape()).map(|(d, n)| format!("{} {n}", escape(d))).collect();
        let mut line = format!("  {}{blank}  {}", paint(NAME, &shown), paint(DIM, &v.dtype().to_string()));
        if !dims.is_empty() {
            line += &format!("  ({})", dims.join(", "));
        }
        if labels || v.dims().is_empty() {
            let ends = ends(v)?;
            if !ends.is_empty() {
                line += &format!("  {}", clip(&ends, 60));
            }
        }
        if let Some(units) = v.attrs.text("units").filter(|_| !self.attributes) {
            line += &format!("  [{}]", escape(units));
        }
        out.push_str(&line);
        out.push('\n');
        if self.attributes {
            let stored = storage(v.dtype(), &v.encoding);
            if !stored.is_empty() {
                *out += &format!("    {}\n", paint(DIM, &format!("stored: {stored}")));
            }
            attributes(&v.attrs, "    ", self.width, out);
        }
        Ok(())
    }
}

/// The first and last value: all of them where there are two or fewer.
fn ends(v: &Variable) -> Result<String> {
    let n = v.len();
    if v.dims().len() > 1 || n == 0 {
        return Ok(String::new());
    }
    let at = |i: usize| -> Result<Scalar> {
        let s = if v.dims().is_empty() { Selection::all(0) } else { Selection::new(vec![Selector::At(i)]) };
        Ok(v.read(&s)?.scalar(0))
    };
    let values = if n == 1 { vec![at(0)?] } else { vec![at(0)?, at(n - 1)?] };
    let texts: Vec<String> = values.iter().map(|v| scalar(v).unwrap_or_else(|| "-".into())).collect();
    Ok(texts.join(if n == 2 { ", " } else { " .. " }))
}

/// How a variable is held in its file, in words.
fn storage(dtype: &crate::dtype::DType, e: &Encoding) -> String {
    let mut parts = Vec::new();
    if e.char_dim.is_some() {
        parts.push("char".into());
    } else if let Some(stored) = e.dtype.as_ref().filter(|t| *t != dtype || !e.attrs.is_empty()) {
        parts.push(stored.to_string());
    }
    parts.extend(e.stored_as.map(String::from));
    if let Some(found) = &e.enumeration {
        let name = if found.name.is_empty() { String::new() } else { format!(" {}", escape(&found.name)) };
        parts.push(format!("enumeration{name} of {} names", found.names.len()));
    }
    if e.big_endian {
        parts.push("big-endian".into());
    }
    match &e.chunks {
        Some(chunks) => parts.push(format!("chunks {}", chunks.iter().map(usize::to_string).collect::<Vec<_>>().join(" x "))),
        // Nothing else to say of it: not worth a line.
        None if e.contiguous && !parts.is_empty() => parts.push("contiguous".into()),
        None => {}
    }
    match &e.codecs {
        Some(codecs) => {
            if let Some(shards) = &codecs.shards {
                parts.push(format!("shards {}", shards.iter().map(usize::to_string).collect::<Vec<_>>().join(" x ")));
            }
            parts.extend(codecs.words.iter().cloned());
        }
        None => parts.extend(e.filters.iter().map(filter)),
    }
    if let Some(value) = &e.unwritten {
        parts.push(format!("unwritten {}", attribute(value)));
    }
    for (name, value) in e.attrs.iter() {
        parts.push(format!("{} {}", escape(name), attribute(value)));
    }
    parts.join(", ")
}

/// The name of a filter with its parameters.
pub fn filter(filter: &Filter) -> String {
    match filter {
        Filter::Shuffle => "shuffle".into(),
        Filter::Deflate(level) => format!("deflate {level}"),
        Filter::Fletcher32 => "fletcher32".into(),
        Filter::Zstd(level) => format!("zstd {level}"),
        Filter::Szip { pixels, .. } => format!("szip {pixels}"),
        Filter::Other { id, .. } => format!("filter {id}"),
    }
}

fn attributes(attrs: &Attrs, indent: &str, width: usize, out: &mut String) {
    for (name, value) in attrs.iter() {
        let line = format!("{indent}{}: {}", escape(name), attribute(value));
        *out += &clip(&line, width);
        out.push('\n');
    }
}

/// An attribute's value in one line: texts as they are, numbers with their fewest digits.
pub fn attribute(value: &AttrValue) -> String {
    match value {
        AttrValue::Text(t) => escape(t),
        AttrValue::Bytes(b) => format!("{} of bytes", bytes(b.len() as u64)),
        AttrValue::Array(a) => {
            let items = a.values().scalars().iter().map(plain).collect();
            nested(a.shape(), items, &|list: Vec<String>| format!("[{}]", list.join(", ")))
        }
        other => other.scalars().iter().map(plain).collect::<Vec<_>>().join(", "),
    }
}

/// A number without the `.0` that tells floats from integers.
fn plain(s: &Scalar) -> String {
    let text = escape(&s.to_string());
    match s {
        Scalar::F32(_) | Scalar::F64(_) => text.strip_suffix(".0").map(str::to_string).unwrap_or(text),
        _ => text,
    }
}

/// Text cut to a width.
fn clip(text: &str, width: usize) -> String {
    if text.width() <= width.max(20) {
        return text.to_string();
    }
    let mut out: String = String::new();
    for c in text.chars() {
        if out.width() + 2 > width.max(20) {
            break;
        }
        out.push(c);
    }
    out + "…"
}

/// A title and items, broken where the line is full.
fn wrapped(title: &str, title_width: usize, items: &[String], width: usize) -> String {
    let mut out = String::from(title);
    let mut used = title_width;
    for (i, item) in items.iter().enumerate() {
        let text = if i + 1 < items.len() { format!("{item},") } else { item.clone() };
        if used + 1 + text.width() > width && used > title_width {
            out += "\n   ";
            used = 3;
        }
        out += &format!(" {text}");
        used += 1 + text.width();
    }
    out.push('\n');
    out
}

/// A corner of a variable: the first `n` positions along the last two dimensions (the others at their first), under the labels of
/// the coordinates.
///
/// # Errors
/// What the file's reader says.
pub fn corner(ds: &Dataset, name: &str, n: usize, width: usize) -> Result<String> {
    let v = ds.variable(name)?;
    let rank = v.dims().len();
    let mut out = String::new();
    let dims: Vec<String> = v.dims().iter().zip(v.shape()).map(|(d, n)| format!("{} {n}", escape(d))).collect();
    out += &format!("{} {}  ({})\n", paint(NAME, &escape(name)), paint(DIM, &v.dtype().to_string()), dims.join(", "));
    if v.is_empty() {
        return Ok(out + "  no values\n");
    }
    let leading = rank.saturating_sub(2);
    let mut selectors = vec![Selector::At(0); leading];
    let counts: Vec<usize> = v.shape()[leading..].iter().enumerate().map(|(i, &len)| len.min(if i == 1 { 2 * n } else { n })).collect();
    selectors.extend(counts.iter().map(|&c| Selector::span(0, c)));
    let block = v.read(&Selection::new(selectors))?;
    if leading > 0 {
        let mut at = Vec::new();
        for d in &v.dims()[..leading] {
            let label = labels(ds, d, 1)?;
            at.push(format!("{} {}", escape(d), label[0]));
        }
        out += &paint(DIM, &format!("at {}", at.join(", ")));
        out.push('\n');
    }
    let rows = counts.first().copied().unwrap_or(1);
    let columns = counts.get(1).copied().unwrap_or(1);
    let all: Vec<Scalar> = (0..rows * columns).map(|i| block.scalar(i)).collect();
    let cells = texts(&all, v.dtype());
    let mut grid = Grid::new(std::iter::once(Align::Left).chain((0..columns).map(|_| Align::Right)).collect());
    match rank {
        0 => return Ok(out + &format!("  {}\n", cells[0].clone().unwrap_or_else(|| "-".into()))),
        1 => grid.faint(vec![escape(&v.dims()[0]), String::new()]),
        _ => {
            let across = labels(ds, &v.dims()[rank - 1], columns)?;
            let head = format!("{} / {}", escape(&v.dims()[rank - 2]), escape(&v.dims()[rank - 1]));
            grid.faint(std::iter::once(head).chain(across).collect());
        }
    }
    let down = labels(ds, &v.dims()[leading], rows)?;
    for (i, label) in down.into_iter().enumerate() {
        grid.row(std::iter::once(Some(label)).chain(cells[i * columns..(i + 1) * columns].iter().cloned()).collect());
    }
    out += &grid.fit(width).0;
    Ok(out)
}

/// The first labels of a dimension, as text: its coordinate's values, else positions.
fn labels(ds: &Dataset, dim: &str, n: usize) -> Result<Vec<String>> {
    match ds.coords.get(dim).filter(|c| c.dims().len() == 1 && &*c.dims()[0] == dim) {
        Some(c) => {
            let block = c.read(&Selection::new(vec![Selector::span(0, n.min(c.len()))]))?;
            let values: Vec<Scalar> = (0..block.len()).map(|i| block.scalar(i)).collect();
            Ok(texts(&values, c.dtype()).into_iter().map(|t| t.unwrap_or_else(|| "-".into())).collect())
        }
        None => Ok((0..n).map(|i| i.to_string()).collect()),
    }
}

impl fmt::Display for Dataset {
    /// Dimensions, coordinates, variables and attributes, as on a terminal of 100 columns, without colour.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match dataset(self, 100) {
            Ok(text) => f.write_str(anstream::adapter::strip_str(text.trim_end()).to_string().as_str()),
            Err(e) => write!(f, "{e}"),
        }
    }
}
