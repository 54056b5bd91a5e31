//! Groups of a table in memory: `DataFrame::groupby`.

use super::rows::{Codes, codes, key_of, mask, transform};
use super::within::group_place;
use crate::dtype::Scalar;
use crate::error::{Error, Result, ResultExt};
use crate::exec::ExecOptions;
use crate::exec::apply::guarded;
use crate::exec::eval::evaluate;
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
    ($($name:ident $agg:ident $doc:literal;)*) => { $(
        #[doc = $doc]
        ///
        /// Of every column that it is meant for and that is no key, under the column's name.
        ///
        /// # Errors
        /// As [`GroupBy::op`].
        pub fn $name(&self) -> Result<DataFrame> {
            self.op(Agg::$agg)
        }
    )* };
}

impl GroupBy {
    /// Groups in this order.
    pub fn order(mut self, order: GroupOrder) -> GroupBy {
        self.order = order;
        self
    }

    /// Rows with a missing key form groups, which come last.
    pub fn keep_missing(mut self) -> GroupBy {
        self.keep_missing = true;
        self
    }

    /// The table.
    pub(super) fn frame(&self) -> &DataFrame {
        &self.frame
    }

    /// The names of the keys.
    /// The groups of another table as these are.
    pub(super) fn over(frame: DataFrame, like: &GroupBy) -> GroupBy {
        GroupBy { frame, ..like.clone() }
    }

    pub(super) fn key_names(&self) -> impl Iterator<Item = &str> {
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
    /// aggregates: `max(x) - min(y)`.
    ///
    /// # Errors
    /// What resolving says: not found, type; invalid, for a column outside an aggregate. Overflow, of integer sums.
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

    /// The same from text: `x:mean,max, n=y:count, r=max(x)-min(y)`.
    ///
    /// # Errors
    /// Parse, and as [`GroupBy::agg`].
    pub fn agg_text(&self, text: &str) -> Result<DataFrame> {
        self.agg(parse_aggregates(text, &self.frame.to_batch()?.schema)?)
    }

    /// This aggregate of every column that it is meant for and that is no key, under the column's name.
    ///
    /// # Errors
    /// Type, where it is meant for none; as [`GroupBy::agg`].
    pub fn op(&self, agg: Agg) -> Result<DataFrame> {
        let batch = self.frame.to_batch()?;
        let mut without: Vec<&str> = self.keys.iter().map(|k| k.name.as_str()).collect();
        if let IndexSpec::Levels(levels) = &batch.schema.index {
            without.extend(batch.schema.names().take(levels.len()));
        }
        self.agg(aggregate_all(agg, &batch.schema, &without)?)
    }

    aggregations! {
        count Count "How many values are there.";
        sum Sum "The sum.";
        mean Mean "The mean.";
        std Std "The standard deviation (ddof 1).";
        var Var "The variance (ddof 1).";
        sem Sem "The standard error of the mean (ddof 1).";
        min Min "The smallest value.";
        max Max "The largest value.";
        median Median "The middle value.";
        first First "The first value that is there.";
        last Last "The last value that is there.";
        nunique Nunique "How many different values.";
        any Any "Whether any is true.";
        all All "Whether all are true.";
        prod Prod "The product.";
        skew Skew "The skewness.";
        kurt Kurt "The excess kurtosis.";
    }

    /// A quantile of every numeric column that is no key.
    ///
    /// # Errors
    /// As [`GroupBy::op`].
    pub fn quantile(&self, probability: f64) -> Result<DataFrame> {
        self.op(Agg::Quantile(probability))
    }

    /// How many rows each group has, missing values counted.
    ///
    /// # Errors
    /// As [`GroupBy::agg`].
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

    /// How many groups.
    ///
    /// # Errors
    /// As [`GroupBy::agg`].
    pub fn ngroups(&self) -> Result<usize> {
        Ok(self.codes()?.0.len())
    }

    /// Every group: its key and its rows, in order.
    ///
    /// # Errors
    /// As [`GroupBy::agg`].
    pub fn groups(&self) -> Result<Vec<(Vec<Scalar>, DataFrame)>> {
        let (codes, keys) = self.codes()?;
        let (rows, starts) = codes.members();
        let batch = self.frame.to_batch()?;
        let one = |g: usize| Ok((key_of(&keys, &codes, g), rows_of(&batch, &rows[starts[g]..starts[g + 1]])?));
        (0..codes.len()).into_par_iter().map(one).collect()
    }

    /// Calls `f` with the key and the rows of every group, in parallel; the results one below the other, in the order of the groups.
    ///
    /// # Errors
    /// The first error of `f` in that order; invalid, where `f` gives different columns.
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

    /// The rows of the groups for which `keep` is true, in their old order.
    ///
    /// # Errors
    /// The first error of `keep`, with its group; invalid, where it panics.
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

    /// The position of each row in its group, from 0; missing without a group.
    ///
    /// # Errors
    /// As [`GroupBy::agg`].
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

    /// The first `n` rows of each group, in the old order of the rows.
    ///
    /// # Errors
    /// As [`GroupBy::agg`].
    pub fn head(&self, n: usize) -> Result<DataFrame> {
        self.positions(|i, _| i < n)
    }

    /// The last `n` rows of each group, in the old order of the rows.
    ///
    /// # Errors
    /// As [`GroupBy::agg`].
    pub fn tail(&self, n: usize) -> Result<DataFrame> {
        self.positions(|i, len| i + n >= len)
    }

    /// The row at this position of each group (from the end, if negative), where there is one, in the old order of the rows.
    ///
    /// # Errors
    /// As [`GroupBy::agg`].
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
