//! What is asked for: labels, lists and slices of labels, positions.

use crate::dtype::Scalar;
use crate::store::Column;
use std::ops::{Range, RangeFrom, RangeFull, RangeInclusive, RangeTo, RangeToInclusive};

/// One label: a value, or one value per level (fewer than there are levels: all labels that begin so).
#[derive(Clone, Debug, PartialEq)]
pub struct Key(pub Vec<Scalar>);

impl Key {
    /// As people read it: `x`, or `(x, 1)`.
    pub(crate) fn text(&self) -> String {
        match &self.0[..] {
            [one] => one.to_string(),
            many => format!("({})", many.iter().map(Scalar::to_string).collect::<Vec<_>>().join(", ")),
        }
    }
}

/// Which labels: all, one, a list, a slice with both ends, or those where a mask is true.
///
/// Made from what reads as it: `"a"`, `vec!["a", "b"]`, `"a"..="c"`, `("x", 2)`, a boolean column, `..`.
#[derive(Clone, Debug)]
pub enum Loc {
    /// All of them.
    All,
    /// Every row of this label.
    One(Key),
    /// Every row of each of these, in this order.
    Many(Vec<Key>),
    /// From the first of one label to the last of another, both included.
    Slice(Option<Key>, Option<Key>),
    /// Where it is true.
    Mask(Column),
}

/// Which positions: all, one, a list, a slice without its end. Negative positions count from the end.
///
/// Made from what reads as it: `0`, `-1`, `vec![3, 1]`, `2..5`, `-3..`, [`step`].
#[derive(Clone, Debug, PartialEq)]
pub enum Positions {
    /// All of them.
    All,
    /// One.
    One(i64),
    /// These, in this order.
    Many(Vec<i64>),
    /// Python's `start:stop:step`.
    Slice(Option<i64>, Option<i64>, i64),
}

/// Python's slice `start:stop:step`: `step(None, None, -1)` turns the order around.
///
/// # Examples
/// ```
/// use hpda_data::label::step;
/// assert_eq!(step(None, None, -2).resolve(5, "row")?, [4, 2, 0]);
/// # Ok::<(), hpda_data::Error>(())
/// ```
pub fn step(start: impl Into<Option<i64>>, stop: impl Into<Option<i64>>, step: i64) -> Positions {
    Positions::Slice(start.into(), stop.into(), step)
}

macro_rules! keys {
    ($($t:ty),*) => { $(
        impl From<$t> for Key {
            fn from(x: $t) -> Key {
                Key(vec![x.into()])
            }
        }
        loc!($t);
    )* };
}

macro_rules! loc {
    ($t:ty) => {
        impl From<$t> for Loc {
            fn from(x: $t) -> Loc {
                Loc::One(x.into())
            }
        }
        impl From<Vec<$t>> for Loc {
            fn from(x: Vec<$t>) -> Loc {
                Loc::Many(x.into_iter().map(Key::from).collect())
            }
        }
        impl<const N: usize> From<[$t; N]> for Loc {
            fn from(x: [$t; N]) -> Loc {
                Loc::Many(x.into_iter().map(Key::from).collect())
            }
        }
        impl From<RangeInclusive<$t>> for Loc {
            fn from(x: RangeInclusive<$t>) -> Loc {
                let (from, to) = x.into_inner();
                Loc::Slice(Some(from.into()), Some(to.into()))
            }
        }
        impl From<RangeFrom<$t>> for Loc {
            fn from(x: RangeFrom<$t>) -> Loc {
                Loc::Slice(Some(x.start.into()), None)
            }
        }
        impl From<RangeToInclusive<$t>> for Loc {
            fn from(x: RangeToInclusive<$t>) -> Loc {
                Loc::Slice(None, Some(x.end.into()))
            }
        }
    };
}

keys!(&str, String, i32, i64, u64, f64, bool, Scalar);
loc!(Key);

impl<A: Into<Scalar>, B: Into<Scalar>> From<(A, B)> for Key {
    fn from((a, b): (A, B)) -> Key {
        Key(vec![a.into(), b.into()])
    }
}

impl<A: Into<Scalar>, B: Into<Scalar>, C: Into<Scalar>> From<(A, B, C)> for Key {
    fn from((a, b, c): (A, B, C)) -> Key {
        Key(vec![a.into(), b.into(), c.into()])
    }
}

impl<A: Into<Scalar>, B: Into<Scalar>> From<(A, B)> for Loc {
    fn from(x: (A, B)) -> Loc {
        Loc::One(x.into())
    }
}

