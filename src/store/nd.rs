use super::walk::Walk;
use super::{Selection, Selector};
use crate::dtype::{DType, Element, Phys, Scalar};
use crate::error::{Error, Result};
use crate::with_phys;
use arrow::array::{Array, StringViewArray, StringViewBuilder};
use arrow::buffer::{Buffer, MutableBuffer};

/// An N-d array: a shared buffer (owned or memory-mapped) seen through shape, strides and offset, all counted in elements.
///
/// Transposing, slicing, broadcasting and most reshapes are views. Booleans are bytes 0 and 1; missing values of types that
/// have no NaN are marked by a validity byte (1: there) beside each element of the buffer.
#[derive(Clone, Debug)]
pub struct NdArray {
    data: Data,
    dtype: DType,
    shape: Vec<usize>,
    strides: Vec<isize>,
    offset: usize,
    valid: Option<Buffer>,
}

#[derive(Clone, Debug)]
enum Data {
    Fixed(Buffer),
    Text(StringViewArray),
}

/// Row-major strides of a shape.
fn c_strides(shape: &[usize]) -> Vec<isize> {
    let mut strides = vec![1isize; shape.len()];
    for d in (1..shape.len()).rev() {
        strides[d - 1] = strides[d] * shape[d].max(1) as isize;
    }
    strides
}

fn elements(shape: &[usize]) -> Result<usize> {
    shape
        .iter()
        .try_fold(1usize, |n, &s| n.checked_mul(s))
        .ok_or_else(|| Error::overflow(format!("an array of shape {shape:?} has too many elements")))
}

impl NdArray {
    /// Values in C order.
    ///
    /// # Errors
    /// Shape, where the count does not fit.
    pub fn from_vec<T: Element>(values: Vec<T>, shape: &[usize]) -> Result<NdArray> {
        NdArray::from_buffer(Buffer::from_vec(values), DType::from_phys(T::PHYS), shape)
    }

    /// A buffer of native-endian values in C order under any fixed-width type (`bool`: bytes 0 and 1). Not copied; an unaligned
    /// buffer is.
    ///
    /// # Errors
    /// Shape, where the buffer is too short or too long; type, for one without a fixed width.
    pub fn from_buffer(buffer: Buffer, dtype: DType, shape: &[usize]) -> Result<NdArray> {
        let strides = c_strides(shape);
        let array = NdArray::from_strided(buffer, dtype, shape, &strides, 0)?;
        let want = elements(shape)? * array.width();
        match &array.data {
            Data::Fixed(b) if b.len() != want => {
                Err(Error::shape(format!("{} bytes for shape {shape:?} of {}, which takes {want}", b.len(), array.dtype)))
            }
            _ => Ok(array),
        }
    }

    /// A view of a buffer with strides and offset in elements.
    ///
    /// # Errors
    /// Shape, where an element would lie outside the buffer.
    pub fn from_strided(buffer: Buffer, dtype: DType, shape: &[usize], strides: &[isize], offset: usize) -> Result<NdArray> {
        let width = dtype
            .phys()
            .and_then(Phys::width)
            .ok_or_else(|| Error::wrong_type(format!("an array cannot hold {dtype} in a byte buffer")))?;
        if elements(shape)? > 0 {
            let (mut low, mut high) = (offset as i128, offset as i128);
            for (&n, &s) in shape.iter().zip(strides) {
                let reach = (n as i128 - 1) * s as i128;
                if reach < 0 { low += reach } else { high += reach }
            }
            if low < 0 || (high + 1) * width as i128 > buffer.len() as i128 {
                return Err(Error::shape(format!("shape {shape:?} of {dtype} reaches outside a buffer of {} bytes", buffer.len())));
            }
        }
        let buffer = if (buffer.as_ptr() as usize).is_multiple_of(width) { buffer } else { Buffer::from_slice_ref(buffer.as_slice()) };
        Ok(NdArray { data: Data::Fixed(buffer), dtype, shape: shape.to_vec(), strides: strides.to_vec(), offset, valid: None })
    }

    /// Texts in C order; nulls are missing.
    ///
    /// # Errors
    /// Shape, where the count does not fit.
    pub fn from_texts(texts: StringViewArray, shape: &[usize]) -> Result<NdArray> {
        if elements(shape)? != texts.len() {
            return Err(Error::shape(format!("{} texts for shape {shape:?}", texts.len())));
        }
        let valid = texts.nulls().filter(|n| n.null_count() > 0).map(|n| n.iter().map(u8::from).collect::<Vec<u8>>().into());
        Ok(NdArray { data: Data::Text(texts), dtype: DType::Str, shape: shape.to_vec(), strides: c_strides(shape), offset: 0, valid })
    }

