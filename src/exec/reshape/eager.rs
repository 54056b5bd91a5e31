//! Shapes of tables in memory, with labels on rows and columns.

use super::super::join::values_and_keys;
use super::super::{ExecOptions, PivotOptions, Spread};
use super::pivot::{ALL, cells};
use crate::dtype::{DType, Scalar, promote};
use crate::error::{Error, Place, Result, ResultExt};
use crate::frame::{DataFrame, Series};
use crate::kernel::order::{MISSING, take_optional};
use crate::label::{Index, Labels, Level};
use crate::plan::{GroupOrder, MeltOptions};
use crate::store::{Batch, Budget, Column, Field, Schema};
use arrow::array::{Array, AsArray, UInt64Array};
use std::sync::Arc;

/// The tables are in memory already, so results are not held to less.
fn options() -> ExecOptions {
    ExecOptions { budget: Budget::unlimited(), ..ExecOptions::default() }
}

/// Columns under names that no one sees, as one batch.
fn batch_of(columns: Vec<Column>, names: &[String]) -> Result<Batch> {
    let rows = columns.first().map_or(0, Column::len);
    let fields = columns.iter().zip(names).map(|(c, n)| Field::new(n.clone(), c.dtype().clone())).collect();
    Batch::with_rows(Arc::new(Schema::new(fields)), columns, rows)
}

/// The values of columns spread over a grid. The batch holds first the columns of the rows, then those of the columns, then the
/// values, whose labels (as tuples) come before those of the grid.
fn wide(
    batch: &Batch,
    (rows, columns): (usize, usize),
    row_names: Vec<Option<String>>,
    column_names: Vec<Option<String>>,
    value_labels: &[Vec<Scalar>],
    order: GroupOrder,
) -> Result<DataFrame> {
    let (i, c) = (rows, rows + columns);
    let spread = Spread::new(batch, &(0..i).collect::<Vec<_>>(), &(i..c).collect::<Vec<_>>(), &options())?;
    let at = UInt64Array::from_iter_values(spread.rows.iter().map(|&r| r as u64));
    let levels = batch.columns[..i].iter().map(|c| c.take(&at)).collect::<Result<Vec<_>>>()?;
    let index = Index::from_columns(row_names, &levels)?;
    let (mut values, mut tuples) = (Vec::new(), Vec::new());
    let mut across: Vec<usize> = (0..spread.columns.len()).collect();
    if order == GroupOrder::Appearance {
        across.sort_by_key(|&nth| spread.columns[nth]);
    }
    for (column, label) in batch.columns[c..].iter().zip(value_labels) {
        for &nth in &across {
            let row = spread.columns[nth];
            let cells = spread.column(nth).to_vec().into();
            values.push(take_optional(std::slice::from_ref(column), &cells)?.swap_remove(0));
            let across = batch.columns[i..c].iter().map(|k| k.scalar(row as usize));
            tuples.push(label.iter().cloned().chain(across).collect::<Vec<Scalar>>());
        }
    }
    DataFrame::with_index(Labels::from_tuples(column_names, tuples)?, values, index)
}

/// What the labels of columns are: one value each, or several.
fn label_tuples(frame: &DataFrame) -> Vec<Vec<Scalar>> {
    (0..frame.width()).map(|i| frame.labels().label(i)).collect()
}

fn owned(names: Vec<Option<&str>>) -> Vec<Option<String>> {
    names.into_iter().map(|n| n.map(Into::into)).collect()
}

