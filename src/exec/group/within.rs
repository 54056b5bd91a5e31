//! What is done inside groups with the rows staying: shifts, running values, windows, functions of the caller.

use super::eager::GroupBy;
use super::rows::{Codes, NONE, key_of};
use crate::dtype::Scalar;
use crate::error::{Error, Place, Result, ResultExt};
use crate::exec::apply::guarded;
use crate::frame::{DataFrame, Series};
use crate::kernel::agg::Agg;
use crate::kernel::fill::{backward_rows, forward_rows};
use crate::kernel::order::{MISSING, take_optional};
use crate::kernel::window::{self, Bounds, Ewm, EwmStat, Running, Width, Windowing};
use crate::label::{Index, Labels};
use crate::ops::window::Ranks;
use crate::plan::{SortBy, Transform};
use crate::store::Column;
use arrow::array::UInt64Array;
use rayon::prelude::*;

/// Rows as labels take them.
fn wide(rows: &[u32]) -> UInt64Array {
    UInt64Array::from_iter_values(rows.iter().map(|&r| r as u64))
}

/// The place of every row among the rows in groups, or [`MISSING`] for rows of no group.
fn places(rows: &[u32], n: usize) -> Vec<u32> {
    let mut out = vec![MISSING; n];
    rows.iter().enumerate().for_each(|(at, &row)| out[row as usize] = at as u32);
    out
}

impl GroupBy {
    /// The columns that are no key.
    fn others(&self) -> Result<DataFrame> {
        let frame = self.frame();
        let names: Vec<&str> = self.key_names().collect();
        let kept: Vec<usize> = (0..frame.width()).filter(|&i| !names.contains(&frame.names()[i].as_str())).collect();
        frame.columns_at(&kept)
    }

    /// Columns that are no key through a function of the rows of one group, ordered by group; put back in their old order.
    fn each(&self, keep: impl Fn(&Column) -> bool, f: impl Fn(&Column) -> Result<Column> + Sync) -> Result<DataFrame> {
        let (codes, _) = self.codes()?;
        let (rows, starts) = codes.members();
        let others = self.others()?;
        let kept: Vec<usize> = (0..others.width()).filter(|&i| keep(&others.columns()[i])).collect();
        let others = others.columns_at(&kept)?;
        let back: arrow::buffer::ScalarBuffer<u32> = places(&rows, others.height()).into();
        let one = |(c, name): (&Column, &String)| -> Result<Column> {
            let gathered = c.take(&wide(&rows))?;
            let parts: Vec<Result<Column>> =
                starts.par_windows(2).with_min_len(64).map(|w| f(&gathered.slice(w[0], w[1] - w[0]))).collect();
            let parts = parts.into_iter().collect::<Result<Vec<_>>>().at_column(name)?;
            let made = if parts.is_empty() { f(&gathered)? } else { Column::concat(&parts)? };
            Ok(take_optional(std::slice::from_ref(&made), &back)?.swap_remove(0))
        };
        let made = others.columns().iter().zip(others.names()).map(one).collect::<Result<_>>()?;
        others.with_columns(made)
    }

    /// Columns in the order of the groups, under the key and the old labels.
    fn by_group(&self, like: &DataFrame, columns: Vec<Column>, keys: &[Column], rows: &UInt64Array) -> Result<DataFrame> {
        let index = self.frame().index();
        let mut levels = keys.iter().map(|k| k.take(rows)).collect::<Result<Vec<_>>>()?;
        levels.extend(index.columns().iter().map(|c| c.take(rows)).collect::<Result<Vec<_>>>()?);
        let names = self.key_names().map(|n| Some(n.to_string())).chain(index.names().into_iter().map(|n| n.map(Into::into)));
        DataFrame::with_index(Labels::new(like.names().to_vec()), columns, Index::from_columns(names.collect(), &levels)?)
    }

