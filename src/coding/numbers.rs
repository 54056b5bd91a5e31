//! Fill values, scale and offset, unsigned integers.

use super::{Coder, Context, consume, then, undone};
use crate::array::{Data, DecodeStep, Variable};
use crate::dtype::{DType, Scalar};
use crate::error::{Error, Level, Place, Result};
use crate::kernel::pack::{self, Missing, Raw, Real};
use crate::store::{AttrValue, Attrs, NdArray};
use crate::with_phys;
use arrow::buffer::Buffer;
use std::any::Any;

pub(super) struct Numbers;

/// From stored numbers to what they mean.
#[derive(Clone, Debug, PartialEq)]
struct Unpack {
    stored: DType,
    /// The stored type with `_Unsigned` heeded.
    seen: DType,
    out: DType,
    fills: Vec<Scalar>,
    range: Option<(Scalar, Scalar)>,
    scale: Option<f64>,
    offset: Option<f64>,
}

/// The step that attributes ask for, if any, and the attributes that it takes over.
struct Plan {
    step: Option<Unpack>,
    consumed: Vec<&'static str>,
    odd: Vec<String>,
}

const RANGE: [&str; 3] = ["valid_range", "valid_min", "valid_max"];

impl Unpack {
    /// No change but of type.
    fn cast(stored: DType, out: DType) -> Unpack {
        Unpack { seen: stored.clone(), stored, out, fills: Vec::new(), range: None, scale: None, offset: None }
    }

    fn plan(attrs: &Attrs, stored: &DType, valid_range: bool) -> Plan {
        let (mut consumed, mut odd) = (Vec::new(), Vec::new());
        let mut seen = stored.clone();
        if stored.is_integer()
            && let Some(word) = attrs.text("_Unsigned")
        {
            seen = sibling(stored, word.eq_ignore_ascii_case("true"));
            consumed.push("_Unsigned");
        }
        let mut fills = Vec::new();
        for name in ["_FillValue", "missing_value"] {
            let Some(value) = attrs.get(name) else { continue };
            match fill_values(value, stored, &seen) {
                Some(found) => {
                    consumed.push(name);
                    found.into_iter().for_each(|f| {
                        if !fills.contains(&f) {
                            fills.push(f)
                        }
                    });
                }
                None => odd.push(format!("{name} of another type than the values is not heeded")),
            }
        }
        let mut factor = |name: &'static str| {
            let value = attrs.get(name)?;
            match value.as_f64() {
                Some(x) if x.is_finite() && (name == "add_offset" || x != 0.0) => {
                    consumed.push(name);
                    Some((x, value.dtype()))
                }
                _ => {
                    odd.push(format!("{name} is no finite number and is not heeded"));
                    None
                }
            }
        };
        let (scale, offset) = (factor("scale_factor"), factor("add_offset"));
        let packed = scale.is_some() || offset.is_some();
        let out = if packed { float_type(&seen, scale.as_ref().map(|s| &s.1), offset.as_ref().map(|s| &s.1)) } else { seen.clone() };
        let range = if valid_range { range_of(attrs, stored, &seen) } else { None };
        if packed || range.is_some() {
            // They speak of packed values.
            consumed.extend(RANGE.iter().filter(|n| attrs.contains(n)));
        }
        let (scale, offset) = (scale.map(|s| s.0), offset.map(|s| s.0));
        let idle = fills.is_empty() && range.is_none() && !packed && seen == *stored;
        let step = (!idle).then(|| Unpack { stored: stored.clone(), seen, out, fills, range, scale, offset });
        Plan { step, consumed, odd }
    }

    /// Whether values are left as they are or missing.
    fn is_mask(&self) -> bool {
        self.scale.is_none() && self.offset.is_none()
    }

    fn missing<T: Raw>(&self) -> Missing<T> {
        let range = self.range.as_ref().and_then(|(l, h)| Some((T::of_scalar(l)?, T::of_scalar(h)?)));
        Missing { fills: self.fills.iter().filter_map(T::of_scalar).collect(), range }
    }

    fn floats<T: Raw, O: Real + Default>(&self, values: &[T]) -> Vec<O> {
        pack::unpack(values, &self.missing(), self.scale.map(O::of_raw), self.offset.map(O::of_raw))
    }
}

