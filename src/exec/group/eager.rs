//! Groups of a table in memory: `DataFrame::groupby`.

use super::rows::{Codes, codes, key_of, mask, transform};
use super::within::group_place;
use crate::dtype::Scalar;
use crate::error::{Error, Result, ResultExt};
use crate::exec::ExecOptions;
use crate::exec::apply::guarded;
use crate::exec::eval::evaluate;
use crate::exec::looking::described;
use crate::frame::{DataFrame, Series};
use crate::kernel::agg::Agg;
use crate::kernel::order::take;
use crate::label::{Index, MultiIndex};
use crate::plan::{Expr, GroupKey, GroupOrder, LazyGroupBy, Transform, aggregate_all, parse_aggregates, resolve};
use crate::store::{Batch, Budget, Column, IndexSpec, Schema};
use rayon::prelude::*;
use std::sync::Arc;

/// A table and the keys of its groups, waiting for what is to be computed. Made by [`DataFrame::groupby`].
///
/// Missing keys (NaN too) form no group unless they are [kept](GroupBy::keep_missing); groups are sorted by key unless
/// [asked otherwise](GroupBy::order). One engine serves this and the lazy [`crate::plan::LazyFrame::groupby`].
#[derive(Clone, Debug)]
pub struct GroupBy {
    frame: DataFrame,
    keys: Vec<GroupKey>,
    order: GroupOrder,
    keep_missing: bool,
}

impl DataFrame {
    /// Groups the rows by one or more keys: columns, named index levels, or expressions under a name ([`GroupKey`]).
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let df = DataFrame::new([("k", Column::from(vec!["b", "a", "b"])), ("x", Column::from(vec![1i64, 2, 4]))])?;
    /// let sums = df.groupby(["k"]).sum()?;
    /// assert_eq!(sums.column("x")?, &Column::from(vec![2i64, 5]));
    /// assert_eq!(sums.index().label(1), ["b".into()]);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn groupby<K: Into<GroupKey>>(&self, keys: impl IntoIterator<Item = K>) -> GroupBy {
        GroupBy { frame: self.clone(), keys: keys.into_iter().map(Into::into).collect(), order: GroupOrder::Sorted, keep_missing: false }
    }
}

macro_rules! aggregations {
    ($($name:ident $agg:ident $doc:literal $found:literal;)*) => { $(
        #[doc = $doc]
        ///
        /// Of every column that it is meant for and that is no key, under the column's name. Missing values are skipped.
        ///
        /// # Errors
        /// As [`GroupBy::op`].
        ///
        /// # Examples
        /// ```
        /// use hpda_data::{Column, DataFrame};
        /// let x = vec![None, Some(2.0), Some(2.0), Some(2.0), Some(6.0)];
        /// let df = DataFrame::new([("k", Column::from(vec!["b", "a", "a", "a", "a"])), ("x", x.into())])?;
        #[doc = concat!("let found = df.groupby([\"k\"]).", stringify!($name), "()?;")]
        #[doc = concat!("assert_eq!(found.column(\"x\")?, &Column::from(", $found, "));")]
        /// # Ok::<(), hpda_data::Error>(())
        /// ```
        pub fn $name(&self) -> Result<DataFrame> {
            self.op(Agg::$agg)
        }
    )* };
}

