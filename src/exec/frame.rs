//! Running the plan of a table.

use super::aggregate::{aggregates, substitute};
use super::eval::{evaluate, keep};
use super::group::{group, group_rows, top_rows};
use super::join::{join as join_tables, join_asof};
use super::order::{MOST_TOP, distinct, sorted, top_k};
use super::resample::resampled;
use super::whole::{settle_order, windows};
use super::{ExecOptions, MemSource, copy, stream};
use crate::dtype::Scalar;
use crate::error::{Error, ErrorKind, Notices, Place, Result};
use crate::frame::DataFrame;
use crate::kernel::order::Direction;
use crate::plan::{BinaryOp, Expr, GroupKey, LazyFrame, Node, Plan, RowVerb, Typed, resolve};
use crate::store::{Batch, BatchIter, Column, Compare, Predicate, Pushdown, ScanRequest, Schema, TableSink, TableSource};
use std::sync::Arc;

impl LazyFrame {
    /// The result as a source of batches: every step is done batch by batch in the threads that read. Only the columns that are
    /// needed are read. Aggregates inside expressions (`Age > mean(Age)`) are computed here, each in a pass of its own over what
    /// stands before.
    ///
    /// # Errors
    /// What the first passes say; without aggregates none.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::ExecOptions, plan::{LazyFrame, parse}};
    /// let options = ExecOptions::default();
    /// let plan = DataFrame::new([("x", Column::from(vec![Some(1i64), None]))])?.lazy()?.with("y", parse("x + 0.5")?)?;
    /// let source = plan.source(&options)?;
    /// assert_eq!(source.schema().names().collect::<Vec<_>>(), ["x", "y"]);
    /// assert_eq!(LazyFrame::scan(source).collect(&options)?.column("y")?, &Column::from(vec![Some(1.5), None]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn source(&self, options: &ExecOptions) -> Result<Arc<dyn TableSource>> {
        build(self.plan(), options)
    }

    /// The result in memory.
    ///
    /// Rows stand in the order of the source, whatever the number of threads.
    ///
    /// # Errors
    /// What the source says; budget, where the result does not fit.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::ExecOptions, plan::parse};
    /// let plan = DataFrame::new([("x", Column::from(vec![Some(3i64), None, Some(1)]))])?.lazy()?.filter(parse("x > 0")?)?;
    /// assert_eq!(plan.collect(&ExecOptions::default())?.column("x")?, &Column::from(vec![3i64, 1]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn collect(&self, options: &ExecOptions) -> Result<DataFrame> {
        let source = self.source(options)?;
        let mut booked = options.budget.reserve(0, "the table")?;
        let mut batches = Vec::new();
        for batch in stream(&source, None, options) {
            let batch = batch?;
            // Putting the batches together takes the same again for a moment.
            if !booked.try_grow(batch.bytes() * 2) {
                return Err(Error::budget(format!("the table needs more than the {} bytes allowed", options.budget.limit()))
                    .help("give more with --memory SIZE, select fewer columns or rows, or write it to a file"));
            }
            batches.push(batch);
        }
        DataFrame::from_batches(source.schema(), &batches)
    }

    /// The result into a sink, streamed; the number of rows.
    ///
    /// # Errors
    /// What the source or the sink says.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::ExecOptions, io::csv::{CsvSink, CsvWriteOptions}, io::text::TextTarget};
    /// let (plan, options) = (DataFrame::new([("x", Column::from(vec![Some(1i64), None]))])?.lazy()?, ExecOptions::default());
    /// let target = TextTarget::Stream(Box::new(std::io::sink()));
    /// let (sink, _) = CsvSink::create(target, plan.schema().clone(), &CsvWriteOptions::default())?;
    /// assert_eq!(plan.sink(Box::new(sink), &options)?, 2);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn sink(&self, sink: Box<dyn TableSink>, options: &ExecOptions) -> Result<u64> {
        copy(&self.source(options)?, sink, options)
    }

    /// Aggregates over all rows as a table of one row: `[("n", parse("count(x)")?), ("range", parse("max(x) - min(x)")?)]`.
    ///
    /// Missing values are skipped.
    ///
    /// # Errors
    /// What resolving says; invalid, for a column outside an aggregate; what the source says.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::ExecOptions, plan::parse};
    /// let plan = DataFrame::new([("x", Column::from(vec![Some(1i64), None, Some(4)]))])?.lazy()?;
    /// let wanted = [("n", parse("count(x)")?), ("range", parse("max(x) - min(x)")?)];
    /// let found = plan.aggregate(wanted, &ExecOptions::default())?;
    /// assert_eq!((found.at(0, "n")?, found.at(0, "range")?), (2i64.into(), 3i64.into()));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn aggregate<S: Into<String>>(&self, wanted: impl IntoIterator<Item = (S, Expr)>, options: &ExecOptions) -> Result<DataFrame> {
        let (names, exprs): (Vec<String>, Vec<Expr>) = wanted.into_iter().map(|(n, e)| (n.into(), e)).unzip();
        let mut typed = exprs.iter().map(|e| resolve(e, self.schema())).collect::<Result<Vec<Typed>>>()?;
        for (t, e) in typed.iter().zip(&exprs) {
            if let Some(c) = outside(t) {
                let name = &self.schema().fields[c].name;
                let error =
                    Error::invalid(format!("column {name:?} stands outside an aggregate")).help(format!("write mean({name}) or the like"));
                return Err(error.at(Place { expr: Some(e.to_string()), ..Place::default() }));
            }
        }
        let source = self.source(options)?;
        settle(&mut typed.iter_mut().collect::<Vec<_>>(), &source, options)?;
        let one = Batch::with_rows(Arc::default(), Vec::new(), 1)?;
        let columns = typed.iter().map(|t| evaluate(t, &one)).collect::<Result<Vec<Column>>>()?;
        DataFrame::new(names.into_iter().zip(columns))
    }
}

