//! Booleans: i8 with the attribute `dtype = "bool"`, as xarray writes them.

use super::{Coder, Context, consume, then, undone};
use crate::array::{Data, DecodeStep, Variable};
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::store::NdArray;
use crate::with_phys;
use std::any::Any;

pub(super) struct Flags;

/// Not zero is true.
#[derive(Debug, PartialEq)]
struct ToBool(DType);

impl DecodeStep for ToBool {
    fn dtype(&self, _from: &DType) -> DType {
        DType::Bool
    }
    fn apply(&self, block: NdArray) -> Result<NdArray> {
        let flat = block.to_contiguous()?;
        let bytes: Vec<u8> = with_phys!(flat.phys(), T => {
            flat.as_slice::<T>().unwrap_or(&[]).iter().map(|&x| (x != T::default()) as u8).collect()
        }, text => return Err(Error::wrong_type("text marked as boolean")));
        let valid = flat.valid().map(<[u8]>::to_vec);
        NdArray::from_buffer(bytes.into(), DType::Bool, flat.shape())?.with_valid(valid.map(Into::into))
    }
    fn as_any(&self) -> Option<&dyn Any> {
        Some(self)
    }
    fn same(&self, other: &dyn DecodeStep) -> bool {
        other.as_any().and_then(|o| o.downcast_ref()) == Some(self)
    }
}

/// The bytes of booleans as numbers of one byte.
#[derive(Debug)]
struct ToBytes;

impl DecodeStep for ToBytes {
    fn dtype(&self, _from: &DType) -> DType {
        DType::I8
    }
    fn apply(&self, block: NdArray) -> Result<NdArray> {
        block.reinterpret(DType::I8)
    }
}

impl Coder for Flags {
    fn decode(&self, mut v: Variable, cx: &mut Context) -> Result<Variable> {
        if !cx.options.mask_and_scale || v.attrs.text("dtype") != Some("bool") || !v.dtype().is_integer() {
            return Ok(v);
        }
        consume(&mut v, &["dtype"]);
        let step = ToBool(v.dtype().clone());
        then(&v, step)
    }

    fn encode(&self, mut v: Variable, _cx: &mut Context) -> Result<Variable> {
        if *v.dtype() != DType::Bool {
            return Ok(v);
        }
        v.attrs.set("dtype", "bool");
        let stored = v.encoding.dtype.clone().filter(DType::is_integer).unwrap_or(DType::I8);
        v.encoding.dtype = Some(stored.clone());
        match undone(&v, &ToBool(stored))? {
            Some(raw) => Ok(raw),
            None => match v.data() {
                // At once where the values are here, so that missing ones are seen.
                Data::Memory(a) => v.with_data(Data::Memory(a.clone().reinterpret(DType::I8)?)),
                Data::Lazy(_) => then(&v, ToBytes),
            },
        }
    }
}
