//! NumPy's `.npy`: one array, its type and its shape. Versions 1 to 3 are read, memory-mapped; version 1 is written, byte for
//! byte as `numpy.save` does.
//!
//! Own code, because the header parser of the `ndarray-npy` crate recurses as deep as a hostile header nests and takes time
//! exponential in that, and because types are then bound to Rust's at compile time.

pub(crate) mod descr;
pub(crate) mod header;

pub use header::Header;

use crate::array::{Data, Dataset, Encoding, LazyArray, Variable};
use crate::error::{Error, Notices, Place, Result, ResultExt};
use crate::io::Output;
use crate::io::dense::{DenseArray, DenseSink, Order, Target, bytes_of, choose, shape_text};
use crate::store::{BlockSink, ChunkGrid, ChunkSink, NdArray, WriteOrder};
use std::path::Path;
use std::sync::Arc;

/// Opens a file as a cube with one variable `data` of dims `dim_0`, `dim_1` and so on; its values are read when asked for.
///
/// Numbers and booleans are as in the file (f16 as f32); text (`U`, `S`) is text; `datetime64` and `timedelta64` are instants and
/// durations in microseconds, or nanoseconds where the file has those, NaT missing.
///
/// # Errors
/// Format, for a damaged file or one whose length is not what its header says; unsupported, for structured, object and complex
/// arrays, with what to do.
pub fn open(path: &Path) -> Result<Dataset> {
    let bytes = crate::io::map(path)?;
    let header = Header::parse(&bytes).at_file(path)?;
    let element = descr::element(&header.descr).at_file(path)?;
    let order = if header.fortran { Order::F } else { Order::C };
    let size = element.size();
    let have = (bytes.len() - header.length) as u64;
    let want = bytes_of(&header.shape, size)
        .ok_or_else(|| Error::format(format!("the header speaks of an array of shape {:?}, which no file can hold", header.shape)))
        .at_file(path)?;
    if have != want {
        let (word, help) = if have < want {
            ("shorter", "it is cut off: fetch or write it again")
        } else {
            ("longer", "something was written after the array, or the header is not this file's; --from raw with --offset reads a part")
        };
        return Err(Error::format(format!(
            "the file is {word} than its header says: {have} bytes after the header, and {} of shape ({}) takes {want}",
            header.descr,
            shape_text(&header.shape)
        ))
        .help(help)
        .at(Place::file(path)));
    }
    let big_endian = element.big_endian && size > 1;
    let source = DenseArray::new(bytes.slice(header.length..), element, &header.shape, order, path)?;
    one_variable(source, big_endian)
}

/// The cube of one array without names.
pub(in crate::io) fn one_variable(source: DenseArray, big_endian: bool) -> Result<Dataset> {
    let stored_as = source.stored_as();
    let data = Data::Lazy(LazyArray::new(Arc::new(source)));
    let rank = match &data {
        Data::Lazy(l) => l.shape().len(),
        Data::Memory(a) => a.rank(),
    };
    let encoding = Encoding { big_endian, contiguous: true, stored_as, ..Encoding::default() };
    let variable = Variable::new((0..rank).map(|i| format!("dim_{i}")), data)?.with_encoding(encoding);
    let mut dataset = Dataset::new();
    dataset.insert("data", variable)?;
    Ok(dataset)
}

/// What is to be written, and how.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NpyWriteOptions {
    /// The variable (`tas`, `ocean/tas`); may be left out where there is only one besides companions.
    pub variable: Option<String>,
    /// What stands for missing in types that have no mark for it: integers, booleans, text.
    pub missing_as: Option<String>,
}

/// Writes one variable of a cube as an `.npy` file, in C order.
#[derive(Debug)]
pub struct NpySink(DenseSink);

impl NpySink {
    /// Begins the file. The notices list what npy has no place for: names, coordinates, attributes ([`Level::Omitted`]), and a
    /// calendar that is not the common one ([`Level::Changed`]). Text is looked through once, for its longest.
    ///
    /// [`Level::Omitted`]: crate::error::Level::Omitted
    /// [`Level::Changed`]: crate::error::Level::Changed
    ///
    /// # Errors
    /// Not found or invalid, where it is not clear which variable; unsupported, for types that npy does not hold; parse, for a
    /// `missing_as` that is no value of the type.
    pub fn create(output: Output, dataset: &Dataset, options: &NpyWriteOptions) -> Result<(NpySink, Notices)> {
        let chosen = choose(dataset, options.variable.as_deref(), "npy").at_file(output.target())?;
        let at = || Place { variable: Some(chosen.path.clone()), ..Place::file(output.target()) };
        let (target, more) = Target::of(chosen.variable, options.missing_as.as_deref(), true, "npy").at(at)?;
        let mut notices = chosen.notices;
        notices.extend(more);
        let shape = chosen.variable.shape();
        let header = header::format(&descr::text(&target.element).at(at)?, shape).at(at)?;
        Ok((NpySink(DenseSink::create(output, &header, &chosen.path, shape, target)?), notices))
    }
}

impl ChunkSink for NpySink {
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