/// Tables reduced to one row.
impl LazyFrame {
    /// Aggregates over all rows as the source of one row; `ddof` is taken from the count below the line of `std var sem`.
    ///
    /// # Errors
    /// As [`LazyFrame::aggregate`].
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::ExecOptions, plan::{LazyFrame, parse}};
    /// let (plan, options) = (DataFrame::new([("x", Column::from(vec![Some(1.0), None, Some(3.0)]))])?.lazy()?, ExecOptions::default());
    /// let source = plan.reduce([("v", parse("var(x)")?)], 0, &options)?;
    /// assert_eq!(LazyFrame::scan(source).collect(&options)?.column("v")?, &Column::from(vec![1.0]));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn reduce<S: Into<String>>(
        &self,
        wanted: impl IntoIterator<Item = (S, Expr)>,
        ddof: u32,
        options: &ExecOptions,
    ) -> Result<Arc<dyn TableSource>> {
        let wanted: Vec<(String, Expr)> = wanted.into_iter().map(|(n, e)| (n.into(), e)).collect();
        if ddof != 1 {
            // One group of all rows; of no rows there is none, and then ddof does not matter.
            let none: [GroupKey; 0] = [];
            let one = self.groupby(none).ddof(ddof).agg(wanted.clone())?.source(options)?;
            if one.rows() == Some(1) {
                return Ok(one);
            }
        }
        Ok(Arc::new(MemSource::from_frame(&self.aggregate(wanted, options)?)?))
    }
}

/// A column that stands outside every aggregate.
fn outside(t: &Typed) -> Option<usize> {
    match &t.node {
        Node::Col(i) => Some(*i),
        Node::Agg(..) | Node::Pair(..) => None,
        _ => t.children().into_iter().find_map(outside),
    }
}

/// Replaces aggregates by their values, the innermost first, all of one depth in one pass.
fn settle(typed: &mut [&mut Typed], source: &Arc<dyn TableSource>, options: &ExecOptions) -> Result<()> {
    while typed.iter().any(|t| t.has_aggregates()) {
        let mut wanted = Vec::new();
        for t in typed.iter_mut() {
            t.inner_aggregates(&mut |t| wanted.push(t.clone()));
        }
        let values = aggregates(&wanted, source, options)?;
        let mut values = values.into_iter();
        for t in typed.iter_mut() {
            t.inner_aggregates(&mut |t| substitute(t, values.next().unwrap_or(Scalar::Null)));
        }
    }
    Ok(())
}

