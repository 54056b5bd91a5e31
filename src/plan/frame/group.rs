//! Groups of rows: `groupby` and `agg`.

use super::{LazyFrame, Plan};
use crate::dtype::DType;
use crate::error::{Error, Place, Result};
use crate::kernel::agg::Agg;
use crate::kernel::order::Direction;
use crate::plan::expr::{Expr, col};
use crate::plan::parse::{parse, parse_assignment};
use crate::plan::resolve::{Node, Typed, resolve};
use crate::store::{Field, Schema};
use std::sync::Arc;

/// A column of the key, or an aggregate: its name, as written, and settled.
#[derive(Clone, Debug)]
pub struct NamedValues {
    /// The name of the column.
    pub name: String,
    /// As written.
    pub expr: Expr,
    /// Names and types settled.
    pub values: Typed,
}

/// In which order groups come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum GroupOrder {
    /// By key, missing ones last.
    #[default]
    Sorted,
    /// As the first row of each stood.
    Appearance,
}

/// Rows to groups.
#[derive(Clone, Debug)]
pub struct GroupPlan {
    /// What is grouped.
    pub input: Arc<Plan>,
    /// The columns of the key.
    pub keys: Vec<NamedValues>,
    /// The aggregates.
    pub aggregates: Vec<NamedValues>,
    /// The order of the groups.
    pub order: GroupOrder,
    /// Whether rows with a missing key form groups; else they are left out, and counted.
    pub keep_missing: bool,
    /// What is taken from the count below the line of `std var sem`.
    pub ddof: u32,
    /// The columns of the result.
    pub schema: Arc<Schema>,
}

impl GroupPlan {
    pub(super) fn explain(&self) -> String {
        let list = |l: &[NamedValues]| l.iter().map(|k| format!("{} = {}", k.name, k.expr)).collect::<Vec<_>>().join(", ");
        format!("group   by {}; {}", list(&self.keys), list(&self.aggregates))
    }
}

/// What is done to the values of each group, the rows staying as they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transform {
    /// Less the mean of the group.
    Anomaly,
    /// Less the mean, over the standard deviation (ddof 1).
    Standardize,
    /// The average rank in the group, from 1.
    Rank,
    /// The sum so far; missing values are passed over.
    Cumsum,
    /// Missing values become the mean of the group.
    FillMean,
}

impl Transform {
    /// Every one, with its name.
    pub const ALL: [(Transform, &'static str); 5] = [
        (Transform::Anomaly, "anomaly"),
        (Transform::Standardize, "standardize"),
        (Transform::Rank, "rank"),
        (Transform::Cumsum, "cumsum"),
        (Transform::FillMean, "fill_mean"),
    ];

    /// The transform of this name.
    ///
    /// # Errors
    /// Not found, with the nearest name.
    pub fn parse(name: &str) -> Result<Transform> {
        let found = Transform::ALL.iter().find(|t| t.1 == name);
        found.map(|t| t.0).ok_or_else(|| Error::not_found("transform", name, Transform::ALL.iter().map(|t| t.1)))
    }

    /// The type of the result for values of this type.
    pub fn dtype(self, dtype: &DType) -> DType {
        match (self, dtype) {
            (Transform::Rank, _) => DType::F64,
            (_, DType::F32) => DType::F32,
            (Transform::Cumsum, DType::U8 | DType::U16 | DType::U32 | DType::U64) => DType::U64,
            (Transform::Cumsum, t) if t.is_integer() => DType::I64,
            _ => DType::F64,
        }
    }
}

/// What is done to the rows of groups.
#[derive(Clone, Debug)]
pub enum RowVerb {
    /// The first rows of each group in an order, group by group.
    Top {
        /// How many.
        rows: usize,
        /// The order: columns by position.
        by: Vec<(usize, Direction)>,
    },
    /// Columns changed, all rows kept where they are.
    Transform {
        /// How.
        what: Transform,
        /// Which columns.
        columns: Vec<usize>,
    },
}

/// Rows of groups, changed or chosen.
#[derive(Clone, Debug)]
pub struct GroupRows {
    /// What is grouped.
    pub input: Arc<Plan>,
    /// The columns of the key.
    pub keys: Vec<NamedValues>,
    /// The order of the groups.
    pub order: GroupOrder,
    /// Whether rows with a missing key form groups.
    pub keep_missing: bool,
    /// What is done.
    pub verb: RowVerb,
    /// The columns of the result.
    pub schema: Arc<Schema>,
}

impl GroupRows {
    pub(super) fn explain(&self) -> String {
        let keys = self.keys.iter().map(|k| format!("{} = {}", k.name, k.expr)).collect::<Vec<_>>().join(", ");
        match &self.verb {
            RowVerb::Top { rows, by } => format!("top     {rows} by {} of groups by {keys}", super::order::shown(by, &self.schema)),
            RowVerb::Transform { what, .. } => {
                let name = Transform::ALL.iter().find(|t| t.0 == *what).map_or("", |t| t.1);
                format!("change  {name} in groups by {keys}")
            }
        }
    }
}

/// A column of a key: a column, a part of a time, or an expression under a name.
#[derive(Clone, Debug, PartialEq)]
pub struct GroupKey {
    /// The name of the column in the result.
    pub name: String,
    /// Its values.
    pub expr: Expr,
}

impl GroupKey {
    /// Values of an expression under a name.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, plan::{GroupKey, col}};
    /// let df = DataFrame::new([("x", Column::from(vec![Some(1i64), None, Some(13), Some(5)]))])?;
    /// let counts = df.groupby([GroupKey::new("tens", col("x").floor_div(10))]).count()?;
    /// assert_eq!(counts.column("x")?, &Column::from(vec![2i64, 1]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn new(name: impl Into<String>, expr: impl Into<Expr>) -> GroupKey {
        GroupKey { name: name.into(), expr: expr.into() }
    }

