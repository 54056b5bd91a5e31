//! From a tile's bytes to where they belong in the result.

use super::pieces::{Axis, Run};
use crate::error::Result;

/// The bytes of a result that several threads fill, each its own part.
pub(in crate::io) struct Target {
    start: *mut u8,
    bytes: usize,
}

// SAFETY: the pointer is only used through `part`, whose callers keep parts of different threads apart.
unsafe impl Sync for Target {}

impl Target {
    pub fn new(out: &mut [u8]) -> Target {
        Target { start: out.as_mut_ptr(), bytes: out.len() }
    }

    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Some of the bytes. Outside of what there is, nothing.
    ///
    /// # Safety
    /// The slice that `new` was given is still borrowed, and nobody else holds a part that overlaps.
    #[allow(clippy::mut_from_ref)]
    pub unsafe fn part(&self, at: usize, bytes: usize) -> &mut [u8] {
        if at.checked_add(bytes).is_none_or(|end| end > self.bytes) {
            debug_assert!(false, "a part outside of the result");
            return &mut [];
        }
        // SAFETY: inside the slice by the check, not shared by the caller's word.
        unsafe { std::slice::from_raw_parts_mut(self.start.add(at), bytes) }
    }
}

/// One tile on its way: which tile of each axis, and the distances of neighbours in bytes on both sides.
pub(in crate::io) struct Walk<'a> {
    pub axes: &'a [Axis],
    /// For each axis the number of the piece (not of the tile).
    pub at: &'a [usize],
    pub from: &'a [usize],
    pub to: &'a [usize],
    pub width: usize,
    /// The trailing axes from this one on make one row without gaps on both sides.
    depth: usize,
    /// Elements of such a row.
    row: usize,
    from_base: usize,
    to_base: usize,
}

impl<'a> Walk<'a> {
    pub fn new(axes: &'a [Axis], at: &'a [usize], from: &'a [usize], to: &'a [usize], width: usize) -> Walk<'a> {
        let mut walk = Walk { axes, at, from, to, width, depth: axes.len(), row: 1, from_base: 0, to_base: 0 };
        while let Some(d) = walk.depth.checked_sub(1) {
            let [run] = walk.runs(d) else { break };
            let close = run.step == 1 && walk.from[d] == walk.row * width && walk.to[d] == walk.row * width;
            if run.count != 1 && !close {
                break;
            }
            walk.from_base += run.from * walk.from[d];
            walk.to_base += run.to * walk.to[d];
            walk.row *= run.count;
            walk.depth = d;
        }
        walk
    }

    fn runs(&self, d: usize) -> &'a [Run] {
        self.axes[d].runs(self.at[d])
    }

    /// Where the one row is, if there is only one: first byte on both sides, and bytes.
    pub fn one_row(&self) -> Option<(usize, usize, usize)> {
        (self.depth == 0).then_some((self.from_base, self.to_base, self.row * self.width))
    }

    /// Elements that are taken of the tile.
    pub fn elements(&self) -> usize {
        (0..self.axes.len()).map(|d| self.runs(d).iter().map(|r| r.count).sum::<usize>()).product()
    }

    /// The first byte that is taken of the tile, and the one after the last.
    pub fn window(&self) -> (usize, usize) {
        let (mut low, mut high) = (0, self.width);
        for d in 0..self.axes.len() {
            let ends = |r: &Run| (r.from, (r.from as isize + (r.count as isize - 1) * r.step) as usize);
            let (mut first, mut last) = (usize::MAX, 0);
            for (a, b) in self.runs(d).iter().map(ends) {
                (first, last) = (first.min(a).min(b), last.max(a).max(b));
            }
            low += first * self.from[d];
            high += last * self.from[d];
        }
        (low, high)
    }

    /// Calls `each` with every row: first byte on both sides, elements, and bytes from one to the next in the tile (which may go
    /// backwards).
    pub fn rows(&self, each: &mut impl FnMut(usize, usize, usize, isize) -> Result<()>) -> Result<()> {
        self.step(0, self.from_base, self.to_base, each)
    }

    fn step(&self, d: usize, from: usize, to: usize, each: &mut impl FnMut(usize, usize, usize, isize) -> Result<()>) -> Result<()> {
        if d == self.depth {
            return each(from, to, self.row, self.width as isize);
        }
        let last = d + 1 == self.depth && self.row == 1 && self.to[d] == self.width;
        for r in self.runs(d) {
            let step = r.step * self.from[d] as isize;
            let (from, to) = (from + r.from * self.from[d], to + r.to * self.to[d]);
            if last {
                each(from, to, r.count, step)?;
                continue;
            }
            for i in 0..r.count {
                self.step(d + 1, (from as isize + i as isize * step) as usize, to + i * self.to[d], each)?;
            }
        }
        Ok(())
    }
}

/// Copies elements that stand `step` bytes apart, from byte `from` of the tile on, to neighbours.
pub(in crate::io) fn gather(tile: &[u8], from: usize, step: isize, width: usize, out: &mut [u8]) {
    if step == width as isize {
        out.copy_from_slice(&tile[from..from + out.len()]);
        return;
    }
    match width {
        1 => gather_as::<1>(tile, from, step, out),
        2 => gather_as::<2>(tile, from, step, out),
        4 => gather_as::<4>(tile, from, step, out),
        _ => gather_as::<8>(tile, from, step, out),
    }
}

fn gather_as<const W: usize>(tile: &[u8], from: usize, step: isize, out: &mut [u8]) {
    let mut at = from as isize;
    for element in out.as_chunks_mut::<W>().0 {
        element.copy_from_slice(&tile[at as usize..at as usize + W]);
        at += step;
    }
}

/// Repeats one element.
pub(in crate::io) fn fill(value: &[u8], out: &mut [u8]) {
    out.chunks_exact_mut(value.len().max(1)).for_each(|e| e.copy_from_slice(value));
}

/// Exchanges the bytes of elements of this width.
pub(in crate::io) fn swap(width: usize, bytes: &mut [u8]) {
    match width {
        2 => bytes.as_chunks_mut::<2>().0.iter_mut().for_each(|e| *e = u16::from_ne_bytes(*e).swap_bytes().to_ne_bytes()),
        4 => bytes.as_chunks_mut::<4>().0.iter_mut().for_each(|e| *e = u32::from_ne_bytes(*e).swap_bytes().to_ne_bytes()),
        8 => bytes.as_chunks_mut::<8>().0.iter_mut().for_each(|e| *e = u64::from_ne_bytes(*e).swap_bytes().to_ne_bytes()),
        _ => (),
    }
}