fn build(plan: &Plan, options: &ExecOptions) -> Result<Arc<dyn TableSource>> {
    let settled = |typed: &Typed, expr: &Expr, input: &Arc<dyn TableSource>| {
        let mut typed = typed.clone();
        settle(&mut [&mut typed], input, options)?;
        Ok::<_, Error>((typed, Place { expr: Some(expr.to_string()), ..Place::default() }))
    };
    Ok(match plan {
        Plan::Scan { source } => source.clone(),
        Plan::Filter { input, condition, expr } => {
            let input = build(input, options)?;
            if condition.has_order() {
                let schema = input.schema().clone();
                let (condition, input) = settle_order(condition, &input, options)?;
                let place = Place { expr: Some(expr.to_string()), ..Place::default() };
                let input = Arc::new(FilterSource { predicates: Vec::new(), input, condition, place });
                return Ok(Arc::new(SelectSource { input, columns: (0..schema.fields.len()).collect(), schema }));
            }
            let (condition, place) = settled(condition, expr, &input)?;
            Arc::new(FilterSource { predicates: predicates(&condition), input, condition, place })
        }
        Plan::With { input, position, values, expr, schema } => {
            let input = build(input, options)?;
            if values.has_order() {
                let (values, input) = settle_order(values, &input, options)?;
                let place = Place { expr: Some(expr.to_string()), ..Place::default() };
                return Ok(Arc::new(WithSource { input, position: *position, values, place, schema: schema.clone() }));
            }
            let (values, place) = settled(values, expr, &input)?;
            Arc::new(WithSource { input, position: *position, values, place, schema: schema.clone() })
        }
        Plan::Select { input, columns, schema } => {
            if let Plan::GroupRows(plan) = &**input
                && matches!(plan.verb, RowVerb::Top { .. })
            {
                // Only what is asked for is held.
                let (input, held) = top_rows(&build(&plan.input, options)?, plan, Some(columns), options)?;
                let columns = columns.iter().map(|&c| positions(&held)(c)).collect();
                return Ok(Arc::new(SelectSource { input, columns, schema: schema.clone() }));
            }
            Arc::new(SelectSource { input: build(input, options)?, columns: columns.clone(), schema: schema.clone() })
        }
        Plan::Limit { input, rows } => match &**input {
            // The first of sorted rows: nothing else need be held.
            Plan::Sort { input, by } if *rows <= MOST_TOP => first_sorted(&build(input, options)?, by, *rows as usize, options)?,
            _ => Arc::new(LimitSource { input: build(input, options)?, rows: *rows }),
        },
        Plan::GroupRows(plan) => group_rows(&build(&plan.input, options)?, plan, options)?,
        Plan::Group(plan) => group(&build(&plan.input, options)?, plan, options)?,
        Plan::Sort { input, by } => sorted(&build(input, options)?, by, options)?,
        Plan::TopK { input, by, rows } => first_sorted(&build(input, options)?, by, *rows, options)?,
        Plan::Verb(plan) => super::lazy::run(build(&plan.input, options)?, plan, options)?,
        Plan::Resample(plan) => resampled(&build(&plan.input, options)?, plan, options)?,
        Plan::Window(window) => windows(&build(&window.input, options)?, window, options)?,
        Plan::Distinct { input, columns, keep } => distinct(&build(input, options)?, columns, *keep, options)?,
        Plan::Long { input, long } => super::reshape::long(&build(input, options)?, long, options)?,
        Plan::FillGaps { input, gaps } => super::missing::fill_gaps(&build(input, options)?, gaps, options)?,
        Plan::Join { left, right, join } => join_tables(&build(left, options)?, &build(right, options)?, join, options)?,
        Plan::AsofJoin { left, right, join } => join_asof(&build(left, options)?, &build(right, options)?, join, options)?,
    })
}

/// The first of sorted rows: those that are first so far are held, or all are sorted where these are too many.
fn first_sorted(
    input: &Arc<dyn TableSource>,
    by: &[(usize, Direction)],
    rows: usize,
    options: &ExecOptions,
) -> Result<Arc<dyn TableSource>> {
    match top_k(input, by, rows, options) {
        Err(e) if e.kind() == ErrorKind::Budget => Ok(Arc::new(LimitSource { input: sorted(input, by, options)?, rows: rows as u64 })),
        made => made,
    }
}

