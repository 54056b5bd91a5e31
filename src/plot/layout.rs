//! Every part of a picture gets its place: margins as wide as their labels, ticks as many as fit, nothing upon each other.

use super::color::Color;
use super::figure::{Axis, ColorBar, Figure, Layer, Panel, Scale};
use super::font::{cut, lines, width};
use super::scene::{Anchor, Mark, Scene, clipped};

/// Sizes of letters.
const TITLE: f64 = 17.0;
const SUBTITLE: f64 = 12.5;
const HEAD: f64 = 12.5;
const LABEL: f64 = 12.5;
const TICK: f64 = 11.5;
const NOTE: f64 = 11.0;

/// From one line of a label to the next.
const LINE: f64 = 15.0;

const MARGIN: f64 = 16.0;
const TICK_LENGTH: f64 = 4.0;
const MINOR_LENGTH: f64 = 2.5;
/// Room of the colours beside a picture, with their numbers and what they mean.
const BAR: f64 = 16.0;

/// A panel that has its place.
struct Place {
    x: f64,
    y: f64,
    w: f64,
    h: f64,
}

/// The picture with everything in its place.
pub(crate) fn layout(figure: &Figure) -> Scene {
    let n = figure.panels.len().max(1);
    let columns = match figure.columns {
        0 => columns_of(n, figure),
        c => c.min(n),
    };
    let rows = n.div_ceil(columns);
    let wide = figure.size.map_or(if columns > 1 { 1000.0 } else { 800.0 }, |s| s.0 as f64);
    let mut marks = Vec::new();
    let head = header(figure, wide, &mut marks);
    let foot = if figure.note.is_empty() { 0.0 } else { lines(&figure.note, NOTE, false, wide - 2.0 * MARGIN).len() as f64 * 15.0 + 4.0 };
    let bar_room = figure.bar.as_ref().map_or(0.0, bar_room);
    // Labels that do not fit below a panel stand beside it: bars then lie.
    let about = (wide - 2.0 * MARGIN - bar_room) / columns as f64 - 60.0;
    let panels: Vec<(&Panel, bool)> = figure.panels.iter().map(|p| (p, lies(p, about))).collect();
    let titled = figure.panels.iter().any(|p| !p.title.is_empty());
    let cap = if titled { 22.0 } else { 6.0 };
    // Gutters of columns and rows.
    let at = |row: usize, column: usize| panels.get(row * columns + column);
    let guess = figure.size.map_or(220.0, |s| (s.1 as f64 - head - foot - MARGIN) / rows as f64 - cap - 42.0);
    let left: Vec<f64> = (0..columns)
        .map(|c| {
            if figure.shared && c > 0 {
                return 14.0;
            }
            (0..rows).filter_map(|r| at(r, c)).map(|p| left_gutter(p, guess)).fold(14.0, f64::max)
        })
        .collect();
    let below: Vec<f64> = (0..rows)
        .map(|r| {
            if figure.shared && r + 1 < rows && (0..columns).all(|c| at(r + 1, c).is_some()) {
                return 8.0;
            }
            (0..columns).filter_map(|c| at(r, c)).map(bottom_gutter).fold(10.0, f64::max)
        })
        .collect();
    let right = 14.0;
    let room = wide - 2.0 * MARGIN + 4.0 - bar_room - left.iter().sum::<f64>() - right * columns as f64;
    let w = (room / columns as f64).max(20.0);
    let fixed = head + foot + MARGIN + rows as f64 * cap + below.iter().sum::<f64>();
    let h = match figure.size {
        Some((_, tall)) => ((tall as f64 - fixed) / rows as f64).max(20.0),
        None => panels.iter().map(|p| natural_height(p.0, p.1, w, n)).fold(60.0, f64::max),
    };
    let tall = figure.size.map_or((fixed + h * rows as f64).round(), |s| s.1 as f64);
    let mut y = head;
    let mut first: Option<Place> = None;
    for (r, gutter) in below.iter().enumerate() {
        y += cap;
        let mut x = MARGIN - 4.0;
        for (c, gutter) in left.iter().enumerate() {
            x += gutter;
            if let Some((panel, lies)) = at(r, c) {
                let place = fitted(panel, Place { x, y, w, h });
                let outer = (!figure.shared || c == 0, !figure.shared || at(r + 1, c).is_none());
                draw_panel(figure, panel, *lies, &place, outer, &mut marks);
                first.get_or_insert(place);
            }
            x += w + right;
        }
        y += h + gutter;
    }
    if let (Some(bar), Some(first)) = (&figure.bar, first) {
        let last = y - below.last().copied().unwrap_or(0.0);
        let long = if rows == 1 { first.h } else { (last - first.y).min(360.0) };
        let edge = if columns == 1 { first.x + first.w + right } else { wide - MARGIN - bar_room + 8.0 };
        color_bar(bar, edge + 4.0, first.y, long, &mut marks);
    }
    for (i, line) in lines(&figure.note, NOTE, false, wide - 2.0 * MARGIN).into_iter().enumerate().filter(|l| !l.1.is_empty()) {
        marks.push(text(MARGIN, tall - foot + 8.0 + i as f64 * 15.0, &line, NOTE, Anchor::Start, Color::Faint));
    }
    Scene { width: wide, height: tall, marks, title: figure.title.clone(), description: figure.describe() }
}

