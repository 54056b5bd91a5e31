//! From labels as they are written to positions.

use super::when::{Span, span};
use crate::array::{Variable, is_longitude};
use crate::dtype::{Calendar, DType, Scalar, TimeUnit};
use crate::error::{Error, ErrorKind, Result};
use crate::kernel::window::Width;
use crate::label::{Index, Method};
use crate::store::Selector;

/// Labels as they are asked for; they are read in the type of the coordinate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Labels {
    /// One; the dimension goes, unless it is a partial date, which is a slice.
    One(String),
    /// From the first to the last, both included, in the coordinate's own order.
    Slice(Option<String>, Option<String>),
    /// Every so many of these; a negative step walks back, from the first one named to the second.
    Steps(Option<String>, Option<String>, i64),
    /// These, in this order.
    List(Vec<String>),
}

/// What counts when a label is not there.
#[derive(Clone, Copy, Debug)]
pub struct SelectOptions {
    /// Which label is taken instead.
    pub method: Method,
    /// How far away it may be, in the units of the coordinate (seconds for times).
    pub tolerance: Option<f64>,
}

impl SelectOptions {
    /// By the words for them: `nearest`, `pad` (or `ffill`), `backfill` (or `bfill`); a tolerance is a number or a length of time (`3D`).
    ///
    /// # Errors
    /// Not found, for another method; parse, for another tolerance; invalid, for a tolerance without a method.
    pub fn parse(method: Option<&str>, tolerance: Option<&str>) -> Result<SelectOptions> {
        let method = match method {
            None | Some("exact") => Method::Exact,
            Some("nearest") => Method::Nearest,
            Some("pad" | "ffill") => Method::Pad,
            Some("backfill" | "bfill") => Method::Backfill,
            Some(other) => return Err(Error::not_found("method", other, ["nearest", "pad", "backfill"])),
        };
        if tolerance.is_some() && method == Method::Exact {
            return Err(Error::invalid("a tolerance goes with a method").help("--method nearest"));
        }
        let length = |text: &str| match text.trim().parse::<f64>() {
            Ok(x) if x >= 0.0 => Ok(x),
            Ok(x) => Err(Error::invalid(format!("a tolerance of {x} is less than nothing"))),
            Err(_) => match Width::parse(text) {
                Ok(Width::Time(nanos)) => Ok(nanos as f64 / 1e9),
                _ => Err(Error::parse(format!("{text:?} is no tolerance")).help("a number, or of times a length: 3D, 12h")),
            },
        };
        Ok(SelectOptions { method, tolerance: tolerance.map(length).transpose()? })
    }
}

impl Default for SelectOptions {
    fn default() -> SelectOptions {
        SelectOptions { method: Method::Exact, tolerance: None }
    }
}

/// The coordinate's labels as numbers, where they have an order.
struct Axis<'a> {
    dim: &'a str,
    dtype: &'a DType,
    numbers: Option<Vec<f64>>,
    texts: Option<Vec<String>>,
    /// Degrees of longitude, which begin again.
    round: bool,
}

/// The selector of what is asked for along a dimension.
pub(super) fn selector(dim: &str, coord: &Variable, index: &Index, labels: &Labels, options: &SelectOptions) -> Result<Selector> {
    let axis = Axis::new(dim, coord, index);
    match labels {
        Labels::One(text) => match axis.time(text)? {
            Some(t) if !t.exact && options.method == Method::Exact => axis.covered(text, t),
            _ => axis.one(text, options).map(Selector::At),
        },
        Labels::List(texts) => Ok(Selector::Take(texts.iter().map(|t| axis.one(t, options)).collect::<Result<Vec<_>>>()?.into())),
        Labels::Slice(low, high) => axis.slice(low.as_deref(), high.as_deref()),
        Labels::Steps(_, _, 0) => Err(Error::invalid(format!("a step of 0 along {dim:?}"))),
        Labels::Steps(from, to, step) => {
            // Walking back, the first one named is the last of the stretch.
            let (low, high) = if *step > 0 { (from, to) } else { (to, from) };
            let inside = axis.slice(low.as_deref(), high.as_deref())?;
            let n = inside.count(index.len()).unwrap_or(0);
            let apart = usize::try_from(step.unsigned_abs()).unwrap_or(usize::MAX);
            let at = |i: usize| inside.position(if *step > 0 { i } else { n - 1 - i });
            Ok(even((0..n).step_by(apart).map(at).collect(), *step))
        }
    }
}

/// Neighbouring positions as a selector without a list.
fn positions(found: Vec<usize>) -> Selector {
    match found.first() {
        None => Selector::span(0, 0),
        Some(&first) if found.windows(2).all(|w| w[1] == w[0] + 1) => Selector::span(first, found.len()),
        _ => Selector::Take(found.into()),
    }
}

/// Positions a step apart, as a selector without a list where that can be.
fn even(found: Vec<usize>, step: i64) -> Selector {
    match (found.first(), isize::try_from(step)) {
        (None, _) => Selector::span(0, 0),
        (Some(&start), Ok(step)) if found.windows(2).all(|w| w[1] as isize - w[0] as isize == step) => {
            Selector::Range { start, count: found.len(), step }
        }
        (Some(_), _) => Selector::Take(found.into()),
    }
}

