//! A table as a cube: some columns become dimensions, the others variables over them.

use super::enter;
use super::flags::to_flags;
use crate::array::{Dataset, Variable};
use crate::dtype::DType;
use crate::error::{Error, Notices, Place, Result, ResultExt};
use crate::store::{Batch, Budget, Column, Field, ScanRequest, TableSource};
use arrow::array::{Array, UInt32Array};
use arrow::compute::{cast, sort_to_indices, take};
use arrow::row::{RowConverter, SortField};

/// What no row is.
const NOBODY: u32 = u32::MAX;

/// The cube whose dimensions are the columns `index`, in this order, and whose variables are the other columns.
///
/// Labels are sorted. A combination of labels that no row has is missing: NaN in floats, marked in other types. Attributes of
/// columns become attributes of variables. Categories become their codes, with CF's `flag_values` and `flag_meanings`
/// (as labels of a dimension: text). All of the table is in memory at once.
///
/// # Errors
/// Not found, for a column; invalid, for a missing label or for two rows of the same labels, which it names; type, for a column
/// that no cube holds; budget, where cells are too many.
pub fn table_to_cube(source: &dyn TableSource, index: &[&str], budget: &Budget) -> Result<(Dataset, Notices)> {
    let schema = source.schema().clone();
    if index.is_empty() {
        return Err(Error::invalid("no column is named to become a dimension").help("--index time,lat,lon names them"));
    }
    let keys: Vec<usize> = index.iter().map(|n| schema.position(n)).collect::<Result<_>>()?;
    if let Some((_, k)) = keys.iter().enumerate().find(|(i, k)| keys[..*i].contains(k)) {
        return Err(Error::invalid(format!("the column {:?} is named twice as a dimension", schema.fields[*k].name)));
    }
    let (mut batches, mut booking) = (Vec::new(), budget.reserve(0, "the table")?);
    for part in 0..source.parts() {
        for batch in source.scan(part, &ScanRequest::all(budget))? {
            let batch = batch?;
            // Once as batches, once in one piece.
            if !booking.try_grow(2 * batch.bytes()) {
                return Err(budget
                    .reserve(2 * batch.bytes(), "the table")
                    .err()
                    .unwrap_or_else(|| Error::internal("a budget that wavers")));
            }
            batches.push(batch);
        }
    }
    let table = Batch::concat(&schema, &batches)?;
    drop(batches);
    if table.rows() >= NOBODY as usize {
        return Err(Error::unsupported("a table of more than four thousand million rows does not become a cube"));
    }
    let mut levels = Vec::new();
    for &k in &keys {
        levels.push(level(&schema.fields[k], &table.columns[k])?);
    }
    let shape: Vec<usize> = levels.iter().map(|l| l.labels.len()).collect();
    let cells = shape.iter().try_fold(1usize, |n, &m| n.checked_mul(m)).filter(|&n| n < NOBODY as usize).ok_or_else(|| {
        Error::overflow(format!("labels {shape:?} make more cells than a cube can have")).help("fewer or coarser columns in --index")
    })?;
    let widths: usize = schema.fields.iter().map(|f| f.dtype.phys().and_then(|p| p.width()).unwrap_or(16)).sum();
    let _cells = budget.reserve(cells.saturating_mul(widths + 4), "the cube")?;
    let mut owner = vec![NOBODY; cells];
    for row in 0..table.rows() {
        let at = levels.iter().zip(&shape).fold(0, |at, (l, n)| at * n + l.codes[row] as usize);
        if owner[at] != NOBODY {
            let labels: Vec<String> =
                index.iter().zip(&levels).map(|(n, l)| format!("{n}={}", l.labels.scalar(l.codes[row] as usize))).collect();
            return Err(Error::invalid(format!("rows {} and {row} have the same labels: {}", owner[at], labels.join(", ")))
                .help("another column in --index tells them apart, or groupby makes one row of them"));
        }
        owner[at] = row as u32;
    }
    let absent = owner.contains(&NOBODY);
    let rows: UInt32Array = if absent { owner.iter().map(|&r| (r != NOBODY).then_some(r)).collect() } else { UInt32Array::from(owner) };
    let mut out = Dataset { attrs: schema.attrs.clone(), ..Dataset::default() };
    for (level, &k) in levels.iter().zip(&keys) {
        let f = &schema.fields[k];
        let labels = enter(&level.labels, &[level.labels.len()]).at_column(&f.name)?;
        out.insert_coord(f.name.as_str(), Variable::from_array([f.name.as_str()], labels)?.with_attrs(f.attrs.clone()))?;
    }
    for (i, f) in schema.fields.iter().enumerate().filter(|(i, _)| !keys.contains(i)) {
        let (column, attrs) = match table.columns[i].dtype() {
            DType::Categorical { .. } => to_flags(&table.columns[i], &f.attrs).at_column(&f.name)?,
            _ => (table.columns[i].clone(), f.attrs.clone()),
        };
        let placed = Column::new(column.dtype().clone(), take(column.values(), &rows, None)?)?;
        let array = enter(&placed, &shape).at_column(&f.name)?;
        out.insert(f.name.as_str(), Variable::from_array(index.iter().copied(), array)?.with_attrs(attrs))?;
    }
    Ok((out, Notices::new()))
}

/// Sorted labels, and for each row which of them it has.
struct Level {
    labels: Column,
    codes: Vec<u32>,
}

/// Categories as text.
fn plain(column: &Column) -> Result<Column> {
    match column.dtype() {
        DType::Categorical { .. } => Column::new(DType::Str, cast(column.values(), &DType::Str.to_arrow())?),
        _ => Ok(column.clone()),
    }
}

fn level(field: &Field, column: &Column) -> Result<Level> {
    let column = plain(column)?;
    let gap = |i: usize| column.scalar(i).is_missing();
    if column.missing_count() > 0 {
        let row = (0..column.len()).find(|&i| gap(i)).unwrap_or(0);
        return Err(Error::invalid(format!("the column {:?} is missing in a row and so is no label", field.name))
            .help(format!("--where 'not is_missing(`{}`)' leaves such rows out", field.name))
            .at(Place { row: Some(row as u64), ..Place::column(&field.name) }));
    }
    if column.dtype().phys().is_none() {
        return Err(Error::wrong_type(format!("{} is no type of labels", column.dtype())).at(Place::column(&field.name)));
    }
    let order = sort_to_indices(column.values(), None, None)?;
    let converter = RowConverter::new(vec![SortField::new(column.values().data_type().clone())])?;
    let rows = converter.convert_columns(std::slice::from_ref(column.values()))?;
    let (mut firsts, mut codes) = (Vec::<u32>::new(), vec![0u32; column.len()]);
    for &i in order.values() {
        let is_new = firsts.last().is_none_or(|&f| rows.row(f as usize) != rows.row(i as usize));
        if is_new {
            firsts.push(i);
        }
        codes[i as usize] = firsts.len() as u32 - 1;
    }
    let labels = take(column.values(), &UInt32Array::from(firsts), None)?;
    Ok(Level { labels: Column::new(column.dtype().clone(), labels)?, codes })
}
