//! The font of pictures: Roboto, which comes with the program, so that none need be installed.

use ab_glyph::{Font, FontRef, PxScaleFont, ScaleFont};
use std::sync::OnceLock;

/// Letters of text.
const REGULAR: &[u8] = include_bytes!("font/Roboto-Regular.ttf");
/// Letters of titles.
const MEDIUM: &[u8] = include_bytes!("font/Roboto-Medium.ttf");

/// The families that pictures name where the reader's machine draws the letters: all about as wide as Roboto.
pub(super) const FAMILY: &str = "Roboto, 'Helvetica Neue', Arial, 'Liberation Sans', sans-serif";

/// The font, regular or for titles; `None` never in practice: the files are part of the program.
pub(super) fn font(bold: bool) -> Option<&'static FontRef<'static>> {
    static FONTS: [OnceLock<Option<FontRef<'static>>>; 2] = [OnceLock::new(), OnceLock::new()];
    let bytes = if bold { MEDIUM } else { REGULAR };
    FONTS[bold as usize].get_or_init(|| FontRef::try_from_slice(bytes).ok()).as_ref()
}

/// The font at a size (pixels in an em).
pub(super) fn scaled(font: &'static FontRef<'static>, size: f64) -> PxScaleFont<&'static FontRef<'static>> {
    let units = font.units_per_em().unwrap_or(2048.0);
    font.as_scaled(font.height_unscaled() * size as f32 / units)
}

/// How wide a text is at a size (pixels in an em).
pub(crate) fn width(text: &str, size: f64, bold: bool) -> f64 {
    let Some(font) = font(bold) else { return text.chars().count() as f64 * size * 0.55 };
    let scaled = scaled(font, size);
    text.chars().map(|c| scaled.h_advance(scaled.glyph_id(c)) as f64).sum()
}

/// A text cut to a width, with an ellipsis where something is cut.
pub(crate) fn cut(text: &str, size: f64, room: f64) -> String {
    if width(text, size, false) <= room {
        return text.to_string();
    }
    let mut out = String::new();
    for c in text.chars() {
        out.push(c);
        if width(&out, size, false) + width("…", size, false) > room {
            out.pop();
            break;
        }
    }
    out.trim_end().to_string() + "…"
}

/// A text in lines that fit a width, broken at blanks.
pub(crate) fn lines(text: &str, size: f64, bold: bool, room: f64) -> Vec<String> {
    let mut out = vec![String::new()];
    for word in text.split_whitespace() {
        let last = out.last().cloned().unwrap_or_default();
        let longer = if last.is_empty() { word.to_string() } else { format!("{last} {word}") };
        if width(&longer, size, bold) <= room || last.is_empty() {
            if let Some(line) = out.last_mut() {
                *line = longer;
            }
        } else {
            out.push(word.to_string());
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_have_widths_and_are_cut_to_them() {
        let full = width("temperature", 12.0, false);
        assert!((50.0..80.0).contains(&full), "{full}");
        assert!(width("temperature", 12.0, true) > full);
        let cut = cut("temperature", 12.0, 40.0);
        assert!(cut.ends_with('…') && width(&cut, 12.0, false) <= 40.0);
        assert_eq!(lines("one two three", 12.0, false, 50.0).len(), 2);
    }
}
