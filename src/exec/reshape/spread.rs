//! Tables of categories: `crosstab`, `get_dummies`; and columns named by a rule made long: `wide_to_long`.

use super::super::group::{Codes, NONE, codes};
use crate::dtype::{DType, Scalar};
use crate::error::{Error, Result, ResultExt};
use crate::frame::{DataFrame, Series};
use crate::kernel::agg::Agg;
use crate::label::{Index, Labels};
use crate::plan::GroupOrder;
use crate::store::Column;
use arrow::array::{AsArray, BooleanArray, UInt64Array};
use std::sync::Arc;

/// What the counts of [`crosstab`] are shares of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Normalize {
    /// Of all rows.
    All,
    /// Of the rows of their line.
    Index,
    /// Of the rows of their column.
    Columns,
}

/// How [`crosstab`] counts; the default is `pd.crosstab(a, b)`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Crosstab {
    /// Shares instead of counts.
    pub normalize: Option<Normalize>,
    /// A line and a column `All`; labels of lines become text.
    pub margins: bool,
}

fn labels_of(s: &Series, codes: &Codes) -> Vec<Scalar> {
    codes.firsts.iter().map(|&r| s.data().scalar(r as usize)).collect()
}

/// How often each pair of values stands: lines by the values of `index`, columns by those of `columns`, both sorted.
///
/// Rows are matched by position; those with a missing value count nowhere. Counts are i64, shares f64.
///
/// # Errors
/// Shape, for another number of rows; type, for values that do not compare.
///
/// # Examples
/// ```
/// use hpda_data::{Column, DataFrame, exec::{Crosstab, Normalize, crosstab}};
/// let df = DataFrame::new([("sex", Column::from(vec!["m", "f", "m"])), ("class", vec![1i64, 3, 3].into())])?;
/// let counts = crosstab(&df.series("sex")?, &df.series("class")?, Crosstab::default())?;
/// assert_eq!(counts.column("3")?, &Column::from(vec![1i64, 1]));
/// let shares = Crosstab { normalize: Some(Normalize::Index), ..Crosstab::default() };
/// assert_eq!(crosstab(&df.series("sex")?, &df.series("class")?, shares)?.column("1")?, &Column::from(vec![0.0, 0.5]));
/// # Ok::<(), hpda_data::Error>(())
/// ```
pub fn crosstab(index: &Series, columns: &Series, how: Crosstab) -> Result<DataFrame> {
    if index.len() != columns.len() {
        return Err(Error::shape(format!("{} rows beside {}", index.len(), columns.len())));
    }
    // A row counts where it has both.
    let both = Column::new(DType::Bool, Arc::new(BooleanArray::new(&index.data().present() & &columns.data().present(), None)))?;
    let (index, columns) = (index.filter(&both)?, columns.filter(&both)?);
    let down = codes(&[index.data().clone()], false, GroupOrder::Sorted)?;
    let across = codes(&[columns.data().clone()], false, GroupOrder::Sorted)?;
    let (n, m) = (down.len(), across.len());
    let mut counts = vec![0i64; n * m];
    down.codes.iter().zip(&across.codes).for_each(|(&i, &j)| counts[j as usize * n + i as usize] += 1);
    let lines: Vec<i64> = (0..n).map(|i| (0..m).map(|j| counts[j * n + i]).sum()).collect();
    let sums: Vec<i64> = (0..m).map(|j| counts[j * n..(j + 1) * n].iter().sum()).collect();
    let total: i64 = sums.iter().sum();
    let (mut down_labels, mut across_labels) = (labels_of(&index, &down), labels_of(&columns, &across));
    let mut cells: Vec<Vec<i64>> = counts.chunks(n.max(1)).take(m).map(<[i64]>::to_vec).collect();
    let mut made: Vec<Column> = Vec::new();
    let share = |x: i64, of: i64| x as f64 / of as f64;
    match how.normalize {
        None => {
            if how.margins {
                cells.iter_mut().zip(&sums).for_each(|(c, &s)| c.push(s));
                cells.push(lines.iter().copied().chain([total]).collect());
            }
            made.extend(cells.into_iter().map(Column::from));
        }
        // Shares of lines have a line `All`, shares of columns a column, and shares of all both, as in pandas.
        Some(of) => {
            let base = |i: usize, j: usize| match of {
                Normalize::All => total,
                Normalize::Index => lines[i],
                Normalize::Columns => sums[j],
            };
            let mut shares: Vec<Vec<f64>> =
                cells.iter().enumerate().map(|(j, c)| c.iter().enumerate().map(|(i, &x)| share(x, base(i, j))).collect()).collect();
            if how.margins && of != Normalize::Columns {
                shares.iter_mut().zip(&sums).for_each(|(c, &s)| c.push(share(s, total)));
            }
            if how.margins && of != Normalize::Index {
                let last = (of == Normalize::All).then_some(1.0);
                shares.push(lines.iter().map(|&l| share(l, total)).chain(last).collect());
            }
            made.extend(shares.into_iter().map(Column::from));
        }
    }
    let texts = |l: &[Scalar]| l.iter().map(|s| Scalar::from(s.to_string())).chain([Scalar::from("All")]).collect::<Vec<Scalar>>();
    if how.margins && how.normalize != Some(Normalize::Columns) {
        down_labels = texts(&down_labels);
    }
    if how.margins && how.normalize != Some(Normalize::Index) {
        across_labels.push("All".into());
    }
    let rows = if down_labels.is_empty() { index.data().slice(0, 0) } else { crate::frame::column_of(&down_labels)? };
    let labels = Labels::from_tuples(vec![columns.name().map(Into::into)], across_labels.into_iter().map(|l| vec![l]).collect())?;
    DataFrame::with_index(labels, made, Index::flat(index.name(), rows))
}

