//! Batches to JSON: records formatted in parallel, written in order.

use super::{JsonLayout, JsonWriteOptions};
use crate::dtype::{Calendar, DType};
use crate::error::{Error, Level, Notices, Place, Result};
use crate::io::text::{Lines, TextTarget};
use crate::kernel::text::format::{FloatFormat, Pushed, TextColumn};
use crate::store::{Batch, Column, Schema, TableSink};
use arrow::array::{Array, AsArray};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::datatypes::DataType;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Writes a table as JSON lines or as an array of records.
#[derive(Debug)]
pub struct JsonSink {
    lines: Lines,
    options: JsonWriteOptions,
    schema: Arc<Schema>,
    /// What stands before each value: brace or comma, name, colon.
    before: Vec<Vec<u8>>,
    rows: u64,
    /// Of each column, how many values are NaN or infinite.
    lost: Vec<AtomicU64>,
}

impl JsonSink {
    /// Starts a text of these columns, and says what it cannot hold.
    ///
    /// # Errors
    /// What the system refuses.
    pub fn create(target: TextTarget, schema: Arc<Schema>, options: &JsonWriteOptions) -> Result<(JsonSink, Notices)> {
        let first = if options.layout == JsonLayout::Document { b"[".to_vec() } else { Vec::new() };
        let lines = Lines::create(target, options.packing, first)?;
        let notices = losses(&schema, lines.name());
        let before = schema.names().enumerate().map(|(i, name)| {
            let mut out = vec![if i == 0 { b'{' } else { b',' }];
            push_text(name.as_bytes(), &mut out);
            out.push(b':');
            out
        });
        let before = before.collect();
        let lost = schema.fields.iter().map(|_| AtomicU64::new(0)).collect();
        Ok((JsonSink { lines, options: options.clone(), schema, before, rows: 0, lost }, notices))
    }
}

