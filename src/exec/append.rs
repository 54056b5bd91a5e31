//! Columns of known length, filled batch by batch: what is read is copied once, to where it stays.

use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::store::Column;
use arrow::array::types::{BinaryViewType, ByteViewType, StringViewType};
use arrow::array::{Array, ArrayData, ArrayRef, AsArray, ByteView, GenericByteViewArray, NullBufferBuilder, make_array};
use arrow::buffer::{Buffer, NullBuffer, ScalarBuffer};
use arrow::datatypes::DataType;
use hashbrown::HashMap;
use std::sync::Arc;

/// Texts up to this length stand in their view.
const INLINE: u32 = 12;

/// A column in the making.
pub(super) struct Appended {
    dtype: DType,
    most: usize,
    kind: Option<Kind>,
    nulls: NullBufferBuilder,
    rows: usize,
}

enum Kind {
    /// Values of so many bytes, one after the other.
    Fixed { data_type: DataType, width: usize, bytes: Vec<u8> },
    /// Views, the buffers that they point into, and at which number each buffer stands.
    Views { views: Vec<u128>, buffers: Vec<Buffer>, places: HashMap<(usize, usize), u32> },
    /// Anything else is put together at the end.
    Parts(Vec<ArrayRef>),
}

impl Kind {
    /// For so many rows; memory is touched only as they come.
    fn of(data_type: &DataType, rows: usize) -> Kind {
        match (data_type, data_type.primitive_width()) {
            (DataType::Utf8View | DataType::BinaryView, _) => {
                Kind::Views { views: Vec::with_capacity(rows), buffers: Vec::new(), places: HashMap::new() }
            }
            (_, Some(width)) => Kind::Fixed { data_type: data_type.clone(), width, bytes: Vec::with_capacity(rows * width) },
            _ => Kind::Parts(Vec::new()),
        }
    }
}

impl Appended {
    /// For about so many rows.
    pub(super) fn new(dtype: &DType, rows: usize) -> Appended {
        Appended { dtype: dtype.clone(), most: rows, kind: None, nulls: NullBufferBuilder::new(rows), rows: 0 }
    }

    /// Takes the next rows.
    pub(super) fn push(&mut self, column: &Column) -> Result<()> {
        let array = column.values();
        self.rows += array.len();
        match self.kind.get_or_insert_with(|| Kind::of(array.data_type(), self.most)) {
            Kind::Parts(parts) => {
                parts.push(array.clone());
                return Ok(());
            }
            Kind::Fixed { data_type, width, bytes } => {
                let data = array.to_data();
                if data.data_type() != data_type || data.buffers().len() != 1 {
                    return Err(Error::internal(format!("{} in a column of {data_type}", data.data_type())));
                }
                let start = data.offset() * *width;
                bytes.extend_from_slice(&data.buffers()[0].as_slice()[start..start + data.len() * *width]);
            }
            Kind::Views { views, buffers, places } => {
                let (new, theirs) = match array.data_type() {
                    DataType::Utf8View => (array.as_string_view().views(), array.as_string_view().data_buffers()),
                    DataType::BinaryView => (array.as_binary_view().views(), array.as_binary_view().data_buffers()),
                    other => return Err(Error::internal(format!("{other} in a column of texts"))),
                };
                // Batches mostly bring the buffers of the ones before: each is kept once.
                let numbers: Vec<u32> = theirs
                    .iter()
                    .map(|b| {
                        *places.entry((b.as_ptr() as usize, b.len())).or_insert_with(|| {
                            buffers.push(b.clone());
                            buffers.len() as u32 - 1
                        })
                    })
                    .collect();
                let as_they_are = numbers.iter().enumerate().all(|(i, &n)| i == n as usize);
                if as_they_are {
                    views.extend_from_slice(new);
                } else {
                    views.extend(new.iter().enumerate().map(|(i, &view)| {
                        if view as u32 <= INLINE || array.is_null(i) {
                            return view;
                        }
                        let view = ByteView::from(view);
                        ByteView { buffer_index: numbers[view.buffer_index as usize], ..view }.as_u128()
                    }));
                }
            }
        }
        match array.nulls() {
            Some(nulls) => self.nulls.append_buffer(nulls),
            None => self.nulls.append_n_non_nulls(array.len()),
        }
        Ok(())
    }

