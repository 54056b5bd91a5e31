use crate::dtype::DType;
use crate::io::text::Packing;
use crate::kernel::text::format::FloatFormat;

/// How records stand in a JSON text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum JsonLayout {
    /// One record per line (JSON lines, ndjson).
    #[default]
    Lines,
    /// One value: an array of records. An object of arrays, `{"col": [..]}`, is read too, and so are lines.
    Document,
}

/// How JSON is read. The default: types inferred from the whole text, ISO dates recognised, only `null` and absent members missing.
#[derive(Clone, Debug, PartialEq)]
pub struct JsonReadOptions {
    /// How records stand in the text.
    pub layout: JsonLayout,
    /// Values that mean missing beside `null`, as they are written without quotes: `-999`, `NA`.
    pub missing: Option<Vec<String>>,
    /// Types of columns by name; the others are inferred.
    pub dtypes: Vec<(String, DType)>,
    /// Columns that are dates or times.
    pub parse_dates: Vec<String>,
    /// How dates are written in columns that are said to be dates or times, as for `strftime`; ISO 8601 if not given.
    pub date_format: Option<String>,
    /// Whether columns of ISO dates and times become dates and times.
    pub infer_dates: bool,
    /// The encoding by its WHATWG name; UTF-8 if not given.
    pub encoding: Option<String>,
    /// Look only at so many first bytes of each input.
    pub sample: Option<usize>,
    /// About how many bytes make a part; chosen from the budget if not given.
    pub part_bytes: Option<usize>,
}

impl Default for JsonReadOptions {
    fn default() -> JsonReadOptions {
        JsonReadOptions {
            layout: JsonLayout::Lines,
            missing: None,
            dtypes: Vec::new(),
            parse_dates: Vec::new(),
            date_format: None,
            infer_dates: true,
            encoding: None,
            sample: None,
            part_bytes: None,
        }
    }
}

/// How JSON is written.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct JsonWriteOptions {
    /// Lines, or one array of records.
    pub layout: JsonLayout,
    /// How floats are written.
    pub float_format: FloatFormat,
    /// How the text as a whole is compressed.
    pub packing: Packing,
}
