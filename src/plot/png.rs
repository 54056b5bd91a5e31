//! A picture as PNG. Marks are drawn with `plotters` at twice the size (three times, where that is not much) and then made smaller,
//! which gives them soft edges; the file is written here.

use super::color::{Color, Rgb};
use super::font::{font, scaled, width};
use super::scene::{Anchor, Mark, Scene};
use crate::error::{Error, Result};
use crate::store::Budget;
use ab_glyph::{Font, Glyph, ScaleFont, point};
use flate2::{Compression, write::ZlibEncoder};
use indexmap::IndexMap;
use plotters::prelude::{BitMapBackend, DrawingBackend, RGBAColor, ShapeStyle};
use std::io::Write;

/// The PNG file of a scene, `scale` pixels for one of the scene.
///
/// # Errors
/// Budget, where the pixels do not fit; internal, where drawing fails.
pub(super) fn png(scene: &Scene, budget: &Budget) -> Result<Vec<u8>> {
    let (w, h) = (scene.width.round().max(1.0) as usize, scene.height.round().max(1.0) as usize);
    let finer = if w * h <= 2_000_000 { 3 } else { 2 };
    let _booked = budget.reserve(w * h * 3 * (finer * finer + 1), "a picture")?;
    let mut pixels = vec![255u8; w * h * 3 * finer * finer];
    {
        let mut canvas =
            Canvas { backend: BitMapBackend::with_buffer(&mut pixels, ((w * finer) as u32, (h * finer) as u32)), k: finer as f64 };
        for mark in &scene.marks {
            canvas.draw(mark).map_err(|e| Error::internal(format!("a mark could not be drawn: {e}")))?;
        }
    }
    let small = smaller(&pixels, w, h, finer);
    drop(pixels);
    Ok(file(w, h, 2, None, small.chunks(w * 3)))
}

/// The mean of each block of pixels.
fn smaller(pixels: &[u8], w: usize, h: usize, k: usize) -> Vec<u8> {
    let mut out = vec![0u8; w * h * 3];
    let mut sums = vec![0u32; w * 3];
    for (y, row) in out.chunks_mut(w * 3).enumerate() {
        sums.fill(0);
        for line in pixels[y * k * w * k * 3..(y + 1) * k * w * k * 3].chunks(w * k * 3) {
            for (x, block) in line.chunks(k * 3).enumerate() {
                for p in block.chunks(3) {
                    (0..3).for_each(|c| sums[x * 3 + c] += p[c] as u32);
                }
            }
        }
        let n = (k * k) as u32;
        row.iter_mut().zip(&sums).for_each(|(o, s)| *o = ((s + n / 2) / n) as u8);
    }
    out
}

struct Canvas<'a> {
    backend: BitMapBackend<'a>,
    /// Pixels drawn for one of the picture.
    k: f64,
}

type Drawn = std::result::Result<(), Box<dyn std::error::Error>>;

fn pen(color: Color, alpha: f64, width: u32) -> ShapeStyle {
    let [r, g, b] = color.rgb();
    ShapeStyle { color: RGBAColor(r, g, b, alpha), filled: true, stroke_width: width }
}