/// The integer type of the same width, unsigned or signed.
pub(super) fn sibling(stored: &DType, unsigned: bool) -> DType {
    match (stored, unsigned) {
        (DType::I8, true) => DType::U8,
        (DType::I16, true) => DType::U16,
        (DType::I32, true) => DType::U32,
        (DType::I64, true) => DType::U64,
        (DType::U8, false) => DType::I8,
        (DType::U16, false) => DType::I16,
        (DType::U32, false) => DType::I32,
        (DType::U64, false) => DType::I64,
        (t, _) => t.clone(),
    }
}

/// The float type of unpacked values: that of scale and offset where they agree (f64 for 32-bit integers), else f64 where there
/// is an offset, else that of the scale. The rule is xarray's.
fn float_type(seen: &DType, scale: Option<&DType>, offset: Option<&DType>) -> DType {
    match (scale, offset) {
        (Some(s), Some(o)) if s == o && *s == DType::F32 && !matches!(seen, DType::I32 | DType::U32) => DType::F32,
        (Some(DType::F32), None) => DType::F32,
        _ => DType::F64,
    }
}

/// One value of an attribute as a value of the type that is seen.
fn as_seen(x: &Scalar, stored: &DType, seen: &DType) -> Option<Scalar> {
    let fitted = |t: &DType| with_phys!(t.phys()?, T => T::of_scalar(x).map(|y| y.into()), text => None);
    let direct: Option<Scalar> = fitted(stored);
    if stored == seen {
        return direct;
    }
    // The attribute is of the stored type, so it is read as the values are; one that is of the other type already, directly.
    let bits = match direct {
        Some(Scalar::I64(x)) => Some(x as i128),
        Some(Scalar::U64(x)) => Some(x as i128),
        _ => None,
    };
    match bits {
        Some(x) => {
            let width = stored.phys()?.width()? as u32 * 8;
            let unsigned = x.rem_euclid(1i128 << width);
            let signed = if unsigned >= 1i128 << (width - 1) { unsigned - (1i128 << width) } else { unsigned };
            let x = if matches!(seen, DType::U8 | DType::U16 | DType::U32 | DType::U64) { unsigned } else { signed };
            with_phys!(seen.phys()?, T => T::of_i128(x).map(|y| y.into()), text => None)
        }
        None => fitted(seen),
    }
}

/// The fill values of an attribute, NaN left out; `None` where it is text or does not fit the type at all.
fn fill_values(value: &AttrValue, stored: &DType, seen: &DType) -> Option<Vec<Scalar>> {
    value.as_f64s()?;
    let numbers: Vec<Scalar> = value.scalars().into_iter().filter(|s| !s.is_missing()).collect();
    if numbers.is_empty() {
        return stored.is_float().then(Vec::new);
    }
    let found: Vec<Scalar> = numbers.iter().filter_map(|s| as_seen(s, stored, seen)).collect();
    (!found.is_empty()).then_some(found)
}

fn range_of(attrs: &Attrs, stored: &DType, seen: &DType) -> Option<(Scalar, Scalar)> {
    let one = |name: &str, i: usize| attrs.get(name)?.scalars().get(i).and_then(|s| as_seen(s, stored, seen));
    let both = attrs.get("valid_range").is_some_and(|v| v.scalars().len() == 2);
    let (low, high) = if both { (one("valid_range", 0), one("valid_range", 1)) } else { (one("valid_min", 0), one("valid_max", 0)) };
    if low.is_none() && high.is_none() {
        return None;
    }
    let (least, most) = extremes(seen)?;
    Some((low.unwrap_or(least), high.unwrap_or(most)))
}