fn columns_of(n: usize, figure: &Figure) -> usize {
    let narrow = figure.size.is_some_and(|s| s.0 < 560);
    match n {
        1 => 1,
        _ if narrow => 1 + (n > 12) as usize,
        2 | 4 => 2,
        3 | 5..=9 => 3,
        10..=16 => 4,
        _ => 6,
    }
}

fn text(x: f64, y: f64, text: &str, size: f64, anchor: Anchor, color: Color) -> Mark {
    Mark::Text { x, y, text: text.into(), size, anchor, color, bold: false, turned: false }
}

/// Title, what is below it, and names of colours; how far down they reach.
fn header(figure: &Figure, wide: f64, marks: &mut Vec<Mark>) -> f64 {
    let mut y = 8.0;
    let room = wide - 2.0 * MARGIN;
    if !figure.title.is_empty() {
        for line in lines(&figure.title, TITLE, true, room) {
            y += 22.0;
            let title = Mark::Text {
                x: MARGIN,
                y,
                text: cut(&line, TITLE, room),
                size: TITLE,
                anchor: Anchor::Start,
                color: Color::Ink,
                bold: true,
                turned: false,
            };
            marks.push(title);
        }
        y += 4.0;
    }
    for line in lines(&figure.subtitle, SUBTITLE, false, room).iter().filter(|l| !l.is_empty()) {
        y += 17.0;
        marks.push(text(MARGIN, y, line, SUBTITLE, Anchor::Start, Color::Faint));
    }
    if !figure.legend.is_empty() {
        let mut x = MARGIN;
        y += 22.0;
        marks.push(Mark::Group("legend".into()));
        for (name, color) in &figure.legend {
            let name = cut(name, LABEL, room - 24.0);
            let long = 18.0 + width(&name, LABEL, false) + 18.0;
            if x > MARGIN && x + long > wide - MARGIN {
                x = MARGIN;
                y += 20.0;
            }
            marks.push(Mark::Rect { x, y: y - 10.0, w: 12.0, h: 12.0, fill: *color, says: None });
            marks.push(text(x + 18.0, y, &name, LABEL, Anchor::Start, Color::Ink));
            x += long;
        }
        marks.push(Mark::End);
        y += 4.0;
    }
    y + if y > 8.0 { 10.0 } else { 4.0 }
}

/// Whether the names of x do not fit below their marks, so that bars and boxes lie on their side.
fn lies(panel: &Panel, wide: f64) -> bool {
    let Scale::Names(names) = &panel.x.scale else { return false };
    let turns = panel.layers.iter().all(|l| matches!(l, Layer::Bars { .. } | Layer::Boxes { .. }));
    let slot = wide / names.len().max(1) as f64 - 6.0;
    turns && names.iter().any(|n| width(n, TICK, false) > slot)
}