    /// The column.
    pub(super) fn finish(mut self) -> Result<Column> {
        let nulls = self.nulls.finish().filter(|n| n.null_count() > 0);
        let Some(kind) = self.kind else { return Ok(Column::missing(self.dtype, 0)) };
        let array: ArrayRef = match kind {
            Kind::Fixed { data_type, bytes, .. } => {
                let data =
                    ArrayData::builder(data_type).len(self.rows).nulls(nulls).add_buffer(Buffer::from_vec(bytes)).align_buffers(true);
                make_array(data.build()?)
            }
            Kind::Views { views, buffers, .. } if self.dtype == DType::Str => texts::<StringViewType>(views, buffers, nulls),
            Kind::Views { views, buffers, .. } => texts::<BinaryViewType>(views, buffers, nulls),
            // Lists of categories become one.
            Kind::Parts(parts) => {
                let parts = parts.into_iter().map(|p| Column::new(self.dtype.clone(), p)).collect::<Result<Vec<Column>>>()?;
                return Column::concat(&parts);
            }
        };
        Column::new(self.dtype, array)
    }
}

fn texts<T: ByteViewType>(mut views: Vec<u128>, buffers: Vec<Buffer>, nulls: Option<NullBuffer>) -> ArrayRef {
    if let Some(nulls) = &nulls {
        // What stands in a missing place may point anywhere.
        views.iter_mut().enumerate().filter(|(i, _)| nulls.is_null(*i)).for_each(|(_, v)| *v = 0);
    }
    // SAFETY: every view is one of an array of the same kind, whose buffers are all here, with the number of its buffer here; views in
    // missing places are empty.
    Arc::new(unsafe { GenericByteViewArray::<T>::new_unchecked(ScalarBuffer::from(views), buffers, nulls) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_put_behind_each_other_are_the_column() {
        let rows = 1000usize;
        let long = |i: usize| (!i.is_multiple_of(7)).then(|| format!("{i}").repeat(i % 9 + 1));
        let texts = |salt: usize| Column::from_texts((0..rows).map(|i| long(i + salt)).collect::<Vec<_>>());
        let whole: Vec<Option<i64>> = (0..rows as i64).map(|i| (i % 5 != 0).then_some(i * 3)).collect();
        let columns = [
            Column::concat(&[texts(0), texts(500)]).unwrap(),
            Column::from(whole),
            Column::from((0..rows).map(|i| i as f32 / 3.0).collect::<Vec<f32>>()),
            Column::from((0..rows).map(|i| i % 3 == 0).collect::<Vec<bool>>()),
            texts(3).cast(&DType::Categorical { ordered: false }).unwrap(),
        ];
        for column in columns {
            for step in [1usize, 64, 333, 5000] {
                // Too much room, and too little.
                for room in [0, column.len() / 2, 9000] {
                    let mut made = Appended::new(column.dtype(), room);
                    (0..column.len()).step_by(step).for_each(|s| made.push(&column.slice(s, step.min(column.len() - s))).unwrap());
                    let made = made.finish().unwrap();
                    assert_eq!(made.len(), column.len());
                    assert!((0..column.len()).all(|i| made.scalar(i) == column.scalar(i)), "{} by {step}", column.dtype());
                }
            }
            // Texts of several origins.
            let mut twice = Appended::new(column.dtype(), 10);
            twice.push(&column.slice(10, 100)).unwrap();
            let other = Column::concat(&[column.slice(0, 5), column.slice(700, 40)]).unwrap();
            twice.push(&other).unwrap();
            let twice = twice.finish().unwrap();
            assert!((0..100).all(|i| twice.scalar(i) == column.scalar(10 + i)));
            assert!((0..45).all(|i| twice.scalar(100 + i) == other.scalar(i)));
        }
        assert_eq!(Appended::new(&DType::I8, 5).finish().unwrap(), Column::missing(DType::I8, 0));
    }
}
