//! A picture before it has its place on paper: panels with axes and what lies between them, in the units of the data.

use super::color::{Color, ColorMap};
use super::ticks;
use crate::dtype::Calendar;

/// What the numbers of an axis mean.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Scale {
    Number,
    /// Whole numbers, each in the middle of a stretch of its own.
    Whole,
    /// Powers of ten: 2 is 100.
    Log,
    /// Seconds since 1970 in a calendar.
    Time(Calendar),
    North,
    East,
    /// Positions from 0 of these, each as wide as 1 and with its middle on the whole number.
    Names(Vec<String>),
}

/// An axis: what it says, and from where to where it goes.
#[derive(Clone, Debug)]
pub(crate) struct Axis {
    pub(crate) label: String,
    pub(crate) scale: Scale,
    pub(crate) lo: f64,
    pub(crate) hi: f64,
}

impl Axis {
    pub(crate) fn new(label: impl Into<String>, scale: Scale, range: (f64, f64)) -> Axis {
        Axis { label: label.into(), scale, lo: range.0, hi: range.1 }
    }

    pub(crate) fn names(label: impl Into<String>, names: Vec<String>) -> Axis {
        let hi = names.len().max(1) as f64 - 0.5;
        Axis { label: label.into(), scale: Scale::Names(names), lo: -0.5, hi }
    }

    /// Ticks with their texts, about `most` of them.
    pub(crate) fn ticks(&self, most: usize) -> Vec<(f64, String)> {
        match &self.scale {
            Scale::Number | Scale::Whole => {
                let mut ticks = ticks::numbers(self.lo, self.hi, most);
                if self.scale == Scale::Whole {
                    ticks.retain(|t| *t == t.trunc());
                }
                let texts = ticks::texts(&ticks);
                ticks.into_iter().zip(texts).collect()
            }
            Scale::Log => ticks::powers(self.lo, self.hi, most),
            Scale::Time(calendar) => ticks::times(self.lo, self.hi, *calendar, most),
            Scale::North | Scale::East => {
                let north = self.scale == Scale::North;
                ticks::degrees(self.lo, self.hi, most).into_iter().map(|t| (t, ticks::degree(t, north))).collect()
            }
            Scale::Names(names) => names.iter().enumerate().map(|(i, n)| (i as f64, n.clone())).collect(),
        }
    }

    /// Ticks without texts between those of whole powers.
    pub(crate) fn minor(&self) -> Vec<f64> {
        if self.scale == Scale::Log { ticks::between_powers(self.lo, self.hi) } else { Vec::new() }
    }

    /// A value of this axis in words.
    pub(crate) fn says(&self, x: f64) -> String {
        match &self.scale {
            Scale::Number | Scale::Whole => crate::show::number(x),
            Scale::Log => crate::show::number(ticks::power(x)),
            Scale::Time(calendar) => ticks::moment(x, *calendar),
            Scale::North => ticks::degree(x, true),
            Scale::East => ticks::degree(x, false),
            Scale::Names(names) => names.get(x.round().max(0.0) as usize).cloned().unwrap_or_default(),
        }
    }

    pub(crate) fn is_names(&self) -> bool {
        matches!(self.scale, Scale::Names(_))
    }

    /// The same a little longer at both ends (of times and numbers), so that marks do not touch the frame.
    pub(crate) fn padded(mut self, share: f64) -> Axis {
        let span = self.hi - self.lo;
        let more = if span > 0.0 { span * share } else { (self.lo.abs() * 0.1).max(0.5) };
        (self.lo, self.hi) = (self.lo - more, self.hi + more);
        self
    }
}

/// A bar from `y0` to `y1` over `x0` to `x1`.
#[derive(Clone, Debug)]
pub(crate) struct Bar {
    pub(crate) x: (f64, f64),
    pub(crate) y: (f64, f64),
    pub(crate) says: String,
}

/// The five numbers of a box, and values beyond its whiskers.
#[derive(Clone, Debug)]
pub(crate) struct FiveNumbers {
    pub(crate) at: f64,
    /// Lower whisker, first quartile, median, third quartile, upper whisker.
    pub(crate) of: [f64; 5],
    pub(crate) beyond: Vec<f64>,
    pub(crate) says: String,
}

