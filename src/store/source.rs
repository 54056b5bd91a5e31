//! The seams: `io` implements them, plans hold them, the executor drives them.

use super::{Batch, Budget, ChunkGrid, NdArray, Schema, Selection};
use crate::dtype::{DType, Scalar};
use crate::error::{Error, Notices, Place, Result};
use std::fmt::Debug;
use std::sync::Arc;

/// Batches of rows, one after the other.
pub type BatchIter = Box<dyn Iterator<Item = Result<Batch>> + Send>;

/// A comparison that a reader may be able to check against its statistics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Compare {
    Lt,
    Le,
    Eq,
    Ne,
    Ge,
    Gt,
}

/// `column compare value`.
#[derive(Clone, Debug, PartialEq)]
pub struct Predicate {
    /// The column's position.
    pub column: usize,
    /// How.
    pub compare: Compare,
    /// With what.
    pub value: Scalar,
}

/// What a reader makes of a predicate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pushdown {
    /// Nothing.
    No,
    /// It leaves out some rows that fail; the filter is still needed.
    Partly,
    /// It leaves out all rows that fail.
    Fully,
}

/// What is wanted from a scan.
#[derive(Clone, Debug)]
pub struct ScanRequest {
    /// Columns by position, in the order wanted; all when `None`.
    pub columns: Option<Vec<usize>>,
    /// All of these hold for the rows wanted.
    pub predicates: Vec<Predicate>,
    /// At most this many rows in a batch.
    pub batch_rows: usize,
    /// Where buffers are booked.
    pub budget: Budget,
}

impl ScanRequest {
    /// Every column and row.
    pub fn all(budget: &Budget) -> ScanRequest {
        ScanRequest { columns: None, predicates: Vec::new(), batch_rows: 64 * 1024, budget: budget.clone() }
    }
}

/// A table that can be read in parts, each on any thread. The rows of part `i` stand before those of part `i + 1`.
pub trait TableSource: Send + Sync + Debug {
    /// Its columns.
    fn schema(&self) -> &Arc<Schema>;
    /// How many rows, where that is known without reading.
    fn rows(&self) -> Option<u64>;
    /// How many parts.
    fn parts(&self) -> usize;
    /// About how many bytes of the source a part is, for progress.
    fn part_bytes(&self, part: usize) -> u64;
    /// About how many bytes all parts are.
    fn bytes(&self) -> u64 {
        (0..self.parts()).map(|part| self.part_bytes(part)).sum()
    }
    /// How many rows one part has, where that is known without reading.
    fn part_rows(&self, _part: usize) -> Option<u64> {
        None
    }
    /// What the reader can do with a predicate.
    fn accepts(&self, _predicate: &Predicate) -> Pushdown {
        Pushdown::No
    }
    /// The rows of one part.
    ///
    /// # Errors
    /// What the format's reader says, with file and line or row.
    fn scan(&self, part: usize, request: &ScanRequest) -> Result<BatchIter>;
    /// Oddities met so far that can be lived with.
    fn notices(&self) -> Notices {
        Notices::new()
    }
}

/// Takes the batches of a table in order. Nothing is visible at the target until [`TableSink::finish`].
pub trait TableSink: Send {
    /// Takes the next rows. May work on several threads of the current pool inside the call.
    ///
    /// # Errors
    /// What the format cannot hold; what the system refuses.
    fn write(&mut self, batch: &Batch) -> Result<()>;
    /// What the values written so far have shown that the format cannot hold.
    fn notices(&self) -> Notices {
        Notices::new()
    }
    /// Completes the target.
    ///
    /// # Errors
    /// What the system refuses.
    fn finish(self: Box<Self>) -> Result<()>;
}

/// What reading takes beside the values that are asked for: by this, slabs are chosen that decode each piece once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReadCost {
    /// The shape of pieces of which a part costs as much as all, as compressed chunks do; `None` where each value stands alone.
    pub pieces: Option<Vec<usize>>,
    /// Whether a read of any size takes, beside its result, no more than `scratch` on each thread.
    pub in_place: bool,
    /// Bytes that a thread keeps for its work.
    pub scratch: usize,
}

/// A step of the plan behind an array, for people: what is done, and of what.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// What is done.
    pub what: String,
    /// The type of the result.
    pub dtype: DType,
    /// The shape of the result, and of the blocks in which it is made.
    pub grid: ChunkGrid,
    /// The steps before.
    pub inputs: Vec<Step>,
    /// Tells the same source from others; 0 where it does not matter.
    pub id: usize,
}

impl Step {
    /// The step and, indented below it, those before.
    pub fn text(&self, indent: usize, out: &mut String) {
        out.push_str(&format!("{:indent$}{}\n", "", self.line().replace('\n', ", ")));
        self.inputs.iter().for_each(|input| input.text(indent + 2, out));
    }