    /// One value without dimensions.
    pub fn from_number<T: Element>(value: T) -> NdArray {
        NdArray::from_vec(vec![value], &[]).expect("one value")
    }

    /// The same with a validity byte for each element of a contiguous array (1: there, 0: missing).
    ///
    /// # Errors
    /// Shape, where the count does not fit or the array is a view.
    pub fn with_valid(mut self, valid: Option<Buffer>) -> Result<NdArray> {
        if let Some(v) = valid.as_ref().filter(|v| !self.is_contiguous() || self.offset != 0 || v.len() != self.len()) {
            return Err(Error::shape(format!("{} validity bytes for {} elements", v.len(), self.len())));
        }
        self.valid = valid;
        Ok(self)
    }

    /// The same values under another type of the same width (an i64 as an instant).
    ///
    /// # Errors
    /// Type, where the widths differ.
    pub fn reinterpret(mut self, dtype: DType) -> Result<NdArray> {
        if dtype.phys().and_then(Phys::width) != self.dtype.phys().and_then(Phys::width) {
            return Err(Error::wrong_type(format!("{} is not held as {dtype}", self.dtype)));
        }
        self.dtype = dtype;
        Ok(self)
    }

    /// The type.
    pub fn dtype(&self) -> &DType {
        &self.dtype
    }

    /// What kernels see.
    pub fn phys(&self) -> Phys {
        self.dtype.phys().expect("arrays hold plain types")
    }

    /// The shape.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// Strides in elements; 0 where broadcast.
    pub fn strides(&self) -> &[isize] {
        &self.strides
    }

    /// How many dimensions.
    pub fn rank(&self) -> usize {
        self.shape.len()
    }

