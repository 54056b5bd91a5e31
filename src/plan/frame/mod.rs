//! Plans over tables: the nodes, and the lazy table whose verbs build them. One file per family of verbs.

mod columns;
mod group;
mod join;
mod missing;
mod order;
mod resample;
mod reshape;
mod rows;
mod verb;
mod window;

pub use join::{AsofDirection, AsofJoin, AsofOptions, Join, JoinColumn, JoinHow, JoinOptions, Validate, parse_tolerance};
pub use missing::{DropRows, FillGaps, Gaps};
pub use order::{SortBy, asc, desc};
pub use resample::{LazyResample, ResamplePlan, TimeBins};
pub use reshape::{Long, LongOrder, MeltOptions};
pub use verb::{Large, Scope, TableVerb, VerbPlan};
pub use window::WindowPlan;

pub use group::{
    GroupKey, GroupOrder, GroupPlan, GroupRows, LazyGroupBy, NamedValues, RowVerb, Transform, aggregate_all, parse_aggregates,
};

use super::expr::Expr;
use super::resolve::Typed;
use crate::dtype::DType;
use crate::error::{Error, Place, Result};
use crate::kernel::order::{Direction, Keep};
use crate::store::{Schema, TableSource};
use std::sync::Arc;

/// A node of a plan over tables.
#[derive(Clone, Debug)]
pub enum Plan {
    /// The rows of a source.
    Scan {
        /// Where they come from.
        source: Arc<dyn TableSource>,
    },
    /// The rows for which a condition is true.
    Filter {
        /// What is filtered.
        input: Arc<Plan>,
        /// The condition as written.
        expr: Expr,
        /// The condition, settled.
        condition: Typed,
    },
    /// One column more, or one replaced.
    With {
        /// What gets the column.
        input: Arc<Plan>,
        /// The position of the column in the result.
        position: usize,
        /// Its values as written.
        expr: Expr,
        /// Its values, settled.
        values: Typed,
        /// The columns of the result.
        schema: Arc<Schema>,
    },
    /// Some columns, perhaps under other names.
    Select {
        /// What is selected from.
        input: Arc<Plan>,
        /// Positions in the input.
        columns: Vec<usize>,
        /// The columns of the result.
        schema: Arc<Schema>,
    },
    /// Rows to groups.
    Group(Arc<GroupPlan>),
    /// Rows of groups, changed or chosen.
    GroupRows(Arc<GroupRows>),
    /// The first rows.
    Limit {
        /// What is cut off.
        input: Arc<Plan>,
        /// How many rows at most.
        rows: u64,
    },
    /// The rows in another order.
    Sort {
        /// What is sorted.
        input: Arc<Plan>,
        /// Positions of columns, the first counts most.
        by: Vec<(usize, Direction)>,
    },
    /// The first rows in sorted order.
    TopK {
        /// What is sorted.
        input: Arc<Plan>,
        /// Positions of columns, the first counts most.
        by: Vec<(usize, Direction)>,
        /// How many rows at most.
        rows: usize,
    },
    /// One row, or none, of each different combination of values.
    Distinct {
        /// What rows are taken from.
        input: Arc<Plan>,
        /// Positions of the columns that count.
        columns: Vec<usize>,
        /// Which of them.
        keep: Keep,
    },
    /// Rows in bins of time.
    Resample(Arc<ResamplePlan>),
    /// Columns more: aggregates over windows of rows.
    Window(WindowPlan),
    /// A verb of tables in memory.
    Verb(Arc<VerbPlan>),
    /// Columns to rows.
    Long {
        /// What becomes longer.
        input: Arc<Plan>,
        /// How.
        long: Arc<Long>,
    },
    /// Missing values filled from their neighbours.
    FillGaps {
        /// What is filled.
        input: Arc<Plan>,
        /// How.
        gaps: Arc<FillGaps>,
    },
    /// Rows of two tables side by side by their keys.
    Join {
        /// The table whose order counts.
        left: Arc<Plan>,
        /// The other one.
        right: Arc<Plan>,
        /// How.
        join: Arc<Join>,
    },
    /// Each row beside the nearest one of another table.
    AsofJoin {
        /// The table whose rows stay.
        left: Arc<Plan>,
        /// The other one.
        right: Arc<Plan>,
        /// How.
        join: Arc<AsofJoin>,
    },
}