fn extremes(t: &DType) -> Option<(Scalar, Scalar)> {
    Some(match t {
        DType::F32 | DType::F64 => (Scalar::F64(f64::NEG_INFINITY), Scalar::F64(f64::INFINITY)),
        DType::U8 | DType::U16 | DType::U32 | DType::U64 => {
            let bits = t.phys()?.width()? as u32 * 8;
            (Scalar::U64(0), Scalar::U64(u64::MAX >> (64 - bits)))
        }
        _ => {
            let bits = t.phys()?.width()? as u32 * 8;
            (Scalar::I64(i64::MIN >> (64 - bits)), Scalar::I64(i64::MAX >> (64 - bits)))
        }
    })
}

impl DecodeStep for Unpack {
    fn dtype(&self, _from: &DType) -> DType {
        self.out.clone()
    }

    fn apply(&self, block: NdArray) -> Result<NdArray> {
        let block = block.to_contiguous()?;
        let seen = if self.seen == self.stored { block } else { block.reinterpret(self.seen.clone())? };
        let shape = seen.shape().to_vec();
        let wrong = || Error::internal("numbers of another type than the step was made for");
        with_phys!(seen.phys(), T => {
            let values = seen.as_slice::<T>().ok_or_else(wrong)?;
            match self.out {
                // Nothing changes, and most blocks have nothing missing.
                ref out if out == seen.dtype() && self.is_mask() && out.is_float() && !pack::any_missing(values, &self.missing::<T>()) => Ok(seen),
                DType::F32 => NdArray::from_vec(self.floats::<T, f32>(values), &shape),
                DType::F64 => NdArray::from_vec(self.floats::<T, f64>(values), &shape),
                _ => {
                    let mut valid = pack::validity(values, &self.missing::<T>());
                    if let (Some(v), Some(old)) = (&mut valid, seen.valid()) {
                        v.iter_mut().zip(old).for_each(|(v, &o)| *v &= o);
                    }
                    match valid {
                        Some(v) => own(&seen)?.with_valid(Some(Buffer::from_vec(v))),
                        None => Ok(seen),
                    }
                }
            }
        }, text => Err(wrong()))
    }

    fn as_any(&self) -> Option<&dyn Any> {
        Some(self)
    }
    fn same(&self, other: &dyn DecodeStep) -> bool {
        other.as_any().and_then(|o| o.downcast_ref()) == Some(self)
    }
}

/// The elements without an offset into their buffer, so that validity bytes can stand beside them.
fn own(array: &NdArray) -> Result<NdArray> {
    match array.buffer() {
        Some((buffer, offset)) => {
            let width = array.phys().width().unwrap_or(1);
            let part = buffer.slice_with_length(offset * width, array.len() * width);
            NdArray::from_buffer(part, array.dtype().clone(), array.shape())
        }
        None => Ok(array.clone()),
    }
}

/// From what numbers mean to how they are stored.
#[derive(Clone, Debug)]
struct Pack {
    forward: Unpack,
    name: String,
}

impl Pack {
    fn packed<T: Raw + Default>(&self, block: &NdArray) -> Result<Vec<T>> {
        let f = &self.forward;
        let fill = f.fills.iter().find_map(T::of_scalar);
        let (scale, offset) = (f.scale.unwrap_or(1.0), f.offset.unwrap_or(0.0));
        let plain = f.is_mask();
        let valid = block.valid();
        let integers = plain && T::INTEGER && !block.dtype().is_float();
        // Other pairs of types go by way of a wide one, which keeps the number of compiled combinations small.
        let done = match (block.as_slice::<T>(), block.as_slice::<f32>(), block.as_slice::<f64>()) {
            (Some(same), ..) if plain => pack::refill(same, valid, fill),
            (_, Some(x), _) => pack::pack(x, valid, fill, scale, offset),
            (_, _, Some(x)) => pack::pack(x, valid, fill, scale, offset),
            _ if integers => pack::narrow(&wide(block)?, valid, fill),
            _ => pack::pack(&floats(block)?, valid, fill, scale, offset),
        };
        done.map_err(|at| self.refusal(block, at, fill.is_some()))
    }

