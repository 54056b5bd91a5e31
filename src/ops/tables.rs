//! Tables one below the other, or side by side by their row labels.

use crate::dtype::{DType, Scalar, promote};
use crate::error::{Error, Place, Result, ResultExt};
use crate::frame::DataFrame;
use crate::label::{Index, Join, Labels};
use crate::store::Column;
use arrow::array::UInt64Array;

/// Along what tables are put together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Axis {
    /// One below the other; columns are matched by label.
    #[default]
    Rows,
    /// Side by side; rows are matched by label.
    Columns,
}

/// How tables are put together; the default is `pd.concat(frames)`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Concat {
    /// Along what.
    pub axis: Axis,
    /// Only labels of the other axis that all tables have; else those of any, in the order of first appearance (rows: sorted
    /// where they differ).
    pub inner: bool,
    /// Rows are numbered anew instead of keeping their labels.
    pub ignore_index: bool,
    /// A label for each table: a new outermost level.
    pub keys: Option<Vec<Scalar>>,
    /// The name of that level.
    pub key_name: Option<String>,
}

impl Concat {
    /// With a label for each table.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, ops::tables::{Concat, concat}};
    /// let df = DataFrame::new([("x", Column::from(vec![Some(1i64), None]))])?;
    /// let both = concat(&[df.clone(), df], &Concat::default().keys(["a", "b"]))?;
    /// assert_eq!(both.at(("b", 0), "x")?, 1i64.into());
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn keys<K: Into<Scalar>>(mut self, keys: impl IntoIterator<Item = K>) -> Concat {
        self.keys = Some(keys.into_iter().map(Into::into).collect());
        self
    }
}

/// Tables as one: `pd.concat`.
///
/// One below the other, types widen to one that holds all, a column that a table lacks is missing there, and row labels stay, also
/// those that stand twice. Side by side, row labels must be unique where they differ.
///
/// # Errors
/// Invalid, for no tables, another number of keys, and labels that stand twice where rows are matched; type, for text and numbers
/// in one column or level.
///
/// # Examples
/// ```
/// use hpda_data::{Column, DataFrame, ops::tables::{Concat, concat}};
/// let a = DataFrame::new([("x", Column::from(vec![1i64, 2]))])?;
/// let b = DataFrame::new([("x", Column::from(vec![0.5])), ("y", vec!["b"].into())])?;
/// let both = concat(&[a, b], &Concat::default().keys(["a", "b"]))?;
/// assert_eq!(both.column("x")?, &Column::from(vec![1.0, 2.0, 0.5]));
/// assert_eq!(both.column("y")?, &Column::from(vec![None, None, Some("b")]));
/// assert_eq!(both.index().label(2), ["b".into(), 0i64.into()]);
/// # Ok::<(), hpda_data::Error>(())
/// ```
pub fn concat(tables: &[DataFrame], how: &Concat) -> Result<DataFrame> {
    if tables.is_empty() {
        return Err(Error::invalid("no tables to put together"));
    }
    if let Some(keys) = how.keys.as_ref().filter(|k| k.len() != tables.len()) {
        return Err(Error::invalid(format!("{} keys for {} tables", keys.len(), tables.len())));
    }
    match how.axis {
        Axis::Rows => below(tables, how),
        Axis::Columns => beside(tables, how),
    }
}

/// One column of the parts, in the type that holds all of them; parts of `None` are missing.
fn joined(parts: &[(Option<&Column>, usize)]) -> Result<Column> {
    let mut dtype: Option<DType> = None;
    // An empty or wholly missing f64 column takes any type, as everywhere.
    let counts = |c: &Column| *c.dtype() != DType::F64 || c.missing_count() < c.len();
    for c in parts.iter().filter_map(|p| p.0).filter(|c| counts(c)) {
        dtype = Some(match dtype {
            None => c.dtype().clone(),
            Some(d) => promote(&d, c.dtype())?,
        });
    }
    let mut dtype = dtype.unwrap_or(DType::F64);
    // Categories of different lists meet as text, as in pandas.
    if let DType::Categorical { .. } = dtype {
        let lists = parts.iter().filter_map(|p| p.0).filter(|c| counts(c)).map(Column::categories).collect::<Result<Vec<_>>>()?;
        if lists.windows(2).any(|w| w[0] != w[1]) {
            dtype = DType::Str;
        }
    }
    let one = |(c, rows): &(Option<&Column>, usize)| match c {
        Some(c) if counts(c) || dtype == DType::F64 => c.cast(&dtype),
        _ => Ok(Column::missing(dtype.clone(), *rows)),
    };
    Column::concat(&parts.iter().map(one).collect::<Result<Vec<_>>>()?)
}

