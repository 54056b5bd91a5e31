use crate::dtype::{Calendar, DType};
use crate::store::{AttrValue, Attrs};
use std::sync::Arc;

/// How a variable was held in its file, and is held again when written: kept apart from the attributes, because it says nothing
/// of the values.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Encoding {
    /// The type in the file (before unpacking, before times were decoded). Char arrays: [`DType::Str`] with `char_dim` set.
    pub dtype: Option<DType>,
    /// Chunk shape; `None` for contiguous or not said.
    pub chunks: Option<Vec<usize>>,
    /// Whether the file said that it is contiguous.
    pub contiguous: bool,
    /// Filters in the order of application when writing.
    pub filters: Vec<Filter>,
    /// How a Zarr store encodes the chunks, where the variable comes from one; `filters` then come closest to it.
    pub codecs: Option<Arc<Codecs>>,
    /// Big-endian in the file.
    pub big_endian: bool,
    /// Attributes that decoding took out, exactly as they were: `_FillValue`, `missing_value`, `scale_factor`, `add_offset`,
    /// `_Unsigned`, `valid_min`, `valid_max`, `valid_range`, `units` and `calendar` of times, `coordinates`, `_Encoding`.
    pub attrs: Attrs,
    /// Whether fill mode was set and the library's default fill value stands for missing chunks (no `_FillValue` attribute).
    pub no_fill: bool,
    /// The name of the dimension of characters of a char array; empty where each element is one character.
    pub char_dim: Option<String>,
    /// The length of that dimension in the file, set when the characters were joined to texts.
    pub char_len: Option<usize>,
    /// The enumeration whose numbers the values are, where the file has them so. It is written again where a format has such types.
    pub enumeration: Option<Arc<Enumeration>>,
    /// What stands for values that were never written, where a file says that without calling it missing (plain HDF5).
    pub unwritten: Option<AttrValue>,
    /// The type in the file where none here is the same: `f16`, whose values are f32 here.
    pub stored_as: Option<&'static str>,
    /// The calendar as the file spelled it is in `attrs`; this is what it means, `standard` not resolved.
    pub calendar: Option<Calendar>,
}

impl Encoding {
    /// The `_FillValue`, if the file had one.
    pub fn fill_value(&self) -> Option<&AttrValue> {
        self.attrs.get("_FillValue")
    }
}

/// Numbers that have names, as a type of a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Enumeration {
    /// The name of the type; empty where it has none.
    pub name: String,
    /// The numbers.
    pub values: AttrValue,
    /// The name of each.
    pub names: Vec<String>,
    /// Whether the attributes `flag_values` and `flag_meanings` of the variable are made of it.
    pub in_attrs: bool,
}

impl Enumeration {
    /// An enumeration, told in CF's `flag_values` and `flag_meanings`; not told where there are such, or where a name has a space.
    pub fn told(name: String, values: AttrValue, names: Vec<String>, attrs: &mut Attrs) -> Enumeration {
        let plain = names.iter().all(|n| !n.is_empty() && !n.contains(char::is_whitespace));
        let in_attrs = plain && !FLAGS.iter().any(|f| attrs.contains(f));
        if in_attrs {
            attrs.set(FLAGS[0], values.clone());
            attrs.set(FLAGS[1], names.join(" "));
        }
        Enumeration { name, values, names, in_attrs }
    }

    /// What a format without enumerations does to a variable, in words.
    pub fn lost_in(&self, variable: &str, dtype: &DType) -> String {
        let how = if self.in_attrs { "with the attributes flag_values and flag_meanings" } else { "without their names" };
        format!("variable {variable:?} is no enumeration there: it is written as {dtype}, {how}")
    }

    /// The enumeration that a variable of this type and these attributes still is, with the attributes that it does not say itself;
    /// none where somebody has changed what the values mean.
    pub fn of<'a>(encoding: &'a Encoding, dtype: &DType, attrs: &Attrs) -> Option<(&'a Enumeration, Attrs)> {
        let e = encoding.enumeration.as_deref().filter(|e| e.values.dtype() == *dtype)?;
        let mut rest = attrs.clone();
        if !e.in_attrs {
            return Some((e, rest));
        }
        let (values, meanings) = (rest.remove(FLAGS[0])?, rest.remove(FLAGS[1])?);
        (values == e.values && meanings.as_str() == Some(&e.names.join(" "))).then_some((e, rest))
    }
}

const FLAGS: [&str; 2] = ["flag_values", "flag_meanings"];

/// The codecs of a Zarr array.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Codecs {
    /// The list as the JSON of version 3.
    pub json: String,
    /// What there is to say of them, one after the other.
    pub words: Vec<String>,
    /// The shape of shards, each of which holds many chunks.
    pub shards: Option<Vec<usize>>,
}

/// One step of the filter pipeline of a chunk.
#[derive(Clone, Debug, PartialEq)]
pub enum Filter {
    /// Byte shuffle.
    Shuffle,
    /// zlib at this level.
    Deflate(u32),
    /// A checksum.
    Fletcher32,
    /// Zstandard at this level (filter 32015).
    Zstd(i32),
    /// Szip.
    Szip {
        /// Options mask.
        options: u32,
        /// Pixels per block.
        pixels: u32,
    },
    /// Any other, by its registered number and parameters.
    Other {
        /// The number.
        id: u32,
        /// Its parameters.
        parameters: Vec<u32>,
    },
}

impl Filter {
    /// Whether to apply it again may change values: scale-offset (6), unless all bits of integers are kept.
    pub fn drops_digits(&self) -> bool {
        matches!(self, Filter::Other { id: 6, parameters } if !matches!(parameters[..], [2, 0, ..]))
    }
}