/// How [`DataFrame::get_dummies`] makes its columns.
#[derive(Clone, Debug, PartialEq)]
pub struct Dummies {
    /// Which columns; those of text and categories, when `None`.
    pub columns: Option<Vec<String>>,
    /// What stands between a column's name and the value.
    pub separator: String,
    /// The first value has no column of its own.
    pub drop_first: bool,
    /// Missing values have a column, `NAME_nan`.
    pub missing: bool,
}

impl Default for Dummies {
    fn default() -> Dummies {
        Dummies { columns: None, separator: "_".into(), drop_first: false, missing: false }
    }
}

impl DataFrame {
    /// A column of true and false for each value of some columns: `Sex_female`, `Sex_male`. The other columns come first; values
    /// are sorted, categories in the order of their list.
    ///
    /// # Errors
    /// Not found, with the nearest name; type, for values that do not compare.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::Dummies};
    /// let df = DataFrame::new([("sex", Column::from(vec!["m", "f"])), ("age", vec![30i64, 40].into())])?;
    /// let wide = df.get_dummies(&Dummies::default())?;
    /// assert_eq!(wide.names(), ["age", "sex_f", "sex_m"]);
    /// assert_eq!(wide.column("sex_m")?, &Column::from(vec![true, false]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn get_dummies(&self, how: &Dummies) -> Result<DataFrame> {
        let spread: Vec<usize> = match &how.columns {
            Some(names) => names.iter().map(|n| self.labels().position(n)).collect::<Result<_>>()?,
            None => (0..self.width()).filter(|&i| matches!(self.columns()[i].dtype(), DType::Str | DType::Categorical { .. })).collect(),
        };
        let mut out: Vec<(String, Column)> = Vec::new();
        for i in (0..self.width()).filter(|i| !spread.contains(i)) {
            out.push((self.names()[i].clone(), self.columns()[i].clone()));
        }
        for i in spread {
            let (name, column) = (&self.names()[i], &self.columns()[i]);
            // Categories that no row has have a column too.
            let (values, numbers): (Vec<String>, Vec<Option<u32>>) = if let DType::Categorical { .. } = column.dtype() {
                (column.categories()?, column.codes()?)
            } else {
                let found = codes(std::slice::from_ref(column), false, GroupOrder::Sorted).at_column(name)?;
                let shown = found.firsts.iter().map(|&r| column.scalar(r as usize).to_string()).collect();
                (shown, found.codes.iter().map(|&c| (c != NONE).then_some(c)).collect())
            };
            for (v, value) in values.iter().enumerate().skip(usize::from(how.drop_first)) {
                let bits: Vec<bool> = numbers.iter().map(|c| *c == Some(v as u32)).collect();
                out.push((format!("{name}{}{value}", how.separator), bits.into()));
            }
            if how.missing {
                out.push((format!("{name}{}nan", how.separator), numbers.iter().map(Option::is_none).collect::<Vec<bool>>().into()));
            }
        }
        let (names, columns): (Vec<String>, Vec<Column>) = out.into_iter().unzip();
        DataFrame::with_index(Labels::new(names), columns, (**self.index()).clone())
    }

    /// Columns whose names are a stub, a separator and a suffix made long: `wide_to_long(&["ht"], &["id"], "age", "", r"\d+")`
    /// takes `ht1 ht2` to rows with the ages 1 and 2 and a column `ht`.
    ///
    /// Rows are labelled by the columns `i` and by `j`, the suffix (a number where all are); the columns without a suffix come
    /// first, in the order of their names, then the stubs. Rows stand suffix by suffix, in order of appearance.
    ///
    /// # Errors
    /// Not found, with the nearest name; parse, for a suffix that is no regular expression; invalid, where `i` does not tell rows
    /// apart, and where no column has a suffix; type, for columns of a stub without a common type.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let df = DataFrame::new([("id", Column::from(vec!["a", "b"])), ("ht1", vec![Some(2.5), None].into()), ("ht2", vec![3.0, 4.0].into())])?;
    /// let long = df.wide_to_long(&["ht"], &["id"], "age", "", r"\d+")?;
    /// assert_eq!(long.column("ht")?, &Column::from(vec![Some(2.5), None, Some(3.0), Some(4.0)]));
    /// assert_eq!(long.index().columns()[1], Column::from(vec![1i64, 1, 2, 2]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn wide_to_long(&self, stubs: &[&str], i: &[&str], j: &str, separator: &str, suffix: &str) -> Result<DataFrame> {
        let ids = self.select(i.iter().copied())?;
        let repeated = ids.duplicated(None, crate::ops::order::Keep::First)?;
        if repeated.values().as_boolean().true_count() > 0 {
            return Err(Error::invalid(format!("the columns {} do not tell rows apart", i.join(", "))));
        }
        let mut suffixes: Vec<String> = Vec::new();
        let mut parts: Vec<Vec<(String, usize)>> = Vec::new();
        for stub in stubs {
            let pattern = format!("^{}{}({suffix})$", regex::escape(stub), regex::escape(separator));
            let pattern =
                regex::Regex::new(&pattern).map_err(|e| Error::parse(format!("{suffix:?} is no regular expression")).because(e))?;
            let found = self.names().iter().enumerate();
            let found: Vec<(String, usize)> =
                found.filter_map(|(at, n)| Some((pattern.captures(n)?.get(1)?.as_str().to_string(), at))).collect();
            for (s, _) in &found {
                if !suffixes.contains(s) {
                    suffixes.push(s.clone());
                }
            }
            parts.push(found);
        }
        if suffixes.is_empty() {
            let e = Error::invalid("no column has a name made of a stub and a suffix");
            return Err(e.help(format!("stubs {}; columns {}", stubs.join(", "), self.names().join(", "))));
        }
        let used: Vec<usize> = parts.iter().flatten().map(|p| p.1).collect();
        let (n, k) = (self.height(), suffixes.len());
        let again: UInt64Array = (0..k).flat_map(|_| (0..n as u64).map(Some)).collect();
        let mut levels = ids.columns().iter().map(|c| c.take(&again)).collect::<Result<Vec<_>>>()?;
        let numbers: Option<Vec<i64>> = suffixes.iter().map(|s| s.parse().ok()).collect();
        let each: UInt64Array = (0..k as u64).flat_map(|s| std::iter::repeat_n(Some(s), n)).collect();
        levels.push(numbers.map_or_else(|| Column::from(suffixes.clone()), Column::from).take(&each)?);
        let (mut names, mut columns) = (Vec::new(), Vec::new());
        let mut others: Vec<usize> =
            (0..self.width()).filter(|at| !used.contains(at) && !i.contains(&self.names()[*at].as_str())).collect();
        // In the order of their names, as pandas has them.
        others.sort_by(|a, b| self.names()[*a].cmp(&self.names()[*b]));
        for at in others {
            names.push(self.names()[at].clone());
            columns.push(self.columns()[at].take(&again)?);
        }
        for (stub, found) in stubs.iter().zip(&parts) {
            let mut dtype: Option<DType> = None;
            for (_, at) in found {
                let own = self.columns()[*at].dtype();
                dtype = Some(dtype.map_or_else(|| Ok(own.clone()), |d| crate::dtype::promote(&d, own)).at_column(stub)?);
            }
            let dtype = dtype.unwrap_or(DType::F64);
            let pieces = suffixes.iter().map(|s| match found.iter().find(|f| f.0 == *s) {
                Some((_, at)) => self.columns()[*at].cast(&dtype),
                None => Ok(Column::missing(dtype.clone(), n)),
            });
            names.push(stub.to_string());
            columns.push(Column::concat(&pieces.collect::<Result<Vec<_>>>()?)?);
        }
        let levels_named = i.iter().copied().chain([j]).map(|n| Some(n.to_string())).collect();
        DataFrame::with_index(Labels::new(names), columns, Index::from_columns(levels_named, &levels)?)
    }

    /// [`DataFrame::groupby`] over the rows and columns of a table, as in pandas' `pivot_table`: [`DataFrame::pivot`] with an
    /// aggregate, the mean where nothing is said.
    ///
    /// # Errors
    /// As [`DataFrame::pivot`].
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::PivotOptions};
    /// let df = DataFrame::new([("k", Column::from(vec!["a", "a", "b"])), ("n", vec!["x", "x", "y"].into()), ("v", vec![1i64, 2, 3].into())])?;
    /// let table = df.pivot_table(&PivotOptions::new("k", "n", "v"))?;
    /// assert_eq!(table.column("x")?, &Column::from(vec![Some(1.5), None]));
    /// assert_eq!(table.column("y")?, &Column::from(vec![None, Some(3.0)]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn pivot_table(&self, how: &super::PivotOptions) -> Result<DataFrame> {
        let agg = how.agg.unwrap_or(Agg::Mean);
        self.pivot(&super::PivotOptions { agg: Some(agg), ..how.clone() })
    }
}