/// How tall a panel looks well.
fn natural_height(panel: &Panel, lies: bool, w: f64, n: usize) -> f64 {
    if panel.equal {
        let ratio = (panel.y.hi - panel.y.lo) / (panel.x.hi - panel.x.lo).max(1e-9);
        return w * ratio.clamp(0.2, 1.4);
    }
    if lies {
        let rows = panel.x.hi - panel.x.lo;
        return (rows * 24.0).clamp(if n > 1 { 140.0 } else { 200.0 }, 1200.0);
    }
    if let (Scale::Names(a), Scale::Names(b)) = (&panel.x.scale, &panel.y.scale) {
        return (w / a.len().max(1) as f64 * b.len() as f64).clamp(160.0, 900.0);
    }
    if n == 1 { w * 0.55 } else { (w * 0.62).clamp(110.0, 320.0) }
}

/// The largest part of a place in which a degree is as long in both directions.
fn fitted(panel: &Panel, place: Place) -> Place {
    if !panel.equal {
        return place;
    }
    let (across, up) = (panel.x.hi - panel.x.lo, panel.y.hi - panel.y.lo);
    if !(across > 0.0 && up > 0.0) {
        return place;
    }
    // A very flat or very tall region may be stretched: a strip of a few pixels shows nothing.
    let ratio = (up / across).clamp(0.2, 1.4);
    let w = place.w.min(place.h / ratio);
    Place { w, h: w * ratio, ..place }
}

fn left_gutter((panel, lies): &(&Panel, bool), tall: f64) -> f64 {
    let axis = if *lies { &panel.x } else { &panel.y };
    let longest = axis.ticks(count(tall, 40.0)).iter().map(|t| width(&shown(axis, &t.1), TICK, false)).fold(0.0, f64::max);
    longest + TICK_LENGTH + 6.0 + if titled(axis) { 22.0 + LINE * (label_lines(axis, tall).len() - 1) as f64 } else { 4.0 }
}

/// What stands along an upright axis: in two lines where one is too long.
fn label_lines(axis: &Axis, tall: f64) -> Vec<String> {
    let room = tall + 16.0;
    let mut found = lines(&axis.label, LABEL, false, room);
    if found.len() > 2 {
        let rest = found.split_off(1).join(" ");
        found.push(rest);
    }
    found.into_iter().map(|line| cut(&line, LABEL, room)).collect()
}

fn bottom_gutter((panel, lies): &(&Panel, bool)) -> f64 {
    let axis = if *lies { &panel.y } else { &panel.x };
    22.0 + if titled(axis) { 20.0 } else { 4.0 }
}

/// Degrees tell by themselves what they are.
fn titled(axis: &Axis) -> bool {
    !axis.label.is_empty() && !matches!(axis.scale, Scale::North | Scale::East)
}

/// A name at an axis: not longer than reads well.
fn shown(axis: &Axis, name: &str) -> String {
    if axis.is_names() { cut(name, TICK, 150.0) } else { name.to_string() }
}

/// How many ticks, at this distance at least.
fn count(long: f64, apart: f64) -> usize {
    (long / apart).floor().clamp(1.0, 12.0) as usize
}

/// The most ticks whose texts leave room between each other.
fn ticks_across(axis: &Axis, long: f64) -> Vec<(f64, String)> {
    let place = |t: f64| (t - axis.lo) / (axis.hi - axis.lo) * long;
    if axis.is_names() {
        let ticks = axis.ticks(0);
        let slot = long / ticks.len().max(1) as f64;
        let widest = ticks.iter().map(|t| width(&t.1, TICK, false)).fold(0.0, f64::max);
        // Not all fit: every second, third, ... one.
        let every = if widest + 8.0 > slot && slot < 46.0 { ((widest.min(60.0) + 10.0) / slot).ceil().max(1.0) as usize } else { 1 };
        let room = slot * every as f64 - 6.0;
        return ticks.into_iter().step_by(every).map(|t| (t.0, cut(&t.1, TICK, room.max(12.0)))).collect();
    }
    for most in (1..=count(long, 55.0)).rev() {
        let ticks = axis.ticks(most);
        let spans: Vec<(f64, f64)> = ticks.iter().map(|t| (place(t.0), width(&t.1, TICK, false) / 2.0)).collect();
        if spans.windows(2).all(|w| w[0].0 + w[0].1 + 10.0 <= w[1].0 - w[1].1) {
            return ticks;
        }
    }
    axis.ticks(1).into_iter().take(1).collect()
}

