//! The page of a table.

use super::super::color::Color;
use super::super::figure::{Axis, Bar, Figure, Layer, Panel, Scale};
use super::super::reduce::{Range, bin, edges};
use super::super::values::{each, floats, is_name, is_time, label, names, scale};
use super::*;
use crate::dtype::{DType, Scalar};
use crate::exec::summary::{ColumnSummary, SummaryOptions, summary};
use crate::show::{number, scalar};
use arrow::array::Array;
use indexmap::IndexMap;

/// Stretches of rows in which missing values are counted.
const STRETCHES: usize = 60;
/// Columns of fewer different values have all of them counted.
const FEW: u64 = 1000;
/// So many numeric columns are correlated.
const MOST_PAIRED: usize = 30;

/// What the second pass finds of a column.
#[derive(Default)]
struct Found {
    edges: Vec<f64>,
    bins: Vec<u64>,
    /// How often each value occurs, where there are few.
    counts: Option<IndexMap<String, u64>>,
    missing: Vec<u64>,
    /// The sum of the cubed distances from the mean, in deviations.
    cubed: f64,
    /// Of times: the last one, lengths between neighbours, and whether they ascend.
    last: Option<f64>,
    steps: IndexMap<u64, (u64, f64)>,
    ascends: bool,
}

/// Sums of the pairs of two columns.
#[derive(Clone, Copy, Default)]
struct Pair {
    n: f64,
    x: f64,
    y: f64,
    xx: f64,
    yy: f64,
    xy: f64,
}

impl Pair {
    fn correlation(&self) -> Option<f64> {
        let (vx, vy) = (self.xx - self.x * self.x / self.n, self.yy - self.y * self.y / self.n);
        let r = (self.xy - self.x * self.y / self.n) / (vx * vy).sqrt();
        (self.n > 1.0 && vx > 0.0 && vy > 0.0 && r.is_finite()).then(|| r.clamp(-1.0, 1.0))
    }
}

pub(super) fn page(source: &Arc<dyn TableSource>, title: &str, exec: &ExecOptions) -> Result<Page> {
    let s = summary(source, &SummaryOptions::default(), exec)?;
    let fields = &source.schema().fields;
    let drawn = fields.len().min(MOST_PANELS);
    let numeric: Vec<usize> =
        (0..fields.len()).filter(|&i| fields[i].dtype.is_numeric() && s.columns[i].std.is_some_and(|d| d > 0.0)).collect();
    let paired: Vec<usize> = numeric.iter().copied().take(MOST_PAIRED).collect();
    let mut found: Vec<Found> = s.columns.iter().take(drawn).map(|c| start(c, s.rows)).collect();
    let mut pairs = vec![Pair::default(); paired.len() * paired.len()];
    let mut wanted: Vec<usize> = (0..drawn).collect();
    wanted.extend(paired.iter().filter(|p| **p >= drawn));
    let mut row = 0u64;
    each(source, &wanted, exec, |columns| {
        let rows = columns.first().map_or(0, |c| c.len());
        let mut values: Vec<Option<Vec<f64>>> = Vec::with_capacity(columns.len());
        for (i, column) in columns.iter().enumerate() {
            let amounts = scale(column.dtype()).is_some().then(|| floats(column)).transpose()?;
            if let (Some(f), Some(c)) = (found.get_mut(i), s.columns.get(i).filter(|_| i < drawn)) {
                take(f, c, column, amounts.as_deref(), row, s.rows);
            }
            values.push(amounts);
        }
        let of = |p: usize| wanted.iter().position(|w| *w == p).and_then(|i| values[i].as_deref());
        for (a, &ia) in paired.iter().enumerate() {
            for (b, &ib) in paired.iter().enumerate().take(a) {
                let (Some(x), Some(y)) = (of(ia), of(ib)) else { continue };
                let (mx, my) = (s.columns[ia].mean.unwrap_or(0.0), s.columns[ib].mean.unwrap_or(0.0));
                let p = &mut pairs[a * paired.len() + b];
                for (x, y) in x.iter().zip(y).filter(|v| v.0.is_finite() && v.1.is_finite()) {
                    // Distances from the means: sums of large numbers would lose digits.
                    let (x, y) = (x - mx, y - my);
                    p.n += 1.0;
                    p.x += x;
                    p.y += y;
                    p.xx += x * x;
                    p.yy += y * y;
                    p.xy += x * y;
                }
            }
        }
        row += rows as u64;
        Ok(())
    })?;
    let mut page = Page::new(title, "Table");
    let cells = s.rows * s.columns.len() as u64;
    let missing: u64 = s.columns.iter().map(|c| c.missing).sum();
    page.fact("rows", crate::show::count(s.rows, ""));
    page.fact("columns", s.columns.len().to_string());
    page.fact("missing cells", share(missing, cells));
    let mut kinds: IndexMap<String, usize> = IndexMap::new();
    s.columns.iter().for_each(|c| *kinds.entry(c.dtype.to_string()).or_default() += 1);
    page.fact("types", kinds.iter().map(|(k, n)| format!("{n} {k}")).collect::<Vec<_>>().join(", "));
    for (i, c) in s.columns.iter().enumerate() {
        judge(&mut page, c, found.get(i), s.rows);
    }
    let numbers = statistics(&s);
    page.bytes += numbers.len();
    page.part("statistics", "Statistics", numbers);
    let mut panels = String::new();
    for (i, c) in s.columns.iter().enumerate().take(drawn) {
        let text = panel(&mut page, i, c, &fields[i].attrs, &found[i], s.rows);
        // Also without pictures there is an end.
        if !page.panel(text, &mut panels) {
            panels += "<p>Further columns stand in the statistics only.</p>\n";
            break;
        }
    }
    page.part("columns", "Columns", format!("<div class=\"panels\">\n{panels}</div>\n"));
    if paired.len() > 1 {
        let part = correlations(&mut page, &s.columns, &paired, &pairs, numeric.len());
        page.part("correlations", "Correlations", part);
    }
    Ok(page)
}