/// What is drawn in a panel, one upon the other.
#[derive(Clone, Debug)]
pub(crate) enum Layer {
    Line {
        points: Vec<(f64, f64)>,
        color: Color,
    },
    Dots {
        points: Vec<(f64, f64)>,
        color: Color,
        r: f64,
        opacity: f64,
    },
    /// Dots whose colours are values.
    Marks {
        points: Vec<(f64, f64, f64)>,
        r: f64,
    },
    Bars {
        bars: Vec<Bar>,
        color: Color,
    },
    Boxes {
        boxes: Vec<FiveNumbers>,
        width: f64,
        color: Color,
    },
    /// Values between edges, row by row from the lowest edge of y; NaN is missing. `texts` are written into the cells.
    Cells {
        x: Vec<f64>,
        y: Vec<f64>,
        values: Vec<f64>,
        texts: Option<Vec<String>>,
    },
    Coast(Vec<Vec<(f64, f64)>>),
}

/// One pair of axes with what is between them.
#[derive(Clone, Debug)]
pub(crate) struct Panel {
    pub(crate) title: String,
    pub(crate) x: Axis,
    pub(crate) y: Axis,
    pub(crate) layers: Vec<Layer>,
    /// A degree is as long in both directions.
    pub(crate) equal: bool,
}

impl Panel {
    pub(crate) fn new(x: Axis, y: Axis, layers: Vec<Layer>) -> Panel {
        Panel { title: String::new(), x, y, layers, equal: false }
    }

    pub(crate) fn titled(mut self, title: impl Into<String>) -> Panel {
        self.title = title.into();
        self
    }
}

/// Which colour stands for which value.
#[derive(Clone, Debug)]
pub(crate) struct ColorBar {
    pub(crate) map: ColorMap,
    pub(crate) lo: f64,
    pub(crate) hi: f64,
    pub(crate) label: String,
}

impl ColorBar {
    /// The share of a value from the lowest to the highest.
    pub(crate) fn share(&self, x: f64) -> Option<f64> {
        let span = self.hi - self.lo;
        (!x.is_nan()).then(|| if span > 0.0 { ((x - self.lo) / span).clamp(0.0, 1.0) } else { 0.5 })
    }
}

/// A picture in the units of the data.
#[derive(Clone, Debug, Default)]
pub(crate) struct Figure {
    pub(crate) title: String,
    pub(crate) subtitle: String,
    pub(crate) panels: Vec<Panel>,
    /// Panels beside each other; as many as look well where it is 0.
    pub(crate) columns: usize,
    /// All panels have the same axes: they are labelled at the edges of the picture only.
    pub(crate) shared: bool,
    /// Names of colours.
    pub(crate) legend: Vec<(String, Color)>,
    pub(crate) bar: Option<ColorBar>,
    /// What was left out or put together.
    pub(crate) note: String,
    /// Width and height in pixels, where these are asked for.
    pub(crate) size: Option<(u32, u32)>,
}

impl Figure {
    /// Notes what was left out or put together.
    pub(crate) fn tell(&mut self, more: Option<String>) {
        if let Some(more) = more {
            self.note = if self.note.is_empty() { more } else { format!("{}; {more}", self.note) };
        }
    }

    /// What is seen, in words.
    pub(crate) fn describe(&self) -> String {
        let mut parts: Vec<String> = [&self.title, &self.subtitle].into_iter().filter(|t| !t.is_empty()).cloned().collect();
        if let Some(p) = self.panels.first() {
            let range = |a: &Axis| match &a.scale {
                Scale::Names(names) => format!("{}: {}", a.label, crate::show::count(names.len() as u64, "name")),
                _ => format!("{} from {} to {}", a.label, a.says(a.lo), a.says(a.hi)),
            };
            if self.panels.len() > 1 {
                parts.push(crate::show::count(self.panels.len() as u64, "panel"));
            } else {
                parts.push(range(&p.x));
                parts.push(range(&p.y));
            }
        }
        if let Some(bar) = &self.bar {
            parts.push(format!("colours: {} from {} to {}", bar.label, crate::show::number(bar.lo), crate::show::number(bar.hi)));
        }
        parts.join("; ")
    }
}