    /// Columns that are no key with each row's values taken from another row of its group, or none.
    fn moved(&self, other: impl Fn(&Codes, &Column) -> Result<Vec<u32>> + Sync) -> Result<DataFrame> {
        let (codes, _) = self.codes()?;
        let others = self.others()?;
        let one = |(c, name): (&Column, &String)| -> Result<Column> {
            let rows = other(&codes, c).at_column(name)?;
            Ok(take_optional(std::slice::from_ref(c), &rows.into())?.swap_remove(0))
        };
        let made = others.columns().par_iter().zip(others.names()).map(one).collect::<Result<_>>()?;
        others.with_columns(made)
    }

    /// The values so many rows before in the group (after, where negative); missing where there is no such row. Types stay.
    ///
    /// # Errors
    /// As [`GroupBy::agg`].
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let df = DataFrame::new([("k", Column::from(vec!["a", "b", "a"])), ("x", vec![1i64, 2, 3].into())])?;
    /// assert_eq!(df.groupby(["k"]).shift(1)?.column("x")?, &Column::from(vec![None, None, Some(1i64)]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn shift(&self, by: i64) -> Result<DataFrame> {
        self.moved(|codes, c| {
            let (rows, starts) = codes.members();
            let mut from = vec![MISSING; c.len()];
            for w in starts.windows(2) {
                let group = &rows[w[0]..w[1]];
                for (i, &row) in group.iter().enumerate() {
                    let at = (i as i64).checked_sub(by).and_then(|at| usize::try_from(at).ok());
                    from[row as usize] = at.and_then(|at| group.get(at)).copied().unwrap_or(MISSING);
                }
            }
            Ok(from)
        })
    }

    /// Less the values so many rows before in the group. Missing where either value is.
    ///
    /// # Errors
    /// Type, for what cannot be subtracted; overflow, for integers.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let df = DataFrame::new([("k", Column::from(vec!["a", "b", "a"])), ("x", vec![1i64, 2, 4].into())])?;
    /// assert_eq!(df.groupby(["k"]).diff(1)?.column("x")?, &Column::from(vec![None, None, Some(3i64)]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn diff(&self, by: i64) -> Result<DataFrame> {
        self.others()?.operate(crate::plan::BinaryOp::Sub, &self.shift(by)?, &Default::default())
    }

    /// The change from so many rows before in the group, as a share of it. Of type f64; missing where either value is.
    ///
    /// # Errors
    /// Type, for what are no numbers.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let df = DataFrame::new([("k", Column::from(vec!["a", "b", "a"])), ("x", vec![2i64, 2, 3].into())])?;
    /// assert_eq!(df.groupby(["k"]).pct_change(1)?.column("x")?, &Column::from(vec![None, None, Some(0.5)]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn pct_change(&self, by: i64) -> Result<DataFrame> {
        self.others()?.div(&self.shift(by)?)?.sub(1)
    }

    fn filled(
        &self,
        limit: Option<usize>,
        rule: impl Fn(&arrow::buffer::BooleanBuffer, Option<usize>) -> UInt64Array + Sync,
    ) -> Result<DataFrame> {
        self.moved(|codes, c| {
            let (rows, starts) = codes.members();
            let there = c.present();
            let mut from = vec![MISSING; c.len()];
            for w in starts.windows(2) {
                let group = &rows[w[0]..w[1]];
                let own = arrow::buffer::BooleanBuffer::collect_bool(group.len(), |i| there.value(group[i] as usize));
                let found = rule(&own, limit);
                for (&row, at) in group.iter().zip(found.iter()) {
                    from[row as usize] = at.map_or(MISSING, |at| group[at as usize]);
                }
            }
            Ok(from)
        })
    }

    /// Missing values take the last value before them in their group, at most `limit` rows on. Types stay.
    ///
    /// # Errors
    /// As [`GroupBy::agg`].
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let df = DataFrame::new([("k", Column::from(vec!["a", "b", "a", "b"])), ("x", vec![Some(1i64), None, None, Some(2)].into())])?;
    /// assert_eq!(df.groupby(["k"]).ffill(None)?.column("x")?, &Column::from(vec![Some(1i64), None, Some(1), Some(2)]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn ffill(&self, limit: Option<usize>) -> Result<DataFrame> {
        self.filled(limit, forward_rows)
    }

    /// Missing values take the next value after them in their group, at most `limit` rows back. Types stay.
    ///
    /// # Errors
    /// As [`GroupBy::agg`].
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let df = DataFrame::new([("k", Column::from(vec!["a", "b", "a", "b"])), ("x", vec![Some(1i64), None, None, Some(2)].into())])?;
    /// assert_eq!(df.groupby(["k"]).bfill(None)?.column("x")?, &Column::from(vec![Some(1i64), Some(2), None, Some(2)]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn bfill(&self, limit: Option<usize>) -> Result<DataFrame> {
        self.filled(limit, backward_rows)
    }

    /// The sum so far in the group, of numeric columns; missing rows stay missing and are passed over.
    ///
    /// # Errors
    /// Overflow, where an integer does not hold it.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let df = DataFrame::new([("k", Column::from(vec!["a", "b", "a", "a"])), ("x", vec![Some(1i64), Some(2), None, Some(3)].into())])?;
    /// assert_eq!(df.groupby(["k"]).cumsum()?.column("x")?, &Column::from(vec![Some(1i64), Some(2), None, Some(4)]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn cumsum(&self) -> Result<DataFrame> {
        self.transform(Transform::Cumsum)
    }

    /// The product so far in the group, of numeric columns. Missing rows stay missing and are passed over.
    ///
    /// # Errors
    /// Overflow, where an integer does not hold it.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let df = DataFrame::new([("k", Column::from(vec!["a", "b", "a", "a"])), ("x", vec![Some(2i64), Some(2), None, Some(3)].into())])?;
    /// assert_eq!(df.groupby(["k"]).cumprod()?.column("x")?, &Column::from(vec![Some(2i64), Some(2), None, Some(6)]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn cumprod(&self) -> Result<DataFrame> {
        self.each(|c| c.dtype().is_numeric(), |c| window::cumulate(c, Running::Prod))
    }

    /// The smallest so far in the group. Types stay; missing rows stay missing and are passed over.
    ///
    /// # Errors
    /// Type, for values without an order.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let df = DataFrame::new([("k", Column::from(vec!["a", "b", "a", "a"])), ("x", vec![Some(2i64), Some(1), None, Some(3)].into())])?;
    /// assert_eq!(df.groupby(["k"]).cummin()?.column("x")?, &Column::from(vec![Some(2i64), Some(1), None, Some(2)]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn cummin(&self) -> Result<DataFrame> {
        self.each(|c| window::running_dtype(Running::Min, c.dtype()).is_ok(), |c| window::cumulate(c, Running::Min))
    }

    /// The largest so far in the group. Types stay; missing rows stay missing and are passed over.
    ///
    /// # Errors
    /// Type, for values without an order.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let df = DataFrame::new([("k", Column::from(vec!["a", "b", "a", "a"])), ("x", vec![Some(4i64), Some(5), None, Some(3)].into())])?;
    /// assert_eq!(df.groupby(["k"]).cummax()?.column("x")?, &Column::from(vec![Some(4i64), Some(5), None, Some(4)]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn cummax(&self) -> Result<DataFrame> {
        self.each(|c| window::running_dtype(Running::Max, c.dtype()).is_ok(), |c| window::cumulate(c, Running::Max))
    }

    /// Ranks in the group, from 1; missing values have none. Of type f64.
    ///
    /// # Errors
    /// Type, for values without an order.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, ops::window::Ranks};
    /// let df = DataFrame::new([("k", Column::from(vec!["a", "b", "a", "a"])), ("x", vec![Some(7i64), Some(1), None, Some(7)].into())])?;
    /// let ranks = df.groupby(["k"]).rank(Ranks::default())?;
    /// assert_eq!(ranks.column("x")?, &Column::from(vec![Some(1.5), Some(1.0), None, Some(1.5)]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn rank(&self, how: Ranks) -> Result<DataFrame> {
        self.each(|_| true, |c| window::rank(c, how.ranking, how.direction, how.percent))
    }

    /// An aggregate of its group beside every row: pandas' `transform("mean")`. Of the columns that it is meant for and that are
    /// no key; rows without a group get missing values.
    ///
    /// # Errors
    /// As [`GroupBy::op`].
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, plan::Agg};
    /// let df = DataFrame::new([("k", Column::from(vec![Some("a"), Some("b"), Some("a"), None])), ("x", vec![1i64, 2, 4, 5].into())])?;
    /// let means = df.groupby(["k"]).broadcast(Agg::Mean)?;
    /// assert_eq!(means.column("x")?, &Column::from(vec![Some(2.5), Some(2.0), Some(2.5), None]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn broadcast(&self, agg: Agg) -> Result<DataFrame> {
        let (codes, _) = self.codes()?;
        let found = self.op(agg)?;
        let rows: Vec<u32> = codes.codes.iter().map(|&c| if c == NONE { MISSING } else { c }).collect();
        let columns = take_optional(found.columns(), &rows.into())?;
        DataFrame::with_index(found.labels().clone(), columns, (**self.frame().index()).clone())
    }

    /// Calls `f` with the key and the rows of every group, in parallel; it gives as many rows, which take the places of the rows of
    /// the group. Rows without a group get missing values. pandas' `transform(f)`.
    ///
    /// # Errors
    /// The first error of `f`, with its group; invalid, where it panics; shape, where it gives another number of rows or other
    /// columns than for the first group.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let df = DataFrame::new([("k", Column::from(vec!["a", "b", "a"])), ("x", vec![1.0, 2.0, 3.0].into())])?;
    /// let shares = df.groupby(["k"]).transform_with(|_, rows| {
    ///     let x = rows.series("x")?;
    ///     x.div(x.reduce(hpda_data::plan::Agg::Sum)?)?.to_frame()
    /// })?;
    /// assert_eq!(shares.column("x")?, &Column::from(vec![0.25, 1.0, 0.75]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn transform_with(&self, f: impl Fn(&[Scalar], &DataFrame) -> Result<DataFrame> + Sync) -> Result<DataFrame> {
        let (codes, keys) = self.codes()?;
        let (rows, starts) = codes.members();
        let one = |g: usize| {
            let (key, own) = (key_of(&keys, &codes, g), &rows[starts[g]..starts[g + 1]]);
            guarded(
                || group_place(&key),
                || {
                    let made = f(&key, &self.frame().take(&wide(own))?)?;
                    if made.height() == own.len() {
                        return Ok(made);
                    }
                    Err(Error::shape(format!("the function gives {} rows for {}", made.height(), own.len())))
                },
            )
        };
        let made: Vec<Result<DataFrame>> = (0..codes.len()).into_par_iter().map(one).collect();
        let made = made.into_iter().collect::<Result<Vec<_>>>()?;
        let Some(first) = made.first() else { return self.others() };
        if made.iter().any(|m| m.labels() != first.labels()) {
            return Err(Error::shape("the function gives different columns for different groups"));
        }
        let back: arrow::buffer::ScalarBuffer<u32> = places(&rows, self.frame().height()).into();
        let whole = (0..first.width()).map(|i| {
            let parts: Vec<Column> = made.iter().map(|m| m.columns()[i].clone()).collect();
            Column::concat(&parts).at_column(&first.names()[i])
        });
        let columns = take_optional(&whole.collect::<Result<Vec<_>>>()?, &back)?;
        DataFrame::with_index(first.labels().clone(), columns, (**self.frame().index()).clone())
    }

    /// The number of each row's group, in the order of the groups; missing without a group. Of type i64.
    ///
    /// # Errors
    /// As [`GroupBy::agg`].
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let df = DataFrame::new([("k", Column::from(vec![Some("b"), None, Some("a")]))])?;
    /// assert_eq!(df.groupby(["k"]).ngroup()?.data(), &Column::from(vec![Some(1i64), None, Some(0)]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn ngroup(&self) -> Result<Series> {
        let (codes, _) = self.codes()?;
        let numbers: Vec<Option<i64>> = codes.codes.iter().map(|&c| (c != NONE).then_some(c as i64)).collect();
        Series::new(None, numbers.into(), self.frame().index().clone())
    }

    /// The rows of the group with this key. All columns, the keys too.
    ///
    /// # Errors
    /// Not found, for a key that no row has; shape, for another number of values than keys.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let df = DataFrame::new([("k", Column::from(vec!["b", "a", "b"])), ("x", vec![1i64, 2, 4].into())])?;
    /// assert_eq!(df.groupby(["k"]).get_group(["b"])?.column("x")?, &Column::from(vec![1i64, 4]));
    /// assert!(df.groupby(["k"]).get_group(["c"]).is_err());
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn get_group<S: Into<Scalar>>(&self, key: impl IntoIterator<Item = S>) -> Result<DataFrame> {
        let key: Vec<Scalar> = key.into_iter().map(Into::into).collect();
        let (codes, keys) = self.codes()?;
        if key.len() != keys.len() {
            return Err(Error::shape(format!("{} values for a key of {}", key.len(), keys.len())));
        }
        let found =
            (0..codes.len()).find(|&g| key_of(&keys, &codes, g).iter().zip(&key).all(|(a, b)| a == b || a.to_string() == b.to_string()));
        let Some(g) = found else {
            let shown: Vec<String> = key.iter().map(ToString::to_string).collect();
            let known: Vec<String> = (0..codes.len().min(20)).map(|g| key_of(&keys, &codes, g)[0].to_string()).collect();
            return Err(Error::not_found("group", &shown.join(", "), known.iter().map(String::as_str)));
        };
        let (rows, starts) = codes.members();
        self.frame().take(&wide(&rows[starts[g]..starts[g + 1]]))
    }

    /// The first `rows` rows of each group in an order, group by group: the lazy [`crate::plan::LazyGroupBy::top`].
    ///
    /// # Errors
    /// As there.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, plan::desc};
    /// let df = DataFrame::new([("k", Column::from(vec!["b", "a", "b", "a"])), ("x", vec![Some(1i64), None, Some(4), Some(2)].into())])?;
    /// assert_eq!(df.groupby(["k"]).top(1, [desc("x")])?.column("x")?, &Column::from(vec![2i64, 4]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn top<B: Into<SortBy>>(&self, rows: usize, by: impl IntoIterator<Item = B>) -> Result<DataFrame> {
        if let Index::Range { name: None, .. } = &**self.frame().index() {
            // Rows keep their labels: as a level without a name, which goes along as a column.
            let labels = Index::flat(None, self.frame().index().columns().swap_remove(0));
            let groups = GroupBy::over(self.frame().with_row_labels(labels)?, self);
            return groups.lazy_groups()?.top(rows, by)?.collect(&GroupBy::options());
        }
        self.lazy_groups()?.top(rows, by)?.collect(&GroupBy::options())
    }

    /// Windows inside the groups: `df.groupby(["station"]).rolling(Windowing::rows(7)).mean()`.
    ///
    /// Results stand group by group, labelled by the key and the old row labels, as in pandas. Windows of time go along the row
    /// labels, or a column ([`GroupRolling::on`]), and must ascend in each group.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, plan::Windowing};
    /// let df = DataFrame::new([("k", Column::from(vec!["b", "a", "b", "b"])), ("x", vec![Some(1i64), Some(2), Some(4), None].into())])?;
    /// let sums = df.groupby(["k"]).rolling(Windowing::rows(2).min_count(1)).sum()?;
    /// assert_eq!(sums.column("x")?, &Column::from(vec![2.0, 1.0, 5.0, 4.0]));
    /// assert_eq!(sums.index().label(1), ["b".into(), 0.into()]);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn rolling(&self, windows: Windowing) -> GroupRolling {
        GroupRolling { groups: self.clone(), windows, on: None }
    }

    /// Windows of all rows of the group up to each, of at least so many values. f64, group by group.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let df = DataFrame::new([("k", Column::from(vec!["b", "a", "b", "b"])), ("x", vec![Some(1i64), Some(2), Some(4), None].into())])?;
    /// let means = df.groupby(["k"]).expanding(2).mean()?;
    /// assert_eq!(means.column("x")?, &Column::from(vec![None, None, Some(2.5), Some(2.5)]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn expanding(&self, min_count: usize) -> GroupRolling {
        self.rolling(Windowing::new(Width::Expanding).min_count(min_count))
    }

    /// Statistics of numeric columns whose weights fall with the distance of rows inside the group. f64 (f32 of f32), group by
    /// group, labelled by the key and the old row labels.
    ///
    /// # Errors
    /// Invalid, for a decay that is none.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, kernel::window::{Decay, Ewm, EwmStat}};
    /// let df = DataFrame::new([("k", Column::from(vec!["b", "a", "b"])), ("x", vec![1.0, 2.0, 4.0].into())])?;
    /// let means = df.groupby(["k"]).ewm(Ewm::new(Decay::Alpha(0.5)), EwmStat::Mean)?;
    /// assert_eq!(means.column("x")?, &Column::from(vec![2.0, 1.0, 3.0]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn ewm(&self, how: Ewm, stat: EwmStat) -> Result<DataFrame> {
        how.decay.alpha()?;
        let (codes, keys) = self.codes()?;
        let (rows, starts) = codes.members();
        let rows = wide(&rows);
        let others = self.others()?.select_dtypes(|t| window::window_dtype(Agg::Mean, t).is_ok())?;
        let one = |(c, name): (&Column, &String)| -> Result<Column> {
            let values = c.take(&rows)?.to_f64()?;
            let parts: Vec<Result<Vec<f64>>> =
                starts.par_windows(2).with_min_len(64).map(|w| how.apply(&values[w[0]..w[1]], stat)).collect();
            let made = parts.into_iter().collect::<Result<Vec<_>>>().at_column(name)?.concat();
            Ok(Column::from_f64(made, &window::window_dtype(Agg::Mean, c.dtype())?))
        };
        let columns = others.columns().iter().zip(others.names()).map(one).collect::<Result<_>>()?;
        self.by_group(&others, columns, &keys, &rows)
    }
}