    /// From text: `K` a column, `time.month`, or `NAME=EXPR`.
    ///
    /// # Errors
    /// Parse; invalid, for an expression without a name.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, plan::{GroupKey, col}};
    /// let df = DataFrame::new([("x", Column::from(vec![1i64]))])?;
    /// let key = GroupKey::parse("tens=x // 10", df.lazy()?.schema())?;
    /// assert_eq!(key, GroupKey::new("tens", col("x").floor_div(10)));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn parse(text: &str, schema: &Schema) -> Result<GroupKey> {
        if schema.position(text).is_ok() {
            return Ok(GroupKey::new(text, col(text)));
        }
        if let Ok((name, expr)) = parse_assignment(text) {
            return Ok(GroupKey { name, expr });
        }
        match parse(text)? {
            Expr::Col(name) => Ok(GroupKey::new(name.clone(), Expr::Col(name))),
            Expr::Part(x, part) => Ok(GroupKey::new(part.clone(), Expr::Part(x, part))),
            other => {
                let e = Error::invalid("a key that is computed needs a name").help(format!("write NAME={other}"));
                Err(e.at(Place { expr: Some(other.to_string()), ..Place::default() }))
            }
        }
    }
}

impl From<&str> for GroupKey {
    /// The column of this name.
    fn from(name: &str) -> GroupKey {
        GroupKey::new(name, col(name))
    }
}

impl From<String> for GroupKey {
    fn from(name: String) -> GroupKey {
        GroupKey::new(name.clone(), Expr::Col(name))
    }
}

/// A lazy table with keys, waiting for what is to be computed of each group.
#[derive(Clone, Debug)]
pub struct LazyGroupBy {
    input: LazyFrame,
    keys: Vec<GroupKey>,
    order: GroupOrder,
    keep_missing: bool,
    ddof: u32,
}

impl LazyFrame {
    /// Groups the rows by one or more keys. Rows with a missing key (NaN too) are left out, unless they are to be
    /// [kept](LazyGroupBy::keep_missing).
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::{ExecOptions, MemSource}, plan::{LazyFrame, parse}};
    /// use std::sync::Arc;
    /// let df = DataFrame::new([("k", Column::from(vec!["b", "a", "b"])), ("x", Column::from(vec![1i64, 2, 4]))])?;
    /// let lazy = LazyFrame::scan(Arc::new(MemSource::from_frame(&df)?));
    /// let sums = lazy.groupby(["k"]).agg([("total", parse("sum(x)")?)])?.collect(&ExecOptions::default())?;
    /// assert_eq!(sums.column("k")?, &Column::from(vec!["a", "b"]));
    /// assert_eq!(sums.column("total")?, &Column::from(vec![2i64, 5]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn groupby<K: Into<GroupKey>>(&self, keys: impl IntoIterator<Item = K>) -> LazyGroupBy {
        LazyGroupBy {
            input: self.clone(),
            keys: keys.into_iter().map(Into::into).collect(),
            order: GroupOrder::Sorted,
            keep_missing: false,
            ddof: 1,
        }
    }
}

