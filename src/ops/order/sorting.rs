use crate::error::{Error, Result, ResultExt};
use crate::frame::{DataFrame, Series};
use crate::kernel::order::{Direction, KeyColumn, SortKey, row_codes, row_count, sort_rows};
use crate::store::Column;
use arrow::array::UInt64Array;

/// Where missing values go when rows are sorted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Missing {
    /// Behind all others.
    #[default]
    Last,
    /// Before all others.
    First,
}

/// How rows are sorted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sorting {
    /// Which values come first.
    pub direction: Direction,
    /// Where missing values go.
    pub missing: Missing,
}

/// Which of the rows of one value stand among the first ones, where not all of them fit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ties {
    /// Those that stand first.
    #[default]
    First,
    /// Those that stand last, the last first.
    Last,
    /// All, also where these are more than were asked for.
    All,
}

impl Ties {
    /// Every one, with pandas' word.
    pub const ALL: [(Ties, &'static str); 3] = [(Ties::First, "first"), (Ties::Last, "last"), (Ties::All, "all")];
}

/// The order of rows by some columns.
pub(crate) fn order(columns: &[(&Column, Direction)], missing: Missing) -> Result<Vec<u32>> {
    let rows = row_count(columns.first().map_or(0, |(c, _)| c.len()))?;
    let keys = columns.iter().map(|(c, direction)| Ok(SortKey { keys: KeyColumn::new(c)?, direction: *direction }));
    let keys = keys.collect::<Result<Vec<_>>>()?;
    let order = sort_rows(&keys, rows);
    if missing == Missing::Last || keys.iter().all(|k| k.keys.valid().is_none()) {
        return Ok(order);
    }
    // Missing first in every key: a key of its own before each, 0 where it is missing.
    let flagged = keys.into_iter().flat_map(|key| {
        let there: Vec<bool> = (0..rows).map(|r| key.keys.is_valid(r)).collect();
        let there = KeyColumn::new(&Column::from(there)).ok().map(|keys| SortKey { keys, direction: Direction::Ascending });
        there.into_iter().chain([key])
    });
    Ok(sort_rows(&flagged.collect::<Vec<_>>(), rows))
}

/// Row numbers as labels and columns take them.
pub(super) fn positions(rows: &[u32]) -> UInt64Array {
    UInt64Array::from_iter_values(rows.iter().map(|&r| r as u64))
}

impl DataFrame {
    /// Sorts rows by columns: by the first, among equals by the next; `("a", Direction::Descending)` puts the large values first.
    /// Stable; missing values and NaN come last; row labels go with their rows.
    ///
    /// Text goes by code points, ordered categories by their list. pandas' `sort_values` with `kind="stable"`.
    ///
    /// # Errors
    /// Not found, with the nearest name; type, for lists and types that are only carried; invalid, without columns.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{DataFrame, Column, kernel::order::Direction};
    /// let df = DataFrame::new([("k", Column::from(vec!["b", "a", "b"])), ("v", Column::from(vec![Some(1.5), None, Some(2.5)]))])?;
    /// let sorted = df.sort_values(&[("k", Direction::Ascending), ("v", Direction::Descending)])?;
    /// assert_eq!(sorted.column("v")?, &Column::from(vec![None, Some(2.5), Some(1.5)]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn sort_values(&self, by: &[(&str, Direction)]) -> Result<DataFrame> {
        self.sort_values_with(by, Missing::Last)
    }

    /// As [`DataFrame::sort_values`], with missing values where they are wanted.
    ///
    /// # Errors
    /// As [`DataFrame::sort_values`].
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, kernel::order::Direction, ops::order::Missing};
    /// let df = DataFrame::new([("x", Column::from(vec![Some(2i64), None, Some(1)]))])?;
    /// let sorted = df.sort_values_with(&[("x", Direction::Ascending)], Missing::First)?;
    /// assert_eq!(sorted.column("x")?, &Column::from(vec![None, Some(1i64), Some(2)]));
    /// assert_eq!(sorted.index().columns()[0], Column::from(vec![1i64, 2, 0]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn sort_values_with(&self, by: &[(&str, Direction)], missing: Missing) -> Result<DataFrame> {
        if by.is_empty() {
            return Err(Error::invalid("no columns to sort by"));
        }
        let mut columns = Vec::with_capacity(by.len());
        for (name, direction) in by {
            let column = self.column(name)?;
            KeyColumn::new(&column.slice(0, 0)).at_column(name)?;
            columns.push((column, *direction));
        }
        self.take(&positions(&order(&columns, missing)?))
    }

    /// Sorts rows by their labels, level by level. Stable.
    ///
    /// # Errors
    /// Type, for labels without an order.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, ops::order::Sorting};
    /// let df = DataFrame::new([("k", Column::from(vec![Some("b"), None, Some("a")])), ("x", vec![1i64, 2, 3].into())])?;
    /// assert_eq!(df.set_index(["k"])?.sort_index(Sorting::default())?.column("x")?, &Column::from(vec![3i64, 1, 2]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn sort_index(&self, sorting: Sorting) -> Result<DataFrame> {
        let levels = self.index().columns();
        let columns: Vec<_> = levels.iter().map(|c| (c, sorting.direction)).collect();
        self.take(&positions(&order(&columns, sorting.missing)?))
    }

    /// The `n` rows with the largest values of a column, the largest first; of equal ones those that stand first. Missing values
    /// come after all others, where there are too few.
    ///
    /// # Errors
    /// Not found, with the nearest name; type, for values that are no numbers or times.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let df = DataFrame::new([("x", Column::from(vec![Some(1i64), None, Some(3), Some(3)]))])?.nlargest(2, "x")?;
    /// assert_eq!(df.column("x")?, &Column::from(vec![3i64, 3]));
    /// assert_eq!(df.index().columns()[0], Column::from(vec![2i64, 3]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn nlargest(&self, n: usize, column: &str) -> Result<DataFrame> {
        self.extremes(n, column, Direction::Descending, Ties::First)
    }

    /// The `n` rows with the smallest values of a column, the smallest first; of equal ones those that stand first. Missing
    /// values come after all others, where there are too few.
    ///
    /// # Errors
    /// As [`DataFrame::nlargest`].
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let df = DataFrame::new([("x", Column::from(vec![Some(5i64), None, Some(3), Some(1)]))])?.nsmallest(2, "x")?;
    /// assert_eq!(df.column("x")?, &Column::from(vec![1i64, 3]));
    /// assert_eq!(df.index().columns()[0], Column::from(vec![3i64, 2]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn nsmallest(&self, n: usize, column: &str) -> Result<DataFrame> {
        self.extremes(n, column, Direction::Ascending, Ties::First)
    }

    /// As [`DataFrame::nlargest`], with a word on rows of one value of which not all fit.
    ///
    /// # Errors
    /// As there.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, ops::order::Ties};
    /// let df = DataFrame::new([("x", Column::from(vec![Some(3i64), None, Some(5), Some(3)]))])?;
    /// assert_eq!(df.nlargest_with(2, "x", Ties::All)?.column("x")?, &Column::from(vec![5i64, 3, 3]));
    /// assert_eq!(df.nlargest_with(2, "x", Ties::Last)?.index().label(1), [3.into()]);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn nlargest_with(&self, n: usize, column: &str, ties: Ties) -> Result<DataFrame> {
        self.extremes(n, column, Direction::Descending, ties)
    }

    /// As [`DataFrame::nsmallest`], with a word on rows of one value of which not all fit.
    ///
    /// # Errors
    /// As there.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, ops::order::Ties};
    /// let df = DataFrame::new([("x", Column::from(vec![Some(3i64), None, Some(5), Some(3)]))])?;
    /// assert_eq!(df.nsmallest_with(1, "x", Ties::All)?.column("x")?, &Column::from(vec![3i64, 3]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn nsmallest_with(&self, n: usize, column: &str, ties: Ties) -> Result<DataFrame> {
        self.extremes(n, column, Direction::Ascending, ties)
    }

    fn extremes(&self, n: usize, name: &str, direction: Direction, ties: Ties) -> Result<DataFrame> {
        let column = self.column(name)?;
        if !column.dtype().is_numeric() && !column.dtype().is_temporal() {
            let e = Error::wrong_type(format!("the largest and smallest of column {name:?} of type {} are not meant", column.dtype()));
            return Err(e.help("sort_values orders any type"));
        }
        self.take(&positions(&extreme_rows(column, n, direction, ties)?))
    }
}

