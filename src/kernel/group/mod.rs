//! Grouping: keys of fixed width to dense numbers of groups, and what is added up per group.
//!
//! Every state is a vector with one entry per group. `update` takes the group of each value and the values beside it, in row order;
//! `merge` takes what another has found after that. So a run of rows can be added up on its own and the runs put together in order.

mod hold;
mod moments;
mod order;
mod sums;
mod table;

pub use hold::Hold;
pub use moments::{CoMoment, CoMoments, Moment, MomentStates};
pub use order::{Extreme, Order, OrderKey};
pub use sums::{FloatSums, Products, WholeProducts, WholeSums};
pub use table::{KeyTable, hash_words};
