//! A picture in letters, for terminals: lines and points in dots of braille, bars and boxes lying, values as shades.

use super::color::Color;
use super::figure::{Axis, Figure, Layer, Panel, Scale};
use crate::error::escape;
use crate::show::{BOLD, DIM, paint};
use anstyle::{RgbColor, Style};
use unicode_width::UnicodeWidthStr;

/// Rows of a panel by itself; less where there are several.
const TALL: usize = 16;

/// The picture in so many columns of letters.
pub(super) fn text(figure: &Figure, width: usize) -> String {
    let width = width.clamp(40, 120);
    let mut out = String::new();
    for (line, style) in [(&figure.title, BOLD), (&figure.subtitle, DIM)] {
        if !line.is_empty() {
            out += &format!("{}\n", paint(style, &escape(line)));
        }
    }
    if !figure.legend.is_empty() {
        let names: Vec<String> = figure.legend.iter().map(|(n, c)| format!("{} {}", colored("■", *c), escape(n))).collect();
        out += &format!("{}\n", names.join("  "));
    }
    let tall = if figure.panels.len() > 1 { TALL / 2 } else { TALL };
    for panel in figure.panels.iter().take(12) {
        // One of several has at least the name of what it shows.
        let name = if panel.title.is_empty() && figure.panels.len() > 1 { &panel.y.label } else { &panel.title };
        if !name.is_empty() {
            out += &format!("{}\n", paint(BOLD, &escape(name)));
        }
        out += &draw(figure, panel, width, tall);
    }
    if figure.panels.len() > 12 {
        out += &format!("{}\n", paint(DIM, &format!("the first 12 of {} panels", figure.panels.len())));
    }
    if let Some(bar) = &figure.bar {
        let steps: String = (0..20).map(|i| shade(figure, bar.lo + (bar.hi - bar.lo) * i as f64 / 19.0)).collect();
        let number = |x: f64| brief(x, bar.hi - bar.lo);
        out += &format!("{} {steps} {}  {}\n", number(bar.lo), number(bar.hi), escape(&bar.label));
    }
    if !figure.note.is_empty() {
        out += &format!("{}\n", paint(DIM, &escape(&figure.note)));
    }
    out
}

fn colored(text: &str, color: Color) -> String {
    let [r, g, b] = color.rgb();
    paint(Style::new().fg_color(Some(RgbColor(r, g, b).into())), text)
}

/// A number with as many decimals as a span of this size needs.
fn brief(x: f64, span: f64) -> String {
    let digits = if span > 0.0 { (2 - span.log10().floor() as i32).clamp(0, 8) as usize } else { 2 };
    if x.abs() >= 1e7 || (x != 0.0 && x.abs() < 1e-4) { format!("{x:.2e}") } else { format!("{x:.digits$}") }
}

fn draw(figure: &Figure, panel: &Panel, width: usize, tall: usize) -> String {
    let lying = panel.layers.iter().all(|l| matches!(l, Layer::Bars { .. } | Layer::Boxes { .. }));
    if lying && !panel.layers.is_empty() {
        return lie(panel, width);
    }
    if let Some(Layer::Cells { x, y, values, .. }) = panel.layers.first() {
        return cells(figure, panel, x, y, values, width, tall + 4);
    }
    dots(figure, panel, width, tall)
}

/// Bars and boxes, one below the other.
fn lie(panel: &Panel, width: usize) -> String {
    struct Row {
        name: String,
        value: String,
        marks: Vec<(usize, char)>,
        color: Color,
    }
    let amount = &panel.y;
    let mut rows = Vec::new();
    let several = panel.layers.len() > 1;
    let place = |v: f64, long: usize| {
        ((v - amount.lo) / (amount.hi - amount.lo).max(f64::MIN_POSITIVE) * long as f64).round().clamp(0.0, long as f64) as usize
    };
    let names_of = |l: &Layer| match l {
        Layer::Bars { bars, .. } => bars.iter().map(|b| b.says.clone()).collect::<Vec<_>>(),
        Layer::Boxes { boxes, .. } => boxes.iter().map(|b| b.says.clone()).collect(),
        _ => Vec::new(),
    };
    let longest = panel.layers.iter().flat_map(names_of).map(|s| split(&s).0.width()).max().unwrap_or(0).min(width / 3);
    let values = panel.layers.iter().flat_map(names_of).map(|s| split(&s).1.width()).max().unwrap_or(0).min(width / 3);
    let long = width.saturating_sub(longest + values + 4).max(10);
    for layer in &panel.layers {
        match layer {
            Layer::Bars { bars, color } => {
                for b in bars {
                    let (name, value) = split(&b.says);
                    let (from, to) = (place(b.y.0.min(b.y.1), long), place(b.y.0.max(b.y.1), long));
                    let marks = (from..to.max(from + (b.y.0 != b.y.1) as usize)).map(|i| (i, '█')).collect();
                    rows.push((b.x.0, Row { name, value, marks, color: *color }));
                }
            }
            Layer::Boxes { boxes, color, .. } => {
                for b in boxes {
                    let (name, _) = split(&b.says);
                    let p = b.of.map(|v| place(v, long.saturating_sub(1)));
                    let mut marks: Vec<(usize, char)> = (p[0]..=p[4]).map(|i| (i, '─')).collect();
                    marks.extend((p[1]..=p[3]).map(|i| (i, '█')));
                    marks.extend([(p[0], '├'), (p[4], '┤'), (p[2], '│')]);
                    marks.extend(b.beyond.iter().map(|v| (place(*v, long.saturating_sub(1)), '·')));
                    rows.push((b.at, Row { name, value: amount.says(b.of[2]), marks, color: *color }));
                }
            }
            _ => {}
        }
    }
    if several {
        rows.sort_by(|a, b| a.0.total_cmp(&b.0));
    }
    let most = 48;
    let left = rows.len().saturating_sub(most);
    let mut out = String::new();
    for (_, row) in rows.into_iter().take(most) {
        let name = fit(&row.name, longest);
        let mut line = vec![' '; long + 1];
        row.marks.iter().for_each(|(i, c)| line[*i] = *c);
        let line: String = line.into_iter().collect();
        out += &format!("{name} {} {}\n", colored(line.trim_end(), row.color), paint(DIM, &escape(&row.value)));
    }
    if left > 0 {
        out += &format!("{}\n", paint(DIM, &format!("and {left} more")));
    }
    if !amount.label.is_empty() {
        out += &format!("{} {}\n", " ".repeat(longest), paint(DIM, &escape(&amount.label)));
    }
    out
}