/// The rows of the first `n` values in an order. Rows without a value come after all others, in their order.
fn extreme_rows(column: &Column, n: usize, direction: Direction, ties: Ties) -> Result<Vec<u32>> {
    let mut rows = order(&[(column, direction)], Missing::Last)?;
    if n == 0 || n >= rows.len() {
        rows.truncate(n);
        return Ok(rows);
    }
    let gone = rows.split_off(column.len() - column.missing_count());
    if ties != Ties::First {
        let (codes, _) = row_codes(&[KeyColumn::new(column)?], row_count(column.len())?);
        let same = |a: &u32, b: &u32| codes[*a as usize] == codes[*b as usize];
        if ties == Ties::Last {
            rows.chunk_by_mut(same).for_each(<[u32]>::reverse);
        } else if let Some(last) = rows.get(n - 1).copied() {
            let more = rows[n..].iter().take_while(|r| same(r, &last)).count();
            rows.truncate(n + more);
        }
    }
    match ties {
        Ties::All if rows.len() < n => rows.extend(gone),
        Ties::All => {}
        _ => {
            rows.extend(gone);
            rows.truncate(n);
        }
    }
    Ok(rows)
}

impl Series {
    /// The values in order, with their labels. Stable.
    ///
    /// Missing values come last where nothing else is said.
    ///
    /// # Errors
    /// Type, for values without an order.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, kernel::order::Direction, ops::order::Sorting};
    /// let s = DataFrame::new([("x", Column::from(vec![Some(2i64), None, Some(3)]))])?.series("x")?;
    /// let sorted = s.sort_values(Sorting { direction: Direction::Descending, ..Sorting::default() })?;
    /// assert_eq!(sorted.data(), &Column::from(vec![Some(3i64), Some(2), None]));
    /// assert_eq!(sorted.index().columns()[0], Column::from(vec![2i64, 0, 1]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn sort_values(&self, sorting: Sorting) -> Result<Series> {
        let rows = positions(&order(&[(self.data(), sorting.direction)], sorting.missing)?);
        Series::new(self.name().map(Into::into), self.data().take(&rows)?, self.index().take(&rows)?.into())
    }
}