fn below(tables: &[DataFrame], how: &Concat) -> Result<DataFrame> {
    let mut labels: Vec<Vec<Scalar>> = Vec::new();
    let own: Vec<Vec<Vec<Scalar>>> = tables.iter().map(|t| (0..t.width()).map(|i| t.labels().label(i)).collect()).collect();
    for (t, labels_of) in tables.iter().zip(&own) {
        if !t.labels().is_unique() && tables.iter().any(|other| other.labels() != t.labels()) {
            return Err(Error::invalid("column names stand twice, so columns are not matched by them"));
        }
        for label in labels_of {
            if !labels.contains(label) {
                labels.push(label.clone());
            }
        }
    }
    if how.inner {
        labels.retain(|l| own.iter().all(|o| o.contains(l)));
    }
    let same = tables.iter().all(|t| t.labels() == tables[0].labels());
    let labels = if same {
        tables[0].labels().clone()
    } else if tables.iter().all(|t| t.labels().full().is_none()) {
        Labels::new(labels.iter().map(|l| l[0].to_string()))
    } else {
        let names = tables[0].labels().level_names().into_iter().map(|n| n.map(Into::into)).collect();
        Labels::from_tuples(names, labels)?
    };
    let mut columns = Vec::with_capacity(labels.len());
    for i in 0..labels.len() {
        let label = labels.label(i);
        let part = |(t, own): (&'_ DataFrame, &Vec<Vec<Scalar>>)| {
            if same { Some(i) } else { own.iter().position(|l| *l == label) }.map(|at| (t.columns()[at].clone(), t.height()))
        };
        let found: Vec<(Option<Column>, usize)> =
            tables.iter().zip(&own).map(|(t, o)| part((t, o)).map_or((None, t.height()), |(c, n)| (Some(c), n))).collect();
        let parts: Vec<(Option<&Column>, usize)> = found.iter().map(|(c, n)| (c.as_ref(), *n)).collect();
        columns.push(joined(&parts).at(|| Place::column(&labels.names()[i]))?);
    }
    let rows: usize = tables.iter().map(DataFrame::height).sum();
    let index = if how.ignore_index { Index::range(rows) } else { row_labels(tables, how)? };
    Ok(DataFrame::with_index(labels, columns, index)?.with_attrs(tables[0].attrs().clone()))
}

/// The labels of all rows, a level of keys before them.
fn row_labels(tables: &[DataFrame], how: &Concat) -> Result<Index> {
    let first = tables[0].index();
    if let Some(t) = tables.iter().find(|t| t.index().nlevels() != first.nlevels()) {
        return Err(Error::shape(format!("row labels of {} levels and of {}", first.nlevels(), t.index().nlevels()))
            .help("ignore_index numbers rows anew; reset_index makes columns of the levels"));
    }
    let mut names: Vec<Option<String>> = first.names().into_iter().map(|n| n.map(Into::into)).collect();
    for t in tables {
        names.iter_mut().zip(t.index().names()).for_each(|(n, other)| {
            if n.as_deref() != other {
                *n = None;
            }
        });
    }
    let own: Vec<Vec<Column>> = tables.iter().map(|t| t.index().columns()).collect();
    let level = |l: usize| {
        let parts: Vec<(Option<&Column>, usize)> = own.iter().map(|o| (Some(&o[l]), o[l].len())).collect();
        joined(&parts)
    };
    let mut levels = (0..first.nlevels()).map(level).collect::<Result<Vec<_>>>()?;
    if let Some(keys) = &how.keys {
        let keys = crate::frame::column_of(keys)?;
        let at: UInt64Array = tables.iter().enumerate().flat_map(|(i, t)| std::iter::repeat_n(Some(i as u64), t.height())).collect();
        levels.insert(0, keys.take(&at)?);
        names.insert(0, how.key_name.clone());
    }
    Index::from_columns(names, &levels)
}

fn beside(tables: &[DataFrame], how: &Concat) -> Result<DataFrame> {
    let mut index = (**tables[0].index()).clone();
    let join = if how.inner { Join::Inner } else { Join::Outer };
    for t in &tables[1..] {
        index = index.join(t.index(), join)?.0;
    }
    let (mut columns, mut labels) = (Vec::new(), Vec::new());
    let levels = tables[0].labels().nlevels();
    for (i, t) in tables.iter().enumerate() {
        if t.labels().nlevels() != levels {
            return Err(Error::shape(format!("column labels of {levels} levels and of {}", t.labels().nlevels())));
        }
        let rows = if t.index().same_labels(&index) { None } else { Some(t.index().indexer(&index)?) };
        for (j, c) in t.columns().iter().enumerate() {
            columns.push(rows.as_ref().map_or_else(|| Ok(c.clone()), |r| c.take(r))?);
            let mut label = t.labels().label(j);
            if let Some(keys) = &how.keys {
                label.insert(0, keys[i].clone());
            }
            labels.push(label);
        }
    }
    if how.ignore_index {
        labels = (0..labels.len()).map(|i| vec![Scalar::I64(i as i64)]).collect();
    }
    let plain = how.keys.is_none() && !how.ignore_index && tables.iter().all(|t| t.labels().full().is_none());
    let labels = if plain {
        Labels::new(labels.iter().map(|l| l[0].to_string()))
    } else {
        let width = labels.first().map_or(1, Vec::len);
        let mut names: Vec<Option<String>> = tables[0].labels().level_names().into_iter().map(|n| n.map(Into::into)).collect();
        if how.keys.is_some() {
            names.insert(0, how.key_name.clone());
        }
        names.resize(width, None);
        Labels::from_tuples(names, labels)?
    };
    DataFrame::with_index(labels, columns, index)
}