impl LazyGroupBy {
    /// Groups in this order.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::ExecOptions, plan::{Agg, GroupOrder}};
    /// let df = DataFrame::new([("k", Column::from(vec!["b", "a", "b"])), ("x", vec![1i64, 2, 4].into())])?;
    /// let sums = df.lazy()?.groupby(["k"]).order(GroupOrder::Appearance).op(Agg::Sum)?.collect(&ExecOptions::default())?;
    /// assert_eq!(sums.column("k")?, &Column::from(vec!["b", "a"]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn order(mut self, order: GroupOrder) -> LazyGroupBy {
        self.order = order;
        self
    }

    /// Rows with a missing key form groups, which come last.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::ExecOptions, plan::Agg};
    /// let df = DataFrame::new([("k", Column::from(vec![None, Some("b")])), ("x", vec![1i64, 2].into())])?;
    /// let sums = df.lazy()?.groupby(["k"]).keep_missing().op(Agg::Sum)?.collect(&ExecOptions::default())?;
    /// assert_eq!(sums.column("k")?, &Column::from(vec![Some("b"), None]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn keep_missing(mut self) -> LazyGroupBy {
        self.keep_missing = true;
        self
    }

    /// What is taken from the count below the line of `std var sem`: 1 where nothing is said, as in pandas.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::ExecOptions, plan::Agg};
    /// let df = DataFrame::new([("k", Column::from(vec!["a", "a", "b"])), ("x", vec![1i64, 2, 5].into())])?;
    /// let found = df.lazy()?.groupby(["k"]).ddof(0).op(Agg::Var)?.collect(&ExecOptions::default())?;
    /// assert_eq!(found.column("x")?, &Column::from(vec![0.25, 0.0]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn ddof(mut self, ddof: u32) -> LazyGroupBy {
        self.ddof = ddof;
        self
    }

    /// One row per group: its key, then the aggregates: expressions in which columns stand inside aggregates only (or are keys), such as
    /// `max(x) - min(x)` or `corr(x, y)`. Missing values are skipped.
    ///
    /// # Errors
    /// What resolving says; invalid, for two columns of one name or a column outside an aggregate.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::ExecOptions, plan::parse};
    /// let df = DataFrame::new([("k", Column::from(vec!["b", "a", "b", "b"])), ("x", vec![Some(1i64), Some(2), Some(4), None].into())])?;
    /// let found = df.lazy()?.groupby(["k"]).agg([("range", parse("max(x) - min(x)")?)])?.collect(&ExecOptions::default())?;
    /// assert_eq!(found.column("range")?, &Column::from(vec![0i64, 3]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn agg<S: Into<String>>(&self, aggregates: impl IntoIterator<Item = (S, Expr)>) -> Result<LazyFrame> {
        let schema = self.input.schema();
        let keys = self.settled_keys()?;
        let settled = |name: String, expr: Expr| {
            let values = resolve(&expr, schema)?;
            Ok(NamedValues { name, expr, values })
        };
        let aggregates = aggregates.into_iter().map(|(n, e)| settled(n.into(), e)).collect::<Result<Vec<_>>>()?;
        for a in &aggregates {
            if let Some(c) = outside(&a.values, &keys) {
                let name = &schema.fields[c].name;
                let e =
                    Error::invalid(format!("column {name:?} stands outside an aggregate")).help(format!("write mean({name}) or the like"));
                return Err(e.at(Place { expr: Some(a.expr.to_string()), ..Place::default() }));
            }
        }
        let mut fields: Vec<Field> = Vec::new();
        for v in keys.iter().chain(&aggregates) {
            if fields.iter().any(|f| f.name == v.name) {
                let e = Error::invalid(format!("two columns of the result would be called {:?}", v.name));
                return Err(e.help(format!("give one another name: NAME={}", v.expr)));
            }
            let mut field = Field::new(v.name.clone(), v.values.dtype.clone());
            if let Node::Col(c) = v.values.node {
                field.attrs = schema.fields[c].attrs.clone();
            }
            fields.push(field);
        }
        let schema = Arc::new(Schema { attrs: schema.attrs.clone(), ..Schema::new(fields) });
        let plan = GroupPlan {
            input: self.input.plan.clone(),
            keys,
            aggregates,
            order: self.order,
            keep_missing: self.keep_missing,
            ddof: self.ddof,
            schema,
        };
        Ok(self.input.then(Plan::Group(Arc::new(plan))))
    }

    fn settled_keys(&self) -> Result<Vec<NamedValues>> {
        let schema = self.input.schema();
        let settled = |k: &GroupKey| {
            let values = resolve(&k.expr, schema)?;
            if values.has_aggregates() {
                let place = Place { expr: Some(k.expr.to_string()), ..Place::default() };
                return Err(Error::unsupported("an aggregate in a key").help("add it as a column first").at(place));
            }
            Ok(NamedValues { name: k.name.clone(), expr: k.expr.clone(), values })
        };
        self.keys.iter().map(settled).collect()
    }

    fn rows(&self, verb: RowVerb, schema: Arc<Schema>) -> Result<LazyFrame> {
        let plan = GroupRows {
            input: self.input.plan.clone(),
            keys: self.settled_keys()?,
            order: self.order,
            keep_missing: self.keep_missing,
            verb,
            schema,
        };
        Ok(self.input.then(Plan::GroupRows(Arc::new(plan))))
    }

    /// The first `rows` rows of each group in an order (stable, missing last), group by group, all columns.
    ///
    /// # Errors
    /// As [`LazyFrame::sort`], and what resolving the keys says.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::ExecOptions, plan::desc};
    /// let df = DataFrame::new([("k", Column::from(vec!["b", "a", "b", "a"])), ("x", vec![Some(1i64), None, Some(4), Some(2)].into())])?;
    /// let top = df.lazy()?.groupby(["k"]).top(1, [desc("x")])?.collect(&ExecOptions::default())?;
    /// assert_eq!(top.column("x")?, &Column::from(vec![2i64, 4]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn top<B: Into<super::SortBy>>(&self, rows: usize, by: impl IntoIterator<Item = B>) -> Result<LazyFrame> {
        let by = super::order::settle(by, self.input.schema())?;
        self.rows(RowVerb::Top { rows, by }, self.input.schema().clone())
    }

    /// Numeric columns that are no key (or these columns) changed group by group; rows stay in their order. Rows without a key come
    /// out missing, except that [`Transform::FillMean`] leaves them as they are.
    ///
    /// # Errors
    /// Not found; type, for a column that is not numeric; what resolving the keys says.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::ExecOptions, plan::Transform};
    /// let df = DataFrame::new([("k", Column::from(vec!["b", "a", "b"])), ("x", vec![Some(1i64), None, Some(4)].into())])?;
    /// let sums = df.lazy()?.groupby(["k"]).transform(Transform::Cumsum, None::<&[&str]>)?.collect(&ExecOptions::default())?;
    /// assert_eq!(sums.column("x")?, &Column::from(vec![Some(1i64), None, Some(5)]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn transform<S: AsRef<str>>(&self, what: Transform, columns: Option<&[S]>) -> Result<LazyFrame> {
        let mut schema = (**self.input.schema()).clone();
        let numeric = |t: &DType| t.is_numeric();
        let columns: Vec<usize> = match columns {
            None => {
                let is_key = |name: &str| self.keys.iter().any(|k| k.expr == Expr::Col(name.into()));
                let fields = schema.fields.iter().enumerate();
                fields.filter(|(_, f)| numeric(&f.dtype) && !is_key(&f.name)).map(|(i, _)| i).collect()
            }
            Some(names) => names.iter().map(|n| schema.position(n.as_ref())).collect::<Result<_>>()?,
        };
        for &c in &columns {
            let field = &mut schema.fields[c];
            if !numeric(&field.dtype) && field.dtype != DType::Bool {
                let e = Error::wrong_type(format!("this is for numbers, not for {}", field.dtype));
                return Err(e.at(Place::column(&field.name)));
            }
            field.dtype = what.dtype(&field.dtype);
        }
        self.rows(RowVerb::Transform { what, columns }, Arc::new(schema))
    }

    /// What is grouped, and how; the keys are settled, so that their errors come first.
    pub(crate) fn settled(&self) -> Result<(&LazyFrame, &[GroupKey], GroupOrder, bool)> {
        self.settled_keys()?;
        Ok((&self.input, &self.keys, self.order, self.keep_missing))
    }

    /// The names of the keys.
    pub fn key_names(&self) -> impl Iterator<Item = &str> {
        self.keys.iter().map(|k| k.name.as_str())
    }

    /// This aggregate of every column that it is meant for and that is no key, under the column's name.
    ///
    /// # Errors
    /// As [`LazyGroupBy::agg`].
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::ExecOptions, plan::Agg};
    /// let df = DataFrame::new([("k", Column::from(vec!["b", "a"])), ("x", vec![1i64, 2].into()), ("t", vec!["u", "v"].into())])?;
    /// let means = df.lazy()?.groupby(["k"]).op(Agg::Mean)?.collect(&ExecOptions::default())?;
    /// assert_eq!(means.names(), ["k", "x"]);
    /// assert_eq!(means.column("x")?, &Column::from(vec![2.0, 1.0]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn op(&self, agg: Agg) -> Result<LazyFrame> {
        let keys: Vec<&str> = self.key_names().collect();
        self.agg(aggregate_all(agg, self.input.schema(), &keys)?)
    }
}

