//! What a picture is made of once everything has its place: a few kinds of marks, in pixels.

use super::color::{Color, Rgb};

/// On which side of its point a text stands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Anchor {
    Start,
    Middle,
    End,
}

/// A mark. `y` grows downwards; of a text it is the base line.
#[derive(Clone, Debug)]
pub(crate) enum Mark {
    Rect {
        x: f64,
        y: f64,
        w: f64,
        h: f64,
        fill: Color,
        says: Option<String>,
    },
    Frame {
        x: f64,
        y: f64,
        w: f64,
        h: f64,
        color: Color,
    },
    Line {
        points: Vec<(f64, f64)>,
        color: Color,
        width: f64,
    },
    Dot {
        x: f64,
        y: f64,
        r: f64,
        color: Color,
        opacity: f64,
    },
    Text {
        x: f64,
        y: f64,
        text: String,
        size: f64,
        anchor: Anchor,
        color: Color,
        bold: bool,
        turned: bool,
    },
    /// Values as colours, `columns` by `rows` from the top left; `None` is missing.
    Image {
        x: f64,
        y: f64,
        w: f64,
        h: f64,
        columns: usize,
        pixels: Vec<Option<Rgb>>,
    },
    /// What follows belongs together, under a name that screen readers say.
    Group(String),
    /// The end of a group.
    End,
}

/// A picture with everything in its place.
#[derive(Clone, Debug)]
pub(crate) struct Scene {
    pub(crate) width: f64,
    pub(crate) height: f64,
    pub(crate) marks: Vec<Mark>,
    /// What the picture shows, in a few words.
    pub(crate) title: String,
    /// The same for those who cannot see it.
    pub(crate) description: String,
}

/// The parts of a line that are inside a rectangle (x0, y0, x1, y1). Points that are no numbers break it.
pub(crate) fn clipped(points: &[(f64, f64)], inside: (f64, f64, f64, f64)) -> Vec<Vec<(f64, f64)>> {
    let mut out: Vec<Vec<(f64, f64)>> = Vec::new();
    let mut run: Vec<(f64, f64)> = Vec::new();
    let whole = |p: &(f64, f64)| p.0.is_finite() && p.1.is_finite();
    for (i, pair) in points.windows(2).enumerate() {
        let part = if whole(&pair[0]) && whole(&pair[1]) { segment(pair[0], pair[1], inside) } else { None };
        match part {
            Some((a, b)) => {
                if run.last() != Some(&a) {
                    out.extend((!run.is_empty()).then(|| std::mem::take(&mut run)));
                    run.push(a);
                }
                run.push(b);
            }
            None => {
                out.extend((!run.is_empty()).then(|| std::mem::take(&mut run)));
                // A value between two missing ones is a point of its own.
                let before = i == 0 || !whole(&points[i - 1]);
                let p = pair[0];
                let within = p.0 >= inside.0 && p.0 <= inside.2 && p.1 >= inside.1 && p.1 <= inside.3;
                if before && whole(&p) && !whole(&pair[1]) && within {
                    out.push(vec![p]);
                }
            }
        }
    }
    out.extend((!run.is_empty()).then_some(run));
    out
}

/// The part of a segment inside a rectangle, by the parameters at which it crosses the four sides.
fn segment(a: (f64, f64), b: (f64, f64), (x0, y0, x1, y1): (f64, f64, f64, f64)) -> Option<((f64, f64), (f64, f64))> {
    let (dx, dy) = (b.0 - a.0, b.1 - a.1);
    let (mut from, mut to) = (0f64, 1f64);
    for (step, room) in [(-dx, a.0 - x0), (dx, x1 - a.0), (-dy, a.1 - y0), (dy, y1 - a.1)] {
        if step == 0.0 {
            if room < 0.0 {
                return None;
            }
        } else if step < 0.0 {
            from = from.max(room / step);
        } else {
            to = to.min(room / step);
        }
    }
    (from <= to).then(|| {
        let at = |t: f64| {
            if t == 0.0 {
                a
            } else if t == 1.0 {
                b
            } else {
                (a.0 + t * dx, a.1 + t * dy)
            }
        };
        (at(from), at(to))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_cut_at_the_frame_and_broken_where_values_are_missing() {
        let inside = (0.0, 0.0, 10.0, 10.0);
        assert_eq!(clipped(&[(-5.0, 5.0), (5.0, 5.0), (20.0, 5.0)], inside), [vec![(0.0, 5.0), (5.0, 5.0), (10.0, 5.0)]]);
        let broken = clipped(&[(1.0, 1.0), (2.0, 2.0), (3.0, f64::NAN), (4.0, 4.0), (5.0, 5.0)], inside);
        assert_eq!(broken.len(), 2);
        assert!(clipped(&[(-5.0, -5.0), (-1.0, 20.0)], inside).is_empty());
    }
}
