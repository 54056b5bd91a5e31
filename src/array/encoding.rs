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
    /// The calendar as the file spelled it is in `attrs`; this is what it means, `standard` not resolved.
    pub calendar: Option<Calendar>,
}

impl Encoding {
    /// The `_FillValue`, if the file had one.
    pub fn fill_value(&self) -> Option<&AttrValue> {
        self.attrs.get("_FillValue")
    }
}

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
