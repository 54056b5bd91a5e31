//! How a reduced array is cut: what of the input is read at a time, and which cells of the result are worked on together.

use super::source::{Fate, How, ReduceSource};
use crate::array::Variable;
use crate::dtype::Phys;
use crate::error::{Error, Result};
use crate::exec::ExecOptions;
use crate::exec::ordered::{Ordered, Parts};
use crate::kernel::cells::Cells;
use crate::store::{ChunkSource, NdArray, NdBuilder, Selection, Selector};

/// Elements of the input that are worked on at a time, at most and at least, where the file leaves a choice.
const MOST: usize = 1 << 21;
const DECENT: usize = 1 << 18;
/// Groups that follow each other are taken so many chunks of the input at a time: a chunk that two pieces share is decoded twice.
const CHUNKS: usize = 8;

/// How much is done at a time.
pub(super) struct Cut {
    /// Of each dimension of the result.
    pub result: Vec<usize>,
    /// Of each dimension of the input.
    pub input: Vec<usize>,
}

/// Results are cut into so many pieces where cutting costs nothing, though not to rows shorter than `ROW`.
const PIECES: usize = 16;
const ROW: usize = 4096;

/// How much is done at a time, so that threads have work, and what they hold fits the budget.
///
/// Chunks of the input are not cut: each is decoded once, but for those at the edge of two pieces of groups. What is one piece in
/// the file (or in memory) is cut as is convenient.
pub(super) fn cut(input: &Variable, fates: &[Fate], how: &How, options: &ExecOptions) -> Cut {
    let grid = input.grid();
    let n = &grid.shape;
    let mut size: Vec<usize> = grid.chunk.clone();
    // One compressed chunk is no such piece: each part would decode all of it.
    let loose = size.iter().zip(n).all(|(c, n)| c >= n) && input.cost().pieces.is_none();
    let kept = |d: usize| matches!(fates[d], Fate::Kept);
    let most_of = |d: usize| if let Fate::Grouped(g) = &fates[d] { g.largest() } else { n[d] };
    let most_values = (0..n.len()).filter(|&d| !kept(d)).map(|d| most_of(d) as u64).product::<u64>();
    let along = fates.last().is_some_and(|f| matches!(f, Fate::Reduced));
    // Groups in the order of their positions are worked on some at a time, others all together.
    let groups: Vec<usize> = (0..n.len())
        .map(|d| match &fates[d] {
            Fate::Grouped(g) if g.in_order() => {
                let apart = loose || g.are_whole_chunks(size[d]);
                let reach = if apart { 1 } else { size[d].saturating_mul(CHUNKS) };
                (reach.saturating_mul(g.count()) / n[d].max(1)).clamp(1, g.count().max(1))
            }
            Fate::Grouped(g) => g.count(),
            _ => 1,
        })
        .collect();
    let together: usize = groups.iter().product();
    let per_cell =
        Cells::bytes_per_cell(how.agg, along, most_values, how.weights.is_some()) * if most_values == 0 { 1 } else { together.max(1) };
    // Accumulators of every worker take a share of the budget.
    let cells = (options.budget.limit() / 4 / (options.workers() + 1) / per_cell.max(1)).max(1);
    let count = |size: &[usize], which: &dyn Fn(usize) -> bool| (0..n.len()).filter(|&d| which(d)).map(|d| size[d]).product::<usize>();
    // Cells first: halve the first kept dimension that is longer than one.
    while count(&size, &kept) > cells {
        let Some(d) = (0..n.len()).find(|&d| kept(d) && size[d] > 1) else { break };
        size[d] = size[d].div_ceil(2);
    }
    let width = input.dtype().phys().and_then(Phys::width).unwrap_or(16).max(8);
    let most = (options.budget.limit() / 4 / (2 * options.workers() + 2) / width).clamp(1 << 10, MOST);
    if loose {
        while size.iter().product::<usize>() > most {
            // Leading dimensions are the ones that lie apart.
            let Some(d) = (0..n.len()).find(|&d| size[d] > 1) else { break };
            size[d] = size[d].div_ceil(2);
        }
    }
    let cost = input.cost();
    if cost.in_place {
        let many = |size: &[usize]| (0..n.len()).filter(|&d| kept(d)).map(|d| n[d].div_ceil(size[d].max(1))).product::<usize>();
        // Half as much along a dim, in whole pieces of the file.
        let half = |d: usize, size: &[usize]| {
            let piece = cost.pieces.as_ref().and_then(|p| p.get(d)).map_or(1, |&p| p.max(1));
            let least = if d + 1 == n.len() { ROW } else { 2 };
            Some(size[d].div_ceil(2).next_multiple_of(piece)).filter(|&half| half < size[d] && size[d] >= least)
        };
        while many(&size) < PIECES {
            let Some((d, half)) = (0..n.len()).filter(|&d| kept(d)).find_map(|d| Some((d, half(d, &size)?))) else { break };
            size[d] = half;
        }
    }
    // Small chunks are taken several at a time.
    for d in (0..n.len()).filter(|&d| !kept(d)).rev() {
        while size[d] < n[d] && size.iter().product::<usize>() * 2 <= DECENT {
            size[d] = (size[d] * 2).min(n[d]);
        }
    }
    for d in (0..n.len()).filter(|&d| kept(d)).rev() {
        while size[d] < n[d] && size.iter().product::<usize>() * 2 <= DECENT && count(&size, &kept) * 2 <= cells {
            size[d] = (size[d] * 2).min(n[d]);
        }
    }
    let of_result = (0..n.len()).filter_map(|d| match &fates[d] {
        Fate::Kept => Some(size[d]),
        Fate::Reduced => None,
        // As many as one reading brings, where that is more.
        Fate::Grouped(g) => Some(groups[d].max(size[d].saturating_mul(g.count()) / n[d].max(1)).min(g.count())),
    });
    Cut { result: of_result.collect(), input: size }
}

