//! Groups of rows, lazily: the verbs of [`GroupBy`]. Where rows stay, the keys stay beside what is made of the other columns; where rows
//! are chosen, all columns stay.

mod stay;
mod windows;

pub use windows::LazyGroupRolling;

use crate::dtype::{DType, Scalar};
use crate::error::{Error, Result};
use crate::exec::GroupBy;
use crate::frame::DataFrame;
use crate::kernel::agg::Agg;
use crate::plan::{Expr, GroupKey, LazyFrame, LazyGroupBy, parse_aggregates};
use crate::store::Column;

/// What was made of the columns that are no keys, and the keys where they stood.
fn beside_keys(groups: &GroupBy, made: &DataFrame) -> Result<DataFrame> {
    let frame = groups.frame();
    let names: Vec<&str> = groups.key_names().collect();
    let (mut kept, mut columns, mut at) = (Vec::new(), Vec::new(), 0);
    for (i, name) in frame.names().iter().enumerate() {
        if names.contains(&name.as_str()) {
            kept.push(i);
            columns.push(frame.columns()[i].clone());
        } else if made.names().get(at) == Some(name) {
            kept.push(i);
            columns.push(made.columns()[at].clone());
            at += 1;
        }
    }
    if at == made.width() {
        return frame.columns_at(&kept)?.with_columns(columns);
    }
    // Other columns than there were.
    let keys: Vec<usize> = (0..frame.width()).filter(|&i| names.contains(&frame.names()[i].as_str())).collect();
    let mut out = made.clone();
    for (to, from) in keys.into_iter().enumerate() {
        out = out.insert(to, &frame.names()[from], frame.columns()[from].clone())?;
    }
    Ok(out)
}

/// Columns as they were promised, nothing else, under plain numbers.
fn promised(made: &DataFrame, columns: &[(String, DType)]) -> Result<DataFrame> {
    if made.width() > columns.len() {
        let names: Vec<&str> = columns.iter().map(|c| c.0.as_str()).collect();
        let e = Error::shape("the function gives more columns than were told before");
        return Err(e.help(format!("{}, not {}", made.names().join(", "), names.join(", "))));
    }
    let picked = columns.iter().map(|(n, t)| Ok((n.clone(), made.column(n)?.cast(t)?))).collect::<Result<Vec<_>>>()?;
    DataFrame::new(picked)?.with_row_labels((**made.index()).clone())
}

fn told<S: Into<String>>(columns: impl IntoIterator<Item = (S, DType)>) -> Vec<(String, DType)> {
    columns.into_iter().map(|(n, t)| (n.into(), t)).collect()
}

macro_rules! aggregations {
    ($($name:ident $agg:ident $doc:literal $found:literal;)*) => { $(
        #[doc = $doc]
        ///
        /// Of every column that it is meant for and that is no key, under the column's name. Missing values are skipped.
        ///
        /// # Errors
        /// As [`LazyGroupBy::op`].
        ///
        /// # Examples
        /// ```
        /// use hpda_data::{Column, DataFrame, exec::ExecOptions};
        /// let x = vec![None, Some(2.0), Some(2.0), Some(2.0), Some(6.0)];
        /// let df = DataFrame::new([("k", Column::from(vec!["b", "a", "a", "a", "a"])), ("x", x.into())])?;
        #[doc = concat!("let found = df.lazy()?.groupby([\"k\"]).", stringify!($name), "()?.collect(&ExecOptions::default())?;")]
        #[doc = concat!("assert_eq!(found.column(\"x\")?, &Column::from(", $found, "));")]
        /// # Ok::<(), hpda_data::Error>(())
        /// ```
        pub fn $name(&self) -> Result<LazyFrame> {
            self.op(Agg::$agg)
        }
    )* };
}

impl LazyGroupBy {
    crate::exec::names::of_groups!(aggregations);

