//! What the classic format cannot hold, and what stands for it there.

use crate::array::Variable;
use crate::dtype::{DType, Element, Phys};
use crate::error::{Error, ErrorKind, Level, LossLog, Notices, Place, Result};
use crate::store::{AttrArray, AttrValue, Attrs, NdArray};
use arrow::array::{Array, StringViewArray};
use netcdf_sys as nc;
use std::borrow::Cow;
use std::ffi::{CString, c_int};
use std::fmt::Display;

/// How the values of a block become those of the file.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Convert {
    /// As they are, byte for byte.
    Plain,
    /// Texts as strings of NetCDF-4.
    Strings,
    /// Texts as rows of characters of this length, zeros behind.
    Characters(usize),
    /// 64-bit integers as 32-bit ones, each checked; this fill value becomes that one.
    Narrow { fill: Option<(i64, i32)> },
    /// 64-bit integers as floats, where one of them does not fit 32 bits.
    Floats,
}

/// The classic type of a variable, how its values get there, and its attributes as they must then be.
pub(super) fn plan(variable: &Variable, integers: bool, place: &Place, notices: &mut Notices) -> Result<(c_int, Convert, Attrs)> {
    let mut attrs = Attrs::new();
    let unsigned = matches!(variable.dtype(), DType::U8 | DType::U16 | DType::U32) && !is_text(variable);
    let wide = matches!(variable.dtype(), DType::I64 | DType::U64);
    let fill_value = variable.attrs.get("_FillValue").and_then(integer);
    let narrow = wide && all_fit(variable, fill_value)?;
    let mut fill = None;
    for (name, value) in variable.attrs.iter() {
        let value = match (name, value) {
            ("_FillValue", v) if narrow => match v.as_f64s().as_deref() {
                Some([f]) if *f == f.trunc() && f.abs() <= i32::MAX as f64 => AttrValue::I32(vec![*f as i32]),
                _ => {
                    fill = integer(v).map(|f| (f, nc::NC_FILL_INT));
                    AttrValue::I32(vec![nc::NC_FILL_INT])
                }
            },
            ("_FillValue", v) if wide => v.as_f64s().map_or_else(|| v.clone(), AttrValue::F64),
            (_, v) if unsigned && v.dtype() == *variable.dtype() => signed_bits(v),
            (_, v) => attribute(name, v, place, notices),
        };
        attrs.set(name, value);
    }
    if unsigned && !attrs.contains("_Unsigned") {
        attrs.set("_Unsigned", "true");
        notices.warn(
            format!("{} is written as signed bits with the attribute _Unsigned, as classic files do", variable.dtype()),
            place.clone(),
        );
    }
    if wide {
        let to = if narrow { "i32" } else { "f64, which keeps 53 bits: not every value fits 32" };
        // No value is another one as i32. What is no integer to the user has another encoding, and nothing else.
        let level = match (narrow, integers) {
            (false, _) => Level::Changed,
            (true, true) => Level::Omitted,
            (true, false) => Level::Warning,
        };
        notices.push(level, format!("{} is written as {to}", variable.dtype()), place.clone());
    }
    if *variable.dtype() == DType::Str && !attrs.contains("_Encoding") {
        // Without it xarray reads bytes back.
        attrs.set("_Encoding", "utf-8");
    }
    let (xtype, convert) = match variable.dtype() {
        DType::U8 if is_text(variable) => (nc::NC_CHAR, Convert::Plain),
        DType::Bool | DType::I8 | DType::U8 => (nc::NC_BYTE, Convert::Plain),
        DType::I16 | DType::U16 => (nc::NC_SHORT, Convert::Plain),
        DType::I32 | DType::U32 => (nc::NC_INT, Convert::Plain),
        DType::I64 | DType::U64 if narrow => (nc::NC_INT, Convert::Narrow { fill }),
        DType::I64 | DType::U64 => (nc::NC_DOUBLE, Convert::Floats),
        DType::F32 => (nc::NC_FLOAT, Convert::Plain),
        DType::F64 => (nc::NC_DOUBLE, Convert::Plain),
        DType::Str => (nc::NC_CHAR, Convert::Characters(longest(variable)?)),
        other => return Err(not_encoded(other)),
    };
    Ok((xtype, convert, attrs))
}

/// A type that no NetCDF file holds.
pub(in crate::io) fn not_encoded(dtype: &DType) -> Error {
    Error::wrong_type(format!("NetCDF does not hold {dtype} as it is")).help("it must be encoded first, or left out")
}

