//! Colours: of lines, of values, and of what stands around them.

use crate::error::{Error, Result};

/// A colour of a picture. Those with a name of their own change with the theme of a page.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Color {
    /// Text.
    Ink,
    /// Text that says less.
    Faint,
    /// Lines of a grid.
    Grid,
    /// Frames and ticks.
    Frame,
    /// What is drawn on.
    Paper,
    /// Missing values.
    Missing,
    /// One of the colours of series, by number.
    Series(usize),
    /// Any other.
    Rgb(Rgb),
}

/// Red, green, blue.
pub(crate) type Rgb = [u8; 3];

/// Told apart also by those who see red and green alike, dark enough for thin lines on white.
const SERIES: [Rgb; 8] = [
    [0x2f, 0x6d, 0xb5],
    [0xd5, 0x6a, 0x1c],
    [0x2e, 0x8b, 0x62],
    [0xb8, 0x3a, 0x6f],
    [0x7a, 0x5c, 0xb0],
    [0x8a, 0x6a, 0x2f],
    [0x2a, 0x93, 0xa8],
    [0x6b, 0x72, 0x7c],
];

/// How many series have a colour of their own.
pub(crate) const MOST_SERIES: usize = SERIES.len();

impl Color {
    /// On white paper.
    pub(crate) fn rgb(self) -> Rgb {
        match self {
            Color::Ink => [0x1f, 0x23, 0x28],
            Color::Faint => [0x57, 0x60, 0x6a],
            Color::Grid => [0xe6, 0xe9, 0xec],
            Color::Frame => [0xa3, 0xab, 0xb3],
            Color::Paper => [0xff, 0xff, 0xff],
            Color::Missing => [0xc6, 0xca, 0xce],
            Color::Series(i) => SERIES[i % SERIES.len()],
            Color::Rgb(rgb) => rgb,
        }
    }

    /// The variable of a page's style that gives it, where the theme does.
    pub(crate) fn variable(self) -> Option<String> {
        Some(match self {
            Color::Ink => "--ink".into(),
            Color::Faint => "--faint".into(),
            Color::Grid => "--grid".into(),
            Color::Frame => "--frame".into(),
            Color::Paper => "--paper".into(),
            Color::Missing => "--missing".into(),
            Color::Series(i) => format!("--series{}", i % SERIES.len()),
            Color::Rgb(_) => return None,
        })
    }
}

/// `#2f6db5`.
pub(crate) fn hex(rgb: Rgb) -> String {
    format!("#{:02x}{:02x}{:02x}", rgb[0], rgb[1], rgb[2])
}

/// Colours from the smallest value to the largest.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct ColorMap {
    anchors: &'static str,
    reversed: bool,
}

/// Name, whether it has a middle of its own, and colours at equal distances. The perceptual maps are in the public domain
/// (CC0, by the makers of matplotlib); RdBu, PuOr, BrBG, Blues, Greens, Reds, Greys, YlOrRd, YlGnBu are colours by Cynthia Brewer
/// (Apache-2.0, colorbrewer2.org).
const MAPS: [(&str, bool, &str); 17] = [
    ("viridis", false, "440154472d7b3b528b2c728e21918c28ae805ec962addc30fde725"),
    ("magma", false, "000004180f3d440f76721f819e2f7fcd4071f1605dfd9668feca8dfcfdbf"),
    ("inferno", false, "0000041b0c414a0c6b781c6da52c60cf4446ed6925fb9b06f7d13dfcffa4"),
    ("plasma", false, "0d088746039f7201a89c179ebd3786d8576bed7953fb9f3afdca26f0f921"),
    ("cividis", false, "00224e1235703b496c575d6d7071738a8678a59c74c3b369e1cc55fee838"),
    ("RdBu", true, "67001fb2182bd6604df4a582fddbc7f7f7f7d1e5f092c5de4393c32166ac053061"),
    ("PuOr", true, "7f3b08b35806e08214fdb863fee0b6f7f7f7d8daebb2abd28073ac5427882d004b"),
    ("BrBG", true, "5430058c510abf812ddfc27df6e8c3f5f5f5c7eae580cdc135978f01665e003c30"),
    ("coolwarm", true, "3b4cc06282ea8db0feb9d0f9dddcdcf5c4acf4987add5f4bb40426"),
    ("Blues", false, "f7fbffdeebf7c6dbef9ecae16baed64292c62171b508519c08306b"),
    ("Greens", false, "f7fcf5e5f5e0c7e9c0a1d99b74c47641ab5d238b45006d2c00441b"),
    ("Reds", false, "fff5f0fee0d2fcbba1fc9272fb6a4aef3b2ccb181da50f1567000d"),
    ("Greys", false, "fffffff0f0f0d9d9d9bdbdbd969696737373525252252525000000"),
    ("YlOrRd", false, "ffffccffeda0fed976feb24cfd8d3cfc4e2ae31a1cbd0026800026"),
    ("YlGnBu", false, "ffffd9edf8b1c7e9b47fcdbb41b6c41d91c0225ea8253494081d58"),
    ("turbo", false, "30123b4454c3448ffe20c7df2aefa17dff56c1f334f1cb3afe9029ea4e0dbe21027a0403"),
    ("gray", false, "000000ffffff"),
];

