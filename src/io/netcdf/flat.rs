//! What the classic format cannot hold, and what stands for it there.

use crate::array::Variable;
use crate::dtype::{DType, Element, Phys};
use crate::error::{Error, ErrorKind, Level, Notices, Place, Result};
use crate::store::{AttrValue, Attrs, NdArray};
use arrow::array::Array;
use netcdf_sys as nc;
use std::ffi::c_int;
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
}

/// The classic type of a variable, how its values get there, and its attributes as they must then be.
pub(super) fn plan(variable: &Variable, place: &Place, notices: &mut Notices) -> Result<(c_int, Convert, Attrs)> {
    let mut attrs = Attrs::new();
    let unsigned = matches!(variable.dtype(), DType::U8 | DType::U16 | DType::U32) && !is_text(variable);
    let narrow = matches!(variable.dtype(), DType::I64 | DType::U64);
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
    if narrow {
        notices.warn(format!("{} is written as i32, if every value fits", variable.dtype()), place.clone());
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
        DType::I64 | DType::U64 => (nc::NC_INT, Convert::Narrow { fill }),
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