    /// How many elements.
    pub fn len(&self) -> usize {
        self.shape.iter().product()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes of one element; texts count as a view of 16.
    fn width(&self) -> usize {
        self.phys().width().unwrap_or(16)
    }

    /// Bytes of the elements, contiguous or not (texts: all that is held).
    pub fn bytes(&self) -> usize {
        match &self.data {
            Data::Fixed(_) => self.len() * self.width(),
            Data::Text(t) => t.get_array_memory_size(),
        }
    }

    /// Whether the elements stand in C order without gaps.
    pub fn is_contiguous(&self) -> bool {
        let mut want = 1isize;
        self.is_empty()
            || (0..self.rank()).rev().all(|d| {
                let fits = self.shape[d] == 1 || self.strides[d] == want;
                want *= self.shape[d] as isize;
                fits
            })
    }

    /// The elements in C order, if they stand so. Booleans are `u8`.
    pub fn as_slice<T: Element>(&self) -> Option<&[T]> {
        let Data::Fixed(b) = &self.data else { return None };
        if !fits_phys(T::PHYS, self.phys()) || !self.is_contiguous() {
            return None;
        }
        Some(&typed::<T>(b)[self.offset..self.offset + self.len()])
    }

    /// The values from the first element on, with the strides, for any view whose axes all run forward.
    pub(super) fn strided<T: Element>(&self) -> Option<(&[T], &[isize])> {
        let Data::Fixed(b) = &self.data else { return None };
        if !fits_phys(T::PHYS, self.phys()) || self.strides.iter().any(|&s| s < 0) {
            return None;
        }
        typed::<T>(b).get(self.offset..).map(|values| (values, self.strides.as_slice()))
    }

    /// The texts in C order, if it is a contiguous array of texts.
    pub fn as_texts(&self) -> Option<StringViewArray> {
        match &self.data {
            Data::Text(t) if self.is_contiguous() => Some(t.slice(self.offset, self.len())),
            _ => None,
        }
    }

    /// Validity bytes of a contiguous array, in C order.
    pub fn valid(&self) -> Option<&[u8]> {
        self.valid.as_ref().filter(|_| self.is_contiguous()).map(|v| &v[self.offset..self.offset + self.len()])
    }

    /// Whether missing elements are marked by validity bytes.
    pub fn has_valid(&self) -> bool {
        self.valid.is_some()
    }

    /// The buffer of a fixed-width array, whole, with the offset of the first element.
    pub fn buffer(&self) -> Option<(&Buffer, usize)> {
        match &self.data {
            Data::Fixed(b) => Some((b, self.offset)),
            Data::Text(_) => None,
        }
    }

    /// The element at a C-order position.
    pub fn scalar(&self, position: usize) -> Scalar {
        if position >= self.len() {
            return Scalar::Null;
        }
        let at = self.locate(position);
        if self.valid.as_ref().is_some_and(|v| v[at] == 0) {
            return Scalar::Null;
        }
        let number: Scalar = match &self.data {
            Data::Text(t) => t.value(at).into(),
            Data::Fixed(b) => with_phys!(self.phys(), T => typed::<T>(b)[at].into(), text => Scalar::Null),
        };
        match (&self.dtype, number) {
            (DType::Bool, Scalar::U64(x)) => Scalar::Bool(x != 0),
            (DType::Date, Scalar::I64(x)) => Scalar::Date(x as i32),
            (DType::Time { unit }, Scalar::I64(value)) => Scalar::Time { value, unit: *unit },
            (DType::Instant { unit, tz, calendar }, Scalar::I64(value)) => {
                Scalar::Instant { value, unit: *unit, tz: tz.clone(), calendar: *calendar }
            }
            (DType::Duration { unit }, Scalar::I64(value)) => Scalar::Duration { value, unit: *unit },
            (_, x) => x,
        }
    }

    /// Where the element of a C-order position is in the buffer.
    fn locate(&self, mut position: usize) -> usize {
        let mut at = self.offset as isize;
        for d in (0..self.rank()).rev() {
            at += (position % self.shape[d]) as isize * self.strides[d];
            position /= self.shape[d];
        }
        at as usize
    }

    /// The axes in another order. A view.
    ///
    /// # Errors
    /// Shape, where `axes` is no permutation.
    pub fn transpose(&self, axes: &[usize]) -> Result<NdArray> {
        let mut seen = vec![false; self.rank()];
        for &a in axes {
            if a >= self.rank() || std::mem::replace(&mut seen[a], true) {
                return Err(Error::shape(format!("{axes:?} is no order of {} axes", self.rank())));
            }
        }
        if axes.len() != self.rank() {
            return Err(Error::shape(format!("{axes:?} is no order of {} axes", self.rank())));
        }
        let mut view = self.clone();
        view.shape = axes.iter().map(|&a| self.shape[a]).collect();
        view.strides = axes.iter().map(|&a| self.strides[a]).collect();
        Ok(view)
    }

    /// What is selected. A view, but for `Take`, which copies.
    ///
    /// # Errors
    /// Shape, for a position outside.
    pub fn select(&self, selection: &Selection) -> Result<NdArray> {
        selection.check(&self.shape)?;
        let mut view = self.clone();
        (view.shape, view.strides) = (Vec::new(), Vec::new());
        let mut takes = Vec::new();
        for (d, s) in selection.selectors().iter().enumerate() {
            let first = match s {
                Selector::At(i) => *i,
                Selector::Range { start, count, .. } if *count > 0 => *start,
                _ => 0,
            };
            view.offset = (view.offset as isize + first as isize * self.strides[d]) as usize;
            match s {
                Selector::At(_) => continue,
                Selector::All => view.shape.push(self.shape[d]),
                Selector::Range { count, .. } => view.shape.push(*count),
                Selector::Take(p) => {
                    takes.push((view.shape.len(), p.clone()));
                    view.shape.push(self.shape[d]);
                }
            }
            let step = if let Selector::Range { step, .. } = s { *step } else { 1 };
            view.strides.push(self.strides[d] * step);
        }
        for (axis, positions) in takes {
            view = view.take(axis, &positions)?;
        }
        // A view of nothing begins inside the buffer, whatever was left out on the way.
        if view.is_empty() {
            view.offset = 0;
        }
        Ok(view)
    }

    /// Positions along one axis, in this order. Copies.
    fn take(&self, axis: usize, positions: &[usize]) -> Result<NdArray> {
        let mut shape = self.shape.clone();
        shape[axis] = positions.len();
        let mut out = NdBuilder::new(self.dtype.clone(), &shape)?;
        for (i, &p) in positions.iter().enumerate() {
            let mut one = self.clone();
            one.shape[axis] = 1;
            one.offset = (self.offset as isize + p as isize * self.strides[axis]) as usize;
            let mut start = vec![0; shape.len()];
            start[axis] = i;
            out.put(&start, &one)?;
        }
        out.finish()
    }

    /// The same values seen in a larger shape: axes of length 1, and axes missing on the left, are repeated. A view.
    ///
    /// # Errors
    /// Shape, with both shapes.
    pub fn broadcast(&self, shape: &[usize]) -> Result<NdArray> {
        let refusal = || Error::shape(format!("shape {:?} does not broadcast to {shape:?}", self.shape));
        let extra = shape.len().checked_sub(self.rank()).ok_or_else(refusal)?;
        let mut view = self.clone();
        view.strides = vec![0; shape.len()];
        for (d, &n) in shape.iter().enumerate().skip(extra) {
            let mine = self.shape[d - extra];
            if mine == n {
                view.strides[d] = self.strides[d - extra];
            } else if mine != 1 {
                return Err(refusal());
            }
        }
        view.shape = shape.to_vec();
        Ok(view)
    }

    /// The same elements in C order under another shape. A view where the elements are contiguous, else a copy.
    ///
    /// # Errors
    /// Shape, where the counts differ.
    pub fn reshape(&self, shape: &[usize]) -> Result<NdArray> {
        if elements(shape)? != self.len() {
            return Err(Error::shape(format!("{} elements do not fit shape {shape:?}", self.len())));
        }
        let mut view = self.to_contiguous()?;
        view.shape = shape.to_vec();
        view.strides = c_strides(shape);
        Ok(view)
    }

    /// The same values in C order without gaps. Itself where it is so already.
    ///
    /// # Errors
    /// Overflow, where the elements are too many for memory.
    pub fn to_contiguous(&self) -> Result<NdArray> {
        if self.is_contiguous() {
            return Ok(self.clone());
        }
        let mut out = NdBuilder::new(self.dtype.clone(), &self.shape)?;
        out.put(&vec![0; self.rank()], self)?;
        out.finish()
    }
}

fn fits_phys(asked: Phys, have: Phys) -> bool {
    asked == have || asked == Phys::U8 && have == Phys::Bool
}

/// The whole elements of an aligned buffer.
fn typed<T: Element>(buffer: &Buffer) -> &[T] {
    let whole = buffer.len() / size_of::<T>() * size_of::<T>();
    bytemuck::cast_slice(&buffer.as_slice()[..whole])
}

/// Fills an array of known shape block by block; every element must be put once.
#[derive(Debug)]
pub struct NdBuilder {
    dtype: DType,
    shape: Vec<usize>,
    out: Out,
    valid: Option<Vec<u8>>,
}

#[derive(Debug)]
enum Out {
    Fixed(MutableBuffer),
    Text(Vec<Option<String>>),
}

impl NdBuilder {
    /// An array of zeros (or empty texts).
    ///
    /// # Errors
    /// Overflow, where the elements are too many; type, for types that arrays do not hold.
    pub fn new(dtype: DType, shape: &[usize]) -> Result<NdBuilder> {
        let n = elements(shape)?;
        let out = match dtype.phys() {
            Some(Phys::Str) => Out::Text(vec![Some(String::new()); n]),
            Some(p) => {
                let bytes = n.checked_mul(p.width().unwrap_or(1)).filter(|&b| b < isize::MAX as usize - 128);
                Out::Fixed(MutableBuffer::from_len_zeroed(
                    bytes.ok_or_else(|| Error::overflow(format!("shape {shape:?} of {dtype} takes too many bytes")))?,
                ))
            }
            None => return Err(Error::wrong_type(format!("an array cannot hold {dtype}"))),
        };
        Ok(NdBuilder { dtype, shape: shape.to_vec(), out, valid: None })
    }

