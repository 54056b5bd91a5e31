use crate::error::{Error, Result};
use std::ops::Range;

/// The rows that each row's window holds. Neither end ever moves back.
#[derive(Clone, Debug, PartialEq)]
pub enum Bounds {
    /// A fixed number of rows.
    Rows {
        /// So many rows before the row itself, at most.
        back: usize,
        /// So many after it.
        ahead: usize,
    },
    /// All rows up to this one.
    Expanding,
    /// Any others.
    Given {
        /// The first row of each window.
        starts: Vec<u32>,
        /// The row after its last.
        ends: Vec<u32>,
    },
}

impl Bounds {
    /// Windows of `size` rows that end at the row, or (`center`) reach half of `size`, rounded down, back from it.
    pub fn rows(size: usize, center: bool) -> Bounds {
        let size = size.max(1);
        if center { Bounds::Rows { back: size / 2, ahead: (size - 1) / 2 } } else { Bounds::Rows { back: size - 1, ahead: 0 } }
    }

    /// Windows `(t - width, t]`, or (`center`) `(t - width/2, t + width/2]`, over positions in ascending order. Of
    /// rows at one time a window holds those up to its own, as in pandas (in the middle: all).
    ///
    /// # Errors
    /// Invalid, where positions fall or the width is not above 0.
    pub fn between(at: &[i64], width: i64, center: bool) -> Result<Bounds> {
        if width <= 0 {
            return Err(Error::invalid("a window is wider than nothing"));
        }
        if at.len() >= u32::MAX as usize {
            return Err(Error::unsupported("windows of time over more than 4294967294 rows"));
        }
        if let Some(i) = at.windows(2).position(|w| w[1] < w[0]) {
            return Err(Error::invalid(format!("times are not in order: row {} is before row {i}", i + 1)).help("sort by the time first"));
        }
        let (back, ahead) = if center { (width / 2, width / 2) } else { (width, 0) };
        let (mut start, mut end) = (0, 0);
        let (mut starts, mut ends) = (Vec::with_capacity(at.len()), Vec::with_capacity(at.len()));
        for (i, &t) in at.iter().enumerate() {
            while at[start] <= t.saturating_sub(back) {
                start += 1;
            }
            end = if center { end } else { i + 1 };
            while center && end < at.len() && at[end] <= t.saturating_add(ahead) {
                end += 1;
            }
            starts.push(start as u32);
            ends.push(end as u32);
        }
        Ok(Bounds::Given { starts, ends })
    }

    /// The rows of a row's window, of `n` rows in all.
    #[inline]
    pub fn range(&self, row: usize, n: usize) -> Range<usize> {
        match self {
            Bounds::Rows { back, ahead } => row.saturating_sub(*back)..(row + ahead + 1).min(n),
            Bounds::Expanding => 0..row + 1,
            Bounds::Given { starts, ends } => starts[row] as usize..ends[row] as usize,
        }
    }

    /// How many rows are worked on at a time: enough that reaching back for their first window costs no more than they do.
    pub(super) fn stretch(&self, n: usize) -> usize {
        let longest = match self {
            Bounds::Rows { back, ahead } => back + ahead + 1,
            Bounds::Expanding => n,
            Bounds::Given { starts, ends } => starts.iter().zip(ends).map(|(s, e)| (e - s) as usize).max().unwrap_or(0),
        };
        least_stretch(longest)
    }
}

/// How many rows are worked on at a time where the longest window has so many.
pub fn least_stretch(longest: usize) -> usize {
    longest.max(1 << 16)
}