impl Canvas<'_> {
    fn at(&self, x: f64, y: f64) -> (i32, i32) {
        // What lies far outside stays there, and can be counted with.
        let pixel = |v: f64| (v * self.k).round().clamp(-1e6, 1e6) as i32;
        (pixel(x), pixel(y))
    }

    fn fill(&mut self, x: f64, y: f64, w: f64, h: f64, color: Color) -> Drawn {
        let (a, b) = (self.at(x, y), self.at(x + w, y + h));
        // A bar is never nothing.
        let b = (b.0.max(a.0 + 1), b.1.max(a.1 + 1));
        Ok(self.backend.draw_rect(a, b, &pen(color, 1.0, 1), true)?)
    }

    fn draw(&mut self, mark: &Mark) -> Drawn {
        match mark {
            Mark::Rect { x, y, w, h, fill, .. } => self.fill(*x, *y, *w, *h, *fill)?,
            Mark::Frame { x, y, w, h, color } => {
                for (x, y, w, h) in [(*x, *y, *w, 1.0), (*x, y + h - 1.0, *w, 1.0), (*x, *y, 1.0, *h), (x + w - 1.0, *y, 1.0, *h)] {
                    self.fill(x, y, w, h, *color)?;
                }
            }
            Mark::Line { points, color, width } => self.line(points, *color, *width)?,
            Mark::Dot { x, y, r, color, opacity } => {
                let r = (r * self.k).round().max(1.0) as u32;
                self.backend.draw_circle(self.at(*x, *y), r, &pen(*color, *opacity, 1), true)?;
            }
            Mark::Text { x, y, text, size, anchor, color, bold, turned } => {
                let back = match anchor {
                    Anchor::Start => 0.0,
                    Anchor::Middle => -width(text, *size, *bold) / 2.0,
                    Anchor::End => -width(text, *size, *bold),
                };
                self.text((*x, *y), back, text, *size, *color, *bold, *turned)?;
            }
            Mark::Image { x, y, w, h, columns, pixels } => {
                let rows = pixels.len() / (*columns).max(1);
                let (dx, dy) = (w / (*columns).max(1) as f64, h / rows.max(1) as f64);
                for (i, p) in pixels.iter().enumerate() {
                    let (column, row) = ((i % columns) as f64, (i / columns) as f64);
                    // From edge to edge, so that no gaps are left between.
                    let (a, b) = (self.at(x + column * dx, y + row * dy), self.at(x + (column + 1.0) * dx, y + (row + 1.0) * dy));
                    if b.0 > a.0 && b.1 > a.1 {
                        let color = p.map_or(Color::Missing, Color::Rgb);
                        self.backend.draw_rect(a, b, &pen(color, 1.0, 1), true)?;
                    }
                }
            }
            Mark::Group(_) | Mark::End => {}
        }
        Ok(())
    }

    /// Letters from their outlines; `back` is where the first one begins, along the text.
    #[expect(clippy::too_many_arguments, reason = "they are the parts of one mark")]
    fn text(&mut self, at: (f64, f64), back: f64, text: &str, size: f64, color: Color, bold: bool, turned: bool) -> Drawn {
        let Some(font) = font(bold) else { return Ok(()) };
        let scaled = scaled(font, size * self.k);
        let (x0, y0) = (at.0 * self.k, at.1 * self.k);
        let mut x = (back * self.k) as f32;
        let (wide, tall) = self.backend.get_size();
        for c in text.chars() {
            let id = scaled.glyph_id(c);
            let glyph = Glyph { id, scale: scaled.scale(), position: point(x, 0.0) };
            x += scaled.h_advance(id);
            let Some(outline) = font.outline_glyph(glyph) else { continue };
            let bounds = outline.px_bounds();
            let mut covered = Vec::new();
            outline.draw(|gx, gy, share| covered.push((bounds.min.x as f64 + gx as f64, bounds.min.y as f64 + gy as f64, share)));
            for (dx, dy, share) in covered.into_iter().filter(|c| c.2 > 0.0) {
                // Turned to the left: along the text is up.
                let (px, py) = if turned { (x0 + dy, y0 - dx) } else { (x0 + dx, y0 + dy) };
                let (px, py) = (px.round() as i64, py.round() as i64);
                if px >= 0 && py >= 0 && px < wide as i64 && py < tall as i64 {
                    let [r, g, b] = color.rgb();
                    let color = RGBAColor(r, g, b, share.min(1.0) as f64);
                    self.backend.draw_pixel((px as i32, py as i32), plotters::style::Color::to_backend_color(&color))?;
                }
            }
        }
        Ok(())
    }

    /// Each stretch by itself with round joints: sharp turns of a thick line would have spikes.
    fn line(&mut self, points: &[(f64, f64)], color: Color, width: f64) -> Drawn {
        let thick = (width * self.k).round().max(1.0) as u32;
        let flat = |a: (i32, i32), b: (i32, i32)| a.0 == b.0 || a.1 == b.1;
        for pair in points.windows(2) {
            let (a, b) = (self.at(pair[0].0, pair[0].1), self.at(pair[1].0, pair[1].1));
            if flat(a, b) {
                let half = thick as i32 / 2;
                let (x0, x1, y0, y1) = (a.0.min(b.0), a.0.max(b.0), a.1.min(b.1), a.1.max(b.1));
                let wide = (thick as i32 - 1).max(0);
                let (p, q) = if a.1 == b.1 { ((x0, y0 - half), (x1, y0 - half + wide)) } else { ((x0 - half, y0), (x0 - half + wide, y1)) };
                self.backend.draw_rect(p, q, &pen(color, 1.0, 1), true)?;
            } else {
                self.backend.draw_path([a, b], &pen(color, 1.0, thick))?;
            }
        }
        if thick > 2 {
            for p in points {
                self.backend.draw_circle(self.at(p.0, p.1), thick / 2, &pen(color, 1.0, 1), true)?;
            }
        }
        Ok(())
    }
}