/// What a mark says: its name, and its amount.
fn split(says: &str) -> (String, String) {
    says.rsplit_once(": ").map_or((says.into(), String::new()), |(a, b)| (a.into(), b.into()))
}

/// A name in so many columns.
fn fit(name: &str, columns: usize) -> String {
    let name = escape(name);
    let wide = name.width();
    if wide <= columns {
        return " ".repeat(columns - wide) + &name;
    }
    let mut out = String::new();
    for c in name.chars() {
        if out.width() + 1 >= columns {
            break;
        }
        out.push(c);
    }
    let gap = columns.saturating_sub(out.width() + 1);
    format!("{}{out}…", " ".repeat(gap))
}

/// Labels beside the rows of a panel.
fn beside(axis: &Axis, tall: usize) -> (Vec<String>, usize) {
    let mut labels = vec![String::new(); tall];
    let ticks = match &axis.scale {
        Scale::Names(names) => {
            let every = names.len().div_ceil(tall).max(1);
            axis.ticks(0).into_iter().step_by(every).collect()
        }
        _ => axis.ticks((tall / 4).max(2)),
    };
    for (t, label) in ticks {
        let share = (t - axis.lo) / (axis.hi - axis.lo).max(f64::MIN_POSITIVE);
        let row = ((1.0 - share) * tall as f64 - 0.5).round().clamp(0.0, tall as f64 - 1.0) as usize;
        labels[row] = escape(&label).replace('\u{a0}', " ");
    }
    let wide = labels.iter().map(|l| l.width()).max().unwrap_or(0).min(24);
    (labels, wide)
}

/// Labels below a panel.
fn below(axis: &Axis, gutter: usize, long: usize) -> String {
    let mut line = vec![' '; gutter + long + 12];
    let mut free = 0;
    for (t, label) in axis.ticks((long / 14).max(2)) {
        let label: Vec<char> = escape(&label).replace('\u{a0}', " ").chars().collect();
        let share = (t - axis.lo) / (axis.hi - axis.lo).max(f64::MIN_POSITIVE);
        let middle = gutter + (share * long as f64) as usize;
        let start = middle.saturating_sub(label.len() / 2);
        if start >= free && start + label.len() <= line.len() {
            line[start..start + label.len()].copy_from_slice(&label);
            free = start + label.len() + 1;
        }
    }
    let line: String = line.into_iter().collect();
    let mut out = format!("{}\n", line.trim_end());
    if !axis.label.is_empty() && !matches!(axis.scale, Scale::North | Scale::East) {
        let label = escape(&axis.label);
        out += &format!("{}{}\n", " ".repeat(gutter + long.saturating_sub(label.width()) / 2), paint(DIM, &label));
    }
    out
}

