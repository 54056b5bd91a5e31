//! Functions of the order of rows over a table that does not fit the budget, computed while it is read.
//!
//! Each becomes a source that reads another one in order and puts a column behind the others: a running total takes its state along, a shift
//! the last rows. What a shift by many rows moves, and ranks ([`super::ranks`]), were written to a temporary file before, and are read beside.

mod tail;

use super::ExecOptions;
use super::aggregate::{aggregates, substitute};
use super::eval::evaluate;
use super::frame::{answered, asked, positions, union};
use super::ranks::ranks;
use super::spilled::{Blocks, Shifted, missing, written};
use super::stream::in_order;
use super::whole::{OrderFunc, column_name};
use crate::dtype::DType;
use crate::error::{Notices, Result};
use crate::kernel::window::{Cumulative, Running};
use crate::plan::{Node, Typed};
use crate::store::{Batch, BatchIter, Column, Field, ScanRequest, Schema, TableSource};
use std::sync::Arc;
use tail::Tail;

/// Replaces functions of the order of rows by columns at the end of the source that comes with it, and aggregates by their values.
pub(super) fn settle_along(typed: &Typed, input: &Arc<dyn TableSource>, options: &ExecOptions) -> Result<(Typed, Arc<dyn TableSource>)> {
    let (mut typed, mut source) = (typed.clone(), input.clone());
    let options = ExecOptions { progress: None, ..options.clone() };
    walk(&mut typed, &mut source, &options)?;
    Ok((typed, source))
}

fn walk(t: &mut Typed, source: &mut Arc<dyn TableSource>, options: &ExecOptions) -> Result<()> {
    for child in t.children_mut() {
        walk(child, source, options)?;
    }
    if matches!(t.node, Node::Agg(..) | Node::Pair(..)) {
        let value = aggregates(std::slice::from_ref(t), source, options)?.swap_remove(0);
        substitute(t, value);
        return Ok(());
    }
    let Some((func, values)) = OrderFunc::of(t)? else { return Ok(()) };
    let list = categories(source, values, options)?;
    let values = Values { source: source.clone(), typed: values.clone(), list, options: options.clone() };
    let (how, dtype) = match func {
        OrderFunc::Shift(by) => {
            let dtype = values.typed.dtype.clone();
            let near = (0..=Tail::MOST).contains(&by);
            let how = if near { How::Tail(by as usize) } else { How::Beside(written(values.read()?, &dtype, options)?, by) };
            (how, dtype)
        }
        OrderFunc::Running(what) => (How::Running(what), Cumulative::new(what, &values.typed.dtype)?.dtype().clone()),
        OrderFunc::Rank => {
            let pieces = values.read()?.map(|x| Ok(vec![x?]));
            (How::Beside(ranks(pieces, std::slice::from_ref(&values.typed.dtype), options)?, 0), DType::F64)
        }
    };
    let before = source.schema();
    let place = before.fields.len();
    let fields = before.fields.iter().cloned().chain([Field::new(column_name(t, place), dtype)]).collect();
    let schema = Arc::new(Schema { fields, labels: None, ..(**before).clone() });
    *source = Arc::new(Along { values, how, schema });
    t.node = Node::Col(place);
    Ok(())
}

/// No rows, but all categories of the values; `None` where they are none. In memory, too, every row has the whole list.
fn categories(source: &Arc<dyn TableSource>, values: &Typed, options: &ExecOptions) -> Result<Option<Column>> {
    if !matches!(values.dtype, DType::Categorical { .. }) {
        return Ok(None);
    }
    let all = Values { source: source.clone(), typed: values.clone(), list: None, options: options.clone() };
    let mut list: Option<Column> = None;
    for x in all.read()? {
        let none = x?.slice(0, 0);
        list = Some(match list {
            Some(list) => Column::concat(&[list, none])?,
            None => none,
        });
    }
    Ok(list)
}

/// Values of which a function is computed.
#[derive(Clone, Debug)]
struct Values {
    source: Arc<dyn TableSource>,
    typed: Typed,
    list: Option<Column>,
    options: ExecOptions,
}

