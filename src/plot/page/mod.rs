//! `summary --html`: one page that tells what a table or a cube holds, by itself: no other file, no network.

mod cube;
mod table;

use super::figure::Figure;
use super::layout::layout;
use super::svg::{Place, escaped, svg};
use super::theme;
use crate::array::Dataset;
use crate::error::Result;
use crate::exec::ExecOptions;
use crate::store::TableSource;
use std::sync::Arc;

/// A page is never larger, whatever the data: what would not fit is said in numbers alone.
const MOST_BYTES: usize = 2_000_000;
/// Pictures are drawn while the page is below this.
const PICTURES: usize = 1_500_000;
/// So many parts have panels of their own; the rest stand in the table of statistics.
const MOST_PANELS: usize = 200;
/// So many rows the tables of a page have.
const MOST_ROWS: usize = 1000;

/// How much it matters.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Weight {
    Warning,
    Remark,
}

/// Something that a reader should know: about what, and what.
#[derive(Clone, Debug)]
struct Finding {
    weight: Weight,
    about: String,
    says: String,
}

/// A page under way.
struct Page {
    title: String,
    kind: &'static str,
    facts: Vec<(String, String)>,
    findings: Vec<Finding>,
    /// Name, heading and content of each part.
    parts: Vec<(&'static str, &'static str, String)>,
    bytes: usize,
    /// Bytes of the pictures of the panel that is being made.
    pending: usize,
}

impl Page {
    fn new(title: &str, kind: &'static str) -> Page {
        Page { title: title.into(), kind, facts: Vec::new(), findings: Vec::new(), parts: Vec::new(), bytes: 60_000, pending: 0 }
    }

    fn fact(&mut self, name: &str, value: impl Into<String>) {
        self.facts.push((name.into(), clipped(&value.into(), 300)));
    }

    fn warn(&mut self, about: &str, says: impl Into<String>) {
        self.findings.push(Finding { weight: Weight::Warning, about: about.into(), says: says.into() });
    }

    fn remark(&mut self, about: &str, says: impl Into<String>) {
        self.findings.push(Finding { weight: Weight::Remark, about: about.into(), says: says.into() });
    }

    /// A picture, while there is room for it.
    fn picture(&mut self, figure: &Figure) -> String {
        if self.bytes + self.pending > PICTURES {
            return String::new();
        }
        let text = svg(&layout(figure), Place::Page);
        if self.bytes + self.pending + text.len() > PICTURES {
            return String::new();
        }
        self.pending += text.len();
        format!("<figure>{text}</figure>\n")
    }

    /// Takes a panel, if there is room for it.
    fn panel(&mut self, text: String, panels: &mut String) -> bool {
        self.pending = 0;
        let fits = self.bytes + text.len() <= PICTURES + 250_000;
        if fits {
            self.bytes += text.len();
            *panels += &text;
        }
        fits
    }

    fn part(&mut self, id: &'static str, heading: &'static str, content: String) {
        self.parts.push((id, heading, content));
    }

    /// The page as text.
    fn finish(self) -> String {
        let mut body = String::new();
        let mut contents = String::new();
        let mut section = |id: &str, heading: &str, content: &str| {
            contents += &format!("<li><a href=\"#{id}\">{heading}</a></li>");
            body += &format!("<section id=\"{id}\" aria-labelledby=\"{id}-h\">\n<h2 id=\"{id}-h\">{heading}</h2>\n{content}</section>\n");
        };
        let facts: String = self.facts.iter().map(|(n, v)| format!("<div><dt>{}</dt><dd>{}</dd></div>", escaped(n), escaped(v))).collect();
        section("overview", "Overview", &format!("<dl class=\"facts\">{facts}</dl>\n"));
        for (weight, id, heading) in [(Weight::Warning, "warnings", "Warnings"), (Weight::Remark, "remarks", "Remarks")] {
            let here: Vec<&Finding> = self.findings.iter().filter(|f| f.weight == weight).collect();
            if weight == Weight::Warning && here.is_empty() {
                section(id, heading, "<p>None.</p>\n");
            } else if !here.is_empty() {
                let one = |f: &&Finding| format!("<li><b>{}</b> {}</li>\n", escaped(&f.about), escaped(&f.says));
                let more = if here.len() > 200 { format!("<p>and {} more</p>", here.len() - 200) } else { String::new() };
                section(
                    id,
                    heading,
                    &format!("<ul class=\"findings\">\n{}</ul>\n{more}", here.iter().take(200).map(one).collect::<String>()),
                );
            }
        }
        for (id, heading, content) in &self.parts {
            section(id, heading, content);
        }
        let title = escaped(&self.title);
        let page = format!(
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{title}: summary</title>\n\
             <style>\n{}\n{STYLE}</style>\n</head>\n<body>\n<a class=\"skip\" href=\"#main\">To the content</a>\n\
             <header><p>{}</p><h1>{title}</h1><nav aria-label=\"Contents\"><ul>{contents}</ul></nav></header>\n<main id=\"main\">\n{body}</main>\n\
             <footer><p>Made by hpda-data {}.</p></footer>\n</body>\n</html>\n",
            theme(),
            self.kind,
            env!("CARGO_PKG_VERSION"),
        );
        debug_assert!(page.len() <= MOST_BYTES, "a page of {} bytes", page.len());
        page
    }
}

