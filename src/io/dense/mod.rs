//! Dense arrays: elements of one type side by side in a file. What npy and raw files share; they differ in who says the type
//! and the shape.

mod chosen;
mod element;
mod mapped;
mod sink;

pub use chosen::choose;
pub use element::{Element, Stored, Unit};
pub use mapped::DenseArray;
pub use sink::{DenseSink, Target};

use crate::error::{Error, Result};
use crate::store::ChunkGrid;

/// Bytes of a block: large enough to make the cost per block small, small enough for some to be in flight.
const BLOCK: usize = 8 << 20;

/// In which order the elements stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Order {
    /// The last index runs fastest.
    #[default]
    C,
    /// The first index runs fastest.
    F,
}

impl Order {
    /// `C` or `F`.
    ///
    /// # Errors
    /// Invalid, for any other word.
    pub fn parse(text: &str) -> Result<Order> {
        match text.trim() {
            "C" | "c" => Ok(Order::C),
            "F" | "f" => Ok(Order::F),
            other => Err(Error::invalid(format!("{other:?} is no order of elements")).help("C: the last index runs fastest; F: the first")),
        }
    }

    /// Axes from the fastest to the slowest.
    fn axes(self, rank: usize) -> Vec<usize> {
        match self {
            Order::C => (0..rank).rev().collect(),
            Order::F => (0..rank).collect(),
        }
    }

    /// Strides in elements. The shape has been checked to fit memory.
    fn strides(self, shape: &[usize]) -> Vec<isize> {
        let mut strides = vec![1; shape.len()];
        let mut step = 1isize;
        for axis in self.axes(shape.len()) {
            strides[axis] = step;
            step = step.saturating_mul(shape[axis].max(1) as isize);
        }
        strides
    }
}

/// Blocks of neighbouring elements of about [`BLOCK`] bytes.
pub fn file_blocks(shape: &[usize], width: usize, order: Order) -> ChunkGrid {
    let mut chunk = vec![1; shape.len()];
    let mut room = (BLOCK / width.max(1)).max(1);
    for axis in order.axes(shape.len()) {
        chunk[axis] = shape[axis].clamp(1, room);
        if chunk[axis] < shape[axis] {
            break;
        }
        room /= chunk[axis];
        if room <= 1 {
            break;
        }
    }
    ChunkGrid::new(shape, &chunk)
}

/// How many bytes the elements of a shape take; `None` where no file can be that long.
pub fn bytes_of(shape: &[usize], width: usize) -> Option<u64> {
    // A length of 0 makes the array empty, however large the others are.
    if shape.contains(&0) || width == 0 {
        return shape.iter().filter(|&&n| n > 0).try_fold(1usize, |a, &n| a.checked_mul(n)).map(|_| 0);
    }
    let bytes = shape.iter().try_fold(width as u64, |a, &n| a.checked_mul(n as u64))?;
    (bytes <= isize::MAX as u64).then_some(bytes)
}

/// `12,160`, as `--shape` takes it.
pub fn shape_text(shape: &[usize]) -> String {
    shape.iter().map(usize::to_string).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_rows_in_c_order_and_columns_in_f_order() {
        assert_eq!(file_blocks(&[4000, 1000], 8, Order::C).chunk, [1048, 1000]);
        assert_eq!(file_blocks(&[4000, 1000], 8, Order::F).chunk, [4000, 262]);
        assert_eq!(file_blocks(&[2, 5_000_000], 8, Order::C).chunk, [1, 1 << 20]);
        assert_eq!(file_blocks(&[], 8, Order::C).count(), 1);
        assert_eq!(file_blocks(&[0, 3], 8, Order::C).count(), 0);
    }

    #[test]
    fn shapes_beyond_any_file_are_told() {
        assert_eq!(bytes_of(&[3, 4], 8), Some(96));
        assert_eq!(bytes_of(&[usize::MAX, 2], 8), None);
        assert_eq!(bytes_of(&[0, 7], 8), Some(0));
        assert_eq!(bytes_of(&[], 8), Some(8));
    }
}
