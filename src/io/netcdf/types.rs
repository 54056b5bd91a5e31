//! Types of files and their names here.

use crate::dtype::DType;
use netcdf_sys as nc;
use std::ffi::c_int;

/// The type of values that an atomic NetCDF type is read as; characters are bytes. `None` for types that the file defines.
pub(super) fn dtype_of(xtype: c_int) -> Option<DType> {
    Some(match xtype {
        nc::NC_BYTE => DType::I8,
        nc::NC_CHAR | nc::NC_UBYTE => DType::U8,
        nc::NC_SHORT => DType::I16,
        nc::NC_USHORT => DType::U16,
        nc::NC_INT => DType::I32,
        nc::NC_UINT => DType::U32,
        nc::NC_INT64 => DType::I64,
        nc::NC_UINT64 => DType::U64,
        nc::NC_FLOAT => DType::F32,
        nc::NC_DOUBLE => DType::F64,
        nc::NC_STRING => DType::Str,
        _ => return None,
    })
}

/// The NetCDF-4 type that holds values of this type; `None` for those that must be encoded first.
pub(in crate::io) fn xtype_of(dtype: &DType) -> Option<c_int> {
    Some(match dtype {
        DType::Bool | DType::I8 => nc::NC_BYTE,
        DType::U8 => nc::NC_UBYTE,
        DType::I16 => nc::NC_SHORT,
        DType::U16 => nc::NC_USHORT,
        DType::I32 => nc::NC_INT,
        DType::U32 => nc::NC_UINT,
        DType::I64 => nc::NC_INT64,
        DType::U64 => nc::NC_UINT64,
        DType::F32 => nc::NC_FLOAT,
        DType::F64 => nc::NC_DOUBLE,
        DType::Str => nc::NC_STRING,
        _ => return None,
    })
}

/// Bytes of one element of an atomic type that holds no pointers.
pub(super) fn width_of(xtype: c_int) -> Option<usize> {
    match xtype {
        nc::NC_STRING => None,
        _ => dtype_of(xtype)?.phys()?.width(),
    }
}

/// What sort of type a file has defined, in words.
pub(super) fn class_name(class: c_int) -> &'static str {
    match class {
        nc::NC_VLEN => "variable-length lists",
        nc::NC_OPAQUE => "opaque bytes",
        nc::NC_ENUM => "an enumeration",
        nc::NC_COMPOUND => "records (a compound type)",
        _ => "a type that is not known here",
    }
}
