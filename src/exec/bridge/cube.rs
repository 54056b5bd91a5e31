//! A table as a cube: some columns become dims, the others variables over them.

use super::fill::Filled;
use crate::array::{Dataset, Variable};
use crate::dtype::DType;
use crate::error::{Error, Notices, Place, Result, ResultExt};
use crate::exec::gather::{gather, new_bytes, too_large};
use crate::exec::order::own_text;
use crate::exec::{ExecOptions, MemSource, stream};
use crate::frame::DataFrame;
use crate::kernel::order::{Direction, KeyColumn, MISSING, SortKey, row_codes, row_count, sort_rows, take};
use crate::ops::bridge::enter;
use crate::plan::LazyFrame;
use crate::store::{Column, Field, Schema, TableSource};
use arrow::array::AsArray;
use arrow::datatypes::UInt32Type;
use rayon::prelude::*;
use std::sync::Arc;

/// In which order labels stand along a dim.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LabelOrder {
    /// Sorted; where one column labels the whole cube, as its rows stand. So has xarray it.
    #[default]
    Usual,
    /// Sorted, categories in the order of their list.
    Sorted,
    /// As they first appear in the rows.
    Appearance,
}

/// What happens to rows of the same labels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Repeats {
    /// They are an error, which names the labels and the first two rows.
    #[default]
    Refuse,
    /// The first of them fills the cell; the others are left out, with a notice that counts them.
    First,
    /// The last of them does.
    Last,
}

/// How a table becomes a cube.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CubeOptions {
    /// In which order labels stand.
    pub order: LabelOrder,
    /// What happens to rows of the same labels.
    pub repeats: Repeats,
}

impl DataFrame {
    /// The cube whose dims are these columns (or named levels of the row labels), in this order, and whose variables are the other columns.
    ///
    /// Cells that no row fills are missing, and a notice counts them: NaN in floats, marked in other types. Attributes of columns become
    /// those of variables. Categories become their codes, with CF's `flag_values` and `flag_meanings`; as labels they are text, in the
    /// order of their list. (pandas: `df.set_index(dims).to_xarray()`.)
    ///
    /// # Errors
    /// Not found, for a column; invalid, for a missing label, for two columns of one name, and for two rows of the same labels, which it
    /// names; type, for a column that no cube holds; budget, with the number of bytes, where the cells do not fit.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, Scalar, exec::{CubeOptions, ExecOptions}};
    /// let df = DataFrame::new([("y", Column::from(vec![2i64, 1, 1])), ("x", vec!["a", "b", "a"].into()), ("v", vec![7i64, 8, 9].into())])?;
    /// let (ds, notices) = df.to_dataset(&["y", "x"], &CubeOptions::default(), &ExecOptions::default())?;
    /// let v = ds.variable("v")?.load()?;
    /// assert_eq!((v.shape(), v.scalar(0), v.scalar(3)), (&[2, 2][..], 9i64.into(), Scalar::Null));
    /// assert!(notices.iter().any(|n| n.message.contains("1 of 4 cells")));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn to_dataset<S: AsRef<str>>(&self, dims: &[S], how: &CubeOptions, options: &ExecOptions) -> Result<(Dataset, Notices)> {
        let source: Arc<dyn TableSource> = Arc::new(MemSource::from_frame(self)?);
        cube_of(&source, dims, how, options)
    }
}

impl LazyFrame {
    /// The cube whose dims are these columns: as [`DataFrame::to_dataset`]. The table itself is not held: the columns of the labels are
    /// read first, and where the cube fits, the others go to their cells batch by batch.
    ///
    /// # Errors
    /// As there; what the readers say.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::{CubeOptions, ExecOptions}};
    /// let df = DataFrame::new([("t", Column::from(vec![2i64, 1])), ("v", vec![7.0, 8.0].into())])?;
    /// let (ds, _) = df.lazy()?.to_dataset(&["t"], &CubeOptions::default(), &ExecOptions::default())?;
    /// assert_eq!(ds.variable("v")?.load()?.as_slice::<f64>(), Some(&[7.0, 8.0][..]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn to_dataset<S: AsRef<str>>(&self, dims: &[S], how: &CubeOptions, options: &ExecOptions) -> Result<(Dataset, Notices)> {
        cube_of(&self.source(options)?, dims, how, options)
    }
}

