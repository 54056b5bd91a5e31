//! Running what is planned: ordered parallel streams within a budget, summaries, and copies to sinks.
//!
//! The executor knows tables and cubes only through the seam traits of [`crate::store`]; it never sees a file format.

mod accessor;
mod aggregate;
mod along;
mod append;
mod apply;
mod bag;
mod bridge;
mod calendar;
mod cells;
mod combine;
mod concat;
mod corr;
pub mod cube;
mod eager;
mod eval;
mod frame;
mod gather;
mod group;
mod join;
mod key;
mod lanes;
mod lazy;
mod looking;
mod made;
#[cfg(feature = "linalg")]
mod matrix;
mod mem;
mod missing;
mod names;
mod order;
mod ordered;
mod parts;
mod points;
mod ranks;
pub mod reduce;
mod resample;
mod reshape;
mod series;
mod sliding;
pub mod spill;
mod spilled;
mod stream;
pub mod summary;
pub mod tally;
mod tasks;
mod time;
mod ufunc;
mod whole;

pub use crate::kernel::fill::Interpolate;
pub use crate::ops::combine::Compat;
pub use accessor::Texts;
pub use apply::Row;
pub(crate) use apply::guarded;
pub use bag::{Bag, BagSource, Record};
pub use bridge::{CubeOptions, LabelOrder, Repeats};
pub use calendar::AlignOn;
pub use combine::{Nest, combine_by_coords, combine_nested, merge};
pub use concat::{ConcatJoin, ConcatSource, common_columns, side_by_side};
pub use eager::{Arithmetic, DropMissing, Operand};
pub use group::{GroupBy, GroupRolling};
pub use lanes::Interp;
pub use lazy::LazyGroupRolling;
pub use looking::{Sample, SampleSize};
pub use made::Random;
#[cfg(feature = "linalg")]
pub use matrix::{Projection, Svd};
pub use mem::MemSource;
pub use ordered::{Ordered, Parts};
pub use points::PointOptions;
pub(crate) use points::PointSource;
pub use reshape::{Crosstab, Cut, Dummies, Edges, Normalize, PivotOptions, Spread, crosstab};
pub use series::Inclusive;
pub use stream::{BatchStream, copy, copy_judged, stream};
pub use tasks::{Needs, Task, task};
pub use time::{Absent, Ambiguous, Resample, Unreadable};
pub use ufunc::{Core, MissingCoreDim, Ufunc, apply_ufunc};

use crate::store::Budget;
use std::fmt;
use std::sync::Arc;

/// Told how far the work has come. Called from any thread, about once per batch or block.
pub trait Progress: Send + Sync {
    /// This many bytes of input more are to be read than was known.
    fn total(&self, bytes: u64);
    /// This many bytes of input more have been done.
    fn advance(&self, bytes: u64);
    /// What is being done now.
    fn message(&self, text: &str);
}

/// What running takes beside the plan.
#[derive(Clone)]
pub struct ExecOptions {
    /// How many batches or blocks are worked on at the same time; as many as the current pool has threads when `None`.
    pub threads: Option<usize>,
    /// The bound on memory for data.
    pub budget: Budget,
    /// Who is told of the progress.
    pub progress: Option<Arc<dyn Progress>>,
}

/// The budget where nothing is said.
pub const DEFAULT_MEMORY: usize = 512 << 20;

impl Default for ExecOptions {
    fn default() -> ExecOptions {
        ExecOptions { threads: None, budget: Budget::new(DEFAULT_MEMORY), progress: None }
    }
}

impl ExecOptions {
    /// How many batches or blocks are worked on at the same time.
    pub fn workers(&self) -> usize {
        self.threads.unwrap_or_else(rayon::current_num_threads).max(1)
    }

    /// The same with another budget of this many bytes.
    pub fn with_memory(mut self, bytes: usize) -> ExecOptions {
        self.budget = Budget::new(bytes);
        self
    }
}

impl fmt::Debug for ExecOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExecOptions").field("threads", &self.threads).field("budget", &self.budget).finish_non_exhaustive()
    }
}