    /// A quantile of every numeric column that is no key. Values between two are interpolated; missing ones are skipped; f64.
    ///
    /// # Errors
    /// As [`LazyGroupBy::op`].
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::ExecOptions};
    /// let df = DataFrame::new([("k", Column::from(vec!["a", "a", "a", "b"])), ("x", vec![Some(1i64), Some(2), None, None].into())])?;
    /// let found = df.lazy()?.groupby(["k"]).quantile(0.25)?.collect(&ExecOptions::default())?;
    /// assert_eq!(found.column("x")?, &Column::from(vec![Some(1.25), None]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn quantile(&self, probability: f64) -> Result<LazyFrame> {
        self.op(Agg::Quantile(probability))
    }

    /// Aggregates from text: `x:mean,max, n=y:count, r=max(x)-min(y)`.
    ///
    /// # Errors
    /// Parse, and as [`LazyGroupBy::agg`].
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::ExecOptions};
    /// let df = DataFrame::new([("k", Column::from(vec!["b", "a", "b"])), ("x", vec![Some(1i64), Some(2), None].into())])?;
    /// let found = df.lazy()?.groupby(["k"]).agg_text("x:mean, n=x:count")?.collect(&ExecOptions::default())?;
    /// assert_eq!(found.column("x_mean")?, &Column::from(vec![2.0, 1.0]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn agg_text(&self, text: &str) -> Result<LazyFrame> {
        let (input, ..) = self.settled()?;
        self.agg(parse_aggregates(text, input.schema())?)
    }

    /// How many rows each group has, missing values counted: the keys, and a column of this name.
    ///
    /// # Errors
    /// As [`LazyGroupBy::agg`].
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::ExecOptions};
    /// let df = DataFrame::new([("k", Column::from(vec!["b", "a", "b"])), ("x", vec![Some(1i64), Some(2), None].into())])?;
    /// let sizes = df.lazy()?.groupby(["k"]).size("n")?.collect(&ExecOptions::default())?;
    /// assert_eq!(sizes.column("n")?, &Column::from(vec![1i64, 2]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn size(&self, name: &str) -> Result<LazyFrame> {
        let (_, keys, ..) = self.settled()?;
        let key = keys.first().ok_or_else(|| Error::invalid("no keys to group by"))?;
        self.agg([(name, Expr::Agg(Agg::Size, vec![key.expr.clone()]))])
    }

    /// These groups of a table in memory.
    fn of(&self) -> Result<impl Fn(&DataFrame) -> GroupBy + Clone + Send + Sync + 'static> {
        let (_, keys, order, keep_missing) = self.settled()?;
        let keys: Vec<GroupKey> = keys.to_vec();
        Ok(move |df: &DataFrame| GroupBy::of(df.clone(), keys.clone(), order, keep_missing))
    }

    fn shown(&self, what: &str) -> String {
        format!("{what} in groups by {}", self.key_names().collect::<Vec<_>>().join(", "))
    }

    /// The rows stay; the keys stay beside what is made.
    fn staying(&self, what: &str, f: impl Fn(&GroupBy) -> Result<DataFrame> + Send + Sync + 'static) -> Result<LazyFrame> {
        let of = self.of()?;
        self.settled()?.0.all_rows(self.shown(what), move |df| {
            let groups = of(df);
            beside_keys(&groups, &f(&groups)?)
        })
    }

    /// The rows stay, with a column more.
    fn numbering(&self, what: &str, name: &str, f: impl Fn(&GroupBy) -> Result<Column> + Send + Sync + 'static) -> Result<LazyFrame> {
        let (of, name) = (self.of()?, name.to_string());
        self.settled()?.0.all_rows(self.shown(what), move |df| df.with_column(&name, f(&of(df))?))
    }

    /// Rows are chosen, all columns of them.
    fn choosing(&self, what: &str, f: impl Fn(&GroupBy) -> Result<DataFrame> + Send + Sync + 'static) -> Result<LazyFrame> {
        let of = self.of()?;
        self.settled()?.0.some_rows(self.shown(what), move |df| f(&of(df)))
    }

    /// With the position of each row in its group, from 0, as a column of this name; missing without a group. Of type i64.
    ///
    /// # Errors
    /// What resolving the keys says.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::ExecOptions};
    /// let df = DataFrame::new([("k", Column::from(vec![Some("b"), Some("a"), None, Some("b")]))])?;
    /// let counted = df.lazy()?.groupby(["k"]).cumcount("n")?.collect(&ExecOptions::default())?;
    /// assert_eq!(counted.column("n")?, &Column::from(vec![Some(0i64), Some(0), None, Some(1)]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn cumcount(&self, name: &str) -> Result<LazyFrame> {
        self.numbering("count  ", name, |g| Ok(g.cumcount()?.data().clone()))
    }

    /// With the number of each row's group, in the order of the groups, as a column of this name; missing without a group.
    ///
    /// # Errors
    /// What resolving the keys says.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::ExecOptions};
    /// let df = DataFrame::new([("k", Column::from(vec![Some("b"), None, Some("a")]))])?;
    /// let numbered = df.lazy()?.groupby(["k"]).ngroup("group")?.collect(&ExecOptions::default())?;
    /// assert_eq!(numbered.column("group")?, &Column::from(vec![Some(1i64), None, Some(0)]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn ngroup(&self, name: &str) -> Result<LazyFrame> {
        self.numbering("number ", name, |g| Ok(g.ngroup()?.data().clone()))
    }

    /// The first `n` rows of each group, in the old order of the rows. Rows without a group go.
    ///
    /// # Errors
    /// What resolving the keys says.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::ExecOptions};
    /// let df = DataFrame::new([("k", Column::from(vec![Some("b"), None, Some("a"), Some("b")])), ("x", vec![1i64, 2, 3, 4].into())])?;
    /// let firsts = df.lazy()?.groupby(["k"]).head(1)?.collect(&ExecOptions::default())?;
    /// assert_eq!(firsts.column("x")?, &Column::from(vec![1i64, 3]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn head(&self, n: usize) -> Result<LazyFrame> {
        self.choosing(&format!("head    {n}"), move |g| g.head(n))
    }

    /// The last `n` rows of each group, in the old order of the rows. Rows without a group go.
    ///
    /// # Errors
    /// What resolving the keys says.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::ExecOptions};
    /// let df = DataFrame::new([("k", Column::from(vec![Some("b"), None, Some("a"), Some("b")])), ("x", vec![1i64, 2, 3, 4].into())])?;
    /// let lasts = df.lazy()?.groupby(["k"]).tail(1)?.collect(&ExecOptions::default())?;
    /// assert_eq!(lasts.column("x")?, &Column::from(vec![3i64, 4]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn tail(&self, n: usize) -> Result<LazyFrame> {
        self.choosing(&format!("tail    {n}"), move |g| g.tail(n))
    }

    /// The row at this position of each group (from the end, if negative), where there is one, in the old order of the rows.
    ///
    /// # Errors
    /// What resolving the keys says.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::ExecOptions};
    /// let df = DataFrame::new([("k", Column::from(vec!["b", "a", "b"])), ("x", vec![Some(1i64), Some(2), None].into())])?;
    /// let seconds = df.lazy()?.groupby(["k"]).nth(1)?.collect(&ExecOptions::default())?;
    /// assert_eq!(seconds.column("x")?, &Column::from(vec![None::<i64>]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn nth(&self, n: i64) -> Result<LazyFrame> {
        self.choosing(&format!("nth     {n}"), move |g| g.nth(n))
    }

    /// The rows of the group with this key, of which there are none where no row has it.
    ///
    /// # Errors
    /// Shape, for another number of values than keys.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::ExecOptions};
    /// let df = DataFrame::new([("k", Column::from(vec!["b", "a", "b"])), ("x", vec![1i64, 2, 4].into())])?;
    /// let group = df.lazy()?.groupby(["k"]).get_group(["b"])?.collect(&ExecOptions::default())?;
    /// assert_eq!(group.column("x")?, &Column::from(vec![1i64, 4]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn get_group<S: Into<Scalar>>(&self, key: impl IntoIterator<Item = S>) -> Result<LazyFrame> {
        let key: Vec<Scalar> = key.into_iter().map(Into::into).collect();
        let (input, keys, ..) = self.settled()?;
        if key.len() != keys.len() {
            return Err(Error::shape(format!("{} values for a key of {}", key.len(), keys.len())));
        }
        keys.iter().zip(key).try_fold(input.clone(), |rows, (k, value)| {
            rows.filter(if value.is_missing() { k.expr.clone().is_missing() } else { k.expr.clone().eq(crate::plan::lit(value)) })
        })
    }

    /// The rows of the groups for which `keep` is true, in their old order. Rows without a group go.
    ///
    /// # Errors
    /// When it is run, the first error of `keep`, with its group; invalid, where it panics.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::ExecOptions};
    /// let df = DataFrame::new([("k", Column::from(vec![Some("b"), None, Some("a"), Some("b")])), ("x", vec![1i64, 2, 3, 4].into())])?;
    /// let large = df.lazy()?.groupby(["k"]).filter(|_, rows| Ok(rows.height() > 1))?.collect(&ExecOptions::default())?;
    /// assert_eq!(large.column("x")?, &Column::from(vec![1i64, 4]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn filter(&self, keep: impl Fn(&[Scalar], &DataFrame) -> Result<bool> + Send + Sync + 'static) -> Result<LazyFrame> {
        self.choosing("filter  a function", move |g| g.filter(&keep))
    }

    /// Calls `f` with the key and the rows of every group when the plan is run; it gives as many rows, which take the places of the
    /// rows of the group, with these columns. The keys stay beside them. Rows without a group get missing values.
    ///
    /// # Errors
    /// What resolving the keys says. When it is run, as [`GroupBy::transform_with`]; not found, where `f` does not give the
    /// columns; type, where they cannot be of the types told.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DType, DataFrame, exec::ExecOptions, plan::Agg};
    /// let df = DataFrame::new([("k", Column::from(vec!["a", "b", "a"])), ("x", vec![1.0, 2.0, 3.0].into())])?;
    /// let shares = df.lazy()?.groupby(["k"]).transform_with([("x", DType::F64)], |_, rows| {
    ///     let x = rows.series("x")?;
    ///     x.div(x.reduce(Agg::Sum)?)?.to_frame()
    /// })?;
    /// let shares = shares.collect(&ExecOptions::default())?;
    /// assert_eq!(shares.names(), ["k", "x"]);
    /// assert_eq!(shares.column("x")?, &Column::from(vec![0.25, 1.0, 0.75]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn transform_with<S: Into<String>>(
        &self,
        columns: impl IntoIterator<Item = (S, DType)>,
        f: impl Fn(&[Scalar], &DataFrame) -> Result<DataFrame> + Send + Sync + 'static,
    ) -> Result<LazyFrame> {
        let columns = told(columns);
        self.staying("change  a function", move |g| {
            if g.ngroups()? > 0 {
                return promised(&g.transform_with(&f)?, &columns);
            }
            let n = g.frame().height();
            let none = columns.iter().map(|(name, t)| (name.clone(), Column::missing(t.clone(), n)));
            DataFrame::new(none)?.with_row_labels((**g.frame().index()).clone())
        })
    }

    /// Calls `f` with the key and the rows of every group when the plan is run; the results, of these columns, one below the other
    /// in the order of the groups.
    ///
    /// # Errors
    /// What resolving the keys says. When it is run, as [`GroupBy::apply`]; not found, where `f` does not give the columns; type,
    /// where they cannot be of the types told.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DType, DataFrame, exec::ExecOptions};
    /// let df = DataFrame::new([("k", Column::from(vec!["b", "a", "b"])), ("x", vec![1i64, 2, 4].into())])?;
    /// let columns = [("k", DType::Str), ("x", DType::F64)];
    /// let lasts = df.lazy()?.groupby(["k"]).apply(columns, |_, rows| Ok(rows.tail(1)))?.collect(&ExecOptions::default())?;
    /// assert_eq!(lasts.column("x")?, &Column::from(vec![2.0, 4.0]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn apply<S: Into<String>>(
        &self,
        columns: impl IntoIterator<Item = (S, DType)>,
        f: impl Fn(&[Scalar], &DataFrame) -> Result<DataFrame> + Send + Sync + 'static,
    ) -> Result<LazyFrame> {
        let (of, columns) = (self.of()?, told(columns));
        self.settled()?.0.all_rows(self.shown("apply   a function"), move |df| {
            let groups = of(df);
            if groups.ngroups()? > 0 {
                return Ok(promised(&groups.apply(&f)?, &columns)?.drop_index());
            }
            DataFrame::new(columns.iter().map(|(name, t)| (name.clone(), Column::missing(t.clone(), 0))))
        })
    }

    /// Count, mean, standard deviation, least, quantiles and largest of every numeric column of each group: the keys, then columns
    /// of two levels.
    ///
    /// # Errors
    /// As [`GroupBy::describe`].
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::ExecOptions};
    /// let df = DataFrame::new([("k", Column::from(vec!["b", "a", "b"])), ("x", vec![1.0, 2.0, 4.0].into())])?;
    /// let found = df.lazy()?.groupby(["k"]).describe(&[0.5])?.collect(&ExecOptions::default())?;
    /// assert_eq!(found.iloc(1, 1)?.columns()[0], Column::from(vec![2.5]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn describe(&self, quantiles: &[f64]) -> Result<LazyFrame> {
        let (of, quantiles) = (self.of()?, quantiles.to_vec());
        self.settled()?.0.all_rows(self.shown("describe"), move |df| of(df).describe(&quantiles))
    }
}