impl Axis<'_> {
    fn new<'a>(dim: &'a str, coord: &'a Variable, index: &Index) -> Axis<'a> {
        let labels = || (0..index.len()).map(|i| index.label(i).into_iter().next().unwrap_or(Scalar::Null));
        let texts = (*coord.dtype() == DType::Str).then(|| labels().map(|s| s.to_string()).collect());
        let numbers = (*coord.dtype() != DType::Str).then(|| labels().map(|s| number(&s)).collect());
        Axis { dim, dtype: coord.dtype(), numbers, texts, round: is_longitude(dim, coord) }
    }

    /// What a text covers, for axes of time.
    fn time(&self, text: &str) -> Result<Option<Span>> {
        let (calendar, unit) = match self.dtype {
            DType::Instant { calendar, unit, .. } => (*calendar, *unit),
            DType::Date => (Calendar::ProlepticGregorian, TimeUnit::Us),
            _ => return Ok(None),
        };
        let found = span(text, calendar, unit).ok_or_else(|| {
            Error::parse(format!("{text:?} is no date or time of the calendar {}", calendar.name()))
                .help("such as 1850, 1850-01, 1850-01-16 or 1850-01-16T12:00")
        })?;
        // Days are numbered, instants counted in the unit.
        let day = 86_400 * unit.per_second();
        Ok(Some(match self.dtype {
            DType::Date => Span { first: found.first.div_euclid(day), end: (found.end + day - 1).div_euclid(day), exact: found.exact },
            _ => found,
        }))
    }

    /// The number that a text is on this axis.
    fn number(&self, text: &str) -> Result<f64> {
        if let Some(t) = self.time(text)? {
            return Ok(t.first as f64);
        }
        match (self.dtype, text) {
            (DType::Bool, "true") => Ok(1.0),
            (DType::Bool, "false") => Ok(0.0),
            _ => text
                .trim()
                .parse()
                .map_err(|_| Error::wrong_type(format!("{text:?} is no label of {:?}, whose labels are {}", self.dim, self.dtype))),
        }
    }

    fn absent(&self, text: &str) -> Error {
        let near: Vec<String> = match (&self.texts, &self.numbers) {
            (Some(texts), _) => return Error::not_found("label", text, texts.iter().take(1000).map(String::as_str)),
            (_, Some(numbers)) => match self.number(text) {
                Ok(x) => {
                    let mut order: Vec<usize> = (0..numbers.len()).filter(|&i| !numbers[i].is_nan()).collect();
                    order.sort_by(|&a, &b| self.away(numbers[a], x).total_cmp(&self.away(numbers[b], x)));
                    order.into_iter().take(2).map(|i| self.shown(numbers[i])).collect()
                }
                Err(_) => Vec::new(),
            },
            _ => Vec::new(),
        };
        let e = Error::new(ErrorKind::NotFound, format!("label {text:?} does not exist along {:?}", self.dim));
        match near.is_empty() {
            true => e,
            false => e.help(format!("the nearest are {}; --method nearest takes the closest", near.join(" and "))),
        }
    }

    /// A label as text.
    fn shown(&self, x: f64) -> String {
        match self.dtype {
            DType::Instant { unit, tz, calendar } => {
                Scalar::Instant { value: x as i64, unit: *unit, tz: tz.clone(), calendar: *calendar }.to_string()
            }
            DType::Date => Scalar::Date(x as i32).to_string(),
            _ => format!("{x}"),
        }
    }

    /// How far apart two labels are; along a longitude the short way round.
    fn away(&self, a: f64, b: f64) -> f64 {
        if !self.round {
            return (a - b).abs();
        }
        let d = (a - b).rem_euclid(360.0);
        d.min(360.0 - d)
    }

    /// The position of one label.
    fn one(&self, text: &str, options: &SelectOptions) -> Result<usize> {
        if let Some(texts) = &self.texts {
            if options.method != Method::Exact {
                return Err(Error::wrong_type(format!("{:?} has texts, of which none is near another", self.dim)));
            }
            let mut found = texts.iter().enumerate().filter(|(_, t)| *t == text).map(|(i, _)| i);
            return self.single(text, found.next(), found.next());
        }
        let numbers = self.numbers.as_deref().unwrap_or(&[]);
        let x = self.number(text)?;
        if options.method == Method::Exact {
            // A label of f32 is met by what prints like it.
            let same = |y: f64| y == x || *self.dtype == DType::F32 && y == x as f32 as f64;
            let find = |same: &dyn Fn(f64) -> bool| {
                let mut found = numbers.iter().enumerate().filter(|(_, y)| same(**y)).map(|(i, _)| i);
                (found.next(), found.next())
            };
            let (mut first, mut second) = find(&same);
            if first.is_none() && self.round {
                (first, second) = find(&|y| (y - x).rem_euclid(360.0) == 0.0);
            }
            return self.single(text, first, second);
        }
        let away = |y: f64| if options.method == Method::Nearest { self.away(y, x) } else { (y - x).abs() };
        // As pandas: pad is the label before, which among falling labels is the larger one.
        let falls = numbers.first() > numbers.last();
        let fits = |y: f64| match (options.method, falls) {
            (Method::Pad, false) | (Method::Backfill, true) => y <= x,
            (Method::Backfill, false) | (Method::Pad, true) => y >= x,
            _ => !y.is_nan(),
        };
        let best = numbers
            .iter()
            .enumerate()
            .filter(|(_, y)| fits(**y))
            .map(|(i, &y)| (i, away(y), y))
            .min_by(|a, b| a.1.total_cmp(&b.1).then(b.2.total_cmp(&a.2)));
        let per = match self.dtype {
            DType::Instant { unit, .. } => unit.per_second() as f64,
            DType::Date => 1.0 / 86_400.0,
            _ => 1.0,
        };
        match best {
            Some((i, distance, _)) if options.tolerance.is_none_or(|t| distance <= t * per) => Ok(i),
            Some((_, distance, y)) => {
                let near = options.tolerance.unwrap_or_default();
                Err(Error::new(ErrorKind::NotFound, format!("no label of {:?} is within {near} of {text:?}", self.dim)).help(format!(
                    "the nearest, {}, is {} away",
                    self.shown(y),
                    distance / per
                )))
            }
            None => Err(self.absent(text)),
        }
    }

    fn single(&self, text: &str, first: Option<usize>, second: Option<usize>) -> Result<usize> {
        match (first, second) {
            (Some(i), None) => Ok(i),
            (Some(_), Some(_)) => {
                Err(Error::invalid(format!("label {text:?} stands more than once along {:?}", self.dim))
                    .help("select it by position: --isel"))
            }
            (None, _) => Err(self.absent(text)),
        }
    }

    /// All that a partial date covers.
    fn covered(&self, text: &str, t: Span) -> Result<Selector> {
        let numbers = self.numbers.as_deref().unwrap_or(&[]);
        let inside = |x: f64| x >= t.first as f64 && x < t.end as f64;
        let found: Vec<usize> = (0..numbers.len()).filter(|&i| inside(numbers[i])).collect();
        if found.is_empty() { Err(self.absent(text)) } else { Ok(positions(found)) }
    }

    fn slice(&self, low: Option<&str>, high: Option<&str>) -> Result<Selector> {
        if let Some(texts) = &self.texts {
            return self.slice_of_texts(texts, low, high);
        }
        let numbers = self.numbers.as_deref().unwrap_or(&[]);
        let falls = numbers.windows(2).all(|w| w[0] >= w[1]) && numbers.first() > numbers.last();
        if !falls && !numbers.windows(2).all(|w| w[0] <= w[1]) {
            return Err(Error::invalid(format!("the labels of {:?} are in no order, so that a slice has no ends", self.dim))
                .help("select by position (--isel) or by a list"));
        }
        // The first instant of one end, the last of the other.
        let early = |t: &str| -> Result<f64> { self.time(t)?.map(|s| s.first as f64).map_or_else(|| self.number(t), Ok) };
        let late = |t: &str| -> Result<f64> { self.time(t)?.map(|s| (s.end - 1) as f64).map_or_else(|| self.number(t), Ok) };
        let found: Vec<usize> = if falls {
            let (low, high) = (low.map(late).transpose()?, high.map(early).transpose()?);
            (0..numbers.len()).filter(|&i| low.is_none_or(|l| numbers[i] <= l) && high.is_none_or(|h| numbers[i] >= h)).collect()
        } else {
            let (low, high) = (low.map(early).transpose()?, high.map(late).transpose()?);
            (0..numbers.len()).filter(|&i| low.is_none_or(|l| numbers[i] >= l) && high.is_none_or(|h| numbers[i] <= h)).collect()
        };
        Ok(positions(found))
    }

    /// Texts are labels in the order in which they stand.
    fn slice_of_texts(&self, texts: &[String], low: Option<&str>, high: Option<&str>) -> Result<Selector> {
        let at = |t: &str, last: bool| {
            let found = if last { texts.iter().rposition(|x| x == t) } else { texts.iter().position(|x| x == t) };
            found.ok_or_else(|| self.absent(t))
        };
        let first = low.map_or(Ok(0), |t| at(t, false))?;
        let last = high.map_or(Ok(texts.len().saturating_sub(1)), |t| at(t, true))?;
        Ok(if texts.is_empty() || last < first { Selector::span(0, 0) } else { Selector::span(first, last - first + 1) })
    }
}

/// A label as a number.
fn number(label: &Scalar) -> f64 {
    match label {
        Scalar::Instant { value, .. } | Scalar::Duration { value, .. } | Scalar::Time { value, .. } => *value as f64,
        Scalar::Date(d) => *d as f64,
        Scalar::Bool(b) => *b as u8 as f64,
        other => other.as_f64().unwrap_or(f64::NAN),
    }
}