    /// The elements, in C order, to be filled in place. Booleans are `u8`.
    pub fn as_mut_slice<T: Element>(&mut self) -> Option<&mut [T]> {
        match &mut self.out {
            Out::Fixed(b) if self.dtype.phys().is_some_and(|p| fits_phys(T::PHYS, p)) => Some(bytemuck::cast_slice_mut(b.as_slice_mut())),
            _ => None,
        }
    }

    /// Copies a block of the same type to where it belongs.
    ///
    /// # Errors
    /// Type, for another type; shape, for a block that reaches outside.
    pub fn put(&mut self, start: &[usize], block: &NdArray) -> Result<()> {
        if block.dtype != self.dtype {
            return Err(Error::wrong_type(format!("a block of {} in an array of {}", block.dtype, self.dtype)));
        }
        let fits =
            block.rank() == self.shape.len() && start.iter().zip(&block.shape).zip(&self.shape).all(|((&s, &n), &whole)| s + n <= whole);
        if !fits {
            return Err(Error::shape(format!("a block of shape {:?} at {start:?} reaches outside shape {:?}", block.shape, self.shape)));
        }
        let strides = c_strides(&self.shape);
        let base: usize = start.iter().zip(&strides).map(|(&s, &t)| s * t as usize).sum();
        let walk = Walk { shape: &block.shape, from: &block.strides, to: &strides, from_base: block.offset, to_base: base };
        match (&mut self.out, &block.data) {
            (Out::Fixed(out), Data::Fixed(b)) => {
                with_phys!(block.phys(), T => walk.copy(typed::<T>(b), bytemuck::cast_slice_mut::<u8, T>(out.as_slice_mut())), text => ())
            }
            (Out::Text(out), Data::Text(t)) => walk.each(|from, to| out[to] = Some(t.value(from).to_string())),
            _ => return Err(Error::internal("a block of text and one of numbers")),
        }
        if let Some(v) = &block.valid {
            let n = self.shape.iter().product();
            walk.copy(v.as_slice(), self.valid.get_or_insert_with(|| vec![1; n]));
        }
        Ok(())
    }

