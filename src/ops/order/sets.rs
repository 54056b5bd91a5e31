use super::sorting::positions;
use crate::error::{Result, ResultExt};
use crate::frame::{DataFrame, Series};
use crate::kernel::order::{Keep, KeyColumn, kept, row_codes, row_count, take};
use crate::store::Column;

impl DataFrame {
    fn kept(&self, subset: Option<&[&str]>, keep: Keep) -> Result<Vec<bool>> {
        let names: Vec<&str> = match subset {
            Some(names) => names.to_vec(),
            None => self.names().iter().map(String::as_str).collect(),
        };
        let rows = row_count(self.height())?;
        let keys = names.iter().map(|n| KeyColumn::new(self.column(n)?).at_column(n)).collect::<Result<Vec<_>>>()?;
        let mut out = vec![false; rows as usize];
        kept(&keys, rows, keep).into_iter().for_each(|row| out[row as usize] = true);
        Ok(out)
    }

    /// Which rows repeat another one in some columns (all, when `None`). Missing is the same as missing and NaN; row labels do
    /// not count.
    ///
    /// # Errors
    /// Not found, with the nearest name; type, for lists and types that are only carried.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, ops::order::Keep};
    /// let df = DataFrame::new([("k", Column::from(vec![Some("a"), None, Some("a"), None])), ("x", vec![1i64, 2, 3, 4].into())])?;
    /// assert_eq!(df.duplicated(Some(&["k"]), Keep::First)?, Column::from(vec![false, false, true, true]));
    /// assert_eq!(df.duplicated(None, Keep::First)?, Column::from(vec![false, false, false, false]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn duplicated(&self, subset: Option<&[&str]>, keep: Keep) -> Result<Column> {
        Ok(self.kept(subset, keep)?.into_iter().map(|k| !k).collect::<Vec<bool>>().into())
    }

    /// The rows that do not repeat another one in some columns (all, when `None`), in their order and with their labels.
    ///
    /// # Errors
    /// As [`DataFrame::duplicated`].
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{DataFrame, Column, ops::order::Keep};
    /// let df = DataFrame::new([("k", Column::from(vec![Some(1i64), None, Some(1), None]))])?;
    /// assert_eq!(df.drop_duplicates(None, Keep::First)?.height(), 2);
    /// assert_eq!(df.drop_duplicates(None, Keep::None)?.height(), 0);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn drop_duplicates(&self, subset: Option<&[&str]>, keep: Keep) -> Result<DataFrame> {
        let kept = self.kept(subset, keep)?;
        let rows: Vec<u32> = kept.iter().enumerate().filter(|(_, k)| **k).map(|(i, _)| i as u32).collect();
        self.take(&positions(&rows))
    }
}

impl Series {
    /// The different values in order of first appearance; missing is one of them.
    ///
    /// # Errors
    /// Type, for lists and types that are only carried.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let s = DataFrame::new([("x", Column::from(vec![Some("b"), None, Some("a"), Some("b"), None]))])?.series("x")?;
    /// assert_eq!(s.unique()?, Column::from(vec![Some("b"), None, Some("a")]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn unique(&self) -> Result<Column> {
        let (_, firsts) = row_codes(&[KeyColumn::new(self.data())?], row_count(self.len())?);
        let mut taken = take(std::slice::from_ref(self.data()), &firsts.into())?;
        Ok(taken.swap_remove(0))
    }
}