impl GroupBy {
    /// Groups in this order.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, plan::GroupOrder};
    /// let df = DataFrame::new([("k", Column::from(vec!["b", "a", "b"])), ("x", vec![1i64, 2, 4].into())])?;
    /// let sums = df.groupby(["k"]).order(GroupOrder::Appearance).sum()?;
    /// assert_eq!(sums.column("x")?, &Column::from(vec![5i64, 2]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn order(mut self, order: GroupOrder) -> GroupBy {
        self.order = order;
        self
    }

    /// Rows with a missing key form groups, which come last.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, Scalar};
    /// let df = DataFrame::new([("k", Column::from(vec![Some("b"), None, Some("a")])), ("x", vec![1i64, 2, 4].into())])?;
    /// let sums = df.groupby(["k"]).keep_missing().sum()?;
    /// assert_eq!(sums.column("x")?, &Column::from(vec![4i64, 1, 2]));
    /// assert_eq!(sums.index().label(2), [Scalar::Null]);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn keep_missing(mut self) -> GroupBy {
        self.keep_missing = true;
        self
    }

    /// Groups of a table.
    pub(in crate::exec) fn of(frame: DataFrame, keys: Vec<GroupKey>, order: GroupOrder, keep_missing: bool) -> GroupBy {
        GroupBy { frame, keys, order, keep_missing }
    }

    /// The table.
    pub(in crate::exec) fn frame(&self) -> &DataFrame {
        &self.frame
    }

    /// The groups of another table as these are.
    pub(super) fn over(frame: DataFrame, like: &GroupBy) -> GroupBy {
        GroupBy { frame, ..like.clone() }
    }

    /// The names of the keys.
    pub(in crate::exec) fn key_names(&self) -> impl Iterator<Item = &str> {
        self.keys.iter().map(|k| k.name.as_str())
    }

    /// The same groups of the lazy table.
    pub(super) fn lazy_groups(&self) -> Result<LazyGroupBy> {
        let groups = self.frame.lazy()?.groupby(self.keys.iter().cloned()).order(self.order);
        Ok(if self.keep_missing { groups.keep_missing() } else { groups })
    }

    pub(super) fn options() -> ExecOptions {
        // The table is in memory already, and so is what comes of it.
        ExecOptions { budget: Budget::unlimited(), ..ExecOptions::default() }
    }

    /// Aggregates by name, one row per group; the keys become the index, as in pandas. Expressions may have several columns and
    /// aggregates: `max(x) - min(y)`. Missing values are skipped.
    ///
    /// # Errors
    /// What resolving says: not found, type; invalid, for a column outside an aggregate. Overflow, of integer sums.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, plan::parse};
    /// let df = DataFrame::new([("k", Column::from(vec!["b", "a", "b", "b"])), ("x", vec![Some(1i64), Some(2), Some(4), None].into())])?;
    /// let found = df.groupby(["k"]).agg([("range", parse("max(x) - min(x)")?), ("mean", parse("mean(x)")?)])?;
    /// assert_eq!(found.column("range")?, &Column::from(vec![0i64, 3]));
    /// assert_eq!(found.column("mean")?, &Column::from(vec![2.0, 2.5]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn agg<S: Into<String>>(&self, aggregates: impl IntoIterator<Item = (S, Expr)>) -> Result<DataFrame> {
        let source = self.lazy_groups()?.agg(aggregates)?.source(&GroupBy::options())?;
        let mut batches = Vec::new();
        for batch in crate::exec::stream(&source, None, &GroupBy::options()) {
            batches.push(batch?);
        }
        let whole = Batch::concat(source.schema(), &batches)?;
        let levels = self.keys.iter().map(|k| Some(k.name.clone())).collect();
        let schema = Schema { index: IndexSpec::Levels(levels), ..(**source.schema()).clone() };
        DataFrame::from_batch(&Batch::with_rows(Arc::new(schema), whole.columns, source.rows().unwrap_or(0) as usize)?)
    }

    /// The same from text: `x:mean,max, n=y:count, r=max(x)-min(y)`. Columns are named `x_mean` where no name is given.
    ///
    /// # Errors
    /// Parse, and as [`GroupBy::agg`].
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let df = DataFrame::new([("k", Column::from(vec!["b", "a", "b"])), ("x", vec![Some(1i64), Some(2), None].into())])?;
    /// let found = df.groupby(["k"]).agg_text("x:mean, n=x:count")?;
    /// assert_eq!(found.column("x_mean")?, &Column::from(vec![2.0, 1.0]));
    /// assert_eq!(found.column("n")?, &Column::from(vec![1i64, 1]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn agg_text(&self, text: &str) -> Result<DataFrame> {
        self.agg(parse_aggregates(text, &self.frame.to_batch()?.schema)?)
    }

    /// This aggregate of every column that it is meant for and that is no key, under the column's name.
    ///
    /// # Errors
    /// Type, where it is meant for none; as [`GroupBy::agg`].
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, plan::Agg};
    /// let df = DataFrame::new([("k", Column::from(vec!["b", "a"])), ("x", vec![1i64, 2].into()), ("t", vec!["u", "v"].into())])?;
    /// let means = df.groupby(["k"]).op(Agg::Mean)?;
    /// assert_eq!(means.names(), ["x"]);
    /// assert_eq!(means.column("x")?, &Column::from(vec![2.0, 1.0]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn op(&self, agg: Agg) -> Result<DataFrame> {
        let batch = self.frame.to_batch()?;
        let mut without: Vec<&str> = self.keys.iter().map(|k| k.name.as_str()).collect();
        if let IndexSpec::Levels(levels) = &batch.schema.index {
            without.extend(batch.schema.names().take(levels.len()));
        }
        self.agg(aggregate_all(agg, &batch.schema, &without)?)
    }

    crate::exec::names::of_groups!(aggregations);

    /// A quantile of every numeric column that is no key. Values between two are interpolated; missing ones are skipped; f64.
    ///
    /// # Errors
    /// As [`GroupBy::op`].
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let df = DataFrame::new([("k", Column::from(vec!["a", "a", "a", "b"])), ("x", vec![Some(1i64), Some(2), None, None].into())])?;
    /// assert_eq!(df.groupby(["k"]).quantile(0.25)?.column("x")?, &Column::from(vec![Some(1.25), None]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn quantile(&self, probability: f64) -> Result<DataFrame> {
        self.op(Agg::Quantile(probability))
    }

    /// Count, mean, standard deviation, least, quantiles and largest of every numeric column that is no key, under the keys; the
    /// columns have two levels: the column and what was computed of it. All f64. pandas: `g.describe(percentiles)`.
    ///
    /// # Errors
    /// Invalid, for probabilities outside 0 to 1; type, where no column is numeric.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let df = DataFrame::new([("k", Column::from(vec!["b", "a", "b"])), ("x", vec![Some(1.0), None, Some(4.0)].into())])?;
    /// let found = df.groupby(["k"]).describe(&[0.5])?;
    /// assert_eq!(found.labels().label(4), ["x".into(), "50%".into()]);
    /// assert_eq!(found.columns()[4], Column::from(vec![None, Some(2.5)]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn describe(&self, quantiles: &[f64]) -> Result<DataFrame> {
        let batch = self.frame.to_batch()?;
        let levels = batch.schema.fields.len() - self.frame.width();
        let is_key = |name: &str| self.keys.iter().any(|k| k.name == name);
        let fields = batch.schema.fields[levels..].iter();
        let numeric: Vec<&str> = fields.filter(|f| f.dtype.is_numeric() && !is_key(&f.name)).map(|f| f.name.as_str()).collect();
        if numeric.is_empty() {
            return Err(Error::wrong_type("no column is numeric").help("value_counts tells of text"));
        }
        let rows = described(quantiles)?;
        let wanted = || numeric.iter().flat_map(|&name| rows.iter().map(move |(shown, agg)| (name, shown, *agg)));
        let made = self.agg(wanted().enumerate().map(|(i, (name, _, agg))| (format!("\u{0}{i}"), crate::plan::col(name).agg(agg))))?;
        let tuples = wanted().map(|(name, shown, _)| vec![name.into(), shown.as_str().into()]).collect();
        let columns = made.columns().iter().map(|c| c.cast(&crate::dtype::DType::F64)).collect::<Result<_>>()?;
        DataFrame::with_index(crate::label::Labels::from_tuples(vec![None, None], tuples)?, columns, (**made.index()).clone())
    }

    /// How many rows each group has, missing values counted. Of type i64, under the keys.
    ///
    /// # Errors
    /// As [`GroupBy::agg`].
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let df = DataFrame::new([("k", Column::from(vec!["b", "a", "b"])), ("x", vec![Some(1i64), Some(2), None].into())])?;
    /// assert_eq!(df.groupby(["k"]).size()?.data(), &Column::from(vec![1i64, 2]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn size(&self) -> Result<Series> {
        let (codes, keys) = self.codes()?;
        let mut sizes = vec![0i64; codes.len()];
        for &c in &codes.codes {
            if let Some(n) = sizes.get_mut(c as usize) {
                *n += 1;
            }
        }
        Series::new(None, sizes.into(), Arc::new(self.index(&codes, &keys)?))
    }

    /// The groups' rows and the columns of the key.
    pub(super) fn codes(&self) -> Result<(Codes, Vec<Column>)> {
        let batch = self.frame.to_batch()?;
        let one = |k: &GroupKey| evaluate(&resolve(&k.expr, &batch.schema)?, &batch);
        let keys = self.keys.iter().map(one).collect::<Result<Vec<Column>>>()?;
        if keys.is_empty() {
            return Err(Error::invalid("no keys to group by"));
        }
        Ok((codes(&keys, self.keep_missing, self.order)?, keys))
    }

    fn index(&self, codes: &Codes, keys: &[Column]) -> Result<Index> {
        let rows: arrow::buffer::ScalarBuffer<u32> = codes.firsts.clone().into();
        let levels = take(keys, &rows)?;
        let names: Vec<Option<String>> = self.keys.iter().map(|k| Some(k.name.clone())).collect();
        Ok(match (&levels[..], &names[..]) {
            ([one], [name]) => Index::flat(name.as_deref(), one.clone()),
            _ => Index::Multi(MultiIndex::from_columns(names, &levels)?),
        })
    }

    /// How many groups. A missing key is none.
    ///
    /// # Errors
    /// As [`GroupBy::agg`].
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let df = DataFrame::new([("k", Column::from(vec![Some("b"), None, Some("a"), Some("b")]))])?;
    /// assert_eq!(df.groupby(["k"]).ngroups()?, 2);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn ngroups(&self) -> Result<usize> {
        Ok(self.codes()?.0.len())
    }

    /// Every group: its key and its rows, in order.
    ///
    /// # Errors
    /// As [`GroupBy::agg`].
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let df = DataFrame::new([("k", Column::from(vec!["b", "a", "b"])), ("x", vec![1i64, 2, 4].into())])?;
    /// for (key, rows) in df.groupby(["k"]).groups()? {
    ///     assert_eq!(rows.height(), if key == ["b".into()] { 2 } else { 1 });
    /// }
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn groups(&self) -> Result<Vec<(Vec<Scalar>, DataFrame)>> {
        let (codes, keys) = self.codes()?;
        let (rows, starts) = codes.members();
        let batch = self.frame.to_batch()?;
        let one = |g: usize| Ok((key_of(&keys, &codes, g), rows_of(&batch, &rows[starts[g]..starts[g + 1]])?));
        (0..codes.len()).into_par_iter().map(one).collect()
    }

    /// Calls `f` with the key and the rows of every group, in parallel; the results one below the other, in the order of the
    /// groups. Rows keep the labels that `f` gives them; pandas puts the key before these.
    ///
    /// # Errors
    /// The first error of `f` in that order; invalid, where `f` gives different columns.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let df = DataFrame::new([("k", Column::from(vec!["b", "a", "b"])), ("x", vec![1i64, 2, 4].into())])?;
    /// let lasts = df.groupby(["k"]).apply(|_, rows| Ok(rows.tail(1)))?;
    /// assert_eq!(lasts.column("x")?, &Column::from(vec![2i64, 4]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn apply(&self, f: impl Fn(&[Scalar], &DataFrame) -> Result<DataFrame> + Sync) -> Result<DataFrame> {
        let (codes, keys) = self.codes()?;
        let (rows, starts) = codes.members();
        let batch = self.frame.to_batch()?;
        let one = |g: usize| {
            let key = key_of(&keys, &codes, g);
            guarded(|| group_place(&key), || f(&key, &rows_of(&batch, &rows[starts[g]..starts[g + 1]])?)?.to_batch())
        };
        let made: Vec<Result<Batch>> = (0..codes.len()).into_par_iter().map(one).collect();
        let made = made.into_iter().collect::<Result<Vec<Batch>>>()?;
        let Some(first) = made.first() else { return rows_of(&batch, &[]) };
        let schema = first.schema.clone();
        if let Some(other) = made.iter().find(|b| !b.schema.names().eq(schema.names())) {
            let names = |s: &Schema| s.names().collect::<Vec<_>>().join(", ");
            return Err(Error::invalid("the function gives different columns for different groups").help(format!(
                "{} and {}",
                names(&schema),
                names(&other.schema)
            )));
        }
        DataFrame::from_batches(&schema, &made)
    }

    /// The rows of the groups for which `keep` is true, in their old order. Rows without a group go.
    ///
    /// # Errors
    /// The first error of `keep`, with its group; invalid, where it panics.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let df = DataFrame::new([("k", Column::from(vec![Some("b"), None, Some("a"), Some("b")])), ("x", vec![1i64, 2, 3, 4].into())])?;
    /// let large = df.groupby(["k"]).filter(|_, rows| Ok(rows.height() > 1))?;
    /// assert_eq!(large.column("x")?, &Column::from(vec![1i64, 4]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn filter(&self, keep: impl Fn(&[Scalar], &DataFrame) -> Result<bool> + Sync) -> Result<DataFrame> {
        let (codes, keys) = self.codes()?;
        let (rows, starts) = codes.members();
        let batch = self.frame.to_batch()?;
        let one = |g: usize| {
            let key = key_of(&keys, &codes, g);
            guarded(|| group_place(&key), || keep(&key, &rows_of(&batch, &rows[starts[g]..starts[g + 1]])?))
        };
        let kept: Vec<Result<bool>> = (0..codes.len()).into_par_iter().map(one).collect();
        let kept = kept.into_iter().collect::<Result<Vec<bool>>>()?;
        let mask = mask(&codes, &kept);
        let rows: Vec<u32> = mask.values().set_indices().map(|i| i as u32).collect();
        rows_of(&batch, &rows)
    }

    /// Numeric columns that are no key, changed group by group; the same rows in the same order.
    ///
    /// # Errors
    /// As [`GroupBy::agg`].
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, plan::Transform};
    /// let df = DataFrame::new([("k", Column::from(vec!["b", "a", "b", "a"])), ("x", vec![Some(1i64), Some(2), Some(4), None].into())])?;
    /// let made = df.groupby(["k"]).transform(Transform::Anomaly)?;
    /// assert_eq!(made.column("x")?, &Column::from(vec![Some(-1.5), Some(0.0), Some(1.5), None]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn transform(&self, what: Transform) -> Result<DataFrame> {
        let (codes, _) = self.codes()?;
        let members = codes.members();
        let names: Vec<&str> = self.keys.iter().map(|k| k.name.as_str()).collect();
        let chosen = self.frame.names().iter().zip(self.frame.columns());
        let chosen: Vec<(&String, &Column)> = chosen.filter(|(n, c)| c.dtype().is_numeric() && !names.contains(&n.as_str())).collect();
        let change =
            |(name, column): &(&String, &Column)| Ok(((*name).clone(), transform(column, &codes, &members, what).at_column(name)?));
        let made = chosen.par_iter().map(change).collect::<Result<Vec<(String, Column)>>>()?;
        let (names, columns): (Vec<String>, Vec<Column>) = made.into_iter().unzip();
        DataFrame::with_index(crate::label::Labels::new(names), columns, (*self.frame.index().as_ref()).clone())
    }

    /// The position of each row in its group, from 0; missing without a group. Of type i64.
    ///
    /// # Errors
    /// As [`GroupBy::agg`].
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let df = DataFrame::new([("k", Column::from(vec![Some("b"), Some("a"), None, Some("b")]))])?;
    /// assert_eq!(df.groupby(["k"]).cumcount()?.data(), &Column::from(vec![Some(0i64), Some(0), None, Some(1)]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn cumcount(&self) -> Result<Series> {
        let (codes, _) = self.codes()?;
        let mut next = vec![0i64; codes.len()];
        let one = |c: &u32| {
            next.get_mut(*c as usize).map(|n| {
                *n += 1;
                *n - 1
            })
        };
        let counts: Vec<Option<i64>> = codes.codes.iter().map(one).collect();
        Series::new(None, counts.into(), self.frame.index().clone())
    }

    /// Rows of each group by their position in it, in the old order of the rows.
    fn positions(&self, keep: impl Fn(usize, usize) -> bool) -> Result<DataFrame> {
        let (codes, _) = self.codes()?;
        let (rows, starts) = codes.members();
        let mut kept: Vec<u32> = Vec::new();
        for w in starts.windows(2) {
            let group = &rows[w[0]..w[1]];
            kept.extend(group.iter().enumerate().filter(|(i, _)| keep(*i, group.len())).map(|(_, &r)| r));
        }
        kept.sort_unstable();
        rows_of(&self.frame.to_batch()?, &kept)
    }

    /// The first `n` rows of each group, in the old order of the rows. Rows without a group go.
    ///
    /// # Errors
    /// As [`GroupBy::agg`].
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let df = DataFrame::new([("k", Column::from(vec![Some("b"), None, Some("a"), Some("b")])), ("x", vec![1i64, 2, 3, 4].into())])?;
    /// assert_eq!(df.groupby(["k"]).head(1)?.column("x")?, &Column::from(vec![1i64, 3]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn head(&self, n: usize) -> Result<DataFrame> {
        self.positions(|i, _| i < n)
    }

    /// The last `n` rows of each group, in the old order of the rows. Rows without a group go.
    ///
    /// # Errors
    /// As [`GroupBy::agg`].
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let df = DataFrame::new([("k", Column::from(vec![Some("b"), None, Some("a"), Some("b")])), ("x", vec![1i64, 2, 3, 4].into())])?;
    /// assert_eq!(df.groupby(["k"]).tail(1)?.column("x")?, &Column::from(vec![3i64, 4]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn tail(&self, n: usize) -> Result<DataFrame> {
        self.positions(|i, len| i + n >= len)
    }

    /// The row at this position of each group (from the end, if negative), where there is one, in the old order of the rows.
    ///
    /// # Errors
    /// As [`GroupBy::agg`].
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let df = DataFrame::new([("k", Column::from(vec!["b", "a", "b"])), ("x", vec![Some(1i64), Some(2), None].into())])?;
    /// assert_eq!(df.groupby(["k"]).nth(1)?.column("x")?, &Column::from(vec![None::<i64>]));
    /// assert_eq!(df.groupby(["k"]).nth(-2)?.column("x")?, &Column::from(vec![1i64]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn nth(&self, n: i64) -> Result<DataFrame> {
        self.positions(|i, len| if n >= 0 { i as i64 == n } else { i as i64 == len as i64 + n })
    }
}

/// Some rows of a table, index and all.
fn rows_of(batch: &Batch, rows: &[u32]) -> Result<DataFrame> {
    let columns = take(&batch.columns, &rows.to_vec().into())?;
    let mut schema = batch.schema.clone();
    let mut columns = columns;
    // A range loses its regularity: the labels that are left become a column of their own.
    if matches!(schema.index, IndexSpec::Default | IndexSpec::Range { .. }) {
        let (start, step, name) = match &schema.index {
            IndexSpec::Range { start, step, name } => (*start, *step, name.clone()),
            _ => (0, 1, None),
        };
        let labels: Column = rows.iter().map(|&r| start + step * r as i64).collect::<Vec<i64>>().into();
        let mut changed = (*schema).clone();
        changed.index = IndexSpec::Levels(vec![name]);
        changed.fields.insert(0, crate::store::Field::new("index", labels.dtype().clone()));
        schema = Arc::new(changed);
        columns.insert(0, labels);
    }
    DataFrame::from_batch(&Batch::with_rows(schema, columns, rows.len())?)
}