impl Dataset {
    /// The cube of a table whose row labels are the dims, `index` where they have no name: as [`DataFrame::to_dataset`].
    /// (xarray: `Dataset.from_dataframe(df)`.)
    ///
    /// # Errors
    /// As there.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, Dataset, exec::{CubeOptions, ExecOptions}};
    /// let df = DataFrame::new([("y", Column::from(vec![2i64, 1])), ("v", vec![7i64, 8].into())])?.set_index(["y"])?;
    /// let (ds, _) = Dataset::from_frame(&df, &CubeOptions::default(), &ExecOptions::default())?;
    /// assert_eq!(ds.variable("v")?.dims(), ["y".into()]);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn from_frame(frame: &DataFrame, how: &CubeOptions, options: &ExecOptions) -> Result<(Dataset, Notices)> {
        let flat = frame.reset_index()?;
        let dims = flat.names()[..frame.index().nlevels()].to_vec();
        flat.to_dataset(&dims, how, options)
    }
}

/// The labels along a dim, and for each row which of them it has.
struct Level {
    labels: Column,
    ranks: Vec<u32>,
}

/// Categories as their codes, which are in the order of the list.
fn coded(column: &Column) -> Result<Column> {
    let DType::Categorical { .. } = column.dtype() else { return Ok(column.clone()) };
    let list = column.categories()?;
    if list.iter().collect::<hashbrown::HashSet<_>>().len() < list.len() {
        return column.cast(&DType::Str);
    }
    Column::new(DType::U32, Arc::new(column.values().as_dictionary::<UInt32Type>().keys().clone()))
}

impl Level {
    fn new(field: &Field, column: &Column, sorted: bool) -> Result<Level> {
        let rows = row_count(column.len())?;
        let key = KeyColumn::new(&coded(column)?).at_column(&field.name)?;
        if let Some(row) = key.valid().and_then(|valid| valid.iter().position(|there| !there)) {
            return Err(Error::invalid(format!("the column {:?} is missing in a row and so is no label", field.name))
                .help(format!("--where 'not is_missing(`{}`)' leaves such rows out", field.name))
                .at(Place { row: Some(row as u64), ..Place::column(&field.name) }));
        }
        if !matches!(column.dtype(), DType::Categorical { .. }) && column.dtype().phys().is_none() {
            return Err(Error::wrong_type(format!("{} is no type of labels", column.dtype())).at(Place::column(&field.name)));
        }
        let (mut ranks, firsts) = row_codes(&[key], rows);
        let labels = take(std::slice::from_ref(column), &firsts.into())?.swap_remove(0);
        let order: Option<Vec<u32>> = match sorted {
            false => None,
            true => {
                let keys = KeyColumn::new(&coded(&labels)?)?;
                Some(sort_rows(&[SortKey { keys, direction: Direction::Ascending }], labels.len() as u32))
            }
        };
        let labels = match order {
            None => labels,
            Some(order) => {
                let mut rank = vec![0; order.len()];
                order.iter().enumerate().for_each(|(i, &o)| rank[o as usize] = i as u32);
                ranks.par_iter_mut().for_each(|code| *code = rank[*code as usize]);
                take(&[labels], &order.into())?.swap_remove(0)
            }
        };
        let labels = match labels.dtype() {
            DType::Categorical { .. } => labels.cast(&DType::Str)?,
            _ => labels,
        };
        Ok(Level { labels: own_text(labels)?, ranks })
    }
}

/// Which cell each row fills, and which row fills each cell.
struct Cells {
    /// By row; [`MISSING`] for rows that are left out.
    of_rows: Vec<u32>,
    /// By cell; [`MISSING`] where there is no row.
    rows: Vec<u32>,
    left_out: usize,
}