/// A value as the number that it has on an axis.
fn amount(value: &Scalar) -> Option<f64> {
    match value {
        Scalar::Date(days) => Some(*days as f64 * 86_400.0),
        Scalar::Instant { value, unit, .. } | Scalar::Duration { value, unit } | Scalar::Time { value, unit } => {
            Some(*value as f64 / unit.per_second() as f64)
        }
        other => other.as_f64(),
    }
}

/// Bins and the like, as the first pass has found the column.
fn start(c: &ColumnSummary, rows: u64) -> Found {
    let range = match (amount(&c.min), amount(&c.max)) {
        (Some(lo), Some(hi)) if lo.is_finite() && hi.is_finite() => {
            Some(Range { lo, hi, count: c.count, missing: c.missing, whole: c.dtype.is_integer() })
        }
        _ => None,
    };
    let few = c.unique.is_some_and(|u| u <= FEW) && (is_name(&c.dtype) || c.dtype.is_integer());
    let edges = range.map(|r| edges(&r, None)).unwrap_or_default();
    Found {
        bins: vec![0; edges.len().saturating_sub(1)],
        edges,
        counts: few.then(IndexMap::new),
        missing: vec![0; STRETCHES.min(rows.max(1) as usize)],
        ascends: true,
        ..Found::default()
    }
}

fn take(f: &mut Found, c: &ColumnSummary, column: &crate::store::Column, amounts: Option<&[f64]>, row: u64, rows: u64) {
    let stretches = f.missing.len() as u64;
    let nulls = column.values().logical_nulls();
    let there = |i: usize| match amounts {
        Some(a) => !a[i].is_nan(),
        None => nulls.as_ref().is_none_or(|n| n.is_valid(i)),
    };
    for i in (0..column.len()).filter(|&i| !there(i)) {
        let at = ((row + i as u64) as u128 * stretches as u128 / rows.max(1) as u128) as usize;
        f.missing[at.min(stretches as usize - 1)] += 1;
    }
    if let Some(counts) = &mut f.counts {
        for name in names(column).into_iter().flatten() {
            match counts.get_mut(&name) {
                Some(n) => *n += 1,
                None => {
                    counts.insert(name, 1);
                }
            }
        }
    }
    let Some(values) = amounts else { return };
    let (mean, std) = (c.mean.unwrap_or(0.0), c.std.unwrap_or(0.0));
    for &x in values.iter().filter(|x| x.is_finite()) {
        if let Some(b) = bin(&f.edges, x) {
            f.bins[b] += 1;
        }
        if std > 0.0 {
            f.cubed += ((x - mean) / std).powi(3);
        }
    }
    if is_time(&c.dtype) {
        for &t in values.iter().filter(|x| x.is_finite()) {
            if let Some(last) = f.last {
                let step = t - last;
                f.ascends &= step >= 0.0;
                let key = (step * 1e3).round().max(0.0) as u64;
                let known = f.steps.len();
                match f.steps.get_mut(&key) {
                    Some(s) => s.0 += 1,
                    None if known < 10_000 => {
                        f.steps.insert(key, (1, last));
                    }
                    None => {}
                }
            }
            f.last = Some(t);
        }
    }
}