/// Columns that rows can be sorted, joined and told apart by.
fn is_key(schema: &Schema, column: usize) -> Result<()> {
    let field = &schema.fields[column];
    match &field.dtype {
        DType::List(_) | DType::Opaque(_) => {
            Err(Error::wrong_type(format!("values of type {} have no order and are no keys", field.dtype)).at(Place::column(&field.name)))
        }
        _ => Ok(()),
    }
}

impl Plan {
    /// The columns of the result.
    pub fn schema(&self) -> &Arc<Schema> {
        match self {
            Plan::Scan { source } => source.schema(),
            Plan::Filter { input, .. } | Plan::Limit { input, .. } => input.schema(),
            Plan::Sort { input, .. } | Plan::TopK { input, .. } | Plan::Distinct { input, .. } => input.schema(),
            Plan::FillGaps { gaps, .. } => &gaps.schema,
            Plan::Long { long, .. } => &long.schema,
            Plan::Join { join, .. } => &join.schema,
            Plan::AsofJoin { join, .. } => &join.schema,
            Plan::With { schema, .. } | Plan::Select { schema, .. } => schema,
            Plan::Group(group) => &group.schema,
            Plan::Window(window) => &window.schema,
            Plan::Resample(plan) => &plan.schema,
            Plan::Verb(plan) => &plan.schema,
            Plan::GroupRows(group) => &group.schema,
        }
    }

    /// What the plan is made of, the left one first.
    fn inputs(&self) -> Vec<&Arc<Plan>> {
        match self {
            Plan::Scan { .. } => Vec::new(),
            Plan::Filter { input, .. }
            | Plan::With { input, .. }
            | Plan::Select { input, .. }
            | Plan::Limit { input, .. }
            | Plan::Sort { input, .. }
            | Plan::TopK { input, .. }
            | Plan::Distinct { input, .. }
            | Plan::Long { input, .. }
            | Plan::FillGaps { input, .. } => vec![input],
            Plan::GroupRows(group) => vec![&group.input],
            Plan::Group(group) => vec![&group.input],
            Plan::Resample(plan) => vec![&plan.input],
            Plan::Window(window) => vec![&window.input],
            Plan::Verb(plan) => vec![&plan.input],
            Plan::Join { left, right, .. } | Plan::AsofJoin { left, right, .. } => vec![left, right],
        }
    }

    fn explain(&self, out: &mut String) {
        self.inputs().into_iter().for_each(|input| input.explain(out));
        out.push_str(&self.line());
        out.push('\n');
    }

    /// What is done.
    fn line(&self) -> String {
        match self {
            Plan::Scan { source } => {
                let rows = source.rows().map_or("unknown".to_string(), |n| n.to_string());
                format!("scan    {} columns, rows: {rows}, parts: {}", source.schema().fields.len(), source.parts())
            }
            Plan::Filter { expr, .. } => {
                format!("filter  {expr}")
            }
            Plan::With { position, expr, schema, .. } => {
                let field = &schema.fields[*position];
                format!("with    {}: {} = {expr}", field.name, field.dtype)
            }
            Plan::Select { schema, .. } => {
                format!("select  {}", schema.names().collect::<Vec<_>>().join(", "))
            }
            Plan::GroupRows(group) => group.explain(),
            Plan::Group(group) => group.explain(),
            Plan::Limit { rows, .. } => {
                format!("limit   {rows}")
            }
            Plan::Sort { input, by } => {
                format!("sort    {}", order::shown(by, input.schema()))
            }
            Plan::TopK { input, by, rows } => {
                format!("top     {rows} by {}", order::shown(by, input.schema()))
            }
            Plan::Resample(plan) => plan.explain(),
            Plan::Window(window) => window.explain(),
            Plan::Verb(plan) => plan.shown.to_string(),
            Plan::Distinct { input, columns, keep } => {
                let names: Vec<&str> = columns.iter().map(|&c| input.schema().fields[c].name.as_str()).collect();
                let stays = match keep {
                    Keep::First => "",
                    Keep::Last => ", the last stays",
                    Keep::None => ", none stays",
                };
                format!("distinct {}{stays}", names.join(", "))
            }
            Plan::Long { long, .. } => {
                format!("long    {} columns to rows, {:?}", long.value.len(), long.order)
            }
            Plan::FillGaps { gaps, .. } => {
                format!("fill    {} columns, {:?}", gaps.columns.len(), gaps.how)
            }
            Plan::Join { join, .. } => {
                format!("join    {join}")
            }
            Plan::AsofJoin { join, .. } => {
                format!("join    as of, {}, {} columns that must be the same", join.direction.name(), join.by.len())
            }
        }
    }
}