const STYLE: &str = "\
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, -apple-system, 'Segoe UI', Roboto, Arial, sans-serif; }
header, main, footer { max-width: 80rem; margin: 0 auto; padding: 0 1rem; }
header { padding-top: 1.5rem; }
header p { margin: 0; color: var(--faint); }
h1 { margin: 0; font-size: 1.6rem; line-height: 1.25; overflow-wrap: anywhere; }
h2 { margin: 2.2rem 0 .8rem; font-size: 1.25rem; border-bottom: 1px solid var(--grid); padding-bottom: .3rem; }
h3 { margin: 0; font-size: 1.05rem; overflow-wrap: anywhere; }
h3 small { font-weight: 400; color: var(--faint); }
h4 { margin: .9rem 0 .3rem; font-size: .9rem; font-weight: 600; }
a { color: var(--series0); }
a:focus-visible, [tabindex]:focus-visible, summary:focus-visible { outline: 3px solid var(--series1); outline-offset: 2px; border-radius: 2px; }
.skip { position: absolute; left: -100vw; background: var(--paper); padding: .5rem 1rem; z-index: 1; }
.skip:focus { left: .5rem; top: .5rem; }
nav ul { list-style: none; display: flex; flex-wrap: wrap; gap: .3rem 1.1rem; padding: 0; margin: .7rem 0 0; }
nav a { display: inline-block; padding: .2rem 0; }
.facts { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 11rem), 1fr)); gap: .8rem; margin: 0; }
.facts div { border: 1px solid var(--grid); border-radius: 8px; padding: .6rem .8rem; }
dt { color: var(--faint); font-size: .85rem; }
dd { margin: 0; overflow-wrap: anywhere; }
.facts dd { font-size: 1.1rem; }
.findings { padding-left: 1.2rem; overflow-wrap: anywhere; }
.panels { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 23rem), 1fr)); gap: 1rem; }
.panels.wide { grid-template-columns: repeat(auto-fill, minmax(min(100%, 34rem), 1fr)); }
article { border: 1px solid var(--grid); border-radius: 10px; padding: .9rem 1rem; min-width: 0; }
.numbers { display: grid; grid-template-columns: repeat(auto-fill, minmax(6.2rem, 1fr)); gap: .3rem .8rem; margin: .6rem 0 0; font-variant-numeric: tabular-nums; }
figure { margin: .7rem 0 0; }
figure svg { display: block; width: 100%; height: auto; }
details { margin-top: .7rem; }
summary { cursor: pointer; }
.scroll { overflow-x: auto; max-width: 100%; }
table { border-collapse: collapse; font-size: .9rem; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: .25rem .7rem .25rem 0; border-bottom: 1px solid var(--grid); vertical-align: top; white-space: nowrap; }
td.text { white-space: normal; overflow-wrap: anywhere; min-width: 8rem; }
td.n, th.n { text-align: right; }
thead th { color: var(--faint); font-weight: 600; }
.strip { display: block; width: 100%; height: 12px; border-radius: 3px; background: var(--grid); }
.share { display: block; height: .55rem; background: var(--series0); border-radius: 2px; min-width: 1px; }
footer { color: var(--faint); padding-bottom: 2rem; margin-top: 2rem; }
@media print { .skip, nav { display: none; } article { break-inside: avoid; } }
";