/// What a reader should know of a column.
fn judge(page: &mut Page, c: &ColumnSummary, f: Option<&Found>, rows: u64) {
    let name = clipped(&c.name, 80);
    if rows == 0 {
        return;
    }
    let lacks = c.missing as f64 / rows as f64;
    if c.count == 0 {
        return page.warn(&name, "has no values at all");
    }
    if lacks >= 0.2 {
        page.warn(&name, format!("lacks {} of its values", percent(lacks)));
    }
    if c.unique == Some(1) && rows > 1 {
        let what = scalar(&c.min).filter(|_| c.min != Scalar::Null).or_else(|| scalar(&c.top));
        page.warn(&name, format!("is constant: {}", what.map_or("one value".into(), |v| clipped(&v, 40))));
    } else if c.unique == Some(c.count) && c.count > 20 && (c.dtype == DType::Str || c.dtype.is_integer()) {
        page.remark(&name, "every value is different: an identifier, or free text");
    }
    let Some(f) = f else { return };
    let skew = f.cubed / c.count as f64;
    if c.count > 20 && skew.abs() >= 2.0 && c.unique.is_some_and(|u| u > 2) {
        page.warn(&name, format!("is skewed ({skew:.1}): the mean says little of it; look at the median"));
    }
    if is_time(&c.dtype) {
        gaps(page, &name, f);
    }
}

/// Gaps between times of one step, told for columns and for axes alike.
fn gaps(page: &mut Page, name: &str, f: &Found) {
    if !f.ascends {
        return page.remark(name, "the times do not ascend from row to row");
    }
    let all: u64 = f.steps.values().map(|s| s.0).sum();
    let Some((&usual, &(often, _))) = f.steps.iter().filter(|s| *s.0 > 0).max_by_key(|s| s.1.0) else { return };
    let longer: Vec<(&u64, &(u64, f64))> = f.steps.iter().filter(|s| *s.0 > usual + usual / 2).collect();
    if often * 10 < all * 8 || longer.is_empty() {
        return;
    }
    let count: u64 = longer.iter().map(|l| l.1.0).sum();
    let first = longer.iter().map(|l| l.1.1).fold(f64::INFINITY, f64::min);
    let calendar = crate::dtype::Calendar::ProlepticGregorian;
    let after = super::super::ticks::moment(first, calendar);
    page.warn(
        name,
        format!(
            "{} in time: steps longer than the usual {}, the first after {after}",
            crate::show::count(count, "gap"),
            length(usual as f64 / 1e3)
        ),
    );
}

/// A length of time in words.
pub(super) fn length(seconds: f64) -> String {
    for (unit, size) in [("day", 86_400.0), ("hour", 3600.0), ("minute", 60.0)] {
        if seconds >= size && seconds % size == 0.0 {
            return crate::show::count((seconds / size) as u64, unit);
        }
    }
    format!("{} seconds", number(seconds))
}

fn value(s: &Scalar) -> Option<String> {
    scalar(s).map(|t| clipped(&t, 40))
}

fn statistics(s: &crate::exec::summary::TableSummary) -> String {
    let head = ["column", "type", "count", "missing", "unique", "mean", "std", "min", "25%", "50%", "75%", "max", "top", "freq"];
    let right = [false, false, true, true, true, true, true, true, true, true, true, true, false, true];
    let float = |x: Option<f64>| x.map(number).unwrap_or_default();
    // Long texts would push the other columns off the page.
    let short = |s: &Scalar| scalar(s).map(|t| clipped(&t, 20)).unwrap_or_default();
    let row = |c: &ColumnSummary| -> Vec<String> {
        let q = |i: usize| float(c.quantiles.get(i).copied().flatten());
        vec![
            clipped(&c.name, 60),
            c.dtype.to_string(),
            c.count.to_string(),
            c.missing.to_string(),
            c.unique.map(|n| n.to_string()).unwrap_or_default(),
            float(c.mean),
            float(c.std),
            short(&c.min),
            q(0),
            q(1),
            q(2),
            short(&c.max),
            short(&c.top),
            c.freq.map(|n| n.to_string()).unwrap_or_default(),
        ]
    };
    grid("statistics of every column", &head, &right, &s.columns.iter().map(row).collect::<Vec<_>>())
}