/// Whether bytes are characters.
pub(in crate::io) fn is_text(variable: &Variable) -> bool {
    *variable.dtype() == DType::U8 && (variable.encoding.dtype == Some(DType::Str) || variable.encoding.char_dim.is_some())
}

/// Bytes of the longest text, at least 1.
pub(super) fn longest(variable: &Variable) -> Result<usize> {
    let grid = variable.grid();
    let mut longest = 1;
    for i in 0..grid.count() {
        let (start, count) = grid.block(i);
        let block = variable.read(&crate::store::Selection::hyperslab(&start, &count))?.to_contiguous()?;
        let texts = block.as_texts().ok_or_else(|| Error::internal("texts are not texts"))?;
        longest = texts.iter().flatten().fold(longest, |n, t| n.max(t.len()));
    }
    Ok(longest)
}

/// Whether all values but this one are 32-bit integers, and none is their fill value.
fn all_fit(variable: &Variable, fill: Option<i64>) -> Result<bool> {
    let mark = fill.filter(|f| i32::try_from(*f).is_err()).map(|_| i64::from(nc::NC_FILL_INT));
    let fits = |x: i64| Some(x) == fill || i32::try_from(x).is_ok() && Some(x) != mark;
    let grid = variable.grid();
    for i in 0..grid.count() {
        let (start, count) = grid.block(i);
        let block = variable.read(&crate::store::Selection::hyperslab(&start, &count))?.to_contiguous()?;
        let fit = match (block.as_slice::<i64>(), block.as_slice::<u64>()) {
            (Some(v), _) => v.iter().all(|&x| fits(x)),
            (_, Some(v)) => v.iter().all(|&x| i64::try_from(x).is_ok_and(fits) || fill.is_some_and(|f| f as u64 == x)),
            _ => return Err(Error::internal("64-bit integers are not 64-bit integers")),
        };
        if !fit {
            return Ok(false);
        }
    }
    Ok(true)
}

/// 64-bit integers as floats.
pub(super) fn floats(block: &NdArray) -> Result<NdArray> {
    let out: Vec<f64> = match (block.as_slice::<i64>(), block.as_slice::<u64>()) {
        (Some(v), _) => v.iter().map(|&x| x as f64).collect(),
        (_, Some(v)) => v.iter().map(|&x| x as f64).collect(),
        _ => return Err(Error::internal("64-bit integers are not 64-bit integers")),
    };
    NdArray::from_vec(out, block.shape())
}

/// Texts for C. One with a zero byte in it ends there, where loss is allowed.
pub(in crate::io) fn c_texts(texts: &StringViewArray, losses: &LossLog, place: &Place) -> Result<Vec<CString>> {
    let one = |text: &str| match CString::new(text) {
        Ok(text) => Ok(text),
        Err(_) => {
            let refusal = || {
                Error::loss(format!("the text {text:?} has a zero byte in it, where texts of HDF5 end")).help("--allow-loss cuts it there")
            };
            losses.note("texts are cut at their first zero byte", place, refusal)?;
            Ok(cut(text))
        }
    };
    texts.iter().map(|t| one(t.unwrap_or_default())).collect()
}

/// A text as far as its first zero byte.
fn cut(text: &str) -> CString {
    CString::new(text.split('\0').next().unwrap_or_default()).unwrap_or_default()
}

/// The texts of an attribute, without what stands behind a zero byte.
pub(in crate::io) fn without_zeros<'a>(name: &str, value: Cow<'a, AttrValue>, place: &Place, notices: &mut Notices) -> Cow<'a, AttrValue> {
    let texts = match value.flat() {
        AttrValue::Texts(texts) => texts.as_slice(),
        AttrValue::Text(text) => std::slice::from_ref(text),
        _ => return value,
    };
    if !texts.iter().any(|t| t.contains('\0')) {
        return value;
    }
    notices.push(Level::Changed, format!("attribute {name:?} is cut at its first zero byte"), place.clone());
    let texts: Vec<String> = texts.iter().map(|t| t.split('\0').next().unwrap_or_default().to_string()).collect();
    let list = match value.flat() {
        AttrValue::Text(_) => AttrValue::Text(texts.concat()),
        _ => AttrValue::Texts(texts),
    };
    Cow::Owned(match value.shape() {
        Some(shape) => AttrArray::new(shape.to_vec(), list).map_or_else(|_| value.into_owned(), AttrValue::Array),
        None => list,
    })
}

