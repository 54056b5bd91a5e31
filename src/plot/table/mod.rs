//! Pictures of tables. Rows are streamed, once or twice; what is held is what is drawn.

mod bars;
mod cells;
mod lines;
mod points;

use super::choose::{Bands, Choice, bands, choose};
use super::color::{Color, ColorMap, MOST_SERIES};
use super::figure::{Axis, Bar, ColorBar, Figure, FiveNumbers, Layer, Panel, Scale};
use super::reduce::{Cloud, Groups, Line, MOST_POINTS, Range, bin, edges};
use super::spacing::{check_some, told};
use super::values::{each, floats, is_name, is_time, label, name, names, scale};
use super::{Kind, PlotOptions};
use crate::error::{Error, Result};
use crate::exec::ExecOptions;
use crate::kernel::agg::Agg;
use crate::kernel::correlate::Correlation;
use crate::plan::{GroupOrder, LazyFrame, col, lit};
use crate::store::TableSource;
use std::sync::Arc;

/// So many names fit one axis.
const MOST_NAMES: usize = 40;
/// So many panels fit one picture.
pub(super) const MOST_PANELS: usize = 36;

/// What the pictures of one table are made of.
pub(super) struct Table<'a> {
    pub(super) source: &'a Arc<dyn TableSource>,
    pub(super) options: &'a PlotOptions,
    pub(super) exec: &'a ExecOptions,
}

pub(super) fn figure(source: &Arc<dyn TableSource>, options: &PlotOptions, exec: &ExecOptions) -> Result<Figure> {
    let table = Table { source, options, exec };
    if let Some(facet) = &options.facet {
        return table.facets(facet);
    }
    let choice = choose(source, options, exec)?;
    let mut figure = table.draw(&choice)?;
    if let Some(title) = &options.title {
        figure.title = title.clone();
    }
    Ok(figure)
}

impl Table<'_> {
    fn draw(&self, c: &Choice) -> Result<Figure> {
        self.options.check_log(c.kind)?;
        let (x, y) = (c.x.as_deref(), c.y.iter().map(String::as_str).collect::<Vec<_>>());
        match c.kind {
            None => self.overview(&y),
            Some(Kind::Hist) => self.hist(&y),
            Some(Kind::Bar) => self.bars(x, &y),
            Some(Kind::Box) => self.boxes(x, &y),
            Some(Kind::Line) => self.lines(x, &y),
            Some(Kind::Scatter) => self.scatter(x.unwrap_or_default(), y.first().copied().unwrap_or_default(), false),
            Some(Kind::Map) => self.scatter(x.unwrap_or_default(), y.first().copied().unwrap_or_default(), true),
            Some(Kind::Heatmap) => match (x, y.first()) {
                (Some(x), Some(y)) => self.heatmap(x, y),
                _ => self.correlations(),
            },
        }
    }

    pub(super) fn position(&self, column: &str) -> Result<usize> {
        self.source.schema().position(column)
    }

    fn label(&self, column: &str) -> Result<String> {
        let schema = self.source.schema();
        Ok(label(column, &schema.fields[schema.position(column)?].attrs))
    }

    fn scale(&self, column: &str) -> Result<Scale> {
        let dtype = &self.source.schema().fields[self.position(column)?].dtype;
        scale(dtype).ok_or_else(|| {
            Error::wrong_type(format!("column {column:?} is {dtype}, which is no amount that can be drawn"))
                .help("a column of names can be the --x of --kind bar, or --by")
        })
    }

    /// One panel for each value of a column, all with the same axes.
    fn facets(&self, facet: &str) -> Result<Figure> {
        let at = self.position(facet)?;
        let values = self.distinct(facet, MOST_PANELS)?;
        let plain = PlotOptions { facet: None, ..self.options.clone() };
        let mut all = Figure { shared: true, ..Figure::default() };
        for value in values {
            let shown = name(&value).unwrap_or_default();
            let part = LazyFrame::scan(self.source.clone()).filter(col(facet).binary(crate::plan::BinaryOp::Eq, lit(value)))?;
            let part = part.source(self.exec)?;
            let one = figure(&part, &plain, self.exec)?;
            if one.panels.len() != 1 {
                return Err(Error::invalid(format!("--facet {facet} takes a picture of one panel")).help("name --x and --y"));
            }
            if all.panels.is_empty() {
                (all.title, all.subtitle) = (one.title, one.subtitle);
            }
            if !one.note.is_empty() {
                all.tell(Some(format!("{facet} {shown}: {}", one.note)));
            }
            for entry in one.legend {
                if !all.legend.iter().any(|l| l.0 == entry.0) {
                    all.legend.push(entry);
                }
            }
            all.bar = match (all.bar.take(), one.bar) {
                (Some(a), Some(b)) => Some(ColorBar { lo: a.lo.min(b.lo), hi: a.hi.max(b.hi), ..a }),
                (a, b) => a.or(b),
            };
            let title = format!("{} {shown}", self.source.schema().fields[at].name);
            all.panels.extend(one.panels.into_iter().map(|p| p.titled(title.clone())));
        }
        share_axes(&mut all.panels);
        Ok(all)
    }

    /// The values of a column, sorted, if they are few.
    fn distinct(&self, column: &str, most: usize) -> Result<Vec<crate::dtype::Scalar>> {
        let found = LazyFrame::scan(self.source.clone()).groupby([column]).agg([("n", lit(1).agg(Agg::Size))])?;
        let found = found.limit(most as u64 + 1).collect(self.exec)?;
        if found.height() > most {
            return Err(Error::invalid(format!("column {column:?} has more than {most} values: too many panels"))
                .help("group them first: --with 'NAME = ...', or choose some with --where"));
        }
        let values = &found.columns()[0];
        Ok((0..values.len()).map(|i| values.scalar(i)).collect())
    }

    /// The groups of `--by`: numbers of many values in four bands.
    fn by(&self) -> Result<Option<(usize, Option<Bands>)>> {
        let Some(by) = &self.options.by else { return Ok(None) };
        let at = self.position(by)?;
        Ok(Some((at, bands(self.source, by, self.exec)?)))
    }

    /// Names of the colours of groups; numbers say of what they are.
    fn legend(&self, groups: &Groups) -> Vec<(String, Color)> {
        let by = self.options.by.as_deref().unwrap_or_default();
        let name = |n: &String| if n.parse::<f64>().is_ok() { format!("{by} {n}") } else { n.clone() };
        groups.names.iter().enumerate().map(|(i, n)| (name(n), Color::Series(i))).collect()
    }

    fn tell_left_out(&self, figure: &mut Figure, groups: &Groups) {
        if groups.left_out > 0 {
            let rows = crate::show::count(groups.left_out, "row");
            figure.tell(Some(format!("{rows} of further groups are left out: the first {} have colours", groups.names.len())));
        }
    }

    /// Colours for values, as options or values have them.
    pub(super) fn color_range(&self, lo: f64, hi: f64) -> Result<(f64, f64, ColorMap)> {
        super::color_range(self.options, lo, hi)
    }

    fn map(&self, lo: f64, hi: f64) -> Result<ColorMap> {
        self.options.cmap.as_deref().map_or(Ok(ColorMap::of_range(lo, hi)), ColorMap::parse)
    }

    /// Every column in a panel of its own.
    fn overview(&self, columns: &[&str]) -> Result<Figure> {
        let mut figure = Figure::default();
        let plain = PlotOptions { by: None, ..self.options.clone() };
        let table = Table { options: &plain, ..*self };
        let mut left = Vec::new();
        for &column in columns {
            let field = &self.source.schema().fields[self.position(column)?];
            if figure.panels.len() == 12 {
                left.push(column);
            } else if is_name(&field.dtype) {
                match table.commonest(column)? {
                    Some(panel) => figure.panels.push(panel),
                    None => left.push(column),
                }
            } else if scale(&field.dtype).is_some() {
                let (mut panels, ..) = table.hist_of(column)?;
                if let Some(mut panel) = panels.pop() {
                    panel.x.label = String::new();
                    panel.y.label = String::new();
                    let kind = if is_time(&field.dtype) { ", rows by time" } else { "" };
                    figure.panels.push(panel.titled(format!("{}{kind}", table.label(column)?)));
                }
            } else {
                left.push(column);
            }
        }
        if figure.panels.is_empty() {
            return Err(
                Error::invalid("no column of this table can be drawn by itself").help("name what is to be drawn: --x COLUMN --y COLUMN")
            );
        }
        figure.title = "rows by each column".into();
        if !left.is_empty() {
            figure.note = format!("not shown: {}", left.join(", "));
        }
        Ok(figure)
    }
}

