//! What needs whole columns: functions of the order of rows, and windows.

use super::aggregate::{aggregates, substitute};
use super::along::settle_along;
use super::eval::evaluate;
use super::gather::{Gathered, Order, TakeSource, fits_by_count, gather, too_large};
use super::sliding::SlidingSource;
use super::{ExecOptions, MemSource};
use crate::dtype::Scalar;
use crate::error::{Error, ErrorKind, Place, Result, ResultExt};
use crate::kernel::order::Direction;
use crate::kernel::window::{Ranking, Running, cumulate, rank, roll};
use crate::plan::{Func, Node, Typed, WindowPlan};
use crate::store::{Batch, Column, Field, Schema, TableSource};
use rayon::prelude::*;
use std::sync::Arc;

/// Replaces functions of the order of rows (and aggregates) by columns (and values) that are computed here, the innermost first. The
/// source that comes with it has these columns at its end. What does not fit the budget is computed while the rows are read.
pub(super) fn settle_order(typed: &Typed, input: &Arc<dyn TableSource>, options: &ExecOptions) -> Result<(Typed, Arc<dyn TableSource>)> {
    match settle_in_memory(typed, input, options) {
        Err(e) if e.kind() == ErrorKind::Budget => settle_along(typed, input, options),
        made => made,
    }
}

fn settle_in_memory(typed: &Typed, input: &Arc<dyn TableSource>, options: &ExecOptions) -> Result<(Typed, Arc<dyn TableSource>)> {
    let what = "a function of the order of rows";
    fits_by_count(input, 0, what, options)?;
    let mut whole = gather(input, None, what, options)?;
    let mut typed = typed.clone();
    walk(&mut typed, &mut whole, options)?;
    Ok((typed, as_source(whole)))
}

/// A function of the order of rows.
#[derive(Clone, Copy, Debug)]
pub(super) enum OrderFunc {
    /// The value so many rows before.
    Shift(i64),
    /// A running total or extreme.
    Running(Running),
    /// The place among all values; equal ones share theirs.
    Rank,
}

impl OrderFunc {
    /// The function that a node is, and its values.
    pub(super) fn of(t: &Typed) -> Result<Option<(OrderFunc, &Typed)>> {
        let Node::Call(func, args) = &t.node else { return Ok(None) };
        if !t.is_order() {
            return Ok(None);
        }
        let func = match func {
            Func::Shift => match args.get(1).map(|a| &a.node) {
                Some(Node::Lit(Scalar::I64(by))) => OrderFunc::Shift(*by),
                _ => return Err(Error::internal("shift without a number of rows")),
            },
            Func::Cumsum => OrderFunc::Running(Running::Sum),
            Func::Cumprod => OrderFunc::Running(Running::Prod),
            Func::Cummin => OrderFunc::Running(Running::Min),
            Func::Cummax => OrderFunc::Running(Running::Max),
            _ => OrderFunc::Rank,
        };
        Ok(Some((func, &args[0])))
    }
}

fn as_source(whole: Gathered) -> Arc<dyn TableSource> {
    let (rows, schema) = (whole.batch.rows(), whole.batch.schema.clone());
    let columns = whole.batch.columns.into_iter().map(|c| (0, c)).collect();
    let order = Order { rows: None, optional: false };
    Arc::new(TakeSource::new(schema, columns, vec![order], rows, whole.notices, vec![whole.booked]))
}

/// Adds a column at the end, booked.
fn push(whole: &mut Gathered, name: String, column: Column, options: &ExecOptions) -> Result<usize> {
    let rows = whole.batch.rows();
    if !whole.booked.try_grow(column.bytes()) {
        return Err(too_large("a function of the order of rows", rows, whole.booked.bytes(), options));
    }
    let mut fields = whole.batch.schema.fields.clone();
    fields.push(Field::new(name, column.dtype().clone()));
    let mut columns = whole.batch.columns.clone();
    columns.push(column);
    whole.batch = Batch::with_rows(Arc::new(Schema { fields, labels: None, ..(*whole.batch.schema).clone() }), columns, rows)?;
    Ok(whole.batch.columns.len() - 1)
}

