//! Bags of records as tables, and tables as bags.

use super::Bag;
use crate::dtype::Scalar;
use crate::error::{Error, Result};
use crate::frame::{DataFrame, column_of};

/// What can be a row of a table: tuples and lists of values.
pub trait Record {
    /// The values, one for each column.
    fn values(self) -> Vec<Scalar>;
}

impl Record for Vec<Scalar> {
    fn values(self) -> Vec<Scalar> {
        self
    }
}

macro_rules! tuples {
    ($($name:ident),*) => {
        impl<$($name: Into<Scalar>),*> Record for ($($name,)*) {
            #[allow(non_snake_case)]
            fn values(self) -> Vec<Scalar> {
                let ($($name,)*) = self;
                vec![$($name.into()),*]
            }
        }
    };
}
tuples!(A);
tuples!(A, B);
tuples!(A, B, C);
tuples!(A, B, C, D);
tuples!(A, B, C, D, E);
tuples!(A, B, C, D, E, F);

impl<T: Record + Send + 'static> Bag<T> {
    /// The records as rows of a table with these columns, in order. Runs the plan. dask: `b.to_dataframe()`.
    ///
    /// # Errors
    /// What the functions and the source say; shape, for a record with more or fewer values than there are names; type, for values of a
    /// column that have no common type.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, exec::Bag};
    /// let counts = Bag::from_items("banana".chars(), 2).frequencies()?.map(|(c, n)| (c.to_string(), n)).to_frame(&["letter", "n"])?;
    /// assert_eq!(counts.column("letter")?, &Column::from(vec!["b", "a", "n"]));
    /// assert_eq!(counts.column("n")?, &Column::from(vec![1u64, 3, 2]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn to_frame(&self, names: &[&str]) -> Result<DataFrame> {
        let n = names.len();
        let rows = self.try_map(move |x| {
            let values = x.values();
            if values.len() == n { Ok(values) } else { Err(Error::shape(format!("a record of {} values for {n} columns", values.len()))) }
        });
        let mut columns: Vec<Vec<Scalar>> = vec![Vec::new(); n];
        for row in rows.collect()? {
            columns.iter_mut().zip(row).for_each(|(column, value)| column.push(value));
        }
        let columns: Vec<_> = names.iter().zip(&columns).map(|(name, values)| Ok((*name, column_of(values)?))).collect::<Result<_>>()?;
        DataFrame::new(columns)
    }
}
