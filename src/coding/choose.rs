//! A packing that spans the values of a variable.

use crate::array::{Dataset, Variable, companions};
use crate::dtype::DType;
use crate::error::{Error, Result, ResultExt};
use crate::store::{AttrValue, ChunkGrid, Selection};
use rayon::prelude::*;

/// Values that are looked at together.
const BLOCK: usize = 1 << 20;

/// What packing replaces.
const OLD: [&str; 8] = ["_FillValue", "missing_value", "scale_factor", "add_offset", "_Unsigned", "valid_min", "valid_max", "valid_range"];

/// The dataset with an encoding of this integer type for every float variable that is data.
pub(super) fn packed(dataset: &Dataset, dtype: &DType) -> Result<Dataset> {
    let Some((low, high, fill)) = span(dtype) else {
        return Err(Error::wrong_type(format!("values are not packed as {dtype}")).help("packings are i8, i16, i32, u8, u16 and u32"));
    };
    let mut out = dataset.clone();
    let accompany = companions(dataset);
    for (name, v) in out.vars.iter_mut().filter(|(n, v)| v.dtype().is_float() && !accompany.contains_key(*n)) {
        let (least, most) = extent(v).at_variable(name)?.unwrap_or((0.0, 0.0));
        for old in OLD {
            v.attrs.remove(old);
            v.encoding.attrs.remove(old);
        }
        let mut scale = (most - least) / (high - low);
        if scale <= 0.0 || !scale.is_finite() {
            scale = 1.0;
        }
        // f32 values keep their type when scale and offset have it, as long as the packing is no finer than f32.
        let narrow = *v.dtype() == DType::F32 && !matches!(dtype, DType::I32 | DType::U32);
        if narrow {
            let rounded = scale as f32;
            scale = (if (rounded as f64) < scale { rounded.next_up() } else { rounded }) as f64;
        }
        let mut offset = least - low * scale;
        if matches!(dtype, DType::I8 | DType::I16 | DType::I32) {
            offset = least + (most - least) / 2.0;
        }
        if narrow {
            offset = offset as f32 as f64;
            // The rounded offset may push an end out of range by a part of a step.
            let reach = (most - offset).max(offset - least).abs() / high.min(-low).max(1.0);
            if matches!(dtype, DType::I8 | DType::I16) && reach > scale {
                scale = (reach as f32).next_up() as f64;
            } else if matches!(dtype, DType::U8 | DType::U16) {
                offset = if offset > least { (offset as f32).next_down() as f64 } else { offset };
                scale = ((((most - offset) / high) as f32).next_up() as f64).max(scale);
            }
        }
        let number = |x: f64| if narrow { AttrValue::from(x as f32) } else { AttrValue::from(x) };
        v.encoding.attrs.set("_FillValue", fill.clone());
        v.encoding.attrs.set("scale_factor", number(scale));
        v.encoding.attrs.set("add_offset", number(offset));
        v.encoding.dtype = Some(dtype.clone());
    }
    Ok(out)
}

/// The packed range and the fill value beside it.
fn span(dtype: &DType) -> Option<(f64, f64, AttrValue)> {
    Some(match dtype {
        DType::I8 => (-127.0, 127.0, AttrValue::I8(vec![-128])),
        DType::I16 => (-32_767.0, 32_767.0, AttrValue::I16(vec![-32_768])),
        DType::I32 => (-2_147_483_647.0, 2_147_483_647.0, AttrValue::I32(vec![i32::MIN])),
        DType::U8 => (0.0, 254.0, AttrValue::U8(vec![255])),
        DType::U16 => (0.0, 65_534.0, AttrValue::U16(vec![65_535])),
        DType::U32 => (0.0, 4_294_967_294.0, AttrValue::U32(vec![u32::MAX])),
        _ => return None,
    })
}

/// The least and the largest finite value.
fn extent(v: &Variable) -> Result<Option<(f64, f64)>> {
    // Whole pieces of the file, so that each is decoded once; many small ones together.
    let mut chunk = v.cost().pieces.unwrap_or_else(|| vec![1; v.shape().len()]);
    for d in (0..chunk.len()).rev() {
        let elements: usize = chunk.iter().product();
        chunk[d] = chunk[d].saturating_mul((BLOCK / elements.max(1)).max(1)).min(v.shape()[d].max(1));
        if chunk[d] < v.shape()[d] {
            break;
        }
    }
    let grid = ChunkGrid::new(v.shape(), &chunk);
    let wider = |a: Option<(f64, f64)>, b: Option<(f64, f64)>| match (a, b) {
        (Some((l, h)), Some((m, i))) => Some((l.min(m), h.max(i))),
        (a, b) => a.or(b),
    };
    (0..grid.count())
        .into_par_iter()
        .map(|i| {
            let (start, shape) = grid.block(i);
            let block = v.read(&Selection::hyperslab(&start, &shape))?.to_contiguous()?;
            let ends = match (block.as_slice::<f32>(), block.as_slice::<f64>()) {
                (Some(x), _) => ends(x.iter().map(|&x| x as f64)),
                (_, Some(x)) => ends(x.iter().copied()),
                _ => None,
            };
            Ok(ends)
        })
        .try_reduce(|| None, |a, b| Ok(wider(a, b)))
}

fn ends(values: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    let (low, high) = values.filter(|x| x.is_finite()).fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), x| (l.min(x), h.max(x)));
    (low <= high).then_some((low, high))
}