/// The group of each row.
fn keys_of(column: &crate::store::Column, bands: Option<&Bands>) -> Result<Vec<Option<String>>> {
    let Some((edges, labels)) = bands else { return Ok(names(column)) };
    let band = |x: &f64| (!x.is_nan()).then(|| labels[edges.partition_point(|e| e < x).min(labels.len() - 1)].clone());
    Ok(floats(column)?.iter().map(band).collect())
}

/// Numbers as numbers, other names as text.
fn natural(a: Option<&String>, b: Option<&String>) -> std::cmp::Ordering {
    let number = |t: Option<&String>| t.and_then(|t| t.parse::<f64>().ok());
    match (number(a), number(b)) {
        (Some(x), Some(y)) => x.total_cmp(&y),
        _ => a.cmp(&b),
    }
}

/// A number in a cell: three digits that count.
fn short(v: f64) -> String {
    if v == v.trunc() && v.abs() < 1e6 {
        return format!("{v}").replace('-', "−");
    }
    let digits = (2 - v.abs().log10().floor() as i32).clamp(0, 6) as usize;
    if v.abs() >= 1e6 || v.abs() < 1e-3 { format!("{v:.1e}") } else { format!("{v:.digits$}").replace('-', "−") }
}

/// Whether ranges are so alike that one axis serves all.
fn same_size(ranges: &[Range]) -> bool {
    let spans: Vec<(f64, f64)> = ranges.iter().filter(|r| r.count > 0).map(|r| r.ends()).collect();
    let (lo, hi) = spans.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |a, s| (a.0.min(s.0), a.1.max(s.1)));
    spans.len() <= MOST_SERIES && spans.iter().all(|s| (s.1 - s.0) >= 0.15 * (hi - lo))
}

/// The same ends for all panels.
pub(super) fn share_axes(panels: &mut [Panel]) {
    let both = |a: &Axis, b: (f64, f64)| if a.is_names() { (a.lo, a.hi) } else { (a.lo.min(b.0), a.hi.max(b.1)) };
    let far = (f64::INFINITY, f64::NEG_INFINITY);
    let (x, y) = panels.iter().fold((far, far), |(x, y), p| (both(&p.x, x), both(&p.y, y)));
    for p in panels.iter_mut() {
        if !p.x.is_names() {
            (p.x.lo, p.x.hi) = x;
        }
        if !p.y.is_names() {
            (p.y.lo, p.y.hi) = y;
        }
    }
}
