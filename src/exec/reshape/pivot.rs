//! `pivot`: values of one column spread over several, by the labels in another.

use super::super::gather::{Order, TakeSource, gather};
use super::super::{ExecOptions, MemSource};
use crate::dtype::{DType, Scalar};
use crate::error::{Error, Notices, Place, Result, ResultExt};
use crate::kernel::agg::Agg;
use crate::kernel::order::{Direction, KeyColumn, MISSING, SortKey, row_codes, row_count, sort_rows};
use crate::plan::{DropRows, Expr, GroupKey, JoinHow, JoinOptions, LazyFrame, col};
use crate::store::{Batch, Column, Field, Schema, TableSource};
use std::sync::Arc;

/// How a table is pivoted.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PivotOptions {
    /// Columns whose values become the rows.
    pub index: Vec<String>,
    /// Columns whose values become the columns.
    pub columns: Vec<String>,
    /// Columns whose values fill the cells.
    pub values: Vec<String>,
    /// What several values of one cell become; without it they are an error.
    pub agg: Option<Agg>,
    /// What cells without a value get.
    pub fill: Option<Scalar>,
    /// A row and a column `All`, computed over the rows below them.
    pub margins: bool,
}

impl PivotOptions {
    /// One column of each.
    pub fn new(index: &str, columns: &str, values: &str) -> PivotOptions {
        PivotOptions { index: vec![index.into()], columns: vec![columns.into()], values: vec![values.into()], ..PivotOptions::default() }
    }

    /// The same with an aggregate for each cell.
    pub fn agg(mut self, agg: Agg) -> PivotOptions {
        self.agg = Some(agg);
        self
    }
}

/// Rows as cells of a grid: sorted rows down, sorted columns across.
#[derive(Debug)]
pub struct Spread {
    /// A row of the input for each row of the grid.
    pub rows: Vec<u32>,
    /// A row of the input for each column of the grid.
    pub columns: Vec<u32>,
    /// For each cell, column by column, its row of the input, or [`MISSING`].
    pub cells: Vec<u32>,
    /// Rows left out because a key is missing.
    pub without_key: usize,
}

/// The different rows of some key columns in order, and the place of each row among them.
fn ranks(keys: &[KeyColumn], rows: u32) -> (Vec<u32>, Vec<u32>) {
    let (mut codes, firsts) = row_codes(keys, rows);
    let there = |row: u32| keys.iter().all(|k| k.is_valid(row));
    // Sorting the whole of the keys by few rows: the keys of the first rows alone.
    let pick = |key: &KeyColumn| match key {
        KeyColumn::Words { words, valid } => KeyColumn::Words {
            words: firsts.iter().map(|&r| words[r as usize]).collect(),
            valid: valid.as_ref().map(|v| firsts.iter().map(|&r| v.is_valid(r as usize)).collect()),
        },
        KeyColumn::Wide { words, valid } => KeyColumn::Wide {
            words: firsts.iter().map(|&r| words[r as usize]).collect(),
            valid: valid.as_ref().map(|v| firsts.iter().map(|&r| v.is_valid(r as usize)).collect()),
        },
        KeyColumn::Bytes(array) => KeyColumn::Bytes(firsts.iter().map(|&r| key.is_valid(r).then(|| array.value(r as usize))).collect()),
    };
    let sort_keys: Vec<SortKey> = keys.iter().map(|k| SortKey { keys: pick(k), direction: Direction::Ascending }).collect();
    let order = sort_rows(&sort_keys, firsts.len() as u32);
    let kept: Vec<u32> = order.into_iter().filter(|&o| there(firsts[o as usize])).collect();
    let mut rank = vec![MISSING; firsts.len()];
    kept.iter().enumerate().for_each(|(i, &o)| rank[o as usize] = i as u32);
    codes.iter_mut().for_each(|c| *c = rank[*c as usize]);
    (codes, kept.into_iter().map(|o| firsts[o as usize]).collect())
}

impl Spread {
    /// Spreads rows by the values of their key columns. Rows with a missing key are left out.
    ///
    /// # Errors
    /// Invalid, for two rows of one cell, with both; type, for keys without an order; budget, for too many cells.
    pub fn new(batch: &Batch, index: &[usize], columns: &[usize], options: &ExecOptions) -> Result<Spread> {
        let n = row_count(batch.rows())?;
        let keys = |which: &[usize]| {
            which.iter().map(|&c| KeyColumn::new(&batch.columns[c]).at_column(&batch.schema.fields[c].name)).collect::<Result<Vec<_>>>()
        };
        let (row_of, rows) = ranks(&keys(index)?, n);
        let (column_of, across) = ranks(&keys(columns)?, n);
        let count = rows.len().saturating_mul(across.len());
        let _booked =
            options.budget.reserve(count.saturating_mul(4), &format!("a table of {} rows and {} columns", rows.len(), across.len()))?;
        let mut cells = vec![MISSING; count];
        let mut without_key = 0;
        for row in 0..n {
            let (r, c) = (row_of[row as usize], column_of[row as usize]);
            if r == MISSING || c == MISSING {
                without_key += 1;
                continue;
            }
            let cell = &mut cells[c as usize * rows.len() + r as usize];
            if *cell != MISSING {
                let shown = |c: &usize| format!("{} = {}", batch.schema.fields[*c].name, batch.columns[*c].scalar(row as usize));
                let key = index.iter().chain(columns).map(shown).collect::<Vec<_>>().join(", ");
                let place = Place { row: Some(row as u64), ..Place::default() };
                return Err(Error::invalid(format!("there are several rows for {key}, first row {cell}"))
                    .help("--agg mean (or another function) makes one value of them")
                    .at(place));
            }
            *cell = row;
        }
        Ok(Spread { rows, columns: across, cells, without_key })
    }

