//! What positions of a dimension are grouped by.

use super::Groups;
use crate::array::Dataset;
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::exec::eval::evaluate;
use crate::plan::{Expr, resolve};
use crate::store::{Batch, Column, Field, Schema};
use arrow::array::{Array, AsArray, UInt32Array};
use arrow::compute::{SortOptions, sort_to_indices, take};
use std::sync::Arc;

/// The dimension that a key is along, and the groups that it makes of it: one for each different value, in ascending order (seasons
/// in the order of the year). Positions where the key is missing are in no group.
///
/// # Errors
/// Not found, for an unknown name; invalid, for names along several dimensions; what the expression says.
pub(super) fn groups(ds: &Dataset, name: &str, key: &Expr) -> Result<(Arc<str>, Groups)> {
    let (dim, values) = values(ds, key)?;
    let (labels, of) = ascending(&values)?;
    Ok((dim, Groups::new(name, labels, of)))
}

/// The values of an expression over coordinates along one dimension.
pub(super) fn values(ds: &Dataset, key: &Expr) -> Result<(Arc<str>, Column)> {
    let names = key.names();
    let mut dim: Option<Arc<str>> = None;
    let (mut fields, mut columns) = (Vec::new(), Vec::new());
    for n in &names {
        let variable = ds.variable(n)?;
        let [d] = variable.dims() else {
            return Err(Error::unsupported(format!("{n:?} has {} dimensions, a coordinate along one is needed", variable.dims().len())));
        };
        if dim.as_ref().is_some_and(|x| x != d) {
            return Err(Error::invalid("the key varies along several dimensions"));
        }
        dim = Some(d.clone());
        let column = Column::from_nd(&variable.load()?.to_contiguous()?)?;
        fields.push(Field::new(*n, column.dtype().clone()));
        columns.push(column);
    }
    let dim = dim.ok_or_else(|| Error::invalid("the key names no coordinate"))?;
    let schema = Arc::new(Schema { fields, ..Schema::default() });
    let typed = resolve(key, &schema)?;
    if typed.has_aggregates() {
        return Err(Error::unsupported("an aggregate over a coordinate"));
    }
    Ok((dim, evaluate(&typed, &Batch::new(schema, columns)?)?))
}

/// Different values in ascending order, and for each row which it is.
fn ascending(values: &Column) -> Result<(Column, Vec<Option<usize>>)> {
    let array = values.values();
    let order = sort_to_indices(array, Some(SortOptions { descending: false, nulls_first: false }), None)?;
    let sorted = take(array, &order, None)?;
    let ranges = arrow::compute::partition(std::slice::from_ref(&sorted))?.ranges();
    let is_nan = |i: usize| match values.dtype() {
        DType::F64 => array.as_primitive::<arrow::datatypes::Float64Type>().value(i).is_nan(),
        DType::F32 => array.as_primitive::<arrow::datatypes::Float32Type>().value(i).is_nan(),
        _ => false,
    };
    let (mut of, mut firsts) = (vec![None; values.len()], Vec::new());
    for range in ranges {
        let first = order.value(range.start) as usize;
        if array.is_null(first) || is_nan(first) {
            continue;
        }
        for i in range {
            of[order.value(i) as usize] = Some(firsts.len());
        }
        firsts.push(first as u32);
    }
    let mut labels = Column::new(values.dtype().clone(), take(array, &UInt32Array::from(firsts), None)?)?;
    // Seasons stand as the year has them.
    const SEASONS: [&str; 4] = ["DJF", "MAM", "JJA", "SON"];
    let texts: Option<Vec<&str>> = labels.values().as_string_view_opt().map(|t| t.iter().flatten().collect());
    if let Some(found) = texts.filter(|t| !t.is_empty() && t.iter().all(|s| SEASONS.contains(s))) {
        let here: Vec<&str> = SEASONS.into_iter().filter(|s| found.contains(s)).collect();
        let turn: Vec<usize> = found.iter().map(|s| here.iter().position(|h| h == s).unwrap_or(0)).collect();
        of.iter_mut().flatten().for_each(|g| *g = turn[*g]);
        labels = Column::from_texts(here.into_iter().map(Some));
    }
    Ok((labels, of))
}