fn ticks_up(axis: &Axis, long: f64) -> Vec<(f64, String)> {
    if axis.is_names() {
        let ticks = axis.ticks(0);
        let every = (15.0 / (long / ticks.len().max(1) as f64)).ceil().max(1.0) as usize;
        return ticks.into_iter().step_by(every).map(|t| (t.0, cut(&t.1, TICK, 150.0))).collect();
    }
    axis.ticks(count(long, 40.0))
}

/// From the units of a panel to places on paper.
struct Map<'a> {
    place: &'a Place,
    x: &'a Axis,
    y: &'a Axis,
    lies: bool,
}

impl Map<'_> {
    fn at(&self, x: f64, y: f64) -> (f64, f64) {
        let share = |v: f64, a: &Axis| if a.hi > a.lo { (v - a.lo) / (a.hi - a.lo) } else { 0.5 };
        let (sx, sy) = (share(x, self.x), share(y, self.y));
        let p = self.place;
        // Lying panels have the first name at the top.
        if self.lies { (p.x + sy * p.w, p.y + sx * p.h) } else { (p.x + sx * p.w, p.y + (1.0 - sy) * p.h) }
    }

    /// The part of a rectangle that is inside: left, top, width, height.
    fn rect(&self, x: (f64, f64), y: (f64, f64)) -> Option<(f64, f64, f64, f64)> {
        let (a, b) = (self.at(x.0, y.0), self.at(x.1, y.1));
        let p = self.place;
        let (x0, x1) = (a.0.min(b.0).max(p.x), a.0.max(b.0).min(p.x + p.w));
        let (y0, y1) = (a.1.min(b.1).max(p.y), a.1.max(b.1).min(p.y + p.h));
        (x1 > x0 && y1 > y0).then_some((x0, y0, x1 - x0, y1 - y0))
    }
}

