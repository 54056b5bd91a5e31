//! Two variables of one shape, the same block of both at a time.

use super::blocks::boxes;
use super::slabs::{Layout, boxes_in_any_order};
use crate::array::{Data, Variable};
use crate::error::Result;
use crate::exec::ExecOptions;
use crate::exec::ordered::{Ordered, Parts};
use crate::store::{Budget, NdArray, Selection};

struct Pairs<F> {
    sides: [Variable; 2],
    boxes: Vec<(Vec<usize>, Vec<usize>)>,
    /// Bytes that an element takes on both sides while it is read.
    width: usize,
    make: F,
    options: ExecOptions,
}

impl<T, F> Parts for Pairs<F>
where
    T: Send + 'static,
    F: Fn(&[usize], NdArray, NdArray) -> Result<T> + Send + Sync + 'static,
{
    type Item = T;
    fn parts(&self) -> usize {
        self.boxes.len()
    }
    fn open(&self, part: usize) -> Result<Box<dyn Iterator<Item = Result<T>> + Send>> {
        let (start, shape) = &self.boxes[part];
        let needs = shape.iter().product::<usize>().saturating_mul(self.width);
        let _booked = self.options.budget.reserve_block(needs, "blocks of two variables")?;
        let selection = Selection::hyperslab(start, shape);
        let [a, b] = [&self.sides[0], &self.sides[1]].map(|v| v.read(&selection).and_then(|block| block.to_contiguous()));
        Ok(Box::new(std::iter::once((self.make)(start, a?, b?))))
    }
    fn weight(&self, _item: &T) -> usize {
        size_of::<T>()
    }
    fn progress(&self, part: usize) -> u64 {
        (self.boxes[part].1.iter().product::<usize>() * self.width) as u64
    }
}

/// What `make` makes of the same block (its start, both sides) of two variables of one shape: read in parallel, within the budget,
/// each chunk of either side as few times as fits; handed over in the same order for any number of threads.
pub fn pairs<T, F>(a: &Variable, b: &Variable, options: &ExecOptions, make: F) -> impl Iterator<Item = Result<T>> + use<T, F>
where
    T: Send + 'static,
    F: Fn(&[usize], NdArray, NdArray) -> Result<T> + Send + Sync + 'static,
{
    let width = |v: &Variable| {
        let own = v.dtype().phys().and_then(|p| p.width()).unwrap_or(40);
        // What is stored and a step in between, in f64 with its validity.
        own + match v.data() {
            Data::Lazy(l) if !l.steps().is_empty() => l.source().dtype().phys().and_then(|p| p.width()).unwrap_or(40) + 9,
            _ => 0,
        }
    };
    let both = width(a) + width(b);
    let scratch = a.cost().scratch.saturating_add(b.cost().scratch);
    let most = (options.budget.limit() / 4 * 3 / (options.workers() + 1)).saturating_sub(scratch) / both;
    let most = most.max(Budget::LITTLE / both);
    let [source, target] = [a, b].map(|v| Layout::of(&v.cost(), v.shape(), width(v)));
    let fits = target.shape().iter().fold(1usize, |n, &c| n.saturating_mul(c)) <= most;
    let target = if fits { target } else { Layout::plain(b.shape(), width(b)) };
    let grid = boxes_in_any_order(&source, &target, a.shape(), most);
    let boxes = if a.is_empty() { Vec::new() } else { boxes(&grid) };
    Ordered::new(Pairs { sides: [a.clone(), b.clone()], boxes, width: both, make, options: options.clone() }, options)
}
