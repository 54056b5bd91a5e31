//! From a tile's bytes to where they belong in the result.

use super::filters::shuffle;
use super::pieces::{Axis, Run};
use crate::error::{Error, Result};
use std::mem::MaybeUninit;

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

    /// Memory that was not written yet.
    pub fn fresh(out: &mut [MaybeUninit<u8>]) -> Target {
        Target { start: out.as_mut_ptr().cast(), bytes: out.len() }
    }

    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Some of the bytes, which perhaps nobody has written yet.
    ///
    /// # Errors
    /// Internal, for a part outside of what there is.
    ///
    /// # Safety
    /// The slice that the target was made of is still borrowed, and nobody else holds a part that overlaps.
    #[allow(clippy::mut_from_ref)]
    pub unsafe fn fresh_part(&self, at: usize, bytes: usize) -> Result<&mut [MaybeUninit<u8>]> {
        if at.checked_add(bytes).is_none_or(|end| end > self.bytes) {
            return Err(Error::internal("a part outside of the result"));
        }
        // SAFETY: inside the slice by the check, not shared by the caller's word.
        Ok(unsafe { std::slice::from_raw_parts_mut(self.start.add(at).cast(), bytes) })
    }

    /// Some of the bytes. Outside of what there is, nothing.
    ///
    /// # Safety
    /// As for [`fresh_part`](Target::fresh_part), and the target was made by [`new`](Target::new).
    #[allow(clippy::mut_from_ref)]
    pub unsafe fn part(&self, at: usize, bytes: usize) -> &mut [u8] {
        // SAFETY: as the caller promises; the bytes are known, for they came in a slice of bytes.
        unsafe { self.fresh_part(at, bytes).map_or(&mut [], |p| known(p)) }
    }
}

/// Zeros, as a slice that can be read.
pub(super) fn zeros(out: &mut [MaybeUninit<u8>]) -> &mut [u8] {
    out.fill(MaybeUninit::new(0));
    // SAFETY: every byte was just written.
    unsafe { known(out) }
}

/// # Safety
/// Every byte has been written.
pub(super) unsafe fn known(out: &mut [MaybeUninit<u8>]) -> &mut [u8] {
    // SAFETY: the same memory, of bytes that are known by the caller's word.
    unsafe { &mut *(std::ptr::from_mut(out) as *mut [u8]) }
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

/// What a tile is decoded to.
pub(super) enum Tile<'a> {
    /// Elements one after the other.
    Elements(&'a [u8]),
    /// All first bytes of the elements, then all second ones, and so on.
    Planes(&'a [u8]),
}

impl Tile<'_> {
    pub fn len(&self) -> usize {
        match self {
            Tile::Elements(bytes) | Tile::Planes(bytes) => bytes.len(),
        }
    }

    /// Writes elements that stand `step` bytes apart in the tile, from byte `from` on, to neighbours; `exchange`: their bytes the
    /// other way round.
    pub fn gather(&self, (from, step): (usize, isize), width: usize, exchange: bool, out: &mut [MaybeUninit<u8>]) {
        match (width, step == width as isize) {
            (_, true) => self.row(from, width, exchange, out),
            (1, _) => self.apart::<1>(from, step, exchange, out),
            (2, _) => self.apart::<2>(from, step, exchange, out),
            (4, _) => self.apart::<4>(from, step, exchange, out),
            _ => self.apart::<8>(from, step, exchange, out),
        }
    }

    fn row(&self, from: usize, width: usize, exchange: bool, out: &mut [MaybeUninit<u8>]) {
        match self {
            Tile::Elements(bytes) => {
                let row = &bytes[from..from + out.len()];
                // SAFETY: both have one length, checked by the line before; the result is nobody's yet.
                unsafe { std::ptr::copy_nonoverlapping(row.as_ptr(), out.as_mut_ptr().cast(), row.len()) };
                if exchange {
                    // SAFETY: just written.
                    swap(width, unsafe { known(out) });
                }
            }
            Tile::Planes(planes) => shuffle::elements(width, planes, from / width, exchange, out),
        }
    }

    fn apart<const W: usize>(&self, from: usize, step: isize, exchange: bool, out: &mut [MaybeUninit<u8>]) {
        let mut at = from as isize;
        for element in out.as_chunks_mut::<W>().0 {
            let i = at as usize;
            let mut bytes: [u8; W] = match self {
                Tile::Elements(bytes) => std::array::from_fn(|j| bytes[i + j]),
                Tile::Planes(planes) => std::array::from_fn(|j| planes[planes.len() / W * j + i / W]),
            };
            if exchange {
                bytes.reverse();
            }
            *element = bytes.map(MaybeUninit::new);
            at += step;
        }
    }
}

/// Copies elements that stand `step` bytes apart, from byte `from` of the tile on, to neighbours.
pub(in crate::io) fn gather(tile: &[u8], from: usize, step: isize, width: usize, out: &mut [u8]) {
    // SAFETY: bytes that are known are as good as bytes that are not; only known ones are written to them.
    let out = unsafe { &mut *(std::ptr::from_mut(out) as *mut [MaybeUninit<u8>]) };
    Tile::Elements(tile).gather((from, step), width, false, out);
}

/// Repeats one element.
pub(in crate::io) fn fill(value: &[u8], out: &mut [u8]) {
    out.chunks_exact_mut(value.len().max(1)).for_each(|e| e.copy_from_slice(value));
}

/// Repeats one element.
pub(super) fn fill_new(value: &[u8], out: &mut [MaybeUninit<u8>]) {
    for element in out.chunks_mut(value.len().max(1)) {
        element.iter_mut().zip(value).for_each(|(e, &v)| *e = MaybeUninit::new(v));
    }
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