/// A group, as the place of an error.
pub(super) fn group_place(key: &[Scalar]) -> Place {
    let shown: Vec<String> = key.iter().map(ToString::to_string).collect();
    Place { op: Some(format!("group {}", shown.join(", "))), ..Place::default() }
}

/// The windows inside groups. Made by [`GroupBy::rolling`].
#[derive(Clone, Debug)]
pub struct GroupRolling {
    groups: GroupBy,
    windows: Windowing,
    on: Option<String>,
}

macro_rules! aggregations {
    ($($name:ident $agg:ident $doc:literal $found:literal;)*) => { $(
        #[doc = $doc]
        ///
        /// # Errors
        /// As [`GroupRolling::agg`].
        ///
        /// # Examples
        /// ```
        /// use hpda_data::{Column, DataFrame, plan::Windowing};
        /// let k = Column::from(vec!["a", "b", "a", "a", "a"]);
        /// let df = DataFrame::new([("k", k), ("x", vec![2i64, 9, 2, 2, 6].into())])?;
        #[doc = concat!("let found = df.groupby([\"k\"]).rolling(Windowing::rows(4)).", stringify!($name), "()?;")]
        #[doc = concat!("assert_eq!(found.column(\"x\")?, &Column::from(vec!", $found, "));")]
        /// # Ok::<(), hpda_data::Error>(())
        /// ```
        pub fn $name(&self) -> Result<DataFrame> {
            self.agg(Agg::$agg)
        }
    )* };
}