/// The comparisons of a column with a value that must all hold for a condition to hold.
fn predicates(condition: &Typed) -> Vec<Predicate> {
    match &condition.node {
        Node::Logic(BinaryOp::And, a, b) => predicates(a).into_iter().chain(predicates(b)).collect(),
        Node::Compare(op, a, b) => {
            let compare = match op {
                BinaryOp::Lt => Compare::Lt,
                BinaryOp::Le => Compare::Le,
                BinaryOp::Eq => Compare::Eq,
                BinaryOp::Ne => Compare::Ne,
                BinaryOp::Ge => Compare::Ge,
                _ => Compare::Gt,
            };
            let turned = match compare {
                Compare::Lt => Compare::Gt,
                Compare::Le => Compare::Ge,
                Compare::Ge => Compare::Le,
                Compare::Gt => Compare::Lt,
                same => same,
            };
            match (&a.node, &b.node) {
                (Node::Col(column), Node::Lit(value)) => vec![Predicate { column: *column, compare, value: value.clone() }],
                (Node::Lit(value), Node::Col(column)) => vec![Predicate { column: *column, compare: turned, value: value.clone() }],
                _ => Vec::new(),
            }
        }
        _ => Vec::new(),
    }
}

/// The columns that a request asks for: all where it says nothing.
pub(super) fn asked(request: &ScanRequest, schema: &Schema) -> Vec<usize> {
    request.columns.clone().unwrap_or_else(|| (0..schema.fields.len()).collect())
}

/// The schema of what a request asks for.
pub(super) fn answered(request: &ScanRequest, schema: &Arc<Schema>) -> Arc<Schema> {
    match &request.columns {
        None => schema.clone(),
        Some(columns) => Arc::new(schema.project(columns)),
    }
}

/// The columns of `extra` behind those of `first` that are not among them.
pub(super) fn union(first: &[usize], extra: &[usize]) -> Vec<usize> {
    let mut out = first.to_vec();
    out.extend(extra.iter().filter(|c| !first.contains(c)));
    out
}

/// Where each column of the input stands in a batch of some of them.
pub(super) fn positions(of: &[usize]) -> impl Fn(usize) -> usize + use<> {
    let of = of.to_vec();
    move |c| of.iter().position(|&x| x == c).unwrap_or(0)
}

macro_rules! through {
    () => {
        fn parts(&self) -> usize {
            self.input.parts()
        }
        fn part_bytes(&self, part: usize) -> u64 {
            self.input.part_bytes(part)
        }
        fn notices(&self) -> Notices {
            self.input.notices()
        }
    };
}

#[derive(Debug)]
struct FilterSource {
    input: Arc<dyn TableSource>,
    condition: Typed,
    predicates: Vec<Predicate>,
    place: Place,
}

impl TableSource for FilterSource {
    through!();
    fn schema(&self) -> &Arc<Schema> {
        self.input.schema()
    }
    fn rows(&self) -> Option<u64> {
        None
    }
    fn accepts(&self, predicate: &Predicate) -> Pushdown {
        self.input.accepts(predicate)
    }
    fn scan(&self, part: usize, request: &ScanRequest) -> Result<BatchIter> {
        let wanted = asked(request, self.schema());
        let needed = union(&wanted, &self.condition.columns());
        let condition = self.condition.clone().with_columns(&positions(&needed));
        let schema = answered(request, self.schema());
        let place = self.place.clone();
        let mut inner = request.clone();
        inner.predicates.extend(self.predicates.iter().filter(|p| self.input.accepts(p) != Pushdown::No).cloned());
        // All columns in order is what `None` says, and the readers' schema then stays as it is.
        inner.columns = (request.columns.is_some()).then_some(needed);
        let width = wanted.len();
        let batches = self.input.scan(part, &inner)?;
        Ok(Box::new(batches.map(move |batch| {
            let batch = batch?;
            let mask = keep(&condition, &batch).map_err(|e| e.at(place.clone()))?;
            let rows = mask.true_count();
            let columns = batch.columns[..width].iter().map(|c| {
                if rows == batch.rows() {
                    return Ok(c.clone());
                }
                Column::new(c.dtype().clone(), arrow::compute::filter(c.values(), &mask)?)
            });
            Batch::with_rows(schema.clone(), columns.collect::<Result<_>>()?, rows)
        })))
    }
}

#[derive(Debug)]
struct WithSource {
    input: Arc<dyn TableSource>,
    position: usize,
    values: Typed,
    place: Place,
    schema: Arc<Schema>,
}