fn draw_panel(figure: &Figure, panel: &Panel, lies: bool, place: &Place, (outer_y, outer_x): (bool, bool), marks: &mut Vec<Mark>) {
    let map = Map { place, x: &panel.x, y: &panel.y, lies };
    let (across, up) = if lies { (&panel.y, &panel.x) } else { (&panel.x, &panel.y) };
    let name = if panel.title.is_empty() { figure.title.clone() } else { panel.title.clone() };
    marks.push(Mark::Group(name));
    let ticks_x = ticks_across(across, place.w);
    let ticks_y = ticks_up(up, place.h);
    let x_of = |t: f64| place.x + (t - across.lo) / (across.hi - across.lo).max(f64::MIN_POSITIVE) * place.w;
    let y_of = |t: f64| {
        let share = (t - up.lo) / (up.hi - up.lo).max(f64::MIN_POSITIVE);
        place.y + if lies { share } else { 1.0 - share } * place.h
    };
    let covered = panel.layers.iter().any(|l| matches!(l, Layer::Cells { .. }));
    if !covered {
        for (t, _) in ticks_x.iter().filter(|_| !across.is_names()) {
            marks.push(Mark::Rect { x: x_of(*t).round(), y: place.y, w: 1.0, h: place.h, fill: Color::Grid, says: None });
        }
        for (t, _) in ticks_y.iter().filter(|_| !up.is_names()) {
            marks.push(Mark::Rect { x: place.x, y: y_of(*t).round(), w: place.w, h: 1.0, fill: Color::Grid, says: None });
        }
    }
    for layer in &panel.layers {
        draw_layer(figure, layer, &map, marks);
    }
    // Frame, ticks and their texts.
    if covered {
        marks.push(Mark::Frame { x: place.x, y: place.y, w: place.w, h: place.h, color: Color::Frame });
    } else {
        marks.push(Mark::Rect { x: place.x, y: place.y + place.h, w: place.w, h: 1.0, fill: Color::Frame, says: None });
        marks.push(Mark::Rect { x: place.x - 1.0, y: place.y, w: 1.0, h: place.h + 1.0, fill: Color::Frame, says: None });
    }
    let bottom = place.y + place.h;
    for x in across.minor().into_iter().map(x_of) {
        marks.push(Mark::Rect { x: x.round(), y: bottom, w: 1.0, h: MINOR_LENGTH, fill: Color::Frame, says: None });
    }
    for y in up.minor().into_iter().map(y_of) {
        marks.push(Mark::Rect { x: place.x - MINOR_LENGTH, y: y.round(), w: MINOR_LENGTH, h: 1.0, fill: Color::Frame, says: None });
    }
    for (t, label) in &ticks_x {
        let x = x_of(*t);
        if !across.is_names() {
            marks.push(Mark::Rect { x: x.round(), y: bottom, w: 1.0, h: TICK_LENGTH, fill: Color::Frame, says: None });
        }
        if outer_x {
            marks.push(text(x, bottom + TICK_LENGTH + 13.0, label, TICK, Anchor::Middle, Color::Ink));
        }
    }
    for (t, label) in &ticks_y {
        let y = y_of(*t);
        if !up.is_names() {
            marks.push(Mark::Rect { x: place.x - TICK_LENGTH, y: y.round(), w: TICK_LENGTH, h: 1.0, fill: Color::Frame, says: None });
        }
        if outer_y {
            marks.push(text(place.x - TICK_LENGTH - 4.0, y + 4.0, label, TICK, Anchor::End, Color::Ink));
        }
    }
    if titled(across) && outer_x {
        let label = cut(&across.label, LABEL, place.w + 40.0);
        marks.push(text(place.x + place.w / 2.0, bottom + TICK_LENGTH + 32.0, &label, LABEL, Anchor::Middle, Color::Ink));
    }
    if titled(up) && outer_y {
        let longest = ticks_y.iter().map(|t| width(&t.1, TICK, false)).fold(0.0, f64::max);
        // The last line is nearest to the axis.
        for (i, line) in label_lines(up, place.h).into_iter().rev().enumerate() {
            marks.push(Mark::Text {
                x: place.x - TICK_LENGTH - 10.0 - longest - LINE * i as f64,
                y: place.y + place.h / 2.0,
                text: line,
                size: LABEL,
                anchor: Anchor::Middle,
                color: Color::Ink,
                bold: false,
                turned: true,
            });
        }
    }
    if !panel.title.is_empty() {
        marks.push(Mark::Text {
            x: place.x,
            y: place.y - 7.0,
            text: cut(&panel.title, HEAD, place.w),
            size: HEAD,
            anchor: Anchor::Start,
            color: Color::Ink,
            bold: true,
            turned: false,
        });
    }
    marks.push(Mark::End);
}