/// A selection of the result, cut at the edges of its pieces.
pub(super) struct Piecewise {
    source: ReduceSource,
    /// Per dimension: where a part begins in what was selected, and what it takes.
    cuts: Vec<Vec<(usize, Selector)>>,
    shape: Vec<usize>,
}

impl Piecewise {
    /// None, where the selection is of one piece.
    pub fn of(source: &ReduceSource, selection: &Selection) -> Option<Piecewise> {
        let (grid, selectors) = (source.grid(), selection.selectors());
        let cuts: Vec<_> = selectors.iter().zip(&grid.chunk).zip(&grid.shape).map(|((s, &c), &n)| s.cut(c, n)).collect();
        let shape = selection.shape(&grid.shape);
        (cuts.iter().any(|c| c.len() > 1) && !shape.contains(&0)).then(|| Piecewise { source: source.clone(), cuts, shape })
    }

    /// The part of this number, in C order, and where it begins in the dims that stay.
    fn part(&self, mut i: usize) -> (Vec<usize>, Selection) {
        let (mut at, mut selectors) = (Vec::new(), Vec::new());
        for cuts in self.cuts.iter().rev() {
            let (first, selector) = &cuts[i % cuts.len()];
            i /= cuts.len();
            if !matches!(selector, Selector::At(_)) {
                at.push(*first);
            }
            selectors.push(selector.clone());
        }
        at.reverse();
        selectors.reverse();
        (at, Selection::new(selectors))
    }

    /// Works on the parts in parallel.
    pub fn read(self, options: &ExecOptions) -> Result<NdArray> {
        let mut out = NdBuilder::new(self.source.dtype().clone(), &self.shape)?;
        for item in Ordered::new(self, options) {
            let (at, block) = item?;
            out.put(&at, &block)?;
        }
        out.finish()
    }
}

impl Parts for Piecewise {
    type Item = (Vec<usize>, NdArray);
    fn parts(&self) -> usize {
        self.cuts.iter().map(Vec::len).product()
    }
    fn open(&self, part: usize) -> Result<Box<dyn Iterator<Item = Result<Self::Item>> + Send>> {
        let (at, selection) = self.part(part);
        if at.len() != self.shape.len() {
            return Err(Error::internal("a part of another rank than the whole"));
        }
        let block = self.source.read_piece(&selection)?;
        Ok(Box::new(std::iter::once(Ok((at, block)))))
    }
    fn weight(&self, item: &Self::Item) -> usize {
        item.1.bytes()
    }
    fn progress(&self, _part: usize) -> u64 {
        self.source.input_bytes() / self.parts().max(1) as u64
    }
}