impl TableSource for WithSource {
    through!();
    fn schema(&self) -> &Arc<Schema> {
        &self.schema
    }
    fn rows(&self) -> Option<u64> {
        self.input.rows()
    }
    fn accepts(&self, predicate: &Predicate) -> Pushdown {
        if predicate.column == self.position { Pushdown::No } else { self.input.accepts(predicate) }
    }
    fn scan(&self, part: usize, request: &ScanRequest) -> Result<BatchIter> {
        let wanted = asked(request, &self.schema);
        let plain: Vec<usize> = wanted.iter().copied().filter(|&c| c != self.position).collect();
        let made = wanted.contains(&self.position);
        let needed = if made { union(&plain, &self.values.columns()) } else { plain };
        let at = positions(&needed);
        let values = self.values.clone().with_columns(&at);
        let position = self.position;
        let sources: Vec<Option<usize>> = wanted.iter().map(|&c| (c != position).then(|| at(c))).collect();
        let schema = answered(request, &self.schema);
        let place = self.place.clone();
        let mut inner = ScanRequest { columns: Some(needed), ..request.clone() };
        inner.predicates.retain(|p| p.column != position);
        let batches = self.input.scan(part, &inner)?;
        Ok(Box::new(batches.map(move |batch| {
            let batch = batch?;
            let new = if made { Some(evaluate(&values, &batch).map_err(|e| e.at(place.clone()))?) } else { None };
            let columns = sources.iter().filter_map(|s| s.map_or_else(|| new.clone(), |i| Some(batch.columns[i].clone())));
            Batch::with_rows(schema.clone(), columns.collect(), batch.rows())
        })))
    }
}

#[derive(Debug)]
struct SelectSource {
    input: Arc<dyn TableSource>,
    columns: Vec<usize>,
    schema: Arc<Schema>,
}

impl TableSource for SelectSource {
    through!();
    fn schema(&self) -> &Arc<Schema> {
        &self.schema
    }
    fn rows(&self) -> Option<u64> {
        self.input.rows()
    }
    fn accepts(&self, predicate: &Predicate) -> Pushdown {
        self.input.accepts(&Predicate { column: self.columns[predicate.column], ..predicate.clone() })
    }
    fn scan(&self, part: usize, request: &ScanRequest) -> Result<BatchIter> {
        let columns = asked(request, &self.schema).iter().map(|&c| self.columns[c]).collect();
        let mut inner = ScanRequest { columns: Some(columns), ..request.clone() };
        inner.predicates.iter_mut().for_each(|p| p.column = self.columns[p.column]);
        let schema = answered(request, &self.schema);
        let batches = self.input.scan(part, &inner)?;
        Ok(Box::new(batches.map(move |batch| {
            let batch = batch?;
            let rows = batch.rows();
            Batch::with_rows(schema.clone(), batch.columns, rows)
        })))
    }
}

/// The first rows. One part: where the rows end is known only in order.
#[derive(Debug)]
struct LimitSource {
    input: Arc<dyn TableSource>,
    rows: u64,
}

impl TableSource for LimitSource {
    fn schema(&self) -> &Arc<Schema> {
        self.input.schema()
    }
    fn rows(&self) -> Option<u64> {
        self.input.rows().map(|n| n.min(self.rows))
    }
    fn parts(&self) -> usize {
        1
    }
    fn part_bytes(&self, _: usize) -> u64 {
        self.input.bytes()
    }
    fn notices(&self) -> Notices {
        self.input.notices()
    }
    fn scan(&self, _: usize, request: &ScanRequest) -> Result<BatchIter> {
        // What fails a condition further up still counts here.
        let most = usize::try_from(self.rows).unwrap_or(usize::MAX);
        let inner = ScanRequest { predicates: Vec::new(), batch_rows: request.batch_rows.min(most.max(1)), ..request.clone() };
        let (input, mut left) = (self.input.clone(), self.rows);
        let mut part = 0;
        let mut current: Option<BatchIter> = None;
        Ok(Box::new(std::iter::from_fn(move || {
            while left > 0 {
                if current.is_none() {
                    if part >= input.parts() {
                        return None;
                    }
                    match input.scan(part, &inner) {
                        Ok(batches) => current = Some(batches),
                        Err(e) => {
                            left = 0;
                            return Some(Err(e));
                        }
                    }
                    part += 1;
                }
                match current.as_mut().and_then(Iterator::next) {
                    None => current = None,
                    Some(Err(e)) => {
                        left = 0;
                        return Some(Err(e));
                    }
                    Some(Ok(batch)) => {
                        let rows = (batch.rows() as u64).min(left);
                        left -= rows;
                        return Some(Ok(batch.slice(0, rows as usize)));
                    }
                }
            }
            None
        })))
    }
}
