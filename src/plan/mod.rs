//! Postponed work: expressions and plans. No files, no values.

mod dot;
mod expr;
mod frame;
mod function;
mod literal;
mod parse;
mod resolve;

pub use crate::kernel::agg::Agg;
pub use crate::kernel::correlate::Correlation;
pub use crate::kernel::window::{Width, Windowing};
pub(crate) use dot::dot;
pub use expr::{BinaryOp, Expr, col, lit, when};
pub use frame::{
    AsofDirection, AsofJoin, AsofOptions, DropRows, FillGaps, Gaps, GroupKey, GroupOrder, GroupPlan, GroupRows, Join, JoinColumn, JoinHow,
    JoinOptions, Large, LazyFrame, LazyGroupBy, LazyResample, Long, LongOrder, MeltOptions, NamedValues, Plan, ResamplePlan, RowVerb,
    Scope, SortBy, TableVerb, TimeBins, Transform, Validate, VerbPlan, WindowPlan, aggregate_all, asc, desc, parse_aggregates,
    parse_tolerance,
};
pub use function::{Func, TimePart};
pub use parse::{parse, parse_assignment};
pub use resolve::{Node, Pattern, Typed, aggregate_dtype, resolve, resolve_condition};
