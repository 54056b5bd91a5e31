use crate::dtype::{DType, Scalar};
use crate::error::{Error, Result};
use indexmap::IndexMap;

/// The value of an attribute, in the exact type in which a file holds it.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs)]
pub enum AttrValue {
    /// Characters (`NC_CHAR`): the ordinary text attribute.
    Text(String),
    /// Strings (`NC_STRING`), one or more.
    Texts(Vec<String>),
    /// Characters that are no UTF-8, byte for byte.
    Bytes(Vec<u8>),
    /// Truth values, as HDF5 (by h5py) and JSON have them.
    Bool(Vec<bool>),
    /// A list of several dimensions, which HDF5 and JSON have.
    Array(AttrArray),
    I8(Vec<i8>),
    I16(Vec<i16>),
    I32(Vec<i32>),
    I64(Vec<i64>),
    U8(Vec<u8>),
    U16(Vec<u16>),
    U32(Vec<u32>),
    U64(Vec<u64>),
    F32(Vec<f32>),
    F64(Vec<f64>),
}

/// A list of several dimensions as the value of an attribute.
#[derive(Clone, Debug, PartialEq)]
pub struct AttrArray {
    shape: Vec<usize>,
    values: Box<AttrValue>,
}

impl AttrArray {
    /// Elements in C order under a shape.
    ///
    /// # Errors
    /// Shape, where the number of elements is another one; type, for what is no list.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::store::{AttrArray, AttrValue};
    /// let matrix = AttrArray::new(vec![2, 2], AttrValue::I32(vec![1, 2, 3, 4]))?;
    /// assert_eq!(matrix.shape(), [2, 2]);
    /// assert!(AttrArray::new(vec![2, 2], AttrValue::I32(vec![1, 2, 3])).is_err());
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn new(shape: Vec<usize>, values: AttrValue) -> Result<AttrArray> {
        if matches!(values, AttrValue::Text(_) | AttrValue::Bytes(_) | AttrValue::Array(_)) {
            return Err(Error::wrong_type("an attribute of several dimensions is made of a list"));
        }
        let n = values.scalars().len();
        if shape.iter().try_fold(1usize, |n, &m| n.checked_mul(m)) != Some(n) {
            return Err(Error::shape(format!("{n} elements of an attribute for the shape {shape:?}")));
        }
        Ok(AttrArray { shape, values: Box::new(values) })
    }

    /// Lengths of the dimensions.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// The elements in C order.
    pub fn values(&self) -> &AttrValue {
        &self.values
    }
}

/// Runs `$body` on the vector of a numeric attribute; the other kinds run `$other`.
macro_rules! on_numbers {
    ($value:expr, $v:ident => $body:expr, else $other:expr) => {
        match $value {
            AttrValue::I8($v) => $body,
            AttrValue::I16($v) => $body,
            AttrValue::I32($v) => $body,
            AttrValue::I64($v) => $body,
            AttrValue::U8($v) => $body,
            AttrValue::U16($v) => $body,
            AttrValue::U32($v) => $body,
            AttrValue::U64($v) => $body,
            AttrValue::F32($v) => $body,
            AttrValue::F64($v) => $body,
            _ => $other,
        }
    };
}

impl AttrValue {
    /// The type of its elements.
    pub fn dtype(&self) -> DType {
        match self {
            AttrValue::Text(_) | AttrValue::Texts(_) => DType::Str,
            AttrValue::Bytes(_) => DType::Binary,
            AttrValue::Bool(_) => DType::Bool,
            AttrValue::Array(a) => a.values.dtype(),
            AttrValue::I8(_) => DType::I8,
            AttrValue::I16(_) => DType::I16,
            AttrValue::I32(_) => DType::I32,
            AttrValue::I64(_) => DType::I64,
            AttrValue::U8(_) => DType::U8,
            AttrValue::U16(_) => DType::U16,
            AttrValue::U32(_) => DType::U32,
            AttrValue::U64(_) => DType::U64,
            AttrValue::F32(_) => DType::F32,
            AttrValue::F64(_) => DType::F64,
        }
    }

    /// The text of a text attribute (of one string).
    pub fn as_str(&self) -> Option<&str> {
        match self {
            AttrValue::Text(t) => Some(t),
            AttrValue::Texts(t) if t.len() == 1 => Some(&t[0]),
            _ => None,
        }
    }

    /// The numbers as f64; `None` for text.
    #[allow(clippy::unnecessary_cast)] // one line for all types, f64 among them
    pub fn as_f64s(&self) -> Option<Vec<f64>> {
        on_numbers!(self.flat(), v => Some(v.iter().map(|&x| x as f64).collect()), else None)
    }

