//! Pictures of cubes. What is not drawn is averaged, and what is finer than the paper is made coarser, before it is read.

mod against;
mod bars;

use super::color::{Color, ColorMap, MOST_SERIES};
use super::figure::{Axis, Bar, ColorBar, Figure, FiveNumbers, Layer, Panel, Scale};
use super::reduce::{Cloud, Line, MOST_POINTS, Range, bin, edges};
use super::spacing::{Spacing, check_some, told};
use super::table::{MOST_PANELS, share_axes};
use super::values::{floats, is_time, label, scale};
use super::{Kind, PlotOptions};
use crate::array::{Dataset, Variable, is_latitude, is_longitude};
use crate::error::{Error, Place, Result, ResultExt, quoted_list};
use crate::exec::ExecOptions;
use crate::exec::reduce::{Reduction, Rest};
use crate::kernel::agg::Agg;
use crate::open::{companions, only};
use crate::store::{Column, Selection, Selector};

/// So many cells across are more than a screen shows.
const MOST_ACROSS: usize = 1600;
/// Values of a block that is read at a time.
const BLOCK: usize = 1 << 20;

/// A variable that is about to be drawn.
struct Cube<'a> {
    ds: Dataset,
    name: String,
    options: &'a PlotOptions,
    exec: &'a ExecOptions,
    /// What was averaged, in words.
    told: Vec<String>,
    /// The dims that went with it.
    gone: Vec<String>,
}

/// Labels of a dim as places on an axis.
struct Labels {
    axis: Axis,
    at: Vec<f64>,
}

impl Labels {
    /// The labels on an even or a log axis, and how many have no place on it.
    fn spaced(mut self, dim: &str, spacing: Spacing) -> Result<(Labels, u64)> {
        if spacing == Spacing::Even {
            return Ok((self, 0));
        }
        self.axis.scale = spacing.scale(self.axis.scale, dim)?;
        let left = spacing.place(&mut self.at);
        let range = Range::of(&self.at);
        check_some(dim, range.count, left)?;
        (self.axis.lo, self.axis.hi) = range.ends();
        Ok((self, left))
    }

    /// A label in words; of times a day or more apart the day says it.
    fn says(&self, x: f64) -> String {
        let text = self.axis.says(x);
        let days = self.at.len() > 1 && self.at.windows(2).all(|w| (w[1] - w[0]).abs() >= 86_400.0);
        match (&self.axis.scale, text.split_once(' ')) {
            (Scale::Time(_), Some((day, _))) if days => day.to_string(),
            _ => text,
        }
    }
}

pub(super) fn figure(ds: &Dataset, options: &PlotOptions, exec: &ExecOptions) -> Result<Figure> {
    let numeric = |v: &Variable| v.dtype().is_numeric() || is_time(v.dtype());
    // Two variables against each other.
    if let (Some(x), [y]) = (&options.x, &options.y[..])
        && ds.vars.contains_key(x)
        && ds.vars.contains_key(y)
    {
        return against::against(ds, x, y, options, exec);
    }
    let asked = options
        .y
        .iter()
        .chain(&options.x)
        .find(|n| ds.vars.contains_key(*n) || (!ds.dims.contains_key(n.as_str()) && ds.coords.contains(n)));
    let name = match asked {
        Some(name) => name.clone(),
        None => {
            if let Some(unknown) = options.y.iter().chain(&options.x).find(|n| !ds.dims.contains_key(n.as_str())) {
                let apart = companions(ds);
                let known = ds.vars.keys().filter(|n| !apart.contains(n)).map(String::as_str).chain(ds.dims.keys().map(|d| &**d));
                return Err(Error::not_found("variable", unknown, known));
            }
            let apart = companions(ds);
            let candidates = ds.vars.iter().filter(|(n, v)| numeric(v) && !apart.contains(n));
            let mut best: Option<(&String, &Variable)> = None;
            for (n, v) in candidates {
                if best.is_none_or(|b| v.dims().len() > b.1.dims().len()) {
                    best = Some((n, v));
                }
            }
            best.map(|b| b.0.clone()).ok_or_else(|| {
                let groups: Vec<&str> = ds.groups.keys().map(String::as_str).collect();
                let e = Error::invalid("this cube has no numeric variable to draw");
                if groups.is_empty() { e } else { e.help(format!("its groups are {}: --group NAME", quoted_list(&groups, 8))) }
            })?
        }
    };
    if !numeric(ds.variable(&name)?) {
        let dtype = ds.variable(&name)?.dtype();
        return Err(Error::wrong_type(format!("variable {name:?} is {dtype}, which is no amount that can be drawn")));
    }
    let mut one = only(ds, std::slice::from_ref(&name))?;
    one.groups.clear();
    let cube = Cube { ds: one, name, options, exec, told: Vec::new(), gone: Vec::new() };
    let place = Place::variable(cube.name.clone());
    let mut figure = cube.draw().at(|| place)?;
    if let Some(title) = &options.title {
        figure.title = title.clone();
    }
    Ok(figure)
}