impl ColorMap {
    /// Names of all of them; each may end in `_r`, which turns it round.
    pub(crate) fn names() -> impl Iterator<Item = &'static str> {
        MAPS.iter().map(|m| m.0)
    }

    /// The map of this name.
    pub(crate) fn parse(name: &str) -> Result<ColorMap> {
        let (plain, reversed) = name.strip_suffix("_r").map_or((name, false), |n| (n, true));
        let found = MAPS.iter().find(|m| m.0.eq_ignore_ascii_case(plain));
        let found = found.ok_or_else(|| Error::not_found("colour map", name, ColorMap::names()))?;
        Ok(ColorMap { anchors: found.2, reversed })
    }

    /// What suits values: two colours away from zero where they lie on both sides of it.
    pub(crate) fn of_range(lo: f64, hi: f64) -> ColorMap {
        let (anchors, reversed) = if lo < 0.0 && hi > 0.0 { (MAPS[5].2, true) } else { (MAPS[0].2, false) };
        ColorMap { anchors, reversed }
    }

    /// Whether it has a middle that stands for zero.
    pub(crate) fn is_diverging(self) -> bool {
        MAPS.iter().any(|m| m.1 && m.2 == self.anchors)
    }

    /// The colour at a share from 0 to 1.
    pub(crate) fn at(self, share: f64) -> Rgb {
        let share = if share.is_nan() { 0.0 } else { share.clamp(0.0, 1.0) };
        let share = if self.reversed { 1.0 - share } else { share };
        let n = self.anchors.len() / 6;
        let place = share * (n - 1) as f64;
        let i = (place.floor() as usize).min(n - 2);
        let weight = place - i as f64;
        let channel = |i: usize, c: usize| {
            let digits = self.anchors.get(i * 6 + c * 2..i * 6 + c * 2 + 2).unwrap_or("00");
            u8::from_str_radix(digits, 16).unwrap_or(0) as f64
        };
        [0, 1, 2].map(|c| (channel(i, c) * (1.0 - weight) + channel(i + 1, c) * weight).round() as u8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn maps_have_whole_colours_and_end_where_they_should() {
        assert!(MAPS.iter().all(|m| m.2.len() % 6 == 0 && m.2.bytes().all(|b| b.is_ascii_hexdigit())));
        let viridis = ColorMap::parse("viridis").unwrap();
        assert_eq!((hex(viridis.at(0.0)), hex(viridis.at(1.0))), ("#440154".into(), "#fde725".into()));
        let turned = ColorMap::parse("RdBu_r").unwrap();
        assert_eq!((hex(turned.at(0.0)), hex(turned.at(0.5))), ("#053061".into(), "#f7f7f7".into()));
        assert!(turned.is_diverging() && !viridis.is_diverging());
    }

    #[test]
    fn map_of_another_name_is_an_error_with_the_nearest() {
        let e = ColorMap::parse("virids").unwrap_err();
        assert!(e.remedy().is_some_and(|r| r.starts_with("did you mean \"viridis\"?")));
    }
}
