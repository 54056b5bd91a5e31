//! Verbs of tables in memory as verbs of plans: each is written once, for a [`DataFrame`], and run here over what a plan gives.
//!
//! Verbs that do every row for itself run batch by batch, the others over all rows, gathered within the budget. The columns of
//! the result are those that the verb gives for no rows: verbs whose columns depend on values are not offered here.

mod aligned;
mod columns;
mod frame;
mod group;
mod labels;
mod order;
mod time;

pub use group::LazyGroupRolling;

use super::gather::{fits_by_count, gather};
use super::order::repeated;
use super::{ExecOptions, MemSource};
use crate::error::{Error, ErrorKind, Notices, Result, ResultExt};
use crate::frame::DataFrame;
use crate::plan::{Expr, Large, LazyFrame, Scope, TableVerb, VerbPlan, col};
use crate::store::{Batch, BatchIter, IndexSpec, ScanRequest, Schema, TableSource};
use std::sync::Arc;

/// What becomes of row labels. A plan has none but its leading columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Labels {
    /// They stay what they are.
    Stay,
    /// Rows are chosen: where rows were only numbered, they are numbered anew.
    Chosen,
}

impl LazyFrame {
    /// Every row for itself.
    fn each_batch(&self, shown: String, f: impl Fn(&DataFrame) -> Result<DataFrame> + Send + Sync + 'static) -> Result<LazyFrame> {
        self.verb(shown, Scope::Batch, Labels::Stay, f)
    }

    /// All rows, in their order.
    fn all_rows(&self, shown: String, f: impl Fn(&DataFrame) -> Result<DataFrame> + Send + Sync + 'static) -> Result<LazyFrame> {
        self.verb(shown, Scope::Table, Labels::Stay, f)
    }

    /// Some of the rows, or rows repeated or in another order.
    fn some_rows(&self, shown: String, f: impl Fn(&DataFrame) -> Result<DataFrame> + Send + Sync + 'static) -> Result<LazyFrame> {
        self.verb(shown, Scope::Table, Labels::Chosen, f)
    }

    /// Some of the rows, all columns. It is not called before the plan is run: what it says depends on the number of rows.
    fn chosen_rows(&self, shown: String, f: impl Fn(&DataFrame) -> Result<DataFrame> + Send + Sync + 'static) -> LazyFrame {
        let mut schema = (**self.schema()).clone();
        let numbered = !matches!(schema.index, IndexSpec::Levels(_));
        if numbered {
            schema.index = IndexSpec::Default;
        }
        let verb: Arc<TableVerb> = Arc::new(move |batch: &Batch| {
            let made = f(&DataFrame::from_batch(batch)?)?;
            if numbered { made.drop_index() } else { made }.to_batch()
        });
        self.through(shown, Scope::Table, verb, Arc::new(schema))
    }

    /// Of a verb just added: these steps give the same where the rows cannot be held, if they have the same columns.
    fn or_instead(self, same: Result<LazyFrame>) -> LazyFrame {
        let schema = self.schema().clone();
        let told = |s: &LazyFrame| s.schema().fields.iter().map(|f| &f.dtype).eq(schema.fields.iter().map(|f| &f.dtype));
        let Some(same) = same.ok().filter(told) else { return self };
        let columns = schema.clone();
        let named = move |batch: &Batch| Batch::with_rows(columns.clone(), batch.columns.clone(), batch.rows());
        let same = same.through("the same rows".into(), Scope::Batch, Arc::new(named), schema);
        self.or_large(Some(Large::Instead(same)))
    }

    /// Of a verb just added: every column of the input that is no level becomes what an expression makes of it, where the rows cannot be held.
    fn or_by_column(self, input: &LazyFrame, made: impl Fn(Expr) -> Expr) -> LazyFrame {
        let schema = input.schema();
        if schema.labels.is_some() {
            return self;
        }
        let values = schema.fields.iter().skip(schema.levels());
        self.or_instead(values.into_iter().try_fold(input.clone(), |plan, f| plan.with(&f.name, made(col(f.name.as_str())))))
    }