fn integer(v: &AttrValue) -> Option<i64> {
    match v {
        AttrValue::I64(v) => v.first().copied(),
        AttrValue::U64(v) => v.first().map(|&x| x as i64),
        _ => None,
    }
}

fn signed_bits(v: &AttrValue) -> AttrValue {
    match v {
        AttrValue::U8(v) => AttrValue::I8(v.iter().map(|&x| x as i8).collect()),
        AttrValue::U16(v) => AttrValue::I16(v.iter().map(|&x| x as i16).collect()),
        AttrValue::U32(v) => AttrValue::I32(v.iter().map(|&x| x as i32).collect()),
        other => other.clone(),
    }
}

/// An attribute in the types of the classic format: a wider one where values need it.
pub(super) fn attribute(name: &str, value: &AttrValue, place: &Place, notices: &mut Notices) -> AttrValue {
    match value {
        AttrValue::U8(v) => AttrValue::I16(v.iter().map(|&x| x.into()).collect()),
        AttrValue::U16(v) => AttrValue::I32(v.iter().map(|&x| x.into()).collect()),
        AttrValue::U32(v) => whole(name, v.iter().map(|&x| x.into()), place, notices),
        AttrValue::I64(v) => whole(name, v.iter().map(|&x| x.into()), place, notices),
        AttrValue::U64(v) => whole(name, v.iter().map(|&x| x.into()), place, notices),
        AttrValue::Texts(t) => match t.as_slice() {
            [one] => AttrValue::Text(one.clone()),
            many => {
                let message = format!("attribute {name:?} of {} texts is written as one, in lines", many.len());
                notices.push(Level::Changed, message, place.clone());
                AttrValue::Text(many.join("\n"))
            }
        },
        other => other.clone(),
    }
}

/// As i32 if all fit, else as f64.
fn whole(name: &str, values: impl Iterator<Item = i128> + Clone, place: &Place, notices: &mut Notices) -> AttrValue {
    match values.clone().map(i32::try_from).collect::<Result<Vec<_>, _>>() {
        Ok(v) => AttrValue::I32(v),
        Err(_) => {
            let floats: Vec<f64> = values.clone().map(|x| x as f64).collect();
            if values.zip(&floats).any(|(x, &f)| f as i128 != x) {
                notices.push(Level::Changed, format!("attribute {name:?} loses digits: its numbers are written as f64"), place.clone());
            }
            AttrValue::F64(floats)
        }
    }
}

/// 64-bit integers as 32-bit ones.
pub(super) fn narrow(block: &NdArray, fill: Option<(i64, i32)>) -> Result<NdArray> {
    let gaps = || Error::internal("a block with gaps");
    let out = match block.phys() {
        Phys::I64 => narrowed(block.as_slice::<i64>().ok_or_else(gaps)?, fill),
        Phys::U64 => narrowed(block.as_slice::<u64>().ok_or_else(gaps)?, fill.map(|(from, to)| (from as u64, to))),
        other => Err(Error::internal(format!("{other:?} is no 64-bit integer"))),
    };
    NdArray::from_vec(out?, block.shape())
}

fn narrowed<T: Element + Display + Into<i128>>(values: &[T], fill: Option<(T, i32)>) -> Result<Vec<i32>> {
    let misfit = |value: T| {
        Error::new(ErrorKind::Loss, format!("the value {value} does not fit 32 bits, the widest integer of a classic file"))
            .help("write NetCDF-4 with --to nc")
    };
    let one = |&x: &T| match fill {
        Some((from, to)) if x == from => Ok(to),
        Some((_, to)) if x.into() == i128::from(to) => {
            Err(Error::new(ErrorKind::Loss, format!("the value {x} is the fill value of classic files"))
                .help("write NetCDF-4 with --to nc"))
        }
        _ => i32::try_from(x.into()).map_err(|_| misfit(x)),
    };
    values.iter().map(one).collect()
}

/// Texts as rows of bytes of one length.
pub(super) fn characters(block: &NdArray, width: usize) -> Result<Vec<u8>> {
    let texts = block.as_texts().ok_or_else(|| Error::internal("texts are not texts"))?;
    let mut out = vec![0; texts.len() * width];
    for (row, text) in out.chunks_exact_mut(width).zip(texts.iter()) {
        let bytes = text.unwrap_or_default().as_bytes();
        let row =
            row.get_mut(..bytes.len()).ok_or_else(|| Error::internal(format!("a text of {} bytes where {width} fit", bytes.len())))?;
        row.copy_from_slice(bytes);
    }
    Ok(out)
}
