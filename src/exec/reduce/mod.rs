//! Aggregates of cubes over dimensions and groups: lazy, block by block, within the budget.
//!
//! The result is a variable whose source computes what is asked of it when it is read, so reductions compose with selections and
//! with each other, and a result is written to a file without ever being in memory whole.

mod apart;
mod coarsen;
mod dataset;
mod groups;
mod keys;
mod load;
mod mapped;
mod methods;
mod pieces;
mod positions;
mod ranks;
mod resample;
mod rolling;
mod runs;
mod segments;
mod source;
mod transform;
mod upsample;
mod weighted;
mod weighting;
mod weights;
mod windows;

pub use crate::kernel::time::{Origin, Side};
pub use coarsen::Rest;
pub use dataset::{DatasetGroupBy, Reduction, of_all};
pub use groups::Groups;
pub use resample::ResampleOptions;
pub use transform::Transform;
pub use upsample::Upsample;
pub(in crate::exec) use upsample::alone;
pub use weighted::DatasetWeighted;
pub use weights::Weights;
pub use windows::DatasetRolling;

use crate::array::{Data, LazyArray, Variable};
use crate::dtype::{DType, Phys};
use crate::error::{Error, Result};
use crate::exec::ExecOptions;
use crate::kernel::agg::Agg;
pub(in crate::exec) use methods::{descriptive, encoding};
use source::{Fate, How, ReduceSource};
use std::sync::Arc;
pub(in crate::exec) use transform::floats;

/// The type of an aggregate of values of this type; `None` where it is not meant for them.
pub fn result_type(agg: Agg, dtype: &DType) -> Option<DType> {
    let phys = dtype.phys()?;
    let number = dtype.is_numeric() || *dtype == DType::Bool;
    let moment = matches!(dtype, DType::Instant { .. } | DType::Date | DType::Duration { .. } | DType::Time { .. });
    let float = if phys == Phys::F32 { DType::F32 } else { DType::F64 };
    Some(match agg {
        Agg::Count | Agg::Size | Agg::Nunique => DType::I64,
        _ if phys == Phys::Str => return None,
        Agg::Min | Agg::Max | Agg::First | Agg::Last | Agg::Mode if number || moment => dtype.clone(),
        Agg::Argmin | Agg::Argmax if number || moment => DType::I64,
        _ if !number => return None,
        Agg::Any | Agg::All => DType::Bool,
        Agg::Sum | Agg::Prod => match phys {
            Phys::F32 | Phys::F64 => dtype.clone(),
            Phys::U8 | Phys::U16 | Phys::U32 | Phys::U64 => DType::U64,
            _ => DType::I64,
        },
        _ => float,
    })
}

/// One variable over some of its dimensions, perhaps with others in groups. `None` where it has none of the dimensions.
fn reduce_variable(
    input: &Variable,
    dims: &[Arc<str>],
    group: &[dataset::Grouped],
    how: &How,
    options: &ExecOptions,
) -> Result<Option<Variable>> {
    let fates: Vec<Fate> = input
        .dims()
        .iter()
        .map(|d| match group.iter().find(|g| g.0 == *d) {
            Some((_, groups)) => Fate::Grouped(groups.clone()),
            None if dims.contains(d) => Fate::Reduced,
            None => Fate::Kept,
        })
        .collect();
    if fates.iter().all(|f| matches!(f, Fate::Kept)) {
        return Ok(None);
    }
    let dtype =
        result_type(how.agg, input.dtype()).ok_or_else(|| Error::wrong_type(format!("{} is not meant for {}", how.agg, input.dtype())))?;
    // Booleans are summed as numbers: their bytes.
    let dtype = if *input.dtype() == DType::Bool && matches!(how.agg, Agg::Sum | Agg::Prod) { DType::I64 } else { dtype };
    // Weights are f64, and so is what they are multiplied with.
    let dtype = if how.weights.is_some() { DType::F64 } else { dtype };
    let names: Vec<Arc<str>> = input
        .dims()
        .iter()
        .zip(&fates)
        .filter_map(|(d, f)| match f {
            Fate::Kept => Some(d.clone()),
            Fate::Reduced => None,
            Fate::Grouped(g) => Some(g.name.as_str().into()),
        })
        .collect();
    let source = ReduceSource::new(input, fates, how.clone(), dtype, options);
    Variable::new(names, Data::Lazy(LazyArray::new(Arc::new(source)))).map(Some)
}
