use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::io::text::Packing;
use crate::kernel::text::format::FloatFormat;

/// What reads as missing, beside the empty cell, unless a list is given.
pub const MISSING: [&str; 10] = ["NA", "N/A", "n/a", "#N/A", "<NA>", "null", "NULL", "NaN", "nan", "None"];

/// What stands between cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Separator {
    /// What is usual: a comma; in files called `.tsv` a tab.
    Usual,
    /// One ASCII character.
    Char(u8),
    /// Any run of spaces and tabs; those at the ends of a line mean nothing.
    Whitespace,
}

/// Whether the first line names the columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Header {
    /// It does.
    FirstLine,
    /// There are only data.
    None,
}

/// What becomes of a line with too many cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadLines {
    /// It is an error that names the line.
    Error,
    /// It is left out; a warning counts them.
    Skip,
    /// It is left out; warnings list them.
    Report,
}

/// How a CSV file is to be read. The default is a comma, a header line, double quotes, and every type inferred.
#[derive(Clone, Debug, PartialEq)]
pub struct CsvReadOptions {
    /// What stands between cells.
    pub separator: Separator,
    /// Whether the first line names the columns.
    pub header: Header,
    /// Names of the columns, in place of those of the header line.
    pub names: Option<Vec<String>>,
    /// Lines to leave out at the beginning.
    pub skip_rows: usize,
    /// Lines that start with this are left out.
    pub comment: Option<u8>,
    /// The character around cells that hold separators or line breaks; inside it is written twice.
    pub quote: Option<u8>,
    /// What reads as missing beside the empty cell, in place of [`MISSING`].
    pub missing: Option<Vec<String>>,
    /// Types of columns by name; the others are inferred.
    pub dtypes: Vec<(String, DType)>,
    /// Columns that are dates or times.
    pub parse_dates: Vec<String>,
    /// How dates are written in columns that are said to be dates or times, as for `strftime`; ISO 8601 if not given.
    pub date_format: Option<String>,
    /// Whether columns of ISO dates and times become dates and times.
    pub infer_dates: bool,
    /// The decimal point.
    pub decimal: u8,
    /// A character between groups of digits that means nothing.
    pub thousands: Option<u8>,
    /// The encoding by its WHATWG name; UTF-8 if not given, and whatever a byte order mark says.
    pub encoding: Option<String>,
    /// What becomes of lines with too many cells.
    pub bad_lines: BadLines,
    /// Look only at so many first bytes of each input, as if the file ended with the last whole record in them.
    pub sample: Option<usize>,
    /// About how many bytes make a part; chosen from the budget if not given.
    pub part_bytes: Option<usize>,
}

impl Default for CsvReadOptions {
    fn default() -> CsvReadOptions {
        CsvReadOptions {
            separator: Separator::Usual,
            header: Header::FirstLine,
            names: None,
            skip_rows: 0,
            comment: None,
            quote: Some(b'"'),
            missing: None,
            dtypes: Vec::new(),
            parse_dates: Vec::new(),
            date_format: None,
            infer_dates: true,
            decimal: b'.',
            thousands: None,
            encoding: None,
            bad_lines: BadLines::Error,
            sample: None,
            part_bytes: None,
        }
    }
}

impl CsvReadOptions {
    /// The default with tabs between cells.
    pub fn tsv() -> CsvReadOptions {
        CsvReadOptions { separator: Separator::Char(b'\t'), ..CsvReadOptions::default() }
    }

    /// Whether the options go together.
    ///
    /// # Errors
    /// Invalid, where two characters that must differ are the same, or one is no visible ASCII character or tab.
    pub(super) fn check(&self) -> Result<()> {
        let separator = match self.separator {
            Separator::Char(c) => Some(c),
            Separator::Usual => Some(b','),
            Separator::Whitespace => Some(b' '),
        };
        let comment = ("comment", self.comment);
        let characters = [("delimiter", separator), ("quote", self.quote), comment];
        for (name, c) in characters.into_iter().chain([("decimal", Some(self.decimal)), ("thousands", self.thousands)]) {
            if c.is_some_and(|c| !(c == b'\t' || (b' '..0x7f).contains(&c))) {
                return Err(Error::invalid(format!("the {name} must be one visible ASCII character, a space or a tab")));
            }
        }
        for (i, (name, c)) in characters.iter().enumerate() {
            if let Some((other, _)) = characters[..i].iter().find(|(_, d)| c.is_some() && c == d) {
                return Err(Error::invalid(format!("the {other} and the {name} are the same character")));
            }
        }
        if Some(self.decimal) == self.thousands {
            return Err(Error::invalid("the decimal point and the thousands separator are the same character"));
        }
        if self.decimal.is_ascii_alphanumeric() || self.thousands.is_some_and(|t| t.is_ascii_alphanumeric()) {
            return Err(Error::invalid("the decimal point and the thousands separator can be no letter or digit"));
        }
        Ok(())
    }
}

/// How a CSV file is to be written. The default is a comma, a header line, and missing and NaN as empty cells.
#[derive(Clone, Debug, PartialEq)]
pub struct CsvWriteOptions {
    /// What stands between cells: one ASCII character.
    pub delimiter: u8,
    /// Whether the first line names the columns.
    pub header: Header,
    /// How missing values are written.
    pub missing_as: String,
    /// How NaN is written.
    pub nan_as: String,
    /// How floats are written.
    pub float_format: FloatFormat,
    /// How the text as a whole is compressed.
    pub packing: Packing,
}

impl Default for CsvWriteOptions {
    fn default() -> CsvWriteOptions {
        CsvWriteOptions {
            delimiter: b',',
            header: Header::FirstLine,
            missing_as: String::new(),
            nan_as: String::new(),
            float_format: FloatFormat::Shortest,
            packing: Packing::None,
        }
    }
}

impl CsvWriteOptions {
    /// The default with tabs between cells.
    pub fn tsv() -> CsvWriteOptions {
        CsvWriteOptions { delimiter: b'\t', ..CsvWriteOptions::default() }
    }
}
