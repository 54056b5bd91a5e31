//! Two tables side by side by their keys: `join`, `join_asof`.

use super::{LazyFrame, Plan};
use crate::dtype::{DType, Scalar, TimeUnit, promote};
use crate::error::{Error, Place, Result};
use crate::kernel::order::Domain;
use crate::kernel::text::moment::parse_duration;
use crate::store::{Field, IndexSpec, Schema};
use std::fmt;
use std::sync::Arc;

/// Which rows a join keeps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum JoinHow {
    /// Pairs that match.
    #[default]
    Inner,
    /// All rows of the left table.
    Left,
    /// All rows of the right table.
    Right,
    /// All rows of both.
    Outer,
    /// Rows of the left table that match, once each; no columns of the right one.
    Semi,
    /// Rows of the left table that do not match.
    Anti,
    /// Every row with every row; no keys.
    Cross,
}

impl JoinHow {
    /// Every one of them.
    pub const ALL: [JoinHow; 7] =
        [JoinHow::Inner, JoinHow::Left, JoinHow::Right, JoinHow::Outer, JoinHow::Semi, JoinHow::Anti, JoinHow::Cross];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            JoinHow::Inner => "inner",
            JoinHow::Left => "left",
            JoinHow::Right => "right",
            JoinHow::Outer => "outer",
            JoinHow::Semi => "semi",
            JoinHow::Anti => "anti",
            JoinHow::Cross => "cross",
        }
    }

    /// The kind of this name.
    ///
    /// # Errors
    /// Not found, with the nearest name.
    pub fn parse(name: &str) -> Result<JoinHow> {
        let found = JoinHow::ALL.into_iter().find(|h| h.name() == name);
        found.ok_or_else(|| Error::not_found("kind of join", name, JoinHow::ALL.map(JoinHow::name)))
    }

    /// Whether the result has columns of the right table.
    pub fn has_right(self) -> bool {
        !matches!(self, JoinHow::Semi | JoinHow::Anti)
    }
}

/// How often a key may stand in each table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Validate {
    /// Once in both.
    OneToOne,
    /// Once in the left table.
    OneToMany,
    /// Once in the right table.
    ManyToOne,
}

impl Validate {
    /// `1:1`, `1:m`, `m:1`; pandas' long names too.
    ///
    /// # Errors
    /// Not found, for anything else.
    pub fn parse(name: &str) -> Result<Validate> {
        match name {
            "1:1" | "one_to_one" => Ok(Validate::OneToOne),
            "1:m" | "one_to_many" => Ok(Validate::OneToMany),
            "m:1" | "many_to_one" => Ok(Validate::ManyToOne),
            _ => Err(Error::not_found("validation", name, ["1:1", "1:m", "m:1"])),
        }
    }
}

/// How two tables are joined.
///
/// # Examples
/// ```
/// use hpda_data::plan::{JoinHow, JoinOptions};
/// let by_id = JoinOptions::on(["id"]).how(JoinHow::Left);
/// assert_eq!(by_id.left_on, ["id"]);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct JoinOptions {
    /// Which rows are kept.
    pub how: JoinHow,
    /// Keys of the left table.
    pub left_on: Vec<String>,
    /// Keys of the right table, one for each of the left.
    pub right_on: Vec<String>,
    /// What is put behind names that stand in both tables.
    pub suffixes: [String; 2],
    /// How often a key may stand.
    pub validate: Option<Validate>,
    /// The name of a column that says where a row comes from: `left_only`, `right_only` or `both`.
    pub indicator: Option<String>,
}

impl Default for JoinOptions {
    fn default() -> JoinOptions {
        JoinOptions {
            how: JoinHow::Inner,
            left_on: Vec::new(),
            right_on: Vec::new(),
            suffixes: ["_x".into(), "_y".into()],
            validate: None,
            indicator: None,
        }
    }
}

