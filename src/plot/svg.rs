//! A picture as SVG: text stays text, marks say their values, and on a page the colours follow its theme.

use super::color::{Color, hex};
use super::font::FAMILY;
use super::png;
use super::scene::{Anchor, Mark, Scene};
use std::fmt::Write;

/// Where an SVG stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// In a file of its own: fixed colours on white.
    File,
    /// In a page whose style gives the colours; as wide as there is room.
    Page,
}

/// Up to so many cells are rectangles, which stay sharp at any size; more are an image inside.
const MOST_CELLS: usize = 3000;

/// The SVG of a scene.
pub(crate) fn svg(scene: &Scene, place: Place) -> String {
    let (w, h) = (number(scene.width), number(scene.height));
    let size = if place == Place::File { format!(" width=\"{w}\" height=\"{h}\"") } else { String::new() };
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\"{size} viewBox=\"0 0 {w} {h}\" role=\"img\" aria-label=\"{}\" font-family=\"{FAMILY}\">\n",
        escaped(&scene.description)
    );
    if place == Place::File {
        // Elsewhere it would be said twice, and pop up over all marks.
        let _ = writeln!(out, "<title>{}</title>\n<desc>{}</desc>", escaped(&scene.title), escaped(&scene.description));
        let _ = writeln!(out, "<rect width=\"{w}\" height=\"{h}\" fill=\"#ffffff\"/>");
    }
    for mark in &scene.marks {
        draw(mark, place, &mut out);
    }
    out + "</svg>\n"
}

fn draw(mark: &Mark, place: Place, out: &mut String) {
    let paint = |c: &Color| match c.variable().filter(|_| place == Place::Page) {
        Some(name) => format!("var({name})"),
        None => hex(c.rgb()),
    };
    let n = number;
    // Writing to a text does not fail.
    let _ = match mark {
        Mark::Rect { x, y, w, h, fill, says } => {
            let rect = format!("<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" fill=\"{}\"", n(*x), n(*y), n(*w), n(*h), paint(fill));
            match says {
                Some(text) => writeln!(out, "{rect}><title>{}</title></rect>", escaped(text)),
                None => writeln!(out, "{rect}/>"),
            }
        }
        Mark::Frame { x, y, w, h, color } => writeln!(
            out,
            "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" fill=\"none\" stroke=\"{}\"/>",
            n(*x),
            n(*y),
            n(*w),
            n(*h),
            paint(color)
        ),
        Mark::Line { points, color, width } => {
            let mut path = String::with_capacity(points.len() * 12);
            for (x, y) in points {
                let _ = write!(path, "{}{},{}", if path.is_empty() { "" } else { " " }, n(*x), n(*y));
            }
            writeln!(
                out,
                "<polyline points=\"{path}\" fill=\"none\" stroke=\"{}\" stroke-width=\"{}\" stroke-linejoin=\"round\" stroke-linecap=\"round\"/>",
                paint(color),
                n(*width)
            )
        }
        Mark::Dot { x, y, r, color, opacity } => {
            let through = if *opacity < 1.0 { format!(" fill-opacity=\"{}\"", n(*opacity)) } else { String::new() };
            writeln!(out, "<circle cx=\"{}\" cy=\"{}\" r=\"{}\" fill=\"{}\"{through}/>", n(*x), n(*y), n(*r), paint(color))
        }
        Mark::Text { x, y, text, size, anchor, color, bold, turned } => {
            let anchor = match anchor {
                Anchor::Start => "",
                Anchor::Middle => " text-anchor=\"middle\"",
                Anchor::End => " text-anchor=\"end\"",
            };
            let weight = if *bold { " font-weight=\"500\"" } else { "" };
            let (x, y) = (n(*x), n(*y));
            let turn = if *turned { format!(" transform=\"rotate(-90 {x} {y})\"") } else { String::new() };
            writeln!(
                out,
                "<text x=\"{x}\" y=\"{y}\" font-size=\"{}\"{anchor}{weight} fill=\"{}\"{turn}>{}</text>",
                n(*size),
                paint(color),
                escaped(text)
            )
        }
        Mark::Image { x, y, w, h, columns, pixels } => {
            let rows = pixels.len() / (*columns).max(1);
            if pixels.len() > MOST_CELLS {
                let file = png::indexed(*columns, pixels);
                let data = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, file);
                writeln!(
                    out,
                    "<image x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" preserveAspectRatio=\"none\" style=\"image-rendering:pixelated\" href=\"data:image/png;base64,{data}\"/>",
                    n(*x),
                    n(*y),
                    n(*w),
                    n(*h)
                )
            } else {
                let _ = writeln!(out, "<g shape-rendering=\"crispEdges\">");
                let (dx, dy) = (w / (*columns).max(1) as f64, h / rows.max(1) as f64);
                for (i, pixel) in pixels.iter().enumerate() {
                    let color = pixel.map_or(Color::Missing, Color::Rgb);
                    let (left, top) = (x + (i % columns) as f64 * dx, y + (i / columns) as f64 * dy);
                    // A little over its neighbours to the right and below, which are drawn after it: no gaps are left between.
                    let over = |last: bool| if last { 0.0 } else { 0.6 };
                    let _ = writeln!(
                        out,
                        "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" fill=\"{}\"/>",
                        n(left),
                        n(top),
                        n(dx + over((i + 1) % columns == 0)),
                        n(dy + over(i / columns + 1 == rows)),
                        paint(&color)
                    );
                }
                writeln!(out, "</g>")
            }
        }
        Mark::Group(name) => writeln!(out, "<g role=\"group\" aria-label=\"{}\">", escaped(name)),
        Mark::End => writeln!(out, "</g>"),
    };
}

/// Two decimals at most, none that say nothing.
fn number(x: f64) -> String {
    if !x.is_finite() {
        return "0".into();
    }
    let text = format!("{x:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".into() } else { text.to_string() }
}

/// Text inside of markup; control characters, which it cannot hold, are left out.
pub(crate) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\n' | '\t' => out.push(' '),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => {}
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_in_names_is_text() {
        assert_eq!(escaped("a<b> & \"c\"\u{1}"), "a&lt;b&gt; &amp; &quot;c&quot;");
        assert_eq!([1.0, 2.5, -0.001, f64::NAN].map(number), ["1", "2.5", "0", "0"]);
    }
}
