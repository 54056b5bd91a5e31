use crate::error::{Error, Result};
use arrow::array::{Array, ArrayRef, AsArray, Int64Array, UInt32Array, new_empty_array};
use arrow::compute::{CastOptions, cast_with_options, concat, take};
use arrow::datatypes::{DataType, Int64Type};
use arrow::row::{RowConverter, SortField};
use hashbrown::HashMap;
use std::sync::Arc;

/// The dictionaries of all batches of a column as one, in order of first appearance: a file holds one per column, a table that
/// streams has one per batch.
pub(crate) struct Merged {
    /// The type of the codes in the file.
    keys: DataType,
    /// The type of the values in the file.
    values: DataType,
    rows: RowConverter,
    codes: HashMap<Box<[u8]>, i64>,
    parts: Vec<ArrayRef>,
    /// The dictionary seen last, and what its codes are here.
    last: Option<(ArrayRef, Vec<i64>)>,
}

impl Merged {
    /// For a column that the file declares as a dictionary of these codes and values.
    pub(crate) fn new(keys: &DataType, values: &DataType) -> Result<Merged> {
        let rows = RowConverter::new(vec![SortField::new(values.clone())])?;
        Ok(Merged { keys: keys.clone(), values: values.clone(), rows, codes: HashMap::new(), parts: Vec::new(), last: None })
    }

    /// How many values there are by now.
    pub(crate) fn len(&self) -> usize {
        self.codes.len()
    }

    /// The merged values.
    pub(crate) fn values(&self) -> Result<ArrayRef> {
        if self.parts.is_empty() {
            return Ok(new_empty_array(&self.values));
        }
        Ok(concat(&self.parts.iter().map(|p| p.as_ref()).collect::<Vec<_>>())?)
    }

    /// The codes of an array in the merged dictionary.
    pub(crate) fn codes(&mut self, array: &ArrayRef) -> Result<ArrayRef> {
        let d = array.as_any_dictionary_opt().ok_or_else(|| Error::internal("categories that are no dictionary"))?;
        let exact = CastOptions { safe: false, ..CastOptions::default() };
        if !self.last.as_ref().is_some_and(|(values, _)| Arc::ptr_eq(values, d.values())) {
            let values = cast_with_options(d.values(), &self.values, &exact)?;
            let rows = self.rows.convert_columns(std::slice::from_ref(&values))?;
            let mut map = Vec::with_capacity(values.len());
            let mut new = Vec::new();
            for (i, row) in rows.iter().enumerate() {
                let next = self.codes.len() as i64;
                let code = *self.codes.entry(row.as_ref().into()).or_insert(next);
                if code == next {
                    new.push(i as u32);
                }
                map.push(code);
            }
            if new.len() == values.len() && !new.is_empty() {
                self.parts.push(values);
            } else if !new.is_empty() {
                self.parts.push(take(&values, &UInt32Array::from(new), None)?);
            }
            self.last = Some((d.values().clone(), map));
        }
        let map = self.last.as_ref().map_or(&[][..], |(_, map)| map);
        let keys = cast_with_options(d.keys(), &DataType::Int64, &exact)?;
        let codes: Int64Array = keys.as_primitive::<Int64Type>().iter().map(|k| k.and_then(|k| map.get(k as usize).copied())).collect();
        cast_with_options(&codes, &self.keys, &exact).map_err(|e| {
            let text = format!("{} categories are more than codes of type {} can number", self.codes.len(), self.keys);
            Error::overflow(text).because(e)
        })
    }
}