impl Cells {
    fn new(levels: &[Level], names: &[&str], cells: usize, how: Repeats) -> Result<Cells> {
        let rows = levels.first().map_or(0, |l| l.ranks.len());
        let place = |row: usize| levels.iter().fold(0, |at, l| at * l.labels.len() + l.ranks[row] as usize) as u32;
        let mut of_rows: Vec<u32> = (0..rows).into_par_iter().map(place).collect();
        let mut owner = vec![MISSING; cells];
        let mut left_out = 0;
        for row in 0..rows {
            let at = of_rows[row] as usize;
            let first = owner[at];
            if first == MISSING {
                owner[at] = row as u32;
                continue;
            }
            left_out += 1;
            match how {
                Repeats::Refuse => {
                    let label = |(n, l): (&&str, &Level)| format!("{n}={}", l.labels.scalar(l.ranks[row] as usize));
                    let labels: Vec<String> = names.iter().zip(levels).map(label).collect();
                    return Err(Error::invalid(format!("rows {first} and {row} have the same labels: {}", labels.join(", ")))
                        .help("another column in --index tells them apart, or groupby makes one row of them"));
                }
                Repeats::First => of_rows[row] = MISSING,
                Repeats::Last => {
                    of_rows[first as usize] = MISSING;
                    owner[at] = row as u32;
                }
            }
        }
        Ok(Cells { of_rows, rows: owner, left_out })
    }
}

/// Bytes that a cell of this type takes, and its mark for missing.
fn cell_bytes(dtype: &DType) -> usize {
    match dtype {
        DType::F32 | DType::F64 => dtype.phys().and_then(|p| p.width()).unwrap_or(8),
        _ => dtype.phys().and_then(|p| p.width()).unwrap_or(16) + 1,
    }
}

/// Positions of the columns that become dims, each named once.
fn keys_of(schema: &Schema, dims: &[&str]) -> Result<Vec<usize>> {
    if dims.is_empty() {
        return Err(Error::invalid("no column is named to become a dimension").help("--index time,lat,lon names them"));
    }
    let mut seen = hashbrown::HashSet::new();
    if let Some(twice) = schema.names().find(|n| !seen.insert(*n)) {
        return Err(Error::invalid(format!("two columns are called {twice:?}, which in a cube would be one variable")));
    }
    let keys: Vec<usize> = dims.iter().map(|n| schema.position(n)).collect::<Result<_>>()?;
    match dims.iter().enumerate().find(|(i, d)| dims[..*i].contains(d)) {
        Some((_, twice)) => Err(Error::invalid(format!("the column {twice:?} is named twice as a dimension"))),
        None => Ok(keys),
    }
}

