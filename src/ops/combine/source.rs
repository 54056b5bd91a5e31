//! Several arrays, one after the other along a dimension, as one.

use crate::array::{DecodeStep, LazyArray};
use crate::dtype::{DType, TimeUnit};
use crate::error::{Error, Place, Result};
use crate::kernel::pack::{self, Raw};
use crate::store::{ChunkGrid, ChunkSource, NdArray, NdBuilder, ReadCost, Selection, Selector, Step};
use crate::with_phys;
use arrow::buffer::Buffer;
use rayon::prelude::*;

/// Arrays of one type, laid end to end along an axis. Reads touch only the pieces that they need.
#[derive(Debug)]
pub(super) struct Joined {
    pieces: Vec<LazyArray>,
    axis: usize,
    /// Where each piece begins along the axis, and the end.
    starts: Vec<usize>,
    dtype: DType,
    shape: Vec<usize>,
}

impl Joined {
    pub(super) fn new(pieces: Vec<LazyArray>, axis: usize) -> Result<Joined> {
        let first = pieces.first().ok_or_else(|| Error::internal("nothing to join"))?;
        let (dtype, mut shape) = (first.dtype().clone(), first.shape().to_vec());
        let mut starts = vec![0usize];
        for p in &pieces {
            let length = p.shape()[axis];
            let end = starts[starts.len() - 1].checked_add(length);
            starts.push(end.ok_or_else(|| Error::overflow("the joined dimension is too long"))?);
        }
        shape[axis] = starts[starts.len() - 1];
        Ok(Joined { pieces, axis, starts, dtype, shape })
    }

    /// Which piece holds a position, and where in it.
    fn locate(&self, position: usize) -> (usize, usize) {
        let piece = self.starts.partition_point(|&s| s <= position) - 1;
        (piece, position - self.starts[piece])
    }

    /// The parts of a selector that fall in one piece each, in order, with the place of each in the result.
    fn parts(&self, selector: &Selector) -> Vec<(usize, Selector, usize)> {
        let n = self.shape[self.axis];
        let span = |start: usize, count: usize| -> Vec<(usize, Selector, usize)> {
            let end = start + count;
            (0..self.pieces.len())
                .filter_map(|p| {
                    let (low, high) = (self.starts[p].max(start), self.starts[p + 1].min(end));
                    (low < high).then(|| (p, Selector::span(low - self.starts[p], high - low), low - start))
                })
                .collect()
        };
        match selector {
            Selector::All => span(0, n),
            Selector::Range { start, count, step: 1 } => span(*start, *count),
            Selector::At(i) => {
                let (piece, at) = self.locate(*i);
                vec![(piece, Selector::At(at), 0)]
            }
            other => {
                let mut out: Vec<(usize, Vec<usize>, usize)> = Vec::new();
                for i in 0..other.count(n).unwrap_or(0) {
                    let (piece, at) = self.locate(other.position(i));
                    match out.last_mut() {
                        Some((p, positions, _)) if *p == piece => positions.push(at),
                        _ => out.push((piece, vec![at], i)),
                    }
                }
                out.into_iter().map(|(p, positions, i)| (p, Selector::of(positions), i)).collect()
            }
        }
    }
}

impl ChunkSource for Joined {
    fn made_of(&self) -> (String, Vec<Step>) {
        (format!("join {} along axis {}", self.pieces.len(), self.axis), self.pieces.iter().map(LazyArray::step).collect())
    }

    fn dtype(&self) -> &DType {
        &self.dtype
    }

    fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// The grid of the first piece, as long as its chunks fall on the edges of the pieces.
    fn grid(&self) -> ChunkGrid {
        let mut chunk = self.pieces.iter().find(|p| !p.shape().contains(&0)).unwrap_or(&self.pieces[0]).grid().chunk;
        let inner = &self.starts[1..self.starts.len() - 1];
        if let Some(c) = chunk.get_mut(self.axis)
            && inner.iter().any(|s| s % *c != 0)
        {
            let common = inner.iter().fold(0, |a, &b| gcd(a, b));
            // Pieces of irregular lengths: chunks may straddle their edges, but stay of their size.
            let fitting = gcd(*c, common);
            if fitting * 4 >= *c {
                *c = fitting;
            }
        }
        ChunkGrid::new(&self.shape, &chunk)
    }