/// A PNG of few colours, as a table of them where they are at most 256; missing is transparent.
pub(super) fn indexed(columns: usize, pixels: &[Option<Rgb>]) -> Vec<u8> {
    let rows = pixels.len() / columns.max(1);
    let mut table: IndexMap<Rgb, u8> = IndexMap::new();
    let few = pixels.iter().flatten().all(|p| {
        let n = table.len() + 1;
        table.contains_key(p) || (n < 256 && table.insert(*p, n as u8).is_none())
    });
    if few {
        let mut colors = vec![0u8; 3];
        table.keys().for_each(|c| colors.extend_from_slice(c));
        let bytes: Vec<u8> = pixels.iter().map(|p| p.and_then(|p| table.get(&p).copied()).unwrap_or(0)).collect();
        return file(columns, rows, 3, Some(&colors), bytes.chunks(columns.max(1)));
    }
    let bytes: Vec<u8> = pixels.iter().flat_map(|p| p.map_or([0; 4], |[r, g, b]| [r, g, b, 255])).collect();
    file(columns, rows, 6, None, bytes.chunks(columns.max(1) * 4))
}

/// The file: header, colours, rows without a filter, end.
fn file<'a>(w: usize, h: usize, kind: u8, colors: Option<&[u8]>, rows: impl Iterator<Item = &'a [u8]>) -> Vec<u8> {
    let mut out = b"\x89PNG\r\n\x1a\n".to_vec();
    let mut chunk = |name: &[u8; 4], data: &[u8]| {
        out.extend_from_slice(&(data.len() as u32).to_be_bytes());
        out.extend_from_slice(name);
        out.extend_from_slice(data);
        let mut crc = flate2::Crc::new();
        crc.update(name);
        crc.update(data);
        out.extend_from_slice(&crc.sum().to_be_bytes());
    };
    let mut header = Vec::with_capacity(13);
    header.extend_from_slice(&(w as u32).to_be_bytes());
    header.extend_from_slice(&(h as u32).to_be_bytes());
    header.extend_from_slice(&[8, kind, 0, 0, 0]);
    chunk(b"IHDR", &header);
    if let Some(colors) = colors {
        chunk(b"PLTE", colors);
        chunk(b"tRNS", &[0]);
    }
    let mut packed = ZlibEncoder::new(Vec::new(), Compression::new(6));
    for row in rows {
        // A row that is as the one above is written as the difference to it.
        let _ = packed.write_all(&[0]).and_then(|()| packed.write_all(row));
    }
    chunk(b"IDAT", &packed.finish().unwrap_or_default());
    chunk(b"IEND", &[]);
    out
}
