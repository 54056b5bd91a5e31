//! Batches to CSV text: rows formatted in parallel, written in order.

use super::{CsvWriteOptions, Header, MISSING};
use crate::dtype::{Calendar, DType};
use crate::error::{Error, Level, Notices, Place, Result};
use crate::io::text::{Lines, TextTarget};
use crate::kernel::text::format::{Pushed, TextColumn};
use crate::store::{Batch, Schema, TableSink};
use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{DataType, Float32Type, Float64Type};
use memchr::memchr3;
use std::path::Path;
use std::sync::Arc;

/// Writes a table as CSV.
pub struct CsvSink {
    lines: Lines,
    style: Style,
    schema: Arc<Schema>,
    /// Of each column, whether missing and whether NaN were met.
    met: Vec<[bool; 2]>,
}

impl std::fmt::Debug for CsvSink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CsvSink").field("name", &self.lines.name()).field("style", &self.style).finish_non_exhaustive()
    }
}

/// How rows are spelled.
#[derive(Clone, Debug)]
struct Style {
    options: CsvWriteOptions,
    /// As they stand in the file, in quotes where needed.
    missing: Vec<u8>,
    nan: Vec<u8>,
    /// The separator may stand in numbers and dates.
    odd_delimiter: bool,
}

impl CsvSink {
    /// Starts a text of these columns, and says what it cannot hold.
    ///
    /// # Errors
    /// Invalid, for a delimiter that cannot be one; what the system refuses.
    pub fn create(target: TextTarget, schema: Arc<Schema>, options: &CsvWriteOptions) -> Result<(CsvSink, Notices)> {
        let d = options.delimiter;
        if d == b'"' || !(d == b'\t' || (b' '..0x7f).contains(&d)) {
            return Err(Error::invalid("the delimiter must be one ASCII character that is visible, a space or a tab, and no quote"));
        }
        let mut style = Style { options: options.clone(), missing: vec![], nan: vec![], odd_delimiter: false };
        style.missing = style.spelled(&options.missing_as);
        style.nan = style.spelled(&options.nan_as);
        style.odd_delimiter = d.is_ascii_alphanumeric() || b"+-.: ".contains(&d);
        let mut header = Vec::new();
        if options.header == Header::FirstLine {
            for (i, name) in schema.names().enumerate() {
                if i > 0 {
                    header.push(d);
                }
                style.push_text(name.as_bytes(), &mut header);
            }
            header.push(b'\n');
        }
        let lines = Lines::create(target, options.packing, header)?;
        let notices = losses(&schema, lines.name());
        let met = vec![[false; 2]; schema.fields.len()];
        Ok((CsvSink { lines, style, schema, met }, notices))
    }
}

/// Whether values of a type that is not ours are written as they are: nothing at all, long decimals, codes into numbers or dates.
fn is_plain(t: &DataType) -> bool {
    match t {
        DataType::Null | DataType::Decimal256(..) => true,
        DataType::Dictionary(_, v) => {
            !matches!(DType::from_arrow(v), DType::List(_) | DType::Binary)
                && (DType::from_arrow(v).to_arrow() == **v || DType::from_arrow(v).phys().is_some())
        }
        _ => false,
    }
}

/// What text has no place for.
fn losses(schema: &Schema, name: &Path) -> Notices {
    let mut notices = Notices::new();
    for f in &schema.fields {
        let place = Place { column: Some(f.name.clone()), ..Place::file(name) };
        match &f.dtype {
            DType::List(_) => notices.push(Level::Changed, format!("column {:?}: lists become text", f.name), place),
            DType::Binary => notices.push(Level::Changed, format!("column {:?}: bytes become hexadecimal text", f.name), place),
            DType::Opaque(t) if is_plain(t) => {}
            DType::Opaque(t) => notices.push(Level::Changed, format!("column {:?}: {t} becomes text", f.name), place),
            DType::Instant { calendar, .. } if *calendar != Calendar::ProlepticGregorian => {
                let name = calendar.name();
                let message =
                    format!("column {:?}: the calendar {name} is not kept; --dtypes '{}=datetime[{name}]' reads it back", f.name, f.name);
                notices.push(Level::Omitted, message, place);
            }
            _ => {}
        }
    }
    if schema.has_attrs() {
        notices.push(Level::Omitted, "text has no place for attributes", Place::file(name));
    }
    notices
}

impl Style {
    /// A fixed spelling, in quotes where it would not be one cell.
    fn spelled(&self, text: &str) -> Vec<u8> {
        let mut out = Vec::new();
        if !text.is_empty() {
            self.push_text(text.as_bytes(), &mut out);
        }
        out
    }