    /// The rows of the input that fill a column of the grid.
    pub fn column(&self, at: usize) -> &[u32] {
        &self.cells[at * self.rows.len()..(at + 1) * self.rows.len()]
    }
}

/// The name of the row and the column of totals.
pub(super) const ALL: &str = "All";

impl LazyFrame {
    /// Long to wide: a row for each different combination of the index columns, sorted, and a column for each of the others,
    /// sorted and named by its labels (`v_label` for several values; several labels joined by `_`). Combinations without data are
    /// missing. Rows with a missing key are left out, with a notice that counts them.
    ///
    /// The columns depend on the values, so this runs now and holds the result.
    ///
    /// # Errors
    /// Not found, with the nearest name; invalid, for several rows of one cell where nothing is said of them, and for two columns
    /// of one name; budget, where the result does not fit.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::{ExecOptions, PivotOptions}};
    /// let df = DataFrame::new([("k", Column::from(vec!["b", "a", "a"])), ("n", vec!["x", "y", "x"].into()), ("v", vec![1i64, 2, 3].into())])?;
    /// let options = ExecOptions::default();
    /// let wide = df.lazy()?.pivot(&PivotOptions::new("k", "n", "v"), &options)?.collect(&options)?;
    /// assert_eq!(wide.names(), ["k", "x", "y"]);
    /// assert_eq!(wide.column("y")?, &Column::from(vec![Some(2i64), None]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn pivot(&self, how: &PivotOptions, options: &ExecOptions) -> Result<LazyFrame> {
        if how.index.is_empty() || how.columns.is_empty() || how.values.is_empty() {
            return Err(Error::invalid("a pivot needs columns for the rows, for the columns and for the values"));
        }
        let all = how.index.iter().chain(&how.columns).chain(&how.values);
        let names: Vec<&String> = all.collect();
        if let Some((_, twice)) = names.iter().enumerate().find(|(i, n)| names[..*i].contains(n)) {
            return Err(Error::invalid(format!("column {twice:?} is asked for twice")));
        }
        let table = self.select(&names)?;
        if how.margins && how.agg.is_none() {
            return Err(Error::invalid("margins need a function that makes one value of several").help("--agg mean or the like"));
        }
        let wide = match how.agg {
            None => spread(&table, how, options)?,
            Some(agg) => {
                let cells = cells(&table, how, agg)?;
                let wide = spread(&cells, how, options)?;
                if how.margins { with_margins(&table, (&cells, wide), how, agg, options)? } else { wide }
            }
        };
        let lazy = LazyFrame::scan(wide);
        match &how.fill {
            None => Ok(lazy),
            Some(value) => {
                let cells: Vec<String> = lazy.schema().names().skip(how.index.len()).map(Into::into).collect();
                lazy.fillna(value.clone(), Some(&cells))
            }
        }
    }
}

/// The values of the cells. A cell without any is left out, and so are rows and columns of such cells, as in pandas.
pub(super) fn cells(table: &LazyFrame, how: &PivotOptions, agg: Agg) -> Result<LazyFrame> {
    grouped(table, how, agg, &[&how.index[..], &how.columns[..]].concat())?.dropna(DropRows::All, Some(&how.values))
}

/// The values aggregated within some keys, under their own names.
fn grouped(table: &LazyFrame, how: &PivotOptions, agg: Agg, keys: &[String]) -> Result<LazyFrame> {
    let values = how.values.iter().map(|v| (v.clone(), Expr::Agg(agg, vec![col(v.clone())])));
    table.groupby(keys.iter().map(|k| GroupKey::from(k.as_str()))).agg(values)
}

/// The name of a column of the grid.
fn label(batch: &Batch, columns: std::ops::Range<usize>, row: u32) -> String {
    batch.columns[columns].iter().map(|c| c.scalar(row as usize).to_string()).collect::<Vec<_>>().join("_")
}

fn cell_name(how: &PivotOptions, value: &str, label: &str) -> String {
    if how.values.len() > 1 { format!("{value}_{label}") } else { label.to_string() }
}