    /// What is done, and below it type, shape and blocks.
    pub fn line(&self) -> String {
        let (shape, chunk) = (&self.grid.shape, &self.grid.chunk);
        let blocks =
            if shape == chunk || self.grid.count() <= 1 { String::new() } else { format!(" in {} blocks of {chunk:?}", self.grid.count()) };
        format!("{}\n{} {shape:?}{blocks}", self.what, self.dtype)
    }
}

/// An array in a file (or anywhere), read by selection from any thread.
pub trait ChunkSource: Send + Sync + Debug {
    /// The type as stored.
    fn dtype(&self) -> &DType;
    /// The shape.
    fn shape(&self) -> &[usize];
    /// The pieces in which reading is cheapest.
    fn grid(&self) -> ChunkGrid;
    /// Reads what is selected into one contiguous C-order array.
    ///
    /// # Errors
    /// Shape, for a selection outside; what the reader says, with the place.
    fn read(&self, selection: &Selection) -> Result<NdArray>;
    /// The same array with its dims the other way round, where it lies so: then reads in C order need not turn it.
    fn reversed(&self) -> Option<Arc<dyn ChunkSource>> {
        None
    }
    /// What reads take beside the values that are asked for.
    fn cost(&self) -> ReadCost {
        ReadCost { pieces: Some(self.grid().chunk), ..ReadCost::default() }
    }
    /// Where it is.
    fn place(&self) -> Place;
    /// What is done to make the values, and of what, for people.
    fn made_of(&self) -> (String, Vec<Step>) {
        ("read".into(), Vec::new())
    }
    /// Itself, where a layer above wants to tell it apart from other sources.
    fn as_any(&self) -> Option<&dyn std::any::Any> {
        None
    }
}

/// In which order a sink takes blocks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WriteOrder {
    /// The chunks of its grid in C order, one by one.
    #[default]
    InOrder,
    /// Any boxes made of whole chunks of its grid, in any order.
    Chunks,
    /// Any boxes, in any order; those that are long along the last dims are written faster.
    Free,
}

/// A chunk as it stands in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EncodedChunk {
    /// Its first element.
    pub start: Vec<usize>,
    /// Its bytes after all filters.
    pub bytes: Vec<u8>,
    /// Filters that were left out, one bit each.
    pub mask: u32,
}

/// Makes finished chunks of values, on any thread and outside of every lock.
pub trait ChunkEncoder: Send + Sync {
    /// The chunk that begins at `start`, a multiple of the chunk shape: out of a contiguous block of the variable, which begins at
    /// `origin` and holds all of the chunk that lies inside the array.
    ///
    /// # Errors
    /// Internal, for a block that does not hold the chunk; what the compressor says.
    fn encode(&self, start: &[usize], block: &NdArray, origin: &[usize]) -> Result<EncodedChunk>;

    /// Bytes that a thread takes for its work beside the answer.
    fn scratch(&self) -> usize {
        0
    }
}

/// Takes the blocks of a cube's variables. Nothing is visible at the target until [`ChunkSink::finish`].
///
/// A variable is named by its path: `tas` at the root, `ocean/tas` in a group.
pub trait ChunkSink: Send {
    /// The blocks in which a variable is best written; `None` for a variable that is not in the target.
    fn grid(&self, variable: &str) -> Option<ChunkGrid>;
    /// Writes a block (of the type and at the place that the target was made for), blocks of one variable in C order.
    ///
    /// # Errors
    /// What the format or the system refuses.
    fn write(&mut self, variable: &str, start: &[usize], block: &NdArray) -> Result<()>;
    /// In which order the blocks of a variable may come.
    fn order(&self, _variable: &str) -> WriteOrder {
        WriteOrder::InOrder
    }
    /// The same for several threads at once, where blocks of any shape may come in any order.
    fn in_parallel(&self, _variable: &str) -> Option<&dyn BlockSink> {
        None
    }
    /// What makes chunks of its values on other threads, if there is such a thing: the chunks of the grid then come by
    /// [`ChunkSink::write_chunk`], in any order.
    fn encoder(&self, _variable: &str) -> Option<Arc<dyn ChunkEncoder>> {
        None
    }
    /// Writes what the encoder of the variable has made.
    ///
    /// # Errors
    /// What the format or the system refuses.
    fn write_chunk(&mut self, variable: &str, _chunk: &EncodedChunk) -> Result<()> {
        Err(Error::internal(format!("variable {variable:?} takes no finished chunks")))
    }
    /// Completes the target.
    ///
    /// # Errors
    /// What the system refuses.
    fn finish(self: Box<Self>) -> Result<()>;
}

/// Takes blocks of one variable from any thread, in any order, each element once.
pub trait BlockSink: Sync {
    /// Writes a block.
    ///
    /// # Errors
    /// What the format or the system refuses.
    fn write(&self, start: &[usize], block: &NdArray) -> Result<()>;
}
