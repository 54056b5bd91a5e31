//! Arrays seen otherwise: dims in another order or merged, a dim split in several, positions taken with holes. Nothing is read before it is
//! asked for.

use crate::array::Variable;
use crate::dtype::{DType, Phys};
use crate::error::{Error, Place, Result};
use crate::store::{ChunkGrid, ChunkSource, NdArray, NdBuilder, ReadCost, Selection, Selector, Step};
use crate::with_phys;
use arrow::array::{StringViewArray, UInt64Array};
use arrow::buffer::Buffer;

/// An array with its axes in another order, the last ones merged to one.
#[derive(Clone, Debug)]
pub(super) struct Turned {
    input: Variable,
    order: Vec<usize>,
    /// How many of the last axes are one.
    merged: usize,
    shape: Vec<usize>,
}

impl Turned {
    pub(super) fn new(input: &Variable, order: Vec<usize>, merged: usize) -> Result<Turned> {
        let turned: Vec<usize> = order.iter().map(|&d| input.shape()[d]).collect();
        let (rest, last) = turned.split_at(order.len() - merged);
        let many = last
            .iter()
            .try_fold(1usize, |all, &n| all.checked_mul(n))
            .ok_or_else(|| Error::overflow("the merged dimension is too long"))?;
        let shape = rest.iter().copied().chain((merged > 0).then_some(many)).collect();
        Ok(Turned { input: input.clone(), order, merged, shape })
    }

    /// The pieces of the input in the shape of this.
    fn pieces(&self, of: &[usize]) -> Vec<usize> {
        let turned: Vec<usize> = self.order.iter().map(|&d| of[d]).collect();
        let (rest, last) = turned.split_at(turned.len() - self.merged);
        let mut out = rest.to_vec();
        if let Some(&first) = last.first() {
            // Whole runs of the first merged axis.
            let inner: usize = self.order[self.order.len() - self.merged + 1..].iter().map(|&d| self.input.shape()[d]).product();
            out.push((first * inner).max(1));
        }
        out
    }
}

impl ChunkSource for Turned {
    fn made_of(&self) -> (String, Vec<Step>) {
        (
            if self.merged > 1 {
                format!("turn to {:?}, merge the last {}", self.order, self.merged)
            } else {
                format!("turn to {:?}", self.order)
            },
            vec![self.input.step()],
        )
    }

    fn dtype(&self) -> &DType {
        self.input.dtype()
    }

    fn shape(&self) -> &[usize] {
        &self.shape
    }

    fn grid(&self) -> ChunkGrid {
        ChunkGrid::new(&self.shape, &self.pieces(&self.input.grid().chunk))
    }

    fn cost(&self) -> ReadCost {
        let cost = self.input.cost();
        ReadCost { pieces: cost.pieces.map(|p| self.pieces(&p)), in_place: false, ..cost }
    }

    fn place(&self) -> Place {
        self.input.place()
    }

    fn read(&self, selection: &Selection) -> Result<NdArray> {
        selection.check(&self.shape)?;
        let wanted = selection.with_all_dims().selectors().to_vec();
        let rest = self.order.len() - self.merged;
        let mut own = vec![Selector::All; self.order.len()];
        self.order[..rest].iter().zip(&wanted).for_each(|(&d, s)| own[d] = s.clone());
        let mut local = vec![Selector::All; rest + usize::from(self.merged > 0)];
        if self.merged > 0 {
            // Of the merged dims the run of the first that is needed, and all of the others.
            let length = self.shape[rest];
            let inner: usize = self.order[rest + 1..].iter().map(|&d| self.input.shape()[d]).product();
            let asked = &wanted[rest];
            let count = asked.count(length).unwrap_or(1);
            let positions = (0..count).map(|i| asked.position(i));
            let (low, high) = positions.clone().fold((usize::MAX, 0), |(l, h), p| (l.min(p), h.max(p)));
            let inner = inner.max(1);
            let (first, end) = if count == 0 { (0, 0) } else { (low / inner, high / inner + 1) };
            own[self.order[rest]] = Selector::span(first, end - first);
            local[rest] = Selector::of(positions.map(|p| p - first * inner).collect());
        }
        let block = self.input.read(&Selection::new(own))?.transpose(&self.order)?.to_contiguous()?;
        let mut flat: Vec<usize> = block.shape()[..rest].to_vec();
        if self.merged > 0 {
            flat.push(block.shape()[rest..].iter().product());
        }
        block.reshape(&flat)?.select(&Selection::new(local))?.to_contiguous()?.reshape(&selection.shape(&self.shape))
    }
}

