//! Attributes from and to NetCDF-4 files.

use super::ffi::{Lib, UserType};
use super::flat::without_zeros;
use super::types::{class_name, width_of};
use crate::error::{Error, Level, Notices, Place, Result};
use crate::store::{AttrValue, Attrs};
use netcdf_sys as nc;
use std::borrow::Cow;
use std::ffi::c_int;

/// Characters as text; trailing zeros, which C programs like to count in, go, but for that of a fill value.
fn characters(name: &str, mut bytes: Vec<u8>) -> AttrValue {
    let least = if name == "_FillValue" { 1 } else { 0 };
    while bytes.len() > least && bytes.last() == Some(&0) {
        bytes.pop();
    }
    match String::from_utf8(bytes) {
        Ok(text) => AttrValue::Text(text),
        Err(e) => AttrValue::Bytes(e.into_bytes()),
    }
}

/// All attributes of a variable (or of the group, by `ffi::GLOBAL`). What cannot be read is left out with a notice.
pub(super) fn read(lib: &Lib, id: c_int, variable: c_int, count: c_int, place: &Place, notices: &mut Notices) -> Result<Attrs> {
    let mut attrs = Attrs::new();
    for i in 0..count {
        let name = lib.attribute_name(id, variable, i)?;
        let (mut xtype, length) = lib.attribute(id, variable, &name)?;
        if xtype >= nc::NC_FIRSTUSERTYPEID || width_of(xtype).is_none() && xtype != nc::NC_STRING {
            let user = lib.user_type(id, xtype)?;
            if user.class != nc::NC_ENUM {
                let what = class_name(user.class);
                notices.push(Level::Changed, format!("attribute {name:?} is left out: it holds {what}"), place.clone());
                continue;
            }
            let members = members(lib, id, xtype, &user)?;
            if is_boolean(&user, &members) {
                let bytes = lib.attribute_bytes(id, variable, &name, length)?;
                let bytes = &bytemuck::cast_slice::<u64, u8>(&bytes)[..length];
                attrs.set(name, AttrValue::Bool(bytes.iter().map(|&b| b != 0).collect()));
                continue;
            }
            if name != "_FillValue" {
                let names: Vec<&str> = members.iter().map(|(n, _)| n.as_str()).collect();
                notices.warn(format!("attribute {name:?} is read as numbers without their names {names:?}"), place.clone());
            }
            xtype = user.base;
        }
        attrs.set(name.clone(), value(lib, id, variable, &name, xtype, length)?);
    }
    Ok(attrs)
}

/// Names and values of an enumeration.
pub(super) fn members(lib: &Lib, id: c_int, xtype: c_int, user: &UserType) -> Result<Vec<(String, [u8; 8])>> {
    (0..user.members).map(|i| lib.enum_member(id, xtype, i)).collect()
}

/// Whether it is the one that h5py writes for truth values.
pub(super) fn is_boolean(user: &UserType, members: &[(String, [u8; 8])]) -> bool {
    let flags = [("FALSE", 0u8), ("TRUE", 1)];
    user.size == 1 && members.len() == 2 && flags.iter().all(|(n, v)| members.iter().any(|(m, x)| m == n && x[0] == *v))
}

fn value(lib: &Lib, id: c_int, variable: c_int, name: &str, xtype: c_int, length: usize) -> Result<AttrValue> {
    if xtype == nc::NC_STRING {
        let texts = if length == 0 { Vec::new() } else { lib.attribute_strings(id, variable, name, length)? };
        return Ok(match texts.into_iter().map(String::from_utf8).collect::<Result<Vec<_>, _>>() {
            Ok(texts) => AttrValue::Texts(texts),
            Err(e) => AttrValue::Bytes(e.into_bytes()),
        });
    }
    let bytes = width_of(xtype).and_then(|w| w.checked_mul(length)).ok_or_else(|| Error::format("an attribute of unknown type"))?;
    let buffer = if length == 0 { vec![0] } else { lib.attribute_bytes(id, variable, name, bytes)? };
    from_bytes(name, xtype, &bytemuck::cast_slice::<u64, u8>(&buffer)[..bytes])
}

