//! Columns of rows as arrays of cells.

use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::exec::append::Appended;
use crate::kernel::order::{MISSING, take_optional};
use crate::ops::bridge::{enter, to_flags};
use crate::store::{Attrs, Column, NdArray};
use arrow::array::{Array, AsArray};
use arrow::buffer::{Buffer, MutableBuffer, NullBuffer, ScalarBuffer};
use arrow::datatypes::ArrowNativeType;

/// A variable while rows come.
pub(super) enum Filled {
    /// Values of one width go to their cells at once.
    Numbers(Numbers),
    /// Texts and categories are held in the order of rows: their cells are views of them.
    Texts(Appended),
}

/// Cells of one width, filled row by row: each once, those of no row never.
pub(super) struct Numbers {
    dtype: DType,
    width: usize,
    cells: MutableBuffer,
    /// 1 where there is a value; all are there, when `None`. Floats have NaN instead.
    valid: Option<Vec<u8>>,
}

impl Filled {
    /// Cells without values; with `holes`, some stay so.
    pub(super) fn new(dtype: &DType, cells: usize, holes: bool) -> Result<Filled> {
        if matches!(dtype, DType::Str | DType::Categorical { .. }) {
            return Ok(Filled::Texts(Appended::new(dtype, 0)));
        }
        let width = dtype.phys().and_then(|p| p.width()).ok_or_else(|| Error::internal(format!("cells of {dtype}")))?;
        let mut made = MutableBuffer::from_len_zeroed(cells * width);
        match dtype {
            DType::F32 => made.typed_data_mut::<f32>().fill(f32::NAN),
            DType::F64 => made.typed_data_mut::<f64>().fill(f64::NAN),
            _ => {}
        }
        let valid = (holes && !dtype.is_float()).then(|| vec![0; cells]);
        Ok(Filled::Numbers(Numbers { dtype: dtype.clone(), width, cells: made, valid }))
    }

    /// Puts rows into their cells; [`MISSING`] is no cell.
    pub(super) fn put(&mut self, column: &Column, places: &[u32]) -> Result<()> {
        match self {
            Filled::Numbers(numbers) => numbers.put(column, places),
            Filled::Texts(texts) => texts.push(column),
        }
    }

    /// The array, each cell by its row, and the attributes of the variable: categories are codes.
    pub(super) fn finish(self, attrs: &Attrs, rows: &ScalarBuffer<u32>, shape: &[usize]) -> Result<(NdArray, Attrs)> {
        let column = match self {
            Filled::Numbers(Numbers { dtype, cells, valid, .. }) => {
                let array = NdArray::from_buffer(cells.into(), dtype, shape)?.with_valid(valid.map(Buffer::from_vec))?;
                return Ok((array, attrs.clone()));
            }
            Filled::Texts(texts) => texts.finish()?,
        };
        let (column, attrs) = match column.dtype() {
            DType::Categorical { .. } => to_flags(&column, attrs)?,
            _ => (column, attrs.clone()),
        };
        let placed = take_optional(&[column], rows)?.swap_remove(0);
        Ok((enter(&placed, shape)?, attrs))
    }
}

impl Numbers {
    fn put(&mut self, column: &Column, places: &[u32]) -> Result<()> {
        let values = column.values();
        let nulls = values.nulls().filter(|n| n.null_count() > 0);
        if self.dtype == DType::Bool {
            let bytes: Vec<u8> = values.as_boolean().values().iter().map(u8::from).collect();
            scatter(&bytes, nulls, places, self.cells.typed_data_mut());
        } else {
            let data = values.to_data();
            let part = data.buffers()[0].slice_with_length(data.offset() * self.width, data.len() * self.width);
            match self.width {
                1 => scatter::<u8>(part.typed_data(), nulls, places, self.cells.typed_data_mut()),
                2 => scatter::<u16>(part.typed_data(), nulls, places, self.cells.typed_data_mut()),
                4 => scatter::<u32>(part.typed_data(), nulls, places, self.cells.typed_data_mut()),
                8 => scatter::<u64>(part.typed_data(), nulls, places, self.cells.typed_data_mut()),
                other => return Err(Error::internal(format!("values of {other} bytes"))),
            }
        }
        if self.dtype.is_float() {
            return Ok(());
        }
        let there = |row: usize| nulls.is_none_or(|n| n.is_valid(row));
        if self.valid.is_none() && nulls.is_some() {
            // Without holes every cell has its row, and only missing values are to be marked.
            self.valid = Some(vec![1; self.cells.len() / self.width]);
        }
        if let Some(valid) = &mut self.valid {
            places.iter().enumerate().filter(|(_, p)| **p != MISSING).for_each(|(row, &p)| valid[p as usize] = there(row).into());
        }
        Ok(())
    }
}

fn scatter<T: ArrowNativeType>(values: &[T], nulls: Option<&NullBuffer>, places: &[u32], cells: &mut [T]) {
    for (row, (&value, &place)) in values.iter().zip(places).enumerate() {
        if place != MISSING && nulls.is_none_or(|n| n.is_valid(row)) {
            cells[place as usize] = value;
        }
    }
}
