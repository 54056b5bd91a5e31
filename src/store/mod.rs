//! How values are held: columns on arrow, N-d arrays on byte buffers, schemas, attributes, selections; the seams through which
//! files and plans meet without knowing each other; and the one accountant of memory.

mod attrs;
mod budget;
mod categories;
mod column;
mod interop;
mod nd;
mod pick;
mod schema;
mod select;
mod source;
mod unwritten;
mod walk;
mod zeroed;

pub use attrs::{AttrArray, AttrValue, Attrs, nested};
pub use budget::{Budget, Reservation};
pub use column::Column;
pub use nd::{NdArray, NdBuilder};
pub use schema::{Batch, ColumnLabels, Field, IndexSpec, Schema};
pub use select::{ChunkGrid, Selection, Selector};
pub use source::{
    BatchIter, BlockSink, ChunkEncoder, ChunkSink, ChunkSource, Compare, EncodedChunk, Predicate, Pushdown, ReadCost, ScanRequest, Step,
    TableSink, TableSource, WriteOrder,
};
pub(crate) use unwritten::Unwritten;
pub(crate) use zeroed::zeroed;