    /// The number of an attribute of one number.
    pub fn as_f64(&self) -> Option<f64> {
        self.as_f64s().filter(|v| v.len() == 1).map(|v| v[0])
    }

    /// A number as memory holds it; none for texts, and behind the last one.
    pub fn number_bytes(&self, i: usize) -> Option<Vec<u8>> {
        match self.flat() {
            AttrValue::Bool(v) => v.get(i).map(|&x| vec![x.into()]),
            numbers => on_numbers!(numbers, v => v.get(i).map(|x| x.to_ne_bytes().to_vec()), else None),
        }
    }

    /// The value without the shape of several dimensions.
    pub fn flat(&self) -> &AttrValue {
        match self {
            AttrValue::Array(a) => &a.values,
            list => list,
        }
    }

    /// The shape, where it has several dimensions.
    pub fn shape(&self) -> Option<&[usize]> {
        match self {
            AttrValue::Array(a) => Some(&a.shape),
            _ => None,
        }
    }

    /// Its elements.
    pub fn scalars(&self) -> Vec<Scalar> {
        match self {
            AttrValue::Text(t) => vec![t.as_str().into()],
            AttrValue::Texts(t) => t.iter().map(|t| t.as_str().into()).collect(),
            AttrValue::Bytes(b) => vec![Scalar::Bytes(b.as_slice().into())],
            AttrValue::Bool(v) => v.iter().map(|&x| x.into()).collect(),
            AttrValue::Array(a) => a.values.scalars(),
            numbers => on_numbers!(numbers, v => v.iter().map(|&x| x.into()).collect(), else Vec::new()),
        }
    }
}

/// Items in C order as lists in lists, by the lengths of the dimensions.
pub fn nested<T>(shape: &[usize], items: Vec<T>, list: &impl Fn(Vec<T>) -> T) -> T {
    let Some((&n, inner)) = shape.split_first() else { return list(items) };
    if inner.is_empty() {
        return list(items);
    }
    let each: usize = inner.iter().product();
    let mut items = items.into_iter();
    list((0..n).map(|_| nested(inner, items.by_ref().take(each).collect(), list)).collect())
}

impl From<&str> for AttrValue {
    fn from(x: &str) -> AttrValue {
        AttrValue::Text(x.into())
    }
}
impl From<String> for AttrValue {
    fn from(x: String) -> AttrValue {
        AttrValue::Text(x)
    }
}
impl From<f64> for AttrValue {
    fn from(x: f64) -> AttrValue {
        AttrValue::F64(vec![x])
    }
}
impl From<f32> for AttrValue {
    fn from(x: f32) -> AttrValue {
        AttrValue::F32(vec![x])
    }
}
impl From<i32> for AttrValue {
    fn from(x: i32) -> AttrValue {
        AttrValue::I32(vec![x])
    }
}
impl From<i64> for AttrValue {
    fn from(x: i64) -> AttrValue {
        AttrValue::I64(vec![x])
    }
}

/// Attributes by name, in the order of the file: of files, variables, tables and columns alike.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Attrs(IndexMap<String, AttrValue>);

impl Attrs {
    /// No attributes.
    pub fn new() -> Attrs {
        Attrs::default()
    }

    /// The value of this name.
    pub fn get(&self, name: &str) -> Option<&AttrValue> {
        self.0.get(name)
    }

    /// The text of this name, if it is text.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.get(name).and_then(AttrValue::as_str)
    }

    /// The number of this name, if it is one number.
    pub fn number(&self, name: &str) -> Option<f64> {
        self.get(name).and_then(AttrValue::as_f64)
    }

    /// Sets a value; a name that is there keeps its position.
    pub fn set(&mut self, name: impl Into<String>, value: impl Into<AttrValue>) {
        self.0.insert(name.into(), value.into());
    }

    /// Takes a value out, the order of the others kept.
    pub fn remove(&mut self, name: &str) -> Option<AttrValue> {
        self.0.shift_remove(name)
    }

    /// Whether the name is there.
    pub fn contains(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// Names and values in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &AttrValue)> {
        self.0.iter().map(|(k, v)| (k.as_str(), v))
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<K: Into<String>, V: Into<AttrValue>> FromIterator<(K, V)> for Attrs {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(items: I) -> Attrs {
        Attrs(items.into_iter().map(|(k, v)| (k.into(), v.into())).collect())
    }
}