/// What JSON has no place for.
fn losses(schema: &Schema, name: &Path) -> Notices {
    let mut notices = Notices::new();
    for f in &schema.fields {
        let place = Place { column: Some(f.name.clone()), ..Place::file(name) };
        let mut changed = |message: &str| notices.push(Level::Changed, format!("column {:?}: {message}", f.name), place.clone());
        match &f.dtype {
            DType::Binary => changed("bytes become hexadecimal text"),
            DType::Opaque(t) => {
                if let Some(t) = unheld(t) {
                    changed(&format!("{t} becomes text"));
                }
            }
            DType::Instant { calendar, .. } if *calendar != Calendar::ProlepticGregorian => {
                let message = format!("column {:?}: the calendar {} is not kept", f.name, calendar.name());
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

/// The type that JSON does not hold, of those inside a type that is not ours.
fn unheld(t: &DataType) -> Option<&DataType> {
    match t {
        DataType::Null | DataType::Decimal256(..) => None,
        DataType::Struct(fields) => fields.iter().find_map(|f| unheld(f.data_type())),
        DataType::List(f) | DataType::LargeList(f) => unheld(f.data_type()),
        DataType::Dictionary(_, values) => unheld(values),
        other => match DType::from_arrow(other) {
            DType::Opaque(_) | DType::Binary => Some(t),
            _ => None,
        },
    }
}

/// A column whose values are to be written.
struct JsonColumn {
    text: TextColumn,
    kind: Kind,
    nulls: Option<NullBuffer>,
}

enum Kind {
    /// Digits, or a word.
    Bare,
    /// Digits, or what JSON has no number for.
    Float,
    /// Text of letters and digits that means something: dates and the like.
    Quoted,
    /// Any text.
    Text,
    List(OffsetBuffer<i64>, Box<JsonColumn>),
    /// Each member's name, with what stands before it.
    Struct(Vec<(Vec<u8>, JsonColumn)>),
}

impl JsonColumn {
    fn new(column: &Column, floats: FloatFormat) -> Result<JsonColumn> {
        let values = column.values();
        let kind = match column.dtype() {
            DType::Str | DType::Categorical { .. } => Kind::Text,
            DType::F32 | DType::F64 => Kind::Float,
            DType::Bool | DType::Decimal { .. } => Kind::Bare,
            t if t.is_integer() => Kind::Bare,
            DType::List(inner) => {
                let list = values.as_list::<i64>();
                let items = Column::new((**inner).clone(), list.values().clone()).or_else(|_| Column::from_arrow(list.values().clone()))?;
                Kind::List(list.offsets().clone(), Box::new(JsonColumn::new(&items, floats)?))
            }
            DType::Opaque(t) => match t {
                DataType::Struct(_) => {
                    let values = values.as_struct();
                    let members = values.fields().iter().zip(values.columns()).enumerate().map(|(i, (field, column))| {
                        let mut before = if i == 0 { Vec::new() } else { vec![b','] };
                        push_text(field.name().as_bytes(), &mut before);
                        before.push(b':');
                        Ok((before, JsonColumn::new(&Column::from_arrow(column.clone())?, floats)?))
                    });
                    Kind::Struct(members.collect::<Result<_>>()?)
                }
                DataType::List(_) => {
                    let list = values.as_list::<i32>();
                    let offsets: Vec<i64> = list.offsets().iter().map(|&o| o as i64).collect();
                    let items = JsonColumn::new(&Column::from_arrow(list.values().clone())?, floats)?;
                    Kind::List(OffsetBuffer::new(offsets.into()), Box::new(items))
                }
                DataType::LargeList(_) => {
                    let list = values.as_list::<i64>();
                    let items = JsonColumn::new(&Column::from_arrow(list.values().clone())?, floats)?;
                    Kind::List(list.offsets().clone(), Box::new(items))
                }
                // Codes stand for their values.
                DataType::Dictionary(_, inner) => {
                    let plain = Column::from_arrow(arrow::compute::cast(values, inner)?)?;
                    return JsonColumn::new(&plain, floats);
                }
                DataType::Decimal256(..) => Kind::Bare,
                _ => Kind::Text,
            },
            _ => Kind::Quoted,
        };
        let nulls = values.logical_nulls().filter(|n| n.null_count() > 0);
        let text = TextColumn::with_floats(column, floats);
        Ok(JsonColumn { text, kind, nulls })
    }

    /// Appends a value, and counts what JSON has no number for.
    #[inline]
    fn push(&self, row: usize, out: &mut Vec<u8>, lost: &AtomicU64) {
        if self.nulls.as_ref().is_some_and(|n| n.is_null(row)) {
            return out.extend_from_slice(b"null");
        }
        match &self.kind {
            Kind::Bare => {
                if self.text.push(row, out) == Pushed::Missing {
                    out.extend_from_slice(b"null");
                }
            }
            Kind::Float => {
                let from = out.len();
                let finite =
                    self.text.push(row, out) == Pushed::Plain && !matches!(out.get(from..from + 2), Some([b'i', _] | [b'-', b'i']));
                if !finite {
                    out.truncate(from);
                    out.extend_from_slice(b"null");
                    lost.fetch_add(1, Relaxed);
                }
            }
            Kind::Quoted => {
                out.push(b'"');
                self.text.push(row, out);
                out.push(b'"');
            }
            Kind::Text => {
                out.push(b'"');
                let from = out.len();
                self.text.push(row, out);
                if needs_escapes(&out[from..]) {
                    let plain = out.split_off(from);
                    push_escaped(&plain, out);
                }
                out.push(b'"');
            }
            Kind::List(offsets, items) => {
                out.push(b'[');
                for i in offsets[row]..offsets[row + 1] {
                    if i > offsets[row] {
                        out.push(b',');
                    }
                    items.push(i as usize, out, lost);
                }
                out.push(b']');
            }
            Kind::Struct(members) => {
                out.push(b'{');
                for (before, column) in members {
                    out.extend_from_slice(before);
                    column.push(row, out, lost);
                }
                out.push(b'}');
            }
        }
    }
}

/// Appends a text in quotes.
fn push_text(text: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    push_escaped(text, out);
    out.push(b'"');
}

#[inline]
fn needs_escapes(text: &[u8]) -> bool {
    let mut found = false;
    for &b in text {
        found |= b < 0x20 || b == b'"' || b == b'\\';
    }
    found
}

#[cold]
fn push_escaped(text: &[u8], out: &mut Vec<u8>) {
    for &b in text {
        match b {
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', b]),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            0..0x20 => out.extend_from_slice(format!("\\u{b:04x}").as_bytes()),
            _ => out.push(b),
        }
    }
}

impl TableSink for JsonSink {
    fn write(&mut self, batch: &Batch) -> Result<()> {
        if batch.columns.len() != self.schema.fields.len() {
            return Err(Error::internal(format!("{} columns for a text of {}", batch.columns.len(), self.schema.fields.len())));
        }
        let columns = batch.columns.iter().map(|c| JsonColumn::new(c, self.options.float_format)).collect::<Result<Vec<_>>>()?;
        let (before, lost, rows) = (&self.before, &self.lost, self.rows);
        let document = self.options.layout == JsonLayout::Document;
        self.lines.write(batch.rows(), |range, out| {
            for row in range {
                if document {
                    out.extend_from_slice(if rows + row as u64 == 0 { b"\n" } else { b",\n" });
                }
                for ((column, before), lost) in columns.iter().zip(before).zip(lost) {
                    out.extend_from_slice(before);
                    column.push(row, out, lost);
                }
                out.extend_from_slice(if columns.is_empty() { b"{}" } else { b"}" });
                if !document {
                    out.push(b'\n');
                }
            }
        })?;
        self.rows += batch.rows() as u64;
        Ok(())
    }

    fn notices(&self) -> Notices {
        let mut notices = Notices::new();
        for (field, lost) in self.schema.fields.iter().zip(&self.lost) {
            let count = lost.load(Relaxed);
            if count > 0 {
                let values = if count == 1 {
                    "1 value that is NaN or infinite becomes".into()
                } else {
                    format!("{count} values that are NaN or infinite become")
                };
                let place = Place { column: Some(field.name.clone()), ..Place::file(self.lines.name()) };
                notices.push(Level::Changed, format!("column {:?}: {values} null", field.name), place);
            }
        }
        if self.rows == 0 && !self.schema.fields.is_empty() {
            notices.push(Level::Omitted, "without rows JSON has no place for the columns", Place::file(self.lines.name()));
        }
        notices
    }

    fn finish(self: Box<Self>) -> Result<()> {
        let last: &[u8] = match (self.options.layout, self.rows) {
            (JsonLayout::Lines, _) => b"",
            (JsonLayout::Document, 0) => b"]\n",
            (JsonLayout::Document, _) => b"\n]\n",
        };
        self.lines.finish(last)
    }
}
