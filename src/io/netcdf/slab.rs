//! Selections as boxes that a file can read: forward, evenly spaced, each read once; and what remains to be done in memory.

use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::store::{NdArray, NdBuilder, Selection, Selector, zeroed};
use arrow::array::StringViewBuilder;
use arrow::buffer::Buffer;

/// A box of an array: for each dimension its first position, how many, and their distance (at least 1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::io) struct Slab {
    pub start: Vec<usize>,
    pub count: Vec<usize>,
    pub step: Vec<usize>,
}

/// What is read along one dimension.
struct Axis {
    /// First position, how many, distance.
    runs: Vec<(usize, usize, usize)>,
    /// What is then taken of the runs laid end to end.
    then: Selector,
}

impl Axis {
    fn new(selector: &Selector, length: usize, chunk: usize) -> Axis {
        let one = |run, then| Axis { runs: vec![run], then };
        match selector {
            Selector::All => one((0, length, 1), Selector::All),
            Selector::At(i) => one((*i, 1, 1), Selector::At(0)),
            Selector::Range { count: 0, .. } => one((0, 0, 1), Selector::All),
            Selector::Range { start, count, step } if *step > 0 || *count == 1 => {
                one((*start, *count, if *count == 1 { 1 } else { *step as usize }), Selector::All)
            }
            Selector::Range { start, count, step: 0 } => one((*start, 1, 1), Selector::Range { start: 0, count: *count, step: 0 }),
            Selector::Range { count, step, .. } => {
                let last = selector.position(count - 1);
                one((last, *count, step.unsigned_abs()), Selector::Range { start: count - 1, count: *count, step: -1 })
            }
            Selector::Take(positions) => Axis::take(positions, chunk),
        }
    }

    /// Positions in any order become runs of neighbours; a gap shorter than a chunk is read over.
    fn take(positions: &[usize], chunk: usize) -> Axis {
        let mut sorted = positions.to_vec();
        sorted.sort_unstable();
        sorted.dedup();
        let mut runs: Vec<(usize, usize, usize)> = Vec::new();
        for &p in &sorted {
            match runs.last_mut() {
                Some((start, count, _)) if p - (*start + *count - 1) <= chunk.max(1) => *count = p + 1 - *start,
                _ => runs.push((p, 1, 1)),
            }
        }
        let mut before = Vec::with_capacity(runs.len());
        let mut total = 0;
        for r in &runs {
            before.push(total);
            total += r.1;
        }
        let place = |p: usize| {
            let r = runs.partition_point(|r| r.0 <= p) - 1;
            before[r] + p - runs[r].0
        };
        let then: Vec<usize> = positions.iter().map(|&p| place(p)).collect();
        let plain = then.len() == total && then.iter().enumerate().all(|(i, &p)| i == p);
        Axis { then: if plain { Selector::All } else { Selector::Take(then.into()) }, runs }
    }

    fn total(&self) -> usize {
        self.runs.iter().map(|r| r.1).sum()
    }
}

/// Reads a selection of an array of this shape: `read` reads one box into a contiguous array of the box's shape.
///
/// # Errors
/// Shape, for a selection outside; what `read` says.
pub(in crate::io) fn read_selection(
    selection: &Selection,
    (shape, chunk, dtype): (&[usize], &[usize], &DType),
    read: impl Fn(&Slab) -> Result<NdArray>,
) -> Result<NdArray> {
    selection.check(shape)?;
    let axes: Vec<Axis> = selection.selectors().iter().enumerate().map(|(d, s)| Axis::new(s, shape[d], chunk[d])).collect();
    let whole: Vec<usize> = axes.iter().map(Axis::total).collect();
    let then = Selection::new(axes.iter().map(|a| a.then.clone()).collect());
    if whole.contains(&0) {
        return NdBuilder::new(dtype.clone(), &then.shape(&whole))?.finish();
    }
    let boxes: usize = axes.iter().map(|a| a.runs.len()).product();
    let slab_at = |mut i: usize| {
        let (mut slab, mut to) = (Slab { start: Vec::new(), count: Vec::new(), step: Vec::new() }, Vec::new());
        for a in axes.iter().rev() {
            let k = i % a.runs.len();
            i /= a.runs.len();
            slab.start.push(a.runs[k].0);
            slab.count.push(a.runs[k].1);
            slab.step.push(a.runs[k].2);
            to.push(a.runs[..k].iter().map(|r| r.1).sum::<usize>());
        }
        for list in [&mut slab.start, &mut slab.count, &mut slab.step, &mut to] {
            list.reverse();
        }
        (slab, to)
    };
    let all = if boxes == 1 {
        read(&slab_at(0).0)?
    } else {
        let mut out = NdBuilder::new(dtype.clone(), &whole)?;
        for i in 0..boxes {
            let (slab, to) = slab_at(i);
            out.put(&to, &read(&slab)?)?;
        }
        out.finish()?
    };
    all.select(&then)?.to_contiguous()
}