    fn read(&self, selection: &Selection) -> Result<NdArray> {
        selection.check(&self.shape)?;
        let parts = self.parts(&selection.selectors()[self.axis]);
        let read = |piece: usize, selector: &Selector| -> Result<NdArray> {
            let mut selectors = selection.selectors().to_vec();
            selectors[self.axis] = selector.clone();
            let p = &self.pieces[piece];
            p.read(&Selection::new(selectors)).map_err(|e| e.at(p.source().place()))
        };
        if let [(piece, selector, _)] = &parts[..] {
            return read(*piece, selector)?.to_contiguous();
        }
        let shape = selection.shape(&self.shape);
        let axis = selection.selectors()[..self.axis].iter().filter(|s| !matches!(s, Selector::At(_))).count();
        let mut out = NdBuilder::new(self.dtype.clone(), &shape)?;
        // A few pieces at a time: what is read waits to be put in its place.
        for some in parts.chunks(rayon::current_num_threads().max(1)) {
            let blocks: Vec<NdArray> = some.par_iter().map(|(p, s, _)| read(*p, s)).collect::<Result<_>>()?;
            for ((_, _, at), block) in some.iter().zip(&blocks) {
                let mut start = vec![0; shape.len()];
                start[axis] = *at;
                out.put(&start, block)?;
            }
        }
        out.finish()
    }

    fn cost(&self) -> ReadCost {
        let first = self.pieces.iter().find(|p| !p.shape().contains(&0)).unwrap_or(&self.pieces[0]).cost();
        ReadCost { in_place: false, ..first }
    }

    fn place(&self) -> Place {
        Place::default()
    }
}