impl<A: Into<Scalar>, B: Into<Scalar>, C: Into<Scalar>> From<(A, B, C)> for Loc {
    fn from(x: (A, B, C)) -> Loc {
        Loc::One(x.into())
    }
}

impl From<RangeFull> for Loc {
    fn from(_: RangeFull) -> Loc {
        Loc::All
    }
}

impl From<&Column> for Loc {
    fn from(mask: &Column) -> Loc {
        Loc::Mask(mask.clone())
    }
}

impl From<Column> for Loc {
    fn from(mask: Column) -> Loc {
        Loc::Mask(mask)
    }
}

macro_rules! positions {
    ($($t:ty),*) => { $(
        impl From<$t> for Positions {
            fn from(x: $t) -> Positions {
                Positions::One(x as i64)
            }
        }
        impl From<Vec<$t>> for Positions {
            fn from(x: Vec<$t>) -> Positions {
                Positions::Many(x.into_iter().map(|x| x as i64).collect())
            }
        }
        impl<const N: usize> From<[$t; N]> for Positions {
            fn from(x: [$t; N]) -> Positions {
                Positions::Many(x.into_iter().map(|x| x as i64).collect())
            }
        }
        impl From<Range<$t>> for Positions {
            fn from(x: Range<$t>) -> Positions {
                Positions::Slice(Some(x.start as i64), Some(x.end as i64), 1)
            }
        }
        impl From<RangeFrom<$t>> for Positions {
            fn from(x: RangeFrom<$t>) -> Positions {
                Positions::Slice(Some(x.start as i64), None, 1)
            }
        }
        impl From<RangeTo<$t>> for Positions {
            fn from(x: RangeTo<$t>) -> Positions {
                Positions::Slice(None, Some(x.end as i64), 1)
            }
        }
    )* };
}
positions!(i32, i64, usize);

impl From<RangeFull> for Positions {
    fn from(_: RangeFull) -> Positions {
        Positions::All
    }
}

impl Positions {
    /// The positions of `len` things, as Python has them: a slice is cut off at the ends, a single position must be there.
    ///
    /// # Errors
    /// Not found, for a position outside; invalid, for a step of 0.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::label::Positions;
    /// assert_eq!(Positions::from(-2..).resolve(5, "row")?, [3, 4]);
    /// assert!(Positions::from(5).resolve(5, "row").is_err());
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn resolve(&self, len: usize, what: &str) -> crate::Result<Vec<usize>> {
        use crate::error::{Error, ErrorKind};
        let n = len as i64;
        let one = |i: i64| {
            let at = if i < 0 { i + n } else { i };
            if (0..n).contains(&at) {
                return Ok(at as usize);
            }
            let e = Error::new(ErrorKind::NotFound, format!("{what} {i} is outside"));
            Err(e.help(format!("there are {len}, from 0 to {}; -1 is the last", n - 1)))
        };
        Ok(match self {
            Positions::All => (0..len).collect(),
            Positions::One(i) => vec![one(*i)?],
            Positions::Many(list) => list.iter().map(|&i| one(i)).collect::<crate::Result<_>>()?,
            Positions::Slice(_, _, 0) => return Err(Error::invalid("a slice needs a step other than 0")),
            Positions::Slice(start, stop, step) => {
                let (low, high) = if *step > 0 { (0, n) } else { (-1, n - 1) };
                let bound = |x: i64| (if x < 0 { x.saturating_add(n) } else { x }).clamp(low, high);
                let (first, last) = if *step > 0 { (low, high) } else { (high, low) };
                let (first, last) = (start.map_or(first, bound), stop.map_or(last, bound));
                let mut out = Vec::new();
                let mut i = first;
                while if *step > 0 { i < last } else { i > last } {
                    out.push(i as usize);
                    i = i.saturating_add(*step);
                }
                out
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::reversed_empty_ranges, reason = "negative positions count from the end")]
    fn slices_of_positions_are_pythons() {
        let of = |p: Positions| p.resolve(5, "row").unwrap();
        assert_eq!(of((-2..).into()), [3, 4]);
        assert_eq!(of((1..99).into()), [1, 2, 3, 4]);
        assert_eq!(of(step(None, None, -2)), [4, 2, 0]);
        assert_eq!(of(step(-1, 0, -1)), [4, 3, 2, 1]);
        assert_eq!(of(step(None, -1, 3)), [0, 3]);
        assert_eq!(of(vec![-1, 0, 0].into()), [4, 0, 0]);
        assert!(of((3..1).into()).is_empty());
        assert!(Positions::from(5).resolve(5, "row").is_err());
        assert!(step(None, None, 0).resolve(5, "row").is_err());
        assert!(step(None, None, -1).resolve(0, "row").unwrap().is_empty());
    }
}