impl DataFrame {
    /// Wide to long; rules as [`crate::plan::LazyFrame::melt`]. Row labels are left out.
    ///
    /// # Errors
    /// As there.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, plan::MeltOptions};
    /// let df = DataFrame::new([("id", Column::from(vec![1i64, 2])), ("x", vec![3i64, 4].into()), ("y", vec![5.5, 6.5].into())])?;
    /// let long = df.melt(&MeltOptions::id(["id"]))?;
    /// assert_eq!(long.column("variable")?, &Column::from(vec!["x", "x", "y", "y"]));
    /// assert_eq!(long.column("value")?, &Column::from(vec![3.0, 4.0, 5.5, 6.5]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn melt(&self, how: &MeltOptions) -> Result<DataFrame> {
        let ids: Vec<&str> = how.id.iter().map(String::as_str).collect();
        values_and_keys(self, &ids)?.melt(how)?.collect(&options())
    }

    /// Long to wide: rows labelled by the index columns, columns by the labels of the others, both sorted. Without an aggregate
    /// several rows of one cell are an error. Rules as [`crate::plan::LazyFrame::pivot`].
    ///
    /// # Errors
    /// As there.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::PivotOptions};
    /// let df = DataFrame::new([("foo", Column::from(vec!["one", "one", "two"])), ("bar", vec!["A", "B", "A"].into()), ("baz", vec![1i64, 2, 4].into())])?;
    /// let wide = df.pivot(&PivotOptions::new("foo", "bar", "baz"))?;
    /// assert_eq!(wide.names(), ["A", "B"]);
    /// assert_eq!(wide.column("B")?, &Column::from(vec![Some(2i64), None]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn pivot(&self, how: &PivotOptions) -> Result<DataFrame> {
        let keys: Vec<&str> = how.index.iter().chain(&how.columns).chain(&how.values).map(String::as_str).collect();
        let table = values_and_keys(self, &keys)?;
        let some = |names: &[String]| names.iter().map(|n| Some(n.clone())).collect::<Vec<_>>();
        let several = how.values.len() > 1;
        let labels: Vec<Vec<Scalar>> = how.values.iter().map(|v| if several { vec![v.as_str().into()] } else { Vec::new() }).collect();
        let names = if several { [vec![None], some(&how.columns)].concat() } else { some(&how.columns) };
        let filled = match how.agg {
            None => table.select(&keys)?,
            Some(agg) => cells(&table.select(&keys)?, how, agg)?,
        };
        let batch = filled.collect(&options())?.to_batch()?;
        let mut made = wide(&batch, (how.index.len(), how.columns.len()), some(&how.index), names.clone(), &labels, GroupOrder::Sorted)?;
        if how.margins {
            // Totals are of the rows, not of the cells: they come from where the lazy verb makes them, under the labels of the cells.
            let flat = table.pivot(&PivotOptions { fill: None, ..how.clone() }, &options())?.collect(&options())?.to_batch()?;
            let index = Index::from_columns(some(&how.index), &flat.columns[..how.index.len()])?;
            let across = made.width() / how.values.len().max(1);
            let mut tuples = Vec::new();
            for (nth, label) in labels.iter().enumerate() {
                tuples.extend((0..across).map(|at| made.labels().label(nth * across + at)));
                let all = std::iter::once(ALL.into()).chain(std::iter::repeat_n("".into(), how.columns.len().saturating_sub(1)));
                tuples.push(label.iter().cloned().chain(all).collect());
            }
            made = DataFrame::with_index(Labels::from_tuples(names, tuples)?, flat.columns[how.index.len()..].to_vec(), index)?;
        }
        match &how.fill {
            Some(value) => made.fillna(value.clone()),
            None => Ok(made),
        }
    }

    /// The columns as the innermost level of the row labels: one value per row, row by row. Missing values stay.
    ///
    /// pandas 3's `stack`.
    ///
    /// The type is the one that holds all columns.
    ///
    /// # Errors
    /// Type, for columns without a common type; invalid, for labels of several levels.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let df = DataFrame::new([("a", Column::from(vec![Some(1i64), None])), ("b", vec![0.5, 1.5].into())])?;
    /// let stacked = df.stack()?;
    /// assert_eq!(stacked.data(), &Column::from(vec![Some(1.0), Some(0.5), None, Some(1.5)]));
    /// assert_eq!(stacked.index().columns()[1], Column::from(vec!["a", "b", "a", "b"]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn stack(&self) -> Result<Series> {
        if self.labels().nlevels() > 1 {
            return Err(Error::invalid("columns of several levels are not stacked at once").help("stack_level takes one level"));
        }
        let stacked = self.stack_level(0)?;
        let column = stacked.columns().first().cloned().unwrap_or_else(|| Column::missing(DType::F64, 0));
        Series::new(None, column, stacked.index().clone())
    }

    /// A level of the column labels as the innermost level of the row labels; the other levels stay. Labels come in order of first
    /// appearance.
    ///
    /// # Errors
    /// Not found, for a level; type, for columns without a common type; invalid, for a label that stands twice.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let df = DataFrame::new([("k", Column::from(vec!["a", "a", "b"])), ("n", vec!["x", "y", "x"].into()), ("v", vec![1i64, 2, 3].into())])?;
    /// let wide = df.set_index(["k", "n"])?.unstack("n")?;
    /// assert_eq!(wide.width(), 2);
    /// assert_eq!(wide.stack_level("n")?.column("v")?, &Column::from(vec![Some(1i64), Some(2), Some(3), None]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn stack_level(&self, level: impl Into<Level>) -> Result<DataFrame> {
        let across = self.labels().to_index()?;
        let at = level.into().position(&across)?;
        let tuples = label_tuples(self);
        if let Some((_, twice)) = tuples.iter().enumerate().find(|(i, t)| tuples[..*i].contains(t)) {
            let shown = twice.iter().map(Scalar::to_string).collect::<Vec<_>>().join(", ");
            return Err(Error::invalid(format!("the column label {shown} stands twice, so its values have no rows of their own")));
        }
        let mut stacked: Vec<Scalar> = Vec::new();
        let mut rest: Vec<Vec<Scalar>> = Vec::new();
        for tuple in &tuples {
            let other: Vec<Scalar> = tuple.iter().enumerate().filter(|(i, _)| *i != at).map(|(_, s)| s.clone()).collect();
            if !stacked.contains(&tuple[at]) {
                stacked.push(tuple[at].clone());
            }
            if !rest.contains(&other) {
                rest.push(other);
            }
        }
        let (n, k) = (self.height() as u64, stacked.len() as u64);
        let mut columns = Vec::new();
        for other in &rest {
            // The columns of these labels, one below the other, and for each cell its row among them.
            let mut parts: Vec<Column> = Vec::new();
            let mut start = vec![None; stacked.len()];
            let mut dtype: Option<DType> = None;
            for (c, tuple) in tuples.iter().enumerate() {
                let same = tuple.iter().enumerate().filter(|(i, _)| *i != at).map(|(_, s)| s).eq(other);
                let Some(label) = stacked.iter().position(|s| *s == tuple[at]).filter(|_| same) else { continue };
                let own = self.columns()[c].dtype();
                dtype = Some(match dtype {
                    None => own.clone(),
                    Some(d) => promote(&d, own).at(|| Place::column(&self.names()[c]))?,
                });
                start[label] = Some(parts.len() as u64 * n);
                parts.push(self.columns()[c].clone());
            }
            let dtype = dtype.unwrap_or(DType::F64);
            let parts = parts.iter().map(|p| p.cast(&dtype)).collect::<Result<Vec<_>>>()?;
            let rows: UInt64Array = (0..n).flat_map(|row| start.iter().map(move |s| s.map(|s| s + row))).collect();
            columns.push(Column::concat(&parts)?.take(&rows)?);
        }
        let repeated: UInt64Array = (0..n).flat_map(|row| (0..k).map(move |_| Some(row))).collect();
        let mut levels = self.index().columns().iter().map(|c| c.take(&repeated)).collect::<Result<Vec<_>>>()?;
        let labels = Labels::from_tuples(vec![None], stacked.iter().map(|s| vec![s.clone()]).collect())?.to_index()?;
        levels.push(labels.columns()[0].take(&(0..n).flat_map(|_| (0..k).map(Some)).collect())?);
        let names = across.names();
        let index = Index::from_columns([owned(self.index().names()), vec![names[at].map(Into::into)]].concat(), &levels)?;
        let labels = if across.nlevels() == 1 {
            Labels::new(["value"])
        } else {
            let names = names.iter().enumerate().filter(|(i, _)| *i != at).map(|(_, n)| n.map(Into::into)).collect();
            Labels::from_tuples(names, rest)?
        };
        DataFrame::with_index(labels, columns, index)
    }

    /// A level of the row labels as the innermost level of the column labels. Rows and columns are sorted; cells without data are
    /// missing.
    ///
    /// # Errors
    /// Not found, for a level; invalid, for the only level, and for labels that stand twice.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let df = DataFrame::new([("k", Column::from(vec!["a", "a", "b"])), ("n", vec!["x", "y", "x"].into()), ("v", vec![1i64, 2, 3].into())])?;
    /// let wide = df.set_index(["k", "n"])?.unstack("n")?;
    /// assert_eq!(wide.labels().label(1), ["v".into(), "y".into()]);
    /// assert_eq!(wide.columns()[1], Column::from(vec![Some(2i64), None]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn unstack(&self, level: impl Into<Level>) -> Result<DataFrame> {
        let names: Vec<Option<String>> = [owned(self.labels().level_names()), vec![None]].concat();
        unstacked(self.index(), &[level.into()], self.columns(), &label_tuples(self), names)
    }

    /// Several levels of the row labels at once to the innermost levels of the columns, in this order. The combinations stand as they
    /// first appear; where columns have several levels already, one level goes after the other, each sorted, as in pandas.
    ///
    /// # Errors
    /// As [`DataFrame::unstack`]; invalid, for a level named twice, for none, and where no level would be left.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let df = DataFrame::new([("a", Column::from(vec!["v", "u"])), ("b", vec![2i64, 1].into()), ("k", vec![7i64, 7].into()), ("x", vec![0.5, 1.5].into())])?;
    /// let wide = df.set_index(["a", "b", "k"])?.unstack_levels(["a", "b"])?;
    /// assert_eq!(wide.labels().label(0), ["x".into(), "v".into(), 2.into()]);
    /// assert_eq!(wide.row(0)?[1].1, 1.5.into());
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn unstack_levels<L: Into<Level>>(&self, levels: impl IntoIterator<Item = L>) -> Result<DataFrame> {
        let levels: Vec<Level> = levels.into_iter().map(Into::into).collect();
        if self.labels().nlevels() == 1 {
            let names: Vec<Option<String>> = [owned(self.labels().level_names()), vec![None; levels.len()]].concat();
            return unstacked(self.index(), &levels, self.columns(), &label_tuples(self), names);
        }
        let mut at = positions(self.index(), &levels)?;
        let mut out = self.clone();
        for i in 0..at.len() {
            out = out.unstack(at[i] as i64)?;
            let gone = at[i];
            at.iter_mut().filter(|l| **l > gone).for_each(|l| *l -= 1);
        }
        Ok(out)
    }

    /// A row for each item of the lists in a column; an empty or missing list gives one row with a missing value. The other
    /// columns and the row labels are repeated.
    ///
    /// # Errors
    /// Not found, with the nearest name; type, for a column that holds no lists.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let df = DataFrame::new([("x", Column::from(vec![Some("a,b"), None]))])?.series("x")?.str().split(Some(","))?.to_frame()?.explode("x")?;
    /// assert_eq!(df.column("x")?, &Column::from(vec![Some("a"), Some("b"), None]));
    /// assert_eq!(df.index().columns()[0], Column::from(vec![0i64, 0, 1]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn explode(&self, column: &str) -> Result<DataFrame> {
        let at = self.labels().position(column)?;
        let lists = &self.columns()[at];
        let DType::List(inner) = lists.dtype() else {
            let e = Error::wrong_type(format!("column {column:?} is {}, no list", lists.dtype()));
            return Err(e.at(Place::column(column)));
        };
        let array = lists.values().as_list::<i64>();
        let (mut rows, mut items) = (Vec::new(), Vec::new());
        for row in 0..array.len() {
            let (from, to) = (array.value_offsets()[row], array.value_offsets()[row + 1]);
            if array.is_null(row) || from == to {
                rows.push(row as u64);
                items.push(MISSING);
            } else {
                rows.extend(std::iter::repeat_n(row as u64, (to - from) as usize));
                items.extend((from..to).map(|i| i as u32));
            }
        }
        let values = Column::new((**inner).clone(), array.values().clone())?;
        let values = take_optional(&[values], &items.into())?.swap_remove(0);
        let repeated = self.take(&rows.into())?;
        let mut columns = repeated.columns().to_vec();
        columns[at] = values;
        DataFrame::with_index(self.labels().clone(), columns, (**repeated.index()).clone())
    }
}

