use super::load::Number;
use crate::array::Variable;
use crate::error::{Error, Result};
use crate::with_phys;
use std::sync::Arc;

/// A weight for each position along some dimensions, held as f64.
#[derive(Clone, Debug)]
pub struct Weights {
    dims: Vec<Arc<str>>,
    shape: Vec<usize>,
    values: Arc<Vec<f64>>,
}

impl Weights {
    /// Weights from a variable; missing ones count as 0.
    ///
    /// # Errors
    /// Type, for weights that are no numbers; what the reader says.
    pub fn new(variable: &Variable) -> Result<Weights> {
        let array = variable.load()?.to_contiguous()?;
        let mut values: Vec<f64> = with_phys!(array.phys(), T => {
            array.as_slice::<T>().map(|x| x.iter().map(|&x| x.float()).collect()).unwrap_or_default()
        }, text => return Err(Error::wrong_type("weights are text")));
        if let Some(valid) = array.valid() {
            values.iter_mut().zip(valid).filter(|(_, v)| **v == 0).for_each(|(x, _)| *x = 0.0);
        }
        values.iter_mut().filter(|x| x.is_nan()).for_each(|x| *x = 0.0);
        Ok(Weights { dims: variable.dims().to_vec(), shape: array.shape().to_vec(), values: Arc::new(values) })
    }

    /// Weights along one dimension.
    pub fn along(dim: &str, values: Vec<f64>) -> Weights {
        Weights { dims: vec![dim.into()], shape: vec![values.len()], values: Arc::new(values) }
    }

    /// Weights over two dimensions, the second varying fastest.
    pub(super) fn over(dims: [&str; 2], [rows, columns]: [usize; 2], weight: impl Fn(usize, usize) -> f64) -> Weights {
        let values = (0..rows).flat_map(|i| (0..columns).map(move |j| (i, j))).map(|(i, j)| weight(i, j)).collect();
        Weights { dims: dims.map(Arc::from).to_vec(), shape: vec![rows, columns], values: Arc::new(values) }
    }

    /// The product of two, over the dimensions of both.
    ///
    /// # Errors
    /// Shape, where a dimension has two lengths.
    pub fn times(&self, other: &Weights) -> Result<Weights> {
        let (mut dims, mut shape) = (self.dims.clone(), self.shape.clone());
        for (d, &n) in other.dims.iter().zip(&other.shape) {
            match dims.iter().position(|x| x == d) {
                Some(i) if shape[i] != n => return Err(Error::shape(format!("weights have {} and {n} along {d:?}", shape[i]))),
                Some(_) => (),
                None => {
                    dims.push(d.clone());
                    shape.push(n);
                }
            }
        }
        let (a, b) = (self.strides(&dims)?, other.strides(&dims)?);
        let mut values = Vec::with_capacity(shape.iter().product());
        let mut index = vec![0; shape.len()];
        for _ in 0..shape.iter().product::<usize>() {
            let at = |s: &[usize]| index.iter().zip(s).map(|(i, s)| i * s).sum::<usize>();
            values.push(self.values[at(&a)] * other.values[at(&b)]);
            for d in (0..shape.len()).rev() {
                index[d] += 1;
                if index[d] < shape[d] {
                    break;
                }
                index[d] = 0;
            }
        }
        Ok(Weights { dims, shape, values: Arc::new(values) })
    }

    /// The dimensions.
    pub fn dims(&self) -> &[Arc<str>] {
        &self.dims
    }

    /// The values in C order.
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// For each of these dimensions the stride in the weights; 0 where they do not vary.
    pub(super) fn strides(&self, dims: &[Arc<str>]) -> Result<Vec<usize>> {
        if let Some(d) = self.dims.iter().find(|d| !dims.contains(d)) {
            return Err(Error::shape(format!("the weights vary along {d:?}, which the variable does not have")));
        }
        let mut out = vec![0; dims.len()];
        let mut step = 1;
        for (d, &n) in self.dims.iter().zip(&self.shape).rev() {
            if let Some(i) = dims.iter().position(|x| x == d) {
                out[i] = step;
            }
            step *= n;
        }
        Ok(out)
    }
}
