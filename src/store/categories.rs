//! Columns of categories: codes into a list of texts.

use super::Column;
use crate::dtype::DType;
use crate::error::{Error, Result};
use arrow::array::{Array, ArrayRef, AsArray, DictionaryArray, StringViewArray, UInt32Array};
use arrow::datatypes as at;
use hashbrown::HashMap;
use std::sync::Arc;

/// Arrays of one type, one after the other. Lists of categories become one list, each category once, in order of first appearance:
/// arrow would put one list behind the other, and codes of the second would stand behind all of the first.
pub(super) fn concat_arrays(dtype: &DType, parts: &[&dyn Array]) -> Result<ArrayRef> {
    let DType::Categorical { .. } = dtype else { return Ok(arrow::compute::concat(parts)?) };
    if let [one] = parts {
        return Ok(arrow::array::make_array(one.to_data()));
    }
    let lists: Vec<&DictionaryArray<at::UInt32Type>> = parts.iter().map(|p| p.as_dictionary()).collect();
    let Some(first) = lists.first() else { return Ok(arrow::compute::concat(parts)?) };
    if lists.iter().all(|d| Arc::ptr_eq(d.values(), first.values()) || d.values() == first.values()) {
        let keys: Vec<&dyn Array> = lists.iter().map(|d| d.keys() as &dyn Array).collect();
        let keys = arrow::compute::concat(&keys)?;
        let made = DictionaryArray::<at::UInt32Type>::try_new(keys.as_primitive::<at::UInt32Type>().clone(), first.values().clone())?;
        return Ok(Arc::new(made));
    }
    let mut places: HashMap<&str, u32> = HashMap::new();
    let mut names: Vec<&str> = Vec::new();
    let mut codes: Vec<Option<u32>> = Vec::with_capacity(lists.iter().map(|d| d.len()).sum());
    for list in &lists {
        let texts = list.values().as_string_view();
        let own: Vec<Option<u32>> = (0..texts.len())
            .map(|i| {
                texts.is_valid(i).then(|| {
                    let name = texts.value(i);
                    *places.entry(name).or_insert_with(|| {
                        names.push(name);
                        names.len() as u32 - 1
                    })
                })
            })
            .collect();
        codes.extend(list.keys().iter().map(|k| k.and_then(|k| own.get(k as usize).copied().flatten())));
    }
    let names: StringViewArray = names.into_iter().map(Some).collect();
    Ok(Arc::new(DictionaryArray::<at::UInt32Type>::try_new(UInt32Array::from(codes), Arc::new(names))?))
}

impl Column {
    /// Categories from codes into a list; a code that is missing is a missing value. `ordered`: the list is an order, in which
    /// values are sorted and compared.
    ///
    /// # Errors
    /// Invalid, for a code beyond the list, and for a category that stands twice.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::Column;
    /// let sizes = Column::from_codes(vec![Some(1), None, Some(0)], &["small", "large"], true)?;
    /// assert_eq!(sizes.scalar(0), "large".into());
    /// assert_eq!(sizes.categories()?, ["small", "large"]);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn from_codes<S: AsRef<str>>(codes: Vec<Option<u32>>, categories: &[S], ordered: bool) -> Result<Column> {
        if let Some(beyond) = codes.iter().flatten().find(|c| **c as usize >= categories.len()) {
            return Err(Error::invalid(format!("the code {beyond} of {} categories", categories.len())));
        }
        let mut seen = hashbrown::HashSet::new();
        for category in categories.iter().map(AsRef::as_ref) {
            if !seen.insert(category) {
                return Err(Error::invalid(format!("the category {category:?} stands twice")));
            }
        }
        let list: StringViewArray = categories.iter().map(|c| Some(c.as_ref())).collect();
        let array = DictionaryArray::<at::UInt32Type>::try_new(UInt32Array::from(codes), Arc::new(list))?;
        Column::new(DType::Categorical { ordered }, Arc::new(array))
    }

    /// The list of categories, in its order; those that no row has too.
    ///
    /// # Errors
    /// Type, for what are no categories.
    pub fn categories(&self) -> Result<Vec<String>> {
        let DType::Categorical { .. } = self.dtype() else {
            return Err(Error::wrong_type(format!("categories are asked of {}", self.dtype())));
        };
        let list = self.values().as_dictionary::<at::UInt32Type>().values().as_string_view();
        Ok(list.iter().map(|t| t.unwrap_or_default().to_string()).collect())
    }

    /// The code of each row in the list of categories.
    ///
    /// # Errors
    /// Type, for what are no categories.
    pub fn codes(&self) -> Result<Vec<Option<u32>>> {
        self.categories()?;
        Ok(self.values().as_dictionary::<at::UInt32Type>().keys().iter().collect())
    }

    /// Texts (or categories) as categories of this list, in its order; texts that are not in it become missing. pandas:
    /// `s.astype(CategoricalDtype(list, ordered))`.
    ///
    /// # Errors
    /// Type, for what is no text; invalid, for a category that stands twice.
    pub fn with_categories<S: AsRef<str>>(&self, categories: &[S], ordered: bool) -> Result<Column> {
        let texts = self.cast(&DType::Str)?;
        let codes: HashMap<&str, u32> = categories.iter().enumerate().map(|(i, c)| (c.as_ref(), i as u32)).collect();
        let found = texts.values().as_string_view().iter().map(|t| t.and_then(|t| codes.get(t).copied())).collect();
        Column::from_codes(found, categories, ordered)
    }
}