/// A table as a cube.
fn cube_of<S: AsRef<str>>(
    source: &Arc<dyn TableSource>,
    dims: &[S],
    how: &CubeOptions,
    options: &ExecOptions,
) -> Result<(Dataset, Notices)> {
    let schema = source.schema().clone();
    let dims: Vec<&str> = dims.iter().map(AsRef::as_ref).collect();
    let keys = keys_of(&schema, &dims)?;
    let values: Vec<usize> = (0..schema.fields.len()).filter(|c| !keys.contains(c)).collect();
    for &c in &values {
        let field = &schema.fields[c];
        let held = field.dtype.phys().is_some() || matches!(field.dtype, DType::Categorical { .. });
        if !held {
            let e = Error::wrong_type(format!("a cube cannot hold {}", field.dtype)).help("leave the column out, or cast it");
            return Err(e.at(Place::column(&field.name)));
        }
    }
    let sorted = match how.order {
        LabelOrder::Usual => dims.len() > 1,
        LabelOrder::Sorted => true,
        LabelOrder::Appearance => false,
    };
    // What was met before has been told.
    let told = source.notices();
    let source = &held(source, options)?;
    let gathered = gather(source, Some(&keys), "labels of a cube", options)?;
    let rows = gathered.batch.rows();
    let mut levels = Vec::new();
    // A rank in each row; the key, its hash and its place in a table are there for a moment.
    let _ranks = options.budget.reserve(rows.saturating_mul(4 * keys.len()), "labels of a cube")?;
    for (&k, column) in keys.iter().zip(&gathered.batch.columns) {
        let _work = options.budget.reserve(rows.saturating_mul(28), "labels of a cube")?;
        levels.push(Level::new(&schema.fields[k], column, sorted)?);
    }
    drop(gathered);
    let shape: Vec<usize> = levels.iter().map(|l| l.labels.len()).collect();
    let cells = shape.iter().fold(1usize, |n, &m| n.saturating_mul(m));
    let bytes = cells.saturating_mul(4 + values.iter().map(|&c| cell_bytes(&schema.fields[c].dtype)).sum::<usize>());
    let lengths = || dims.iter().zip(&shape).map(|(d, n)| format!("{d}={n}")).collect::<Vec<_>>().join(", ");
    let Some(_booked) = options.budget.try_reserve(bytes.saturating_add(rows * 4)) else {
        return Err(Error::budget(format!(
            "the cube of {} takes {bytes} bytes; {} of {} are free",
            lengths(),
            options.budget.free(),
            options.budget.limit()
        ))
        .help("give more with --memory SIZE, or take fewer columns, fewer labels or a part of the rows"));
    };
    if cells >= MISSING as usize {
        return Err(Error::overflow(format!("labels {} make more cells than a cube can have", lengths())).help("fewer or coarser labels"));
    }
    let found = Cells::new(&levels, &dims, cells, how.repeats)?;
    let holes = cells - (rows - found.left_out);
    let mut notices = Notices::new();
    if holes > 0 {
        notices.warn(format!("{holes} of {cells} cells have no row and are missing"), Place::default());
    }
    if found.left_out > 0 {
        let which = if how.repeats == Repeats::First { "first" } else { "last" };
        notices.warn(format!("{} rows are left out: the {which} of those with the same labels is taken", found.left_out), Place::default());
    }

    let mut out = Dataset { attrs: schema.attrs.clone(), ..Dataset::default() };
    for ((level, &k), dim) in levels.iter().zip(&keys).zip(&dims) {
        let labels = enter(&level.labels, &[level.labels.len()]).at_column(dim)?;
        out.insert_coord(*dim, Variable::from_array([*dim], labels)?.with_attrs(schema.fields[k].attrs.clone()))?;
    }
    drop(levels);
    let Cells { of_rows, rows: owner, .. } = found;
    let owner = arrow::buffer::ScalarBuffer::from(owner);
    let mut filled: Vec<Filled> = values.iter().map(|&c| Filled::new(&schema.fields[c].dtype, cells, holes > 0)).collect::<Result<_>>()?;
    let (mut texts, mut seen) = (options.budget.reserve(0, "texts of a cube")?, hashbrown::HashSet::new());
    if !values.is_empty() {
        let mut first = 0;
        for batch in stream(source, Some(values.clone()), options) {
            let batch = batch?;
            let Some(places) = of_rows.get(first..first + batch.rows()) else { return Err(wavers()) };
            let held = batch.columns.iter().zip(&filled).filter(|(_, f)| matches!(f, Filled::Texts(_)));
            if !texts.try_grow(held.map(|(c, _)| new_bytes(c, &mut seen)).sum()) {
                return Err(too_large("texts of a cube", first, texts.bytes(), options));
            }
            filled.par_iter_mut().zip(&batch.columns).try_for_each(|(out, column)| out.put(column, places))?;
            first += batch.rows();
        }
        if first != rows {
            return Err(wavers());
        }
    }
    drop(of_rows);
    for (&c, filled) in values.iter().zip(filled) {
        let field = &schema.fields[c];
        let (array, attrs) = filled.finish(&field.attrs, &owner, &shape).at_column(&field.name)?;
        out.insert(field.name.as_str(), Variable::from_array(dims.iter().copied(), array)?.with_attrs(attrs))?;
    }
    for n in source.notices().iter().filter(|n| !told.iter().any(|t| t == *n)) {
        notices.push(n.level, n.message.clone(), n.place.clone());
    }
    Ok((out, notices))
}

/// A small table in memory, so that it is read once; any other as it is.
fn held(source: &Arc<dyn TableSource>, options: &ExecOptions) -> Result<Arc<dyn TableSource>> {
    let width: usize = source.schema().fields.iter().map(|f| f.dtype.phys().and_then(|p| p.width()).unwrap_or(40)).sum();
    let small = |rows: u64| rows.saturating_mul(width as u64) <= options.budget.free() as u64 / 8;
    if !source.rows().is_some_and(small) {
        return Ok(source.clone());
    }
    let whole = gather(source, None, "a table", options)?;
    Ok(Arc::new(MemSource::whole(whole.batch.schema.clone(), whole.batch).holding(whole.booked, whole.notices)))
}

/// A source that does not give the same rows twice.
fn wavers() -> Error {
    Error::internal("a table that has other rows when it is read again")
}