    #[cold]
    fn refusal(&self, block: &NdArray, at: usize, has_fill: bool) -> Error {
        let f = &self.forward;
        let how = match (f.scale, f.offset) {
            (None, None) => String::new(),
            (s, o) => format!(" with scale_factor {} and add_offset {}", s.unwrap_or(1.0), o.unwrap_or(0.0)),
        };
        let value = block.scalar(at);
        let error = match value {
            x if x.is_missing() && !has_fill => Error::overflow(format!("a missing value cannot be held as {}{how}", f.stored))
                .help("give the variable a _FillValue, or another type"),
            x => Error::overflow(format!("the value {x} does not fit {}{how}", f.stored))
                .help("another packing (--pack) or none holds it; a value that packs to the fill value would read back as missing"),
        };
        error.at(Place::variable(&self.name))
    }
}

fn wide(block: &NdArray) -> Result<Vec<i128>> {
    with_phys!(block.phys(), S => Ok(pack::wide(block.as_slice::<S>().unwrap_or(&[]))), text => Err(Error::internal("text to be packed")))
}

fn floats(block: &NdArray) -> Result<Vec<f64>> {
    with_phys!(block.phys(), S => Ok(pack::floats(block.as_slice::<S>().unwrap_or(&[]))), text => Err(Error::internal("text to be packed")))
}

impl DecodeStep for Pack {
    fn dtype(&self, _from: &DType) -> DType {
        self.forward.stored.clone()
    }

    fn apply(&self, block: NdArray) -> Result<NdArray> {
        let block = block.to_contiguous()?;
        let seen = &self.forward.seen;
        let phys = seen.phys().ok_or_else(|| Error::internal("packing in a type without numbers"))?;
        with_phys!(phys, T => {
            let f = &self.forward;
            if f.is_mask() && block.valid().is_none() && block.as_slice::<T>().is_some_and(|x| pack::is_packed(x, f.fills.iter().find_map(T::of_scalar))) {
                return block.reinterpret(f.stored.clone());
            }
            let values = self.packed::<T>(&block)?;
            NdArray::from_vec(values, block.shape())?.reinterpret(self.forward.stored.clone())
        }, text => Err(Error::internal("packing in text")))
    }
}

impl Coder for Numbers {
    fn decode(&self, mut v: Variable, cx: &mut Context) -> Result<Variable> {
        if !cx.options.mask_and_scale {
            return Ok(v);
        }
        if *v.dtype() == DType::Str {
            return text_decode(v);
        }
        if !v.dtype().is_integer() && !v.dtype().is_float() {
            return Ok(v);
        }
        let plan = Unpack::plan(&v.attrs, v.dtype(), cx.options.valid_range);
        plan.odd.into_iter().for_each(|m| cx.warn(m));
        consume(&mut v, &plan.consumed);
        match plan.step {
            Some(step) => then(&v, step),
            None => Ok(v),
        }
    }

    fn encode(&self, mut v: Variable, cx: &mut Context) -> Result<Variable> {
        if *v.dtype() == DType::Str {
            return text_encode(v, cx);
        }
        if !v.dtype().is_integer() && !v.dtype().is_float() {
            return Ok(v);
        }
        let number = |t: &DType| t.is_integer() || t.is_float();
        let stored = v.encoding.dtype.clone().filter(number).unwrap_or_else(|| v.dtype().clone());
        v.encoding.dtype = Some(stored.clone());
        let mut step = Unpack::plan(&v.attrs, &stored, false).step;
        if let Some(s) = &step {
            if let Some(raw) = undone(&v, s)? {
                return Ok(raw);
            }
            if let Some(raw) = undone(&v, &Unpack { range: step_range(&v, &stored), ..s.clone() })? {
                return Ok(raw);
            }
            // Packed numbers that nobody has unpacked.
            if *v.dtype() == stored && s.out != stored && stored.is_integer() {
                return Ok(v);
            }
        }
        let has_fill = step.as_ref().is_some_and(|s| !s.fills.is_empty());
        let missing = matches!(v.data(), Data::Memory(a) if a.has_valid());
        if missing && !has_fill && stored.is_integer() {
            // The fill is a value of the stored type, under `_Unsigned` too.
            v.attrs.set("_FillValue", default_fill(&stored));
            step = Unpack::plan(&v.attrs, &stored, false).step;
        }
        let step = match step {
            Some(step) => step,
            None if stored == *v.dtype() => return Ok(v),
            None => Unpack::cast(stored, v.dtype().clone()),
        };
        then(&v, Pack { forward: step, name: cx.name.into() })
    }
}

