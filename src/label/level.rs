use super::Index;
use crate::error::{Error, Result};

/// A level of an index, by its name or its number; numbers below 0 count from the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Level {
    /// The level of this name.
    Name(String),
    /// The level of this number.
    Number(i64),
}

impl From<&str> for Level {
    fn from(name: &str) -> Level {
        Level::Name(name.into())
    }
}

impl From<i64> for Level {
    fn from(number: i64) -> Level {
        Level::Number(number)
    }
}

impl From<i32> for Level {
    fn from(number: i32) -> Level {
        Level::Number(number as i64)
    }
}

impl Level {
    /// Its position in an index.
    ///
    /// # Errors
    /// Not found, for a name or number that no level has.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, Index, label::Level};
    /// let index = Index::flat(Some("k"), Column::from(vec!["a"]));
    /// assert_eq!((Level::from("k").position(&index)?, Level::from(-1).position(&index)?), (0, 0));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn position(&self, index: &Index) -> Result<usize> {
        match self {
            Level::Name(name) => index.level(name),
            Level::Number(number) => {
                let count = index.nlevels() as i64;
                let at = if *number < 0 { number + count } else { *number };
                usize::try_from(at).ok().filter(|&a| (a as i64) < count).ok_or_else(|| {
                    Error::new(crate::error::ErrorKind::NotFound, format!("level {number} does not exist"))
                        .help(format!("the index has {count} levels"))
                })
            }
        }
    }
}