/// An aggregate of every column that it is meant for, but for these.
///
/// # Errors
/// Type, where it is meant for none.
///
/// # Examples
/// ```
/// use hpda_data::{Column, DataFrame, plan::{Agg, aggregate_all}};
/// let df = DataFrame::new([("k", Column::from(vec![1i64])), ("x", vec![0.5].into()), ("t", vec!["u"].into())])?;
/// let found = aggregate_all(Agg::Mean, df.lazy()?.schema(), &["k"])?;
/// assert_eq!((found.len(), found[0].1.to_string()), (1, "mean(x)".to_string()));
/// # Ok::<(), hpda_data::Error>(())
/// ```
pub fn aggregate_all(agg: Agg, schema: &Schema, without: &[&str]) -> Result<Vec<(String, Expr)>> {
    let meant: Vec<(String, Expr)> = schema
        .fields
        .iter()
        .filter(|f| !without.contains(&f.name.as_str()) && crate::plan::resolve::aggregate_dtype(agg, &f.dtype).is_ok())
        .map(|f| (f.name.clone(), col(f.name.clone()).agg(agg)))
        .collect();
    if meant.is_empty() {
        return Err(Error::wrong_type(format!("{agg} is not meant for any of the columns")));
    }
    Ok(meant)
}

/// A column that stands outside every aggregate and is no key.
fn outside(t: &Typed, keys: &[NamedValues]) -> Option<usize> {
    match &t.node {
        Node::Col(i) if keys.iter().any(|k| matches!(k.values.node, Node::Col(c) if c == *i)) => None,
        Node::Col(i) => Some(*i),
        Node::Agg(..) | Node::Pair(..) => None,
        _ => t.children().into_iter().find_map(|c| outside(c, keys)),
    }
}