impl Series {
    /// A level of the labels as columns. Rows and columns are sorted; cells without data are missing.
    ///
    /// # Errors
    /// As [`DataFrame::unstack`].
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let df = DataFrame::new([("k", Column::from(vec!["a", "a", "b"])), ("n", vec!["x", "y", "x"].into()), ("v", vec![1i64, 2, 3].into())])?;
    /// let wide = df.set_index(["k", "n"])?.series("v")?.unstack("n")?;
    /// assert_eq!(wide.names(), ["x", "y"]);
    /// assert_eq!(wide.column("y")?, &Column::from(vec![Some(2i64), None]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn unstack(&self, level: impl Into<Level>) -> Result<DataFrame> {
        unstacked(self.index(), &[level.into()], std::slice::from_ref(self.data()), &[Vec::new()], vec![None])
    }

    /// Several levels of the labels at once to columns, in this order; the combinations stand as they first appear.
    ///
    /// # Errors
    /// As [`DataFrame::unstack_levels`].
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame};
    /// let df = DataFrame::new([("a", Column::from(vec!["v", "u"])), ("b", vec![2i64, 1].into()), ("k", vec![7i64, 7].into()), ("x", vec![0.5, 1.5].into())])?;
    /// let wide = df.set_index(["a", "b", "k"])?.series("x")?.unstack_levels(["b", "a"])?;
    /// assert_eq!(wide.labels().label(0), [2.into(), "v".into()]);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn unstack_levels<L: Into<Level>>(&self, levels: impl IntoIterator<Item = L>) -> Result<DataFrame> {
        let levels: Vec<Level> = levels.into_iter().map(Into::into).collect();
        let names = vec![None; levels.len()];
        unstacked(self.index(), &levels, std::slice::from_ref(self.data()), &[Vec::new()], names)
    }
}