/// An array with one axis split in several.
#[derive(Clone, Debug)]
pub(super) struct Split {
    input: Variable,
    axis: usize,
    lengths: Vec<usize>,
    shape: Vec<usize>,
}

impl Split {
    pub(super) fn new(input: &Variable, axis: usize, lengths: Vec<usize>) -> Split {
        let mut shape = input.shape().to_vec();
        shape.splice(axis..=axis, lengths.iter().copied());
        Split { input: input.clone(), axis, lengths, shape }
    }

    fn pieces(&self, of: &[usize]) -> Vec<usize> {
        let mut out = of.to_vec();
        let mut left = of[self.axis].max(1);
        let mut own = vec![1; self.lengths.len()];
        for d in (0..own.len()).rev() {
            own[d] = left.min(self.lengths[d]).max(1);
            left = left.div_ceil(self.lengths[d].max(1)).max(1);
        }
        out.splice(self.axis..=self.axis, own);
        out
    }
}

impl ChunkSource for Split {
    fn made_of(&self) -> (String, Vec<Step>) {
        (format!("split axis {}", self.axis), vec![self.input.step()])
    }

    fn dtype(&self) -> &DType {
        self.input.dtype()
    }

    fn shape(&self) -> &[usize] {
        &self.shape
    }

    fn grid(&self) -> ChunkGrid {
        ChunkGrid::new(&self.shape, &self.pieces(&self.input.grid().chunk))
    }

    fn cost(&self) -> ReadCost {
        let cost = self.input.cost();
        ReadCost { pieces: cost.pieces.map(|p| self.pieces(&p)), in_place: false, ..cost }
    }

    fn place(&self) -> Place {
        self.input.place()
    }

    fn read(&self, selection: &Selection) -> Result<NdArray> {
        selection.check(&self.shape)?;
        let wanted = selection.with_all_dims().selectors().to_vec();
        let parts = &wanted[self.axis..self.axis + self.lengths.len()];
        let mut flat = vec![0usize];
        for (s, &n) in parts.iter().zip(&self.lengths) {
            let count = s.count(n).unwrap_or(1);
            flat = flat.iter().flat_map(|f| (0..count).map(move |i| f * n + s.position(i))).collect();
        }
        let mut own = wanted.clone();
        own.splice(self.axis..self.axis + self.lengths.len(), [Selector::of(flat)]);
        self.input.read(&Selection::new(own))?.to_contiguous()?.reshape(&selection.shape(&self.shape))
    }
}

/// An array of which positions along an axis are taken, in any order; where there is none the value is missing.
#[derive(Clone, Debug)]
pub(super) struct Picked {
    input: Variable,
    axis: usize,
    positions: UInt64Array,
    shape: Vec<usize>,
}

impl Picked {
    pub(super) fn new(input: &Variable, axis: usize, positions: UInt64Array) -> Picked {
        let mut shape = input.shape().to_vec();
        shape[axis] = positions.len();
        Picked { input: input.clone(), axis, positions, shape }
    }
}

/// All missing.
fn nothing(dtype: &DType, shape: &[usize]) -> Result<NdArray> {
    let count: usize = shape.iter().product();
    Ok(match dtype.phys() {
        Some(Phys::Str) => return NdArray::from_texts(StringViewArray::new_null(count), shape),
        Some(Phys::F32) => NdArray::from_vec(vec![f32::NAN; count], shape)?,
        Some(Phys::F64) => NdArray::from_vec(vec![f64::NAN; count], shape)?,
        _ => NdBuilder::new(dtype.clone(), shape)?.finish()?.with_valid(Some(Buffer::from_vec(vec![0u8; count])))?,
    })
}

impl ChunkSource for Picked {
    fn made_of(&self) -> (String, Vec<Step>) {
        (format!("take {} positions of axis {}", self.positions.len(), self.axis), vec![self.input.step()])
    }