/// How many elements of a long array a step leaves: its values as they come, block by block, booked by their number.
fn blocks(v: &Variable, mut take: impl FnMut(usize, Vec<f64>) -> Result<()>) -> Result<()> {
    let shape = v.shape().to_vec();
    if v.is_empty() {
        return Ok(());
    }
    let chunk = v.grid().chunk;
    let inner: usize = shape.iter().skip(1).product::<usize>().max(1);
    let rows = match shape.first() {
        None => return take(0, floats(&Column::from_nd(&v.load()?)?)?),
        // Whole chunks along the first dim, so that none is decoded twice.
        Some(_) => (BLOCK / inner).max(1).next_multiple_of(chunk.first().copied().unwrap_or(1).clamp(1, 4 * BLOCK / inner + 1)),
    };
    let mut start = 0;
    while start < shape[0] {
        let count = rows.min(shape[0] - start);
        let mut selectors = vec![Selector::All; shape.len()];
        selectors[0] = Selector::span(start, count);
        take(start * inner, floats(&Column::from_nd(&v.read(&Selection::new(selectors))?)?)?)?;
        start += count;
    }
    Ok(())
}

impl Cube<'_> {
    fn variable(&self) -> Result<&Variable> {
        self.ds.variable(&self.name)
    }

    fn dims(&self) -> Result<Vec<String>> {
        Ok(self.variable()?.dims().iter().map(|d| d.to_string()).collect())
    }

    fn label(&self) -> Result<String> {
        Ok(label(&self.name, &self.variable()?.attrs))
    }

    /// The name without units.
    fn title(&self) -> Result<String> {
        let attrs = &self.variable()?.attrs;
        let said = attrs.text("long_name").or_else(|| attrs.text("standard_name")).filter(|t| !t.trim().is_empty());
        Ok(said.map_or_else(|| self.name.clone(), |t| t.replace('_', " ")))
    }

    /// The dim along which a coordinate of this kind lies.
    fn dim_of(&self, is: fn(&str, &Variable) -> bool) -> Option<String> {
        let dims = self.dims().ok()?;
        dims.into_iter().find(|d| self.ds.coords.get(d).is_some_and(|c| c.dims().len() == 1 && is(d, c)))
    }

    fn time_dim(&self) -> Option<String> {
        let dims = self.dims().ok()?;
        dims.into_iter().find(|d| self.ds.coords.get(d).is_some_and(|c| is_time(c.dtype())))
    }

    fn check_dim(&self, dim: &str) -> Result<()> {
        let dims = self.dims()?;
        match dims.iter().any(|d| d == dim) {
            true => Ok(()),
            false => Err(Error::not_found("dim", dim, dims.iter().map(String::as_str))),
        }
    }

    /// Labels of a dim: its coordinate, else positions.
    fn labels(&self, dim: &str) -> Result<Labels> {
        let n = self.ds.dim_length(dim)?;
        let positions =
            || Labels { axis: Axis::new(dim, Scale::Number, (0.0, n.max(1) as f64 - 1.0)), at: (0..n).map(|i| i as f64).collect() };
        let Some(c) = self.ds.coords.get(dim).filter(|c| c.dims().len() == 1 && &*c.dims()[0] == dim) else { return Ok(positions()) };
        let Some(mut scale) = scale(c.dtype()) else {
            let column = Column::from_nd(&c.load()?)?;
            let names = super::values::names(&column).into_iter().map(Option::unwrap_or_default).collect();
            return Ok(Labels { axis: Axis::names(label(dim, &c.attrs), names), at: (0..n).map(|i| i as f64).collect() });
        };
        if is_latitude(dim, c) {
            scale = Scale::North;
        } else if is_longitude(dim, c) {
            scale = Scale::East;
        }
        let at = floats(&Column::from_nd(&c.load()?)?)?;
        if at.iter().any(|x| !x.is_finite()) {
            return Ok(positions());
        }
        let range = Range::of(&at);
        Ok(Labels { axis: Axis::new(label(dim, &c.attrs), scale, range.ends()), at })
    }

    /// The mean over some dims, told in the picture; over latitudes weighted by their cosine.
    fn averaged(&mut self, dims: &[String]) -> Result<()> {
        let dims: Vec<String> = dims.iter().filter(|d| self.ds.dims.contains_key(d.as_str())).cloned().collect();
        if dims.is_empty() {
            return Ok(());
        }
        let agg = self.options.agg.unwrap_or(Agg::Mean);
        self.gone.extend(dims.iter().cloned());
        let mut how = Reduction::new(agg).over(dims.clone());
        let mut words = Vec::new();
        for d in &dims {
            let n = self.ds.dim_length(d)?;
            if n == 1 {
                continue;
            }
            let labels = self.labels(d)?;
            let time = matches!(labels.axis.scale, Scale::Time(_));
            words.push(if time { format!("{d} {} to {}", labels.says(labels.axis.lo), labels.says(labels.axis.hi)) } else { d.clone() });
        }
        let north = dims.iter().find(|d| self.ds.coords.get(d).is_some_and(|c| c.dims().len() == 1 && is_latitude(d, c)));
        let mut weighted = "";
        if let Some(lat) = north.filter(|_| agg == Agg::Mean)
            && let Ok(weights) = self.ds.weights(&format!("cos(`{lat}`)"))
        {
            how.weights = Some(weights);
            weighted = ", weighted by area";
        }
        if !words.is_empty() {
            self.told.push(format!("{agg} over {}{weighted}", words.join(", ")));
        }
        self.ds = self.ds.reduce(&how, self.exec)?.0;
        Ok(())
    }

    /// Means of blocks along dims that are longer than a picture has room for.
    fn coarser(&mut self, dims: &[&str], most: usize) -> Result<()> {
        let mut windows = Vec::new();
        for &d in dims {
            let n = self.ds.dim_length(d)?;
            if n > most {
                windows.push((d, n.div_ceil(most)));
            }
        }
        if windows.is_empty() {
            return Ok(());
        }
        let words: Vec<String> = windows.iter().map(|(d, w)| format!("{w} along {d}")).collect();
        self.told.push(format!("means of {}", words.join(" and ")));
        self.ds = self.ds.coarsen(&windows, Rest::Trim, &Reduction::new(Agg::Mean), self.exec)?.0;
        Ok(())
    }

    /// All values, in the order of these dims, with their place in the budget.
    fn load(&self, dims: &[&str]) -> Result<(Vec<f64>, crate::store::Reservation)> {
        let v = self.variable()?;
        let booked = self.exec.budget.reserve(v.len() * 24, "the values of a picture")?;
        let axes = dims.iter().map(|d| v.axis(d)).collect::<Result<Vec<_>>>()?;
        let array = v.load()?.transpose(&axes)?;
        Ok((floats(&Column::from_nd(&array)?)?, booked))
    }

    /// Scalar coordinates that say where this is.
    fn whereabouts(&self) -> Vec<String> {
        let point = |(n, c): (&str, &Variable)| {
            if !c.dims().is_empty() || n == self.name || self.gone.iter().any(|g| g == n) {
                return None;
            }
            let value = c.load().ok()?.scalar(0);
            let text = super::values::name(&value)?;
            let units = c.attrs.text("units").map(super::values::units).filter(|u| !u.is_empty());
            Some(format!("{n} {text}{}", units.map(|u| if u == "°" { u } else { format!(" {u}") }).unwrap_or_default()))
        };
        self.ds.coords.iter().filter_map(point).take(4).collect()
    }

    fn draw(mut self) -> Result<Figure> {
        let o = self.options;
        for d in o.facet.iter().chain(&o.by) {
            self.check_dim(d)?;
        }
        let v = self.variable()?;
        if v.is_empty() {
            return Err(Error::invalid(format!("variable {:?} has no values", self.name)));
        }
        if v.dims().is_empty() {
            return Err(Error::invalid(format!("variable {:?} is a single value", self.name)).help("`head` shows it"));
        }
        // Dims of length one say where, and are no axis.
        let thin: Vec<String> = v.dims().iter().zip(v.shape()).filter(|(_, n)| **n == 1).map(|(d, _)| d.to_string()).collect();
        if thin.len() < v.dims().len() {
            let at: Vec<(&str, Selector)> = thin.iter().map(|d| (d.as_str(), Selector::At(0))).collect();
            self.ds = self.ds.isel(&at)?;
        }
        let dims: Vec<String> = self.dims()?.into_iter().filter(|d| Some(d) != o.facet.as_ref()).collect();
        let (lat, lon) = (self.dim_of(is_latitude), self.dim_of(is_longitude));
        let flat = lat.is_some() && lon.is_some() && lat != lon && ![&lat, &lon].contains(&&o.facet);
        let named: Vec<&String> = o.x.iter().chain(&o.y).filter(|n| dims.contains(n)).collect();
        let short = |d: &String| self.ds.dim_length(d).is_ok_and(|n| n <= 6);
        let kind = match o.kind {
            Some(kind) => kind,
            None if o.by.is_some() => Kind::Line,
            None if named.len() == 1 && !o.y.contains(named[0]) => Kind::Line,
            None if named.len() == 2 => Kind::Heatmap,
            None if flat => Kind::Map,
            None if dims.len() == 1 => Kind::Line,
            None if dims.len() == 2 && dims.iter().any(short) => Kind::Line,
            None if dims.is_empty() => return Err(Error::invalid("nothing is left to draw beside the facets").help("leave --facet out")),
            None => Kind::Heatmap,
        };
        o.check_log(Some(kind))?;
        match kind {
            Kind::Map => {
                let (Some(lat), Some(lon)) = (lat.clone(), lon.clone()) else {
                    let e = Error::invalid(format!("variable {:?} has no latitude and longitude of its own for a map", self.name));
                    return Err(e.help(format!(
                        "its dims are {}; --kind heatmap draws any two",
                        quoted_list(&dims.iter().map(String::as_str).collect::<Vec<_>>(), 8)
                    )));
                };
                self.cells(&lon, &lat, true)
            }
            Kind::Heatmap => {
                let x = o.x.clone().filter(|x| dims.contains(x));
                let y = o.y.iter().find(|y| dims.contains(y)).cloned();
                // Time runs to the right, else the last dim does.
                let x = x.or_else(|| self.time_dim().filter(|t| dims.contains(t) && Some(t) != y.as_ref()));
                let x = x.or_else(|| dims.iter().rev().find(|d| Some(*d) != y.as_ref()).cloned());
                let y = y.or_else(|| dims.iter().rev().find(|d| Some(*d) != x.as_ref()).cloned());
                let (Some(x), Some(y)) = (x, y) else {
                    return Err(
                        Error::invalid(format!("a heatmap takes two dims, and {:?} has one", self.name)).help("--kind line draws it")
                    );
                };
                self.cells(&x, &y, false)
            }
            Kind::Line => self.lines(&dims),
            Kind::Bar => self.bars(&dims),
            Kind::Hist => self.hist(),
            Kind::Box => self.boxes(&dims),
            Kind::Scatter => {
                Err(Error::invalid("a scatter of a cube takes two variables").help("--x VARIABLE --y VARIABLE, both over the same dims"))
            }
        }
    }

    fn finish(&self, mut figure: Figure) -> Result<Figure> {
        figure.title = self.title()?;
        let mut words = self.told.clone();
        words.extend(self.whereabouts());
        figure.subtitle = words.join("; ");
        Ok(figure)
    }

    /// Colours over two dims: a map, or a heatmap.
    fn cells(mut self, x: &str, y: &str, map: bool) -> Result<Figure> {
        let facet = self.options.facet.clone();
        let others: Vec<String> = self.dims()?.into_iter().filter(|d| d != x && d != y && Some(d) != facet.as_ref()).collect();
        self.averaged(&others)?;
        let panels = match &facet {
            Some(f) => self.ds.dim_length(f)?,
            None => 1,
        };
        if panels > MOST_PANELS {
            let f = facet.unwrap_or_default();
            return Err(Error::invalid(format!("{panels} positions along {f:?} are too many panels: {MOST_PANELS} at most"))
                .help(format!("choose some with --isel {f}=0:{panels}:{}", panels.div_ceil(12))));
        }
        let most = self.options.size.map_or(MOST_ACROSS, |s| (s.0 as usize).clamp(200, 4000));
        self.coarser(&[x, y], if panels > 4 { most / 3 } else { most })?;
        let (labels_x, labels_y) = (self.labels(x)?, self.labels(y)?);
        let order: Vec<&str> = facet.as_deref().into_iter().chain([y, x]).collect();
        let (values, _booked) = self.load(&order)?;
        let (sorted_x, edges_x) = sorted(&labels_x);
        let (sorted_y, edges_y) = sorted(&labels_y);
        let range = Range::of(&values);
        let (lo, hi) = range.ends();
        let (lo, hi, colors) = super::color_range(self.options, lo, hi)?;
        let across = labels_x.at.len();
        let size = across * labels_y.at.len();
        let mut figure = Figure { shared: panels > 1, ..Figure::default() };
        let title_of = facet.as_deref().map(|f| self.labels(f)).transpose()?;
        for p in 0..panels {
            let part = &values[p * size..(p + 1) * size];
            let placed = sorted_y.iter().flat_map(|&r| sorted_x.iter().map(move |&c| r * across + c)).map(|i| part[i]).collect();
            let ends = |e: &[f64]| (e[0], e[e.len() - 1]);
            let axis = |a: &Axis, e: &[f64]| if a.is_names() { a.clone() } else { Axis { lo: ends(e).0, hi: ends(e).1, ..a.clone() } };
            let (axis_x, axis_y) = (axis(&labels_x.axis, &edges_x), axis(&labels_y.axis, &edges_y));
            let mut layers = vec![Layer::Cells { x: edges_x.clone(), y: edges_y.clone(), values: placed, texts: None }];
            if map {
                super::coast::add(self.options.coast.as_deref(), &axis_x, &mut layers)?;
            }
            let mut panel = Panel::new(axis_x, axis_y, layers);
            panel.equal = map;
            if let (Some(labels), Some(f)) = (&title_of, &facet) {
                let says = labels.says(labels.at[p]);
                panel.title = if matches!(labels.axis.scale, Scale::Time(_)) { says } else { format!("{f} {says}") };
            }
            figure.panels.push(panel);
        }
        figure.bar = Some(ColorBar { map: colors, lo, hi, label: self.label()? });
        if range.missing > 0 {
            figure.note = if range.count == 0 { "all values are missing (grey)".into() } else { "grey: missing".into() };
        }
        self.finish(figure)
    }

    /// A line along one dim, or one for each label of a second.
    fn lines(mut self, dims: &[String]) -> Result<Figure> {
        let o = self.options;
        let free = |d: &&String| Some(*d) != o.by.as_ref() && Some(*d) != o.facet.as_ref();
        let x = o.x.clone().filter(|x| dims.contains(x)).or_else(|| self.time_dim().filter(|t| free(&t) && dims.contains(t)));
        let longest = || dims.iter().filter(free).max_by_key(|d| self.ds.dim_length(d).unwrap_or(0)).cloned();
        let Some(x) = x.or_else(longest) else { return Err(Error::invalid("no dim is left for the line").help("name it: --x DIM")) };
        let mut by = o.by.clone();
        if by.is_none() && dims.len() == 2 && o.kind.is_none() {
            by = dims.iter().find(|d| **d != x && self.ds.dim_length(d).is_ok_and(|n| n <= 6)).cloned();
        }
        let split: Vec<&str> = o.facet.as_deref().into_iter().chain(by.as_deref()).collect();
        let others: Vec<String> = self.dims()?.into_iter().filter(|d| *d != x && !split.contains(&d.as_str())).collect();
        self.averaged(&others)?;
        let count = |d: &Option<String>| d.as_ref().map_or(Ok(1), |d| self.ds.dim_length(d));
        let (panels, series) = (count(&o.facet)?, count(&by)?);
        if series > MOST_SERIES || panels > MOST_PANELS {
            let (d, n, most) = if series > MOST_SERIES { (&by, series, MOST_SERIES) } else { (&o.facet, panels, MOST_PANELS) };
            let d = d.clone().unwrap_or_default();
            return Err(Error::invalid(format!("{n} labels along {d:?} are too many: {most} at most"))
                .help(format!("choose some with --isel {d}=0:{n}:{}", n.div_ceil(most.min(12)))));
        }
        let spaced = o.y_spacing();
        let (labels, mut no_place) = self.labels(&x)?.spaced(&x, o.x_spacing())?;
        let label_of = |d: &Option<String>| d.as_deref().map(|d| self.labels(d)).transpose();
        let (facets, names) = (label_of(&o.facet)?, label_of(&by)?);
        let says = |l: &Labels, d: &Option<String>, i: usize| {
            let text = l.says(l.at[i]);
            let bare = matches!(l.axis.scale, Scale::Time(_) | Scale::Names(_) | Scale::North | Scale::East);
            if bare { text } else { format!("{} {text}", d.as_deref().unwrap_or_default()) }
        };
        let mut figure = Figure { shared: panels > 1, ..Figure::default() };
        let value_scale = spaced.scale(scale(self.variable()?.dtype()).unwrap_or(Scale::Number), &self.name)?;
        let mut total = Range::default();
        for p in 0..panels {
            let mut layers = Vec::new();
            for s in 0..series {
                let mut at: Vec<(&str, Selector)> = Vec::new();
                at.extend(o.facet.as_deref().map(|f| (f, Selector::At(p))));
                at.extend(by.as_deref().map(|b| (b, Selector::At(s))));
                let one = self.ds.isel(&at)?;
                let v = one.variable(&self.name)?;
                let mut line = if v.len() > 4 * MOST_POINTS { Line::many((labels.axis.lo, labels.axis.hi)) } else { Line::default() };
                let many = v.len() > 4 * MOST_POINTS;
                blocks(v, |start, mut values| {
                    no_place += spaced.place(&mut values);
                    for (i, y) in values.into_iter().enumerate() {
                        total.add(y);
                        if many {
                            line.add(labels.at[start + i], y);
                        } else {
                            line.few(labels.at[start + i], y);
                        }
                    }
                    Ok(())
                })?;
                let name = names.as_ref().map(|l| says(l, &by, s)).unwrap_or_default();
                if p == 0 && !name.is_empty() {
                    figure.legend.push((name.clone(), Color::Series(s)));
                }
                layers.push(Layer::Line { points: line.finish(), color: Color::Series(s) });
            }
            let y = Axis::new(self.label()?, value_scale.clone(), (0.0, 1.0));
            let mut panel = Panel::new(labels.axis.clone(), y, layers);
            if let Some(l) = &facets {
                panel.title = says(l, &o.facet, p);
            }
            figure.panels.push(panel);
        }
        check_some(&self.name, total.count, no_place)?;
        figure.tell(told(no_place));
        for p in &mut figure.panels {
            (p.y.lo, p.y.hi) = o.range.map_or(total.ends(), |r| (spaced.at(r.0), spaced.at(r.1)));
            p.y = p.y.clone().padded(0.04);
        }
        self.finish(figure)
    }
}

/// Positions in the order of their labels, and the edges between them: in the middle, and as far beyond the ends; latitudes end at
/// the poles.
fn sorted(labels: &Labels) -> (Vec<usize>, Vec<f64>) {
    let n = labels.at.len();
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|&a, &b| labels.at[a].total_cmp(&labels.at[b]));
    let at: Vec<f64> = order.iter().map(|&i| labels.at[i]).collect();
    let mut edges = Vec::with_capacity(n + 1);
    let half = |i: usize| (at[i + 1] - at[i]) / 2.0;
    match n {
        0 => return (order, vec![0.0, 1.0]),
        1 => edges.extend([at[0] - 0.5, at[0] + 0.5]),
        _ => {
            edges.push(at[0] - half(0));
            edges.extend((0..n - 1).map(|i| at[i] + half(i)));
            edges.push(at[n - 1] + half(n - 2));
        }
    }
    if labels.axis.scale == Scale::North {
        edges.iter_mut().for_each(|e| *e = e.clamp(-90.0, 90.0));
    }
    (order, edges)
}