fn panel(page: &mut Page, i: usize, c: &ColumnSummary, attrs: &crate::store::Attrs, f: &Found, rows: u64) -> String {
    let mut out = format!(
        "<article aria-labelledby=\"column{i}\">\n<h3 id=\"column{i}\">{} <small>{}</small></h3>\n",
        escaped(&clipped(&c.name, 120)),
        escaped(&c.dtype.to_string())
    );
    let q = |i: usize| c.quantiles.get(i).copied().flatten().map(number);
    out += &numbers(&[
        ("count", Some(crate::show::count(c.count, ""))),
        ("missing", Some(share(c.missing, rows))),
        ("unique", c.unique.map(|n| crate::show::count(n, ""))),
        ("mean", c.mean.map(number)),
        ("std", c.std.map(number)),
        ("min", value(&c.min).filter(|_| c.dtype != DType::Str)),
        ("max", value(&c.max).filter(|_| c.dtype != DType::Str)),
        ("median", q(1)),
        ("quartiles", q(0).zip(q(2)).map(|(a, b)| format!("{a} – {b}"))),
    ]);
    let amounts = scale(&c.dtype).filter(|_| c.dtype != DType::Bool);
    if let Some(scale) = amounts.filter(|_| f.edges.len() > 1 && c.count > 0) {
        out += &page.picture(&histogram(c, attrs, f, scale));
    }
    if let Some(counts) = f.counts.as_ref().filter(|c| !c.is_empty() && (c.len() <= 30 || c.values().any(|n| *n > 1))) {
        let mut top: Vec<(&String, &u64)> = counts.iter().collect();
        top.sort_by(|a, b| b.1.cmp(a.1).then_with(|| a.0.cmp(b.0)));
        let head = if top.len() > 10 { format!("Most frequent of {}", top.len()) } else { "Values".into() };
        out += &format!(
            "<h4>{head}</h4>\n<div class=\"scroll\" role=\"region\" aria-label=\"values of {0}\" tabindex=\"0\"><table>\n<thead><tr><th scope=\"col\">value</th><th scope=\"col\" class=\"n\">rows</th><th scope=\"col\" class=\"n\">share</th></tr></thead>\n<tbody>\n",
            escaped(&clipped(&c.name, 60))
        );
        for (name, n) in top.into_iter().take(10) {
            let shown = if name.is_empty() { "\"\"".into() } else { clipped(name, 60) };
            out += &format!(
                "<tr><td class=\"text\">{}</td><td class=\"n\">{n}</td><td class=\"n\">{}</td></tr>\n",
                escaped(&shown),
                percent(*n as f64 / c.count.max(1) as f64)
            );
        }
        out += "</tbody></table></div>\n";
    } else if let (Some(top), Some(freq)) = (value(&c.top), c.freq.filter(|n| *n > 1)) {
        out += &format!("<h4>Most frequent</h4>\n<p>{} ({freq} rows)</p>\n", escaped(&top));
    }
    if c.missing > 0 {
        out += &strip(&f.missing, rows);
    }
    out + "</article>\n"
}

/// Where values are missing, from the first row to the last.
fn strip(missing: &[u64], rows: u64) -> String {
    let n = missing.len() as u64;
    let most = missing.iter().enumerate().max_by_key(|m| m.1).map_or(0, |m| m.0) as u64;
    let (from, to) = (rows * most / n, (rows * (most + 1) / n).max(rows * most / n + 1) - 1);
    let says = format!("missing by position: most from row {from} to {to}");
    let mut out = format!(
        "<h4>Missing by position</h4>\n<svg class=\"strip\" viewBox=\"0 0 {n} 1\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"{says}\">"
    );
    for (i, count) in missing.iter().enumerate().filter(|m| *m.1 > 0) {
        let i = i as u64;
        let here = (rows * (i + 1) / n - rows * i / n).max(1);
        let share = (*count as f64 / here as f64).clamp(0.08, 1.0);
        out += &format!("<rect x=\"{i}\" width=\"1\" height=\"1\" fill=\"var(--series1)\" fill-opacity=\"{share:.2}\"/>");
    }
    out + "</svg>\n"
}

