use super::{Data, Encoding};
use crate::dtype::DType;
use crate::error::{Error, Place, Result};
use crate::store::{Attrs, ChunkGrid, NdArray, ReadCost, Selection, Selector, Step};
use std::sync::Arc;

/// An N-d array with named dimensions, attributes and encoding; no labels.
#[derive(Clone, Debug)]
pub struct Variable {
    dims: Vec<Arc<str>>,
    data: Data,
    /// What the file says of it.
    pub attrs: Attrs,
    /// How the file holds it.
    pub encoding: Encoding,
}

impl Variable {
    /// Values under dimensions.
    ///
    /// # Errors
    /// Shape, where the numbers differ or a name repeats.
    pub fn new<S: Into<Arc<str>>>(dims: impl IntoIterator<Item = S>, data: Data) -> Result<Variable> {
        let dims: Vec<Arc<str>> = dims.into_iter().map(Into::into).collect();
        let variable = Variable { dims, data, attrs: Attrs::new(), encoding: Encoding::default() };
        if variable.dims.len() != variable.shape().len() {
            return Err(Error::shape(format!("{} dimensions for an array of shape {:?}", variable.dims.len(), variable.shape())));
        }
        if let Some(d) = variable.dims.iter().enumerate().find(|(i, d)| variable.dims[..*i].contains(d)) {
            return Err(Error::shape(format!("dimension {:?} stands twice", d.1)));
        }
        Ok(variable)
    }

    /// Values in memory under dimensions.
    ///
    /// # Errors
    /// As [`Variable::new`].
    pub fn from_array<S: Into<Arc<str>>>(dims: impl IntoIterator<Item = S>, array: NdArray) -> Result<Variable> {
        Variable::new(dims, Data::Memory(array))
    }

    /// The same with these attributes.
    pub fn with_attrs(mut self, attrs: Attrs) -> Variable {
        self.attrs = attrs;
        self
    }

    /// The same with this encoding.
    pub fn with_encoding(mut self, encoding: Encoding) -> Variable {
        self.encoding = encoding;
        self
    }

    /// The same dims, attributes and encoding over other values of the same rank.
    ///
    /// # Errors
    /// Shape, where the rank differs.
    pub fn with_data(&self, data: Data) -> Result<Variable> {
        Ok(Variable::new(self.dims.iter().cloned(), data)?.with_attrs(self.attrs.clone()).with_encoding(self.encoding.clone()))
    }

    /// Names of the dimensions.
    pub fn dims(&self) -> &[Arc<str>] {
        &self.dims
    }

    /// The position of a dimension.
    ///
    /// # Errors
    /// Not found, with the nearest name.
    pub fn axis(&self, dim: &str) -> Result<usize> {
        self.dims.iter().position(|d| &**d == dim).ok_or_else(|| Error::not_found("dim", dim, self.dims.iter().map(|d| &**d)))
    }

    /// The values, here or in a file.
    pub fn data(&self) -> &Data {
        &self.data
    }

    /// The type.
    pub fn dtype(&self) -> &DType {
        match &self.data {
            Data::Memory(a) => a.dtype(),
            Data::Lazy(l) => l.dtype(),
        }
    }

    /// The shape.
    pub fn shape(&self) -> &[usize] {
        match &self.data {
            Data::Memory(a) => a.shape(),
            Data::Lazy(l) => l.shape(),
        }
    }

    /// How many elements.
    pub fn len(&self) -> usize {
        self.shape().iter().product()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The pieces in which reading is cheapest; all at once for values in memory.
    pub fn grid(&self) -> ChunkGrid {
        match &self.data {
            Data::Memory(a) => ChunkGrid::new(a.shape(), a.shape()),
            Data::Lazy(l) => l.grid(),
        }
    }

    /// What reads take beside the values that are asked for.
    pub fn cost(&self) -> ReadCost {
        match &self.data {
            Data::Memory(_) => ReadCost { pieces: None, in_place: true, scratch: 0 },
            Data::Lazy(l) => l.cost(),
        }
    }

    /// The steps behind the values, for people: nothing is read.
    pub fn step(&self) -> Step {
        match &self.data {
            Data::Memory(a) => Step { what: "in memory".into(), dtype: a.dtype().clone(), grid: self.grid(), inputs: Vec::new(), id: 0 },
            Data::Lazy(l) => l.step(),
        }
    }

    /// Reads a part.
    ///
    /// # Errors
    /// Shape, for a position outside; what the file's reader says.
    pub fn read(&self, selection: &Selection) -> Result<NdArray> {
        match &self.data {
            Data::Memory(a) => a.select(selection),
            Data::Lazy(l) => l.read(selection),
        }
    }

    /// Reads all.
    ///
    /// # Errors
    /// What the file's reader says.
    pub fn load(&self) -> Result<NdArray> {
        match &self.data {
            Data::Memory(a) => Ok(a.clone()),
            Data::Lazy(l) => l.load(),
        }
    }

    /// Where its values come from; nowhere, where they are in memory.
    pub fn place(&self) -> Place {
        match &self.data {
            Data::Memory(_) => Place::default(),
            Data::Lazy(l) => l.source().place(),
        }
    }

    /// Selects by position; lazy stays lazy. Dimensions with [`Selector::At`] go. The chunk shape of the encoding is kept where
    /// the dimensions are.
    ///
    /// # Errors
    /// Shape, for a position outside.
    pub fn isel(&self, selection: &Selection) -> Result<Variable> {
        let data = match &self.data {
            Data::Memory(a) => Data::Memory(a.select(selection)?),
            Data::Lazy(l) => Data::Lazy(l.select(selection)?),
        };
        let kept: Vec<usize> = (0..self.dims.len()).filter(|&d| !matches!(selection.selectors()[d], Selector::At(_))).collect();
        let mut out = Variable::new(kept.iter().map(|&d| self.dims[d].clone()), data)?.with_attrs(self.attrs.clone());
        out.encoding = self.encoding.clone();
        if let Some(chunks) = &self.encoding.chunks {
            out.encoding.chunks =
                Some(kept.iter().filter_map(|&d| chunks.get(d).copied()).collect()).filter(|c: &Vec<usize>| !c.is_empty());
        }
        Ok(out)
    }
}