/// Aggregates from text: `COL:FN[,FN]`, `NAME=COL:FN`, `NAME=EXPR`, between commas; the columns are `COL_FN` or `NAME`.
///
/// # Errors
/// Parse; not found, for a column or an aggregation, with the nearest name.
///
/// # Examples
/// ```
/// use hpda_data::{Column, DataFrame, plan::parse_aggregates};
/// let df = DataFrame::new([("x", Column::from(vec![0.5]))])?;
/// let found = parse_aggregates("x:mean, n=x:count", df.lazy()?.schema())?;
/// assert_eq!((found[0].0.as_str(), found[1].1.to_string()), ("x_mean", "count(x)".to_string()));
/// # Ok::<(), hpda_data::Error>(())
/// ```
pub fn parse_aggregates(text: &str, schema: &Schema) -> Result<Vec<(String, Expr)>> {
    let mut out: Vec<(String, Expr)> = Vec::new();
    let mut last: Option<String> = None;
    for item in split(text, ',')? {
        let item = item.trim();
        let parts = split(item, ':')?;
        if let Some((name, what)) = split_assignment(item)
            && ["size", "size()", "count()"].contains(&what.as_str())
            && let Some(first) = schema.names().next().filter(|_| schema.position(&what).is_err())
        {
            // Rows are counted, whatever their values.
            last = None;
            out.push((name, Expr::Col(first.into()).agg(Agg::Size)));
            continue;
        }
        match &parts[..] {
            [left, function] => {
                let agg = Agg::parse(function.trim())?;
                // A column may have `=` in its name; it is then in backticks.
                let (name, column) = match (schema.position(left.trim()), split_assignment(left)) {
                    (Ok(_), _) | (Err(_), None) => (None, bare(left)),
                    (Err(_), Some((name, column))) => (Some(name), column),
                };
                schema.position(&column)?;
                last = name.is_none().then(|| column.clone());
                out.push((name.unwrap_or_else(|| format!("{column}_{agg}")), Expr::Col(column).agg(agg)));
            }
            [one] => match (&last, Agg::of_name(one), parse_assignment(one)) {
                (Some(column), Some(agg), _) => out.push((format!("{column}_{agg}"), Expr::Col(column.clone()).agg(agg))),
                (_, _, Ok((name, expr))) => {
                    last = None;
                    out.push((name, expr));
                }
                (Some(_), None, Err(_)) if !one.contains(['(', '=', ' ']) => {
                    return Err(Agg::parse(one).err().unwrap_or_else(|| Error::internal("an aggregation")));
                }
                (_, _, Err(e)) if split_assignment(one).is_some() => return Err(e),
                _ => {
                    let e = Error::invalid(format!("{item:?} does not say what of which column"));
                    return Err(e.help("write COLUMN:mean, NAME=COLUMN:mean or 'NAME=max(x)-min(x)'"));
                }
            },
            _ => {
                return Err(
                    Error::invalid(format!("{item:?} has more than one colon")).help("names with odd characters stand in backticks")
                );
            }
        }
    }
    Ok(out)
}