/// Numbers the steps of a plan, first to last, each once.
fn number(plan: &Arc<Plan>, known: &mut Vec<*const Plan>, lines: &mut Vec<String>, arrows: &mut Vec<(usize, usize)>) -> usize {
    if let Some(i) = known.iter().position(|p| std::ptr::eq(*p, Arc::as_ptr(plan))) {
        return i;
    }
    let inputs: Vec<usize> = plan.inputs().into_iter().map(|input| number(input, known, lines, arrows)).collect();
    known.push(Arc::as_ptr(plan));
    lines.push(plan.line());
    arrows.extend(inputs.into_iter().map(|input| (input, known.len() - 1)));
    known.len() - 1
}

/// A table that is not read yet: verbs only build a plan. Names and types are checked while it is built.
///
/// `collect`, `sink`, `aggregate` and `source` run it; they stand in [`crate::exec`].
///
/// # Examples
/// ```
/// use hpda_data::{Column, DataFrame, exec::{ExecOptions, MemSource}, plan::{LazyFrame, col}};
/// use std::sync::Arc;
/// let df = DataFrame::new([("x", Column::from(vec![1i64, 2, 3]))])?;
/// let lazy = LazyFrame::scan(Arc::new(MemSource::from_frame(&df)?)).filter(col("x").gt(1))?.with("y", col("x") * 2)?;
/// let out = lazy.collect(&ExecOptions::default())?;
/// assert_eq!(out.column("y")?, &Column::from(vec![4i64, 6]));
/// # Ok::<(), hpda_data::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct LazyFrame {
    plan: Arc<Plan>,
}

impl LazyFrame {
    /// The rows of a source.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, exec::{ExecOptions, MemSource}, plan::LazyFrame};
    /// let df = DataFrame::new([("x", Column::from(vec![Some(1i64), None]))])?;
    /// let lazy = LazyFrame::scan(std::sync::Arc::new(MemSource::from_frame(&df)?));
    /// assert_eq!(lazy.collect(&ExecOptions::default())?, df);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn scan(source: Arc<dyn TableSource>) -> LazyFrame {
        LazyFrame { plan: Arc::new(Plan::Scan { source }) }
    }

    fn then(&self, plan: Plan) -> LazyFrame {
        LazyFrame { plan: Arc::new(plan) }
    }

    /// The plan.
    pub fn plan(&self) -> &Arc<Plan> {
        &self.plan
    }

    /// The columns of the result.
    pub fn schema(&self) -> &Arc<Schema> {
        self.plan.schema()
    }

    /// The steps, one a line, first to last.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, plan::col};
    /// let df = DataFrame::new([("x", Column::from(vec![1i64, 2]))])?;
    /// assert_eq!(df.lazy()?.filter(col("x").gt(1))?.limit(1).explain().lines().count(), 3);
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn explain(&self) -> String {
        let mut out = String::new();
        self.plan.explain(&mut out);
        out
    }

    /// The steps as a graph in the language of Graphviz (`dot -Tsvg`); a step that is used twice stands once. dask: `ddf.visualize()`.
    ///
    /// # Examples
    /// ```
    /// use hpda_data::{Column, DataFrame, plan::col};
    /// let df = DataFrame::new([("x", Column::from(vec![1i64, 2]))])?;
    /// let dot = df.lazy()?.filter(col("x").gt(1))?.limit(1).explain_dot();
    /// assert!(dot.starts_with("digraph plan {") && dot.contains("n1 [label=\"filter  x > 1\"];") && dot.contains("n1 -> n2;"));
    /// # Ok::<(), hpda_data::Error>(())
    /// ```
    pub fn explain_dot(&self) -> String {
        let (mut lines, mut arrows) = (Vec::new(), Vec::new());
        number(&self.plan, &mut Vec::new(), &mut lines, &mut arrows);
        super::dot(lines, arrows)
    }
}
