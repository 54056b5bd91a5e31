//! Types of a file, and how their values are read.

use super::ffi::{Id, Lib, check, refusal};
use crate::dtype::DType;
use crate::error::{Error, Result};
use hdf5_metno_sys::h5::hsize_t;
use hdf5_metno_sys::h5i::hid_t;
use hdf5_metno_sys::h5t::{self, H5T_class_t as Class, H5T_cset_t, H5T_str_t};
use std::ffi::{CStr, CString, c_uint, c_void};

/// How values of a type are read.
#[derive(Clone, Debug)]
pub(super) struct Reading {
    pub kind: Kind,
    /// Lengths of the arrays that each element is.
    pub inner: Vec<usize>,
    /// The members of records that lead to it.
    pub members: Vec<CString>,
    /// Names of an enumeration's values.
    pub names: Option<Names>,
    pub big_endian: bool,
    /// What comes out different.
    pub lossy: Option<&'static str>,
    /// The type in the file, where none here is the same and the values are.
    pub stored_as: Option<&'static str>,
}

/// One element, as memory holds it.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kind {
    /// A number (also of an enumeration) that the library converts where the file has another.
    Number(DType),
    /// An enumeration of false and true.
    Bool,
    /// Bits of so many bytes, as an unsigned number.
    Bits(DType),
    /// Texts of so many bytes each.
    Fixed { size: usize, pad: H5T_str_t, cset: H5T_cset_t },
    /// Single bytes of text, as numbers.
    Character { pad: H5T_str_t, cset: H5T_cset_t },
    /// Texts of any length.
    Text { cset: H5T_cset_t },
    /// Addresses of objects of the file.
    Reference,
}

/// The values of an enumeration, in bytes of its base type, and their names.
#[derive(Clone, Debug)]
pub(super) struct Names(pub Vec<(String, u64)>);

/// What a type is to a cube.
pub(super) enum What {
    Values(Reading),
    /// Records: each member is a variable of its own.
    Records(Vec<(String, Result<What>)>),
}

/// Records in records in records are the mark of a damaged file.
const DEEPEST: usize = 16;

/// The type of an attribute's or dataset's elements.
///
/// # Errors
/// Unsupported, with what it holds in words.
pub(super) fn describe(lib: &Lib, kind: hid_t, depth: usize) -> Result<What> {
    let no = |what: &str| Err(Error::unsupported(format!("it holds {what}")));
    if depth > DEEPEST {
        return no("records that are nested too deep");
    }
    // SAFETY: the lock is held and the type is open. The same holds below.
    let (class, size) = unsafe { (h5t::H5Tget_class(kind), h5t::H5Tget_size(kind)) };
    let order = unsafe { h5t::H5Tget_order(kind) } == h5t::H5T_ORDER_BE;
    let reading = |kind: Kind| Reading {
        big_endian: order && matches!(kind, Kind::Number(_) | Kind::Bits(_)),
        kind,
        inner: Vec::new(),
        members: Vec::new(),
        names: None,
        lossy: None,
        stored_as: None,
    };
    Ok(What::Values(match class {
        Class::H5T_INTEGER => match integer(kind, size) {
            Some(dtype) => reading(Kind::Number(dtype)),
            None => return no("integers of more than 64 bits"),
        },
        Class::H5T_FLOAT => match size {
            2 => Reading { stored_as: half(kind), ..reading(Kind::Number(DType::F32)) },
            0..=4 => reading(Kind::Number(DType::F32)),
            5..=8 => reading(Kind::Number(DType::F64)),
            _ => Reading { lossy: Some("its floats of extended precision are read as f64"), ..reading(Kind::Number(DType::F64)) },
        },
        Class::H5T_STRING => {
            let cset = unsafe { h5t::H5Tget_cset(kind) };
            match unsafe { h5t::H5Tis_variable_str(kind) } {
                0 if size == 0 => return no("texts of no length"),
                0 => reading(Kind::Fixed { size, pad: unsafe { h5t::H5Tget_strpad(kind) }, cset }),
                _ => reading(Kind::Text { cset }),
            }
        }
        Class::H5T_BITFIELD => match unsigned(size) {
            Some(dtype) => reading(Kind::Bits(dtype)),
            None => return no("bits of more than 64"),
        },
        Class::H5T_ENUM => {
            let base = parent(lib, kind)?;
            let Some(dtype) = integer(base.get(), size) else { return no("an enumeration of more than 64 bits") };
            let names = names(lib, kind, base.get(), &dtype)?;
            let big_endian = unsafe { h5t::H5Tget_order(base.get()) } == h5t::H5T_ORDER_BE;
            let flags = [("FALSE", 0), ("TRUE", 1)];
            let boolean = size == 1 && names.len() == 2 && flags.iter().all(|(n, v)| names.iter().any(|(m, x)| m == n && x == v));
            let names = (!boolean).then_some(Names(names));
            let kind = if boolean { Kind::Bool } else { Kind::Number(dtype) };
            Reading { big_endian, names, ..reading(kind) }
        }
        Class::H5T_ARRAY => return array(lib, kind, depth),
        Class::H5T_COMPOUND => return records(lib, kind, depth),
        Class::H5T_REFERENCE if unsafe { h5t::H5Tequal(kind, *h5t::H5T_STD_REF_OBJ) } > 0 => reading(Kind::Reference),
        Class::H5T_REFERENCE => return no("references to regions"),
        Class::H5T_OPAQUE => {
            let tag = unsafe { h5t::H5Tget_tag(kind) };
            let text = owned(tag.cast());
            return no(&format!("opaque bytes{}", if text.is_empty() { text } else { format!(" ({text:?})") }));
        }
        Class::H5T_VLEN => return no("lists of various lengths"),
        Class::H5T_TIME => return no("times of a kind that HDF5 has given up"),
        Class::H5T_COMPLEX => return no("complex numbers"),
        _ => return no("a type that is not known here"),
    }))
}