/// `NAME=rest`, for one `=` that is no part of a comparison.
fn split_assignment(text: &str) -> Option<(String, String)> {
    let parts = split(text, '=').ok()?;
    match &parts[..] {
        [name, rest] if !name.is_empty() && !rest.is_empty() && !name.ends_with(['<', '>', '!']) => Some((bare(name), bare(rest))),
        _ => None,
    }
}

fn bare(text: &str) -> String {
    let text = text.trim();
    match text.strip_prefix('`').and_then(|t| t.strip_suffix('`')) {
        Some(inner) if !inner.is_empty() => inner.replace("``", "`"),
        _ => text.to_string(),
    }
}

/// Pieces between separators outside quotes, backticks, parentheses and brackets.
fn split(text: &str, separator: char) -> Result<Vec<&str>> {
    let (mut out, mut start, mut depth, mut quote) = (Vec::new(), 0, 0usize, None);
    for (i, c) in text.char_indices() {
        match (quote, c) {
            (Some(q), c) if c == q => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'' | '`') => quote = Some(c),
            (None, '(' | '[') => depth += 1,
            (None, ')' | ']') => depth = depth.saturating_sub(1),
            (None, c) if c == separator && depth == 0 => {
                out.push(&text[start..i]);
                start = i + c.len_utf8();
            }
            _ => {}
        }
    }
    if let Some(q) = quote {
        return Err(Error::parse(format!("a closing {q} is missing in {text:?}")));
    }
    out.push(&text[start..]);
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aggregates_are_read_from_text() {
        let schema = Schema::new(["v1", "a:b", "x"].map(|n| Field::new(n, DType::F64)).into());
        let read = |t: &str| {
            let list = parse_aggregates(t, &schema)?;
            Ok::<_, Error>(list.iter().map(|(n, e)| format!("{n} = {e}")).collect::<Vec<_>>().join("; "))
        };
        assert_eq!(read("v1:mean,max").unwrap(), "v1_mean = mean(v1); v1_max = max(v1)");
        assert_eq!(read("m=v1:q0.9, r=max(v1)-min(x)").unwrap(), "m = q0.9(v1); r = max(v1) - min(x)");
        assert_eq!(read("`a:b`:sum").unwrap(), "a:b_sum = sum(`a:b`)");
        assert!(read("v1:meen").unwrap_err().remedy().unwrap().contains("mean"));
        assert!(read("v2:mean").unwrap_err().remedy().unwrap().contains("v1"));
        assert!(read("v1").is_err() && read("v1:a:b").is_err());
    }
}
