//! The page of a cube.

use super::super::cube::figure as draw;
use super::super::values::{is_time, label, units};
use super::super::{Kind, PlotOptions};
use super::*;
use crate::array::{Variable, is_latitude, is_longitude};
use crate::dtype::{DType, Scalar};
use crate::exec::summary::{VariableSummary, cube_summary};
use crate::open::companions;
use crate::show::{number, scalar};
use crate::store::{Column, Selection, Selector};
use std::collections::BTreeMap;

/// So many labels of an axis are looked at for gaps.
const MOST_LABELS: usize = 10_000_000;

pub(super) fn page(ds: &Dataset, title: &str, exec: &ExecOptions) -> Result<Page> {
    let apart = companions(ds);
    let s = cube_summary(ds, &apart, exec)?;
    let mut page = Page::new(title, "Cube");
    let dims: Vec<String> =
        ds.dims.iter().map(|(d, n)| format!("{d} {n}{}", if ds.unlimited.contains(d) { " (unlimited)" } else { "" })).collect();
    page.fact("dims", if dims.is_empty() { "none".into() } else { dims.join(", ") });
    let data: Vec<&VariableSummary> = s.variables.iter().filter(|v| find(ds, &v.variable).is_some_and(|f| f.2)).collect();
    page.fact("variables", data.len().to_string());
    page.fact("coordinates", (s.variables.len() - data.len()).to_string());
    if !ds.groups.is_empty() {
        page.fact("groups", ds.groups.len().to_string());
    }
    let (count, missing): (u64, u64) = data.iter().fold((0, 0), |a, v| (a.0 + v.count + v.missing, a.1 + v.missing));
    page.fact("missing values", share(missing, count));
    if let Some(time) = ds.coords.iter().find(|(_, c)| is_time(c.dtype()) && c.dims().len() == 1) {
        let found = s.variables.iter().find(|v| v.variable == time.0);
        if let Some(v) = found.filter(|v| v.count > 0) {
            // Days are enough here; the statistics have the rest.
            let day = |s: &Scalar| scalar(s).map(|t| t.split('T').next().unwrap_or_default().to_string()).unwrap_or_default();
            page.fact("time", format!("{} to {}", day(&v.min), day(&v.max)));
        }
    }
    for v in &data {
        judge(&mut page, v, find(ds, &v.variable).map(|f| f.1));
    }
    conventions(&mut page, ds, &apart)?;
    let numbers = statistics(&s.variables);
    page.bytes += numbers.len();
    page.part("statistics", "Statistics", numbers);
    let mut panels = String::new();
    for (i, v) in data.iter().enumerate().take(MOST_PANELS) {
        let Some((group, variable, _)) = find(ds, &v.variable) else { continue };
        let text = panel(&mut page, i, group, variable, v, exec);
        if !page.panel(text, &mut panels) {
            panels += "<p>Further variables stand in the statistics only.</p>\n";
            break;
        }
    }
    if !panels.is_empty() {
        page.part("variables", "Variables", format!("<div class=\"panels wide\">\n{panels}</div>\n"));
    }
    if !ds.attrs.is_empty() {
        page.part("attributes", "Attributes", attributes("attributes of the file", &ds.attrs));
    }
    Ok(page)
}

/// The group, the variable of a path, and whether it is data.
fn find<'a>(ds: &'a Dataset, path: &str) -> Option<(&'a Dataset, &'a Variable, bool)> {
    if let Ok(v) = ds.variable(path) {
        return Some((ds, v, ds.vars.contains_key(path)));
    }
    let (group, rest) = path.trim_start_matches('/').split_once('/')?;
    find(ds.groups.get(group)?, rest)
}

fn attributes(label: &str, attrs: &crate::store::Attrs) -> String {
    let rows: Vec<Vec<String>> =
        attrs.iter().take(100).map(|(n, v)| vec![clipped(n, 60), clipped(&crate::show::attribute(v), 400)]).collect();
    grid(label, &["name", "value"], &[], &rows).replace("<td>", "<td class=\"text\">")
}

fn judge(page: &mut Page, v: &VariableSummary, variable: Option<&Variable>) {
    let (name, all) = (clipped(&v.variable, 80), v.count + v.missing);
    if all == 0 {
        return page.remark(&name, "has no elements");
    }
    if v.count == 0 {
        return page.warn(&name, "has no values at all: every one is missing");
    }
    let lacks = v.missing as f64 / all as f64;
    if lacks >= 0.2 {
        page.warn(&name, format!("lacks {} of its values", percent(lacks)));
    }
    if v.min == v.max && v.count > 1 {
        page.warn(&name, format!("is constant: {}", scalar(&v.min).unwrap_or_default()));
    }
    if let Some(used) = variable.and_then(|w| packed(w, v)) {
        page.warn(&name, used);
    }
}