impl JoinOptions {
    /// Keys that have the same names in both tables; pairs that match are kept. Missing keys match nothing (pandas: each other).
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::ExecOptions, plan::JoinOptions};
    /// let left = DataFrame::new([("k", Column::from(vec![Some("a"), None]))])?.lazy()?;
    /// let right = DataFrame::new([("k", Column::from(vec![None, Some("a")])), ("y", vec![5i64, 6].into())])?.lazy()?;
    /// let both = left.join(&right, &JoinOptions::on(["k"]))?.collect(&ExecOptions::default())?;
    /// assert_eq!(both.column("y")?, &Column::from(vec![6i64]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn on<S: Into<String>>(keys: impl IntoIterator<Item = S>) -> JoinOptions {
        let keys: Vec<String> = keys.into_iter().map(Into::into).collect();
        JoinOptions { left_on: keys.clone(), right_on: keys, ..JoinOptions::default() }
    }

    /// Keys that have names of their own in each table: `(left, right)`.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::ExecOptions, plan::JoinOptions};
    /// let left = DataFrame::new([("a", Column::from(vec![1i64, 2]))])?.lazy()?;
    /// let right = DataFrame::new([("b", Column::from(vec![2.0, 3.0])), ("y", vec![5i64, 6].into())])?.lazy()?;
    /// let both = left.join(&right, &JoinOptions::on_pairs([("a", "b")]))?.collect(&ExecOptions::default())?;
    /// assert_eq!(both.column("y")?, &Column::from(vec![5i64]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn on_pairs<S: Into<String>, T: Into<String>>(keys: impl IntoIterator<Item = (S, T)>) -> JoinOptions {
        let (left_on, right_on) = keys.into_iter().map(|(l, r)| (l.into(), r.into())).unzip();
        JoinOptions { left_on, right_on, ..JoinOptions::default() }
    }

    /// The same with another choice of rows.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::ExecOptions, plan::{JoinHow, JoinOptions}};
    /// let left = DataFrame::new([("k", Column::from(vec!["a", "b"]))])?.lazy()?;
    /// let right = DataFrame::new([("k", Column::from(vec!["b", "c"]))])?.lazy()?;
    /// let rest = left.join(&right, &JoinOptions::on(["k"]).how(JoinHow::Anti))?.collect(&ExecOptions::default())?;
    /// assert_eq!(rest.column("k")?, &Column::from(vec!["a"]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn how(mut self, how: JoinHow) -> JoinOptions {
        self.how = how;
        self
    }

    /// The same with other suffixes.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, plan::JoinOptions};
    /// let table = DataFrame::new([("k", Column::from(vec!["a"])), ("x", vec![1i64].into())])?.lazy()?;
    /// let both = table.join(&table, &JoinOptions::on(["k"]).suffixes("", "_old"))?;
    /// assert_eq!(both.schema().names().collect::<Vec<_>>(), ["k", "x", "x_old"]);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn suffixes(mut self, left: &str, right: &str) -> JoinOptions {
        self.suffixes = [left.into(), right.into()];
        self
    }

    /// The same with a check of how often keys stand.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::ExecOptions, plan::{JoinOptions, Validate}};
    /// let twice = DataFrame::new([("k", Column::from(vec!["a", "a"]))])?.lazy()?;
    /// let options = JoinOptions::on(["k"]).validate(Validate::parse("1:1")?);
    /// assert!(twice.join(&twice, &options)?.collect(&ExecOptions::default()).is_err());
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn validate(mut self, validate: Validate) -> JoinOptions {
        self.validate = Some(validate);
        self
    }

    /// The same with a column `_merge` that says where a row comes from.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::ExecOptions, plan::{JoinHow, JoinOptions}};
    /// let left = DataFrame::new([("k", Column::from(vec!["a", "b"]))])?.lazy()?;
    /// let right = DataFrame::new([("k", Column::from(vec!["b", "c"]))])?.lazy()?;
    /// let both = left.join(&right, &JoinOptions::on(["k"]).how(JoinHow::Outer).indicator())?.collect(&ExecOptions::default())?;
    /// let said: Vec<String> = (0..3).map(|row| both.column("_merge").map(|c| c.scalar(row).to_string())).collect::<Result<_, _>>()?;
    /// assert_eq!(said, ["left_only", "both", "right_only"]);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn indicator(mut self) -> JoinOptions {
        self.indicator = Some("_merge".into());
        self
    }
}

/// Where a column of a join comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JoinColumn {
    /// A column of the left table.
    Left(usize),
    /// A column of the right table.
    Right(usize),
    /// The key of this number, from whichever table has the row.
    Key(usize),
    /// Where the row comes from.
    Indicator,
}

/// A join, settled: positions and types are known.
#[derive(Clone, Debug)]
pub struct Join {
    /// Which rows are kept.
    pub how: JoinHow,
    /// For each key its columns in both tables, and in what they are compared.
    pub keys: Vec<(usize, usize, Domain)>,
    /// Where the columns of the result come from.
    pub columns: Vec<JoinColumn>,
    /// How often a key may stand.
    pub validate: Option<Validate>,
    /// The columns of the result.
    pub schema: Arc<Schema>,
}