/// The attribute whose native-endian elements these are.
pub(super) fn from_bytes(name: &str, xtype: c_int, b: &[u8]) -> Result<AttrValue> {
    Ok(match xtype {
        nc::NC_CHAR => characters(name, b.to_vec()),
        nc::NC_BYTE => AttrValue::I8(numbers(b)),
        nc::NC_UBYTE => AttrValue::U8(b.to_vec()),
        nc::NC_SHORT => AttrValue::I16(numbers(b)),
        nc::NC_USHORT => AttrValue::U16(numbers(b)),
        nc::NC_INT => AttrValue::I32(numbers(b)),
        nc::NC_UINT => AttrValue::U32(numbers(b)),
        nc::NC_INT64 => AttrValue::I64(numbers(b)),
        nc::NC_UINT64 => AttrValue::U64(numbers(b)),
        nc::NC_FLOAT => AttrValue::F32(numbers(b)),
        nc::NC_DOUBLE => AttrValue::F64(numbers(b)),
        _ => return Err(Error::format(format!("an attribute of type number {xtype}"))),
    })
}

/// An attribute as NetCDF has it: a list of numbers or texts. What it lacks is said.
pub(super) fn held<'a>(name: &str, value: &'a AttrValue, place: &Place, notices: &mut Notices) -> Cow<'a, AttrValue> {
    if let Some(shape) = value.shape() {
        let message = format!("attribute {name:?} is written as a list, without its shape {shape:?}: attributes of NetCDF have none");
        notices.push(Level::Omitted, message, place.clone());
    }
    match value.flat() {
        AttrValue::Bool(v) => {
            let message = format!("attribute {name:?} is written as i8: NetCDF has no truth values");
            notices.push(Level::Omitted, message, place.clone());
            Cow::Owned(AttrValue::I8(v.iter().map(|&x| x.into()).collect()))
        }
        list @ AttrValue::Texts(_) => without_zeros(name, Cow::Borrowed(list), place, notices),
        list => Cow::Borrowed(list),
    }
}

/// Writes one attribute in its exact type.
pub(super) fn write(lib: &Lib, id: c_int, variable: c_int, name: &str, value: &AttrValue) -> Result<()> {
    macro_rules! put {
        ($xtype:ident, $v:expr) => {
            lib.put_attribute(id, variable, name, nc::$xtype, $v.len(), bytemuck::cast_slice($v.as_slice()))
        };
    }
    match value {
        AttrValue::Text(t) => lib.put_attribute(id, variable, name, nc::NC_CHAR, t.len(), t.as_bytes()),
        AttrValue::Bytes(b) => put!(NC_CHAR, b),
        AttrValue::Texts(t) => lib.put_strings(id, variable, name, t),
        AttrValue::I8(v) => put!(NC_BYTE, v),
        AttrValue::U8(v) => put!(NC_UBYTE, v),
        AttrValue::I16(v) => put!(NC_SHORT, v),
        AttrValue::U16(v) => put!(NC_USHORT, v),
        AttrValue::I32(v) => put!(NC_INT, v),
        AttrValue::U32(v) => put!(NC_UINT, v),
        AttrValue::I64(v) => put!(NC_INT64, v),
        AttrValue::U64(v) => put!(NC_UINT64, v),
        AttrValue::F32(v) => put!(NC_FLOAT, v),
        AttrValue::F64(v) => put!(NC_DOUBLE, v),
        AttrValue::Bool(_) | AttrValue::Array(_) => Err(Error::internal("an attribute that NetCDF lacks")),
    }
}

fn numbers<T: bytemuck::Pod>(bytes: &[u8]) -> Vec<T> {
    bytes.chunks_exact(size_of::<T>()).map(bytemuck::pod_read_unaligned).collect()
}