fn draw_layer(figure: &Figure, layer: &Layer, map: &Map, marks: &mut Vec<Mark>) {
    let p = map.place;
    let inside = (p.x, p.y, p.x + p.w, p.y + p.h);
    let within = |(x, y): (f64, f64)| {
        x.is_finite() && y.is_finite() && x >= inside.0 - 0.5 && x <= inside.2 + 0.5 && y >= inside.1 - 0.5 && y <= inside.3 + 0.5
    };
    match layer {
        Layer::Line { points, color } => {
            let placed: Vec<(f64, f64)> = points.iter().map(|p| map.at(p.0, p.1)).collect();
            // Where points are as dense as pixels, a thick line would be a band.
            let thin = if points.len() as f64 > p.w { 1.0 } else { 1.75 };
            for part in clipped(&placed, inside) {
                match part[..] {
                    [(x, y)] => marks.push(Mark::Dot { x, y, r: 2.0, color: *color, opacity: 1.0 }),
                    _ => marks.push(Mark::Line { points: part, color: *color, width: thin }),
                }
            }
            if let [one] = placed[..]
                && within(one)
            {
                marks.push(Mark::Dot { x: one.0, y: one.1, r: 2.5, color: *color, opacity: 1.0 });
            }
        }
        Layer::Coast(coast) => {
            for line in coast {
                let placed: Vec<(f64, f64)> = line.iter().map(|p| map.at(p.0, p.1)).collect();
                for part in clipped(&placed, inside) {
                    marks.push(Mark::Line { points: part, color: Color::Rgb([0x26, 0x2b, 0x31]), width: 0.8 });
                }
            }
        }
        Layer::Dots { points, color, r, opacity } => {
            for (x, y) in points.iter().map(|p| map.at(p.0, p.1)).filter(|p| within(*p)) {
                marks.push(Mark::Dot { x, y, r: *r, color: *color, opacity: *opacity });
            }
        }
        Layer::Marks { points, r } => {
            for (x, y, value) in points {
                let (x, y) = map.at(*x, *y);
                let color = figure.bar.as_ref().and_then(|b| b.share(*value).map(|s| Color::Rgb(b.map.at(s)))).unwrap_or(Color::Missing);
                if within((x, y)) {
                    marks.push(Mark::Dot { x, y, r: *r, color, opacity: 1.0 });
                }
            }
        }
        Layer::Bars { bars, color } => {
            // An empty bin stands in a list of bars, but has nothing to draw.
            for bar in bars.iter().filter(|b| b.y.0 != b.y.1) {
                if let Some((x, y, w, h)) = map.rect(bar.x, bar.y) {
                    // Neighbours are told apart by a gap of one pixel, where they are wider than that.
                    let (w, h) = if map.lies { (w, if h > 3.0 { h - 1.0 } else { h }) } else { (if w > 3.0 { w - 1.0 } else { w }, h) };
                    marks.push(Mark::Rect { x, y, w, h, fill: *color, says: Some(bar.says.clone()) });
                }
            }
        }
        Layer::Boxes { boxes, width, color } => {
            for b in boxes {
                draw_box(b, *width, *color, map, marks);
                for value in &b.beyond {
                    let (x, y) = map.at(b.at, *value);
                    if within((x, y)) {
                        marks.push(Mark::Dot { x, y, r: 2.0, color: *color, opacity: 0.6 });
                    }
                }
            }
        }
        Layer::Cells { x, y, values, texts } => {
            let Some(bar) = &figure.bar else { return };
            draw_cells(bar, x, y, values, map, marks);
            for (i, label) in texts.iter().flatten().enumerate() {
                let columns = x.len().saturating_sub(1).max(1);
                let (c, r) = (i % columns, i / columns);
                let Some((left, top, w, h)) = map.rect((x[c], x[c + 1]), (y[r], y[r + 1])) else { continue };
                let [red, green, blue] = bar.share(values[i]).map_or(Color::Missing.rgb(), |s| bar.map.at(s)).map(f64::from);
                let dark = 0.299 * red + 0.587 * green + 0.114 * blue < 140.0;
                let color = Color::Rgb(if dark { [255; 3] } else { [0x1f, 0x23, 0x28] });
                if super::font::width(label, TICK, false) < w - 2.0 && h > TICK + 2.0 {
                    marks.push(text(left + w / 2.0, top + h / 2.0 + 4.0, label, TICK, Anchor::Middle, color));
                }
            }
        }
    }
}

fn draw_box(b: &super::figure::FiveNumbers, width: f64, color: Color, map: &Map, marks: &mut Vec<Mark>) {
    let [low, first, median, third, high] = b.of;
    let half = width / 2.0;
    let line = |from: (f64, f64), to: (f64, f64), w: f64, color: Color| Mark::Line {
        points: vec![map.at(from.0, from.1), map.at(to.0, to.1)],
        color,
        width: w,
    };
    for (from, to) in [(low, first), (third, high)] {
        marks.push(line((b.at, from), (b.at, to), 1.2, color));
    }
    for end in [low, high] {
        marks.push(line((b.at - half / 2.0, end), (b.at + half / 2.0, end), 1.2, color));
    }
    if let Some((x, y, w, h)) = map.rect((b.at - half, b.at + half), (first, third)) {
        marks.push(Mark::Rect { x, y, w, h, fill: color, says: Some(b.says.clone()) });
    }
    marks.push(line((b.at - half, median), (b.at + half, median), 2.0, Color::Paper));
}

