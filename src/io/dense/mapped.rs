use super::{Element, Order, bytes_of, file_blocks};
use crate::dtype::DType;
use crate::error::{Error, Place, Result};
use crate::store::{ChunkGrid, ChunkSource, NdArray, ReadCost, Selection, Selector};
use arrow::buffer::Buffer;
use bytes::Bytes;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// An array whose elements stand side by side in a mapped file. Rows of native, aligned elements are read without a copy.
#[derive(Clone, Debug)]
pub struct DenseArray {
    bytes: Buffer,
    element: Element,
    dtype: DType,
    shape: Vec<usize>,
    order: Order,
    /// Whether the elements may be looked at where they are.
    in_place: Option<DType>,
    path: PathBuf,
}

impl DenseArray {
    /// The elements that fill these bytes.
    ///
    /// # Errors
    /// Format, where the bytes are too few or too many.
    pub fn new(bytes: Bytes, element: Element, shape: &[usize], order: Order, path: &Path) -> Result<DenseArray> {
        if bytes_of(shape, element.size()) != Some(bytes.len() as u64) {
            return Err(Error::format(format!("{} bytes for {} of shape {shape:?}", bytes.len(), element.dtype())).at(Place::file(path)));
        }
        let bytes = Buffer::from(bytes);
        let aligned = (bytes.as_ptr() as usize).is_multiple_of(element.size().max(1));
        let in_place = element.in_place().filter(|_| aligned);
        Ok(DenseArray { dtype: element.dtype(), bytes, element, shape: shape.to_vec(), order, in_place, path: path.to_path_buf() })
    }

    /// The name of the type in the file, where none here is the same.
    pub fn stored_as(&self) -> Option<&'static str> {
        self.element.stored_as()
    }
}

impl ChunkSource for DenseArray {
    fn dtype(&self) -> &DType {
        &self.dtype
    }

    fn shape(&self) -> &[usize] {
        &self.shape
    }

    fn grid(&self) -> ChunkGrid {
        file_blocks(&self.shape, self.element.size(), self.order)
    }

    fn read(&self, selection: &Selection) -> Result<NdArray> {
        selection.check(&self.shape)?;
        let strides = self.order.strides(&self.shape);
        if let Some(dtype) = &self.in_place {
            let view = NdArray::from_strided(self.bytes.clone(), dtype.clone(), &self.shape, &strides, 0)?;
            return self.element.refine(view.select(selection)?.to_contiguous()?);
        }
        // The bytes of an element are one more axis, so that the one selection machinery serves here too.
        let size = self.element.size();
        let shape = selection.shape(&self.shape);
        let mut whole = self.shape.clone();
        whole.push(size);
        let mut steps: Vec<isize> = strides.iter().map(|&s| s * size as isize).collect();
        steps.push(1);
        let mut selectors = selection.selectors().to_vec();
        selectors.push(Selector::All);
        let cells = NdArray::from_strided(self.bytes.clone(), DType::U8, &whole, &steps, 0)?;
        let cells = cells.select(&Selection::new(selectors))?.to_contiguous()?;
        let bytes = cells.as_slice::<u8>().ok_or_else(|| Error::internal("bytes that are not contiguous"))?;
        self.element.decode(bytes, &shape)
    }

    fn reversed(&self) -> Option<Arc<dyn ChunkSource>> {
        let turned = self.order == Order::F && self.in_place.is_some() && self.shape.len() > 1;
        turned.then(|| {
            let shape = self.shape.iter().rev().copied().collect();
            Arc::new(DenseArray { shape, order: Order::C, ..self.clone() }) as Arc<dyn ChunkSource>
        })
    }

    fn cost(&self) -> ReadCost {
        ReadCost { pieces: None, in_place: self.in_place.is_some(), scratch: 0 }
    }

    fn place(&self) -> Place {
        Place::file(&self.path)
    }
}