/// In which direction the nearest time is looked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AsofDirection {
    /// The last one at or before.
    #[default]
    Backward,
    /// The first one at or after.
    Forward,
    /// The closer of both; of two as close, the one before.
    Nearest,
}

impl AsofDirection {
    /// Every one of them.
    pub const ALL: [AsofDirection; 3] = [AsofDirection::Backward, AsofDirection::Forward, AsofDirection::Nearest];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            AsofDirection::Backward => "backward",
            AsofDirection::Forward => "forward",
            AsofDirection::Nearest => "nearest",
        }
    }

    /// The direction of this name.
    ///
    /// # Errors
    /// Not found, with the nearest name.
    pub fn parse(name: &str) -> Result<AsofDirection> {
        let found = AsofDirection::ALL.into_iter().find(|d| d.name() == name);
        found.ok_or_else(|| Error::not_found("direction", name, AsofDirection::ALL.map(AsofDirection::name)))
    }
}

/// How each row of one table gets the nearest earlier (or later) row of another.
#[derive(Clone, Debug, PartialEq)]
pub struct AsofOptions {
    /// The column of times or numbers in the left table.
    pub left_on: String,
    /// The same in the right table.
    pub right_on: String,
    /// Columns that must be the same: names in the left and in the right table.
    pub by: Vec<(String, String)>,
    /// Where the nearest is looked for.
    pub direction: AsofDirection,
    /// The largest distance: a number, or a duration for times.
    pub tolerance: Option<Scalar>,
    /// What is put behind names that stand in both tables.
    pub suffixes: [String; 2],
}

impl AsofOptions {
    /// Times that have the same name in both tables, the last one at or before.
    pub fn on(time: impl Into<String>) -> AsofOptions {
        let time = time.into();
        AsofOptions {
            left_on: time.clone(),
            right_on: time,
            by: Vec::new(),
            direction: AsofDirection::Backward,
            tolerance: None,
            suffixes: ["_x".into(), "_y".into()],
        }
    }

    /// The same within equal values of these columns.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::ExecOptions, plan::AsofOptions};
    /// let left = DataFrame::new([("t", Column::from(vec![1i64, 5])), ("k", vec!["a", "b"].into())])?.lazy()?;
    /// let right = DataFrame::new([("t", Column::from(vec![1i64, 4])), ("k", vec!["b", "a"].into()), ("y", vec![7i64, 8].into())])?.lazy()?;
    /// let both = left.join_asof(&right, &AsofOptions::on("t").by(["k"]))?.collect(&ExecOptions::default())?;
    /// assert_eq!(both.column("y")?, &Column::from(vec![None, Some(7i64)]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn by<S: Into<String>>(mut self, columns: impl IntoIterator<Item = S>) -> AsofOptions {
        self.by = columns.into_iter().map(Into::into).map(|c: String| (c.clone(), c)).collect();
        self
    }

    /// The same in another direction.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::ExecOptions, plan::{AsofDirection, AsofOptions}};
    /// let left = DataFrame::new([("t", Column::from(vec![1i64, 5, 10]))])?.lazy()?;
    /// let right = DataFrame::new([("t", Column::from(vec![2i64, 5])), ("y", vec![7i64, 8].into())])?.lazy()?;
    /// let options = AsofOptions::on("t").direction(AsofDirection::Forward);
    /// let both = left.join_asof(&right, &options)?.collect(&ExecOptions::default())?;
    /// assert_eq!(both.column("y")?, &Column::from(vec![Some(7i64), Some(8), None]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn direction(mut self, direction: AsofDirection) -> AsofOptions {
        self.direction = direction;
        self
    }

    /// The same within a distance.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::ExecOptions, plan::AsofOptions};
    /// let left = DataFrame::new([("t", Column::from(vec![5i64, 10]))])?.lazy()?;
    /// let right = DataFrame::new([("t", Column::from(vec![2i64])), ("y", vec![7i64].into())])?.lazy()?;
    /// let both = left.join_asof(&right, &AsofOptions::on("t").tolerance(3))?.collect(&ExecOptions::default())?;
    /// assert_eq!(both.column("y")?, &Column::from(vec![Some(7i64), None]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn tolerance(mut self, distance: impl Into<Scalar>) -> AsofOptions {
        self.tolerance = Some(distance.into());
        self
    }
}