fn histogram(c: &ColumnSummary, attrs: &crate::store::Attrs, f: &Found, scale: Scale) -> Figure {
    let each = c.dtype.is_integer() && f.edges[1] - f.edges[0] == 1.0;
    let scale = if each { Scale::Whole } else { scale };
    let x = Axis::new(
        if attrs.text("units").is_some() { label(&c.name, attrs) } else { String::new() },
        scale,
        (f.edges[0], f.edges[f.edges.len() - 1]),
    );
    let top = f.bins.iter().copied().max().unwrap_or(1).max(1) as f64;
    let bars = f.bins.iter().enumerate().filter(|b| *b.1 > 0).map(|(i, &n)| {
        let place = if each { x.says(f.edges[i] + 0.5) } else { format!("{} to {}", x.says(f.edges[i]), x.says(f.edges[i + 1])) };
        Bar { x: (f.edges[i], f.edges[i + 1]), y: (0.0, n as f64), says: format!("{place}: {}", crate::show::count(n, "row")) }
    });
    let layer = Layer::Bars { bars: bars.collect(), color: Color::Series(0) };
    let panel = Panel::new(x, Axis::new("rows", Scale::Number, (0.0, top * 1.04)), vec![layer]);
    Figure { subtitle: String::new(), panels: vec![panel], size: Some((400, 210)), ..Figure::default() }
}

fn correlations(page: &mut Page, columns: &[ColumnSummary], paired: &[usize], pairs: &[Pair], numeric: usize) -> String {
    use super::super::color::ColorMap;
    use super::super::figure::ColorBar;
    let n = paired.len();
    let of = |a: usize, b: usize| if a == b { Some(1.0) } else { pairs[a.max(b) * n + a.min(b)].correlation() };
    let values: Vec<f64> = (0..n).rev().flat_map(|r| (0..n).map(move |c| (r, c))).map(|(r, c)| of(r, c).unwrap_or(f64::NAN)).collect();
    let names: Vec<String> = paired.iter().map(|&p| clipped(&columns[p].name, 40)).collect();
    let mut rows = Vec::new();
    for a in 0..n {
        for b in 0..a {
            if let Some(r) = of(a, b) {
                rows.push((
                    r,
                    vec![names[b].clone(), names[a].clone(), format!("{r:.3}").replace('-', "−"), (pairs[a * n + b].n as u64).to_string()],
                ));
                if r.abs() > 0.95 {
                    page.remark(&names[a], format!("goes with {} almost exactly ({r:.3})", names[b]));
                }
            }
        }
    }
    rows.sort_by(|x, y| y.0.abs().total_cmp(&x.0.abs()));
    let table: Vec<Vec<String>> = rows.into_iter().take(20).map(|r| r.1).collect();
    let mut out = String::new();
    if let Ok(map) = ColorMap::parse("RdBu_r") {
        let edges: Vec<f64> = (0..=n).map(|i| i as f64 - 0.5).collect();
        let texts = (n <= 10).then(|| {
            values
                .iter()
                .map(|v| if v.is_nan() { String::new() } else { format!("{:.2}", (v * 100.0).round() / 100.0 + 0.0).replace('-', "−") })
                .collect()
        });
        let cells = Layer::Cells { x: edges.clone(), y: edges, values, texts };
        let panel = Panel::new(Axis::names("", names.clone()), Axis::names("", names.iter().rev().cloned().collect()), vec![cells]);
        let bar = ColorBar { map, lo: -1.0, hi: 1.0, label: String::new() };
        let figure = Figure {
            title: String::new(),
            subtitle: String::new(),
            panels: vec![panel],
            bar: Some(bar),
            size: Some((640, 480)),
            ..Figure::default()
        };
        out += &format!("<div class=\"panels wide\">{}", page.picture(&figure));
    }
    out += &grid("the strongest correlations", &["of", "and", "r", "rows"], &[false, false, true, true], &table);
    out += "</div>\n";
    if numeric > n {
        out += &format!("<p>The first {n} of {numeric} numeric columns.</p>\n");
    }
    out + "<p>Pearson's correlation over the rows that have both.</p>\n"
}