/// The positions of levels, each named once, at least one of all left over.
fn positions(index: &Index, levels: &[Level]) -> Result<Vec<usize>> {
    let at = levels.iter().map(|l| l.position(index)).collect::<Result<Vec<usize>>>()?;
    if at.is_empty() || at.iter().enumerate().any(|(i, l)| at[..i].contains(l)) {
        return Err(Error::invalid("levels to unstack are named once each"));
    }
    if at.len() >= index.nlevels() {
        return Err(Error::invalid("the only level of an index is not unstacked").help("transpose turns the table"));
    }
    Ok(at)
}

/// Levels of an index to the innermost levels of the columns, whose names have a place for each at their end.
fn unstacked(
    index: &Index,
    levels: &[Level],
    values: &[Column],
    labels: &[Vec<Scalar>],
    mut names: Vec<Option<String>>,
) -> Result<DataFrame> {
    let across = positions(index, levels)?;
    let levels = index.columns();
    let own = owned(index.names());
    let shown: Vec<String> = own.iter().enumerate().map(|(i, n)| n.clone().unwrap_or_else(|| format!("level_{i}"))).collect();
    let rest: Vec<usize> = (0..levels.len()).filter(|l| !across.contains(l)).collect();
    let order: Vec<usize> = rest.iter().chain(&across).copied().collect();
    let first = names.len() - across.len();
    names[first..].iter_mut().zip(&across).for_each(|(name, &l)| *name = own[l].clone());
    let columns: Vec<Column> = order.iter().map(|&l| levels[l].clone()).chain(values.iter().cloned()).collect();
    let texts: Vec<String> = order.iter().map(|&l| shown[l].clone()).chain((0..values.len()).map(|v| format!("value {v}"))).collect();
    let kept = rest.iter().map(|&l| own[l].clone()).collect();
    // One level is sorted; of several, combinations stand as they first appear, as in pandas.
    let sorted = if across.len() == 1 { GroupOrder::Sorted } else { GroupOrder::Appearance };
    wide(&batch_of(columns, &texts)?, (rest.len(), across.len()), kept, names, labels, sorted)
}