/// An as-of join, settled.
#[derive(Clone, Debug)]
pub struct AsofJoin {
    /// The columns of times, and in what they are compared.
    pub on: (usize, usize, Domain),
    /// Columns that must be the same.
    pub by: Vec<(usize, usize, Domain)>,
    /// Where the nearest is looked for.
    pub direction: AsofDirection,
    /// The largest distance.
    pub tolerance: Option<Scalar>,
    /// Where the columns of the result come from.
    pub columns: Vec<JoinColumn>,
    /// The columns of the result.
    pub schema: Arc<Schema>,
}

fn in_table(e: Error, which: &str) -> Error {
    let op = Some(format!("the {which} table of the join"));
    e.at(Place { op, ..Place::default() })
}

/// Positions of two keys and what they are compared in.
fn key(left: &Schema, right: &Schema, names: (&str, &str)) -> Result<(usize, usize, Domain)> {
    let l = left.position(names.0).map_err(|e| in_table(e, "left"))?;
    let r = right.position(names.1).map_err(|e| in_table(e, "right"))?;
    super::is_key(left, l).map_err(|e| in_table(e, "left"))?;
    super::is_key(right, r).map_err(|e| in_table(e, "right"))?;
    let domain = Domain::of(&left.fields[l].dtype, &right.fields[r].dtype).map_err(|e| {
        let (a, b) = (&left.fields[l].dtype, &right.fields[r].dtype);
        let message = format!("key {:?} is {a} in the left table and {:?} is {b} in the right one", names.0, names.1);
        let help = "give both one type: --dtypes NAME=TYPE for text, or --with 'NAME = str(NAME)'";
        Error::wrong_type(message).help(e.remedy().unwrap_or(help).to_string())
    })?;
    Ok((l, r, domain))
}

/// The result's columns and where they come from. Keys of one name in both tables stand once, at the left one's place.
fn columns(
    (left, right): (&Schema, &Schema),
    how: JoinHow,
    shared: &[(usize, usize)],
    suffixes: &[String; 2],
    indicator: Option<&str>,
) -> Result<(Vec<JoinColumn>, Schema)> {
    let mut out = Vec::new();
    let mut fields: Vec<Field> = Vec::new();
    let right_columns: Vec<usize> = (0..right.fields.len()).filter(|r| how.has_right() && shared.iter().all(|(_, k)| k != r)).collect();
    let clash = |name: &str| right_columns.iter().any(|&r| right.fields[r].name == name);
    let left_missing = matches!(how, JoinHow::Right | JoinHow::Outer);
    for (i, field) in left.fields.iter().enumerate() {
        let mut field = field.clone();
        if let Some(nth) = shared.iter().position(|&(l, _)| l == i) {
            let other = &right.fields[shared[nth].1];
            match how {
                JoinHow::Right => field = Field { attrs: field.attrs, ..other.clone() },
                JoinHow::Outer => {
                    field.dtype = promote(&field.dtype, &other.dtype)?;
                    field.nullable |= other.nullable;
                }
                _ => {}
            }
            out.push(JoinColumn::Key(nth));
        } else {
            if clash(&field.name) {
                field.name += &suffixes[0];
            }
            field.nullable |= left_missing;
            out.push(JoinColumn::Left(i));
        }
        fields.push(field);
    }
    for r in right_columns {
        let mut field = right.fields[r].clone();
        if left.fields.iter().any(|f| f.name == field.name) {
            field.name += &suffixes[1];
        }
        field.nullable |= matches!(how, JoinHow::Left | JoinHow::Outer);
        out.push(JoinColumn::Right(r));
        fields.push(field);
    }
    if let Some(name) = indicator {
        out.push(JoinColumn::Indicator);
        fields.push(Field::new(name, DType::Categorical { ordered: false }));
    }
    let twice = fields.iter().enumerate().find(|(i, f)| fields[..*i].iter().any(|g| g.name == f.name));
    if let Some((_, twice)) = twice {
        return Err(Error::invalid(format!("two columns of the join would be called {:?}", twice.name))
            .help("rename one first, or give other suffixes: --suffixes _left,_right"));
    }
    let mut schema = Schema { attrs: left.attrs.clone(), metadata: left.metadata.clone(), ..Schema::new(fields) };
    if !how.has_right() && indicator.is_none() {
        schema = left.clone();
    }
    if let IndexSpec::Range { .. } = schema.index {
        schema.index = IndexSpec::Default;
    }
    Ok((out, schema))
}