impl GroupRolling {
    /// Windows of time go along this column, which is left out of the result.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, frame::date_range_n, plan::{Width, Windowing}};
    /// let df = DataFrame::new([("k", Column::from(vec!["a", "b", "a"])), ("t", date_range_n("2024-01-01", 3, "D")?), ("x", vec![1i64, 2, 4].into())])?;
    /// let days = Windowing::new(Width::parse("2D")?).min_count(1);
    /// assert_eq!(df.groupby(["k"]).rolling(days).on("t").sum()?.column("x")?, &Column::from(vec![1.0, 4.0, 2.0]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn on(mut self, column: &str) -> GroupRolling {
        self.on = Some(column.into());
        self
    }

    /// An aggregation over each window of every numeric column that is no key, missing values skipped. f64 (f32 of f32); missing
    /// where a window has too few.
    ///
    /// # Errors
    /// Unsupported, for an aggregation that windows do not have; not found, for the column of times; invalid, for windows of time
    /// without times or over times that fall.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, plan::{Agg, Windowing}};
    /// let df = DataFrame::new([("k", Column::from(vec!["b", "a", "b", "b"])), ("x", vec![Some(1i64), Some(2), Some(4), None].into())])?;
    /// let largest = df.groupby(["k"]).rolling(Windowing::rows(2)).agg(Agg::Max)?;
    /// assert_eq!(largest.column("x")?, &Column::from(vec![None, None, Some(4.0), None]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn agg(&self, agg: Agg) -> Result<DataFrame> {
        let rule = self.windows.rule(agg)?;
        let (codes, keys) = self.groups.codes()?;
        let (rows, starts) = codes.members();
        let rows = wide(&rows);
        let index = self.groups.frame().index();
        let times = match &self.on {
            Some(name) => Some(self.groups.frame().column(name)?.take(&rows)?),
            None if index.nlevels() == 1 && index.dtype(0).is_temporal() => Some(index.columns().swap_remove(0).take(&rows)?),
            None => None,
        };
        let (mut from, mut to) = (Vec::with_capacity(rows.len()), Vec::with_capacity(rows.len()));
        for w in starts.windows(2) {
            let n = w[1] - w[0];
            let own = self.windows.bounds(n, times.as_ref().map(|t| t.slice(w[0], n)).as_ref())?;
            for row in 0..n {
                let window = own.range(row, n);
                from.push((w[0] + window.start.min(window.end)) as u32);
                to.push((w[0] + window.end) as u32);
            }
        }
        let bounds = Bounds::Given { starts: from, ends: to };
        let others = self.groups.others()?;
        let meant = |i: &usize| {
            let named = self.on.as_deref() == Some(others.names()[*i].as_str());
            !named && window::window_dtype(agg, others.columns()[*i].dtype()).is_ok()
        };
        let kept: Vec<usize> = (0..others.width()).filter(meant).collect();
        let one = |&i: &usize| window::roll(&others.columns()[i].take(&rows)?, &bounds, &rule).at_column(&others.names()[i]);
        let columns = kept.par_iter().map(one).collect::<Result<Vec<_>>>()?;
        self.groups.by_group(&others.columns_at(&kept)?, columns, &keys, &rows)
    }

    /// A quantile of each window. f64.
    ///
    /// # Errors
    /// As [`GroupRolling::agg`].
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, plan::Windowing};
    /// let df = DataFrame::new([("k", Column::from(vec!["b", "a", "b"])), ("x", vec![1i64, 2, 4].into())])?;
    /// let found = df.groupby(["k"]).rolling(Windowing::rows(2)).quantile(0.5)?;
    /// assert_eq!(found.column("x")?, &Column::from(vec![None, None, Some(2.5)]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn quantile(&self, probability: f64) -> Result<DataFrame> {
        self.agg(Agg::Quantile(probability))
    }

    crate::exec::names::of_windows!(aggregations);
}