fn gcd(a: usize, b: usize) -> usize {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// Values in a type that holds them all; instants in a finer unit or under the mixed calendar.
#[derive(Clone, Debug)]
pub(super) struct Widen {
    pub(super) to: DType,
}

impl DecodeStep for Widen {
    fn dtype(&self, _from: &DType) -> DType {
        self.to.clone()
    }

    fn apply(&self, block: NdArray) -> Result<NdArray> {
        let block = block.to_contiguous()?;
        let valid = block.valid().map(|v| Buffer::from_vec(v.to_vec()));
        let refusal = |at: usize| Error::overflow(format!("{} does not fit {}", block.scalar(at), self.to));
        if let (DType::Instant { unit: from, .. }, DType::Instant { unit: to, .. }) = (block.dtype(), &self.to) {
            let factor = if (*from, *to) == (TimeUnit::Us, TimeUnit::Ns) { 1_000 } else { 1 };
            let values = block.as_slice::<i64>().unwrap_or(&[]);
            let out = pack::try_map(values, |_, x| x.checked_mul(factor)).map_err(refusal)?;
            return NdArray::from_vec(out, block.shape())?.reinterpret(self.to.clone())?.with_valid(valid);
        }
        if block.phys().width() == self.to.phys().and_then(|p| p.width()) && block.phys() == self.to.phys().unwrap_or(block.phys()) {
            return block.reinterpret(self.to.clone());
        }
        let phys = self.to.phys().ok_or_else(|| Error::wrong_type(format!("no array holds {}", self.to)))?;
        // By way of a wide type, which keeps the number of compiled combinations small.
        let text = || Error::wrong_type("text is no number");
        let cast = if self.to.is_float() || block.dtype().is_float() {
            let floats = with_phys!(block.phys(), S => pack::floats(block.as_slice::<S>().unwrap_or(&[])), text => return Err(text()));
            with_phys!(phys, T => {
                let out = pack::try_map(&floats, |_, x| <T as Raw>::of_f64(x)).map_err(refusal)?;
                NdArray::from_vec(out, block.shape())?
            }, text => return Err(text()))
        } else {
            let wide = with_phys!(block.phys(), S => pack::wide(block.as_slice::<S>().unwrap_or(&[])), text => return Err(text()));
            with_phys!(phys, T => NdArray::from_vec(pack::narrow::<T>(&wide, None, None).map_err(refusal)?, block.shape())?,
                text => return Err(text()))
        };
        if !self.to.is_float() {
            return cast.with_valid(valid);
        }
        // In floats missing is NaN.
        match valid {
            None => Ok(cast),
            Some(v) if self.to == DType::F32 => gaps::<f32>(cast, &v, f32::NAN),
            Some(v) => gaps::<f64>(cast, &v, f64::NAN),
        }
    }
}

fn gaps<T: crate::dtype::Element>(array: NdArray, valid: &[u8], nan: T) -> Result<NdArray> {
    let values = array.as_slice::<T>().unwrap_or(&[]).iter().zip(valid).map(|(&x, &v)| if v == 0 { nan } else { x });
    NdArray::from_vec(values.collect(), array.shape())
}

/// Floats in other units.
#[derive(Clone, Debug)]
pub(super) struct Rescale {
    pub(super) factor: f64,
    pub(super) offset: f64,
}

impl DecodeStep for Rescale {
    fn dtype(&self, from: &DType) -> DType {
        if *from == DType::F32 { DType::F32 } else { DType::F64 }
    }

    fn apply(&self, block: NdArray) -> Result<NdArray> {
        let (to, block) = (self.dtype(block.dtype()), block.to_contiguous()?);
        let wide = Widen { to: DType::F64 }.apply(block)?;
        let values = wide.as_slice::<f64>().unwrap_or(&[]);
        let (factor, offset) = (self.factor, self.offset);
        if to == DType::F32 {
            return NdArray::from_vec(pack::map(values, |x| (x * factor + offset) as f32), wide.shape());
        }
        NdArray::from_vec(pack::map(values, |x| x * factor + offset), wide.shape())
    }
}

/// An array seen with a first dimension of length 1.
#[derive(Debug)]
struct Raised {
    inner: LazyArray,
    shape: Vec<usize>,
}

/// The array under a shape with a 1 in front.
pub(super) fn raised(inner: LazyArray, shape: Vec<usize>) -> LazyArray {
    LazyArray::new(std::sync::Arc::new(Raised { inner, shape }))
}

impl ChunkSource for Raised {
    fn made_of(&self) -> (String, Vec<Step>) {
        ("raise".into(), vec![self.inner.step()])
    }

    fn dtype(&self) -> &DType {
        self.inner.dtype()
    }

    fn shape(&self) -> &[usize] {
        &self.shape
    }

    fn grid(&self) -> ChunkGrid {
        let chunk: Vec<usize> = std::iter::once(1).chain(self.inner.grid().chunk).collect();
        ChunkGrid::new(&self.shape, &chunk)
    }

    fn read(&self, selection: &Selection) -> Result<NdArray> {
        selection.check(&self.shape)?;
        let (outer, inner) = selection.selectors().split_at(1);
        let block = self.inner.read(&Selection::new(inner.to_vec()))?;
        let shape: Vec<usize> = std::iter::once(1).chain(block.shape().iter().copied()).collect();
        let mut all = vec![Selector::All; shape.len()];
        all[0] = outer[0].clone();
        block.reshape(&shape)?.select(&Selection::new(all))?.to_contiguous()
    }

    fn cost(&self) -> ReadCost {
        let inner = self.inner.cost();
        ReadCost { pieces: inner.pieces.map(|p| std::iter::once(1).chain(p).collect()), ..inner }
    }

    fn place(&self) -> Place {
        self.inner.source().place()
    }
}