impl LazyFrame {
    /// Puts rows of two tables side by side where their keys are the same by value, across number types. Missing and NaN match
    /// nothing.
    ///
    /// `Left Inner Semi Anti` keep the left order, then the right order among matches; `Right` the right order; `Outer` the left
    /// order, then the unmatched right rows. Columns: left, then right without keys of the same name; suffixes only on clashes.
    /// The right table is held in memory (with `Right` the left one, with `Outer` both), the other is streamed; where it does not fit the
    /// budget, both go through temporary files.
    ///
    /// # Errors
    /// Not found, for a key; type, for keys that never match (text and numbers); invalid, for no keys, or two columns of one name.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::ExecOptions, plan::{JoinHow, JoinOptions}};
    /// let left = DataFrame::new([("k", Column::from(vec![Some("a"), Some("b"), None]))])?.lazy()?;
    /// let right = DataFrame::new([("k", Column::from(vec!["b", "c"])), ("y", vec![5i64, 6].into())])?.lazy()?;
    /// let both = left.join(&right, &JoinOptions::on(["k"]).how(JoinHow::Left))?.collect(&ExecOptions::default())?;
    /// assert_eq!(both.column("y")?, &Column::from(vec![None, Some(5i64), None]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn join(&self, right: &LazyFrame, options: &JoinOptions) -> Result<LazyFrame> {
        let JoinOptions { how, left_on, right_on, suffixes, validate, indicator } = options;
        if *how == JoinHow::Cross && !(left_on.is_empty() && right_on.is_empty() && validate.is_none() && indicator.is_none()) {
            return Err(Error::invalid("a cross join has no keys, nothing to validate and no indicator"));
        }
        if *how != JoinHow::Cross && left_on.is_empty() {
            return Err(Error::invalid("a join needs keys").help("--on k, or --left-on a --right-on b; --how cross takes every pair"));
        }
        if left_on.len() != right_on.len() {
            return Err(Error::invalid(format!("{} keys of the left table, {} of the right one", left_on.len(), right_on.len())));
        }
        if !how.has_right() && indicator.is_some() {
            return Err(Error::invalid(format!("a join of kind {} has no indicator", how.name())).help("--how left has one"));
        }
        let (l, r) = (self.schema(), right.schema());
        let keys = left_on.iter().zip(right_on).map(|(a, b)| key(l, r, (a, b))).collect::<Result<Vec<_>>>()?;
        let shared: Vec<(usize, usize)> =
            keys.iter().zip(left_on.iter().zip(right_on)).filter(|(_, (a, b))| a == b).map(|((l, r, _), _)| (*l, *r)).collect();
        // Shared keys are numbered among all keys.
        let numbers: Vec<usize> = left_on.iter().zip(right_on).enumerate().filter(|(_, (a, b))| a == b).map(|(i, _)| i).collect();
        let (mut columns, schema) = columns((l, r), *how, &shared, suffixes, indicator.as_deref())?;
        for column in &mut columns {
            if let JoinColumn::Key(nth) = column {
                *nth = numbers[*nth];
            }
        }
        let join = Join { how: *how, keys, columns, validate: *validate, schema: Arc::new(schema) };
        Ok(self.then(Plan::Join { left: self.plan.clone(), right: right.plan.clone(), join: Arc::new(join) }))
    }

    /// Gives each row the row of the other table whose time (or number) is the nearest at or before its own, within equal values
    /// of the `by` columns; where there is none, missing values. Both tables must be sorted by time within `by`. Types stay.
    ///
    /// # Errors
    /// As [`LazyFrame::join`]; type, for times that are text, and for a tolerance that does not measure them.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::ExecOptions, plan::AsofOptions};
    /// let left = DataFrame::new([("t", Column::from(vec![1i64, 5, 10]))])?.lazy()?;
    /// let right = DataFrame::new([("t", Column::from(vec![2i64, 5])), ("y", vec![7i64, 8].into())])?.lazy()?;
    /// let both = left.join_asof(&right, &AsofOptions::on("t"))?.collect(&ExecOptions::default())?;
    /// assert_eq!(both.column("y")?, &Column::from(vec![None, Some(8i64), Some(8)]));
    /// let near = left.join_asof(&right, &AsofOptions::on("t").tolerance(3))?.collect(&ExecOptions::default())?;
    /// assert_eq!(near.column("y")?, &Column::from(vec![None, Some(8i64), None]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn join_asof(&self, right: &LazyFrame, options: &AsofOptions) -> Result<LazyFrame> {
        let (l, r) = (self.schema(), right.schema());
        let on = key(l, r, (&options.left_on, &options.right_on))?;
        let dtype = &l.fields[on.0].dtype;
        if !(dtype.is_temporal() || dtype.is_integer() || dtype.is_float()) {
            let e = Error::wrong_type(format!("column {:?} of type {dtype} has no nearest value", options.left_on));
            return Err(e.help("an as-of join takes times and numbers"));
        }
        let fits = match (&options.tolerance, dtype) {
            (None, _) => true,
            (Some(Scalar::Duration { .. }), t) => t.is_temporal(),
            (Some(t), d) => t.as_f64().is_some_and(|t| t >= 0.0) && !d.is_temporal(),
        };
        if !fits {
            let help = "a duration such as 3D or 2h for times, a number of at least 0 for numbers";
            return Err(Error::wrong_type(format!("the tolerance does not measure distances of {dtype}")).help(help));
        }
        let by = options.by.iter().map(|(a, b)| key(l, r, (a, b))).collect::<Result<Vec<_>>>()?;
        let mut shared: Vec<(usize, usize)> = Vec::new();
        let names = options.by.iter().map(|(a, b)| (a, b)).chain([(&options.left_on, &options.right_on)]);
        for ((left, right, _), (a, b)) in by.iter().chain([&on]).zip(names) {
            if a == b {
                shared.push((*left, *right));
            }
        }
        let (mut columns, schema) = columns((l, r), JoinHow::Left, &shared, &options.suffixes, None)?;
        // The left table has every row.
        for (i, column) in columns.iter_mut().enumerate() {
            if let JoinColumn::Key(_) = column {
                *column = JoinColumn::Left(i);
            }
        }
        let (direction, tolerance) = (options.direction, options.tolerance.clone());
        let join = AsofJoin { on, by, direction, tolerance, columns, schema: Arc::new(schema) };
        Ok(self.then(Plan::AsofJoin { left: self.plan.clone(), right: right.plan.clone(), join: Arc::new(join) }))
    }
}

