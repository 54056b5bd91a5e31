//! Numbers of few groups whose rows come batch by batch.

use super::rows::{NONE, codes};
use crate::error::Result;
use crate::exec::order::take_own;
use crate::kernel::order::{KeyColumn, row_codes, row_count};
use crate::plan::GroupOrder;
use crate::store::Column;

/// Groups in the order in which they appear. All keys known are looked at with each batch, so these must be few.
#[derive(Debug, Default)]
pub(super) struct Numbering {
    keys: Vec<Column>,
    groups: usize,
}

impl Numbering {
    /// The group of each row, [`NONE`] for rows in no group.
    ///
    /// # Errors
    /// Type, for columns that are no keys.
    pub(super) fn codes(&mut self, keys: &[Column], keep_missing: bool) -> Result<Vec<u32>> {
        let here = codes(keys, keep_missing, GroupOrder::Appearance)?;
        let (mut made, firsts) = (here.codes, here.firsts);
        let mut all = take_own(keys, &firsts.into())?;
        if self.groups > 0 {
            all = self.keys.iter().zip(all).map(|(known, new)| Column::concat(&[known.clone(), new])).collect::<Result<_>>()?;
        }
        let rows = row_count(all.first().map_or(0, Column::len))?;
        let (numbers, first) = row_codes(&all.iter().map(KeyColumn::new).collect::<Result<Vec<_>>>()?, rows);
        let before = self.groups;
        if first.len() > before {
            self.groups = first.len();
            self.keys = take_own(&all, &first.into())?;
        }
        made.iter_mut().filter(|c| **c != NONE).for_each(|c| *c = numbers[before + *c as usize]);
        Ok(made)
    }

    /// How many groups there are by now.
    pub(super) fn len(&self) -> usize {
        self.groups
    }
}
