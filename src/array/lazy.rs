use crate::dtype::DType;
use crate::error::{Place, Result};
use crate::store::{ChunkGrid, ChunkSource, NdArray, ReadCost, Selection, Selector, Step};
use std::any::Any;
use std::fmt::Debug;
use std::sync::Arc;

/// The values of a variable: here, or still in a file.
#[derive(Clone, Debug)]
pub enum Data {
    /// Here.
    Memory(NdArray),
    /// In a file.
    Lazy(LazyArray),
}

/// One elementwise step from what a file holds to what it means. Shape and missing places are not changed otherwise.
pub trait DecodeStep: Send + Sync + Debug {
    /// The type that values of this type become.
    fn dtype(&self, from: &DType) -> DType;
    /// The values.
    ///
    /// # Errors
    /// Overflow or type, with the value.
    fn apply(&self, block: NdArray) -> Result<NdArray>;
    /// Itself, where it can be told apart from other steps and so be taken away again.
    fn as_any(&self) -> Option<&dyn Any> {
        None
    }
    /// Whether another step does the same to every value, so that what it decodes can be joined before it is decoded.
    fn same(&self, _other: &dyn DecodeStep) -> bool {
        false
    }
}

/// An array in memory behind the face of a file.
#[derive(Debug)]
struct InMemory(NdArray);

impl ChunkSource for InMemory {
    fn dtype(&self) -> &DType {
        self.0.dtype()
    }
    fn shape(&self) -> &[usize] {
        self.0.shape()
    }
    fn grid(&self) -> ChunkGrid {
        ChunkGrid::new(self.0.shape(), self.0.shape())
    }
    fn read(&self, selection: &Selection) -> Result<NdArray> {
        self.0.select(selection)?.to_contiguous()
    }
    fn cost(&self) -> ReadCost {
        ReadCost { pieces: None, in_place: true, scratch: 0 }
    }
    fn place(&self) -> Place {
        Place::default()
    }
    fn made_of(&self) -> (String, Vec<Step>) {
        ("in memory".into(), Vec::new())
    }
}

/// A source, what is selected of it, and the steps that decode what is read; nothing more.
#[derive(Clone, Debug)]
pub struct LazyArray {
    source: Arc<dyn ChunkSource>,
    selection: Selection,
    steps: Vec<Arc<dyn DecodeStep>>,
    dtype: DType,
    shape: Vec<usize>,
}

impl LazyArray {
    /// All of a source, as stored.
    pub fn new(source: Arc<dyn ChunkSource>) -> LazyArray {
        let (dtype, shape) = (source.dtype().clone(), source.shape().to_vec());
        LazyArray { selection: Selection::all(shape.len()), source, steps: Vec::new(), dtype, shape }
    }

    /// An array in memory, so that steps over it are put off like those over a file.
    pub fn from_array(array: NdArray) -> LazyArray {
        LazyArray::new(Arc::new(InMemory(array)))
    }

    /// With only the first `count` of its steps.
    pub fn with_steps(&self, count: usize) -> LazyArray {
        let steps = self.steps[..count.min(self.steps.len())].to_vec();
        let dtype = steps.iter().fold(self.source.dtype().clone(), |t, s| s.dtype(&t));
        LazyArray { steps, dtype, ..self.clone() }
    }

    /// With one more step after those it has.
    pub fn then(mut self, step: Arc<dyn DecodeStep>) -> LazyArray {
        self.dtype = step.dtype(&self.dtype);
        self.steps.push(step);
        self
    }

    /// The source.
    pub fn source(&self) -> &Arc<dyn ChunkSource> {
        &self.source
    }

    /// What is selected of the source.
    pub fn selection(&self) -> &Selection {
        &self.selection
    }

    /// The steps in order.
    pub fn steps(&self) -> &[Arc<dyn DecodeStep>] {
        &self.steps
    }

    /// The type after decoding.
    pub fn dtype(&self) -> &DType {
        &self.dtype
    }

    /// The shape of what is selected.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// Selects further; reads nothing.
    ///
    /// # Errors
    /// Shape, for a position outside.
    pub fn select(&self, selection: &Selection) -> Result<LazyArray> {
        selection.check(&self.shape)?;
        let selection_all = self.selection.then(selection);
        Ok(LazyArray { shape: selection.shape(&self.shape), selection: selection_all, ..self.clone() })
    }

    /// The pieces in which reading this selection is cheapest.
    pub fn grid(&self) -> ChunkGrid {
        let whole = self.source.grid();
        let chunk: Vec<usize> = self
            .selection
            .selectors()
            .iter()
            .zip(&whole.chunk)
            .filter_map(|(s, &c)| match s {
                Selector::At(_) => None,
                Selector::Range { step, .. } => Some(c / step.unsigned_abs().max(1)),
                _ => Some(c),
            })
            .collect();
        ChunkGrid::new(&self.shape, &chunk)
    }

    /// What reads take beside the values that are asked for, in the shape of this selection. Where steps decode, nothing is read
    /// in place.
    pub fn cost(&self) -> ReadCost {
        let cost = self.source.cost();
        let pieces = cost.pieces.map(|pieces| {
            let kept = self.selection.selectors().iter().zip(&pieces).zip(self.source.shape());
            let kept = kept.filter_map(|((s, &c), &n)| match s {
                Selector::At(_) => None,
                Selector::Range { step, .. } => Some((c.min(n) / step.unsigned_abs().max(1)).max(1)),
                _ => Some(c.min(n).max(1)),
            });
            kept.collect()
        });
        ReadCost { pieces, in_place: cost.in_place && self.steps.is_empty(), ..cost }
    }

    /// The steps behind it, for people: nothing is read.
    pub fn step(&self) -> Step {
        let (mut what, inputs) = self.source.made_of();
        let place = self.source.place();
        if inputs.is_empty() {
            let names = place.file.map(|f| f.display().to_string()).into_iter().chain(place.group).chain(place.variable);
            names.for_each(|name| what += &format!(" {name}"));
        }
        let id = Arc::as_ptr(&self.source).cast::<()>() as usize;
        let read = Step { what, dtype: self.source.dtype().clone(), grid: self.source.grid(), inputs, id };
        let after = |what: String, before: Step| Step { what, dtype: self.dtype.clone(), grid: self.grid(), inputs: vec![before], id: 0 };
        let whole = self.selection.selectors().iter().all(|s| *s == Selector::All);
        let selected = if whole { read } else { Step { dtype: self.source.dtype().clone(), ..after("select".into(), read) } };
        if self.steps.is_empty() { selected } else { after("decode".into(), selected) }
    }

    /// Reads and decodes a part of what is selected.
    ///
    /// # Errors
    /// What the source says, with its place.
    pub fn read(&self, selection: &Selection) -> Result<NdArray> {
        selection.check(&self.shape)?;
        let raw = self.source.read(&self.selection.then(selection)).map_err(|e| e.at(self.source.place()))?;
        self.steps.iter().try_fold(raw, |block, step| step.apply(block)).map_err(|e| e.at(self.source.place()))
    }

    /// Reads and decodes all that is selected.
    ///
    /// # Errors
    /// What the source says, with its place.
    pub fn load(&self) -> Result<NdArray> {
        self.read(&Selection::all(self.shape.len()))
    }
}