impl Values {
    /// What computes them of batches of these columns.
    fn of(&self, columns: &[usize]) -> impl Fn(&Batch) -> Result<Column> + Send + use<> {
        let (typed, list) = (self.typed.clone().with_columns(&positions(columns)), self.list.clone());
        move |batch| match (evaluate(&typed, batch)?, &list) {
            (x, Some(list)) => Column::concat(&[list.clone(), x]),
            (x, None) => Ok(x),
        }
    }

    /// All of them in order.
    fn read(&self) -> Result<impl Iterator<Item = Result<Column>> + Send + use<>> {
        let columns = some_column(self.typed.columns(), self.source.schema());
        let values = self.of(&columns);
        Ok(in_order(&self.source, Some(columns), &self.options)?.map(move |batch| values(&batch?)))
    }
}

/// These columns, or one where there is none: so it is known how many rows there are.
fn some_column(columns: Vec<usize>, schema: &Schema) -> Vec<usize> {
    if columns.is_empty() && !schema.fields.is_empty() { vec![0] } else { columns }
}

/// How a column is made.
#[derive(Debug)]
enum How {
    Running(Running),
    /// Shifted by a few rows.
    Tail(usize),
    /// What was written before, so many rows further down.
    Beside(Blocks, i64),
}

/// A table with a column behind the others.
#[derive(Debug)]
struct Along {
    values: Values,
    how: How,
    schema: Arc<Schema>,
}

/// What makes the column for the next batch.
type Maker = Box<dyn FnMut(&Batch) -> Result<Column> + Send>;

impl Along {
    /// What makes the column for batches of these columns of the source, of which those come first that are wanted beside it.
    fn maker(&self, wanted: &mut Vec<usize>) -> Result<Maker> {
        let values = &self.values;
        let mut own = || {
            *wanted = union(wanted, &values.typed.columns());
            values.of(wanted)
        };
        Ok(match &self.how {
            How::Running(what) => {
                let (values, mut state) = (own(), Cumulative::new(*what, &values.typed.dtype)?);
                Box::new(move |batch| state.push(&values(batch)?))
            }
            How::Tail(by) => {
                let (values, mut tail) = (own(), Tail::new(missing(&values.typed.dtype, &values.list, *by)?));
                Box::new(move |batch| tail.next(values(batch)?))
            }
            How::Beside(blocks, by) => {
                let list = if blocks.schema().fields[0].dtype == values.typed.dtype { values.list.clone() } else { None };
                let mut shifted = Shifted::new(blocks.clone(), *by, list);
                Box::new(move |batch| shifted.next(batch.rows()))
            }
        })
    }
}

impl TableSource for Along {
    fn schema(&self) -> &Arc<Schema> {
        &self.schema
    }
    fn rows(&self) -> Option<u64> {
        self.values.source.rows()
    }
    /// One part: what is computed goes on from row to row.
    fn parts(&self) -> usize {
        1
    }
    fn part_bytes(&self, _: usize) -> u64 {
        self.values.source.bytes()
    }
    fn notices(&self) -> Notices {
        self.values.source.notices()
    }
    fn scan(&self, _: usize, request: &ScanRequest) -> Result<BatchIter> {
        let wanted = asked(request, &self.schema);
        let schema = answered(request, &self.schema);
        let (source, options) = (&self.values.source, &self.values.options);
        let new = self.schema.fields.len() - 1;
        let mut needed: Vec<usize> = wanted.iter().copied().filter(|&c| c != new).collect();
        let mut maker = if wanted.contains(&new) { Some(self.maker(&mut needed)?) } else { None };
        let needed = some_column(needed, source.schema());
        let at = positions(&needed);
        let places: Vec<Option<usize>> = wanted.iter().map(|&c| (c != new).then(|| at(c))).collect();
        let step = request.batch_rows;
        let batches = in_order(source, Some(needed), options)?;
        Ok(Box::new(batches.flat_map(move |batch| -> BatchIter {
            let made = batch.and_then(|batch| {
                let made = maker.as_mut().map(|make| make(&batch)).transpose()?;
                let columns = places.iter().filter_map(|p| p.map_or_else(|| made.clone(), |p| Some(batch.columns[p].clone())));
                Batch::with_rows(schema.clone(), columns.collect(), batch.rows())
            });
            match made {
                Ok(batch) => Box::new(batch.in_steps(step).map(Ok)),
                Err(e) => Box::new(std::iter::once(Err(e))),
            }
        })))
    }
}