    /// The array.
    ///
    /// # Errors
    /// None in practice.
    pub fn finish(self) -> Result<NdArray> {
        match self.out {
            Out::Fixed(b) => NdArray::from_buffer(b.into(), self.dtype, &self.shape)?.with_valid(self.valid.map(Buffer::from_vec)),
            Out::Text(texts) => {
                let mut b = StringViewBuilder::with_capacity(texts.len());
                for (i, t) in texts.iter().enumerate() {
                    let there = self.valid.as_ref().is_none_or(|v| v[i] != 0);
                    b.append_option(t.as_deref().filter(|_| there));
                }
                NdArray::from_texts(b.finish(), &self.shape)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn six() -> NdArray {
        NdArray::from_vec(vec![0i32, 1, 2, 3, 4, 5], &[2, 3]).unwrap()
    }

    #[test]
    fn transpose_is_a_view_and_reads_across() {
        let t = six().transpose(&[1, 0]).unwrap();
        assert!(!t.is_contiguous());
        assert_eq!(t.to_contiguous().unwrap().as_slice::<i32>().unwrap(), [0, 3, 1, 4, 2, 5]);
        assert_eq!(t.scalar(1), Scalar::I64(3));
    }

    #[test]
    fn negative_step_take_and_position_select() {
        let s = Selection::new(vec![Selector::At(1), Selector::Range { start: 2, count: 3, step: -1 }]);
        assert_eq!(six().select(&s).unwrap().to_contiguous().unwrap().as_slice::<i32>().unwrap(), [5, 4, 3]);
        let s = Selection::new(vec![Selector::All, Selector::Take(vec![2, 0].into())]);
        assert_eq!(six().select(&s).unwrap().as_slice::<i32>().unwrap(), [2, 0, 5, 3]);
        assert!(six().select(&Selection::new(vec![Selector::At(2), Selector::All])).is_err());
    }

    #[test]
    fn nothing_selected_is_an_empty_slice() {
        let empty = NdArray::from_vec(Vec::<i32>::new(), &[0, 4]).unwrap();
        let s = empty.select(&Selection::new(vec![Selector::All, Selector::At(3)])).unwrap();
        assert!(s.as_slice::<i32>().unwrap().is_empty());
    }

    #[test]
    fn broadcast_repeats_without_a_copy() {
        let row = NdArray::from_vec(vec![1.0f64, 2.0], &[2]).unwrap();
        let b = row.broadcast(&[3, 2]).unwrap();
        assert_eq!(b.strides(), [0, 1]);
        assert_eq!(b.to_contiguous().unwrap().as_slice::<f64>().unwrap(), [1.0, 2.0, 1.0, 2.0, 1.0, 2.0]);
        assert!(row.broadcast(&[3]).is_err());
    }

    #[test]
    fn validity_bytes_and_texts_follow_views() {
        let a = six().with_valid(Some(Buffer::from_vec(vec![1u8, 0, 1, 1, 1, 1]))).unwrap();
        let t = a.transpose(&[1, 0]).unwrap();
        assert_eq!(t.scalar(2), Scalar::Null);
        assert_eq!(t.to_contiguous().unwrap().valid().unwrap(), [1, 1, 0, 1, 1, 1]);
        let texts = NdArray::from_texts(StringViewArray::from(vec!["a", "b", "c", "d"]), &[2, 2]).unwrap();
        let back = texts.transpose(&[1, 0]).unwrap().to_contiguous().unwrap().as_texts().unwrap();
        assert_eq!(back.iter().flatten().collect::<Vec<_>>(), ["a", "c", "b", "d"]);
    }

    #[test]
    fn strides_outside_the_buffer_are_refused() {
        let b = Buffer::from_vec(vec![0u8; 16]);
        assert!(NdArray::from_strided(b.clone(), DType::F64, &[3], &[1], 0).is_err());
        assert!(NdArray::from_strided(b, DType::F64, &[2], &[-1], 0).is_err());
    }
}