    fn verb(
        &self,
        shown: String,
        scope: Scope,
        labels: Labels,
        f: impl Fn(&DataFrame) -> Result<DataFrame> + Send + Sync + 'static,
    ) -> Result<LazyFrame> {
        let numbered = !matches!(self.schema().index, IndexSpec::Levels(_));
        let verb: Arc<TableVerb> = Arc::new(move |batch: &Batch| {
            let made = f(&DataFrame::from_batch(batch)?)?;
            let made = if numbered && labels == Labels::Chosen { made.drop_index() } else { made };
            made.to_batch()
        });
        let schema = verb(&Batch::concat(self.schema(), &[])?)?.schema;
        Ok(self.through(shown, scope, verb, schema))
    }
}

/// What a verb made, in the columns that were promised.
pub(super) fn fit(made: Batch, schema: &Arc<Schema>) -> Result<Batch> {
    let rows = made.rows();
    if !made.schema.names().eq(schema.names()) {
        let names = |s: &Schema| s.names().collect::<Vec<_>>().join(", ");
        let e = Error::shape("the columns of the result are not those that were told before");
        return Err(e.help(format!("{}, not {}", names(&made.schema), names(schema))));
    }
    let cast = |(column, field): (crate::store::Column, &crate::store::Field)| {
        if *column.dtype() == field.dtype { Ok(column) } else { column.cast(&field.dtype).at_column(&field.name) }
    };
    let columns = made.columns.into_iter().zip(&schema.fields).map(cast).collect::<Result<_>>()?;
    Batch::with_rows(schema.clone(), columns, rows)
}

/// Runs a verb over what comes before it.
pub(super) fn run(input: Arc<dyn TableSource>, plan: &Arc<VerbPlan>, options: &ExecOptions) -> Result<Arc<dyn TableSource>> {
    if plan.scope == Scope::Batch {
        return Ok(Arc::new(EachSource { input, plan: plan.clone() }));
    }
    match (whole(&input, plan, options), &plan.large) {
        (Err(e), Some(large)) if e.kind() == ErrorKind::Budget => match large {
            Large::Instead(same) => same.source(options),
            Large::Repeated { columns, keep, position } => repeated(&input, columns, *keep, (*position, &plan.schema), options),
        },
        (made, _) => made,
    }
}

/// All rows at once.
fn whole(input: &Arc<dyn TableSource>, plan: &VerbPlan, options: &ExecOptions) -> Result<Arc<dyn TableSource>> {
    let what = plan.shown.split_whitespace().next().unwrap_or("a verb");
    if plan.large.is_some() {
        fits_by_count(input, 16, what, options)?;
    }
    let whole = gather(input, None, what, options)?;
    // Numbers of rows and groups, and the result while it is made.
    let work = options.budget.reserve(whole.batch.rows() * (16 + 8 * plan.schema.fields.len()), what)?;
    let made = fit((plan.verb)(&whole.batch)?, &plan.schema)?;
    drop(work);
    let booked = options.budget.reserve(made.bytes(), what)?;
    Ok(Arc::new(MemSource::whole(plan.schema.clone(), made).holding(booked, whole.notices)))
}

/// Batches through a verb, one by one.
#[derive(Debug)]
struct EachSource {
    input: Arc<dyn TableSource>,
    plan: Arc<VerbPlan>,
}

impl TableSource for EachSource {
    fn schema(&self) -> &Arc<Schema> {
        &self.plan.schema
    }
    fn rows(&self) -> Option<u64> {
        self.input.rows()
    }
    fn parts(&self) -> usize {
        self.input.parts()
    }
    fn part_bytes(&self, part: usize) -> u64 {
        self.input.part_bytes(part)
    }
    fn part_rows(&self, part: usize) -> Option<u64> {
        self.input.part_rows(part)
    }
    fn notices(&self) -> Notices {
        self.input.notices()
    }
    fn scan(&self, part: usize, request: &ScanRequest) -> Result<BatchIter> {
        // What is asked of the result need not hold of what it is made of.
        let inner = ScanRequest { columns: None, predicates: Vec::new(), ..request.clone() };
        let (plan, columns) = (self.plan.clone(), request.columns.clone());
        let schema = super::frame::answered(request, &self.plan.schema);
        Ok(Box::new(self.input.scan(part, &inner)?.map(move |batch| {
            let made = fit((plan.verb)(&batch?)?, &plan.schema)?;
            Ok(match &columns {
                None => made,
                Some(columns) => made.project(columns, schema.clone()),
            })
        })))
    }
}