/// Index, columns and values stand in this order in the table.
fn spread(table: &LazyFrame, how: &PivotOptions, options: &ExecOptions) -> Result<Arc<dyn TableSource>> {
    let whole = gather(&table.source(options)?, None, "pivoting", options)?;
    let batch = &whole.batch;
    let (i, c) = (how.index.len(), how.index.len() + how.columns.len());
    let spread = Spread::new(batch, &(0..i).collect::<Vec<_>>(), &(i..c).collect::<Vec<_>>(), options)?;
    let mut notices = whole.notices.clone();
    left_out(&mut notices, spread.without_key);
    let mut fields: Vec<Field> = batch.schema.fields[..i].to_vec();
    let mut columns: Vec<(usize, Column)> = batch.columns[..i].iter().map(|c| (0, c.clone())).collect();
    let mut orders = vec![Order { rows: Some(spread.rows.clone().into()), optional: false }];
    let held = options.budget.reserve(spread.cells.len() * 4, "pivoting")?;
    // Each column of the grid has an order of rows, which all values share.
    orders.extend((0..spread.columns.len()).map(|at| Order { rows: Some(spread.column(at).to_vec().into()), optional: true }));
    for v in c..batch.columns.len() {
        for (at, &row) in spread.columns.iter().enumerate() {
            let name = cell_name(how, &batch.schema.fields[v].name, &label(batch, i..c, row));
            let field = &batch.schema.fields[v];
            fields.push(Field { name, nullable: true, ..field.clone() });
            columns.push((1 + at, batch.columns[v].clone()));
        }
    }
    check_names(&fields)?;
    let schema = Arc::new(Schema::new(fields));
    let rows = spread.rows.len();
    Ok(Arc::new(TakeSource::new(schema, columns, orders, rows, notices, vec![whole.booked, held])))
}

fn left_out(notices: &mut Notices, rows: usize) {
    if rows > 0 {
        notices.warn(format!("{rows} rows have no key and are left out"), Place::default());
    }
}

fn check_names(fields: &[Field]) -> Result<()> {
    let mut seen = hashbrown::HashSet::new();
    match fields.iter().find(|f| !seen.insert(f.name.as_str())) {
        None => Ok(()),
        Some(twice) => Err(Error::invalid(format!("two columns of the result would be called {:?}", twice.name))
            .help("rename a column, or change the labels first: --with 'NAME = EXPR'")),
    }
}

/// A column `All` over the rows of each row of the grid, and a row `All` over those of each column. The first index column becomes
/// text, the others are missing in the last row.
fn with_margins(
    table: &LazyFrame,
    (cells, wide): (&LazyFrame, Arc<dyn TableSource>),
    how: &PivotOptions,
    agg: Agg,
    options: &ExecOptions,
) -> Result<Arc<dyn TableSource>> {
    // The totals are over the rows that the cells are over: those that have all keys.
    let keyed = table.dropna(DropRows::Any, Some(&[&how.index[..], &how.columns[..]].concat()))?;
    let read = |lazy: &LazyFrame| -> Result<Batch> { Ok(gather(&lazy.source(options)?, None, "the margins of a pivot", options)?.batch) };
    let body = gather(&wide, None, "pivoting", options)?;
    // Of rows and columns that the grid has.
    let margin = |keys: &[String]| {
        let there = JoinOptions { left_on: keys.to_vec(), right_on: keys.to_vec(), how: JoinHow::Semi, ..JoinOptions::default() };
        read(&grouped(&keyed, how, agg, keys)?.join(cells, &there)?)
    };
    let (by_row, by_column) = (margin(&how.index)?, margin(&how.columns)?);
    let total = keyed.aggregate(how.values.iter().map(|v| (v.clone(), Expr::Agg(agg, vec![col(v.clone())]))), options)?;
    let (i, rows) = (how.index.len(), body.batch.rows());
    let across = by_column.rows();
    let mut fields: Vec<Field> = body.batch.schema.fields[..i].to_vec();
    let mut columns = Vec::new();
    for (at, column) in body.batch.columns[..i].iter().enumerate() {
        if at == 0 {
            fields[0].dtype = DType::Str;
            let texts = (0..rows).map(|r| Some(column.scalar(r).to_string())).chain([Some(ALL.to_string())]);
            columns.push(Column::from_texts(texts));
        } else {
            columns.push(Column::concat(&[column.clone(), Column::missing(column.dtype().clone(), 1)])?);
        }
    }
    for (v, value) in how.values.iter().enumerate() {
        for at in 0..across {
            // Columns of the grid and the groups by column stand in the same order.
            let cells = &body.batch.columns[i + v * across + at];
            let foot = by_column.columns[how.columns.len() + v].slice(at, 1);
            fields.push(body.batch.schema.fields[i + v * across + at].clone());
            columns.push(Column::concat(&[cells.clone(), foot])?);
        }
        let foot = total.column(value)?.clone();
        let side = by_row.columns[i + v].clone();
        let name = cell_name(how, value, ALL);
        fields.push(Field::new(name, side.dtype().clone()));
        columns.push(Column::concat(&[side, foot])?);
    }
    check_names(&fields)?;
    let schema = Arc::new(Schema::new(fields));
    let batch = Batch::with_rows(schema.clone(), columns, rows + 1)?;
    Ok(Arc::new(MemSource::whole(schema, batch).holding(body.booked, body.notices)))
}