fn dots(figure: &Figure, panel: &Panel, width: usize, tall: usize) -> String {
    let (labels, wide) = beside(&panel.y, tall);
    let long = width.saturating_sub(wide + 3).max(10);
    // Two by four dots in each letter.
    let (w, h) = (long * 2, tall * 4);
    let mut bits = vec![0u8; long * tall];
    let mut colors = vec![Color::Ink; long * tall];
    let place = |x: f64, y: f64| {
        let share = |v: f64, a: &Axis| if a.hi > a.lo { (v - a.lo) / (a.hi - a.lo) } else { 0.5 };
        (share(x, &panel.x) * (w - 1) as f64, (1.0 - share(y, &panel.y)) * (h - 1) as f64)
    };
    let mut put = |x: f64, y: f64, color: Color| {
        if x < -0.5 || y < -0.5 || x > w as f64 - 0.5 || y > h as f64 - 0.5 || !x.is_finite() || !y.is_finite() {
            return;
        }
        let (x, y) = (x.round() as usize, y.round() as usize);
        let bit = match (x % 2, y % 4) {
            (0, 3) => 6,
            (1, 3) => 7,
            (0, r) => r,
            (_, r) => r + 3,
        };
        let i = y / 4 * long + x / 2;
        bits[i] |= 1 << bit;
        colors[i] = color;
    };
    for layer in &panel.layers {
        match layer {
            Layer::Line { points, color } => {
                for pair in points.windows(2) {
                    let (a, b) = (place(pair[0].0, pair[0].1), place(pair[1].0, pair[1].1));
                    if !(a.0.is_finite() && a.1.is_finite() && b.0.is_finite() && b.1.is_finite()) {
                        continue;
                    }
                    let steps = (b.0 - a.0).abs().max((b.1 - a.1).abs()).ceil().clamp(1.0, 4000.0);
                    (0..=steps as usize).for_each(|i| {
                        let t = i as f64 / steps;
                        put(a.0 + (b.0 - a.0) * t, a.1 + (b.1 - a.1) * t, *color);
                    });
                }
                if let [p] = points[..] {
                    let (x, y) = place(p.0, p.1);
                    put(x, y, *color);
                }
            }
            Layer::Dots { points, color, .. } => points.iter().map(|p| place(p.0, p.1)).for_each(|(x, y)| put(x, y, *color)),
            Layer::Marks { points, .. } => {
                for p in points {
                    let color = figure.bar.as_ref().and_then(|b| b.share(p.2).map(|s| Color::Rgb(b.map.at(s)))).unwrap_or(Color::Missing);
                    let (x, y) = place(p.0, p.1);
                    put(x, y, color);
                }
            }
            _ => {}
        }
    }
    let mut out = String::new();
    for (row, label) in labels.iter().enumerate() {
        let mut line = String::new();
        let mut i = row * long;
        let end = i + long;
        while i < end {
            // Neighbours of one colour together.
            let color = colors[i];
            let mut run = String::new();
            while i < end && (colors[i] == color || bits[i] == 0) {
                run.push(if bits[i] == 0 { ' ' } else { char::from_u32(0x2800 + bits[i] as u32).unwrap_or(' ') });
                i += 1;
            }
            line += &if color == Color::Ink { run } else { colored(&run, color) };
        }
        let plain = anstream::adapter::strip_str(&line).to_string();
        let line = if plain.trim().is_empty() { String::new() } else { trimmed(line, &plain) };
        out += format!("{} ┤{line}", fit(label, wide)).trim_end();
        out.push('\n');
    }
    out += &format!("{} └{}\n", " ".repeat(wide), "─".repeat(long));
    out + &below(&panel.x, wide + 2, long)
}

/// Without blanks at the end, where no colour ends there.
fn trimmed(line: String, plain: &str) -> String {
    if line == plain { line.trim_end().to_string() } else { line }
}

fn shade(figure: &Figure, value: f64) -> String {
    let Some(bar) = &figure.bar else { return " ".into() };
    let Some(share) = bar.share(value) else { return paint(DIM, "·") };
    let letter = ['░', '▒', '▓', '█'][((share * 4.0) as usize).min(3)];
    colored(&letter.to_string(), Color::Rgb(bar.map.at(share)))
}

fn cells(figure: &Figure, panel: &Panel, x: &[f64], y: &[f64], values: &[f64], width: usize, tall: usize) -> String {
    let (nx, ny) = (x.len().saturating_sub(1), y.len().saturating_sub(1));
    if nx == 0 || ny == 0 {
        return "no cells\n".into();
    }
    let tall = if panel.y.is_names() { ny.min(40) } else { tall };
    let (labels, wide) = beside(&panel.y, tall);
    let room = width.saturating_sub(wide + 3).max(10);
    // Letters are about twice as tall as wide.
    let long = if panel.equal {
        let ratio = (panel.x.hi - panel.x.lo) / (panel.y.hi - panel.y.lo).max(1e-9);
        ((tall as f64 * 2.0 * ratio) as usize).clamp(10, room)
    } else if panel.x.is_names() {
        (room / nx.max(1)).clamp(1, 6) * nx.min(room)
    } else {
        room
    };
    let find = |e: &[f64], v: f64| e.partition_point(|x| *x <= v).saturating_sub(1).min(e.len() - 2);
    let at = |i: usize, n: usize, e: &[f64]| find(e, e[0] + (i as f64 + 0.5) / n as f64 * (e[e.len() - 1] - e[0]));
    let mut out = String::new();
    for (row, label) in labels.iter().enumerate() {
        let r = at(tall - 1 - row, tall, y);
        let line: String = (0..long).map(|c| shade(figure, values[r * nx + at(c, long, x)])).collect();
        out += &format!("{} ┤{line}\n", fit(label, wide));
    }
    out += &format!("{} └{}\n", " ".repeat(wide), "─".repeat(long));
    out + &below(&panel.x, wide + 2, long)
}
