//! Cells to columns: the builders of CSV, and lists of what they build.

use super::scan::{Kind, Value};
use super::shape::{Mode, items};
use crate::dtype::DType;
use crate::error::Result;
use crate::io::csv::columns::{Builder, Chunk, Wrong, note};
use crate::io::csv::infer::Spelling;
use crate::io::csv::tokenize::{Cell, Cells};
use crate::store::Column;
use arrow::array::{ArrayRef, LargeListArray};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::datatypes::DataType;
use std::sync::Arc;

/// A column that grows by chunks.
#[derive(Debug)]
pub(super) enum JsonBuilder {
    Flat(Builder),
    List { dtype: DType, items: Box<JsonBuilder>, offsets: Vec<i64>, valid: Vec<bool>, wrong: Option<Wrong> },
}

impl JsonBuilder {
    /// An empty column of this type; `formatted`: dates are as the user says.
    ///
    /// # Errors
    /// Unsupported, for types that no cell holds.
    pub fn new(dtype: &DType, formatted: bool, rows: usize) -> Result<JsonBuilder> {
        Ok(match dtype {
            DType::List(inner) => JsonBuilder::List {
                dtype: dtype.clone(),
                items: Box::new(JsonBuilder::new(inner, formatted, rows)?),
                offsets: vec![0],
                valid: Vec::with_capacity(rows),
                wrong: None,
            },
            _ => JsonBuilder::Flat(Builder::new(dtype, formatted, rows)?),
        })
    }

    /// Appends the cells of a column of a chunk.
    pub fn fill(&mut self, chunk: &Chunk, column: usize, given: Option<&Spelling>) {
        match self {
            JsonBuilder::Flat(builder) => builder.fill(chunk, column),
            JsonBuilder::List { items: inner, offsets, valid, wrong, .. } => {
                let base = chunk.cells.base;
                let mut flat = Cells { base, ..Cells::new(1) };
                let before = offsets.last().copied().unwrap_or_default();
                for cell in chunk.column(column) {
                    let (start, end) = (base + cell.start(), base + cell.end());
                    let is_list = !cell.is_quoted() && chunk.bytes.get(start) == Some(&b'[') && end > start;
                    if is_list {
                        items(chunk.bytes, start, end, |item| flat.cells.push(cell_of(chunk.bytes, &item, base, Mode::Values, given)));
                    } else if end > start {
                        note(wrong, start, end - start);
                    }
                    valid.push(is_list);
                    offsets.push(before + flat.cells.len() as i64);
                }
                flat.rows = flat.cells.len();
                inner.fill(&Chunk { cells: &flat, ..*chunk }, 0, given);
            }
        }
    }

    /// The first cell that does not read as the type.
    pub fn wrong(&self) -> Option<Wrong> {
        match self {
            JsonBuilder::Flat(builder) => builder.wrong,
            JsonBuilder::List { items, wrong, .. } => wrong.or_else(|| items.wrong()),
        }
    }

    /// The column.
    ///
    /// # Errors
    /// Parse, where text is no UTF-8.
    pub fn finish(self) -> Result<Column> {
        match self {
            JsonBuilder::Flat(builder) => builder.finish(),
            JsonBuilder::List { dtype, items, offsets, valid, .. } => {
                let items = items.finish()?.into_arrow();
                let field = match dtype.to_arrow() {
                    DataType::LargeList(field) => field,
                    other => Arc::new(arrow::datatypes::Field::new("item", other, true)),
                };
                let nulls = valid.contains(&false).then(|| NullBuffer::from(valid));
                let array: ArrayRef = Arc::new(LargeListArray::try_new(field, OffsetBuffer::new(offsets.into()), items, nulls)?);
                Column::new(dtype, array)
            }
        }
    }
}

/// A value as a cell, counted from `base`. Missing is the empty cell that was not quoted.
#[inline]
pub(super) fn cell_of(bytes: &[u8], value: &Value, base: usize, mode: Mode, given: Option<&Spelling>) -> Cell {
    let (start, end) = (value.start - base, value.end - base);
    if value.kind == Kind::Null || given.is_some_and(|s| start < end && s.missing.has(&bytes[value.start..value.end])) {
        return Cell::new(start, start, false, false);
    }
    match (value.kind, mode) {
        (Kind::Text, Mode::Values) => Cell::new(start, end, true, value.escaped),
        (Kind::Text, Mode::Raw) => Cell::new(start - 1, end + 1, true, false),
        (_, Mode::Raw) => Cell::new(start, end, true, false),
        _ => Cell::new(start, end, false, false),
    }
}