/// A list of numbers with their names; what is empty is left out.
fn numbers(items: &[(&str, Option<String>)]) -> String {
    let one = |(n, v): &(&str, Option<String>)| v.as_ref().map(|v| format!("<div><dt>{n}</dt><dd>{}</dd></div>", escaped(v)));
    format!("<dl class=\"numbers\">{}</dl>\n", items.iter().filter_map(one).collect::<String>())
}

/// A table that scrolls by itself where it is too wide; columns of numbers stand right. The first column names the rows.
fn grid(label: &str, head: &[&str], right: &[bool], rows: &[Vec<String>]) -> String {
    let class = |i: usize| if right.get(i).copied().unwrap_or(false) { " class=\"n\"" } else { "" };
    let heads: String = head.iter().enumerate().map(|(i, h)| format!("<th scope=\"col\"{}>{}</th>", class(i), escaped(h))).collect();
    let cell = |(i, c): (usize, &String)| match i {
        0 => format!("<th scope=\"row\">{}</th>", escaped(c)),
        _ => format!("<td{}>{}</td>", class(i), escaped(c)),
    };
    let row = |r: &Vec<String>| format!("<tr>{}</tr>\n", r.iter().enumerate().map(cell).collect::<String>());
    let more = if rows.len() > MOST_ROWS { format!("<p>The first {MOST_ROWS} of {} rows.</p>\n", rows.len()) } else { String::new() };
    format!(
        "<div class=\"scroll\" role=\"region\" aria-label=\"{0}\" tabindex=\"0\"><table>\n<thead><tr>{heads}</tr></thead>\n<tbody>\n{1}</tbody></table></div>\n{more}",
        escaped(label),
        rows.iter().take(MOST_ROWS).map(row).collect::<String>()
    )
}

/// `12 (3.4 %)`.
fn share(n: u64, of: u64) -> String {
    let count = crate::show::count(n, "");
    if of == 0 || n == 0 { count } else { format!("{count} ({})", percent(n as f64 / of as f64)) }
}

fn percent(x: f64) -> String {
    match x * 100.0 {
        p if p > 0.0 && p < 0.1 => "< 0.1 %".into(),
        p if p > 99.9 && p < 100.0 => "> 99.9 %".into(),
        p => format!("{} %", (p * 10.0).round() / 10.0),
    }
}

/// A text for a page: not longer than reads well.
fn clipped(text: &str, most: usize) -> String {
    let text = crate::error::escape(text);
    if text.chars().count() <= most { text } else { text.chars().take(most - 1).chain(['…']).collect() }
}

/// A page about a table: overview, warnings, statistics, a panel for each column with its values and where they are missing, and
/// correlations. Rows are streamed twice; what is held is bounded, and so is the page (2 MB).
///
/// # Errors
/// What the source says.
///
/// # Examples
/// ```
/// use hpda_data::{exec::{ExecOptions, MemSource}, plot::report_table, store::TableSource};
/// use std::sync::Arc;
/// let df = hpda_data::read_csv("data/passengers.csv")?;
/// let source: Arc<dyn TableSource> = Arc::new(MemSource::from_frame(&df)?);
/// let page = report_table(&source, "passengers", &ExecOptions::default())?;
/// assert!(page.starts_with("<!DOCTYPE html>") && page.contains("every value is different"));
/// # Ok::<(), hpda_data::Error>(())
/// ```
pub fn report_table(source: &Arc<dyn TableSource>, title: &str, exec: &ExecOptions) -> Result<String> {
    table::page(source, title, exec).map(Page::finish)
}

/// A page about a cube: overview, warnings and remarks on its conventions, statistics, and a panel for each variable with a map of
/// the mean, a series in time and a histogram. Variables are read block by block; the page is bounded (2 MB).
///
/// # Errors
/// What the readers say.
///
/// # Examples
/// ```
/// use hpda_data::{exec::ExecOptions, plot::report_cube};
/// let ds = hpda_data::open_dataset("data/climate.nc")?;
/// let page = report_cube(&ds, "climate", &ExecOptions::default())?;
/// assert!(page.contains("near-surface air temperature") && page.len() < 2_000_000);
/// # Ok::<(), hpda_data::Error>(())
/// ```
pub fn report_cube(ds: &Dataset, title: &str, exec: &ExecOptions) -> Result<String> {
    cube::page(ds, title, exec).map(Page::finish)
}
