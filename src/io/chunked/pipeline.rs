//! The filters of an array in order, and how a chunk goes through them backwards.

use super::copy::{Tile, zeros};
use super::file::DataFile;
use super::filters::{Contexts, Step, grown, wrong_size};
use super::layout::Chunk;
use crate::error::{Error, Result};
use std::cell::RefCell;
use std::mem::MaybeUninit;

/// The filters of an array in the order of writing.
#[derive(Debug, Default)]
pub(super) struct Pipeline {
    steps: Vec<Step>,
}

/// Buffers and contexts of one thread. They stay for the next chunk, so that none is allocated for each.
#[derive(Default)]
pub(super) struct Scratch {
    pub now: Vec<u8>,
    pub next: Vec<u8>,
    pub contexts: Contexts,
    /// Positions on the way through the tiles, for callers.
    pub at: Vec<usize>,
}

/// More than this is not kept for the next chunk.
const KEEP: usize = 64 << 20;

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

/// Runs something with the buffers of this thread.
pub(super) fn with_scratch<T>(run: impl FnOnce(&mut Scratch) -> T) -> T {
    SCRATCH.with(|cell| match cell.try_borrow_mut() {
        Ok(mut scratch) => {
            let answer = run(&mut scratch);
            if scratch.now.capacity() + scratch.next.capacity() + scratch.contexts.room() > KEEP {
                *scratch = Scratch::default();
            }
            answer
        }
        Err(_) => run(&mut Scratch::default()),
    })
}

impl Scratch {
    /// Bytes of the file, in the first buffer.
    pub fn window(&mut self, file: &DataFile, at: u64, bytes: usize) -> Result<&[u8]> {
        let out = grown(&mut self.now, bytes)?;
        file.read_at(out, at)?;
        Ok(out)
    }
}

/// What a filter of HDF5 (by its registered number, with these parameters, for elements of this width) has made of `bytes` bytes,
/// undone.
///
/// # Errors
/// Unsupported, for a filter that is left to the library; format, for bytes that it has not made of so many.
///
/// # Examples
/// ```
/// use hpda_data::io::chunked::undo_filter;
/// // Shuffle: the first bytes of all elements, then the second ones.
/// assert_eq!(undo_filter(2, &[], 2, &[1, 2, 10, 20], 4)?, [1, 10, 2, 20]);
/// assert!(undo_filter(1, &[], 2, b"no deflated bytes", 4).is_err());
/// # Ok::<(), hpda_data::Error>(())
/// ```
pub fn undo_filter(id: i32, parameters: &[u32], width: usize, stored: &[u8], bytes: usize) -> Result<Vec<u8>> {
    let step = Step::new(id, parameters, width).ok_or_else(|| Error::unsupported(format!("filter {id} is left to the library")))?;
    if step.stays_in_place() {
        let left = step.check(stored)?;
        return if left == bytes { Ok(stored[..left].to_vec()) } else { Err(wrong_size(left, bytes)) };
    }
    if let Some(told) = step.size(stored).filter(|&told| told != bytes) {
        return Err(wrong_size(told, bytes));
    }
    if step.most(stored.len()) < bytes {
        return Err(wrong_size(stored.len(), bytes));
    }
    let mut out = Vec::new();
    with_scratch(|scratch| step.undo(&mut scratch.contexts, stored, grown(&mut out, bytes)?))?;
    Ok(out)
}

impl Pipeline {
    /// The pipeline of these filters (number and parameters), for elements of this width.
    ///
    /// # Errors
    /// Why the library must read it.
    pub fn new(filters: &[(i32, Vec<u32>)], width: usize) -> Result<Pipeline, String> {
        let steps = filters.iter().map(|(id, p)| Step::new(*id, p, width).ok_or_else(|| format!("filter {id} is left to the library")));
        let steps: Vec<Step> = steps.collect::<Result<_, _>>()?;
        if steps.iter().filter(|s| s.compresses()).count() > 1 {
            return Err("more than one filter compresses".to_string());
        }
        if steps.len() > 32 {
            return Err("more than 32 filters".to_string());
        }
        Ok(Pipeline { steps })
    }

    /// Whether chunks are stored as they are.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// Reads a chunk and decodes it: to `place` where one is given and no buffer of this thread can be saved otherwise (`None` is
    /// then the answer), else to a buffer of this thread. Either way it is exactly `bytes` long. The last step is left to the
    /// caller where it is to bring the bytes of elements of this width together: that is done on the way to their place.
    pub fn decode<'s>(
        &self,
        file: &DataFile,
        chunk: &Chunk,
        (bytes, width): (usize, usize),
        place: Option<&mut [MaybeUninit<u8>]>,
        scratch: &'s mut Scratch,
    ) -> Result<Option<Tile<'s>>> {
        let left_out = |i: usize| chunk.mask >> i & 1 == 1;
        let stored = usize::try_from(chunk.bytes).map_err(|_| wrong_size(usize::MAX, bytes))?;
        if chunk.offset.checked_add(chunk.bytes).is_none_or(|end| end > i64::MAX as u64) {
            return Err(Error::format("the chunk lies outside every file"));
        }
        let active: Vec<usize> = (0..self.steps.len()).filter(|&i| !left_out(i)).collect();
        let Scratch { now, next, contexts, .. } = scratch;
        let mut place = place;
        if active.is_empty() {
            if stored != bytes {
                return Err(wrong_size(stored, bytes));
            }
            if let Some(place) = place {
                return file.read_new(place, chunk.offset).map(|_| None);
            }
        }
        // The file is only asked for its length where the size is large: to not ask memory for what cannot be.
        if stored > 1 << 20 && chunk.offset + chunk.bytes > file.length()? {
            return Err(Error::format("the file ends before its data: it is truncated, or has become shorter since it was opened"));
        }
        let (mut now, mut next) = (now, next);
        file.read_at(grown(now, stored)?, chunk.offset)?;
        let mut have = stored;
        for &i in active.iter().rev() {
            let step = &self.steps[i];
            if step.stays_in_place() {
                have = step.check(&now[..have])?;
                continue;
            }
            let last = active[0] == i;
            if last && *step == Step::Shuffle(width) && have == bytes && matches!(width, 2 | 4 | 8) {
                return Ok(Some(Tile::Planes(&now[..have])));
            }
            // Bytes before this filter was applied: checksums may have made them more.
            let sums = active.iter().filter(|&&k| k < i && self.steps[k] == Step::Fletcher32).count();
            let want = if step.compresses() { bytes + 4 * sums } else { have };
            if let Some(told) = step.size(&now[..have]).filter(|&told| told != want) {
                return Err(wrong_size(told, want));
            }
            if step.most(have) < want {
                return Err(wrong_size(have, want));
            }
            match place.take() {
                Some(place) if last && want == place.len() => {
                    return step.undo(contexts, &now[..have], zeros(place)).map(|()| None);
                }
                other => place = other,
            }
            step.undo(contexts, &now[..have], grown(next, want)?)?;
            (now, next) = (next, now);
            have = want;
        }
        if have != bytes { Err(wrong_size(have, bytes)) } else { Ok(Some(Tile::Elements(&now[..have]))) }
    }
}
