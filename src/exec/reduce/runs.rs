//! Different and most frequent values of cells with more values than fit: sorted by way of a temporary file, so that equal ones stand together.

use super::source::{Reading, ReduceSource, Work, feed, to_array};
use crate::dtype::DType;
use crate::error::{Notices, Result};
use crate::exec::order::Sorter;
use crate::exec::ordered::Ordered;
use crate::exec::stream;
use crate::kernel::agg::Agg;
use crate::kernel::cells::{Cells, Found, Place, Run, Take};
use crate::kernel::order::Direction;
use crate::store::{Batch, ChunkSource, Column, Field, NdArray, Schema};
use arrow::array::AsArray;
use arrow::datatypes::{Float64Type, Int64Type, UInt64Type};
use std::sync::Arc;

impl ReduceSource {
    /// How many different values these cells have, or their most frequent ones.
    pub(super) fn in_runs(
        &self,
        work: &Arc<Work>,
        groups: &[Option<Vec<u32>>],
        strides: &[usize],
        lengths: &[usize],
        visits: &[u64],
    ) -> Result<NdArray> {
        let dtype = if work.whole { DType::I64 } else { DType::F64 };
        let schema = Arc::new(Schema::new(vec![Field::new("cell", DType::U64), Field::new("value", dtype)]));
        let mut sorter = Sorter::new(&schema, &[(0, Direction::Ascending), (1, Direction::Ascending)], &self.options)?;
        let mut missing = visits.to_vec();
        for item in Ordered::new(Reading(work.clone()), &self.reading_options()) {
            let (i, loaded) = item?;
            let elements: usize = work.block(i).iter().map(|s| s.count).product();
            let _booked = self.options.budget.reserve_block(16 * elements, "values and their cells")?;
            let mut pairs = Pairs::default();
            feed(&mut pairs, &loaded, &work.block(i), &self.fates, groups, strides, None, self.input.shape());
            drop(loaded);
            pairs.cells.iter().for_each(|&cell| missing[cell as usize] -= 1);
            sorter.push(pairs.batch(&schema, work.whole)?)?;
        }
        let sorted = sorter.finish(schema, Notices::default())?;
        let mut runs = vec![Runs::default(); visits.len()];
        for batch in stream(&sorted, None, &self.options) {
            let batch = batch?;
            let cells = batch.columns[0].values().as_primitive::<UInt64Type>().values();
            match work.whole {
                true => {
                    let values = batch.columns[1].values().as_primitive::<Int64Type>().values();
                    cells.iter().zip(values).for_each(|(&cell, &x)| runs[cell as usize].take(Value::Whole(x)));
                }
                false => {
                    let values = batch.columns[1].values().as_primitive::<Float64Type>().values();
                    cells.iter().zip(values).for_each(|(&cell, &x)| runs[cell as usize].take(Value::Float(x)));
                }
            }
        }
        let agg = self.how.agg;
        if agg == Agg::Nunique {
            return to_array(Found::Whole(runs.iter().map(|r| r.different).collect(), None), self.dtype(), false, lengths);
        }
        let most = runs.into_iter().map(Runs::most_frequent);
        let cells = match work.whole {
            true => Cells::known_wholes(agg, most.map(|v| if let Some(Value::Whole(x)) = v { Some(x) } else { None }).collect(), missing),
            false => Cells::known_floats(agg, most.map(|v| if let Some(Value::Float(x)) = v { Some(x) } else { None }).collect(), missing),
        };
        self.finished(cells, visits, groups.iter().any(Option::is_some), work.turned, lengths)
    }
}

/// Values that are there, each with its cell.
#[derive(Default)]
struct Pairs {
    cells: Vec<u64>,
    floats: Vec<f64>,
    wholes: Vec<i64>,
}

impl Take for Pairs {
    fn lanes(&self) -> usize {
        1
    }

    fn take(&mut self, run: Run, place: &Place, _weights: Option<&[f64]>, _position: (u64, u64)) {
        match run {
            Run::Float(x) => place.each(x.len(), |i, cell| {
                if !x[i].is_nan() {
                    self.cells.push(cell as u64);
                    self.floats.push(x[i]);
                }
            }),
            Run::Whole(x, valid) => place.each(x.len(), |i, cell| {
                if valid.is_none_or(|v| v[i] != 0) {
                    self.cells.push(cell as u64);
                    self.wholes.push(x[i]);
                }
            }),
        }
    }
}

impl Pairs {
    fn batch(self, schema: &Arc<Schema>, whole: bool) -> Result<Batch> {
        let rows = self.cells.len();
        let values: Column = if whole { self.wholes.into() } else { self.floats.into() };
        Batch::with_rows(schema.clone(), vec![self.cells.into(), values], rows)
    }
}

#[derive(Clone, Copy, Debug)]
enum Value {
    Float(f64),
    Whole(i64),
}

impl Value {
    /// Whether it is the same value: both zeros are.
    fn is(self, other: Value) -> bool {
        match (self, other) {
            (Value::Float(a), Value::Float(b)) => a == b,
            (Value::Whole(a), Value::Whole(b)) => a == b,
            _ => false,
        }
    }

    /// The one that comes first: of the zeros the negative one.
    fn first(self, other: Value) -> Value {
        match (self, other) {
            (Value::Float(a), Value::Float(b)) if b.total_cmp(&a).is_lt() => other,
            _ => self,
        }
    }
}

/// Runs of equal values of a cell, which come in order.
#[derive(Clone, Copy, Debug, Default)]
struct Runs {
    different: i64,
    now: Option<(Value, u64)>,
    longest: Option<(Value, u64)>,
}

impl Runs {
    fn take(&mut self, value: Value) {
        match &mut self.now {
            Some((now, n)) if now.is(value) => (*now, *n) = (now.first(value), *n + 1),
            _ => {
                self.close();
                self.different += 1;
                self.now = Some((value, 1));
            }
        }
    }

    /// The first of the longest runs is the smallest value.
    fn close(&mut self) {
        if let Some((value, n)) = self.now.take()
            && self.longest.is_none_or(|(_, longest)| n > longest)
        {
            self.longest = Some((value, n));
        }
    }

    fn most_frequent(mut self) -> Option<Value> {
        self.close();
        self.longest.map(|(value, _)| value)
    }
}
