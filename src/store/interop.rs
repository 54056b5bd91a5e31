//! Arrays of the `ndarray` crate, in and out.

use super::NdArray;
use crate::dtype::Element;
use crate::error::{Error, Result};
use ndarray::{ArrayD, ArrayViewD, IxDyn, ShapeBuilder};

impl NdArray {
    /// A view for the `ndarray` crate: no copy, strides kept. Missing elements are not marked in it. `None` where the values are
    /// of another type, and for axes that run backwards or are broadcast.
    ///
    /// # Examples
    /// ```
    /// let a = hpda_data::NdArray::from_vec(vec![1.0f64, 2.0, 3.0, 4.0], &[2, 2])?;
    /// let across = a.transpose(&[1, 0])?;
    /// assert_eq!(across.as_ndarray::<f64>().unwrap()[[0, 1]], 3.0);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn as_ndarray<T: Element>(&self) -> Option<ArrayViewD<'_, T>> {
        let (values, strides) = self.strided::<T>()?;
        if values.is_empty() || self.is_empty() {
            return ArrayViewD::from_shape(IxDyn(self.shape()), &[]).ok();
        }
        let strides: Option<Vec<usize>> = strides.iter().map(|&s| usize::try_from(s).ok()).collect();
        ArrayViewD::from_shape(IxDyn(self.shape()).strides(IxDyn(&strides?)), values).ok()
    }

    /// Takes over an array of the `ndarray` crate; copied only where it is not in C order.
    ///
    /// # Errors
    /// Shape, never in practice.
    pub fn from_ndarray<T: Element>(array: ArrayD<T>) -> Result<NdArray> {
        let shape = array.shape().to_vec();
        let array = if array.is_standard_layout() { array } else { array.as_standard_layout().into_owned() };
        let (values, offset) = array.into_raw_vec_and_offset();
        let n = shape.iter().product::<usize>();
        let start = offset.unwrap_or(0);
        let values = if start == 0 && values.len() == n {
            values
        } else {
            values.get(start..start + n).ok_or_else(|| Error::shape("an array reaches outside its values"))?.to_vec()
        };
        NdArray::from_vec(values, &shape)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ndarray_in_another_order_keeps_its_elements() {
        let a = ArrayD::from_shape_vec(IxDyn(&[2, 3]).f(), vec![1i32, 4, 2, 5, 3, 6]).unwrap();
        let ours = NdArray::from_ndarray(a.clone()).unwrap();
        assert_eq!(ours.as_slice::<i32>().unwrap(), [1, 2, 3, 4, 5, 6]);
        assert_eq!(ours.as_ndarray::<i32>().unwrap(), a.view());
        let sliced = a.slice(ndarray::s![.., 1..]).to_owned().into_dyn();
        assert_eq!(NdArray::from_ndarray(sliced).unwrap().shape(), [2, 2]);
    }
}