/// Whether values come near the ends of the packed type.
fn packed(variable: &Variable, v: &VariableSummary) -> Option<String> {
    let e = &variable.encoding;
    let dtype = e.dtype.as_ref().filter(|d| d.is_integer())?;
    let scale = e.attrs.number("scale_factor")?;
    let offset = e.attrs.number("add_offset").unwrap_or(0.0);
    let (lo, hi) = match dtype {
        DType::I8 => (i8::MIN as f64, i8::MAX as f64),
        DType::U8 => (0.0, u8::MAX as f64),
        DType::I16 => (i16::MIN as f64, i16::MAX as f64),
        DType::U16 => (0.0, u16::MAX as f64),
        DType::I32 => (i32::MIN as f64, i32::MAX as f64),
        _ => return None,
    };
    let of = |s: &Scalar| s.as_f64().map(|x| (x - offset) / scale);
    let (a, b) = (of(&v.min)?, of(&v.max)?);
    let (a, b) = (a.min(b), a.max(b));
    let room = (hi - lo) * 0.01;
    (a < lo + room || b > hi - room)
        .then(|| format!("uses up its packed range: values from {} to {} of {dtype}, which ends at {lo} and {hi}", a.round(), b.round()))
}

/// What the CF conventions ask for and the file does not have, and gaps in its axes.
fn conventions(page: &mut Page, ds: &Dataset, apart: &[String]) -> Result<()> {
    if !ds.attrs.contains("Conventions") {
        page.remark("file", "has no attribute Conventions: programs cannot tell that it follows CF");
    }
    for (name, v) in ds.vars.iter().filter(|(n, _)| !apart.contains(n)) {
        let name = clipped(name, 80);
        if v.dtype().is_numeric() && !v.attrs.contains("units") && !v.attrs.contains("flag_values") {
            page.remark(&name, "has no units");
        }
        if !v.attrs.contains("standard_name") && !v.attrs.contains("long_name") {
            page.remark(&name, "has neither standard_name nor long_name");
        }
        for attr in ["bounds", "grid_mapping", "ancillary_variables", "cell_measures"] {
            for word in v.attrs.text(attr).unwrap_or_default().split_whitespace().filter(|w| !w.ends_with(':')) {
                if ds.variable(word).is_err() {
                    page.remark(&name, format!("names {word:?} in {attr}, which is not in the file"));
                }
            }
        }
    }
    for (dim, &n) in &ds.dims {
        let used = ds.vars.iter().any(|(name, v)| !apart.contains(name) && v.dims().contains(dim));
        let Some(c) = ds.coords.get(dim) else {
            if used && n > 1 {
                page.remark(dim, "is a dim without labels");
            }
            continue;
        };
        if c.attrs.text("units").is_none() && (is_latitude(dim, c) || is_longitude(dim, c)) {
            page.remark(dim, "has no units: degrees_north or degrees_east are meant");
        }
        if let Some(bounds) = c.attrs.text("bounds").or_else(|| c.encoding.attrs.text("bounds"))
            && ds.variable(bounds).is_err()
        {
            page.remark(dim, format!("names {bounds:?} as its bounds, which are not in the file"));
        }
        if c.dims().len() == 1 && (2..=MOST_LABELS).contains(&c.len()) && (c.dtype().is_numeric() || is_time(c.dtype())) {
            axis(page, dim, c)?;
        }
    }
    Ok(())
}

/// Order and gaps of the labels of an axis.
fn axis(page: &mut Page, name: &str, c: &Variable) -> Result<()> {
    let at = super::super::values::floats(&Column::from_nd(&c.load()?)?)?;
    if at.iter().any(|x| !x.is_finite()) {
        page.warn(name, "has missing labels");
        return Ok(());
    }
    let steps: Vec<f64> = at.windows(2).map(|w| w[1] - w[0]).collect();
    let (up, down) = (steps.iter().all(|s| *s > 0.0), steps.iter().all(|s| *s < 0.0));
    if !up && !down {
        let what = if steps.contains(&0.0) { "has labels that stand twice or are in no order" } else { "has labels in no order" };
        page.warn(name, what);
        return Ok(());
    }
    if !is_time(c.dtype()) {
        return Ok(());
    }
    // Months and years are of several lengths: the middle length is the usual one.
    let mut sizes: Vec<f64> = steps.iter().map(|s| s.abs()).collect();
    sizes.sort_by(f64::total_cmp);
    let usual = sizes[sizes.len() / 2];
    let gaps: Vec<usize> = (0..steps.len()).filter(|&i| steps[i].abs() > 1.5 * usual).collect();
    if let Some(&first) = gaps.first().filter(|_| gaps.len() * 5 <= steps.len()) {
        let label = scalar(&c.read(&Selection::new(vec![Selector::At(first)]))?.scalar(0)).unwrap_or_default();
        let days = (usual / 86_400.0 * 10.0).round() / 10.0;
        let usual = if days >= 1.0 { format!("{days} days") } else { super::table::length(usual) };
        page.warn(
            name,
            format!("{}: steps longer than the usual {usual}, the first after {label}", crate::show::count(gaps.len() as u64, "gap")),
        );
    }
    Ok(())
}