fn walk(t: &mut Typed, whole: &mut Gathered, options: &ExecOptions) -> Result<()> {
    for child in t.children_mut() {
        walk(child, whole, options)?;
    }
    if matches!(t.node, Node::Agg(..) | Node::Pair(..)) {
        let source: Arc<dyn TableSource> = Arc::new(MemSource::new(whole.batch.schema.clone(), vec![whole.batch.clone()]));
        let value = aggregates(std::slice::from_ref(t), &source, options)?.swap_remove(0);
        substitute(t, value);
        return Ok(());
    }
    let Some((func, values)) = OrderFunc::of(t)? else { return Ok(()) };
    let x = evaluate(values, &whole.batch)?;
    let column = match func {
        OrderFunc::Shift(by) => x.shift(by)?,
        OrderFunc::Running(what) => cumulate(&x, what)?,
        OrderFunc::Rank => rank(&x, Ranking::Average, Direction::Ascending, false)?,
    };
    let name = column_name(t, whole.batch.columns.len());
    t.node = Node::Col(push(whole, name, column, options)?);
    Ok(())
}

/// The name of the column that is made of a function, in this place.
pub(super) fn column_name(t: &Typed, place: usize) -> String {
    match &t.node {
        Node::Call(func, _) => format!("{}#{place}", func.name()),
        _ => format!("#{place}"),
    }
}

/// Aggregates over windows as columns at the end.
pub(super) fn windows(input: &Arc<dyn TableSource>, plan: &WindowPlan, options: &ExecOptions) -> Result<Arc<dyn TableSource>> {
    match windows_in_memory(input, plan, options) {
        Err(e) if e.kind() == ErrorKind::Budget => match SlidingSource::new(input, plan, options)? {
            Some(source) => Ok(Arc::new(source)),
            None => Err(e),
        },
        made => made,
    }
}

fn windows_in_memory(input: &Arc<dyn TableSource>, plan: &WindowPlan, options: &ExecOptions) -> Result<Arc<dyn TableSource>> {
    fits_by_count(input, 8 * plan.aggregates.len(), "rolling", options)?;
    let mut whole = gather(input, None, "rolling", options)?;
    let rows = whole.batch.rows();
    // Numbers as f64 and the result, for each aggregate at work; windows of time have two bounds per row.
    let _work = options.budget.reserve(rows * 8 * (2 * plan.aggregates.len().min(options.workers()) + 1), "rolling")?;
    let on = plan.on.map(|c| &whole.batch.columns[c]);
    let bounds = plan
        .windows
        .bounds(rows, on)
        .at(|| Place { column: plan.on.map(|c| whole.batch.schema.fields[c].name.clone()), ..Place::default() })?;
    let made = plan.aggregates.par_iter().with_max_len(1).map(|(agg, values)| {
        let mut typed = values.values.clone();
        if typed.has_order() || typed.has_aggregates() {
            let mut own =
                Gathered { batch: whole.batch.clone(), booked: options.budget.reserve(0, "rolling")?, notices: whole.notices.clone() };
            walk(&mut typed, &mut own, options)?;
            return roll(&evaluate(&typed, &own.batch)?, &bounds, &plan.windows.rule(*agg)?);
        }
        roll(&evaluate(&typed, &whole.batch)?, &bounds, &plan.windows.rule(*agg)?)
    });
    let made: Vec<Column> = made.collect::<Result<_>>()?;
    for ((_, values), column) in plan.aggregates.iter().zip(made) {
        push(&mut whole, values.name.clone(), column, options)?;
    }
    whole.batch.schema = plan.schema.clone();
    Ok(as_source(whole))
}