    fn dtype(&self) -> &DType {
        self.input.dtype()
    }

    fn shape(&self) -> &[usize] {
        &self.shape
    }

    fn grid(&self) -> ChunkGrid {
        ChunkGrid::new(&self.shape, &self.input.grid().chunk)
    }

    fn cost(&self) -> ReadCost {
        ReadCost { in_place: false, ..self.input.cost() }
    }

    fn place(&self) -> Place {
        self.input.place()
    }

    fn read(&self, selection: &Selection) -> Result<NdArray> {
        selection.check(&self.shape)?;
        let mut own = selection.with_all_dims().selectors().to_vec();
        let asked = own[self.axis].clone();
        let count = asked.count(self.positions.len()).unwrap_or(1);
        let found: Vec<Option<usize>> = (0..count)
            .map(|i| asked.position(i))
            .map(|i| arrow::array::Array::is_valid(&self.positions, i).then(|| self.positions.value(i) as usize))
            .collect();
        let whole: Vec<usize> = Selection::new(own.clone()).shape(&self.shape);
        let there: Vec<usize> = found.iter().flatten().copied().collect();
        let shape = selection.shape(&self.shape);
        if there.is_empty() {
            return nothing(self.dtype(), &whole)?.reshape(&shape);
        }
        own[self.axis] = Selector::of(there);
        let block = self.input.read(&Selection::new(own))?.to_contiguous()?;
        if found.iter().all(Option::is_some) {
            return block.reshape(&shape);
        }
        let inner: usize = whole[self.axis + 1..].iter().product();
        let outer: usize = whole[..self.axis].iter().product();
        let taken = block.shape()[self.axis];
        // Row of the block for each row of the result.
        let mut next = 0;
        let rows: Vec<Option<usize>> = found
            .iter()
            .map(|f| {
                f.map(|_| {
                    next += 1;
                    next - 1
                })
            })
            .collect();
        let from = |o: usize, r: usize| (o * taken + r) * inner;
        if let Some(texts) = block.as_texts() {
            let mut all: Vec<Option<&str>> = Vec::with_capacity(outer * count * inner);
            for o in 0..outer {
                for r in &rows {
                    match r {
                        Some(r) => all.extend(
                            (from(o, *r)..from(o, *r) + inner).map(|i| arrow::array::Array::is_valid(&texts, i).then(|| texts.value(i))),
                        ),
                        None => all.extend(std::iter::repeat_n(None, inner)),
                    }
                }
            }
            return NdArray::from_texts(all.into_iter().collect(), &shape);
        }
        let float = self.dtype().is_float();
        let mut out = match float {
            true => nothing(self.dtype(), &whole)?,
            false => NdBuilder::new(self.dtype().clone(), &whole)?.finish()?,
        };
        let mut made = NdBuilder::new(self.dtype().clone(), &whole)?;
        with_phys!(block.phys(), T => {
            let (values, base) = (block.as_slice::<T>().unwrap_or_default(), out.as_slice::<T>().unwrap_or_default());
            if let Some(to) = made.as_mut_slice::<T>() {
                to.copy_from_slice(base);
                for o in 0..outer {
                    for (i, r) in rows.iter().enumerate() {
                        if let Some(r) = r {
                            to[(o * count + i) * inner..][..inner].copy_from_slice(&values[from(o, *r)..][..inner]);
                        }
                    }
                }
            }
        }, text => return Err(Error::internal("text among numbers")));
        out = made.finish()?;
        if !float || block.has_valid() {
            let mut valid = vec![0u8; out.len()];
            for o in 0..outer {
                for (i, r) in rows.iter().enumerate() {
                    let to = &mut valid[(o * count + i) * inner..][..inner];
                    match (r, block.valid()) {
                        (Some(r), Some(v)) => to.copy_from_slice(&v[from(o, *r)..][..inner]),
                        (Some(_), None) => to.fill(1),
                        (None, _) => to.fill(u8::from(float)),
                    }
                }
            }
            out = out.with_valid(Some(Buffer::from_vec(valid)))?;
        }
        out.reshape(&shape)
    }
}