/// The name of a float of two bytes.
fn half(kind: hid_t) -> Option<&'static str> {
    let (mut sign, mut exponent, mut exponent_bits, mut mantissa, mut mantissa_bits) = (0, 0, 0, 0, 0);
    // SAFETY: as in `describe`; the numbers outlive the call.
    let code = unsafe { h5t::H5Tget_fields(kind, &mut sign, &mut exponent, &mut exponent_bits, &mut mantissa, &mut mantissa_bits) };
    match (code >= 0, exponent_bits, mantissa_bits) {
        (true, 5, 10) => Some("f16"),
        (true, 8, 7) => Some("bf16"),
        _ => None,
    }
}

fn integer(kind: hid_t, size: usize) -> Option<DType> {
    let unsigned = unsigned(size)?;
    // SAFETY: as in `describe`.
    if unsafe { h5t::H5Tget_sign(kind) } == h5t::H5T_SGN_NONE {
        return Some(unsigned);
    }
    Some(match unsigned {
        DType::U8 => DType::I8,
        DType::U16 => DType::I16,
        DType::U32 => DType::I32,
        _ => DType::I64,
    })
}

/// The unsigned type that holds so many bytes.
fn unsigned(size: usize) -> Option<DType> {
    Some(match size {
        1 => DType::U8,
        2 => DType::U16,
        3..=4 => DType::U32,
        5..=8 => DType::U64,
        _ => return None,
    })
}

fn parent<'l>(lib: &'l Lib, kind: hid_t) -> Result<Id<'l>> {
    // SAFETY: as in `describe`.
    lib.id(unsafe { h5t::H5Tget_super(kind) }, h5t::H5Tclose, "read a type")
}

/// A text that the library has allocated, which is given back.
fn owned(text: *mut std::ffi::c_char) -> String {
    if text.is_null() {
        return String::new();
    }
    // SAFETY: a C text of the library's, used no more after it is given back.
    unsafe {
        let out = CStr::from_ptr(text).to_string_lossy().into_owned();
        hdf5_metno_sys::h5::H5free_memory(text.cast());
        out
    }
}