fn statistics(list: &[VariableSummary]) -> String {
    let head = ["variable", "type", "dims", "shape", "count", "missing", "mean", "std", "min", "max"];
    let right = [false, false, false, false, true, true, true, true, true, true];
    let value = |s: &Scalar| scalar(s).map(|t| clipped(&t, 24)).unwrap_or_default();
    let row = |v: &VariableSummary| {
        vec![
            clipped(&v.variable, 60),
            v.dtype.to_string(),
            v.dims.join(", "),
            v.shape.iter().map(usize::to_string).collect::<Vec<_>>().join(" × "),
            v.count.to_string(),
            v.missing.to_string(),
            v.mean.map(number).unwrap_or_default(),
            v.std.map(number).unwrap_or_default(),
            value(&v.min),
            value(&v.max),
        ]
    };
    grid("statistics of every variable", &head, &right, &list.iter().map(row).collect::<Vec<_>>())
}

fn panel(page: &mut Page, i: usize, group: &Dataset, variable: &Variable, v: &VariableSummary, exec: &ExecOptions) -> String {
    let name = v.variable.rsplit('/').next().unwrap_or(&v.variable);
    let said = label(name, &variable.attrs);
    let dims: Vec<String> = v.dims.iter().zip(&v.shape).map(|(d, n)| format!("{d} {n}")).collect();
    let mut out = format!(
        "<article aria-labelledby=\"variable{i}\">\n<h3 id=\"variable{i}\">{} <small>{}{}</small></h3>\n",
        escaped(&clipped(&v.variable, 120)),
        escaped(&v.dtype.to_string()),
        if dims.is_empty() { String::new() } else { format!(" ({})", escaped(&dims.join(", "))) },
    );
    if said != name {
        out += &format!("<p>{}</p>\n", escaped(&clipped(&said, 200)));
    }
    let unit = variable.attrs.text("units").map(units).filter(|u| !u.is_empty());
    let value = |s: &Scalar| scalar(s).map(|t| clipped(&t, 40));
    out += &numbers(&[
        ("count", Some(crate::show::count(v.count, ""))),
        ("missing", Some(share(v.missing, v.count + v.missing))),
        ("mean", v.mean.map(number)),
        ("std", v.std.map(number)),
        ("min", value(&v.min)),
        ("max", value(&v.max)),
        ("units", unit.clone()),
    ]);
    if v.count > 0 && v.dtype.is_numeric() && !v.dims.is_empty() {
        let along = |is: &dyn Fn(&str, &Variable) -> bool| {
            v.dims.iter().any(|d| group.coords.get(d).is_some_and(|c| c.dims().len() == 1 && is(d, c)))
        };
        let map = along(&|n, c| is_latitude(n, c)) && along(&|n, c| is_longitude(n, c));
        let time = along(&|_, c| is_time(c.dtype()));
        let mut pictures: BTreeMap<u8, (Kind, (u32, u32))> = BTreeMap::new();
        if map {
            pictures.insert(0, (Kind::Map, (560, 330)));
        }
        if time || (v.dims.len() == 1 && !map) {
            pictures.insert(1, (Kind::Line, (560, 260)));
        }
        pictures.insert(2, (Kind::Hist, (560, 240)));
        for (kind, size) in pictures.into_values() {
            let options = PlotOptions { kind: Some(kind), y: vec![name.to_string()], size: Some(size), ..PlotOptions::default() };
            // A picture that cannot be made leaves the page without it, no more.
            let Ok(mut figure) = draw(group, &options, exec) else { continue };
            figure.size = options.size;
            // The heading above has the long name; beside a small picture the units are enough.
            let short = |text: &mut String| {
                if *text == said {
                    *text = unit.clone().unwrap_or_default();
                }
            };
            figure.panels.iter_mut().flat_map(|p| [&mut p.x.label, &mut p.y.label]).for_each(short);
            figure.bar.iter_mut().for_each(|b| short(&mut b.label));
            figure.title = match kind {
                Kind::Map => "Map".into(),
                Kind::Line => "Series".into(),
                _ => "Values".into(),
            };
            out += &page.picture(&figure);
        }
    }
    if !variable.attrs.is_empty() {
        out += &format!(
            "<details><summary>Attributes</summary>\n{}</details>\n",
            attributes(&format!("attributes of {}", v.variable), &variable.attrs)
        );
    }
    out + "</article>\n"
}
