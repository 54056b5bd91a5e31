//! Plain bytes: elements side by side and nothing else. Type and shape must be told, and must fit the file's size.

use crate::array::Dataset;
use crate::dtype::DType;
use crate::error::{Error, Level, Notices, Place, Result, ResultExt, escape};
use crate::io::Output;
pub use crate::io::dense::Order;
use crate::io::dense::{DenseArray, DenseSink, Element, Target, bytes_of, choose, shape_text};
use crate::io::npy::one_variable;
use crate::store::{BlockSink, ChunkGrid, ChunkSink, NdArray, WriteOrder};
use std::path::Path;

/// What a raw file holds, which it does not say itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawOptions {
    /// The type of the elements: numbers, `bool` (a byte), `date` (i32 days), `datetime` and `duration` (i64).
    pub dtype: DType,
    /// The shape.
    pub shape: Vec<usize>,
    /// Which index runs fastest.
    pub order: Order,
    /// Bytes to leave out at the beginning.
    pub offset: u64,
    /// The most significant byte first.
    pub big_endian: bool,
}

impl RawOptions {
    /// Elements of this type and shape from the first byte on, in C order, little-endian.
    pub fn new(dtype: DType, shape: &[usize]) -> RawOptions {
        RawOptions { dtype, shape: shape.to_vec(), order: Order::C, offset: 0, big_endian: false }
    }
}

/// Opens a file as a cube with one variable `data` of dims `dim_0`, `dim_1` and so on, memory-mapped.
///
/// # Errors
/// Shape, where the file's size is not what type and shape take, with both numbers and a shape that would fit; type, for types
/// without a fixed width.
pub fn open(path: &Path, options: &RawOptions) -> Result<Dataset> {
    let element = Element::plain(&options.dtype, options.big_endian).ok_or_else(|| {
        Error::wrong_type(format!("a raw file cannot hold {}, whose elements have no fixed width", options.dtype))
            .help("types for raw are bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 date datetime duration")
            .at(Place::file(path))
    })?;
    let bytes = crate::io::map(path)?;
    let size = element.size();
    let length = bytes.len() as u64;
    let have = length.checked_sub(options.offset).ok_or_else(|| {
        Error::shape(format!("the file has {length} bytes, and --offset leaves out {}", options.offset)).at(Place::file(path))
    })?;
    if bytes_of(&options.shape, size) != Some(have) {
        let want = options.shape.iter().fold(size as u128, |a, &n| a.saturating_mul(n as u128));
        let after = if options.offset > 0 { format!(" after the first {}", options.offset) } else { String::new() };
        let text = shape_text(&options.shape);
        return Err(Error::shape(format!("the file has {have} bytes{after}, and {} of shape {text} takes {want}", options.dtype))
            .help(what_fits(options, size, have))
            .at(Place::file(path)));
    }
    let source = DenseArray::new(bytes.slice(options.offset as usize..), element, &options.shape, options.order, path)?;
    one_variable(source, options.big_endian && size > 1)
}

/// A way out of a size that does not fit.
fn what_fits(options: &RawOptions, size: usize, have: u64) -> String {
    let count: u128 = options.shape.iter().map(|&n| n as u128).product();
    // The same shape in another width, as when floats were taken for doubles.
    if count > 0 && (have as u128).is_multiple_of(count) {
        let others = match (have as u128 / count, options.dtype.is_float()) {
            (4, true) => Some("f32"),
            (8, true) => Some("f64"),
            (1, _) => Some("i8 or u8"),
            (2, _) => Some("i16 or u16"),
            (4, _) => Some("i32, u32 or f32"),
            (8, _) => Some("i64, u64 or f64"),
            _ => None,
        };
        if let Some(others) = others {
            return format!("this shape would fit with --dtype {others}");
        }
    }
    if !have.is_multiple_of(size as u64) {
        return format!("{have} is no multiple of the {size} bytes of {}: is it another --dtype, or is there an --offset?", options.dtype);
    }
    let values = have / size as u64;
    let row: u64 = options.shape.iter().skip(1).map(|&n| n as u64).fold(1, u64::saturating_mul);
    if options.shape.len() > 1 && row > 0 && values.is_multiple_of(row) {
        let mut shape: Vec<String> = options.shape.iter().map(usize::to_string).collect();
        shape[0] = (values / row).to_string();
        return format!("it holds {values} values of {}: --shape {} would fit", options.dtype, shape.join(","));
    }
    format!("it holds {values} values of {}: --shape {values} would fit", options.dtype)
}

/// What is to be written, and how.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RawWriteOptions {
    /// The variable (`tas`, `ocean/tas`); may be left out where there is only one besides companions.
    pub variable: Option<String>,
    /// What stands for missing in types that have no mark for it: integers, booleans, days.
    pub missing_as: Option<String>,
}

/// Writes one variable of a cube as plain little-endian bytes, in C order.
#[derive(Debug)]
pub struct RawSink(DenseSink);

impl RawSink {
    /// Begins the file. The notices list what such a file has no place for: names, coordinates, attributes, and type and shape
    /// themselves, with the options that read it back; a calendar that is not the common one is [`Level::Changed`].
    ///
    /// # Errors
    /// Not found or invalid, where it is not clear which variable; unsupported, for types without a fixed width; parse, for a
    /// `missing_as` that is no value of the type.
    pub fn create(output: Output, dataset: &Dataset, options: &RawWriteOptions) -> Result<(RawSink, Notices)> {
        let chosen = choose(dataset, options.variable.as_deref(), "raw").at_file(output.target())?;
        let at = || Place { variable: Some(chosen.path.clone()), ..Place::file(output.target()) };
        let (target, more) = Target::of(chosen.variable, options.missing_as.as_deref(), false, "raw").at(at)?;
        let mut notices = chosen.notices;
        let shape = chosen.variable.shape();
        let dtype = escape(&target.element.dtype().to_string());
        let again =
            if shape.is_empty() { format!("--dtype {dtype} --shape ''") } else { format!("--dtype {dtype} --shape {}", shape_text(shape)) };
        let said = format!("raw has no place for type and shape: {again} reads it back");
        notices.push(Level::Omitted, said, Place::variable(chosen.path.as_str()));
        notices.extend(more);
        Ok((RawSink(DenseSink::create(output, &[], &chosen.path, shape, target)?), notices))
    }
}

impl ChunkSink for RawSink {
    fn grid(&self, variable: &str) -> Option<ChunkGrid> {
        self.0.grid(variable)
    }

    fn write(&mut self, _variable: &str, start: &[usize], block: &NdArray) -> Result<()> {
        self.0.write(start, block)
    }

    fn order(&self, _variable: &str) -> WriteOrder {
        WriteOrder::Free
    }

    fn in_parallel(&self, variable: &str) -> Option<&dyn BlockSink> {
        self.0.grid(variable).map(|_| &self.0 as &dyn BlockSink)
    }

    fn finish(self: Box<Self>) -> Result<()> {
        self.0.finish()
    }
}