/// Members of an enumeration; values in the bits of its base type, sign not extended.
fn names(lib: &Lib, kind: hid_t, base: hid_t, dtype: &DType) -> Result<Vec<(String, u64)>> {
    // SAFETY: as in `describe`.
    let (n, width) = unsafe { (h5t::H5Tget_nmembers(kind), h5t::H5Tget_size(base)) };
    let native = native(lib, &Kind::Number(dtype.clone()))?;
    let mut out = Vec::new();
    for i in 0..n.max(0) as c_uint {
        // A value has at most eight bytes; it is converted in place.
        let mut value = [0u64; 2];
        // SAFETY: as above, `value` has room for the type in the file and in memory.
        unsafe {
            if width > 8 || h5t::H5Tget_member_value(kind, i, value.as_mut_ptr().cast()) < 0 {
                return Err(refusal("read an enumeration"));
            }
            let p = value.as_mut_ptr().cast::<c_void>();
            check(
                h5t::H5Tconvert(base, native.get(), 1, p, std::ptr::null_mut(), hdf5_metno_sys::h5p::H5P_DEFAULT),
                "read an enumeration",
            )?;
            out.push((owned(h5t::H5Tget_member_name(kind, i)), value[0]));
        }
    }
    Ok(out)
}

fn array(lib: &Lib, kind: hid_t, depth: usize) -> Result<What> {
    // SAFETY: as in `describe`; the list has one number per dimension.
    let dims = unsafe {
        let rank = h5t::H5Tget_array_ndims(kind);
        let mut dims = vec![0 as hsize_t; usize::try_from(rank).map_err(|_| refusal("read an array type"))?];
        check(h5t::H5Tget_array_dims2(kind, dims.as_mut_ptr()), "read an array type")?;
        dims
    };
    let base = parent(lib, kind)?;
    match describe(lib, base.get(), depth + 1)? {
        What::Values(r) if r.inner.is_empty() => Ok(What::Values(Reading { inner: dims.into_iter().map(|n| n as usize).collect(), ..r })),
        What::Values(_) => Err(Error::unsupported("it holds arrays of arrays")),
        What::Records(_) => Err(Error::unsupported("it holds arrays of records")),
    }
}

fn records(lib: &Lib, kind: hid_t, depth: usize) -> Result<What> {
    // SAFETY: as in `describe`.
    let n = unsafe { h5t::H5Tget_nmembers(kind) }.max(0) as c_uint;
    let mut members = Vec::new();
    for i in 0..n {
        // SAFETY: as in `describe`.
        let (name, member) = unsafe { (owned(h5t::H5Tget_member_name(kind, i)), h5t::H5Tget_member_type(kind, i)) };
        let member = lib.id(member, h5t::H5Tclose, "read a record type")?;
        let what = describe(lib, member.get(), depth + 1);
        members.push((name, what));
    }
    let float = |i: usize| matches!(&members[i].1, Ok(What::Values(Reading { kind: Kind::Number(d), .. })) if d.is_float());
    let named = |a: &str, b: &str| members[0].0.eq_ignore_ascii_case(a) && members[1].0.eq_ignore_ascii_case(b);
    if members.len() == 2 && float(0) && float(1) && (named("r", "i") || named("re", "im") || named("real", "imag")) {
        return Err(Error::unsupported("it holds complex numbers"));
    }
    Ok(What::Records(members))
}

impl Reading {
    /// The type of the values.
    pub fn dtype(&self) -> DType {
        match &self.kind {
            Kind::Number(d) | Kind::Bits(d) => d.clone(),
            Kind::Bool => DType::Bool,
            Kind::Character { .. } => DType::U8,
            Kind::Fixed { .. } | Kind::Text { .. } | Kind::Reference => DType::Str,
        }
    }

    /// Bytes of an element in memory, arrays not counted.
    pub fn width(&self) -> usize {
        match &self.kind {
            Kind::Number(d) | Kind::Bits(d) => d.phys().and_then(|p| p.width()).unwrap_or(8),
            Kind::Bool | Kind::Character { .. } => 1,
            Kind::Fixed { size, .. } => *size,
            Kind::Text { .. } | Kind::Reference => 8,
        }
    }

