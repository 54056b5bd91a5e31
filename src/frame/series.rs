use crate::error::{Error, Result};
use crate::label::Index;
use crate::store::Column;
use std::sync::Arc;

/// One column with labelled rows.
#[derive(Clone, Debug)]
pub struct Series {
    pub(super) name: Option<String>,
    pub(super) data: Column,
    pub(super) index: Arc<Index>,
}

impl Series {
    /// Values under labels.
    ///
    /// # Errors
    /// Shape, where lengths differ.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, Index, Series};
    /// let s = Series::new(Some("x".into()), vec![Some(1i64), None].into(), Index::flat(None, vec!["a", "b"].into()).into())?;
    /// assert_eq!(s.at("a")?, 1.into());
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn new(name: Option<String>, data: Column, index: Arc<Index>) -> Result<Series> {
        if data.len() != index.len() {
            return Err(Error::shape(format!("{} values for {} labels", data.len(), index.len())));
        }
        Ok(Series { name, data, index })
    }

    /// Its name.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// The values.
    pub fn data(&self) -> &Column {
        &self.data
    }

    /// The labels.
    pub fn index(&self) -> &Arc<Index> {
        &self.index
    }

    /// How many rows.
    pub fn len(&self) -> usize {
        self.data.len()
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.data.is_empty()
    }
}