/// A box of an array that is stored only as far as `written` in each dimension: `read` reads what is there, and the rest is `fill`
/// (the bytes of one value; texts are empty). The libraries leave there whatever the memory holds.
///
/// # Errors
/// Overflow and budget; what `read` says.
pub(in crate::io) fn padded(
    slab: &Slab,
    written: &[usize],
    dtype: &DType,
    fill: &[u8; 8],
    read: impl FnOnce(&Slab) -> Result<NdArray>,
) -> Result<NdArray> {
    let inside = |d: usize| written[d].saturating_sub(slab.start[d]).div_ceil(slab.step[d].max(1)).min(slab.count[d]);
    let count: Vec<usize> = (0..written.len()).map(inside).collect();
    if count == slab.count {
        return read(slab);
    }
    let n = slab.count.iter().product();
    let all = match dtype {
        DType::Str => {
            let mut none = StringViewBuilder::with_capacity(n);
            (0..n).for_each(|_| none.append_value(""));
            NdArray::from_texts(none.finish(), &slab.count)?
        }
        _ => filled(dtype, &slab.count, |out, bytes| {
            // SAFETY: the buffer has that many bytes.
            let out = unsafe { std::slice::from_raw_parts_mut(out, bytes) };
            let width = dtype.phys().and_then(|p| p.width()).unwrap_or(8).min(8);
            out.chunks_exact_mut(width).for_each(|x| x.copy_from_slice(&fill[..width]));
            Ok(())
        })?,
    };
    let mut out = NdBuilder::new(dtype.clone(), &slab.count)?;
    out.put(&vec![0; count.len()], &all)?;
    if !count.contains(&0) {
        let part = Slab { start: slab.start.clone(), count: count.clone(), step: slab.step.clone() };
        out.put(&vec![0; count.len()], &read(&part)?)?;
    }
    out.finish()
}

/// An array of fixed-width values that `fill` writes through the pointer; what it leaves out is zero.
///
/// # Errors
/// Overflow and budget, where it does not fit in memory; what `fill` says.
pub(super) fn filled(dtype: &DType, shape: &[usize], fill: impl FnOnce(*mut u8, usize) -> Result<()>) -> Result<NdArray> {
    let width = dtype.phys().and_then(|p| p.width()).ok_or_else(|| Error::internal(format!("{dtype} has no fixed width")))?;
    let bytes = shape.iter().try_fold(width, |n, &s| n.checked_mul(s)).filter(|&b| b < isize::MAX as usize / 2);
    let bytes = bytes.ok_or_else(|| Error::overflow(format!("shape {shape:?} of {dtype} takes too many bytes")))?;
    let mut buffer = zeroed(bytes)?;
    fill(buffer.as_mut_ptr().cast(), bytes)?;
    NdArray::from_buffer(Buffer::from_vec(buffer).slice_with_length(0, bytes), dtype.clone(), shape)
}

/// Blocks of about `target` bytes made of whole chunks, longest along the last dimensions.
pub(in crate::io) fn grow(chunk: &[usize], shape: &[usize], width: usize, target: usize) -> Vec<usize> {
    let mut block: Vec<usize> = chunk.iter().zip(shape).map(|(&c, &n)| c.clamp(1, n.max(1))).collect();
    for d in (0..block.len()).rev() {
        let bytes = block.iter().fold(width.max(1), |n, &c| n.saturating_mul(c));
        let more = target / bytes.max(1);
        block[d] = block[d].saturating_mul(more.max(1)).min(shape[d].max(1));
        if block[d] < shape[d] {
            break;
        }
    }
    block
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads boxes of 0, 1, 2, .. as a file would.
    fn read(selection: Vec<Selector>, shape: &[usize]) -> Vec<i32> {
        let n: usize = shape.iter().product();
        let whole = NdArray::from_vec((0..n as i32).collect(), shape).unwrap();
        let selection = Selection::new(selection);
        let got = read_selection(&selection, (shape, &vec![2; shape.len()], &DType::I32), |s| {
            let ranges = s.start.iter().zip(&s.count).zip(&s.step);
            let ranges = ranges.map(|((&start, &count), &step)| Selector::Range { start, count, step: step as isize });
            whole.select(&Selection::new(ranges.collect()))?.to_contiguous()
        });
        let got = got.unwrap();
        let want = whole.select(&selection).unwrap().to_contiguous().unwrap();
        assert_eq!(got.shape(), want.shape());
        assert_eq!(got.as_slice::<i32>().unwrap(), want.as_slice::<i32>().unwrap());
        got.as_slice::<i32>().unwrap().to_vec()
    }

    #[test]
    fn selections_read_as_boxes_equal_selections_in_memory() {
        let take = |p: &[usize]| Selector::Take(p.into());
        let range = |start, count, step| Selector::Range { start, count, step };
        assert_eq!(read(vec![range(8, 3, -3)], &[10]), [8, 5, 2]);
        read(vec![take(&[9, 0, 1, 1, 7]), Selector::At(2), take(&[0, 5])], &[10, 3, 6]);
        read(vec![range(1, 3, 2), take(&[3, 0]), range(3, 4, -1)], &[6, 4, 4]);
        read(vec![range(4, 3, 0), take(&[])], &[6, 4]);
        read(vec![range(9, 1, -5), Selector::All], &[10, 2]);
        read(vec![], &[]);
    }

    #[test]
    fn blocks_are_whole_chunks_of_about_the_target() {
        assert_eq!(grow(&[1, 10, 10], &[100, 20, 20], 4, 4000), [2, 20, 20]);
        assert_eq!(grow(&[1], &[1000], 8, 800), [100]);
        assert_eq!(grow(&[1, 1], &[3, 1000], 8, 80), [1, 10]);
        assert_eq!(grow(&[], &[], 8, 80), Vec::<usize>::new());
    }
}