    /// The type that the library reads to: an element, in arrays, in records of the one member that is wanted.
    pub fn memory<'l>(&self, lib: &'l Lib) -> Result<Id<'l>> {
        self.around(native(lib, &self.kind)?, lib)
    }

    /// An element of this type, in the same arrays and records.
    pub fn around<'l>(&self, element: Id<'l>, lib: &'l Lib) -> Result<Id<'l>> {
        let mut kind = element;
        // SAFETY: as in `describe`; the list has as many numbers as are said.
        unsafe {
            if !self.inner.is_empty() {
                let dims: Vec<hsize_t> = self.inner.iter().map(|&n| n as hsize_t).collect();
                let id = h5t::H5Tarray_create2(kind.get(), dims.len() as c_uint, dims.as_ptr());
                kind = lib.id(id, h5t::H5Tclose, "make a type")?;
            }
            for name in self.members.iter().rev() {
                let record = h5t::H5Tcreate(Class::H5T_COMPOUND, h5t::H5Tget_size(kind.get()));
                let record = lib.id(record, h5t::H5Tclose, "make a type")?;
                check(h5t::H5Tinsert(record.get(), name.as_ptr(), 0, kind.get()), "make a type")?;
                kind = record;
            }
        }
        Ok(kind)
    }
}

/// The type that one element is read to.
pub(super) fn native<'l>(lib: &'l Lib, kind: &Kind) -> Result<Id<'l>> {
    let own = |id: hid_t| lib.id(id, h5t::H5Tclose, "make a type");
    let copy = |id: hid_t| own(unsafe { h5t::H5Tcopy(id) });
    let text = |size: usize, pad: H5T_str_t, cset: H5T_cset_t| -> Result<Id<'l>> {
        let t = copy(*h5t::H5T_C_S1)?;
        // SAFETY: as in `describe`.
        let codes = unsafe { [h5t::H5Tset_size(t.get(), size), h5t::H5Tset_strpad(t.get(), pad), h5t::H5Tset_cset(t.get(), cset)] };
        codes.into_iter().try_for_each(|c| check(c, "make a type")).map(|()| t)
    };
    match kind {
        Kind::Number(d) => copy(match d {
            DType::I8 => *h5t::H5T_NATIVE_INT8,
            DType::U8 => *h5t::H5T_NATIVE_UINT8,
            DType::I16 => *h5t::H5T_NATIVE_INT16,
            DType::U16 => *h5t::H5T_NATIVE_UINT16,
            DType::I32 => *h5t::H5T_NATIVE_INT32,
            DType::U32 => *h5t::H5T_NATIVE_UINT32,
            DType::I64 => *h5t::H5T_NATIVE_INT64,
            DType::U64 => *h5t::H5T_NATIVE_UINT64,
            DType::F32 => *h5t::H5T_NATIVE_FLOAT,
            _ => *h5t::H5T_NATIVE_DOUBLE,
        }),
        Kind::Bool => copy(*h5t::H5T_NATIVE_INT8),
        Kind::Bits(d) => copy(match d {
            DType::U8 => *h5t::H5T_NATIVE_B8,
            DType::U16 => *h5t::H5T_NATIVE_B16,
            DType::U32 => *h5t::H5T_NATIVE_B32,
            _ => *h5t::H5T_NATIVE_B64,
        }),
        Kind::Fixed { size, pad, cset } => text(*size, *pad, *cset),
        Kind::Character { pad, cset } => text(1, *pad, *cset),
        Kind::Text { cset } => text(h5t::H5T_VARIABLE, H5T_str_t::H5T_STR_NULLTERM, *cset),
        Kind::Reference => copy(*h5t::H5T_STD_REF_OBJ),
    }
}

/// The text in a cell of fixed size.
pub(super) fn trimmed(cell: &[u8], pad: H5T_str_t) -> &[u8] {
    let end = match pad {
        H5T_str_t::H5T_STR_SPACEPAD => cell.iter().rposition(|&b| b != b' ' && b != 0).map_or(0, |i| i + 1),
        H5T_str_t::H5T_STR_NULLTERM => cell.iter().position(|&b| b == 0).unwrap_or(cell.len()),
        _ => cell.iter().rposition(|&b| b != 0).map_or(0, |i| i + 1),
    };
    &cell[..end]
}