fn step_range(v: &Variable, stored: &DType) -> Option<(Scalar, Scalar)> {
    Unpack::plan(&v.attrs, stored, true).step.and_then(|s| s.range)
}

/// What the NetCDF library fills a variable of this type with.
pub(super) fn default_fill(t: &DType) -> AttrValue {
    match t {
        DType::I8 => AttrValue::I8(vec![-127]),
        DType::U8 => AttrValue::U8(vec![255]),
        DType::I16 => AttrValue::I16(vec![-32_767]),
        DType::U16 => AttrValue::U16(vec![65_535]),
        DType::I32 => AttrValue::I32(vec![-2_147_483_647]),
        DType::U32 => AttrValue::U32(vec![4_294_967_295]),
        DType::U64 => AttrValue::U64(vec![18_446_744_073_709_551_614]),
        _ => AttrValue::I64(vec![-9_223_372_036_854_775_806]),
    }
}

/// Texts equal to the fill are missing.
#[derive(Clone, Debug, PartialEq)]
struct TextGaps(String);

/// Missing texts become the fill.
#[derive(Clone, Debug)]
struct TextFill(String);

impl DecodeStep for TextGaps {
    fn dtype(&self, from: &DType) -> DType {
        from.clone()
    }
    fn apply(&self, block: NdArray) -> Result<NdArray> {
        let texts = block.to_contiguous()?.as_texts().ok_or_else(|| Error::internal("no texts"))?;
        NdArray::from_texts(texts.iter().map(|t| t.filter(|t| *t != self.0)).collect(), block.shape())
    }
    fn as_any(&self) -> Option<&dyn Any> {
        Some(self)
    }
    fn same(&self, other: &dyn DecodeStep) -> bool {
        other.as_any().and_then(|o| o.downcast_ref()) == Some(self)
    }
}

impl DecodeStep for TextFill {
    fn dtype(&self, from: &DType) -> DType {
        from.clone()
    }
    fn apply(&self, block: NdArray) -> Result<NdArray> {
        let texts = block.to_contiguous()?.as_texts().ok_or_else(|| Error::internal("no texts"))?;
        NdArray::from_texts(texts.iter().map(|t| Some(t.unwrap_or(&self.0))).collect(), block.shape())
    }
}

fn text_fill(v: &Variable) -> Option<TextGaps> {
    // The fill of an array of characters is one character, and means the padding.
    if v.encoding.char_dim.is_some() {
        return None;
    }
    let fill = v.attrs.text("_FillValue").or(v.attrs.text("missing_value"))?;
    (!fill.is_empty()).then(|| TextGaps(fill.into()))
}

fn text_decode(mut v: Variable) -> Result<Variable> {
    let step = text_fill(&v);
    consume(&mut v, &["_FillValue", "missing_value"]);
    match step {
        Some(step) => then(&v, step),
        None => Ok(v),
    }
}

fn text_encode(v: Variable, cx: &mut Context) -> Result<Variable> {
    let fill = text_fill(&v);
    if let Some(step) = &fill
        && let Some(raw) = undone(&v, step)?
    {
        return Ok(raw);
    }
    let missing = matches!(v.data(), Data::Memory(a) if a.has_valid());
    if missing && fill.is_none() {
        cx.notices.push(Level::Changed, "missing texts become empty", Place::variable(cx.name));
    }
    match fill {
        Some(TextGaps(fill)) => then(&v, TextFill(fill)),
        None if missing => then(&v, TextFill(String::new())),
        None => Ok(v),
    }
}