    /// As [`Style::quote_from`] for text of a table: what would read as missing is put in quotes as well.
    #[inline]
    fn quote_text_from(&self, from: usize, out: &mut Vec<u8>) {
        let text = &out[from..];
        let word =
            matches!(text.first(), Some(b'N' | b'n' | b'#' | b'<')) && text.len() <= 4 && MISSING.iter().any(|w| w.as_bytes() == text);
        if word || text == self.options.missing_as.as_bytes() || text == self.options.nan_as.as_bytes() {
            return quote(from, out);
        }
        self.quote_from(from, out);
    }

    /// Text as a cell: in quotes only where needed, and the empty text always.
    #[inline]
    fn push_text(&self, text: &[u8], out: &mut Vec<u8>) {
        let from = out.len();
        out.extend_from_slice(text);
        self.quote_from(from, out);
    }

    /// Puts what was appended since `from` in quotes if it needs them.
    #[inline]
    fn quote_from(&self, from: usize, out: &mut Vec<u8>) {
        if out.len() == from || needs_quotes(&out[from..], self.options.delimiter) {
            quote(from, out);
        }
    }

    /// Rows as lines.
    fn push_rows(&self, columns: &[TextColumn], rows: std::ops::Range<usize>, out: &mut Vec<u8>) {
        let delimiter = self.options.delimiter;
        for row in rows {
            for column in columns {
                let from = out.len();
                match column.push(row, out) {
                    Pushed::Plain if self.odd_delimiter => self.quote_from(from, out),
                    Pushed::Plain => {}
                    Pushed::Text => self.quote_text_from(from, out),
                    Pushed::Missing => out.extend_from_slice(&self.missing),
                    Pushed::Nan => out.extend_from_slice(&self.nan),
                }
                out.push(delimiter);
            }
            // The last separator gives way to the line break.
            match columns.is_empty() {
                true => out.push(b'\n'),
                false => {
                    let last = out.len() - 1;
                    out[last] = b'\n';
                }
            }
        }
    }
}

#[inline]
fn needs_quotes(text: &[u8], delimiter: u8) -> bool {
    // For short texts a plain loop is faster than setting up a search.
    if text.len() < 24 {
        let mut found = false;
        for &b in text {
            found |= b == delimiter || b == b'"' || b == b'\n' || b == b'\r';
        }
        return found;
    }
    memchr3(delimiter, b'"', b'\n', text).is_some() || memchr::memchr(b'\r', text).is_some()
}

/// Puts the tail of a buffer in quotes, with those inside doubled.
#[cold]
fn quote(from: usize, out: &mut Vec<u8>) {
    let text = out.split_off(from);
    out.push(b'"');
    for piece in text.split_inclusive(|&b| b == b'"') {
        out.extend_from_slice(piece);
        if piece.last() == Some(&b'"') {
            out.push(b'"');
        }
    }
    out.push(b'"');
}

/// Whether a value that is there is NaN.
fn has_nan(values: &ArrayRef) -> bool {
    match values.data_type() {
        DataType::Float64 => values.as_primitive::<Float64Type>().iter().flatten().any(f64::is_nan),
        DataType::Float32 => values.as_primitive::<Float32Type>().iter().flatten().any(f32::is_nan),
        _ => false,
    }
}

impl TableSink for CsvSink {
    fn write(&mut self, batch: &Batch) -> Result<()> {
        if batch.columns.len() != self.schema.fields.len() {
            return Err(Error::internal(format!("{} columns for a text of {}", batch.columns.len(), self.schema.fields.len())));
        }
        let columns: Vec<TextColumn> = batch.columns.iter().map(|c| TextColumn::with_floats(c, self.style.options.float_format)).collect();
        let rows = batch.rows();
        for (column, [missing, nan]) in batch.columns.iter().zip(&mut self.met).filter(|(c, _)| c.dtype().is_float()) {
            *missing |= column.values().null_count() > 0;
            *nan = *nan || has_nan(column.values());
        }
        let style = &self.style;
        self.lines.write(rows, |rows, text| style.push_rows(&columns, rows, text))
    }

    fn notices(&self) -> Notices {
        let mut notices = Notices::new();
        let options = &self.style.options;
        if options.missing_as == options.nan_as
            && let Some(at) = self.met.iter().position(|m| *m == [true; 2])
        {
            let cells = if options.nan_as.is_empty() { "empty cells".to_string() } else { format!("{:?}", options.nan_as) };
            let message = format!("NaN and missing both become {cells}; --nan-as TEXT keeps them apart");
            notices.push(
                Level::Omitted,
                message,
                Place { column: Some(self.schema.fields[at].name.clone()), ..Place::file(self.lines.name()) },
            );
        }
        notices
    }

    fn finish(self: Box<Self>) -> Result<()> {
        self.lines.finish(&[])
    }
}
