//! Categories in cubes: codes as integers, with CF's `flag_values` and `flag_meanings`. An attribute says that they were
//! categories of a table, so that other flags stay numbers.

use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::store::{AttrValue, Attrs, Column};
use arrow::array::{Array, ArrayRef, Int8Array, Int16Array, Int32Array};
use std::sync::Arc;

/// `ordered` or `unordered`, where a variable holds categories of a table.
const MARK: &str = "categories";
/// The names as JSON, where blanks in them would not survive `flag_meanings`.
const NAMES: &str = "category_names";

/// The codes of a column of categories in the smallest integers that hold them, and its attributes.
pub(crate) fn to_flags(column: &Column, attrs: &Attrs) -> Result<(Column, Attrs)> {
    let (names, codes) = (column.categories()?, column.codes()?);
    let ordered = *column.dtype() == DType::Categorical { ordered: true };
    let too_many = || Error::unsupported(format!("{} categories in a cube", names.len()));
    let n = i32::try_from(names.len()).map_err(|_| too_many())?;
    // Missing ones have a bit of their own, and later a fill value, which must be no code.
    let (values, flags): (ArrayRef, AttrValue) = if n <= 127 {
        let codes: Int8Array = codes.iter().map(|c| c.map(|c| c as i8)).collect();
        (Arc::new(codes), AttrValue::I8((0..n as i8).collect()))
    } else if n <= 32_767 {
        let codes: Int16Array = codes.iter().map(|c| c.map(|c| c as i16)).collect();
        (Arc::new(codes), AttrValue::I16((0..n as i16).collect()))
    } else {
        let codes: Int32Array = codes.iter().map(|c| c.map(|c| c as i32)).collect();
        (Arc::new(codes), AttrValue::I32((0..n).collect()))
    };
    let mut attrs = attrs.clone();
    if n > 0 {
        attrs.set("flag_values", flags);
    }
    let word = |name: &String| name.split_whitespace().collect::<Vec<_>>().join("_");
    attrs.set("flag_meanings", names.iter().map(word).collect::<Vec<_>>().join(" "));
    attrs.set(MARK, if ordered { "ordered" } else { "unordered" });
    if names.iter().any(|name| word(name) != *name || name.is_empty()) {
        attrs.set(NAMES, serde_json::to_string(&names).map_err(|e| Error::internal("names that are no JSON").because(e))?);
    }
    let dtype = DType::from_arrow(values.data_type());
    Ok((Column::new(dtype, values)?, attrs))
}

/// The categories that a variable holds.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Flags {
    values: Vec<i64>,
    names: Vec<String>,
    ordered: bool,
}

impl Flags {
    /// What the attributes of a variable of this type say, if it holds categories of a table; and its other attributes.
    pub(super) fn of(dtype: &DType, attrs: &Attrs) -> Option<(Flags, Attrs)> {
        let ordered = match attrs.text(MARK)? {
            "ordered" => true,
            "unordered" => false,
            _ => return None,
        };
        if !dtype.is_integer() {
            return None;
        }
        let values: Vec<i64> = match attrs.get("flag_values") {
            Some(v) => v.as_f64s()?.into_iter().map(|x| x as i64).collect(),
            None => Vec::new(),
        };
        let names: Vec<String> = match attrs.text(NAMES) {
            Some(json) => serde_json::from_str(json).ok()?,
            None => attrs.text("flag_meanings")?.split_whitespace().map(Into::into).collect(),
        };
        let different = names.iter().collect::<hashbrown::HashSet<_>>().len();
        if names.len() != values.len() || names.len() != different {
            return None;
        }
        let mut rest = attrs.clone();
        for gone in ["flag_values", "flag_meanings", MARK, NAMES] {
            rest.remove(gone);
        }
        Some((Flags { values, names, ordered }, rest))
    }

    pub(super) fn dtype(&self) -> DType {
        DType::Categorical { ordered: self.ordered }
    }

    /// Numbers as the categories that they stand for; a number that stands for none is missing.
    pub(super) fn column(&self, numbers: &Column) -> Result<Column> {
        let numbers = numbers.to_i64()?;
        let code = |x: i64| match self.values.get(x as usize) {
            Some(v) if *v == x => Some(x as u32),
            _ => self.values.iter().position(|v| *v == x).map(|at| at as u32),
        };
        Column::from_codes(numbers.iter().map(|x| x.and_then(code)).collect(), &self.names, self.ordered)
    }
}
