//! Postponed work: expressions and plans. No files, no values.

mod expr;
mod frame;
mod function;
mod literal;
mod parse;
mod resolve;

pub use crate::kernel::agg::Agg;
pub use crate::kernel::window::{Width, Windowing};
pub use expr::{BinaryOp, Expr, col, lit, when};
pub use frame::{
    GroupKey, GroupOrder, GroupPlan, LazyFrame, LazyGroupBy, LazyResample, NamedValues, Plan, ResamplePlan, SortBy, TimeBins, WindowPlan,
    aggregate_all, asc, desc, parse_aggregates,
};
pub use function::{Func, TimePart};
pub use parse::{parse, parse_assignment};
pub use resolve::{Node, Typed, aggregate_dtype, resolve, resolve_condition};