fn draw_cells(bar: &ColorBar, x: &[f64], y: &[f64], values: &[f64], map: &Map, marks: &mut Vec<Mark>) {
    let (nx, ny) = (x.len().saturating_sub(1), y.len().saturating_sub(1));
    if nx == 0 || ny == 0 {
        return;
    }
    let color = |v: f64| bar.share(v).map(|s| bar.map.at((s * 255.0).round() / 255.0));
    let uniform = |e: &[f64]| {
        let step = (e[e.len() - 1] - e[0]) / (e.len() - 1) as f64;
        e.windows(2).all(|w| (w[1] - w[0] - step).abs() <= step.abs() * 0.01)
    };
    let Some((left, top, w, h)) = map.rect((x[0], x[nx]), (y[0], y[ny])) else { return };
    if uniform(x) && uniform(y) {
        // From the top row down.
        let pixels = (0..ny).rev().flat_map(|r| (0..nx).map(move |c| r * nx + c)).map(|i| color(values[i])).collect();
        marks.push(Mark::Image { x: left, y: top, w, h, columns: nx, pixels });
        return;
    }
    let (columns, rows) = ((w.ceil() as usize).clamp(1, 2000), (h.ceil() as usize).clamp(1, 2000));
    let find = |edges: &[f64], v: f64| edges.partition_point(|e| *e <= v).saturating_sub(1).min(edges.len() - 2);
    let share = |i: usize, n: usize| (i as f64 + 0.5) / n as f64;
    let at_x: Vec<usize> = (0..columns).map(|i| find(x, x[0] + share(i, columns) * (x[nx] - x[0]))).collect();
    let at_y: Vec<usize> = (0..rows).map(|i| find(y, y[ny] - share(i, rows) * (y[ny] - y[0]))).collect();
    let pixels = at_y.iter().flat_map(|r| at_x.iter().map(move |c| r * nx + c)).map(|i| color(values[i])).collect();
    marks.push(Mark::Image { x: left, y: top, w, h, columns, pixels });
}

/// Ticks of the colours, with the width of their texts.
fn bar_ticks(bar: &ColorBar, long: f64) -> (Vec<(f64, String)>, f64) {
    let axis = Axis::new("", Scale::Number, (bar.lo, bar.hi));
    let ticks = axis.ticks(count(long, 38.0));
    let widest = ticks.iter().map(|t| width(&t.1, TICK, false)).fold(0.0, f64::max);
    (ticks, widest)
}

fn bar_room(bar: &ColorBar) -> f64 {
    BAR + bar_ticks(bar, 300.0).1 + TICK_LENGTH + 12.0 + if bar.label.is_empty() { 0.0 } else { 20.0 }
}

fn color_bar(bar: &ColorBar, x: f64, y: f64, long: f64, marks: &mut Vec<Mark>) {
    marks.push(Mark::Group(format!("colours of {}", bar.label)));
    let steps = 96;
    let pixels = (0..steps).map(|i| Some(bar.map.at(1.0 - i as f64 / (steps - 1) as f64))).collect();
    marks.push(Mark::Image { x, y, w: BAR, h: long, columns: 1, pixels });
    marks.push(Mark::Frame { x, y, w: BAR, h: long, color: Color::Frame });
    let (ticks, widest) = bar_ticks(bar, long);
    for (t, label) in ticks {
        let at = y + (1.0 - bar.share(t).unwrap_or(0.0)) * long;
        marks.push(Mark::Rect { x: x + BAR, y: at.round(), w: TICK_LENGTH, h: 1.0, fill: Color::Frame, says: None });
        marks.push(text(x + BAR + TICK_LENGTH + 4.0, at + 4.0, &label, TICK, Anchor::Start, Color::Ink));
    }
    if !bar.label.is_empty() {
        marks.push(Mark::Text {
            x: x + BAR + TICK_LENGTH + 4.0 + widest + 18.0,
            y: y + long / 2.0,
            text: cut(&bar.label, LABEL, long + 40.0),
            size: LABEL,
            anchor: Anchor::Middle,
            color: Color::Ink,
            bold: false,
            turned: true,
        });
    }
    marks.push(Mark::End);
}