impl fmt::Display for Join {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} join on {} keys", self.how.name(), self.keys.len())
    }
}

/// The tolerance of an as-of join: a number, or a duration such as `3D`, `2h`, `30min`, `15s`, `250ms`, `2 days 03:00:00`, `PT5M`.
///
/// # Errors
/// Parse, for anything else.
///
/// # Examples
/// ```
/// use hpda_data::plan::parse_tolerance;
/// assert_eq!(parse_tolerance("2.5")?, 2.5.into());
/// assert_eq!(parse_tolerance("2h")?, parse_tolerance("120min")?);
/// # Ok::<(), hpda_data::Error>(())
/// ```
pub fn parse_tolerance(text: &str) -> Result<Scalar> {
    let text = text.trim();
    if let Ok(whole) = text.parse::<i64>() {
        return Ok(Scalar::I64(whole));
    }
    if let Some(number) = text.parse::<f64>().ok().filter(|x| x.is_finite()) {
        return Ok(Scalar::F64(number));
    }
    let wrong = || Error::parse(format!("{text:?} is no distance")).help("it is a number, or a duration such as 3D, 2h, 30min or 15s");
    let at = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let unit: Option<f64> = match text[at..].trim() {
        "D" | "d" => Some(86_400e9),
        "h" | "H" => Some(3_600e9),
        "min" | "m" => Some(60e9),
        "s" => Some(1e9),
        "ms" => Some(1e6),
        "us" => Some(1e3),
        "ns" => Some(1.0),
        _ => None,
    };
    let nanos = match (unit, text[..at].parse::<f64>()) {
        (Some(unit), Ok(number)) => (number * unit) as i128,
        (Some(unit), Err(_)) if at == 0 => unit as i128,
        _ => parse_duration(text.as_bytes()).ok_or_else(wrong)?,
    };
    let whole = |n: i128| i64::try_from(n).map_err(|_| wrong());
    // Microseconds, as the durations of tables, unless it is finer.
    Ok(match nanos % 1000 {
        0 => Scalar::Duration { value: whole(nanos / 1000)?, unit: TimeUnit::Us },
        _ => Scalar::Duration { value: whole(nanos)?, unit: TimeUnit::Ns },
    })
}
