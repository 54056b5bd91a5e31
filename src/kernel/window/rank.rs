use crate::error::Result;
use crate::kernel::order::{Direction, KeyColumn, SortKey, row_count, sort_rows};
use crate::store::Column;
use std::cmp::Ordering;

/// Which rank equal values get.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Ranking {
    /// The mean of their places.
    #[default]
    Average,
    /// The first of their places.
    Min,
    /// The last of their places.
    Max,
    /// Each its own, in the order of rows.
    First,
    /// As `Min`, but without gaps behind them.
    Dense,
}

impl Ranking {
    /// Every one, with its name.
    pub const ALL: [(Ranking, &'static str); 5] =
        [(Ranking::Average, "average"), (Ranking::Min, "min"), (Ranking::Max, "max"), (Ranking::First, "first"), (Ranking::Dense, "dense")];
}

/// Ranks from 1; missing values have none. `percent` divides by how many there are (`Dense`: by the last rank).
///
/// # Errors
/// Type, for values without an order.
pub fn rank(column: &Column, ranking: Ranking, direction: Direction, percent: bool) -> Result<Column> {
    let keys = KeyColumn::new(column)?;
    let rows = row_count(column.len())?;
    let order = sort_rows(&[SortKey { keys: KeyColumn::new(column)?, direction }], rows);
    let order: Vec<u32> = order.into_iter().filter(|&r| keys.is_valid(r)).collect();
    let mut out = vec![f64::NAN; column.len()];
    let (mut first, mut dense) = (0, 0.0);
    while first < order.len() {
        let mut end = first + 1;
        while end < order.len() && keys.compare(order[first], order[end]) == Ordering::Equal {
            end += 1;
        }
        dense += 1.0;
        for (k, &row) in order[first..end].iter().enumerate() {
            out[row as usize] = match ranking {
                Ranking::Average => (first + 1 + end) as f64 / 2.0,
                Ranking::Min => (first + 1) as f64,
                Ranking::Max => end as f64,
                Ranking::First => (first + k + 1) as f64,
                Ranking::Dense => dense,
            };
        }
        first = end;
    }
    if percent {
        let all = if ranking == Ranking::Dense { dense } else { order.len() as f64 };
        out.iter_mut().for_each(|x| *x /= all);
    }
    Ok(Column::from_f64(out, &crate::dtype::DType::F64))
}
